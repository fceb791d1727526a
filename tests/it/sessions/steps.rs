//! The sequence of steps: announcements, steps skipped by the person, and steps skipped by a rule.

use std::time::Duration;

use therapy::domain::session::Input;

use super::check;
use crate::builder::{Build, START, duration, earlier, review, session, steps};

#[test]
fn an_undisturbed_session_runs_every_step() {
    check(
        "heat 20m, cold 20m",
        "",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:10:00 0:10:00 1 heat halfway
         0:19:00 0:19:00 1 heat soon over, then cold
         0:20:00 0:20:00 2 cold began for 20m
         0:30:00 0:30:00 2 cold halfway
         0:39:00 0:39:00 2 cold soon over, then the end
         0:40:00 0:40:00 2 cold completed: cold 20m, heat 20m
        ",
    );
}

#[test]
fn steps_without_a_pack_have_no_skin_check_and_announce_only_the_next_pack() {
    check(
        "rest 5m, stretch 5m, cold 5m, rest 5m",
        "",
        "
         0:00:00 0:00:00 1 rest started
         0:00:00 0:00:00 1 rest began for 5m
         0:05:00 0:05:00 2 stretch began for 5m
         0:09:00 0:09:00 2 stretch soon over, then cold
         0:10:00 0:10:00 3 cold began for 5m
         0:12:30 0:12:30 3 cold halfway
         0:14:00 0:14:00 3 cold soon over, then rest
         0:15:00 0:15:00 4 rest began for 5m
         0:20:00 0:20:00 4 rest completed: cold 5m, heat 0s
        ",
    );
}

#[test]
fn skip_ends_a_step_early() {
    check(
        "heat 20m, cold 20m, rest 5m",
        "5m skip; 10m skip",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:05:00 0:05:00 1 heat skipped
         0:05:00 0:05:00 2 cold began for 20m
         0:10:00 0:10:00 2 cold skipped
         0:10:00 0:10:00 3 rest began for 5m
         0:15:00 0:15:00 3 rest ended early: cold 5m, heat 5m
        ",
    );
}

#[test]
fn skin_counts_as_numb_for_less_than_half_an_hour() {
    let context = earlier(&steps("cold 10m"), START - duration("40m"));
    let (session, _) = Build::of(review(&steps("heat 10m"), &context).expect("only a warning")).start();
    let nanosecond = Duration::from_nanos(1);
    assert!(session.is_numb(START - nanosecond));
    assert!(!session.is_numb(START));
}

#[test]
fn a_step_that_is_over_has_no_room() {
    let (mut session, _) = session("cold 10m, rest 5m").confirm(true).start();
    let _ = session.handle(START + duration("10m"), Input::Pause);
    assert_eq!(session.room_to_extend(), Duration::ZERO);
    let _ = session.handle(START + duration("11m"), Input::Stop);
    assert_eq!(session.room_to_extend(), Duration::ZERO);
}

#[test]
fn a_skipped_rest_cuts_no_dose_short() {
    check(
        "rest 5m, heat 1m",
        "1m skip",
        "
         0:00:00 0:00:00 1 rest started
         0:00:00 0:00:00 1 rest began for 5m
         0:01:00 0:01:00 1 rest skipped
         0:01:00 0:01:00 2 heat began for 1m
         0:01:30 0:01:30 2 heat halfway
         0:02:00 0:02:00 2 heat completed: cold 0s, heat 1m
        ",
    );
}

#[test]
fn skip_in_a_pause_starts_the_next_step() {
    check(
        "heat 20m, cold 20m",
        "5m pause; 10m skip",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:05:00 0:05:00 1 heat paused
         0:10:00 0:05:00 1 heat resumed
         0:10:00 0:05:00 1 heat skipped
         0:10:00 0:05:00 2 cold began for 20m
         0:20:00 0:15:00 2 cold halfway
         0:29:00 0:24:00 2 cold soon over, then the end
         0:30:00 0:25:00 2 cold ended early: cold 20m, heat 5m
        ",
    );
}

#[test]
fn skipping_every_step_completes_the_session() {
    check(
        "heat 20m, cold 20m",
        "1m skip; 2m skip; 3m skip",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:01:00 0:01:00 1 heat skipped
         0:01:00 0:01:00 2 cold began for 20m
         0:02:00 0:02:00 2 cold skipped
         0:02:00 0:02:00 2 cold ended early: cold 1m, heat 1m
        ",
    );
}

