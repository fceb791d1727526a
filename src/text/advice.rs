//! The fixed sentences about safety and about each kind of step: each is written here once. Plain words, no claim
//! without a source, no drugs, no mechanisms. It must not know screens, notifications or clocks.

use crate::domain::step::StepKind;
use crate::text::printable::capital;

/// Shown once in every session.
pub const DISCLAIMER: &str = "A timer, not medical advice: it cannot see skin or find a cause. \
     Unsure, severe or not improving: ask a professional.";

/// What is known about the benefit (Qaseem 2017, French 2006, Dubois 2019, Greenhalgh 2021).
pub const EVIDENCE: &str = "Modest short-term evidence for heat, little for ice and for contrast: \
     use them for comfort.";

/// When heat may be used (rule `early-heat`).
pub const HEAT_LATER: &str = "heat is for 3 days after an injury and later";

/// Shown once in every session.
pub const ALWAYS: &str = "Do not lie on the pack, strap it tight or fall asleep.";

/// How a step begins, and more about it. `after_cold`: heat within 30 min of cold. `asked`: a person sees this on
/// a terminal and can press keys.
pub fn begin(kind: StepKind, after_cold: bool, asked: bool) -> (&'static str, &'static str) {
    match kind {
        StepKind::Cold => (", a thin damp cloth between", "Gel packs run colder than ice."),
        StepKind::Heat if after_cold && asked => (", only when normal feeling is back", FEELING_BACK),
        StepKind::Heat if after_cold => (", only when normal feeling is back", "Warm, not hot."),
        StepKind::Heat => ("", "Warm, not hot; moist is better. Pad on low or medium; water at most 40 °C."),
        StepKind::Rest => ("", "Lie with raised legs, or in the position that hurts least."),
        StepKind::Stretch => ("", "Stretch gently, only as far as it is comfortable."),
    }
}

/// What to do during a step, where its length is shown elsewhere.
pub fn during(kind: StepKind, after_cold: bool) -> String {
    let (how, more) = begin(kind, after_cold, false);
    let name = capital(kind.as_str());
    match (kind.has_pack(), how) {
        (false, _) => format!("Pack off. {more}"),
        (true, "") => format!("{name} on: {}", more.replacen("Warm", "warm", 1)),
        (true, how) => format!("{name} on{how}. {more}"),
    }
}

/// What a step is called.
pub fn called(kind: StepKind, is_changeover: bool) -> &'static str {
    if is_changeover { "changeover" } else { kind.as_str() }
}

/// What to do in a changeover before this kind of step.
pub fn ready(next: StepKind) -> &'static str {
    match next {
        StepKind::Cold => "Have the ice ready, wrapped in a thin damp cloth.",
        _ => soon(Some(next)),
    }
}

/// Asked before the first step, which is of this kind, when its clock waits for Enter.
pub fn press_enter(first: StepKind) -> &'static str {
    match first {
        StepKind::Cold => "Press Enter when the ice is on, or q to leave.",
        StepKind::Heat => "Press Enter when the warm pack is on, or q to leave.",
        StepKind::Rest | StepKind::Stretch => "Press Enter when you are ready, or q to leave.",
    }
}

/// The skin check in the middle of a dose; empty for a step without a pack.
pub fn halfway(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Cold => "Look at the skin. Stop if it is white, blotchy, blistered or numb.",
        StepKind::Heat => "Look at the skin. Stop if it is very red, blotchy or stinging.",
        StepKind::Rest | StepKind::Stretch => "",
    }
}

/// The skin check when a pack has been on for too long.
pub fn too_long(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Heat => "Look at the skin. Blistered or still stinging: get help.",
        _ => "Look at the skin. White, blistered or still numb: get help.",
    }
}

/// What to prepare before the next step.
pub fn soon(next: Option<StepKind>) -> &'static str {
    match next {
        Some(StepKind::Cold) => "Have the ice ready, wrapped.",
        Some(StepKind::Heat) => "Have the warm pack ready.",
        Some(StepKind::Rest | StepKind::Stretch) | None => "Get ready to take the pack off.",
    }
}

/// How to go on after a pause. `asked`: a person can press space.
pub fn paused(kind: StepKind, asked: bool) -> &'static str {
    match (kind.has_pack(), asked) {
        (true, true) => "Press space when it is back on.",
        (true, false) => "Resume when it is back on.",
        (false, true) => "Press space to go on.",
        (false, false) => "",
    }
}

/// What to do at the end of a step, and the question about numb skin (rule `numb-heat`). `asked`: a person can
/// press Enter.
pub fn change(now: StepKind, next: Option<StepKind>, asked: bool) -> Vec<String> {
    let what = match (now, next.filter(|next| next.has_pack())) {
        (now, Some(next)) if now.has_pack() && now != next => format!("Take the {now} off, put the {next} on"),
        (now, _) if now.has_pack() => "Take the pack off".to_owned(),
        (_, Some(next)) => format!("Put the {next} on"),
        (_, None) if asked => return vec!["Press Enter to go on.".to_owned()],
        (_, None) => return Vec::new(),
    };
    let question = asked && (now, next) == (StepKind::Cold, Some(StepKind::Heat));
    let what = what + if asked { ", then press Enter." } else { "." };
    [what].into_iter().chain(question.then(|| FEELING_BACK.to_owned())).collect()
}

/// What to do after a leap of the time of day, of which the session knows no more.
pub fn leapt(kind: StepKind, asked: bool) -> String {
    let go_on = if asked { "Enter" } else { "therapy resume" };
    format!("If the {kind} was on all that time, take it off. If only the clock was set: {go_on}.")
}

/// Asked at a change from cold to heat when a person can answer.
const FEELING_BACK: &str = "Has normal feeling come back? If not: space, and wait.";

/// The commands after a session was cut off.
pub const CUT_OFF: &str = "therapy resume   go on with it\n  therapy stop     close it, and say when the pack came off";

/// The same while the clock is behind the record: then it cannot be resumed, and no time of day can be compared.
pub const CUT_OFF_BEHIND: &str = "set the clock, then: therapy resume\n  or close it: therapy stop";

/// What comes before another session, in a sentence. `behind`: as for [`CUT_OFF_BEHIND`].
pub fn first(behind: bool) -> &'static str {
    if behind {
        "Set the clock, then therapy resume; or close it: therapy stop."
    } else {
        "First therapy resume, or therapy stop."
    }
}

/// The stored time of the injury lies in the future: the clock was set back.
pub const INJURY_IN_FUTURE: &str = "The injury time is in the future: therapy injury set yesterday";

/// How a session may run although the journal cannot be used.
pub const UNRECORDED: &str = "run it without a record: add --override rewarm --override cold-daily";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_straight_after_cold_waits_for_feeling() {
        assert!(during(StepKind::Heat, true).contains("normal feeling"));
        assert!(!during(StepKind::Heat, false).contains("normal feeling"));
        assert!(during(StepKind::Cold, true).starts_with("Cold on, "));
        assert!(begin(StepKind::Heat, true, true).1.ends_with("If not: space, and wait."));
    }
}
