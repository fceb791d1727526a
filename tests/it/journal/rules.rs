//! The effect of the journal on the rules: doses, daily limits, spacing, and the earliest time.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use therapy::domain::course::start;
use therapy::domain::dose::Dose;
use therapy::domain::protocol::{Choice, Draft, Protocol};
use therapy::domain::rules::{Context, Injury, RuleId, Severity, review};
use therapy::domain::session::{Input, Moment, SessionOptions};
use therapy::domain::site::Site;
use therapy::domain::step::StepKind::{Cold, Heat, Rest};
use therapy::domain::step::{Modality, PerModality};
use therapy::edge::catalog;
use therapy::edge::journal::Stamp;

use super::{FIRST, HOUR_MS, NOON_MS, Place, SECOND, ago, finding, hours, millis, min, protocol};
use crate::laws::{Deed, START, Wakes, all_options, config, kinds, lengths, play, protocols, scripts};

/// A series of sessions, each with the time before it.
type Sessions = Vec<(Duration, Protocol, SessionOptions, Vec<(Duration, Deed)>)>;

fn histories() -> impl Strategy<Value = Sessions> {
    let gaps = prop_oneof![4 => lengths(0..=60 * 60), 1 => lengths(0..=20 * 60 * 60)];
    vec((gaps, protocols(), all_options(), scripts()), 0..5)
}

/// Writes the sessions. Returns the end of the last one, and the total dose.
fn fill(place: &Place, sessions: &Sessions) -> (Moment, PerModality<Duration>) {
    let (mut end, mut given) = (START, PerModality::default());
    for (gap, protocol, options, script) in sessions {
        let start = end + *gap;
        let (session, mut log) = play(protocol, *options, script, Wakes::Asked, |_, _| ());
        given = PerModality::from_fn(|modality| given[modality] + session.dose(modality));
        for event in &mut log {
            event.at = start + event.at.since(START);
        }
        let id = place.begin(protocol, *options, FIRST.at(start).wall_ms);
        place.write(id, &log, &FIRST);
        end = log.last().map_or(start, |last| last.at);
    }
    (end, given)
}

/// Built-in protocols, with and without a choice, and custom protocols.
fn plans() -> impl Strategy<Value = (Draft, Choice)> {
    let built_ins: Vec<Draft> = catalog::built_ins().iter().map(|entry| entry.parsed.draft.clone()).collect();
    let built_ins: Vec<Draft> = built_ins.into_iter().filter(|draft| !draft.parts.is_empty()).collect();
    let choices = (proptest::option::of(lengths(1..=30 * 60)), proptest::option::of(1..4_u32));
    let choices = choices.prop_map(|(length, rounds)| Choice { length, rounds, ..Choice::default() });
    prop_oneof![
        (select(built_ins), prop_oneof![Just(Choice::default()), choices]),
        vec((kinds(), lengths(1..=20 * 60)), 1..6).prop_map(|steps| (Draft::of("test", &steps), Choice::default())),
    ]
}

fn injuries() -> impl Strategy<Value = Injury> {
    let ages = |least| lengths(least..=100 * 60 * 60);
    prop_oneof![
        1 => Just(Injury::Unknown),
        1 => Just(Injury::Absent),
        3 => ages(0).prop_map(Injury::Ago),
        1 => ages(1).prop_map(Injury::InFuture),
    ]
}

/// The same context after a wait without another dose.
fn later(context: &Context, wait: Duration) -> Context {
    let injury = match context.injury {
        Injury::Ago(age) => Injury::Ago(age + wait),
        Injury::InFuture(by) if by <= wait => Injury::Ago(wait.saturating_sub(by)),
        Injury::InFuture(by) => Injury::InFuture(by.saturating_sub(wait)),
        known => known,
    };
    let record_ahead = context.record_ahead.saturating_sub(wait);
    Context { now: context.now + wait, injury, record_ahead, ..context.clone() }
}

