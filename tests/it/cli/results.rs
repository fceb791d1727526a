//! Results that depend on the clock and the journal.
#![cfg(unix)]

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::process::Signal;
use serde_json::Value;
use therapy::edge::clock;
use therapy::text::times::{day_and_time, next_minute};

use crate::running::until;
use crate::support::{Home, stderr, stdout};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The output of `therapy status --waybar`, and the exit code.
fn waybar(home: &Home) -> (Value, Option<i32>) {
    let output = home.run(&["status", "--waybar"]);
    (serde_json::from_str(&stdout(&output)).expect("JSON"), output.status.code())
}

#[test]
fn the_waybar_class_is_the_pack_that_is_on() {
    let home = Home::new();
    let (nothing, code) = waybar(&home);
    assert_eq!((&nothing["class"], &nothing["text"], code), (&"none".into(), &"".into(), Some(1)));
    assert_eq!(nothing["alt"], "none");

    home.own(1, &[("heat", "10min"), ("cold", "10min"), ("rest", "1s")]);
    let mut running = home.start(&["run", "own.toml", "--confirm"]);
    running.see("step_began");
    let class = |input: &[&str], event: &str, class: &str, text: &str| {
        home.run(input);
        running.see(event);
        let (shown, code) = waybar(&home);
        assert_eq!((&shown["class"], &shown["alt"], code), (&class.into(), &class.into(), Some(0)), "{shown}");
        assert!(shown["text"].as_str().is_some_and(|shown| shown.starts_with(text)), "{shown}");
        assert!(shown["tooltip"].as_str().is_some_and(|tooltip| tooltip.contains("own")), "{shown}");
        shown["percentage"].as_u64().expect("a whole number")
    };
    assert_eq!(class(&["status"], "started", "heat", "heat "), 0);
    assert_eq!(class(&["pause"], "paused", "paused", "heat "), 0);
    assert_eq!(class(&["skip"], "skipped", "cold", "cold "), 0);
    assert!(class(&["skip"], "overran", "held", "rest ") > 90, "the last second is over");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
}

/// A pack that is on for too long must not look like any other.
#[test]
fn status_and_status_bars_say_that_a_pack_is_on_for_too_long() {
    let home = Home::at_rate(100.0);
    let own =
        "name = \"hot & <cold>\"\n[[step]]\ndo = \"heat\"\nfor = \"20s\"\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n";
    home.file("own.toml", own);
    let mut running = home.start(&["run", "own.toml", "--confirm"]);
    running.see("overran");
    until("the first reminder", || home.json(&["status", "--json"])["overrun_s"].as_f64().is_some_and(|s| s >= 30.0));
    let (shown, code) = waybar(&home);
    assert_eq!((&shown["class"], code), (&"overrun".into(), Some(0)), "{shown}");
    assert!(shown["text"].as_str().is_some_and(|text| text.starts_with("TAKE IT OFF: heat is ")), "{shown}");
    assert!(shown["tooltip"].as_str().is_some_and(|text| text.contains("hot &amp; &lt;cold&gt;")), "{shown}");
    assert!(shown["percentage"].as_u64().is_some_and(|percent| percent <= 100), "{shown}");
    assert!(home.ask(&["status", "--format", "{left}"]).starts_with('-'));
    assert_eq!(home.ask(&["status", "--format", "{next}"]), "next cold for 10 min\n");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
}

/// Cold sessions should be two hours apart, from start to start.
#[test]
fn the_next_cold_is_two_hours_after_the_start_of_this_one() {
    let home = Home::at_rate(2000.0);
    home.own(1, &[("cold", "2min")]);
    // The time is rounded up, so that it is never too early.
    let in_two_hours = || {
        let now = clock::wall();
        day_and_time(next_minute(now + Duration::from_secs(118 * 60)), now, &TimeZone::UTC)
    };
    let earliest = in_two_hours();
    let output = home.run(&["run", "own.toml", "--no-notify", "--progress", "plain"]);
    let latest = in_two_hours();
    let printed = stderr(&output);
    let (_, after) = printed.split_once("Cold again: possible now, better from ").expect("when cold may come next");
    let (time, _) = after.split_once(" (2 h between cold sessions).\n").expect("a sentence");
    assert!([earliest.as_str(), &latest].contains(&time), "{printed}\n{earliest} to {latest}");
}

