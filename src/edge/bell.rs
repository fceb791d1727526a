//! Desktop notifications, on a thread of their own: asking the notification service has no time
//! limit, and a service that never answers must not hold up a session. The only one that knows
//! notify-rust.

use std::iter;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::{self, Thread};
use std::time::Duration;

use anyhow::{anyhow, bail};
use notify_rust::Notification;

use crate::domain::session::{Event, EventKind, Input, Moment, Session};
use crate::edge::inbox::{self, MINUTE_MORE};
use crate::runner::{Observer, Trouble};
use crate::text::wording;

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
    /// Buttons: their labels, and what they ask for. None after the end.
    buttons: &'static [(&'static str, Input)],
}

const BUTTONS: &[(&str, Input)] =
    &[("Pause or go on", Input::Toggle), ("A minute more", MINUTE_MORE), ("Done", Input::Confirm)];

/// Sends a desktop notification for the events that need a person.
#[derive(Debug)]
pub struct Bell {
    alerts: Option<Sender<Alert>>,
    /// The thread that sends them. It waits for buttons too, so it is woken for each alert.
    sender: Thread,
    answers: Receiver<Result<(), String>>,
    unanswered: usize,
    asked: Moment,
    clock: fn() -> Moment,
    prefix: String,
}

impl Bell {
    /// A bell for a session called `name`. `clock` measures how long the service takes to answer. What
    /// the buttons of a notification ask for goes to `inbox`.
    pub fn new(name: &str, rehearsal: bool, clock: fn() -> Moment, inbox: inbox::Sender) -> Bell {
        let (alerts, waiting) = mpsc::channel();
        let (outbox, answers) = mpsc::channel();
        let sender = thread::spawn(move || deliver(&waiting, &outbox, &inbox)).thread().clone();
        let prefix = if rehearsal { format!("REHEARSAL {name}") } else { name.to_owned() };
        Bell { alerts: Some(alerts), sender, answers, unanswered: 0, asked: clock(), clock, prefix }
    }

    /// Takes the answers that came, and says what is wrong.
    fn collect(&mut self) -> anyhow::Result<()> {
        loop {
            match self.answers.try_recv() {
                Ok(answer) => {
                    self.unanswered -= 1;
                    self.asked = (self.clock)();
                    if let Err(why) = answer {
                        bail!("no desktop notifications ({why}); the session goes on here, with the terminal's bell");
                    }
                }
                Err(TryRecvError::Disconnected) if self.unanswered > 0 => {
                    self.unanswered = 0;
                    bail!("no desktop notifications (their thread failed)");
                }
                Err(_) => break,
            }
        }
        if self.is_deaf() {
            return Err(anyhow!(
                "the notification service does not answer; the session goes on here, with the terminal's bell"
            ));
        }
        Ok(())
    }

    fn is_deaf(&self) -> bool {
        self.unanswered > 0 && (self.clock)().since(self.asked) >= PATIENCE
    }
}

impl Observer for Bell {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        let Some(alerts) = &self.alerts else { return Ok(()) };
        for alert in events.iter().filter_map(|event| Alert::of(event, session, &self.prefix)) {
            if self.unanswered == 0 {
                self.asked = (self.clock)();
            }
            self.unanswered += usize::from(alerts.send(alert).is_ok());
            self.sender.unpark();
        }
        Ok(self.collect()?)
    }

    fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
        Ok(self.collect()?)
    }
}

