//! `therapy safety`: the signs, and what a person says about them.

use anyhow::anyhow;
use serde_json::json;

use super::folders::Folders;
use super::screening::{answered, signs};
use super::times::stamp;
use super::{Exit, Failure, can_ask, print, print_json, print_text, say};
use crate::edge::journal::Journal;
use crate::text::advice::{ALWAYS, CONTRAINDICATIONS, DISCLAIMER, EVIDENCE, RED_FLAGS, URGENT};
use crate::text::printable::printable;

/// Shows the disclaimer, the warning signs and the contraindications; with `ask` or an answer, stores it.
pub(super) fn run(folders: &Folders, asks: bool, answer: Option<&str>, json: bool) -> Result<Exit, Failure> {
    if let Some(answer) = answer {
        let applies = applies(answer)?;
        Journal::open(&folders.data)?.screened(applies, &stamp())?;
        return noted(folders, applies);
    }
    if asks {
        if !can_ask() {
            return Err(Failure::new(Exit::Usage, anyhow!("there is no terminal to ask on"), ANSWER));
        }
        say(&signs(false).join("\n"));
        return noted(folders, answered(&Journal::open(&folders.data)?)?);
    }
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

const ANSWER: &str = "therapy safety --answer none, or with the numbers that therapy safety shows: --answer 2,5";

/// Whether an answer names a sign.
fn applies(answer: &str) -> Result<bool, Failure> {
    let most = RED_FLAGS.len() + CONTRAINDICATIONS.len();
    let is_sign = |number: &str| number.trim().parse().is_ok_and(|number: usize| (1..=most).contains(&number));
    match answer.trim() {
        none if none.eq_ignore_ascii_case("none") => Ok(false),
        numbers if numbers.split(',').all(is_sign) => Ok(true),
        _ => {
            let error = anyhow!("\"{}\" is neither none nor numbers from 1 to {most}", printable(answer));
            Err(Failure::new(Exit::Usage, error, ANSWER))
        }
    }
}

fn noted(folders: &Folders, applies: bool) -> Result<Exit, Failure> {
    if applies && Journal::is_running(&folders.data) {
        say("A session is running. Take the pack off, and end it: therapy stop");
    }
    print(if applies {
        "Noted. No session starts until you take this back: therapy safety --answer none\n"
    } else {
        "Noted: no sign applies.\n"
    })
}
