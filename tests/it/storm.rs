//! A short storm: sessions with random faults. `cargo run --release --example storm` runs a longer one.

use std::thread;

#[path = "../../examples/storm/run.rs"]
mod run;

use run::{Tally, simulate};

/// Number of runs.
const RUNS: u64 = 2000;

/// Simulates these seeds and sums up what happened. Fails at the first violation.
#[track_caller]
fn storm(seeds: std::ops::Range<u64>) -> Tally {
    let mut all = Tally::default();
    for seed in seeds {
        let tally = simulate(seed).map_err(|violation| {
            let again = format!("cargo run --release --example storm -- --from {seed} --seeds 1");
            format!("seed {seed} failed at {violation}\nrepeat with: {again}")
        });
        all += tally.expect("every invariant holds");
    }
    all
}

#[test]
fn no_run_violates_an_invariant() {
    let half = RUNS / 2;
    let other = thread::spawn(move || storm(0..half));
    let mut all = storm(half..RUNS);
    all += other.join().expect("the other half");
    // Every kind of fault happened, and most runs were checked to the end.
    assert!(all.sessions > RUNS && all.events > 5 * all.sessions, "{all:?}");
    assert!(all.stalls > RUNS && all.resumed > RUNS / 4 && all.cut_off > 0 && all.terminated > 0, "{all:?}");
    assert!(all.days > RUNS / 200, "{all:?}");
    assert!(all.told > RUNS / 8 && all.undone > 0, "{all:?}");
    assert!(all.refused > 0 && all.troubles > RUNS / 4, "{all:?}");
    assert!(all.unsure < RUNS / 2, "{all:?}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..20 {
        assert_eq!(simulate(seed), simulate(seed), "{seed}");
    }
}
