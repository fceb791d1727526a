//! The program on a real terminal: what stands on the screen, what keys and signals do, and that
//! the terminal is given back on every way out.
#![cfg(unix)]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use pty_process::Size;
use pty_process::blocking::{Command as OnTerminal, Pty, open};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, Termios, tcgetattr, ttyname};
use therapy::domain::protocol::Choice;
use therapy::domain::rules::Context;
use therapy::domain::session::{Event, EventKind, Input, Moment, Session, SessionOptions};
use therapy::edge::clock;
use therapy::edge::keys::Keys;
use therapy::edge::output::{Change, Kept, Output};
use therapy::edge::screen::Screen;
use therapy::runner::{self, Observer, World};
use therapy::simulate::{Happening, Simulation};

use crate::support::Home;

/// Longer than any busy machine needs; only a failing test waits so long.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a test writes behind everything that the program wrote.
const END: &[u8] = &[0; 4];

/// Long steps: nothing but keys and signals happens while a test looks.
const LONG: &str = "name = \"long\"\nsummary = \"test\"\n\
    [[step]]\ndo = \"heat\"\nfor = \"10min\"\nnote = \"moist pad, low\"\n\
    [[step]]\ndo = \"cold\"\nfor = \"10min\"\n";

/// A terminal with the program on it.
pub struct Terminal {
    pub pty: Pty,
    /// The program's side, held open so that its modes can be read after the program has gone.
    pub inner: File,
    before: Termios,
    pub child: Child,
    screen: vt100::Parser,
    bytes: Vec<u8>,
}

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("not zero")
}

