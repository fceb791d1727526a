//! `therapy run PROTOCOL`.

use std::io;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};

use super::live::{self, Live, Silent, label, time_of_day};
use super::memory::{Memory, one_session, stamp};
use super::{Exit, Failure, choose, config_folder, data_folder, is_dumb, is_terminal, objections, print, say};
use crate::cli::{Progress, RunArgs};
use crate::domain::advice::{ALWAYS, DISCLAIMER};
use crate::domain::course;
use crate::domain::protocol::{ChoiceError, Protocol};
use crate::domain::rules::{Context, Finding, RuleId, refuses};
use crate::domain::session::{GRACE, Moment, Outcome, Session, SessionOptions};
use crate::edge::clock;
use crate::edge::journal::{Journal, Lock, NewSession};
use crate::edge::keys::Keys;
use crate::edge::lines::{Json, Plain};
use crate::edge::recorder::Recorder;
use crate::format::{self, Settings};
use crate::report;
use crate::runner::{self, Observer};
use crate::simulate::Simulation;
use crate::text::printable::printable;
use crate::text::rules;

/// Runs a session.
pub(super) fn run(args: &RunArgs) -> Result<Exit, Failure> {
    let settings = settings()?;
    let progress = progress(args.progress, &settings, args.dry_run);
    let rehearsal = args.dry_run || args.speed.is_some();
    let injured = args.which.injured.as_deref();
    let mut memory = if rehearsal { Memory::none(injured)? } else { Memory::recall(injured)? };
    let name = match &args.protocol {
        Some(name) => name.clone(),
        None => recommended(&memory),
    };
    let (entry, draft, choice, context) = choose(&name, &args.which, &memory)?;
    // First: what it left on the skin may refuse too, and waiting is not the way out then.
    memory.no_open_session()?;
    let reviewed = draft.review(choice, &context, &args.overrides);
    let choice_errors = draft.choice_errors(choice);
    let mut protocol = match reviewed {
        Ok(protocol) if choice_errors.is_empty() => protocol,
        Ok(protocol) => return Err(refused(entry.name(), protocol.findings(), &choice_errors, args, &memory)),
        Err(findings) => return Err(refused(entry.name(), &findings, &choice_errors, args, &memory)),
    };
    if !rehearsal {
        memory.screen()?;
    }
    if progress != Progress::Quiet {
        let mut lines = announcement(&protocol, draft.caution.as_deref(), args);
        if args.which.minutes.is_some_and(|length| draft.only_step().is_some_and(|step| length < step.length.min)) {
            let min = draft.only_step().map(|step| crate::words::span(step.length.min)).unwrap_or_default();
            lines.push(format!("note: shorter than the {min} that {} advises", draft.name));
        }
        if progress == Progress::Bar {
            lines.push(String::new());
        }
        say(&lines.join("\n"));
    }
    if args.dry_run {
        return Ok(exit(rehearse_at_once(&protocol, progress)?));
    }
    let rate = args.speed.unwrap_or(1.0).max(1.0) * clock::rate().unwrap_or(1.0);
    let options = SessionOptions { confirm: args.confirm || settings.confirm, grace: GRACE.mul_f64(rate) };
    if let Some(trouble) = memory.trouble.as_ref().filter(|_| !rehearsal) {
        say(&format!("warning: {trouble}; this session is not recorded"));
    }
    let keys = Keys::take(live::listens()).context("could not listen to signals")?;
    let mut lock = None;
    let recorder = match memory.journal.take().filter(|_| !rehearsal) {
        Some(journal) => {
            lock = Some(take_lock()?);
            // Whoever had the lock while a question was answered here has left a dose since.
            let now = stamp();
            let (doses, record_ahead) = journal.doses(&now, None)?;
            if journal.open_session(&now)?.is_some() {
                return Err(one_session("another session was started and has no end yet"));
            }
            let since = Context { now: now.clock, doses, record_ahead, ..context };
            protocol = draft
                .review(choice, &since, &args.overrides)
                .map_err(|findings| refused(entry.name(), &findings, &[], args, &memory))?;
            let new = NewSession {
                protocol: &protocol,
                options,
                overrides: &args.overrides,
                pain: args.pain,
                started_ms: clock::wall().as_millisecond(),
            };
            recorder(journal, &new, &args.overrides)?
        }
        None => None,
    };
    let is_recorded = recorder.is_some();
    let notify = !(args.no_notify || settings.no_notify);
    let surroundings = Live { keys, progress, notify, speed: args.speed, recorder };
    let (outcome, words) = live::go(surroundings, protocol.name(), |now| Session::start(&protocol, options, now));
    drop(lock);
    if is_recorded && progress != Progress::Quiet && progress != Progress::Json {
        super::pain::after(words, args.pain.is_some());
    } else {
        super::last_words(&words);
    }
    Ok(exit(outcome))
}

/// The exit code of an outcome.
pub(super) fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Completed => Exit::Completed,
        Outcome::Stopped => Exit::Stopped,
    }
}

/// What `next` recommends now.
fn recommended(memory: &Memory) -> String {
    let name = course::recommend(memory.context.injury);
    let why = rules::because(memory.context.injury);
    say(&format!("{name}: {why}"));
    name.to_owned()
}

