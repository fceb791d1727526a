//! A journal that is locked, full, missing or damaged.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::types::Value;
use rustix::process::Signal;

use super::Random;
use crate::programs::output;
use crate::running::{Running, assert_on_time, until};
use crate::support::{Home, assert_refused, stderr, stdout};
use crate::terminal::Terminal;

#[test]
fn a_locked_journal_delays_nothing_and_gets_all_events_later() {
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
    assert_eq!(running.events(), expected);
    assert_on_time(&running, home.rate, Duration::from_millis(400));
    let errors = running.errors();
    assert_eq!(errors.matches("database is locked").count(), 1, "reported once: {errors}");
    assert!(errors.contains("the session goes on, and is recorded as soon as possible"), "{errors}");
    assert_eq!(home.written(), expected, "all of it, in order");
    assert_eq!(home.history()[0]["outcome"], "completed");
}

/// A shell command that runs the program as `$0`, with files limited to this many blocks of 512 bytes.
fn limited(home: &Home, blocks: u32, line: &str) -> Command {
    let command = home.command(&[]);
    let mut limited = Command::new("/bin/sh");
    limited.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.current_dir(home.path()).stdin(Stdio::null());
    limited.args(["-c", &format!("ulimit -f {blocks}; {line}")]).arg(command.get_program());
    limited
}

#[test]
fn a_journal_for_which_there_is_no_room_leaves_no_draft() {
    let home = Home::empty();
    for blocks in [1, 8, 100] {
        let failed = output(&mut limited(&home, blocks, "exec \"$0\" pain 1"));
        assert_eq!(failed.status.code(), Some(1));
        assert!(stderr(&failed).contains("journal.db: the journal cannot be used: "), "{}", stderr(&failed));
        let left: Vec<_> = std::fs::read_dir(home.data()).expect("a folder").flatten().collect();
        assert!(left.is_empty(), "{left:?}");
    }
    home.ask(&["pain", "1"]);
}

#[test]
fn a_copy_for_which_there_is_no_room_leaves_no_file() {
    let home = Home::new();
    assert_eq!(home.run(&["pain", "1"]).status.code(), Some(0), "there is a journal");
    for blocks in [80, 160, 240] {
        let output = output(&mut limited(&home, blocks, "exec \"$0\" export copy.db"));
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).starts_with("error: could not write copy.db: "), "{}", stderr(&output));
        assert!(!home.path().join("copy.db").exists());
    }
    home.ask(&["export", "copy.db"]);
}

#[test]
fn a_full_disk_is_reported_once_and_the_session_continues() {
    let home = Home::at_rate(200.0);
    home.own(4, &[("heat", "30s"), ("cold", "30s")]);
    let expected = home.rehearsed("own.toml");
    assert_eq!(home.run(&["pain", "1"]).status.code(), Some(0), "there is a journal");
    // Room for the journal, its shared memory, and the first events.
    let limited = limited(&home, 200, "exec setsid \"$0\" run own.toml --progress json --no-notify");
    let mut running = Running::new(limited);
    assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    assert_eq!(running.events(), expected);
    assert_on_time(&running, home.rate, Duration::from_millis(400));
    let errors = running.errors();
    for once in
        ["; the session goes on, and is recorded as soon as possible", "the end of this session is not recorded"]
    {
        assert_eq!(errors.matches(once).count(), 1, "reported once: {errors}");
    }
    assert_eq!(errors.matches("warning: ").count(), 2, "{errors}");
    assert!(errors.contains("journal.db: the journal cannot be used: "), "{errors}");
    // The journal holds the first events, in order. The next command closes the session.
    let written = home.written();
    assert!(!written.is_empty() && written.len() < expected.len(), "{written:?}");
    assert_eq!(written, expected[..written.len()]);
    assert_eq!(home.run(&["stop"]).status.code(), Some(0));
    assert_eq!(home.number("SELECT count(*) FROM session WHERE outcome IS NULL"), 0);
}

