//! Waits that end when nobody reads standard output any more. It must not know what is written there.

use std::time::Duration;

/// Waits this long. `false` when nobody reads standard output any more, and then at once.
#[cfg(unix)]
pub fn wait(length: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let (stdout, length) = (std::io::stdout(), Timespec::try_from(length).ok());
    // No event is asked for: a pipe without a reader is an error, which is always reported.
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    !poll(&mut watched, length.as_ref()).is_ok_and(|count| count > 0 && watched[0].revents().intersects(gone))
}

/// Waits this long. A missing reader is noticed at the next write.
#[cfg(not(unix))]
pub fn wait(length: Duration) -> bool {
    crate::edge::clock::wait(length);
    true
}
