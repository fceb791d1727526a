//! `therapy history`: the dose planned and given, the pain before and after, how each session ended, and what was told.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use console::Term;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use textwrap::core::display_width;

use super::folders::Folders;
use super::times::{self, from_millis, in_full, local, stamp};
use super::{Exit, Failure, print, print_exactly, print_json};
use crate::domain::site::Site;
use crate::domain::step::Modality;
use crate::edge::journal::{Entry, NewTold, Note, Told};
use crate::output::past::{Past, ended_ms};
use crate::text::advice::PAIN_CHANGE;
use crate::text::durations::{count, in_words, part_of, seconds};
use crate::text::printable::{aligned, wrapped};
use crate::text::sites::titled;

/// Fewer sessions than this with a pain before and after show too little (ours).
const ENOUGH: usize = 3;

/// The width off a terminal.
const WIDTH: usize = 80;

/// The columns of the CSV form: the fields of the JSON form, in this order.
#[rustfmt::skip]
const COLUMNS: [&str; 16] = [
    "id", "protocol", "started_at", "ended_at", "outcome", "planned_cold_s", "planned_heat_s", "cold_s", "heat_s",
    "pain_before", "pain_after", "overrides", "assumed", "site", "told", "notes",
];

/// Shows past sessions, and what was told.
pub(super) fn run(
    folders: &Folders,
    since: Option<&str>,
    site: Option<Site>,
    (json, csv): (bool, bool),
) -> Result<Exit, Failure> {
    let since = since.map(times::since).transpose()?;
    let since_ms = since.map_or(i64::MIN, Timestamp::as_millisecond);
    let journal = folders.journal()?;
    let (now, is_running) = (stamp(), folders.is_running()?);
    let read = |journal| Past::read(journal, since_ms, site, (&now, is_running));
    let listed = Listed(journal.as_ref().map(read).transpose()?.unwrap_or_default());
    if json || csv {
        let documents = listed.documents();
        if json {
            return print_json(&documents);
        }
        let rows = documents.iter().map(|row| COLUMNS.map(|column| cell(column, &row[column])).join(","));
        return print_exactly([COLUMNS.join(",")].into_iter().chain(rows).map(|row| row + "\n").collect::<String>());
    }
    if listed.0.is_empty() {
        let place = site.map(|site| format!(" at the site {site}")).unwrap_or_default();
        return print(match since {
            Some(since) => format!("No sessions{place} since {}.\n", in_full(since)),
            None => format!("No sessions{place} yet.\n"),
        });
    }
    let width = Term::stdout().size_checked().map_or(WIDTH, |(_, width)| usize::from(width));
    let text = table(&listed.rows(), width) + &shows_so_far(&listed.0.sessions) + &listed.as_planned();
    print_exactly(wrapped(&text, width, 4))
}

/// What happened, as it is listed.
struct Listed(Past);

impl Listed {
    /// How many of the sessions of kept plans were begun on their day, for the last days that had any. Early, late and
    /// longer sessions count; a day without a plan is left out.
    fn as_planned(&self) -> String {
        const DAYS: usize = 7;
        let mut days: BTreeMap<Date, Vec<Site>> = BTreeMap::new();
        for planned in &self.0.planned {
            days.entry(times::date(planned.from_ms)).or_default().push(planned.site);
        }
        let left_out = days.len().saturating_sub(DAYS);
        let days = days.into_iter().skip(left_out).map(|(day, planned)| {
            let on_this_day = self.0.sessions.iter().filter(|entry| times::date(entry.started_ms) == day);
            let mut begun: Vec<_> = on_this_day.filter_map(|entry| entry.site).collect();
            let is_begun =
                |site: &&Site| begun.iter().position(|at| at == *site).map(|at| begun.swap_remove(at)).is_some();
            let number = planned.iter().filter(is_begun).count();
            format!("{} {number} of {}", day.strftime("%a %-d %b"), planned.len())
        });
        let days: Vec<_> = days.collect();
        if days.is_empty() { String::new() } else { format!("\nBegun of those planned: {}.\n", days.join(", ")) }
    }

