//! The one way into a session: find the protocol, review it, ask about warning signs, take the lock,
//! review again. Dry runs and rehearsals take the same way, and write nothing.

use std::io;

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
use crate::domain::rules::{Context, RuleId};
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
    let injury = memory.context.injury;
    let name = args.protocol.clone().unwrap_or_else(|| course::recommend(injury).to_owned());
    let mut chosen = Chosen::find(folders, &name, &args.which, &memory.context)?;
    // Before the review: an open session must be ended, but a refusal because of its doses would advise to wait.
    if let Some(open) = memory.open.filter(|_| !memory.context.running) {
        return Err(Failure::new(Exit::Refused, anyhow!(was_cut_off(&open, &stamp())), CUT_OFF));
    }
    let mut protocol = chosen.review(&args.overrides)?;
    let answer = if is_rehearsal { None } else { screen(memory.about, &memory.screenings, memory.journal.as_ref())? };
    if let Some(answer) = &answer {
        chosen.context.concerns.clone_from(answer);
        protocol = chosen.review(&args.overrides)?;
    }
    // Only now: what a rule or a sign refuses is not recommended.
    if args.protocol.is_none() {
        say(&format!("Recommended now: {name}. {}.", because(injury)));
    }
    if is_rehearsal {
        return Ok(Admitted { protocol, chosen, journal: None, lock: None });
    }
    let goes_unrecorded = memory.journal.is_none() || may_go_unrecorded(&args.overrides);
    let lock = match Journal::lock(&folders.data) {
        // A folder that cannot be written.
        Err(error) if goes_unrecorded => {
            let why = folders.lock_failure(&error).error;
            say(&format!("warning: {why}, so it is not known whether another session runs"));
            None
        }
        tried => Some(taken(folders, tried)?),
    };
    let Some(journal) = memory.journal.filter(|_| lock.is_some()) else {
        say("warning: this session is not recorded");
        return Ok(Admitted { protocol, chosen, journal: None, lock });
    };
    // During the question another process may have given a dose.
    let now = stamp();
    if journal.open_session(&now)?.is_some() {
        return Err(one_session("another session was started meanwhile"));
    }
    let (doses, record_ahead) = journal.doses(&now, None)?;
    let concerns = answer.map_or_else(|| Ok(concerns(&journal.screenings()?)), Ok::<_, Failure>)?;
    chosen.context = Context { now: now.clock, doses, record_ahead, concerns, ..chosen.context };
    let protocol = chosen.review(&args.overrides)?;
    Ok(Admitted { protocol, chosen, journal: Some(journal), lock })
}

/// Whether a session may run without a record: later sessions will not know its doses, so the person overrides the
/// rules about earlier ones.
pub(super) fn may_go_unrecorded(overrides: &[RuleId]) -> bool {
    [RuleId::Rewarm, RuleId::ColdDaily].iter().all(|rule| overrides.contains(rule))
}

/// Takes the lock of the running session.
pub(super) fn lock(folders: &Folders) -> Result<Lock, Failure> {
    taken(folders, Journal::lock(&folders.data))
}

fn taken(folders: &Folders, tried: io::Result<Option<Lock>>) -> Result<Lock, Failure> {
    match tried {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(one_session("a session is already running")),
        Err(error) => Err(folders.lock_failure(&error)),
    }
}

fn one_session(what: &'static str) -> Failure {
    Failure::new(Exit::Refused, anyhow!(what), "therapy status   show it\n  therapy stop     end it")
}
