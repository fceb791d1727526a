//! `therapy pause | resume | skip | stop | extend`: the running session, from any shell.

use std::time::Duration;

use anyhow::anyhow;
use jiff::Timestamp;

use super::admission;
use super::folders::Folders;
use super::live::{Live, listen};
use super::meanwhile::objection;
use super::memory::was_cut_off;
use super::printing::fresh_window;
use super::rungs;
use super::settings::settings;
use super::times::{from_millis, later, local, stamp, wall_at, when};
use super::{Exit, Failure, ask, can_ask, last_words, print, report_failure};
use crate::cli::{Alarms, Progress};
use crate::domain::rules::{Detail, RuleId};
use crate::domain::session::{Input, Moment, Session};
use crate::edge::clock;
use crate::edge::journal::{Journal, Lock, Record, Stamp};
use crate::text::{rules, wording};

/// How long the session may take for an answer. It looks for requests once a second.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often this command looks for the answer.
const LOOK: Duration = Duration::from_millis(50);
const QUESTION: &str = "When did the pack come off? 18:40, 5min ago, or Enter if unknown:";
const TRY: &str = "try: therapy stop --off now";

/// Sends an input to the running session and prints the answer.
pub(super) fn run(folders: &Folders, input: Input) -> Result<Exit, Failure> {
    if !folders.is_running()? {
        return Err(none());
    }
    let journal = Journal::open(&folders.data)?;
    let now = stamp();
    let session = journal.open_session(&now)?.ok_or_else(none)?;
    let takes_off = matches!(input, Input::Pause | Input::Stop);
    // A record without a start is of a session that starts now.
    let start = || Session::start(&session.protocol, session.options, now.clock).0;
    let state = session.session().unwrap_or_else(start);
    let refused = objection(&journal, &state, Some(input), &session.overrides, &now)?;
    if let Some(refused) = refused.filter(|_| !takes_off) {
        return Err(refused.into());
    }
    let request = journal.ask(session.id, input)?;
    let since = clock::unhurried();
    loop {
        // Checked before the answer is read: a session that ends now may still have answered.
        let is_over = !folders.is_running()?;
        let is_late = is_over || clock::unhurried().since(since) > PATIENCE;
        let answer = if is_late { journal.withdraw(request)? } else { journal.answer(request)? };
        match answer {
            Some(answer) => {
                let exit = if answer.starts_with(wording::NOT_LONGER) { Exit::Refused } else { Exit::Completed };
                return print(format!("{answer}\n")).map(|_| exit);
            }
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
pub(super) fn resume(folders: &Folders, alarms: &Alarms) -> Result<Exit, Failure> {
    if folders.is_running()? {
        return run(folders, Input::Resume);
    }
    let settings = settings(folders, alarms)?;
    // Before the lock: as soon as it is taken, a signal is for the session.
    let listening = listen()?;
    let (journal, lock, record, now) = cut_off(folders)?;
    let name = record.protocol.name();
    let (mut session, mut events) = record.resume().ok_or_else(|| anyhow!("the journal lacks the start of {name}"))?;
    if let Some(refused) = objection(&journal, &session, None, &record.overrides, &now)? {
        return Err(refused.into());
    }
    if record.is_clock_behind() {
        let error = anyhow!("{} ({})", clock_behind(&record), RuleId::ClockBehind);
        return Err(Failure::new(Exit::Refused, error, "set the clock, or close the session: therapy stop"));
    }
    if record.is_stale(&now) {
        let error = anyhow!("{}, too long ago to go on with it", was_cut_off(&record, &now));
        return Err(Failure::new(Exit::Failed, error, "say when the pack came off: therapy stop --off WHEN"));
    }
    if settings.progress == Progress::Bar {
        fresh_window();
    }
    // No option of this command changes it.
    let waits = record.options.confirm.then_some(&[][..]);
    let mut live = Live::new(listening, (name, record.site), &settings, (None, waits))?;
    live.rungs.found_cut_off(&session);
    live.lock = Some(lock);
    live.record(journal, Some(record.id), record.overrides.clone());
    let leap = record.leap(&now);
    let (exit, words) = live.go(|now| {
        events.extend(session.advance(now));
        if let Some(by) = leap {
            events.extend(session.handle(now, Input::Leap(by)));
        }
        (session, events)
    });
    last_words(&words);
    Ok(exit)
}

/// `stop`: stops the running session. Without one, closes a session that was cut off. If it is not known when the
/// pack came off, it counts as on until now.
pub(super) fn stop(folders: &Folders, off: Option<&str>) -> Result<Exit, Failure> {
    if folders.is_running()? {
        let only = || {
            Failure::new(
                Exit::Usage,
                anyhow!("the session runs: --off is for one that was cut off"),
                "try: therapy stop",
            )
        };
        return if off.is_some() { Err(only()) } else { run(folders, Input::Stop) };
    }
    // Asked without the lock, which would make it look as if the session ran.
    let now = stamp();
    let asked = folders.journal()?.ok_or_else(none)?.open_session(&now)?.ok_or_else(none)?;
    let off = off_time(off, &asked, &now)?;
    let (journal, _lock, record, now) = cut_off(folders)?;
    if record.id != asked.id {
        return Err(none());
    }
    let (assumed, until) = if record.counts_until_now(&now) {
        (now.clock, "now")
    } else {
        (record.assumed_off(), "the planned end of its step")
    };
    let has_pack = has_pack_on(&record);
    // Without a pack on, the record says all.
    let known = off.or((!has_pack).then(|| record.last()));
    let given = journal.close_cut_off(&record, known.unwrap_or(assumed), known.is_some())?;
    let said = off.filter(|_| has_pack).map(|off| local(wall_at(off)));
    let until = has_pack.then_some(until);
    let closed = wording::closed(record.protocol.name(), given, record.protocol.steps(), said.as_deref(), until);
    let (doses, _) = journal.doses(&now, None)?;
    let too_much = wording::too_much(doses.load(record.protocol.site(), known.unwrap_or(assumed)))
        .map(|words| format!("{words}\n"));
    let exit = print(format!("{closed}\n{}", too_much.unwrap_or_default()))?;
    if let Ok(settings) = settings(folders, &Alarms::default()) {
        rungs::found_cut_off(&settings, &record);
    }
    Ok(exit)
}

/// When the pack came off, from the command line or the answer to a question; `None` when it is not known.
fn off_time(typed: Option<&str>, record: &Record, now: &Stamp) -> Result<Option<Moment>, Failure> {
    // No time of such a clock can be compared with the record.
    if record.is_clock_behind() {
        let behind =
            |_| Failure::new(Exit::Refused, anyhow!(clock_behind(record)), "set the clock, or leave --off out");
        return typed.map_or(Ok(None), |text| Err(behind(text)));
    }
    if let Some(text) = typed {
        return came_off(text, record, now).map(Some);
    }
    if !has_pack_on(record) || !can_ask() {
        return Ok(None);
    }
    let answer = ask(QUESTION, |answer| match answer {
        "" => Some(None),
        answer => came_off(answer, record, now).map_err(|failure| report_failure(&failure)).ok().map(Some),
    })?;
    answer.ok_or_else(|| Failure::new(Exit::Stopped, anyhow!("the question was not answered"), TRY))
}

fn clock_behind(record: &Record) -> String {
    rules::detail(&Detail::ClockBehind(record.ahead))
}

/// Whether the record ends with a pack on.
fn has_pack_on(record: &Record) -> bool {
    record.session().is_some_and(|session| !session.is_paused() && session.segment().step.kind.has_pack())
}

/// When the pack came off, as a person says it: after the last record, and not after now.
fn came_off(text: &str, record: &Record, now: &Stamp) -> Result<Moment, Failure> {
    /// People say the minute, and mean all of it.
    const MINUTE: Duration = Duration::from_secs(59);
    let wall = from_millis(now.wall_ms);
    let off = |at: Timestamp| {
        let ago = Duration::try_from(wall.duration_since(at)).ok();
        ago.map(|ago| now.clock - ago).filter(|off| *off >= record.last())
    };
    let at = when(text, wall, |at| off(at).is_some())?;
    let at = if text.contains(':') && at.as_second() % 60 == 0 { later(at, MINUTE).min(wall) } else { at };
    let off = off(at);
    let no_time = || {
        let last = local(wall_at(record.last()));
        let error = anyhow!("{} is not between {last}, when the pack was last known to be on, and now", local(at));
        Failure::new(Exit::Usage, error, TRY)
    };
    off.ok_or_else(no_time)
}

/// The session that was cut off, with the lock that closing or continuing it needs.
fn cut_off(folders: &Folders) -> Result<(Journal, Lock, Record, Stamp), Failure> {
    let journal = folders.journal()?.ok_or_else(none)?;
    // Read under the lock: another process may have ended it a moment before.
    let (lock, now) = (admission::lock(folders)?, stamp());
    let record = journal.open_session(&now)?.ok_or_else(none)?;
    Ok((journal, lock, record, now))
}

pub(super) fn none() -> Failure {
    Failure::new(Exit::Failed, anyhow!("no session is running"), "try: therapy run")
}
