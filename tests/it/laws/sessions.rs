//! Laws of sessions.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use therapy::domain::exposure::Exposure;
use therapy::domain::protocol::Protocol;
use therapy::domain::rules::SESSION_DOSE;
use therapy::domain::session::{Event, EventKind, Outcome, Session};
use therapy::domain::step::{Modality, PerModality, StepKind};

use super::{START, Wakes, all_options, config, play, protocols, replay, scripts};

/// Exposures of the skin, derived from the events alone.
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

/// The remaining plan, when a step runs or is paused.
fn ahead(session: &Session) -> Vec<Exposure> {
    let left = session.segment().end().saturating_sub(session.elapsed());
    let mut ahead = vec![(session.segment().step.kind, left)];
    ahead.extend(session.plan().exposures(session.index() + 1));
    ahead
}

/// No planned dose exceeds the limit of the skin or of the session.
fn plans_within_limits(session: &Session) {
    // At a hold nothing is planned. The rest is planned when the person answers.
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

fn assert_times_never_fall(log: &[Event]) {
    for pair in log.windows(2) {
        assert!(pair[0].at <= pair[1].at, "{pair:?}");
        assert!(pair[0].elapsed <= pair[1].elapsed, "{pair:?}");
        assert!(pair[0].step <= pair[1].step, "{pair:?}");
    }
}

/// Each step begins once, in order, or is skipped by a rule. A completed session has an event for each.
fn assert_steps_in_order(log: &[Event], steps: usize, outcome: Option<Outcome>) {
    let is_step =
        |event: &&Event| matches!(event.kind, EventKind::StepBegan { .. } | EventKind::Skipped { by_rule: Some(_) });
    let steps_seen: Vec<_> = log.iter().filter(is_step).map(|event| event.step).collect();
    assert!(steps_seen.iter().copied().eq(0..steps_seen.len()), "{steps_seen:?} of {steps}");
    if matches!(outcome, Some(Outcome::Completed | Outcome::EndedEarly)) {
        assert_eq!(steps_seen.len(), steps);
    }
    let is_end = |event: &Event| matches!(event.kind, EventKind::Finished { .. });
    assert_eq!(log.iter().position(is_end), Some(log.len() - 1), "the end comes once, and last");
    assert_eq!(log.iter().filter(|event| event.kind == EventKind::Started).count(), 1);
}

/// Steps that began without an input. A person who is away does not notice them.
fn unanswered(events: &[Event]) -> impl Iterator<Item = &Event> {
    let answers = |event: &Event| {
        matches!(event.kind, EventKind::Confirmed | EventKind::Resumed | EventKind::Skipped { by_rule: None })
    };
    let there = events.iter().any(answers);
    events.iter().filter(move |event| !there && matches!(event.kind, EventKind::StepBegan { .. }))
}

/// Total time of pauses.
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
    fn the_number_of_wakes_changes_nothing(
        protocol in protocols(), options in all_options(), script in scripts(), thousandths in vec(300..=1000_u32, 1..8),
    ) {
        // A slice longer than the grace would count as a sleep.
        let slices: Vec<_> = thousandths.iter().map(|part| options.grace * *part / 1000).collect();
        let (asked, exactly) = play(&protocol, options, &script, Wakes::Asked, |_, _| ());
        let (sliced, late) = play(&protocol, options, &script, Wakes::Slices(&slices), |_, _| ());
        prop_assert_eq!(exactly, late);
        prop_assert_eq!(asked.outcome(), sliced.outcome());
    }
}

proptest! {
    #![proptest_config(config(1200))]

    #[test]
    fn times_never_fall_and_steps_come_in_order(
        protocol in protocols(), options in all_options(), script in scripts(),
    ) {
        let mut elapsed = Duration::ZERO;
        let (session, log) = play(&protocol, options, &script, Wakes::Asked, |session, events| {
            assert!(session.elapsed() >= elapsed, "elapsed time falls: {session:?}");
            elapsed = session.elapsed();
            assert!(events.iter().all(|event| event.at <= session.now()), "{events:?} lie ahead: {session:?}");
            assert!(session.wake_at().is_none_or(|wake| wake > session.now()), "wakes in the past: {session:?}");
        });
        assert_times_never_fall(&log);
        assert_steps_in_order(&log, protocol.steps().len(), session.outcome());
    }

    #[test]
    fn no_session_plans_a_dose_above_its_limit(
        protocol in protocols(), options in all_options(), script in scripts(),
    ) {
        play(&protocol, options, &script, Wakes::Asked, |session, _| plans_within_limits(session));
    }

    #[test]
    fn the_dose_is_the_time_with_the_pack_on(
        protocol in protocols(), options in all_options(), script in scripts(),
    ) {
        let (session, log) = play(&protocol, options, &script, Wakes::Asked, |_, _| ());
        let worn = worn(&log, &protocol);
        let dose = |modality: Modality| -> Duration {
            worn.iter().filter(|(kind, _)| kind.modality() == Some(modality)).map(|(_, length)| *length).sum()
        };
        let end = *log.last().expect("it ends");
        let EventKind::Finished { given, .. } = end.kind else {
            panic!("{end:?} is not the end");
        };
        prop_assert_eq!(given, PerModality::from_fn(dose));
        // All time outside pauses counts as time of the session.
        prop_assert_eq!(end.elapsed, end.at.since(START).saturating_sub(paused(&log)));
        let since_the_end = session.now().since(end.at);
        prop_assert_eq!(session.load(), replay(protocol.initial_load(), &worn).after(StepKind::Rest, since_the_end));
    }

    #[test]
    fn no_step_begins_while_the_person_sleeps(
        protocol in protocols(), options in all_options(), script in scripts(),
    ) {
        let mut held = false;
        play(&protocol, options, &script, Wakes::Asked, |session, events| {
            let overran = events.iter().any(|event| matches!(event.kind, EventKind::Overran { .. }));
            let late = |event: &Event| session.now().since(event.at) > options.grace;
            for event in unanswered(events) {
                assert!(!(held || overran || late(event)), "begins unannounced: {events:?}, {session:?}");
            }
            held = session.is_held();
        });
    }

    #[test]
    fn the_next_step_is_known_before_it_begins(
        protocol in protocols(), options in all_options(), script in scripts(),
    ) {
        let mut next = Some(0);
        play(&protocol, options, &script, Wakes::Asked, |session, events| {
            // Within the grace several short steps may begin at once. The first one was the next step.
            if let Some(began) = unanswered(events).next() {
                assert_eq!(Some(began.step), next, "{events:?}, {session:?}");
            }
            let after = session.index() + 1;
            let planned = session.plan().exposures(after);
            next = planned.iter().position(|(_, length)| *length > Duration::ZERO).map(|index| index + after);
        });
    }
}
