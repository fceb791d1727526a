//! The state machine of a running session. It is told the time and what the person did, and answers
//! with events; it must never look at a clock, a terminal or a disk.
//!
//! Three laws of time:
//! - A wake that is late inside a step changes nothing: the pack was on, time counts.
//! - A wake that is late past the end of a step charges the gap to that step and *holds* there until
//!   the person answers; a step that nobody was told of never passes. `--confirm` is the same hold
//!   at every end.
//! - Pause means that the pack is off. Whatever nobody said means that it is still on.
//!
//! Elapsed time is a difference of moments; nothing accumulates ticks.

use std::time::Duration;

use crate::domain::exposure::Load;
use crate::domain::plan::{Cue, Plan, Segment};
use crate::domain::protocol::Protocol;
use crate::domain::rules::{SESSION, SESSION_DOSE, STEP_MIN};
use crate::domain::step::{Modality, StepKind};

mod event;

pub use event::{Event, EventKind, Input, Moment, Outcome};

/// How a session treats the ends of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Every change waits for the person.
    pub confirm: bool,
    /// A wake later than this past the end of a step is late.
    pub grace: Duration,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms { confirm: false, grace: GRACE }
    }
}

/// How late a step's end may be noticed before the session holds (ours): more than any busy machine
/// needs, less than anybody feels.
pub const GRACE: Duration = Duration::from_secs(2);

/// How often an unanswered alarm is repeated (ours).
pub const REMIND: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// Past the end of the step, the pack still on, until the person answers.
    Held {
        remind: Moment,
    },
    /// The pack is off. `at_end` when the step was over already.
    Paused {
        since: Moment,
        at_end: bool,
    },
    Over(Outcome),
}

/// A running session.
#[derive(Clone, Debug)]
pub struct Session {
    plan: Plan,
    terms: Terms,
    index: usize,
    phase: Phase,
    /// Elapsed time is counted from here; a pause moves it forward.
    origin: Moment,
    /// The latest moment that the session was told of.
    now: Moment,
    /// See [`Session::wake_at`]: found once after whatever changes it, and asked for every second.
    wake: Option<Moment>,
    /// The cues of this step that were given.
    halfway: bool,
    soon: bool,
    /// Load and doses up to `settled`; what is on since then is not in them yet.
    settled: Moment,
    load: Load,
    doses: [Duration; 2],
}

impl Session {
    /// Starts the clock.
    #[must_use]
    pub fn start(protocol: &Protocol, terms: Terms, now: Moment) -> (Session, Vec<Event>) {
        let mut session = Session {
            plan: Plan::new(protocol),
            terms,
            index: 0,
            phase: Phase::Running,
            origin: now,
            now,
            wake: None,
            halfway: false,
            soon: false,
            settled: now,
            load: protocol.carried(),
            doses: [Duration::ZERO; 2],
        };
        let mut events = vec![session.event(now, EventKind::Started)];
        session.begin(0, now, &mut events);
        session.wake = session.next_wake();
        (session, events)
    }

    /// Time passed.
    #[must_use]
    pub fn advance(&mut self, now: Moment) -> Vec<Event> {
        let mut events = Vec::new();
        // A clock that steps back stands still here.
        self.now = self.now.max(now);
        while let Some(due) = self.wake.filter(|due| *due <= self.now) {
            match self.phase {
                Phase::Running if self.now.since(self.end()) > self.terms.grace => self.overrun(&mut events),
                Phase::Running => self.cue(due, &mut events),
                Phase::Held { .. } => self.remind(&mut events),
                Phase::Paused { .. } | Phase::Over(_) => break,
            }
            self.wake = self.next_wake();
        }
        events
    }

