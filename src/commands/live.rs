//! A session in real time, for `run` and `resume`: the person, the clock, and the observers in their order.
//! It must not know how a session is admitted.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use console::Term;
use jiff::Timestamp;

use super::meanwhile::{Objection, cold_again, objection};
use super::printing::fitted;
use super::rungs::{self, Rungs};
use super::settings::Settings;
use super::times::{Label, later, possible, possible_briefly, stamp, stamp_at, time_of_day, wall_at};
use super::{Exit, Failure, can_ask, say};
use crate::cli::Progress;
use crate::domain::rules::CLOCK_BEHIND;
use crate::domain::session::{Event, Input, Moment, Session};
use crate::domain::site::Site;
use crate::edge::clock;
use crate::edge::inbox::{Inbox, Message};
use crate::edge::journal::{Journal, Lock};
use crate::edge::keys::Keys;
use crate::edge::lines::{Json, Plain};
use crate::edge::recorder::{Busy, Recorder, Requests, Writer};
use crate::edge::screen::Screen;
use crate::edge::terminal::{self, Aside, Output};
use crate::edge::window::{Known, Window};
use crate::runner::{self, FRAME, Loss, Observer, Trouble, World};
use crate::text::advice::CUT_OFF;
use crate::text::printable::printable;
use crate::text::waiting;
use crate::text::wording::{self, sentences};

/// What surrounds a session.
pub(super) struct Live {
    keys: Keys,
    inbox: Inbox,
    is_for_people: bool,
    /// What shows it does not say when cold may be used again.
    says_next: bool,
    /// How many times faster than real it is rehearsed.
    speed: Option<f64>,
    /// What `config.toml` adds to a later session.
    changeover: Option<Duration>,
    /// The folder of the journal.
    data: PathBuf,
    pub(super) rungs: Rungs,
    shown: Vec<Box<dyn Observer>>,
    writer: Writer,
    /// Where it is recorded, and where other shells ask for something.
    pub(super) recorder: Option<(Recorder, Requests)>,
    /// The rules that the person overrides, separated by blanks.
    overrides: String,
    /// Held until the session ends.
    pub(super) lock: Option<Lock>,
}

/// Listens to keys and signals, before anything is recorded: no signal may end the process in between.
pub(super) fn listen() -> Result<(Keys, Inbox), Failure> {
    let inbox = Inbox::default();
    let keys = Keys::take(io::stdin().is_terminal(), inbox.sender()).context("could not listen to signals")?;
    Ok((keys, inbox))
}

/// Waits for a message, at most this long. The process is suspended here if the person asks for that; `leave` frees the
/// terminal before.
pub(super) fn heard(keys: &Keys, inbox: &Inbox, most: Duration, leave: impl FnOnce()) -> Message {
    keys.retake();
    let message = inbox.wait(clock::wait_for(most));
    if message == Message::WakeUp && keys.wants_to_suspend() {
        leave();
        say(waiting::SUSPENDED);
        keys.suspend();
    }
    message
}

/// Waits until the person presses Enter, for as long as it takes.
///
/// # Errors
/// The exit code when the person leaves or the system ends the wait. Nothing has started.
pub(super) fn wait_for_enter((keys, inbox): &(Keys, Inbox)) -> Result<(), Exit> {
    loop {
        match heard(keys, inbox, FRAME, || {}) {
            Message::Said(Input::Confirm) => return Ok(()),
            Message::Said(Input::Stop | Input::Leave) | Message::Lost(Loss::Terminal) => return Err(Exit::Stopped),
            Message::Lost(Loss::Process) => return Err(Exit::Terminated),
            // A terminal can go away without a signal.
            Message::WakeUp if !can_ask() => return Err(Exit::Stopped),
            _ => {}
        }
    }
}

