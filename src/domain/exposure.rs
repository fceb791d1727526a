//! The one dose law: how much heat and cold the skin carries, and when it may have more.
//!
//! Skin carries a *load* for each modality. While a modality is on, its load grows by one minute a
//! minute. While the other modality is on, it falls by one minute a minute. Otherwise it falls by
//! half a minute a minute. A load never falls below zero. A plan may reach the limit and must not
//! exceed it. The same law judges a step, steps in a row, a session, a session after earlier ones, an
//! extension and a plan over days.
//!
//! The numbers fit published points: 20 min of cold (S3, FPN cold), 30 min of heat (Garra 2010),
//! 20 min of heat before 20 min of cold (S1), 20 min of cold every hour (FPN cold). The law itself is
//! our own and not a validated model of skin.
//!
//! It must not know rules, sessions or clocks. Durations are exact; nothing is rounded.

use std::time::Duration;

use crate::domain::step::{Modality, PerModality, StepKind};

/// What was on, and for how long.
pub type Exposure = (StepKind, Duration);

/// Loads are whole numbers of half nanoseconds, so that "minus one half per minute" is exact.
const PER_NANO: i128 = 2;

/// The highest load that a plan may reach: 20 min of cold (S3, FPN cold), 30 min of heat (Garra 2010;
/// as a hard limit it is ours).
pub const fn limit(modality: Modality) -> Duration {
    match modality {
        Modality::Cold => Duration::from_secs(20 * 60),
        Modality::Heat => Duration::from_secs(30 * 60),
    }
}

/// The load of the skin for each modality, in half nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load(PerModality<i128>);

impl Load {
    /// Skin that has recovered completely.
    pub const NONE: Load = Load(PerModality { cold: 0, heat: 0 });

    /// The load after `length` more of `kind`.
    #[must_use]
    pub fn after(self, kind: StepKind, length: Duration) -> Load {
        Load(PerModality::from_fn(|modality| (self.0[modality] + change(modality, kind, length)).max(0)))
    }

    /// The load after `length` under several packs. Each pack adds in full. Only where none of its own modality is on,
    /// a load falls: as fast as under the other modality where a pack `relieves`, otherwise as at rest.
    #[must_use]
    pub fn under(self, packs: PerModality<u32>, relieves: PerModality<bool>, length: Duration) -> Load {
        Load(PerModality::from_fn(|modality| {
            let change = match packs[modality] {
                0 if relieves[modality.other()] => change(modality, modality.other().into(), length),
                0 => change(modality, StepKind::Rest, length),
                packs => change(modality, modality.into(), length).saturating_mul(i128::from(packs)),
            };
            (self.0[modality] + change).max(0)
        }))
    }

    /// This load, higher by what `with` is above `without`.
    #[must_use]
    pub fn raised(self, without: Load, with: Load) -> Load {
        Load(PerModality::from_fn(|modality| {
            self.0[modality].saturating_add((with.0[modality] - without.0[modality]).max(0))
        }))
    }

    /// The load of one modality, rounded up to the nanosecond.
    pub fn of(self, modality: Modality) -> Duration {
        duration((self.0[modality] + PER_NANO - 1) / PER_NANO)
    }

    /// Whether the load is above the limit. A load at the limit is not.
    pub fn exceeds_limit(self, modality: Modality) -> bool {
        self.0[modality] > half_nanos(limit(modality))
    }

    /// How long `kind` may go on from here so that it and the steps `following` it stay within the
    /// limits. `Duration::MAX` for steps without a dose.
    pub fn room(self, kind: StepKind, following: &[Exposure]) -> Duration {
        let Some(modality) = kind.modality() else {
            return Duration::MAX;
        };
        match highest_start(modality, following) {
            // The step itself must stay within the limit too.
            Some(highest) => {
                let highest = highest.min(half_nanos(limit(modality)));
                duration((highest - self.0[modality]).max(0) / PER_NANO)
            }
            None => Duration::ZERO,
        }
    }

    /// The law solved for time: how long the skin must rest before `steps` may start. `None` when the
    /// steps exceed a limit even on recovered skin.
    pub fn wait_before(self, steps: &[Exposure]) -> Option<Duration> {
        let mut wait = 0;
        for modality in Modality::ALL {
            let highest = highest_start(modality, steps)?;
            // Rest takes half a minute off per minute: one half nanosecond per nanosecond.
            wait = wait.max(self.0[modality] - highest);
        }
        Some(duration(wait))
    }

