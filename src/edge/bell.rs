//! Desktop notifications, on a thread of their own: asking the notification service has no time
//! limit, and a service that never answers must not hold up a session. The only one that knows
//! zbus, and notify-rust on systems without a session bus.

use std::iter;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;
use std::time::Duration;

use crate::domain::session::{Event, EventKind, Moment, Session};
use crate::edge::keys::Button;
use crate::runner::Observer;
use crate::words;
use anyhow::{anyhow, bail};

/// A service that takes longer than this for one notification is said to be deaf.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What one notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The headline, with the protocol before it.
    pub title: String,
    /// What to do now, and the step's note.
    pub body: String,
    /// Something must come off the skin now.
    pub urgent: bool,
    sound: &'static str,
    /// Buttons: what they are called, and what they press. None after the end.
    buttons: &'static [(&'static str, Button)],
}

const BUTTONS: &[(&str, Button)] =
    &[("Pause / go on", Button::Pause), ("A minute more", Button::More), ("Done", Button::Done)];

/// Presses a button of the session, from any thread.
pub type Press = Arc<dyn Fn(Button) + Send + Sync>;

/// Sends a desktop notification for the events that need a person.
#[derive(Debug)]
pub struct Bell {
    alerts: Option<Sender<Alert>>,
    answers: Receiver<Result<(), String>>,
    unanswered: usize,
    asked: Moment,
    clock: fn() -> Moment,
    prefix: String,
}

impl Bell {
    /// A bell for a session called `name`. `clock` tells how long the service takes to answer;
    /// `press` is what the buttons of a notification do.
    #[must_use]
    pub fn new(name: &str, rehearsal: bool, clock: fn() -> Moment, press: Press) -> Bell {
        let (alerts, inbox) = mpsc::channel();
        let (outbox, answers) = mpsc::channel();
        thread::spawn(move || deliver(&inbox, &outbox, &press));
        let prefix = if rehearsal { format!("REHEARSAL {name}") } else { name.to_owned() };
        Bell { alerts: Some(alerts), answers, unanswered: 0, asked: clock(), clock, prefix }
    }

    /// Takes the answers that came, and says what is wrong.
    fn collect(&mut self) -> anyhow::Result<()> {
        loop {
            match self.answers.try_recv() {
                Ok(answer) => {
                    self.unanswered -= 1;
                    self.asked = (self.clock)();
                    if let Err(why) = answer {
                        bail!("no desktop notifications ({why}); the session goes on with this screen and its bell");
                    }
                }
                Err(TryRecvError::Disconnected) if self.unanswered > 0 => {
                    self.unanswered = 0;
                    bail!("no desktop notifications (the sender failed)");
                }
                Err(_) => break,
            }
        }
        if self.is_deaf() {
            return Err(anyhow!(
                "the notification service does not answer; the session goes on with this screen and its bell"
            ));
        }
        Ok(())
    }

    fn is_deaf(&self) -> bool {
        self.unanswered > 0 && (self.clock)().since(self.asked) >= PATIENCE
    }
}

impl Observer for Bell {
    fn observe(&mut self, event: &Event, session: &Session) -> anyhow::Result<()> {
        if let (Some(alert), Some(alerts)) = (Alert::of(event, session, &self.prefix), &self.alerts) {
            if self.unanswered == 0 {
                self.asked = (self.clock)();
            }
            self.unanswered += usize::from(alerts.send(alert).is_ok());
        }
        self.collect()
    }

    fn frame(&mut self, _: &Session) -> anyhow::Result<()> {
        self.collect()
    }
}

/// The last alarm is given the rest of `PATIENCE` to arrive, unless the service is deaf already.
impl Drop for Bell {
    fn drop(&mut self) {
        self.alerts = None;
        while self.unanswered > 0 && !self.is_deaf() {
            let left = PATIENCE.saturating_sub((self.clock)().since(self.asked));
            match self.answers.recv_timeout(left) {
                Ok(_) => self.unanswered -= 1,
                Err(_) => return,
            }
        }
    }
}

impl Alert {
    /// What an event is worth saying on the desktop, if it is.
    #[must_use]
    pub fn of(event: &Event, session: &Session, prefix: &str) -> Option<Alert> {
        let words = words::of(event, session, false);
        let wanted = match event.kind {
            EventKind::StepBegan { .. }
            | EventKind::Halfway
            | EventKind::StepSoon
            | EventKind::Overran { .. }
            | EventKind::Finished { .. } => true,
            EventKind::Skipped { by_rule } => by_rule.is_some(),
            _ => false,
        };
        let note = session.plan().segments()[event.step].step.note.as_deref();
        let note = note.filter(|_| matches!(event.kind, EventKind::StepBegan { .. }));
        let body = [Some(words.advice.as_str()), note].into_iter().flatten().collect::<Vec<_>>().join("\n");
        wanted.then(|| Alert {
            title: format!("{prefix}: {}", words.headline),
            body: without_markup(&body),
            urgent: words.urgent,
            // Names of the freedesktop sound naming specification.
            sound: if words.urgent { "alarm-clock-elapsed" } else { "message" },
            buttons: if matches!(event.kind, EventKind::Finished { .. }) { &[] } else { BUTTONS },
        })
    }
}

/// Services may read the body as markup.
fn without_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Which of several alerts are worth showing: what must come off the skin, and the newest.
fn news(alerts: &[Alert]) -> [Option<usize>; 2] {
    [alerts.iter().rposition(|alert| alert.urgent), alerts.len().checked_sub(1)]
}

