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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules::Past;
    use crate::domain::session::Input;

    const START: Moment = Moment::new(Duration::from_secs(1000));

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    fn protocol() -> Protocol {
        let steps = [(StepKind::Heat, minutes(10)), (StepKind::Cold, minutes(10))];
        Draft::of("test", &steps).review(Choice::default(), &Context::default(), &[]).expect("within every rule")
    }

    /// Heat, a pause of 3 min in it, then cold that is stopped after 4 min.
    fn record() -> (Session, Vec<Event>) {
        let (mut session, mut events) = Session::start(&protocol(), Terms::default(), START);
        let said = [(4, Some(Input::Pause)), (7, Some(Input::Resume)), (8, None), (13, None), (17, Some(Input::Stop))];
        for (at, input) in said {
            let at = START + minutes(at);
            events.extend(match input {
                Some(input) => session.handle(at, input),
                None => session.advance(at),
            });
        }
        (session, events)
    }

    #[test]
    fn what_was_on_has_no_gaps_and_a_pause_is_a_rest() {
        let (_, events) = record();
        let on = exposures(&protocol(), &events, START + minutes(60));
        let (heat, rest, cold) = (StepKind::Heat, StepKind::Rest, StepKind::Cold);
        assert_eq!(on, [(heat, minutes(4)), (rest, minutes(3)), (heat, minutes(6)), (cold, minutes(4))]);
        assert_eq!((dose(&on, Modality::Heat), dose(&on, Modality::Cold)), (minutes(10), minutes(4)));
        // What has no end goes on until then.
        let open = exposures(&protocol(), &events[..events.len() - 1], START + minutes(20));
        assert_eq!(open.last(), Some(&(cold, minutes(7))));
    }

    #[test]
    fn a_record_that_is_cut_anywhere_leads_to_the_session_that_it_was() {
        let (_, events) = record();
        for length in 1..=events.len() {
            let (mut session, unseen) =
                replay(&protocol(), Terms::default(), &events[..length]).expect("it has a start");
            let mut again = [&events[..length], &unseen].concat();
            for (index, event) in events.iter().enumerate() {
                if index == again.len() {
                    again.extend(match event.kind.input() {
                        Some(input) => session.handle(event.at, input),
                        None => session.advance(event.at),
                    });
                }
            }
            assert_eq!(again, events, "cut after {length}");
        }
        assert!(replay(&protocol(), Terms::default(), &[]).is_none());
        assert!(replay(&protocol(), Terms::default(), &events[1..]).is_none());
    }

    /// An event of another boot may be placed a few milliseconds before it was due; not more.
    #[test]
    fn a_recorded_end_of_a_step_did_happen_though_it_is_placed_early() {
        let (_, events) = record();
        let began = events.iter().position(|event| event.step == 1).expect("cold began");
        for (early, step) in [(0, 1), (10, 1), (11, 0)] {
            let mut moved = events[..=began].to_vec();
            let at = moved[began].at.since_origin().saturating_sub(Duration::from_millis(early));
            moved[began].at = Moment::new(at);
            let (session, _) = replay(&protocol(), Terms::default(), &moved).expect("it has a start");
            assert_eq!(session.index(), step, "{early} ms");
        }
    }

    #[test]
    fn the_longest_wait_decides_and_some_waits_do_not_help() {
        let ice = |length| Draft::of("ice", &[(StepKind::Cold, length)]);
        let had = Past { began: minutes(20), exposures: vec![(StepKind::Cold, minutes(20))] };
        let context = Context { past: vec![had], ..Context::default() };
        assert_eq!(earliest(&ice(minutes(10)), Choice::default(), &context), Some(minutes(20)));
        assert_eq!(earliest(&ice(minutes(10)), Choice::default(), &Context::default()), Some(Duration::ZERO));
        assert_eq!(earliest(&ice(minutes(25)), Choice::default(), &Context::default()), None);
        let found = findings(&ice(minutes(25)), &Context::default());
        assert!(found.iter().any(|finding| finding.rule == "cold-limit"));
    }

    #[test]
    fn a_session_is_taken_up_for_longer_than_it_may_last() {
        assert_eq!(STALE, minutes(180));
        assert!(STALE > crate::domain::rules::SESSION);
    }

    #[test]
    fn ice_first_and_heat_from_72_hours_on() {
        let fits = |injury| recommend(injury).0;
        assert_eq!(fits(Injury::Ago(ACUTE)), "heat");
        assert_eq!(fits(Injury::Ago(ACUTE.saturating_sub(Duration::from_secs(1)))), "ice");
        assert_eq!((fits(Injury::Unknown), fits(Injury::Ahead(ACUTE))), ("ice", "ice"));
        assert!(recommend(Injury::Unknown).1.contains("nobody said"));
        assert!(recommend(Injury::Ago(ACUTE)).1.contains("72h have passed"));
    }
}
