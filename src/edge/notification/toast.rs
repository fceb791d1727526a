//! Notifications of Windows. An urgent one is a reminder, which stays until it is answered; Windows wants a button for
//! that. The text is plain: it becomes markup in one place, in the library. A button counts because the system calls back
//! about this notification only. Never seen on a desktop.

use std::sync::mpsc::{Receiver, Sender};
use std::thread;

use notify_rust::{Notification, Urgency};

use super::{Alert, Buttons, Message, Service, offered};
use crate::edge::inbox;

/// Shows one notification after the other.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Where its buttons send their inputs.
    inbox: Option<inbox::Sender>,
}

/// The notification of an alert: its urgency is what makes it a reminder.
fn notification(alert: &Alert) -> Notification {
    let mut notification = alert.notification();
    if alert.urgent {
        notification.urgency(Urgency::Critical);
    }
    for (key, label, _) in offered(alert.buttons) {
        notification.action(key, label);
    }
    notification
}

impl Shown {
    #[expect(clippy::unused_self, reason = "other systems use it")]
    pub(super) fn plays_sounds(&self) -> bool {
        true
    }

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "other systems use it")]
    pub(super) fn connect(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    pub(super) fn show(&mut self, alert: &Alert) -> anyhow::Result<()> {
        let handle = notification(alert).show()?;
        let (buttons, inbox) = (alert.buttons, self.inbox.clone());
        if let Some(inbox) = inbox.filter(|_| buttons != Buttons::None) {
            let wait = move || {
                handle.wait_for_action(|pressed| {
                    if let Some((.., input)) = offered(buttons).find(|(key, ..)| *key == pressed) {
                        inbox.send(inbox::Message::Said(*input));
                    }
                });
            };
            // Without a thread there are no buttons.
            let _ = thread::Builder::new().name("buttons".to_owned()).spawn(wait);
        }
        Ok(())
    }

    pub(super) fn try_out(&mut self, alert: &Alert) -> anyhow::Result<Service> {
        self.show(alert)?;
        Ok(Service { name: None, plays_sounds: self.plays_sounds() })
    }

    pub(super) fn next(&mut self, waiting: &Receiver<Message>, _: &Sender<Message>, inbox: &inbox::Sender) -> Message {
        self.inbox.get_or_insert_with(|| inbox.clone());
        waiting.iter().flatten().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_urgent_alert_is_a_reminder_with_an_alarm_of_windows_and_plain_text() {
        let alert = |urgent, buttons| {
            let (title, body) = ("a: <b> & c".to_owned(), "\"d\" > e".to_owned());
            notification(&Alert { title, body, urgent, buttons })
        };
        let urgent = alert(true, Buttons::Done);
        assert_eq!(urgent.actions, ["2", "Done"]);
        assert_eq!((urgent.summary.as_str(), urgent.body.as_str()), ("a: <b> & c", "\"d\" > e"));
        let calm = alert(false, Buttons::None);
        // Its other fields are private.
        let [urgent, text] = [urgent, calm.clone()].map(|notification| format!("{notification:?}"));
        assert!(
            urgent.contains("urgency: Some(Critical)") && urgent.contains("sound_name: Some(\"Alarm\")"),
            "{urgent}"
        );
        assert!(text.contains("urgency: None") && text.contains("sound_name: Some(\"Default\")"), "{text}");
        assert!(calm.actions.is_empty());
        assert_eq!(alert(false, Buttons::All).actions.len(), 6);
    }
}
