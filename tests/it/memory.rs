//! What outlives a process: sessions that were killed, control from another shell, trouble with the
//! journal, the injury clock, and what earlier sessions mean for later ones. Real processes, each
//! test with a journal of its own.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::Value;
use therapy::domain::session::{Input, Moment};
use therapy::edge::clock;
use therapy::edge::journal::Journal;

use crate::running::{DEADLINE, Running, Told, assert_on_time, rehearsed, steps, told, until};
use crate::support::{Home, stderr, stdout};
use crate::terminal::Terminal;

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

// --- killed at any moment ---

const SHAPES: [(u32, &[(&str, &str)]); 4] = [
    (2, &[("heat", "3min"), ("cold", "2min"), ("rest", "90s")]),
    (3, &[("cold", "90s"), ("rest", "2min"), ("heat", "61s")]),
    (1, &[("heat", "5min"), ("stretch", "2min"), ("cold", "4min"), ("rest", "30s")]),
    (4, &[("heat", "50s"), ("cold", "20s"), ("rest", "1s")]),
];

/// Tells which numbers make a failure again.
struct Tell(u64);

impl Drop for Tell {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("again with THERAPY_KILLS=1 THERAPY_SEED={}", self.0);
        }
    }
}

/// Kills one session and takes it up again. Tells how many events were in the journal at the kill;
/// `None` when the machine was so slow that the session held, or went on before the disk answered.
fn kill_one(seed: u64) -> Option<usize> {
    let _tell = Tell(seed);
    let mut random = Random(seed);
    let (rounds, shape) = SHAPES[usize::try_from(random.below(4)).expect("small")];
    let lab = Lab::at_rate(f64::from(u32::try_from(1000 + random.below(1000)).expect("small")));
    lab.home.file("own.toml", &steps(rounds, shape));
    let rehearsal = lab.run(&["run", "own.toml", "--dry-run", "--progress", "json"]);
    let lines: Vec<Value> = stdout(&rehearsal).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let expected: Vec<Told> = lines.iter().map(told).collect();
    let finish = lines.last().expect("an end");
    assert_eq!(finish["outcome"], "completed");

    let length = Duration::from_millis(expected.last().expect("an end").2).div_f64(lab.rate);
    let micros = u64::try_from(length.as_micros()).expect("small") + 30_000;
    let moment = clock::now() + Duration::from_micros(random.below(micros));
    let mut running = lab.start(&["run", "own.toml"]);
    while let left = moment.since(clock::now())
        && !left.is_zero()
    {
        clock::wait(left.min(Duration::from_millis(20)));
    }
    running.kill();
    let printed = running.told();
    assert!(!running.errors().contains("warning: "), "{}", running.errors());

    // The journal opens, and holds what was told, in order, and nothing that was not to come.
    let history = lab.history();
    if !lab.journal().exists() {
        assert_eq!(printed, [], "nothing can be told before there is a journal");
        return Some(0);
    }
    let check: String = lab.sql().query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
    assert_eq!(check, "ok");
    let written = lab.written();
    if written.iter().any(|(event, ..)| event == "overran") {
        return None;
    }
    assert_eq!(written, expected[..written.len()], "what was written is the session so far");
    assert_eq!(printed, expected[..printed.len()]);
    // Shown before it was on the disk: only a disk, or a machine, that is slow allows that.
    let early = printed.len() > written.len();
    assert!(printed.len() <= written.len() + 1, "told and lost: {:?}", &printed[written.len()..]);

    let status = lab.run(&["status"]);
    assert_eq!(status.status.code(), Some(1));
    if written.len() == expected.len() || history.is_empty() {
        assert!(!stderr(&status).contains("cut off"), "{}", stderr(&status));
    } else if written.is_empty() {
        // Its clock never started: nothing to take up, and nothing stands in the way of the next.
        let next = lab.session(&["own.toml"]);
        assert_eq!(stderr(&next), "");
        assert_eq!(lab.number("SELECT count(*) FROM session WHERE outcome IS NULL"), 0);
        return Some(0);
    } else {
        assert!(stderr(&status).contains("own was cut off "), "{}", stderr(&status));
        let ice = lab.run(&["run", "ice"]);
        assert_eq!(ice.status.code(), Some(3), "{}", stderr(&ice));
        for way_out in ["`therapy resume`", "`therapy stop`"] {
            assert!(stderr(&ice).contains(way_out), "{}", stderr(&ice));
        }
        let mut resumed = lab.start(&["resume"]);
        let start = clock::now();
        while resumed.child.try_wait().expect("a child").is_none() {
            assert!(clock::now().since(start) < DEADLINE, "no end: {:?}", resumed.told());
            if resumed.told().iter().any(|(event, ..)| event == "overran") {
                return None;
            }
            clock::wait(Duration::from_millis(2));
        }
        assert_eq!(resumed.end().code(), Some(0), "{}", resumed.errors());
        assert_eq!(resumed.told(), expected[written.len()..], "what was to come, when it was to come");
    }
    if history.is_empty() {
        return Some(0);
    }

    // The whole of it, as if nothing had happened.
    assert_eq!(lab.written(), expected);
    let strays = "SELECT count(*) FROM event, (SELECT clock_ns AS began FROM event ORDER BY id LIMIT 1) \
                  WHERE clock_ns - began <> elapsed_ns";
    assert_eq!(lab.number(strays), 0, "every event when the clock said so");
    let history = lab.history();
    assert_eq!(history.len(), 1, "{history:?}");
    assert_eq!(history[0]["outcome"], "completed");
    for kind in ["cold", "heat"] {
        let mut sum = 0;
        for pair in expected.windows(2) {
            let on = lines.iter().find(|line| line["step"] == pair[0].1).expect("a step");
            sum += if on["kind"] == kind { pair[1].2 - pair[0].2 } else { 0 };
        }
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let sum = sum as f64 / 1000.0;
        let field = format!("{kind}_s");
        assert_eq!(history[0][&field].as_f64(), Some(sum), "{field}");
        assert_eq!(history[0][&field], finish[&field]);
    }
    assert_eq!(lab.number("SELECT count(*) FROM session WHERE outcome IS NULL"), 0);
    (!early).then_some(written.len())
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// `THERAPY_KILLS=500` for the full count.
#[test]
fn a_session_that_is_killed_at_any_moment_is_taken_up_at_the_right_place() {
    let kills = from_environment("THERAPY_KILLS").unwrap_or(24);
    let first = from_environment("THERAPY_SEED")
        .unwrap_or_else(|| u64::try_from(clock::now().since_origin().as_nanos()).unwrap_or_default() % 1_000_000_000);
    let (next, within, slow) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && number < kills
                {
                    match kill_one(first + number) {
                        Some(0) => {}
                        Some(_) => drop(within.fetch_add(1, Ordering::Relaxed)),
                        None => drop(slow.fetch_add(1, Ordering::Relaxed)),
                    }
                }
            });
        }
    });
    let (within, slow) = (within.into_inner(), slow.into_inner());
    println!("{kills} kills from seed {first}: {within} within a session, {slow} on a machine too slow to say");
    assert!(slow * 10 <= kills.max(10), "{slow} of {kills} on a machine too slow to say");
    assert!(kills < 20 || within * 2 >= kills, "only {within} of {kills} were within a session");
}

