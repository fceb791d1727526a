//! `therapy export FILE.db`: a whole copy of the journal, to keep or to carry to another machine.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::anyhow;

use super::folders::Folders;
use super::{Exit, Failure, print};
use crate::text::printable::printable;
use crate::text::typed::quoted;

/// Copies the journal into a new file.
pub(super) fn run(folders: &Folders, file: &Path) -> Result<Exit, Failure> {
    let none = || Failure::new(Exit::Failed, anyhow!("there is no journal yet"), "try: therapy run");
    let journal = folders.journal()?.ok_or_else(none)?;
    let name = printable(&file.to_string_lossy()).into_owned();
    journal.copy_to(file).map_err(|error| {
        let (error, hint) = match error.kind() {
            _ if file.is_dir() => {
                let inside = quoted(&file.join("therapy.db").to_string_lossy());
                (anyhow!("{name} is a folder"), format!("try: therapy export {inside}"))
            }
            ErrorKind::AlreadyExists => {
                (anyhow!("there is already a file {name}"), "give the name of a new file".to_owned())
            }
            _ => (
                anyhow!("could not write {name}: {error}"),
                "give the name of a new file, in a folder that you can write to".to_owned(),
            ),
        };
        Failure::new(Exit::Failed, error, hint)
    })?;
    let place = folders.data.display().to_string();
    print(format!(
        "Copied to {name}. On another machine, save it as journal.db in the data folder, here {}.\n",
        printable(&place)
    ))
}
