//! Commands about commands: `help`, `version`, `man`, and other words for a command.
#![cfg(unix)]

use crate::support::{Home, stderr};
use crate::terminal::Terminal;

#[test]
fn help_with_a_command_is_its_long_help() {
    let home = Home::new();
    assert_eq!(home.ask(&["help"]), home.ask(&["--help"]));
    for command in [&["run"][..], &["safety"], &["help"], &["injury", "set"]] {
        assert_eq!(home.ask(&[&["help"], command].concat()), home.ask(&[command, &["--help"]].concat()), "{command:?}");
    }
    let unknown = |arguments: &[&str]| {
        let output = home.run(arguments);
        (output.status.code(), stderr(&output))
    };
    let expected = "error: there is no command \"runn\"\n  try: therapy help run\n";
    assert_eq!(unknown(&["help", "runn"]), (Some(2), expected.to_owned()));
    let expected = "error: there is no command \"se\"\n  try: therapy man injury set\n";
    assert_eq!(unknown(&["man", "injury", "se"]), (Some(2), expected.to_owned()));
    let expected = "error: there is no command \"\\u{1b}[2J\"\n  try: therapy --help\n";
    assert_eq!(unknown(&["help", "\u{1b}[2J"]), (Some(2), expected.to_owned()));
}

#[test]
fn version_is_a_command_too() {
    let home = Home::new();
    let version = format!("therapy {}\n", env!("CARGO_PKG_VERSION"));
    for way in ["version", "--version", "-V"] {
        assert_eq!(home.ask(&[way]), version, "{way}");
    }
    assert!(!home.ask(&["--help"]).contains("\n  version"), "it is no command of its own");
}

#[test]
fn another_word_for_a_command_suggests_it() {
    let home = Home::new();
    for (word, command) in [
        ("start", "run"),
        ("begin", "run"),
        ("quit", "stop"),
        ("continue", "resume"),
        ("more", "extend"),
        ("tell", "log"),
        ("comment", "note"),
        ("revert", "undo"),
        ("contrast", "run contrast"),
        ("contrast-short", "run contrast-short"),
    ] {
        let output = home.run(&[word]);
        let tip = format!("tip: a similar subcommand exists: '{command}'\n");
        assert_eq!(output.status.code(), Some(2), "{word}");
        assert!(stderr(&output).contains(&tip), "{word}: {}", stderr(&output));
    }
}

#[test]
fn a_man_page_is_text_on_a_terminal_and_roff_elsewhere() {
    let home = Home::new();
    for (arguments, title, way) in [
        (&["man", "run"][..], "Run a session", "therapy man run | man -l -"),
        (&["man", "injury", "set"], "Set the time of the injury", "therapy man injury set | man -l -"),
        (&["man"], "Usage: therapy [OPTIONS] [COMMAND]", "therapy man | man -l -"),
    ] {
        let mut command = home.command(arguments);
        command.env("NO_COLOR", "1");
        let mut terminal = Terminal::start(command, 200, 80);
        assert_eq!(terminal.end().code(), Some(0));
        let text = terminal.contents();
        assert!(text.contains(title) && text.contains(&format!("As a man page: {way}")), "{arguments:?}: {text}");
        assert!(!text.contains(".SH") && !text.contains("\\fB"), "{arguments:?}: {text}");
        let roff = home.ask(arguments);
        assert!(roff.contains(".SH NAME\n") && !roff.contains("As a man page"), "{arguments:?}: {roff}");
    }
}
