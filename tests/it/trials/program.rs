//! The commands of a trial, with real sessions in faster time.

use std::time::Duration;

use serde_json::Value;
use therapy::domain::trial::{Arm, order};

use crate::support::{Home, assert_refused, joined, stderr, stdout};
use crate::terminal::Terminal;

const SEED: &str = "7";
/// A session of 15 min and the two hours after it take half a second.
const RATE: f64 = 20_000.0;

impl Home {
    /// The next session of the trial, off a terminal, after a pain score.
    fn drawn(&self, before: u8) {
        let before = before.to_string();
        self.ask(&["trial", "next", "--no-notify", "--progress", "quiet", "--pain", &before]);
    }

    /// The last session ended this many minutes earlier.
    fn minutes_ago(&self, minutes: i64) {
        for sql in [
            "UPDATE session SET ended_ms = ended_ms - ?1, started_ms = started_ms - ?1 WHERE id = (SELECT max(id) FROM session)",
            "UPDATE event SET wall_ms = wall_ms - ?1 WHERE session = (SELECT max(id) FROM session)",
        ] {
            self.sql().execute(sql, [minutes * 60_000]).expect("a journal");
        }
    }

    fn trial(&self) -> Value {
        self.json(&["trial", "status", "--json"])
    }

    /// Refused off a terminal with this exit code: the first line, and the way out.
    #[track_caller]
    fn objects(&self, arguments: &[&str], code: i32) -> (String, String) {
        let output = self.run(arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        let at = said.find("error: ").unwrap_or_default();
        let (first, hint) = said[at..].split_once('\n').expect("two lines");
        (first.to_owned(), hint.trim_end().to_owned())
    }
}

/// A trial of 6 pairs in a home whose clock runs faster.
fn started(options: [&str; 2]) -> Home {
    let home = Home::at_rate(RATE);
    home.ask(&["trial", "start", options[0], options[1], "--blocks", "6", "--seed", SEED]);
    home
}

#[test]
fn a_whole_trial_ends_with_one_answer() {
    let home = started(["ice", "rest"]);
    for pair in 0..6 {
        for (at, arm) in (0..).zip(order(7, pair)) {
            home.drawn(7);
            let place = 2 * pair + at;
            let protocol = if arm == Arm::A { "ice" } else { "rest" };
            let history = home.history();
            assert_eq!(history[place as usize]["protocol"], protocol, "the order of the seed");
            assert_eq!(history[place as usize]["pain_before"], 7);
            // The next dose comes after the score of this one.
            let (error, way_out) = home.objects(&["trial", "next", "--pain", "7"], 3);
            assert_eq!(error, "error: the pain 2 h after the last session comes first");
            assert!(way_out.starts_with("  it is due at "), "{way_out}");
            home.objects(&["trial", "next", "--later", "3"], 3);
            home.minutes_ago(121);
            let before = home.trial();
            assert_eq!((&before["answer"], &before["difference"]), (&"points".into(), &Value::Null), "no look before");
            let later = if arm == Arm::A { "2" } else { "6" };
            let said = home.run(&["trial", "next", "--later", later]);
            assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
            assert!(
                stderr(&said).starts_with(&format!("Pain {later} of 10 noted for the trial.")),
                "{}",
                stderr(&said)
            );
        }
    }
    let trial = home.trial();
    assert_eq!((&trial["answer"], &trial["pairs_complete"]), (&"further_after_a".into(), &6.into()));
    let difference = &trial["difference"];
    assert_eq!((&difference["mean"], &difference["from"], &difference["to"]), (&4.0.into(), &4.0.into(), &4.0.into()));
    assert_eq!((&difference["p"], &difference["pairs"]), (&0.03125.into(), &6.into()));
    assert!(trial["ended_at"].is_string() && trial["is_stopped"] == false);
    let text = joined(&home.ask(&["trial", "status"]));
    for part in [
        "Trial: ice (A) against rest (B), lower back. 6 of 6 pairs complete.",
        "6 ──────────·B───A───── 5 1",
        "The pain fell further with ice than with rest, by enough to matter, and by more than the draw explains.",
        "Fall with ice less fall with rest: +4.0 points on average over 6 pairs, 95 % interval +4.0 to +4.0",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("work") && !text.contains("better"), "{text}");
    assert_eq!(home.number("SELECT count(*) FROM pain WHERE role = 'later' AND session IS NOT NULL"), 12);
    assert_eq!(home.number("SELECT count(*) FROM pain WHERE role = 'after'"), 0, "no score is taken for another");
    assert!(home.history().iter().all(|session| session["pain_after"].is_null()));
    // It is over, and taking a score back gives no second look.
    let (error, _) = home.objects(&["trial", "next", "--pain", "7"], 1);
    assert_eq!(error, "error: no trial is going on");
    home.objects(&["undo"], 1);
    assert_eq!(home.trial(), trial);
    home.ask(&["trial", "start", "heat", "rest"]);
    assert_eq!(home.trial()["pairs_complete"], 0);
}

#[test]
fn a_score_that_is_not_given_loses_its_pair_and_while_it_goes_on_it_can_be_taken_back() {
    let home = started(["ice", "rest"]);
    home.drawn(6);
    home.minutes_ago(241);
    let trial = home.trial();
    assert_eq!((&trial["sessions"][0]["is_missing"], &trial["pairs_lost"]), (&true.into(), &1.into()));
    let (error, _) = home.objects(&["trial", "next", "--later", "3"], 2);
    assert_eq!(error, "error: no score of the trial is due");
    home.drawn(6);
    assert_eq!(home.number("SELECT max(place) FROM drawn"), 2, "the second session of the pair is left out");
    home.minutes_ago(130);
    home.run(&["trial", "next", "--later", "3"]);
    assert_eq!(home.trial()["sessions"][1]["fall"], 3);
    assert!(home.ask(&["undo"]).contains("pain 3 of 10"));
    assert_eq!(home.trial()["sessions"][1]["later"], Value::Null);
    home.run(&["trial", "next", "--later", "4"]);
    assert_eq!(home.trial()["sessions"][1]["fall"], 2);
    let [lost, kept] = [0, 1].map(|pair| if order(7, pair)[0] == Arm::A { "ice" } else { "rest" });
    let text = joined(&home.ask(&["trial", "status"]));
    let other = if lost == "ice" { "0 after rest" } else { "0 after ice" };
    assert!(text.contains(&format!("1 after {lost}")) && text.contains(other), "{text}");
    assert!(text.contains("Missing: 1 pair lost, scores missing: ") && text.contains("more than a quarter"), "{text}");
    assert!(text.contains("No answer before 6 pairs are complete"), "{text}");
    assert_eq!(home.trial()["sessions"][1]["option"], kept);
}

/// The score two hours later is taken neither for one after the session nor for one that stands alone.
#[test]
fn its_later_scores_are_told_apart_in_all_that_looks_back() {
    let (home, other) = (started(["ice", "rest"]), Home::empty());
    home.drawn(7);
    home.ask(&["pain", "5"]);
    home.minutes_ago(121);
    home.run(&["trial", "next", "--later", "3"]);
    let session = &home.history()[0];
    assert_eq!([7, 5, 3], ["pain_before", "pain_after", "pain_later"].map(|field| session[field].clone()));
    assert_eq!(home.history().len(), 1, "it does not stand alone");
    let csv = home.ask(&["history", "--csv"]);
    assert!(
        csv.lines().next().expect("names").contains(",pain,pain_later,") && csv.ends_with(",session,,3,false\n"),
        "{csv}"
    );
    assert!(home.listed(&[]).contains("  pain 7 to 5, 2 h later 3\n"), "{}", home.listed(&[]));
    let stats = home.json(&["stats", "--json"]);
    assert_eq!((&stats["total"]["pairs"], &stats["total"]["median_change"]), (&1.into(), &(-2.0).into()));
    let text = home.ask(&["stats"]);
    assert!(text.contains("\nNot in the change: the pain 2 h after 1 session (therapy trial status)\n"), "{text}");
    // Her command is for her journal.
    home.ask(&["profiles", "--add", "anna"]);
    home.ask(&["export", "anna.db"]);
    std::fs::copy(home.path().join("anna.db"), home.data().join("profiles/anna/journal.db")).expect("a copy");
    let text = home.ask(&["stats", "--profile", "anna"]);
    assert!(joined(&text).contains("(therapy --profile anna trial status)"), "{text}");
    let page = home.ask(&["report", "-"]);
    let words =
        "1 before sessions, all 7; 1 after them, all 5; none at other times; 1 2 h after sessions of a trial, all 3.";
    assert!(page.contains(words) && page.contains("<th>2 h after</th>"), "{page}");
    assert!(page.contains("2 h after a session of a trial, in no pair"), "{page}");

    other.file("all.ndjson", &home.ask(&["export", "--format", "ndjson", "-"]));
    other.ask(&["import", "all.ndjson"]);
    assert_eq!(other.ask(&["export", "--format", "ndjson", "-"]), home.ask(&["export", "--format", "ndjson", "-"]));
    assert_eq!(other.history()[0]["pain_later"], 3);
    // A page without a trial does not mention one.
    let alone = Home::at_rate(RATE);
    alone.session(&["ice", "--pain", "6"]);
    let page = alone.ask(&["report", "-"]);
    assert!(!page.contains("2 h after") && !alone.ask(&["stats"]).contains("trial"), "{page}");
    assert_eq!(alone.history()[0]["pain_later"], Value::Null);
}

/// A pair of which one half had other steps would compare nothing.
#[test]
fn an_option_that_changes_during_its_trial_is_refused() {
    let home = Home::at_rate(RATE);
    let steps = |steps: &[(&str, &str)]| {
        home.file("config/protocols/mine.toml", &crate::support::steps(1, steps));
    };
    steps(&[("cold", "10min")]);
    home.ask(&["trial", "start", "mine", "rest", "--blocks", "6", "--seed", SEED]);
    // Until its first session it may change.
    steps(&[("cold", "11min"), ("rest", "1min")]);
    let later = || {
        home.minutes_ago(125);
        home.run(&["trial", "next", "--later", "3"]);
    };
    let next = |home: &Home| {
        let json = home.trial();
        let at = json["sessions"].as_array().expect("a list").len();
        let place = u32::try_from(at).expect("few");
        order(7, place / 2)[at % 2] == Arm::A
    };
    let mut refused = 0;
    for at in 0..4 {
        if at > 1 && next(&home) {
            let first =
                home.trial()["sessions"].as_array().expect("a list").iter().position(|one| one["option"] == "mine");
            let first = first.expect("a session") + 1;
            let was = [("cold", "11min"), ("rest", "1min")];
            for changed in
                [&[("heat", "11min"), ("rest", "1min")][..], &[("cold", "12min"), ("rest", "1min")], &was[..1]]
            {
                steps(changed);
                let (error, way_out) = home.objects(&["trial", "next", "--pain", "7"], 3);
                assert_eq!(error, format!("error: mine has other steps than in session {first} of the trial"));
                assert_eq!(way_out, "  give it the steps that it had, or end the trial: therapy trial stop");
                refused += 1;
            }
            std::fs::remove_file(home.path().join("config/protocols/mine.toml")).expect("a file");
            let (error, way_out) = home.objects(&["trial", "next", "--pain", "7"], 2);
            assert!(error.contains("no protocol \"mine\""), "{error}");
            assert_eq!(way_out, "  put its file back, or end the trial: therapy trial stop");
            // Another note is the same dose.
            home.file("config/protocols/mine.toml", &(crate::support::steps(1, &was) + "note = \"sit\"\n"));
        }
        home.drawn(7);
        later();
    }
    assert_eq!((refused, home.number("SELECT count(*) FROM session")), (3, 4));
}

#[test]
fn a_trial_that_is_stopped_decides_nothing() {
    let home = started(["ice", "rest"]);
    home.drawn(6);
    let said = home.ask(&["trial", "stop"]);
    assert!(joined(&said).contains("A trial that is ended early decides nothing"), "{said}");
    let trial = home.trial();
    assert_eq!((&trial["answer"], &trial["is_stopped"]), (&"stopped".into(), &true.into()));
    assert_eq!(trial["score_due_in_s"], Value::Null);
    let (error, way_out) = home.objects(&["trial", "stop"], 1);
    assert_eq!((&*error, &*way_out), ("error: no trial is going on", "  start one: therapy trial start ice rest"));
}

#[test]
fn start_says_what_it_costs_and_asks_nothing_off_a_terminal() {
    let home = Home::new();
    assert_eq!(home.ask(&["trial", "status"]), "No trial yet. Start one: therapy trial start ice rest\n");
    assert_eq!(home.trial(), Value::Null);
    let said = joined(&home.ask(&["trial", "start", "heat", "rest", "--site", "left-knee"]));
    for part in [
        "A rest lasts 20 min, as long as the other option.",
        "Trial started: heat against rest, left knee.",
        "That means 12 pairs, 24 sessions",
        "finds a difference of 3 points of 10 in at least 80 of 100 cases",
        "a spread (standard deviation) of 2 points",
        "\"Cannot tell\" is a normal answer.",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(home.trial()["site"], "left-knee");
    let seed = home.trial()["seed"].as_u64().expect("a number");
    assert!(seed < 1 << 32 && said.contains(&format!("seed {seed}.")), "{said}");
    let (error, _) = home.objects(&["trial", "start", "ice", "rest"], 2);
    assert_eq!(error, "error: a trial is going on");
    // No question: the scores are options.
    let (error, way_out) = home.objects(&["trial", "next"], 2);
    assert_eq!(error, "error: the pain before the session is needed");
    assert_eq!(way_out, "  try: therapy trial next --pain N");
    assert_eq!(home.number("SELECT count(*) FROM session"), 0);
    // Each person has a trial of their own.
    home.ask(&["profiles", "--add", "anna"]);
    assert_eq!(home.json(&["trial", "status", "--json", "--profile", "anna"]), Value::Null);
}

#[test]
fn only_two_options_that_differ_and_are_allowed_can_be_compared() {
    let home = Home::new();
    let start = |a, b| home.objects(&["trial", "start", a, b], 2).0;
    assert_eq!(start("ice", "ice"), "error: both options are ice");
    assert_eq!(start("rest", "rest"), "error: both options are rest");
    assert!(start("acute", "rest").contains("acute changes from cold to heat"));
    assert!(start("ice", "icee").contains("there is no protocol \"icee\""));
    let (_, way_out) = home.objects(&["trial", "start", "ice", "icee"], 2);
    assert_eq!(way_out, "  name two of therapy list, or rest: therapy trial start ice rest");
    home.own(1, &[("cold", "5min")]);
    assert!(start("own.toml", "rest").contains("a protocol with a name"));
    for (option, value, why) in [
        ("--blocks", "5", "a trial needs 6 to 24 pairs: fewer can decide nothing\n"),
        ("--blocks", "25", "a trial needs 6 to 24 pairs\n"),
        ("--blocks", "30", "a trial needs 6 to 24 pairs\n"),
        ("--blocks", "six", "is not a whole number of pairs"),
        ("--seed", "-1", "is not a seed"),
    ] {
        let output = home.run(&["trial", "start", "ice", "rest", option, value]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
    // A rule that refuses for more than a day: its usual words.
    home.ask(&["injury", "set", "2h ago"]);
    home.ask(&["safety", "--answer", "none"]);
    let refused = home.run(&["trial", "start", "ice", "heat"]);
    assert_refused(&refused, "early-heat");
    assert!(
        stderr(&refused).contains("  possible from ") && !stderr(&refused).contains("override"),
        "{}",
        stderr(&refused)
    );
    home.ask(&["safety", "--answer", "7"]);
    assert_refused(&home.run(&["trial", "start", "ice", "rest"]), "warning-sign");
    assert_eq!(home.number("SELECT count(*) FROM trial"), 0);
}

/// A trial never plans against a rule.
#[test]
fn what_a_rule_refuses_waits() {
    let home = Home::at_rate(RATE);
    // Both options are cold.
    home.ask(&["trial", "start", "ice", "intermittent", "--seed", SEED]);
    home.run_in_real_time(&["log", "cold", "20min"]);
    let refused = home.run_in_real_time(&["trial", "next", "--no-notify", "--pain", "6"]);
    assert_refused(&refused, "rewarm");
    let said = stderr(&refused);
    assert!(
        said.contains("\n  possible from ") && said.ends_with("  therapy explain rewarm\n  then: therapy trial next\n"),
        "{said}"
    );
    assert!(!said.contains("therapy run") && !said.contains("override"), "a trial gives no other dose: {said}");
    assert_eq!(home.number("SELECT count(*) FROM session") + home.number("SELECT count(*) FROM drawn"), 0);
}

#[test]
fn a_session_that_is_cut_off_must_be_ended_first() {
    let mut home = started(["ice", "rest"]);
    home.drawn(6);
    // In three hours it would be closed.
    home.rate = 1.0;
    home.sql().execute("UPDATE session SET outcome = NULL, ended_ms = NULL", []).expect("a journal");
    home.sql().execute("DELETE FROM event WHERE kind = 'finished'", []).expect("a journal");
    let (error, _) = home.objects(&["trial", "next", "--pain", "6"], 3);
    assert!(error.contains("was cut off"), "{error}");
    assert!(stdout(&home.run(&["trial", "status"])).contains("has not ended"));
}

/// On a terminal every score is asked, and the later one when its time has come.
#[test]
fn on_a_terminal_it_rings_and_asks_two_hours_later() {
    let home = Home::at_rate(3000.0);
    home.ask(&["trial", "start", "ice", "rest", "--seed", SEED]);
    let log = home.path().join("called");
    let hook = home.program("hook", &format!("cat >> {}", log.display()));
    let command = home.command(&["trial", "next", "--no-notify", "--on-event", &hook]);
    let mut terminal = Terminal::start(command, 24, 80);
    terminal.see("How bad is the pain now, before the session, 0 to 10?");
    terminal.press("6\r");
    terminal.see("How bad is the pain now, 0 to 10?");
    terminal.press("5\r");
    terminal.see("Pain score of the trial at ");
    terminal.see("The alarm goes on until you press Enter.");
    assert!(terminal.text().contains('\u{7}'));
    terminal.press("\r");
    terminal.see("two hours after the session, 0 to 10?");
    terminal.press("4\r");
    terminal.see("Pain 4 of 10 noted for the trial.");
    assert_eq!(terminal.end().code(), Some(0));
    terminal.assert_restored();
    let session = &home.trial()["sessions"][0];
    assert_eq!((&session["before"], &session["later"], &session["fall"]), (&6.into(), &4.into(), &2.into()));
    let roles = "SELECT group_concat(role || score, ' ') FROM (SELECT * FROM pain ORDER BY id)";
    let roles: String = home.sql().query_row(roles, [], |row| row.get(0)).expect("scores");
    assert_eq!(roles, "before6 after5 later4");
    let called = home.written_to("called");
    let due: Vec<_> = called.iter().filter(|line| line.contains("\"event\":\"score_due\"")).collect();
    assert_eq!(due.len(), 1, "{called:?}");
    assert!(due[0].contains("\"site\":\"lower-back\"") && due[0].contains("\"kind\":null"), "{due:?}");
}

#[test]
fn after_leaving_the_wait_the_next_command_asks() {
    let mut slow = started(["ice", "rest"]);
    slow.drawn(6);
    slow.minutes_ago(60);
    slow.rate = 1.0;
    let next = || slow.command(&["trial", "next", "--no-notify"]);
    let mut terminal = Terminal::start(next(), 24, 80);
    terminal.see("Pain score of the trial at ");
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
    assert!(
        joined(&terminal.contents()).contains("The pain 2 h after session 1 is due at "),
        "{}",
        terminal.contents()
    );
    slow.minutes_ago(61);
    let mut terminal = Terminal::start(next(), 24, 80);
    terminal.see("two hours after the session, 0 to 10?");
    terminal.press("3\r");
    terminal.see("Start the next session now? [y/n]");
    terminal.press("n\r");
    assert_eq!(terminal.end().code(), Some(0));
    let trial = slow.trial();
    assert_eq!((&trial["sessions"][0]["later"], &trial["sessions"][1]), (&3.into(), &Value::Null));
    // Without a score before it, no session starts.
    let mut terminal = Terminal::start(next(), 24, 80);
    terminal.see("before the session, 0 to 10?");
    terminal.press("\r");
    assert_eq!(terminal.end().code(), Some(130));
    assert_eq!(slow.number("SELECT count(*) FROM session"), 1);
}

/// Every `trial` command on a terminal asks for a score that is due, and an answer in another shell is not asked again.
#[test]
fn status_asks_for_a_score_that_is_due() {
    let mut home = started(["ice", "rest"]);
    home.drawn(6);
    home.minutes_ago(125);
    home.rate = 1.0;
    let mut terminal = Terminal::start(home.command(&["trial", "status"]), 24, 80);
    terminal.see("two hours after the session, 0 to 10?");
    terminal.press("2\r");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(terminal.contents().contains("0 of 6 pairs complete"), "{}", terminal.contents());
    assert_eq!(home.trial()["sessions"][0]["fall"], 4);
    let again = Terminal::start(home.command(&["trial", "status"]), 24, 80).end();
    assert_eq!(again.code(), Some(0), "it asks nothing more");
    assert_eq!(home.number("SELECT count(*) FROM pain WHERE role = 'later'"), 1);
}

#[test]
fn a_score_from_another_shell_is_not_asked_again() {
    let home = Home::at_rate(3000.0);
    home.ask(&["trial", "start", "ice", "rest", "--seed", SEED]);
    let mut terminal = Terminal::start(home.command(&["trial", "next", "--no-notify", "--pain", "6"]), 24, 80);
    terminal.see("How bad is the pain now, 0 to 10?");
    terminal.press("\r");
    terminal.see("Pain score of the trial at ");
    home.minutes_ago(125);
    home.run(&["trial", "next", "--later", "3"]);
    assert_eq!(terminal.end().code(), Some(0));
    assert!(!terminal.contents().contains("The alarm goes on"), "{}", terminal.contents());
    assert_eq!(home.number("SELECT count(*) FROM pain WHERE role = 'later'"), 1);
}

/// Nobody could answer there.
#[test]
fn off_a_terminal_it_calls_once() {
    let home = started(["ice", "rest"]);
    let started = therapy::edge::clock::now();
    let output = home.run(&["trial", "next", "--no-notify", "--progress", "quiet", "--pain", "6"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.matches("therapy trial next --later N").count(), 1, "{said}");
    assert!(said.contains("Pain score of the trial at ") && !said.contains("q leaves"), "{said}");
    let gone = therapy::edge::clock::now().since(started).mul_f64(RATE);
    assert!(gone > Duration::from_secs(2 * 60 * 60), "{gone:?}");
}

/// An imported score does not count in a trial, whatever it claims.
#[test]
fn an_imported_score_changes_no_trial() {
    let home = started(["ice", "rest"]);
    home.drawn(7);
    let own = home.sql().query_row("SELECT uid FROM session", [], |row| row.get::<_, String>(0)).expect("a session");
    let export = home.ask(&["export", "--format", "ndjson", "-"]);
    let export: Value = serde_json::from_str(export.lines().next().expect("a line")).expect("JSON");
    let here = export["origin"].as_str().expect("an origin").to_owned();
    let mut number = 0;
    let mut import = |origin: &str, role: &str, score: u8| {
        number += 1;
        let line = format!(
            "{{\"type\":\"score\",\"id\":\"foreign{number}\",\"version\":1,\"origin\":\"{origin}\",\"session\":\"{own}\",\
             \"role\":\"{role}\",\"score\":{score},\"site\":\"lower-back\",\"at\":\"2026-01-01T00:00:00Z\",\
             \"noted_at\":\"2026-01-01T00:00:00Z\",\"undone_at\":null}}\n"
        );
        home.ask(&["import", &home.file("score.ndjson", &line)]);
    };
    // It does not stand in for the one that is due.
    import("elsewhere", "later", 9);
    import(&here, "later", 8);
    import("elsewhere", "before", 1);
    home.minutes_ago(121);
    let session = &home.trial()["sessions"][0];
    assert_eq!((&session["before"], &session["later"]), (&7.into(), &Value::Null), "{session}");
    home.run(&["trial", "next", "--later", "3"]);
    let trial = home.trial();
    assert_eq!((&trial["sessions"][0]["later"], &trial["sessions"][0]["fall"]), (&3.into(), &4.into()));
    import("elsewhere", "later", 10);
    import(&here, "before", 10);
    assert_eq!(home.trial(), trial);
    home.ask(&["trial", "stop"]);
    let trial = home.trial();
    import(&here, "later", 0);
    import("elsewhere", "before", 0);
    assert_eq!(home.trial(), trial, "nor when it is over");
}
