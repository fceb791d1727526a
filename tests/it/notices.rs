//! The notification of the terminal itself: over ssh, and where the notification service fails: it needs real
//! services.
#![cfg(target_os = "linux")]

use std::os::unix::net::UnixListener;

use therapy::edge::clock;

use crate::desktop::{ACCEPTS, Desktop, REFUSES};
use crate::support::{Home, steps};
use crate::terminal::Terminal;

/// How a session is started.
#[derive(Clone, Copy)]
struct Start<'a> {
    term: &'a str,
    /// A variable that says what the terminal is.
    program: (&'a str, &'a str),
    ssh: bool,
    arguments: &'a [&'a str],
}

const FOOT: Start<'_> = Start { term: "foot", program: ("X", ""), ssh: true, arguments: &[] };

/// A session of two steps on a terminal, after it has ended: everything that the window got. `environment` is added.
fn session(home: &Home, start: Start<'_>, environment: &[(&str, String)]) -> Terminal {
    home.file("own.toml", &steps(1, &[("heat", "10min"), ("cold", "10min")]));
    let mut run = home.command(&["run", "own.toml", "--sound", "off"]);
    run.args(start.arguments).env("TERM", start.term).env(start.program.0, start.program.1);
    run.envs(environment.iter().map(|(name, value)| (*name, value)));
    if !start.ssh {
        run.env_remove("SSH_CONNECTION");
    }
    let mut terminal = Terminal::start(run, 24, 80);
    assert_eq!(terminal.end().code(), Some(0), "{}", terminal.contents());
    terminal.assert_restored();
    terminal
}

fn notices(home: &Home, start: Start<'_>) -> Vec<String> {
    session(home, start, &[]).around().notices.clone()
}

#[test]
fn over_ssh_the_terminal_shows_every_notification_in_its_own_way() {
    let notices = |start| notices(&Home::at_rate(600.0), start);
    let foot = notices(FOOT);
    let first = "777;notify;own: Heat on for 10 min, step 1 of 2;Warm, not hot, moist is better. \
                 Pad on low or medium, water at most 40 °C.";
    assert_eq!(foot[0], first, "{foot:?}");
    let headlines =
        ["Heat on for 10 min", "5 min left", "1 min left", "Heat off now. Cold on", "5 min left", "1 min left"];
    for (notice, headline) in foot.iter().zip(headlines) {
        assert!(notice.starts_with(&format!("777;notify;own: {headline}")), "{notice}");
    }
    assert!(
        foot[6].starts_with("777;notify;own: Take the pack off. Done: 10 min of heat, 10 min of cold;"),
        "{foot:?}"
    );
    assert_eq!(foot.len(), 7, "{foot:?}");

    let kitty = notices(Start { term: "xterm-kitty", ..FOOT });
    assert_eq!(kitty.len(), 14, "{kitty:?}");
    assert_eq!(kitty[0], "99;i=therapy:d=0;own: Heat on for 10 min, step 1 of 2");
    assert!(kitty[1].starts_with("99;i=therapy:p=body;Warm, not hot, moist"), "{kitty:?}");

    let iterm = notices(Start { term: "xterm-256color", program: ("LC_TERMINAL", "iTerm2"), ..FOOT });
    assert_eq!(iterm.len(), 7, "{iterm:?}");
    assert!(iterm[0].starts_with("9;own: Heat on for 10 min, step 1 of 2. Warm, not hot"), "{iterm:?}");
}

#[test]
fn a_terminal_that_is_not_known_to_show_notifications_gets_none() {
    let home = Home::at_rate(600.0);
    for start in [
        Start { term: "xterm-256color", ..FOOT },
        Start { term: "linux", program: ("LC_TERMINAL", "iTerm2"), ..FOOT },
        Start { term: "tmux-256color", program: ("LC_TERMINAL", "iTerm2"), ..FOOT },
        Start { term: "dumb", program: ("LC_TERMINAL", "iTerm2"), ..FOOT },
        Start { arguments: &["--no-notify"], ..FOOT },
        Start { arguments: &["--progress", "plain"], ..FOOT },
    ] {
        assert_eq!(notices(&home, start), [""; 0], "{} {:?}", start.term, start.arguments);
    }
}

