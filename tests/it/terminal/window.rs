//! The title and the progress of the window, and that both are given back.

use therapy::domain::moment::Moment;
use therapy::domain::session::{Event, Input, Session, SessionOptions};
use therapy::domain::view::View;
use therapy::edge::terminal::Aside;
use therapy::edge::window::{Known, Window};
use therapy::runner::{self, Observer, Trouble};
use therapy::simulate::{Happening, Simulation};
use therapy::text::view::title;

use super::*;

/// What a window shows beside its text, as a terminal that understands everything would.
#[derive(Clone, Debug, Default)]
pub struct Around {
    pub title: String,
    /// Every title so far.
    pub titles: Vec<String>,
    /// Titles that the terminal keeps.
    kept: Vec<String>,
    /// The parameters of OSC 9;4.
    pub progress: Option<String>,
    /// Every notification so far: the parameters of OSC 9, 99 and 777.
    pub notices: Vec<String>,
    /// Every other sequence.
    unknown: Vec<String>,
}

impl Around {
    pub fn is_changed(&self) -> bool {
        !self.title.is_empty() || self.progress.is_some() || !self.kept.is_empty()
    }

    /// As it was before the session: without a title, and with nothing kept.
    #[track_caller]
    pub fn assert_restored(&self) {
        assert!(!self.is_changed() && self.unknown.is_empty(), "{self:?}");
    }
}

impl vt100::Callbacks for Around {
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.title = String::from_utf8(title.to_vec()).expect("UTF-8");
        self.titles.push(self.title.clone());
    }

    fn unhandled_csi(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, numbers: &[&[u16]], last: char) {
        match (numbers, last) {
            (&[&[22], &[2]], 't') => self.kept.push(self.title.clone()),
            (&[&[23], &[2]], 't') => self.title = self.kept.pop().expect("a title that was kept"),
            _ => self.unknown.push(format!("{numbers:?} {last}")),
        }
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, parts: &[&[u8]]) {
        let parts: Vec<_> = parts.iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["2", ref rest @ ..] => {
                self.title = rest.join(";");
                self.titles.push(self.title.clone());
            }
            ["9", "4", "0", ..] => self.progress = None,
            ["9", "4", ref rest @ ..] => self.progress = Some(rest.join(";")),
            ["9" | "99" | "777", ..] => self.notices.push(parts.join(";")),
            _ => self.unknown.push(parts.join(";")),
        }
    }
}

const ALL: Known = Known { title: true, progress: true, notifies: None };

/// A screen with a window of this name.
fn with_window(kept: &Kept, name: &str, known: Known) -> Screen {
    screen(kept, 24, 80).with_window(Window::new(name, known), Aside::default())
}

/// The title and progress of a session of 10 min of cold, one for each change, and the number of bytes.
fn shown(known: Known) -> (Vec<String>, Vec<String>, usize) {
    struct Look {
        kept: Kept,
        screen: vt100::Parser<Around>,
        progress: Vec<String>,
        bytes: usize,
    }

    impl Observer for Look {
        fn observe(&mut self, _: &[Event], _: &Session) -> Result<(), Trouble> {
            Ok(())
        }

        fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
            let bytes = self.kept.take();
            self.bytes += bytes.len();
            self.screen.process(&bytes);
            let progress = self.screen.callbacks().progress.clone();
            self.progress.extend(progress.filter(|now| self.progress.last() != Some(now)));
            Ok(())
        }
    }

    let kept = Kept::default();
    let mut screen = with_window(&kept, "test", known);
    let parser = vt100::Parser::new_with_callbacks(size(24), size(80), 0, Around::default());
    let mut look = Look { kept, screen: parser, progress: Vec::new(), bytes: 0 };
    let mut world = Simulation::new(Moment::default(), &[]);
    runner::run(&ice(), SessionOptions::default(), &mut world, &mut [&mut screen, &mut look]);
    look.screen.callbacks().assert_restored();
    (look.screen.callbacks().titles.clone(), look.progress, look.bytes)
}

#[test]
fn the_title_changes_by_the_minute_and_costs_few_bytes() {
    let (titles, progress, bytes) = shown(ALL);
    let minutes = (1..=10).rev().map(|left| format!("Cold {left} min left · test"));
    // The empty one is for terminals that keep none.
    assert_eq!(titles, minutes.chain([String::new()]).collect::<Vec<_>>());
    assert_eq!(progress, (0..100).map(|percent| format!("1;{percent}")).collect::<Vec<_>>());
    let (none, no_progress, fewer) = shown(Known::default());
    assert_eq!((none.len(), no_progress.len()), (0, 0));
    assert!(bytes / 600 < 1000, "{bytes}");
    assert!(bytes > fewer && (bytes - fewer) / 600 < 5, "{bytes} and {fewer}");
    let (titles, progress, _) = shown(Known { progress: false, ..ALL });
    assert_eq!((titles.len(), progress.len()), (11, 0));
}