/// The last alarm is given the rest of `PATIENCE` to arrive, unless the service is deaf already.
impl Drop for Bell {
    fn drop(&mut self) {
        self.alerts = None;
        self.sender.unpark();
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
    pub fn of(event: &Event, session: &Session, prefix: &str) -> Option<Alert> {
        let words = wording::of(event, session, false);
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
fn deliver(waiting: &Receiver<Alert>, outbox: &Sender<Result<(), String>>, inbox: &inbox::Sender) {
    let mut shown = Shown::default();
    while let Some(first) = shown.next(waiting, inbox) {
        let alerts: Vec<Alert> = iter::once(first).chain(waiting.try_iter()).collect();
        let news = news(&alerts);
        for (index, alert) in alerts.iter().enumerate() {
            let answer =
                if news.contains(&Some(index)) { shown.show(alert).map_err(|error| error.to_string()) } else { Ok(()) };
            if outbox.send(answer).is_err() {
                return;
            }
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
use bus::Shown;

/// A notification service on a session bus.
#[cfg(all(unix, not(target_os = "macos")))]
mod bus {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, TryRecvError};
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread::{self, Thread};

    use notify_rust::error::Result;
    use notify_rust::{Hint, NotificationHandle, NotificationResponse, Urgency};

    use super::{Alert, BUTTONS, inbox, notification};

    /// The notification that stands on the desktop.
    ///
    /// Its handle keeps one connection, which shows it, replaces it and hears its buttons: there are
    /// services that tell a press only to the connection that showed the notification last.
    #[derive(Debug, Default)]
    pub(super) struct Shown {
        handle: Option<NotificationHandle>,
        listens: bool,
    }

    impl Shown {
        pub(super) fn show(&mut self, alert: &Alert) -> Result<()> {
            let mut notification = notification(alert);
            notification.urgency(if alert.urgent { Urgency::Critical } else { Urgency::Normal });
            for (index, (label, _)) in alert.buttons.iter().enumerate() {
                notification.action(&index.to_string(), label);
            }
            self.listens = !alert.buttons.is_empty();
            // A press leaves it standing: who pauses goes on with the same button.
            notification.hint(Hint::Resident(self.listens));
            if let Some(mut handle) = self.handle.take() {
                *handle = notification.clone();
                if handle.update().is_ok() {
                    self.handle = Some(handle);
                    return Ok(());
                }
                // The bus went away; perhaps it is back.
            }
            self.handle = Some(notification.show()?);
            Ok(())
        }

        /// Waits for the next alert, and meanwhile reports each press of a button.
        pub(super) fn next(&mut self, waiting: &Receiver<Alert>, inbox: &inbox::Sender) -> Option<Alert> {
            while let Some(handle) = self.handle.as_ref().filter(|_| self.listens) {
                let stands = Cell::new(false);
                let mut wait = pin!(handle.wait_for_action_async(|response| {
                    stands.set(!matches!(response, NotificationResponse::Closed(_)));
                    if let NotificationResponse::Action(key) = response
                        && let Some((_, input)) = key.parse().ok().and_then(|index: usize| BUTTONS.get(index))
                    {
                        let _ = inbox.send(Some(*input));
                    }
                }));
                let waker = Waker::from(Arc::new(Awake(thread::current())));
                let mut context = Context::from_waker(&waker);
                // It panics when the bus goes away as it begins to listen.
                let mut poll = || catch_unwind(AssertUnwindSafe(|| wait.as_mut().poll(&mut context)));
                while let Ok(Poll::Pending) = poll() {
                    match waiting.try_recv() {
                        Ok(alert) => return Some(alert),
                        Err(TryRecvError::Disconnected) => return None,
                        Err(TryRecvError::Empty) => thread::park(),
                    }
                }
                // The person closed it, or the bus went away: there is nothing to press.
                self.listens = stands.get();
            }
            waiting.recv().ok()
        }
    }

    struct Awake(Thread);

    impl Wake for Awake {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
}

/// Not tested. These systems know no urgency, and replace notifications in their own way.
#[cfg(not(all(unix, not(target_os = "macos"))))]
#[derive(Debug, Default)]
struct Shown;

#[cfg(not(all(unix, not(target_os = "macos"))))]
impl Shown {
    fn show(&mut self, alert: &Alert) -> notify_rust::error::Result<()> {
        notification(alert).show().map(|_| ())
    }

    fn next(&mut self, waiting: &Receiver<Alert>, _: &inbox::Sender) -> Option<Alert> {
        waiting.recv().ok()
    }
}

fn notification(alert: &Alert) -> Notification {
    let mut notification = Notification::new();
    notification.appname("therapy").summary(&alert.title).body(&alert.body).sound_name(alert.sound);
    notification
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
