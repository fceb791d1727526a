//! Questions to the person, and the effect of the injury and of earlier sessions on the next one.

use rustix::process::Signal;
use serde_json::Value;
use therapy::edge::clock;
use therapy::text::times::day_and_time;

use crate::programs::output;
use crate::running::steps;
use crate::support::{Home, assert_refused, joined, stderr, stdout};
use crate::terminal::Terminal;

/// The program on a terminal.
fn on_terminal(home: &Home, arguments: &[&str]) -> Terminal {
    Terminal::start(home.command(arguments), 40, 100)
}

#[test]
fn a_dose_from_another_shell_during_a_question_counts() {
    let home = Home::at_rate(1000.0);
    home.own(1, &[("cold", "15min")]);
    home.file("other.toml", &steps(1, &[("cold", "20min")]));
    assert_eq!(home.run(&["injury", "set", "20h ago"]).status.code(), Some(0));
    let mut run = home.command(&["run", "own.toml", "--no-notify", "--progress", "plain"]);
    run.env_remove("THERAPY_TEST_RATE");
    let mut asked = Terminal::start(run, 40, 100);
    asked.see("Does any of these apply to you? [y/n]");
    let other = home.run(&["run", "other.toml", "--no-notify", "--progress", "quiet"]);
    assert_eq!(other.status.code(), Some(0), "{}", stderr(&other));
    asked.press("n\n");
    asked.see("(rewarm)");
    assert_eq!(asked.end().code(), Some(3));
}

#[test]
fn the_first_session_of_an_injury_asks_once_and_the_answer_is_kept() {
    const QUESTION: &str = "Does any of these apply to you? [y/n]";
    let home = Home::at_rate(3000.0);
    home.own(1, &[("cold", "1min")]);
    let run = ["run", "own.toml", "--no-notify", "--progress", "plain", "--override", "rewarm"];
    assert_eq!(home.run(&["injury", "set", "20h ago"]).status.code(), Some(0));

    // Only a clear answer is accepted, and a yes refuses the session.
    let mut asked = on_terminal(&home, &run);
    asked.see(QUESTION);
    for heading in ["Before you start with this injury", "Get help now:", "See a professional first:"] {
        assert!(asked.text().contains(heading), "{heading}: {}", asked.text());
    }
    asked.press("perhaps\n");
    asked.until("the question again", |terminal| terminal.text().matches(QUESTION).count() == 2);
    asked.press("yes\nno\n");
    asked.until("the question once more", |terminal| terminal.text().matches(QUESTION).count() == 3);
    asked.press("yes\ny\n");
    assert_eq!(asked.end().code(), Some(3), "{}", asked.text());
    let refusal = joined(&asked.text());
    for sentence in [
        "Then no session starts until you take it back. Is that right? [y/n]",
        "you said that a warning sign applies: no session will start",
        "see a professional; if it was a mistake: therapy safety --answer none",
    ] {
        assert!(refusal.contains(sentence), "{sentence}: {refusal}");
    }
    assert_eq!(home.number("SELECT count(*) FROM session"), 0);

    // The answer is stored. There is no second question, with or without a terminal.
    let mut again = on_terminal(&home, &run);
    assert_eq!(again.end().code(), Some(3), "{}", again.text());
    assert!(!again.text().contains(QUESTION), "{}", again.text());
    let off = home.run(&run);
    assert_eq!(off.status.code(), Some(3), "{}", stderr(&off));

    // A new injury asks again. After a no the session starts, and the next one does not ask.
    assert_eq!(home.ask(&["safety", "--answer", "none"]), "Noted: no sign applies.\n");
    assert_eq!(home.run(&["injury", "set", "10h ago"]).status.code(), Some(0));
    let mut no = on_terminal(&home, &run);
    no.see(QUESTION);
    no.press("n\n");
    assert_eq!(no.end().code(), Some(0), "{}", no.text());
    let mut next = on_terminal(&home, &run);
    assert_eq!(next.end().code(), Some(0), "{}", next.text());
    assert!(!next.text().contains(QUESTION) && !next.text().contains("Before you start"), "{}", next.text());
    let red_flags = "SELECT group_concat(red_flag, ' ') = '1 0 0' FROM (SELECT red_flag FROM screening ORDER BY id)";
    assert_eq!(home.number(red_flags), 1, "all answers are kept");
}

