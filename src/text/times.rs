//! Points in time as people read them. Pure: it is told the time and the zone.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

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

/// A point in time in full, as a check of what was typed: `Tuesday 24 November, 18:00`, with the year unless that is
/// this one, and with the distance from UTC when the time occurs twice.
pub fn in_full(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let [local, today] = [at, now].map(|at| at.to_zoned(zone.clone()));
    let form = if local.year() == today.year() { "%A %-d %B, %H:%M" } else { "%A %-d %B %Y, %H:%M" };
    let is_twice = zone.to_ambiguous_timestamp(local.datetime()).is_ambiguous();
    let offset = if is_twice { " (%:z)" } else { "" };
    local.strftime(&format!("{form}{offset}")).to_string()
}

/// The time now and the zone, to say times of the journal, which are in milliseconds since 1970.
#[derive(Clone, Debug)]
pub struct Here {
    /// The time now.
    pub now: Timestamp,
    /// The zone.
    pub zone: TimeZone,
}

impl Here {
    /// The local date of a time.
    pub fn date(&self, millis: i64) -> Date {
        at(millis).to_zoned(self.zone.clone()).date()
    }

    /// The local date now.
    pub fn today(&self) -> Date {
        self.date(self.now.as_millisecond())
    }

    /// A local time in a list: `Wed 18:57` up to six days away, `18 Nov 18:57` up to half a year, else
    /// `2025-11-18 18:57`.
    pub fn brief(&self, millis: i64) -> String {
        let form = match self.date(millis).duration_since(self.today()).as_hours().abs() / 24 {
            0..=6 => "%a %H:%M",
            7..=182 => "%-d %b %H:%M",
            _ => "%Y-%m-%d %H:%M",
        };
        at(millis).to_zoned(self.zone.clone()).strftime(form).to_string()
    }

    /// A local time as people say it: [`day_and_time`].
    pub fn day_and_time(&self, millis: i64) -> String {
        day_and_time(at(millis), self.now, &self.zone)
    }

    /// A date in this format, with its year unless it is the current one.
    pub fn day(&self, date: Date, form: &str) -> String {
        let year = if date.year() == self.today().year() { "" } else { " %Y" };
        date.strftime(&format!("{form}{year}")).to_string()
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// The whole minute at or after a time: what is shown in minutes is never too early. The last 10 ms do not count: two ways
/// to compute one time may differ by them.
pub fn next_minute(at: Timestamp) -> Timestamp {
    const MINUTE: i64 = 60_000;
    const BLUR: i64 = 10;
    let whole = at.as_millisecond().saturating_add(MINUTE - 1 - BLUR).div_euclid(MINUTE) * MINUTE;
    Timestamp::from_millisecond(whole).unwrap_or(Timestamp::MAX)
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
        let full = |at| in_full(timestamp(at), timestamp(NOW), &berlin());
        assert_eq!(full("2026-11-20T17:00:00Z"), "Friday 20 November, 18:00");
        assert_eq!(full("2025-12-31T23:00:00Z"), "Thursday 1 January, 00:00");
        assert_eq!(full("2025-12-31T22:59:59Z"), "Wednesday 31 December 2025, 23:59");
        assert_eq!(full("2026-10-25T00:30:00Z"), "Sunday 25 October, 02:30 (+02:00)");
        assert_eq!(full("2026-10-25T01:30:00Z"), "Sunday 25 October, 02:30 (+01:00)");
        assert_eq!(full("2026-10-25T02:00:00Z"), "Sunday 25 October, 03:00");
        assert_eq!(time_of_day(timestamp(NOW), &berlin()), "13:00");
        let here = Here { now: timestamp(NOW), zone: berlin() };
        let brief = |at| here.brief(timestamp(at).as_millisecond());
        assert_eq!(
            ["2026-11-22T11:00:00Z", "2026-11-15T23:00:00Z", "2026-11-15T22:59:00Z", "2026-05-22T22:00:00Z"].map(brief),
            ["Sun 12:00", "Mon 00:00", "15 Nov 23:59", "2026-05-23 00:00"]
        );
        let day = |at| here.day(here.date(timestamp(at).as_millisecond()), "%-d %B");
        assert_eq!(["2026-01-01T00:00:00Z", "2025-12-31T22:59:00Z"].map(day), ["1 January", "31 December 2025"]);
        for (at, minute) in [
            ("2026-11-22T12:00:30.5Z", "2026-11-22T12:01:00Z"),
            ("2026-11-22T12:00:00.011Z", "2026-11-22T12:01:00Z"),
            ("2026-11-22T12:00:00.0109Z", "2026-11-22T12:00:00Z"),
            ("2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z"),
            ("2026-11-22T11:59:59.9999Z", "2026-11-22T12:00:00Z"),
        ] {
            assert_eq!(next_minute(timestamp(at)), timestamp(minute), "{at}");
        }
    }
}
