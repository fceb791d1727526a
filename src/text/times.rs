//! Points in time as people write and read them. Pure: it is told the time and the zone.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use thiserror::Error;

use crate::text::printable::printable;

/// A text that cannot be read as a point in time.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("cannot read \"{text}\" as a time")]
pub struct WhenError {
    text: String,
}

/// Forms that [`parse`] reads.
pub const TRY: &str = "try: yesterday, \"30h ago\", \"24 Nov 18:00\" or 2026-11-20";

/// The forms in which people write a day, for `strftime`.
const DAYS: [&str; 8] = ["%A", "%a", "%-d %b", "%-d %B", "%b %-d", "%B %-d", "%-d %b %Y", "%-d %B %Y"];

/// The first and the last moment that a text means: a day alone is a range, a time is a point.
type Range = (Timestamp, Timestamp);

/// Reads when an injury happened: `30h ago`, `yesterday 18:00`, `Monday`, `24 Nov 18:00`, `2026-11-20 18:30`
/// or RFC 3339. Times without a zone are in `zone`. A day alone means its last moment that is not after
/// `now`, because that keeps heat away longer.
///
/// # Errors
/// A text of another form, and a time outside the years that a timestamp can hold.
pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, WhenError> {
    range(text, now, zone).map(|(first, last)| if first > now { first } else { last.min(now) })
}

