//! Rests that give time to change packs: their words, their place in the record, and who asks for them.

use std::time::Duration;

use serde_json::Value;
use therapy::domain::protocol::{Choice, Draft};
use therapy::domain::rules::Context;
use therapy::domain::session::{Event, EventKind, Input, Session, SessionOptions};
use therapy::domain::step::StepKind::{Cold, Heat};
use therapy::domain::view::View;
use therapy::edge::notification::Alert;
use therapy::text::{view, wording};

use crate::builder::START;
use crate::support::{Home, assert_refused, stderr, stdout};

const MINUTE: Duration = Duration::from_secs(60);

/// Heat and cold with changeovers of this length, at its start.
fn session(changeover: Duration, confirm: bool) -> (Session, Vec<Event>) {
    let draft = Draft::of("test", &[(Heat, 10 * MINUTE), (Cold, 10 * MINUTE)]);
    let choice = Choice { changeover: Some(changeover), ..Choice::default() };
    let protocol = draft.review(choice, &Context::default(), &[]).expect("within every rule");
    Session::start(&protocol, SessionOptions { confirm, ..SessionOptions::default() }, START)
}

/// The events until then, when it is woken whenever it asks.
fn events(session: &mut Session, until: Duration) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(wake) = session.wake_at().filter(|wake| *wake <= START + until) {
        events.extend(session.advance(wake));
    }
    events.extend(session.advance(START + until));
    events
}

/// Everything that is said until then.
fn said(session: &mut Session, until: Duration) -> Vec<String> {
    let events = events(session, until);
    let words = events.iter().map(|event| wording::of(event, session, true));
    words.map(|words| wording::sentences([&*words.headline, &words.advice])).collect()
}

fn clock(session: &Session) -> String {
    let (heading, rest) = view::line(&View::of(session), "19:34", false, 76);
    heading + &rest
}

#[test]
fn a_changeover_says_what_to_get_ready_and_how_soon() {
    let (mut session, first) = session(MINUTE / 2, false);
    let words = wording::of(&first[1], &session, true);
    assert_eq!(
        (words.headline.as_str(), words.advice.as_str(), words.urgent),
        ("Get ready: heat in 0:30, step 1 of 4", "Have the warm pack ready.", false)
    );
    assert_eq!(wording::begin(&first[1], &session, true), "Have the warm pack ready.");
    assert_eq!(clock(&session), "GET READY: HEAT in 0:30 at 19:34, for 10 min   step 1 of 4");
    assert_eq!(view::todo(&View::of(&session), false, true), [""; 0]);
    let alert = Alert::of(&first[1], &session, "test").expect("a notification");
    assert_eq!(
        (alert.title.as_str(), alert.body.as_str()),
        ("test: Get ready: heat in 0:30, step 1 of 4", "Have the warm pack ready.")
    );

    // The heat is over: the pack comes off at once, and the ice goes on later.
    let _ = said(&mut session, 10 * MINUTE);
    assert_eq!(clock(&session), "HEAT 0:30 left until 19:34, then CHANGEOVER 30 s   step 2 of 4");
    let at = 10 * MINUTE + MINUTE / 2;
    let heard = events(&mut session, at);
    let change = heard.iter().find(|event| matches!(event.kind, EventKind::StepBegan { .. })).expect("it begins");
    let words = wording::of(change, &session, true);
    assert_eq!(
        (words.headline.as_str(), words.advice.as_str(), words.urgent),
        (
            "Heat off now. Get ready: cold in 0:30, step 3 of 4",
            "Have the ice ready, wrapped in a thin damp cloth.",
            true
        )
    );
    let begin = wording::begin(change, &session, true);
    assert_eq!(begin, "Take the heat off. Have the ice ready, wrapped in a thin damp cloth.");
    assert_eq!(view::during(&View::of(&session), None, false), "Have the ice ready, wrapped in a thin damp cloth.");
    let _ = session.advance(START + at + MINUTE / 10);
    assert_eq!(clock(&session), "GET READY: COLD in 0:24 at 19:34, for 10 min   step 3 of 4");
    let lines = view::lines("test", &View::of(&session), |_| "19:34".to_owned());
    assert_eq!(lines, "GET READY: COLD in 0:24, at 19:34, for 10 min\ntest, step 3 of 4, until 19:34");
    let said = said(&mut session, at + MINUTE / 2);
    assert_eq!(said, ["Cold on for 10 min, step 4 of 4, a thin damp cloth between. Gel packs run colder than ice."]);
}

