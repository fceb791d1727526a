//! Laws of changeovers: the rests that give time to change packs.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use therapy::domain::protocol::{CHANGEOVER, Choice, Draft, DraftStep, Part, Protocol, Range};
use therapy::domain::rules::Context;
use therapy::domain::session::EventKind;
use therapy::domain::step::{Step, StepKind};

use super::{Wakes, all_options, config, kinds, lengths, play, scripts};

/// Drafts with groups and rounds, of which a rule may refuse many.
fn drafts() -> impl Strategy<Value = Draft> {
    let step = || {
        let step = (kinds(), lengths(1..=5 * 60), any::<bool>());
        step.prop_map(|(kind, length, last_round)| DraftStep { last_round, ..DraftStep::new(kind, length) })
    };
    let part = prop_oneof![
        4 => step().prop_map(Part::Step),
        1 => (1..4_u32, vec(step(), 1..4)).prop_map(|(times, steps)| Part::Group { times, steps }),
    ];
    let rounds = proptest::option::of((1..5_u32).prop_map(Range::fixed));
    (vec(part, 0..6), rounds).prop_map(|(parts, rounds)| Draft { parts, rounds, ..Draft::default() })
}

fn changeovers() -> impl Strategy<Value = Duration> {
    prop_oneof![lengths(1..=10 * 60), Just(*CHANGEOVER.start()), Just(*CHANGEOVER.end())]
}

fn with(changeover: Duration) -> Choice {
    Choice { changeover: Some(changeover), ..Choice::default() }
}

/// Whether there is time to put the pack of a step on: it is none, it was on already, or nothing was on.
fn has_time(before: Option<StepKind>, kind: StepKind) -> bool {
    match (before, kind) {
        (_, StepKind::Rest | StepKind::Stretch) | (Some(StepKind::Rest | StepKind::Stretch), _) => true,
        (before, kind) => before == Some(kind),
    }
}

/// Sessions with changeovers. A step is dropped when a rule refuses it after the earlier ones.
fn sessions() -> impl Strategy<Value = Protocol> {
    (vec((kinds(), lengths(1..=20 * 60)), 1..12), lengths(1..=3 * 60)).prop_filter_map(
        "no step passes",
        |(steps, changeover)| {
            let (mut taken, mut protocol) = (Vec::new(), None);
            for step in steps {
                taken.push(step);
                match Draft::of("test", &taken).review(with(changeover), &Context::default(), &[]) {
                    Ok(reviewed) => protocol = Some(reviewed),
                    Err(_) => drop(taken.pop()),
                }
            }
            protocol
        },
    )
}

proptest! {
    #![proptest_config(config(800))]

    #[test]
    fn no_pack_is_put_on_without_a_rest_before_it(draft in drafts(), changeover in changeovers()) {
        let steps = draft.expand(with(changeover));
        let mut before = None;
        for step in &steps {
            prop_assert!(has_time(before, step.kind), "{:?} after {:?} in {:?}", step, before, steps);
            before = Some(step.kind);
        }
    }

    /// Without the changeovers, the steps are those that the author wrote.
    #[test]
    fn a_changeover_changes_nothing_else(draft in drafts(), changeover in changeovers()) {
        let plain = draft.expand(Choice::default());
        let steps = draft.expand(with(changeover));
        let authors: Vec<Step> = steps.iter().filter(|step| !step.changeover).cloned().collect();
        prop_assert_eq!(&authors, &plain);
        prop_assert!(plain.iter().all(|step| !step.changeover));
        // Each is there for the pack after it, and only where there was no time before.
        for (at, step) in steps.iter().enumerate().filter(|(_, step)| step.changeover) {
            prop_assert_eq!((step.kind, step.length, &step.note), (StepKind::Rest, changeover, &None));
            let next = steps.get(at + 1).expect("it gets something ready");
            prop_assert_eq!((step.round, step.origin), (next.round, next.origin));
            let before = at.checked_sub(1).map(|at| steps[at].kind);
            prop_assert!(!has_time(before, next.kind), "needless: {:?}", steps);
        }
        // The file says it, or the person: the same steps. Zero is none, and the person has the last word.
        let of_file = Draft { changeover: Some(changeover), ..draft.clone() };
        prop_assert_eq!(of_file.expand(Choice::default()), steps);
        prop_assert_eq!(of_file.expand(with(Duration::ZERO)), &plain[..]);
        prop_assert_eq!(draft.expand(with(Duration::ZERO)), &plain[..]);
        let none = Draft { changeover: Some(Duration::ZERO), ..draft };
        prop_assert_eq!(none.expand(Choice::default()), plain);
    }
}

proptest! {
    #![proptest_config(config(400))]

    /// Also when a rule shortens a dose or leaves it out, and whatever the person does.
    #[test]
    fn no_session_begins_a_dose_without_a_rest_before_it(
        protocol in sessions(), options in all_options(), script in scripts(),
    ) {
        let (_, log) = play(&protocol, options, &script, Wakes::Asked, |_, _| ());
        let began = log.iter().filter(|event| matches!(event.kind, EventKind::StepBegan { .. }));
        let kinds: Vec<_> = began.map(|event| protocol.steps()[event.step].kind).collect();
        for (at, kind) in kinds.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| kinds[at]);
            prop_assert!(has_time(before, *kind), "{:?} after {:?}: {:?}", kind, before, log);
        }
    }
}
