//! Writes a running session into the journal, on a thread of its own: a journal that takes its time must
//! hold up no alarm, and a disk that does no commit. What could not be written waits and is written as soon
//! as it can be.
//!
//! It also hears what other shells ask of the session, and tells them what came of it.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::anyhow;

use crate::domain::session::{Event, EventKind, Input, Moment, Session};
use crate::edge::journal::{Journal, JournalError, Log, Stamp};
use crate::runner::{Observer, Trouble};
use crate::text::wording;

/// How long events wait to be committed before they are shown: what was said is not lost. There are at
/// most two such waits before a frame, and the bell has rung before.
const PATIENCE: Duration = Duration::from_millis(12);
/// How often what could not be written is tried again.
const RETRY: Duration = Duration::from_secs(2);
/// How long the end of a session waits for the disk.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Reads all clocks at once, for a moment of the session.
pub type Clocks = Box<dyn Fn(Moment) -> Stamp>;

/// Records one session.
pub struct Recorder {
    /// What happened at one moment goes together.
    rows: Sender<Vec<Line>>,
    answers: Receiver<Answer>,
    unanswered: usize,
    /// The last answer.
    written: Answer,
    /// For a second writer, until there is one.
    spare: Option<Sender<Answer>>,
    desk: Arc<Desk>,
    requests: Requests,
    clocks: Clocks,
}

/// Whether all that was handed over is committed, or why not.
type Answer = Result<(), String>;

/// Where the writers work. There is one, and a second as soon as the first does not answer: while one puts
/// the log on a slow disk, the other commits.
struct Desk {
    /// Whoever waits for lines has it, until they are written.
    inbox: Mutex<Inbox>,
    /// Also for what other shells ask, between two events.
    journal: Mutex<Journal>,
    log: Option<Mutex<Log>>,
    /// Something that matters is committed and not on the disk.
    is_due: AtomicBool,
}

struct Inbox {
    rows: Receiver<Vec<Line>>,
    backlog: Backlog,
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
    /// It cannot be told: look again at the next frame.
    Unreadable,
}

/// Something to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// What happened, and when by all clocks; and whether a flat battery must not lose it.
    Event(Event, Stamp, bool),
    /// The answer to the request of this number.
    Reply(i64, String),
}

impl Line {
    /// An event of this session.
    #[must_use]
    pub fn event(event: &Event, stamp: Stamp, session: &Session) -> Line {
        use EventKind::{Finished, Halfway, Started, StepBegan, StepSoon};
        let matters = match event.kind {
            // The start goes with the first step, which follows at once. A cue changes nothing. The end is
            // left to the system's own writing, so that it is on time: should the power fail in the half
            // minute that this takes, the session looks cut off, and counts for more, not for less.
            Started | Halfway | StepSoon | Finished { .. } => false,
            // Without it the step before it counts until its planned end, which is when this one began.
            StepBegan { .. } if event.step > 0 => session.plan().segments()[event.step].step.kind.modality().is_some(),
            _ => true,
        };
        Line::Event(*event, stamp, matters)
    }
}

/// What is still to be written of a session, in order: all of it at once, or none.
#[derive(Debug)]
pub struct Backlog {
    session: i64,
    waiting: Vec<Line>,
}

impl Backlog {
    /// Of the session of this number.
    #[must_use]
    pub fn new(session: i64) -> Backlog {
        Backlog { session, waiting: Vec::new() }
    }

    /// Whether everything was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Writes all of it. Says whether some of that must be put on the disk.
    ///
    /// # Errors
    /// When it cannot be written. It goes on waiting then.
    pub fn write(&mut self, journal: &Journal) -> Result<bool, JournalError> {
        let write = |line: &Line| match line {
            Line::Event(event, stamp, _) => journal.write(self.session, event, stamp),
            Line::Reply(request, answer) => journal.reply(*request, answer),
        };
        match &self.waiting[..] {
            [] => {}
            [line] => write(line)?,
            lines => journal.together(|| lines.iter().try_for_each(write))?,
        }
        Ok(self.waiting.drain(..).any(|line| matches!(line, Line::Event(.., true))))
    }
}

