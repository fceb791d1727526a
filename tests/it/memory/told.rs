//! What the timer did not see: `log`, `note`, `pain --at` and `undo`.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Home, joined, stderr, stdout};

/// The cold and the heat on the skin at a site, in minutes.
fn loads(home: &Home, site: &str) -> [u64; 2] {
    let next = home.json(&["next", "--json", "--site", site]);
    ["cold_load_s", "heat_load_s"].map(|load| {
        let seconds = next[load].as_f64().expect("a number");
        // A command takes its time.
        let rounded = ((seconds + 20.0) / 60.0).floor();
        format!("{rounded}").parse().expect("a whole number")
    })
}

/// Exit code and standard error.
fn refused(home: &Home, arguments: &[&str]) -> (Option<i32>, String) {
    let output = home.run(arguments);
    (output.status.code(), stderr(&output))
}

#[test]
fn a_told_dose_says_what_was_understood_and_what_it_forbids() {
    let home = Home::new();
    let said = home.ask(&["log", "cold", "15min"]);
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("Logged: 15 min of cold, lower back, until ") && lines.len() == 2, "{said}");
    assert!(
        lines[1].starts_with("Cold again: possible from ") && lines[1].contains(", in 20 min (rewarm), "),
        "{said}"
    );
    assert!(lines[1].ends_with(" (2 h between cold sessions)."), "{said}");
    assert_eq!(loads(&home, "lower-back"), [15, 0]);
    // The same words as everywhere.
    let next = joined(&home.ask(&["next"]));
    let possible = lines[1].trim_start_matches("Cold again: ").trim_end_matches('.');
    assert!(
        next.contains(possible) || next.contains(&possible.replace("in 20 min", "in 19 min")),
        "{next}: {possible}"
    );
    // Two hours ago, on the other side, and more than a limit: it is a fact.
    let heat = home.ask(&["log", "heat", "40", "min", "--ended", "20min", "ago", "--site", "right-knee"]);
    let told = "That is 10 min of heat over the limit. Look at the skin.";
    assert!(heat.contains("Logged: 40 min of heat, right knee, until ") && heat.contains(told), "{heat}");
    assert!(heat.contains("\nHeat again: possible from ") && heat.contains(" (rewarm).\n"), "{heat}");
    assert_eq!((loads(&home, "right-knee"), loads(&home, "left-knee")), ([0, 30], [0, 0]));
    let old = home.ask(&["log", "cold", "5", "--ended", "5h ago", "--site", "left-hand"]);
    assert!(old.ends_with("\nCold again: possible now.\n") && old.lines().count() == 2, "{old}");
    // A refusal that a wait helps against says how to wait.
    let (_, refused) = refused(&home, &["run", "ice", "--dry-run"]);
    assert!(refused.contains("\n  or wait: therapy run ice --when-allowed\n"), "{refused}");
}

#[test]
fn after_a_session_that_was_cut_off_a_told_dose_says_to_close_it_first() {
    let home = Home::new();
    let mut running = home.long_session();
    running.signal(Signal::KILL);
    running.end();
    let said = home.ask(&["log", "heat", "10min", "--site", "left-hand"]);
    assert!(said.ends_with(" First therapy resume, or therapy stop.\n") && !said.contains("possible now"), "{said}");
}

#[test]
fn a_told_dose_takes_nothing_off_the_other_load() {
    let home = Home::new();
    home.ask(&["log", "cold", "20", "--ended", "10min ago"]);
    home.ask(&["log", "heat", "10"]);
    assert_eq!(loads(&home, "lower-back"), [15, 10]);
    // Doses that overlap both count, and those of a neighbour too.
    home.ask(&["log", "heat", "10", "--site", "left-hip"]);
    assert_eq!((loads(&home, "lower-back"), loads(&home, "right-hip")), ([15, 20], [15, 10]));
}

