//! What `list` and `show` say about a protocol: columns that stay, and the plan apart from the person.
#![cfg(unix)]

use rustix::process::Signal;
use textwrap::core::display_width;

use crate::support::{Home, stderr, stdout};
use crate::terminal::Terminal;

const COLD: &str = "[[step]]\ndo = \"cold\"\nfor = \"12min\"\n";

/// The rows of `list` on a terminal of this width.
fn rows(home: &Home, width: u16) -> Vec<String> {
    let mut terminal = Terminal::start(home.command(&["list"]), 60, width);
    assert_eq!(terminal.end().code(), Some(0));
    terminal.text().lines().map(|line| line.trim_end_matches('\r').to_owned()).collect()
}

/// Whatever a person's files are, the built-in protocols have the same rows, and no row is too wide for 80 columns.
#[test]
fn no_file_of_a_person_moves_the_columns_of_the_list() {
    let home = Home::new();
    let bare = rows(&home, 80);
    assert_eq!(bare.len(), 6, "{bare:?}");
    let steps = |kind: &str, length: &str, times: usize| {
        format!("[[step]]\ndo = \"{kind}\"\nfor = \"{length}\"\n").repeat(times)
    };
    home.file("config/protocols/forty.toml", &(steps("rest", "1min 30s", 39) + COLD));
    home.file("config/protocols/seconds.toml", &steps("cold", "12min 59s", 1));
    home.file("config/protocols/long-total.toml", &(steps("rest", "1h 10min 10s", 2) + &steps("heat", "30s", 1)));
    let wide = "冷".repeat(40);
    for name in ["a name of just forty letters, all needed!", "as-long-as-one", "fifteen-letters", &wide] {
        assert!(name.chars().count() <= 41);
        home.file(&format!("config/protocols/{name}.toml"), COLD);
    }
    home.file("config/protocols/huge.toml", &format!("name = \"{}\"\n{COLD}", "x".repeat(300)));
    let listed = rows(&home, 80);
    assert_eq!((&listed[..6], listed[6].as_str()), (&bare[..], "Yours"));
    assert!(listed.iter().all(|row| display_width(row) <= 80), "{listed:#?}");
    let fits = |row: &&String| row.ends_with("from the first hour") || row.ends_with("from 3 days after injury");
    for row in listed.iter().filter(fits) {
        assert_eq!(row.find("from ").map(|at| display_width(&row[..at])), Some(56), "{row}");
    }
    let has = |row: &str| assert!(listed.iter().any(|known| known == row), "{row}: {listed:#?}");
    has("as-long-as-one  cold 12 min                     12 min  from the first hour");
    has("fifteen-letters");
    has("                cold 12 min                     12 min  from the first hour");
    has("forty           rest 1 min 30 s, res…  1 h 10 min 30 s  from the first hour");
    has("seconds         cold 12 min 59 s           12 min 59 s  from the first hour");
    // A pipe has the rows of 80 columns, and a wide terminal more of the steps.
    let piped = home.ask(&["list"]);
    assert!(piped.starts_with(&(bare.join("\n") + "\nYours\n")), "{piped}");
    assert!(piped.contains("rest 1 min 30 s, res…"), "{piped}");
    assert!(rows(&home, 120).iter().any(|row| row.contains("rest 1 min 30 s, rest 1 min 30 s, rest 1 min 30 s")));
    let forty = home.json(&["list", "--json"]);
    let forty = forty.as_array().expect("a list").iter().find(|row| row["name"] == "forty").expect("a row");
    assert_eq!(
        forty["steps"].as_str().map(|steps| steps.matches("rest 1 min 30 s").count()),
        Some(39),
        "programs get all"
    );
}

