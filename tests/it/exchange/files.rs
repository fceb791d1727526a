//! `therapy export` and `therapy import`, as a person and other programs use them.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::Value;
use therapy::domain::insight::Class;
use therapy::domain::site::Site;
use therapy::edge::clock;
use therapy::edge::journal::{Journal, Stamp};
use therapy::output::spreadsheet::COLUMNS;

use crate::programs;
use crate::support::{Home, stderr, stdout};
use crate::terminal::Terminal;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/export.schema.json");
const RECOMPUTE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/exchange/recompute.py");
const PYTHON: [(&[&str], &str); 1] = [(&["/usr/bin/python3", "--version"], "python3")];

/// A home with some of everything.
fn rich() -> Home {
    let mut home = Home::at_rate(3000.0);
    home.own(1, &[("heat", "2min"), ("rest", "1min"), ("cold", "2min 30s")]);
    home.session(&["own.toml", "--pain", "6"]);
    home.ask(&["pain", "2"]);
    // As in a trial.
    let now = Stamp { wall_ms: clock::wall().as_millisecond(), boot: clock::boot(), clock: clock::now() };
    let journal = Journal::open(&home.data()).expect("a journal");
    journal.note_later(1, 3, Site::LOWER_BACK, &now).expect("a score");
    home.ask(&["note", "white, \"cold\"; =1+1"]);
    home.session(&["ice", "--site", "left-knee", "--minutes", "10"]);
    home.ask(&["log", "cold", "12min 30s", "--ended", "2 days ago"]);
    home.ask(&["log", "heat", "20", "--ended", "30h ago", "--site", "neck"]);
    home.ask(&["log", "heat", "5", "--ended", "20h ago"]);
    home.ask(&["undo"]);
    home.ask(&["pain", "9", "--at", "3 days ago"]);
    home.ask(&["note", "slept badly", "--at", "3 days ago"]);
    home.ask(&["injury", "set", "5 days ago", "--site", "left-knee"]);
    home.ask(&["injury", "none", "--site", "neck"]);
    home.ask(&["plan", "ice", "--keep"]);
    // It is cut off, and closed. In real time, so that it is still on when it is killed.
    home.rate = 1.0;
    let mut running = home.start(&["run", "own.toml", "--override", "rewarm", "--site", "right-foot"]);
    running.see("step_began");
    running.kill();
    home.ask(&["stop"]);
    home
}

#[track_caller]
fn exported(home: &Home) -> String {
    home.ask(&["export", "--format", "ndjson", "-"])
}

fn piped(home: &Home, arguments: &[&str], input: &str) -> std::process::Output {
    home.file("input", input);
    let file = std::fs::File::open(home.path().join("input")).expect("a file");
    let mut command = home.command(arguments);
    let child = command.stdin(file).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    programs::finish(child)
}

#[test]
fn a_journal_goes_through_a_file_and_a_pipe_unchanged() {
    let (home, other) = (rich(), Home::empty());
    let text = exported(&home);
    assert!(text.lines().count() > 15, "{text}");
    for line in text.lines() {
        assert!(line.starts_with("{\"type\":\"") && line.contains(",\"version\":1,\"origin\":\""), "{line}");
    }
    let file = other.file("all.ndjson", &text);
    let sure = home.path().join("all.ndjson");
    let wrote = home.ask(&["export", sure.to_str().expect("a plain path")]);
    assert!(wrote.contains(" lines to ") && wrote.contains("therapy import "), "{wrote}");
    assert_eq!(std::fs::read_to_string(&sure).expect("a file"), text, "the ending says which form");

    let shown = other.ask(&["import", &file, "--dry-run"]);
    assert!(shown.starts_with("Would import from the journal "), "{shown}");
    assert!(shown.contains(": 3 sessions, 3 doses without the timer, "), "{shown}");
    assert!(shown.ends_with("; neck, lower back, left knee, right foot.\n"), "{shown}");
    assert!(!other.data().exists(), "nothing was written");
    let said = other.ask(&["import", &file]);
    assert_eq!(said, shown.replace("Would import", "Imported"));
    assert_eq!(exported(&other), text);
    let bytes = || std::fs::read(other.journal()).expect("a file");
    let before = bytes();
    let again = other.ask(&["import", &file]);
    assert!(again.starts_with("Nothing new to import.\n") && again.ends_with(" lines already here.\n"), "{again}");
    assert!(bytes() == before && exported(&other) == text);

    let third = Home::empty();
    let output = piped(&third, &["import", "-"], &text);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(exported(&third), text);
    // A byte order mark, other line ends and empty lines are nothing.
    let fourth = Home::empty();
    let output = piped(&fourth, &["import", "-"], &format!("\u{feff}{}\r\n\n", text.replace('\n', "\r\n")));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(exported(&fourth), text);
    let (code, errors) = (fourth.run(&["undo"]).status.code(), stderr(&fourth.run(&["undo"])));
    assert!(code == Some(1) && errors.contains("nothing is left to take back"), "{errors}");
}

