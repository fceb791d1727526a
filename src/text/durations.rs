//! Every length that a person reads. Programs read seconds, in JSON.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const TEN_DAYS: u64 = 10 * DAY;

/// The time left on a clock face: `7:05`, `1:02:03`. It is rounded up, so that it shows `0:01` until the end.
pub fn countdown(left: Duration) -> String {
    count_up(rounded_up(left))
}

/// Whole seconds, rounded up.
pub fn rounded_up(length: Duration) -> Duration {
    Duration::from_secs(length.as_secs().saturating_add(u64::from(length.subsec_nanos() > 0)))
}

/// The time gone on a clock face, in whole seconds.
pub fn count_up(gone: Duration) -> String {
    let seconds = gone.as_secs();
    let (hours, minutes, seconds) = (seconds / HOUR, seconds / MINUTE % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A length that a person chose, to the second: `20 min`, `1 h 20 min`, `12 min 30 s`.
pub fn in_words(length: Duration) -> String {
    let seconds = length.as_secs();
    if seconds == 0 && !length.is_zero() {
        return "less than 1 s".to_owned();
    }
    let units =
        [(seconds / DAY, "day"), (seconds / HOUR % 24, "h"), (seconds / MINUTE % 60, "min"), (seconds % 60, "s")];
    let word = |(number, unit)| if unit == "day" { count(number, unit) } else { format!("{number} {unit}") };
    let words = units.into_iter().filter(|(number, _)| *number > 0).map(word);
    words.reduce(|all, unit| format!("{all} {unit}")).unwrap_or_else(|| "0 s".to_owned())
}

/// A length that was measured: in seconds below 1 min, in minutes below 1 day, in hours below 10 days, then
/// in days. Rounded to the nearest.
pub fn roughly(length: Duration) -> String {
    let seconds = length.as_secs();
    let unit = match seconds {
        0 => return in_words(length),
        1..MINUTE => 1,
        MINUTE..DAY => MINUTE,
        DAY..TEN_DAYS => HOUR,
        TEN_DAYS.. => DAY,
    };
    in_words(Duration::from_secs(seconds.saturating_add(unit / 2) / unit * unit))
}

/// A part of a whole: `14 of 20 min`. It never says `20 of 20 min` while a second or more is missing.
pub fn part_of(part: Duration, whole: Duration) -> String {
    let (unit, name) = match whole.as_secs() {
        seconds if seconds < 2 * MINUTE => (1, "s"),
        seconds if seconds <= 90 * MINUTE && seconds.is_multiple_of(MINUTE) => (MINUTE, "min"),
        // To the second where the whole has seconds, so that a part never looks like more.
        seconds if !seconds.is_multiple_of(MINUTE) => {
            return format!("{} of {}", in_words(Duration::from_secs(part.as_secs())), in_words(whole));
        }
        _ => return format!("{} of {}", roughly(part), in_words(whole)),
    };
    let units = whole.as_secs() / unit;
    let missing = part + Duration::from_secs(1) <= whole;
    match (part.as_secs() + unit / 2) / unit {
        0 if part.as_secs() > 0 => format!("under 1 of {units} {name}"),
        rounded if missing => format!("{} of {units} {name}", rounded.min(units - 1)),
        rounded => format!("{rounded} of {units} {name}"),
    }
}

/// A length and the range that a person may choose from: `15 min (10 to 20)`.
pub fn with_range(length: Duration, min: Duration, max: Duration) -> String {
    if min == max {
        return in_words(length);
    }
    let minutes = |length: Duration| length.as_secs() < HOUR && length.as_secs().is_multiple_of(MINUTE);
    let all = [length, min, max].into_iter().all(minutes);
    let end = |end: Duration| if all { (end.as_secs() / MINUTE).to_string() } else { in_words(end) };
    format!("{} ({} to {})", in_words(length), end(min), end(max))
}

/// A range that a person may choose from: `10 to 20 min`, `only 10 min`.
pub fn within(min: Duration, max: Duration) -> String {
    let (from, to) = (in_words(min), in_words(max));
    match (from.split_once(' '), to.split_once(' ')) {
        _ if min == max => format!("only {to}"),
        (Some((number, unit)), Some((_, same))) if unit == same && !unit.contains(' ') => format!("{number} to {to}"),
        _ => format!("{from} to {to}"),
    }
}

/// `1 step`, `2 steps`.
pub fn count(number: impl TryInto<u64>, noun: &str) -> String {
    match number.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// Seconds to the millisecond, for JSON.
pub fn seconds(length: Duration) -> f64 {
    // Exact up to 2^53 ms, which is 285,000 years.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a session fit 53 bits")]
    let millis = length.as_millis() as f64;
    millis / 1000.0
}

/// `second`, up to `tenth`.
pub fn nth(number: usize) -> Option<&'static str> {
    const WORDS: [&str; 10] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    WORDS.get(number.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_length_in_every_form() {
        #[rustfmt::skip]
        let table = [
            // milliseconds, time left, time gone, in words, roughly
            (0,           "0:00",     "0:00",     "0 s",                 "0 s"),
            (1,           "0:01",     "0:00",     "less than 1 s",       "less than 1 s"),
            (45_000,      "0:45",     "0:45",     "45 s",                "45 s"),
            (59_999,      "1:00",     "0:59",     "59 s",                "59 s"),
            (60_000,      "1:00",     "1:00",     "1 min",               "1 min"),
            (90_000,      "1:30",     "1:30",     "1 min 30 s",          "2 min"),
            (750_000,     "12:30",    "12:30",    "12 min 30 s",         "13 min"),
            (3_599_999,   "1:00:00",  "59:59",    "59 min 59 s",         "1 h"),
            (3_600_000,   "1:00:00",  "1:00:00",  "1 h",                 "1 h"),
            (3_723_000,   "1:02:03",  "1:02:03",  "1 h 2 min 3 s",       "1 h 2 min"),
            (90_000_000,  "25:00:00", "25:00:00", "1 day 1 h",           "1 day 1 h"),
            (108_000_000, "30:00:00", "30:00:00", "1 day 6 h",           "1 day 6 h"),
            (250_860_000, "69:41:00", "69:41:00", "2 days 21 h 41 min",  "2 days 22 h"),
            (259_200_000, "72:00:00", "72:00:00", "3 days",              "3 days"),
            (950_400_000, "264:00:00", "264:00:00", "11 days",           "11 days"),
            (997_200_000, "277:00:00", "277:00:00", "11 days 13 h",      "12 days"),
        ];
        for (length, left, gone, words, rough) in table {
            let length = millis(length);
            let told = [countdown(length), count_up(length), in_words(length), roughly(length)];
            assert_eq!(told, [left, gone, words, rough], "{length:?}");
        }
        assert!(in_words(Duration::MAX).starts_with("213503982334601 days"));
        assert!(roughly(Duration::MAX).starts_with("213503982334601 days"));
    }

    #[test]
    fn a_part_is_the_whole_only_when_nothing_is_missing() {
        #[rustfmt::skip]
        let table = [
            // seconds of seconds
            (826,  1200, "14 of 20 min"),
            (0,    1200, "0 of 20 min"),
            (20,   1200, "under 1 of 20 min"),
            (1200, 1200, "20 of 20 min"),
            (1199, 1200, "19 of 20 min"),
            (885,  900,  "14 of 15 min"),
            (1920, 1200, "32 of 20 min"),
            (1200, 3600, "20 of 60 min"),
            (40,   40,   "40 of 40 s"),
            (39,   40,   "39 of 40 s"),
            (720,  750,  "12 min of 12 min 30 s"),
            (7200, 9000, "2 h of 2 h 30 min"),
            (5,    0,    "5 of 0 s"),
        ];
        for (part, whole, words) in table {
            assert_eq!(part_of(millis(1000 * part), millis(1000 * whole)), words);
        }
        assert_eq!(part_of(millis(1_199_999), millis(1_200_000)), "20 of 20 min");
    }

    #[test]
    fn a_range_names_its_unit_once_where_it_can() {
        let range = |length, min, max| {
            with_range(Duration::from_secs(length), Duration::from_secs(min), Duration::from_secs(max))
        };
        assert_eq!(range(900, 600, 1200), "15 min (10 to 20)");
        assert_eq!(range(900, 900, 900), "15 min");
        assert_eq!(range(900, 630, 1200), "15 min (10 min 30 s to 20 min)");
        assert_eq!(range(900, 600, 3600), "15 min (10 min to 1 h)");
        let range = |min, max| within(Duration::from_secs(min), Duration::from_secs(max));
        assert_eq!(range(600, 1200), "10 to 20 min");
        assert_eq!(range(600, 600), "only 10 min");
        assert_eq!(range(30, 90), "30 s to 1 min 30 s");
        assert_eq!(range(630, 1230), "10 min 30 s to 20 min 30 s");
        assert_eq!(range(3600, 7200), "1 to 2 h");
    }

    #[test]
    fn counts_and_seconds() {
        assert_eq!([0, 1, 2].map(|number: u32| count(number, "step")), ["0 steps", "1 step", "2 steps"]);
        assert!((seconds(millis(1_501)) - 1.501).abs() < f64::EPSILON);
    }
}
