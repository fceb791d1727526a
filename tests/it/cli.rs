//! The command line: what it prints, and with which exit code, is a contract.

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use therapy::domain::rules::{self, RULES, Severity};

use crate::support::{Home, stderr, stdout};

/// Everything under `tests/cases`, in an environment of its own.
#[test]
fn the_program_says_what_the_case_files_say() {
    let home = Home::new();
    let cases = trycmd::TestCases::new();
    cases.register_bin("therapy", std::path::Path::new(env!("CARGO_BIN_EXE_therapy")));
    for (name, value) in home.environment() {
        cases.env(name, value);
    }
    // The environment of whoever runs the tests is inherited: what the program would obey is set.
    for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR_FORCE", ""), ("CLICOLOR", ""), ("COLUMNS", "80")] {
        cases.env(name, value);
    }
    cases.case("tests/cases/*.trycmd");
}

/// Help is read on narrow terminals too, and before anything else.
#[test]
fn every_line_of_help_fits_80_columns() {
    let home = Home::new();
    let subcommands = [
        "list",
        "show",
        "run",
        "next",
        "injury",
        "status",
        "pause",
        "resume",
        "skip",
        "stop",
        "extend",
        "history",
        "pain",
        "check",
        "explain",
        "safety",
        "completions",
        "man",
    ];
    for help in ["--help", "-h"] {
        assert_eq!(long_lines(&home, &[help]), [""; 0], "{help}");
        for name in subcommands {
            assert_eq!(long_lines(&home, &[name, help]), [""; 0], "{name} {help}");
        }
    }
    let listed = stdout(&home.run(&["-h"]));
    let commands = listed.split_once("Commands:\n").and_then(|(_, rest)| rest.split_once("\n\n")).expect("a list").0;
    let names: Vec<_> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, subcommands);
}

