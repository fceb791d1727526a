//! The last two weeks as a picture, one row a day: the pain first and last, and heat and cold to scale. It must not know
//! how wide a terminal is, nor whether it shows colours: it is told both. A day without anything keeps its row.

use std::collections::BTreeMap;
use std::iter::successors;
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::past::{Past, ended_ms};
use crate::domain::step::{Modality, PerModality, StepKind};
use crate::text::colours::{colour, paint};
use crate::text::past::heading;
use crate::text::printable::wrapped;
use crate::text::timeline::texture;
use crate::text::times::Here;

/// How many days are drawn.
pub const DAYS: i64 = 14;

/// Columns of the name of a day.
const NAME: usize = 12;
/// The minutes that one block of heat or cold can represent.
const BLOCKS: [u64; 5] = [5, 10, 15, 20, 30];
const MINUTE: Duration = Duration::from_secs(60);

/// A day of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its local date.
    pub date: Date,
    /// The first score, and the last one if there are several.
    pub pain: Option<(u8, Option<u8>)>,
    /// The doses of each session, and each dose that was told, in the order in which they began.
    pub doses: Vec<PerModality<Duration>>,
}

/// What happened on a day: the doses and the scores, each with its time.
#[derive(Default)]
struct Happened {
    doses: Vec<(i64, PerModality<Duration>)>,
    scores: Vec<(i64, u8)>,
}

/// The last days, from today back to the first one on which something happened. A dose belongs to the day on which it
/// began, and a score after a session to the day on which that ended.
pub fn days(past: &Past, here: &Here) -> Vec<Day> {
    let mut happened: BTreeMap<Date, Happened> = BTreeMap::new();
    let mut at = |millis, score: Option<u8>, dose: Option<PerModality<Duration>>| {
        let day = happened.entry(here.date(millis)).or_default();
        day.scores.extend(score.map(|score| (millis, score)));
        day.doses.extend(dose.map(|dose| (millis, dose)));
    };
    for entry in &past.sessions {
        let [before, after] = entry.pain;
        at(entry.started_ms, before, Some(entry.actual));
        if after.is_some() {
            at(ended_ms(entry).unwrap_or(entry.started_ms), after, None);
        }
    }
    for (millis, score) in past.sessions.iter().filter_map(|entry| entry.later) {
        at(millis, Some(score), None);
    }
    for told in past.logged() {
        let of = |modality| if modality == told.what.modality { told.what.length } else { Duration::ZERO };
        at(told.started_ms(), None, Some(PerModality::from_fn(of)));
    }
    for &(millis, score, _) in &past.scores {
        at(millis, Some(score), None);
    }
    let today = here.today();
    let last = (0..DAYS).filter_map(|ago| today.checked_sub(ago.days()).ok());
    let mut days: Vec<_> = last.map(|date| day(date, happened.remove(&date).unwrap_or_default())).collect();
    let is_used = |day: &Day| day.pain.is_some() || day.doses.iter().any(|dose| !(dose.cold + dose.heat).is_zero());
    let used = days.iter().rposition(is_used).map_or(0, |last| last + 1);
    days.truncate(used);
    days
}

fn day(date: Date, Happened { mut doses, mut scores }: Happened) -> Day {
    doses.sort_by_key(|(at, _)| *at);
    scores.sort_by_key(|(at, _)| *at);
    let pain = match &scores[..] {
        [] => None,
        [(_, only)] => Some((*only, None)),
        [(_, first), .., (_, last)] => Some((*first, Some(*last))),
    };
    Day { date, pain, doses: doses.into_iter().map(|(_, dose)| dose).collect() }
}

