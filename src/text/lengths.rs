//! Reads every length that a person types. Protocol files have humantime's form instead, and `format` reads them.

use std::time::Duration;

use super::typed::{Unreadable, misspelled, plain};
use crate::domain::protocol::CHANGEOVER;
use crate::domain::rules::SESSION;
use crate::text::durations::{in_words, rounded_up};

/// Forms that [`read`] reads.
const EXAMPLES: &str = "try: 15min, 90s, \"1h 30min\" or \"half an hour\"";
/// Forms that [`minutes`] reads.
const MINUTES: &str = "give minutes as a number, such as 15 or 12.5";
/// Forms that [`changeover`] reads.
const CHANGEOVERS: &str = "try: --changeover 30s, or --changeover 0 for none";

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// As humantime has them: 30.44 days, and 365.25 days.
const MONTH: u64 = 2_630_016 * SECOND;
const YEAR: u64 = 31_557_600 * SECOND;

/// The units in nanoseconds, and their names.
#[rustfmt::skip]
const UNITS: [(u64, &[&str]); 10] = [
    (SECOND,    &["s", "sec", "secs", "second", "seconds"]),
    (MINUTE,    &["min", "m", "mins", "minute", "minutes"]),
    (HOUR,      &["h", "hr", "hrs", "hour", "hours"]),
    (DAY,       &["days", "d", "day"]),
    (7 * DAY,   &["weeks", "w", "wk", "wks", "week"]),
    (MONTH,     &["months", "month", "mth", "mths"]),
    (YEAR,      &["years", "y", "yr", "yrs", "year"]),
    (1_000_000, &["ms", "msec", "millis"]),
    (1_000,     &["us", "usec"]),
    (1,         &["ns", "nsec"]),
];

/// Numbers in words.
#[rustfmt::skip]
const NUMBERS: [(&str, &str); 19] = [
    ("a", "1"), ("an", "1"), ("one", "1"), ("two", "2"), ("three", "3"), ("four", "4"), ("five", "5"), ("six", "6"),
    ("seven", "7"), ("eight", "8"), ("nine", "9"), ("ten", "10"), ("eleven", "11"), ("twelve", "12"),
    ("fifteen", "15"), ("twenty", "20"), ("thirty", "30"), ("forty", "40"), ("fifty", "50"),
];

/// The words of a length.
pub fn vocabulary() -> impl Iterator<Item = &'static str> {
    let units = UNITS.iter().flat_map(|(_, names)| names.iter().copied());
    units.chain(NUMBERS.iter().map(|(word, _)| *word)).chain(["and", "M"])
}

/// Reads a length in one unit or more: `15min`, `1h 30m`, `1,5 hours`, `half an hour`. It is exact to a nanosecond.
///
/// # Errors
/// A number without a unit, `M`, which is minutes or months, and any other text.
pub fn read(text: &str) -> Result<Duration, Unreadable> {
    spelled(&plain(text), text).map_err(|error| error.only(|reading| spelled(&plain(reading), reading).is_ok()))
}

/// Reads a length of which a number alone is minutes: `15`, `12,5`, `15m`, `1h 30m`.
///
/// # Errors
/// As [`read`]. No reading is longer than a session.
pub fn minutes(text: &str) -> Result<Duration, Unreadable> {
    let is_short = |reading: &str| of_minutes(reading).is_ok_and(|length| length <= SESSION);
    of_minutes(text).map_err(|error| Unreadable { examples: MINUTES, ..error.only(is_short) })
}

fn of_minutes(text: &str) -> Result<Duration, Unreadable> {
    let plain = plain(text);
    if is_number(&plain) { spelled(&format!("{plain}min"), text) } else { spelled(&plain, text) }
}

fn is_number(plain: &str) -> bool {
    plain.bytes().all(|byte| byte.is_ascii_digit() || b".,".contains(&byte))
}

