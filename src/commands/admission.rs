//! The one way into a session: find the protocol, review it, ask about warning signs; then take the lock and
//! review again. Dry runs and rehearsals take the same way, and write nothing.

use std::io::{self, ErrorKind};
use std::time::Duration;

use anyhow::anyhow;
use clap::ValueEnum;

use super::chosen::{Chosen, find};
use super::folders::Folders;
use super::memory::{Memory, Purpose, was_cut_off, ways_on};
use super::plan::after_this_one;
use super::screening::{About, screen};
use super::times::stamp;
use super::{Exit, Failure, recommended, say, sites};
use crate::cli::{RunArgs, Which};
use crate::domain::course::{self, Start};
use crate::domain::moment::Moment;
use crate::domain::protocol::Protocol;
use crate::domain::recommendation::Score;
use crate::domain::rules::{Concern, Context, RuleId};
use crate::edge::catalog::{self, Entry};
use crate::edge::journal::{Journal, JournalError, Lock, Record, Stamp};
use crate::text::advice::UNRECORDED;
use crate::text::recommendation::of_injury;
use crate::text::typed::quoted;

/// Proof that a protocol may run now.
pub(super) struct Admitted {
    /// What runs.
    pub(super) protocol: Protocol,
    /// What it was chosen from.
    pub(super) chosen: Chosen,
    /// Where it is recorded. `None` for a rehearsal, and when the journal cannot be read.
    pub(super) journal: Option<Journal>,
    /// The lock of the running session. `None` for a rehearsal, and where no lock can be made.
    pub(super) lock: Option<Lock>,
    memory: Memory,
    known: Known,
}

/// What must not have changed between two reviews.
struct Known {
    /// Whom the signs were answered about.
    about: About,
    /// What the person said about them just now, and how many answers were known then.
    answer: Option<(Vec<Concern>, usize)>,
}

/// A protocol that may run, as far as is known before the lock is taken.
pub(super) struct Candidate {
    /// What would run.
    pub(super) protocol: Protocol,
    /// What it was chosen from.
    pub(super) chosen: Chosen,
    memory: Memory,
    /// What the person said about warning signs just now.
    answer: Option<Vec<Concern>>,
}

/// A protocol that is to run, before its review.
pub(super) struct Wanted {
    /// What would run, as the injury is now.
    pub(super) chosen: Chosen,
    pub(super) memory: Memory,
    /// It was not named: it is what is recommended to a person who says this.
    is_recommended: Option<Says>,
    /// Why it is recommended.
    why: Option<String>,
    /// What the person said about warning signs just now, and how many answers were known before.
    answer: Option<(Vec<Concern>, usize)>,
    /// Whom the signs were answered about; `None` before.
    about: Option<About>,
}

/// What a person says who names no protocol.
#[derive(Clone, Debug, Default)]
pub(super) struct Says {
    /// It is an intense spasm.
    pub(super) spasm: bool,
    /// The pain now, which is the last score.
    pub(super) pain: Option<u8>,
    /// The rules to override.
    pub(super) overrides: Vec<RuleId>,
}

/// Finds and reviews a session, or a rehearsal when the arguments ask for one, and asks about warning signs.
pub(super) fn examine(folders: &Folders, args: &RunArgs) -> Result<Candidate, Failure> {
    let mut wanted = Wanted::by(folders, args)?;
    wanted.chosen.review(&args.overrides)?;
    if !is_rehearsal(args) {
        wanted.ask(folders, &args.which)?;
    }
    let recommended = wanted.recommended();
    let candidate = wanted.reviewed(&args.overrides)?;
    // Only now: what a rule or a sign refuses is not recommended.
    if let Some(line) = recommended {
        say(&line);
    }
    Ok(candidate)
}

impl Wanted {
    /// Finds what `run` names with these arguments.
    pub(super) fn by(folders: &Folders, args: &RunArgs) -> Result<Wanted, Failure> {
        let purpose = if is_rehearsal(args) { Purpose::Rehearsal } else { Purpose::Session };
        let says = Says { spasm: args.spasm, pain: args.pain, overrides: args.overrides.clone() };
        let rest = args.drawn.and_then(|drawn| drawn.rest).map(catalog::rest);
        let mut wanted = match rest {
            Some(rest) => Wanted::of(folders, || Ok(Some(rest)), &args.which, (purpose, says))?,
            None => Wanted::find(folders, args.protocol.as_deref(), &args.which, (purpose, says))?,
        };
        wanted.chosen.more = more(args);
        Ok(wanted)
    }

