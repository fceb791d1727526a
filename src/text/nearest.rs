//! What would pass instead of a plan that a rule refuses, in words. It must not know who shows them.

use crate::domain::nearest::Nearest;
use crate::domain::protocol::Draft;
use crate::text::durations::{count, in_words, nth, rounded_up};

/// `the longest second cold that passes is 10 min; after a rest of 40 min, 20 min pass`.
pub fn length(nearest: &Nearest, draft: &Draft) -> String {
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

/// `2 rounds pass`.
pub fn rounds(rounds: u32) -> String {
    format!("{} {}", count(rounds, "round"), if rounds == 1 { "passes" } else { "pass" })
}

/// `it passes with times = 12`.
pub fn times(times: u32) -> String {
    format!("it passes with times = {times}")
}