#[test]
fn without_a_data_folder_a_session_needs_overrides_and_warns_that_it_is_not_recorded() {
    let mut home = Home::empty();
    home.rate = 20_000.0;
    home.file("data", "a file where the folder should be");
    let refused = home.run(&["run", "ice"]);
    for rule in ["rewarm", "cold-daily"] {
        assert_refused(&refused, rule);
    }
    let warning = stderr(&refused).lines().find(|line| line.starts_with("warning: ")).map(str::to_owned);
    let warning = warning.expect("the reason");
    for part in ["journal.db: the journal cannot be used: ", "; free disk space, fix "] {
        assert!(warning.contains(part), "{part}: {warning}");
    }
    let one = home.run(&["run", "ice", "--override", "rewarm"]);
    assert_eq!(one.status.code(), Some(3), "one of two is not enough");
    let both = ["run", "ice", "--override", "rewarm", "--override", "cold-daily", "--no-notify", "--progress", "plain"];
    let runs = home.run(&both);
    assert_eq!(runs.status.code(), Some(0), "{}", stderr(&runs));
    assert_eq!(stderr(&runs).matches("this session is not recorded").count(), 1, "{}", stderr(&runs));
    assert!(!stderr(&runs).contains("therapy pain N"), "there is nowhere to note it: {}", stderr(&runs));
}

/// The program as a user whom permissions bind: in a home that anybody may enter, not as root.
fn unprivileged(home: &Home, arguments: &[&str]) -> Command {
    let command = home.command(arguments);
    if !rustix::process::geteuid().is_root() {
        return command;
    }
    // Wherever the checkout is, another user can run a copy.
    let program = home.path().join("therapy");
    if !program.exists() {
        // By another process, as in `read_only`.
        let copied = output(Command::new("cp").arg(command.get_program()).arg(&program));
        assert!(copied.status.success(), "a copy");
        std::fs::set_permissions(home.path(), Permissions::from_mode(0o755)).expect("it can be entered");
    }
    let mut other = Command::new("setpriv");
    other.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program).args(arguments);
    other.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    other.current_dir(home.path()).stdin(Stdio::null());
    other
}

/// Only "not found" means that there is nothing.
#[test]
fn what_cannot_be_read_is_not_taken_for_empty() {
    type Change = fn(&Home);
    let cases: [(&str, Option<&str>, Change); 8] = [
        ("a folder without permissions", None, |home| {
            std::fs::create_dir(home.data()).expect("a folder");
            std::fs::set_permissions(home.data(), Permissions::from_mode(0o000)).expect("permissions");
        }),
        ("below a device", Some("/dev/null/x"), |_| {}),
        ("below a file", Some("file/x"), |home| drop(home.file("file", ""))),
        ("a link of the folder", None, |home| symlink("nowhere", home.data()).expect("a link")),
        ("a link of a folder above", Some("above/data"), |home| {
            symlink("nowhere", home.path().join("above")).expect("a link");
        }),
        ("a link of the file", None, |home| {
            std::fs::create_dir(home.data()).expect("a folder");
            symlink("nowhere", home.journal()).expect("a link");
        }),
        ("an empty variable", Some(""), |_| {}),
        ("a loop of links", Some("loop/data"), |home| symlink("loop", home.path().join("loop")).expect("a link")),
    ];
    for (what, folder, change) in cases {
        let home = Home::empty();
        change(&home);
        let run = |arguments: &[&str]| {
            let mut command = unprivileged(&home, arguments);
            let folder = folder.map(|name| if name.is_empty() { name.into() } else { home.path().join(name) });
            folder.map(|folder| command.env("THERAPY_DATA_DIR", folder));
            output(&mut command)
        };
        for (arguments, code) in [
            (&["run", "ice"][..], 3),
            (&["run", "ice", "--dry-run"], 3),
            (&["next"], 1),
            (&[], 1),
            (&["history"], 1),
            (&["injury"], 1),
            (&["injury", "set", "2h ago"], 1),
            (&["status"], 1),
            (&["pause"], 1),
            (&["resume"], 1),
            (&["stop"], 1),
            (&["pain", "3"], 1),
            (&["report", "page.html"], 1),
            (&["export", "copy.db"], 1),
            (&["safety", "--answer", "none"], 1),
        ] {
            // That nobody holds the lock can be read there.
            if what == "a link of the file" && matches!(arguments[..], ["status" | "pause"]) {
                continue;
            }
            let output = run(arguments);
            let (said, why) = (stdout(&output), stderr(&output));
            assert_eq!(output.status.code(), Some(code), "{what}, {arguments:?}: {said}{why}");
            let is_named =
                ["journal.db: the journal cannot be used: ", "session.lock: "].iter().any(|part| why.contains(part));
            assert!(is_named, "{what}, {arguments:?}: {said}{why}");
            // These have no rules to override.
            let controls = matches!(arguments[..], ["status" | "pause" | "resume" | "stop"]);
            assert!(!controls || !why.contains("--override"), "{what}, {arguments:?}: {why}");
            assert!(!said.contains("Use ice now") && !said.contains("No "), "{what}, {arguments:?}: {said}");
        }
        let next: serde_json::Value = serde_json::from_slice(&run(&["next", "--json"]).stdout).expect("JSON");
        let all = next["protocols"].as_array().expect("protocols");
        assert!(all.iter().all(|protocol| protocol["may_run"] == false), "{what}: {next}");
        assert!(next["cold_load_s"].is_null() && next["because"].is_null(), "{what}: {next}");
        let overview = run(&[]);
        assert_eq!(overview.status.code(), Some(1), "{what}");
        assert_eq!(stdout(&overview).matches("not known").count(), 3, "{what}: {}", stdout(&overview));
        assert!(!home.path().join("journal.db").exists(), "{what}: nothing is written where the command runs");
    }
}

