//! `therapy run PROTOCOL`: admit the session, print what matters before it, start it.

use super::admission::{Admitted, admit, may_go_unrecorded};
use super::chosen::Chosen;
use super::folders::Folders;
use super::live::{Live, Silent, listen};
use super::settings::settings;
use super::times::{later, time_of_day};
use super::{Exit, Failure, last_words, pain, print, say};
use crate::cli::{Progress, RunArgs};
use crate::domain::moment::Moment;
use crate::domain::protocol::Protocol;
use crate::domain::session::{GRACE, Session, SessionOptions};
use crate::edge::clock;
use crate::edge::journal::NewSession;
use crate::edge::lines::{Json, Plain};
use crate::runner::{self, Observer};
use crate::simulate::Simulation;
use crate::text::advice::{ALWAYS, DISCLAIMER};
use crate::text::durations::in_words;
use crate::text::rules;

/// Runs a session, or rehearses it.
pub(super) fn run(folders: &Folders, args: &RunArgs) -> Result<Exit, Failure> {
    let settings = settings(folders, &args.alarms)?;
    let Admitted { protocol, chosen, journal, lock } = admit(folders, args)?;
    if settings.progress != Progress::Quiet {
        let mut lines = announcement(&protocol, &chosen, args);
        lines.extend((settings.progress == Progress::Bar && !args.dry_run).then(String::new));
        say(&lines.join("\n"));
    }
    if args.dry_run {
        return dry_run(&protocol, chosen.context.now, settings.progress);
    }
    let rate = args.speed.unwrap_or(1.0).max(1.0) * clock::rate().unwrap_or(1.0);
    let options = SessionOptions { confirm: args.confirm || settings.confirm, grace: GRACE.mul_f64(rate) };
    let mut live = Live::new(listen()?, protocol.name(), &settings, (args.speed, options.confirm))?;
    live.lock = lock;
    if let Some(journal) = journal {
        let (overrides, started_ms) = (&args.overrides[..], clock::wall().as_millisecond());
        let new = NewSession { protocol: &protocol, options, overrides, pain: args.pain, started_ms };
        let id = match journal.begin(&new) {
            Err(error) if may_go_unrecorded(overrides) => {
                say(&format!("warning: {error}; this session is not recorded"));
                None
            }
            id => Some(id?),
        };
        live.record(journal, id);
    }
    let is_recorded = live.recorder.is_some();
    let (exit, words) = live.go(|now| Session::start(&protocol, options, now));
    if is_recorded && settings.is_for_people() && exit != Exit::Terminated {
        pain::after(folders, words, args.pain.is_some());
    } else {
        last_words(&words);
    }
    Ok(exit)
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

/// The same session in virtual time. Its lines are a result: the command fails when they cannot be written.
fn dry_run(protocol: &Protocol, start: Moment, progress: Progress) -> Result<Exit, Failure> {
    let wall = clock::wall();
    let label = move |at: Moment| later(wall, at.since(start));
    let mut text = Vec::new();
    let mut lines: Box<dyn Observer + '_> = match progress {
        Progress::Json => Box::new(Json::new(Box::new(&mut text), Box::new(label))),
        Progress::Quiet => Box::new(Silent::new()?),
        _ => {
            Box::new(Plain::new(Box::new(&mut text), Box::new(time_of_day(label)), (false, false), protocol.name(), ""))
        }
    };
    let mut world = Simulation::new(start, &[]);
    let report = runner::run(protocol, SessionOptions::default(), &mut world, &mut [lines.as_mut()]);
    drop(lines);
    print(text)?;
    Ok(report.outcome.map_or(Exit::Terminated, Exit::from))
}
