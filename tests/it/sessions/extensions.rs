//! Extensions of steps.

use std::time::Duration;

use therapy::domain::protocol::{Choice, Draft, Part, Range};
use therapy::domain::rules::{Context, RuleId};
use therapy::domain::session::{EventKind, Input};
use therapy::text::wording;

use super::check;
use crate::builder::{Build, START, duration, earlier, review, session, steps};

#[test]
fn an_extension_is_granted_if_there_is_room() {
    check(
        "heat 20m, cold 10m",
        "5m extend 5m",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:05:00 0:05:00 1 heat extended 5m
         0:12:30 0:12:30 1 heat halfway
         0:24:00 0:24:00 1 heat soon over, then cold
         0:25:00 0:25:00 2 cold began for 10m
         0:30:00 0:30:00 2 cold halfway
         0:34:00 0:34:00 2 cold soon over, then the end
         0:35:00 0:35:00 2 cold completed: cold 10m, heat 25m
        ",
    );
}

#[test]
fn an_extension_is_shortened_to_the_limit() {
    check(
        "cold 15m",
        "5m extend 10m",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 15m
         0:05:00 0:05:00 1 cold extended 5m by cold-limit
         0:10:00 0:10:00 1 cold halfway
         0:19:00 0:19:00 1 cold soon over, then the end
         0:20:00 0:20:00 1 cold completed: cold 20m, heat 0s
        ",
    );
}

#[test]
fn an_extension_without_room_is_refused() {
    check(
        "cold 20m",
        "5m extend 1m",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 20m
         0:05:00 0:05:00 1 cold extended 0s by cold-limit
         0:10:00 0:10:00 1 cold halfway
         0:19:00 0:19:00 1 cold soon over, then the end
         0:20:00 0:20:00 1 cold completed: cold 20m, heat 0s
        ",
    );
}

#[test]
fn an_extension_keeps_room_for_later_steps() {
    check(
        "cold 10m, rest 10m, cold 10m",
        "5m extend 10m",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:05:00 0:05:00 1 cold halfway
         0:05:00 0:05:00 1 cold extended 5m by cold-limit
         0:14:00 0:14:00 1 cold soon over, then rest
         0:15:00 0:15:00 2 rest began for 10m
         0:24:00 0:24:00 2 rest soon over, then cold
         0:25:00 0:25:00 3 cold began for 10m
         0:30:00 0:30:00 3 cold halfway
         0:34:00 0:34:00 3 cold soon over, then the end
         0:35:00 0:35:00 3 cold completed: cold 25m, heat 0s
        ",
    );
}

#[test]
fn an_extension_of_a_rest_ends_at_the_session_limit() {
    check(
        "rest 2h",
        "1h extend 1h; 1h1m extend 1s",
        "
         0:00:00 0:00:00 1 rest started
         0:00:00 0:00:00 1 rest began for 2h
         1:00:00 1:00:00 1 rest extended 30m by session-limit
         1:01:00 1:01:00 1 rest extended 0s by session-limit
         2:30:00 2:30:00 1 rest completed: cold 0s, heat 0s
        ",
    );
}

#[test]
fn an_extension_stays_within_the_dose_of_a_session() {
    check(
        "heat 20m, cold 20m, heat 20m, cold 20m, heat 20m, cold 20m",
        "5m extend 5m; 6m stop",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:05:00 0:05:00 1 heat extended 0s by session-limit
         0:06:00 0:06:00 1 heat stopped: cold 0s, heat 6m
        ",
    );
}

/// Doses of the last 24 h limit an extension like a new session.
#[test]
fn an_extension_stays_within_the_cold_of_a_day() {
    let day = [&steps("cold 20m, rest 160m").repeat(7)[..], &steps("cold 5m, rest 115m")].concat();
    let context = earlier(&day, START - duration("23h"));
    let extended = |ago: &str| {
        let context = Context { now: START + duration(ago), ..context.clone() };
        let protocol = review(&steps("cold 10m"), &context).expect("145 min and 10 min");
        let (mut session, _) = Build::of(protocol).at(context.now).start();
        let by = duration("15m");
        let events = session.handle(context.now + duration("5m"), Input::Extend(by));
        events.last().expect("an answer").kind
    };
    assert_eq!(extended("0s"), EventKind::Extended { by: duration("5m"), by_rule: Some(RuleId::ColdDaily) });
    // An hour later, the first dose is more than a day ago.
    assert_eq!(extended("1h 30m"), EventKind::Extended { by: duration("10m"), by_rule: Some(RuleId::ColdLimit) });
}

