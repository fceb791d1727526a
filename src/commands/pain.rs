//! `therapy pain N`, and the question after a session.

use std::io::{self, Write as _};

use anyhow::anyhow;

use super::memory::{read_line, stamp};
use super::{Exit, Failure, data_folder, is_terminal, last_words, print, say};
use crate::edge::journal::Journal;

/// The most there is.
pub(super) const MOST: u8 = 10;

/// Notes the pain now, tied to the last session.
pub(super) fn run(score: u8) -> Result<Exit, Failure> {
    let noted = Journal::open(&data_folder())?.note_pain(score, &stamp())?;
    let tied = if noted.is_some() { ", after the last session" } else { "; there is no session to tie it to" };
    print(format!("pain {score} of {MOST} noted{tied}\n"))
}

/// After a session and its last words: asked on a terminal when the pain before was told; else one line
/// says how.
pub(super) fn after(mut words: Vec<String>, told_before: bool) {
    if !told_before || !is_terminal(&io::stdin()) || !is_terminal(&io::stderr()) {
        words.push("How is it now? `therapy pain N`, 0 to 10, notes it.".to_owned());
        last_words(&words);
        return;
    }
    last_words(&words);
    loop {
        let _ = write!(io::stderr(), "Pain now, 0 to {MOST} (Enter skips): ");
        match read_line() {
            Ok(Some(answer)) if !answer.is_empty() => {
                if let Some(score) = answer.parse().ok().filter(|score| *score <= MOST) {
                    let noted = Journal::open(&data_folder()).and_then(|journal| journal.note_pain(score, &stamp()));
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
