//! Sessions, events and requests as rows of the journal, and back. This module must not run a query.

use std::ops::Not;
use std::time::Duration;

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::Stamp;
use crate::domain::rules::RuleId;
use crate::domain::session::{Event, EventKind, Input};
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality, Step, StepKind};
use crate::text::printable::printable;

/// The most changes of a planned session that are counted: the largest number that a calendar file can hold (RFC 5545, 3.3.8).
pub const MOST_CHANGES: u32 = i32::MAX.unsigned_abs();

/// Puts the events of any boot on the clock of now, in order and not in the future. Within a boot their
/// distances are those of the clock that counts in suspend.
///
/// Across boots the time of day is exact to a millisecond only, and placing an event twice would give two
/// moments. The elapsed time of the session is exact, but stands still in a pause.
pub(super) fn on_the_clock_of(now: &Stamp, rows: &[(Stamp, Event)]) -> Vec<Event> {
    let Some((last, _)) = rows.last() else { return Vec::new() };
    let distances = distances(rows);
    let distance = distances.last().copied().unwrap_or_default();
    let end = if is_this_boot(last, now) {
        last.clock.min(now.clock)
    } else {
        now.clock - millis_between(last.wall_ms, now.wall_ms)
    };
    let place =
        |((_, event), at): (&(Stamp, Event), Duration)| Event { at: end - distance.saturating_sub(at), ..*event };
    rows.iter().zip(distances).map(place).collect()
}

/// The distance of each event from the first, on the clock that counts in suspend.
pub(super) fn distances(rows: &[(Stamp, Event)]) -> Vec<Duration> {
    if rows.is_empty() {
        return Vec::new();
    }
    let (mut distance, mut distances, mut paused) = (Duration::ZERO, vec![Duration::ZERO], false);
    for ((stamp, event), (next_stamp, next)) in rows.iter().zip(&rows[1..]) {
        paused = match event.kind {
            EventKind::Paused => true,
            EventKind::Resumed | EventKind::StepBegan { .. } | EventKind::Finished { .. } => false,
            _ => paused,
        };
        distance = distance.saturating_add(match () {
            () if is_this_boot(stamp, next_stamp) => next_stamp.clock.since(stamp.clock),
            () if paused => millis_between(stamp.wall_ms, next_stamp.wall_ms),
            () => next.elapsed.saturating_sub(event.elapsed),
        });
        distances.push(distance);
    }
    distances
}

/// Whether the clock of now dates another stamp too. Two boots without a name may be the same or not.
pub(super) fn is_this_boot(stamp: &Stamp, now: &Stamp) -> bool {
    stamp.boot == now.boot && !now.boot.is_empty()
}

/// The time from one time of day to a later one; zero when it is not later.
pub(super) fn millis_between(earlier_ms: i64, later_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(later_ms.saturating_sub(earlier_ms)).unwrap_or(0))
}

/// A step in the JSON of its session.
#[derive(Deserialize, Serialize)]
pub(super) struct StepRow {
    kind: StepKind,
    length_ns: i64,
    note: Option<String>,
    /// Sessions of earlier versions had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cue: Option<String>,
    /// Whether the skin check of a dose is left out. Sessions of earlier versions had every check.
    #[serde(default, skip_serializing_if = "Not::not")]
    unchecked: bool,
    /// Sessions of earlier versions had none.
    #[serde(default, skip_serializing_if = "Not::not")]
    changeover: bool,
    /// The longest that its file allows, where the file says so. Sessions of earlier versions had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    longest_ns: Option<i64>,
    round: u32,
    origin: usize,
}

impl StepRow {
    fn of((step, longest): (&Step, Option<Duration>)) -> StepRow {
        let Step { kind, length, ref note, ref cue, halfway, changeover, round, origin } = *step;
        let (length_ns, longest_ns) = (nanos(length), longest.map(nanos));
        let (note, cue) = (note.clone(), cue.clone());
        StepRow { kind, length_ns, note, cue, unchecked: !halfway, changeover, longest_ns, round, origin }
    }
}

/// The step, and the longest that its file allows.
impl From<StepRow> for (Step, Option<Duration>) {
    fn from(row: StepRow) -> (Step, Option<Duration>) {
        let StepRow { kind, length_ns, note, cue, unchecked, changeover, longest_ns, round, origin } = row;
        let [note, cue] = [note, cue].map(|text| text.map(|text| printable(&text).into_owned()));
        let changeover = changeover && !kind.has_pack();
        let (length, halfway) = (duration(length_ns), !unchecked);
        (Step { kind, length, note, cue, halfway, changeover, round, origin }, longest_ns.map(duration))
    }
}

/// Steps as JSON, each with the longest that its file allows.
pub(super) fn written_steps<'a>(steps: impl Iterator<Item = (&'a Step, Option<Duration>)>) -> String {
    serde_json::to_string(&steps.map(StepRow::of).collect::<Vec<_>>()).unwrap_or_default()
}

/// The columns of an event: its name, a length, a rule or an outcome. The doses at the end are in the row
/// of the session.
pub(super) fn columns(kind: EventKind) -> (&'static str, Option<Duration>, Option<&'static str>) {
    let (length, rule) = match kind {
        EventKind::StepBegan { length } | EventKind::Overran { over: length } | EventKind::Leapt { by: length } => {
            (Some(length), None)
        }
        EventKind::Skipped { by_rule } => (None, by_rule.map(RuleId::as_str)),
        EventKind::Extended { by, by_rule } => (Some(by), by_rule.map(RuleId::as_str)),
        EventKind::Finished { outcome, given } => (Some(given.cold), Some(outcome.name())),
        _ => (None, None),
    };
    (kind.name(), length, rule)
}

