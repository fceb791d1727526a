//! `next --wait` and `run --when-allowed`: they ring when a session may start and not before, whatever happens meanwhile,
//! and record nothing that a person did not start.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use rustix::process::Signal;
use therapy::edge::clock;

use crate::answering_bus::answer;
use crate::programs::{finish, output};
use crate::running::until;
use crate::support::{Home, joined, stderr, stdout};
use crate::terminal::Terminal;

/// Two hours take a few seconds.
const RATE: f64 = 2000.0;

const TWO_HOURS: Duration = Duration::from_secs(2 * 60 * 60);
const ICE: &str = "Press Enter when the ice is on, or q to leave.";

impl Home {
    /// Somebody who is always awake: the tests run at any time of day.
    fn awake(rate: f64) -> Home {
        let home = Home::at_rate(rate);
        home.file("config/config.toml", "awake = \"0:00-24:00\"\n");
        home
    }

    /// Somebody who just had ten minutes of ice.
    fn after_ice(rate: f64) -> Home {
        let home = Home::awake(rate);
        home.session(&["ice", "--minutes", "10"]);
        home
    }

    /// Somebody who may use heat in eight minutes, in real time.
    fn before_heat() -> Home {
        let home = Home::awake(1.0);
        home.ask(&["injury", "set", "4312 min ago"]);
        home.ask(&["safety", "--answer", "none"]);
        home
    }

    /// Waking hours from this many hours from now on, for two hours.
    fn awake_in(&self, hours: i64) {
        let now = clock::wall().to_zoned(TimeZone::UTC);
        let [from, to] = [hours, hours + 2].map(|hours| now.checked_add(hours.hours()).expect("a time").hour());
        self.file("config/config.toml", &format!("awake = \"{from}:00-{to}:00\"\n"));
    }

    /// When each session began on its clock.
    fn began(&self) -> Vec<Duration> {
        let connection = self.sql();
        let mut query =
            connection.prepare("SELECT clock_ns FROM event WHERE kind = 'started' ORDER BY id").expect("a table");
        let rows = query.query_map([], |row| row.get::<_, i64>(0)).expect("rows");
        rows.map(|row| Duration::from_nanos(row.expect("a number").unsigned_abs())).collect()
    }

    fn sessions(&self) -> i64 {
        self.number("SELECT count(*) FROM session")
    }
}

fn run(home: &Home, arguments: &[&str]) -> Command {
    home.command(&[&["run", "--no-notify", "--when-allowed"], arguments].concat())
}

fn next(home: &Home, arguments: &[&str]) -> Command {
    home.command(&[&["next", "--wait", "--no-notify"], arguments].concat())
}

/// A wait on a terminal that shows this.
fn waiting(command: Command, shows: &str) -> Terminal {
    let mut terminal = Terminal::start(command, 24, 80);
    terminal.see(shows);
    terminal.until("keys taken", Terminal::is_taken);
    terminal
}

#[test]
fn it_rings_when_the_recommended_time_has_come_and_enter_starts_one_session() {
    let home = Home::after_ice(RATE);
    let mut terminal = waiting(run(&home, &["ice"]), "Ice from ");
    let shown = joined(&terminal.contents());
    assert!(shown.contains("(cold-spacing); possible ") && shown.ends_with(". q leaves."), "{shown}");
    assert!(!terminal.text().contains('\u{7}') && terminal.hides_cursor());
    // Enter is for the session, and that may not start yet.
    terminal.press("\r s+");
    terminal.see(ICE);
    assert!(terminal.text().contains('\u{7}') && !terminal.hides_cursor());
    assert!(!terminal.contents().contains("Ice from "), "{}", terminal.contents());
    assert_eq!(home.sessions(), 1);
    terminal.press("\r");
    terminal.see("COLD");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
    assert_eq!(home.sessions(), 2);
    let began = home.began();
    assert!(began[1] >= began[0] + TWO_HOURS, "{began:?}");
}

