//! `therapy run PROTOCOL`.

use std::io;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use console::Term;
use jiff::{SignedDuration, Timestamp};

use super::{Exit, Failure, choose, config_folder, finding_line, is_dumb, is_terminal, say};
use crate::cli::{Progress, RunArgs};
use crate::domain::advice::{ALWAYS, DISCLAIMER};
use crate::domain::protocol::{ChoiceError, Protocol};
use crate::domain::rules::{self, Context, Finding, Severity, refuses};
use crate::domain::session::{GRACE, Input, Moment, Outcome, Session, Terms};
use crate::domain::step::Modality;
use crate::edge::bell::Bell;
use crate::edge::clock;
use crate::edge::keys::Keys;
use crate::edge::lines::{Json, Plain};
use crate::edge::output::Output;
use crate::edge::screen::Screen;
use crate::edge::simulate::Simulation;
use crate::format::{self, Settings};
use crate::report;
use crate::runner::{self, Observer, World};

/// Runs a session.
pub fn run(args: &RunArgs) -> Result<Exit, Failure> {
    let settings = settings()?;
    let (entry, draft, choice, context) = choose(&args.which)?;
    let reviewed = draft.review(choice, &context, &args.overrides);
    let choice_errors = draft.choice_errors(choice);
    let protocol = match reviewed {
        Ok(protocol) if choice_errors.is_empty() => protocol,
        Ok(protocol) => return Err(refused(entry.name(), protocol.findings(), &choice_errors, args, &context)),
        Err(findings) => return Err(refused(entry.name(), &findings, &choice_errors, args, &context)),
    };
    let progress = progress(args, &settings);
    if progress != Progress::Quiet {
        announce(&protocol, draft.caution.as_deref(), args);
        if progress == Progress::Bar {
            say("");
        }
        if args.which.minutes.is_some_and(|length| draft.steps.iter().any(|step| length < step.length.min)) {
            let min = crate::words::span(draft.steps[0].length.min);
            say(&format!("note: shorter than the {min} that {} advises", draft.name));
        }
    }
    let outcome =
        if args.dry_run { rehearse_at_once(&protocol, progress) } else { go(&protocol, args, &settings, progress)? };
    Ok(match outcome {
        Outcome::Completed => Exit::Completed,
        Outcome::Stopped => Exit::Stopped,
    })
}

/// The defaults in `config.toml`, if there is one.
fn settings() -> Result<Settings, Failure> {
    let path = config_folder().join("config.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(error) => {
            return Err(Failure { exit: Exit::Usage, ..anyhow!("could not read {}: {error}", path.display()).into() });
        }
    };
    let (settings, problems) = format::settings(&text);
    if problems.is_empty() {
        return Ok(settings);
    }
    super::draw(&report::render(&problems, &path.to_string_lossy(), &text, console::colors_enabled_stderr()));
    let error = anyhow!("{} cannot be read", path.display());
    Err(Failure { error, hint: Some("mend the places above, or move the file away".to_owned()), exit: Exit::Usage })
}

/// Tells all that stands against a session, and the first way out.
fn refused(name: &str, findings: &[Finding], choices: &[ChoiceError], args: &RunArgs, context: &Context) -> Failure {
    for finding in findings {
        say(&finding_line(finding, &args.overrides));
    }
    for error in choices {
        say(&format!("refused: {error}"));
    }
    let blocks = |finding: &&Finding| match finding.severity {
        Severity::Refuse => true,
        Severity::Override => !args.overrides.contains(&finding.rule),
        Severity::Warn | Severity::Note => false,
    };
    let first = findings.iter().find(blocks);
    let hint = match first {
        Some(finding) => {
            let way_out = rules::find(finding.rule).map_or("", |rule| rule.way_out);
            let from = finding.passes_after.filter(|_| context.injury != rules::Injury::Unknown);
            let from = from.map(|wait| format!("; it would pass from {}", date_and_time(wait))).unwrap_or_default();
            format!("{way_out}{from} (therapy explain {})", finding.rule)
        }
        None => format!("`therapy show {name}` tells what can be chosen"),
    };
    let exit = if refuses(findings, &args.overrides) { Exit::Refused } else { Exit::Usage };
    Failure { error: anyhow!("{name} is refused"), hint: Some(hint), exit }
}

