//! The import of rows of another journal. They count for every rule and relieve nothing, and rows that are here already do
//! not change. This module must not know where they come from.
//!
//! The import places the events of a recent session on the clock of now, so that setting the time of day does not hide
//! its doses. Those of older sessions keep a clock of their own.

use rusqlite::params;

use super::exchange::{EventRow, Exchange, Exchanged, Fate, SessionRow};
use super::rows::{millis_between, nanos, written_steps};
use super::sessions::RELEVANT;
use super::told;
use super::{Journal, Result, Stamp};
use crate::domain::session::{Event, Moment};
use crate::domain::site::Site;

/// The name of the boot of events whose clock is that of their session.
const ELSEWHERE: &str = "imported";

impl Journal {
    /// Imports all rows, or none if one is an orphan. Without `keep` it changes nothing. Returns what became, or would
    /// become, of each. The clocks are read when no session can begin: a session knows what was imported before it.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn import(&self, all: &[Exchanged], now: impl FnOnce() -> Stamp, keep: bool) -> Result<Vec<Fate>> {
        self.together_if(|| {
            let (now, mut fates) = (now(), vec![Fate::Known; all.len()]);
            // Scores and notes name sessions, and answers injuries.
            let is_named = |row: &Exchange| matches!(row, Exchange::Session(_) | Exchange::Injury(_));
            for first in [true, false] {
                for (line, fate) in all.iter().zip(&mut fates).filter(|(line, _)| is_named(&line.row) == first) {
                    *fate = self.bring_in(line, &now)?;
                }
            }
            let keep = keep && !fates.contains(&Fate::Orphan);
            Ok((fates, keep))
        })
    }

    fn bring_in(&self, Exchanged { id, origin, row }: &Exchanged, now: &Stamp) -> Result<Fate> {
        if let Some(here) = self.row_with(row.kind(), id)? {
            let known = self.exchanged(row.kind(), here)?;
            return match (&known, row) {
                _ if known == *row => Ok(Fate::Known),
                (Exchange::Session(known), Exchange::Session(row)) if known.continues(row) => Ok(Fate::Known),
                (Exchange::Session(known), Exchange::Session(row))
                    if row.continues(known) && self.may_continue(here, origin)? =>
                {
                    self.continue_session(here, known.events.len(), row, now)?;
                    Ok(Fate::Continued)
                }
                _ => Ok(Fate::Differs),
            };
        }
        let place = |site: Option<Site>| site.map(Site::as_str);
        // The number of the row that it names, if it names one; `None` when that row is missing.
        let named = |kind: usize, id: &Option<String>| match id {
            None => Ok(Some(None)),
            Some(id) => Ok(self.row_with(kind, id)?.map(Some)),
        };
        match row {
            Exchange::Session(row) => self.bring_in_session(id, origin, row, now)?,
            Exchange::Dose(row) => {
                let sql = "INSERT INTO told (uid, origin, nth, kind, site, length_ns, ended_ms, noted_ms, undone_ms, \
                           imported_ms, boot, clock_ns) VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
                let (kind, site, length) = (row.modality.as_str(), row.site.as_str(), nanos(row.length));
                // An old one would be read again and again until the next boot.
                let is_recent = row.ended_ms >= now.wall_ms.saturating_sub(told::RELEVANT_MS);
                let boot = if is_recent { &*now.boot } else { "" };
                let (came, clock) = (now.wall_ms, nanos(now.clock.since_origin()));
                let (ended, noted, undone) = (row.ended_ms, row.noted_ms, row.undone_ms);
                self.execute(sql, params![id, origin, kind, site, length, ended, noted, undone, came, boot, clock])?;
            }
            Exchange::Score(row) => {
                let Some(session) = named(0, &row.session)? else { return Ok(Fate::Orphan) };
                let sql = "INSERT INTO pain (uid, origin, nth, session, role, score, site, at_ms, noted_ms, undone_ms) \
                           VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?)";
                let (at, noted, undone) = (row.at_ms, row.noted_ms, row.undone_ms);
                self.execute(
                    sql,
                    params![id, origin, session, row.role, row.score, place(row.site), at, noted, undone],
                )?;
            }
            Exchange::Note(row) => {
                let Some(session) = named(0, &row.session)? else { return Ok(Fate::Orphan) };
                let sql = "INSERT INTO note (uid, origin, nth, session, text, site, at_ms, noted_ms, undone_ms) \
                           VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?)";
                let (at, noted, undone) = (row.at_ms, row.noted_ms, row.undone_ms);
                self.execute(sql, params![id, origin, session, row.text, place(row.site), at, noted, undone])?;
            }
            Exchange::Injury(row) => {
                let sql =
                    "INSERT INTO injury (uid, origin, happened_ms, site, noted_ms, over_ms) VALUES (?, ?, ?, ?, ?, ?)";
                let (happened, noted, over) = (row.happened_ms, row.noted_ms, row.over_ms);
                self.execute(sql, params![id, origin, happened, place(row.site), noted, over])?;
            }
            Exchange::Answer(row) => {
                let Some(injury) = named(4, &row.injury)? else { return Ok(Fate::Orphan) };
                let sql = "INSERT INTO screening (uid, origin, injury, signs, noted_ms) VALUES (?, ?, ?, ?, ?)";
                let signs = row.signs.as_ref().map(|signs| signs.join(" "));
                self.execute(sql, params![id, origin, injury, signs, row.noted_ms])?;
            }
            Exchange::Planned(row) => {
                let sql = "INSERT INTO planned (uid, origin, protocol, site, from_ms, to_ms, sequence, made_ms, dropped_ms) \
                           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
                let (from, to, made, dropped) = (row.from_ms, row.to_ms, row.made_ms, row.dropped_ms);
                let (name, site) = (&row.protocol, row.site.as_str());
                self.execute(sql, params![id, origin, name, site, from, to, row.sequence, made, dropped])?;
            }
        }
        Ok(Fate::Added)
    }

    fn bring_in_session(&self, uid: &str, origin: &str, row: &SessionRow, now: &Stamp) -> Result<()> {
        let sql = "INSERT INTO session (uid, origin, protocol, steps, carried_cold, carried_heat, confirm, grace_ns, \
                   overrides, started_ms, planned_cold_ns, planned_heat_ns, site, was_open) \
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let steps = written_steps(row.steps.iter().map(|(step, longest)| (step, *longest)));
        let (carried, planned) = (row.carried, row.planned.map(nanos));
        self.execute(
            sql,
            params![
                uid,
                origin,
                row.protocol,
                steps,
                carried.cold,
                carried.heat,
                row.confirm,
                nanos(row.grace),
                row.overrides.join(" "),
                row.started_ms,
                planned.cold,
                planned.heat,
                row.site.map(Site::as_str),
                row.end.is_none()
            ],
        )?;
        self.continue_session(self.connection.last_insert_rowid(), 0, row, now)
    }

    /// Whether a session came from this journal without an end, and may get more of it: not while a session is open here,
    /// which was planned with what was known of it.
    fn may_continue(&self, id: i64, origin: &str) -> Result<bool> {
        let sql = "SELECT was_open AND origin IS ?2 AND NOT EXISTS (SELECT 1 FROM session WHERE outcome IS NULL) \
                   FROM session WHERE id = ?1";
        Ok(self.row(sql, params![id, origin], |row| row.get::<_, Option<bool>>(0))?.unwrap_or_default())
    }

    /// Writes the events of a session after the first `known` ones, and its end.
    fn continue_session(&self, id: i64, known: usize, row: &SessionRow, now: &Stamp) -> Result<()> {
        // Those that are here already say where the clock of the session is.
        let first = self.events(id)?.into_iter().next();
        let clock = first.map_or_else(|| clock_of(&row.events, now), |(stamp, _)| (stamp.boot, stamp.clock));
        for event in &row.events[known..] {
            let at = clock.1 + event.since_first;
            let stamp = Stamp { wall_ms: event.wall_ms, boot: clock.0.clone(), clock: at };
            let event = Event { at, elapsed: event.elapsed, step: event.step, kind: event.kind };
            self.insert_event(id, &stamp, &event)?;
        }
        self.execute("UPDATE session SET was_open = ? WHERE id = ?", params![row.end.is_none(), id])?;
        if let Some(end) = &row.end {
            return self.end(id, (&end.outcome, end.assumed), end.at_ms, end.given);
        }
        // As if it had no end yet, so that its events are replayed.
        self.execute("UPDATE session SET outcome = NULL, ended_ms = NULL, assumed = FALSE WHERE id = ?", [id])?;
        let record = self.record(id, now)?;
        self.close_cut_off(&record, record.assumed_off(), false).map(drop)
    }
}

/// The boot and the moment of the first of these events.
fn clock_of(events: &[EventRow], now: &Stamp) -> (String, Moment) {
    let elsewhere = (ELSEWHERE.to_owned(), Moment::default());
    // Where the time of day was set meanwhile, the latest start that it gives counts.
    let since = |event: &EventRow| millis_between(event.wall_ms, now.wall_ms).saturating_add(event.since_first);
    let Some((back, last)) = events.iter().map(since).min().zip(events.last()) else { return elsewhere };
    if back.saturating_sub(last.since_first) > RELEVANT || now.boot.is_empty() || now.clock.since_origin() < back {
        return elsewhere;
    }
    (now.boot.clone(), now.clock - back)
}
