//! `therapy undo`: takes back the last dose, note or score that was told. What the timer measured stays.

use anyhow::anyhow;

use super::folders::Folders;
use super::times::{from_millis, in_full, stamp};
use super::{Exit, Failure, print};
use crate::edge::journal::Undone;
use crate::text::told;

/// Takes it back, and names it.
pub(super) fn run(folders: &Folders) -> Result<Exit, Failure> {
    let nothing = || {
        let error = anyhow!("nothing is left to take back: no log, note or pain");
        Failure::new(Exit::Failed, error, "what is recorded: therapy history")
    };
    let journal = folders.journal()?.ok_or_else(nothing)?;
    let now = stamp();
    let at = |millis| in_full(from_millis(millis));
    let what = match journal.undo(&now)?.ok_or_else(nothing)? {
        Undone::Dose(dose) => {
            let what = told::dose(dose.what.modality, dose.what.length, dose.what.site);
            let counts = dose.counts_until_ms().filter(|_| dose.counts(&now)).map(at);
            let counts =
                counts.map(|until| format!("\nIt counts for the rules until {until}, 24 h after you logged it."));
            format!("{what}, until {}.{}", at(dose.what.ended_ms), counts.unwrap_or_default())
        }
        Undone::Note(note) => format!("the note of {}: {}", at(note.at_ms), note.text),
        Undone::Pain(score, at_ms) => format!("{}, {}.", told::score(score), at(at_ms)),
    };
    print(format!("Taken back: {what}\n"))
}
