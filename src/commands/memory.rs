//! What is known of the person before a session: the injury clock, earlier sessions, an open one.

use std::io::{self, BufRead as _, Write as _};
use std::time::Duration;

use anyhow::anyhow;

use super::{Exit, Failure, data_folder, injury, is_terminal, say};
use crate::domain::advice::{CONTRAINDICATIONS, RED_FLAGS};
use crate::domain::course::STALE;
use crate::domain::rules::{Context, Injury};
use crate::edge::clock;
use crate::edge::journal::{InjuryEntry, Journal, JournalError, Record, Stamp};
use crate::words::span;

/// What the journal tells, or why it tells nothing.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The journal, when it can be read.
    pub(super) journal: Option<Journal>,
    /// What the rules need.
    pub(super) context: Context,
    /// Why the journal cannot be read.
    pub(super) trouble: Option<String>,
    /// The injury clock; not when `--injured` stands in for it.
    injury: Option<InjuryEntry>,
    /// A session without an end.
    open: Option<Record>,
}

/// All clocks, now.
pub(super) fn stamp() -> Stamp {
    Stamp { wall_ms: clock::wall().as_millisecond(), boot: clock::boot(), clock: clock::now() }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Failure {
        let hint = error.hint();
        Failure { error: error.into(), hint: Some(hint), exit: Exit::Failed }
    }
}

/// The refusal of a second session.
pub(super) fn one_session(what: &str) -> Failure {
    let hint = "`therapy status` shows it, `therapy stop` ends it (therapy explain one-session)";
    Failure { error: anyhow!("{what}"), hint: Some(hint.to_owned()), exit: Exit::Refused }
}

impl Memory {
    /// Nobody's past: a rehearsal never touches the journal.
    pub(super) fn none(injured: Option<&str>) -> Result<Memory, Failure> {
        let context = Context { injury: injury(injured)?, ..Context::default() };
        Ok(Memory { context, ..Memory::default() })
    }

    /// Reads the journal; makes one when there is none.
    pub(super) fn recall(injured: Option<&str>) -> Result<Memory, Failure> {
        let mut memory = Memory::none(injured)?;
        if let Err(error) = memory.read(injured.is_some()) {
            memory.trouble = Some(format!("{error}; {}", error.hint()));
            memory.journal = None;
            memory.context.doses_unknown = true;
        }
        Ok(memory)
    }

    /// Reads the journal if there is one: for a look that must leave nothing behind.
    pub(super) fn glance(injured: Option<&str>) -> Result<Memory, Failure> {
        if Journal::exists(&data_folder()) { Memory::recall(injured) } else { Memory::none(injured) }
    }

    fn read(&mut self, injured: bool) -> Result<(), JournalError> {
        let folder = data_folder();
        let now = stamp();
        let journal = Journal::open(&folder)?;
        let context = &mut self.context;
        context.running = Journal::is_running(&folder);
        self.open = journal.open_session(&now)?;
        if let Some(open) = self.open.take_if(|open| !context.running && open.age(&now) > STALE) {
            journal.close_cut_off(&open)?;
            // Of one whose clock never started there is nothing to tell.
            if !open.events.is_empty() {
                let ago = span(Duration::from_secs(open.age(&now).as_secs()));
                say(&format!(
                    "note: {} was cut off {ago} ago; it is closed with what is known of it",
                    open.protocol.name()
                ));
            }
        }
        context.now = now.clock;
        (context.doses, context.record_ahead) = journal.doses(&now, None)?;
        if !injured && let Some(entry) = journal.injury()? {
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

    /// One session at a time, and one that was cut off is still one.
    pub(super) fn no_open_session(&self) -> Result<(), Failure> {
        let Some(open) = self.open.as_ref().filter(|_| !self.context.running) else {
            return Ok(());
        };
        let ago = span(Duration::from_secs(open.age(&stamp()).as_secs()));
        Err(Failure {
            error: anyhow!("{} was cut off {ago} ago and has no end yet", open.protocol.name()),
            hint: Some("`therapy resume` goes on with it, `therapy stop` closes it".to_owned()),
            exit: Exit::Refused,
        })
    }

    /// Before the first session of an injury that the clock knows: the red flags and
    /// contraindications, asked when somebody is there. A yes is kept and refuses.
    pub(super) fn screen(&self) -> Result<(), Failure> {
        let (Some(injury), Some(journal)) = (self.injury, &self.journal) else {
            return Ok(());
        };
        let red_flag = if let Some(answer) = injury.red_flag {
            answer
        } else {
            // Where nobody can be asked, it is said before the first session alone.
            if self.context.days == 0 || is_terminal(&io::stdin()) {
                tell_red_flags();
            }
            if !is_terminal(&io::stdin()) || !is_terminal(&io::stderr()) {
                return Ok(());
            }
            let answer = !ask_none_of_these()?;
            journal.screened(injury.id, answer, &stamp())?;
            answer
        };
        if red_flag {
            let hint = "see a professional first; then `therapy injury set WHEN` starts anew (therapy safety)";
            let error = anyhow!("one of the warning signs or conditions was said to fit this injury");
            return Err(Failure { error, hint: Some(hint.to_owned()), exit: Exit::Refused });
        }
        Ok(())
    }
}

fn tell_red_flags() {
    say("Before the first session of this injury. Do not go on, and get help, with:");
    for (flag, _) in RED_FLAGS {
        say(&format!("  - {flag}"));
    }
    say("Ask a clinician first about:");
    for (what, with) in CONTRAINDICATIONS {
        say(&format!("  - {what}: {}", with.join(", ")));
    }
}

/// Whether none of it fits. Only a clear answer counts.
fn ask_none_of_these() -> Result<bool, Failure> {
    loop {
        let _ = write!(io::stderr(), "None of these? [yes/no] ");
        let Some(answer) = read_line()? else {
            let error = anyhow!("the question was not answered");
            return Err(Failure { error, hint: Some("answer yes or no".to_owned()), exit: Exit::Stopped });
        };
        match answer.to_lowercase().as_str() {
            "yes" | "y" => return Ok(true),
            "no" | "n" => return Ok(false),
            _ => {}
        }
    }
}

/// A line from the person; `None` at the end of input.
pub(super) fn read_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let count = io::stdin().lock().read_line(&mut line)?;
    Ok((count > 0).then(|| line.trim().to_owned()))
}
