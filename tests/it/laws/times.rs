//! Laws of the readers of times and lengths: no text causes a panic, and what is echoed can be typed.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use therapy::text::times::in_full;
use therapy::text::when;

use super::config;

/// What times are made of.
#[rustfmt::skip]
const PIECES: [&str; 48] = [
    "0", "1", "2", "12", "18", "30", "24", "2026", "1026", "99999999999999999999", "1,5", "1,500", ".", ":", "/", "-", ",", "~", "M",
    "m", "h", "min", "days", "months", "ago", "back", "half", "an", "a", "and", "yesterday", "today", "tomorrow", "last",
    "this", "night", "midnight", "noon", "monday", "Tue", "24 Nov", "feb", "18:00", "6pm", "am", "th", "T", "yesterdy",
];

fn texts() -> impl Strategy<Value = String> {
    let piece =
        prop_oneof![12 => select(&PIECES[..]).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    let blank = prop_oneof![4 => Just(" "), 1 => Just("")];
    vec((piece, blank), 0..6).prop_map(|all| all.into_iter().map(|(piece, blank)| piece + blank).collect())
}

/// An hour that occurs twice when summer time ends, with a now for which it is a few days ago.
fn twice() -> impl Strategy<Value = (i64, i64)> {
    // 25 October 2026, 0:00 UTC, when it is 2:00 in summer time.
    (0..120_i64, 0..60 * 24 * 60_i64).prop_map(|(minute, later)| (1_792_886_400 + 60 * (minute + later), later))
}

proptest! {
    #![proptest_config(config(1200))]

    #[test]
    fn an_hour_that_occurs_twice_is_read_back((now, minutes) in twice()) {
        reads_back(now, minutes)?;
    }

    /// The properties are those of the fuzz target.
    #[test]
    fn any_text_is_a_time_or_an_error_with_a_way_out(text in texts(), now in 1_000_000_000..2_000_000_000_i64) {
        crate::fuzz::when(format!("{now}\n{text}").as_bytes());
    }

    /// Further back, the same date without its year is close again.
    #[test]
    fn a_time_in_full_is_read_back(now in 1_000_000_000..2_000_000_000_i64, minutes in 0..300 * 24 * 60_i64) {
        reads_back(now, minutes)?;
    }
}

fn reads_back(now: i64, minutes: i64) -> Result<(), TestCaseError> {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone");
    let now = Timestamp::from_second(now).expect("a time");
    let at = now - SignedDuration::from_mins(minutes);
    let full = in_full(at, now, &zone);
    let read = when::read(&full, now, &zone).map_err(|error| TestCaseError::fail(format!("{full}: {error}")))?;
    let minute = SignedDuration::from_mins(1);
    let is_same = |read: Timestamp| in_full(read, now, &zone) == full && (at - minute..=at).contains(&read);
    prop_assert!(is_same(read.first) || is_same(read.last), "{at} is {full:?} is {read:?}");
    Ok(())
}