/// Reads how far back a list goes: a length such as `30d`, or a point in time. A day alone means its
/// first moment.
///
/// # Errors
/// As [`parse`].
pub fn since(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, WhenError> {
    before(text, now).map_or_else(|| range(text, now, zone).map(|(first, _)| first), Ok)
}

fn range(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Range, WhenError> {
    let trimmed = text.trim();
    let point = ago(trimmed, now).or_else(|| trimmed.parse().ok());
    let range = point.map(|at| (at, at)).or_else(|| local(trimmed, zone)).or_else(|| named(trimmed, now, zone));
    range.ok_or_else(|| WhenError { text: printable(text).into_owned() })
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text.eq_ignore_ascii_case("now") {
        return Some(now);
    }
    before(text.strip_suffix("ago")?.trim_end(), now)
}

fn before(length: &str, now: Timestamp) -> Option<Timestamp> {
    let length = humantime::parse_duration(length).ok()?;
    now.checked_sub(SignedDuration::try_from(length).ok()?).ok()
}

fn local(text: &str, zone: &TimeZone) -> Option<Range> {
    let at: DateTime = text.parse().ok()?;
    on(at.date(), text.contains(':').then(|| at.time()), zone)
}

/// A time on a day, or the whole day.
fn on(date: Date, time: Option<Time>, zone: &TimeZone) -> Option<Range> {
    let [first, last] = time.map_or([Time::midnight(), Time::constant(23, 59, 59, 0)], |time| [time; 2]);
    Some((in_zone(date.to_datetime(first), zone)?, in_zone(date.to_datetime(last), zone)?))
}

fn in_zone(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(civil).compatible().ok()
}

/// The latest day of the last year that has this name or date, with a time or without.
fn named(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Range> {
    let (day, time) = match text.rsplit_once(' ').unwrap_or(("", text)) {
        (day, time) if time.contains(':') => (day.trim_end(), Some(Time::strptime("%H:%M", time).ok()?)),
        _ => (text, None),
    };
    let today = now.to_zoned(zone.clone()).date();
    let found = today.series(-1.day()).take(367).enumerate().find_map(|(back, date)| {
        let range = on(date, time, zone)?;
        let is_meant = match day.to_lowercase().as_str() {
            "" | "today" => back == 0,
            "yesterday" => back == 1,
            day => range.0 <= now && DAYS.iter().any(|form| date.strftime(form).to_string().eq_ignore_ascii_case(day)),
        };
        is_meant.then_some(range)
    });
    found.filter(|_| !text.is_empty())
}

/// The local time of day: `19:34`.
pub fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

/// A local time as people say it at `now`: `19:34` today, `Saturday 15:57` up to six days away, else
/// `2026-11-28 15:57`.
pub fn day_and_time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let [local, today] = [at, now].map(|at| at.to_zoned(zone.clone()));
    let days = local.date().duration_since(today.date()).as_hours().abs() / 24;
    let form = match days {
        0 => "%H:%M",
        1..=6 => "%A %H:%M",
        _ => "%Y-%m-%d %H:%M",
    };
    local.strftime(form).to_string()
}

/// The next whole minute: a time that is shown in minutes is never too early.
pub fn next_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().saturating_add(60) / 60 * 60).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunday noon, in a zone one hour ahead.
    const NOW: &str = "2026-11-22T12:00:00Z";

    fn timestamp(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    /// Berlin's rules, so that no zone database is needed.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone")
    }

    #[test]
    fn every_form_is_read() {
        #[rustfmt::skip]
        let table = [
            ("30h ago",                    "2026-11-21T06:00:00Z"),
            (" 2 days ago ",               "2026-11-20T12:00:00Z"),
            ("2026-11-20 18:30",           "2026-11-20T17:30:00Z"),
            ("2026-11-20",                 "2026-11-20T22:59:59Z"),
            ("today",                      "2026-11-22T12:00:00Z"),
            ("2026-11-20T18:30:00+03:00",  "2026-11-20T15:30:00Z"),
            ("now",                        "2026-11-22T12:00:00Z"),
            ("yesterday",                  "2026-11-21T22:59:59Z"),
            ("Yesterday 18:00",            "2026-11-21T17:00:00Z"),
            ("today 09:15",                "2026-11-22T08:15:00Z"),
            ("9:15",                       "2026-11-22T08:15:00Z"),
            ("23:00",                      "2026-11-22T22:00:00Z"),
            ("monday 14:00",               "2026-11-16T13:00:00Z"),
            ("Sun 12:00",                  "2026-11-22T11:00:00Z"),
            ("Sun 14:00",                  "2026-11-15T13:00:00Z"),
            ("20 Nov 18:00",               "2026-11-20T17:00:00Z"),
            ("november 20",                "2026-11-20T22:59:59Z"),
            ("24 Nov 18:00",               "2025-11-24T17:00:00Z"),
            ("24 Nov 2025",                "2025-11-24T22:59:59Z"),
            // In summer time, and at an hour that the clocks left out.
            ("1 Aug 18:00",                "2026-08-01T16:00:00Z"),
            ("2026-03-29 02:30",           "2026-03-29T01:30:00Z"),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text, timestamp(NOW), &berlin()), Ok(timestamp(expected)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        let years = "9999999999999999999 years ago";
        for text in ["", "yesterdy", "tomorrow", "30 ago", "24 Nov 25:00", "30 Feb", years, "\u{1b}[31m"] {
            let refused = parse(text, timestamp(NOW), &berlin()).map_err(|error| error.to_string());
            assert_eq!(refused, Err(format!("cannot read \"{}\" as a time", text.escape_default())));
        }
    }

    #[test]
    fn a_length_says_how_far_back() {
        let since = |text| since(text, timestamp(NOW), &berlin());
        assert_eq!(since("30d"), Ok(timestamp("2026-10-23T12:00:00Z")));
        assert_eq!(since("2026-11-20"), Ok(timestamp("2026-11-19T23:00:00Z")));
        assert_eq!(since("yesterday"), Ok(timestamp("2026-11-20T23:00:00Z")));
        assert!(since("soon").is_err());
    }

    #[test]
    fn a_time_is_said_as_from_now() {
        #[rustfmt::skip]
        let table = [
            ("2026-10-24T21:00:00Z", "2026-10-24T21:30:00Z", "23:30"),
            ("2026-10-24T21:00:00Z", "2026-10-24T22:30:00Z", "Sunday 00:30"),
            // The clocks go back on Sunday, 25 October, at 3:00 in summer time.
            ("2026-10-24T21:00:00Z", "2026-10-25T00:30:00Z", "Sunday 02:30"),
            ("2026-10-24T21:00:00Z", "2026-10-25T01:30:00Z", "Sunday 02:30"),
            ("2026-10-24T21:00:00Z", "2026-10-25T12:00:00Z", "Sunday 13:00"),
            ("2026-10-24T21:00:00Z", "2026-10-30T22:59:00Z", "Friday 23:59"),
            ("2026-10-24T21:00:00Z", "2026-10-30T23:00:00Z", "2026-10-31 00:00"),
            ("2026-10-24T21:00:00Z", "2026-10-17T22:00:00Z", "Sunday 00:00"),
            ("2026-10-24T21:00:00Z", "2026-10-17T21:59:00Z", "2026-10-17 23:59"),
            ("2026-03-28T22:30:00Z", "2026-03-29T01:00:00Z", "Sunday 03:00"),
        ];
        for (now, at, words) in table {
            assert_eq!(day_and_time(timestamp(at), timestamp(now), &berlin()), words, "{at} from {now}");
        }
        assert_eq!(time_of_day(timestamp(NOW), &berlin()), "13:00");
        assert_eq!(next_minute(timestamp("2026-11-22T12:00:30.5Z")), timestamp("2026-11-22T12:01:00Z"));
    }
}
