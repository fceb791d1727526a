//! Some thousands of lives in a storm; `cargo run --release --example storm` lives more of them.

use std::thread;

#[path = "../../examples/storm/life.rs"]
mod life;

use life::{Tally, live};

/// How many lives are lived with the tests.
const LIVES: u64 = 2000;

/// Lives these lives and says what happened in them; the first that breaks a law fails.
#[track_caller]
fn storm(seeds: std::ops::Range<u64>) -> Tally {
    let mut all = Tally::default();
    for seed in seeds {
        let life = live(seed).map_err(|law| {
            let again = format!("cargo run --release --example storm -- --from {seed} --seeds 1");
            format!("seed {seed} breaks a law at {law}\nagain: {again}")
        });
        all += life.expect("every law holds");
    }
    all
}

#[test]
fn no_life_breaks_a_law() {
    let half = LIVES / 2;
    let other = thread::spawn(move || storm(0..half));
    let mut all = storm(half..LIVES);
    all += other.join().expect("a half");
    // It is a storm: all of it happened, and most of it was judged to the end.
    assert!(all.sessions > LIVES && all.events > 5 * all.sessions, "{all:?}");
    assert!(all.stalls > LIVES && all.taken_up > LIVES / 4 && all.cut_off > 0, "{all:?}");
    assert!(all.refused > 0 && all.troubles > LIVES / 4, "{all:?}");
    assert!(all.unsure < LIVES / 2, "{all:?}");
}

#[test]
fn a_seed_is_the_same_life_again() {
    for seed in 0..20 {
        assert_eq!(live(seed), live(seed), "{seed}");
    }
}
