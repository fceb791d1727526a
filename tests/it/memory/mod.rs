//! What outlives a process: sessions that were killed, control from another shell, trouble with the
//! journal, the injury clock, and what earlier sessions mean for later ones. Real processes, each
//! test with a journal of its own.
#![cfg(unix)]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;
use therapy::domain::session::Moment;
use therapy::edge::clock;

use crate::running::{Running, Told, steps};
use crate::support::{Home, stderr, stdout};

mod control;
mod kills;
mod person;
mod trouble;

/// A home whose clock runs so many times as fast.
struct Lab {
    home: Home,
    rate: f64,
}

impl Lab {
    fn at_rate(rate: f64) -> Lab {
        Lab { home: Home::new(), rate }
    }

    fn new() -> Lab {
        Lab::at_rate(1.0)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(arguments);
        command.env("THERAPY_TEST_RATE", self.rate.to_string());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Runs a session to its end, without a word and without a bus.
    fn session(&self, arguments: &[&str]) -> Output {
        let output = self.run(&[&["run", "--no-notify", "--progress", "quiet"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        output
    }

    /// Starts a session that tells its events as JSON.
    fn start(&self, arguments: &[&str]) -> Running {
        Running::new(self.command(&[arguments, &["--progress", "json", "--no-notify"]].concat()))
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn journal(&self) -> PathBuf {
        self.data().join("journal.db")
    }

    fn sql(&self) -> Connection {
        let connection = Connection::open(self.journal()).expect("a journal");
        connection.busy_timeout(Duration::from_secs(5)).expect("patience");
        connection
    }

    fn number(&self, query: &str) -> i64 {
        self.sql().query_row(query, [], |row| row.get(0)).expect("a number")
    }

    fn history(&self) -> Vec<Value> {
        let output = self.run(&["history", "--json"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).expect("JSON")
    }

    /// The events of all sessions, in the order in which they were written.
    fn written(&self) -> Vec<Told> {
        let connection = self.sql();
        let mut statement =
            connection.prepare("SELECT kind, step, elapsed_ns FROM event ORDER BY id").expect("a table");
        let rows = statement.query_map([], |row| {
            let (step, elapsed): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, step.unsigned_abs() + 1, elapsed.unsigned_abs() / 1_000_000))
        });
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }
}

/// Numbers that look random and are the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }
}

/// Ten minutes of heat, then as much cold.
fn long() -> String {
    steps(1, &[("heat", "10min"), ("cold", "10min")])
}

impl Lab {
    /// A session of long steps that has begun, in real time.
    fn long_session(&self) -> Running {
        self.home.file("own.toml", &long());
        let running = self.start(&["run", "own.toml"]);
        running.see("step_began");
        running
    }

    /// Asks for something; returns the answer, and when it was asked.
    fn ask(&self, arguments: &[&str]) -> (String, Moment) {
        let asked = clock::now();
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        (stdout(&output), asked)
    }
}
