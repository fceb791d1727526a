//! What differs between systems: the clock and the name of a boot, folders, paths, and how other programs are ended.

use std::path::{Path, PathBuf};

use therapy::edge::clock;

use crate::support::{Home, stderr, stdout};

/// Another name of the program.
fn renamed(home: &Home) -> PathBuf {
    let program = home.path().join(format!("cold-and-hot{}", std::env::consts::EXE_SUFFIX));
    let own = Path::new(env!("CARGO_BIN_EXE_therapy"));
    std::fs::hard_link(own, &program).or_else(|_| std::fs::copy(own, &program).map(drop)).expect("a copy");
    program
}

#[test]
fn all_processes_of_a_boot_name_it_alike_and_have_one_clock() {
    let home = Home::new();
    let nanos = || i64::try_from(clock::now().since_origin().as_nanos()).expect("this century");
    let before = nanos();
    home.ask(&["log", "cold", "1min", "--ended", "3h ago"]);
    let between = nanos();
    home.ask(&["log", "heat", "1min", "--ended", "2h ago"]);
    let connection = home.sql();
    let mut rows = connection.prepare("SELECT boot, clock_ns FROM told ORDER BY id").expect("a table");
    let rows = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).expect("rows");
    let rows: Vec<_> = rows.map(|row| row.expect("a row")).collect();
    let [(first, one), (second, two)] = &rows[..] else { panic!("{rows:?}") };
    assert!(!first.is_empty());
    assert_eq!((first, second), (&clock::boot(), &clock::boot()));
    let in_order = [before, *one, between, *two, nanos()];
    assert!(in_order.is_sorted(), "{in_order:?}");
}

#[test]
fn the_usage_names_the_program_and_not_its_file() {
    let home = Home::new();
    let program = renamed(&home);
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(&program);
        crate::programs::output(command.env_clear().envs(home.environment()).args(arguments))
    };
    for arguments in [&["run", "--nope"][..], &["stop", "--nope"], &["help", "run"], &["--help"]] {
        let output = run(arguments);
        let text = stdout(&output) + &stderr(&output);
        assert!(text.contains("Usage: therapy"), "{text}");
        assert!(!text.contains("cold-and-hot") && !text.contains(".exe"), "{text}");
    }
}

#[cfg(windows)]
mod windows {
    use std::process::Command;
    use std::time::Duration;

    use therapy::edge::child::{self, ChildError};
    use therapy::edge::journal::Journal;

    use super::*;

    #[test]
    fn what_is_kept_stays_on_the_machine() {
        let home = Home::empty();
        let below = |name: &str| home.path().join(name);
        let mut command = home.command(&["log", "cold", "1min"]);
        command.env_remove("THERAPY_DATA_DIR").env_remove("THERAPY_CONFIG_DIR");
        command.env("LOCALAPPDATA", below("local")).env("APPDATA", below("roaming"));
        let output = crate::programs::output(&mut command);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(below(r"local\therapy\journal.db").exists());
        assert!(!below("roaming").exists());
    }

    #[test]
    fn a_path_with_backslashes_is_a_file() {
        let home = Home::new();
        home.file(r"my files\desk.toml", "[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
        let inside = format!(r"{}\my files\desk.toml", home.path().display());
        for path in [r"my files\desk.toml", r".\my files\desk.toml", &inside] {
            assert!(home.ask(&["check", path]).contains("desk"), "{path}");
            assert!(home.ask(&["run", path, "--dry-run", "--progress", "json"]).contains("finished"), "{path}");
        }
        let missing = home.run(&["run", r"my files\desc.toml"]);
        assert!(stderr(&missing).contains("there is no file my files\\desc.toml"), "{}", stderr(&missing));
    }

    #[test]
    fn a_program_for_events_has_backslashes_in_its_path() {
        let home = Home::at_rate(1000.0);
        home.own(1, &[("cold", "10min")]);
        let hook = r#"C:\windows\system32\cmd.exe /c "echo %THERAPY_EVENT% >> heard.txt""#;
        home.session(&["own.toml", "--on-event", hook]);
        let heard = std::fs::read_to_string(home.path().join("heard.txt")).expect("it was called");
        let events: Vec<_> = heard.split_whitespace().collect();
        assert_eq!((events.first(), events.last()), (Some(&"started"), Some(&"finished")), "{events:?}");
    }

    /// A session runs while its lock is held, so it tells whether its process lives.
    fn assert_ends(home: &Home, command: &mut Command) {
        let is_running = || Journal::is_running(&home.data()).expect("the lock can be read");
        let began = clock::now();
        let error = child::run(command, b"", Duration::from_secs(5), |_| {}).expect_err("it does not end");
        assert!(matches!(error, ChildError::TooLong(_)), "{error}");
        assert!(clock::now().since(began) < Duration::from_secs(30));
        assert_eq!(home.history().len(), 1, "it has begun");
        while is_running() {
            assert!(clock::now().since(began) < Duration::from_secs(30), "it goes on");
            clock::wait(Duration::from_millis(20));
        }
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let home = Home::new();
        assert_ends(&home, &mut home.command(&["run", "ice", "--no-notify", "--progress", "quiet"]));
    }

    #[test]
    fn what_it_has_started_is_ended_too() {
        let home = Home::new();
        let mut command = Command::new(r"C:\windows\system32\cmd.exe");
        command.env_clear().envs(home.environment()).current_dir(home.path());
        command.args(["/c", env!("CARGO_BIN_EXE_therapy"), "run", "ice", "--no-notify", "--progress", "quiet"]);
        assert_ends(&home, &mut command);
    }
}
