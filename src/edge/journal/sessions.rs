//! Sessions in the journal: begun, read back, closed, counted. This module must not know how their events
//! are written.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rusqlite::params;

use super::rows::{
    StepRow, doses_of, is_this_boot, length, millis_between, nanos, on_the_clock_of, optional_text, site, text,
    written_steps,
};
use super::scores::{AFTER, BEFORE, COUNTS, LATER, score_sql};
use super::{Entry, Journal, NewSession, Record, Result, Stamp};
use crate::domain::course::{doses, replay};
use crate::domain::dose::Doses;
use crate::domain::exposure::Load;
use crate::domain::protocol::Protocol;
use crate::domain::rules::RuleId;
use crate::domain::session::{Event, EventKind, Moment, SessionOptions};
use crate::domain::site::Site;
use crate::domain::step::{PerModality, Step, planned};

/// The age beyond which a session concerns no rule: a day for the daily limits, and a day more for a load
/// that a suspend made large.
const RELEVANT_MS: i64 = 48 * 60 * 60 * 1000;
pub(super) const RELEVANT: Duration = Duration::from_millis(RELEVANT_MS.unsigned_abs());
/// The outcome of a session that was cut off.
const CUT_OFF: &str = "cut_off";

impl Journal {
    /// Writes a new session and returns its number.
    pub fn begin(&self, new: &NewSession<'_>) -> Result<i64> {
        self.together(|| self.add_session(new))
    }

