//! `config.toml` and the folder that it is in.

use crate::programs::output;
use crate::support::{Home, stderr, stdout};

/// A home whose `config.toml` says this.
fn configured(config: &str) -> Home {
    let home = Home::new();
    home.file("config/config.toml", config);
    home
}

#[test]
fn config_toml_gives_the_defaults_of_run() {
    let run = ["run", "ice", "--dry-run"];
    let json = configured("progress = \"json\"\n");
    assert!(stdout(&json.run(&run)).starts_with("{\"event\":\"started\""));
    let plain = configured("progress = \"plain\"\n");
    assert!(stdout(&plain.run(&run)).contains("Cold on for 15 min"));
    // What is asked for on the command line goes first.
    assert_eq!(stdout(&json.run(&[&run[..], &["--progress", "quiet"]].concat())), "");

    let fast = ["run", "heat", "--speed", "10000"];
    assert!(stderr(&Home::new().run(&fast)).contains("no desktop notifications"));
    let silent = configured("no_notify = true\n").run(&fast);
    assert_eq!(silent.status.code(), Some(0));
    assert!(!stderr(&silent).contains("notification"), "{}", stderr(&silent));
}

#[cfg(unix)]
#[test]
fn config_toml_can_ask_to_confirm_every_change() {
    use crate::running::Running;
    use rustix::process::Signal;

    let home = configured("confirm = true\nno_notify = true\nprogress = \"json\"\n");
    let mut running = Running::new(home.command(&["run", "ice", "--speed", "10000"]));
    running.see("overran");
    running.signal(Signal::TERM);
    assert_eq!(running.end().code(), Some(130));
}

#[test]
fn a_mistake_in_config_toml_is_told_with_its_place_and_nothing_starts() {
    let home = configured("confirm = \"yes\"\nprogres = \"plain\"\nprogress = \"loud\"\n");
    let output = home.run(&["run", "ice"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    for what in [
        "config.toml:1:11",
        "expected true or false, found string",
        "config.toml:2:1",
        "unknown key `progres` of config.toml",
        "did you mean `progress`?",
        "config.toml:3:12",
        "unknown kind of progress",
        "write one of auto, bar, plain, json, quiet",
        "3 | progress = \"loud\"\n  |            ^^^^^^",
    ] {
        assert!(told.contains(what), "{what}: {told}");
    }
    assert!(!told.contains("COLD"), "{told}");
    assert_eq!(stdout(&output), "");
}

/// The folder's name is somebody's choice too.
#[test]
fn a_mistake_in_config_toml_prints_no_control_character_of_its_path() {
    let home = Home::new();
    let mistake = home.file("a\u{1b}[31mb/config.toml", "confirm = 1\n");
    let folder = std::path::Path::new(&mistake).parent().expect("a folder").to_owned();
    let told = |home: &Home| {
        let output = output(home.command(&["run", "ice"]).env("THERAPY_CONFIG_DIR", &folder));
        assert_eq!(output.status.code(), Some(2));
        let told = stderr(&output);
        assert!(told.contains("a\\u{1b}[31mb") && !told.contains('\u{1b}'), "{told:?}");
        told
    };
    assert!(told(&home).contains("expected true or false"));
    std::fs::write(&mistake, b"\xff").expect("a file");
    assert!(told(&home).contains("could not read"));
}

/// An empty variable is none; it does not make the current folder the one of own protocols.
#[test]
fn an_empty_config_folder_is_none() {
    let home = Home::new();
    home.file("protocols/here.toml", "[[step]]\ndo = \"cold\"\nfor = \"12min\"\n");
    let output = output(home.command(&["list"]).env("THERAPY_CONFIG_DIR", ""));
    assert_eq!(output.status.code(), Some(0));
    assert!(!stdout(&output).contains("here"), "{}", stdout(&output));
}
