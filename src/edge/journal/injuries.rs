//! The injury, and what a person said about warning signs.

use rusqlite::params;

use super::rows::optional_text;
use super::{InjuryEntry, Journal, Result, Screening, Stamp};

/// The last injury, unless it was cleared.
const LAST: &str =
    "SELECT id, happened_ms FROM injury WHERE id = (SELECT max(id) FROM injury) AND happened_ms IS NOT NULL";

impl Journal {
    /// The injury; `None` when it was never set, or was cleared.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn injury(&self) -> Result<Option<InjuryEntry>> {
        let entry = self.rows(LAST, [], |row| Ok(InjuryEntry { id: row.get(0)?, happened_ms: row.get(1)? }));
        Ok(entry?.pop())
    }

    /// Sets or clears the injury. Earlier ones stay in the journal.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn set_injury(&self, happened_ms: Option<i64>, now: &Stamp) -> Result<()> {
        let sql = "INSERT INTO injury (happened_ms, noted_ms) VALUES (?, ?)";
        self.execute(sql, params![happened_ms, now.wall_ms]).map(drop)
    }

    /// Stores the keys of the signs that apply, or that the signs were shown where nobody could answer. It belongs to
    /// the injury, if there is one.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn screened(&self, signs: Option<&[&str]>, now: &Stamp) -> Result<()> {
        let injury = self.injury()?.map(|entry| entry.id);
        let sql = "INSERT INTO screening (injury, signs, noted_ms) VALUES (?, ?, ?)";
        self.execute(sql, params![injury, signs.map(|signs| signs.join(" ")), now.wall_ms]).map(drop)
    }

    /// All that was shown and answered, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn screenings(&self) -> Result<Vec<Screening>> {
        self.rows("SELECT injury, signs, noted_ms FROM screening ORDER BY id", [], |row| {
            let signs = optional_text(row, 1)?;
            let signs = signs.map(|signs| signs.split_whitespace().map(str::to_owned).collect());
            Ok(Screening { injury: row.get(0)?, signs, noted_ms: row.get(2)? })
        })
    }
}
