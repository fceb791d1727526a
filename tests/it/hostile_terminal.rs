//! Terminals and streams that are closed, shrunk, blocked, unknown or missing. The session continues or
//! ends as specified, its record is complete, and the terminal is restored.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
#[cfg(target_os = "linux")]
use rustix::process::{Pid, Signal, kill_process};
use therapy::edge::clock;
use therapy::edge::journal::{Journal, Stamp};

use crate::programs::{held_up, left_out};
use crate::running::{Line, steps, until};
use crate::support::{Home, joined};
use crate::terminal::Terminal;

/// Lateness that is allowed for an end next to other tests, with the start of the program.
const LATE: Duration = Duration::from_millis(800);
/// Time that all final messages together (the lines, the next cold, the question) wait for a reader.
const FINAL_WAIT: Duration = Duration::from_secs(1);

/// Rate of the clock. A session takes about a second.
const RATE: f64 = 80.0;

fn home() -> Home {
    let home = Home::new();
    home.file("own.toml", &steps(1, &[("heat", "40s"), ("cold", "40s")]));
    home
}

fn command(home: &Home, arguments: &[&str]) -> Command {
    session(home.command(&["run", "own.toml", "--no-notify"]), arguments)
}

fn without_terminal(home: &Home, arguments: &[&str]) -> Command {
    session(home.without_terminal(&["run", "own.toml", "--no-notify"]), arguments)
}

fn session(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments).env("THERAPY_TEST_RATE", RATE.to_string());
    command
}

/// The outcome and the events of the session in the journal.
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

/// The session ran as planned, and the journal is complete.
#[track_caller]
fn assert_completed(home: &Home) {
    assert_eq!(recorded(home), ("completed".to_owned(), home.rehearsed("own.toml")));
}

/// A long session that already controls its terminal.
fn long_session(home: &Home) -> Terminal {
    home.file("own.toml", &steps(1, &[("heat", "10min"), ("cold", "10min")]));
    let mut command = command(home, &[]);
    command.env_remove("THERAPY_TEST_RATE");
    let mut terminal = Terminal::start(command, 24, 80);
    terminal.see("q stop");
    terminal.until("keys taken", Terminal::is_taken);
    terminal
}

/// As when its window is closed or the connection is lost.
#[test]
fn a_session_goes_on_when_its_terminal_is_gone() {
    let home = home();
    let mut terminal = long_session(&home);
    terminal.hang_up();
    assert_eq!(home.ask(&["pause"]), "Paused: pack off.\n");
    assert!(home.ask(&["status"]).starts_with("PAUSED "));
    assert_eq!(home.ask(&["resume"]), "Heat continues.\n");
    home.ask(&["stop"]);
    assert_eq!(terminal.child.wait().expect("a child").code(), Some(130));
    let (outcome, events) = recorded(&home);
    let names: Vec<&str> = events.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        (outcome.as_str(), &names[..]),
        ("stopped", &["started", "step_began", "paused", "resumed", "finished"][..])
    );
}

#[test]
fn the_size_of_the_terminal_does_not_affect_the_session() {
    let home = home();
    home.file("own.toml", &steps(1, &[("heat", "2min"), ("cold", "2min")]));
    let mut terminal = Terminal::start(command(&home, &[]), 24, 80);
    terminal.see("HEAT");
    terminal.until("keys taken", Terminal::is_taken);
    for (rows, columns) in [(1, 1), (24, 1), (1, 80), (2, 12), (24, 500), (500, 1), (24, 80)] {
        terminal.resize(rows, columns);
        let known = terminal.text().len();
        // In a single cell there may be nothing to draw before the end of the session.
        terminal.until("a frame at this size", |terminal| {
            terminal.text().len() > known || terminal.child.try_wait().expect("a child").is_some()
        });
    }
    assert_eq!(terminal.end().code(), Some(0));
    terminal.assert_restored();
    assert_completed(&home);
}

