//! Faulty clocks and observers.

use super::check;

#[test]
fn a_clock_that_stops_for_a_while_delays_nothing() {
    check(
        "heat 5m, cold 5m",
        "2m30s freeze 50; 5m freeze 50",
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
fn a_clock_that_is_set_back_stops_the_session_until_it_catches_up() {
    check(
        "heat 5m, cold 5m",
        "3m back 10s; 3m30s look",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 5m
         0:02:30 0:02:30 1 heat halfway
         0:03:30 0:03:30 1 look: cold 0s, heat 3m 30s
         0:04:00 0:04:00 1 heat soon over, then cold
         0:05:00 0:05:00 2 cold began for 5m
         0:07:30 0:07:30 2 cold halfway
         0:09:00 0:09:00 2 cold soon over, then the end
         0:10:00 0:10:00 2 cold completed: cold 5m, heat 5m
        ",
    );
}

#[test]
fn an_input_while_the_clock_is_back_happens_at_the_latest_known_time() {
    check(
        "cold 5m",
        "3m back 10s; 3m5s pause; 4m resume",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 5m
         0:02:30 0:02:30 1 cold halfway
         0:03:00 0:03:00 1 cold paused
         0:03:50 0:03:00 1 cold resumed
         0:04:50 0:04:00 1 cold soon over, then the end
         0:05:50 0:05:00 1 cold completed: cold 5m, heat 0s
        ",
    );
}

#[test]
fn a_bell_that_always_fails_is_reported_once_and_changes_nothing() {
    check(
        "heat 5m, cold 5m",
        "broken-bell; 2m pause; 3m resume; 9m stall 1h",
        "
         trouble: the bell failed
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 5m
         0:02:00 0:02:00 1 heat paused
         0:03:00 0:02:00 1 heat resumed
         0:03:30 0:02:30 1 heat halfway
         0:05:00 0:04:00 1 heat soon over, then cold
         0:06:00 0:05:00 2 cold began for 5m
         0:08:30 0:07:30 2 cold halfway
         1:09:00 1:08:00 2 cold overran 58m
         1:09:00 1:08:00 2 cold completed: cold 1h 3m, heat 5m
        ",
    );
}
