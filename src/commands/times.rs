//! The clocks of a command: points in time as a person writes and reads them, and the wall time of a
//! session's moments. It must not know sessions.

use std::time::Duration;

use anyhow::anyhow;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Exit, Failure, say};
use crate::domain::moment::Moment;
use crate::edge::clock;
use crate::edge::journal::Stamp;
use crate::text::printable::printable;
use crate::text::times::{self, day_and_time, next_minute};
use crate::text::when::{self, When};

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
    let zone = clock::zone();
    move |at| times::time_of_day(wall(at), &zone)
}

/// A local time, with its day unless that is today.
pub(super) fn local(at: Timestamp) -> String {
    day_and_time(at, clock::wall(), &clock::zone())
}

/// The local time after a wait, never too early.
pub(super) fn local_after(wait: Duration) -> String {
    local(next_minute(later(clock::wall(), wait)))
}

/// A local time in full, as a check of what a person typed.
pub(super) fn in_full(at: Timestamp) -> String {
    times::in_full(at, clock::wall(), &clock::zone())
}

/// When an injury or a dose was, as a person typed it. Of a range the latest time that is not after `now`, and a
/// note says so.
pub(super) fn when(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let when = read(text, now)?;
    let at = when.latest(now);
    if when.is_range() && at <= now {
        say(&format!("note: \"{}\" is not exact, so its latest time counts: {}", printable(text), in_full(at)));
    }
    Ok(at)
}

/// Where a list begins, as a person typed it: the earliest time of a range.
pub(super) fn since(text: &str) -> Result<Timestamp, Failure> {
    read(text, clock::wall()).map(|when| when.first)
}

/// Reads a time in the zone of the machine, which must be known.
fn read(text: &str, now: Timestamp) -> Result<When, Failure> {
    let zone = clock::zone();
    if let Some(name) = std::env::var_os("TZ").filter(|_| zone.is_unknown()) {
        let error = anyhow!("there is no time zone \"{}\" (TZ)", printable(&name.to_string_lossy()));
        return Err(Failure::new(Exit::Usage, error, "set TZ to a name such as Europe/Berlin, or unset it"));
    }
    Ok(when::read(text, now, &zone)?)
}
