//! The real program with SIGSTOP, suspends, changes of the wall clock, and a slow disk. Events, doses and
//! alarms must still be correct.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use therapy::domain::session::Moment;
use therapy::edge::clock;

use crate::answering_bus::{Arrivals, answer};
use crate::programs::{held_up, output};
use crate::running::{Running, assert_on_time, event_line, until};
use crate::support::{Home, line_of, stderr, stdout};
use crate::terminal::Terminal;

/// Lateness that is allowed. Delays of the machine are added.
const LATE: Duration = Duration::from_millis(500);
/// Longest wait of the program, and so the time until it notices a moved clock.
const FRAME: Duration = Duration::from_secs(1);

const BEGAN: &str = "SELECT count(*) FROM event WHERE kind = 'step_began'";

/// A machine whose clocks can be moved, and a bus that receives the alarms.
struct Machine {
    home: Home,
    alarms: Arrivals,
}

/// The preloaded library, which moves clocks and slows the disk. It is built once.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("machine.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/machine.c");
        let mut compiler = Command::new("cc");
        // Building the program needs a C compiler too.
        let built = output(compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source));
        assert!(built.status.success(), "{}", stderr(&built));
        library
    })
}

impl Machine {
    fn new(protocol: &[(&str, &str)]) -> Machine {
        let home = Home::new();
        home.own(1, protocol);
        let alarms = answer(&home);
        let machine = Machine { home, alarms };
        machine.set(0, 0);
        machine
    }

    /// Sets the offsets of the boot-time clock and of the wall clock in seconds.
    fn set(&self, boottime: i64, wall: i64) {
        let new = self.home.file("clocks.new", &format!("{boottime} {wall}"));
        // Replace the file in one step, because the program may be reading it.
        std::fs::rename(new, self.home.path().join("clocks")).expect("a file");
    }

    /// Sets the total time of suspends.
    fn slept(&self, length: Duration) -> Moment {
        let seconds = i64::try_from(length.as_secs()).expect("short");
        self.set(seconds, seconds);
        clock::now()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.without_terminal(arguments);
        command.env("LD_PRELOAD", library()).env("THERAPY_TEST_CLOCKS", self.home.path().join("clocks"));
        command
    }

    fn session(&self) -> Running {
        Running::new(self.command(&["run", "own.toml", "--progress", "json"])).recorded_in(self.home.journal())
    }

