//! The program on a real terminal: screen, keys, signals. The terminal is restored after every kind of end.
#![cfg(unix)]

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::num::NonZeroU16;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pty_process::Size;
use pty_process::blocking::{Command as OnTerminal, Pty, open};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, Termios, tcgetattr, ttyname};
use therapy::domain::protocol::{Choice, Protocol};
use therapy::domain::rules::Context;
use therapy::edge::clock;
use therapy::edge::screen::Screen;
use therapy::text::digits;

use crate::support::Home;

mod frame;
mod keys;
mod plain;
mod ready;
mod resize;
mod rows;
mod screens;
mod ways_out;
mod window;
#[cfg(target_os = "linux")]
mod wine;

pub use window::Around;

/// Longer than a busy machine needs. Only a failing test waits this long.
const DEADLINE: Duration = Duration::from_secs(20);

/// A mark that a test writes after all output of the program.
const END: &[u8] = &[0; 4];

/// Long steps, so that only keys and signals change anything during a test.
const LONG: &str = "name = \"long\"\nsummary = \"test\"\n\
    [[step]]\ndo = \"heat\"\nfor = \"10min\"\nnote = \"moist pad, low\"\n\
    [[step]]\ndo = \"cold\"\nfor = \"10min\"\n";

/// A terminal with the program on it.
pub struct Terminal {
    pub pty: Pty,
    /// The program's side. It stays open, so that its modes can be read after the exit.
    pub inner: File,
    before: Termios,
    pub child: Child,
    screen: vt100::Parser<Around>,
    bytes: Vec<u8>,
}

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("not zero")
}

impl Terminal {
    /// Starts `command` on a terminal of this size.
    pub fn start(command: Command, rows: u16, columns: u16) -> Terminal {
        let (pty, pts) = open().expect("a pseudo-terminal");
        pty.resize(Size::new(rows, columns)).expect("a size");
        let name = ttyname(&pts, Vec::new()).expect("a name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let inner = File::from(rustix::fs::open(name, flags, Mode::empty()).expect("its other side"));
        let before = tcgetattr(&inner).expect("modes");
        assert!(before.local_modes.contains(LocalModes::ECHO | LocalModes::ICANON), "a fresh terminal");
        let child = OnTerminal::from(command).spawn(pts).expect("the program starts");
        let screen = vt100::Parser::new_with_callbacks(size(rows), size(columns), 0, Around::default());
        Terminal { pty, inner, before, child, screen, bytes: Vec::new() }
    }

    /// Runs `therapy` with these arguments on 24 rows and 80 columns.
    fn therapy(home: &Home, arguments: &[&str]) -> Terminal {
        Terminal::start(command(home, arguments), 24, 80)
    }

    /// Reads the output of the next moments.
    fn read(&mut self) {
        let moment = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
        let mut watched = [PollFd::new(&self.pty, PollFlags::IN)];
        if poll(&mut watched, Some(&moment)).is_ok_and(|ready| ready > 0) {
            let mut bytes = [0; 4096];
            let count = self.pty.read(&mut bytes).expect("the terminal is held open");
            self.bytes.extend(&bytes[..count]);
            self.screen.process(&bytes[..count]);
        }
    }

    /// Reads until the condition holds.
    pub fn until(&mut self, what: &str, holds: impl Fn(&mut Terminal) -> bool) {
        let start = clock::now();
        while !holds(self) {
            let waited = clock::now().since(start);
            assert!(waited < DEADLINE, "never came: {what}\n{}\n{:?}", self.contents(), self.text());
            self.read();
        }
    }

    /// Reads until the screen shows this.
    pub fn see(&mut self, text: &str) {
        self.until(text, |terminal| terminal.contents().contains(text));
    }

    /// Reads until the digits show this time, which has a word beside it.
    pub fn see_clock(&mut self, word: &str, time: &str) {
        let shows = |terminal: &mut Terminal| {
            clock_of(terminal.screen.screen()).as_deref() == Some(time) && terminal.contents().contains(word)
        };
        self.until(&format!("{word} {time}"), shows);
    }

    /// Waits for the end of the program, and reads all its output.
    pub fn end(&mut self) -> ExitStatus {
        self.until("the end", |terminal| terminal.child.try_wait().expect("a child").is_some());
        // Output passes through a terminal with a delay, but in order. So write a mark after it and read
        // up to the mark. NUL shows nothing. A closed terminal accepts no mark and has no more output.
        if self.inner.write_all(END).is_ok() {
            self.until("everything", |terminal| terminal.bytes.ends_with(END));
            self.bytes.truncate(self.bytes.len() - END.len());
        }
        self.child.wait().expect("a child")
    }

    pub fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("the program runs");
    }

