//! The requests of other shells to the running session: rows that its recorder finds and answers.

use rusqlite::params;

use super::rows::{duration, input, input_columns, nanos, optional_text};
use super::{Journal, Result};
use crate::domain::session::Input;

impl Journal {
    /// Makes a request to the running session. Returns its number.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn ask(&self, session: i64, input: Input) -> Result<i64> {
        let (what, by) = input_columns(input);
        let sql = "INSERT INTO request (session, what, length_ns) VALUES (?, ?, ?)";
        self.execute(sql, params![session, what, by.map(nanos)])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// The answer to a request; `None` while there is none.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn answer(&self, request: i64) -> Result<Option<String>> {
        self.row("SELECT answer FROM request WHERE id = ?", [request], |row| optional_text(row, 0))
    }

    /// Withdraws a request, so that the session does not obey it later. A request that has an answer by
    /// now stays, and its answer is returned.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn withdraw(&self, request: i64) -> Result<Option<String>> {
        if self.set_answer(request, "withdrawn")? { Ok(None) } else { self.answer(request) }
    }

    /// The open requests after the one with the number `last`, oldest first. A request has no input when
    /// this version does not know it.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn requests(&self, session: i64, last: i64) -> Result<Vec<(i64, Option<Input>)>> {
        // Nothing is bound, although few rows belong to other sessions: with an index over some rows only,
        // SQLite prepares a statement anew whenever a value is bound. A session reads this every second.
        let sql = "SELECT id, session, what, length_ns FROM request WHERE answer IS NULL ORDER BY id";
        let open = self.rows(sql, [], |row| {
            let by: Option<i64> = row.get(3)?;
            let asked = (row.get(0)?, input(&row.get::<_, String>(2)?, by.map(duration)));
            Ok((row.get::<_, i64>(1)?, asked))
        })?;
        let open = open.into_iter().filter(|(of, (id, _))| *of == session && *id > last);
        Ok(open.map(|(_, asked)| asked).collect())
    }

    /// Answers a request that has no answer. Returns whether it had none.
    pub(super) fn set_answer(&self, request: i64, answer: &str) -> Result<bool> {
        let sql = "UPDATE request SET answer = ? WHERE id = ? AND answer IS NULL";
        Ok(self.execute(sql, params![answer, request])? > 0)
    }
}
