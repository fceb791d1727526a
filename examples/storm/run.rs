//! One run: a person, their skin, a journal and a few sessions, with random faults, all from one seed.
//! It checks these invariants:
//!
//! - No plan exceeds a dose limit on any patch of the real skin, whatever its place is called.
//! - No plan leaves a day with more than 160 min of cold, also after a hold, a pause and a sleep.
//! - Every step is announced, in order.
//! - Every end of a step rings as soon as the machine is awake. The alarm is urgent when a pack must come
//!   off.
//! - The recorded dose is never less than the real one.
//! - No committed event is lost. While the disk works, an event is committed before it is shown.
//! - A killed and resumed session has the same state as one that slept for the same time.
//! - After the wait that a refusal reports, the protocol is accepted.
//! - Every request of another shell is answered once.
//! - Heat soon after cold has a warning, whatever was between.
//! - A dose that was told is never refused, and counts for all that comes after it, also when it was taken back. It may
//!   itself have been too much: that breaks nothing.
//! - No dose is accepted while the journal cannot be read, and no clock that is behind the record measures one.

use std::cell::RefCell;
use std::time::Duration;

use rusqlite::Connection;
use therapy::domain::course::{STALE, doses, start};
use therapy::domain::dose::Dose;
use therapy::domain::protocol::{Choice, Draft, Part, Protocol, Range};
use therapy::domain::rules::{Context, DAY, RuleId};
use therapy::domain::session::{Event, EventKind, GRACE, Session, SessionOptions};
use therapy::domain::site::Site;
use therapy::domain::step::{Modality, StepKind};
use therapy::edge::journal::{self, Journal, NewSession, NewTold, Undone};
use therapy::runner;

mod fate;
mod observers;
mod skin;

use fate::{Answers, Fate, Storm, set_read_only};
use observers::{Bell, Person, Position, Recorder, Witness, check_plan};
use skin::{Covered, exceeds_limit, loads};

/// What happened in a run, or in several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub runs: u64,
    pub sessions: u64,
    /// Iterations of the runner.
    pub turns: u64,
    /// Events that were committed.
    pub events: u64,
    pub stalls: u64,
    pub kills: u64,
    /// Sessions that were resumed after a kill.
    pub resumed: u64,
    /// Protocols that a rule refused.
    pub refused: u64,
    /// Sessions that were cut off and not resumed in time.
    pub cut_off: u64,
    /// Processes that the system ended.
    pub terminated: u64,
    /// Doses that were told, and of these the ones that were taken back.
    pub told: u64,
    pub undone: u64,
    /// Steps that were left out, because the day had no room for their cold.
    pub days: u64,
    /// Warnings that were reported.
    pub troubles: u64,
    /// Runs in which the person and the record disagree, after a disk failure or a kill between the bell
    /// and the screen. From there on the dose is not checked.
    pub unsure: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.runs += other.runs;
        self.sessions += other.sessions;
        self.turns += other.turns;
        self.events += other.events;
        self.stalls += other.stalls;
        self.kills += other.kills;
        self.resumed += other.resumed;
        self.refused += other.refused;
        self.cut_off += other.cut_off;
        self.terminated += other.terminated;
        self.told += other.told;
        self.undone += other.undone;
        self.days += other.days;
        self.troubles += other.troubles;
        self.unsure += other.unsure;
    }
}

/// Simulates the run of this seed.
///
/// # Errors
/// The first violation of an invariant, and its time.
pub fn simulate(seed: u64) -> Result<Tally, String> {
    // A new journal takes as long as several sessions, so the runs of a thread share one.
    thread_local!(static JOURNAL: RefCell<Option<Journal>> = const { RefCell::new(None) });
    let journal = JOURNAL.take().map_or_else(in_memory, Ok)?;
    empty(&journal).map_err(|error| error.to_string())?;
    let mut run = Run { fate: Fate::new(seed), journal, witness: RefCell::default(), tally: Tally::default() };
    let outcome = run.sessions();
    JOURNAL.set(Some(run.journal));
    outcome
}

