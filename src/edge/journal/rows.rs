//! How sessions, events and requests stand in the rows of the journal, and back. Pure: it asks no
//! database.

use std::time::Duration;

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::Stamp;
use crate::domain::rules;
use crate::domain::session::{Event, EventKind, Input, Moment, Outcome};
use crate::domain::step::{Step, StepKind};
use crate::format::printable;

/// Puts the events of any boot on the clock of now: within this boot by the clock that counts in
/// suspend, across boots by the time of day. Nothing ever lies in the future or goes back.
pub(super) fn on_the_clock_of(now: &Stamp, rows: Vec<(Stamp, Event)>) -> Vec<Event> {
    let mut anchors: Vec<(String, Moment, Moment)> = Vec::new(); // boot, its last reading, that on our clock
    for (stamp, _) in rows.iter().rev() {
        if anchors.iter().all(|(boot, ..)| *boot != stamp.boot) {
            let same = stamp.boot == now.boot && !now.boot.is_empty();
            let ago = u64::try_from(now.wall_ms.saturating_sub(stamp.wall_ms)).unwrap_or(0);
            let by_wall = back(now.clock, Duration::from_millis(ago));
            anchors.push((stamp.boot.clone(), stamp.clock, if same { stamp.clock.min(now.clock) } else { by_wall }));
        }
    }
    let mut earliest = Moment::default();
    let place = |(stamp, event): (Stamp, Event)| {
        let anchor = anchors.iter().find(|(boot, ..)| *boot == stamp.boot);
        let at = anchor.map_or(stamp.clock, |(_, reading, ours)| back(*ours, reading.since(stamp.clock)));
        earliest = earliest.max(at);
        Event { at: earliest, ..event }
    };
    rows.into_iter().map(place).collect()
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
        EventKind::Skipped { by_rule } => (None, by_rule),
        EventKind::Extended { by, by_rule } => (Some(by), by_rule),
        EventKind::Finished { outcome, cold, .. } => (Some(cold), Some(outcome.name())),
        _ => (None, None),
    };
    (kind.name(), length, rule)
}

pub(super) fn event_kind(name: &str, length: Option<Duration>, rule: Option<&str>) -> Option<EventKind> {
    let by_rule = rule.and_then(rules::find).map(|rule| rule.id);
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
            EventKind::Finished { outcome, cold: length, heat: Duration::ZERO }
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

pub(super) fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

pub(super) fn nanos(length: Duration) -> i64 {
    i64::try_from(length.as_nanos()).unwrap_or(i64::MAX)
}
