//! What pain scores before and after sessions can tell, and what they cannot. The answer is a class, and no class says that
//! something helped: pain falls by itself (Menezes Costa 2012), most of all from a high score (Whitney 1992). This module
//! must not know where the scores come from, nor sentences.

use std::cmp::Ordering;

use strum::IntoStaticStr;

/// The change of pain that matters, in points of 10 (Ostelo 2008). Below 1.77 points it is within the error of the scale
/// (Haase 2022).
pub const IMPORTANT: u8 = 2;

/// The fewest pairs from which anything is read (ours): if all of 6 pairs fell, a two-sided sign test has p = 2/64, and with
/// 5 it could never come below 5 %.
pub const ENOUGH: usize = 6;

/// The pain before something and after it, 0 to 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The score before.
    pub before: u8,
    /// The score after.
    pub after: u8,
}

impl Pair {
    /// Whether the pain fell by the change that matters, or was gone.
    pub fn is_less(self) -> bool {
        self.after == 0 || self.before.saturating_sub(self.after) >= IMPORTANT
    }

    /// The change in points, below zero when the pain fell.
    pub fn change(self) -> i16 {
        i16::from(self.after) - i16::from(self.before)
    }
}

/// What some pairs can tell.
#[derive(Clone, Copy, Debug, Eq, IntoStaticStr, PartialEq)]
#[strum(serialize_all = "snake_case")]
pub enum Class {
    /// Fewer pairs than [`ENOUGH`].
    TooFew,
    /// More sessions lack a score before or after than have both, and those may have gone differently.
    MostlyMissing,
    /// The change is smaller than what matters and what the scale can tell.
    NoDifference,
    /// Lower after, but only where the score before was above the median: a high score is followed by a lower one anyway.
    LowerAfterWorst,
    /// Lower after, which may have happened anyway.
    LowerAfter,
    /// Higher after.
    HigherAfter,
}

impl Class {
    /// Every class.
    #[rustfmt::skip]
    pub const ALL: [Class; 6] = [
        Class::TooFew, Class::MostlyMissing, Class::NoDifference,
        Class::LowerAfterWorst, Class::LowerAfter, Class::HigherAfter,
    ];
}

/// What the pairs of some sessions can tell, and the numbers behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Insight {
    /// How many pairs there are.
    pub pairs: usize,
    /// How many sessions have no pair.
    pub without: usize,
    /// The median change in points, below zero when the pain fell; `None` without a pair.
    pub change: Option<f64>,
    /// What that can tell.
    pub class: Class,
}

impl Insight {
    /// What the pairs of some sessions can tell, `without` of which have none.
    pub fn of(pairs: &[Pair], without: usize) -> Insight {
        let class = match direction(pairs) {
            _ if pairs.len() < ENOUGH => Class::TooFew,
            _ if without > pairs.len() => Class::MostlyMissing,
            Ordering::Equal => Class::NoDifference,
            Ordering::Greater => Class::HigherAfter,
            Ordering::Less if is_only_from_high(pairs) => Class::LowerAfterWorst,
            Ordering::Less => Class::LowerAfter,
        };
        Insight { pairs: pairs.len(), without, change: median(pairs.iter().map(|pair| pair.change())), class }
    }
}

/// The least fall that matters and that the scale can tell, from a score. People with a pain of 1 to 4 call a fall by 1 an
/// improvement, with 5 to 7 one by 2, and with 8 to 10 one by 3 to 4 (Haase 2022); 30 % gives the same (Ostelo 2008). A fall
/// by 1 is within the error of the scale.
pub fn least_fall(before: f64) -> u8 {
    let important = match before {
        ..5.0 => 1,
        ..8.0 => 2,
        _ => 3,
    };
    IMPORTANT.max(important)
}

