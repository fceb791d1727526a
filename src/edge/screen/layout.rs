//! How a frame fills a window: how large the digits are, and what is left out where there is little room. It must not
//! know words, colours or sessions.

use std::borrow::Cow;

use textwrap::core::display_width;

use crate::text::colours::paint;
use crate::text::digits::{self, Emblem, Size};
use crate::text::printable::cut;

/// The SGR numbers of a row in reverse, and of what to do in such a row.
pub(super) const REVERSE: &str = "7";
pub(super) const BOLD_REVERSE: &str = "1;7";

/// Columns of text, and columns before and after it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Page {
    pub(super) width: usize,
    pub(super) margin: usize,
}

impl Page {
    /// The columns of the window.
    pub(super) fn columns(self) -> usize {
        2 * self.margin + self.width
    }

    /// A row of text.
    pub(super) fn row(self, text: &str, sgr: &str) -> String {
        let text = cut(text, self.width);
        paint(sgr, &format!("{:1$}{text}", "", if text.is_empty() { 0 } else { self.margin }))
    }

    /// A row in reverse, over the full width.
    pub(super) fn reversed(self, row: &str, sgr: &str) -> String {
        let blanks = self.columns().saturating_sub(display_width(row));
        paint(sgr, &format!("{row}{:blanks$}", ""))
    }

    /// The same columns, but the text is not at the edge.
    pub(super) fn indented(self) -> Page {
        if self.margin > 0 { self } else { Page { width: self.width.saturating_sub(2), margin: 1 } }
    }
}

/// What needs room.
pub(super) struct Needs<'a> {
    /// What the digits show.
    pub(super) face: &'a str,
    /// The halves of blocks can be told apart.
    pub(super) unicode: bool,
    /// The columns of the longest note.
    pub(super) note: usize,
    /// There are several steps.
    pub(super) scale: bool,
    /// There are packs.
    pub(super) dose: bool,
}

/// The rows of each part of a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    pub(super) page: Page,
    /// The words are beside the digits; otherwise in a row above them.
    pub(super) wide: bool,
    /// How large the digits are; `None` without room.
    pub(super) digits: Option<Size>,
    /// Where they are.
    pub(super) places: Places,
    pub(super) title: usize,
    pub(super) todo: usize,
    pub(super) note: usize,
    pub(super) bar: usize,
    /// The rows of the bar of the session; below it is one more.
    pub(super) scale: usize,
    pub(super) dose: usize,
    pub(super) keys: usize,
    /// How many blank rows there are, from the top.
    pub(super) gaps: usize,
}

/// Columns of the words beside the digits.
const WORDS: usize = 17;
/// Rows above the frame: the disclaimer and the warnings.
const SAID: usize = 4;
/// Longer rows of what to do are harder to read.
const TEXT: usize = 76;
/// No advice needs more columns, in one row or several.
const ADVICE: usize = 84;

/// The places of emblem and digits, in columns of the window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Places {
    /// Whether there is an emblem. It begins at the margin.
    pub(super) emblem: bool,
    /// The gap between two digits, at five rows.
    pub(super) gap: usize,
    /// Where the digits end, however many there are.
    pub(super) end: usize,
    /// Where the words beside them begin.
    pub(super) words: usize,
}

impl Layout {
    /// The layout for rows and columns of a window. Too few rows leave out blanks first, then dose, session and title.
    pub(super) fn of((rows, columns): (u16, u16), needs: &Needs) -> Layout {
        let margin = usize::from(columns.min(80) / 40);
        let page = Page { width: usize::from(columns.max(1)) - 2 * margin, margin };
        let notes = needs.note.div_ceil(page.width).min(2);
        let (rows, columns) = (usize::from(rows), usize::from(columns));
        let (wide, digits, places) = picture((rows, columns), notes, page, needs).unwrap_or_default();
        let mut room = 0..rows;
        let mut take = |wanted: usize| room.by_ref().take(wanted).count();
        let mut layout = Layout { page, wide, digits, places, ..Layout::default() };
        take(digits.map_or(0, Size::rows) + usize::from(!wide));
        (layout.bar, layout.todo, layout.keys) = (take(1), take(2), take(1));
        if wide {
            (layout.note, layout.title) = (take(notes), take(1));
        } else {
            layout.todo += take(ADVICE.div_ceil(page.width).saturating_sub(2));
            layout.gaps = take(digits.iter().len());
            (layout.title, layout.note) = (take(1), take(notes));
        }
        let mut all = |wanted: usize| if room.len() < wanted { 0 } else { room.by_ref().take(wanted).count() };
        layout.scale = if needs.scale { all(2) / 2 } else { 0 };
        layout.dose = if needs.dose && (layout.scale > 0 || !needs.scale) { all(1) } else { 0 };
        if let Some(Size::Times(factor)) = digits {
            layout.bar += all(factor - 1);
            layout.scale += if layout.scale > 0 { all(factor - 1) } else { 0 };
        }
        let groups = [usize::from(wide) * layout.title, 1, layout.bar * usize::from(wide), 1, layout.scale];
        let groups = groups.into_iter().filter(|rows| *rows > 0).count();
        let joints = if layout.dose + layout.keys > 0 { groups } else { groups - 1 };
        layout.gaps += room.take(joints - layout.gaps.min(joints)).count();
        layout
    }

