//! Terminals and streams that are closed, shrunk, blocked, unknown or missing: the session goes on or
//! ends as it should, its record is written to the end, and the terminal is given back.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};
use therapy::edge::clock;
use therapy::edge::journal::{Journal, Stamp};

use crate::programs::held_up;
use crate::running::{Line, steps, until};
use crate::support::Home;
use crate::terminal::Terminal;

/// How late an end may be seen beside other tests, the program's start included.
const LATE: Duration = Duration::from_millis(800);
/// How long each of the last words (the lines, the next cold, the question) waits for a reader.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How many times as fast the clock runs: a session takes a second.
const RATE: f64 = 80.0;

fn home() -> Home {
    let home = Home::new();
    home.file("own.toml", &steps(1, &[("heat", "40s"), ("cold", "40s")]));
    home
}

fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(&["run", "own.toml", "--no-notify"]);
    command.args(arguments).env("THERAPY_TEST_RATE", RATE.to_string());
    command
}

/// How the session ended, and its events, as the journal holds them.
#[track_caller]
fn recorded(home: &Home) -> (String, Vec<Line>) {
    let journal = Journal::open(&home.path().join("data")).expect("a journal");
    let history = journal.history(0).expect("its history");
    assert_eq!(history.len(), 1);
    let now = Stamp { wall_ms: clock::wall().as_millisecond(), boot: clock::boot(), clock: clock::now() };
    let record = journal.record(history[0].id, &now).expect("a record");
    let events = record.events.iter().map(|event| {
        let millis = u64::try_from(event.elapsed.as_millis()).expect("short");
        (event.kind.name().to_owned(), event.step as u64 + 1, millis)
    });
    (history[0].outcome.clone().expect("an end"), events.collect())
}

/// It went from its start to its end as planned, and all of it is in the journal.
#[track_caller]
fn assert_completed(home: &Home) {
    assert_eq!(recorded(home), ("completed".to_owned(), home.rehearsed("own.toml")));
}

/// A session of ten minutes and more, on a terminal that it has taken.
fn long_session(home: &Home) -> Terminal {
    home.file("own.toml", &steps(1, &[("heat", "10min"), ("cold", "10min")]));
    let mut command = command(home, &[]);
    command.env_remove("THERAPY_TEST_RATE");
    let mut terminal = Terminal::start(command, 24, 80);
    terminal.see("q stop");
    terminal.until("keys taken", Terminal::is_taken);
    terminal
}

#[test]
fn a_terminal_that_is_closed_stops_the_session_and_its_record_is_whole() {
    let home = home();
    let mut terminal = long_session(&home);
    // Another terminal in its place: the old one's last descriptor is closed by this, and the system
    // hangs up.
    let (spare, _spare_inner) = pty_process::blocking::open().expect("a pseudo-terminal");
    drop(std::mem::replace(&mut terminal.pty, spare));
    assert_eq!(terminal.end().code(), Some(130));
    let (outcome, events) = recorded(&home);
    let names: Vec<&str> = events.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!((outcome.as_str(), &names[..]), ("stopped", &["started", "step_began", "finished"][..]));
}

#[test]
fn no_size_of_the_terminal_changes_anything_of_the_session() {
    let home = home();
    home.file("own.toml", &steps(1, &[("heat", "2min"), ("cold", "2min")]));
    let mut terminal = Terminal::start(command(&home, &[]), 24, 80);
    terminal.see("HEAT");
    terminal.until("keys taken", Terminal::is_taken);
    for (rows, columns) in [(1, 1), (24, 1), (1, 80), (2, 12), (24, 500), (500, 1), (24, 80)] {
        terminal.resize(rows, columns);
        let known = terminal.text().len();
        // In one cell there may be nothing to draw until the session ends.
        terminal.until("a frame at this size", |terminal| {
            terminal.text().len() > known || terminal.child.try_wait().expect("a child").is_some()
        });
    }
    assert_eq!(terminal.end().code(), Some(0));
    terminal.assert_given_back();
    assert_completed(&home);
}

/// A session that a shell starts with this script, in which it is `"$@"`, at this rate.
fn started_by(home: &Home, shell: [&str; 3], rate: f64) -> Terminal {
    let session = command(home, &[]);
    let mut script = Command::new(shell[0]);
    script.args([shell[1], shell[2], "shell"]).arg(session.get_program()).args(session.get_args());
    script.env_clear().envs(home.environment()).env("THERAPY_TEST_RATE", rate.to_string()).current_dir(home.path());
    let mut terminal = Terminal::start(script, 24, 80);
    terminal.see("HEAT");
    terminal
}

/// A job that runs on in the background, and is then brought to the front: that is no signal.
#[test]
fn a_session_that_comes_to_the_foreground_takes_the_keys() {
    let home = home();
    let mut terminal = started_by(&home, ["/bin/bash", "-mc", "\"$@\" & read -r; fg"], 1.0);
    assert!(!terminal.is_taken());
    terminal.press("\n");
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press(" ");
    terminal.see("PAUSED");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_given_back();
}

