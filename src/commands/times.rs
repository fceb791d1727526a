//! The clocks of a command: points in time as a person writes and reads them, and the wall time of a
//! session's moments. It must not know sessions.

use std::sync::Once;
use std::time::Duration;

use anyhow::anyhow;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Exit, Failure, say};
use crate::domain::course::Start;
use crate::domain::moment::Moment;
use crate::edge::clock;
use crate::edge::journal::Stamp;
use crate::text::durations::roughly;
use crate::text::times::{self, Here, day_and_time, next_minute};
use crate::text::when;

/// The wall time of a moment of a session.
pub(super) type Label = Box<dyn Fn(Moment) -> Timestamp>;

/// All clocks, now.
pub(super) fn stamp() -> Stamp {
    Stamp { wall_ms: clock::wall().as_millisecond(), boot: clock::boot(), clock: clock::now() }
}

/// All clocks, at a moment near now.
pub(super) fn stamp_at(at: Moment) -> Stamp {
    Stamp { wall_ms: wall_at(at).as_millisecond(), boot: clock::boot(), clock: at }
}

/// The wall time of a moment near now.
pub(super) fn wall_at(at: Moment) -> Timestamp {
    let (now, wall) = (clock::now(), clock::wall());
    let ago = SignedDuration::try_from(now.since(at)).unwrap_or_default();
    later(wall.saturating_sub(ago).unwrap_or(wall), at.since(now))
}

/// The wall time this long after `start`, at most the latest timestamp.
pub(super) fn later(start: Timestamp, wait: Duration) -> Timestamp {
    start.saturating_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
}

/// A wall time in milliseconds, as the journal has it.
pub(super) fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// The local date of a wall time in milliseconds.
pub(super) fn date(millis: i64) -> Date {
    from_millis(millis).to_zoned(clock::zone()).date()
}

/// The local time of day of a moment, from its wall time.
pub(super) fn time_of_day(wall: impl Fn(Moment) -> Timestamp) -> impl Fn(Moment) -> String {
    let zone = zone();
    move |at| times::time_of_day(wall(at), &zone)
}

/// A local time, with its day unless that is today.
pub(super) fn local(at: Timestamp) -> String {
    day_and_time(at, clock::wall(), &zone())
}

/// The local time after a wait, never too early.
pub(super) fn local_after(wait: Duration) -> String {
    local(next_minute(later(clock::wall(), wait)))
}

/// When a plan may start: `now`, or `from 19:32, in 18 min (rewarm), better from 20:40`.
pub(super) fn possible(start: &Start) -> String {
    let possible = match (&start.refused, start.possible) {
        (Some(refused), Some(wait)) => format!("from {}, in {} ({})", local_after(wait), roughly(wait), refused.rule),
        _ => "now".to_owned(),
    };
    match start.better() {
        Some(wait) => format!("{possible}, better from {} (2 h between cold sessions)", local_after(wait)),
        None => possible,
    }
}

/// The same without rules: `from 19:32, better from 20:40`.
pub(super) fn possible_briefly(start: &Start) -> String {
    let possible = start.possible.filter(|_| start.refused.is_some());
    let possible = possible.map_or("now".to_owned(), |wait| format!("from {}", local_after(wait)));
    let better = start.better().map(|wait| format!(", better from {}", local_after(wait)));
    possible + &better.unwrap_or_default()
}

/// A local time in full, as a check of what a person typed.
pub(super) fn in_full(at: Timestamp) -> String {
    times::in_full(at, clock::wall(), &zone())
}

/// When an injury or a dose was, as a person typed it. Of a range the latest time that is not after `now`, and a
/// note says so. A length is exact; of whole days a note says that, because a day alone keeps heat away longer. An error suggests only times that `accepts`.
pub(super) fn when(text: &str, now: Timestamp, accepts: impl Fn(Timestamp) -> bool) -> Result<Timestamp, Failure> {
    read_one(text, now, accepts).map(|(at, _)| at)
}

/// When something was that is over, as a person typed it in words.
///
/// # Errors
/// Those of `when`, and a time to come.
pub(super) fn past(words: &[String], now: Timestamp) -> Result<Timestamp, Failure> {
    let at = when(&words.join(" "), now, |at| at <= now)?;
    if at > now {
        return Err(Failure::new(Exit::Usage, anyhow!("that is in the future: {}", in_full(at)), when::TRY));
    }
    Ok(at)
}

/// When an injury was, for one session. A note says what was understood.
pub(super) fn injured(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let (at, is_noted) = read_one(text, now, |_| true)?;
    // Another note says it already, and the rules about a time to come.
    if !is_noted && at <= now {
        say(&format!("note: injured {}, {} ago", in_full(at), roughly(now.duration_since(at).unsigned_abs())));
    }
    Ok(at)
}

/// Four days ago, the hour makes no difference to heat.
const HOUR_MATTERS: Duration = Duration::from_secs(4 * 24 * 60 * 60);

/// The time, and whether a note says what was understood.
fn read_one(text: &str, now: Timestamp, accepts: impl Fn(Timestamp) -> bool) -> Result<(Timestamp, bool), Failure> {
    let zone = known_zone()?;
    let is_accepted = |reading: &str| when::read(reading, now, &zone).is_ok_and(|when| accepts(when.latest(now)));
    let when = when::read(text, now, &zone).map_err(|error| error.only(is_accepted))?;
    let at = when.latest(now);
    let matters = now.duration_since(at).unsigned_abs() < HOUR_MATTERS;
    let day = when::counted_day(text, when, now, &zone).filter(|_| matters);
    if when.is_range() && at <= now {
        say(&format!("note: \"{text}\" is not exact, so its latest time counts: {}", in_full(at)));
    } else if let Some(day) = day {
        let exactly = format!("\"{text}\" counts back exactly, to {}", in_full(at));
        say(&format!("note: {exactly}; if you only know the day, write {day}"));
    }
    Ok((at, when.is_range() || day.is_some()))
}

/// Where a list begins, as a person typed it: the earliest time of a range. `without`: another way out.
pub(super) fn since(text: &str, without: &str) -> Result<Timestamp, Failure> {
    let now = clock::wall();
    let when = when::read(text, now, &known_zone()?).map_err(|error| {
        let is_unclear = error.readings.len() < 2;
        let failure = Failure::from(error);
        if is_unclear { failure.or(without) } else { failure }
    })?;
    if when.first > now {
        let error = anyhow!("that is in the future: {}", in_full(when.first));
        return Err(Failure::new(Exit::Usage, error, when::TRY).or(without));
    }
    Ok(when.first)
}

/// The time now and the zone of the machine, to say times.
pub(super) fn here() -> Here {
    Here { now: clock::wall(), zone: zone() }
}

/// The zone of the machine, to show times in. A warning says when it is not known.
fn zone() -> TimeZone {
    static WARNED: Once = Once::new();
    known_zone().unwrap_or_else(|Failure { error, hint, .. }| {
        WARNED.call_once(|| say(&format!("warning: {error}: times are in UTC\n  {}", hint.unwrap_or_default())));
        TimeZone::UTC
    })
}

/// The zone of the machine, to read times in: it must be known.
pub(super) fn known_zone() -> Result<TimeZone, Failure> {
    let zone = clock::zone();
    if let Some(name) = std::env::var_os("TZ").filter(|_| zone.is_unknown()) {
        let error = anyhow!("there is no time zone \"{}\" (TZ)", name.to_string_lossy());
        return Err(Failure::new(Exit::Usage, error, "set TZ to a name such as Europe/Berlin, or unset it"));
    }
    Ok(zone)
}
