//! The journal, the only memory. No other module knows `SQLite`.
//!
//! Each event is a row, committed when it happens. History, status, resume, control from another shell and
//! the rules across sessions are read from it. It must not read a clock, nor know what its readers do.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::{fs, result};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Params, Row, Transaction, TransactionBehavior};
use thiserror::Error;

use crate::text::printable::printable;
use crate::text::typed::quoted;

mod exchange;
mod record;
mod rows;
mod versions;

mod file;
mod requests;
mod scores;
mod tried;

mod plans;
mod told;

mod events;
mod injuries;
mod migration;
mod sessions;

mod trials;

mod export;

mod import;

pub use exchange::{
    AnswerRow, DoseRow, EventRow, Exchange, Exchanged, Fate, InjuryRow, NoteRow, PlannedRow, ScoreRow, SessionEnd,
    SessionRow,
};
pub use file::Lock;
pub use plans::{Kept, Planned};
pub use record::{Entry, InjuryEntry, NewSession, Record, Screening, Stamp};
pub use rows::MOST_CHANGES;
pub use scores::ROLES;
pub use told::{NewTold, Note, Told, Undone};
pub use trials::{DrawnEntry, NewTrial, TrialEntry};
use versions::{Content, VERSION};

/// The file of the database.
const FILE: &str = "journal.db";

/// Why the journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// A newer version of the program wrote it.
    #[error("{}: a newer version of therapy wrote this journal (format {found}; this version reads format {VERSION})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// An older version of the program runs a session, so the journal stays as that version needs it.
    #[error("{}: a session of an earlier version of therapy is running", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is not what this program wrote.
    #[error("{}: the journal is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The system refuses access.
    #[error("{}: the journal cannot be used: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
}

impl JournalError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            JournalError::Newer { .. } => "install the newer version".to_owned(),
            JournalError::InUse { .. } => {
                "end it in its own terminal, with q: this version cannot control it".to_owned()
            }
            JournalError::Damaged { path, .. } => format!(
                "move {0} and its -wal file away to start a new one, or try: sqlite3 {0} .recover",
                quoted(&path.to_string_lossy())
            ),
            JournalError::Unusable { .. } => {
                "free disk space, fix the permissions, or name another folder in THERAPY_DATA_DIR".to_owned()
            }
        }
    }
}

type Result<T> = result::Result<T, JournalError>;

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    path: PathBuf,
    /// The write-ahead log, to which commits go first; `None` in memory. `SQLite` holds locks on its other files, and
    /// closing one of those here would release them.
    log: Option<File>,
}

impl Journal {
    /// The folder that it is in.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Opens the journal in `folder`, or creates both.
    ///
    /// # Errors
    /// When the folder or the file cannot be created, or when the file is not a journal of this version.
    pub fn open(folder: &Path) -> Result<Journal> {
        let path = file::place(folder, FILE)?;
        match fs::metadata(&path) {
            Ok(about) if !about.is_file() => {
                return Err(JournalError::Unusable { path, why: "it is not a regular file".to_owned() });
            }
            Ok(about) if about.len() == 0 => {
                return Err(JournalError::Damaged { path, why: "it is empty".to_owned() });
            }
            Ok(_) => {}
            Err(_) if file::is_missing(&path) => file::create(folder, &path)?,
            Err(error) => return Err(file::unusable(&path, &error)),
        }
        let wrong = |error: &rusqlite::Error| explain(&path, error);
        let connection = file::connect(&path).map_err(|error| wrong(&error))?;
        match versions::content(&connection).map_err(|error| wrong(&error))? {
            Content::Journal(found) if found > VERSION => return Err(JournalError::Newer { path, found }),
            Content::Journal(VERSION) => migration::discard_old(&path, &connection),
            Content::Journal(older) => migration::migrate(folder, &path, older, &connection)?,
            Content::Nothing | Content::Foreign => {
                return Err(JournalError::Damaged { path, why: "it is not a journal of therapy".to_owned() });
            }
        }
        Journal::over(connection)
    }

