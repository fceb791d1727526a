//! An isolated environment for the program: empty home, no session bus, fixed time zone and width.

use std::fmt::Write as _;
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;
use therapy::domain::session::Event;
use therapy::edge::clock;
use therapy::edge::journal::{Entry, Journal, Stamp};

use crate::programs;

/// An event of a JSON line or of the journal: name, step from 1, and session time in milliseconds.
pub type Line = (String, u64, u64);

/// A temporary home directory, and the rate of the clock.
pub struct Home {
    folder: TempDir,
    /// Rate of the program's clock: 1.0 is real time.
    pub rate: f64,
}

impl Home {
    /// The home of a person to whom no warning sign applies, in real time.
    pub fn new() -> Home {
        Home::at_rate(1.0)
    }

    /// The same, with a clock of the program that runs `rate` times as fast.
    pub fn at_rate(rate: f64) -> Home {
        let home = Home { rate, ..Home::empty() };
        let now = Stamp { wall_ms: clock::wall().as_millisecond(), boot: clock::boot(), clock: clock::now() };
        Journal::open(&home.data()).and_then(|journal| journal.screened(Some(&[]), &[], &now)).expect("a new journal");
        home
    }

    /// The home of a person who never used the program, in real time.
    pub fn empty() -> Home {
        Home { folder: tempfile::tempdir().expect("a temporary folder"), rate: 1.0 }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the home directory and returns its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        // As the program writes it.
        let path = self.path().join(name.replace('/', MAIN_SEPARATOR_STR));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a plain path").to_owned()
    }

    /// Writes these steps to `own.toml`.
    pub fn own(&self, rounds: u32, protocol: &[(&str, &str)]) {
        self.file("own.toml", &steps(rounds, protocol));
    }

    /// The environment of the program.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let below = |name: &str| self.path().join(name).to_str().expect("a plain path").to_owned();
        let mut environment = vec![
            ("HOME", below("")),
            ("PATH", "/usr/bin:/bin".to_owned()),
            // Over ssh a session plays no sounds by itself, so that tests never sound on a real desktop.
            ("SSH_CONNECTION", "127.0.0.1 1 127.0.0.1 22".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("THERAPY_CONFIG_DIR", below("config")),
            ("THERAPY_DATA_DIR", below("data")),
            // A socket without a service, so that tests never ring on a real desktop.
            ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", below("no-bus"))),
        ];
        if self.rate > 1.0 {
            environment.push(("THERAPY_TEST_RATE", self.rate.to_string()));
        }
        environment
    }

