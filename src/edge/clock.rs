//! The only reader of time.
//!
//! A session is timed by the clock that goes on while the machine sleeps: ice goes on cooling then.
//! On Linux that is `CLOCK_BOOTTIME`; `std::time::Instant` stops in suspend there. On Apple systems
//! `CLOCK_MONOTONIC` counts sleep. Elsewhere `Instant` does (Windows) or is the nearest there is.
//! Wall time is a label on events, never arithmetic of a running session.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::session::Moment;

/// The time now on the clock that counts while the machine sleeps.
#[cfg(unix)]
#[must_use]
pub fn now() -> Moment {
    use rustix::time::{ClockId, clock_gettime};
    use std::time::Duration;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    let time = clock_gettime(CLOCK);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Moment::new(Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default()))
}

/// The time now on the clock that counts while the machine sleeps.
#[cfg(not(unix))]
#[must_use]
#[expect(clippy::disallowed_methods, reason = "here it is read")]
pub fn now() -> Moment {
    use std::sync::OnceLock;
    use std::time::Instant;
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    Moment::new(ORIGIN.get_or_init(Instant::now).elapsed())
}

/// The time of day.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "here it is read")]
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// The time zone of the machine. Without `TZ`, the rules in `/etc/localtime` are read as they are:
/// looking up the zone's name would search the whole zone database, which takes longer than the
/// first frame may.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "here it is asked, when there is no other way")]
pub fn zone() -> TimeZone {
    let here = || TimeZone::tzif("local", &std::fs::read("/etc/localtime").ok()?).ok();
    match std::env::var_os("TZ") {
        None => here().unwrap_or_else(TimeZone::system),
        Some(_) => TimeZone::system(),
    }
}
