//! Rows of the journal as lines of JSON, for other programs and other journals. `type`, `id`, `version` and `origin` come
//! first. Reading gives a row that the journal can hold, or says what is wrong with the line, whoever wrote it. This
//! module must not know where the lines are.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::values::{is_name, time};
use super::wire::{AnswerLine, DoseLine, InjuryLine, NoteLine, PlannedLine, ScoreLine, SessionLine};
use crate::domain::course::{doses, replay};
use crate::domain::dose::Doses;
use crate::domain::exposure::Load;
use crate::domain::moment::Moment;
use crate::domain::protocol::Protocol;
use crate::domain::rules::{CLOCK_BEHIND, DAY, RuleId, SESSION};
use crate::domain::session::{Event, EventKind, SessionOptions};
use crate::domain::site::Site;
use crate::domain::step::PerModality;
use crate::edge::journal::{Exchange, Exchanged, ROLES, SessionEnd, SessionRow};
use crate::text::exchange::{
    BACKWARDS, HALF_A_ROLE, NO_NOTE, NO_OBJECT, NO_ORDER, NO_START, NO_STEPS, NO_SUCH_STEP, TOO_MANY, TWO_STARTS,
};
use crate::text::exchange::{in_future, missing, newer, no_json, not_its_events, unknown_type, unreadable};
use crate::text::printable::{cut, printable};
use crate::text::typed::WORST;

/// The version of the lines. A field that is added does not change it.
pub const VERSION: u32 = 1;

/// The most steps of a session, and the most events (ours): a reminder comes every half minute at most.
const MOST_STEPS: usize = 1_000;
const MOST_EVENTS: usize = 50_000;
/// The most signs of an answer, and the most overridden rules.
const MOST_NAMES: usize = 64;
/// How far the time of the first event may be from the start of its session (ours).
const START_APART_MS: u64 = 60 * 60 * 1000;
/// How far the stated doses may be from those of the events.
const INEXACT_S: u64 = 1;

/// The line of a row, without its end.
pub fn line(exchanged: &Exchanged) -> String {
    let Exchanged { id, origin, row } = exchanged.clone();
    let name = Exchange::TYPES[row.kind()];
    let fields = match row {
        Exchange::Session(row) => json(&SessionLine::from(*row)),
        Exchange::Dose(row) => json(&DoseLine::from(row)),
        Exchange::Score(row) => json(&ScoreLine::from(row)),
        Exchange::Note(row) => json(&NoteLine::from(row)),
        Exchange::Injury(row) => json(&InjuryLine::from(row)),
        Exchange::Answer(row) => json(&AnswerLine::from(row)),
        Exchange::Planned(row) => json(&PlannedLine::from(row)),
    };
    let (id, origin) = (json(&id), json(&origin));
    format!("{{\"type\":\"{name}\",\"id\":{id},\"version\":{VERSION},\"origin\":{origin},{}", &fields[1..])
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Reads a line. Nothing in it may be later than `now_ms`, but for the times of a plan.
///
/// # Errors
/// What is wrong with it.
pub fn read(text: &str, now_ms: i64) -> Result<Exchanged, String> {
    let mut fields: Map<String, Value> = serde_json::from_str(text).map_err(|error| plain(&error))?;
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut head = |name: &str| fields.remove(name).ok_or_else(|| missing(name));
    let kind = head("type")?;
    let version = head("version")?;
    if version != VERSION {
        return Err(newer(&version.to_string()));
    }
    let mut id = |name: &str| {
        let value = head(name)?;
        let id = value.as_str().filter(|id| is_name(id)).map(str::to_owned);
        id.ok_or_else(|| unreadable(&shown(&value), "an id of 1 to 64 letters, digits, - and _"))
    };
    let (id, origin) = (id("id")?, id("origin")?);
    let row = match &*shown(&kind) {
        "session" => Exchange::Session(Box::new(fields_of::<SessionLine>(fields)?.read()?)),
        "dose" => Exchange::Dose(fields_of::<DoseLine>(fields)?.into()),
        "score" => Exchange::Score(fields_of::<ScoreLine>(fields)?.into()),
        "note" => Exchange::Note(fields_of::<NoteLine>(fields)?.into()),
        "injury" => Exchange::Injury(fields_of::<InjuryLine>(fields)?.into()),
        "answer" => Exchange::Answer(fields_of::<AnswerLine>(fields)?.into()),
        "planned" => Exchange::Planned(fields_of::<PlannedLine>(fields)?.into()),
        other => return Err(unknown_type(other, &Exchange::TYPES)),
    };
    check(&row)?;
    let latest = now_ms.saturating_add(millis(CLOCK_BEHIND));
    match times(&row).into_iter().find_map(|(field, at)| Some((field, at.filter(|at| *at > latest)?))) {
        Some((field, at)) => Err(in_future(field, &time(at).to_string())),
        None => Ok(Exchanged { id, origin, row }),
    }
}

pub(super) fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

fn fields_of<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| plain(&error))
}

