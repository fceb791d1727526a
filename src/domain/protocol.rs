//! Protocols: a reviewed list of steps, and the draft that it comes from. The fields of a protocol are
//! private, so a protocol is proof that no rule refuses it.
//!
//! It must not know where a draft comes from or how findings are worded.

use std::time::Duration;

use crate::domain::dose::Doses;
use crate::domain::exposure::{Exposure, Load};
use crate::domain::rules::{Context, Finding, RuleId, refuses, review};
use crate::domain::step::{Step, StepKind};

/// A number with the range in which a person may choose another one: `min <= default <= max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range<T> {
    /// The value without a choice.
    pub default: T,
    /// A smaller choice is allowed, with a note.
    pub min: T,
    /// A larger choice is refused.
    pub max: T,
}

impl<T: Copy + PartialOrd> Range<T> {
    /// A range of one value.
    pub fn fixed(value: T) -> Range<T> {
        Range { default: value, min: value, max: value }
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
    /// Whether the last round has this step too.
    pub last_round: bool,
    /// Sources of the length; empty when the file names none.
    pub sources: Vec<String>,
}

impl DraftStep {
    /// A step of a fixed length, in every round, without a note or a source.
    pub fn new(kind: StepKind, length: Duration) -> DraftStep {
        DraftStep { kind, length: Range::fixed(length), note: None, last_round: true, sources: Vec::new() }
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
    fn steps(&self) -> &[DraftStep] {
        match self {
            Part::Step(step) => std::slice::from_ref(step),
            Part::Group { steps, .. } => steps,
        }
    }

    fn times(&self) -> u32 {
        match self {
            Part::Step(_) => 1,
            Part::Group { times, .. } => *times,
        }
    }
}

/// A protocol as its author wrote it, before any review.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The name, as `run` takes it.
    pub name: String,
    /// One line for `list`.
    pub summary: String,
    /// A caution that is printed before the start.
    pub caution: Option<String>,
    /// The number of rounds; `None` when the file has no rounds.
    pub rounds: Option<Range<u32>>,
    /// What one round consists of.
    pub parts: Vec<Part>,
    /// Sources of the protocol as a whole.
    pub sources: Vec<String>,
}

/// What a person chose instead of the defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Length of the one step.
    pub length: Option<Duration>,
    /// Number of rounds.
    pub rounds: Option<u32>,
}

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
    /// Rounds for a protocol that has none.
    NoRounds,
    /// No rounds, or more than the protocol's own maximum.
    Rounds {
        /// The maximum.
        max: u32,
        /// The choice.
        asked: u32,
    },
}

/// A draft is never expanded to more steps than this. `session-limit` refuses far fewer.
const EXPANDED_MOST: usize = 1000;

impl Draft {
    /// A draft of these steps, each of a fixed length, without rounds or sources.
    pub fn of(name: &str, steps: &[Exposure]) -> Draft {
        let steps = steps.iter().map(|&(kind, length)| Part::Step(DraftStep::new(kind, length)));
        Draft { name: name.to_owned(), parts: steps.collect(), ..Draft::default() }
    }

    /// The steps as they stand in the file, each once. [`Step::origin`] counts in this order.
    pub fn steps(&self) -> impl Iterator<Item = &DraftStep> {
        self.parts.iter().flat_map(Part::steps)
    }

    /// The step of a protocol that has only one.
    pub fn only_step(&self) -> Option<&DraftStep> {
        match &self.parts[..] {
            [Part::Step(step)] => Some(step),
            _ => None,
        }
    }

