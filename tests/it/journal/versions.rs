//! A journal of an older version becomes one of this version, whole or not at all. A database of another program
//! is left alone.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rusqlite::{Connection, params};
use therapy::domain::rules::Context;
use therapy::domain::session::{Event, EventKind, Outcome};
use therapy::domain::site::Site;
use therapy::domain::step::{Modality, PerModality};
use therapy::edge::clock;
use therapy::edge::journal::{InjuryEntry, Journal, JournalError, NewTrial, Stamp, Undone};

use super::{FIRST, HOUR_MS, NOON_MS, events_of, hours, ice_20, min};
use crate::laws::START;
use crate::support::{Home, stderr, stdout};

const FIRST_VERSION: &str = include_str!("../../../src/edge/journal/1.sql");
const SECOND_STEP: &str = include_str!("../../../src/edge/journal/2.sql");
const THIRD_STEP: &str = include_str!("../../../src/edge/journal/3.sql");
const FOURTH_STEP: &str = include_str!("../../../src/edge/journal/4.sql");
const FIFTH_STEP: &str = include_str!("../../../src/edge/journal/5.sql");
const SIXTH_STEP: &str = include_str!("../../../src/edge/journal/6.sql");
const SEVENTH_STEP: &str = include_str!("../../../src/edge/journal/7.sql");
const MINUTE_MS: i64 = 60_000;
const ICE_20: &str = r#"[{"kind":"cold","length_ns":1200000000000,"note":"wrapped","round":1,"origin":0}]"#;

/// An empty journal of version 1.
fn first_version(folder: &Path) -> Connection {
    std::fs::create_dir_all(folder).expect("a folder");
    let old = Connection::open(folder.join("journal.db")).expect("a database");
    old.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN; {FIRST_VERSION} PRAGMA user_version = 1; COMMIT;"
    ))
    .expect("its tables");
    old
}

/// Brings a journal of version 1 to a later one.
fn bring_to(old: &Connection, version: u32) {
    const STEPS: [&str; 6] = [SECOND_STEP, THIRD_STEP, FOURTH_STEP, FIFTH_STEP, SIXTH_STEP, SEVENTH_STEP];
    for (number, step) in (2..=version).zip(STEPS) {
        let marks = format!("PRAGMA application_id = {}; PRAGMA user_version = {number};", 0x7468_7079);
        old.execute_batch(&format!("BEGIN; {step} {marks} COMMIT;")).expect("its tables");
    }
}

/// An empty journal of this version.
fn version(folder: &Path, number: u32) -> Connection {
    let old = first_version(folder);
    bring_to(&old, number);
    old
}

/// Writes 20 min of ice that began this many hours after noon, up to its event number `events`, the way version 1
/// did. It ended this many minutes after its start.
fn ice(old: &Connection, hour: i64, events: usize, outcome: Option<&str>, ended: Option<i64>) -> Vec<Event> {
    let started_ms = NOON_MS + hour * HOUR_MS;
    let ended_ms = ended.map(|minutes| started_ms + minutes * MINUTE_MS);
    let sql = "INSERT INTO session (protocol, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, started_ms, \
               planned_cold_ns, planned_heat_ns, pain_before, pain_after, outcome, ended_ms, cold_ns, heat_ns) \
               VALUES ('ice', ?, 0, 0, 0, 2000000000, 'rewarm', ?, 1200000000000, 0, 7, 4, ?, ?, 1200000000000, 0)";
    old.execute(sql, params![ICE_20, started_ms, outcome, ended_ms]).expect("a session");
    let id = old.last_insert_rowid();
    let all = events_of(&ice_20(), START + hours(hour.unsigned_abs()), &[]);
    for event in &all[..events] {
        let Stamp { wall_ms, boot, clock } = FIRST.at(event.at);
        let nanos = |length: Duration| i64::try_from(length.as_nanos()).expect("short");
        let (length, rule) = match event.kind {
            EventKind::StepBegan { length } => (Some(nanos(length)), None),
            EventKind::Finished { outcome, .. } => (Some(0), Some(outcome.name())),
            _ => (None, None),
        };
        let (at, elapsed) = (nanos(clock.since_origin()), nanos(event.elapsed));
        let sql = "INSERT INTO event (session, wall_ms, boot, clock_ns, elapsed_ns, step, kind, length_ns, rule) \
                   VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)";
        old.execute(sql, params![id, wall_ms, boot, at, elapsed, event.kind.name(), length, rule]).expect("an event");
    }
    all
}

