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
    for heading in
        ["Before you start with this injury", "Get help now if you have:", "See a professional first if you have:"]
    {
        assert!(asked.text().contains(heading), "{heading}: {}", asked.text());
    }
    asked.press("perhaps\n");
    asked.until("the question again", |terminal| terminal.text().matches(QUESTION).count() == 2);
    asked.press("yes\nseven\n7\nno\n");
    asked.until("the question once more", |terminal| terminal.text().matches(QUESTION).count() == 3);
    asked.press("yes\n3, 13\ny\n");
    assert_eq!(asked.end().code(), Some(3), "{}", asked.text());
    let refusal = joined(&asked.text());
    for sentence in [
        "Then no session starts until you take it back. Is that right? [y/n]",
        "Refused: you said that a warning sign applies (warning-sign)",
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
    let signs = "SELECT group_concat('(' || signs || ')', ' ') = '() (weak-legs heat-sensitive) () ()' \
                 FROM (SELECT signs FROM screening ORDER BY id)";
    assert_eq!(home.number(signs), 1, "all answers are kept");
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
    for bad in ["", "0", "99", "1,x", "yes", "1 99", ",", "none 2"] {
        let refused = home.run(&["safety", "--answer", bad]);
        assert_eq!(refused.status.code(), Some(2), "{bad}: {}", stdout(&refused));
    }
    assert_eq!(home.run(&["safety", "--ask"]).status.code(), Some(2), "there is no terminal");
    let mut asked = on_terminal(&home, &["safety", "--ask"]);
    asked.see("Does any of these apply to you? [y/n]");
    asked.press("y\n1\ny\n");
    assert_eq!(asked.end().code(), Some(0));
    assert_refused(&home.run(&["run", "own.toml"]), "warning-sign");
}

/// Elsewhere than on a terminal the signs are shown, once for the person and once for each injury.
#[test]
fn without_a_terminal_the_signs_are_printed_once_and_nothing_is_asked() {
    let mut home = Home::empty();
    home.rate = 3000.0;
    home.own(1, &[("rest", "1min")]);
    let is_shown = |more: &[&str]| {
        let session = stderr(&home.session(&[&["own.toml"], more].concat()));
        assert!(!session.contains("[y/n]"), "{session}");
        session.contains("Get help now if you have:\n   1  trouble with bladder or bowel\n")
    };
    assert_eq!([is_shown(&[]), is_shown(&[])], [true, false], "the person");
    assert!(is_shown(&["--injured", "now"]), "an injury since then, for one session");
    assert!(!is_shown(&["--injured", "20h ago"]), "they were shown after that");
    home.ask(&["injury", "set", "20h ago"]);
    assert_eq!([is_shown(&[]), is_shown(&[])], [true, false], "an injury");
    home.ask(&["safety", "--answer", "none"]);
    home.ask(&["injury", "set", "10h ago"]);
    assert_eq!([is_shown(&[]), is_shown(&[])], [true, false], "another injury");
    assert_eq!(home.number("SELECT count(*) FROM session"), 8, "all ran");
}

/// Where somebody can answer, what was only shown before is asked.
#[test]
fn on_a_terminal_a_person_is_asked_once_also_without_an_injury() {
    const QUESTION: &str = "Does any of these apply to you? [y/n]";
    let mut home = Home::empty();
    home.rate = 3000.0;
    home.own(1, &[("rest", "1min")]);
    let run = ["run", "own.toml", "--no-notify", "--progress", "plain"];
    // A rehearsal asks nothing and shows nothing.
    for rehearsal in [&["--dry-run"][..], &["--speed", "1000"]] {
        let mut terminal = on_terminal(&home, &[&run[..], rehearsal].concat());
        assert_eq!(terminal.end().code(), Some(0), "{}", terminal.text());
        assert!(!terminal.text().contains("Get help now"), "{}", terminal.text());
    }
    home.session(&["own.toml"]);
    for (asks, more) in [(true, &[][..]), (false, &[]), (false, &["--injured", "20h ago"])] {
        let mut terminal = on_terminal(&home, &[&run[..], more].concat());
        if asks {
            terminal.see(QUESTION);
            terminal.press("n\n");
        }
        assert_eq!(terminal.end().code(), Some(0), "{}", terminal.text());
        assert_eq!(terminal.text().contains(QUESTION), asks, "{more:?}: {}", terminal.text());
    }
}