pub(super) fn event_kind(name: &str, length: Option<Duration>, rule: Option<&str>) -> Option<EventKind> {
    let by_rule = rule.and_then(RuleId::from_name);
    let length = length.unwrap_or_default();
    Some(match name.parse().ok()? {
        EventKind::StepBegan { .. } => EventKind::StepBegan { length },
        EventKind::Skipped { .. } => EventKind::Skipped { by_rule },
        EventKind::Extended { .. } => EventKind::Extended { by: length, by_rule },
        EventKind::Overran { .. } => EventKind::Overran { over: length },
        EventKind::Leapt { .. } => EventKind::Leapt { by: length },
        EventKind::Finished { .. } => {
            let outcome = rule.and_then(|outcome| outcome.parse().ok()).unwrap_or_default();
            EventKind::Finished { outcome, given: PerModality { cold: length, heat: Duration::ZERO } }
        }
        plain => plain,
    })
}

pub(super) fn input_columns(input: Input) -> (&'static str, Option<Duration>) {
    let by = if let Input::Extend(by) = input { Some(by) } else { None };
    (input.into(), by)
}

pub(super) fn input(what: &str, by: Option<Duration>) -> Option<Input> {
    match what.parse().ok()? {
        Input::Extend(_) => by.map(Input::Extend),
        // Only the clock of its machine makes a session hold.
        Input::Leap(_) => None,
        input => Some(input),
    }
}

/// A text that is safe to show, whoever wrote the file.
pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(printable(&row.get::<_, String>(column)?).into_owned())
}

pub(super) fn optional_text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.map(|text| printable(&text).into_owned()))
}

/// A modality; `None` for a name that this version does not know.
pub(super) fn modality(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Modality>> {
    let name: String = row.get(column)?;
    Ok(Modality::ALL.into_iter().find(|modality| modality.as_str() == name))
}

/// A site. A name that this version does not know is a place that is not known.
pub(super) fn site(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Site>> {
    let name: Option<String> = row.get(column)?;
    Ok(name.and_then(|name| Site::from_name(&name)))
}

/// How often a planned session was changed. An import of an earlier version could make it larger than a calendar allows.
pub(super) fn sequence(row: &Row<'_>, column: usize) -> rusqlite::Result<u32> {
    let number: i64 = row.get(column)?;
    Ok(u32::try_from(number.max(0)).unwrap_or(MOST_CHANGES).min(MOST_CHANGES))
}

pub(super) fn length(row: &Row<'_>, column: usize) -> rusqlite::Result<Duration> {
    row.get(column).map(duration)
}

/// The doses of cold and heat in two columns; zero while the session has no end.
pub(super) fn doses_of(row: &Row<'_>, column: usize) -> rusqlite::Result<PerModality<Duration>> {
    let nanos: PerModality<Option<i64>> = PerModality { cold: row.get(column)?, heat: row.get(column + 1)? };
    Ok(nanos.map(|nanos| duration(nanos.unwrap_or_default())))
}

pub(super) fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

pub(super) fn nanos(length: Duration) -> i64 {
    i64::try_from(length.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (Step, Option<Duration>) {
        serde_json::from_str::<StepRow>(json).map(Into::into).expect("a step")
    }

    fn written(step: &Step, longest: Option<Duration>) -> String {
        serde_json::to_string(&StepRow::of((step, longest))).expect("JSON")
    }

    /// A record of an earlier version has no changeovers, and a dose is never one.
    #[test]
    fn a_step_is_read_as_it_was_written_by_any_version() {
        let rest = Step::new(StepKind::Rest, Duration::from_secs(30));
        let old = r#"{"kind":"rest","length_ns":30000000000,"note":null,"round":1,"origin":0}"#;
        assert_eq!(read(old), (rest.clone(), None));
        assert_eq!(written(&rest, None), old, "as before");
        let changeover = Step { changeover: true, ..rest };
        let json = written(&changeover, None);
        assert_eq!(json, old.replace("null,", "null,\"changeover\":true,"));
        assert_eq!(read(&json), (changeover, None));
        assert!(!read(&json.replace("rest", "cold")).0.changeover);
    }

    #[test]
    fn a_step_keeps_its_cue_and_whether_the_skin_is_checked() {
        let cold = Step::new(StepKind::Cold, Duration::from_secs(300));
        for (cue, halfway) in [(None, true), (Some("Fetch the gel pack!"), true), (Some("wärm"), false), (None, false)]
        {
            let step = Step { cue: cue.map(str::to_owned), halfway, ..cold.clone() };
            assert_eq!(read(&written(&step, None)).0, step);
        }
        let evil = Step { cue: Some("a\u{1b}[31mb".to_owned()), ..cold };
        assert_eq!(read(&written(&evil, None)).0.cue.as_deref(), Some("a\\u{1b}[31mb"), "whoever wrote the row");
    }

    #[test]
    fn a_step_keeps_the_longest_that_its_file_allows() {
        let cold = Step::new(StepKind::Cold, Duration::from_secs(300));
        for longest in [300, 480] {
            let longest = Some(Duration::from_secs(longest));
            assert_eq!(read(&written(&cold, longest)), (cold.clone(), longest));
        }
        // Whatever is in the row: no time is negative, and without a number there is no bound.
        let json = written(&cold, Some(Duration::from_secs(480)));
        assert_eq!(read(&json.replace("480000000000", "-1")).1, Some(Duration::ZERO));
        assert_eq!(read(&json.replace("480000000000", "null")).1, None);
    }
}