    /// The loads in half nanoseconds, for a record that must give the same load back.
    pub fn half_nanos(self) -> PerModality<i64> {
        self.0.map(|raw| i64::try_from(raw).unwrap_or(i64::MAX))
    }

    /// The load of a record; see [`Load::half_nanos`]. Negative numbers count as zero.
    pub fn from_half_nanos(loads: PerModality<i64>) -> Load {
        Load(loads.map(|raw| i128::from(raw.max(0))))
    }
}

/// The change of a load by `length` of `kind`, before the floor at zero.
fn change(modality: Modality, kind: StepKind, length: Duration) -> i128 {
    let nanos = half_nanos(length) / PER_NANO;
    match kind.modality() {
        Some(on) if on == modality => PER_NANO * nanos,
        Some(_) => -PER_NANO * nanos,
        None => -nanos,
    }
}

/// The highest load from which no step of `modality` among `steps` exceeds its limit, or `None` when
/// one does even from zero. It may be above the limit when rest comes first.
///
/// With a floor at zero, the load after some steps is `max(start + drift, base)`, where `base` is
/// the load that starts at zero. So one pass finds the answer without a search.
fn highest_start(modality: Modality, steps: &[Exposure]) -> Option<i128> {
    let limit = half_nanos(limit(modality));
    let (mut drift, mut base, mut highest) = (0, 0, i128::MAX);
    for &(kind, length) in steps {
        let change = change(modality, kind, length);
        drift += change;
        base = (base + change).max(0);
        if kind.modality() == Some(modality) {
            if base > limit {
                return None;
            }
            highest = highest.min(limit - drift);
        }
    }
    Some(highest)
}

fn half_nanos(length: Duration) -> i128 {
    // A Duration has less than 2^94 nanoseconds, so it always fits.
    length.as_nanos().cast_signed() * PER_NANO
}