#[test]
fn what_is_no_dose_of_the_past_is_a_mistake() {
    let home = Home::new();
    let future = "in the future";
    for (arguments, why, way_out) in [
        (&["log", "rest", "5min"][..], "rest gives no dose, so it is not logged", "log cold or heat; "),
        (&["log", "stretch", "5min"], "stretch gives no dose", "therapy note \"stretched for 5 min\""),
        (&["log", "cld", "5min"], "\"cld\" is neither cold nor heat", "try: therapy log cold 5min\n"),
        (&["log", "cold", "25h"], "1 day 1 h is longer than a day", "try: therapy log cold 15min"),
        (&["log", "cold", "0"], "\"0\" is shorter than 1 s", "try: therapy log cold 15min"),
        (&["log", "cold", "5M"], "M in \"5M\" is minutes or months", "try: therapy log cold 5min\n"),
        (&["log", "cold", "5", "--ended", "tomorrow"], future, "try: yesterday"),
        (&["log", "cold", "5", "--ended", "2999-01-01"], future, "try: yesterday"),
        (&["log", "cold", "5", "--site", "kne"], "there is no site \"kne\"", "--site knee\n"),
        (&["note", " "], "an empty note", "try: therapy note "),
        (&["note", "x", "--at", "in 2 h"], "in the future", ""),
        (&["pain", "4", "--at", "tomorrow"], future, "try: yesterday"),
        (&["pain", "11"], "\"11\" is not a pain score", "to 10, the worst"),
    ] {
        let (code, errors) = refused(&home, arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(why) && errors.contains(way_out), "{arguments:?}: {errors}");
    }
    let long = "x".repeat(501);
    assert!(refused(&home, &["note", &long]).1.contains("the note has 501 letters; at most 500 are kept"));
    let rows = "SELECT (SELECT count(*) FROM told) + (SELECT count(*) FROM note) + (SELECT count(*) FROM pain)";
    assert_eq!(home.number(rows), 0, "nothing was stored");
}

/// A range counts to its end, as far as that is over.
#[test]
fn a_range_ends_at_its_latest_time_that_is_not_after_now() {
    let home = Home::new();
    let output = home.run(&["log", "cold", "15", "--ended", "today"]);
    assert!(stderr(&output).starts_with("note: \"today\" is not exact, so its latest time counts: "), "{output:?}");
    assert_eq!(loads(&home, "lower-back"), [15, 0]);
    home.ask(&["log", "cold", "15", "--ended", "yesterday", "--site", "neck"]);
    let neck = &home.json(&["history", "--json", "--site", "neck"])[0];
    assert!(neck["ended_at"].as_str().is_some_and(|ended| ended.contains("T23:59:59")), "{neck}");
}

#[test]
fn a_told_dose_is_in_the_history_in_every_form() {
    let home = Home::at_rate(50_000.0);
    home.session(&["ice", "--site", "left-knee"]);
    home.ask(&["log", "cold", "15", "--ended", "30h ago", "--site", "left-knee"]);
    home.ask(&["log", "heat", "20min", "--ended", "40h ago"]);
    let rows = home.history();
    let of = |field: &str| rows.iter().map(|row| row[field].clone()).collect::<Vec<_>>();
    assert_eq!(of("told"), [true, true, false], "by the time of their start");
    assert_eq!(of("outcome"), ["told", "told", "completed"]);
    assert_eq!(of("protocol"), [Value::Null, Value::Null, json!("ice")]);
    assert_eq!(
        (of("cold_s"), of("heat_s")),
        (vec![json!(0.0), json!(900.0), json!(900.0)], vec![json!(1200.0), json!(0.0), json!(0.0)])
    );
    assert_eq!(of("site"), ["lower-back", "left-knee", "left-knee"]);
    let table = home.listed(&[]);
    let lines: Vec<_> = table.lines().map(joined).collect();
    assert!(
        lines[1].ends_with(" cold · left knee 15 min logged") && lines[2].ends_with(" heat 20 min logged"),
        "{table}"
    );
    let csv = home.ask(&["history", "--csv"]);
    let csv: Vec<_> = csv.lines().collect();
    assert!(csv[0].ends_with(",assumed,site,told,notes,kind,pain,pain_later,imported"), "{csv:?}");
    assert!(csv[2].starts_with("2,,") || csv[2].starts_with("1,,"), "{csv:?}");
    assert!(csv[2].contains(",told,0,0,900,0,,,\"\",false,left-knee,true,\"\",dose,"), "{csv:?}");
    assert_eq!(home.json(&["history", "--json", "--site", "knee"]).as_array().expect("a list").len(), 2);
    assert_eq!(home.json(&["history", "--json", "--since", "35h ago"]).as_array().expect("a list").len(), 2);
    // A copy has it too.
    let copy = home.path().join("copy.db");
    home.ask(&["export", copy.to_str().expect("a plain path")]);
    let copied = rusqlite::Connection::open(copy).expect("a database");
    let told: i64 = copied.query_row("SELECT count(*) FROM told", [], |row| row.get(0)).expect("a number");
    assert_eq!(told, 2);
}

