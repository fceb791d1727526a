//! Doses without the timer and notes, as a person tells them and takes them back. Rows are marked and never deleted.
//! This module must not know who asks.

use std::time::Duration;

use rusqlite::{Params, params};

use super::rows::{is_this_boot, length, millis_between, modality, nanos, site, text};
use super::scores::{BEFORE, NTH};
use super::{Journal, Result, Stamp};
use crate::domain::dose::Dose;
use crate::domain::moment::Moment;
use crate::domain::site::Site;
use crate::domain::step::Modality;

/// How long a dose that was taken back goes on counting after it was told (ours), so that telling and taking back gains
/// nothing.
const COUNTS_ON_MS: i64 = 24 * 60 * 60 * 1000;
const COUNTS_ON: Duration = Duration::from_millis(COUNTS_ON_MS.unsigned_abs());

/// The age beyond which a told dose concerns no rule: one may last a day, and several may overlap.
pub(super) const RELEVANT_MS: i64 = 7 * 24 * 60 * 60 * 1000;
const RELEVANT: Duration = Duration::from_millis(RELEVANT_MS.unsigned_abs());

/// A dose that was given without the timer, as a person tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTold {
    /// Cold or heat.
    pub modality: Modality,
    /// How long it was on.
    pub length: Duration,
    /// Where it was.
    pub site: Site,
    /// When it came off, milliseconds since 1970.
    pub ended_ms: i64,
}

/// A told dose in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub id: i64,
    /// As it was told.
    pub what: NewTold,
    /// Where it lies on the clock of now.
    pub dose: Dose,
    /// When this journal came to know it, on the clock of now: when it was told here or imported.
    pub noted: Moment,
    /// When it was told, milliseconds since 1970.
    pub noted_ms: i64,
    /// When this journal came to know it, milliseconds since 1970.
    known_ms: i64,
    /// It was taken back.
    pub is_undone: bool,
    /// It was told in another journal.
    pub is_imported: bool,
}

impl Told {
    /// When it was put on, milliseconds since 1970.
    pub fn started_ms(&self) -> i64 {
        let length = i64::try_from(self.what.length.as_millis()).unwrap_or(i64::MAX);
        self.what.ended_ms.saturating_sub(length)
    }

    /// Until when it counts after it was taken back, milliseconds since 1970; `None` when it was not.
    pub fn counts_until_ms(&self) -> Option<i64> {
        self.is_undone.then(|| self.noted_ms.saturating_add(COUNTS_ON_MS))
    }

    /// Whether it counts for the rules.
    pub fn counts(&self, now: &Stamp) -> bool {
        let told = self.noted - millis_between(self.noted_ms, self.known_ms);
        !self.is_undone || now.clock.since(told) < COUNTS_ON
    }
}

/// Something that a person noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The session that it belongs to.
    pub session: Option<i64>,
    /// What was noted.
    pub text: String,
    /// Where.
    pub site: Option<Site>,
    /// The moment that it is about, milliseconds since 1970.
    pub at_ms: i64,
}

/// What was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// A dose.
    Dose(Told),
    /// A note.
    Note(Note),
    /// A pain score, and the moment that it is about, milliseconds since 1970.
    Pain(u8, i64),
}

