//! Observers of a session: the bell, the recorder and the person at the screen, in the order of a real
//! session. They check the invariants at every event and frame.

use std::cell::RefCell;
use std::time::Duration;

use therapy::domain::rules::SESSION_DOSE;
use therapy::domain::session::{Event, EventKind, GRACE, Session};
use therapy::domain::step::{Modality, StepKind};
use therapy::edge::journal::{Journal, Stamp};
use therapy::edge::notification::Alert;
use therapy::runner::{FRAME, Observer, Trouble};

use super::fate::{Answers, Fate};
use super::skin::{Skin, exceeds_limit, loads};

/// Tolerance for the doses of earlier boots, which are dated by the wall clock.
const BLUR: Duration = Duration::from_millis(100);
/// Interval between two attempts to write.
const RETRY: Duration = Duration::from_secs(1);

/// Position in a session, derived from its events alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    step: Option<usize>,
    held: bool,
    paused: bool,
}

impl Position {
    /// Applies the next event. Returns false when a step is out of order.
    pub fn follow(&mut self, event: &Event) -> bool {
        let next = self.step.map_or(0, |step| step + 1);
        match event.kind {
            EventKind::StepBegan { .. } | EventKind::Skipped { by_rule: Some(_) } => {
                *self = Position { step: Some(event.step), ..Position::default() };
                return event.step == next;
            }
            // No rule skips a rest. Only the person does.
            EventKind::Skipped { by_rule: None } => return self.step == Some(event.step),
            EventKind::Paused => (self.paused, self.held) = (true, false),
            EventKind::Resumed => self.paused = false,
            EventKind::Overran { .. } | EventKind::Leapt { .. } => self.held = true,
            EventKind::Confirmed => self.held = false,
            EventKind::Extended { by, .. } if by > Duration::ZERO => self.held = false,
            EventKind::Started
            | EventKind::Halfway
            | EventKind::StepSoon
            | EventKind::Extended { .. }
            | EventKind::Finished { .. } => {}
        }
        true
    }

    fn matches(self, session: &Session) -> bool {
        self == Position { step: Some(session.index()), held: session.is_held(), paused: session.is_paused() }
    }
}

/// The events that the person noticed, by bell or screen, and the effect on the skin.
#[derive(Debug, Default)]
pub struct Witness {
    /// The skin during the whole run.
    pub skin: Skin,
    /// The person and the record may disagree. For example, the process was killed between the bell and
    /// the screen, or the disk failed.
    pub unsure: bool,
    /// Number of events of this session that the person noticed.
    pub noticed: usize,
    /// Committed events of this session, each with its true time.
    pub committed: Vec<(Duration, Event)>,
    /// Position in the session.
    pub position: Position,
    /// Copy of the session at the last frame before a kill.
    pub twin: Option<Session>,
    /// Number of reported warnings.
    pub troubles: u64,
    /// Number of events that were due before a kill and are announced after it.
    pub repeated: usize,
    /// Number of events of this moment that the bell has covered.
    rung: usize,
}

impl Witness {
    /// Resets everything that belongs to one session.
    pub fn begin(&mut self) {
        let (skin, unsure, troubles) = (std::mem::take(&mut self.skin), self.unsure, self.troubles);
        *self = Witness { skin, unsure, troubles, ..Witness::default() };
    }

    /// Notices the first `count` events of a moment, as far as they are new.
    fn notice_up_to(&mut self, count: usize, events: &[Event], session: &Session, fate: &Fate) {
        for event in &events[self.rung..count] {
            self.notice(event, session, fate);
        }
        self.rung = count;
    }

    /// The person notices an event for the first time, and acts on it.
    fn notice(&mut self, event: &Event, session: &Session, fate: &Fate) {
        self.noticed += 1;
        let before = self.position;
        if !self.position.follow(event) && !self.unsure {
            fate.violate(|| format!("{event:?} is out of order after {before:?} and {:?}", self.committed));
        }
        let kind = session.plan().segments()[event.step].step.kind;
        let on = match event.kind {
            EventKind::StepBegan { .. } | EventKind::Resumed => kind,
            EventKind::Paused | EventKind::Skipped { .. } | EventKind::Finished { .. } => StepKind::Rest,
            // The step goes on after a leap of the time of day.
            EventKind::Confirmed if event.elapsed < session.plan().segments()[event.step].end() => kind,
            // A person who confirms has changed the pack.
            EventKind::Confirmed => session.plan().next(event.step).map_or(StepKind::Rest, |next| next.step.kind),
            _ => return,
        };
        self.skin.pass(fate.truth(event.at));
        self.skin.put(on);
    }
}

