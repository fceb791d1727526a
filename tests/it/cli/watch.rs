//! `therapy status --watch`, as a status bar reads it.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use rustix::process::Signal;
use serde_json::Value;
use therapy::edge::clock;

use crate::programs::{DEADLINE, finish};
use crate::running::until;
use crate::support::{Home, stderr};

/// A watch, its lines, and the end of its reader.
struct Watch {
    child: Child,
    lines: Receiver<String>,
    /// Dropped when its reader is to go away.
    stop: Sender<()>,
}

impl Watch {
    fn start(home: &Home, arguments: &[&str]) -> Watch {
        let mut command = home.command(&[&["status", "--watch"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("piped");
        let ((sender, lines), (stop, stopped)) = (channel(), channel());
        thread::spawn(move || pass_on(stdout, &sender, &stopped));
        Watch { child, lines, stop }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("a line")
    }

    /// Reads until a line has this, and returns those before it.
    fn until(&self, text: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            match self.line() {
                line if line.contains(text) => return before,
                line => before.push(line),
            }
        }
    }

    /// The reader goes away.
    #[track_caller]
    fn leave(self) {
        drop(self.stop);
        let output = finish(self.child);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    }
}

/// Sends each line. Between two of them it looks whether to close the pipe.
fn pass_on(stdout: ChildStdout, lines: &Sender<String>, stopped: &Receiver<()>) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::sync::mpsc::TryRecvError;
    let mut stdout = BufReader::new(stdout);
    let moment = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
    while stopped.try_recv() != Err(TryRecvError::Disconnected) {
        let is_there = |stdout: &BufReader<ChildStdout>| {
            let mut watched = [PollFd::new(stdout.get_ref(), PollFlags::IN)];
            !stdout.buffer().is_empty() || poll(&mut watched, Some(&moment)).is_ok_and(|ready| ready > 0)
        };
        let mut line = String::new();
        if is_there(&stdout) && stdout.read_line(&mut line).is_ok_and(|length| length > 0) {
            let _ = lines.send(line.trim_end_matches('\n').to_owned());
        }
    }
}

#[test]
fn a_watch_follows_sessions_and_prints_only_what_changes() {
    let home = Home::new();
    home.own(1, &[("heat", "10min"), ("cold", "10min")]);
    let watch = Watch::start(&home, &["--format", "{state} {kind} {left}"]);
    assert_eq!(watch.line(), "");
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    let mut lines = watch.until("running heat 9:57");
    assert!(lines.len() <= 4, "{lines:?}");
    home.run(&["pause"]);
    watch.until("paused heat");
    home.run(&["skip"]);
    lines = watch.until("cold");
    // Nothing changes in a pause.
    assert!(lines.len() <= 1, "{lines:?}");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    lines = std::iter::repeat_with(|| watch.line()).take_while(|line| !line.is_empty()).collect();
    assert!(lines.iter().all(|line| line.contains("cold")), "{lines:?}");
    watch.leave();
}

#[test]
fn a_line_is_one_document_with_a_state() {
    let home = Home::new();
    home.own(1, &[("cold", "10min")]);
    let watches = [["--json"], ["--waybar"]].map(|form| Watch::start(&home, &form));
    let document = |watch: &Watch| serde_json::from_str::<Value>(&watch.line()).expect("JSON");
    let none = watches.each_ref().map(document);
    assert_eq!((&none[0]["state"], &none[1]["alt"]), (&"none".into(), &"none".into()));
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    let some = watches.each_ref().map(document);
    assert_eq!((&some[0]["kind"], &some[1]["alt"]), (&"cold".into(), &"cold".into()));
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    watches.into_iter().for_each(Watch::leave);
}

/// Without a session nothing is written, so a broken pipe alone would never be noticed.
#[test]
fn a_watch_without_news_ends_at_once_when_its_reader_goes_away() {
    let home = Home::new();
    let watch = Watch::start(&home, &["--waybar"]);
    watch.line();
    let start = clock::now();
    watch.leave();
    let took = clock::now().since(start);
    assert!(took < std::time::Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_watch_of_one_site_shows_no_session_at_another() {
    let home = Home::new();
    home.own(1, &[("cold", "10min")]);
    let mut running = home.start(&["run", "own.toml", "--site", "left-knee"]);
    running.see("step_began");
    let form = ["--format", "{site}", "--site"];
    let [knee, neck] = ["knee", "neck"].map(|site| Watch::start(&home, &[&form[..], &[site]].concat()));
    assert_eq!([knee.line(), neck.line()], ["left-knee", ""]);
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    until("the end is shown", || knee.lines.try_recv().is_ok_and(|line| line.is_empty()));
    knee.leave();
    neck.leave();
}

#[test]
fn a_watch_without_a_form_says_what_is_on() {
    let home = Home::new();
    home.own(1, &[("heat", "10min"), ("cold", "5min")]);
    let watch = Watch::start(&home, &[]);
    assert_eq!(watch.line(), "no session");
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    let line = watch.line();
    assert!(line.starts_with("HEAT ") && line.ends_with(", then COLD 5 min"), "{line}");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    until("the end is shown", || watch.lines.try_recv().is_ok_and(|line| line == "no session"));
    watch.leave();
}
