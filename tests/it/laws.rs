//! Laws that hold for every session, every dose and every text, over generated ones.
//!
//! Sessions are driven without the runner: the laws are about the engine, and a loop of their own can
//! wake it exactly when it asks, or in slices. Every loop is bounded, so that a livelock fails.

#![expect(clippy::expect_used, clippy::panic, reason = "a law that does not hold must fail its test")]

use std::ops::RangeInclusive;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use therapy::domain::exposure::{Exposure, Load};
use therapy::domain::protocol::{Choice, Draft, Protocol};
use therapy::domain::rules::{Context, Past, SESSION_DOSE};
use therapy::domain::session::{Event, EventKind, Input, Moment, Outcome, Session, Terms};
use therapy::domain::step::{Modality, StepKind};
use therapy::{format, report};

const NANO: Duration = Duration::from_nanos(1);

/// More events than any generated session has.
const EVENTS_MOST: usize = 20_000;

pub fn config(cases: u32) -> ProptestConfig {
    // A case that failed belongs into a test of its own, not into a file that nobody reads.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

// What is generated.

/// Lengths as people write them, and lengths that nobody would: both, so that laws meet equal
/// moments as well as odd ones.
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

/// Steps of a generated list, each taken when no rule refuses it after those before it, on skin
/// that may carry something from an earlier session.
pub fn protocols() -> impl Strategy<Value = Protocol> {
    let past = vec((kinds(), lengths(1..=20 * 60)), 0..3);
    (past, lengths(0..=30 * 60), vec((kinds(), lengths(1..=20 * 60)), 1..12)).prop_map(|(past, ago, steps)| {
        let began = ago + past.iter().map(|(_, length)| *length).sum::<Duration>();
        let earlier = Context { past: vec![Past { began, exposures: past }], ..Context::default() };
        let reviewed = longest(&steps, &earlier).or_else(|| longest(&steps, &Context::default()));
        reviewed.expect("a single step of up to 20 min passes on fresh skin")
    })
}

fn longest(steps: &[Exposure], context: &Context) -> Option<Protocol> {
    let (mut taken, mut protocol) = (Vec::new(), None);
    for step in steps {
        taken.push(*step);
        match review(&taken, context) {
            Some(reviewed) => protocol = Some(reviewed),
            None => drop(taken.pop()),
        }
    }
    protocol
}

fn review(steps: &[Exposure], context: &Context) -> Option<Protocol> {
    Draft::of("test", steps).review(Choice::default(), context, &[]).ok()
}

/// What happens next in a generated session.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    Says(Input),
    Sleeps(Duration),
}

