//! `therapy run PROTOCOL`: admit the session, print what matters before it, start it.

use std::time::Duration;

use anyhow::anyhow;
use console::Term;

use super::admission::{Admitted, Wanted, examine, may_go_unrecorded};
use super::chosen::Chosen;
use super::folders::Folders;
use super::live::{Live, Silent, listen, wait_for_enter};
use super::printing::{fresh_window, rows_together, say_together, unbroken};
use super::selftest::never_tried;
use super::settings::{Settings, settings};
use super::times::{later, stamp, time_of_day};
use super::wait::{NOT_STARTED, until_allowed};
use super::{Exit, Failure, can_ask, last_words, pain, print_exactly, rungs, say};
use crate::cli::{Progress, RunArgs};
use crate::domain::moment::Moment;
use crate::domain::protocol::Protocol;
use crate::domain::rules::{Context, Injury, review};
use crate::domain::session::{GRACE, Session, SessionOptions};
use crate::domain::step::StepKind;
use crate::edge::clock;
use crate::edge::journal::{Journal, NewSession};
use crate::edge::lines::{Json, Plain};
use crate::runner::{self, Observer};
use crate::simulate::Simulation;
use crate::text::advice::{ALWAYS, DISCLAIMER, press_enter};
use crate::text::durations::in_words;
use crate::text::printable::capital;
use crate::text::rules;
use crate::text::sites::titled;
use crate::text::typed::quoted;
use crate::text::wording::sentences;

/// Runs a session, or rehearses it.
pub(super) fn run(folders: &Folders, args: &RunArgs) -> Result<Exit, Failure> {
    let waits_for_enter = args.ready || args.waits.when_allowed;
    if waits_for_enter && !can_ask() {
        return Err(nobody_ready(args));
    }
    let settings = settings(folders, &args.alarms)?;
    let has_screen = settings.progress == Progress::Bar && !args.dry_run;
    let announcement = |protocol: &Protocol, chosen: &Chosen| match settings.progress {
        Progress::Quiet => Vec::new(),
        _ if has_screen => in_short(protocol, chosen, args),
        _ => announcement(protocol, chosen, args),
    };
    let (mut said, mut listening) = (Vec::new(), None);
    let mut prompt = |protocol: &Protocol, chosen: &Chosen| {
        let mut lines = announcement(protocol, chosen);
        lines.retain(|line| !said.contains(line));
        if has_screen {
            fresh_window();
        }
        announce(&lines, has_screen);
        said.extend(lines);
        say(press_enter(protocol.steps().first().map_or(StepKind::Rest, |step| step.kind)));
    };
    let candidate = if args.waits.when_allowed {
        let mut come = |wanted: &Wanted, protocol: &Protocol| {
            if let Some(line) = wanted.recommended() {
                say(&line);
            }
            prompt(protocol, &wanted.chosen);
            Ok(())
        };
        match until_allowed(folders, args, &settings, &mut come)? {
            Err(exit) => return Ok(exit),
            Ok((wanted, ready)) => {
                listening = Some(ready);
                wanted.reviewed(&args.overrides)?
            }
        }
    } else {
        let candidate = examine(folders, args)?;
        if args.ready {
            let ready = listen()?;
            prompt(&candidate.protocol, &candidate.chosen);
            if let Err(exit) = wait_for_enter(&ready) {
                say(NOT_STARTED);
                return Ok(exit);
            }
            listening = Some(ready);
        }
        candidate
    };
    if let Some(closed) = candidate.closed() {
        rungs::found_cut_off(&settings, closed);
    }
    let mut admitted = candidate.admit(folders, args)?;
    let mut lines = announcement(&admitted.protocol, &admitted.chosen);
    lines.retain(|line| !said.contains(line));
    if has_screen && !waits_for_enter {
        fresh_window();
    }
    announce(&lines, has_screen);
    // In a row of its own, because a command may end the row before.
    if let Some(line) = admitted
        .journal
        .as_ref()
        .filter(|_| settings.is_for_people())
        .and_then(|journal| never_tried(&settings, journal))
    {
        say(&line);
    }
    if has_screen {
        say("");
    }
    let waits = waits(args, &settings);
    if args.dry_run {
        rungs::rehearse(admitted.protocol.name(), &settings, waits.as_deref())?;
        return dry_run(&admitted.protocol, admitted.chosen.context.now, settings.progress);
    }
    let rate = args.speed.unwrap_or(1.0).max(1.0) * clock::rate().unwrap_or(1.0);
    let options = SessionOptions { confirm: waits.is_some(), grace: GRACE.mul_f64(rate) };
    let listening = listening.map_or_else(listen, Ok)?;
    let whose = (admitted.protocol.name(), Some(admitted.protocol.site()));
    let mut live = Live::new(listening, whose, &settings, (args.speed, waits.as_deref()))?;
    live.lock = admitted.lock.take();
    let journal = admitted.journal.take();
    let begun = journal.as_ref().map_or(Ok(None), |journal| begin(&mut admitted, journal, options, args))?;
    let (at, id) = begun.unzip();
    if let Some(journal) = journal {
        let ids: Vec<_> = args.overrides.iter().map(|rule| rule.as_str()).collect();
        live.record(journal, id, ids.join(" "));
    }
    let is_recorded = live.recorder.is_some();
    let (exit, words) = live.go(|now| Session::start(&admitted.protocol, options, at.unwrap_or(now)));
    if is_recorded && settings.is_for_people() && exit != Exit::Terminated {
        pain::after(folders, words, args.pain.is_some(), margin(settings.progress));
    } else {
        last_words(&words);
    }
    Ok(exit)
}

