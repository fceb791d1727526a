//! Runs other programs, with a deadline, so that no test hangs.

#![expect(clippy::panic, reason = "a program that does not end must fail its test")]

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, Once, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use therapy::domain::session::Moment;
use therapy::edge::clock;

/// Longer than any of these programs needs on a busy machine. Only a failing test waits this long.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Runs a program without input, and returns its output.
#[track_caller]
pub fn output(command: &mut Command) -> Output {
    finish(
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts"),
    )
}

/// Waits for the end of a child and returns its output. After [`DEADLINE`] the child is killed, and the
/// test fails with that output.
#[track_caller]
pub fn finish(child: Child) -> Output {
    finish_within(child, DEADLINE)
}

#[track_caller]
fn finish_within(mut child: Child, deadline: Duration) -> Output {
    let start = clock::now();
    let (stdout, stderr) = (Collected::from(child.stdout.take()), Collected::from(child.stderr.take()));
    loop {
        // A grandchild may still hold a pipe open. Wait for it too.
        let status = child.try_wait().expect("a child");
        let complete = stdout.is_complete() && stderr.is_complete();
        if let Some(status) = status.filter(|_| complete) {
            return Output { status, stdout: stdout.bytes(), stderr: stderr.bytes() };
        }
        if clock::now().since(start) >= deadline {
            let _ = child.kill();
            let _ = child.wait();
            let text = |collected: &Collected| String::from_utf8_lossy(&collected.bytes()).into_owned();
            panic!("no end after {deadline:?}\n--- stdout\n{}\n--- stderr\n{}", text(&stdout), text(&stderr));
        }
        clock::wait(Duration::from_millis(1));
    }
}

/// Bytes that a thread reads from a pipe.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Collected {
    fn from(pipe: Option<impl Read + Send + 'static>) -> Collected {
        let bytes: Arc<Mutex<Vec<u8>>> = Arc::default();
        let reader = pipe.map(|mut pipe| {
            let bytes = Arc::clone(&bytes);
            thread::spawn(move || {
                let mut chunk = [0; 4096];
                while let Ok(count @ 1..) = pipe.read(&mut chunk) {
                    bytes.lock().expect("bytes").extend(&chunk[..count]);
                }
            })
        });
        Collected { bytes, reader }
    }

    fn is_complete(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().expect("bytes").clone()
    }
}

/// Returns the first line of a child, without the line end. If no line comes before [`DEADLINE`], the
/// child is killed and the test fails.
#[track_caller]
pub fn first_line(child: &mut Child) -> String {
    let mut pipe = BufReader::new(child.stdout.take().expect("piped"));
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let _ = pipe.read_line(&mut line);
        let _ = sender.send((line, pipe.into_inner()));
    });
    let Ok((line, pipe)) = receiver.recv_timeout(DEADLINE) else {
        let _ = child.kill();
        panic!("no line after {DEADLINE:?}");
    };
    // Keep the pipe open, or the next line of the child would fail.
    child.stdout = Some(pipe);
    assert!(line.ends_with('\n'), "the program ended before it was ready: {line:?}");
    line.trim_end().to_owned()
}

/// The delay that the machine itself has caused since a moment, doubled. A thread waits a few milliseconds
/// at a time and adds up how late it wakes. On an idle machine the result is zero. Tests add it to the
/// lateness that they allow, so that they pass on a busy machine too.
pub fn held_up(since: Moment) -> Duration {
    static WATCH: Once = Once::new();
    static LATE_WAKES: Mutex<Vec<(Moment, Duration)>> = Mutex::new(Vec::new());
    const WAIT: Duration = Duration::from_millis(5);
    WATCH.call_once(|| {
        thread::spawn(|| {
            loop {
                let start = clock::now();
                clock::wait(WAIT);
                let late = clock::now().since(start).saturating_sub(WAIT);
                if late > Duration::from_millis(2) {
                    LATE_WAKES.lock().expect("wakes").push((start, late));
                }
            }
        });
    });
    let wakes = LATE_WAKES.lock().expect("wakes");
    2 * wakes.iter().filter(|(at, _)| *at + WAIT >= since).map(|(_, late)| *late).sum::<Duration>()
}

/// Environment variable that makes a missing package a failure.
pub const REQUIRED: &str = "THERAPY_TEST_DESKTOP";

/// Whether all requirements are installed: for each a command that succeeds then, and its Debian package. If not, the
/// tests are reported as left out.
pub fn are_installed(needed: &[(&[&str], &str)], tests: &str) -> bool {
    // Wine starts a program of the system below it, and loses its output.
    if cfg!(windows) {
        left_out(tests, "a system with its own Python");
        return false;
    }
    let is_there = |command: &[&str]| {
        let mut program = Command::new(command[0]);
        program.args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        program.spawn().is_ok_and(|child| finish(child).status.success())
    };
    let missing: Vec<_> =
        needed.iter().filter(|(command, _)| !is_there(command)).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        let install = format!("apt-get install --no-install-recommends {}", missing.join(" "));
        assert!(std::env::var_os(REQUIRED).is_none(), "missing: {install}");
        left_out(tests, &install);
    }
    missing.is_empty()
}

/// Reports skipped tests, bypassing the capture of test output.
pub fn left_out(tests: &str, way_to_run: &str) {
    let _ = writeln!(std::io::stderr().lock(), "\nLEFT OUT: {tests}; to run: {way_to_run}");
}

#[cfg(unix)]
#[test]
fn a_program_that_never_ends_is_killed_and_its_test_fails_with_the_output() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "echo here; echo there >&2; exec sleep 600"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("a shell");
    let pid = rustix::process::Pid::from_child(&child);
    let failure = std::panic::catch_unwind(|| finish_within(child, Duration::from_millis(500)));
    let failure = failure.expect_err("it never ends");
    let message = failure.downcast_ref::<String>().expect("a message");
    assert!(message.contains("here\n") && message.contains("there\n"), "{message}");
    assert!(rustix::process::test_kill_process(pid).is_err(), "the program is gone");
}
