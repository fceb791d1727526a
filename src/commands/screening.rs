//! The question about warning signs before the first session of an injury.

use std::io::{self, IsTerminal as _};

use anyhow::anyhow;

use super::safety::signs;
use super::times::stamp;
use super::{Exit, Failure, ask, can_ask, say};
use crate::edge::journal::{InjuryEntry, Journal};

/// Refuses when a warning sign applies. On a terminal the person is asked once for each injury, and the
/// answer is stored. Elsewhere the signs are printed before the first session of the injury. `days` is
/// the number of days with a session since the injury. Without `asks`, only a stored answer counts.
pub(super) fn screen(injury: InjuryEntry, journal: &Journal, days: u32, asks: bool) -> Result<(), Failure> {
    let red_flag = if let Some(answer) = injury.red_flag {
        answer
    } else if !asks {
        return Ok(());
    } else {
        if days == 0 || io::stdin().is_terminal() {
            say(&format!("Before you start with this injury\n{}", signs(false).join("\n")));
        }
        if !can_ask() {
            return Ok(());
        }
        // Only a clear answer counts.
        let answer = ask("Does any of these apply to you? [y/n]", |answer| match &*answer.to_lowercase() {
            "yes" | "y" => Some(true),
            "no" | "n" => Some(false),
            _ => None,
        })?;
        let unanswered = || Failure::new(Exit::Stopped, anyhow!("the question was not answered"), "answer y or n");
        let answer = answer.ok_or_else(unanswered)?;
        journal.screened(injury.id, answer, &stamp())?;
        answer
    };
    if red_flag {
        let error = anyhow!("you said that a warning sign applies. No session will start: see a professional");
        let hint = "If that was a mistake, set the injury time again: therapy injury set yesterday";
        return Err(Failure::new(Exit::Refused, error, hint));
    }
    Ok(())
}
