//! The rows that one journal exports and another imports, with ids that stay the same. This module must not know how they
//! are stored, nor how they are written in a file.

use std::time::Duration;

use crate::domain::session::EventKind;
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality, Step};

/// A row, with its id and that of the journal where it was measured or told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchanged {
    /// Its id, the same in every journal.
    pub id: String,
    /// The id of the journal that it comes from.
    pub origin: String,
    /// The row.
    pub row: Exchange,
}

/// The kinds of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is its struct")]
pub enum Exchange {
    Session(Box<SessionRow>),
    Dose(DoseRow),
    Score(ScoreRow),
    Note(NoteRow),
    Injury(InjuryRow),
    Answer(AnswerRow),
    Planned(PlannedRow),
}

impl Exchange {
    /// The names of the kinds, in the order of a file.
    pub const TYPES: [&str; 7] = ["session", "dose", "score", "note", "injury", "answer", "planned"];

    /// Its kind: an index of [`Exchange::TYPES`].
    pub fn kind(&self) -> usize {
        match self {
            Exchange::Session(_) => 0,
            Exchange::Dose(_) => 1,
            Exchange::Score(_) => 2,
            Exchange::Note(_) => 3,
            Exchange::Injury(_) => 4,
            Exchange::Answer(_) => 5,
            Exchange::Planned(_) => 6,
        }
    }

    /// Where it was, if that is known.
    pub fn site(&self) -> Option<Site> {
        match self {
            Exchange::Session(row) => row.site,
            Exchange::Dose(row) => Some(row.site),
            Exchange::Score(row) => row.site,
            Exchange::Note(row) => row.site,
            Exchange::Injury(row) => row.site,
            Exchange::Answer(_) => None,
            Exchange::Planned(row) => Some(row.site),
        }
    }

    /// The moment that it is about, milliseconds since 1970.
    pub fn at_ms(&self) -> i64 {
        match self {
            Exchange::Session(row) => row.started_ms,
            Exchange::Dose(row) => row.ended_ms,
            Exchange::Score(row) => row.at_ms,
            Exchange::Note(row) => row.at_ms,
            Exchange::Injury(row) => row.happened_ms.unwrap_or(row.noted_ms),
            Exchange::Answer(row) => row.noted_ms,
            Exchange::Planned(row) => row.from_ms,
        }
    }
}

/// A session with its steps and events. All times of day are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The name of its protocol.
    pub protocol: String,
    /// Where; `None` when that is not known.
    pub site: Option<Site>,
    /// The expanded steps, each with the longest that its file allows.
    pub steps: Vec<(Step, Option<Duration>)>,
    /// The load at its start, in half nanoseconds.
    pub carried: PerModality<i64>,
    /// Whether every change waited for the person.
    pub confirm: bool,
    /// How late a change may be.
    pub grace: Duration,
    /// The ids of the rules that were overridden.
    pub overrides: Vec<String>,
    /// When it started.
    pub started_ms: i64,
    /// Planned doses.
    pub planned: PerModality<Duration>,
    /// How it ended; `None` when it had no end yet.
    pub end: Option<SessionEnd>,
    /// What happened.
    pub events: Vec<EventRow>,
}

impl SessionRow {
    /// Whether the other one is the same session, before it had its end and its last events.
    pub(super) fn continues(&self, earlier: &SessionRow) -> bool {
        let same = SessionRow { end: None, events: earlier.events.clone(), ..self.clone() } == *earlier;
        same && self.events.starts_with(&earlier.events)
    }
}

/// The end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// `completed`, `ended_early`, `stopped` or `cut_off`.
    pub outcome: String,
    /// It is not known when the pack came off.
    pub assumed: bool,
    /// When.
    pub at_ms: i64,
    /// The doses.
    pub given: PerModality<Duration>,
}

/// An event of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The time of day.
    pub wall_ms: i64,
    /// The time since the first event, on the clock that counts in suspend.
    pub since_first: Duration,
    /// The time of the session, without pauses.
    pub elapsed: Duration,
    /// The step, from 0.
    pub step: usize,
    /// What happened. The doses of an end are in [`SessionEnd`].
    pub kind: EventKind,
}

/// A dose that was given without the timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoseRow {
    /// Cold or heat.
    pub modality: Modality,
    /// Where.
    pub site: Site,
    /// How long.
    pub length: Duration,
    /// When it came off.
    pub ended_ms: i64,
    /// When it was told.
    pub noted_ms: i64,
    /// When it was taken back.
    pub undone_ms: Option<i64>,
}

/// A pain score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreRow {
    /// The id of its session.
    pub session: Option<String>,
    /// One of [`super::ROLES`].
    pub role: Option<String>,
    /// From 0 to 10.
    pub score: u8,
    /// Where it hurt; `None` when that is not known.
    pub site: Option<Site>,
    /// The moment that it is about.
    pub at_ms: i64,
    /// When it was noted.
    pub noted_ms: i64,
    /// When it was taken back.
    pub undone_ms: Option<i64>,
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// The id of its session.
    pub session: Option<String>,
    /// What was noted.
    pub text: String,
    /// Where; `None` when that is not known.
    pub site: Option<Site>,
    /// The moment that it is about.
    pub at_ms: i64,
    /// When it was noted.
    pub noted_ms: i64,
    /// When it was taken back.
    pub undone_ms: Option<i64>,
}

/// What a person said about an injury.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjuryRow {
    /// When it happened; `None`: there is none.
    pub happened_ms: Option<i64>,
    /// Where; `None` for the whole body.
    pub site: Option<Site>,
    /// When it was noted.
    pub noted_ms: i64,
    /// When it was replaced or forgotten.
    pub over_ms: Option<i64>,
}

/// An answer about warning signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// The id of the injury that it is about.
    pub injury: Option<String>,
    /// The keys of the signs that apply; `None` when they were shown where nobody could answer.
    pub signs: Option<Vec<String>>,
    /// When.
    pub noted_ms: i64,
}

/// A session of a plan that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRow {
    /// The name of its protocol.
    pub protocol: String,
    /// Where.
    pub site: Site,
    /// When it starts.
    pub from_ms: i64,
    /// When it ends.
    pub to_ms: i64,
    /// How often it was changed.
    pub sequence: u32,
    /// When the plan was made that has it like this.
    pub made_ms: i64,
    /// When a later plan dropped it.
    pub dropped_ms: Option<i64>,
}

/// What became of a row that was to be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is new here.
    Added,
    /// It was here already.
    Known,
    /// A session that came without an end before, and has its end or more events now.
    Continued,
    /// There is another row with its id, which stays as it is.
    Differs,
    /// It names a session or an injury that is neither here nor among the rows.
    Orphan,
}
