//! The folders of the program, found once, and what a command opens in them.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use etcetera::BaseStrategy;

use super::{Exit, Failure};
use crate::edge::journal::{Journal, JournalError};
use crate::text::printable::{nearest, printable};
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
    /// The person, when it is not the only one.
    pub(super) profile: Option<String>,
}

/// Whether a person can have this name: it is a folder, and an argument.
fn is_name(name: &str) -> bool {
    let is_plain = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
    let length = name.chars().count();
    (1..=NAME_MOST).contains(&length) && !name.starts_with('-') && name.chars().all(is_plain)
}

/// The variables of the environment that name a folder.
const CONFIG: &str = "THERAPY_CONFIG_DIR";
const DATA: &str = "THERAPY_DATA_DIR";
/// The folder of the people who have a journal of their own, below that of the data and that of the settings.
const PROFILES: &str = "profiles";
/// The most characters of their names.
const NAME_MOST: usize = 32;

impl Folders {
    /// The folders of a person, or of the only one: those that the environment names, or those of the system.
    ///
    /// # Errors
    /// When there is no such person: a typing mistake must not begin a journal without doses. When a folder depends on
    /// where the command runs.
    pub(super) fn of(profile: Option<String>) -> Result<Folders, Failure> {
        let folders = Folders::of_all()?;
        let named = || std::env::var("THERAPY_PROFILE").ok().filter(|name| !name.is_empty());
        let Some(name) = profile.or_else(named) else { return Ok(folders) };
        let all = folders.profiles()?;
        if !all.contains(&name) {
            let error = anyhow!("there is no profile \"{}\"", printable(&name));
            let near = nearest(&name, all.iter().map(String::as_str));
            let near = near.map(|near| format!("did you mean {near}?\n  ")).unwrap_or_default();
            let new = if is_name(&name) { quoted(&name) } else { "NAME".to_owned() };
            let hint = format!("{near}for a new one: therapy profiles --add {new}");
            return Err(Failure::new(Exit::Usage, error, hint));
        }
        Ok(Folders { data: folders.data_of(&name), profile: Some(name), ..folders })
    }

    /// The names of the people who have a journal of their own, in order.
    pub(super) fn profiles(&self) -> Result<Vec<String>, Failure> {
        let folder = self.data.join(PROFILES);
        let entries = match std::fs::read_dir(&folder) {
            _ if self.data.as_os_str().is_empty() => return Ok(Vec::new()),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| anyhow!("could not read {}: {error}", folder.display()))?,
        };
        let folders = entries.flatten().filter(|entry| entry.path().is_dir());
        let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| is_name(name)).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// The folder of the journal of a person.
    pub(super) fn data_of(&self, name: &str) -> PathBuf {
        // Without a folder of the data, the one where the command runs must not become it.
        if self.data.as_os_str().is_empty() { PathBuf::new() } else { self.data.join(PROFILES).join(name) }
    }

    /// Makes a journal for a person.
    pub(super) fn add_profile(&self, name: &str) -> Result<(), Failure> {
        if !is_name(name) {
            let error = anyhow!("\"{}\" cannot be the name of a profile", printable(name));
            let hint = format!("use 1 to {NAME_MOST} letters, digits, - and _");
            return Err(Failure::new(Exit::Usage, error, hint));
        }
        // Where case makes no difference, two of them would share a folder.
        if let Some(same) = self.profiles()?.iter().find(|other| other.to_lowercase() == name.to_lowercase()) {
            let error = anyhow!("there is a profile \"{same}\" already");
            return Err(Failure::new(Exit::Usage, error, format!("use it: --profile {same}")));
        }
        Journal::open(&self.data_of(name))?;
        Ok(())
    }

    /// The folders without a profile: those that the environment names, or those of the system.
    ///
    /// # Errors
    /// When a folder depends on where the command runs.
    pub(super) fn of_all() -> Result<Folders, Failure> {
        for variable in [CONFIG, DATA] {
            let named = std::env::var_os(variable).map(PathBuf::from);
            // An empty one names no folder.
            if let Some(folder) = named.filter(|folder| folder.is_relative() && !folder.as_os_str().is_empty()) {
                let shown = folder.to_string_lossy();
                let shown = printable(&shown);
                let error = anyhow!("{variable} is {shown}, which is another folder wherever a command runs");
                let whole = std::path::absolute(&folder).unwrap_or_default();
                let set = if cfg!(windows) { "set " } else { "export " };
                let way_out = format!("give an absolute path: {set}{variable}={}", quoted(&whole.to_string_lossy()));
                return Err(Failure::new(Exit::Usage, error, way_out));
            }
        }
        Ok(Folders::find())
    }

    /// The same without errors, for completions: a folder that depends on where the command runs is left out.
    pub(super) fn find() -> Folders {
        let base = etcetera::choose_base_strategy().ok();
        let own = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
        let is_whole = |folder: &PathBuf| folder.is_absolute();
        // Without a home, a relative path would put the journal into the folder where the command runs.
        let below = |folder: PathBuf| folder.is_absolute().then(|| folder.join("therapy"));
        let [config, data, cache] = base.map_or([None, None, None], |base| {
            let local = base.cache_dir();
            // On Windows the first two roam: a server would bring back an old copy of the journal.
            let all = if cfg!(windows) {
                [local.clone(), local.clone(), local]
            } else {
                [base.config_dir(), base.data_dir(), local]
            };
            all.map(below)
        });
        let cache = cache.map(|folder| if cfg!(windows) { folder.join("cache") } else { folder });
        Folders {
            config: own(CONFIG).filter(is_whole).or(config),
            data: own(DATA).map_or(data, |folder| Some(folder).filter(is_whole)).unwrap_or_default(),
            cache: cache.unwrap_or_else(|| std::env::temp_dir().join("therapy")),
            profile: None,
        }
    }

    /// The folder of the person's own protocols.
    pub(super) fn protocols(&self) -> PathBuf {
        self.config.as_ref().map(|config| config.join("protocols")).unwrap_or_default()
    }

    /// The file of the settings.
    pub(super) fn settings(&self) -> Option<PathBuf> {
        let own = self.profile.iter().flat_map(|name| [PROFILES, name]);
        self.config.as_ref().map(|config| config.join(own.collect::<PathBuf>()).join("config.toml"))
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
                let remove = if cfg!(windows) { "del" } else { "sudo rm" };
                let way_out = format!("make it yours, or remove it if no session runs: {remove} {word}");
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
