//! `config.toml` and its folder.

use crate::programs::output;
use crate::support::{Home, stderr, stdout};

/// A home with this `config.toml`.
fn configured(config: &str) -> Home {
    let home = Home::new();
    home.file("config/config.toml", config);
    home
}

#[test]
fn config_toml_sets_the_defaults_of_run() {
    let run = ["run", "ice", "--dry-run"];
    let json = configured("progress = \"json\"\n");
    assert!(stdout(&json.run(&run)).starts_with("{\"event\":\"started\""));
    let plain = configured("progress = \"plain\"\n");
    assert!(stdout(&plain.run(&run)).contains("Cold on for 15 min"));
    // The command line has priority.
    assert_eq!(stdout(&json.run(&[&run[..], &["--progress", "quiet"]].concat())), "");

    let fast = ["run", "heat", "--speed", "10000"];
    assert!(stderr(&Home::new().run(&fast)).contains("no desktop notifications"));
    let silent = configured("no_notify = true\n").run(&fast);
    assert_eq!(silent.status.code(), Some(0));
    assert!(!stderr(&silent).contains("notification"), "{}", stderr(&silent));
}

#[cfg(unix)]
#[test]
fn config_toml_can_turn_confirm_on() {
    use crate::running::Running;
    use rustix::process::Signal;

    let home = configured("confirm = true\nno_notify = true\nprogress = \"json\"\n");
    let mut running = Running::new(home.without_terminal(&["run", "ice", "--speed", "10000"]));
    running.see("overran");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
}

