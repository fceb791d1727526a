//! A session in real time: the person, the clock, and everybody who hears it. `run` and `resume`
//! meet here.

use std::io::{self, Write as _};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{is_terminal, terminal_size};
use crate::cli::Progress;
use crate::domain::rules::COLD_SPACING;
use crate::domain::session::{Event, Input, Moment, Outcome, Session};
use crate::domain::step::Modality;
use crate::edge::bell::Bell;
use crate::edge::clock;
use crate::edge::inbox::Inbox;
use crate::edge::journal::Stamp;
use crate::edge::keys::Keys;
use crate::edge::lines::{Json, Plain};
use crate::edge::recorder::{Recorder, Requests};
use crate::edge::screen::Screen;
use crate::edge::terminal::{self, Output};
use crate::runner::{self, Observer, Trouble, World};
use crate::text::times::{self, day_and_time};
use crate::text::wording;

/// What surrounds a session.
pub(super) struct Live {
    /// Keys and signals, taken over already.
    pub(super) keys: Keys,
    /// Where they arrive.
    pub(super) inbox: Inbox,
    /// How it is shown; never `auto`.
    pub(super) progress: Progress,
    /// Whether there are desktop notifications.
    pub(super) notify: bool,
    /// How many times faster than real it is rehearsed.
    pub(super) speed: Option<f64>,
    /// Where it is recorded, and where other shells ask for something.
    pub(super) recorder: Option<(Recorder, Requests)>,
}

/// Whether somebody can press keys.
pub(super) fn listens() -> bool {
    is_terminal(&io::stdin())
}

/// Goes through a session and tells how it ended, and what is to be said of it; `start` starts its clock.
pub(super) fn go(
    live: Live,
    name: &str,
    start: impl FnOnce(Moment) -> (Session, Vec<Event>),
) -> (Outcome, Vec<String>) {
    let Live { keys, inbox, progress, notify, speed, recorder } = live;
    let (mut recorder, requests) = recorder.unzip();
    let begin = clock::now();
    let label: Label = if speed.is_some() {
        let wall = clock::wall();
        Box::new(move |at| label(wall, at.since(begin)))
    } else {
        Box::new(wall_at)
    };
    let mut voice = voice(progress, label, (name, speed), keys.was_continued());
    let mut aside = (progress == Progress::Json).then(Silent::new);
    let mut bell = notify.then(|| Bell::new(name, speed.is_some(), clock::unhurried, inbox.sender()));
    let mut world = Real { keys, inbox, requests, start: begin, speed };
    let (session, events) = start(begin);
    // The bell first: it only hands over, and the alarm matters most. Then the record, so that
    // nothing is shown that could be lost.
    let mut observers: Vec<&mut dyn Observer> = Vec::new();
    observers.extend(bell.as_mut().map(|bell| bell as &mut dyn Observer));
    observers.extend(recorder.as_mut().map(|recorder| recorder as &mut dyn Observer));
    observers.push(voice.as_mut());
    observers.extend(aside.as_mut().map(|aside| aside as &mut dyn Observer));
    let runner::Report { session, outcome } = runner::resume(session, events, &mut world, &mut observers);
    drop(voice); // its last words first,
    drop(world); // then the terminal's mode,
    let mut words = Vec::new();
    if let Some(Err(error)) = recorder.map(Recorder::finish) {
        words.push(format!("warning: {error:#}"));
    }
    drop(bell); // and the last alarm may take its time.
    if progress != Progress::Quiet && progress != Progress::Json && speed.is_none() {
        words.extend(farewell(&session));
    }
    (outcome, words)
}

/// The wall time of a moment.
type Label = Box<dyn Fn(Moment) -> Timestamp>;

