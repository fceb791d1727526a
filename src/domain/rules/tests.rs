//! The table as a table, and for every rule one plan that trips exactly it and one just inside it.

#![expect(clippy::unchecked_time_subtraction, reason = "the numbers of a test are known")]

use super::*;
use crate::domain::source::{self, OURS};
use crate::domain::step::StepKind::{Cold, Heat, Rest, Stretch};

const SECOND: Duration = Duration::from_secs(1);

type Case = (Vec<Exposure>, Context);

fn steps(list: &[Exposure]) -> Vec<Step> {
    list.iter().map(|&(kind, length)| Step::new(kind, length)).collect()
}

/// An old injury, so that heat alone draws no note.
fn old() -> Context {
    Context { injury: Injury::Ago(hours(1000)), ..Context::default() }
}

fn ids(list: &[Exposure], context: &Context) -> Vec<&'static str> {
    let mut ids: Vec<_> = review(&steps(list), context).iter().map(|finding| finding.rule).collect();
    ids.dedup();
    ids
}

fn past(began: Duration, exposures: &[Exposure]) -> Past {
    Past { began, exposures: exposures.to_vec() }
}

fn after(sessions: Vec<Past>) -> Context {
    Context { past: sessions, ..old() }
}

/// Eight sessions of 20 min of cold, 2 h apart, the last one 2 h before the coming start.
fn eight_cold(first: Duration) -> Vec<Past> {
    let began = |index| first - index * hours(2);
    (0..8).map(|index| past(began(index), &[(Cold, minutes(20))])).collect()
}

#[test]
fn the_table_is_sorted_reasoned_and_sourced() {
    assert_eq!(RULES.len(), 19);
    assert!(RULES.is_sorted_by(|a, b| a.id < b.id), "sorted and unique");
    for rule in RULES {
        assert!(!rule.summary.is_empty() && !rule.because.is_empty(), "{}", rule.id);
        assert!(!rule.sources.is_empty(), "{}", rule.id);
        for key in rule.sources {
            assert!(*key == OURS || source::find(key).is_some(), "{}: {key}", rule.id);
        }
    }
}

