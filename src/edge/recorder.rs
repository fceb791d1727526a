//! Writes a running session into the journal, on a thread, so that a slow disk delays no alarm. It also
//! reads the requests of other shells. This module must not know what an event or a request means.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{anyhow, bail};

use crate::domain::session::{Event, EventKind, Input, Moment, Session};
use crate::edge::clock;
use crate::edge::journal::{Journal, JournalError, Stamp};
use crate::runner::{Observer, Trouble};

/// How long the session waits for a commit before it shows the events, so that what is shown is normally
/// committed. The notification comes before.
const PATIENCE: Duration = Duration::from_millis(12);
/// A commit that takes longer is reported. The end of a session waits this long for its commit.
const SLOW: Duration = Duration::from_secs(2);
/// The time between two attempts to write.
const RETRY: Duration = Duration::from_secs(1);

/// How long a question waits for a commit before it opens the journal again, and how often it looks.
const MOMENT: Duration = Duration::from_millis(20);
const LOOK: Duration = Duration::from_millis(2);

/// Reads all clocks at once, for a moment of the session.
pub type Clocks = Box<dyn Fn(Moment) -> Stamp>;

/// The thread that writes. It is started before anything is recorded: a session that is in the journal must also
/// get its events.
pub struct Writer(Sender<Work>);

/// What the thread of one session needs.
struct Work {
    journal: Arc<Mutex<Journal>>,
    session: i64,
    messages: Receiver<Message>,
    reports: Sender<Commit>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system provides no thread.
    pub fn start() -> io::Result<Writer> {
        let (work, sessions) = mpsc::channel();
        let wait = move || sessions.iter().for_each(|work| write(&work));
        thread::Builder::new().name("recorder".to_owned()).spawn(wait)?;
        Ok(Writer(work))
    }
}

/// Records one session.
pub struct Recorder {
    messages: Sender<Message>,
    commits: Receiver<Commit>,
    /// A power cut must not lose what was sent.
    matters: bool,
    /// The number of messages without a commit, and when the first of them was sent.
    uncommitted: usize,
    since: Moment,
    last: Commit,
    clocks: Clocks,
}

/// What the thread has to do.
enum Message {
    /// Commit the events of one moment, and report that.
    Events(Vec<(Stamp, Event)>),
    /// Commit the answer to the request with this number.
    Answer(i64, String),
    /// Put it all on the disk.
    Sync,
}

/// Whether all messages so far are committed, or why not.
type Commit = Result<(), String>;

impl Recorder {
    /// Starts to record the session with this number. The [`Requests`] of other shells use the same journal.
    pub fn new(writer: &Writer, journal: Journal, session: i64, clocks: Clocks) -> (Recorder, Requests) {
        let folder = journal.folder().to_owned();
        let journal = Arc::new(Mutex::new(journal));
        let (messages, receiver) = mpsc::channel();
        let (reports, commits) = mpsc::channel();
        let (shared, answers) = (Arc::clone(&journal), messages.clone());
        // Without a thread, `collect` fails.
        let _ = writer.0.send(Work { journal: shared, session, messages: receiver, reports });
        let (since, last) = (Moment::default(), Ok(()));
        let recorder = Recorder { messages, commits, matters: false, uncommitted: 0, since, last, clocks };
        (recorder, Requests { journal, folder, session, last: 0, seen: [None; 2], obeyed: None, answers })
    }

    /// Waits until everything is committed and the journal is closed, at most two seconds. Without other readers,
    /// closing leaves it in one file.
    ///
    /// # Errors
    /// When some of the session is not in the journal.
    pub fn finish(mut self, requests: Option<Requests>) -> anyhow::Result<()> {
        self.since = clock::unhurried();
        // The commit of no events includes all messages before it, answers too.
        self.send(Vec::new());
        let _ = self.collect(SLOW);
        // They have the same journal.
        drop(requests);
        drop(self.messages);
        let waited = clock::unhurried().since(self.since);
        while self.commits.recv_timeout(SLOW.saturating_sub(waited)).is_ok() {}
        let why = match self.last {
            Ok(()) if self.uncommitted > 0 => "the disk is too slow".to_owned(),
            Ok(()) => return Ok(()),
            Err(why) => why,
        };
        bail!("the end of this session is not recorded ({why}); close it: therapy stop")
    }

    fn send(&mut self, events: Vec<(Stamp, Event)>) {
        if self.uncommitted == 0 {
            self.since = clock::unhurried();
        }
        self.uncommitted += 1;
        // Without a thread, `collect` fails.
        let _ = self.messages.send(Message::Events(events));
    }

    /// Waits for the commits until `patience` has passed since the first message was sent.
    fn collect(&mut self, patience: Duration) -> anyhow::Result<()> {
        while self.uncommitted > 0 {
            let waited = clock::unhurried().since(self.since);
            match self.commits.recv_timeout(patience.saturating_sub(waited)) {
                Ok(commit) => (self.uncommitted, self.last) = (self.uncommitted - 1, commit),
                Err(RecvTimeoutError::Timeout) if waited < SLOW => break,
                Err(RecvTimeoutError::Timeout) => {
                    bail!("the disk is slow: the latest events are not recorded yet; the session goes on")
                }
                Err(RecvTimeoutError::Disconnected) => {
                    (self.uncommitted, self.last) = (0, Err("the recording failed".to_owned()));
                    bail!("the session goes on, but is no longer recorded")
                }
            }
        }
        let going_on = |why| anyhow!("{why}; the session goes on, and is recorded as soon as possible");
        self.last.clone().map_err(going_on)
    }
}

