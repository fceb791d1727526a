//! `therapy trial`: two options in an order drawn at random, and what that tells. Sessions of a trial start by the same
//! admission as every other. It must not know how an order is drawn, nor how an answer is found.

use std::time::Duration;

use anyhow::anyhow;

use super::admission::Wanted;
use super::chosen::{Chosen, find};
use super::folders::Folders;
use super::memory::{Memory, Purpose, was_cut_off, ways_on};
use super::show::total;
use super::times::{possible, stamp};
use super::{Exit, Failure, ask_yes_no, can_ask, pain, print, run, say, sites};
use crate::cli::trial::{NextArgs, Place, StartArgs, TrialCommand};
use crate::cli::{RunArgs, Which};
use crate::domain::course;
use crate::domain::protocol::Choice;
use crate::domain::rules::DAY;
use crate::domain::site::Site;
use crate::domain::step::{Step, StepKind};
use crate::domain::trial::{DUE, Drawn, Later, Next, Trial, USUAL};
use crate::edge::catalog::{self, Entry, REST};
use crate::edge::journal::{DrawnEntry, Journal, NewTrial, Stamp, TrialEntry};
use crate::text::durations::roughly;
use crate::text::trial;

mod status;

mod later;

/// The last trial, as far as it has come.
struct Known {
    journal: Journal,
    entry: TrialEntry,
    drawn: Vec<DrawnEntry>,
    trial: Trial,
}

/// Runs the subcommand.
pub(super) fn run(folders: &Folders, command: TrialCommand) -> Result<Exit, Failure> {
    match command {
        TrialCommand::Start(args) => start(folders, &args),
        TrialCommand::Status { json } => status::run(folders, json),
        TrialCommand::Next(args) => next(folders, args),
        TrialCommand::Stop => stop(folders),
    }
}

impl Known {
    /// Reads it. `None` when there was never one.
    fn read(journal: Journal, now: &Stamp) -> Result<Option<Known>, Failure> {
        let Some(entry) = journal.last_trial()? else { return Ok(None) };
        let drawn = journal.drawn(entry.id)?;
        let session = |one: &DrawnEntry| {
            // Its clock counts from its end.
            let gone_ms = one.ended_ms.map_or(0, |ended| now.wall_ms.saturating_sub(ended));
            let gone = Duration::from_millis(u64::try_from(gone_ms).unwrap_or_default());
            let later = one.later.map_or_else(|| Later::after(gone), Later::Score);
            Drawn { place: one.place, before: one.before, later }
        };
        let trial = Trial {
            seed: u64::from(entry.seed),
            planned: entry.blocks,
            is_stopped: entry.is_stopped,
            sessions: drawn.iter().map(session).collect(),
        };
        Ok(Some(Known { journal, entry, drawn, trial }))
    }

    /// The same, from the folder of the journal.
    fn in_folder(folders: &Folders) -> Result<Option<Known>, Failure> {
        if !Journal::exists(&folders.data) {
            return Ok(None);
        }
        Known::read(Journal::open(&folders.data)?, &stamp())
    }

    /// The session whose later score comes next, and after what time.
    fn awaited(&self) -> Option<(DrawnEntry, Duration)> {
        let Next::Score(session, left) = self.trial.next() else { return None };
        let entry = self.drawn.iter().find(|entry| entry.place == session.place)?;
        Some((*entry, left))
    }
}

fn none(entry: Option<&TrialEntry>) -> Failure {
    let error = anyhow!("no trial is going on");
    let hint = match entry {
        Some(_) => "therapy trial status   shows the last one",
        None => "start one: therapy trial start ice rest",
    };
    Failure::new(Exit::Failed, error, hint)
}

