//! What the rows of a frame show, from one view of the session. The keys of the template read it. It must not know
//! events, indicatif or how bytes reach the terminal.

use std::time::Duration;

use super::layout::{BOLD_REVERSE, Layout, REVERSE, letters};
use crate::domain::step::StepKind;
use crate::domain::view::{State, View};
use crate::text::colours::{colour, paint};
use crate::text::digits::{self, Size};
use crate::text::durations::part_of;
use crate::text::printable::fitted;
use crate::text::timeline::{TO_COME, column, columns, texture};
use crate::text::view as say;

/// What the keys of the template read.
#[derive(Default)]
pub(super) struct Scene {
    pub(super) view: Option<View>,
    pub(super) layout: Layout,
    /// When the step ends.
    pub(super) end: String,
    /// When the session ends.
    pub(super) all_end: String,
    /// Packs have their colours.
    pub(super) colours: bool,
    /// Somebody can press keys.
    pub(super) keys: bool,
}

pub(super) type Key = fn(&Scene, &View) -> String;

/// The rows that change while a step runs. All others are a text of the template.
pub(super) const KEYS: [(&str, Key); 4] = [
    ("digits", Scene::digits),
    ("line", Scene::line),
    ("now", Scene::now),
    ("skin", |scene, view| scene.layout.page.row(&say::skin(view, scene.layout.page.width), "")),
];