impl Observer for Recorder {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        self.matters |= session.outcome().is_none() && events.iter().any(|event| matters(event, session));
        self.send(events.iter().map(|event| ((self.clocks)(event.at), *event)).collect());
        Ok(self.collect(PATIENCE)?)
    }

    fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
        // Later than the events: the answer to another shell must not wait for the disk.
        if std::mem::take(&mut self.matters) {
            let _ = self.messages.send(Message::Sync);
        }
        Ok(self.collect(Duration::ZERO)?)
    }
}

/// Whether a power cut must not lose this event, because the record would count for less without it.
fn matters(event: &Event, session: &Session) -> bool {
    use EventKind::{Finished, Halfway, Started, StepBegan, StepSoon};
    match event.kind {
        // The first step begins together with the start, and a cue changes nothing. A session that loses
        // its end looks cut off, and its dose counts for more.
        Started | Halfway | StepSoon | Finished { .. } => false,
        // Without the start of a rest, the step before it counts until its planned end, when the rest began.
        StepBegan { .. } if event.step > 0 => session.plan().segments()[event.step].step.kind.has_pack(),
        _ => true,
    }
}

/// The journal is being written: requests can be read soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// The requests of other shells.
pub struct Requests {
    journal: Arc<Mutex<Journal>>,
    folder: PathBuf,
    session: i64,
    /// The last request that was found. Its answer may not be committed yet.
    last: i64,
    /// The state of the log at the last two queries.
    seen: [Option<(u64, SystemTime)>; 2],
    obeyed: Option<i64>,
    answers: Sender<Message>,
}

impl Requests {
    /// The next request, to be obeyed and answered at once.
    ///
    /// # Errors
    /// While the journal is being written.
    pub fn take(&mut self) -> Result<Option<Input>, Busy> {
        let journal = self.journal.try_lock().map_err(|_| Busy)?;
        // A query a second costs as much as half of the screen. After each change the log is queried twice,
        // because two commits can have the same time.
        let log = journal.log_state();
        if log.is_some() && self.seen == [log; 2] {
            return Ok(None);
        }
        let Ok(open) = journal.requests(self.session, self.last) else { return Ok(None) };
        self.seen = [log, self.seen[0]];
        drop(journal);
        let Some((request, input)) = open.into_iter().next() else { return Ok(None) };
        (self.last, self.obeyed) = (request, Some(request));
        if input.is_none() {
            self.answer(|| "This version of therapy does not know that.".to_owned());
        }
        Ok(input)
    }

    /// Asks the journal something. While it waits for the disk, another connection can read it.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn ask<T>(&self, question: impl FnOnce(&Journal) -> Result<T, JournalError>) -> anyhow::Result<T> {
        let since = clock::unhurried();
        loop {
            match self.journal.try_lock() {
                Ok(journal) => return Ok(question(&journal)?),
                Err(_) if clock::unhurried().since(since) <= MOMENT => clock::wait(LOOK),
                Err(_) if Journal::exists(&self.folder) => return Ok(question(&Journal::open(&self.folder)?)?),
                Err(_) => bail!("the journal is gone"),
            }
        }
    }

    /// Answers the request that was obeyed. Does nothing after any other input.
    pub fn answer(&mut self, answer: impl FnOnce() -> String) {
        if let Some(request) = self.obeyed.take() {
            let _ = self.answers.send(Message::Answer(request, answer()));
        }
    }
}

/// The thread: receive, commit, report, sync. The journal is locked meanwhile, so that no request is found
/// whose answer would have to wait.
fn write(Work { journal, session, messages, reports }: &Work) {
    let (mut events, mut answers, mut sync) = (Vec::new(), Vec::new(), false);
    loop {
        let wait = if events.is_empty() && answers.is_empty() { Duration::MAX } else { RETRY };
        let first = messages.recv_timeout(wait);
        if first.as_ref().is_err_and(|error| *error == RecvTimeoutError::Disconnected) {
            return;
        }
        let mut moments = 0;
        for message in first.into_iter().chain(messages.try_iter()) {
            match message {
                Message::Events(more) => {
                    events.extend(more);
                    moments += 1;
                }
                Message::Answer(request, answer) => answers.push((request, answer)),
                Message::Sync => sync = true,
            }
        }
        let journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
        let commit = journal.commit(*session, &events, &answers).map_err(|error| error.to_string());
        for _ in 0..moments {
            let _ = reports.send(commit.clone());
        }
        if commit.is_ok() {
            events.clear();
            answers.clear();
            if std::mem::take(&mut sync) {
                let _ = journal.sync();
            }
        }
    }
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
            super::matters(&event, &session)
        };
        let began = EventKind::StepBegan { length: 60 * second };
        assert_eq!([0, 1, 2].map(|step| matters(step, began)), [true, false, true]);
        let said = [EventKind::Paused, EventKind::Resumed, EventKind::Confirmed, EventKind::Skipped { by_rule: None }];
        assert!(said.into_iter().all(|kind| matters(1, kind)), "what a person said cannot be computed");
        assert!(matters(0, EventKind::Overran { over: second }));
        let finished =
            EventKind::Finished { outcome: Outcome::Completed, given: PerModality { cold: second, heat: second } };
        let left = [EventKind::Started, EventKind::Halfway, EventKind::StepSoon, finished];
        assert!(left.into_iter().all(|kind| !matters(0, kind)));
    }
}
