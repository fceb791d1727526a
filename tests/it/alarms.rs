//! Whether an alarm can reach the person: a terminal that rings, lines that are read, a notification. A session
//! without any of them says so before it starts, and never waits for an answer.
#![cfg(unix)]

use std::fs::File;
use std::os::unix::net::UnixListener;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use therapy::edge::clock;

use crate::answering_bus::answer;
use crate::programs::{finish, held_up};
use crate::running::{Running, until};
use crate::support::{Home, stderr, stdout};
use crate::terminal::Terminal;

/// A session takes half a second.
const RATE: f64 = 600.0;

/// What is said before a session that has no alarm.
const SILENT: &str = "no alarm can reach you: ";

fn home() -> Home {
    let home = Home::at_rate(RATE);
    home.own(1, &[("heat", "2min"), ("cold", "2min"), ("rest", "30s"), ("heat", "30s")]);
    home
}

/// Where the output of a session goes.
#[derive(Clone, Copy, Debug)]
enum To {
    Pipe,
    File,
    Null,
}

/// Runs a session without a terminal. The errors of one whose errors go to a file are in its output too.
fn run(home: &Home, arguments: &[&str], [out, err]: [To; 2]) -> Output {
    let stdio = |to, name: &str| match to {
        To::Pipe => Stdio::piped(),
        To::File => File::create(home.path().join(name)).expect("a file").into(),
        To::Null => Stdio::null(),
    };
    let mut command = home.without_terminal(&[&["run", "own.toml"], arguments].concat());
    command.stdout(stdio(out, "out")).stderr(stdio(err, "err"));
    let mut output = finish(command.spawn().expect("the program starts"));
    output.stderr.extend(std::fs::read(home.path().join("err")).unwrap_or_default());
    output
}

/// The number of sessions in the journal.
fn begun(home: &Home) -> usize {
    if home.journal().exists() { home.history().len() } else { 0 }
}

#[test]
fn a_session_without_an_alarm_says_so_before_it_starts() {
    use To::{File, Null, Pipe};
    let cases = [
        (&["--progress", "quiet", "--no-notify"][..], [Pipe, Pipe], true),
        (&["--progress", "quiet"], [Pipe, File], true),
        (&["--progress", "json"], [File, Pipe], true),
        (&["--progress", "json", "--no-notify"], [Null, Pipe], true),
        (&["--progress", "plain", "--no-notify"], [Pipe, File], true),
        (&[], [Pipe, File], true),
        (&["--progress", "json", "--no-notify"], [Pipe, File], false),
        (&["--progress", "plain", "--no-notify"], [Null, Pipe], false),
        (&[], [Null, Pipe], false),
    ];
    for (arguments, to, is_silent) in cases {
        let home = home();
        let output = run(&home, arguments, to);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{arguments:?} {to:?}: {errors}");
        assert_eq!(begun(&home), 1, "{arguments:?} {to:?}");
        let expected = format!("warning: {SILENT}");
        assert_eq!(errors.matches(&expected).count(), usize::from(is_silent), "{arguments:?} {to:?}: {errors}");
        let off = arguments.contains(&"--no-notify");
        let why = if off { "notifications are off" } else { "no desktop notifications (" };
        assert_eq!(errors.matches(why).count(), usize::from(is_silent || !off), "{arguments:?} {to:?}: {errors}");

        // A session that waits for an answer would wait for ever.
        if is_silent {
            let home = self::home();
            let output = run(&home, &[arguments, &["--confirm"]].concat(), to);
            let errors = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{arguments:?} {to:?}: {errors}");
            assert!(errors.contains(&format!("error: every change would wait for you, but {SILENT}")), "{errors}");
            assert!(errors.ends_with("or without --confirm\n"), "{errors}");
            assert_eq!(begun(&home), 0, "{arguments:?} {to:?}");
        }
    }
}

