//! What must hold for whatever somebody else wrote: protocol files, `config.toml`, points in time,
//! and the rows of a journal. `fuzz/` looks for bytes for which it does not; the seeds that are kept
//! there are run here. Each function takes any bytes, and panics when something does not hold.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

use therapy::domain::course::{doses, earliest};
use therapy::domain::dose::Doses;
use therapy::domain::exposure::Exposure;
use therapy::domain::plan::Plan;
use therapy::domain::protocol::{Choice, Draft, Protocol};
use therapy::domain::rules::{Context, Injury};
use therapy::domain::session::{EventKind, Input, Moment, Outcome, Session};
use therapy::domain::step::{Modality, Step, StepKind};
use therapy::edge::journal::{Journal, Record, Stamp};
use therapy::format::{self, Level, Problem, report};
use therapy::text::printable::is_control;
use therapy::text::{durations, timeline, times, wording};

use crate::builder::Build;

const MINUTE: Duration = Duration::from_secs(60);
/// More events than any session has that goes on by itself to its end.
const EVENTS_MOST: usize = 10_000;

/// Text that may be shown on a terminal.
fn is_shown_safely(text: &str) {
    assert!(!text.chars().any(|c| is_control(c) && c != '\n'), "control characters in {text:?}");
}

/// Problems point into the text, say something, and can be drawn.
fn can_be_told(problems: &[Problem], text: &str) {
    for problem in problems {
        assert!(text.get(problem.span.clone()).is_some(), "{problem:?} does not point into {text:?}");
        assert!(!problem.message.is_empty() && !problem.hint.is_empty(), "{problem:?} of {text:?}");
    }
    // Drawing takes the most time by far. It goes the same way in colour, and for each by itself.
    let drawn = report::render(&problems[..problems.len().min(8)], "a.toml", text, false);
    assert_eq!(drawn.is_empty(), problems.is_empty());
    is_shown_safely(&drawn);
}

// Protocol files.

/// A protocol file: it is read, its problems are told, and what the review lets pass is within every
/// limit by a count of its own, and runs to its end.
pub fn protocol(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let parsed = format::parse(text, "a");
    let problems = parsed.review();
    can_be_told(&problems, text);
    let worst = problems.iter().map(|problem| problem.level).max();
    assert_eq!(worst == Some(Level::Error), !parsed.is_readable(), "{problems:?}");
    let draft = &parsed.draft;
    for said in [Some(&draft.name), Some(&draft.summary), draft.caution.as_ref()].into_iter().flatten() {
        is_shown_safely(said);
    }
    if !parsed.is_readable() {
        return;
    }
    if parsed.by_injury.is_some() {
        return assert!(draft.steps().next().is_none(), "steps beside by_injury");
    }
    let context = Context { injury: Injury::Ago(Duration::MAX), ..Context::default() };
    let choices = [Choice::default(), draft.largest_choice()];
    let reviewed = choices.map(|choice| draft.review(choice, &context, &[]));
    let passes = reviewed.iter().all(Result::is_ok);
    assert_eq!(passes, worst < Some(Level::Refused), "`check` and `run` differ: {problems:?}");
    for protocol in reviewed.iter().flatten() {
        is_within_limits(protocol.steps());
        runs_to_its_end(protocol);
    }
}

/// The limits of the README, counted here in whole numbers of half nanoseconds.
fn is_within_limits(steps: &[Step]) {
    let sum = |kind: Option<StepKind>| {
        let counted = steps.iter().filter(|step| kind.is_none_or(|kind| step.kind == kind));
        counted.map(|step| step.length).sum::<Duration>()
    };
    assert!(steps.len() <= 64 && sum(None) <= 150 * MINUTE, "{steps:?}");
    let (mut cold, mut heat) = (0_u128, 0_u128);
    for step in steps {
        assert!(step.length >= Duration::from_secs(1), "{step:?}");
        let nanos = step.length.as_nanos();
        (cold, heat) = match step.kind {
            StepKind::Cold => (cold + 2 * nanos, heat.saturating_sub(2 * nanos)),
            StepKind::Heat => (cold.saturating_sub(2 * nanos), heat + 2 * nanos),
            StepKind::Rest | StepKind::Stretch => (cold.saturating_sub(nanos), heat.saturating_sub(nanos)),
        };
        assert!(cold <= 2 * 20 * MINUTE.as_nanos() && heat <= 2 * 30 * MINUTE.as_nanos(), "{steps:?}");
    }
    assert!(sum(Some(StepKind::Cold)) <= 60 * MINUTE && sum(Some(StepKind::Heat)) <= 60 * MINUTE, "{steps:?}");
}

