//! The numbers of the page for a clinician: doses by day, scores by place, how sessions ended. Pure: it is told the zone
//! and the time now. This module must not know how they are drawn.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::chart::{Point, Role};
use super::past::{Ending, Past, ended_ms, ending};
use super::sums::Sums;
use crate::domain::insight::Insight;
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality};
use crate::edge::journal::Told;
use crate::text::times::Here;

/// What was given on a day, and what its sessions were to give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayDose {
    /// With doses that were logged by hand.
    pub given: PerModality<Duration>,
    /// Of sessions only.
    pub planned: PerModality<Duration>,
}

/// The scores of a place.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    /// All of them.
    pub points: Vec<Point>,
    /// Those before and after one session.
    pub pairs: Vec<(Point, Point)>,
}

impl Scores {
    /// How many scores have a role, with the lowest and the highest.
    pub fn of(&self, role: Role) -> (usize, Option<(u8, u8)>) {
        let scores = || self.points.iter().filter(|point| point.role == role).map(|point| point.score);
        (scores().count(), scores().min().zip(scores().max()))
    }
}

/// A protocol, and the doses that it was to give.
pub type Agreed = (String, [Duration; 2]);

/// All numbers of the page.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The first day of the page.
    pub first: Date,
    /// The last one.
    pub last: Date,
    /// The days with a dose, or with one that was planned.
    pub days: BTreeMap<Date, DayDose>,
    /// The scores of each place, the place with the most scores first.
    pub pain: Vec<(Option<Site>, Scores)>,
    /// How many sessions there are, how they ended, and how many doses were logged by hand.
    pub total: Sums,
    /// How many sessions had these doses of heat and cold planned, the most frequent first.
    pub agreed: Vec<(Agreed, usize)>,
    /// Where anything happened.
    pub places: BTreeSet<Site>,
    /// What the scores of each place can tell.
    pub insights: Vec<(Option<Site>, Insight)>,
    /// Sessions of kept plans, and how many of them were begun.
    pub planned: (usize, usize),
}

/// The local time of a time in milliseconds since 1970.
pub fn local(at_ms: i64, here: &Here) -> DateTime {
    here.zone.to_datetime(Timestamp::from_millisecond(at_ms).unwrap_or_default())
}

impl Figures {
    /// Counts what happened from `since`, or from the first of it, until now.
    pub fn of(past: &Past, since: Option<Timestamp>, here: &Here) -> Figures {
        let date = |at_ms| here.date(at_ms);
        let last = here.today();
        let starts = past.sessions.iter().map(|entry| entry.started_ms);
        let starts = starts.chain(past.logged().map(Told::started_ms));
        let starts =
            starts.chain(past.scores.iter().map(|(at, ..)| *at)).chain(past.planned.iter().map(|at| at.from_ms));
        let first = since.map(|since| here.date(since.as_millisecond())).or_else(|| starts.min().map(date));
        let mut days: BTreeMap<Date, DayDose> = BTreeMap::new();
        let mut total = Sums::default();
        let mut agreed: BTreeMap<Agreed, usize> = BTreeMap::new();
        let mut places: BTreeSet<Site> = past.scores.iter().filter_map(|(.., site)| *site).collect();
        for entry in &past.sessions {
            let day = days.entry(date(entry.started_ms)).or_default();
            for modality in Modality::ALL {
                day.given[modality] += entry.actual[modality];
                day.planned[modality] += entry.planned[modality];
            }
            total.add(entry);
            *agreed.entry((entry.protocol.clone(), [entry.planned.heat, entry.planned.cold])).or_default() += 1;
            places.extend(entry.site);
        }
        for told in past.logged() {
            days.entry(date(told.started_ms())).or_default().given[told.what.modality] += told.what.length;
            total.add_told(told.what.modality, told.what.length);
            places.insert(told.what.site);
        }
        days.retain(|_, day| *day != DayDose::default());
        let mut agreed: Vec<_> = agreed.into_iter().collect();
        agreed.sort_by_key(|(_, number)| Reverse(*number));
        Figures {
            first: first.unwrap_or(last).min(last),
            last,
            days,
            pain: scores(past, here),
            total,
            agreed,
            places,
            insights: insights(past),
            planned: (past.planned.len(), past.begun(here).values().map(|(begun, _)| begun).sum()),
        }
    }
}

/// What the scores before and after the sessions at each place can tell.
fn insights(past: &Past) -> Vec<(Option<Site>, Insight)> {
    let mut places: BTreeMap<Option<Site>, Sums> = BTreeMap::new();
    for entry in past.sessions.iter().filter(|entry| ending(entry) != Ending::Open) {
        places.entry(entry.site).or_default().add(entry);
    }
    if places.is_empty() {
        places.insert(None, Sums::default());
    }
    let mut insights: Vec<_> = places.into_iter().map(|(place, sums)| (place, sums.insight())).collect();
    insights.sort_by_key(|(_, insight)| Reverse(insight.pairs));
    insights
}

/// The scores of each place. One before a session is placed at its start, and one after it at its end. One two
/// hours after it has a moment of its own, and makes no pair.
fn scores(past: &Past, here: &Here) -> Vec<(Option<Site>, Scores)> {
    let mut places: BTreeMap<Option<Site>, Scores> = BTreeMap::new();
    for entry in &past.sessions {
        let point = |at_ms, score: Option<u8>, role| score.map(|score| Point { at: local(at_ms, here), score, role });
        let before = point(entry.started_ms, entry.pain[0], Role::Before);
        let after = point(ended_ms(entry).unwrap_or(entry.started_ms), entry.pain[1], Role::After);
        let later = entry.later.and_then(|(at_ms, score)| point(at_ms, Some(score), Role::Later));
        if before.is_some() || after.is_some() || later.is_some() {
            let scores = places.entry(entry.site).or_default();
            scores.points.extend(before.into_iter().chain(after).chain(later));
            scores.pairs.extend(before.zip(after));
        }
    }
    for (at_ms, score, site) in &past.scores {
        let point = Point { at: local(*at_ms, here), score: *score, role: Role::Between };
        places.entry(*site).or_default().points.push(point);
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, scores)| Reverse(scores.points.len()));
    places
}
