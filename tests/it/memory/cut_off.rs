//! Sessions that the system ends or separates from their terminal, and sessions that were cut off.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use therapy::edge::clock;

use crate::running::until;
use crate::support::{Home, joined, stderr, stdout};
use crate::terminal::Terminal;

/// A home whose session of ice was killed halfway, 10 of 20 min, at this rate.
fn killed(rate: f64) -> Home {
    let home = Home::at_rate(rate);
    let mut running = home.start(&["run", "ice", "--minutes", "20"]);
    running.see("halfway");
    running.kill();
    home
}

/// As the README says.
#[test]
fn after_a_kill_a_command_puts_everything_into_the_journal_file() {
    for command in ["next", "history", "status"] {
        let home = killed(2000.0);
        let copy = home.path().join("copy.db");
        let events = |with_log: bool| {
            std::fs::copy(home.journal(), &copy).expect("a copy");
            let log = home.journal().with_extension("db-wal");
            let _ = std::fs::remove_file(home.path().join("copy.db-wal"));
            if with_log {
                std::fs::copy(log, home.path().join("copy.db-wal")).expect("a copy of the log");
            }
            let copy = rusqlite::Connection::open(&copy).expect("a database");
            copy.query_row("SELECT count(*) FROM event", [], |row| row.get::<_, u32>(0)).expect("a number")
        };
        let (alone, all) = (events(false), events(true));
        assert!(alone < all && all >= 3, "{command}: {alone} of {all}");
        home.run(&[command]);
        assert_eq!(events(false), all, "{command}");
    }
}

#[test]
fn a_session_that_was_cut_off_is_closed_in_lines_that_fit_the_terminal() {
    let home = killed(2000.0);
    let mut terminal = Terminal::start(home.command(&["stop"]), 24, 80);
    terminal.see("When did the pack come off?");
    terminal.press("\r");
    assert_eq!(terminal.end().code(), Some(0), "{}", terminal.text());
    let text = terminal.text();
    assert!(text.lines().all(|line| console::measure_text_width(line) <= 80), "{text}");
    assert!(joined(&text).contains("unknown: Closed ice: cold "), "{text}");
}

#[test]
fn only_ctrl_c_is_a_word_of_the_person() {
    let home = Home::new();
    let mut running = home.long_session();
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    let (_, last) = running.lines().pop().expect("an end");
    assert_eq!((&last["event"], &last["outcome"]), (&"finished".into(), &"stopped".into()));
    let history = home.history();
    assert_eq!(history[0]["outcome"], "stopped");
    assert_eq!(history[0]["heat_s"], last["heat_s"]);
    assert_eq!((&history[0]["assumed"], running.events()), (&Value::Bool(false), home.written()));
}

#[test]
fn a_termination_leaves_the_session_cut_off_in_any_order_with_a_hangup() {
    for signals in [&[Signal::TERM][..], &[Signal::QUIT], &[Signal::HUP, Signal::TERM], &[Signal::TERM, Signal::HUP]] {
        let home = Home::new();
        let mut running = home.long_session();
        for signal in signals {
            running.signal(*signal);
        }
        assert_eq!(running.end().code(), Some(143), "{signals:?}");
        assert!(running.events().iter().all(|(event, ..)| event != "finished"), "{:?}", running.events());
        assert_eq!(running.events(), home.written(), "{signals:?}");
        let said = running.errors();
        assert!(said.contains("Take the pack off. The session was cut off"), "{signals:?}: {said}");
        assert!(said.contains("therapy resume"), "{signals:?}: {said}");
        assert_eq!((&home.history()[0]["outcome"], &home.history()[0]["assumed"]), (&Value::Null, &Value::Bool(true)));
        let next = home.run(&["run", "ice"]);
        assert_eq!(next.status.code(), Some(3), "{signals:?}: {}", stderr(&next));
        let mut again = home.start(&["resume"]);
        until("it goes on", || home.run(&["status"]).status.success());
        again.signal(Signal::INT);
        assert_eq!(again.end().code(), Some(130));
        assert_eq!(home.history()[0]["outcome"], "stopped", "{signals:?}");
    }
}

