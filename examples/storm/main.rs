//! A stress test: sessions with random suspends, kills, disk and bus faults, keys and other shells. Each
//! run has one seed. `run.rs` lists the invariants.
//!
//! `cargo run --release --example storm -- --seeds 100000`

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use therapy::edge::clock;

#[expect(unreachable_pub, reason = "a test uses this module too")]
#[path = "run.rs"]
mod run;

use run::Tally;

/// Number of runs that a thread takes at once.
const BATCH: u64 = 100;

/// Test sessions with random faults, one run for each seed
#[derive(Parser)]
struct Args {
    /// Number of runs
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// First seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Number of threads [default: all cores]
    #[arg(long)]
    jobs: Option<usize>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let jobs = args.jobs.or_else(|| thread::available_parallelism().ok().map(usize::from)).unwrap_or(1).max(1);
    let end = args.from.saturating_add(args.seeds);
    let next = AtomicU64::new(args.from);
    let bar = ProgressBar::new(args.seeds).with_style(style());
    let start = clock::unhurried();
    let (mut all, mut violations) = (Tally::default(), Vec::new());
    thread::scope(|scope| {
        let (outbox, inbox) = mpsc::channel();
        for _ in 0..jobs {
            let (outbox, next) = (outbox.clone(), &next);
            scope.spawn(move || {
                loop {
                    let from = next.fetch_add(BATCH, Ordering::Relaxed);
                    let seeds = from..end.min(from.saturating_add(BATCH));
                    if seeds.is_empty() || outbox.send(seeds.map(|seed| (seed, run::simulate(seed))).collect()).is_err()
                    {
                        return;
                    }
                }
            });
        }
        drop(outbox);
        for runs in inbox {
            let runs: Vec<(u64, Result<Tally, String>)> = runs;
            bar.inc(runs.len() as u64);
            for (seed, outcome) in runs {
                match outcome {
                    Ok(tally) => all += tally,
                    Err(violation) => violations.push((seed, violation)),
                }
            }
            bar.set_message(format!("{} failed", violations.len()));
        }
    });
    bar.finish_and_clear();
    report(&all, clock::unhurried().since(start), jobs);
    violations.sort();
    for (seed, violation) in violations.iter().take(8) {
        print_error(&format!("seed {seed} failed at {violation}\n  repeat with: --from {seed} --seeds 1"));
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{wide_bar} {pos} of {len}, {per_sec}, {eta} left, {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[expect(clippy::print_stdout, reason = "an example prints")]
fn report(all: &Tally, took: Duration, jobs: usize) {
    println!("{all:#?}");
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = all.sessions as f64 / took.as_secs_f64();
    println!("{} sessions in {:.1} s: {rate:.0} a second on {jobs} threads", all.sessions, took.as_secs_f64());
}

#[expect(clippy::print_stderr, reason = "an example prints")]
fn print_error(message: &str) {
    eprintln!("{message}");
}
