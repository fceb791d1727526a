//! Measures the work behind a session: `cargo bench --bench core`. Add `-- journal` for a part of it.
//!
//! A session waits nearly all the time, so no user notices these times. The benchmarks show what grows.

#![expect(clippy::expect_used, reason = "a benchmark that fails measures nothing")]

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Duration;

use divan::Bencher;
use tempfile::TempDir;

use therapy::domain::exposure::{Exposure, Load};
use therapy::domain::plan::Plan;
use therapy::domain::protocol::{Choice, Draft, Protocol};
use therapy::domain::rules::{Context, Injury, review};
use therapy::domain::session::{Event, EventKind, Moment, Session, SessionOptions};
use therapy::domain::step::StepKind::{Cold, Heat, Rest};
use therapy::edge::catalog;
use therapy::edge::journal::{Journal, NewSession, Stamp};
use therapy::format;
use therapy::runner::{self, Observer, Trouble};
use therapy::simulate::Simulation;

const MINUTE: Duration = Duration::from_secs(60);
const CONTRAST: &str = include_str!("../src/protocols/contrast.toml");

fn main() {
    divan::main();
}

fn contrast() -> Protocol {
    let entry = catalog::built_in("contrast").expect("a built-in protocol");
    entry.parsed.draft.review(Choice::default(), &Context::default(), &[]).expect("no rule refuses it")
}

/// The maximum number of steps in a session.
fn longest() -> Vec<Exposure> {
    [(Heat, MINUTE), (Cold, MINUTE), (Rest, MINUTE), (Rest, MINUTE)].repeat(16)
}

// Reading and review.

#[divan::bench]
fn file_parsed_and_reviewed() -> Vec<format::Problem> {
    format::parse(black_box(CONTRAST), "contrast").review()
}

#[divan::bench(args = ["contrast", "64 steps"])]
fn protocol_reviewed(bencher: Bencher<'_, '_>, which: &str) {
    let draft = if which == "contrast" {
        catalog::built_in("contrast").expect("a built-in protocol").parsed.draft
    } else {
        Draft::of("longest", &longest())
    };
    let context = Context { injury: Injury::Ago(100 * 60 * MINUTE), ..Context::default() };
    let steps = draft.expand(Choice::default());
    bencher.bench_local(|| review(black_box(&steps), &context));
}

// Plan, session, dose model.

#[divan::bench]
fn plan_built(bencher: Bencher<'_, '_>) {
    let protocol = contrast();
    bencher.bench_local(|| Plan::new(black_box(&protocol)));
}

struct Counter(usize);

impl Observer for Counter {
    fn observe(&mut self, _: &[Event], _: &Session) -> Result<(), Trouble> {
        self.0 += 1;
        Ok(())
    }
}

/// A session of two hours with one frame per second.
#[divan::bench]
fn session_through_the_runner(bencher: Bencher<'_, '_>) {
    let protocol = contrast();
    bencher.bench_local(|| {
        let (mut world, mut counter) = (Simulation::new(Moment::default(), &[]), Counter(0));
        runner::run(&protocol, SessionOptions::default(), &mut world, &mut [&mut counter]);
        counter.0
    });
}

#[divan::bench]
fn wait_computed(bencher: Bencher<'_, '_>) {
    let (load, steps) = (Load::NONE.after(Cold, 20 * MINUTE), longest());
    bencher.bench_local(|| black_box(load).wait_before(black_box(&steps)));
}

#[divan::bench]
fn room_computed(bencher: Bencher<'_, '_>) {
    let (load, steps) = (Load::NONE.after(Cold, 5 * MINUTE), longest());
    bencher.bench_local(|| black_box(load).room(Cold, black_box(&steps)));
}

// The journal.

const NOON_MS: i64 = 1_772_539_200_000;

fn stamp(clock: Moment) -> Stamp {
    let ms = i64::try_from(clock.since_origin().as_millis()).expect("a short time");
    Stamp { wall_ms: NOON_MS + ms, boot: "here".to_owned(), clock }
}

/// A journal with one `contrast` session every four hours, the id of the last one, and the time after it.
fn journal(sessions: u32) -> (TempDir, Journal, i64, Stamp) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let journal = Journal::open(folder.path()).expect("a new journal");
    let protocol = contrast();
    let (mut id, mut start) = (0, Moment::default());
    for _ in 0..sessions {
        let started_ms = stamp(start).wall_ms;
        let new = NewSession {
            protocol: &protocol,
            options: SessionOptions::default(),
            overrides: &[],
            pain: None,
            started_ms,
        };
        id = journal.begin(&new).expect("a session");
        let (mut session, mut events) = Session::start(&protocol, SessionOptions::default(), start);
        while let Some(wake) = session.wake_at() {
            events.extend(session.advance(wake));
        }
        let events: Vec<_> = events.iter().map(|event| (stamp(event.at), *event)).collect();
        journal.commit(id, &events, &[]).expect("its events");
        start = start + 4 * 60 * MINUTE;
    }
    (folder, journal, id, stamp(start))
}

#[divan::bench]
fn journal_event_committed(bencher: Bencher<'_, '_>) {
    let (_folder, journal, id, now) = journal(1);
    let event = Event { at: now.clock, elapsed: MINUTE, step: 0, kind: EventKind::Halfway };
    let events = [(now, event)];
    bencher.bench_local(|| journal.commit(id, &events, &[]));
}

#[divan::bench]
fn journal_record_read(bencher: Bencher<'_, '_>) {
    let (_folder, journal, id, now) = journal(1);
    bencher.bench_local(|| journal.record(id, &now));
}

/// Every start reads the doses of two days. Older sessions must not slow it down.
#[divan::bench(args = [10, 1000])]
fn journal_doses_read(bencher: Bencher<'_, '_>, sessions: u32) {
    let (_folder, journal, _, now) = journal(sessions);
    bencher.bench_local(|| journal.doses(&now, None));
}

#[divan::bench]
fn journal_opened(bencher: Bencher<'_, '_>) {
    let (folder, _journal, ..) = journal(10);
    bencher.bench_local(|| Journal::open(folder.path()));
}

// The whole program, from start to exit.

#[divan::bench(args = ["--version", "list", "next", "run contrast --dry-run"])]
fn program(bencher: Bencher<'_, '_>, arguments: &str) {
    let (folder, ..) = journal(10);
    bencher.bench_local(|| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_therapy"));
        command.args(arguments.split(' ')).env("THERAPY_DATA_DIR", folder.path());
        command.env("THERAPY_CONFIG_DIR", folder.path()).env("HOME", folder.path());
        let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(done.expect("it starts").success(), "{arguments}");
    });
}
