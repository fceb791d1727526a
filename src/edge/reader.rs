//! Whoever reads standard output. It must not know what they read.

use std::time::Duration;

/// Waits this long. `false` when nobody reads standard output any more, and then at once.
#[cfg(unix)]
pub fn wait(length: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let (stdout, length) = (std::io::stdout(), Timespec::try_from(length).ok());
    // No event is asked for: a pipe that nobody reads is an error, and is told anyway.
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    !poll(&mut watched, length.as_ref()).is_ok_and(|count| count > 0 && watched[0].revents().intersects(gone))
}

/// Waits this long. That nobody reads is noticed when something is written.
#[cfg(not(unix))]
pub fn wait(length: Duration) -> bool {
    crate::edge::clock::wait(length);
    true
}