#[test]
fn the_title_says_what_to_do_in_every_state() {
    let at = |minutes: f64| Moment::default() + Duration::from_secs(60).mul_f64(minutes);
    let protocol = protocol("[[step]]\ndo = \"heat\"\nfor = \"20min\"\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    let says = |confirm, script: &[(f64, Option<Input>)]| {
        let options = SessionOptions { confirm, ..SessionOptions::default() };
        let (mut session, _) = Session::start(&protocol, options, at(0.0));
        for (minutes, input) in script {
            let _ = match input {
                Some(input) => session.handle(at(*minutes), *input),
                None => session.advance(at(*minutes)),
            };
        }
        title(&View::of(&session), "a; b")
    };
    for (confirm, script, expected) in [
        (false, &[][..], "Heat 20 min left · a; b"),
        (false, &[(0.1, None)], "Heat 20 min left · a; b"),
        (false, &[(1.0, None)], "Heat 19 min left · a; b"),
        (false, &[(19.9, None)], "Heat 1 min left · a; b"),
        (false, &[(20.0, None)], "Cold 10 min left · a; b"),
        (false, &[(12.5, Some(Input::Pause)), (17.0, None)], "Paused, heat 8 min left · a; b"),
        (false, &[(5.0, Some(Input::Leap(Duration::from_secs(600))))], "Heat 15 min left, waiting · a; b"),
        (true, &[(20.0, None), (20.2, None)], "Heat is over · a; b"),
        (true, &[(20.0, None), (21.0, None)], "TAKE IT OFF · a; b"),
    ] {
        assert_eq!(says(confirm, script), expected, "{script:?}");
    }
    let minute = Duration::from_secs(60);
    let draft = therapy::format::parse("[[step]]\ndo = \"cold\"\nfor = \"10min\"\n", "test").draft;
    let choice = Choice { changeover: Some(minute), ..Choice::default() };
    let ready = draft.review(choice, &Context::default(), &[]).expect("it may run");
    let (session, _) = Session::start(&ready, SessionOptions::default(), at(0.0));
    assert_eq!(title(&View::of(&session), "ice"), "Get ready: cold in 1 min · ice");
}

#[test]
fn a_name_cannot_end_the_title() {
    for name in ["a\x1b]2;evil\x07b", "a\x1b\\\x1b[2Jb", "a\u{9c}\u{9d}2;evil\x07b", "a\r\nb"] {
        let kept = Kept::default();
        let mut screen = with_window(&kept, name, ALL);
        let (session, events) = Session::start(&ice(), SessionOptions::default(), Moment::default());
        screen.observe(&events, &session).expect("a screen");
        screen.frame(&session).expect("a frame");
        let mut parser = vt100::Parser::new_with_callbacks(size(24), size(80), 0, Around::default());
        parser.process(&kept.take());
        let titles = &parser.callbacks().titles;
        assert_eq!(titles.len(), 1, "{titles:?}");
        assert!(titles[0].starts_with("Cold 10 min left · a\\") && titles[0].ends_with('b'), "{titles:?}");
        assert!(!titles[0].contains(char::is_control), "{titles:?}");
    }
}

#[test]
fn a_pause_and_an_overrun_mark_the_progress() {
    let kept = Kept::default();
    let mut screen = with_window(&kept, "test", ALL);
    let mut parser = vt100::Parser::new_with_callbacks(size(24), size(80), 0, Around::default());
    let seconds = Duration::from_secs;
    let says = |after, input| (seconds(after), Happening::Says(input));
    let script = [says(60, Input::Pause), says(70, Input::Resume), says(700, Input::Confirm)];
    let mut world = Simulation::new(Moment::default(), &script);
    let options = SessionOptions { confirm: true, ..SessionOptions::default() };
    runner::run(&ice(), options, &mut world, &mut [&mut screen]);
    parser.process(&kept.take());
    parser.callbacks().assert_restored();
    let titles = parser.callbacks().titles.clone();
    for title in ["Paused, cold 9 min left · test", "Cold is over · test", "TAKE IT OFF · test"] {
        assert_eq!(titles.iter().filter(|shown| *shown == title).count(), 1, "{title}: {titles:?}");
    }
}