/// The bell, which comes first.
pub struct Bell<'a> {
    pub fate: &'a Fate,
    pub witness: &'a RefCell<Witness>,
}

impl Observer for Bell<'_> {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        self.witness.borrow_mut().rung = 0;
        let (mut rung, mut off) = (Ok(()), false);
        for (index, event) in events.iter().enumerate() {
            if self.fate.is_dead() {
                break;
            }
            let alert = Alert::of(event, session, "storm");
            let repeated = self.witness.borrow().repeated;
            self.witness.borrow_mut().repeated = repeated.saturating_sub(1);
            self.check(event, session, alert.as_ref(), repeated > 0, off);
            off = match event.kind {
                EventKind::Skipped { .. } | EventKind::Paused => true,
                EventKind::StepBegan { .. } | EventKind::Resumed => {
                    session.plan().segments()[event.step].step.kind.modality().is_none()
                }
                _ => off,
            };
            match alert {
                None => {}
                Some(_) if self.fate.bus_fails.get() => rung = Err("no bus".into()),
                Some(_) => self.witness.borrow_mut().notice_up_to(index + 1, events, session, self.fate),
            }
        }
        rung
    }
}

impl Bell<'_> {
    /// Checks the alarm of a change of packs: it must be on time, and urgent when a pack must come off.
    /// `taken` is true when an earlier event of the same moment has removed the pack.
    fn check(&self, event: &Event, session: &Session, alert: Option<&Alert>, repeated: bool, taken: bool) {
        let witness = self.witness.borrow();
        let segments = session.plan().segments();
        let off = match event.kind {
            EventKind::StepBegan { .. } => {
                let before = segments[..event.step].iter().rev().find(|segment| segment.length > Duration::ZERO);
                let before = before.map(|segment| segment.step.kind);
                before.is_some_and(|before| before.modality().is_some() && before != segments[event.step].step.kind)
            }
            EventKind::Overran { .. } => segments[event.step].step.kind.modality().is_some(),
            EventKind::Finished { .. } => !taken && !witness.unsure && witness.skin.on().is_some(),
            EventKind::Skipped { by_rule: Some(_) } => false,
            _ => return,
        };
        let late = self.fate.now.get().saturating_sub(self.fate.truth(event.at));
        match alert {
            None => self.fate.violate(|| format!("no alarm for {event:?}")),
            Some(alert) if off && !alert.urgent => {
                self.fate.violate(|| format!("not urgent: {event:?} after {witness:?}"));
            }
            Some(_) => {}
        }
        let reminder = matches!(event.kind, EventKind::Overran { .. });
        if !reminder && !repeated && late > GRACE {
            self.fate.violate(|| format!("{event:?} was announced {late:?} late"));
        }
    }
}

/// The recorder. It commits events before they are shown.
pub struct Recorder<'a> {
    pub fate: &'a Fate,
    pub witness: &'a RefCell<Witness>,
    pub journal: &'a Journal,
    pub session: i64,
    pub answers: &'a Answers,
    /// Events that are not committed yet.
    pub waiting: Vec<(Stamp, Event)>,
    /// Time of the last attempt to write.
    pub tried: Duration,
}

impl Recorder<'_> {
    fn write(&mut self) -> Result<(), Trouble> {
        self.tried = self.fate.now.get();
        self.journal.commit(self.session, &self.waiting, &self.answers.borrow())?;
        self.answers.borrow_mut().clear();
        let committed = self.waiting.drain(..).map(|(_, event)| (self.fate.truth(event.at), event));
        self.witness.borrow_mut().committed.extend(committed);
        Ok(())
    }
}

