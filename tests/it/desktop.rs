//! Notifications on a real session bus: the calls that a service receives, and sessions whose service or
//! bus fails. `bus` tests a bus that is missing, never answers or hangs up.
//!
//! Each test starts its own bus and service, so that nothing rings on a real desktop. Debian's
//! python3-dbusmock records every call.
#![cfg(target_os = "linux")]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use therapy::edge::clock;

use crate::programs;
use crate::running::{Running, assert_on_time, steps, until};
use crate::support::Home;

/// Requirements of these tests: a command that checks for each, and its Debian package. Only the Python of
/// the system finds Debian's packages.
const NEEDED: [(&[&str], &str); 4] = [
    (&["/usr/bin/dbus-daemon", "--version"], "dbus"),
    (&["/usr/bin/python3", "-c", "import dbusmock"], "python3-dbusmock"),
    (&["/usr/bin/dunst", "--version"], "dunst"),
    (&["/usr/bin/Xvfb", "-help"], "xvfb"),
];

/// The Debian packages that these tests need.
pub fn packages() -> impl Iterator<Item = &'static str> {
    NEEDED.into_iter().map(|(_, package)| package)
}

/// Lateness that is allowed for an alert next to other tests.
const LATE: Duration = Duration::from_millis(500);

/// Part of every warning about notifications.
const TROUBLE: &str = "the session goes on, and only its lines tell you when to change";

/// Whether the requirements are installed. If not, this is reported once, bypassing the capture of test
/// output.
fn is_possible() -> bool {
    static POSSIBLE: OnceLock<bool> = OnceLock::new();
    *POSSIBLE.get_or_init(|| {
        programs::are_installed(&NEEDED, "the tests with a real notification service (desktop, buttons)")
    })
}

/// A process that is killed at the end of the test, even after a failure.
pub struct Helper(Child);