    /// The steps of all rounds in a row, with the person's choice. A choice that the protocol does not
    /// offer changes nothing here; [`Draft::choice_errors`] reports it.
    pub fn expand(&self, choice: Choice) -> Vec<Step> {
        let rounds = self.rounds.map_or(1, |rounds| choice.rounds.unwrap_or(rounds.default));
        let length = choice.length.filter(|_| self.only_step().is_some());
        // The steps of one round, each with its origin.
        let mut origin = 0;
        let round = self.parts.iter().flat_map(|part| {
            let first = origin;
            origin += part.steps().len();
            let once = part.steps().iter().enumerate();
            (0..part.times()).flat_map(move |_| once.clone().map(move |(index, step)| (first + index, step)))
        });
        let round: Vec<_> = round.take(EXPANDED_MOST).collect();
        let all = (1..=rounds).flat_map(|number| {
            let steps = round.iter().filter(move |(_, step)| step.last_round || number < rounds);
            steps.map(move |&(origin, step)| Step {
                kind: step.kind,
                length: length.unwrap_or(step.length.default),
                note: step.note.clone(),
                round: number,
                origin,
            })
        });
        all.take(EXPANDED_MOST).collect()
    }

    /// Everything about a choice that the protocol does not offer.
    pub fn choice_errors(&self, choice: Choice) -> Vec<ChoiceError> {
        let length = choice.length.and_then(|asked| match self.only_step() {
            Some(DraftStep { length, .. }) => {
                let too_long = length.is_open() && asked > length.max;
                too_long.then_some(ChoiceError::TooLong { max: length.max, asked })
            }
            // The steps are not known yet: they depend on the age of the injury.
            None if self.parts.is_empty() => None,
            None => Some(ChoiceError::NotOneStep(self.steps().count())),
        });
        let rounds = choice.rounds.and_then(|asked| match self.rounds {
            None => Some(ChoiceError::NoRounds),
            Some(rounds) => {
                let max = if rounds.is_open() { rounds.max } else { u32::MAX };
                (asked == 0 || asked > max).then_some(ChoiceError::Rounds { max, asked })
            }
        });
        length.into_iter().chain(rounds).collect()
    }

    /// The largest choice that the file offers. `check` reviews it too.
    pub fn largest_choice(&self) -> Choice {
        let length = self.only_step().map(|step| step.length).filter(Range::is_open);
        Choice {
            length: length.map(|length| length.max),
            rounds: self.rounds.filter(Range::is_open).map(|rounds| rounds.max),
        }
    }

    /// Reviews the steps with this choice.
    ///
    /// # Errors
    /// All findings, when one of them blocks the session. An empty draft is refused too, without a
    /// finding of its own.
    pub fn review(&self, choice: Choice, context: &Context, overrides: &[RuleId]) -> Result<Protocol, Vec<Finding>> {
        let steps = self.expand(choice);
        let findings = review(&steps, context);
        if steps.is_empty() || refuses(&findings, overrides) {
            return Err(findings);
        }
        let forgets = overrides.contains(&RuleId::Rewarm);
        Ok(Protocol {
            name: self.name.clone(),
            rounds: steps.last().map_or(1, |step| step.round),
            steps,
            findings,
            initial_load: if forgets { Load::NONE } else { context.load() },
            doses: context.doses.clone(),
        })
    }
}

/// A reviewed list of steps, ready to be planned.
#[derive(Clone, Debug)]
pub struct Protocol {
    name: String,
    rounds: u32,
    steps: Vec<Step>,
    findings: Vec<Finding>,
    initial_load: Load,
    doses: Doses,
}

impl Protocol {
    /// The protocol of a recorded session, which was reviewed when the session started. `doses` are
    /// those of earlier sessions. `None` when the record has no steps.
    pub fn recorded(name: String, steps: Vec<Step>, initial_load: Load, doses: Doses) -> Option<Protocol> {
        let rounds = steps.last()?.round;
        Some(Protocol { name, rounds, steps, findings: Vec::new(), initial_load, doses })
    }

    /// The name, as `run` takes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of rounds, at least 1.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The expanded steps, at least one.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What the review found although it passed: notes, warnings, overridden refusals.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The load of the skin at the start. It is zero when `rewarm` was overridden, because then only
    /// the limits of this session apply.
    pub fn initial_load(&self) -> Load {
        self.initial_load
    }

