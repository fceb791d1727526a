//! The journal: the only memory, and the only one that knows `SQLite`.
//!
//! One row an event, committed when it happens. History, status, resume, control from another shell
//! and the rules across sessions are all read from it. It is told the time, and it must not know
//! what is done with what it holds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use thiserror::Error;

use crate::domain::course::replay;
use crate::domain::dose::Doses;
use crate::domain::exposure::Load;
use crate::domain::protocol::Protocol;
use crate::domain::session::{Event, EventKind, Input, Moment, SessionOptions};
use crate::domain::step::{Modality, PerModality, Step};
use crate::text::printable::printable;

mod file;
mod record;
mod rows;

pub use file::{Lock, Log};
pub use record::{Entry, InjuryEntry, NewSession, Record, Stamp};

use file::{connect, create};
use rows::{StepRow, columns, duration, event_kind, given, input, input_columns, length, nanos, on_the_clock_of, text};

const SCHEMA: &str = include_str!("journal.sql");
/// The schema's version. A later one is added by steps from this one, never by changing this one.
const VERSION: i64 = 1;
/// Sessions that start earlier than this before now no longer bear on any rule: a day for the daily
/// limits, and a day more for a load that a suspend made large.
const BEARS_MS: i64 = 48 * 60 * 60 * 1000;

/// Why the journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// A newer version of the program wrote it.
    #[error("{}: the journal was written by a newer therapy (version {found} of its form, this one knows {VERSION})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// It is not what this program wrote.
    #[error("{}: the journal is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The system refuses.
    #[error("{}: the journal cannot be used: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
}

impl JournalError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            JournalError::Newer { .. } => "install the newer therapy".to_owned(),
            JournalError::Damaged { path, .. } => format!(
                "move {0} and its -wal file away and start a new one, or try `sqlite3 {0} .recover`",
                path.display()
            ),
            JournalError::Unusable { .. } => "free space or mend the permissions of that folder".to_owned(),
        }
    }
}

type Result<T> = std::result::Result<T, JournalError>;

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    path: PathBuf,
}

impl Journal {
    /// Opens the journal in `folder`; makes both when they are not there.
    pub fn open(folder: &Path) -> Result<Journal> {
        let path = folder.join("journal.db");
        let unusable = |error: io::Error| JournalError::Unusable { path: path.clone(), why: error.to_string() };
        match fs::metadata(&path) {
            Ok(about) if about.len() == 0 => {
                return Err(JournalError::Damaged { path, why: "it is empty".to_owned() });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(folder, &path)?,
            Err(error) => return Err(unusable(error)),
        }
        let (connection, version) = connect(&path).map_err(|error| explain(&path, &error))?;
        let journal = Journal { connection, path };
        match version {
            VERSION => Ok(journal),
            newer if newer > VERSION => Err(JournalError::Newer { path: journal.path, found: newer }),
            _ => Err(JournalError::Damaged { path: journal.path, why: "it holds no journal".to_owned() }),
        }
    }

    /// A journal that is nowhere but in memory and goes with its value: for simulations.
    pub fn in_memory() -> Result<Journal> {
        let path = PathBuf::from(":memory:");
        let made = Connection::open_in_memory().and_then(|connection| {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.execute_batch(SCHEMA)?;
            connection.set_prepared_statement_cache_capacity(32);
            Ok(connection)
        });
        made.map_err(|error| explain(&path, &error)).map(|connection| Journal { connection, path })
    }

    /// Forgets everything: for the next simulation in the same memory.
    pub fn clear(&self) -> Result<()> {
        self.wrap(|connection| {
            for table in ["pain", "request", "event", "session", "screening", "injury"] {
                connection.prepare_cached(&format!("DELETE FROM {table}"))?.execute([])?;
            }
            Ok(())
        })
    }

    /// Whether all that would write is refused, as by a disk that cannot be written.
    pub fn set_read_only(&self, only: bool) -> Result<()> {
        self.wrap(|connection| connection.pragma_update(None, "query_only", only))
    }

    /// Whether there is one.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        folder.join("journal.db").exists()
    }

