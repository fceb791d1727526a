//! Laws of sessions.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use therapy::domain::exposure::Exposure;
use therapy::domain::protocol::Protocol;
use therapy::domain::rules::SESSION_DOSE;
use therapy::domain::session::{Event, EventKind, Outcome, Session};
use therapy::domain::step::{Modality, PerModality, StepKind};

use super::{START, Wakes, all_terms, config, play, protocols, replay, scripts};

/// What was on the skin and for how long, told by the events alone.
fn worn(log: &[Event], protocol: &Protocol) -> Vec<Exposure> {
    let mut worn = Vec::new();
    let (mut on, mut since) = (StepKind::Rest, START);
    for event in log {
        let next = match event.kind {
            EventKind::StepBegan { .. } | EventKind::Resumed => protocol.steps()[event.step].kind,
            EventKind::Paused | EventKind::Finished { .. } => StepKind::Rest,
            _ => continue,
        };
        worn.push((on, event.at.since(since)));
        (on, since) = (next, event.at);
    }
    worn
}

/// What the session still has before it, when a step of it runs or is paused.
fn ahead(session: &Session) -> Vec<Exposure> {
    let left = session.segment().end().saturating_sub(session.elapsed());
    let mut ahead = vec![(session.segment().step.kind, left)];
    ahead.extend(session.plan().exposures(session.index() + 1));
    ahead
}

/// No dose that is planned brings the skin past its limit, nor the session past its dose.
fn plans_within_limits(session: &Session) {
    // At a hold nothing is planned until the person answers; what follows is fitted then.
    let step_is_over = session.segment().end() <= session.elapsed();
    if session.outcome().is_some() || session.is_held() || (session.is_paused() && step_is_over) {
        return;
    }
    let mut load = session.load();
    let mut doses = Modality::ALL.map(|modality| session.dose(modality));
    for (kind, length) in ahead(session) {
        load = load.after(kind, length);
        let Some(modality) = kind.modality().filter(|_| length > Duration::ZERO) else {
            continue;
        };
        assert!(!load.exceeds_limit(modality), "plans {modality} up to {:?}: {session:?}", load.of(modality));
        doses[modality as usize] += length;
        assert!(doses[modality as usize] <= SESSION_DOSE, "plans too much {modality}: {session:?}");
    }
}

fn times_never_fall(log: &[Event]) {
    for pair in log.windows(2) {
        assert!(pair[0].at <= pair[1].at, "{pair:?}");
        assert!(pair[0].elapsed <= pair[1].elapsed, "{pair:?}");
        assert!(pair[0].step <= pair[1].step, "{pair:?}");
    }
}

/// Each step begins once, in order, or is left out; a completed session tells of each.
fn steps_come_in_order(log: &[Event], steps: usize, outcome: Option<Outcome>) {
    let tells =
        |event: &&Event| matches!(event.kind, EventKind::StepBegan { .. } | EventKind::Skipped { by_rule: Some(_) });
    let told: Vec<_> = log.iter().filter(tells).map(|event| event.step).collect();
    assert!(told.iter().copied().eq(0..told.len()), "{told:?} of {steps}");
    if outcome == Some(Outcome::Completed) {
        assert_eq!(told.len(), steps);
    }
    let is_end = |event: &Event| matches!(event.kind, EventKind::Finished { .. });
    assert_eq!(log.iter().position(is_end), Some(log.len() - 1), "the end is said once, and last");
    assert_eq!(log.iter().filter(|event| event.kind == EventKind::Started).count(), 1);
}

/// The steps that began although nobody had just said anything: those that a person who is away
/// does not know of.
fn unanswered(events: &[Event]) -> impl Iterator<Item = &Event> {
    let answers = |event: &Event| {
        matches!(event.kind, EventKind::Confirmed | EventKind::Resumed | EventKind::Skipped { by_rule: None })
    };
    let there = events.iter().any(answers);
    events.iter().filter(move |event| !there && matches!(event.kind, EventKind::StepBegan { .. }))
}

