//! Names that do not lead to one protocol: several protocols have one, or none has it. This module must not
//! read protocol files.

use std::fs;
use std::path::{Path, PathBuf};

use super::{BUILT_IN, CatalogError, Entry, LIST, Own, built_in, command, file_word, here, shown, stem};
use crate::format::{Level, Problem};
use crate::text::printable::{capital, nearest, revealed};
use crate::text::typed::quoted;

/// A sentence for each own file that `run` does not run by its name: a built-in protocol has the name, or several
/// files have it. With `only`, the sentences about this name.
pub fn hidden(own: &[Own], only: Option<&str>) -> Vec<String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut sentences = Vec::new();
    for file in own.iter().filter(|own| only.is_none_or(|name| own.name == name)) {
        let is_first = !seen.contains(&file.name.as_str());
        seen.push(&file.name);
        if let Some((what, way_out)) = hiding(file, own).filter(|_| is_first || built_in(&file.name).is_some()) {
            sentences.push(format!("{what}. {}", capital(&way_out)));
        }
    }
    sentences
}

/// A warning about the name of an entry, when it is one of the person's own files and `run` does not run it by its name.
pub fn name_problem(entry: &Entry, own: &[Own], folder: &Path) -> Option<Problem> {
    let path = entry.path.as_ref()?;
    let parent = match path.parent()? {
        none if none == Path::new("") => Path::new("."),
        parent => parent,
    };
    if fs::canonicalize(parent).ok()? != fs::canonicalize(folder).ok()? {
        return None;
    }
    let file = own.iter().find(|own| own.path.file_name() == path.file_name())?;
    let (message, hint) = hiding(file, own)?;
    Some(Problem { level: Level::Warning, span: entry.parsed.name_place.clone(), message, rule: None, hint })
}

/// Why `run` does not run this file by its name, and what to do about it.
fn hiding(file: &Own, own: &[Own]) -> Option<(String, String)> {
    let same: Vec<_> = own.iter().filter(|other| other.name == file.name).collect();
    let (name, by_name) = (&file.name, command("run", &quoted(&file.name)));
    let (what, which) = match same.len() {
        _ if built_in(name).is_some() => {
            let place = file.place();
            (format!("{place} has the name of a built-in protocol, and {by_name} runs the built-in one"), "it")
        }
        0 | 1 => return None,
        _ => (format!("{}; {by_name} is refused", several(&same)), "one"),
    };
    let by_path = format!(", or run {which} by its path: {}", command("run", &file.word()));
    Some((what, format!("rename {which}{}", if file.may_run() { &by_path } else { "" })))
}

/// What is wrong when several files have one name.
pub(super) fn several(same: &[&Own]) -> String {
    let name = same.first().map(|own| own.name.as_str()).unwrap_or_default();
    let paths: Vec<_> = same.iter().map(|own| own.place()).collect();
    format!("{} files have the name \"{name}\": {}", paths.len(), paths.join(", "))
}

/// The error about a name that no protocol has.
pub(super) fn unknown(name: &str, own: &[Own]) -> CatalogError {
    let known = BUILT_IN.iter().map(|(name, _)| *name).chain(own.iter().map(|own| own.name.as_str()));
    let of_file = own.iter().find(|own| stem(&own.path) == name).map(|own| own.name.as_str());
    let file = ["", ".toml", ".TOML"].map(|end| PathBuf::from(format!("{name}{end}"))).into_iter();
    let file = file.filter(|_| !name.is_empty()).find(|file| file.exists());
    let message = format!("there is no protocol \"{}\"", revealed(name));
    if let Some(file) = file.as_ref().filter(|file| file.is_dir()) {
        let message = format!("{message}; {} is a folder", shown(file));
        return CatalogError { message, hint: format!("try: {}", command("check", &file_word(file))) };
    }
    let near = || by_name(of_file.or_else(|| nearest(name, known))?, own);
    let way = file.map(|file| command("run", &here(&file))).or_else(near);
    CatalogError { message, hint: way.map_or_else(|| LIST.to_owned(), |way| format!("try: {way}")) }
}

/// The command for the protocol with this name: to run it, or to check it when it cannot run. `None` when none has it.
pub(super) fn by_name(name: &str, own: &[Own]) -> Option<String> {
    let same: Vec<_> = own.iter().filter(|own| own.name == name).collect();
    let verb = match &same[..] {
        _ if built_in(name).is_some() => "run",
        [] => return None,
        [only] if only.may_run() => "run",
        _ => "check",
    };
    Some(command(verb, &quoted(name)))
}