/// To tell a dose and to take it back lowers no count.
#[test]
fn a_dose_that_was_taken_back_counts_for_a_day() {
    let home = Home::new();
    home.ask(&["log", "cold", "20", "--site", "neck"]);
    let undone = home.ask(&["undo"]);
    assert!(undone.starts_with("Taken back: 20 min of cold, neck, until "), "{undone}");
    assert!(
        undone.contains("\nIt counts for the rules until ") && undone.ends_with(", 24 h after you logged it.\n"),
        "{undone}"
    );
    assert_eq!(loads(&home, "neck"), [20, 0]);
    assert_eq!(home.run(&["run", "ice", "--site", "neck", "--dry-run"]).status.code(), Some(3));
    let table = home.ask(&["history"]);
    assert!(table.contains("  taken back, counts until "), "{table}");
    assert_eq!((home.history(), home.ask(&["history", "--csv"]).lines().count()), (vec![], 1));
    let (code, errors) = refused(&home, &["undo"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        errors,
        "error: nothing is left to take back: no log, note or pain\n  what is recorded: therapy history\n"
    );
    // The trace stays, and a day later it counts no more.
    assert_eq!(home.number("SELECT count(*) FROM told WHERE undone_ms IS NOT NULL"), 1);
    let earlier = |minutes: i64| {
        let sql = "UPDATE told SET noted_ms = noted_ms - ?1 * 60000, clock_ns = clock_ns - ?1 * 60000000000, \
                   ended_ms = ended_ms - ?1 * 60000, length_ns = 86400000000000";
        home.sql().execute(sql, [minutes]).expect("a row");
    };
    earlier(24 * 60 - 1);
    assert_eq!(loads(&home, "neck")[0], 720, "a day of cold that ended almost a day ago");
    earlier(2);
    assert_eq!(loads(&home, "neck"), [0, 0]);
    assert_eq!(home.ask(&["history"]), "No sessions yet.\n");
}

#[test]
fn undo_takes_back_the_last_of_what_was_told_and_never_a_session() {
    let home = Home::at_rate(50_000.0);
    let (code, _) = refused(&home, &["undo"]);
    assert_eq!(code, Some(1));
    home.session(&["ice", "--pain", "6"]);
    home.ask(&["log", "heat", "5"]);
    home.ask(&["note", "skin", "was", "white"]);
    home.ask(&["pain", "4"]);
    // The clock was set back meanwhile: what was told last is still the last.
    home.sql().execute("UPDATE pain SET noted_ms = noted_ms - 90000000 WHERE score = 4", []).expect("a row");
    assert!(home.ask(&["undo"]).starts_with("Taken back: pain 4 of 10, "));
    assert!(home.ask(&["undo"]).ends_with(": skin was white\n"));
    assert!(home.ask(&["undo"]).starts_with("Taken back: 5 min of heat, lower back, until "));
    assert_eq!(home.run(&["undo"]).status.code(), Some(1));
    let row = &home.history()[0];
    assert_eq!((&row["pain_before"], &row["pain_after"], &row["notes"]), (&json!(6), &Value::Null, &json!([])));
    assert_eq!(home.history().len(), 1);
    // What is told again is the last again.
    home.ask(&["pain", "3"]);
    home.ask(&["pain", "2"]);
    home.ask(&["undo"]);
    assert_eq!(home.history()[0]["pain_after"], 3);
}

#[test]
fn a_note_belongs_to_its_session_or_to_a_moment() {
    let home = Home::at_rate(50_000.0);
    let alone = home.ask(&["note", "slept badly", "--at", "30h ago", "--site", "left-hip"]);
    assert!(alone.starts_with("Noted for the left hip, on its own: "), "{alone}");
    home.session(&["ice", "--site", "left-knee"]);
    let said = home.ask(&["note", "skin was white for a minute"]);
    assert!(said.starts_with("Noted for ice, left knee: "), "{said}");
    home.ask(&["note", "a\u{1b}[2J\nb, \"=c\""]);
    assert!(home.ask(&["note", "elsewhere", "--site", "neck"]).starts_with("Noted for the neck, on its own: "));
    let table = home.listed(&[]);
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].ends_with("  note · neck") && lines[1] == "    elsewhere", "{table}");
    assert!(lines[2].contains("  ice · left knee  "), "{table}");
    assert!(lines[3].starts_with("    ") && lines[3].ends_with(" skin was white for a minute"), "{table}");
    assert!(lines[4].ends_with(" a\\u{1b}[2J\\nb, \"=c\""), "{table}");
    assert!(lines[5].ends_with("  note · left hip") && lines[6] == "    slept badly", "{table}");
    let rows = home.history();
    let of = |field: &str| rows.iter().map(|row| row[field].clone()).collect::<Vec<_>>();
    assert_eq!(
        (of("kind"), of("told")),
        (vec![json!("note"), json!("session"), json!("note")], vec![json!(true), json!(false), json!(true)])
    );
    assert_eq!(
        (of("site"), &rows[0]["notes"]),
        (vec![json!("left-hip"), json!("left-knee"), json!("neck")], &json!(["slept badly"]))
    );
    let row = &rows[1];
    assert_eq!(row["notes"], json!(["skin was white for a minute", "a\\u{1b}[2J\\nb, \"=c\""]));
    let csv = home.ask(&["history", "--csv"]);
    assert!(csv.contains(",\"skin was white for a minute; a\\u{1b}[2J\\nb, \"\"=c\"\"\",session,,,false\n"), "{csv}");
    assert!(csv.ends_with(",told,0,0,0,0,,,\"\",false,neck,true,\"elsewhere\",note,,,\n"), "{csv}");
}

