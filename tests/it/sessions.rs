//! Whole sessions against a scripted world: a protocol and a script in, a ledger out.
//!
//! A script is a list of things divided by `;`. `5m pause` happens five minutes after the start. The
//! person may `pause`, `resume`, `toggle`, `skip`, `confirm`, `stop` and `extend 5m`; the machine may
//! `stall 3h`; the clock may stand still for some readings (`freeze 50`) or be set back (`back 10s`);
//! `look` writes down what the skin carries. `confirm` and `broken-bell` without a time hold for the
//! whole session.
//!
//! A line of the ledger is: time since the start, elapsed time of the session, step, what happened.

#![expect(clippy::expect_used, clippy::panic, reason = "a script that cannot be read must fail its test")]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use humantime::{format_duration, parse_duration};
use therapy::domain::protocol::{Choice, Draft, Protocol};
use therapy::domain::rules::Context;
use therapy::domain::session::{Event, EventKind, Input, Moment, Outcome, Session, Terms};
use therapy::domain::step::{Modality, StepKind};
use therapy::edge::simulate::{Happening, Simulation};
use therapy::runner::{self, Observer, World};
use therapy::words;

/// Not zero and not a whole second: a session must not care when it starts.
const START: Moment = Moment::new(Duration::from_millis(86_399_750));

/// What a script asks for.
#[derive(Default)]
struct Script {
    confirm: bool,
    broken_bell: bool,
    happenings: Vec<(Duration, Happening)>,
    faults: VecDeque<(Duration, Fault)>,
    looks: VecDeque<(Duration, ())>,
}

/// What a clock may do that no clock should.
#[derive(Clone, Copy)]
enum Fault {
    /// It tells the same time for so many readings.
    Freezes(u32),
    /// It is set back for good.
    Back(Duration),
}

