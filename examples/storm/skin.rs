//! The real load on the skin. It computes the dose with separate arithmetic, to check that of the program.

use std::time::Duration;

use therapy::domain::exposure::{Exposure, Load};
use therapy::domain::step::{Modality, StepKind};

/// One minute of load in half nanoseconds.
const MINUTE: i128 = 120_000_000_000;
/// Limits of the load, cold and heat (S3 and FPN cold; Garra 2010).
const LIMITS: [i128; 2] = [20 * MINUTE, 30 * MINUTE];

/// Loads in half nanoseconds, cold and heat.
pub type Loads = [i128; 2];

/// Converts a load that the program computed.
pub fn loads(load: Load) -> Loads {
    let load = load.half_nanos();
    [load.cold, load.heat].map(i128::from)
}

/// The skin of one person, from the start of a run.
#[derive(Debug, Default)]
pub struct Skin {
    /// Time of the last update since the start of the run.
    at: Duration,
    /// The pack on the skin.
    on: Option<Modality>,
    loads: Loads,
    /// Dose since [`Skin::begin`], cold and heat.
    given: [Duration; 2],
    /// When cold was on last.
    cold: Option<Duration>,
}

impl Skin {
    /// Starts the dose of a new session at zero.
    pub fn begin(&mut self) {
        self.given = [Duration::ZERO; 2];
    }

    /// Lets time pass until `at`.
    pub fn pass(&mut self, at: Duration) {
        let length = at.saturating_sub(self.at);
        self.at = self.at.max(at);
        self.loads = later(self.loads, self.on, length);
        if let Some(modality) = self.on.filter(|_| length > Duration::ZERO) {
            self.given[modality as usize] += length;
            self.cold = if modality == Modality::Cold { Some(self.at) } else { self.cold };
        }
    }

    /// Puts on the pack of this kind of step, or takes it off.
    pub fn put(&mut self, kind: StepKind) {
        self.on = kind.modality();
    }

    /// The pack on the skin.
    pub fn on(&self) -> Option<Modality> {
        self.on
    }

    /// The current load.
    pub fn loads(&self) -> Loads {
        self.loads
    }

    /// Whether a step of this plan puts heat on skin that had cold less than half an hour before (PMC6849860).
    pub fn heat_may_burn(&self, plan: impl Iterator<Item = Exposure>) -> bool {
        const NUMB: Duration = Duration::from_secs(30 * 60);
        let (mut at, mut cold) = (self.at, self.cold);
        for (kind, length) in plan {
            if kind == StepKind::Heat && cold.is_some_and(|cold| at < cold + NUMB) {
                return true;
            }
            at += length;
            cold = if kind == StepKind::Cold { Some(at) } else { cold };
        }
        false
    }

    /// The dose of this session, cold and heat.
    pub fn given(&self) -> [Duration; 2] {
        self.given
    }
}

/// Returns the index of the first planned exposure that exceeds a limit, starting from `loads`.
pub fn exceeds_limit(mut loads: Loads, plan: impl Iterator<Item = Exposure>) -> Option<usize> {
    for (index, (kind, length)) in plan.enumerate() {
        let on = kind.modality();
        loads = later(loads, on, length);
        if on.is_some_and(|modality| length > Duration::ZERO && loads[modality as usize] > LIMITS[modality as usize]) {
            return Some(index);
        }
    }
    None
}

fn later(loads: Loads, on: Option<Modality>, length: Duration) -> Loads {
    let nanos = i128::from(u64::try_from(length.as_nanos()).unwrap_or(u64::MAX));
    let [cold, heat] = loads;
    let [cold, heat] = match on {
        Some(Modality::Cold) => [cold + 2 * nanos, heat - 2 * nanos],
        Some(Modality::Heat) => [cold - 2 * nanos, heat + 2 * nanos],
        None => [cold - nanos, heat - nanos],
    };
    [cold.max(0), heat.max(0)]
}
