//! Charts as SVG inside a page: pain over time, and the dose of each day. Pure geometry: nothing is averaged, joined or
//! left out. This module must not know the journal, nor the words of a page.
//!
//! Coordinates are whole numbers, 1440 across, so that a year of scores stays small. Colours, patterns and widths of
//! lines are classes of the style sheet of the page. Marks of scores are lines as short as a dot: their caps are the marks.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan as _};
use maud::{Markup, html};

use crate::domain::step::PerModality;

/// The width of a chart.
const WIDTH: i64 = 1440;
/// Left of the plot are the numbers of the scale.
const LEFT: i64 = 100;
const PLOT: i64 = WIDTH - LEFT - 16;
/// Above the plot, and below it, where the dates are.
const TOP: i64 = 30;
const BOTTOM: i64 = 52;
/// The most labels of dates.
const LABELS: i64 = 12;
const DAY: i64 = 24 * 60 * 60;

/// What a reader hears instead of the picture: the id of the chart, its title and its description.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Unique in the page.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// Its numbers in short.
    pub description: &'a str,
}

/// The days of a chart, from midnight to midnight.
#[derive(Clone, Copy, Debug)]
pub struct Days {
    first: Date,
    count: i64,
}

impl Days {
    /// The days from one to another, both included.
    pub fn new(first: Date, last: Date) -> Days {
        let count = first.until(last).map_or(0, |span| i64::from(span.get_days()));
        Days { first, count: count.max(0) + 1 }
    }

    /// Where a local time is. By the local clock, so that all days are equally wide.
    fn x(self, at: DateTime) -> i64 {
        let since = at.duration_since(self.first.to_datetime(jiff::civil::Time::midnight()));
        LEFT + (since.as_secs() * PLOT / (self.count * DAY)).clamp(0, PLOT)
    }

    /// Where a day begins.
    fn start(self, day: Date) -> i64 {
        self.x(day.to_datetime(jiff::civil::Time::midnight()))
    }

    /// The days that have a label, and the labels.
    fn labels(self) -> Vec<(Date, String)> {
        let last = self.first.saturating_add(self.count.saturating_sub(1).days());
        let up_to_last = |from: Date, step: Span| from.series(step).take_while(move |day| *day <= last);
        if let Some(step) = [1, 2, 7, 14].into_iter().find(|step| self.count / step <= LABELS) {
            let to_monday = i64::from((7 - self.first.weekday().to_monday_zero_offset()) % 7);
            let until_first = if step >= 7 { to_monday } else { 0 };
            let first = self.first.saturating_add(until_first.days());
            return up_to_last(first, step.days()).map(|day| (day, day.strftime("%-d %b").to_string())).collect();
        }
        let months = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600];
        let step = months.into_iter().find(|step| self.count / (30 * step) <= LABELS).unwrap_or(1200);
        let is_labelled = |day: &Date| {
            let month = i64::from(day.year()) * 12 + i64::from(day.month()) - 1;
            *day >= self.first && month % step == 0
        };
        let labelled = up_to_last(self.first.first_of_month(), 1.month()).filter(is_labelled).enumerate();
        let label = |(at, day): (usize, Date)| {
            // A year is named once: in January, and at the first label unless January is the next one.
            let has_year = day.month() == 1 || at == 0 && i64::from(day.month()) + step <= 12;
            let form = match (step >= 12, has_year) {
                (true, _) => "%Y",
                (false, true) => "%b %Y",
                (false, false) => "%b",
            };
            (day, day.strftime(form).to_string())
        };
        labelled.map(label).collect()
    }
}

/// When a score was given, and how it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Before a session: a ring.
    Before,
    /// After it: a disc.
    After,
    /// At another time: a square.
    Between,
    /// Two hours after a session of a trial: a hollow square.
    Later,
}

/// A score in a chart.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Its local time.
    pub at: DateTime,
    /// From 0 to 10.
    pub score: u8,
    /// When it was given.
    pub role: Role,
}