fn duration(text: &str) -> Duration {
    parse_duration(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

impl Script {
    fn read(text: &str) -> Script {
        let mut script = Script::default();
        for line in text.split(';').map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<_> = line.split_whitespace().collect();
            match words[..] {
                ["confirm"] => script.confirm = true,
                ["broken-bell"] => script.broken_bell = true,
                [at, "look"] => script.looks.push_back((duration(at), ())),
                [at, "freeze", readings] => {
                    let readings = readings.parse().expect("a number of readings");
                    script.faults.push_back((duration(at), Fault::Freezes(readings)));
                }
                [at, "back", by] => script.faults.push_back((duration(at), Fault::Back(duration(by)))),
                [at, ref what @ ..] => script.happenings.push((duration(at), happening(what))),
                [] => unreachable!("empty lines are filtered out"),
            }
        }
        script
    }
}

fn happening(words: &[&str]) -> Happening {
    Happening::Says(match *words {
        ["pause"] => Input::Pause,
        ["resume"] => Input::Resume,
        ["toggle"] => Input::Toggle,
        ["skip"] => Input::Skip,
        ["confirm"] => Input::Confirm,
        ["stop"] => Input::Stop,
        ["extend", by] => Input::Extend(duration(by)),
        ["stall", length] => return Happening::Stalls(duration(length)),
        _ => panic!("no such thing in a script: {words:?}"),
    })
}

/// `heat 20m, cold 20m`, reviewed like a file.
fn protocol(text: &str) -> Protocol {
    let steps = text.split(',').map(|step| {
        let (kind, length) = step.trim().split_once(' ').expect("a kind and a length");
        (StepKind::from_name(kind).expect("a kind of step"), duration(length))
    });
    let draft = Draft::of("test", &steps.collect::<Vec<_>>());
    draft.review(Choice::default(), &Context::default(), &[]).expect("no rule refuses it")
}

/// Takes the first of these when its time after the start has come.
fn next_due<T>(queue: &mut VecDeque<(Duration, T)>, now: Moment) -> Option<T> {
    queue.front().filter(|(at, _)| START + *at <= now)?;
    queue.pop_front().map(|(_, what)| what)
}

/// The scripted world with a clock that may misbehave.
struct Crooked {
    world: Simulation,
    faults: VecDeque<(Duration, Fault)>,
    frozen: u32,
    back: Duration,
}

impl World for Crooked {
    fn now(&self) -> Moment {
        Moment::new(self.world.now().since_origin().saturating_sub(self.back))
    }

    fn wait(&mut self, deadline: Moment) -> Option<Input> {
        if self.frozen > 0 {
            self.frozen -= 1;
            return None;
        }
        if let Some(fault) = next_due(&mut self.faults, self.world.now()) {
            match fault {
                Fault::Freezes(readings) => self.frozen = readings,
                Fault::Back(by) => self.back += by,
            }
            return None;
        }
        self.world.wait(deadline + self.back)
    }
}

/// Writes down what it hears.
struct Ledger {
    text: String,
    looks: VecDeque<(Duration, ())>,
}

impl Ledger {
    fn line(&mut self, at: Moment, elapsed: Duration, step: usize, what: &str) {
        let (at, elapsed) = (clock(at.since(START)), clock(elapsed));
        writeln!(self.text, "{at} {elapsed} {} {what}", step + 1).expect("text grows");
    }
}

impl Observer for Ledger {
    fn observe(&mut self, events: &[Event], session: &Session) -> anyhow::Result<()> {
        for event in events {
            let kind = session.plan().segments()[event.step].step.kind;
            let mut what = format!("{kind} {}", what(event.kind));
            if event.kind == EventKind::StepSoon {
                let next = session.plan().next(event.step).map_or("the end", |next| next.step.kind.as_str());
                write!(what, ", then {next}")?;
            }
            self.line(event.at, event.elapsed, event.step, &what);
        }
        Ok(())
    }

    fn frame(&mut self, session: &Session) -> anyhow::Result<()> {
        while next_due(&mut self.looks, session.now()).is_some() {
            let load = |modality| format_duration(session.load().of(modality));
            let what = format!("look: cold {}, heat {}", load(Modality::Cold), load(Modality::Heat));
            self.line(session.now(), session.elapsed(), session.index(), &what);
        }
        Ok(())
    }

    fn trouble(&mut self, what: &str) {
        writeln!(self.text, "trouble: {what}").expect("text grows");
    }
}

/// Hours, minutes and seconds, with what is left of a second only when there is something.
fn clock(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.subsec_millis());
    let text = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if millis == 0 { text } else { format!("{text}.{millis:03}") }
}

fn what(kind: EventKind) -> String {
    let rule = |rule: Option<&str>| rule.map(|rule| format!(" by {rule}")).unwrap_or_default();
    match kind {
        EventKind::Started => "started".to_owned(),
        EventKind::StepBegan { length } => format!("began for {}", format_duration(length)),
        EventKind::Halfway => "halfway".to_owned(),
        EventKind::StepSoon => "soon over".to_owned(),
        EventKind::Paused => "paused".to_owned(),
        EventKind::Resumed => "resumed".to_owned(),
        EventKind::Skipped { by_rule: None } => "skipped".to_owned(),
        EventKind::Skipped { by_rule } => format!("left out{}", rule(by_rule)),
        EventKind::Extended { by, by_rule } => format!("extended {}{}", format_duration(by), rule(by_rule)),
        EventKind::Overran { over } => format!("overran {}", format_duration(over)),
        EventKind::Confirmed => "confirmed".to_owned(),
        EventKind::Finished { outcome, cold, heat } => {
            let how = if outcome == Outcome::Completed { "completed" } else { "stopped" };
            format!("{how}: cold {}, heat {}", format_duration(cold), format_duration(heat))
        }
    }
}

/// A bell that fails at everything that it is asked to do.
struct BrokenBell;

impl Observer for BrokenBell {
    fn observe(&mut self, _: &[Event], _: &Session) -> anyhow::Result<()> {
        anyhow::bail!("nobody hears the bell")
    }

