//! The journal: the only memory, and the only one that knows `SQLite`.
//!
//! One row an event, committed when it happens. History, status, resume, control from another shell
//! and the rules across sessions are all read from it. It is told the time, and it must not know
//! what is done with what it holds.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use thiserror::Error;

use crate::domain::course::{exposures, replay};
use crate::domain::exposure::Load;
use crate::domain::protocol::Protocol;
use crate::domain::rules::Past;
use crate::domain::session::{Event, EventKind, Input, Moment, Session, Terms};
use crate::domain::step::{Modality, Step};
use crate::format::printable;

mod rows;

use rows::{StepRow, columns, duration, event_kind, given, input, input_columns, length, nanos, on_the_clock_of, text};

const SCHEMA: &str = include_str!("journal.sql");
/// The schema's version. A later one is added by steps from this one, never by changing this one.
const VERSION: i64 = 1;
/// How long a command waits for another shell that is writing.
const BUSY: Duration = Duration::from_secs(2);
/// Longer than any tick of a file system's clock that keeps fractions of seconds.
const TICK: Duration = Duration::from_millis(50);
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

/// A reading of all clocks at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Time of day, milliseconds since 1970.
    pub wall_ms: i64,
    /// Which boot of the machine; empty where the system does not tell.
    pub boot: String,
    /// The clock that counts in suspend.
    pub clock: Moment,
}

/// A session as the journal holds it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// Name of its protocol.
    pub protocol: String,
    /// When it started, milliseconds since 1970.
    pub started_ms: i64,
    /// When it ended; `None` while it is open.
    pub ended_ms: Option<i64>,
    /// `completed`, `stopped` or `cut_off`; `None` while it is open.
    pub outcome: Option<String>,
    /// Planned and actual doses, cold and heat.
    pub planned: [Duration; 2],
    /// See `planned`.
    pub actual: [Duration; 2],
    /// Pain before and after, 0 to 10.
    pub pain: [Option<u8>; 2],
    /// Rules that were overridden.
    pub overrides: String,
}

/// A session with all that is needed to go on with it. Its moments are on the clock of now.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its number.
    pub id: i64,
    /// When it started, milliseconds since 1970.
    pub started_ms: i64,
    /// What it goes through.
    pub protocol: Protocol,
    /// How it treats the ends of its steps.
    pub terms: Terms,
    /// All its events; the last ones may be [`Record::unwritten`].
    pub events: Vec<Event>,
    /// How many of the last events are not in the journal: they happened together with one that is,
    /// and the process was killed between the two.
    pub unwritten: usize,
    /// `None` while it is open.
    pub outcome: Option<String>,
    last_wall_ms: i64,
}

impl Record {
    /// The session as it stood after its last event.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        replay(&self.protocol, self.terms, &self.events).map(|(session, _)| session)
    }

    /// The session as it stood after its last event, and the events that are not in the journal yet:
    /// to be told and written before it goes on. `None` when the record has no start.
    #[must_use]
    pub fn take_up(&self) -> Option<(Session, Vec<Event>)> {
        let unwritten = self.events[self.events.len() - self.unwritten..].to_vec();
        self.session().map(|session| (session, unwritten))
    }

    /// How long ago its last event was.
    #[must_use]
    pub fn age(&self, now: &Stamp) -> Duration {
        self.events.last().map_or(Duration::MAX, |last| now.clock.since(last.at))
    }

    /// What it put on the skin, and how long before now it began. An open step of a session that is
    /// still taken up goes on until now; of one that was closed as cut off, until its planned end:
    /// what nobody said means that the pack is still on.
    fn past(&self, now: &Stamp) -> Option<Past> {
        let first = self.events.first()?.at;
        let last = self.events.last()?.at;
        let until = match self.outcome.as_deref() {
            None => now.clock,
            Some("cut_off") => {
                self.session().map_or(last, |session| if session.is_paused() { last } else { session.end().max(last) })
            }
            Some(_) => last,
        };
        let exposures = exposures(&self.protocol, &self.events, until.min(now.clock.max(last)));
        Some(Past { began: now.clock.since(first), exposures })
    }
}

