//! A stream that never makes its writer wait. A reader that stopped reading (a full pipe, Ctrl-S)
//! must hold up neither the clock nor the alarms.
//!
//! A terminal is opened once more, without blocking: bars are drawn every second, and a thread that
//! wakes for each frame would double what a session costs. Anything else is written by a thread.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the end of a session waits for the last words to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What may have happened to a terminal behind the back of who draws on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is as it was left.
    Nothing,
    /// It may have another size.
    Size,
    /// A shell has written on it too.
    Rows,
}

/// A stream.
#[derive(Debug)]
pub struct Output(Way);

#[derive(Debug)]
enum Way {
    /// A terminal that does not block, and what it has not taken yet.
    Terminal { file: File, rest: Vec<u8> },
    /// A thread writes; `None` once that failed.
    Thread { chunks: Option<Sender<Vec<u8>>>, failed: Receiver<io::Error> },
    /// Nothing is written yet.
    Kept(Kept),
}

/// What an [`Output`] was given, kept to be printed as one result.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    /// Takes what came so far.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Output {
    /// Writes on a thread.
    #[must_use]
    pub fn new(mut stream: impl Write + Send + 'static) -> Output {
        let (chunks, inbox) = mpsc::channel::<Vec<u8>>();
        let (failures, failed) = mpsc::channel();
        thread::spawn(move || {
            for chunk in inbox {
                if let Err(error) = stream.write_all(&chunk).and_then(|()| stream.flush()) {
                    let _ = failures.send(error);
                    return;
                }
            }
        });
        Output(Way::Thread { chunks: Some(chunks), failed })
    }

    /// Writes to the terminal behind standard error, or to standard error where that is none.
    #[must_use]
    pub fn terminal() -> Output {
        match open_again() {
            Some(file) => Output(Way::Terminal { file, rest: Vec::new() }),
            None => Output::new(io::stderr()),
        }
    }

    /// Writes nothing: keeps it.
    #[must_use]
    pub fn keep(kept: &Kept) -> Output {
        Output(Way::Kept(kept.clone()))
    }

    /// Hands over bytes to be written in order.
    ///
    /// # Errors
    /// When nothing can be written any more; said once.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.drain()?;
        match &mut self.0 {
            Way::Terminal { file, rest } => {
                let taken = if rest.is_empty() { offer(file, bytes)? } else { 0 };
                rest.extend(&bytes[taken..]);
                Ok(())
            }
            Way::Thread { chunks, failed } => {
                if chunks.as_ref().is_none_or(|chunks| chunks.send(bytes.to_vec()).is_ok()) {
                    return Ok(());
                }
                *chunks = None;
                Err(failed.try_recv().unwrap_or_else(|_| io::Error::from(io::ErrorKind::BrokenPipe)))
            }
            Way::Kept(kept) => {
                kept.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
                Ok(())
            }
        }
    }

    /// Whether a frame that is sent now would be seen now; otherwise it is not worth sending.
    pub fn is_free(&mut self) -> bool {
        let _ = self.drain();
        !matches!(&self.0, Way::Terminal { rest, .. } if !rest.is_empty())
    }

    fn drain(&mut self) -> io::Result<()> {
        let Way::Terminal { file, rest } = &mut self.0 else {
            return Ok(());
        };
        if rest.is_empty() {
            return Ok(());
        }
        let taken = offer(file, rest);
        drop(rest.drain(..*taken.as_ref().unwrap_or(&rest.len())));
        taken.map(drop)
    }
}

/// How much of it is taken now.
fn offer(file: &mut File, bytes: &[u8]) -> io::Result<usize> {
    let mut taken = 0;
    while taken < bytes.len() {
        match file.write(&bytes[taken..]) {
            Ok(0) => break,
            Ok(count) => taken += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}

impl Drop for Output {
    fn drop(&mut self) {
        match &mut self.0 {
            Way::Terminal { file, rest } if !rest.is_empty() => {
                wait_for(file);
                let _ = self.drain();
            }
            Way::Terminal { .. } | Way::Kept(_) => {}
            Way::Thread { chunks, failed } => {
                // The thread ends when its inbox is empty, and drops its end of `failed`.
                *chunks = None;
                let _ = failed.recv_timeout(LAST_WORDS);
            }
        }
    }
}

/// The terminal behind standard error, opened for this program alone, so that not blocking stays
/// its own business and not the shell's.
#[cfg(unix)]
fn open_again() -> Option<File> {
    use rustix::fs::{Mode, OFlags, open};
    let name = rustix::termios::ttyname(rustix::stdio::stderr(), Vec::new()).ok()?;
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Some(File::from(open(name, flags, Mode::empty()).ok()?))
}

/// Rows and columns of the terminal behind standard error, when it tells them.
#[cfg(unix)]
#[must_use]
pub fn size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok()?;
    Some((size.ws_row, size.ws_col))
}

/// Rows and columns of the terminal behind standard error, when it tells them.
#[cfg(not(unix))]
#[must_use]
pub fn size() -> Option<(u16, u16)> {
    console::Term::stderr().size_checked()
}

#[cfg(not(unix))]
fn open_again() -> Option<File> {
    None
}

#[cfg(unix)]
fn wait_for(file: &File) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let patience = Timespec::try_from(LAST_WORDS).ok();
    let _ = poll(&mut [PollFd::new(file, PollFlags::OUT)], patience.as_ref());
}

#[cfg(not(unix))]
fn wait_for(_: &File) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().map_or(Ok(0), |mut all| all.write(bytes))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_is_written_before_it_is_dropped() {
        let stream = Shared::default();
        let mut output = Output::new(stream.clone());
        for _ in 0..100 {
            output.send(b"line\n").expect("a stream that takes all");
        }
        drop(output);
        assert_eq!(stream.0.lock().expect("no panic").len(), 500);
    }

    #[test]
    fn a_stream_that_went_away_is_told_exactly_once() {
        let mut output = Output::new(Gone);
        let told = std::iter::repeat_with(|| output.send(b"x")).position(|sent| sent.is_err());
        assert!(told.is_some());
        assert!((0..100).all(|_| output.send(b"x").is_ok()));
    }

    /// A terminal whose other side reads nothing takes some frames, then no more, and never blocks.
    #[cfg(unix)]
    #[test]
    fn a_terminal_that_nobody_reads_does_not_block() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let file = File::from(std::os::fd::OwnedFd::from(writer));
        rustix::fs::fcntl_setfl(&file, rustix::fs::OFlags::NONBLOCK).expect("a flag");
        let mut output = Output(Way::Terminal { file, rest: Vec::new() });
        let mut frames: usize = 0;
        while output.is_free() {
            output.send(&[b'x'; 1000]).expect("no failure");
            frames += 1;
        }
        assert!(frames > 10);
        let taken = thread::spawn(move || {
            let mut all = Vec::new();
            io::Read::read_to_end(&mut reader, &mut all).map(|_| all.len())
        });
        drop(output);
        assert_eq!(taken.join().expect("no panic").expect("read"), frames * 1000);
    }
}
