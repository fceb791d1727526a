//! The page for a clinician: one HTML file that needs nothing else. Pure: it is told the time, the zone and everything that
//! happened. Every text is escaped by the template. This module must not know the journal's tables, nor where the file goes.
//!
//! On paper it has two pages, whatever it holds: lists and the table of sessions end there after a number of rows, and
//! the page says so. A long text is cut to one line on paper. The file itself leaves nothing out.

use std::time::Duration;

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::clinical::Clinical;
use super::figures::{Figures, local};
use super::past::{Ending, Past, ending};
use crate::domain::site::Site;
use crate::domain::source::{self, Source};
use crate::domain::step::PerModality;
use crate::edge::journal::{Entry, Note, Told};
use crate::text::advice::{DISCLAIMER, EVIDENCE};
use crate::text::durations::{count, part_of, roughly};
use crate::text::insight;
use crate::text::printable::{cut, printable};
use crate::text::report as say;
use crate::text::signs::SIGNS;
use crate::text::sites::titled;
use crate::text::times::Here;

mod pictures;

/// How every page begins. A file that begins so may be replaced by a newer page.
pub const MARK: &str =
    "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"generator\" content=\"therapy report ";

/// Two sheets of Letter, which is shorter than A4, without what is on every page, and without the room that a chart leaves
/// empty when it moves to the second sheet: in millimetres.
const PAPER: usize = 2 * 257 - 176 - 46;
/// The rows of a list on paper.
const PAPER_LIST: usize = 5;

/// The sources of what the page says.
const CITED: [&str; 13] = [
    "AAOS",
    "Dubois 2019",
    "FPN cold",
    "French 2006",
    "Garra 2010",
    "Greenhalgh 2021",
    "Haase 2022",
    "Menezes Costa 2012",
    "Ostelo 2008",
    "Qaseem 2017",
    "S2",
    "S3",
    "Whitney 1992",
];

/// What the page is made from.
pub struct Page<'a> {
    /// What happened.
    pub past: &'a Past,
    /// What a clinician must see of it.
    pub clinical: &'a Clinical,
    /// Whom it is about, as it was typed.
    pub name: Option<&'a str>,
    /// The only place that it is about.
    pub site: Option<Site>,
    /// When it begins; `None`: with the first record.
    pub since: Option<Timestamp>,
    /// When it is made, and the zone of its times.
    pub here: &'a Here,
    /// The version of the program.
    pub version: &'a str,
}

/// Writes the page.
pub fn write(page: &Page<'_>) -> String {
    let figures = Figures::of(page.past, page.since, page.here);
    let period = say::period(figures.first, figures.last);
    let name = page.name.map(plain);
    let title = [Some(say::TITLE), name.as_deref(), Some(&period)].into_iter().flatten();
    let title = title.map(|part| cut(part, 80)).collect::<Vec<_>>().join(", ");
    let css = include_str!("report.css").replace("PAPER_SESSIONS", &(page.paper_sessions(&figures) + 1).to_string());
    let css = css.replace("PAPER_LIST", &(PAPER_LIST + 1).to_string());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="generator" content={ "therapy report " (page.version) };
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Nothing in the page can load or run anything, whatever a text holds.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(css)) }
            }
            body {
                (page.header(&figures, &period))
                main {
                    (page.attention())
                    (page.agreed(&figures))
                    (pictures::pain(&figures))
                    (pictures::dose(&figures, page.site.is_some()))
                    (kept(&figures))
                    (page.seen())
                    (meaning(&figures))
                    (page.sessions(page.paper_sessions(&figures)))
                }
                (page.footer())
            }
        }
    };
    // HTML needs no end tags of cells, rows and items, which are a quarter of the page of a year. A text has none: its `<`
    // are escaped.
    page.into_string().replace("</td>", "").replace("</tr>", "").replace("</li>", "")
}

/// A text with what is invisible in it shown, and without what HTML forbids.
fn plain(text: &str) -> String {
    let is_forbidden = |letter| matches!(letter, '\u{fdd0}'..='\u{fdef}') || u32::from(letter) & 0xfffe == 0xfffe;
    printable(text).replace(is_forbidden, "\u{fffd}")
}