    /// Finds a protocol by its name, or what is recommended, and its site.
    pub(super) fn find(
        folders: &Folders,
        name: Option<&str>,
        which: &Which,
        says: (Purpose, Says),
    ) -> Result<Wanted, Failure> {
        let find = |name: &str| find(folders, "run", name);
        Wanted::of(folders, || name.map(find).transpose(), which, says)
    }

    /// The same for a protocol that `find` finds.
    fn of(
        folders: &Folders,
        find: impl FnOnce() -> Result<Option<Entry>, Failure>,
        which: &Which,
        (purpose, says): (Purpose, Says),
    ) -> Result<Wanted, Failure> {
        let mut memory = Memory::read(folders, which.injured.as_deref(), purpose)?;
        let named = find()?;
        let of_file = named.as_ref().and_then(|entry| entry.parsed.draft.site);
        memory.at(sites::decide(folders, which.site, of_file, &memory.injuries)?);
        // Before the review: an open session must be ended, but a refusal because of its doses would advise to wait.
        not_cut_off(&memory)?;
        let is_recommended = Some(says).filter(|_| named.is_none());
        let recommended = || recommended(folders, &memory, is_recommended.as_ref());
        let (entry, why) = named.map_or_else(recommended, |entry| Ok((entry, None)))?;
        let chosen = Chosen::new(folders, entry, which, &memory.context);
        Ok(Wanted { chosen, memory, is_recommended, why, answer: None, about: None })
    }

    /// Asks about warning signs, unless they were answered.
    pub(super) fn ask(&mut self, folders: &Folders, which: &Which) -> Result<(), Failure> {
        let memory = &self.memory;
        let answer = screen(memory.about, &memory.screenings, memory.journal.as_ref())?;
        self.about = Some(memory.about);
        if let Some(answer) = answer {
            self.answer = Some((answer, memory.screenings.len()));
            self.choose_again(folders, which)?;
        }
        Ok(())
    }

    /// Chooses by what is known now. A choice that is refused for good gives way to the next one.
    fn choose_again(&mut self, folders: &Folders, which: &Which) -> Result<(), Failure> {
        // What could not be stored holds as long as nothing else is said.
        if let Some((answer, _)) = &self.answer {
            self.memory.context.concerns.clone_from(answer);
        }
        let mut entry = self.chosen.entry.clone();
        if self.is_recommended.is_some() {
            (entry, self.why) = recommended(folders, &self.memory, self.is_recommended.as_ref())?;
        }
        let more = std::mem::take(&mut self.chosen.more);
        self.chosen = Chosen::new(folders, entry, which, &self.memory.context);
        self.chosen.more = more;
        Ok(())
    }

    /// Reads again what is known, in a wait: other shells may have changed all of it.
    pub(super) fn look(&mut self, folders: &Folders, which: &Which) -> Result<(), Failure> {
        let memory = &mut self.memory;
        memory.read_again(folders)?;
        not_cut_off(memory)?;
        if self.about.is_some_and(|about| about != memory.about) && !memory.about.is_known(&memory.screenings, true) {
            return Err(other_injury());
        }
        self.answer.take_if(|(_, known)| memory.screenings.len() != *known);
        self.choose_again(folders, which)
    }

    /// When it may start, as seen from now, or from the planned end of the session that runs.
    pub(super) fn start(&self, overrides: &[RuleId]) -> (Start, Moment) {
        let Chosen { draft, choice, context, .. } = &self.chosen;
        let after = after_this_one(&self.memory);
        let (injury_required, concerns) = (context.injury_required, context.concerns.clone());
        let context = Context { injury_required, concerns, ..after };
        (course::start(draft, *choice, &context, overrides), context.now)
    }

