//! Runs every example and checks its output.

use std::path::{Path, PathBuf};

use crate::programs::output;
use crate::support::{Home, stdout};

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
    let example = target.join("examples").join(name);
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

#[test]
fn every_sample_protocol_runs_except_the_refused_one() {
    let home = Home::new();
    let files = folder("protocols");
    assert!(files.len() >= 4);
    for path in files {
        let refused = path.ends_with("too-much-ice.toml");
        let path = path.to_str().expect("a plain path");
        assert_eq!(home.run(&["check", path]).status.code(), Some(if refused { 3 } else { 0 }), "{path}");
        let run = home.run(&["run", path, "--injured", "10 days ago", "--dry-run", "--progress", "json"]);
        assert_eq!(run.status.code(), Some(if refused { 3 } else { 0 }), "{path}");
        assert_eq!(stdout(&run).contains("\"outcome\":\"completed\""), !refused, "{path}");
    }
}
