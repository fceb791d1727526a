//! A wait for the time at which a session may start, for `next --wait` and `run --when-allowed`: a countdown, and then
//! every way to reach the person until they answer. No lock is held, so that other shells may run sessions meanwhile. It
//! must not know how a session is run.

use std::time::Duration;

use console::Term;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::admission::Wanted;
use super::chosen::Chosen;
use super::folders::Folders;
use super::live::{heard, listen};
use super::plan::{self, Now};
use super::printing::for_this_person;
use super::rungs::Rungs;
use super::settings::{self, Settings};
use super::times::{known_zone, later, local, wall_at};
use super::{Exit, Failure, can_ask, last_words, say};
use crate::cli::{Progress, RunArgs, Which};
use crate::domain::moment::Moment;
use crate::domain::protocol::Protocol;
use crate::domain::rules::RuleId;
use crate::domain::schedule::Awake;
use crate::domain::session::Input;
use crate::domain::site::Site;
use crate::domain::step::StepKind;
use crate::domain::waiting::{Calls, Known, Turn, Why};
use crate::edge::clock;
use crate::edge::countdown::Countdown;
use crate::edge::inbox::{Inbox, Message};
use crate::edge::keys::Keys;
use crate::edge::terminal::Aside;
use crate::runner::Loss;
use crate::text::alarm::PRESS_A_KEY;
use crate::text::hours::Hours;
use crate::text::times::next_minute;
use crate::text::waiting;

/// Said when a person leaves before the start.
pub(super) const NOT_STARTED: &str = "No session was started.";

/// How many days of waking hours are looked at: no rule asks for a longer wait.
const DAYS: u32 = 9;

/// What happens when the time has come, the first time and each time after it was put off.
pub(super) type Come<'a> = &'a mut dyn FnMut(&Wanted, &Protocol) -> Result<(), Failure>;

/// A wait.
pub(super) struct Wait<'a> {
    folders: &'a Folders,
    which: &'a Which,
    overrides: &'a [RuleId],
    wanted: Wanted,
    /// The waking hours, and those at weekends.
    hours: [Hours; 2],
    zone: TimeZone,
    keys: Keys,
    inbox: Inbox,
    was_continued: Box<dyn Fn() -> bool>,
    pub(super) rungs: Rungs,
    /// Enter starts a session. Otherwise a command does, and any answer ends the wait.
    starts: bool,
    place: Place,
    shows: Shows,
    /// When the record was read last, and what that led to.
    read: Moment,
    turn: Turn,
    /// The time that is shown, and the earlier one at which it is possible.
    shown: (String, Option<String>),
    /// The calls, since the time has come.
    calls: Option<Calls>,
    has_called: bool,
    is_answered: bool,
    /// What was said of the notifications.
    trouble: Option<String>,
}

/// Where it waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On a terminal: somebody can read, and press keys.
    Terminal,
    /// Elsewhere.
    Elsewhere,
    /// On a terminal that is gone.
    Gone,
}

/// How it shows the time that is left.
enum Shows {
    /// In rows that change.
    Rows(Countdown),
    /// In a line, once.
    Line,
    /// No more.
    Nothing,
}

/// How a wait ends.
pub(super) enum End {
    /// The person answered, or needs no answer.
    Answered,
    /// They left, or the system ended it.
    Left(Exit),
}

/// What is ready to start: the protocol that was waited for, and who listens to keys.
type Ready = (Wanted, (Keys, Inbox));

/// Waits until what `run` names may start, calls the person, and waits for Enter. Otherwise returns how the command ends.
pub(super) fn until_allowed(
    folders: &Folders,
    args: &RunArgs,
    settings: &Settings,
    come: Come<'_>,
) -> Result<Result<Ready, Exit>, Failure> {
    let mut wanted = Wanted::by(folders, args)?;
    if is_refused(&wanted, &args.overrides) {
        wanted.chosen.review(&args.overrides)?;
    }
    wanted.ask(folders, &args.which)?;
    let mut wait = Wait::new(folders, (&args.which, &args.overrides, args.waits.awake), settings, wanted, true)?;
    match wait.go(come) {
        Ok(End::Answered) => Ok(Ok((wait.wanted, (wait.keys, wait.inbox)))),
        Ok(End::Left(exit)) => {
            say(NOT_STARTED);
            Ok(Err(exit))
        }
        Err(failure) => {
            wait.rungs.finish();
            Err(failure)
        }
    }
}

/// Whether no waiting helps.
fn is_refused(wanted: &Wanted, overrides: &[RuleId]) -> bool {
    let Chosen { draft, choice, .. } = &wanted.chosen;
    !draft.choice_errors(*choice).is_empty() || wanted.start(overrides).0.possible.is_none()
}

