//! The command line: what it prints, and with which exit code, is a contract.

use crate::programs::DEADLINE;
use crate::support::{Home, stderr, stdout};

mod config;
mod files;
mod lines;
mod results;
mod streams;

/// Everything under `tests/cases`, in an environment of its own.
#[test]
fn the_program_says_what_the_case_files_say() {
    let home = Home::new();
    let cases = trycmd::TestCases::new();
    cases.timeout(DEADLINE);
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
    // The rest of a long line is indented more.
    let rows = commands.lines().filter_map(|line| line.strip_prefix("  ").filter(|row| !row.starts_with(' ')));
    let names: Vec<_> = rows.filter_map(|row| row.split_whitespace().next()).collect();
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
    assert!(stderr(&output).contains("try: therapy man run"), "{}", stderr(&output));
}
