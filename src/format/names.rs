//! Names of protocols. A name must be one that a person can type after `run`, and must not look like another. This
//! module must not know which names exist.

use std::ops::Range as Span;

use toml::de::{DeTable, DeValue};

use super::NAME_MOST;
use super::reader::Reader;
use crate::text::printable::{is_invisible, revealed};

/// The end of a file's name.
const SUFFIX: &str = ".toml";

impl Reader<'_> {
    /// The name and its place. `file` is the name of the file without its end: it is the name when the text has none,
    /// or has one that cannot be used.
    pub(super) fn name(&mut self, table: &DeTable<'_>, file: &str) -> (String, Span<usize>) {
        let Some(value) = table.get("name") else {
            if let Some((_, why)) = fault(file) {
                let hint = format!("rename the file, or add name = \"{}\"", usable(file));
                self.error(0..0, format!("the name of the file {why}"), hint);
            }
            return (revealed(file).into_owned(), 0..0);
        };
        let place = value.span();
        // A string without an end has some text, but not the name that was meant.
        let is_broken =
            self.problems.iter().any(|known| known.span.start <= place.end && place.start <= known.span.end);
        let name = self.typed(value, "a string in quotes", DeValue::as_str);
        match name.map(|name| (fault(name), name)) {
            Some((None, name)) if !is_broken => return (name.to_owned(), place),
            Some((Some((part, why)), name)) => {
                let part = self.inside(place.clone(), name, part);
                self.error(part, format!("`name` {why}"), format!("write \"{}\"", usable(name)));
            }
            _ => {}
        }
        (revealed(file).into_owned(), place)
    }
}

/// Why a name cannot be that of a protocol: what is wrong with it, and a similar one without a fault.
pub fn bad_name(name: &str) -> Option<(String, String)> {
    fault(name).map(|(_, why)| (why, usable(name)))
}

/// Why a name cannot be typed, or looks like another, and the place of that in the name.
fn fault(name: &str) -> Option<(Span<usize>, String)> {
    let letter =
        |is: fn(char) -> bool| name.char_indices().find(|(_, c)| is(*c)).map(|(at, c)| (at..at + c.len_utf8(), c));
    if let Some((place, c)) = letter(is_invisible) {
        return Some((
            place,
            format!("has an invisible letter (U+{:04X}), so it looks like another name", u32::from(c)),
        ));
    }
    if let Some((place, c)) = letter(|c| c.is_whitespace() && c != ' ') {
        return Some((place, format!("has an unusual blank (U+{:04X}), so it looks like another name", u32::from(c))));
    }
    if let Some((place, _)) = letter(|c| c == char::REPLACEMENT_CHARACTER) {
        return Some((place, "has a letter that cannot be read".to_owned()));
    }
    let (start, end) = (name.len() - name.trim_start().len(), name.trim_end().len());
    let blank = if start > 0 { 0..start } else { end..name.len() };
    if !blank.is_empty() {
        return Some((blank, "begins or ends with a blank, so it looks like another name".to_owned()));
    }
    if let Some((place, _)) = letter(is_slash) {
        return Some((place, "has a slash, so it looks like the path of a file".to_owned()));
    }
    if name.starts_with('-') {
        return Some((0..1, "begins with a dash, so it looks like an option".to_owned()));
    }
    if !name.is_empty() && name.chars().all(|c| c == '.') {
        return Some((0..name.len(), "has only dots, so it looks like a folder".to_owned()));
    }
    if let Some(before) = without_suffix(name) {
        return Some((before.len()..name.len(), format!("ends in {SUFFIX}, so it looks like a file")));
    }
    let length = name.chars().count();
    (!(1..=NAME_MOST).contains(&length)).then(|| (0..name.len(), format!("must have 1 to {NAME_MOST} characters")))
}

fn is_slash(letter: char) -> bool {
    matches!(letter, '/' | '\\')
}

/// The name before `.toml`, in capital or small letters.
fn without_suffix(name: &str) -> Option<&str> {
    let end = name.len().checked_sub(SUFFIX.len())?;
    name.get(end..)?.eq_ignore_ascii_case(SUFFIX).then(|| &name[..end])
}

/// A similar name without a fault.
fn usable(name: &str) -> String {
    let letters = name.chars().filter(|c| !is_invisible(*c) && *c != char::REPLACEMENT_CHARACTER);
    let letters = letters.map(|c| if is_slash(c) { '-' } else { c }).map(|c| if c.is_whitespace() { ' ' } else { c });
    let mut name = letters.take(NAME_MOST).collect::<String>();
    while let Some(better) = without_suffix(&name) {
        name = better.to_owned();
    }
    let name = name.trim_matches([' ', '-']);
    if name.is_empty() || fault(name).is_some() { "desk-back".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_cannot_be_typed_or_looks_like_another_has_a_fault() {
        #[rustfmt::skip]
        let table = [
            // name, the place of the fault, a better name
            ("ice ",               3..4, "ice"),
            ("  ice",              0..2, "ice"),
            ("ic\u{ad}e",          2..4, "ice"),
            ("\u{200d}ice",        0..3, "ice"),
            ("ice\u{feff}",        3..6, "ice"),
            ("ice\u{e0041}",       3..7, "ice"),
            ("ice\u{a0}pack",      3..5, "ice pack"),
            ("w\u{fffd}rm",        1..4, "wrm"),
            ("back/desk",          4..5, "back-desk"),
            ("back\\desk",         4..5, "back-desk"),
            ("desk.toml",          4..9, "desk"),
            ("desk.toml.TOML",    9..14, "desk"),
            ("-5",                 0..1, "5"),
            ("-",                  0..1, "desk-back"),
            (".toml",              0..5, "desk-back"),
            (".",                  0..1, "desk-back"),
            ("..",                 0..2, "desk-back"),
            ("../..",              2..3, "..-.."),
            ("",                   0..0, "desk-back"),
            ("a\nb",               1..2, "ab"),
        ];
        for (name, place, better) in table {
            assert_eq!(fault(name).map(|(place, _)| place), Some(place), "{name:?}");
            assert_eq!((usable(name).as_str(), fault(better)), (better, None), "{name:?}");
        }
        let long = |length| "é".repeat(length);
        assert_eq!(fault(&long(NAME_MOST + 1)).map(|(place, _)| place), Some(0..82));
        assert_eq!((fault(&long(NAME_MOST)), usable(&long(300))), (None, long(NAME_MOST)));
        for name in ["ice", "my back", "übung 2", "冷却", "desk.sync-conflict", "toml", ".desk", "...a", "a-b_c", "❄"]
        {
            assert_eq!(fault(name), None, "{name:?}");
        }
    }
}
