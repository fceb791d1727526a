//! `therapy safety`: the signs, and what a person says about them.

use anyhow::anyhow;
use serde_json::json;

use super::folders::Folders;
use super::screening::{answered, told};
use super::times::stamp;
use super::{Exit, Failure, can_ask, print, print_json, say};
use crate::domain::rules::Concern;
use crate::edge::journal::{Journal, JournalError};
use crate::text::advice::{ALWAYS, DISCLAIMER, EVIDENCE};
use crate::text::printable::printable;
use crate::text::signs::{self, SIGNS, Sign, URGENT, before, contraindications, paragraphs, warning_signs};

/// Shows the disclaimer, the warning signs and the contraindications; with `ask` or an answer, stores it.
pub(super) fn run(folders: &Folders, asks: bool, answer: Option<&str>, json: bool) -> Result<Exit, Failure> {
    if let Some(answer) = answer {
        let keys = signs::read(answer).ok_or_else(|| {
            let error = anyhow!("\"{}\" is neither none nor numbers from 1 to {}", printable(answer), SIGNS.len());
            Failure::new(Exit::Usage, error, ANSWER)
        })?;
        store(&Journal::open(&folders.data)?, &keys)?;
        return noted(folders, &signs::concerns(keys));
    }
    if asks {
        if !can_ask() {
            return Err(Failure::new(Exit::Usage, anyhow!("there is no terminal to ask on"), ANSWER));
        }
        let journal = Journal::open(&folders.data)?;
        say(&paragraphs(false).join("\n"));
        let keys = answered()?;
        store(&journal, &keys)?;
        return noted(folders, &signs::concerns(keys));
    }
    if json {
        let flag = |sign: &Sign| json!({ "sign": sign.text, "source": sign.source });
        let flags = |flags: &[Sign]| flags.iter().map(flag).collect::<Vec<_>>();
        let ask = contraindications()
            .iter()
            .map(|group| json!({ "what": before(group.concern), "with": group.text.split(", ").collect::<Vec<_>>() }));
        let (urgent, others) = warning_signs().split_at(URGENT);
        return print_json(&json!({
            "disclaimer": DISCLAIMER, "evidence": EVIDENCE, "urgent": flags(urgent),
            "stop_and_get_help": flags(others),
            "ask_a_clinician_first": ask.collect::<Vec<_>>(),
        }));
    }
    // With a prompt below it, it fits a terminal of 24 lines: the urgent signs come first.
    print(format!("{DISCLAIMER}\n\n{}\nAlways: {ALWAYS}\n", paragraphs(true).join("\n")))
}

const ANSWER: &str = "therapy safety --answer none, or with the numbers that therapy safety shows: --answer 2,5";

/// Stores the answer. It is about every injury that is known.
fn store(journal: &Journal, keys: &[&str]) -> Result<(), JournalError> {
    let injuries = journal.injuries()?.into_iter().filter(|entry| entry.happened_ms.is_some());
    journal.screened(Some(keys), &injuries.map(|entry| entry.id).collect::<Vec<_>>(), &stamp())
}

fn noted(folders: &Folders, concerns: &[Concern]) -> Result<Exit, Failure> {
    if concerns.is_empty() {
        return print("Noted: no sign applies.\n");
    }
    if folders.is_running()? {
        say("A session is running. Take the pack off, and end it: therapy stop");
    }
    print(format!("Noted. {}\n", told(concerns)))
}
