//! The page for a browser and its printer: one file, which loads nothing and runs nothing. maud escapes every text.

use std::time::Duration;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Course, Handout, fit};
use crate::domain::step::StepKind;
use crate::text::durations::in_words;
use crate::text::handout::{DONE_AT, FEEL, PAIN, PREPARE, STEPS};
use crate::text::printable::capital;

const STYLE: &str = include_str!("handout.css");

/// The width of the timeline in its own units, and its height.
const WIDTH: u64 = 10_000;
const HEIGHT: u64 = 420;

pub(super) fn write(page: &Handout) -> String {
    let size = format!("font-size:{}pt", f64::from(fit::half_points(page)) / 2.0);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // A file that somebody opens from a mail must not reach anything.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (page.title) }
                style { (PreEscaped(STYLE)) }
            }
            body style=(size) {
                header {
                    div { h1 { (page.title) } @if !page.summary.is_empty() { p { (page.summary) } } }
                    div.from { @for line in &page.from { p { (line) } } }
                }
                ul.about { @for line in &page.about { li { (line) } } }
                h2 { (PREPARE) }
                p { (page.prepare.join(" ")) }
                @for course in &page.courses { (steps(course)) }
                section {
                    h2 { (FEEL) }
                    dl { @for (kind, how) in &page.feel { dt { (capital(kind.as_str())) } dd { (how) } } }
                    @if !page.always.is_empty() { p { b { (page.always.join(" ")) } } }
                }
                p.pain { (PAIN) }
                div.signs {
                    @for (at, (title, signs)) in page.signs.iter().enumerate().filter(|(_, (_, signs))| !signs.is_empty()) {
                        div class=[(at == 0).then_some("urgent")] {
                            h2 { (title) }
                            ul { @for sign in signs { li { (sign) } } }
                        }
                    }
                }
                footer { @for line in &page.small { (line) " " } }
            }
        }
    };
    page.into_string() + "\n"
}

fn steps(course: &Course) -> Markup {
    let columns = Some(fit::columns(course)).filter(|columns| *columns > 1).map(|columns| format!("columns:{columns}"));
    html! {
        section {
            h2 { (course.heading.unwrap_or(STEPS)) }
            (timeline(course))
            ol style=[columns] {
                @for row in &course.rows {
                    li class=(row.kind.as_str()) {
                        div.row { b { (row.what) } span.done { (DONE_AT) } }
                        @for how in &row.how { p { (how) } }
                    }
                }
            }
        }
    }
}

/// Heat is solid, cold is hatched, rest is dotted, and stretch has thin lines: on any printer.
fn timeline(course: &Course) -> Markup {
    let total = course.length();
    let at = |time: Duration| {
        let share = time.as_nanos() * u128::from(WIDTH) / total.as_nanos().max(1);
        u64::try_from(share).unwrap_or(WIDTH)
    };
    let mut from = Duration::ZERO;
    let parts: Vec<(StepKind, u64, u64)> = course
        .parts
        .iter()
        .map(|(kind, length)| {
            let start = from;
            from += *length;
            (*kind, at(start), at(from) - at(start))
        })
        .collect();
    let middle = total / 2;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(course.rows.iter().map(|row| row.what.as_str()).collect::<Vec<_>>().join(", ")) {
            defs {
                pattern #cold width="90" height="90" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    path d="M0 0V90" stroke="#000" stroke-width="55" {}
                }
                pattern #rest width="100" height="100" patternUnits="userSpaceOnUse" { circle cx="50" cy="50" r="16" {} }
                pattern #stretch width="160" height="160" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    path d="M0 0V160" stroke="#000" stroke-width="24" {}
                }
            }
            @for (kind, x, width) in &parts {
                rect x=(x) y="10" width=(width) height=(HEIGHT - 20) stroke="#000" stroke-width="20" fill=(fill(*kind)) {}
            }
        }
        div.scale { span { "0" } span { (in_words(middle)) } span { (in_words(total)) } }
        p.legend {
            @for kind in course.kinds() {
                span { svg.key viewBox="0 0 600 300" { rect x="10" y="10" width="580" height="280" stroke="#000" stroke-width="20" fill=(fill(kind)) {} } " " (kind) }
            }
        }
    }
}

fn fill(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Heat => "#000",
        StepKind::Cold => "url(#cold)",
        StepKind::Rest => "url(#rest)",
        StepKind::Stretch => "url(#stretch)",
    }
}
