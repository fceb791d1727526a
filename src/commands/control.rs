//! `therapy pause | resume | skip | stop | extend`: the running session, from any shell.

use std::time::Duration;

use anyhow::{Context as _, anyhow};

use super::admission;
use super::folders::Folders;
use super::live::{self, Live};
use super::memory::{Memory, stamp};
use super::settings::{progress, settings};
use super::{Exit, Failure, last_words, print};
use crate::cli::Progress;
use crate::domain::session::{Event, Input, Session};
use crate::edge::clock;
use crate::edge::inbox::Inbox;
use crate::edge::journal::{Journal, Lock, Record};
use crate::edge::keys::Keys;
use crate::edge::recorder::Recorder;
use crate::text::wording;

/// How long the session may take for an answer. It looks for requests once a second.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often this command looks for the answer.
const LOOK: Duration = Duration::from_millis(50);

/// Asks the running session for something and says what came of it.
pub(super) fn run(folders: &Folders, input: Input) -> Result<Exit, Failure> {
    if !Journal::is_running(&folders.data) {
        return without_a_process(folders, input);
    }
    let journal = Journal::open(&folders.data)?;
    let Some(session) = journal.open_session(&stamp())? else {
        return Err(none());
    };
    let request = journal.ask(session.id, input)?;
    let since = clock::unhurried();
    let is_over = loop {
        // Asked before the answer is read: the last words of a session that ends now are an answer too.
        let is_over = !Journal::is_running(&folders.data);
        if let Some(answer) = journal.answer(request)? {
            return print(format!("{answer}\n"));
        }
        if is_over || clock::unhurried().since(since) > PATIENCE {
            break is_over;
        }
        clock::wait(LOOK);
    };
    if let Some(answer) = journal.withdraw(request)? {
        return print(format!("{answer}\n"));
    }
    if is_over {
        return Err(none());
    }
    let hint = "it may be suspended, or the machine busy; its own keys work when it goes on";
    Err(Failure { error: anyhow!("the session does not answer"), hint: Some(hint.to_owned()), exit: Exit::Failed })
}

/// `resume`: the running session goes on; one that was cut off is taken up in this shell.
pub(super) fn resume(folders: &Folders, asked: Option<Progress>, no_notify: bool) -> Result<Exit, Failure> {
    if Journal::is_running(&folders.data) {
        return run(folders, Input::Resume);
    }
    let settings = settings(folders)?;
    let progress = progress(asked, &settings, false);
    let inbox = Inbox::default();
    let keys = Keys::take(live::listens(), inbox.sender()).context("could not listen to signals")?;
    let (journal, record, lock) = cut_off(folders)?;
    let clocks = Box::new(live::clocks(clock::boot()));
    let recorder = Some(Recorder::new(journal, record.id, clocks));
    let notify = !(no_notify || settings.no_notify);
    let surroundings = Live { keys, inbox, progress, notify, speed: None, recorder };
    let (mut session, mut events) = session(&record)?;
    let (outcome, words) = live::go(surroundings, record.protocol.name(), |now| {
        events.extend(session.advance(now));
        (session, events)
    });
    drop(lock);
    last_words(&words);
    Ok(outcome.into())
}

/// Nobody runs a session: one that was cut off can still be stopped.
fn without_a_process(folders: &Folders, input: Input) -> Result<Exit, Failure> {
    if input != Input::Stop {
        return Err(none());
    }
    let (journal, record, _lock) = cut_off(folders)?;
    let (mut session, mut events) = session(&record)?;
    events.extend(session.handle(clock::now(), Input::Stop));
    let clocks = live::clocks(clock::boot());
    let stamped: Vec<_> = events.iter().map(|event| (clocks(event.at), *event)).collect();
    journal.commit(record.id, &stamped, &[])?;
    let said = events.last().map(|event| wording::of(event, &session, false).headline).unwrap_or_default();
    print(format!("{}: {}\n", record.protocol.name(), wording::sentences([said.as_str()])))
}

/// The session that was cut off, unless that was too long ago, and the lock to go on with it. Whoever
/// had the lock a moment before may have ended it, so it is read again under the lock.
fn cut_off(folders: &Folders) -> Result<(Journal, Record, Lock), Failure> {
    let mut memory = Memory::glance(folders, None)?;
    if let Some(trouble) = memory.trouble.take() {
        return Err(anyhow!(trouble).into());
    }
    if memory.open().is_none() {
        return Err(none());
    }
    let journal = memory.journal.ok_or_else(none)?;
    let lock = admission::lock(folders)?;
    let record = journal.open_session(&stamp())?.ok_or_else(none)?;
    Ok((journal, record, lock))
}

/// Where it stood, and what of that is not written yet.
fn session(record: &Record) -> Result<(Session, Vec<Event>), Failure> {
    let taken_up = record.take_up();
    taken_up.ok_or_else(|| anyhow!("the journal has no start of {}", record.protocol.name()).into())
}

fn none() -> Failure {
    let hint = "try: therapy run";
    Failure { error: anyhow!("no session is running"), hint: Some(hint.to_owned()), exit: Exit::Failed }
}