/// Time that the person called a pause.
fn paused(log: &[Event]) -> Duration {
    let (mut paused, mut since) = (Duration::ZERO, None);
    for event in log {
        match event.kind {
            EventKind::Paused => since = Some(event.at),
            EventKind::Resumed | EventKind::Finished { .. } => {
                paused += since.take().map_or(Duration::ZERO, |since| event.at.since(since));
            }
            _ => {}
        }
    }
    paused
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn how_often_a_session_is_woken_changes_nothing(
        protocol in protocols(), terms in all_terms(), script in scripts(), thousandths in vec(300..=1000_u32, 1..8),
    ) {
        // No slice is longer than the grace: a longer one may be a sleep.
        let slices: Vec<_> = thousandths.iter().map(|part| terms.grace * *part / 1000).collect();
        let (asked, exactly) = play(&protocol, terms, &script, Wakes::Asked, |_, _| ());
        let (sliced, late) = play(&protocol, terms, &script, Wakes::Slices(&slices), |_, _| ());
        prop_assert_eq!(exactly, late);
        prop_assert_eq!(asked.outcome(), sliced.outcome());
    }
}

proptest! {
    #![proptest_config(config(1200))]

    #[test]
    fn times_never_fall_and_steps_come_in_order(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        let mut elapsed = Duration::ZERO;
        let (session, log) = play(&protocol, terms, &script, Wakes::Asked, |session, events| {
            assert!(session.elapsed() >= elapsed, "elapsed time falls: {session:?}");
            elapsed = session.elapsed();
            assert!(events.iter().all(|event| event.at <= session.now()), "{events:?} lie ahead: {session:?}");
            assert!(session.wake_at().is_none_or(|wake| wake > session.now()), "wakes in the past: {session:?}");
        });
        times_never_fall(&log);
        steps_come_in_order(&log, protocol.steps().len(), session.outcome());
    }

    #[test]
    fn nothing_makes_a_session_plan_a_dose_above_its_limit(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        play(&protocol, terms, &script, Wakes::Asked, |session, _| plans_within_limits(session));
    }

    #[test]
    fn the_dose_is_the_time_that_the_pack_was_on(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        let (session, log) = play(&protocol, terms, &script, Wakes::Asked, |_, _| ());
        let worn = worn(&log, &protocol);
        let dose = |modality: Modality| -> Duration {
            worn.iter().filter(|(kind, _)| kind.modality() == Some(modality)).map(|(_, length)| *length).sum()
        };
        let end = *log.last().expect("it ends");
        let EventKind::Finished { given, .. } = end.kind else {
            panic!("{end:?} is not the end");
        };
        prop_assert_eq!(given, PerModality::from_fn(dose));
        // What nobody called a pause counts as time of the session.
        prop_assert_eq!(end.elapsed, end.at.since(START).saturating_sub(paused(&log)));
        let since_the_end = session.now().since(end.at);
        prop_assert_eq!(session.load(), replay(protocol.initial_load(), &worn).after(StepKind::Rest, since_the_end));
    }

    #[test]
    fn a_slept_through_end_never_passes_into_another_step(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        let mut held = false;
        play(&protocol, terms, &script, Wakes::Asked, |session, events| {
            let overran = events.iter().any(|event| matches!(event.kind, EventKind::Overran { .. }));
            let late = |event: &Event| session.now().since(event.at) > terms.grace;
            for event in unanswered(events) {
                assert!(!(held || overran || late(event)), "begins unannounced: {events:?}, {session:?}");
            }
            held = session.is_held();
        });
    }

    #[test]
    fn what_comes_next_is_known_before_it_begins(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        let mut next = Some(0);
        play(&protocol, terms, &script, Wakes::Asked, |session, events| {
            // Within the grace several short steps may pass at once; the first of them was known.
            if let Some(began) = unanswered(events).next() {
                assert_eq!(Some(began.step), next, "{events:?}, {session:?}");
            }
            let after = session.index() + 1;
            let planned = session.plan().exposures(after);
            next = planned.iter().position(|(_, length)| *length > Duration::ZERO).map(|index| index + after);
        });
    }
}