#[test]
fn no_way_into_a_session_waits_for_an_answer_without_an_alarm() {
    let quiet = ["--progress", "quiet", "--no-notify"];
    // As config.toml wants it, and in a rehearsal.
    let configured = home();
    let config = configured.file("config/config.toml", "confirm = true\nno_notify = true\nprogress = \"quiet\"\n");
    let rehearsed = home();
    let set = format!("with `confirm = false` in {config}");
    let typed = [&quiet[..], &["--confirm", "--speed", "9"]].concat();
    for (home, arguments, way_out) in [
        (&configured, &[][..], &*set),
        (&configured, &["--dry-run"], &set),
        (&configured, &["--speed", "9"], &set),
        (&configured, &["--confirm"], &format!("without --confirm and {set}")),
        (&rehearsed, &typed, "without --confirm"),
    ] {
        let output = run(home, arguments, [To::Pipe, To::Pipe]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let hint = format!("\n  run it on a terminal or with notifications, or {way_out}\n");
        assert!(stderr(&output).ends_with(&hint), "{arguments:?}: {}", stderr(&output));
        assert_eq!((begun(home), stdout(&output)), (0, String::new()), "{arguments:?}");
    }
    // The way out; and with lines in a pipe, a dry run waits for nobody.
    configured.file("config/config.toml", "confirm = false\nno_notify = true\nprogress = \"quiet\"\n");
    assert_eq!(run(&configured, &["--dry-run"], [To::Pipe, To::Pipe]).status.code(), Some(0));
    configured.file("config/config.toml", "confirm = true\nno_notify = true\n");
    assert_eq!(run(&configured, &["--dry-run"], [To::Pipe, To::Pipe]).status.code(), Some(0));

    // A session that was cut off while it waited for an answer.
    let home = home();
    let mut cut_off = home.start(&["run", "own.toml", "--confirm"]);
    cut_off.see("overran");
    cut_off.kill();
    let resume = |more: &[&str]| home.run(&[&["resume", "--no-notify", "--progress"], more].concat());
    let output = resume(&["quiet"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains(SILENT), "{}", stderr(&output));
    assert!(stderr(&output).ends_with("\n  run it on a terminal or with notifications\n"), "{}", stderr(&output));
    // It is still there.
    let mut resumed = Running::new(home.without_terminal(&["resume", "--no-notify", "--progress", "json"]));
    resumed.see("overran");
    resumed.signal(Signal::INT);
    assert_eq!(resumed.end().code(), Some(130), "{}", resumed.errors());
}

#[test]
fn a_notification_service_is_an_alarm() {
    let home = home();
    let alarms = answer(&home);
    let arguments = ["run", "own.toml", "--progress", "quiet", "--confirm"];
    let mut running = Running::new(home.without_terminal(&arguments));
    until("an alarm", || alarms.find("Heat is over").is_some());
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(running.errors(), "");
}

/// Only a session that has no other alarm waits for the service, and only for a moment.
#[test]
fn a_service_that_never_answers_does_not_hold_up_the_start() {
    const LATE: Duration = Duration::from_millis(300);
    for (progress, patience) in [("quiet", Duration::from_millis(500)), ("json", Duration::ZERO)] {
        let home = home();
        let _deaf = UnixListener::bind(home.path().join("no-bus")).expect("a socket");
        let start = clock::now();
        held_up(start);
        let mut running = Running::new(home.without_terminal(&["run", "own.toml", "--progress", progress]));
        until("the start", || home.journal().exists() && home.number("SELECT count(*) FROM session") == 1);
        let took = clock::now().since(start);
        assert!(took < patience + LATE + held_up(start), "{progress}: {took:?}");
        running.signal(Signal::INT);
        assert_eq!(running.end().code(), Some(130), "{}", running.errors());
        let silent = running.errors().matches("but the notification service does not answer").count()
            + running.errors().matches("you: the notification service does not answer").count();
        assert_eq!(silent, usize::from(progress == "quiet"), "{}", running.errors());
    }
}

/// A session that is started by a shell script, which calls it as `"$@"`, on a terminal that shows nothing of it.
fn on_terminal(home: &Home, script: &str, arguments: &[&str]) -> Terminal {
    let mut shell = Command::new("/bin/bash");
    shell.args(["-mc", script, "shell"]).arg(home.command(&[]).get_program());
    shell.args(["run", "own.toml", "--no-notify"]).args(arguments);
    shell.env_clear().envs(home.environment()).current_dir(home.path());
    Terminal::start(shell, 24, 80)
}

fn errors(home: &Home) -> String {
    std::fs::read_to_string(home.path().join("err")).expect("a file")
}

#[test]
fn a_session_that_is_shown_elsewhere_rings_its_terminal_at_each_change() {
    let cases = [("quiet", "exec \"$@\" 2>err"), ("json", "exec \"$@\" >out 2>err"), ("plain", "exec \"$@\" 2>err")];
    for (progress, script) in cases {
        let home = home();
        let mut terminal = on_terminal(&home, script, &["--progress", progress]);
        assert_eq!(terminal.end().code(), Some(0), "{progress}: {}", errors(&home));
        // Three changes and the end.
        assert_eq!(terminal.text(), "\u{7}".repeat(4), "{progress}");
        assert!(!errors(&home).contains("warning: no alarm"), "{progress}: {}", errors(&home));
        assert!(!errors(&home).contains('\u{7}'), "{progress}: {}", errors(&home));
    }
}

/// Until the person answers, from another shell.
#[test]
fn a_change_without_an_answer_rings_again() {
    let home = home();
    let mut terminal = on_terminal(&home, "exec \"$@\" 2>err", &["--progress", "quiet", "--confirm"]);
    terminal.until("three alarms", |terminal| terminal.text().len() >= 3);
    home.ask(&["stop"]);
    assert_eq!(terminal.end().code(), Some(130), "{}", errors(&home));
    assert_eq!(terminal.text().replace('\u{7}', ""), "");
}

/// After `stty tostop` a write would stop it, without a word.
#[test]
fn a_session_in_the_background_is_not_stopped_by_its_bell() {
    let home = home();
    let script = "stty tostop; \"$@\" 2>err & wait $!; echo ended $?";
    let mut terminal = on_terminal(&home, script, &["--progress", "quiet"]);
    terminal.see("ended 0");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(!errors(&home).contains("warning: the terminal"), "{}", errors(&home));
}

#[test]
fn a_session_whose_terminal_was_closed_rings_no_more_and_goes_on() {
    let home = Home::at_rate(60.0);
    home.own(1, &[("heat", "30s"), ("cold", "1min")]);
    let mut terminal = on_terminal(&home, "exec \"$@\" 2>err", &["--progress", "quiet"]);
    terminal.until("the first change", |terminal| terminal.text().contains('\u{7}'));
    terminal.hang_up();
    assert_eq!(terminal.child.wait().expect("a child").code(), Some(0), "{}", errors(&home));
    assert!(!errors(&home).contains("warning: "), "{}", errors(&home));
}
