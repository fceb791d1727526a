//! Ways out that work: none that is refused too, none that does something else than what was asked for.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::{Home, stderr, stdout};

/// Exit code and standard error.
fn refused(home: &Home, arguments: &[&str]) -> (Option<i32>, String) {
    let output = home.run(arguments);
    (output.status.code(), stderr(&output))
}

const RANGES: &str = r#"
summary = "a test"
rounds = { default = 2, min = 2, max = 2 }
[[step]]
do = "cold"
for = { default = "2min", min = "2min", max = "2min" }
[[step]]
do = "rest"
for = "5min"
"#;

#[test]
fn a_stated_range_of_one_value_binds() {
    let home = Home::new();
    let one = "summary = \"a test\"\n[[step]]\ndo = \"cold\"\nfor = { default = \"12min\", min = \"12min\", max = \"12min\" }\n";
    let one = home.file("one.toml", one);
    let two = home.file("two.toml", RANGES);
    for (arguments, why) in [
        (&["run", one.as_str(), "1"][..], "1 min is shorter than one allows: only 12 min"),
        (&["run", &one, "11.5"], "11 min 30 s is shorter than one allows: only 12 min"),
        (&["run", &one, "13"], "13 min is longer than one allows: at most 12 min"),
        (&["run", &two, "--rounds", "1"], "1 round is not possible: two allows only 2"),
        (&["run", &two, "--rounds", "3"], "3 rounds are not possible: two allows only 2"),
    ] {
        let (code, errors) = refused(&home, &[arguments, &["--dry-run"]].concat());
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.contains(&format!("Refused: {why}\n")), "{errors}");
    }
    for arguments in [&["run", one.as_str(), "12"][..], &["run", &two, "--rounds", "2"], &["run", "ice", "5"]] {
        let (code, errors) = refused(&home, &[arguments, &["--dry-run"]].concat());
        assert_eq!(code, Some(0), "{errors}");
    }
}

#[test]
fn a_run_that_is_refused_too_is_no_way_out() {
    let home = Home::new();
    for minutes in ["35", "31", "45"] {
        let (code, errors) = refused(&home, &["run", "heat", minutes, "--injured", "11h ago", "--dry-run"]);
        assert_eq!(code, Some(3), "{errors}");
        assert!(!errors.contains("therapy run "), "{errors}");
        assert!(errors.ends_with("therapy explain early-heat\n"), "{errors}");
    }
}

#[test]
fn a_way_out_keeps_the_options_that_were_typed() {
    let home = Home::new();
    for (typed, kept) in [
        (&["--dry-run"][..], "--dry-run"),
        (&["--speed", "60", "--no-notify"], "--speed 60 --no-notify"),
        (&["--pain", "3", "--progress", "plain", "--dry-run"], "--pain 3 --progress plain --dry-run"),
        (&["--on-event", "my hook", "--sound=off", "--dry-run"], "--sound off --on-event \"my hook\" --dry-run"),
        (&["--confirm", "--speak"], "--speak --confirm"),
    ] {
        let (code, errors) = refused(&home, &[&["run", "ice", "25"], typed].concat());
        assert_eq!(code, Some(3), "{errors}");
        let mut words: Vec<_> = kept.split(" --").collect();
        let hint = errors.lines().find(|line| line.contains("try: ")).unwrap_or_default();
        assert!(hint.contains("try: therapy run ice --minutes 20 --"), "{errors}");
        words.retain(|word| !hint.contains(word));
        assert!(words.is_empty(), "{words:?} is lost: {errors}");
    }
    home.file("config/protocols/desk.toml", RANGES);
    let (code, errors) = refused(&home, &["run", "dsek", "--no-notify", "--dry-run"]);
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("try: therapy run desk --no-notify --dry-run\n"), "{errors}");
}

#[test]
fn who_has_no_injury_is_told_how_to_forget_it() {
    let home = Home::new();
    for word in ["none", "no", "never", "clear", "off", "remove", "NONE", "none any more"] {
        let (code, errors) = refused(&home, &["injury", "set", word]);
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.ends_with("\n  to forget the injury: therapy injury clear\n"), "{errors}");
    }
    // Elsewhere no time is guessed either.
    for word in ["none", "no", "soon", "never"] {
        let (code, errors) = refused(&home, &["show", "heat", "--injured", word]);
        assert_eq!(code, Some(2), "{errors}");
        assert!(!errors.contains("noon") && !errors.contains(" now"), "{errors}");
    }
    assert!(refused(&home, &["injury", "yesterdya"]).1.contains("try: therapy injury yesterday\n"));
}

#[test]
fn a_time_ahead_of_now_is_a_mistake_of_the_command_line() {
    let home = Home::new();
    for text in ["tomorrow", "2999-01-01", "9999-12-31", "in 2 days"] {
        let (code, errors) = refused(&home, &["injury", text]);
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.contains(" in the future"), "{errors}");
    }
}

