//! Events in the journal: one row an event, never changed.

use rusqlite::{Connection, params};

use super::rows::{columns, duration, event_kind, length, nanos};
use super::sessions::end;
use super::{Journal, JournalError, Result, Stamp, requests};
use crate::domain::session::{Event, EventKind, Moment};

impl Journal {
    /// Commits events of a session, and answers to requests of other shells, all as one or nothing. The
    /// end of the session goes into its row too. A commit outlives this process; see [`Journal::sync`].
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn commit(&self, session: i64, events: &[(Stamp, Event)], answers: &[(i64, String)]) -> Result<()> {
        if events.is_empty() && answers.is_empty() {
            return Ok(());
        }
        self.together(|connection| {
            events.iter().try_for_each(|(stamp, event)| insert(connection, session, stamp, event))?;
            answers.iter().try_for_each(|(request, answer)| requests::answer(connection, *request, answer).map(drop))
        })
    }

    pub(super) fn events(&self, session: i64) -> Result<Vec<(Stamp, Event)>> {
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
            why: "an event has an unknown kind".to_owned(),
        })
    }
}

fn insert(connection: &Connection, session: i64, stamp: &Stamp, event: &Event) -> rusqlite::Result<()> {
    let (kind, length, rule) = columns(event.kind);
    let sql = "INSERT INTO event (session, wall_ms, boot, clock_ns, elapsed_ns, step, kind, length_ns, rule) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    connection.prepare_cached(sql)?.execute(params![
        session,
        stamp.wall_ms,
        stamp.boot,
        nanos(event.at.since_origin()),
        nanos(event.elapsed),
        i64::try_from(event.step).unwrap_or(i64::MAX),
        kind,
        length.map(nanos),
        rule,
    ])?;
    match event.kind {
        EventKind::Finished { outcome, given } => end(connection, session, outcome.name(), stamp.wall_ms, given),
        _ => Ok(()),
    }
}
