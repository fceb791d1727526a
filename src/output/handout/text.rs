//! The page in plain text. It must not know a terminal: it is told the width.

use std::fmt::Write as _;

use super::{Course, Handout};
use crate::text::durations::in_words;
use crate::text::handout::{DONE_AT, FEEL, PAIN, PREPARE, STEPS};
use crate::text::printable::{aligned, columns, wrapped};

/// The narrowest page.
const LEAST: usize = 20;

pub(super) fn write(page: &Handout, width: usize) -> String {
    let width = width.max(LEAST);
    let mut text = format!("{}\n", page.title);
    page.head().for_each(|line| text.push_str(&wrapped(line, width, 2)));
    list(&mut text, PREPARE, &page.prepare, width);
    for course in &page.courses {
        text.push_str(&drawn(course, width));
    }
    list(&mut text, FEEL, &page.feelings(), width);
    let _ = writeln!(text, "\n{PAIN}");
    for (title, signs) in page.signs.iter().filter(|(_, signs)| !signs.is_empty()) {
        list(&mut text, &format!("{title}:"), signs, width);
    }
    text.push('\n');
    page.small.iter().for_each(|line| text.push_str(&wrapped(line, width, 0)));
    text
}

fn list(text: &mut String, title: &str, items: &[String], width: usize) {
    let _ = writeln!(text, "\n{title}");
    for item in items {
        text.push_str(&wrapped(&format!("  - {item}"), width, 2));
    }
}

/// The timeline and the steps.
fn drawn(course: &Course, width: usize) -> String {
    let mut text = format!("\n{}\n\n", course.heading.unwrap_or(STEPS));
    let (length, zero) = (in_words(course.length()), "0");
    let blanks = width.saturating_sub(zero.len() + columns(&length));
    let _ = writeln!(text, "{}\n{zero}{}{length}\n{}\n", course.bar(width), " ".repeat(blanks), course.key());
    let rows = course.rows.iter().enumerate();
    let rows: Vec<_> =
        rows.map(|(at, row)| vec![format!("{:>3}", at + 1), row.what.clone(), DONE_AT.to_owned()]).collect();
    for (line, row) in aligned(&rows).lines().zip(&course.rows) {
        let _ = writeln!(text, "{line}");
        row.how.iter().for_each(|how| text.push_str(&wrapped(&format!("     {how}"), width, 0)));
    }
    text
}