// --- control from another shell ---

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

#[test]
fn another_shell_controls_the_session_within_half_a_second() {
    let lab = Lab::new();
    let mut running = lab.long_session();
    let obeyed = |arguments: &[&str], answer: &str, event: &str, number: usize| {
        let (said, asked) = lab.ask(arguments);
        assert!(said.contains(answer), "{arguments:?}: {said}");
        let mut lines = Vec::new();
        until(event, || {
            lines = running.lines().into_iter().filter(|(_, line)| line["event"] == event).collect();
            lines.len() >= number
        });
        let (at, line) = lines.swap_remove(number - 1);
        let took = at.since(asked);
        assert!(took < Duration::from_millis(500), "{arguments:?}: {took:?}");
        line
    };
    obeyed(&["pause"], "paused: the pack is off", "paused", 1);
    assert_eq!(lab.ask(&["pause"]).0, "nothing to change\n");
    assert_eq!(lab.ask(&["status", "--format", "{state} {kind} {step}/{of}"]).0, "paused heat 1/2\n");
    obeyed(&["resume"], "going on with heat", "resumed", 1);
    assert_eq!(lab.ask(&["resume"]).0, "nothing to change\n");
    let extended = obeyed(&["extend", "2min"], "2m longer", "extended", 1);
    assert_eq!((extended["by_s"].as_f64(), &extended["rule"]), (Some(120.0), &Value::Null));
    let extended = obeyed(&["extend", "5h"], ", by heat-limit", "extended", 2);
    assert_eq!(extended["rule"], "heat-limit");
    assert!(extended["length_s"].as_f64().is_some_and(|length| length > 1799.0 && length < 1801.0), "{extended}");
    let extended = obeyed(&["extend", "1min"], "not longer, by heat-limit", "extended", 3);
    assert_eq!(extended["by_s"].as_f64(), Some(0.0));
    let skipped = obeyed(&["skip"], "heat ended early; COLD for 10m", "skipped", 1);
    assert_eq!(skipped["step"], 1);
    assert_eq!(lab.ask(&["status", "--format", "{state} {kind} {step}/{of}"]).0, "running cold 2/2\n");
    let finished = obeyed(&["stop"], "stopped after ", "finished", 1);
    assert_eq!(finished["outcome"], "stopped");
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(running.told(), lab.written(), "what was told is what is kept");
    assert_eq!(lab.history()[0]["outcome"], "stopped");
}