fn long_lines(home: &Home, arguments: &[&str]) -> Vec<String> {
    let output = home.run(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    let help = stdout(&output);
    help.lines().filter(|line| line.chars().count() > 80).map(str::to_owned).collect()
}

#[test]
fn completions_are_there_for_every_shell() {
    let home = Home::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = home.run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}: {}", stderr(&output));
        let script = stdout(&output);
        for word in ["therapy", "completions", "dry-run", "override"] {
            assert!(script.contains(word), "{shell} completes `{word}`");
        }
    }
    assert_eq!(home.run(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn the_man_page_is_one() {
    let output = Home::new().run(&["man"]);
    assert_eq!(output.status.code(), Some(0));
    let page = stdout(&output);
    assert!(page.contains(".TH therapy 1"), "{page}");
    for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH SUBCOMMANDS"] {
        assert!(page.contains(section), "{section}: {page}");
    }
}

/// The page of the program names one for each command.
#[test]
fn every_man_page_that_is_named_can_be_had() {
    let home = Home::new();
    let all = stdout(&home.run(&["man"]));
    let names: Vec<_> = all.lines().filter_map(|line| line.strip_prefix("therapy\\-")?.strip_suffix("(1)")).collect();
    assert!(names.contains(&"run") && names.len() > 15, "{names:?}: {all}");
    for name in names {
        let output = home.run(&["man", name]);
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert!(stdout(&output).contains(&format!(".TH therapy-{name} 1")), "{}", stdout(&output));
    }
    let output = home.run(&["man", "runn"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `run`?"), "{}", stderr(&output));
}

#[test]
fn a_file_full_of_mistakes_is_told_of_in_time() {
    let home = Home::new();
    for mistake in ["[[step]]\n", "{do='rest',for='1s'},1,", "=\n"] {
        let many = mistake.repeat((1 << 16) / mistake.len() - 1);
        let file = home.file("many.toml", &if mistake.starts_with('{') { format!("step=[{many}]") } else { many });
        let output = home.run(&["check", &file]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let told = stdout(&output);
        assert!(told.contains("note: from here on, "), "{told}");
        assert!(told.ends_with("many.toml: cannot run: 100 problems, 1 remark\n"), "{told}");
    }
    let long = home.file("long.toml", &"#".repeat((1 << 16) + 1));
    let output = home.run(&["check", &long]);
    assert!(stdout(&output).contains("not a file of at most 64 KiB"), "{output:?}");
}

/// A file that breaks one rule and no other, and one that is a second inside it.
struct Edge {
    rule: &'static str,
    breaks: &'static [(&'static str, &'static str)],
    inside: &'static [(&'static str, &'static str)],
}

/// Every rule that a file alone can break, without breaking another one.
const EDGES: &[Edge] = &[
    Edge { rule: "cold-limit", breaks: &[("cold", "20min 1s")], inside: &[("cold", "20min")] },
    Edge { rule: "cold-short", breaks: &[("cold", "9min 59s")], inside: &[("cold", "10min")] },
    Edge {
        // One long heat would be told of by `heat-long` too; the rest between takes half of itself off.
        rule: "heat-limit",
        breaks: &[("heat", "20min"), ("rest", "19min 59s"), ("heat", "20min")],
        inside: &[("heat", "20min"), ("rest", "20min"), ("heat", "20min")],
    },
    Edge { rule: "heat-long", breaks: &[("heat", "20min 1s")], inside: &[("heat", "20min")] },
    Edge { rule: "no-dose", breaks: &[("rest", "10min")], inside: &[("rest", "10min"), ("heat", "1s")] },
    Edge {
        rule: "numb-heat",
        breaks: &[("cold", "10min"), ("heat", "10min")],
        inside: &[("cold", "10min"), ("rest", "1s"), ("heat", "10min")],
    },
    Edge {
        rule: "session-limit",
        breaks: &[("heat", "20min"), ("rest", "2h 10min 1s")],
        inside: &[("heat", "20min"), ("rest", "2h 10min")],
    },
    Edge {
        // A step that is too long makes its session too long as well.
        rule: "step-length",
        breaks: &[("heat", "20min"), ("rest", "999ms")],
        inside: &[("heat", "20min"), ("rest", "1s")],
    },
    Edge {
        rule: "stretch-early",
        breaks: &[("cold", "10min"), ("rest", "29min 59s"), ("stretch", "5min")],
        inside: &[("cold", "10min"), ("rest", "30min"), ("stretch", "5min")],
    },
];

/// Rules that need an injury, earlier sessions or the clock. A file that holds more of one day than
/// the daily rules allow is past `session-limit` long before.
const NOT_BY_A_FILE: [&str; 10] = [
    "clock-behind",
    "cold-daily",
    "cold-spacing",
    "early-heat",
    "heat-daily",
    "injury-future",
    "injury-unknown",
    "long-pain",
    "one-session",
    "rewarm",
];

#[test]
fn every_rule_that_a_file_can_break_is_broken_by_a_second() {
    let home = Home::new();
    let check = |steps: &[(&str, &str)]| {
        let steps = steps.iter().map(|(kind, length)| format!("[[step]]\ndo = \"{kind}\"\nfor = \"{length}\"\n"));
        let file = home.file("edge.toml", &steps.collect::<String>());
        let output = home.run(&["check", "--json", &file]);
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let problems = told[0]["problems"].as_array().expect("a list").clone();
        let rules = problems.iter().map(|problem| problem["rule"].as_str().expect("a rule").to_owned());
        (rules.collect::<Vec<_>>(), output.status.code())
    };
    for edge in EDGES {
        let rule = rules::find(edge.rule).expect("a rule");
        let exit = if rule.severity >= Severity::Override { 3 } else { 0 };
        assert_eq!(check(edge.breaks), (vec![edge.rule.to_owned()], Some(exit)), "{}: broken", edge.rule);
        assert_eq!(check(edge.inside), (Vec::new(), Some(0)), "{}: a second inside", edge.rule);
    }
    for rule in RULES {
        let tried = EDGES.iter().any(|edge| edge.rule == rule.id);
        assert_ne!(tried, NOT_BY_A_FILE.contains(&rule.id), "{}: tried, or not to be tried", rule.id);
    }
}

/// The fields of the contract that do not say when it was.
const TIMELESS: [&str; 9] = ["event", "elapsed_s", "step", "of", "kind", "length_s", "outcome", "cold_s", "heat_s"];

fn events(output: &Output) -> Vec<Vec<Value>> {
    let lines = stdout(output);
    let events = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    events.map(|event| TIMELESS.iter().map(|field| event[field].clone()).collect()).collect()
}

#[test]
fn a_dry_run_tells_the_events_of_the_real_run_to_the_millisecond() {
    let home = Home::new();
    let step = |kind: &str, length: &str| format!("[[step]]\ndo = \"{kind}\"\nfor = \"{length}\"\n");
    home.file("own.toml", &[step("heat", "1s 1ms"), step("cold", "1s"), step("rest", "1s")].concat());
    let arguments = ["run", "own.toml", "--progress", "json", "--no-notify"];
    let real = home.run(&arguments);
    assert_eq!(real.status.code(), Some(0), "{}", stderr(&real));
    let dry = home.run(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(events(&dry), events(&real));
    let fast = home.run(&[&arguments[..], &["--speed", "100"]].concat());
    assert_eq!(events(&fast), events(&real));

    let told: Vec<_> = events(&real).into_iter().map(|event| (event[0].clone(), event[1].clone())).collect();
    let expected = [
        ("started", 0.0),
        ("step_began", 0.0),
        ("halfway", 0.5),
        ("step_began", 1.001),
        ("halfway", 1.501),
        ("step_began", 2.001),
        ("finished", 3.001),
    ];
    assert_eq!(told, expected.map(|(event, elapsed)| (Value::from(event), Value::from(elapsed))));
    let last = events(&real).pop().expect("an end");
    assert_eq!(last[6..], [Value::from("completed"), Value::from(1.0), Value::from(1.001)]);
}

#[test]
fn the_labels_of_events_are_times_of_day() {
    let output = Home::new().run(&["run", "ice", "--dry-run", "--progress", "json"]);
    let lines = stdout(&output);
    let times = lines.lines().map(|line| {
        let event: Value = serde_json::from_str(line).expect("JSON");
        event["at"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("RFC 3339")
    });
    let times: Vec<_> = times.collect();
    assert!(times.is_sorted());
    let length = times[times.len() - 1].duration_since(times[0]);
    assert_eq!(length, jiff::SignedDuration::from_mins(15));
}

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
    assert!(stdout(&plain.run(&run)).contains("COLD for 15m"));
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
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;

    let home = configured("confirm = true\nno_notify = true\nprogress = \"json\"\n");
    let mut command = home.command(&["run", "ice", "--speed", "10000"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let held = lines.map_while(Result::ok).any(|line| line.contains("\"event\":\"overran\""));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it is held");
    assert_eq!(child.wait().expect("a child").code(), Some(130));
    assert!(held, "it waits at the end of the step");
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
        "no such kind of progress",
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
        let output = home.command(&["run", "ice"]).env("THERAPY_CONFIG_DIR", &folder).output();
        let output = output.expect("the program starts");
        assert_eq!(output.status.code(), Some(2));
        let told = stderr(&output);
        assert!(told.contains("a\\u{1b}[31mb") && !told.contains('\u{1b}'), "{told:?}");
        told
    };
    assert!(told(&home).contains("expected true or false"));
    std::fs::write(&mistake, b"\xff").expect("a file");
    assert!(told(&home).contains("could not read"));
}

#[test]
fn own_protocols_are_listed_shown_and_run_by_name() {
    let home = Home::new();
    home.file("config/protocols/desk.toml", "summary = \"after work\"\n[[step]]\ndo = \"cold\"\nfor = \"12min\"\n");
    home.file("config/protocols/bad.toml", "[[step]]\ndo = \"cold\"\nfor = \"25min\"\n");
    home.file("config/protocols/ice.toml", "[[step]]\ndo = \"cold\"\nfor = \"5min\"\n");
    let list = home.run(&["list"]);
    assert!(stdout(&list).contains("\ndesk            cold 12m"), "{}", stdout(&list));
    assert!(stdout(&list).contains("cannot run: see `therapy check`"), "{}", stdout(&list));
    home.file("config/protocols/unread.toml", "[[step]]\ndo = \"cold\"\n");
    let all: Value = serde_json::from_slice(&home.run(&["list", "--json"]).stdout).expect("JSON");
    let unread = all.as_array().expect("a list").iter().find(|row| row["name"] == "unread").expect("a row");
    assert_eq!((&unread["total_s"], &unread["may_run"]), (&Value::Null, &Value::from(false)));
    assert!(stderr(&list).contains("is called like a built-in protocol"), "{}", stderr(&list));
    assert!(stdout(&home.run(&["show", "desk"])).starts_with("desk: after work\n1 step, 12m\n"));
    assert_eq!(home.run(&["run", "desk", "--dry-run"]).status.code(), Some(0));
    assert_eq!(home.run(&["run", "bad", "--dry-run"]).status.code(), Some(3));
    assert!(stdout(&home.run(&["run", "ice", "--dry-run"])).contains("COLD for 15m"), "the built-in one");
    let typo = home.run(&["run", "dsek"]);
    assert!(stderr(&typo).contains("did you mean `desk`?"), "{}", stderr(&typo));
}

/// An empty variable is none; it does not make the current folder the one of own protocols.
#[test]
fn an_empty_config_folder_is_none() {
    let home = Home::new();
    home.file("protocols/here.toml", "[[step]]\ndo = \"cold\"\nfor = \"12min\"\n");
    let output = home.command(&["list"]).env("THERAPY_CONFIG_DIR", "").output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0));
    assert!(!stdout(&output).contains("here"), "{}", stdout(&output));
}

/// Nothing that a person or a file says may move the cursor or change the colours of a terminal.
#[test]
fn control_characters_are_never_printed_as_they_are() {
    const ESCAPE: &str = "\u{1b}[31m\u{7}\u{9b}2J";
    let home = Home::new();
    let bad = home.file(
        &format!("{ESCAPE}.toml"),
        "name = \"\\u001b[31m\"\nsummary = \"a\\u0007b\"\ncaution = \"\\u009b2J\"\n\"\\u001b[1m\" = 1\n\
         sources = [\"\\u001b[2m\"]\n\
         [[step]]\ndo = \"\\u001b[3m\"\nfor = \"\\u001b[4m\"\nnote = \"\\u001b[5m\"\n\"\\u001b[6m\" = 1\n",
    );
    let raw =
        home.file("raw.toml", &format!("# {ESCAPE}\nname = \"{ESCAPE}\"\n{ESCAPE} = 1\n[[step]]\ndo = \"{ESCAPE}\"\n"));
    let fine = home.file(&format!("fine{ESCAPE}.toml"), "[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    home.file(&format!("config/protocols/own{ESCAPE}.toml"), "[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    home.file(&format!("config/protocols/bad{ESCAPE}.toml"), "\u{0}");
    std::fs::write(home.path().join(format!("config/protocols/no-text{ESCAPE}.toml")), b"\xff").expect("a file");
    let none = format!("none{ESCAPE}.toml");
    let commands: &[&[&str]] = &[
        &["check", &bad, &raw, &fine, &none],
        &["check", "--json", &bad, &raw, &fine, &none],
        &["show", &bad],
        &["show", &fine],
        &["show", &fine, "--json"],
        &["run", &bad],
        &["run", &raw],
        &["run", &none],
        &["run", &fine, "--dry-run"],
        &["run", &fine, "--minutes", "25"],
        &["run", ESCAPE],
        &["run", "ice", "--injured", ESCAPE],
        &["run", "ice", "--override", ESCAPE],
        &["run", "ice", "--minutes", ESCAPE],
        &["run", "ice", ESCAPE],
        &["explain", ESCAPE],
        &["list"],
        &["list", "--json"],
        &["completions", ESCAPE],
        &[ESCAPE],
        &[&format!("--{ESCAPE}")],
    ];
    for arguments in commands {
        let output = home.run(arguments);
        for text in [stdout(&output), stderr(&output)] {
            let raw = text.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(raw, None, "{arguments:?}: {text:?}");
        }
    }
}

/// Whoever stopped reading, `head` for one, has seen enough: that is no failure.
#[cfg(unix)]
#[test]
fn a_reader_that_went_away_is_no_failure_and_no_panic() {
    let home = Home::new();
    home.file("own.toml", "[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    let commands: &[&[&str]] = &[
        &["list"],
        &["list", "--json"],
        &["show", "contrast"],
        &["explain"],
        &["safety"],
        &["check", "own.toml"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["run", "contrast", "--dry-run"],
        &["run", "contrast", "--dry-run", "--progress", "json"],
        &["run", "own.toml", "--speed", "10000", "--progress", "json"],
    ];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let broken = home.command(arguments).stdout(writer).stderr(Stdio::piped()).output();
        let mut shell = home.command(&[]);
        shell = {
            let mut closed = Command::new("/bin/sh");
            closed.env_clear().envs(home.environment()).current_dir(home.path());
            closed.args(["-c", "exec \"$@\" >&-", "sh"]).arg(shell.get_program()).args(*arguments);
            closed
        };
        for output in [broken, shell.stderr(Stdio::piped()).output()] {
            let output = output.expect("the program starts");
            assert!(!stderr(&output).contains("panicked"), "{arguments:?}: {}", stderr(&output));
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        }
    }
}

/// Nobody hears the errors either, but the exit code still tells.
#[cfg(unix)]
#[test]
fn closed_standard_error_changes_no_exit_code() {
    let home = Home::new();
    for (arguments, code) in
        [(&["run", "icee"][..], 2), (&["run", "acute"], 3), (&["run", "heat", "--speed", "9999"], 0)]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let status = home.command(arguments).stdout(Stdio::null()).stderr(writer).status();
        assert_eq!(status.expect("the program starts").code(), Some(code), "{arguments:?}");
    }
}

/// A disk that is full is a failure: what was asked for did not come.
#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let home = Home::new();
    let json = ["run", "contrast", "--dry-run", "--progress", "json"];
    for arguments in [&["list"][..], &["show", "ice"], &["man"], &["run", "ice", "--dry-run"], &json] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
        let output = home.command(arguments).stdout(full).stderr(Stdio::piped()).output().expect("the program starts");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains("error: could not write"), "{}", stderr(&output));
    }
}
