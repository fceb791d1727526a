//! `therapy pain N`, and the question after a session.

use std::io::{self, Write as _};

use anyhow::anyhow;

use super::folders::Folders;
use super::memory::stamp;
use super::screening::read_line;
use super::{Exit, Failure, is_terminal, last_words, print, say};
use crate::edge::journal::Journal;

/// The worst pain.
pub(super) const MOST: u8 = 10;

/// Notes the pain now for the last session.
pub(super) fn run(folders: &Folders, score: u8) -> Result<Exit, Failure> {
    let noted = Journal::open(&folders.data)?.note_pain(score, &stamp())?;
    let what = if noted.is_some() { "for the last session" } else { "without a session: there is none yet" };
    print(format!("Pain {score} of {MOST} noted {what}.\n"))
}

/// After a session and its last words: asked on a terminal when the pain before was told; else one line
/// says how.
pub(super) fn after(folders: &Folders, mut words: Vec<String>, told_before: bool) {
    if !told_before || !is_terminal(&io::stdin()) || !is_terminal(&io::stderr()) {
        words.push("How bad is the pain now, 0 to 10? Note it: therapy pain N".to_owned());
        last_words(&words);
        return;
    }
    last_words(&words);
    loop {
        let _ = write!(io::stderr(), "How bad is the pain now, 0 to {MOST}? (Enter skips) ");
        match read_line() {
            Ok(Some(answer)) if !answer.is_empty() => {
                if let Some(score) = answer.parse().ok().filter(|score| *score <= MOST) {
                    let noted = Journal::open(&folders.data).and_then(|journal| journal.note_pain(score, &stamp()));
                    if let Err(error) = noted {
                        say(&format!("warning: {error:#}: {}", anyhow!(error.hint())));
                    }
                    return;
                }
            }
            _ => return,
        }
    }
}
