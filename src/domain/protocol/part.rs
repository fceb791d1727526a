//! What a protocol consists of: lengths with ranges, steps, and groups of steps. It must not know rules.

use std::time::Duration;

use crate::domain::step::StepKind;

/// A number with the range in which a person may choose another one: `min <= default <= max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range<T> {
    /// The value without a choice.
    pub default: T,
    /// A smaller length is allowed, with a note, when there is anything to choose.
    pub min: T,
    /// A larger choice is refused, when the range is stated.
    pub max: T,
    /// The range is stated, and binds even when it has one value. A value alone is only a default.
    pub stated: bool,
}

impl<T: Copy + PartialOrd> Range<T> {
    /// One value, without a range.
    pub fn fixed(value: T) -> Range<T> {
        Range { default: value, min: value, max: value, stated: false }
    }

    /// Whether there is anything to choose.
    pub fn is_open(&self) -> bool {
        self.min < self.max
    }
}

/// A step of a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftStep {
    /// What is done.
    pub kind: StepKind,
    /// Its length and the range of choices.
    pub length: Range<Duration>,
    /// The author's note, shown while the step runs.
    pub note: Option<String>,
    /// What to say before it begins, instead of the built-in words.
    pub cue: Option<String>,
    /// Whether a dose has the skin check in its middle.
    pub halfway: bool,
    /// Whether the last round has this step too.
    pub last_round: bool,
    /// Sources of the length; empty when the file names none.
    pub sources: Vec<String>,
}

impl DraftStep {
    /// A step of a fixed length, in every round, with the skin check of a dose, and with nothing else.
    pub fn new(kind: StepKind, length: Duration) -> DraftStep {
        let length = Range::fixed(length);
        DraftStep { kind, length, note: None, cue: None, halfway: true, last_round: true, sources: Vec::new() }
    }
}

/// A part of a draft: a step, or a group of steps. Groups hold steps only.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// One step.
    Step(DraftStep),
    /// Steps that are repeated together in every round.
    Group {
        /// How often, at least once.
        times: u32,
        /// The steps of one repetition.
        steps: Vec<DraftStep>,
    },
}

impl Part {
    /// The steps of one repetition.
    pub fn steps(&self) -> &[DraftStep] {
        match self {
            Part::Step(step) => std::slice::from_ref(step),
            Part::Group { steps, .. } => steps,
        }
    }

    /// How often they are repeated; 1 for a step.
    pub fn times(&self) -> u32 {
        match self {
            Part::Step(_) => 1,
            Part::Group { times, .. } => *times,
        }
    }
}
