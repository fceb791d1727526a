//! The cold of a day inside a session.

use therapy::domain::course::replay;
use therapy::domain::dose::Dose;
use therapy::domain::exposure::Exposure;
use therapy::domain::protocol::{Choice, Draft};
use therapy::domain::rules::{Context, RuleId};
use therapy::domain::session::{EventKind, Moment};

use crate::builder::{Build, Options, START, duration, earlier, steps};

/// What becomes of the steps of a session that begins after these earlier steps: the lengths at which they begin, and the
/// rules that leave one out.
fn play(earlier_steps: &str, ago: &str, now: (&str, &str), overrides: &[RuleId]) -> Vec<String> {
    play_after(&before(&steps(earlier_steps), ago), now, overrides)
}

/// The context two days after [`START`], so that a day before it can be said.
fn before(day: &[Exposure], ago: &str) -> Context {
    let now = START + duration("48h");
    Context { now, ..earlier(day, now - duration(ago)) }
}

fn play_after(context: &Context, (session, script): (&str, &str), overrides: &[RuleId]) -> Vec<String> {
    let (script, confirm) = script.strip_prefix("confirm; ").map_or((script, false), |script| (script, true));
    let protocol = Draft::of("test", &steps(session)).review(Choice::default(), context, overrides);
    let protocol = protocol.expect("the plan passes");
    let (_, log) = Build::of(protocol).confirm(confirm).at(context.now).play(script);
    let what = log.iter().filter_map(|event| match event.kind {
        EventKind::StepBegan { length } => Some(humantime::format_duration(length).to_string()),
        EventKind::Skipped { by_rule: Some(rule) } => Some(rule.to_string()),
        EventKind::Extended { by, by_rule: Some(rule) } => Some(format!("+{} {rule}", humantime::format_duration(by))),
        _ => None,
    });
    what.collect()
}

/// 140 min, 10 h ago.
const COLD_140: (&str, &str) = ("cold 140m", "12h 20m");
const TWICE: &str = "heat 10m, cold 10m, heat 10m, cold 10m";

#[test]
fn cold_that_stayed_on_longer_shortens_later_cold_of_the_day() {
    let (before, ago) = COLD_140;
    let told = |script: &str| play(before, ago, (TWICE, script), &[RuleId::Rewarm]);
    assert_eq!(told("50m stop"), ["10m", "10m", "10m", "10m"]);
    // The lid was closed for 10 min more: 160 min are reached.
    assert_eq!(told("12m stall 18m; 30m confirm; 50m stop"), ["10m", "10m", "10m", "cold-daily"]);
    // Each change waits, and the first cold waits 4 min.
    let held = "confirm; 10m confirm; 24m confirm; 34m confirm; 50m confirm";
    assert_eq!(told(held), ["10m", "10m", "10m", "6m"]);
    // A hold that ends with a pause takes the pack off.
    assert_eq!(told("confirm; 10m confirm; 22m pause; 25m resume; 35m confirm"), ["10m", "10m", "10m", "8m"]);
    // Less than a second would be left.
    assert_eq!(told("confirm; 10m confirm; 29m59s500ms confirm; 50m confirm"), ["10m", "10m", "10m", "cold-daily"]);
}

#[test]
fn what_a_person_overrode_stays_overridden() {
    let (before, ago) = ("cold 155m", "12h");
    let both = [RuleId::ColdDaily, RuleId::Rewarm];
    let held = "confirm; 10m confirm; 24m confirm; 34m confirm; 35m extend 4m; 50m confirm";
    assert_eq!(play(before, ago, (TWICE, held), &both), ["10m", "10m", "10m", "10m"]);
    // The other limits still hold.
    let longer = "confirm; 10m confirm; 24m confirm; 34m confirm; 35m extend 20m";
    assert_eq!(play(before, ago, (TWICE, longer), &both), ["10m", "10m", "10m", "10m", "+6m cold-limit"]);
    // One that is overridden without need stays so too.
    let (before, ago) = COLD_140;
    let slept = "12m stall 18m; 30m confirm; 50m stop";
    assert_eq!(play(before, ago, (TWICE, slept), &both), ["10m", "10m", "10m", "10m"]);
}

