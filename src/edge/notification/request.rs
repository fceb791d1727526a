//! An alert as a notification, before it is known which service shows it.

use notify_rust::Notification;

use super::Alert;

pub(super) const APP: &str = "therapy";

/// The sounds of a calm and an urgent alert: from the freedesktop sound naming specification, the names of notify-rust for
/// the sounds of Windows, and files in `/System/Library/Sounds` of a Mac.
const SOUNDS: (&str, &str) = if cfg!(windows) {
    ("Default", "Alarm")
} else if cfg!(target_os = "macos") {
    ("Glass", "Sosumi")
} else {
    ("message", "alarm-clock-elapsed")
};

impl Alert {
    /// The alert without buttons.
    pub(super) fn notification(&self) -> Notification {
        let mut notification = Notification::new();
        notification.appname(APP).summary(&self.title).body(&self.body).sound_name(self.sound());
        notification
    }

    /// The name of its sound, as the system calls it.
    pub(super) fn sound(&self) -> &'static str {
        let (calm, urgent) = SOUNDS;
        if self.urgent { urgent } else { calm }
    }
}
