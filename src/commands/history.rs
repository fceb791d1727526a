//! `therapy history`: what was planned, what was done, how it ended, and the pain before and after.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Exit, Failure, data_folder, print, print_json, when};
use crate::cli::HistoryArgs;
use crate::edge::clock;
use crate::edge::journal::{Entry, Journal};
use crate::edge::lines::seconds;
use crate::words::{count, span};

/// Fewer sessions than this with a pain before and after show too little (ours).
const ENOUGH: usize = 3;

/// Shows past sessions.
pub(super) fn run(args: &HistoryArgs) -> Result<Exit, Failure> {
    let since = args.since.as_deref().map_or(Ok(i64::MIN), since)?;
    let folder = data_folder();
    let entries = if Journal::exists(&folder) { Journal::open(&folder)?.history(since)? } else { Vec::new() };
    if args.json {
        return print_json(&entries.iter().map(document).collect::<Vec<_>>());
    }
    if args.csv {
        return print(csv(&entries));
    }
    if entries.is_empty() {
        return print("no sessions yet\n");
    }
    print(table(&entries) + &shows_so_far(&entries))
}

/// `30d`, or a point in time.
fn since(text: &str) -> Result<i64, Failure> {
    let length = humantime::parse_duration(text).ok().and_then(|length| SignedDuration::try_from(length).ok());
    let at = match length.and_then(|length| clock::wall().checked_sub(length).ok()) {
        Some(at) => at,
        None => when(text, clock::wall())?,
    };
    Ok(at.as_millisecond())
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

fn outcome(entry: &Entry) -> &str {
    match entry.outcome.as_deref() {
        None => "open",
        Some("cut_off") => "cut off",
        Some(outcome) => outcome,
    }
}

fn table(entries: &[Entry]) -> String {
    let zone = clock::zone();
    let dose = |planned: Duration, actual: Duration| {
        if planned.is_zero() && actual.is_zero() {
            "-".to_owned()
        } else {
            format!("{} of {}", span(actual), span(planned))
        }
    };
    let mut table =
        format!("{:<16}  {:<14}  {:<15}  {:<15}  {:<9}  pain\n", "started", "protocol", "cold", "heat", "ended");
    for entry in entries {
        let started = at(entry.started_ms).to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
        let [cold, heat] = [0, 1].map(|index| dose(entry.planned[index], entry.actual[index]));
        let pain = match entry.pain {
            [None, None] => String::new(),
            pain => pain.map(|score| score.map_or_else(|| "?".to_owned(), |score| score.to_string())).join(" to "),
        };
        let row =
            format!("{started:<16}  {:<14}  {cold:<15}  {heat:<15}  {:<9}  {pain}", entry.protocol, outcome(entry));
        let _ = writeln!(table, "{}", row.trim_end());
    }
    table
}

/// What the numbers show so far for this person, in a sentence each; nothing when they show too
/// little. It says what was noted, never that one thing made the other.
fn shows_so_far(entries: &[Entry]) -> String {
    let mut text = String::new();
    for (name, cold, heat) in [("cold alone", true, false), ("heat alone", false, true), ("heat and cold", true, true)]
    {
        let of = |entry: &&Entry| [cold, heat] == entry.actual.map(|dose| !dose.is_zero());
        let changes: Vec<i32> = entries.iter().filter(of).filter_map(change).collect();
        if changes.len() < ENOUGH {
            continue;
        }
        let sum: i32 = changes.iter().sum();
        let mean = f64::from(sum) / f64::from(u32::try_from(changes.len()).unwrap_or(u32::MAX));
        let sessions = count(changes.len(), "session");
        let _ = writeln!(text, "{name}: pain changed by {mean:+.1} on average over {sessions}.");
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

fn change(entry: &Entry) -> Option<i32> {
    let [before, after] = entry.pain;
    Some(i32::from(after?) - i32::from(before?))
}

fn document(entry: &Entry) -> serde_json::Value {
    json!({
        "id": entry.id, "protocol": entry.protocol, "started_at": at(entry.started_ms),
        "ended_at": entry.ended_ms.map(at), "outcome": entry.outcome,
        "planned_cold_s": seconds(entry.planned[0]), "planned_heat_s": seconds(entry.planned[1]),
        "cold_s": seconds(entry.actual[0]), "heat_s": seconds(entry.actual[1]),
        "pain_before": entry.pain[0], "pain_after": entry.pain[1],
        "overrides": entry.overrides.split_whitespace().collect::<Vec<_>>(),
    })
}

fn csv(entries: &[Entry]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = String::from(
        "id,protocol,started_at,ended_at,outcome,planned_cold_s,planned_heat_s,cold_s,heat_s,pain_before,pain_after,overrides\n",
    );
    for entry in entries {
        let ended = entry.ended_ms.map(|ended| at(ended).to_string()).unwrap_or_default();
        let [before, after] = entry.pain.map(|score| score.map(|score| score.to_string()).unwrap_or_default());
        let _ = writeln!(
            text,
            "{},{},{},{ended},{},{},{},{},{},{before},{after},{}",
            entry.id,
            quoted(&entry.protocol),
            at(entry.started_ms),
            entry.outcome.as_deref().unwrap_or_default(),
            seconds(entry.planned[0]),
            seconds(entry.planned[1]),
            seconds(entry.actual[0]),
            seconds(entry.actual[1]),
            quoted(&entry.overrides),
        );
    }
    text
}