/// The protocol is accepted at the earliest time, and refused one second before.
fn earliest_is_exact(draft: &Draft, choice: Choice, context: &Context) -> Option<Duration> {
    let accepts = |wait| draft.review(choice, &later(context, wait), &[]).is_ok();
    let earliest = start(draft, choice, context, &[]).possible;
    match earliest {
        None => assert!(!accepts(Duration::ZERO), "no wait helps, and none is needed: {draft:?}, {context:?}"),
        Some(wait) => {
            assert!(accepts(wait), "refused after {wait:?}: {draft:?}, {context:?}");
            let before = wait.checked_sub(SECOND);
            assert!(!before.is_some_and(accepts), "accepted a second before {wait:?}: {draft:?}, {context:?}");
        }
    }
    earliest
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn the_earliest_time_from_the_journal_is_exact(
        sessions in histories(), since in lengths(0..=30 * 60), behind in select(vec![0, 0, 0, 1, 120_000, 300_000]),
        plans in vec(plans(), 4), injury in injuries(),
    ) {
        let place = Place::new();
        let (end, given) = fill(&place, &sessions);
        let clock = end + since;
        let now = Stamp { wall_ms: FIRST.at(clock).wall_ms - behind, ..FIRST.at(clock) };
        let context = Context { injury, ..place.context(&now) };
        prop_assert_eq!(PerModality::from_fn(|modality| context.doses.total(modality)), given);
        for (draft, choice) in &plans {
            let Some(wait) = earliest_is_exact(draft, *choice, &context) else { continue };
            // The doses that the journal reads at that time allow it too.
            let then = Stamp { wall_ms: now.wall_ms + millis(wait) + 1, clock: clock + wait, ..now.clone() };
            let later = Context { injury: later(&context, wait).injury, ..place.context(&then) };
            let findings = review(&draft.expand(*choice), &later);
            prop_assert!(findings.iter().all(|finding| !finding.blocks(&[])), "{:?}", findings);
        }
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn the_earliest_time_is_exact(
        past in vec((lengths(0..=3 * 60 * 60), vec((kinds(), lengths(0..=40 * 60)), 0..6)), 0..12),
        record_ahead in prop_oneof![3 => Just(Duration::ZERO), 1 => lengths(0..=10 * 60)],
        injury in injuries(), (draft, choice) in plans(),
    ) {
        let mut context = Context { now: START, injury, record_ahead, ..Context::default() };
        for (gap, exposures) in past {
            let session = context.now;
            for (kind, length) in exposures {
                let (from, to) = (context.now, context.now + length);
                context.doses.extend(kind.modality().map(|modality| Dose { modality, from, to, session, site: Site::LOWER_BACK, relieves: true }));
                context.now = to;
            }
            context.now = context.now + gap;
        }
        earliest_is_exact(&draft, choice, &context);
    }
}

#[test]
fn rewarm_counts_the_real_dose_not_the_planned_one() {
    let ice_20 = protocol(&[(Cold, min(20))]);
    let place = Place::new();
    place.session(&ice_20, START, &[], &FIRST);
    let context = place.context(&FIRST.at(START + min(40)));
    let refused = finding(RuleId::Rewarm, &[(Cold, min(15))], &context).expect("20 min after");
    assert_eq!((refused.severity, refused.passes_after), (Severity::Overridable, Some(min(10))));
    assert!(finding(RuleId::Rewarm, &[(Cold, min(15))], &place.context(&FIRST.at(START + min(50)))).is_none());
    assert!(finding(RuleId::Rewarm, &[(Heat, min(20))], &context).is_none(), "heat is another load");

    let place = Place::new();
    place.session(&ice_20, START, &[(min(12), Input::Stop)], &FIRST);
    let context = place.context(&FIRST.at(START + min(13)));
    assert!(finding(RuleId::Rewarm, &[(Cold, min(8))], &context).is_none(), "{context:?}");
    assert!(finding(RuleId::Rewarm, &[(Cold, min(9))], &context).is_some(), "{context:?}");
}

#[test]
fn a_dose_includes_extensions_but_not_pauses() {
    let ice = protocol(&[(Cold, min(10))]);
    let place = Place::new();
    let inputs = [(min(5), Input::Pause), (min(15), Input::Resume), (min(16), Input::Extend(min(5)))];
    let id = place.session(&ice, START, &[&inputs[..], &[(min(25), Input::Stop)]].concat(), &FIRST);
    let now = FIRST.at(START + min(60));
    let context = place.context(&now);
    assert_eq!(ago(&context), [(Modality::Cold, min(60), min(55)), (Modality::Cold, min(45), min(35))]);
    assert_eq!(
        place.journal.history(i64::MIN).expect("a history")[0].actual,
        PerModality { cold: min(15), heat: Duration::ZERO }
    );
    assert_eq!(place.journal.record(id, &now).expect("a record").outcome.as_deref(), Some("completed"));
}

#[test]
fn eight_doses_of_cold_a_day_are_allowed_and_the_ninth_is_refused() {
    let ice = protocol(&[(Cold, min(20))]);
    let place = Place::new();
    for number in 0..8 {
        let now = FIRST.at(START + hours(2 * number));
        assert!(finding(RuleId::ColdDaily, &[(Cold, min(20))], &place.context(&now)).is_none(), "dose {number}");
        place.session(&ice, now.clock, &[], &FIRST);
    }
    let now = START + hours(16);
    let refused = finding(RuleId::ColdDaily, &[(Cold, min(20))], &place.context(&FIRST.at(now))).expect("the ninth");
    assert_eq!((refused.severity, refused.passes_after), (Severity::Overridable, Some(hours(8))));
    assert!(finding(RuleId::ColdDaily, &[(Cold, SECOND)], &place.context(&FIRST.at(now))).is_some());
    assert!(finding(RuleId::ColdDaily, &[(Cold, min(20))], &place.context(&FIRST.at(now + hours(8)))).is_none());
}

#[test]
fn more_than_two_hours_of_heat_a_day_make_a_warning() {
    let heat = protocol(&[(Heat, min(30))]);
    let place = Place::new();
    for number in 0..4 {
        let now = FIRST.at(START + hours(3 * number));
        assert!(finding(RuleId::HeatDaily, &[(Heat, min(30))], &place.context(&now)).is_none(), "dose {number}");
        place.session(&heat, now.clock, &[], &FIRST);
    }
    let now = START + hours(12);
    let warned =
        finding(RuleId::HeatDaily, &[(Heat, min(1))], &place.context(&FIRST.at(now))).expect("more than 120 min");
    assert_eq!(warned.severity, Severity::Warn);
    assert!(finding(RuleId::HeatDaily, &[(Heat, min(1))], &place.context(&FIRST.at(START + hours(24)))).is_none());
}

#[test]
fn cold_sessions_are_spaced_from_start_to_start() {
    let place = Place::new();
    // Its cold step begins 10 min after its start.
    place.session(&protocol(&[(Heat, min(10)), (Cold, min(5))]), START, &[], &FIRST);
    let early = FIRST.at(START + min(129));
    let warned = finding(RuleId::ColdSpacing, &[(Cold, min(10))], &place.context(&early)).expect("119 min");
    assert_eq!((warned.severity, warned.passes_after), (Severity::Warn, Some(min(1))));
    assert!(finding(RuleId::ColdSpacing, &[(Rest, min(1)), (Cold, min(10))], &place.context(&early)).is_none());
    assert!(finding(RuleId::ColdSpacing, &[(Cold, min(10))], &place.context(&FIRST.at(START + min(130)))).is_none());
}

#[test]
fn a_false_start_of_cold_moves_no_spacing() {
    let place = Place::new();
    let seconds = |number| Duration::from_secs(number);
    place.session(&protocol(&[(Cold, min(15))]), START, &[], &FIRST);
    place.session(&protocol(&[(Cold, min(2))]), START + min(60), &[(seconds(119), Input::Stop)], &FIRST);
    let now = FIRST.at(START + min(119));
    let warned = finding(RuleId::ColdSpacing, &[(Cold, min(10))], &place.context(&now)).expect("of the first");
    assert_eq!(warned.passes_after, Some(min(1)));
    place.session(&protocol(&[(Cold, min(2))]), START + min(115), &[], &FIRST);
    let warned = finding(RuleId::ColdSpacing, &[(Cold, min(10))], &place.context(&now)).expect("of the third");
    assert_eq!(warned.passes_after, Some(min(116)));
}

#[test]
fn the_eighth_day_of_sessions_for_an_injury_makes_a_note() {
    let place = Place::new();
    let ice = protocol(&[(Cold, min(10))]);
    let context = |days| Context { days, ..Context::default() };
    // Two sessions a day. The day before the injury does not count.
    place.session(&ice, START, &[], &FIRST);
    let injured = NOON_MS + 24 * HOUR_MS;
    for day in 1..=8 {
        for hour in [1, 5] {
            place.session(&ice, START + hours(24 * day + hour), &[], &FIRST);
        }
        let starts = place.journal.starts(injured).expect("days");
        let dates: BTreeSet<_> = starts.iter().map(|(start, _)| start / (24 * HOUR_MS)).collect();
        let days = u32::try_from(dates.len()).expect("few days");
        assert_eq!(u64::from(days), day);
        let found = finding(RuleId::LongPain, &[(Cold, min(10))], &context(days));
        assert_eq!(found.map(|finding| finding.severity), (day > 7).then_some(Severity::Note), "day {day}");
    }
}

#[test]
fn a_record_more_than_two_minutes_in_the_future_is_refused() {
    let place = Place::new();
    place.session(&protocol(&[(Cold, min(10))]), START, &[], &FIRST);
    let end = FIRST.at(START + min(10));
    let behind = |ms| place.context(&Stamp { wall_ms: end.wall_ms - ms, ..end.clone() });
    assert!(finding(RuleId::ClockBehind, &[(Rest, min(1))], &behind(120_000)).is_none());
    let refused = finding(RuleId::ClockBehind, &[(Rest, min(1))], &behind(120_001)).expect("set back");
    assert_eq!((refused.severity, refused.passes_after), (Severity::Overridable, Some(Duration::from_millis(1))));
    assert!(finding(RuleId::ClockBehind, &[(Rest, min(1))], &behind(-HOUR_MS)).is_none());
}
