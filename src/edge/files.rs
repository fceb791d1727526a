//! Files from outside the program. Whatever is at a path, reading it must neither block nor go on for ever.
//! This module must not know what a file means.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::Path;

/// More than any protocol or settings file needs. To report the problems of a larger one would take long.
const MOST: usize = 1 << 16;
/// The first bytes of a file, which say whether it is ours.
const BEGINNING: u64 = 256;

/// The bytes of a file of at most 64 KiB.
///
/// # Errors
/// When it is no such file, or cannot be read.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_from(open(path)?)
}

/// What is on standard input, at most 64 KiB.
///
/// # Errors
/// When it is longer, or cannot be read.
pub fn read_input() -> io::Result<Vec<u8>> {
    read_from(io::stdin().lock())
}

/// Makes a new file that only its owner can read.
///
/// # Errors
/// When there is such a file already, or when it cannot be made.
pub fn create(path: &Path) -> io::Result<File> {
    new(Readers::Owner).open(path)
}

/// How a new file is made.
fn new(readers: Readers) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    // Elsewhere the folder decides.
    #[cfg(not(unix))]
    let _ = readers;
    options
}

/// Who can read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Only its owner.
    Owner,
    /// Whoever the umask allows.
    Everybody,
}

/// Writes a whole file in place of whatever has this name, or leaves what was there before. A link is replaced, and
/// what it leads to stays.
///
/// # Errors
/// When the file cannot be written.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    placed(path, bytes, readers, |draft| std::fs::rename(draft, path))
}

/// Puts a whole file at a path: a new one, or in place of a file whose beginning `may_go`. Any other file stays.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] for another file, and when it cannot be written.
pub fn put(path: &Path, bytes: &[u8], readers: Readers, may_go: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let other = || io::Error::from(io::ErrorKind::AlreadyExists);
    if path.symlink_metadata().is_ok() {
        let mut beginning = Vec::new();
        open(path).map_err(|_| other())?.take(BEGINNING).read_to_end(&mut beginning)?;
        return if may_go(&beginning) { replace(path, bytes, readers) } else { Err(other()) };
    }
    placed(path, bytes, readers, |draft| match std::fs::hard_link(draft, path) {
        // A file that another program put there meanwhile stays.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // A file system without links.
        Err(_) => std::fs::rename(draft, path),
        Ok(()) => Ok(()),
    })
}

/// Writes a draft beside a path, and has it placed there. No draft is left.
fn placed(path: &Path, bytes: &[u8], readers: Readers, place: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut number = 0_u32;
    let (draft, mut file) = loop {
        let draft = path.with_file_name(format!("therapy.{}.{number}.new", std::process::id()));
        match new(readers).open(&draft) {
            // It may be somebody else's file.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            opened => break (draft, opened?),
        }
    };
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| place(&draft));
    let _ = std::fs::remove_file(&draft);
    placed
}

fn read_from(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MOST as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MOST {
        return Err(io::Error::other("it is larger than 64 KiB"));
    }
    Ok(bytes)
}

/// Opens a file for reading.
///
/// # Errors
/// When it is something else, such as a pipe or a device, or cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // A pipe without a writer would block.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    // Windows opens no folder, and calls that a matter of permissions.
    let file = options.read(true).open(path).map_err(|error| if path.is_dir() { a_folder() } else { error })?;
    match file.metadata()?.file_type() {
        kind if kind.is_file() => Ok(file),
        kind if kind.is_dir() => Err(a_folder()),
        _ => Err(io::Error::other("it is not a regular file")),
    }
}

/// The error of a folder in the place of a file.
pub fn a_folder() -> io::Error {
    io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")
}