impl Journal {
    /// Stores a dose that was given without the timer.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn tell(&self, told: &NewTold, now: &Stamp) -> Result<()> {
        let sql = format!(
            "INSERT INTO told (uid, nth, kind, site, length_ns, ended_ms, noted_ms, boot, clock_ns) \
             VALUES (lower(hex(randomblob(16))), {NTH}, ?, ?, ?, ?, ?, ?, ?)"
        );
        let NewTold { modality, length, site, ended_ms } = *told;
        let (kind, clock) = (modality.as_str(), nanos(now.clock.since_origin()));
        let row = params![kind, site.as_str(), nanos(length), ended_ms, now.wall_ms, now.boot, clock];
        self.execute(&sql, row).map(drop)
    }

    /// The told doses that concern the rules.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn told(&self, now: &Stamp) -> Result<Vec<Told>> {
        // As with sessions, a change of the wall clock must hide none.
        let which = "ended_ms >= ? OR (boot = ? AND clock_ns >= ?) \
                     OR id IN (SELECT id FROM told WHERE origin IS NULL ORDER BY id DESC LIMIT 8)";
        let since = (now.wall_ms.saturating_sub(RELEVANT_MS), nanos((now.clock - RELEVANT).since_origin()));
        let mut all = self.told_where(which, params![since.0, now.boot, since.1], now)?;
        all.retain(|told| told.counts(now));
        Ok(all)
    }

    /// The told doses that were put on since a time of day and count, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn told_since(&self, since_ms: i64, now: &Stamp) -> Result<Vec<Told>> {
        let mut all = self.told_where("ended_ms >= ?", [since_ms], now)?;
        all.retain(|told| told.counts(now) && told.started_ms() >= since_ms);
        all.sort_by_key(Told::started_ms);
        Ok(all)
    }

    fn told_where(&self, which: &str, params: impl Params, now: &Stamp) -> Result<Vec<Told>> {
        let sql = format!(
            "SELECT id, kind, site, length_ns, ended_ms, coalesce(imported_ms, noted_ms), boot, clock_ns, \
             undone_ms IS NOT NULL, noted_ms, origin IS NOT NULL FROM told WHERE {which}"
        );
        let rows = self.rows(&sql, params, |row| {
            let Some(modality) = modality(row, 1)? else { return Ok(None) };
            // A site that this version does not know may be anywhere.
            let site = site(row, 2)?.unwrap_or(Site::OTHER);
            let what = NewTold { modality, length: length(row, 3)?, site, ended_ms: row.get(4)? };
            let known = Stamp { wall_ms: row.get(5)?, boot: row.get(6)?, clock: Moment::new(length(row, 7)?) };
            let (dose, noted) = placed(&what, &known, now);
            let (id, known_ms) = (row.get(0)?, known.wall_ms);
            let (is_undone, noted_ms, is_imported) = (row.get(8)?, row.get(9)?, row.get(10)?);
            Ok(Some(Told { id, what, dose, noted, noted_ms, known_ms, is_undone, is_imported }))
        })?;
        rows.into_iter().collect::<Option<_>>().ok_or_else(|| self.damaged("a dose that was told has an unknown kind"))
    }

    /// Stores a note about a moment: about now without one. It belongs to the session that ran then, or that had ended
    /// less than two hours before, if that may be at the same place. Returns the name of its protocol.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn note(
        &self,
        text: &str,
        named: Option<Site>,
        at_ms: Option<i64>,
        now: &Stamp,
    ) -> Result<Option<(String, Option<Site>)>> {
        let sql = format!(
            "INSERT INTO note (uid, nth, session, text, site, at_ms, noted_ms) \
             VALUES (lower(hex(randomblob(16))), {NTH}, ?, ?, ?, ?, ?)"
        );
        self.together(|| {
            let session = self.session_at(named, at_ms, true, now)?;
            let place = named.or(session.and_then(|(_, at)| at)).map(Site::as_str);
            let (id, at_ms) = (session.map(|(id, _)| id), at_ms.unwrap_or(now.wall_ms));
            self.execute(&sql, params![id, text, place, at_ms, now.wall_ms])?;
            session.map(|(id, site)| Ok((self.name_of(id)?, site))).transpose()
        })
    }

    /// The notes of sessions that began since a time of day, and those that stand alone since then, in the order of their
    /// moments.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn notes(&self, since_ms: i64) -> Result<Vec<Note>> {
        self.notes_where(
            "id IN (SELECT note.id FROM session JOIN note ON note.session = session.id WHERE started_ms >= ?1 \
             UNION ALL SELECT id FROM note WHERE +session IS NULL AND at_ms >= ?1) AND undone_ms IS NULL",
            since_ms,
        )
    }

    fn notes_where(&self, which: &str, value: i64) -> Result<Vec<Note>> {
        let sql = format!("SELECT session, text, site, at_ms FROM note WHERE {which} ORDER BY at_ms, id");
        self.rows(&sql, [value], |row| {
            Ok(Note { session: row.get(0)?, text: text(row, 1)?, site: site(row, 2)?, at_ms: row.get(3)? })
        })
    }

    /// The name of the protocol of a session.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn name_of(&self, session: i64) -> Result<String> {
        self.row("SELECT protocol FROM session WHERE id = ?", [session], |row| text(row, 0))
    }

    /// Takes back the last dose, note or score that was told here and was not taken back; the score before a session
    /// belongs to the session, and the scores of a trial that is over to what it says. `None` when there is nothing.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn undo(&self, now: &Stamp) -> Result<Option<Undone>> {
        let sql = "SELECT 'told', id, nth FROM told WHERE undone_ms IS NULL AND origin IS NULL \
                   UNION ALL SELECT 'note', id, nth FROM note WHERE undone_ms IS NULL AND origin IS NULL \
                   UNION ALL SELECT 'pain', id, coalesce(nth, 0) FROM pain \
                   WHERE undone_ms IS NULL AND origin IS NULL AND role IS NOT ? \
                   AND NOT EXISTS (SELECT 1 FROM drawn JOIN trial ON trial.id = trial \
                       WHERE drawn.session = pain.session AND role = 'later' AND trial.ended_ms IS NOT NULL) \
                   ORDER BY 3 DESC, 2 DESC LIMIT 1";
        self.together(|| {
            let last = self.rows(sql, [BEFORE], |row| Ok((row.get(0)?, row.get(1)?)))?.pop();
            let Some((table, id)): Option<(String, i64)> = last else { return Ok(None) };
            let mark = format!("UPDATE {table} SET undone_ms = ? WHERE id = ?");
            self.execute(&mark, params![now.wall_ms, id])?;
            match &*table {
                "told" => Ok(self.told_where("id = ?", [id], now)?.pop().map(Undone::Dose)),
                "note" => Ok(self.notes_where("id = ?", id)?.pop().map(Undone::Note)),
                _ => {
                    let sql = "SELECT score, coalesce(at_ms, noted_ms) FROM pain WHERE id = ?";
                    self.row(sql, [id], |row| Ok(Some(Undone::Pain(row.get(0)?, row.get(1)?))))
                }
            }
        })
    }
}

/// Puts a dose, and when it became known, on the clock of now: by the clock of that boot, or else by the time of day.
fn placed(what: &NewTold, known: &Stamp, now: &Stamp) -> (Dose, Moment) {
    let (noted, to) = if is_this_boot(known, now) {
        let noted = known.clock.min(now.clock);
        (noted, noted - millis_between(what.ended_ms, known.wall_ms))
    } else {
        let before = |at_ms| now.clock - millis_between(at_ms, now.wall_ms);
        (before(known.wall_ms), before(what.ended_ms))
    };
    let NewTold { modality, length, site, .. } = *what;
    let from = to - length;
    (Dose { modality, from, to, session: from, site, relieves: false }, noted)
}
