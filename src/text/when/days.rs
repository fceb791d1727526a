//! From what the words of a time say to the moments that they mean.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

use super::words::{Found, MIDNIGHT, without_weekday};
use super::{Mistake, When};

/// A date without a year that comes within so many days can be a typing mistake.
const SOON: i32 = 7;
/// Years until every date has come, 29 February around 1900 too.
const YEARS: i16 = 8;
/// From the first to the last second of a day.
const WHOLE_DAY: (i64, i64) = (0, 86_399);

impl Found {
    /// The latest of the days that fit and began before now. `plain` is the text, for readings.
    pub(super) fn on_a_day(&self, plain: &str, now: Timestamp, zone: &TimeZone) -> Result<When, Mistake> {
        let today = now.to_zoned(zone.clone()).date();
        let ago = |days: i64| today.checked_sub(Span::new().try_days(days).ok()?).ok();
        let time = match self.time {
            // Midnight without a day is the last one.
            Some(MIDNIGHT) if *self == (Found { time: self.time, ..Found::default() }) => (0, 0),
            time => time.unwrap_or(WHOLE_DAY),
        };
        let dates: Vec<Date> = match (self.days_ago, self.month.zip(self.day), self.year, self.weekday) {
            (Some(_), Some(_), ..) => return Err(Mistake::default()),
            (Some(days), ..) => ago(days).into_iter().collect(),
            (_, Some((month, day)), Some(year), _) => Date::new(year, month, day).into_iter().collect(),
            (_, Some((month, day)), None, _) => {
                (-1..YEARS).filter_map(|back| Date::new(today.year() - back, month, day).ok()).collect()
            }
            (.., Some(weekday)) => {
                let days = (0..=7).filter_map(ago);
                days.filter(|date| date.weekday().to_monday_one_offset() == weekday).collect()
            }
            _ => [0, 1].into_iter().filter_map(ago).collect(),
        };
        let spans: Vec<(Date, When)> =
            dates.into_iter().filter_map(|date| Some((date, on(date, time, zone)?))).collect();
        let latest = spans.iter().find(|(_, when)| when.first <= now).or(spans.first());
        let Some((date, when)) = latest else { return Err(no_such_day(self, plain)) };
        self.is_sure(*date, &spans, plain, today, now)?;
        Ok(*when)
    }

    /// Refuses another weekday than that of the date, and a date without a year that comes soon.
    fn is_sure(
        &self,
        date: Date,
        spans: &[(Date, When)],
        plain: &str,
        today: Date,
        now: Timestamp,
    ) -> Result<(), Mistake> {
        let weekday = date.weekday().to_monday_one_offset();
        if self.weekday.is_some_and(|typed| typed != weekday) {
            let day = date.strftime("%-d %B %Y is a %A").to_string();
            return Err(Mistake::new(day, [without_weekday(plain)]));
        }
        let soon = today.saturating_add(SOON.days());
        let comes = spans.iter().any(|(date, when)| when.first > now && *date <= soon);
        if self.month.is_some() && self.year.is_none() && self.days_ago.is_none() && comes {
            let message = date.strftime("that is still to come, or it was on %-d %B %Y").to_string();
            return Err(Mistake::new(message, [format!("{plain} {}", date.year())]));
        }
        Ok(())
    }
}

fn no_such_day(found: &Found, plain: &str) -> Mistake {
    let date = found.year.zip(found.month).zip(found.day);
    // Such a day exists, and no timestamp reaches it.
    if date.is_some_and(|((year, month), day)| Date::new(year, month, day).is_ok()) {
        return Mistake::new(format!("\"{plain}\" is in the future"), []);
    }
    let first = found.month.and_then(|month| Date::new(found.year.unwrap_or(2024), month, 1).ok());
    match first {
        Some(first) => Mistake::new(format!("{} has {} days", first.strftime("%B"), first.days_in_month()), []),
        None => Mistake::default(),
    }
}

/// The moments from the first to the last second, counted from the midnight before a day. A time that occurs twice
/// is a range; one that the clocks left out is taken before and after the gap.
fn on(date: Date, (first, last): (i64, i64), zone: &TimeZone) -> Option<When> {
    let at = |second: i64| {
        let civil = date.to_datetime(Time::midnight()).checked_add(second.seconds()).ok()?;
        Some(zone.to_ambiguous_timestamp(civil))
    };
    Some(When { first: at(first)?.earlier().ok()?, last: at(last)?.later().ok()? })
}
