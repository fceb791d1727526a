//! Which choices a draft offers, and what is wrong with one that it does not. It must not know rules.

use std::time::Duration;

use crate::domain::protocol::{Choice, Draft, DraftStep, Range};
use crate::domain::step::StepKind;

/// A choice that the protocol does not offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceError {
    /// A length for a protocol of several steps: how many a round has.
    NotOneStep(usize),
    /// A length above the protocol's own maximum.
    TooLong {
        /// The maximum.
        max: Duration,
        /// The choice.
        asked: Duration,
    },
    /// A length below the only one that the protocol allows.
    TooShort {
        /// The only length.
        min: Duration,
        /// The choice.
        asked: Duration,
    },
    /// A length of a kind of steps that the protocol does not have.
    NoStep(StepKind),
    /// A length outside the range of some steps of its kind.
    OfKind {
        /// The kind.
        kind: StepKind,
        /// The minimum.
        min: Duration,
        /// The maximum.
        max: Duration,
        /// The choice.
        asked: Duration,
    },
    /// A cold that is longer than a heat, where the protocol does not allow that.
    ColdAboveHeat {
        /// The shortest heat.
        heat: Duration,
        /// The longest cold.
        cold: Duration,
    },
    /// Rounds for a protocol that has none.
    NoRounds,
    /// No rounds, or a number outside the protocol's own range.
    Rounds {
        /// The minimum.
        min: u32,
        /// The maximum.
        max: u32,
        /// The choice.
        asked: u32,
    },
}

impl Draft {
    /// Everything about a choice that the protocol does not offer.
    pub fn choice_errors(&self, choice: Choice) -> Vec<ChoiceError> {
        let length = choice.length.and_then(|asked| match self.only_step() {
            Some(DraftStep { length, .. }) => {
                let Range { min, max, stated, .. } = *length;
                let is_short = !length.is_open() && asked < min;
                let error =
                    if is_short { ChoiceError::TooShort { min, asked } } else { ChoiceError::TooLong { max, asked } };
                (stated && (is_short || asked > max)).then_some(error)
            }
            // The steps are not known yet: they depend on the age of the injury.
            None if self.parts.is_empty() => None,
            None => Some(ChoiceError::NotOneStep(self.steps_of_round())),
        });
        let kinds = Choice::KINDS.into_iter().flat_map(|kind| self.kind_errors(kind, choice));
        let rounds = choice.rounds.and_then(|asked| match self.rounds {
            None => Some(ChoiceError::NoRounds),
            Some(rounds) => {
                let (min, max) = if rounds.stated { (rounds.min.max(1), rounds.max) } else { (1, u32::MAX) };
                (asked < min || asked > max).then_some(ChoiceError::Rounds { min, max, asked })
            }
        });
        length.into_iter().chain(kinds).chain(self.cold_above_heat(choice)).chain(rounds).collect()
    }

    fn cold_above_heat(&self, choice: Choice) -> Option<ChoiceError> {
        let of = |kind| {
            let steps = self.steps().filter(move |step| step.kind == kind);
            steps.map(move |step| choice.of_kind(kind).unwrap_or(step.length.default))
        };
        let (heat, cold) = (of(StepKind::Heat).min()?, of(StepKind::Cold).max()?);
        (self.cold_at_most_heat && cold > heat).then_some(ChoiceError::ColdAboveHeat { heat, cold })
    }

    /// What is wrong with the length that was chosen for every step of a kind: each range that it is outside of, once.
    fn kind_errors(&self, kind: StepKind, choice: Choice) -> Vec<ChoiceError> {
        let Some(asked) = choice.of_kind(kind).filter(|_| !self.parts.is_empty()) else { return Vec::new() };
        let mut steps = self.steps().filter(|step| step.kind == kind).peekable();
        if steps.peek().is_none() {
            return vec![ChoiceError::NoStep(kind)];
        }
        let mut errors = Vec::new();
        for Range { min, max, .. } in steps.map(|step| step.length).filter(|length| length.stated) {
            let error = ChoiceError::OfKind { kind, min, max, asked };
            if !(min..=max).contains(&asked) && !errors.contains(&error) {
                errors.push(error);
            }
        }
        errors
    }