#[test]
fn a_hangup_takes_only_the_terminal_away() {
    let home = Home::new();
    let mut running = home.long_session();
    running.signal(Signal::HUP);
    running.signal(Signal::HUP);
    assert_eq!(home.ask(&["pause"]), "Paused: pack off.\n");
    let stopped = home.ask(&["stop"]);
    assert!(stopped.starts_with("Stopped: heat "), "{stopped}");
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(home.history()[0]["outcome"], "stopped");
}

/// An hour passes in less than two seconds.
#[test]
fn without_a_word_the_pack_of_a_cut_off_session_counts_as_on_until_now() {
    let home = killed(2000.0);
    clock::wait(Duration::from_millis(900));
    let said = home.ask(&["stop"]);
    assert!(said.contains("It is not known when the pack came off, so it counts as on until now."), "{said}");
    let [entry] = &home.history()[..] else { panic!("one session") };
    assert_eq!((&entry["outcome"], &entry["assumed"]), (&"cut_off".into(), &Value::Bool(true)));
    let cold = entry["cold_s"].as_f64().expect("a dose");
    assert!(cold > 2000.0, "10 min, and what passed since: {cold}");
    assert_eq!(home.number("SELECT count(*) FROM event WHERE kind = 'finished'"), 0);
    let refused = home.run(&["run", "ice"]);
    assert!(stderr(&refused).contains("rewarm"), "{}", stderr(&refused));
    let table = home.ask(&["history"]);
    assert!(table.contains("cut off, dose assumed"), "{table}");
    assert!(home.ask(&["history", "--csv"]).contains(",cut_off,"), "{table}");
}

#[test]
fn a_person_says_when_the_pack_of_a_cut_off_session_came_off() {
    let home = killed(2000.0);
    clock::wait(Duration::from_millis(900));
    for (when, why) in [("5h ago", "is not between"), ("2099-01-01", "is not between"), ("soon", "cannot read")] {
        let refused = home.run(&["stop", "--off", when]);
        assert_eq!(refused.status.code(), Some(2), "{when}: {}", stdout(&refused));
        assert!(stderr(&refused).contains(why) && stderr(&refused).contains("  try: "), "{}", stderr(&refused));
    }
    // The record ends at least half an hour ago.
    let said = home.ask(&["stop", "--off", "25min ago"]);
    assert!(said.contains(" The pack came off at "), "{said}");
    let [entry] = &home.history()[..] else { panic!("one session") };
    assert_eq!((&entry["outcome"], &entry["assumed"]), (&"cut_off".into(), &Value::Bool(false)));
    let cold = entry["cold_s"].as_f64().expect("a dose");
    let passed = home.json(&["next", "--json"])["cold_load_s"].as_f64().expect("a load");
    assert!(cold >= 600.0, "{cold}");
    assert!(passed < cold - 600.0, "{passed} is left of {cold}: it recovers since the pack came off");
    assert!(home.ask(&["history"]).contains("cut off\n"), "{}", home.ask(&["history"]));
}

#[test]
fn a_pack_that_was_off_when_the_session_was_cut_off_needs_no_word() {
    let home = Home::at_rate(100.0);
    let mut running = home.start(&["run", "ice", "--minutes", "20"]);
    running.see("step_began");
    home.ask(&["pause"]);
    running.kill();
    let said = home.ask(&["stop"]);
    assert!(said.starts_with("Closed ice: cold ") && !said.contains("not known"), "{said}");
    assert_eq!(home.history()[0]["assumed"], false);
}

/// The dose counts in full, and the rules wait for its end, however far the clock was set back.
#[test]
fn a_dose_that_ends_ahead_of_the_clock_is_not_cut_short() {
    for behind_ms in [600_000, 7_200_000, 3 * 86_400_000_i64] {
        let home = Home::new();
        let mut running = home.start(&["run", "ice", "--minutes", "20"]);
        until("a recorded step", || home.number("SELECT count(*) FROM event") > 1);
        running.kill();
        let sql = "UPDATE event SET boot = 'past', wall_ms = wall_ms + ?";
        home.sql().execute(sql, [behind_ms]).expect("rows");
        let said = home.ask(&["stop"]);
        assert!(said.starts_with("Closed ice: cold 20 of 20 min. "), "{said}");
        let [entry] = &home.history()[..] else { panic!("one session") };
        assert_eq!((&entry["cold_s"], &entry["assumed"]), (&1200.0.into(), &Value::Bool(true)));
        let refused = home.run(&["run", "ice", "--dry-run"]);
        assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
        let from = f64::from(u32::try_from(behind_ms / 60_000).expect("positive") + 20);
        let next = home.json(&["next", "--json"]);
        let wait = next["protocols"][0]["wait_s"].as_f64().expect("a wait") / 60.0;
        assert!(wait > from - 4.0, "{wait} of {from} min");
    }
}

