//! Text that is safe and readable on a terminal. It must not know what the text means.

use std::borrow::Cow;

use textwrap::core::display_width;

/// Whether a terminal obeys or hides this letter.
///
/// That includes letters without a width and letters that change the direction of writing: with
/// those a file could show another number than it has. The joiners of emoji are allowed.
pub fn is_control(letter: char) -> bool {
    let hides = matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}');
    letter.is_control() || hides || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a letter shows nothing, so that two texts with and without it look alike. The joiners of emoji are among them.
pub fn is_invisible(letter: char) -> bool {
    let alone = ['\u{ad}', '\u{34f}', '\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{feff}', '\u{ffa0}'];
    let ranges = [
        '\u{17b4}'..='\u{17b5}',
        '\u{180b}'..='\u{180f}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{fe00}'..='\u{fe0f}',
        '\u{fff0}'..='\u{fffb}',
        '\u{1bca0}'..='\u{1bca3}',
        '\u{1d173}'..='\u{1d17a}',
        '\u{e0000}'..='\u{e0fff}',
    ];
    is_control(letter) || alone.contains(&letter) || ranges.iter().any(|range| range.contains(&letter))
}

/// The text with its control characters made visible.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, is_control)
}

/// The text with everything in it made visible.
pub fn revealed(text: &str) -> Cow<'_, str> {
    escaped(text, is_invisible)
}

fn escaped(text: &str, is: fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(is) {
        return Cow::Borrowed(text);
    }
    text.chars().flat_map(|c| if is(c) { c.escape_default().collect() } else { vec![c] }).collect()
}

/// The text, cut to this many columns with an ellipsis at the cut. An SGR sequence has no width and may stand in a
/// text that needs no cut.
pub fn cut(text: &str, width: usize) -> Cow<'_, str> {
    // No character is wider than its bytes.
    if text.len() <= width || display_width(text) <= width {
        return Cow::Borrowed(text);
    }
    let ends = text.char_indices().map(|(at, _)| at);
    let end = ends.take_while(|end| display_width(&text[..*end]) < width).last().unwrap_or(0);
    Cow::Owned(format!("{}…", &text[..end]))
}

/// The text for a reader of markup, such as a notification service or a status bar.
pub fn markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text with a capital first letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The name most like `wanted`; `None` when none is similar.
pub fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const SIMILAR: f64 = 0.75;
    let similarity = |name: &str| strsim::jaro_winkler(&wanted.to_lowercase(), &name.to_lowercase());
    let near = names.map(|name| (similarity(name), name)).filter(|(similarity, _)| *similarity >= SIMILAR);
    near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// Lines that are at most `width` columns wide, broken at words. The rest of a broken line is
/// indented by `indent` more than the line.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let lines = text.lines().map(|line| {
        let indent = " ".repeat((line.len() - line.trim_start().len() + indent).min(width / 2));
        textwrap::fill(line, textwrap::Options::new(width).subsequent_indent(&indent)) + "\n"
    });
    lines.collect()
}

/// The columns that a text takes on a terminal.
pub fn columns(text: &str) -> usize {
    display_width(text)
}

/// The text with blanks up to this many columns.
pub fn padded(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(display_width(text)))
}

/// A table: every cell but the last of a row is as wide as the widest in its column, and two more.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| row.len() > column + 1).map(|row| display_width(&row[column]));
        cells.max().unwrap_or(0) + 2
    };
    let widths: Vec<_> = (0..rows.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| padded(cell, *width));
        cells.collect::<String>().trim_end().to_owned() + "\n"
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_at_words_and_indented() {
        assert_eq!(wrapped("short", 10, 2), "short\n");
        assert_eq!(wrapped("one two three\n  four five six", 10, 2), "one two\n  three\n  four\n    five\n    six\n");
        assert_eq!(wrapped("", 10, 2), "");
    }

    #[test]
    fn a_text_is_cut_between_characters_of_any_width() {
        assert_eq!(cut("contrast", 8), "contrast");
        assert_eq!(cut("contrast", 7), "contra…");
        assert_eq!(cut("冷却 ice", 8), "冷却 ice");
        assert_eq!(
            [6, 4, 3, 2, 1].map(|width| cut("冷却 ice", width).into_owned()),
            ["冷却 …", "冷…", "冷…", "…", "…"]
        );
        assert_eq!(cut("\x1b[1mice\x1b[0m", 3), "\x1b[1mice\x1b[0m");
    }

    #[test]
    fn a_table_has_straight_columns() {
        let rows = [&["ice", "15 min", "now"][..], &["a longer heading"], &["contrast", "2 h", ""]];
        let rows = rows.map(|row| row.iter().map(|cell| (*cell).to_owned()).collect());
        assert_eq!(aligned(&rows), "ice       15 min  now\na longer heading\ncontrast  2 h\n");
        assert_eq!(aligned(&[]), "");
    }
}
