//! New files in the folder of the person's own protocols. No file is ever overwritten.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{CatalogError, Entry, Own, built_in, composed, file_word, shown, stem};
use crate::format::bad_name;
use crate::text::template::quoted;

/// The longest number that [`free_name`] puts at the end of a name.
const COPIES: u32 = 99;

/// What has this name already: `a built-in protocol`, or files.
pub fn holders(name: &str, own: &[Own]) -> Vec<String> {
    let built_in = built_in(name).map(|_| "a built-in protocol".to_owned());
    built_in.into_iter().chain(own.iter().filter(|own| own.is_meant_by(name)).map(Own::place)).collect()
}

/// A name like this one that is still free.
pub fn free_name(name: &str, own: &[Own], folder: &Path) -> String {
    let numbered = (2..=COPIES).map(|number| format!("{name}-{number}"));
    let is_free = |name: &String| {
        let file = folder.join(file_name(name));
        bad_name(name).is_none() && holders(name, own).is_empty() && file.symlink_metadata().is_err()
    };
    numbered.into_iter().find(is_free).unwrap_or_else(|| "NAME".to_owned())
}

/// The file that already has this text and this name.
pub fn is_same<'a>(entry: &Entry, own: &'a [Own]) -> Option<&'a Path> {
    let same =
        |own: &&Own| own.content.as_ref().is_ok_and(|known| known.text == entry.text && known.name() == entry.name());
    own.iter().find(same).map(|own| own.path.as_path())
}

/// The same protocol under this name, which must be valid.
pub fn renamed(entry: &Entry, name: &str) -> Entry {
    let place = entry.parsed.name_place.clone();
    let text = match entry.text.get(place.clone()) {
        Some(value) if !value.is_empty() => {
            format!("{}{}{}", &entry.text[..place.start], quoted(name), &entry.text[place.end..])
        }
        _ => {
            let rest = entry.text.trim_start_matches('\u{feff}');
            format!("name = {}\n{rest}", quoted(name))
        }
    };
    Entry::new(text.as_bytes(), name, entry.path.clone())
}

/// The protocol, with its name in its text if the name of its new file does not give it.
pub fn self_named(entry: Entry) -> Entry {
    let is_given = !entry.parsed.name_place.is_empty() || stem(Path::new(&file_name(entry.name()))) == entry.name();
    if is_given { entry } else { renamed(&entry, entry.name()) }
}

/// Writes a new file for a protocol of this name.
///
/// # Errors
/// When there is such a file, or it cannot be written.
pub fn put(folder: &Path, name: &str, text: &str) -> Result<PathBuf, CatalogError> {
    let path = folder.join(file_name(name));
    let place = shown(&path);
    fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => CatalogError {
            message: format!("there is a file {place} already"),
            hint: format!("use another name, or move it away: {}", file_word(&path)),
        },
        _ => unwritten(&path, &error),
    })?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    // Half a protocol must not stay.
    written.inspect_err(|_| drop(fs::remove_file(&path))).map_err(|error| unwritten(&path, &error))?;
    Ok(path)
}

fn unwritten(path: &Path, error: &io::Error) -> CatalogError {
    let hint = "make the folder writable, or name another one in THERAPY_CONFIG_DIR".to_owned();
    CatalogError { message: format!("could not write {}: {error}", shown(path)), hint }
}

/// The file of a protocol. Windows does not allow every letter of a name, and takes some names for devices, whatever
/// comes after a dot.
fn file_name(name: &str) -> String {
    let letter = |letter: char| if "<>:\"|?*".contains(letter) { '-' } else { letter };
    let name: String = composed(name).chars().map(letter).collect();
    let end = name.find('.').unwrap_or(name.len());
    let (first, rest) = name.split_at(end);
    let device = first.trim_end().to_ascii_lowercase();
    let is_port = |rest: &str| rest.len() == 1 && rest.starts_with(|c: char| c.is_ascii_digit());
    let is_device = matches!(&*device, "con" | "prn" | "aux" | "nul")
        || ["com", "lpt"].iter().any(|port| device.strip_prefix(port).is_some_and(is_port));
    format!("{first}{}{rest}.toml", if is_device { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_name_that_every_system_allows() {
        for (name, file) in [
            ("knee", "knee.toml"),
            ("a:b?", "a-b-.toml"),
            ("u\u{308}ber", "\u{fc}ber.toml"),
            ("con", "con-.toml"),
            ("NUL", "NUL-.toml"),
            ("com3", "com3-.toml"),
            ("lpt9.knee", "lpt9-.knee.toml"),
            ("aux ", "aux -.toml"),
            ("com", "com.toml"),
            ("com10", "com10.toml"),
            ("contrast", "contrast.toml"),
            (".con", ".con.toml"),
        ] {
            assert_eq!(file_name(name), file);
        }
    }
}
