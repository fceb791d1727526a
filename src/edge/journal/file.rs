//! The files of the journal: the database, created whole or not at all, and the lock of the running session.
//! This module must not know what they contain.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use super::{Journal, JournalError, Result, explain, versions};
use crate::edge::files;
use crate::runner::without_codes;

/// How long a commit waits for another process that writes. A session waits longer for its commit, so that
/// it reports this cause.
const BUSY: Duration = Duration::from_secs(1);

const NO_FOLDER: &str = "no data folder is known";

/// The lock that a running session holds.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "dropping it releases the lock")] File);

impl Journal {
    /// Puts all commits on the disk, so that they survive a power cut. It takes as long as the disk does.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&self) -> io::Result<()> {
        self.log.as_ref().map_or(Ok(()), File::sync_data)
    }

    /// Writes a whole copy into a new file, which only its owner can read.
    ///
    /// # Errors
    /// When there is such a file already, or when it cannot be written.
    pub fn copy_to(&self, file: &Path) -> io::Result<()> {
        copy(&self.connection, file)
    }

    /// The length and the time of the log. They stay the same while no process commits.
    pub fn log_state(&self) -> Option<(u64, SystemTime)> {
        let log = self.log.as_ref()?.metadata().ok()?;
        Some((log.len(), log.modified().ok()?))
    }

    /// Takes the lock of the running session; `None` when another process holds it.
    ///
    /// # Errors
    /// When the file of the lock cannot be made or opened.
    pub fn lock(folder: &Path) -> io::Result<Option<Lock>> {
        take(folder, &lock_file(folder)?)
    }

    /// Whether the lock could be taken or made, for a rehearsal. Nothing is left in the folder.
    ///
    /// # Errors
    /// Those of [`Journal::lock`].
    pub fn could_lock(folder: &Path) -> io::Result<()> {
        let path = lock_file(folder)?;
        if is_missing(&path) { could_make(&path) } else { open_lock(private().read(true), &path).map(drop) }
    }

    /// Whether a session runs now.
    ///
    /// # Errors
    /// When that cannot be known, because the file of the lock cannot be opened.
    pub fn is_running(folder: &Path) -> io::Result<bool> {
        let path = lock_file(folder)?;
        match files::open(&path) {
            Ok(file) => Ok(matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock))),
            Err(_) if is_missing(&path) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn take(folder: &Path, path: &Path) -> io::Result<Option<Lock>> {
    /// Once a millisecond. On a busy machine, `is_running` in another shell may hold the lock for long.
    const TRIES: usize = 500;
    create_folder(folder)?;
    let file = open_lock(private().read(true).create(true).truncate(false), path)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(Lock(file))),
            Err(fs::TryLockError::WouldBlock) => {}
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        // `is_running` shares the lock for a moment. A running session does not.
        match file.try_lock_shared() {
            Ok(()) => file.unlock()?,
            Err(_) => return Ok(None),
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    Ok(None)
}

fn open_lock(options: &OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.open(path).map_err(|error| if path.is_dir() { files::a_folder() } else { error })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}

/// Whether a file could be made at a path where nothing is. Permissions do not say so: the file system may take no files.
/// So a folder is made and removed at once, beside the first that is missing and under another name, where it is in
/// nobody's way.
pub(super) fn could_make(path: &Path) -> io::Result<()> {
    let is_missing = |path: &&Path| path.symlink_metadata().is_err();
    let first = path.ancestors().take_while(is_missing).last().unwrap_or(path);
    let mut name = first.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let probe = first.with_file_name(name);
    DirBuilder::new().create(&probe)?;
    fs::remove_dir(probe)
}

/// A file of the journal in this folder. An empty path is no folder, and not the one where the command runs.
pub(super) fn place(folder: &Path, name: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    let none = || JournalError::Unusable { path: path.clone(), why: NO_FOLDER.to_owned() };
    if folder.as_os_str().is_empty() { Err(none()) } else { Ok(path) }
}

/// Whether there is nothing at a path, as far as can be seen: a link that leads nowhere, or a folder that cannot be
/// read, is something.
pub(super) fn is_missing(path: &Path) -> bool {
    let is_there = |path: &&Path| match path.symlink_metadata() {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    };
    let nearest = path.ancestors().filter(|path| !path.as_os_str().is_empty()).find(is_there);
    nearest.is_none_or(|nearest| nearest != path && nearest.is_dir())
}

/// The error of a file that the system refuses.
pub(super) fn unusable(path: &Path, error: &io::Error) -> JournalError {
    JournalError::Unusable { path: path.to_owned(), why: without_codes(&error.to_string()) }
}

/// Creates the folder and the file, readable by their owner only. The file appears whole or not at all, so
/// that an empty one is always damaged.
pub(super) fn create(folder: &Path, path: &Path) -> Result<()> {
    let unusable = |error: io::Error| unusable(path, &error);
    create_folder(folder).map_err(unusable)?;
    let draft = folder.join(format!("journal.db.{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    files::create(&draft).map_err(unusable)?;
    let made = Connection::open(&draft).and_then(|connection| {
        // No rollback journal: a draft that a crash leaves half written is never read.
        connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")?;
        versions::bring_up(&connection, 0)?;
        // Two processes that open the journal at once cannot both switch the log on.
        connection.pragma_update(None, "journal_mode", "wal")
    });
    // A link does not replace a journal that another process created meanwhile.
    let place = || match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // A file system without links, such as exFAT.
        Err(_) if !path.exists() => fs::rename(&draft, path),
        placed => placed,
    };
    let made = made.map_err(|error| explain(path, &error));
    let placed = made.and_then(|()| sync(&draft).and_then(|()| place()).map_err(unusable));
    let _ = fs::remove_file(&draft);
    placed
}

fn lock_file(folder: &Path) -> io::Result<PathBuf> {
    if folder.as_os_str().is_empty() {
        Err(io::Error::new(io::ErrorKind::InvalidInput, NO_FOLDER))
    } else {
        Ok(folder.join("session.lock"))
    }
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Puts a file on the disk. Windows refuses that for a handle that cannot write.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::options().write(true).open(path)?.sync_all()
}

/// Opens a file for writing. Only its owner can read a file that it creates.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true);
    options
}

/// Writes a whole copy of a database into a new file. After a failure there is none.
pub(super) fn copy(connection: &Connection, file: &Path) -> io::Result<()> {
    let name = file.to_str().ok_or_else(|| io::Error::other("its name is not UTF-8 text"))?;
    files::create(file)?;
    let copied = connection.execute("VACUUM INTO ?", [name]).map(drop);
    copied.inspect_err(|_| drop(fs::remove_file(file))).map_err(io::Error::other)
}

/// Opens the database.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}