fn count(folder: &Path, what: &str) -> i64 {
    let journal = Connection::open(folder.join("journal.db")).expect("a database");
    journal.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).expect("a number")
}

#[test]
fn nothing_of_version_1_is_lost() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let old = first_version(folder.path());
    let all = ice(&old, 0, 5, Some("completed"), Some(20));
    assert_eq!(all.len(), 5, "{all:?}");
    // Cut off after the halfway event. Version 1 wrote the time of that as the end; then the person gave another.
    ice(&old, 4, 3, Some("cut_off"), Some(10));
    ice(&old, 8, 3, Some("cut_off_told"), Some(12));
    let cut_off = ice(&old, 12, 3, None, None);
    let ended = |hour: i64, minutes: i64| NOON_MS + hour * HOUR_MS + minutes * MINUTE_MS;
    let scores = [(1, 4, ended(0, 21)), (1, 9, ended(24, 0)), (2, 3, ended(6, 10))];
    for (session, score, at) in scores {
        old.execute("INSERT INTO pain (session, score, noted_ms) VALUES (?, ?, ?)", [session, score, at])
            .expect("pain");
    }
    old.execute_batch(&format!(
        "INSERT INTO injury (happened_ms, noted_ms) VALUES ({0}, {0}); \
         INSERT INTO screening (injury, red_flag, noted_ms) VALUES (1, 1, {0});",
        NOON_MS - HOUR_MS
    ))
    .expect("an injury");
    drop(old);

    let journal = Journal::open(folder.path()).expect("it is brought up to date");
    let now = FIRST.at(START + hours(14));
    let history = journal.history(i64::MIN).expect("a history");
    let ends: Vec<_> = history.iter().map(|entry| (entry.outcome.as_deref(), entry.assumed, entry.ended_ms)).collect();
    assert_eq!(
        ends,
        [
            (Some("completed"), false, Some(ended(0, 20))),
            (Some("cut_off"), true, Some(ended(4, 10))),
            (Some("cut_off"), false, Some(ended(8, 12))),
            (None, true, None),
        ]
    );
    // A score of the next day is not the pain after the session, and a score before each session has its own row.
    let pain: Vec<_> = history.iter().map(|entry| entry.pain).collect();
    assert_eq!(pain, [[Some(7), Some(4)], [Some(7), Some(3)], [Some(7), None], [Some(7), None]]);
    assert_eq!(count(folder.path(), "pain"), 3 + 4);
    assert_eq!(count(folder.path(), "pain WHERE session IS NULL AND score = 9"), 1);
    assert!(history.iter().all(|entry| entry.overrides == "rewarm" && entry.protocol == "ice"));
    let record = journal.record(1, &now).expect("a record");
    let finished =
        EventKind::Finished { outcome: Outcome::Completed, given: PerModality { cold: min(20), heat: Duration::ZERO } };
    assert_eq!((&record.events[..4], record.events[4].kind), (&all[..4], finished));
    assert_eq!(record.protocol.steps()[0].note.as_deref(), Some("wrapped"));
    let given = [1, 2, 3].map(|id| journal.record(id, &now).expect("a record").doses(&now).total(Modality::Cold));
    assert_eq!(given, [min(20), min(20), min(12)], "all of its step where the end is not known");
    assert_eq!(journal.open_session(&now).expect("read").expect("it was cut off").events, cut_off[..3]);
    let injuries = journal.injuries().expect("read");
    assert_eq!(injuries, [InjuryEntry { id: 1, happened_ms: Some(NOON_MS - HOUR_MS), site: None }]);
    assert_eq!(journal.screenings().expect("read"), [], "the question had two meanings");
    for ids in ["session", "pain", "about"] {
        let distinct = format!("(SELECT DISTINCT uid FROM {ids} WHERE length(uid) = 32)");
        assert_eq!(count(folder.path(), &distinct), count(folder.path(), ids), "{ids}");
    }
    drop(journal);
    let names = std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["journal.db", "session.lock"], "one whole file, and the lock that was needed");
}

