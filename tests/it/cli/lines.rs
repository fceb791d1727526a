//! The JSON lines of a session.

use std::process::Output;

use serde_json::Value;

use crate::support::{Home, stderr, stdout};

/// The fields of the contract without times of day.
const TIMELESS: [&str; 9] = ["event", "elapsed_s", "step", "of", "kind", "length_s", "outcome", "cold_s", "heat_s"];

fn events(output: &Output) -> Vec<Vec<Value>> {
    let lines = stdout(output);
    let events = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    events.map(|event| TIMELESS.iter().map(|field| event[field].clone()).collect()).collect()
}

#[test]
fn a_dry_run_has_the_events_of_the_real_run_to_the_millisecond() {
    let home = Home::new();
    let step = |kind: &str, length: &str| format!("[[step]]\ndo = \"{kind}\"\nfor = \"{length}\"\n");
    home.file("own.toml", &[step("heat", "1s 1ms"), step("cold", "1s"), step("rest", "1s")].concat());
    let arguments = ["run", "own.toml", "--progress", "json", "--no-notify"];
    let real = home.run(&arguments);
    assert_eq!(real.status.code(), Some(0), "{}", stderr(&real));
    let dry = home.run(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(events(&dry), events(&real));
    let fast = home.run(&[&arguments[..], &["--speed", "100"]].concat());
    assert_eq!(events(&fast), events(&real));

    let named: Vec<_> = events(&real).into_iter().map(|event| (event[0].clone(), event[1].clone())).collect();
    let expected = [
        ("started", 0.0),
        ("step_began", 0.0),
        ("halfway", 0.5),
        ("step_began", 1.001),
        ("halfway", 1.501),
        ("step_began", 2.001),
        ("finished", 3.001),
    ];
    assert_eq!(named, expected.map(|(event, elapsed)| (Value::from(event), Value::from(elapsed))));
    let last = events(&real).pop().expect("an end");
    assert_eq!(last[6..], [Value::from("completed"), Value::from(1.0), Value::from(1.001)]);
}

#[test]
fn events_have_the_time_of_day() {
    let output = Home::new().run(&["run", "ice", "--dry-run", "--progress", "json"]);
    let lines = stdout(&output);
    let times = lines.lines().map(|line| {
        let event: Value = serde_json::from_str(line).expect("JSON");
        event["at"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("RFC 3339")
    });
    let times: Vec<_> = times.collect();
    assert!(times.is_sorted());
    let length = times[times.len() - 1].duration_since(times[0]);
    assert_eq!(length, jiff::SignedDuration::from_mins(15));
}