#[test]
fn without_a_session_there_is_nothing_to_control() {
    let lab = Lab::new();
    for _ in 0..2 {
        for arguments in [&["pause"][..], &["resume"], &["skip"], &["stop"], &["extend", "1min"], &["status"]] {
            let output = lab.run(arguments);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}");
            assert!(stderr(&output).contains("error: no session is running\nhint: `therapy run` starts one"));
        }
        // And the same once there is a journal.
        assert_eq!(lab.run(&["pain", "1"]).status.code(), Some(0));
    }
}

#[test]
fn several_shells_at_once_are_all_answered() {
    let lab = Lab::new();
    let mut running = lab.long_session();
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let (said, asked) = lab.ask(&["extend", "1min"]);
                let took = clock::now().since(asked);
                assert_eq!(said, "1m longer\n");
                assert!(took < Duration::from_millis(900), "an answer after {took:?}");
            });
        }
    });
    assert_eq!(lab.number("SELECT count(*) FROM event WHERE kind = 'extended'"), 6);
    assert_eq!(lab.number("SELECT count(*) FROM request WHERE answer IS NULL"), 0);
    running.signal(Signal::TERM);
    assert_eq!(running.end().code(), Some(130));
}

/// Nobody is left in the belief that it was kept.
#[test]
fn an_end_that_cannot_be_written_is_told() {
    let lab = Lab::new();
    let mut running = lab.long_session();
    let other = lab.sql();
    other.execute_batch("BEGIN IMMEDIATE").expect("the journal to itself");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    other.execute_batch("ROLLBACK").expect("that was all");
    let told = running.errors();
    assert!(told.contains("warning: the end of this session is not recorded"), "{told}");
    assert_eq!(lab.history()[0]["outcome"], Value::Null, "as it was told");
    assert_eq!(lab.run(&["stop"]).status.code(), Some(0));
}

/// Nothing but the files: a session in another container has another number for whoever asks.
#[test]
fn a_call_is_heard_by_the_folder_alone() {
    let lab = Lab::new();
    let mut running = lab.long_session();
    let journal = Journal::open(&lab.data()).expect("a journal");
    for _ in 0..3 {
        let asked = clock::now();
        let request = journal.ask(1, Input::Extend(Duration::from_secs(60))).expect("a request");
        Journal::call(&lab.data(), std::time::SystemTime::UNIX_EPOCH).expect("a call");
        until("an answer", || journal.answer(request).expect("it can be read").as_deref() == Some("1m longer"));
        let took = clock::now().since(asked);
        assert!(took < Duration::from_millis(500), "an answer after {took:?}");
    }
    running.signal(Signal::TERM);
    assert_eq!(running.end().code(), Some(130));
}

#[test]
fn a_second_session_is_refused_until_the_first_is_gone_and_a_stale_lock_binds_nobody() {
    let lab = Lab::new();
    let mut running = lab.long_session();
    let second = lab.run(&["run", "own.toml", "--no-notify"]);
    assert_eq!(second.status.code(), Some(3), "{}", stderr(&second));
    assert!(stderr(&second).contains("one-session"), "{}", stderr(&second));
    assert_eq!(lab.number("SELECT count(*) FROM session"), 1);
    running.kill();
    assert!(lab.data().join("session.lock").exists(), "nobody was there to take it away");
    for arguments in [&["pause"][..], &["skip"], &["extend", "1min"], &["status"]] {
        assert_eq!(lab.run(arguments).status.code(), Some(1), "{arguments:?}");
    }
    // Several shells close it: it ends once.
    thread::scope(|scope| {
        let stops: Vec<_> = (0..4).map(|_| scope.spawn(|| lab.run(&["stop"]))).collect();
        let outputs: Vec<Output> = stops.into_iter().map(|stop| stop.join().expect("a thread")).collect();
        let stopped = outputs.iter().filter(|output| output.status.code() == Some(0)).count();
        let said: Vec<String> = outputs.iter().map(|output| stdout(output) + &stderr(output)).collect();
        assert_eq!(stopped, 1, "{said:#?}");
    });
    assert_eq!(lab.number("SELECT count(*) FROM event WHERE kind = 'finished'"), 1);
    assert_eq!(lab.history()[0]["outcome"], "stopped");
    lab.home.file("rest.toml", &steps(1, &[("rest", "1s")]));
    assert_eq!(lab.session(&["rest.toml"]).status.code(), Some(0));
}

