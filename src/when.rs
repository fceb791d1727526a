//! Points in the past as people write them: "30h ago", "2 days ago", "2026-11-20 18:30", RFC 3339.
//! Pure: it is told what time it is.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// A text that names no point in time.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{text}` names no point in time")]
pub struct WhenError {
    text: String,
}

/// Reads WHEN. A date without a zone is local time in `zone`; a date without a time is its midnight.
///
/// # Errors
/// A text of another form, or a time outside the years that a timestamp can hold.
pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, WhenError> {
    let trimmed = text.trim();
    ago(trimmed, now)
        .or_else(|| trimmed.parse::<Timestamp>().ok())
        .or_else(|| local(trimmed, zone))
        .ok_or_else(|| WhenError { text: crate::format::printable(text).into_owned() })
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text.eq_ignore_ascii_case("now") {
        return Some(now);
    }
    let length = text.strip_suffix("ago")?.trim_end();
    let length = humantime::parse_duration(length).ok()?;
    now.checked_sub(SignedDuration::try_from(length).ok()?).ok()
}

fn local(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    // Without a zone in brackets or an offset; those were read above.
    let civil = text
        .parse::<DateTime>()
        .ok()
        .or_else(|| Some(text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight())))?;
    zone.to_ambiguous_timestamp(civil).compatible().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a timestamp");
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let found = parse(text, now, &zone).map_or_else(|error| error.to_string(), |at| at.to_string());
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_four_forms_are_read() {
        check("30h ago", "2026-11-21T06:00:00Z");
        check(" 2 days ago ", "2026-11-20T12:00:00Z");
        check("2026-11-20 18:30", "2026-11-20T17:30:00Z");
        check("2026-11-20", "2026-11-19T23:00:00Z");
        check("2026-11-20T18:30:00+03:00", "2026-11-20T15:30:00Z");
        check("now", "2026-11-22T12:00:00Z");
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        check("yesterday", "`yesterday` names no point in time");
        check("\u{1b}[31m", "`\\u{1b}[31m` names no point in time");
        check("30 ago", "`30 ago` names no point in time");
        check("9999999999999999999 years ago", "`9999999999999999999 years ago` names no point in time");
    }
}