/// A session at this rate, started by a shell script that calls it as `"$@"`.
fn started_by(home: &Home, shell: [&str; 3], rate: f64) -> Terminal {
    let mut terminal = started_session(home, shell, rate);
    terminal.see("HEAT");
    terminal
}

fn started_session(home: &Home, shell: [&str; 3], rate: f64) -> Terminal {
    let session = command(home, &[]);
    let mut script = Command::new(shell[0]);
    script.args([shell[1], shell[2], "shell"]).arg(session.get_program()).args(session.get_args());
    script.env_clear().envs(home.environment()).env("THERAPY_TEST_RATE", rate.to_string()).current_dir(home.path());
    Terminal::start(script, 40, 80)
}

/// Bringing a running background job to the foreground sends no signal.
#[test]
fn a_session_that_comes_to_the_foreground_takes_the_keys() {
    let home = home();
    let mut terminal = started_by(&home, ["/bin/bash", "-mc", "\"$@\" & read -r; fg"], 1.0);
    assert!(!terminal.is_taken() && !terminal.hides_cursor(), "the shell has the terminal");
    terminal.press("\n");
    terminal.until("keys taken", |terminal| terminal.is_taken() && terminal.hides_cursor());
    terminal.press(" ");
    terminal.see("PAUSED");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

/// A background job gets no signal for a resize.
#[test]
fn a_session_in_the_background_fits_the_current_size_of_the_terminal() {
    let home = home();
    home.file("own.toml", &steps(1, &[("heat", "10min"), ("cold", "10min")]));
    let script = "\"$@\" </dev/null & read -r; kill $!; wait";
    let mut terminal = started_by(&home, ["/bin/bash", "-mc", script], 1.0);
    terminal.resize(24, 40);
    let fits = |terminal: &mut Terminal| {
        // A wrapped row appears as one line.
        terminal.contents().lines().any(|row| row.trim() == "─".repeat(38))
    };
    terminal.until("a frame of 40 columns", fits);
    terminal.press("\n");
    terminal.end();
}

/// The whole frame is below this text, and nowhere else.
fn whole_below(text: &str) -> impl Fn(&mut Terminal) -> bool {
    let parts = ["own · step 1 of 2", "   HEAT", " of 20 min", "then COLD", "q stop"];
    move |terminal| {
        let contents = terminal.contents();
        let Some((_, below)) = contents.rsplit_once(text) else { return false };
        parts.iter().all(|part| below.contains(part))
    }
}

/// A SIGSTOP cannot be announced. The shell writes over the frame, which is drawn again.
#[test]
fn a_session_that_was_stopped_by_another_program_is_redrawn_below_the_output_of_the_shell() {
    let home = home();
    home.file("own.toml", &steps(1, &[("heat", "10min"), ("cold", "10min")]));
    let script = "\"$@\" & read -r; kill -STOP $!; echo; echo by hand; kill -CONT $!; fg";
    let mut terminal = started_by(&home, ["/bin/bash", "-mc", script], 1.0);
    terminal.see("q stop");
    terminal.press("\n");
    terminal.until("a whole frame", whole_below("by hand"));
    terminal.until("keys taken", Terminal::is_taken);
    let contents = terminal.contents();
    let (_, below) = contents.rsplit_once("by hand").expect("just seen");
    assert_eq!(below.matches("   HEAT").count(), 1, "{contents}");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

/// What was missed is said when the session goes on.
#[test]
fn a_suspended_session_says_how_long_no_alarm_came_and_what_is_too_long() {
    let home = home();
    home.file("own.toml", &steps(1, &[("heat", "1min"), ("cold", "10min")]));
    let mut terminal = started_by(&home, ["/bin/bash", "-mc", "\"$@\"; sleep 5; fg"], 60.0);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("\x1a");
    terminal.see("Suspended: ");
    terminal.see("Take the pack off, then press Enter. Heat is ");
    terminal.see("The session continues. No alarm came for 5 min.");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

/// Lines and warnings are written before the process stops.
#[test]
fn a_suspended_session_says_so_wherever_it_is_shown() {
    each_at_once(["plain", "json", "quiet"], |progress| {
        let home = home();
        home.file("own.toml", &steps(1, &[("rest", "10min"), ("cold", "10min")]));
        let script = format!("\"$@\" --progress {progress}; echo by hand; fg");
        let mut terminal = started_session(&home, ["/bin/bash", "-mc", &script], 1.0);
        terminal.until("keys taken", Terminal::is_taken);
        terminal.press("\x1a");
        terminal.see("by hand");
        let contents = joined(&terminal.contents());
        let (before, _) = contents.rsplit_once("by hand").expect("just seen");
        assert!(before.contains("Suspended: no alarm comes until you type fg. The clock goes on."), "{contents}");
        terminal.see("The session continues");
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130), "{progress}");
        terminal.assert_restored();
    });
}

/// In the window of a terminal without a shell, nothing could continue the session.
#[test]
fn without_a_shell_control_z_does_not_stop_the_session() {
    let home = home();
    let mut terminal = long_session(&home);
    terminal.press("\x1a");
    terminal.press(" ");
    terminal.see("PAUSED 0:0");
    // The shell of a script is in the same group, and it is the first process of the terminal.
    let home = self::home();
    let mut scripted = started_by(&home, ["/bin/sh", "-c", "\"$@\"; exit $?"], 1.0);
    scripted.until("keys taken", Terminal::is_taken);
    scripted.press("\x1a");
    scripted.press(" ");
    scripted.see("PAUSED 0:0");
    for terminal in [&mut terminal, &mut scripted] {
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130));
        terminal.assert_restored();
    }
}