    fn frame(&mut self, _: &Session) -> anyhow::Result<()> {
        anyhow::bail!("nobody sees the bell")
    }
}

/// Goes through a session as scripted and returns its ledger.
fn play(steps: &str, script: &str) -> String {
    let script = Script::read(script);
    let terms = Terms { confirm: script.confirm, ..Terms::default() };
    let world = Simulation::new(START, &script.happenings);
    let mut world = Crooked { world, faults: script.faults, frozen: 0, back: Duration::ZERO };
    let mut ledger = Ledger { text: String::new(), looks: script.looks };
    let (mut session, events) = Session::start(&protocol(steps), terms, START);
    let mut observers: Vec<&mut dyn Observer> = Vec::new();
    let mut bell = BrokenBell;
    if script.broken_bell {
        observers.push(&mut bell);
    }
    observers.push(&mut ledger);
    let outcome = runner::run(&mut session, events, &mut world, &mut observers);
    assert_eq!(session.outcome(), Some(outcome));
    ledger.text
}

/// Goes through a session as scripted and compares its ledger.
#[track_caller]
fn check(steps: &str, script: &str, expected: &str) {
    let ledger = play(steps, script);
    let expected: Vec<_> = expected.trim().lines().map(str::trim).collect();
    let expected = expected.join("\n");
    assert!(ledger.trim() == expected, "{steps} | {script}\n--- expected\n{expected}\n--- ledger\n{ledger}---");
}

#[test]
fn a_session_that_nobody_touches_goes_through_every_step() {
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
fn steps_without_a_pack_have_no_skin_check_and_announce_only_what_needs_hands() {
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
fn in_a_pause_the_pack_is_off_and_the_load_falls_by_half() {
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
fn both_loads_fall_in_a_pause_and_never_below_zero() {
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
fn the_space_bar_pauses_and_goes_on() {
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
fn what_changes_nothing_says_nothing() {
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
         0:15:00 0:15:00 3 rest completed: cold 5m, heat 5m
        ",
    );
}

#[test]
fn skip_in_a_pause_takes_the_next_step() {
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
         0:30:00 0:25:00 2 cold completed: cold 20m, heat 5m
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
         0:02:00 0:02:00 2 cold completed: cold 1m, heat 1m
        ",
    );
}

#[test]
fn a_skip_that_leaves_the_skin_with_its_dose_shortens_a_later_step() {
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
         0:34:00 0:34:00 3 heat completed: cold 2m, heat 32m
        ",
    );
}

#[test]
fn a_skip_that_leaves_the_skin_with_its_dose_leaves_a_later_step_out() {
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
         0:25:00 0:25:00 4 rest completed: cold 20m, heat 0s
        ",
    );
}

#[test]
fn a_last_step_that_is_left_out_completes_the_session() {
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
         0:20:00 0:20:00 3 cold completed: cold 20m, heat 0s
        ",
    );
}

#[test]
fn a_second_of_room_is_given() {
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
         0:20:02 0:20:02 3 cold completed: cold 20m 1s, heat 1s
        ",
    );
}

#[test]
fn less_than_a_second_of_room_leaves_a_step_out() {
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
         0:40:00 0:40:00 5 cold completed: cold 30m, heat 10m
        ",
    );
}