/// A new session, before its clock starts.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// What it goes through.
    pub protocol: &'a Protocol,
    /// How it treats the ends of its steps.
    pub terms: Terms,
    /// Rules that the person overrides.
    pub overrides: &'a [&'static str],
    /// Pain before, 0 to 10.
    pub pain: Option<u8>,
    /// Time of day, milliseconds since 1970.
    pub started_ms: i64,
}

/// The injury clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InjuryEntry {
    /// Its number.
    pub id: i64,
    /// When it happened, milliseconds since 1970.
    pub happened_ms: i64,
    /// What was answered before its first session: `Some(true)` is a red flag.
    pub red_flag: Option<bool>,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    path: PathBuf,
}

/// The lock that a running session holds.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for as long as it lives")] File);

/// The file that commits go into first; see [`Journal::log`].
#[derive(Debug)]
pub struct Log(File);

/// When the log was last written to, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    written: SystemTime,
    length: u64,
}

impl State {
    /// Whether anything that is written from now on leads to another state: what happens within one tick
    /// of the file system's clock may look the same.
    #[must_use]
    pub fn is_settled(&self, now: SystemTime) -> bool {
        now.duration_since(self.written).is_ok_and(|age| age >= TICK)
    }
}

impl Log {
    /// Puts what was committed on the disk. A commit alone outlives this process, whatever ends it;
    /// after this it outlives a flat battery too.
    pub fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    /// As long as it stays the same there is nothing new in the journal, from whomever. A question to
    /// the system alone, for those who ask every second.
    pub fn state(&self) -> io::Result<State> {
        let about = self.0.metadata()?;
        Ok(State { written: about.modified()?, length: about.len() })
    }
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
        let journal = Journal { connection: connect(&path).map_err(|error| explain(&path, &error))?, path };
        let version: i64 =
            journal.wrap(|connection| connection.pragma_query_value(None, "user_version", |row| row.get(0)))?;
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

    /// The file that commits go into first. It stays the same while the journal is open. Locks are held
    /// on the database and its shared memory, never on this file: closing it again lets go of none.
    pub fn log(&self) -> io::Result<Log> {
        File::open(self.path.with_extension("db-wal")).map(Log)
    }