fn in_memory() -> Result<Journal, String> {
    let connection = Connection::open_in_memory().map_err(|error| error.to_string())?;
    // Enough for all statements of a run.
    connection.set_prepared_statement_cache_capacity(32);
    Journal::over(connection).map_err(|error| error.to_string())
}

fn empty(journal: &Journal) -> rusqlite::Result<()> {
    set_read_only(journal, false)?;
    for table in ["told", "note", "pain", "request", "event", "session", "screening", "injury"] {
        journal.as_ref().prepare_cached(&format!("DELETE FROM {table}"))?.execute([])?;
    }
    Ok(())
}

/// The complete state of a session, with the doses of the last day: a told dose that was taken back counts no longer.
/// Without `exact`, earlier doses are left out: those of an earlier boot are dated by the wall clock, and vary by some
/// milliseconds.
fn state(session: &Session, events: &[Event], exact: bool) -> String {
    let all = format!("{session:?}");
    let known = all.split(" doses: ").next().unwrap_or_default();
    let recent = |dose: &&Dose| exact && session.now().since(dose.to) < DAY;
    let recent: Vec<_> = session.doses().iter().filter(recent).collect();
    let given = Modality::ALL.map(|modality| session.dose(modality));
    format!("{known} {recent:?} {given:?} {events:?}")
}

struct Run {
    fate: Fate,
    journal: Journal,
    witness: RefCell<Witness>,
    tally: Tally,
}

const SECOND: Duration = Duration::from_secs(1);

/// Tolerance for moments of an earlier boot, which are dated by the wall clock.
const BLUR: Duration = Duration::from_millis(20);

impl Run {
    fn sessions(&mut self) -> Result<Tally, String> {
        let sessions = self.fate.rng.borrow_mut().u32(1..4);
        if self.fate.one_in(4) {
            self.tell_a_day();
        }
        for _ in 0..sessions {
            if self.fate.one_in(3) {
                self.tell();
            }
            self.session();
            if let Some(violation) = self.fate.violation.take() {
                return Err(violation);
            }
            self.fate.pass(self.fate.length());
        }
        let witness = self.witness.borrow();
        Ok(Tally {
            runs: 1,
            unsure: witness.unsure.into(),
            stalls: self.fate.stalls.get().into(),
            troubles: witness.troubles,
            ..self.tally
        })
    }

    /// One session, from the review of its protocol to the check of its record.
    fn session(&mut self) {
        let fate = &self.fate;
        fate.revive();
        fate.skew_ms.set(0);
        fate.bus_fails.set(fate.one_in(8));
        self.repair_disk();
        let site = self.site();
        let Some(protocol) = self.review(site) else {
            return;
        };
        let fate = &self.fate;
        let options = SessionOptions { confirm: fate.one_in(5), grace: GRACE };
        let started_ms = fate.stamp(fate.moment()).wall_ms;
        let new = NewSession { protocol: &protocol, options, overrides: &[], pain: None, started_ms };
        let Ok(id) = self.journal.begin(&new) else {
            return self.fate.violate(|| "a working journal refused a session".to_owned());
        };
        self.tally.sessions += 1;
        self.begin(&protocol);
        let (session, events) = Session::start(&protocol, options, self.fate.moment());
        let mut killed = self.process(id, session, events);
        while killed && self.fate.violation.borrow().is_none() {
            self.tally.kills += 1;
            killed = self.after_death(id);
        }
        self.tally.events += self.witness.borrow().committed.len() as u64;
        let no_day = EventKind::Skipped { by_rule: Some(RuleId::ColdDaily) };
        let days = self.witness.borrow().committed.iter().filter(|(_, event)| event.kind == no_day).count();
        self.tally.days += days as u64;
        if self.fate.violation.borrow().is_none() {
            self.check_record(id);
        }
        if self.fate.one_in(16) {
            // As if it had been recorded before there were sites.
            let forgotten = self.journal.as_ref().execute("UPDATE session SET site = NULL WHERE id = ?", [id]);
            self.witness.get_mut().unsure |= forgotten.is_err();
        }
    }

