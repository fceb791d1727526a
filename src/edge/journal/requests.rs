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
        let sql = "SELECT id, what, length_ns FROM request WHERE answer IS NULL AND session = ? AND id > ? ORDER BY id";
        self.rows(sql, [session, last], |row| {
            let by: Option<i64> = row.get(2)?;
            Ok((row.get(0)?, input(&row.get::<_, String>(1)?, by.map(duration))))
        })
    }

    /// Answers a request that has no answer. Returns whether it had none.
    pub(super) fn set_answer(&self, request: i64, answer: &str) -> Result<bool> {
        let sql = "UPDATE request SET answer = ? WHERE id = ? AND answer IS NULL";
        Ok(self.execute(sql, params![answer, request])? > 0)
    }
}
