//! Digits, emblems and three words, drawn in half blocks and larger. Pure: it must not know colours, sessions or
//! terminals.

/// How large a picture is. Its pixels are one column wide and half a row high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Three rows, in pictures of their own.
    Three,
    /// Five rows, as drawn below.
    Five,
    /// Seven rows: some pixels are drawn twice.
    Seven,
    /// Every pixel is this many columns wide and this many half rows high.
    Times(usize),
}

impl Size {
    /// The rows of a picture.
    pub fn rows(self) -> usize {
        match self {
            Size::Three => 3,
            Size::Five => 5,
            Size::Seven => 7,
            Size::Times(factor) => 5 * factor,
        }
    }

    /// The columns of a gap that has `columns` at five rows.
    pub fn gap(self, columns: usize) -> usize {
        match self {
            Size::Three => 1,
            Size::Five => columns,
            Size::Seven => (3 * columns).div_ceil(2),
            Size::Times(factor) => factor * columns,
        }
    }

    /// How often the pixels of this column are drawn, in a picture of this width. At seven rows strokes are three
    /// columns wide.
    fn wide(self, column: usize, width: usize) -> usize {
        let is_last = column + 1 == width && width.is_multiple_of(3);
        match self {
            Size::Three | Size::Five => 1,
            Size::Seven => 1 + usize::from(column.is_multiple_of(3) || is_last),
            Size::Times(factor) => factor,
        }
    }

    /// How often the pixels of this half row are drawn.
    fn high(self, half_row: usize) -> usize {
        match self {
            Size::Three | Size::Five => 1,
            Size::Seven => 1 + usize::from(matches!(half_row, 2 | 3 | 6 | 7)),
            Size::Times(factor) => factor,
        }
    }
}

/// What is on the skin, as a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emblem {
    /// Heat.
    Flame,
    /// Cold.
    Flake,
    /// Nothing.
    Ring,
    /// Nothing, while the person stretches.
    Slash,
    /// Paused.
    Bars,
    /// Past the end of the step.
    Plus,
}

/// The rows of an emblem, all of the same width.
pub fn emblem(emblem: Emblem, size: Size) -> Vec<String> {
    let picture = match emblem {
        Emblem::Flame => ["    █▄    ", " █▄ ███▄  ", "████████▄█", "▀███▀▀███▀", " ▀██▄▄██▀ "],
        Emblem::Flake => ["▀▄  ██  ▄▀", "  ▀▄██▄▀  ", "██████████", "  ▄▀██▀▄  ", "▄▀  ██  ▀▄"],
        Emblem::Ring => [" ▄█▀▀▀▀█▄ ", "█▀      ▀█", "█        █", "█▄      ▄█", " ▀█▄▄▄▄█▀ "],
        Emblem::Slash => ["       ▄██", "     ▄██▀ ", "   ▄██▀   ", " ▄██▀     ", "██▀       "],
        Emblem::Bars => [" ███  ███ "; 5],
        Emblem::Plus => ["    ██    ", "    ██    ", "██████████", "    ██    ", "    ██    "],
    };
    scaled(&picture, size)
}

/// The rows of a text of digits and a colon, or of the letters in `TAKE IT OFF`, all of the same width. `gap` columns
/// are between two characters at five rows. Other characters are left out.
pub fn text(text: &str, size: Size, gap: usize) -> Vec<String> {
    let between = " ".repeat(size.gap(gap));
    let mut rows = vec![String::new(); size.rows()];
    for picture in text.chars().filter_map(|letter| picture(letter, size)) {
        for (row, part) in rows.iter_mut().zip(scaled(picture, size)) {
            if !row.is_empty() {
                row.push_str(&between);
            }
            row.push_str(&part);
        }
    }
    rows
}

/// The same row for what stands still: every block in the texture `pale`.
pub fn pale(row: &str, pale: char) -> String {
    row.chars().map(|block| if block == ' ' { ' ' } else { pale }).collect()
}

