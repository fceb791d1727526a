//! The files of the journal: the database, made whole or not at all, the log that commits go into, and the
//! lock of the running session. It knows nothing of what is in them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{Journal, JournalError, Result, SCHEMA, VERSION, explain};

/// How long a command waits for another shell that is writing.
const BUSY: Duration = Duration::from_secs(2);

/// The lock that a running session holds.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for as long as it lives")] File);

/// The file that commits go into first; see [`Journal::log`].
#[derive(Debug)]
pub struct Log(File);

impl Log {
    /// Puts what was committed on the disk. A commit alone outlives this process, whatever ends it;
    /// after this it outlives a flat battery too.
    pub fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

impl Journal {
    /// The file that commits go into first. It stays the same while the journal is open. Locks are held
    /// on the database and its shared memory, never on this file: closing it again lets go of none.
    pub fn log(&self) -> io::Result<Log> {
        File::open(self.path.with_extension("db-wal")).map(Log)
    }

    /// The file whose lock a running session holds, and whose times are set to call it.
    #[must_use]
    pub fn lock_file(folder: &Path) -> PathBuf {
        folder.join("session.lock")
    }

    /// Calls the running session, so that it looks at what is asked of it. A signal would need the number
    /// of its process, which in a container is that of another.
    pub fn call(folder: &Path, now: SystemTime) -> io::Result<()> {
        File::open(Journal::lock_file(folder))?.set_modified(now)
    }

    /// Takes the lock of the running session, `None` when another process holds it.
    pub fn lock(folder: &Path) -> io::Result<Option<Lock>> {
        /// A look takes less than one, a millisecond, unless the machine is busy.
        const TRIES: usize = 500;
        let file = open_lock_file(folder)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Lock(file))),
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
            // Another shell that only looks, as `is_running` does, shares it for a moment.
            match file.try_lock_shared() {
                Ok(()) => file.unlock()?,
                Err(_) => return Ok(None),
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        Ok(None)
    }

    /// Whether a session runs now.
    #[must_use]
    pub fn is_running(folder: &Path) -> bool {
        let file = File::open(Journal::lock_file(folder));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
    }
}

/// Makes the folder and the file, for the person's eyes only. The file appears whole or not at all,
/// so that an empty one is always damage and never a beginning.
pub(super) fn create(folder: &Path, path: &Path) -> Result<()> {
    let unusable = |error: io::Error| JournalError::Unusable { path: path.to_owned(), why: error.to_string() };
    private_folder(folder).map_err(unusable)?;
    let draft = folder.join(format!("journal.db.{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    private(&mut OpenOptions::new()).write(true).create_new(true).open(&draft).map_err(unusable)?;
    let made = Connection::open(&draft).and_then(|connection| {
        // Nobody sees it yet: it is put on the disk once, whole, and with its log's mode, because two who
        // open it at once cannot both change that.
        connection.execute_batch(&format!(
            "PRAGMA synchronous = OFF; PRAGMA page_size = 1024; BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT; PRAGMA journal_mode = WAL;"
        ))
    });
    made.map_err(|error| explain(path, &error))?;
    File::open(&draft).and_then(|file| file.sync_all()).map_err(unusable)?;
    // Whoever else made one at the same time was first: a link does not replace it.
    let placed = match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(unusable(error)),
        _ => Ok(()),
    };
    let _ = fs::remove_file(&draft);
    placed
}

fn open_lock_file(folder: &Path) -> io::Result<File> {
    private_folder(folder)?;
    private(&mut OpenOptions::new())
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(Journal::lock_file(folder))
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Opens the database, and tells the version of its schema.
pub(super) fn connect(path: &Path) -> rusqlite::Result<(Connection, i64)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        // Somebody else's: not even its mode is changed.
        return Ok((connection, version));
    }
    // What the log holds goes into the database when the log is long, not whenever a command ends.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // A plan does not depend on the values that are bound: with an index over some rows alone, SQLite
    // would otherwise prepare a statement anew each time, and the look at requests is most of them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    // NORMAL: a commit does not wait for the disk; `sync` does, when nobody waits for it. A small
    // cache: what is read is little, and a session keeps it for hours. A short log: whoever opens the
    // journal first reads it through.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -128; \
         PRAGMA wal_autocheckpoint = 100;",
    )?;
    Ok((connection, version))
}
