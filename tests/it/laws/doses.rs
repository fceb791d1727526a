//! Laws of doses and loads.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use therapy::domain::dose::{Dose, Doses};
use therapy::domain::exposure::{Exposure, Load};
use therapy::domain::moment::Moment;
use therapy::domain::site::Site;
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

/// A dose under a name, and the places where its packs really are.
#[derive(Clone, Debug)]
struct Placed {
    modality: Modality,
    /// In minutes.
    from: u64,
    to: u64,
    name: Site,
    real: Vec<Site>,
}

/// The sites that are one place.
fn places() -> Vec<Site> {
    let is_part = |site: Site| Site::all().any(|other| other != site && site.includes(other));
    Site::all().filter(|site| !is_part(*site) && !site.is_anywhere()).collect()
}

/// A few names near each other, so that most doses touch.
fn placed() -> impl Strategy<Value = Placed> {
    let names = ["left-knee", "right-knee", "knee", "left-thigh", "left-hip", "hip", "lower-back", "other"];
    let names = names.map(|name| Site::from_name(name).expect("a site"));
    (select(Modality::ALL.to_vec()), 0..200_u64, 1..40_u64, select(names.to_vec()), select(places())).prop_map(
        |(modality, from, length, name, somewhere)| {
            let real = places().into_iter().filter(|place| name.includes(*place)).collect();
            let real = if name.is_anywhere() { vec![somewhere] } else { real };
            Placed { modality, from, to: from + length, name, real }
        },
    )
}

/// The load of one patch of skin in half minutes, cold and heat, minute by minute. The patch is a place, or where two
/// places meet.
fn patch(doses: &[Placed], places: &[Site], at: u64) -> [u64; 2] {
    let mut loads = [0_u64; 2];
    for minute in 0..at {
        let on = |modality| {
            let on = doses.iter().filter(|dose| (dose.from..dose.to).contains(&minute) && dose.modality == modality);
            on.filter(|dose| dose.real.iter().any(|place| places.contains(place))).count() as u64
        };
        let packs = Modality::ALL.map(on);
        for (load, (own, other)) in loads.iter_mut().zip([(packs[0], packs[1]), (packs[1], packs[0])]) {
            let less = if other > 0 { 2 } else { 1 };
            *load = if own > 0 { *load + 2 * own } else { load.saturating_sub(less) };
        }
    }
    loads
}

proptest! {
    #![proptest_config(config(300))]

    /// Whatever the skin was called before, the law counts at least what is on it.
    #[test]
    fn no_name_hides_a_dose(doses in vec(placed(), 0..6), at in 0..240_u64) {
        let minutes = |number: u64| Moment::default() + Duration::from_secs(60 * number);
        let all: Doses = doses.iter().map(|dose| {
            let (from, to) = (minutes(dose.from), minutes(dose.to));
            Dose { modality: dose.modality, from, to, session: from, site: dose.name, relieves: true }
        }).collect();
        let places = places();
        let mut patches: Vec<Vec<Site>> = places.iter().map(|place| vec![*place]).collect();
        patches.extend(places.iter().flat_map(|one| {
            let others = places.iter().filter(move |other| one < other && one.touches(**other));
            others.map(move |other| vec![*one, *other])
        }));
        for real in patches {
            let loads = patch(&doses, &real, at);
            for name in Site::all().filter(|name| name.is_anywhere() || real.iter().any(|place| name.includes(*place))) {
                let law = all.load(name, minutes(at)).half_nanos();
                let law = [law.cold, law.heat].map(|half| u64::try_from(half).expect("no load is negative"));
                let most = loads.map(|half_minutes| half_minutes * 60_000_000_000);
                prop_assert!(law[0] >= most[0] && law[1] >= most[1], "{name}: {law:?}, at {real:?} {most:?}");
            }
        }
    }
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