    /// The program with these arguments, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_therapy"));
        command.env_clear().envs(self.environment()).current_dir(self.path()).args(arguments);
        command.stdin(Stdio::null());
        command
    }

    /// The program in a session of its own, so that a terminal from which the tests are started neither rings nor
    /// changes what is said.
    pub fn without_terminal(&self, arguments: &[&str]) -> Command {
        const SETSID: &str = "/usr/bin/setsid";
        let command = self.command(arguments);
        // Under Wine, the programs of the system below can be seen.
        if cfg!(windows) || !Path::new(SETSID).exists() {
            return command;
        }
        let mut alone = Command::new(SETSID);
        alone.env_clear().envs(self.environment()).current_dir(self.path()).stdin(Stdio::null());
        alone.arg(command.get_program()).args(arguments);
        alone
    }

    /// Runs the program to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        programs::output(&mut self.without_terminal(arguments))
    }

    /// Like [`run`](Home::run), but always in real time, so that earlier doses do not fade on a busy
    /// machine.
    #[track_caller]
    pub fn run_in_real_time(&self, arguments: &[&str]) -> Output {
        programs::output(self.without_terminal(arguments).env_remove("THERAPY_TEST_RATE"))
    }

    /// Runs the program, which must succeed, and returns its standard output.
    #[track_caller]
    pub fn ask(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// Like [`ask`](Home::ask), for commands that print JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ask(arguments)).expect("JSON")
    }

    /// Like [`json`](Home::json), for a command that ends with this code.
    #[track_caller]
    pub fn json_of(&self, arguments: &[&str], code: i32) -> Value {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Runs a session to its end, without lines and notifications.
    #[track_caller]
    pub fn session(&self, arguments: &[&str]) -> Output {
        let output = self.run(&[&["run", "--no-notify", "--progress", "quiet"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        output
    }

    /// The events of an undisturbed session of this file. It is rehearsed in a new home, because the
    /// journal of this one may refuse it.
    #[track_caller]
    pub fn rehearsed(&self, file: &str) -> Vec<Line> {
        let empty = Home::at_rate(self.rate);
        empty.file(file, &std::fs::read_to_string(self.path().join(file)).expect("a file"));
        let lines = empty.ask(&["run", file, "--dry-run", "--progress", "json"]);
        lines.lines().map(|line| event_line(&serde_json::from_str(line).expect("JSON"))).collect()
    }

    /// The folder of the journal.
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The file of the journal.
    pub fn journal(&self) -> PathBuf {
        self.data().join("journal.db")
    }

    /// The journal as a database.
    pub fn sql(&self) -> Connection {
        let connection = Connection::open(self.journal()).expect("a journal");
        connection.busy_timeout(Duration::from_secs(5)).expect("patience");
        connection
    }

    /// The result of a query that gives one number.
    pub fn number(&self, query: &str) -> i64 {
        self.sql().query_row(query, [], |row| row.get(0)).expect("a number")
    }

    /// The output of `therapy history --json`.
    #[track_caller]
    pub fn history(&self) -> Vec<Value> {
        self.json(&["history", "--json"]).as_array().expect("a list").clone()
    }

    /// The list of `therapy history`, without the picture of the last two weeks above it.
    #[track_caller]
    pub fn listed(&self, arguments: &[&str]) -> String {
        let text = self.ask(&[&["history"], arguments].concat());
        match text.split_once("\n\n") {
            Some((picture, list)) if picture.contains("Pain, first and last") || picture.contains("ne block is ") => {
                list.to_owned()
            }
            _ => text,
        }
    }

    /// The events of all sessions, in the order of writing.
    pub fn written(&self) -> Vec<Line> {
        let connection = self.sql();
        let mut statement =
            connection.prepare("SELECT kind, step, elapsed_ns FROM event ORDER BY id").expect("a table");
        let rows = statement.query_map([], |row| {
            let (step, elapsed): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, step.unsigned_abs() + 1, elapsed.unsigned_abs() / 1_000_000))
        });
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }

    /// The only session in the journal, and its events.
    #[track_caller]
    pub fn recorded(&self) -> (Entry, Vec<Event>) {
        let journal = Journal::open(&self.data()).expect("a journal");
        let entry = journal.history(0).expect("its history").pop().expect("a session");
        let now = Stamp { wall_ms: clock::wall().as_millisecond(), boot: clock::boot(), clock: clock::now() };
        let events = journal.record(entry.id, &now).expect("a record").events;
        (entry, events)
    }
}

/// The text of a protocol file with these steps.
pub fn steps(rounds: u32, steps: &[(&str, &str)]) -> String {
    let mut text = format!("rounds = {rounds}\n");
    for (kind, length) in steps {
        let _ = write!(text, "[[step]]\ndo = \"{kind}\"\nfor = \"{length}\"\n");
    }
    text
}

/// Converts an event of the journal.
pub fn line_of(event: &Event) -> Line {
    let millis = u64::try_from(event.elapsed.as_millis()).expect("short");
    (event.kind.name().to_owned(), event.step as u64 + 1, millis)
}

/// Converts a JSON line.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds of a session, as precise as the line"
)]
pub fn event_line(line: &Value) -> Line {
    let elapsed = line["elapsed_s"].as_f64().expect("a number") * 1000.0;
    let name = line["event"].as_str().expect("a name").to_owned();
    (name, line["step"].as_u64().expect("a number"), elapsed.round() as u64)
}

/// The program refused a session by this rule.
#[track_caller]
pub fn assert_refused(output: &Output, rule: &str) {
    let errors = stderr(output);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    let rules = |line: &str| line.rsplit_once('(').and_then(|(_, rules)| rules.strip_suffix(')')).map(str::to_owned);
    let names = |line: &str| rules(line).is_some_and(|rules| rules.split(", ").any(|name| name == rule));
    let is_it = |line: &str| line.starts_with("Refused: ") && names(line);
    assert!(errors.lines().any(is_it), "{rule}: {errors}");
}

/// Joins wrapped lines into one.
pub fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Standard output as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}
