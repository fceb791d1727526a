//! `therapy selftest`: what each way to reach a person says of itself, and what the journal keeps of it. Its players
//! and voices write down what they are asked for.
#![cfg(unix)]

use serde_json::Value;

#[cfg(target_os = "linux")]
use crate::desktop::{ACCEPTS, Desktop};
use crate::heard::is_left;
use crate::programs::output;
use crate::running::until;
use crate::support::{Home, joined, stderr, stdout};
use crate::terminal::Terminal;

const NO_PLAYER: &str = "no player. On Debian: apt install pipewire-bin, with PulseAudio pulseaudio-utils, \
                         without a sound server alsa-utils";

const QUIET: [&str; 3] = ["selftest", "--json", "--no-notify"];

/// The report of a selftest with these options, and its exit code.
fn report(home: &Home, options: &[&str]) -> (Option<i32>, Value) {
    let output = output(&mut home.heard(&[&QUIET[..], options].concat()));
    (output.status.code(), serde_json::from_str(&stdout(&output)).expect("JSON"))
}

/// What one rung or check says: whether it works, and why.
fn said<'a>(report: &'a Value, name: &str) -> (Option<bool>, &'a str) {
    let mut all = ["rungs", "checks"].into_iter().flat_map(|list| report[list].as_array().expect("a list"));
    let entry = all.find(|entry| entry["rung"] == name || entry["check"] == name).expect("it is there");
    (entry["works"].as_bool(), entry["why"].as_str().expect("a reason"))
}

#[test]
fn nothing_installed_is_mute_and_says_what_to_install() {
    let home = Home::new();
    let (code, report) = report(&home, &["--speak"]);
    assert_eq!(code, Some(1), "{report}");
    assert_eq!(said(&report, "sound"), (Some(false), NO_PLAYER));
    assert_eq!(said(&report, "speech"), (Some(false), "no voice. On Debian: apt install espeak-ng"));
    assert_eq!(said(&report, "notification"), (None, "turned off by --no-notify or config.toml"));
    assert_eq!(said(&report, "hook"), (None, "no program is set: --on-event CMD"));
    assert_eq!(said(&report, "screen").0, Some(false));
    assert_eq!(report["reached_by"], serde_json::json!([]));
    let names: Vec<_> = report["rungs"].as_array().expect("a list").iter().map(|rung| rung["rung"].clone()).collect();
    assert_eq!(names, ["screen", "notification", "sound", "speech", "hook"]);
    if cfg!(target_os = "linux") {
        assert_eq!(said(&report, "clock"), (Some(true), "CLOCK_BOOTTIME; it counts while the machine sleeps"));
    }
    let (works, why) = said(&report, "journal");
    assert!(works == Some(true) && why.starts_with("written, on the disk and locked in "), "{why}");
    assert_eq!(said(&report, "time_zone").0, Some(true));
}

#[test]
fn one_rung_besides_the_screen_is_enough() {
    let hook = |home: &Home, script| home.program("hook", script);
    for (player, voice, script, options, reached) in [
        (true, false, None, &[][..], &["sound"][..]),
        (false, true, None, &["--speak"], &["speech"]),
        // A voice that works is not used by itself.
        (false, true, None, &[], &[]),
        (true, true, None, &["--sound", "off", "--speak"], &["speech"]),
        (false, false, Some("exit 0"), &[], &["hook"]),
        (false, false, Some("exit 4"), &[], &[]),
        (true, true, Some(""), &["--speak"], &["sound", "speech", "hook"]),
    ] {
        let home = Home::new();
        [("pw-play", player), ("spd-say", voice)].iter().filter(|(_, is)| *is).for_each(|(name, _)| home.writes(name));
        let hook = script.map(|script| hook(&home, script));
        let options = hook.iter().flat_map(|hook| ["--on-event", hook]).chain(options.iter().copied());
        let (code, report) = report(&home, &options.collect::<Vec<_>>());
        assert_eq!(report["reached_by"], serde_json::json!(reached), "{report}");
        assert_eq!(code, Some(i32::from(reached.is_empty())), "{report}");
    }
}

