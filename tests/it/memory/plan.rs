//! `therapy plan`, from the real journal.

use jiff::Timestamp;
use serde_json::Value;
use therapy::edge::clock;

use crate::support::{Home, stderr};
use crate::terminal::Terminal;

const HOUR: i64 = 3600;

fn time(value: &Value) -> i64 {
    value.as_str().expect("a time").parse::<Timestamp>().expect("a time").as_second()
}

/// The starts and protocols of a plan for people who never sleep.
fn plan(home: &Home, arguments: &[&str]) -> Vec<(i64, String)> {
    let plan = home.json(&[&["plan", "--json", "--awake", "0-24"], arguments].concat());
    let sessions = plan["sessions"].as_array().expect("sessions").iter();
    sessions.map(|session| (time(&session["at"]), session["protocol"].as_str().expect("a name").to_owned())).collect()
}

#[test]
fn ice_becomes_heat_72_hours_after_the_injury() {
    let home = Home::new();
    home.ask(&["injury", "set", "60h ago"]);
    let switch = clock::wall().as_second() + 12 * HOUR;
    let sessions = plan(&home, &["--per-day", "20"]);
    assert!(sessions.iter().all(|(_, name)| name == "ice" || name == "heat"));
    assert!(sessions.iter().any(|(_, name)| name == "ice") && sessions.iter().any(|(_, name)| name == "heat"));
    for (at, name) in &sessions {
        assert_eq!(name == "ice", *at < switch - 60, "{at} {name}, and the switch at {switch}");
    }
    // The same for a protocol that depends on the injury; heat alone waits for its time.
    assert_eq!(plan(&home, &["acute", "--per-day", "20"]), sessions);
    let heat = plan(&home, &["heat"]);
    assert!(heat[0].0 >= switch - 60 && heat[0].0 < switch + 600, "{heat:?}, and the switch at {switch}");
    home.ask(&["injury", "set", "1h ago"]);
    let text = home.ask(&["plan", "heat", "--days", "1", "--awake", "0-24"]);
    let (headline, left_out) = text.split_once('\n').expect("two lines");
    assert!(headline.starts_with("No session fits. Lower back, "), "{text}");
    assert!(
        left_out.starts_with("Does not fit: the first session on ") && left_out.ends_with("(early-heat)\n"),
        "{text}"
    );
}

#[test]
fn a_plan_goes_on_from_what_was_given() {
    let home = Home::at_rate(2_000.0);
    home.session(&["ice", "--minutes", "20"]);
    let last = clock::wall().as_second();
    let sessions = plan(&home, &["ice"]);
    assert!(sessions[0].0 >= last + 95 * 60, "{sessions:?} after {last}");
    let closer = plan(&home, &["ice", "--every", "30min"]);
    assert!(closer[0].0 < sessions[0].0 && closer[0].0 >= last, "{closer:?}");
    assert!(sessions.iter().all(|(at, _)| at % 300 == 0));
}

/// The plan begins when the session that runs is over, if it goes on as planned.
#[test]
fn a_running_session_counts_as_planned() {
    let home = Home::new();
    let mut running = home.long_session();
    let sessions = plan(&home, &["heat", "--every", "1min"]);
    assert!(sessions[0].0 >= clock::wall().as_second() + 19 * 60, "{sessions:?}");
    running.kill();
    let refused = home.run(&["plan"]);
    assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("was cut off") && stderr(&refused).contains("therapy stop"));
}

