//! Runs every example and checks its output.

use std::path::{Path, PathBuf};

use crate::programs::output;
use crate::support::{Home, assert_refused, stdout};

fn folder(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let files = std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// Cargo builds the examples together with the tests.
fn run_example(name: &str) -> String {
    let test = std::env::current_exe().expect("a path");
    let target = test.parent().and_then(Path::parent).expect("the target folder");
    let example = target.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(example.exists(), "`cargo test` builds the examples, `cargo test --test it` alone does not");
    let output = output(&mut std::process::Command::new(example));
    assert!(output.status.success(), "{name}: {output:?}");
    stdout(&output)
}

#[test]
fn every_example_prints_its_result() {
    let shows = [
        ("build_protocol", "evening may run: 2 steps\n  but heat-long: "),
        ("own_observer", "without a pack: 10 min\n"),
        ("virtual_session", "TAKE IT OFF. Cold is 1 h 47 min too long"),
    ];
    let names: Vec<_> = folder("").iter().map(|path| path.file_stem().expect("a name").to_owned()).collect();
    assert_eq!(names, shows.map(|(name, _)| std::ffi::OsString::from(name)));
    for (name, text) in shows {
        let output = run_example(name);
        assert!(output.contains(text), "{name}:\n{output}");
        assert!(!output.contains("unexpected"), "{name}:\n{output}");
    }
}

/// What `check` says of a sample: level, rule and message of each problem.
fn verdict(home: &Home, path: &str, code: i32) -> Vec<String> {
    let checked = home.json_of(&["check", path, "--json"], code);
    let problems = checked[0]["problems"].as_array().expect("a list").iter();
    problems
        .map(|problem| ["level", "rule", "message"].map(|key| problem[key].as_str().unwrap_or("-")).join(" "))
        .collect()
}

/// Each sample, what `check` says of it, and what its comment says of the law.
#[rustfmt::skip]
const SAMPLES: [(&str, &[&str], &str); 16] = [
    ("after-training.toml", &[], "passes; the cold reaches 15 of 20 min"),
    ("alternating-10.toml", &[AT_ONCE], "passes; heat follows cold each time (numb-heat)"),
    ("contrast-bath.toml", &[AT_ONCE], "passes; the heat reaches 19 of 30 min"),
    ("contrast-days-3-4.toml", &[AT_ONCE], "passes; the cold reaches 19 of 20 min"),
    ("contrast-days-7-8.toml", &[AT_ONCE], "passes; the heat reaches 19 of 30 min"),
    ("desk-back.toml", &["warning numb-heat heat 2 min after cold: only when normal feeling is back"], ""),
    ("heat-3-cold-1.toml", &[AT_ONCE], "passes; the heat reaches 7 of 30 min"),
    ("ice-10-10.toml", &[], "passes, at exactly 20 of 20 min of cold"),
    ("ice-20-40.toml", &[], "passes, at exactly 60 of 60 min of cold in one session"),
    ("ice-hourly.toml", &[], "passes as a plan of four sessions"),
    ("versey-2011.toml", &["warning numb-heat heat 5 s after cold: only when normal feeling is back"],
        "passes; heat follows cold each time (numb-heat)"),
    ("refused/heat-wrap-8h.toml", &[
        "refused session-limit all steps together last 8 h; the limit is 2 h 30 min",
        "refused session-limit 8 h of heat in one session; the limit is 1 h",
        "refused heat-limit the heat load would reach 8 h; the limit is 30 min",
        "refused step-length a step of 8 h; it must last 1 s to 2 h 30 min",
        "warning heat-daily 8 h of heat within 24 h; the limit is 2 h",
        "warning heat-long 8 h of heat is long; most sources stop at 20 min",
    ], "refused (heat-limit, session-limit, step-length)"),
    ("refused/ice-15-15.toml", &["refused cold-limit the cold load would reach 22 min 30 s; the limit is 20 min"],
        "refused. The second cold reaches 22 min 30 s (cold-limit, 20 min)"),
    ("refused/ice-20-20.toml", &["refused cold-limit the cold load would reach 30 min; the limit is 20 min"],
        "refused. The second cold begins on skin with 10 min of load, and reaches 30 min (cold-limit, 20 min)"),
    ("refused/ice-20-30.toml", &["refused cold-limit the cold load would reach 25 min; the limit is 20 min"],
        "refused. The second cold reaches 25 min (cold-limit, 20 min)"),
    ("refused/ice-and-heat-20-30.toml",
        &["refused session-limit all steps together last 2 h 50 min; the limit is 2 h 30 min"],
        "refused. The loads pass; all steps together last 170 min (session-limit, 150 min, a limit of ours)"),
];

const AT_ONCE: &str = "warning numb-heat heat after cold only when normal feeling is back";

/// The verdict is that of the evidence, which the comment of each file gives beside its source.
#[test]
fn every_sample_has_a_source_and_exactly_the_verdict_that_its_comment_names() {
    let home = Home::new();
    let known: Vec<_> = SAMPLES.map(|(name, ..)| name.to_owned()).into();
    let name = |path: &PathBuf| path.file_name().expect("a name").to_str().expect("plain").to_owned();
    let refused = folder("protocols/refused").iter().map(|path| format!("refused/{}", name(path))).collect::<Vec<_>>();
    let there = folder("protocols").iter().map(name).chain(refused).collect::<Vec<_>>();
    assert_eq!(there, known);
    for (name, expected, law) in SAMPLES {
        let is_refused = name.starts_with("refused/");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/protocols").join(name);
        let (path, text) = (path.to_str().expect("a plain path"), std::fs::read_to_string(&path).expect("a sample"));
        assert_eq!(verdict(&home, path, if is_refused { 3 } else { 0 }), expected, "{name}");
        let comment: String = text.lines().map_while(|line| line.strip_prefix('#')).collect();
        let has_source = comment.starts_with(" Source: ") && comment.contains(&format!("The law: {law}"));
        assert!(has_source || name == "desk-back.toml" && comment.contains("an example of ours"), "{name}: {comment}");
        let run = home.run(&["run", path, "--injured", "10 days ago", "--dry-run", "--progress", "json"]);
        assert_eq!(run.status.code(), Some(if is_refused { 3 } else { 0 }), "{name}");
        assert_eq!(stdout(&run).contains("\"outcome\":\"completed\""), !is_refused, "{name}");
    }
}

/// What the comments of some samples say besides.
#[test]
fn the_samples_keep_the_rest_of_their_promises() {
    let home = Home::new();
    let path = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/protocols").join(name);
        path.to_str().expect("a plain path").to_owned()
    };
    let early = home.run(&["run", &path("contrast-days-3-4.toml"), "--injured", "60h ago", "--dry-run"]);
    assert_refused(&early, "early-heat");
    let longer =
        std::fs::read_to_string(path("contrast-days-3-4.toml")).expect("a sample").replace("times = 5", "times = 6");
    home.file("longer.toml", &longer);
    let over = "refused cold-limit the cold load would reach 22 min; the limit is 20 min";
    let found = verdict(&home, "longer.toml", 3);
    assert!(found.iter().any(|problem| problem == over), "{found:?}");
    // As one round, that is as one of two sessions, it passes.
    assert_eq!(
        home.run(&[
            "run",
            &path("refused/ice-and-heat-20-30.toml"),
            "--rounds",
            "1",
            "--dry-run",
            "--injured",
            "10 days ago"
        ])
        .status
        .code(),
        Some(0)
    );
    let plan =
        home.json(&["plan", &path("ice-hourly.toml"), "--every", "1h", "--days", "2", "--awake", "0-24", "--json"]);
    let sessions: Vec<_> =
        plan["sessions"].as_array().expect("sessions").iter().map(|session| session["at"].as_str()).collect();
    let (first, day) = (sessions[sessions.len() - 4].expect("a time"), sessions[sessions.len() - 1].expect("a time"));
    assert!(first[11..] == *"00:00:00Z" && day[11..] == *"03:00:00Z" && first[..10] == day[..10], "{sessions:?}");
}