    /// Time passed, and then the person said something.
    #[must_use]
    pub fn handle(&mut self, now: Moment, input: Input) -> Vec<Event> {
        let mut events = self.advance(now);
        let events_of = &mut events;
        match (input, self.phase) {
            (Input::Stop, Phase::Running | Phase::Held { .. } | Phase::Paused { .. }) => {
                self.finish(self.now, Outcome::Stopped, events_of);
            }
            (Input::Pause | Input::Toggle, Phase::Running) => self.pause(false, events_of),
            (Input::Pause | Input::Toggle, Phase::Held { .. }) => self.pause(true, events_of),
            (Input::Resume | Input::Toggle | Input::Confirm, Phase::Paused { .. }) => self.resume(events_of),
            (Input::Skip, Phase::Paused { at_end, .. }) => {
                self.resume(events_of);
                if !at_end {
                    self.skip(events_of);
                }
            }
            (Input::Skip, Phase::Running) => self.skip(events_of),
            (Input::Confirm | Input::Resume | Input::Skip, Phase::Held { .. }) => {
                events_of.push(self.event(self.now, EventKind::Confirmed));
                self.leave(self.now, events_of);
            }
            (Input::Extend(by), Phase::Running | Phase::Held { .. } | Phase::Paused { .. }) => {
                self.extend(by, events_of);
            }
            (Input::Pause, Phase::Paused { .. })
            | (Input::Confirm | Input::Resume, Phase::Running)
            | (_, Phase::Over(_)) => {}
        }
        self.wake = self.next_wake();
        events
    }