/// One thing, or two that belong together, each with the time since the one before: a session in
/// which nobody ever takes up a pause or answers an alarm shows little.
fn deeds() -> impl Strategy<Value = Vec<(Duration, Deed)>> {
    let gaps = prop_oneof![1 => Just(Duration::ZERO), 3 => lengths(0..=2 * 60), 4 => lengths(0..=20 * 60)];
    let extensions = prop_oneof![4 => lengths(0..=15 * 60), 1 => lengths(0..=3 * 60 * 60), 1 => Just(Duration::MAX)];
    let around_the_grace = (0..=8000_u64).prop_map(Duration::from_millis);
    let sleeps = prop_oneof![2 => around_the_grace, 4 => lengths(0..=60 * 60), 1 => lengths(0..=24 * 60 * 60)];
    let pauses = lengths(0..=2 * 60 * 60);
    let said = select(vec![Input::Pause, Input::Resume, Input::Toggle, Input::Skip, Input::Confirm]);
    let answers = select(vec![Input::Confirm, Input::Skip, Input::Toggle, Input::Extend(Duration::from_secs(60))]);
    let soon = (0..=90_u64).prop_map(Duration::from_secs);
    let next = prop_oneof![
        20 => said.prop_map(|input| vec![(Duration::ZERO, Deed::Says(input))]),
        20 => extensions.prop_map(|by| vec![(Duration::ZERO, Deed::Says(Input::Extend(by)))]),
        20 => pauses.prop_map(|length| vec![
            (Duration::ZERO, Deed::Says(Input::Pause)),
            (length, Deed::Says(Input::Resume)),
        ]),
        20 => (sleeps, soon, answers).prop_map(|(length, soon, answer)| vec![
            (Duration::ZERO, Deed::Sleeps(length)),
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

pub fn all_terms() -> impl Strategy<Value = Terms> {
    (any::<bool>(), 500..=5000_u64).prop_map(|(confirm, grace)| Terms { confirm, grace: Duration::from_millis(grace) })
}

// The driver.

/// How a session is woken between the things that happen.
#[derive(Clone, Copy)]
pub enum Wakes<'a> {
    /// Exactly when it asks.
    Asked,
    /// After slices of these lengths, over and over.
    Slices(&'a [Duration]),
}

/// Moments need not start at zero.
pub const START: Moment = Moment::new(Duration::from_millis(86_399_750));

/// A session on its way: all that it said, and a look at it after each call.
struct Drive<'a, F> {
    session: Session,
    now: Moment,
    log: Vec<Event>,
    wakes: Wakes<'a>,
    slice: usize,
    look: F,
}

impl<F: FnMut(&Session, &[Event])> Drive<'_, F> {
    fn take(&mut self, events: Vec<Event>) {
        (self.look)(&self.session, &events);
        self.log.extend(events);
        assert!(self.log.len() < EVENTS_MOST, "a session makes no progress");
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

    fn says(&mut self, input: Input) {
        let events = self.session.handle(self.now, input);
        self.take(events);
    }
}

/// Goes through a session as scripted, and then with a person who answers everything to its end.
pub fn play(
    protocol: &Protocol,
    terms: Terms,
    script: &[(Duration, Deed)],
    wakes: Wakes<'_>,
    look: impl FnMut(&Session, &[Event]),
) -> (Session, Vec<Event>) {
    let (session, events) = Session::start(protocol, terms, START);
    let mut drive = Drive { session, now: START, log: Vec::new(), wakes, slice: 0, look };
    drive.take(events);
    for &(gap, deed) in script {
        drive.pass(drive.now + gap);
        match deed {
            Deed::Says(input) => drive.says(input),
            Deed::Sleeps(length) => {
                drive.advance(drive.now + length);
            }
        }
    }
    for _ in 0..1000 {
        if drive.session.outcome().is_some() {
            return (drive.session, drive.log);
        }
        match drive.session.wake_at() {
            _ if drive.session.is_held() => drive.says(Input::Confirm),
            Some(wake) => drive.pass(wake),
            None => drive.says(Input::Resume),
        }
    }
    panic!("a session makes no progress");
}

// What the laws compare with.

/// What was on the skin and for how long, told by the events alone.
fn worn(log: &[Event], protocol: &Protocol) -> Vec<Exposure> {
    let mut worn = Vec::new();
    let (mut on, mut since) = (StepKind::Rest, START);
    for event in log {
        let next = match event.kind {
            EventKind::StepBegan { .. } | EventKind::Resumed => protocol.steps()[event.step].kind,
            EventKind::Paused | EventKind::Finished { .. } => StepKind::Rest,
            _ => continue,
        };
        worn.push((on, event.at.since(since)));
        (on, since) = (next, event.at);
    }
    worn
}

fn replay(start: Load, steps: &[Exposure]) -> Load {
    steps.iter().fold(start, |load, &(kind, length)| load.after(kind, length))
}

/// What the session still has before it, when a step of it runs or is paused.
fn ahead(session: &Session) -> Vec<Exposure> {
    let left = session.segment().end().saturating_sub(session.elapsed());
    let mut ahead = vec![(session.segment().step.kind, left)];
    ahead.extend(session.plan().exposures(session.index() + 1));
    ahead
}

/// No dose that is planned brings the skin past its limit, nor the session past its dose.
fn plans_within_limits(session: &Session) {
    // At a hold nothing is planned until the person answers; what follows is fitted then.
    let step_is_over = session.segment().end() <= session.elapsed();
    if session.outcome().is_some() || session.is_held() || (session.is_paused() && step_is_over) {
        return;
    }
    let mut load = session.load();
    let mut doses = Modality::ALL.map(|modality| session.dose(modality));
    for (kind, length) in ahead(session) {
        load = load.after(kind, length);
        let Some(modality) = kind.modality().filter(|_| length > Duration::ZERO) else {
            continue;
        };
        assert!(!load.passes_limit(modality), "plans {modality} up to {:?}: {session:?}", load.of(modality));
        doses[modality as usize] += length;
        assert!(doses[modality as usize] <= SESSION_DOSE, "plans too much {modality}: {session:?}");
    }
}

fn times_never_fall(log: &[Event]) {
    for pair in log.windows(2) {
        assert!(pair[0].at <= pair[1].at, "{pair:?}");
        assert!(pair[0].elapsed <= pair[1].elapsed, "{pair:?}");
        assert!(pair[0].step <= pair[1].step, "{pair:?}");
    }
}

/// Each step begins once, in order, or is left out; a completed session tells of each.
fn steps_come_in_order(log: &[Event], steps: usize, outcome: Option<Outcome>) {
    let tells =
        |event: &&Event| matches!(event.kind, EventKind::StepBegan { .. } | EventKind::Skipped { by_rule: Some(_) });
    let told: Vec<_> = log.iter().filter(tells).map(|event| event.step).collect();
    assert!(told.iter().copied().eq(0..told.len()), "{told:?} of {steps}");
    if outcome == Some(Outcome::Completed) {
        assert_eq!(told.len(), steps);
    }
    let is_end = |event: &Event| matches!(event.kind, EventKind::Finished { .. });
    assert_eq!(log.iter().position(is_end), Some(log.len() - 1), "the end is said once, and last");
    assert_eq!(log.iter().filter(|event| event.kind == EventKind::Started).count(), 1);
}

/// The steps that began although nobody had just said anything: those that a person who is away
/// does not know of.
fn unanswered(events: &[Event]) -> impl Iterator<Item = &Event> {
    let answers = |event: &Event| {
        matches!(event.kind, EventKind::Confirmed | EventKind::Resumed | EventKind::Skipped { by_rule: None })
    };
    let there = events.iter().any(answers);
    events.iter().filter(move |event| !there && matches!(event.kind, EventKind::StepBegan { .. }))
}

/// Time that the person called a pause.
fn paused(log: &[Event]) -> Duration {
    let (mut paused, mut since) = (Duration::ZERO, None);
    for event in log {
        match event.kind {
            EventKind::Paused => since = Some(event.at),
            EventKind::Resumed | EventKind::Finished { .. } => {
                paused += since.take().map_or(Duration::ZERO, |since| event.at.since(since));
            }
            _ => {}
        }
    }
    paused
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn how_often_a_session_is_woken_changes_nothing(
        protocol in protocols(), terms in all_terms(), script in scripts(), thousandths in vec(300..=1000_u32, 1..8),
    ) {
        // No slice is longer than the grace: a longer one may be a sleep.
        let slices: Vec<_> = thousandths.iter().map(|part| terms.grace * *part / 1000).collect();
        let (asked, exactly) = play(&protocol, terms, &script, Wakes::Asked, |_, _| ());
        let (sliced, late) = play(&protocol, terms, &script, Wakes::Slices(&slices), |_, _| ());
        prop_assert_eq!(exactly, late);
        prop_assert_eq!(asked.outcome(), sliced.outcome());
    }
}

proptest! {
    #![proptest_config(config(1200))]

    #[test]
    fn times_never_fall_and_steps_come_in_order(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        let mut elapsed = Duration::ZERO;
        let (session, log) = play(&protocol, terms, &script, Wakes::Asked, |session, events| {
            assert!(session.elapsed() >= elapsed, "elapsed time falls: {session:?}");
            elapsed = session.elapsed();
            assert!(events.iter().all(|event| event.at <= session.now()), "{events:?} lie ahead: {session:?}");
            assert!(session.wake_at().is_none_or(|wake| wake > session.now()), "wakes in the past: {session:?}");
        });
        times_never_fall(&log);
        steps_come_in_order(&log, protocol.steps().len(), session.outcome());
    }

    #[test]
    fn nothing_makes_a_session_plan_a_dose_above_its_limit(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        play(&protocol, terms, &script, Wakes::Asked, |session, _| plans_within_limits(session));
    }

    #[test]
    fn the_dose_is_the_time_that_the_pack_was_on(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        let (session, log) = play(&protocol, terms, &script, Wakes::Asked, |_, _| ());
        let worn = worn(&log, &protocol);
        let dose = |modality: Modality| -> Duration {
            worn.iter().filter(|(kind, _)| kind.modality() == Some(modality)).map(|(_, length)| *length).sum()
        };
        let end = *log.last().expect("it ends");
        let EventKind::Finished { cold, heat, .. } = end.kind else {
            panic!("{end:?} is not the end");
        };
        prop_assert_eq!((cold, heat), (dose(Modality::Cold), dose(Modality::Heat)));
        // What nobody called a pause counts as time of the session.
        prop_assert_eq!(end.elapsed, end.at.since(START).saturating_sub(paused(&log)));
        let since_the_end = session.now().since(end.at);
        prop_assert_eq!(session.load(), replay(protocol.carried(), &worn).after(StepKind::Rest, since_the_end));
    }

    #[test]
    fn a_slept_through_end_never_passes_into_another_step(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        let mut held = false;
        play(&protocol, terms, &script, Wakes::Asked, |session, events| {
            let overran = events.iter().any(|event| matches!(event.kind, EventKind::Overran { .. }));
            let late = |event: &Event| session.now().since(event.at) > terms.grace;
            for event in unanswered(events) {
                assert!(!(held || overran || late(event)), "begins unannounced: {events:?}, {session:?}");
            }
            held = session.is_held();
        });
    }

    #[test]
    fn what_comes_next_is_known_before_it_begins(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        let mut next = Some(0);
        play(&protocol, terms, &script, Wakes::Asked, |session, events| {
            // Within the grace several short steps may pass at once; the first of them was known.
            if let Some(began) = unanswered(events).next() {
                assert_eq!(Some(began.step), next, "{events:?}, {session:?}");
            }
            let after = session.index() + 1;
            let planned = session.plan().exposures(after);
            next = planned.iter().position(|(_, length)| *length > Duration::ZERO).map(|index| index + after);
        });
    }
}

// Doses.

fn exposures() -> impl Strategy<Value = Vec<Exposure>> {
    vec((kinds(), lengths(0..=40 * 60)), 0..6)
}

/// Whether no step brings its own modality past its limit.
fn never_passes(start: Load, steps: &[Exposure]) -> bool {
    (1..=steps.len()).all(|count| {
        let load = replay(start, &steps[..count]);
        steps[count - 1].0.modality().is_none_or(|modality| !load.passes_limit(modality))
    })
}

/// Whether the limits of these modalities hold before and after each of `steps`.
fn passes(start: Load, steps: &[Exposure], modalities: &[Modality]) -> bool {
    (0..=steps.len()).all(|count| {
        let load = replay(start, &steps[..count]);
        modalities.iter().all(|modality| !load.passes_limit(*modality))
    })
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn a_wait_is_long_enough_and_no_longer(before in exposures(), steps in exposures()) {
        let load = replay(Load::NONE, &before);
        if let Some(wait) = load.wait_before(&steps) {
            prop_assert!(never_passes(load.after(StepKind::Rest, wait), &steps));
            if let Some(less) = wait.checked_sub(NANO) {
                prop_assert!(!never_passes(load.after(StepKind::Rest, less), &steps));
            }
        } else {
            prop_assert!(!never_passes(Load::NONE, &steps));
        }
    }

    #[test]
    fn room_is_all_that_the_limits_leave(before in exposures(), kind in kinds(), following in exposures()) {
        let load = replay(Load::NONE, &before);
        let room = load.room(kind, &following);
        let Some(modality) = kind.modality() else {
            prop_assert_eq!(room, Duration::MAX);
            return Ok(());
        };
        let passes = |length| passes(load.after(kind, length), &following, &[modality]);
        prop_assert!(room == Duration::ZERO || passes(room), "{:?} is too much", room);
        prop_assert!(!passes(room + NANO), "{:?} is not all", room);
    }

    #[test]
    fn a_dose_raises_its_own_load_minute_by_minute_and_no_other(
        before in exposures(), kind in kinds(), length in lengths(0..=60 * 60),
    ) {
        let load = replay(Load::NONE, &before);
        let after = load.after(kind, length);
        for modality in Modality::ALL {
            let (was, is) = (load.of(modality), after.of(modality));
            if kind.modality() == Some(modality) {
                prop_assert_eq!(is, was + length);
            } else {
                prop_assert!(is <= was);
            }
        }
        let part = length / 3;
        prop_assert_eq!(load.after(kind, part).after(kind, length.saturating_sub(part)), after);
    }
}

// The format of protocol files.

/// Files that are right, to be broken.
const FILES: [&str; 4] = [
    include_str!("../../src/protocols/acute.toml"),
    include_str!("../../src/protocols/contrast.toml"),
    include_str!("../../src/protocols/intermittent.toml"),
    r#"
        name = "übung"
        rounds = 2
        [[step]]
        do = "stretch"
        for = "1m 30s"
        note = "wärme — kühl"
        last_round = false
        [[step]]
        do = "heat"
        for = { default = "10min", min = "5min", max = "15min" }
    "#,
];

/// Pieces that the reader has to decide about.
const PIECES: [&str; 34] = [
    "[[step]]\n",
    "[step]\n",
    "step = []\n",
    "do = ",
    "for = ",
    "rounds = ",
    "name = ",
    "by_injury = ",
    "\"heat\"\n",
    "\"cold\"\n",
    "\"10min\"\n",
    "\"1M\"\n",
    "\"0\"\n",
    "\"9999999999999999999y\"",
    "\"10m ä\"",
    "\"ä5min\"",
    "\"\\u00e4 5min\"",
    "{ default = ",
    ", min = ",
    ", max = ",
    " }\n",
    "0",
    "-1",
    "4294967295",
    "true",
    "nan",
    "'''",
    "\"\"\"",
    "\n",
    "\r\n",
    "\u{7}",
    "\u{feff}",
    "😀",
    "#",
];

fn pieces() -> impl Strategy<Value = String> {
    let one = prop_oneof![6 => select(&PIECES[..]).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    vec(one, 0..24).prop_map(|pieces| pieces.concat())
}

/// A file that was right until somebody edited it in a few places.
fn edited() -> impl Strategy<Value = String> {
    let edits = vec((any::<Index>(), 0..12_usize, prop_oneof![Just(String::new()), pieces()]), 1..4);
    (select(&FILES[..]), edits).prop_map(|(file, edits)| {
        let mut text: Vec<char> = file.chars().collect();
        for (at, length, piece) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            text.splice(at..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

/// Whatever a text says, it is read, and every problem points into it and can be drawn.
fn is_read(text: &str) {
    let parsed = format::parse(text, "test");
    let problems = parsed.review();
    for problem in parsed.problems.iter().chain(&problems) {
        assert!(text.get(problem.span.clone()).is_some(), "{problem:?} does not point into {text:?}");
        assert!(!problem.message.is_empty() && !problem.hint.is_empty(), "{problem:?} of {text:?}");
    }
    let says_something = !parsed.draft.steps.is_empty() || parsed.by_injury.is_some();
    assert!(says_something || !parsed.is_readable(), "nothing to run and nothing said: {text:?}");
    let drawn = report::render(&problems, "test.toml", text, false);
    assert_eq!(drawn.is_empty(), problems.is_empty(), "{text:?}");
}

proptest! {
    #![proptest_config(config(1200))]

    #[test]
    fn any_text_is_read_without_a_panic(text in prop_oneof![any::<String>(), pieces()]) {
        is_read(&text);
    }

    #[test]
    fn an_edited_file_is_read_without_a_panic(text in edited()) {
        is_read(&text);
    }
}
