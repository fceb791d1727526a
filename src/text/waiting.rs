//! What is said in a wait for the time at which a session may start. It must not know clocks: it is told every time.

use std::time::Duration;

use crate::domain::step::StepKind;
use crate::domain::waiting::{SECONDS, Why};
use crate::text::advice::press_enter;
use crate::text::durations::{countdown, roughly};
use crate::text::printable::{capital, printable};
use crate::text::wording::Words;

/// How to leave.
pub const LEAVE: &str = "q leaves.";

/// Said before the process is stopped.
pub const SUSPENDED: &str = "Suspended: no alarm comes until you type fg.";

/// When the session may start: `Ice from 15:10, in 1 h 12 min (rewarm).` `possible`: when no rule refuses it, where that is
/// earlier than the recommended time.
pub fn coming(name: &str, from: &str, left: Duration, why: Why, possible: Option<&str>) -> String {
    let name = capital(&printable(name));
    let reason = match why {
        Why::Running if left.is_zero() => return format!("{name} when the session that is running is over."),
        Why::Running => "another session is running".to_owned(),
        Why::Asleep => "when your waking hours begin".to_owned(),
        Why::Rule(rule) => rule.to_string(),
    };
    let wait = if left > SECONDS { roughly(left) } else { countdown(left) };
    let possible = possible.map(|at| format!("; possible {at}")).unwrap_or_default();
    format!("{name} from {from}, in {wait} ({reason}){possible}.")
}

/// What may be done now, by the first step.
pub fn allowed(name: &str, first: StepKind) -> String {
    match first {
        StepKind::Cold => "You can put the ice on now".to_owned(),
        StepKind::Heat => "You can put the heat on now".to_owned(),
        StepKind::Rest | StepKind::Stretch => format!("{} may start now", capital(&printable(name))),
    }
}

/// How a person is called whose time has come. `command` starts the session; without one, Enter does.
pub fn call(name: &str, first: StepKind, command: Option<&str>) -> Words {
    let advice = command.map_or_else(|| press_enter(first).to_owned(), |command| format!("Start it: {command}"));
    Words { headline: allowed(name, first), advice, urgent: true }
}

/// The call was answered: it need not stay on the desktop.
pub fn answered() -> Words {
    Words { headline: "Answered".to_owned(), ..Words::default() }
}

/// Something else came first, so what was called for may not start any more.
pub fn put_off() -> Words {
    Words { headline: "Not yet".to_owned(), ..Words::default() }
}

/// The wait ended before the time came.
pub fn ended(why: &str) -> Words {
    Words { headline: "The wait is over".to_owned(), advice: why.to_owned(), urgent: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules::RuleId;

    #[test]
    fn the_countdown_says_when_in_how_long_and_why() {
        let coming = |seconds, why, possible| coming("ice", "15:10", Duration::from_secs(seconds), why, possible);
        let rewarm = Why::Rule(RuleId::Rewarm);
        assert_eq!(coming(72 * 60, rewarm, None), "Ice from 15:10, in 1 h 12 min (rewarm).");
        assert_eq!(coming(600, rewarm, None), "Ice from 15:10, in 10:00 (rewarm).");
        assert_eq!(coming(9, Why::Running, None), "Ice from 15:10, in 0:09 (another session is running).");
        assert_eq!(coming(0, Why::Running, None), "Ice when the session that is running is over.");
        let asleep = coming(9 * 3600, Why::Asleep, None);
        assert_eq!(asleep, "Ice from 15:10, in 9 h (when your waking hours begin).");
        let spacing = coming(3600, Why::Rule(RuleId::ColdSpacing), Some("now"));
        assert_eq!(spacing, "Ice from 15:10, in 1 h (cold-spacing); possible now.");
    }

    #[test]
    fn the_call_says_what_may_go_on_and_how() {
        let ice = call("acute", StepKind::Cold, None);
        let said = "Press Enter when the ice is on, or q to leave.";
        assert_eq!((ice.headline.as_str(), ice.advice.as_str()), ("You can put the ice on now", said));
        let own = call("my \u{1b}rest", StepKind::Rest, Some("therapy run rest"));
        assert_eq!(own.headline, "My \\u{1b}rest may start now");
        assert_eq!(own.advice, "Start it: therapy run rest");
    }
}