/// Reads the length of a changeover: `30s`, `1 min`, or `0` for none.
///
/// # Errors
/// As [`read`], and a length that no changeover has.
pub fn changeover(text: &str) -> Result<Duration, Unreadable> {
    let fits = |reading: &str| read(reading).is_ok_and(|length| bad_changeover(length).is_none());
    let number = plain(text);
    if is_number(&number) && spelled(&format!("{number}s"), text) == Ok(Duration::ZERO) {
        return Ok(Duration::ZERO);
    }
    let length = match read(text) {
        // People say a changeover in seconds.
        Err(error) if is_number(&number) => Err(error.or(["s", "min"].map(|unit| format!("{number}{unit}")))),
        read => read,
    };
    let wrong = |what: String| Unreadable::new(text, what, CHANGEOVERS);
    let length = length.and_then(|length| bad_changeover(length).map_or(Ok(length), |what| Err(wrong(what))));
    length.map_err(|error| Unreadable { examples: CHANGEOVERS, ..error.only(fits) })
}

/// What is wrong with a length of a changeover. Zero is none.
pub fn bad_changeover(length: Duration) -> Option<String> {
    let (least, most) = (*CHANGEOVER.start(), *CHANGEOVER.end());
    let length = if length > most { rounded_up(length) } else { length };
    let is_good = length.is_zero() || CHANGEOVER.contains(&length);
    let words = || [length, least, most].map(in_words);
    let what = |[length, least, most]: [String; 3]| format!("a changeover of {length}; it must last {least} to {most}");
    (!is_good).then(words).map(what)
}

/// `12:30`, which is minutes and seconds or hours and minutes.
fn on_a_clock(plain: &str, typed: &str) -> Option<Unreadable> {
    let (first, second) = plain.split_once(':')?;
    let [first, second] = [first, second].map(|part| part.parse::<u16>().ok().filter(|_| part.len() <= 3));
    let (first, second) = first.zip(second.filter(|second| *second < 60))?;
    let joined = |unit: &str, smaller: &str| match second {
        0 => format!("{first}{unit}"),
        second => format!("{first}{unit} {second}{smaller}"),
    };
    let readings = [joined("min", "s"), joined("h", "min")];
    let message = format!("\"{typed}\" can be {}", readings.join(" or "));
    Some(Unreadable::new(typed, message, EXAMPLES).or(readings))
}

fn spelled(plain: &str, typed: &str) -> Result<Duration, Unreadable> {
    let words: Vec<_> = vocabulary().collect();
    if let Some((_, readings)) = misspelled(plain, &words, |word| words.contains(&word)) {
        return Err(wrong(typed).or(readings.into_iter().filter(|reading| of_plain(reading, reading).is_ok())));
    }
    on_a_clock(plain, typed).map_or_else(|| of_plain(plain, typed), Err)
}

/// As [`read`], for a text that is in [`plain`] spelling already, and not about wrong letters.
pub(super) fn of_plain(plain: &str, typed: &str) -> Result<Duration, Unreadable> {
    let mut nanos = 0_u128;
    let mut last = None;
    let mut rest = plain;
    while !rest.is_empty() {
        let (number, at) = number(rest);
        let after = rest[at..].trim_start();
        let name = &after[..after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len())];
        let before = plain.len() - rest.len();
        let blank = if rest[..at].ends_with(char::is_alphabetic) { " " } else { "" };
        let with = |unit: &str| format!("{}{}{blank}{unit}{}", &plain[..before], &rest[..at], &after[name.len()..]);
        let Some(number) = number else { return Err(wrong(typed)) };
        if let Some((whole, part)) = number.split_once(',') {
            let decimal = if whole.is_empty() { "0" } else { whole };
            let mut readings = vec![format!("{whole}{part}"), format!("{decimal}.{part}")];
            readings.drain(..usize::from(whole.is_empty()));
            let message = format!("{number} can be {}", readings.join(" or "));
            return Err(Unreadable::new(typed, message, EXAMPLES)
                .or(readings.iter().map(|reading| plain.replacen(number, reading, 1))));
        }
        let unit = UNITS.iter().find(|(_, names)| names.contains(&name)).map(|(unit, _)| *unit);
        let Some(unit) = unit else { return Err(without_unit(name, typed, last, with)) };
        nanos = scaled(number, unit).and_then(|more| nanos.checked_add(more)).ok_or_else(|| wrong(typed))?;
        last = Some(unit);
        rest = after[name.len()..].trim_start();
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
    if last.is_none() { Err(wrong(typed)) } else { length(nanos, typed) }
}