    /// Sessions and told doses for programs, oldest first. What was taken back is left out.
    fn documents(&self) -> Vec<Value> {
        let sessions = self.0.sessions.iter().map(|entry| {
            let notes: Vec<_> = self.0.notes_of(Some(entry.id)).map(|note| &note.text).collect();
            (entry.started_ms, session(entry, &notes))
        });
        let told = self.0.told.iter().filter(|told| !told.is_undone).map(|told| (told.started_ms(), dose(told)));
        let mut all: Vec<_> = sessions.chain(told).collect();
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, document)| document).collect()
    }

    /// A row for each session, and for each dose, note and score that stands alone, the latest first.
    fn rows(&self) -> Vec<Row> {
        let line = |note: &Note| format!("{} {}", local(from_millis(note.at_ms)), note.text);
        let sessions = self
            .0
            .sessions
            .iter()
            .map(|entry| Row { below: self.0.notes_of(Some(entry.id)).map(line).collect(), ..row_of(entry) });
        let told = self.0.told.iter().map(|told| {
            let NewTold { modality, length, site, .. } = told.what;
            let ending =
                told.counts_until_ms().map(|until| format!("taken back, counts until {}", local(from_millis(until))));
            let ending = ending.unwrap_or_else(|| "told".to_owned());
            let name = titled(modality.as_str(), Some(site));
            Row::new(told.started_ms(), [name, in_words(length), String::new(), ending])
        });
        let scores = self.0.scores.iter().map(|&(at_ms, score, _)| {
            Row::new(at_ms, [String::new(), String::new(), format!("pain {score}"), String::new()])
        });
        let notes = self.0.notes_of(None).map(|note| {
            let cells = [titled("note", note.site), String::new(), String::new(), String::new()];
            Row { below: vec![note.text.clone()], ..Row::new(note.at_ms, cells) }
        });
        let mut rows: Vec<_> = sessions.chain(told).chain(scores).chain(notes).collect();
        rows.sort_by_key(|row| row.at_ms);
        rows.reverse();
        rows
    }
}

/// A row of the table.
struct Row {
    at_ms: i64,
    /// When it began, what it was, the doses, the pain, and how it ended.
    cells: [String; 5],
    /// The notes below it.
    below: Vec<String>,
}

impl Row {
    fn new(at_ms: i64, [name, doses, pain, ending]: [String; 4]) -> Row {
        Row { at_ms, cells: [local(from_millis(at_ms)), name, doses, pain, ending], below: Vec::new() }
    }
}

fn session(entry: &Entry, notes: &[&String]) -> Value {
    json!({
        "id": entry.id, "protocol": entry.protocol, "site": entry.site, "started_at": from_millis(entry.started_ms),
        "ended_at": ended_ms(entry).map(from_millis), "outcome": entry.outcome,
        "planned_cold_s": seconds(entry.planned.cold), "planned_heat_s": seconds(entry.planned.heat),
        "cold_s": seconds(entry.actual.cold), "heat_s": seconds(entry.actual.heat),
        "pain_before": entry.pain[0], "pain_after": entry.pain[1],
        "assumed": entry.assumed, "overrides": entry.overrides.split_whitespace().collect::<Vec<_>>(),
        "told": false, "notes": notes,
    })
}

/// A told dose has the fields of a session. It has no protocol, and nothing was planned.
fn dose(told: &Told) -> Value {
    let NewTold { modality, length, site, ended_ms } = told.what;
    let of = |other| seconds(if other == modality { length } else { Duration::ZERO });
    json!({
        "id": told.id, "protocol": null, "site": site, "started_at": from_millis(told.started_ms()),
        "ended_at": from_millis(ended_ms), "outcome": "told", "planned_cold_s": 0.0, "planned_heat_s": 0.0,
        "cold_s": of(Modality::Cold), "heat_s": of(Modality::Heat), "pain_before": null, "pain_after": null,
        "assumed": false, "overrides": [], "told": true, "notes": [],
    })
}