/// Without a home there is no folder for data, and none for protocols.
#[test]
fn without_a_home_nothing_is_written_where_the_command_runs() {
    let home = Home::empty();
    home.file("config.toml", "this is no setting");
    for (name, value) in [("HOME", "relative"), ("XDG_DATA_HOME", "relative")] {
        let run = |arguments: &[&str]| {
            let mut command = home.command(arguments);
            command.env_remove("THERAPY_DATA_DIR").env_remove("THERAPY_CONFIG_DIR").env(name, value);
            output(&mut command)
        };
        let noted = run(&["pain", "3"]);
        if name == "HOME" {
            assert_eq!(noted.status.code(), Some(1), "{}", stdout(&noted));
            assert!(stderr(&noted).contains("no data folder is known"), "{}", stderr(&noted));
            let errors = stderr(&run(&["status"]));
            assert!(errors.contains("session.lock: no data folder is known"), "{errors}");
            assert_eq!(errors.matches("session.lock").count(), 1, "{errors}");
        } else {
            assert_eq!(noted.status.code(), Some(0), "a relative XDG folder counts as none: {}", stderr(&noted));
        }
        assert_eq!(run(&["run", "ice", "--dry-run"]).status.code(), Some(if name == "HOME" { 3 } else { 0 }));
        let names = std::fs::read_dir(home.path()).expect("a folder").map(|file| file.expect("a file").file_name());
        let stray: Vec<_> = names.filter(|name| name == "relative" || name == "journal.db").collect();
        assert!(stray.is_empty(), "{stray:?}");
    }
}

#[test]
fn a_damaged_journal_is_reported_with_a_hint_and_not_changed() {
    let newer = {
        let home = Home::new();
        assert_eq!(home.run(&["pain", "1"]).status.code(), Some(0));
        // A newer version may use another journal mode. It must not change.
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
            (&["stats"], 1),
            (&["injury"], 1),
            (&["injury", "set", "2h ago"], 1),
            (&["pain", "3"], 1),
            (&["resume"], 1),
            (&["stop"], 1),
            (&["next"], 1),
        ] {
            let output = home.run(arguments);
            let errors = stderr(&output);
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
            assert!(errors.contains(what) && errors.contains(way_out), "{arguments:?}: {errors}");
            assert!(!errors.contains("panicked"), "{arguments:?}: {errors}");
        }
        let status = home.run(&["status"]);
        assert_eq!(status.status.code(), Some(1));
        assert!(stderr(&status).contains("no session is running"), "{}", stderr(&status));
        assert!(std::fs::read(home.journal()).expect("a file") == bytes, "{what}: the file was touched");
    }
}

/// What the journal holds: its rows, or its bytes when it is damaged. Any reader may move rows from the log into the
/// database.
fn stored(home: &Home) -> Vec<String> {
    let sql = home.sql();
    let rows = |table: &str| -> rusqlite::Result<Vec<String>> {
        let mut statement = sql.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get::<_, Value>(column)).collect();
        let rows: Vec<Vec<Value>> = statement.query_map([], row)?.collect::<Result<_, _>>()?;
        Ok(rows.iter().map(|row| format!("{table} {row:?}")).collect())
    };
    let tables = ["about", "injury", "screening", "session", "event", "request", "pain"];
    let all: rusqlite::Result<Vec<_>> = tables.into_iter().map(rows).collect();
    all.map_or_else(|_| vec![format!("{:?}", std::fs::read(home.journal()))], |all| all.concat())
}

/// Both kinds of rehearsal end with this exit code, print this text, and write nothing.
#[track_caller]
fn assert_rehearsed(home: &Home, arguments: &[&str], code: i32, says: &str) {
    let before = home.data().exists().then(|| stored(home));
    for mode in [&["--dry-run"][..], &["--speed", "1000"]] {
        let output = home.run(&[&["run", "--no-notify"], arguments, mode].concat());
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{mode:?}: {errors}");
        assert!(errors.contains(says), "{mode:?}: {errors}");
        assert!(home.data().exists().then(|| stored(home)) == before, "{mode:?}: the journal has changed");
    }
}

