//! The real load on the skin. It computes the dose with separate arithmetic, to check that of the program.
//!
//! Skin is counted in patches: each place, and where two places meet. A pack covers its places and all that they meet.
//! The map of the body is written down here again, and names of sites mean only where the packs are.

use std::sync::LazyLock;
use std::time::Duration;

use therapy::domain::exposure::{Exposure, Load};
use therapy::domain::site::Site;
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

/// Places along the body, each beside the one before it.
const LINES: [&str; 4] = [
    "neck upper-back lower-back",
    "neck shoulder elbow wrist hand",
    "upper-back shoulder",
    "lower-back hip thigh knee calf ankle foot",
];
/// Places without a left and a right one.
const CENTRAL: [&str; 3] = ["neck", "upper-back", "lower-back"];

/// The patches of skin: each place, and each two that meet.
static PATCHES: LazyLock<Vec<[String; 2]>> = LazyLock::new(|| {
    let named = |side: &str, place: &str| {
        if CENTRAL.contains(&place) { place.to_owned() } else { format!("{side}-{place}") }
    };
    let mut patches = Vec::new();
    for (side, line) in ["left", "right"].into_iter().flat_map(|side| LINES.map(|line| (side, line))) {
        let places: Vec<_> = line.split(' ').map(|place| named(side, place)).collect();
        patches.extend(places.iter().map(|place| [place.clone(), place.clone()]));
        patches.extend(places.windows(2).map(|two| [two[0].clone(), two[1].clone()]));
    }
    patches.sort();
    patches.dedup();
    patches
});

/// A set of patches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Covered(u64);

impl Covered {
    /// Everything that a pack covers which somebody puts on at this site. A site that is no place may be any: `somewhere`
    /// chooses it.
    pub fn by(site: Site, somewhere: usize) -> Covered {
        let name = site.as_str();
        let any = &PATCHES[somewhere % PATCHES.len()][0];
        let is_meant = |place: &String| match name {
            "other" => place == any,
            _ => {
                place == name
                    || place.split_once('-').is_some_and(|(_, both)| both == name && !CENTRAL.contains(&&**place))
            }
        };
        let covered = PATCHES.iter().enumerate().filter(|(_, places)| places.iter().any(is_meant));
        Covered(covered.map(|(index, _)| 1 << index).sum())
    }

    /// All that may be under a pack at this site.
    pub fn all_of(site: Site) -> Covered {
        if site == Site::OTHER { Covered((1 << PATCHES.len()) - 1) } else { Covered::by(site, 0) }
    }

    fn has(self, patch: usize) -> bool {
        self.0 & (1 << patch) != 0
    }
}

/// One patch of skin.
#[derive(Clone, Copy, Debug, Default)]
struct Patch {
    loads: Loads,
    /// When cold was on last.
    cold: Option<Duration>,
}

/// The skin of one person, from the start of a run.
#[derive(Debug, Default)]
pub struct Skin {
    /// Time of the last update since the start of the run.
    at: Duration,
    /// The pack on the skin, and where packs lie in this session.
    on: Option<Modality>,
    covered: Covered,
    /// Empty until the first dose.
    patches: Vec<Patch>,
    /// Dose since [`Skin::begin`], cold and heat.
    given: [Duration; 2],
}

impl Skin {
    /// Starts the dose of a new session at zero. Its packs lie there.
    pub fn begin(&mut self, covered: Covered) {
        self.given = [Duration::ZERO; 2];
        self.covered = covered;
    }

    /// Lets time pass until `at`.
    pub fn pass(&mut self, at: Duration) {
        let length = at.saturating_sub(self.at);
        self.at = self.at.max(at);
        if length == Duration::ZERO {
            return;
        }
        self.patches.resize(PATCHES.len(), Patch::default());
        for (index, patch) in self.patches.iter_mut().enumerate() {
            let on = self.on.filter(|_| self.covered.has(index));
            patch.loads = later(patch.loads, on, length);
            patch.cold = if on == Some(Modality::Cold) { Some(self.at) } else { patch.cold };
        }
        if let Some(modality) = self.on {
            self.given[modality as usize] += length;
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

    /// The highest load of each modality on these patches.
    pub fn loads(&self, covered: Covered) -> Loads {
        let loads = self.under(covered).map(|patch| patch.loads);
        loads.fold([0; 2], |[cold, heat], [more_cold, more_heat]| [cold.max(more_cold), heat.max(more_heat)])
    }

    fn under(&self, covered: Covered) -> impl Iterator<Item = &Patch> {
        self.patches.iter().enumerate().filter(move |(index, _)| covered.has(*index)).map(|(_, patch)| patch)
    }

    /// Whether a step of this plan puts heat on skin that had cold less than half an hour before (PMC6849860).
    pub fn heat_may_burn(&self, covered: Covered, plan: impl Iterator<Item = Exposure>) -> bool {
        const NUMB: Duration = Duration::from_secs(30 * 60);
        let (mut at, mut cold) = (self.at, self.under(covered).filter_map(|patch| patch.cold).max());
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
