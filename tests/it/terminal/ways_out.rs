//! The terminal is restored on every exit.

use therapy::domain::moment::Moment;
use therapy::domain::session::{Event, EventKind, Input, Session, SessionOptions};
use therapy::edge::inbox::{Inbox, Message};
use therapy::edge::keys::Keys;
use therapy::edge::terminal;
use therapy::runner::{self, Observer, Trouble, World};

use super::*;

#[test]
fn a_completed_session_leaves_its_result_and_restores_the_terminal() {
    let home = home(&[("heat", "20s"), ("cold", "20s")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml", "--speed", "100"]);
    terminal.until("keys taken", Terminal::is_taken);
    assert_eq!(terminal.end().code(), Some(0));
    terminal.assert_restored();
    let screen = terminal.contents();
    assert!(screen.contains("Done: 20 s of heat, 20 s of cold."), "{screen}");
    assert!(screen.contains("Take the pack off."), "{screen}");
    assert!(!screen.contains("q stop"), "the bars are gone: {screen}");
}

#[test]
fn q_stops_with_130_and_gives_the_terminal_back() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
    assert!(terminal.contents().contains("Stopped: "), "{}", terminal.contents());
}

#[test]
fn ctrl_c_stops_with_130_and_gives_the_terminal_back() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.until("keys taken", Terminal::is_taken);
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
        terminal.until("keys taken", Terminal::is_taken);
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
    terminal.until("keys taken", Terminal::is_taken);
    let process = std::fs::read_to_string(home.path().join("process")).expect("a file");
    let process = process.trim().parse().ok().and_then(Pid::from_raw).expect("a process");
    kill_process(process, Signal::TSTP).expect("it runs");
    terminal.until("the terminal restored", |terminal| !terminal.is_taken());
    terminal.assert_restored();
    kill_process(process, Signal::CONT).expect("it is stopped");
    terminal.until("taken again", Terminal::is_taken);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

/// Environment variable of the process that panics.
const PANICS: &str = "THERAPY_TEST_PANICS";

#[test]
fn a_panic_restores_the_terminal() {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args([
        "--exact",
        "terminal::ways_out::a_session_that_panics",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
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

    struct Watches;

    impl Observer for Watches {
        fn observe(&mut self, events: &[Event], _: &Session) -> Result<(), Trouble> {
            assert!(!events.iter().any(|event| matches!(event.kind, EventKind::Finished { .. })), "it panics before");
            Ok(())
        }
    }

    if std::env::var_os(PANICS).is_none() {
        return;
    }
    let (look, wall) = (Box::new(|| ((24, 80), false)), Box::new(|_| String::new()));
    let mut screen = Screen::new(terminal::stream().expect("a thread"), look, wall, false, "test".to_owned());
    let inbox = Inbox::default();
    let keys = Keys::take(true, inbox.sender()).expect("keys");
    let mut world = Panics(inbox, keys);
    let (session, events) = Session::start(&ice(), SessionOptions::default(), clock::now());
    runner::resume(session, events, &mut world, &mut [&mut screen, &mut Watches]);
}
