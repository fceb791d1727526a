//! Property tests: laws that hold for all generated sessions, doses and texts.
//!
//! Sessions are driven without the runner, because the laws are about the engine. The loop here wakes a
//! session exactly when it asks, or in slices. Every loop is bounded, so that a livelock fails.

#![expect(clippy::expect_used, clippy::panic, reason = "a violation of a law must fail its test")]

use std::ops::RangeInclusive;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use therapy::domain::exposure::{Exposure, Load};
use therapy::domain::protocol::Protocol;
use therapy::domain::rules::Context;
use therapy::domain::session::{Event, Input, Moment, Session};
use therapy::domain::step::StepKind;
/// An input or an incident in a generated session.
pub use therapy::simulate::Happening as Deed;

pub use crate::builder::START;
use crate::builder::{self, Build, Options};

mod changeovers;
mod doses;
#[cfg(unix)]
mod keys;
mod plans;
mod sessions;
mod texts;
mod times;

/// More events than any generated session has.
const MAX_EVENTS: usize = 20_000;

pub fn config(cases: u32) -> ProptestConfig {
    // A failed case becomes a separate test. No file of regressions is kept.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

// Generators.

/// Round lengths, which give equal moments, and odd lengths.
pub fn lengths(seconds: RangeInclusive<u64>) -> impl Strategy<Value = Duration> {
    let (least, most) = (*seconds.start(), *seconds.end());
    prop_oneof![
        3 => (least.div_ceil(60)..=most / 60).prop_map(|minutes| Duration::from_secs(minutes * 60)),
        2 => seconds.prop_map(Duration::from_secs),
        1 => (least * 1_000_000_000..=most * 1_000_000_000).prop_map(Duration::from_nanos),
    ]
}

pub fn kinds() -> impl Strategy<Value = StepKind> {
    prop_oneof![3 => Just(StepKind::Cold), 3 => Just(StepKind::Heat), 1 => Just(StepKind::Rest), 1 => Just(StepKind::Stretch)]
}

/// Protocols of generated steps. A step is dropped when a rule refuses it after the earlier ones. The skin
/// may have a load from an earlier session.
pub fn protocols() -> impl Strategy<Value = Protocol> {
    let past = vec((kinds(), lengths(1..=20 * 60)), 0..3);
    (past, lengths(0..=30 * 60), vec((kinds(), lengths(1..=20 * 60)), 1..12)).prop_map(|(past, ago, steps)| {
        let session = START - ago - past.iter().map(|(_, length)| *length).sum::<Duration>();
        let earlier = builder::earlier(&past, session);
        let reviewed = longest(&steps, &earlier).or_else(|| longest(&steps, &Context::default()));
        reviewed.expect("a single step of up to 20 min passes on fresh skin")
    })
}

fn longest(steps: &[Exposure], context: &Context) -> Option<Protocol> {
    let (mut taken, mut protocol) = (Vec::new(), None);
    for step in steps {
        taken.push(*step);
        match builder::review(&taken, context) {
            Ok(reviewed) => protocol = Some(reviewed),
            Err(_) => drop(taken.pop()),
        }
    }
    protocol
}

/// One deed, or two that belong together, each with the time since the one before. Pairs make sure that
/// most pauses are resumed and most alarms answered.
fn deeds() -> impl Strategy<Value = Vec<(Duration, Deed)>> {
    let gaps = prop_oneof![1 => Just(Duration::ZERO), 3 => lengths(0..=2 * 60), 4 => lengths(0..=20 * 60)];
    let extensions = prop_oneof![4 => lengths(0..=15 * 60), 1 => lengths(0..=3 * 60 * 60), 1 => Just(Duration::MAX)];
    let around_the_grace = (0..=8000_u64).prop_map(Duration::from_millis);
    let sleeps = prop_oneof![2 => around_the_grace, 4 => lengths(0..=60 * 60), 1 => lengths(0..=24 * 60 * 60)];
    let pauses = lengths(0..=2 * 60 * 60);
    let inputs = select(vec![Input::Pause, Input::Resume, Input::Toggle, Input::Skip, Input::Confirm]);
    let answers = select(vec![Input::Confirm, Input::Skip, Input::Toggle, Input::Extend(Duration::from_secs(60))]);
    let soon = (0..=90_u64).prop_map(Duration::from_secs);
    let next = prop_oneof![
        20 => inputs.prop_map(|input| vec![(Duration::ZERO, Deed::Says(input))]),
        20 => extensions.prop_map(|by| vec![(Duration::ZERO, Deed::Says(Input::Extend(by)))]),
        20 => pauses.prop_map(|length| vec![
            (Duration::ZERO, Deed::Says(Input::Pause)),
            (length, Deed::Says(Input::Resume)),
        ]),
        20 => (sleeps, soon, answers).prop_map(|(length, soon, answer)| vec![
            (Duration::ZERO, Deed::Stalls(length)),
            (soon, Deed::Says(answer)),
        ]),
        1 => Just(vec![(Duration::ZERO, Deed::Says(Input::Stop))]),
    ];
    (gaps, next).prop_map(|(gap, mut deeds)| {
        deeds[0].0 = gap;
        deeds
    })
}

pub fn scripts() -> impl Strategy<Value = Vec<(Duration, Deed)>> {
    vec(deeds(), 0..8).prop_map(|deeds| deeds.concat())
}

pub fn all_options() -> impl Strategy<Value = Options> {
    (any::<bool>(), 500..=5000_u64)
        .prop_map(|(confirm, grace)| Options { confirm, grace: Duration::from_millis(grace) })
}

// The driver.

/// When a session is woken between two deeds.
#[derive(Clone, Copy)]
pub enum Wakes<'a> {
    /// Exactly when it asks.
    Asked,
    /// After slices of these lengths, repeatedly.
    Slices(&'a [Duration]),
}

/// A running session, its events so far, and a check that runs after each call.
struct Drive<'a, F> {
    session: Session,
    now: Moment,
    log: Vec<Event>,
    wakes: Wakes<'a>,
    slice: usize,
    check: F,
}

