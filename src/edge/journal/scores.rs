//! Pain scores, each with its time and its site. This module must not know who asks for them.

use rusqlite::params;

use super::rows::site;
use super::{Journal, Result, Stamp};
use crate::domain::site::Site;

/// The roles of a score that belongs to a session.
pub(super) const BEFORE: &str = "before";
pub(super) const AFTER: &str = "after";

/// How long after the end of a session a score belongs to it (ours).
const BELONGS_MS: i64 = 2 * 60 * 60 * 1000;

impl Journal {
    /// The last session and its site, when it ended less than two hours ago and `named` may be the same place. A score
    /// now belongs to it.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn just_ended(&self, named: Option<Site>, now: &Stamp) -> Result<Option<(i64, Option<Site>)>> {
        let sql = "SELECT id, site FROM session \
                   WHERE id = (SELECT max(id) FROM session) AND ended_ms BETWEEN ?1 - ?2 AND ?1";
        let last = self.rows(sql, [now.wall_ms, BELONGS_MS], |row| Ok((row.get(0)?, site(row, 1)?)))?.pop();
        let is_same = |one: Site, other: Site| one.includes(other) || other.includes(one);
        Ok(last.filter(|(_, at)| named.zip(*at).is_none_or(|(named, at)| is_same(named, at))))
    }

    /// Stores a pain score, 0 to 10. Returns whether it is the pain after the last session; otherwise it stands alone.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn note_pain(&self, score: u8, named: Option<Site>, now: &Stamp) -> Result<bool> {
        self.together(|| {
            let session = self.just_ended(named, now)?;
            let place = named.or(session.and_then(|(_, at)| at));
            self.add_score(score, session.map(|(session, _)| (session, AFTER)), place, now.wall_ms)?;
            Ok(session.is_some())
        })
    }

    /// The scores since a time of day that stand alone, oldest first: when each was noted, and the score.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn scores_alone(&self, since_ms: i64) -> Result<Vec<(i64, u8)>> {
        let sql = "SELECT noted_ms, score FROM pain WHERE session IS NULL AND noted_ms >= ? ORDER BY noted_ms, id";
        self.rows(sql, [since_ms], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Stores a score with its session and role, if it has one, and its site.
    pub(super) fn add_score(
        &self,
        score: u8,
        of: Option<(i64, &str)>,
        site: Option<Site>,
        noted_ms: i64,
    ) -> Result<()> {
        let sql = "INSERT INTO pain (uid, session, role, score, site, noted_ms) \
                   VALUES (lower(hex(randomblob(16))), ?, ?, ?, ?, ?)";
        let (session, role) = of.unzip();
        self.execute(sql, params![session, role, score, site.map(Site::as_str), noted_ms]).map(drop)
    }
}
