//! The charts of the page, each with what its marks mean and a table of the same numbers. This module must not know how a
//! chart is drawn.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::{Markup, html};

use super::super::chart::{self, Days, Point, Role, Words};
use super::super::figures::{Figures, Scores};
use crate::domain::rules::{COLD_DAILY, HEAT_DAILY};
use crate::domain::site::Site;
use crate::domain::step::PerModality;
use crate::text::report as say;

/// The places that get a chart of their own. Scores of two places in one chart would look like one course.
const CHARTS: usize = 3;

/// The height of the chart of doses.
const DOSE: i64 = 340;

/// The height of a chart of scores, when there is one for each of these places.
fn height(places: usize) -> i64 {
    [360, 240, 180][places.clamp(1, CHARTS) - 1]
}

/// The height of all charts on paper, with their headings, in millimetres.
pub(super) fn paper_height(places: usize) -> usize {
    let number = places.clamp(1, CHARTS);
    // 195 mm are 1440 across.
    let charts =
        usize::try_from(height(places)).unwrap_or_default() * number + usize::try_from(DOSE).unwrap_or_default();
    charts * 195 / 1440 + if number > 1 { 6 * number } else { 0 }
}

/// A chart of scores for each of the first places, and one table.
pub(super) fn pain(figures: &Figures) -> Markup {
    let days = Days::new(figures.first, figures.last);
    let height = height(figures.pain.len());
    let shown = || figures.pain.iter().take(CHARTS).map(|(_, scores)| scores);
    let is_joined = shown().any(|scores| !scores.pairs.is_empty() && chart::are_joined(scores.points.len()));
    let is_aside = shown().any(|scores| !chart::are_joined(scores.points.len()));
    let mut by_day: BTreeMap<_, [String; 4]> = BTreeMap::new();
    let has_later = figures.pain.iter().any(|(_, scores)| scores.of(Role::Later).0 > 0);
    for (place, scores) in &figures.pain {
        for Point { at, score, role } in &scores.points {
            let cell = &mut by_day.entry((at.date(), *place)).or_default()[*role as usize];
            *cell = format!("{cell}{}{score}", if cell.is_empty() { "" } else { " " });
        }
    }
    html! {
        section {
            h2 { (say::PAIN) }
            @if figures.pain.is_empty() { p { (say::NO_SCORES) } }
            @else {
                (key(&say::PAIN_LEGEND[..if has_later { 4 } else { 3 }]))
                @for (at, (place, scores)) in figures.pain.iter().take(CHARTS).enumerate() {
                    @let place = say::place(*place);
                    @let text = say::pain_in_words(&place, [Role::Before, Role::After, Role::Between, Role::Later].map(|role| scores.of(role)));
                    @if figures.pain.len() > 1 { h3 { (place) } }
                    figure {
                        (chart::pain(days, Words { id: &format!("pain{at}"), title: say::PAIN, description: &text }, &scores.points, &scores.pairs, height))
                    }
                }
                @if figures.pain.len() > CHARTS { p.note { (left_out(&figures.pain[CHARTS..])) } }
                p.note { (say::PAIN_NOTE) @if is_joined { " " (say::JOINED) } @if is_aside { " " (say::ASIDE) } }
                details {
                    summary { (say::PAIN_TABLE) }
                    table #pain-days {
                        thead { tr { th { "day" } th { "place" } th { "before" } th { "after" } th { "at another time" } @if has_later { th { (say::LATER) } } } }
                        tbody {
                            @for ((day, place), [before, after, between, later]) in by_day.iter().rev() {
                                tr { td { (day) } td { (say::place(*place)) } td { (before) } td { (after) } td { (between) } @if has_later { td { (later) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The dose of each day as a chart and as a table.
pub(super) fn dose(figures: &Figures, is_one_place: bool) -> Markup {
    let limits = PerModality { cold: minutes(COLD_DAILY), heat: minutes(HEAT_DAILY) };
    let names = PerModality::from_fn(|modality| say::limit(modality, limits[modality]));
    let doses = figures.days.iter().map(|(day, dose)| chart::Dose {
        day: *day,
        given: dose.given.map(minutes),
        planned: dose.planned.map(minutes),
    });
    let doses: Vec<_> = doses.collect();
    let most = PerModality::from_fn(|modality| doses.iter().map(|dose| dose.given[modality]).max().unwrap_or(0));
    let text = say::dose_in_words(doses.len(), most);
    let words = Words { id: "dose", title: say::DOSE, description: &text };
    let names = PerModality { cold: &*names.cold, heat: &*names.heat };
    html! {
        section.chart {
            h2 { (say::DOSE) }
            @if doses.is_empty() { p { (say::NO_DOSES) } }
            @else {
                (key(&say::DOSE_LEGEND))
                figure { (chart::dose(Days::new(figures.first, figures.last), words, &doses, (limits, names), DOSE)) }
                p.note { (say::DOSE_NOTE) @if is_one_place { " " (say::ONE_PLACE) } }
                details {
                    summary { (say::DOSE_TABLE) }
                    table #dose-days {
                        thead { tr { th { "day" } th { "heat, min" } th { "planned" } th { "cold, min" } th { "planned" } } }
                        tbody {
                            @for chart::Dose { day, given, planned } in doses.iter().rev() {
                                tr { td { (day) } td { (given.heat) } td { (planned.heat) } td { (given.cold) } td { (planned.cold) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the marks of a chart mean.
fn key(marks: &[(&str, &str)]) -> Markup {
    html! {
        ul.key {
            @for (mark, text) in marks {
                li {
                    svg viewBox="0 0 28 18" aria-hidden="true" {
                        @match *mark {
                            "ring" => { path.ring d="M14 9h0" {} path.hole d="M14 9h0" {} }
                            "disc" => { path.disc d="M14 9h0" {} }
                            "square" => { path.sq d="M14 9h0" {} }
                            "box" => { path.sq.box d="M14 9h0" {} path.hole.box d="M14 9h0" {} }
                            "plan" => { path.plan d="M2 9h24" {} }
                            bar => { path class=(bar) d="M2 1h24v16h-24z" {} }
                        }
                    }
                    (text)
                }
            }
        }
    }
}

/// The places whose scores are only in the table.
fn left_out(places: &[(Option<Site>, Scores)]) -> String {
    let names: Vec<_> = places.iter().map(|(place, _)| say::place(*place)).collect();
    say::only_in_table(&names)
}

/// Whole minutes, rounded to the nearest.
fn minutes(length: Duration) -> i64 {
    i64::try_from(length.as_secs().saturating_add(30) / 60).unwrap_or(i64::MAX)
}
