//! Sessions in the journal: begun, read back, closed, counted. It must not know how their events are
//! written.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{StepRow, given, length, nanos, on_the_clock_of, text};
use super::{Entry, Journal, JournalError, NewSession, Record, Result, Stamp};
use crate::domain::course::{doses, replay};
use crate::domain::dose::Doses;
use crate::domain::exposure::Load;
use crate::domain::protocol::Protocol;
use crate::domain::session::{Event, EventKind, Moment, SessionOptions};
use crate::domain::step::{Modality, PerModality, Step};
use crate::text::printable::printable;

/// Sessions that start earlier than this before now no longer bear on any rule: a day for the daily
/// limits, and a day more for a load that a suspend made large.
const BEARS_MS: i64 = 48 * 60 * 60 * 1000;

impl Journal {
    /// Writes a new session and returns its number.
    pub fn begin(&self, new: &NewSession<'_>) -> Result<i64> {
        let steps: Vec<StepRow> = new.protocol.steps().iter().map(StepRow::from).collect();
        let steps = serde_json::to_string(&steps).unwrap_or_default();
        let load = new.protocol.initial_load().half_nanos();
        let planned = Modality::ALL.map(|modality| {
            let steps = new.protocol.steps().iter().filter(|step| step.kind.modality() == Some(modality));
            nanos(steps.map(|step| step.length).sum())
        });
        let overrides = new.overrides.iter().map(|rule| rule.as_str()).collect::<Vec<_>>().join(" ");
        self.wrap(|connection| {
            let sql = "INSERT INTO session (protocol, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, \
                       started_ms, planned_cold_ns, planned_heat_ns, pain_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
            connection.prepare_cached(sql)?.execute(params![
                    new.protocol.name(),
                    steps,
                    load.cold,
                    load.heat,
                    new.options.confirm,
                    nanos(new.options.grace),
                    overrides,
                    new.started_ms,
                    planned[0],
                    planned[1],
                    new.pain,
            ])?;
            Ok(connection.last_insert_rowid())
        })
    }

    /// Takes back a session whose clock never started.
    pub fn forget(&self, id: i64) -> Result<()> {
        self.wrap(|connection| {
            let started: bool =
                connection
                    .query_row("SELECT EXISTS (SELECT 1 FROM event WHERE session = ?)", [id], |row| row.get(0))?;
            if !started {
                connection.execute("DELETE FROM session WHERE id = ?", [id])?;
            }
            Ok(())
        })
    }

    /// Closes a session that was cut off too long ago: with the doses of its events, no more.
    pub fn close_cut_off(&self, record: &Record) -> Result<()> {
        let last = record.events.last().map_or_else(Moment::default, |last| last.at);
        let known = doses(&record.protocol, &record.events, last);
        let doses = PerModality::from_fn(|modality| known.total(modality));
        self.wrap(|connection| end(connection, record.id, "cut_off", record.last_wall_ms, doses))
    }

    /// The session that has no end yet: it runs, or it was cut off. It knows the doses before it.
    pub fn open_session(&self, now: &Stamp) -> Result<Option<Record>> {
        let id = self.wrap(|connection| {
            let sql = "SELECT id FROM session WHERE outcome IS NULL ORDER BY id DESC LIMIT 1";
            connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()
        })?;
        let Some(id) = id else { return Ok(None) };
        let (earlier, _) = self.doses(now, Some(id))?;
        self.read(id, now, earlier).map(Some)
    }

    /// Everything about one session, but for the doses before it.
    pub fn record(&self, id: i64, now: &Stamp) -> Result<Record> {
        self.read(id, now, Doses::default())
    }

