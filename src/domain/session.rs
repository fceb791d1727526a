//! The state machine of a running session. It receives the time and the person's inputs and returns
//! events. It must not read a clock, a terminal or a disk.
//!
//! Three laws of time:
//! - A late wake inside a step changes nothing: the pack was on, so the time counts.
//! - A late wake past the end of a step adds the gap to that step. The session then *holds* there until
//!   the person answers, so no step passes without an alarm. `--confirm` is the same hold at every end.
//! - Pause means that the pack is off. Without an input the pack is on.
//!
//! A leap of the time of day while a pack is on is a correction, or time that this machine did not see. The step holds
//! until the person says which.
//!
//! Elapsed time is a difference of moments; nothing accumulates ticks.

use std::time::Duration;

use crate::domain::dose::{Dose, Doses};
use crate::domain::exposure::Load;
use crate::domain::plan::{Cue, Had, Plan};
use crate::domain::protocol::Protocol;
use crate::domain::rules::{COLD_DAILY, RuleId};
use crate::domain::site::Site;
use crate::domain::step::{PerModality, StepKind};

mod event;
mod extension;
mod hold;
mod state;

pub use crate::domain::moment::Moment;
pub use event::{Event, EventKind, Input, Outcome};

/// How a session treats the ends of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// Every change waits for the person.
    pub confirm: bool,
    /// A wake later than this past the end of a step is late.
    pub grace: Duration,
}

impl Default for SessionOptions {
    fn default() -> SessionOptions {
        SessionOptions { confirm: false, grace: GRACE }
    }
}

/// How late the end of a step may be noticed before the session holds (ours): longer than a busy
/// machine needs, and too short to matter.
pub const GRACE: Duration = Duration::from_secs(2);

/// How often an alarm without an answer is repeated (ours).
pub const REMIND: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// Past the end of the step, the pack still on, until the person answers. Before its end only after a leap of the
    /// time of day by `leapt`. When the next dose is `refused`, an answer takes the pack off and pauses.
    Held {
        remind: Moment,
        leapt: Duration,
        refused: bool,
    },
    /// The pack is off. `at_end` when the step was over already.
    Paused {
        since: Moment,
        at_end: bool,
    },
    /// The pack was off already when it was stopped `in_pause`.
    Over {
        outcome: Outcome,
        in_pause: bool,
    },
}

/// A running session.
#[derive(Clone, Debug)]
pub struct Session {
    plan: Plan,
    site: Site,
    options: SessionOptions,
    index: usize,
    phase: Phase,
    /// When the session started.
    began: Moment,
    /// Elapsed time counts from here. A pause moves it forward.
    origin: Moment,
    /// The latest moment that the session was given.
    now: Moment,
    /// Whether these cues of the current step are past.
    halfway: bool,
    soon: bool,
    /// `load` and `doses` include everything up to this moment.
    settled: Moment,
    load: Load,
    /// The doses of earlier sessions and of this one.
    doses: Doses,
    /// The most cold of a day; `None` when the person overrode it.
    most_of_a_day: Option<Duration>,
    /// The person skipped the rest of a dose.
    cut_short: bool,
    /// While a record is replayed: the steps that began, and their lengths.
    begun: Option<Vec<(usize, Duration)>>,
}

impl Session {
    /// Starts the clock.
    #[must_use]
    pub fn start(protocol: &Protocol, options: SessionOptions, now: Moment) -> (Session, Vec<Event>) {
        Session::start_again(protocol, options, now, None)
    }

    /// The same for a record. These steps began with these lengths, zero for those that a rule left out. The room that the
    /// day left for them, and for extensions, is not computed again until [`Session::end_replay`].
    pub(super) fn start_again(
        protocol: &Protocol,
        options: SessionOptions,
        now: Moment,
        begun: Option<Vec<(usize, Duration)>>,
    ) -> (Session, Vec<Event>) {
        let mut session = Session {
            plan: Plan::new(protocol),
            site: protocol.site(),
            options,
            index: 0,
            phase: Phase::Running,
            began: now,
            origin: now,
            now,
            halfway: false,
            soon: false,
            settled: now,
            load: protocol.initial_load(),
            doses: protocol.doses().clone(),
            most_of_a_day: (!protocol.overrides(RuleId::ColdDaily)).then_some(COLD_DAILY),
            cut_short: false,
            begun,
        };
        let mut events = vec![session.event(now, EventKind::Started)];
        session.begin(0, now, &mut events);
        (session, events)
    }

