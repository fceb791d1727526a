//! The plan: the steps of a protocol on a line from zero to the end, with cues at exact points.
//! It maps elapsed time to a place; it must not know what time it is or what a person did.

use std::time::Duration;

use crate::domain::advice;
use crate::domain::exposure::{Exposure, Load};
use crate::domain::protocol::Protocol;
use crate::domain::rules::SESSION_DOSE;
use crate::domain::step::{Modality, Step, StepKind};

/// A step in its place.
#[derive(Clone, Debug)]
pub struct Segment {
    /// What is done. Its `length` is what the protocol asks for.
    pub step: Step,
    /// Where it starts, in elapsed time of the session.
    pub start: Duration,
    /// How long it is planned, or was: at most the protocol's length unless the person extends it.
    pub length: Duration,
}

impl Segment {
    /// Where it ends, in elapsed time of the session.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.start.saturating_add(self.length)
    }
}

/// A point inside a step at which something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cue {
    /// The skin check in the middle of a dose.
    Halfway,
    /// [`SOON`] before a change that needs hands.
    Soon,
    /// The end of the step.
    Done,
}

/// How long before a change that needs hands it is announced (ours).
pub const SOON: Duration = Duration::from_secs(60);

/// A step that the dose law leaves less than this is left out.
const SHORTEST: Duration = Duration::from_secs(1);

/// The steps of a session on one line.
#[derive(Clone, Debug)]
pub struct Plan {
    segments: Vec<Segment>,
    rounds: u32,
}

impl Plan {
    /// Lays out a reviewed protocol from zero.
    #[must_use]
    pub fn new(protocol: &Protocol) -> Plan {
        let segments = protocol.steps().iter().map(|step| Segment {
            step: step.clone(),
            start: Duration::ZERO,
            length: step.length,
        });
        let mut plan = Plan { segments: segments.collect(), rounds: protocol.rounds() };
        plan.lay(0, Duration::ZERO);
        plan
    }

    /// The steps in their places.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What is on and for how long, from `index` on.
    #[must_use]
    pub fn exposures(&self, index: usize) -> Vec<Exposure> {
        self.segments[index..].iter().map(|segment| (segment.step.kind, segment.length)).collect()
    }

