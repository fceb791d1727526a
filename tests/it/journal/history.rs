//! `therapy history` for known sessions.

use jiff::tz::TimeZone;
use therapy::domain::exposure::Exposure;
use therapy::domain::protocol::{Choice, Draft};
use therapy::domain::rules::{Context, RuleId};
use therapy::domain::step::PerModality;
use therapy::domain::step::StepKind::{Cold, Heat};
use therapy::edge::clock;
use therapy::edge::journal::{Journal, NewSession};
use therapy::text::times::{Here, in_full};

use super::{Clocks, FIRST, HOUR_MS, NOON_MS, OPTIONS, events_of, ice_20, min};
use crate::laws::START;
use crate::support::{Home, stderr, stdout};
#[cfg(unix)]
use crate::terminal::Terminal;

/// A home with a journal in it.
fn home() -> (Home, Journal) {
    let home = Home::new();
    let journal = Journal::open(&home.path().join("data")).expect("a new journal");
    (home, journal)
}

/// A completed session, this many hours after noon, with the pain before and after it.
fn noted(journal: &Journal, name: &str, steps: &[Exposure], hour: i64, pain: [Option<u8>; 2]) -> i64 {
    let plan = Draft::of(name, steps);
    let protocol = plan.review(Choice::default(), &Context::default(), &[]).expect("it passes");
    let started_ms = NOON_MS + hour * HOUR_MS;
    let overrides: &[RuleId] = if hour == 0 { &[RuleId::ColdDaily, RuleId::Rewarm] } else { &[] };
    let new = NewSession { protocol: &protocol, options: OPTIONS, overrides, pain: pain[0], started_ms };
    let id = journal.begin(&new).expect("a session begins");
    let clocks = Clocks { origin_ms: FIRST.origin_ms + hour * HOUR_MS, ..FIRST };
    let events: Vec<_> =
        events_of(&protocol, START, &[]).into_iter().map(|event| (clocks.at(event.at), event)).collect();
    journal.commit(id, &events, &[]).expect("events are written");
    if let Some(after) = pain[1] {
        assert!(
            journal
                .note_pain(
                    after,
                    None,
                    None,
                    &clocks.at(START + steps.iter().map(|(_, length)| *length).sum() + min(20))
                )
                .expect("noted")
        );
    }
    id
}