/// The time of day after a wait, rounded up to the minute so that it is never too early.
fn date_and_time(wait: Duration) -> String {
    let at = clock::wall().saturating_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX));
    let at = at.unwrap_or(Timestamp::MAX).as_second();
    let minute = Timestamp::from_second(at.saturating_add(60) / 60 * 60).unwrap_or(Timestamp::MAX);
    minute.to_zoned(clock::zone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// What is said before the start.
fn announce(protocol: &Protocol, caution: Option<&str>, args: &RunArgs) {
    say(DISCLAIMER);
    say(ALWAYS);
    if let Some(caution) = caution {
        say(caution);
    }
    for finding in protocol.findings() {
        // Heat after cold is spoken of at each such change too: once is enough here.
        let repeated = protocol.findings().iter().find(|other| other.rule == finding.rule);
        if repeated.is_some_and(|first| std::ptr::eq(first, finding)) {
            say(&finding_line(finding, &args.overrides));
        }
    }
    if args.dry_run {
        say("DRY RUN: the whole session at once, in virtual time; nothing is recorded");
    } else if let Some(speed) = args.speed {
        say(&format!("REHEARSAL at {speed} times the speed; nothing is recorded"));
    }
}

fn progress(args: &RunArgs, settings: &Settings) -> Progress {
    let configured = || settings.progress.as_deref().and_then(|name| Progress::from_str(name, false).ok());
    let wanted = args.progress.or_else(configured).unwrap_or(Progress::Auto);
    let bars = is_terminal(&io::stderr()) && !is_dumb() && !args.dry_run;
    match wanted {
        Progress::Auto | Progress::Bar if bars => Progress::Bar,
        Progress::Auto | Progress::Bar => Progress::Plain,
        other => other,
    }
}

/// `--dry-run`: the same engine in virtual time.
fn rehearse_at_once(protocol: &Protocol, progress: Progress) -> Outcome {
    let (start, wall) = (Moment::default(), clock::wall());
    let label = move |at: Moment| label(wall, at.since(start));
    let (mut session, events) = Session::start(protocol, Terms::default(), start);
    let output = Output::new(io::stdout());
    let mut voice: Box<dyn Observer> = match progress {
        Progress::Json => Box::new(Json::new(output, Box::new(label))),
        Progress::Quiet => Box::new(Silent::new()),
        _ => Box::new(Plain::new(output, Box::new(time_of_day(label)), false, "")),
    };
    runner::run(&mut session, events, &mut Simulation::new(start, &[]), &mut [voice.as_mut()])
}

/// A session in real time, or at `--speed`.
fn go(protocol: &Protocol, args: &RunArgs, settings: &Settings, progress: Progress) -> Result<Outcome, Failure> {
    let listens = is_terminal(&io::stdin());
    let start = clock::now();
    let mark = if args.speed.is_some() { "REHEARSAL " } else { "" };
    let label: Box<dyn Fn(Moment) -> Timestamp> = if args.speed.is_some() {
        let wall = clock::wall();
        Box::new(move |at| label(wall, at.since(start)))
    } else {
        Box::new(wall_at)
    };
    let mut voice: Box<dyn Observer> = match progress {
        Progress::Bar => {
            let wall = Box::new(time_of_day(label));
            Box::new(Screen::new(Output::terminal(), size, wall, listens, mark))
        }
        Progress::Json => Box::new(Json::new(Output::new(io::stdout()), label)),
        Progress::Quiet => Box::new(Silent::new()),
        Progress::Plain | Progress::Auto => {
            let terminal = is_terminal(&io::stderr());
            Box::new(Plain::new(Output::new(io::stderr()), Box::new(time_of_day(label)), terminal, mark))
        }
    };
    let mut aside = (progress == Progress::Json).then(Silent::new);
    let notify = !(args.no_notify || settings.no_notify);
    let mut bell = notify.then(|| Bell::new(protocol.name(), args.speed.is_some(), clock::now));
    let keys = Keys::take(listens).context("could not listen to signals")?;
    let mut world = Real { keys, start, speed: args.speed };
    let grace = GRACE.mul_f64(args.speed.unwrap_or(1.0).max(1.0));
    let terms = Terms { confirm: args.confirm || settings.confirm, grace };
    let (mut session, events) = Session::start(protocol, terms, start);
    // The bell first: it only hands over, and the alarm matters more than its picture.
    let mut observers: Vec<&mut dyn Observer> = Vec::new();
    observers.extend(bell.as_mut().map(|bell| bell as &mut dyn Observer));
    observers.push(voice.as_mut());
    observers.extend(aside.as_mut().map(|aside| aside as &mut dyn Observer));
    let outcome = runner::run(&mut session, events, &mut world, &mut observers);
    drop(voice); // its last words first,
    drop(world); // then the terminal's mode,
    drop(bell); // and the last alarm may take its time.
    if progress != Progress::Quiet && progress != Progress::Json && args.speed.is_none() {
        farewell(&session);
    }
    Ok(outcome)
}

/// When cold may come next; sessions are spaced from start to start (rule `cold-spacing`).
/// A terminal that nobody reads does not hold it up.
fn farewell(session: &Session) {
    const SPACING: Duration = Duration::from_secs(2 * 60 * 60);
    if session.dose(Modality::Cold) > Duration::ZERO {
        let wait = SPACING.saturating_sub(session.elapsed());
        let at = clock::wall() + SignedDuration::try_from(wait).unwrap_or_default();
        let line = format!("Next cold at {}.\n", at.to_zoned(clock::zone()).strftime("%H:%M"));
        let _ = Output::new(io::stderr()).send(line.into_bytes());
    }
}

/// The person, the clock that counts in suspend, and how much faster than real it goes.
struct Real {
    keys: Keys,
    start: Moment,
    speed: Option<f64>,
}

impl World for Real {
    fn now(&self) -> Moment {
        let now = clock::now();
        self.speed.map_or(now, |speed| self.start + now.since(self.start).mul_f64(speed))
    }

    fn wait(&mut self, deadline: Moment) -> Option<Input> {
        let left = deadline.since(self.now());
        self.keys.wait(self.speed.map_or(left, |speed| left.div_f64(speed)))
    }
}

/// Tells only trouble: for `--progress quiet`, and beside JSON, whose stream is the events' alone.
struct Silent(Output);

impl Silent {
    fn new() -> Silent {
        Silent(Output::new(io::stderr()))
    }
}

impl Observer for Silent {
    fn observe(&mut self, _: &crate::domain::session::Event, _: &Session) -> anyhow::Result<()> {
        Ok(())
    }

    fn trouble(&mut self, what: &str) {
        let _ = self.0.send(format!("warning: {what}\n").into_bytes());
    }
}

fn label(start: Timestamp, after: Duration) -> Timestamp {
    start.saturating_add(SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
}

/// The wall time of a moment near now.
fn wall_at(at: Moment) -> Timestamp {
    let (now, wall) = (clock::now(), clock::wall());
    let ago = SignedDuration::try_from(now.since(at)).unwrap_or_default();
    label(wall.saturating_sub(ago).unwrap_or(wall), at.since(now))
}

fn time_of_day(label: impl Fn(Moment) -> Timestamp) -> impl Fn(Moment) -> String {
    let zone = clock::zone();
    move |at| label(at).to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

fn size() -> (u16, u16) {
    match Term::stderr().size() {
        (0, _) | (_, 0) => (24, 80),
        size => size,
    }
}
