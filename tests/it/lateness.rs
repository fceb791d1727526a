//! Measures how late alarms are, on an idle machine and on an overloaded one. Measurements in milliseconds
//! need an idle machine, and are started by hand:
//! `cargo test --release --test it -- --ignored --nocapture --test-threads=1 lateness`
#![cfg(target_os = "linux")]

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use therapy::domain::session::Moment;
use therapy::edge::clock;

use crate::answering_bus::{Arrivals, answer};
use crate::hostile_terminal::full_pipe;
use crate::programs::{finish, first_line};
use crate::running::{Running, assert_on_time};
use crate::support::Home;

/// A session in real time, and its bus.
struct Session {
    home: Home,
    arrivals: Arrivals,
}

impl Session {
    /// Rounds of heat and rest, each step of this length. After a rest no alarm goes on at the end.
    fn new(rounds: u32, each: &str) -> Session {
        let home = Home::new();
        home.own(rounds, &[("heat", each), ("rest", each)]);
        let arrivals = answer(&home);
        Session { home, arrivals }
    }

    fn command(&self) -> Command {
        self.home.without_terminal(&["run", "own.toml", "--progress", "json"])
    }

    /// The alarms at the ends of steps: the due time in the journal, the event, and a part of the title.
    fn alarms(&self) -> Vec<(Moment, &'static str, String)> {
        let (_, events) = self.home.recorded();
        let of = format!(" of {}", events.last().expect("an end").step + 1);
        let alarms = events.iter().filter_map(|event| match event.kind.name() {
            "step_began" if event.step > 0 => Some((event.at, "step_began", format!("step {}{of}", event.step + 1))),
            "finished" => Some((event.at, "finished", "Done: ".to_owned())),
            _ => None,
        });
        alarms.collect()
    }

    /// Lateness of each alarm on the bus.
    fn late_at_the_bus(&self) -> Vec<Duration> {
        let late = |(due, _, title): &(Moment, _, String)| {
            let (at, _) = self.arrivals.find(title).expect("an alarm that came");
            at.since(*due)
        };
        self.alarms().iter().map(late).collect()
    }

    /// Lateness of the JSON line of each alarm.
    fn late_on_the_pipe(&self, running: &Running) -> Vec<Duration> {
        let lines = running.lines();
        let alarm = |name: &str| name == "step_began" || name == "finished";
        // The first step follows no other, so it has no alarm.
        let shown = lines.iter().filter(|(_, line)| line["event"].as_str().is_some_and(alarm)).skip(1);
        self.alarms().iter().zip(shown).map(|((due, ..), (at, _))| at.since(*due)).collect()
    }
}

/// A hundred busy processes, and the processor that they run on. `None` means all processors.
struct Crowd(Child, Option<String>);

