//! `therapy history`: the dose planned and given, the pain before and after, and how each session ended.

use std::fmt::Write as _;
use std::time::Duration;

use console::Term;
use jiff::Timestamp;
use serde_json::{Value, json};
use textwrap::core::display_width;

use super::folders::Folders;
use super::times::{self, from_millis, in_full, local, stamp};
use super::{Exit, Failure, print, print_exactly, print_json};
use crate::domain::site::Site;
use crate::domain::step::Modality;
use crate::edge::journal::Entry;
use crate::text::advice::PAIN_CHANGE;
use crate::text::durations::{count, part_of, seconds};
use crate::text::printable::{aligned, wrapped};
use crate::text::sites::titled;

/// Fewer sessions than this with a pain before and after show too little (ours).
const ENOUGH: usize = 3;

/// The width off a terminal.
const WIDTH: usize = 80;

/// The columns of the CSV form: the fields of the JSON form, in this order.
#[rustfmt::skip]
const COLUMNS: [&str; 14] = [
    "id", "protocol", "started_at", "ended_at", "outcome", "planned_cold_s", "planned_heat_s", "cold_s", "heat_s",
    "pain_before", "pain_after", "overrides", "assumed", "site",
];

/// Shows past sessions.
pub(super) fn run(
    folders: &Folders,
    since: Option<&str>,
    site: Option<Site>,
    (json, csv): (bool, bool),
) -> Result<Exit, Failure> {
    let since = since.map(times::since).transpose()?;
    let journal = folders.journal()?;
    let since_ms = since.map_or(i64::MIN, Timestamp::as_millisecond);
    let mut entries = journal.as_ref().map_or(Ok(Vec::new()), |journal| journal.history(since_ms))?;
    entries.retain(|entry| site.is_none_or(|asked| entry.site.is_some_and(|at| asked.includes(at))));
    let (now, is_running) = (stamp(), folders.is_running()?);
    for entry in entries.iter_mut().filter(|entry| entry.assumed) {
        let record = journal.as_ref().and_then(|journal| journal.record(entry.id, &now).ok());
        let Some(record) = record else { continue };
        if record.outcome.is_none() {
            // The session that runs now says what is on; after a pause the pack was off.
            entry.assumed = !is_running && !record.session().is_some_and(|session| session.is_paused());
        }
        let is_stale = record.outcome.is_none() && !is_running && record.is_stale(&now);
        entry.actual = if is_stale { record.closed() } else { record }.doses(&now).totals();
    }
    if json {
        return print_json(&entries.iter().map(document).collect::<Vec<_>>());
    }
    if csv {
        let rows = entries.iter().map(document).map(|row| COLUMNS.map(|column| cell(column, &row[column])).join(","));
        return print_exactly([COLUMNS.join(",")].into_iter().chain(rows).map(|row| row + "\n").collect::<String>());
    }
    let alone = journal.as_ref().map_or(Ok(Vec::new()), |journal| journal.scores_alone(since_ms))?;
    if entries.is_empty() && alone.is_empty() {
        let place = site.map(|site| format!(" at the site {site}")).unwrap_or_default();
        return print(match since {
            Some(since) => format!("No sessions{place} since {}.\n", in_full(since)),
            None => format!("No sessions{place} yet.\n"),
        });
    }
    let width = Term::stdout().size_checked().map_or(WIDTH, |(_, width)| usize::from(width));
    print_exactly(wrapped(&(table(&entries, &alone, width) + &shows_so_far(&entries)), width, 4))
}

fn document(entry: &Entry) -> Value {
    json!({
        "id": entry.id, "protocol": entry.protocol, "site": entry.site, "started_at": from_millis(entry.started_ms),
        "ended_at": ended_ms(entry).map(from_millis), "outcome": entry.outcome,
        "planned_cold_s": seconds(entry.planned.cold), "planned_heat_s": seconds(entry.planned.heat),
        "cold_s": seconds(entry.actual.cold), "heat_s": seconds(entry.actual.heat),
        "pain_before": entry.pain[0], "pain_after": entry.pain[1],
        "assumed": entry.assumed, "overrides": entry.overrides.split_whitespace().collect::<Vec<_>>(),
    })
}

/// When a session ended; `None` while it runs, and when the clock was set back in it: no end is before its start.
fn ended_ms(entry: &Entry) -> Option<i64> {
    entry.ended_ms.filter(|ended| *ended >= entry.started_ms)
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
        Value::Array(words) => quoted(&words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
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

/// A row for each session and for each score that stands alone, the latest first. Where that is wider than the terminal,
/// the doses and the pain of a session are in a second row.
fn table(entries: &[Entry], alone: &[(i64, u8)], width: usize) -> String {
    let sessions = entries.iter().map(|entry| {
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
        let started = local(from_millis(entry.started_ms));
        (
            entry.started_ms,
            [started, titled(&entry.protocol, entry.site), doses.join(", "), pain, ending(entry).to_owned()],
        )
    });
    let scores = alone.iter().map(|&(noted_ms, score)| {
        let none = String::new;
        (noted_ms, [local(from_millis(noted_ms)), none(), none(), format!("pain {score}"), none()])
    });
    let mut rows: Vec<_> = sessions.chain(scores).collect();
    rows.sort_by_key(|(at, _)| *at);
    let rows: Vec<_> = rows.into_iter().rev().map(|(_, row)| row).collect();
    let filled: Vec<_> = (0..5).filter(|column| rows.iter().any(|row| !row[*column].is_empty())).collect();
    let row = |row: &[String; 5]| filled.iter().map(|column| row[*column].clone()).collect::<Vec<_>>();
    let wide = aligned(&rows.iter().map(row).collect::<Vec<_>>());
    if wide.lines().all(|line| display_width(line) <= width) {
        return wide;
    }
    let in_two = |[started, name, doses, pain, ending]: &[String; 5]| {
        if name.is_empty() {
            return format!("{started}  {pain}");
        }
        let both = [started, name, ending].map(String::as_str).join("  ");
        let below = [doses, pain].map(String::as_str).join("  ");
        [both.trim_end(), below.trim()].into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n    ")
    };
    rows.iter().map(|row| in_two(row) + "\n").collect()
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
