//! Pauses during a step and at its end.

use std::time::Duration;

use therapy::domain::session::{Input, Moment};
use therapy::runner::World;
use therapy::simulate::{Happening, Simulation};

use super::check;
use crate::builder::{START, session};

#[test]
fn in_a_pause_the_load_falls_at_half_speed() {
    check(
        "cold 10m, rest 10m, cold 10m",
        "4m pause; 4m look; 10m look; 14m resume; 14m look",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:04:00 0:04:00 1 cold paused
         0:04:00 0:04:00 1 look: cold 4m, heat 0s
         0:10:00 0:04:00 1 look: cold 1m, heat 0s
         0:14:00 0:04:00 1 cold resumed
         0:14:00 0:04:00 1 look: cold 0s, heat 0s
         0:15:00 0:05:00 1 cold halfway
         0:19:00 0:09:00 1 cold soon over, then rest
         0:20:00 0:10:00 2 rest began for 10m
         0:29:00 0:19:00 2 rest soon over, then cold
         0:30:00 0:20:00 3 cold began for 10m
         0:35:00 0:25:00 3 cold halfway
         0:39:00 0:29:00 3 cold soon over, then the end
         0:40:00 0:30:00 3 cold completed: cold 20m, heat 0s
        ",
    );
}

#[test]
fn in_a_pause_both_loads_fall_but_not_below_zero() {
    check(
        "heat 10m, cold 10m",
        "12m pause; 12m look; 1h12m look; 1h12m resume",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 10m
         0:05:00 0:05:00 1 heat halfway
         0:09:00 0:09:00 1 heat soon over, then cold
         0:10:00 0:10:00 2 cold began for 10m
         0:12:00 0:12:00 2 cold paused
         0:12:00 0:12:00 2 look: cold 2m, heat 8m
         1:12:00 0:12:00 2 cold resumed
         1:12:00 0:12:00 2 look: cold 0s, heat 0s
         1:15:00 0:15:00 2 cold halfway
         1:19:00 0:19:00 2 cold soon over, then the end
         1:20:00 0:20:00 2 cold completed: cold 10m, heat 10m
        ",
    );
}

#[test]
fn toggle_pauses_and_resumes() {
    check(
        "cold 10m",
        "2m toggle; 3m toggle; 4m toggle; 6m toggle",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:02:00 0:02:00 1 cold paused
         0:03:00 0:02:00 1 cold resumed
         0:04:00 0:03:00 1 cold paused
         0:06:00 0:03:00 1 cold resumed
         0:08:00 0:05:00 1 cold halfway
         0:12:00 0:09:00 1 cold soon over, then the end
         0:13:00 0:10:00 1 cold completed: cold 10m, heat 0s
        ",
    );
}

#[test]
fn an_input_without_effect_causes_no_event() {
    check(
        "cold 10m",
        "1m resume; 2m confirm; 3m pause; 4m pause; 5m confirm",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:03:00 0:03:00 1 cold paused
         0:05:00 0:03:00 1 cold resumed
         0:07:00 0:05:00 1 cold halfway
         0:11:00 0:09:00 1 cold soon over, then the end
         0:12:00 0:10:00 1 cold completed: cold 10m, heat 0s
        ",
    );
}

#[test]
fn a_machine_that_sleeps_in_a_pause_changes_nothing() {
    check(
        "cold 10m",
        "2m pause; 3m stall 5h; 5h10m resume",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:02:00 0:02:00 1 cold paused
         5:10:00 0:02:00 1 cold resumed
         5:13:00 0:05:00 1 cold halfway
         5:17:00 0:09:00 1 cold soon over, then the end
         5:18:00 0:10:00 1 cold completed: cold 10m, heat 0s
        ",
    );
}

