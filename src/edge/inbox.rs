//! The inputs that arrive while a session waits: keys, signals and the buttons of notifications. It must not
//! know who sends them, nor what they do.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::domain::session::Input;
use crate::runner::Loss;

/// What the `+` key and the button "A minute more" ask for.
pub const MINUTE_MORE: Input = Input::Extend(Duration::from_secs(60));

/// The number of keys that can wait: more than a person presses while a session is busy for a moment. A paste
/// has no more effect than this many keys.
const MOST_KEYS: usize = 16;

/// What arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The person said something.
    Said(Input),
    /// The person asks how much time is left.
    AskedTime,
    /// The system takes something away.
    Lost(Loss),
    /// Nothing: it only ends the wait, so that the clock is read and the screen drawn.
    WakeUp,
}

/// Sends from any thread, without waiting. Without the inbox it does nothing.
#[derive(Clone, Debug)]
pub struct Sender(Weak<Queue>);

impl Sender {
    /// Sends a message that must arrive. It overtakes keys.
    pub fn send(&self, message: Message) {
        self.queue(|waiting| waiting.first.push_back(message));
    }

    /// Sends a key. It is dropped while many keys wait: they are a paste, or the session does not keep up.
    pub fn press(&self, key: Message) {
        self.queue(|waiting| {
            if waiting.keys.len() < MOST_KEYS {
                waiting.keys.push_back(key);
            }
        });
    }

    /// Whether the inbox still exists.
    pub fn is_open(&self) -> bool {
        self.0.strong_count() > 0
    }

    fn queue(&self, change: impl FnOnce(&mut Waiting)) {
        if let Some(queue) = self.0.upgrade() {
            change(&mut queue.lock());
            queue.arrived.notify_one();
        }
    }
}

/// The receiving end.
#[derive(Debug, Default)]
pub struct Inbox(Arc<Queue>);

impl Inbox {
    /// A sender for another thread.
    pub fn sender(&self) -> Sender {
        Sender(Arc::downgrade(&self.0))
    }

    /// Waits for the next message, at most for `length` of real time.
    pub fn wait(&self, length: Duration) -> Message {
        let is_empty = |waiting: &mut Waiting| waiting.first.is_empty() && waiting.keys.is_empty();
        let waited = self.0.arrived.wait_timeout_while(self.0.lock(), length, is_empty);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let next = waiting.first.pop_front();
        next.or_else(|| waiting.keys.pop_front()).unwrap_or(Message::WakeUp)
    }
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two queues, because a signal must not wait behind keys.
#[derive(Debug, Default)]
struct Waiting {
    first: VecDeque<Message>,
    keys: VecDeque<Message>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(inbox: &Inbox) -> Vec<Message> {
        let next = || Some(inbox.wait(Duration::ZERO)).filter(|message| *message != Message::WakeUp);
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn a_signal_overtakes_keys_and_keys_keep_their_order() {
        let inbox = Inbox::default();
        inbox.sender().press(Message::Said(Input::Toggle));
        inbox.sender().press(Message::AskedTime);
        inbox.sender().send(Message::Said(Input::Stop));
        let [stop, toggle] = [Input::Stop, Input::Toggle].map(Message::Said);
        assert_eq!(take_all(&inbox), [stop, toggle, Message::AskedTime]);
    }

    #[test]
    fn too_many_keys_are_dropped_but_no_message() {
        let inbox = Inbox::default();
        let sender = inbox.sender();
        for _ in 0..100_000 {
            sender.press(Message::Said(Input::Toggle));
        }
        for _ in 0..2 * MOST_KEYS {
            sender.send(Message::Lost(Loss::Terminal));
        }
        let (lost, keys) = (Message::Lost(Loss::Terminal), Message::Said(Input::Toggle));
        assert_eq!(take_all(&inbox), [vec![lost; 2 * MOST_KEYS], vec![keys; MOST_KEYS]].concat());
        // There is room again.
        sender.press(Message::Said(Input::Skip));
        assert_eq!(take_all(&inbox), [Message::Said(Input::Skip)]);
    }

    #[test]
    fn a_message_ends_a_wait() {
        let inbox = Inbox::default();
        let sender = inbox.sender();
        let other = std::thread::spawn(move || sender.press(Message::Said(Input::Confirm)));
        assert_eq!(inbox.wait(Duration::MAX), Message::Said(Input::Confirm));
        other.join().expect("no panic");
    }

    #[test]
    fn without_an_inbox_nothing_is_sent() {
        let inbox = Inbox::default();
        let sender = inbox.sender();
        assert!(sender.is_open());
        drop(inbox);
        assert!(!sender.is_open());
        sender.send(Message::WakeUp);
        sender.press(Message::Said(Input::Stop));
    }
}
