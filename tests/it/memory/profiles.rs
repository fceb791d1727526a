//! Several people on one machine: nothing of one counts for another, and every hint is for the same person.

use crate::support::{Home, stderr, stdout};
use crate::terminal::Terminal;

fn two() -> Home {
    let home = Home::new();
    home.ask(&["profiles", "--add", "anna"]);
    home.ask(&["profiles", "--add", "Jörg-2"]);
    home
}

#[test]
fn each_person_has_a_journal_of_their_own() {
    let home = two();
    home.ask(&["injury", "set", "20h ago", "--profile", "anna"]);
    let code = |arguments: &[&str]| home.run(arguments).status.code();
    assert_eq!(code(&["run", "heat", "--dry-run", "--profile", "anna"]), Some(3));
    assert_eq!(code(&["--profile", "Jörg-2", "run", "heat", "--dry-run"]), Some(0));
    assert_eq!(code(&["run", "heat", "--dry-run"]), Some(0));
    let mut named = home.command(&["run", "heat", "--dry-run"]);
    assert_eq!(crate::programs::output(named.env("THERAPY_PROFILE", "anna")).status.code(), Some(3));
    // The option wins, and an empty variable names nobody.
    let mut both = home.command(&["run", "heat", "--dry-run", "--profile", "Jörg-2"]);
    assert_eq!(crate::programs::output(both.env("THERAPY_PROFILE", "anna")).status.code(), Some(0));
    let mut empty = home.command(&["run", "heat", "--dry-run"]);
    assert_eq!(crate::programs::output(empty.env("THERAPY_PROFILE", "")).status.code(), Some(0));
    let people = home.json(&["profiles", "--json"]);
    let people: Vec<_> = people.as_array().expect("a list").iter().map(|person| person["name"].as_str()).collect();
    assert_eq!(people, [Some("Jörg-2"), Some("anna")]);
}

#[test]
fn two_people_have_their_sessions_at_the_same_time() {
    let home = two();
    home.own(1, &[("heat", "10min")]);
    let first = home.start(&["run", "own.toml", "--profile", "anna"]);
    first.see("step_began");
    let second = home.start(&["run", "own.toml"]);
    second.see("step_began");
    let third = home.run(&["run", "own.toml", "--no-notify", "--profile", "anna"]);
    assert_eq!(third.status.code(), Some(3), "{}", stderr(&third));
    assert!(stderr(&third).contains("therapy --profile anna explain one-session"), "{}", stderr(&third));
    home.ask(&["stop", "--profile", "anna"]);
    assert_eq!(home.run(&["status", "--profile", "anna"]).status.code(), Some(1));
    home.ask(&["status"]);
}

/// A name with a slip in it would begin a journal that knows no doses.
#[test]
fn a_person_who_was_not_added_is_unknown() {
    let home = two();
    for (typed, hint) in [("ana", "did you mean anna?"), ("ANNA", "did you mean anna?"), ("x", "profiles --add x")] {
        let refused = home.run(&["run", "ice", "--profile", typed]);
        assert_eq!(refused.status.code(), Some(2), "{typed}");
        assert!(stderr(&refused).contains(hint), "{}", stderr(&refused));
    }
    for name in ["", "-x", "a/b", "..", "a b", "ANNA", &"x".repeat(33)] {
        let refused = home.run(&["profiles", &format!("--add={name}")]);
        assert_eq!(refused.status.code(), Some(2), "{name:?}: {}", stdout(&refused));
    }
}

#[test]
fn settings_are_apart_and_protocols_are_shared() {
    let home = two();
    home.own(1, &[("heat", "10min")]);
    home.file("config/protocols/mine.toml", "[[step]]\ndo = \"heat\"\nfor = \"5min\"\n");
    home.file("config/profiles/anna/config.toml", "changeover = \"30s\"\n");
    let steps = |arguments: &[&str]| stdout(&home.run(&[&["run", "mine", "--dry-run"], arguments].concat()));
    assert!(steps(&["--profile", "anna"]).contains("Get ready: heat"), "{}", steps(&["--profile", "anna"]));
    assert!(!steps(&[]).contains("Get ready: heat"), "{}", steps(&[]));
}

#[test]
fn the_name_stands_on_the_screen_and_in_the_window() {
    let home = two();
    home.own(1, &[("heat", "10min")]);
    home.ask(&["safety", "--answer", "none", "--profile", "anna"]);
    let run = home.command(&["run", "own.toml", "--no-notify", "--profile", "anna"]);
    let mut terminal = Terminal::start(run, 24, 80);
    terminal.see("anna, own");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    let contents = crate::support::joined(&terminal.contents());
    assert!(contents.contains("therapy --profile anna pain N"), "{contents}");
}