/// A text that somebody else wrote. Its direction of writing ends with it.
fn own(text: &str) -> Markup {
    let text = plain(text);
    html! { @if text.is_ascii() { (text) } @else { bdi { (text) } } }
}

impl Page<'_> {
    fn at(&self, at_ms: i64) -> String {
        say::stamp(local(at_ms, self.here))
    }

    /// How many rows of the table of sessions fit on paper beside everything else, in two columns. All heights are in
    /// millimetres, and rounded up.
    fn paper_sessions(&self, figures: &Figures) -> usize {
        let Clinical { overridden, overruns, skin, notes, signs, .. } = self.clinical;
        let lines = |number: usize| number.min(PAPER_LIST) + usize::from(number > PAPER_LIST);
        let lists = [signs.len(), overridden.len(), overruns.len(), skin.len(), notes.len()];
        let lists = lists.into_iter().filter(|number| *number > 0).map(|number| lines(number) + 1).sum::<usize>();
        let charts = pictures::paper_height(figures.pain.len());
        // A sentence about what scores can tell has two lines.
        let text = lines(figures.agreed.len()) + lists.div_ceil(2) + 2 * figures.insights.len().min(PAPER_LIST);
        let left = PAPER.saturating_sub(charts + 9 * text / 2);
        left * 10 / 17
    }

    /// Who, when, which sites, and the injuries with their clocks.
    fn header(&self, figures: &Figures, period: &str) -> Markup {
        // An injury names its place itself.
        let is_injured = |site: &&Site| self.clinical.injuries.iter().any(|entry| entry.site == Some(**site));
        let places = figures.places.iter().filter(|site| !is_injured(site));
        let places: Vec<_> = places.map(|site| say::place(Some(*site))).collect();
        let only = self.site.map(|site| format!("only {}", say::place(Some(site))));
        let injuries = self.clinical.injuries.iter().map(|entry| {
            let happened = entry.happened_ms.map(|at_ms| local(at_ms, self.here));
            let age = self.here.now.as_millisecond().saturating_sub(entry.happened_ms.unwrap_or_default());
            say::injury(entry.site, happened, Duration::from_millis(age.unsigned_abs()), age < 0)
        });
        let injuries: Vec<_> = injuries.collect();
        html! {
            header {
                h1 { (say::TITLE) }
                p.period { (period) }
                @if let Some(name) = self.name { p.who { span.name { (own(name)) } } }
                p.who {
                    @if let Some(only) = only { (only) ". " }
                    @if !places.is_empty() { span #places { (places.join(", ")) } ". " }
                    span #injuries {
                        @if injuries.is_empty() { (say::NO_INJURY) }
                        (injuries.join("; "))
                    }
                }
            }
        }
    }

    /// What asks for attention, in one line.
    fn attention(&self) -> Markup {
        let Clinical { overridden, overruns, skin, signs, is_affirmed, .. } = self.clinical;
        let sessions = overridden.values().map(Vec::len).sum::<usize>();
        let lengths = |is_logged: bool| {
            overruns
                .iter()
                .filter(|overrun| overrun.is_logged == is_logged)
                .map(|overrun| overrun.over)
                .collect::<Vec<_>>()
        };
        let mut parts = Vec::new();
        parts.extend(is_affirmed.then(|| say::APPLIES.to_owned()));
        parts.extend((!signs.is_empty()).then(|| say::times(say::AFFIRMED, signs.len())));
        parts.extend((sessions > 0).then(|| say::times(say::OVERRIDDEN, sessions)));
        parts.extend(say::overruns(&lengths(false)).into_iter().chain(say::over_limits(&lengths(true))));
        parts.extend((!skin.is_empty()).then(|| format!("{} about the skin", count(skin.len(), "note"))));
        html! {
            section.look {
                h2 { (say::ATTENTION) }
                @if parts.is_empty() { p { (say::NOTHING_TO_SEE) } }
                @else { ul.row #attention { @for part in &parts { li { (part) } } } }
            }
        }
    }

    /// The protocols that were used, and the plan.
    fn agreed(&self, figures: &Figures) -> Markup {
        let last = self.clinical.to_come.last().map(|planned| local(planned.from_ms, self.here).date());
        let (planned, to_come) = (figures.planned.0, self.clinical.to_come.len());
        html! {
            section {
                h2 { (say::AGREED) }
                ul.few #protocols {
                    @for ((name, [heat, cold]), number) in &figures.agreed {
                        li { span.clip { (own(name)) ": " (say::doses(PerModality { heat: *heat, cold: *cold })) ", " (count(*number, "session")) } }
                    }
                }
                (on_paper(figures.agreed.len(), PAPER_LIST))
                p #plan { @if planned + to_come == 0 { (say::NO_PLAN) } @else { (say::plan(planned, to_come, last)) } }
            }
        }
    }

    /// Overridden rules, overruns, warning signs and notes.
    fn seen(&self) -> Markup {
        let Clinical { overridden, overruns, skin, notes, signs, is_affirmed, .. } = self.clinical;
        let is_empty = overridden.is_empty() && overruns.is_empty() && skin.is_empty() && signs.is_empty();
        let list = |id: &str, heading: &str, items: Vec<Markup>| {
            html! {
                @if !items.is_empty() {
                    div {
                        h3 { (heading) }
                        ul.few id=(id) { @for item in &items { li { span.clip { (item) } } } }
                        (on_paper(items.len(), PAPER_LIST))
                    }
                }
            }
        };
        let rules = overridden.iter().map(|(rule, at)| {
            let latest = at.last().map(|at| self.at(*at)).unwrap_or_default();
            html! { (own(rule)) ": " (count(at.len(), "session")) ", last " (latest) @if let Some(what) = say::rule(rule) { ". The rule: " (what) } }
        });
        let overruns = overruns.iter().rev().map(|overrun| {
            html! {
                (self.at(overrun.started_ms)) " " (own(&titled(&overrun.protocol, overrun.site))) ": "
                @if overrun.is_logged { (say::over_limit(overrun.over)) }
                @else { (say::overrun(overrun.modality, overrun.over, overrun.is_open)) }
            }
        });
        let note = |note: &Note| {
            html! {
                (self.at(note.at_ms)) " " @if let Some(site) = note.site { (say::place(Some(site))) ": " } (own(&note.text))
            }
        };
        let signs = signs.iter().rev().map(|answer| {
            let text = |key: &String| {
                SIGNS.iter().find(|sign| sign.key == key).map_or(key.clone(), |sign| sign.text.to_owned())
            };
            let texts: Vec<_> = answer.signs.iter().flatten().map(text).collect();
            html! { (self.at(answer.noted_ms)) " " (own(&texts.join("; "))) }
        });
        let affirmed = if *is_affirmed { say::SIGNS_HOLD } else { say::SIGNS };
        html! {
            section {
                h2 { (say::SEEN) }
                @if is_empty { p { (say::NOTHING_TO_SEE) } }
                div.lists {
                    (list("signs", affirmed, signs.collect()))
                    (list("overridden", say::RULES, rules.collect()))
                    (list("overruns", say::OVERRUNS, overruns.collect()))
                    (list("skin", say::SKIN_NOTES, skin.iter().rev().map(note).collect()))
                    (list("notes", say::OTHER_NOTES, notes.iter().rev().map(note).collect()))
                }
            }
        }
    }

    /// Every session and every dose logged by hand, the latest first.
    fn sessions(&self, on_paper: usize) -> Markup {
        let sessions = self.past.sessions.iter().map(|entry| (entry.started_ms, self.session(entry)));
        let told = self.past.logged().map(|told| (told.started_ms(), self.told(told)));
        let mut rows: Vec<_> = sessions.chain(told).collect();
        rows.sort_by_key(|(at, _)| *at);
        html! {
            section {
                h2 { (say::SESSIONS) }
                @if rows.is_empty() { p { (say::NO_SESSIONS) } }
                @else {
                    (self::on_paper(rows.len(), on_paper))
                    // A keyboard can scroll it.
                    div.scroll.sheet role="region" aria-label=(say::SESSIONS) tabindex="0" {
                        table #sessions {
                            thead { tr { th { "when" } th { "what" } th { "heat, min" } th { "cold, min" } th { "pain before" } th { "after" } th { "how it ended" } } }
                            tbody { @for (_, row) in rows.iter().rev() { (row) } }
                        }
                    }
                }
            }
        }
    }

    fn session(&self, entry: &Entry) -> Markup {
        let dose = |given: Duration, planned: Duration| {
            (!given.is_zero() || !planned.is_zero()).then(|| say::minutes_of(&part_of(given, planned)).to_owned())
        };
        let overrides = entry.overrides.split_whitespace().collect::<Vec<_>>().join(", ");
        html! {
            tr {
                td { (self.at(entry.started_ms)) }
                td { (own(&titled(&entry.protocol, entry.site))) }
                td { @if let Some(dose) = dose(entry.actual.heat, entry.planned.heat) { (dose) } }
                td { @if let Some(dose) = dose(entry.actual.cold, entry.planned.cold) { (dose) } }
                @for score in &entry.pain { td { @if let Some(score) = score { (score) } } }
                td {
                    (ended(ending(entry))) @if entry.assumed { ", assumed" } @if entry.is_imported { ", " (say::IMPORTED) }
                    @if !overrides.is_empty() { "; overridden: " (own(&overrides)) }
                }
            }
        }
    }

    fn told(&self, told: &Told) -> Markup {
        let dose =
            |modality| (told.what.modality == modality).then(|| say::minutes_of(&roughly(told.what.length)).to_owned());
        let doses = PerModality::from_fn(dose);
        html! {
            tr {
                td { (self.at(told.started_ms())) }
                td { (titled(told.what.modality.as_str(), Some(told.what.site))) }
                @for dose in [&doses.heat, &doses.cold] { td { @if let Some(dose) = dose { (dose) } } }
                td {} td {} td { (say::LOGGED) @if told.is_imported { ", " (say::IMPORTED) } }
            }
        }
    }

    /// The evidence, the sources, how it was measured and by what.
    fn footer(&self) -> Markup {
        let sources = CITED.iter().filter_map(|key| source::find(key));
        html! {
            footer {
                h2 { (say::EVIDENCE) }
                p { (EVIDENCE) }
                p { @for Source { key, title, .. } in sources { (key) ": " (title) ". " } }
                p {
                    (say::MEASURED)
                    @if self.past.has_imported() { " " (say::FROM_ELSEWHERE) }
                }
                p { (DISCLAIMER) " " (say::made(local(self.here.now.as_millisecond(), self.here), self.version)) }
            }
        }
    }
}

