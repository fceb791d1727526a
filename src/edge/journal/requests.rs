//! What other shells ask of the running session: rows that its recorder looks for and answers.

use rusqlite::{Connection, params};

use super::rows::{duration, input, input_columns, nanos};
use super::{Journal, Result};
use crate::domain::session::Input;
use crate::text::printable::printable;

impl Journal {
    /// Asks something of the running session. Returns the number of the request.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn ask(&self, session: i64, input: Input) -> Result<i64> {
        let (what, by) = input_columns(input);
        self.wrap(|connection| {
            let sql = "INSERT INTO request (session, what, length_ns) VALUES (?, ?, ?)";
            connection.prepare_cached(sql)?.execute(params![session, what, by.map(nanos)])?;
            Ok(connection.last_insert_rowid())
        })
    }

    /// The answer to a request; `None` while there is none.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn answer(&self, request: i64) -> Result<Option<String>> {
        self.wrap(|connection| {
            let mut statement = connection.prepare_cached("SELECT answer FROM request WHERE id = ?")?;
            let answer: Option<String> = statement.query_row([request], |row| row.get(0))?;
            Ok(answer.map(|answer| printable(&answer).into_owned()))
        })
    }

    /// Takes a request back, so that the session does not obey it later. If it has been answered
    /// meanwhile, nothing changes, and the answer is returned.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn withdraw(&self, request: i64) -> Result<Option<String>> {
        let withdrawn = self.wrap(|connection| answer(connection, request, "withdrawn"))?;
        if withdrawn { Ok(None) } else { self.answer(request) }
    }

    /// The open requests after the one of number `last`, oldest first. One in words that this version
    /// does not know has no input.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn requests(&self, session: i64, last: i64) -> Result<Vec<(i64, Option<Input>)>> {
        let open: Vec<_> = self.wrap(|connection| {
            // Nothing is bound: an index over some rows only would make SQLite prepare it anew each time,
            // and a session asks every second. Few rows have no answer.
            let sql = "SELECT id, session, what, length_ns FROM request WHERE answer IS NULL ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                let by: Option<i64> = row.get(3)?;
                let input = input(&row.get::<_, String>(2)?, by.map(duration));
                Ok((row.get(1)?, (row.get(0)?, input)))
            })?;
            rows.collect::<rusqlite::Result<_>>()
        })?;
        let of_session = |(of, (id, _)): &(i64, (i64, _))| *of == session && *id > last;
        Ok(open.into_iter().filter(of_session).map(|(_, request)| request).collect())
    }
}

/// Answers a request, unless it has an answer; returns whether it had none.
pub(super) fn answer(connection: &Connection, request: i64, answer: &str) -> rusqlite::Result<bool> {
    let sql = "UPDATE request SET answer = ? WHERE id = ? AND answer IS NULL";
    connection.prepare_cached(sql)?.execute(params![answer, request]).map(|count| count > 0)
}
