//! Writes a running session into the journal, on a thread of its own, so that a slow disk delays no alarm.
//! Between two commits the session reads there what other shells ask of it. It must not know what an
//! event or a request means.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::anyhow;

use crate::domain::session::{Event, EventKind, Input, Moment, Session};
use crate::edge::clock;
use crate::edge::journal::{Journal, Stamp};
use crate::runner::{Observer, Trouble};

/// How long the session waits for a commit before it shows its events: normally nothing is shown that
/// could be lost. The bell has rung before.
const PATIENCE: Duration = Duration::from_millis(12);
/// A commit that takes longer than this is reported. The end of a session waits no longer for one.
const SLOW: Duration = Duration::from_secs(2);
/// How often the thread tries again to write what it could not.
const RETRY: Duration = Duration::from_secs(1);

/// Reads all clocks at once, for a moment of the session.
pub type Clocks = Box<dyn Fn(Moment) -> Stamp>;

/// Records one session.
pub struct Recorder {
    messages: Sender<Message>,
    commits: Receiver<Commit>,
    /// Something that was sent must not be lost by a flat battery.
    matters: bool,
    /// How many messages have no commit yet, and since when.
    uncommitted: usize,
    since: Moment,
    last: Commit,
    clocks: Clocks,
}

/// What the thread is given to do, in order.
enum Message {
    /// Commit the events of one moment, and report that.
    Events(Vec<(Stamp, Event)>),
    /// Commit the answer to the request of this number.
    Answer(i64, String),
    /// Put all of that on the disk.
    Sync,
}

/// Whether everything so far is committed, or why not.
type Commit = Result<(), String>;

impl Recorder {
    /// Records the session of this number. The way to [`Requests`] of other shells comes with it.
    pub fn new(journal: Journal, session: i64, clocks: Clocks) -> (Recorder, Requests) {
        let journal = Arc::new(Mutex::new(journal));
        let (messages, receiver) = mpsc::channel();
        let (reports, commits) = mpsc::channel();
        let (events, answers) = (Vec::new(), Vec::new());
        let shared = Arc::clone(&journal);
        let writer = Writer { journal: shared, session, messages: receiver, reports, events, answers, is_due: false };
        thread::spawn(|| writer.work());
        let (found, answers) = (VecDeque::new(), messages.clone());
        let requests = Requests { journal, session, found, last: 0, obeyed: None, answers };
        let (since, last) = (Moment::default(), Ok(()));
        (Recorder { messages, commits, matters: false, uncommitted: 0, since, last, clocks }, requests)
    }

    /// Waits until everything is committed, at most two seconds.
    ///
    /// # Errors
    /// When the journal lacks some of the session.
    pub fn finish(mut self) -> anyhow::Result<()> {
        // No events, but a commit of all that came before, answers too.
        self.since = clock::unhurried();
        self.send(Vec::new());
        self.sync();
        let _ = self.collect(SLOW);
        let why = match self.last {
            Ok(()) if self.uncommitted > 0 => "the disk is too slow".to_owned(),
            Ok(()) => return Ok(()),
            Err(why) => why,
        };
        Err(anyhow!("the end of this session is not recorded ({why}); `therapy stop` closes it"))
    }

    fn send(&mut self, events: Vec<(Stamp, Event)>) {
        if self.uncommitted == 0 {
            self.since = clock::unhurried();
        }
        self.uncommitted += usize::from(self.messages.send(Message::Events(events)).is_ok());
    }

    fn sync(&mut self) {
        if std::mem::take(&mut self.matters) {
            let _ = self.messages.send(Message::Sync);
        }
    }

    /// Waits for the commits of what was sent, until `patience` has passed since it was sent.
    fn collect(&mut self, patience: Duration) -> anyhow::Result<()> {
        let mut failed = Ok(());
        while self.uncommitted > 0 {
            let waited = clock::unhurried().since(self.since);
            match self.commits.recv_timeout(patience.saturating_sub(waited)) {
                Ok(commit) => {
                    self.uncommitted -= 1;
                    if let Err(why) = &commit {
                        failed = Err(anyhow!("{why}; the session goes on, and is recorded as soon as possible"));
                    }
                    self.last = commit;
                }
                Err(RecvTimeoutError::Timeout) if waited < SLOW => break,
                Err(RecvTimeoutError::Timeout) => {
                    return Err(anyhow!("the disk is slow: what you see is not recorded yet; the session goes on"));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    (self.uncommitted, self.last) = (0, Err("its writer failed".to_owned()));
                    return Err(anyhow!("the session is not recorded any more; it goes on"));
                }
            }
        }
        failed
    }
}

impl Observer for Recorder {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        self.matters |= events.iter().any(|event| matters(event, session));
        self.send(events.iter().map(|event| ((self.clocks)(event.at), *event)).collect());
        Ok(self.collect(PATIENCE)?)
    }

    fn frame(&mut self, session: &Session) -> Result<(), Trouble> {
        // Neither the answer to another shell nor the last commit waits for the disk.
        if session.outcome().is_none() {
            self.sync();
        }
        Ok(self.collect(Duration::ZERO)?)
    }
}