impl Extend<Line> for Backlog {
    fn extend<T: IntoIterator<Item = Line>>(&mut self, lines: T) {
        self.waiting.extend(lines);
    }
}

/// What other shells ask of a session, one request after the other, and what came of the one that is
/// being obeyed.
#[derive(Debug)]
pub struct Requests {
    session: i64,
    asked: Option<(i64, Vec<String>)>,
    /// The last one that was looked at: its answer may still be on its way to the disk.
    last: i64,
}

impl Requests {
    /// To the session of this number.
    #[must_use]
    pub fn new(session: i64) -> Requests {
        Requests { session, asked: None, last: 0 }
    }

    /// The next one. What the session says from here on is its answer. Words that this version does
    /// not know are answered too, and it is busy with that.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn next(&mut self, journal: &Journal) -> Result<Request, JournalError> {
        let Some((id, input)) = journal.next_request(self.session, self.last)? else {
            return Ok(Request::Nothing);
        };
        self.last = id;
        self.asked = Some((id, Vec::new()));
        Ok(input.map_or(Request::Busy, Request::Says))
    }

    /// The session said something.
    pub fn hear(&mut self, events: &[Event], session: &Session) {
        if let Some((_, said)) = &mut self.asked {
            said.extend(events.iter().map(|event| wording::of(event, session, false).headline));
        }
    }

    /// What came of the request, once.
    pub fn answer(&mut self) -> Option<Line> {
        self.asked.take().map(|(id, said)| {
            Line::Reply(id, if said.is_empty() { "nothing to change".to_owned() } else { said.join("; ") })
        })
    }
}

impl Recorder {
    /// Records the session of this number.
    #[must_use]
    pub fn new(journal: Journal, session: i64, clocks: Clocks) -> Recorder {
        let log = journal.log().ok().map(Mutex::new);
        let (rows, inbox) = mpsc::channel();
        let (outbox, answers) = mpsc::channel();
        let inbox = Mutex::new(Inbox { rows: inbox, backlog: Backlog::new(session) });
        let desk = Arc::new(Desk { inbox, journal: Mutex::new(journal), log, is_due: AtomicBool::new(false) });
        let (shared, spare) = (Arc::clone(&desk), Some(outbox.clone()));
        thread::spawn(move || shared.write(&outbox));
        let requests = Requests::new(session);
        Recorder { rows, answers, unanswered: 0, written: Ok(()), spare, desk, requests, clocks }
    }

    /// What another shell asks of the session, if one does. What follows is its answer.
    pub fn request(&mut self) -> Request {
        let Ok(journal) = self.desk.journal.try_lock() else {
            return Request::Busy;
        };
        let request = self.requests.next(&journal);
        drop(journal);
        if let Ok(Request::Busy) = request {
            self.answer();
        }
        request.unwrap_or(Request::Unreadable)
    }

    fn answer(&mut self) {
        if let Some(line) = self.requests.answer() {
            self.send(vec![line]);
        }
    }

    fn send(&mut self, lines: Vec<Line>) {
        self.unanswered += usize::from(self.rows.send(lines).is_ok());
    }

    /// Hands over the last words and waits a little for them to be written.
    ///
    /// # Errors
    /// When the journal lacks some of the session.
    pub fn finish(mut self) -> anyhow::Result<()> {
        let written = self.close();
        // The process is about to end, and the system closes files and threads all at once.
        std::mem::forget(self);
        written
    }

    fn close(&mut self) -> anyhow::Result<()> {
        self.answer();
        while self.unanswered > 0 {
            let answer = self.answers.recv_timeout(LAST_WORDS);
            self.unanswered = if answer.is_ok() { self.unanswered - 1 } else { 0 };
            self.written = answer.unwrap_or_else(|_| Err("the journal takes too long".to_owned()));
        }
        let missing = |why| anyhow!("the end of this session is not recorded ({why}); `therapy stop` closes it");
        std::mem::replace(&mut self.written, Ok(())).map_err(missing)
    }

