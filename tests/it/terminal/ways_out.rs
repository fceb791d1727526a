//! The terminal is restored on every exit.

use therapy::domain::moment::Moment;
use therapy::domain::session::{Event, EventKind, Input, Session, SessionOptions};
use therapy::edge::inbox::{Inbox, Message};
use therapy::edge::keys::Keys;
use therapy::edge::terminal;
use therapy::edge::window::{Known, Window};
use therapy::runner::{self, Observer, Trouble, World};

use super::*;

#[test]
fn a_completed_session_leaves_its_result_and_restores_the_terminal() {
    let home = home(&[("heat", "20s"), ("cold", "20s")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml", "--speed", "100"]);
    terminal.until("keys taken, no cursor", |terminal| terminal.is_taken() && terminal.hides_cursor());
    assert_eq!(terminal.end().code(), Some(0));
    terminal.assert_restored();
    let screen = terminal.contents();
    assert!(screen.contains("Done: 20 s of heat, 20 s of cold, from "), "{screen}");
    assert!(screen.contains("Take the pack off."), "{screen}");
    assert!(!screen.contains("q stop"), "the bars are gone: {screen}");
}

#[test]
fn q_stops_with_130_and_gives_the_terminal_back() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.until("keys taken, no cursor", |terminal| terminal.is_taken() && terminal.hides_cursor());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
    assert!(terminal.contents().contains("Stopped: "), "{}", terminal.contents());
}

#[test]
fn ctrl_c_stops_with_130_and_gives_the_terminal_back() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.until("keys taken, no cursor", |terminal| terminal.is_taken() && terminal.hides_cursor());
    terminal.press("\u{3}");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

#[test]
fn every_deadly_signal_gives_the_terminal_back() {
    for (signal, code, says) in [
        (Signal::INT, 130, "Stopped: "),
        (Signal::TERM, 143, "Take the pack off. The session was cut off"),
        (Signal::QUIT, 143, "therapy stop "),
    ] {
        let (_home, mut terminal) = long_session(&[]);
        terminal.until("keys taken, no cursor", |terminal| terminal.is_taken() && terminal.hides_cursor());
        terminal.signal(signal);
        assert_eq!(terminal.end().code(), Some(code), "{signal:?}");
        terminal.assert_restored();
        assert!(terminal.contents().contains(says), "{signal:?}: {}", terminal.contents());
        assert!(!terminal.contents().contains("space pause"), "{signal:?}: {}", terminal.contents());
    }
}

/// A shell with jobs would restore the terminal itself. This one only stands above the session.
#[test]
fn a_suspended_session_restores_the_terminal_and_takes_it_again() {
    let home = Home::new();
    home.file("own.toml", LONG);
    let session = command(&home, &["own.toml"]);
    let mut shells = Command::new("/bin/sh");
    let script = "exec 3<&0; /bin/sh -c '\"$@\" <&3 & echo $! >process; wait $!' inner \"$@\"; exit $?";
    shells.args(["-c", script, "outer"]).arg(session.get_program()).args(session.get_args());
    shells.env_clear().envs(home.environment()).current_dir(home.path());
    let mut terminal = Terminal::start(shells, 24, 80);
    terminal.see("q stop");
    terminal.until("keys taken, no cursor", |terminal| terminal.is_taken() && terminal.hides_cursor());
    let process = std::fs::read_to_string(home.path().join("process")).expect("a file");
    let process = process.trim().parse().ok().and_then(Pid::from_raw).expect("a process");
    kill_process(process, Signal::TSTP).expect("it runs");
    terminal.until("the terminal restored", |terminal| !terminal.is_taken() && !terminal.hides_cursor());
    terminal.assert_restored();
    #[cfg(target_os = "linux")]
    terminal.until("it is stopped", |_| {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat", process = process.as_raw_nonzero()));
        stat.expect("Linux").contains(") T ")
    });
    kill_process(process, Signal::CONT).expect("it is stopped");
    terminal.until("taken again", |terminal| terminal.is_taken() && terminal.hides_cursor());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

/// The first Ctrl-C stops the session; where that takes long, the second one exits at once.
#[test]
fn a_second_ctrl_c_restores_the_terminal() {
    let mut terminal = start_half("a_session_that_hangs");
    terminal.see("Ctrl-C stops");
    terminal.until("keys taken", |terminal| terminal.is_taken() && terminal.hides_cursor());
    terminal.press("\u{3}");
    terminal.see("it hangs");
    assert!(terminal.hides_cursor() && terminal.child.try_wait().expect("a child").is_none());
    assert!(terminal.around().is_changed());
    terminal.press("\u{3}");
    assert_eq!(terminal.end().code(), Some(130));
    assert_eq!(terminal.modes(), terminal.before.local_modes);
    assert!(!terminal.hides_cursor(), "{:?}", terminal.text());
    terminal.around().assert_restored();
}

/// The other half of a test, on a terminal of its own.
fn start_half(name: &str) -> Terminal {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    let name = format!("terminal::ways_out::{name}");
    command.args(["--exact", &name, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(PANICS, "1").env("TERM", "xterm-256color").env_remove("RUST_BACKTRACE");
    Terminal::start(command, 24, 80)
}

/// Environment variable of the process that panics.
const PANICS: &str = "THERAPY_TEST_PANICS";

#[test]
fn a_panic_restores_the_terminal() {
    let mut terminal = start_half("a_session_that_panics");
    terminal.see("COLD");
    terminal.see("Ctrl-C stops");
    terminal.until("keys taken, no cursor", |terminal| terminal.is_taken() && terminal.hides_cursor());
    assert!(terminal.around().is_changed());
    terminal.press(" ");
    assert_ne!(terminal.end().code(), Some(0));
    let text = terminal.text();
    assert!(text.contains("panicked at") && text.contains("on purpose"), "{text}");
    assert_eq!(terminal.modes(), terminal.before.local_modes);
    assert!(!terminal.hides_cursor());
    terminal.around().assert_restored();
}

/// The second half of the test above: real keys, a real screen, and a world that panics at the first
/// input.
#[test]
#[ignore = "the test above runs it on a separate terminal"]
fn a_session_that_panics() {
    struct Panics(Inbox, #[expect(dead_code, reason = "its drop restores the terminal")] Keys);

    impl World for Panics {
        fn now(&self) -> Moment {
            clock::now()
        }

        fn wait(&mut self, _: Moment) -> Option<Input> {
            assert_eq!(self.0.wait(Duration::from_secs(1)), Message::WakeUp, "on purpose");
            None
        }
    }

    run_half(Panics);
}

/// The second half of the test about a second Ctrl-C: a world that does not come back from the first.
#[test]
#[ignore = "the test above runs it on a separate terminal"]
fn a_session_that_hangs() {
    struct Hangs(Inbox, #[expect(dead_code, reason = "it takes the terminal")] Keys);

    impl World for Hangs {
        fn now(&self) -> Moment {
            clock::now()
        }

        fn wait(&mut self, _: Moment) -> Option<Input> {
            while self.0.wait(Duration::from_secs(1)) == Message::WakeUp {}
            eprintln!("it hangs");
            loop {
                self.0.wait(Duration::from_secs(20));
            }
        }
    }

    run_half(Hangs);
}

/// Runs a session in this world, with real keys and a real screen.
fn run_half<W: World>(world: fn(Inbox, Keys) -> W) {
    if std::env::var_os(PANICS).is_none() {
        return;
    }
    let (look, wall) = (Box::new(|| ((24, 80), false)), Box::new(|_| String::new()));
    let screen = Screen::new(terminal::stream().expect("a thread"), look, wall, false, "test".to_owned());
    let window = Window::new("test", Known { title: true, progress: true, notifies: None });
    let mut screen = screen.with_window(window, terminal::Aside::default());
    let inbox = Inbox::default();
    let keys = Keys::take(true, inbox.sender()).expect("keys");
    let mut world = world(inbox, keys);
    let (session, events) = Session::start(&ice(), SessionOptions::default(), clock::now());
    runner::resume(session, events, &mut world, &mut [&mut screen, &mut Watches]);
}

struct Watches;

impl Observer for Watches {
    fn observe(&mut self, events: &[Event], _: &Session) -> Result<(), Trouble> {
        assert!(!events.iter().any(|event| matches!(event.kind, EventKind::Finished { .. })), "it panics before");
        Ok(())
    }
}
