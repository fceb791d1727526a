//! Steps that are held at their end for an answer, and skipped steps that return.

use std::time::Duration;

use therapy::domain::course::replay;
use therapy::domain::protocol::Protocol;
use therapy::domain::rules::Context;
use therapy::domain::session::{EventKind, Input, Session, SessionOptions};
use therapy::domain::step::Modality;

use super::check;
use crate::builder::{START, review, steps};

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn heat_then_cold() -> Protocol {
    review(&steps("heat 10m, cold 10m"), &Context::default()).expect("it passes")
}

#[test]
fn with_confirm_every_change_waits_while_the_dose_grows() {
    check(
        "heat 10m, cold 10m",
        "confirm; 11m10s look; 11m10s confirm; 22m confirm",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 10m
         0:05:00 0:05:00 1 heat halfway
         0:09:00 0:09:00 1 heat soon over, then cold
         0:10:00 0:10:00 1 heat overran 0s
         0:10:30 0:10:30 1 heat overran 30s
         0:11:00 0:11:00 1 heat overran 1m
         0:11:10 0:11:10 1 heat confirmed
         0:11:10 0:11:10 2 cold began for 10m
         0:11:10 0:11:10 2 look: cold 0s, heat 11m 10s
         0:16:10 0:16:10 2 cold halfway
         0:20:10 0:20:10 2 cold soon over, then the end
         0:21:10 0:21:10 2 cold overran 0s
         0:21:40 0:21:40 2 cold overran 30s
         0:22:00 0:22:00 2 cold confirmed
         0:22:00 0:22:00 2 cold completed: cold 10m 50s, heat 11m 10s
        ",
    );
}

#[test]
fn with_confirm_the_last_step_waits_too() {
    check(
        "cold 5m",
        "confirm; 5m45s confirm",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 5m
         0:02:30 0:02:30 1 cold halfway
         0:04:00 0:04:00 1 cold soon over, then the end
         0:05:00 0:05:00 1 cold overran 0s
         0:05:30 0:05:30 1 cold overran 30s
         0:05:45 0:05:45 1 cold confirmed
         0:05:45 0:05:45 1 cold completed: cold 5m 45s, heat 0s
        ",
    );
}

#[test]
fn skip_and_resume_answer_a_hold_too() {
    check(
        "rest 1m, stretch 1m, rest 1m",
        "confirm; 1m10s skip; 2m20s resume; 3m40s confirm",
        "
         0:00:00 0:00:00 1 rest started
         0:00:00 0:00:00 1 rest began for 1m
         0:01:00 0:01:00 1 rest overran 0s
         0:01:10 0:01:10 1 rest confirmed
         0:01:10 0:01:10 2 stretch began for 1m
         0:02:10 0:02:10 2 stretch overran 0s
         0:02:20 0:02:20 2 stretch confirmed
         0:02:20 0:02:20 3 rest began for 1m
         0:03:20 0:03:20 3 rest overran 0s
         0:03:40 0:03:40 3 rest confirmed
         0:03:40 0:03:40 3 rest completed: cold 0s, heat 0s
        ",
    );
}

#[test]
fn a_dose_that_grows_during_a_hold_shortens_later_steps() {
    check(
        "cold 10m, rest 10m, cold 10m",
        "confirm; 10m10s stall 7m50s; 18m confirm; 28m confirm; 35m confirm",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:05:00 0:05:00 1 cold halfway
         0:09:00 0:09:00 1 cold soon over, then rest
         0:10:00 0:10:00 1 cold overran 0s
         0:18:00 0:18:00 1 cold overran 8m
         0:18:00 0:18:00 1 cold confirmed
         0:18:00 0:18:00 2 rest began for 10m
         0:27:00 0:27:00 2 rest soon over, then cold
         0:28:00 0:28:00 2 rest overran 0s
         0:28:00 0:28:00 2 rest confirmed
         0:28:00 0:28:00 3 cold began for 7m
         0:31:30 0:31:30 3 cold halfway
         0:34:00 0:34:00 3 cold soon over, then the end
         0:35:00 0:35:00 3 cold overran 0s
         0:35:00 0:35:00 3 cold confirmed
         0:35:00 0:35:00 3 cold completed: cold 25m, heat 0s
        ",
    );
}

#[test]
fn a_step_that_returns_after_a_pause_is_announced() {
    check(
        "cold 20m, heat 20m, cold 20m",
        "10m stall 35m; 45m confirm; 50m pause; 3h resume",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 20m
         0:45:00 0:45:00 1 cold overran 25m
         0:45:00 0:45:00 1 cold confirmed
         0:45:00 0:45:00 2 heat began for 20m
         0:50:00 0:50:00 2 heat paused
         3:00:00 0:50:00 2 heat resumed
         3:05:00 0:55:00 2 heat halfway
         3:14:00 1:04:00 2 heat soon over, then cold
         3:15:00 1:05:00 3 cold began for 15m
         3:22:30 1:12:30 3 cold halfway
         3:29:00 1:19:00 3 cold soon over, then the end
         3:30:00 1:20:00 3 cold completed: cold 1h, heat 20m
        ",
    );
}

