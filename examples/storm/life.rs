//! One life: a person, a skin, a journal and some sessions on one seed, with everything that can go
//! wrong. A life holds the program to these laws:
//!
//! - No plan is above a limit of the dose law, on the skin as it truly is.
//! - No step passes unannounced, and none is told out of turn.
//! - Every end of a step rings at the first moment at which the machine was awake, urgently when
//!   something must come off.
//! - What a record says of the skin is never less than what was on it.
//! - Nothing that was committed is lost, and nothing is told before it is committed while the disk works.
//! - A session that was killed and taken up stands where it would have stood after a sleep as long.
//! - A wait that a refusal names is long enough.
//! - Every request of another shell is answered once.

use std::cell::RefCell;
use std::time::Duration;

use rusqlite::Connection;
use therapy::domain::course::{STALE, earliest};
use therapy::domain::protocol::{Choice, Draft, Part, Protocol, Range};
use therapy::domain::rules::Context;
use therapy::domain::session::{Event, EventKind, GRACE, Input, Session, SessionOptions};
use therapy::domain::step::{Modality, StepKind};
use therapy::edge::journal::{self, Journal, NewSession};
use therapy::runner;

mod fate;
mod skin;
mod watch;

use fate::{Answers, Fate, Storm, set_read_only};
use skin::{loads, passes_a_limit};
use watch::{Bell, Ears, Person, Record, Told, judge_plan};

/// What happened in a life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub lives: u64,
    pub sessions: u64,
    /// Turns of the runner.
    pub turns: u64,
    /// Events that were committed.
    pub events: u64,
    pub stalls: u64,
    pub kills: u64,
    /// Sessions that were gone on with after a kill.
    pub taken_up: u64,
    /// Plans that a rule refused.
    pub refused: u64,
    /// Sessions that were closed because nobody went on with them in time.
    pub cut_off: u64,
    /// Failures that were told.
    pub troubles: u64,
    /// Lives in which the person and the record came to know different things, through a failing disk
    /// or a death in the middle of a word: what the skin had is not judged from there on.
    pub unsure: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.lives += other.lives;
        self.sessions += other.sessions;
        self.turns += other.turns;
        self.events += other.events;
        self.stalls += other.stalls;
        self.kills += other.kills;
        self.taken_up += other.taken_up;
        self.refused += other.refused;
        self.cut_off += other.cut_off;
        self.troubles += other.troubles;
        self.unsure += other.unsure;
    }
}

/// Lives the life of this seed.
///
/// # Errors
/// The first law that it broke, and when.
pub fn live(seed: u64) -> Result<Tally, String> {
    // Making one takes as long as some sessions do, so the lives of a thread have the same, empty.
    thread_local!(static JOURNAL: RefCell<Option<Journal>> = const { RefCell::new(None) });
    let journal = JOURNAL.take().map_or_else(in_memory, Ok)?;
    empty(&journal).map_err(|error| error.to_string())?;
    let mut life = Life { fate: Fate::new(seed), journal, ears: RefCell::default(), tally: Tally::default() };
    let outcome = life.live();
    JOURNAL.set(Some(life.journal));
    outcome
}

fn in_memory() -> Result<Journal, String> {
    let connection = Connection::open_in_memory().map_err(|error| error.to_string())?;
    // All statements that the lives repeat.
    connection.set_prepared_statement_cache_capacity(32);
    Journal::over(connection).map_err(|error| error.to_string())
}

fn empty(journal: &Journal) -> rusqlite::Result<()> {
    set_read_only(journal, false)?;
    for table in ["pain", "request", "event", "session", "screening", "injury"] {
        journal.as_ref().prepare_cached(&format!("DELETE FROM {table}"))?.execute([])?;
    }
    Ok(())
}

/// All that a session knows. Unless `exact`, without the doses before it: those of an earlier boot are
/// placed by the time of day, each time a little differently.
fn state(session: &Session, events: &[Event], exact: bool) -> String {
    let all = format!("{session:?}");
    let known = if exact { &all } else { all.split(" doses: ").next().unwrap_or_default() };
    let given = Modality::ALL.map(|modality| session.dose(modality));
    format!("{known} {given:?} {events:?}")
}