/// The last words name the same times as `therapy next`: the load must fade first.
#[test]
fn after_a_full_dose_cold_is_possible_later_and_better_later_still() {
    let home = Home::at_rate(5000.0);
    let times = || {
        let now = clock::wall();
        let after = |minutes: u64| {
            let at = next_minute(now + Duration::from_secs(60 * minutes));
            day_and_time(at, now, &TimeZone::UTC)
        };
        // Ice of 15 min needs half an hour of rest after 20 min. The first cold began 20 min before.
        let [from, better] = [30, 100].map(after);
        format!(
            "Cold again: possible from {from}, in 30 min (rewarm), better from {better} (2 h between cold sessions).\n"
        )
    };
    let before = times();
    let output = home.run(&["run", "ice", "--minutes", "20", "--no-notify", "--progress", "plain"]);
    let printed = stderr(&output);
    assert!([before, times()].iter().any(|times| printed.contains(times)), "{printed}");
}

/// After 20 min of cold, ice of 15 min needs half an hour of rest.
#[test]
fn next_shows_the_earliest_time_of_each_protocol() {
    let home = Home::at_rate(5000.0);
    home.session(&["ice", "--minutes", "20"]);
    let before = clock::wall();
    let printed = home.run_in_real_time(&["next", "--json"]);
    let after = clock::wall();
    let printed: Value = serde_json::from_str(&stdout(&printed)).expect("JSON");
    let rows = printed["protocols"].as_array().expect("a list");
    let row = |name: &str| rows.iter().find(|row| row["protocol"] == name).expect("a row");
    let assert_from = |name: &str, least: f64, most: f64| {
        let wait = row(name)["wait_s"].as_f64().expect("a number");
        assert!((least..=most).contains(&wait), "{name}: {wait}");
        let from: Timestamp = row(name)["from"].as_str().expect("a time").parse().expect("RFC 3339");
        let milli = Duration::from_millis(1);
        let wait = Duration::from_secs_f64(wait);
        assert!((before + wait - milli..=after + wait + milli).contains(&from), "{name}: {from}");
    };
    assert_from("ice", 1700.0, 1800.0);
    assert_from("heat", 0.0, 0.0);
    assert_eq!((&row("ice")["may_run"], &row("ice")["rule"]), (&false.into(), &"rewarm".into()));
    assert_eq!((&row("heat")["may_run"], &row("heat")["rule"]), (&true.into(), &Value::Null));
}

#[test]
fn history_since_30_days_shows_those_30_days() {
    let home = Home::at_rate(5000.0);
    home.own(1, &[("rest", "1min")]);
    for days in [31, 29, 16, 1] {
        home.session(&["own.toml"]);
        let moved = format!(
            "UPDATE session SET started_ms = started_ms - {0}, ended_ms = ended_ms - {0} \
             WHERE id = (SELECT max(id) FROM session)",
            days * DAY_MS
        );
        assert_eq!(home.sql().execute(&moved, []).expect("a row"), 1);
    }
    let shown = |since: &str| {
        let sessions = home.json(&["history", "--json", "--since", since]);
        let ids = sessions.as_array().expect("a list").iter().map(|session| session["id"].as_i64().expect("a number"));
        ids.collect::<Vec<_>>()
    };
    assert_eq!(shown("30d"), [2, 3, 4]);
    assert_eq!(shown("15d"), [4]);
    assert_eq!(shown("30 days ago"), [2, 3, 4]);
    assert_eq!(shown("6months").len(), 4);
    let table = home.ask(&["history", "--since", "30d"]);
    assert_eq!(table.matches("  own").count(), 3, "{table}");
}

/// The bell rings only at changes of packs.
#[test]
fn plain_lines_ring_the_terminal_when_a_pack_must_come_off() {
    let home = Home::at_rate(1000.0);
    home.own(1, &[("heat", "2min"), ("cold", "2min"), ("rest", "1min")]);
    let arguments = ["run", "own.toml", "--no-notify", "--progress", "plain"];
    let mut terminal = crate::terminal::Terminal::start(home.command(&arguments), 40, 100);
    assert_eq!(terminal.end().code(), Some(0));
    let text = terminal.text();
    let rings: Vec<&str> = text.lines().filter(|line| line.contains('\u{7}')).collect();
    let [cold, rest] = rings[..] else { panic!("two lines that ring: {text:?}") };
    assert!(cold.contains("Cold on") && rest.contains("Cold off"), "{rings:?}");
    assert_eq!(text.matches('\u{7}').count(), 2, "{text:?}");
    // A log or a pipe has no bell.
    let piped = home.run(&arguments);
    assert!(!stderr(&piped).contains('\u{7}'), "{:?}", stderr(&piped));
}