/// Nanoseconds as a duration; negative numbers give zero.
fn duration(nanos: i128) -> Duration {
    const PER_SECOND: i128 = 1_000_000_000;
    let nanos = nanos.max(0);
    match (u64::try_from(nanos / PER_SECOND), u32::try_from(nanos % PER_SECOND)) {
        (Ok(seconds), Ok(rest)) => Duration::new(seconds, rest),
        _ => Duration::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::step::StepKind::{Cold, Heat, Rest};

    const SECOND: Duration = Duration::from_secs(1);

    fn min(minutes: u64) -> Duration {
        Duration::from_secs(minutes * 60)
    }

    /// Highest loads in minutes, cold and heat.
    fn peaks(steps: &[Exposure]) -> (u64, u64) {
        let mut load = Load::NONE;
        let (mut cold, mut heat) = (0, 0);
        for &(kind, length) in steps {
            load = load.after(kind, length);
            cold = cold.max(load.of(Modality::Cold).as_secs());
            heat = heat.max(load.of(Modality::Heat).as_secs());
        }
        (cold / 60, heat / 60)
    }

    fn passes(steps: &[Exposure]) -> bool {
        Load::NONE.wait_before(steps).is_some()
    }

    /// The points of the evidence that the law must reproduce.
    #[test]
    fn the_law_reproduces_the_published_points() {
        let table: &[(&str, Vec<Exposure>, bool)] = &[
            ("ice 20:00", vec![(Cold, min(20))], true),
            ("heat 20", vec![(Heat, min(20))], true),
            ("heat 30:00", vec![(Heat, min(30))], true),
            ("ice 20:01", vec![(Cold, min(20) + SECOND)], false),
            ("heat 30:01", vec![(Heat, min(30) + SECOND)], false),
            ("contrast 20/20 x3", [(Heat, min(20)), (Cold, min(20))].repeat(3), true),
            ("cold 10 rest 10 cold 10", vec![(Cold, min(10)), (Rest, min(10)), (Cold, min(10))], true),
            ("three times with rests", [(Cold, min(10)), (Rest, min(10))].repeat(3), true),
            ("four times with rests", [(Cold, min(10)), (Rest, min(10))].repeat(4), false),
            ("cold 20 rest 40 cold 20", vec![(Cold, min(20)), (Rest, min(40)), (Cold, min(20))], true),
            ("cold 20 rest 20 cold 20", vec![(Cold, min(20)), (Rest, min(20)), (Cold, min(20))], false),
            ("cold 15 cold 15", vec![(Cold, min(15)); 2], false),
            // One law cannot refuse this row and pass ice 20:00.
            ("cold 10 rest 1s cold 10", vec![(Cold, min(10)), (Rest, SECOND), (Cold, min(10))], true),
            ("cold 10 rest 1s cold 10:02", vec![(Cold, min(10)), (Rest, SECOND), (Cold, min(10) + 2 * SECOND)], false),
            ("cold 20 heat 1s cold 20", vec![(Cold, min(20)), (Heat, SECOND), (Cold, min(20))], false),
            ("heat 10 cold 20 twice", [(Heat, min(10)), (Cold, min(20))].repeat(2), false),
            ("heat 5 cold 5 x12", [(Heat, min(5)), (Cold, min(5))].repeat(12), true),
            (
                "contrast bath",
                [vec![(Heat, min(10)), (Cold, min(1))], [(Heat, min(4)), (Cold, min(1))].repeat(4)].concat(),
                true,
            ),
            ("heat 20 rest 10 twice", [(Heat, min(20)), (Rest, min(10))].repeat(2), false),
            ("heat 30 rest 1s heat 30", vec![(Heat, min(30)), (Rest, SECOND), (Heat, min(30))], false),
            ("ice 12, 1 min later ice 8", vec![(Cold, min(12)), (Rest, min(1)), (Cold, min(8))], true),
        ];
        for (name, steps, pass) in table {
            assert_eq!(passes(steps), *pass, "{name}");
        }
    }

    #[test]
    fn peaks_are_those_of_the_evidence() {
        assert_eq!(peaks(&[(Heat, min(20)), (Cold, min(20))].repeat(3)), (20, 20));
        assert_eq!(peaks(&[(Cold, min(10)), (Rest, min(10))].repeat(2)), (15, 0));
        assert_eq!(peaks(&[(Cold, min(10)), (Rest, min(10))].repeat(3)), (20, 0));
        assert_eq!(peaks(&[(Cold, min(10)), (Rest, min(10))].repeat(4)), (25, 0));
        assert_eq!(peaks(&[(Cold, min(20)), (Rest, min(20)), (Cold, min(20))]), (30, 0));
        assert_eq!(peaks(&[(Heat, min(10)), (Cold, min(20))].repeat(2)).0, 30);
        assert_eq!(peaks(&[(Heat, min(20)), (Rest, min(10))].repeat(2)), (0, 35));
    }

    #[test]
    fn ice_20_then_ice_15_is_allowed_from_30_min_after_the_first_ended() {
        let ended = Load::NONE.after(Cold, min(20));
        let ice_15 = [(Cold, min(15))];
        assert_eq!(ended.wait_before(&ice_15), Some(min(30)));
        assert_eq!(ended.after(Rest, min(20)).wait_before(&ice_15), Some(min(10)));
    }

    #[test]
    fn room_leaves_what_follows_its_dose() {
        let five = Load::NONE.after(Cold, min(5));
        assert_eq!(five.room(Cold, &[]), min(15));
        assert_eq!(five.room(Cold, &[(Rest, min(10)), (Cold, min(10))]), min(10));
        assert_eq!(five.room(Cold, &[(Cold, min(20))]), Duration::ZERO);
        assert_eq!(five.room(Rest, &[]), Duration::MAX);
        assert_eq!(Load::NONE.after(Heat, min(45)).room(Heat, &[]), Duration::ZERO);
    }

    #[test]
    fn a_limit_is_inclusive_to_the_nanosecond() {
        let full = Load::NONE.after(Cold, min(20));
        assert!(!full.exceeds_limit(Modality::Cold));
        assert!(full.after(Cold, Duration::from_nanos(1)).exceeds_limit(Modality::Cold));
        assert_eq!(full.after(Rest, Duration::from_nanos(1)).of(Modality::Cold), min(20));
        assert!(!full.after(Cold, Duration::MAX).after(Heat, Duration::MAX).exceeds_limit(Modality::Cold));
    }

    #[test]
    fn a_load_comes_back_from_its_record() {
        let load = Load::NONE.after(Heat, min(7)).after(Cold, min(3)).after(Rest, Duration::from_nanos(1));
        let nanos = load.half_nanos();
        assert_eq!(nanos, PerModality { cold: 2 * 180_000_000_000 - 1, heat: 2 * 240_000_000_000 - 1 });
        assert_eq!(Load::from_half_nanos(nanos), load);
        let damaged = Load::from_half_nanos(PerModality { cold: -1, heat: 5 });
        assert_eq!(damaged, Load::from_half_nanos(PerModality { cold: 0, heat: 5 }));
    }
}
