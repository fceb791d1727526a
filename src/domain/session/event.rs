//! The inputs and the events of a session. This module must not know what they lead to.

use std::time::Duration;

use strum::{EnumString, IntoStaticStr};

use crate::domain::moment::Moment;
use crate::domain::rules::RuleId;
use crate::domain::step::PerModality;

/// What a person asks of a session.
#[derive(Clone, Copy, Debug, EnumString, IntoStaticStr, PartialEq, Eq)]
#[strum(serialize_all = "snake_case")]
pub enum Input {
    /// The pack is off.
    Pause,
    /// The pack is on again.
    Resume,
    /// Pause or resume, whichever changes something: the space bar.
    Toggle,
    /// On to the next step.
    Skip,
    /// The step lasts this much longer, as far as the rules allow.
    Extend(Duration),
    /// The person has changed the pack, or has looked at it.
    Confirm,
    /// The end.
    Stop,
    /// Ctrl-D: away from a session whose clock has not started. One that runs goes on.
    Leave,
    /// The time of day leapt this much further than the clock of the session: somebody set it, or this machine stood
    /// still.
    Leap(Duration),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, Default, EnumString, IntoStaticStr, PartialEq, Eq)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// Every step is over, or was left out by a rule.
    #[default]
    Completed,
    /// Every step is over, and the person cut a dose short.
    EndedEarly,
    /// The person stopped it.
    Stopped,
}

impl Outcome {
    /// The name in JSON and in the journal.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, EnumString, IntoStaticStr, PartialEq, Eq)]
#[strum(serialize_all = "snake_case")]
pub enum EventKind {
    /// The clock started.
    Started,
    /// A step began, planned for `length`.
    StepBegan {
        /// Planned length.
        length: Duration,
    },
    /// The middle of a dose: time for the skin check.
    Halfway,
    /// A minute before a change that needs hands.
    StepSoon,
    /// The pack is off.
    Paused,
    /// The pack is on again.
    Resumed,
    /// The person ended the step early, or the dose law left it out.
    Skipped {
        /// The rule that left no room for the step; `None` when it was the person.
        by_rule: Option<RuleId>,
    },
    /// The step lasts longer now.
    Extended {
        /// By how much; zero when nothing was allowed.
        by: Duration,
        /// The rule that allowed less than was asked for. `None` also when the protocol's own maximum did.
        by_rule: Option<RuleId>,
    },
    /// The step is past its end and the session holds there. Repeated every [`REMIND`](super::REMIND).
    Overran {
        /// The time since its end.
        over: Duration,
    },
    /// The person has changed the pack, or has looked at it.
    Confirmed,
    /// The time of day leapt while a pack is on, and the session holds. Repeated every [`REMIND`](super::REMIND).
    Leapt {
        /// How much further than the clock of the session.
        by: Duration,
    },
    /// The session is over.
    Finished {
        /// How it ended.
        outcome: Outcome,
        /// The doses that it gave.
        given: PerModality<Duration>,
    },
}

impl EventKind {
    /// The name in JSON and in the journal.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The input that caused this event or, for a reminder, the event before it; `None` when time alone did.
    pub fn input(self) -> Option<Input> {
        match self {
            EventKind::Paused => Some(Input::Pause),
            EventKind::Resumed => Some(Input::Resume),
            EventKind::Skipped { by_rule: None } => Some(Input::Skip),
            EventKind::Extended { by, .. } => Some(Input::Extend(by)),
            EventKind::Confirmed => Some(Input::Confirm),
            EventKind::Leapt { by } => Some(Input::Leap(by)),
            EventKind::Finished { outcome: Outcome::Stopped, .. } => Some(Input::Stop),
            _ => None,
        }
    }
}

/// Something that happened, at exactly the moment when it was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at: Moment,
    /// Elapsed time of the session, pauses left out.
    pub elapsed: Duration,
    /// The step, from 0.
    pub step: usize,
    /// What happened.
    pub kind: EventKind,
}
