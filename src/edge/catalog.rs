//! The protocols that can be named: the built-in ones and the person's own files.
//! The only reader of protocol files. It must not know commands, clocks or screens.

use std::path::{Path, PathBuf};

use crate::domain::protocol::Draft;
use crate::domain::rules::{ACUTE, Injury};
use crate::format::{self, ByInjury, Level, Parsed, Problem};
use crate::text::printable::{nearest, printable};

/// The built-in protocols, in the order of `list`, in the format that users write.
const BUILT_IN: &[(&str, &str)] = &[
    ("ice", include_str!("../protocols/ice.toml")),
    ("heat", include_str!("../protocols/heat.toml")),
    ("contrast", include_str!("../protocols/contrast.toml")),
    ("acute", include_str!("../protocols/acute.toml")),
    ("intermittent", include_str!("../protocols/intermittent.toml")),
    ("contrast-short", include_str!("../protocols/contrast-short.toml")),
];

/// A protocol file is refused beyond this: it is no protocol, and to tell all that is wrong with it
/// would take long.
const FILE_MOST: u64 = 1 << 16;

/// A protocol as found, with where it came from.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it says.
    pub parsed: Parsed,
    /// Its text.
    pub text: String,
    /// Its file; `None` for a built-in one.
    pub path: Option<PathBuf>,
}

/// Why a protocol cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// No protocol has this name.
    #[error("there is no protocol \"{name}\"")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The name that was probably meant.
        near: Option<String>,
    },
    /// The file cannot be read.
    #[error("could not read {}: {why}", printable(&path.to_string_lossy()))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
}

impl Entry {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.parsed.draft.name
    }

    /// What stands in the first column of a place: the file, or the name of a built-in.
    pub fn place(&self) -> String {
        self.path
            .as_ref()
            .map_or_else(|| self.name().to_owned(), |path| printable(&path.to_string_lossy()).into_owned())
    }

    /// The draft to run for an injury of this age. `None` when that depends on an age nobody gave.
    pub fn draft_for(&self, injury: Injury) -> Option<Draft> {
        let Some(ByInjury { under_72h, from_72h }) = &self.parsed.by_injury else {
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

/// The person's own protocols in `folder`, by name, and what could not be read there.
pub fn own(folder: &Path) -> (Vec<Entry>, Vec<CatalogError>) {
    let Ok(files) = std::fs::read_dir(folder) else {
        return (Vec::new(), Vec::new()); // no folder, no protocols
    };
    let mut paths: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
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

/// Reads a protocol file. What is wrong inside it is in its problems.
///
/// # Errors
/// When the file cannot be read as text at all.
pub fn read(path: &Path) -> Result<Entry, CatalogError> {
    let unreadable = |why: String| CatalogError::Unreadable { path: path.to_owned(), why };
    let about = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !about.is_file() || about.len() > FILE_MOST {
        return Err(unreadable("not a file, or larger than 64 KiB".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut entry = Entry { parsed: format::parse(&text, &printable(&stem)), text, path: Some(path.to_owned()) };
    entry.check_references();
    Ok(entry)
}

impl Entry {
    /// `by_injury` may name built-in protocols with steps, and nothing else.
    fn check_references(&mut self) {
        let Some(ByInjury { under_72h, from_72h }) = &self.parsed.by_injury else {
            return;
        };
        for name in [under_72h, from_72h] {
            if built_in(name).is_some_and(|entry| entry.parsed.by_injury.is_none()) {
                continue;
            }
            let quoted = format!("\"{name}\"");
            let start = self.text.find(&quoted).unwrap_or(0);
            self.parsed.problems.push(Problem {
                level: Level::Error,
                span: start..(start + quoted.len()).min(self.text.len()),
                message: format!("there is no built-in protocol {quoted} with steps"),
                rule: None,
                hint: "see therapy list".to_owned(),
            });
        }
    }
}

/// The protocol with this name, or in this file: a name that ends in `.toml` or has a slash is a file.
///
/// # Errors
/// A name that nothing has, with the nearest one as the way out; a file that cannot be read.
pub fn find(name: &str, folder: &Path) -> Result<Entry, CatalogError> {
    let file = Path::new(name);
    if name.contains(std::path::MAIN_SEPARATOR) || file.extension().is_some_and(|extension| extension == "toml") {
        return read(file);
    }
    if let Some(entry) = built_in(name) {
        return Ok(entry);
    }
    let (own, _) = own(folder);
    let names: Vec<String> = own.iter().map(|entry| entry.name().to_owned()).collect();
    if let Some(entry) = own.into_iter().find(|entry| entry.name() == name) {
        return Ok(entry);
    }
    let known = BUILT_IN.iter().map(|(name, _)| *name).chain(names.iter().map(String::as_str));
    let near = nearest(name, known).map(str::to_owned);
    Err(CatalogError::Unknown { name: printable(name).into_owned(), near })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::source::{self, OURS};

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
        let near = |name| match find(name, Path::new("none")) {
            Err(CatalogError::Unknown { near, .. }) => near,
            other => Some(format!("{other:?}")),
        };
        assert_eq!(near("icee").as_deref(), Some("ice"));
        assert_eq!(near("contrats").as_deref(), Some("contrast"));
        assert_eq!(near("zzz"), None);
    }
}