/// In the background no signal reports a resize.
#[test]
fn a_session_in_the_background_is_drawn_for_the_size_that_the_terminal_has() {
    let home = home();
    home.file("own.toml", &steps(1, &[("heat", "10min"), ("cold", "10min")]));
    let script = "\"$@\" </dev/null & read -r; kill $!; wait";
    let mut terminal = started_by(&home, ["/bin/bash", "-mc", script], 1.0);
    terminal.resize(24, 40);
    let fits = |terminal: &mut Terminal| {
        // A row that was wrapped comes as one line.
        terminal.contents().lines().any(|row| row.trim() == "─".repeat(38))
    };
    terminal.until("a frame of 40 columns", fits);
    terminal.press("\n");
    terminal.end();
}

/// Ctrl-Z, and `fg` behind what the shell has written.
#[test]
fn a_session_that_was_stopped_is_drawn_anew_below_what_the_shell_wrote() {
    let home = home();
    home.file("own.toml", &steps(1, &[("heat", "10min"), ("cold", "10min")]));
    let mut terminal = started_by(&home, ["/bin/bash", "-mc", "\"$@\"; echo by hand; fg"], 1.0);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("\x1a");
    terminal.see("by hand");
    let whole = |terminal: &mut Terminal| {
        let contents = terminal.contents();
        let (_, below) = contents.rsplit_once("by hand").expect("seen above");
        ["own · step 1 of 2", "HEAT ", " of 20 min", "then COLD", "q stop"].iter().all(|part| below.contains(part))
    };
    terminal.until("a whole frame", whole);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_given_back();
}

/// The question after a session is answered in whole lines, also after the process was suspended.
#[cfg(target_os = "linux")]
#[test]
fn after_the_session_nothing_takes_the_keys_again() {
    let home = home();
    let mut terminal = Terminal::start(command(&home, &["--pain", "3"]), 24, 80);
    terminal.see("How bad is the pain now");
    terminal.signal(Signal::TSTP);
    let stat = format!("/proc/{}/stat", terminal.child.id());
    until("it is stopped", || std::fs::read_to_string(&stat).expect("Linux").contains(") T "));
    terminal.signal(Signal::CONT);
    until("it goes on", || !std::fs::read_to_string(&stat).expect("Linux").contains(") T "));
    clock::wait(Duration::from_millis(200));
    assert!(!terminal.is_taken());
    terminal.press("2\n");
    assert_eq!(terminal.end().code(), Some(0));
    terminal.assert_given_back();
}

/// As nohup starts it.
#[cfg(target_os = "linux")]
#[test]
fn a_session_that_is_to_outlive_its_terminal_does() {
    let home = home();
    let mut terminal = started_by(&home, ["/bin/sh", "-c", "trap '' HUP; exec \"$@\""], 20.0);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.signal(Signal::HUP);
    assert_eq!(terminal.end().code(), Some(0));
    assert_completed(&home);
}

/// In the background of a shell's jobs, keys are not its own: it neither obeys them, nor is stopped for
/// reading them, nor wakes for them again and again.
#[cfg(target_os = "linux")]
#[test]
fn keys_for_another_program_in_the_foreground_are_left_alone() {
    let home = home();
    let mut terminal = started_by(&home, ["/bin/sh", "-mc", "\"$@\" & echo $! >\"$HOME/process\"; wait $!"], 1.0);
    terminal.press("q\n");
    let process = std::fs::read_to_string(home.path().join("process")).expect("a file");
    let process: i32 = process.trim().parse().expect("a number");
    // Nanoseconds on a processor.
    let ran = || -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{process}/schedstat")).expect("Linux");
        stat.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
    };
    let before = ran();
    clock::wait(Duration::from_millis(1500));
    let took = Duration::from_nanos(ran() - before);
    assert!(took < Duration::from_millis(100), "{took:?} in a second and a half");
    kill_process(Pid::from_raw(process).expect("a process"), Signal::TERM).expect("it still runs");
    assert_eq!(terminal.end().code(), Some(130));
    assert_eq!(recorded(&home).0, "stopped");
}

/// They wait for most of their time: together they take as long as one.
fn each_at_once<T: Send, const N: usize>(cases: [T; N], check: impl Fn(T) + Sync) {
    let check = &check;
    std::thread::scope(|scope| cases.map(|case| drop(scope.spawn(move || check(case)))));
}

/// A pipe that takes nothing any more, and its other end.
pub fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let before = fcntl_getfl(&writer).expect("flags");
    fcntl_setfl(&writer, before | OFlags::NONBLOCK).expect("flags");
    while (&writer).write(&[b'x'; 64]).is_ok() {}
    while (&writer).write(b"x").is_ok() {}
    fcntl_setfl(&writer, before).expect("flags");
    (reader, writer)
}

/// Waits for the end, which must come when it is due.
#[track_caller]
fn end_on_time(mut child: Child, patience: Duration) -> ExitStatus {
    let start = clock::now();
    held_up(start);
    let mut status = None;
    until("the end", || {
        status = child.try_wait().expect("a child");
        status.is_some()
    });
    let took = clock::now().since(start);
    assert!(took < Duration::from_secs_f64(80.0 / RATE) + LATE + patience + held_up(start), "{took:?}");
    status.expect("just seen")
}