/// What programs and people see of the past is the same in the other journal.
#[test]
fn the_history_of_an_import_is_the_same() {
    let (home, other) = (rich(), Home::empty());
    other.file("all.ndjson", &exported(&home));
    other.ask(&["import", "all.ndjson"]);
    let without_id = |home: &Home| {
        let mut rows = home.history();
        for row in &mut rows {
            let row = row.as_object_mut().expect("an object");
            row.remove("id");
            row.remove("imported");
        }
        rows
    };
    assert_eq!(without_id(&other), without_id(&home));
    // It is marked wherever it is shown, and what is told here is not.
    other.ask(&["log", "cold", "2"]);
    let marks = |home: &Home| {
        let rows = home.history().into_iter().filter(|row| row["kind"] == "session" || row["kind"] == "dose");
        let mut marks: Vec<_> = rows.map(|row| row["imported"] == true).collect();
        marks.sort_unstable();
        marks
    };
    let (here, there) = (marks(&home), marks(&other));
    assert!(!here.contains(&true), "{here:?}");
    assert_eq!(there, [vec![false], vec![true; here.len()]].concat());
    let list = other.listed(&[]);
    assert_eq!(list.matches("imported").count(), here.len() + 1, "with the dose that was taken back: {list}");
    assert!(list.contains("cut off, dose assumed, imported") && list.contains("logged, imported"), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80) && !home.listed(&[]).contains("imported"), "{list}");
    let page = other.ask(&["report", "-"]);
    assert_eq!(page.matches(", imported").count(), here.len(), "{page}");
    assert!(page.contains("What is imported was recorded in another journal"), "{page}");
    assert!(!home.ask(&["report", "-"]).contains("imported"));
    assert_eq!(other.ask(&["injury"]).lines().count(), 1, "an injury, and not that there is none");
}

/// What the script says.
fn recomputed(file: &str, options: &[&str]) -> std::process::Output {
    let mut python = Command::new("/usr/bin/python3");
    python.args([RECOMPUTE, file, SCHEMA]).args(options).env_clear().env("LC_ALL", "C.UTF-8");
    programs::output(&mut python)
}

/// What was recomputed is what is shown. Times are milliseconds there.
#[track_caller]
fn same(field: &str, recomputed: &Value, shown: &Value) {
    match (recomputed, shown) {
        (Value::Object(recomputed), Value::Object(shown)) => {
            for (field, value) in recomputed {
                same(field, value, shown.get(field).unwrap_or_else(|| panic!("{field} is not shown")));
            }
        }
        (Value::Array(recomputed), Value::Array(shown)) => {
            assert_eq!(recomputed.len(), shown.len(), "{field}");
            recomputed.iter().zip(shown).for_each(|(recomputed, shown)| same(field, recomputed, shown));
        }
        (Value::Number(at), Value::String(shown)) if field.ends_with("_at") => {
            let shown: jiff::Timestamp = shown.parse().expect("a time");
            assert_eq!(at.as_i64(), Some(shown.as_millisecond()), "{field}");
        }
        (Value::Number(recomputed), Value::Number(shown)) => {
            let numbers = [recomputed, shown].map(|number| number.as_f64().expect("a number"));
            // The dose of a session that was cut off is known to a millisecond.
            assert!((numbers[0] - numbers[1]).abs() < 0.02, "{field}: {recomputed} and {shown}");
        }
        _ => assert_eq!(recomputed, shown, "{field}"),
    }
}