/// Tables, indexes and triggers, also those of constraints.
#[test]
fn a_migrated_journal_has_the_schema_of_a_new_one() {
    let new = tempfile::tempdir().expect("a temporary folder");
    let olds: Vec<_> = (1..=7).map(|number| (tempfile::tempdir().expect("a temporary folder"), number)).collect();
    for (folder, number) in &olds {
        drop(version(folder.path(), *number));
    }
    let schema = |folder: &Path| -> Vec<[String; 4]> {
        let journal = Journal::open(folder).expect("a journal");
        let sql = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name";
        let mut all = journal.as_ref().prepare(sql).expect("a query");
        let rows = all.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    };
    for (old, number) in &olds {
        assert_eq!(schema(old.path()), schema(new.path()), "version {number}");
    }
    // It sees each kind of difference.
    let before = schema(new.path());
    for change in [
        "CREATE TRIGGER no BEFORE UPDATE ON pain BEGIN SELECT RAISE(ABORT, 'no'); END",
        "DROP INDEX pain_session",
        "CREATE INDEX more ON pain(score)",
    ] {
        let other = tempfile::tempdir().expect("a temporary folder");
        Journal::open(other.path()).expect("a journal").as_ref().execute_batch(change).expect("a change");
        assert_ne!(schema(other.path()), before, "{change}");
    }
}

#[test]
fn nothing_of_version_2_is_lost() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let old = version(folder.path(), 2);
    old.execute_batch(&format!(
        "INSERT INTO session (uid, protocol, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, started_ms, \
         planned_cold_ns, planned_heat_ns, outcome, ended_ms, cold_ns, heat_ns) \
         VALUES ('u1', 'ice', '{ICE_20}', 0, 0, 0, 2000000000, '', {NOON_MS}, 1200000000000, 0, 'stopped', \
         {NOON_MS} + 600000, 600000000000, 0); \
         INSERT INTO pain (uid, session, role, score, noted_ms) VALUES ('u2', 1, 'after', 3, {NOON_MS}); \
         INSERT INTO injury (happened_ms, noted_ms) VALUES ({NOON_MS}, {NOON_MS}); \
         INSERT INTO screening (injury, signs, noted_ms) VALUES (1, '', {NOON_MS});"
    ))
    .expect("rows");
    let about: String = old.query_row("SELECT uid FROM about", [], |row| row.get(0)).expect("an id");
    drop(old);

    let journal = Journal::open(folder.path()).expect("it is brought up to date");
    let history = journal.history(i64::MIN).expect("a history");
    let entry = &history[0];
    assert_eq!((entry.outcome.as_deref(), entry.pain), (Some("stopped"), [None, Some(3)]));
    assert_eq!((entry.actual.cold, entry.ended_ms), (min(10), Some(NOON_MS + 600_000)));
    assert_eq!(journal.screenings().expect("read")[0].signs.as_deref(), Some(&[][..]), "the answer still counts");
    let same = format!("about WHERE uid = '{about}'");
    assert_eq!([count(folder.path(), &same), count(folder.path(), "tried")], [1, 0]);
    assert!(!journal.knows_of("sound").expect("read"));
}

/// A session, a score and an injury of before have no site: they count everywhere, and no other dose.
#[test]
fn nothing_of_version_3_is_lost_and_it_counts_everywhere() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let old = version(folder.path(), 3);
    // Cold, then heat straight after it.
    one_step(&old, 0, ICE_20);
    one_step(&old, 20, &ICE_20.replace("cold", "heat"));
    old.execute_batch(&format!(
        "INSERT INTO pain (uid, session, role, score, noted_ms) VALUES ('u2', 1, 'after', 3, {NOON_MS}); \
         INSERT INTO injury (happened_ms, noted_ms) VALUES ({NOON_MS} - 9, 1), (NULL, 2), ({NOON_MS} - 8, 3), ({NOON_MS}, 4); \
         INSERT INTO screening (injury, signs, noted_ms) VALUES (4, 'fever', {NOON_MS}); \
         INSERT INTO tried (rung, program, heard, noted_ms) VALUES ('sound', 'pw-play', 1, {NOON_MS});"
    ))
    .expect("rows");
    drop(old);

    let journal = Journal::open(folder.path()).expect("it is brought up to date");
    let history = journal.history(i64::MIN).expect("a history");
    assert_eq!(history.iter().map(|entry| entry.site).collect::<Vec<_>>(), [None, None]);
    assert_eq!((history[0].pain, history[0].actual.cold), ([None, Some(3)], min(20)));
    let current = InjuryEntry { id: 4, happened_ms: Some(NOON_MS), site: None };
    assert_eq!(journal.injuries().expect("read"), [current], "only the last one was current");
    assert_eq!(count(folder.path(), "injury"), 4, "the others stay");
    assert_eq!(journal.screenings().expect("read")[0].signs.as_deref(), Some(&["fever".to_owned()][..]));
    assert!(journal.knows_of("sound").expect("read"));
    let now = FIRST.at(START + min(40));
    let (doses, _) = journal.doses(&now, None).expect("read");
    for name in ["lower-back", "left-foot", "neck", "other"] {
        let load = doses.load(Site::from_name(name).expect("a site"), now.clock);
        assert_eq!((load.of(Modality::Cold), load.of(Modality::Heat)), (min(10), min(20)), "{name}");
    }
    let starts = journal.starts(NOON_MS).expect("read");
    assert_eq!(starts, [(NOON_MS, None), (NOON_MS + 20 * MINUTE_MS, None)]);
}

