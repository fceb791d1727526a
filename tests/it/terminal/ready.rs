//! `--ready`: nothing starts before Enter, and what is true then decides.

use super::*;
use crate::support::{joined, stderr};

const ICE: &str = "Press Enter when the ice is on, or q to leave.";

/// A run that waits for Enter.
fn waiting(home: &Home, arguments: &[&str], prompt: &str) -> Terminal {
    let mut terminal = Terminal::start(command(home, &[arguments, &["--ready"]].concat()), 40, 100);
    terminal.see(prompt);
    terminal.until("keys taken", Terminal::is_taken);
    terminal
}

/// Nothing has started: no session, no lock.
fn assert_nothing(home: &Home) {
    assert_eq!(home.number("SELECT count(*) FROM session"), 0);
    assert_eq!(home.run(&["status"]).status.code(), Some(1));
}

#[test]
fn enter_starts_the_clock_and_not_before() {
    let home = Home::new();
    let mut terminal = waiting(&home, &["ice"], ICE);
    let text = terminal.contents();
    assert!(text.contains("Do not lie on the pack, strap it tight or fall asleep."), "{text}");
    assert!(!text.contains("COLD"), "{text}");
    // Other keys start nothing, and another shell sees no session.
    terminal.press(" s+x\u{1b}[A");
    assert_nothing(&home);
    clock::wait(Duration::from_millis(1500));
    terminal.press("\r");
    terminal.see_clock("COLD", "15:00");
    assert_eq!(terminal.contents().matches("Do not lie on the pack").count(), 1, "{}", terminal.contents());
    assert!(home.ask(&["status"]).starts_with("COLD "));
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
    // The time before Enter is no time of the session.
    let (entry, events) = home.recorded();
    assert_eq!(events[0].elapsed, Duration::ZERO);
    assert!(entry.actual.cold < Duration::from_secs(15), "{entry:?}");
}

#[test]
fn the_question_names_what_is_put_on_first() {
    let home = home(&[("rest", "1min"), ("cold", "10min")]);
    for (arguments, prompt) in [
        (&["heat"][..], "Press Enter when the warm pack is on, or q to leave."),
        (&["own.toml"], "Press Enter when you are ready, or q to leave."),
        (&["ice", "--changeover", "30s"], "Press Enter when you are ready, or q to leave."),
        (&["ice", "--progress", "plain"], ICE),
        (&["ice", "--progress", "quiet"], ICE),
    ] {
        let mut terminal = waiting(&home, arguments, prompt);
        let is_quiet = arguments.contains(&"quiet");
        assert_ne!(terminal.contents().contains("A timer, not medical advice"), is_quiet, "{arguments:?}");
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130));
    }
    assert_nothing(&home);
}

#[test]
fn q_ctrl_c_and_the_end_of_input_leave_and_nothing_is_recorded() {
    for key in ["q", "Q", "\u{3}", "\u{4}", " q"] {
        let home = Home::new();
        let mut terminal = waiting(&home, &["ice", "--pain", "4"], ICE);
        terminal.press(key);
        assert_eq!(terminal.end().code(), Some(130), "{key:?}");
        terminal.assert_restored();
        assert!(terminal.contents().contains("No session was started."), "{}", terminal.contents());
        assert_nothing(&home);
        assert_eq!(home.number("SELECT count(*) FROM pain"), 0);
    }
}

#[test]
fn a_signal_or_a_closed_window_ends_the_wait() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 130)] {
        let home = Home::new();
        let mut terminal = waiting(&home, &["ice"], ICE);
        terminal.signal(signal);
        assert_eq!(terminal.end().code(), Some(code), "{signal:?}");
        terminal.assert_restored();
        assert_nothing(&home);
    }
    let home = Home::new();
    let mut terminal = waiting(&home, &["ice"], ICE);
    terminal.hang_up();
    assert_eq!(terminal.end().code(), Some(130));
    assert_nothing(&home);
}

