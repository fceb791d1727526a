//! Buttons of notifications on a real session bus.
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::desktop::{ACCEPTS, Desktop, Helper};
use crate::programs;
use crate::running::{Running, until};

/// A session that is held after half a second. Its cold step then lasts longer than a test.
const RATE: f64 = 20.0;

fn session(desktop: &Desktop) -> Running {
    desktop.home.own(1, &[("heat", "10s"), ("cold", "15min")]);
    desktop.session(&["--confirm"])
}

/// The events without cues. Repeated alarms count once.
fn names(running: &Running) -> Vec<String> {
    let mut names: Vec<String> = running.events().into_iter().map(|(name, ..)| name).collect();
    names.retain(|name| name != "halfway" && name != "step_soon");
    names.dedup();
    names
}

const BEFORE: [&str; 3] = ["started", "step_began", "overran"];
const PRESSED: [&str; 5] = ["confirmed", "step_began", "paused", "resumed", "extended"];

#[test]
fn every_press_of_a_button_has_its_effect() {
    let Some(desktop) = Desktop::with(ACCEPTS, RATE) else { return };
    let mut running = session(&desktop);
    running.see("overran");
    desktop.wait_for(2);
    // Ignored: another program's notification, an unknown notification, an unknown button.
    for (id, key) in [(7, "2"), (0, "2"), (1, "default"), (1, "3"), (1, "")] {
        desktop.press(id, key);
    }
    assert_eq!(names(&running), BEFORE, "none of these is a button of ours");
    for (key, event) in [("2", "confirmed"), ("0", "paused"), ("0", "resumed"), ("1", "extended")] {
        desktop.press(1, key);
        running.see(event);
    }
    assert_eq!(running.see("extended").1["by_s"].as_f64(), Some(60.0));
    // Every change is told, also the one that needs no hands now.
    let told = desktop.wait_for(6);
    let told: Vec<_> = told[told.len() - 4..].iter().map(|told| (told.title.as_str(), told.body.as_str())).collect();
    let expected = [
        (
            "own: Heat off now. Cold on for 15 min, step 2 of 2, a thin damp cloth between",
            "Gel packs run colder than ice.",
        ),
        ("own: Paused: pack off", "Resume when it is back on."),
        ("own: Cold continues", ""),
        ("own: 1 min longer", ""),
    ];
    assert_eq!(told, expected);
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(names(&running), [&BEFORE[..], &PRESSED, &["finished"]].concat());
}

/// What is said in another shell binds the buttons too.
#[test]
fn after_a_warning_sign_no_button_puts_a_pack_on() {
    let Some(desktop) = Desktop::with(ACCEPTS, RATE) else { return };
    let mut running = session(&desktop);
    running.see("overran");
    desktop.wait_for(2);
    desktop.press(1, "0");
    running.see("paused");
    desktop.home.ask(&["safety", "--answer", "3"]);
    desktop.press(1, "0");
    desktop.press(1, "2");
    let why = "take the pack off, and end the session: you said that a warning sign applies (warning-sign)";
    until("two refusals", || running.errors().matches(why).count() == 2);
    desktop.home.ask(&["safety", "--answer", "none"]);
    desktop.press(1, "0");
    running.see("resumed");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(names(&running), [&BEFORE[..], &["paused", "resumed", "step_began", "finished"]].concat());
}

/// Any program on the bus can send the signal of a press, to everybody or to the session alone.
#[test]
fn only_the_service_that_shows_the_notification_presses_its_buttons() {
    let Some(desktop) = Desktop::with(ACCEPTS, RATE) else { return };
    let mut running = session(&desktop);
    running.see("overran");
    desktop.wait_for(2);
    let signal = "import dbus.lowlevel as low\nbus = dbus.SessionBus()\n\
         def press(path, to):\n  signal = low.SignalMessage(path, NAME, 'ActionInvoked')\n\
         \x20 signal.append(1, '2', signature='us')\n  to and signal.set_destination(to)\n\
         \x20 bus.send_message(signal)\n";
    let forged = [
        "press('/org/freedesktop/Notifications', None)",
        "press('/', None)",
        "[press('/org/freedesktop/Notifications', name) for name in bus.list_names() if name.startswith(':')]",
    ];
    for press in forged {
        assert!(desktop.python(&format!("{signal}{press}\nbus.flush()")), "{press}");
    }
    // The right sender, about something else.
    let elsewhere = "mock.AddObject('/elsewhere', NAME, {}, [])\n\
         other = dbus.Interface(dbus.SessionBus().get_object(NAME, '/elsewhere'), 'org.freedesktop.DBus.Mock')\n\
         other.EmitSignal(NAME, 'ActionInvoked', 'us', [1, '2'])";
    assert!(desktop.python(elsewhere));
    // This one is obeyed, and comes after all of them.
    desktop.press(1, "0");
    running.see("paused");
    assert_eq!(names(&running), [&BEFORE[..], &["paused"]].concat(), "nobody else said that the change is made");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
}

