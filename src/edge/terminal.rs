//! Streams that never make their writer wait, and the frames of a terminal. A reader that stopped reading
//! (a full pipe, Ctrl-S, a frozen window) must delay neither the clock nor an alarm. A terminal is opened
//! again in non-blocking mode, because a thread would double the wake-ups of a session; a thread writes any
//! other stream. This module must not know sessions.

use std::io::{self, IsTerminal, Write};
use std::mem::take;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use indicatif::TermLike;
use textwrap::core::display_width;

use crate::edge::clock;
use crate::edge::window::Window;
use crate::text::timeline::ascii;

/// How long the last words of the program wait for their reader, all together.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long they have waited. A reader that does not read holds up the end once, not once for each message.
static WAITED: Mutex<Duration> = Mutex::new(Duration::ZERO);

/// How long a flush waits.
const MOMENT: Duration = Duration::from_millis(100);

/// In ASCII, in place of the medium shade of digits whose clock stands still.
const PALE: char = ':';
const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";

/// The bytes that give back the terminal; empty while there is no frame.
static BACK: Mutex<String> = Mutex::new(String::new());

/// Gives the terminal back, below the frame, when the process exits without a chance to remove it.
pub fn give_back() {
    let back = take(&mut *lock(&BACK));
    if !back.is_empty() {
        let _ = stream().and_then(|mut stream| stream.write(format!("\r\n{back}").as_bytes()));
    }
}

/// Bytes, and who waits until they are written.
type Chunk = (Vec<u8>, Option<Sender<()>>);

/// A stream that a thread writes. A write never waits, and a flush only for a moment; one of the next writes reports
/// a failure, once.
#[derive(Debug)]
pub struct Output {
    /// `None` at the end.
    chunks: Option<Sender<Chunk>>,
    written: Receiver<io::Result<()>>,
}

impl Output {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system provides no thread.
    pub fn new(mut stream: impl Write + Send + 'static) -> io::Result<Output> {
        let (chunks, inbox) = mpsc::channel::<Chunk>();
        let (result, written) = mpsc::channel();
        let mut write = move |(bytes, waiting): Chunk| {
            stream.write_all(&bytes)?;
            waiting.map_or(Ok(()), |waiting| waiting.send(()).or(Ok(())))
        };
        let write = move || result.send(inbox.iter().try_for_each(&mut write));
        thread::Builder::new().name("output".to_owned()).spawn(write)?;
        Ok(Output { chunks: Some(chunks), written })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.chunks.as_ref().is_some_and(|chunks| chunks.send((bytes.to_vec(), None)).is_ok());
        let failed = if sent { None } else { self.written.try_recv().ok() };
        failed.unwrap_or(Ok(())).map(|()| bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        let (waiting, written) = mpsc::channel();
        let _ = self.chunks.as_ref().map(|chunks| chunks.send((Vec::new(), Some(waiting))));
        let _ = written.recv_timeout(MOMENT);
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Without a sender the thread ends once its inbox is empty.
        self.chunks = None;
        let mut waited = lock(&WAITED);
        let since = clock::unhurried();
        let _ = self.written.recv_timeout(LAST_WORDS.saturating_sub(*waited));
        *waited += clock::unhurried().since(since);
    }
}

/// Whether a person or a program reads a stream while it is written: a terminal, a pipe or a socket, but neither a file
/// nor a device like `/dev/null`.
#[cfg(unix)]
pub fn is_read(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> bool {
    use rustix::fs::{FileType, fstat};
    let kind = fstat(stream).map(|stat| FileType::from_raw_mode(stat.st_mode));
    stream.is_terminal() || matches!(kind, Ok(FileType::Fifo | FileType::Socket))
}

/// Whether a person or a program reads a stream while it is written. Not known here.
#[cfg(windows)]
pub fn is_read(_: &impl IsTerminal) -> bool {
    true
}

/// Whether a terminal without a name takes escape sequences. A console of Windows does when it is asked to.
pub fn takes_sequences() -> bool {
    #[cfg(windows)]
    {
        let both = [crate::edge::os::take_sequences(&io::stdout()), crate::edge::os::take_sequences(&io::stderr())];
        both.contains(&true)
    }
    #[cfg(not(windows))]
    false
}

/// A stream that takes what it can, at once.
pub type Stream = Box<dyn Write + Send>;

/// The terminal behind standard error, opened for this program alone: the mode of the shell's own
/// descriptor stays as it is. Standard error on a thread where that is not possible.
///
/// # Errors
/// When the system provides no thread.
pub fn stream() -> io::Result<Stream> {
    #[cfg(unix)]
    {
        let name = rustix::termios::ttyname(rustix::stdio::stderr(), Vec::new());
        if let Ok(terminal) = name.and_then(open) {
            return Ok(Box::new(terminal));
        }
    }
    Ok(Box::new(Output::new(io::stderr())?))
}

/// Opens a terminal for writing. Ctrl-S there holds up no alarm.
#[cfg(unix)]
pub(super) fn open(name: impl rustix::path::Arg) -> rustix::io::Result<std::fs::File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    open(name, flags, Mode::empty()).map(Into::into)
}

/// Whether this process may hide the cursor, because no other program has the terminal.
pub(super) fn is_in_front() -> bool {
    #[cfg(unix)]
    return crate::edge::jobs::has(rustix::stdio::stderr()) != Some(false);
    #[cfg(not(unix))]
    true
}

/// Bytes for the terminal that are not part of a frame. They are sent with the next one.
#[derive(Clone, Debug, Default)]
pub struct Aside(Arc<Mutex<String>>);

impl Aside {
    /// Adds a whole sequence. It is left out while another program has the terminal.
    pub fn add(&self, sequence: &str) {
        lock(&self.0).push_str(sequence);
        // There is no frame any more.
        if Arc::strong_count(&self.0) == 1 {
            let _ = stream().and_then(|mut stream| stream.write(self.take(is_in_front()).as_bytes()));
        }
    }