/// What the scores before and after can tell, for each place.
fn meaning(figures: &Figures) -> Markup {
    html! {
        section {
            h2 { (say::MEANING) }
            ul.few #meaning {
                @for (place, found) in &figures.insights {
                    li {
                        @if figures.insights.len() > 1 { (say::place(*place)) ": " }
                        @let numbers = insight::numbers(found);
                        @if !numbers.is_empty() { (say::MEDIAN) (numbers) ". " }
                        (insight::sentence(found.class))
                    }
                }
            }
            p.note { (say::MEANING_NOTE) }
        }
    }
}

/// How the sessions ended, and how many were planned.
fn kept(figures: &Figures) -> Markup {
    let (planned, begun) = figures.planned;
    html! {
        section {
            h2 { (say::KEPT) }
            ul.row #kept {
                @if planned > 0 { li data-kept="planned" { (planned) " planned" } li data-kept="begun" { (begun) " of them begun" } }
                li data-kept="sessions" { (count(figures.total.sessions, "session")) " in all" }
                @for (ending, number) in figures.total.endings() {
                    @if number > 0 { li data-kept=(ended(ending).replace(' ', "-")) { (number) " " (ended(ending)) } }
                }
                @if figures.total.told > 0 { li data-kept="logged" { (count(figures.total.told, "dose")) " logged by hand" } }
            }
            @if planned > 0 { p.note { (say::KEPT_NOTE) } }
        }
    }
}

fn ended(ending: Ending) -> &'static str {
    if ending == Ending::Complete { say::COMPLETE } else { ending.in_words() }
}

/// That a list goes on in the file.
fn on_paper(all: usize, shown: usize) -> Markup {
    html! { @if all > shown { p.note.paper { (say::on_paper(shown, all)) } } }
}