    /// The next moment at which time alone changes something; never in the past of an advanced
    /// session. `None` while paused and when over.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        self.wake
    }

    /// How it ended, when it is over.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.phase {
            Phase::Over(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// Whether the pack is off at the person's word.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        matches!(self.phase, Phase::Paused { .. })
    }

    /// Whether the step is past its end and waits for the person.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self.phase, Phase::Held { .. })
    }

    /// The plan as it stands: actual lengths behind, planned ones ahead.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The current step, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The current step in its place.
    #[must_use]
    pub fn segment(&self) -> &Segment {
        &self.plan.segments()[self.index]
    }

    /// The latest moment that the session was told of.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Elapsed time, pauses left out.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed_at(self.now)
    }

    /// When the current step ends, if nobody pauses.
    #[must_use]
    pub fn end(&self) -> Moment {
        let shift = match self.phase {
            Phase::Paused { since, .. } => self.now.since(since),
            _ => Duration::ZERO,
        };
        self.origin + self.segment().end() + shift
    }

    /// What the skin carries now.
    #[must_use]
    pub fn load(&self) -> Load {
        self.load.after(self.on(), self.now.since(self.settled))
    }

    /// The dose given so far.
    #[must_use]
    pub fn dose(&self, modality: Modality) -> Duration {
        let open = self.on().modality() == Some(modality);
        let since = if open { self.now.since(self.settled) } else { Duration::ZERO };
        self.doses[modality as usize] + since
    }

    fn elapsed_at(&self, at: Moment) -> Duration {
        match self.phase {
            Phase::Paused { since, .. } => since.since(self.origin),
            _ => at.since(self.origin),
        }
    }

    fn event(&self, at: Moment, kind: EventKind) -> Event {
        Event { at, elapsed: self.elapsed_at(at), step: self.index, kind }
    }

    /// What is on the skin: nothing in a pause, the step's own pack otherwise.
    fn on(&self) -> StepKind {
        match self.phase {
            Phase::Paused { .. } | Phase::Over(_) => StepKind::Rest,
            Phase::Running | Phase::Held { .. } => self.segment().step.kind,
        }
    }

    /// Brings load and doses up to `to`. Called before anything changes what is on.
    fn settle(&mut self, to: Moment) {
        let length = to.since(self.settled);
        let on = self.on();
        self.load = self.load.after(on, length);
        if let Some(modality) = on.modality() {
            self.doses[modality as usize] += length;
        }
        self.settled = self.settled.max(to);
    }

    fn next_wake(&self) -> Option<Moment> {
        match self.phase {
            Phase::Running => Some(self.origin + self.due().1),
            Phase::Held { remind } => Some(remind),
            Phase::Paused { .. } | Phase::Over(_) => None,
        }
    }

    /// The next cue of the running step and where it stands.
    fn due(&self) -> (Cue, Duration) {
        let given = |cue| match cue {
            Cue::Halfway => self.halfway,
            Cue::Soon => self.soon,
            Cue::Done => false,
        };
        let cues = [Cue::Halfway, Cue::Soon, Cue::Done];
        let due = cues.into_iter().filter(|cue| !given(*cue));
        let due = due.filter_map(|cue| self.plan.cue(self.index, cue).map(|at| (cue, at)));
        due.min_by_key(|&(cue, at)| (at, cue)).unwrap_or((Cue::Done, self.segment().end()))
    }

    /// A cue came due at `at`, and is noticed in time.
    fn cue(&mut self, at: Moment, events: &mut Vec<Event>) {
        match self.due().0 {
            Cue::Halfway => {
                self.halfway = true;
                events.push(self.event(at, EventKind::Halfway));
            }
            Cue::Soon => {
                self.soon = true;
                events.push(self.event(at, EventKind::StepSoon));
            }
            Cue::Done if self.terms.confirm => {
                self.phase = Phase::Held { remind: at + REMIND };
                events.push(self.event(at, EventKind::Overran { over: Duration::ZERO }));
            }
            Cue::Done => self.leave(at, events),
        }
    }

    /// The end of the step was slept through.
    fn overrun(&mut self, events: &mut Vec<Event>) {
        let over = self.now.since(self.end());
        self.phase = Phase::Held { remind: self.now + REMIND };
        self.halfway = true;
        // What the gap did to the skin may bring back a step that was left out.
        self.replan();
        events.push(self.event(self.now, EventKind::Overran { over }));
        // Nothing comes after the last step that could pass unannounced.
        if self.plan.next(self.index).is_none() && !self.terms.confirm {
            self.leave(self.now, events);
        }
    }

    /// Nobody answered yet. Reminders that were slept through are given once.
    fn remind(&mut self, events: &mut Vec<Event>) {
        let Phase::Held { remind } = self.phase else {
            return;
        };
        let slept = self.now.since(remind).as_nanos() / REMIND.as_nanos();
        let at = remind + REMIND * u32::try_from(slept).unwrap_or(u32::MAX);
        let over = at.since(self.end());
        self.phase = Phase::Held { remind: at + REMIND };
        events.push(self.event(at, EventKind::Overran { over }));
    }

    fn pause(&mut self, at_end: bool, events: &mut Vec<Event>) {
        events.push(self.event(self.now, EventKind::Paused));
        self.settle(self.now);
        if at_end {
            self.close_step(self.now);
            // The hold went on for longer than what follows was planned for.
            self.replan();
        }
        self.phase = Phase::Paused { since: self.now, at_end };
    }

    fn resume(&mut self, events: &mut Vec<Event>) {
        let Phase::Paused { since, at_end } = self.phase else {
            return;
        };
        self.settle(self.now);
        self.origin = self.origin + self.now.since(since);
        self.phase = Phase::Running;
        events.push(self.event(self.now, EventKind::Resumed));
        if at_end {
            self.begin(self.index + 1, self.now, events);
        } else {
            // In a pause the skin recovers: a step that was left out may come after all, and the end
            // of this one must announce it.
            self.replan();
        }
    }

    fn skip(&mut self, events: &mut Vec<Event>) {
        events.push(self.event(self.now, EventKind::Skipped { by_rule: None }));
        self.leave(self.now, events);
    }

    /// Gives the running, held or paused step more time, as far as the rules leave room.
    fn extend(&mut self, by: Duration, events: &mut Vec<Event>) {
        if matches!(self.phase, Phase::Paused { at_end: true, .. }) {
            let nothing = EventKind::Extended { by: Duration::ZERO, by_rule: None };
            return events.push(self.event(self.now, nothing));
        }
        let held = self.is_held();
        // A held step has run past its end: what is asked for counts from now.
        let so_far = self.elapsed().saturating_sub(self.segment().start);
        let length = if held { so_far } else { self.segment().length };
        let (room, rule) = self.room(length.saturating_sub(so_far));
        // Less than a step's least is nothing that a person could use.
        let granted = Some(by.min(room)).filter(|granted| *granted >= STEP_MIN).unwrap_or_default();
        let by_rule = (granted < by).then_some(rule);
        if granted > Duration::ZERO {
            self.plan.set_length(self.index, length + granted);
            if held {
                self.phase = Phase::Running;
            }
            self.replan();
        }
        events.push(self.event(self.now, EventKind::Extended { by: granted, by_rule }));
    }

    /// How much longer than `left` the step may go on, and the rule that says so.
    fn room(&self, left: Duration) -> (Duration, &'static str) {
        let kind = self.segment().step.kind;
        let following = self.plan.exposures(self.index + 1);
        let total = self.elapsed() + left + following.iter().map(|(_, length)| *length).sum();
        let mut rooms = vec![(SESSION.saturating_sub(total), "session-limit")];
        if let Some(modality) = kind.modality() {
            let planned = following.iter().filter(|(kind, _)| kind.modality() == Some(modality));
            let dose = self.dose(modality) + left + planned.map(|(_, length)| *length).sum();
            rooms.push((SESSION_DOSE.saturating_sub(dose), "session-limit"));
            let rule = limit_rule(modality);
            rooms.push((self.load().after(kind, left).room(kind, &following), rule));
        }
        rooms.into_iter().min_by_key(|(room, _)| *room).unwrap_or((Duration::ZERO, "session-limit"))
    }

    /// Fits what follows to the skin as it will be at the end of the step.
    fn replan(&mut self) {
        let kind = self.segment().step.kind;
        let end = self.segment().end().max(self.elapsed());
        let left = end.saturating_sub(self.elapsed());
        let load = self.load().after(kind, left);
        let doses = Modality::ALL.map(|modality| {
            let more = if kind.modality() == Some(modality) { left } else { Duration::ZERO };
            self.dose(modality) + more
        });
        self.plan.fit(self.index + 1, end, load, |modality| doses[modality as usize]);
        // The end may have moved, or something may come now that has to be announced; not in the past.
        self.soon = self.plan.cue(self.index, Cue::Soon).is_some_and(|soon| soon <= self.elapsed());
    }

    /// The step is over at `at`: its length becomes what it was.
    fn close_step(&mut self, at: Moment) {
        let length = self.elapsed_at(at).saturating_sub(self.segment().start);
        self.plan.set_length(self.index, length);
    }

    fn leave(&mut self, at: Moment, events: &mut Vec<Event>) {
        self.settle(at);
        self.close_step(at);
        self.begin(self.index + 1, at, events);
    }

    /// Begins step `index`, or the first one after it that the dose law leaves time for.
    fn begin(&mut self, index: usize, at: Moment, events: &mut Vec<Event>) {
        let start = self.elapsed_at(at);
        let (load, doses) = (self.load, self.doses);
        self.plan.fit(index, start, load, |modality| doses[modality as usize]);
        for index in index..self.plan.segments().len() {
            self.index = index;
            let segment = self.segment();
            let length = segment.length;
            if length > Duration::ZERO {
                self.phase = Phase::Running;
                (self.halfway, self.soon) = (false, false);
                events.push(self.event(at, EventKind::StepBegan { length }));
                return;
            }
            let kind = segment.step.kind;
            let full = load.room(kind, &[]) < STEP_MIN;
            let by_rule = kind.modality().map(|modality| if full { limit_rule(modality) } else { "session-limit" });
            events.push(self.event(at, EventKind::Skipped { by_rule }));
        }
        self.finish(at, Outcome::Completed, events);
    }

    fn finish(&mut self, at: Moment, outcome: Outcome, events: &mut Vec<Event>) {
        self.settle(at);
        if let Phase::Paused { since, .. } = self.phase {
            self.origin = self.origin + at.since(since);
            self.phase = Phase::Running;
        }
        if outcome == Outcome::Stopped {
            self.close_step(at);
        }
        let [cold, heat] = self.doses;
        events.push(self.event(at, EventKind::Finished { outcome, cold, heat }));
        self.phase = Phase::Over(outcome);
        // A session that is over has no time after its end.
        self.now = at;
    }
}

fn limit_rule(modality: Modality) -> &'static str {
    match modality {
        Modality::Cold => "cold-limit",
        Modality::Heat => "heat-limit",
    }
}