/// The sums of every week, site and protocol, and what the scores can tell.
#[test]
fn the_sums_can_be_recomputed_from_the_export() {
    if !programs::are_installed(&PYTHON, "the sums, computed again") {
        return;
    }
    let mut classes = BTreeSet::new();
    let invented = |options: &[&str]| crate::report::invented(options).0;
    let other = |change: &str| {
        let home = invented(&["--sites", "2"]);
        home.sql().execute(change, []).expect("a journal");
        home
    };
    let before = "(SELECT min(score) FROM pain WHERE session = p.session AND role = 'before')";
    let homes = [
        rich(),
        Home::empty(),
        invented(&["--sites", "6", "--sessions", "90"]),
        other("UPDATE pain SET score = 10 WHERE role = 'after'"),
        other("UPDATE pain SET score = 0 WHERE role = 'after'"),
        other(&format!(
            "UPDATE pain AS p SET score = CASE WHEN {before} > 6 THEN 1 ELSE coalesce({before}, score) END WHERE role = 'after'"
        )),
        other("UPDATE pain SET undone_ms = noted_ms WHERE role = 'after' AND id % 3 > 0"),
    ];
    for home in homes {
        let is_empty = !home.journal().exists();
        let file = home.file("all.ndjson", &if is_empty { String::new() } else { exported(&home) });
        let now = clock::wall();
        for (by, days) in [("week", 28), ("site", 10), ("protocol", 400), ("week", 0)] {
            let since = (now - jiff::SignedDuration::from_hours(24 * days)).to_string();
            let shown = home.json(&["stats", "--json", "--by", by, "--since", &since]);
            let output = recomputed(&file, &[by, &since, &now.to_string()]);
            let sums: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
            same("", &sums, &shown);
            for group in shown["groups"].as_array().expect("a list").iter().chain([&shown["total"]]) {
                classes.insert(group["class"].to_string());
            }
            assert_eq!(shown["groups"] == Value::Array(Vec::new()), is_empty || days == 0, "{by}");
        }
    }
    assert_eq!(classes.len(), Class::ALL.len(), "{classes:?}");
}

/// By a script that knows only the documentation, with the standard library of Python.
#[test]
fn the_history_can_be_recomputed_from_the_export() {
    if !programs::are_installed(&PYTHON, "the export, read by another program") {
        return;
    }
    let home = rich();
    let file = home.file("all.ndjson", &exported(&home));
    let recomputed = |file: &str| recomputed(file, &[]);
    let output = recomputed(&file);
    assert!(output.status.success(), "{}", stderr(&output));
    let rows: Vec<Value> = serde_json::from_str(&stdout(&output)).expect("JSON");
    let history = home.history();
    assert_eq!(rows.len(), history.len());
    assert!(rows.len() >= 5);
    assert!(rows.iter().any(|row| row["pain_after"] == 2 && row["pain_later"] == 3), "told apart");
    for (row, shown) in rows.iter().zip(&history) {
        let fields = row.as_object().expect("an object").len();
        assert_eq!(fields + 2, shown.as_object().expect("an object").len(), "all but the number and the origin");
        same("", row, shown);
    }
    // The schema is not empty: it finds what import would refuse, and a field that it does not know.
    for (from, to) in [
        ("\"score\":9", "\"score\":11"),
        ("\"kind\":\"heat\"", "\"kind\":\"wet\""),
        ("\"version\":1", "\"version\":true"),
    ] {
        let text = exported(&home);
        assert!(text.contains(from), "{from}");
        let output = recomputed(&home.file("wrong.ndjson", &text.replace(from, to)));
        assert!(!output.status.success(), "{to}: {}", stdout(&output));
    }
    let output =
        recomputed(&home.file("more.ndjson", &exported(&home).replace("\"version\":1", "\"version\":1,\"x\":1")));
    assert!(!output.status.success());
}