/// Reviews for the last time and records the start, while no other shell can record anything: what it records is known
/// to this review, or new to the session. Returns the moment and the number of the session, `None` when it runs without
/// a record.
fn begin(
    admitted: &mut Admitted,
    journal: &Journal,
    options: SessionOptions,
    args: &RunArgs,
) -> Result<Option<(Moment, i64)>, Failure> {
    let begun = journal.together(|| {
        let now = stamp();
        let (began, started_ms) = (now.clock, now.wall_ms);
        if let Err(refused) = admitted.review(journal, now, args)? {
            return Ok(Err(refused));
        }
        let protocol = &admitted.protocol;
        let new = NewSession { protocol, options, overrides: &args.overrides, pain: args.pain, started_ms };
        let id = match args.drawn {
            None => journal.begin(&new),
            Some(drawn) => journal.begin_drawn(&new, (drawn.trial, drawn.place)),
        };
        Ok(Ok((began, id?)))
    });
    match begun {
        Err(error) if may_go_unrecorded(&args.overrides) => {
            say(&format!("warning: {error}; this session is not recorded"));
            Ok(None)
        }
        begun => begun?.map(Some),
    }
}

/// When every change waits for the person: how that is turned off.
fn waits(args: &RunArgs, settings: &Settings) -> Option<Vec<String>> {
    let configured = settings.confirm.as_ref().map(|file| format!("with `confirm = false` in {file}"));
    let typed = args.confirm.then(|| "without --confirm".to_owned());
    Some(typed.into_iter().chain(configured).collect()).filter(|options: &Vec<_>| !options.is_empty())
}

/// Nobody can press Enter here.
fn nobody_ready(args: &RunArgs) -> Failure {
    let typed: Vec<_> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let others = typed.iter().filter(|word| *word != "--ready").map(|word| quoted(word));
    let (option, way_out) = if args.waits.when_allowed {
        let site = args.which.site.map(|site| format!(" --site {site}")).unwrap_or_default();
        ("--when-allowed", format!("next --wait{site}"))
    } else {
        ("--ready", others.collect::<Vec<_>>().join(" "))
    };
    let error = anyhow!("{option} waits for Enter, and this is not a terminal");
    Failure::new(Exit::Usage, error, format!("try: therapy {way_out}"))
}

/// Says what matters before the start: above a screen as one paragraph.
fn announce(lines: &[String], has_screen: bool) {
    match lines {
        [] => {}
        _ if has_screen => say_together(lines),
        _ => say(&lines.join("\n")),
    }
}

