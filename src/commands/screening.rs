//! The question about warning signs before the first session of an injury.

use std::io::{self, BufRead as _, Write as _};

use anyhow::anyhow;

use super::memory::stamp;
use super::{Exit, Failure, is_terminal, say};
use crate::domain::rules::Context;
use crate::edge::journal::{InjuryEntry, Journal};
use crate::text::advice::{CONTRAINDICATIONS, RED_FLAGS, URGENT};

/// Refuses when a warning sign applies. On a terminal the person is asked once for each injury, and the
/// answer is stored. Elsewhere the signs are printed before the first session of the injury.
pub(super) fn screen(injury: InjuryEntry, journal: &Journal, context: &Context) -> Result<(), Failure> {
    let can_answer = is_terminal(&io::stdin()) && is_terminal(&io::stderr());
    let red_flag = if let Some(answer) = injury.red_flag {
        answer
    } else {
        if context.days == 0 || is_terminal(&io::stdin()) {
            print_signs();
        }
        if !can_answer {
            return Ok(());
        }
        let answer = ask_whether_any_applies()?;
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

fn print_signs() {
    say("Before you start with this injury");
    for (heading, flags) in
        [("Get help now:", &RED_FLAGS[..URGENT]), ("See a professional first:", &RED_FLAGS[URGENT..])]
    {
        say(heading);
        flags.iter().for_each(|(flag, _)| say(&format!("  - {flag}")));
    }
    say("Ask a clinician first:");
    for (what, with) in CONTRAINDICATIONS {
        say(&format!("  - {what}: {}", with.join(", ")));
    }
}

/// Whether a warning sign or a condition applies. Only a clear answer counts.
fn ask_whether_any_applies() -> Result<bool, Failure> {
    loop {
        let _ = write!(io::stderr(), "Does any of these apply to you? [y/n] ");
        let Some(answer) = read_line()? else {
            let error = anyhow!("the question was not answered");
            return Err(Failure::new(Exit::Stopped, error, "answer y or n"));
        };
        match answer.to_lowercase().as_str() {
            "yes" | "y" => return Ok(true),
            "no" | "n" => return Ok(false),
            _ => {}
        }
    }
}

/// A line from the person; `None` at the end of input.
pub(super) fn read_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let count = io::stdin().lock().read_line(&mut line)?;
    Ok((count > 0).then(|| line.trim().to_owned()))
}