#[test]
fn a_session_that_was_stopped_dead_does_not_obey_later() {
    let lab = Lab::new();
    let mut running = lab.long_session();
    running.signal(Signal::STOP);
    let asked = clock::now();
    let output = lab.run(&["skip"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("error: the session does not answer\nhint: "), "{}", stderr(&output));
    assert!(clock::now().since(asked) < Duration::from_secs(4));
    running.signal(Signal::CONT);
    assert!(lab.ask(&["pause"]).0.contains("paused"));
    assert!(running.told().iter().all(|(event, ..)| event != "skipped"), "{:?}", running.told());
    assert_eq!(lab.number("SELECT count(*) FROM event WHERE kind = 'skipped'"), 0);
    running.signal(Signal::TERM);
    assert_eq!(running.end().code(), Some(130));
}

#[test]
fn every_signal_that_ends_a_session_is_recorded_as_stopped() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let lab = Lab::new();
        let mut running = lab.long_session();
        running.signal(signal);
        assert_eq!(running.end().code(), Some(130), "{signal:?}");
        let (_, last) = running.lines().pop().expect("an end");
        assert_eq!((&last["event"], &last["outcome"]), (&"finished".into(), &"stopped".into()));
        let history = lab.history();
        assert_eq!(history[0]["outcome"], "stopped", "{signal:?}");
        assert_eq!(history[0]["heat_s"], last["heat_s"]);
        assert_eq!(running.told(), lab.written());
    }
}

#[test]
fn cold_that_was_cut_off_is_named_before_what_it_left_on_the_skin() {
    let lab = Lab::at_rate(2000.0);
    let mut running = lab.start(&["run", "ice", "--minutes", "20"]);
    running.see("halfway");
    running.kill();
    let ice = lab.run(&["run", "ice"]);
    assert_eq!(ice.status.code(), Some(3));
    assert!(
        stderr(&ice).contains("hint: `therapy resume` goes on with it, `therapy stop` closes it"),
        "{}",
        stderr(&ice)
    );
    assert!(!stderr(&ice).contains("rewarm"), "{}", stderr(&ice));
}

// --- trouble with the journal ---

#[test]
fn a_journal_that_is_locked_for_a_while_holds_nothing_up_and_gets_everything_later() {
    let lab = Lab::at_rate(60.0);
    lab.home.file("own.toml", &steps(5, &[("heat", "30s"), ("cold", "30s")]));
    let expected = rehearsed(&lab.home, "own.toml");
    let mut running = lab.start(&["run", "own.toml"]);
    running.see("halfway");
    let other = lab.sql();
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock of the database");
    until("trouble", || running.errors().contains("warning: "));
    assert!(running.child.try_wait().expect("a child").is_none(), "the session goes on");
    other.execute_batch("ROLLBACK").expect("its end");
    assert_eq!(running.end().code(), Some(0));
    assert_eq!(running.told(), expected);
    assert_on_time(&running, lab.rate, Duration::from_millis(400));
    let errors = running.errors();
    assert_eq!(errors.matches("database is locked").count(), 1, "said once: {errors}");
    assert!(errors.contains("the session goes on, and is recorded as soon as it can be"), "{errors}");
    assert_eq!(lab.written(), expected, "all of it, in order");
    assert_eq!(lab.history()[0]["outcome"], "completed");
}

#[test]
fn a_full_disk_is_said_once_and_the_session_goes_on() {
    let lab = Lab::at_rate(200.0);
    lab.home.file("own.toml", &steps(4, &[("heat", "30s"), ("cold", "30s")]));
    let expected = rehearsed(&lab.home, "own.toml");
    assert_eq!(lab.run(&["pain", "1"]).status.code(), Some(0), "there is a journal");
    let mut command = lab.command(&[]);
    let mut limited = Command::new("/bin/sh");
    limited.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.current_dir(lab.home.path()).stdin(Stdio::null());
    // 512 bytes each: the journal fits, and the memory that it shares, and so do the first events.
    limited.args(["-c", "ulimit -f 66; exec \"$0\" run own.toml --progress json --no-notify"]);
    limited.arg(command.get_program());
    command.stdin(Stdio::null());
    let mut running = Running::new(limited);
    assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    assert_eq!(running.told(), expected);
    assert_on_time(&running, lab.rate, Duration::from_millis(400));
    let errors = running.errors();
    for once in
        ["; the session goes on, and is recorded as soon as it can be", "the end of this session is not recorded"]
    {
        assert_eq!(errors.matches(once).count(), 1, "said once: {errors}");
    }
    assert_eq!(errors.matches("warning: ").count(), 2, "{errors}");
    assert!(errors.contains("journal.db: the journal cannot be used: "), "{errors}");
    // What fitted is kept, in order; the rest is taken up when there is room.
    let written = lab.written();
    assert!(!written.is_empty() && written.len() < expected.len(), "{written:?}");
    assert_eq!(written, expected[..written.len()]);
    assert_eq!(lab.run(&["stop"]).status.code(), Some(0));
    assert_eq!(lab.number("SELECT count(*) FROM session WHERE outcome IS NULL"), 0);
}