/// A session of version 3 with one step, this many minutes after noon.
fn one_step(old: &Connection, minute: i64, steps: &str) {
    let started_ms = NOON_MS + minute * MINUTE_MS;
    let is_cold = i64::from(steps.contains("cold"));
    let nanos = |minutes: i64| minutes * 60_000_000_000;
    let (cold, heat) = (nanos(20 * is_cold), nanos(20 * (1 - is_cold)));
    let sql = "INSERT INTO session (uid, protocol, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, started_ms, \
               planned_cold_ns, planned_heat_ns, outcome, ended_ms, cold_ns, heat_ns) \
               VALUES (hex(randomblob(16)), 'one', ?, 0, 0, 0, 2000000000, '', ?, ?, ?, 'completed', ?, ?, ?)";
    old.execute(sql, params![steps, started_ms, cold, heat, started_ms + 20 * MINUTE_MS, cold, heat])
        .expect("a session");
    let id = old.last_insert_rowid();
    let begin = nanos(minute) + i64::try_from(START.since_origin().as_nanos()).expect("early");
    for (kind, at, length, rule) in [
        ("started", 0, None, None),
        ("step_began", 0, Some(nanos(20)), None),
        ("finished", 20, Some(cold), Some("completed")),
    ] {
        let sql = "INSERT INTO event (session, wall_ms, boot, clock_ns, elapsed_ns, step, kind, length_ns, rule) \
                   VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)";
        let wall_ms = started_ms + at * MINUTE_MS;
        old.execute(sql, params![id, wall_ms, FIRST.boot, begin + nanos(at), nanos(at), kind, length, rule])
            .expect("an event");
    }
}

/// A score of before is about the moment when it was noted, and the last one is taken back first.
#[test]
fn nothing_of_version_4_is_lost_and_its_scores_can_be_taken_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let old = version(folder.path(), 4);
    one_step(&old, 0, ICE_20);
    old.execute_batch(&format!(
        "UPDATE session SET site = 'left-knee'; \
         INSERT INTO pain (uid, session, role, score, site, noted_ms) VALUES ('u1', 1, 'before', 7, 'left-knee', {NOON_MS}), \
         ('u2', 1, 'after', 3, 'left-knee', {NOON_MS} + 1260000), ('u3', NULL, NULL, 5, 'neck', {NOON_MS} + 18000000); \
         INSERT INTO injury (happened_ms, site, noted_ms) VALUES ({NOON_MS}, 'left-knee', {NOON_MS}), (NULL, 'neck', 2);"
    ))
    .expect("rows");
    drop(old);

    let journal = Journal::open(folder.path()).expect("it is brought up to date");
    let entry = |journal: &Journal| journal.history(i64::MIN).expect("a history").remove(0);
    assert_eq!((entry(&journal).pain, entry(&journal).site), ([Some(7), Some(3)], Site::from_name("left-knee")));
    let neck = Site::from_name("neck");
    assert_eq!(journal.scores_alone(i64::MIN).expect("read"), [(NOON_MS + 18_000_000, 5, neck)]);
    assert_eq!(journal.injuries().expect("read").len(), 2);
    let now = FIRST.at(START + hours(6));
    assert_eq!((journal.told(&now).expect("read"), journal.notes(i64::MIN).expect("read")), (vec![], vec![]));
    let undone = [0, 1, 2].map(|_| journal.undo(&now).expect("written"));
    let pain = |score, at_ms| Some(Undone::Pain(score, at_ms));
    assert_eq!(undone, [pain(5, NOON_MS + 18_000_000), pain(3, NOON_MS + 1_260_000), None]);
    assert_eq!(entry(&journal).pain, [Some(7), None], "the score before a session belongs to it");
    assert_eq!(count(folder.path(), "pain"), 3, "nothing is deleted");
}

