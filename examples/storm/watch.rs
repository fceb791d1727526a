//! Who watches a session in a storm: the bell, the record and the person at the screen, in the order in
//! which a real session tells them. They hold it to the laws at every turn.

use std::cell::RefCell;
use std::time::Duration;

use therapy::domain::rules::SESSION_DOSE;
use therapy::domain::session::{Event, EventKind, GRACE, Session};
use therapy::domain::step::{Modality, StepKind};
use therapy::edge::journal::{Journal, Stamp};
use therapy::edge::notification::Alert;
use therapy::runner::{FRAME, Observer, Trouble};

use super::fate::{Answers, Fate};
use super::skin::{Skin, loads, passes_a_limit};

/// How often what could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Where a session stands by what was told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    step: Option<usize>,
    held: bool,
    paused: bool,
}

impl Told {
    /// One more event; false when a step is told out of turn.
    pub fn follow(&mut self, event: &Event) -> bool {
        let next = self.step.map_or(0, |step| step + 1);
        match event.kind {
            EventKind::StepBegan { .. } | EventKind::Skipped { by_rule: Some(_) } => {
                *self = Told { step: Some(event.step), ..Told::default() };
                return event.step == next;
            }
            // Rests have no rule that leaves them out, only the person.
            EventKind::Skipped { by_rule: None } => return self.step == Some(event.step),
            EventKind::Paused => (self.paused, self.held) = (true, false),
            EventKind::Resumed => self.paused = false,
            EventKind::Overran { .. } => self.held = true,
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

    fn fits(self, session: &Session) -> bool {
        self == Told { step: Some(session.index()), held: session.is_held(), paused: session.is_paused() }
    }
}

/// What came to the person's ears, by bell or screen, and what that did to the skin.
#[derive(Debug, Default)]
pub struct Ears {
    /// The skin, all life long.
    pub skin: Skin,
    /// The person knows more than the record, or less: a process was killed after it had said something
    /// that a failing disk did not take, or before it could say it.
    pub unsure: bool,
    /// How many events of this session were heard.
    pub heard: usize,
    /// What of this session was committed, each with its true time.
    pub committed: Vec<(Duration, Event)>,
    /// How the session stands.
    pub told: Told,
    /// The session as it stood at the last frame before a death.
    pub twin: Option<Session>,
    /// How often trouble was told.
    pub troubles: u64,
    /// How many events are told that were due before a kill.
    pub retold: usize,
    /// How many events of this moment the bell has told, by itself or by one that rang after them.
    rung: usize,
}

impl Ears {
    /// A new session: nobody heard anything of it yet.
    pub fn begin(&mut self) {
        let (skin, unsure, troubles) = (std::mem::take(&mut self.skin), self.unsure, self.troubles);
        *self = Ears { skin, unsure, troubles, ..Ears::default() };
    }

    /// So many events of a moment are told: those that were not heard yet are heard now.
    fn hear_up_to(&mut self, count: usize, events: &[Event], session: &Session, fate: &Fate) {
        for event in &events[self.rung..count] {
            self.hear(event, session, fate);
        }
        self.rung = count;
    }

    /// The person hears of an event for the first time, and obeys.
    fn hear(&mut self, event: &Event, session: &Session, fate: &Fate) {
        self.heard += 1;
        let before = self.told;
        if !self.told.follow(event) && !self.unsure {
            fate.break_law(|| format!("{event:?} was told after {before:?} and {:?}", self.committed));
        }
        let kind = session.plan().segments()[event.step].step.kind;
        let on = match event.kind {
            EventKind::StepBegan { .. } | EventKind::Resumed => kind,
            EventKind::Paused | EventKind::Skipped { .. } | EventKind::Finished { .. } => StepKind::Rest,
            // Whoever says so has made the change.
            EventKind::Confirmed => session.plan().next(event.step).map_or(StepKind::Rest, |next| next.step.kind),
            _ => return,
        };
        self.skin.pass(fate.truth(event.at));
        self.skin.put(on);
    }
}

/// The bell: told first.
pub struct Bell<'a> {
    pub fate: &'a Fate,
    pub ears: &'a RefCell<Ears>,
}

impl Observer for Bell<'_> {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        self.ears.borrow_mut().rung = 0;
        let (mut rung, mut off) = (Ok(()), false);
        for (index, event) in events.iter().enumerate() {
            if self.fate.is_dead() {
                break;
            }
            let alert = Alert::of(event, session, "storm");
            let retold = self.ears.borrow().retold;
            self.ears.borrow_mut().retold = retold.saturating_sub(1);
            self.judge(event, session, alert.as_ref(), retold > 0, off);
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
                Some(_) => self.ears.borrow_mut().hear_up_to(index + 1, events, session, self.fate),
            }
        }
        rung
    }
}