    /// Closes the window. The program goes on without a terminal.
    pub fn hang_up(&mut self) {
        // Replacing the terminal closes the last descriptor of the old one, so the system hangs up.
        let (pty, pts) = open().expect("another pseudo-terminal");
        let name = ttyname(&pts, Vec::new()).expect("a name");
        let inner = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty());
        (self.pty, self.inner) = (pty, File::from(inner.expect("its other side")));
    }

    pub fn resize(&mut self, rows: u16, columns: u16) {
        self.pty.resize(Size::new(rows, columns)).expect("a size");
        self.screen.set_size(size(rows), size(columns));
    }

    pub fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    /// The row and the column of the cursor.
    pub fn cursor(&self) -> (u16, u16) {
        self.screen.screen().cursor_position()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn modes(&self) -> LocalModes {
        tcgetattr(&self.inner).expect("modes").local_modes
    }

    /// The program reads the keys: no echo, no line mode.
    pub fn is_taken(&mut self) -> bool {
        !self.modes().intersects(LocalModes::ECHO | LocalModes::ICANON)
    }

    /// What the window shows beside the text.
    pub fn around(&self) -> &Around {
        self.screen.callbacks()
    }

    pub fn hides_cursor(&self) -> bool {
        self.screen.screen().hide_cursor()
    }

    /// The terminal is as it was before the program started.
    pub fn assert_restored(&self) {
        let now = tcgetattr(&self.inner).expect("modes");
        assert_eq!(now.local_modes, self.before.local_modes, "ECHO and ICANON");
        assert_eq!(now.input_modes, self.before.input_modes);
        assert_eq!(now.output_modes, self.before.output_modes);
        assert!(!self.hides_cursor(), "the cursor is visible");
        self.around().assert_restored();
        assert!(!self.screen.screen().alternate_screen());
        assert!(!self.text().contains("panicked"), "{}", self.text());
    }

    /// The rows of the frame from this row on, without margins and blank rows.
    fn frame(&self, first: &str) -> Vec<String> {
        let (_, columns) = self.screen.screen().size();
        let rows = self.screen.screen().rows(0, columns.get()).map(|row| row.trim().to_owned());
        let rows: Vec<String> = rows.skip_while(|row| !row.starts_with(first)).filter(|row| !row.is_empty()).collect();
        assert!(!rows.is_empty(), "no row begins with {first}: {}", self.contents());
        rows
    }

    pub fn wrapped_rows(&self) -> Vec<u16> {
        let (rows, _) = self.screen.screen().size();
        (0..rows.get()).filter(|row| self.screen.screen().row_wrapped(*row)).collect()
    }
}

/// The time that digits of five rows show, in a window of 80 columns or of 40.
pub fn clock_of(screen: &vt100::Screen) -> Option<String> {
    let (_, columns) = screen.size();
    let places: [usize; 5] = if columns.get() < 80 { [1, 10, 19, 22, 31] } else { [15, 25, 35, 39, 49] };
    let rows: Vec<Vec<char>> =
        screen.rows(0, columns.get()).map(|row| format!("{row:<80}").chars().collect()).collect();
    let known = "0123456789:".chars().map(|letter| (letter, digits::text(&letter.to_string(), digits::Size::Five, 0)));
    let known: Vec<_> = known.chain([(' ', vec![" ".repeat(8); 5])]).collect();
    let part = |row: &[char], at: usize, width: usize| row[at..at + width].iter().collect();
    let read = |rows: &[Vec<char>]| -> Option<String> {
        let letter = |at: usize| {
            let shows = |(_, picture): &&(char, Vec<String>)| {
                let width = digits::width(picture);
                rows.iter().zip(picture).all(|(row, drawn)| {
                    let (shown, pale): (String, String) = (part(row, at, width), digits::pale(drawn, '▒'));
                    shown == *drawn || shown == pale
                })
            };
            known.iter().find(shows).map(|(letter, _)| *letter)
        };
        let time: Option<String> = places.into_iter().map(letter).collect();
        time.filter(|time| time.chars().nth(2) == Some(':'))
    };
    rows.windows(5).find_map(read).map(|time| time.trim().to_owned())
}

/// Ends the session when a test fails.
impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `therapy run` without notifications.
fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(&["run", "--no-notify"]);
    command.args(arguments);
    command
}

/// A home with these steps in `own.toml`.
fn home(steps: &[(&str, &str)]) -> Home {
    let home = Home::new();
    let steps = steps.iter().map(|(kind, length)| format!("[[step]]\ndo = \"{kind}\"\nfor = \"{length}\"\n"));
    home.file("own.toml", &steps.collect::<String>());
    home
}

/// A session of long steps, on a terminal that shows the first frame.
fn long_session(arguments: &[&str]) -> (Home, Terminal) {
    let home = Home::new();
    home.file("own.toml", LONG);
    let mut terminal = Terminal::therapy(&home, &[&["own.toml"], arguments].concat());
    terminal.see("q stop");
    (home, terminal)
}

/// The numbers of each `ESC [ … m` in a text.
fn renditions(text: &str) -> Vec<u16> {
    let escapes = text.split("\u{1b}[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        rest[end..].starts_with('m').then(|| &rest[..end])
    });
    escapes.flat_map(|numbers| numbers.split(';')).filter_map(|number| number.parse().ok()).collect()
}

/// A stream whose bytes a test can take.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A screen of this size that writes to this buffer.
fn screen(kept: &Kept, rows: u16, columns: u16) -> Screen {
    let wall = Box::new(|_| "19:34".to_owned());
    Screen::new(Box::new(kept.clone()), Box::new(move || ((rows, columns), false)), wall, true, "test".to_owned())
}

/// The protocol in this text.
fn protocol(text: &str) -> Protocol {
    therapy::format::parse(text, "test").draft.review(Choice::default(), &Context::default(), &[]).expect("it may run")
}

/// A protocol of one step of cold, 10 min long.
fn ice() -> Protocol {
    protocol("[[step]]\ndo = \"cold\"\nfor = \"10min\"\n")
}
