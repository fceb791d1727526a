//! The one way into a session: find the protocol, review it, ask about warning signs, take the lock,
//! review again. Dry runs and rehearsals take the same way, and write nothing.

use anyhow::anyhow;

use super::chosen::Chosen;
use super::folders::Folders;
use super::memory::{Memory, was_cut_off};
use super::screening::{concerns, screen};
use super::times::stamp;
use super::{Exit, Failure, say};
use crate::cli::RunArgs;
use crate::domain::course;
use crate::domain::protocol::Protocol;
use crate::domain::rules::Context;
use crate::edge::journal::{Journal, Lock};
use crate::text::advice::{CUT_OFF, because};

/// Proof that a protocol may run now.
pub(super) struct Admitted {
    /// What runs.
    pub(super) protocol: Protocol,
    /// What it was chosen from.
    pub(super) chosen: Chosen,
    /// Where it is recorded. `None` for a rehearsal, and when the journal cannot be read.
    pub(super) journal: Option<Journal>,
    /// The lock of the running session. `None` for a rehearsal, and where no lock can be made.
    pub(super) lock: Option<Lock>,
}

/// Admits a session, or a rehearsal when the arguments ask for one.
pub(super) fn admit(folders: &Folders, args: &RunArgs) -> Result<Admitted, Failure> {
    let is_rehearsal = args.dry_run || args.speed.is_some();
    let memory = Memory::read(folders, args.which.injured.as_deref(), !is_rehearsal)?;
    let name = args.protocol.clone().unwrap_or_else(|| {
        let injury = memory.context.injury;
        let name = course::recommend(injury);
        say(&format!("Recommended now: {name}. {}.", because(injury)));
        name.to_owned()
    });
    let mut chosen = Chosen::find(folders, &name, &args.which, &memory.context)?;
    // Before the review: an open session must be ended, but a refusal because of its doses would advise to wait.
    if let Some(open) = memory.open.filter(|_| !memory.context.running) {
        return Err(Failure::new(Exit::Refused, anyhow!(was_cut_off(&open, &stamp())), CUT_OFF));
    }
    let protocol = chosen.review(&args.overrides)?;
    if is_rehearsal {
        return Ok(Admitted { protocol, chosen, journal: None, lock: None });
    }
    let answer = screen(memory.about, &memory.screenings, memory.journal.as_ref())?;
    let Some(journal) = memory.journal else {
        chosen.context.concerns.extend(answer.into_iter().flatten());
        let protocol = chosen.review(&args.overrides)?;
        say("warning: this session is not recorded");
        let lock = match Journal::lock(&folders.data) {
            Ok(None) => return Err(one_session("a session is already running")),
            Ok(lock) => lock,
            Err(_) => {
                say("warning: it is not known whether another session runs");
                None
            }
        };
        return Ok(Admitted { protocol, chosen, journal: None, lock });
    };
    let lock = lock(folders)?;
    // During the question another process may have given a dose.
    let now = stamp();
    if journal.open_session(&now)?.is_some() {
        return Err(one_session("another session was started meanwhile"));
    }
    let (doses, record_ahead) = journal.doses(&now, None)?;
    let concerns = concerns(&journal.screenings()?);
    chosen.context = Context { now: now.clock, doses, record_ahead, concerns, ..chosen.context };
    let protocol = chosen.review(&args.overrides)?;
    Ok(Admitted { protocol, chosen, journal: Some(journal), lock: Some(lock) })
}

/// Takes the lock of the running session.
pub(super) fn lock(folders: &Folders) -> Result<Lock, Failure> {
    Journal::lock(&folders.data)?.ok_or_else(|| one_session("a session is already running"))
}

fn one_session(what: &'static str) -> Failure {
    Failure::new(Exit::Refused, anyhow!(what), "therapy status   show it\n  therapy stop     end it")
}