/// A value of the JSON form in CSV. Text that may hold a comma is in quotes. A spreadsheet would run a name that
/// begins like a formula, so it gets an apostrophe.
fn cell(column: &str, value: &Value) -> String {
    let mark = |text: &str| if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    let quoted = |text: &str| format!("\"{}{}\"", mark(text), text.replace('"', "\"\""));
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

fn ending(entry: &Entry) -> &str {
    let short = |modality| entry.actual[modality] + Duration::from_secs(1) <= entry.planned[modality];
    match entry.outcome.as_deref() {
        None if entry.assumed => "not ended, dose assumed",
        None => "not ended",
        Some("cut_off") if entry.assumed => "cut off, dose assumed",
        Some("cut_off") => "cut off",
        Some("ended_early") => "ended early",
        Some("completed") if Modality::ALL.into_iter().any(short) => "ended early",
        Some("completed") => "",
        Some(outcome) => outcome,
    }
}

fn row_of(entry: &Entry) -> Row {
    let dose = |modality| {
        let (given, planned) = (entry.actual[modality], entry.planned[modality]);
        (!given.is_zero() || !planned.is_zero()).then(|| format!("{modality} {}", part_of(given, planned)))
    };
    let doses: Vec<_> = Modality::ALL.into_iter().filter_map(dose).collect();
    let pain = match entry.pain {
        [None, None] => String::new(),
        [Some(score), None] | [None, Some(score)] => format!("pain {score}"),
        [Some(before), Some(after)] => format!("pain {before} to {after}"),
    };
    let name = titled(&entry.protocol, entry.site);
    Row::new(entry.started_ms, [name, doses.join(", "), pain, ending(entry).to_owned()])
}

/// The rows in columns, each with its notes below. Where that is wider than the terminal, the doses and the pain of a
/// session are in a second row.
fn table(rows: &[Row], width: usize) -> String {
    let filled: Vec<_> = (0..5).filter(|column| rows.iter().any(|row| !row.cells[*column].is_empty())).collect();
    let row = |row: &Row| filled.iter().map(|column| row.cells[*column].clone()).collect::<Vec<_>>();
    let wide = aligned(&rows.iter().map(row).collect::<Vec<_>>());
    let fits = wide.lines().all(|line| display_width(line) <= width);
    let in_two = |[started, name, doses, pain, ending]: &[String; 5]| {
        if name.is_empty() {
            return format!("{started}  {pain}");
        }
        let both = [started, name, ending].map(String::as_str).join("  ");
        let below = [doses, pain].map(String::as_str).join("  ");
        [both.trim_end(), below.trim()].into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n    ")
    };
    let row = |(row, wide): (&Row, &str)| {
        let line = if fits { wide.to_owned() } else { in_two(&row.cells) };
        let below = row.below.iter().map(|note| format!("\n    {note}"));
        [line].into_iter().chain(below).collect::<String>() + "\n"
    };
    rows.iter().zip(wide.lines()).map(row).collect()
}

/// A sentence for each kind of session that has enough numbers. It says what was noted, never what caused it.
fn shows_so_far(entries: &[Entry]) -> String {
    let mut text = String::new();
    for (name, kinds) in [("cold alone", [true, false]), ("heat alone", [false, true]), ("heat and cold", [true; 2])] {
        let of_kind =
            entries.iter().filter(|entry| Modality::ALL.map(|modality| !entry.actual[modality].is_zero()) == kinds);
        let changes: Vec<i32> = of_kind.filter_map(change).collect();
        if changes.len() >= ENOUGH {
            let number = u32::try_from(changes.len()).unwrap_or(u32::MAX);
            let mean = f64::from(changes.iter().sum::<i32>()) / f64::from(number);
            let sessions = count(number, "session");
            let _ = writeln!(text, "{name}: pain changed by {mean:+.1} on average over {sessions}.");
        }
    }
    if text.is_empty() { text } else { format!("\n{text}{PAIN_CHANGE}\n") }
}

fn change(entry: &Entry) -> Option<i32> {
    let [before, after] = entry.pain;
    Some(i32::from(after?) - i32::from(before?))
}
