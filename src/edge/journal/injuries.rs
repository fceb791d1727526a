//! The injury, the answers to its safety question, and pain scores.

use rusqlite::params;

use super::{InjuryEntry, Journal, Result, Stamp};

impl Journal {
    /// The injury; `None` when it was never set, or was cleared.
    pub fn injury(&self) -> Result<Option<InjuryEntry>> {
        let sql = "SELECT id, happened_ms, (SELECT red_flag FROM screening WHERE injury = injury.id ORDER BY id DESC LIMIT 1) \
                   FROM injury WHERE id = (SELECT max(id) FROM injury) AND happened_ms IS NOT NULL";
        let entry = self
            .rows(sql, [], |row| Ok(InjuryEntry { id: row.get(0)?, happened_ms: row.get(1)?, red_flag: row.get(2)? }));
        Ok(entry?.pop())
    }

    /// Sets or clears the injury. Earlier ones stay in the journal.
    pub fn set_injury(&self, happened_ms: Option<i64>, now: &Stamp) -> Result<()> {
        let sql = "INSERT INTO injury (happened_ms, noted_ms) VALUES (?, ?)";
        self.execute(sql, params![happened_ms, now.wall_ms]).map(drop)
    }

    /// Stores whether a warning sign applies. The answer is stored with the last injury. Without one, a cleared injury
    /// is stored first.
    pub fn screened(&self, applies: bool, now: &Stamp) -> Result<()> {
        self.together(|| {
            let sql =
                "INSERT INTO injury (happened_ms, noted_ms) SELECT NULL, ? WHERE NOT EXISTS (SELECT 1 FROM injury)";
            self.execute(sql, [now.wall_ms])?;
            let sql = "INSERT INTO screening (injury, red_flag, noted_ms) SELECT max(id), ?, ? FROM injury";
            self.execute(sql, params![applies, now.wall_ms]).map(drop)
        })
    }

    /// Whether the last answer was that a warning sign applies. It holds for the person, not only for one injury.
    pub fn warning_sign(&self) -> Result<bool> {
        let sql = "SELECT red_flag FROM screening ORDER BY id DESC LIMIT 1";
        Ok(self.rows(sql, [], |row| row.get(0))?.pop().unwrap_or(false))
    }

    /// Stores a pain score, 0 to 10, as the pain after the last session. Returns that session.
    pub fn note_pain(&self, score: u8, now: &Stamp) -> Result<Option<i64>> {
        self.together(|| {
            let last: Option<i64> = self.row("SELECT max(id) FROM session", [], |row| row.get(0))?;
            let sql = "INSERT INTO pain (session, score, noted_ms) VALUES (?, ?, ?)";
            self.execute(sql, params![last, score, now.wall_ms])?;
            self.execute("UPDATE session SET pain_after = ? WHERE id = ?", params![score, last])?;
            Ok(last)
        })
    }
}