    /// What is recommended or chosen by the injury, and why, where a person did not say it.
    pub(super) fn recommended(&self) -> Option<String> {
        let (entry, now) = (&self.chosen.entry, &self.chosen.draft.name);
        let (injury, which_injury) = (self.memory.context.injury, self.memory.which_injury());
        if self.is_recommended.is_some() {
            return self.why.as_ref().map(|why| format!("Recommended now: {now}. {why}."));
        }
        let is_chosen = entry.parsed.by_injury.is_some() && which_injury.is_some();
        is_chosen.then(|| format!("{}: {now} now. {}.", entry.name(), of_injury(injury, which_injury)))
    }

    /// Reviews it.
    pub(super) fn reviewed(self, overrides: &[RuleId]) -> Result<Candidate, Failure> {
        let protocol = self.chosen.review(overrides)?;
        let Wanted { chosen, memory, answer, .. } = self;
        Ok(Candidate { protocol, chosen, memory, answer: answer.map(|(answer, _)| answer) })
    }
}

/// A session that was cut off must be ended first.
fn not_cut_off(memory: &Memory) -> Result<(), Failure> {
    let open = memory.open.as_ref().filter(|_| !memory.context.running);
    open.map_or(Ok(()), |open| Err(Failure::new(Exit::Refused, anyhow!(was_cut_off(open, &stamp())), ways_on(open))))
}

fn other_injury() -> Failure {
    let error = anyhow!("the injury was changed meanwhile");
    Failure::new(Exit::Refused, error, "therapy injury   shows it; then start again")
}

/// What is recommended now, and why. A pain score that was typed is the last one.
fn recommended(folders: &Folders, memory: &Memory, says: Option<&Says>) -> Result<(Entry, Option<String>), Failure> {
    let Says { spasm, pain, overrides } = says.cloned().unwrap_or_default();
    let mut facts = memory.facts(spasm);
    let score = |score| Score { ago: Duration::ZERO, score, site: Some(memory.context.site) };
    facts.pain = pain.map(score).or(facts.pain);
    recommended::chosen(folders, memory, (&memory.context, &facts), &overrides, "run")
}

impl Candidate {
    /// A session that was found cut off, and was closed.
    pub(super) fn closed(&self) -> Option<&Record> {
        self.memory.closed.as_ref()
    }

    /// Takes the lock and reviews again: time has passed in a question or a wait, and other shells may have given a
    /// dose, set an injury or started a session.
    pub(super) fn admit(self, folders: &Folders, args: &RunArgs) -> Result<Admitted, Failure> {
        let Candidate { mut chosen, mut memory, answer, .. } = self;
        let is_rehearsal = is_rehearsal(args);
        let lock = taken_or_missed(folders, &memory, args)?;
        let answers = memory.screenings.len();
        let known = Known { about: memory.about, answer: answer.map(|answer| (answer, answers)) };
        // The lock of this process is no other session.
        memory.refresh(lock.is_none() && folders.is_running().unwrap_or(memory.context.running))?;
        if memory.open.is_some() && !is_rehearsal {
            return Err(one_session("another session was started meanwhile"));
        }
        let protocol = review_again(&mut chosen, &memory, &known, args)?;
        if let Some(journal) = memory.journal.as_ref().filter(|_| !may_go_unrecorded(&args.overrides)) {
            journal.can_write()?;
        }
        let journal = memory.journal.take().filter(|_| lock.is_some());
        if journal.is_none() && !is_rehearsal {
            say("warning: this session is not recorded");
        }
        Ok(Admitted { protocol, chosen, journal, lock, memory, known })
    }
}

impl Admitted {
    /// Reviews for the last time: before, the lines of the start may have waited for the terminal.
    ///
    /// # Errors
    /// When the journal cannot be read. The inner error is a refusal.
    pub(super) fn review(
        &mut self,
        journal: &Journal,
        now: Stamp,
        args: &RunArgs,
    ) -> Result<Result<(), Failure>, JournalError> {
        self.memory.refresh_from(Some(journal), now)?;
        let reviewed = review_again(&mut self.chosen, &self.memory, &self.known, args);
        Ok(reviewed.map(|protocol| self.protocol = protocol))
    }
}