/// In a container that was entered from the terminal of its host, the groups and sessions of the host have no number.
#[test]
fn keys_are_taken_in_a_container() {
    let container = "unshare --map-root-user --pid --fork";
    let works = Command::new("/bin/sh").args(["-c", &format!("{container} true")]).stderr(Stdio::null()).status();
    if !works.is_ok_and(|status| status.success()) {
        left_out("keys in a container", &format!("where `{container}` works"));
        return;
    }
    let home = home();
    let mut terminal = started_by(&home, ["/bin/sh", "-c", &format!("exec {container} \"$@\"")], 1.0);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("\x1a ");
    terminal.see("PAUSED 0:0");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

/// Ctrl-Z, output of the shell, then `fg`.
#[test]
fn a_suspended_session_is_redrawn_below_the_output_of_the_shell() {
    let home = home();
    home.file("own.toml", &steps(1, &[("heat", "10min"), ("cold", "10min")]));
    let mut terminal = started_by(&home, ["/bin/bash", "-mc", "\"$@\"; echo by hand; fg"], 1.0);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("\x1a");
    terminal.see("by hand");
    let contents = terminal.contents();
    let (before, _) = contents.rsplit_once("by hand").expect("just seen");
    let said = "Suspended: no alarm comes until you type fg. The clock goes on, and the pack counts as on.";
    assert!(joined(before).contains(said) && !before.contains("q stop"), "{contents}");
    terminal.until("a whole frame", whole_below("by hand"));
    terminal.until("a whole frame", whole_below("The session continues"));
    assert_eq!(terminal.contents().matches("   HEAT").count(), 1, "{}", terminal.contents());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

/// The final question is answered in line mode, even after the process was suspended.
#[cfg(target_os = "linux")]
#[test]
fn after_the_session_the_keys_are_not_taken_again() {
    let home = home();
    let mut terminal = Terminal::start(command(&home, &["--pain", "3"]), 24, 80);
    terminal.see("How bad is the pain now");
    terminal.signal(Signal::STOP);
    let stat = format!("/proc/{}/stat", terminal.child.id());
    until("it is stopped", || std::fs::read_to_string(&stat).expect("Linux").contains(") T "));
    terminal.signal(Signal::CONT);
    until("it goes on", || !std::fs::read_to_string(&stat).expect("Linux").contains(") T "));
    clock::wait(Duration::from_millis(200));
    assert!(!terminal.is_taken());
    terminal.press("2\n");
    assert_eq!(terminal.end().code(), Some(0));
    terminal.assert_restored();
}

/// As with nohup.
#[cfg(target_os = "linux")]
#[test]
fn a_session_that_ignores_hangups_survives_one() {
    let home = home();
    let mut terminal = started_by(&home, ["/bin/sh", "-c", "trap '' HUP; exec \"$@\""], 20.0);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.signal(Signal::HUP);
    assert_eq!(terminal.end().code(), Some(0));
    assert_completed(&home);
}

/// A background job must ignore the keys. It must not be stopped for reading them, or wake for them
/// repeatedly.
#[cfg(target_os = "linux")]
#[test]
fn keys_for_a_foreground_program_are_ignored() {
    let home = home();
    let mut terminal = started_by(&home, ["/bin/sh", "-mc", "\"$@\" & echo $! >\"$HOME/process\"; wait $!"], 1.0);
    terminal.press("q\n");
    let process = std::fs::read_to_string(home.path().join("process")).expect("a file");
    let process: i32 = process.trim().parse().expect("a number");
    // CPU time in nanoseconds.
    let ran = || -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{process}/schedstat")).expect("Linux");
        stat.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
    };
    let before = ran();
    clock::wait(Duration::from_millis(1500));
    let took = Duration::from_nanos(ran() - before);
    assert!(took < Duration::from_millis(100), "{took:?} in a second and a half");
    kill_process(Pid::from_raw(process).expect("a process"), Signal::INT).expect("it still runs");
    assert_eq!(terminal.end().code(), Some(130));
    assert_eq!(recorded(&home).0, "stopped");
}

/// Runs all cases at the same time, because they mostly wait.
fn each_at_once<T: Send, const N: usize>(cases: [T; N], check: impl Fn(T) + Sync) {
    let check = &check;
    std::thread::scope(|scope| cases.map(|case| drop(scope.spawn(move || check(case)))));
}

/// A full pipe, with its reader.
pub fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let before = fcntl_getfl(&writer).expect("flags");
    fcntl_setfl(&writer, before | OFlags::NONBLOCK).expect("flags");
    while (&writer).write(&[b'x'; 64]).is_ok() {}
    while (&writer).write(b"x").is_ok() {}
    fcntl_setfl(&writer, before).expect("flags");
    (reader, writer)
}