#[test]
fn a_wait_that_no_shell_could_continue_is_not_suspended() {
    let home = Home::new();
    let mut terminal = waiting(&home, &["ice"], ICE);
    terminal.signal(Signal::TSTP);
    terminal.press("\n");
    terminal.see_clock("COLD", "15:00");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn a_running_session_takes_no_notice_of_ctrl_d() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.press("\u{4}");
    terminal.see_clock("HEAT", "9:58");
    terminal.press(" ");
    terminal.see("PAUSED 0:0");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn a_rehearsal_waits_too() {
    let home = Home::new();
    let mut terminal = waiting(&home, &["ice", "--speed", "1000", "--changeover", "30s"], "when you are ready");
    assert!(joined(&terminal.contents()).contains("REHEARSAL at 1000 times the speed"), "{}", terminal.contents());
    terminal.press("\r");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(terminal.contents().contains("Done: 15 min of cold"), "{}", terminal.contents());
    assert_nothing(&home);
}

/// The arguments, the injury before, what happens during the wait, and what is said after Enter.
type Case<'a> = (&'a [&'a str], Option<&'a str>, &'a dyn Fn(&Home), &'a str);

/// What changes during the wait counts: every case is refused after Enter, and named.
#[test]
fn everything_is_reviewed_again_after_enter() {
    let ice = |home: &Home| drop(home.session(&["ice", "--minutes", "20"]));
    let sign = |home: &Home| drop(home.ask(&["safety", "--answer", "3"]));
    let injury = |home: &Home| drop(home.ask(&["injury", "set", "1h ago"]));
    let older = |home: &Home| {
        let sql = "UPDATE injury SET happened_ms = happened_ms + 7200000";
        assert_eq!(home.sql().execute(sql, []).expect("a row"), 1);
    };
    let ahead = |home: &Home| {
        home.session(&["ice", "--minutes", "1"]);
        let sql = "UPDATE event SET boot = 'past', wall_ms = wall_ms + 7200000";
        home.sql().execute(sql, []).expect("rows");
    };
    let cases: [Case<'_>; 8] = [
        (&["ice"], None, &ice, "(rewarm)"),
        (&["ice", "--speed", "1000"], None, &ice, "(rewarm)"),
        (&["ice"], None, &sign, "(warning-sign)"),
        (&["ice"], None, &injury, "the injury was changed meanwhile"),
        (&["ice"], Some("30h ago"), &injury, "the injury was changed meanwhile"),
        (&["heat"], Some("73h ago"), &older, "(early-heat)"),
        (&["heat", "--injured", "73h ago"], Some("80h ago"), &ice, "COLD"),
        (&["ice"], None, &ahead, "(clock-behind)"),
    ];
    for (arguments, injured, happens, says) in cases {
        let home = Home::at_rate(3000.0);
        if let Some(when) = injured {
            home.ask(&["injury", "set", when]);
            home.ask(&["safety", "--answer", "none"]);
        }
        let mut run = command(&home, &[arguments, &["--ready"]].concat());
        run.env_remove("THERAPY_TEST_RATE");
        let mut terminal = Terminal::start(run, 40, 100);
        terminal.see("or q to leave.");
        terminal.until("keys taken", Terminal::is_taken);
        happens(&home);
        terminal.press("\r");
        if says == "COLD" {
            // What was typed for this session stays.
            terminal.see_clock("HEAT", "20:00");
            terminal.press("q");
            assert_eq!(terminal.end().code(), Some(130), "{arguments:?}");
            assert!(joined(&terminal.text()).contains("normal feeling is back"), "{}", terminal.text());
            continue;
        }
        assert_eq!(terminal.end().code(), Some(3), "{arguments:?} {says}: {}", terminal.contents());
        terminal.assert_restored();
        assert!(joined(&terminal.text()).contains(says), "{says}: {}", terminal.text());
        assert_eq!(home.number("SELECT count(*) FROM session WHERE outcome IS NULL"), 0);
    }
}

#[test]
fn a_session_that_was_started_meanwhile_keeps_its_lock() {
    let home = Home::new();
    let mut first = waiting(&home, &["ice"], ICE);
    let mut second = waiting(&home, &["ice"], ICE);
    second.press("\r");
    second.see_clock("COLD", "15:00");
    first.press("\r");
    assert_eq!(first.end().code(), Some(3));
    first.assert_restored();
    let said = first.contents();
    assert!(said.contains("error: a session is already running") && said.contains("therapy status"), "{said}");
    second.press("q");
    assert_eq!(second.end().code(), Some(130));
    assert_eq!(home.number("SELECT count(*) FROM session"), 1);
    // A rehearsal does not take the lock, and still does not run beside a session.
    let mut rehearsal = waiting(&home, &["heat", "--speed", "100"], "warm pack");
    let mut third = Terminal::therapy(&home, &["heat"]);
    third.see_clock("HEAT", "20:00");
    rehearsal.press("\r");
    assert_eq!(rehearsal.end().code(), Some(3));
    assert!(rehearsal.contents().contains("(one-session)"), "{}", rehearsal.contents());
    third.press("q");
    third.end();
}

/// The warnings that were there before Enter are not repeated; a new one is printed.
#[test]
fn only_what_is_new_after_enter_is_printed() {
    let home = Home::at_rate(3000.0);
    let mut run = command(&home, &["heat", "--ready"]);
    run.env_remove("THERAPY_TEST_RATE");
    let mut terminal = Terminal::start(run, 40, 100);
    terminal.see("or q to leave.");
    terminal.until("keys taken", Terminal::is_taken);
    home.session(&["ice", "--minutes", "2"]);
    terminal.press("\r");
    terminal.see_clock("HEAT", "20:00");
    let text = joined(&terminal.text());
    for (line, times) in [("A timer, not medical advice", 1), ("(injury-unknown)", 1), ("(numb-heat)", 1)] {
        assert_eq!(text.matches(line).count(), times, "{line}: {text}");
    }
    let place = |what: &str| text.find(what).expect("it is there");
    assert!(place("(injury-unknown)") < place("or q to leave.") && place("or q to leave.") < place("(numb-heat)"));
    terminal.press("q");
    terminal.end();
}

/// The question about warning signs comes first, and its answer holds after the wait.
#[test]
fn the_question_about_signs_comes_before_the_wait() {
    let home = Home::empty();
    let mut terminal = Terminal::start(command(&home, &["ice", "--ready"]), 40, 100);
    terminal.see("Does any of these apply to you? [y/n]");
    assert!(!terminal.text().contains(ICE));
    terminal.press("n\n");
    terminal.see(ICE);
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("\r");
    terminal.see_clock("COLD", "15:00");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    assert_eq!(home.number("SELECT count(*) FROM screening"), 1);
}

/// An unclear answer gets an explanation, and a slip can be taken back.
#[test]
fn the_question_about_signs_says_what_is_wrong_and_has_a_way_back() {
    let home = Home::empty();
    let mut terminal = Terminal::start(home.command(&["safety", "--ask"]), 60, 140);
    let (first, which) = ("Does any of these apply to you? [y/n]", "Which ones? Type their numbers, such as 2,5, or n");
    terminal.see(first);
    let mut asked = |keys: &str, says: &str| {
        terminal.press(keys);
        terminal.see(says);
    };
    asked("x\n", "Type y for yes or n for no.");
    asked("y\n", which);
    let hint = "Type numbers from 1 to 14, such as 2,5, or n for none of them.";
    asked("99\n", &format!("There is no sign 99. {hint}"));
    asked("4, 20\n", &format!("There is no sign 20. {hint}"));
    asked("q\n", &format!("Cannot read \"q\" as the number of a sign. {hint}"));
    terminal.press("\n");
    terminal.until("the numbers again", |terminal| terminal.text().matches(hint).count() == 4);
    // The yes was a slip.
    terminal.press("n\n");
    terminal.until("the first question again", |terminal| terminal.text().matches(first).count() == 3);
    terminal.press("y\n");
    terminal.until("the numbers again", |terminal| terminal.text().matches(which).count() == 6);
    terminal.press("4\n");
    terminal.see("Then no session starts until you take it back. Is that right? [y/n]");
    terminal.press("n\n");
    terminal.until("the first question again", |terminal| terminal.text().matches(first).count() == 4);
    terminal.press("n\n");
    assert_eq!(terminal.end().code(), Some(0), "{}", terminal.text());
    assert!(terminal.text().contains("Noted: no sign applies."), "{}", terminal.text());
}

/// Nothing may ask there.
#[test]
fn off_a_terminal_it_is_refused_with_a_command_that_works() {
    let home = Home::new();
    home.file("my own.toml", "[[step]]\ndo = \"rest\"\nfor = \"1s\"\n");
    for (arguments, way_out) in [
        (&["run", "--ready", "my own.toml", "--no-notify"][..], "therapy run \"my own.toml\" --no-notify"),
        (&["run", "ice", "12", "--ready", "--speed", "9"], "therapy run ice 12 --speed 9"),
        (&["run", "--ready"], "therapy run"),
    ] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = format!("error: --ready waits for Enter, and this is not a terminal\n  try: {way_out}\n");
        assert_eq!(stderr(&output), said);
    }
    assert_nothing(&home);
    assert_eq!(home.run(&["run", "my own.toml", "--no-notify"]).status.code(), Some(0));
    let both = home.run(&["run", "ice", "--ready", "--dry-run"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(stderr(&both).contains("cannot be used with"), "{}", stderr(&both));
    // Keys from a pipe are not those of a person.
    let mut piped = Command::new("sh");
    piped.env_clear().envs(home.environment()).current_dir(home.path());
    piped.args(["-c", "exec \"$0\" run ice --ready </dev/null", env!("CARGO_BIN_EXE_therapy")]);
    let mut terminal = Terminal::start(piped, 24, 80);
    terminal.see("--ready waits for Enter");
    assert_eq!(terminal.end().code(), Some(2));
}
