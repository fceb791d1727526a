//! Control from another shell, signals, and a second session.

use std::io::{Read as _, Write as _};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use therapy::domain::session::Input;
use therapy::edge::clock;
use therapy::edge::journal::Journal;

use crate::programs::held_up;
use crate::running::{steps, until};
use crate::support::{Home, stderr, stdout};

/// A session reads requests once a second, and the command reads the answer every 50 ms.
const ANSWERED: Duration = Duration::from_millis(1500);

#[test]
fn another_shell_controls_the_session_within_a_second() {
    let home = Home::new();
    let mut running = home.long_session();
    let control = |arguments: &[&str], answer: &str, event: &str, number: usize| {
        let (answered, asked) = home.timed(arguments);
        assert!(answered.contains(answer), "{arguments:?}: {answered}");
        let mut lines = Vec::new();
        until(event, || {
            lines = running.lines().into_iter().filter(|(_, line)| line["event"] == event).collect();
            lines.len() >= number
        });
        let (at, line) = lines.swap_remove(number - 1);
        let took = at.since(asked);
        assert!(took < ANSWERED + held_up(asked), "{arguments:?}: {took:?}");
        line
    };
    control(&["pause"], "Paused: pack off.", "paused", 1);
    assert_eq!(home.ask(&["pause"]), "Nothing to change.\n");
    assert_eq!(home.ask(&["status", "--format", "{state} {kind} {step}/{of}"]), "paused heat 1/2\n");
    control(&["resume"], "Heat continues.", "resumed", 1);
    assert_eq!(home.ask(&["resume"]), "Nothing to change.\n");
    let extended = control(&["extend", "2min"], "2 min longer.", "extended", 1);
    assert_eq!((extended["by_s"].as_f64(), &extended["rule"]), (Some(120.0), &Value::Null));
    let extended = control(&["extend", "5h"], " longer, the most that is allowed (heat-limit).", "extended", 2);
    assert_eq!(extended["rule"], "heat-limit");
    // The pause of a second or two gives a little extra room.
    assert!(extended["length_s"].as_f64().is_some_and(|length| length > 1799.0 && length < 1804.0), "{extended}");
    let refused = home.run(&["extend", "1min"]);
    assert_eq!((refused.status.code(), stdout(&refused).as_str()), (Some(3), "Cannot be longer (heat-limit).\n"));
    let is_nothing = |line: &Value| line["event"] == "extended" && line["by_s"] == 0.0;
    until("an extension of nothing", || running.lines().iter().any(|(_, line)| is_nothing(line)));
    let change = "Heat off now. Cold on for 10 min, step 2 of 2, a thin damp cloth between.";
    let skipped = control(&["skip"], change, "skipped", 1);
    assert_eq!(skipped["step"], 1);
    assert_eq!(home.ask(&["status", "--format", "{state} {kind} {step}/{of}"]), "running cold 2/2\n");
    let finished = control(&["stop"], "Take the pack off. Stopped: heat ", "finished", 1);
    assert_eq!(finished["outcome"], "stopped");
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(running.events(), home.written(), "the printed events are the recorded ones");
    assert_eq!(home.history()[0]["outcome"], "stopped");
}

#[test]
fn the_overview_names_the_running_session_and_one_that_was_cut_off() {
    let home = Home::new();
    let mut running = home.long_session();
    let row = |name: &str| {
        let shown = home.ask(&[]);
        assert!(shown.lines().count() <= 24, "{shown}");
        let row = shown.lines().find_map(|line| line.trim_start().strip_prefix(name).map(str::to_owned));
        row.expect("a row").trim_start().to_owned()
    };
    assert!(row("Now ").starts_with("HEAT "), "{}", row("Now "));
    assert_eq!(row("Next "), "Nothing now: a session is running.");
    running.kill();
    assert!(row("Now ").contains(" was cut off "), "{}", row("Now "));
    assert!(row("Next ").ends_with("First therapy resume, or therapy stop."), "{}", row("Next "));
    assert_eq!(home.json(&["next", "--json"])["protocols"][0]["rule"], "one-session");
}

