//! The protocols that have a name: the built-in ones and the person's own files. No other module reads
//! protocol files. This module must not know commands, clocks or screens.

use std::fs;
use std::io;
use std::path::{Path, PathBuf, is_separator};
use std::time::Duration;

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::protocol::Draft;
use crate::domain::rules::{ACUTE, Injury};
use crate::edge::files;
use crate::format::{self, ByInjury, Level, Parsed};
use crate::text::printable::{printable, revealed};
use crate::text::typed::quoted;

mod folder;
mod names;

pub use folder::{free_name, holders, is_same, put, renamed, self_named};
pub use names::{hidden, name_problem};

/// The built-in protocols, in the order of `list`, in the file format.
const BUILT_IN: &[(&str, &str)] = &[
    ("ice", include_str!("../protocols/ice.toml")),
    ("heat", include_str!("../protocols/heat.toml")),
    ("contrast", include_str!("../protocols/contrast.toml")),
    ("acute", include_str!("../protocols/acute.toml")),
    ("intermittent", include_str!("../protocols/intermittent.toml")),
    ("contrast-short", include_str!("../protocols/contrast-short.toml")),
];

/// The way out when no name is near.
const LIST: &str = "try: therapy list";

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

/// A file in the folder of the person's own protocols.
#[derive(Clone, Debug)]
pub struct Own {
    /// Its name, or that of the file when it has none that can be read.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its content, with every problem of it.
    pub content: Result<Entry, CatalogError>,
}

/// Why a protocol cannot be found or read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct CatalogError {
    message: String,
    /// What to do about it.
    pub hint: String,
}

impl Entry {
    fn new(bytes: &[u8], file: &str, path: Option<PathBuf>) -> Entry {
        let (mut parsed, text) = format::read(bytes, file);
        parsed.draft.name = composed(&parsed.draft.name);
        parsed.check_references(|name| built_in(name).is_some_and(|entry| entry.parsed.by_injury.is_none()));
        Entry { parsed, text, path }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.parsed.draft.name
    }

    /// The file, or the name of a built-in protocol, as it is printed before a line number.
    pub fn place(&self) -> String {
        self.path.as_ref().map_or_else(|| self.name().to_owned(), |path| shown(path))
    }

    /// The file, or the name of a built-in protocol, as a word of a command.
    pub fn word(&self) -> String {
        self.path.as_ref().map_or_else(|| quoted(self.name()), |path| file_word(path))
    }

    /// The draft to run for an injury of this age, with what this file says beside that choice: its caution comes first,
    /// and its other keys win. `None` when it depends on an age that is not known.
    pub fn draft_for(&self, injury: Injury) -> Option<Draft> {
        let own = &self.parsed.draft;
        let Some(ByInjury { under_72h, from_72h, .. }) = &self.parsed.by_injury else {
            return Some(own.clone());
        };
        let name = match injury {
            Injury::Unknown | Injury::Absent => return None,
            Injury::Ago(age) if age >= ACUTE => from_72h,
            Injury::Ago(_) | Injury::InFuture(_) => under_72h,
        };
        let mut draft = built_in(name)?.parsed.draft;
        let cautions: Vec<_> = own.caution.iter().chain(&draft.caution).map(String::as_str).collect();
        draft.caution = (!cautions.is_empty()).then(|| cautions.join("\n"));
        draft.changeover = own.changeover.or(draft.changeover);
        draft.site = own.site.or(draft.site);
        (draft.author, draft.contact) = (own.author.clone(), own.contact.clone());
        (draft.per_day, draft.days) = (own.per_day, own.days);
        Some(draft)
    }
}

impl Own {
    fn read(path: PathBuf) -> Own {
        let content = read(&path);
        let name = match &content {
            Ok(entry) => entry.name().to_owned(),
            Err(_) => revealed(&stem(&path)).into_owned(),
        };
        Own { name, path, content }
    }