#[test]
fn a_session_in_another_shell_moves_the_time() {
    let home = Home::after_ice(RATE);
    let mut terminal = waiting(run(&home, &["ice"]), "Ice from ");
    home.session(&["ice", "--minutes", "5"]);
    terminal.see(ICE);
    terminal.press("\r");
    terminal.see("COLD");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    let began = home.began();
    assert_eq!(began.len(), 3);
    assert!(began[2] >= began[1] + TWO_HOURS, "{began:?}");
}

#[test]
fn while_another_session_runs_it_waits_for_its_end() {
    let home = Home::awake(1.0);
    home.own(1, &[("heat", "10min")]);
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    let mut terminal = waiting(run(&home, &["heat"]), "(another session is running)");
    terminal.see("in 9:5");
    home.ask(&["stop"]);
    assert_eq!(running.end().code(), Some(130));
    terminal.see("Press Enter when the warm pack is on");
    terminal.press("\r");
    terminal.see("HEAT");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    assert_eq!(home.sessions(), 2);
}

/// A pack that was put on is no moment at which to learn it.
#[test]
fn what_no_waiting_helps_ends_it_with_the_refusal() {
    type Happens<'a> = &'a dyn Fn(&Home);
    let sign: Happens<'_> = &|home| drop(home.ask(&["safety", "--answer", "3"]));
    let injury: Happens<'_> = &|home| drop(home.ask(&["injury", "set", "5h ago"]));
    let killed: Happens<'_> = &|home| {
        home.own(1, &[("rest", "10min")]);
        let mut running = home.start(&["run", "own.toml"]);
        running.see("step_began");
        running.kill();
        // It is noticed when something is written, or within a minute.
        home.ask(&["safety", "--answer", "none"]);
    };
    for (happens, says) in [
        (sign, "(warning-sign)"),
        (injury, "error: the injury was changed meanwhile"),
        (killed, "error: own was cut off"),
    ] {
        let home = Home::before_heat();
        let mut terminal = waiting(run(&home, &["heat"]), "Heat from ");
        assert!(terminal.contents().contains("(early-heat)"), "{}", terminal.contents());
        happens(&home);
        assert_eq!(terminal.end().code(), Some(3), "{says}: {}", terminal.contents());
        terminal.assert_restored();
        assert!(joined(&terminal.contents()).contains(says), "{says}: {}", terminal.contents());
        assert!(!terminal.contents().contains("Heat from"), "{}", terminal.contents());
    }
    // And before it, as without the option.
    let home = Home::new();
    for (arguments, code, says) in [
        (&["ice", "--minutes", "25"][..], 3, "(cold-limit)"),
        (&["contrast", "--rounds", "9"], 3, "(session-limit)"),
        (&["acute"], 3, "(injury-unknown)"),
        (&["ice", "--rounds", "2"], 2, "needs a protocol with rounds"),
    ] {
        let mut terminal = Terminal::start(run(&home, arguments), 24, 120);
        assert_eq!(terminal.end().code(), Some(code), "{arguments:?}: {}", terminal.contents());
        assert!(joined(&terminal.contents()).contains(says), "{arguments:?}: {}", terminal.contents());
    }
}

#[test]
fn another_injury_changes_what_next_waits_for() {
    let home = Home::after_ice(RATE);
    let mut terminal = waiting(next(&home, &[]), "Ice from ");
    home.ask(&["injury", "none"]);
    terminal.see("You can put the heat on now: therapy run heat");
    terminal.press("x \r");
    assert_eq!(terminal.end().code(), Some(0));
    terminal.assert_restored();
}

