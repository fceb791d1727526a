//! The question about warning signs: before the first session of an injury, and whenever a person wants it.

use std::io::{self, IsTerminal as _};

use anyhow::anyhow;

use super::times::stamp;
use super::{Exit, Failure, ask, can_ask, say};
use crate::domain::rules::{Detail, RuleId};
use crate::domain::source::OURS;
use crate::edge::journal::{InjuryEntry, Journal};
use crate::text::advice::{CONTRAINDICATIONS, RED_FLAGS, URGENT};
use crate::text::rules;

/// Asks once for each injury on a terminal, and stores the answer. Elsewhere the signs are printed before the
/// first session of the injury. `days` is the number of days with a session since the injury. Without `asks`
/// nothing happens: the rule knows a stored answer.
pub(super) fn screen(injury: InjuryEntry, journal: &Journal, days: u32, asks: bool) -> Result<(), Failure> {
    if injury.red_flag.is_some() || !asks {
        return Ok(());
    }
    if days == 0 || io::stdin().is_terminal() {
        say(&format!("Before you start with this injury\n{}", signs(false).join("\n")));
    }
    if can_ask() && answered(journal)? {
        return Err(refusal());
    }
    Ok(())
}

/// Asks whether a sign applies, and stores the answer. Only a clear one counts, and a yes is confirmed.
pub(super) fn answered(journal: &Journal) -> Result<bool, Failure> {
    let clear = |question| {
        let answer = ask(question, |answer| match &*answer.to_lowercase() {
            "yes" | "y" => Some(true),
            "no" | "n" => Some(false),
            _ => None,
        });
        answer?.ok_or_else(|| Failure::new(Exit::Stopped, anyhow!("the question was not answered"), "answer y or n"))
    };
    loop {
        let applies = clear("Does any of these apply to you? [y/n]")?;
        if !applies || clear("Then no session starts until you take it back. Is that right? [y/n]")? {
            journal.screened(applies, &stamp())?;
            return Ok(applies);
        }
    }
}

/// The refusal of a person to whom a warning sign applies.
pub(super) fn refusal() -> Failure {
    let error = anyhow!("{}: no session will start", rules::detail(&Detail::WarningSign));
    Failure::new(Exit::Refused, error, rules::of(RuleId::WarningSign).way_out)
}

/// The warning signs and the contraindications in three paragraphs, the most urgent first, all in one count.
pub(super) fn signs(with_sources: bool) -> [String; 3] {
    let mut count = 0;
    let mut row = |text: String| {
        count += 1;
        format!("\n  {count:>2}  {text}")
    };
    let flags = RED_FLAGS.iter().map(|(flag, source)| match *source {
        source if with_sources && source != OURS => row(format!("{flag} ({source})")),
        _ => row((*flag).to_owned()),
    });
    let flags: Vec<String> = flags.collect();
    let ask = CONTRAINDICATIONS.iter().map(|(what, with)| row(format!("{what}: {}", with.join(", "))));
    let ask: String = ask.collect();
    [
        format!("Get help now:{}", flags[..URGENT].concat()),
        format!("See a professional first:{}", flags[URGENT..].concat()),
        format!("Ask a clinician first:{ask}"),
    ]
}
