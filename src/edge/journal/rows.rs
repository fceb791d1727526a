//! How sessions, events and requests stand in the rows of the journal, and back. Pure: it asks no
//! database.

use std::time::Duration;

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::Stamp;
use crate::domain::rules::RuleId;
use crate::domain::session::{Event, EventKind, Input, Moment, Outcome};
use crate::domain::step::{PerModality, Step, StepKind};
use crate::text::printable::printable;

/// Puts the events of any boot on the clock of now: within this boot by the clock that counts in
/// suspend, across boots by the time of day. Nothing ever lies in the future or goes back.
///
/// A time of day is a millisecond wide, and placing the same event twice by it would give two moments:
/// the session's own elapsed time says exactly how far apart the last event of one boot and the first
/// of the next are, unless it was paused in between.
pub(super) fn on_the_clock_of(now: &Stamp, rows: Vec<(Stamp, Event)>) -> Vec<Event> {
    let mut paused = false;
    let still = rows.iter().map(|(_, event)| {
        paused = match event.kind {
            EventKind::Paused => true,
            EventKind::Resumed | EventKind::StepBegan { .. } | EventKind::Finished { .. } => false,
            _ => paused,
        };
        paused
    });
    let still: Vec<bool> = still.collect();
    let since =
        |later: i64, earlier: i64| Duration::from_millis(u64::try_from(later.saturating_sub(earlier)).unwrap_or(0));
    let mut places: Vec<Moment> = Vec::with_capacity(rows.len());
    let mut next: Option<(Moment, &Stamp, Duration)> = None;
    for ((stamp, event), paused) in rows.iter().zip(&still).rev() {
        let at = match next {
            Some((at, after, _)) if after.boot == stamp.boot => back(at, after.clock.since(stamp.clock)),
            Some((at, after, _)) if *paused => back(at, since(after.wall_ms, stamp.wall_ms)),
            Some((at, _, elapsed)) => back(at, elapsed.saturating_sub(event.elapsed)),
            None if stamp.boot == now.boot && !now.boot.is_empty() => stamp.clock.min(now.clock),
            None => back(now.clock, since(now.wall_ms, stamp.wall_ms)),
        };
        places.push(at);
        next = Some((at, stamp, event.elapsed));
    }
    let mut earliest = Moment::default();
    let place = |((_, event), at): ((Stamp, Event), Moment)| {
        earliest = earliest.max(at);
        Event { at: earliest, ..event }
    };
    rows.into_iter().zip(places.into_iter().rev()).map(place).collect()
}

pub(super) fn back(from: Moment, by: Duration) -> Moment {
    Moment::new(from.since_origin().saturating_sub(by))
}

/// A step as the journal holds it.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct StepRow {
    kind: String,
    length_ns: i64,
    note: Option<String>,
    round: u32,
    origin: usize,
}

impl From<&Step> for StepRow {
    fn from(step: &Step) -> StepRow {
        let kind = step.kind.as_str().to_owned();
        StepRow { kind, length_ns: nanos(step.length), note: step.note.clone(), round: step.round, origin: step.origin }
    }
}

impl StepRow {
    pub(super) fn step(self) -> Option<Step> {
        let kind = StepKind::from_name(&self.kind)?;
        let note = self.note.map(|note| printable(&note).into_owned());
        Some(Step { kind, length: duration(self.length_ns), note, round: self.round, origin: self.origin })
    }
}

/// The columns of an event: its name, a length, a rule. The doses of the end are in the session.
pub(super) fn columns(kind: EventKind) -> (&'static str, Option<Duration>, Option<&'static str>) {
    let (length, rule) = match kind {
        EventKind::StepBegan { length } | EventKind::Overran { over: length } => (Some(length), None),
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
    Some(match name {
        "started" => EventKind::Started,
        "step_began" => EventKind::StepBegan { length },
        "halfway" => EventKind::Halfway,
        "step_soon" => EventKind::StepSoon,
        "paused" => EventKind::Paused,
        "resumed" => EventKind::Resumed,
        "skipped" => EventKind::Skipped { by_rule },
        "extended" => EventKind::Extended { by: length, by_rule },
        "overran" => EventKind::Overran { over: length },
        "confirmed" => EventKind::Confirmed,
        "finished" => {
            let outcome = if rule == Some(Outcome::Stopped.name()) { Outcome::Stopped } else { Outcome::Completed };
            EventKind::Finished { outcome, given: PerModality { cold: length, heat: Duration::ZERO } }
        }
        _ => return None,
    })
}

pub(super) fn input_columns(input: Input) -> (&'static str, Option<Duration>) {
    match input {
        Input::Pause => ("pause", None),
        Input::Resume => ("resume", None),
        Input::Toggle => ("toggle", None),
        Input::Skip => ("skip", None),
        Input::Extend(by) => ("extend", Some(by)),
        Input::Confirm => ("confirm", None),
        Input::Stop => ("stop", None),
    }
}

pub(super) fn input(what: &str, by: Option<Duration>) -> Option<Input> {
    Some(match what {
        "pause" => Input::Pause,
        "resume" => Input::Resume,
        "toggle" => Input::Toggle,
        "skip" => Input::Skip,
        "extend" => Input::Extend(by?),
        "confirm" => Input::Confirm,
        "stop" => Input::Stop,
        _ => return None,
    })
}

/// What the file says may be shown, whoever wrote it.
pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(printable(&row.get::<_, String>(column)?).into_owned())
}

pub(super) fn length(row: &Row<'_>, column: usize) -> rusqlite::Result<Duration> {
    row.get(column).map(duration)
}

/// A dose; none while the session has no end.
pub(super) fn given(row: &Row<'_>, column: usize) -> rusqlite::Result<Duration> {
    row.get::<_, Option<i64>>(column).map(|nanos| nanos.map(duration).unwrap_or_default())
}

pub(super) fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

pub(super) fn nanos(length: Duration) -> i64 {
    i64::try_from(length.as_nanos()).unwrap_or(i64::MAX)
}