    /// The person tells a dose that the timer did not see, and sometimes takes it back.
    fn tell(&mut self) {
        self.repair_disk();
        let (site, fate) = (self.site(), &self.fate);
        let mut rng = fate.rng.borrow_mut();
        let modality = if rng.bool() { Modality::Cold } else { Modality::Heat };
        // Since the start of the run, because the skin is counted from there. It may overlap sessions and other doses.
        let now = fate.now.get();
        let most =
            u64::try_from(now.as_millis()).unwrap_or(u64::MAX).min(if rng.bool() { 1_000_000 } else { 20_000_000 });
        let ago = Duration::from_millis(rng.u64(0..=most));
        let minutes = if rng.u8(0..8) == 0 { 120 } else { 15 };
        let length = Duration::from_millis(rng.u64(1000..60_000 * minutes)).min(now.saturating_sub(ago));
        let covered = Covered::by(site, rng.usize(..));
        drop(rng);
        if length < SECOND {
            return;
        }
        let stamp = fate.stamp(fate.moment());
        let ended_ms = stamp.wall_ms - i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        let told = NewTold { modality, length, site, ended_ms };
        if let Err(error) = self.journal.tell(&told, &stamp) {
            fate.violate(|| format!("a told dose was refused: {error}"));
        }
        let is_undone = fate.one_in(4);
        if is_undone && !matches!(self.journal.undo(&stamp), Ok(Some(Undone::Dose(dose))) if dose.what == told) {
            fate.violate(|| "another thing than the last one was taken back".to_owned());
        }
        self.tally.told += 1;
        self.tally.undone += u64::from(is_undone);
        let witness = self.witness.get_mut();
        let to = now.saturating_sub(ago);
        witness.skin.pass(now);
        witness.skin.tell(modality, (to.saturating_sub(length), to), covered);
        // A session that begins later knows it, also by the time of day.
        self.fate.pass(SECOND);
    }

    /// Half a day passes, and most of the cold that a day may have was on a hand.
    fn tell_a_day(&mut self) {
        let (length, rest) = {
            let mut rng = self.fate.rng.borrow_mut();
            (Duration::from_secs(rng.u64(150 * 60..160 * 60)), Duration::from_secs(rng.u64(0..20 * 3600)))
        };
        let (from, site) = (self.fate.now.get(), Site::from_name("right-hand").unwrap_or_default());
        self.fate.pass(length + rest);
        let stamp = self.fate.stamp(self.fate.moment());
        let ended_ms = stamp.wall_ms - i64::try_from(rest.as_millis()).unwrap_or(i64::MAX);
        let told = NewTold { modality: Modality::Cold, length, site, ended_ms };
        if let Err(error) = self.journal.tell(&told, &stamp) {
            self.fate.violate(|| format!("a told dose was refused: {error}"));
        }
        let witness = self.witness.get_mut();
        witness.skin.pass(self.fate.now.get());
        witness.skin.tell(Modality::Cold, (from, from + length), Covered::by(site, 0));
        self.fate.pass(SECOND);
    }

    fn repair_disk(&self) {
        self.fate.disk_fails.set(false);
        if let Err(error) = set_read_only(&self.journal, false) {
            self.fate.violate(|| format!("the disk cannot be repaired: {error}"));
        }
    }

    /// Resets the witness for a new session, and checks that the real skin has room for the whole plan.
    fn begin(&mut self, protocol: &Protocol) {
        let witness = self.witness.get_mut();
        witness.begin();
        witness.skin.pass(self.fate.now.get());
        // The person takes off any pack that was left on.
        witness.skin.put(StepKind::Rest);
        let covered = Covered::by(protocol.site(), self.fate.rng.borrow_mut().usize(..));
        witness.skin.begin(covered);
        let plan = protocol.steps().iter().map(|step| (step.kind, step.length));
        if !witness.unsure && exceeds_limit(witness.skin.loads(covered), plan.clone()).is_some() {
            self.fate.violate(|| "a plan that exceeds a limit of the skin was accepted".to_owned());
        }
        let is_warned = protocol.findings().iter().any(|finding| finding.rule == RuleId::NumbHeat);
        if !witness.unsure && witness.skin.heat_may_burn(covered, plan) && !is_warned {
            self.fate.violate(|| "heat soon after cold had no warning".to_owned());
        }
    }

