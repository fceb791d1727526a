//! The journal: the only memory, and the only one that knows `SQLite`.
//!
//! One row an event, committed when it happens. History, status, resume, control from another shell
//! and the rules across sessions are all read from it. It is told the time, and it must not know
//! what is done with what it holds.

use std::io;
use std::path::{Path, PathBuf};
use std::{fs, result};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use thiserror::Error;

use crate::text::printable::printable;

mod file;
mod record;
mod rows;

mod requests;
mod sessions;

mod events;
mod injuries;

pub use file::Lock;
pub use record::{Entry, InjuryEntry, NewSession, Record, Stamp};

const SCHEMA: &str = include_str!("journal.sql");
/// The schema's version. A later one is added by steps from this one, never by changing this one.
const VERSION: i64 = 1;

/// Why the journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// A newer version of the program wrote it.
    #[error("{}: a newer version of therapy wrote this journal (format {found}; this version reads format {VERSION})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// It is not what this program wrote.
    #[error("{}: the journal is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The system refuses.
    #[error("{}: the journal cannot be used: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
}

impl JournalError {
    /// The way out.
    pub fn hint(&self) -> String {
        match self {
            JournalError::Newer { .. } => "install the newer version".to_owned(),
            JournalError::Damaged { path, .. } => format!(
                "move {0} and its -wal file away to start a new one, or try: sqlite3 {0} .recover",
                path.display()
            ),
            JournalError::Unusable { .. } => "free disk space, or fix the permissions of that folder".to_owned(),
        }
    }
}

type Result<T> = result::Result<T, JournalError>;

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    path: PathBuf,
}

impl Journal {
    /// Opens the journal in `folder`; makes both when they are not there.
    ///
    /// # Errors
    /// When there is no folder or file to be made, or when the file is not a journal of this version.
    pub fn open(folder: &Path) -> Result<Journal> {
        let path = folder.join("journal.db");
        match fs::metadata(&path) {
            Ok(about) if about.len() == 0 => {
                return Err(JournalError::Damaged { path, why: "it is empty".to_owned() });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => file::create(folder, &path)?,
            Err(error) => return Err(JournalError::Unusable { path, why: error.to_string() }),
        }
        let connected = file::connect(&path).and_then(|connection| Ok((version(&connection)?, connection)));
        match connected.map_err(|error| explain(&path, &error))? {
            (VERSION, connection) => Journal::over(connection),
            (newer, _) if newer > VERSION => Err(JournalError::Newer { path, found: newer }),
            _ => Err(JournalError::Damaged { path, why: "it is not a journal".to_owned() }),
        }
    }

    /// A journal over a connection to a database that holds one, or to an empty database, for example
    /// in memory: its tables are made then.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn over(connection: Connection) -> Result<Journal> {
        let path = PathBuf::from(connection.path().unwrap_or_default());
        let journal = Journal { connection, path };
        journal.wrap(|connection| {
            if version(connection)? == 0 {
                make_tables(connection)?;
            }
            // The log goes into the database when it is long, not whenever a command ends.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            // NORMAL: a commit does not wait for the disk; `sync` does. A short log: the first command
            // that opens the journal reads all of it.
            connection.execute_batch(
                "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                 PRAGMA wal_autocheckpoint = 100;",
            )
        })?;
        Ok(journal)
    }

    /// Whether there is one in `folder`.
    pub fn exists(folder: &Path) -> bool {
        folder.join("journal.db").exists()
    }

    fn wrap<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        query(&self.connection).map_err(|error| explain(&self.path, &error))
    }

    /// Commits all that `work` writes as one, or nothing of it.
    fn together<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.wrap(|connection| {
            let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
    }
}

/// The connection below the journal, for statements and settings of the caller's own.
impl AsRef<Connection> for Journal {
    fn as_ref(&self) -> &Connection {
        &self.connection
    }
}

fn make_tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"))
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn explain(path: &Path, error: &rusqlite::Error) -> JournalError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let path = path.to_owned();
    let damaged = matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
        // A table or a value that is not there or not of its type.
        || error.sqlite_error_code().is_none()
        || matches!(error, rusqlite::Error::SqlInputError { .. });
    // It may quote what is in a damaged file.
    let why = printable(&error.to_string()).into_owned();
    if damaged { JournalError::Damaged { path, why } } else { JournalError::Unusable { path, why } }
}
