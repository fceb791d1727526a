//! The inputs that arrive while a session waits: one queue for keys, signals and the buttons of
//! notifications. It must not know who sends them, nor what they do.

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::domain::session::Input;

/// What the `+` key and the button "A minute more" ask for.
pub const MINUTE_MORE: Input = Input::Extend(Duration::from_secs(60));

/// Sends from any thread. `None` only ends the wait, so that the clock is read and the screen drawn.
pub type Sender = mpsc::Sender<Option<Input>>;

/// The queue. It owns a sender, so that it stays open when all others are gone.
#[derive(Debug)]
pub struct Inbox {
    sender: Sender,
    receiver: Receiver<Option<Input>>,
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
    pub fn wait(&self, length: Duration) -> Option<Input> {
        self.receiver.recv_timeout(length).ok().flatten()
    }
}
