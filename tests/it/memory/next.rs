//! What `next`, `run` and `plan` recommend, from the real journal.

use std::time::Duration;

use serde_json::{Value, json};
use textwrap::core::display_width;
use therapy::domain::site::Site;
use therapy::domain::step::StepKind::{self, Cold, Heat};
use therapy::edge::clock;

use crate::support::{Home, stderr};
use crate::terminal::Terminal;

const MINUTE: Duration = Duration::from_secs(60);

impl Home {
    /// A session of 20 min that ended this many minutes ago, with the pain before and after it.
    fn tried(&self, name: &str, kind: StepKind, ended: i64, [before, after]: [u8; 2]) {
        self.had(Site::from_name(name).expect("a site"), &[(kind, 20 * MINUTE)], ended * 60_000);
        let now = clock::wall().as_millisecond();
        for (role, score, ago) in [("before", before, ended + 20), ("after", after, ended)] {
            let sql = "INSERT INTO pain (uid, session, role, score, site, noted_ms) \
                       VALUES (hex(randomblob(16)), (SELECT max(id) FROM session), ?, ?, ?, ?)";
            self.sql().execute(sql, rusqlite::params![role, score, name, now - ago * 60_000]).expect("a score");
        }
    }

    /// The choices of `next`, with these options.
    fn choices(&self, options: &[&str]) -> Vec<Value> {
        let next = self.json(&[&["next", "--json"], options].concat());
        next["choices"].as_array().expect("choices").clone()
    }

    /// What `next`, `run` and `plan` recommend; all of them say the same.
    #[track_caller]
    fn recommended(&self, options: &[&str]) -> Value {
        let best = self.json(&[&["next", "--json"], options].concat())["best"].clone();
        let run = self.run(&[&["run", "--dry-run"], options].concat());
        let said = stderr(&run);
        let first = said.lines().find_map(|line| line.strip_prefix("Recommended now: ")?.split_once('.'));
        if run.status.code() == Some(0) {
            assert_eq!(first.map(|(name, _)| name), best.as_str(), "{said}");
        }
        let plan = self.json(&[&["plan", "--json", "--awake", "0-24", "--per-day", "9"], options].concat());
        assert_eq!(plan["sessions"][0]["protocol"], best, "{plan}");
        best
    }
}

/// Each name of a protocol, or null.
fn names(choices: &[Value]) -> Vec<&Value> {
    choices.iter().map(|choice| &choice["protocol"]).collect()
}

#[test]
fn each_situation_has_its_choices_with_who_says_so_and_who_disagrees() {
    let home = Home::new();
    assert_eq!(home.recommended(&[]), "ice");
    home.ask(&["injury", "set", "20h ago"]);
    assert_eq!(home.recommended(&[]), "ice");
    let choices = home.choices(&[]);
    assert_eq!(names(&choices), ["ice", "intermittent", "heat"]);
    assert_eq!((&choices[0]["sources"], &choices[0]["situation"]), (&json!(["S1", "S3"]), &json!("fresh-injury")));
    assert_eq!(choices[2]["against"], json!(["Qaseem 2017", "French 2006", "Healthwise 2024"]));
    // Heat waits for its time, and that is shown.
    let text = home.ask(&["next"]);
    assert!(
        text.contains("\nOr heat, possible from ") && text.contains("(early-heat). S3, FPN heat: heat once"),
        "{text}"
    );
    home.ask(&["injury", "set", "4 days ago"]);
    assert_eq!(
        (home.recommended(&[]), names(&home.choices(&[]))),
        (json!("heat"), vec![&json!("heat"), &json!("ice")])
    );
    home.ask(&["injury", "none"]);
    let text = home.ask(&["next"]);
    let begins = "Use heat now. You said that there is no injury.\n  \
                  S1: heat for recurring or prolonged pain. Against it: Garra 2010.\nOr ice, possible now. Garra 2010: ";
    assert!(text.starts_with(begins), "{text}");
    // Apart, and without a clock.
    let last = text.lines().last().expect("a line");
    let named = "Also named, without a clock: an elastic band, not over a cold pack (S2, S4; against it: Malone 1992); \
                 light activity (S3; against it: S0, S4); lying with raised legs (S0).";
    assert_eq!(last, named);
}