#[test]
fn a_changeover_pauses_holds_and_is_skipped_like_a_rest() {
    let (mut paused, _) = session(2 * MINUTE, true);
    assert_eq!(said(&mut paused, MINUTE), ["1 min left. Have the warm pack ready."]);
    let handled = |session: &mut Session, at, input| {
        let events = session.handle(START + at, input);
        events.iter().map(|event| wording::of(event, session, true).headline).collect::<Vec<_>>()
    };
    assert_eq!(handled(&mut paused, MINUTE, Input::Pause), ["Paused"]);
    assert_eq!(clock(&paused), "PAUSED 0:00: pack off   CHANGEOVER 1:00 left");
    assert_eq!(handled(&mut paused, 3 * MINUTE, Input::Resume), ["Changeover continues"]);
    // With --confirm it waits for the person, too.
    assert_eq!(said(&mut paused, 4 * MINUTE), ["Changeover is over. Put the heat on, then press Enter."]);
    assert_eq!(clock(&paused), "CHANGEOVER IS OVER 0:00   2 of 2 min, then HEAT 10 min");
    let began = handled(&mut paused, 4 * MINUTE, Input::Confirm);
    assert_eq!(began, ["Change made", "Heat on for 10 min, step 2 of 4"]);

    let (mut skipped, _) = session(2 * MINUTE, false);
    let began = handled(&mut skipped, MINUTE / 2, Input::Skip);
    assert_eq!(began, ["Changeover ended early", "Heat on for 10 min, step 2 of 4"]);
    // Only a dose is cut short.
    let last = said(&mut skipped, 60 * MINUTE).pop().expect("an end");
    assert_eq!(last, "Take the pack off. Done: 10 min of heat, 10 min of cold. Keep gently moving.");
    let (mut extended, _) = session(2 * MINUTE, false);
    assert_eq!(handled(&mut extended, MINUTE / 2, Input::Extend(MINUTE)), ["1 min longer"]);
}

/// Nothing has to be ready for a dose that a limit leaves out.
#[test]
fn a_changeover_before_a_dose_that_is_left_out_is_a_rest() {
    let draft = Draft::of("test", &[(Cold, 20 * MINUTE), (Heat, MINUTE), (Cold, MINUTE)]);
    let choice = Choice { changeover: Some(Duration::from_secs(1)), ..Choice::default() };
    let protocol = draft.review(choice, &Context::default(), &[]).expect("within every rule");
    let (mut session, _) = Session::start(&protocol, SessionOptions::default(), START);
    // The machine slept, with the cold on.
    let _ = events(&mut session, MINUTE);
    let _ = session.advance(START + 30 * MINUTE);
    let changed = session.handle(START + 30 * MINUTE, Input::Confirm);
    let names = |events: &[Event], session: &Session| {
        events.iter().map(|event| wording::of(event, session, false).headline).collect::<Vec<_>>()
    };
    assert_eq!(names(&changed, &session)[1], "Cold off now. Get ready: heat in 0:01, step 3 of 6");
    let _ = events(&mut session, 31 * MINUTE);
    let left_out = events(&mut session, 31 * MINUTE + Duration::from_secs(1));
    assert_eq!(names(&left_out, &session), ["Heat off now. Changeover for 1 s, step 5 of 6"]);
    assert_eq!(clock(&session), "CHANGEOVER 0:01 left until 19:34, last step   step 5 of 6");
}

