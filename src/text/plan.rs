//! A plan in words, and as a picture with one row a day. It must not know the time of day now, nor how wide a terminal
//! is: it is told both.

use std::time::Duration;

use super::advice::DISCLAIMER;
use super::colours::{colour, paint};
use super::durations::{in_words, nth};
use super::printable::capital;
use super::sites::words;
use super::timeline::{columns, texture};
use super::typed::quoted;
use crate::domain::rules::{COLD_SPACING, RuleId};
use crate::domain::schedule::{Because, Coming};
use crate::domain::site::Site;
use crate::domain::step::StepKind;

/// A day of the picture. Times are since midnight, and may pass the next one.
#[derive(Clone, Debug)]
pub struct Day<'a> {
    /// `Wed 25 Nov`.
    pub name: String,
    /// The waking hours.
    pub awake: (Duration, Duration),
    /// The sessions and their starts.
    pub sessions: Vec<(Duration, &'a Coming)>,
    /// The time now, on its own day.
    pub now: Option<Duration>,
}

const HOUR: Duration = Duration::from_secs(60 * 60);
/// Columns of the name of a day.
const NAME: usize = 12;
/// Columns of an hour.
const WIDEST: usize = 8;

/// Why a session is not earlier.
pub fn because(session: &Coming) -> String {
    let is_cold = session.steps.iter().any(|step| step.kind == StepKind::Cold);
    reason(&session.because, is_cold)
}

fn reason(because: &Because, is_cold: bool) -> String {
    match because {
        Because::Now => "as soon as possible".to_owned(),
        Because::Awake => "when the waking hours begin".to_owned(),
        Because::Every(every) if is_cold && *every == COLD_SPACING => {
            format!("{} after the last one began ({})", in_words(*every), RuleId::ColdSpacing)
        }
        Because::Every(every) => format!("{} after the last one began", in_words(*every)),
        Because::Spread => "spread over the waking hours".to_owned(),
        Because::Switch => "from here on, instead of cold".to_owned(),
        Because::Rule(finding) => format!("not earlier ({})", finding.rule),
    }
}

/// Why a session is left out.
pub fn left_out(why: &Because) -> String {
    match why {
        Because::Now | Because::Awake => "it does not end within the waking hours".to_owned(),
        Because::Rule(finding) => finding.rule.to_string(),
        other => reason(other, false),
    }
}

/// `the fifth session`.
pub fn ordinal(number: usize) -> String {
    match nth(number) {
        Some(word) => format!("the {word} session"),
        None => format!("session {number}"),
    }
}

/// What is done in a session: `ice 15 min`, `contrast 2 h`.
pub fn what(session: &Coming) -> String {
    let length: Duration = session.steps.iter().map(|step| step.length).sum();
    format!("{} {}", session.protocol, in_words(length))
}

/// A session in a calendar: `ice 15 min, left knee`.
pub fn kept(protocol: &str, length: Duration, site: Site) -> String {
    format!("{protocol} {}, {}", in_words(length), words(site))
}

/// How to start it, and what it is not.
pub fn how_to_start(protocol: &str, site: Site, profile: Option<&str>) -> String {
    let profile = profile.map(|name| format!(" --profile {}", quoted(name))).unwrap_or_default();
    let place = if site == Site::default() { String::new() } else { format!(" --site {site}") };
    format!("therapy run {}{place}{profile}\n{DISCLAIMER}", quoted(protocol))
}

/// The days drawn to the same scale, in at most `width` columns; empty where they do not fit.
pub fn picture(days: &[Day<'_>], width: usize, colours: bool) -> String {
    let hour = |at: Duration| at.as_secs() / HOUR.as_secs();
    let first = days.iter().map(|day| hour(day.awake.0)).min().unwrap_or_default();
    let last = days.iter().map(|day| hour(day.awake.1 + HOUR).max(first + 1)).max().unwrap_or_default();
    let hours = usize::try_from(last.saturating_sub(first)).unwrap_or(usize::MAX);
    let scale = (width.saturating_sub(NAME) / hours.max(1)).min(WIDEST);
    if scale == 0 {
        return String::new();
    }
    let start = HOUR * u32::try_from(first).unwrap_or(0);
    let mut text = " ".repeat(NAME);
    let apart = if scale >= 4 { 2 } else { 4 };
    for hour in (first..last).step_by(apart) {
        let place = NAME + scale * usize::try_from(hour - first).unwrap_or(0);
        text.extend(std::iter::repeat_n(' ', place.saturating_sub(text.len())));
        text.push_str(&(hour % 24).to_string());
    }
    text.push('\n');
    for day in days {
        text.push_str(&row(day, start, (scale, hours), colours));
    }
    text
}

/// A day from `start` on.
fn row(day: &Day<'_>, start: Duration, (scale, hours): (usize, usize), colours: bool) -> String {
    let column = |at: Duration| {
        let part = at.saturating_sub(start).as_nanos() * scale as u128 / HOUR.as_nanos();
        usize::try_from(part).unwrap_or(usize::MAX)
    };
    let mut cells: Vec<(char, Option<StepKind>)> = vec![(' ', None); scale * hours];
    for hour in (0..hours).map(|hour| hour * scale) {
        let is_awake = (column(day.awake.0)..column(day.awake.1)).contains(&hour);
        cells[hour].0 = if is_awake { '·' } else { ' ' };
    }
    if let Some(now) = day.now.map(column).and_then(|now| cells.get_mut(now)) {
        *now = ('▲', None);
    }
    for (from, session) in &day.sessions {
        let steps: Vec<_> = session.steps.iter().map(|step| (step.kind, step.length)).collect();
        let length: Duration = steps.iter().map(|(_, length)| *length).sum();
        // One that is shorter than a column has its first dose.
        let count = column(*from + length).saturating_sub(column(*from)).max(1);
        let dose = steps.iter().map(|(kind, _)| *kind).find(|kind| kind.has_pack());
        let drawn = if count > 1 { columns(&steps, count) } else { dose.into_iter().collect() };
        for (cell, kind) in cells.iter_mut().skip(column(*from)).zip(drawn) {
            *cell = (texture(kind), Some(kind));
        }
    }
    let drawn = cells.chunk_by(|one, other| one.1 == other.1).map(|part| {
        let text: String = part.iter().map(|(drawn, _)| *drawn).collect();
        part[0].1.map_or_else(|| text.clone(), |kind| paint(colour(kind, colours), &text))
    });
    let drawn: String = drawn.collect();
    format!("{:<NAME$}{}\n", day.name, drawn.trim_end())
}

/// What the plan is about: `Ice until Thursday 14:00, then heat.` `switch`: when heat takes the place of cold.
pub fn headline(sessions: &[Coming], switch: Option<&str>) -> String {
    let mut names: Vec<&str> = sessions.iter().map(|session| session.protocol.as_str()).collect();
    names.dedup();
    match (&names[..], switch) {
        ([], _) => "No session fits.".to_owned(),
        ([first, second], Some(switch)) => format!("{} until {switch}, then {second}.", capital(first)),
        (names, _) => format!("{}.", capital(names[0])),
    }
}