#[test]
fn the_limit_of_heat_in_a_day_only_warns() {
    let slept = "12m stall 18m; 30m confirm; 45m stop";
    let twice = "cold 10m, heat 10m, cold 10m, heat 10m";
    assert_eq!(play("heat 110m", "12h", (twice, slept), &[RuleId::Rewarm]), ["10m", "10m", "10m", "10m"]);
}

/// A plan that repeats yesterday's at the same time passes the review, and is not shortened when it runs.
#[test]
fn cold_that_leaves_the_day_meanwhile_makes_room() {
    let day = [&steps("cold 20m, rest 160m").repeat(7)[..], &steps("cold 20m")].concat();
    let context = |ago: &str| before(&day, ago);
    assert_eq!(play_after(&context("24h"), ("cold 20m", "30m stop"), &[]), ["20m"]);
    let twice = ("cold 10m, rest 5m, cold 10m", "30m stop");
    assert_eq!(play_after(&context("24h"), twice, &[]), ["10m", "5m", "10m"]);
    // It sleeps 3 min: the first of yesterday's 20 min is over meanwhile, and the last 5 min are of now.
    let slept = ("cold 10m, rest 5m, cold 10m", "9m stall 4m; 13m confirm; 40m stop");
    assert_eq!(play_after(&context("24h"), slept, &[]), ["10m", "5m", "7m"]);
    // An extension may use what leaves too.
    let longer = ("cold 10m", "5m extend 5m; 6m extend 6m; 30m stop");
    assert_eq!(play_after(&context("24h"), longer, &[]), ["10m", "+5m cold-limit"]);
}

/// An extension leaves the steps that follow their part of the day.
#[test]
fn an_extension_keeps_the_day_for_later_steps() {
    let (before, ago) = ("cold 138m", "12h 18m");
    let longer = (TWICE, "12m extend 5m; 60m stop");
    assert_eq!(play(before, ago, longer, &[RuleId::Rewarm]), ["10m", "10m", "+2m cold-daily", "10m", "10m"]);
}

#[test]
fn a_step_that_was_left_out_returns_when_the_day_has_room_again() {
    let day = [&steps("cold 20m, rest 160m").repeat(6)[..], &steps("cold 20m")].concat();
    let slept = "9m stall 11m; 20m confirm; 80m stop";
    let of = |script: &str| play_after(&before(&day, "23h"), ("cold 10m, heat 20m, cold 10m", script), &[]);
    assert_eq!(of(slept), ["10m", "20m", "cold-daily"]);
    assert_eq!(of("9m stall 11m; 20m confirm; 30m pause; 75m resume; 90m stop"), ["10m", "20m", "10m"]);
}

/// Doses of another boot are placed by the time of day, and a record that is replayed is still the session that it was.
#[test]
fn a_record_is_the_same_session_when_earlier_doses_have_moved() {
    let day = [&steps("cold 20m, rest 160m").repeat(7)[..], &steps("cold 20m")].concat();
    let context = before(&day, "24h");
    let reviewed = |context: &Context| {
        let draft = Draft::of("test", &steps("cold 5m, rest 5m, cold 5m"));
        draft.review(Choice::default(), context, &[RuleId::ColdDaily]).expect("it passes").overriding(Vec::new())
    };
    let script = "2m extend 2m; 11m stall 8m; 19m confirm; 20m pause";
    let (live, log) = Build::of(reviewed(&context)).at(context.now).play(script);
    assert!(log.iter().any(|event| event.kind == EventKind::Extended { by: duration("2m"), by_rule: None }), "{log:?}");
    assert_eq!((live.index(), live.is_paused()), (2, true), "the second cold, in a pause");
    for (moved, later) in [("1ms", true), ("1ms", false), ("3h", true), ("3h", false)] {
        let by = duration(moved);
        let place = |at: Moment| if later { at + by } else { at - by };
        let doses = context.doses.iter().map(|dose| Dose { from: place(dose.from), to: place(dose.to), ..*dose });
        let protocol = reviewed(&Context { doses: doses.collect(), ..context.clone() });
        let (again, unseen) = replay(&protocol, Options::default(), &log).expect("it has a start");
        assert!(unseen.is_empty(), "{unseen:?}");
        assert_eq!((again.index(), again.is_paused(), again.end()), (2, true, live.end()), "{moved} {later}");
    }
}