#[test]
fn an_output_that_is_never_read_holds_up_neither_the_session_nor_its_record() {
    each_at_once(["json", "plain", "quiet"], |progress| {
        let home = home();
        // There is room for the lines before the start, and none for the session's own lines.
        let (_out, out) = full_pipe();
        let (_err, err) = std::io::pipe().expect("a pipe");
        let child = command(&home, &["--progress", progress]).stdout(out).stderr(err).spawn();
        assert_eq!(end_on_time(child.expect("the program starts"), LAST_WORDS).code(), Some(0), "{progress}");
        assert_completed(&home);
    });
}

#[test]
fn plain_lines_into_a_pipe_that_fills_up_hold_up_neither_the_session_nor_its_record() {
    let home = home();
    // Room for the lines before the start, and for one line or two.
    let (mut reader, err) = full_pipe();
    reader.read_exact(&mut [0; 4096]).expect("a page");
    (&err).write_all(&[b'x'; 4096 - 512]).expect("room");
    let child = command(&home, &["--progress", "plain"]).stdout(Stdio::null()).stderr(err).spawn();
    let status = end_on_time(child.expect("the program starts"), 3 * LAST_WORDS);
    assert_eq!(status.code(), Some(0));
    drop(reader);
    assert_completed(&home);
}

#[test]
fn streams_that_are_closed_or_gone_change_nothing_of_the_session() {
    each_at_once(["json", "plain", "bar", "quiet"], |progress| {
        for closed in [">&-", "2>&-", "<&- >&- 2>&-"] {
            let home = home();
            let session = command(&home, &["--progress", progress]);
            let mut shell = Command::new("/bin/sh");
            shell.env_clear().envs(session.get_envs().filter_map(|(name, value)| Some((name, value?))));
            shell.current_dir(home.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            shell
                .args(["-c", &format!("exec \"$0\" \"$@\" {closed}")])
                .arg(session.get_program())
                .args(session.get_args());
            let status = end_on_time(shell.spawn().expect("a shell"), Duration::ZERO);
            assert_eq!(status.code(), Some(0), "{progress} {closed}");
            assert_completed(&home);
        }
        // A reader that has seen enough.
        let home = home();
        let mut gone = command(&home, &["--progress", progress]);
        let writers = [(); 2].map(|()| OwnedFd::from(std::io::pipe().expect("a pipe").1));
        let [out, err] = writers;
        let child = gone.stdout(out).stderr(err).spawn().expect("the program starts");
        assert_eq!(end_on_time(child, Duration::ZERO).code(), Some(0), "{progress}");
        assert_completed(&home);
    });
}

/// The name decides whether there are bars.
#[test]
fn a_terminal_of_any_name_and_in_any_locale_is_given_back() {
    let (none, ascii, unknown) = (None, Some("C"), Some("xx_YY.nonsense"));
    let cases = [
        (Some("no-such-terminal"), none, true),
        (Some("xterm-256color"), none, true),
        (Some("xterm-256color"), ascii, true),
        (Some("xterm-256color"), unknown, true),
        (Some("dumb"), ascii, false),
        (Some(""), none, false),
        (None, none, false),
    ];
    each_at_once(cases, |(term, locale, has_bars)| {
        let home = home();
        let mut command = command(&home, &[]);
        command.env_remove("LANG").env_remove("TERM");
        command.envs(term.map(|term| ("TERM", term))).envs(locale.map(|locale| ("LC_ALL", locale)));
        let mut terminal = Terminal::start(command, 24, 80);
        terminal.until("keys taken", Terminal::is_taken);
        assert_eq!(terminal.end().code(), Some(0), "{term:?} {locale:?}");
        terminal.assert_given_back();
        let text = terminal.text();
        assert_eq!(text.contains('\u{1b}'), has_bars, "{term:?} {locale:?}: {text:?}");
        assert!(text.contains("Done: 40 s of heat, 40 s of cold."), "{term:?} {locale:?}: {text:?}");
        assert_completed(&home);
    });
}

/// Ctrl-S, or a window that hangs: the terminal takes nothing more.
#[test]
fn a_terminal_that_takes_nothing_holds_up_neither_the_session_nor_its_record() {
    let home = home();
    let mut terminal = Terminal::start(command(&home, &[]), 24, 80);
    terminal.see("HEAT");
    while let Ok(count) = terminal.inner.write(&[b'x'; 1024]) {
        assert!(count > 0);
    }
    let start = clock::now();
    held_up(start);
    // Nothing is read here.
    until("the end", || terminal.child.try_wait().expect("a child").is_some());
    let took = clock::now().since(start);
    assert!(took < Duration::from_secs_f64(80.0 / RATE) + LATE + 3 * LAST_WORDS + held_up(start), "{took:?}");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(!terminal.is_taken(), "given back");
    assert_completed(&home);
}
