//! The command line. Its output and exit codes are a contract.

use crate::programs::DEADLINE;
use crate::support::{Home, stdout};

mod check;
mod colours;
mod commands;
mod config;
mod files;
mod fits;
mod handout;
mod hints;
mod lengths;
mod lines;
mod listed;
pub mod manual;
mod messages;
mod names;
mod new_and_add;
mod results;
mod streams;
mod watch;
mod when;

/// Runs all files in `tests/cases`, in an isolated environment.
#[test]
fn the_output_matches_the_case_files() {
    let home = Home::new();
    let cases = trycmd::TestCases::new();
    cases.timeout(DEADLINE);
    cases.register_bin("therapy", std::path::Path::new(env!("CARGO_BIN_EXE_therapy")));
    for (name, value) in home.environment() {
        cases.env(name, value);
    }
    // trycmd inherits the environment, so set all variables that affect the program.
    for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR_FORCE", ""), ("CLICOLOR", ""), ("COLUMNS", "80")] {
        cases.env(name, value);
    }
    cases.case("tests/cases/*.trycmd");
}

/// People read the help on narrow terminals too.
#[test]
fn every_line_of_help_fits_80_columns() {
    let home = Home::new();
    let subcommands = [
        "list",
        "show",
        "run",
        "next",
        "plan",
        "injury",
        "status",
        "pause",
        "resume",
        "skip",
        "stop",
        "extend",
        "history",
        "stats",
        "report",
        "trial",
        "export",
        "import",
        "pain",
        "log",
        "note",
        "undo",
        "check",
        "new",
        "add",
        "schema",
        "explain",
        "selftest",
        "profiles",
        "safety",
        "completions",
        "man",
        "help",
    ];
    for help in ["--help", "-h"] {
        assert_eq!(long_lines(&home, &[help]), [""; 0], "{help}");
        for name in subcommands {
            assert_eq!(long_lines(&home, &[name, help]), [""; 0], "{name} {help}");
        }
    }
    let listed = stdout(&home.run(&["-h"]));
    let commands = listed.split_once("Commands:\n").and_then(|(_, rest)| rest.split_once("\n\n")).expect("a list").0;
    // Continuation lines have a larger indent.
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