#[test]
fn it_goes_on_outside_the_waking_hours() {
    let home = Home::new();
    home.awake_in(2);
    let mut terminal = waiting(run(&home, &["ice"]), "(when your waking hours begin)");
    assert!(terminal.contents().contains(":00, in 1 h") || terminal.contents().contains(":00, in 2 h"));
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    // The option replaces the file.
    let mut terminal = waiting(run(&home, &["ice", "--awake", "0:00-24:00"]), ICE);
    assert!(!terminal.text().contains('\u{7}'), "nobody waited");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

/// A wait on a machine whose clocks can be moved: BOOTTIME and the time of day, in seconds.
#[cfg(target_os = "linux")]
fn on_a_machine(home: &Home, rate: Option<f64>, command: &mut Command) -> impl Fn(i64, i64) + use<> {
    let clocks = home.path().join("clocks");
    command.env("LD_PRELOAD", crate::hostile_time::library()).env("THERAPY_TEST_CLOCKS", &clocks);
    command.envs(rate.map(|rate| ("THERAPY_TEST_RATE", rate.to_string())));
    let new = home.path().join("clocks.new");
    let set = move |boot: i64, wall: i64| {
        std::fs::write(&new, format!("{boot} {wall}")).and_then(|()| std::fs::rename(&new, &clocks)).expect("a file");
    };
    set(0, 0);
    set
}

#[cfg(target_os = "linux")]
#[test]
fn it_rings_when_the_waking_hours_begin() {
    let home = Home::new();
    home.awake_in(2);
    let alarms = answer(&home);
    let mut command = home.command(&["next", "--wait"]);
    let set = on_a_machine(&home, Some(RATE), &mut command);
    let mut terminal = waiting(command, "(when your waking hours begin)");
    set(0, 2 * 60 * 60);
    terminal.see("You can put the ice on now: therapy run ice");
    assert!(terminal.text().contains('\u{7}'));
    // The person goes to bed without an answer. In the morning it rings again.
    set(0, 5 * 60 * 60);
    terminal.see("(when your waking hours begin)");
    until("the call is taken back", || alarms.find("therapy: Not yet").is_some());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

/// The clock that counts in suspend decides, and a wait of the system does not count then.
#[cfg(target_os = "linux")]
#[test]
fn after_a_sleep_of_the_machine_it_rings_at_once() {
    let home = Home::before_heat();
    let mut command = run(&home, &["heat"]);
    let set = on_a_machine(&home, None, &mut command);
    let mut terminal = waiting(command, "Heat from ");
    terminal.see("in 7:5");
    set(60, 60);
    terminal.see("in 6:5");
    assert!(!terminal.text().contains('\u{7}'));
    set(500, 500);
    terminal.see("Press Enter when the warm pack is on, or q to leave.");
    assert_eq!(terminal.text().matches('\u{7}').count(), 1);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn who_leaves_before_the_start_leaves_no_record() {
    for key in ["q", "Q", "\u{3}", "\u{4}"] {
        let home = Home::before_heat();
        let mut terminal = waiting(run(&home, &["heat"]), "Heat from ");
        terminal.press(key);
        assert_eq!(terminal.end().code(), Some(130), "{key:?}");
        terminal.assert_restored();
        assert!(terminal.contents().contains("No session was started."), "{}", terminal.contents());
        assert_eq!(home.sessions(), 0);
    }
    // After the call too.
    let home = Home::after_ice(RATE);
    let mut terminal = waiting(run(&home, &["ice"]), ICE);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
    assert_eq!(home.sessions(), 1);
}

#[test]
fn a_signal_ends_it_and_without_a_terminal_nobody_could_press_enter() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::QUIT, 143), (Signal::HUP, 130)] {
        let home = Home::before_heat();
        let mut terminal = waiting(run(&home, &["heat"]), "Heat from ");
        terminal.signal(signal);
        assert_eq!(terminal.end().code(), Some(code), "{signal:?}");
        terminal.assert_restored();
        assert_eq!(home.sessions(), 0);
    }
    let home = Home::before_heat();
    let mut terminal = waiting(run(&home, &["heat"]), "Heat from ");
    terminal.hang_up();
    assert_eq!(terminal.end().code(), Some(130));
    assert_eq!(home.sessions(), 0);
}

/// Who only wants to be called can be reached in other ways.
#[test]
fn next_goes_on_without_its_terminal() {
    let home = Home::after_ice(RATE);
    let arrivals = answer(&home);
    let mut terminal = waiting(home.command(&["next", "--wait"]), "Ice from ");
    terminal.hang_up();
    until("the call", || arrivals.find("therapy: You can put the ice on now").is_some());
    assert_eq!(terminal.end().code(), Some(0));
}