#[test]
fn a_mistake_in_config_toml_is_reported_with_its_place_and_nothing_starts() {
    let home = configured("confirm = \"yes\"\nprogres = \"plain\"\nprogress = \"loud\"\nchangeover = \"11min\"\n");
    let output = home.run(&["run", "ice"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = stderr(&output);
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
        "a changeover of 11 min; it must last 1 s to 10 min",
        "4 | changeover = \"11min\"\n  |              ^^^^^^^",
    ] {
        assert!(errors.contains(what), "{what}: {errors}");
    }
    assert!(!errors.contains("COLD"), "{errors}");
    assert_eq!(stdout(&output), "");
}

/// A dose at the wrong site is counted wrongly, so no command guesses one.
#[test]
fn a_mistake_in_config_toml_is_refused_by_every_command_that_takes_the_site_from_it() {
    let home = configured("site = \"left-kne\"\n");
    let commands = [
        &["log", "cold", "15"][..],
        &["next"],
        &["next", "--json"],
        &["injury", "set", "1h ago"],
        &["trial", "start", "ice", "rest"],
        &["pain", "3"],
        &["plan", "ice"],
        &["run", "ice", "--dry-run"],
    ];
    let is_refused = |command: &[&str]| {
        let output = home.run(command);
        let errors = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{command:?}: {errors}");
        assert!(errors.contains("there is no site \"left-kne\""), "{command:?}: {errors}");
        assert!(errors.contains("config.toml:1:8"), "{command:?}: {errors}");
        assert!(errors.ends_with("cannot be read\n  fix the lines above, or move the file away\n"), "{errors}");
        assert_eq!(errors.matches("config.toml:1:8").count(), 1, "{errors}");
    };
    for command in commands {
        is_refused(command);
    }
    for table in ["told", "injury", "pain", "trial"] {
        assert_eq!(home.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    // The state is shown, and nothing that depends on the site.
    let overview = home.run(&[]);
    assert_eq!(overview.status.code(), Some(2));
    let shown = stdout(&overview);
    assert!(shown.contains("\n  Now     no session\n") && shown.contains("\n  Next    not known\n"), "{shown}");
    assert!(stderr(&overview).contains("config.toml:1:8"), "{}", stderr(&overview));
    // A site that was typed needs no file. Neither does that of the only injury.
    for command in [&commands[0], &commands[1], &commands[3], &commands[4]] {
        let output = home.run(&[command, &["--site", "left-knee"][..]].concat());
        assert_eq!(output.status.code(), Some(0), "{command:?}: {}", stderr(&output));
    }
    assert!(home.ask(&["log", "cold", "5"]).contains("left knee"));
    // With another injury the question needs it again.
    home.ask(&["injury", "set", "2h ago", "--site", "neck"]);
    is_refused(&["log", "cold", "5"]);
    // Any mistake in it counts: what else it says is not known either.
    home.file("config/config.toml", "ste = \"left-knee\"\n");
    let other = home.run(&["pain", "3"]);
    assert_eq!(other.status.code(), Some(2), "{}", stderr(&other));
    home.file("config/config.toml", "site = \"left-knee\"\n");
    assert_eq!(home.run(&["pain", "3", "--site", "neck"]).status.code(), Some(0));
}

/// The name of the folder may have control characters, but not on Windows.
#[cfg(unix)]
#[test]
fn a_mistake_in_config_toml_prints_no_control_character_of_its_path() {
    let home = Home::new();
    let mistake = home.file("a\u{1b}[31mb/config.toml", "confirm = 1\n");
    let folder = std::path::Path::new(&mistake).parent().expect("a folder").to_owned();
    let errors = |home: &Home| {
        let output = output(home.command(&["run", "ice"]).env("THERAPY_CONFIG_DIR", &folder));
        assert_eq!(output.status.code(), Some(2));
        let errors = stderr(&output);
        assert!(errors.contains("a\\u{1b}[31mb") && !errors.contains('\u{1b}'), "{errors:?}");
        errors
    };
    assert!(errors(&home).contains("expected true or false"));
    std::fs::write(&mistake, b"\xff").expect("a file");
    assert!(errors(&home).contains("byte FF is not UTF-8 text"));
}

/// An empty variable counts as unset. The current folder must not become the folder of protocols.
#[test]
fn an_empty_config_variable_counts_as_unset() {
    let home = Home::new();
    home.file("protocols/here.toml", "[[step]]\ndo = \"cold\"\nfor = \"12min\"\n");
    let output = output(home.command(&["list"]).env("THERAPY_CONFIG_DIR", ""));
    assert_eq!(output.status.code(), Some(0));
    assert!(!stdout(&output).contains("here"), "{}", stdout(&output));
}

/// A folder that changes with the working folder would begin a new journal there, which knows no doses.
#[test]
fn a_folder_in_the_environment_is_absolute() {
    let home = Home::new();
    for (variable, folder) in [
        ("THERAPY_DATA_DIR", "data"),
        ("THERAPY_DATA_DIR", "./data"),
        ("THERAPY_DATA_DIR", "../elsewhere"),
        ("THERAPY_CONFIG_DIR", "config"),
        ("THERAPY_CONFIG_DIR", "my config"),
    ] {
        for arguments in [&["log", "cold", "15"][..], &["next"], &["run", "ice"], &["profiles", "--add", "anna"]] {
            let output = output(home.command(arguments).env(variable, folder));
            let errors = stderr(&output);
            assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{arguments:?}: {errors}");
            let first = format!("error: {variable} is {folder}, which is another folder wherever a command runs\n");
            assert!(errors.starts_with(&first), "{errors}");
            let way_out = errors.trim_end().rsplit_once("  give an absolute path: ").expect("a way out").1;
            let value = way_out.split_once('=').expect("a value").1.trim_matches('"');
            assert!(std::path::Path::new(value).is_absolute(), "{way_out}");
        }
    }
    let names = std::fs::read_dir(home.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["data"], "nothing is written where the command runs");
    assert!(!home.data().join("profiles").exists());
}

/// Without a folder of the data, profiles are not looked for where the command runs.
#[test]
fn an_empty_data_variable_makes_no_profile_where_the_command_runs() {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join("profiles/anna")).expect("a folder");
    let run = |arguments: &[&str]| output(home.command(arguments).env("THERAPY_DATA_DIR", ""));
    let added = run(&["profiles", "--add", "bert"]);
    assert_eq!(added.status.code(), Some(1), "{}", stdout(&added));
    assert!(stderr(&added).contains("no data folder is known"), "{}", stderr(&added));
    assert_eq!(run(&["next", "--profile", "anna"]).status.code(), Some(2));
    assert_eq!(std::fs::read_dir(home.path().join("profiles")).expect("a folder").count(), 1);
    assert_eq!(std::fs::read_dir(home.path().join("profiles/anna")).expect("a folder").count(), 0);
}

#[test]
fn a_list_that_is_none_has_an_example_of_its_key() {
    let home = Home::new();
    for value in ["\"notify-send\"", "true", "3"] {
        home.file("config/config.toml", &format!("on_event = {value}\n"));
        let output = home.run(&["run", "ice", "--dry-run"]);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains("a list of strings such as [\"notify-send\", \"therapy\"]"), "{errors}");
        assert!(!errors.contains("S3"), "{errors}");
    }
    home.file("own.toml", "sources = \"S1\"\n[[step]]\ndo = \"cold\"\nfor = \"12min\"\n");
    let checked = home.run(&["check", "own.toml"]);
    assert!(stdout(&checked).contains("a list of strings such as [\"S3\"]"), "{}", stdout(&checked));
}