#[test]
fn pain_of_the_past_belongs_to_the_session_that_had_just_ended() {
    let home = Home::at_rate(50_000.0);
    home.session(&["ice", "--minutes", "10", "--site", "left-knee"]);
    home.session(&["heat", "--minutes", "10", "--site", "neck"]);
    let earlier = "UPDATE session SET started_ms = started_ms - ?1, ended_ms = ended_ms - ?1 WHERE id = ?2";
    home.sql().execute(earlier, [7 * 3_600_000, 1]).expect("a row");
    home.sql().execute(earlier, [3 * 3_600_000, 2]).expect("a row");
    let said = home.ask(&["pain", "6", "--at", "6h ago"]);
    assert!(said.starts_with("Pain 6 of 10 noted (") && said.ends_with(") for ice, left knee.\n"), "{said}");
    home.ask(&["pain", "3/10", "--at", "2h", "ago"]);
    let alone = home.ask(&["pain", "9", "--at", "4h ago"]);
    assert!(alone.ends_with(" on its own: no session ended in the 2 h before.\n"), "{alone}");
    let there = home.ask(&["pain", "8", "--at", "6h ago", "--site", "neck"]);
    assert!(there.ends_with(" for the neck, on its own: no session there ended in the 2 h before.\n"), "{there}");
    let of_kind = |home: &Home, kind: &str, field: &str| -> Vec<Value> {
        let rows = home.history().into_iter().filter(|row| row["kind"] == kind);
        rows.map(|row| row[field].clone()).collect()
    };
    let after = |home: &Home| of_kind(home, "session", "pain_after");
    assert_eq!(
        (of_kind(&home, "score", "pain"), of_kind(&home, "score", "site")),
        (vec![json!(8), json!(9)], vec![json!("neck"), json!("lower-back")])
    );
    assert_eq!(after(&home), [6, 3]);
    // The score about the last moment counts, in whatever order they are told.
    home.ask(&["pain", "2", "--at", "5h 30min ago"]);
    home.ask(&["pain", "7", "--at", "6h 30min ago"]);
    assert_eq!(after(&home), [2, 3]);
    assert_eq!(
        home.ask(&["history"]).lines().filter(|line| line.contains("pain 9") || line.contains("pain 8")).count(),
        2
    );
    assert_eq!(home.listed(&["--site", "neck"]).lines().count(), 2, "the score there and the session");
    assert!(home.listed(&[]).contains("  neck  "), "a score has its site");
}