/// The file of a protocol may allow less than the rules do.
#[test]
fn an_extension_stays_within_the_stated_length_of_its_step() {
    let extended = |range: Option<(&str, &str)>, by: &str| {
        let mut draft = Draft::of("mine", &steps("cold 5m, rest 2m"));
        if let Some((min, max)) = range {
            let Part::Step(step) = &mut draft.parts[0] else { panic!("a step") };
            step.length = Range { default: duration("5m"), min: duration(min), max: duration(max), stated: true };
        }
        let protocol = draft.review(Choice::default(), &Context::default(), &[]).expect("no rule refuses it");
        let (mut session, _) = Build::of(protocol).start();
        let event = *session.handle(START + duration("1m"), Input::Extend(duration(by))).last().expect("an answer");
        let EventKind::Extended { by, by_rule } = event.kind else { panic!("{event:?}") };
        (by, by_rule, wording::of(&event, &session, false).headline)
    };
    let none = "Cannot be longer: this protocol allows at most 5 min".to_owned();
    assert_eq!(extended(Some(("5m", "5m")), "10m"), (Duration::ZERO, None, none.clone()));
    assert_eq!(extended(Some(("1m", "5m")), "1m"), (Duration::ZERO, None, none));
    let most = "3 min longer, the most that this protocol allows: 8 min".to_owned();
    assert_eq!(extended(Some(("5m", "8m")), "10m"), (duration("3m"), None, most));
    assert_eq!(extended(Some(("5m", "8m")), "2m"), (duration("2m"), None, "2 min longer".to_owned()));
    // A length alone binds nobody; a rule that allows no more than the file is named.
    assert_eq!(extended(None, "10m"), (duration("10m"), None, "10 min longer".to_owned()));
    for range in [None, Some(("5m", "20m"))] {
        assert_eq!(extended(range, "20m").1, Some(RuleId::ColdLimit));
    }
}

#[test]
fn an_extension_announces_the_end_again() {
    check(
        "heat 5m, rest 2m",
        "4m30s extend 5m",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 5m
         0:02:30 0:02:30 1 heat halfway
         0:04:00 0:04:00 1 heat soon over, then rest
         0:04:30 0:04:30 1 heat extended 5m
         0:09:00 0:09:00 1 heat soon over, then rest
         0:10:00 0:10:00 2 rest began for 2m
         0:12:00 0:12:00 2 rest completed: cold 0s, heat 10m
        ",
    );
}

#[test]
fn an_extension_by_less_than_the_announcement_does_not_announce_again() {
    check(
        "heat 5m",
        "4m30s extend 20s",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 5m
         0:02:30 0:02:30 1 heat halfway
         0:04:00 0:04:00 1 heat soon over, then the end
         0:04:30 0:04:30 1 heat extended 20s
         0:05:20 0:05:20 1 heat completed: cold 0s, heat 5m 20s
        ",
    );
}

#[test]
fn an_extension_in_a_pause_includes_the_recovery() {
    check(
        "cold 20m",
        "10m pause; 20m extend 5m; 20m resume",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 20m
         0:10:00 0:10:00 1 cold halfway
         0:10:00 0:10:00 1 cold paused
         0:20:00 0:10:00 1 cold extended 5m
         0:20:00 0:10:00 1 cold resumed
         0:34:00 0:24:00 1 cold soon over, then the end
         0:35:00 0:25:00 1 cold completed: cold 25m, heat 0s
        ",
    );
}

#[test]
fn an_extension_at_a_hold_counts_from_the_answer() {
    check(
        "cold 10m, rest 5m",
        "confirm; 11m extend 5m; 16m5s confirm; 21m5s confirm",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:05:00 0:05:00 1 cold halfway
         0:09:00 0:09:00 1 cold soon over, then rest
         0:10:00 0:10:00 1 cold overran 0s
         0:10:30 0:10:30 1 cold overran 30s
         0:11:00 0:11:00 1 cold overran 1m
         0:11:00 0:11:00 1 cold extended 5m
         0:15:00 0:15:00 1 cold soon over, then rest
         0:16:00 0:16:00 1 cold overran 0s
         0:16:05 0:16:05 1 cold confirmed
         0:16:05 0:16:05 2 rest began for 5m
         0:21:05 0:21:05 2 rest overran 0s
         0:21:05 0:21:05 2 rest confirmed
         0:21:05 0:21:05 2 rest completed: cold 16m 5s, heat 0s
        ",
    );
}

#[test]
fn an_extension_at_a_hold_is_shortened_to_the_limit() {
    check(
        "cold 10m, rest 5m",
        "5m stall 10m; 15m10s extend 10m",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:15:00 0:15:00 1 cold overran 5m
         0:15:10 0:15:10 1 cold extended 4m 50s by cold-limit
         0:19:00 0:19:00 1 cold soon over, then rest
         0:20:00 0:20:00 2 rest began for 5m
         0:25:00 0:25:00 2 rest completed: cold 20m, heat 0s
        ",
    );
}

#[test]
fn an_extension_at_a_hold_without_room_keeps_the_hold() {
    check(
        "cold 10m, rest 5m",
        "5m stall 20m; 25m10s extend 1m; 25m40s confirm",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:25:00 0:25:00 1 cold overran 15m
         0:25:10 0:25:10 1 cold extended 0s by cold-limit
         0:25:30 0:25:30 1 cold overran 15m 30s
         0:25:40 0:25:40 1 cold confirmed
         0:25:40 0:25:40 2 rest began for 5m
         0:30:40 0:30:40 2 rest completed: cold 25m 40s, heat 0s
        ",
    );
}

/// Only planned doses of the same kind count towards the dose of the session.
#[test]
fn an_extension_counts_planned_doses_of_its_kind_towards_the_session() {
    let steps = "cold 5m, heat 20m, cold 20m, heat 20m, cold 20m, heat 20m, cold 10m";
    let (_, events) = session(steps).play("1m extend 10m");
    let granted = EventKind::Extended { by: duration("5m"), by_rule: Some(RuleId::SessionLimit) };
    assert_eq!(events.last().map(|event| event.kind), Some(granted));
}