#[test]
fn an_extension_beyond_what_the_protocol_allows_is_refused() {
    let home = Home::new();
    home.file("own.toml", &cold("{ default = \"5min\", min = \"5min\", max = \"5min\" }"));
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    for by in ["10", "1min"] {
        let refused = home.run(&["extend", by]);
        let answer = "Cannot be longer: this protocol allows at most 5 min.\n";
        assert_eq!((refused.status.code(), stdout(&refused).as_str()), (Some(3), answer));
    }
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
}

/// A protocol file of cold with this length, and of rest.
fn cold(length: &str) -> String {
    format!("summary = \"a test\"\n[[step]]\ndo = \"cold\"\nfor = {length}\n[[step]]\ndo = \"rest\"\nfor = \"5min\"\n")
}

#[test]
fn a_resumed_session_keeps_to_what_the_protocol_allows() {
    const REFUSED: &str = "Cannot be longer: this protocol allows at most 8 min.\n";
    let cases = [
        ("{ default = \"8min\", min = \"5min\", max = \"8min\" }", &[][..], (3, REFUSED)),
        // What was granted before the kill counts.
        ("{ default = \"5min\", min = \"5min\", max = \"8min\" }", &["extend", "3"], (3, REFUSED)),
        (
            "{ default = \"5min\", min = \"1min\", max = \"8min\" }",
            &["extend", "1"],
            (0, "2 min longer, the most that this protocol allows: 8 min.\n"),
        ),
        // A length alone is no bound.
        ("\"5min\"", &[], (0, "10 min longer.\n")),
    ];
    for (length, before, answer) in cases {
        let home = Home::new();
        home.file("own.toml", &cold(length));
        let mut running = home.start(&["run", "own.toml"]);
        running.see("step_began");
        if !before.is_empty() {
            home.ask(before);
        }
        running.kill();
        let mut resumed = home.start(&["resume"]);
        until("it runs again", || home.run(&["status"]).status.success());
        let output = home.run(&["extend", "10"]);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(answer.0), answer.1), "{length}");
        // The next step has no bound of its own.
        home.ask(&["skip"]);
        assert_eq!(home.ask(&["extend", "10"]), "10 min longer.\n", "{length}");
        resumed.signal(Signal::INT);
        assert_eq!(resumed.end().code(), Some(130));
    }
}

#[test]
fn without_a_session_there_is_nothing_to_control() {
    let home = Home::new();
    for _ in 0..2 {
        for arguments in [&["pause"][..], &["resume"], &["skip"], &["stop"], &["extend", "1min"], &["status"]] {
            let output = home.run(arguments);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}");
            assert_eq!(stderr(&output), "error: no session is running\n  try: therapy run\n");
        }
        // The second time there is a journal.
        assert_eq!(home.run(&["pain", "1"]).status.code(), Some(0));
    }
}

#[test]
fn several_shells_at_once_are_all_answered() {
    let home = Home::new();
    let mut running = home.long_session();
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let (answer, asked) = home.timed(&["extend", "1min"]);
                let took = clock::now().since(asked);
                assert_eq!(answer, "1 min longer.\n");
                assert!(took < ANSWERED + held_up(asked), "an answer after {took:?}");
            });
        }
    });
    assert_eq!(home.number("SELECT count(*) FROM event WHERE kind = 'extended'"), 6);
    assert_eq!(home.number("SELECT count(*) FROM request WHERE answer IS NULL"), 0);
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
}

#[test]
fn an_end_that_cannot_be_written_is_reported() {
    let home = Home::new();
    let mut running = home.long_session();
    let other = home.sql();
    other.execute_batch("BEGIN IMMEDIATE").expect("the journal to itself");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    other.execute_batch("ROLLBACK").expect("that was all");
    let errors = running.errors();
    assert!(errors.contains("warning: the end of this session is not recorded"), "{errors}");
    assert_eq!(home.history()[0]["outcome"], Value::Null, "as reported");
    assert_eq!(home.run(&["stop"]).status.code(), Some(0));
}

