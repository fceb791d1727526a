//! Builds protocols and sessions for tests. No other test module constructs them. The fuzz targets use
//! this file too, so it must not depend on other test modules.

use std::time::Duration;

use humantime::parse_duration;
use therapy::domain::dose::Dose;
use therapy::domain::exposure::Exposure;
use therapy::domain::protocol::{Choice, Draft, Protocol};
use therapy::domain::rules::{Context, Finding};
use therapy::domain::session::{Event, Input, Moment, Session};
use therapy::domain::site::Site;
use therapy::domain::step::StepKind;
use therapy::runner::{self, Observer, Report, World};
use therapy::simulate::Happening;

/// Options of a whole session.
pub use therapy::domain::session::SessionOptions as Options;

/// Start of sessions. Not zero and not a whole second, because no session may depend on that.
pub const START: Moment = Moment::new(Duration::from_millis(86_399_750));

/// Parses a length such as `1m 30s`.
pub fn duration(text: &str) -> Duration {
    parse_duration(text).expect("a length")
}

/// Parses steps such as `heat 20m, cold 20m`.
pub fn steps(text: &str) -> Vec<Exposure> {
    let steps = text.split(',').map(|step| {
        let (kind, length) = step.trim().split_once(' ').expect("a kind and a length");
        (StepKind::from_name(kind).expect("a kind of step"), duration(length))
    });
    steps.collect()
}

/// The context at [`START`] after an earlier session of these steps, which began at `from`.
pub fn earlier(steps: &[Exposure], from: Moment) -> Context {
    let (session, mut at) = (from, from);
    let doses = steps.iter().filter_map(|&(kind, length)| {
        let from = at;
        at = from + length;
        kind.modality().map(|modality| Dose { modality, from, to: at, session, site: Site::LOWER_BACK, relieves: true })
    });
    Context { now: START, doses: doses.collect(), ..Context::default() }
}

/// The protocol of these steps, or the findings of the rules.
pub fn review(steps: &[Exposure], context: &Context) -> Result<Protocol, Vec<Finding>> {
    Draft::of("test", steps).review(Choice::default(), context, &[])
}

/// Parses a script such as `5m pause; 7m resume; 9m stall 3h`. Times count from the start. The person can
/// `pause`, `resume`, `toggle`, `skip`, `confirm`, `stop` and `extend 5m`. The machine can `stall 3h`, and the time of day can `leap 3h`.
pub fn script(text: &str) -> Vec<(Duration, Happening)> {
    let lines = text.split(';').map(str::trim).filter(|line| !line.is_empty());
    let happenings = lines.map(|line| {
        let (at, what) = line.split_once(' ').expect("a time and what happens then");
        (duration(at), happening(what))
    });
    happenings.collect()
}

fn happening(what: &str) -> Happening {
    let (name, length) = what.split_once(' ').unwrap_or((what, ""));
    Happening::Says(match name {
        "pause" => Input::Pause,
        "resume" => Input::Resume,
        "toggle" => Input::Toggle,
        "skip" => Input::Skip,
        "confirm" => Input::Confirm,
        "leap" => Input::Leap(duration(length)),
        "stop" => Input::Stop,
        "extend" => Input::Extend(duration(length)),
        "stall" => return Happening::Stalls(duration(length)),
        _ => unreachable!("no such thing in a script: {what}"),
    })
}

/// A session that is about to start.
pub struct Build {
    protocol: Protocol,
    options: Options,
    start: Moment,
}

/// A session of steps such as `heat 20m, cold 20m`, without earlier doses.
pub fn session(steps: &str) -> Build {
    Build::of(review(&self::steps(steps), &Context::default()).expect("no rule refuses it"))
}

impl Build {
    /// A session of this protocol.
    pub fn of(protocol: Protocol) -> Build {
        Build { protocol, options: Options::default(), start: START }
    }

    /// With these options.
    pub fn options(self, options: Options) -> Build {
        Build { options, ..self }
    }

    /// Sets whether each step waits for an answer at its end.
    pub fn confirm(self, confirm: bool) -> Build {
        let options = Options { confirm, ..self.options };
        self.options(options)
    }

    /// Starts at this moment instead of at [`START`].
    pub fn at(self, start: Moment) -> Build {
        Build { start, ..self }
    }

    /// The session at its start, and its first events.
    pub fn start(&self) -> (Session, Vec<Event>) {
        Session::start(&self.protocol, self.options, self.start)
    }

    /// Runs the session in a world. It starts at the time of the world.
    pub fn run(&self, world: &mut dyn World, observers: &mut [&mut dyn Observer]) -> Report {
        runner::run(&self.protocol, self.options, world, observers)
    }

    /// Plays a [`script`]. Returns the session after its last entry, and all events so far. The session is
    /// woken whenever it asks, except in a stall.
    pub fn play(&self, script: &str) -> (Session, Vec<Event>) {
        let (mut session, mut log) = self.start();
        for (after, happening) in self::script(script) {
            let at = self.start + after;
            while let Some(wake) = session.wake_at().filter(|wake| *wake <= at) {
                let events = session.advance(wake);
                assert!(!events.is_empty(), "woken for nothing: {session:?}");
                log.extend(events);
            }
            log.extend(session.advance(at));
            log.extend(match happening {
                Happening::Says(input) => session.handle(at, input),
                Happening::Stalls(length) => session.advance(at + length),
            });
        }
        (session, log)
    }
}