struct Life {
    fate: Fate,
    journal: Journal,
    ears: RefCell<Ears>,
    tally: Tally,
}

/// How exactly moments of an earlier boot are placed: by the time of day, in milliseconds.
const BLUR: Duration = Duration::from_millis(20);

impl Life {
    fn live(&mut self) -> Result<Tally, String> {
        let sessions = self.fate.rng.borrow_mut().u32(1..4);
        for _ in 0..sessions {
            self.session();
            if let Some(broken) = self.fate.broken.take() {
                return Err(broken);
            }
            self.fate.pass(self.fate.length());
        }
        let ears = self.ears.borrow();
        Ok(Tally {
            lives: 1,
            unsure: ears.unsure.into(),
            stalls: self.fate.stalls.get().into(),
            troubles: ears.troubles,
            ..self.tally
        })
    }

    /// From the review to the end of the record.
    fn session(&mut self) {
        let fate = &self.fate;
        fate.revive();
        fate.skew_ms.set(0);
        fate.bus_fails.set(fate.one_in(8));
        self.mend_disk();
        let Some(protocol) = self.review() else {
            return;
        };
        let fate = &self.fate;
        let options = SessionOptions { confirm: fate.one_in(5), grace: GRACE };
        let started_ms = fate.stamp(fate.moment()).wall_ms;
        let new = NewSession { protocol: &protocol, options, overrides: &[], pain: None, started_ms };
        let Ok(id) = self.journal.begin(&new) else {
            return self.fate.break_law(|| "a working journal refuses a session".to_owned());
        };
        self.tally.sessions += 1;
        self.begin(&protocol);
        let (session, events) = Session::start(&protocol, options, self.fate.moment());
        let mut killed = self.process(id, session, events);
        while killed && self.fate.broken.borrow().is_none() {
            self.tally.kills += 1;
            killed = self.after_death(id);
        }
        self.tally.events += self.ears.borrow().committed.len() as u64;
        if self.fate.broken.borrow().is_none() {
            self.judge_record(id);
        }
    }

    fn mend_disk(&self) {
        self.fate.disk_fails.set(false);
        if let Err(error) = set_read_only(&self.journal, false) {
            self.fate.break_law(|| format!("the disk cannot be mended: {error}"));
        }
    }

    /// The person has had nothing yet, and the whole plan is fit for the skin as it truly is.
    fn begin(&mut self, protocol: &Protocol) {
        let ears = self.ears.get_mut();
        ears.begin();
        ears.skin.pass(self.fate.now.get());
        // Whatever was left on is off now.
        ears.skin.put(StepKind::Rest);
        ears.skin.begin();
        let plan = protocol.steps().iter().map(|step| (step.kind, step.length));
        if !ears.unsure && passes_a_limit(ears.skin.loads(), plan).is_some() {
            self.fate.break_law(|| "a plan is accepted that is too much for the skin".to_owned());
        }
    }

    /// A protocol that the rules let pass, after the wait that they name if there is one.
    fn review(&mut self) -> Option<Protocol> {
        for _ in 0..8 {
            let draft = self.draft();
            let context = self.context()?;
            let Ok(protocol) = draft.review(Choice::default(), &context, &[]) else {
                self.tally.refused += 1;
                let Some(wait) = earliest(&draft, Choice::default(), &context) else {
                    continue;
                };
                // What an earlier boot left is placed by the time of day.
                let blur = if self.fate.boot.get().0 > 0 { BLUR } else { Duration::ZERO };
                self.fate.pass(wait + blur);
                let context = self.context()?;
                let again = draft.review(Choice::default(), &context, &[]);
                if let Err(findings) = &again
                    && !self.fate.misplaces()
                {
                    let why: Vec<_> = findings.iter().filter(|finding| finding.blocks(&[])).collect();
                    self.fate.break_law(|| format!("refused after the wait of {wait:?} that was named: {why:?}"));
                }
                return again.ok();
            };
            return Some(protocol);
        }
        None
    }