#[test]
fn without_a_data_folder_only_overrides_go_on_and_say_that_nothing_is_recorded() {
    let lab = Lab::at_rate(20_000.0);
    lab.home.file("data", "a file where the folder should be");
    let refused = lab.run(&["run", "ice"]);
    assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
    for said in ["refused[rewarm]", "refused[cold-daily]", "journal.db: the journal cannot be used", "hint: "] {
        assert!(stderr(&refused).contains(said), "{said}: {}", stderr(&refused));
    }
    let one = lab.run(&["run", "ice", "--override", "rewarm"]);
    assert_eq!(one.status.code(), Some(3), "one of two is not enough");
    let both = ["run", "ice", "--override", "rewarm", "--override", "cold-daily", "--no-notify", "--progress", "plain"];
    let runs = lab.run(&both);
    assert_eq!(runs.status.code(), Some(0), "{}", stderr(&runs));
    assert_eq!(stderr(&runs).matches("this session is not recorded").count(), 1, "{}", stderr(&runs));
    assert!(!stderr(&runs).contains("`therapy pain N`"), "there is nowhere to note it: {}", stderr(&runs));
}

#[test]
fn a_damaged_journal_is_told_with_the_way_out_and_left_as_it_is() {
    let newer = {
        let lab = Lab::new();
        assert_eq!(lab.run(&["pain", "1"]).status.code(), Some(0));
        // As another version might have made it: not even its mode may change.
        lab.sql().execute_batch("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99;").expect("a version");
        std::fs::read(lab.journal()).expect("a file")
    };
    let mut random = Random(5);
    let garbage: Vec<u8> = (0..5000).map(|_| u8::try_from(random.below(256)).expect("small")).collect();
    let cases = [
        (garbage, "the journal is damaged: ", "start a new one"),
        (Vec::new(), "the journal is damaged: it is empty", "start a new one"),
        (newer, "was written by a newer therapy (version 99", "install the newer therapy"),
    ];
    for (bytes, what, way_out) in cases {
        let lab = Lab::new();
        std::fs::create_dir_all(lab.data()).expect("a folder");
        std::fs::write(lab.journal(), &bytes).expect("a file");
        for (arguments, code) in [
            (&["run", "ice"][..], 3),
            (&["run", "heat"], 3),
            (&["history"], 1),
            (&["history", "--json"], 1),
            (&["injury"], 1),
            (&["injury", "set", "2h ago"], 1),
            (&["pain", "3"], 1),
            (&["resume"], 1),
            (&["stop"], 1),
            (&["next"], 0),
        ] {
            let output = lab.run(arguments);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
            assert!(said.contains(what) && said.contains(way_out), "{arguments:?}: {said}");
            assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        }
        let status = lab.run(&["status"]);
        assert_eq!(status.status.code(), Some(1));
        assert!(stderr(&status).contains("no session is running"), "{}", stderr(&status));
        assert!(std::fs::read(lab.journal()).expect("a file") == bytes, "{what}: the file was touched");
    }
}

