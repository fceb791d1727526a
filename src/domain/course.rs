//! From one session to the next: what a record says about the skin, what may run now, and when the
//! next may. Told the time; it must not know how a record is kept.

use std::time::Duration;

use crate::domain::exposure::Exposure;
use crate::domain::protocol::{Choice, Draft, Protocol};
use crate::domain::rules::{ACUTE, Context, Finding, Injury, Severity, review};
use crate::domain::session::{Event, EventKind, Moment, Session, Terms};
use crate::domain::step::{Modality, StepKind};

/// How long after its last event a session that was cut off is still taken up (ours): longer than a
/// session may last. Later it is closed with what is known.
pub const STALE: Duration = Duration::from_secs(3 * 60 * 60);

/// How exactly the moments of another boot are known: by the time of day, in milliseconds, and what a
/// pause across boots did to the skin follows from that.
const BLUR: Duration = Duration::from_millis(10);

/// Goes through the events of a record again. The session that comes out stands where the one that
/// was recorded stood after its last event; advancing it to now is what a long stall is. With it come
/// the events that happened together with the last one and that the record lacks: it was cut off
/// between the two.
///
/// `None` when the record does not start with a start.
#[must_use]
pub fn replay(protocol: &Protocol, terms: Terms, events: &[Event]) -> Option<(Session, Vec<Event>)> {
    let (first, rest) = events.split_first()?;
    if first.kind != EventKind::Started {
        return None;
    }
    let (mut session, mut unseen) = Session::start(protocol, terms, first.at);
    unseen.remove(0);
    for event in rest {
        if unseen.is_empty() {
            unseen = if let Some(input) = event.kind.input() {
                session.handle(event.at, input)
            } else {
                // What was recorded did happen, though its moment may be placed a little too early.
                let due = session.wake_at().filter(|due| due.since(event.at) <= BLUR);
                session.advance(due.map_or(event.at, |due| due.max(event.at)))
            };
        }
        if !unseen.is_empty() {
            unseen.remove(0);
        }
    }
    Some((session, unseen))
}

/// What was on, from the first event until `until`, without gaps; a pause is a rest.
#[must_use]
pub fn exposures(protocol: &Protocol, events: &[Event], until: Moment) -> Vec<Exposure> {
    let mut exposures: Vec<Exposure> = Vec::new();
    let mut on = StepKind::Rest;
    for (index, event) in events.iter().enumerate() {
        let kind = protocol.steps().get(event.step).map_or(StepKind::Rest, |step| step.kind);
        on = match event.kind {
            EventKind::StepBegan { .. } | EventKind::Resumed => kind,
            EventKind::Paused => StepKind::Rest,
            EventKind::Finished { .. } => break,
            _ => on,
        };
        let next = events.get(index + 1).map_or(until, |next| next.at);
        let length = next.since(event.at);
        match exposures.last_mut() {
            Some((last, sum)) if *last == on => *sum += length,
            _ if length.is_zero() => {}
            _ => exposures.push((on, length)),
        }
    }
    exposures
}

/// How long to wait until no rule refuses these steps any more; zero when none does. `None` when
/// waiting does not help.
#[must_use]
pub fn earliest(draft: &Draft, choice: Choice, context: &Context) -> Option<Duration> {
    let findings = review(&draft.expand(choice), context);
    let refusing = findings.iter().filter(|finding| finding.severity >= Severity::Override);
    // Each rule that passes goes on passing, and none depends on another: the longest wait decides.
    refusing.map(|finding| finding.passes_after).try_fold(Duration::ZERO, |wait, after| Some(wait.max(after?)))
}

/// What the review of the defaults says now.
#[must_use]
pub fn findings(draft: &Draft, context: &Context) -> Vec<Finding> {
    review(&draft.expand(Choice::default()), context)
}

/// Which built-in protocol fits the age of the injury, and why.
#[must_use]
pub fn recommend(injury: Injury) -> (&'static str, &'static str) {
    match injury {
        Injury::Ago(age) if age >= ACUTE => ("heat", "72h have passed since the injury: heat (S3)"),
        Injury::Ago(_) => ("ice", "less than 72h since the injury: ice (S3)"),
        Injury::Unknown | Injury::Ahead(_) => {
            ("ice", "nobody said when the injury was; cold may be used from the first hour (S3)")
        }
    }
}

/// The dose that a plan of exposures gives of one modality.
#[must_use]
pub fn dose(exposures: &[Exposure], modality: Modality) -> Duration {
    let given = exposures.iter().filter(|(kind, _)| kind.modality() == Some(modality));
    given.map(|(_, length)| *length).fold(Duration::ZERO, Duration::saturating_add)
}
