//! Laws of doses and loads.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use therapy::domain::exposure::{Exposure, Load};
use therapy::domain::step::{Modality, StepKind};

use super::{config, kinds, lengths, replay};

const NANO: Duration = Duration::from_nanos(1);

fn exposures() -> impl Strategy<Value = Vec<Exposure>> {
    vec((kinds(), lengths(0..=40 * 60)), 0..6)
}

/// Whether no step exceeds the limit of its own modality.
fn stays_within(start: Load, steps: &[Exposure]) -> bool {
    (1..=steps.len()).all(|count| {
        let load = replay(start, &steps[..count]);
        steps[count - 1].0.modality().is_none_or(|modality| !load.exceeds_limit(modality))
    })
}

/// Whether the limits of these modalities hold before and after each of `steps`.
fn fits(start: Load, steps: &[Exposure], modalities: &[Modality]) -> bool {
    (0..=steps.len()).all(|count| {
        let load = replay(start, &steps[..count]);
        modalities.iter().all(|modality| !load.exceeds_limit(*modality))
    })
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn a_wait_is_long_enough_and_no_longer(before in exposures(), steps in exposures()) {
        let load = replay(Load::NONE, &before);
        if let Some(wait) = load.wait_before(&steps) {
            prop_assert!(stays_within(load.after(StepKind::Rest, wait), &steps));
            if let Some(less) = wait.checked_sub(NANO) {
                prop_assert!(!stays_within(load.after(StepKind::Rest, less), &steps));
            }
        } else {
            prop_assert!(!stays_within(Load::NONE, &steps));
        }
    }

    #[test]
    fn room_is_all_that_the_limits_leave(before in exposures(), kind in kinds(), following in exposures()) {
        let load = replay(Load::NONE, &before);
        let room = load.room(kind, &following);
        let Some(modality) = kind.modality() else {
            prop_assert_eq!(room, Duration::MAX);
            return Ok(());
        };
        let fits = |length| fits(load.after(kind, length), &following, &[modality]);
        prop_assert!(room == Duration::ZERO || fits(room), "{:?} is too much", room);
        prop_assert!(!fits(room + NANO), "{:?} is too little", room);
    }

    #[test]
    fn a_dose_raises_its_own_load_minute_by_minute_and_no_other(
        before in exposures(), kind in kinds(), length in lengths(0..=60 * 60),
    ) {
        let load = replay(Load::NONE, &before);
        let after = load.after(kind, length);
        for modality in Modality::ALL {
            let (was, is) = (load.of(modality), after.of(modality));
            if kind.modality() == Some(modality) {
                prop_assert_eq!(is, was + length);
            } else {
                prop_assert!(is <= was);
            }
        }
        let part = length / 3;
        prop_assert_eq!(load.after(kind, part).after(kind, length.saturating_sub(part)), after);
    }
}