#[test]
fn every_rule_is_tripped_alone_and_holds_one_second_inside() {
    let unknown = Context::default();
    let young = |age| Context { injury: Injury::Ago(age), ..Context::default() };
    let heat_daily = |began| {
        let two = [(Heat, minutes(20)), (Rest, minutes(20)), (Heat, minutes(20))];
        after(vec![past(began, &two), past(began - hours(3), &two), past(began - hours(6), &[(Heat, minutes(20))])])
    };
    let m = minutes;
    // Rule; a plan that trips exactly it; one just inside it.
    let table: Vec<(&str, Case, Case)> = vec![
        (
            "clock-behind",
            (vec![(Cold, m(15))], Context { record_ahead: m(2) + SECOND, ..old() }),
            (vec![(Cold, m(15))], Context { record_ahead: m(2), ..old() }),
        ),
        (
            "cold-daily",
            (vec![(Cold, m(20))], after(eight_cold(hours(24) - SECOND))),
            (vec![(Cold, m(20))], after(eight_cold(hours(24)))),
        ),
        ("cold-limit", (vec![(Cold, m(20) + SECOND)], old()), (vec![(Cold, m(20))], old())),
        ("cold-short", (vec![(Cold, m(10) - SECOND)], old()), (vec![(Cold, m(10))], old())),
        (
            "cold-spacing",
            (vec![(Cold, m(15))], after(vec![past(hours(2) - SECOND, &[(Cold, m(15))])])),
            (vec![(Cold, m(15))], after(vec![past(hours(2), &[(Cold, m(15))])])),
        ),
        ("early-heat", (vec![(Heat, m(20))], young(hours(72) - SECOND)), (vec![(Heat, m(20))], young(hours(72)))),
        (
            "heat-daily",
            (vec![(Heat, m(20)), (Rest, m(20)), (Heat, m(1))], heat_daily(hours(12))),
            (vec![(Heat, m(20))], heat_daily(hours(12))),
        ),
        (
            "heat-limit",
            (vec![(Heat, m(20)), (Rest, SECOND), (Heat, m(10) + SECOND)], old()),
            (vec![(Heat, m(20)), (Rest, SECOND), (Heat, m(10))], old()),
        ),
        ("heat-long", (vec![(Heat, m(20) + SECOND)], old()), (vec![(Heat, m(20))], old())),
        (
            "injury-future",
            (vec![(Heat, m(20))], Context { injury: Injury::Ahead(SECOND), ..Context::default() }),
            (vec![(Cold, m(20))], young(Duration::ZERO)),
        ),
        ("injury-unknown", (vec![(Heat, m(20))], unknown.clone()), (vec![(Cold, m(20))], unknown.clone())),
        (
            "long-pain",
            (vec![(Cold, m(15))], Context { days: 8, ..old() }),
            (vec![(Cold, m(15))], Context { days: 7, ..old() }),
        ),
        ("no-dose", (vec![(Rest, m(5))], old()), (vec![(Rest, m(5)), (Heat, SECOND)], old())),
        (
            "numb-heat",
            (vec![(Cold, m(10)), (Heat, m(10))], old()),
            (vec![(Cold, m(10)), (Rest, SECOND), (Heat, m(10))], old()),
        ),
        ("one-session", (vec![(Cold, m(15))], Context { running: true, ..old() }), (vec![(Cold, m(15))], old())),
        (
            "rewarm",
            (
                vec![(Heat, m(20)), (Rest, SECOND), (Heat, m(10))],
                after(vec![past(hours(1) - 2 * SECOND, &[(Heat, m(20))])]),
            ),
            (
                vec![(Heat, m(20)), (Rest, SECOND), (Heat, m(10))],
                after(vec![past(hours(1) - SECOND, &[(Heat, m(20))])]),
            ),
        ),
        (
            "session-limit",
            (vec![(Heat, m(20)), (Rest, m(130) + SECOND)], old()),
            (vec![(Heat, m(20)), (Rest, m(130))], old()),
        ),
        (
            "step-length",
            (vec![(Heat, m(20)), (Rest, Duration::from_millis(999))], old()),
            (vec![(Heat, m(20)), (Rest, SECOND)], old()),
        ),
        (
            "stretch-early",
            (vec![(Cold, m(20)), (Rest, m(30) - SECOND), (Stretch, m(5))], old()),
            (vec![(Cold, m(20)), (Rest, m(30)), (Stretch, m(5))], old()),
        ),
    ];
    assert_eq!(table.len(), RULES.len());
    for (rule, (trips, trips_in), (holds, holds_in)) in &table {
        assert_eq!(ids(trips, trips_in), [*rule], "{rule} trips alone");
        assert!(ids(holds, holds_in).is_empty(), "{rule} inside: {:?}", ids(holds, holds_in));
    }
}

#[test]
fn rewarm_names_the_wait_and_holds_from_then() {
    // 20 min of heat ended 20 min ago: 10 min left on the skin, 40 min to fade for a 30 min dose.
    let trips = after(vec![past(minutes(40), &[(Heat, minutes(20))])]);
    let plan = steps(&[(Heat, minutes(20)), (Rest, SECOND), (Heat, minutes(10))]);
    let findings = review(&plan, &trips);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule, "rewarm");
    let wait = findings[0].passes_after.expect("waiting helps");
    let later = |wait: Duration| after(vec![past(minutes(40) + wait, &[(Heat, minutes(20))])]);
    assert!(review(&plan, &later(wait)).is_empty());
    assert!(!review(&plan, &later(wait - Duration::from_nanos(1))).is_empty());
    // The point of the evidence: ice 20, and 20 min later ice 15, allowed 30 min after the first.
    let ice = after(vec![past(minutes(40), &[(Cold, minutes(20))])]);
    let finding = review(&steps(&[(Cold, minutes(15))]), &ice).remove(0);
    assert_eq!((finding.rule, finding.passes_after), ("rewarm", Some(minutes(10))));
    // And its other one: ice 12 stopped early, 1 min later ice 8.
    let early = after(vec![past(minutes(13), &[(Cold, minutes(12))])]);
    assert!(!refuses(&review(&steps(&[(Cold, minutes(8))]), &early), &[]));
}

