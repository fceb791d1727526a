//! A protocol: a list of steps that was reviewed. Its fields are private, so holding one proves that
//! no rule refuses it. A [`Draft`] is what a file says before anyone looked at it.
//!
//! It must not know where a draft came from, nor how findings are shown.

use std::time::Duration;

use thiserror::Error;

use crate::domain::exposure::{Exposure, Load};
use crate::domain::rules::{Context, Finding, refuses, review};
use crate::domain::step::{Step, StepKind};

/// A number with the range in which a person may choose another: `min <= default <= max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range<T> {
    /// Taken when nobody chooses.
    pub default: T,
    /// A smaller choice is allowed, and said.
    pub min: T,
    /// A larger choice is refused.
    pub max: T,
}

impl<T: Copy + PartialOrd> Range<T> {
    /// A range of one value.
    #[must_use]
    pub fn fixed(value: T) -> Range<T> {
        Range { default: value, min: value, max: value }
    }

    /// Whether there is anything to choose.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.min < self.max
    }
}

/// A step as a file gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftStep {
    /// What is done.
    pub kind: StepKind,
    /// How long, and within which range a person may choose.
    pub length: Range<Duration>,
    /// Shown while the step runs.
    pub note: Option<String>,
    /// False when the step is left out of the last round.
    pub last_round: bool,
    /// Who gives the number; empty when nobody is named.
    pub sources: Vec<String>,
}

/// A protocol as a file gives it: not reviewed.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Name, as `run` takes it.
    pub name: String,
    /// One line for `list`.
    pub summary: String,
    /// Said before it starts.
    pub caution: Option<String>,
    /// How often the steps are gone through; `None` when the file does not speak of rounds.
    pub rounds: Option<Range<u32>>,
    /// The steps of one round.
    pub steps: Vec<DraftStep>,
    /// Who gives the whole of it.
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
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ChoiceError {
    /// `--minutes` on a protocol of several steps.
    #[error("--minutes sets the length of a single step, and {name} has {steps}")]
    NotOneStep {
        /// The protocol.
        name: String,
        /// How many steps a round has.
        steps: usize,
    },
    /// More minutes than the protocol's own maximum.
    #[error("{name} allows at most {}, and {} was asked for", humantime::format_duration(*max), humantime::format_duration(*asked))]
    TooLong {
        /// The protocol.
        name: String,
        /// Its maximum.
        max: Duration,
        /// What was asked for.
        asked: Duration,
    },
    /// `--rounds` on a protocol that has none.
    #[error("--rounds sets the rounds of a protocol that has rounds, and {name} has none")]
    NoRounds {
        /// The protocol.
        name: String,
    },
    /// No rounds, or more than the protocol's own maximum.
    #[error("{name} allows 1 to {max} rounds, and {asked} were asked for")]
    Rounds {
        /// The protocol.
        name: String,
        /// Its maximum.
        max: u32,
        /// What was asked for.
        asked: u32,
    },
}

/// A plan is never laid out further than this, however many rounds a file asks for: `session-limit`
/// refuses it long before.
const EXPANDED_MOST: usize = 1000;

impl Draft {
    /// Steps of fixed lengths, gone through once, for which nobody is named.
    #[must_use]
    pub fn of(name: &str, steps: &[Exposure]) -> Draft {
        let steps = steps.iter().map(|&(kind, length)| DraftStep {
            kind,
            length: Range::fixed(length),
            note: None,
            last_round: true,
            sources: Vec::new(),
        });
        Draft {
            name: name.to_owned(),
            summary: String::new(),
            caution: None,
            rounds: None,
            steps: steps.collect(),
            sources: Vec::new(),
        }
    }

