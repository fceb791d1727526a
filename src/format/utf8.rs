//! The text of a file, and what in it is not text. This module must not know what the text means.

use super::Problem;

/// The text of these bytes. Each sequence of bytes that is not UTF-8 becomes one replacement character, and the first
/// of them is a problem.
pub fn decoded(bytes: &[u8]) -> (String, Option<Problem>) {
    let (mut text, mut places) = (String::new(), Vec::new());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            let start = text.len();
            text.push(char::REPLACEMENT_CHARACTER);
            places.push((start..text.len(), chunk.invalid()[0]));
        }
    }
    let problem = places.first().map(|(place, byte)| {
        let message = match (bytes, places.len()) {
            ([0xff, 0xfe, ..] | [0xfe, 0xff, ..], _) => "the file is UTF-16 text, not UTF-8".to_owned(),
            (_, 1) => format!("byte {byte:02X} is not UTF-8 text"),
            (_, all) => format!("{all} places are not UTF-8 text; the first is byte {byte:02X}"),
        };
        Problem::error(place.clone(), message, "save the file as UTF-8 text")
    });
    (text, problem)
}

/// Whether a place is on a line with replaced bytes.
pub(super) fn is_on_a_bad_line(at: usize, text: &str) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    text[start..].split('\n').next().unwrap_or_default().contains(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_are_replaced_and_counted() {
        #[rustfmt::skip]
        let table = [
            (&b"w\xe4rm"[..],          "w\u{fffd}rm",          1, "byte E4 is not UTF-8 text"),
            (b"\xc3\xa4\xe4 \xff",     "ä\u{fffd} \u{fffd}",   2, "2 places are not UTF-8 text; the first is byte E4"),
            (b"a\xe2\x82",             "a\u{fffd}",            1, "byte E2 is not UTF-8 text"),
            (b"\xff\xfea\0",           "\u{fffd}\u{fffd}a\0", 0, "the file is UTF-16 text, not UTF-8"),
        ];
        for (bytes, text, start, message) in table {
            let (read, problem) = decoded(bytes);
            let place = start..start + char::REPLACEMENT_CHARACTER.len_utf8();
            assert_eq!(
                (read.as_str(), problem.map(|bad| (bad.span, bad.message))),
                (text, Some((place, message.to_owned())))
            );
        }
        for text in ["", "note = \"wärm\"", "\u{fffd}"] {
            assert_eq!(decoded(text.as_bytes()), (text.to_owned(), None));
        }
    }
}