/// The lines of a dry run with these arguments: kind, length in seconds, whether it is a changeover.
fn planned(home: &Home, arguments: &[&str]) -> Vec<(String, u64, bool)> {
    let output = home.run(&[&["run"], arguments, &["--dry-run", "--progress", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    let lines = stdout(&output);
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let began = lines.filter(|line| line["event"] == "step_began");
    let step = |line: Value| {
        let length = line["length_s"].to_string();
        let whole = length.strip_suffix(".0").and_then(|whole| whole.parse().ok()).expect("whole seconds");
        (line["kind"].as_str().expect("a kind").to_owned(), whole, line["changeover"] == true)
    };
    began.map(step).collect()
}

fn step(kind: &str, length: u64) -> (String, u64, bool) {
    (kind.to_owned(), length, false)
}

fn changeover(length: u64) -> (String, u64, bool) {
    ("rest".to_owned(), length, true)
}

#[test]
fn the_flag_wins_then_the_file_then_config() {
    let home = Home::new();
    let text = |first: &str| format!("{first}\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    home.file("says.toml", &text("changeover = \"40s\""));
    home.file("never.toml", &text("changeover = \"0s\""));
    home.file("silent.toml", &text(""));
    home.file(
        "config/protocols/switch.toml",
        "changeover = \"50s\"\n[by_injury]\nunder_72h = \"ice\"\nfrom_72h = \"heat\"\n",
    );
    let cold = step("cold", 600);
    let lengths = |name: &str, flag: &[&str]| {
        let mut steps = planned(&home, &[&[name], flag].concat());
        assert_eq!(steps.pop(), Some(cold.clone()), "{name} {flag:?}");
        assert!(steps.iter().all(|step| *step == changeover(step.1)), "{steps:?}");
        steps.iter().map(|step| step.1).collect::<Vec<_>>()
    };
    for (config, of_config) in [("", &[][..]), ("changeover = \"20s\"\n", &[20]), ("changeover = \"0s\"\n", &[])] {
        home.file("config/config.toml", config);
        for (name, of_file) in [("says.toml", &[40][..]), ("never.toml", &[]), ("silent.toml", of_config)] {
            assert_eq!(lengths(name, &[]), of_file, "{name}: {config}");
            assert_eq!(lengths(name, &["--changeover", "1 min"]), [60], "{name}: {config}");
            assert_eq!(lengths(name, &["--changeover", "0"]), [0; 0], "{name}: {config}");
        }
        let injured = ["--injured", "80h ago"];
        assert_eq!(planned(&home, &[&["switch"][..], &injured].concat()), [changeover(50), step("heat", 1200)]);
    }
}

/// A one-step protocol stays one: the changeover is not what a person chooses the length of.
#[test]
fn minutes_are_those_of_the_dose() {
    let home = Home::new();
    for arguments in [["ice", "--minutes", "12"], ["heat", "12", "--pain=3"], ["acute", "12", "--injured=30h ago"]] {
        let steps = planned(&home, &[&arguments[..], &["--changeover", "30s"]].concat());
        let kind = if arguments[0] == "heat" { "heat" } else { "cold" };
        assert_eq!(steps, [changeover(30), step(kind, 720)], "{arguments:?}");
    }
    let long = home.run(&["run", "ice", "25", "--changeover", "90 sec", "--dry-run"]);
    assert_refused(&long, "cold-limit");
    let hint = "  try: therapy run ice --minutes 20 --changeover \"1m 30s\" --dry-run\n";
    assert!(stderr(&long).ends_with(hint), "{}", stderr(&long));
    assert_eq!(planned(&home, &["ice", "--minutes", "20", "--changeover", "1m 30s"])[0], changeover(90));
}

/// The way out leaves out only what is in the way.
#[test]
fn a_plan_that_only_its_changeovers_make_too_long_says_so() {
    let home = Home::new();
    let long = home.run(&["run", "contrast", "--rounds", "3", "--changeover", "6min", "--override", "rewarm"]);
    assert_refused(&long, "session-limit");
    let hint = "  try: therapy run contrast --rounds 3 --changeover 0s --override rewarm\n";
    assert!(stderr(&long).ends_with(hint), "{}", stderr(&long));
    let none = planned(&home, &["contrast", "--rounds", "3", "--changeover", "0s", "--override", "rewarm"]);
    assert_eq!(none.len(), 6);
    // It would be too long without them, too.
    home.file("rests.toml", "[[step]]\ndo = \"rest\"\nfor = \"150min\"\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    let longer = home.run(&["run", "rests.toml", "--changeover", "30s"]);
    assert_refused(&longer, "session-limit");
    assert!(stderr(&longer).contains("  use fewer rounds or shorter steps\n"), "{}", stderr(&longer));
}

#[test]
fn show_has_changeovers_from_every_source() {
    let home = Home::new();
    let of = |kind: &str, name: &str, flag: &[&str]| {
        let shown = home.json(&[&["show", name, "--json"], flag].concat());
        let steps = shown["steps"].as_array().expect("steps").clone();
        let these = steps.iter().filter(|step| step["kind"] == kind);
        these
            .map(|step| [&step["changeover"], &step["length_s"], &step["min_s"], &step["max_s"]].map(Value::to_string))
            .collect::<Vec<_>>()
    };
    let rest = ["true", "30.0", "30.0", "30.0"];
    assert_eq!(of("rest", "ice", &[]), [[""; 4]; 0]);
    assert_eq!(of("rest", "ice", &["--changeover", "30s"]), [rest]);
    assert_eq!(of("cold", "ice", &["--changeover", "30s"]), [["false", "900.0", "600.0", "1200.0"]]);
    home.file("config/config.toml", "changeover = \"30s\"\n");
    assert_eq!(of("rest", "contrast", &[]), vec![rest; 6]);
    let text = home.ask(&["show", "contrast"]);
    for line in ["12 steps, 2 h 3 min", "     changeovers: 30 s            from you"] {
        assert!(text.lines().any(|shown| shown == line), "{line}: {text}");
    }
    home.file("config/protocols/mine.toml", "changeover = \"1min\"\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    assert!(home.ask(&["show", "mine"]).contains("\n     changeovers: 1 min           from the file's author\n"));
    let list = home.ask(&["list"]);
    assert!(list.contains("mine            cold 10 min, changeovers 1 min  11 min  "), "{list}");
    // A broken file keeps `run` from starting, and nothing else.
    home.file("config/config.toml", "changeover = \"11min\"\n");
    assert_eq!(home.run(&["run", "ice", "--dry-run"]).status.code(), Some(2));
    assert_eq!(of("rest", "ice", &[]), [[""; 4]; 0]);
}

/// The pack goes on after the changeover, so the session may start that much earlier.
#[test]
fn next_and_a_refusal_name_the_time_of_a_session_with_its_changeover() {
    let home = Home::at_rate(5000.0);
    home.session(&["ice", "--minutes", "20"]);
    let wait = || {
        let next: Value = serde_json::from_str(&stdout(&home.run_in_real_time(&["next", "--json"]))).expect("JSON");
        let ice = next["protocols"].as_array().and_then(|all| all.iter().find(|one| one["protocol"] == "ice").cloned());
        ice.expect("ice")["wait_s"].as_f64().expect("a wait")
    };
    let plain = wait();
    home.file("config/config.toml", "changeover = \"10min\"\n");
    let shorter = plain - wait();
    assert!((600.0..660.0).contains(&shorter), "{shorter} s of 10 min");
    let refused = home.run_in_real_time(&["run", "ice"]);
    assert_refused(&refused, "rewarm");
    let next = stdout(&home.run_in_real_time(&["next"]));
    let time = next.split_once("from ").and_then(|(_, rest)| rest.split_once(',')).expect("a time").0;
    assert!(stderr(&refused).contains(&format!("possible from {time}")), "{next}{}", stderr(&refused));
}

/// A record of an earlier version has no changeovers, and one without any looks like it.
#[test]
fn a_record_keeps_its_changeovers() {
    let home = Home::at_rate(5000.0);
    let steps = "SELECT steps FROM session ORDER BY id DESC LIMIT 1";
    let steps = || home.sql().query_row(steps, [], |row| row.get::<_, String>(0)).expect("a session");
    home.session(&["ice"]);
    assert!(!steps().contains("changeover"), "{}", steps());
    home.session(&["contrast-short", "--changeover", "30s", "--override", "rewarm"]);
    assert_eq!(steps().matches("\"changeover\":true").count(), 4, "{}", steps());
    let last = home.history().pop().expect("a session");
    assert_eq!((&last["cold_s"], &last["planned_cold_s"]), (&600.0.into(), &600.0.into()));
}

#[cfg(unix)]
mod in_a_changeover {
    use super::*;
    use crate::running::until;

    #[test]
    fn a_session_that_is_killed_in_a_changeover_goes_on_with_it() {
        let home = Home::new();
        home.own(1, &[("heat", "10min"), ("cold", "10min")]);
        let mut running = home.start(&["run", "own.toml", "--changeover", "10min"]);
        let (_, began) = running.see("step_began");
        assert_eq!(
            (&began["kind"], &began["changeover"], &began["length_s"]),
            (&"rest".into(), &true.into(), &600.0.into())
        );
        // To the changeover in the middle, whose words name the heat before it and the cold after it.
        assert!(home.ask(&["skip"]).starts_with("Changeover ended early. Heat on for 10 min, step 2 of 4"));
        let skipped = home.ask(&["skip"]);
        assert!(skipped.starts_with("Heat off now. Get ready: cold in 10:00, step 3 of 4"), "{skipped}");
        let status = home.json(&["status", "--json"]);
        assert_eq!(
            (&status["kind"], &status["changeover"], &status["step"]),
            (&"rest".into(), &true.into(), &3.into())
        );
        assert_eq!((&status["next"]["kind"], &status["next"]["changeover"]), (&"cold".into(), &false.into()));
        let text = home.ask(&["status"]);
        assert!(text.starts_with("GET READY: COLD in ") && text.contains(", for 10 min\n"), "{text}");
        assert!(home.ask(&["status", "--waybar"]).contains("\"text\":\"changeover "));
        running.kill();

        let next = home.json(&["next", "--json"]);
        assert!(next["heat_load_s"].as_f64() < Some(60.0), "no pack is on: {next}");
        let mut resumed = home.start(&["resume"]);
        until("the session", || home.run(&["status"]).status.success());
        assert!(home.ask(&["status"]).starts_with("GET READY: COLD in "));
        assert!(home.ask(&["skip"]).starts_with("Changeover ended early. Cold on for 10 min, step 4 of 4"));
        let (_, line) = resumed.see("step_began");
        assert_eq!((&line["kind"], &line["step"], line.get("changeover")), (&"cold".into(), &4.into(), None));
        home.ask(&["stop"]);
        assert_eq!(resumed.end().code(), Some(130));
        let names: Vec<_> = home.written().into_iter().map(|(name, step, _)| (name, step)).collect();
        let expected = [
            ("started", 1),
            ("step_began", 1),
            ("skipped", 1),
            ("step_began", 2),
            ("skipped", 2),
            ("step_began", 3),
            ("skipped", 3),
            ("step_began", 4),
            ("finished", 4),
        ];
        assert_eq!(names, expected.map(|(name, step)| (name.to_owned(), step)));
    }

    /// The rest of the session, at the times that were planned before the kill.
    #[test]
    fn a_session_that_is_killed_in_its_first_changeover_gives_every_dose() {
        let home = Home::at_rate(60.0);
        home.own(1, &[("heat", "2min"), ("cold", "2min")]);
        let mut running = home.start(&["run", "own.toml", "--changeover", "2min"]);
        running.see("step_began");
        running.kill();
        let stopped_or_resumed = home.start(&["resume"]).end();
        assert_eq!(stopped_or_resumed.code(), Some(0));
        let history = home.history();
        assert_eq!((&history[0]["outcome"], &history[0]["heat_s"]), (&"completed".into(), &120.0.into()));
        let began: Vec<_> = home.written().into_iter().filter(|(name, ..)| name == "step_began").collect();
        let times: Vec<_> = began.iter().map(|(_, step, at)| (*step, *at)).collect();
        assert_eq!(times, [(1, 0), (2, 120_000), (3, 240_000), (4, 360_000)]);
    }
}
