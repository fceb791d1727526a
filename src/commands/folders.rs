//! The folders of the program, found once, and what a command opens in them.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::edge::journal::{Journal, JournalError};

/// Where configuration and data are.
#[derive(Clone, Debug)]
pub(super) struct Folders {
    /// The folder of `config.toml` and of `protocols`.
    pub(super) config: PathBuf,
    /// The folder of the journal.
    pub(super) data: PathBuf,
}

impl Folders {
    /// The folders that the environment names, or those of the system.
    pub(super) fn find() -> Folders {
        let base = etcetera::choose_base_strategy().ok();
        let own = |variable: &str| std::env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let below = |folder: Option<PathBuf>| folder.map(|folder| folder.join("therapy")).unwrap_or_default();
        Folders {
            config: own("THERAPY_CONFIG_DIR").unwrap_or_else(|| below(base.as_ref().map(BaseStrategy::config_dir))),
            data: own("THERAPY_DATA_DIR").unwrap_or_else(|| below(base.as_ref().map(BaseStrategy::data_dir))),
        }
    }

    /// The folder of the person's own protocols.
    pub(super) fn protocols(&self) -> PathBuf {
        self.config.join("protocols")
    }

    /// The journal, when there is one: a command that only reads makes none.
    pub(super) fn journal(&self) -> Result<Option<Journal>, JournalError> {
        Journal::exists(&self.data).then(|| Journal::open(&self.data)).transpose()
    }
}