/// A caution of the file and one of the protocol that it chooses are both told.
#[test]
fn cautions_of_protocols_by_injury_are_told_before_the_run_and_in_show() {
    const OWN: &str = "Ask your physiotherapist first.";
    const CONTRAST: &str =
        "S1 puts 20 min of cold straight after 20 min of heat; Mayo and Healthwise leave a few hours between the two.";
    let home = Home::new();
    let by = "[by_injury]\nunder_72h = \"ice\"\nfrom_72h = \"contrast\"\n";
    home.file("with.toml", &format!("caution = \"{OWN}\"\n{by}"));
    home.file("without.toml", by);
    for (file, injured, cautions) in [
        ("with.toml", "30h ago", &[OWN][..]),
        ("with.toml", "90h ago", &[OWN, CONTRAST]),
        ("without.toml", "30h ago", &[]),
        ("without.toml", "90h ago", &[CONTRAST]),
    ] {
        let shown = home.ask(&["show", file, "--injured", injured]);
        let run = stderr(&home.run(&["run", file, "--injured", injured, "--dry-run"]));
        let started = stderr(&home.run(&["run", file, "--injured", injured, "--speed", "100000", "--no-notify"]));
        for told in [&shown, &run, &started] {
            for caution in [OWN, CONTRAST] {
                let wanted = usize::from(cautions.contains(&caution));
                assert_eq!(told.lines().filter(|line| *line == caution).count(), wanted, "{file} {injured}: {told}");
            }
        }
        let json = home.json(&["show", file, "--injured", injured, "--json"]);
        let expected = (!cautions.is_empty()).then(|| cautions.join("\n"));
        assert_eq!(json["caution"].as_str(), expected.as_deref());
    }
    home.file("by.toml", &format!("summary = \"mine\"\nsources = [\"Mine 2020\", \"S1\"]\n{by}"));
    let json = home.json(&["show", "by.toml", "--injured", "90h ago", "--json"]);
    assert_eq!((&json["summary"], &json["runs_as"]), (&"mine".into(), &"contrast".into()));
    assert_eq!(json["sources"], serde_json::json!(["Mine 2020", "S1"]));
    let shown = home.ask(&["show", "by.toml", "--injured", "90h ago"]);
    assert!(shown.starts_with("by: mine\nfor this injury: contrast (Mine 2020, S1)\n"), "{shown}");
    assert!(home.ask(&["show", "with.toml"]).contains(&format!("\n{OWN}\n")), "without a time of injury");
}

/// The sources of a step, else those of the file, else its author.
#[test]
fn show_names_the_source_of_every_number() {
    let home = Home::new();
    let steps = format!("{COLD}[[step]]\ndo = \"rest\"\nfor = \"2min\"\nsources = [\"Mine 2021\"]\n");
    for (file, cold, rest, rounds) in [
        ("", "the file's author", "Mine 2021", "the file's author"),
        ("sources = [\"Mine 2020\", \"S3\"]\n", "Mine 2020, S3", "Mine 2021", "Mine 2020, S3"),
    ] {
        home.file("own.toml", &format!("{file}rounds = 1\n{steps}"));
        let shown = home.ask(&["show", "own.toml"]);
        let from: Vec<_> = shown.lines().filter_map(|line| line.split_once(" from ").map(|(_, from)| from)).collect();
        assert_eq!(from, [cold, rest, rounds], "{shown}");
        assert!(shown.starts_with("own\n"), "no summary, no colon: {shown}");
    }
}

/// `show` is about the plan. What keeps this person from it now is one line at the end.
#[test]
fn show_keeps_the_plan_apart_from_what_refuses_it_now() {
    let (fresh, home) = (Home::new(), Home::at_rate(5000.0));
    home.session(&["ice", "--minutes", "20"]);
    for (name, rule) in
        [("ice", Some("(rewarm)")), ("intermittent", Some("(rewarm)")), ("contrast", None), ("heat", None)]
    {
        let shown = stdout(&home.run_in_real_time(&["show", name]));
        let rest = shown.strip_prefix(&fresh.ask(&["show", name])).expect("all that a person without a history reads");
        let is_as_expected = match rule {
            Some(rule) => {
                let begins =
                    rest.starts_with("\nRefused now: step 1: with earlier sessions, the cold load would reach ");
                begins && rest.contains(&format!("{rule}; possible from ")) && rest.trim().lines().count() == 1
            }
            None => rest.is_empty(),
        };
        assert!(is_as_expected, "{name}: {rest}");
        let json = stdout(&home.run_in_real_time(&["show", name, "--json"]));
        let [json, bare]: [serde_json::Value; 2] =
            [json, fresh.ask(&["show", name, "--json"])].map(|json| serde_json::from_str(&json).expect("JSON"));
        assert_eq!((&json["findings"], json["refused_now"].is_null()), (&bare["findings"], rule.is_none()), "{json}");
    }
    // What is wrong with the plan itself is not repeated.
    let long = stdout(&home.run_in_real_time(&["show", "ice", "--minutes", "25"]));
    assert!(
        long.contains("  Refused: step 1: the cold load would reach 25 min") && !long.contains("Refused now"),
        "{long}"
    );
}

#[test]
fn show_names_the_injury_and_the_session_that_refuse_it_now() {
    let home = Home::new();
    let last = |arguments: &[&str]| home.ask(arguments).lines().last().expect("a line").to_owned();
    let early = last(&["show", "heat", "--injured", "30h ago"]);
    assert!(early.starts_with("Refused now: step 1: heat 1 day 6 h after the injury, "), "{early}");
    assert!(early.contains("(early-heat); possible from "), "{early}");
    home.own(1, &[("cold", "10min")]);
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    assert_eq!(last(&["show", "heat"]), "Refused now: a session is running (one-session)");
    running.signal(Signal::KILL);
    running.end();
    let cut_off = last(&["show", "heat"]);
    assert!(cut_off.starts_with("Refused now: own was cut off "), "{cut_off}");
    assert!(cut_off.ends_with(" ago. First therapy resume, or therapy stop."), "{cut_off}");
}