    /// A journal over a connection to a database that holds one. In an empty database, for example in
    /// memory, it creates the tables.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn over(connection: Connection) -> Result<Journal> {
        let path = PathBuf::from(connection.path().unwrap_or_default());
        let mut journal = Journal { connection, path, log: None };
        journal.wrap(|connection| {
            if versions::content(connection)? == Content::Nothing {
                versions::bring_up(connection, 0)?;
            }
            // Query plans that do not depend on the values: otherwise each new value prepares a statement again.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            // NORMAL: a commit does not wait for the disk, `sync` does. A short log, because the first
            // command that opens the journal reads all of it.
            connection.execute_batch(
                "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                 PRAGMA wal_autocheckpoint = 100;",
            )
        })?;
        journal.log = File::options().write(true).open(journal.path.with_extension("db-wal")).ok();
        Ok(journal)
    }

    /// A new journal that no file holds.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn in_memory() -> Result<Journal> {
        let path = PathBuf::from(":memory:");
        Journal::over(Connection::open_in_memory().map_err(|error| explain(&path, &error))?)
    }

    /// Whether there is or may be a journal in `folder`. If only the folder is bad, [`Journal::open`] says why.
    pub fn exists(folder: &Path) -> bool {
        file::place(folder, FILE).map_or(true, |path| !file::is_missing(&path))
    }

    /// Checks that the journal can be written, without a change.
    ///
    /// # Errors
    /// When it cannot.
    pub fn can_write(&self) -> Result<()> {
        // A transaction alone is not refused for a file that cannot be written.
        self.together(|| self.execute("UPDATE about SET uid = uid WHERE false", [])).map(drop)
    }

    /// Checks that a journal can be created in `folder`, and leaves nothing there.
    ///
    /// # Errors
    /// When it cannot.
    pub fn could_be_made(folder: &Path) -> Result<()> {
        let path = file::place(folder, FILE)?;
        file::could_make(&path).map_err(|error| file::unusable(&path, &error))
    }

    fn wrap<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        query(&self.connection).map_err(|error| explain(&self.path, &error))
    }

    /// Runs a statement. Returns the number of rows that it changed.
    fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.wrap(|connection| connection.prepare_cached(sql)?.execute(params))
    }

    /// Reads the rows of a query.
    fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.wrap(|connection| connection.prepare_cached(sql)?.query_map(params, read)?.collect())
    }

    /// Reads the first row of a query, which must exist.
    fn row<T>(&self, sql: &str, params: impl Params, read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> Result<T> {
        self.wrap(|connection| connection.prepare_cached(sql)?.query_row(params, read))
    }

    /// Commits everything that `work` writes, or nothing, with what is committed together around it. Nobody else writes
    /// meanwhile, so what it reads stays true.
    ///
    /// # Errors
    /// Those of `work`, and when the journal cannot be written.
    pub fn together<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.connection.is_autocommit() { self.together_if(|| Ok((work()?, true))) } else { work() }
    }

    /// The same, but nothing unless `work` returns true.
    fn together_if<T>(&self, work: impl FnOnce() -> Result<(T, bool)>) -> Result<T> {
        let begin = |connection| Transaction::new_unchecked(connection, TransactionBehavior::Immediate);
        let transaction = begin(&self.connection).map_err(|error| explain(&self.path, &error))?;
        let (done, keep) = work()?;
        self.wrap(|_| if keep { transaction.commit() } else { transaction.rollback() })?;
        Ok(done)
    }

    fn damaged(&self, why: &str) -> JournalError {
        JournalError::Damaged { path: self.path.clone(), why: why.to_owned() }
    }
}

/// The connection of the journal, for statements and settings of the caller.
impl AsRef<Connection> for Journal {
    fn as_ref(&self) -> &Connection {
        &self.connection
    }
}

fn explain(path: &Path, error: &rusqlite::Error) -> JournalError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    // A missing table or a value of another type has no code.
    let damaged = matches!(error.sqlite_error_code(), None | Some(DatabaseCorrupt | NotADatabase))
        || matches!(error, rusqlite::Error::SqlInputError { .. });
    // The whole text would contain the statement. The text may quote a damaged file.
    let why = if let rusqlite::Error::SqlInputError { msg, .. } = error { msg.clone() } else { error.to_string() };
    let (path, why) = (path.to_owned(), printable(&why).into_owned());
    if damaged { JournalError::Damaged { path, why } } else { JournalError::Unusable { path, why } }
}