#[test]
fn a_pause_at_a_hold_takes_the_pack_off_and_the_next_step_begins_after_it() {
    check(
        "cold 10m, rest 5m",
        "5m stall 10m; 16m pause; 16m look; 20m look; 20m resume",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:15:00 0:15:00 1 cold overran 5m
         0:15:30 0:15:30 1 cold overran 5m 30s
         0:16:00 0:16:00 1 cold overran 6m
         0:16:00 0:16:00 1 cold paused
         0:16:00 0:16:00 1 look: cold 16m, heat 0s
         0:20:00 0:16:00 1 cold resumed
         0:20:00 0:16:00 2 rest began for 5m
         0:20:00 0:16:00 2 look: cold 14m, heat 0s
         0:25:00 0:21:00 2 rest completed: cold 16m, heat 0s
        ",
    );
}

#[test]
fn skip_in_a_pause_at_a_hold_does_not_skip_the_next_step() {
    check(
        "cold 10m, heat 5m",
        "5m stall 10m; 16m pause; 20m skip",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:15:00 0:15:00 1 cold overran 5m
         0:15:30 0:15:30 1 cold overran 5m 30s
         0:16:00 0:16:00 1 cold overran 6m
         0:16:00 0:16:00 1 cold paused
         0:20:00 0:16:00 1 cold resumed
         0:20:00 0:16:00 2 heat began for 5m
         0:22:30 0:18:30 2 heat halfway
         0:24:00 0:20:00 2 heat soon over, then the end
         0:25:00 0:21:00 2 heat completed: cold 16m, heat 5m
        ",
    );
}

#[test]
fn the_end_of_a_pause_at_the_last_hold_ends_the_session() {
    check(
        "cold 10m",
        "confirm; 10m10s pause; 12m resume",
        "
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 10m
         0:05:00 0:05:00 1 cold halfway
         0:09:00 0:09:00 1 cold soon over, then the end
         0:10:00 0:10:00 1 cold overran 0s
         0:10:10 0:10:10 1 cold paused
         0:12:00 0:10:10 1 cold resumed
         0:12:00 0:10:10 1 cold completed: cold 10m 10s, heat 0s
        ",
    );
}

/// A world that counts the wakes between two moments.
struct Counting<'a> {
    world: Simulation,
    between: (Duration, Duration),
    waits: &'a mut u32,
}

impl World for Counting<'_> {
    fn now(&self) -> Moment {
        self.world.now()
    }

    fn wait(&mut self, deadline: Moment) -> Option<Input> {
        let at = self.world.now().since(START);
        *self.waits += u32::from(at >= self.between.0 && at < self.between.1);
        self.world.wait(deadline)
    }
}

/// The session time stops in a pause, so its next whole second never comes closer.
#[test]
fn a_pause_within_a_second_wakes_once_a_second() {
    let paused = (Duration::from_millis(10_999), Duration::from_secs(70));
    let script = [(paused.0, Happening::Says(Input::Pause)), (paused.1, Happening::Says(Input::Stop))];
    let mut waits = 0;
    let mut world = Counting { world: Simulation::new(START, &script), between: paused, waits: &mut waits };
    session("heat 20m").run(&mut world, &mut []);
    assert!((59..=61).contains(&waits), "{waits} times in a minute");
}

/// After a hold of half an hour, the plan follows the remaining room, also during a pause.
#[test]
fn a_pause_after_a_long_hold_replans_later_steps() {
    let (session, _) = session("heat 20m, heat 10m").confirm(true).play("50m pause");
    assert_eq!(session.plan().segments()[1].length, Duration::ZERO);
}

#[test]
fn a_pause_moves_the_end_of_a_step() {
    let seconds = |seconds| START + Duration::from_secs(seconds);
    let (mut session, _) = session("heat 2m, cold 2m").start();
    assert_eq!((session.end(), session.is_paused()), (seconds(120), false));
    let _ = session.handle(seconds(30), Input::Pause);
    let _ = session.advance(seconds(100));
    assert_eq!((session.end(), session.is_paused()), (seconds(190), true));
    let _ = session.handle(seconds(110), Input::Resume);
    assert_eq!((session.end(), session.is_paused()), (seconds(200), false));
}