/// The table of the documentation has the fields of the schema, type by type, and the schema the fields of a line.
#[test]
fn the_documentation_names_every_field() {
    let documentation = include_str!("../../../docs/export.md");
    let schema: Value = serde_json::from_str(include_str!("../../../docs/export.schema.json")).expect("JSON");
    let text = exported(&rich());
    let mut seen = 0;
    for line in schema["oneOf"].as_array().expect("types") {
        let fields: Vec<_> = line["properties"].as_object().expect("fields").keys().map(String::as_str).collect();
        let kind = line["properties"]["type"]["const"].as_str().expect("a type");
        let row = documentation.lines().find(|row| row.starts_with(&format!("| `{kind}` |"))).expect(kind);
        let last = row.rsplit(" | ").next().expect("fields");
        let mut documented: Vec<_> = last.split('`').skip(1).step_by(2).collect();
        documented.extend(["type", "id", "version", "origin"]);
        documented.sort_unstable();
        assert_eq!(documented, fields, "{kind}");
        let of_kind = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        for line in of_kind.filter(|line| line["type"] == kind) {
            let written: Vec<_> = line.as_object().expect("an object").keys().cloned().collect();
            assert_eq!(written, fields, "{kind}");
            seen += 1;
        }
    }
    assert_eq!(seen, text.lines().count(), "every line has a type of the schema");
    for column in COLUMNS {
        assert!(documentation.contains(&format!("`{column}`")), "{column}");
    }
}

/// One table: every row has every column, numbers add up, and no cell is a formula.
#[test]
fn a_table_for_a_spreadsheet_has_all_and_no_formula() {
    let home = rich();
    let table = home.ask(&["export", "--format", "csv", "-"]);
    assert_eq!(table.lines().count(), exported(&home).lines().count() + 1);
    assert!(table.contains("\"white, \"\"cold\"\"; =1+1\""), "{table}");
    home.ask(&["note", "=HYPERLINK(\"x\")"]);
    home.ask(&["export", "all.csv"]);
    let table = std::fs::read_to_string(home.path().join("all.csv")).expect("a file");
    assert!(table.contains("\"'=HYPERLINK(\"\"x\"\")\"") && !table.contains(",=") && !table.contains("\"="), "{table}");
    if !programs::are_installed(&PYTHON, "the table, read by another program") {
        return;
    }
    let script = "import csv, sys\n\
                  rows = list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True))\n\
                  assert all(None not in row and None not in row.values() for row in rows)\n\
                  given = [row for row in rows if row['type'] in ('session', 'dose') and not row['undone_at']]\n\
                  print(sum(float(row['cold_s'] or 0) for row in given), sum(float(row['heat_s'] or 0) for row in given))";
    let mut python = Command::new("/usr/bin/python3");
    python.args(["-c", script, "all.csv"]).current_dir(home.path()).env_clear();
    let sums = stdout(&programs::output(&mut python));
    let sums: Vec<f64> = sums.split_whitespace().map(|sum| sum.parse().expect("a number")).collect();
    for (field, sum) in ["cold_s", "heat_s"].into_iter().zip(sums) {
        let all: f64 = home.history().iter().map(|row| row[field].as_f64().expect("a number")).sum();
        assert!((all - sum).abs() < 0.02, "{field}: {all} and {sum}");
    }
}

