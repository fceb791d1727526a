//! Other programs that a session starts: players, voices and hooks. Each has a process group of its own, a deadline,
//! and an output that nobody reads, and leaves nothing behind. This module must not know what they do.

use std::io::{self, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use thiserror::Error;

/// Why a program did not do its work.
#[derive(Debug, Error)]
pub enum ChildError {
    /// There is no such program.
    #[error("it is not installed")]
    Missing,
    /// The system refuses to start it.
    #[error("it cannot be started: {0}")]
    Refused(#[from] io::Error),
    /// It ended with a failure.
    #[error("it failed ({0})")]
    Failed(ExitStatus),
    /// It ran until its deadline, and was ended.
    #[error("it did not end within {} s", .0.as_secs())]
    TooLong(Duration),
    /// Another thread ended it.
    #[error("it was ended")]
    Ended,
}

/// The process groups that run now; `None` when nothing may start any more.
static RUNNING: Mutex<Option<Vec<u32>>> = Mutex::new(Some(Vec::new()));

fn running() -> MutexGuard<'static, Option<Vec<u32>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a group out of the list. Returns whether it was there.
fn take(group: u32) -> bool {
    let mut running = running();
    let Some(groups) = running.as_mut() else { return false };
    let place = groups.iter().position(|other| *other == group);
    place.map(|place| groups.swap_remove(place)).is_some()
}

/// Runs a program to its end, at most until the deadline. It gets `input`, which must fit a pipe, and `started` the
/// number of its process group. Whatever it left running in its group is ended too.
///
/// # Errors
/// When it is missing, fails or does not end.
pub fn run(
    command: &mut Command,
    input: &[u8],
    deadline: Duration,
    started: impl FnOnce(u32),
) -> Result<(), ChildError> {
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    command.stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    // Under the lock, so that nothing starts unseen while all are ended.
    let mut child = match running().as_mut() {
        None => return Err(ChildError::Ended),
        Some(groups) => {
            let child = command.spawn().map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => ChildError::Missing,
                _ => ChildError::Refused(error),
            })?;
            groups.push(child.id());
            child
        }
    };
    let group = child.id();
    started(group);
    if let Some(mut stdin) = child.stdin.take() {
        // It need not read it.
        let _ = stdin.write_all(input);
    }
    let in_time = ends_within(group, deadline);
    let was_ended = !take(group);
    end(group, &mut child);
    let status = child.wait()?;
    match in_time {
        _ if was_ended => Err(ChildError::Ended),
        false => Err(ChildError::TooLong(deadline)),
        true if status.success() => Ok(()),
        true => Err(ChildError::Failed(status)),
    }
}

/// Ends the group that [`run`] started, if it still runs.
pub fn stop(group: u32) {
    if take(group) {
        kill(group);
    }
}

/// Programs may start again, after [`stop_all`].
pub fn start_again() {
    running().get_or_insert_default();
}

/// Ends all groups. Nothing starts after this, unless [`start_again`] allows it.
pub fn stop_all() {
    for group in running().take().into_iter().flatten() {
        kill(group);
    }
}

/// Waits for the end of the first process of a group, without freeing its number: until then no other process can get
/// it. Returns whether it ended in time.
#[cfg(unix)]
fn ends_within(group: u32, deadline: Duration) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let Some(pid) = pid(group) else { return false };
    let (ended, end) = mpsc::channel();
    let wait = move || {
        let ends = || waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        while ends().is_err_and(|error| error == rustix::io::Errno::INTR) {}
        let _ = ended.send(());
    };
    let waits = thread::Builder::new().name("child".to_owned()).spawn(wait).is_ok();
    waits && end.recv_timeout(deadline) != Err(RecvTimeoutError::Timeout)
}

#[cfg(unix)]
fn pid(group: u32) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(group).ok()?)
}

#[cfg(unix)]
fn kill(group: u32) {
    if let Some(pid) = pid(group) {
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}

#[cfg(unix)]
fn end(group: u32, _: &mut Child) {
    kill(group);
}

/// Not tested. Without process groups, what the program started goes on.
#[cfg(not(unix))]
fn ends_within(_: u32, _: Duration) -> bool {
    true
}

#[cfg(not(unix))]
fn kill(_: u32) {}

#[cfg(not(unix))]
fn end(_: u32, _: &mut Child) {}
