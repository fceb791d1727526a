//! Pain scores, each with its time and its site. This module must not know who asks for them.

use rusqlite::params;

use super::rows::site;
use super::{Journal, Result, Stamp};
use crate::domain::site::Site;

/// The roles of a score that belongs to a session.
pub(super) const BEFORE: &str = "before";
pub(super) const AFTER: &str = "after";
/// Two hours after a session of a trial.
pub(super) const LATER: &str = "later";
/// All of them.
pub const ROLES: [&str; 3] = [BEFORE, AFTER, LATER];

/// How long after the end of a session a score belongs to it (ours).
const BELONGS_MS: i64 = 2 * 60 * 60 * 1000;

/// The next value of `nth`, which counts all that is told.
pub(super) const NTH: &str = "(SELECT 1 + max(coalesce((SELECT max(nth) FROM told), 0), \
                              coalesce((SELECT max(nth) FROM note), 0), coalesce((SELECT max(nth) FROM pain), 0)))";

/// A score counts when it was given here or in the journal of its session. One from another journal replaces none.
pub(super) const COUNTS: &str = "(pain.origin IS NULL OR pain.origin IS (SELECT its.origin FROM session AS its \
                                 WHERE its.id = pain.session)) AND undone_ms IS NULL";

/// The score of `session.id` with a role. Of several, the one about the last moment counts.
pub(super) fn score_sql(role: &str) -> String {
    format!(
        "(SELECT score FROM pain WHERE session = session.id AND role = '{role}' AND {COUNTS} \
         ORDER BY coalesce(at_ms, noted_ms) DESC, id DESC LIMIT 1)"
    )
}

impl Journal {
    /// The session that a score about a moment belongs to, and its site: it had ended less than two hours before, it was
    /// the last one, and `named` may be the same place. Without a moment it is about now.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn just_ended(
        &self,
        named: Option<Site>,
        at_ms: Option<i64>,
        now: &Stamp,
    ) -> Result<Option<(i64, Option<Site>)>> {
        self.session_at(named, at_ms, false, now)
    }

    /// The same. `or_running`: the session may also have run at that moment.
    pub(super) fn session_at(
        &self,
        named: Option<Site>,
        at_ms: Option<i64>,
        or_running: bool,
        now: &Stamp,
    ) -> Result<Option<(i64, Option<Site>)>> {
        // A session that was cut off may have no end for as long as this.
        let sql = "SELECT id, site FROM session WHERE id = (SELECT max(id) FROM session WHERE origin IS NULL AND (?1 OR started_ms <= ?2)) \
                   AND (ended_ms BETWEEN ?2 - ?3 AND ?2 \
                        OR ?4 AND (ended_ms > ?2 OR ended_ms IS NULL AND started_ms >= ?2 - 3 * ?3))";
        let params = params![at_ms.is_none(), at_ms.unwrap_or(now.wall_ms), BELONGS_MS, or_running];
        let last = self.rows(sql, params, |row| Ok((row.get(0)?, site(row, 1)?)))?.pop();
        let is_same = |one: Site, other: Site| one.includes(other) || other.includes(one);
        Ok(last.filter(|(_, at)| named.zip(*at).is_none_or(|(named, at)| is_same(named, at))))
    }

    /// Stores a pain score, 0 to 10, about a moment, or about now. Returns whether it is the pain after a session;
    /// otherwise it stands alone.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn note_pain(&self, score: u8, named: Option<Site>, at_ms: Option<i64>, now: &Stamp) -> Result<bool> {
        self.together(|| {
            let session = self.just_ended(named, at_ms, now)?;
            let place = named.or(session.and_then(|(_, at)| at));
            self.add_score(score, session.map(|(session, _)| (session, AFTER)), place, (at_ms, now.wall_ms))?;
            Ok(session.is_some())
        })
    }

    /// The scores since a time of day that stand alone, oldest first: the moment, the score and the site.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn scores_alone(&self, since_ms: i64) -> Result<Vec<(i64, u8, Option<Site>)>> {
        // The plus: by their moment, because many may stand alone.
        self.scores_where("+session IS NULL", since_ms)
    }

    /// All scores since a time of day, oldest first: when each was noted, the score, and where it hurt.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn scores(&self, since_ms: i64) -> Result<Vec<(i64, u8, Option<Site>)>> {
        self.scores_where("true", since_ms)
    }

    fn scores_where(&self, which: &str, since_ms: i64) -> Result<Vec<(i64, u8, Option<Site>)>> {
        let sql = format!(
            "SELECT coalesce(at_ms, noted_ms) AS moment, score, site FROM pain \
             WHERE {which} AND undone_ms IS NULL AND moment >= ? ORDER BY moment, id"
        );
        self.rows(&sql, [since_ms], |row| Ok((row.get(0)?, row.get(1)?, site(row, 2)?)))
    }

    /// Stores a score with its session and role, if it has one, its site, and the moment that it is about.
    pub(super) fn add_score(
        &self,
        score: u8,
        of: Option<(i64, &str)>,
        site: Option<Site>,
        (at_ms, noted_ms): (Option<i64>, i64),
    ) -> Result<()> {
        let sql = format!(
            "INSERT INTO pain (uid, nth, session, role, score, site, at_ms, noted_ms) \
             VALUES (lower(hex(randomblob(16))), {NTH}, ?, ?, ?, ?, ?, ?)"
        );
        let (session, role) = of.unzip();
        self.execute(&sql, params![session, role, score, site.map(Site::as_str), at_ms, noted_ms]).map(drop)
    }
}