/// The columns of a picture.
pub fn width(rows: &[String]) -> usize {
    rows.first().map_or(0, |row| row.chars().count())
}

/// The picture of a character: three rows or five.
fn picture(letter: char, size: Size) -> Option<&'static [&'static str]> {
    let (_, three, five) = PICTURES.iter().find(|(name, ..)| *name == letter)?;
    Some(if size == Size::Three { three } else { five })
}

/// The rows of a picture at another size.
fn scaled(picture: &[&str], size: Size) -> Vec<String> {
    if matches!(size, Size::Three | Size::Five) {
        return picture.iter().map(|row| (*row).to_owned()).collect();
    }
    let (upper, lower) = (['█', '▀'], ['█', '▄']);
    let half_rows = picture.iter().flat_map(|row| [upper, lower].map(|set| half_row(row, set, size)));
    let half_rows = half_rows.enumerate().flat_map(|(at, row)| std::iter::repeat_n(row, size.high(at)));
    let half_rows: Vec<Vec<bool>> = half_rows.collect();
    half_rows.chunks(2).map(|pair| pair[0].iter().zip(&pair[1]).map(block).collect()).collect()
}

/// The pixels of half a row: those where one of these blocks is drawn.
fn half_row(row: &str, set: [char; 2], size: Size) -> Vec<bool> {
    let (pixels, width) = (row.chars().map(|block| set.contains(&block)).enumerate(), row.chars().count());
    pixels.flat_map(|(at, pixel)| std::iter::repeat_n(pixel, size.wide(at, width))).collect()
}