#[test]
fn off_a_terminal_run_is_refused_and_next_prints_a_line_and_calls_once() {
    let home = Home::after_ice(RATE);
    for (arguments, way_out) in [
        (&["run", "ice", "--when-allowed"][..], "therapy next --wait"),
        (&["run", "--when-allowed", "--site", "left-knee", "--awake", "8-22"], "therapy next --wait --site left-knee"),
    ] {
        let refused = home.run(arguments);
        assert_eq!(refused.status.code(), Some(2));
        let said = format!("error: --when-allowed waits for Enter, and this is not a terminal\n  try: {way_out}\n");
        assert_eq!(stderr(&refused), said);
    }
    assert_eq!(home.sessions(), 1);
    let log = home.path().join("called");
    let hook = home.program("hook", &format!("cat >> {0}; env | grep THERAPY_ | sort >> {0}", log.display()));
    let started = clock::now();
    let mut command = home.without_terminal(&["next", "--wait", "--no-notify", "--on-event", &hook]);
    let waited = output(&mut command);
    assert_eq!(waited.status.code(), Some(0), "{}", stderr(&waited));
    assert_eq!(stdout(&waited), "You can put the ice on now: therapy run ice\n");
    let said = stderr(&waited);
    assert!(said.starts_with("Ice from ") && said.contains(" (cold-spacing); possible "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(clock::now().since(started).mul_f64(RATE) > Duration::from_secs(60 * 60), "it waited");
    let called = home.written_to("called");
    assert!(called[0].contains("\"event\":\"allowed\"") && called[0].contains("\"kind\":\"cold\""), "{called:?}");
    for line in ["THERAPY_EVENT=allowed", "THERAPY_PROTOCOL=ice", "THERAPY_SITE=lower-back", "THERAPY_URGENT=1"] {
        assert_eq!(called.iter().filter(|called| *called == line).count(), 1, "{line}: {called:?}");
    }
    // In a journal without any dose it has come at once.
    home.ask(&["profiles", "--add", "anna"]);
    let of_anna =
        ["next", "--wait", "--no-notify", "--profile", "anna", "--awake", "0:00-24:00", "--site", "left-knee"];
    assert_eq!(home.ask(&of_anna), "You can put the ice on now: therapy --profile anna run ice --site left-knee\n");
    for (option, other) in [("--dry-run", "run"), ("--speed=9", "run"), ("--json", "next")] {
        let own = if other == "run" { "--when-allowed" } else { "--wait" };
        let both = home.run(&[other, own, option]);
        assert_eq!(both.status.code(), Some(2));
        assert!(stderr(&both).contains("cannot be used with"), "{}", stderr(&both));
    }
    let alone = home.run(&["next", "--speak"]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(stderr(&alone).contains("--wait"), "{}", stderr(&alone));
}

#[test]
fn a_signal_ends_next_off_a_terminal() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let home = Home::new();
        home.awake_in(3);
        let mut command = home.without_terminal(&["next", "--wait", "--no-notify"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut errors = child.stderr.take().expect("a pipe");
        let mut first = [0; 8];
        std::io::Read::read_exact(&mut errors, &mut first).expect("its line");
        assert_eq!(&first, b"Ice from");
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal).expect("it runs");
        let ended = finish(child);
        assert_eq!((ended.status.code(), stdout(&ended).as_str()), (Some(code), ""));
    }
}

/// Every rung rings again until somebody answers.
#[test]
fn the_call_is_repeated_until_it_is_answered() {
    // Half a minute takes 60 ms.
    let home = Home::after_ice(500.0);
    home.writes("pw-play");
    home.writes("spd-say");
    let alarms = answer(&home);
    let mut command = home.heard(&["next", "--wait", "--speak", "--sound", "on"]);
    command.env("THERAPY_TEST_RATE", "500");
    let mut terminal = Terminal::start(command, 24, 80);
    terminal.see("You can put the ice on now: therapy run ice");
    terminal.see("The alarm goes on until you press Enter.");
    let heard = |start: &str| home.written_to("heard").iter().filter(|line| line.starts_with(start)).count();
    until("it rings again", || heard("pw-play") >= 2 && heard("spd-say") >= 2 && alarms.all().len() >= 2);
    terminal.press("\r");
    assert_eq!(terminal.end().code(), Some(0));
    terminal.assert_restored();
    assert!(home.written_to("heard").iter().any(|line| line == "spd-say --wait You can put the ice on now."));
    assert!(home.written_to("heard").iter().all(|line| line.ends_with("/change.wav") || line.starts_with("spd-say")));
    assert!(alarms.find("Answered").is_some(), "{:?}", alarms.all());

    // Nobody answers for ten minutes.
    let home = Home::after_ice(3000.0);
    let mut alone = Terminal::start(next(&home, &[]), 24, 80);
    assert_eq!(alone.end().code(), Some(0));
    // Every half minute, which takes 10 ms here: on a busy machine some are late, and two become one.
    let bells = alone.text().matches('\u{7}').count();
    assert!((11..=21).contains(&bells), "{bells} bells");
    alone.assert_restored();
}

#[test]
fn a_key_ends_the_alarm_and_not_the_wait_for_enter() {
    let home = Home::after_ice(500.0);
    let mut terminal = waiting(run(&home, &["ice"]), ICE);
    terminal.press("x ");
    let bells = terminal.text().matches('\u{7}').count();
    // It would ring every 60 ms.
    let since = clock::now();
    terminal.until("half a second", |_| clock::now().since(since) > Duration::from_millis(500));
    assert!(terminal.text().matches('\u{7}').count() <= bells + 1, "{:?}", terminal.text());
    terminal.press("\r");
    terminal.see("COLD");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    assert_eq!(home.sessions(), 2);
}

#[test]
fn a_narrow_or_plain_terminal_shows_it_too() {
    for (rows, columns) in [(24, 40), (6, 20), (1, 80), (3, 3)] {
        let home = Home::before_heat();
        let mut terminal = Terminal::start(run(&home, &["heat"]), rows, columns);
        terminal.until("keys taken, no cursor", |terminal| terminal.is_taken() && terminal.hides_cursor());
        assert_eq!(terminal.wrapped_rows(), Vec::<u16>::new(), "{rows} {columns}: {}", terminal.contents());
        terminal.resize(rows + 1, columns + 1);
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130));
        terminal.assert_restored();
    }
    for (name, value) in [("TERM", "dumb"), ("NO_COLOR", "1")] {
        let home = Home::before_heat();
        let mut command = run(&home, &["heat"]);
        command.env(name, value);
        let mut terminal = waiting(command, "(early-heat)");
        let escapes = terminal.text().contains('\u{1b}');
        assert_eq!(escapes, name == "NO_COLOR", "{:?}", terminal.text());
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130));
        terminal.assert_restored();
    }
}