    /// A site. Most are near each other, so that their doses meet.
    fn site(&self) -> Site {
        const NEAR: [&str; 10] = [
            "left-knee",
            "left-knee",
            "knee",
            "left-thigh",
            "thigh",
            "right-knee",
            "left-hip",
            "lower-back",
            "lower-back",
            "other",
        ];
        let mut rng = self.fate.rng.borrow_mut();
        let near = Site::from_name(NEAR[rng.usize(..NEAR.len())]);
        let any = Site::all().nth(rng.usize(..Site::all().count()));
        if rng.u8(..4) == 0 { any } else { near }.unwrap_or_default()
    }

    /// Returns a protocol that the rules accept, if necessary after the wait that they report.
    fn review(&mut self, site: Site) -> Option<Protocol> {
        for _ in 0..8 {
            let draft = self.draft();
            if self.fate.one_in(16) {
                self.check_unreadable(&draft);
            }
            let context = self.context(site)?;
            let Ok(protocol) = draft.review(Choice::default(), &context, &[]) else {
                self.tally.refused += 1;
                let Some(wait) = start(&draft, Choice::default(), &context, &[]).possible else {
                    continue;
                };
                // Doses of an earlier boot are dated by the wall clock.
                let blur = if self.fate.boot.get().0 > 0 { BLUR } else { Duration::ZERO };
                self.fate.pass(wait + blur);
                let context = self.context(site)?;
                let again = draft.review(Choice::default(), &context, &[]);
                if let Err(findings) = &again
                    && !self.fate.has_wrong_dates()
                {
                    let why: Vec<_> = findings.iter().filter(|finding| finding.blocks(&[])).collect();
                    self.fate.violate(|| format!("refused after the reported wait of {wait:?}: {why:?}"));
                }
                return again.ok();
            };
            return Some(protocol);
        }
        None
    }

    /// Checks that no dose is accepted while the folder of the journal cannot be read.
    fn check_unreadable(&self, draft: &Draft) {
        let context = Context { now: self.fate.moment(), unreadable: true, ..Context::default() };
        let gives_dose = draft.expand(Choice::default()).iter().any(|step| step.kind.has_pack());
        if gives_dose && draft.review(Choice::default(), &context, &[]).is_ok() {
            self.fate.violate(|| "a dose was accepted although the journal cannot be read".to_owned());
        }
    }

    /// Returns the recorded state of the skin at a site, and checks that it is at least the real load of every patch
    /// that may be under a pack there.
    fn context(&self, site: Site) -> Option<Context> {
        let fate = &self.fate;
        let now = fate.moment();
        let context = match self.journal.doses(&fate.stamp(now), None) {
            Ok((doses, record_ahead)) => Context { now, site, doses, record_ahead, ..Context::default() },
            Err(error) => {
                fate.violate(|| format!("the doses cannot be read: {error}"));
                return None;
            }
        };
        let mut witness = self.witness.borrow_mut();
        witness.skin.pass(fate.now.get());
        let (loads, believed) = (witness.skin.loads(Covered::all_of(site)), loads(context.load()));
        let blur = if fate.boot.get().0 > 0 { 2 * BLUR.as_nanos().cast_signed() } else { 0 };
        witness.unsure |= fate.has_wrong_dates();
        let less = |modality: Modality| believed[modality as usize] + blur < loads[modality as usize];
        if !witness.unsure && Modality::ALL.into_iter().any(less) {
            fate.violate(|| {
                format!("{:?} give a load of {believed:?} at {site}, but the skin has {loads:?}", witness.committed)
            });
        }
        Some(context)
    }

    /// Returns a random protocol: usual lengths, and a few odd ones.
    fn draft(&self) -> Draft {
        let mut rng = self.fate.rng.borrow_mut();
        let count = rng.usize(1..6);
        // Most are short, so that many sessions fit. Earlier doses bring even these near the limits.
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
        // A rest that is too short for feeling to come back.
        let short = [(StepKind::Cold, steps[0].1), (StepKind::Rest, SECOND), (StepKind::Heat, steps[0].1)];
        let mut draft = Draft::of("storm", if rng.u8(0..12) == 0 { &short } else { &steps });
        if rng.u8(0..4) == 0 {
            draft.rounds = Some(Range::fixed(rng.u32(2..4)));
            if let Some(Part::Step(first)) = draft.parts.first_mut() {
                first.last_round = rng.bool();
            }
        }
        draft
    }

