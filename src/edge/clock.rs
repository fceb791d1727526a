//! The only reader of time.
//!
//! A session is timed by the clock that goes on while the machine sleeps: ice goes on cooling then.
//! On Linux that is `CLOCK_BOOTTIME`; `std::time::Instant` stops in suspend there. On Apple systems
//! `CLOCK_MONOTONIC` counts sleep. Elsewhere `Instant` does (Windows) or is the nearest there is.
//! Wall time is a label on events, never arithmetic of a running session.
//!
//! For tests alone, `THERAPY_TEST_RATE` makes the clock of a whole process run so much faster, and
//! `THERAPY_TEST_BOOT` names the boot. Unlike `--speed`, such a session is recorded.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::session::Moment;

/// Moments count from ten years before the boot, so that those of earlier boots can be named too.
const BOOT: Moment = Moment::new(Duration::from_secs(10 * 365 * 24 * 60 * 60));

/// The time now on the clock that counts while the machine sleeps.
pub fn now() -> Moment {
    BOOT + rate().map_or_else(since_boot, |rate| since_boot().mul_f64(rate))
}

/// The time now, whatever the rate: for the patience with other programs.
pub fn unhurried() -> Moment {
    BOOT + since_boot()
}

/// Waits, for a command that asks a running session and not for a session.
pub fn wait(length: Duration) {
    #[cfg(unix)]
    {
        let _ = rustix::event::poll(&mut [], rustix::event::Timespec::try_from(length).ok().as_ref());
    }
    #[cfg(not(unix))]
    std::thread::park_timeout(length);
}

/// How long a wait of `length` takes.
pub fn wait_for(length: Duration) -> Duration {
    rate().map_or(length, |rate| length.div_f64(rate))
}

/// How much faster than real the clock runs, for tests.
pub fn rate() -> Option<f64> {
    static RATE: OnceLock<Option<f64>> = OnceLock::new();
    *RATE.get_or_init(|| {
        let rate: f64 = std::env::var("THERAPY_TEST_RATE").ok()?.parse().ok()?;
        (1.0..=100_000.0).contains(&rate).then_some(rate)
    })
}

#[cfg(unix)]
fn since_boot() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    let time = clock_gettime(CLOCK);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "here it is read")]
fn since_boot() -> Duration {
    use std::time::Instant;
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed()
}

/// Which boot of the machine this is; empty where the system does not tell.
pub fn boot() -> String {
    static BOOT_ID: OnceLock<String> = OnceLock::new();
    let told = || {
        let told = std::env::var("THERAPY_TEST_BOOT");
        let told = told.or_else(|_| std::fs::read_to_string("/proc/sys/kernel/random/boot_id"));
        told.map(|boot| boot.trim().to_owned()).unwrap_or_default()
    };
    BOOT_ID.get_or_init(told).clone()
}

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "here it is read")]
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// The time zone of the machine. Without `TZ`, the rules in `/etc/localtime` are read as they are:
/// looking up the zone's name would search the whole zone database, which takes longer than the
/// first frame may.
#[expect(clippy::disallowed_methods, reason = "here it is asked, when there is no other way")]
pub fn zone() -> TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    let here = || TimeZone::tzif("local", &std::fs::read("/etc/localtime").ok()?).ok();
    let told = || match std::env::var_os("TZ") {
        None => here().unwrap_or_else(TimeZone::system),
        Some(_) => TimeZone::system(),
    };
    ZONE.get_or_init(told).clone()
}
