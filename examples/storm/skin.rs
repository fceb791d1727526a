//! What is really on the skin of the person in a storm, and what that leaves there: the dose law once
//! more, in arithmetic of its own, so that the program is not judged by itself.

use std::time::Duration;

use therapy::domain::exposure::{Exposure, Load};
use therapy::domain::step::{Modality, StepKind};

/// Half nanoseconds of one minute of load.
const MINUTE: i128 = 120_000_000_000;
/// The most that skin may carry (S3 and FPN cold; Garra 2010).
const LIMITS: [i128; 2] = [20 * MINUTE, 30 * MINUTE];

/// Loads in half nanoseconds, cold and heat.
pub type Loads = [i128; 2];

/// What the program believes of the skin.
pub fn loads(load: Load) -> Loads {
    let load = load.half_nanos();
    [load.cold, load.heat].map(i128::from)
}

/// The skin of one person, from the beginning of a life on.
#[derive(Debug, Default)]
pub struct Skin {
    /// When it was last looked at, since the beginning of the life.
    at: Duration,
    /// What is on it; nothing when `None`.
    on: Option<Modality>,
    loads: Loads,
    /// What it had since [`Skin::begin`].
    given: [Duration; 2],
}

impl Skin {
    /// Nothing was given yet in this session.
    pub fn begin(&mut self) {
        self.given = [Duration::ZERO; 2];
    }

    /// Time passes until `at`.
    pub fn pass(&mut self, at: Duration) {
        let length = at.saturating_sub(self.at);
        self.at = self.at.max(at);
        self.loads = later(self.loads, self.on, length);
        if let Some(modality) = self.on {
            self.given[modality as usize] += length;
        }
    }

    /// The person changes what is on it.
    pub fn put(&mut self, kind: StepKind) {
        self.on = kind.modality();
    }

    /// What is on it.
    pub fn on(&self) -> Option<Modality> {
        self.on
    }

    /// What it carries.
    pub fn loads(&self) -> Loads {
        self.loads
    }

    /// What it had in this session.
    pub fn given(&self) -> [Duration; 2] {
        self.given
    }
}

/// The first of the planned exposures that would pass a limit of skin that carries `loads`.
pub fn passes_a_limit(mut loads: Loads, plan: impl Iterator<Item = Exposure>) -> Option<usize> {
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
