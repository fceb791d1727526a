//! `therapy safety`.

use serde_json::json;

use super::{Exit, Failure, print_json, print_text};
use crate::domain::source::OURS;
use crate::text::advice::{ALWAYS, CONTRAINDICATIONS, DISCLAIMER, EVIDENCE, RED_FLAGS, URGENT};

/// Shows the disclaimer, the warning signs and the contraindications.
pub(super) fn run(json: bool) -> Result<Exit, Failure> {
    if json {
        let flag = |(flag, source): &(&str, &str)| json!({ "sign": flag, "source": source });
        let flags = |flags: &[(&str, &str)]| flags.iter().map(flag).collect::<Vec<_>>();
        let ask = CONTRAINDICATIONS.iter().map(|(what, with)| json!({ "what": what, "with": with }));
        return print_json(&json!({
            "disclaimer": DISCLAIMER, "evidence": EVIDENCE, "urgent": flags(&RED_FLAGS[..URGENT]),
            "stop_and_get_help": flags(&RED_FLAGS[URGENT..]),
            "ask_a_clinician_first": ask.collect::<Vec<_>>(),
        }));
    }
    print_text(&format!("{DISCLAIMER}\n{EVIDENCE}\n\n{}\n\nAlways: {ALWAYS}\n", signs(true).join("\n\n")))
}

/// The warning signs and the contraindications in three paragraphs, the most urgent first.
pub(super) fn signs(with_sources: bool) -> [String; 3] {
    let flags = |flags: &[(&str, &str)]| {
        let shown = flags.iter().map(|(flag, source)| match *source {
            source if with_sources && source != OURS => format!("\n  - {flag} ({source})"),
            _ => format!("\n  - {flag}"),
        });
        shown.collect::<String>()
    };
    let ask = CONTRAINDICATIONS.iter().map(|(what, with)| format!("\n  - {what}: {}", with.join(", ")));
    [
        format!("Get help now:{}", flags(&RED_FLAGS[..URGENT])),
        format!("See a professional first:{}", flags(&RED_FLAGS[URGENT..])),
        format!("Ask a clinician first:{}", ask.collect::<String>()),
    ]
}
