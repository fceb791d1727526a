//! The exact test of paired differences over all their signs, and the interval that belongs to it. This module must not
//! know what was measured.
//!
//! A true difference `d` is compatible with the data when the test of the differences less `d` does not reject it. The
//! sum of some of them with the other sign is at least the sum that was seen exactly when the mean of those with the
//! other sign is at most `d`. So the ends of the interval are means of subsets (Hartigan 1969), and it is enough to
//! count the subsets by size and sum.

/// The interval leaves out one part in this many at each end: 1 of 40 is 2.5 %.
const OF: u64 = 40;
/// The fewest differences with which the test can decide: 2 of 2^6 sign patterns are 3.1 %.
const FEWEST: usize = 6;
/// The most that are counted exactly in 64 bits.
const MOST: usize = 60;

/// What paired differences say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// How many there are.
    pub pairs: usize,
    /// Their mean.
    pub mean: f64,
    /// The lower end of the 95 % interval.
    pub from: f64,
    /// Its upper end.
    pub to: f64,
    /// The two-sided p of no difference.
    pub p: f64,
}

/// How many subsets have a size and a sum.
#[derive(Clone, Copy, Debug)]
struct Subsets {
    size: i32,
    sum: i32,
    count: u64,
}

impl Subsets {
    fn mean(self) -> f64 {
        f64::from(self.sum) / f64::from(self.size)
    }
}

/// The estimate of whole differences. `None` for fewer than six, which could never decide.
pub fn estimate(differences: &[i32]) -> Option<Estimate> {
    let pairs = differences.len();
    let size = i32::try_from(pairs).ok().filter(|_| (FEWEST..=MOST).contains(&pairs))?;
    let mut subsets = subsets(differences);
    let all = 1_u64 << pairs;
    let seen: i32 = differences.iter().sum();
    // Another sign for a subset takes twice its sum away.
    let as_far = subsets.iter().filter(|subset| (seen - 2 * subset.sum).abs() >= seen.abs());
    let p = ratio(as_far.map(|subset| subset.count).sum(), all);
    subsets.retain(|subset| subset.size > 0);
    subsets.sort_by(|one, other| one.mean().total_cmp(&other.mean()));
    let nth = all / OF;
    Some(Estimate {
        pairs,
        mean: f64::from(seen) / f64::from(size),
        from: reached(subsets.iter(), nth)?,
        to: reached(subsets.iter().rev(), nth)?,
        p,
    })
}

/// The mean at which this many subsets are counted.
fn reached<'a>(mut subsets: impl Iterator<Item = &'a Subsets>, nth: u64) -> Option<f64> {
    let mut counted = 0;
    subsets.find_map(|subset| {
        counted += subset.count;
        (counted >= nth).then(|| subset.mean())
    })
}

/// All subsets, counted by size and sum.
fn subsets(differences: &[i32]) -> Vec<Subsets> {
    let least: i32 = differences.iter().map(|difference| difference.min(&0)).sum();
    let most: i32 = differences.iter().map(|difference| difference.max(&0)).sum();
    let sums: Vec<i32> = (least..=most).collect();
    // A row for each size.
    let mut counts = vec![vec![0_u64; sums.len()]; differences.len() + 1];
    let place = |sum: i32| usize::try_from(sum - least).ok();
    if let Some(empty) = place(0) {
        counts[0][empty] = 1;
    }
    for (taken, difference) in differences.iter().enumerate() {
        // From the largest, so that none is counted twice.
        for size in (0..=taken).rev() {
            for (at, sum) in sums.iter().enumerate() {
                let count = counts[size][at];
                if let Some(to) = place(sum + difference).filter(|_| count > 0) {
                    counts[size + 1][to] += count;
                }
            }
        }
    }
    let rows = (0..).zip(&counts);
    let cells = rows.flat_map(|(size, row)| {
        let cells = sums.iter().zip(row).filter(|(_, count)| **count > 0);
        cells.map(move |(sum, count)| Subsets { size, sum: *sum, count: *count })
    });
    cells.collect()
}

/// A share of all, which are a power of two.
#[expect(clippy::cast_precision_loss, reason = "a probability for people")]
fn ratio(part: u64, all: u64) -> f64 {
    part as f64 / all as f64
}
