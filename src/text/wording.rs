//! Every event of a session in words: one headline, one piece of advice. Screen, plain lines,
//! notifications and the answers to other shells all speak from here. Pure: no colours, no time of day.

use std::time::Duration;

use crate::domain::moment::Moment;
use crate::domain::plan::Segment;
use crate::domain::rules::RuleId;
use crate::domain::session::{Event, EventKind, Outcome, Session};
use crate::domain::step::{Modality, PerModality, StepKind};
use crate::text::advice;
use crate::text::durations::{count, in_words, part_of, roughly};

/// What is said about one event; [`sentences`] makes a line of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// What happened; never empty.
    pub headline: String,
    /// What to do now; may be empty.
    pub advice: String,
    /// Something must come off the skin now.
    pub urgent: bool,
}

/// Puts an event into words. `asked`: a person sees this on a terminal and can press keys.
pub fn of(event: &Event, session: &Session, asked: bool) -> Words {
    let plan = session.plan();
    let segment = &plan.segments()[event.step];
    let kind = segment.step.kind;
    let name = capital(kind.as_str());
    let dose = kind.modality().is_some();
    let words = |headline: String, advice: &str, urgent| Words { headline, advice: advice.to_owned(), urgent };
    match event.kind {
        EventKind::Started => {
            words(format!("{}, {}", count(plan.segments().len(), "step"), in_words(plan.length())), "", false)
        }
        EventKind::StepBegan { length } => began(event.step, event.at, length, session, asked),
        EventKind::Halfway => words(left(segment, event.elapsed), advice::halfway(kind), false),
        EventKind::StepSoon => {
            let next = plan.next(event.step).map(|next| next.step.kind);
            words(left(segment, event.elapsed), advice::soon(next), false)
        }
        EventKind::Paused => {
            let on = ("Paused: pack off", "Press space when it is back on.");
            let (headline, advice) = if dose { on } else { ("Paused", "Press space to go on.") };
            words(headline.to_owned(), if asked { advice } else { "" }, false)
        }
        EventKind::Resumed => words(format!("Going on with {kind}"), "", false),
        EventKind::Skipped { by_rule: None } => words(format!("{name} ended early"), "", dose),
        EventKind::Skipped { by_rule: Some(rule) } => {
            words(format!("Skipping {kind}: dose limit reached ({rule})"), "", false)
        }
        EventKind::Extended { by, by_rule } => words(extended(by, by_rule), "", false),
        EventKind::Overran { over } => {
            let (headline, advice) = match (over.as_secs(), dose) {
                (0, _) => (format!("{name} is over"), change(event.step, session, asked)),
                (_, true) => {
                    let advice = if asked { "Take the pack off, then press Enter." } else { advice::TAKE_OFF };
                    (format!("TAKE IT OFF. {name} is {} too long", roughly(over)), advice.to_owned())
                }
                (_, false) => (format!("{name} ended {} ago", roughly(over)), change(event.step, session, asked)),
            };
            Words { headline, advice, urgent: dose }
        }
        EventKind::Confirmed => words("Change made".to_owned(), "", false),
        EventKind::Finished { outcome, given } => {
            let last = match outcome {
                Outcome::Stopped => kind,
                // A step that was left out at the very end put nothing on.
                Outcome::Completed => plan.before(event.step + 1).map_or(kind, |last| last.step.kind),
            };
            let on = last.modality().is_some();
            let off = if on { format!("{} ", advice::TAKE_OFF) } else { String::new() };
            words(off + &finished(outcome, given, session), advice::AFTERWARDS, on)
        }
    }
}

/// One line of full sentences.
pub fn sentences<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts = texts.into_iter().filter(|text| !text.is_empty());
    let ended = texts.map(|text| if text.ends_with(['.', '?']) { text.to_owned() } else { format!("{text}.") });
    ended.collect::<Vec<_>>().join(" ")
}

/// Which pack comes off as a step begins: empty when none was on, or the same one stays on.
pub fn off_now(index: usize, session: &Session) -> &'static str {
    let before = session.plan().before(index).map(|before| before.step.kind);
    match before.filter(|before| *before != session.plan().segments()[index].step.kind) {
        Some(StepKind::Cold) => "Cold off now.",
        Some(StepKind::Heat) => "Heat off now.",
        Some(StepKind::Rest | StepKind::Stretch) | None => "",
    }
}

/// Which step and round this is, where there is more than one: `, round 1 of 3, step 1 of 6`.
pub fn position(index: usize, session: &Session) -> String {
    let plan = session.plan();
    let round = match plan.rounds() {
        1 => String::new(),
        rounds => format!(", round {} of {rounds}", plan.segments()[index].step.round),
    };
    round + &step_of(index, session)
}