/// The numbers are those that `therapy safety` shows.
#[test]
fn a_contraindication_refuses_its_modality_and_leaves_the_other() {
    let home = Home::at_rate(3000.0);
    let outcome = |protocol: &str| home.run(&["run", protocol, "--dry-run", "--injured", "9 days ago"]).status.code();
    let all = || ["ice", "heat", "contrast"].map(outcome);
    for (answer, what, codes) in [
        ("none", "no sign applies", [Some(0), Some(0), Some(0)]),
        ("12", "No session with cold starts", [Some(3), Some(0), Some(3)]),
        ("13", "No session with heat starts", [Some(0), Some(3), Some(3)]),
        ("14", "No session with both heat and cold starts", [Some(0), Some(0), Some(3)]),
        ("12 13", "No session with heat or cold starts", [Some(3), Some(3), Some(3)]),
        ("11", "No session with heat or cold starts", [Some(3), Some(3), Some(3)]),
        ("5, 12", "No session starts", [Some(3), Some(3), Some(3)]),
    ] {
        let noted = home.ask(&["safety", "--answer", answer]);
        assert!(noted.contains(what), "{answer}: {noted}");
        assert_eq!(all(), codes, "{answer}");
    }
    home.ask(&["safety", "--answer", "12"]);
    let next = home.ask(&["next"]);
    let told = "Not ice now: you said that something applies that needs a clinician's answer before cold. See a ";
    assert!(joined(&next).starts_with(told), "{next}");
    // A running session takes a pack off, and puts none on.
    home.ask(&["safety", "--answer", "none"]);
    let mut slow = home;
    slow.rate = 1.0;
    let mut running = slow.long_session();
    let noted = slow.run(&["safety", "--answer", "12"]);
    assert!(stderr(&noted).contains("Take the pack off, and end it: therapy stop"), "{}", stderr(&noted));
    slow.ask(&["pause"]);
    for control in [&["resume"][..], &["skip"], &["extend", "1"]] {
        assert_eq!(slow.run(control).status.code(), Some(3), "{control:?}");
    }
    slow.ask(&["stop"]);
    assert_eq!(running.end().code(), Some(130));
}

/// A session belongs to the day on which the person had it, not to that of another time zone.
#[test]
fn days_of_an_injury_are_local_days() {
    let home = Home::new();
    let hour = 60 * 60 * 1000;
    // 01:00 and 23:00 of seven days, in a zone nine hours ahead.
    let noon = clock::wall().as_millisecond() / (24 * hour) * 24 * hour - 9 * hour;
    for day in 2..=8 {
        for at in [1, 23] {
            let sql = "INSERT INTO session (protocol, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, \
                       started_ms, planned_cold_ns, planned_heat_ns, outcome, cold_ns, heat_ns) \
                       VALUES ('own', '[]', 0, 0, 0, 0, '', ?, 0, 0, 'completed', 0, 0)";
            home.sql().execute(sql, [noon + (at - 24 * day) * hour]).expect("a session");
        }
    }
    home.sql()
        .execute("UPDATE session SET steps = '[{\"kind\":\"rest\",\"length_ns\":1000000000,\"note\":null,\"round\":1,\"origin\":0}]'", [])
        .expect("rows");
    home.ask(&["injury", "set", "12 days ago"]);
    let is_long = |zone: &str| {
        let mut shown = home.command(&["run", "ice", "--dry-run"]);
        let output = output(shown.env("TZ", zone));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stderr(&output).contains("(long-pain)")
    };
    assert_eq!(["Asia/Tokyo", "UTC", "Etc/GMT-9", "Etc/GMT+11"].map(is_long), [false, true, false, true]);
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
    // Later, without a terminal. The last score of the two hours counts, and all are kept.
    for score in ["3", "4"] {
        let noted = home.run(&["pain", score]);
        assert_eq!(stdout(&noted), format!("Pain {score} of 10 noted for the last session.\n"));
    }
    let last = home.history().pop().expect("a session");
    assert_eq!((&last["pain_before"], &last["pain_after"]), (&Value::Null, &4.into()));
    assert_eq!(home.number("SELECT count(*) FROM pain WHERE role = 'after' AND score IN (3, 4)"), 4);
    // A day later it is another pain, also when a session runs.
    home.sql().execute("UPDATE session SET ended_ms = ended_ms - 7200001", []).expect("rows");
    let alone = "Pain 9 of 10 noted on its own: no session ended in the last 2 h.\n";
    assert_eq!(stdout(&home.run(&["pain", "9"])), alone);
    let [.., session, alone] = &home.history()[..] else { panic!("a session and a score") };
    assert_eq!((&session["pain_after"], &alone["pain"]), (&4.into(), &9.into()));
    let last = home.history().pop().expect("a session");
    for bad in [&["pain", "11"][..], &["pain", "-1"], &["pain"], &["run", "own.toml", "--pain", "11"]] {
        assert_eq!(home.run(bad).status.code(), Some(2), "{bad:?}");
    }
    assert_eq!(home.history().pop(), Some(last));
}