fn runs_to_its_end(protocol: &Protocol) {
    let plan = Plan::new(protocol);
    assert!(plan.cues().iter().all(|(at, ..)| *at <= plan.length()), "{plan:?}");
    assert_eq!(timeline::columns(&plan.exposures(0), 40).len(), 40);
    let (mut session, events) = Build::of(protocol.clone()).at(Moment::default()).start();
    for event in &events {
        is_shown_safely(&wording::of(event, &session, true).headline);
    }
    goes_on_to_its_end(&mut session);
    assert_eq!(session.outcome(), Some(Outcome::Completed));
    assert_eq!(session.elapsed(), plan.length(), "{session:?}");
    let whole = plan.exposures(0);
    assert!(Modality::ALL.into_iter().all(|modality| session.dose(modality) == dose(&whole, modality)));
}

fn dose(exposures: &[Exposure], modality: Modality) -> Duration {
    let given = exposures.iter().filter(|(kind, _)| kind.modality() == Some(modality));
    given.map(|(_, length)| *length).sum()
}

/// Wakes a session whenever it asks until it asks no more, is over, or holds.
fn goes_on_to_its_end(session: &mut Session) {
    let mut told = 0;
    while let Some(wake) = session.wake_at().filter(|_| !session.is_held()) {
        let events = session.advance(wake);
        assert!(!events.is_empty(), "woken for nothing: {session:?}");
        told += events.len();
        assert!(told < EVENTS_MOST, "no end: {session:?}");
        for event in &events {
            let words = wording::of(event, session, false);
            assert!(!words.headline.is_empty());
        }
    }
}

// config.toml.

/// A `config.toml`: its problems are told, and what has none is one of the values there are.
pub fn settings(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (settings, problems) = format::settings(text);
    can_be_told(&problems, text);
    if problems.is_empty() {
        assert!(settings.progress.is_none_or(|progress| format::PROGRESS.contains(&progress.as_str())));
    }
}

// Points in time and lengths.

/// The time now in seconds on the first line; below it what somebody wrote, as WHEN, as minutes and
/// as the length of a step.
pub fn when(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (now, text) = text.split_once('\n').unwrap_or(("", text));
    let now = now.trim().parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    points_in_time(text, now.unwrap_or(Timestamp::UNIX_EPOCH));
    minutes(text);
    length_of_a_step(text);
}

fn points_in_time(text: &str, now: Timestamp) {
    let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone");
    for zone in [TimeZone::UTC, berlin] {
        match times::parse(text, now, &zone) {
            Ok(at) => {
                assert_eq!(times::parse(&format!(" {text}\t"), now, &zone), Ok(at), "blanks around {text:?}");
                assert_eq!(times::parse(&at.to_string(), now, &zone), Ok(at), "{text:?} written out");
                if text.trim().ends_with("ago") {
                    assert!(at <= now, "{text:?} is {at}, after {now}");
                }
            }
            Err(error) => is_shown_safely(&error.to_string().replace('\n', "")),
        }
    }
}

fn minutes(text: &str) {
    let Ok(length) = durations::minutes(text) else { return };
    let number = text.trim_end_matches(['m', 'i', 'n']).trim_end();
    let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let nanos: u128 = format!("{whole}{part:0<9}").parse().expect("digits alone");
    assert_eq!(length.as_nanos(), nanos * 60, "{text:?}");
    let choice = Choice { length: Some(length), rounds: None };
    let ice = Draft::of("ice", &[(StepKind::Cold, 15 * MINUTE)]);
    assert_eq!(ice.choice_errors(choice), []);
    let fits = (Duration::from_secs(1)..=20 * MINUTE).contains(&length);
    assert_eq!(ice.review(choice, &Context::default(), &[]).is_ok(), fits, "{text:?}");
}

fn length_of_a_step(text: &str) {
    if text.contains('\'') || text.chars().any(is_control) {
        return; // it cannot stand in single quotes, within which nothing is escaped
    }
    let file = format!("[[step]]\ndo = 'rest'\nfor = '{text}'\n");
    let parsed = format::parse(&file, "a");
    can_be_told(&parsed.review(), &file);
    if let Some(step) = parsed.draft.only_step() {
        assert_eq!(humantime::parse_duration(text), Ok(step.length.default), "{text:?}");
        assert_ne!(text.trim(), "0");
    }
}

