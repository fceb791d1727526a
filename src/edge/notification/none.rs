//! In place of a service, for a build without the feature `notify`.

use std::sync::mpsc::{Receiver, Sender};

use anyhow::bail;

use super::{Alert, Message, Service};
use crate::edge::inbox;

const NONE: &str = "this build has none";

#[derive(Debug, Default)]
pub(super) struct Shown(());

#[expect(clippy::unused_self, reason = "as with a service")]
impl Shown {
    pub(super) fn plays_sounds(&self) -> bool {
        false
    }

    pub(super) fn connect(&mut self) -> anyhow::Result<()> {
        bail!(NONE)
    }

    pub(super) fn show(&mut self, _: &Alert) -> anyhow::Result<()> {
        bail!(NONE)
    }

    pub(super) fn try_out(&mut self, _: &Alert) -> anyhow::Result<Service> {
        bail!(NONE)
    }

    pub(super) fn next(&mut self, waiting: &Receiver<Message>, _: &Sender<Message>, _: &inbox::Sender) -> Message {
        waiting.iter().flatten().next()
    }
}
