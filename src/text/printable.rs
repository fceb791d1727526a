//! Text that is safe and readable on a terminal. It must not know what the text means.

use std::borrow::Cow;

use textwrap::core::display_width;

/// Whether a terminal obeys or hides this letter.
///
/// That includes letters without a width, letters that begin a line, and letters that change the direction of writing:
/// with those a file could show another number than it has. The joiners of emoji are allowed.
pub fn is_control(letter: char) -> bool {
    let hides = matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}');
    letter.is_control() || hides || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

/// The texts in at most `height` rows: each sentence in one row where that is possible, otherwise broken at words.
/// Where not all of them fit, the last sentences are left out.
pub fn fitted(texts: &[String], width: usize, height: usize) -> Vec<String> {
    let sentences: Vec<Vec<&str>> = texts.iter().map(|text| sentences(text)).collect();
    let count = sentences.iter().map(Vec::len).sum();
    let first = |count: usize| {
        let mut left = count;
        let taken = sentences.iter().map(|text| {
            let taken = &text[..text.len().min(left)];
            left -= taken.len();
            taken
        });
        taken.filter(|text| !text.is_empty()).collect::<Vec<_>>()
    };
    let Some(beginning) = sentences.iter().flatten().next() else { return Vec::new() };
    let whole = (1..=count).rev().find_map(|count| folded(&first(count), width, height));
    // A full stop may be what does not fit.
    let whole = whole.or_else(|| folded(&[&[beginning.trim_end_matches('.')]], width, height));
    whole.unwrap_or_else(|| {
        let mut rows = broken(beginning, width);
        rows.truncate(height);
        rows.last_mut().into_iter().for_each(|row| *row = cut(&format!("{row}…"), width).into_owned());
        rows
    })
}

/// Texts of sentences in rows; `None` when they need more than `height`.
fn folded(texts: &[&[&str]], width: usize, height: usize) -> Option<Vec<String>> {
    let mut rows: Vec<String> = Vec::new();
    for text in texts {
        for (at, sentence) in text.iter().enumerate() {
            match rows.last_mut().filter(|row| at > 0 && display_width(row) + 1 + display_width(sentence) <= width) {
                Some(row) => *row = format!("{row} {sentence}"),
                None => rows.push((*sentence).to_owned()),
            }
        }
    }
    let by_text = || texts.iter().flat_map(|text| broken(&text.join(" "), width)).collect();
    let all = || broken(&texts.iter().map(|text| text.join(" ")).collect::<Vec<_>>().join(" "), width);
    let fits = |rows: &Vec<String>| rows.len() <= height && rows.iter().all(|row| display_width(row) <= width);
    Some(rows).filter(fits).or_else(|| Some(by_text()).filter(fits)).or_else(|| Some(all()).filter(fits))
}

fn broken(text: &str, width: usize) -> Vec<String> {
    textwrap::wrap(text, width.max(1)).into_iter().map(Cow::into_owned).collect()
}

/// The sentences of a text: they end with a full stop or a question mark, and a blank.
fn sentences(text: &str) -> Vec<&str> {
    let ends = [". ", "? "].iter().flat_map(|end| text.match_indices(end)).map(|(at, _)| at + 1);
    let mut ends: Vec<usize> = ends.chain([text.len()]).collect();
    ends.sort_unstable();
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, end)| text[start..*end].trim()).filter(|text| !text.is_empty()).collect()
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
    fn letters_that_begin_a_line_or_turn_it_are_made_visible() {
        assert_eq!(printable("a\u{2028}b\u{2029}c\u{85}d\u{202e}e\n"), "a\\u{2028}b\\u{2029}c\\u{85}d\\u{202e}e\\n");
        assert_eq!(printable("a\u{2027}b\u{202f}c\u{200d}"), "a\u{2027}b\u{202f}c\u{200d}");
    }

    #[test]
    fn long_lines_are_broken_at_words_and_indented() {
        assert_eq!(wrapped("short", 10, 2), "short\n");
        assert_eq!(wrapped("one two three\n  four five six", 10, 2), "one two\n  three\n  four\n    five\n    six\n");
        assert_eq!(wrapped("", 10, 2), "");
    }

    #[test]
    fn sentences_keep_their_rows_where_they_can_and_the_last_ones_are_left_out() {
        let heat = "Heat on: warm, not hot; moist is better. Pad on low or medium; water at most 40 °C.";
        let over = ["Take the pack off, then press Enter. Cold is 11:48 too long.", "Look at the skin. Get help."];
        let rows = |texts: &[&str], width, height| {
            let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
            fitted(&texts, width, height)
        };
        #[rustfmt::skip]
        assert_eq!(rows(&[heat], 76, 2), ["Heat on: warm, not hot; moist is better.", "Pad on low or medium; water at most 40 °C."]);
        assert_eq!(rows(&[heat], 100, 2), [heat]);
        let broken = ["Heat on: warm, not hot; moist is", "better. Pad on low or medium; water at", "most 40 °C."];
        assert_eq!(rows(&[heat], 38, 3), broken);
        assert_eq!(rows(&[heat], 20, 2), ["Heat on: warm, not", "hot; moist is better"]);
        assert_eq!(rows(&[heat], 20, 1), ["Heat on: warm, not…"]);
        assert_eq!(rows(&over, 76, 2), over);
        assert_eq!(rows(&over, 38, 2), ["Take the pack off, then press Enter.", "Cold is 11:48 too long."]);
        assert_eq!(rows(&["湿ったパッド。"], 6, 1), ["湿っ…"]);
        assert_eq!(rows(&[], 6, 1), [""; 0]);
        assert_eq!(rows(&["a"], 0, 0), [""; 0]);
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
