//! A journal that is locked, full, missing or damaged.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use super::Random;
use crate::running::{Running, assert_on_time, until};
use crate::support::{Home, assert_refused, stderr, stdout};

#[test]
fn a_journal_that_is_locked_for_a_while_holds_nothing_up_and_gets_everything_later() {
    let home = Home::at_rate(60.0);
    home.own(5, &[("heat", "30s"), ("cold", "30s")]);
    let expected = home.rehearsed("own.toml");
    let mut running = home.start(&["run", "own.toml"]);
    running.see("halfway");
    let other = home.sql();
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock of the database");
    until("trouble", || running.errors().contains("warning: "));
    assert!(running.child.try_wait().expect("a child").is_none(), "the session goes on");
    other.execute_batch("ROLLBACK").expect("its end");
    assert_eq!(running.end().code(), Some(0));
    assert_eq!(running.told(), expected);
    assert_on_time(&running, home.rate, Duration::from_millis(400));
    let errors = running.errors();
    assert_eq!(errors.matches("database is locked").count(), 1, "said once: {errors}");
    assert!(errors.contains("the session goes on, and is recorded as soon as possible"), "{errors}");
    assert_eq!(home.written(), expected, "all of it, in order");
    assert_eq!(home.history()[0]["outcome"], "completed");
}

#[test]
fn a_full_disk_is_said_once_and_the_session_goes_on() {
    let home = Home::at_rate(200.0);
    home.own(4, &[("heat", "30s"), ("cold", "30s")]);
    let expected = home.rehearsed("own.toml");
    assert_eq!(home.run(&["pain", "1"]).status.code(), Some(0), "there is a journal");
    let mut command = home.command(&[]);
    let mut limited = Command::new("/bin/sh");
    limited.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.current_dir(home.path()).stdin(Stdio::null());
    // 512 bytes each: the journal fits, and the memory that it shares, and so do the first events.
    limited.args(["-c", "ulimit -f 200; exec \"$0\" run own.toml --progress json --no-notify"]);
    limited.arg(command.get_program());
    command.stdin(Stdio::null());
    let mut running = Running::new(limited);
    assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    assert_eq!(running.told(), expected);
    assert_on_time(&running, home.rate, Duration::from_millis(400));
    let errors = running.errors();
    for once in
        ["; the session goes on, and is recorded as soon as possible", "the end of this session is not recorded"]
    {
        assert_eq!(errors.matches(once).count(), 1, "said once: {errors}");
    }
    assert_eq!(errors.matches("warning: ").count(), 2, "{errors}");
    assert!(errors.contains("journal.db: the journal cannot be used: "), "{errors}");
    // What fitted is kept, in order; the rest is taken up when there is room.
    let written = home.written();
    assert!(!written.is_empty() && written.len() < expected.len(), "{written:?}");
    assert_eq!(written, expected[..written.len()]);
    assert_eq!(home.run(&["stop"]).status.code(), Some(0));
    assert_eq!(home.number("SELECT count(*) FROM session WHERE outcome IS NULL"), 0);
}

#[test]
fn without_a_data_folder_only_overrides_go_on_and_say_that_nothing_is_recorded() {
    let home = Home::at_rate(20_000.0);
    home.file("data", "a file where the folder should be");
    let refused = home.run(&["run", "ice"]);
    for rule in ["rewarm", "cold-daily"] {
        assert_refused(&refused, rule);
    }
    for said in ["journal.db: the journal cannot be used", "fix the permissions"] {
        assert!(stderr(&refused).contains(said), "{said}: {}", stderr(&refused));
    }
    let one = home.run(&["run", "ice", "--override", "rewarm"]);
    assert_eq!(one.status.code(), Some(3), "one of two is not enough");
    let both = ["run", "ice", "--override", "rewarm", "--override", "cold-daily", "--no-notify", "--progress", "plain"];
    let runs = home.run(&both);
    assert_eq!(runs.status.code(), Some(0), "{}", stderr(&runs));
    assert_eq!(stderr(&runs).matches("this session is not recorded").count(), 1, "{}", stderr(&runs));
    assert!(!stderr(&runs).contains("therapy pain N"), "there is nowhere to note it: {}", stderr(&runs));
}