/// Waits for the end, which must be on time.
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
fn an_output_that_is_never_read_delays_neither_the_session_nor_its_record() {
    each_at_once(["json", "plain", "quiet"], |progress| {
        let home = home();
        // Standard error has room for the lines before the start. Standard output is full.
        let (_out, out) = full_pipe();
        let (_err, err) = std::io::pipe().expect("a pipe");
        let child = without_terminal(&home, &["--progress", progress]).stdout(out).stderr(err).spawn();
        assert_eq!(end_on_time(child.expect("the program starts"), FINAL_WAIT).code(), Some(0), "{progress}");
        assert_completed(&home);
    });
}

#[test]
fn plain_lines_into_a_pipe_that_fills_up_delay_neither_the_session_nor_its_record() {
    let home = home();
    // Room for the lines before the start, and for one or two more.
    let (mut reader, err) = full_pipe();
    reader.read_exact(&mut [0; 4096]).expect("a page");
    (&err).write_all(&[b'x'; 4096 - 512]).expect("room");
    let child = without_terminal(&home, &["--progress", "plain"]).stdout(Stdio::null()).stderr(err).spawn();
    let status = end_on_time(child.expect("the program starts"), FINAL_WAIT);
    assert_eq!(status.code(), Some(0));
    drop(reader);
    assert_completed(&home);
}

