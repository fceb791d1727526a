//! Closed and full streams, and control characters in the output. Of other systems, no stream is closed by a shell, and no
//! file has such a name.
#![cfg(unix)]

use std::process::{Command, Stdio};

use crate::programs::finish;
use crate::support::{Home, stderr, stdout};

/// Arguments and files must not move the cursor or change the colours of a terminal.
#[test]
fn control_characters_are_always_escaped() {
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

/// A reader such as `head` may close the pipe early. That is not a failure.
#[test]
fn a_closed_output_is_neither_a_failure_nor_a_panic() {
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
        let broken = home.without_terminal(arguments).stdout(writer).stderr(Stdio::piped()).spawn();
        let mut closed = Command::new("/bin/sh");
        closed.env_clear().envs(home.environment()).current_dir(home.path());
        closed.args(["-c", "exec setsid \"$@\" >&-", "sh"]).arg(home.command(&[]).get_program()).args(*arguments);
        for child in [broken, closed.stdin(Stdio::null()).stderr(Stdio::piped()).spawn()] {
            let output = finish(child.expect("the program starts"));
            assert!(!stderr(&output).contains("panicked"), "{arguments:?}: {}", stderr(&output));
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        }
    }
}

/// The error messages are lost, but the exit codes stay the same.
#[test]
fn closed_standard_error_changes_no_exit_code() {
    let home = Home::new();
    for (arguments, code) in
        [(&["run", "icee"][..], 2), (&["run", "acute"], 3), (&["run", "heat", "--speed", "9999"], 0)]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let child = home.without_terminal(arguments).stdout(Stdio::null()).stderr(writer).spawn();
        assert_eq!(finish(child.expect("the program starts")).status.code(), Some(code), "{arguments:?}");
    }
}

/// On a full disk the output is missing, which is a failure.
#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let home = Home::new();
    let json = ["run", "contrast", "--dry-run", "--progress", "json"];
    for arguments in
        [&["list"][..], &["--help"], &["--version"], &["show", "ice"], &["man"], &["run", "ice", "--dry-run"], &json]
    {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
        let child = home.command(arguments).stdout(full).stderr(Stdio::piped()).spawn();
        let output = finish(child.expect("the program starts"));
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains("error: could not write"), "{}", stderr(&output));
    }
}