/// The thread: one notification that is replaced, not a pile. What waited while the service did not
/// answer is old news: only what is [`news`] is shown then.
fn deliver(inbox: &Receiver<Alert>, outbox: &Sender<Result<(), String>>, press: &Press) {
    let mut shown = Shown::default();
    while let Ok(first) = inbox.recv() {
        let alerts: Vec<Alert> = iter::once(first).chain(inbox.try_iter()).collect();
        let news = news(&alerts);
        for (index, alert) in alerts.iter().enumerate() {
            let answer = if news.contains(&Some(index)) {
                shown.show(alert, press).map_err(|error| error.to_string())
            } else {
                Ok(())
            };
            if outbox.send(answer).is_err() {
                return;
            }
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
use bus::Shown;

/// The notification service, spoken to over the session bus.
#[cfg(all(unix, not(target_os = "macos")))]
mod bus {
    use std::collections::BTreeMap;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::{future, thread};

    use zbus::export::futures_core::Stream as _;
    use zbus::message::Type;
    use zbus::{Connection, MatchRule, MessageStream, Result, Variant, block_on};

    use super::{Alert, BUTTONS, Press};

    const NAME: &str = "org.freedesktop.Notifications";
    const PATH: &str = "/org/freedesktop/Notifications";

    /// The notification that stands on the desktop.
    ///
    /// One connection shows it, replaces it and hears its buttons: there are services that tell a
    /// press only to the connection that showed the notification last.
    #[derive(Debug, Default)]
    pub(super) struct Shown {
        bus: Option<Connection>,
        id: Arc<AtomicU32>,
    }

    impl Shown {
        pub(super) fn show(&mut self, alert: &Alert, press: &Press) -> Result<()> {
            if let Some(bus) = &self.bus {
                let shown = self.replace(bus, alert);
                if !bus.is_closed() {
                    return shown;
                }
                // The bus went away; perhaps it is back.
            }
            let bus = block_on(Connection::session())?;
            let (heard, id, press) = (bus.clone(), Arc::clone(&self.id), Arc::clone(press));
            // It ends with the connection.
            thread::spawn(move || block_on(listen(&heard, &id, &press)));
            self.bus = Some(bus.clone());
            self.replace(&bus, alert)
        }

        /// Shows it in the place of what is shown; the first one has number 0 to replace, which is none.
        fn replace(&self, bus: &Connection, alert: &Alert) -> Result<()> {
            let keys: Vec<String> = (0..alert.buttons.len()).map(|index| index.to_string()).collect();
            let labels = alert.buttons.iter().map(|(label, _)| *label);
            let actions: Vec<&str> = keys.iter().zip(labels).flat_map(|(key, label)| [key, label]).collect();
            let urgency: u8 = if alert.urgent { 2 } else { 1 };
            let hints = BTreeMap::from([
                ("urgency", Variant::from(urgency)),
                ("sound-name", Variant::from(alert.sound)),
                // A press leaves it standing: who pauses goes on with the same button.
                ("resident", Variant::from(!alert.buttons.is_empty())),
            ]);
            let as_the_service_likes = -1_i32;
            let before = self.id.load(Ordering::Relaxed);
            let body = ("therapy", before, "", &alert.title, &alert.body, actions, hints, as_the_service_likes);
            let answer = block_on(bus.call_method(Some(NAME), PATH, Some(NAME), "Notify", &body))?;
            self.id.store(answer.body().deserialize()?, Ordering::Relaxed);
            Ok(())
        }
    }

    /// Presses what is pressed on the notification, as often as it is.
    async fn listen(bus: &Connection, id: &AtomicU32, press: &Press) -> Result<()> {
        let rule = MatchRule::builder().msg_type(Type::Signal).interface(NAME).member("ActionInvoked").build()?;
        let mut signals = MessageStream::for_match_rule(rule, bus, None).await?;
        while let Some(signal) = future::poll_fn(|context| Pin::new(&mut signals).poll_next(context)).await {
            let Ok((pressed, key)) = signal?.body().deserialize::<(u32, String)>() else {
                continue;
            };
            let button = key.parse().ok().and_then(|index: usize| BUTTONS.get(index));
            if let Some((_, button)) = button.filter(|_| pressed == id.load(Ordering::Relaxed)) {
                press(*button);
            }
        }
        Ok(())
    }
}

/// Not tested. These systems know no urgency, and replace notifications in their own way.
#[cfg(not(all(unix, not(target_os = "macos"))))]
#[derive(Debug, Default)]
struct Shown;

#[cfg(not(all(unix, not(target_os = "macos"))))]
impl Shown {
    fn show(&mut self, alert: &Alert, _: &Press) -> notify_rust::error::Result<()> {
        let mut notification = notify_rust::Notification::new();
        notification.appname("therapy").summary(&alert.title).body(&alert.body).sound_name(alert.sound);
        notification.show().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_waited_the_last_urgent_alert_and_the_newest_are_shown() {
        let alerts = |urgent: &[bool]| -> Vec<Alert> {
            let alert = |urgent: &bool| Alert {
                title: String::new(),
                body: String::new(),
                urgent: *urgent,
                sound: "",
                buttons: &[],
            };
            urgent.iter().map(alert).collect()
        };
        assert_eq!(news(&alerts(&[false])), [None, Some(0)]);
        assert_eq!(news(&alerts(&[false, false])), [None, Some(1)]);
        assert_eq!(news(&alerts(&[true, true, false, false])), [Some(1), Some(3)]);
        assert_eq!(news(&alerts(&[false, true])), [Some(1), Some(1)]);
    }
}