#[test]
fn the_insistent_chime_and_a_sentence_are_played_and_the_hook_gets_its_event() {
    let home = Home::new();
    home.writes("aplay");
    home.program("pw-play", "exit 3");
    home.writes("espeak-ng");
    let log = home.path().join("called");
    let script = format!("echo \"$THERAPY_EVENT $THERAPY_REHEARSAL $(/bin/cat)\" >> {}", log.display());
    let hook = home.program("hook", &script);
    let (code, report) = report(&home, &["--on-event", &hook]);
    assert_eq!(code, Some(0), "{report}");
    let heard = home.written_to("heard");
    assert!(heard[0].starts_with("aplay -q ") && heard[0].ends_with("/off.wav"), "{heard:?}");
    assert_eq!(heard[1..], ["espeak-ng -v en-us -s 140 This is a test of the alarm."]);
    assert_eq!(home.written_to("called"), ["selftest 1 {\"event\":\"selftest\"}"]);
    let (works, why) = said(&report, "sound");
    assert!(works == Some(true) && why.starts_with("aplay, 0."), "{why}");
    assert!(why.ends_with("; before it, pw-play: it failed (exit status: 3)"), "{why}");
    assert!(said(&report, "speech").1.ends_with("sessions use it only with --speak"), "{report}");
}

/// A player that hangs is ended, and named also when the next one works.
#[test]
fn a_player_that_hangs_is_reported() {
    let home = Home::new();
    home.program("pw-play", "exec /bin/sleep 600");
    let (code, alone) = report(&home, &[]);
    let why = "no sound: pw-play: it did not end within 5 s";
    assert_eq!((code, said(&alone, "sound")), (Some(1), (Some(false), why)));
    home.writes("aplay");
    let (code, followed) = report(&home, &[]);
    let (works, why) = said(&followed, "sound");
    assert_eq!((code, works), (Some(0), Some(true)));
    assert!(why.starts_with("aplay, 0.") && why.ends_with("; before it, pw-play: it did not end within 5 s"), "{why}");
}

/// Ctrl-C ends it with everything that it started.
#[test]
fn a_signal_leaves_no_player() {
    let home = Home::new();
    let secret = format!("7{:07}", std::process::id());
    let started = home.path().join("started");
    home.program("pw-play", &format!("echo > {}\nexec /bin/sleep {secret}", started.display()));
    let mut terminal = Terminal::start(home.heard(&["selftest", "--no-notify"]), 24, 80);
    answer_about_the_bell(&mut terminal, "y");
    terminal.until("the player", |_| started.exists());
    terminal.press("\x03");
    assert_eq!(terminal.end().code(), Some(130));
    until("nothing is left", || !is_left(&secret));
}

/// Over ssh the speakers are elsewhere, and what a person turned off is not tried.
#[test]
fn what_a_session_would_not_use_is_not_tried() {
    for (remote, options, why) in [
        (true, &[][..], "not over ssh, where the speakers are elsewhere. To play it: --sound on"),
        (false, &["--sound", "off"], "turned off by --sound or config.toml"),
    ] {
        let home = Home::new();
        home.writes("pw-play");
        let mut command = home.heard(&[&QUIET[..], options].concat());
        if remote {
            command.env("SSH_TTY", "/dev/pts/9");
        }
        let report = serde_json::from_str(&stdout(&output(&mut command))).expect("JSON");
        assert_eq!(said(&report, "sound"), (None, why));
        assert_eq!(home.written_to("heard"), [""; 0]);
    }
}

/// On a terminal it asks, keeps the answer with the name of the player, and forgets it when the player changes.
#[test]
fn the_answer_is_kept_until_the_player_changes() {
    let home = Home::new();
    home.writes("pw-play");
    let ask = |answer: &str, code: i32, seen: &str| {
        let mut terminal = Terminal::start(home.heard(&["selftest", "--no-notify"]), 24, 80);
        answer_about_the_bell(&mut terminal, "n");
        terminal.see("pw-play played the test. Did you hear it? [y/n]");
        terminal.press(answer);
        terminal.see(seen);
        assert_eq!(terminal.end().code(), Some(code));
    };
    ask("n\n", 1, "Only the screen can reach you");
    let (code, quiet) = report(&home, &[]);
    assert_eq!(code, Some(1), "the last answer counts: {quiet}");
    assert!(said(&quiet, "sound").1.contains("you did not hear it. Turn the volume up"), "{quiet}");
    ask("maybe\ny\n", 0, "An alarm can reach you by sound.");
    assert!(said(&report(&home, &[]).1, "sound").1.contains("; you heard it"));
    std::fs::remove_file(home.path().join("bin/pw-play")).expect("a player");
    home.writes("aplay");
    let (_, other) = report(&home, &[]);
    assert!(said(&other, "sound").1.ends_with("on a terminal, selftest asks whether you hear it"), "{other}");
}