fn shown(home: &Home, arguments: &[&str]) -> String {
    let output = home.run(&[&["history"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

fn none_since(at: &str) -> String {
    format!("No sessions since {}.\n", in_full(at.parse().expect("a time"), clock::wall(), &TimeZone::UTC))
}

#[test]
fn history_is_sorted_by_time_and_starts_at_since() {
    let (home, journal) = home();
    let late = noted(&journal, "late", &[(Heat, min(20))], 26, [None, Some(2)]);
    let early = noted(&journal, "early", &[(Cold, min(15))], 0, [Some(7), Some(4)]);
    let middle = noted(&journal, "middle", &[(Heat, min(10)), (Cold, min(10))], 24, [Some(3), None]);
    let ids =
        |since_ms| -> Vec<i64> { journal.history(since_ms).expect("a history").iter().map(|entry| entry.id).collect() };
    assert_eq!(ids(i64::MIN), [early, middle, late]);
    assert_eq!(ids(NOON_MS), [early, middle, late]);
    assert_eq!(ids(NOON_MS + 1), [middle, late]);
    assert_eq!(ids(i64::MAX), [0; 0]);
    let pains: Vec<_> = journal.history(i64::MIN).expect("a history").iter().map(|entry| entry.pain).collect();
    assert_eq!(pains, [[Some(7), Some(4)], [Some(3), None], [None, Some(2)]]);

    let all = shown(&home, &[]);
    let rows: Vec<&str> = all.lines().collect();
    assert!(rows[2].starts_with(&(said("2026-03-03 12:00") + "  early")), "{all}");
    assert!(rows[2].ends_with("pain 7 to 4") && rows[1].ends_with("pain 3") && rows[0].ends_with("pain 2"), "{all}");
    assert!(rows[2].contains("cold 15 of 15 min"), "{all}");
    let since = shown(&home, &["--since", "2026-03-04 13:00"]);
    assert_eq!(since.split_whitespace().collect::<Vec<_>>(), rows[0].split_whitespace().collect::<Vec<_>>());
    assert_eq!(shown(&home, &["--since", "2026-03-06"]), none_since("2026-03-06T00:00:00Z"));
}

#[test]
fn the_time_zone_changes_only_the_display() {
    let (home, journal) = home();
    // Daylight saving time began in New York on 2026-03-08.
    for hour in [0, 7 * 24] {
        noted(&journal, "ice", &[(Cold, min(15))], hour, [None, None]);
    }
    let there =
        |arguments: &[&str]| stdout(&home.command(arguments).env("TZ", "America/New_York").output().expect("it runs"));
    let shown_there = there(&["history"]);
    let has = |time: &str| shown_there.contains(&said(time));
    assert!(has("2026-03-03 07:00") && has("2026-03-10 08:00"), "{shown_there}");
    assert_eq!(there(&["history", "--json"]), shown(&home, &["--json"]));
    assert_eq!(there(&["history", "--csv"]), shown(&home, &["--csv"]));
}

#[test]
fn a_session_whose_clock_never_started_is_closed_without_a_message() {
    let (home, journal) = home();
    let protocol = ice_20();
    let new = NewSession { protocol: &protocol, options: OPTIONS, overrides: &[], pain: None, started_ms: NOON_MS };
    journal.begin(&new).expect("a session begins");
    home.own(1, &[("rest", "1s")]);
    let errors = stderr(&home.session(&["own.toml"]));
    assert!(errors.starts_with("warning: no alarm can reach you") && errors.lines().count() == 1, "{errors}");
    let [entry, _] = &journal.history(i64::MIN).expect("a history")[..] else { panic!("it, and another session") };
    assert_eq!((entry.outcome.as_deref(), entry.actual), (Some("cut_off"), PerModality::default()));
}

#[test]
fn a_name_that_looks_like_a_formula_is_marked_in_csv() {
    let (home, journal) = home();
    noted(&journal, "=cmd|' /C calc'!A0", &[(Heat, min(5))], 0, [None, None]);
    let printed = shown(&home, &["--csv"]);
    assert!(printed.contains("\n1,\"'=cmd|' /C calc'!A0\","), "{printed}");
}

#[test]
fn csv_keeps_its_columns_for_any_protocol_name() {
    let (home, journal) = home();
    noted(&journal, "say \"ice\", twice", &[(Cold, min(15))], 0, [Some(7), None]);
    noted(&journal, "plain", &[(Heat, min(5))], 1, [None, None]);
    assert_eq!(
        shown(&home, &["--csv"]),
        "id,protocol,started_at,ended_at,outcome,planned_cold_s,planned_heat_s,cold_s,heat_s,pain_before,pain_after,overrides,assumed,site,told,notes,kind,pain,pain_later,imported\n\
         1,\"say \"\"ice\"\", twice\",2026-03-03T12:00:00Z,2026-03-03T12:15:00Z,completed,900,0,900,0,7,,\"cold-daily rewarm\",false,lower-back,false,\"\",session,,,false\n\
         2,\"plain\",2026-03-03T13:00:00Z,2026-03-03T13:05:00Z,completed,0,300,0,300,,,\"\",false,lower-back,false,\"\",session,,,false\n"
    );
    let json: serde_json::Value = serde_json::from_str(&shown(&home, &["--json"])).expect("a document");
    assert_eq!(json[0]["overrides"], serde_json::json!(["cold-daily", "rewarm"]));
    assert_eq!(json[1]["overrides"], serde_json::json!([]));
}

/// A time as the list has it today.
fn said(time: &str) -> String {
    let at: jiff::Timestamp = format!("{}:00Z", time.replace(' ', "T")).parse().expect("a time");
    Here { now: clock::wall(), zone: TimeZone::UTC }.brief(at.as_millisecond())
}

/// The lines of `therapy history` on a terminal of this width.
#[cfg(unix)]
fn on_a_terminal(home: &Home, columns: u16) -> Vec<String> {
    let mut terminal = Terminal::start(home.command(&["history"]), 60, columns);
    assert_eq!(terminal.end().code(), Some(0));
    let text = terminal.text().replace("\r\n", "\n");
    text.split('\n').map(|line| line.trim_end_matches('\0').to_owned()).filter(|line| !line.is_empty()).collect()
}

#[cfg(unix)]
#[test]
fn no_line_of_the_history_is_wider_than_the_terminal() {
    let (home, journal) = home();
    let name = "a-long-name-of-forty-letters-冷却-and-more";
    let steps = [(Heat, min(20)), (Cold, min(20)), (Heat, min(20)), (Cold, min(20))];
    for hour in [0, 24, 48, 72] {
        noted(&journal, name, &steps, hour, [Some(10), Some(10)]);
    }
    let ended_early = "UPDATE session SET outcome = 'cut_off', assumed = 1, cold_ns = cold_ns / 2 WHERE id = 1";
    home.sql().execute(ended_early, []).expect("a row");
    let width = |line: &str| textwrap::core::display_width(line);
    for columns in [200, 100, 80, 60, 40, 20] {
        let lines = on_a_terminal(&home, columns);
        assert!(lines.iter().all(|line| width(line) <= usize::from(columns)), "{columns}: {lines:#?}");
        let all = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        for part in ["heat 40 of 40 min", "pain 10 to 10", "cut off, dose assumed"] {
            assert!(columns < 40 || all.contains(part), "{columns}: {part}: {all}");
        }
    }
    assert!(on_a_terminal(&home, 200)[0].contains("pain 10 to 10"), "one row where it fits");
    // Off a terminal, it is as wide as most terminals.
    let piped = shown(&home, &[]);
    assert!(piped.lines().all(|line| width(line) <= 80), "{piped}");
    assert!(piped.starts_with(&(said("2026-03-06 12:00") + "  a-long-name")), "{piped}");
    assert!(
        piped.lines().nth(1).is_some_and(|line| line.starts_with("    cold 40 of 40 min, heat 40 of 40 min  pain 10"))
    );
}

/// A score that belongs to no session has a row of its own, in every form.
#[cfg(unix)]
#[test]
fn a_score_that_stands_alone_is_a_row_of_its_own() {
    let (home, journal) = home();
    let note = |score, hour: u64| journal.note_pain(score, None, None, &FIRST.after(min(60 * hour))).expect("noted");
    assert!(!note(8, 1));
    assert_eq!(shown(&home, &[]), said("2026-03-03 13:00") + "  pain 8\n", "no session yet");
    noted(&journal, "ice", &[(Cold, min(15))], 24, [Some(7), Some(4)]);
    noted(&journal, "ice", &[(Cold, min(10))], 48, [None, None]);
    assert!(!note(3, 52) && !note(10, 52), "later than two hours after the last one");
    let rows = [
        ("2026-03-05 16:00", "                          pain 10"),
        ("2026-03-05 16:00", "                          pain 3"),
        ("2026-03-05 12:00", "  ice  cold 10 of 10 min"),
        ("2026-03-04 12:00", "  ice  cold 15 of 15 min  pain 7 to 4"),
        ("2026-03-03 13:00", "                          pain 8"),
    ];
    let rows = rows.map(|(at, rest)| said(at) + rest + "\n");
    assert_eq!(shown(&home, &[]), rows.concat());
    let since = |time: &str| shown(&home, &["--since", time]);
    assert_eq!(
        since("2026-03-05 13:00"),
        said("2026-03-05 16:00") + "  pain 10\n" + &said("2026-03-05 16:00") + "  pain 3\n"
    );
    assert_eq!(since("2026-03-05 16:01"), none_since("2026-03-05T16:01:00Z"));
    let narrow = on_a_terminal(&home, 40);
    assert_eq!(narrow[0], rows[0].replace("                          ", "  ").trim_end());
    assert_eq!(narrow[2..4], [said("2026-03-05 12:00") + "  ice", "    cold 10 of 10 min".to_owned()]);
    let of = |field: &str| home.history().iter().map(|row| row[field].clone()).collect::<Vec<_>>();
    assert_eq!(of("kind"), ["score", "session", "session", "score", "score"]);
    let null = serde_json::Value::Null;
    assert_eq!(of("pain"), [8.into(), null.clone(), null.clone(), 3.into(), 10.into()]);
    assert_eq!(of("id"), [null.clone(), 1.into(), 2.into(), null.clone(), null]);
    let csv = shown(&home, &["--csv"]);
    assert_eq!(
        csv.lines().nth(1),
        Some(",,2026-03-03T13:00:00Z,2026-03-03T13:00:00Z,told,0,0,0,0,,,\"\",false,,true,\"\",score,8,,")
    );
    assert_eq!(csv.lines().count(), 1 + 5);
}

/// The clock was set back while a session ran.
#[test]
fn no_end_of_a_session_is_before_its_start() {
    let (home, journal) = home();
    noted(&journal, "ice", &[(Cold, min(15))], 0, [None, None]);
    noted(&journal, "ice", &[(Cold, min(15))], 24, [None, None]);
    noted(&journal, "ice", &[(Cold, min(15))], 48, [None, None]);
    home.sql().execute("UPDATE session SET ended_ms = started_ms - 1 WHERE id = 2", []).expect("a row");
    home.sql().execute("UPDATE session SET ended_ms = started_ms WHERE id = 3", []).expect("a row");
    let json = home.history();
    let ended = |at: usize| json[at]["ended_at"].as_str();
    assert_eq!((ended(0), ended(1)), (Some("2026-03-03T12:15:00Z"), None));
    assert_eq!(ended(2), json[2]["started_at"].as_str(), "within a millisecond");
    assert_eq!(json[1]["outcome"], "completed");
    let csv = shown(&home, &["--csv"]);
    assert!(csv.contains("\n2,\"ice\",2026-03-04T12:00:00Z,,completed,"), "{csv}");
}

#[test]
fn an_empty_list_says_since_when() {
    let (home, journal) = home();
    assert_eq!(shown(&home, &[]), "No sessions yet.\n");
    noted(&journal, "ice", &[(Cold, min(15))], 0, [None, None]);
    assert!(shown(&home, &["--since", "2026-03-03"]).contains("ice"));
    assert_eq!(shown(&home, &["--since", "2026-03-04"]), none_since("2026-03-04T00:00:00Z"));
    assert_eq!(shown(&home, &["--since", "2026-03-03 12:01"]), none_since("2026-03-03T12:01:00Z"));
}