    /// The doses of earlier sessions.
    pub fn doses(&self) -> &Doses {
        &self.doses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dose::Dose;
    use crate::domain::moment::Moment;
    use crate::domain::plan::Plan;
    use crate::domain::step::Modality;

    fn minutes(number: u64) -> Duration {
        Duration::from_secs(number * 60)
    }

    fn draft(kinds: &[(StepKind, u64, bool)], rounds: Option<Range<u32>>) -> Draft {
        let parts = kinds.iter().map(|&(kind, length, last_round)| {
            Part::Step(DraftStep { last_round, ..DraftStep::new(kind, minutes(length)) })
        });
        Draft { name: "test".to_owned(), rounds, parts: parts.collect(), ..Draft::default() }
    }

    fn set_max(draft: &mut Draft, max: Duration) {
        let [Part::Step(step)] = &mut draft.parts[..] else { panic!("one step") };
        step.length.max = max;
    }

    fn expanded(draft: &Draft, choice: Choice) -> Vec<(StepKind, u32)> {
        draft.expand(choice).iter().map(|step| (step.kind, step.round)).collect()
    }

    #[test]
    fn a_step_may_be_left_out_of_the_last_round() {
        use StepKind::{Cold, Heat, Rest};
        let draft = draft(&[(Heat, 10, true), (Cold, 10, true), (Rest, 2, false)], Some(Range::fixed(2)));
        let all = [(Heat, 1), (Cold, 1), (Rest, 1), (Heat, 2), (Cold, 2)];
        assert_eq!(expanded(&draft, Choice::default()), all);
        let one = Choice { rounds: Some(1), ..Choice::default() };
        assert_eq!(expanded(&draft, one), [(Heat, 1), (Cold, 1)]);
    }

    #[test]
    fn a_group_is_repeated_in_every_round_and_keeps_the_places_of_its_steps() {
        use StepKind::{Cold, Heat, Rest};
        let steps = [(Cold, 1), (Heat, 4)].map(|(kind, length)| DraftStep::new(kind, minutes(length)));
        let group = Part::Group { times: 2, steps: steps.to_vec() };
        let [first, last] = [Heat, Rest].map(|kind| Part::Step(DraftStep::new(kind, minutes(10))));
        let draft = Draft { parts: vec![first, group, last], rounds: Some(Range::fixed(2)), ..Draft::default() };
        let round = [(Heat, 0), (Cold, 1), (Heat, 2), (Cold, 1), (Heat, 2), (Rest, 3)];
        let steps = draft.expand(Choice::default());
        let places: Vec<_> = steps.iter().map(|step| (step.kind, step.origin)).collect();
        assert_eq!(places, round.repeat(2));
        assert_eq!(draft.steps().count(), 4);
        assert_eq!(
            draft.choice_errors(Choice { length: Some(minutes(5)), rounds: None }),
            [ChoiceError::NotOneStep(4)]
        );
    }

    #[test]
    fn a_choice_that_the_protocol_does_not_offer_changes_nothing() {
        let two = draft(&[(StepKind::Heat, 10, true), (StepKind::Cold, 10, true)], None);
        let both = Choice { length: Some(minutes(25)), rounds: Some(2) };
        let lengths: Vec<_> = two.expand(both).iter().map(|step| step.length).collect();
        assert_eq!(lengths, [minutes(10), minutes(10)]);
    }

    #[test]
    fn all_choices_that_are_not_offered_are_reported() {
        let both = Choice { length: Some(minutes(5)), rounds: Some(2) };
        let two = draft(&[(StepKind::Heat, 10, true), (StepKind::Cold, 10, true)], None);
        assert_eq!(two.choice_errors(both).len(), 2);
        let mut one = draft(&[(StepKind::Cold, 15, true)], Some(Range { default: 1, min: 1, max: 3 }));
        assert!(one.choice_errors(both).is_empty());
        set_max(&mut one, minutes(20));
        let long = Choice { length: Some(minutes(20) + Duration::from_nanos(1)), rounds: Some(4) };
        assert_eq!(one.choice_errors(long).len(), 2);
        assert!(one.choice_errors(Choice { length: Some(minutes(20)), rounds: Some(3) }).is_empty());
        assert_eq!(one.choice_errors(Choice { rounds: Some(0), ..Choice::default() }).len(), 1);
        assert_eq!(one.largest_choice(), Choice { length: Some(minutes(20)), rounds: Some(3) });
    }

    #[test]
    fn the_length_of_steps_that_are_not_known_yet_is_no_error() {
        let acute = draft(&[], None);
        assert_eq!(acute.choice_errors(Choice { length: Some(minutes(12)), rounds: None }), []);
    }

    #[test]
    fn minutes_pass_the_same_review_as_a_file() {
        let ice = draft(&[(StepKind::Cold, 15, true)], None);
        let choose = |length| Choice { length: Some(length), ..Choice::default() };
        let context = Context::default();
        assert!(ice.review(choose(minutes(20)), &context, &[]).is_ok());
        let over = ice.review(choose(minutes(20) + Duration::from_nanos(1)), &context, &[]);
        assert_eq!(over.expect_err("over the limit")[0].rule, RuleId::ColdLimit);
    }

    #[test]
    fn absurd_rounds_are_refused_without_being_expanded() {
        let draft = draft(&[(StepKind::Rest, 1, true)], Some(Range::fixed(u32::MAX)));
        let findings = draft.review(Choice::default(), &Context::default(), &[]).expect_err("too many");
        assert!(findings.iter().any(|finding| finding.rule == RuleId::SessionLimit));
    }

    #[test]
    fn a_protocol_is_what_was_reviewed() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let mut draft = Draft::of("mine", &[(StepKind::Heat, minutes(5)), (StepKind::Cold, minutes(5))]);
        draft.rounds = Some(Range::fixed(2));
        let (from, now) = (Moment::new(minutes(50)), Moment::new(minutes(60)));
        let dose = Dose { modality: Modality::Cold, from, to: from + minutes(4), session: from };
        let context = Context { now, doses: [dose].into_iter().collect(), ..Context::default() };
        let protocol = draft.review(Choice::default(), &context, &[]).expect("within every rule");
        assert_eq!((protocol.name(), protocol.rounds(), protocol.steps().len()), ("mine", 2, 4));
        assert_eq!(protocol.initial_load(), context.load());
        assert_ne!(protocol.initial_load(), Load::NONE);
        assert!(!protocol.findings().is_empty(), "heat without a time of injury draws a note");
        let steps = protocol.steps().to_vec();
        let record = Protocol::recorded("mine".to_owned(), steps, protocol.initial_load(), Doses::default());
        let record = record.expect("it has steps");
        assert_eq!((record.name(), record.rounds(), record.initial_load()), ("mine", 2, protocol.initial_load()));
        assert_eq!(Plan::new(&record).rounds(), 2);
        assert!(Protocol::recorded(String::new(), Vec::new(), Load::NONE, Doses::default()).is_none());
    }

    #[test]
    fn nothing_is_not_a_protocol() {
        assert!(Draft::of("empty", &[]).review(Choice::default(), &Context::default(), &[]).is_err());
    }

    #[test]
    fn only_an_open_range_offers_a_choice() {
        let open = Range { default: 2, min: 1, max: 3 };
        assert!(open.is_open());
        assert!(!Range::fixed(2).is_open());
        let mut draft = Draft::of("one", &[(StepKind::Cold, Duration::from_secs(60))]);
        assert_eq!(draft.largest_choice(), Choice::default());
        set_max(&mut draft, Duration::from_secs(90));
        assert_eq!(draft.largest_choice().length, Some(Duration::from_secs(90)));
    }
}
