//! `therapy export FILE.db`: a whole copy of the journal, to keep or to carry to another machine.

use std::path::Path;

use anyhow::anyhow;

use super::folders::Folders;
use super::{Exit, Failure, print};
use crate::text::printable::printable;

/// Copies the journal into a new file.
pub(super) fn run(folders: &Folders, file: &Path) -> Result<Exit, Failure> {
    let none = || Failure::new(Exit::Failed, anyhow!("there is no journal yet"), "try: therapy run");
    let journal = folders.journal()?.ok_or_else(none)?;
    let name = printable(&file.to_string_lossy()).into_owned();
    journal.copy_to(file).map_err(|error| {
        let error = anyhow!("could not write {name}: {error}");
        Failure::new(Exit::Failed, error, "give the name of a new file, in a folder that you can write to")
    })?;
    let place = folders.data.display().to_string();
    print(format!(
        "Copied to {name}. On another machine it is journal.db in the data folder, here {}.\n",
        printable(&place)
    ))
}
