//! The clocks of a command: points in time as a person writes and reads them, and the wall time of a
//! session's moments. It must not know sessions.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Exit, Failure};
use crate::domain::moment::Moment;
use crate::edge::clock;
use crate::edge::journal::Stamp;
use crate::text::times::{self, WhenError, day_and_time, next_minute};

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

/// A point in time that a person typed.
pub(super) fn when(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    times::parse(text, now, &clock::zone()).map_err(unreadable)
}

/// The failure for a text that is not a point in time.
pub(super) fn unreadable(error: WhenError) -> Failure {
    Failure::new(Exit::Usage, error.into(), times::TRY)
}
