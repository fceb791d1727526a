//! What the skin has had: one list of doses, and the questions that rules, words, resume and `next`
//! ask of it. It must not know how doses are recorded.

use std::time::Duration;

use crate::domain::exposure::Load;
use crate::domain::moment::Moment;
use crate::domain::step::{Modality, PerModality, StepKind};

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
        if let Some(last) = self.0.last_mut()
            && (last.modality, last.session, last.to) == (dose.modality, dose.session, dose.from)
        {
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

    /// The load at a moment. Doses that overlap count in full, one after the other.
    pub fn load(&self, at: Moment) -> Load {
        let (mut load, mut end) = (Load::NONE, Moment::default());
        for dose in self.0.iter().filter(|dose| dose.from < at) {
            let to = dose.to.min(at);
            load = load.after(StepKind::Rest, dose.from.since(end));
            load = load.after(dose.modality.into(), to.since(dose.from));
            end = end.max(to);
        }
        load.after(StepKind::Rest, at.since(end))
    }

    /// The time of one modality between two moments.
    pub fn sum(&self, modality: Modality, from: Moment, to: Moment) -> Duration {
        let doses = self.0.iter().filter(|dose| dose.modality == modality);
        doses.map(|dose| dose.to.min(to).since(dose.from.max(from))).fold(Duration::ZERO, Duration::saturating_add)
    }

    /// The time of one modality in all doses.
    pub fn total(&self, modality: Modality) -> Duration {
        self.sum(modality, Moment::default(), Moment::new(Duration::MAX))
    }

    /// The time of each modality in all doses.
    pub fn totals(&self) -> PerModality<Duration> {
        PerModality::from_fn(|modality| self.total(modality))
    }

    /// How long before `at` the last dose of a modality ended; zero while one is on, `None` without one.
    pub fn since(&self, modality: Modality, at: Moment) -> Option<Duration> {
        let doses = self.0.iter().filter(|dose| dose.modality == modality && dose.from < at);
        doses.map(|dose| at.since(dose.to)).min()
    }

    /// When the last session that gave `enough` of this modality put it on for the first time.
    pub fn last_began(&self, modality: Modality, enough: Duration) -> Option<Moment> {
        let of = |session| self.0.iter().filter(move |dose| (dose.modality, dose.session) == (modality, session));
        let given = |session| of(session).map(|dose| dose.to.since(dose.from)).sum::<Duration>();
        let last = self.0.iter().rfind(|dose| dose.modality == modality && given(dose.session) >= enough)?;
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

    fn dose(modality: Modality, from: u64, to: u64, session: u64) -> Dose {
        Dose { modality, from: at(from), to: at(to), session: at(session) }
    }

    /// Heat 20, cold 20 from minute 100 on; an hour later cold 10 in a session of its own.
    fn doses() -> Doses {
        let (heat, cold) = (Modality::Heat, Modality::Cold);
        [dose(heat, 100, 120, 100), dose(cold, 120, 140, 100), dose(cold, 200, 210, 200)].into_iter().collect()
    }

    #[test]
    fn the_load_follows_the_law_and_gaps_are_rest() {
        let cold = |minute| doses().load(at(minute)).of(Modality::Cold);
        assert_eq!(cold(100), Duration::ZERO);
        assert_eq!(cold(130), minutes_of(10));
        assert_eq!(cold(140), minutes_of(20));
        assert_eq!(cold(160), minutes_of(10));
        assert_eq!(cold(210), minutes_of(10));
        assert_eq!(doses().load(at(130)).of(Modality::Heat), minutes_of(10));
    }

    #[test]
    fn overlapping_doses_count_in_full() {
        let twice: Doses = [dose(Modality::Cold, 10, 20, 10), dose(Modality::Cold, 15, 25, 15)].into_iter().collect();
        assert_eq!(twice.load(at(25)).of(Modality::Cold), minutes_of(20));
        assert_eq!(twice.total(Modality::Cold), minutes_of(20));
    }

    #[test]
    fn sums_cut_doses_at_the_ends_of_the_window() {
        assert_eq!(doses().sum(Modality::Cold, at(130), at(205)), minutes_of(15));
        assert_eq!(doses().total(Modality::Cold), minutes_of(30));
        assert_eq!(doses().total(Modality::Heat), minutes_of(20));
    }

    #[test]
    fn the_time_since_a_dose_counts_from_its_end() {
        let since = |minute| doses().since(Modality::Cold, at(minute));
        assert_eq!(since(120), None);
        assert_eq!(since(130), Some(Duration::ZERO));
        assert_eq!(since(150), Some(minutes_of(10)));
        assert_eq!(since(215), Some(minutes_of(5)));
    }

    #[test]
    fn sessions_are_told_apart_by_their_start() {
        let mut all = doses();
        assert_eq!(all.last_began(Modality::Cold, minutes_of(10)), Some(at(200)));
        all.push(dose(Modality::Cold, 215, 220, 200));
        assert_eq!(all.last_began(Modality::Cold, minutes_of(10)), Some(at(200)));
        assert_eq!(all.last_began(Modality::Heat, Duration::ZERO), Some(at(100)));
        assert_eq!(all.last_began(Modality::Cold, minutes_of(16)), Some(at(120)));
        assert_eq!(all.last_began(Modality::Cold, minutes_of(21)), None);
        assert_eq!(Doses::default().last_began(Modality::Heat, Duration::ZERO), None);
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