#[test]
fn what_no_waiting_helps_is_refused_as_run_refuses_it() {
    let home = Home::new();
    home.ask(&["safety", "--answer", "3"]);
    let refused = home.run(&["plan"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(stderr(&refused).contains("(warning-sign)"), "{}", stderr(&refused));
    let unknown = home.run(&["plan", "icee"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("ice"), "{}", stderr(&unknown));
}

#[test]
fn a_plan_needs_the_journal() {
    let home = Home::new();
    home.file("data/journal.db", "no database");
    let failed = home.run(&["plan"]);
    assert_eq!(failed.status.code(), Some(1), "{}", stderr(&failed));
}

#[test]
fn waking_hours_stand_in_the_settings() {
    let home = Home::new();
    home.file("config/config.toml", "awake = \"09:00-10:00\"\nweekend = \"11:00-12:00\"\n");
    let plan = home.json(&["plan", "ice", "--json", "--days", "8"]);
    for session in plan["sessions"].as_array().expect("sessions") {
        let at: Timestamp = session["at"].as_str().expect("a time").parse().expect("a time");
        let at = at.to_zoned(jiff::tz::TimeZone::UTC);
        let hour = if at.weekday().to_monday_one_offset() > 5 { 11 } else { 9 };
        assert_eq!(i32::from(at.hour()), hour, "{at}");
    }
    // An option for all days holds at weekends too.
    let plan = home.json(&["plan", "ice", "--json", "--days", "8", "--awake", "7-8"]);
    for session in plan["sessions"].as_array().expect("sessions") {
        assert!(session["at"].as_str().expect("a time").contains("T07:"), "{session}");
    }
    home.file("config/config.toml", "awake = \"nine to ten\"\n");
    let wrong = home.run(&["plan"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("not a range of waking hours"), "{}", stderr(&wrong));
}

/// On a terminal there is a picture, to scale and with the time now; elsewhere only lines.
#[test]
fn a_terminal_shows_a_row_for_each_day() {
    let home = Home::new();
    let mut terminal = Terminal::start(home.command(&["plan", "ice", "--awake", "0-24", "--per-day", "12"]), 60, 120);
    assert_eq!(terminal.end().code(), Some(0));
    let contents = terminal.contents();
    let rows: Vec<&str> = contents.lines().skip(1).take(4).collect();
    assert!(rows[0].contains("  2       4"), "{contents}");
    assert!(rows[1..].iter().all(|row| row.contains('▒')), "{contents}");
    // A session at this time would be drawn over the mark.
    let early = ["plan", "ice", "--awake", "0-24", "--every", "1min", "--per-day", "1"];
    home.ask(&["log", "cold", "20min"]);
    let mut none = Terminal::start(home.command(&early), 60, 120);
    assert_eq!(none.end().code(), Some(0));
    assert_eq!(none.contents().matches('▲').count(), 1, "{}", none.contents());
    assert!(!home.ask(&["plan", "ice"]).contains('▒'));
    let mut narrow = Terminal::start(home.command(&["plan", "ice"]), 24, 20);
    assert_eq!(narrow.end().code(), Some(0), "it fits where there is no room for a picture");
}

fn strip(line: &str) -> String {
    let plain = line.replace("\x1b[91m", "").replace("\x1b[94m", "").replace("\x1b[0m", "");
    plain.trim_end().to_owned()
}

/// What a calendar file says about its events: id, sequence, start and whether it is cancelled, in the order of the file.
fn events(text: &str) -> Vec<(String, u32, String, bool)> {
    let unfolded = text.replace("\r\n ", "");
    let events = unfolded.split("BEGIN:VEVENT\r\n").skip(1).map(|event| {
        let of = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).expect("a property").to_owned();
        (of("UID:"), of("SEQUENCE:").parse().expect("a number"), of("DTSTART:"), of("STATUS:") == "CANCELLED")
    });
    events.collect()
}

#[test]
fn a_later_plan_moves_the_events_of_the_calendar_and_cancels_what_it_does_without() {
    let home = Home::new();
    let file = home.path().join("plan.ics");
    let name = file.to_str().expect("a plain path");
    let plan = |arguments: &[&str]| {
        home.ask(&[&["plan", "ice", "--awake", "0-24", "--ics", name], arguments].concat());
        events(&std::fs::read_to_string(&file).expect("a file"))
    };
    let first = plan(&["--per-day", "3"]);
    assert!(first.len() >= 6 && first.iter().all(|(_, sequence, _, cancelled)| *sequence == 0 && !cancelled));
    // The same plan again changes nothing.
    assert_eq!(plan(&["--per-day", "3"]), first);
    // Fewer and later: ids stay, what is left over is cancelled.
    let later = plan(&["--per-day", "2", "--every", "5h"]);
    assert_eq!(later.len(), first.len());
    let ids = |events: &[(String, u32, String, bool)]| {
        let mut ids: Vec<_> = events.iter().map(|(id, ..)| id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&later), ids(&first));
    let kept: Vec<_> = later.iter().filter(|(.., cancelled)| !cancelled).collect();
    assert!(kept.len() < first.len());
    for (id, sequence, start, cancelled) in &later {
        let before = first.iter().find(|(other, ..)| other == id).expect("the same id");
        assert_eq!(*sequence > 0, *cancelled || *start != before.2, "{id}");
    }
    // A plan for another site leaves it alone.
    let both = plan(&["--site", "left-knee", "--days", "1"]);
    assert!(later.iter().all(|event| both.contains(event)), "{both:?}");
    // On standard output there is nothing else, and a file that cannot be written is said.
    let text = home.ask(&["plan", "ice", "--ics", "-"]);
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"), "{text}");
    let failed = home.run(&["plan", "ice", "--ics", "/nowhere/plan.ics"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(stderr(&failed).contains("could not write /nowhere/plan.ics"), "{}", stderr(&failed));
}

#[test]
fn a_plan_that_is_kept_says_how_to_start_and_whose_it_is() {
    let home = Home::new();
    home.ask(&["profiles", "--add", "anna"]);
    let text = home.ask(&["plan", "heat", "--site", "left-knee", "--profile", "anna", "--ics", "-"]);
    let text = text.replace("\r\n ", "");
    assert!(text.contains("SUMMARY:anna\\, heat 20 min\\, left knee\r\n"), "{text}");
    assert!(text.contains("DESCRIPTION:therapy run heat --site left-knee --profile anna\\n"), "{text}");
    assert!(home.json(&["plan", "heat", "--keep", "--json"])["sessions"].as_array().is_some_and(|all| !all.is_empty()));
    assert!(home.number("SELECT count(*) FROM planned") > 0);
}

/// Early and late sessions count, an hour that was not planned adds nothing, and other days stay blank.
#[test]
fn the_history_says_how_many_of_the_planned_sessions_were_begun() {
    let home = Home::at_rate(2_000.0);
    home.session(&["ice"]);
    home.session(&["heat", "--override", "early-heat"]);
    assert!(!home.ask(&["history"]).contains("planned"), "without a plan there is nothing to compare with");
    let started = home.number("SELECT max(started_ms) FROM session");
    let sql = home.sql();
    for (uid, ago_h, dropped) in
        [("a", 0, "NULL"), ("b", 0, "NULL"), ("c", 0, "NULL"), ("d", 48, "NULL"), ("e", 0, "1")]
    {
        let from = started - ago_h * 3_600_000;
        let planned = format!(
            "INSERT INTO planned (uid, protocol, site, from_ms, to_ms, sequence, made_ms, dropped_ms) \
             VALUES ('{uid}', 'ice', 'lower-back', {from}, {from} + 900000, 0, 0, {dropped})"
        );
        sql.execute(&planned, []).expect("a row");
    }
    let day = |ago: i64| {
        let at =
            Timestamp::from_millisecond(started - ago * 3_600_000).expect("a time").to_zoned(jiff::tz::TimeZone::UTC);
        at.strftime("%a %-d %b").to_string()
    };
    // Two, unless midnight came between them.
    let begun = home.number(
        "SELECT count(*) FROM session WHERE started_ms / 86400000 = (SELECT max(started_ms) / 86400000 FROM session)",
    );
    let expected = format!("Begun of those planned: {} 0 of 1, {} {begun} of 3.", day(48), day(0));
    let history = home.ask(&["history"]);
    assert!(history.contains(&expected), "{history}, expected {expected}");
    assert!(!home.ask(&["history", "--site", "left-knee"]).contains("planned"));
}

#[test]
fn a_plan_needs_heat_or_cold_and_at_least_one_session_a_day() {
    let home = Home::new();
    home.file("stretch.toml", "[[step]]\ndo = \"stretch\"\nfor = \"10min\"\n");
    for (arguments, why) in [
        (&["plan", "./stretch.toml"][..], "has neither heat nor cold"),
        (&["plan", "ice", "--per-day", "0"], "at least one session a day"),
    ] {
        let wrong = home.run(arguments);
        assert_eq!(wrong.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&wrong).contains(why), "{}", stderr(&wrong));
    }
    let short = home.ask(&["plan", "ice", "--awake", "9:00-9:10", "--days", "2"]);
    assert!(short.contains("(it does not end within the waking hours)"), "{short}");
    assert!(home.ask(&["plan", "--awake", "0-24"]).contains("awake 00:00 to 24:00."));
}

#[test]
fn a_plan_is_no_wider_than_the_terminal() {
    let home = Home::new();
    let plan = home.command(&["plan", "--every", "25h", "--days", "4", "--weekend", "9-10"]);
    let mut terminal = Terminal::start(plan, 60, 80);
    assert_eq!(terminal.end().code(), Some(0));
    let text = terminal.text();
    assert!(text.lines().all(|line| strip(line).chars().count() <= 80), "{text}");
}

#[test]
fn a_plan_and_the_injury_name_the_same_minute() {
    let after = |text: String, before: &str, end: &str| {
        let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} in {text}"));
        rest.split_once(end).expect("an end").0.to_owned()
    };
    for when in ["30h ago", "25h 17min ago", "yesterday 00:00", "3 hours ago"] {
        let home = Home::new();
        home.ask(&["injury", "set", when]);
        let said = after(home.ask(&["injury"]), "cold until ", ", then heat");
        let plan = home.ask(&["plan", "--days", "5", "--awake", "0-24"]);
        assert_eq!(after(plan, "Ice until ", ", then heat"), said, "{when}");
        if when == "yesterday 00:00" {
            assert!(said.ends_with(" 00:00"), "a whole minute stays: {said}");
        }
    }
}
