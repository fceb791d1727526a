//! Protocol files: their mistakes, and which rules a file alone can break.

use serde_json::Value;
use therapy::domain::rules::{RULES, RuleId, Severity};

use crate::support::{Home, stderr, stdout};

#[test]
fn a_file_full_of_mistakes_is_told_of_in_time() {
    let home = Home::new();
    for mistake in ["[[step]]\n", "{do='rest',for='1s'},1,", "=\n"] {
        let many = mistake.repeat((1 << 16) / mistake.len() - 1);
        let file = home.file("many.toml", &if mistake.starts_with('{') { format!("step=[{many}]") } else { many });
        let output = home.run(&["check", &file]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let told = stdout(&output);
        assert!(told.contains(" more problems not shown"), "{told}");
        assert!(told.ends_with("many.toml: cannot run: 100 problems, 1 remark\n"), "{told}");
    }
    let long = home.file("long.toml", &"#".repeat((1 << 16) + 1));
    let output = home.run(&["check", &long]);
    assert!(stdout(&output).contains("not a file, or larger than 64 KiB"), "{output:?}");
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
        breaks: &[("cold", "10min"), ("rest", "29min 59s"), ("heat", "10min")],
        inside: &[("cold", "10min"), ("rest", "30min"), ("heat", "10min")],
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
        let rule = RuleId::from_name(edge.rule).expect("a rule").rule();
        let exit = if rule.severity >= Severity::Overridable { 3 } else { 0 };
        assert_eq!(check(edge.breaks), (vec![edge.rule.to_owned()], Some(exit)), "{}: broken", edge.rule);
        assert_eq!(check(edge.inside), (Vec::new(), Some(0)), "{}: a second inside", edge.rule);
    }
    for rule in RULES {
        let tried = EDGES.iter().any(|edge| edge.rule == rule.id.as_str());
        assert_ne!(tried, NOT_BY_A_FILE.contains(&rule.id.as_str()), "{}: tried, or not to be tried", rule.id);
    }
}

#[test]
fn own_protocols_are_listed_shown_and_run_by_name() {
    let home = Home::new();
    home.file("config/protocols/desk.toml", "summary = \"after work\"\n[[step]]\ndo = \"cold\"\nfor = \"12min\"\n");
    home.file("config/protocols/bad.toml", "[[step]]\ndo = \"cold\"\nfor = \"25min\"\n");
    home.file("config/protocols/ice.toml", "[[step]]\ndo = \"cold\"\nfor = \"5min\"\n");
    let list = home.run(&["list"]);
    assert!(stdout(&list).contains("\ndesk            cold 12 min "), "{}", stdout(&list));
    assert!(stdout(&list).contains("cannot run: therapy check /"), "{}", stdout(&list));
    home.file("config/protocols/unread.toml", "[[step]]\ndo = \"cold\"\n");
    let all: Value = serde_json::from_slice(&home.run(&["list", "--json"]).stdout).expect("JSON");
    let unread = all.as_array().expect("a list").iter().find(|row| row["name"] == "unread").expect("a row");
    assert_eq!((&unread["total_s"], &unread["may_run"]), (&Value::Null, &Value::from(false)));
    assert!(stderr(&list).contains("has the name of a built-in protocol"), "{}", stderr(&list));
    assert!(stdout(&home.run(&["show", "desk"])).starts_with("desk: after work\n1 step, 12 min\n"));
    assert_eq!(home.run(&["run", "desk", "--dry-run"]).status.code(), Some(0));
    assert_eq!(home.run(&["run", "bad", "--dry-run"]).status.code(), Some(3));
    assert!(stdout(&home.run(&["run", "ice", "--dry-run"])).contains("Cold on for 15 min"), "the built-in one");
    let typo = home.run(&["run", "dsek"]);
    assert!(stderr(&typo).contains("try: therapy run desk"), "{}", stderr(&typo));
}
