//! Desktop notifications, on a thread: a call to the notification service has no time limit, and a service
//! that never answers must not delay a session. This module must not know how a service is reached.

use std::collections::VecDeque;
use std::io;
use std::iter;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::bail;

use crate::domain::session::{Event, EventKind, Input, Moment, REMIND, Session};
use crate::edge::clock;
use crate::edge::inbox::{self, MINUTE_MORE};
use crate::edge::notice::Notice;
use crate::edge::sound::Desk;
use crate::runner::{Loss, Observer, Trouble, without_codes};
use crate::text::alarm::Left;
use crate::text::printable::printable;
use crate::text::wording::{self, Words};

const NO_ANSWER: &str = "the notification service does not answer";
/// A service that takes longer for one notification is reported.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How long a session that has no other alarm waits for the service before it starts.
const START: Duration = Duration::from_millis(500);

/// How long a process that is to be stopped waits for its last alert.
const STOP: Duration = Duration::from_millis(300);

/// What one notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The protocol and the headline.
    pub title: String,
    /// What to do now, and the note of the step: plain text, not markup.
    pub body: String,
    /// A pack must come off now.
    pub urgent: bool,
    buttons: Buttons,
}

/// Shows a desktop notification for each event that needs a person.
#[derive(Debug)]
pub struct Notifications {
    messages: Sender<Message>,
    answers: Receiver<Answer>,
    /// The questions to the service without an answer, and when it began with the first of them. The first question
    /// is whether it is there; every other one is to show an alert, kept while the terminal has not shown it.
    unanswered: VecDeque<Option<Alert>>,
    since: Moment,
    /// It is known that there are none, and was reported before the start.
    is_missing: bool,
    /// Whether the service has shown the last alert.
    is_shown: bool,
    /// The alarms that remain without them.
    left: Left,
    prefix: String,
    /// The terminal shows what the service does not.
    notice: Option<Notice>,
}

/// Whether the service has shown an alert, or why it could not. An alert that was outdated is not shown.
type Answer = Result<bool, String>;

/// What the thread waits for: the next alert, or a wake-up without one.
type Message = Option<Alert>;

impl Notifications {
    /// Notifications for a session called `name`; without them, `left` is left, and `notice` shows them. The inputs of
    /// their buttons go to `inbox`.
    ///
    /// # Errors
    /// When the system provides no thread.
    pub fn new(
        (name, rehearsal): (&str, bool),
        (left, notice): (Left, Option<Notice>),
        desk: Desk,
        inbox: inbox::Sender,
    ) -> io::Result<Notifications> {
        let (messages, waiting) = mpsc::channel();
        let (outbox, answers) = mpsc::channel();
        let wake = messages.clone();
        let deliver = move || deliver(&waiting, &wake, &outbox, &inbox, &desk);
        thread::Builder::new().name("notifications".to_owned()).spawn(deliver)?;
        let prefix = if rehearsal { format!("REHEARSAL {name}") } else { name.to_owned() };
        let (unanswered, since, is_missing, is_shown) = (VecDeque::from([None]), clock::unhurried(), false, false);
        Ok(Notifications { messages, answers, unanswered, since, is_missing, is_shown, left, prefix, notice })
    }

    /// Why there are none, for a session that has no other alarm and has not started. A service that answers too
    /// late counts as missing.
    pub fn missing(&mut self) -> Option<String> {
        let no_answer = || Some(NO_ANSWER.to_owned());
        let why = self.answers(START).err().or_else(|| if self.unanswered.is_empty() { None } else { no_answer() });
        self.is_missing = why.is_some();
        why
    }

    /// Whether the service is there and shows what it gets, so that somebody can press a button.
    pub fn works(&mut self) -> bool {
        self.answers(PATIENCE).is_ok() && self.unanswered.is_empty() && self.is_shown
    }

    /// Shows something other than an event of a session. `answer`: a button answers it.
    pub fn tell(&mut self, words: &Words, answer: bool) {
        let buttons = if answer { Buttons::Done } else { Buttons::None };
        self.send(Alert::new(&self.prefix, words, None, buttons));
    }

    fn send(&mut self, alert: Alert) {
        if self.unanswered.is_empty() {
            self.since = clock::unhurried();
        }
        let mut waiting = Some(alert.clone());
        if self.notice.as_ref().is_some_and(Notice::is_remote) {
            self.show_on_terminal(waiting.take());
        }
        self.unanswered.push_back(waiting);
        // Without a thread, `collect` fails.
        let _ = self.messages.send(Some(alert));
    }

    fn show_on_terminal(&self, alerts: impl IntoIterator<Item = Alert>) {
        let Some(notice) = &self.notice else { return };
        alerts.into_iter().for_each(|alert| notice.show(&alert.title, &alert.body));
    }

    /// Waits for the answers as [`answers`](Self::answers) does, and says how the session goes on without them.
    fn collect(&mut self, patience: Duration) -> anyhow::Result<()> {
        let answers = self.answers(patience);
        answers.or_else(|why| if self.is_missing { Ok(()) } else { bail!("{why}; {}", self.left.going_on()) })
    }