    /// Whether it has this name. A file that cannot be read as a protocol also goes by its file name.
    pub fn is_meant_by(&self, name: &str) -> bool {
        let is_readable = || self.content.as_ref().is_ok_and(|entry| entry.parsed.is_readable());
        let name = composed(name);
        self.name == name || stem(&self.path) == name && !is_readable()
    }

    /// Whether it can be read and no rule refuses it.
    pub fn may_run(&self) -> bool {
        let refused = |entry: &Entry| entry.parsed.review().iter().any(|problem| problem.level >= Level::Refused);
        self.content.as_ref().is_ok_and(|entry| !refused(entry))
    }

    /// The file as it is printed.
    pub fn place(&self) -> String {
        shown(&self.path)
    }

    /// The file as a word of a command.
    pub fn word(&self) -> String {
        file_word(&self.path)
    }
}

/// The name of a rest in a trial.
pub const REST: &str = "rest";

/// A protocol of one rest of this length, for a trial. No list contains it.
pub fn rest(length: Duration) -> Entry {
    let length = humantime::format_duration(length);
    let text = format!("name = \"{REST}\"\n[[step]]\ndo = \"rest\"\nfor = \"{length}\"\n");
    Entry::new(text.as_bytes(), REST, None)
}

/// Every built-in protocol.
pub fn built_ins() -> Vec<Entry> {
    BUILT_IN.iter().filter_map(|(name, _)| built_in(name)).collect()
}

/// The built-in protocol with this name.
pub fn built_in(name: &str) -> Option<Entry> {
    let (name, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
    let mut parsed = format::parse(text, name);
    parsed.draft.cold_at_most_heat = *name == "contrast";
    Some(Entry { parsed, text: (*text).to_owned(), path: None })
}

/// The person's own protocols in `folder`, sorted by file name. Without a folder there are none.
///
/// # Errors
/// When the folder cannot be read.
pub fn own(folder: &Path) -> Result<Vec<Own>, CatalogError> {
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        _ => read_folder(folder),
    }
}

/// Reads every protocol file in a folder, sorted by name.
///
/// # Errors
/// When the folder cannot be read.
pub fn read_folder(folder: &Path) -> Result<Vec<Own>, CatalogError> {
    let paths =
        fs::read_dir(folder).and_then(|files| files.map(|file| Ok(file?.path())).collect::<io::Result<Vec<_>>>());
    let mut paths = paths.map_err(|error| CatalogError {
        message: format!("could not read {}: {error}", shown(folder)),
        hint: LIST.to_owned(),
    })?;
    // A folder is not a protocol file, whatever its name.
    paths.retain(|path| is_toml(path) && !path.is_dir());
    paths.sort();
    Ok(paths.into_iter().map(Own::read).collect())
}

/// Reads a protocol file. Mistakes in it are among its problems.
///
/// # Errors
/// When there is no such file, or it cannot be read.
pub fn read(path: &Path) -> Result<Entry, CatalogError> {
    let bytes = files::read(path).map_err(|error| unreadable(path, &error))?;
    Ok(Entry::new(&bytes, &stem(path), Some(path.to_owned())))
}

/// Reads a protocol from standard input.
///
/// # Errors
/// When it cannot be read.
pub fn read_input() -> Result<Entry, CatalogError> {
    let bytes = files::read_input().map_err(|error| CatalogError {
        message: format!("could not read standard input: {error}"),
        hint: LIST.to_owned(),
    })?;
    Ok(Entry::new(&bytes, "input", None))
}

