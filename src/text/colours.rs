//! Colours of a terminal, as SGR sequences. It must not know whether anybody wants them.

use crate::domain::step::StepKind;

/// The SGR number of a pack's colour, readable on black and on white; empty for a step without a pack,
/// and without `colours`.
pub fn colour(kind: StepKind, colours: bool) -> &'static str {
    match kind {
        StepKind::Heat if colours => "91",
        StepKind::Cold if colours => "94",
        _ => "",
    }
}

/// The text in these SGR numbers, such as `1;91`; without numbers as it is.
pub fn paint(sgr: &str, text: &str) -> String {
    if sgr.is_empty() || text.is_empty() { text.to_owned() } else { format!("\x1b[{sgr}m{text}\x1b[0m") }
}
