//! A notification service on a session bus. One connection shows the notification, replaces it and receives its
//! buttons: some services report a press only to the connection that showed the notification last. No other module
//! knows zbus. This module must not know what an alert means.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::task::{Context, Poll, Wake, Waker};

use anyhow::bail;
use futures_core::Stream as _;
use notify_rust::{Hint, Urgency};
use zbus::address::transport::Transport;
use zbus::message::Type;
use zbus::names::{OwnedUniqueName, UniqueName};
use zbus::{Address, Connection, DynamicType, Error, MatchRule, MessageStream, Result, Variant, block_on, fdo};

use super::request::APP;
use super::{Alert, Buttons, Message, Service, inbox, offered, pressed};
use crate::text::printable::{markup, printable};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// Hints by which a notification replaces the one of an earlier session, where the service knows one of the two.
const TAGS: [&str; 2] = ["x-canonical-private-synchronous", "x-dunst-stack-tag"];

/// The notification on the desktop.
#[derive(Debug)]
pub(super) struct Shown {
    bus: Option<Bus>,
    id: u32,
    buttons: Buttons,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown { bus: None, id: 0, buttons: Buttons::None }
    }
}

#[derive(Debug)]
struct Bus {
    connection: Connection,
    can: Capabilities,
    /// The service that showed the last notification, and its presses.
    service: Option<(OwnedUniqueName, MessageStream)>,
}

/// What the service can do.
#[derive(Clone, Copy, Debug)]
struct Capabilities {
    markup: bool,
    sound: bool,
    /// It takes one of [`TAGS`] together with the number of a notification that it replaces.
    tags: bool,
}

impl Capabilities {
    /// The hints for a notification that replaces the one with this number, if it is not 0.
    fn tags(self, replaces: u32) -> &'static [&'static str] {
        if self.tags || replaces == 0 { &TAGS } else { &[] }
    }
}

/// The name of a service that crashes when it gets both (mako 1.7.1).
const ENDS: &str = "mako";

impl Shown {
    /// Asks the service what it can do, which also starts a service that is not running yet.
    pub(super) fn connect(&mut self) -> anyhow::Result<()> {
        check(&Address::session()?)?;
        self.bus = Some(block_on(Bus::connect())?);
        Ok(())
    }

    pub(super) fn show(&mut self, alert: &Alert) -> anyhow::Result<()> {
        self.buttons = alert.buttons;
        if alert.buttons == Buttons::None {
            self.id = self.show_plain(alert)?;
            return Ok(());
        }
        if let Some(bus) = &mut self.bus {
            match block_on(bus.notify(alert, self.id)) {
                // The bus is gone. There may be a new one.
                Err(error) if !matches!(error, Error::MethodError(..) | Error::FDO(_)) => {}
                shown => {
                    self.id = shown?;
                    return Ok(());
                }
            }
        }
        self.bus = None;
        self.connect()?;
        if let Some(bus) = &mut self.bus {
            self.id = block_on(bus.notify(alert, 0))?;
        }
        Ok(())
    }

    /// Whether the service says that it plays sounds.
    pub(super) fn plays_sounds(&self) -> bool {
        self.bus.as_ref().is_some_and(|bus| bus.can.sound)
    }

    /// Shows an alert and closes it again.
    pub(super) fn try_out(&mut self, alert: &Alert) -> anyhow::Result<Service> {
        self.connect()?;
        let Some(bus) = &mut self.bus else { bail!("there is no bus") };
        Ok(block_on(bus.try_out(alert))?)
    }

    /// A notification without buttons gets no presses, so its connection need not stay.
    fn show_plain(&self, alert: &Alert) -> anyhow::Result<u32> {
        check(&Address::session()?)?;
        let mut plain = alert.notification();
        if self.bus.as_ref().is_none_or(|bus| bus.can.markup) {
            plain.body(&markup(&alert.body));
        }
        plain.urgency(if alert.urgent { Urgency::Critical } else { Urgency::Normal });
        for name in self.bus.as_ref().map_or(&TAGS[..], |bus| bus.can.tags(self.id)) {
            plain.hint(Hint::Custom((*name).to_owned(), APP.to_owned()));
        }
        Ok(plain.id(self.id).show()?.id())
    }

    /// Waits for the next alert, and reports each press of a button until then.
    pub(super) fn next(
        &mut self,
        waiting: &Receiver<Message>,
        wake: &Sender<Message>,
        inbox: &inbox::Sender,
    ) -> Message {
        let waker = Waker::from(Arc::new(WakeUp(wake.clone())));
        let mut context = Context::from_waker(&waker);
        loop {
            self.obey(&mut context, inbox);
            if let Some(alert) = waiting.recv().ok()? {
                return Some(alert);
            }
        }
    }

    /// Reports the presses so far. The next one wakes the thread.
    fn obey(&mut self, context: &mut Context<'_>, inbox: &inbox::Sender) {
        let Some((owner, presses)) = self.bus.as_mut().and_then(|bus| bus.service.as_mut()) else { return };
        while let Poll::Ready(Some(press)) = Pin::new(&mut *presses).poll_next(context) {
            let Ok(press) = press else { continue };
            let (header, body) = (press.header(), press.body());
            let Ok((id, key)) = body.deserialize::<(u32, &str)>() else { continue };
            let sender = header.sender().map_or("", UniqueName::as_str);
            let input = pressed((owner.as_str(), self.id, self.buttons), (sender, id, key));
            if let Some(input) = input {
                inbox.send(inbox::Message::Said(input));
            }
        }
    }
}