#[test]
fn a_rehearsal_never_touches_the_data_folder() {
    let lab = Lab::new();
    lab.home.file("own.toml", &steps(1, &[("heat", "20s"), ("cold", "20s")]));
    for mode in [&["--dry-run"][..], &["--speed", "1000"]] {
        let arguments = [&["run", "own.toml", "--no-notify", "--override", "rewarm"], mode].concat();
        let output = lab.run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(!lab.data().exists(), "{mode:?}");
    }
    // Nor one that is there: damage in it is no matter either.
    lab.home.file("data/journal.db", "damaged");
    for mode in [&["--dry-run"][..], &["--speed", "1000"]] {
        let output = lab.run(&[&["run", "own.toml", "--no-notify"], mode].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    let names: Vec<_> =
        std::fs::read_dir(lab.data()).expect("a folder").map(|entry| entry.expect("a file").file_name()).collect();
    assert_eq!(names, ["journal.db"]);
}

// --- the person ---

/// The program on a terminal.
fn on_terminal(lab: &Lab, arguments: &[&str]) -> Terminal {
    Terminal::start(lab.command(arguments), 40, 100)
}

#[test]
fn a_dose_of_another_shell_during_the_question_counts() {
    let lab = Lab::at_rate(1000.0);
    lab.home.file("own.toml", &steps(1, &[("cold", "15min")]));
    lab.home.file("other.toml", &steps(1, &[("cold", "20min")]));
    assert_eq!(lab.run(&["injury", "set", "20h ago"]).status.code(), Some(0));
    let mut asked = on_terminal(&lab, &["run", "own.toml", "--no-notify", "--progress", "plain"]);
    asked.see("None of these? [yes/no]");
    let other = lab.run(&["run", "other.toml", "--no-notify", "--progress", "quiet"]);
    assert_eq!(other.status.code(), Some(0), "{}", stderr(&other));
    asked.press("yes\n");
    asked.see("refused[rewarm]");
    assert_eq!(asked.end().code(), Some(3));
}

#[test]
fn the_first_session_of_an_injury_asks_once_and_a_no_is_kept() {
    const QUESTION: &str = "None of these? [yes/no]";
    let lab = Lab::at_rate(3000.0);
    lab.home.file("own.toml", &steps(1, &[("cold", "1min")]));
    let run = ["run", "own.toml", "--no-notify", "--progress", "plain", "--override", "rewarm"];
    assert_eq!(lab.run(&["injury", "set", "20h ago"]).status.code(), Some(0));

    // Only a clear answer counts, and a no refuses.
    let mut asked = on_terminal(&lab, &run);
    asked.see(QUESTION);
    assert!(asked.text().contains("Before the first session of this injury."), "{}", asked.text());
    asked.press("perhaps\n");
    asked.until("the question again", |terminal| terminal.text().matches(QUESTION).count() == 2);
    asked.press("no\n");
    assert_eq!(asked.end().code(), Some(3), "{}", asked.text());
    assert!(asked.text().contains("see a professional first"), "{}", asked.text());
    assert_eq!(lab.number("SELECT count(*) FROM session"), 0);

    // It is kept: nobody is asked again, on a terminal or off it.
    let mut again = on_terminal(&lab, &run);
    assert_eq!(again.end().code(), Some(3), "{}", again.text());
    assert!(!again.text().contains(QUESTION), "{}", again.text());
    let off = lab.run(&run);
    assert_eq!(off.status.code(), Some(3), "{}", stderr(&off));

    // Another injury is another question; a yes goes on and is not asked again.
    assert_eq!(lab.run(&["injury", "set", "10h ago"]).status.code(), Some(0));
    let mut yes = on_terminal(&lab, &run);
    yes.see(QUESTION);
    yes.press("yes\n");
    assert_eq!(yes.end().code(), Some(0), "{}", yes.text());
    let mut next = on_terminal(&lab, &run);
    assert_eq!(next.end().code(), Some(0), "{}", next.text());
    assert!(!next.text().contains(QUESTION) && !next.text().contains("Before the first"), "{}", next.text());
    let red_flags = "SELECT group_concat(red_flag, ' ') = '1 0' FROM (SELECT red_flag FROM screening ORDER BY id)";
    assert_eq!(lab.number(red_flags), 1, "all answers are kept");
}

#[test]
fn off_a_terminal_the_red_flags_are_said_before_the_first_session_and_nobody_is_asked() {
    let lab = Lab::at_rate(3000.0);
    lab.home.file("own.toml", &steps(1, &[("rest", "1min")]));
    assert_eq!(lab.run(&["injury", "set", "20h ago"]).status.code(), Some(0));
    let first = lab.session(&["own.toml"]);
    assert!(stderr(&first).contains("Before the first session of this injury."), "{}", stderr(&first));
    assert!(!stderr(&first).contains("[yes/no]"), "{}", stderr(&first));
    let second = lab.session(&["own.toml"]);
    assert!(!stderr(&second).contains("Before the first session"), "{}", stderr(&second));
}

#[test]
fn the_pain_after_is_asked_when_the_pain_before_was_told() {
    const QUESTION: &str = "Pain now, 0 to 10 (Enter skips):";
    let lab = Lab::at_rate(3000.0);
    lab.home.file("own.toml", &steps(1, &[("rest", "1min")]));
    let run = ["run", "own.toml", "--no-notify", "--progress", "plain"];
    let with_pain = [&run[..], &["--pain", "6"]].concat();
    for (answers, after) in [("\n", Value::Null), ("3\n", 3.into()), ("11\nx\n4\n", 4.into())] {
        let mut terminal = on_terminal(&lab, &with_pain);
        terminal.see(QUESTION);
        terminal.press(answers);
        assert_eq!(terminal.end().code(), Some(0), "{}", terminal.text());
        let last = lab.history().pop().expect("a session");
        assert_eq!((&last["pain_before"], &last["pain_after"]), (&6.into(), &after), "{answers:?}");
    }
    let mut without = on_terminal(&lab, &run);
    assert_eq!(without.end().code(), Some(0));
    assert!(!without.text().contains(QUESTION), "{}", without.text());
    assert!(without.text().contains("`therapy pain N`"), "{}", without.text());
    // Later, and off a terminal.
    let noted = lab.run(&["pain", "4"]);
    assert_eq!(stdout(&noted), "pain 4 of 10 noted, after the last session\n");
    let last = lab.history().pop().expect("a session");
    assert_eq!((&last["pain_before"], &last["pain_after"]), (&Value::Null, &4.into()));
    for bad in [&["pain", "11"][..], &["pain", "-1"], &["pain"], &["run", "own.toml", "--pain", "11"]] {
        assert_eq!(lab.run(bad).status.code(), Some(2), "{bad:?}");
    }
    assert_eq!(lab.history().pop(), Some(last));
}

#[test]
fn the_injury_clock_decides_what_fits() {
    let lab = Lab::new();
    let show = || stdout(&lab.run(&["injury"]));
    let plan = |arguments: &[&str]| {
        let output = lab.run(&[&["run", "--no-notify", "--progress", "plain"], arguments].concat());
        (output.status.code(), stderr(&output))
    };
    assert!(show().contains("no injury is noted"), "{}", show());
    assert!(!lab.data().exists(), "a look leaves nothing behind");
    for future in ["tomorrow", "2999-01-01"] {
        let output = lab.run(&["injury", "set", future]);
        assert!([Some(2), Some(3)].contains(&output.status.code()), "{future}: {}", stderr(&output));
        assert!(stderr(&output).contains("hint: "), "{future}: {}", stderr(&output));
        assert!(show().contains("no injury is noted"), "{}", show());
    }
    let (code, said) = plan(&["acute"]);
    assert_eq!(code, Some(3), "nobody said when: {said}");
    assert!(said.contains("injury-unknown"), "{said}");

    assert_eq!(lab.run(&["injury", "set", "20h ago"]).status.code(), Some(0));
    assert!(show().contains("20h ago: cold until "), "{}", show());
    let (code, said) = plan(&["heat"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("refused[early-heat]"), "{said}");
    let next: Value = serde_json::from_str(&stdout(&lab.run(&["next", "--json"]))).expect("JSON");
    assert_eq!(next["best"], "ice");

    // `--injured` stands in for one run.
    let (fast, rate) = (["run", "heat", "--injured", "4 days ago", "--no-notify"], "20000");
    let output = lab.command(&fast).env("THERAPY_TEST_RATE", rate).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(show().contains("20h ago: cold until "), "{}", show());

    assert_eq!(lab.run(&["injury", "set", "4 days ago"]).status.code(), Some(0));
    assert!(show().contains("heat may be used"), "{}", show());
    let next: Value = serde_json::from_str(&stdout(&lab.run(&["next", "--json"]))).expect("JSON");
    assert_eq!(next["best"], "heat");
    assert_eq!(lab.run(&["injury", "clear"]).status.code(), Some(0));
    assert!(show().contains("no injury is noted"), "{}", show());
    assert_eq!(lab.number("SELECT count(*) FROM injury"), 3, "changes are kept");
}

#[test]
fn run_without_a_protocol_and_acute_run_what_fits_the_injury() {
    for (injured, fits) in [(None, "ice"), (Some("20h ago"), "ice"), (Some("4 days ago"), "heat")] {
        for protocol in [&[][..], &["acute"]] {
            let lab = Lab::at_rate(20_000.0);
            if let Some(when) = injured {
                assert_eq!(lab.run(&["injury", "set", when]).status.code(), Some(0));
            } else if !protocol.is_empty() {
                continue;
            }
            let next: Value = serde_json::from_str(&stdout(&lab.run(&["next", "--json"]))).expect("JSON");
            assert_eq!(next["best"], fits);
            lab.session(protocol);
            let (kind, other) = if fits == "ice" { ("cold_s", "heat_s") } else { ("heat_s", "cold_s") };
            let history = lab.history();
            assert!(history[0][kind].as_f64() > Some(0.0), "{history:?}");
            assert_eq!(history[0][other].as_f64(), Some(0.0), "{history:?}");
        }
    }
}

// --- from session to session ---

#[test]
fn ice_after_ice_is_refused_with_a_time_and_an_override_is_recorded() {
    let lab = Lab::at_rate(5000.0);
    lab.session(&["ice", "--minutes", "20"]);
    let refused = lab.run(&["run", "ice", "--minutes", "20"]);
    assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("refused[rewarm]"), "{}", stderr(&refused));
    let hint = stderr(&refused).lines().find(|line| line.starts_with("hint: ")).expect("a hint").to_owned();
    let (_, time) = hint.split_once("it would pass from ").expect("a time");
    let time = time.split(" (").next().expect("a time");
    let time: jiff::civil::DateTime = time.parse().expect("a date and a time of day");
    let ahead =
        time.to_zoned(jiff::tz::TimeZone::UTC).expect("a time").timestamp().as_second() - clock::wall().as_second();
    assert!((1..4 * 60 * 60).contains(&ahead), "{hint}");
    lab.session(&["ice", "--minutes", "20", "--override", "rewarm"]);
    let history = lab.history();
    assert_eq!(history.len(), 2);
    assert_eq!(
        (&history[0]["overrides"], &history[1]["overrides"]),
        (&Value::Array(Vec::new()), &vec!["rewarm"].into())
    );
    assert_eq!(history[1]["cold_s"].as_f64(), Some(1200.0));
}

#[test]
fn the_journal_is_for_the_eyes_of_its_owner() {
    let lab = Lab::new();
    let mut running = lab.long_session();
    let mode = |path: PathBuf| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(lab.data()), 0o700);
    let files: Vec<PathBuf> =
        std::fs::read_dir(lab.data()).expect("a folder").map(|file| file.expect("a file").path()).collect();
    assert!(files.len() >= 3, "the journal, its log and the lock: {files:?}");
    for file in files {
        assert_eq!(mode(file.clone()), 0o600, "{file:?}");
    }
    running.signal(Signal::TERM);
    running.end();
}

#[test]
fn control_characters_in_the_journal_never_reach_the_terminal() {
    let lab = Lab::at_rate(1000.0);
    lab.home.file("own.toml", &steps(1, &[("heat", "10min")]));
    let mut running = lab.start(&["run", "own.toml"]);
    running.see("step_began");
    running.kill();
    let evil = "own\u{1b}[2J\u{9b}31m\u{7}\r\u{8}";
    let steps = "UPDATE session SET protocol = ?1, steps = json_set(steps, '$[0].note', ?1)";
    lab.sql().execute(steps, [evil]).expect("a row");
    let assert_harmless = |what: &str, text: &str| {
        let is_raw = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(is_raw), "{what}: {text:?}");
        assert!(text.contains("own"), "{what}: {text:?}");
    };
    assert_harmless("status", &stderr(&lab.run(&["status"])));
    assert_harmless("run", &stderr(&lab.run(&["run", "ice"])));
    for arguments in [&["history"][..], &["history", "--csv"], &["history", "--json"]] {
        assert_harmless("history", &stdout(&lab.run(arguments)));
    }
    let mut resumed = Running::new(lab.command(&["resume", "--no-notify", "--progress", "json"]));
    until("a session that runs", || lab.run(&["status", "--format", "{state}"]).status.code() == Some(0));
    for arguments in
        [&["status"][..], &["status", "--json"], &["status", "--waybar"], &["status", "--format", "{protocol}"]]
    {
        let output = lab.run(arguments);
        if output.status.code() == Some(0) {
            assert_harmless("status", &stdout(&output));
        }
    }
    assert_eq!(resumed.end().code(), Some(0), "{}", resumed.errors());
}

