//! Checks for untrusted input: protocol files, `config.toml`, times, the rows of a journal, and what a terminal
//! sends. Each function takes any bytes, and panics when a check fails. The fuzz targets in `fuzz/` call these
//! functions; the tests here run the seeds.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

use therapy::domain::course::{doses, start};
use therapy::domain::dose::Doses;
use therapy::domain::exposure::Exposure;
use therapy::domain::nearest::{self, Nearest};
use therapy::domain::plan::Plan;
use therapy::domain::protocol::{Choice, Draft, Part, Protocol};
use therapy::domain::rules::{Context, Injury};
use therapy::domain::session::{EventKind, Input, Moment, Outcome, Session};
use therapy::domain::step::{Modality, Step, StepKind};
#[cfg(unix)]
use therapy::edge::inbox::Message;
use therapy::edge::journal::{Journal, Record, Stamp};
#[cfg(unix)]
use therapy::edge::keys::{Parser, meaning_of};
use therapy::format::{self, Level, Problem, report};
use therapy::text::printable::is_control;
use therapy::text::{durations, lengths, timeline, when, wording};

use crate::builder::Build;

const MINUTE: Duration = Duration::from_secs(60);
/// More events than any session without input has.
const MAX_EVENTS: usize = 10_000;

/// The text has no control characters.
fn assert_printable(text: &str) {
    assert!(!text.chars().any(|c| is_control(c) && c != '\n'), "control characters in {text:?}");
}

/// Problems point into the text, have a message and a hint, and can be rendered.
fn assert_reportable(problems: &[Problem], text: &str) {
    for problem in problems {
        assert!(text.get(problem.span.clone()).is_some(), "{problem:?} does not point into {text:?}");
        assert!(!problem.message.is_empty() && !problem.hint.is_empty(), "{problem:?} of {text:?}");
    }
    // Rendering takes the most time by far. A few problems without colour are enough.
    let drawn = report::render(&problems[..problems.len().min(8)], "a.toml", text, false);
    assert_eq!(drawn.is_empty(), problems.is_empty());
    assert_printable(&drawn);
}

// Protocol files.

/// Parses a protocol file and checks its problems. An accepted protocol must be within all limits, which
/// are counted here again, and must run to its end.
pub fn protocol(input: &[u8]) {
    let (parsed, text) = format::read(input, "a");
    let problems = parsed.review();
    assert_reportable(&problems, &text);
    assert_eq!(std::str::from_utf8(input).is_err(), text.as_bytes() != input);
    let worst = problems.iter().map(|problem| problem.level).max();
    assert_eq!(worst == Some(Level::Error), !parsed.is_readable(), "{problems:?}");
    let draft = &parsed.draft;
    let of_steps = draft.steps().flat_map(|step| [step.note.as_ref(), step.cue.as_ref()]);
    let of_file = [Some(&draft.name), Some(&draft.summary), draft.caution.as_ref()];
    let of_file = of_file.into_iter().chain([draft.author.as_ref(), draft.contact.as_ref()]);
    for text in of_file.chain(of_steps).flatten() {
        assert_printable(text);
    }
    let times = draft.parts.iter().map(Part::times);
    assert!(times.chain(draft.per_day).all(|number| number > 0), "{draft:?}");
    assert!(draft.days.is_none_or(|days| (1..=31).contains(&days)), "{draft:?}");
    assert!(draft.changeover.is_none_or(is_changeover), "{:?}", draft.changeover);
    if !parsed.is_readable() {
        return;
    }
    if parsed.by_injury.is_some() {
        return assert!(draft.steps().next().is_none(), "steps beside by_injury");
    }
    let context = Context { injury: Injury::Ago(Duration::MAX), ..Context::default() };
    let choices = [Choice::default(), draft.largest_choice()];
    assert_nearest(&draft.expand(Choice::default()));
    let reviewed = choices.map(|choice| draft.review(choice, &context, &[]));
    assert_eq!(reviewed[0].is_ok(), worst < Some(Level::Refused), "`check` and `run` differ: {problems:?}");
    if reviewed[0].is_ok() && reviewed[1].is_err() {
        assert_eq!(worst, Some(Level::Warning), "a refused choice draws a warning: {problems:?}");
    }
    for protocol in reviewed.iter().flatten() {
        assert_within_limits(protocol.steps());
        assert_runs_to_end(protocol);
    }
}

