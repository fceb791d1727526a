//! A damaged journal gives an error, never a wrong answer. Also: the permissions of the file.

use std::path::Path;
use std::process::Stdio;
use std::sync::OnceLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;
use therapy::domain::course::doses;
use therapy::domain::dose::Doses;
use therapy::domain::exposure::Load;
use therapy::domain::protocol::Protocol;
use therapy::domain::session::Input;
use therapy::domain::site::Site;
use therapy::domain::step::Step;
use therapy::domain::step::StepKind::{Cold, Heat, Rest};
use therapy::edge::journal::{Journal, JournalError, Record};

#[cfg(unix)]
use super::SECOND;
use super::{FIRST, HOUR_MS, NOON_MS, Place, hours, min, protocol};
use crate::laws::{START, config};
use crate::support::{Home, stderr};

/// Number of sessions in the journal that the tests damage.
const MANY: usize = 12;
/// Number of sessions in the file itself. The others are in its log.
const SETTLED: usize = 8;

/// A journal in use: the file, and a log that is not merged yet.
struct Used {
    file: Vec<u8>,
    log: Vec<u8>,
}

fn sqlite(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("journal.db")).expect("a database")
}

fn used() -> &'static Used {
    static USED: OnceLock<Used> = OnceLock::new();
    USED.get_or_init(|| {
        let place = Place::new();
        let contrast = protocol(&[(Heat, min(10)), (Cold, min(10)), (Rest, min(1))]);
        let mut start = START;
        for number in 0..MANY {
            if number == SETTLED {
                let settle = "PRAGMA wal_checkpoint(TRUNCATE)";
                sqlite(place.path()).query_row(settle, [], |_| Ok(())).expect("the log is taken in");
            }
            // The last session is still running.
            let inputs = if number == MANY - 1 { &[(min(5), Input::Pause)][..] } else { &[] };
            place.session(&contrast, start, inputs, &FIRST);
            place.journal.set_injury(Some(NOON_MS - HOUR_MS), None, |_| false, &FIRST.at(start)).expect("an injury");
            start = start + hours(2);
        }
        let read = |name: &str| std::fs::read(place.path().join(name)).expect("a file");
        Used { file: read("journal.db"), log: read("journal.db-wal") }
    })
}

impl Used {
    /// The whole journal in one file.
    fn settled(&self) -> Vec<u8> {
        let folder = write_files(&self.file, Some(&self.log));
        drop(sqlite(folder.path()).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        std::fs::read(folder.path().join("journal.db")).expect("a file")
    }
}

fn write_files(file: &[u8], log: Option<&[u8]>) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("journal.db"), file).expect("a file");
    if let Some(log) = log {
        std::fs::write(folder.path().join("journal.db-wal"), log).expect("a file");
    }
    folder
}

