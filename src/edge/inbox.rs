//! The inputs that arrive while a session waits: one queue for keys, signals and the buttons of
//! notifications. It must not know who sends them, nor what they do.

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::domain::session::Input;
use crate::runner::Loss;

/// What the `+` key and the button "A minute more" ask for.
pub const MINUTE_MORE: Input = Input::Extend(Duration::from_secs(60));

/// What arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The person said something.
    Said(Input),
    /// The system takes something away.
    Lost(Loss),
    /// Nothing: it only ends the wait, so that the clock is read and the screen drawn.
    WakeUp,
}

/// Sends from any thread.
pub type Sender = mpsc::Sender<Message>;

/// The queue. It owns a sender, so that it stays open when all others are gone.
#[derive(Debug)]
pub struct Inbox {
    sender: Sender,
    receiver: Receiver<Message>,
}

impl Default for Inbox {
    fn default() -> Inbox {
        let (sender, receiver) = mpsc::channel();
        Inbox { sender, receiver }
    }
}

impl Inbox {
    /// A sender for another thread.
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Waits for the next message, at most for `length` of real time.
    pub fn wait(&self, length: Duration) -> Message {
        self.receiver.recv_timeout(length).unwrap_or(Message::WakeUp)
    }
}
