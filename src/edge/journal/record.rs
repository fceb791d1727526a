//! The content of the journal, as its readers see it. This module must not know how it is stored.

use std::time::Duration;

use crate::domain::course::{STALE, doses, replay};
use crate::domain::dose::{Dose, Doses};
use crate::domain::protocol::Protocol;
use crate::domain::rules::{CLOCK_BEHIND, RuleId};
use crate::domain::session::{Event, Moment, Session, SessionOptions};
use crate::domain::site::Site;
use crate::domain::step::PerModality;

/// All clocks, read at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Time of day, milliseconds since 1970.
    pub wall_ms: i64,
    /// The name of the boot; empty where it is not known.
    pub boot: String,
    /// The clock that counts in suspend.
    pub clock: Moment,
}

/// A session in the history.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// Name of its protocol.
    pub protocol: String,
    /// Where it was; `None` when that is not known.
    pub site: Option<Site>,
    /// When it started, milliseconds since 1970.
    pub started_ms: i64,
    /// When it ended; `None` while it is open.
    pub ended_ms: Option<i64>,
    /// `completed`, `ended_early`, `stopped` or `cut_off`; `None` while it is open.
    pub outcome: Option<String>,
    /// It is not known when the pack came off, so the doses are assumed.
    pub assumed: bool,
    /// Planned doses.
    pub planned: PerModality<Duration>,
    /// Doses that were given.
    pub actual: PerModality<Duration>,
    /// Pain before and after, 0 to 10.
    pub pain: [Option<u8>; 2],
    /// The pain two hours after a session of a trial: the moment in milliseconds since 1970, and the score.
    pub later: Option<(i64, u8)>,
    /// It was measured in another journal.
    pub is_imported: bool,
    /// The ids of the rules that were overridden, separated by spaces.
    pub overrides: String,
}

/// A session, complete enough to resume it. Its moments are on the clock of now.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its number.
    pub id: i64,
    /// When it started, milliseconds since 1970.
    pub started_ms: i64,
    /// Its protocol. Its site is [`Site::OTHER`] when that is not known.
    pub protocol: Protocol,
    /// Where it is; `None` when that is not known.
    pub site: Option<Site>,
    /// What happens at the ends of its steps.
    pub options: SessionOptions,
    /// The ids of the rules that were overridden, separated by spaces.
    pub overrides: String,
    /// All its events. The last ones may be [`Record::unwritten`].
    pub events: Vec<Event>,
    /// The number of last events that are not in the journal: the process was killed after it had written
    /// another event of the same moment.
    pub unwritten: usize,
    /// `None` while it is open.
    pub outcome: Option<String>,
    /// The time of day of the last event in the journal.
    pub last_wall_ms: i64,
    /// How far in the future its last event or its end lies by the time of day, when no other clock can date it.
    pub ahead: Duration,
    /// When the pack came off, as far as it is known: the end of a session that was closed as cut off.
    pub(super) off: Option<Moment>,
    /// Another journal measured it, so its doses relieve nothing.
    pub(super) is_imported: bool,
}

impl Record {
    /// The session after its last event. `None` when the record has no start.
    pub fn session(&self) -> Option<Session> {
        replay(&self.protocol, self.options, &self.events).map(|(session, _)| session)
    }

    /// The session after its last event, and the events to show and to write before it continues. `None`
    /// when the record has no start.
    pub fn resume(&self) -> Option<(Session, Vec<Event>)> {
        let unwritten = self.events[self.events.len() - self.unwritten..].to_vec();
        self.session().map(|session| (session, unwritten))
    }

    /// Whether it was cut off too long ago to be resumed, if no process runs it.
    pub fn is_stale(&self, now: &Stamp) -> bool {
        self.age(now) > STALE
    }

    /// Whether the clock was set back behind a record that nothing else dates: how long ago it was is unknown.
    pub fn is_clock_behind(&self) -> bool {
        self.ahead > CLOCK_BEHIND
    }

    /// How far the time of day leapt ahead of the clock since the last event, beyond what clocks differ.
    pub fn leap(&self, now: &Stamp) -> Option<Duration> {
        let passed = now.wall_ms.saturating_sub(self.last_wall_ms);
        let passed = Duration::from_millis(u64::try_from(passed).unwrap_or(0));
        passed.checked_sub(self.age(now)).filter(|leap| *leap > CLOCK_BEHIND)
    }

    /// Whether its pack counts as on until now, without an answer from the person. Otherwise it counts as on until
    /// [`Record::assumed_off`].
    pub fn counts_until_now(&self, now: &Stamp) -> bool {
        !self.is_stale(now) && !self.is_clock_behind()
    }

    /// The record as the next session will leave it, once it is stale: closed as cut off.
    #[must_use]
    pub fn closed(self) -> Record {
        Record { outcome: Some("cut_off".to_owned()), ..self }
    }

    /// The time since its last event.
    pub fn age(&self, now: &Stamp) -> Duration {
        self.events.last().map_or(Duration::MAX, |last| now.clock.since(last.at))
    }

    /// Its doses until now. While it can be resumed, the pack counts as on until now. Once it is closed as cut
    /// off, the pack counts as on until the time that the person gave, or else until [`Record::assumed_off`].
    pub fn doses(&self, now: &Stamp) -> Doses {
        let until = match self.outcome.as_deref() {
            None => now.clock.max(self.last()),
            // Not only until now: a clock that was set back hides no dose.
            Some("cut_off") => self.off.unwrap_or_else(|| self.assumed_off()),
            Some(_) => self.last(),
        };
        let doses = doses(&self.protocol, &self.events, until);
        if !self.is_imported {
            return doses;
        }
        doses.into_iter().map(|dose| Dose { relieves: false, ..dose }).collect()
    }

    /// When the pack is assumed to have come off, without an answer from the person: the planned end of its step.
    pub fn assumed_off(&self) -> Moment {
        let end = self.session().filter(|session| !session.is_paused()).map(|session| session.end());
        end.map_or(self.last(), |end| end.max(self.last()))
    }

    /// The moment of its last event.
    pub fn last(&self) -> Moment {
        self.events.last().map(|last| last.at).unwrap_or_default()
    }
}

/// A new session, before its clock starts.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Its protocol.
    pub protocol: &'a Protocol,
    /// What happens at the ends of its steps.
    pub options: SessionOptions,
    /// Rules that the person overrides.
    pub overrides: &'a [RuleId],
    /// Pain before, 0 to 10.
    pub pain: Option<u8>,
    /// Time of day, milliseconds since 1970.
    pub started_ms: i64,
}

/// What the person said about an injury.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InjuryEntry {
    /// Its number.
    pub id: i64,
    /// When it happened, milliseconds since 1970; `None`: the person said that there is none.
    pub happened_ms: Option<i64>,
    /// Where; `None` for an injury from before there were sites, and when there is none anywhere.
    pub site: Option<Site>,
}

/// The warning signs, shown once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screening {
    /// The number of the injury that it belongs to.
    pub injury: Option<i64>,
    /// The keys of the signs that the person affirmed; `None` when nobody could answer.
    pub signs: Option<Vec<String>>,
    /// When that was, milliseconds since 1970.
    pub noted_ms: i64,
    /// The journal that it was imported from; `None` when it was given here.
    pub origin: Option<String>,
}