    /// Waits for the answers until `patience` has passed since the last one.
    fn answers(&mut self, patience: Duration) -> Result<(), String> {
        let mut result = Ok(());
        while !self.unanswered.is_empty() {
            let waited = clock::unhurried().since(self.since);
            match self.answers.recv_timeout(patience.saturating_sub(waited)) {
                Ok(answer) => {
                    let asked = self.unanswered.pop_front().flatten();
                    self.show_on_terminal(asked.filter(|_| answer.is_err()));
                    self.since = clock::unhurried();
                    self.is_missing &= answer != Ok(true);
                    self.is_shown = answer.is_ok();
                    result = result.and(answer.map(drop).map_err(|why| format!("no desktop notifications ({why})")));
                }
                Err(RecvTimeoutError::Timeout) if waited < PATIENCE => break,
                Err(RecvTimeoutError::Timeout) => {
                    let late: Vec<_> = self.unanswered.iter_mut().filter_map(Option::take).collect();
                    self.show_on_terminal(late);
                    return Err(NO_ANSWER.to_owned());
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let lost = std::mem::take(&mut self.unanswered);
                    self.show_on_terminal(lost.into_iter().flatten());
                    return Err("no desktop notifications (their thread failed)".to_owned());
                }
            }
        }
        result
    }
}

impl Observer for Notifications {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        // The person asked for it, so it need not stay until it is closed.
        let asked = events.iter().any(|event| event.kind.input().is_some());
        for event in wording::told(events) {
            if let Some(alert) = Alert::of(event, session, &self.prefix) {
                // The end of a session that the person ended needs no answer.
                let is_over = matches!(event.kind, EventKind::Finished { .. });
                let buttons = if is_over && (asked || !alert.urgent) { Buttons::None } else { alert.buttons };
                self.send(Alert { urgent: alert.urgent && !asked, buttons, ..alert });
            }
        }
        Ok(self.collect(Duration::ZERO)?)
    }

    fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
        Ok(self.collect(Duration::ZERO)?)
    }

    fn again(&mut self, times: u32, session: &Session) {
        let words = wording::again(session, REMIND * times);
        self.send(Alert::new(&self.prefix, &words, None, Buttons::Done));
    }

    fn lost(&mut self, what: Loss, session: &Session) -> Result<(), Trouble> {
        if what == Loss::Terminal {
            self.left = self.left.without_terminal();
        }
        // The alarm of a step that is over stays.
        if matches!(what, Loss::Time(_)) && session.is_held() {
            return Ok(());
        }
        // A process that ends or is stopped obeys no button.
        let buttons = if matches!(what, Loss::Terminal | Loss::Time(_)) { Buttons::All } else { Buttons::None };
        self.send(Alert::new(&self.prefix, &wording::lost(what, session), None, buttons));
        Ok(self.collect(if what == Loss::Alarms { STOP } else { Duration::ZERO })?)
    }
}

/// Which buttons a notification has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buttons {
    /// It only tells.
    None,
    /// Only the answer to an alarm.
    Done,
    /// Those of a session that runs.
    All,
}

/// The keys and labels of the buttons, and their inputs.
const BUTTONS: [(&str, &str, Input); 3] =
    [("0", "Pause / go on", Input::Toggle), ("1", "A minute more", MINUTE_MORE), ("2", "Done", Input::Confirm)];

/// The buttons of a notification. The last one is the answer to an alarm.
fn offered(buttons: Buttons) -> impl Iterator<Item = &'static (&'static str, &'static str, Input)> {
    let first = match buttons {
        Buttons::All => 0,
        Buttons::Done => BUTTONS.len() - 1,
        Buttons::None => BUTTONS.len(),
    };
    BUTTONS[first..].iter()
}

/// What a press of a button asks for. Any program on the bus can send the signal of a press, so it counts only from the
/// service that shows the notification, for this notification and for a button that it has. `shown`: that service, the
/// number of the notification, and its buttons; `press`: who sent it, for which notification, and the key of the button.
pub fn pressed(shown: (&str, u32, Buttons), press: (&str, u32, &str)) -> Option<Input> {
    let button = offered(shown.2).find(|(key, ..)| *key == press.2);
    button.filter(|_| (press.0, press.1) == (shown.0, shown.1)).map(|(.., input)| *input)
}

/// The last alarm gets the rest of `PATIENCE` to arrive.
impl Drop for Notifications {
    fn drop(&mut self) {
        let _ = self.answers(if self.is_missing { Duration::ZERO } else { PATIENCE });
    }
}