#[test]
fn skipping_a_rest_shortens_a_later_step_to_its_limit() {
    check(
        "heat 20m, cold 10m, heat 20m",
        "22m skip",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:10:00 0:10:00 1 heat halfway
         0:19:00 0:19:00 1 heat soon over, then cold
         0:20:00 0:20:00 2 cold began for 10m
         0:22:00 0:22:00 2 cold skipped
         0:22:00 0:22:00 3 heat began for 12m
         0:28:00 0:28:00 3 heat halfway
         0:33:00 0:33:00 3 heat soon over, then the end
         0:34:00 0:34:00 3 heat ended early: cold 2m, heat 32m
        ",
    );
}

#[test]
fn skipping_a_rest_skips_a_later_step_without_room() {
    check(
        "cold 20m, heat 20m, cold 20m, rest 5m",
        "20m skip",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 20m
         0:10:00 0:10:00 1 cold halfway
         0:19:00 0:19:00 1 cold soon over, then heat
         0:20:00 0:20:00 2 heat began for 20m
         0:20:00 0:20:00 2 heat skipped
         0:20:00 0:20:00 3 cold left out by cold-limit
         0:20:00 0:20:00 4 rest began for 5m
         0:25:00 0:25:00 4 rest ended early: cold 20m, heat 0s
        ",
    );
}

#[test]
fn a_session_is_completed_when_a_rule_skips_its_last_step() {
    check(
        "cold 20m, heat 20m, cold 20m",
        "20m skip",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 20m
         0:10:00 0:10:00 1 cold halfway
         0:19:00 0:19:00 1 cold soon over, then heat
         0:20:00 0:20:00 2 heat began for 20m
         0:20:00 0:20:00 2 heat skipped
         0:20:00 0:20:00 3 cold left out by cold-limit
         0:20:00 0:20:00 3 cold ended early: cold 20m, heat 0s
        ",
    );
}

#[test]
fn a_step_runs_when_one_second_of_room_is_left() {
    check(
        "cold 20m, heat 20m, cold 20m",
        "20m1s skip",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 20m
         0:10:00 0:10:00 1 cold halfway
         0:19:00 0:19:00 1 cold soon over, then heat
         0:20:00 0:20:00 2 heat began for 20m
         0:20:01 0:20:01 2 heat skipped
         0:20:01 0:20:01 3 cold began for 1s
         0:20:01.500 0:20:01.500 3 cold halfway
         0:20:02 0:20:02 3 cold ended early: cold 20m 1s, heat 1s
        ",
    );
}

#[test]
fn a_step_is_skipped_when_less_than_a_second_of_room_is_left() {
    check(
        "cold 20m, heat 20m, cold 20m, heat 20m, cold 20m",
        "20m999ms skip; 20m999ms look; 30m skip",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 20m
         0:10:00 0:10:00 1 cold halfway
         0:19:00 0:19:00 1 cold soon over, then heat
         0:20:00 0:20:00 2 heat began for 20m
         0:20:00.999 0:20:00.999 2 heat skipped
         0:20:00.999 0:20:00.999 3 cold left out by cold-limit
         0:20:00.999 0:20:00.999 4 heat began for 20m
         0:20:00.999 0:20:00.999 4 look: cold 19m 59s 1ms, heat 999ms
         0:30:00 0:30:00 4 heat skipped
         0:30:00 0:30:00 5 cold began for 10m
         0:35:00 0:35:00 5 cold halfway
         0:39:00 0:39:00 5 cold soon over, then the end
         0:40:00 0:40:00 5 cold ended early: cold 30m, heat 10m
        ",
    );
}

#[test]
fn the_session_limit_skips_a_step_even_when_the_skin_has_room() {
    check(
        "cold 20m, heat 20m, cold 20m",
        "10m stall 50m; 1h pause; 4h resume",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 20m
         1:00:00 1:00:00 1 cold overran 40m
         1:00:00 1:00:00 1 cold paused
         4:00:00 1:00:00 1 cold resumed
         4:00:00 1:00:00 2 heat began for 20m
         4:10:00 1:10:00 2 heat halfway
         4:19:00 1:19:00 2 heat soon over, then the end
         4:20:00 1:20:00 3 cold left out by session-limit
         4:20:00 1:20:00 3 cold completed: cold 1h, heat 20m
        ",
    );
}
