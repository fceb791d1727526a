//! The protocols that have a name: the built-in ones and the person's own files. No other module reads
//! protocol files. This module must not know commands, clocks or screens.

use std::fmt::Display;
use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::domain::protocol::Draft;
use crate::domain::rules::{ACUTE, Injury};
use crate::edge::files;
use crate::format::{self, ByInjury, Parsed};
use crate::text::printable::{nearest, printable};

/// The built-in protocols, in the order of `list`, in the file format.
const BUILT_IN: &[(&str, &str)] = &[
    ("ice", include_str!("../protocols/ice.toml")),
    ("heat", include_str!("../protocols/heat.toml")),
    ("contrast", include_str!("../protocols/contrast.toml")),
    ("acute", include_str!("../protocols/acute.toml")),
    ("intermittent", include_str!("../protocols/intermittent.toml")),
    ("contrast-short", include_str!("../protocols/contrast-short.toml")),
];

/// A protocol and where it was found.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its content.
    pub parsed: Parsed,
    /// Its text.
    pub text: String,
    /// Its file; `None` for a built-in protocol.
    pub path: Option<PathBuf>,
}

/// Why a protocol cannot be found or read.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CatalogError {
    message: String,
    /// What to do about it.
    pub hint: String,
}

impl Entry {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.parsed.draft.name
    }

    /// The file, or the name of a built-in protocol, as it is printed before a line number.
    pub fn place(&self) -> String {
        self.path
            .as_ref()
            .map_or_else(|| self.name().to_owned(), |path| printable(&path.to_string_lossy()).into_owned())
    }

    /// The draft to run for an injury of this age. `None` when it depends on an age that is not known.
    pub fn draft_for(&self, injury: Injury) -> Option<Draft> {
        let Some(ByInjury { under_72h, from_72h, .. }) = &self.parsed.by_injury else {
            return Some(self.parsed.draft.clone());
        };
        let name = match injury {
            Injury::Unknown => return None,
            Injury::Ago(age) if age >= ACUTE => from_72h,
            Injury::Ago(_) | Injury::InFuture(_) => under_72h,
        };
        built_in(name).map(|entry| entry.parsed.draft)
    }
}

/// Every built-in protocol.
pub fn built_ins() -> Vec<Entry> {
    BUILT_IN.iter().filter_map(|(name, _)| built_in(name)).collect()
}

/// The built-in protocol with this name.
pub fn built_in(name: &str) -> Option<Entry> {
    let (name, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
    Some(Entry { parsed: format::parse(text, name), text: (*text).to_owned(), path: None })
}

/// The person's own protocols in `folder`, sorted by file name, and the files that cannot be read.
pub fn own(folder: &Path) -> (Vec<Entry>, Vec<CatalogError>) {
    // Without a folder there are no protocols.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|file| file.path()).filter(|path| is_toml(path)).collect();
    paths.sort();
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        match read(&path) {
            Ok(entry) => entries.push(entry),
            Err(error) => errors.push(error),
        }
    }
    (entries, errors)
}

/// Reads a protocol file. Mistakes in it are among its problems.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> Result<Entry, CatalogError> {
    let unreadable = |why: &dyn Display| CatalogError {
        message: format!("could not read {}: {why}", printable(&path.to_string_lossy())),
        hint: "try: therapy list".to_owned(),
    };
    let bytes = files::read(path).map_err(|error| unreadable(&error))?;
    let (parsed, text) = format::read(&bytes, &path.file_stem().unwrap_or_default().to_string_lossy());
    let mut entry = Entry { parsed, text, path: Some(path.to_owned()) };
    entry.parsed.check_references(|name| built_in(name).is_some_and(|entry| entry.parsed.by_injury.is_none()));
    Ok(entry)
}

/// The protocol with this name, or in this file. A name that ends in `.toml` or has a slash is a file.
///
/// # Errors
/// When no protocol has the name; the hint has the nearest one. When the file cannot be read.
pub fn find(name: &str, folder: &Path) -> Result<Entry, CatalogError> {
    let file = Path::new(name);
    if name.contains(MAIN_SEPARATOR) || is_toml(file) {
        return read(file);
    }
    if let Some(entry) = built_in(name) {
        return Ok(entry);
    }
    let (own, _) = own(folder);
    let known = BUILT_IN.iter().map(|(name, _)| *name).chain(own.iter().map(Entry::name));
    let near = nearest(name, known).map_or_else(|| "list".to_owned(), |near| format!("run {near}"));
    own.into_iter().find(|entry| entry.name() == name).ok_or_else(|| CatalogError {
        message: format!("there is no protocol \"{}\"", printable(name)),
        hint: format!("try: therapy {near}"),
    })
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::source::{self, OURS};
    use crate::format::Level;

    #[test]
    fn every_built_in_is_without_a_problem_and_cites_known_sources() {
        for entry in built_ins() {
            let refused: Vec<_> = entry.parsed.review().into_iter().filter(|p| p.level >= Level::Refused).collect();
            assert!(refused.is_empty(), "{}: {refused:?}", entry.name());
            let draft = &entry.parsed.draft;
            assert!(draft.steps().all(|step| !step.sources.is_empty()), "{}", entry.name());
            for key in draft.steps().flat_map(|step| &step.sources).chain(&draft.sources) {
                assert!(key == OURS || source::find(key).is_some(), "{}: {key}", entry.name());
            }
        }
        assert_eq!(built_ins().len(), BUILT_IN.len());
    }

    #[test]
    fn acute_switches_at_exactly_72_h() {
        let acute = built_in("acute").expect("a built-in");
        let chosen = |injury| acute.draft_for(injury).map(|draft| draft.name);
        assert_eq!(chosen(Injury::Ago(ACUTE.saturating_sub(Duration::from_nanos(1)))).as_deref(), Some("ice"));
        assert_eq!(chosen(Injury::Ago(ACUTE)).as_deref(), Some("heat"));
        assert_eq!(chosen(Injury::Unknown), None);
    }

    #[test]
    fn a_mistyped_name_finds_its_neighbour() {
        let hint = |name| find(name, Path::new("none")).expect_err("no protocol has this name").hint;
        assert_eq!(hint("icee"), "try: therapy run ice");
        assert_eq!(hint("contrats"), "try: therapy run contrast");
        assert_eq!(hint("zzz"), "try: therapy list");
    }
}
