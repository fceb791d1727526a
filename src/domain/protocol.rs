//! Protocols: reviewed lists of steps. The fields of a protocol are private, so a protocol is proof that
//! no rule refuses it. It must not know where a draft comes from or how findings are worded.

use std::time::Duration;

use crate::domain::dose::Doses;
use crate::domain::exposure::Load;
use crate::domain::rules::{Context, Detail, Finding, RuleId, Severity, refuses, review};
use crate::domain::site::Site;
use crate::domain::step::Step;

mod choice;
mod fits;

mod part;

mod draft;

mod offer;

mod often;

pub use choice::Choice;
pub use draft::{CHANGEOVER, Draft};
pub use fits::Fits;
pub use offer::ChoiceError;
pub use often::TooOften;
pub use part::{DraftStep, Part, Range};

impl Draft {
    /// Reviews the steps with this choice.
    ///
    /// # Errors
    /// All findings, when one of them blocks the session. One of them is about an empty draft, unless another
    /// blocks it.
    pub fn review(&self, choice: Choice, context: &Context, overrides: &[RuleId]) -> Result<Protocol, Vec<Finding>> {
        let steps = self.expand(choice);
        let mut findings = review(&steps, context);
        if steps.is_empty() && !refuses(&findings, overrides) {
            findings.push(Finding {
                rule: RuleId::SessionLimit,
                severity: Severity::Refuse,
                step: None,
                detail: Detail::SessionSteps(0),
                passes_after: None,
            });
        }
        if refuses(&findings, overrides) {
            return Err(findings);
        }
        let forgets = overrides.contains(&RuleId::Rewarm);
        let overrides = overrides.to_vec();
        Ok(Protocol {
            name: self.name.clone(),
            site: context.site,
            rounds: steps.last().map_or(1, |step| step.round),
            longest: self.longest(&steps),
            steps,
            findings,
            initial_load: if forgets { Load::NONE } else { context.load() },
            doses: context.doses.clone(),
            overrides,
        })
    }
}

/// A reviewed list of steps, ready to be planned.
#[derive(Clone, Debug)]
pub struct Protocol {
    name: String,
    site: Site,
    rounds: u32,
    steps: Vec<Step>,
    /// The longest that the file allows for each step, where it says so.
    longest: Vec<Option<Duration>>,
    findings: Vec<Finding>,
    initial_load: Load,
    doses: Doses,
    overrides: Vec<RuleId>,
}

impl Protocol {
    /// The protocol of a recorded session, which was reviewed when the session started. Each step comes with the
    /// longest that its file allowed. `doses` are those of earlier sessions. `site` is [`Site::OTHER`] where the record
    /// has none. `None` when the record has no steps.
    pub fn recorded(
        name: String,
        site: Site,
        steps: impl IntoIterator<Item = (Step, Option<Duration>)>,
        initial_load: Load,
        doses: Doses,
    ) -> Option<Protocol> {
        let (steps, longest): (Vec<_>, Vec<_>) = steps.into_iter().unzip();
        let rounds = steps.last()?.round;
        let (findings, overrides) = (Vec::new(), Vec::new());
        Some(Protocol { name, site, rounds, steps, longest, findings, initial_load, doses, overrides })
    }

    /// The same with the rules that the person overrode when it started.
    #[must_use]
    pub fn overriding(self, overrides: Vec<RuleId>) -> Protocol {
        Protocol { overrides, ..self }
    }

    /// The name, as `run` takes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its packs lie.
    pub fn site(&self) -> Site {
        self.site
    }

    /// The number of rounds, at least 1.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The expanded steps, at least one.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The longest that the file allows for the step `index`. `None` when it does not say so, and for a changeover.
    pub fn longest(&self, index: usize) -> Option<Duration> {
        self.longest.get(index).copied().flatten()
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

    /// Whether the person overrode a rule.
    pub fn overrides(&self, rule: RuleId) -> bool {
        self.overrides.contains(&rule)
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
    use crate::domain::step::{Modality, StepKind};

    fn minutes(number: u64) -> Duration {
        Duration::from_secs(number * 60)
    }

    #[test]
    fn minutes_pass_the_same_review_as_a_file() {
        let ice = Draft::of("ice", &[(StepKind::Cold, minutes(15))]);
        let choose = |length| Choice { length: Some(length), ..Choice::default() };
        let context = Context::default();
        assert!(ice.review(choose(minutes(20)), &context, &[]).is_ok());
        let over = ice.review(choose(minutes(20) + Duration::from_nanos(1)), &context, &[]);
        assert_eq!(over.expect_err("over the limit")[0].rule, RuleId::ColdLimit);
    }

    #[test]
    fn absurd_rounds_are_refused_without_being_expanded() {
        let mut draft = Draft::of("rests", &[(StepKind::Rest, minutes(1))]);
        draft.rounds = Some(Range::fixed(u32::MAX));
        let findings = draft.review(Choice::default(), &Context::default(), &[]).expect_err("too many");
        assert!(findings.iter().any(|finding| finding.rule == RuleId::SessionLimit));
    }

    #[test]
    fn a_protocol_is_what_was_reviewed() {
        let mut draft = Draft::of("mine", &[(StepKind::Heat, minutes(5)), (StepKind::Cold, minutes(5))]);
        draft.rounds = Some(Range::fixed(2));
        let (from, now) = (Moment::new(minutes(50)), Moment::new(minutes(60)));
        let dose = Dose {
            modality: Modality::Cold,
            from,
            to: from + minutes(4),
            session: from,
            site: Site::LOWER_BACK,
            relieves: true,
        };
        let site = Site::from_name("left-hip").expect("a site");
        let context = Context { now, site, doses: [dose].into_iter().collect(), ..Context::default() };
        let protocol = draft.review(Choice::default(), &context, &[]).expect("within every rule");
        assert_eq!((protocol.name(), protocol.rounds(), protocol.steps().len()), ("mine", 2, 4));
        assert_eq!(protocol.initial_load(), context.load());
        assert_ne!(protocol.initial_load(), Load::NONE);
        assert_eq!(protocol.site(), site);
        assert!(!protocol.findings().is_empty(), "heat without a time of injury draws a note");
        let steps = protocol.steps().iter().cloned().zip([None, Some(minutes(8))].into_iter().cycle());
        let record = Protocol::recorded("mine".to_owned(), site, steps, protocol.initial_load(), Doses::default());
        let record = record.expect("it has steps");
        assert_eq!([0, 1, 2, 3].map(|index| record.longest(index)), [None, Some(minutes(8)), None, Some(minutes(8))]);
        assert_eq!((record.name(), record.rounds(), record.initial_load()), ("mine", 2, protocol.initial_load()));
        assert_eq!(Plan::new(&record).rounds(), 2);
        assert!(Protocol::recorded(String::new(), site, [], Load::NONE, Doses::default()).is_none());
    }

    #[test]
    fn nothing_is_not_a_protocol() {
        assert!(Draft::of("empty", &[]).review(Choice::default(), &Context::default(), &[]).is_err());
    }
}
