//! What the person tried before a session, and whether they heard it. This module must not know how a sound is played.

use rusqlite::params;

use super::rows::optional_text;
use super::{Journal, Result, Stamp};

impl Journal {
    /// Stores that this player or voice was tried for `rung`, and whether the person heard it: `None` when nobody was
    /// asked. Without a program, the person was only told that it was never tried.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn note_tried(&self, rung: &str, program: Option<&str>, heard: Option<bool>, now: &Stamp) -> Result<()> {
        let sql = "INSERT INTO tried (rung, program, heard, noted_ms) VALUES (?, ?, ?, ?)";
        self.execute(sql, params![rung, program, heard, now.wall_ms]).map(drop)
    }

    /// Whether `rung` was ever tried, or the person was told that it was not.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn knows_of(&self, rung: &str) -> Result<bool> {
        self.row("SELECT EXISTS (SELECT 1 FROM tried WHERE rung = ?)", [rung], |row| row.get(0))
    }

    /// Whether the person heard `rung`, by their last answer. It is void when that was
    /// about another program.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn was_heard(&self, rung: &str, program: &str) -> Result<Option<bool>> {
        let sql = "SELECT program, heard FROM tried WHERE rung = ? AND heard IS NOT NULL ORDER BY id DESC LIMIT 1";
        let last = self.rows(sql, [rung], |row| Ok((optional_text(row, 0)?, row.get(1)?)))?.pop();
        Ok(last.and_then(|(name, heard)| (name.as_deref() == Some(program)).then_some(heard)))
    }

    /// Commits something that leaves no trace, to find out whether that is possible.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn try_commit(&self) -> Result<()> {
        self.together(|| {
            self.execute("INSERT INTO tried (rung, noted_ms) VALUES ('journal', 0)", [])?;
            self.execute("DELETE FROM tried WHERE rung = 'journal'", []).map(drop)
        })
    }
}
