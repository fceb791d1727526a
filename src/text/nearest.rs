//! What would pass instead of a plan that a rule refuses, in words. It must not know who shows them.

use crate::domain::nearest::{self, Nearest};
use crate::domain::protocol::{Choice, Draft};
use crate::domain::rules::{Finding, RuleId};
use crate::domain::step::Step;
use crate::text::durations::{count, in_words, nth, rounded_up};

/// `the longest second cold that passes is 10 min; after a rest of 40 min, 20 min pass`.
fn length(nearest: &Nearest, draft: &Draft) -> String {
    let steps: Vec<_> = draft.steps().collect();
    let Some(step) = steps.get(nearest.origin) else { return String::new() };
    let of_kind = || steps.iter().enumerate().filter(|(_, other)| other.kind == step.kind);
    let number = of_kind().take_while(|(index, _)| *index <= nearest.origin).count();
    let name = match nth(number).filter(|_| of_kind().count() > 1) {
        Some(nth) => format!("{nth} {}", step.kind),
        None => step.kind.to_string(),
    };
    let longest = match nearest.longest.as_secs() {
        0 => format!("no {} passes here", step.kind),
        _ => format!("the longest {name} that passes is {}", in_words(nearest.longest)),
    };
    let rest = nearest.rest.map(|rest| {
        let (rest, length) = (in_words(rounded_up(rest)), in_words(nearest.planned));
        format!("; after a rest of {rest}, {length} pass")
    });
    longest + &rest.unwrap_or_default()
}

/// What would pass instead of a plan with this finding: another length, or fewer repetitions of a step that is repeated.
/// `nearest` belongs to `steps`, which are those of the draft with this choice.
pub fn instead(
    finding: &Finding,
    (draft, choice): (&Draft, Choice),
    steps: &[Step],
    nearest: &[Nearest],
) -> Option<String> {
    match (finding.rule, finding.step) {
        (RuleId::ColdLimit | RuleId::HeatLimit, Some(index)) => {
            let origin = steps.get(index)?.origin;
            let of_step = nearest.iter().find(|nearest| nearest.origin == origin).map(|nearest| length(nearest, draft));
            let is_repeated = steps.iter().filter(|step| step.origin == origin && !step.changeover).count() > 1;
            let fewer = is_repeated.then(|| fewer(draft, choice)).flatten();
            let both: Vec<_> = of_step.into_iter().chain(fewer).collect();
            (!both.is_empty()).then(|| both.join("; "))
        }
        (RuleId::SessionLimit, None) => fewer(draft, choice),
        _ => None,
    }
}

/// How often the steps of a session that is too long may be repeated.
fn fewer(draft: &Draft, choice: Choice) -> Option<String> {
    let rounds = nearest::rounds(draft, choice).map(rounds);
    rounds.or_else(|| nearest::times(draft, choice).map(times))
}

/// `2 rounds pass`.
fn rounds(rounds: u32) -> String {
    format!("{} {}", count(rounds, "round"), if rounds == 1 { "passes" } else { "pass" })
}

/// `it passes with times = 12`.
fn times(times: u32) -> String {
    format!("it passes with times = {times}")
}