/// A session in another container shares only the data folder.
#[test]
fn a_request_needs_only_a_row_in_the_journal() {
    let home = Home::new();
    let mut running = home.long_session();
    let journal = Journal::open(&home.data()).expect("a journal");
    for _ in 0..3 {
        let asked = clock::now();
        let request = journal.ask(1, Input::Extend(Duration::from_secs(60))).expect("a request");
        until("an answer", || journal.answer(request).expect("it can be read").as_deref() == Some("1 min longer."));
        let took = clock::now().since(asked);
        assert!(took < ANSWERED + held_up(asked), "an answer after {took:?}");
    }
    // A later version may send a request that this version does not know.
    let unknown = "INSERT INTO request (session, what) VALUES (1, 'dance')";
    home.sql().execute(unknown, []).expect("a request");
    let answer = "SELECT count(*) FROM request WHERE answer = 'This version of therapy does not know that.'";
    until("an answer", || home.number(answer) == 1);
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
}

#[test]
fn a_second_session_is_refused_until_the_first_ends_and_a_stale_lock_is_ignored() {
    let home = Home::new();
    let mut running = home.long_session();
    let second = home.run(&["run", "own.toml", "--no-notify"]);
    assert_eq!(second.status.code(), Some(3), "{}", stderr(&second));
    assert!(stderr(&second).contains("one-session"), "{}", stderr(&second));
    assert_eq!(home.number("SELECT count(*) FROM session"), 1);
    running.kill();
    assert!(home.data().join("session.lock").exists(), "a killed process removes no file");
    for arguments in [&["pause"][..], &["skip"], &["extend", "1min"], &["status"]] {
        assert_eq!(home.run(arguments).status.code(), Some(1), "{arguments:?}");
    }
    // Several shells stop it at once. It ends only once.
    thread::scope(|scope| {
        let stops: Vec<_> = (0..4).map(|_| scope.spawn(|| home.run(&["stop"]))).collect();
        let outputs: Vec<Output> = stops.into_iter().map(|stop| stop.join().expect("a thread")).collect();
        let stopped = outputs.iter().filter(|output| output.status.code() == Some(0)).count();
        let printed: Vec<String> = outputs.iter().map(|output| stdout(output) + &stderr(output)).collect();
        assert_eq!(stopped, 1, "{printed:#?}");
    });
    assert_eq!(home.history()[0]["outcome"], "cut_off");
    home.file("rest.toml", &steps(1, &[("rest", "1s")]));
    assert_eq!(home.session(&["rest.toml"]).status.code(), Some(0));
}

#[test]
fn a_suspended_session_drops_requests_that_timed_out() {
    let home = Home::new();
    let mut running = home.long_session();
    running.signal(Signal::STOP);
    let asked = clock::now();
    let output = home.run(&["skip"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("error: the session does not answer\n  it may be suspended"), "{output:?}");
    assert!(clock::now().since(asked) < Duration::from_secs(4) + held_up(asked));
    running.signal(Signal::CONT);
    assert_eq!(home.ask(&["pause"]), "Paused: pack off.\n");
    assert!(running.events().iter().all(|(event, ..)| event != "skipped"), "{:?}", running.events());
    assert_eq!(home.number("SELECT count(*) FROM event WHERE kind = 'skipped'"), 0);
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
}

#[test]
fn a_request_is_withdrawn_only_while_it_has_no_answer() {
    let home = Home::new();
    let mut running = home.long_session();
    let journal = Journal::open(&home.data()).expect("a journal");
    running.signal(Signal::STOP);
    let request = journal.ask(1, Input::Skip).expect("a request");
    assert_eq!(journal.withdraw(request).expect("it can be written"), None);
    running.signal(Signal::CONT);
    let request = journal.ask(1, Input::Pause).expect("a request");
    until("an answer", || journal.answer(request).expect("it can be read").is_some());
    let answer = journal.withdraw(request).expect("it can be read");
    assert_eq!(answer.as_deref(), Some("Paused: pack off."));
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(home.number("SELECT count(*) FROM event WHERE kind = 'skipped'"), 0);
}

#[test]
fn a_status_from_another_shell_never_prevents_a_start() {
    let home = Home::at_rate(20_000.0);
    home.own(1, &[("rest", "1min")]);
    home.session(&["own.toml"]);
    let over = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                // Like a status bar, but without waits.
                while over.load(Ordering::Relaxed) == 0 {
                    let _ = Journal::is_running(&home.data());
                }
            });
        }
        let outputs: Vec<Output> = (0..10).map(|_| home.run(&["run", "own.toml", "--no-notify"])).collect();
        over.store(1, Ordering::Relaxed);
        for output in outputs {
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
    });
}

