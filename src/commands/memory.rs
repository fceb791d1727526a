//! What is known about the person before a session: injuries, earlier doses, a session without an end. It is read for
//! the whole body, and then seen from one site.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::folders::Folders;
use super::screening::{About, concerns};
use super::times::{date, from_millis, injured as injured_at, local, stamp};
use super::{Exit, Failure, say};
use crate::domain::course::{Said, meant};
use crate::domain::recommendation::{Facts, Past, Score};
use crate::domain::rules::{Context, DAY, Detail, Injury};
use crate::domain::site::Site;
use crate::edge::journal::{Entry, InjuryEntry, Journal, JournalError, Record, Screening, Stamp};
use crate::text::advice::{CUT_OFF, CUT_OFF_BEHIND};
use crate::text::durations::roughly;
use crate::text::rules;

/// What the journal holds.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// `None` when there is no journal, or when it cannot be read.
    pub(super) journal: Option<Journal>,
    /// What the rules need.
    pub(super) context: Context,
    /// What the person said about injuries, anywhere.
    pub(super) injuries: Vec<InjuryEntry>,
    /// The one that the rules mean at the site; `None` when `--injured` replaces it.
    pub(super) injury: Option<InjuryEntry>,
    /// The time that was typed for one session, in place of them.
    injured_ms: Option<i64>,
    /// When and where sessions and told doses started since the first of the injuries.
    starts: Vec<(i64, Option<Site>)>,
    /// The sessions of the last day.
    past: Vec<Past>,
    /// The pain scores of the last day, oldest first.
    scores: Vec<Score>,
    /// When it was read.
    now: Option<Stamp>,
    /// The length and the time of its log then.
    log: Option<(u64, SystemTime)>,
    /// The signs that were shown and answered.
    pub(super) screenings: Vec<Screening>,
    /// Whom the next answer is about.
    pub(super) about: About,
    /// A session without an end: it runs, or it was cut off and can be resumed.
    pub(super) open: Option<Record>,
    /// A session that was found cut off too long ago, and was closed.
    pub(super) closed: Option<Record>,
}

/// What the journal is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To show what is known.
    Show,
    /// To answer as a session would, and to write nothing.
    Rehearsal,
    /// To start a session: makes a journal when there is none, and closes a session that was cut off too long ago.
    Session,
}

impl Memory {
    /// Reads the journal, and prints a warning when that fails. It is seen from the usual site; see [`Memory::at`].
    pub(super) fn read(folders: &Folders, injured: Option<&str>, purpose: Purpose) -> Result<Memory, Failure> {
        // One reading of the wall clock: with two, 72 h ago would be a little less than 72 h.
        let now = stamp();
        let injured = injured.map(|text| injured_at(text, from_millis(now.wall_ms))).transpose()?;
        let mut memory = Memory::default();
        memory.context.now = now.clock;
        let read = match purpose {
            Purpose::Rehearsal if !Journal::exists(&folders.data) => Journal::could_be_made(&folders.data),
            Purpose::Show if !Journal::exists(&folders.data) => Ok(()),
            _ => {
                let journal = Journal::open(&folders.data);
                memory.context.running = match folders.is_running() {
                    Err(failure) if journal.is_ok() && purpose == Purpose::Show => return Err(failure),
                    // A session takes the lock, and says then what is wrong with it.
                    running => running.unwrap_or(false),
                };
                journal.and_then(|journal| {
                    memory.read_journal(&journal, &now, purpose == Purpose::Session)?;
                    memory.journal = Some(journal);
                    Ok(())
                })
            }
        };
        if let Err(error) = read {
            if purpose != Purpose::Show && matches!(error, JournalError::InUse { .. }) {
                return Err(Failure { exit: Exit::Refused, ..error.into() });
            }
            say(&format!("warning: {error}; {}", error.hint()));
            memory.context.unreadable = true;
        }
        memory.injured_ms = injured.map(Timestamp::as_millisecond);
        memory.now = Some(now);
        memory.at(Site::default());
        Ok(memory)
    }

