//! Curly quotes where TOML needs straight ones: word processors and messengers put them there. They make one problem, and
//! are replaced, so that the rest of the file is read as it was meant. This module must not know what a string means.

use std::borrow::Cow;
use std::ops::Range as Span;

use super::Problem;
use crate::text::durations::count;
use crate::text::printable::cut;

/// A straight quote, and the curly ones that are meant as it.
const QUOTES: [(char, [char; 4]); 2] = [('"', ['“', '”', '„', '‟']), ('\'', ['‘', '’', '‚', '‛'])];
/// The bytes of a curly quote.
const WIDE: usize = 3;

/// A string with a curly quote at one end or both.
struct Curly {
    place: Span<usize>,
    straight: char,
    /// The curly quotes that are meant as the straight one.
    instead: [char; 4],
}

/// The text with straight quotes around its strings, and a problem when there were others. Blanks fill up the bytes, so
/// that everything else keeps its place.
pub(super) fn straight(text: &str) -> (Cow<'_, str>, Option<Problem>) {
    let strings = strings(text);
    let Some(Curly { place: first, straight: quote, instead }) = strings.first() else {
        return (Cow::Borrowed(text), None);
    };
    let mut straight = text.to_owned();
    for Curly { place, straight: quote, instead } in &strings {
        let string = &text[place.clone()];
        if string.starts_with(*instead) {
            straight.replace_range(place.start..place.start + WIDE, &format!("  {quote}"));
        }
        if string.len() > WIDE && string.ends_with(*instead) {
            straight.replace_range(place.end - WIDE..place.end, &format!("{quote}  "));
        }
    }
    let found = text[first.clone()].matches(*instead).next().unwrap_or_default();
    let more = match strings.len() - 1 {
        0 => String::new(),
        more => format!("; {} with curly quotes", count(more, "more string")),
    };
    let hint = format!("write {}", cut(straight[first.clone()].trim(), 60));
    let problem =
        Problem::error(first.clone(), format!("{found} is a curly quote; use the straight {quote}{more}"), hint);
    (Cow::Owned(straight), Some(problem))
}

/// The strings with curly quotes.
fn strings(text: &str) -> Vec<Curly> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        let line = rest.split('\n').next().unwrap_or_default();
        let quotes = QUOTES.into_iter().find(|(straight, curly)| letter == *straight || curly.contains(&letter));
        at += match quotes {
            None if letter == '#' => line.len(),
            None => letter.len_utf8(),
            Some((straight, curly)) => {
                let block = straight.to_string().repeat(3);
                if let Some(inner) = rest.strip_prefix(&block) {
                    inner.find(&block).map_or(rest.len(), |end| end + 2 * block.len())
                } else {
                    let length = length(line, letter, straight, curly);
                    let string = &line[..length];
                    if string.starts_with(curly) || string.len() > WIDE && string.ends_with(curly) {
                        found.push(Curly { place: at..at + length, straight, instead: curly });
                    }
                    length
                }
            }
        };
    }
    found
}

/// The bytes of the string at the start of a line, with its quotes. Without an end, a string goes to the end of the line,
/// and a curly quote is alone.
fn length(line: &str, first: char, straight: char, curly: [char; 4]) -> usize {
    let inner = &line[first.len_utf8()..];
    let mut letters = inner.char_indices();
    let mut end = None;
    while let (None, Some((at, letter))) = (end, letters.next()) {
        if letter == straight || first != straight && curly.contains(&letter) {
            end = Some(at + letter.len_utf8());
        } else if letter == '\\' && straight == '"' {
            letters.next();
        }
    }
    // A string that begins with a straight quote and ends the line with a curly one.
    let value = inner.trim_end_matches([' ', '\t', '\r', ',', ']', '}']);
    let mixed = || (first == straight && value.ends_with(curly)).then_some(value.len());
    let alone = if first == straight { inner.len() } else { 0 };
    first.len_utf8() + end.or_else(mixed).unwrap_or(alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quotes_around_strings_are_replaced() {
        #[rustfmt::skip]
        let table = [
            // written, read, more strings
            ("do = “heat”",                "do =   \"heat\"  ",             "write \"heat\""),
            ("do = „heat“ # “x”",          "do =   \"heat\"   # “x”",       "write \"heat\""),
            ("do = ‘heat’",                "do =   'heat'  ",               "write 'heat'"),
            ("do = \"heat”",               "do = \"heat\"  ",               "write \"heat\""),
            ("do = “heat\"",               "do =   \"heat\"",               "write \"heat\""),
            ("do = “heat",                 "do =   \"heat",                 "write \""),
            ("note = “don’t”",             "note =   \"don’t\"  ",          "write \"don’t\""),
            ("“do” = \"heat\"",            "  \"do\"   = \"heat\"",         "write \"do\""),
            ("a = [“x”, “y”]",             "a = [  \"x\"  ,   \"y\"  ]",    "write \"x\""),
        ];
        for (written, read, hint) in table {
            let (text, problem) = straight(written);
            assert_eq!(
                (text.as_ref(), problem.map(|problem| problem.hint).as_deref()),
                (read, Some(hint)),
                "{written}"
            );
        }
        for fine in
            ["note = \"the “good” pack’s\"", "note = 'a “b”'", "# “x”", "a = \"\"\"\n“x”\n\"\"\"", "a = \"half“ of"]
        {
            let (text, problem) = straight(fine);
            assert_eq!((text.as_ref(), problem), (fine, None));
        }
    }
}
