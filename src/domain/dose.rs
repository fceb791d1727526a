//! What the skin has had: one list of doses, and the questions that rules, words, resume and `next`
//! ask of it. It must not know how doses are recorded.
//!
//! Sums over a day are about the person. All else is asked about a site, and looks at the doses that touch it.

use std::iter;
use std::time::Duration;

use crate::domain::exposure::Load;
use crate::domain::moment::Moment;
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality};

/// The window of the daily limits.
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One pack on the skin, from one moment to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dose {
    /// Cold or heat.
    pub modality: Modality,
    /// When the pack was put on.
    pub from: Moment,
    /// When it came off.
    pub to: Moment,
    /// When the session that gave it started.
    pub session: Moment,
    /// Where it was; [`Site::OTHER`] when that is not known.
    pub site: Site,
    /// Whether it lowers the load of the other modality. Only a dose that the timer gave does: one that was told or
    /// imported may have been shorter, or not quite there.
    pub relieves: bool,
}

impl Dose {
    /// Whether it lowers the load of the other modality at a site: only under the same name, because skin that has
    /// another name may not have been under this pack.
    fn relieves(&self, site: Site) -> bool {
        self.relieves && self.site == site && !site.is_anywhere()
    }

    /// Whether another dose is the same pack, which stayed on.
    fn goes_on(&self, next: &Dose) -> bool {
        let from = self.to;
        *next == Dose { from, to: next.to, ..*self }
    }
}

/// Doses in the order of their start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doses(Vec<Dose>);

impl Doses {
    /// Adds a dose. An empty dose is left out; a dose that goes on where the last one ended extends it.
    pub fn push(&mut self, dose: Dose) {
        if dose.from >= dose.to {
            return;
        }
        if let Some(last) = self.0.last_mut().filter(|last| last.goes_on(&dose)) {
            last.to = dose.to;
            return;
        }
        let at = self.0.partition_point(|earlier| earlier.from <= dose.from);
        self.0.insert(at, dose);
    }

    /// The doses, earliest start first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Dose> {
        self.0.iter()
    }

    /// The load of a site at a moment: the most that skin may carry which a pack at this site covers.
    ///
    /// A dose that touches the site adds in full, also while another one is on. It relieves the other modality only
    /// under the same name. All other time is rest. So the load is at least that of each piece of skin under this name:
    /// every dose there touches the site, and what relieves here was on all of it.
    pub fn load(&self, site: Site, at: Moment) -> Load {
        let doses: Vec<&Dose> = self.touching(site).filter(|dose| dose.from < at).collect();
        // What is on changes only where a dose begins or ends.
        let mut changes: Vec<Moment> = doses.iter().flat_map(|dose| [dose.from, dose.to.min(at)]).collect();
        changes.push(at);
        changes.sort_unstable();
        let (mut load, mut from) = (Load::NONE, Moment::default());
        let (mut on, mut coming) = (Vec::new(), doses.into_iter().peekable());
        for to in changes {
            on.retain(|dose: &&Dose| dose.to > from);
            on.extend(iter::from_fn(|| coming.next_if(|dose| dose.from <= from)));
            let of = |modality| on.iter().filter(move |dose| dose.modality == modality);
            let packs = PerModality::from_fn(|modality| u32::try_from(of(modality).count()).unwrap_or(u32::MAX));
            let relieves = PerModality::from_fn(|modality| of(modality).any(|dose| dose.relieves(site)));
            load = load.under(packs, relieves, to.since(from));
            from = to;
        }
        load
    }

    /// The doses that touch a site.
    fn touching(&self, site: Site) -> impl DoubleEndedIterator<Item = &Dose> {
        self.0.iter().filter(move |dose| dose.site.touches(site))
    }

    /// The time of one modality between two moments.
    pub fn sum(&self, modality: Modality, from: Moment, to: Moment) -> Duration {
        let doses = self.0.iter().filter(|dose| dose.modality == modality);
        doses.map(|dose| dose.to.min(to).since(dose.from.max(from))).fold(Duration::ZERO, Duration::saturating_add)
    }

    /// The highest sum of one modality over a day that ends between two moments.
    pub fn highest_in_a_day(&self, modality: Modality, from: Moment, to: Moment) -> Duration {
        self.turns(from, to).into_iter().map(|at| self.sum(modality, at - DAY, at)).max().unwrap_or_default()
    }

    /// How long one more pack may be on from a moment, at most `longest`, so that no day until then has more than `most`.
    pub fn room_in_a_day(&self, modality: Modality, from: Moment, longest: Duration, most: Duration) -> Duration {
        let sum = |at: Moment| self.sum(modality, at - DAY, at).saturating_add(at.since(from));
        for two in self.turns(from, from + longest).windows(2) {
            let (low, high) = (sum(two[0]), sum(two[1]));
            let Some(left) = most.checked_sub(low) else {
                return two[0].since(from);
            };
            if high > most {
                // By the number of packs that are on now, less those that were on a day ago.
                let rate = high.saturating_sub(low).as_nanos() / two[1].since(two[0]).as_nanos();
                return two[0].since(from) + left / u32::try_from(rate).unwrap_or(u32::MAX);
            }
        }
        longest
    }

    /// The moments, from one to another, between which a sum over a day changes evenly.
    fn turns(&self, from: Moment, to: Moment) -> Vec<Moment> {
        let changes = self.0.iter().flat_map(|dose| [dose.from, dose.to, dose.from + DAY, dose.to + DAY]);
        let mut turns: Vec<_> = changes.filter(|at| (from..to).contains(at)).chain([from, to]).collect();
        turns.sort_unstable();
        turns.dedup();
        turns
    }

    /// The time of one modality in all doses.
    pub fn total(&self, modality: Modality) -> Duration {
        self.sum(modality, Moment::default(), Moment::new(Duration::MAX))
    }

    /// The time of each modality in all doses.
    pub fn totals(&self) -> PerModality<Duration> {
        PerModality::from_fn(|modality| self.total(modality))
    }

    /// How long before `at` the last dose of a modality that touches a site ended; zero while one is on, `None` without
    /// one.
    pub fn since(&self, modality: Modality, site: Site, at: Moment) -> Option<Duration> {
        let doses = self.touching(site).filter(|dose| dose.modality == modality && dose.from < at);
        doses.map(|dose| at.since(dose.to)).min()
    }

    /// When the last session that gave `enough` of this modality where it touches a site put it on for the first time.
    pub fn last_began(&self, modality: Modality, site: Site, enough: Duration) -> Option<Moment> {
        let of = |session| self.touching(site).filter(move |dose| (dose.modality, dose.session) == (modality, session));
        let given = |session| of(session).map(|dose| dose.to.since(dose.from)).sum::<Duration>();
        let last = self.touching(site).rfind(|dose| dose.modality == modality && given(dose.session) >= enough)?;
        of(last.session).next().map(|dose| dose.from)
    }
}