/// The shell has the terminal then, and perhaps another program.
#[test]
fn in_the_background_the_window_stays_as_it_is() {
    let home = Home::at_rate(200.0);
    home.file("own.toml", &steps(1, &[("heat", "10min"), ("cold", "10min"), ("rest", "1h")]));
    let run = home.command(&["run", "own.toml", "--sound", "off"]);
    let mut shell = std::process::Command::new("/bin/bash");
    shell.args(["-mc", "\"$@\" & read -r; kill $!; wait", "shell"]).arg(run.get_program()).args(run.get_args());
    shell.env_clear().envs(home.environment()).env("TERM", "foot").current_dir(home.path());
    let mut terminal = Terminal::start(shell, 40, 80);
    terminal.see("REST");
    let around = terminal.around();
    assert_eq!((around.notices.len(), around.titles.len()), (0, 0), "{around:?}");
    terminal.press("\n");
    terminal.end();
    terminal.around().assert_restored();
}

#[test]
fn a_rehearsal_is_marked() {
    let shown = notices(&Home::new(), Start { arguments: &["--speed", "600"], ..FOOT });
    assert!(!shown.is_empty() && shown.iter().all(|notice| notice.contains(";REHEARSAL own: ")), "{shown:?}");
}

#[test]
fn without_a_notification_service_the_terminal_shows_what_it_would_have_got() {
    let [local, remote] = [false, true].map(|ssh| notices(&Home::at_rate(600.0), Start { ssh, ..FOOT }));
    assert_eq!(local, remote);
}

/// It is known after 1.5 s that no answer comes.
#[test]
fn a_service_that_never_answers_is_replaced_by_the_terminal() {
    let home = Home::at_rate(200.0);
    let _deaf = UnixListener::bind(home.path().join("no-bus")).expect("a socket");
    let began = clock::now();
    let shown = notices(&home, Start { ssh: false, ..FOOT });
    assert_eq!(shown.len(), 7, "{shown:?} after {:?}", clock::now().since(began));
}

#[test]
fn a_service_that_works_is_enough_but_over_ssh() {
    for (service, ssh, count) in [(ACCEPTS, false, 0), (ACCEPTS, true, 7), (REFUSES, false, 7), (REFUSES, true, 7)] {
        let Some(desktop) = Desktop::with(service, 200.0) else { return };
        let environment = desktop.environment();
        let bus = environment.iter().filter(|(name, _)| *name == "DBUS_SESSION_BUS_ADDRESS").cloned();
        let terminal = session(&desktop.home, Start { ssh, ..FOOT }, &bus.collect::<Vec<_>>());
        // Where somebody can press a button, the alarm goes on after the end.
        let shown = &terminal.around().notices;
        let shown: Vec<_> = shown.iter().filter(|notice| !notice.contains("TAKE IT OFF")).collect();
        assert_eq!(shown.len(), count, "{service}, ssh {ssh}: {shown:?}");
    }
}

/// The frame is gone by then. A voice that works says that somebody can hear it.
#[test]
fn the_alarm_after_the_end_is_shown_too() {
    let home = Home::at_rate(200.0);
    home.writes("spd-say");
    home.file("own.toml", &steps(1, &[("cold", "10min")]));
    let mut run = home.command(&["run", "own.toml", "--speak"]);
    run.env("TERM", "foot").env("PATH", home.path().join("bin"));
    let mut terminal = Terminal::start(run, 24, 80);
    let again = |terminal: &mut Terminal| {
        terminal.around().notices.iter().any(|notice| notice.contains("TAKE IT OFF. Cold ended 1 min ago"))
    };
    terminal.until("the second alarm after the end", again);
    terminal.around().assert_restored();
    terminal.press("\n");
    assert_eq!(terminal.end().code(), Some(0), "{}", terminal.contents());
    terminal.assert_restored();
    let last = terminal.around().notices.last().cloned().expect("some");
    assert!(last.starts_with("777;notify;own: Pack off;"), "{last}");
}
