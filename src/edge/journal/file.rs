//! The files of the journal: the database, made whole or not at all, the log that commits go into, and the
//! lock of the running session. It knows nothing of what is in them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{Journal, JournalError, Result, explain, make_tables};

/// How long a commit waits for another process that is writing. Less than the patience of a session with
/// its record, so that this reason is the one that is reported.
const BUSY: Duration = Duration::from_secs(1);

/// The lock that a running session holds.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for as long as it lives")] File);

impl Journal {
    /// Puts what was committed on the disk. A commit alone outlives this process, whatever ends it;
    /// after this it outlives a flat battery too. May take as long as the disk does.
    ///
    /// # Errors
    /// When the system reports that the disk failed.
    pub fn sync(&self) -> io::Result<()> {
        // The log, which commits go into first. Locks are held on the other files: closing this one
        // again gives none back.
        OpenOptions::new().write(true).open(self.path.with_extension("db-wal"))?.sync_data()
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
    pub fn is_running(folder: &Path) -> bool {
        let file = File::open(lock_file(folder));
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
        // Nobody sees it yet: it is synced once, when it is whole. The log is switched on here, because
        // two who open the journal at once cannot both do that.
        connection.pragma_update(None, "synchronous", false)?;
        make_tables(&connection)?;
        connection.pragma_update(None, "journal_mode", "wal")
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

fn lock_file(folder: &Path) -> PathBuf {
    folder.join("session.lock")
}

fn open_lock_file(folder: &Path) -> io::Result<File> {
    private_folder(folder)?;
    private(&mut OpenOptions::new()).read(true).write(true).create(true).truncate(false).open(lock_file(folder))
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

/// Opens the database.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}