    /// The steps of all rounds, one after the other, with the person's choice in place. What of it the
    /// protocol knows nothing of is [`Draft::choice_errors`]' to tell, and changes nothing here.
    #[must_use]
    pub fn expand(&self, choice: Choice) -> Vec<Step> {
        let rounds = self.rounds.map_or(1, |rounds| choice.rounds.unwrap_or(rounds.default));
        let length = choice.length.filter(|_| self.steps.len() == 1);
        let all = (1..=rounds).flat_map(|round| {
            let steps = self.steps.iter().enumerate().filter(move |(_, step)| step.last_round || round < rounds);
            steps.map(move |(origin, step)| Step {
                kind: step.kind,
                length: length.unwrap_or(step.length.default),
                note: step.note.clone(),
                round,
                origin,
            })
        });
        all.take(EXPANDED_MOST).collect()
    }

    /// What of a choice the protocol does not offer; all of it at once.
    #[must_use]
    pub fn choice_errors(&self, choice: Choice) -> Vec<ChoiceError> {
        let name = || self.name.clone();
        let length = choice.length.and_then(|asked| match &self.steps[..] {
            [] => None, // not known yet: it depends on the age of the injury
            [step] => {
                let max = step.length.max;
                let fixed = !step.length.is_open();
                (!fixed && asked > max).then(|| ChoiceError::TooLong { name: name(), max, asked })
            }
            steps => Some(ChoiceError::NotOneStep { name: name(), steps: steps.len() }),
        });
        let rounds = choice.rounds.and_then(|asked| match self.rounds {
            None => Some(ChoiceError::NoRounds { name: name() }),
            Some(rounds) => {
                let max = if rounds.is_open() { rounds.max } else { u32::MAX };
                (asked == 0 || asked > max).then(|| ChoiceError::Rounds { name: name(), max, asked })
            }
        });
        length.into_iter().chain(rounds).collect()
    }

    /// The largest choice that the file itself offers; `check` reviews it too.
    #[must_use]
    pub fn largest_choice(&self) -> Choice {
        let length = match &self.steps[..] {
            [step] if step.length.is_open() => Some(step.length.max),
            _ => None,
        };
        Choice { length, rounds: self.rounds.filter(Range::is_open).map(|rounds| rounds.max) }
    }

    /// Reviews the steps with this choice in place.
    ///
    /// # Errors
    /// All findings, when one of them refuses and is not overridden.
    pub fn review(
        &self,
        choice: Choice,
        context: &Context,
        overrides: &[&'static str],
    ) -> Result<Protocol, Vec<Finding>> {
        let steps = self.expand(choice);
        let findings = review(&steps, context);
        if steps.is_empty() || refuses(&findings, overrides) {
            return Err(findings);
        }
        let carries = !overrides.contains(&"rewarm");
        Ok(Protocol {
            name: self.name.clone(),
            rounds: steps.last().map_or(1, |step| step.round),
            steps,
            findings,
            carried: if carries { context.carried() } else { Load::NONE },
        })
    }
}

/// A reviewed list of steps, ready to be laid out as a plan.
#[derive(Clone, Debug)]
pub struct Protocol {
    name: String,
    rounds: u32,
    steps: Vec<Step>,
    findings: Vec<Finding>,
    carried: Load,
}

impl Protocol {
    /// A protocol out of the record of a session: it was reviewed when that session started. `None`
    /// when the record has no steps.
    #[must_use]
    pub fn recorded(name: String, steps: Vec<Step>, carried: Load) -> Option<Protocol> {
        let rounds = steps.last()?.round;
        Some(Protocol { name, rounds, steps, findings: Vec::new(), carried })
    }