#[test]
fn closed_streams_do_not_affect_the_session() {
    each_at_once(["json", "plain", "bar", "quiet"], |progress| {
        for closed in [">&-", "2>&-", "<&- >&- 2>&-"] {
            let home = home();
            let session = without_terminal(&home, &["--progress", progress]);
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
        // A reader that has closed the pipe.
        let home = home();
        let mut gone = without_terminal(&home, &["--progress", progress]);
        let writers = [(); 2].map(|()| OwnedFd::from(std::io::pipe().expect("a pipe").1));
        let [out, err] = writers;
        let child = gone.stdout(out).stderr(err).spawn().expect("the program starts");
        assert_eq!(end_on_time(child, Duration::ZERO).code(), Some(0), "{progress}");
        assert_completed(&home);
    });
}

/// The name of the terminal decides whether there is a screen.
#[test]
fn a_terminal_is_restored_with_any_name_and_locale() {
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
        terminal.assert_restored();
        let text = terminal.text();
        assert_eq!(text.contains('\u{1b}'), has_bars, "{term:?} {locale:?}: {text:?}");
        assert!(text.contains("Done: 40 s of heat, 40 s of cold"), "{term:?} {locale:?}: {text:?}");
        assert_completed(&home);
    });
}

/// The terminal accepts no output, as after Ctrl-S.
#[test]
fn a_blocked_terminal_delays_neither_the_session_nor_its_record() {
    let home = home();
    let mut terminal = Terminal::start(command(&home, &[]), 24, 80);
    terminal.see("HEAT");
    while let Ok(count) = terminal.inner.write(&[b'x'; 1024]) {
        assert!(count > 0);
    }
    let start = clock::now();
    held_up(start);
    // Do not read from the terminal here.
    until("the end", || terminal.child.try_wait().expect("a child").is_some());
    let took = clock::now().since(start);
    assert!(took < Duration::from_secs_f64(80.0 / RATE) + LATE + FINAL_WAIT + held_up(start), "{took:?}");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(!terminal.is_taken(), "the terminal is restored");
    assert_completed(&home);
}

/// Ctrl-S holds the terminal, and the last words wait for it once, not once each.
#[test]
fn control_s_holds_up_the_end_for_at_most_a_second() {
    let plain = [&["--progress", "plain"][..], &["--progress", "json"], &[]];
    each_at_once([plain[0], plain[1], plain[2]], |arguments| {
        let home = home();
        let mut terminal = Terminal::start(command(&home, arguments), 24, 80);
        terminal.until("keys taken", Terminal::is_taken);
        terminal.press("\u{13}");
        let start = clock::now();
        held_up(start);
        until("the end", || terminal.child.try_wait().expect("a child").is_some());
        let took = clock::now().since(start);
        let most = Duration::from_secs_f64(80.0 / RATE) + LATE + FINAL_WAIT + held_up(start);
        assert!(took < most, "{arguments:?}: {took:?}");
        terminal.press("\u{11}");
        assert_eq!(terminal.end().code(), Some(0), "{arguments:?}");
        assert!(!terminal.is_taken(), "{arguments:?}");
        assert_completed(&home);
    });
}

/// The terminal keeps what is typed between the end of a session and the prompt.
#[test]
fn a_line_that_is_typed_right_after_the_end_is_for_the_shell() {
    each_at_once(["bar", "plain"], |progress| {
        let home = home();
        let script = format!("\"$@\" --progress {progress}; read -r line; echo got $line");
        let mut terminal = started_session(&home, ["/bin/bash", "-mc", &script], RATE);
        terminal.see("Take the pack off. Done: ");
        terminal.press("typed early\n");
        terminal.see("got typed early");
        assert_eq!(terminal.end().code(), Some(0), "{progress}");
        terminal.assert_restored();
    });
}