/// What is wrong, without a place in the line: many of its errors have none.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let text = match text {
        text if text.ends_with("expected a map") => NO_OBJECT.to_owned(),
        text if error.is_data() => text.to_owned(),
        text => no_json(text),
    };
    cut(&printable(&text), 200).into_owned()
}

/// The times of a row that are in the past.
fn times(row: &Exchange) -> Vec<(&'static str, Option<i64>)> {
    match row {
        Exchange::Session(row) => {
            let events = row.events.iter().map(|event| ("the time of an event", Some(event.wall_ms)));
            // The planned end of a step, where it is not known when the pack came off, may be to come.
            let assumed_ms = row.events.last().map(|last| last.wall_ms.saturating_add(millis(SESSION)));
            let end = row.end.as_ref().filter(|end| !end.assumed || assumed_ms.is_none_or(|most| end.at_ms > most));
            let end = end.map(|end| end.at_ms);
            [("started_at", Some(row.started_ms)), ("ended_at", end)].into_iter().chain(events).collect()
        }
        Exchange::Dose(row) => {
            vec![("ended_at", Some(row.ended_ms)), ("noted_at", Some(row.noted_ms)), ("undone_at", row.undone_ms)]
        }
        Exchange::Score(row) => {
            vec![("at", Some(row.at_ms)), ("noted_at", Some(row.noted_ms)), ("undone_at", row.undone_ms)]
        }
        Exchange::Note(row) => {
            vec![("at", Some(row.at_ms)), ("noted_at", Some(row.noted_ms)), ("undone_at", row.undone_ms)]
        }
        Exchange::Injury(row) => {
            vec![("happened_at", row.happened_ms), ("noted_at", Some(row.noted_ms)), ("over_at", row.over_ms)]
        }
        Exchange::Answer(row) => vec![("noted_at", Some(row.noted_ms))],
        Exchange::Planned(row) => vec![("made_at", Some(row.made_ms)), ("dropped_at", row.dropped_ms)],
    }
}

/// What the journal needs of a row beyond its fields.
fn check(row: &Exchange) -> Result<(), String> {
    match row {
        Exchange::Session(row) => check_session(row),
        Exchange::Dose(row) if row.length.is_zero() || row.length > DAY => {
            Err(unreadable(&row.length.as_secs_f64().to_string(), "the length_s of a dose: more than 0, at most 86400"))
        }
        Exchange::Score(row) if row.score > WORST => Err(unreadable(&row.score.to_string(), "a score from 0 to 10")),
        Exchange::Score(row) if row.session.is_some() != row.role.is_some() => Err(HALF_A_ROLE.to_owned()),
        Exchange::Score(row) => match row.role.as_deref().filter(|role| !ROLES.contains(role)) {
            Some(role) => Err(unreadable(role, "the role of a score: before, after or later")),
            None => Ok(()),
        },
        Exchange::Note(row) if row.text.trim().is_empty() => Err(NO_NOTE.to_owned()),
        Exchange::Answer(row) if row.signs.as_ref().is_some_and(|signs| signs.len() > MOST_NAMES) => {
            Err(TOO_MANY.to_owned())
        }
        Exchange::Planned(row) if row.to_ms < row.from_ms => Err(BACKWARDS.to_owned()),
        _ => Ok(()),
    }
}

