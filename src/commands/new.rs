//! `therapy new NAME`: a protocol file with comments, in the folder of the person's own protocols.

use anyhow::anyhow;

use super::folders::Folders;
use super::{Exit, Failure, print, say};
use crate::cli::files::NewArgs;
use crate::edge::{catalog, editor};
use crate::format::bad_name;
use crate::text::printable::printable;
use crate::text::template;
use crate::text::typed::quoted;

/// Writes the file, and says what comes next.
pub(super) fn run(folders: &Folders, args: &NewArgs) -> Result<Exit, Failure> {
    let editor = args.edit.then(editor::find);
    if editor == Some(None) {
        let error = anyhow!("--edit opens the editor that VISUAL or EDITOR names, and neither is set");
        return Err(Failure::new(Exit::Usage, error, format!("try: therapy new {}", quoted(&args.name))));
    }
    let name = usable(&args.name, "therapy new")?;
    let folder = folder(folders)?;
    let own = catalog::own(&folder)?;
    if let [holder, ..] = &catalog::holders(&name, &own)[..] {
        let error = anyhow!("the name \"{name}\" is taken: {holder} has it");
        let free = quoted(&catalog::free_name(&name, &own, &folder));
        return Err(Failure::new(Exit::Usage, error, format!("try: therapy new {free}")));
    }
    let path = catalog::put(&folder, &name, &template::of(&name))?;
    let word = quoted(&name);
    if let Some(Err(why)) = editor.flatten().map(|editor| editor::open(&editor, &path)) {
        say(&format!("warning: {why}; open the file yourself"));
    }
    let place = printable(&path.to_string_lossy()).into_owned();
    print(format!("Written: {place}\nChange it, then:\n  therapy check {word}\n  therapy run {word} --dry-run\n"))
}

/// The name in the form in which names are compared, when a protocol can have it. `command`: what takes another one.
pub(super) fn usable(typed: &str, command: &str) -> Result<String, Failure> {
    let name = catalog::composed(typed);
    let Some((why, better)) = bad_name(&name) else { return Ok(name) };
    Err(Failure::new(Exit::Usage, anyhow!("the name {why}"), format!("try: {command} {}", quoted(&better))))
}

/// The folder of the person's own protocols.
pub(super) fn folder(folders: &Folders) -> Result<std::path::PathBuf, Failure> {
    let folder = folders.protocols();
    if folder.as_os_str().is_empty() {
        let error = anyhow!("there is no folder for protocols, because the system names no home folder");
        return Err(Failure::new(Exit::Failed, error, "name one in THERAPY_CONFIG_DIR"));
    }
    Ok(folder)
}