#[test]
fn a_step_that_returns_in_the_last_minute_is_not_announced() {
    check(
        "cold 10m, rest 5m, cold 10m",
        "5m stall 35m; 40m confirm; 44m30s pause; 2h resume",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:40:00 0:40:00 1 cold overran 30m
         0:40:00 0:40:00 1 cold confirmed
         0:40:00 0:40:00 2 rest began for 5m
         0:44:30 0:44:30 2 rest paused
         2:00:00 0:44:30 2 rest resumed
         2:00:30 0:45:00 3 cold began for 10m
         2:05:30 0:50:00 3 cold halfway
         2:09:30 0:54:00 3 cold soon over, then the end
         2:10:30 0:55:00 3 cold completed: cold 50m, heat 0s
        ",
    );
}

#[test]
fn a_step_that_returns_after_an_extension_is_announced() {
    check(
        "cold 10m, rest 5m, cold 10m",
        "5m stall 20m; 25m confirm; 26m extend 20m",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:25:00 0:25:00 1 cold overran 15m
         0:25:00 0:25:00 1 cold confirmed
         0:25:00 0:25:00 2 rest began for 5m
         0:26:00 0:26:00 2 rest extended 20m
         0:49:00 0:49:00 2 rest soon over, then cold
         0:50:00 0:50:00 3 cold began for 7m 30s
         0:53:45 0:53:45 3 cold halfway
         0:56:30 0:56:30 3 cold soon over, then the end
         0:57:30 0:57:30 3 cold completed: cold 32m 30s, heat 0s
        ",
    );
}

/// The pack counts as on until the answer, which takes it off and begins nothing.
#[test]
fn a_hold_before_a_refused_dose_ends_in_a_pause() {
    for answer in [Input::Confirm, Input::Skip, Input::Resume, Input::Pause, Input::Toggle] {
        let (mut session, mut events) = Session::start(&heat_then_cold(), SessionOptions::default(), START);
        assert!(!session.begins_dose_by(START + minutes(9)) && session.begins_dose_by(START + minutes(10)));
        events.extend(session.hold(START + minutes(10)));
        assert!(session.is_held() && session.is_refused());
        assert!(!session.goes_on_with(answer), "it takes the pack off");
        events.extend(session.advance(START + minutes(12)));
        events.extend(session.handle(START + minutes(13), answer));
        assert!(session.is_paused() && !session.is_refused(), "{answer:?}");
        assert_eq!(session.dose(Modality::Heat), minutes(13));
        events.extend(session.handle(START + minutes(20), Input::Resume));
        assert_eq!((session.index(), session.is_paused()), (1, false));
        for cut in 1..=events.len() {
            let (replayed, unseen) =
                replay(&heat_then_cold(), SessionOptions::default(), &events[..cut]).expect("a start");
            let known = [&events[..cut], &unseen].concat();
            assert!(events.starts_with(&known), "{cut}: {unseen:?}");
            let is_held = matches!(known.last().expect("an event").kind, EventKind::Overran { .. });
            assert_eq!((replayed.is_held(), replayed.is_refused()), (is_held, is_held), "{cut}");
        }
    }
}

/// A step that holds since a leap of the time of day reaches its end at a reminder.
#[test]
fn a_step_that_held_before_its_end_is_not_refused() {
    let options = SessionOptions::default();
    let (mut session, mut events) = Session::start(&heat_then_cold(), options, START);
    events.extend(session.handle(START + minutes(9), Input::Leap(minutes(60))));
    for seconds in [570, 600] {
        events.extend(session.advance(START + Duration::from_secs(seconds)));
    }
    assert!(events.iter().any(|event| event.kind == EventKind::Overran { over: Duration::ZERO }), "{events:?}");
    let (replayed, unseen) = replay(&heat_then_cold(), options, &events).expect("a start");
    assert!(unseen.is_empty() && replayed.is_held() && !replayed.is_refused());
    assert_eq!(format!("{replayed:?}"), format!("{session:?}"));
}

#[test]
fn a_step_that_waits_for_the_person_anyway_is_not_refused() {
    let options = SessionOptions { confirm: true, ..SessionOptions::default() };
    let (mut session, mut events) = Session::start(&heat_then_cold(), options, START);
    assert!(!session.begins_dose_by(START + minutes(10)));
    events.extend(session.advance(START + minutes(10)));
    let (mut replayed, _) = replay(&heat_then_cold(), options, &events).expect("a start");
    assert!(replayed.is_held() && !replayed.is_refused());
    let _ = replayed.handle(START + minutes(11), Input::Confirm);
    assert_eq!((replayed.index(), replayed.is_paused()), (1, false));
}
