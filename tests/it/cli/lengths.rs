//! `--heat`, `--cold` and `--rest`: the length of every step of a kind.

use serde_json::Value;

use crate::support::{Home, stderr, stdout};

/// Heat twice in different ranges, cold of any length that the rules allow, and a rest of exactly 2 min.
const MIXED: &str = r#"
    rounds = { default = 1, min = 1, max = 2 }
    [[step]]
    do = "heat"
    for = { default = "15min", min = "10min", max = "20min" }
    [[step]]
    do = "cold"
    for = "1min"
    [[step]]
    do = "heat"
    for = { default = "10min", min = "5min", max = "15min" }
    [[step]]
    do = "rest"
    for = { default = "2min", min = "2min", max = "2min" }
"#;

/// The kinds and lengths in minutes that a dry run goes through.
fn goes_through(home: &Home, arguments: &[&str]) -> Vec<(String, f64)> {
    let lines = home.ask(&[&["run"], arguments, &["--dry-run", "--progress", "json"]].concat());
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let began = lines.filter(|line| line["event"] == "step_began");
    let minutes = |line: &Value| line["length_s"].as_f64().expect("a length") / 60.0;
    began.map(|line| (line["kind"].as_str().expect("a kind").to_owned(), minutes(&line))).collect()
}

fn steps(steps: &[(&str, f64)]) -> Vec<(String, f64)> {
    steps.iter().map(|(kind, minutes)| ((*kind).to_owned(), *minutes)).collect()
}

#[test]
fn every_step_of_a_kind_gets_the_length() {
    let home = Home::new();
    let contrast = steps(&[("heat", 15.0), ("cold", 12.5)].repeat(3));
    assert_eq!(goes_through(&home, &["contrast", "--heat", "15", "--cold", "12,5"]), contrast);
    assert_eq!(goes_through(&home, &["ice", "--cold", "20"]), steps(&[("cold", 20.0)]));
    let mixed = home.file("mixed.toml", MIXED);
    let expected = steps(&[("heat", 12.0), ("cold", 5.0), ("heat", 12.0), ("rest", 2.0)]);
    assert_eq!(goes_through(&home, &[&mixed, "--heat", "12min", "--cold", "5", "--rest", "2"]), expected);
    // A changeover is no rest of the protocol.
    let turns = steps(&[("rest", 0.5), ("heat", 20.0), ("rest", 0.5), ("cold", 10.0)]);
    let options = ["contrast", "--cold", "10", "--rounds", "1", "--changeover", "30s"];
    assert_eq!(goes_through(&home, &options), turns);
    // What it is depends on the injury.
    let acute = |injured| goes_through(&home, &["acute", "--injured", injured, "--cold", "10"]);
    assert_eq!(acute("5h ago"), steps(&[("cold", 10.0)]));
    let late = home.run(&["run", "acute", "--injured", "5 days ago", "--cold", "10", "--dry-run"]);
    assert!(stderr(&late).contains("--cold sets the length of every step of cold; heat has none"), "{}", stderr(&late));
}

#[test]
fn a_length_outside_a_range_names_the_range_all_at_once() {
    let home = Home::new();
    let mixed = home.file("mixed.toml", MIXED);
    let long = ["run", &mixed, "--heat", "4", "--rest", "3", "--rounds", "3", "--dry-run"];
    for (arguments, code, lines, hint) in [
        (
            &["run", "contrast", "--heat", "25", "--cold", "5", "--dry-run"][..],
            3,
            &[
                "--heat: 25 min is not possible; contrast allows 10 to 20 min",
                "--cold: 5 min is not possible; contrast allows 10 to 20 min",
            ][..],
            "try: therapy run contrast --heat 16 --cold 10 --dry-run",
        ),
        (
            &long,
            2,
            &[
                "--heat: 4 min is not possible; mixed allows 10 to 20 min",
                "--heat: 4 min is not possible; mixed allows 5 to 15 min",
                "--rest: 3 min is not possible; mixed allows only 2 min",
                "3 rounds are not possible: mixed allows 1 to 2",
            ],
            "shows the options",
        ),
        (
            &["run", "ice", "--heat", "10", "--rest", "1", "--dry-run"],
            2,
            &[
                "--heat sets the length of every step of heat; ice has none",
                "--rest sets the length of every step of rest; ice has none",
            ],
            "shows the options",
        ),
        // A rule and the range, and the way out satisfies both.
        (
            &["run", "contrast", "--cold", "25", "--dry-run"],
            3,
            &["(cold-limit)", "--cold: 25 min is not possible; contrast allows 10 to 20 min"],
            "try: therapy run contrast --cold 20 --dry-run",
        ),
        // Where the file has no range, the rules are the limit.
        (
            &["run", &mixed, "--cold", "31", "--injured", "5 days ago", "--dry-run"],
            3,
            &["(cold-limit)"],
            "--cold 20 --injured \"5 days ago\" --dry-run",
        ),
        // Heat of 10 min clears the way for 10 min of cold.
        (
            &["run", "contrast", "--heat", "10", "--cold", "20", "--dry-run"],
            3,
            &[
                "(cold-limit)",
                "20 min of cold after 10 min of heat: in contrast no cold is longer than the heat before it",
            ],
            "try: therapy run contrast --heat 10 --cold 10 --dry-run",
        ),
        (
            &["run", "contrast", "--heat", "12", "--rounds", "1", "--dry-run"],
            2,
            &["20 min of cold after 12 min of heat"],
            "try: therapy run contrast --heat 12 --cold 12 --rounds 1 --dry-run",
        ),
        (
            &["run", "contrast", "--heat", "0", "--dry-run"],
            3,
            &["(step-length)"],
            "try: therapy run contrast --heat 10 --cold 10 --dry-run",
        ),
    ] {
        assert_refused(&home, arguments, code, lines, hint);
    }
}