#[test]
fn a_terminal_is_described() {
    let home = Home::new();
    let mut terminal = Terminal::start(home.heard(&["selftest", "--no-notify"]), 24, 80);
    answer_about_the_bell(&mut terminal, "y");
    terminal.see("ok    screen        80 × 24, 16 colours, title; not known to show a progress or");
    terminal.see("notification; you heard its bell");
    terminal.see("mute  sound         no player. On Debian: apt install pipewire-bin");
    terminal.see("ok    clock, journal, time zone");
    assert_eq!(terminal.end().code(), Some(1));
    let mut bare = home.heard(&["selftest", "--no-notify"]);
    bare.env("NO_COLOR", "1");
    let mut terminal = Terminal::start(bare, 24, 40);
    answer_about_the_bell(&mut terminal, "y");
    terminal.see("40 × 24, no colours");
    assert_eq!(terminal.end().code(), Some(1));
}

#[test]
fn what_a_terminal_is_known_to_show_is_said() {
    let home = Home::new();
    for (term, program, known) in [
        ("xterm-256color", "", "16 colours, title; not known to show a progress or notification"),
        ("foot", "", "16 colours, title, notification; not known to show a progress"),
        ("xterm-ghostty", "ghostty", "16 colours, title, progress, notification"),
        ("linux", "", "16 colours; not known to show a title or progress or notification"),
        ("dumb", "ghostty", "no colours; plain lines, because TERM is dumb or not set"),
    ] {
        let mut selftest = home.heard(&["selftest", "--no-notify"]);
        selftest.env("TERM", term).env("TERM_PROGRAM", program);
        let mut terminal = Terminal::start(selftest, 24, 160);
        answer_about_the_bell(&mut terminal, "y");
        terminal.end();
        let row = terminal.contents().lines().find(|row| row.contains("160 × 24, ")).map(str::to_owned);
        let row = row.as_deref().and_then(|row| row.split_once("160 × 24, ")).map(|row| row.1);
        assert_eq!(row, Some(format!("{known}; you heard its bell").as_str()), "{term}");
    }
}

/// Answers the first question of a selftest on a terminal, which has rung by then, once.
fn answer_about_the_bell(terminal: &mut Terminal, answer: &str) {
    let question = "The terminal rang its bell. Did you hear it? [y/n]";
    terminal.until(question, |terminal| joined(&terminal.contents()).contains(question));
    assert_eq!(terminal.text().matches('\u{7}').count(), 1, "{:?}", terminal.text());
    terminal.press(&format!("{answer}\n"));
}

/// The answer about the bell counts until another terminal is used; elsewhere than on a terminal nothing rings.
#[test]
fn the_bell_is_tried_on_a_terminal() {
    let home = Home::new();
    let says = |term: &str, options: &[&str]| {
        let mut selftest = home.heard(&[&["selftest", "--no-notify"], options].concat());
        selftest.env("TERM", term);
        let mut terminal = Terminal::start(selftest, 40, 200);
        if options.is_empty() {
            answer_about_the_bell(&mut terminal, "no");
        }
        assert_eq!(terminal.end().code(), Some(1));
        terminal.text()
    };
    let not_heard = "you did not hear its bell. Turn it on in the settings of the terminal";
    assert!(says("foot", &[]).contains(not_heard));
    assert!(says("foot", &["--json"]).contains(not_heard));
    assert!(says("xterm", &["--json"]).contains("it is not known whether you hear its bell"));
    let output = output(&mut home.heard(&["selftest", "--no-notify"]));
    assert!(!(stdout(&output) + &stderr(&output)).contains(['\u{7}']));
}

/// Once ever, on a terminal, and not after a selftest.
#[test]
fn a_session_says_once_that_sound_was_never_tried() {
    const NEVER: &str = "sound was never tried here: therapy selftest";
    let says = |home: &Home, options: &[&str]| {
        let run = ["run", "own.toml", "--no-notify", "--progress", "plain", "--override", "rewarm"];
        let mut terminal = Terminal::start(home.heard(&[&run, options].concat()), 40, 120);
        assert_eq!(terminal.end().code(), Some(0), "{}", terminal.contents());
        terminal.contents().contains(NEVER)
    };
    let home = || {
        let home = Home::at_rate(400.0);
        home.own(1, &[("heat", "1min"), ("rest", "10min")]);
        home
    };
    let first = home();
    assert!(!says(&first, &["--sound", "off"]), "no sound is needed");
    assert!(!says(&first, &["--dry-run"]));
    let piped = output(&mut first.heard(&["run", "own.toml", "--no-notify", "--override", "rewarm"]));
    assert!(!stderr(&piped).contains(NEVER), "not on a terminal");
    assert_eq!([(); 3].map(|()| says(&first, &[])), [true, false, false]);
    // Above a screen, what comes before it may end in a command.
    let above = home();
    let mut terminal = Terminal::start(above.heard(&["run", "contrast", "--no-notify"]), 24, 80);
    terminal.see(NEVER);
    let shown = terminal.contents();
    assert!(shown.lines().any(|row| row.starts_with("note: sound was never tried here:")), "{shown}");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    let tried = home();
    tried.writes("pw-play");
    assert_eq!(report(&tried, &[]).0, Some(0));
    assert!(!says(&tried, &[]));
}

