//! The clocks. No other module reads the time. This module must not know what is timed.
//!
//! A session uses the clock that counts while the machine sleeps, because ice goes on cooling then. That
//! is `CLOCK_BOOTTIME` on Linux, `CLOCK_MONOTONIC` on Apple systems, and `Instant` on Windows. The time of
//! day is only a label on events.
//!
//! For tests, `THERAPY_TEST_RATE` makes the clock of the process run faster. Unlike with `--speed`, such a
//! session is recorded. A release build does not read it.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::session::Moment;

/// The boot, ten years after the origin of all moments: moments before the boot exist too.
const BOOT: Moment = Moment::new(Duration::from_secs(10 * 365 * 24 * 60 * 60));

/// The time now on the clock that counts while the machine sleeps.
pub fn now() -> Moment {
    BOOT + rate().map_or_else(since_boot, |rate| since_boot().mul_f64(rate))
}

/// The time now in real time, to limit how long another program may take.
pub fn unhurried() -> Moment {
    BOOT + since_boot()
}

/// Waits at most this long, for what polls. A session waits at its inbox.
pub fn wait(length: Duration) {
    std::thread::park_timeout(length);
}

/// The real time that a wait of `length` takes.
pub fn wait_for(length: Duration) -> Duration {
    rate().map_or(length, |rate| length.div_f64(rate))
}

/// How many times faster than real time the clock runs, 1 to 100,000; `None` outside tests and in a release
/// build.
pub fn rate() -> Option<f64> {
    static RATE: OnceLock<Option<f64>> = OnceLock::new();
    *RATE.get_or_init(|| {
        if !cfg!(debug_assertions) {
            return None;
        }
        let rate: f64 = std::env::var("THERAPY_TEST_RATE").ok()?.parse().ok()?;
        (1.0..=100_000.0).contains(&rate).then_some(rate)
    })
}

/// The clock of a session by the name that its system gives it, and whether it counts while the machine sleeps; `None`
/// where that is not known.
pub const NAME: (&str, Option<bool>) = if cfg!(any(target_os = "linux", target_os = "android")) {
    ("CLOCK_BOOTTIME", Some(true))
} else if cfg!(target_vendor = "apple") {
    ("CLOCK_MONOTONIC", Some(true))
} else if cfg!(unix) {
    ("CLOCK_MONOTONIC", None)
} else {
    ("QueryPerformanceCounter", Some(true))
};

#[cfg(unix)]
fn since_boot() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "this is where it is read")]
fn since_boot() -> Duration {
    use std::time::Instant;
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed()
}

/// The id of this boot of the machine; empty where the system has none.
pub fn boot() -> String {
    static BOOT_ID: OnceLock<String> = OnceLock::new();
    let read = || std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned();
    BOOT_ID.get_or_init(read).clone()
}

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "this is where it is read")]
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// The time zone of the machine. Without `TZ` it is read from `/etc/localtime`: jiff would search the zone
/// database for its name, and that takes longer than the first frame may.
#[expect(clippy::disallowed_methods, reason = "this is where it is read")]
pub fn zone() -> TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    let local = || TimeZone::tzif("local", &std::fs::read("/etc/localtime").ok()?).ok();
    let zone = || std::env::var_os("TZ").map_or_else(local, |_| None).unwrap_or_else(TimeZone::system);
    ZONE.get_or_init(zone).clone()
}