/// What another shell said is known when a rest is over: the pack stays off until it is taken back.
#[test]
fn no_dose_begins_by_itself_after_a_warning_sign() {
    let home = Home::at_rate(60.0);
    home.own(1, &[("heat", "10s"), ("rest", "2min"), ("cold", "10min")]);
    let mut running = home.start(&["run", "own.toml"]);
    until("the rest", || home.number("SELECT count(*) FROM event WHERE kind = 'step_began' AND step = 1") > 0);
    home.ask(&["safety", "--answer", "3"]);
    running.see("paused");
    until("the reason", || running.errors().contains("you said that a warning sign applies (warning-sign)"));
    assert_eq!(home.run(&["resume"]).status.code(), Some(3));
    home.ask(&["safety", "--answer", "none"]);
    home.ask(&["resume"]);
    until("the cold", || home.number("SELECT count(*) FROM event WHERE kind = 'step_began' AND step = 2") > 0);
    home.ask(&["stop"]);
    assert_eq!(running.end().code(), Some(130));
    let names: Vec<_> = running.events().into_iter().map(|(name, ..)| name).filter(|name| name != "halfway").collect();
    let expected = ["started", "step_began", "step_began", "step_soon", "paused", "resumed", "step_began", "finished"];
    assert_eq!(names, expected);
}

/// A dose that was told in the rest leaves no room for the next one.
#[test]
fn no_dose_begins_by_itself_that_a_told_dose_leaves_no_room_for() {
    let home = Home::at_rate(60.0);
    home.own(1, &[("cold", "10s"), ("rest", "2min"), ("cold", "10min")]);
    let mut running = home.start(&["run", "own.toml"]);
    until("the rest", || home.number("SELECT count(*) FROM event WHERE kind = 'step_began' AND step = 1") > 0);
    home.ask(&["log", "cold", "20min"]);
    running.see("paused");
    until("the reason", || running.errors().contains("what you logged"));
    home.ask(&["stop"]);
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(home.number("SELECT count(*) FROM event WHERE kind = 'step_began' AND step = 2"), 0);
}

/// The lines of the start wait for the terminal, and another shell records something meanwhile.
#[test]
fn what_is_recorded_before_the_clock_starts_is_known() {
    let cases = [
        ("cold", &["log", "cold", "20min"][..], 3),
        ("heat", &["injury", "set", "1h ago"], 3),
        ("cold", &["safety", "--answer", "1"], 3),
        ("cold", &["log", "cold", "5min"], 130),
    ];
    for (kind, facts, code) in cases {
        let home = Home::new();
        home.own(1, &[(kind, "12min")]);
        let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
        rustix::io::ioctl_fionbio(&writer, true).expect("a pipe");
        while writer.write(&[0; 4096]).is_ok() {}
        rustix::io::ioctl_fionbio(&writer, false).expect("a pipe");
        let mut command = home.without_terminal(&["run", "own.toml", "--no-notify", "--progress", "plain"]);
        let mut running = command.stdout(Stdio::null()).stderr(writer).spawn().expect("it starts");
        drop(command);
        until("its lock", || Journal::is_running(&home.data()).is_ok_and(|running| running));
        // Long enough for its first review.
        home.ask(&["list"]);
        home.ask(facts);
        let output = thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = reader.read_to_end(&mut bytes);
            bytes
        });
        if code == 130 {
            until("the start", || home.number("SELECT count(*) FROM event WHERE kind = 'step_began'") > 0);
            home.ask(&["stop"]);
        }
        assert_eq!(running.wait().expect("its end").code(), Some(code), "{facts:?}");
        let text = String::from_utf8_lossy(&output.join().expect("the output")).into_owned();
        assert_eq!(text.contains("\nerror: "), code == 3, "{text}");
        assert_eq!(home.number("SELECT count(*) FROM session"), i64::from(code != 3), "{facts:?}");
    }
}