    /// Sees it from a site: the doses, the injury and the sessions that touch it.
    pub(super) fn at(&mut self, site: Site) {
        let Some(now) = &self.now else { return };
        self.context.site = site;
        if let Some(happened_ms) = self.injured_ms {
            (self.injury, self.about) = (None, About::Time(happened_ms));
            (self.context.days, self.context.injury) = (0, age(happened_ms, now));
            return;
        }
        let said = said(&self.injuries, now);
        let meant = meant(site, &said);
        self.injury = meant.map(|index| self.injuries[index]);
        self.context.injury = meant.map_or(Injury::Unknown, |index| said[index].injury);
        let dated = self.injury.filter(|entry| entry.happened_ms.is_some());
        self.about = dated.map_or(About::Person, |entry| About::Injury(entry.id));
        let touching = self.injuries.iter().filter(|entry| entry.site.is_none_or(|own| own.touches(site)));
        self.context.days = touching.map(|entry| days(entry, &self.starts)).max().unwrap_or_default();
    }

    /// Reads the journal again: while a person thinks, doses fade, an injury gets older, and other shells may change
    /// all of it. Nothing is printed or closed.
    pub(super) fn refresh(&mut self, running: bool) -> Result<(), JournalError> {
        self.context.running = running;
        let journal = self.journal.take();
        self.refresh_from(journal.as_ref(), stamp())?;
        self.journal = journal;
        Ok(())
    }

    /// The same from a journal that the caller holds.
    pub(super) fn refresh_from(&mut self, journal: Option<&Journal>, now: Stamp) -> Result<(), JournalError> {
        self.context.now = now.clock;
        journal.map_or(Ok(()), |journal| self.read_journal(journal, &now, false))?;
        self.now = Some(now);
        self.at(self.context.site);
        Ok(())
    }