    /// What the record says of the skin, which is at least what is on it.
    fn context(&self) -> Option<Context> {
        let fate = &self.fate;
        let now = fate.moment();
        let context = match self.journal.doses(&fate.stamp(now), None) {
            Ok((doses, record_ahead)) => Context { now, doses, record_ahead, ..Context::default() },
            Err(error) => {
                fate.break_law(|| format!("the doses cannot be read: {error}"));
                return None;
            }
        };
        let mut ears = self.ears.borrow_mut();
        ears.skin.pass(fate.now.get());
        let (loads, believed) = (ears.skin.loads(), loads(context.load()));
        let blur = if fate.boot.get().0 > 0 { 2 * BLUR.as_nanos().cast_signed() } else { 0 };
        ears.unsure |= fate.misplaces();
        let less = |modality: Modality| believed[modality as usize] + blur < loads[modality as usize];
        if !ears.unsure && Modality::ALL.into_iter().any(less) {
            fate.break_law(|| format!("{:?} leave {believed:?} on the skin, and it has {loads:?}", ears.committed));
        }
        Some(context)
    }

    /// Steps as people write them, and now and then as nobody would.
    fn draft(&self) -> Draft {
        let mut rng = self.fate.rng.borrow_mut();
        let count = rng.usize(1..6);
        // Most are short, so that many are lived through; what an earlier session left makes them matter.
        let long = rng.u8(0..8) == 0;
        let steps: Vec<_> = (0..count)
            .map(|_| {
                let kind = match rng.u8(0..8) {
                    0..=2 => StepKind::Cold,
                    3..=5 => StepKind::Heat,
                    6 => StepKind::Rest,
                    _ => StepKind::Stretch,
                };
                let length = match rng.u8(0..8) {
                    0 => Duration::from_nanos(rng.u64(1_000_000_000..130_000_000_000)),
                    1..=2 => Duration::from_secs(rng.u64(1..3) * 60),
                    _ if long => Duration::from_secs(rng.u64(1..5) * 300),
                    _ => Duration::from_secs(rng.u64(1..40)),
                };
                (kind, length)
            })
            .collect();
        let mut draft = Draft::of("storm", &steps);
        if rng.u8(0..4) == 0 {
            draft.rounds = Some(Range::fixed(rng.u32(2..4)));
            if let Some(Part::Step(first)) = draft.parts.first_mut() {
                first.last_round = rng.bool();
            }
        }
        draft
    }

    /// One process, from its start to its end; true when it was killed.
    fn process(&mut self, id: i64, session: Session, events: Vec<Event>) -> bool {
        let (fate, ears, journal) = (&self.fate, &self.ears, &self.journal);
        let answers = Answers::default();
        let mut storm = Storm::new(fate, journal, id, &answers);
        let mut bell = Bell { fate, ears };
        let (waiting, tried) = (Vec::new(), fate.now.get());
        let mut record = Record { fate, ears, journal, session: id, answers: &answers, waiting, tried };
        let mut person = Person { fate, ears };
        ears.borrow_mut().twin = None;
        judge_plan(&session, fate);
        runner::resume(session, events, &mut storm, &mut [&mut bell, &mut record, &mut person]);
        storm.withdraw();
        self.tally.turns += u64::from(storm.turns());
        let lost = !record.waiting.is_empty();
        let ears = self.ears.get_mut();
        // What was told and not written is lost, and told to be.
        ears.unsure |= lost;
        let asleep = fate.asleep.replace(false);
        if lost || !asleep {
            ears.twin = None;
        }
        // Killed between the bell and the screen.
        ears.unsure |= fate.dead.get() && ears.heard != ears.committed.len();
        fate.dead.get()
    }