    /// The same, as a part of what is committed together.
    pub(super) fn add_session(&self, new: &NewSession<'_>) -> Result<i64> {
        let protocol = new.protocol;
        let steps = protocol.steps().iter().enumerate();
        let steps = written_steps(steps.map(|(index, step)| (step, protocol.longest(index))));
        let load = protocol.initial_load().half_nanos();
        let planned = planned(protocol.steps()).map(nanos);
        let overrides = new.overrides.iter().map(|rule| rule.as_str()).collect::<Vec<_>>().join(" ");
        let (confirm, grace) = (new.options.confirm, nanos(new.options.grace));
        let sql = "INSERT INTO session (uid, protocol, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, \
                   started_ms, planned_cold_ns, planned_heat_ns, site) \
                   VALUES (lower(hex(randomblob(16))), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        self.execute(
            sql,
            params![
                protocol.name(),
                steps,
                load.cold,
                load.heat,
                confirm,
                grace,
                overrides,
                new.started_ms,
                planned.cold,
                planned.heat,
                protocol.site().as_str()
            ],
        )?;
        let id = self.connection.last_insert_rowid();
        new.pain.map_or(Ok(()), |score| {
            self.add_score(score, Some((id, BEFORE)), Some(protocol.site()), (None, new.started_ms))
        })?;
        Ok(id)
    }

    /// Closes a session that was cut off, with its doses until the pack came off, which is kept to a millisecond,
    /// rounded up. `told`: the person gave that time.
    /// Returns the doses.
    pub fn close_cut_off(&self, record: &Record, off: Moment, told: bool) -> Result<PerModality<Duration>> {
        let given = doses(&record.protocol, &record.events, off).totals();
        let after = off.since(record.last()).as_nanos().div_ceil(1_000_000);
        let ended_ms = record.last_wall_ms.saturating_add(i64::try_from(after).unwrap_or(i64::MAX));
        self.end(record.id, (CUT_OFF, !told), ended_ms, given)?;
        Ok(given)
    }

    /// Writes the end of a session: its outcome, and whether its doses are assumed.
    pub(super) fn end(
        &self,
        id: i64,
        (outcome, assumed): (&str, bool),
        ended_ms: i64,
        given: PerModality<Duration>,
    ) -> Result<()> {
        let sql = "UPDATE session SET outcome = ?, assumed = ?, ended_ms = ?, cold_ns = ?, heat_ns = ? WHERE id = ?";
        self.execute(sql, params![outcome, assumed, ended_ms, nanos(given.cold), nanos(given.heat), id]).map(drop)
    }

    /// The session that has no end yet: it runs, or it was cut off. It includes the doses that were known at its start.
    pub fn open_session(&self, now: &Stamp) -> Result<Option<Record>> {
        let sql = "SELECT id FROM session WHERE outcome IS NULL ORDER BY id DESC LIMIT 1";
        let Some(id) = self.rows(sql, [], |row| row.get(0))?.pop() else { return Ok(None) };
        let earlier = |began: Moment| {
            let (mut doses, _) = self.session_doses(now, |other| other < id)?;
            doses.extend(self.told(now)?.into_iter().filter(|told| told.noted <= began).map(|told| told.dose));
            Ok(doses)
        };
        self.read(id, now, earlier).map(Some)
    }

    /// One session, without the doses before it.
    pub fn record(&self, id: i64, now: &Stamp) -> Result<Record> {
        self.read(id, now, |_| Ok(Doses::default()))
    }

    /// `earlier`: the doses that were known when it began.
    fn read(&self, id: i64, now: &Stamp, earlier: impl FnOnce(Moment) -> Result<Doses>) -> Result<Record> {
        let sql = "SELECT protocol, steps, carried_cold, carried_heat, confirm, grace_ns, started_ms, outcome, \
                   cold_ns, heat_ns, ended_ms, assumed, overrides, site, origin IS NOT NULL FROM session WHERE id = ?";
        let (name, steps, load, options, started_ms, outcome, doses, (ended_ms, assumed, overrides, site, is_imported)) =
            self.row(sql, [id], |row| {
                let load = Load::from_half_nanos(PerModality { cold: row.get(2)?, heat: row.get(3)? });
                let options = SessionOptions { confirm: row.get(4)?, grace: length(row, 5)? };
                let steps: String = row.get(1)?;
                let outcome = optional_text(row, 7)?;
                let rest: (Option<i64>, bool, String, Option<Site>, bool) =
                    (row.get(10)?, row.get(11)?, text(row, 12)?, site(row, 13)?, row.get(14)?);
                Ok((text(row, 0)?, steps, load, options, row.get(6)?, outcome, doses_of(row, 8)?, rest))
            })?;
        let steps = self.steps(&steps)?;
        let rows = self.events(id)?;
        let mut events = on_the_clock_of(now, &rows);
        let earlier = earlier(events.first().map_or(now.clock, |first| first.at))?;
        let protocol = Protocol::recorded(name, site.unwrap_or(Site::OTHER), steps, load, earlier)
            .ok_or_else(|| self.damaged("a session has no steps"))?
            .overriding(overrides.split_whitespace().filter_map(RuleId::from_name).collect());
        if rows.iter().any(|(_, event)| event.step >= protocol.steps().len()) {
            return Err(self.damaged("an event names a step that its session does not have"));
        }
        let last_wall_ms = rows.last().map_or(started_ms, |(stamp, _)| stamp.wall_ms);
        let is_dated = rows.last().is_none_or(|(stamp, _)| is_this_boot(stamp, now));
        let ahead = if is_dated {
            Duration::ZERO
        } else {
            millis_between(now.wall_ms, ended_ms.unwrap_or(i64::MIN).max(last_wall_ms))
        };
        if let Some(Event { kind: EventKind::Finished { given, .. }, .. }) = events.last_mut() {
            *given = doses;
        }
        let is_whole = matches!(outcome.as_deref(), Some("completed" | "ended_early" | "stopped"));
        let replayed = if is_whole { None } else { replay(&protocol, options, &events) };
        let missing = replayed.map(|(_, missing)| missing).unwrap_or_default();
        // In a damaged record, a missing event may come before the last one.
        let last = events.last().map(|last| last.at).unwrap_or_default();
        events.extend(missing.iter().map(|event| Event { at: event.at.max(last), ..*event }));
        let unwritten = missing.len();
        // Version 1 wrote the time of the last event: then it is not known when the pack came off.
        let off = ended_ms.filter(|ended| !assumed || *ended > last_wall_ms);
        let off = off
            .map(|ended| events.last().map(|last| last.at).unwrap_or_default() + millis_between(last_wall_ms, ended));
        Ok(Record {
            id,
            started_ms,
            protocol,
            site,
            options,
            overrides,
            events,
            unwritten,
            outcome,
            last_wall_ms,
            ahead,
            off,
            is_imported,
        })
    }

    /// The steps in the row of a session, each with the longest that its file allows.
    pub(super) fn steps(&self, written: &str) -> Result<Vec<(Step, Option<Duration>)>> {
        let rows = serde_json::from_str::<Vec<StepRow>>(written);
        let rows = rows.map_err(|_| self.damaged("the steps of a session cannot be read"))?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// The doses that concern the rules, and how far in the future the last record ends. The session `but`
    /// is left out.
    pub fn doses(&self, now: &Stamp, but: Option<i64>) -> Result<(Doses, Duration)> {
        let (mut doses, mut ahead) = self.session_doses(now, |id| Some(id) != but)?;
        for told in self.told(now)? {
            ahead = ahead.max(millis_between(now.wall_ms, told.noted_ms));
            doses.push(told.dose);
        }
        Ok((doses, ahead))
    }

    /// The doses that concern the rules and that the last session of this journal does not know, because they were told
    /// or imported since it began.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn learned_since(&self, began: Moment, now: &Stamp) -> Result<Doses> {
        let sql = "SELECT coalesce(max(id), 0) FROM session WHERE origin IS NULL";
        let last: i64 = self.row(sql, [], |row| row.get(0))?;
        let (mut doses, _) = self.session_doses(now, |id| id > last)?;
        doses.extend(self.told(now)?.into_iter().filter(|told| told.noted > began).map(|told| told.dose));
        Ok(doses)
    }

    /// The doses of these sessions.
    fn session_doses(&self, now: &Stamp, are_meant: impl Fn(i64) -> bool) -> Result<(Doses, Duration)> {
        // A change of the wall clock must hide no session: those of this boot are found by its clock, and the
        // last ones of this journal at any time. Without ALL, SQLite would read every session.
        let sql = "SELECT id FROM session WHERE started_ms >= ?1 \
                   UNION ALL SELECT id FROM (SELECT id FROM session WHERE origin IS NULL ORDER BY id DESC LIMIT 8) \
                   UNION ALL SELECT DISTINCT session FROM event WHERE boot = ?2 AND clock_ns >= ?3";
        let since = (now.wall_ms.saturating_sub(RELEVANT_MS), nanos((now.clock - RELEVANT).since_origin()));
        let mut ids: Vec<i64> = self.rows(sql, params![since.0, now.boot, since.1], |row| row.get(0))?;
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| are_meant(*id));
        let (mut doses, mut ahead) = (Doses::default(), Duration::ZERO);
        for id in ids {
            let record = self.record(id, now)?;
            ahead = ahead.max(record.ahead).max(millis_between(now.wall_ms, record.last_wall_ms));
            doses.extend(record.doses(now));
        }
        Ok((doses, ahead))
    }

    /// When each session since `from_ms` started, and where it was, if that is known.
    pub fn starts(&self, from_ms: i64) -> Result<Vec<(i64, Option<Site>)>> {
        let sql = "SELECT started_ms, site FROM session WHERE started_ms >= ?";
        self.rows(sql, [from_ms], |row| Ok((row.get(0)?, site(row, 1)?)))
    }

    /// The sessions since a time of day in which a pack stayed on past the end of its step.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn overran(&self, since_ms: i64) -> Result<BTreeSet<i64>> {
        let overran = EventKind::Overran { over: Duration::ZERO }.name();
        // By the index of the events of a session: the kind has none.
        let sql = "SELECT id FROM session WHERE started_ms >= ? \
                   AND EXISTS (SELECT 1 FROM event WHERE session = session.id AND kind = ?)";
        Ok(self.rows(sql, params![since_ms, overran], |row| row.get(0))?.into_iter().collect())
    }

    /// The pain two hours after the sessions of trials since a time of day: the moment and the score, by session.
    fn later_scores(&self, since_ms: i64) -> Result<BTreeMap<i64, (i64, u8)>> {
        // The plus: by their moment.
        let sql = format!(
            "SELECT session, coalesce(at_ms, noted_ms) AS moment, score FROM pain \
             WHERE role = ? AND +session IS NOT NULL AND {COUNTS} AND moment >= ? ORDER BY moment, id"
        );
        let rows = self.rows(&sql, params![LATER, since_ms], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
        Ok(rows.into_iter().collect())
    }

    /// The sessions since a time of day, oldest first.
    pub fn history(&self, since_ms: i64) -> Result<Vec<Entry>> {
        let [before, after] = [BEFORE, AFTER].map(score_sql);
        let sql = format!(
            "SELECT id, protocol, started_ms, ended_ms, outcome, planned_cold_ns, planned_heat_ns, cold_ns, heat_ns, \
             {before}, {after}, overrides, assumed, site, origin IS NOT NULL FROM session \
             WHERE started_ms >= ? ORDER BY started_ms, id"
        );
        let later = self.later_scores(since_ms)?;
        self.rows(&sql, [since_ms], |row| {
            let (id, outcome) = (row.get(0)?, optional_text(row, 4)?);
            Ok(Entry {
                assumed: outcome.is_none() || row.get(12)?,
                id,
                protocol: text(row, 1)?,
                started_ms: row.get(2)?,
                ended_ms: row.get(3)?,
                outcome,
                planned: doses_of(row, 5)?,
                actual: doses_of(row, 7)?,
                pain: [row.get(9)?, row.get(10)?],
                later: later.get(&id).copied(),
                is_imported: row.get(14)?,
                overrides: text(row, 11)?,
                site: site(row, 13)?,
            })
        })
    }
}
