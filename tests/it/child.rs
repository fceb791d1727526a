//! Programs that a session starts: whatever they do, they end in time and leave nothing behind.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use therapy::edge::child::{self, ChildError};
use therapy::edge::clock;

use crate::running::until;

fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    command
}

/// Whether a process of this group exists.
fn lives(group: u32) -> bool {
    let is_member = |stat: String| {
        // After the name in brackets: state, parent, group.
        let group_of = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(2).map(str::to_owned));
        group_of.is_some_and(|other| other == group.to_string())
    };
    let processes = std::fs::read_dir("/proc").expect("processes").flatten();
    processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok()).any(is_member)
}

const DEADLINE: Duration = Duration::from_millis(400);

#[test]
fn a_program_is_run_to_its_end_with_its_input() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("got");
    let script = format!("cat > {}", file.display());
    child::run(&mut shell(&script), b"{\"a\":1}\n", Duration::from_secs(20), |_| {}).expect("it succeeds");
    assert_eq!(std::fs::read_to_string(file).expect("what it got"), "{\"a\":1}\n");
}

#[test]
fn what_a_program_does_wrong_is_said_and_nothing_is_left() {
    #[rustfmt::skip]
    let cases = [
        ("exit 7",                                    "it failed (exit status: 7)"),
        ("kill -9 $$",                                "it failed (signal: 9 (SIGKILL))"),
        ("sleep 100",                                 "it did not end within 0 s"),
        ("trap '' TERM INT HUP; while :; do sleep 1; done", "it did not end within 0 s"),
        ("exec cat /dev/zero",                        "it did not end within 0 s"),
        ("sleep 100 & sleep 100 & exit 3",            "it failed (exit status: 3)"),
        ("(sleep 100 & sleep 100) & sleep 100",       "it did not end within 0 s"),
    ];
    for (script, why) in cases {
        let mut group = 0;
        let began = clock::now();
        let error = child::run(&mut shell(script), b"input\n", DEADLINE, |it| group = it).expect_err(script);
        assert_eq!(error.to_string(), why, "{script}");
        assert!(clock::now().since(began) < Duration::from_secs(10), "{script}");
        if Path::new("/proc/self/stat").exists() {
            until("all are gone", || !lives(group));
        }
    }
    let missing = child::run(&mut Command::new("/no/such/program"), b"", DEADLINE, |_| {}).expect_err("missing");
    assert!(matches!(missing, ChildError::Missing), "{missing}");
    let folder = child::run(&mut Command::new("/"), b"", DEADLINE, |_| {}).expect_err("a folder");
    assert!(matches!(folder, ChildError::Refused(_)), "{folder}");
}

#[test]
fn another_thread_ends_a_program() {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || child::stop(told.recv().expect("a group")));
        let error = child::run(&mut shell("sleep 100"), b"", Duration::from_secs(60), |group| {
            tell.send(group).expect("it waits");
        });
        assert!(matches!(error, Err(ChildError::Ended)), "{error:?}");
    });
}
