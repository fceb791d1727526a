//! Sessions in a storm: suspends, kills, failing disks and buses, random keys and other shells, each life
//! from one seed and held to the laws that `life.rs` lists.
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

#[expect(unreachable_pub, reason = "a module of a test as well")]
#[path = "life.rs"]
mod life;

use life::Tally;

/// How many lives are lived between two looks at the rest.
const BATCH: u64 = 100;

/// Sessions in a storm, each life from one seed.
#[derive(Parser)]
struct Args {
    /// How many lives.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many threads; all cores when it is left out.
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
    let (mut all, mut broken) = (Tally::default(), Vec::new());
    thread::scope(|scope| {
        let (outbox, inbox) = mpsc::channel();
        for _ in 0..jobs {
            let (outbox, next) = (outbox.clone(), &next);
            scope.spawn(move || {
                loop {
                    let from = next.fetch_add(BATCH, Ordering::Relaxed);
                    let lives = from..end.min(from.saturating_add(BATCH));
                    if lives.is_empty() || outbox.send(lives.map(|seed| (seed, life::live(seed))).collect()).is_err() {
                        return;
                    }
                }
            });
        }
        drop(outbox);
        for lives in inbox {
            let lives: Vec<(u64, Result<Tally, String>)> = lives;
            bar.inc(lives.len() as u64);
            for (seed, life) in lives {
                match life {
                    Ok(tally) => all += tally,
                    Err(law) => broken.push((seed, law)),
                }
            }
            bar.set_message(format!("{} broken", broken.len()));
        }
    });
    bar.finish_and_clear();
    report(&all, clock::unhurried().since(start), jobs);
    broken.sort();
    for (seed, law) in broken.iter().take(8) {
        complain(&format!("seed {seed} breaks a law at {law}\n  again: --from {seed} --seeds 1"));
    }
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
fn complain(what: &str) {
    eprintln!("{what}");
}
