//! A notification service that is missing, does not answer or hangs up. The session must end on time and
//! report the problem once.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use therapy::edge::clock;

use crate::programs::{held_up, output};
use crate::running::Running;
use crate::support::{Home, joined, stderr, stdout};

/// Lateness that is allowed for the end of a session on an idle machine, with the start of the program.
const LATE: Duration = Duration::from_millis(300);

/// Length of the session in these tests.
const NOMINAL: Duration = Duration::from_secs(2);

/// Part of every warning about notifications.
const TROUBLE: &str = "the session goes on, and only its lines tell you when to change";

/// Behaviour of the service on a connection.
#[derive(Clone, Copy)]
enum Service {
    /// It accepts and never answers.
    Deaf,
    /// It accepts and closes.
    Rude,
}

/// A home with this service on its bus, until the test binary ends.
fn home_with(service: Service) -> Home {
    let home = Home::new();
    let listener = UnixListener::bind(home.path().join("no-bus")).expect("a socket");
    thread::spawn(move || {
        let mut calls: Vec<UnixStream> = Vec::new();
        for mut call in listener.incoming().flatten() {
            match service {
                Service::Deaf => {
                    // Read everything, so that no writer waits for a full socket.
                    let heard = call.try_clone();
                    thread::spawn(move || heard.map(|mut call| call.read_to_end(&mut Vec::new())));
                    calls.push(call);
                }
                Service::Rude => {
                    let _ = call.read(&mut [0]);
                }
            }
        }
    });
    home
}

/// A session of 1 s of heat and 1 s of cold.
fn session(home: &Home, arguments: &[&str]) -> Command {
    home.file(
        "own.toml",
        "[[step]]\ndo = \"heat\"\nfor = \"1s\"\n[[step]]\ndo = \"cold\"\nfor = \"1s\"\nnote = \"on the back\"\n",
    );
    let mut command = home.without_terminal(&["run", "own.toml"]);
    command.args(arguments);
    command
}

/// Runs a command. Returns its output and time, without delays of the machine.
fn timed(mut command: Command) -> (Output, Duration) {
    let start = clock::now();
    held_up(start);
    let output = output(&mut command);
    let took = clock::now().since(start);
    (output, took.saturating_sub(held_up(start)).max(took.min(NOMINAL)))
}

#[track_caller]
fn assert_on_time(output: &Output, took: Duration) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    assert!(took >= NOMINAL && took < NOMINAL + LATE, "took {took:?}\n{}", stderr(output));
}

fn times_reported(output: &Output) -> usize {
    stderr(output).matches(TROUBLE).count()
}

#[test]
fn a_service_that_never_answers_is_reported_once_and_delays_nothing() {
    let home = home_with(Service::Deaf);
    let (output, took) = timed(session(&home, &[]));
    assert_on_time(&output, took);
    assert_eq!(times_reported(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("warning: the notification service does not answer"), "{}", stderr(&output));
}

#[test]
fn a_service_that_hangs_up_is_reported_once_and_delays_nothing() {
    let home = home_with(Service::Rude);
    let (output, took) = timed(session(&home, &[]));
    assert_on_time(&output, took);
    assert_eq!(times_reported(&output), 1, "{}", stderr(&output));
}

#[test]
fn a_missing_service_is_reported_once_and_delays_nothing() {
    let home = Home::new();
    let (output, took) = timed(session(&home, &[]));
    assert_on_time(&output, took);
    assert_eq!(times_reported(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("warning: no desktop notifications ("), "{}", stderr(&output));
    assert!(!stderr(&output).contains("os error"), "{}", stderr(&output));
    // The messages of the session itself are complete.
    let printed = joined(&stderr(&output));
    for sentence in [
        "Heat on for 1 s, step 1 of 2.",
        "Heat off now. Cold on for 1 s, step 2 of 2, a thin damp cloth between.",
        "on the back.",
        "Take the pack off. Done: 1 s of heat, 1 s of cold. Keep gently moving.",
    ] {
        assert!(printed.contains(sentence), "{sentence}: {printed}");
    }
}

/// What connects would get the file, which has no end.
#[test]
fn the_nonce_file_of_a_bus_address_is_never_read() {
    for address in ["nonce-tcp:host=127.0.0.1,port=PORT,noncefile=FILE", "tcp:noncefile=FILE,host=127.0.0.1,port=PORT"]
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port().to_string();
        let home = Home::new();
        let address = address.replace("PORT", &port).replace("FILE", "%2Fdev/zero");
        let output = output(session(&home, &["--speed", "10"]).env("DBUS_SESSION_BUS_ADDRESS", address));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let why = "warning: no desktop notifications (therapy does not use a bus address with a nonce file)";
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
        listener.set_nonblocking(true).expect("a setting");
        assert!(listener.accept().is_err(), "it has connected");
    }
}

#[test]
fn what_another_server_answers_is_quoted_in_one_line() {
    for answer in ["HTTP/1.1 400 Bad Request\r\n\r\n", "OK\tor\r\x1b[2Jnot\r\n", "NO \r\n"] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        thread::spawn(move || {
            for mut call in listener.incoming().flatten() {
                let _ = call.read(&mut [0; 1024]);
                let _ = call.write_all(answer.as_bytes());
            }
        });
        let home = Home::new();
        let address = format!("tcp:host=127.0.0.1,port={port}");
        let output = output(session(&home, &["--speed", "10"]).env("DBUS_SESSION_BUS_ADDRESS", address));
        let errors = stderr(&output);
        let whole = |line: &str| line.starts_with("warning: no desktop notifications (") && line.ends_with(TROUBLE);
        assert_eq!(errors.lines().filter(|line| whole(line)).count(), 1, "{answer:?}: {errors}");
        assert!(!errors.contains(['\r', '\t', '\x1b']), "{answer:?}: {errors:?}");
    }
}

#[test]
fn no_notify_connects_to_no_service_and_reports_nothing() {
    let home = home_with(Service::Rude);
    let (output, took) = timed(session(&home, &["--no-notify"]));
    assert_on_time(&output, took);
    assert!(!stderr(&output).contains("notification"), "{}", stderr(&output));
}

/// Even with quiet or JSON output, the person must learn that no alarm will come.
#[test]
fn trouble_is_reported_on_standard_error_with_every_progress() {
    for progress in ["plain", "json", "quiet"] {
        let home = Home::new();
        let output = output(&mut session(&home, &["--speed", "10", "--progress", progress]));
        assert_eq!(output.status.code(), Some(0));
        let (errors, lines) = (stderr(&output), stdout(&output));
        // Without lines, nothing else is left, and the person learns it before the start.
        let left = if progress == "quiet" { "warning: no alarm can reach you: " } else { TROUBLE };
        assert!(errors.contains(left) && !lines.contains(left), "{progress}: {errors}");
        assert_eq!(errors.matches("no desktop notifications (").count(), 1, "{progress}: {errors}");
    }
}

#[test]
fn a_deaf_service_does_not_hold_up_a_session_that_is_stopped() {
    let home = home_with(Service::Deaf);
    let start = clock::now();
    let mut running = Running::new(session(&home, &["--progress", "json"]));
    running.see("started");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    // The last alarm has the same time limit as any other.
    assert!(clock::now().since(start) < Duration::from_millis(1500) + LATE + held_up(start));
}