    fn take(&self, in_front: bool) -> String {
        let bytes = take(&mut *lock(&self.0));
        if in_front { bytes } else { String::new() }
    }
}

/// Whether the locale says that the terminal shows other characters than ASCII. Without a locale it is not known, and
/// nearly every terminal does.
pub fn shows_unicode() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    locale.is_none_or(|locale| locale.to_lowercase().replace('-', "").contains("utf8"))
}

/// A terminal for indicatif: it collects a frame, and sends only the rows that changed.
#[derive(Clone)]
pub(super) struct Terminal(pub(super) Arc<Mutex<Frames>>);

pub(super) struct Frames {
    stream: Stream,
    /// It shows other characters than ASCII.
    pub(super) unicode: bool,
    /// Bytes that the stream has not taken yet.
    rest: Vec<u8>,
    /// Rows and columns of the terminal now.
    size: (u16, u16),
    /// The rows on the terminal; the cursor is at the start of the last one. Empty when they are unknown.
    shown: Vec<String>,
    /// The width of the terminal when they were drawn.
    width: u16,
    /// The cursor is hidden, as it is while there is a frame.
    hidden: bool,
    /// Its title and progress, as long as there is a frame.
    pub(super) window: Window,
    /// What others send with the next frame.
    pub(super) aside: Aside,
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
        let (rest, size, shown, width, hidden, written) = Default::default();
        let (window, aside, above, rings, failure) = Default::default();
        let unicode = true;
        let frames =
            Frames { stream, unicode, rest, size, shown, width, hidden, window, aside, written, above, rings, failure };
        Terminal(Arc::new(Mutex::new(frames)))
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Terminal")
    }
}

impl Frames {
    /// Takes the size of the terminal. When others wrote on it, the next frame begins at the cursor.
    pub(super) fn look(&mut self, (size, others_wrote): ((u16, u16), bool)) -> (u16, u16) {
        self.size = size;
        if others_wrote {
            self.shown.clear();
            self.hidden = false;
            self.window.forget();
        }
        size
    }

    /// Hides the cursor and changes the window around a frame, or gives both back.
    fn dress(&mut self, has_frame: bool) -> String {
        let is_new = std::mem::replace(&mut self.hidden, has_frame) != has_frame;
        let cursor = if has_frame { HIDE_CURSOR } else { SHOW_CURSOR };
        let window = if has_frame { self.window.changes() } else { self.window.give_back() };
        let back = if has_frame { self.window.back() + SHOW_CURSOR } else { String::new() };
        *lock(&BACK) = back;
        let window = if self.unicode { window } else { ascii(&window, PALE) };
        if is_new { cursor.to_owned() + &window } else { window }
    }

    /// Whether all bytes so far were taken: until then the next frame is not worth drawing.
    pub(super) fn is_free(&mut self) -> bool {
        while !self.rest.is_empty() {
            match self.stream.write(&self.rest) {
                Ok(count) if count > 0 => drop(self.rest.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    (self.rest, self.failure) = (Vec::new(), Some(error));
                }
                _ => break,
            }
        }
        self.rest.is_empty()
    }

    /// Removes the frame, and sends the lines above it: others will write on the terminal now.
    pub(super) fn leave(&mut self) {
        self.written.clear();
        self.send();
        let _ = self.stream.flush();
    }

    /// Sends what differs from the rows on the terminal, and the lines above them.
    fn send(&mut self) {
        let mut rows: Vec<String> = take(&mut self.written).into_iter().step_by(2).collect();
        if !self.unicode {
            rows.iter_mut().chain(&mut self.above).for_each(|row| *row = ascii(row, PALE));
        }
        let all = !self.above.is_empty() || rows.len() != self.shown.len() || self.width != self.size.1;
        let in_front = is_in_front();
        let mut bytes = self.dress(!rows.is_empty() && in_front) + &self.aside.take(in_front);
        if all || rows != self.shown {
            // No row is wider than the terminal that it was drawn for.
            let up = if self.width == self.size.1 { self.shown.len().saturating_sub(1) } else { self.height() };
            bytes.extend((up > 0).then(|| format!("\x1b[{up}A")));
            // Not from the first column: in the first row tmux would move all rows into its history.
            bytes.push_str(if all { "\r \x1b[J\r" } else { "\r" });
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

    /// How far above the cursor the frame begins: a terminal that became narrower may have wrapped its rows.
    fn height(&self) -> usize {
        let wrapped = |row: &String| display_width(row).div_ceil(usize::from(self.size.1.max(1))).max(1);
        self.shown.iter().rev().skip(1).map(wrapped).sum()
    }
}

/// Only a terminal can leave some bytes untaken. It gets some time to take them.
impl Drop for Frames {
    fn drop(&mut self) {
        let back = self.dress(false) + &self.aside.take(is_in_front());
        self.rest.extend(back.as_bytes());
        if !self.is_free() {
            let _ = Output::new(io::stderr()).and_then(|mut output| output.write(&self.rest));
        }
    }
}

/// Movements and erasing are left out: the frame itself knows which rows change.
impl TermLike for Terminal {
    fn width(&self) -> u16 {
        lock(&self.0).size.1
    }
    fn height(&self) -> u16 {
        lock(&self.0).size.0
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
        lock(&self.0).written.push(text.to_owned());
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        lock(&self.0).send();
        Ok(())
    }
}
