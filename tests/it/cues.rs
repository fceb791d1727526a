//! What an author of a protocol file says about a step: `cue` and `halfway`; and about the whole: `author`, `contact`,
//! `per_day` and `days`.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::json;
use therapy::domain::protocol::Choice;
use therapy::domain::rules::{Context, Injury};
use therapy::domain::session::{Event, EventKind, Session, SessionOptions};
use therapy::domain::view::View;
use therapy::edge::clock;
use therapy::edge::notification::Alert;
use therapy::format;
use therapy::text::{heard, view, wording};

use crate::builder::{Build, START, duration};
use crate::support::{Home, stderr};

/// A session of a file with these keys, with a changeover of this length.
fn session(text: &str, changeover: &str) -> (Session, Vec<Event>) {
    let parsed = format::parse(text, "own");
    assert!(parsed.is_readable(), "{:?}", parsed.problems);
    let context = Context { injury: Injury::Ago(Duration::MAX), ..Context::default() };
    let choice = Choice { changeover: Some(duration(changeover)), ..Choice::default() };
    let protocol = parsed.draft.review(choice, &context, &[]).expect("within every rule");
    Build::of(protocol).options(SessionOptions::default()).start()
}

/// All events up to a time of the session.
fn events(session: &mut Session, to: &str) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(wake) = session.wake_at().filter(|wake| *wake <= START + duration(to)) {
        events.extend(session.advance(wake));
    }
    events
}

const CUED: &str = "[[step]]\ndo = \"heat\"\nfor = \"10min\"\ncue = \"Warm the pad\"\n\
                    [[step]]\ndo = \"cold\"\nfor = \"10min\"\ncue = \"Fetch the gel pack!\"\n\
                    [[step]]\ndo = \"rest\"\nfor = \"2min\"\n";

#[test]
fn a_cue_is_said_before_its_step_instead_of_the_built_in_words() {
    let (mut plain, _) = session(CUED, "0s");
    let heard_events = events(&mut plain, "9min");
    let soon = heard_events.last().expect("an event");
    assert_eq!(soon.kind, EventKind::StepSoon);
    let words = wording::of(soon, &plain, true);
    assert_eq!((words.headline.as_str(), words.advice.as_str()), ("1 min left", "Fetch the gel pack!"));
    assert_eq!(heard::sentences(soon, &plain).as_deref(), Some("One minute left. Fetch the gel pack!"));
    let alert = Alert::of(soon, &plain, "own").expect("a notification");
    assert_eq!((alert.title.as_str(), alert.body.as_str()), ("own: 1 min left", "Fetch the gel pack!"));
    // Without a cue the words are the built-in ones.
    let soon = events(&mut plain, "19min").pop().expect("an event");
    assert_eq!(wording::of(&soon, &plain, true).advice, "Get ready to take the pack off.");
    assert_eq!(heard::sentences(&soon, &plain).as_deref(), Some("One minute left: get ready to take the pack off."));
}

/// Also where there is no minute left to say it in, and where no pack is involved.
#[test]
fn every_cue_after_a_step_is_said() {
    let text = "[[step]]\ntimes = 2\nsteps = [\
                { do = \"cold\", for = \"1min\", cue = \"Fetch the ice\" }, { do = \"rest\", for = \"59s\" }]\n\
                [[step]]\ndo = \"rest\"\nfor = \"5min\"\n[[step]]\ndo = \"stretch\"\nfor = \"2min\"\ncue = \"Stand up!\"\n";
    let (mut short, first) = session(text, "0s");
    assert!(wording::of(&first[1], &short, true).advice.ends_with("colder than ice."), "the next rest has no cue");
    let rest = events(&mut short, "1min").pop().expect("an event");
    assert_eq!(rest.kind, EventKind::StepBegan { length: duration("59s") });
    let words = wording::of(&rest, &short, true);
    assert_eq!(words.advice, "Lie with raised legs, or in the position that hurts least. Next: Fetch the ice.");
    assert!(wording::begin(&rest, &short, true).ends_with("hurts least. Next: Fetch the ice."));
    let said = heard::sentences(&rest, &short);
    assert_eq!(said.as_deref(), Some("Ice off now. Rest for fifty-nine seconds. Next: Fetch the ice."));
    let rest = events(&mut short, "3min 58s").pop().expect("an event");
    assert!(!wording::of(&rest, &short, true).advice.contains("Next"), "it is said before the end");
    let soon = events(&mut short, "7min 58s").pop().expect("an event");
    assert_eq!((soon.kind, wording::of(&soon, &short, true).advice.as_str()), (EventKind::StepSoon, "Stand up!"));
}