impl<F: FnMut(&Session, &[Event])> Drive<'_, F> {
    fn take(&mut self, events: Vec<Event>) {
        (self.check)(&self.session, &events);
        self.log.extend(events);
        assert!(self.log.len() < MAX_EVENTS, "a session makes no progress");
    }

    fn advance(&mut self, now: Moment) -> usize {
        self.now = now;
        let events = self.session.advance(now);
        let count = events.len();
        self.take(events);
        count
    }

    /// Lets time pass until `until`.
    fn pass(&mut self, until: Moment) {
        match self.wakes {
            Wakes::Asked => {
                while let Some(wake) = self.session.wake_at().filter(|wake| *wake <= until) {
                    assert!(wake >= self.now, "it asks to be woken in the past");
                    assert!(self.advance(wake) > 0, "it asked to be woken for nothing");
                }
            }
            Wakes::Slices(slices) => {
                let mut waits = 0;
                while self.session.wake_at().is_some() && self.now < until {
                    waits += 1;
                    assert!(waits < 1_000_000, "a session makes no progress");
                    let slice = slices[self.slice % slices.len()];
                    self.slice += 1;
                    self.advance((self.now + slice).min(until));
                }
            }
        }
        self.advance(until);
    }

    fn input(&mut self, input: Input) {
        let events = self.session.handle(self.now, input);
        self.take(events);
    }
}

/// Plays a script, then answers every alarm until the session ends.
pub fn play(
    protocol: &Protocol,
    options: Options,
    script: &[(Duration, Deed)],
    wakes: Wakes<'_>,
    check: impl FnMut(&Session, &[Event]),
) -> (Session, Vec<Event>) {
    let (session, events) = Build::of(protocol.clone()).options(options).start();
    let mut drive = Drive { session, now: START, log: Vec::new(), wakes, slice: 0, check };
    drive.take(events);
    for &(gap, deed) in script {
        drive.pass(drive.now + gap);
        match deed {
            Deed::Says(input) => drive.input(input),
            Deed::Stalls(length) => {
                drive.advance(drive.now + length);
            }
        }
    }
    for _ in 0..1000 {
        if drive.session.outcome().is_some() {
            return (drive.session, drive.log);
        }
        match drive.session.wake_at() {
            _ if drive.session.is_held() => drive.input(Input::Confirm),
            Some(wake) => drive.pass(wake),
            None => drive.input(Input::Resume),
        }
    }
    panic!("a session makes no progress");
}

fn replay(start: Load, steps: &[Exposure]) -> Load {
    steps.iter().fold(start, |load, &(kind, length)| load.after(kind, length))
}