    fn read(&self, id: i64, now: &Stamp, earlier: Doses) -> Result<Record> {
        let (name, steps, load, options, started_ms, outcome, doses): (_, _, _, _, _, Option<String>, _) =
            self.wrap(|connection| {
                let sql = "SELECT protocol, steps, carried_cold, carried_heat, confirm, grace_ns, started_ms, outcome, \
                           cold_ns, heat_ns FROM session WHERE id = ?";
                connection.prepare_cached(sql)?.query_row([id], |row| {
                    let options = SessionOptions { confirm: row.get(4)?, grace: length(row, 5)? };
                    let load = Load::from_half_nanos(PerModality { cold: row.get(2)?, heat: row.get(3)? });
                    let outcome: Option<String> = row.get(7)?;
                    let outcome = outcome.map(|outcome| printable(&outcome).into_owned());
                    let doses = PerModality { cold: given(row, 8)?, heat: given(row, 9)? };
                    Ok((text(row, 0)?, row.get::<_, String>(1)?, load, options, row.get(6)?, outcome, doses))
                })
            })?;
        let damaged = |why: &str| JournalError::Damaged { path: self.path.clone(), why: why.to_owned() };
        let steps: Vec<StepRow> =
            serde_json::from_str(&steps).map_err(|_| damaged("the steps of a session cannot be read"))?;
        let steps: Option<Vec<Step>> = steps.into_iter().map(StepRow::step).collect();
        let steps = steps.ok_or_else(|| damaged("a step of a session has an unknown kind"))?;
        let count = steps.len();
        let protocol =
            Protocol::recorded(name, steps, load, earlier).ok_or_else(|| damaged("a session has no steps"))?;
        let rows = self.events(id)?;
        if rows.iter().any(|(_, event)| event.step >= count) {
            return Err(damaged("an event names a step that its session does not have"));
        }
        let last_wall_ms = rows.last().map_or(started_ms, |(stamp, _)| stamp.wall_ms);
        let mut events = on_the_clock_of(now, rows);
        if let Some(EventKind::Finished { given, .. }) = events.last_mut().map(|last| &mut last.kind) {
            // The doses are in the row of the session.
            *given = doses;
        }
        let is_whole = matches!(outcome.as_deref(), Some("completed" | "stopped"));
        let unwritten = replay(&protocol, options, &events).filter(|_| !is_whole).map(|(_, unwritten)| unwritten);
        let unwritten = unwritten.unwrap_or_default();
        // Rows that no session of this program wrote may leave over what came before them.
        let last = events.last().map_or_else(Moment::default, |last| last.at);
        events.extend(unwritten.iter().map(|event| Event { at: event.at.max(last), ..*event }));
        let unwritten = unwritten.len();
        Ok(Record { id, started_ms, protocol, options, events, unwritten, outcome, last_wall_ms })
    }

    /// The sessions that bear on the rules, oldest first, and how far in the future the last record
    /// ends. `but` is left out: the session that is being taken up.
    pub fn doses(&self, now: &Stamp, but: Option<i64>) -> Result<(Doses, Duration)> {
        // The last few whatever their time of day: a clock that was set must not hide them.
        let mut ids: Vec<i64> = self.wrap(|connection| {
            // Sorted and freed of doubles below: asked for here, SQLite would read every session for it.
            let sql = "SELECT id FROM session WHERE started_ms >= ?1 AND id IS NOT ?2 \
                       UNION ALL SELECT id FROM session WHERE id > (SELECT max(id) - 8 FROM session) AND id IS NOT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![now.wall_ms.saturating_sub(BEARS_MS), but], |row| row.get(0))?;
            rows.collect()
        })?;
        ids.sort_unstable();
        ids.dedup();
        let mut doses = Doses::default();
        let mut last_ms = i64::MIN;
        for id in ids {
            let record = self.record(id, now)?;
            last_ms = last_ms.max(record.last_wall_ms);
            doses.extend(record.doses(now));
        }
        let ahead = u64::try_from(last_ms.saturating_sub(now.wall_ms)).unwrap_or(0);
        Ok((doses, Duration::from_millis(ahead)))
    }

    /// On how many days since `from_ms` there was a session; counts no further than `most`.
    pub fn days_with_sessions(&self, from_ms: i64, most: u32) -> Result<u32> {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let (mut days, mut from) = (0, from_ms);
        // From day to day through the index, whatever lies between.
        while days < most {
            let next: Option<i64> = self.wrap(|connection| {
                let sql = "SELECT min(started_ms) FROM session WHERE started_ms >= ?";
                connection.prepare_cached(sql)?.query_row([from], |row| row.get(0))
            })?;
            let Some(next) = next else { break };
            days += 1;
            from = next.saturating_sub(next.rem_euclid(DAY_MS)).saturating_add(DAY_MS);
        }
        Ok(days)
    }

    /// The sessions since a time of day, oldest first.
    pub fn history(&self, since_ms: i64) -> Result<Vec<Entry>> {
        self.wrap(|connection| {
            let sql = "SELECT id, protocol, started_ms, ended_ms, outcome, planned_cold_ns, planned_heat_ns, cold_ns, heat_ns, \
                       pain_before, pain_after, overrides FROM session WHERE started_ms >= ? ORDER BY started_ms, id";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([since_ms], |row| {
                Ok(Entry {
                    id: row.get(0)?,
                    protocol: text(row, 1)?,
                    started_ms: row.get(2)?,
                    ended_ms: row.get(3)?,
                    outcome: row.get::<_, Option<String>>(4)?.map(|outcome| printable(&outcome).into_owned()),
                    planned: [length(row, 5)?, length(row, 6)?],
                    actual: [given(row, 7)?, given(row, 8)?],
                    pain: [row.get(9)?, row.get(10)?],
                    overrides: text(row, 11)?,
                })
            })?;
            rows.collect()
        })
    }
}

pub(super) fn end(
    connection: &Connection,
    session: i64,
    outcome: &str,
    ended_ms: i64,
    given: PerModality<Duration>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE session SET outcome = ?, ended_ms = ?, cold_ns = ?, heat_ns = ? WHERE id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute(params![outcome, ended_ms, nanos(given.cold), nanos(given.heat), session])?;
    Ok(())
}