/// Reviews by what is known now.
fn review_again(chosen: &mut Chosen, memory: &Memory, known: &Known, args: &RunArgs) -> Result<Protocol, Failure> {
    if memory.about != known.about {
        return Err(other_injury());
    }
    chosen.context = Context { injury_required: chosen.context.injury_required, ..memory.context.clone() };
    // What could not be stored holds for this session.
    if let Some((answer, _)) = known.answer.as_ref().filter(|(_, answers)| memory.screenings.len() == *answers) {
        chosen.context.concerns.clone_from(answer);
    }
    chosen.review(&args.overrides)
}

/// The options that no choice and no rule has, as they are typed.
fn more(args: &RunArgs) -> String {
    fn name(value: Option<impl ValueEnum>) -> Option<String> {
        value.and_then(|value| value.to_possible_value()).map(|value| value.get_name().to_owned())
    }
    let alarms = &args.alarms;
    let flags = [
        ("--ready", args.ready),
        ("--when-allowed", args.waits.when_allowed),
        ("--confirm", args.confirm),
        ("--no-notify", alarms.reach.no_notify),
        ("--speak", alarms.reach.speak),
        ("--dry-run", args.dry_run),
    ];
    let values = [
        ("--pain", args.pain.map(|pain| pain.to_string())),
        ("--progress", name(alarms.progress)),
        ("--sound", name(alarms.reach.sound)),
        ("--on-event", alarms.reach.on_event.as_deref().map(quoted)),
        ("--speed", args.speed.map(|speed| speed.to_string())),
        ("--awake", args.waits.awake.map(|hours| hours.to_string().replace(" to ", "-"))),
    ];
    let values = values.into_iter().filter_map(|(option, value)| Some(format!(" {option} {}", value?)));
    let flags = flags.into_iter().filter(|(_, is_on)| *is_on).map(|(option, _)| format!(" {option}"));
    values.chain(flags).collect()
}

fn is_rehearsal(args: &RunArgs) -> bool {
    args.dry_run || args.speed.is_some()
}

/// Takes the lock of the running session. `None` for a rehearsal, and where no lock can be made and the session may go
/// unrecorded.
fn taken_or_missed(folders: &Folders, memory: &Memory, args: &RunArgs) -> Result<Option<Lock>, Failure> {
    let is_rehearsal = is_rehearsal(args);
    let tried =
        if is_rehearsal { Journal::could_lock(&folders.data).map(|()| None) } else { Journal::lock(&folders.data) };
    match tried {
        // A folder that cannot be written. A journal that is not there yet could be made.
        Err(error) if memory.context.unreadable || may_go_unrecorded(&args.overrides) => {
            let why = folders.lock_failure(&error).error;
            say(&format!("warning: {why}, so it is not known whether another session runs"));
            Ok(None)
        }
        Err(error) => {
            let is_closed = matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem);
            let is_there = folders.data.join("session.lock").symlink_metadata().is_ok();
            let failure = folders.lock_failure(&error);
            Err(if is_closed && !is_there { failure.or(&format!("or {UNRECORDED}")) } else { failure })
        }
        Ok(None) if is_rehearsal => Ok(None),
        tried => taken(folders, tried).map(Some),
    }
}

/// Whether a session may run without a record: later sessions will not know its doses, so the person overrides the
/// rules about earlier ones.
pub(super) fn may_go_unrecorded(overrides: &[RuleId]) -> bool {
    [RuleId::Rewarm, RuleId::ColdDaily].iter().all(|rule| overrides.contains(rule))
}

/// Takes the lock of the running session.
pub(super) fn lock(folders: &Folders) -> Result<Lock, Failure> {
    taken(folders, Journal::lock(&folders.data))
}

fn taken(folders: &Folders, tried: io::Result<Option<Lock>>) -> Result<Lock, Failure> {
    match tried {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(one_session("a session is already running")),
        Err(error) => Err(folders.lock_failure(&error)),
    }
}

fn one_session(what: &'static str) -> Failure {
    Failure::new(Exit::Refused, anyhow!(what), "therapy status   show it\n  therapy stop     end it")
}
