//! `therapy history`: the dose planned and given, the pain before and after, and how each session ended.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::folders::Folders;
use super::{Exit, Failure, print, print_json, unreadable};
use crate::cli::HistoryArgs;
use crate::edge::clock;
use crate::edge::journal::{Entry, Journal};
use crate::text::durations::{count, part_of, seconds};
use crate::text::printable::aligned;
use crate::text::times::{self, day_and_time};

/// Fewer sessions than this with a pain before and after show too little (ours).
const ENOUGH: usize = 3;

/// Shows past sessions.
pub(super) fn run(folders: &Folders, args: &HistoryArgs) -> Result<Exit, Failure> {
    let since = args.since.as_deref().map_or(Ok(i64::MIN), since)?;
    let entries =
        if Journal::exists(&folders.data) { Journal::open(&folders.data)?.history(since)? } else { Vec::new() };
    if args.json {
        return print_json(&entries.iter().map(document).collect::<Vec<_>>());
    }
    if args.csv {
        return print(csv(&entries));
    }
    if entries.is_empty() {
        return print("No sessions yet.\n");
    }
    print(table(&entries) + &shows_so_far(&entries))
}

/// Reads `--since`.
fn since(text: &str) -> Result<i64, Failure> {
    let at = times::since(text, clock::wall(), &clock::zone()).map_err(unreadable)?;
    Ok(at.as_millisecond())
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
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
    let (now, zone) = (clock::wall(), clock::zone());
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
        let started = day_and_time(at(entry.started_ms), now, &zone);
        vec![started, entry.protocol.clone(), doses.join(", "), pain, ending(entry).to_owned()]
    });
    aligned(&rows.collect::<Vec<_>>())
}

/// A sentence for each kind of session that has enough numbers. It says what was noted, never what caused it.
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
