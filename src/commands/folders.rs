//! The folders of the program, found once, and what a command opens in them.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use etcetera::BaseStrategy;

use super::{Exit, Failure};
use crate::edge::journal::{Journal, JournalError};
use crate::text::typed::quoted;

/// Where configuration and data are.
#[derive(Clone, Debug)]
pub(super) struct Folders {
    /// The folder of `config.toml` and of `protocols`, if the system has one for it.
    pub(super) config: Option<PathBuf>,
    /// The folder of the journal; empty when none is known, and then no journal can be opened.
    pub(super) data: PathBuf,
    /// The folder of files that can be made again.
    pub(super) cache: PathBuf,
}

impl Folders {
    /// The folders that the environment names, or those of the system.
    pub(super) fn find() -> Folders {
        let base = etcetera::choose_base_strategy().ok();
        let own = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
        // Without a home, a relative path would put the journal into the folder where the command runs.
        let below = |folder: PathBuf| folder.is_absolute().then(|| folder.join("therapy"));
        let cache = base.as_ref().and_then(|base| below(base.cache_dir()));
        let (config, data) = base.map(|base| (below(base.config_dir()), below(base.data_dir()))).unzip();
        Folders {
            config: own("THERAPY_CONFIG_DIR").filter(|folder| !folder.as_os_str().is_empty()).or(config.flatten()),
            data: own("THERAPY_DATA_DIR").or(data.flatten()).unwrap_or_default(),
            cache: cache.unwrap_or_else(|| std::env::temp_dir().join("therapy")),
        }
    }

    /// The folder of the person's own protocols.
    pub(super) fn protocols(&self) -> PathBuf {
        self.config.as_ref().map(|config| config.join("protocols")).unwrap_or_default()
    }

    /// The journal, when there is one: a command that only reads makes none.
    pub(super) fn journal(&self) -> Result<Option<Journal>, JournalError> {
        Journal::exists(&self.data).then(|| Journal::open(&self.data)).transpose()
    }

    /// Whether a session runs now.
    pub(super) fn is_running(&self) -> Result<bool, Failure> {
        Journal::is_running(&self.data).map_err(|error| self.lock_failure(&error))
    }

    /// Why the lock of the running session cannot be used, and what to do about it.
    pub(super) fn lock_failure(&self, error: &io::Error) -> Failure {
        let file = self.data.join("session.lock");
        // A link to nowhere may be the folder, or one above it.
        let is_there = |path: &&Path| path.symlink_metadata().is_ok();
        let link = file.ancestors().find(is_there).filter(|_| error.kind() == ErrorKind::NotFound).unwrap_or(&file);
        let (path, word) = (file.display(), quoted(&link.to_string_lossy()));
        let above = format!("{} is a link to a folder that does not exist", link.display());
        let (why, way_out) = match error.kind() {
            ErrorKind::IsADirectory => ("it is a folder", format!("move it away: {word}")),
            ErrorKind::NotFound if link != file => (above.as_str(), format!("remove it: {word}")),
            ErrorKind::NotFound => ("it is a link to a file that does not exist", format!("remove it: {word}")),
            ErrorKind::Other => ("it is not a regular file", format!("move it away: {word}")),
            ErrorKind::PermissionDenied if file.symlink_metadata().is_ok() => {
                let way_out = format!("make it yours, or remove it if no session runs: sudo rm {word}");
                ("it belongs to another user", way_out)
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                ("its folder cannot be used", "fix the permissions of that folder".to_owned())
            }
            _ => return anyhow!("could not lock the session: {path}: {error}").into(),
        };
        Failure::new(Exit::Failed, anyhow!("could not lock the session: {path}: {why}"), way_out)
    }
}
