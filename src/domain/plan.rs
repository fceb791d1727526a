//! The plan: the steps of a protocol in a row from zero to the end, with cues at exact points.
//! It maps elapsed time to a place. It must not know what time it is or what a person did.

use std::time::Duration;

use crate::domain::dose::{Dose, Doses};
use crate::domain::exposure::{Exposure, Load};
use crate::domain::moment::Moment;
use crate::domain::protocol::Protocol;
use crate::domain::rules::{RuleId, SESSION_DOSE};
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality, Step};

/// A step with its place in the plan.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The step. Its `length` is that of the protocol.
    pub step: Step,
    /// Its start, in elapsed time of the session.
    pub start: Duration,
    /// Its planned length, or its real one once it is over. It exceeds the protocol's length only when
    /// the person extended the step or answered late.
    pub length: Duration,
    /// The longest that the file of the protocol allows, where it says so.
    pub longest: Option<Duration>,
    /// The rule that leaves it out, where one does.
    pub(super) left_out_by: Option<RuleId>,
}

impl Segment {
    /// Its end, in elapsed time of the session.
    pub fn end(&self) -> Duration {
        self.start.saturating_add(self.length)
    }
}

/// A point inside a step at which the person hears something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cue {
    /// The skin check in the middle of a dose.
    Halfway,
    /// [`SOON`] before a change that needs hands.
    Soon,
    /// The end of the step.
    Done,
}

/// How long before a change that needs hands the person hears of it (ours).
pub const SOON: Duration = Duration::from_secs(60);

/// A step is left out when the rules leave less than this of it.
const SHORTEST: Duration = Duration::from_secs(1);

/// What the skin has had when a step starts.
#[derive(Clone, Debug)]
pub(super) struct Had {
    /// When it starts.
    pub at: Moment,
    /// The load of the skin.
    pub load: Load,
    /// The doses that the session gave before.
    pub given: PerModality<Duration>,
    /// All doses until then, and the most cold of a day; `None` when the person overrode that.
    pub doses: Option<(Doses, Duration)>,
    /// What the day left of steps that began already, when a record is replayed: earlier doses may be placed a little
    /// differently then.
    pub begun: Vec<(usize, Duration)>,
}

/// The steps of a session in a row.
#[derive(Clone, Debug)]
pub struct Plan {
    segments: Vec<Segment>,
    rounds: u32,
}

impl Plan {
    /// The plan of a reviewed protocol, starting at zero.
    pub fn new(protocol: &Protocol) -> Plan {
        let segments = protocol.steps().iter().enumerate().map(|(index, step)| Segment {
            step: step.clone(),
            longest: protocol.longest(index),
            start: Duration::ZERO,
            length: step.length,
            left_out_by: None,
        });
        let mut plan = Plan { segments: segments.collect(), rounds: protocol.rounds() };
        plan.place(0, Duration::ZERO);
        plan
    }

    /// The steps and their places.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What is on, and for how long, from step `index` on.
    pub fn exposures(&self, index: usize) -> Vec<Exposure> {
        self.segments[index..].iter().map(|segment| (segment.step.kind, segment.length)).collect()
    }

    /// The number of rounds, at least 1.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The length of the whole plan.
    pub fn length(&self) -> Duration {
        self.segments.last().map_or(Duration::ZERO, Segment::end)
    }

    /// The next step after `index` that is not left out.
    pub fn next(&self, index: usize) -> Option<&Segment> {
        self.segments[index + 1..].iter().find(|segment| segment.length >= SHORTEST)
    }

    /// The dose after `index`, when that step is a changeover. `None` for other steps, and when the dose is left out.
    pub fn dose_after_changeover(&self, index: usize) -> Option<&Segment> {
        let next = self.segments[index].step.changeover.then(|| self.next(index)).flatten();
        next.filter(|next| next.step.kind.has_pack())
    }

    /// What the file says before the next step after `index`, instead of the built-in words.
    pub fn cue_of_next(&self, index: usize) -> Option<&str> {
        self.next(index)?.step.cue.as_deref()
    }

    /// The same where a step is too short to say it before its end: it is said when the step begins.
    pub fn early_cue(&self, index: usize) -> Option<&str> {
        let is_changeover = self.dose_after_changeover(index).is_some();
        self.cue_of_next(index).filter(|_| !is_changeover && self.cue(index, Cue::Soon).is_none())
    }

    /// The last step before `index` that was not left out.
    pub fn before(&self, index: usize) -> Option<&Segment> {
        self.segments[..index].iter().rev().find(|segment| segment.length > Duration::ZERO)
    }

    /// The time of a cue, in elapsed time of the session; `None` when the step has no such cue.
    pub fn cue(&self, index: usize, cue: Cue) -> Option<Duration> {
        let segment = &self.segments[index];
        match cue {
            Cue::Halfway => {
                let has_check = segment.step.kind.has_pack() && segment.step.halfway;
                has_check.then(|| segment.start + segment.length / 2)
            }
            Cue::Soon => {
                let next = self.next(index).map(|next| &next.step);
                let needs_hands =
                    segment.step.kind.has_pack() || next.is_some_and(|next| next.kind.has_pack() || next.cue.is_some());
                let before = segment.length.checked_sub(SOON).filter(|before| *before > Duration::ZERO)?;
                needs_hands.then(|| segment.start + before)
            }
            Cue::Done => Some(segment.end()),
        }
    }