#[test]
fn cold_daily_names_the_wait_and_holds_from_then() {
    let began = hours(18);
    let plan = steps(&[(Cold, minutes(20))]);
    let finding = review(&plan, &after(eight_cold(began))).remove(0);
    assert_eq!(finding.rule, "cold-daily");
    let wait = finding.passes_after.expect("waiting helps");
    // The window that ends with the new dose must have lost the first of the eight.
    assert_eq!(wait, hours(6));
    assert!(review(&plan, &after(eight_cold(began + wait))).is_empty());
}

#[test]
fn session_limits_are_all_told_in_one_finding() {
    let told = |plan: &[(StepKind, Duration)]| {
        let found = review(&steps(plan), &old()).into_iter().filter(|finding| finding.rule == "session-limit");
        found.map(|finding| finding.message).collect::<Vec<_>>()
    };
    let many = vec![(Rest, minutes(5)); 65];
    let message = "all steps together last 5h 25m instead of at most 2h 30m, 65 steps instead of at most 64";
    assert_eq!(told(&many), [message]);
    assert!(ids(&[vec![(Heat, SECOND)], vec![(Rest, SECOND); 63]].concat(), &old()).is_empty());
    // Four rounds of contrast: time, cold and heat are each too much.
    let four = [(Heat, minutes(20)), (Cold, minutes(20))].repeat(4);
    let message = "all steps together last 2h 40m instead of at most 2h 30m, \
                   all cold 1h 20m instead of at most 1h, all heat 1h 20m instead of at most 1h";
    assert_eq!(told(&four), [message]);
}

#[test]
fn a_protocol_that_switches_by_the_injury_is_refused_without_it() {
    let context = Context { injury_required: true, ..Context::default() };
    let findings = review(&steps(&[(Cold, minutes(15))]), &context);
    assert_eq!((findings[0].rule, findings[0].severity), ("injury-unknown", Severity::Refuse));
}

#[test]
fn only_what_is_named_and_may_be_overridden_is_overridden() {
    let findings =
        review(&steps(&[(Heat, minutes(20))]), &Context { injury: Injury::Ago(hours(1)), ..Context::default() });
    assert!(refuses(&findings, &[]));
    assert!(refuses(&findings, &["rewarm"]));
    assert!(!refuses(&findings, &["early-heat"]));
    let findings = review(&steps(&[(Cold, minutes(21))]), &old());
    assert!(refuses(&findings, &["cold-limit"]));
}

#[test]
fn stretching_is_early_after_yesterday_and_after_cold_of_an_earlier_session() {
    let young = Context { injury: Injury::Ago(hours(72) - SECOND), ..Context::default() };
    assert!(ids(&[(Stretch, minutes(5))], &young).contains(&"stretch-early"));
    let iced = after(vec![past(minutes(45), &[(Cold, minutes(20))])]);
    assert!(ids(&[(Stretch, minutes(5))], &iced).contains(&"stretch-early"));
    assert!(!ids(&[(Rest, minutes(5)), (Stretch, minutes(5))], &iced).contains(&"stretch-early"));
}

#[test]
fn absurd_lengths_are_refused_not_overflowed() {
    let forever = [(Cold, Duration::MAX), (Heat, Duration::MAX), (Rest, Duration::MAX)];
    assert!(refuses(&review(&steps(&forever), &old()), &[]));
}

