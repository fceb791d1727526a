//! The program for Windows on a console of Wine. That console tells keys and events as Windows does, but does not follow
//! the cursor, so the events of the session are read, and not the screen.

use std::process::ExitStatus;

use super::*;
use crate::programs::left_out;
use crate::running::until;

/// Environment variable with what runs a program for Windows, a blank, and the program.
const WINE: &str = "THERAPY_TEST_WINE";

/// A session on a console, with its output in files.
struct Session {
    home: Home,
    terminal: Terminal,
}

impl Session {
    /// Starts one; `None` where there is no Wine.
    fn start() -> Option<Session> {
        let Ok(wine) = std::env::var(WINE) else {
            left_out("a console of Windows", "THERAPY_TEST_CROSS=1 .ci/run");
            return None;
        };
        let home = home(&[("heat", "10min"), ("cold", "10min")]);
        let mut shell = Command::new("/bin/sh");
        let run = format!("exec {wine} run own.toml --no-notify --progress json > out.txt 2> errors.txt");
        shell.args(["-c", &run]).env_clear().envs(home.environment()).current_dir(home.path());
        let terminal = Terminal::start(shell, 24, 80);
        let session = Session { home, terminal };
        session.until(&["started", "step_began"]);
        Some(session)
    }

    /// The names of its events so far.
    fn events(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.home.path().join("out.txt")).unwrap_or_default();
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let event = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["event"].clone();
        whole.map(|line| event(line).as_str().expect("a name").to_owned()).collect()
    }

    /// Waits until these are its events.
    #[track_caller]
    fn until(&self, events: &[&str]) {
        until(&format!("{events:?}"), || self.events().len() >= events.len());
        assert_eq!(self.events(), events);
    }

    fn end(&mut self) -> ExitStatus {
        let mut status = None;
        until("the end", || {
            status = self.terminal.child.try_wait().expect("a child");
            status.is_some()
        });
        status.expect("just ended")
    }

    /// The time of the processor that it has used, in hundredths of a second.
    fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.terminal.child.id())).expect("a process");
        // After the name in brackets, the twelfth and thirteenth.
        let fields: Vec<_> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
        fields[11..=12].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
    }
}

#[test]
fn each_key_of_a_console_counts_once_and_ctrl_c_stops() {
    let Some(mut session) = Session::start() else { return };
    session.terminal.press(" ");
    session.until(&["started", "step_began", "paused"]);
    session.terminal.press(" ");
    session.until(&["started", "step_began", "paused", "resumed"]);
    session.terminal.press("s");
    session.until(&["started", "step_began", "paused", "resumed", "skipped", "step_began"]);
    session.terminal.press("\x03");
    assert_eq!(session.end().code(), Some(130));
    assert_eq!(session.events().last().map(String::as_str), Some("finished"));
}

#[test]
fn a_session_with_its_output_in_a_file_waits_without_a_processor() {
    let Some(mut session) = Session::start() else { return };
    let before = session.ticks();
    clock::wait(Duration::from_secs(3));
    let used = session.ticks() - before;
    assert!(used < 50, "{used} hundredths of a second in three");
    session.terminal.press("q");
    assert_eq!(session.end().code(), Some(130));
}

#[test]
fn a_console_that_is_closed_cuts_the_session_off() {
    let Some(mut session) = Session::start() else { return };
    session.terminal.hang_up();
    session.end();
    session.until(&["started", "step_began"]);
    let errors = std::fs::read_to_string(session.home.path().join("errors.txt")).expect("errors");
    assert!(!errors.contains("panicked"), "{errors}");
}