/// An hour with ice on is over the limit, whoever closes the session.
#[test]
fn closing_a_session_says_how_much_was_too_much() {
    let home = Home::at_rate(1000.0);
    let mut running = home.start(&["run", "ice", "--minutes", "20"]);
    running.see("step_began");
    running.kill();
    until("half an hour", || home.json(&["next", "--json"])["cold_load_s"].as_f64().is_some_and(|load| load > 2400.0));
    let said = home.ask(&["stop"]);
    assert!(said.contains("of cold over the limit. ") && said.contains("skin"), "{said}");
}

/// The clock was set back, and the machine was started again: how long ago it was is unknown.
#[test]
fn a_cut_off_session_ahead_of_the_clock_is_not_offered_for_resume() {
    for (ahead_ms, words) in [(10_800_000, "3 h"), (300_000, "5 min")] {
        let home = killed(2000.0);
        home.sql().execute("UPDATE event SET boot = 'another', wall_ms = wall_ms + ?", [ahead_ms]).expect("rows");
        let behind = format!("ice was cut off; the last record ends {words} in the future");
        let hint = "  set the clock, then: therapy resume\n  or close it: therapy stop\n";
        let sentence = "Set the clock, then therapy resume; or close it: therapy stop.";
        let status = home.run(&["status"]);
        assert_eq!(stderr(&status), format!("error: no session is running\n  {behind}\n{hint}"));
        for command in [&["run", "heat"][..], &["run", "heat", "--dry-run"]] {
            let refused = home.run(command);
            assert_eq!((refused.status.code(), stderr(&refused)), (Some(3), format!("error: {behind}\n{hint}")));
        }
        assert!(
            home.ask(&["next"]).starts_with(&format!("Nothing now: {behind}. {sentence}\n")),
            "{}",
            home.ask(&["next"])
        );
        assert!(joined(&home.ask(&["show", "heat"])).contains(&format!("Refused now: {behind}. {sentence}")));
        assert!(joined(&home.ask(&[])).contains(&format!("Now {behind}")), "{}", home.ask(&[]));
        // What resume says, too; and the way out.
        let resumed = home.run(&["resume", "--no-notify"]);
        assert_eq!(resumed.status.code(), Some(3), "{}", stderr(&resumed));
        assert!(stderr(&resumed).contains(&format!("the last record ends {words} in the future (clock-behind)")));
        home.sql().execute("UPDATE event SET wall_ms = wall_ms - ?", [ahead_ms]).expect("rows");
        assert!(stderr(&home.run(&["status"])).contains("  therapy resume   go on with it\n"));
    }
    // Within two minutes, clocks agree, and it can be resumed.
    let home = killed(2000.0);
    home.sql().execute("UPDATE event SET boot = 'another', wall_ms = wall_ms + 60000", []).expect("rows");
    assert!(stderr(&home.run(&["status"])).contains("  therapy resume   go on with it\n"));
}

#[test]
fn a_running_session_is_not_called_assumed() {
    let home = Home::new();
    let mut running = home.long_session();
    assert_eq!(home.history()[0]["assumed"], false);
    assert!(!home.ask(&["history"]).contains("assumed"), "{}", home.ask(&["history"]));
    running.kill();
    assert_eq!(home.history()[0]["assumed"], true);
}

