//! `therapy history` and `therapy stats`: the picture of the last two weeks, the list below it, and the sums.

use std::fmt::Write as _;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use textwrap::core::display_width;
use therapy::edge::clock;

use crate::programs;
use crate::support::{Home, joined, stdout};
#[cfg(unix)]
use crate::terminal::Terminal;

/// A session in the journal: how many days ago, at which hour (UTC), minutes of cold and heat of those planned, the scores
/// and the outcome.
#[derive(Clone, Copy)]
struct Put {
    ago: i64,
    hour: i64,
    cold: [i64; 2],
    heat: [i64; 2],
    pain: [Option<u8>; 2],
    outcome: &'static str,
    site: &'static str,
    protocol: &'static str,
}

/// Ice for 15 min at noon.
const ICE: Put = Put {
    ago: 0,
    hour: 12,
    cold: [15, 15],
    heat: [0, 0],
    pain: [None, None],
    outcome: "completed",
    site: "lower-back",
    protocol: "ice",
};

fn today() -> Date {
    clock::wall().to_zoned(TimeZone::UTC).date()
}

fn day(today: Date, ago: i64) -> String {
    today.checked_sub(ago.days()).expect("a date").strftime("%a %-d %b").to_string()
}

/// Writes sessions into the journal, and returns the date of today that they count from.
fn put(home: &Home, sessions: &[Put]) -> Date {
    let today = today();
    let midnight = today.to_zoned(TimeZone::UTC).expect("a time").timestamp().as_millisecond();
    let mut sql = String::from("BEGIN;");
    for Put { ago, hour, cold, heat, pain, outcome, site, protocol } in sessions {
        let started = midnight + (hour - 24 * ago) * 3_600_000;
        let nanos = |minutes: i64| minutes * 60_000_000_000;
        let ended = started + (cold[0] + heat[0]) * 60_000;
        let _ = write!(
            sql,
            "INSERT INTO session (uid, protocol, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, started_ms, \
             planned_cold_ns, planned_heat_ns, outcome, ended_ms, cold_ns, heat_ns, site) \
             VALUES (lower(hex(randomblob(16))), '{protocol}', '[]', 0, 0, 0, 0, '', {started}, {}, {}, '{outcome}', {ended}, \
             {}, {}, '{site}');",
            nanos(cold[1]),
            nanos(heat[1]),
            nanos(cold[0]),
            nanos(heat[0]),
        );
        for (role, score, at) in [("before", pain[0], started), ("after", pain[1], ended)] {
            let Some(score) = score else { continue };
            let _ = write!(
                sql,
                "INSERT INTO pain (uid, nth, session, role, score, site, noted_ms) VALUES (lower(hex(randomblob(16))), 0, \
                 (SELECT max(id) FROM session), '{role}', {score}, '{site}', {at});"
            );
        }
    }
    home.sql().execute_batch(&(sql + "COMMIT;")).expect("rows");
    today
}

/// The text without colours.
fn without_codes(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
}

/// The row of a day in the picture.
fn row(text: &str, today: Date, ago: i64) -> String {
    let name = day(today, ago);
    text.lines()
        .find(|line| line.starts_with(&name))
        .map_or_else(|| format!("no row for {name}: {text}"), str::to_owned)
}

/// The rows of the picture.
fn picture(text: &str) -> Vec<&str> {
    let picture = text.split_once("\n\n").map_or("", |(picture, _)| picture);
    picture.lines().skip(1).collect()
}