#[test]
fn a_bad_journal_and_an_unknown_zone_are_named() {
    let home = Home::new();
    std::fs::write(home.journal(), "not a database").expect("a file");
    let mut command = home.heard(&QUIET);
    let report: Value = serde_json::from_str(&stdout(&output(command.env("TZ", "Nowhere/Else")))).expect("JSON");
    let (works, why) = said(&report, "journal");
    assert!(
        works == Some(false) && why.contains("the journal is damaged") && why.contains("to start a new one"),
        "{why}"
    );
    let zone = (Some(false), "not known, so times are in UTC. Set TZ, such as TZ=Europe/Berlin");
    assert_eq!(said(&report, "time_zone"), zone);
}

/// The report of a selftest on this desktop, and its exit code.
#[cfg(target_os = "linux")]
pub fn on(desktop: &Desktop) -> (Option<i32>, Value) {
    let mut command = desktop.home.without_terminal(&["selftest", "--json"]);
    let output = output(command.envs(desktop.environment()));
    (output.status.code(), serde_json::from_str(&stdout(&output)).expect("JSON"))
}

/// What a notification says about the one that was delivered: its service by name, and whether it plays sounds.
#[cfg(target_os = "linux")]
pub fn notified(report: &Value) -> (Option<bool>, &str) {
    said(report, "notification")
}

#[cfg(target_os = "linux")]
#[test]
fn a_notification_is_delivered_and_closed_and_its_service_named() {
    let Some(desktop) = Desktop::with(ACCEPTS, 1.0) else { return };
    let (code, report) = on(&desktop);
    let why = "delivered and closed (mock-notify); it plays no sound";
    assert_eq!((code, notified(&report)), (Some(0), (Some(true), why)));
    assert_eq!(report["reached_by"], serde_json::json!(["notification"]));
    let arrivals = desktop.wait_for(1);
    assert_eq!((arrivals[0].title.as_str(), arrivals[0].urgency), ("therapy: test", 2));
    let log = std::fs::read_to_string(desktop.home.path().join("notifications")).expect("a log");
    let (_, after) = log.split_once(" Notify ").expect("shown");
    assert!(after.contains(" CloseNotification 1\n"), "{log}");
    // A service that says that it plays sounds.
    assert!(desktop.python("mock.AddMethod(NAME, 'GetCapabilities', '', 'as', 'ret = [\"body\", \"sound\"]')"));
    let (code, report) = on(&desktop);
    let why = "delivered and closed (mock-notify); it plays sounds";
    assert_eq!((code, notified(&report)), (Some(0), (Some(true), why)));
    // Then a session plays none of its own, if nobody asks for it.
    let local = |options: &[&str]| {
        let mut command = desktop.home.heard(&[&["selftest", "--json"], options].concat());
        let bus = desktop.environment().into_iter().filter(|(name, _)| *name == "DBUS_SESSION_BUS_ADDRESS");
        let report: Value = serde_json::from_str(&stdout(&output(command.envs(bus)))).expect("JSON");
        (report["reached_by"].clone(), said(&report, "sound").0, said(&report, "sound").1.to_owned())
    };
    let instead = "the desktop plays a sound with each notification instead. To play one here too: --sound on";
    assert_eq!(local(&[]), (serde_json::json!(["notification"]), None, instead.to_owned()));
    assert_eq!(local(&["--sound", "on"]), (serde_json::json!(["notification"]), Some(false), NO_PLAYER.to_owned()));
}

/// A service that refuses, does not answer or does not close what it showed is no way to reach anybody.
#[cfg(target_os = "linux")]
#[test]
fn a_notification_that_fails_is_mute() {
    for (service, why) in [
        ("raise dbus.exceptions.DBusException('no room', name='org.example.Refused')", "no room"),
        ("__import__('time').sleep(30)\nret = 1", "the notification service does not answer"),
        ("ret = 1", "CloseNotification"),
    ] {
        let Some(desktop) = Desktop::with(service, 1.0) else { return };
        let since = therapy::edge::clock::now();
        let (code, report) = on(&desktop);
        let (works, said) = notified(&report);
        assert!(code == Some(1) && works == Some(false) && said.contains(why), "{why}: {said}");
        assert!(
            said.ends_with(". Start a notification service, such as dunst (on Debian: apt install dunst)"),
            "{said}"
        );
        assert!(therapy::edge::clock::now().since(since) < std::time::Duration::from_secs(15), "{service}");
    }
}
