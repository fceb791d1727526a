//! Which process group has the terminal: the shell gives it to one at a time. This module must not know what is read
//! or written there.
//!
//! A group or session outside of the container of this process has the number 0. If the foreground has none either, it
//! counts as this process: they cannot be told apart, and a sandbox is rarely started in the background.

#[cfg(unix)]
use std::os::fd::AsFd;

#[cfg(unix)]
use nix::unistd::{getpgid, getpgrp, getppid, getsid, tcgetpgrp};

/// Whether this process has the terminal; `None` where it is no terminal, or not the one of this process.
#[cfg(unix)]
pub fn has(terminal: impl AsFd) -> Option<bool> {
    tcgetpgrp(terminal).ok().map(|group| group == getpgrp())
}

/// Whether a shell above this process could continue it. Without one, as directly in the window of a terminal, Ctrl-Z
/// would stop every alarm for good.
#[cfg(unix)]
pub fn has_shell() -> bool {
    let parent = getppid();
    let Ok(session) = getsid(None) else { return false };
    // A parent in the same group that began the session is not a shell, and there is none above it.
    let is_alone = parent == session && getpgid(Some(parent)) == Ok(getpgrp());
    // The number 0 asks for this process.
    parent.as_raw() != 0 && getsid(Some(parent)) == Ok(session) && !is_alone
}