#[test]
fn a_look_from_another_shell_never_keeps_a_session_from_starting() {
    let lab = Lab::at_rate(20_000.0);
    lab.home.file("own.toml", &steps(1, &[("rest", "1min")]));
    lab.session(&["own.toml"]);
    let over = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                // As a status bar looks, but without a rest.
                while over.load(Ordering::Relaxed) == 0 {
                    let _ = Journal::is_running(&lab.data());
                }
            });
        }
        let outputs: Vec<Output> = (0..10).map(|_| lab.run(&["run", "own.toml", "--no-notify"])).collect();
        over.store(1, Ordering::Relaxed);
        for output in outputs {
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
    });
}

/// A kill falls between two events of one moment so rarely that here the later one is taken away.
#[test]
fn a_kill_between_two_events_of_one_moment_loses_neither() {
    let without = |lab: &Lab, kind: &str| {
        let delete = format!("DELETE FROM event WHERE id = (SELECT max(id) FROM event) AND kind = '{kind}'");
        assert_eq!(lab.sql().execute(&delete, []).expect("a row"), 1, "{kind} was the last: {:?}", lab.written());
    };
    // The start, and the first step. What is on the skin since then counts.
    let lab = Lab::at_rate(60.0);
    lab.home.file("own.toml", &steps(1, &[("cold", "5min"), ("heat", "1min")]));
    let mut running = lab.start(&["run", "own.toml"]);
    running.see("step_began");
    running.kill();
    without(&lab, "step_began");
    let next: Value = serde_json::from_str(&stdout(&lab.run(&["next", "--json"]))).expect("JSON");
    assert!(next["cold_load_s"].as_f64() > Some(0.0), "the pack is on: {next}");
    let mut resumed = lab.start(&["resume"]);
    resumed.see("step_began");
    // The end of a step, and the next step.
    assert_eq!(lab.run(&["skip"]).status.code(), Some(0));
    resumed.kill();
    without(&lab, "step_began");
    let mut resumed = lab.start(&["resume"]);
    let (_, began) = resumed.see("step_began");
    assert_eq!((&began["step"], &began["kind"]), (&2.into(), &"heat".into()));
    // The end of the last step, and the end.
    assert_eq!(lab.run(&["skip"]).status.code(), Some(0));
    assert_eq!(resumed.end().code(), Some(0));
    without(&lab, "finished");
    let ended = lab.history();
    lab.sql()
        .execute("UPDATE session SET outcome = NULL, ended_ms = NULL, cold_ns = NULL, heat_ns = NULL", [])
        .expect("a row");
    let mut resumed = lab.start(&["resume"]);
    assert_eq!(resumed.end().code(), Some(0), "{}", resumed.errors());
    assert_eq!(resumed.told().len(), 1, "{:?}", resumed.told());
    let names: Vec<String> = lab.written().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["started", "step_began", "skipped", "step_began", "skipped", "finished"]);
    let again = lab.history();
    for field in ["outcome", "cold_s", "heat_s"] {
        assert_eq!(again[0][field], ended[0][field], "{field}");
    }
}