/// A shell with jobs would restore the terminal itself. This one only stands above the wait.
#[test]
fn a_suspended_wait_gives_the_terminal_back_and_goes_on() {
    let home = Home::before_heat();
    let wait = run(&home, &["heat"]);
    let mut shells = Command::new("/bin/sh");
    let script = "exec 3<&0; /bin/sh -c '\"$@\" <&3 & echo $! >process; wait $!' inner \"$@\"; exit $?";
    shells.args(["-c", script, "outer"]).arg(wait.get_program()).args(wait.get_args());
    shells.env_clear().envs(home.environment()).current_dir(home.path());
    let mut terminal = waiting(shells, "Heat from ");
    let process = std::fs::read_to_string(home.path().join("process")).expect("a file");
    let process = process.trim().parse().ok().and_then(rustix::process::Pid::from_raw).expect("a process");
    rustix::process::kill_process(process, Signal::TSTP).expect("it runs");
    terminal.see("Suspended: no alarm comes until you type fg.");
    terminal.until("the terminal restored", |terminal| !terminal.is_taken() && !terminal.hides_cursor());
    terminal.assert_restored();
    until("it is stopped", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
        stat.map_or(true, |stat| stat.contains(") T "))
    });
    rustix::process::kill_process(process, Signal::CONT).expect("it is stopped");
    terminal.until("taken again", |terminal| terminal.is_taken() && terminal.hides_cursor());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}
