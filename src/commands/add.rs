//! `therapy add FILE|-`: a protocol file that somebody sent, reviewed and put into the folder of the person's own protocols.

use std::path::Path;

use anyhow::anyhow;

use super::folders::Folders;
use super::list::in_short;
use super::new::{folder, usable};
use super::{Exit, Failure, draw, print};
use crate::cli::files::AddArgs;
use crate::edge::catalog::{self, Entry, Own};
use crate::format::report;
use crate::format::{Level, Problem};
use crate::text::printable::printable;
use crate::text::typed::quoted;

/// Reviews the file, shows it in short, and adds it.
pub(super) fn run(folders: &Folders, args: &AddArgs) -> Result<Exit, Failure> {
    let is_input = args.file == Path::new("-");
    let file = if is_input { "-".to_owned() } else { catalog::file_word(&args.file) };
    let title =
        if is_input { "standard input".to_owned() } else { printable(&args.file.to_string_lossy()).into_owned() };
    let read = if is_input { catalog::read_input() } else { catalog::read(&args.file) };
    let mut entry = read.map_err(|mut error| {
        // A list of protocols does not help to find a file.
        if error.hint == "try: therapy list" {
            "give the path of a protocol file, or - for standard input".clone_into(&mut error.hint);
        }
        error
    })?;
    let problems = refused(&entry, &title)?;
    let again = |name: &str| format!("try: therapy add {file} --name {}", quoted(name));
    match &args.name {
        Some(name) => entry = catalog::renamed(&entry, &usable(name, &format!("therapy add {file} --name"))?),
        None if is_input && entry.parsed.name_place.is_empty() => {
            return Err(Failure::new(Exit::Usage, anyhow!("the protocol has no name"), again("knee-contrast")));
        }
        None => {}
    }
    let entry = catalog::self_named(entry);
    let folder = folder(folders)?;
    let own = catalog::own(&folder)?;
    let name = entry.name().to_owned();
    if let Some(path) = catalog::is_same(&entry, &own) {
        return print(format!("It is there already: {}\n{}", printable(&path.to_string_lossy()), next(&name)));
    }
    if let Some(taken) = taken(&title, &name, &own) {
        return Err(Failure::new(Exit::Usage, anyhow!(taken), again(&catalog::free_name(&name, &own, &folder))));
    }
    let text = in_short(&entry, &problems);
    let path = catalog::put(&folder, &name, &entry.text)?;
    print(format!("{text}Added: {}\n{}", printable(&path.to_string_lossy()), next(&name)))
}

/// What is wrong with it although it may run. When it may not, all of it is drawn.
fn refused(entry: &Entry, title: &str) -> Result<Vec<Problem>, Failure> {
    let problems = entry.parsed.review();
    let worst = problems.iter().map(|problem| problem.level).max().unwrap_or(Level::Note);
    let (exit, why) = match worst {
        Level::Error => (Exit::Usage, "cannot be read as a protocol"),
        Level::Refused => (Exit::Refused, "is refused, and was not added"),
        Level::Warning | Level::Note => return Ok(problems),
    };
    draw(&report::render(&problems, title, &entry.text, console::colors_enabled_stderr()));
    let hint = "ask whoever sent it for a corrected file, or fix the lines above";
    Err(Failure::new(exit, anyhow!("{title} {why}"), hint))
}

/// Says which protocols have the name already.
fn taken(title: &str, name: &str, own: &[Own]) -> Option<String> {
    let holders = catalog::holders(name, own);
    (!holders.is_empty()).then(|| format!("{title} has the name \"{name}\", and {} has it already", holders.join(", ")))
}

fn next(name: &str) -> String {
    let word = quoted(name);
    format!("  therapy show {word}\n  therapy run {word} --dry-run\n")
}
