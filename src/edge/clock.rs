//! The clocks. No other module reads the time. This module must not know what is timed.
//!
//! A session uses the clock that counts while the machine sleeps, because ice goes on cooling then: `since_boot` says
//! which one that is. The time of day is only a label on events.
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

/// Waits at most this long, between two polls. A session waits at its inbox.
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
    ("CLOCK_MONOTONIC_RAW", Some(true))
} else if cfg!(unix) {
    ("CLOCK_MONOTONIC", None)
} else {
    ("QueryPerformanceCounter", Some(true))
};

/// `CLOCK_BOOTTIME` is "identical to `CLOCK_MONOTONIC`, except that it also includes any time that the system is suspended"
/// (Linux, `clock_gettime(2)`).
#[cfg(any(target_os = "linux", target_os = "android"))]
fn since_boot() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}

/// `CLOCK_MONOTONIC` "will continue to increment while the system is asleep", `CLOCK_MONOTONIC_RAW` is like it but
/// "unaffected by frequency or time adjustments", and `CLOCK_UPTIME_RAW`, which `Instant` reads, differs from that one in
/// that it "does not increment while the system is asleep" (macOS, `clock_gettime(3)`). The raw clock is the one of
/// `mach_continuous_time`; the plain one is computed from the time of day. Never run.
#[cfg(target_vendor = "apple")]
fn since_boot() -> Duration {
    use nix::time::ClockId;
    let raw = ClockId::from_raw(nix::libc::CLOCK_MONOTONIC_RAW);
    raw.now().map(Duration::from).unwrap_or_default()
}

/// FreeBSD's `CLOCK_UPTIME`, also called `CLOCK_BOOTTIME`, counts "while the machine is running", and its manual does not
/// say whether `CLOCK_MONOTONIC` does more (`clock_gettime(2)`). Where it does not, only the time of day shows a sleep.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android", target_vendor = "apple"))))]
fn since_boot() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

/// `QueryPerformanceCounter` counts since "the Windows operating system was started, including the time when the machine
/// was in a sleep state such as standby, hibernate, or connected standby" ("Acquiring high-resolution time stamps").
/// `QueryUnbiasedInterruptTime` leaves that time out. `GetTickCount64` counts it too, in steps of 10 to 16 ms, and
/// `QueryInterruptTime` needs Windows 10.
#[cfg(windows)]
fn since_boot() -> Duration {
    crate::edge::os::since_boot()
}

/// The name of this boot of the machine. Where the system has none, each process makes one up, so that two boots without
/// a name are never taken for one.
pub fn boot() -> String {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| name_of_boot().filter(|name| !name.is_empty()).unwrap_or_else(new_name)).clone()
}

/// A unique name.
fn new_name() -> String {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let random = RandomState::new().build_hasher().finish();
    format!("process-{}-{random:016x}", std::process::id())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn name_of_boot() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(name.trim().to_owned())
}

/// A UUID that the kernel makes at each start. `kern.boottime` would change with the time of day. Never run.
#[cfg(target_vendor = "apple")]
fn name_of_boot() -> Option<String> {
    crate::edge::os::sysctl(c"kern.bootsessionuuid")
}

/// Sixteen random bytes that the kernel makes at each start. Never run.
#[cfg(target_os = "freebsd")]
fn name_of_boot() -> Option<String> {
    crate::edge::os::sysctl(c"kern.boot_id")
}

/// Windows has no name for a boot that every edition keeps, so the first process makes one, in a volatile key: such a key
/// "is not preserved when the corresponding registry hive is unloaded", which for this one is when the person logs off. So
/// a boot may have several names, but two boots never share one. Of two first processes at once, one keeps a name of its
/// own.
#[cfg(windows)]
fn name_of_boot() -> Option<String> {
    const VALUE: &str = "name";
    let mut options = windows_registry::CURRENT_USER.options();
    let key = options.read().write().create().volatile().open(r"Software\therapy\boot").ok()?;
    key.get_string(VALUE).or_else(|_| key.set_string(VALUE, new_name()).and_then(|()| key.get_string(VALUE))).ok()
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd", windows)))]
fn name_of_boot() -> Option<String> {
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_has_one_name_and_no_other_has_it() {
        assert_eq!(boot(), boot());
        assert!(!boot().trim().is_empty());
        let names = [new_name(), new_name(), new_name(), boot()];
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
    }

    #[test]
    fn the_clock_goes_on_and_is_that_of_the_machine() {
        let (first, then) = (since_boot(), since_boot());
        assert!(first <= then && then.saturating_sub(first) < Duration::from_secs(60));
        assert!(first > Duration::ZERO);
    }
}
