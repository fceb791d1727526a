//! The notification that a terminal shows itself: over ssh it appears where the person is, and without a notification
//! service it is the only one. This module must not know what an alert means.

use crate::edge::terminal::Aside;
use crate::edge::window::Notifies;

/// Notifications by the terminal.
#[derive(Clone, Debug)]
pub struct Notice {
    kind: Notifies,
    aside: Aside,
    /// The person is not at this machine, so its notification service does not count.
    is_remote: bool,
}

impl Notice {
    /// For a terminal that takes them in this way.
    pub fn new(kind: Notifies, aside: Aside, is_remote: bool) -> Notice {
        Notice { kind, aside, is_remote }
    }

    /// Whether it is needed beside a notification service that works.
    pub fn is_remote(&self) -> bool {
        self.is_remote
    }

    /// Shows one.
    pub fn show(&self, title: &str, text: &str) {
        self.aside.add(&self.kind.sequence(title, text));
    }
}
