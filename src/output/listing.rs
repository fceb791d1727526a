//! What happened as a list for people, the latest first: sessions, and doses, notes and scores that stand alone. It must
//! not know how wide a terminal is: it is told.

use super::past::{Past, ending};
use crate::edge::journal::{Entry, NewTold, Note};
use crate::text::durations::in_words;
use crate::text::past::{self as words, place};
use crate::text::printable::{aligned, columns, padded};
use crate::text::sites::titled;
use crate::text::times::Here;

/// How many of the last days with a kept plan are named.
const PLANNED_DAYS: usize = 7;

/// A row of the list.
#[derive(Debug)]
pub struct Row {
    at_ms: i64,
    /// When it began, what it was, the doses, the pain, and how it ended.
    cells: [String; 5],
    /// The notes below it.
    below: Vec<String>,
}

impl Row {
    fn new(here: &Here, at_ms: i64, [name, doses, pain, ending]: [String; 4]) -> Row {
        Row { at_ms, cells: [here.brief(at_ms), name, doses, pain, ending], below: Vec::new() }
    }
}

/// A row for each session, and for each dose, note and score that stands alone, the latest first.
pub fn rows(past: &Past, here: &Here) -> Vec<Row> {
    let line = |note: &Note| format!("{} {}", here.brief(note.at_ms), note.text);
    let notes = past.notes_by_session();
    let session = |entry: &Entry| {
        let name = titled(&entry.protocol, entry.site);
        let ending = words::with_origin(&words::ending(ending(entry), entry.assumed), entry.is_imported);
        let pain = words::pain_and_later(entry.pain, entry.later.map(|(_, score)| score));
        let cells = [name, words::doses(entry.actual, entry.planned), pain, ending];
        let below = notes.get(&entry.id).into_iter().flatten().map(|note| line(note)).collect();
        Row { below, ..Row::new(here, entry.started_ms, cells) }
    };
    let told = past.told.iter().map(|told| {
        let NewTold { modality, length, site, .. } = told.what;
        let until = told.counts_until_ms().map(|until| here.day_and_time(until));
        let ending = until.map_or_else(|| "logged".to_owned(), |until| format!("taken back, counts until {until}"));
        let (name, ending) = (titled(modality.as_str(), Some(site)), words::with_origin(&ending, told.is_imported));
        Row::new(here, told.started_ms(), [name, in_words(length), String::new(), ending])
    });
    let scores = past.scores.iter().map(|&(at_ms, score, site)| {
        let pain = words::pain([Some(score), None]);
        Row::new(here, at_ms, [place(site), String::new(), pain, String::new()])
    });
    let alone = past.notes_alone().map(|note| {
        let cells = [titled("note", note.site), String::new(), String::new(), String::new()];
        Row { below: vec![note.text.clone()], ..Row::new(here, note.at_ms, cells) }
    });
    let mut rows: Vec<_> = past.sessions.iter().map(session).chain(told).chain(scores).chain(alone).collect();
    rows.sort_by_key(|row| row.at_ms);
    rows.reverse();
    rows
}

/// The rows in columns, each with its notes below. A row that makes that wider than the terminal is not in columns: its
/// doses and its pain are in rows below it.
pub fn table(rows: &[Row], width: usize) -> String {
    // The longest rows leave the columns first.
    let mut lines = (0..=width).step_by(4).map(|slack| in_columns(rows, width - slack));
    let fits = |lines: &Vec<Option<String>>| lines.iter().flatten().all(|line| columns(line) <= width);
    let lines = lines.find(fits).unwrap_or_else(|| vec![None; rows.len()]);
    let started = rows.iter().map(|row| columns(&row.cells[0])).max().unwrap_or_default();
    let row = |(row, line): (&Row, Option<String>)| {
        let line = line.unwrap_or_else(|| in_rows(&row.cells, started, width));
        let below = row.below.iter().map(|note| format!("\n    {note}"));
        [line].into_iter().chain(below).collect::<String>() + "\n"
    };
    rows.iter().zip(lines).map(row).collect()
}

/// The rows that are at most this wide on their own, in columns.
fn in_columns(rows: &[Row], width: usize) -> Vec<Option<String>> {
    let is_in = |row: &&Row| columns(&joined(&row.cells)) <= width;
    let filled = |column: &usize| rows.iter().filter(is_in).any(|row| !row.cells[*column].is_empty());
    let filled: Vec<_> = (0..5).filter(filled).collect();
    let cells = |row: &Row| filled.iter().map(|column| row.cells[*column].clone()).collect::<Vec<_>>();
    let table = aligned(&rows.iter().filter(is_in).map(cells).collect::<Vec<_>>());
    let mut lines = table.lines();
    rows.iter().map(|row| if is_in(&row) { lines.next().map(str::to_owned) } else { None }).collect()
}

/// A row in as many rows as it needs. `started`: the columns of the times.
fn in_rows(cells: &[String; 5], started: usize, width: usize) -> String {
    let [at, name, doses, pain, ending] = cells.each_ref().map(String::as_str);
    let at = padded(at, started);
    let below = joined(&[doses, pain]);
    let below = if 4 + columns(&below) <= width { vec![below.as_str()] } else { vec![doses, pain] };
    let below = below.into_iter().filter(|line| !line.is_empty());
    below.fold(joined(&[&*at, name, ending]), |all, line| all + "\n    " + line)
}

/// The cells that are not empty.
fn joined<T: AsRef<str>>(cells: &[T]) -> String {
    cells.iter().map(AsRef::as_ref).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("  ")
}

/// How many of the sessions of kept plans were begun on their day, for the last days that had any; empty without a plan.
pub fn as_planned(past: &Past, here: &Here) -> String {
    let begun = past.begun(here);
    let days = begun.iter().skip(begun.len().saturating_sub(PLANNED_DAYS));
    let days: Vec<_> = days.map(|(day, of)| (day.strftime("%a %-d %b").to_string(), of.0, of.1)).collect();
    words::begun(&days)
}
