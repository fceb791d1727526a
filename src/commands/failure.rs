//! What a command can end with: an exit code, or an error with its way out.

use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::anyhow;

use crate::domain::session::Outcome;
use crate::edge::catalog::CatalogError;
use crate::edge::journal::JournalError;
use crate::text::printable::printable;
use crate::text::typed::{Unreadable, quoted};

/// The exit code. The numbers are part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Completed = 0,
    /// Could not be done.
    Failed = 1,
    /// The command line or a file cannot be understood.
    Usage = 2,
    /// A rule refuses.
    Refused = 3,
    /// The person stopped it.
    Stopped = 130,
    /// The system ended the process. The session is cut off.
    Terminated = 143,
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Exit {
        match outcome {
            Outcome::Completed | Outcome::EndedEarly => Exit::Completed,
            Outcome::Stopped => Exit::Stopped,
        }
    }
}

/// An error with its way out and its exit code. `main` prints it.
#[derive(Debug)]
pub struct Failure {
    /// What is wrong.
    pub error: anyhow::Error,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code.
    pub exit: Exit,
}

impl Failure {
    /// An error with a way out.
    pub(super) fn new(exit: Exit, error: anyhow::Error, hint: impl Into<String>) -> Failure {
        Failure { error, hint: Some(hint.into()), exit }
    }

    /// With the ways out of `run` as those of `show`.
    pub(super) fn by_show(self) -> Failure {
        Failure { hint: self.hint.map(|hint| hint.replace("therapy run ", "therapy show ")), ..self }
    }

    /// With another way out.
    pub(super) fn or(self, other: &str) -> Failure {
        let hint = self.hint.map_or_else(|| other.to_owned(), |hint| format!("{hint}\n  {other}"));
        Failure { hint: Some(hint), ..self }
    }
}

/// Why a file was not written. `command` writes such files, usually with the name `usual`.
pub(super) fn unwritten(file: &Path, error: &io::Error, (command, usual): (&str, &str)) -> Failure {
    let name = printable(&file.to_string_lossy()).into_owned();
    let (error, hint) = match error.kind() {
        _ if file.is_dir() => {
            let inside = quoted(&file.join(usual).to_string_lossy());
            (anyhow!("{name} is a folder"), format!("try: therapy {command} {inside}"))
        }
        ErrorKind::AlreadyExists => {
            (anyhow!("there is already a file {name}"), "give the name of a new file".to_owned())
        }
        _ => {
            let hint = "give the name of a new file, in a folder that you can write to".to_owned();
            (anyhow!("could not write {name}: {error}"), hint)
        }
    };
    Failure::new(Exit::Failed, error, hint)
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure { error, hint: None, exit: Exit::Failed }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        anyhow::Error::new(error).context("could not write").into()
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Failure {
        let hint = error.hint.clone();
        Failure::new(Exit::Usage, error.into(), hint)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Failure {
        let hint = error.hint();
        Failure::new(Exit::Failed, error.into(), hint)
    }
}

impl From<Unreadable> for Failure {
    fn from(error: Unreadable) -> Failure {
        let typed: Vec<_> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        let hint = error.way_out(&typed);
        Failure::new(Exit::Usage, error.into(), hint)
    }
}