#[test]
fn a_rule_is_found_by_its_name() {
    assert_eq!(find("cold-limit").map(|rule| rule.id), Some("cold-limit"));
    assert!(find("no-such-rule").is_none());
}

#[test]
fn later_everything_is_longer_ago_and_what_lies_ahead_comes_nearer() {
    let hour = hours(1);
    let now = Context {
        past: vec![past(hour, &[(Cold, minutes(10))])],
        record_ahead: minutes(90),
        days: 3,
        injury: Injury::Ahead(hour),
        ..Context::default()
    };
    let later = now.later(hour);
    assert_eq!((later.past[0].began, later.record_ahead, later.days), (hours(2), minutes(30), 3));
    assert_eq!(later.injury, Injury::Ago(Duration::ZERO));
    assert_eq!(now.later(minutes(20)).injury, Injury::Ahead(minutes(40)));
    assert_eq!(now.later(minutes(80)).injury, Injury::Ago(minutes(20)));
    assert_eq!(old().later(hour).injury, Injury::Ago(hours(1001)));
}

#[test]
fn a_finding_names_its_step_and_the_wait() {
    let one = |list: &[Exposure], context: &Context, rule| {
        let found = review(&steps(list), context).into_iter().find(|finding| finding.rule == rule);
        found.expect("the rule is tripped")
    };
    let long = one(&[(Rest, minutes(1)), (Cold, minutes(25))], &old(), "cold-limit");
    assert_eq!((long.step, long.passes_after), (Some(1), None));
    let young = Context { injury: Injury::Ago(hours(70)), ..Context::default() };
    let early = one(&[(Rest, minutes(1)), (Heat, minutes(5))], &young, "early-heat");
    assert_eq!((early.step, early.passes_after), (Some(1), Some(hours(2) - minutes(1))));
    let since = after(vec![past(minutes(20), &[(Cold, minutes(20))])]);
    let again = one(&[(Rest, minutes(1)), (Cold, minutes(10))], &since, "rewarm");
    assert_eq!(again.step, Some(1));
    assert!(again.message.contains("would reach 29m 30s"), "{}", again.message);
    let ahead = Context { record_ahead: hours(2), ..old() };
    let behind = one(&[(Rest, minutes(1))], &ahead, "clock-behind");
    assert_eq!(behind.passes_after, Some(hours(2) - CLOCK_BEHIND));
    assert!(behind.message.contains("2h"), "{}", behind.message);
}

#[test]
fn an_unknown_past_refuses_only_what_it_bears_on() {
    let unknown = Context { past_unknown: true, ..old() };
    assert_eq!(ids(&[(Rest, minutes(5))], &unknown), ["no-dose"]);
    assert_eq!(ids(&[(Heat, minutes(5))], &unknown), ["rewarm"]);
    assert_eq!(ids(&[(Cold, minutes(15))], &unknown), ["cold-daily", "rewarm"]);
}

#[test]
fn limits_of_a_step_and_of_a_stretch_are_inclusive() {
    assert!(!ids(&[(Rest, SESSION)], &old()).contains(&"step-length"));
    assert!(ids(&[(Rest, SESSION + SECOND)], &old()).contains(&"step-length"));
    let stretch = |rest| ids(&[(Cold, minutes(10)), (Rest, rest), (Stretch, minutes(5))], &old());
    assert!(!stretch(minutes(30)).contains(&"stretch-early"));
    assert!(stretch(minutes(30) - SECOND).contains(&"stretch-early"));
    let at = |age| ids(&[(Rest, minutes(1)), (Stretch, minutes(5))], &Context { injury: Injury::Ago(age), ..old() });
    assert!(!at(ACUTE - minutes(1)).contains(&"stretch-early"));
    assert!(at(ACUTE - minutes(1) - SECOND).contains(&"stretch-early"));
}