#[test]
fn a_file_that_is_no_protocol_does_not_send_anybody_round_in_a_circle() {
    let home = Home::new();
    let pipe = home.path().join("config/protocols/my pipe.toml");
    home.file("config/protocols/own.toml", RANGES);
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is a standard program").success());
    let quoted = format!("\"{}\"", pipe.display());
    let list = home.run(&["list"]);
    assert!(stdout(&list).contains(&format!("cannot run: therapy check {quoted}\n")), "{}", stdout(&list));
    let check = home.run(&["check", &pipe.display().to_string()]);
    assert_eq!(check.status.code(), Some(2));
    let told = stdout(&check);
    assert!(told.contains("it is not a regular file\n"), "{told}");
    assert!(told.contains(&format!("move it away, or put a protocol in its place: {quoted}\n")), "{told}");
    assert!(!told.contains("therapy list"), "{told}");

    // A device and a link to nowhere among the protocols, by name and by path.
    for (name, to, why, way_out) in [
        ("zero", "/dev/zero", "it is not a regular file", "move it away, or put a protocol in its place"),
        ("gone", "nowhere", "it is a link to a file that does not exist", "remove it, or put a protocol in its place"),
    ] {
        let place = home.path().join(format!("config/protocols/{name}.toml")).display().to_string();
        symlink(to, &place).expect("a link");
        let expected = format!("error: could not read {place}: {why}\n  {way_out}: {place}\n");
        for word in [name, &place] {
            let (code, errors) = refused(&home, &["run", word]);
            assert_eq!((code, errors.as_str()), (Some(2), expected.as_str()), "{word}");
            assert_eq!(stdout(&home.run(&["check", word])), expected, "{word}");
        }
        std::fs::remove_file(&place).expect("the way out");
        assert!(!stdout(&home.run(&["list"])).contains(name));
    }
    // Not a file of the person, which could be moved.
    for device in ["/dev/zero", "/dev/stdin"] {
        let (_, errors) = refused(&home, &["run", device]);
        let way_out = "save the protocol in a file, such as desk.toml, then: therapy check desk.toml\n";
        assert!(errors.ends_with(&format!("{device}: it is not a regular file\n  {way_out}")), "{errors}");
    }
}

#[test]
fn a_link_to_nowhere_is_named_itself() {
    for (link, data) in [("my link", "my link"), ("above", "above/data")] {
        let home = Home::empty();
        let place = home.path().join(link);
        symlink("nowhere", &place).expect("a link");
        for arguments in [&["status"][..], &["pause"], &["resume"], &["stop"]] {
            let mut command = home.command(arguments);
            command.env("THERAPY_DATA_DIR", home.path().join(data));
            let errors = stderr(&command.output().expect("it runs"));
            let name = place.display().to_string();
            let word = if name.contains(' ') { format!("\"{name}\"") } else { name.clone() };
            let why = format!("{name} is a link to a folder that does not exist\n  remove it: {word}\n");
            assert!(errors.ends_with(&why), "{errors}");
        }
    }
}

/// Nine doses of 19 min of cold, the last one ended this long ago.
fn much_cold(home: &Home, last: &str) {
    home.ask(&["log", "cold", "19", "--ended", last]);
    for hours in [3, 5, 7, 9, 11, 13, 15, 17] {
        home.ask(&["log", "cold", "19", "--ended", &format!("{hours}h ago")]);
    }
}

#[test]
fn a_time_is_named_with_the_rule_that_it_is_from() {
    let home = Home::new();
    home.ask(&["injury", "set", "30h ago"]);
    much_cold(&home, "1h ago");
    let next = home.json(&["next", "--json"]);
    let of = |name: &str| {
        let all = next["protocols"].as_array().expect("a list");
        all.iter().find(|row| row["protocol"] == name).expect("it is listed").clone()
    };
    // 7 min of the second of the doses must be a day old when 15 min of ice end.
    let ice = 24.0 - 15.0 - (19.0 - 7.0 + 15.0) / 60.0;
    for (name, rule, hours) in
        [("contrast", "early-heat", 42.0), ("heat", "early-heat", 42.0), ("ice", "cold-daily", ice)]
    {
        let found = of(name);
        assert_eq!(found["rule"], rule, "{found}");
        let wait = found["wait_s"].as_f64().expect("a wait") / 3600.0;
        assert!((wait - hours).abs() < 0.1, "{found}");
    }
    let text = home.ask(&["next"]);
    let row = text.lines().find(|line| line.contains("contrast") && line.contains("possible from ")).expect("a row");
    assert!(row.ends_with("(early-heat)"), "{text}");
    let (code, errors) = refused(&home, &["run", "contrast", "--dry-run"]);
    assert_eq!(code, Some(3), "{errors}");
    let hint = "  wait, or name the rules with --override cold-daily --override early-heat; possible from ";
    assert!(errors.contains(hint) && errors.ends_with("(early-heat)\n  therapy explain early-heat\n"), "{errors}");
    let with = |overrides: &[&str]| {
        let overrides: Vec<_> = overrides.iter().flat_map(|rule| ["--override", rule]).collect();
        refused(&home, &[&["run", "contrast", "--dry-run"], &overrides[..]].concat())
    };
    assert_eq!(with(&["cold-daily", "early-heat"]).0, Some(0));
    // What was overridden is not named again.
    let (_, one) = with(&["early-heat"]);
    assert!(one.contains("  wait, or name the rule with --override cold-daily; possible from "), "{one}");
    let (_, other) = with(&["cold-daily"]);
    assert!(
        other.contains("  use cold until 72 h have passed, or name the rule with --override early-heat"),
        "{other}"
    );
}

