//! `therapy run PROTOCOL`: admit the session, say what matters before it, start it.

use anyhow::Context as _;

use super::admission::{Admitted, admit};
use super::chosen::Chosen;
use super::folders::Folders;
use super::live::{self, Live, Silent, label, time_of_day};
use super::settings::{progress, settings};
use super::{Exit, Failure, last_words, pain, print, say};
use crate::cli::{Progress, RunArgs};
use crate::domain::moment::Moment;
use crate::domain::protocol::Protocol;
use crate::domain::rules::RuleId;
use crate::domain::session::{GRACE, Session, SessionOptions};
use crate::edge::clock;
use crate::edge::inbox::Inbox;
use crate::edge::journal::{Journal, NewSession};
use crate::edge::keys::Keys;
use crate::edge::lines::{Json, Plain};
use crate::edge::recorder::{Recorder, Requests};
use crate::runner::{self, Observer};
use crate::simulate::Simulation;
use crate::text::advice::{ALWAYS, DISCLAIMER};
use crate::text::durations::in_words;
use crate::text::rules;

/// Runs a session, or rehearses it.
pub(super) fn run(folders: &Folders, args: &RunArgs) -> Result<Exit, Failure> {
    let settings = settings(folders)?;
    let progress = progress(args.progress, &settings, args.dry_run);
    let Admitted { protocol, chosen, record } = admit(folders, args)?;
    if progress != Progress::Quiet {
        let mut lines = announcement(&protocol, &chosen, args);
        lines.extend((progress == Progress::Bar).then(String::new));
        say(&lines.join("\n"));
    }
    if args.dry_run {
        return dry_run(&protocol, chosen.context.now, progress);
    }
    let rate = args.speed.unwrap_or(1.0).max(1.0) * clock::rate().unwrap_or(1.0);
    let options = SessionOptions { confirm: args.confirm || settings.confirm, grace: GRACE.mul_f64(rate) };
    let inbox = Inbox::default();
    let keys = Keys::take(live::listens(), inbox.sender()).context("could not listen to signals")?;
    let (recorder, lock) = match record {
        Some((journal, lock)) => (recorder(journal, &protocol, options, args)?, Some(lock)),
        None => (None, None),
    };
    let is_recorded = recorder.is_some();
    let notify = !(args.no_notify || settings.no_notify);
    let live = Live { keys, inbox, progress, notify, speed: args.speed, recorder };
    let (outcome, words) = live::go(live, protocol.name(), |now| Session::start(&protocol, options, now));
    drop(lock);
    if is_recorded && progress != Progress::Quiet && progress != Progress::Json {
        pain::after(folders, words, args.pain.is_some());
    } else {
        last_words(&words);
    }
    Ok(outcome.into())
}

/// Starts the record. When the journal cannot be written, only a person who overrides the rules about
/// earlier sessions may go on.
fn recorder(
    journal: Journal,
    protocol: &Protocol,
    options: SessionOptions,
    args: &RunArgs,
) -> Result<Option<(Recorder, Requests)>, Failure> {
    let overrides = &args.overrides;
    let started_ms = clock::wall().as_millisecond();
    let new = NewSession { protocol, options, overrides, pain: args.pain, started_ms };
    let clocks = Box::new(live::clocks(clock::boot()));
    match journal.begin(&new) {
        Ok(id) => Ok(Some(Recorder::new(journal, id, clocks))),
        Err(error) if [RuleId::Rewarm, RuleId::ColdDaily].iter().all(|rule| overrides.contains(rule)) => {
            say(&format!("warning: {error}; this session is not recorded"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// What is printed before the start.
fn announcement(protocol: &Protocol, chosen: &Chosen, args: &RunArgs) -> Vec<String> {
    let always = [DISCLAIMER, ALWAYS].into_iter().chain(chosen.draft.caution.as_deref()).map(str::to_owned);
    let rehearsal = match args.speed {
        _ if args.dry_run => Some("DRY RUN: the whole session at once; nothing is recorded".to_owned()),
        speed => speed.map(|speed| format!("REHEARSAL at {speed} times the speed; nothing is recorded")),
    };
    let min = chosen.draft.only_step().map(|step| step.length.min);
    let short = min.filter(|min| args.which.minutes.is_some_and(|length| length < *min));
    let short = short.map(|min| format!("note: {} advises at least {}", chosen.draft.name, in_words(min)));
    always.chain(rules::lines(protocol.findings(), &args.overrides)).chain(rehearsal).chain(short).collect()
}

/// The same engine in virtual time. The lines are a result, so a failure to write them is one of the
/// command.
fn dry_run(protocol: &Protocol, start: Moment, progress: Progress) -> Result<Exit, Failure> {
    let wall = clock::wall();
    let label = move |at: Moment| label(wall, at.since(start));
    let mut text = Vec::new();
    let output = Box::new(&mut text);
    let mut lines: Box<dyn Observer + '_> = match progress {
        Progress::Json => Box::new(Json::new(output, Box::new(label))),
        Progress::Quiet => Box::new(Silent::new()),
        _ => Box::new(Plain::new(output, Box::new(time_of_day(label)), false, protocol.name(), "")),
    };
    let options = SessionOptions::default();
    let report = runner::run(protocol, options, &mut Simulation::new(start, &[]), &mut [lines.as_mut()]);
    drop(lines);
    print(text)?;
    Ok(report.outcome.into())
}