impl Alert {
    /// The alert for an event; `None` for an event that needs none.
    pub fn of(event: &Event, session: &Session, prefix: &str) -> Option<Alert> {
        let note = match event.kind {
            // The alarm stays: nothing has changed.
            EventKind::Extended { by, .. } if by.is_zero() && session.is_held() => return None,
            EventKind::StepBegan { .. } => session.plan().segments()[event.step].step.note.as_deref(),
            EventKind::Halfway
            | EventKind::StepSoon
            | EventKind::Skipped { by_rule: Some(_) }
            | EventKind::Overran { .. }
            | EventKind::Leapt { .. }
            | EventKind::Paused
            | EventKind::Resumed
            | EventKind::Extended { .. }
            | EventKind::Finished { .. } => None,
            // After a leap of the time of day, the step goes on.
            EventKind::Confirmed if event.elapsed < session.plan().segments()[event.step].end() => None,
            // The next event of the same moment says what it led to.
            EventKind::Started | EventKind::Skipped { by_rule: None } | EventKind::Confirmed => return None,
        };
        let buttons = if matches!(event.kind, EventKind::Finished { .. }) { Buttons::Done } else { Buttons::All };
        Some(Alert::new(prefix, &wording::of(event, session, false), note, buttons))
    }

    fn new(prefix: &str, words: &Words, note: Option<&str>, buttons: Buttons) -> Alert {
        let body = iter::once(words.advice.as_str()).chain(note).collect::<Vec<_>>().join("\n");
        Alert { title: format!("{prefix}: {}", words.headline), body, urgent: words.urgent, buttons }
    }
}

/// The notification service that showed a notification and closed it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The name that it gives itself; `None` where it gives none.
    pub name: Option<String>,
    /// Whether it says that it plays sounds.
    pub plays_sounds: bool,
}

/// Shows an urgent notification and closes it again.
///
/// # Errors
/// When there is no service, or when it refuses or does not answer.
pub fn try_out(title: &str, body: &str) -> Result<Service, String> {
    let (title, body) = (title.to_owned(), body.to_owned());
    let alert = Alert { title, body, urgent: true, buttons: Buttons::None };
    let (outbox, answer) = mpsc::channel();
    let ask = move || drop(outbox.send(Shown::default().try_out(&alert).map_err(|error| error.to_string())));
    thread::Builder::new().name("notifications".to_owned()).spawn(ask).map_err(|error| error.to_string())?;
    answer.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(NO_ANSWER.to_owned()))
}

/// The alerts that are still worth showing: the last urgent one, and the newest.
fn news(alerts: &[Alert]) -> [Option<usize>; 2] {
    [alerts.iter().rposition(|alert| alert.urgent), alerts.len().checked_sub(1)]
}

/// The thread. It shows one notification and replaces it. Alerts that were delayed by the service are shown
/// only if they are [`news`].
fn deliver(
    waiting: &Receiver<Message>,
    wake: &Sender<Message>,
    outbox: &Sender<Answer>,
    inbox: &inbox::Sender,
    desk: &Desk,
) {
    let mut shown = Shown::default();
    let _ = outbox.send(shown.connect().map(|()| true).map_err(cause));
    desk.plays(shown.plays_sounds());
    while let Some(first) = shown.next(waiting, wake, inbox) {
        let alerts: Vec<Alert> = iter::once(first).chain(waiting.try_iter().flatten()).collect();
        let news = news(&alerts);
        for (index, alert) in alerts.iter().enumerate() {
            let is_news = news.contains(&Some(index));
            let answer = if is_news { shown.show(alert) } else { Ok(()) };
            if is_news {
                // An alert that was not shown was not heard either.
                desk.plays(answer.is_ok() && shown.plays_sounds());
            }
            let _ = outbox.send(answer.map(|()| is_news).map_err(cause));
        }
    }
}

/// Why an alert could not be shown, in a line. The text may quote what answered in place of a bus.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn cause(error: anyhow::Error) -> String {
    printable(without_codes(&error.to_string()).trim()).into_owned()
}

#[cfg(feature = "notify")]
mod request;

#[cfg(not(feature = "notify"))]
mod none;
#[cfg(not(feature = "notify"))]
use none::Shown;

#[cfg(all(feature = "notify", unix, not(target_os = "macos")))]
mod bus;
#[cfg(all(feature = "notify", unix, not(target_os = "macos")))]
use bus::Shown;

#[cfg(all(feature = "notify", target_os = "macos"))]
mod mac;
#[cfg(all(feature = "notify", target_os = "macos"))]
use mac::Shown;

#[cfg(all(feature = "notify", windows))]
mod toast;
#[cfg(all(feature = "notify", windows))]
use toast::Shown;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_delayed_alerts_the_last_urgent_one_and_the_newest_are_shown() {
        let alerts = |urgent: &[bool]| -> Vec<Alert> {
            let (title, body, buttons) = (String::new(), String::new(), Buttons::None);
            let alert = |&urgent| Alert { title: title.clone(), body: body.clone(), urgent, buttons };
            urgent.iter().map(alert).collect()
        };
        assert_eq!(news(&alerts(&[false])), [None, Some(0)]);
        assert_eq!(news(&alerts(&[false, false])), [None, Some(1)]);
        assert_eq!(news(&alerts(&[true, true, false, false])), [Some(1), Some(3)]);
        assert_eq!(news(&alerts(&[false, true])), [Some(1), Some(1)]);
    }
}