    /// The record is over.
    pub(super) fn end_replay(&mut self) {
        self.begun = None;
    }

    /// Time has passed.
    #[must_use]
    pub fn advance(&mut self, now: Moment) -> Vec<Event> {
        let mut events = Vec::new();
        // When a clock steps back, the session's time stands still.
        self.now = self.now.max(now);
        while let Some(due) = self.wake_at().filter(|due| *due <= self.now) {
            match self.phase {
                Phase::Running if self.now.since(self.end()) > self.options.grace => self.overrun(&mut events),
                Phase::Running => self.cue(due, &mut events),
                Phase::Held { .. } => self.remind(&mut events),
                Phase::Paused { .. } | Phase::Over { .. } => break,
            }
        }
        events
    }

    /// Time has passed, and then an input arrived.
    #[must_use]
    pub fn handle(&mut self, now: Moment, input: Input) -> Vec<Event> {
        let mut all = self.advance(now);
        let events = &mut all;
        match (input, self.phase) {
            (_, Phase::Over { .. }) => {}
            (Input::Stop, _) => self.finish(self.now, Outcome::Stopped, events),
            (Input::Pause | Input::Toggle, Phase::Running) => self.pause(false, events),
            (Input::Pause | Input::Toggle, Phase::Held { .. }) if self.now < self.end() => {
                self.go_on();
                self.pause(false, events);
            }
            (Input::Pause | Input::Toggle, Phase::Held { .. })
            | (Input::Confirm | Input::Resume | Input::Skip, Phase::Held { refused: true, .. }) => {
                self.pause(true, events);
            }
            (Input::Resume | Input::Toggle | Input::Confirm, Phase::Paused { .. }) => self.resume(events),
            (Input::Skip, Phase::Paused { at_end, .. }) => {
                self.resume(events);
                if !at_end {
                    self.skip(events);
                }
            }
            (Input::Skip, Phase::Running) => self.skip(events),
            (Input::Skip, Phase::Held { .. }) if self.now < self.end() => self.skip(events),
            (Input::Confirm | Input::Resume | Input::Skip, Phase::Held { .. }) => {
                events.push(self.event(self.now, EventKind::Confirmed));
                if self.now < self.end() {
                    self.go_on();
                } else {
                    self.leave(self.now, events);
                }
            }
            (Input::Extend(by), _) => self.extend(by, events),
            (Input::Leap(by), Phase::Running) if self.segment().step.kind.has_pack() => {
                self.phase = Phase::Held { remind: self.now + REMIND, leapt: by, refused: false };
                events.push(self.event(self.now, EventKind::Leapt { by }));
            }
            _ => {}
        }
        all
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

    /// What is on the skin: nothing in a pause, otherwise the pack of the step.
    fn on(&self) -> StepKind {
        match self.phase {
            Phase::Paused { .. } | Phase::Over { .. } => StepKind::Rest,
            Phase::Running | Phase::Held { .. } => self.segment().step.kind,
        }
    }

    /// Brings load and doses up to `to`. It must be called before anything changes what is on.
    fn settle(&mut self, to: Moment) {
        let (on, from, site) = (self.on(), self.settled, self.site);
        self.load = self.load.after(on, to.since(from));
        if let Some(modality) = on.modality() {
            self.doses.push(Dose { modality, from, to, session: self.began, site, relieves: true });
        }
        self.settled = from.max(to);
    }

    /// The next cue of the running step and its time.
    fn due(&self) -> (Cue, Duration) {
        let is_past = |cue| match cue {
            Cue::Halfway => self.halfway,
            Cue::Soon => self.soon,
            Cue::Done => false,
        };
        let cues = [Cue::Halfway, Cue::Soon, Cue::Done];
        let due = cues.into_iter().filter(|cue| !is_past(*cue));
        let due = due.filter_map(|cue| self.plan.cue(self.index, cue).map(|at| (cue, at)));
        due.min_by_key(|&(cue, at)| (at, cue)).unwrap_or((Cue::Done, self.segment().end()))
    }

    /// A cue was due at `at` and is noticed in time.
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
            Cue::Done if self.options.confirm => {
                self.phase = Phase::Held { remind: at + REMIND, leapt: Duration::ZERO, refused: false };
                events.push(self.event(at, EventKind::Overran { over: Duration::ZERO }));
            }
            Cue::Done => self.leave(at, events),
        }
    }

    fn pause(&mut self, at_end: bool, events: &mut Vec<Event>) {
        events.push(self.event(self.now, EventKind::Paused));
        self.settle(self.now);
        if at_end {
            self.close_step(self.now);
            // The plan did not include the time of the hold.
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
            // The skin recovers in a pause, so a step that was left out may fit again.
            self.replan();
        }
    }

    fn skip(&mut self, events: &mut Vec<Event>) {
        self.cut_short |= self.segment().step.kind.has_pack();
        events.push(self.event(self.now, EventKind::Skipped { by_rule: None }));
        self.leave(self.now, events);
    }

    /// Fits the following steps to what the skin has had at the end of this one.
    fn replan(&mut self) {
        let kind = self.segment().step.kind;
        let end = self.segment().end().max(self.elapsed());
        let left = end.saturating_sub(self.elapsed());
        let load = self.load().after(kind, left);
        let given = PerModality::from_fn(|modality| {
            let more = if kind.modality() == Some(modality) { left } else { Duration::ZERO };
            self.dose(modality) + more
        });
        let doses = self.most_of_a_day.map(|most| (self.doses_with(left), most));
        self.plan.fit(self.index + 1, end, Had { at: self.now + left, load, given, doses, begun: Vec::new() });
        // The end or the next step may have changed. A cue in the past stays past.
        self.soon = self.plan.cue(self.index, Cue::Soon).is_some_and(|soon| soon <= self.elapsed());
    }

    /// The step is over at `at`: its length becomes its real one.
    fn close_step(&mut self, at: Moment) {
        let length = self.elapsed_at(at).saturating_sub(self.segment().start);
        self.plan.set_length(self.index, length);
    }

    fn leave(&mut self, at: Moment, events: &mut Vec<Event>) {
        self.settle(at);
        self.close_step(at);
        self.begin(self.index + 1, at, events);
    }

    /// Begins step `index`, or the first one after it for which the rules leave room.
    fn begin(&mut self, index: usize, at: Moment, events: &mut Vec<Event>) {
        let start = self.elapsed_at(at);
        let (load, given, doses) = (self.load, self.given(), self.most_of_a_day.map(|most| (self.doses.clone(), most)));
        self.plan.fit(index, start, Had { at, load, given, doses, begun: self.begun.clone().unwrap_or_default() });
        for index in index..self.plan.segments().len() {
            self.index = index;
            let segment = self.segment();
            let (length, by_rule) = (segment.length, segment.left_out_by);
            if length > Duration::ZERO {
                self.phase = Phase::Running;
                (self.halfway, self.soon) = (false, false);
                events.push(self.event(at, EventKind::StepBegan { length }));
                return;
            }
            events.push(self.event(at, EventKind::Skipped { by_rule }));
        }
        self.finish(at, if self.cut_short { Outcome::EndedEarly } else { Outcome::Completed }, events);
    }

    fn finish(&mut self, at: Moment, outcome: Outcome, events: &mut Vec<Event>) {
        self.settle(at);
        let in_pause = self.is_paused();
        if let Phase::Paused { since, .. } = self.phase {
            self.origin = self.origin + at.since(since);
            self.phase = Phase::Running;
        }
        if outcome == Outcome::Stopped {
            self.close_step(at);
        }
        events.push(self.event(at, EventKind::Finished { outcome, given: self.given() }));
        self.phase = Phase::Over { outcome, in_pause };
        // The time of a session stops at its end.
        self.now = at;
    }
}
