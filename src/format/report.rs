//! Problems of a file as a person reads them: the line, a caret below it, the rule, what to do. Pure: text in, text
//! out. It must not know where the text is shown.

use annotate_snippets::renderer::Style;
use annotate_snippets::{AnnotationKind, Level as Mark, Renderer, Snippet};

use super::{Level, Problem};
use crate::text::printable::{is_control, is_invisible};

/// Draws every problem with its place in `text`, the content of the file `path`. `bold`: what matters is bold. There
/// is no colour, because some terminals are light.
pub fn render(problems: &[Problem], path: &str, text: &str, bold: bool) -> String {
    let style = if bold { Style::new().bold() } else { Style::new() };
    let renderer = Renderer::plain().error(style).warning(style).note(style).help(style).emphasis(style);
    let renderer = renderer.term_width(100);
    let drawn = problems.iter().map(|problem| {
        let place = visible(problem.span.clone(), text);
        let shown = without_controls(text, &place);
        let mark = match problem.level {
            Level::Error => Mark::ERROR,
            Level::Refused => Mark::ERROR.with_name("refused"),
            Level::Warning => Mark::WARNING,
            Level::Note => Mark::NOTE,
        };
        let mut title = mark.primary_title(problem.message.as_str());
        if let Some(rule) = problem.rule {
            title = title.id(rule.as_str());
        }
        let place = AnnotationKind::Primary.span(place);
        let snippet = Snippet::source(shown.as_str()).path(path).annotation(place);
        let group = title.element(snippet).element(Mark::HELP.message(problem.hint.as_str()));
        renderer.render(&[group])
    });
    drawn.collect::<Vec<_>>().join("\n\n")
}

/// The renderer makes the control characters of ASCII visible, but not those of Latin-1, of which one begins an escape
/// sequence, and not all characters that turn or hide text. Each is replaced by as many bytes, so that spans stay right.
/// At the place of the problem every invisible letter is replaced.
fn without_controls(text: &str, place: &std::ops::Range<usize>) -> String {
    let shown = |(at, c): (usize, char)| {
        let hides = if place.contains(&at) { is_invisible(c) } else { is_control(c) };
        match c.len_utf8() {
            2 if hides => "·",
            3 if hides => "\u{fffd}",
            4 if hides => "··",
            length => &text[at..at + length],
        }
    };
    text.char_indices().map(shown).collect()
}

/// A span on character boundaries of the text, and on one line, so that one caret shows it.
fn visible(span: std::ops::Range<usize>, text: &str) -> std::ops::Range<usize> {
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = floor(span.start);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    start..floor(span.end).clamp(start, line_end)
}
