//! Machines that sleep or wake late.

use super::check;

#[test]
fn a_sleep_inside_a_step_changes_nothing() {
    check(
        "heat 20m, cold 20m",
        "3m stall 16m30s",
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
fn a_sleep_past_the_end_of_a_step_holds_it_until_the_person_answers() {
    check(
        "heat 20m, cold 20m",
        "19m stall 6m; 26m10s confirm",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:10:00 0:10:00 1 heat halfway
         0:25:00 0:25:00 1 heat overran 5m
         0:25:30 0:25:30 1 heat overran 5m 30s
         0:26:00 0:26:00 1 heat overran 6m
         0:26:10 0:26:10 1 heat confirmed
         0:26:10 0:26:10 2 cold began for 20m
         0:36:10 0:36:10 2 cold halfway
         0:45:10 0:45:10 2 cold soon over, then the end
         0:46:10 0:46:10 2 cold completed: cold 20m, heat 26m 10s
        ",
    );
}

#[test]
fn a_sleep_through_the_whole_session_starts_no_other_step() {
    check(
        "heat 20m, cold 20m, rest 5m",
        "5m stall 3h; 3h5m20s confirm",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         3:05:00 3:05:00 1 heat overran 2h 45m
         3:05:20 3:05:20 1 heat confirmed
         3:05:20 3:05:20 2 cold began for 20m
         3:15:20 3:15:20 2 cold halfway
         3:24:20 3:24:20 2 cold soon over, then rest
         3:25:20 3:25:20 3 rest began for 5m
         3:30:20 3:30:20 3 rest completed: cold 20m, heat 3h 5m 20s
        ",
    );
}

#[test]
fn a_sleep_past_the_end_of_the_last_step_ends_the_session() {
    check(
        "heat 20m, cold 20m",
        "35m stall 3h",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:10:00 0:10:00 1 heat halfway
         0:19:00 0:19:00 1 heat soon over, then cold
         0:20:00 0:20:00 2 cold began for 20m
         0:30:00 0:30:00 2 cold halfway
         3:35:00 3:35:00 2 cold overran 2h 55m
         3:35:00 3:35:00 2 cold completed: cold 3h 15m, heat 20m
        ",
    );
}

#[test]
fn with_confirm_a_sleep_past_the_last_step_waits_for_the_person() {
    check(
        "cold 10m",
        "confirm; 5m stall 10m; 15m10s confirm",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:15:00 0:15:00 1 cold overran 5m
         0:15:10 0:15:10 1 cold confirmed
         0:15:10 0:15:10 1 cold completed: cold 15m 10s, heat 0s
        ",
    );
}

#[test]
fn a_wake_within_the_grace_is_not_a_sleep() {
    check(
        "heat 5m, cold 5m",
        "4m59s stall 3s",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 5m
         0:02:30 0:02:30 1 heat halfway
         0:04:00 0:04:00 1 heat soon over, then cold
         0:05:00 0:05:00 2 cold began for 5m
         0:07:30 0:07:30 2 cold halfway
         0:09:00 0:09:00 2 cold soon over, then the end
         0:10:00 0:10:00 2 cold completed: cold 5m, heat 5m
        ",
    );
}

#[test]
fn a_wake_just_past_the_grace_is_a_sleep() {
    check(
        "heat 5m, cold 5m",
        "4m59s stall 3001ms; 5m3s confirm",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 5m
         0:02:30 0:02:30 1 heat halfway
         0:04:00 0:04:00 1 heat soon over, then cold
         0:05:02.001 0:05:02.001 1 heat overran 2s 1ms
         0:05:03 0:05:03 1 heat confirmed
         0:05:03 0:05:03 2 cold began for 5m
         0:07:33 0:07:33 2 cold halfway
         0:09:03 0:09:03 2 cold soon over, then the end
         0:10:03 0:10:03 2 cold completed: cold 5m, heat 5m 3s
        ",
    );
}

#[test]
fn a_sleep_of_a_day_causes_one_alarm() {
    check(
        "rest 5m, cold 5m",
        "1m stall 1day; 1day1m1s stop",
        "
         0:00:00 0:00:00 1 rest started
         0:00:00 0:00:00 1 rest began for 5m
         24:01:00 24:01:00 1 rest overran 23h 56m
         24:01:01 24:01:01 1 rest stopped: cold 0s, heat 0s
        ",
    );
}

#[test]
fn short_steps_within_the_grace_keep_their_times() {
    check(
        "rest 10s, rest 1s, rest 1s, rest 10s",
        "9s stall 3s",
        "
         0:00:00 0:00:00 1 rest started
         0:00:00 0:00:00 1 rest began for 10s
         0:00:10 0:00:10 2 rest began for 1s
         0:00:11 0:00:11 3 rest began for 1s
         0:00:12 0:00:12 4 rest began for 10s
         0:00:22 0:00:22 4 rest completed: cold 0s, heat 0s
        ",
    );
}

#[test]
fn reminders_during_a_sleep_come_once() {
    check(
        "cold 5m, rest 1m",
        "confirm; 5m10s stall 10m; 15m40s confirm; 17m confirm",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 5m
         0:02:30 0:02:30 1 cold halfway
         0:04:00 0:04:00 1 cold soon over, then rest
         0:05:00 0:05:00 1 cold overran 0s
         0:15:00 0:15:00 1 cold overran 10m
         0:15:30 0:15:30 1 cold overran 10m 30s
         0:15:40 0:15:40 1 cold confirmed
         0:15:40 0:15:40 2 rest began for 1m
         0:16:40 0:16:40 2 rest overran 0s
         0:17:00 0:17:00 2 rest confirmed
         0:17:00 0:17:00 2 rest completed: cold 15m 40s, heat 0s
        ",
    );
}

#[test]
fn a_sleep_that_uses_up_the_dose_skips_the_next_step_of_that_kind() {
    check(
        "cold 10m, rest 10m, cold 10m",
        "5m stall 40m; 46m confirm",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:45:00 0:45:00 1 cold overran 35m
         0:45:30 0:45:30 1 cold overran 35m 30s
         0:46:00 0:46:00 1 cold overran 36m
         0:46:00 0:46:00 1 cold confirmed
         0:46:00 0:46:00 2 rest began for 10m
         0:56:00 0:56:00 3 cold left out by cold-limit
         0:56:00 0:56:00 3 cold completed: cold 46m, heat 0s
        ",
    );
}

#[test]
fn a_step_that_returns_after_a_sleep_waits_for_the_person() {
    check(
        "cold 20m, heat 20m, cold 20m",
        "10m stall 35m; 45m confirm; 50m stall 55m; 1h45m10s confirm",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 20m
         0:45:00 0:45:00 1 cold overran 25m
         0:45:00 0:45:00 1 cold confirmed
         0:45:00 0:45:00 2 heat began for 20m
         1:45:00 1:45:00 2 heat overran 40m
         1:45:10 1:45:10 2 heat confirmed
         1:45:10 1:45:10 3 cold began for 15m
         1:52:40 1:52:40 3 cold halfway
         1:59:10 1:59:10 3 cold soon over, then the end
         2:00:10 2:00:10 3 cold completed: cold 1h, heat 1h 10s
        ",
    );
}

#[test]
fn a_sleep_past_the_end_when_nothing_can_follow_ends_the_session() {
    check(
        "cold 20m, heat 20m, cold 20m",
        "10m stall 45m; 55m confirm; 1h10m stall 5m10s",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 20m
         0:55:00 0:55:00 1 cold overran 35m
         0:55:00 0:55:00 1 cold confirmed
         0:55:00 0:55:00 2 heat began for 20m
         1:05:00 1:05:00 2 heat halfway
         1:15:10 1:15:10 2 heat overran 10s
         1:15:10 1:15:10 3 cold left out by cold-limit
         1:15:10 1:15:10 3 cold completed: cold 55m, heat 20m 10s
        ",
    );
}

#[test]
fn a_sleep_that_leaves_no_room_for_later_steps_ends_the_session() {
    check(
        "cold 10m, cold 10m",
        "5m stall 3h",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         3:05:00 3:05:00 1 cold overran 2h 55m
         3:05:00 3:05:00 2 cold left out by cold-limit
         3:05:00 3:05:00 2 cold completed: cold 3h 5m, heat 0s
        ",
    );
}

/// A paused virtual machine, or somebody who set the clock: only the person knows.
#[test]
fn a_leap_of_the_time_of_day_holds_a_dose_until_the_person_has_looked() {
    check(
        "heat 10m, cold 10m",
        "3m leap 5h; 3m40s confirm; 14m leap 1h; 15m skip",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 10m
         0:03:00 0:03:00 1 heat leapt 5h
         0:03:30 0:03:30 1 heat leapt 5h
         0:03:40 0:03:40 1 heat confirmed
         0:05:00 0:05:00 1 heat halfway
         0:09:00 0:09:00 1 heat soon over, then cold
         0:10:00 0:10:00 2 cold began for 10m
         0:14:00 0:14:00 2 cold leapt 1h
         0:14:30 0:14:30 2 cold leapt 1h
         0:15:00 0:15:00 2 cold leapt 1h
         0:15:00 0:15:00 2 cold skipped
         0:15:00 0:15:00 2 cold ended early: cold 5m, heat 10m
        ",
    );
}

/// What was due during the hold is past. After the end of the step the alarm is the usual one.
#[test]
fn a_leap_that_stays_unanswered_past_the_end_overruns() {
    check(
        "cold 2m, rest 1m",
        "50s leap 3h; 1m10s pause; 1m30s resume; 1m40s leap 3h; 3m look; 3m15s confirm",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 2m
         0:00:50 0:00:50 1 cold leapt 3h
         0:01:10 0:01:10 1 cold paused
         0:01:30 0:01:10 1 cold resumed
         0:01:40 0:01:20 1 cold leapt 3h
         0:02:10 0:01:50 1 cold leapt 3h
         0:02:40 0:02:20 1 cold overran 20s
         0:03:00 0:02:40 1 look: cold 2m 30s, heat 0s
         0:03:10 0:02:50 1 cold overran 50s
         0:03:15 0:02:55 1 cold confirmed
         0:03:15 0:02:55 2 rest began for 1m
         0:04:15 0:03:55 2 rest completed: cold 2m 55s, heat 0s
        ",
    );
}

#[test]
fn a_leap_without_a_pack_on_changes_nothing() {
    check(
        "rest 2m, cold 2m",
        "1m leap 3h; 2m30s pause; 3m leap 3h; 3m30s resume",
        "
         0:00:00 0:00:00 1 rest started
         0:00:00 0:00:00 1 rest began for 2m
         0:01:00 0:01:00 1 rest soon over, then cold
         0:02:00 0:02:00 2 cold began for 2m
         0:02:30 0:02:30 2 cold paused
         0:03:30 0:02:30 2 cold resumed
         0:04:00 0:03:00 2 cold halfway
         0:04:00 0:03:00 2 cold soon over, then the end
         0:05:00 0:04:00 2 cold completed: cold 2m, heat 0s
        ",
    );
}