/// A long session by this script of a shell with jobs, on a terminal with a title and a progress.
fn by_shell(script: &str) -> (Home, Terminal) {
    let home = Home::new();
    home.file("own.toml", LONG);
    let session = command(&home, &["own.toml"]);
    let mut shell = Command::new("/bin/bash");
    shell.args(["-mc", script, "shell"]).arg(session.get_program()).args(session.get_args());
    shell.env_clear().envs(home.environment()).env("TERM", "xterm-ghostty").current_dir(home.path());
    let terminal = Terminal::start(shell, 40, 80);
    (home, terminal)
}

const TITLE: &str = "Heat 10 min left · long";

#[test]
fn every_way_out_takes_the_title_and_the_progress_back() {
    for (way, code) in [("q", 130), ("SIGINT", 130), ("SIGTERM", 143), ("SIGQUIT", 143), ("the end", 0)] {
        let home = Home::new();
        home.file("own.toml", LONG);
        let mut run = command(&home, &["own.toml"]);
        run.args(if way == "the end" { &["--speed", "300"][..] } else { &[] }).env("TERM", "xterm-ghostty");
        let mut terminal = Terminal::start(run, 24, 80);
        terminal.until("a title", |terminal| terminal.around().title.ends_with(" · long"));
        assert!(terminal.around().progress.is_some(), "{way}");
        terminal.until("keys taken", Terminal::is_taken);
        match way {
            "q" => terminal.press("q"),
            "SIGINT" => terminal.signal(Signal::INT),
            "SIGTERM" => terminal.signal(Signal::TERM),
            "SIGQUIT" => terminal.signal(Signal::QUIT),
            _ => {}
        }
        assert_eq!(terminal.end().code(), Some(code), "{way}");
        terminal.assert_restored();
    }
}

#[test]
fn a_suspended_session_gives_the_window_to_the_shell_and_takes_it_again() {
    let (_home, mut terminal) = by_shell("\"$@\"; printf '\\033]2;shell\\007'; read -r; fg");
    terminal.until("a title", |terminal| terminal.around().title == TITLE);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("\x1a");
    terminal.until("the title of the shell", |terminal| terminal.around().title == "shell");
    assert_eq!((terminal.around().progress.clone(), terminal.around().kept.len()), (None, 0));
    terminal.press("\n");
    terminal.until("a title", |terminal| terminal.around().title == TITLE);
    assert!(terminal.around().progress.is_some());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    let around = terminal.around();
    assert_eq!((around.title.as_str(), around.kept.len(), &around.progress), ("shell", 0, &None), "{around:?}");
}

/// A SIGSTOP cannot be announced. The title of before is kept once.
#[test]
fn a_session_that_was_stopped_by_another_program_sets_its_title_again() {
    let session = "/bin/sh -c 'echo $$ >process; exec \"$@\"' inner \"$@\"";
    let (home, mut terminal) = by_shell(&format!("{session}; printf '\\033]2;shell\\007'; read -r; fg"));
    terminal.until("a title", |terminal| terminal.around().title == TITLE);
    terminal.until("keys taken", Terminal::is_taken);
    let process = std::fs::read_to_string(home.path().join("process")).expect("a file");
    let process = process.trim().parse().ok().and_then(Pid::from_raw).expect("a process");
    kill_process(process, Signal::STOP).expect("it runs");
    terminal.until("the title of the shell", |terminal| terminal.around().title == "shell");
    terminal.press("\n");
    terminal.until("a title", |terminal| terminal.around().title == TITLE);
    assert_eq!(terminal.around().kept.len(), 1);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.around().assert_restored();
}

#[test]
fn a_terminal_gets_a_title_only_where_it_is_known_to_have_one() {
    let home = Home::new();
    home.file("own.toml", LONG);
    for (term, program, title, progress) in [
        ("xterm-256color", "", true, false),
        ("xterm-256color", "WezTerm", true, true),
        ("tmux-256color", "tmux", true, false),
        ("screen", "WezTerm", true, false),
        ("linux", "", false, false),
        ("linux", "WezTerm", false, false),
        ("vt100", "", false, false),
    ] {
        let mut run = command(&home, &["own.toml"]);
        run.env("TERM", term).env("TERM_PROGRAM", program);
        let mut terminal = Terminal::start(run, 24, 80);
        terminal.see("q stop");
        let around = terminal.around();
        assert_eq!((around.title == TITLE, around.progress.is_some()), (title, progress), "{term}: {around:?}");
        terminal.until("keys taken", Terminal::is_taken);
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130));
        assert_eq!(terminal.text().contains("\x1b]"), title, "{term}");
        terminal.assert_restored();
    }
}