/// What was told, answered and planned here is of this journal, and every row has an id of its own.
#[test]
fn nothing_of_version_6_is_lost_and_it_is_of_this_journal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let old = version(folder.path(), 6);
    one_step(&old, 0, ICE_20);
    old.execute_batch(&format!(
        "INSERT INTO told (uid, nth, kind, site, length_ns, ended_ms, noted_ms, boot, clock_ns) \
         VALUES ('t1', 3, 'cold', 'neck', 600000000000, {NOON_MS}, {NOON_MS}, 'first', 1); \
         INSERT INTO note (uid, nth, session, text, at_ms, noted_ms) VALUES ('n1', 2, 1, 'white', {NOON_MS}, {NOON_MS}); \
         INSERT INTO pain (uid, nth, session, role, score, noted_ms) VALUES ('p1', 1, 1, 'after', 3, {NOON_MS}); \
         INSERT INTO injury (happened_ms, site, noted_ms, over_ms) VALUES ({NOON_MS}, 'neck', 1, 2), (NULL, 'neck', 2, NULL); \
         INSERT INTO screening (injury, signs, noted_ms) VALUES (1, 'fever', 1), (NULL, '', 2); \
         INSERT INTO planned (uid, protocol, site, from_ms, to_ms, sequence, made_ms) \
         VALUES ('k1', 'ice', 'neck', {NOON_MS}, {NOON_MS} + 900000, 1, 7);"
    ))
    .expect("rows");
    drop(old);

    let journal = Journal::open(folder.path()).expect("it is brought up to date");
    for table in ["session", "told", "note", "pain", "injury", "screening", "planned"] {
        let rows = count(folder.path(), table);
        assert!(rows > 0, "{table}");
        assert_eq!(count(folder.path(), &format!("{table} WHERE origin IS NULL")), rows, "{table}");
        let ids = format!("(SELECT DISTINCT uid FROM {table} WHERE length(uid) > 0)");
        assert_eq!(count(folder.path(), &ids), rows, "{table}");
    }
    assert_eq!(
        [count(folder.path(), "session WHERE was_open"), count(folder.path(), "told WHERE imported_ms")],
        [0, 0]
    );
    let now = FIRST.at(START + hours(2));
    assert_eq!(journal.told(&now).expect("read").len(), 1);
    assert_eq!(journal.screenings().expect("read").len(), 2);
    let at = Site::from_name("neck");
    assert_eq!(journal.injuries().expect("read"), [InjuryEntry { id: 2, happened_ms: None, site: at }]);
    assert_eq!(journal.kept(0).expect("read")[0].uid, "k1");
    journal.set_injury(Some(NOON_MS), at, |_| true, &now).expect("written");
    journal.screened(Some(&[]), &[3], &now).expect("written");
    assert_eq!(count(folder.path(), "injury WHERE length(uid) = 32"), 3);
    assert_eq!(count(folder.path(), "screening WHERE length(uid) = 32"), 3);
}

/// A journal from before there were trials has none, and its scores belong to no trial.
#[test]
fn nothing_of_version_7_is_lost_and_a_trial_can_begin() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let old = version(folder.path(), 7);
    one_step(&old, 0, ICE_20);
    old.execute_batch(&format!(
        "INSERT INTO pain (uid, nth, session, role, score, noted_ms) VALUES ('p1', 1, 1, 'after', 3, {NOON_MS})"
    ))
    .expect("rows");
    drop(old);
    let journal = Journal::open(folder.path()).expect("it is brought up to date");
    assert_eq!([count(folder.path(), "session"), count(folder.path(), "pain")], [1, 1]);
    assert_eq!(journal.last_trial().expect("read"), None);
    let now = FIRST.at(START);
    let new = NewTrial { options: ["ice", "rest"], rest: min(15), site: Site::default(), blocks: 12, seed: Some(7) };
    journal.start_trial(&new, &now).expect("written");
    assert!(journal.start_trial(&new, &now).is_err(), "one at a time");
    let trial = journal.last_trial().expect("read").expect("a trial");
    assert_eq!((trial.seed, trial.blocks, trial.rest, trial.ended_ms), (7, 12, min(15), None));
    assert_eq!(journal.drawn(trial.id).expect("read"), []);
    journal.end_trial(trial.id, false, &now).expect("written");
    journal.end_trial(trial.id, true, &now).expect("written");
    assert!(!journal.last_trial().expect("read").expect("a trial").is_stopped, "it had ended");
    journal.start_trial(&NewTrial { seed: None, ..new }, &now).expect("another one");
}

