//! Builds a protocol in code, has it reviewed, and prints what the rules say about it.
//!
//! `cargo run --example build_protocol`

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Duration;

use therapy::domain::protocol::{Choice, Draft, DraftStep, Range};
use therapy::domain::rules::{Context, Injury};
use therapy::domain::step::StepKind;

fn main() {
    let step = |kind, minutes: u64| DraftStep {
        kind,
        length: Range::fixed(Duration::from_secs(minutes * 60)),
        note: None,
        last_round: true,
        sources: Vec::new(),
    };
    let mut draft = Draft {
        name: "evening".to_owned(),
        summary: "heat, then a little cold".to_owned(),
        caution: None,
        rounds: None,
        steps: vec![step(StepKind::Heat, 25), step(StepKind::Cold, 10)],
        sources: Vec::new(),
    };
    let four_days = Context { injury: Injury::Ago(Duration::from_secs(4 * 24 * 3600)), ..Context::default() };
    match draft.review(Choice::default(), &four_days, &[]) {
        Ok(protocol) => {
            println!("{} may run: {} steps", protocol.name(), protocol.steps().len());
            for finding in protocol.findings() {
                println!("  but {}: {}", finding.rule, finding.message);
            }
        }
        Err(findings) => println!("unexpected: {findings:?}"),
    }

    // The same steps without the heat first: too much cold in a row.
    draft.steps = vec![step(StepKind::Cold, 15), step(StepKind::Cold, 10)];
    match draft.review(Choice::default(), &four_days, &[]) {
        Ok(protocol) => println!("unexpected: {protocol:?}"),
        Err(findings) => {
            println!("two doses of cold in a row are refused:");
            for finding in findings {
                println!("  {}: {}", finding.rule, finding.message);
            }
        }
    }
}