    fn wrap<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        query(&self.connection).map_err(|error| explain(&self.path, &error))
    }

    /// Writes a new session and returns its number.
    pub fn begin(&self, new: &NewSession<'_>) -> Result<i64> {
        let steps: Vec<StepRow> = new.protocol.steps().iter().map(StepRow::from).collect();
        let steps = serde_json::to_string(&steps).unwrap_or_default();
        let load = new.protocol.initial_load().half_nanos();
        let planned = Modality::ALL.map(|modality| {
            let steps = new.protocol.steps().iter().filter(|step| step.kind.modality() == Some(modality));
            nanos(steps.map(|step| step.length).sum())
        });
        let overrides = new.overrides.iter().map(|rule| rule.as_str()).collect::<Vec<_>>().join(" ");
        self.wrap(|connection| {
            let sql = "INSERT INTO session (protocol, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, \
                       started_ms, planned_cold_ns, planned_heat_ns, pain_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
            connection.prepare_cached(sql)?.execute(params![
                    new.protocol.name(),
                    steps,
                    load.cold,
                    load.heat,
                    new.options.confirm,
                    nanos(new.options.grace),
                    overrides,
                    new.started_ms,
                    planned[0],
                    planned[1],
                    new.pain,
            ])?;
            Ok(connection.last_insert_rowid())
        })
    }

    /// Takes back a session whose clock never started.
    pub fn forget(&self, id: i64) -> Result<()> {
        self.wrap(|connection| {
            let started: bool =
                connection
                    .query_row("SELECT EXISTS (SELECT 1 FROM event WHERE session = ?)", [id], |row| row.get(0))?;
            if !started {
                connection.execute("DELETE FROM session WHERE id = ?", [id])?;
            }
            Ok(())
        })
    }

    /// All that `work` writes is committed as one, or nothing of it.
    pub fn together(&self, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let begun = |connection| Transaction::new_unchecked(connection, TransactionBehavior::Immediate);
        let transaction = begun(&self.connection).map_err(|error| explain(&self.path, &error))?;
        work()?;
        transaction.commit().map_err(|error| explain(&self.path, &error))
    }

    /// Writes an event; the end of a session goes into its row too, as one with it.
    pub fn write(&self, session: i64, event: &Event, stamp: &Stamp) -> Result<()> {
        let (kind, length, rule) = columns(event.kind);
        let insert = |connection: &Connection| {
            connection
                .prepare_cached(
                    "INSERT INTO event (session, wall_ms, boot, clock_ns, elapsed_ns, step, kind, length_ns, rule) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                )?
                .execute(params![
                    session,
                    stamp.wall_ms,
                    stamp.boot,
                    nanos(event.at.since_origin()),
                    nanos(event.elapsed),
                    i64::try_from(event.step).unwrap_or(i64::MAX),
                    kind,
                    length.map(nanos),
                    rule,
                ])
        };
        let EventKind::Finished { outcome, given } = event.kind else {
            return self.wrap(insert).map(drop);
        };
        if self.connection.is_autocommit() {
            return self.together(|| self.write(session, event, stamp));
        }
        self.wrap(|connection| {
            insert(connection)?;
            end(connection, session, outcome.name(), stamp.wall_ms, given)
        })
    }

    /// Closes a session that was cut off too long ago: with the doses of its events, no more.
    pub fn close_cut_off(&self, record: &Record) -> Result<()> {
        let last = record.events.last().map_or_else(Moment::default, |last| last.at);
        let known = crate::domain::course::doses(&record.protocol, &record.events, last);
        let doses = PerModality::from_fn(|modality| known.total(modality));
        self.wrap(|connection| end(connection, record.id, "cut_off", record.last_wall_ms, doses))
    }

    /// The session that has no end yet: it runs, or it was cut off.
    pub fn open_session(&self, now: &Stamp) -> Result<Option<Record>> {
        let id = self.wrap(|connection| {
            let sql = "SELECT id FROM session WHERE outcome IS NULL ORDER BY id DESC LIMIT 1";
            connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()
        })?;
        id.map_or(Ok(None), |id| self.record(id, now).map(Some))
    }

    /// Everything about one session.
    pub fn record(&self, id: i64, now: &Stamp) -> Result<Record> {
        let (name, steps, load, options, started_ms, outcome, doses): (_, _, _, _, _, Option<String>, _) =
            self.wrap(|connection| {
                let sql = "SELECT protocol, steps, carried_cold, carried_heat, confirm, grace_ns, started_ms, outcome, \
                           cold_ns, heat_ns FROM session WHERE id = ?";
                connection.prepare_cached(sql)?.query_row([id], |row| {
                    let options = SessionOptions { confirm: row.get(4)?, grace: length(row, 5)? };
                    let load = Load::from_half_nanos(PerModality { cold: row.get(2)?, heat: row.get(3)? });
                    let outcome: Option<String> = row.get(7)?;
                    let outcome = outcome.map(|outcome| printable(&outcome).into_owned());
                    let doses = PerModality { cold: given(row, 8)?, heat: given(row, 9)? };
                    Ok((text(row, 0)?, row.get::<_, String>(1)?, load, options, row.get(6)?, outcome, doses))
                })
            })?;
        let damaged = |why: &str| JournalError::Damaged { path: self.path.clone(), why: why.to_owned() };
        let steps: Vec<StepRow> =
            serde_json::from_str(&steps).map_err(|_| damaged("the steps of a session cannot be read"))?;
        let steps: Option<Vec<Step>> = steps.into_iter().map(StepRow::step).collect();
        let steps = steps.ok_or_else(|| damaged("a step of a session is of no known kind"))?;
        let count = steps.len();
        let protocol =
            Protocol::recorded(name, steps, load, Doses::default()).ok_or_else(|| damaged("a session has no steps"))?;
        let rows = self.events(id)?;
        if rows.iter().any(|(_, event)| event.step >= count) {
            return Err(damaged("an event names a step that its session does not have"));
        }
        let last_wall_ms = rows.last().map_or(started_ms, |(stamp, _)| stamp.wall_ms);
        let mut events = on_the_clock_of(now, rows);
        if let Some(EventKind::Finished { given, .. }) = events.last_mut().map(|last| &mut last.kind) {
            // The doses are in the row of the session.
            *given = doses;
        }
        let is_whole = matches!(outcome.as_deref(), Some("completed" | "stopped"));
        let unwritten = replay(&protocol, options, &events).filter(|_| !is_whole).map(|(_, unwritten)| unwritten);
        let unwritten = unwritten.unwrap_or_default();
        // Rows that no session of this program wrote may leave over what came before them.
        let last = events.last().map_or_else(Moment::default, |last| last.at);
        events.extend(unwritten.iter().map(|event| Event { at: event.at.max(last), ..*event }));
        let unwritten = unwritten.len();
        Ok(Record { id, started_ms, protocol, options, events, unwritten, outcome, last_wall_ms })
    }

    fn events(&self, session: i64) -> Result<Vec<(Stamp, Event)>> {
        let rows = self.wrap(|connection| {
            let sql = "SELECT wall_ms, boot, clock_ns, elapsed_ns, step, kind, length_ns, rule FROM event WHERE session = ? ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([session], |row| {
                let stamp = Stamp { wall_ms: row.get(0)?, boot: row.get(1)?, clock: Moment::new(length(row, 2)?) };
                let kind: String = row.get(5)?;
                let rule: Option<String> = row.get(7)?;
                let long = row.get::<_, Option<i64>>(6)?.map(duration);
                let parsed = event_kind(&kind, long, rule.as_deref());
                let step = usize::try_from(row.get::<_, i64>(4)?).unwrap_or(usize::MAX);
                let (at, elapsed) = (stamp.clock, length(row, 3)?);
                Ok(parsed.map(|kind| (stamp, Event { at, elapsed, step, kind })))
            })?;
            rows.collect::<rusqlite::Result<Option<Vec<_>>>>()
        })?;
        rows.ok_or_else(|| JournalError::Damaged {
            path: self.path.clone(),
            why: "an event is of no known kind".to_owned(),
        })
    }

    /// The sessions that bear on the rules, oldest first, and how far in the future the last record
    /// ends. `but` is left out: the session that is being taken up.
    pub fn doses(&self, now: &Stamp, but: Option<i64>) -> Result<(Doses, Duration)> {
        // The last few whatever their time of day: a clock that was set must not hide them.
        let mut ids: Vec<i64> = self.wrap(|connection| {
            // Sorted and freed of doubles below: asked for here, SQLite would read every session for it.
            let sql = "SELECT id FROM session WHERE started_ms >= ?1 AND id IS NOT ?2 \
                       UNION ALL SELECT id FROM session WHERE id > (SELECT max(id) - 8 FROM session) AND id IS NOT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![now.wall_ms.saturating_sub(BEARS_MS), but], |row| row.get(0))?;
            rows.collect()
        })?;
        ids.sort_unstable();
        ids.dedup();
        let mut doses = Doses::default();
        let mut last_ms = i64::MIN;
        for id in ids {
            let record = self.record(id, now)?;
            last_ms = last_ms.max(record.last_wall_ms);
            doses.extend(record.doses(now));
        }
        let ahead = u64::try_from(last_ms.saturating_sub(now.wall_ms)).unwrap_or(0);
        Ok((doses, Duration::from_millis(ahead)))
    }

    /// The injury clock, unless it was never set or was cleared.
    pub fn injury(&self) -> Result<Option<InjuryEntry>> {
        self.wrap(|connection| {
            let sql = "SELECT id, happened_ms, (SELECT red_flag FROM screening WHERE injury = injury.id ORDER BY id DESC LIMIT 1) \
                       FROM injury ORDER BY id DESC LIMIT 1";
            let latest = connection.query_row(sql, [], |row| {
                let happened: Option<i64> = row.get(1)?;
                Ok(happened.map(|happened_ms| (row.get(0), happened_ms, row.get(2))))
            });
            match latest.optional()?.flatten() {
                Some((id, happened_ms, red_flag)) => Ok(Some(InjuryEntry { id: id?, happened_ms, red_flag: red_flag? })),
                None => Ok(None),
            }
        })
    }

    /// Sets or clears the injury clock. Earlier settings are kept.
    pub fn set_injury(&self, happened_ms: Option<i64>, now: &Stamp) -> Result<()> {
        self.wrap(|connection| {
            connection
                .execute("INSERT INTO injury (happened_ms, noted_ms) VALUES (?, ?)", params![happened_ms, now.wall_ms])
        })?;
        Ok(())
    }

    /// Keeps the answer to the question before the first session of an injury.
    pub fn screened(&self, injury: i64, red_flag: bool, now: &Stamp) -> Result<()> {
        self.wrap(|connection| {
            let sql = "INSERT INTO screening (injury, red_flag, noted_ms) VALUES (?, ?, ?)";
            connection.execute(sql, params![injury, red_flag, now.wall_ms])
        })?;
        Ok(())
    }

    /// On how many days since `from_ms` there was a session; counts no further than `most`.
    pub fn days_with_sessions(&self, from_ms: i64, most: u32) -> Result<u32> {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let (mut days, mut from) = (0, from_ms);
        // From day to day through the index, whatever lies between.
        while days < most {
            let next: Option<i64> = self.wrap(|connection| {
                let sql = "SELECT min(started_ms) FROM session WHERE started_ms >= ?";
                connection.prepare_cached(sql)?.query_row([from], |row| row.get(0))
            })?;
            let Some(next) = next else { break };
            days += 1;
            from = next.saturating_sub(next.rem_euclid(DAY_MS)).saturating_add(DAY_MS);
        }
        Ok(days)
    }

    /// The sessions since a time of day, oldest first.
    pub fn history(&self, since_ms: i64) -> Result<Vec<Entry>> {
        self.wrap(|connection| {
            let sql = "SELECT id, protocol, started_ms, ended_ms, outcome, planned_cold_ns, planned_heat_ns, cold_ns, heat_ns, \
                       pain_before, pain_after, overrides FROM session WHERE started_ms >= ? ORDER BY started_ms, id";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([since_ms], |row| {
                Ok(Entry {
                    id: row.get(0)?,
                    protocol: text(row, 1)?,
                    started_ms: row.get(2)?,
                    ended_ms: row.get(3)?,
                    outcome: row.get::<_, Option<String>>(4)?.map(|outcome| printable(&outcome).into_owned()),
                    planned: [length(row, 5)?, length(row, 6)?],
                    actual: [given(row, 7)?, given(row, 8)?],
                    pain: [row.get(9)?, row.get(10)?],
                    overrides: text(row, 11)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Notes the pain, tied to the last session; it becomes the pain after it. Returns that session.
    pub fn note_pain(&self, score: u8, now: &Stamp) -> Result<Option<i64>> {
        self.wrap(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let last: Option<i64> = transaction.query_row("SELECT max(id) FROM session", [], |row| row.get(0))?;
            transaction.execute(
                "INSERT INTO pain (session, score, noted_ms) VALUES (?, ?, ?)",
                params![last, score, now.wall_ms],
            )?;
            transaction.execute("UPDATE session SET pain_after = ? WHERE id = ?", params![score, last])?;
            transaction.commit()?;
            Ok(last)
        })
    }

    /// Asks something of the running session.
    pub fn ask(&self, session: i64, input: Input) -> Result<i64> {
        let (what, by) = input_columns(input);
        self.wrap(|connection| {
            let sql = "INSERT INTO request (session, what, length_ns) VALUES (?, ?, ?)";
            connection.prepare_cached(sql)?.execute(params![session, what, by.map(nanos)])?;
            Ok(connection.last_insert_rowid())
        })
    }

    /// What came of a request, once something did.
    pub fn answer(&self, request: i64) -> Result<Option<String>> {
        self.wrap(|connection| {
            let mut statement = connection.prepare_cached("SELECT answer FROM request WHERE id = ?")?;
            let answer: Option<String> = statement.query_row([request], |row| row.get(0))?;
            Ok(answer.map(|answer| printable(&answer).into_owned()))
        })
    }

    /// The oldest request after `last` that nobody answered.
    pub fn next_request(&self, session: i64, last: i64) -> Result<Option<(i64, Option<Input>)>> {
        self.wrap(|connection| {
            let sql =
                "SELECT id, what, length_ns FROM request WHERE session = ? AND id > ? AND answer IS NULL ORDER BY id LIMIT 1";
            let row = connection.prepare_cached(sql)?.query_row([session, last], |row| {
                let by: Option<i64> = row.get(2)?;
                Ok((row.get(0)?, input(&row.get::<_, String>(1)?, by.map(duration))))
            });
            row.optional()
        })
    }

    /// Answers a request.
    pub fn reply(&self, request: i64, answer: &str) -> Result<()> {
        self.wrap(|connection| {
            connection.prepare_cached("UPDATE request SET answer = ? WHERE id = ?")?.execute(params![answer, request])
        })?;
        Ok(())
    }
}

fn end(
    connection: &Connection,
    session: i64,
    outcome: &str,
    ended_ms: i64,
    given: PerModality<Duration>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE session SET outcome = ?, ended_ms = ?, cold_ns = ?, heat_ns = ? WHERE id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute(params![outcome, ended_ms, nanos(given.cold), nanos(given.heat), session])?;
    Ok(())
}

fn explain(path: &Path, error: &rusqlite::Error) -> JournalError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let path = path.to_owned();
    let damaged = matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
        // A table or a value that is not there or not of its type.
        || error.sqlite_error_code().is_none()
        || matches!(error, rusqlite::Error::SqlInputError { .. });
    // It may quote what is in a damaged file.
    let why = printable(&error.to_string()).into_owned();
    if damaged { JournalError::Damaged { path, why } } else { JournalError::Unusable { path, why } }
}
