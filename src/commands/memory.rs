//! What is known about the person before a session: the injury, earlier doses, a session without an end.

use std::time::Duration;

use anyhow::anyhow;
use jiff::Timestamp;

use super::folders::Folders;
use super::{Exit, Failure, say, screening, when};
use crate::domain::course::STALE;
use crate::domain::rules::{Context, Injury};
use crate::edge::clock;
use crate::edge::journal::{InjuryEntry, Journal, JournalError, Record, Stamp};
use crate::text::advice::CUT_OFF;
use crate::text::durations::roughly;

/// What the journal holds, or why it cannot be read.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The journal, when it can be read.
    pub(super) journal: Option<Journal>,
    /// What the rules need.
    pub(super) context: Context,
    /// Why the journal cannot be read.
    pub(super) trouble: Option<String>,
    /// The stored injury; `None` when `--injured` replaces it.
    injury: Option<InjuryEntry>,
    /// A session without an end.
    open: Option<Record>,
}

/// All clocks, now.
pub(super) fn stamp() -> Stamp {
    Stamp { wall_ms: clock::wall().as_millisecond(), boot: clock::boot(), clock: clock::now() }
}

/// The refusal of a second session.
pub(super) fn one_session(what: &str) -> Failure {
    Failure::new(Exit::Refused, anyhow!("{what}"), "therapy status   show it\n  therapy stop     end it")
}

impl Memory {
    /// Reads the journal, and makes one when there is none. A session that was cut off too long ago is
    /// closed.
    pub(super) fn recall(folders: &Folders, injured: Option<&str>) -> Result<Memory, Failure> {
        Memory::read(folders, injured, true)
    }

    /// Reads the journal if there is one, and writes nothing.
    pub(super) fn glance(folders: &Folders, injured: Option<&str>) -> Result<Memory, Failure> {
        Memory::read(folders, injured, false)
    }

    fn read(folders: &Folders, injured: Option<&str>, writes: bool) -> Result<Memory, Failure> {
        // One reading of the wall clock: with two, 72 h ago would be a little less than 72 h.
        let wall = clock::wall();
        let injured = injured.map(|text| Ok::<_, Failure>(wall.duration_since(when(text, wall)?))).transpose()?;
        let mut memory = Memory::default();
        memory.context.now = clock::now();
        if (writes || Journal::exists(&folders.data))
            && let Err(error) = memory.read_journal(folders, wall, writes)
        {
            memory.trouble = Some(format!("{error}; {}", error.hint()));
            memory.journal = None;
            memory.context.doses_unknown = true;
        }
        if let Some(age) = injured {
            memory.injury = None;
            memory.context.days = 0;
            let length = age.unsigned_abs();
            memory.context.injury = if age.is_negative() { Injury::InFuture(length) } else { Injury::Ago(length) };
        }
        Ok(memory)
    }

    fn read_journal(&mut self, folders: &Folders, wall: Timestamp, writes: bool) -> Result<(), JournalError> {
        let now = Stamp { wall_ms: wall.as_millisecond(), ..stamp() };
        let journal = Journal::open(&folders.data)?;
        let context = &mut self.context;
        context.running = Journal::is_running(&folders.data);
        self.open = journal.open_session(&now)?;
        if let Some(open) = self.open.take_if(|open| !context.running && open.age(&now) > STALE)
            && writes
        {
            journal.close_cut_off(&open)?;
            // A session whose clock never started needs no message.
            if !open.events.is_empty() {
                let (name, ago) = (open.protocol.name(), roughly(open.age(&now)));
                say(&format!("note: {name} was cut off {ago} ago; it is closed with the dose recorded so far"));
            }
        }
        context.now = now.clock;
        (context.doses, context.record_ahead) = journal.doses(&now, None)?;
        if let Some(entry) = journal.injury()? {
            let age = now.wall_ms.saturating_sub(entry.happened_ms);
            let length = Duration::from_millis(age.unsigned_abs());
            context.injury = if age < 0 { Injury::InFuture(length) } else { Injury::Ago(length) };
            context.days = journal.days_with_sessions(entry.happened_ms, 32)?;
            self.injury = Some(entry);
        }
        self.journal = Some(journal);
        Ok(())
    }

    /// The session without an end.
    pub(super) fn open(&self) -> Option<&Record> {
        self.open.as_ref()
    }

    /// Refuses when a session was cut off: it is still open.
    pub(super) fn no_open_session(&self) -> Result<(), Failure> {
        let Some(open) = self.open.as_ref().filter(|_| !self.context.running) else {
            return Ok(());
        };
        let error = anyhow!("{} was cut off {} ago", open.protocol.name(), roughly(open.age(&stamp())));
        Err(Failure::new(Exit::Refused, error, CUT_OFF))
    }

    /// Asks about warning signs before the first session of a stored injury.
    pub(super) fn screen(&self) -> Result<(), Failure> {
        match (self.injury, &self.journal) {
            (Some(injury), Some(journal)) => screening::screen(injury, journal, &self.context),
            _ => Ok(()),
        }
    }
}
