//! Other programs that a session starts: players, voices and hooks. Each has a process group of its own (a job on
//! Windows) and a deadline. Its output is discarded, and no process of it remains. This module must not know what they do.

use std::io::{self, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
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

/// A program and what it started, by the number of the first process.
#[derive(Debug)]
struct Group {
    number: u32,
    #[cfg(windows)]
    job: Option<crate::edge::os::Job>,
}

/// The groups that run now; `None` when nothing may start any more.
static RUNNING: Mutex<Option<Vec<Group>>> = Mutex::new(Some(Vec::new()));

fn running() -> MutexGuard<'static, Option<Vec<Group>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a group out of the list, if it is there.
fn take(number: u32) -> Option<Group> {
    let mut running = running();
    let groups = running.as_mut()?;
    let place = groups.iter().position(|group| group.number == number)?;
    Some(groups.swap_remove(place))
}

/// Runs a program to its end, at most until the deadline. It gets `input`, which must fit a pipe; `started` gets the
/// number of its process group. Processes that it leaves in its group are ended too.
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
            groups.push(Group::of(&child));
            child
        }
    };
    let number = child.id();
    started(number);
    if let Some(mut stdin) = child.stdin.take() {
        // The program may ignore its input.
        let _ = stdin.write_all(input);
    }
    let in_time = ends_within(&child, deadline);
    let group = take(number);
    group.iter().for_each(Group::end);
    // The program itself, where the system gave it no group.
    let _ = child.kill();
    let status = child.wait()?;
    match in_time {
        _ if group.is_none() => Err(ChildError::Ended),
        false => Err(ChildError::TooLong(deadline)),
        true if status.success() => Ok(()),
        true => Err(ChildError::Failed(status)),
    }
}

/// Ends the group that [`run`] started, if it still runs.
pub fn stop(number: u32) {
    take(number).iter().for_each(Group::end);
}

/// Programs may start again, after [`stop_all`].
pub fn start_again() {
    running().get_or_insert_default();
}

/// Ends all groups. Nothing starts after this, unless [`start_again`] allows it.
pub fn stop_all() {
    running().take().iter().flatten().for_each(Group::end);
}

/// Waits for the end of the first process of a group, without freeing its number: until then no other process can get
/// it. Returns whether it ended in time.
#[cfg(unix)]
fn ends_within(child: &Child, deadline: Duration) -> bool {
    use std::sync::mpsc::{RecvTimeoutError, channel};

    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let pid = rustix::process::Pid::from_child(child);
    let (ended, end) = channel();
    let wait = move || {
        let ends = || waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        while ends().is_err_and(|error| error == rustix::io::Errno::INTR) {}
        let _ = ended.send(());
    };
    let waits = std::thread::Builder::new().name("child".to_owned()).spawn(wait).is_ok();
    waits && end.recv_timeout(deadline) != Err(RecvTimeoutError::Timeout)
}

#[cfg(windows)]
use crate::edge::os::ends_within;

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Group {
        Group { number: child.id() }
    }

    fn end(&self) {
        if let Some(pid) = i32::try_from(self.number).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(windows)]
impl Group {
    fn of(child: &Child) -> Group {
        // A program that has ended already is in no job.
        Group { number: child.id(), job: crate::edge::os::Job::of(child).ok() }
    }

    fn end(&self) {
        self.job.iter().for_each(crate::edge::os::Job::end);
    }
}