impl Helper {
    pub fn start(program: &str, configure: impl FnOnce(&mut Command)) -> Helper {
        let mut command = Command::new("/usr/bin/setpriv");
        command.args(["--pdeathsig", "KILL", program]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        configure(&mut command);
        Helper(command.spawn().expect("it starts"))
    }

    /// The first line that it prints.
    pub fn first_line(&mut self) -> String {
        programs::first_line(&mut self.0)
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("it runs");
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A notification that the service has received.
#[derive(Debug)]
pub struct Arrival {
    /// Time of day in seconds.
    at: f64,
    pub replaces: u32,
    pub title: String,
    pub body: String,
    pub buttons: Vec<String>,
    pub urgency: u64,
    pub sound: String,
    pub stays: bool,
    /// What marks it as the successor of the notification of an earlier session.
    pub tags: Vec<String>,
}

/// Behaviour of the service on a notification: it reads markup, or plain text. The last two are Python code.
pub const ACCEPTS: &str = "template";
const ACCEPTS_TEXT: &str = "text";
pub const REFUSES: &str = "raise dbus.exceptions.DBusException('no room', name='org.example.Refused')";
const TAKES_30_S: &str = "__import__('time').sleep(30)\nret = 1";

/// A home with a session bus.
pub struct Desktop {
    pub home: Home,
    bus: Helper,
    service: Option<Helper>,
}

impl Desktop {
    /// A bus without a service, and a clock at this rate. `None` if the requirements are missing.
    pub fn bare(rate: f64) -> Option<Desktop> {
        is_possible().then(|| {
            let home = Home::at_rate(rate);
            let bus = bus(&home);
            Desktop { home, bus, service: None }
        })
    }

    /// A bus with a service of this behaviour.
    pub fn with(service: &str, rate: f64) -> Option<Desktop> {
        let mut desktop = Desktop::bare(rate)?;
        desktop.serve(service);
        Some(desktop)
    }

    /// Starts a service, which replaces the previous one.
    fn serve(&mut self, service: &str) {
        self.service = None;
        let log = self.log();
        let text = ["--template", "notification_daemon", "--parameters", r#"{"capabilities": "body actions"}"#];
        let kind = match service {
            ACCEPTS => &text[..2],
            ACCEPTS_TEXT => &text,
            _ => &[NAME, PATH, NAME],
        };
        self.service = Some(self.helper("/usr/bin/python3", |command| {
            command.args(["-m", "dbusmock"]).args(kind);
            command.arg("--logfile").arg(log).stdout(Stdio::null());
        }));
        until("the service", || self.python("assert dbus.SessionBus().name_has_owner(NAME)"));
        if kind.contains(&PATH) {
            let code = format!("mock.AddMethod(NAME, 'Notify', 'susssasa{{sv}}i', 'u', {service:?})");
            until("its method", || self.python(&code));
        }
    }

    /// A process on this bus.
    pub fn helper(&self, program: &str, configure: impl FnOnce(&mut Command)) -> Helper {
        Helper::start(program, |command| {
            command.env_clear().envs(self.environment()).current_dir(self.home.path());
            configure(command);
        })
    }

    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = self.home.environment();
        environment.retain(|(name, _)| *name != "DBUS_SESSION_BUS_ADDRESS");
        environment.push(("DBUS_SESSION_BUS_ADDRESS", address(&self.home)));
        environment
    }

    /// Runs Python code on the bus. `mock` is the control interface of the service.
    pub fn python(&self, code: &str) -> bool {
        let prelude = format!(
            "import dbus\nNAME = {NAME:?}\n\
             mock = dbus.Interface(dbus.SessionBus().get_object(NAME, {PATH:?}), 'org.freedesktop.DBus.Mock')\n"
        );
        let mut command = Command::new("/usr/bin/python3");
        command.env_clear().envs(self.environment()).args(["-c", &(prelude + code)]);
        programs::output(&mut command).status.success()
    }

    /// Presses a button. The service reports it on the bus.
    pub fn press(&self, id: u32, key: &str) {
        let code = format!("mock.EmitSignal(NAME, 'ActionInvoked', 'us', [{id}, {key:?}])");
        assert!(self.python(&code), "the service reports the press");
    }

    /// Starts a session of `own.toml`.
    pub fn session(&self, arguments: &[&str]) -> Running {
        let mut command = self.home.without_terminal(&["run", "own.toml", "--progress", "json"]);
        command.args(arguments).envs(self.environment());
        Running::new(command).recorded_in(self.home.journal())
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("notifications")
    }

    /// All notifications so far.
    pub fn arrivals(&self) -> Vec<Arrival> {
        arrivals(&std::fs::read_to_string(self.log()).unwrap_or_default())
    }

    /// Waits until this many notifications have arrived.
    pub fn wait_for(&self, number: usize) -> Vec<Arrival> {
        until("a notification", || self.arrivals().len() >= number);
        self.arrivals()
    }
}

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

fn address(home: &Home) -> String {
    format!("unix:path={}", home.path().join("bus").display())
}

/// A session bus that starts no services.
fn bus(home: &Home) -> Helper {
    let configuration = format!(
        "<busconfig><type>session</type><listen>{}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
         <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
        address(home)
    );
    let configuration = home.file("bus.conf", &configuration);
    let mut bus = Helper::start("/usr/bin/dbus-daemon", |command| {
        command.args(["--nofork", "--print-address", "--config-file", &configuration]);
    });
    bus.first_line();
    bus
}

/// Parses the log of the service.
fn arrivals(log: &str) -> Vec<Arrival> {
    let mut arrivals = Vec::new();
    let mut rest = log;
    while let Some((before, after)) = rest.split_once(" Notify \"therapy\" ") {
        let at = before.rsplit('\n').next().and_then(|time| time.parse().ok()).expect("a time");
        // The line is not complete yet.
        let Some((call, after)) = after.split_once("} -1\n") else { break };
        rest = after;
        let (call, hints) = call.rsplit_once(" {").expect("hints");
        let (call, buttons) = call.rsplit_once("\" [").expect("buttons");
        let (replaces, call) = call.split_once(" \"\" \"").expect("a number and no icon");
        let (title, body) = call.split_once("\" \"").expect("a title and a body");
        let hints = format!("{{{hints}}}").replace("True", "true").replace("False", "false");
        let hints: Value = serde_json::from_str(&hints).expect("hints");
        arrivals.push(Arrival {
            at,
            replaces: replaces.parse().expect("a number"),
            title: title.to_owned(),
            body: body.to_owned(),
            buttons: serde_json::from_str(&format!("[{buttons}")).expect("buttons"),
            urgency: hints["urgency"].as_u64().expect("an urgency"),
            sound: hints["sound-name"].as_str().expect("a sound").to_owned(),
            stays: hints["resident"] == true,
            tags: ["x-canonical-private-synchronous", "x-dunst-stack-tag"]
                .into_iter()
                .filter_map(|tag| hints[tag].as_str().map(str::to_owned))
                .collect(),
        });
    }
    arrivals
}

/// mako 1.7.1 ends with a segmentation fault when a notification has both a tag and the number of the one that it
/// replaces.
#[test]
fn mako_gets_a_tag_or_a_number_and_never_both() {
    let Some(desktop) = Desktop::with(ACCEPTS, RATE) else { return };
    let code =
        "mock.AddMethod(NAME, 'GetServerInformation', '', 'ssss', \"ret = ('mako', 'emersion', '1.7.1', '1.2')\")";
    assert!(desktop.python(code));
    desktop.home.own(1, &[("heat", "3min"), ("cold", "3min")]);
    let mut running = desktop.session(&[]);
    assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    let arrivals = desktop.arrivals();
    assert_eq!((arrivals[0].replaces, arrivals[0].tags.len()), (0, 2), "the one of an earlier session is replaced");
    assert!(arrivals.len() > 3 && arrivals[1..].iter().all(|arrival| arrival.replaces == 1 && arrival.tags.is_empty()));
}

/// Urgent alerts: a pack must come off now.
const URGENT: (u64, &str) = (2, "alarm-clock-elapsed");
const CALM: (u64, &str) = (1, "message");

#[test]
fn every_alert_is_on_time_and_replaces_the_previous_one() {
    let Some(desktop) = Desktop::with(ACCEPTS, RATE) else { return };
    let note = "note = \"moist <b>pad</b> & low\"\n";
    let [heat, cold] = [("heat", "3min"), ("cold", "3min")].map(|step| steps(1, &[step]).replace("rounds = 1\n", ""));
    desktop.home.file("own.toml", &format!("{heat}{note}{cold}"));
    let mut running = desktop.session(&[]);
    assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    assert!(!running.errors().contains("warning"), "{}", running.errors());
    assert_eq!(running.events(), desktop.home.rehearsed("own.toml"));
    let expected = [
        (
            0.0,
            "Heat on for 3 min, step 1 of 2",
            "Warm, not hot; moist is better. Pad on low or medium; water at most \
           40 °C.\nmoist &lt;b&gt;pad&lt;/b&gt; &amp; low",
            CALM,
        ),
        (90.0, "1 min 30 s left", "Look at the skin. Stop if it is very red, blotchy or stinging.", CALM),
        (120.0, "1 min left", "Have the ice ready, wrapped.", CALM),
        (
            180.0,
            "Heat off now. Cold on for 3 min, step 2 of 2, a thin damp cloth between",
            "Gel packs run colder than ice.",
            URGENT,
        ),
        (270.0, "1 min 30 s left", "Look at the skin. Stop if it is white, blotchy, blistered or numb.", CALM),
        (300.0, "1 min left", "Get ready to take the pack off.", CALM),
        (360.0, "Take the pack off. Done: 3 min of heat, 3 min of cold", "Keep gently moving.", URGENT),
    ];
    let mut arrivals = desktop.arrivals();
    // Nobody answers the last one, so it comes again, every 30 s for 10 min.
    let again = arrivals.split_off(expected.len().min(arrivals.len()));
    assert_eq!(again.len(), 20, "{again:#?}");
    for (number, alarm) in (1..).zip(&again) {
        assert!(alarm.title.starts_with("own: TAKE IT OFF. Cold ended "), "{alarm:?}");
        assert_eq!(
            (alarm.urgency, &alarm.buttons[..], alarm.replaces),
            (2, &["2".to_owned(), "Done".to_owned()][..], 1)
        );
        let due = arrivals[expected.len() - 1].at + 30.0 * f64::from(number) / RATE;
        assert!((alarm.at - due).abs() < LATE.as_secs_f64(), "{alarm:?}");
    }
    let buttons = ["0", "Pause / go on", "1", "A minute more", "2", "Done"];
    for (index, (arrival, (_, title, body, kind))) in arrivals.iter().zip(expected).enumerate() {
        assert_eq!((arrival.title.as_str(), arrival.body.as_str()), (&*format!("own: {title}"), body));
        assert_eq!((arrival.urgency, arrival.sound.as_str()), kind, "{title}");
        assert_eq!(arrival.replaces, u32::from(index > 0), "{title}: one notification, not a pile");
        let last = index + 1 == expected.len();
        assert_eq!(arrival.buttons, if last { &buttons[4..] } else { &buttons }, "{title}");
        assert_eq!(arrival.stays, !last, "{title}");
        assert_eq!(arrival.tags, ["therapy", "therapy"], "{title}");
    }
    assert_eq!(arrivals.len(), expected.len(), "{arrivals:#?}");
    let first = arrivals[0].at;
    let late = LATE + programs::held_up(running.lines()[0].0);
    for (arrival, (due, ..)) in arrivals.iter().zip(expected) {
        let off = arrival.at - first - due / RATE;
        assert!(off.abs() < late.as_secs_f64(), "{off:+.3} s off: {arrival:?}");
    }
}

/// Text that looks like markup is shown as it was written.
#[test]
fn a_service_that_does_not_read_markup_gets_plain_text() {
    for (service, shown) in [(ACCEPTS, "5 &lt; 6 &amp; &lt;b&gt;low&lt;/b&gt;"), (ACCEPTS_TEXT, "5 < 6 & <b>low</b>")] {
        let Some(desktop) = Desktop::with(service, RATE) else { return };
        let note = "note = \"5 < 6 & <b>low</b>\"\n";
        desktop.home.file("own.toml", &(steps(1, &[("rest", "3min")]) + note));
        let mut running = desktop.session(&[]);
        assert_eq!(running.end().code(), Some(0), "{}", running.errors());
        let arrivals = desktop.arrivals();
        assert!(arrivals[0].body.ends_with(&format!("hurts least.\n{shown}")), "{arrivals:#?}");
        assert!(!running.errors().contains("warning"), "{}", running.errors());
    }
}

/// The capabilities of one service say nothing about the next.
#[test]
fn a_service_that_replaces_another_is_asked_what_it_reads() {
    let Some(mut desktop) = Desktop::with(ACCEPTS, 1.0) else { return };
    let step = |kind: &str| format!("[[step]]\ndo = \"{kind}\"\nfor = \"10min\"\nnote = \"5 < 6\"\n");
    desktop.home.file("own.toml", &["heat", "rest", "heat", "rest"].map(step).concat());
    let mut running = desktop.session(&[]);
    assert!(desktop.wait_for(1)[0].body.ends_with("5 &lt; 6"));
    assert!(desktop.python("mock.GetCalls()"), "it has answered");
    desktop.serve(ACCEPTS_TEXT);
    desktop.home.ask(&["skip"]);
    // The first notification shows that the service is another one.
    desktop.wait_for(1);
    desktop.home.ask(&["skip"]);
    assert!(desktop.wait_for(2)[1].body.ends_with("5 < 6"), "{:#?}", desktop.arrivals());
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    assert!(!running.errors().contains("warning"), "{}", running.errors());
}

// Faults.

const RATE: f64 = 100.0;

/// A session of 3.6 s that has just begun.
fn session(desktop: &Desktop) -> Running {
    desktop.home.own(1, &[("heat", "3min"), ("cold", "3min")]);
    let running = desktop.session(&[]);
    running.see("step_began");
    running
}

/// The session ends on time and reports the problem once.
#[track_caller]
fn assert_undisturbed(desktop: &Desktop, mut running: Running, trouble: &str) {
    let status = running.end();
    let ended = clock::now();
    let errors = running.errors();
    assert_eq!(status.code(), Some(0), "{errors}");
    let expected = desktop.home.rehearsed("own.toml");
    assert_eq!(running.events(), expected);
    assert_on_time(&running, RATE, LATE);
    let (began, _) = running.lines()[0];
    let length = Duration::from_millis(expected.last().expect("an end").2).div_f64(RATE);
    let late = ended.since(began).saturating_sub(length);
    assert!(late < LATE + programs::held_up(began), "it ended {late:?} late: {errors}");
    assert_eq!(errors.matches("warning: ").count(), 1, "reported once: {errors}");
    assert!(errors.contains(trouble) && errors.contains(TROUBLE), "{errors}");
}

#[test]
fn a_bus_without_a_service_is_reported_once_and_delays_nothing() {
    let Some(desktop) = Desktop::bare(RATE) else { return };
    let running = session(&desktop);
    assert_undisturbed(&desktop, running, "no desktop notifications (");
}

#[test]
fn a_service_that_refuses_is_reported_once_with_its_reason_and_delays_nothing() {
    let Some(desktop) = Desktop::with(REFUSES, RATE) else { return };
    let running = session(&desktop);
    assert_undisturbed(&desktop, running, "no room");
    // Each alert is tried, even after a refusal.
    assert_eq!(desktop.arrivals().len(), 7);
}

#[test]
fn a_service_that_takes_half_a_minute_is_reported_once_and_delays_nothing() {
    let Some(desktop) = Desktop::with(TAKES_30_S, RATE) else { return };
    let running = session(&desktop);
    assert_undisturbed(&desktop, running, "the notification service does not answer");
    assert_eq!(desktop.arrivals().len(), 1, "the others wait for its answer");
}

#[test]
fn a_bus_that_dies_in_mid_session_is_reported_once_and_delays_nothing() {
    let Some(mut desktop) = Desktop::with(ACCEPTS, RATE) else { return };
    let running = session(&desktop);
    desktop.wait_for(1);
    desktop.bus = Helper::start("/usr/bin/true", |_| {});
    assert_undisturbed(&desktop, running, "no desktop notifications (");
}

#[test]
fn a_bus_that_freezes_in_mid_session_is_reported_once_and_delays_nothing() {
    let Some(desktop) = Desktop::with(ACCEPTS, RATE) else { return };
    let running = session(&desktop);
    desktop.wait_for(1);
    desktop.bus.signal(Signal::STOP);
    assert_undisturbed(&desktop, running, "the notification service does not answer");
}

#[test]
fn a_service_and_a_bus_that_come_back_get_the_next_alert() {
    let Some(mut desktop) = Desktop::with(ACCEPTS, 1.0) else { return };
    desktop.home.own(1, &[("rest", "10min"), ("heat", "10min"), ("rest", "9min"), ("cold", "9min")]);
    let mut running = desktop.session(&[]);
    desktop.wait_for(1);
    // The service answers calls in order, so it has answered the notification too.
    assert!(desktop.python("mock.GetCalls()"));
    let skip = |desktop: &Desktop| assert_eq!(desktop.home.run(&["skip"]).status.code(), Some(0));

    desktop.serve(ACCEPTS);
    skip(&desktop);
    assert!(desktop.wait_for(1)[0].title.starts_with("own: Heat on for 10 min"));
    assert!(!running.errors().contains("warning"), "{}", running.errors());

    desktop.bus = Helper::start("/usr/bin/true", |_| {});
    skip(&desktop);
    until("trouble", || running.errors().contains("warning: no desktop notifications ("));
    desktop.bus = bus(&desktop.home);
    desktop.serve(ACCEPTS);
    skip(&desktop);
    assert!(desktop.wait_for(1)[0].title.starts_with("own: Cold on for 9 min"));
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    let last = desktop.wait_for(2).pop().expect("a notification");
    assert!(last.title.starts_with("own: Take the pack off. Stopped: "), "{}", last.title);
    assert_eq!(last.urgency, 1, "a person stopped it, so no box stays until it is closed");
    assert_eq!(running.errors().matches("warning: ").count(), 1, "{}", running.errors());
}

#[test]
fn a_notification_says_what_the_system_took_away() {
    let Some(desktop) = Desktop::with(ACCEPTS, 1.0) else { return };
    desktop.home.file("own.toml", &steps(1, &[("cold", "15min")]));
    let mut running = desktop.session(&[]);
    running.see("step_began");
    desktop.wait_for(1);
    running.signal(Signal::HUP);
    let arrivals = desktop.wait_for(2);
    assert_eq!(arrivals[1].title, "own: The terminal was closed: the session goes on without it");
    assert!(arrivals[1].body.contains("therapy stop") && !arrivals[1].buttons.is_empty(), "{}", arrivals[1].body);
    running.signal(Signal::TERM);
    assert_eq!(running.end().code(), Some(143));
    let last = desktop.wait_for(3).pop().expect("a notification");
    assert_eq!(last.title, "own: Take the pack off. The session was cut off: the system ended the program");
    assert_eq!((last.body.as_str(), last.urgency), ("Until you say when it came off, it counts as on.", 2));
    assert!(last.buttons.is_empty(), "nobody listens to them");
}

#[test]
fn a_notification_says_that_no_alarm_comes_before_the_process_is_stopped() {
    let Some(desktop) = Desktop::with(ACCEPTS, 60.0) else { return };
    desktop.home.file("own.toml", &steps(1, &[("cold", "15min")]));
    let session = desktop.home.without_terminal(&["run", "own.toml", "--progress", "json"]);
    // A shell that could continue it.
    let mut shells = Command::new(session.get_program());
    let script = "/bin/sh -c '\"$@\" & echo $! >process; wait $!' inner \"$@\"; exit $?";
    shells.args(["/bin/sh", "-c", script, "outer"]).args(session.get_args()).stdin(Stdio::null());
    shells.env_clear().envs(desktop.environment()).current_dir(desktop.home.path());
    let mut running = Running::new(shells);
    running.see("step_began");
    desktop.wait_for(1);
    let process = std::fs::read_to_string(desktop.home.path().join("process")).expect("a file");
    let process = process.trim().parse().ok().and_then(Pid::from_raw).expect("a process");

    kill_process(process, Signal::TSTP).expect("it runs");
    let stopped = desktop.wait_for(2).pop().expect("a notification");
    assert_eq!(stopped.title, "own: Suspended: no alarm comes until you type fg");
    assert_eq!(stopped.body, "The clock goes on, and the pack counts as on.");
    assert!(stopped.buttons.is_empty() && stopped.urgency == 1, "{stopped:?}");
    let stat = format!("/proc/{process}/stat");
    until("it is stopped", || std::fs::read_to_string(&stat).expect("Linux").contains(") T "));
    until("the same words", || running.errors().contains("Suspended: no alarm comes until you type fg."));

    kill_process(process, Signal::CONT).expect("it is stopped");
    let going_on = desktop.wait_for(3).pop().expect("a notification");
    assert!(going_on.title.starts_with("own: The session continues"), "{going_on:?}");
    assert_eq!((going_on.replaces, going_on.buttons.len()), (1, 6), "{going_on:?}");
    desktop.press(1, "0");
    running.see("paused");
    kill_process(process, Signal::INT).expect("it runs");
    assert_eq!(running.end().code(), Some(130), "{}", running.errors());
}
