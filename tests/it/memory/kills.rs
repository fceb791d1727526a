//! Sessions that are killed and resumed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use therapy::domain::course::STALE;
use therapy::edge::clock;

use super::Random;
use crate::running::{DEADLINE, Line, event_line};
use crate::support::{Home, stderr, stdout};

const SHAPES: [(u32, &[(&str, &str)]); 4] = [
    (2, &[("heat", "3min"), ("cold", "2min"), ("rest", "90s")]),
    (3, &[("cold", "90s"), ("rest", "2min"), ("heat", "61s")]),
    (1, &[("heat", "5min"), ("stretch", "2min"), ("cold", "4min"), ("rest", "30s")]),
    (4, &[("heat", "50s"), ("cold", "20s"), ("rest", "1s")]),
];

/// Prints how to repeat a failed test.
struct Repeat(u64);

impl Drop for Repeat {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("repeat with THERAPY_KILLS=1 THERAPY_SEED={}", self.0);
        }
    }
}

/// Kills one session and resumes it. Returns the number of events in the journal at the kill. `None` means
/// that the machine was too slow: a step was held, or an event was printed before the disk had it.
fn kill_one(seed: u64) -> Option<usize> {
    let _repeat = Repeat(seed);
    let mut random = Random(seed);
    let (rounds, shape) = SHAPES[usize::try_from(random.below(4)).expect("small")];
    let home = Home::at_rate(f64::from(u32::try_from(1000 + random.below(1000)).expect("small")));
    home.own(rounds, shape);
    let rehearsal = home.run(&["run", "own.toml", "--dry-run", "--progress", "json"]);
    let lines: Vec<Value> = stdout(&rehearsal).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let expected: Vec<Line> = lines.iter().map(event_line).collect();
    let finish = lines.last().expect("an end");
    assert_eq!(finish["outcome"], "completed");

    let length = Duration::from_millis(expected.last().expect("an end").2).div_f64(home.rate);
    let micros = u64::try_from(length.as_micros()).expect("small") + 30_000;
    let moment = clock::now() + Duration::from_micros(random.below(micros));
    let mut running = home.start(&["run", "own.toml"]);
    while let left = moment.since(clock::now())
        && !left.is_zero()
    {
        clock::wait(left.min(Duration::from_millis(20)));
    }
    running.kill();
    // A session cannot be resumed three hours after it was cut off. At this rate they pass in seconds.
    let killed = clock::now();
    let is_stale = || clock::now().since(killed).mul_f64(home.rate) > STALE.mul_f64(0.9);
    let printed = running.events();
    assert!(!running.errors().contains("warning: "), "{}", running.errors());

    // The journal is readable. It has the printed events, in order, and no unplanned ones.
    let history = home.history();
    if !home.journal().exists() {
        assert_eq!(printed, [], "nothing is printed before there is a journal");
        return Some(0);
    }
    let check: String = home.sql().query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
    assert_eq!(check, "ok");
    let written = home.written();
    if written.iter().any(|(event, ..)| event == "overran") {
        return None;
    }
    assert_eq!(written, expected[..written.len()], "what was written is the session so far");
    assert_eq!(printed, expected[..printed.len()]);
    // Only a slow disk or machine lets an event be printed before it is on the disk.
    let early = printed.len() > written.len();
    assert!(printed.len() <= written.len() + 1, "printed and lost: {:?}", &printed[written.len()..]);

    let status = home.run(&["status"]);
    assert_eq!(status.status.code(), Some(1));
    if written.len() == expected.len() || history.is_empty() {
        assert!(!stderr(&status).contains("cut off"), "{}", stderr(&status));
    } else if written.is_empty() {
        // Its clock never started. Nothing can be resumed, and the next session can start.
        let next = home.session(&["own.toml"]);
        assert!(!stderr(&next).contains("cut off"), "{}", stderr(&next));
        assert_eq!(home.number("SELECT count(*) FROM session WHERE outcome IS NULL"), 0);
        return Some(0);
    } else {
        assert!(is_stale() || stderr(&status).contains("own was cut off "), "{}", stderr(&status));
        let ice = home.run(&["run", "ice"]);
        if is_stale() {
            return None;
        }
        assert_eq!(ice.status.code(), Some(3), "{}", stderr(&ice));
        for way_out in ["  therapy resume ", "  therapy stop "] {
            assert!(stderr(&ice).contains(way_out), "{}", stderr(&ice));
        }
        let mut resumed = home.start(&["resume"]);
        let start = clock::now();
        while resumed.child.try_wait().expect("a child").is_none() {
            assert!(clock::now().since(start) < DEADLINE, "no end: {:?}", resumed.events());
            if resumed.events().iter().any(|(event, ..)| event == "overran") {
                return None;
            }
            clock::wait(Duration::from_millis(2));
        }
        let status = resumed.end();
        if status.code() == Some(1) && is_stale() {
            return None;
        }
        assert_eq!(status.code(), Some(0), "{}", resumed.errors());
        assert_eq!(resumed.events(), expected[written.len()..], "the rest, when it was planned");
    }
    if history.is_empty() {
        return Some(0);
    }

    // The whole session is the same as without a kill.
    assert_eq!(home.written(), expected);
    let strays = "SELECT count(*) FROM event, (SELECT clock_ns AS began FROM event ORDER BY id LIMIT 1) \
                  WHERE clock_ns - began <> elapsed_ns";
    assert_eq!(home.number(strays), 0, "every event when the clock said so");
    let history = home.history();
    assert_eq!(history.len(), 1, "{history:?}");
    assert_eq!(history[0]["outcome"], "completed");
    for kind in ["cold", "heat"] {
        let mut sum = 0;
        for pair in expected.windows(2) {
            let on = lines.iter().find(|line| line["step"] == pair[0].1).expect("a step");
            sum += if on["kind"] == kind { pair[1].2 - pair[0].2 } else { 0 };
        }
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let sum = sum as f64 / 1000.0;
        let field = format!("{kind}_s");
        assert_eq!(history[0][&field].as_f64(), Some(sum), "{field}");
        assert_eq!(history[0][&field], finish[&field]);
    }
    assert_eq!(home.number("SELECT count(*) FROM session WHERE outcome IS NULL"), 0);
    (!early).then_some(written.len())
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Set `THERAPY_KILLS=500` for a long run.
#[test]
fn a_session_that_is_killed_at_any_moment_resumes_at_the_right_place() {
    let kills = from_environment("THERAPY_KILLS").unwrap_or(24);
    let first = from_environment("THERAPY_SEED")
        .unwrap_or_else(|| u64::try_from(clock::now().since_origin().as_nanos()).unwrap_or_default() % 1_000_000_000);
    let (next, within, slow) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && number < kills
                {
                    match kill_one(first + number) {
                        Some(0) => {}
                        Some(_) => drop(within.fetch_add(1, Ordering::Relaxed)),
                        None => drop(slow.fetch_add(1, Ordering::Relaxed)),
                    }
                }
            });
        }
    });
    let (within, slow) = (within.into_inner(), slow.into_inner());
    println!("{kills} kills from seed {first}: {within} within a session, {slow} undecided: the machine is too slow");
    assert!(slow * 2 <= kills.max(2), "{slow} of {kills} undecided: the machine is too slow");
    assert!(kills < 20 || within * 2 + slow >= kills, "only {within} of {kills} were within a session");
}

