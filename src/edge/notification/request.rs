//! An alert as a notification, before it is known which service shows it.

use notify_rust::Notification;

use super::Alert;

pub(super) const APP: &str = "therapy";

impl Alert {
    /// The alert without buttons.
    pub(super) fn notification(&self) -> Notification {
        let mut notification = Notification::new();
        notification.appname(APP).summary(&self.title).body(&self.body).sound_name(self.sound());
        notification
    }

    /// A name from the freedesktop sound naming specification.
    pub(super) fn sound(&self) -> &'static str {
        if self.urgent { "alarm-clock-elapsed" } else { "message" }
    }
}
