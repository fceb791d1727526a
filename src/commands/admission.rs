//! The one way into a session: find the protocol, review it, ask about warning signs, take the lock,
//! review again. Dry runs and rehearsals take the same way, and write nothing.

use anyhow::anyhow;

use super::chosen::Chosen;
use super::folders::Folders;
use super::memory::{Memory, one_session, stamp};
use super::{Failure, say};
use crate::cli::RunArgs;
use crate::domain::course;
use crate::domain::protocol::Protocol;
use crate::domain::rules::Context;
use crate::edge::journal::{Journal, Lock};
use crate::text::advice::because;

/// Proof that a protocol may run now.
pub(super) struct Admitted {
    /// What runs.
    pub(super) protocol: Protocol,
    /// What it was chosen from.
    pub(super) chosen: Chosen,
    /// Where it is recorded, and the lock of the running session. `None` for a rehearsal, and when the
    /// journal cannot be read.
    pub(super) record: Option<(Journal, Lock)>,
}

/// Admits a session, or a rehearsal when the arguments ask for one.
pub(super) fn admit(folders: &Folders, args: &RunArgs) -> Result<Admitted, Failure> {
    let is_rehearsal = args.is_rehearsal();
    let injured = args.which.injured.as_deref();
    let mut memory = if is_rehearsal { Memory::glance(folders, injured)? } else { Memory::recall(folders, injured)? };
    let name = args.protocol.clone().unwrap_or_else(|| recommended(&memory));
    let mut chosen = Chosen::find(folders, &name, &args.which, &memory)?;
    // First of all: the doses of an open session may refuse too, and waiting is not the way out of that.
    memory.no_open_session()?;
    let protocol = chosen.review(&args.overrides, &memory)?;
    if is_rehearsal {
        return Ok(Admitted { protocol, chosen, record: None });
    }
    memory.screen()?;
    let Some(journal) = memory.journal.take() else {
        if let Some(trouble) = &memory.trouble {
            say(&format!("warning: {trouble}; this session is not recorded"));
        }
        return Ok(Admitted { protocol, chosen, record: None });
    };
    let lock = lock(folders)?;
    // While a question waited for its answer, another process may have given a dose.
    let now = stamp();
    if journal.open_session(&now)?.is_some() {
        return Err(one_session("another session was started meanwhile"));
    }
    let (doses, record_ahead) = journal.doses(&now, None)?;
    chosen.context = Context { now: now.clock, doses, record_ahead, ..chosen.context };
    let protocol = chosen.review(&args.overrides, &memory)?;
    Ok(Admitted { protocol, chosen, record: Some((journal, lock)) })
}

/// The protocol that `next` recommends.
fn recommended(memory: &Memory) -> String {
    let injury = memory.context.injury;
    let name = course::recommend(injury);
    say(&format!("Recommended now: {name}. {}.", because(injury)));
    name.to_owned()
}

/// Takes the lock of the running session.
pub(super) fn lock(folders: &Folders) -> Result<Lock, Failure> {
    match Journal::lock(&folders.data) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(one_session("a session is already running")),
        Err(error) => Err(anyhow!("could not lock the session: {error}").into()),
    }
}
