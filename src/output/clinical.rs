//! What a clinician must see: rules that were overridden, packs that were on for too long, notes about the skin, warning
//! signs, and what is known about injuries and plans. This module must not know how it is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use super::past::Past;
use crate::domain::dose::Doses;
use crate::domain::exposure::limit;
use crate::domain::moment::Moment;
use crate::domain::session::{EventKind, REMIND};
use crate::domain::site::Site;
use crate::domain::step::Modality;
use crate::edge::journal::{InjuryEntry, Journal, JournalError, Note, Planned, Record, Screening, Stamp, Told};
use crate::text::report::mentions_skin;

/// A pack that stayed on past the end of its step, or a logged dose that was over the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overrun {
    /// When its session started, milliseconds since 1970.
    pub started_ms: i64,
    /// The name of the protocol.
    pub protocol: String,
    /// Where it was.
    pub site: Option<Site>,
    /// What was on the skin.
    pub modality: Modality,
    /// For how long after the end of the step.
    pub over: Duration,
    /// The record ends before the pack came off.
    pub is_open: bool,
    /// The dose was logged by hand. It has no step: `over` is the load above the limit when it ended.
    pub is_logged: bool,
}

/// What a clinician must see, each list oldest first.
#[derive(Default)]
pub struct Clinical {
    /// The ids of rules, and when the sessions started that named them.
    pub overridden: BTreeMap<String, Vec<i64>>,
    /// Packs that were on for too long.
    pub overruns: Vec<Overrun>,
    /// Notes with a word about the skin.
    pub skin: Vec<Note>,
    /// All other notes.
    pub notes: Vec<Note>,
    /// Answers that affirmed a sign. The last answer is there however old it is.
    pub signs: Vec<Screening>,
    /// Whether the last answer affirmed a sign: it refuses sessions now.
    pub is_affirmed: bool,
    /// Injuries that were not replaced or cleared, and sites that a person said have none.
    pub injuries: Vec<InjuryEntry>,
    /// Sessions of kept plans after now.
    pub to_come: Vec<Planned>,
}

impl Clinical {
    /// Reads it for what happened since a time of day, in milliseconds since 1970.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn read(
        journal: &Journal,
        past: &Past,
        since_ms: i64,
        site: Option<Site>,
        now: &Stamp,
    ) -> Result<Clinical, JournalError> {
        let mut overridden: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for entry in &past.sessions {
            for rule in entry.overrides.split_whitespace() {
                overridden.entry(rule.to_owned()).or_default().push(entry.started_ms);
            }
        }
        let mut overruns = Vec::new();
        let late = journal.overran(since_ms)?;
        for entry in past.sessions.iter().filter(|entry| late.contains(&entry.id)) {
            let record = journal.record(entry.id, now)?;
            overruns.extend(overruns_of(&record).into_iter().map(|(modality, over, is_open)| Overrun {
                started_ms: entry.started_ms,
                protocol: entry.protocol.clone(),
                site: entry.site,
                modality,
                over,
                is_open,
                is_logged: false,
            }));
        }
        overruns.extend(over_limit(journal, past, now)?);
        overruns.sort_by_key(|overrun| overrun.started_ms);
        let (skin, notes) = past.notes.iter().cloned().partition(|note| mentions_skin(&note.text));
        let answers: Vec<_> = journal.screenings()?.into_iter().filter(|answer| answer.signs.is_some()).collect();
        let affirms = |answer: &Screening| answer.signs.as_ref().is_some_and(|signs| !signs.is_empty());
        let last = answers.len().saturating_sub(1);
        let signs = answers.iter().enumerate();
        let signs = signs.filter(|(at, answer)| affirms(answer) && (*at == last || answer.noted_ms >= since_ms));
        let mut injuries = journal.injuries()?;
        injuries.retain(|entry| site.is_none_or(|asked| entry.site.is_none_or(|own| own.touches(asked))));
        let is_here = |at: Site| site.is_none_or(|asked| asked.includes(at));
        let to_come = journal.kept(now.wall_ms)?.into_iter().filter(|kept| !kept.is_dropped).map(|kept| kept.planned);
        Ok(Clinical {
            overridden,
            overruns,
            skin,
            notes,
            signs: signs.map(|(_, answer)| answer.clone()).collect(),
            is_affirmed: answers.last().is_some_and(affirms),
            injuries,
            to_come: to_come.filter(|planned| is_here(planned.site)).collect(),
        })
    }
}

/// The doses logged by hand that were over the limit, together with the doses before them: what `log` says about them.
fn over_limit(journal: &Journal, past: &Past, now: &Stamp) -> Result<Vec<Overrun>, JournalError> {
    // An older session has no load any more.
    const BEFORE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
    let Some(first) = past.logged().map(Told::started_ms).min() else { return Ok(Vec::new()) };
    let mut doses: Doses =
        journal.told_since(i64::MIN, now)?.iter().filter(|told| !told.is_undone).map(|told| told.dose).collect();
    for entry in journal.history(first.saturating_sub(BEFORE_MS))? {
        let is_before = |told: &Told| (told.what.ended_ms - BEFORE_MS..told.what.ended_ms).contains(&entry.started_ms);
        if past.logged().any(is_before) {
            doses.extend(journal.record(entry.id, now)?.doses(now));
        }
    }
    let over = |told: &Told| {
        let modality = told.what.modality;
        let load = doses.load(told.what.site, told.dose.to).of(modality);
        let over = load.checked_sub(limit(modality)).filter(|over| !over.is_zero())?;
        let (started_ms, site, protocol) = (told.started_ms(), Some(told.what.site), modality.to_string());
        Some(Overrun { started_ms, protocol, site, modality, over, is_open: false, is_logged: true })
    };
    Ok(past.logged().filter_map(over).collect())
}

/// The overruns of a record: what was on, for how long, and whether the record ends before it came off. A hold of less
/// than the first reminder is a person who changes packs.
fn overruns_of(record: &Record) -> Vec<(Modality, Duration, bool)> {
    let steps = record.protocol.steps();
    let mut found: Vec<(usize, Duration, bool)> = Vec::new();
    // The step that is past its end, its end, and the last that is known of it.
    let mut open: Option<(usize, Moment, Moment)> = None;
    for event in &record.events {
        open = match (event.kind, open) {
            (EventKind::Overran { over }, None) => Some((event.step, event.at - over, event.at)),
            (EventKind::Overran { .. }, Some((step, end, _))) => Some((step, end, event.at)),
            (_, Some((step, end, _))) => {
                found.push((step, event.at.since(end), false));
                None
            }
            (_, None) => None,
        };
    }
    found.extend(open.map(|(step, end, last)| (step, last.since(end), true)));
    let modality = |step: usize| steps.get(step).and_then(|step| step.kind.modality());
    let long = found.into_iter().filter(|(_, over, _)| *over >= REMIND);
    long.filter_map(|(step, over, is_open)| Some((modality(step)?, over, is_open))).collect()
}