/// An injury that was cleared before there was `injury none` is no statement that there is none.
#[test]
fn an_injury_that_was_cleared_stays_cleared() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let old = version(folder.path(), 3);
    old.execute_batch("INSERT INTO injury (happened_ms, noted_ms) VALUES (1, 1), (NULL, 2);").expect("rows");
    drop(old);
    let journal = Journal::open(folder.path()).expect("it is brought up to date");
    assert_eq!(journal.injuries().expect("read"), []);
    assert_eq!(count(folder.path(), "injury WHERE over_ms = 2"), 2);
}

/// Each injury has its site and its own clock. What is replaced or cleared stays in the journal.
#[test]
fn several_injuries_have_their_own_clocks() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let journal = Journal::open(folder.path()).expect("a journal");
    let now = FIRST.at(START);
    let (ankle, back) = (Site::from_name("left-ankle"), Some(Site::LOWER_BACK));
    journal.set_injury(Some(1), ankle, |_| false, &now).expect("written");
    journal.set_injury(Some(2), back, |_| false, &now).expect("written");
    let entry = |id, happened_ms, site| InjuryEntry { id, happened_ms, site };
    assert_eq!(journal.injuries().expect("read"), [entry(1, Some(1), ankle), entry(2, Some(2), back)]);
    journal.set_injury(Some(3), ankle, |old| old.site == ankle, &now).expect("written");
    journal.set_injury(None, None, |old| old.id == 2, &now).expect("written");
    assert_eq!(journal.injuries().expect("read"), [entry(3, Some(3), ankle), entry(4, None, None)]);
    journal.clear_injuries(|old| old.id == 3, &now).expect("written");
    assert_eq!(journal.injuries().expect("read"), [entry(4, None, None)]);
    assert_eq!(count(folder.path(), "injury"), 4);
}

/// A place that a later version knows is a place that is not known.
#[test]
fn a_site_that_is_not_in_the_table_counts_everywhere() {
    let place = super::Place::new();
    place.session(&ice_20(), START, &[], &FIRST);
    assert_eq!(place.journal.history(i64::MIN).expect("read")[0].site, Some(Site::LOWER_BACK));
    place.journal.as_ref().execute("UPDATE session SET site = 'left-eyebrow'", []).expect("a row");
    assert_eq!(place.journal.history(i64::MIN).expect("read")[0].site, None);
    let now = FIRST.at(START + min(20));
    let load = |name| {
        let site = Site::from_name(name).expect("a site");
        Context { site, ..place.context(&now) }.load().of(Modality::Cold)
    };
    assert_eq!([load("lower-back"), load("left-foot")], [min(20); 2]);
}

/// An answer counts for the program that it was about.
#[test]
fn what_was_heard_is_void_when_the_player_changes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let journal = Journal::open(folder.path()).expect("a journal");
    let now = FIRST.at(START);
    let heard = |program| journal.was_heard("sound", program).expect("read");
    journal.note_tried("sound", None, None, &now).expect("told");
    assert!(journal.knows_of("sound").expect("read") && !journal.knows_of("speech").expect("read"));
    assert_eq!(heard("pw-play"), None);
    journal.note_tried("sound", Some("pw-play"), Some(true), &now).expect("tried");
    journal.note_tried("sound", Some("pw-play"), None, &now).expect("tried");
    assert_eq!((heard("pw-play"), heard("aplay")), (Some(true), None));
    assert_eq!(journal.was_heard("speech", "pw-play").expect("read"), None);
    journal.note_tried("sound", Some("aplay"), Some(false), &now).expect("tried");
    assert_eq!((heard("pw-play"), heard("aplay")), (None, Some(false)));
    journal.try_commit().expect("a commit");
    assert_eq!(count(folder.path(), "tried"), 4, "it leaves no trace");
}