impl Live {
    /// Starts every thread, because a session that is recorded must also run. `waits`: every change waits for the
    /// person, because of these options.
    pub(super) fn new(
        (keys, inbox): (Keys, Inbox),
        (name, site): (&str, Option<Site>),
        settings: &Settings,
        (speed, waits): (Option<f64>, Option<&[String]>),
    ) -> Result<Live, Failure> {
        const NO_THREAD: &str = "could not start a thread";
        let writer = Writer::start().context(NO_THREAD)?;
        let (begin, wall) = (clock::now(), clock::wall());
        let label = || -> Label {
            match speed {
                Some(_) => Box::new(move |at| later(wall, at.since(begin))),
                None => Box::new(wall_at),
            }
        };
        let title = settings.titled(name, site);
        let (aside, continued) = (Aside::default(), keys.was_continued());
        let shown = shown(settings, label(), (&title, speed), (continued, aside.clone())).context(NO_THREAD)?;
        let aside = (settings.progress == Progress::Bar).then_some(aside);
        let rungs = Rungs::start((name, &title, aside), settings, (speed, waits), label(), &inbox.sender())?;
        let says_next = settings.progress == Progress::Plain;
        let is_for_people = settings.is_for_people();
        let (changeover, recorder, overrides, lock) = (settings.changeover, None, String::new(), None);
        Ok(Live {
            keys,
            inbox,
            is_for_people,
            says_next,
            speed,
            changeover,
            data: settings.data.clone(),
            rungs,
            shown,
            writer,
            recorder,
            overrides,
            lock,
        })
    }

    /// Records the session under this number, if it has one.
    pub(super) fn record(&mut self, journal: Journal, id: Option<i64>, overrides: String) {
        self.overrides = overrides;
        self.recorder = id.map(|id| Recorder::new(&self.writer, journal, id, Box::new(stamp_at)));
    }

    /// Runs a session to its end; `start` starts its clock. Returns how it ended, and the last words.
    pub(super) fn go(self, start: impl FnOnce(Moment) -> (Session, Vec<Event>)) -> (Exit, Vec<String>) {
        let Live { keys, inbox, speed, changeover, mut rungs, mut shown, recorder, overrides, lock, .. } = self;
        let (mut recorder, requests) = recorder.unzip();
        let (begin, wall) = (clock::now(), clock::wall());
        let mut end = End { leave: keys.end(), may_go_on: speed.is_none() && rungs.may_go_on() };
        let (read, lost, asked) = ((begin, wall), None, false);
        let mut world = Real {
            keys,
            inbox,
            requests,
            overrides,
            objection: None,
            start: begin,
            speed,
            lost,
            asked,
            suspends: false,
            read,
        };
        let (session, events) = start(begin);
        // The alarms first: they only hand over, and matter most. Then the record, so that nothing is shown that
        // could be lost.
        let mut observers: Vec<&mut dyn Observer> = Vec::new();
        observers.extend(rungs.observers());
        observers.extend(recorder.as_mut().map(|recorder| recorder as &mut dyn Observer));
        observers.push(&mut end);
        observers.extend(shown.iter_mut().map(|shown| shown.as_mut() as &mut dyn Observer));
        let runner::Report { session, outcome, by_person } =
            runner::resume(session, events, &mut world, &mut observers);
        // First the last frame, then the journal. The terminal's keys answer the alarm that goes on.
        drop(shown);
        let Real { keys, inbox, requests, .. } = world;
        let is_recorded = recorder.is_some();
        let unrecorded = recorder.and_then(|recorder| recorder.finish(requests).err());
        let mut words: Vec<_> = unrecorded.map(|error| format!("warning: {error:#}")).into_iter().collect();
        drop(lock);
        if outcome.is_some() && speed.is_none() && rungs::goes_on(&session, by_person) {
            rungs.go_on(&session, &inbox, self.is_for_people && io::stdin().is_terminal());
        }
        drop(keys);
        // Some may be slow: last.
        words.extend(rungs.finish().into_iter().map(|why| format!("warning: {why}")));
        // From here on a signal ends the process: everything is shown and recorded.
        drop(inbox);
        let Some(outcome) = outcome else {
            words.push(sentences([&*wording::lost(Loss::Process, &session).headline]));
            words.extend(is_recorded.then(|| format!("  {CUT_OFF}")));
            return (Exit::Terminated, words);
        };
        if self.says_next && speed.is_none() {
            words.extend(cold_again(&session, changeover, &self.data, possible));
        }
        (outcome.into(), words)
    }
}