/// Not 20 times that a row is no JSON.
#[test]
fn a_table_for_a_spreadsheet_is_recognised_and_not_imported() {
    let home = rich();
    home.ask(&["export", "all.csv"]);
    let table = std::fs::read_to_string(home.path().join("all.csv")).expect("a file");
    let before = exported(&home);
    for (name, text) in [
        ("all.csv", table.clone()),
        ("bom.csv", format!("\u{feff}{table}")),
        ("head.csv", "type,id,version".to_owned()),
    ] {
        home.file(name, &text);
        let output = home.run(&["import", name]);
        let said = format!(
            "error: {name} is a table for a spreadsheet, which cannot be imported\n  \
             export it as lines: therapy export --format ndjson FILE.ndjson\n"
        );
        assert_eq!((output.status.code(), stderr(&output)), (Some(2), said));
    }
    assert_eq!(exported(&home), before);
}

/// Each line that is wrong is named, and nothing of the file is imported.
#[test]
fn every_problem_of_a_file_is_said_at_once() {
    let home = rich();
    let text = exported(&home);
    let of = |kind: &str| text.lines().find(|line| line.starts_with(&format!("{{\"type\":\"{kind}\""))).expect(kind);
    let (session, dose, note) = (of("session"), of("dose"), of("note"));
    let score = text.lines().find(|line| line.contains("\"role\":\"after\"")).expect("a score");
    let ahead = jiff::Timestamp::from_second(clock::wall().as_second() + 3600).expect("a time").to_string();
    let set = |line: &str, field: &str, value: &str| {
        let (before, rest) = line.split_once(&format!("\"{field}\":")).expect(field);
        let end = match rest.strip_prefix('"') {
            Some(text) => text.find('"').expect("an end") + 2,
            None => rest.find([',', '}']).expect("an end"),
        };
        format!("{before}\"{field}\":{value}{}", &rest[end..])
    };
    let long = format!("\"{}\"", "x".repeat(10_000));
    let table = [
        ("{".to_owned(), "EOF while parsing"),
        ("[]".to_owned(), "it is not a JSON object"),
        ("\"x\"".to_owned(), "it is not a JSON object"),
        ("7".to_owned(), "it is not a JSON object"),
        ("{}".to_owned(), "type is missing"),
        ("null".to_owned(), "it is not a JSON object"),
        ("type,id,version".to_owned(), "expected"),
        (set(dose, "type", "\"sauna\""), "there is no type \"sauna\"; the types are session, dose, "),
        (set(dose, "version", "2"), "this therapy cannot read version 2 of the lines, only version 1"),
        (set(dose, "version", "true"), "cannot read version true of the lines"),
        (set(dose, "id", "\"\\u001b[2J\""), "is not an id of 1 to 64 letters"),
        (set(dose, "id", "7"), "\"7\" is not an id"),
        (set(dose, "origin", &long), "is not an id"),
        (set(dose, "kind", "\"wet\""), "unknown variant `wet`, expected `cold` or `heat`"),
        (set(dose, "site", "\"left-eyebrow\""), "\"left-eyebrow\" is not a site"),
        (set(dose, "length_s", "-1"), "\"-1\" is not a length in seconds"),
        (set(dose, "length_s", "0"), "is not the length_s of a dose"),
        (set(dose, "length_s", "86401"), "is not the length_s of a dose"),
        (set(dose, "length_s", "NaN"), "expected value"),
        (set(dose, "length_s", "1e400"), "number out of range"),
        (set(dose, "length_s", "1e300"), "is not a length in seconds"),
        (set(dose, "length_s", "\"600\""), "invalid type: string"),
        (set(dose, "ended_at", "\"yesterday\""), "\"yesterday\" is not a time such as"),
        (set(dose, "ended_at", &format!("\"{ahead}\"")), "ended_at is in the future: "),
        (set(dose, "noted_at", &format!("\"{ahead}\"")), "noted_at is in the future: "),
        (dose.replace("\"kind\"", "\"kinds\""), "unknown field `kinds`"),
        (dose.replacen(",\"kind\":\"cold\"", "", 1).replacen(",\"kind\":\"heat\"", "", 1), "missing field `kind`"),
        (set(score, "score", "11"), "\"11\" is not a score from 0 to 10"),
        (set(score, "score", "-1"), "invalid value"),
        (set(score, "score", "3.5"), "invalid type: floating point"),
        (set(score, "role", "\"between\""), "\"between\" is not the role of a score: before, after or later"),
        (set(score, "role", "\"After\""), "\"After\" is not the role of a score"),
        (set(score, "role", "null"), "a score has both a session and a role, or neither"),
        (set(note, "text", &long), "a text has more than 5000 letters"),
        (set(note, "text", "\" \""), "the text of the note is empty"),
        (set(session, "outcome", "\"great\""), "\"great\" is not an outcome"),
        (set(session, "cold_s", "0.5"), "cold_s is not what the events give"),
        (set(session, "ended_at", "null"), "are null together"),
        (set(session, "started_at", "\"2001-03-03T12:00:00Z\""), "more than an hour apart"),
        (set(session, "step", "99"), "names a step that the session does not have"),
        (set(session, "step", "0"), "is not the number of a step"),
        (set(session, "clock_s", "5"), "does not begin at 0, or goes back"),
        (set(session, "event", "\"halfway\""), "do not begin with the only one that is"),
        (set(session, "event", "\"melted\""), "\"melted\" is not an event"),
        (set(session, "started_at", &format!("\"{ahead}\"")), "started_at is in the future: "),
        (session.replacen("\"at\":\"2", "\"at\":\"9", 1), "the time of an event is in the future: "),
    ];
    let other = Home::empty();
    // A line that is sound stands among them.
    let lines: Vec<_> = table.iter().map(|(line, _)| line.as_str()).chain([dose]).collect();
    for all in [&lines[..], &lines[20..]] {
        let first = lines.len() - all.len();
        other.file("wrong.ndjson", &(all.join("\n") + "\n"));
        let output = other.run(&["import", "wrong.ndjson"]);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        for (number, (_, expected)) in (1..).zip(&table[first..]).take(20) {
            let start = format!("line {number}: ");
            let line =
                errors.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("{start}{errors}"));
            assert!(line.contains(expected) && line.len() < 300, "{number}: {line} and not {expected}");
        }
        let problems = all.len() - 1;
        let more =
            if problems == 21 { "1 more problem".to_owned() } else { format!("{} more problems", problems - 20) };
        let end = format!("{more} not shown\nerror: {problems} problems\n  nothing was imported");
        assert!(errors.contains(&end), "{errors}");
    }
    assert!(!other.data().exists(), "nothing was imported");
}

