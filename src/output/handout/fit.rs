//! How large the letters may be, so that a page fits one sheet of A4. A browser cannot compute this without a script, so
//! the lines are counted here, on the safe side. It must agree with `handout.css`.

use std::ops::RangeInclusive;

use super::{Course, Handout};
use crate::text::printable::columns as width_of;

/// The sizes that are tried, in half points: large letters first. The least can still be read.
const SIZES: RangeInclusive<u32> = 15..=27;
/// The size on more than one sheet.
const SHEETS: u32 = 20;
/// The room inside the margins of a sheet, in mm. The lines are counted with some to spare, so that the real height is
/// about a twelfth less.
const ROOM: (f64, f64) = (186.0, 271.0);
/// A half point, in mm.
const HALF_POINT: f64 = 25.4 / 144.0;
/// The width of a letter of the widest usual font, and the height of a line, as parts of the size.
const LETTER: f64 = 0.53;
const LINE: f64 = 1.3;
/// From this many steps on they are in two columns, and in three.
const TWO_COLUMNS: usize = 11;
const THREE_COLUMNS: usize = 25;

/// In how many columns the steps are.
pub(super) fn columns(course: &Course) -> usize {
    1 + [TWO_COLUMNS, THREE_COLUMNS].into_iter().filter(|least| course.rows.len() >= *least).count()
}

/// The largest size with which the page fits, in half points; a readable one when none does.
pub(super) fn half_points(page: &Handout) -> u32 {
    SIZES.rev().find(|size| height(page, f64::from(*size) * HALF_POINT) <= ROOM.1).unwrap_or(SHEETS)
}

/// The height of the page in mm, with letters of this size in mm.
fn height(page: &Handout, size: f64) -> f64 {
    // Lines of a text in a part of the width, with letters that are a part of the size.
    let lines = |text: &str, part: f64, letters: f64| {
        let letters = ROOM.0 * part / (size * letters * LETTER);
        (number(width_of(text)) / letters).ceil().max(1.0)
    };
    let all = |texts: &[String], part: f64| texts.iter().map(|text| lines(text, part, 1.0)).sum::<f64>() * LINE;
    let title = 2.2;
    let left = lines(&page.title, 0.6, 1.9) * 2.1 + lines(&page.summary, 0.6, 1.0) * LINE;
    let header = left.max(all(&page.from, 0.35)) + 0.4;
    let about = all(&page.about, 1.0) + 0.4;
    let prepare = title + lines(&page.prepare.join(" "), 1.0, 1.0) * LINE;
    let courses: f64 = page.courses.iter().map(|course| title + 2.8 + steps(course, &lines)).sum();
    let feel = title + page.feel.iter().map(|(_, how)| lines(how, 0.85, 1.0) * LINE + 0.15).sum::<f64>();
    let always = lines(&page.always.join(" "), 1.0, 1.1) * LINE;
    let pain = 2.7;
    let [urgent, others, ask] = &page.signs;
    let list = |signs: &[String]| title + signs.iter().map(|sign| lines(sign, 0.43, 0.92)).sum::<f64>() * LINE;
    let signs =
        0.92 * (title + LINE * number(urgent.1.len().div_ceil(2)) * 1.5 + list(&others.1).max(list(&ask.1))) + 1.0;
    let small = lines(&page.small.join(" "), 1.0, 0.68) * LINE * 0.68 + 0.5;
    let pictures = 9.0 * number(page.courses.len());
    size * (header + about + prepare + courses + feel + always + pain + signs + small) + pictures
}

/// The height of the steps, as a multiple of the size of the letters.
fn steps(course: &Course, lines: &impl Fn(&str, f64, f64) -> f64) -> f64 {
    let columns = columns(course);
    let part = 0.9 / number(columns) - if columns > 1 { 0.04 } else { 0.0 };
    let row = |how: &[String]| LINE + 0.5 + how.iter().map(|how| lines(how, part, 1.0)).sum::<f64>() * LINE;
    let rows = course.rows.iter().map(|row_of| row(&row_of.how));
    rows.sum::<f64>() / number(columns) + if columns > 1 { 2.0 } else { 0.4 }
}

#[expect(clippy::cast_precision_loss, reason = "the letters of a page")]
fn number(count: usize) -> f64 {
    count as f64
}