#[test]
fn the_last_two_weeks_are_one_row_a_day() {
    let home = Home::new();
    let today = put(
        &home,
        &[
            Put { ago: 14, pain: [Some(9), None], ..ICE },
            Put { ago: 13, cold: [20, 20], heat: [20, 20], protocol: "contrast", pain: [Some(8), Some(6)], ..ICE },
            Put { ago: 2, hour: 9, pain: [Some(7), Some(6)], ..ICE },
            Put { ago: 2, hour: 13, pain: [None, Some(5)], ..ICE },
            Put { ago: 2, hour: 20, cold: [9, 15], outcome: "ended_early", pain: [Some(6), None], ..ICE },
            Put { ago: 1, pain: [Some(4), None], ..ICE },
        ],
    );
    let text = home.ask(&["history"]);
    assert!(text.starts_with("Pain, first and last; one block is 5 min\n"), "{text}");
    assert_eq!(row(&text, today, 1), format!("{:<12}4    ▒▒▒", day(today, 1)), "one score only");
    assert_eq!(row(&text, today, 2), format!("{:<12}7 6  ▒▒▒ ▒▒▒ ▒▒", day(today, 2)));
    assert_eq!(row(&text, today, 7), day(today, 7), "a gap stays a gap");
    assert_eq!(row(&text, today, 13), format!("{:<12}8 6  ████▒▒▒▒", day(today, 13)));
    assert!(!picture(&text).iter().any(|line| line.starts_with(&day(today, 14))), "{text}");
    assert!(picture(&text)[0].starts_with(&day(today, 0)) || picture(&text).len() == 15, "today is there: {text}");
    let list = home.listed(&[]);
    let rows: Vec<_> = list.lines().map(joined).collect();
    let weekday = |ago: i64| today.checked_sub(ago.days()).expect("a date").strftime("%a").to_string();
    assert_eq!(rows[0], format!("{} 12:00 ice cold 15 of 15 min pain 4", weekday(1)));
    assert_eq!(rows[1], format!("{} 20:00 ice cold 9 of 15 min pain 6 ended early", weekday(2)));
    assert!(rows[4].ends_with(" 12:00 contrast"), "a long row makes no other one long: {list}");
    assert_eq!(rows[5], "cold 20 of 20 min, heat 20 of 20 min pain 8 to 6");
    assert_eq!(rows.len(), 7, "the list goes further back: {list}");
    assert!(!text.contains("average"), "{text}");
}

#[test]
fn one_session_or_none_is_shown_as_it_is() {
    let home = Home::new();
    assert_eq!(home.ask(&["history"]), "No sessions yet.\n");
    assert_eq!(home.ask(&["history", "--protocol", "ice"]), "No sessions of the protocol ice yet.\n");
    assert!(home.ask(&["stats"]).starts_with("No sessions since "));
    let empty = home.json(&["stats", "--json"]);
    assert_eq!(
        (&empty["groups"], &empty["total"]["sessions"], &empty["total"]["median_change"]),
        (&json!([]), &json!(0), &Value::Null)
    );
    let none = Home::empty();
    for command in ["history", "stats"] {
        assert!(none.ask(&[command]).starts_with("No sessions "), "{command}");
        none.json(&[command, "--json"]);
    }
    assert!(!none.journal().exists(), "reading makes no journal");

    let today = put(&home, &[Put { ago: 1, ..ICE }]);
    let text = home.ask(&["history"]);
    assert!(text.starts_with("One block is 5 min\n"), "{text}");
    assert_eq!(row(&text, today, 1), format!("{:<12}▒▒▒", day(today, 1)));
    let stats = home.ask(&["stats"]);
    assert!(
        stats.lines().next().is_some_and(|line| line.starts_with("Since ") && line.ends_with(": 1 session")),
        "{stats}"
    );
    assert_eq!(stats.lines().count(), 3, "no score, so no sentence about scores: {stats}");
    assert!(joined(&stats).ends_with(" 1 - 15 min"), "{stats}");
}

/// A session with no dose and no score is listed, and there is nothing to draw.
#[test]
fn a_session_without_a_dose_is_only_listed() {
    let home = Home::new();
    put(&home, &[Put { ago: 1, cold: [0, 15], outcome: "stopped", ..ICE }]);
    let text = home.ask(&["history"]);
    assert!(text.ends_with("  ice  cold 0 of 15 min  stopped\n") && text.lines().count() == 1, "{text}");
}

#[test]
fn sessions_that_were_cut_off_are_counted_as_such() {
    let home = Home::new();
    let cut = Put { ago: 1, cold: [10, 15], outcome: "cut_off", ..ICE };
    let today = put(&home, &[Put { hour: 8, ..cut }, cut]);
    assert_eq!(row(&home.ask(&["history"]), today, 1), format!("{:<12}▒▒ ▒▒", day(today, 1)));
    let stats = home.ask(&["stats"]);
    assert!(stats.lines().next().is_some_and(|line| line.ends_with(": 2 sessions, 2 cut off")), "{stats}");
    let total = &home.json(&["stats", "--json"])["total"];
    assert_eq!([&total["cut_off"], &total["completed"], &total["without_pair"]], [&json!(2), &json!(0), &json!(2)]);
}

