//! Names and wording of events.

use std::time::Duration;

use therapy::domain::rules::RuleId;
use therapy::domain::session::{EventKind, Input, Outcome};
use therapy::domain::step::{Modality, PerModality};
use therapy::text::wording;

use crate::builder::session;

/// The pack to take off is the one that was on, not the one of the skipped step.
#[test]
fn after_a_step_skipped_by_a_rule_the_headline_names_the_pack_that_was_on() {
    let (session, events) = session("heat 2m, cold 5m, rest 5m").play("2m skip");
    let began = events.last().expect("the rest began");
    assert!(matches!(began.kind, EventKind::StepBegan { .. }), "{began:?}");
    let words = wording::of(began, &session, false);
    assert!(words.headline.starts_with("Heat off now. Rest for 5 min"), "{words:?}");
    assert!(words.urgent);
}

#[test]
fn events_and_outcomes_have_names_and_some_events_have_an_input() {
    let outcome = Outcome::Stopped;
    let (given, by) = (PerModality::default(), Duration::from_secs(60));
    let table = [
        (EventKind::Started, "started", None),
        (EventKind::StepBegan { length: by }, "step_began", None),
        (EventKind::Halfway, "halfway", None),
        (EventKind::StepSoon, "step_soon", None),
        (EventKind::Paused, "paused", Some(Input::Pause)),
        (EventKind::Resumed, "resumed", Some(Input::Resume)),
        (EventKind::Skipped { by_rule: None }, "skipped", Some(Input::Skip)),
        (EventKind::Skipped { by_rule: Some(RuleId::ColdLimit) }, "skipped", None),
        (EventKind::Extended { by, by_rule: None }, "extended", Some(Input::Extend(by))),
        (EventKind::Overran { over: by }, "overran", None),
        (EventKind::Confirmed, "confirmed", Some(Input::Confirm)),
        (EventKind::Finished { outcome, given }, "finished", Some(Input::Stop)),
        (EventKind::Finished { outcome: Outcome::Completed, given }, "finished", None),
    ];
    for (kind, name, input) in table {
        assert_eq!((kind.name(), kind.input()), (name, input));
    }
    let names = [Outcome::Completed, Outcome::EndedEarly, Outcome::Stopped].map(Outcome::name);
    assert_eq!(names, ["completed", "ended_early", "stopped"]);
    assert_eq!((Modality::Cold.to_string(), Modality::Heat.as_str()), ("cold".to_owned(), "heat"));
}

/// The answer to another shell says what to do now, and says it once.
#[test]
fn an_answer_says_once_what_to_do_now() {
    let answered = |steps: &str, confirm: bool, script: &str| {
        let (session, events) = session(steps).confirm(confirm).play(script);
        let last: Vec<_> = events.into_iter().filter(|event| event.at == session.now()).collect();
        wording::answer(&last, &session)
    };
    let both = "cold 10m, heat 10m";
    let heat = "Heat on for 10 min, step 2 of 2, only when normal feeling is back.";
    assert_eq!(answered(both, false, "4m skip"), format!("Cold off now. {heat}"));
    // In a pause the pack is off already, and nothing goes on that ends at once.
    assert_eq!(answered(both, false, "4m pause; 6m skip"), format!("Cold ended early. {heat}"));
    assert_eq!(answered(both, true, "10m10s confirm"), format!("Cold off now. {heat}"));
    assert_eq!(answered(both, false, "4m pause; 6m resume"), "Cold continues.");
    assert_eq!(answered(both, false, "4m pause; 6m pause"), "Nothing to change.");
    // Without a pack there is nothing to take off; and the last step.
    let cold = "Cold on for 10 min, step 2 of 2, a thin damp cloth between.";
    assert_eq!(answered("rest 5m, cold 10m", false, "1m skip"), format!("Rest ended early. {cold}"));
    assert_eq!(answered("cold 15m", false, "5m skip"), "Take the pack off. Ended early: cold 5 of 15 min.");
    assert_eq!(answered("cold 15m", false, "5m stop"), "Take the pack off. Stopped: cold 5 of 15 min.");
}