    /// Every cue of the plan, in order of time.
    pub fn cues(&self) -> Vec<(Duration, usize, Cue)> {
        let all = (0..self.segments.len()).flat_map(|index| {
            let cues = [Cue::Halfway, Cue::Soon, Cue::Done];
            cues.into_iter().filter_map(move |cue| self.cue(index, cue).map(|at| (at, index, cue)))
        });
        let mut all: Vec<_> = all.collect();
        all.sort();
        all
    }

    /// Sets the real or the new length of a step.
    pub(super) fn set_length(&mut self, index: usize, length: Duration) {
        self.segments[index].length = length;
    }

    /// Places the steps from `index` on, one after the other from `start`.
    pub(super) fn place(&mut self, index: usize, start: Duration) {
        let mut at = start;
        for segment in &mut self.segments[index..] {
            segment.start = at;
            at = at.saturating_add(segment.length);
        }
    }

    /// Shortens the steps from `index` on to what the rules leave of them, and places them. `had` is what the skin has
    /// had when `index` starts.
    ///
    /// A stall or a skipped step changes what the skin has had. Because of this fit the session never plans a load
    /// above its limit, nor more cold than a day may have.
    pub(super) fn fit(&mut self, index: usize, start: Duration, mut had: Had) {
        for (index, segment) in self.segments.iter_mut().enumerate().skip(index) {
            let kind = segment.step.kind;
            (segment.length, segment.left_out_by) = (segment.step.length, None);
            if let Some(modality) = kind.modality() {
                let rooms = had.rooms(index, modality, segment.step.length);
                segment.length = rooms.iter().fold(segment.length, |length, (room, _)| length.min(*room));
                if segment.length < SHORTEST {
                    let rule = rooms.iter().find(|(room, _)| *room < SHORTEST).map_or(RuleId::SessionLimit, |of| of.1);
                    (segment.length, segment.left_out_by) = (Duration::ZERO, Some(rule));
                }
            }
            had.pass(&segment.step, segment.length);
            if !segment.length.is_zero() {
                // The steps after the one that begins are planned as they were then.
                had.begun.clear();
            }
        }
        self.place(index, start);
    }
}

impl Had {
    /// How long the pack of a step may be on, by each rule that limits it.
    fn rooms(&self, index: usize, modality: Modality, longest: Duration) -> [(Duration, RuleId); 3] {
        let begun = self.begun.iter().find(|(step, _)| *step == index);
        let day = match (&self.doses, begun) {
            (Some(_), Some((_, length))) if modality == Modality::Cold => *length,
            (Some((doses, most)), None) if modality == Modality::Cold => {
                doses.room_in_a_day(modality, self.at, longest, *most)
            }
            _ => Duration::MAX,
        };
        [
            (self.load.room(modality.into(), &[]), RuleId::limit_of(modality)),
            (SESSION_DOSE.saturating_sub(self.given[modality]), RuleId::SessionLimit),
            (day, RuleId::ColdDaily),
        ]
    }

    /// A step of this length passes.
    fn pass(&mut self, step: &Step, length: Duration) {
        let (from, to) = (self.at, self.at + length);
        if let Some(modality) = step.kind.modality() {
            self.given[modality] += length;
            let dose = Dose { modality, from, to, session: from, site: Site::OTHER, relieves: false };
            self.doses.iter_mut().for_each(|(doses, _)| doses.push(dose));
        }
        (self.at, self.load) = (to, self.load.after(step.kind, length));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::protocol::{Choice, Draft};
    use crate::domain::rules::COLD_DAILY;
    use crate::domain::rules::Context;
    use crate::domain::step::StepKind;

    fn minutes(number: u64) -> Duration {
        Duration::from_secs(number * 60)
    }

    fn plan(kinds: &[(StepKind, u64)]) -> Plan {
        let steps: Vec<_> = kinds.iter().map(|&(kind, length)| (kind, minutes(length))).collect();
        let protocol = Draft::of("test", &steps).review(Choice::default(), &Context::default(), &[]);
        Plan::new(&protocol.expect("within every rule"))
    }

    #[test]
    fn cues_are_at_exact_points() {
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
    }

    #[test]
    fn a_minute_has_no_minute_before_its_end() {
        let plan = plan(&[(StepKind::Heat, 10), (StepKind::Cold, 1), (StepKind::Heat, 4)]);
        assert_eq!(plan.cue(1, Cue::Soon), None);
    }

    #[test]
    fn fitting_shortens_steps_to_the_room_that_is_left_and_leaves_out_the_rest() {
        let mut plan = plan(&[(StepKind::Cold, 10), (StepKind::Heat, 5), (StepKind::Cold, 10)]);
        let load = Load::NONE.after(StepKind::Cold, minutes(14));
        let had = |load, given| {
            let (at, doses, begun) = (Moment::default(), Some((Doses::default(), COLD_DAILY)), Vec::new());
            Had { at, load, given, doses, begun }
        };
        plan.fit(0, minutes(3), had(load, PerModality::default()));
        let lengths: Vec<_> = plan.segments().iter().map(|segment| segment.length).collect();
        assert_eq!(lengths, [minutes(6), minutes(5), minutes(5)]);
        assert_eq!(plan.segments()[2].start, minutes(14));
        plan.fit(0, minutes(0), had(Load::NONE.after(StepKind::Cold, minutes(60)), PerModality::default()));
        assert_eq!(plan.segments()[0].length, Duration::ZERO);
        plan.fit(0, minutes(0), had(Load::NONE, PerModality { cold: minutes(55), heat: Duration::ZERO }));
        let lengths: Vec<_> = plan.segments().iter().map(|segment| segment.length).collect();
        assert_eq!(lengths, [minutes(5), minutes(5), Duration::ZERO]);
    }
}