#[test]
fn a_step_is_left_out_by_the_session_limit_when_the_skin_could_have_more() {
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

#[test]
fn an_extension_is_granted_where_there_is_room() {
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
fn an_extension_is_cut_by_the_rule_that_binds() {
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
fn an_extension_leaves_later_steps_their_dose() {
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
fn an_extension_keeps_to_the_dose_of_a_session() {
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
fn an_extension_in_a_pause_counts_the_recovery() {
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
fn with_confirm_every_change_waits_and_the_dose_goes_on_counting() {
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
fn skip_and_resume_answer_a_hold_as_well() {
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
fn a_dose_counted_while_nobody_answers_shortens_what_follows() {
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
fn a_sleep_past_the_end_holds_until_the_person_answers() {
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
fn a_sleep_through_the_whole_session_passes_no_step() {
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
fn a_wake_within_the_grace_is_no_sleep() {
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
fn a_sleep_of_a_day_is_one_alarm() {
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
fn several_short_steps_within_the_grace_pass_at_their_times() {
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
fn reminders_that_were_slept_through_are_given_once() {
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
fn a_sleep_past_its_dose_leaves_the_next_step_of_its_kind_out() {
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
fn a_step_that_a_sleep_brings_back_waits_for_the_person() {
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
fn a_step_that_a_pause_brings_back_is_announced() {
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
fn a_step_that_comes_back_in_the_last_minute_is_not_announced_late() {
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
fn a_step_that_an_extension_brings_back_is_announced() {
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
fn a_pause_at_the_hold_takes_the_pack_off_and_the_next_step_begins_after_it() {
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
fn skip_in_a_pause_at_the_hold_does_not_skip_the_next_step() {
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
fn a_pause_at_the_hold_of_the_last_step_ends_the_session_when_it_ends() {
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

#[test]
fn an_extension_at_the_hold_counts_from_the_answer() {
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
fn an_extension_at_the_hold_is_cut_by_the_rule() {
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
fn an_extension_at_the_hold_without_room_leaves_it_held() {
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

#[test]
fn a_clock_that_stands_still_for_a_while_delays_nothing() {
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
fn a_clock_that_is_set_back_stands_still_until_it_catches_up() {
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
fn what_is_said_while_the_clock_is_back_happens_at_the_latest_time_known() {
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
fn a_bell_that_fails_every_time_is_told_once_and_changes_nothing() {
    check(
        "heat 5m, cold 5m",
        "broken-bell; 2m pause; 3m resume; 9m stall 1h",
        "
         trouble: nobody hears the bell
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

#[test]
fn a_sleep_after_which_the_skin_may_have_nothing_more_ends_the_session() {
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
fn stop_in_a_pause_gives_no_dose_for_it() {
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
fn stop_at_the_hold_counts_what_was_on_until_then() {
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
fn stop_in_a_pause_at_the_hold() {
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
fn stop_when_it_wakes_from_a_sleep() {
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
         trouble: nobody hears the bell
         0:00:00 0:00:00 1 cold started
         0:00:00 0:00:00 1 cold began for 5m
         0:01:00 0:01:00 1 cold stopped: cold 1m, heat 0s
        ",
    );
}

#[test]
fn stop_as_the_first_thing() {
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

/// How often the runner wakes between two moments.
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

/// The session's time stands still in a pause, and so its next whole second is never nearer.
#[test]
fn a_pause_in_the_middle_of_a_second_wakes_once_a_second() {
    let paused = (Duration::from_millis(10_999), Duration::from_secs(70));
    let script = [(paused.0, Happening::Says(Input::Pause)), (paused.1, Happening::Says(Input::Stop))];
    let mut waits = 0;
    let mut world = Counting { world: Simulation::new(START, &script), between: paused, waits: &mut waits };
    let (mut session, events) = Session::start(&protocol("heat 20m"), Terms::default(), START);
    runner::run(&mut session, events, &mut world, &mut []);
    assert!((59..=61).contains(&waits), "{waits} times in a minute");
}

/// What is said to come off is what was on, not what was left out.
#[test]
fn the_words_of_a_step_after_one_that_was_left_out_name_the_pack_that_was_on() {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let (mut session, _) = Session::start(&protocol("heat 2m, cold 5m, rest 5m"), Terms::default(), START);
    let _ = session.advance(START + minutes(2));
    let events = session.handle(START + minutes(2), Input::Skip);
    let began = events.last().expect("the rest began");
    assert!(matches!(began.kind, EventKind::StepBegan { .. }), "{began:?}");
    let words = words::of(began, &session, false);
    assert!(words.advice.starts_with("Heat off now."), "{words:?}");
    assert!(words.urgent);
}

/// The plan ahead is what the skin may still have after a hold of half an hour, while it pauses too.
#[test]
fn a_pause_after_a_long_hold_plans_what_follows_anew() {
    let terms = Terms { confirm: true, ..Terms::default() };
    let (mut session, _) = Session::start(&protocol("heat 20m, heat 10m"), terms, START);
    let _ = session.advance(START + Duration::from_secs(50 * 60));
    let _ = session.handle(START + Duration::from_secs(50 * 60), Input::Pause);
    assert_eq!(session.plan().segments()[1].length, Duration::ZERO);
}

#[test]
fn events_and_outcomes_have_names_and_some_were_said() {
    let outcome = Outcome::Stopped;
    let (cold, heat, by) = (Duration::ZERO, Duration::ZERO, Duration::from_secs(60));
    let table = [
        (EventKind::Started, "started", None),
        (EventKind::StepBegan { length: by }, "step_began", None),
        (EventKind::Halfway, "halfway", None),
        (EventKind::StepSoon, "step_soon", None),
        (EventKind::Paused, "paused", Some(Input::Pause)),
        (EventKind::Resumed, "resumed", Some(Input::Resume)),
        (EventKind::Skipped { by_rule: None }, "skipped", Some(Input::Skip)),
        (EventKind::Skipped { by_rule: Some("cold-limit") }, "skipped", None),
        (EventKind::Extended { by, by_rule: None }, "extended", Some(Input::Extend(by))),
        (EventKind::Overran { over: by }, "overran", None),
        (EventKind::Confirmed, "confirmed", Some(Input::Confirm)),
        (EventKind::Finished { outcome, cold, heat }, "finished", Some(Input::Stop)),
        (EventKind::Finished { outcome: Outcome::Completed, cold, heat }, "finished", None),
    ];
    for (kind, name, input) in table {
        assert_eq!((kind.name(), kind.input()), (name, input));
    }
    assert_eq!((Outcome::Completed.name(), Outcome::Stopped.name()), ("completed", "stopped"));
    assert_eq!((Modality::Cold.to_string(), Modality::Heat.as_str()), ("cold".to_owned(), "heat"));
}

#[test]
fn the_end_of_a_step_moves_with_a_pause() {
    let seconds = |seconds| START + Duration::from_secs(seconds);
    let (mut session, _) = Session::start(&protocol("heat 2m, cold 2m"), Terms::default(), START);
    assert_eq!((session.end(), session.is_paused()), (seconds(120), false));
    let _ = session.handle(seconds(30), Input::Pause);
    let _ = session.advance(seconds(100));
    assert_eq!((session.end(), session.is_paused()), (seconds(190), true));
    let _ = session.handle(seconds(110), Input::Resume);
    assert_eq!((session.end(), session.is_paused()), (seconds(200), false));
}

/// What is still planned of the same pack counts into the dose of a session, and nothing else does.
#[test]
fn an_extension_leaves_the_planned_doses_of_its_kind_within_those_of_a_session() {
    let steps = "cold 5m, heat 20m, cold 20m, heat 20m, cold 20m, heat 20m, cold 10m";
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let (mut session, _) = Session::start(&protocol(steps), Terms::default(), START);
    let events = session.handle(START + minutes(1), Input::Extend(minutes(10)));
    let granted = EventKind::Extended { by: minutes(5), by_rule: Some("session-limit") };
    assert_eq!(events.last().map(|event| event.kind), Some(granted));
}

#[test]
fn a_step_that_is_stopped_was_as_long_as_it_was() {
    let at = |minutes: u64| START + Duration::from_secs(60 * minutes);
    let (mut session, _) = Session::start(&protocol("heat 20m, cold 20m"), Terms::default(), START);
    let _ = session.handle(at(5), Input::Stop);
    assert_eq!(session.segment().length, Duration::from_secs(300));
    let (mut session, _) = Session::start(&protocol("heat 20m"), Terms::default(), START);
    let _ = session.advance(at(20));
    assert_eq!(session.segment().length, Duration::from_secs(1200));
}