/// Starts a trial, when both options are allowed.
fn start(folders: &Folders, args: &StartArgs) -> Result<Exit, Failure> {
    let journal = Journal::open(&folders.data)?;
    let now = stamp();
    if journal.last_trial()?.is_some_and(|last| last.ended_ms.is_none()) {
        let error = anyhow!("a trial is going on");
        return Err(Failure::new(Exit::Usage, error, "therapy trial status   shows it; therapy trial stop   ends it"));
    }
    let mut memory = Memory::read(folders, None, Purpose::Show)?;
    let site = sites::decide(folders, args.site, None, &memory.injuries)?;
    memory.at(site);
    let options = [option(folders, &args.a)?, option(folders, &args.b)?];
    let lengths = options.each_ref().map(|entry| Some(total(&entry.as_ref()?.parsed.draft.expand(Choice::default()))));
    let Some(rest) = lengths.into_iter().flatten().next() else { return Err(same(REST)) };
    let entries = options.map(|entry| entry.unwrap_or_else(|| catalog::rest(rest)));
    if entries[0].name() == entries[1].name() {
        return Err(same(entries[0].name()));
    }
    for entry in &entries {
        allowed(folders, entry, &memory, site)?;
    }
    let pairs = args.blocks.unwrap_or(USUAL);
    let options = entries.each_ref().map(Entry::name);
    journal.start_trial(&NewTrial { options, rest, site, blocks: pairs, seed: args.seed }, &now)?;
    let entry = journal.last_trial()?.ok_or_else(|| none(None))?;
    let has_rest = lengths.contains(&None);
    let length = if has_rest { trial::rest(rest) + "\n" } else { String::new() };
    print(length + &trial::started(&entry.options, site, pairs, entry.seed))
}

fn same(name: &str) -> Failure {
    let error = anyhow!("both options are {name}");
    Failure::new(Exit::Usage, error, "name two that differ: therapy trial start ice rest")
}

/// The protocol that an option names; `None` for a rest.
fn option(folders: &Folders, name: &str) -> Result<Option<Entry>, Failure> {
    if name == REST {
        return Ok(None);
    }
    let names = |failure| Failure { hint: Some(trial::NAMES.to_owned()), ..failure };
    let entry = find(folders, "start", name).map_err(names)?;
    if entry.parsed.by_injury.is_some() {
        let error = anyhow!("{name} changes from cold to heat with the age of the injury, so it is not one option");
        return Err(Failure::new(Exit::Usage, error, "name what it is now, such as ice or heat"));
    }
    // A path may lead elsewhere from another folder.
    if entry.path.is_some() && entry.name() != name {
        let error = anyhow!("a trial lasts for days, so it needs a protocol with a name");
        let way_out = "put the file into the folder of your protocols, then name it as therapy list does";
        return Err(Failure::new(Exit::Usage, error, way_out));
    }
    Ok(Some(entry))
}

/// Whether the rules allow it now, or within a day: what a rule refuses for longer cannot be compared with something
/// else of the same day.
fn allowed(folders: &Folders, entry: &Entry, memory: &Memory, site: Site) -> Result<(), Failure> {
    let chosen = Chosen::new(folders, entry.clone(), &which(site), &memory.context);
    let start = course::start(&chosen.draft, chosen.choice, &chosen.context, &[]);
    if start.possible.is_some_and(|wait| wait <= DAY) { Ok(()) } else { review(&chosen, "then start the trial again") }
}

/// Reviews a session. A trial overrides no rule and gives no other dose, so what is refused waits.
fn review(chosen: &Chosen, then: &str) -> Result<(), Failure> {
    let Err(failure) = chosen.review(&[]) else { return Ok(()) };
    let start = course::start(&chosen.draft, chosen.choice, &chosen.context, &[]);
    let hint = match (&start.refused, start.possible) {
        (Some(refused), Some(_)) => {
            Some(format!("possible {}\n  therapy explain {}\n  {then}", possible(&start), refused.rule))
        }
        _ => failure.hint,
    };
    Err(Failure { hint, ..failure })
}

