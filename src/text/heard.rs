//! What a person hears of an event: a chime, and what a voice says, in short sentences with numbers as words. Pure: it
//! must not know players and voices.

use std::time::Duration;

use crate::domain::session::{Event, EventKind, Outcome, REMIND, Session};
use crate::domain::step::StepKind;
use crate::text::printable::capital;
use crate::text::wording;

/// The sound for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chime {
    /// Soft: look at the skin, or get ready.
    Soft,
    /// Clear: a step begins.
    Change,
    /// Insistent: a pack must come off. It is louder the more often nobody answered.
    Off(u32),
}

/// The chime for an event; `None` when there is none.
pub fn chime(event: &Event, session: &Session) -> Option<Chime> {
    let words = wording::of(event, session, false);
    match event.kind {
        EventKind::Halfway | EventKind::StepSoon => Some(Chime::Soft),
        EventKind::Overran { over } if words.urgent => {
            Some(Chime::Off(u32::try_from(over.as_secs() / REMIND.as_secs()).unwrap_or(u32::MAX)))
        }
        EventKind::Finished { .. } | EventKind::Leapt { .. } if words.urgent => Some(Chime::Off(0)),
        _ => wording::rings(event, session).then_some(Chime::Change),
    }
}

/// The sentences for an event; `None` when there is nothing to say.
pub fn sentences(event: &Event, session: &Session) -> Option<String> {
    let plan = session.plan();
    let segment = &plan.segments()[event.step];
    let kind = segment.step.kind;
    let left = || length(segment.end().saturating_sub(event.elapsed));
    Some(match event.kind {
        EventKind::StepBegan { length: planned } => {
            let before = plan.before(event.step).map(|before| before.step.kind);
            let off = before.filter(|before| before.has_pack() && *before != kind);
            let off = off.map(|off| format!("{} off now. ", thing(off))).unwrap_or_default();
            let on = if kind.has_pack() { " on" } else { "" };
            let what = match plan.dose_after_changeover(event.step).map(|next| next.step.kind) {
                // The cue of a dose belongs to its changeover, and is said nowhere else.
                Some(next) => {
                    let what = format!("{off}{} in {}", thing(next), length(planned));
                    return Some(wording::sentences([
                        what.as_str(),
                        wording::ready(next, plan.cue_of_next(event.step)),
                    ]));
                }
                None => format!("{off}{}{on} for {}.", thing(kind), length(planned)),
            };
            match plan.early_cue(event.step) {
                Some(cue) => wording::sentences([what.as_str(), format!("Next: {cue}").as_str()]),
                None => what,
            }
        }
        EventKind::Halfway => format!("{} left. Look at the skin.", capital(&left())),
        EventKind::StepSoon => {
            if let Some(cue) = plan.cue_of_next(event.step) {
                return Some(wording::sentences([format!("{} left", capital(&left())).as_str(), cue]));
            }
            let prepare = match plan.next(event.step).map(|next| next.step.kind) {
                Some(StepKind::Cold) => "have the ice ready",
                Some(StepKind::Heat) => "have the warm pack ready",
                _ => "get ready to take the pack off",
            };
            format!("{} left: {prepare}.", capital(&left()))
        }
        EventKind::Overran { over } if kind.has_pack() => {
            let over = if over.as_secs() == 0 { String::new() } else { format!(" It is {} too long.", length(over)) };
            format!("Take the {} off.{over}", thing(kind).to_lowercase())
        }
        EventKind::Overran { .. } => format!("{} is over.", thing(kind)),
        EventKind::Leapt { .. } => "The clock jumped. Look at the skin.".to_owned(),
        EventKind::Skipped { by_rule: Some(_) } => format!("No {}: the dose is reached.", thing(kind).to_lowercase()),
        EventKind::Finished { outcome: Outcome::Stopped, .. } => return None,
        EventKind::Finished { .. } => {
            let last = plan.before(event.step + 1).map(|last| last.step.kind).filter(|last| last.has_pack());
            let off = last.map(|last| format!("Take the {} off. ", thing(last).to_lowercase()));
            format!("{}The session is over.", off.unwrap_or_default())
        }
        _ => return None,
    })
}

/// Said again while nobody answers after the end.
pub fn again(session: &Session) -> String {
    format!("Take the {} off, and press a key.", thing(session.segment().step.kind).to_lowercase())
}

/// What lies on the skin, as people call it.
fn thing(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Cold => "Ice",
        StepKind::Heat => "Heat",
        StepKind::Rest => "Rest",
        StepKind::Stretch => "Stretch",
    }
}

/// A length as people say it: `twenty minutes`, `one minute`, `thirty seconds`, `one hour and ten minutes`.
pub fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    let unit =
        |number: u64, name: &str| format!("{} {name}{}", number_word(number), if number == 1 { "" } else { "s" });
    let minutes = (seconds + 30) / 60;
    match (seconds, minutes) {
        (0..60, _) => unit(seconds, "second"),
        (60..120, _) if !seconds.is_multiple_of(60) => {
            format!("{} and {}", unit(1, "minute"), unit(seconds % 60, "second"))
        }
        (_, 0..60) => unit(minutes, "minute"),
        _ if minutes.is_multiple_of(60) => unit(minutes / 60, "hour"),
        _ => format!("{} and {}", unit(minutes / 60, "hour"), unit(minutes % 60, "minute")),
    }
}

/// A number as a word, up to ninety-nine.
fn number_word(number: u64) -> String {
    const SMALL: [&str; 20] = [
        "no",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    match usize::try_from(number) {
        Ok(small @ 0..20) => SMALL[small].to_owned(),
        Ok(number @ 20..100) if number % 10 == 0 => TENS[number / 10].to_owned(),
        Ok(number @ 20..100) => format!("{}-{}", TENS[number / 10], SMALL[number % 10]),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_said_as_people_say_them() {
        #[rustfmt::skip]
        let table = [
            (1, "one second"), (30, "thirty seconds"), (59, "fifty-nine seconds"), (60, "one minute"),
            (61, "one minute and one second"), (90, "one minute and thirty seconds"), (120, "two minutes"),
            (600, "ten minutes"), (1200, "twenty minutes"), (1290, "twenty-two minutes"), (3540, "fifty-nine minutes"),
            (3600, "one hour"), (4200, "one hour and ten minutes"), (7200, "two hours"), (9000, "two hours and thirty minutes"),
        ];
        for (seconds, said) in table {
            assert_eq!(length(Duration::from_secs(seconds)), said);
        }
    }
}