/// The lock of the running session.
pub(super) fn take_lock() -> Result<Lock, Failure> {
    match Journal::lock(&data_folder()) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(one_session("a session is running already")),
        Err(error) => Err(anyhow!("could not take the lock of the session: {error}").into()),
    }
}

/// Starts the record. Without one, the person must have said that the rules of the past do not bind.
fn recorder(journal: Journal, new: &NewSession<'_>, overrides: &[RuleId]) -> Result<Option<Recorder>, Failure> {
    let clocks = Box::new(live::clocks(clock::boot()));
    let begun = journal.begin(new).map(|id| Recorder::new(journal, id, clocks));
    match begun {
        Ok(recorder) => Ok(Some(recorder)),
        Err(error) if [RuleId::Rewarm, RuleId::ColdDaily].iter().all(|rule| overrides.contains(rule)) => {
            say(&format!("warning: {error}; this session is not recorded"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// The defaults in `config.toml`, if there is one.
pub(super) fn settings() -> Result<Settings, Failure> {
    let path = config_folder().join("config.toml");
    let place = printable(&path.to_string_lossy()).into_owned();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(error) => {
            return Err(Failure { exit: Exit::Usage, ..anyhow!("could not read {place}: {error}").into() });
        }
    };
    let (settings, problems) = format::settings(&text);
    if problems.is_empty() {
        return Ok(settings);
    }
    super::draw(&report::render(&problems, &place, &text, console::colors_enabled_stderr()));
    let error = anyhow!("{place} cannot be read");
    Err(Failure { error, hint: Some("mend the places above, or move the file away".to_owned()), exit: Exit::Usage })
}

/// Tells all that stands against a session, and the first way out.
fn refused(name: &str, findings: &[Finding], choices: &[ChoiceError], args: &RunArgs, memory: &Memory) -> Failure {
    for line in objections(findings, choices, &args.overrides, name) {
        say(&line);
    }
    if let Some(trouble) = &memory.trouble {
        say(&format!("warning: {trouble}"));
    }
    let first = findings.iter().find(|finding| finding.blocks(&args.overrides));
    let hint = match first {
        Some(finding) => {
            let way_out = rules::of(finding.rule).way_out;
            let from = finding.passes_after;
            let from = from.map(|wait| format!("; it would pass from {}", date_and_time(wait))).unwrap_or_default();
            format!("{way_out}{from} (therapy explain {})", finding.rule)
        }
        None => format!("`therapy show {name}` tells what can be chosen"),
    };
    let exit = if refuses(findings, &args.overrides) { Exit::Refused } else { Exit::Usage };
    Failure { error: anyhow!("{name} is refused"), hint: Some(hint), exit }
}

/// The time of day after a wait, rounded up to the minute so that it is never too early.
pub(super) fn date_and_time(wait: Duration) -> String {
    let at = clock::wall().saturating_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX));
    let at = at.unwrap_or(Timestamp::MAX).as_second();
    let minute = Timestamp::from_second(at.saturating_add(60) / 60 * 60).unwrap_or(Timestamp::MAX);
    minute.to_zoned(clock::zone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// What is said before the start.
fn announcement(protocol: &Protocol, caution: Option<&str>, args: &RunArgs) -> Vec<String> {
    let always = [DISCLAIMER, ALWAYS].into_iter().chain(caution).map(str::to_owned);
    let rehearsal = match args.speed {
        _ if args.dry_run => {
            Some("DRY RUN: the whole session at once, in virtual time; nothing is recorded".to_owned())
        }
        Some(speed) => Some(format!("REHEARSAL at {speed} times the speed; nothing is recorded")),
        None => None,
    };
    always.chain(rules::lines(protocol.findings(), &args.overrides)).chain(rehearsal).collect()
}

/// How progress is shown: what was asked for, or what `config.toml` says, or what the terminal can.
pub(super) fn progress(asked: Option<Progress>, settings: &Settings, dry_run: bool) -> Progress {
    let configured = || settings.progress.as_deref().and_then(|name| Progress::from_str(name, false).ok());
    let wanted = asked.or_else(configured).unwrap_or(Progress::Auto);
    let bars = is_terminal(&io::stderr()) && !is_dumb() && !dry_run;
    match wanted {
        Progress::Auto | Progress::Bar if bars => Progress::Bar,
        Progress::Auto | Progress::Bar => Progress::Plain,
        other => other,
    }
}

/// `--dry-run`: the same engine in virtual time. Its lines are a result: that they cannot be written
/// is a failure.
fn rehearse_at_once(protocol: &Protocol, progress: Progress) -> Result<Outcome, Failure> {
    let (start, wall) = (Moment::default(), clock::wall());
    let label = move |at: Moment| label(wall, at.since(start));
    let mut text = Vec::new();
    let output = Box::new(&mut text);
    let mut voice: Box<dyn Observer + '_> = match progress {
        Progress::Json => Box::new(Json::new(output, Box::new(label))),
        Progress::Quiet => Box::new(Silent::new()),
        _ => Box::new(Plain::new(output, Box::new(time_of_day(label)), false, "")),
    };
    let options = SessionOptions::default();
    let report = runner::run(protocol, options, &mut Simulation::new(start, &[]), &mut [voice.as_mut()]);
    drop(voice);
    print(text)?;
    Ok(report.outcome)
}