/// Ten years, a session a day.
#[test]
fn ten_years_are_shown_as_the_last_of_them() {
    let home = Home::new();
    let sessions: Vec<_> = (1..=3650).map(|ago| Put { ago, pain: [Some(6), Some(4)], ..ICE }).collect();
    let today = put(&home, &sessions);
    let text = home.ask(&["history"]);
    let days = picture(&text).len();
    assert!((14..=15).contains(&days), "{text}");
    let list = home.listed(&[]);
    let (rows, below) = list.split_once("\n\n").expect("a hint");
    assert_eq!((rows.lines().count(), below), (20, "Earlier ones: therapy history -n 100, or --since 30d\n"));
    assert_eq!(home.listed(&["-n", "100"]).split_once("\n\n").map(|(rows, _)| rows.lines().count()), Some(100));
    assert_eq!(home.listed(&["-n", "5000"]).lines().count(), 3650, "{}", "all, and no hint");
    assert_eq!(home.listed(&["-n", "3650"]).lines().count(), 3650);
    let count =
        |arguments: &[&str]| home.json(&[&["history", "--json"], arguments].concat()).as_array().expect("a list").len();
    // A day, because a length would count the session of its last day only before noon.
    let since = today.checked_sub(10.days()).expect("a date").to_string();
    assert_eq!([count(&[]), count(&["-n", "7"]), count(&["--since", &since, "-n", "100"])], [3650, 7, 10]);
    assert_eq!(home.history().last(), home.json(&["history", "--json", "-n", "1"]).as_array().expect("a list").last());
    assert_eq!(stdout(&home.run(&["history", "--csv", "-n", "3"])).lines().count(), 1 + 3);
    let all = home.json(&["stats", "--json", "--since", "2001-01-01"]);
    assert_eq!(all["total"]["sessions"], 3650);
    let weeks = all["groups"].as_array().expect("a list");
    assert!((521..=523).contains(&weeks.len()), "{}", weeks.len());
    let sum: u64 = weeks.iter().filter_map(|week| week["sessions"].as_u64()).sum();
    assert_eq!(sum, 3650);
    assert!(weeks.iter().all(|week| week["name"].as_str().is_some_and(|name| {
        name.parse::<Date>().is_ok_and(|date| date.weekday() == jiff::civil::Weekday::Monday)
    })));
    let recent = home.json(&["stats", "--json"]);
    assert!((28..=35).contains(&recent["total"]["sessions"].as_u64().expect("a number")), "four weeks: {recent}");
    // No week but this one is a part of a week.
    let since: jiff::Timestamp = recent["since"].as_str().expect("a time").parse().expect("a time");
    assert_eq!(since.to_zoned(jiff::tz::TimeZone::UTC).weekday(), jiff::civil::Weekday::Monday);
    let weeks = recent["groups"].as_array().expect("a list");
    assert!(weeks.iter().rev().skip(1).all(|week| week["sessions"] == 7), "{recent}");
}

