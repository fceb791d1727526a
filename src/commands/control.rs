//! `therapy pause | resume | skip | stop | extend`: the running session, from any shell.

use std::time::Duration;

use anyhow::anyhow;

use super::admission;
use super::folders::Folders;
use super::live::Live;
use super::settings::settings;
use super::times::{stamp, stamp_at};
use super::{Exit, Failure, last_words, print};
use crate::cli::Progress;
use crate::domain::course::STALE;
use crate::domain::session::{Event, Input, Session};
use crate::edge::clock;
use crate::edge::journal::{Journal, Lock, Record};
use crate::text::wording;

/// How long the session may take for an answer. It looks for requests once a second.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often this command looks for the answer.
const LOOK: Duration = Duration::from_millis(50);

/// Sends an input to the running session and prints the answer.
pub(super) fn run(folders: &Folders, input: Input) -> Result<Exit, Failure> {
    if !Journal::is_running(&folders.data) {
        return without_a_process(folders, input);
    }
    let journal = Journal::open(&folders.data)?;
    let session = journal.open_session(&stamp())?.ok_or_else(none)?;
    let request = journal.ask(session.id, input)?;
    let since = clock::unhurried();
    loop {
        // Checked before the answer is read: a session that ends now may still have answered.
        let is_over = !Journal::is_running(&folders.data);
        let is_late = is_over || clock::unhurried().since(since) > PATIENCE;
        let answer = if is_late { journal.withdraw(request)? } else { journal.answer(request)? };
        match answer {
            Some(answer) => return print(format!("{answer}\n")),
            None if is_over => return Err(none()),
            None if is_late => {
                let hint = "it may be suspended, or the machine may be busy; its keys work again when it runs";
                return Err(Failure::new(Exit::Failed, anyhow!("the session does not answer"), hint));
            }
            None => clock::wait(LOOK),
        }
    }
}

/// `resume`: ends the pause of the running session. Without one, continues a session that was cut off, in
/// this shell.
pub(super) fn resume(folders: &Folders, progress: Option<Progress>, no_notify: bool) -> Result<Exit, Failure> {
    if Journal::is_running(&folders.data) {
        return run(folders, Input::Resume);
    }
    let settings = settings(folders, progress, no_notify)?;
    let mut live = Live::new(settings, None)?;
    let (journal, lock, record, (mut session, mut events)) = cut_off(folders)?;
    live.record(journal, Some(record.id), lock);
    let (outcome, words) = live.go(record.protocol.name(), |now| {
        events.extend(session.advance(now));
        (session, events)
    });
    last_words(&words);
    Ok(outcome.into())
}

/// No session runs: one that was cut off can still be stopped.
fn without_a_process(folders: &Folders, input: Input) -> Result<Exit, Failure> {
    if input != Input::Stop {
        return Err(none());
    }
    let (journal, _lock, record, (mut session, mut events)) = cut_off(folders)?;
    events.extend(session.handle(clock::now(), Input::Stop));
    let stamped: Vec<_> = events.iter().map(|event| (stamp_at(event.at), *event)).collect();
    journal.commit(record.id, &stamped, &[])?;
    let said = events.last().map(|event| wording::of(event, &session, false).headline).unwrap_or_default();
    print(format!("{}: {}\n", record.protocol.name(), wording::sentences([said.as_str()])))
}

type CutOff = (Journal, Lock, Record, (Session, Vec<Event>));

/// The session that was cut off, unless that was too long ago, with the lock that continuing it needs, its
/// state, and the events that are not written yet.
fn cut_off(folders: &Folders) -> Result<CutOff, Failure> {
    let journal = folders.journal()?.ok_or_else(none)?;
    // Read under the lock: another process may have ended it a moment before.
    let (lock, now) = (admission::lock(folders)?, stamp());
    let record = journal.open_session(&now)?.filter(|open| open.age(&now) <= STALE).ok_or_else(none)?;
    let resumed = record.resume();
    let resumed = resumed.ok_or_else(|| anyhow!("the journal lacks the start of {}", record.protocol.name()))?;
    Ok((journal, lock, record, resumed))
}

pub(super) fn none() -> Failure {
    Failure::new(Exit::Failed, anyhow!("no session is running"), "try: therapy run")
}