    /// Runs one process to its end. Returns whether it was killed.
    fn process(&mut self, id: i64, session: Session, events: Vec<Event>) -> bool {
        let (fate, witness, journal) = (&self.fate, &self.witness, &self.journal);
        let answers = Answers::default();
        let mut storm = Storm::new(fate, journal, id, &answers);
        let mut bell = Bell { fate, witness };
        let (waiting, tried) = (Vec::new(), fate.now.get());
        let mut record = Recorder { fate, witness, journal, session: id, answers: &answers, waiting, tried };
        let mut person = Person { fate, witness };
        witness.borrow_mut().twin = None;
        check_plan(&session, fate);
        let report = runner::resume(session, events, &mut storm, &mut [&mut bell, &mut record, &mut person]);
        storm.withdraw();
        self.tally.turns += u64::from(storm.turns());
        let lost = !record.waiting.is_empty();
        let witness = self.witness.get_mut();
        // Events that were announced and not written are lost. The program has warned about that.
        witness.unsure |= lost;
        let asleep = fate.asleep.replace(false);
        if lost || !asleep {
            witness.twin = None;
        }
        // Killed between the bell and the screen.
        witness.unsure |= fate.dead.get() && witness.noticed != witness.committed.len();
        self.tally.terminated += u64::from(report.outcome.is_none());
        fate.dead.get() || report.outcome.is_none()
    }

    /// Some time after a kill, resumes, stops or closes the session. Returns whether the new process was
    /// killed too.
    fn after_death(&mut self, id: i64) -> bool {
        let fate = &self.fate;
        fate.pass(fate.length());
        let reboots = fate.one_in(6);
        if reboots {
            // Moments of another boot are dated by the wall clock, which may have been wrong.
            self.witness.get_mut().unsure |= fate.wall_changed.get();
            fate.skew_ms.set(if fate.one_in(3) { -fate.rng.borrow_mut().i64(0..20_000_000) } else { 0 });
            fate.wall_changed.set(fate.wall_changed.get() || fate.skew_ms.get() != 0);
            fate.reboot();
        }
        fate.revive();
        self.repair_disk();
        let fate = &self.fate;
        self.witness.get_mut().unsure |= fate.has_wrong_dates();
        let now = fate.stamp(fate.moment());
        let record = match self.journal.open_session(&now) {
            Ok(Some(record)) => record,
            // Its end was committed before the kill.
            Ok(None) => return false,
            Err(error) => {
                fate.violate(|| format!("the journal cannot be read after a kill: {error}"));
                return false;
            }
        };
        self.check_committed(&record);
        let witness = self.witness.get_mut();
        let Some((mut session, mut events)) = record.resume() else {
            // Killed before its start was committed. Only the bell may have rung.
            witness.unsure = true;
            let _ = self.journal.close_cut_off(&record, record.assumed_off(), false);
            return false;
        };
        if record.is_clock_behind() {
            return self.closed_by_a_clock_behind(&record);
        }
        if record.age(&now) > STALE {
            let off = fate.truth(session.end());
            witness.skin.pass(off);
            witness.skin.put(StepKind::Rest);
            witness.unsure |= session.is_held();
            self.tally.cut_off += 1;
            if let Err(error) = self.journal.close_cut_off(&record, record.assumed_off(), false) {
                fate.violate(|| format!("the session cannot be closed: {error}"));
            }
            return false;
        }
        let written = &record.events[..record.events.len() - events.len()];
        // Uncommitted events are announced again.
        witness.repeated = events.len();
        witness.position = Position::default();
        for event in written {
            witness.position.follow(event);
        }
        witness.unsure |= written.last().is_some_and(|last| last.kind == EventKind::Resumed) && !events.is_empty();
        events.extend(session.advance(fate.moment()));
        // If nothing was written in this boot yet, each read dates all events by the wall clock.
        let dated_by_wall =
            fate.has_wrong_dates() || witness.committed.last().is_none_or(|(at, _)| *at < fate.boot.get().1);
        if let Some(mut twin) = witness.twin.take().filter(|_| !reboots && !dated_by_wall) {
            let slept = twin.advance(fate.moment());
            let exact = fate.boot.get().0 == 0;
            if state(&twin, &slept, exact) != state(&session, &events, exact) {
                fate.violate(|| format!("after a sleep:\n{twin:?} {slept:?}\nafter a kill:\n{session:?} {events:?}"));
            }
        }
        if fate.one_in(6) {
            // A person closes it, and says when the pack came off.
            let (last, now) = (record.last(), fate.moment());
            let most = u64::try_from(now.since(last).as_millis()).unwrap_or(u64::MAX);
            // The record of that has milliseconds.
            let off = last + Duration::from_millis(fate.rng.borrow_mut().u64(0..=most));
            witness.skin.pass(fate.truth(off));
            witness.skin.put(StepKind::Rest);
            self.tally.cut_off += 1;
            if let Err(error) = self.journal.close_cut_off(&record, off, true) {
                fate.violate(|| format!("the session cannot be closed: {error}"));
            }
            return false;
        }
        self.tally.resumed += 1;
        self.process(id, session, events)
    }