    fn ask(&self, arguments: &[&str]) -> String {
        let output = output(&mut self.command(arguments));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// The journal has all printed events, with the outcome and doses of the last one.
    #[track_caller]
    fn assert_recorded(&self, running: &Running) {
        let (entry, events) = self.home.recorded();
        assert_eq!(events.iter().map(line_of).collect::<Vec<_>>(), running.events());
        let (_, end) = running.see("finished");
        assert_eq!(entry.outcome.as_deref(), end["outcome"].as_str());
        for (dose, field) in [(entry.actual.cold, "cold_s"), (entry.actual.heat, "heat_s")] {
            assert_eq!(dose.as_millis(), Duration::from_secs_f64(seconds(&end, field)).as_millis(), "{field}");
        }
    }
}

fn seconds(line: &Value, field: &str) -> f64 {
    line[field].as_f64().expect("a number")
}

fn names(running: &Running) -> Vec<String> {
    running.events().into_iter().map(|(name, ..)| name).collect()
}

/// The value is the expected number of seconds, plus the time that the test took.
#[track_caller]
fn assert_about(value: f64, expected: f64) {
    assert!((expected..expected + 10.0).contains(&value), "{value} and not {expected}");
}

/// Waits for an alarm. Returns the time from `since` to its arrival.
fn alarm(machine: &Machine, title: &str, since: Moment) -> Duration {
    until(title, || machine.alarms.find(title).is_some());
    machine.alarms.find(title).expect("just seen").0.since(since)
}

#[test]
fn a_suspend_within_a_step_counts_as_time_of_the_step() {
    let machine = Machine::new(&[("heat", "10min"), ("cold", "10min")]);
    let mut running = machine.session();
    running.see("step_began");
    machine.slept(Duration::from_secs(240));
    until("the clock", || machine.ask(&["status", "--format", "{left}"]).starts_with("5:5"));
    let woken = machine.slept(Duration::from_secs(360));
    let late = alarm(&machine, "5 min left", woken);
    assert!(late < FRAME + LATE + held_up(woken), "{late:?}");
    machine.ask(&["skip"]);
    assert_about(seconds(&running.see("skipped").1, "elapsed_s"), 360.0);
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(names(&running), ["started", "step_began", "halfway", "skipped", "step_began", "finished"]);
    assert_about(seconds(&running.see("finished").1, "heat_s"), 360.0);
    machine.assert_recorded(&running);
}

#[test]
fn after_a_suspend_past_the_end_of_a_step_the_alarm_sounds_on_wake_up_and_the_step_is_held() {
    let machine = Machine::new(&[("heat", "10min"), ("cold", "10min")]);
    let mut running = machine.session();
    running.see("step_began");
    let woken = machine.slept(Duration::from_secs(900));
    let (at, overran) = running.see("overran");
    assert!(at.since(woken) < FRAME + LATE + held_up(woken), "{:?}", at.since(woken));
    assert_about(seconds(&overran, "over_s"), 300.0);
    let late = alarm(&machine, "TAKE IT OFF. Heat is 5 min too long", woken);
    assert!(late < FRAME + LATE + held_up(woken), "{late:?}");
    assert!(machine.alarms.find("Cold on").is_none(), "it holds");

    machine.ask(&["resume"]);
    until("cold", || names(&running).iter().filter(|name| *name == "step_began").count() == 2);
    alarm(&machine, "Cold on for 10 min", woken);
    let woken = machine.slept(Duration::from_secs(900 + 840));
    running.see("finished");
    // The alarm would go on until somebody answers.
    running.signal(Signal::TERM);
    assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    let (at, end) = running.see("finished");
    assert!(at.since(woken) < FRAME + LATE + held_up(woken), "{:?}", at.since(woken));
    assert_eq!(end["outcome"], "completed");
    assert_about(seconds(&end, "heat_s"), 900.0);
    assert_about(seconds(&end, "cold_s"), 840.0);
    let late = alarm(&machine, "Done: 15 min", woken);
    assert!(late < FRAME + LATE + held_up(woken), "{late:?}");
    machine.assert_recorded(&running);
}

#[test]
fn after_a_sigstop_past_the_end_of_a_step_the_alarm_sounds_at_once_and_the_step_is_held() {
    let machine = Machine::new(&[("heat", "1s"), ("cold", "10min")]);
    let mut running = machine.session();
    let (began, _) = running.see("step_began");
    running.signal(Signal::STOP);
    // A delay of up to two seconds counts as a late wake.
    until("the end of the step", || clock::now().since(began) > Duration::from_millis(3300));
    let woken = clock::now();
    running.signal(Signal::CONT);
    let (at, overran) = running.see("overran");
    assert!(at.since(woken) < LATE + held_up(woken), "{:?}", at.since(woken));
    assert!((2.2..4.0).contains(&seconds(&overran, "over_s")), "{overran}");
    let late = alarm(&machine, "TAKE IT OFF. Heat is ", woken);
    assert!(late < LATE + held_up(woken), "{late:?}");
    machine.ask(&["skip"]);
    alarm(&machine, "Cold on for 10 min", woken);
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(names(&running).iter().filter(|name| *name == "overran").count(), 1);
    let heat = seconds(&running.see("finished").1, "heat_s");
    assert!((3.2..8.0).contains(&heat), "the pack counts as on until the answer: {heat}");
    machine.assert_recorded(&running);
}

/// A virtual machine that was paused sees only the time of day jump. So does a correction of the clock.
#[test]
fn after_a_leap_of_the_time_of_day_the_alarm_sounds_and_the_step_is_held() {
    let machine = Machine::new(&[("cold", "10min"), ("rest", "10min")]);
    let mut running = machine.session();
    running.see("step_began");
    // What clocks differ is no leap, and neither is a clock that is set back. The clocks are read before an answer.
    for wall in [100, -5000, -4900] {
        machine.set(0, wall);
        assert_eq!(machine.ask(&["resume"]), "Nothing to change.\n");
    }
    machine.set(0, 3 * 3600);
    let leapt = clock::now();
    let (_, line) = running.see("leapt");
    assert_about(seconds(&line, "by_s"), 3.0 * 3600.0 + 4899.0);
    let late = alarm(&machine, "The time of day jumped ahead by 4 h 22 min. Look at the skin", leapt);
    assert!(late < FRAME + LATE + held_up(leapt), "{late:?}");
    assert!(machine.ask(&["status"]).starts_with("COLD 9:"), "{}", machine.ask(&["status"]));
    let said = machine.ask(&["resume"]);
    assert_eq!(said, "Cold continues.\n");
    machine.ask(&["skip"]);
    // Nothing is on in a rest.
    machine.set(0, 9 * 3600);
    assert_eq!(machine.ask(&["resume"]), "Nothing to change.\n");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(names(&running).iter().filter(|name| *name == "leapt").count(), 1, "{:?}", names(&running));
    machine.assert_recorded(&running);
}

/// Nothing ran while the time of day jumped.
#[test]
fn a_leap_before_a_resume_holds_the_step_too() {
    for (leap, is_held) in [(3 * 3600, true), (100, false)] {
        let machine = Machine::new(&[("cold", "10min")]);
        let mut killed = machine.session();
        killed.see("step_began");
        killed.kill();
        machine.set(0, leap);
        let mut resumed = Running::new(machine.command(&["resume", "--progress", "json"]));
        if is_held {
            alarm(&machine, "The time of day jumped ahead by 3 h", clock::now());
        }
        until("an answer", || output(&mut machine.command(&["pause"])).status.success());
        resumed.signal(Signal::INT);
        assert_eq!(resumed.end().code(), Some(130));
        assert_eq!(names(&resumed).contains(&"leapt".to_owned()), is_held, "{leap}: {:?}", names(&resumed));
    }
}

#[test]
fn a_short_sigstop_at_the_end_of_a_step_moves_no_later_step() {
    let machine = Machine::new(&[("heat", "1s"), ("cold", "2s")]);
    let mut running = machine.session();
    let (began, _) = running.see("step_began");
    running.signal(Signal::STOP);
    until("the end of the step", || clock::now().since(began) > Duration::from_millis(1600));
    let woken = clock::now();
    running.signal(Signal::CONT);
    let late = alarm(&machine, "Cold on for 2 s", woken);
    assert!(late < LATE + held_up(woken), "{late:?}");
    running.see("finished");
    // The alarm would go on until somebody answers.
    running.signal(Signal::TERM);
    assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    let expected = machine.home.rehearsed("own.toml");
    assert_eq!(running.events(), expected);
    let (at, end) = running.lines().pop().expect("an end");
    let late = at.since(began).saturating_sub(Duration::from_millis(event_line(&end).2));
    assert!(late < LATE + held_up(began), "the end is where it was planned: {late:?}");
    machine.assert_recorded(&running);
}

#[test]
fn a_jump_of_the_wall_clock_changes_only_times_of_day() {
    let machine = Machine::new(&[("heat", "1s"), ("cold", "1s"), ("rest", "1s")]);
    let mut running = machine.session();
    // Far ahead while no pack is on: during a dose it would be held.
    let jumps = [0, -24 * 60 * 60, 3 * 60 * 60];
    for (index, wall) in jumps.into_iter().enumerate() {
        let begun = || names(&running).iter().filter(|name| *name == "step_began").count();
        until("a step", || begun() == index + 1);
        machine.set(0, wall);
    }
    assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    assert_eq!(running.events(), machine.home.rehearsed("own.toml"));
    assert_on_time(&running, 1.0, LATE);
    let label = |line: &Value| -> i64 {
        let at: jiff::Timestamp = line["at"].as_str().expect("a label").parse().expect("a time");
        at.as_second()
    };
    let lines: Vec<Value> = running.lines().into_iter().map(|(_, line)| line).collect();
    let begun: Vec<&Value> = lines.iter().filter(|line| line["event"] == "step_began").collect();
    let end = lines.last().expect("an end");
    let moved = [begun[1], begun[2], end].map(|line| label(line) - label(&lines[0]));
    for (moved, jump) in moved.into_iter().zip(jumps) {
        assert!((0..=4).contains(&(moved - jump)), "{moved} s after a jump of {jump} s");
    }
    let alarms = machine.alarms.all();
    let titles: Vec<&str> = alarms.iter().map(|(_, title)| title.as_str()).collect();
    assert!(titles.last().is_some_and(|title| title.contains("Done: 1 s of heat, 1 s of cold")), "{titles:?}");
    machine.assert_recorded(&running);
}

#[test]
fn a_disk_that_takes_a_minute_delays_no_alarm_and_is_reported() {
    let machine = Machine::new(&[("heat", "1s"), ("cold", "1s"), ("rest", "2s")]);
    let mut command = machine.command(&["run", "own.toml", "--progress", "json"]);
    command.env("THERAPY_TEST_DISK", "60");
    let mut running = Running::new(command);
    let (began, _) = running.see("started");
    assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    // Four seconds of session, and two seconds of waiting for the disk.
    let took = clock::now().since(began);
    assert!(took < Duration::from_secs(7) + held_up(began), "{took:?}");
    assert_on_time(&running, 1.0, LATE);
    assert_eq!(running.events(), machine.home.rehearsed("own.toml"));
    for (title, due) in [("step 2 of 3", 1), ("step 3 of 3", 2), ("Done: 1 s of heat, 1 s of cold", 4)] {
        let late = alarm(&machine, title, began + Duration::from_secs(due));
        assert!(late < LATE + held_up(began), "{title}: {late:?}");
    }
    let errors = running.errors();
    assert_eq!(
        errors.matches("warning: the disk is slow: the latest events are not recorded yet").count(),
        1,
        "{errors}"
    );
    let end = "warning: the end of this session is not recorded (the disk is too slow)";
    assert!(errors.contains(end), "{errors}");
    // Events that were committed before the first sync survive the process.
    let written: Vec<String> = machine.home.written().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(written, ["started", "step_began"]);
    machine.ask(&["stop"]);
    assert_eq!(machine.home.history()[0]["outcome"], "cut_off");
}

/// A session that is in the journal also runs: all its threads exist before it is recorded.
#[test]
fn a_session_whose_threads_cannot_be_started_is_not_recorded() {
    for progress in ["json", "plain", "quiet"] {
        let machine = Machine::new(&[("heat", "1s")]);
        let run = |threads: usize| {
            let mut command = machine.command(&["run", "own.toml", "--progress", progress]);
            output(command.env("THERAPY_TEST_THREADS", threads.to_string()))
        };
        let mut threads = 0;
        let started = loop {
            let output = run(threads);
            if output.status.code() != Some(1) {
                break output;
            }
            let errors = stderr(&output);
            assert!(
                errors.contains("error: could not ") && errors.contains("Resource temporarily unavailable\n"),
                "{errors}"
            );
            assert!(!errors.contains("panicked"), "{errors}");
            threads += 1;
        };
        // Signals, the recorder, notifications, and one or two streams.
        assert_eq!(threads, if progress == "json" { 5 } else { 4 });
        // The library of the bus needs one more, and is not needed for the session.
        assert_eq!(started.status.code(), Some(0), "{progress}: {}", stderr(&started));
        assert_eq!(machine.home.history().len(), 1, "{progress}");
        assert_eq!(machine.home.history()[0]["outcome"], "completed");
        let lost = "no desktop notifications (their thread failed)";
        assert_eq!(stderr(&started).matches(lost).count(), 1, "{progress}: {}", stderr(&started));
    }
}

/// Without an answer, a person would repeat the command, and skip a second step.
#[test]
fn the_answer_to_another_shell_does_not_wait_for_the_disk() {
    let machine = Machine::new(&[("heat", "10min"), ("cold", "10min")]);
    let mut command = machine.command(&["run", "own.toml", "--progress", "json"]);
    // Longer than a shell waits for its answer.
    command.env("THERAPY_TEST_DISK", "5");
    let mut running = Running::new(command);
    let (began, _) = running.see("started");
    until("the first sync", || clock::now().since(began) > Duration::from_millis(5500));
    assert!(machine.ask(&["pause"]).starts_with("Paused"));
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130), "{}", running.errors());
}

