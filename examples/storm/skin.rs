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

/// The most cold of any 24 h (AAOS).
const COLD_OF_A_DAY: Duration = Duration::from_secs(160 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

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

/// A pack that was on for some time since the start of the run.
#[derive(Clone, Copy, Debug)]
struct Pack {
    modality: Modality,
    from: Duration,
    to: Duration,
    covered: Covered,
    /// It was told: nobody measured it, so nothing says that it took anything off the other load.
    told: bool,
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
    /// All packs so far, to count again when another one is told.
    packs: Vec<Pack>,
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
        let from = self.at;
        self.at = self.at.max(at);
        if self.at == from {
            return;
        }
        let pack = self.on.map(|modality| Pack { modality, from, to: at, covered: self.covered, told: false });
        self.count(from, at, pack.as_slice());
        self.packs.extend(pack);
        if let Some(modality) = self.on {
            self.given[modality as usize] += at.saturating_sub(from);
        }
    }

    /// A pack was on there until some time ago, and nobody had told it. It counts beside every other one.
    pub fn tell(&mut self, modality: Modality, (from, to): (Duration, Duration), covered: Covered) {
        self.packs.push(Pack { modality, from, to, covered, told: true });
        self.patches.clear();
        let mut times: Vec<_> = self.packs.iter().flat_map(|pack| [pack.from, pack.to]).collect();
        times.extend([Duration::ZERO, self.at]);
        times.sort_unstable();
        let packs = self.packs.clone();
        for between in times.windows(2) {
            let on = packs.iter().filter(|pack| pack.from <= between[0] && between[0] < pack.to).copied();
            self.count(between[0], between[1], &on.collect::<Vec<_>>());
        }
    }

    /// Counts what these packs do from one moment to another, all of them on.
    fn count(&mut self, from: Duration, to: Duration, on: &[Pack]) {
        let length = to.saturating_sub(from);
        self.patches.resize(PATCHES.len(), Patch::default());
        for (index, patch) in self.patches.iter_mut().enumerate() {
            let here = || on.iter().filter(|pack| pack.covered.has(index));
            let packs = |modality| here().filter(|pack| pack.modality == modality).count();
            let relieves = |modality| here().any(|pack| pack.modality == modality && !pack.told);
            let [cold, heat] = [Modality::Cold, Modality::Heat];
            patch.loads = later(patch.loads, [cold, heat].map(|own| (packs(own), relieves(own.other()))), length);
            patch.cold = if packs(cold) > 0 { Some(to) } else { patch.cold };
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

    /// By how much cold that follows exceeds what a day may have. The session is at `now`, and `plan` comes from there on.
    pub fn exceeds_day(&self, now: Duration, plan: impl Iterator<Item = Exposure>) -> Option<Duration> {
        let cold = |modality: Modality| modality == Modality::Cold;
        let before = self.packs.iter().filter(|pack| cold(pack.modality)).map(|pack| (pack.from, pack.to));
        let mut packs: Vec<_> = before.chain(self.on.filter(|on| cold(*on)).map(|_| (self.at, now))).collect();
        let known = packs.len();
        let mut at = now;
        for (kind, length) in plan {
            let from = at;
            at += length;
            packs.extend((kind == StepKind::Cold && from < at).then_some((from, at)));
        }
        // All cold until a moment, less all cold until a day before it.
        let until = |at: Duration| packs.iter().map(|(from, to)| at.min(*to).saturating_sub(*from)).sum::<Duration>();
        let day = |at: Duration| until(at).saturating_sub(until(at.saturating_sub(DAY)));
        // While a pack is on, the most is where it comes off, or where one of the day before begins to leave it.
        let leave = |from: Duration, to: Duration| {
            packs.iter().map(move |pack| pack.0 + DAY).filter(move |at| (from..to).contains(at))
        };
        let most = packs[known..].iter().flat_map(|(from, to)| leave(*from, *to).chain([*to])).map(day).max();
        most.and_then(|most| most.checked_sub(COLD_OF_A_DAY)).filter(|over| *over > Duration::ZERO)
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
        let is = |modality| on == Some(modality);
        let [cold, heat] = [Modality::Cold, Modality::Heat].map(is);
        loads = later(loads, [(usize::from(cold), heat), (usize::from(heat), cold)], length);
        if on.is_some_and(|modality| length > Duration::ZERO && loads[modality as usize] > LIMITS[modality as usize]) {
            return Some(index);
        }
    }
    None
}

/// The loads after some time. For each modality: how many packs of it are on, and whether one of the other relieves.
fn later(loads: Loads, on: [(usize, bool); 2], length: Duration) -> Loads {
    let nanos = i128::from(u64::try_from(length.as_nanos()).unwrap_or(u64::MAX));
    let change = |(packs, relieved)| match (packs, relieved) {
        (0, true) => -2 * nanos,
        (0, false) => -nanos,
        (packs, _) => 2 * nanos * i128::try_from(packs).unwrap_or(i128::MAX),
    };
    [0, 1].map(|index: usize| (loads[index] + change(on[index])).max(0))
}