// The journal.

/// A journal in which each line is a row: the name of its table, then its columns, each a number,
/// `NULL`, or a text, with ` | ` between them. `now` is no table but the clocks of whoever reads it.
/// Columns that are not there get values of a short session of ice.
pub fn journal(input: &[u8]) {
    thread_local! {
        static SHELF: Shelf = Shelf::new();
    }
    SHELF.with(|shelf| {
        let now = shelf.fill(&String::from_utf8_lossy(input));
        shelf.is_read(&now);
    });
}

/// A journal that is emptied and filled again and again.
struct Shelf {
    journal: Journal,
    rows: Connection,
    _folder: TempDir,
}

const ICE: &str = r#"[{"kind":"cold","length_ns":600000000000,"round":1,"origin":0}]"#;

/// Tables with their columns, and what stands in them when a line does not say.
const TABLES: [(&str, &str, &[&str]); 5] = [
    ("injury", "happened_ms, noted_ms", &["0", "0"]),
    ("screening", "injury, red_flag, noted_ms", &["1", "0", "0"]),
    (
        "session",
        "steps, started_ms, outcome, confirm, grace_ns, carried_cold, carried_heat, protocol, overrides, \
         planned_cold_ns, planned_heat_ns, cold_ns, heat_ns, ended_ms, pain_before, pain_after",
        &[ICE, "0", "NULL", "0", "2000000000", "0", "0", "ice", "", "0", "0", "NULL", "NULL", "NULL", "NULL", "NULL"],
    ),
    (
        "event",
        "session, clock_ns, kind, step, elapsed_ns, length_ns, rule, wall_ms, boot",
        &["1", "0", "started", "0", "0", "NULL", "NULL", "0", "now"],
    ),
    ("request", "session, what, length_ns, answer", &["1", "pause", "NULL", "NULL"]),
];

/// More rows than a session of sense has, and few enough to be quick.
const ROWS_MOST: usize = 200;

fn value(text: &str) -> Value {
    match (text, text.parse::<i64>(), text.parse::<f64>()) {
        ("NULL", ..) => Value::Null,
        (_, Ok(number), _) => Value::Integer(number),
        (_, _, Ok(number)) => Value::Real(number),
        _ => Value::Text(text.to_owned()),
    }
}

impl Shelf {
    fn new() -> Shelf {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let journal = Journal::open(folder.path()).expect("a new journal");
        let rows = Connection::open(folder.path().join("journal.db")).expect("the same journal");
        // A row may name a session that is not there: a journal that somebody mended by hand.
        rows.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;").expect("a setting");
        Shelf { journal, rows, _folder: folder }
    }

    fn fill(&self, text: &str) -> Stamp {
        let mut now = Stamp { wall_ms: 0, boot: "now".to_owned(), clock: Moment::default() };
        let rows = self.rows.unchecked_transaction().expect("a transaction");
        for (table, ..) in TABLES {
            rows.prepare_cached(&format!("DELETE FROM {table}")).and_then(|mut all| all.execute([])).expect("emptied");
        }
        for line in text.lines().take(ROWS_MOST) {
            let mut given = line.split(" | ").map(str::trim);
            let name = given.next().unwrap_or_default();
            if let Some((table, columns, defaults)) = TABLES.into_iter().find(|(table, ..)| *table == name) {
                let places = vec!["?"; defaults.len()].join(", ");
                let sql = format!("INSERT INTO {table} ({columns}) VALUES ({places})");
                let values = defaults.iter().map(|default| value(given.next().unwrap_or(default)));
                // What the schema refuses is in no journal.
                let row = rusqlite::params_from_iter(values);
                let _ = rows.prepare_cached(&sql).expect("a table").execute(row);
            } else if name == "now" {
                let mut number = || given.next().and_then(|number| number.parse().ok()).unwrap_or(0);
                let nanos: i64 = number();
                let clock = Moment::new(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)));
                now = Stamp { wall_ms: number(), clock, ..now };
            }
        }
        rows.commit().expect("a commit");
        now
    }

    /// Everything that the commands ask of a journal, one after the other. Whatever stands in it, they
    /// get an answer or an error.
    fn is_read(&self, now: &Stamp) {
        let journal = &self.journal;
        let ids = |sql| {
            let mut rows = self.rows.prepare_cached(sql).expect("a query");
            let ids = rows.query_map([], |row| row.get(0)).expect("ids");
            ids.collect::<rusqlite::Result<Vec<i64>>>().expect("whole numbers")
        };
        for entry in journal.history(i64::MIN).unwrap_or_default() {
            is_shown_safely(&[entry.protocol, entry.overrides, entry.outcome.unwrap_or_default()].concat());
            let _ = entry.planned.into_iter().chain(entry.actual).map(durations::in_words).collect::<String>();
        }
        for id in ids("SELECT id FROM session") {
            if let Ok(record) = journal.record(id, now) {
                stands_up(&record, now);
            }
            for (request, _) in journal.requests(id, -1).unwrap_or_default() {
                let _ = journal.withdraw(request);
            }
        }
        for id in ids("SELECT id FROM request") {
            journal.answer(id).into_iter().flatten().for_each(|answer| is_shown_safely(&answer));
        }
        if let Ok(Some(injury)) = journal.injury() {
            let days = journal.days_with_sessions(injury.happened_ms, 32);
            assert!(days.is_err() || days.is_ok_and(|days| days <= 32));
        }
        if let Ok((doses, record_ahead)) = journal.doses(now, None) {
            judges(now.clock, doses, record_ahead);
        }
        if let Ok(Some(open)) = journal.open_session(now)
            && journal.close_cut_off(&open).is_ok()
        {
            let closed = journal.record(open.id, now).expect("it could be read before it was closed");
            assert_eq!(closed.outcome.as_deref(), Some("cut_off"));
        }
    }
}