/// A kill between two events of one moment is rare, so this test deletes the second event.
#[test]
fn a_kill_between_two_events_of_one_moment_loses_neither() {
    let without = |home: &Home, kind: &str| {
        let delete = format!("DELETE FROM event WHERE id = (SELECT max(id) FROM event) AND kind = '{kind}'");
        assert_eq!(home.sql().execute(&delete, []).expect("a row"), 1, "{kind} was the last: {:?}", home.written());
    };
    // The start and the first step. The dose counts from then on.
    let home = Home::at_rate(60.0);
    home.own(1, &[("cold", "5min"), ("heat", "1min")]);
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    running.kill();
    without(&home, "step_began");
    let next = home.json(&["next", "--json"]);
    assert!(next["cold_load_s"].as_f64() > Some(0.0), "the pack is on: {next}");
    let mut resumed = home.start(&["resume"]);
    resumed.see("step_began");
    // The end of a step and the start of the next.
    assert_eq!(home.run(&["skip"]).status.code(), Some(0));
    resumed.kill();
    without(&home, "step_began");
    let mut resumed = home.start(&["resume"]);
    let (_, began) = resumed.see("step_began");
    assert_eq!((&began["step"], &began["kind"]), (&2.into(), &"heat".into()));
    // The end of the last step and of the session.
    assert_eq!(home.run(&["skip"]).status.code(), Some(0));
    assert_eq!(resumed.end().code(), Some(0));
    without(&home, "finished");
    let ended = home.history();
    home.sql()
        .execute("UPDATE session SET outcome = NULL, ended_ms = NULL, cold_ns = NULL, heat_ns = NULL", [])
        .expect("a row");
    let mut resumed = home.start(&["resume"]);
    assert_eq!(resumed.end().code(), Some(0), "{}", resumed.errors());
    assert_eq!(resumed.events().len(), 1, "{:?}", resumed.events());
    let names: Vec<String> = home.written().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["started", "step_began", "skipped", "step_began", "skipped", "finished"]);
    let again = home.history();
    for field in ["outcome", "cold_s", "heat_s"] {
        assert_eq!(again[0][field], ended[0][field], "{field}");
    }
}

#[test]
fn a_cut_off_session_refuses_the_next_one_before_its_dose_does() {
    let home = Home::at_rate(2000.0);
    let mut running = home.start(&["run", "ice", "--minutes", "20"]);
    running.see("halfway");
    running.kill();
    let ice = home.run(&["run", "ice"]);
    assert_eq!(ice.status.code(), Some(3));
    assert!(stderr(&ice).contains("error: ice was cut off "), "{}", stderr(&ice));
    let ways_out = "  therapy resume   go on with it\n  therapy stop     close it, and say when the pack came off\n";
    assert!(stderr(&ice).ends_with(ways_out), "{}", stderr(&ice));
    assert!(!stderr(&ice).contains("rewarm"), "{}", stderr(&ice));
}