impl Scene {
    /// The SGR number of what belongs to the pack: none while it is off, and in reverse.
    pub(super) fn colour(&self, view: &View) -> &'static str {
        colour(view.kind, self.colours && view.state != State::Paused && !view.is_overrun())
    }

    /// Emblem and digits, and the words beside them.
    fn digits(&self, view: &View) -> String {
        let Some(size) = self.layout.digits else { return String::new() };
        let Layout { page, places, .. } = self.layout;
        // Digits of three rows differ only in halves of blocks.
        let stands_still = view.state == State::Paused && size != Size::Three;
        let clock = painted(digits::text(&say::face(view), size, places.gap), stands_still);
        let start = places.end.saturating_sub(digits::width(&clock));
        let (emblem, is_pale) = say::emblem(view);
        let emblem = painted(digits::emblem(emblem, size), is_pale);
        // Hours take the place of the emblem.
        let has_room = places.emblem && start >= page.margin + digits::width(&emblem);
        let words = if self.layout.wide {
            say::column(view, &self.end, page.columns() - page.margin - places.words)
        } else {
            Vec::new()
        };
        let rows = clock.iter().enumerate().map(|(at, clock)| {
            let beside = if has_room { format!("{:1$}{2}", "", page.margin, emblem[at]) } else { String::new() };
            let picture = format!("{beside:start$}{clock}");
            let word = words.get(at).map_or("", String::as_str);
            self.beside(view, picture.trim_end(), (places.words, word), at == 0)
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    /// A row of a picture, and a word in a column beside it.
    fn beside(&self, view: &View, picture: &str, (column, word): (usize, &str), is_first: bool) -> String {
        let sgr = self.colour(view);
        let blanks = if word.is_empty() { 0 } else { column.saturating_sub(picture.chars().count()) };
        let row = format!("{}{:blanks$}{}", paint(sgr, picture), "", paint(if is_first { sgr } else { "" }, word));
        if view.is_overrun() { self.layout.page.reversed(&row, REVERSE) } else { row }
    }

    /// The row above the digits; without digits it has the time too.
    fn line(&self, view: &View) -> String {
        let Layout { page, title, keys, .. } = self.layout;
        if self.layout.digits.is_some() {
            let row = page.row(&say::row(view, &self.end, title == 0, page.width), "");
            let word = say::word(view);
            return row.replacen(&word, &paint(self.colour(view), &word), 1);
        }
        let (heading, rest) = say::line(view, &self.end, self.keys && keys == 0, page.width);
        if view.is_overrun() {
            return page.reversed(&page.row(&(heading + &rest), ""), REVERSE);
        }
        page.row(&heading, self.colour(view)) + &rest
    }

    /// How much of the session is over, at the place of now on its scale, and when it ends.
    fn now(&self, view: &View) -> String {
        let width = self.layout.page.width;
        let at = column(view.elapsed, view.total, width).min(width - 1);
        let gone = part_of(view.elapsed, view.total);
        let fits = at + 2 + gone.len() <= width;
        let now = if fits { format!("{:at$}▲ {gone}", "") } else { format!("{:>at$}▲", gone + " ") };
        let blanks = width.saturating_sub(now.chars().count() + self.all_end.len());
        let end = if blanks > 0 { self.all_end.as_str() } else { "" };
        self.layout.page.row(&format!("{now}{:blanks$}{end}", ""), "")
    }

    /// These parts to scale, in one row. A part without a kind was not done.
    pub(super) fn scale(&self, parts: &[(Option<StepKind>, Duration)]) -> String {
        let columns = columns(parts, self.layout.page.width);
        let runs = columns.chunk_by(|a, b| a == b).map(|run| {
            let drawn: String = run.iter().map(|kind| kind.map_or(TO_COME, texture)).collect();
            run[0].map_or(drawn.clone(), |kind| paint(colour(kind, self.colours), &drawn))
        });
        format!("{:1$}{2}", "", self.layout.page.margin, runs.collect::<String>())
    }

    /// What to do now, as rows of the template; when it is urgent, the first is in reverse.
    pub(super) fn todo(&self, texts: &[String], urgent: bool) -> Vec<String> {
        let Layout { page, todo, .. } = self.layout;
        let mut rows = fitted(texts, self.layout.text(), todo);
        rows.resize(todo, String::new());
        let rows = rows.iter().enumerate().map(|(at, row)| {
            if urgent && at == 0 { page.reversed(&page.row(row, ""), BOLD_REVERSE) } else { page.row(row, "1") }
        });
        rows.map(|row| literal(&row)).collect()
    }

    /// An overrun as rows of the template, without the dose and the keys: all in reverse, and its letters among them.
    pub(super) fn overrun(&self, view: &View, title: &str, rows: u16) -> Vec<String> {
        let layout = &self.layout;
        let page = layout.page.indented();
        let painted = |text: &str, sgr| literal(&layout.page.reversed(&page.row(text, ""), sgr));
        let row = |text: &str| painted(text, REVERSE);
        let (size, blanks) = layout.overrun(rows);
        let least = if layout.wide { 2 } else { 1 };
        let room = 2 + blanks.saturating_sub(least);
        let texts = fitted(&say::todo(view, page.width < 30, true), page.width.min(layout.text()), room);
        let mut blanks = (blanks + 2).saturating_sub(texts.len());
        let mut blank = |wanted: usize| {
            let some = wanted.min(blanks);
            blanks -= some;
            vec![row(""); some]
        };
        let letters: Vec<String> = letters(size).iter().map(|letters| row(letters)).collect();
        let (title, digits) = (vec![row(title); layout.title], vec!["{digits}".to_owned()]);
        let (first, second) = if layout.wide { (digits, letters) } else { (letters, digits) };
        let above = blank(if layout.wide { layout.title } else { 0 });
        let (between, below) = (blank(1), blank(usize::MAX));
        let texts = texts.iter().map(|text| painted(text, BOLD_REVERSE)).collect();
        [title, above, first, between, second, below, texts].concat()
    }
}

/// A picture of what stands still, or is not on yet, in another texture.
fn painted(picture: Vec<String>, is_pale: bool) -> Vec<String> {
    let pale = |row: String| if is_pale { digits::pale(&row, texture(StepKind::Cold)) } else { row };
    picture.into_iter().map(pale).collect()
}

/// A text of the template, where a doubled brace is a brace.
pub(super) fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
