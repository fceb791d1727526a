//! `therapy run PROTOCOL`: admit the session, print what matters before it, start it.

use anyhow::anyhow;

use super::admission::{Admitted, examine, may_go_unrecorded};
use super::chosen::Chosen;
use super::folders::Folders;
use super::live::{Live, Silent, listen, wait_for_enter};
use super::selftest::never_tried;
use super::settings::settings;
use super::times::{later, time_of_day};
use super::{Exit, Failure, can_ask, last_words, pain, print_exactly, say};
use crate::cli::{Progress, RunArgs};
use crate::domain::moment::Moment;
use crate::domain::protocol::Protocol;
use crate::domain::session::{GRACE, Session, SessionOptions};
use crate::domain::step::StepKind;
use crate::edge::clock;
use crate::edge::inbox::Inbox;
use crate::edge::journal::NewSession;
use crate::edge::keys::Keys;
use crate::edge::lines::{Json, Plain};
use crate::runner::{self, Observer};
use crate::simulate::Simulation;
use crate::text::advice::{ALWAYS, DISCLAIMER, press_enter};
use crate::text::durations::in_words;
use crate::text::rules;
use crate::text::typed::quoted;

/// Runs a session, or rehearses it.
pub(super) fn run(folders: &Folders, args: &RunArgs) -> Result<Exit, Failure> {
    if args.ready && !can_ask() {
        return Err(nobody_ready());
    }
    let settings = settings(folders, &args.alarms)?;
    let candidate = examine(folders, args)?;
    let announcement = |protocol: &Protocol, chosen: &Chosen| match settings.progress {
        Progress::Quiet => Vec::new(),
        _ => announcement(protocol, chosen, args),
    };
    let (mut said, mut listening) = (Vec::new(), None);
    if args.ready {
        said = announcement(&candidate.protocol, &candidate.chosen);
        match wait(&said, &candidate.protocol, listen()?) {
            Ok(ready) => listening = Some(ready),
            Err(exit) => return Ok(exit),
        }
    }
    let Admitted { protocol, chosen, journal, lock } = candidate.admit(folders, args)?;
    let mut lines = announcement(&protocol, &chosen);
    lines.retain(|line| !said.contains(line));
    if settings.is_for_people() {
        lines.extend(journal.as_ref().and_then(|journal| never_tried(&settings, journal)));
    }
    lines.extend((settings.progress == Progress::Bar && !args.dry_run).then(String::new));
    if !lines.is_empty() {
        say(&lines.join("\n"));
    }
    if args.dry_run {
        return dry_run(&protocol, chosen.context.now, settings.progress);
    }
    let rate = args.speed.unwrap_or(1.0).max(1.0) * clock::rate().unwrap_or(1.0);
    let options = SessionOptions { confirm: args.confirm || settings.confirm, grace: GRACE.mul_f64(rate) };
    let listening = listening.map_or_else(listen, Ok)?;
    let mut live = Live::new(listening, protocol.name(), &settings, (args.speed, options.confirm))?;
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

/// Nobody can press Enter here.
fn nobody_ready() -> Failure {
    let typed: Vec<_> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let others = typed.iter().filter(|word| *word != "--ready").map(|word| quoted(word));
    let hint = format!("try: therapy {}", others.collect::<Vec<_>>().join(" "));
    Failure::new(Exit::Usage, anyhow!("--ready waits for Enter, and this is not a terminal"), hint)
}

/// With `--ready`: says what matters, and waits for Enter. Otherwise returns how the command ends.
fn wait(said: &[String], protocol: &Protocol, listening: (Keys, Inbox)) -> Result<(Keys, Inbox), Exit> {
    let first = protocol.steps().first().map_or(StepKind::Rest, |step| step.kind);
    say(&[said, &[press_enter(first).to_owned()]].concat().join("\n"));
    wait_for_enter(&listening).map(|()| listening).inspect_err(|_| say("No session was started."))
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
    print_exactly(text)?;
    Ok(report.outcome.map_or(Exit::Terminated, Exit::from))
}
