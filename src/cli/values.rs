//! Values of options, and how a person types them. It must not know which option has which value.

use crate::domain::rules::{RULES, RuleId, Severity};
use crate::text::typed::{Unreadable, whole};

pub(super) fn rounds(text: &str) -> Result<u32, Unreadable> {
    whole(text, "rounds", "try: --rounds 2").map_err(|error| error.only(|reading| reading != "0"))
}

pub(super) fn speed(text: &str) -> Result<f64, &'static str> {
    let speed = text.parse().ok().filter(|speed| (0.1..=100_000.0).contains(speed));
    speed.ok_or("write a number from 0.1 to 100000")
}

pub(super) fn overridable(text: &str) -> Result<RuleId, String> {
    let names = RULES.iter().filter(|rule| rule.severity == Severity::Overridable).map(|rule| rule.id.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    match RuleId::from_name(text) {
        Some(id) if id.rule().severity == Severity::Overridable => Ok(id),
        Some(id) => Err(format!("{id} cannot be overridden; these can: {names}")),
        None => Err(format!("there is no such rule; these can be overridden: {names}")),
    }
}
