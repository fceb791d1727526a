//! `therapy status --watch`: a line whenever the running session changes, for status bars that read a stream.

use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use super::folders::Folders;
use super::status::{Form, is_meant, view_now};
use super::times::stamp;
use super::{Exit, Failure};
use crate::cli::StatusArgs;
use crate::domain::site::Site;
use crate::domain::view::{State, View};
use crate::edge::journal::{Journal, Record};
use crate::edge::{clock, reader};

/// How often to check whether a session has begun, and what other shells did.
const LOOK: Duration = Duration::from_secs(1);

/// Prints a line about the running session, or about none, and another one whenever it changes. It ends when nobody reads
/// them any more.
pub(super) fn run(folders: &Folders, args: &StatusArgs, site: Option<Site>) -> Result<Exit, Failure> {
    let (form, mut reading, mut shown) = (Form::of(args)?, None, None);
    loop {
        read(folders, &mut reading)?;
        let found = reading.as_ref().and_then(|Reading { record, .. }| {
            let view = view_now(record, stamp().clock)?;
            is_meant(record, site).then_some((record, view))
        });
        let line = form.line(found.as_ref().map(|(record, view)| (*record, view)));
        if shown.as_ref() != Some(&line) {
            let mut stdout = io::stdout().lock();
            match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Completed),
                written => written?,
            }
            shown = Some(line);
        }
        let wait = found.map_or(LOOK, |(_, view)| until_change(&view));
        if !reader::wait(clock::wait_for(wait)) {
            return Ok(Exit::Completed);
        }
    }
}

/// The record of the running session, as it was read.
struct Reading {
    journal: Journal,
    /// The log of the journal before it was read.
    log: Option<(u64, SystemTime)>,
    record: Record,
}

/// Reads the record again when the journal was written. Without a session nothing is held open.
fn read(folders: &Folders, reading: &mut Option<Reading>) -> Result<(), Failure> {
    if !folders.is_running()? {
        *reading = None;
        return Ok(());
    }
    let journal = match reading.take() {
        Some(known) if known.log.is_some() && known.journal.log_state() == known.log => {
            *reading = Some(known);
            return Ok(());
        }
        Some(known) => known.journal,
        None => Journal::open(&folders.data)?,
    };
    let log = journal.log_state();
    *reading = journal.open_session(&stamp())?.map(|record| Reading { journal, log, record });
    Ok(())
}

/// How long what is shown stays as it is: until the next second of the countdown, or of the time since its end.
fn until_change(view: &View) -> Duration {
    const BEYOND: Duration = Duration::from_millis(2);
    let part = |length: Duration| Duration::from_nanos(length.subsec_nanos().into());
    let wait = match view.state {
        State::Running if !view.left.is_zero() => part(view.left),
        State::Paused => LOOK.saturating_sub(part(view.paused_for)),
        State::Running | State::Held => LOOK.saturating_sub(part(view.over)),
    };
    wait.min(LOOK) + BEYOND
}
