//! The journal reads back what was recorded, with wrong clocks and with damaged files, and gives the rules
//! the right doses.
//!
//! No clock is read here: every time is a constant.

#![expect(clippy::expect_used, reason = "what fails in a helper is a test that fails")]

mod clocks;
mod damage;
mod history;
mod rules;
mod told;
mod versions;

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use therapy::domain::exposure::Exposure;
use therapy::domain::protocol::{Choice, Draft, Protocol};
use therapy::domain::rules::{Context, Finding, RuleId, review};
use therapy::domain::session::{Event, Input, Moment, Session, SessionOptions};
use therapy::domain::step::Modality;
use therapy::domain::step::StepKind::Cold;
use therapy::edge::journal::{Journal, NewSession, Stamp};

const SECOND: Duration = Duration::from_secs(1);
/// Tuesday, 2026-03-03, noon.
const NOON_MS: i64 = 1_772_539_200_000;
const HOUR_MS: i64 = 60 * 60 * 1000;

fn min(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn hours(hours: u64) -> Duration {
    min(hours * 60)
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).expect("a short time")
}

/// A machine whose clocks are set by hand.
#[derive(Clone)]
struct Clocks {
    boot: &'static str,
    /// Wall time at the origin of the boot clock.
    origin_ms: i64,
}

/// One boot. Its wall clock shows noon when generated sessions start.
const FIRST: Clocks = Clocks { boot: "first", origin_ms: NOON_MS - 86_399_750 };

impl Clocks {
    fn at(&self, clock: Moment) -> Stamp {
        Stamp { wall_ms: self.origin_ms + millis(clock.since_origin()), boot: self.boot.to_owned(), clock }
    }
}

/// A journal in a folder of its own.
struct Place {
    folder: TempDir,
    journal: Journal,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let journal = Journal::open(folder.path()).expect("a new journal");
        Place { folder, journal }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn begin(&self, protocol: &Protocol, options: SessionOptions, started_ms: i64) -> i64 {
        let new = NewSession { protocol, options, overrides: &[], pain: None, started_ms };
        self.journal.begin(&new).expect("a session begins")
    }

    fn write(&self, id: i64, events: &[Event], clocks: &Clocks) {
        let events: Vec<_> = events.iter().map(|event| (clocks.at(event.at), *event)).collect();
        self.journal.commit(id, &events, &[]).expect("events are written");
    }

    /// A whole session, with these inputs at these times after its start.
    fn session(&self, protocol: &Protocol, start: Moment, inputs: &[(Duration, Input)], clocks: &Clocks) -> i64 {
        let id = self.begin(protocol, OPTIONS, clocks.at(start).wall_ms);
        self.write(id, &events_of(protocol, start, inputs), clocks);
        id
    }

    fn context(&self, now: &Stamp) -> Context {
        let (doses, record_ahead) = self.journal.doses(now, None).expect("the doses are read");
        Context { now: now.clock, doses, record_ahead, ..Context::default() }
    }
}

const OPTIONS: SessionOptions = SessionOptions { confirm: false, grace: Duration::from_secs(3) };

/// The events of a session with these inputs. It is woken whenever it asks.
fn events_of(protocol: &Protocol, start: Moment, inputs: &[(Duration, Input)]) -> Vec<Event> {
    let (mut session, mut log) = Session::start(protocol, OPTIONS, start);
    let mut wake = |session: &mut Session, until: Option<Moment>| {
        while let Some(wake) = session.wake_at().filter(|wake| until.is_none_or(|until| *wake <= until)) {
            let events = session.advance(wake);
            log.extend(events);
        }
        log.len()
    };
    let mut answers = Vec::new();
    for &(after, input) in inputs {
        let len = wake(&mut session, Some(start + after));
        answers.push((len, session.handle(start + after, input)));
    }
    if inputs.is_empty() {
        wake(&mut session, None);
    }
    for (place, events) in answers.into_iter().rev() {
        log.splice(place..place, events);
    }
    log
}

fn protocol(steps: &[Exposure]) -> Protocol {
    Draft::of("test", steps).review(Choice::default(), &Context::default(), &[]).expect("it passes")
}

fn finding(rule: RuleId, steps: &[Exposure], context: &Context) -> Option<Finding> {
    let findings = review(&Draft::of("test", steps).expand(Choice::default()), context);
    findings.into_iter().find(|finding| finding.rule == rule)
}

/// The doses, each with the time since its start and its end.
fn ago(context: &Context) -> Vec<(Modality, Duration, Duration)> {
    let doses = context.doses.iter();
    doses.map(|dose| (dose.modality, context.now.since(dose.from), context.now.since(dose.to))).collect()
}

/// After a reboot: a new boot clock, and a correct wall clock.
const SECOND_BOOT: Clocks = Clocks { boot: "second", origin_ms: NOON_MS - 10_000 * HOUR_MS };

impl Clocks {
    /// All clocks this long after noon.
    fn after(&self, length: Duration) -> Stamp {
        self.at(self.noon() + length)
    }

    fn noon(&self) -> Moment {
        let since = u64::try_from(NOON_MS - self.origin_ms).expect("noon comes after the boot");
        Moment::new(Duration::from_millis(since))
    }
}

fn ice_20() -> Protocol {
    protocol(&[(Cold, min(20))])
}
