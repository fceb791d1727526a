//! What the journal holds, as its readers see it.

use std::time::Duration;

use crate::domain::course::{doses, replay};
use crate::domain::dose::Doses;
use crate::domain::protocol::Protocol;
use crate::domain::rules::RuleId;
use crate::domain::session::{Event, Moment, Session, SessionOptions};

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
    pub options: SessionOptions,
    /// All its events; the last ones may be [`Record::unwritten`].
    pub events: Vec<Event>,
    /// How many of the last events are not in the journal: they happened together with one that is,
    /// and the process was killed between the two.
    pub unwritten: usize,
    /// `None` while it is open.
    pub outcome: Option<String>,
    pub(super) last_wall_ms: i64,
}

impl Record {
    /// The session as it stood after its last event.
    pub fn session(&self) -> Option<Session> {
        replay(&self.protocol, self.options, &self.events).map(|(session, _)| session)
    }

    /// The session as it stood after its last event, and the events that are not in the journal yet:
    /// to be told and written before it goes on. `None` when the record has no start.
    pub fn take_up(&self) -> Option<(Session, Vec<Event>)> {
        let unwritten = self.events[self.events.len() - self.unwritten..].to_vec();
        self.session().map(|session| (session, unwritten))
    }

    /// How long ago its last event was.
    pub fn age(&self, now: &Stamp) -> Duration {
        self.events.last().map_or(Duration::MAX, |last| now.clock.since(last.at))
    }

    /// Its doses until now. Without an end, the pack counts as on: until now while the session can be
    /// resumed, and until the planned end of its step once it is closed as cut off.
    pub fn doses(&self, now: &Stamp) -> Doses {
        let last = self.events.last().map(|last| last.at).unwrap_or_default();
        let until = match self.outcome.as_deref() {
            None => now.clock,
            Some("cut_off") => {
                self.session().map_or(last, |session| if session.is_paused() { last } else { session.end().max(last) })
            }
            Some(_) => last,
        };
        doses(&self.protocol, &self.events, until.min(now.clock.max(last)))
    }
}

/// A new session, before its clock starts.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// What it goes through.
    pub protocol: &'a Protocol,
    /// How it treats the ends of its steps.
    pub options: SessionOptions,
    /// Rules that the person overrides.
    pub overrides: &'a [RuleId],
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