    /// The rows of the frame.
    pub(super) fn height(&self) -> usize {
        let scale = if self.scale > 0 { self.scale + 1 } else { 0 };
        let picture = self.digits.map_or(0, Size::rows) + usize::from(!self.wide);
        picture + self.title + self.todo + self.note + self.bar + scale + self.dose + self.keys + self.gaps
    }

    /// The columns of what to do.
    pub(super) fn text(&self) -> usize {
        self.page.width.min(TEXT)
    }

    /// The layout of an overrun: how large its letters are, `None` for one row of text, and its blank rows. The frame
    /// grows where the window has room for larger letters.
    pub(super) fn overrun(&self, rows: u16) -> (Option<Size>, usize) {
        let fixed = self.title + self.digits.map_or(0, Size::rows) + 2 + self.dose + self.keys;
        let most = self.height().max(usize::from(rows).saturating_sub(SAID));
        let large = match self.digits {
            Some(Size::Times(factor)) => factor,
            _ => 1,
        };
        let seven = (large > 1 || self.digits == Some(Size::Seven)).then_some(Size::Seven);
        let sizes = (2..=large).rev().map(Size::Times).chain(seven).chain([Size::Five, Size::Three]);
        let sizes = sizes.filter(|size| fits(*size, self.page.width));
        let height = |size: Option<Size>| fixed + size.map_or(1, Size::rows);
        // Letters need a blank row above and below, or they run into the digits and the text.
        let blanks: &[usize] = if self.wide { &[3, 2] } else { &[1] };
        let choices = blanks.iter().flat_map(|blanks| sizes.clone().map(move |size| (Some(size), *blanks)));
        let mut fitting = choices.filter(|(size, blanks)| height(*size) + blanks <= most);
        let (size, blanks) = fitting.next().unwrap_or((None, 0));
        (size, blanks.max(self.height().saturating_sub(height(size))))
    }
}

/// What an overrun says in large letters.
const OFF: &str = "TAKE IT OFF";

/// Whether the letters fit a width.
fn fits(size: Size, width: usize) -> bool {
    digits::width(&digits::text(OFF, size, 1)) <= width
}

/// How large the letters are in this width; `None` for one row of text.
pub(super) fn letters_for(width: usize) -> Option<Size> {
    [Size::Five, Size::Three].into_iter().find(|size| fits(*size, width))
}

/// The rows of the letters.
pub(super) fn letters(size: Option<Size>) -> Vec<Cow<'static, str>> {
    size.map_or_else(|| vec![OFF.into()], |size| digits::text(OFF, size, 1).into_iter().map(Cow::Owned).collect())
}

/// Whether the words are beside the digits, how large these are, and where.
fn picture(
    (rows, columns): (usize, usize),
    notes: usize,
    page: Page,
    needs: &Needs,
) -> Option<(bool, Option<Size>, Places)> {
    // The columns and rows of the whole frame, with the rows above it.
    let factor = (columns.saturating_sub(24) / 55).min(rows.saturating_sub(15 + notes) / 7);
    let size = match factor {
        2.. => Size::Times(factor),
        _ if columns >= 104 && rows >= 24 + notes => Size::Seven,
        _ => Size::Five,
    };
    let choices =
        [(true, size, 80, 9), (true, Size::Five, 80, 9), (false, Size::Five, 40, 11), (false, Size::Three, 20, 7)];
    choices.into_iter().find_map(|(wide, size, columns_least, rows_least)| {
        let places = places(wide, size, page);
        let width = digits::width(&digits::text(&format!("{:0>5}", needs.face), size, places.gap));
        let has_room = columns >= columns_least && rows >= rows_least && (needs.unicode || size != Size::Three);
        (has_room && width <= if wide { places.end + 1 } else { columns }).then_some((wide, Some(size), places))
    })
}

/// Where emblem and digits are.
fn places(wide: bool, size: Size, page: Page) -> Places {
    let Page { width, margin } = page;
    let emblem = wide || size == Size::Five && width >= 55;
    let gap = if emblem { 2 } else { 1 };
    let beside = digits::width(&digits::emblem(Emblem::Ring, size)) + size.gap(3);
    let first = if emblem { margin + beside } else { margin.max(1) };
    let end = first + digits::width(&digits::text("00:00", size, gap));
    let words = end + (width + margin).saturating_sub(WORDS + end).clamp(3, size.gap(3).max(3));
    Places { emblem, gap, end, words }
}