/// The protocol with this name, or in this file, and warnings about other files with the name. A name that ends in
/// `.toml` or has a slash is a file.
///
/// # Errors
/// When no protocol has the name, or several files have it; the hint has a way out. When the file cannot be read.
pub fn find(name: &str, folder: &Path) -> Result<(Entry, Vec<String>), CatalogError> {
    if is_file(name) {
        let path = Path::new(name);
        return match read(path) {
            Ok(entry) => Ok((entry, Vec::new())),
            // Without such a file, a protocol of that name may be meant.
            Err(error) => {
                let way = own(folder)
                    .ok()
                    .filter(|_| path.symlink_metadata().is_err())
                    .and_then(|own| names::by_name(&stem(path), &own));
                Err(CatalogError { hint: way.map_or(error.hint, |way| format!("try: {way}")), ..error })
            }
        };
    }
    let name = &*composed(name);
    let own = own(folder);
    if let Some(entry) = built_in(name) {
        let warnings = own.map_or_else(|error| vec![error.to_string()], |own| hidden(&own, Some(name)));
        return Ok((entry, warnings));
    }
    let mut own = own?;
    let same: Vec<_> = own.iter().filter(|own| own.name == name).collect();
    if same.len() > 1 {
        let ways = same.iter().map(|own| command(if own.may_run() { "run" } else { "check" }, &own.word()));
        let hint = format!("try: {}", ways.collect::<Vec<_>>().join("\n  or:  "));
        return Err(CatalogError { message: names::several(&same), hint });
    }
    match own.iter().position(|own| own.name == name).or_else(|| own.iter().position(|own| own.is_meant_by(name))) {
        Some(at) => Ok((own.swap_remove(at).content?, Vec::new())),
        None => Err(names::unknown(name, &own)),
    }
}

/// Whether a word on the command line is a file, and not the name of a protocol.
pub fn is_file(word: &str) -> bool {
    word.contains(is_separator) || is_toml(Path::new(word))
}

fn unreadable(path: &Path, error: &io::Error) -> CatalogError {
    let place = shown(path);
    // `list` shows a broken link too, so it would not help.
    let is_link = error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_ok();
    let hint = match error.kind() {
        _ if path.is_dir() => format!("try: {}", command("check", &file_word(path))),
        _ if is_link => format!("remove it, or put a protocol in its place: {}", file_word(path)),
        io::ErrorKind::NotFound => LIST.to_owned(),
        io::ErrorKind::PermissionDenied if cfg!(windows) => format!("change its permissions: {}", file_word(path)),
        io::ErrorKind::PermissionDenied => format!("make it readable: chmod u+r {}", file_word(path)),
        // A pipe or a device, such as `/dev/stdin`.
        _ if !is_toml(path) => {
            format!("save the protocol in a file, such as desk.toml, then: {}", command("check", "desk.toml"))
        }
        _ => format!("move it away, or put a protocol in its place: {}", file_word(path)),
    };
    let message = match error.kind() {
        _ if path.is_dir() => format!("could not read {place}: it is a folder"),
        _ if is_link => format!("could not read {place}: it is a link to a file that does not exist"),
        io::ErrorKind::NotFound => format!("there is no file {place}"),
        _ => format!("could not read {place}: {error}"),
    };
    CatalogError { message, hint }
}

/// A file in the current folder as a word of a command that is not taken for the name of a protocol.
pub fn here(file: &Path) -> String {
    file_word(&Path::new(".").join(file))
}

/// A command to paste.
fn command(verb: &str, word: &str) -> String {
    format!("therapy {verb} {word}")
}

/// A path as it is printed.
fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

/// A path as a word of a command that is not taken for an option.
pub fn file_word(path: &Path) -> String {
    if path.to_string_lossy().starts_with('-') { here(path) } else { quoted(&path.to_string_lossy()) }
}

/// The name of a file without its end, in the form in which names are compared.
fn stem(path: &Path) -> String {
    composed(&path.file_stem().unwrap_or_default().to_string_lossy())
}

/// A name in composed form (NFC), so that names that look the same are the same.
pub fn composed(name: &str) -> String {
    name.nfc().collect()
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
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
        assert_eq!((chosen(Injury::Unknown), chosen(Injury::Absent)), (None, None));
    }

    #[test]
    fn a_mistyped_name_finds_its_neighbour() {
        let hint = |name| find(name, Path::new("none")).expect_err("no protocol has this name").hint;
        assert_eq!(hint("icee"), "try: therapy run ice");
        assert_eq!(hint("contrats"), "try: therapy run contrast");
        assert_eq!(hint("zzz"), "try: therapy list");
    }
}