    /// Some time after a death somebody looks: it is gone on with, stopped, or too old for both. True
    /// when the process that went on with it was killed too.
    fn after_death(&mut self, id: i64) -> bool {
        let fate = &self.fate;
        fate.pass(fate.length());
        let reboots = fate.one_in(6);
        if reboots {
            // Moments of another boot are placed by the time of day, which may have been wrong.
            self.ears.get_mut().unsure |= fate.lied.get();
            fate.skew_ms.set(0);
            fate.reboot();
        }
        fate.revive();
        self.mend_disk();
        let fate = &self.fate;
        self.ears.get_mut().unsure |= fate.misplaces();
        let now = fate.stamp(fate.moment());
        let record = match self.journal.open_session(&now) {
            Ok(Some(record)) => record,
            // Its end was committed before it was killed.
            Ok(None) => return false,
            Err(error) => {
                fate.break_law(|| format!("the journal cannot be read after a kill: {error}"));
                return false;
            }
        };
        self.judge_committed(&record);
        let ears = self.ears.get_mut();
        let Some((mut session, mut events)) = record.resume() else {
            // Killed before its start was committed: nobody was told of anything but by the bell.
            ears.unsure = true;
            let _ = self.journal.close_cut_off(&record);
            return false;
        };
        if record.age(&now) > STALE {
            let off = fate.truth(session.end());
            ears.skin.pass(off);
            ears.skin.put(StepKind::Rest);
            ears.unsure |= session.is_held();
            self.tally.cut_off += 1;
            if let Err(error) = self.journal.close_cut_off(&record) {
                fate.break_law(|| format!("it cannot be closed: {error}"));
            }
            return false;
        }
        let written = &record.events[..record.events.len() - events.len()];
        // The person is told again what was not committed.
        ears.retold = events.len();
        ears.told = Told::default();
        for event in written {
            ears.told.follow(event);
        }
        ears.unsure |= written.last().is_some_and(|last| last.kind == EventKind::Resumed) && !events.is_empty();
        events.extend(session.advance(fate.moment()));
        // Nothing was written in this boot yet, so each look places all of it by the time of day.
        let placed_by_wall = fate.misplaces() || ears.committed.last().is_none_or(|(at, _)| *at < fate.boot.get().1);
        if let Some(mut twin) = ears.twin.take().filter(|_| !reboots && !placed_by_wall) {
            let slept = twin.advance(fate.moment());
            let exact = fate.boot.get().0 == 0;
            if state(&twin, &slept, exact) != state(&session, &events, exact) {
                fate.break_law(|| format!("a sleep leads to\n{twin:?} {slept:?}\na kill to\n{session:?} {events:?}"));
            }
        }
        if fate.one_in(6) {
            events.extend(session.handle(fate.moment(), Input::Stop));
        }
        self.tally.taken_up += 1;
        self.process(id, session, events)
    }

    /// Nothing that was committed is lost, or changed.
    fn judge_committed(&self, record: &journal::Record) {
        let fate = &self.fate;
        let ears = self.ears.borrow();
        let written = &record.events[..record.events.len() - record.unwritten];
        let same = written.len() == ears.committed.len()
            && written.iter().zip(&ears.committed).all(|(event, (at, committed))| {
                let blur = if fate.boot.get().0 > 0 { BLUR } else { Duration::ZERO };
                let placed = ears.unsure || fate.truth(event.at).abs_diff(*at) <= blur;
                placed && Event { at: committed.at, ..*event } == *committed
            });
        if !same {
            fate.break_law(|| format!("committed was\n{:?}\nand is\n{written:?}", ears.committed));
        }
    }

    /// The record that is left says of the skin at least what was on it.
    fn judge_record(&mut self, id: i64) {
        let now = self.fate.stamp(self.fate.moment());
        let Ok(record) = self.journal.record(id, &now) else {
            // A clock that never started leaves no record.
            return;
        };
        self.ears.get_mut().unsure |= self.fate.misplaces();
        self.judge_committed(&record);
        if record.outcome.is_none() {
            // The disk failed until the end.
            self.ears.get_mut().unsure = true;
            self.fate.pass(STALE);
            self.tally.cut_off += 1;
            self.mend_disk();
            if let Err(error) = self.journal.close_cut_off(&record) {
                self.fate.break_law(|| format!("it cannot be closed: {error}"));
            }
            return;
        }
        if self.ears.borrow().unsure {
            return;
        }
        let blur = if self.fate.boot.get().0 > 0 { BLUR } else { Duration::ZERO };
        let ears = self.ears.borrow();
        let skin = ears.skin.given();
        let finished = ears.committed.last().map(|(_, event)| event.kind);
        if let Some(EventKind::Finished { given, .. }) = finished
            && Modality::ALL.into_iter().any(|modality| given[modality] + blur < skin[modality as usize])
        {
            self.fate.break_law(|| format!("the record has {given:?}, the skin had {skin:?}"));
        }
    }
}