/// The days in at most `width` columns; empty when there is nothing to draw.
pub fn picture(days: &[Day], width: usize, colours: bool) -> String {
    let scores = days.iter().filter_map(|day| day.pain).flat_map(|(first, last)| [Some(first), last]).flatten();
    let digits = scores.map(|score| if score > 9 { 2 } else { 1 }).max();
    let pain = digits.map_or(0, |digits| 2 * digits + 3);
    let scale = Scale::of(days, width.saturating_sub(NAME + pain));
    let heading = heading(digits.is_some(), scale.as_ref().map(|scale| scale.block));
    if heading.is_empty() {
        return heading;
    }
    let mut text = wrapped(&heading, width, 2);
    for day in days {
        let scores = day.pain.map(|(first, last)| [Some(first), last]).unwrap_or_default();
        let scores = scores.map(|score| {
            let score = score.map(|score| score.to_string()).unwrap_or_default();
            format!("{score:>width$}", width = digits.unwrap_or(0))
        });
        let scores = digits.map(|_| scores.join(" ") + "  ").unwrap_or_default();
        let doses = scale.as_ref().map(|scale| scale.row(&day.doses, colours)).unwrap_or_default();
        let row = format!("{:<NAME$}{scores}{doses}", day.date.strftime("%a %-d %b").to_string());
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// What a block is, and whether sessions are drawn apart or as the sums of their day.
struct Scale {
    block: Duration,
    apart: bool,
}

impl Scale {
    /// The finest scale at which every day fits in this many columns; `None` without a dose, and where none fits.
    fn of(days: &[Day], room: usize) -> Option<Scale> {
        let has_dose = days.iter().flat_map(|day| &day.doses).any(|dose| !(dose.cold + dose.heat).is_zero());
        let fine = |apart| BLOCKS.map(|block| Scale { block: MINUTE * u32::try_from(block).unwrap_or(1), apart });
        let coarse = successors(Some(MINUTE * 60), |block| block.checked_mul(2)).take(8);
        let coarse = coarse.map(|block| Scale { block, apart: false });
        // Blocks of more than 15 min would show short sessions as long ones.
        let mut scales = fine(true).into_iter().take(3).chain(fine(false)).chain(coarse);
        let columns = |scale: &Scale, day: &Day| {
            let parts = scale.parts(&day.doses);
            parts.iter().map(|part| part.cold + part.heat).sum::<usize>() + parts.len().saturating_sub(1)
        };
        scales.find(|scale| days.iter().all(|day| columns(scale, day) <= room)).filter(|_| has_dose)
    }

    /// The blocks of each session, or of all together.
    fn parts(&self, doses: &[PerModality<Duration>]) -> Vec<PerModality<usize>> {
        let sum = || PerModality::from_fn(|modality: Modality| doses.iter().map(|dose| dose[modality]).sum());
        let all = if self.apart { doses.to_vec() } else { vec![sum()] };
        let parts = all.into_iter().map(|dose: PerModality<Duration>| dose.map(|length| self.blocks(length)));
        parts.filter(|part| part.cold + part.heat > 0).collect()
    }

    /// To the nearest; a dose has at least one.
    fn blocks(&self, length: Duration) -> usize {
        let blocks = (length.as_nanos() * 2 + self.block.as_nanos()) / (self.block.as_nanos() * 2).max(1);
        usize::try_from(blocks).unwrap_or(usize::MAX).max(usize::from(!length.is_zero()))
    }

    fn row(&self, doses: &[PerModality<Duration>], colours: bool) -> String {
        let parts = self.parts(doses).into_iter().map(|part| {
            let dose = |kind: StepKind, blocks| paint(colour(kind, colours), &texture(kind).to_string().repeat(blocks));
            dose(StepKind::Heat, part.heat) + &dose(StepKind::Cold, part.cold)
        });
        parts.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, pain: Option<(u8, Option<u8>)>, doses: &[(u64, u64)]) -> Day {
        let dose =
            |&(cold, heat): &(u64, u64)| PerModality { cold, heat }.map(|minutes| Duration::from_secs(60 * minutes));
        Day { date: date.parse().expect("a date"), pain, doses: doses.iter().map(dose).collect() }
    }

    fn rows(days: &[Day], width: usize) -> Vec<String> {
        picture(days, width, false).lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_day_is_a_row_to_scale() {
        let days = [
            day("2026-11-25", Some((6, Some(4))), &[(15, 0), (15, 0)]),
            day("2026-11-24", Some((7, Some(6))), &[(15, 0), (15, 0), (9, 0)]),
            day("2026-11-23", None, &[]),
            day("2026-11-22", Some((5, None)), &[(60, 60)]),
        ];
        let expected = [
            "Pain, first and last; one block is 5 min",
            "Wed 25 Nov  6 4  ▒▒▒ ▒▒▒",
            "Tue 24 Nov  7 6  ▒▒▒ ▒▒▒ ▒▒",
            "Mon 23 Nov",
            "Sun 22 Nov  5    ████████████▒▒▒▒▒▒▒▒▒▒▒▒",
        ];
        assert_eq!(rows(&days, 80), expected);
        assert_eq!(rows(&days, 41), expected);
        // A column less: blocks of 10 min, and a dose has at least one.
        let narrow = rows(&days, 40);
        assert_eq!(narrow[..2], ["Pain, first and last; one block is 10", "  min"]);
        assert_eq!(narrow[3], "Tue 24 Nov  7 6  ▒▒ ▒▒ ▒");
        assert_eq!(narrow[5], "Sun 22 Nov  5    ██████▒▒▒▒▒▒");
        let coloured = picture(&days, 80, true);
        assert!(coloured.contains("\x1b[91m████████████\x1b[0m\x1b[94m▒▒▒▒▒▒▒▒▒▒▒▒\x1b[0m\n"), "{coloured}");
        assert_eq!(
            coloured.replace("\x1b[91m", "").replace("\x1b[94m", "").replace("\x1b[0m", ""),
            expected.join("\n") + "\n"
        );
    }

    #[test]
    fn scores_of_two_digits_keep_their_column() {
        let days = [day("2026-11-25", Some((10, Some(4))), &[]), day("2026-11-24", Some((3, Some(10))), &[])];
        assert_eq!(rows(&days, 80), ["Pain, first and last", "Wed 25 Nov  10  4", "Tue 24 Nov   3 10"]);
        let days = [day("2026-11-25", None, &[(2, 0)])];
        assert_eq!(rows(&days, 80), ["One block is 5 min", "Wed 25 Nov  ▒"]);
        assert_eq!(picture(&[], 80, false), "");
        assert_eq!(picture(&[day("2026-11-25", None, &[(0, 0)])], 80, false), "");
    }

    /// Many sessions are drawn as the sum of their day, and no row is wider than it may be.
    #[test]
    fn whatever_happened_on_a_day_fits() {
        for width in [30, 40, 60, 80, 200] {
            for (number, cold, heat) in [(1, 20, 0), (24, 15, 0), (50, 15, 20), (300, 1, 1), (8, 1440, 1440)] {
                let days = [day("2026-11-25", Some((10, Some(10))), &vec![(cold, heat); number])];
                let rows = rows(&days, width);
                assert!(rows.iter().all(|row| row.chars().count() <= width), "{width}: {rows:?}");
                let row = rows.last().expect("the day");
                assert!(row.contains('▒') && row.contains('█') == (heat > 0), "{width}: {rows:?}");
            }
        }
        let many = [day("2026-11-25", None, &[(15, 0); 24])];
        assert_eq!(rows(&many, 80), ["One block is 15 min", &format!("Wed 25 Nov  {}", ["▒"; 24].join(" "))]);
        let sum = rows(&[day("2026-11-25", None, &[(5, 5); 40])], 80);
        assert_eq!(sum, ["One block is 10 min", &format!("Wed 25 Nov  {}{}", "█".repeat(20), "▒".repeat(20))]);
    }
}