/// dunst on a separate X server. Its action menu chooses the line in the file `choice`.
struct Dunst<'a> {
    desktop: &'a Desktop,
    _screen: Helper,
    _service: Helper,
}

impl Dunst<'_> {
    fn start(desktop: &Desktop) -> Dunst<'_> {
        let choice = desktop.home.file("choice", "");
        let file = desktop.home.file("dunstrc", &format!("[global]\ndmenu = /usr/bin/grep -F -f {choice}\n"));
        // The X server ends with its last program, and that program ends with the bus.
        let mut screen = desktop.helper("/usr/bin/Xvfb", |command| {
            command.args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-terminate"]);
        });
        let display = format!(":{}", screen.first_line());
        let service = desktop.helper("/usr/bin/dunst", |command| {
            command.args(["-config", &file]).env("DISPLAY", display).stdout(Stdio::null());
        });
        let dunst = Dunst { desktop, _screen: screen, _service: service };
        until("dunst", || dunst.count("displayed").is_some());
        dunst
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new(program);
        command.env_clear().envs(self.desktop.environment()).args(arguments).stdin(Stdio::null());
        let output = programs::output(&mut command);
        output.status.success().then(|| crate::support::stdout(&output))
    }

    fn count(&self, what: &str) -> Option<u32> {
        self.run("/usr/bin/dunstctl", &["count", what])?.trim().parse().ok()
    }

    /// Opens the menu of the notification and chooses this button.
    fn press(&self, label: &str) {
        self.desktop.home.file("choice", label);
        assert!(self.run("/usr/bin/dunstctl", &["action"]).is_some(), "dunst opens the menu");
    }

    /// The closed notifications that dunst reports.
    fn history(&self) -> String {
        let call = ["--print-reply", "--dest=org.freedesktop.Notifications", "/org/freedesktop/Notifications"];
        let method = ["org.dunstproject.cmd0.NotificationListHistory"];
        self.run("/usr/bin/dbus-send", &[&call[..], &method].concat()).expect("an answer")
    }
}

/// Nothing of a selftest stays on the screen.
#[test]
fn dunst_closes_the_notification_of_a_selftest() {
    let Some(desktop) = Desktop::bare(RATE) else { return };
    let dunst = Dunst::start(&desktop);
    let (code, report) = crate::selftest::on(&desktop);
    let why = "delivered and closed (dunst); it plays no sound";
    assert_eq!((code, crate::selftest::notified(&report)), (Some(0), (Some(true), why)));
    until("closed", || dunst.count("displayed") == Some(0));
    assert!(dunst.history().contains("\"therapy: test\""), "{}", dunst.history());
}

/// dunst reports a press only to the last connection that showed the notification.
#[test]
fn dunst_shows_one_notification_whose_buttons_work_after_a_replacement() {
    let Some(desktop) = Desktop::bare(RATE) else { return };
    let dunst = Dunst::start(&desktop);
    let mut running = session(&desktop);
    running.see("overran");
    for (label, event) in [("Done", "confirmed"), ("Pause", "paused"), ("Pause", "resumed"), ("minute", "extended")] {
        assert_eq!(dunst.count("displayed"), Some(1), "one notification, not a pile");
        dunst.press(label);
        running.see(event);
    }
    // The person closes the notification. The next alert is still shown.
    until("the last change", || dunst.count("displayed") == Some(1));
    assert!(dunst.run("/usr/bin/dunstctl", &["close-all"]).is_some());
    until("closed", || dunst.count("displayed") == Some(0));
    assert!(dunst.history().contains("\"own: 1 min longer\""), "{}", dunst.history());
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(names(&running), [&BEFORE[..], &PRESSED, &["finished"]].concat());
    until("the last alert", || dunst.count("displayed") == Some(1));
    assert!(!running.errors().contains("warning"), "{}", running.errors());
}

/// A box that a person has to close, of a session that is over, is replaced by the next session.
#[test]
fn dunst_shows_one_notification_of_two_sessions() {
    let Some(desktop) = Desktop::bare(RATE) else { return };
    let dunst = Dunst::start(&desktop);
    desktop.home.own(1, &[("heat", "10s")]);
    assert_eq!(desktop.session(&[]).end().code(), Some(0));
    until("the alarm at the end", || dunst.count("displayed") == Some(1));
    desktop.home.own(1, &[("cold", "15min")]);
    let mut running = desktop.session(&[]);
    running.see("step_began");
    running.signal(Signal::INT);
    // The session waits until its last alarm is shown.
    assert_eq!(running.end().code(), Some(130));
    assert!(!running.errors().contains("warning"), "{}", running.errors());
    assert_eq!(dunst.count("displayed"), Some(1), "one notification, not a pile");
    assert!(dunst.run("/usr/bin/dunstctl", &["close-all"]).is_some());
    until("closed", || dunst.history().contains("\"own: Take the pack off. Stopped: "));
}