    /// How many rounds, at least 1.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// Length of the whole.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.segments.last().map_or(Duration::ZERO, Segment::end)
    }

    /// The next step after `index` that is not left out.
    #[must_use]
    pub fn next(&self, index: usize) -> Option<&Segment> {
        self.segments[index + 1..].iter().find(|segment| segment.length >= SHORTEST)
    }

    /// Whether a step comes straight after cold, steps that were left out not counted.
    #[must_use]
    pub fn after_cold(&self, index: usize) -> bool {
        self.before(index).is_some_and(|segment| segment.step.kind == StepKind::Cold)
    }

    /// The last step before `index` that was not left out.
    #[must_use]
    pub fn before(&self, index: usize) -> Option<&Segment> {
        self.segments[..index].iter().rev().find(|segment| segment.length > Duration::ZERO)
    }

    /// Where a cue stands, in elapsed time; `None` when the step has no such cue.
    #[must_use]
    pub fn cue(&self, index: usize, cue: Cue) -> Option<Duration> {
        let segment = &self.segments[index];
        match cue {
            Cue::Halfway => advice::halfway(segment.step.kind).map(|_| segment.start + segment.length / 2),
            Cue::Soon => {
                let next = self.next(index).map(|next| next.step.kind);
                let before = segment.length.checked_sub(SOON).filter(|before| *before > Duration::ZERO)?;
                advice::soon(segment.step.kind, next).map(|_| segment.start + before)
            }
            Cue::Done => Some(segment.end()),
        }
    }

    /// Every cue of the whole plan, in order of time.
    #[must_use]
    pub fn cues(&self) -> Vec<(Duration, usize, Cue)> {
        let all = (0..self.segments.len()).flat_map(|index| {
            let cues = [Cue::Halfway, Cue::Soon, Cue::Done];
            cues.into_iter().filter_map(move |cue| self.cue(index, cue).map(|at| (at, index, cue)))
        });
        let mut all: Vec<_> = all.collect();
        all.sort();
        all
    }

    /// Sets what a step really took, or is now to take.
    pub(super) fn set_length(&mut self, index: usize, length: Duration) {
        self.segments[index].length = length;
    }

    /// Lays the steps from `index` on anew, `index` at `start`.
    pub(super) fn lay(&mut self, index: usize, start: Duration) {
        let mut at = start;
        for segment in &mut self.segments[index..] {
            segment.start = at;
            at = at.saturating_add(segment.length);
        }
    }

    /// Shortens the steps from `index` on to what the dose law leaves them, given the load on the
    /// skin when `index` starts and the dose that the session gave already, and lays them anew.
    ///
    /// A stall or a skipped step changes what the skin carries; this keeps the engine from ever
    /// planning a load above its limit.
    pub(super) fn fit(&mut self, index: usize, start: Duration, load: Load, given: impl Fn(Modality) -> Duration) {
        let mut load = load;
        let mut given = Modality::ALL.map(given);
        for segment in &mut self.segments[index..] {
            let kind = segment.step.kind;
            let mut length = segment.step.length.min(load.room(kind, &[]));
            if let Some(modality) = kind.modality() {
                let given = &mut given[modality as usize];
                length = length.min(SESSION_DOSE.saturating_sub(*given));
                if length < SHORTEST {
                    length = Duration::ZERO;
                }
                *given += length;
            }
            segment.length = length;
            load = load.after(kind, length);
        }
        self.lay(index, start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::protocol::{Choice, Draft};
    use crate::domain::rules::Context;

    fn minutes(number: u64) -> Duration {
        Duration::from_secs(number * 60)
    }

    fn plan(kinds: &[(StepKind, u64)]) -> Plan {
        let steps: Vec<_> = kinds.iter().map(|&(kind, length)| (kind, minutes(length))).collect();
        let protocol = Draft::of("test", &steps).review(Choice::default(), &Context::default(), &[]);
        Plan::new(&protocol.expect("within every rule"))
    }

    #[test]
    fn cues_stand_at_exact_points() {
        let plan = plan(&[(StepKind::Heat, 20), (StepKind::Cold, 10), (StepKind::Rest, 5)]);
        let expected = [
            (minutes(10), 0, Cue::Halfway),
            (minutes(19), 0, Cue::Soon),
            (minutes(20), 0, Cue::Done),
            (minutes(25), 1, Cue::Halfway),
            (minutes(29), 1, Cue::Soon),
            (minutes(30), 1, Cue::Done),
            (minutes(35), 2, Cue::Done),
        ];
        assert_eq!(plan.cues(), expected);
        assert_eq!(plan.length(), minutes(35));
        assert!((0..3).all(|index| plan.after_cold(index) == (index == 2)));
    }

    #[test]
    fn a_minute_has_no_minute_before_its_end() {
        let plan = plan(&[(StepKind::Heat, 10), (StepKind::Cold, 1), (StepKind::Heat, 4)]);
        assert_eq!(plan.cue(1, Cue::Soon), None);
        assert!(plan.after_cold(2));
    }

    #[test]
    fn fitting_shortens_to_what_the_skin_may_have_and_leaves_out_the_rest() {
        let mut plan = plan(&[(StepKind::Cold, 10), (StepKind::Heat, 5), (StepKind::Cold, 10)]);
        let load = Load::NONE.after(StepKind::Cold, minutes(14));
        plan.fit(0, minutes(3), load, |_| Duration::ZERO);
        let lengths: Vec<_> = plan.segments().iter().map(|segment| segment.length).collect();
        assert_eq!(lengths, [minutes(6), minutes(5), minutes(5)]);
        assert_eq!(plan.segments()[2].start, minutes(14));
        plan.fit(0, minutes(0), Load::NONE.after(StepKind::Cold, minutes(60)), |_| Duration::ZERO);
        assert_eq!(plan.segments()[0].length, Duration::ZERO);
        plan.fit(0, minutes(0), Load::NONE, |modality| match modality {
            Modality::Cold => minutes(55),
            Modality::Heat => Duration::ZERO,
        });
        let lengths: Vec<_> = plan.segments().iter().map(|segment| segment.length).collect();
        assert_eq!(lengths, [minutes(5), minutes(5), Duration::ZERO]);
    }
}