impl Terminal {
    /// Starts `command` on a terminal of so many rows and columns.
    pub fn start(command: Command, rows: u16, columns: u16) -> Terminal {
        let (pty, pts) = open().expect("a pseudo-terminal");
        pty.resize(Size::new(rows, columns)).expect("a size");
        let name = ttyname(&pts, Vec::new()).expect("a name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let inner = File::from(rustix::fs::open(name, flags, Mode::empty()).expect("its other side"));
        let before = tcgetattr(&inner).expect("modes");
        assert!(before.local_modes.contains(LocalModes::ECHO | LocalModes::ICANON), "a fresh terminal");
        let child = OnTerminal::from(command).spawn(pts).expect("the program starts");
        let screen = vt100::Parser::new(size(rows), size(columns), 0);
        Terminal { pty, inner, before, child, screen, bytes: Vec::new() }
    }

    /// Runs `therapy` with these arguments on 24 rows and 80 columns.
    fn therapy(home: &Home, arguments: &[&str]) -> Terminal {
        Terminal::start(command(home, arguments), 24, 80)
    }

    /// Reads what comes in the next moments.
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

    /// Reads until the program has ended and everything that it wrote is read.
    pub fn end(&mut self) -> ExitStatus {
        self.until("the end", |terminal| terminal.child.try_wait().expect("a child").is_some());
        // What was written to a terminal comes out of it some time later, but in order: so a mark is
        // written behind it. NUL shows nothing. A terminal that was closed takes none and gives none.
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

    pub fn resize(&mut self, rows: u16, columns: u16) {
        self.pty.resize(Size::new(rows, columns)).expect("a size");
        self.screen.set_size(size(rows), size(columns));
    }

    pub fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn modes(&self) -> LocalModes {
        tcgetattr(&self.inner).expect("modes").local_modes
    }

    /// The program has the keys: no echo, no waiting for a whole line.
    pub fn is_taken(&mut self) -> bool {
        !self.modes().intersects(LocalModes::ECHO | LocalModes::ICANON)
    }

    /// The terminal is as it was before the program started.
    pub fn assert_given_back(&self) {
        let now = tcgetattr(&self.inner).expect("modes");
        assert_eq!(now.local_modes, self.before.local_modes, "ECHO and ICANON");
        assert_eq!(now.input_modes, self.before.input_modes);
        assert_eq!(now.output_modes, self.before.output_modes);
        assert!(!self.screen.screen().hide_cursor(), "the cursor is visible");
        assert!(!self.screen.screen().alternate_screen());
        assert!(!self.text().contains("panicked"), "{}", self.text());
    }

    /// The rows of the frame: from the title down.
    fn frame(&self, title: &str) -> Vec<String> {
        let (_, columns) = self.screen.screen().size();
        let rows: Vec<String> = self.screen.screen().rows(0, columns.get()).collect();
        let first = rows.iter().position(|row| row.starts_with(title)).expect("a title");
        rows[first..].iter().filter(|row| !row.is_empty()).cloned().collect()
    }

    fn wrapped_rows(&self) -> Vec<u16> {
        let (rows, _) = self.screen.screen().size();
        (0..rows.get()).filter(|row| self.screen.screen().row_wrapped(*row)).collect()
    }
}

/// A test that fails leaves no session behind.
impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `therapy run`, without a bus to be in trouble with.
fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(&["run", "--no-notify"]);
    command.args(arguments);
    command
}

/// A home with a protocol of these steps in `own.toml`.
fn home(steps: &[(&str, &str)]) -> Home {
    let home = Home::new();
    let steps = steps.iter().map(|(kind, length)| format!("[[step]]\ndo = \"{kind}\"\nfor = \"{length}\"\n"));
    home.file("own.toml", &steps.collect::<String>());
    home
}

/// A home with long steps in `own.toml`, and a session on a terminal that shows its first frame.
fn long_session(arguments: &[&str]) -> (Home, Terminal) {
    let home = Home::new();
    home.file("own.toml", LONG);
    let mut terminal = Terminal::therapy(&home, &[&["own.toml"], arguments].concat());
    terminal.see("q stop");
    (home, terminal)
}

/// The numbers of every `ESC [ … m` in a text.
fn renditions(text: &str) -> Vec<u16> {
    let escapes = text.split("\u{1b}[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        rest[end..].starts_with('m').then(|| &rest[..end])
    });
    escapes.flat_map(|numbers| numbers.split(';')).filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn the_bars_show_the_step_its_time_its_note_the_whole_the_next_step_and_the_keys() {
    let (_home, mut terminal) = long_session(&[]);
    let frame = terminal.frame("HEAT");
    assert_eq!(frame.len(), 8, "{frame:#?}");
    assert!(frame[0].starts_with("HEAT  10:00 left, step 1 of 2"), "{frame:#?}");
    assert!(frame[3].starts_with("Heat on: warm, not hot"), "{frame:#?}");
    assert_eq!(frame[4], "moist pad, low");
    let whole = &frame[5];
    assert!(whole.starts_with('|') && whole.contains("#~") && whole.ends_with(" 0:00 of 20:00"), "{frame:#?}");
    assert!(frame[6].starts_with("next cold for 10m at "), "{frame:#?}");
    assert_eq!(frame[7], "space pause · s skip · + 1 min · q stop");
    terminal.see("HEAT  9:59 left");
    terminal.press("q");
    terminal.end();
}

#[test]
fn the_bar_fills_and_is_red_for_heat_and_blue_for_cold() {
    let (_home, mut terminal) = long_session(&["--speed", "1000"]);
    let bar = |terminal: &Terminal, title: &str, sign: &str| {
        let screen = terminal.screen.screen();
        let rows: Vec<String> = screen.rows(0, 80).collect();
        let title = rows.iter().position(|row| row.starts_with(title))?;
        let row = u16::try_from(title + 1).ok()?;
        let colour = screen.cell(row, 0)?.bgcolor();
        rows[title + 1].starts_with(&sign.repeat(8)).then_some(colour)
    };
    terminal.until("a bar of heat", |terminal| bar(terminal, "REHEARSAL HEAT", "#") == Some(vt100::Color::Idx(1)));
    terminal.until("a bar of cold", |terminal| bar(terminal, "REHEARSAL COLD", "~") == Some(vt100::Color::Idx(4)));
    assert_eq!(terminal.end().code(), Some(0));
}

#[test]
fn a_session_that_ends_by_itself_leaves_its_last_words_and_the_terminal_as_it_was() {
    let home = home(&[("heat", "20s"), ("cold", "20s")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml", "--speed", "100"]);
    terminal.until("keys taken", Terminal::is_taken);
    assert_eq!(terminal.end().code(), Some(0));
    terminal.assert_given_back();
    let screen = terminal.contents();
    assert!(screen.contains("completed after 40s: cold 20s, heat 20s"), "{screen}");
    assert!(screen.contains("Take it off now."), "{screen}");
    assert!(!screen.contains("q stop"), "the bars are gone: {screen}");
}

#[test]
fn space_pauses_and_goes_on() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.press(" ");
    terminal.see("HEAT  paused, ");
    terminal.see("space go on · s skip · q stop");
    terminal.press(" ");
    terminal.see("space pause · s skip");
    assert!(!terminal.contents().contains("paused, "), "{}", terminal.contents());
    terminal.press("q");
    terminal.end();
}

#[test]
fn s_skips_to_the_next_step() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.press("s");
    terminal.see("COLD  10:00 left, step 2 of 2");
    terminal.see("Heat off now. Cold on");
    terminal.see("ends at ");
    terminal.press("s");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(terminal.contents().contains("completed after "), "{}", terminal.contents());
}

#[test]
fn plus_gives_a_minute_more_as_far_as_the_rules_allow() {
    let home = home(&[("cold", "19m 30s")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml"]);
    terminal.see("COLD  19:30 left");
    terminal.press("+");
    terminal.see("30s longer, by cold-limit");
    terminal.see("COLD  20:00 left");
    terminal.press("+");
    terminal.see("not longer, by cold-limit");
    terminal.press("q");
    terminal.end();
}

#[test]
fn with_confirm_a_step_is_held_until_enter() {
    let home = home(&[("heat", "20s"), ("cold", "10min")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml", "--confirm", "--speed", "100"]);
    terminal.see("HEAT  0:00 past its end");
    terminal.see("Take it off now. Then: Enter.");
    terminal.see("Enter done · space pack off · q stop");
    // The dose goes on counting until somebody answers.
    terminal.until("time past the end", |terminal| {
        let screen = terminal.contents();
        screen.contains("past its end") && !screen.contains("HEAT  0:00 past")
    });
    terminal.press("\r");
    terminal.see("COLD  ");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn q_stops_with_130_and_gives_the_terminal_back() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_given_back();
    assert!(terminal.contents().contains("stopped after "), "{}", terminal.contents());
}

#[test]
fn other_keys_and_arrows_do_nothing() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.press("x");
    terminal.press("\u{1b}[A");
    terminal.press("\u{1b}OP");
    // An arrow is one message: its letter must not be read as a key of its own, nor end anything.
    terminal.see("HEAT  9:59 left");
    assert_eq!(terminal.child.try_wait().expect("a child"), None);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn ctrl_c_stops_with_130_and_gives_the_terminal_back() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("\u{3}");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_given_back();
}

#[test]
fn every_deadly_signal_stops_with_130_and_gives_the_terminal_back() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (_home, mut terminal) = long_session(&[]);
        terminal.until("keys taken", Terminal::is_taken);
        terminal.signal(signal);
        assert_eq!(terminal.end().code(), Some(130), "{signal:?}");
        terminal.assert_given_back();
        assert!(terminal.contents().contains("stopped after "), "{signal:?}: {}", terminal.contents());
    }
}

#[test]
fn a_session_in_the_background_of_its_job_gives_the_terminal_back_and_takes_it_again() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.signal(Signal::TSTP);
    terminal.until("given back", |terminal| !terminal.is_taken());
    terminal.assert_given_back();
    terminal.signal(Signal::CONT);
    terminal.until("taken again", Terminal::is_taken);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_given_back();
}

#[test]
fn at_40_columns_every_row_fits() {
    let home = Home::new();
    home.file("own.toml", LONG);
    let mut terminal = Terminal::start(command(&home, &["own.toml"]), 24, 40);
    terminal.see("q stop");
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{}", terminal.contents());
    let frame = terminal.frame("HEAT");
    assert_eq!(frame.len(), 9, "{frame:#?}");
    // What keeps the skin safe is not cut off: it takes two rows.
    assert_eq!(frame[3], "Heat on: warm, not hot; moist is better.");
    assert_eq!(frame[4], "Pad low or medium; water at most 40 °C.");
    terminal.press("s");
    terminal.see("COLD  10:00 left");
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{}", terminal.contents());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

/// What is wider than it is long in letters, and what has no place to break.
#[test]
fn at_40_columns_wide_characters_fit_and_long_notes_are_cut_short() {
    let home = Home::new();
    let note = format!("{} {} {}", "湿ったパッド🔥".repeat(8), "x".repeat(60), "low ".repeat(10));
    let step = format!("[[step]]\ndo = \"heat\"\nfor = \"10min\"\nnote = \"{note}\"\n");
    home.file("own.toml", &format!("name = \"温冷交代浴の長い名前です、とても長い名前\"\n{step}"));
    let mut terminal = Terminal::start(command(&home, &["own.toml"]), 24, 40);
    terminal.see("q stop");
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{}", terminal.contents());
    let frame = terminal.frame("HEAT");
    assert_eq!(frame.len(), 10, "{frame:#?}");
    assert!(frame[5].starts_with("湿ったパッド🔥"), "{frame:#?}");
    assert!(frame[7].ends_with('…'), "{frame:#?}");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

/// What is read at leisure is broken at words as well, whatever was wanted.
#[test]
fn at_40_columns_results_are_broken_at_words() {
    let home = Home::new();
    for arguments in [&["safety"][..], &["show", "contrast"], &["explain"], &["explain", "cold-limit"], &["list"]] {
        let mut terminal = Terminal::start(home.command(arguments), 120, 40);
        assert_eq!(terminal.end().code(), Some(0));
        assert_eq!(terminal.wrapped_rows(), [0; 0], "{arguments:?}: {}", terminal.contents());
    }
}

/// Words that stay on the screen are broken between words.
#[test]
fn at_20_columns_last_words_are_broken_at_words() {
    let home = home(&[("heat", "20min"), ("cold", "20min")]);
    let mut terminal = Terminal::start(command(&home, &["own.toml", "--speed", "10000"]), 60, 20);
    assert_eq!(terminal.end().code(), Some(0));
    let last = terminal.frame("completed after");
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{last:#?}");
    assert!(last.len() > 3 && last.iter().any(|row| row == "Take it off now."), "{last:#?}");
}

#[test]
fn a_resize_while_it_runs_draws_a_frame_that_fits() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.resize(24, 40);
    let whole = |columns: u16| {
        move |terminal: &mut Terminal| {
            let rows: Vec<String> = terminal.screen.screen().rows(0, columns).collect();
            let is_session = |row: &&String| row.contains(" of 20:00");
            rows.iter().find(is_session).is_some_and(|row| row.chars().count() == usize::from(columns))
        }
    };
    terminal.until("a frame of 40 columns", whole(40));
    terminal.see("q stop");
    let frame = terminal.frame("HEAT");
    assert_eq!(frame.len(), 9, "{frame:#?}");
    assert!(frame.iter().all(|row| row.chars().count() <= 40), "{frame:#?}");
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{frame:#?}");
    assert_eq!(terminal.contents().matches("HEAT  ").count(), 1, "the old frame is gone: {frame:#?}");

    terminal.resize(24, 500);
    terminal.until("a frame of 500 columns", whole(500));
    assert_eq!(terminal.frame("HEAT").len(), 8);

    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_given_back();
}

#[test]
fn a_terminal_without_a_size_is_taken_for_80_columns() {
    let home = Home::new();
    home.file("own.toml", LONG);
    // The size of a serial line that nobody told: 0 by 0.
    let (pty, pts) = open().expect("a pseudo-terminal");
    let inner = File::open("/dev/null").expect("a file");
    let before = tcgetattr(&pts).expect("modes");
    let child = OnTerminal::from(command(&home, &["own.toml"])).spawn(pts).expect("the program starts");
    let screen = vt100::Parser::new(size(24), size(80), 0);
    let mut terminal = Terminal { pty, inner, before, child, screen, bytes: Vec::new() };
    terminal.see("q stop");
    assert_eq!(terminal.frame("HEAT").len(), 8, "{}", terminal.contents());
    terminal.signal(Signal::TERM);
    terminal.until("the last words", |terminal| terminal.contents().contains("stopped after "));
}

#[test]
fn no_color_writes_no_colours() {
    let home = Home::new();
    home.file("own.toml", LONG);
    let mut coloured = Terminal::therapy(&home, &["own.toml"]);
    coloured.see("q stop");
    let is_colour = |number: &u16| (30..50).contains(number) || (90..108).contains(number);
    assert!(renditions(&coloured.text()).iter().any(is_colour), "without NO_COLOR there are colours");
    coloured.press("q");
    assert_eq!(coloured.end().code(), Some(130));

    let mut command = command(&home, &["own.toml"]);
    command.env("NO_COLOR", "1");
    let mut plain = Terminal::start(command, 24, 80);
    plain.see("q stop");
    plain.press("s");
    plain.see("COLD");
    plain.press("q");
    assert_eq!(plain.end().code(), Some(130));
    let colours: Vec<u16> = renditions(&plain.text()).into_iter().filter(is_colour).collect();
    assert_eq!(colours, [0; 0], "{:?}", plain.text());
    let heat_then_cold = plain.text().contains('#') && plain.text().contains('~');
    assert!(heat_then_cold, "hot and cold are told apart by their signs");
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    for term in ["dumb", ""] {
        let home = home(&[("heat", "20s"), ("cold", "20s")]);
        let mut command = command(&home, &["own.toml", "--speed", "100"]);
        command.env("TERM", term);
        let mut terminal = Terminal::start(command, 24, 80);
        assert_eq!(terminal.end().code(), Some(0));
        terminal.assert_given_back();
        // The terminal itself makes CR LF of every line's end.
        let text = terminal.text().replace("\r\n", "\n");
        assert!(!text.contains(['\u{1b}', '\r']), "TERM={term}: {text:?}");
        assert!(text.contains("HEAT for 20s, step 1 of 2"), "TERM={term}: {text}");
        assert!(text.contains("completed after 40s"), "TERM={term}: {text}");
    }
}

#[test]
fn a_pipe_gets_plain_lines_and_loses_no_keys_of_the_terminal() {
    let home = home(&[("heat", "20s"), ("cold", "20s")]);
    let output = command(&home, &["own.toml", "--speed", "100"]).output().expect("the program starts");
    let text = crate::support::stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(!text.contains(['\u{1b}', '\r', '\u{7}']), "{text:?}");
    assert!(text.contains("COLD for 20s, step 2 of 2"), "{text}");

    // Bars can be asked for; without a terminal they are lines all the same.
    let output = command(&home, &["own.toml", "--speed", "100", "--progress", "bar"]).output();
    let text = crate::support::stderr(&output.expect("the program starts"));
    assert!(text.contains("COLD for 20s") && !text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn plain_lines_on_a_terminal_obey_the_keys_too() {
    let home = Home::new();
    home.file("own.toml", LONG);
    // Asked for in the file of defaults: without it there would be bars.
    home.file("config/config.toml", "progress = \"plain\"\n");
    let mut terminal = Terminal::therapy(&home, &["own.toml"]);
    terminal.see("HEAT for 10m");
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press(" ");
    terminal.see("paused: the pack is off");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_given_back();
}

/// Problems are drawn in colour on a terminal; what the file itself says stays harmless there too.
#[test]
fn a_file_cannot_write_escapes_to_a_terminal() {
    let home = Home::new();
    home.file("own.toml", "[[step]]\n# \u{1b}[2J\u{9b}2J\u{7}\ndo = \"\u{1b}[2J\u{9b}2J\"\nfor = \"\\u001b[2J\"\n");
    let mut terminal = Terminal::therapy(&home, &["own.toml"]);
    assert_eq!(terminal.end().code(), Some(2));
    let text = terminal.text();
    assert!(renditions(&text).contains(&1), "drawn with bold letters: {text:?}");
    assert!(!text.contains("\u{1b}[2J") && !text.contains(['\u{9b}', '\u{7}']), "{text:?}");
    assert!(terminal.contents().contains("cannot be read as a protocol"), "{}", terminal.contents());
}

/// In a pause the time of the session stands still, and a notice does not.
#[test]
fn a_notice_is_gone_after_five_seconds_of_a_pause_too() {
    struct Look {
        kept: Kept,
        screen: vt100::Parser,
        looks: usize,
    }

    impl Observer for Look {
        fn observe(&mut self, _: &[Event], _: &Session) -> anyhow::Result<()> {
            Ok(())
        }

        fn frame(&mut self, session: &Session) -> anyhow::Result<()> {
            self.screen.process(&self.kept.take());
            if session.is_paused() {
                let (shown, at) = (self.screen.screen().contents(), session.now().since_origin());
                assert_eq!(shown.contains("1m longer"), at < Duration::from_secs(15), "{at:?}: {shown}");
                assert_eq!(shown.contains("space go on"), at >= Duration::from_secs(15), "{at:?}: {shown}");
                self.looks += 1;
            }
            Ok(())
        }
    }

    let ice = therapy::edge::catalog::built_in("ice").expect("a built-in");
    let protocol = ice.parsed.draft.review(Choice::default(), &Context::default(), &[]).expect("it may run");
    let kept = Kept::default();
    let mut screen = Screen::new(
        Output::keep(&kept),
        Box::new(|| (24, 80)),
        Box::new(|| Change::Nothing),
        Box::new(|_| String::new()),
        true,
        "",
    );
    let mut look = Look { kept, screen: vt100::Parser::new(size(24), size(80), 0), looks: 0 };
    let says = |after, input| (Duration::from_secs(after), Happening::Says(input));
    let minute = Duration::from_secs(60);
    let script = [says(10, Input::Extend(minute)), says(12, Input::Pause), says(30, Input::Stop)];
    let mut world = Simulation::new(Moment::default(), &script);
    let (mut session, events) = Session::start(&protocol, SessionOptions::default(), Moment::default());
    runner::run(&mut session, events, &mut world, &mut [&mut screen, &mut look]);
    assert!(look.looks > 10, "{}", look.looks);
}

/// As when a session is taken up whose last step ended meanwhile.
#[test]
fn a_session_that_ends_before_its_first_frame_says_so_in_whole_lines() {
    let ice = therapy::edge::catalog::built_in("ice").expect("a built-in");
    let protocol = ice.parsed.draft.review(Choice::default(), &Context::default(), &[]).expect("it may run");
    let kept = Kept::default();
    let (sizes, wall) = (Box::new(|| (24, 80)), Box::new(|_| String::new()));
    let mut screen = Screen::new(Output::keep(&kept), sizes, Box::new(|| Change::Nothing), wall, true, "");
    let (mut session, _) = Session::start(&protocol, SessionOptions::default(), Moment::default());
    let events = session.advance(Moment::default() + Duration::from_secs(3600));
    runner::run(&mut session, events, &mut Simulation::new(Moment::default(), &[]), &mut [&mut screen]);
    let mut terminal = vt100::Parser::new(size(24), size(80), 0);
    terminal.process(&kept.take());
    let rows: Vec<String> = terminal.screen().rows(0, 80).take_while(|row| !row.is_empty()).collect();
    assert!(rows.iter().any(|row| row.contains("Take it off now.")) && rows.len() <= 3, "{rows:#?}");
}

/// Of the step that goes on nothing is said anew; what to do is shown all the same.
#[test]
fn a_session_that_is_taken_up_in_the_middle_of_a_step_says_what_to_do() {
    let ice = therapy::edge::catalog::built_in("ice").expect("a built-in");
    let protocol = ice.parsed.draft.review(Choice::default(), &Context::default(), &[]).expect("it may run");
    let kept = Kept::default();
    let (sizes, wall) = (Box::new(|| (24, 80)), Box::new(|_| String::new()));
    let mut screen = Screen::new(Output::keep(&kept), sizes, Box::new(|| Change::Nothing), wall, true, "");
    let (session, _) = Session::start(&protocol, SessionOptions::default(), Moment::default());
    screen.frame(&session).expect("a frame");
    let shown = String::from_utf8(kept.take()).expect("text");
    assert!(shown.contains("Cold on, a thin damp cloth between."), "{shown}");
}

/// Compares what a screen shows that lays things out only when it must with one that does so at every
/// frame: nothing stands longer than it is true.
#[test]
fn a_frame_shows_what_it_would_show_if_all_of_it_were_laid_out_anew() {
    struct Shown {
        kept: Kept,
        terminal: vt100::Parser,
    }

    impl Shown {
        fn rows(&mut self, columns: u16) -> Vec<String> {
            self.terminal.process(&self.kept.take());
            self.terminal.screen().rows(0, columns).collect()
        }
    }

    struct Compare {
        columns: u16,
        lazy: Shown,
        eager: Shown,
        frames: usize,
    }

    impl Observer for Compare {
        fn observe(&mut self, _: &[Event], _: &Session) -> anyhow::Result<()> {
            Ok(())
        }

        fn frame(&mut self, session: &Session) -> anyhow::Result<()> {
            let (lazy, eager) = (self.lazy.rows(self.columns), self.eager.rows(self.columns));
            assert_eq!(lazy, eager, "after {:?}", session.now());
            self.frames += 1;
            Ok(())
        }
    }

    let text = "rounds = 2\n[[step]]\ndo = \"heat\"\nfor = \"70s\"\nnote = \"moist pad, low\"\n\
        [[step]]\ndo = \"cold\"\nfor = \"45s\"\n[[step]]\ndo = \"rest\"\nfor = \"9m 55s\"\n";
    let draft = therapy::format::parse(text, "mixed").draft;
    let protocol = draft.review(Choice::default(), &Context::default(), &[]).expect("it may run");
    let wall = || Box::new(|at: Moment| format!("{:?}", at.since_origin()));
    for (seed, (rows, columns)) in (0..12_u64).zip([(24, 80), (8, 33), (4, 20), (30, 9)].into_iter().cycle()) {
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut after = Duration::ZERO;
        let happenings = std::iter::repeat_with(|| {
            after += Duration::from_millis(chance.u64(1..90_000));
            let happening = match chance.u8(0..10) {
                0..4 => Happening::Says(Input::Toggle),
                4..7 => Happening::Says(Input::Extend(Duration::from_secs(60))),
                7 => Happening::Says(Input::Skip),
                8 => Happening::Says(Input::Confirm),
                _ => Happening::Stalls(Duration::from_secs(chance.u64(1..200))),
            };
            (after, happening)
        });
        let mut script: Vec<_> = happenings.take(25).collect();
        script.push((after + Duration::from_secs(100), Happening::Says(Input::Stop)));
        let shown = || Shown { kept: Kept::default(), terminal: vt100::Parser::new(size(rows), size(columns), 0) };
        let (lazy, eager) = (shown(), shown());
        let screen = |shown: &Shown, changes: fn() -> Change| {
            Screen::new(
                Output::keep(&shown.kept),
                Box::new(move || (rows, columns)),
                Box::new(changes),
                wall(),
                true,
                "",
            )
        };
        let (mut first, mut second) = (screen(&lazy, || Change::Nothing), screen(&eager, || Change::Size));
        let mut compare = Compare { columns, lazy, eager, frames: 0 };
        let terms = SessionOptions { confirm: seed % 3 == 0, ..SessionOptions::default() };
        let (mut session, events) = Session::start(&protocol, terms, Moment::default());
        let mut world = Simulation::new(Moment::default(), &script);
        runner::run(&mut session, events, &mut world, &mut [&mut first, &mut second, &mut compare]);
        assert!(compare.frames > 100, "{}", compare.frames);
    }
}

/// The name of an environment variable that says: this process is the one that panics.
const PANICS: &str = "THERAPY_TEST_PANICS";

#[test]
fn a_panic_gives_the_terminal_back() {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["--exact", "terminal::a_session_that_panics", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(PANICS, "1").env("TERM", "xterm-256color").env_remove("RUST_BACKTRACE");
    let mut terminal = Terminal::start(command, 24, 80);
    terminal.see("COLD");
    terminal.see("Ctrl-C stops");
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press(" ");
    assert_ne!(terminal.end().code(), Some(0));
    let text = terminal.text();
    assert!(text.contains("panicked at") && text.contains("on purpose"), "{text}");
    assert_eq!(terminal.modes(), terminal.before.local_modes);
    assert!(!terminal.screen.screen().hide_cursor());
}

/// The other half of the test above: the real keys and the real bars, and a world that panics at the
/// first word of the person.
#[test]
#[ignore = "the test above runs it on a terminal of its own"]
fn a_session_that_panics() {
    struct Panics(Keys);

    impl World for Panics {
        fn now(&self) -> Moment {
            clock::now()
        }

        fn wait(&mut self, _: Moment) -> Option<Input> {
            let said = self.0.wait(Duration::from_secs(1));
            assert_eq!(said, None, "on purpose");
            said
        }
    }

    struct Watches;

    impl Observer for Watches {
        fn observe(&mut self, events: &[Event], _: &Session) -> anyhow::Result<()> {
            assert!(!events.iter().any(|event| matches!(event.kind, EventKind::Finished { .. })), "it panics before");
            Ok(())
        }
    }

    if std::env::var_os(PANICS).is_none() {
        return;
    }
    let ice = therapy::edge::catalog::built_in("ice").expect("a built-in");
    let protocol = ice.parsed.draft.review(Choice::default(), &Context::default(), &[]).expect("it may run");
    let mut screen = Screen::new(
        Output::terminal(),
        Box::new(|| (24, 80)),
        Box::new(|| Change::Nothing),
        Box::new(|_| String::new()),
        false,
        "",
    );
    let mut world = Panics(Keys::take(true).expect("keys"));
    let (mut session, events) = Session::start(&protocol, SessionOptions::default(), clock::now());
    runner::run(&mut session, events, &mut world, &mut [&mut screen, &mut Watches]);
}