    /// Reads the journal again in a wait, in which another shell may have made one.
    pub(super) fn read_again(&mut self, folders: &Folders) -> Result<(), JournalError> {
        // A session that starts or ends between the two readings is not cut off.
        for _ in 0..2 {
            if self.journal.is_none() && !self.context.unreadable && Journal::exists(&folders.data) {
                self.journal = Some(Journal::open(&folders.data)?);
            }
            self.log = self.journal.as_ref().and_then(Journal::log_state);
            self.refresh(folders.is_running().unwrap_or(self.context.running))?;
            if self.context.running || self.open.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Whether another shell wrote something since the last [`read_again`](Memory::read_again).
    pub(super) fn has_changed(&self, folders: &Folders) -> bool {
        match &self.journal {
            Some(journal) => journal.log_state() != self.log,
            None => !self.context.unreadable && Journal::exists(&folders.data),
        }
    }

    /// Where the injury is that the rules mean, or where none is known, when a person could think of another place.
    pub(super) fn which_injury(&self) -> Option<Site> {
        let (known, site) = match self.context.injury {
            Injury::Unknown => (0, Some(self.context.site)),
            _ => (1, self.injury.and_then(|entry| entry.site)),
        };
        site.filter(|site| self.injuries.len() > known || *site != Site::default())
    }

    /// What the table of recommendations asks about the person, at the site. `spasm`: the person says that it is one.
    pub(super) fn facts(&self, spasm: bool) -> Facts {
        Facts::of(&self.context, &self.past, &self.scores, spasm)
    }

    /// The local time this long before the journal was read.
    pub(super) fn time_of(&self, ago: Duration) -> String {
        let now = self.now.as_ref().map_or(0, |now| now.wall_ms);
        local(from_millis(now.saturating_sub(i64::try_from(ago.as_millis()).unwrap_or(i64::MAX))))
    }

    /// The exit code of a command that shows what is known: failed when the journal cannot be read.
    pub(super) fn exit(&self) -> Exit {
        if self.context.unreadable { Exit::Failed } else { Exit::Completed }
    }

    fn read_journal(&mut self, journal: &Journal, now: &Stamp, writes: bool) -> Result<(), JournalError> {
        let context = &mut self.context;
        self.open = journal.open_session(now)?;
        let stale = self.open.take_if(|open| !context.running && open.is_stale(now));
        if let Some(open) = stale.as_ref().filter(|_| writes) {
            journal.close_cut_off(open, open.assumed_off(), false)?;
            // A session whose clock never started needs no message.
            if !open.events.is_empty() {
                let until = "the pack counts as on until the planned end of its step";
                say(&format!("note: {}; it is closed, and {until}", was_cut_off(open, now)));
            }
        }
        (context.doses, context.record_ahead) = journal.doses(now, stale.as_ref().map(|open| open.id))?;
        if let Some(stale) = stale {
            context.doses.extend(stale.clone().closed().doses(now));
            self.closed = Some(stale).filter(|_| writes);
        }
        self.screenings = journal.screenings()?;
        context.concerns = concerns(&self.screenings);
        self.injuries = journal.injuries()?;
        let first = self.injuries.iter().filter_map(|entry| entry.happened_ms).min();
        self.starts = first.map_or(Ok(Vec::new()), |first| journal.starts(first))?;
        let told = first.map_or(Ok(Vec::new()), |first| journal.told_since(first, now))?;
        self.starts.extend(told.iter().map(|told| (told.started_ms(), Some(told.what.site))));
        self.read_pain(journal, now)
    }

    /// Reads what was tried in the last day, and the pain.
    fn read_pain(&mut self, journal: &Journal, now: &Stamp) -> Result<(), JournalError> {
        let since_ms = now.wall_ms.saturating_sub(i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX));
        // An entry in the future comes from a clock that was set back since.
        let ago = |at_ms: i64| u64::try_from(now.wall_ms.saturating_sub(at_ms)).ok().map(Duration::from_millis);
        let ended = journal.history(since_ms)?.into_iter().filter(|entry| entry.outcome.is_some());
        let past = ended.filter_map(|Entry { started_ms, site, actual, pain, .. }| {
            Some(Past { ago: ago(started_ms)?, site, given: actual, pain })
        });
        self.past = past.collect();
        let scores = journal.scores(since_ms)?.into_iter();
        self.scores = scores.filter_map(|(at_ms, score, site)| Some(Score { ago: ago(at_ms)?, score, site })).collect();
        Ok(())
    }
}

/// What was said about injuries, as the rules need it.
pub(super) fn said(injuries: &[InjuryEntry], now: &Stamp) -> Vec<Said> {
    let injury = |entry: &InjuryEntry| entry.happened_ms.map_or(Injury::Absent, |happened_ms| age(happened_ms, now));
    injuries.iter().map(|entry| Said { site: entry.site, injury: injury(entry) }).collect()
}

/// The days with a session that touches an injury, since it happened.
fn days(entry: &InjuryEntry, starts: &[(i64, Option<Site>)]) -> u32 {
    let touches = |at: Option<Site>| entry.site.zip(at).is_none_or(|(own, at)| own.touches(at));
    let since = |started: i64| entry.happened_ms.is_some_and(|happened_ms| started >= happened_ms);
    let dates =
        starts.iter().filter(|(started, at)| since(*started) && touches(*at)).map(|(started, _)| date(*started));
    u32::try_from(dates.collect::<BTreeSet<_>>().len()).unwrap_or(u32::MAX)
}

/// How long ago an injury was.
fn age(happened_ms: i64, now: &Stamp) -> Injury {
    let age = now.wall_ms.saturating_sub(happened_ms);
    let length = Duration::from_millis(age.unsigned_abs());
    if age < 0 { Injury::InFuture(length) } else { Injury::Ago(length) }
}

/// `ice was cut off 5 min ago`, where that is known.
pub(super) fn was_cut_off(open: &Record, now: &Stamp) -> String {
    let name = open.protocol.name();
    if open.is_clock_behind() {
        return format!("{name} was cut off; {}", rules::detail(&Detail::ClockBehind(open.ahead)));
    }
    format!("{name} was cut off {} ago", roughly(open.age(now)))
}

/// What to do about a session that was cut off, in lines of a hint.
pub(super) fn ways_on(open: &Record) -> &'static str {
    if open.is_clock_behind() { CUT_OFF_BEHIND } else { CUT_OFF }
}
