//! Notifications of macOS, as far as notify-rust reaches them: a title, a text and a sound. It has no urgency, its buttons
//! need a loop on the main thread, and it does not say whether the person allows notifications. Never run.

use std::sync::mpsc::{Receiver, Sender};

use super::{Alert, Message, Service};
use crate::edge::inbox;

/// Shows one notification after the other.
#[derive(Debug, Default)]
pub(super) struct Shown;

#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "other systems use it")]
impl Shown {
    /// Not known, so the session plays its own sounds.
    pub(super) fn plays_sounds(&self) -> bool {
        false
    }

    pub(super) fn connect(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    pub(super) fn show(&mut self, alert: &Alert) -> anyhow::Result<()> {
        alert.notification().show()?;
        Ok(())
    }

    pub(super) fn try_out(&mut self, alert: &Alert) -> anyhow::Result<Service> {
        self.show(alert)?;
        Ok(Service { name: None, plays_sounds: self.plays_sounds() })
    }

    pub(super) fn next(&mut self, waiting: &Receiver<Message>, _: &Sender<Message>, _: &inbox::Sender) -> Message {
        waiting.iter().flatten().next()
    }
}
