//! What would pass instead of a plan that a rule refuses: the law and the limit of a session, solved for lengths and
//! for numbers of rounds. It must not know files or words.

use std::time::Duration;

use crate::domain::exposure::{Exposure, Load};
use crate::domain::protocol::{Choice, Draft, Part};
use crate::domain::rules::{Context, Finding, RuleId, SESSION, SESSION_STEPS, Severity, review};
use crate::domain::step::Step;

/// What would pass instead of a step whose load exceeds the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The step of the draft; see [`Step::origin`].
    pub origin: usize,
    /// How long it was meant to be.
    pub planned: Duration,
    /// The longest that it may be, in whole seconds, when the steps before it are as they are, or as long as they may
    /// be. It may be zero.
    pub longest: Duration,
    /// The rest right before it after which all of it passes. `None` when a rest does not help, when the step is
    /// repeated, and when the session would get too long.
    pub rest: Option<Duration>,
}

/// More steps than this are not shortened one after the other.
const STEPS_MOST: usize = 1000;

/// What would pass instead of each step whose load exceeds the limit on recovered skin, in the order of the steps. With
/// all of these lengths together, no load exceeds a limit.
pub fn lengths(steps: &[Step]) -> Vec<Nearest> {
    let mut exposures: Vec<Exposure> = steps.iter().map(|step| (step.kind, step.length)).collect();
    let mut all: Vec<Nearest> = Vec::new();
    for _ in 0..STEPS_MOST {
        let Some(index) = first_over(&exposures, |_| true) else { break };
        let origin = steps[index].origin;
        let is_it = |index: usize| steps[index].origin == origin && !steps[index].changeover;
        let longest = longest(&exposures, index, &is_it);
        if let Some(known) = all.iter_mut().find(|known| known.origin == origin) {
            // A step before it was shortened after it, and takes less off its load.
            (known.longest, known.rest) = (longest, None);
        } else {
            let (planned, rest) = (steps[index].length, rest_before(&exposures, index, &is_it));
            all.push(Nearest { origin, planned, longest, rest });
        }
        (0..steps.len()).filter(|index| is_it(*index)).for_each(|index| exposures[index].1 = longest);
    }
    all.sort_by_key(|nearest| nearest.origin);
    all
}

/// The first of these steps whose load exceeds its limit.
fn first_over(exposures: &[Exposure], counts: impl Fn(usize) -> bool) -> Option<usize> {
    let mut load = Load::NONE;
    exposures.iter().enumerate().position(|(index, &(kind, length))| {
        load = load.after(kind, length);
        kind.modality().is_some_and(|modality| load.exceeds_limit(modality)) && counts(index)
    })
}

/// The longest length with which none of these steps exceeds its limit. A longer step never lowers its own load, so
/// halving finds it, also where the step comes several times.
fn longest(exposures: &[Exposure], index: usize, is_it: &dyn Fn(usize) -> bool) -> Duration {
    let passes = |seconds: u64| {
        let length = Duration::from_secs(seconds);
        let shorter = exposures.iter().enumerate();
        let shorter: Vec<_> =
            shorter.map(|(index, &(kind, old))| (kind, if is_it(index) { length } else { old })).collect();
        first_over(&shorter, is_it).is_none()
    };
    let (mut low, mut high) = (0, exposures[index].1.as_secs());
    while low < high {
        let middle = high - (high - low) / 2;
        if passes(middle) { low = middle } else { high = middle - 1 }
    }
    Duration::from_secs(low)
}

/// The rest that has to be right before a step that comes once, with the rest that is there already.
fn rest_before(exposures: &[Exposure], index: usize, is_it: &dyn Fn(usize) -> bool) -> Option<Duration> {
    let comes_once = (0..exposures.len()).filter(|index| is_it(*index)).count() == 1;
    let load = exposures[..index].iter().fold(Load::NONE, |load, &(kind, length)| load.after(kind, length));
    let more = load.wait_before(&exposures[index..=index]).filter(|more| comes_once && !more.is_zero())?;
    let there = exposures[..index].last().filter(|(kind, _)| !kind.has_pack()).map_or(Duration::ZERO, |last| last.1);
    let all = exposures.iter().map(|(_, length)| *length).fold(more, Duration::saturating_add);
    (all <= SESSION).then_some(there + more)
}

