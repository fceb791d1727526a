//! A stream that never makes its writer wait, and the frames of a terminal. A reader that stopped reading
//! (a full pipe, Ctrl-S, a frozen window) must delay neither the clock nor an alarm.
//!
//! A terminal is opened once more, in non-blocking mode: a thread that wakes for each frame would double
//! the wake-ups of a session. Any other stream is written by a thread. It must not know sessions.

use std::io::{self, Write};
use std::mem::take;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use console::measure_text_width;
use indicatif::TermLike;

use crate::domain::step::StepKind;

/// How long the end of a session waits until its last words are written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A stream that a thread writes, in order. A write never waits; it fails once when the stream has failed.
#[derive(Debug)]
pub struct Output {
    /// `None` once the stream has failed.
    chunks: Option<Sender<Vec<u8>>>,
    failed: Receiver<io::Error>,
}

impl Output {
    /// Starts the thread.
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
        Output { chunks: Some(chunks), failed }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunks.as_ref().is_none_or(|chunks| chunks.send(bytes.to_vec()).is_ok()) {
            return Ok(bytes.len());
        }
        self.chunks = None;
        Err(self.failed.try_recv().unwrap_or_else(|_| io::ErrorKind::BrokenPipe.into()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // The thread ends when its inbox is empty, and drops its end of `failed`.
        self.chunks = None;
        let _ = self.failed.recv_timeout(LAST_WORDS);
    }
}

/// A stream that takes what it can, at once.
pub type Stream = Box<dyn Write + Send>;

/// The terminal behind standard error, opened for this program alone: the mode of the shell's own
/// descriptor stays as it is. Standard error on a thread where that is not possible.
#[must_use]
pub fn stream() -> Stream {
    #[cfg(unix)]
    {
        use rustix::fs::{Mode, OFlags, open};
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let name = rustix::termios::ttyname(rustix::stdio::stderr(), Vec::new());
        if let Ok(terminal) = name.and_then(|name| open(name, flags, Mode::empty())) {
            return Box::new(std::fs::File::from(terminal));
        }
    }
    Box::new(Output::new(io::stderr()))
}

/// Rows and columns of the terminal behind standard error; `None` when it has none or does not say.
#[must_use]
pub fn size() -> Option<(u16, u16)> {
    console::Term::stderr().size_checked().filter(|(rows, columns)| *rows > 0 && *columns > 0)
}

/// The SGR number of a pack's colour, readable on black and on white; empty for a step without a pack,
/// and without `colours`.
#[must_use]
pub fn colour(kind: StepKind, colours: bool) -> &'static str {
    match kind {
        StepKind::Heat if colours => "91",
        StepKind::Cold if colours => "94",
        _ => "",
    }
}

/// The text in these SGR numbers, such as `1;91`; without numbers as it is.
#[must_use]
pub fn paint(sgr: &str, text: &str) -> String {
    if sgr.is_empty() || text.is_empty() { text.to_owned() } else { format!("\x1b[{sgr}m{text}\x1b[0m") }
}

/// A terminal for indicatif: it collects a frame, and sends only the rows that changed.
#[derive(Clone)]
pub(super) struct Terminal(Arc<Mutex<Frames>>);

pub(super) struct Frames {
    stream: Stream,
    /// Bytes that the stream has not taken yet.
    rest: Vec<u8>,
    /// Rows and columns of the terminal now.
    size: (u16, u16),
    /// The rows on the terminal; the cursor is at the start of the last one. Empty when they are unknown.
    shown: Vec<String>,
    /// The width of the terminal when they were drawn.
    width: u16,
    /// What indicatif has written of the next frame: rows, each followed by its padding.
    written: Vec<String>,
    /// Lines that stay, to be printed above the next frame.
    pub(super) above: Vec<String>,
    /// The next frame rings the bell.
    pub(super) rings: bool,
    /// Why nothing can be shown any more.
    pub(super) failure: Option<io::Error>,
}