#[test]
fn a_file_that_is_no_export_has_a_way_out() {
    let home = rich();
    home.ask(&["export", "copy.db"]);
    std::fs::write(home.path().join("latin.ndjson"), b"{\"type\":\"note\",\"text\":\"k\xfchl\"}\n").expect("a file");
    let said = |arguments: &[&str]| {
        let output = home.run(arguments);
        (output.status.code(), stderr(&output))
    };
    let (code, errors) = said(&["import", "copy.db"]);
    assert_eq!(
        (code, errors.contains("copy.db is a whole journal, and not its lines\n  export it as lines: ")),
        (Some(2), true),
        "{errors}"
    );
    let (code, errors) = said(&["import", "latin.ndjson"]);
    assert_eq!(
        (code, errors.starts_with("line 1: it is not UTF-8 text\nerror: 1 problem\n")),
        (Some(2), true),
        "{errors}"
    );
    let (code, errors) = said(&["import", "none.ndjson"]);
    assert_eq!((code, errors.contains("could not read none.ndjson: ")), (Some(1), true), "{errors}");
    let (code, errors) = said(&["export", "-"]);
    assert_eq!((code, errors.contains("try: therapy export --format ndjson -")), (Some(2), true), "{errors}");
    home.file("there.ndjson", "");
    let (code, errors) = said(&["export", "there.ndjson"]);
    assert_eq!((code, errors.contains("there is already a file there.ndjson")), (Some(1), true), "{errors}");
    assert_eq!(home.ask(&["import", "there.ndjson"]), "Nothing new to import.\n");
    let long = home.file("long.ndjson", &"x".repeat((8 << 20) + 2));
    assert!(said(&["import", &long]).1.starts_with("line 1: it is longer than 8 MiB\n"));
    // What lies beside it stays as it was, and only its owner can read a new one.
    home.ask(&["export", "new.ndjson"]);
    let mode = std::fs::metadata(home.path().join("new.ndjson")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A sign that was affirmed elsewhere refuses, a denial elsewhere does not take back what was affirmed here, and the question
/// is still asked here.
#[test]
fn an_answer_from_elsewhere_refuses_and_never_allows() {
    let (home, affirmed) = (Home::new(), Home::new());
    affirmed.ask(&["safety", "--answer", "3"]);
    let refused = |home: &Home| home.run(&["run", "ice", "--dry-run"]).status.code() == Some(3);
    let import = |from: &Home, to: &Home| {
        to.file("from.ndjson", &exported(from));
        to.ask(&["import", "from.ndjson"]);
    };
    assert!(!refused(&home));
    home.file("from.ndjson", &exported(&affirmed));
    let said = stderr(&home.run(&["import", "from.ndjson"]));
    assert!(said.contains("starts until you take back what you said about warning signs"), "{said}");
    assert!(refused(&home));
    home.ask(&["safety", "--answer", "none"]);
    assert!(!refused(&home), "it is taken back here");
    import(&affirmed, &home);
    assert!(!refused(&home), "and stays so");
    // Nothing applies, says the later file.
    let (here, denied) = (Home::new(), Home::new());
    here.ask(&["safety", "--answer", "3"]);
    denied.ask(&["safety", "--answer", "none"]);
    import(&denied, &here);
    assert!(refused(&here));
    // The journal that affirmed it took it back.
    affirmed.ask(&["safety", "--answer", "none"]);
    let last = Home::new();
    import(&affirmed, &last);
    assert!(!refused(&last));
    let mut fresh = Home::empty();
    fresh.rate = 3000.0;
    import(&affirmed, &fresh);
    let run = fresh.session(&["ice"]);
    assert!(stderr(&run).starts_with("Before you start\n"), "the signs are shown here too: {}", stderr(&run));
}

/// An injury from elsewhere binds. Of two at one site the later one counts, and one word forgets both.
#[test]
fn an_injury_from_elsewhere_binds() {
    let (home, other) = (Home::new(), Home::new());
    other.ask(&["injury", "set", "20h ago", "--site", "left-ankle"]);
    other.ask(&["injury", "none", "--site", "neck"]);
    home.ask(&["injury", "set", "10 days ago", "--site", "left-ankle"]);
    home.file("from.ndjson", &exported(&other));
    assert_eq!(home.run(&["run", "heat", "--site", "left-ankle", "--dry-run"]).status.code(), Some(0));
    home.ask(&["import", "from.ndjson"]);
    let shown = home.ask(&["injury"]);
    assert!(shown.lines().count() == 1 && shown.contains("20 h ago: cold until "), "{shown}");
    assert_eq!(home.run(&["run", "heat", "--site", "left-ankle", "--dry-run"]).status.code(), Some(3));
    home.ask(&["injury", "clear"]);
    assert_eq!(home.number("SELECT count(*) FROM injury WHERE over_ms IS NULL AND happened_ms IS NOT NULL"), 0);
    assert_eq!(home.run(&["run", "heat", "--site", "left-ankle", "--dry-run"]).status.code(), Some(0));
}

/// Another person's file shows what it is before anything is written, and only a terminal is asked.
#[test]
fn on_a_terminal_a_person_sees_what_comes_and_may_refuse() {
    let (home, other) = (rich(), Home::new());
    other.file("all.ndjson", &exported(&home));
    let answered = |answer: &str| {
        let mut terminal = Terminal::start(other.command(&["import", "all.ndjson"]), 24, 100);
        terminal.until("the question", |terminal| terminal.contents().contains("Import this?"));
        let shown = terminal.contents();
        assert!(shown.contains("Would import from the journal ") && shown.contains("3 sessions, 3 doses"), "{shown}");
        terminal.press(answer);
        terminal.end()
    };
    let count = || other.number("SELECT count(*) FROM session");
    assert_eq!((answered("n\r").code(), count()), (Some(130), 0));
    assert_eq!((answered("y\r").code(), count()), (Some(0), 3));
}

/// A number that a calendar cannot hold would also be one that the next plan cannot count up.
#[test]
fn a_sequence_that_is_too_large_is_refused_and_the_largest_one_stays_readable() {
    let line = |sequence: &str| {
        format!(
            "{{\"type\":\"planned\",\"id\":\"p1\",\"version\":1,\"origin\":\"o\",\"protocol\":\"ice\",\
             \"site\":\"lower-back\",\"starts_at\":\"2999-11-26T23:20:00Z\",\"ends_at\":\"2999-11-26T23:35:00Z\",\
             \"sequence\":{sequence},\"made_at\":\"2026-01-01T12:00:00Z\",\"dropped_at\":null}}\n"
        )
    };
    let home = Home::new();
    for sequence in ["2147483648", "4294967295", "4294967296", "18446744073709551615", "1e300", "-1", "1.5"] {
        let refused = home.run(&["import", &home.file("plan.ndjson", &line(sequence))]);
        let errors = stderr(&refused);
        assert_eq!(refused.status.code(), Some(2), "{sequence}: {errors}");
        assert!(errors.contains("is not a sequence, a whole number from 0 to 2147483647"), "{errors}");
    }
    let works = |home: &Home| {
        for arguments in [&["plan", "ice", "--keep"][..], &["plan", "ice", "--keep"], &["history"], &["stats"]] {
            home.ask(arguments);
        }
        let calendar = home.ask(&["plan", "ice", "--ics", "-"]);
        assert!(calendar.contains("SEQUENCE:2147483647\r\n"), "{calendar}");
        let other = Home::empty();
        let all = other.file("all.ndjson", &exported(home));
        other.ask(&["import", &all]);
        assert_eq!(other.number("SELECT max(sequence) FROM planned"), 2_147_483_647);
    };
    home.ask(&["import", &home.file("plan.ndjson", &line("2147483647"))]);
    works(&home);
    assert_eq!(home.number("SELECT max(sequence) FROM planned"), 2_147_483_647);
    // What an earlier version let in, also in a plan that is dropped next.
    for sequence in ["4294967296", "9223372036854775807"] {
        let home = Home::new();
        home.ask(&["import", &home.file("plan.ndjson", &line("0"))]);
        home.sql().execute(&format!("UPDATE planned SET sequence = {sequence}"), []).expect("a journal");
        works(&home);
    }
}

/// The wide letters of East Asian keyboards begin formulas, too.
#[test]
fn no_cell_begins_a_formula_in_wide_letters() {
    let home = Home::new();
    let starts = ["＝1+1", "＋1", "－1", "＠SUM(1)", " ＝1", "\u{3000}＝1", "-1", "=1"];
    for text in starts {
        home.ask(&["note", "--", text]);
    }
    home.ask(&["note", "1＝1"]);
    for table in [home.ask(&["export", "--format", "csv", "-"]), home.ask(&["history", "--csv"])] {
        for text in starts {
            assert!(
                table.contains(&format!("\"'{}", text.trim())) || table.contains(&format!("\"'{text}")),
                "{text}: {table}"
            );
        }
        assert!(table.contains("\"1＝1\""), "{table}");
    }
}
