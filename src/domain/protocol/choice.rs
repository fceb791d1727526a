//! What a person chooses instead of the defaults of a protocol. It must not know what a protocol offers.

use std::time::Duration;

use crate::domain::step::StepKind;

/// What a person chose instead of the defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Length of the one step.
    pub length: Option<Duration>,
    /// Length of every step of heat.
    pub heat: Option<Duration>,
    /// Length of every step of cold.
    pub cold: Option<Duration>,
    /// Length of every rest, changeovers left out.
    pub rest: Option<Duration>,
    /// Number of rounds.
    pub rounds: Option<u32>,
    /// The length of the rest before every dose that begins or changes; zero for none.
    pub changeover: Option<Duration>,
}

impl Choice {
    /// The kinds of steps whose length can be chosen.
    pub const KINDS: [StepKind; 3] = [StepKind::Heat, StepKind::Cold, StepKind::Rest];

    /// The length that was chosen for every step of a kind.
    pub fn of_kind(self, kind: StepKind) -> Option<Duration> {
        match kind {
            StepKind::Heat => self.heat,
            StepKind::Cold => self.cold,
            StepKind::Rest => self.rest,
            StepKind::Stretch => None,
        }
    }

    /// The same choice with this length for every step of a kind.
    #[must_use]
    pub fn with(mut self, kind: StepKind, length: Duration) -> Choice {
        match kind {
            StepKind::Heat => self.heat = Some(length),
            StepKind::Cold => self.cold = Some(length),
            StepKind::Rest => self.rest = Some(length),
            StepKind::Stretch => {}
        }
        self
    }
}