#[test]
fn a_list_can_be_of_a_protocol_or_a_site() {
    let home = Home::new();
    put(
        &home,
        &[
            Put { ago: 3, site: "left-knee", ..ICE },
            Put { ago: 2, cold: [0, 0], heat: [20, 20], protocol: "heat", ..ICE },
            Put { ago: 1, ..ICE },
        ],
    );
    home.ask(&["log", "cold", "10", "--ended", "60h ago", "--site", "left-knee"]);
    home.ask(&["note", "slept", "badly", "--at", "5 days ago", "--site", "left-knee"]);
    home.ask(&["pain", "3", "--at", "5 days ago", "--site", "left-knee"]);
    let list = home.listed(&["--protocol", "ice"]);
    assert_eq!((list.lines().count(), list.matches("  ice").count()), (2, 2), "{list}");
    assert_eq!(home.listed(&["--protocol", "ice", "--site", "knee"]).lines().count(), 1);
    assert_eq!(home.listed(&["--site", "knee"]).lines().count(), 5, "with what was told there");
    assert!(home.listed(&[]).contains("  left knee "), "a score that stands alone has its site");
    assert_eq!(home.listed(&["-n", "1"]).lines().next().map(|line| line.contains("  ice  ")), Some(true));
    assert_eq!(home.json(&["history", "--json", "--protocol", "heat"])[0]["heat_s"], 1200.0);
    for (arguments, why) in [
        (["history", "-n", "0"], "a list has at least one row"),
        (["history", "-n", "-3"], "\"-3\" is not a whole number of rows"),
        (["history", "-n", "x"], "\"x\" is not a whole number of rows"),
    ] {
        let output = home.run(&arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(crate::support::stderr(&output).contains(why), "{arguments:?}: {output:?}");
    }
}

#[test]
fn sums_are_by_week_site_or_protocol() {
    let home = Home::new();
    let knee = Put { site: "left-knee", ..ICE };
    let heat = Put { cold: [0, 0], heat: [20, 20], protocol: "heat", ..ICE };
    let mut sessions = vec![Put { ago: 1, cold: [9, 15], outcome: "ended_early", ..knee }, Put { ago: 2, ..knee }];
    sessions.extend((1..=7).map(|ago| Put {
        ago,
        hour: 18,
        pain: [Some(7), Some(if ago < 4 { 6 } else { 4 })],
        ..heat
    }));
    sessions.push(Put { ago: 40, ..ICE });
    let today = put(&home, &sessions);
    home.ask(&["log", "cold", "10", "--ended", "30h ago", "--site", "neck"]);
    home.ask(&["log", "cold", "50", "--ended", "28h ago", "--site", "neck"]);
    home.ask(&["undo"]);
    let by = |what: &str| {
        let text = home.ask(&["stats", "--by", what]).replace("\n    ", " ");
        text.lines().map(joined).collect::<Vec<_>>()
    };
    let since = today.checked_sub(28.days()).expect("a date");
    let since = since.checked_sub(i64::from(since.weekday().to_monday_zero_offset()).days()).expect("a date");
    let since = since.strftime("%-d %B").to_string();
    let protocols = by("protocol");
    assert!(protocols[0].starts_with(&format!("Since {since}")), "{protocols:?}");
    assert!(protocols[0].ends_with(": 9 sessions, 1 ended early, 1 dose logged"), "{protocols:?}");
    assert_eq!(protocols[1], "protocol sessions heat cold pain, median change");
    assert_eq!(protocols[2], "heat 7 2 h 20 min - -3 of 10, 7 pairs");
    assert_eq!(protocols[3..5], ["ice 2 - 24 min", "logged 0 - 10 min"]);
    assert_eq!(protocols[5], "Heat and cold include the dose that you logged.");
    assert!(
        protocols[6].starts_with("Lower after, which may have happened anyway: ") && protocols.len() == 7,
        "{protocols:?}"
    );
    let sites = by("site");
    assert_eq!(sites[1], "site sessions heat cold pain, median change");
    let rows = ["left knee 2 - 24 min", "lower back 7 2 h 20 min - -3 of 10, 7 pairs", "neck 0 - 10 min"];
    assert_eq!(sites[2..5], rows);
    assert_eq!(by("week")[1], "week of sessions heat cold pain, median change");
    let json = home.json(&["stats", "--by", "protocol", "--json"]);
    let heat = &json["groups"][0];
    assert_eq!(
        (&heat["name"], &heat["pairs"], &heat["median_change"], &heat["class"], &heat["heat_s"]),
        (&json!("heat"), &json!(7), &json!(-3.0), &json!("lower_after"), &json!(8400.0))
    );
    let total = &json["total"];
    assert_eq!((&total["told"], &total["told_cold_s"], &total["cold_s"]), (&json!(1), &json!(600.0), &json!(2040.0)));
    assert_eq!((&json["by"], &json["groups"][2]["name"]), (&json!("protocol"), &Value::Null));
    let knee = home.ask(&["stats", "--site", "knee"]);
    assert!(knee.lines().next().is_some_and(|line| line.contains(", knee: 2 sessions, 1 ended early")), "{knee}");
    assert!(home.ask(&["stats", "--since", "50d", "--by", "protocol"]).contains(": 10 sessions"));
    assert_eq!(home.run(&["stats", "--by", "day"]).status.code(), Some(2));
}

#[test]
fn few_scores_are_too_few_to_tell() {
    let home = Home::new();
    let scored = |ago| Put { ago, pain: [Some(8), Some(1)], ..ICE };
    put(&home, &[scored(1), scored(2), Put { ago: 3, pain: [Some(8), None], ..ICE }]);
    let text = joined(&home.ask(&["stats", "--by", "site"]));
    assert!(text.contains("lower back 3 - 45 min 2 pairs: too few to tell It takes 6 pairs of scores"), "{text}");
    put(&home, &[scored(4), scored(5), scored(6), scored(7)]);
    let text = joined(&home.ask(&["stats", "--by", "site"]));
    assert!(text.contains("-7 of 10, 6 pairs Lower after, which may have happened anyway"), "{text}");
    put(&home, &[Put { ago: 8, ..ICE }; 6]);
    let text = joined(&home.ask(&["stats", "--by", "site"]));
    assert!(text.contains("Most sessions lack a score before or after"), "{text}");
}

/// A session that runs may still get its second score, so it is not among those that lack one.
#[test]
fn a_session_without_an_end_lacks_no_score() {
    let home = Home::new();
    put(&home, &[Put { ago: 1, pain: [Some(8), Some(1)], ..ICE }; 6]);
    put(&home, &[Put { ago: 2, pain: [Some(8), None], ..ICE }]);
    home.sql().execute("UPDATE session SET outcome = NULL, ended_ms = NULL WHERE id = 7", []).expect("a row");
    let steps =
        r#"UPDATE session SET steps = '[{"kind":"cold","length_ns":900000000000,"note":null,"round":1,"origin":0}]'"#;
    home.sql().execute(steps, []).expect("rows");
    let total = home.json(&["stats", "--json"])["total"].clone();
    assert_eq!([&total["sessions"], &total["not_ended"], &total["without_pair"]], [&json!(7), &json!(1), &json!(0)]);
}

/// A home with much of everything.
fn busy() -> Home {
    let home = Home::new();
    let mut sessions = Vec::new();
    for ago in (1..20).filter(|ago| ago % 4 != 3) {
        let contrast = Put {
            heat: [60, 60],
            cold: [45, 60],
            protocol: "contrast-with-a-long-name",
            outcome: "ended_early",
            ..ICE
        };
        sessions.extend([
            Put { ago, hour: 9, pain: [Some(10), Some(4)], ..ICE },
            Put { ago, hour: 12, site: "left-shoulder", pain: [Some(6), Some(5)], ..contrast },
        ]);
    }
    put(&home, &sessions);
    home.ask(&["log", "heat", "25", "--ended", "30h ago", "--site", "left-knee"]);
    home.ask(&["pain", "3", "--at", "5 days ago", "--site", "neck"]);
    home.ask(&["note", "slept", "badly", "--at", "5 days ago"]);
    home
}

#[cfg(unix)]
#[test]
fn nothing_is_wider_than_the_terminal() {
    let home = busy();
    for columns in [200, 80, 60, 40, 30] {
        for command in [&["history"][..], &["stats"], &["stats", "--by", "protocol"], &["stats", "--by", "site"]] {
            let mut terminal = Terminal::start(home.command(command), 100, columns);
            assert_eq!(terminal.end().code(), Some(0));
            let text = terminal.text().replace("\r\n", "\n");
            let plain = without_codes(&text);
            for line in plain.lines() {
                let line = line.trim_end_matches('\0');
                assert!(display_width(line) <= usize::from(columns), "{columns}, {command:?}: {line:?}\n{text}");
            }
            if command == ["history"] {
                assert!(plain.contains("▒") && plain.contains("█"), "{columns}: {plain}");
                assert!(joined(&plain).contains("one block is "), "{columns}: {plain}");
            }
        }
    }
}

#[test]
fn a_pack_has_its_colour_and_nothing_else_has() {
    let home = busy();
    let with = |name: &str, value: &str| stdout(&programs::output(home.command(&["history"]).env(name, value)));
    let coloured = with("CLICOLOR_FORCE", "1");
    let codes: std::collections::BTreeSet<&str> =
        coloured.split('\u{1b}').skip(1).filter_map(|part| part.split_once('m')).map(|(code, _)| code).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["[0", "[91", "[94"]);
    let plain = with("NO_COLOR", "1");
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert_eq!(without_codes(&coloured), plain);
    assert_eq!(home.ask(&["history"]), plain, "no colours for a pipe");
    assert!(!home.ask(&["stats"]).contains('\u{1b}'));
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    let home = busy();
    for command in [&["history"][..], &["stats", "--by", "site"]] {
        let ascii = stdout(&programs::output(home.command(command).env("LC_ALL", "C")));
        assert!(ascii.is_ascii(), "{ascii}");
        let unicode = home.ask(command);
        let lines = |text: &str| text.lines().map(display_width).collect::<Vec<_>>();
        assert_eq!(lines(&ascii), lines(&unicode), "every character keeps its column");
    }
    let ascii = |command: &[&str]| stdout(&programs::output(home.command(command).env("LC_ALL", "C")));
    let history = ascii(&["history"]);
    assert!(history.contains("##") && history.contains("~~"), "{history}");
    // So do other drawings.
    let show = ascii(&["show", "contrast"]);
    assert!(show.contains("####") && show.contains("~~~~") && !show.contains(['█', '▒']), "{show}");
    assert!(!ascii(&["plan"]).contains('·') && !ascii(&["list"]).contains('…'));
}
