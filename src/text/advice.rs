//! The fixed sentences of safety and of each kind of step. Plain words, no claim that a source does not
//! make, no drugs, no mechanisms. It must not know screens, notifications or clocks.

use crate::domain::rules::{ACUTE, Injury};
use crate::domain::step::StepKind;

/// Shown once in every session.
pub const DISCLAIMER: &str = "A timer, not medical advice: it cannot see skin or find a cause. \
     Unsure, severe or not improving: ask a professional.";

/// What is known about the benefit (French 2006, Dubois 2019).
pub const EVIDENCE: &str = "Modest short-term evidence for heat, little for ice and for contrast: \
     use them for comfort.";

/// Signs to stop and get help, each with its source. The first [`URGENT`] are urgent.
pub const RED_FLAGS: &[(&str, &str)] = &[
    ("trouble with bladder or bowel", "S3"),
    ("numbness in groin or buttocks", "ours"),
    ("weak or numb legs, unsteady walking", "S3"),
    ("pain after a fall, a blow or a crash", "ours"),
    ("pain or spasm running into thigh or lower leg", "S1"),
    ("numb or painful arms or legs", "S3"),
    ("fever", "S3"),
    ("weight loss without a reason", "S3"),
    ("pain that is worse at night or lying down", "S3"),
    ("back pain together with chest or belly pain", "ours"),
];

/// How many of [`RED_FLAGS`], from the first, need help now.
pub const URGENT: usize = 4;

/// What to ask a clinician about first: before what, then the conditions.
pub const CONTRAINDICATIONS: &[(&str, &[&str])] = &[
    (
        "heat or cold",
        &[
            "numb skin",
            "poor circulation",
            "nerve damage",
            "diabetes that affects feeling",
            "open or infected skin",
            "small children",
            "alcohol",
            "sedatives",
        ],
    ),
    ("cold", &["Raynaud's", "cold hives", "past frostbite"]),
    ("heat", &["fresh bruise or swelling", "blood clot", "cancer", "belly in pregnancy", "menthol or capsaicin rub"]),
    ("contrast", &["heart or blood-pressure trouble"]),
];

/// Shown once in every session.
pub const ALWAYS: &str = "Do not lie on the pack, strap it tight or fall asleep.";

/// What to do in a step, for a screen that shows its kind. `after_cold`: heat comes straight after cold.
pub fn begin(kind: StepKind, after_cold: bool) -> &'static str {
    match kind {
        StepKind::Cold => "Cold on, a thin damp cloth between. Gel packs run colder than ice.",
        StepKind::Heat if after_cold => "Heat on only when normal feeling is back; warm, not hot.",
        StepKind::Heat => "Heat on: warm, not hot; moist is better. Pad on low or medium; water at most 40 °C.",
        StepKind::Rest => "Pack off. Lie with raised legs, or in the position that hurts least.",
        StepKind::Stretch => "Pack off. Stretch gently, only as far as it is comfortable.",
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

/// What to prepare before the next step.
pub fn soon(next: Option<StepKind>) -> &'static str {
    match next {
        Some(StepKind::Cold) => "Have the ice ready, wrapped.",
        Some(StepKind::Heat) => "Have the warm pack ready.",
        Some(StepKind::Rest | StepKind::Stretch) | None => "Get ready to take the pack off.",
    }
}

/// At the end of a dose, and while it is past its end.
pub const TAKE_OFF: &str = "Take the pack off.";

/// After the session.
pub const AFTERWARDS: &str = "Keep gently moving.";

/// Asked at a change from cold to heat when a person can answer (rule `numb-heat`).
pub const FEELING_BACK: &str = "Has normal feeling come back? If not: space, and wait.";

/// The commands after a session was cut off.
pub const CUT_OFF: &str = "therapy resume   go on with it\n  therapy stop     close it with the dose recorded so far";

/// Why heat or cold is recommended for an injury of this age.
pub fn because(injury: Injury) -> &'static str {
    match injury {
        Injury::Ago(age) if age >= ACUTE => "The injury is at least 3 days old: heat (S3)",
        Injury::Ago(_) => "The injury is less than 3 days old: cold (S3)",
        Injury::Unknown | Injury::InFuture(_) => "No injury time is set: therapy injury set yesterday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_straight_after_cold_waits_for_feeling() {
        assert!(begin(StepKind::Heat, true).contains("normal feeling"));
        assert!(!begin(StepKind::Heat, false).contains("normal feeling"));
        assert!(begin(StepKind::Cold, true).starts_with("Cold on"));
    }

    #[test]
    fn every_cited_source_exists() {
        for (flag, source) in RED_FLAGS {
            let known = *source == crate::domain::source::OURS || crate::domain::source::find(source).is_some();
            assert!(known, "{flag}: {source}");
        }
    }
}