/// What is in front of the last lines: as much as in front of the rows of a screen.
fn margin(progress: Progress) -> &'static str {
    let margin = if progress == Progress::Bar { usize::from(Term::stderr().size().1.min(80) / 40) } else { 0 };
    &"  "[..margin]
}

/// What is printed before the start.
fn announcement(protocol: &Protocol, chosen: &Chosen, args: &RunArgs) -> Vec<String> {
    let always = [DISCLAIMER, ALWAYS].into_iter().chain(chosen.draft.caution.as_deref()).map(str::to_owned);
    let findings = rules::lines(protocol.findings(), &args.overrides);
    always.chain(findings).chain(rehearsal(args)).chain(short(chosen, args)).collect()
}

fn rehearsal(args: &RunArgs) -> Option<String> {
    match args.speed {
        _ if args.dry_run => Some("DRY RUN: the whole session at once; nothing is recorded".to_owned()),
        speed => speed.map(|speed| format!("REHEARSAL at {speed} times the speed; nothing is recorded")),
    }
}

/// The dose is shorter than the protocol advises.
fn short(chosen: &Chosen, args: &RunArgs) -> Option<String> {
    let min = chosen.draft.only_step().map(|step| step.length.min);
    let min = min.filter(|min| args.which.minutes.is_some_and(|length| length < *min));
    min.map(|min| format!("note: {} advises at least {}", chosen.draft.name, in_words(min)))
}

/// The same above a screen, in few rows. What `therapy show` says too may be left out after two findings.
fn in_short(protocol: &Protocol, chosen: &Chosen, args: &RunArgs) -> Vec<String> {
    const FINDINGS: usize = 2;
    const ROWS: usize = 3;
    let shown = review(protocol.steps(), &Context { injury: Injury::Ago(Duration::MAX), ..Context::default() });
    let (plan, now): (Vec<_>, Vec<_>) = protocol.findings().iter().cloned().partition(|found| shown.contains(found));
    let caution = chosen.draft.caution.as_ref().map(|caution| sentences(caution.lines()));
    let (own, built_in) = if chosen.entry.path.is_some() { (caution, None) } else { (None, caution) };
    let now = rules::briefly(&now, &args.overrides);
    let plan: Vec<_> = rules::briefly(&plan, &args.overrides).into_iter().chain(built_in).collect();
    let most = plan.len().min(FINDINGS.saturating_sub(now.len()));
    let least = most.min(usize::from(now.is_empty()));
    let always = [DISCLAIMER, ALWAYS].map(str::to_owned).into_iter().chain(own).chain(now);
    let notes = [rehearsal(args), short(chosen, args)].into_iter().flatten();
    let always: Vec<_> = always.chain(notes.map(|note| sentences([capital(&note).as_str()]))).collect();
    let with = |count: usize| {
        let left = plan.len() - count;
        let more = (left > 0).then(|| unbroken(&format!("{left} more: therapy show {}", chosen.entry.word())));
        always.iter().chain(&plan[..count]).cloned().chain(more).collect::<Vec<_>>()
    };
    (least..=most).rev().map(with).find(|said| rows_together(said) <= ROWS).unwrap_or_else(|| with(least))
}

/// The same session in virtual time. Its lines are a result: the command fails when they cannot be written.
fn dry_run(protocol: &Protocol, start: Moment, progress: Progress) -> Result<Exit, Failure> {
    let wall = clock::wall();
    let label = move |at: Moment| later(wall, at.since(start));
    let (mut text, title) = (Vec::new(), titled(protocol.name(), Some(protocol.site())));
    let mut lines: Box<dyn Observer + '_> = match progress {
        Progress::Json => Box::new(Json::new(Box::new(&mut text), Box::new(label))),
        Progress::Quiet => Box::new(Silent::new()?),
        _ => Box::new(Plain::new(Box::new(&mut text), Box::new(time_of_day(label)), (false, false), &title, "")),
    };
    let mut world = Simulation::new(start, &[]);
    let report = runner::run(protocol, SessionOptions::default(), &mut world, &mut [lines.as_mut()]);
    drop(lines);
    print_exactly(text)?;
    Ok(report.outcome.map_or(Exit::Terminated, Exit::from))
}
