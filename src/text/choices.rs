//! The texts of choices that a protocol does not offer. It must not know who shows them.

use std::time::Duration;

use humantime::format_duration;

use crate::domain::protocol::{Choice, ChoiceError};
use crate::text::durations::{in_words, rounded_up, within};
use crate::text::typed::quoted;

/// A choice as options of `run`, such as `--cold 12 --rounds 2`.
pub fn options(choice: Choice) -> String {
    let typed = |length: Duration| quoted(&format_duration(length).to_string());
    let minutes = |length: Duration| match length.as_secs() / 60 {
        minutes if length == Duration::from_secs(60 * minutes) => minutes.to_string(),
        _ => typed(length),
    };
    let options = [
        ("--minutes", choice.length.map(minutes)),
        ("--heat", choice.heat.map(minutes)),
        ("--cold", choice.cold.map(minutes)),
        ("--rest", choice.rest.map(minutes)),
        ("--rounds", choice.rounds.map(|rounds| rounds.to_string())),
        ("--changeover", choice.changeover.map(typed)),
    ];
    let options = options.into_iter().filter_map(|(option, value)| Some(format!("{option} {}", value?)));
    options.collect::<Vec<_>>().join(" ")
}

/// Why the protocol `name` does not offer a choice.
pub fn choice(error: &ChoiceError, name: &str) -> String {
    match *error {
        ChoiceError::NotOneStep(steps) => {
            format!("one length is for a protocol of one step; {name} has {steps} steps")
        }
        ChoiceError::TooLong { max, asked } => {
            format!("{} is longer than {name} allows: at most {}", in_words(rounded_up(asked)), in_words(max))
        }
        ChoiceError::TooShort { min, asked } => {
            format!("{} is shorter than {name} allows: only {}", in_words(asked), in_words(min))
        }
        ChoiceError::NoStep(kind) => format!("--{kind} sets the length of every step of {kind}; {name} has none"),
        ChoiceError::OfKind { kind, min, max, asked } => {
            let asked = if asked > max { rounded_up(asked) } else { asked };
            format!("--{kind}: {} is not possible; {name} allows {}", in_words(asked), within(min, max))
        }
        ChoiceError::ColdAboveHeat { heat, cold } => format!(
            "{} of cold after {} of heat: in {name} no cold is longer than the heat before it",
            in_words(rounded_up(cold)),
            in_words(heat)
        ),
        ChoiceError::NoRounds => format!("--rounds needs a protocol with rounds; {name} has none"),
        ChoiceError::Rounds { min, max, asked } => {
            let rounds = if asked == 1 { "1 round is" } else { &format!("{asked} rounds are") };
            let range = if min == max { format!("only {min}") } else { format!("{min} to {max}") };
            format!("{rounds} not possible: {name} allows {range}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::step::StepKind;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_choice_that_is_not_offered_names_what_is() {
        let bit = Duration::from_nanos(1);
        let long = choice(&ChoiceError::TooLong { max: 12 * MINUTE, asked: 12 * MINUTE + bit }, "gentle");
        assert_eq!(long, "12 min 1 s is longer than gentle allows: at most 12 min");
        let short = choice(&ChoiceError::TooShort { min: 12 * MINUTE, asked: MINUTE }, "gentle");
        assert_eq!(short, "1 min is shorter than gentle allows: only 12 min");
        let rounds = |min, max, asked| choice(&ChoiceError::Rounds { min, max, asked }, "gentle");
        assert_eq!(rounds(2, 2, 3), "3 rounds are not possible: gentle allows only 2");
        assert_eq!(rounds(2, 4, 1), "1 round is not possible: gentle allows 2 to 4");
        assert_eq!(rounds(1, 3, 0), "0 rounds are not possible: gentle allows 1 to 3");
        let of_kind =
            |min, max, asked| choice(&ChoiceError::OfKind { kind: StepKind::Heat, min, max, asked }, "gentle");
        assert_eq!(
            of_kind(10 * MINUTE, 20 * MINUTE, 20 * MINUTE + bit),
            "--heat: 20 min 1 s is not possible; gentle allows 10 to 20 min"
        );
        assert_eq!(of_kind(2 * MINUTE, 2 * MINUTE, MINUTE), "--heat: 1 min is not possible; gentle allows only 2 min");
        assert_eq!(
            choice(&ChoiceError::NoStep(StepKind::Rest), "gentle"),
            "--rest sets the length of every step of rest; gentle has none"
        );
    }
}