/// The scores of one place, each one a mark. `pairs`: before and after one session, joined by a thin line.
pub fn pain(days: Days, words: Words<'_>, points: &[Point], pairs: &[(Point, Point)], height: i64) -> Markup {
    const WORST: i64 = 10;
    let plot = height - TOP - BOTTOM;
    let y = |score: u8| TOP + plot - plot * i64::from(score).min(WORST) / WORST;
    let place = |point: &Point| (days.x(point.at), y(point.score));
    let marks = |role: Role| {
        // Many marks would lie on each other.
        let aside = match role {
            _ if are_joined(points.len()) => 0,
            Role::Before => -8,
            Role::After => 0,
            Role::Between | Role::Later => 8,
        };
        let places = points.iter().filter(|point| point.role == role).map(place);
        let places: BTreeSet<_> = places.map(|(x, y)| (x, y + aside)).collect();
        dots(&places)
    };
    let (rings, discs, squares) = (marks(Role::Before), marks(Role::After), marks(Role::Between));
    let boxes = marks(Role::Later);
    let mut joined = String::new();
    for (before, after) in pairs.iter().filter(|_| are_joined(points.len())) {
        let ((x, from), (to_x, to)) = (place(before), place(after));
        let _ = write!(joined, "M{x} {from}L{to_x} {to}");
    }
    let size = match points.len() {
        number if are_joined(number) => "l",
        0..=1000 => "m",
        _ => "s",
    };
    let id = format!("{}-before", words.id);
    frame(
        days,
        words,
        height,
        &[0, 5, 10].map(|score| (y(score), score.to_string())),
        &html! {
            @if !joined.is_empty() { path.join d=(joined) {} }
            g.(size) {
                @if !squares.is_empty() { path.sq d=(squares) {} }
                @if !boxes.is_empty() { path.sq.box d=(boxes) {} path.hole.box d=(boxes) {} }
                @if !rings.is_empty() {
                    // Each ring is a disc and its hole.
                    defs { path #(id) d=(rings) {} }
                    use.ring href={ "#" (id) } {}
                    use.hole href={ "#" (id) } {}
                }
                @if !discs.is_empty() { path.disc d=(discs) {} }
            }
        },
    )
}

/// Whether the scores of a session are joined. Many lines would hide the marks: then those before lie a little above their
/// score instead, and those at another time a little below.
pub fn are_joined(scores: usize) -> bool {
    scores <= 200
}

/// The shortest lines that printers draw, each from the one before it: shorter than absolute places.
fn dots(places: &BTreeSet<(i64, i64)>) -> String {
    let mut path = String::new();
    let mut last = (0, 0);
    for (x, y) in places {
        let _ = write!(path, "m{} {}h1", x - last.0, y - last.1);
        last = (*x + 1, *y);
    }
    path
}

/// The dose of a day in whole minutes.
#[derive(Clone, Copy, Debug)]
pub struct Dose {
    /// The day.
    pub day: Date,
    /// What was given.
    pub given: PerModality<i64>,
    /// What the sessions were to give.
    pub planned: PerModality<i64>,
}

/// The dose of each day: heat upward and solid, cold downward and hatched, with a line at the limit of each and at what
/// was planned. `names`: what is written at the limits.
pub fn dose(
    days: Days,
    words: Words<'_>,
    doses: &[Dose],
    (limits, names): (PerModality<i64>, PerModality<&str>),
    height: i64,
) -> Markup {
    let highest = |of: fn(&Dose) -> i64, limit: i64| doses.iter().map(of).fold(limit, i64::max);
    let heat_most = highest(|dose| dose.given.heat.max(dose.planned.heat), limits.heat);
    let cold_most = highest(|dose| dose.given.cold.max(dose.planned.cold), limits.cold);
    let plot = height - TOP - BOTTOM;
    // Upward from zero is heat, and below zero is cold.
    let scale = |minutes: i64| minutes * plot / (heat_most + cold_most).max(1);
    let zero = TOP + scale(heat_most);
    let next = |day: Date| days.start(day.saturating_add(1.days()));
    let (mut heat, mut cold, mut planned) = (String::new(), String::new(), String::new());
    for dose in doses {
        let start = days.start(dose.day);
        let width = (next(dose.day) - start).max(1);
        let gap = if width > 5 { width / 6 } else { 0 };
        let (x, width) = (start + gap / 2, width - gap);
        if dose.given.heat > 0 {
            let up = scale(dose.given.heat).max(1);
            let _ = write!(heat, "M{x} {zero}v-{up}h{width}v{up}z");
        }
        if dose.given.cold > 0 {
            let down = scale(dose.given.cold).max(1);
            let _ = write!(cold, "M{x} {zero}v{down}h{width}v-{down}z");
        }
        for at in [-scale(dose.planned.heat), scale(dose.planned.cold)].into_iter().filter(|at| *at != 0) {
            let _ = write!(planned, "M{x} {}h{width}", zero + at);
        }
    }
    let (heat_limit, cold_limit) = (zero - scale(limits.heat), zero + scale(limits.cold));
    let scale = [(heat_limit, limits.heat), (zero, 0), (cold_limit, limits.cold)].map(|(y, at)| (y, at.to_string()));
    frame(
        days,
        words,
        height,
        &scale,
        &html! {
            defs {
                pattern #hatch width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    path.hatch d="M0 0v8" {}
                }
            }
            @if !heat.is_empty() { path.heat d=(heat) {} }
            @if !cold.is_empty() { path.cold d=(cold) {} }
            @if !planned.is_empty() { path.plan d=(planned) {} }
            path.limit d={ "M" (LEFT) " " (heat_limit) "h" (PLOT) "M" (LEFT) " " (cold_limit) "h" (PLOT) } {}
            // Each name twice, first as its own background, so that bars do not hide it.
            @for (y, name) in [(heat_limit + 38, names.heat), (cold_limit - 12, names.cold)] {
                text.halo x=(LEFT + 8) y=(y) { (name) }
                text x=(LEFT + 8) y=(y) { (name) }
            }
        },
    )
}