/// Whether the median change is a fall, a rise or neither.
fn direction(pairs: &[Pair]) -> Ordering {
    let before = median(pairs.iter().map(|pair| i16::from(pair.before)));
    let change = median(pairs.iter().map(|pair| pair.change()));
    match before.zip(change) {
        Some((before, change)) if change <= -f64::from(least_fall(before)) => Ordering::Less,
        // From a high score it cannot rise by more.
        Some((_, change)) if change >= f64::from(IMPORTANT) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// Whether there was no fall from scores up to the median. Too few of them decide nothing.
fn is_only_from_high(pairs: &[Pair]) -> bool {
    let usual = median(pairs.iter().map(|pair| i16::from(pair.before)));
    let is_usual = |pair: &&Pair| usual.is_some_and(|usual| f64::from(pair.before) <= usual);
    let usual: Vec<Pair> = pairs.iter().filter(is_usual).copied().collect();
    usual.len() >= ENOUGH && direction(&usual) != Ordering::Less
}

/// The median; `None` of nothing.
pub fn median(values: impl Iterator<Item = i16>) -> Option<f64> {
    let mut values: Vec<i16> = values.collect();
    values.sort_unstable();
    let (upper, lower) = (values.get(values.len() / 2)?, values.get(values.len().saturating_sub(1) / 2)?);
    Some(f64::from(*upper).midpoint(f64::from(*lower)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(scores: &[(u8, u8)]) -> Vec<Pair> {
        scores.iter().map(|&(before, after)| Pair { before, after }).collect()
    }

    fn class(scores: &[(u8, u8)], without: usize) -> Class {
        Insight::of(&pairs(scores), without).class
    }

    #[test]
    fn it_takes_six_pairs_and_most_sessions() {
        assert_eq!(class(&[], 0), Class::TooFew);
        assert_eq!(class(&[(6, 1); 5], 0), Class::TooFew);
        assert_eq!(class(&[(6, 1); 6], 0), Class::LowerAfter);
        assert_eq!(class(&[(6, 1); 6], 6), Class::LowerAfter);
        assert_eq!(class(&[(6, 1); 6], 7), Class::MostlyMissing);
        assert_eq!(class(&[(6, 1); 5], 7), Class::TooFew);
    }

    #[test]
    fn what_matters_depends_on_the_score_before() {
        #[rustfmt::skip]
        let table = [
            ((10, 8), Class::NoDifference), ((10, 7), Class::LowerAfter),
            ((8, 6), Class::NoDifference),  ((8, 5), Class::LowerAfter),
            ((7, 6), Class::NoDifference),  ((7, 5), Class::LowerAfter),
            ((5, 4), Class::NoDifference),  ((5, 3), Class::LowerAfter),
            // People call it an improvement, but it is within the error of the scale.
            ((4, 3), Class::NoDifference),  ((1, 0), Class::NoDifference),
            ((4, 2), Class::LowerAfter),    ((2, 0), Class::LowerAfter),
            ((0, 0), Class::NoDifference),  ((0, 1), Class::NoDifference), ((0, 2), Class::HigherAfter),
            ((8, 10), Class::HigherAfter),  ((10, 10), Class::NoDifference),
        ];
        for (pair, expected) in table {
            assert_eq!(class(&[pair; 6], 0), expected, "{pair:?}");
        }
        assert_eq!([0.0, 1.0, 4.5, 5.0, 7.5, 8.0, 10.0].map(least_fall), [2, 2, 2, 2, 2, 3, 3]);
    }

    /// Regression to the mean: where each score is drawn by itself, a high one is followed by a lower one.
    #[test]
    fn a_fall_only_from_high_scores_is_told_apart() {
        let high = [(8, 4); 6];
        assert_eq!(class(&[high, [(4, 4); 6]].concat(), 0), Class::LowerAfterWorst);
        assert_eq!(class(&[high, [(4, 5); 6]].concat(), 0), Class::NoDifference, "the median is -1.5");
        assert_eq!(class(&[high, [(4, 2); 6]].concat(), 0), Class::LowerAfter);
        assert_eq!(
            class(&[&high[..], &[(4, 4); 5]].concat(), 0),
            Class::LowerAfter,
            "the median is a high score, so all are usual"
        );
        assert_eq!(class(&high, 0), Class::LowerAfter);
    }

    #[test]
    fn the_median_of_an_even_number_is_between_two() {
        let median = |values: &[i16]| median(values.iter().copied());
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[-3]), Some(-3.0));
        assert_eq!(median(&[4, -3]), Some(0.5));
        assert_eq!(median(&[9, -2, 0]), Some(0.0));
        assert_eq!(median(&[-1, -2, -2, 7]), Some(-1.5));
        let insight = Insight::of(&pairs(&[(7, 4), (6, 4)]), 3);
        assert_eq!(insight, Insight { pairs: 2, without: 3, change: Some(-2.5), class: Class::TooFew });
        assert_eq!(Insight::of(&[], 0).change, None);
    }

    #[test]
    fn a_single_pair_fell_by_two_points_or_to_none() {
        for (before, after, is_less) in
            [(6, 4, true), (6, 5, false), (1, 0, true), (0, 0, true), (8, 6, true), (3, 9, false)]
        {
            assert_eq!(Pair { before, after }.is_less(), is_less, "{before} to {after}");
        }
    }
}
