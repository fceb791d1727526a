//! `therapy history`: the dose planned and given, the pain before and after, and how each session ended.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::folders::Folders;
use super::times::{from_millis, local, unreadable};
use super::{Exit, Failure, print, print_json};
use crate::cli::HistoryArgs;
use crate::edge::clock;
use crate::edge::journal::Entry;
use crate::text::durations::{count, part_of, seconds};
use crate::text::printable::aligned;
use crate::text::times;

/// Fewer sessions than this with a pain before and after show too little (ours).
const ENOUGH: usize = 3;

/// The columns of the CSV form, which are the fields of the JSON form.
#[rustfmt::skip]
const COLUMNS: [&str; 12] = [
    "id", "protocol", "started_at", "ended_at", "outcome", "planned_cold_s", "planned_heat_s", "cold_s", "heat_s",
    "pain_before", "pain_after", "overrides",
];

/// Shows past sessions.
pub(super) fn run(folders: &Folders, args: &HistoryArgs) -> Result<Exit, Failure> {
    let since = match &args.since {
        Some(text) => times::since(text, clock::wall(), &clock::zone()).map_err(unreadable)?.as_millisecond(),
        None => i64::MIN,
    };
    let entries = folders.journal()?.map_or(Ok(Vec::new()), |journal| journal.history(since))?;
    if args.json {
        let documents = entries.iter().map(|entry| COLUMNS.into_iter().zip(values(entry)).collect::<Value>());
        return print_json(&documents.collect::<Vec<_>>());
    }
    if args.csv {
        let rows = entries.iter().map(|entry| COLUMNS.into_iter().zip(values(entry)).map(cell).collect::<Vec<_>>());
        let rows = rows.map(|row| row.join(",") + "\n").collect::<String>();
        return print(format!("{}\n{rows}", COLUMNS.join(",")));
    }
    if entries.is_empty() {
        return print("No sessions yet.\n");
    }
    print(table(&entries) + &shows_so_far(&entries))
}

/// The values of [`COLUMNS`].
fn values(entry: &Entry) -> [Value; 12] {
    [
        json!(entry.id),
        json!(entry.protocol),
        json!(from_millis(entry.started_ms)),
        json!(entry.ended_ms.map(from_millis)),
        json!(entry.outcome),
        json!(seconds(entry.planned[0])),
        json!(seconds(entry.planned[1])),
        json!(seconds(entry.actual[0])),
        json!(seconds(entry.actual[1])),
        json!(entry.pain[0]),
        json!(entry.pain[1]),
        json!(entry.overrides.split_whitespace().collect::<Vec<_>>()),
    ]
}

/// A value in CSV. Texts that a person chose are in quotes.
fn cell((column, value): (&str, Value)) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    match value {
        Value::Null => String::new(),
        // Without the `.0` that JSON gives to whole seconds.
        Value::Number(number) => number.as_f64().unwrap_or_default().to_string(),
        Value::Array(words) => quoted(&words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        Value::String(text) if column != "protocol" => text,
        text => quoted(text.as_str().unwrap_or_default()),
    }
}

fn ending(entry: &Entry) -> &str {
    let short = |(given, planned): (&Duration, &Duration)| *given + Duration::from_secs(1) <= *planned;
    match entry.outcome.as_deref() {
        None => "not ended",
        Some("cut_off") => "cut off",
        Some("completed") if entry.actual.iter().zip(&entry.planned).any(short) => "ended early",
        Some("completed") => "",
        Some(outcome) => outcome,
    }
}

/// A row for each session, the latest first.
fn table(entries: &[Entry]) -> String {
    let rows = entries.iter().rev().map(|entry| {
        let dose = |(name, index): (&str, usize)| {
            let (given, planned) = (entry.actual[index], entry.planned[index]);
            (!given.is_zero() || !planned.is_zero()).then(|| format!("{name} {}", part_of(given, planned)))
        };
        let doses: Vec<_> = [("cold", 0), ("heat", 1)].into_iter().filter_map(dose).collect();
        let pain = match entry.pain {
            [None, None] => String::new(),
            [Some(score), None] | [None, Some(score)] => format!("pain {score}"),
            [Some(before), Some(after)] => format!("pain {before} to {after}"),
        };
        let started = local(from_millis(entry.started_ms));
        vec![started, entry.protocol.clone(), doses.join(", "), pain, ending(entry).to_owned()]
    });
    aligned(&rows.collect::<Vec<_>>())
}

/// A sentence for each kind of session that has enough numbers. It says what was noted, never what caused it.
fn shows_so_far(entries: &[Entry]) -> String {
    let mut text = String::new();
    for (name, kinds) in [("cold alone", [true, false]), ("heat alone", [false, true]), ("heat and cold", [true; 2])] {
        let of_kind = entries.iter().filter(|entry| entry.actual.map(|dose| !dose.is_zero()) == kinds);
        let changes: Vec<i32> = of_kind.filter_map(change).collect();
        if changes.len() >= ENOUGH {
            let number = u32::try_from(changes.len()).unwrap_or(u32::MAX);
            let mean = f64::from(changes.iter().sum::<i32>()) / f64::from(number);
            let sessions = count(number, "session");
            let _ = writeln!(text, "{name}: pain changed by {mean:+.1} on average over {sessions}.");
        }
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

fn change(entry: &Entry) -> Option<i32> {
    let [before, after] = entry.pain;
    Some(i32::from(after?) - i32::from(before?))
}