/// A chart with its scale, its dates and what is drawn in it.
fn frame(days: Days, words: Words<'_>, height: i64, scale: &[(i64, String)], drawing: &Markup) -> Markup {
    let Words { id, title, description } = words;
    let bottom = height - BOTTOM;
    let mut grid = String::new();
    for (y, _) in scale {
        let _ = write!(grid, "M{LEFT} {y}h{PLOT}");
    }
    let labels: Vec<_> = days.labels().into_iter().map(|(day, text)| (days.start(day), text)).collect();
    for (x, _) in &labels {
        let _ = write!(grid, "M{x} {bottom}v8");
    }
    html! {
        svg role="img" viewBox={ "0 0 " (WIDTH) " " (height) } aria-labelledby={ (id) "-title" } aria-describedby={ (id) "-text" } {
            title #{ (id) "-title" } { (title) }
            desc #{ (id) "-text" } { (description) }
            path.grid d=(grid) {}
            @for (y, text) in scale { text.y x=(LEFT - 12) y=(y + 8) { (text) } }
            @for (at, (x, text)) in labels.iter().enumerate() {
                // On a phone, every second one has room.
                @if *x <= WIDTH - 60 { text.x.w[at % 2 == 1] x=(x) y=(bottom + 36) { (text) } }
            }
            (drawing)
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn labels(first: Date, last: Date) -> Vec<String> {
        Days::new(first, last).labels().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn dates_have_at_most_a_dozen_labels_or_so() {
        assert_eq!(labels(date(2026, 11, 26), date(2026, 11, 26)), ["26 Nov"]);
        assert_eq!(labels(date(2026, 11, 1), date(2026, 11, 3)), ["1 Nov", "2 Nov", "3 Nov"]);
        let month = labels(date(2026, 10, 23), date(2026, 11, 25));
        assert_eq!(month, ["26 Oct", "2 Nov", "9 Nov", "16 Nov", "23 Nov"], "Mondays");
        let year = labels(date(2025, 11, 26), date(2026, 11, 26));
        assert_eq!(year[..3], ["Dec", "Jan 2026", "Feb"]);
        assert_eq!(labels(date(2016, 11, 26), date(2026, 11, 26)).len(), 10);
        for count in [1, 5, 12, 13, 30, 100, 168, 169, 365, 366, 800, 3650, 40_000] {
            let last = date(1990, 1, 15).saturating_add(i64::from(count).days());
            let found = labels(date(1990, 1, 15), last).len();
            assert!((1..=14).contains(&found), "{count} days: {found}");
        }
    }

    #[test]
    fn a_time_lies_in_its_day_and_outside_it_at_an_edge() {
        let days = Days::new(date(2026, 11, 1), date(2026, 11, 10));
        assert_eq!(days.start(date(2026, 11, 1)), LEFT);
        assert_eq!(days.x(date(2026, 11, 6).at(0, 0, 0, 0)), LEFT + PLOT / 2);
        assert_eq!(days.x(date(2027, 1, 1).at(0, 0, 0, 0)), LEFT + PLOT);
        assert_eq!(days.x(date(2020, 1, 1).at(0, 0, 0, 0)), LEFT);
    }

    #[test]
    fn every_score_is_a_mark_at_its_height() {
        let days = Days::new(date(2026, 11, 1), date(2026, 11, 1));
        let words = Words { id: "p", title: "t", description: "d" };
        let at = |hour: i8, score, role| Point { at: date(2026, 11, 1).at(hour, 0, 0, 0), score, role };
        let points =
            [at(0, 0, Role::Before), at(12, 10, Role::After), at(12, 5, Role::Between), at(14, 10, Role::Later)];
        let page = pain(days, words, &points, &[(points[0], points[1])], 300).into_string();
        let half = LEFT + PLOT / 2;
        assert!(page.contains(&format!("class=\"disc\" d=\"m{half} {TOP}h1\"")), "{page}");
        assert!(page.contains(&format!("class=\"sq\" d=\"m{half} 139h1\"")), "{page}");
        assert!(page.contains(&format!("d=\"m{LEFT} 248h1\"")), "{page}");
        assert!(page.contains(&format!("class=\"join\" d=\"M{LEFT} 248L{half} {TOP}\"")), "{page}");
        let empty = pain(days, words, &[], &[], 300).into_string();
        assert!(!["disc", "ring", "sq", "join"].iter().any(|mark| empty.contains(mark)), "{empty}");
        let box_at = LEFT + PLOT * 14 / 24;
        for class in ["sq box", "hole box"] {
            assert!(page.contains(&format!("class=\"{class}\" d=\"m{box_at} {TOP}h1\"")), "{page}");
        }
    }

    #[test]
    fn a_dose_above_its_limit_stays_in_the_chart() {
        let days = Days::new(date(2026, 11, 1), date(2026, 11, 2));
        let words = Words { id: "d", title: "t", description: "d" };
        let both = |heat, cold| PerModality { cold, heat };
        let names = PerModality { cold: "c", heat: "h" };
        let dose = |heat, cold| Dose { day: date(2026, 11, 1), given: both(heat, cold), planned: both(0, 0) };
        let chart =
            |heat, cold| super::dose(days, words, &[dose(heat, cold)], (both(120, 160), names), 362).into_string();
        // 280 minutes in 280 units.
        assert!(chart(30, 0).contains(" 150v-30h"), "{}", chart(30, 0));
        assert!(chart(0, 20).contains(" 150v20h"), "{}", chart(0, 20));
        assert!(chart(400, 0).contains(&format!(" {0}v-{1}h", TOP + 200, 200)), "{}", chart(400, 0));
    }
}