/// The whole months of a text that [`of_plain`] reads, with 12 for a year, and the rest of its length. `None` when a part
/// of a month is among them.
#[cfg(feature = "cli")]
pub(super) fn months_and_rest(plain: &str) -> Option<(i32, Duration)> {
    let (mut months, mut nanos, mut rest) = (0_i32, 0_u128, plain);
    while !rest.is_empty() {
        let (number, at) = number(rest);
        let after = rest[at..].trim_start();
        let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, _) = UNITS.iter().find(|(_, names)| names.contains(&&after[..end]))?;
        match *unit {
            MONTH | YEAR => {
                let each = if *unit == YEAR { 12 } else { 1 };
                months = months.checked_add(number?.parse::<i32>().ok()?.checked_mul(each)?)?;
            }
            unit => nanos = nanos.checked_add(scaled(number?, unit)?)?,
        }
        rest = after[end..].trim_start();
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
    Some((months, length(nanos, plain).ok()?))
}

fn wrong(typed: &str) -> Unreadable {
    Unreadable::new(typed, format!("cannot read \"{typed}\" as a length of time"), EXAMPLES)
}

/// The error for a number whose unit is missing or has two meanings. A missing unit is smaller than the `last` one.
fn without_unit(name: &str, typed: &str, last: Option<u64>, with: impl Fn(&str) -> String) -> Unreadable {
    let (message, units) = match name {
        "M" => (format!("M in \"{typed}\" is minutes or months"), &[(0, "min"), (0, "months")][..]),
        "" => (format!("a number in \"{typed}\" has no unit"), &[(MINUTE, "min"), (HOUR, "h"), (DAY, "d")][..]),
        _ => return wrong(typed),
    };
    // A long number is a date, or nothing.
    let is_long = typed.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > 4);
    let units = units.iter().filter(|(unit, _)| !is_long && last.is_none_or(|last| *unit < last));
    Unreadable::new(typed, message, EXAMPLES).or(units.map(|(_, unit)| with(unit)))
}

/// The number at the start, as digits, and where it ends.
fn number(text: &str) -> (Option<&str>, usize) {
    let is_of_number = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let digits = text.find(|c: char| !is_of_number(c)).unwrap_or(text.len());
    if digits > 0 {
        return (Some(&text[..digits]), digits);
    }
    let word = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    (NUMBERS.iter().find(|(name, _)| *name == &text[..word]).map(|(_, digits)| *digits), word)
}

/// A decimal number of units, in nanoseconds.
fn scaled(number: &str, unit: u64) -> Option<u128> {
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 9 {
        return None;
    }
    let billionths: u128 = format!("{part:0<9}").parse().ok()?;
    let unit = u128::from(unit);
    whole.parse::<u64>().ok().map(|whole| u128::from(whole) * unit + billionths * unit / u128::from(SECOND))
}