/// Whenever the process is killed, the journal opens afterwards, and all is there.
#[test]
fn a_migration_that_is_killed_loses_nothing() {
    for version in 1..=7 {
        migration_is_killed(version, 40);
    }
}

#[test]
#[ignore = "takes a minute"]
fn a_migration_from_each_version_that_is_killed_at_200_moments_loses_nothing() {
    for version in 1..=7 {
        migration_is_killed(version, 200);
    }
}

fn migration_is_killed(version: u32, kills: u64) {
    const SESSIONS: i64 = 400;
    let whole = tempfile::tempdir().expect("a temporary folder");
    let old = first_version(whole.path());
    old.execute_batch("BEGIN").expect("a transaction");
    for number in 0..SESSIONS {
        ice(&old, number, 5, Some("completed"), Some(20));
    }
    old.execute_batch("COMMIT").expect("sessions");
    bring_to(&old, version);
    old.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").expect("one file");
    drop(old);
    let file = std::fs::read(whole.path().join("journal.db")).expect("a file");
    let prepared = |home: &Home| {
        std::fs::create_dir_all(home.data()).expect("a folder");
        std::fs::write(home.journal(), &file).expect("a file");
    };
    // The time of one that is not killed, on this machine and now.
    let home = Home::empty();
    prepared(&home);
    let began = clock::now();
    home.ask(&["history"]);
    let all = u64::try_from(clock::now().since(began).as_micros()).expect("short");
    let (mut before, mut after) = (0, 0);
    // On a machine that is busier now than it was then, until some were killed after the commit too.
    for kill in (0..kills).chain((1..8).map(|more| kills << more)) {
        if kill >= kills && after > 0 {
            break;
        }
        let home = Home::empty();
        prepared(&home);
        let mut command = home.command(&["history"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        clock::wait(Duration::from_micros(all * kill / kills));
        let _ = child.kill();
        child.wait().expect("it ends");
        let is_new = home.number("SELECT user_version FROM pragma_user_version") == 8;
        *(if is_new { &mut after } else { &mut before }) += 1;
        home.ask(&["next"]);
        assert_eq!(home.number("SELECT count(*) FROM session"), SESSIONS, "killed after {kill} of {kills}");
        assert_eq!(home.number("SELECT count(*) FROM event"), 5 * SESSIONS);
        assert!(!home.data().join("journal.db.old").exists(), "the old one is removed in the end");
    }
    println!("from version {version}: {before} kills before the commit, {after} after it");
    assert!(before > 0 && after > 0, "{before} before, {after} after");
}

#[test]
fn no_migration_while_an_older_session_runs() {
    let home = Home::empty();
    drop(first_version(&home.data()));
    let lock = Journal::lock(&home.data()).expect("a lock").expect("it is free");
    let path = home.journal().display().to_string();
    let why = format!("{path}: a session of an earlier version of therapy is running");
    let way_out = "end it in its own terminal, with q: this version cannot control it";
    for (command, code) in [
        (&["history"][..], 1),
        (&["status"], 1),
        (&["stop"], 1),
        (&["extend", "5"], 1),
        (&["pain", "3"], 1),
        (&["run", "ice"], 3),
        (&["run", "ice", "--dry-run"], 3),
        (&["run", "ice", "--override", "rewarm", "--override", "cold-daily"], 3),
    ] {
        let refused = home.run(command);
        assert_eq!((refused.status.code(), stderr(&refused)), (Some(code), format!("error: {why}\n  {way_out}\n")));
    }
    let next = home.run(&["next"]);
    assert!(stderr(&next).ends_with(&format!("warning: {why}; {way_out}\n")), "{}", stderr(&next));
    assert!(stdout(&next).starts_with("Nothing now: a session is running.\n"), "{}", stdout(&next));
    assert_eq!(home.number("SELECT user_version FROM pragma_user_version"), 1);
    drop(lock);
    assert_eq!(home.ask(&["history"]), "No sessions yet.\n");
    assert_eq!(home.number("SELECT user_version FROM pragma_user_version"), 8);
}

#[test]
fn a_session_of_version_1_that_was_cut_off_is_resumed() {
    let home = Home::at_rate(1000.0);
    std::fs::remove_dir_all(home.data()).expect("another journal");
    let old = first_version(&home.data());
    ice(&old, 0, 3, None, None);
    // At this rate the machine is always late.
    old.execute("UPDATE session SET grace_ns = 1000 * grace_ns", []).expect("rows");
    // Eleven minutes ago it was noon.
    let moved = clock::wall().as_millisecond() - 11 * 60_000 - NOON_MS;
    old.execute("UPDATE event SET wall_ms = wall_ms + ?", [moved]).expect("rows");
    drop(old);
    let resumed = home.run(&["resume", "--no-notify", "--progress", "json"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
    assert!(stdout(&resumed).contains("\"step_soon\"") && stdout(&resumed).contains("\"completed\""), "{resumed:?}");
    assert_eq!(home.history()[0]["cold_s"].as_f64(), Some(1200.0));
}

/// It may have the same number of a version, and even tables of the same names.
#[test]
fn a_database_of_another_program_is_left_alone() {
    let ours = FIRST_VERSION;
    for (tables, marks) in [
        ("CREATE TABLE song (id INTEGER);", "PRAGMA user_version = 1;"),
        ("CREATE TABLE session (id INTEGER);", "PRAGMA user_version = 2;"),
        (&*format!("{ours} CREATE TABLE song (id INTEGER);"), "PRAGMA user_version = 1;"),
        (ours, "PRAGMA user_version = 1; PRAGMA application_id = 77;"),
        (ours, "PRAGMA user_version = 0;"),
        (
            "CREATE TABLE event (id); CREATE TABLE injury (id); CREATE TABLE pain (id); CREATE TABLE request (id);
             CREATE TABLE screening (id); CREATE TABLE session (id);",
            "PRAGMA user_version = 1;",
        ),
        (
            &*ours.replace("outcome TEXT", "result TEXT").replace("WHERE outcome", "WHERE result"),
            "PRAGMA user_version = 1;",
        ),
        (&*format!("{ours} ALTER TABLE pain ADD COLUMN song TEXT;"), "PRAGMA user_version = 1;"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("journal.db");
        let other = Connection::open(&path).expect("a database");
        other.execute_batch(&format!("{tables} {marks}")).expect("tables");
        drop(other);
        let before = std::fs::read(&path).expect("a file");
        let error = Journal::open(folder.path()).expect_err("it is no journal");
        assert!(
            matches!(&error, JournalError::Damaged { why, .. } if why == "it is not a journal of therapy"),
            "{error}"
        );
        assert!(std::fs::read(&path).expect("a file") == before, "{marks}: it was changed");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "{marks}: a file was added");
    }
}

/// The tables are those of version 1, and the database refuses the change.
#[test]
fn a_migration_that_fails_leaves_no_copy_and_shows_no_statement() {
    for refusal in [
        "CREATE TRIGGER no BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'no'); END;",
        "CREATE TRIGGER no BEFORE UPDATE ON session BEGIN UPDATE song SET id = 1; END;",
        "CREATE INDEX session_uid ON pain(score);",
    ] {
        let home = Home::empty();
        let old = first_version(&home.data());
        ice(&old, 0, 5, Some("completed"), Some(20));
        old.execute_batch(refusal).expect("a change");
        drop(old);
        let output = home.run(&["history"]);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{refusal}: {errors}");
        assert!(!errors.contains("UPDATE") && !errors.contains("CREATE") && !errors.contains(" at offset"), "{errors}");
        assert!(!home.data().join("journal.db.old").exists(), "{refusal}");
        assert_eq!(home.number("SELECT user_version FROM pragma_user_version"), 1, "{refusal}");
        assert_eq!(home.number("SELECT count(*) FROM session"), 1, "{refusal}");
    }
}

/// Eight later sessions, and a wall clock that is days ahead, hide no dose of this boot.
#[test]
fn a_wall_clock_set_forward_hides_no_dose_of_this_boot() {
    let place = super::Place::new();
    place.session(&ice_20(), START, &[], &FIRST);
    let rest = super::protocol(&[(therapy::domain::step::StepKind::Rest, min(1))]);
    let ahead = super::Clocks { origin_ms: FIRST.origin_ms + 9 * 24 * HOUR_MS, ..FIRST };
    for number in 0..8 {
        place.session(&rest, START + min(21 + 2 * number), &[], &ahead);
    }
    let cold = |now: &Stamp| place.context(now).load().of(Modality::Cold);
    assert_eq!(cold(&ahead.at(START + min(40))), min(10));
}