impl Observer for Recorder<'_> {
    fn observe(&mut self, events: &[Event], _: &Session) -> Result<(), Trouble> {
        if self.fate.is_dead() {
            return Ok(());
        }
        self.waiting.extend(events.iter().map(|event| (self.fate.stamp(event.at), *event)));
        self.write()
    }

    fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
        // An attempt that must fail only costs time.
        if self.fate.dead.get() || self.fate.disk_fails.get() {
            return Ok(());
        }
        let due = self.fate.now.get() >= self.tried + RETRY;
        let waits = !self.waiting.is_empty() && due || !self.answers.borrow().is_empty();
        if waits { self.write() } else { Ok(()) }
    }
}

/// The person at the screen, who notices everything, last.
pub struct Person<'a> {
    pub fate: &'a Fate,
    pub witness: &'a RefCell<Witness>,
}

impl Observer for Person<'_> {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        if !self.fate.is_dead() {
            let witness = &mut *self.witness.borrow_mut();
            witness.notice_up_to(events.len(), events, session, self.fate);
            check_plan(session, self.fate);
            check_day(session, witness, self.fate);
        }
        Ok(())
    }

    fn frame(&mut self, session: &Session) -> Result<(), Trouble> {
        let fate = self.fate;
        if fate.dead.get() {
            return Ok(());
        }
        let running = !session.is_paused() && !session.is_held() && session.outcome().is_none();
        fate.waits_for_person.set(!running && session.outcome().is_none());
        if running && session.end() <= session.now() {
            fate.violate(|| "a step is past its end without an announcement".to_owned());
        }
        if session.outcome().is_none() && session.wake_at().is_some_and(|wake| wake <= session.now()) {
            fate.violate(|| "an event was due and did not happen".to_owned());
        }
        let mut witness = self.witness.borrow_mut();
        if session.outcome().is_none() && !witness.position.matches(session) {
            fate.violate(|| {
                format!("{:?}\ngive the position {:?} in\n{session:?}", witness.committed, witness.position)
            });
        }
        if fate.dies_at.get().is_some_and(|death| death <= fate.now.get() + FRAME) {
            witness.twin = Some(session.clone());
        }
        Ok(())
    }

    fn trouble(&mut self, _: &str) {
        self.witness.borrow_mut().troubles += 1;
    }
}

/// Checks that the cold of the plan leaves no day with too much of it, on the real skin.
fn check_day(session: &Session, witness: &Witness, fate: &Fate) {
    if session.outcome().is_some() || session.is_held() || witness.unsure || fate.has_wrong_dates() {
        return;
    }
    let segments = &session.plan().segments()[session.index()..];
    let left = session.end().since(session.now());
    let lengths = std::iter::once(left).chain(segments[1..].iter().map(|segment| segment.length));
    let plan = segments.iter().zip(lengths).map(|(segment, length)| (segment.step.kind, length));
    let blur = if fate.boot.get().0 > 0 { BLUR } else { Duration::ZERO };
    if let Some(over) = witness.skin.exceeds_day(fate.truth(session.now()), plan).filter(|over| *over > blur) {
        fate.violate(|| format!("the plan has {over:?} too much cold for a day: {session:?} after {witness:?}"));
    }
}

/// Checks that the plan stays within the limits, starting from the load that the session has computed.
/// A held step has no planned end. The steps after it are planned when the person answers.
pub fn check_plan(session: &Session, fate: &Fate) {
    if session.outcome().is_some() || session.is_held() {
        return;
    }
    let loads = loads(session.load());
    let index = session.index();
    let segments = session.plan().segments();
    let following = segments[index + 1..].iter().map(|segment| (segment.step.kind, segment.length));
    let left = session.end().since(session.now());
    let ahead = std::iter::once((segments[index].step.kind, left)).chain(following);
    if let Some(step) = exceeds_limit(loads, ahead) {
        fate.violate(|| format!("the plan of step {} exceeds its limit: {session:?}", index + step));
    }
    for modality in Modality::ALL {
        let planned = segments[index + 1..].iter().filter(|segment| segment.step.kind.modality() == Some(modality));
        let planned: Duration = planned.map(|segment| segment.length).sum();
        if planned > Duration::ZERO && session.dose(modality) + planned > SESSION_DOSE {
            fate.violate(|| format!("the plan exceeds the {modality} limit of a session"));
        }
    }
}