impl Bell<'_> {
    /// A change of what is on the skin rings, on time, and urgent when something must come off that is
    /// not `taken` off by what came before at the same moment.
    fn judge(&self, event: &Event, session: &Session, alert: Option<&Alert>, retold: bool, taken: bool) {
        let ears = self.ears.borrow();
        let segments = session.plan().segments();
        let off = match event.kind {
            EventKind::StepBegan { .. } => {
                let before = segments[..event.step].iter().rev().find(|segment| segment.length > Duration::ZERO);
                let before = before.map(|segment| segment.step.kind);
                before.is_some_and(|before| before.modality().is_some() && before != segments[event.step].step.kind)
            }
            EventKind::Overran { .. } => segments[event.step].step.kind.modality().is_some(),
            EventKind::Finished { .. } => !taken && !ears.unsure && ears.skin.on().is_some(),
            EventKind::Skipped { by_rule: Some(_) } => false,
            _ => return,
        };
        let late = self.fate.now.get().saturating_sub(self.fate.truth(event.at));
        match alert {
            None => self.fate.break_law(|| format!("nothing rings for {event:?}")),
            Some(alert) if off && !alert.urgent => {
                self.fate.break_law(|| format!("not urgent: {event:?} after {ears:?}"));
            }
            Some(_) => {}
        }
        let reminder = matches!(event.kind, EventKind::Overran { .. });
        if !reminder && !retold && late > GRACE {
            self.fate.break_law(|| format!("{event:?} was passed by a sleep of {late:?}"));
        }
    }
}

/// The record: what is shown is committed before.
pub struct Record<'a> {
    pub fate: &'a Fate,
    pub ears: &'a RefCell<Ears>,
    pub journal: &'a Journal,
    pub session: i64,
    pub answers: &'a Answers,
    /// What is not committed yet.
    pub waiting: Vec<(Stamp, Event)>,
    /// When writing was tried last.
    pub tried: Duration,
}

impl Record<'_> {
    fn write(&mut self) -> Result<(), Trouble> {
        self.tried = self.fate.now.get();
        self.journal.commit(self.session, &self.waiting, &self.answers.borrow())?;
        self.answers.borrow_mut().clear();
        let committed = self.waiting.drain(..).map(|(_, event)| (self.fate.truth(event.at), event));
        self.ears.borrow_mut().committed.extend(committed);
        Ok(())
    }
}

impl Observer for Record<'_> {
    fn observe(&mut self, events: &[Event], _: &Session) -> Result<(), Trouble> {
        if self.fate.is_dead() {
            return Ok(());
        }
        self.waiting.extend(events.iter().map(|event| (self.fate.stamp(event.at), *event)));
        self.write()
    }

    fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
        // Trying while it fails changes nothing, and takes the simulation its time.
        if self.fate.dead.get() || self.fate.disk_fails.get() {
            return Ok(());
        }
        let due = self.fate.now.get() >= self.tried + RETRY;
        let waits = !self.waiting.is_empty() && due || !self.answers.borrow().is_empty();
        if waits { self.write() } else { Ok(()) }
    }
}

/// The person at the screen: hears everything, last.
pub struct Person<'a> {
    pub fate: &'a Fate,
    pub ears: &'a RefCell<Ears>,
}

impl Observer for Person<'_> {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        if !self.fate.is_dead() {
            let ears = &mut *self.ears.borrow_mut();
            ears.hear_up_to(events.len(), events, session, self.fate);
            judge_plan(session, self.fate);
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
            fate.break_law(|| "a step is past its end and nobody was told".to_owned());
        }
        if session.outcome().is_none() && session.wake_at().is_some_and(|wake| wake <= session.now()) {
            fate.break_law(|| "something was due and did not happen".to_owned());
        }
        let mut ears = self.ears.borrow_mut();
        if session.outcome().is_none() && !ears.told.fits(session) {
            fate.break_law(|| format!("{:?}\ntell the person {:?} of\n{session:?}", ears.committed, ears.told));
        }
        if fate.dies_at.get().is_some_and(|death| death <= fate.now.get() + FRAME) {
            ears.twin = Some(session.clone());
        }
        Ok(())
    }

    fn trouble(&mut self, _: &str) {
        self.ears.borrow_mut().troubles += 1;
    }
}

/// No plan brings the skin above a limit, from where the session believes it to be. A step that is
/// held grows without a plan; what follows it is planned anew when the person answers.
pub fn judge_plan(session: &Session, fate: &Fate) {
    if session.outcome().is_some() || session.is_held() {
        return;
    }
    let loads = loads(session.load());
    let index = session.index();
    let segments = session.plan().segments();
    let following = segments[index + 1..].iter().map(|segment| (segment.step.kind, segment.length));
    let left = session.end().since(session.now());
    let ahead = std::iter::once((segments[index].step.kind, left)).chain(following);
    if let Some(step) = passes_a_limit(loads, ahead) {
        fate.break_law(|| format!("step {} is planned above its limit: {session:?}", index + step));
    }
    for modality in Modality::ALL {
        let planned = segments[index + 1..].iter().filter(|segment| segment.step.kind.modality() == Some(modality));
        let planned: Duration = planned.map(|segment| segment.length).sum();
        if planned > Duration::ZERO && session.dose(modality) + planned > SESSION_DOSE {
            fate.break_law(|| format!("more {modality} is planned than a session may give"));
        }
    }
}