/// Its events must be in order and about its steps, and the doses must be those of its events.
fn check_session(row: &SessionRow) -> Result<(), String> {
    if row.steps.len() > MOST_STEPS || row.events.len() > MOST_EVENTS || row.overrides.len() > MOST_NAMES {
        return Err(TOO_MANY.to_owned());
    }
    let events = row.events.iter().map(|event| Event {
        at: Moment::new(event.since_first),
        elapsed: event.elapsed,
        step: event.step,
        kind: event.kind,
    });
    let events: Vec<_> = events.collect();
    let (site, load) = (row.site.unwrap_or(Site::OTHER), Load::from_half_nanos(row.carried));
    let protocol = Protocol::recorded(row.protocol.clone(), site, row.steps.iter().cloned(), load, Doses::default());
    let protocol = protocol.ok_or_else(|| NO_STEPS.to_owned())?;
    if events.iter().any(|event| event.step >= row.steps.len()) {
        return Err(NO_SUCH_STEP.to_owned());
    }
    if !events.is_sorted_by_key(|event| event.at) || events.first().is_some_and(|first| first.at != Moment::default()) {
        return Err(NO_ORDER.to_owned());
    }
    let is_start = |event: &Event| event.kind == EventKind::Started;
    if events.iter().enumerate().any(|(index, event)| is_start(event) != (index == 0)) {
        return Err(NO_START.to_owned());
    }
    if row.events.first().is_some_and(|first| first.wall_ms.abs_diff(row.started_ms) > START_APART_MS) {
        return Err(TWO_STARTS.to_owned());
    }
    let Some(end) = &row.end else { return Ok(()) };
    let overrides = row.overrides.iter().filter_map(|name| RuleId::from_name(name)).collect();
    let possible = given(row, end, &protocol.overriding(overrides), events);
    let wrong = |given: &PerModality<Duration>| {
        let fields = [("cold_s", end.given.cold, given.cold), ("heat_s", end.given.heat, given.heat)];
        fields.into_iter().find(|(_, stated, given)| stated.abs_diff(*given).as_secs() >= INEXACT_S)
    };
    if possible.iter().any(|given| wrong(given).is_none()) {
        return Ok(());
    }
    possible.iter().find_map(wrong).map_or(Ok(()), |(field, ..)| Err(not_its_events(field)))
}

/// The doses that a session may have given. More than one where it is not known when the pack came off, and nothing says
/// until when it was counted.
fn given(
    row: &SessionRow,
    end: &SessionEnd,
    protocol: &Protocol,
    mut events: Vec<Event>,
) -> Vec<PerModality<Duration>> {
    let last = |events: &[Event]| events.last().map(|last| last.at).unwrap_or_default();
    if end.outcome != "cut_off" {
        return vec![doses(protocol, &events, last(&events)).totals()];
    }
    // As the journal reads it: with the events of its last moment that were not written any more.
    let options = SessionOptions { confirm: row.confirm, grace: row.grace };
    let replayed = replay(protocol, options, &events);
    let step_ends = replayed.as_ref().filter(|(session, _)| !session.is_paused()).map(|(session, _)| session.end());
    let written = last(&events);
    let missing = replayed.map(|(_, missing)| missing).unwrap_or_default();
    events.extend(missing.into_iter().map(|event| Event { at: event.at.max(written), ..event }));
    let (last, last_ms) = (last(&events), row.events.last().map_or(row.started_ms, |last| last.wall_ms));
    let after = u64::try_from(end.at_ms.saturating_sub(last_ms)).unwrap_or_default();
    let until = if end.assumed && after == 0 {
        // Version 1 of the journal wrote the time of the last event.
        vec![last, step_ends.unwrap_or_default().max(last)]
    } else {
        vec![last + Duration::from_millis(after)]
    };
    until.into_iter().map(|until| doses(protocol, &events, until).totals()).collect()
}
