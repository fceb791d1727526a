//! What happened, for programs: one document for each session, and for each dose, score and note that a person told.
//! All have the same fields, so that a program that knows sessions only can read them all. It must not know what people
//! read.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::past::{Past, ended_ms};
use crate::domain::site::Site;
use crate::domain::step::Modality;
use crate::edge::journal::{Entry, NewTold, Told};
use crate::text::durations::seconds;

/// The columns of the CSV form: the fields of the JSON form, in this order.
#[rustfmt::skip]
const COLUMNS: [&str; 20] = [
    "id", "protocol", "started_at", "ended_at", "outcome", "planned_cold_s", "planned_heat_s", "cold_s", "heat_s",
    "pain_before", "pain_after", "overrides", "assumed", "site", "told", "notes", "kind", "pain",
    "pain_later", "imported",
];

/// Everything, oldest first. What was taken back is left out.
pub fn documents(past: &Past) -> Vec<Value> {
    let notes = past.notes_by_session();
    let sessions = past.sessions.iter().map(|entry| {
        let notes: Vec<_> = notes.get(&entry.id).into_iter().flatten().map(|note| &note.text).collect();
        (entry.started_ms, session(entry, &notes))
    });
    let told = past.logged().map(|told| (told.started_ms(), dose(told)));
    let scores = past.scores.iter().map(|&(at, score, site)| {
        let document = with(alone("score", at, site), &[("pain", json!(score))]);
        (at, document)
    });
    let alone_notes = past.notes_alone().map(|note| {
        let document = with(alone("note", note.at_ms, note.site), &[("notes", json!([note.text]))]);
        (note.at_ms, document)
    });
    let mut all: Vec<_> = sessions.chain(told).chain(scores).chain(alone_notes).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, document)| document).collect()
}

/// The documents as comma-separated values, with a first line of names.
pub fn csv(documents: &[Value]) -> String {
    let rows = documents.iter().map(|row| COLUMNS.map(|column| cell(column, &row[column])).join(","));
    [COLUMNS.join(",")].into_iter().chain(rows).map(|row| row + "\n").collect()
}

fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

fn session(entry: &Entry, notes: &[&String]) -> Value {
    json!({
        "id": entry.id, "protocol": entry.protocol, "site": entry.site, "started_at": from_millis(entry.started_ms),
        "ended_at": ended_ms(entry).map(from_millis), "outcome": entry.outcome,
        "planned_cold_s": seconds(entry.planned.cold), "planned_heat_s": seconds(entry.planned.heat),
        "cold_s": seconds(entry.actual.cold), "heat_s": seconds(entry.actual.heat),
        "pain_before": entry.pain[0], "pain_after": entry.pain[1],
        "assumed": entry.assumed, "overrides": entry.overrides.split_whitespace().collect::<Vec<_>>(),
        "told": false, "notes": notes, "kind": "session", "pain": null,
        "pain_later": entry.later.map(|(_, score)| score), "imported": entry.is_imported,
    })
}

/// What a person told has the fields of a session. It has no protocol, nothing was planned, and of a score or a note it is
/// not known here whether it was imported.
fn alone(kind: &str, at: i64, site: Option<Site>) -> Value {
    json!({
        "id": null, "protocol": null, "site": site, "started_at": from_millis(at), "ended_at": from_millis(at),
        "outcome": "told", "planned_cold_s": 0.0, "planned_heat_s": 0.0, "cold_s": 0.0, "heat_s": 0.0,
        "pain_before": null, "pain_after": null, "assumed": false, "overrides": [], "told": true, "notes": [],
        "kind": kind, "pain": null, "pain_later": null, "imported": null,
    })
}

fn with(mut document: Value, fields: &[(&str, Value)]) -> Value {
    for (name, value) in fields {
        document[*name] = value.clone();
    }
    document
}

fn dose(told: &Told) -> Value {
    let NewTold { modality, length, site, ended_ms } = told.what;
    let of = |other| json!(seconds(if other == modality { length } else { Duration::ZERO }));
    let fields = [
        ("id", json!(told.id)),
        ("ended_at", json!(from_millis(ended_ms))),
        ("cold_s", of(Modality::Cold)),
        ("heat_s", of(Modality::Heat)),
        ("imported", json!(told.is_imported)),
    ];
    with(alone("dose", told.started_ms(), Some(site)), &fields)
}

/// What a formula begins with, also in the wide letters of East Asian keyboards, which a spreadsheet reads as the others.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// A text in quotes. A spreadsheet would run one that begins like a formula, so it gets an apostrophe.
pub(super) fn quoted(text: &str) -> String {
    let is_formula = text.trim_start().starts_with(FORMULA);
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, text.replace('"', "\"\""))
}

/// A value of the JSON form in CSV. Text that may hold a comma is in quotes.
fn cell(column: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        // Without the `.0` that JSON gives to whole seconds.
        Value::Number(number) => number.as_f64().unwrap_or_default().to_string(),
        Value::Bool(is) => is.to_string(),
        Value::Array(words) => {
            let between = if column == "notes" { "; " } else { " " };
            quoted(&words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(between))
        }
        text if column == "protocol" => quoted(text.as_str().unwrap_or_default()),
        text => text.as_str().unwrap_or_default().to_owned(),
    }
}