/// The pain in a session is not the pain after it, nor after the one before.
#[test]
fn a_score_while_a_session_is_open_says_so() {
    let home = Home::new();
    home.file("short.toml", &steps(1, &[("rest", "1s")]));
    home.session(&["short.toml"]);
    assert_eq!(home.ask(&["pain", "5"]), "Pain 5 of 10 noted for the last session.\n");
    let mut running = home.long_session();
    let alone = |score: &str| home.ask(&["pain", score]);
    assert_eq!(alone("6"), "Pain 6 of 10 noted on its own: own is running. After its end, note the pain again.\n");
    running.kill();
    let said = alone("7");
    assert!(said.starts_with("Pain 7 of 10 noted on its own: own was cut off "), "{said}");
    assert!(said.ends_with(" ago. End it first (therapy stop), then note the pain again.\n"), "{said}");
    home.ask(&["stop", "--off", "now"]);
    assert_eq!(alone("4"), "Pain 4 of 10 noted for the last session.\n");
    let rows = home.history();
    let of = |kind: &str, field: &str| -> Vec<Value> {
        rows.iter().filter(|row| row["kind"] == kind).map(|row| row[field].clone()).collect()
    };
    assert_eq!(
        (of("session", "pain_after"), of("score", "pain")),
        (vec![5.into(), 4.into()], vec![6.into(), 7.into()])
    );
    // One that was cut off too long ago is closed by the next session.
    home.sql().execute("UPDATE session SET ended_ms = NULL, outcome = NULL WHERE id = 2", []).expect("a row");
    home.sql().execute("UPDATE event SET boot = 'another', wall_ms = wall_ms - 10800001", []).expect("rows");
    assert_eq!(alone("3"), "Pain 3 of 10 noted on its own: no session ended in the last 2 h.\n");
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
    let home = Home::empty();
    let show = || stdout(&home.run(&["injury"]));
    let plan = |arguments: &[&str]| {
        let output = home.run(&[&["run", "--no-notify", "--progress", "plain"], arguments].concat());
        (output.status.code(), stderr(&output))
    };
    assert!(show().contains("No injury time is set."), "{}", show());
    assert!(!home.data().exists(), "reading writes nothing");
    for (future, code, error) in [
        ("tomorrow", 2, "error: \"tomorrow\" is in the future\n  try: yesterday, "),
        ("2999-01-01", 2, "error: that is in the future: Tuesday 1 January 2999, 00:00\n  try: yesterday, "),
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
    let output = output(home.without_terminal(&fast).env("THERAPY_TEST_RATE", rate));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(show().contains(", 20 h ago: cold until "), "{}", show());

    assert_eq!(home.run(&["injury", "set", "4 days ago"]).status.code(), Some(0));
    assert!(show().contains(", 4 days ago: heat is possible (S3)"), "{}", show());
    let next = home.json(&["next", "--json"]);
    assert_eq!(next["best"], "heat");
    assert_eq!(home.ask(&["injury", "clear"]), "Injury forgotten.\n");
    assert!(show().contains("No injury time is set."), "{}", show());
    assert_eq!(home.number("SELECT count(*) FROM injury WHERE over_ms IS NOT NULL"), 2, "changes are kept");
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
    let time = time.split(", in ").next().expect("a time");
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

/// The clock was set back after the injury was stored.
#[test]
fn an_injury_in_the_future_is_said_to_be_in_the_future() {
    let home = Home::new();
    assert_eq!(home.run(&["injury", "set", "1h ago"]).status.code(), Some(0));
    let ahead = "UPDATE injury SET happened_ms = happened_ms + 1000 * 60 * 60 * 3";
    home.sql().execute(ahead, []).expect("an injury");
    let way_out = "in the future: therapy injury set yesterday";
    let expected = format!("Nothing now. The injury time is {way_out}.\n");
    let next = home.ask(&["next"]);
    assert!(next.starts_with(&expected) && next.contains("not now (injury-future)"), "{next}");
    assert_eq!(home.json(&["next", "--json"])["protocols"][0]["rule"], "injury-future");
    let shown = home.ask(&["injury"]);
    assert!(shown.starts_with("Injured ") && shown.contains(&format!(", 2 h {way_out}\n")), "{shown}");
    assert!(!shown.contains("ago"), "{shown}");
    let age = home.json(&["injury", "--json"])["age_s"].as_f64().expect("an age");
    assert!((-7200.0..-7100.0).contains(&age), "{age}");
    let overview = joined(&home.ask(&[]));
    assert!(
        overview.contains(&format!(", 2 h {way_out} ")) && overview.contains("Next Nothing now. The"),
        "{overview}"
    );
    for arguments in [&["run"][..], &["run", "ice"], &["run", "heat", "--dry-run"]] {
        let output = home.run(arguments);
        assert_refused(&output, "injury-future");
        assert!(!stderr(&output).contains("Recommended"), "{}", stderr(&output));
    }
    // A session that runs is said first.
    let mut running = home.start(&["run", "ice", "--injured", "1h ago"]);
    running.see("step_began");
    assert!(home.ask(&["next"]).starts_with("Nothing now: a session is running.\n"));
    running.signal(rustix::process::Signal::INT);
    running.end();
    assert_eq!(home.run(&["injury", "set", "1h ago"]).status.code(), Some(0));
    assert!(home.ask(&["injury"]).contains(", 1 h ago: cold until "));
}

#[test]
fn only_a_session_that_may_run_is_recommended() {
    let mut home = Home::at_rate(5000.0);
    let said = |home: &Home, arguments: &[&str]| {
        let output = home.run(&[&["run", "--no-notify"], arguments].concat());
        (output.status.code(), stderr(&output).contains("Recommended now: "))
    };
    assert_eq!(said(&home, &["--dry-run"]), (Some(0), true));
    assert_eq!(said(&home, &[]), (Some(0), true));
    home.rate = 1.0;
    // Just after cold, cold is refused.
    assert_eq!(said(&home, &[]), (Some(3), false));
    home.ask(&["safety", "--answer", "3"]);
    assert_eq!(said(&home, &["--override", "rewarm"]), (Some(3), false));
    assert_eq!(said(&home, &["--override", "rewarm", "--dry-run"]), (Some(3), false));
    home.ask(&["safety", "--answer", "none"]);
    assert_eq!(said(&home, &["--override", "rewarm", "--dry-run"]), (Some(0), true));
    // The sign is affirmed in the question before the first session of an injury.
    assert_eq!(home.run(&["injury", "set", "1h ago"]).status.code(), Some(0));
    let mut asked = on_terminal(&home, &["run", "--override", "rewarm", "--no-notify"]);
    asked.see("Does any of these apply to you? [y/n]");
    asked.press("y\n4\ny\n");
    assert_eq!(asked.end().code(), Some(3));
    assert!(!asked.text().contains("Recommended"), "{}", asked.text());
}