fn block((upper, lower): (&bool, &bool)) -> char {
    match (upper, lower) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

/// Every character, with three rows and with five.
#[rustfmt::skip]
const PICTURES: [(char, [&str; 3], [&str; 5]); 19] = [
    ('0', ["█▀█", "█ █", "▀▀▀"], ["▄██████▄", "██    ██", "██    ██", "██    ██", "▀██████▀"]),
    ('1', ["▄█ ", " █ ", "▀▀▀"], ["  ▄██   ", " ▀▀██   ", "   ██   ", "   ██   ", " ██████ "]),
    ('2', ["▀▀█", "█▀▀", "▀▀▀"], ["▄██████▄", "▀▀    ██", "   ▄▄█▀ ", " ▄█▀    ", "████████"]),
    ('3', ["▀▀█", "▀▀█", "▀▀▀"], ["▄██████▄", "      ██", "  █████ ", "      ██", "▀██████▀"]),
    ('4', ["█ █", "▀▀█", "  ▀"], ["    ▄██ ", "  ▄█▀██ ", "▄█▀  ██ ", "████████", "     ██ "]),
    ('5', ["█▀▀", "▀▀█", "▀▀▀"], ["████████", "██      ", "███████▄", "      ██", "▀██████▀"]),
    ('6', ["█▀▀", "█▀█", "▀▀▀"], ["▄██████ ", "██      ", "███████▄", "██    ██", "▀██████▀"]),
    ('7', ["▀▀█", "  █", "  ▀"], ["████████", "     ▄█▀", "    ▄█▀ ", "   ▄█▀  ", "   ██   "]),
    ('8', ["█▀█", "█▀█", "▀▀▀"], ["▄██████▄", "██    ██", " ██████ ", "██    ██", "▀██████▀"]),
    ('9', ["█▀█", "▀▀█", "▀▀▀"], ["▄██████▄", "██    ██", "▀███████", "      ██", " ██████▀"]),
    (':', ["▄", "▄", " "],       ["  ", "██", "  ", "██", "  "]),
    (' ', [" "; 3],              ["  "; 5]),
    ('A', ["█▀█", "█▀█", "▀ ▀"], ["▄████▄", "██  ██", "██▄▄██", "██▀▀██", "██  ██"]),
    ('E', ["█▀▀", "█▀ ", "▀▀▀"], ["██████", "██    ", "█████ ", "██    ", "██████"]),
    ('F', ["█▀▀", "█▀ ", "▀  "], ["██████", "██    ", "█████ ", "██    ", "██    "]),
    ('I', ["█", "█", "▀"],       ["██"; 5]),
    ('K', ["█ █", "█▀▄", "▀ ▀"], ["██  ██", "██▄█▀ ", "███   ", "██▀█▄ ", "██  ██"]),
    ('O', ["█▀█", "█ █", "▀▀▀"], ["▄████▄", "██  ██", "██  ██", "██  ██", "▀████▀"]),
    ('T', ["▀█▀", " █ ", " ▀ "], ["██████", "  ██  ", "  ██  ", "  ██  ", "  ██  "]),
];

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [Size; 5] = [Size::Three, Size::Five, Size::Seven, Size::Times(2), Size::Times(3)];
    const EMBLEMS: [Emblem; 6] =
        [Emblem::Flame, Emblem::Flake, Emblem::Ring, Emblem::Slash, Emblem::Bars, Emblem::Plus];

    #[test]
    fn every_picture_has_straight_edges_and_no_two_are_alike() {
        for size in SIZES {
            let digits = "0123456789:".chars().map(|digit| text(&digit.to_string(), size, 1));
            let emblems = EMBLEMS.into_iter().map(|name| emblem(name, size)).filter(|_| size != Size::Three);
            let letters = "AEFIKOT".chars().map(|letter| text(&letter.to_string(), size, 1));
            let mut pictures: Vec<_> = digits.chain(emblems).collect();
            for picture in pictures.iter().cloned().chain(letters) {
                assert_eq!(picture.len(), size.rows(), "{picture:#?}");
                assert!(picture.iter().all(|row| row.chars().count() == width(&picture)), "{picture:#?}");
                assert!(picture.iter().all(|row| row.chars().all(|block| " ▀▄█".contains(block))), "{picture:#?}");
            }
            let count = pictures.len();
            pictures.sort();
            pictures.dedup();
            assert_eq!(pictures.len(), count, "{size:?}");
            if size != Size::Three {
                let mut pale: Vec<Vec<_>> =
                    pictures.iter().map(|rows| rows.iter().map(|row| super::pale(row, '▒')).collect()).collect();
                pale.sort();
                pale.dedup();
                assert_eq!(pale.len(), count, "{size:?}");
            }
        }
    }

    #[test]
    fn larger_pictures_have_the_same_pixels() {
        let colon = ["   ", "███", "███", "   ", "███", "███", "   "];
        assert_eq!(text(":", Size::Seven, 1), colon);
        let one = ["      ████      ", "    ██████      ", "  ████████      ", "      ████      "];
        assert_eq!(text("1", Size::Times(2), 1)[..4], one);
        assert_eq!(text("1", Size::Times(2), 1)[9], "  ████████████  ");
        let columns = |text: &str, size| width(&super::text(text, size, 1));
        assert_eq!(SIZES.map(|size| columns("8", size)), [3, 8, 11, 16, 24]);
        assert_eq!(SIZES.map(|size| columns("E", size)), [3, 6, 9, 12, 18]);
        assert_eq!(SIZES.map(|size| columns("TAKE IT OFF", size)), [37, 64, 101, 128, 192]);
        assert_eq!([1, 2, 3].map(|gap| Size::Seven.gap(gap)), [2, 3, 5]);
        assert_eq!(width(&emblem(Emblem::Plus, Size::Seven)), 14);
    }

    #[test]
    fn a_text_is_as_drawn_and_other_characters_are_left_out() {
        let small = ["▄█  ▀▀█ ▄", " █  █▀▀ ▄", "▀▀▀ ▀▀▀  "];
        assert_eq!(text("12:", Size::Three, 5), small);
        assert_eq!(text("1x2", Size::Five, 2), text("12", Size::Five, 2));
        assert_eq!(text("", Size::Five, 2), [""; 5]);
        assert_eq!(pale("▄█ ▀", '▒'), "▒▒ ▒");
    }
}
