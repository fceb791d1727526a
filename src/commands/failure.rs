//! What a command can end with: an exit code, or an error with its way out.

use std::io;

use crate::domain::session::Outcome;
use crate::edge::catalog::CatalogError;
use crate::edge::journal::JournalError;
use crate::text::typed::Unreadable;

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

    /// With another way out.
    pub(super) fn or(self, other: &str) -> Failure {
        let hint = self.hint.map_or_else(|| other.to_owned(), |hint| format!("{hint}\n  {other}"));
        Failure { hint: Some(hint), ..self }
    }
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
