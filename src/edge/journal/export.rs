//! The export of rows, each as it is stored. This module must not know where they go.

use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior};

use super::exchange::{
    AnswerRow, DoseRow, EventRow, Exchange, Exchanged, InjuryRow, NoteRow, PlannedRow, ScoreRow, SessionEnd, SessionRow,
};
use super::rows::{distances, doses_of, length, modality, optional_text, sequence, site, text};
use super::{Journal, Result, Stamp, explain};
use crate::domain::session::{Event, EventKind};
use crate::domain::site::Site;
use crate::domain::step::PerModality;

/// The table of each of [`Exchange::TYPES`], and the order of its rows in a file, which an import does not change.
const TABLES: [(&str, &str); 7] = [
    ("session", "started_ms"),
    ("told", "ended_ms"),
    ("pain", "coalesce(at_ms, noted_ms)"),
    ("note", "at_ms"),
    ("injury", "noted_ms"),
    ("screening", "noted_ms"),
    ("planned", "from_ms"),
];

impl Journal {
    /// The id of this journal.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn uid(&self) -> Result<String> {
        self.row("SELECT uid FROM about", [], |row| text(row, 0))
    }

    /// Passes every row of one snapshot of the journal to `each`, in the order of a file, until it returns false.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn export(&self, mut each: impl FnMut(&Exchanged) -> bool) -> Result<()> {
        let begin = |connection| Transaction::new_unchecked(connection, TransactionBehavior::Deferred);
        let _snapshot = begin(&self.connection).map_err(|error| explain(&self.path, &error))?;
        let own = self.uid()?;
        for (kind, (table, order)) in TABLES.iter().enumerate() {
            let ids: Vec<i64> =
                self.rows(&format!("SELECT id FROM {table} ORDER BY {order}, id"), [], |row| row.get(0))?;
            for id in ids {
                let sql = format!("SELECT uid, coalesce(origin, ?2) FROM {table} WHERE id = ?1");
                let (uid, origin) = self.row(&sql, (id, &own), |row| Ok((text(row, 0)?, text(row, 1)?)))?;
                if !each(&Exchanged { id: uid, origin, row: self.exchanged(kind, id)? }) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The number of the row of this kind with this id.
    pub(super) fn row_with(&self, kind: usize, uid: &str) -> Result<Option<i64>> {
        let sql = format!("SELECT id FROM {} WHERE uid = ?", TABLES[kind].0);
        self.wrap(|connection| connection.prepare_cached(&sql)?.query_row([uid], |row| row.get(0)).optional())
    }

    /// The row of this kind with this number.
    pub(super) fn exchanged(&self, kind: usize, id: i64) -> Result<Exchange> {
        match kind {
            0 => self.session_row(id).map(|row| Exchange::Session(Box::new(row))),
            1 => self.dose_row(id).map(Exchange::Dose),
            2 => self.score_row(id).map(Exchange::Score),
            3 => self.note_row(id).map(Exchange::Note),
            4 => self.injury_row(id).map(Exchange::Injury),
            5 => self.answer_row(id).map(Exchange::Answer),
            _ => self.planned_row(id).map(Exchange::Planned),
        }
    }

    fn session_row(&self, id: i64) -> Result<SessionRow> {
        let sql = "SELECT protocol, site, steps, carried_cold, carried_heat, confirm, grace_ns, overrides, started_ms, \
                   planned_cold_ns, planned_heat_ns, outcome, assumed, ended_ms, cold_ns, heat_ns, was_open \
                   FROM session WHERE id = ?";
        let (mut session, steps) = self.row(sql, [id], |row| {
            let started_ms = row.get(8)?;
            let outcome = if row.get(16)? { None } else { optional_text(row, 11)? };
            let (assumed, at_ms, given) = (row.get(12)?, row.get::<_, Option<i64>>(13)?, doses_of(row, 14)?);
            let end = outcome.map(|outcome| SessionEnd { outcome, assumed, at_ms: at_ms.unwrap_or(started_ms), given });
            let overrides = text(row, 7)?.split_whitespace().map(str::to_owned).collect();
            let session = SessionRow {
                protocol: text(row, 0)?,
                site: site(row, 1)?,
                steps: Vec::new(),
                carried: PerModality { cold: row.get(3)?, heat: row.get(4)? },
                confirm: row.get(5)?,
                grace: length(row, 6)?,
                overrides,
                started_ms,
                planned: doses_of(row, 9)?,
                end,
                events: Vec::new(),
            };
            Ok((session, row.get::<_, String>(2)?))
        })?;
        session.steps = self.steps(&steps)?;
        let rows = self.events(id)?;
        let placed = rows.iter().zip(distances(&rows));
        let event = |((stamp, event), since_first): (&(Stamp, Event), _)| {
            let Event { elapsed, step, kind, .. } = *event;
            let kind = match kind {
                EventKind::Finished { outcome, .. } => EventKind::Finished { outcome, given: PerModality::default() },
                kind => kind,
            };
            EventRow { wall_ms: stamp.wall_ms, since_first, elapsed, step, kind }
        };
        session.events = placed.map(event).collect();
        Ok(session)
    }

    fn dose_row(&self, id: i64) -> Result<DoseRow> {
        let sql = "SELECT kind, site, length_ns, ended_ms, noted_ms, undone_ms FROM told WHERE id = ?";
        let dose = self.row(sql, [id], |row| {
            let Some(modality) = modality(row, 0)? else { return Ok(None) };
            let (site, length) = (site(row, 1)?.unwrap_or(Site::OTHER), length(row, 2)?);
            let (ended_ms, noted_ms, undone_ms) = (row.get(3)?, row.get(4)?, row.get(5)?);
            Ok(Some(DoseRow { modality, site, length, ended_ms, noted_ms, undone_ms }))
        })?;
        dose.ok_or_else(|| self.damaged("a dose that was told has an unknown kind"))
    }

    fn score_row(&self, id: i64) -> Result<ScoreRow> {
        let sql = "SELECT session.uid, role, score, pain.site, coalesce(at_ms, noted_ms), noted_ms, undone_ms \
                   FROM pain LEFT JOIN session ON session.id = pain.session WHERE pain.id = ?";
        self.row(sql, [id], |row| {
            Ok(ScoreRow {
                session: optional_text(row, 0)?,
                role: optional_text(row, 1)?,
                score: row.get(2)?,
                site: site(row, 3)?,
                at_ms: row.get(4)?,
                noted_ms: row.get(5)?,
                undone_ms: row.get(6)?,
            })
        })
    }

    fn note_row(&self, id: i64) -> Result<NoteRow> {
        let sql = "SELECT session.uid, text, note.site, at_ms, noted_ms, undone_ms \
                   FROM note LEFT JOIN session ON session.id = note.session WHERE note.id = ?";
        self.row(sql, [id], |row| {
            Ok(NoteRow {
                session: optional_text(row, 0)?,
                text: text(row, 1)?,
                site: site(row, 2)?,
                at_ms: row.get(3)?,
                noted_ms: row.get(4)?,
                undone_ms: row.get(5)?,
            })
        })
    }

    fn injury_row(&self, id: i64) -> Result<InjuryRow> {
        let sql = "SELECT happened_ms, site, noted_ms, over_ms FROM injury WHERE id = ?";
        self.row(sql, [id], |row| {
            Ok(InjuryRow { happened_ms: row.get(0)?, site: site(row, 1)?, noted_ms: row.get(2)?, over_ms: row.get(3)? })
        })
    }

    fn answer_row(&self, id: i64) -> Result<AnswerRow> {
        let sql = "SELECT injury.uid, signs, screening.noted_ms \
                   FROM screening LEFT JOIN injury ON injury.id = screening.injury WHERE screening.id = ?";
        self.row(sql, [id], |row| {
            let signs = optional_text(row, 1)?;
            let signs = signs.map(|signs| signs.split_whitespace().map(str::to_owned).collect());
            Ok(AnswerRow { injury: optional_text(row, 0)?, signs, noted_ms: row.get(2)? })
        })
    }

    fn planned_row(&self, id: i64) -> Result<PlannedRow> {
        let sql = "SELECT protocol, site, from_ms, to_ms, sequence, made_ms, dropped_ms FROM planned WHERE id = ?";
        self.row(sql, [id], |row| {
            Ok(PlannedRow {
                protocol: text(row, 0)?,
                site: site(row, 1)?.unwrap_or(Site::OTHER),
                from_ms: row.get(2)?,
                to_ms: row.get(3)?,
                sequence: sequence(row, 4)?,
                made_ms: row.get(5)?,
                dropped_ms: row.get(6)?,
            })
        })
    }
}