/// With several injuries nothing is assumed, as in other commands.
#[test]
fn a_dose_needs_a_site_with_several_injuries() {
    let home = Home::new();
    home.ask(&["injury", "set", "20h ago", "--site", "left-ankle"]);
    home.ask(&["log", "cold", "10"]);
    assert_eq!(loads(&home, "left-ankle"), [10, 0], "the only injury is meant");
    home.ask(&["injury", "set", "5 days ago", "--site", "lower-back"]);
    let (code, errors) = refused(&home, &["log", "cold", "10"]);
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("try: therapy log cold 10 --site left-ankle\n"), "{errors}");
    home.ask(&["note", "both hurt"]);
    home.file("config/config.toml", "site = \"left-hip\"\n");
    home.ask(&["injury", "clear", "--site", "left-ankle"]);
    home.ask(&["injury", "clear"]);
    home.ask(&["log", "heat", "10"]);
    assert_eq!(loads(&home, "left-hip"), [0, 10]);
}

#[test]
fn plan_and_overview_count_a_told_dose() {
    let home = Home::new();
    let sessions = || home.json(&["plan", "ice", "--json", "--days", "1", "--awake", "0-24", "--per-day", "99"]);
    let first = |plan: &Value| plan["sessions"][0]["because"].as_str().unwrap_or_default().to_owned();
    assert_eq!(first(&sessions()), "as soon as possible");
    home.ask(&["log", "cold", "20", "--ended", "5min ago"]);
    assert!(first(&sessions()).contains("(rewarm)") || first(&sessions()).contains("2 h"), "{}", sessions());
    let overview = home.ask(&[]);
    assert!(overview.contains(" 17 of 20 min") || overview.contains(" 18 of 20 min"), "{overview}");
}

/// What is told while a session runs is not known to its clock. It is asked about at each way on.
#[test]
fn a_dose_that_is_told_while_a_session_runs_is_no_dodge() {
    let home = Home::new();
    home.own(1, &[("cold", "12min")]);
    let mut running = home.start(&["run", "own.toml", "--site", "left-knee"]);
    running.see("step_began");
    // What lies elsewhere, and what leaves room, changes nothing.
    home.ask(&["log", "cold", "20", "--site", "right-knee"]);
    let said = home.ask(&["log", "cold", "4", "--site", "left-thigh"]);
    assert!(!said.contains("Take the pack off"), "{said}");
    assert_eq!(home.ask(&["extend", "2"]), "2 min longer.\n");
    let (code, errors) = refused(&home, &["extend", "4"]);
    assert_eq!(code, Some(3), "{errors}");
    assert!(errors.starts_with("error: with what you logged or imported, the cold load would reach 2"), "{errors}");
    assert!(errors.contains("; the limit is 20 min (rewarm)\n") && errors.contains("therapy extend 1"), "{errors}");
    assert_eq!(home.ask(&["extend", "1"]), "1 min longer.\n");
    // Too much for what is left.
    let said = home.ask(&["log", "cold", "10", "--site", "left-knee"]);
    assert!(
        said.contains("\nTake the pack off, and end the session: with what you logged or imported, the cold load "),
        "{said}"
    );
    let (code, errors) = refused(&home, &["extend", "1"]);
    assert_eq!(code, Some(3), "{errors}");
    assert!(errors.ends_with("\n  take the pack off, and end it: therapy stop\n"), "{errors}");
    home.ask(&["pause"]);
    assert_eq!(home.run(&["resume"]).status.code(), Some(3));
    // To leave the dose out is a way on.
    let skipped = home.ask(&["skip"]);
    assert!(skipped.contains("Ended early: cold "), "{skipped}");
    running.end();
    let next = home.run(&["run", "ice", "--site", "left-knee", "--dry-run"]);
    assert_eq!(next.status.code(), Some(3), "{}", stdout(&next));
}

/// Each person has a journal of their own.
#[test]
fn what_was_told_is_kept_for_its_profile() {
    let home = Home::new();
    home.ask(&["profiles", "--add", "anna"]);
    home.ask(&["--profile", "anna", "log", "cold", "20"]);
    assert_eq!(loads(&home, "lower-back"), [0, 0]);
    assert_eq!(home.run(&["undo"]).status.code(), Some(1));
    home.ask(&["note", "mine"]);
    assert!(home.ask(&["--profile", "anna", "undo"]).starts_with("Taken back: 20 min of cold"));
}
