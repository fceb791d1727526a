//! Trials of two options in the journal, with the sessions that were drawn for them and their scores. This module must not
//! know how an order is drawn, nor what a trial says.

use std::time::Duration;

use rusqlite::params;

use super::rows::{length, nanos, site, text};
use super::scores::{BEFORE, LATER, score_sql};
use super::{Journal, NewSession, Result, Stamp};
use crate::domain::site::Site;

/// A trial that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTrial<'a> {
    /// The names of the two options.
    pub options: [&'a str; 2],
    /// How long a rest lasts, where one of them is a rest.
    pub rest: Duration,
    /// Where the packs lie.
    pub site: Site,
    /// How many complete pairs are planned.
    pub blocks: u32,
    /// What the order is drawn from; `None`: the journal draws it.
    pub seed: Option<u32>,
}

/// A trial in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialEntry {
    /// Its number.
    pub id: i64,
    /// The names of the two options.
    pub options: [String; 2],
    /// How long a rest lasts, where one of them is a rest.
    pub rest: Duration,
    /// Where the packs lie.
    pub site: Site,
    /// How many complete pairs are planned.
    pub blocks: u32,
    /// What the order is drawn from.
    pub seed: u32,
    /// When it started, milliseconds since 1970.
    pub started_ms: i64,
    /// When it ended; `None` while it goes on.
    pub ended_ms: Option<i64>,
    /// The person stopped it.
    pub is_stopped: bool,
}

/// A session that was drawn for a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawnEntry {
    /// Its number.
    pub session: i64,
    /// Its place in the order.
    pub place: u32,
    /// When it started, milliseconds since 1970.
    pub started_ms: i64,
    /// When it ended; `None` while it is open.
    pub ended_ms: Option<i64>,
    /// The pain before it.
    pub before: Option<u8>,
    /// The pain two hours after it.
    pub later: Option<u8>,
}

impl Journal {
    /// Starts a trial. Only one can go on at a time.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn start_trial(&self, new: &NewTrial<'_>, now: &Stamp) -> Result<()> {
        let sql = "INSERT INTO trial (uid, a, b, rest_ns, site, blocks, seed, started_ms) \
                   VALUES (lower(hex(randomblob(16))), ?, ?, ?, ?, ?, coalesce(?, random() & 4294967295), ?)";
        let NewTrial { options: [a, b], rest, site, blocks, seed } = *new;
        self.execute(sql, params![a, b, nanos(rest), site.as_str(), blocks, seed, now.wall_ms]).map(drop)
    }

    /// The last trial that was started.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn last_trial(&self) -> Result<Option<TrialEntry>> {
        let sql = "SELECT id, a, b, rest_ns, site, blocks, seed, started_ms, ended_ms, stopped FROM trial \
                   ORDER BY id DESC LIMIT 1";
        let last = self.rows(sql, [], |row| {
            Ok(TrialEntry {
                id: row.get(0)?,
                options: [text(row, 1)?, text(row, 2)?],
                rest: length(row, 3)?,
                site: site(row, 4)?.unwrap_or(Site::OTHER),
                blocks: row.get(5)?,
                seed: row.get(6)?,
                started_ms: row.get(7)?,
                ended_ms: row.get(8)?,
                is_stopped: row.get(9)?,
            })
        })?;
        Ok(last.into_iter().next())
    }

    /// The sessions that were drawn for a trial, in the order of their places.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn drawn(&self, trial: i64) -> Result<Vec<DrawnEntry>> {
        let [before, later] = [BEFORE, LATER].map(score_sql);
        let sql = format!(
            "SELECT session.id, place, started_ms, ended_ms, {before}, {later} \
             FROM drawn JOIN session ON session.id = drawn.session WHERE trial = ? ORDER BY place"
        );
        self.rows(&sql, [trial], |row| {
            Ok(DrawnEntry {
                session: row.get(0)?,
                place: row.get(1)?,
                started_ms: row.get(2)?,
                ended_ms: row.get(3)?,
                before: row.get(4)?,
                later: row.get(5)?,
            })
        })
    }

    /// Writes a new session at a place of a trial, and returns its number.
    ///
    /// # Errors
    /// When the journal cannot be written, and when the place is taken.
    pub fn begin_drawn(&self, new: &NewSession<'_>, (trial, place): (i64, u32)) -> Result<i64> {
        self.together(|| {
            let session = self.add_session(new)?;
            let sql = "INSERT INTO drawn (session, trial, place) VALUES (?, ?, ?)";
            self.execute(sql, params![session, trial, place])?;
            Ok(session)
        })
    }

    /// Stores the pain two hours after a session.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn note_later(&self, session: i64, score: u8, site: Site, now: &Stamp) -> Result<()> {
        self.add_score(score, Some((session, LATER)), Some(site), (None, now.wall_ms))
    }

    /// Ends a trial, if it goes on. `stopped`: the person stopped it.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn end_trial(&self, id: i64, stopped: bool, now: &Stamp) -> Result<()> {
        let sql = "UPDATE trial SET ended_ms = ?, stopped = ? WHERE id = ? AND ended_ms IS NULL";
        self.execute(sql, params![now.wall_ms, stopped, id]).map(drop)
    }
}