#[test]
fn a_damaged_journal_is_told_with_the_way_out_and_left_as_it_is() {
    let newer = {
        let home = Home::new();
        assert_eq!(home.run(&["pain", "1"]).status.code(), Some(0));
        // As another version might have made it: not even its mode may change.
        home.sql().execute_batch("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99;").expect("a version");
        std::fs::read(home.journal()).expect("a file")
    };
    let mut random = Random(5);
    let garbage: Vec<u8> = (0..5000).map(|_| u8::try_from(random.below(256)).expect("small")).collect();
    let cases = [
        (garbage, "the journal is damaged: ", "to start a new one"),
        (Vec::new(), "the journal is damaged: it is empty", "to start a new one"),
        (newer, "a newer version of therapy wrote this journal (format 99", "install the newer version"),
    ];
    for (bytes, what, way_out) in cases {
        let home = Home::new();
        std::fs::create_dir_all(home.data()).expect("a folder");
        std::fs::write(home.journal(), &bytes).expect("a file");
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
            let output = home.run(arguments);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
            assert!(said.contains(what) && said.contains(way_out), "{arguments:?}: {said}");
            assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        }
        let status = home.run(&["status"]);
        assert_eq!(status.status.code(), Some(1));
        assert!(stderr(&status).contains("no session is running"), "{}", stderr(&status));
        assert!(std::fs::read(home.journal()).expect("a file") == bytes, "{what}: the file was touched");
    }
}

#[test]
fn a_rehearsal_never_touches_the_data_folder() {
    let home = Home::new();
    home.own(1, &[("heat", "20s"), ("cold", "20s")]);
    for mode in [&["--dry-run"][..], &["--speed", "1000"]] {
        let arguments = [&["run", "own.toml", "--no-notify", "--override", "rewarm"], mode].concat();
        let output = home.run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(!home.data().exists(), "{mode:?}");
    }
    // Nor one that is there: damage in it is no matter either.
    home.file("data/journal.db", "damaged");
    for mode in [&["--dry-run"][..], &["--speed", "1000"]] {
        let output = home.run(&[&["run", "own.toml", "--no-notify"], mode].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    let names: Vec<_> =
        std::fs::read_dir(home.data()).expect("a folder").map(|entry| entry.expect("a file").file_name()).collect();
    assert_eq!(names, ["journal.db"]);
}

#[test]
fn the_journal_is_for_the_eyes_of_its_owner() {
    let home = Home::new();
    let mut running = home.long_session();
    let mode = |path: PathBuf| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(home.data()), 0o700);
    let files: Vec<PathBuf> =
        std::fs::read_dir(home.data()).expect("a folder").map(|file| file.expect("a file").path()).collect();
    assert!(files.len() >= 3, "the journal, its log and the lock: {files:?}");
    for file in files {
        assert_eq!(mode(file.clone()), 0o600, "{file:?}");
    }
    running.signal(Signal::TERM);
    running.end();
}

#[test]
fn control_characters_in_the_journal_never_reach_the_terminal() {
    let home = Home::at_rate(1000.0);
    home.own(1, &[("heat", "10min")]);
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    running.kill();
    let evil = "own\u{1b}[2J\u{9b}31m\u{7}\r\u{8}";
    let steps = "UPDATE session SET protocol = ?1, steps = json_set(steps, '$[0].note', ?1)";
    home.sql().execute(steps, [evil]).expect("a row");
    let assert_harmless = |what: &str, text: &str| {
        let is_raw = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(is_raw), "{what}: {text:?}");
        assert!(text.contains("own"), "{what}: {text:?}");
    };
    assert_harmless("status", &stderr(&home.run(&["status"])));
    assert_harmless("run", &stderr(&home.run(&["run", "ice"])));
    for arguments in [&["history"][..], &["history", "--csv"], &["history", "--json"]] {
        assert_harmless("history", &stdout(&home.run(arguments)));
    }
    let mut resumed = Running::new(home.command(&["resume", "--no-notify", "--progress", "json"]));
    until("a session that runs", || home.run(&["status", "--format", "{state}"]).status.code() == Some(0));
    for arguments in
        [&["status"][..], &["status", "--json"], &["status", "--waybar"], &["status", "--format", "{protocol}"]]
    {
        let output = home.run(arguments);
        if output.status.code() == Some(0) {
            assert_harmless("status", &stdout(&output));
        }
    }
    assert_eq!(resumed.end().code(), Some(0), "{}", resumed.errors());
}
