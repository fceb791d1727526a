//! What is said about each event: one headline, one piece of advice. Screen, plain lines and
//! notifications all speak from here. Pure: no colours, no time of day.

use std::fmt::Write as _;
use std::time::Duration;

use humantime::format_duration;

use crate::domain::advice;
use crate::domain::session::{Event, EventKind, Outcome, Session};
use crate::domain::step::StepKind;
use crate::text::durations::countdown;

/// What is said about one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub headline: String,
    /// What to do now; may be empty.
    pub advice: String,
    /// Something must come off the skin now.
    pub urgent: bool,
}

/// Puts an event into words. `asked` says that somebody is there to answer a question.
#[must_use]
pub fn of(event: &Event, session: &Session, asked: bool) -> Words {
    let segment = &session.plan().segments()[event.step];
    let kind = segment.step.kind;
    let dose = kind.modality().is_some();
    let take_off = if dose { advice::TAKE_OFF } else { "" };
    let words = |headline: String, advice: &str, urgent| Words { headline, advice: advice.to_owned(), urgent };
    match event.kind {
        EventKind::Started => {
            let plan = session.plan();
            words(format!("started: {}, {}", count(plan.segments().len(), "step"), span(plan.length())), "", false)
        }
        EventKind::StepBegan { length } => {
            let headline =
                format!("{} for {}{}", kind.as_str().to_uppercase(), span(length), position(event.step, session));
            let after_cold = session.is_numb(event.at);
            let before = session.plan().before(event.step).map(|before| before.step.kind);
            let change = before.is_some_and(|before| before.modality().is_some() && before != kind);
            let mut advice = if change { format!("{} ", off(before.unwrap_or(kind))) } else { String::new() };
            advice.push_str(advice::begin(kind, after_cold));
            if after_cold && asked && kind == StepKind::Heat {
                advice = format!("{} {}", off(StepKind::Cold), advice::FEELING_BACK);
            }
            words(headline, &advice, change)
        }
        EventKind::Halfway => {
            words(format!("halfway through {kind}"), advice::halfway(kind).unwrap_or_default(), false)
        }
        EventKind::StepSoon => {
            let next = session.plan().next(event.step).map(|next| next.step.kind);
            let left = span(crate::domain::plan::SOON);
            words(format!("{left} of {kind} left"), advice::soon(kind, next).unwrap_or_default(), false)
        }
        EventKind::Paused => words("paused: the pack is off".to_owned(), "The time of the step stands still.", false),
        EventKind::Resumed => words(format!("going on with {kind}"), "", false),
        EventKind::Skipped { by_rule: None } => words(format!("{kind} ended early"), take_off, dose),
        EventKind::Skipped { by_rule: Some(rule) } => {
            words(format!("{kind} left out: the skin has had its dose ({rule})"), "", false)
        }
        EventKind::Extended { by, by_rule } => {
            let how = if by.is_zero() { "not longer".to_owned() } else { format!("{} longer", span(by)) };
            words(by_rule.map_or(how.clone(), |rule| format!("{how}, by {rule}")), "", false)
        }
        EventKind::Overran { over } => {
            let headline = if over.is_zero() {
                format!("{kind} is over")
            } else {
                format!("{kind} is past its end by {}", countdown(over))
            };
            words(headline, if dose { take_off } else { "The next step waits." }, dose)
        }
        EventKind::Confirmed => words("change made".to_owned(), "", false),
        EventKind::Finished { outcome, given } => {
            let last = match outcome {
                Outcome::Stopped => kind,
                // A step that was left out at the very end put nothing on.
                Outcome::Completed => session.plan().before(event.step + 1).map_or(kind, |last| last.step.kind),
            };
            finished(outcome, [given.cold, given.heat], session, last)
        }
    }
}

fn finished(outcome: Outcome, doses: [Duration; 2], session: &Session, last: StepKind) -> Words {
    let how = match outcome {
        Outcome::Completed => "completed",
        Outcome::Stopped => "stopped",
    };
    let [cold, heat] = doses.map(|dose| format_duration(Duration::from_secs(dose.as_secs())).to_string());
    let on = last.modality().is_some();
    let advice =
        if on { format!("{} {}", advice::TAKE_OFF, advice::AFTERWARDS) } else { advice::AFTERWARDS.to_owned() };
    let headline = format!("{how} after {}: cold {cold}, heat {heat}", span(session.elapsed()));
    Words { headline, advice, urgent: on }
}

fn off(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Cold => "Cold off now.",
        StepKind::Heat => "Heat off now.",
        StepKind::Rest | StepKind::Stretch => "",
    }
}

/// Which step and round this is, where there is more than one.
#[must_use]
pub fn position(index: usize, session: &Session) -> String {
    let plan = session.plan();
    let (step, steps) = (index + 1, plan.segments().len());
    let mut position = String::new();
    if plan.rounds() > 1 {
        position = format!(", round {} of {}", plan.segments()[index].step.round, plan.rounds());
    }
    if steps > 1 {
        let _ = write!(position, ", step {step} of {steps}");
    }
    position
}

/// A length as people read it, to the second once it is longer than one.
#[must_use]
pub fn span(length: Duration) -> String {
    let rounded = if length.as_secs() > 0 { Duration::from_secs(length.as_secs()) } else { length };
    format_duration(rounded).to_string()
}

/// `1 step`, `2 steps`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
