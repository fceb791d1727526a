//! Pain scores, each with its time. This module must not know who asks for them.

use rusqlite::params;

use super::{Journal, Result, Stamp};

/// The roles of a score that belongs to a session.
pub(super) const BEFORE: &str = "before";
pub(super) const AFTER: &str = "after";

/// How long after the end of a session a score belongs to it (ours).
const BELONGS_MS: i64 = 2 * 60 * 60 * 1000;

impl Journal {
    /// Stores a pain score, 0 to 10. Returns whether it is the pain after the last session, which ended less than
    /// two hours ago; otherwise it stands alone.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn note_pain(&self, score: u8, now: &Stamp) -> Result<bool> {
        self.together(|| {
            let sql =
                "SELECT id FROM session WHERE id = (SELECT max(id) FROM session) AND ended_ms BETWEEN ?1 - ?2 AND ?1";
            let session: Option<i64> = self.rows(sql, [now.wall_ms, BELONGS_MS], |row| row.get(0))?.pop();
            self.add_score(score, session.map(|session| (session, AFTER)), now.wall_ms)?;
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

    /// Stores a score, and its session and role if it has one.
    pub(super) fn add_score(&self, score: u8, of: Option<(i64, &str)>, noted_ms: i64) -> Result<()> {
        let sql =
            "INSERT INTO pain (uid, session, role, score, noted_ms) VALUES (lower(hex(randomblob(16))), ?, ?, ?, ?)";
        let (session, role) = of.unzip();
        self.execute(sql, params![session, role, score, noted_ms]).map(drop)
    }
}