/// What the person is called for: its name, its site and its first step.
pub(super) fn called(wanted: &Wanted) -> (&str, Site, StepKind) {
    let Chosen { draft, choice, context, .. } = &wanted.chosen;
    let first = draft.expand(*choice).first().map_or(StepKind::Rest, |step| step.kind);
    (&draft.name, context.site, first)
}

/// The same for the alarms.
fn whom(wanted: &Wanted) -> (&str, Site, Option<StepKind>) {
    let (name, site, first) = called(wanted);
    (name, site, Some(first))
}

/// What starts it.
pub(super) fn command(wanted: &Wanted, which: &Which) -> String {
    let site = wanted.chosen.context.site;
    let is_said = which.site.is_some() || site != Site::default();
    let site = if is_said { format!(" --site {site}") } else { String::new() };
    for_this_person(format!("therapy run {}{site}", wanted.chosen.entry.word()))
}

impl<'a> Wait<'a> {
    /// Gets ready to wait for this. `starts`: Enter starts a session.
    pub(super) fn new(
        folders: &'a Folders,
        (which, overrides, awake): (&'a Which, &'a [RuleId], Option<Hours>),
        settings: &Settings,
        wanted: Wanted,
        starts: bool,
    ) -> Result<Wait<'a>, Failure> {
        let file = settings::read(folders)?;
        let hours = plan::hours(awake, None, &file);
        let zone = known_zone()?;
        let (keys, inbox) = listen()?;
        let has_screen = settings.progress == Progress::Bar;
        let title = settings.titled("therapy", Some(wanted.chosen.context.site));
        let aside = has_screen.then(Aside::default);
        let rungs = Rungs::start(
            (&wanted.chosen.draft.name, &title, aside),
            settings,
            (None, None),
            Box::new(wall_at),
            &inbox.sender(),
        )?;
        let place = if can_ask() { Place::Terminal } else { Place::Elsewhere };
        let rows = (has_screen && place == Place::Terminal).then(Countdown::new).transpose()?;
        let (read, turn) = (wanted.memory.context.now, Turn::Never);
        Ok(Wait {
            folders,
            which,
            overrides,
            wanted,
            hours,
            zone,
            was_continued: Box::new(keys.was_continued()),
            keys,
            inbox,
            rungs,
            starts,
            place,
            shows: rows.map_or(Shows::Line, Shows::Rows),
            read,
            turn,
            shown: Default::default(),
            calls: None,
            has_called: false,
            is_answered: false,
            trouble: None,
        })
    }

    /// Waits until the person has answered, or leaves. When it ends by itself before the time has come, it calls them too.
    pub(super) fn go(&mut self, come: Come<'_>) -> Result<End, Failure> {
        self.look()?;
        // Who typed the command just now needs no call.
        self.is_answered = self.place == Place::Terminal && self.turn == Turn::Now;
        let end = self.wait(come);
        self.leave();
        match &end {
            Err(failure) => {
                let words = waiting::ended(&failure.error.to_string());
                self.rungs.call(whom(&self.wanted), &words, (false, true));
            }
            Ok(_) if self.has_called && self.is_answered => self.rungs.answered(&waiting::answered()),
            Ok(_) => {}
        }
        end
    }

    fn wait(&mut self, come: Come<'_>) -> Result<End, Failure> {
        loop {
            let now = clock::now();
            let others_wrote = (self.was_continued)();
            let is_outdated = others_wrote || self.turn.is_outdated(self.read, now);
            if is_outdated || self.wanted.memory.has_changed(self.folders) {
                self.look()?;
            }
            if self.turn == Turn::Now {
                self.call(now, &mut *come)?;
                if self.is_over() {
                    return Ok(End::Answered);
                }
            } else {
                if self.calls.take().is_some() && self.has_called {
                    self.rungs.answered(&waiting::put_off());
                }
                self.show(now, others_wrote);
            }
            if let Some(end) = self.hear(self.turn.pause(now)) {
                return Ok(end);
            }
        }
    }

    /// Reads again what is known, and decides.
    fn look(&mut self) -> Result<(), Failure> {
        self.wanted.look(self.folders, self.which)?;
        if is_refused(&self.wanted, self.overrides) {
            self.leave();
            self.wanted.chosen.review(self.overrides)?;
        }
        let context = &self.wanted.memory.context;
        self.read = context.now;
        let wall = clock::wall();
        let [usual, weekend] = self.hours;
        let days = Now { wall, moment: self.read, zone: self.zone.clone() }.waking(usual, weekend, DAYS);
        let awake: Vec<Awake> = days.into_iter().map(|(_, awake)| awake).collect();
        let (start, at) = self.wanted.start(self.overrides);
        self.turn = Known { start: &start, at, is_running: context.running, awake: &awake }.turn();
        if let Turn::Later { at: due, .. } = self.turn {
            let time = |at: Moment| from(later(wall, at.since(self.read)));
            let possible = start.possible.map(|wait| at + wait).filter(|possible| *possible < due);
            let possible =
                possible.map(|at| if at <= self.read { "now".to_owned() } else { format!("from {}", time(at)) });
            self.shown = (time(due), possible);
            self.is_answered = false;
        }
        Ok(())
    }

    /// Shows the time that is left: on a screen again and again, elsewhere once.
    fn show(&mut self, now: Moment, others_wrote: bool) {
        let Turn::Later { at, why } = self.turn else { return };
        let (from, possible) = &self.shown;
        let possible = possible.as_deref().filter(|_| why != Why::Running);
        let text = waiting::coming(&self.wanted.chosen.draft.name, from, at.since(now), why, possible);
        let text = if self.place == Place::Terminal { format!("{text} {}", waiting::LEAVE) } else { text };
        match &self.shows {
            Shows::Rows(rows) => rows.show(&text, Term::stderr().size(), others_wrote),
            Shows::Line => {
                say(&text);
                self.shows = Shows::Nothing;
            }
            Shows::Nothing => {}
        }
    }

    /// Calls the person when that is due. The alarms first: they only hand over.
    fn call(&mut self, now: Moment, come: Come<'_>) -> Result<(), Failure> {
        let is_first = self.calls.is_none();
        let mut calls = self.calls.unwrap_or_else(|| Calls::new(now));
        let is_due = calls.is_due(now) && !self.is_answered;
        self.calls = Some(calls);
        if is_first {
            self.leave();
        }
        let mut trouble = None;
        if is_due {
            let command = (!self.starts).then(|| command(&self.wanted, self.which));
            let (name, _, first) = called(&self.wanted);
            let words = waiting::call(name, first, command.as_deref());
            let has_button = !self.starts;
            trouble = self.rungs.call(whom(&self.wanted), &words, (has_button, !is_first));
            self.has_called = true;
        }
        if is_first {
            let protocol = self.wanted.chosen.review(self.overrides)?;
            let told = come(&self.wanted, &protocol);
            // Nobody reads it where the terminal is gone.
            told.or_else(|failure| if self.place == Place::Gone { Ok(()) } else { Err(failure) })?;
            if self.place == Place::Terminal && !self.starts && !self.is_answered {
                say(PRESS_A_KEY);
            }
        }
        if let Some(why) = trouble.filter(|why| self.trouble.as_ref() != Some(why)) {
            last_words(&[format!("warning: {why}")]);
            self.trouble = Some(why);
        }
        Ok(())
    }

    /// Whether no more answer is waited for.
    fn is_over(&self) -> bool {
        let are_over = self.calls.is_some_and(Calls::are_over);
        !self.starts && (self.place != Place::Terminal || self.is_answered || are_over)
    }

    /// Waits for a message, at most this long.
    fn hear(&mut self, most: Duration) -> Option<End> {
        let has_come = self.turn == Turn::Now;
        let shows = &self.shows;
        match heard(&self.keys, &self.inbox, most, || shows.leave()) {
            Message::Said(Input::Confirm) if has_come => {
                self.is_answered = true;
                return Some(End::Answered);
            }
            Message::Said(Input::Stop | Input::Leave) if !has_come || self.starts => {
                self.is_answered = true;
                return Some(End::Left(Exit::Stopped));
            }
            Message::Said(_) | Message::AskedTime => self.is_answered |= has_come,
            Message::Lost(Loss::Process) => return Some(End::Left(Exit::Terminated)),
            Message::Lost(Loss::Terminal) => return self.lose_terminal(),
            // A terminal can go away without a signal.
            Message::WakeUp if self.place == Place::Terminal && !can_ask() => return self.lose_terminal(),
            Message::WakeUp | Message::Lost(_) => {}
        }
        None
    }

    /// Nobody can press Enter any more. Who only wants to be called can still be reached.
    fn lose_terminal(&mut self) -> Option<End> {
        (self.place, self.shows) = (Place::Gone, Shows::Nothing);
        self.starts.then_some(End::Left(Exit::Stopped))
    }

    fn leave(&self) {
        self.shows.leave();
    }
}

impl Shows {
    /// Removes the countdown.
    fn leave(&self) {
        if let Shows::Rows(rows) = self {
            rows.leave();
        }
    }
}

/// A time that is never too early. A whole minute, such as the start of the waking hours, is shown as it is.
fn from(at: Timestamp) -> String {
    const HALF: Duration = Duration::from_millis(500);
    let nearest = later(at, HALF);
    let is_whole = nearest.as_second() % 60 == 0;
    local(if is_whole { nearest } else { next_minute(at) })
}