impl Terminal {
    pub(super) fn new(stream: Stream) -> Terminal {
        let (rest, shown, written, above) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (size, rings, failure) = ((0, 0), false, None);
        Terminal(Arc::new(Mutex::new(Frames { stream, rest, size, shown, width: 0, written, above, rings, failure })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Frames> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Terminal")
    }
}

impl Frames {
    /// Asks for the size of the terminal. When others wrote on it, the next frame begins at the cursor.
    pub(super) fn look(&mut self, look: impl Fn() -> ((u16, u16), bool)) -> (u16, u16) {
        let (size, others_wrote) = look();
        self.size = size;
        self.shown.truncate(if others_wrote { 0 } else { usize::MAX });
        size
    }

    /// Whether all bytes so far were taken: until then the next frame is not worth drawing.
    pub(super) fn is_free(&mut self) -> bool {
        while !self.rest.is_empty() {
            match self.stream.write(&self.rest) {
                Ok(0) => break,
                Ok(count) => drop(self.rest.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => (self.rest, self.failure) = (Vec::new(), Some(error)),
            }
        }
        self.rest.is_empty()
    }

    /// Sends what differs from the rows on the terminal, and the lines above them.
    fn send(&mut self) {
        let rows: Vec<String> = take(&mut self.written).into_iter().step_by(2).collect();
        let all = !self.above.is_empty() || rows.len() != self.shown.len() || self.width != self.size.1;
        let mut bytes = String::new();
        if all || rows != self.shown {
            let up = if all { self.height() } else { rows.len() }.saturating_sub(1);
            bytes.extend((up > 0).then(|| format!("\x1b[{up}A")));
            bytes.push_str(if all { "\r\x1b[J" } else { "\r" });
            for line in self.above.drain(..) {
                let wrapped = textwrap::wrap(&line, usize::from(self.size.1));
                bytes.extend(wrapped.iter().flat_map(|row| [row, "\r\n"]));
            }
            for (at, row) in rows.iter().enumerate() {
                bytes.push_str(if at > 0 { "\r\n" } else { "" });
                if all || self.shown[at] != *row {
                    // Erased first: after a row that fills the width it would erase the last letter.
                    bytes.extend(["\x1b[K", row]);
                }
            }
            bytes.push('\r');
        }
        (self.shown, self.width) = (rows, self.size.1);
        bytes.push_str(if take(&mut self.rings) { "\x07" } else { "" });
        self.rest.extend(bytes.as_bytes());
        self.is_free();
    }

    /// How many rows the last frame has now: a terminal that became narrower may have wrapped it.
    fn height(&self) -> usize {
        let wrapped = |row: &String| measure_text_width(row).div_ceil(usize::from(self.size.1.max(1))).max(1);
        self.shown.iter().map(wrapped).sum()
    }
}

/// Only a terminal leaves a rest. It gets some time to take it.
impl Drop for Frames {
    fn drop(&mut self) {
        if !self.is_free() {
            let _ = Output::new(io::stderr()).write(&self.rest);
        }
    }
}

/// Movements and erasing are left out: the frame itself knows which rows change.
impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.lock().size.1
    }
    fn height(&self) -> u16 {
        self.lock().size.0
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, row: &str) -> io::Result<()> {
        self.write_str(row)
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.lock().written.push(text.to_owned());
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        self.lock().send();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_writes_everything_and_reports_a_failure_exactly_once() {
        let (reader, writer) = io::pipe().expect("a pipe");
        let mut output = Output::new(writer);
        (0..100).for_each(|_| assert_eq!(output.write(b"line\n").expect("a stream that takes all"), 5));
        drop(output);
        assert_eq!(io::read_to_string(&reader).expect("all").len(), 500);

        let (_, writer) = io::pipe().expect("a pipe");
        let mut output = Output::new(writer);
        assert!(std::iter::repeat_with(|| output.write(b"x")).any(|written| written.is_err()));
        assert!((0..100).all(|_| output.write(b"x").is_ok()));
    }
}
