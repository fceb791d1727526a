//! What a person is told, and when. Two short lines at most, plain words; no claim that a source
//! does not make, no drugs, no mechanisms.
//! It knows kinds of step, nothing of screens, notifications or clocks.

use crate::domain::step::StepKind;

/// Said once in every session.
pub const DISCLAIMER: &str = "A timer, not medical advice: it cannot see skin or find a cause. \
     Unsure, severe or not improving: ask a professional.";

/// How much the whole thing is known to help (French 2006, Dubois 2019).
pub const EVIDENCE: &str = "Modest short-term evidence for heat, little for ice and for contrast: \
     use them for comfort.";

/// Signs to stop and get help, each with who names it. The first [`URGENT`] are urgent.
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

/// How many of [`RED_FLAGS`], from the first, need help at once.
pub const URGENT: usize = 4;

/// What must be asked of a clinician first: heading, then the conditions.
pub const CONTRAINDICATIONS: &[(&str, &[&str])] = &[
    ("cold with", &["Raynaud's", "cold hives", "a past frostbite"]),
    (
        "heat or cold with or on",
        &[
            "numb skin",
            "poor circulation",
            "nerve damage",
            "diabetes that affects feeling",
            "open or infected skin",
            "small children",
            "after alcohol or sedatives",
        ],
    ),
    (
        "heat on or with",
        &[
            "a fresh bruise or swelling",
            "a blood clot or cancer below",
            "the belly in pregnancy",
            "menthol or capsaicin rubs",
        ],
    ),
    ("contrast with", &["heart or blood-pressure trouble"]),
];

/// Said during every session with a pack.
pub const ALWAYS: &str = "Do not lie on the pack, strap it tight or fall asleep.";

/// What to do now that a step begins. `after_cold` when heat comes straight after cold.
#[must_use]
pub fn begin(kind: StepKind, after_cold: bool) -> &'static str {
    match kind {
        StepKind::Cold => "Cold on, a thin damp cloth between. Gel packs run colder than ice.",
        StepKind::Heat if after_cold => "Heat on only when normal feeling is back; warm, not hot.",
        StepKind::Heat => "Heat on: warm, not hot; moist is better. Pad low or medium; water at most 40 °C.",
        StepKind::Rest => "Pack off. Lie with raised legs, or in the position that hurts least.",
        StepKind::Stretch => "Pack off. Stretch gently, only as far as it is comfortable.",
    }
}

/// The skin check in the middle of a dose; steps without a pack have none.
#[must_use]
pub fn halfway(kind: StepKind) -> Option<&'static str> {
    match kind {
        StepKind::Cold => Some("Look at the skin. Stop if it is white, blotchy, blistered or numb."),
        StepKind::Heat => Some("Look at the skin. Stop if it is very red, blotchy or stinging."),
        StepKind::Rest | StepKind::Stretch => None,
    }
}

/// A minute before a change that needs hands. `None` when nothing has to be fetched or taken off.
#[must_use]
pub fn soon(now: StepKind, next: Option<StepKind>) -> Option<&'static str> {
    match (now.modality(), next) {
        (_, Some(StepKind::Cold)) => Some("Cold comes next: have the ice ready, wrapped."),
        (_, Some(StepKind::Heat)) => Some("Heat comes next: have the warm pack ready."),
        (Some(_), _) => Some("The pack comes off soon."),
        (None, _) => None,
    }
}

/// At the end of a dose, and while it is past its end.
pub const TAKE_OFF: &str = "Take it off now.";

/// After the session.
pub const AFTERWARDS: &str = "Keep gently moving.";

/// Asked at a change from cold to heat when somebody is there (rule `numb-heat`).
pub const FEELING_BACK: &str = "Has normal feeling come back? If not: space, and wait.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_announced_and_taken_off_and_rest_needs_no_hands() {
        use StepKind::{Cold, Heat, Rest, Stretch};
        assert!(soon(Rest, Some(Cold)).is_some_and(|text| text.contains("ice ready")));
        assert!(soon(Cold, Some(Heat)).is_some_and(|text| text.contains("warm pack")));
        assert!(soon(Cold, None).is_some());
        assert!(soon(Heat, Some(Rest)).is_some());
        assert_eq!(soon(Rest, Some(Stretch)), None);
        assert_eq!(soon(Rest, None), None);
    }

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
