//! Sums of what happened, by week, site or protocol: sessions, heat and cold, and what the pain scores can tell. It must
//! not know how wide a terminal is: it is told.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::ToSpan as _;
use serde_json::{Value, json};
use strum::{Display, EnumString};

use super::past::{Past, ending};
use crate::domain::insight::{Class, Insight, Pair};
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality};
use crate::edge::journal::Entry;
use crate::text::durations::{count, roughly, seconds};
use crate::text::insight::{numbers, sentence};
use crate::text::past::{self as words, Ending};
use crate::text::printable::{aligned, columns};
use crate::text::sites;
use crate::text::times::Here;

/// What sums are about.
#[derive(Clone, Copy, Debug, Default, Display, EnumString, PartialEq, Eq)]
#[strum(serialize_all = "snake_case")]
pub enum By {
    /// Weeks, from Monday on.
    #[default]
    Week,
    /// Sites.
    Site,
    /// Protocols. A dose that was told has none.
    Protocol,
}

impl By {
    /// Their names.
    pub const NAMES: [&str; 3] = ["week", "site", "protocol"];
}

/// The sums of some sessions and told doses.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    pub(super) sessions: usize,
    endings: [usize; Ending::ALL.len()],
    pub(super) told: usize,
    /// With those that were told.
    given: PerModality<Duration>,
    given_told: PerModality<Duration>,
    pairs: Vec<Pair>,
}

impl Sums {
    pub(super) fn add(&mut self, entry: &Entry) {
        self.sessions += 1;
        let ending = ending(entry);
        for (number, other) in self.endings.iter_mut().zip(Ending::ALL) {
            *number += usize::from(other == ending);
        }
        for modality in Modality::ALL {
            self.given[modality] += entry.actual[modality];
        }
        let [before, after] = entry.pain;
        self.pairs.extend(before.zip(after).map(|(before, after)| Pair { before, after }));
    }

    pub(super) fn add_told(&mut self, modality: Modality, length: Duration) {
        self.told += 1;
        self.given[modality] += length;
        self.given_told[modality] += length;
    }

    /// A session without an end may still get a score after it.
    pub(super) fn insight(&self) -> Insight {
        let open = self.endings().into_iter().find(|(ending, _)| *ending == Ending::Open).map_or(0, |(_, open)| open);
        Insight::of(&self.pairs, self.sessions.saturating_sub(open + self.pairs.len()))
    }

    pub(super) fn endings(&self) -> [(Ending, usize); Ending::ALL.len()] {
        std::array::from_fn(|at| (Ending::ALL[at], self.endings[at]))
    }

    fn document(&self, name: Option<&str>) -> Value {
        let [completed, ended_early, stopped, cut_off, open] = self.endings;
        let insight = self.insight();
        let class: &str = insight.class.into();
        json!({
            "name": name, "sessions": self.sessions, "completed": completed, "ended_early": ended_early,
            "stopped": stopped, "cut_off": cut_off, "not_ended": open, "told": self.told,
            "cold_s": seconds(self.given.cold), "heat_s": seconds(self.given.heat),
            "told_cold_s": seconds(self.given_told.cold), "told_heat_s": seconds(self.given_told.heat),
            "pairs": insight.pairs, "without_pair": insight.without, "median_change": insight.change,
            "class": class, "says": sentence(insight.class),
        })
    }
}

/// The sums of everything, and those of each week, site or protocol, in order. The name is that of JSON: the Monday of a
/// week, a site or a protocol; without one it is not known.
#[derive(Debug, Default)]
pub struct All {
    by: By,
    total: Sums,
    groups: Vec<(Option<String>, Sums)>,
    /// How many sessions of kept plans were begun, and how many there were.
    begun: (usize, usize),
    /// How many sessions have a score two hours later, which is in no pair.
    later: usize,
}

impl All {
    /// Adds up what happened.
    pub fn of(past: &Past, by: By, here: &Here) -> All {
        // What has no name comes last.
        let mut groups: BTreeMap<(bool, String), Sums> = BTreeMap::new();
        let mut total = Sums::default();
        let key = |at_ms, site: Option<Site>, protocol: Option<&str>| {
            let name = match by {
                By::Week => Some(monday(here, at_ms)),
                By::Site => site.map(|site| site.as_str().to_owned()),
                By::Protocol => protocol.map(str::to_owned),
            };
            (name.is_none(), name.unwrap_or_default())
        };
        for entry in &past.sessions {
            groups.entry(key(entry.started_ms, entry.site, Some(&entry.protocol))).or_default().add(entry);
            total.add(entry);
        }
        for told in past.logged() {
            let (modality, length) = (told.what.modality, told.what.length);
            let group = groups.entry(key(told.started_ms(), Some(told.what.site), None)).or_default();
            group.add_told(modality, length);
            total.add_told(modality, length);
        }
        let groups = groups.into_iter().map(|((is_unnamed, name), sums)| ((!is_unnamed).then_some(name), sums));
        let begun = past.begun(here).into_values().fold((0, 0), |all, day| (all.0 + day.0, all.1 + day.1));
        let later = past.sessions.iter().filter(|entry| entry.later.is_some()).count();
        All { by, total, groups: groups.collect(), begun, later }
    }