impl Extend<Dose> for Doses {
    fn extend<T: IntoIterator<Item = Dose>>(&mut self, doses: T) {
        doses.into_iter().for_each(|dose| self.push(dose));
    }
}

impl FromIterator<Dose> for Doses {
    fn from_iter<T: IntoIterator<Item = Dose>>(doses: T) -> Doses {
        let mut all = Doses::default();
        all.extend(doses);
        all
    }
}

impl IntoIterator for Doses {
    type Item = Dose;
    type IntoIter = std::vec::IntoIter<Dose>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u64) -> Moment {
        Moment::new(minutes_of(minutes))
    }

    fn minutes_of(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    const BACK: Site = Site::LOWER_BACK;

    fn dose(modality: Modality, from: u64, to: u64, session: u64) -> Dose {
        Dose { modality, from: at(from), to: at(to), session: at(session), site: BACK, relieves: true }
    }

    fn site(name: &str) -> Site {
        Site::from_name(name).expect("a site")
    }

    /// A dose in a session of its own.
    fn placed(modality: Modality, from: u64, to: u64, name: &str) -> Dose {
        Dose { site: site(name), ..dose(modality, from, to, from) }
    }

    /// The loads of cold and heat that these doses leave, in minutes.
    fn loads(doses: &[Dose], name: &str, minute: u64) -> (u64, u64) {
        let load = doses.iter().copied().collect::<Doses>().load(site(name), at(minute));
        (load.of(Modality::Cold).as_secs() / 60, load.of(Modality::Heat).as_secs() / 60)
    }

    /// Heat 20, cold 20 from minute 100 on; an hour later cold 10 in a session of its own.
    fn doses() -> Doses {
        let (heat, cold) = (Modality::Heat, Modality::Cold);
        [dose(heat, 100, 120, 100), dose(cold, 120, 140, 100), dose(cold, 200, 210, 200)].into_iter().collect()
    }

    #[test]
    fn the_load_follows_the_law_and_gaps_are_rest() {
        let cold = |minute| doses().load(BACK, at(minute)).of(Modality::Cold);
        assert_eq!(cold(100), Duration::ZERO);
        assert_eq!(cold(130), minutes_of(10));
        assert_eq!(cold(140), minutes_of(20));
        assert_eq!(cold(160), minutes_of(10));
        assert_eq!(cold(210), minutes_of(10));
        assert_eq!(doses().load(BACK, at(130)).of(Modality::Heat), minutes_of(10));
    }

    #[test]
    fn overlapping_doses_count_in_full() {
        let twice: Doses = [dose(Modality::Cold, 10, 20, 10), dose(Modality::Cold, 15, 25, 15)].into_iter().collect();
        assert_eq!(twice.load(BACK, at(25)).of(Modality::Cold), minutes_of(20));
        assert_eq!(twice.total(Modality::Cold), minutes_of(20));
    }

    #[test]
    fn a_dose_adds_at_its_site_and_at_its_neighbours() {
        let cold = [placed(Modality::Cold, 100, 120, "left-knee")];
        for (name, expected) in [
            ("left-knee", 20),
            ("knee", 20),
            ("left-thigh", 20),
            ("calf", 20),
            ("other", 20),
            ("right-knee", 0),
            ("left-hip", 0),
            ("neck", 0),
        ] {
            assert_eq!(loads(&cold, name, 120), (expected, 0), "{name}");
        }
        let both = [placed(Modality::Cold, 100, 110, "knee"), placed(Modality::Cold, 110, 115, "right-calf")];
        assert_eq!(
            ["left-knee", "right-knee", "right-ankle", "neck"].map(|name| loads(&both, name, 115).0),
            [7, 15, 5, 0]
        );
        assert_eq!(loads(&[placed(Modality::Heat, 100, 120, "other")], "neck", 120), (0, 20));
    }

    #[test]
    fn the_other_modality_relieves_under_the_same_name_only() {
        let then = |name: &str| [placed(Modality::Cold, 100, 120, "left-knee"), placed(Modality::Heat, 120, 130, name)];
        assert_eq!(loads(&then("left-knee"), "left-knee", 130), (10, 10));
        // A neighbour, both sides, a place without a name, and another place are rest, and add where they touch.
        for (name, heat) in [("left-thigh", 10), ("knee", 10), ("other", 10), ("neck", 0)] {
            assert_eq!(loads(&then(name), "left-knee", 130), (15, heat), "{name}");
        }
        let twice = |name: &str| [placed(Modality::Cold, 100, 120, name), placed(Modality::Heat, 120, 130, name)];
        assert_eq!(loads(&twice("knee"), "knee", 130), (10, 10));
        assert_eq!(loads(&twice("knee"), "right-knee", 130), (15, 10), "the same skin by another name");
        assert_eq!(loads(&twice("other"), "other", 130), (15, 10), "they may have been at two places");
        let told = Dose { relieves: false, ..placed(Modality::Heat, 120, 130, "neck") };
        assert_eq!(loads(&[placed(Modality::Cold, 100, 120, "neck"), told], "neck", 130), (15, 10));
    }

    #[test]
    fn doses_that_overlap_count_in_full_and_are_no_rest() {
        let (cold, heat) = (Modality::Cold, Modality::Heat);
        assert_eq!(loads(&[placed(cold, 100, 120, "neck"), placed(cold, 100, 120, "neck")], "neck", 120), (40, 0));
        assert_eq!(
            loads(&[placed(cold, 100, 120, "neck"), placed(cold, 105, 110, "upper-back")], "neck", 120),
            (25, 0)
        );
        // Neither cancels the other.
        assert_eq!(loads(&[placed(cold, 100, 120, "neck"), placed(heat, 110, 120, "neck")], "neck", 120), (20, 10));
        assert_eq!(loads(&[placed(cold, 100, 120, "neck"), placed(heat, 100, 130, "neck")], "neck", 130), (10, 30));
        // What is on elsewhere at the same time takes nothing off.
        assert_eq!(loads(&[placed(cold, 100, 120, "neck"), placed(heat, 100, 140, "left-foot")], "neck", 140), (10, 0));
        assert_eq!(loads(&[placed(cold, 100, 110, "neck"), placed(cold, 120, 130, "neck")], "neck", 125), (10, 0));
    }

    #[test]
    fn what_was_last_is_asked_about_touching_sites() {
        let doses: Doses = [placed(Modality::Cold, 100, 110, "left-knee"), placed(Modality::Cold, 200, 210, "neck")]
            .into_iter()
            .collect();
        let since = |name| doses.since(Modality::Cold, site(name), at(220));
        assert_eq!((since("left-calf"), since("left-shoulder")), (Some(minutes_of(110)), Some(minutes_of(10))));
        assert_eq!((since("right-knee"), since("other")), (None, Some(minutes_of(10))));
        let began = |name| doses.last_began(Modality::Cold, site(name), minutes_of(2));
        assert_eq!((began("knee"), began("right-foot")), (Some(at(100)), None));
    }

    #[test]
    fn sums_cut_doses_at_the_ends_of_the_window() {
        assert_eq!(doses().sum(Modality::Cold, at(130), at(205)), minutes_of(15));
        assert_eq!(doses().total(Modality::Cold), minutes_of(30));
        assert_eq!(doses().total(Modality::Heat), minutes_of(20));
    }

    #[test]
    fn the_room_of_a_day_counts_what_leaves_the_day_meanwhile() {
        let day = 24 * 60;
        let room = |doses: &[Dose], minute: u64, longest: u64, most: u64| {
            let doses: Doses = doses.iter().copied().collect();
            let (from, longest) = (at(minute), minutes_of(longest));
            let room = doses.room_in_a_day(Modality::Cold, from, longest, minutes_of(most));
            let mut all = doses;
            all.push(Dose { to: from + room, ..dose(Modality::Cold, minute, minute, minute) });
            assert!(
                room == Duration::ZERO || all.highest_in_a_day(Modality::Cold, from, from + room) <= minutes_of(most)
            );
            room.as_secs() / 60
        };
        let cold = |from, to| dose(Modality::Cold, from, to, from);
        assert_eq!((room(&[], 500, 30, 20), room(&[], 500, 10, 20), room(&[], 500, 0, 20)), (20, 10, 0));
        let once = [cold(100, 115), dose(Modality::Heat, 120, 400, 120)];
        assert_eq!((room(&once, 500, 30, 20), room(&once, 500, 30, 15), room(&once, 500, 30, 14)), (5, 0, 0));
        // At the same time of the next day, each minute replaces one; afterwards the day is empty.
        assert_eq!((room(&once, day + 100, 14, 15), room(&once, day + 100, 60, 15)), (14, 15));
        assert_eq!(
            (room(&once, day + 95, 60, 15), room(&once, day + 95, 60, 17), room(&once, day + 95, 60, 20)),
            (0, 2, 20)
        );
        assert_eq!(room(&once, day + 110, 60, 15), 15);
        // Two that overlapped leave together, and a day that is over its limit has no room meanwhile.
        let twice = [cold(100, 115), cold(100, 115)];
        assert_eq!((room(&twice, day + 100, 60, 30), room(&twice, day + 100, 60, 29)), (30, 0));
        // A dose in the future counts from its start.
        assert_eq!((room(&[cold(510, 520)], 500, 30, 20), room(&[cold(510, 520)], 500, 30, 8)), (15, 8));
    }

    #[test]
    fn the_time_since_a_dose_counts_from_its_end() {
        let since = |minute| doses().since(Modality::Cold, BACK, at(minute));
        assert_eq!(since(120), None);
        assert_eq!(since(130), Some(Duration::ZERO));
        assert_eq!(since(150), Some(minutes_of(10)));
        assert_eq!(since(215), Some(minutes_of(5)));
    }

    #[test]
    fn sessions_are_told_apart_by_their_start() {
        let mut all = doses();
        assert_eq!(all.last_began(Modality::Cold, BACK, minutes_of(10)), Some(at(200)));
        all.push(dose(Modality::Cold, 215, 220, 200));
        assert_eq!(all.last_began(Modality::Cold, BACK, minutes_of(10)), Some(at(200)));
        assert_eq!(all.last_began(Modality::Heat, BACK, Duration::ZERO), Some(at(100)));
        assert_eq!(all.last_began(Modality::Cold, BACK, minutes_of(16)), Some(at(120)));
        assert_eq!(all.last_began(Modality::Cold, BACK, minutes_of(21)), None);
        assert_eq!(Doses::default().last_began(Modality::Heat, BACK, Duration::ZERO), None);
    }

    #[test]
    fn a_dose_that_goes_on_extends_the_last_one_and_an_empty_one_is_left_out() {
        let mut all = doses();
        all.push(dose(Modality::Cold, 210, 212, 200));
        all.push(dose(Modality::Heat, 300, 300, 300));
        assert_eq!(all.iter().count(), 3);
        assert_eq!(all.total(Modality::Cold), minutes_of(32));
    }

    #[test]
    fn doses_are_kept_in_the_order_of_their_start() {
        let mut all = doses();
        all.push(dose(Modality::Heat, 150, 160, 150));
        let starts: Vec<_> = all.into_iter().map(|dose| dose.from).collect();
        assert!(starts.is_sorted());
    }
}