fn step_of(index: usize, session: &Session) -> String {
    match session.plan().segments().len() {
        1 => String::new(),
        steps => format!(", step {} of {steps}", index + 1),
    }
}

fn began(index: usize, at: Moment, length: Duration, session: &Session, asked: bool) -> Words {
    let kind = session.plan().segments()[index].step.kind;
    let after_cold = session.is_numb(at);
    let (what, how, advice) = match kind {
        StepKind::Cold => ("Cold on", ", a thin damp cloth between", "Gel packs run colder than ice."),
        StepKind::Heat if after_cold => (
            "Heat on",
            ", only when normal feeling is back",
            if asked { advice::FEELING_BACK } else { "Warm, not hot." },
        ),
        StepKind::Heat => ("Heat on", "", "Warm, not hot; moist is better. Pad on low or medium; water at most 40 °C."),
        StepKind::Rest => ("Rest", "", "Lie with raised legs, or in the position that hurts least."),
        StepKind::Stretch => ("Stretch", "", "Only as far as it is comfortable."),
    };
    let off = off_now(index, session);
    let gap = if off.is_empty() { "" } else { " " };
    let headline = format!("{off}{gap}{what} for {}{}{how}", in_words(length), step_of(index, session));
    Words { headline, advice: advice.to_owned(), urgent: !off.is_empty() }
}

/// What to do as a step begins, for a screen that shows which step it is.
pub fn to_do(event: &Event, session: &Session, asked: bool) -> String {
    let kind = session.plan().segments()[event.step].step.kind;
    let after_cold = session.is_numb(event.at);
    let asks = asked && after_cold && kind == StepKind::Heat;
    let what = if asks { advice::FEELING_BACK } else { advice::begin(kind, after_cold) };
    format!("{} {what}", off_now(event.step, session)).trim_start().to_owned()
}

fn left(segment: &Segment, elapsed: Duration) -> String {
    format!("{} left", in_words(segment.end().saturating_sub(elapsed)))
}

fn extended(by: Duration, by_rule: Option<RuleId>) -> String {
    match by_rule {
        Some(rule) if by.is_zero() => format!("Cannot be longer ({rule})"),
        Some(rule) => format!("{} longer, the most that is allowed ({rule})", in_words(by)),
        None if by.is_zero() => "Cannot be longer: the step is over".to_owned(),
        None => format!("{} longer", in_words(by)),
    }
}

/// What to do at the end of a step that waits for the person.
fn change(index: usize, session: &Session, asked: bool) -> String {
    let pack = |segment: &Segment| segment.step.kind.modality();
    let now = pack(&session.plan().segments()[index]);
    let next = session.plan().next(index).and_then(pack);
    let what = match (now, next) {
        (Some(now), Some(next)) if now != next => format!("Take the {now} off, put the {next} on"),
        (None, Some(next)) => format!("Put the {next} on"),
        (Some(_), _) => "Take the pack off".to_owned(),
        (None, None) => String::new(),
    };
    let feeling = if now == Some(Modality::Cold) && next == Some(Modality::Heat) { advice::FEELING_BACK } else { "" };
    match (what.is_empty(), asked) {
        (true, true) => "Press Enter to go on.".to_owned(),
        (false, true) => format!("{what}, then press Enter. {feeling}").trim_end().to_owned(),
        (true, false) => String::new(),
        (false, false) => format!("{what}."),
    }
}

fn finished(outcome: Outcome, given: PerModality<Duration>, session: &Session) -> String {
    let planned = |modality: Modality| -> Duration {
        let steps = session.plan().segments().iter().map(|segment| &segment.step);
        steps.filter(|step| step.kind.modality() == Some(modality)).map(|step| step.length).sum()
    };
    let doses = [Modality::Heat, Modality::Cold].map(|modality| (modality, given[modality], planned(modality)));
    let doses: Vec<_> = doses.into_iter().filter(|(_, given, planned)| *given + *planned > Duration::ZERO).collect();
    let missing = |given: Duration, planned: Duration| given + Duration::from_secs(1) <= planned;
    let short = doses.iter().any(|&(_, given, planned)| missing(given, planned));
    let how = match outcome {
        Outcome::Completed if short => "Ended early",
        Outcome::Completed => "Done",
        Outcome::Stopped => "Stopped",
    };
    let doses = doses.iter().map(|(modality, given, planned)| match how {
        "Done" => format!("{} of {modality}", in_words(*given)),
        _ => format!("{modality} {}", part_of(*given, *planned)),
    });
    let doses = doses.collect::<Vec<_>>().join(", ");
    format!("{how}: {}", if doses.is_empty() { in_words(session.elapsed()) } else { doses })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().to_string() + letters.as_str())
}