    /// Waits a little for what was handed over to be committed.
    fn collect(&mut self) -> anyhow::Result<()> {
        let mut trouble = Ok(());
        while self.unanswered > 0 {
            match self.answers.recv_timeout(PATIENCE) {
                Ok(answer) => {
                    self.unanswered -= 1;
                    if let Err(why) = &answer {
                        trouble = Err(anyhow!("{why}; the session goes on, and is recorded as soon as it can be"));
                    }
                    self.written = answer;
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.hire();
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.unanswered = 0;
                    self.written = Err("its writer failed".to_owned());
                    return Err(anyhow!("the session is not recorded any more; it goes on"));
                }
            }
        }
        trouble
    }

    /// A second writer, for when the first is held up.
    fn hire(&mut self) {
        if let Some(outbox) = self.spare.take() {
            let desk = Arc::clone(&self.desk);
            let _ = thread::Builder::new().spawn(move || desk.write(&outbox));
        }
    }
}

impl Observer for Recorder {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        self.requests.hear(events, session);
        self.send(events.iter().map(|event| Line::event(event, (self.clocks)(event.at), session)).collect());
        Ok(self.collect()?)
    }

    fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
        if self.unanswered == 0 && self.requests.asked.is_none() {
            return Ok(());
        }
        self.answer();
        Ok(self.collect()?)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

impl Desk {
    /// What a writer does until its recorder is gone. What failed is answered with its failure and kept,
    /// in order.
    fn write(&self, outbox: &Sender<Answer>) {
        loop {
            let mut inbox = lock(&self.inbox);
            let next = if inbox.backlog.is_empty() {
                inbox.rows.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                inbox.rows.recv_timeout(RETRY)
            };
            let over = matches!(next, Err(RecvTimeoutError::Disconnected));
            let Inbox { rows, backlog } = &mut *inbox;
            let mut new = 0;
            for lines in next.into_iter().chain(rows.try_iter()) {
                backlog.extend(lines);
                new += 1;
            }
            let written = backlog.write(&lock(&self.journal));
            let matters = matches!(written, Ok(true));
            let answer = written.map(drop).map_err(|error| error.to_string());
            for _ in 0..new {
                let _ = outbox.send(answer.clone());
            }
            drop(inbox);
            if matters {
                self.sync();
            }
            if over {
                return;
            }
        }
    }

    /// Puts the log on the disk. When the other writer is doing so already, it does it once more.
    fn sync(&self) {
        self.is_due.store(true, SeqCst);
        while self.is_due.load(SeqCst)
            && let Some(Ok(log)) = self.log.as_ref().map(Mutex::try_lock)
        {
            while self.is_due.swap(false, SeqCst) {
                let _ = log.sync();
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::protocol::{Choice, Draft};
    use crate::domain::rules::Context;
    use crate::domain::session::{Outcome, SessionOptions};
    use crate::domain::step::{PerModality, StepKind};

    #[test]
    fn a_flat_battery_loses_nothing_that_would_count_for_less() {
        let second = Duration::from_secs(1);
        let steps = [(StepKind::Heat, 60 * second), (StepKind::Rest, 60 * second), (StepKind::Cold, 60 * second)];
        let protocol =
            Draft::of("own", &steps).review(Choice::default(), &Context::default(), &[]).expect("it may run");
        let (session, _) = Session::start(&protocol, SessionOptions::default(), Moment::default());
        let matters = |step, kind| {
            let event = Event { at: Moment::default(), elapsed: Duration::ZERO, step, kind };
            let stamp = Stamp { wall_ms: 0, boot: String::new(), clock: event.at };
            matches!(Line::event(&event, stamp, &session), Line::Event(.., true))
        };
        let began = EventKind::StepBegan { length: 60 * second };
        assert_eq!([0, 1, 2].map(|step| matters(step, began)), [true, false, true]);
        let said = [EventKind::Paused, EventKind::Resumed, EventKind::Confirmed, EventKind::Skipped { by_rule: None }];
        assert!(said.into_iter().all(|kind| matters(1, kind)), "what a person said is not to be worked out");
        assert!(matters(0, EventKind::Overran { over: second }));
        let finished =
            EventKind::Finished { outcome: Outcome::Completed, given: PerModality { cold: second, heat: second } };
        let left = [EventKind::Started, EventKind::Halfway, EventKind::StepSoon, finished];
        assert!(left.into_iter().all(|kind| !matters(0, kind)));
    }
}
