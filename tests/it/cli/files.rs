//! Protocol files: problems, and custom protocols.

#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::process::Command;

use serde_json::Value;

use crate::support::{Home, stderr, stdout};

#[test]
fn a_file_full_of_mistakes_is_reported_quickly() {
    let home = Home::new();
    for mistake in ["[[step]]\n", "{do='rest',for='1s'},1,", "=\n"] {
        let many = mistake.repeat((1 << 16) / mistake.len() - 1);
        let file = home.file("many.toml", &if mistake.starts_with('{') { format!("step=[{many}]") } else { many });
        let output = home.run(&["check", &file]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let shown = stdout(&output);
        assert!(shown.contains(" more problems not shown"), "{shown}");
        assert!(shown.ends_with("many.toml: cannot run: 100 problems, 1 remark\n"), "{shown}");
    }
    let one_more = home.file("more.toml", &format!("step = [{}]", "3, ".repeat(101)));
    assert!(stdout(&home.run(&["check", &one_more])).contains("1 more problem not shown"));
    let long = home.file("long.toml", &"#".repeat((1 << 16) + 1));
    let output = home.run(&["check", &long]);
    assert!(stdout(&output).contains("it is larger than 64 KiB"), "{output:?}");
}

/// Whatever is where a file should be, no command waits for it or reads it for ever.
#[cfg(unix)]
#[test]
fn pipes_devices_and_endless_files_are_refused_at_once() {
    let pipe_at = |path: &Path| {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        let made = Command::new("mkfifo").arg(path).status().expect("mkfifo is a standard program");
        assert!(made.success(), "{path:?}");
    };
    let home = Home::empty();
    let pipe = home.path().join("pipe");
    pipe_at(&pipe);
    for (file, why) in [
        (pipe.as_path(), "it is not a regular file"),
        (Path::new("/dev/zero"), "it is not a regular file"),
        (home.path(), "it is a folder"),
    ] {
        let file = file.to_str().expect("plain");
        for command in
            ["run", "show", "check"].into_iter().filter(|command| (*command, why) != ("check", "it is a folder"))
        {
            let output = home.run(&[command, file]);
            assert_eq!(output.status.code(), Some(2), "{command} {file}");
            assert!((stdout(&output) + &stderr(&output)).contains(why), "{command} {file}: {output:?}");
        }
    }
    for place in ["config/config.toml", "data/session.lock", "data/journal.db"] {
        let home = Home::empty();
        home.own(1, &[("cold", "10min")]);
        pipe_at(&home.path().join(place));
        assert_ne!(home.run(&["run", "own.toml"]).status.code(), Some(0), "{place}");
        for arguments in [&["status"][..], &["next"], &["history"]] {
            // It ends: that is all.
            let _ = home.run(arguments);
        }
    }
}

#[test]
fn custom_protocols_are_listed_shown_and_run_by_name() {
    let home = Home::new();
    home.file("config/protocols/desk.toml", "summary = \"after work\"\n[[step]]\ndo = \"cold\"\nfor = \"12min\"\n");
    let bad = home.file("config/protocols/bad.toml", "[[step]]\ndo = \"cold\"\nfor = \"25min\"\n");
    home.file("config/protocols/ice.toml", "[[step]]\ndo = \"cold\"\nfor = \"5min\"\n");
    let list = home.run(&["list"]);
    assert!(stdout(&list).contains("\ndesk            cold 12 min "), "{}", stdout(&list));
    assert!(stdout(&list).contains(&format!("cannot run: therapy check {bad}\n")), "{}", stdout(&list));
    home.file("config/protocols/unread.toml", "[[step]]\ndo = \"cold\"\n");
    let all: Value = serde_json::from_slice(&home.run(&["list", "--json"]).stdout).expect("JSON");
    let unread = all.as_array().expect("a list").iter().find(|row| row["name"] == "unread").expect("a row");
    assert_eq!((&unread["total_s"], &unread["may_run"]), (&Value::Null, &Value::from(false)));
    assert!(stderr(&list).contains("has the name of a built-in protocol"), "{}", stderr(&list));
    assert!(stdout(&home.run(&["show", "desk"])).starts_with("desk: after work\n1 step, 12 min\n"));
    assert_eq!(home.run(&["run", "desk", "--dry-run"]).status.code(), Some(0));
    assert_eq!(home.run(&["run", "bad", "--dry-run"]).status.code(), Some(3));
    assert!(stdout(&home.run(&["run", "ice", "--dry-run"])).contains("Cold on for 15 min"), "the built-in one");
    let typo = home.run(&["run", "dsek"]);
    assert!(stderr(&typo).contains("try: therapy run desk"), "{}", stderr(&typo));
}