#[test]
fn all_rules_that_must_be_overridden_are_named() {
    let home = Home::new();
    much_cold(&home, "5min ago");
    let (code, errors) = refused(&home, &["run", "ice", "--dry-run"]);
    assert_eq!(code, Some(3), "{errors}");
    assert!(errors.contains("--override cold-daily --override rewarm; possible from "), "{errors}");
    assert!(errors.contains("(cold-daily)") && errors.ends_with("  therapy explain cold-daily\n"), "{errors}");
    let both = ["run", "ice", "--dry-run", "--override", "cold-daily", "--override", "rewarm"];
    assert_eq!(refused(&home, &both).0, Some(0));
    // One rule at several steps is named once.
    let other = Home::new();
    other.ask(&["log", "cold", "19", "--ended", "1 min ago"]);
    other.own(1, &[("cold", "10min"), ("rest", "1min"), ("cold", "5min")]);
    let (code, errors) = refused(&other, &["run", "own.toml", "--dry-run"]);
    assert_eq!(code, Some(3), "{errors}");
    assert!(errors.contains("  wait, or name the rule with --override rewarm; possible from "), "{errors}");
}

#[test]
fn a_way_out_of_an_unknown_name_keeps_the_command() {
    let home = Home::new();
    home.file("my-own.toml", RANGES);
    home.file("config/protocols/desk.toml", RANGES);
    home.ask(&["profiles", "--add", "eva"]);
    for (typed, expected) in [
        (&["plan", "my-own"][..], "plan ./my-own.toml"),
        (&["plan", "my-own", "--days", "5", "--json"], "plan ./my-own.toml --days 5 --json"),
        (&["plan", "--days", "5", "dsek"], "plan --days 5 desk"),
        (&["show", "my-own", "--handout"], "show ./my-own.toml --handout"),
        (&["show", "--site", "left-knee", "my-own", "--json"], "show --site left-knee ./my-own.toml --json"),
        (&["show", "my-own"], "show ./my-own.toml"),
        (&["run", "my-own", "12", "--dry-run"], "run ./my-own.toml 12 --dry-run"),
        (&["run", "--on-event", "a b", "dsek", "--dry-run"], "run --on-event \"a b\" desk --dry-run"),
        (&["run", "--dry-run", "--", "dsek"], "run --dry-run -- desk"),
        (&["--color", "never", "show", "icee"], "--color never show ice"),
        // Found for the wrong person would be another journal.
        (&["--profile", "eva", "plan", "my-own"], "--profile eva plan ./my-own.toml"),
        (&["check", "my-own"], "check ./my-own.toml"),
    ] {
        let output = home.run(typed);
        assert_eq!(output.status.code(), Some(2), "{typed:?}");
        let said = stdout(&output) + &stderr(&output);
        assert!(said.contains(&format!("  try: therapy {expected}\n")), "{typed:?}: {said}");
    }
    // A refused page leads to a page.
    for (form, kept) in [(&["--handout"][..], "--handout text"), (&["--handout", "md"], "--handout md")] {
        let (code, errors) = refused(&home, &[&["show", "ice", "--minutes", "25"], form].concat());
        assert_eq!(code, Some(3), "{errors}");
        assert!(errors.contains(&format!("  try: therapy show ice --minutes 20 {kept}\n")), "{errors}");
    }
}

#[test]
fn an_export_is_for_another_journal_and_not_for_its_own() {
    let home = Home::new();
    home.ask(&["profiles", "--add", "eva"]);
    home.ask(&["pain", "4"]);
    home.ask(&["--profile", "eva", "pain", "5"]);
    let own = home.ask(&["export", "own.ndjson"]);
    assert!(own.ends_with(" to own.ndjson. For another journal: therapy import own.ndjson\n"), "{own}");
    let eva = home.ask(&["--profile", "eva", "export", "eva.ndjson"]);
    assert_eq!(eva, "Wrote 1 line to eva.ndjson. For another journal: therapy import eva.ndjson\n");
    assert!(home.ask(&["import", "eva.ndjson"]).contains("1 pain score"));
}

#[test]
fn a_refusal_says_lengths_as_people_do_and_names_the_command() {
    let home = Home::new();
    let (code, errors) = refused(&home, &["run", "ice", "--minutes", "0"]);
    assert_eq!(code, Some(3), "{errors}");
    assert!(errors.contains("use a length from 1 s to 2 h 30 min\n"), "{errors}");
    home.own(1, &[("cold", "10min")]);
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    for command in [&["run", "heat"][..], &["run", "own.toml", "--dry-run"]] {
        let (code, errors) = refused(&home, command);
        assert_eq!(code, Some(3), "{errors}");
        assert!(errors.contains("therapy stop"), "{errors}");
    }
    assert_eq!(home.run(&["stop"]).status.code(), Some(0));
    assert_eq!(running.end().code(), Some(130));
}