/// It is refused with these lines and this hint, and what the hint suggests passes.
#[track_caller]
fn assert_refused(home: &Home, arguments: &[&str], code: i32, lines: &[&str], hint: &str) {
    let output = home.run(arguments);
    let errors = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    for line in lines {
        assert!(errors.contains(line), "{arguments:?}: {line} in {errors}");
    }
    assert!(errors.contains(hint), "{arguments:?}: {hint} in {errors}");
    let Some((_, command)) = errors.split_once("  try: therapy ") else { return };
    let words = shlex::split(&command.replace('\\', "/")).expect("words");
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    assert_eq!(home.run(&words).status.code(), Some(0), "what is suggested passes: {command}");
}

/// One length is meant for every pack, and 10 min of cold would leave too much heat.
#[test]
fn a_length_that_fits_no_step_or_leaves_too_much_has_a_way_out() {
    const ONE: &str = "one length is for a protocol of one step; contrast has 2 steps";
    const COLD: &str = "--cold: 4 min is not possible; contrast allows 10 to 20 min";
    let home = Home::new();
    for (typed, code, line, options) in [
        (&["--cold", "4"][..], 3, COLD, "--cold 15"),
        (&["--cold", "10"], 3, "(heat-limit)", "--cold 15"),
        (&["12"], 2, ONE, "--heat 12 --cold 12"),
        (&["--minutes", "12"], 2, ONE, "--heat 12 --cold 12"),
        (&["--minutes", "5"], 2, ONE, "--heat 10 --cold 10"),
        (&["--minutes", "30", "--rounds", "2"], 2, ONE, "--heat 20 --cold 20 --rounds 2"),
    ] {
        let hint = format!("try: therapy run contrast {options} --dry-run\n");
        assert_refused(&home, &[&["run", "contrast"], typed, &["--dry-run"]].concat(), code, &[line], &hint);
    }
}

#[test]
fn show_draws_the_lengths_and_says_whose_they_are() {
    let home = Home::new();
    let shown = home.ask(&["show", "contrast", "--heat", "15", "--cold", "10"]);
    assert!(shown.contains("6 steps, 1 h 15 min\n"), "{shown}");
    assert!(
        shown.contains("heat: 15 min                 from you\n     cold: 10 min                 from you\n"),
        "{shown}"
    );
    let document = home.json(&["show", "contrast", "--heat", "15", "--json"]);
    assert_eq!((&document["steps"][0]["length_s"], &document["steps"][0]["max_s"]), (&900.0.into(), &1200.0.into()));
    let refused = home.ask(&["show", "contrast", "--heat", "25"]);
    assert!(refused.contains("Refused: --heat: 25 min is not possible; contrast allows 10 to 20 min"), "{refused}");
}

#[test]
fn a_length_of_the_only_step_and_one_of_a_kind_exclude_each_other() {
    let home = Home::new();
    for arguments in [
        &["run", "ice", "--minutes", "15", "--cold", "15"][..],
        &["run", "ice", "15", "--cold", "15"],
        &["show", "ice", "--rest", "1", "--minutes", "15"],
        &["run", "heat", "15", "--heat", "15"],
    ] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains("cannot be used with"), "{arguments:?}: {}", stderr(&output));
    }
    let bad = home.run(&["run", "contrast", "--heat", "soon"]);
    assert_eq!((bad.status.code(), stdout(&bad).as_str()), (Some(2), ""));
    assert!(stderr(&bad).contains("give minutes as a number"), "{}", stderr(&bad));
}

/// The session that waits, and the one that is recommended, have the lengths too.
#[test]
fn the_lengths_are_those_of_the_session_that_runs() {
    let home = Home::at_rate(50_000.0);
    home.session(&["contrast", "--heat", "12", "--cold", "10", "--rounds", "1"]);
    let entry = &home.history()[0];
    assert_eq!((&entry["planned_heat_s"], &entry["planned_cold_s"]), (&720.0.into(), &600.0.into()), "{entry}");
    let home = Home::new();
    home.ask(&["injury", "set", "5 days ago"]);
    assert_eq!(goes_through(&home, &["--heat", "25"]), steps(&[("heat", 25.0)]));
}

/// Together they are longer than any clock counts.
#[test]
fn steps_of_any_length_are_refused_and_end_no_command() {
    let home = Home::new();
    let steps = crate::support::steps(1, &[("rest", "400000000000years"), ("cold", "400000000000years")]);
    home.file("config/protocols/long.toml", &steps);
    let sent = home.file("sent.toml", &steps);
    for (arguments, code) in [
        (&["list"][..], 0),
        (&["list", "--json"], 0),
        (&["show", "long"], 0),
        (&["show", "long", "--json"], 0),
        (&["show", "long", "--handout"], 3),
        (&["check", "long"], 3),
        (&["plan", "long"], 3),
        (&["run", "long", "--dry-run"], 3),
        (&["trial", "start", "long", "rest"], 3),
        (&["add", &sent, "--name", "sent"], 3),
    ] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
    }
}
