//! A session in another process: its events, and helpers that wait for them.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use therapy::domain::session::Moment;
use therapy::edge::clock;

pub use crate::programs::DEADLINE;
use crate::programs::held_up;
use crate::support::Home;
pub use crate::support::{Line, event_line, steps};

/// A session in another process.
pub struct Running {
    pub child: Child,
    lines: Arc<Mutex<Vec<(Moment, Value)>>>,
    errors: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
    /// Where its events are recorded.
    journal: Option<PathBuf>,
}

impl Running {
    pub fn new(mut command: Command) -> Running {
        held_up(clock::now());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let (lines, errors) = (Arc::default(), Arc::default());
        let (lines_in, errors_in) = (Arc::clone(&lines), Arc::clone(&errors));
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut err = child.stderr.take().expect("a pipe");
        let readers = vec![
            thread::spawn(move || {
                let mut line = String::new();
                // A kill may truncate the last line.
                while out.read_line(&mut line).is_ok_and(|count| count > 0) && line.ends_with('\n') {
                    let value = serde_json::from_str(&line).expect("a JSON line");
                    let lines: &Mutex<Vec<(Moment, Value)>> = &lines_in;
                    lines.lock().expect("lines").push((clock::now(), value));
                    line.clear();
                }
            }),
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = err.read(&mut bytes) {
                    let errors: &Mutex<String> = &errors_in;
                    errors.lock().expect("errors").push_str(&String::from_utf8_lossy(&bytes[..count]));
                }
            }),
        ];
        Running { child, lines, errors, readers, journal: None }
    }

    /// With the journal that its events are recorded in.
    pub fn recorded_in(mut self, journal: PathBuf) -> Running {
        self.journal = Some(journal);
        self
    }

    pub fn lines(&self) -> Vec<(Moment, Value)> {
        self.lines.lock().expect("lines").clone()
    }

    pub fn events(&self) -> Vec<Line> {
        self.lines().iter().map(|(_, line)| event_line(line)).collect()
    }

    pub fn errors(&self) -> String {
        self.errors.lock().expect("errors").clone()
    }

    /// Waits for an event of this name and returns its time of arrival and its line. With a slow disk an event
    /// is printed before it is recorded, and other commands find it in the journal, so this waits for that too.
    pub fn see(&self, event: &str) -> (Moment, Value) {
        let mut found = None;
        until(event, || {
            found = self.lines().into_iter().find(|(_, line)| line["event"] == event);
            found.is_some()
        });
        let found = found.expect("just seen");
        until("its record", || self.journal.as_deref().is_none_or(|journal| is_recorded(journal, &found.1)));
        found
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the program runs");
    }

    /// Waits for the end, and reads all output.
    pub fn end(&mut self) -> ExitStatus {
        let start = clock::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(clock::now().since(start) < DEADLINE, "no end: {:?}\n{}", self.events(), self.errors());
            clock::wait(Duration::from_millis(2));
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader");
        }
        status
    }

    /// Kills the process, like an empty battery.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child");
        self.end();
    }
}

/// Whether the last session of a journal has an event, or the journal cannot be read.
fn is_recorded(journal: &Path, line: &Value) -> bool {
    const RECORDED: &str =
        "SELECT count(*) FROM event WHERE session = (SELECT max(id) FROM session) AND kind = ?1 AND elapsed_ns >= ?2";
    let elapsed =
        Duration::from_secs_f64(line["elapsed_s"].as_f64().expect("a number")).saturating_sub(Duration::from_millis(1));
    let elapsed = i64::try_from(elapsed.as_nanos()).expect("a session");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let known = Connection::open_with_flags(journal, flags)
        .and_then(|journal| journal.query_row(RECORDED, (line["event"].as_str(), elapsed), |row| row.get::<_, i64>(0)));
    known.map_or(true, |count| count > 0)
}

/// Ends the session when a test fails.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = clock::now();
    while !holds() {
        assert!(clock::now().since(start) < DEADLINE, "never came: {what}");
        clock::wait(Duration::from_millis(2));
    }
}

/// Each event is late by less than `most`, plus delays of the machine.
pub fn assert_on_time(running: &Running, rate: f64, most: Duration) {
    let lines = running.lines();
    let (began, _) = lines.first().expect("a start");
    for (at, line) in &lines {
        let due = Duration::from_secs_f64(line["elapsed_s"].as_f64().expect("a number") / rate);
        let late = at.since(*began).saturating_sub(due);
        assert!(late < most + held_up(*began), "{late:?} late: {line}");
    }
}

impl Home {
    /// Starts a session that prints its events as JSON lines.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let command = self.without_terminal(&[arguments, &["--progress", "json", "--no-notify"]].concat());
        let running = Running::new(command);
        // The journal of another person is elsewhere.
        if arguments.contains(&"--profile") { running } else { running.recorded_in(self.journal()) }
    }
}
