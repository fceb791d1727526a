//! A point in time on the one clock that sessions use. It must not know the time of day.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A point in time since an arbitrary origin, on a clock that counts while the machine sleeps.
/// Sums and differences stay between the origin and the largest `Duration`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Duration);

impl Moment {
    /// The moment that lies this long after the origin.
    pub const fn new(since_origin: Duration) -> Moment {
        Moment(since_origin)
    }

    /// Time since the origin.
    pub const fn since_origin(self) -> Duration {
        self.0
    }

    /// Time from `earlier` to this moment; zero when `earlier` is later.
    pub fn since(self, earlier: Moment) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Moment;

    fn add(self, length: Duration) -> Moment {
        Moment(self.0.saturating_add(length))
    }
}

impl Sub<Duration> for Moment {
    type Output = Moment;

    fn sub(self, length: Duration) -> Moment {
        Moment(self.0.saturating_sub(length))
    }
}