#[test]
fn a_running_session_takes_no_time_at_which_the_pack_came_off() {
    let home = Home::new();
    let mut running = home.long_session();
    let refused = home.run(&["stop", "--off", "now"]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
}

/// The question takes as long as a person takes. Meanwhile nothing runs.
#[test]
fn the_question_when_the_pack_came_off_holds_no_lock() {
    let home = Home::new();
    let mut running = home.start(&["run", "ice"]);
    running.see("step_began");
    running.kill();
    let mut asked = Terminal::start(home.command(&["stop"]), 24, 100);
    asked.see("When did the pack come off?");
    assert_eq!(home.run(&["status"]).status.code(), Some(1));
    // An odd answer is asked again, and no answer closes nothing.
    asked.press("5h ago\n");
    asked.see("is not between");
    asked.press("\u{4}");
    assert_eq!(asked.end().code(), Some(130));
    assert_eq!(home.history()[0]["outcome"], Value::Null);
    let mut asked = Terminal::start(home.command(&["stop"]), 24, 100);
    asked.see("When did the pack come off?");
    asked.press("now\n");
    asked.see("The pack came off at ");
    assert_eq!(asked.end().code(), Some(0));
    assert_eq!(
        (&home.history()[0]["outcome"], &home.history()[0]["assumed"]),
        (&"cut_off".into(), &Value::Bool(false))
    );
}

/// Until the planned end of its step, whoever closes it.
#[test]
fn a_session_that_nobody_closed_for_hours_has_one_dose_everywhere() {
    // Four hours pass in seven seconds.
    let home = Home::at_rate(2000.0);
    let mut running = home.start(&["run", "ice", "--minutes", "20"]);
    running.see("halfway");
    running.kill();
    until("four hours", || home.json(&["next", "--json"])["cold_load_s"].as_f64() == Some(0.0));
    assert_eq!(home.history()[0]["cold_s"], 1200.0);
    let said = home.ask(&["stop"]);
    assert!(said.contains("so it counts as on until the planned end of its step."), "{said}");
    assert_eq!(home.history()[0]["cold_s"], 1200.0);
}

#[test]
fn an_affirmed_sign_names_the_running_session() {
    let home = Home::new();
    let mut running = home.long_session();
    let noted = home.run(&["safety", "--answer", "3"]);
    assert!(stderr(&noted).contains("therapy stop"), "{}", stderr(&noted));
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
}

/// Nothing else may happen for minutes. JSON has a line for each event only.
#[test]
fn a_resumed_session_says_at_once_in_plain_lines_where_it_stands() {
    let going_on = "Going on with own, step 1 of 2. 10 min left, until ";
    let warm = "Heat on: warm, not hot; moist is better.";
    let pause = "Going on with own, step 1 of 2. 10 min of heat left, paused for 0 s. Pack off. Press space when it is back \
                 on. Keys: space pause, s skip, plus a minute more, t time left, q stop.";
    for paused in [false, true] {
        let home = Home::new();
        let mut running = home.long_session();
        if paused {
            home.ask(&["pause"]);
        }
        running.kill();
        let mut terminal = Terminal::start(home.command(&["resume", "--progress", "plain", "--no-notify"]), 24, 80);
        terminal.see("q stop.");
        let said = joined(&terminal.text());
        let expected: &[&str] = if paused { &[pause] } else { &[going_on, warm, "Keys: space pause, s skip, plus a"] };
        assert!(expected.iter().all(|text| said.contains(text)), "{said}");
        terminal.until("keys taken", Terminal::is_taken);
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130));
        let said = joined(&terminal.text());
        assert_eq!((said.matches("Going on with own").count(), said.matches("Keys: ").count()), (1, 1), "{said}");
    }
}

#[test]
fn a_pipe_is_told_where_a_resumed_session_stands_without_keys_and_json_is_not() {
    let home = Home::new();
    home.long_session().kill();
    let mut running = crate::running::Running::new(home.without_terminal(&["resume", "--no-notify"]));
    until("a line", || running.errors().contains("Going on with own, step 1 of 2. 10 min left, until "));
    running.kill();
    assert!(!running.errors().contains("Keys:"), "{}", running.errors());
    let mut running = home.start(&["resume"]);
    until("the session runs", || home.run(&["status"]).status.success());
    home.ask(&["skip"]);
    running.see("step_began");
    let events: Vec<_> = running.events().into_iter().map(|(event, ..)| event).collect();
    assert_eq!(events, ["skipped", "step_began"]);
    assert_eq!(running.errors(), "");
    running.kill();
}