/// The most rounds, fewer than were chosen, with which nothing refuses a draft on recovered skin.
pub fn rounds(draft: &Draft, choice: Choice) -> Option<u32> {
    let now = choice.rounds.unwrap_or(draft.rounds?.default);
    most_below(now, |rounds| review(&draft.expand(Choice { rounds: Some(rounds), ..choice }), &Context::default()))
}

/// The same for how often the only group of a draft is repeated.
pub fn times(draft: &Draft, choice: Choice) -> Option<u32> {
    let is_group = |part: &&Part| matches!(part, Part::Group { .. });
    let [group] = draft.parts.iter().filter(is_group).collect::<Vec<_>>()[..] else { return None };
    most_below(group.times(), |fewer| {
        let mut draft = draft.clone();
        for part in &mut draft.parts {
            if let Part::Group { times, .. } = part {
                *times = fewer;
            }
        }
        review(&draft.expand(choice), &Context::default())
    })
}

/// The largest number from 1 up that is below `now` and that nothing refuses. Where a number is within the limits of a
/// session, a smaller one is too, so that halving finds the largest. The loads need not fall with it, but then there are
/// few steps.
fn most_below(now: u32, findings: impl Fn(u32) -> Vec<Finding>) -> Option<u32> {
    let is_short = |number| findings(number).iter().all(|finding| finding.rule != RuleId::SessionLimit);
    let (mut low, mut high) = (0, now.saturating_sub(1).min(u32::try_from(SESSION_STEPS).unwrap_or(u32::MAX)));
    while low < high {
        let middle = high - (high - low) / 2;
        if is_short(middle) { low = middle } else { high = middle - 1 }
    }
    (1..=low).rev().find(|number| findings(*number).iter().all(|finding| finding.severity != Severity::Refuse))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::protocol::{DraftStep, Range};
    use crate::domain::step::StepKind::{self, Cold, Heat, Rest};

    fn seconds(minutes: f64) -> Duration {
        Duration::from_secs_f64(minutes * 60.0)
    }

    fn draft(steps: &[(StepKind, f64)], rounds: u32) -> Draft {
        let steps: Vec<_> = steps.iter().map(|&(kind, length)| (kind, seconds(length))).collect();
        Draft { rounds: Some(Range::fixed(rounds)), ..Draft::of("test", &steps) }
    }

    /// Steps in minutes.
    type Minutes = &'static [(StepKind, f64)];

    /// A step that is too long: its number, the longest in minutes, and the rest in minutes.
    type Found = (usize, f64, Option<f64>);

    fn nearest(steps: &[(StepKind, f64)], rounds: u32) -> Vec<Found> {
        let minutes = |length: Duration| length.as_secs_f64() / 60.0;
        let all = lengths(&draft(steps, rounds).expand(Choice::default())).into_iter();
        all.map(|found| (found.origin, minutes(found.longest), found.rest.map(minutes))).collect()
    }

    #[test]
    fn the_longest_step_that_passes_is_exact_and_all_of_them_pass_together() {
        #[rustfmt::skip]
        let table: &[(Minutes, u32, &[Found])] = &[
            (&[(Cold, 20.0)], 1, &[]),
            (&[(Cold, 25.0)], 1, &[(0, 20.0, None)]),
            (&[(Heat, 45.0)], 1, &[(0, 30.0, None)]),
            (&[(Cold, 20.0), (Rest, 20.0), (Cold, 20.0)], 1, &[(2, 10.0, Some(40.0))]),
            (&[(Cold, 20.0), (Rest, 30.0), (Cold, 20.0)], 1, &[(2, 15.0, Some(40.0))]),
            (&[(Cold, 15.0), (Rest, 5.0), (Cold, 15.0)], 1, &[(2, 7.5, Some(20.0))]),
            (&[(Cold, 15.0), (Cold, 15.0)], 1, &[(1, 5.0, Some(20.0))]),
            (&[(Cold, 20.0), (Heat, 5.0), (Cold, 10.0)], 1, &[(2, 5.0, Some(10.0))]),
            // Both are too long: the second when the first is as long as it may be.
            (&[(Cold, 25.0), (Rest, 20.0), (Cold, 25.0)], 1, &[(0, 20.0, None), (2, 10.0, None)]),
            (&[(Cold, 20.0), (Cold, 1.0)], 1, &[(1, 0.0, Some(2.0))]),
            // Three times 11 min 40 s, less 15 min by two rests.
            (&[(Cold, 15.0), (Rest, 15.0)], 3, &[(0, 35.0 / 3.0 , None)]),
            (&[(Heat, 20.0), (Cold, 25.0)], 3, &[(1, 20.0, None)]),
            (&[(Heat, 10.0), (Cold, 20.0)], 2, &[(1, 15.0, None)]),
        ];
        for (steps, rounds, expected) in table {
            let found = nearest(steps, *rounds);
            let near = |one: f64, other: f64| (one - other).abs() * 60.0 < 1.0;
            let same = found.len() == expected.len()
                && found.iter().zip(*expected).all(|(found, expected)| {
                    let rest = found.2.zip(expected.2).map_or(found.2 == expected.2, |(one, other)| near(one, other));
                    found.0 == expected.0 && near(found.1, expected.1) && rest
                });
            assert!(same, "{steps:?} ×{rounds}: {found:?}, not {expected:?}");
            let mut shorter = draft(steps, *rounds).expand(Choice::default());
            for step in &mut shorter {
                let of_step = found.iter().find(|found| found.0 == step.origin);
                step.length = of_step.map_or(step.length, |found| seconds(found.1));
            }
            assert_eq!(lengths(&shorter), [], "{steps:?} ×{rounds}");
        }
    }

    #[test]
    fn a_session_that_is_too_long_has_fewer_rounds_or_repetitions() {
        let fewer = |steps: &[(StepKind, f64)], of: u32| rounds(&draft(steps, of), Choice::default());
        assert_eq!(fewer(&[(Cold, 20.0), (Rest, 30.0), (Heat, 20.0), (Rest, 30.0)], 2), Some(1));
        assert_eq!(fewer(&[(Cold, 5.0), (Heat, 5.0)], 20), Some(12));
        assert_eq!(fewer(&[(Rest, 1.0)], u32::MAX), Some(64));
        assert_eq!(fewer(&[(Rest, 151.0)], 2), None);
        let group = |times| {
            let steps =
                [(Cold, 1), (Heat, 4)].map(|(kind, length)| DraftStep::new(kind, Duration::from_secs(60 * length)));
            let first = Part::Step(DraftStep::new(Heat, Duration::from_secs(600)));
            Draft { parts: vec![first, Part::Group { times, steps: steps.to_vec() }], ..Draft::default() }
        };
        // Seven times would be 31 min of heat.
        assert_eq!(times(&group(20), Choice::default()), Some(6));
        assert_eq!(times(&group(7), Choice::default()), Some(6));
        assert_eq!(times(&group(1), Choice::default()), None);
        // No number of rounds helps.
        assert_eq!(fewer(&[(Cold, 25.0), (Rest, 60.0)], 2), None);
        assert_eq!(fewer(&[(Cold, 10.0), (Rest, 10.0)], 5), Some(3));
        assert_eq!(rounds(&group(20), Choice::default()), None);
        assert_eq!(times(&draft(&[(Cold, 5.0)], 20), Choice::default()), None);
    }
}