    fn wrap<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        query(&self.connection).map_err(|error| explain(&self.path, &error))
    }

    /// Takes the lock of the running session, `None` when another process holds it. The number of
    /// this process is left in it, so that another shell can nudge it.
    pub fn lock(folder: &Path) -> io::Result<Option<Lock>> {
        /// A look takes less than one, a millisecond, unless the machine is busy.
        const TRIES: usize = 500;
        let mut file = lock_file(folder)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => {
                    // As wide as every other, so that it is never there in part.
                    io::Write::write_all(&mut file, format!("{:<10}", std::process::id()).as_bytes())?;
                    return Ok(Some(Lock(file)));
                }
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
            // Another shell that only looks, as `running` does, shares it for a moment.
            match file.try_lock_shared() {
                Ok(()) => file.unlock()?,
                Err(_) => return Ok(None),
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        Ok(None)
    }

    /// The process that runs a session now, if one does.
    #[must_use]
    pub fn running(folder: &Path) -> Option<u32> {
        let mut file = OpenOptions::new().read(true).open(folder.join("session.lock")).ok()?;
        match file.try_lock_shared() {
            Err(fs::TryLockError::WouldBlock) => {}
            _ => return None,
        }
        let mut number = String::new();
        io::Read::read_to_string(&mut file, &mut number).ok()?;
        Some(number.trim().parse().unwrap_or(0))
    }

    /// Writes a new session and returns its number.
    pub fn begin(&self, new: &NewSession<'_>) -> Result<i64> {
        let steps: Vec<StepRow> = new.protocol.steps().iter().map(StepRow::from).collect();
        let steps = serde_json::to_string(&steps).unwrap_or_default();
        let [cold, heat] = new.protocol.carried().half_nanos();
        let planned = Modality::ALL.map(|modality| {
            let steps = new.protocol.steps().iter().filter(|step| step.kind.modality() == Some(modality));
            nanos(steps.map(|step| step.length).sum())
        });
        self.wrap(|connection| {
            let sql = "INSERT INTO session (protocol, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, \
                       started_ms, planned_cold_ns, planned_heat_ns, pain_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
            connection.prepare_cached(sql)?.execute(params![
                    new.protocol.name(),
                    steps,
                    cold,
                    heat,
                    new.terms.confirm,
                    nanos(new.terms.grace),
                    new.overrides.join(" "),
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

    /// Writes an event; the end of a session goes into its row too, in the same transaction.
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
        self.wrap(|connection| {
            let EventKind::Finished { outcome, cold, heat } = event.kind else {
                return insert(connection).map(drop);
            };
            let transaction = connection.unchecked_transaction()?;
            insert(&transaction)?;
            end(&transaction, session, outcome.name(), stamp.wall_ms, [cold, heat])?;
            transaction.commit()
        })
    }

    /// Closes a session that was cut off too long ago: with the doses of its events, no more.
    pub fn close_cut_off(&self, record: &Record) -> Result<()> {
        let last = record.events.last().map_or_else(Moment::default, |last| last.at);
        let known = exposures(&record.protocol, &record.events, last);
        let doses = Modality::ALL.map(|modality| crate::domain::course::dose(&known, modality));
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
        let (name, steps, carried, terms, started_ms, outcome, doses): (_, _, _, _, _, Option<String>, _) =
            self.wrap(|connection| {
                let sql = "SELECT protocol, steps, carried_cold, carried_heat, confirm, grace_ns, started_ms, outcome, \
                           cold_ns, heat_ns FROM session WHERE id = ?";
                connection.prepare_cached(sql)?.query_row([id], |row| {
                    let terms = Terms { confirm: row.get(4)?, grace: length(row, 5)? };
                    let carried = Load::from_half_nanos([row.get(2)?, row.get(3)?]);
                    let outcome: Option<String> = row.get(7)?;
                    let outcome = outcome.map(|outcome| printable(&outcome).into_owned());
                    let doses = [given(row, 8)?, given(row, 9)?];
                    Ok((text(row, 0)?, row.get::<_, String>(1)?, carried, terms, row.get(6)?, outcome, doses))
                })
            })?;
        let damaged = |why: &str| JournalError::Damaged { path: self.path.clone(), why: why.to_owned() };
        let steps: Vec<StepRow> =
            serde_json::from_str(&steps).map_err(|_| damaged("the steps of a session cannot be read"))?;
        let steps: Option<Vec<Step>> = steps.into_iter().map(StepRow::step).collect();
        let steps = steps.ok_or_else(|| damaged("a step of a session is of no known kind"))?;
        let count = steps.len();
        let protocol = Protocol::recorded(name, steps, carried).ok_or_else(|| damaged("a session has no steps"))?;
        let rows = self.events(id)?;
        if rows.iter().any(|(_, event)| event.step >= count) {
            return Err(damaged("an event names a step that its session does not have"));
        }
        let last_wall_ms = rows.last().map_or(started_ms, |(stamp, _)| stamp.wall_ms);
        let mut events = on_the_clock_of(now, rows);
        if let Some(EventKind::Finished { cold, heat, .. }) = events.last_mut().map(|last| &mut last.kind) {
            // They stand in the row of the session.
            [*cold, *heat] = doses;
        }
        let is_whole = matches!(outcome.as_deref(), Some("completed" | "stopped"));
        let unwritten = replay(&protocol, terms, &events).filter(|_| !is_whole).map(|(_, unwritten)| unwritten);
        let unwritten = unwritten.unwrap_or_default();
        // Rows that no session of this program wrote may leave over what came before them.
        let last = events.last().map_or_else(Moment::default, |last| last.at);
        events.extend(unwritten.iter().map(|event| Event { at: event.at.max(last), ..*event }));
        let unwritten = unwritten.len();
        Ok(Record { id, started_ms, protocol, terms, events, unwritten, outcome, last_wall_ms })
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
    pub fn past(&self, now: &Stamp, but: Option<i64>) -> Result<(Vec<Past>, Duration)> {
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
        let mut past = Vec::new();
        let mut last_ms = i64::MIN;
        for id in ids {
            let record = self.record(id, now)?;
            last_ms = last_ms.max(record.last_wall_ms);
            past.extend(record.past(now));
        }
        past.sort_by_key(|past| std::cmp::Reverse(past.began));
        let ahead = u64::try_from(last_ms.saturating_sub(now.wall_ms)).unwrap_or(0);
        Ok((past, Duration::from_millis(ahead)))
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
    [cold, heat]: [Duration; 2],
) -> rusqlite::Result<()> {
    let sql = "UPDATE session SET outcome = ?, ended_ms = ?, cold_ns = ?, heat_ns = ? WHERE id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute(params![outcome, ended_ms, nanos(cold), nanos(heat), session])?;
    Ok(())
}

/// Makes the folder and the file, for the person's eyes only. The file appears whole or not at all,
/// so that an empty one is always damage and never a beginning.
fn create(folder: &Path, path: &Path) -> Result<()> {
    let unusable = |error: io::Error| JournalError::Unusable { path: path.to_owned(), why: error.to_string() };
    private_folder(folder).map_err(unusable)?;
    let draft = folder.join(format!("journal.db.{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    private(&mut OpenOptions::new()).write(true).create_new(true).open(&draft).map_err(unusable)?;
    let made = Connection::open(&draft).and_then(|connection| {
        // Nobody sees it yet: it is put on the disk once, whole, and with its log's mode, because two who
        // open it at once cannot both change that.
        connection.execute_batch(&format!(
            "PRAGMA synchronous = OFF; BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT; PRAGMA journal_mode = WAL;"
        ))
    });
    made.map_err(|error| explain(path, &error))?;
    File::open(&draft).and_then(|file| file.sync_all()).map_err(unusable)?;
    // Whoever else made one at the same time was first: a link does not replace it.
    let placed = match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(unusable(error)),
        _ => Ok(()),
    };
    let _ = fs::remove_file(&draft);
    placed
}

fn lock_file(folder: &Path) -> io::Result<File> {
    private_folder(folder)?;
    private(&mut OpenOptions::new())
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join("session.lock"))
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        // Somebody else's: not even its mode is changed.
        return Ok(connection);
    }
    // What the log holds goes into the database when the log is long, not whenever a command ends.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // A plan does not depend on the values that are bound: with an index over some rows alone, SQLite
    // would otherwise prepare a statement anew each time, and the look at requests is most of them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // NORMAL: a commit does not wait for the disk; `sync` does, when nobody waits for it. A small
    // cache: what is read is little, and a session keeps it for hours. A short log: whoever opens the
    // journal first reads it through.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -128; \
         PRAGMA wal_autocheckpoint = 100;",
    )?;
    Ok(connection)
}

fn explain(path: &Path, error: &rusqlite::Error) -> JournalError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let path = path.to_owned();
    let damaged = matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
        // A table or a value that is not there or not of its type.
        || error.sqlite_error_code().is_none()
        || matches!(error, rusqlite::Error::SqlInputError { .. });
    let why = error.to_string();
    if damaged { JournalError::Damaged { path, why } } else { JournalError::Unusable { path, why } }
}
