//! Work that a session hands over to a thread, one piece after the other, so that it cannot delay the session. A
//! failure is reported as a trouble. This module must not know what the work is.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::domain::moment::Moment;
use crate::edge::clock;

/// A thread, and how much of its work is unanswered.
#[derive(Debug)]
pub struct Apart<T> {
    name: &'static str,
    work: Sender<T>,
    answers: Receiver<Result<(), String>>,
    unanswered: usize,
    /// When the thread began with the first unanswered piece.
    since: Moment,
    /// A piece of work that takes longer is reported.
    patience: Duration,
    has_failed: bool,
}

impl<T: Send + 'static> Apart<T> {
    /// Starts the thread, called `name`. `work` gets one piece at a time.
    ///
    /// # Errors
    /// When the system provides no thread.
    pub fn start(
        name: &'static str,
        patience: Duration,
        mut work: impl FnMut(T) -> Result<(), String> + Send + 'static,
    ) -> io::Result<Apart<T>> {
        let (sender, pieces) = mpsc::channel();
        let (outbox, answers) = mpsc::channel();
        let mut all = move || pieces.iter().try_for_each(|piece| outbox.send(work(piece)));
        thread::Builder::new().name(name.to_owned()).spawn(move || drop(all()))?;
        Ok(Apart { name, work: sender, answers, unanswered: 0, since: Moment::default(), patience, has_failed: false })
    }

    /// Hands over a piece of work.
    pub fn send(&mut self, piece: T) {
        if self.unanswered == 0 {
            self.since = clock::unhurried();
        }
        self.unanswered += 1;
        // Without the thread, `collect` fails.
        let _ = self.work.send(piece);
    }

    /// Reports the first failure so far, once.
    ///
    /// # Errors
    /// What failed, or that the thread is too slow.
    pub fn collect(&mut self) -> Result<(), String> {
        let answers = self.until(clock::unhurried());
        let is_slow = self.unanswered > 0 && clock::unhurried().since(self.since) >= self.patience;
        let slow = is_slow.then(|| format!("{} did not end in time", self.name));
        self.once(answers.err().or(slow))
    }

    /// Waits until everything is done, at most for this long.
    ///
    /// # Errors
    /// As [`collect`](Apart::collect), and when something is left.
    pub fn finish(&mut self, most: Duration) -> Result<(), String> {
        let answers = self.until(clock::unhurried() + most);
        let left = (self.unanswered > 0).then(|| format!("{} did not end in time", self.name));
        self.once(answers.err().or(left))
    }

    /// Takes the answers that come until then. The first failure counts.
    fn until(&mut self, deadline: Moment) -> Result<(), String> {
        let mut result = Ok(());
        while self.unanswered > 0 {
            match self.answers.recv_timeout(deadline.since(clock::unhurried())) {
                Ok(answer) => {
                    (self.unanswered, self.since) = (self.unanswered - 1, clock::unhurried());
                    result = result.and(answer);
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    self.unanswered = 0;
                    result = result.and(Err(format!("{} failed", self.name)));
                }
            }
        }
        result
    }

    fn once(&mut self, failure: Option<String>) -> Result<(), String> {
        failure.filter(|_| !std::mem::replace(&mut self.has_failed, true)).map_or(Ok(()), Err)
    }
}
