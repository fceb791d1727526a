//! What is said to a session, and what it answers. Only nouns: what they lead to is the session's.

use std::time::Duration;

/// A point in time since an arbitrary origin, on a clock that counts while the machine sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Duration);

impl Moment {
    /// The moment so long after the origin.
    #[must_use]
    pub const fn new(since_origin: Duration) -> Moment {
        Moment(since_origin)
    }

    /// Time since the origin.
    #[must_use]
    pub const fn since_origin(self) -> Duration {
        self.0
    }

    /// Time from `earlier` to here; none when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Moment) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl std::ops::Add<Duration> for Moment {
    type Output = Moment;

    fn add(self, length: Duration) -> Moment {
        Moment(self.0.saturating_add(length))
    }
}

/// What a person says to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The pack is off.
    Pause,
    /// The pack is on again.
    Resume,
    /// The one of the two that changes something: the space bar.
    Toggle,
    /// On to the next step.
    Skip,
    /// So much longer, as far as the rules allow.
    Extend(Duration),
    /// The change is made.
    Confirm,
    /// The end.
    Stop,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every step was gone through or skipped.
    Completed,
    /// The person stopped it.
    Stopped,
}

impl Outcome {
    /// Its name in JSON and in the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Completed => "completed",
            Outcome::Stopped => "stopped",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The step was ended early by the person, or left out by the dose law.
    Skipped {
        /// The rule that leaves no dose for the step, when it was not the person.
        by_rule: Option<&'static str>,
    },
    /// The step lasts longer now.
    Extended {
        /// By how much; zero when nothing was allowed.
        by: Duration,
        /// The rule that allowed less than was asked for.
        by_rule: Option<&'static str>,
    },
    /// The step is past its end and the session holds there. Said again every [`REMIND`](super::REMIND).
    Overran {
        /// How far past its end.
        over: Duration,
    },
    /// The person answered: the change is made.
    Confirmed,
    /// The session is over.
    Finished {
        /// How.
        outcome: Outcome,
        /// Cold given.
        cold: Duration,
        /// Heat given.
        heat: Duration,
    },
}

impl EventKind {
    /// Its name in JSON and in the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Started => "started",
            EventKind::StepBegan { .. } => "step_began",
            EventKind::Halfway => "halfway",
            EventKind::StepSoon => "step_soon",
            EventKind::Paused => "paused",
            EventKind::Resumed => "resumed",
            EventKind::Skipped { .. } => "skipped",
            EventKind::Extended { .. } => "extended",
            EventKind::Overran { .. } => "overran",
            EventKind::Confirmed => "confirmed",
            EventKind::Finished { .. } => "finished",
        }
    }

    /// What the person said that made this event; `None` for what time alone brings.
    #[must_use]
    pub fn input(self) -> Option<Input> {
        match self {
            EventKind::Paused => Some(Input::Pause),
            EventKind::Resumed => Some(Input::Resume),
            EventKind::Skipped { by_rule: None } => Some(Input::Skip),
            EventKind::Extended { by, .. } => Some(Input::Extend(by)),
            EventKind::Confirmed => Some(Input::Confirm),
            EventKind::Finished { outcome: Outcome::Stopped, .. } => Some(Input::Stop),
            EventKind::Started
            | EventKind::StepBegan { .. }
            | EventKind::Halfway
            | EventKind::StepSoon
            | EventKind::Skipped { by_rule: Some(_) }
            | EventKind::Overran { .. }
            | EventKind::Finished { outcome: Outcome::Completed, .. } => None,
        }
    }
}

/// Something that happened, exactly when it was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Moment,
    /// Elapsed time of the session, pauses left out.
    pub elapsed: Duration,
    /// The step, from 0.
    pub step: usize,
    /// What.
    pub kind: EventKind,
}