/// A record that could be read can be taken up, gone on with, and stopped.
fn stands_up(record: &Record, now: &Stamp) {
    let moments: Vec<_> = record.events.iter().map(|event| event.at).collect();
    assert!(moments.is_sorted() && moments.last() <= Some(&now.clock), "{record:?} at {now:?}");
    is_shown_safely(record.protocol.name());
    let given = doses(&record.protocol, &record.events, now.clock);
    let worn: Duration = Modality::ALL.into_iter().map(|modality| given.total(modality)).sum();
    assert!(worn <= record.age(now) + moments.last().map_or(Duration::ZERO, |last| last.since(moments[0])));
    let Some(mut session) = record.session() else { return };
    for event in session.advance(now.clock) {
        is_shown_safely(&wording::of(&event, &session, true).advice);
    }
    let inputs = [Input::Toggle, Input::Extend(MINUTE), Input::Toggle, Input::Confirm, Input::Skip];
    for input in inputs {
        let mut other = session.clone();
        let _ = other.handle(now.clock, input);
        goes_on_to_its_end(&mut other);
        let ended = other.handle(other.now(), Input::Stop);
        let is_end = |kind| matches!(kind, EventKind::Finished { outcome: Outcome::Stopped, .. });
        assert!(other.outcome().is_some() && ended.iter().all(|event| is_end(event.kind)), "{ended:?}");
    }
}

/// Rules say something about any past, and a wait that they name is long enough.
fn judges(now: Moment, doses: Doses, record_ahead: Duration) {
    let context = Context { now, doses, record_ahead, ..Context::default() };
    for kind in [StepKind::Cold, StepKind::Heat] {
        let draft = Draft::of("a", &[(kind, 10 * MINUTE)]);
        if let Some(wait) = earliest(&draft, Choice::default(), &context) {
            let (now, record_ahead) = (now + wait, record_ahead.saturating_sub(wait));
            let later = Context { now, record_ahead, ..context.clone() };
            let later = draft.review(Choice::default(), &later, &[]);
            assert!(later.is_ok(), "{wait:?} is too short: {later:?} with {context:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn every_seed(target: &str, holds: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        let seeds = std::fs::read_dir(folder).expect("the seeds").map(|seed| seed.expect("a seed").path());
        let seeds: Vec<_> = seeds.collect();
        assert!(!seeds.is_empty(), "no seeds for {target}");
        for seed in seeds {
            eprintln!("{}", seed.display());
            holds(&std::fs::read(seed).expect("a file"));
        }
    }

    #[test]
    fn the_seeds_of_journal_hold() {
        every_seed("journal", super::journal);
    }

    #[test]
    fn the_seeds_of_protocol_hold() {
        every_seed("protocol", super::protocol);
    }

    #[test]
    fn the_seeds_of_settings_hold() {
        every_seed("settings", super::settings);
    }

    #[test]
    fn the_seeds_of_when_hold() {
        every_seed("when", super::when);
    }
}