#[test]
fn cold_is_next_when_the_pain_did_not_fall_after_heat() {
    for (scores, best) in [([6, 6], "ice"), ([6, 5], "ice"), ([6, 3], "heat"), ([6, 4], "heat")] {
        let home = Home::new();
        home.ask(&["injury", "none"]);
        home.tried("lower-back", Heat, 60, scores);
        assert_eq!(home.recommended(&[]), best, "{scores:?}");
        let text = home.ask(&["next"]);
        let is_named = text
            .contains(&format!(": pain {}, after it {}.\n  S0: cold as the next thing to try", scores[0], scores[1]));
        assert_eq!(is_named, best == "ice", "{text}");
        // At another place it was not tried.
        assert_eq!(home.recommended(&["--site", "left-knee"]), "heat");
    }
    // Longer than a day ago.
    let home = Home::new();
    home.ask(&["injury", "none"]);
    home.tried("lower-back", Heat, 24 * 60, [6, 6]);
    assert_eq!(home.recommended(&[]), "heat");
    // Cold since then did not change it either.
    home.tried("lower-back", Heat, 200, [6, 6]);
    assert_eq!(home.recommended(&[]), "ice");
    home.tried("lower-back", Cold, 100, [6, 6]);
    assert_eq!(home.recommended(&[]), "heat");
}

