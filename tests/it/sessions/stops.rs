//! Sessions that the person stops, and those from which the system takes something away.

use therapy::domain::session::{Event, Input, Moment, Outcome, Session};
use therapy::runner::{Loss, Observer, Trouble, World};

use super::check;
use crate::builder::{START, duration, session};

#[test]
fn stop_while_a_step_runs() {
    check(
        "heat 20m, cold 20m",
        "25m stop",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:10:00 0:10:00 1 heat halfway
         0:19:00 0:19:00 1 heat soon over, then cold
         0:20:00 0:20:00 2 cold began for 20m
         0:25:00 0:25:00 2 cold stopped: cold 5m, heat 20m
        ",
    );
}

#[test]
fn stop_in_a_pause_counts_no_dose_for_the_pause() {
    check(
        "heat 20m, cold 20m",
        "25m pause; 40m stop",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:10:00 0:10:00 1 heat halfway
         0:19:00 0:19:00 1 heat soon over, then cold
         0:20:00 0:20:00 2 cold began for 20m
         0:25:00 0:25:00 2 cold paused
         0:40:00 0:25:00 2 cold stopped: cold 5m, heat 20m
        ",
    );
}

#[test]
fn stop_at_a_hold_counts_the_dose_until_then() {
    check(
        "heat 20m, cold 20m",
        "confirm; 20m45s stop",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:10:00 0:10:00 1 heat halfway
         0:19:00 0:19:00 1 heat soon over, then cold
         0:20:00 0:20:00 1 heat overran 0s
         0:20:30 0:20:30 1 heat overran 30s
         0:20:45 0:20:45 1 heat stopped: cold 0s, heat 20m 45s
        ",
    );
}

#[test]
fn stop_in_a_pause_at_a_hold() {
    check(
        "heat 20m, cold 20m",
        "confirm; 20m10s pause; 25m stop",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:10:00 0:10:00 1 heat halfway
         0:19:00 0:19:00 1 heat soon over, then cold
         0:20:00 0:20:00 1 heat overran 0s
         0:20:10 0:20:10 1 heat paused
         0:25:00 0:20:10 1 heat stopped: cold 0s, heat 20m 10s
        ",
    );
}

#[test]
fn stop_after_a_sleep() {
    check(
        "heat 20m, cold 20m",
        "10m stall 1h; 1h10m stop",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         1:10:00 1:10:00 1 heat overran 50m
         1:10:00 1:10:00 1 heat stopped: cold 0s, heat 1h 10m
        ",
    );
}

#[test]
fn stop_ends_a_session_with_a_broken_bell() {
    check(
        "cold 5m",
        "broken-bell; 1m stop",
        "
         trouble: the bell failed
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 5m
         0:01:00 0:01:00 1 cold stopped: cold 1m, heat 0s
        ",
    );
}

#[test]
fn stop_as_the_first_input() {
    check(
        "heat 20m, cold 20m",
        "0s stop; 1s resume",
        "
         0:00:00 0:00:00 1 heat started
         0:00:00 0:00:00 1 heat began for 20m
         0:00:00 0:00:00 1 heat stopped: cold 0s, heat 0s
        ",
    );
}

#[test]
fn a_stopped_step_keeps_its_real_length() {
    let (stopped, _) = session("heat 20m, cold 20m").play("5m stop");
    assert_eq!(stopped.segment().length, duration("5m"));
    let (mut completed, _) = session("heat 20m").start();
    let _ = completed.advance(START + duration("20m"));
    assert_eq!(completed.segment().length, duration("20m"));
}

/// A world in which only waiting takes time, and which takes something away at one moment.
struct Taking {
    now: Moment,
    at: Moment,
    what: Option<Loss>,
}

impl World for Taking {
    fn now(&self) -> Moment {
        self.now
    }

    fn wait(&mut self, deadline: Moment) -> Option<Input> {
        self.now = deadline;
        None
    }

    fn lost(&mut self) -> Option<Loss> {
        self.what.take_if(|_| self.now >= self.at)
    }
}

/// Notes the names of events, and what was lost.
#[derive(Default)]
struct Noting(Vec<&'static str>);

impl Observer for Noting {
    fn observe(&mut self, events: &[Event], _: &Session) -> Result<(), Trouble> {
        self.0.extend(events.iter().map(|event| event.kind.name()));
        Ok(())
    }

    fn lost(&mut self, what: Loss, _: &Session) -> Result<(), Trouble> {
        self.0.push(if what == Loss::Process { "process" } else { "terminal" });
        Ok(())
    }
}

/// At the moment at which a step ends, its end is told first.
#[test]
fn a_lost_process_ends_without_an_outcome_and_a_lost_terminal_does_not_end() {
    let run = |what| {
        let mut noting = Noting::default();
        let mut world = Taking { now: START, at: START + duration("10s"), what: Some(what) };
        let report = session("rest 10s, heat 10s").run(&mut world, &mut [&mut noting]);
        (report.outcome, noting.0.join(" "))
    };
    let (outcome, told) = run(Loss::Process);
    assert_eq!((outcome, told.as_str()), (None, "started step_began step_began process"));
    let (outcome, told) = run(Loss::Terminal);
    assert_eq!(outcome, Some(Outcome::Completed));
    assert_eq!(told, "started step_began step_began terminal halfway finished");
}

/// A world that refuses every pack, and wakes late at the end of the first step, with or without an input.
struct Refusing {
    now: Moment,
    inputs: Vec<Option<Input>>,
}

impl World for Refusing {
    fn now(&self) -> Moment {
        self.now
    }

    fn wait(&mut self, _: Moment) -> Option<Input> {
        self.now = self.now + duration("11s");
        self.inputs.pop().expect("it has ended by now")
    }

    fn objects(&mut self, _: Input, _: &Session) -> Option<String> {
        Some("refused".to_owned())
    }
}

/// Time alone begins no dose that is refused, and a stop at the same moment is not lost.
#[test]
fn at_the_end_of_a_rest_a_refused_dose_is_a_pause_and_a_stop_stays_a_stop() {
    let run = |inputs: &[Option<Input>]| {
        let mut noting = Noting::default();
        let mut world = Refusing { now: START, inputs: inputs.iter().rev().copied().collect() };
        let report = session("rest 10s, cold 10s").run(&mut world, &mut [&mut noting]);
        (report.outcome, noting.0.join(" "))
    };
    let stop = Some(Input::Stop);
    let stopped = Some(Outcome::Stopped);
    assert_eq!(run(&[None, stop]), (stopped, "started step_began paused finished".to_owned()));
    for input in [Input::Skip, Input::Pause, Input::Toggle, Input::Leap(duration("3h"))] {
        assert_eq!(run(&[Some(input), stop]), (stopped, "started step_began paused finished".to_owned()), "{input:?}");
    }
    assert_eq!(run(&[stop]).0, stopped);
    assert!(!run(&[stop]).1.contains("paused"));
}
