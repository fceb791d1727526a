//! Builds a protocol in code, reviews it, and prints the findings.
//!
//! `cargo run --example build_protocol`

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Duration;

use therapy::domain::protocol::{Choice, Draft};
use therapy::domain::rules::{Context, Injury};
use therapy::domain::step::StepKind;
use therapy::text::rules;

fn main() {
    let step = |kind, minutes: u64| (kind, Duration::from_secs(minutes * 60));
    let evening = Draft::of("evening", &[step(StepKind::Heat, 25), step(StepKind::Cold, 10)]);
    let four_days = Context { injury: Injury::Ago(Duration::from_secs(4 * 24 * 3600)), ..Context::default() };
    match evening.review(Choice::default(), &four_days, &[]) {
        Ok(protocol) => {
            println!("{} may run: {} steps", protocol.name(), protocol.steps().len());
            for finding in protocol.findings() {
                println!("  but {}: {}", finding.rule, rules::detail(&finding.detail));
            }
        }
        Err(found) => println!("unexpected: {found:?}"),
    }

    // The same steps without the heat first: too much cold in a row.
    let icy = Draft::of("icy", &[step(StepKind::Cold, 15), step(StepKind::Cold, 10)]);
    match icy.review(Choice::default(), &four_days, &[]) {
        Ok(protocol) => println!("unexpected: {protocol:?}"),
        Err(found) => {
            println!("two doses of cold in a row are refused:");
            for finding in found {
                println!("  {}: {}", finding.rule, rules::detail(&finding.detail));
            }
        }
    }
}