fn which(site: Site) -> Which {
    Which { site: Some(site), ..Which::default() }
}

/// Ends it early.
fn stop(folders: &Folders) -> Result<Exit, Failure> {
    let known = Known::in_folder(folders)?;
    let Some(Known { journal, entry, trial, .. }) = known.filter(|known| known.entry.ended_ms.is_none()) else {
        return Err(none(None));
    };
    journal.end_trial(entry.id, true, &stamp())?;
    let complete = trial.differences().len();
    let title = trial::title(&entry.options, entry.site);
    print(format!("Trial stopped: {title}, {complete} of {} pairs complete.\n{}\n", entry.blocks, trial::STOPPED))
}

/// Asks for the score that is due, and runs the next session.
fn next(folders: &Folders, args: NextArgs) -> Result<Exit, Failure> {
    if !Journal::exists(&folders.data) {
        return Err(none(None));
    }
    let known = closed(folders)?;
    let mut score = args.pain;
    let known = match known.awaited() {
        Some((session, left)) if !left.is_zero() => return early(folders, &args, &known, session, left),
        Some((session, _)) => {
            let Some(later) = later_score(&args)? else { return Ok(Exit::Stopped) };
            if known.keep(session, later)? {
                return status::run(folders, false);
            }
            let goes_on = score.is_some() || can_ask() && ask_yes_no(trial::GO_ON)? == Some(true);
            if !goes_on {
                say(trial::NEXT);
                return Ok(Exit::Completed);
            }
            // It is the same moment.
            score = score.or(Some(later));
            closed(folders)?
        }
        None if args.later.is_some() => {
            let error = anyhow!("no score of the trial is due");
            return Err(Failure::new(Exit::Usage, error, "therapy trial status   shows what comes next"));
        }
        None => known,
    };
    let Next::Session(place, arm) = known.trial.next() else { return Err(none(Some(&known.entry))) };
    let option = known.entry.options[arm.index()].clone();
    // The same as before: a pair compares nothing when its option has changed.
    let earlier = known.drawn.iter().rev().find(|one| option != REST && known.trial.arm(one.place) == arm);
    let steps =
        |one: &DrawnEntry| known.journal.record(one.session, &stamp()).map(|record| doses(record.protocol.steps()));
    let earlier = earlier.map(|one| steps(one).map(|steps| (one.place, steps))).transpose()?;
    drop(known.journal);
    session(folders, args, &known.entry, (place, &option, earlier), score)
}

/// The kinds and lengths of steps.
type Doses = Vec<(StepKind, Duration)>;

/// Those of these steps. A changeover is how a person changes packs.
fn doses(steps: &[Step]) -> Doses {
    steps.iter().filter(|step| !step.changeover).map(|step| (step.kind, step.length)).collect()
}

/// The trial that goes on, once no session is open. A session that was cut off too long ago is closed.
fn closed(folders: &Folders) -> Result<Known, Failure> {
    let memory = Memory::read(folders, None, Purpose::Session)?;
    let now = stamp();
    if let Some(open) = &memory.open {
        let is_running = memory.context.running;
        let error = if is_running { "a session is running".to_owned() } else { was_cut_off(open, &now) };
        let way_out = if is_running { "therapy status   shows it" } else { ways_on(open) };
        return Err(Failure::new(Exit::Refused, anyhow!(error), way_out));
    }
    let journal = memory.journal.map_or_else(|| Journal::open(&folders.data), Ok)?;
    let known = Known::read(journal, &now)?.ok_or_else(|| none(None))?;
    if known.entry.ended_ms.is_some() { Err(none(Some(&known.entry))) } else { Ok(known) }
}