#[test]
fn a_spasm_is_said_or_scored() {
    let home = Home::new();
    assert_eq!(home.recommended(&["--spasm"]), "ice", "the injury is not known");
    home.ask(&["injury", "none"]);
    assert_eq!(home.recommended(&["--spasm"]), "contrast");
    let first = &home.choices(&["--spasm"])[0];
    assert_eq!((&first["sources"], &first["against"][0]), (&json!(["S1"]), &json!("Mayo")));
    assert!(first["because"].as_str().is_some_and(|why| why.starts_with("You say that it is an intense spasm: ")));
    assert_eq!(home.recommended(&[]), "heat");
    home.ask(&["pain", "7"]);
    assert_eq!(home.recommended(&[]), "contrast");
    // The score that is typed is the last one.
    let run = home.run(&["run", "--dry-run", "--pain", "5"]);
    assert!(stderr(&run).contains("Recommended now: heat. "), "{}", stderr(&run));
    home.ask(&["pain", "6"]);
    assert_eq!(home.recommended(&[]), "heat");
    let run = home.run(&["run", "--dry-run", "--pain", "8"]);
    assert!(stderr(&run).contains("Recommended now: contrast. The pain at "), "{}", stderr(&run));
    // A protocol that is named needs no reason.
    for arguments in [["run", "ice", "--spasm"], ["plan", "heat", "--spasm"]] {
        assert_eq!(home.run(&arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn stretches_are_named_when_the_pain_is_gone() {
    let home = Home::new();
    home.ask(&["injury", "none"]);
    home.ask(&["pain", "1"]);
    assert!(!home.ask(&["next"]).contains("stretches"));
    home.ask(&["pain", "0"]);
    let text = home.ask(&["next"]);
    assert!(text.contains("\nOr gentle stretches. The pain at "), "{text}");
    assert!(text.contains(" was 0 of 10. S3: stretches after recovery. Against it: S2.\n"), "{text}");
    assert_eq!(names(&home.choices(&[])), [&json!("heat"), &Value::Null, &json!("ice")]);
}

/// A choice that a contraindication refuses gives way to the next one, on every way in.
#[test]
fn what_may_not_run_is_not_recommended() {
    let home = Home::new();
    home.ask(&["injury", "none"]);
    home.tried("lower-back", Heat, 60, [6, 6]);
    // Raynaud's and the like: no cold.
    home.ask(&["safety", "--answer", "12"]);
    assert_eq!((home.recommended(&[]), names(&home.choices(&[]))), (json!("heat"), vec![&json!("heat")]));
    assert_eq!(home.recommended(&["--spasm"]), "heat");
    // Heart trouble: no contrast.
    home.ask(&["safety", "--answer", "14"]);
    assert_eq!(home.recommended(&["--spasm"]), "ice");
    assert_eq!(names(&home.choices(&["--spasm"])), ["ice", "heat"]);
    // While the injury is not known, heat does not take the place of cold.
    home.ask(&["injury", "clear"]);
    home.ask(&["safety", "--answer", "12"]);
    let next = home.json(&["next", "--json"]);
    assert_eq!((&next["best"], &next["choices"]), (&Value::Null, &json!([])));
    let text = home.ask(&["next"]);
    assert!(text.starts_with("Not ice now: you said that something applies"), "{text}");
    let run = home.run(&["run"]);
    assert_eq!(run.status.code(), Some(3), "{}", stderr(&run));
    assert!(stderr(&run).contains("(warning-sign)") && !stderr(&run).contains("Recommended"), "{}", stderr(&run));
    // A warning sign: nothing, and nothing else is named.
    home.ask(&["safety", "--answer", "3"]);
    let next = home.json(&["next", "--json"]);
    assert_eq!((&next["best"], &next["choices"][0]["protocol"]), (&Value::Null, &Value::Null));
    assert_eq!(next["choices"][0]["sources"], json!(["S1", "S3"]));
    let text = home.ask(&["next"]);
    assert!(
        text.starts_with("Nothing now: you said that a warning sign applies.") && !text.contains("Also named"),
        "{text}"
    );
}

/// The answer to the question before the first session counts at once.
#[test]
fn an_answer_that_refuses_the_first_choice_leads_to_the_next() {
    let home = Home::empty();
    home.ask(&["injury", "set", "4 days ago"]);
    let mut asked = Terminal::start(
        home.command(&["run", "--spasm", "--no-notify", "--progress", "plain", "--speed", "100000"]),
        40,
        100,
    );
    assert_eq!(asked.end().code(), Some(0), "a rehearsal asks nothing: {}", asked.text());
    assert!(asked.text().contains("Recommended now: contrast."), "{}", asked.text());
    let mut asked = Terminal::start(home.command(&["run", "--spasm", "--no-notify", "--progress", "plain"]), 40, 100);
    asked.see("Does any of these apply to you? [y/n]");
    asked.press("y\n14\ny\n");
    asked.see("Recommended now: heat.");
    asked.press("q");
    assert_eq!(asked.end().code(), Some(130), "{}", asked.text());
}

/// After a week of sessions a professional comes first; what is named by hand still runs.
#[test]
fn a_week_of_sessions_asks_for_a_professional() {
    let home = Home::new();
    home.ask(&["injury", "set", "10 days ago"]);
    for day in 1..=8 {
        home.had(Site::LOWER_BACK, &[(StepKind::Rest, MINUTE)], day * 24 * 60 * 60_000);
    }
    let next = home.json(&["next", "--json"]);
    assert_eq!(next["best"], Value::Null);
    assert_eq!(names(next["choices"].as_array().expect("choices")), [&Value::Null, &json!("heat"), &json!("ice")]);
    let text = home.ask(&["next"]);
    let begins = "Nothing now. There were sessions on 8 days of this injury.\n  \
                  ThermaCare, S2, S4: if it is no better, stop (ThermaCare) and ask a professional (S2, S4).\nOr heat, possible now.";
    assert!(text.starts_with(begins), "{text}");
    for command in ["run", "plan"] {
        let output = home.run(&[command]);
        assert_eq!(output.status.code(), Some(3), "{command}");
        let way_out = format!("see: therapy safety\n  or name a protocol: therapy {command} heat\n");
        assert!(stderr(&output).ends_with(&way_out), "{}", stderr(&output));
    }
    assert_eq!(home.run(&["run", "heat", "--dry-run"]).status.code(), Some(0));
    assert_eq!(home.run(&["plan", "heat"]).status.code(), Some(0));
}

#[test]
fn own_protocols_are_offered_for_what_they_say_they_are_for() {
    let step = |kind: &str| format!("[[step]]\ndo = \"{kind}\"\nfor = \"10min\"\n");
    let home = Home::new();
    let own = |name: &str, keys: &str, kind: &str| {
        home.file(&format!("config/protocols/{name}.toml"), &format!("{keys}\n{}", step(kind)));
    };
    own("morning", "fits = \"later\"", "heat");
    own("evening", "fits = [\"later\", \"spasm\"]", "heat");
    own("first-aid", "fits = \"acute\"", "cold");
    own("hot", "fits = \"acute\"", "heat");
    own("gym", "fits = \"recovery\"", "stretch");
    own("knee", "fits = \"later\"\nsite = \"left-knee\"", "heat");
    own("silent", "", "heat");
    own("ice", "fits = \"later\"", "heat");
    own("broken", "fits = \"later\"\nrounds = 9", "cold");
    assert_eq!(names(&home.choices(&[])), ["ice", "first-aid", "intermittent"]);
    home.ask(&["injury", "none"]);
    assert_eq!(names(&home.choices(&[])), ["heat", "evening", "morning", "ice"]);
    assert_eq!(names(&home.choices(&["--spasm"])), ["contrast", "evening", "heat", "morning", "ice"]);
    assert_eq!(names(&home.choices(&["--site", "left-knee"]))[1..4], ["evening", "knee", "morning"]);
    let text = home.ask(&["next"]);
    assert!(text.contains("\n  Yours for this: evening, possible now; morning, possible now.\nOr ice, "), "{text}");
    let evening = &home.choices(&[])[1];
    assert_eq!((&evening["own"], &evening["sources"]), (&json!(true), &json!([])));
    assert_eq!(evening["because"], "Its file says that it fits \"later\", \"spasm\"");
    home.ask(&["pain", "0"]);
    assert_eq!(names(&home.choices(&[]))[3..5], [&Value::Null, &json!("gym")]);
    // Only heat is refused: the person's own cold takes the place of `heat`, and speaks for itself.
    own("cool", "fits = \"later\"", "cold");
    home.ask(&["safety", "--answer", "13"]);
    assert_eq!(home.recommended(&[]), "cool");
    let text = home.ask(&["next"]);
    assert!(
        text.starts_with("Use cool now. ") && text.contains("\n  Its file says that it fits \"later\".\n"),
        "{text}"
    );
}

/// In 80 columns it is at most 24 lines, also with much to say.
#[test]
fn next_fits_a_small_terminal() {
    let home = Home::new();
    let lines = |arguments: &[&str]| {
        let mut shown = Terminal::start(home.command(&[&["next"], arguments].concat()), 60, 80);
        assert_eq!(shown.end().code(), Some(0));
        let text = shown.text().replace('\r', "");
        assert!(text.lines().all(|line| display_width(line) <= 80), "{text}");
        assert!(text.lines().count() <= 24, "{text}");
        text
    };
    lines(&[]);
    home.ask(&["injury", "set", "20h ago", "--site", "left-ankle"]);
    home.file("config/protocols/first-aid.toml", "fits = \"acute\"\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    home.tried("left-ankle", Cold, 10, [8, 8]);
    let text = lines(&["--spasm"]);
    assert!(text.contains("Yours for this: first-aid"), "{text}");
    home.ask(&["injury", "set", "5 days ago", "--site", "left-ankle"]);
    home.tried("left-ankle", Heat, 5, [8, 8]);
    lines(&["--spasm"]);
}

#[test]
fn a_plan_follows_the_age_of_the_injury() {
    let home = Home::new();
    home.ask(&["injury", "set", "60h ago"]);
    let plan = home.json(&["plan", "--json", "--spasm", "--awake", "0-24", "--per-day", "20"]);
    let mut names: Vec<_> = plan["sessions"].as_array().expect("sessions").iter().map(|one| &one["protocol"]).collect();
    names.dedup();
    assert_eq!(names, ["ice", "contrast"]);
    // Where both times have the same choice, nothing changes.
    home.ask(&["safety", "--answer", "12"]);
    let text = home.ask(&["plan", "--awake", "0-24"]);
    assert!(text.starts_with("Heat. Lower back, ") && !text.contains("instead of"), "{text}");
}