/// Refuses an address for which zbus reads a whole file, whatever is at its path: a device never ends, and a pipe
/// blocks. Only Windows uses such addresses.
fn check(address: &Address) -> anyhow::Result<()> {
    let reads_file = matches!(address.transport(), Transport::Tcp(tcp) if tcp.nonce_file().is_some());
    if reads_file {
        bail!("therapy does not use a bus address with a nonce file");
    }
    Ok(())
}

impl Bus {
    async fn connect() -> Result<Bus> {
        let connection = Connection::session().await?;
        let mut bus = Bus { connection, can: Capabilities { markup: true, sound: false, tags: true }, service: None };
        bus.can = bus.capabilities().await?;
        Ok(bus)
    }

    async fn call(&self, method: &str, body: &(impl serde::Serialize + DynamicType)) -> Result<zbus::Message> {
        self.connection.call_method(Some(SERVICE), PATH, Some(SERVICE), method, body).await
    }

    /// What the service says that it can do. One that does not know the question is assumed to read markup.
    async fn capabilities(&self) -> Result<Capabilities> {
        let tags = self.name().await.is_none_or(|name| name != ENDS);
        let answer = match self.call("GetCapabilities", &()).await {
            Err(Error::FDO(error)) if matches!(*error, fdo::Error::UnknownMethod(_)) => {
                return Ok(Capabilities { markup: true, sound: false, tags });
            }
            answer => answer?,
        };
        let names: Option<Vec<String>> = answer.body().deserialize().ok();
        let has = |wanted: &str| names.as_ref().map(|names| names.iter().any(|name| name == wanted));
        Ok(Capabilities { markup: has("body-markup").unwrap_or(true), sound: has("sound").unwrap_or(false), tags })
    }

    async fn notify(&mut self, alert: &Alert, replaces: u32) -> Result<u32> {
        let body = if self.can.markup { markup(&alert.body) } else { alert.body.clone() };
        let buttons = offered(alert.buttons).flat_map(|(key, label, _)| [*key, *label]);
        let mut hints = BTreeMap::from([
            // From the specification of desktop notifications: critical and normal.
            ("urgency", Variant::U8(if alert.urgent { 2 } else { 1 })),
            ("sound-name", Variant::from(alert.sound())),
            // It stays after a press, because the same button pauses and resumes.
            ("resident", Variant::Bool(alert.buttons == Buttons::All)),
        ]);
        hints.extend(self.can.tags(replaces).iter().map(|name| (*name, Variant::from(APP))));
        let call = (APP, replaces, "", &alert.title, body, buttons.collect::<Vec<_>>(), hints, -1_i32);
        let answer = self.call("Notify", &call).await?;
        // Without buttons it is still an alarm.
        let _ = self.listen(&answer).await;
        answer.body().deserialize()
    }

    async fn try_out(&mut self, alert: &Alert) -> Result<Service> {
        let id = self.notify(alert, 0).await?;
        self.call("CloseNotification", &(id,)).await?;
        Ok(Service { name: self.name().await, plays_sounds: self.can.sound })
    }

    /// The name that the service gives itself.
    async fn name(&self) -> Option<String> {
        let about = self.call("GetServerInformation", &()).await;
        let about = about.and_then(|about| about.body().deserialize::<(String, String, String, String)>());
        about.ok().map(|(name, ..)| printable(&name).into_owned()).filter(|name| !name.is_empty())
    }

    /// Only presses from the service that showed the notification count: any program on the bus can send a signal
    /// of this name, and a match rule does not keep out what is sent to this connection alone.
    async fn listen(&mut self, answer: &zbus::Message) -> Result<()> {
        let header = answer.header();
        let Some(sender) = header.sender().filter(|sender| self.owner() != Some(sender.as_str())) else {
            return Ok(());
        };
        if self.service.take().is_some() {
            // Another service has taken the place of the first.
            self.can = self.capabilities().await?;
        }
        let rule = MatchRule::builder().msg_type(Type::Signal).sender(sender).path(PATH);
        let rule = rule.interface(SERVICE).member("ActionInvoked").build()?;
        let presses = MessageStream::for_match_rule(rule, &self.connection, None).await?;
        self.service = Some((sender.to_owned().into(), presses));
        Ok(())
    }

    fn owner(&self) -> Option<&str> {
        self.service.as_ref().map(|(owner, _)| owner.as_str())
    }
}

struct WakeUp(Sender<Message>);

impl Wake for WakeUp {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_for_which_a_file_would_be_read_is_refused() {
        let is_refused = |text: &str| Address::try_from(text).map_or(true, |address| check(&address).is_err());
        for text in [
            "nonce-tcp:host=127.0.0.1,port=1,noncefile=/dev/zero",
            "nonce-tcp:noncefile=%2Fdev%2Fzero,port=1,host=127.0.0.1",
            "tcp:host=127.0.0.1,port=1,noncefile=/dev/zero",
            "nonce-tcp:host=127.0.0.1,port=1,nonce%66ile=/dev/zero",
            "ibus:",
        ] {
            assert!(is_refused(text), "{text}");
        }
        for text in ["unix:path=/run/user/1000/bus", "unix:abstract=bus", "tcp:host=127.0.0.1,port=1"] {
            assert!(!is_refused(text), "{text}");
        }
    }
}