fn voice(
    progress: Progress,
    label: Label,
    (name, speed): (&str, Option<f64>),
    returned: impl Fn() -> bool + 'static,
) -> Box<dyn Observer> {
    match progress {
        Progress::Bar => {
            let title = speed.map(|speed| format!("REHEARSAL × {speed} · ")).unwrap_or_default() + name;
            let look = move || (terminal_size().unwrap_or((24, 80)), returned());
            let wall = Box::new(time_of_day(label));
            Box::new(Screen::new(terminal::stream(), Box::new(look), wall, listens(), title))
        }
        Progress::Json => Box::new(Json::new(Box::new(Output::new(io::stdout())), label)),
        Progress::Quiet => Box::new(Silent::new()),
        Progress::Plain | Progress::Auto => {
            let terminal = is_terminal(&io::stderr());
            let mark = if speed.is_some() { "REHEARSAL " } else { "" };
            Box::new(Plain::new(
                Box::new(Output::new(io::stderr())),
                Box::new(time_of_day(label)),
                terminal,
                name,
                mark,
            ))
        }
    }
}

/// All clocks, for a moment near now.
pub(super) fn clocks(boot: String) -> impl Fn(Moment) -> Stamp {
    move |at| Stamp { wall_ms: wall_at(at).as_millisecond(), boot: boot.clone(), clock: at }
}

/// When cold is better again. Cold sessions are spaced from start to start (rule `cold-spacing`).
fn farewell(session: &Session) -> Option<String> {
    let wait = COLD_SPACING.saturating_sub(session.elapsed());
    let at = clock::wall() + SignedDuration::try_from(wait).unwrap_or_default();
    let cold = session.dose(Modality::Cold) > Duration::ZERO;
    cold.then(|| format!("Cold again: better from {}.", day_and_time(at, clock::wall(), &clock::zone())))
}

/// The person, other shells, the clock that counts in suspend, and how much faster than real it goes.
struct Real {
    keys: Keys,
    inbox: Inbox,
    /// `None` when nothing is recorded: no other shell finds the session then.
    requests: Option<Requests>,
    start: Moment,
    speed: Option<f64>,
}

impl World for Real {
    fn now(&self) -> Moment {
        let now = clock::now();
        self.speed.map_or(now, |speed| self.start + now.since(self.start).mul_f64(speed))
    }

    fn wait(&mut self, deadline: Moment) -> Option<Input> {
        if let Some(input) = self.requests.as_mut().and_then(Requests::take) {
            return Some(input);
        }
        self.keys.retake();
        let left = deadline.since(self.now());
        let said = self.inbox.wait(clock::wait_for(self.speed.map_or(left, |speed| left.div_f64(speed))));
        said.or_else(|| {
            let requests = self.requests.as_mut()?;
            requests.look();
            requests.take()
        })
    }

    fn answered(&mut self, events: &[Event], session: &Session) {
        let Some(requests) = &mut self.requests else { return };
        requests.answer(|| {
            let said: Vec<_> = events.iter().map(|event| wording::of(event, session, false).headline).collect();
            if said.is_empty() { "nothing to change".to_owned() } else { said.join("; ") }
        });
    }
}

/// Tells only trouble: for `--progress quiet`, and beside JSON, whose stream is the events' alone.
pub(super) struct Silent(Output);

impl Silent {
    /// On standard error.
    pub(super) fn new() -> Silent {
        Silent(Output::new(io::stderr()))
    }
}

impl Observer for Silent {
    fn observe(&mut self, _: &[Event], _: &Session) -> Result<(), Trouble> {
        Ok(())
    }

    fn trouble(&mut self, what: &str) {
        let _ = self.0.write_all(format!("warning: {what}\n").as_bytes());
    }
}

/// The wall time so long after `start`.
pub(super) fn label(start: Timestamp, after: Duration) -> Timestamp {
    start.saturating_add(SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
}

/// The wall time of a moment near now.
pub(super) fn wall_at(at: Moment) -> Timestamp {
    let (now, wall) = (clock::now(), clock::wall());
    let ago = SignedDuration::try_from(now.since(at)).unwrap_or_default();
    label(wall.saturating_sub(ago).unwrap_or(wall), at.since(now))
}

/// The local time of day of a moment.
pub(super) fn time_of_day(label: impl Fn(Moment) -> Timestamp) -> impl Fn(Moment) -> String {
    let zone = clock::zone();
    move |at| times::time_of_day(label(at), &zone)
}