/// The sign is about the person: no other injury, and no missing one, gets past it.
#[test]
fn a_warning_sign_refuses_every_session_until_it_is_taken_back() {
    let home = Home::at_rate(3000.0);
    home.own(1, &[("cold", "1min")]);
    home.file("rest.toml", &steps(1, &[("rest", "1min")]));
    let mut cut_off = home.start(&["run", "own.toml"]);
    cut_off.see("step_began");
    cut_off.kill();
    let noted = home.ask(&["safety", "--answer", "2, 12"]);
    assert!(noted.contains("therapy safety --answer none"), "{noted}");
    let resumed = home.run(&["resume", "--no-notify"]);
    assert_eq!(resumed.status.code(), Some(3), "{}", stderr(&resumed));
    home.ask(&["stop"]);
    let routes = [
        &["run", "own.toml"][..],
        &["run", "rest.toml"],
        &["run", "own.toml", "--injured", "30h ago"],
        &["run", "own.toml", "--dry-run"],
        &["run", "own.toml", "--speed", "100"],
        &["run", "own.toml", "--override", "rewarm"],
        &["run"],
    ];
    for before in [&["status"][..], &["injury", "set", "30h ago"], &["injury", "clear"]] {
        let _ = home.run(before);
        for route in routes {
            assert_refused(&home.run(route), "warning-sign");
        }
        assert!(home.ask(&["next"]).starts_with("Nothing now: you said that a warning sign applies. See a "));
        assert_eq!(home.json(&["next", "--json"])["protocols"][0]["rule"], "warning-sign");
        let injury = home.run(&["injury"]);
        assert!(stderr(&injury).contains("therapy safety --answer none"), "{}", stderr(&injury));
        assert_eq!(home.json(&["injury", "--json"])["warning_sign"], true);
    }
    home.ask(&["safety", "--answer", "none"]);
    assert_eq!(home.session(&["rest.toml"]).status.code(), Some(0));
    for bad in ["", "0", "99", "1,,2", "yes", "1 2"] {
        let refused = home.run(&["safety", "--answer", bad]);
        assert_eq!(refused.status.code(), Some(2), "{bad}: {}", stdout(&refused));
    }
    assert_eq!(home.run(&["safety", "--ask"]).status.code(), Some(2), "there is no terminal");
    let mut asked = on_terminal(&home, &["safety", "--ask"]);
    asked.see("Does any of these apply to you? [y/n]");
    asked.press("y\ny\n");
    assert_eq!(asked.end().code(), Some(0));
    assert_refused(&home.run(&["run", "own.toml"]), "warning-sign");
}

#[test]
fn without_a_terminal_the_first_session_prints_the_warning_signs_and_asks_nothing() {
    let home = Home::at_rate(3000.0);
    home.own(1, &[("rest", "1min")]);
    assert_eq!(home.run(&["injury", "set", "20h ago"]).status.code(), Some(0));
    let first = home.session(&["own.toml"]);
    assert!(stderr(&first).contains("Before you start with this injury\nGet help now:\n"), "{}", stderr(&first));
    assert!(!stderr(&first).contains("[y/n]"), "{}", stderr(&first));
    let second = home.session(&["own.toml"]);
    assert!(!stderr(&second).contains("Before you start"), "{}", stderr(&second));
}

#[test]
fn the_pain_after_is_asked_if_the_pain_before_is_known() {
    const QUESTION: &str = "How bad is the pain now, 0 to 10? (Enter skips)";
    let home = Home::at_rate(3000.0);
    home.own(1, &[("rest", "1min")]);
    let run = ["run", "own.toml", "--no-notify", "--progress", "plain"];
    let with_pain = [&run[..], &["--pain", "6"]].concat();
    for (answers, after) in [("\n", Value::Null), ("3\n", 3.into()), ("11\nx\n4\n", 4.into())] {
        let mut terminal = on_terminal(&home, &with_pain);
        terminal.see(QUESTION);
        terminal.press(answers);
        assert_eq!(terminal.end().code(), Some(0), "{}", terminal.text());
        let last = home.history().pop().expect("a session");
        assert_eq!((&last["pain_before"], &last["pain_after"]), (&6.into(), &after), "{answers:?}");
    }
    let mut without = on_terminal(&home, &run);
    assert_eq!(without.end().code(), Some(0));
    assert!(!without.text().contains(QUESTION), "{}", without.text());
    let hint = "How bad is the pain now, 0 to 10? Note it: therapy pain N";
    assert!(without.text().contains(hint), "{}", without.text());
    // Later, without a terminal.
    let noted = home.run(&["pain", "4"]);
    assert_eq!(stdout(&noted), "Pain 4 of 10 noted for the last session.\n");
    let last = home.history().pop().expect("a session");
    assert_eq!((&last["pain_before"], &last["pain_after"]), (&Value::Null, &4.into()));
    for bad in [&["pain", "11"][..], &["pain", "-1"], &["pain"], &["run", "own.toml", "--pain", "11"]] {
        assert_eq!(home.run(bad).status.code(), Some(2), "{bad:?}");
    }
    assert_eq!(home.history().pop(), Some(last));
}

/// The dose is recorded by then, so nothing may hold up the end.
#[test]
fn any_signal_ends_the_question_after_a_session() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 143), (Signal::QUIT, 143), (Signal::INT, 130)] {
        let home = Home::at_rate(3000.0);
        home.own(1, &[("rest", "1min")]);
        let mut asked = on_terminal(&home, &["run", "own.toml", "--no-notify", "--progress", "plain", "--pain", "6"]);
        asked.see("(Enter skips)");
        asked.signal(signal);
        assert_eq!(asked.end().code(), Some(code), "{signal:?}");
        assert_eq!(home.history()[0]["outcome"], "completed", "{signal:?}");
    }
}