/// Whether a flat battery must not lose this event: without it the record would count for less.
fn matters(event: &Event, session: &Session) -> bool {
    use EventKind::{Finished, Halfway, Started, StepBegan, StepSoon};
    match event.kind {
        // The start goes with the first step, which follows at once. A cue changes nothing. The end is
        // left to the system's own writing, so that it is on time: should the power fail in the half
        // minute that this takes, the session looks cut off, and counts for more, not for less.
        Started | Halfway | StepSoon | Finished { .. } => false,
        // Without it the step before it counts until its planned end, which is when this one began.
        StepBegan { .. } if event.step > 0 => session.plan().segments()[event.step].step.kind.modality().is_some(),
        _ => true,
    }
}

/// What other shells ask of the session.
pub struct Requests {
    journal: Arc<Mutex<Journal>>,
    session: i64,
    found: VecDeque<(i64, Input)>,
    /// The last request that was found: its answer may still be on its way.
    last: i64,
    obeyed: Option<i64>,
    answers: Sender<Message>,
}

impl Requests {
    /// Looks for requests in the journal. Finds none while the journal is being written: the next look
    /// does.
    pub fn look(&mut self) {
        let Ok(journal) = self.journal.try_lock() else { return };
        for (request, input) in journal.requests(self.session, self.last).unwrap_or_default() {
            self.last = request;
            match input {
                Some(input) => self.found.push_back((request, input)),
                None => self.send(request, "this version of therapy does not know that".to_owned()),
            }
        }
    }

    /// The next request that was found, to be obeyed and answered at once.
    pub fn take(&mut self) -> Option<Input> {
        let (request, input) = self.found.pop_front()?;
        self.obeyed = Some(request);
        Some(input)
    }

    /// Answers the request that was obeyed, if it was one.
    pub fn answer(&mut self, answer: impl FnOnce() -> String) {
        if let Some(request) = self.obeyed.take() {
            self.send(request, answer());
        }
    }

    fn send(&self, request: i64, answer: String) {
        let _ = self.answers.send(Message::Answer(request, answer));
    }
}

/// The thread: receive, commit, report, sync.
struct Writer {
    /// Locked during a commit and a sync, so that no request is obeyed whose answer would have to wait.
    journal: Arc<Mutex<Journal>>,
    session: i64,
    messages: Receiver<Message>,
    reports: Sender<Commit>,
    /// Events and answers that are not committed, in order.
    events: Vec<(Stamp, Event)>,
    answers: Vec<(i64, String)>,
    /// All of it must be put on the disk.
    is_due: bool,
}

impl Writer {
    fn work(mut self) {
        while let Ok(reports) = self.receive() {
            let shared = Arc::clone(&self.journal);
            let journal = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let commit = self.commit(&journal);
            let is_due = commit.is_ok() && std::mem::take(&mut self.is_due);
            for _ in 0..reports {
                let _ = self.reports.send(commit.clone());
            }
            if is_due {
                let _ = journal.sync();
            }
        }
    }

    /// Waits for messages and takes all of them; while something is not written, waits only until it is
    /// time to try again. Returns how many commits to report.
    fn receive(&mut self) -> Result<usize, RecvTimeoutError> {
        let first = if self.events.is_empty() && self.answers.is_empty() {
            Some(self.messages.recv().map_err(|_| RecvTimeoutError::Disconnected)?)
        } else {
            match self.messages.recv_timeout(RETRY) {
                Err(RecvTimeoutError::Timeout) => None,
                message => Some(message?),
            }
        };
        let mut reports = 0;
        for message in first.into_iter().chain(self.messages.try_iter()) {
            match message {
                Message::Events(events) => {
                    self.events.extend(events);
                    reports += 1;
                }
                Message::Answer(request, answer) => self.answers.push((request, answer)),
                Message::Sync => self.is_due = true,
            }
        }
        Ok(reports)
    }

    /// Commits all that waits, as one. What cannot be written goes on waiting.
    fn commit(&mut self, journal: &Journal) -> Commit {
        journal.commit(self.session, &self.events, &self.answers).map_err(|error| error.to_string())?;
        self.events.clear();
        self.answers.clear();
        Ok(())
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
        assert!(said.into_iter().all(|kind| matters(1, kind)), "what a person said is not to be worked out");
        assert!(matters(0, EventKind::Overran { over: second }));
        let finished =
            EventKind::Finished { outcome: Outcome::Completed, given: PerModality { cold: second, heat: second } };
        let left = [EventKind::Started, EventKind::Halfway, EventKind::StepSoon, finished];
        assert!(left.into_iter().all(|kind| !matters(0, kind)));
    }
}