/// The error names the file and a way out, and has no control characters.
fn assert_clear(error: &JournalError) {
    let text = format!("{error}; {}", error.hint());
    assert!(text.contains("journal.db"), "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(!error.hint().is_empty());
}

/// Makes every query that commands make. Each error must be clear, and each session that can be read must
/// be resumable. Returns the number of sessions and of events, if they can be read.
fn probe(folder: &Path) -> Option<(usize, usize)> {
    fn clear<T>(read: Result<T, JournalError>) -> Option<T> {
        read.inspect_err(assert_clear).ok()
    }
    let now = FIRST.after(hours(72));
    let journal = clear(Journal::open(folder))?;
    let record = |record: Record| {
        if let Some(mut session) = record.session() {
            let _ = session.advance(now.clock);
            let _ = session.handle(now.clock, Input::Stop);
        }
        let _ = doses(&record.protocol, &record.events, now.clock).load(Site::LOWER_BACK, now.clock);
        record.events.len()
    };
    clear(journal.open_session(&now)).flatten().map(record);
    clear(journal.doses(&now, None));
    clear(journal.injuries());
    clear(journal.starts(i64::MIN));
    clear(journal.told(&now));
    clear(journal.told_since(i64::MIN, &now));
    clear(journal.notes(i64::MIN));
    clear(journal.scores_alone(i64::MIN));
    clear(journal.screenings());
    clear(journal.requests(1, 0));
    let history = clear(journal.history(i64::MIN))?;
    let mut events = 0;
    for entry in &history {
        events += clear(journal.record(entry.id, &now)).map(record)?;
    }
    Some((history.len(), events))
}

#[test]
fn a_truncated_journal_is_reported() {
    let whole = used().settled();
    let all = probe(write_files(&whole, None).path()).expect("an intact journal");
    assert_eq!(all.0, MANY);
    let page = usize::from(u16::from_be_bytes([whole[16], whole[17]]));
    let boundaries = (0..whole.len()).step_by(page);
    let odd = (0..24).map(|number| number * 7919 % whole.len());
    for length in boundaries.chain(odd) {
        let folder = write_files(&whole[..length], None);
        let read = probe(folder.path());
        assert!(read.is_none_or(|read| read == all), "cut at {length}: {read:?} of {all:?} and no error");
        if length < page {
            assert!(Journal::open(folder.path()).is_err(), "cut at {length}: without a head it is no journal");
        }
    }
}

#[test]
fn a_truncated_log_loses_only_the_last_events() {
    let Used { file, log } = used();
    let page = usize::from(u16::from_be_bytes([file[16], file[17]]));
    let frames = (32..=log.len()).step_by(page + 24);
    let odd = (0..24).map(|number| number * 104_729 % log.len());
    let mut cuts: Vec<usize> = frames.chain(odd).chain([log.len()]).collect();
    cuts.sort_unstable();
    let mut before = (SETTLED, 0);
    for length in cuts {
        let folder = write_files(file, Some(&log[..length]));
        let read = probe(folder.path()).expect("what was written before can be read");
        assert!(read >= before, "cut at {length}: {read:?}, but a shorter log gave {before:?}");
        before = read;
    }
    assert_eq!(before.0, MANY);
    assert_eq!(Some(before), probe(write_files(&used().settled(), None).path()));
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn flipped_bits_in_the_file_cause_at_most_an_error(
        flips in vec((any::<Index>(), 1..=u8::MAX), 1..12), in_the_log in any::<bool>(),
    ) {
        let Used { file, log } = used();
        let (mut file, mut log) = (file.clone(), log.clone());
        let hit = if in_the_log { &mut log } else { &mut file };
        for (place, bits) in flips {
            let place = place.index(hit.len());
            hit[place] ^= bits;
        }
        let read = probe(write_files(&file, Some(&log)).path());
        // The log has checksums. Damage can only make it shorter.
        prop_assert!(!in_the_log || read.is_some_and(|(sessions, _)| sessions >= SETTLED), "{:?}", read);
    }
}

#[test]
fn any_value_in_a_row_causes_at_most_an_error() {
    let whole = used().settled();
    let columns = {
        let folder = write_files(&whole, None);
        let sql = "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table'";
        let database = sqlite(folder.path());
        let mut statement = database.prepare(sql).expect("a query");
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        rows.and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>).expect("columns")
    };
    let values = [
        "NULL",
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "1e300",
        "'\u{1b}[2J'",
        "x'ff00fe'",
        "'[]'",
        r#"'[{"kind":"cold","length_ns":9223372036854775807,"note":null,"round":4294967295,"origin":18446744073709551615}]'"#,
        "'started'",
        "'overran'",
        "'finished'",
    ];
    let mut tried = 0;
    for (table, column) in columns {
        for value in values {
            let folder = write_files(&whole, None);
            let sql =
                format!("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; UPDATE {table} SET {column} = {value}");
            // An id must stay unique.
            let one = if column == "id" { " WHERE id = 3" } else { "" };
            if sqlite(folder.path()).execute_batch(&(sql + one)).is_ok() {
                tried += 1;
                probe(folder.path());
                let shown = Journal::open(folder.path()).and_then(|journal| journal.history(i64::MIN));
                for entry in shown.unwrap_or_default() {
                    let text = format!("{}{:?}{}", entry.protocol, entry.outcome, entry.overrides);
                    assert!(!text.contains(char::is_control), "{text:?}");
                }
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

#[test]
fn other_files_are_never_read_as_an_empty_journal() {
    let empty_database = {
        let folder = tempfile::tempdir().expect("a temporary folder");
        sqlite(folder.path()).execute_batch("CREATE TABLE other (id); DROP TABLE other").expect("a database");
        std::fs::read(folder.path().join("journal.db")).expect("a file")
    };
    for file in [empty_database, Vec::new(), vec![0; 4096], b"SQLite format 3\0".to_vec(), b"notes\n".repeat(999)] {
        let folder = write_files(&file, None);
        let error = Journal::open(folder.path()).expect_err("not a journal");
        assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
        assert_clear(&error);
        let left = std::fs::read(folder.path().join("journal.db")).expect("it is left there");
        assert_eq!(left.len(), file.len());
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("journal.db")).expect("a folder");
    let error = Journal::open(folder.path()).expect_err("not even a file");
    assert_clear(&error);
}

#[test]
fn a_journal_of_a_newer_version_is_refused() {
    let place = Place::new();
    sqlite(place.path()).pragma_update(None, "user_version", 99).expect("a version");
    let error = Journal::open(place.path()).expect_err("newer");
    assert!(matches!(error, JournalError::Newer { found: 99, .. }), "{error}");
    assert_clear(&error);
}

#[test]
fn text_from_the_journal_is_printable() {
    let evil = "a\u{1b}]0;b\u{7}\u{9b}31m<b>c</b>\n\rd";
    let place = Place::new();
    let evil_text = || Some(evil.to_owned());
    let step = Step { note: evil_text(), cue: evil_text(), ..Step::new(Cold, min(10)) };
    let protocol = Protocol::recorded(evil.to_owned(), Site::LOWER_BACK, [(step, None)], Load::NONE, Doses::default())
        .expect("a step");
    let id = place.session(&protocol, START, &[], &FIRST);
    let request = place.journal.ask(id, Input::Pause).expect("asked");
    place.journal.commit(id, &[], &[(request, evil.to_owned())]).expect("answered");
    sqlite(place.path())
        .execute("UPDATE session SET outcome = ?1, overrides = ?1", [evil])
        .expect("a row with any text");
    let record = place.journal.record(id, &FIRST.after(min(10))).expect("a record");
    let [entry] = &place.journal.history(i64::MIN).expect("a history")[..] else { panic!("one session") };
    let texts = [
        record.protocol.name(),
        record.protocol.steps()[0].note.as_deref().expect("a note"),
        record.protocol.steps()[0].cue.as_deref().expect("a cue"),
        record.outcome.as_deref().expect("an outcome"),
        &entry.protocol,
        entry.outcome.as_deref().expect("an outcome"),
        &entry.overrides,
        &place.journal.answer(request).expect("read").expect("an answer"),
    ];
    for text in texts {
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(text.starts_with('a') && text.contains("<b>c</b>"), "{text:?}");
    }
}

/// Of other systems, the folder of the person has its own permissions.
#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_new_journal() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join("share").join("therapy");
    let journal = Journal::open(&folder).expect("a new journal");
    journal.set_injury(Some(NOON_MS), None, |_| false, &FIRST.after(SECOND)).expect("a row");
    let _lock = Journal::lock(&folder).expect("a lock").expect("nobody holds it");
    let mode = |path: &Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> =
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    assert_eq!(files.len(), 4, "the journal, its log, the index of that and the lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn shells_that_create_the_journal_at_once_create_one() {
    for _ in 0..6 {
        let home = Home::new();
        let mut shells: Vec<_> = ["30h ago", "40h ago", "50h ago"]
            .iter()
            .map(|when| home.command(&["injury", "set", when]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn())
            .collect();
        for shell in shells.drain(..) {
            let output = shell.and_then(std::process::Child::wait_with_output).expect("it runs");
            assert!(output.status.success(), "{}", stderr(&output));
        }
        let data = home.path().join("data");
        let rows: i64 =
            sqlite(&data).query_row("SELECT count(*) FROM injury", [], |row| row.get(0)).expect("a whole journal");
        assert_eq!(rows, 3);
        let names: Vec<_> =
            std::fs::read_dir(&data).expect("a folder").map(|entry| entry.expect("a file").file_name()).collect();
        assert!(names.iter().all(|name| *name == *"journal.db"), "nothing is left over: {names:?}");
    }
}