/// From heat to cold and back there is no rest: the pack that is on counts until the person says that it is off.
#[test]
fn no_pack_follows_another_by_itself_when_it_is_refused() {
    let cases = [
        (["heat", "cold"], &["log", "cold", "15min"][..], "cold load would reach"),
        (["cold", "heat"], &["injury", "set", "1h ago"], "(early-heat)"),
        (["heat", "cold"], &["safety", "--answer", "3"], "(warning-sign)"),
    ];
    for (kinds, facts, why) in cases {
        let home = Home::at_rate(60.0);
        home.own(1, &[(kinds[0], "3min"), (kinds[1], "10min")]);
        let mut running = home.start(&["run", "own.toml"]);
        running.see("step_began");
        home.ask(facts);
        running.see("overran");
        until("the reason", || running.errors().contains(why));
        let status = home.json(&["status", "--json"]);
        assert_eq!((&status["state"], &status["next"]), (&"held".into(), &Value::Null), "{status}");
        // It counts as on.
        let given = |home: &Home| home.json(&["status", "--json"])[format!("{}_s", kinds[0])].as_f64();
        until("a longer dose", || given(&home) > Some(200.0));
        // A kill keeps that, and so does the answer that takes it off.
        running.kill();
        let resumed = home.run(&["resume"]);
        assert_eq!(resumed.status.code(), Some(3), "{}", stderr(&resumed));
        home.ask(&["stop"]);
        let history = home.history();
        let entry = history.iter().find(|entry| entry["protocol"] == "own").expect("the session");
        assert!(entry[format!("{}_s", kinds[0])].as_f64() > Some(200.0), "{entry}");
        assert_eq!(entry[format!("{}_s", kinds[1])], 0.0, "{entry}");
    }
}

/// The last words of a session and `next` give the same answer, whatever was told meanwhile.
#[test]
fn the_next_cold_after_a_session_counts_what_was_told_meanwhile() {
    let home = Home::at_rate(20.0);
    home.own(1, &[("cold", "3min")]);
    let mut command = home.without_terminal(&["run", "own.toml", "--no-notify", "--progress", "plain"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.spawn().expect("it starts");
    until("its start", || home.number("SELECT count(*) FROM event WHERE kind = 'step_began'") > 0);
    home.ask(&["log", "cold", "15min"]);
    let output = crate::programs::finish(running);
    let said = stderr(&output);
    assert!(said.contains("Cold again: possible from "), "{said}");
}

/// A warning about the running session comes at once, not only at the next key.
#[test]
fn an_import_or_an_injury_that_refuses_the_running_session_says_so() {
    const SAID: &str = "A session is running: take the pack off, and end the session: ";
    let (home, other) = (Home::new(), Home::empty());
    home.own(1, &[("heat", "10min")]);
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    assert!(!stderr(&home.run(&["injury", "set", "5 days ago"])).contains(SAID));
    other.ask(&["log", "heat", "25min"]);
    home.file("other.ndjson", &other.ask(&["export", "--format", "ndjson", "-"]));
    let import = stderr(&home.run(&["import", "other.ndjson"]));
    assert!(import.contains(&format!("{SAID}with what you logged or imported, the heat load ")), "{import}");
    let injury = stderr(&home.run(&["injury", "set", "20h ago"]));
    assert!(injury.contains(SAID) && injury.contains("(early-heat)"), "{injury}");
    home.ask(&["stop"]);
    assert_eq!(running.end().code(), Some(130));
}