#[test]
fn a_rehearsal_never_touches_the_data_folder() {
    let home = Home::empty();
    home.own(1, &[("heat", "20s"), ("cold", "20s")]);
    assert_rehearsed(&home, &["own.toml"], 0, "nothing is recorded");
    assert!(!home.data().exists());
    // With an existing journal.
    assert_eq!(home.run(&["pain", "3"]).status.code(), Some(0));
    assert_rehearsed(&home, &["own.toml"], 0, "nothing is recorded");
    // With a damaged journal.
    let home = Home::empty();
    home.own(1, &[("heat", "20s"), ("cold", "20s")]);
    home.file("data/journal.db", "damaged");
    assert_rehearsed(
        &home,
        &["own.toml", "--override", "rewarm", "--override", "cold-daily", "--override", "early-heat"],
        0,
        "nothing is recorded",
    );
}

/// A refused rehearsal writes nothing.
#[test]
fn a_rehearsal_is_refused_for_the_same_reasons_as_a_session() {
    let refuses = |home: &Home, arguments: &[&str], says: &str| {
        // Rehearse first, because a session may close an earlier one that was cut off.
        assert_rehearsed(home, arguments, 3, says);
        let output = home.run(&[&["run", "--no-notify"], arguments].concat());
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    };
    // A damaged journal.
    let home = Home::empty();
    home.own(1, &[("heat", "20s"), ("cold", "20s")]);
    home.file("data/journal.db", "damaged");
    refuses(&home, &["own.toml"], "(cold-daily, early-heat, rewarm)");
    refuses(&home, &["own.toml", "--override", "rewarm"], "(cold-daily, early-heat)");
    // A fresh injury may be in it.
    refuses(&home, &["own.toml", "--override", "rewarm", "--override", "cold-daily"], "(early-heat)");
    refuses(&home, &["heat"], "repair the journal, or run without it: --override early-heat --override rewarm");

    // A running session, then a session that was cut off.
    let home = Home::new();
    let mut running = home.long_session();
    refuses(&home, &["ice"], "(one-session)");
    running.kill();
    refuses(&home, &["ice"], "own was cut off ");

    // Earlier doses, and an injury.
    let mut home = Home::at_rate(5000.0);
    home.session(&["ice", "--minutes", "20"]);
    home.rate = 1.0;
    refuses(&home, &["ice"], "(rewarm)");
    assert_eq!(home.run(&["injury", "set", "20h ago"]).status.code(), Some(0));
    refuses(&home, &["heat"], "(early-heat)");

    // A warning sign that the person reported.
    let mut asked = Terminal::start(home.command(&["run", "ice", "--override", "rewarm"]), 40, 100);
    asked.see("Does any of these apply to you? [y/n]");
    asked.press("y\n3\ny\n");
    assert_eq!(asked.end().code(), Some(3));
    refuses(&home, &["ice", "--override", "rewarm"], "you said that a warning sign applies");
}

/// The last sessions are in the log, which a copy of `journal.db` alone lacks.
#[test]
fn an_export_is_the_whole_journal_and_replaces_no_file() {
    let mut home = Home::empty();
    home.rate = 3000.0;
    home.own(1, &[("cold", "1min")]);
    let copy = home.path().join("copy.db").to_string_lossy().into_owned();
    let none = home.run(&["export", &copy]);
    assert_eq!(none.status.code(), Some(1), "{}", stderr(&none));
    home.session(&["own.toml"]);
    let mut running = home.start(&["run", "own.toml", "--override", "rewarm"]);
    running.see("step_began");
    let said = home.ask(&["export", &copy]);
    assert!(said.contains("journal.db in the data folder"), "{said}");
    let again = home.run(&["export", &copy]);
    assert_eq!(again.status.code(), Some(1), "{}", stdout(&again));
    assert!(stderr(&again).contains("give the name of a new file"), "{}", stderr(&again));
    running.kill();
    let there = Home::empty();
    std::fs::create_dir(there.data()).expect("a folder");
    std::fs::rename(&copy, there.journal()).expect("it can be moved");
    assert_eq!(there.history().len(), 2);
    assert_eq!(there.json(&["history", "--json"])[0], home.json(&["history", "--json"])[0]);
}

#[test]
fn only_the_owner_can_read_the_data_folder() {
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
    running.signal(Signal::INT);
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
    let mut resumed = Running::new(home.without_terminal(&["resume", "--no-notify", "--progress", "json"]));
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
