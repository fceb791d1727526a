//! Writes a running session into the journal, on a thread of its own: a disk that takes its time must
//! hold up no alarm. What could not be written waits and is written as soon as it can be.
//!
//! It also hears what other shells ask of the session, and tells them what came of it.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::anyhow;

use crate::domain::session::{Event, EventKind, Input, Moment, Session};
use crate::edge::journal::{Journal, Stamp};
use crate::runner::Observer;
use crate::words;

/// How long an event waits to be on the disk before it is shown: what was said is not lost. There are
/// at most three such waits before a frame, and the bell has rung before.
const PATIENCE: Duration = Duration::from_millis(12);
/// How often what could not be written is tried again.
const RETRY: Duration = Duration::from_secs(2);
/// How long the end of a session waits for the disk.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Reads all clocks at once, for a moment of the session.
pub type Clocks = Box<dyn Fn(Moment) -> Stamp>;

/// Records one session.
pub struct Recorder {
    rows: Option<Sender<Line>>,
    answers: Receiver<Result<(), String>>,
    unanswered: usize,
    thread: Option<JoinHandle<()>>,
    /// For what other shells ask, between two events.
    journal: Arc<Mutex<Journal>>,
    session: i64,
    asked: Option<(i64, Vec<String>)>,
    /// The last request that was looked at.
    last: i64,
    clocks: Clocks,
}

/// What a look at the requests of other shells finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Nobody asks for anything.
    Nothing,
    /// Somebody does.
    Says(Input),
    /// It cannot be told yet: look again soon.
    Busy,
}

/// Something to write.
enum Line {
    Event(Event, Stamp),
    Reply(i64, String),
}

impl Line {
    /// Whether a flat battery must not lose it. A cue changes nothing. The end is left to the system's
    /// own writing, so that it is on time: should the power fail in the half minute that this takes,
    /// the session looks cut off, and counts for more, not for less.
    fn matters(&self) -> bool {
        match self {
            Line::Event(event, _) => {
                !matches!(event.kind, EventKind::Halfway | EventKind::StepSoon | EventKind::Finished { .. })
            }
            Line::Reply(..) => false,
        }
    }
}

impl Recorder {
    /// Records the session of this number.
    #[must_use]
    pub fn new(journal: Journal, session: i64, clocks: Clocks) -> Recorder {
        let journal = Arc::new(Mutex::new(journal));
        let (rows, inbox) = mpsc::channel();
        let (outbox, answers) = mpsc::channel();
        let shared = Arc::clone(&journal);
        let thread = thread::spawn(move || write(&shared, session, &inbox, &outbox));
        let thread = Some(thread);
        Recorder { rows: Some(rows), answers, unanswered: 0, thread, journal, session, asked: None, last: 0, clocks }
    }

    /// What another shell asks of the session, if one does. What follows is its answer.
    pub fn request(&mut self) -> Request {
        let Ok(journal) = self.journal.try_lock() else {
            return Request::Busy;
        };
        // By number: the answer to the last one may still be on its way to the disk.
        let Ok(Some((id, input))) = journal.next_request(self.session, self.last) else {
            return Request::Nothing;
        };
        drop(journal);
        self.last = id;
        self.asked = Some((id, Vec::new()));
        input.map_or_else(
            || {
                // Words that this version does not know are answered too.
                self.answer();
                Request::Busy
            },
            Request::Says,
        )
    }

    fn answer(&mut self) {
        if let Some((id, said)) = self.asked.take() {
            let said = if said.is_empty() { "nothing to change".to_owned() } else { said.join("; ") };
            self.send(Line::Reply(id, said));
        }
    }

    fn send(&mut self, line: Line) {
        if let Some(rows) = &self.rows {
            self.unanswered += usize::from(rows.send(line).is_ok());
        }
    }

    /// Waits a little for what was handed over to be on the disk.
    fn collect(&mut self) -> anyhow::Result<()> {
        let mut trouble = Ok(());
        while self.unanswered > 0 {
            match self.answers.recv_timeout(PATIENCE) {
                Ok(answer) => {
                    self.unanswered -= 1;
                    if let Err(why) = answer {
                        trouble = Err(anyhow!("{why}; the session goes on, and is recorded as soon as it can be"));
                    }
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    self.unanswered = 0;
                    return Err(anyhow!("the session is not recorded any more; it goes on"));
                }
            }
        }
        trouble
    }
}

impl Observer for Recorder {
    fn observe(&mut self, event: &Event, session: &Session) -> anyhow::Result<()> {
        if let Some((_, said)) = &mut self.asked {
            said.push(words::of(event, session, false).headline);
        }
        let stamp = (self.clocks)(event.at);
        self.send(Line::Event(*event, stamp));
        self.collect()
    }

    fn frame(&mut self, _: &Session) -> anyhow::Result<()> {
        self.answer();
        self.collect()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.answer();
        self.rows = None;
        while self.unanswered > 0 && self.answers.recv_timeout(LAST_WORDS).is_ok() {
            self.unanswered -= 1;
        }
        if let Some(thread) = self.thread.take().filter(|_| self.unanswered == 0) {
            let _ = thread.join();
        }
    }
}

/// The thread. A line that failed is answered with its failure and kept, in order.
fn write(journal: &Mutex<Journal>, session: i64, inbox: &Receiver<Line>, outbox: &Sender<Result<(), String>>) {
    let mut waiting: VecDeque<Line> = VecDeque::new();
    loop {
        let next = if waiting.is_empty() {
            inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            inbox.recv_timeout(RETRY)
        };
        let over = matches!(next, Err(RecvTimeoutError::Disconnected));
        // What happened at one moment is put on the disk together.
        let before = waiting.len();
        waiting.extend(next);
        waiting.extend(inbox.try_iter());
        let new = waiting.len() - before;
        let mut trouble = None;
        let mut matters = false;
        let open = journal.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(line) = waiting.front() {
            let written = match line {
                Line::Event(event, stamp) => open.write(session, event, stamp),
                Line::Reply(request, answer) => open.reply(*request, answer),
            };
            if let Err(error) = written {
                trouble = Some(error.to_string());
                break;
            }
            matters |= line.matters();
            waiting.pop_front();
        }
        let log = open.log();
        drop(open);
        for _ in 0..new {
            if outbox.send(trouble.clone().map_or(Ok(()), Err)).is_err() {
                return;
            }
        }
        if over {
            return;
        }
        // Answered already: nobody waits for the disk itself.
        if matters {
            let _ = log.sync();
        }
    }
}
