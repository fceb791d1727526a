//! Whole sessions in a scripted world. The input is a protocol and a script, the result a ledger.
//!
//! A script is a list of entries separated by `;`. `5m pause` happens five minutes after the start. The
//! person can `pause`, `resume`, `toggle`, `skip`, `confirm`, `stop` and `extend 5m`. The machine can
//! `stall 3h`. The clock can stop for a number of readings (`freeze 50`) or be set back (`back 10s`).
//! `look` records the load of the skin. `confirm` and `broken-bell` without a time apply to the whole
//! session.
//!
//! A line of the ledger has the time since the start, the session time, the step, and the event.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use humantime::format_duration;
use therapy::domain::rules::RuleId;
use therapy::domain::session::{Event, EventKind, Input, Moment, Session};
use therapy::domain::step::Modality;
use therapy::runner::{Observer, Trouble, World};
use therapy::simulate::{Happening, Simulation};

use crate::builder::{self, START, duration};

mod day;
mod events;
mod extensions;
mod holds;
mod machine;
mod pauses;
mod sleeps;
mod steps;
mod stops;

/// A parsed script.
#[derive(Default)]
struct Script {
    confirm: bool,
    broken_bell: bool,
    happenings: Vec<(Duration, Happening)>,
    faults: VecDeque<(Duration, Fault)>,
    looks: VecDeque<(Duration, ())>,
}

/// A fault of the clock.
#[derive(Clone, Copy)]
enum Fault {
    /// The clock shows the same time for this many readings.
    Freezes(u32),
    /// The clock is set back permanently.
    Back(Duration),
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
                _ => script.happenings.extend(builder::script(line)),
            }
        }
        script
    }
}

/// Removes the first entry if its time after the start has come.
fn next_due<T>(queue: &mut VecDeque<(Duration, T)>, now: Moment) -> Option<T> {
    queue.front().filter(|(at, _)| START + *at <= now)?;
    queue.pop_front().map(|(_, what)| what)
}

/// The scripted world, with a clock that may be faulty.
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

/// Records events and warnings.
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
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
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

    fn frame(&mut self, session: &Session) -> Result<(), Trouble> {
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

/// Hours, minutes and seconds, with a fraction only if it is not zero.
fn clock(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.subsec_millis());
    let text = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if millis == 0 { text } else { format!("{text}.{millis:03}") }
}

fn what(kind: EventKind) -> String {
    let rule = |rule: Option<RuleId>| rule.map(|rule| format!(" by {rule}")).unwrap_or_default();
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
        EventKind::Leapt { by } => format!("leapt {}", format_duration(by)),
        EventKind::Finished { outcome, given } => {
            let how = outcome.name().replace('_', " ");
            format!("{how}: cold {}, heat {}", format_duration(given.cold), format_duration(given.heat))
        }
    }
}

/// A bell that always fails.
struct BrokenBell;

impl Observer for BrokenBell {
    fn observe(&mut self, _: &[Event], _: &Session) -> Result<(), Trouble> {
        Err("the bell failed".into())
    }

    fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
        Err("the bell failed again".into())
    }
}

/// Plays a script and returns the ledger.
fn play(steps: &str, script: &str) -> String {
    let script = Script::read(script);
    let world = Simulation::new(START, &script.happenings);
    let mut world = Crooked { world, faults: script.faults, frozen: 0, back: Duration::ZERO };
    let mut ledger = Ledger { text: String::new(), looks: script.looks };
    let mut observers: Vec<&mut dyn Observer> = Vec::new();
    let mut bell = BrokenBell;
    if script.broken_bell {
        observers.push(&mut bell);
    }
    observers.push(&mut ledger);
    let report = builder::session(steps).confirm(script.confirm).run(&mut world, &mut observers);
    assert_eq!(report.session.outcome(), report.outcome);
    ledger.text
}

/// Plays a script and compares the ledger.
#[track_caller]
fn check(steps: &str, script: &str, expected: &str) {
    let ledger = play(steps, script);
    let expected: Vec<_> = expected.trim().lines().map(str::trim).collect();
    let expected = expected.join("\n");
    assert!(ledger.trim() == expected, "{steps} | {script}\n--- expected\n{expected}\n--- ledger\n{ledger}---");
}