fn length(nanos: u128, typed: &str) -> Result<Duration, Unreadable> {
    let seconds = u64::try_from(nanos / u128::from(SECOND));
    let too_long = |_| Unreadable::new(typed, format!("\"{typed}\" is too long"), EXAMPLES);
    let rest = u32::try_from(nanos % u128::from(SECOND)).unwrap_or_default();
    seconds.map(|seconds| Duration::new(seconds, rest)).map_err(too_long)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_length_is_read_in_the_ways_people_write() {
        #[rustfmt::skip]
        let table = [
            ("15min", 900), ("15m", 900), ("15 MIN", 900), ("1h 30m", 5400), ("1h30min", 5400), ("1.5h", 5400),
            ("1,5 hours", 5400), ("half an hour", 1800), ("an hour", 3600), ("an hour and a half", 5400),
            ("2 hours and 10 minutes", 7800), ("2 and a half hours", 9000), ("two days", 172_800), ("3D", 259_200),
            ("1 week", 604_800), ("1month", 2_630_016), ("90s", 90), ("0s", 0), ("a couple of hours", 7200),
        ];
        for (text, length) in table {
            assert_eq!(read(text), Ok(seconds(length)), "{text}");
        }
        assert!(read(&"18446744073709551615y ".repeat(700)).is_err());
        assert_eq!(read("1.5ms"), Ok(Duration::from_micros(1500)));
    }

    #[test]
    fn what_has_two_meanings_is_refused_with_both() {
        #[rustfmt::skip]
        let table: [(&str, &[&str]); 13] = [
            ("12:30",   &["12min 30s", "12h 30min"]),
            ("20:00",   &["20min", "20h"]),
            ("1:75",    &[]),
            ("20min:00", &[]),
            ("2M",      &["2min", "2months"]),
            ("1h 2 M",  &["1h 2min", "1h 2months"]),
            ("30",      &["30min", "30h", "30d"]),
            ("1h30",    &["1h30min"]),
            ("1,000s",  &["1000s", "1.000s"]),
            ("2 hurs",  &["2 hours"]),
            ("soon",    &[]),
            ("2 h ago", &[]),
            ("99999999999999999999h", &[]),
        ];
        for (text, readings) in table {
            let refused = read(text).expect_err(text);
            assert_eq!(
                (refused.typed.as_str(), &refused.readings[..]),
                (text, &readings.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>()[..])
            );
        }
    }

    #[test]
    fn a_changeover_is_short_and_0_is_none() {
        for (text, length) in
            [("30s", 30), ("1 min", 60), ("90 sec", 90), ("half a minute", 30), ("10min", 600), ("1s", 1)]
        {
            assert_eq!(changeover(text), Ok(seconds(length)), "{text}");
        }
        for none in ["0", "0s", "0 min", "0.0", " 0 ", "00"] {
            assert_eq!(changeover(none), Ok(Duration::ZERO), "{none}");
        }
        let refused = |text: &str| changeover(text).map_err(|error| (error.message, error.readings)).expect_err(text);
        for (text, what) in [
            ("11min", "a changeover of 11 min; it must last 1 s to 10 min"),
            ("600.000000001s", "a changeover of 10 min 1 s; it must last 1 s to 10 min"),
            ("999ms", "a changeover of less than 1 s; it must last 1 s to 10 min"),
            ("1ns", "a changeover of less than 1 s; it must last 1 s to 10 min"),
            ("30days", "a changeover of 30 days; it must last 1 s to 10 min"),
            ("-1", "cannot read \"-1\" as a length of time"),
            ("", "cannot read \"\" as a length of time"),
            ("soon", "cannot read \"soon\" as a length of time"),
        ] {
            assert_eq!(refused(text), (what.to_owned(), Vec::new()), "{text}");
        }
        // What is suggested is accepted.
        for (text, readings) in [
            ("30", &["30s"][..]),
            ("5", &["5s", "5min"]),
            ("0,5", &["0.5min"]),
            ("1.5", &["1.5s", "1.5min"]),
            ("700", &[]),
            ("1:30", &["1min 30s"]),
            ("2M", &["2min"]),
            ("30 seconds", &[]),
            ("30 secnds", &["30 seconds"]),
        ] {
            match changeover(text) {
                Ok(length) => assert_eq!((length, readings.len()), (seconds(30), 0), "{text}"),
                Err(error) => assert_eq!(error.readings, readings, "{text}"),
            }
        }
    }

    #[test]
    fn minutes_are_exact() {
        for text in ["15", "15m", "15min", "15 min", "15.0", "15,0", "0.25h", "900s", "about 15"] {
            assert_eq!(minutes(text), Ok(seconds(900)), "{text}");
        }
        assert_eq!(minutes("12,5"), Ok(seconds(750)));
        assert_eq!(minutes("0.1"), Ok(seconds(6)));
        assert_eq!(minutes("20.000000001"), Ok(seconds(1200) + Duration::from_nanos(60)));
        for bad in
            ["", ".", "-1", "1e3", "m", "1.5.5", "99999999999999999999", "1.0000000001", "NaN", "٣", "15M", "1,000"]
        {
            assert!(minutes(bad).is_err(), "{bad}");
        }
        assert!(minutes("9999999999999999999h").is_err());
        let readings = |text: &str| minutes(text).expect_err(text).readings;
        assert_eq!(readings("15M"), ["15min"]);
        assert_eq!(readings("20:00"), ["20min"]);
        assert_eq!(readings("1:30"), ["1min 30s", "1h 30min"]);
        assert_eq!(readings("200M"), [""; 0]);
    }
}
