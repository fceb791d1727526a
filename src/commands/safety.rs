//! `therapy safety`.

use std::fmt::Write as _;

use super::{Exit, Failure, print_json, print_text};
use crate::domain::source::OURS;
use crate::text::advice::{ALWAYS, CONTRAINDICATIONS, DISCLAIMER, EVIDENCE, RED_FLAGS, URGENT};

/// Shows the disclaimer, the warning signs and the contraindications.
pub(super) fn run(json: bool) -> Result<Exit, Failure> {
    if json {
        let flag = |(flag, source): &(&str, &str)| serde_json::json!({ "sign": flag, "source": source });
        let flags = |flags: &[(&str, &str)]| flags.iter().map(flag).collect::<Vec<_>>();
        let ask = CONTRAINDICATIONS.iter().map(|(what, with)| serde_json::json!({ "what": what, "with": with }));
        return print_json(&serde_json::json!({
            "disclaimer": DISCLAIMER,
            "evidence": EVIDENCE,
            "urgent": flags(&RED_FLAGS[..URGENT]),
            "stop_and_get_help": flags(&RED_FLAGS[URGENT..]),
            "ask_a_clinician_first": ask.collect::<Vec<_>>(),
        }));
    }
    let mut text = format!("{DISCLAIMER}\n{EVIDENCE}\n\n");
    let mut list = |heading: &str, flags: &[(&str, &str)]| {
        let _ = writeln!(text, "{heading}");
        for (flag, source) in flags {
            let source = if *source == OURS { String::new() } else { format!(" ({source})") };
            let _ = writeln!(text, "  - {flag}{source}");
        }
        text.push('\n');
    };
    list("Get help now:", &RED_FLAGS[..URGENT]);
    list("See a professional first:", &RED_FLAGS[URGENT..]);
    let _ = writeln!(text, "Ask a clinician first:");
    for (what, with) in CONTRAINDICATIONS {
        let _ = writeln!(text, "  - {what}: {}", with.join(", "));
    }
    let _ = writeln!(text, "\nAlways: {ALWAYS}");
    print_text(&text)
}