    /// Name, as `run` takes it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many rounds it has, at least 1.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The expanded steps; at least one.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What the review said although it passed: notes, warnings, overridden refusals.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The load that the skin brings along; none when `rewarm` was overridden, because then only
    /// this session's own limits bind.
    #[must_use]
    pub fn carried(&self) -> Load {
        self.carried
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::Plan;
    use crate::domain::rules::Past;

    fn minutes(number: u64) -> Duration {
        Duration::from_secs(number * 60)
    }

    fn draft(kinds: &[(StepKind, u64, bool)], rounds: Option<Range<u32>>) -> Draft {
        let steps = kinds.iter().map(|&(kind, length, last_round)| DraftStep {
            kind,
            length: Range::fixed(minutes(length)),
            note: None,
            last_round,
            sources: Vec::new(),
        });
        Draft {
            name: "test".to_owned(),
            summary: String::new(),
            caution: None,
            rounds,
            steps: steps.collect(),
            sources: Vec::new(),
        }
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
    fn a_choice_that_the_protocol_does_not_know_changes_nothing() {
        let two = draft(&[(StepKind::Heat, 10, true), (StepKind::Cold, 10, true)], None);
        let both = Choice { length: Some(minutes(25)), rounds: Some(2) };
        let lengths: Vec<_> = two.expand(both).iter().map(|step| step.length).collect();
        assert_eq!(lengths, [minutes(10), minutes(10)]);
    }

    #[test]
    fn choices_that_are_not_offered_are_all_told() {
        let both = Choice { length: Some(minutes(5)), rounds: Some(2) };
        let two = draft(&[(StepKind::Heat, 10, true), (StepKind::Cold, 10, true)], None);
        assert_eq!(two.choice_errors(both).len(), 2);
        let mut one = draft(&[(StepKind::Cold, 15, true)], Some(Range { default: 1, min: 1, max: 3 }));
        assert!(one.choice_errors(both).is_empty());
        one.steps[0].length.max = minutes(20);
        let long = Choice { length: Some(minutes(20) + Duration::from_nanos(1)), rounds: Some(4) };
        assert_eq!(one.choice_errors(long).len(), 2);
        assert!(one.choice_errors(Choice { length: Some(minutes(20)), rounds: Some(3) }).is_empty());
        assert_eq!(one.choice_errors(Choice { rounds: Some(0), ..Choice::default() }).len(), 1);
        assert_eq!(one.largest_choice(), Choice { length: Some(minutes(20)), rounds: Some(3) });
    }

    #[test]
    fn nothing_is_said_against_the_length_of_steps_that_are_not_known_yet() {
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
        assert_eq!(over.expect_err("over the limit")[0].rule, "cold-limit");
    }

    #[test]
    fn absurd_rounds_are_refused_without_being_laid_out() {
        let draft = draft(&[(StepKind::Rest, 1, true)], Some(Range::fixed(u32::MAX)));
        let findings = draft.review(Choice::default(), &Context::default(), &[]).expect_err("too many");
        assert!(findings.iter().any(|finding| finding.rule == "session-limit"));
    }

    #[test]
    fn a_protocol_is_what_was_reviewed() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let mut draft = Draft::of("mine", &[(StepKind::Heat, minutes(5)), (StepKind::Cold, minutes(5))]);
        draft.rounds = Some(Range::fixed(2));
        let past = vec![Past { began: minutes(10), exposures: vec![(StepKind::Cold, minutes(4))] }];
        let context = Context { past, ..Context::default() };
        let protocol = draft.review(Choice::default(), &context, &[]).expect("within every rule");
        assert_eq!((protocol.name(), protocol.rounds(), protocol.steps().len()), ("mine", 2, 4));
        assert_eq!(protocol.carried(), context.carried());
        assert_ne!(protocol.carried(), Load::NONE);
        assert!(!protocol.findings().is_empty(), "heat of which nobody knows the injury is noted");
        let record = Protocol::recorded("mine".to_owned(), protocol.steps().to_vec(), protocol.carried());
        let record = record.expect("it has steps");
        assert_eq!((record.name(), record.rounds(), record.carried()), ("mine", 2, protocol.carried()));
        assert_eq!(Plan::new(&record).rounds(), 2);
        assert!(Protocol::recorded(String::new(), Vec::new(), Load::NONE).is_none());
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
        draft.steps[0].length.max = Duration::from_secs(90);
        assert_eq!(draft.largest_choice().length, Some(Duration::from_secs(90)));
    }
}