/// The author left out the skin check of a short dose, and not that of a longer one.
#[test]
fn a_longer_dose_than_the_authors_has_its_skin_check() {
    let file = |length: &str| format!("[[step]]\ndo = \"cold\"\nfor = {length}\nhalfway = false\n");
    let checks = |text: &str, choice: Choice| {
        let parsed = format::parse(text, "own");
        parsed.draft.expand(choice).iter().map(|step| step.halfway).collect::<Vec<_>>()
    };
    let minutes = |minutes: u64| Some(Duration::from_secs(60 * minutes));
    let alone = file("\"9min\"");
    assert_eq!(checks(&alone, Choice::default()), [false]);
    assert_eq!(checks(&alone, Choice { cold: minutes(9), ..Choice::default() }), [false]);
    assert_eq!(checks(&alone, Choice { cold: minutes(10), ..Choice::default() }), [true]);
    assert_eq!(checks(&alone, Choice { length: minutes(20), ..Choice::default() }), [true]);
    // `check` warned about the longest of a range.
    let range = file("{ default = \"9min\", max = \"15min\" }");
    assert_eq!(checks(&range, Choice { length: minutes(15), ..Choice::default() }), [false]);
}

#[test]
fn a_changeover_says_the_cue_of_the_dose_that_it_is_for() {
    let (mut changing, first) = session(CUED, "30s");
    let words = wording::of(&first[1], &changing, true);
    assert_eq!(
        (words.headline.as_str(), words.advice.as_str()),
        ("Get ready: heat in 0:30, step 1 of 5", "Warm the pad")
    );
    assert_eq!(wording::begin(&first[1], &changing, true), "Warm the pad.");
    // Before the changeover only the pack comes off.
    let soon = events(&mut changing, "9min 30s").pop().expect("an event");
    assert_eq!(wording::of(&soon, &changing, true).advice, "Get ready to take the pack off.");
    let began = events(&mut changing, "10min 30s").pop().expect("an event");
    assert_eq!(wording::begin(&began, &changing, true), "Take the heat off. Fetch the gel pack!");
    let cue = changing.plan().cue_of_next(changing.index());
    assert_eq!(view::during(&View::of(&changing), cue, false), "Fetch the gel pack!");
    assert_eq!(changing.segment().step.cue, None, "the changeover has none of its own");
}

#[test]
fn a_step_may_go_without_the_skin_check_in_its_middle() {
    let checks = |key: &str| {
        let dose = "[[step]]\ndo = \"heat\"\nfor = \"4min\"\n";
        let (mut session, _) = session(&format!("{dose}{key}{}", dose.replace("heat", "cold")), "0s");
        let all = events(&mut session, "1h");
        let checks = all.iter().filter(|event| event.kind == EventKind::Halfway);
        checks.map(|event| event.step).collect::<Vec<_>>()
    };
    assert_eq!(checks(""), [0, 1]);
    assert_eq!(checks("halfway = true\n"), [0, 1]);
    assert_eq!(checks("halfway = false\n"), [1]);
}

/// Half of a dose is where the skin is looked at. A long dose without that draws a warning, and may run.
#[test]
fn a_long_dose_without_a_skin_check_draws_a_warning() {
    let home = Home::new();
    for (kind, length, warns) in [
        ("cold", "\"10min\"", true),
        ("heat", "\"20min\"", true),
        ("heat", "\"9min 59s\"", false),
        ("cold", "{ default = \"5min\", max = \"10min\" }", true),
        ("rest", "\"20min\"", false),
    ] {
        home.file("own.toml", &format!("[[step]]\ndo = \"{kind}\"\nfor = {length}\nhalfway = false\n"));
        let checked = home.ask(&["check", "own.toml"]);
        let warning = "warning: a dose of 10 min or more without a skin check\n --> own.toml:4:11\n";
        assert_eq!(checked.contains(warning), warns, "{kind} {length}: {checked}");
        assert_eq!(checked.contains("help: remove halfway = false"), warns);
    }
}