    /// Whether there is nothing to add up.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// For programs.
    pub fn document(&self) -> Value {
        let groups: Vec<_> = self.groups.iter().map(|(name, sums)| sums.document(name.as_deref())).collect();
        json!({
            "by": self.by.to_string(), "groups": groups, "total": self.total.document(None),
            "planned": self.begun.1, "begun": self.begun.0,
        })
    }

    /// For people, in at most `width` columns where words allow it. `since`: the first words.
    pub fn text(&self, since: &str, here: &Here, width: usize) -> String {
        let total = &self.total;
        let head = format!("{since}: {}\n", words::sessions(total.sessions, &total.endings(), total.told));
        let table = aligned(&self.rows(here));
        let table = if table.lines().all(|line| columns(line) <= width) { table } else { self.narrow(here) };
        let classes: Vec<Class> = self
            .groups
            .iter()
            .map(|(_, sums)| sums.insight())
            .filter(|insight| insight.pairs > 0)
            .map(|insight| insight.class)
            .collect();
        let said = Class::ALL.into_iter().filter(|class| classes.contains(class)).map(sentence);
        let begun = match self.begun {
            (_, 0) => String::new(),
            (begun, planned) => format!("Begun of those planned: {begun} of {planned}."),
        };
        let below = [words::with_told(total.told), begun, words::later_apart(self.later)]
            .into_iter()
            .chain(said.map(str::to_owned));
        let below: String = below.filter(|line| !line.is_empty()).map(|line| line + "\n").collect();
        head + &table + &below
    }

    /// The rows of the table. Numbers of sessions end in one column.
    fn rows(&self, here: &Here) -> Vec<Vec<String>> {
        let first = match self.by {
            By::Week => "week of",
            By::Site => "site",
            By::Protocol => "protocol",
        };
        let head = [first, "sessions", "heat", "cold", "pain, median change"].map(str::to_owned).to_vec();
        let row = |(name, sums): &(Option<String>, Sums)| {
            let length = |modality| match sums.given[modality] {
                Duration::ZERO => "-".to_owned(),
                length => roughly(length),
            };
            let sessions = format!("{:>8}", sums.sessions);
            let pain = numbers(&sums.insight());
            vec![self.name(name.as_deref(), here), sessions, length(Modality::Heat), length(Modality::Cold), pain]
        };
        [head].into_iter().chain(self.groups.iter().map(row)).collect()
    }

    /// The same for a narrow terminal.
    fn narrow(&self, here: &Here) -> String {
        let group = |(name, sums): &(Option<String>, Sums)| {
            let name = self.name(name.as_deref(), here);
            let doses = Modality::ALL.into_iter().rev().filter(|modality| !sums.given[*modality].is_zero());
            let doses: Vec<_> = doses.map(|modality| format!("{modality} {}", roughly(sums.given[modality]))).collect();
            let pain = numbers(&sums.insight());
            let pain = if pain.is_empty() { pain } else { format!("pain {pain}") };
            let below = [doses.join(", "), pain].into_iter().filter(|line| !line.is_empty());
            let head = format!("{name}: {}\n", count(sums.sessions, "session"));
            below.fold(head, |all, line| all + "    " + &line + "\n")
        };
        self.groups.iter().map(group).collect()
    }

    /// The name of a group as people say it.
    fn name(&self, name: Option<&str>, here: &Here) -> String {
        match (self.by, name) {
            (By::Protocol, None) => "logged".to_owned(),
            (_, None) => "not known".to_owned(),
            (By::Week, Some(monday)) => monday.parse().map_or(monday.to_owned(), |date| here.day(date, "%-d %b")),
            (By::Site, Some(site)) => Site::from_name(site).map_or(site.to_owned(), sites::words),
            (By::Protocol, Some(name)) => name.to_owned(),
        }
    }
}

/// The date of the Monday of the week of a time.
fn monday(here: &Here, at_ms: i64) -> String {
    let date = here.date(at_ms);
    let days = i64::from(date.weekday().to_monday_zero_offset());
    date.checked_sub(days.days()).unwrap_or(date).to_string()
}
