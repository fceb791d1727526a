//! Brings an older journal to this version. This module must not know what the versions are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::versions::{Content, VERSION, bring_up, content};
use super::{Journal, JournalError, Result, explain, file};

/// Brings the journal at `path` from an older version to this one. A copy of the old one is kept until the new one
/// is whole and on the disk. A kill at any moment leaves one or the other.
///
/// # Errors
/// While a session of the older version runs, and when the disk fails.
pub(super) fn migrate(folder: &Path, path: &Path, from: u32, connection: &Connection) -> Result<()> {
    /// Every 5 ms, for a second: another process that migrates is done by then.
    const TRIES: usize = 200;
    let failed = |error: io::Error| file::unusable(path, &error);
    let wrong = |error: rusqlite::Error| explain(path, &error);
    let mut lock = Journal::lock(folder).map_err(failed)?;
    for _ in 0..TRIES {
        if lock.is_some() || content(connection).map_err(wrong)? != Content::Journal(from) {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(5));
        lock = Journal::lock(folder).map_err(failed)?;
    }
    if content(connection).map_err(wrong)? == Content::Journal(VERSION) {
        return Ok(());
    }
    let Some(_lock) = lock else {
        return Err(JournalError::InUse { path: path.to_owned() });
    };
    let kept = kept(path);
    let _ = fs::remove_file(&kept);
    let copied = file::copy(connection, &kept).and_then(|()| file::sync(&kept));
    let done = copied.map_err(failed).and_then(|()| {
        // With this, the commit waits for the disk.
        connection.pragma_update(None, "synchronous", "FULL").map_err(wrong)?;
        bring_up(connection, from).map_err(wrong)
    });
    if done.is_ok() {
        discard_old(path, connection);
    } else if content(connection) == Ok(Content::Journal(from)) {
        // Nothing has changed, so the copy says nothing more.
        let _ = fs::remove_file(&kept);
    }
    done
}

/// Removes the copy of the older version, which a kill may have left, once the new one is on the disk.
pub(super) fn discard_old(path: &Path, connection: &Connection) {
    let kept = kept(path);
    if kept.exists() {
        let busy: rusqlite::Result<bool> =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        if busy == Ok(false) {
            let _ = fs::remove_file(kept);
        }
    }
}

fn kept(path: &Path) -> PathBuf {
    path.with_extension("db.old")
}
