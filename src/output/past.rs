//! What happened since a time of day, at one site or anywhere: the one reading of the journal behind history and
//! everything that sums it. This module must not know how it is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::civil::Date;

use crate::domain::site::Site;
use crate::domain::step::Modality;
use crate::edge::journal::{Entry, Journal, JournalError, Note, Planned, Stamp, Told};
pub use crate::text::past::Ending;
use crate::text::times::Here;

/// What happened, each list oldest first.
#[derive(Default)]
pub struct Past {
    /// Sessions that were begun.
    pub sessions: Vec<Entry>,
    /// Doses without the timer, with those that were taken back and still count.
    pub told: Vec<Told>,
    /// Notes about sessions, and those that stand alone.
    pub notes: Vec<Note>,
    /// Scores that stand alone: the moment, the score and the site.
    pub scores: Vec<(i64, u8, Option<Site>)>,
    /// Sessions of plans that were kept, up to now.
    pub planned: Vec<Planned>,
}

impl Past {
    /// Reads what happened since a time of day, in milliseconds since 1970. The doses of a session that runs, or has no
    /// end, are those of now.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn read(
        journal: &Journal,
        since_ms: i64,
        site: Option<Site>,
        (now, is_running): (&Stamp, bool),
    ) -> Result<Past, JournalError> {
        let is_meant = |at: Option<Site>| site.is_none_or(|asked| at.is_some_and(|at| asked.includes(at)));
        let mut sessions = journal.history(since_ms)?;
        sessions.retain(|entry| is_meant(entry.site));
        for entry in sessions.iter_mut().filter(|entry| entry.assumed) {
            let Ok(record) = journal.record(entry.id, now) else { continue };
            if record.outcome.is_none() {
                // The session that runs now says what is on; after a pause the pack was off.
                entry.assumed = !is_running && !record.session().is_some_and(|session| session.is_paused());
            }
            let is_stale = record.outcome.is_none() && !is_running && record.is_stale(now);
            entry.actual = if is_stale { record.closed() } else { record }.doses(now).totals();
        }
        let mut told = journal.told_since(since_ms, now)?;
        told.retain(|told| is_meant(Some(told.what.site)));
        let mut scores = journal.scores_alone(since_ms)?;
        scores.retain(|(.., at)| is_meant(*at));
        let mut notes = journal.notes(since_ms)?;
        let ids: BTreeSet<_> = sessions.iter().map(|entry| entry.id).collect();
        notes.retain(|note| note.session.map_or_else(|| is_meant(note.site), |session| ids.contains(&session)));
        let kept = journal.kept(since_ms)?.into_iter().filter(|kept| !kept.is_dropped).map(|kept| kept.planned);
        let planned = kept.filter(|planned| planned.from_ms <= now.wall_ms && is_meant(Some(planned.site))).collect();
        Ok(Past { sessions, told, notes, scores, planned })
    }

    /// The same, of one protocol: what was told has none.
    #[must_use]
    pub fn of_protocol(mut self, name: &str) -> Past {
        self.sessions.retain(|entry| entry.protocol == name);
        self.planned.retain(|planned| planned.protocol == name);
        let Past { sessions, notes, planned, .. } = self;
        let ids: BTreeSet<i64> = sessions.iter().map(|entry| entry.id).collect();
        let is_meant = |note: &Note| note.session.is_some_and(|session| ids.contains(&session));
        let notes = notes.into_iter().filter(is_meant).collect();
        Past { sessions, notes, planned, ..Past::default() }
    }

    /// The sessions of kept plans, by their local date: how many of them were begun on that day, and how many there were.
    /// Early, late and longer sessions count.
    pub fn begun(&self, here: &Here) -> BTreeMap<Date, (usize, usize)> {
        let mut planned: BTreeMap<Date, Vec<Site>> = BTreeMap::new();
        for session in &self.planned {
            planned.entry(here.date(session.from_ms)).or_default().push(session.site);
        }
        let mut begun: BTreeMap<Date, Vec<Site>> = BTreeMap::new();
        for entry in &self.sessions {
            begun.entry(here.date(entry.started_ms)).or_default().extend(entry.site);
        }
        let days = planned.into_iter().map(|(day, planned)| {
            let mut begun = begun.remove(&day).unwrap_or_default();
            let is_begun =
                |site: &&Site| begun.iter().position(|at| at == *site).map(|at| begun.swap_remove(at)).is_some();
            (day, (planned.iter().filter(is_begun).count(), planned.len()))
        });
        days.collect()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows a list of it has.
    pub fn len(&self) -> usize {
        self.sessions.len() + self.told.len() + self.scores.len() + self.notes_alone().count()
    }

    /// Doses logged by hand that were not taken back.
    pub fn logged(&self) -> impl Iterator<Item = &Told> {
        self.told.iter().filter(|told| !told.is_undone)
    }

    /// Whether a session or a dose was recorded in another journal.
    pub fn has_imported(&self) -> bool {
        self.logged().any(|told| told.is_imported) || self.sessions.iter().any(|entry| entry.is_imported)
    }

    /// The notes that stand alone.
    pub fn notes_alone(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter().filter(|note| note.session.is_none())
    }

    /// The notes of every session, for those that ask for many.
    pub fn notes_by_session(&self) -> BTreeMap<i64, Vec<&Note>> {
        let mut notes: BTreeMap<i64, Vec<&Note>> = BTreeMap::new();
        for note in &self.notes {
            if let Some(session) = note.session {
                notes.entry(session).or_default().push(note);
            }
        }
        notes
    }
}

/// When a session ended; `None` while it runs, and when the clock was set back in it: no end is before its start.
pub fn ended_ms(entry: &Entry) -> Option<i64> {
    entry.ended_ms.filter(|ended| *ended >= entry.started_ms)
}

/// How a session ended. A dose that was not given to a second makes it end early.
pub fn ending(entry: &Entry) -> Ending {
    let short = |modality| entry.actual[modality] + Duration::from_secs(1) <= entry.planned[modality];
    match entry.outcome.as_deref() {
        None => Ending::Open,
        Some("cut_off") => Ending::CutOff,
        Some("stopped") => Ending::Stopped,
        Some("completed") if !Modality::ALL.into_iter().any(short) => Ending::Complete,
        Some(_) => Ending::EndedEarly,
    }
}
