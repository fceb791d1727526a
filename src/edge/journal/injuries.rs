//! The injury clock, the answers to its safety question, and pain scores.

use rusqlite::{OptionalExtension as _, params};

use super::{InjuryEntry, Journal, Result, Stamp};

impl Journal {
    /// The injury clock, unless it was never set or was cleared.
    pub fn injury(&self) -> Result<Option<InjuryEntry>> {
        self.wrap(|connection| {
            let sql = "SELECT id, happened_ms, (SELECT red_flag FROM screening WHERE injury = injury.id ORDER BY id DESC LIMIT 1) \
                       FROM injury ORDER BY id DESC LIMIT 1";
            let latest = connection.query_row(sql, [], |row| {
                let happened: Option<i64> = row.get(1)?;
                Ok(happened.map(|happened_ms| (row.get(0), happened_ms, row.get(2))))
            });
            match latest.optional()?.flatten() {
                Some((id, happened_ms, red_flag)) => Ok(Some(InjuryEntry { id: id?, happened_ms, red_flag: red_flag? })),
                None => Ok(None),
            }
        })
    }

    /// Sets or clears the injury clock. Earlier settings are kept.
    pub fn set_injury(&self, happened_ms: Option<i64>, now: &Stamp) -> Result<()> {
        self.wrap(|connection| {
            connection
                .execute("INSERT INTO injury (happened_ms, noted_ms) VALUES (?, ?)", params![happened_ms, now.wall_ms])
        })?;
        Ok(())
    }

    /// Keeps the answer to the question before the first session of an injury.
    pub fn screened(&self, injury: i64, red_flag: bool, now: &Stamp) -> Result<()> {
        self.wrap(|connection| {
            let sql = "INSERT INTO screening (injury, red_flag, noted_ms) VALUES (?, ?, ?)";
            connection.execute(sql, params![injury, red_flag, now.wall_ms])
        })?;
        Ok(())
    }

    /// Notes the pain, tied to the last session; it becomes the pain after it. Returns that session.
    pub fn note_pain(&self, score: u8, now: &Stamp) -> Result<Option<i64>> {
        self.wrap(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let last: Option<i64> = transaction.query_row("SELECT max(id) FROM session", [], |row| row.get(0))?;
            transaction.execute(
                "INSERT INTO pain (session, score, noted_ms) VALUES (?, ?, ?)",
                params![last, score, now.wall_ms],
            )?;
            transaction.execute("UPDATE session SET pain_after = ? WHERE id = ?", params![score, last])?;
            transaction.commit()?;
            Ok(last)
        })
    }
}