    /// The largest choice that the file offers. `check` reviews it too.
    pub fn largest_choice(&self) -> Choice {
        let length = self.only_step().map(|step| step.length).filter(Range::is_open);
        Choice {
            length: length.map(|length| length.max),
            rounds: self.rounds.filter(Range::is_open).map(|rounds| rounds.max),
            ..Choice::default()
        }
    }

    /// The most heat, the most cold and the least rest that the ranges of several steps offer, one kind at a time.
    pub fn largest_of_kinds(&self) -> Vec<(StepKind, Duration)> {
        let kinds = Choice::KINDS.into_iter().filter(|_| self.only_step().is_none());
        let found = kinds.filter_map(|kind| {
            let ranges = || self.steps().filter(|step| step.kind == kind && step.length.stated).map(|step| step.length);
            let (min, max) = (ranges().map(|range| range.min).max()?, ranges().map(|range| range.max).min()?);
            (min < max).then_some((kind, if kind.has_pack() { max } else { min }))
        });
        found.filter(|&(kind, length)| self.choice_errors(Choice::default().with(kind, length)).is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::protocol::Part;

    fn minutes(number: u64) -> Duration {
        Duration::from_secs(number * 60)
    }

    fn draft(kinds: &[(StepKind, u64)], rounds: Option<Range<u32>>) -> Draft {
        let steps: Vec<_> = kinds.iter().map(|&(kind, length)| (kind, minutes(length))).collect();
        Draft { rounds, ..Draft::of("test", &steps) }
    }

    fn set_max(draft: &mut Draft, max: Duration) {
        let [Part::Step(step)] = &mut draft.parts[..] else { panic!("one step") };
        (step.length.max, step.length.stated) = (max, true);
    }

    #[test]
    fn all_choices_that_are_not_offered_are_reported() {
        let both = Choice { length: Some(minutes(5)), rounds: Some(2), ..Choice::default() };
        let two = draft(&[(StepKind::Heat, 10), (StepKind::Cold, 10)], None);
        assert_eq!(two.choice_errors(both).len(), 2);
        let mut one = draft(&[(StepKind::Cold, 15)], Some(Range { default: 1, min: 1, max: 3, stated: true }));
        assert!(one.choice_errors(both).is_empty());
        set_max(&mut one, minutes(20));
        let long = Choice { rounds: Some(4), length: Some(minutes(20) + Duration::from_nanos(1)), ..both };
        assert_eq!(one.choice_errors(long).len(), 2);
        let most = Choice { length: Some(minutes(20)), rounds: Some(3), ..Choice::default() };
        assert!(one.choice_errors(most).is_empty());
        assert_eq!(one.choice_errors(Choice { rounds: Some(0), ..Choice::default() }).len(), 1);
        assert_eq!(one.largest_choice(), most);
    }

    #[test]
    fn the_length_of_steps_that_are_not_known_yet_is_no_error() {
        let acute = draft(&[], None);
        assert_eq!(acute.choice_errors(Choice { length: Some(minutes(12)), ..Choice::default() }), []);
    }

    #[test]
    fn a_stated_range_of_one_value_binds_and_a_value_alone_does_not() {
        let asked = |stated| {
            let mut draft = draft(&[(StepKind::Cold, 5)], Some(Range { stated, ..Range::fixed(2) }));
            let Part::Step(step) = &mut draft.parts[0] else { panic!("one step") };
            step.length.stated = stated;
            draft.choice_errors(Choice { length: Some(minutes(6)), rounds: Some(3), ..Choice::default() }).len()
        };
        assert_eq!((asked(false), asked(true)), (0, 2));
    }

    #[test]
    fn a_choice_below_a_stated_range_is_refused_except_a_shorter_step_where_there_is_a_choice() {
        let errors = |(min, max), length| {
            let range = Range { default: max, min, max, stated: true };
            let mut draft = draft(&[(StepKind::Cold, 12)], Some(range));
            set_max(&mut draft, minutes(12));
            draft.choice_errors(Choice { length: Some(minutes(length)), rounds: Some(1), ..Choice::default() })
        };
        let short = ChoiceError::TooShort { min: minutes(12), asked: minutes(1) };
        assert_eq!(errors((1, 3), 1), std::slice::from_ref(&short));
        assert_eq!(errors((2, 2), 1), [short, ChoiceError::Rounds { min: 2, max: 2, asked: 1 }]);
        assert_eq!(errors((2, 3), 12), [ChoiceError::Rounds { min: 2, max: 3, asked: 1 }]);
        let mut open = draft(&[(StepKind::Cold, 12)], None);
        set_max(&mut open, minutes(15));
        assert_eq!(open.choice_errors(Choice { length: Some(minutes(1)), ..Choice::default() }), []);
    }

    #[test]
    fn only_an_open_range_offers_a_choice() {
        let open = Range { default: 2, min: 1, max: 3, stated: true };
        assert!(open.is_open());
        assert!(!Range::fixed(2).is_open());
        let mut draft = Draft::of("one", &[(StepKind::Cold, Duration::from_secs(60))]);
        assert_eq!(draft.largest_choice(), Choice::default());
        set_max(&mut draft, Duration::from_secs(90));
        assert_eq!(draft.largest_choice().length, Some(Duration::from_secs(90)));
    }

    /// Heat of 10 to 20 min, cold of 1 min, heat of 5 to 15 min, a rest of exactly 2 min.
    fn mixed() -> Draft {
        let mut draft =
            draft(&[(StepKind::Heat, 15), (StepKind::Cold, 1), (StepKind::Heat, 10), (StepKind::Rest, 2)], None);
        for (part, (min, max)) in draft.parts.iter_mut().zip([(10, 20), (0, 0), (5, 15), (2, 2)]) {
            let Part::Step(step) = part else { panic!("a step") };
            if max > 0 {
                step.length = Range { min: minutes(min), max: minutes(max), stated: true, ..step.length };
            }
        }
        draft
    }

    #[test]
    fn a_length_of_a_kind_is_that_of_every_step_of_it_and_of_no_changeover() {
        let choice = Choice {
            heat: Some(minutes(12)),
            rest: Some(minutes(2)),
            changeover: Some(minutes(1)),
            ..Choice::default()
        };
        let lengths: Vec<_> =
            mixed().expand(choice).iter().map(|step| (step.kind, step.length, step.changeover)).collect();
        let expected = [
            (StepKind::Rest, 1, true),
            (StepKind::Heat, 12, false),
            (StepKind::Rest, 1, true),
            (StepKind::Cold, 1, false),
            (StepKind::Rest, 1, true),
            (StepKind::Heat, 12, false),
            (StepKind::Rest, 2, false),
        ];
        assert_eq!(lengths, expected.map(|(kind, length, changeover)| (kind, minutes(length), changeover)));
        assert_eq!(mixed().choice_errors(choice), []);
    }

    #[test]
    fn a_length_of_a_kind_is_inside_the_range_of_each_of_its_steps() {
        let of = |kind, (min, max), asked| ChoiceError::OfKind { kind, min: minutes(min), max: minutes(max), asked };
        let (heat, rest) = (|asked| Choice::default().with(StepKind::Heat, asked), StepKind::Rest);
        let errors = |asked| mixed().choice_errors(heat(asked));
        let bit = Duration::from_nanos(1);
        for good in [10, 12, 15] {
            assert_eq!(errors(minutes(good)), [], "{good}");
        }
        let (above, below) = (minutes(15) + bit, Duration::from_secs(599));
        assert_eq!(errors(above), [of(StepKind::Heat, (5, 15), above)]);
        assert_eq!(errors(below), [of(StepKind::Heat, (10, 20), below)]);
        assert_eq!(errors(minutes(25)).len(), 2, "both ranges are named");
        // All at once, and a value alone is only a default.
        let all = Choice {
            heat: Some(above),
            cold: Some(minutes(9)),
            rest: Some(minutes(3)),
            rounds: Some(2),
            ..Choice::default()
        };
        let expected = [of(StepKind::Heat, (5, 15), above), of(rest, (2, 2), minutes(3)), ChoiceError::NoRounds];
        assert_eq!(mixed().choice_errors(all), expected);
        // The same range of several steps is named once.
        let mut twice = mixed();
        twice.parts.extend(mixed().parts);
        assert_eq!(twice.choice_errors(heat(above)).len(), 1);
    }

    #[test]
    fn the_steps_of_a_group_count_as_often_as_they_are_repeated() {
        let steps =
            [(StepKind::Cold, 1), (StepKind::Heat, 4)].map(|(kind, length)| DraftStep::new(kind, minutes(length)));
        let [first, last] = [StepKind::Heat, StepKind::Rest].map(|kind| Part::Step(DraftStep::new(kind, minutes(10))));
        let group = Part::Group { times: 2, steps: steps.to_vec() };
        let draft = Draft { parts: vec![first, group, last], ..Draft::default() };
        let length = Choice { length: Some(minutes(5)), ..Choice::default() };
        assert_eq!(draft.choice_errors(length), [ChoiceError::NotOneStep(6)]);
        let cold = draft.expand(Choice::default().with(StepKind::Cold, minutes(2)));
        let cold: Vec<_> = cold.iter().filter(|step| step.kind == StepKind::Cold).map(|step| step.length).collect();
        assert_eq!(cold, [minutes(2); 2]);
    }

    #[test]
    fn cold_is_at_most_as_long_as_heat_where_the_protocol_says_so() {
        let mut contrast = draft(&[(StepKind::Heat, 20), (StepKind::Cold, 20)], None);
        let choice = |heat: Option<u64>, cold: Option<u64>| Choice {
            heat: heat.map(minutes),
            cold: cold.map(minutes),
            ..Choice::default()
        };
        assert_eq!(contrast.choice_errors(choice(Some(10), None)), []);
        contrast.cold_at_most_heat = true;
        for good in [(None, None), (Some(10), Some(10)), (None, Some(12)), (Some(15), Some(10))] {
            assert_eq!(contrast.choice_errors(choice(good.0, good.1)), [], "{good:?}");
        }
        let error = |heat, cold| [ChoiceError::ColdAboveHeat { heat: minutes(heat), cold: minutes(cold) }];
        assert_eq!(contrast.choice_errors(choice(Some(10), None)), error(10, 20));
        assert_eq!(contrast.choice_errors(choice(Some(12), Some(13))), error(12, 13));
    }

    #[test]
    fn the_largest_of_a_kind_is_what_all_of_its_ranges_offer() {
        // Heat has 10 to 20 and 5 to 15 min in common; cold has no range, and the rest has one value.
        assert_eq!(mixed().largest_of_kinds(), [(StepKind::Heat, minutes(15))]);
        let mut rests = draft(&[(StepKind::Rest, 5), (StepKind::Cold, 5)], None);
        for part in &mut rests.parts {
            let Part::Step(step) = part else { panic!("a step") };
            step.length = Range { min: minutes(1), max: minutes(9), stated: true, ..step.length };
        }
        assert_eq!(rests.largest_of_kinds(), [(StepKind::Cold, minutes(9)), (StepKind::Rest, minutes(1))]);
        let mut one = draft(&[(StepKind::Cold, 5)], None);
        set_max(&mut one, minutes(9));
        assert_eq!(one.largest_of_kinds(), [], "the largest choice is reviewed as a whole");
    }

    #[test]
    fn a_length_of_a_kind_needs_a_step_of_it() {
        let ice = draft(&[(StepKind::Cold, 15)], None);
        let both = Choice { heat: Some(minutes(1)), rest: Some(minutes(1)), ..Choice::default() };
        assert_eq!(ice.choice_errors(both), [ChoiceError::NoStep(StepKind::Heat), ChoiceError::NoStep(StepKind::Rest)]);
        assert_eq!(ice.choice_errors(Choice::default().with(StepKind::Cold, minutes(25))), []);
        // What is not known yet may have every kind.
        assert_eq!(draft(&[], None).choice_errors(both), []);
    }
}