/// The observers that show the session.
fn shown(
    settings: &Settings,
    label: Label,
    (name, speed): (&str, Option<f64>),
    (was_continued, aside): (impl Fn() -> bool + 'static, Aside),
) -> io::Result<Vec<Box<dyn Observer>>> {
    let changeover = settings.changeover;
    Ok(match settings.progress {
        Progress::Bar => {
            let title = speed.map(|speed| format!("REHEARSAL × {speed} · ")).unwrap_or_default() + name;
            let terminal = Term::stderr();
            let look = move || (terminal.size(), was_continued());
            let (look, wall) = (Box::new(look), Box::new(time_of_day(label)));
            let window = Window::new(&title, Known::by_environment());
            let screen = Screen::new(terminal::stream()?, look, wall, io::stdin().is_terminal(), title);
            let screen = screen.with_window(window, aside);
            let screen = if terminal::shows_unicode() { screen } else { screen.in_ascii() };
            let data = settings.data.clone();
            let last_words = move |session: &Session| {
                if speed.is_some() {
                    return None;
                }
                cold_again(session, changeover, &data, possible_briefly)
            };
            vec![Box::new(screen.with_last_words(Box::new(last_words)))]
        }
        Progress::Json => {
            vec![Box::new(Json::new(Box::new(Output::new(io::stdout())?), label)), Box::new(Silent::new()?)]
        }
        Progress::Quiet => vec![Box::new(Silent::new()?)],
        Progress::Plain | Progress::Auto => {
            let (output, wall) = (Box::new(Output::new(io::stderr())?), Box::new(time_of_day(label)));
            let mark = if speed.is_some() { "REHEARSAL " } else { "" };
            let keys = io::stdin().is_terminal();
            let (terminal, rings) = (Term::stderr(), io::stderr().is_terminal());
            let plain = Plain::new(output, wall, (rings, keys), name, mark);
            // Its size is 80 columns where there is no terminal.
            vec![Box::new(plain.with_columns(Box::new(move || terminal.size().1.into())))]
        }
    })
}

/// How soon requests are read again after the journal was busy.
const SOON: Duration = Duration::from_millis(50);

/// The person, other shells, the clock that counts in suspend, and the speed of a rehearsal.
struct Real {
    keys: Keys,
    inbox: Inbox,
    /// `None` when nothing is recorded: other shells cannot find the session then.
    requests: Option<Requests>,
    overrides: String,
    /// What was last known to refuse a pack.
    objection: Option<String>,
    start: Moment,
    speed: Option<f64>,
    lost: Option<Loss>,
    /// The person asked how much time is left.
    asked: bool,
    /// Everybody knows that the process is to be stopped.
    suspends: bool,
    /// When the clock and the time of day were read last.
    read: (Moment, Timestamp),
}

impl Real {
    /// How far the time of day leapt ahead of the clock since the last call, beyond what clocks differ. A rehearsal
    /// has no pack on.
    fn leap(&mut self) -> Option<Duration> {
        let (now, wall) = (clock::now(), clock::wall());
        let (then, earlier) = std::mem::replace(&mut self.read, (now, wall));
        let passed = Duration::try_from(wall.duration_since(earlier)).unwrap_or_default();
        passed.checked_sub(now.since(then)).filter(|leap| *leap > CLOCK_BEHIND && self.speed.is_none())
    }
}

impl World for Real {
    fn now(&self) -> Moment {
        let now = clock::now();
        self.speed.map_or(now, |speed| self.start + now.since(self.start).mul_f64(speed))
    }

    fn wait(&mut self, deadline: Moment) -> Option<Input> {
        if std::mem::take(&mut self.suspends) {
            let since = clock::now();
            self.keys.suspend();
            self.lost = Some(Loss::Time(clock::now().since(since)));
            return None;
        }
        if let Some(by) = self.leap() {
            return Some(Input::Leap(by));
        }
        let most = match self.requests.as_mut().map(Requests::take) {
            Some(Ok(Some(input))) => return Some(input),
            Some(Err(Busy)) => SOON,
            Some(Ok(None)) | None => Duration::MAX,
        };
        self.keys.retake();
        let left = deadline.since(self.now());
        let left = clock::wait_for(self.speed.map_or(left, |speed| left.div_f64(speed)));
        match self.inbox.wait(left.min(most)) {
            Message::Said(input) => return Some(input),
            Message::Lost(loss) => self.lost = Some(loss),
            Message::AskedTime => self.asked = true,
            Message::WakeUp => {}
        }
        None
    }

    fn lost(&mut self) -> Option<Loss> {
        let lost = self.lost.take().or_else(|| self.keys.wants_to_suspend().then_some(Loss::Alarms));
        self.suspends = lost == Some(Loss::Alarms);
        lost
    }

    fn asked_time(&mut self) -> bool {
        std::mem::take(&mut self.asked)
    }

    /// What became known in another shell binds keys and buttons too. While the journal cannot be read, what was known.
    fn objects(&mut self, input: Input, session: &Session) -> Option<String> {
        let requests = self.requests.as_mut()?;
        let found = requests.ask(|journal| objection(journal, session, Some(input), &self.overrides, &stamp()));
        let why = match found {
            Ok(objection) => {
                let answer = objection.as_ref().map(Objection::answer);
                self.objection = answer.clone().filter(|_| !objection.is_some_and(|objection| objection.only_longer));
                answer?
            }
            Err(_) => self.objection.clone()?,
        };
        requests.answer(|| why.clone());
        Some(why)
    }

    fn answered(&mut self, events: &[Event], session: &Session) {
        let Some(requests) = &mut self.requests else { return };
        requests.answer(|| wording::answer(events, session));
    }
}

/// Leaves the keys to the shell before the end is shown, because a person who reads it types for the shell. Not while
/// they answer an alarm that goes on.
struct End<F: Fn()> {
    leave: F,
    may_go_on: bool,
}

impl<F: Fn()> Observer for End<F> {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        let by_person = events.iter().any(|event| event.kind.input().is_some());
        if session.outcome().is_some() && !(self.may_go_on && rungs::goes_on(session, by_person)) {
            (self.leave)();
        }
        Ok(())
    }
}

/// Shows only trouble: for `--progress quiet`, and beside JSON, whose stream has nothing but events.
pub(super) struct Silent(Output);

impl Silent {
    /// On standard error.
    pub(super) fn new() -> io::Result<Silent> {
        Ok(Silent(Output::new(io::stderr())?))
    }

    fn say(&mut self, text: String) {
        let _ = self.0.write_all(fitted(text + "\n", &Term::stderr()).as_bytes());
    }
}

impl Observer for Silent {
    fn observe(&mut self, _: &[Event], _: &Session) -> Result<(), Trouble> {
        Ok(())
    }

    fn lost(&mut self, what: Loss, session: &Session) -> Result<(), Trouble> {
        // Before its end the program itself prints what it means to be cut off.
        if what != Loss::Process {
            let words = wording::lost(what, session);
            self.say(sentences([&*words.headline, &words.advice]));
            // The process may be stopped next.
            let _ = self.0.flush();
        }
        Ok(())
    }

    fn trouble(&mut self, what: &str) {
        self.say(format!("warning: {}", printable(what)));
    }
}