/// With the lengths that are called the nearest, no load exceeds its limit.
fn assert_nearest(steps: &[Step]) {
    let mut shorter = steps.to_vec();
    for Nearest { origin, planned, longest, .. } in nearest::lengths(steps) {
        assert!(longest < planned, "{steps:?}");
        let of_step = shorter.iter_mut().filter(|step| step.origin == origin && !step.changeover);
        of_step.for_each(|step| step.length = longest);
    }
    assert_eq!(nearest::lengths(&shorter), [], "{steps:?}");
}

/// Whether a changeover may have this length, or is none.
fn is_changeover(length: Duration) -> bool {
    length.is_zero() || (Duration::from_secs(1)..=10 * MINUTE).contains(&length)
}

/// Checks the limits of the README, in whole half nanoseconds.
fn assert_within_limits(steps: &[Step]) {
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

fn assert_runs_to_end(protocol: &Protocol) {
    let plan = Plan::new(protocol);
    assert!(plan.cues().iter().all(|(at, ..)| *at <= plan.length()), "{plan:?}");
    assert_eq!(timeline::columns(&plan.exposures(0), 40).len(), 40);
    let (mut session, events) = Build::of(protocol.clone()).at(Moment::default()).start();
    for event in &events {
        assert_printable(&wording::of(event, &session, true).headline);
    }
    run_to_end(&mut session);
    assert_eq!(session.outcome(), Some(Outcome::Completed));
    assert_eq!(session.elapsed(), plan.length(), "{session:?}");
    let whole = plan.exposures(0);
    assert!(Modality::ALL.into_iter().all(|modality| session.dose(modality) == dose(&whole, modality)));
}

fn dose(exposures: &[Exposure], modality: Modality) -> Duration {
    let given = exposures.iter().filter(|(kind, _)| kind.modality() == Some(modality));
    given.map(|(_, length)| *length).sum()
}

/// Wakes a session whenever it asks, until it is over or held.
fn run_to_end(session: &mut Session) {
    let mut count = 0;
    while let Some(wake) = session.wake_at().filter(|_| !session.is_held()) {
        let events = session.advance(wake);
        assert!(!events.is_empty(), "woken for nothing: {session:?}");
        count += events.len();
        assert!(count < MAX_EVENTS, "no end: {session:?}");
        for event in &events {
            let words = wording::of(event, session, false);
            assert!(!words.headline.is_empty());
        }
    }
}

// config.toml.

/// Parses a `config.toml` and checks its problems. A value without a problem must be a valid one.
pub fn settings(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (settings, problems) = format::settings(text);
    assert_reportable(&problems, text);
    assert!(settings.changeover.is_none_or(is_changeover), "{settings:?}");
    if problems.is_empty() {
        assert!(settings.progress.is_none_or(|progress| format::PROGRESS.contains(&progress.as_str())));
    }
}

// Points in time and lengths.

/// Parses a text as a time, as minutes, as a changeover, and as the length of a step. The first line is the current time
/// in seconds; the text follows.
pub fn when(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (now, text) = text.split_once('\n').unwrap_or(("", text));
    let now = now.trim().parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    points_in_time(text, now.unwrap_or(Timestamp::UNIX_EPOCH));
    minutes(text);
    changeover(text);
    length_of_a_step(text);
}

fn changeover(text: &str) {
    match lengths::changeover(text) {
        Ok(length) => assert!(is_changeover(length), "{text:?} is {length:?}"),
        Err(error) => {
            for reading in &error.readings {
                assert!(lengths::changeover(reading).is_ok(), "{reading:?} instead of {text:?}");
            }
            assert_printable(&error.to_string().replace('\n', ""));
        }
    }
}

fn points_in_time(text: &str, now: Timestamp) {
    let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone");
    for zone in [TimeZone::UTC, berlin] {
        match when::read(text, now, &zone) {
            Ok(at) => {
                assert!(at.first <= at.last, "{text:?}");
                assert_eq!(when::read(&format!(" {text}\t"), now, &zone), Ok(at), "blanks around {text:?}");
                for at in [at.first, at.last] {
                    let full = when::read(&at.to_string(), now, &zone);
                    assert!(full.is_err() || full.is_ok_and(|full| [full.first, full.last] == [at; 2]), "{text:?}");
                }
                if text.trim().ends_with("ago") {
                    assert!(at.last <= now, "{text:?} is {at:?}, after {now}");
                }
            }
            Err(error) => {
                assert_printable(&error.to_string().replace('\n', ""));
                for reading in error.readings {
                    assert!(when::read(&reading, now, &zone).is_ok(), "{reading:?} instead of {text:?}");
                }
            }
        }
    }
}

fn minutes(text: &str) {
    let length = match lengths::minutes(text) {
        Ok(length) => length,
        Err(error) => {
            for reading in &error.readings {
                assert!(lengths::minutes(reading).is_ok(), "{reading:?} instead of {text:?}");
            }
            return assert_printable(&error.to_string().replace('\n', ""));
        }
    };
    // A number alone, with a point or a comma.
    let number = text.trim();
    let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
    if [whole, part].iter().all(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        let nanos: u128 = format!("{whole}{part:0<9}").parse().expect("digits alone");
        assert_eq!(length.as_nanos(), nanos * 60, "{text:?}");
    }
    let choice = Choice { length: Some(length), ..Choice::default() };
    let ice = Draft::of("ice", &[(StepKind::Cold, 15 * MINUTE)]);
    assert_eq!(ice.choice_errors(choice), []);
    let fits = (Duration::from_secs(1)..=20 * MINUTE).contains(&length);
    assert_eq!(ice.review(choice, &Context::default(), &[]).is_ok(), fits, "{text:?}");
}

fn length_of_a_step(text: &str) {
    if text.contains('\'') || text.chars().any(is_control) {
        return; // Single quotes have no escapes.
    }
    let file = format!("[[step]]\ndo = 'rest'\nfor = '{text}'\n");
    let parsed = format::parse(&file, "a");
    assert_reportable(&parsed.review(), &file);
    if let Some(step) = parsed.draft.only_step() {
        assert_eq!(humantime::parse_duration(text), Ok(step.length.default), "{text:?}");
        assert_ne!(text.trim(), "0");
    }
}

// The journal.

/// Fills a journal from text and reads it. Each line is a row: the name of the table, then the columns,
/// separated by ` | `. A column is a number, `NULL`, or text. Missing columns get the values of a short
/// session of ice. A line `now` sets the clocks of the reader.
pub fn journal(input: &[u8]) {
    thread_local! {
        static FIXTURE: Fixture = Fixture::new();
    }
    FIXTURE.with(|fixture| {
        let now = fixture.fill(&String::from_utf8_lossy(input));
        fixture.read(&now);
    });
}

/// A journal that is filled again for each input.
struct Fixture {
    journal: Journal,
    rows: Connection,
    _folder: TempDir,
}

const ICE: &str = r#"[{"kind":"cold","length_ns":600000000000,"round":1,"origin":0}]"#;

/// Tables with their columns and default values.
const TABLES: [(&str, &str, &[&str]); 8] = [
    ("injury", "happened_ms, noted_ms", &["0", "0"]),
    ("screening", "injury, signs, noted_ms", &["1", "", "0"]),
    (
        "session",
        "steps, started_ms, outcome, confirm, grace_ns, carried_cold, carried_heat, protocol, overrides, \
         planned_cold_ns, planned_heat_ns, cold_ns, heat_ns, ended_ms, assumed",
        &[ICE, "0", "NULL", "0", "2000000000", "0", "0", "ice", "", "0", "0", "NULL", "NULL", "NULL", "0"],
    ),
    (
        "event",
        "session, clock_ns, kind, step, elapsed_ns, length_ns, rule, wall_ms, boot",
        &["1", "0", "started", "0", "0", "NULL", "NULL", "0", "now"],
    ),
    ("request", "session, what, length_ns, answer", &["1", "pause", "NULL", "NULL"]),
    ("pain", "session, role, score, noted_ms", &["1", "after", "4", "0"]),
    (
        "told",
        "kind, length_ns, ended_ms, noted_ms, clock_ns, site, boot, undone_ms, nth, uid",
        &["cold", "900000000000", "0", "0", "0", "lower-back", "now", "NULL", "1", "u"],
    ),
    (
        "note",
        "session, text, at_ms, noted_ms, site, undone_ms, nth, uid",
        &["1", "a", "0", "0", "NULL", "NULL", "1", "u"],
    ),
];

/// More rows than a realistic session has, but few enough to be quick.
const MAX_ROWS: usize = 200;

fn value(text: &str) -> Value {
    match (text, text.parse::<i64>(), text.parse::<f64>()) {
        ("NULL", ..) => Value::Null,
        (_, Ok(number), _) => Value::Integer(number),
        (_, _, Ok(number)) => Value::Real(number),
        _ => Value::Text(text.to_owned()),
    }
}

impl Fixture {
    fn new() -> Fixture {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let journal = Journal::open(folder.path()).expect("a new journal");
        let rows = Connection::open(folder.path().join("journal.db")).expect("the same journal");
        // Allow rows without a session, as in a journal that was edited by hand.
        rows.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;").expect("a setting");
        Fixture { journal, rows, _folder: folder }
    }

    fn fill(&self, text: &str) -> Stamp {
        let mut now = Stamp { wall_ms: 0, boot: "now".to_owned(), clock: Moment::default() };
        let rows = self.rows.unchecked_transaction().expect("a transaction");
        for (table, ..) in TABLES {
            rows.prepare_cached(&format!("DELETE FROM {table}")).and_then(|mut all| all.execute([])).expect("emptied");
        }
        for line in text.lines().take(MAX_ROWS) {
            let mut given = line.split(" | ").map(str::trim);
            let name = given.next().unwrap_or_default();
            if let Some((table, columns, defaults)) = TABLES.into_iter().find(|(table, ..)| *table == name) {
                let places = vec!["?"; defaults.len()].join(", ");
                let sql = format!("INSERT INTO {table} ({columns}) VALUES ({places})");
                let values = defaults.iter().map(|default| value(given.next().unwrap_or(default)));
                // The schema refuses some rows. No journal can have them.
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

    /// Makes every query that the commands make. Each one must give a result or an error.
    fn read(&self, now: &Stamp) {
        let journal = &self.journal;
        let ids = |sql| {
            let mut rows = self.rows.prepare_cached(sql).expect("a query");
            let ids = rows.query_map([], |row| row.get(0)).expect("ids");
            ids.collect::<rusqlite::Result<Vec<i64>>>().expect("whole numbers")
        };
        for entry in journal.history(i64::MIN).unwrap_or_default() {
            assert_printable(&[entry.protocol, entry.overrides, entry.outcome.unwrap_or_default()].concat());
            let _ = [entry.planned, entry.actual].map(|doses| doses.map(durations::in_words));
        }
        let _ = journal.scores_alone(i64::MIN);
        journal.notes(i64::MIN).into_iter().flatten().for_each(|note| assert_printable(&note.text));
        for told in journal.told_since(i64::MIN, now).unwrap_or_default() {
            assert!(told.dose.from <= told.dose.to && told.dose.to <= now.clock && told.noted <= now.clock, "{told:?}");
        }
        // Each takes back another one, and the doses go on counting for a day.
        let before = journal.told(now).map(|told| told.len()).unwrap_or_default();
        for _ in 0..2 {
            let _ = journal.undo(now);
        }
        assert!(journal.told(now).map(|told| told.len()).unwrap_or_default() + 2 >= before);
        for id in ids("SELECT id FROM session") {
            if let Ok(record) = journal.record(id, now) {
                assert_resumable(&record, now);
            }
            for (request, _) in journal.requests(id, -1).unwrap_or_default() {
                let _ = journal.withdraw(request);
            }
        }
        for id in ids("SELECT id FROM request") {
            journal.answer(id).into_iter().flatten().for_each(|answer| assert_printable(&answer));
        }
        for happened_ms in journal.injuries().unwrap_or_default().into_iter().filter_map(|entry| entry.happened_ms) {
            let starts = journal.starts(happened_ms);
            assert!(starts.is_err() || starts.is_ok_and(|starts| starts.iter().all(|(at, _)| *at >= happened_ms)));
        }
        let keys = journal.screenings().unwrap_or_default().into_iter().filter_map(|screening| screening.signs);
        keys.flatten().for_each(|key| assert_printable(&key));
        if let Ok((doses, record_ahead)) = journal.doses(now, None) {
            assert_wait_suffices(now.clock, doses, record_ahead);
        }
        if let Ok(Some(open)) = journal.open_session(now)
            && journal.close_cut_off(&open, open.assumed_off(), false).is_ok()
        {
            let closed = journal.record(open.id, now).expect("it could be read before it was closed");
            assert_eq!(closed.outcome.as_deref(), Some("cut_off"));
        }
    }
}

/// A readable record can be resumed, continued, and stopped.
fn assert_resumable(record: &Record, now: &Stamp) {
    let moments: Vec<_> = record.events.iter().map(|event| event.at).collect();
    assert!(moments.is_sorted() && moments.last() <= Some(&now.clock), "{record:?} at {now:?}");
    assert_printable(record.protocol.name());
    let given = doses(&record.protocol, &record.events, now.clock);
    let worn: Duration = Modality::ALL.into_iter().map(|modality| given.total(modality)).sum();
    assert!(worn <= record.age(now) + moments.last().map_or(Duration::ZERO, |last| last.since(moments[0])));
    let Some(mut session) = record.session() else { return };
    for event in session.advance(now.clock) {
        assert_printable(&wording::of(&event, &session, true).advice);
    }
    let inputs = [Input::Toggle, Input::Extend(MINUTE), Input::Toggle, Input::Confirm, Input::Skip];
    for input in inputs {
        let mut other = session.clone();
        let _ = other.handle(now.clock, input);
        run_to_end(&mut other);
        let ended = other.handle(other.now(), Input::Stop);
        let is_end = |kind| matches!(kind, EventKind::Finished { outcome: Outcome::Stopped, .. });
        assert!(other.outcome().is_some() && ended.iter().all(|event| is_end(event.kind)), "{ended:?}");
    }
}

/// Rules accept any past, and a wait that they report is long enough.
fn assert_wait_suffices(now: Moment, doses: Doses, record_ahead: Duration) {
    let context = Context { now, doses, record_ahead, ..Context::default() };
    for kind in [StepKind::Cold, StepKind::Heat] {
        let draft = Draft::of("a", &[(kind, 10 * MINUTE)]);
        if let Some(wait) = start(&draft, Choice::default(), &context, &[]).possible {
            let (now, record_ahead) = (now + wait, record_ahead.saturating_sub(wait));
            let later = Context { now, record_ahead, ..context.clone() };
            let later = draft.review(Choice::default(), &later, &[]);
            assert!(later.is_ok(), "{wait:?} is too short: {later:?} with {context:?}");
        }
    }
}

// Keys.

/// Parses bytes from a terminal, in one read and in a read for each byte. Whatever they are, the end of a paste
/// and Enter make the next key a key.
#[cfg(unix)]
pub fn keys(input: &[u8]) {
    let (mut whole, mut split) = (Parser::default(), Parser::default());
    let (mut keys, mut same) = (Vec::new(), Vec::new());
    whole.feed(input, |key| keys.push(key));
    input.chunks(1).for_each(|byte| split.feed(byte, |key| same.push(key)));
    assert_eq!(keys, same, "{}", input.escape_ascii());
    if !input.contains(&0x1b) {
        let plain: Vec<_> = input.iter().filter_map(|byte| meaning_of(*byte)).collect();
        assert_eq!(keys, plain, "{}", input.escape_ascii());
    }
    let mut last = Vec::new();
    whole.feed(b"\x1b[201~\r q", |key| last.push(key));
    assert_eq!(last, [Input::Confirm, Input::Toggle, Input::Stop].map(Message::Said), "after {}", input.escape_ascii());
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn run_seeds(target: &str, holds: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds").join(target);
        let seeds = std::fs::read_dir(folder).expect("the seeds").map(|seed| seed.expect("a seed").path());
        let seeds: Vec<_> = seeds.collect();
        assert!(!seeds.is_empty(), "no seeds for {target}");
        for seed in seeds {
            eprintln!("{}", seed.display());
            holds(&std::fs::read(seed).expect("a file"));
        }
    }

    #[test]
    fn journal_seeds_pass() {
        run_seeds("journal", super::journal);
    }

    #[cfg(unix)]
    #[test]
    fn keys_seeds_pass() {
        run_seeds("keys", super::keys);
    }

    #[test]
    fn protocol_seeds_pass() {
        run_seeds("protocol", super::protocol);
    }

    #[test]
    fn settings_seeds_pass() {
        run_seeds("settings", super::settings);
    }

    #[test]
    fn when_seeds_pass() {
        run_seeds("when", super::when);
    }
}