/// A session that was cut off says the same after `resume`.
#[test]
fn a_record_keeps_cues_and_skin_checks() {
    let home = Home::at_rate(200.0);
    home.file("own.toml", &(CUED.to_owned() + "[[step]]\ndo = \"cold\"\nfor = \"5min\"\nhalfway = false\n"));
    home.session(&["own.toml", "--injured", "10 days ago"]);
    let steps: String = home.sql().query_row("SELECT steps FROM session", [], |row| row.get(0)).expect("steps");
    let steps: serde_json::Value = serde_json::from_str(&steps).expect("JSON");
    let kept = |key: &str| steps.as_array().expect("steps").iter().map(|step| step[key].clone()).collect::<Vec<_>>();
    assert_eq!(kept("cue"), [json!("Warm the pad"), json!("Fetch the gel pack!"), json!(null), json!(null)]);
    assert_eq!(kept("unchecked"), [json!(null), json!(null), json!(null), json!(true)]);
    let (_, events) = home.recorded();
    let checks = events.iter().filter(|event| event.kind == EventKind::Halfway).map(|event| event.step);
    assert_eq!(checks.collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn texts_of_the_author_are_short_lines_and_shown() {
    let home = Home::new();
    let text = "author = \"Jane Doe, physiotherapist\"\ncontact = \"030 1234\"\nper_day = 2\ndays = 5\n\
                site = \"left-hand\"\n";
    home.file("own.toml", &(text.to_owned() + CUED + "halfway = false\n"));
    let shown = home.ask(&["show", "own.toml"]);
    for line in [
        "       before it: \"Fetch the gel pack!\"\n".trim_start(),
        "     site: left hand              from the file's author\n",
        "     planned: 2 sessions a day    from the file's author\n",
        "     planned: for 5 days          from the file's author\n",
        "     by: Jane Doe, physiotherapist\n     contact: 030 1234\n",
        "  3. rest 2 min, no skin check ",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let json = home.json(&["show", "own.toml", "--json"]);
    let keys = ["author", "contact", "per_day", "days", "site"].map(|key| json[key].clone());
    assert_eq!(keys, [json!("Jane Doe, physiotherapist"), json!("030 1234"), json!(2), json!(5), json!("left-hand")]);
    let step = |at: usize| ["cue", "halfway"].map(|key| json["steps"][at][key].clone());
    assert_eq!([step(0), step(2)], [[json!("Warm the pad"), json!(true)], [json!(null), json!(false)]]);

    for (key, value, place, message) in [
        ("author", "3", 10, "expected a string in quotes, found integer"),
        ("contact", "\"a\\u001bb\"", 11, "`contact` must be one line of 1 to 100 characters"),
        ("author", "\" \"", 10, "`author` must be one line of 1 to 100 characters"),
        ("per_day", "0", 11, "this must be 1 or more"),
        ("per_day", "\"2\"", 11, "expected a whole number, found string"),
        ("days", "0", 8, "this must be from 1 to 31"),
        ("days", "32", 8, "this must be from 1 to 31"),
        ("halfway", "\"no\"", 11, "expected true or false, found string"),
        ("cue", "\"\\u202e\"", 7, "`cue` must be one line of 1 to 100 characters"),
    ] {
        let (line, cold) = (format!("{key} = {value}\n"), "[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
        let of_step = ["halfway", "cue"].contains(&key);
        home.file("wrong.toml", &if of_step { cold.to_owned() + &line } else { line + cold });
        let checked = home.json_of(&["check", "wrong.toml", "--json"], 2);
        let problem = &checked[0]["problems"][0];
        assert_eq!(problem["column"], place, "{key} = {value}: {checked}");
        assert!(
            problem["message"].as_str().is_some_and(|text| text.starts_with(message)),
            "{key} = {value}: {checked}"
        );
    }
    for long in ["author", "contact"] {
        for (length, code) in [(100, 0), (101, 2)] {
            let cold = "[[step]]\ndo = \"cold\"\nfor = \"10min\"\n";
            home.file("long.toml", &format!("{long} = \"{}\"\n{cold}", "ö".repeat(length)));
            assert_eq!(home.run(&["check", "long.toml"]).status.code(), Some(code), "{long} {length}");
        }
    }
}

/// What the file aims at is the default of `plan` for a named protocol. No option and no file plans more than the rules
/// allow.
#[test]
fn a_plan_aims_at_what_the_file_aims_at() {
    let home = Home::new();
    let file = |keys: &str| {
        home.file("config/protocols/own.toml", &format!("{keys}[[step]]\ndo = \"cold\"\nfor = \"10min\"\n"))
    };
    let planned = |arguments: &[&str]| {
        let plan = home.json(&[&["plan", "own", "--json", "--awake", "0-24", "--every", "30min"], arguments].concat());
        let days = plan["sessions"].as_array().expect("sessions").iter();
        let days: Vec<_> = days.map(|session| &session["at"].as_str().expect("a time")[..10]).collect();
        // Not today: how many sessions it still has room for depends on the time of day.
        let today = clock::wall().to_zoned(TimeZone::UTC).date().to_string();
        let later = days.chunk_by(|one, other| one == other).filter(|day| day[0] != today);
        later.map(<[&str]>::len).collect::<Vec<_>>()
    };
    file("");
    assert_eq!(planned(&[]), [4, 4]);
    file("per_day = 2\ndays = 5\n");
    assert_eq!(planned(&[]), [2; 4]);
    assert_eq!(planned(&["--days", "2", "--per-day", "3"]), [3], "what is typed counts more");
    // Sixteen times 10 min of cold in 24 h is the most that is possible.
    file("per_day = 100\n");
    let most = planned(&[]);
    assert!(most.iter().all(|count| *count <= 16) && most[0] > 10, "{most:?}");
    let unknown = home.run(&["plan", "own", "--days", "32"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", stderr(&unknown));
}