#[test]
fn the_injury_time_decides_which_protocol_is_recommended() {
    let home = Home::new();
    let show = || stdout(&home.run(&["injury"]));
    let plan = |arguments: &[&str]| {
        let output = home.run(&[&["run", "--no-notify", "--progress", "plain"], arguments].concat());
        (output.status.code(), stderr(&output))
    };
    assert!(show().contains("No injury time is set."), "{}", show());
    assert!(!home.data().exists(), "reading writes nothing");
    for (future, code, error) in [
        ("tomorrow", 2, "error: \"tomorrow\" is in the future\n  try: yesterday, "),
        ("2999-01-01", 3, "error: that is in the future: Tuesday 1 January 2999, 00:00\n  try: yesterday, "),
    ] {
        let output = home.run(&["injury", "set", future]);
        assert_eq!(output.status.code(), Some(code), "{future}: {}", stderr(&output));
        assert!(stderr(&output).starts_with(error), "{future}: {}", stderr(&output));
        assert!(show().contains("No injury time is set."), "{}", show());
    }
    let (code, printed) = plan(&["acute"]);
    assert_eq!(code, Some(3), "no injury time is set: {printed}");
    assert!(printed.contains("injury-unknown"), "{printed}");

    assert_eq!(home.run(&["injury", "set", "20h ago"]).status.code(), Some(0));
    assert!(show().contains(", 20 h ago: cold until "), "{}", show());
    assert_refused(&home.run(&["run", "heat", "--no-notify"]), "early-heat");
    let next = home.json(&["next", "--json"]);
    assert_eq!(next["best"], "ice");

    // `--injured` replaces the stored time for one run.
    let (fast, rate) = (["run", "heat", "--injured", "4 days ago", "--no-notify"], "20000");
    let output = output(home.command(&fast).env("THERAPY_TEST_RATE", rate));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(show().contains(", 20 h ago: cold until "), "{}", show());

    assert_eq!(home.run(&["injury", "set", "4 days ago"]).status.code(), Some(0));
    assert!(show().contains(", 4 days ago: heat is possible (S3)"), "{}", show());
    let next = home.json(&["next", "--json"]);
    assert_eq!(next["best"], "heat");
    assert_eq!(home.ask(&["injury", "clear"]), "Injury forgotten.\n");
    assert!(show().contains("No injury time is set."), "{}", show());
    assert_eq!(home.number("SELECT count(*) FROM injury"), 3, "changes are kept");
}

#[test]
fn run_without_a_protocol_and_acute_use_the_protocol_for_the_injury() {
    for (injured, fits) in [(None, "ice"), (Some("20h ago"), "ice"), (Some("4 days ago"), "heat")] {
        for protocol in [&[][..], &["acute"]] {
            let home = Home::at_rate(20_000.0);
            if let Some(when) = injured {
                assert_eq!(home.run(&["injury", "set", when]).status.code(), Some(0));
            } else if !protocol.is_empty() {
                continue;
            }
            let next = home.json(&["next", "--json"]);
            assert_eq!(next["best"], fits);
            home.session(protocol);
            let (kind, other) = if fits == "ice" { ("cold_s", "heat_s") } else { ("heat_s", "cold_s") };
            let history = home.history();
            assert!(history[0][kind].as_f64() > Some(0.0), "{history:?}");
            assert_eq!(history[0][other].as_f64(), Some(0.0), "{history:?}");
        }
    }
}

#[test]
fn ice_after_ice_is_refused_with_a_time_and_overrides_are_recorded() {
    let home = Home::at_rate(5000.0);
    home.session(&["ice", "--minutes", "20"]);
    let refused = home.run_in_real_time(&["run", "ice", "--minutes", "20"]);
    assert_refused(&refused, "rewarm");
    let errors = stderr(&refused);
    let (_, time) = errors.split_once("; possible from ").expect("a time");
    let time = time.split(" (").next().expect("a time");
    let now = clock::wall();
    let minutes = (1..4 * 60).map(|ahead| now + jiff::SignedDuration::from_mins(ahead));
    let mut times = minutes.map(|at| day_and_time(at, now, &jiff::tz::TimeZone::UTC));
    assert!(times.any(|at| at == time), "{errors}");
    home.session(&["ice", "--minutes", "20", "--override", "rewarm"]);
    let history = home.history();
    assert_eq!(history.len(), 2);
    assert_eq!(
        (&history[0]["overrides"], &history[1]["overrides"]),
        (&Value::Array(Vec::new()), &vec!["rewarm"].into())
    );
    assert_eq!(history[1]["cold_s"].as_f64(), Some(1200.0));
}
