//! The page in `CommonMark`, with a table as most readers of Markdown know it. Every text of an author is escaped.

use std::fmt::Write as _;

use super::{Course, Handout};
use crate::text::durations::in_words;
use crate::text::handout::{DONE_AT, FEEL, PAIN, PREPARE, STEPS};

/// The columns of the timeline.
const WIDTH: usize = 60;

pub(super) fn write(page: &Handout) -> String {
    let mut text = format!("# {}\n", escaped(&page.title));
    list(&mut text, None, page.head());
    list(&mut text, Some(PREPARE), &page.prepare);
    for course in &page.courses {
        table(&mut text, course);
    }
    list(&mut text, Some(FEEL), &page.feelings());
    let _ = writeln!(text, "\n{}", escaped(PAIN));
    for (title, signs) in page.signs.iter().filter(|(_, signs)| !signs.is_empty()) {
        list(&mut text, Some(title), signs);
    }
    let small = page.small.iter().map(|line| escaped(line));
    let _ = writeln!(text, "\n---\n\n{}", small.collect::<Vec<_>>().join("  \n"));
    text
}

fn list<'a>(text: &mut String, title: Option<&str>, items: impl IntoIterator<Item = &'a String>) {
    if let Some(title) = title {
        let _ = writeln!(text, "\n## {title}");
    }
    text.push('\n');
    for item in items {
        let _ = writeln!(text, "- {}", escaped(item));
    }
}

fn table(text: &mut String, course: &Course) {
    let (bar, key) = (course.bar(WIDTH), course.key());
    let (title, length, done) = (course.heading.unwrap_or(STEPS), in_words(course.length()), escaped(DONE_AT));
    let _ = writeln!(text, "\n## {title}\n\n    {bar}\n    0 to {length}   {key}\n");
    let _ = writeln!(text, "| | Step | How | |\n|---|---|---|---|");
    for (at, row) in course.rows.iter().enumerate() {
        let how = row.how.iter().map(|how| escaped(how)).collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "| {} | {} | {how} | {done} |", at + 1, escaped(&row.what));
    }
}

/// A text in which no letter is markup, in one line. `CommonMark` allows a backslash before every mark of ASCII.
fn escaped(text: &str) -> String {
    let is_plain = |letter: char| !letter.is_ascii_punctuation() || ",;'/?%()".contains(letter);
    let mut escaped = String::new();
    for letter in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        escaped.extend((!is_plain(letter)).then_some('\\'));
        escaped.push(letter);
    }
    // A full stop or a minus inside a line is no markup, and reads better alone.
    escaped.replace("\\. ", ". ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_an_author_is_text() {
        assert_eq!(
            escaped("<script>alert(1)</script>\n# a | *b* _c_ [d](e) `f` ![g](h) &amp; https://x.y 1. z"),
            "\\<script\\>alert(1)\\</script\\> \\# a \\| \\*b\\* \\_c\\_ \\[d\\](e) \\`f\\` \\!\\[g\\](h) \\&amp; https\\://x\\.y 1. z"
        );
    }
}