    /// Nothing can resume a session that ends after now. To stop it, it counts until the planned end of its step, and
    /// never for less than was recorded.
    fn closed_by_a_clock_behind(&mut self, record: &journal::Record) -> bool {
        self.tally.cut_off += 1;
        self.witness.get_mut().unsure = true;
        let now = self.fate.stamp(self.fate.moment());
        if record.counts_until_now(&now) {
            self.fate.violate(|| "a clock that is behind the record measures a dose".to_owned());
        }
        let recorded = doses(&record.protocol, &record.events, record.last()).totals();
        match self.journal.close_cut_off(record, record.assumed_off(), false) {
            Ok(given) if Modality::ALL.into_iter().all(|modality| given[modality] >= recorded[modality]) => {}
            closed => self.fate.violate(|| format!("of {recorded:?}, this is left: {closed:?}")),
        }
        false
    }

    /// Checks that no committed event is lost or changed.
    fn check_committed(&self, record: &journal::Record) {
        let fate = &self.fate;
        let witness = self.witness.borrow();
        let written = &record.events[..record.events.len() - record.unwritten];
        let same = written.len() == witness.committed.len()
            && written.iter().zip(&witness.committed).all(|(event, (at, committed))| {
                let blur = if fate.boot.get().0 > 0 { BLUR } else { Duration::ZERO };
                let placed = witness.unsure || fate.truth(event.at).abs_diff(*at) <= blur;
                placed && Event { at: committed.at, ..*event } == *committed
            });
        if !same {
            fate.violate(|| format!("committed:\n{:?}\nin the journal:\n{written:?}", witness.committed));
        }
    }

    /// Checks that the final record has at least the real dose.
    fn check_record(&mut self, id: i64) {
        let now = self.fate.stamp(self.fate.moment());
        let Ok(record) = self.journal.record(id, &now) else {
            // A session whose clock never started leaves no record.
            return;
        };
        self.witness.get_mut().unsure |= self.fate.has_wrong_dates();
        self.check_committed(&record);
        if record.outcome.is_none() {
            // The disk failed until the end.
            self.witness.get_mut().unsure = true;
            self.fate.pass(STALE);
            self.tally.cut_off += 1;
            self.repair_disk();
            if let Err(error) = self.journal.close_cut_off(&record, record.assumed_off(), false) {
                self.fate.violate(|| format!("the session cannot be closed: {error}"));
            }
            return;
        }
        if self.witness.borrow().unsure {
            return;
        }
        let blur = if self.fate.boot.get().0 > 0 { BLUR } else { Duration::ZERO };
        let witness = self.witness.borrow();
        let skin = witness.skin.given();
        let finished = witness.committed.last().map(|(_, event)| event.kind);
        if let Some(EventKind::Finished { given, .. }) = finished
            && Modality::ALL.into_iter().any(|modality| given[modality] + blur < skin[modality as usize])
        {
            self.fate.violate(|| format!("recorded dose {given:?}, real dose {skin:?}"));
        }
    }
}
