//! Events in the journal: one row each, never changed.

use rusqlite::params;

use super::rows::{columns, duration, event_kind, length, nanos};
use super::{Journal, Result, Stamp};
use crate::domain::session::{Event, EventKind, Moment};

impl Journal {
    /// Commits events of a session and answers to requests of other shells, all or nothing. The end of the
    /// session goes into its row too. A commit survives the end of this process; see [`Journal::sync`].
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn commit(&self, session: i64, events: &[(Stamp, Event)], answers: &[(i64, String)]) -> Result<()> {
        if events.is_empty() && answers.is_empty() {
            return Ok(());
        }
        self.together(|| {
            events.iter().try_for_each(|(stamp, event)| self.insert(session, stamp, event))?;
            answers.iter().try_for_each(|(request, answer)| self.set_answer(*request, answer).map(drop))
        })
    }

    pub(super) fn events(&self, session: i64) -> Result<Vec<(Stamp, Event)>> {
        let sql = "SELECT wall_ms, boot, clock_ns, elapsed_ns, step, kind, length_ns, rule FROM event \
                   WHERE session = ? ORDER BY id";
        let rows = self.rows(sql, [session], |row| {
            let stamp = Stamp { wall_ms: row.get(0)?, boot: row.get(1)?, clock: Moment::new(length(row, 2)?) };
            let (at, elapsed) = (stamp.clock, length(row, 3)?);
            let step = usize::try_from(row.get::<_, i64>(4)?).unwrap_or(usize::MAX);
            let (kind, rule): (String, Option<String>) = (row.get(5)?, row.get(7)?);
            let kind = event_kind(&kind, row.get::<_, Option<i64>>(6)?.map(duration), rule.as_deref());
            Ok(kind.map(|kind| (stamp, Event { at, elapsed, step, kind })))
        })?;
        rows.into_iter().collect::<Option<_>>().ok_or_else(|| self.damaged("an event has an unknown kind"))
    }

    fn insert(&self, session: i64, stamp: &Stamp, event: &Event) -> Result<()> {
        self.insert_event(session, stamp, event)?;
        match event.kind {
            EventKind::Finished { outcome, given } => self.end(session, (outcome.name(), false), stamp.wall_ms, given),
            _ => Ok(()),
        }
    }

    /// Writes the row of an event, and nothing about its session.
    pub(super) fn insert_event(&self, session: i64, stamp: &Stamp, event: &Event) -> Result<()> {
        let (kind, length, rule) = columns(event.kind);
        let (at, elapsed) = (nanos(event.at.since_origin()), nanos(event.elapsed));
        let step = i64::try_from(event.step).unwrap_or(i64::MAX);
        let sql = "INSERT INTO event (session, wall_ms, boot, clock_ns, elapsed_ns, step, kind, length_ns, rule) \
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let (wall_ms, length) = (stamp.wall_ms, length.map(nanos));
        self.execute(sql, params![session, wall_ms, stamp.boot, at, elapsed, step, kind, length, rule]).map(drop)
    }
}