/// What another shell recorded refuses a key also while the disk takes its time.
#[test]
fn a_slow_disk_lets_no_pack_go_on() {
    for (told, is_refused) in [(["log", "cold", "20min"], true), (["log", "cold", "1min"], false)] {
        let machine = Machine::new(&[("cold", "12min")]);
        let mut command = machine.home.command(&["run", "own.toml", "--no-notify"]);
        command.env("LD_PRELOAD", library()).env("THERAPY_TEST_DISK", "5");
        let mut terminal = Terminal::start(command, 24, 80);
        until("the start", || machine.home.journal().exists() && machine.home.number(BEGAN) > 0);
        machine.ask(&told);
        let began = clock::now();
        terminal.press(" ");
        terminal.see("PAUSED");
        terminal.press(" ");
        let is_paused = |terminal: &mut Terminal| terminal.contents().contains("PAUSED");
        terminal
            .until("an answer", |terminal| terminal.contents().contains("take the pack off") || !is_paused(terminal));
        // Before the sync of the pause was over.
        assert!(clock::now().since(began) < Duration::from_secs(5) + held_up(began));
        assert_eq!(is_paused(&mut terminal), is_refused, "{}", terminal.contents());
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130));
    }
}

/// After one of these events, a power failure must not reduce the recorded dose.
#[test]
fn each_event_that_changes_the_dose_is_synced_to_the_disk() {
    let machine = Machine::new(&[("heat", "10min"), ("cold", "10min")]);
    let syncs = machine.home.path().join("syncs");
    let mut command = machine.command(&["run", "own.toml", "--progress", "json"]);
    command.env("THERAPY_TEST_SYNCS", &syncs);
    let mut running = Running::new(command);
    let count = || std::fs::read(&syncs).map_or(0, |bytes| bytes.len());
    until("a sync of the start", || count() == 1);
    for (number, input) in [(2, "pause"), (3, "resume"), (4, "skip")] {
        machine.ask(&[input]);
        until(input, || count() == number);
    }
    // Neither a request without effect nor the end needs a sync.
    assert_eq!(machine.ask(&["resume"]), "Nothing to change.\n");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130), "{}", running.errors());
    assert_eq!(count(), 4);
    machine.assert_recorded(&running);
}