impl Crowd {
    fn gather(on_one: bool) -> Crowd {
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).expect("a list");
        let last = allowed.trim().rsplit([',', '-']).next().expect("a processor").to_owned();
        // The time limit ends them if the test is killed.
        let count =
            "ulimit -t 2; i=0; while [ $i -lt 100 ]; do (while :; do :; done) & i=$((i+1)); done; echo go; wait";
        let mut command = Command::new("/bin/sh");
        if on_one {
            command = Command::new("/usr/bin/taskset");
            command.args(["-c", &last, "/bin/sh"]);
        }
        command.args(["-c", count]).process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        assert_eq!(first_line(&mut child), "go", "all processes run");
        Crowd(child, on_one.then_some(last))
    }

    /// Runs the command on the same processor.
    fn among(&self, command: &Command) -> Command {
        let mut among = Command::new("/usr/bin/env");
        if let Some(processor) = &self.1 {
            among = Command::new("/usr/bin/taskset");
            among.args(["-c", processor]);
        }
        among.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
        among.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        among.current_dir(command.get_current_dir().expect("a home"));
        among
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

/// Lateness of two sessions among a hundred busy processes. The first has a bus that never answers, so its
/// lines are timed. The second has an output that is never read, so its notifications are timed.
fn among_a_crowd(on_one: bool, rounds: u32) -> [Vec<Duration>; 2] {
    let (by_line, by_bus) = (Session::new(rounds, "2s"), Session::new(rounds, "2s"));
    let deaf = by_line.home.path().join("deaf");
    let _deaf = std::os::unix::net::UnixListener::bind(&deaf).expect("a socket");
    let (_reader, full) = full_pipe();

    let crowd = Crowd::gather(on_one);
    let mut command = crowd.among(&by_line.command());
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", deaf.display()));
    let mut lines_session = Running::new(command);
    let bus_session = crowd.among(&by_bus.command()).stdout(full).stderr(Stdio::null()).spawn().expect("it starts");
    assert_eq!(lines_session.end().code(), Some(0), "{}", lines_session.errors());
    let status = finish(bus_session).status;
    drop(crowd);
    assert_eq!(status.code(), Some(0));
    assert_on_time(&lines_session, 1.0, Duration::from_secs(3));
    assert!(lines_session.errors().contains("the notification service does not answer"), "{}", lines_session.errors());
    [by_line.late_on_the_pipe(&lines_session), by_bus.late_at_the_bus()]
}

/// Environment variable that enables the test below, which keeps a processor busy for seconds.
pub const BUSY: &str = "THERAPY_TEST_BUSY";

#[test]
fn alarms_are_in_time_among_a_hundred_busy_processes() {
    if std::env::var_os(BUSY).is_none() {
        return crate::programs::left_out("the test among a hundred busy processes", &format!("set {BUSY}=1"));
    }
    for late in among_a_crowd(true, 1) {
        assert_eq!(late.len(), 2);
        // Two seconds late would count as a stall, and hold the step.
        assert!(late.iter().all(|late| *late < Duration::from_millis(1500)), "{late:?}");
    }
}

/// Prints the lateness. Returns the median and the worst value.
pub fn report(what: &str, mut late: Vec<Duration>) -> (Duration, Duration) {
    late.sort();
    let (median, worst) = (late[late.len() / 2], late[late.len() - 1]);
    let almost = late[late.len() * 99 / 100];
    println!("{what}: {} times, median {median:.2?}, 99 of 100 {almost:.2?}, worst {worst:.2?} late", late.len());
    (median, worst)
}

#[test]
#[ignore = "measures an idle machine, for a minute"]
fn on_an_idle_machine_the_median_alarm_is_at_most_two_milliseconds_late() {
    let sessions: Vec<Session> = std::iter::repeat_with(|| Session::new(32, "1s")).take(16).collect();
    let mut running = Vec::new();
    for session in &sessions {
        running.push(Running::new(session.command()));
        // Spread the starts over a second, so that no session waits for another.
        clock::wait(Duration::from_millis(1000 / 16));
    }
    // Plain waits show whether the machine is really idle.
    let mut waits = Vec::new();
    for running in &mut running {
        while running.child.try_wait().expect("a child").is_none() {
            let due = clock::now() + Duration::from_millis(20);
            clock::wait(Duration::from_millis(20));
            waits.push(clock::now().since(due));
        }
        assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    }
    let pairs = || sessions.iter().zip(&running);
    let pipe = pairs().flat_map(|(session, running)| session.late_on_the_pipe(running)).collect();
    let bus = sessions.iter().flat_map(Session::late_at_the_bus).collect();
    let (_, machine) = report("waits of the test itself", waits);
    for (median, worst) in [report("on the pipe", pipe), report("at the bus", bus)] {
        let figures = format!("{median:?}, {worst:?}, the machine alone {machine:?}");
        assert!(median <= Duration::from_millis(2) && worst <= Duration::from_millis(20), "{figures}");
    }
}

#[test]
#[ignore = "keeps the whole machine busy"]
fn among_a_hundred_busy_processes_no_alarm_is_a_third_of_a_second_late() {
    let [line, bus] = among_a_crowd(false, 3);
    for (_, worst) in [report("on the pipe, deaf bus", line), report("at the bus, full pipe", bus)] {
        assert!(worst <= Duration::from_millis(300), "{worst:?}");
    }
}