/// The score two hours after the last session comes first. On a terminal it is waited for.
fn early(
    folders: &Folders,
    args: &NextArgs,
    known: &Known,
    session: DrawnEntry,
    left: Duration,
) -> Result<Exit, Failure> {
    if !can_ask() || args.later.is_some() {
        let error = anyhow!("the pain {} after the last session comes first", roughly(DUE));
        let way_out = format!("it is due {}, in {}", status::due(left), roughly(left));
        return Err(Failure::new(Exit::Refused, error, way_out));
    }
    later::wait(folders, &args.alarms, known, (session, left))
}

/// The later score, as it was given, or as the person answers. `None` when they do not.
fn later_score(args: &NextArgs) -> Result<Option<u8>, Failure> {
    match args.later {
        Some(score) => Ok(Some(score)),
        None if can_ask() => Ok(pain::asked(trial::LATER)?),
        None => Err(needs("the pain two hours after the last session is due", "--later N")),
    }
}

/// A score is needed, and nobody can be asked.
fn needs(what: &str, option: &str) -> Failure {
    Failure::new(Exit::Usage, anyhow!("{what}"), format!("try: {} {option}", trial::NEXT))
}

impl Known {
    /// Keeps the later score of a session. Returns whether the trial is over with it.
    fn keep(&self, session: DrawnEntry, score: u8) -> Result<bool, Failure> {
        let now = stamp();
        self.journal.note_later(session.session, score, self.entry.site, &now)?;
        say(&trial::noted(score));
        let mut trial = self.trial.clone();
        if let Some(its) = trial.sessions.iter_mut().find(|one| one.place == session.place) {
            its.later = Later::Score(score);
        }
        let is_over = trial.is_complete();
        if is_over {
            self.journal.end_trial(self.entry.id, false, &now)?;
        }
        Ok(is_over)
    }
}

/// Runs the session at this place, by the same admission as `run`, and waits for its later score.
fn session(
    folders: &Folders,
    args: NextArgs,
    entry: &TrialEntry,
    (place, option, earlier): (u32, &str, Option<(u32, Doses)>),
    score: Option<u8>,
) -> Result<Exit, Failure> {
    let drawn = Place { trial: entry.id, place, rest: (option == REST).then_some(entry.rest) };
    let mut run_args = RunArgs {
        protocol: Some(option.to_owned()),
        which: which(entry.site),
        pain: score,
        ready: args.ready,
        alarms: args.alarms,
        drawn: Some(drawn),
        ..RunArgs::default()
    };
    // Before the question: what a rule refuses needs no score.
    if option != REST {
        let gone = |failure| Failure { hint: Some(trial::RESTORE_FILE.to_owned()), ..failure };
        find(folders, "next", option).map_err(gone)?;
    }
    let chosen = Wanted::by(folders, &run_args)?.chosen;
    if let Some((place, _)) = earlier.filter(|(_, doses)| self::doses(&chosen.draft.expand(chosen.choice)) != *doses) {
        let error = anyhow!(trial::changed(option, place));
        return Err(Failure::new(Exit::Refused, error, trial::RESTORE));
    }
    review(&chosen, &format!("then: {}", trial::NEXT))?;
    if run_args.pain.is_none() {
        if !can_ask() {
            return Err(needs("the pain before the session is needed", "--pain N"));
        }
        // Without it the session would say nothing.
        let Some(score) = pain::asked(trial::BEFORE)? else { return Ok(Exit::Stopped) };
        run_args.pain = Some(score);
    }
    say(&trial::session(place, option));
    let exit = run::run(folders, &run_args)?;
    let Some(known) = Known::in_folder(folders)? else { return Ok(exit) };
    let Some((session, left)) = known.awaited().filter(|(session, _)| session.ended_ms.is_some()) else {
        return Ok(exit);
    };
    if exit != Exit::Completed {
        say(&trial::due(&status::due(left), place + 1));
        return Ok(exit);
    }
    // The session is done, even if the person leaves before its score.
    let exit = later::wait(folders, &run_args.alarms, &known, (session, left))?;
    Ok(if exit == Exit::Stopped { Exit::Completed } else { exit })
}
