//! The exact test and its interval, against a count of every sign pattern and against `SciPy`.

use therapy::domain::trial::estimate;

use crate::programs::{are_installed, output};

/// Paired differences, then the two-sided p and the interval that `SciPy` 1.17 gives: `permutation_test` of the mean, with
/// all sign patterns, of the differences less every mean of some of them.
type Case = (&'static [i32], f64, f64, f64);
#[rustfmt::skip]
const CASES: [Case; 10] = [
    (&[3, 3, 3, 3, 3, 3], 0.03125, 3.0, 3.0),
    (&[1, 2, 3, 4, 5, 6], 0.03125, 1.0, 6.0),
    (&[1, -2, 3, 0, 5, -1], 0.5, -2.0, 5.0),
    (&[4, 1, 2, 5, 3, 2, 3], 0.015_625, 1.5, 4.0),
    (&[2, -1, 0, 3, 1, 1, -2, 4], 0.265_625, -2.0 / 3.0, 8.0 / 3.0),
    (&[3, 1, 4, -1, 5, 2, -2, 6, 3, 0], 0.046_875, 0.2, 4.0),
    (&[2, 2, 1, 3, -1, 4, 0, 2, 5, 1, 3, 2], 0.003_906_25, 1.0, 3.0),
    (&[-4, -2, -3, 0, -5, -1, 2, -3, -4, -2, -1, -3], 0.006_835_937_5, -3.4, -1.0),
    (&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1.0, 0.0, 0.0),
    (&[7, -3, 5, -2, 9, 0, 1, -4, 6, 2, 3, -1], 0.159_179_687_5, -0.75, 4.6),
];

/// A command that succeeds when it is there, and its Debian package.
pub const SCIPY: (&[&str], &str) = (&["/usr/bin/python3", "-c", "import scipy"], "python3-scipy");

/// Prints the p of these differences less a hypothesis.
const PYTHON: &str = "
import sys, numpy
from scipy import stats
for line in sys.argv[1:]:
    less, *differences = map(float, line.split())
    values = numpy.array(differences) - less
    mean = lambda x, axis: numpy.mean(x, axis=axis)
    print(stats.permutation_test((values,), mean, permutation_type='samples', n_resamples=numpy.inf).pvalue)
";

fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

/// The two-sided p of the differences less a hypothesis, by a count of every sign pattern.
fn p_of(differences: &[i32], less: f64) -> f64 {
    let values: Vec<f64> = differences.iter().map(|value| f64::from(*value) - less).collect();
    let seen: f64 = values.iter().sum();
    let patterns = 1_u32 << values.len();
    let sum = |pattern: u32| -> f64 {
        let signed = values.iter().enumerate().map(|(at, value)| if pattern >> at & 1 == 1 { -value } else { *value });
        signed.sum()
    };
    let as_far = (0..patterns).filter(|pattern| sum(*pattern).abs() >= seen.abs() - 1e-9).count();
    f64::from(u32::try_from(as_far).expect("few")) / f64::from(patterns)
}

#[test]
fn it_agrees_with_scipy() {
    for (differences, p, from, to) in CASES {
        let found = estimate(differences).expect("enough");
        let mean =
            f64::from(differences.iter().sum::<i32>()) / f64::from(u32::try_from(differences.len()).expect("few"));
        let is_same = [(found.p, p), (found.from, from), (found.to, to), (found.mean, mean)];
        assert!(is_same.iter().all(|(one, other)| is_near(*one, *other)), "{differences:?}: {found:?}");
        assert_eq!(found.pairs, differences.len());
    }
}

/// At both ends the hypothesis is not rejected, and a little outside it is.
#[test]
fn scipy_itself_agrees_where_it_is_installed() {
    if !are_installed(&[SCIPY], "the interval of a trial in SciPy") {
        return;
    }
    let mut asked = Vec::new();
    for (differences, ..) in CASES {
        let found = estimate(differences).expect("enough");
        let values: Vec<_> = differences.iter().map(ToString::to_string).collect();
        for less in [0.0, found.from, found.to, found.from - 1e-6, found.to + 1e-6] {
            asked.push(format!("{less} {}", values.join(" ")));
        }
    }
    let mut python = std::process::Command::new("/usr/bin/python3");
    let output = output(python.args(["-c", PYTHON]).args(&asked));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let answers: Vec<f64> = printed.lines().map(|line| line.parse().expect("a number")).collect();
    assert_eq!(answers.len(), asked.len());
    for ((differences, ..), p) in CASES.iter().zip(answers.chunks(5)) {
        let found = estimate(differences).expect("enough");
        assert!(is_near(p[0], found.p), "{differences:?}: {p:?}");
        assert!(p[1] > 0.05 && p[2] > 0.05 && p[3] <= 0.05 && p[4] <= 0.05, "{differences:?}: {p:?}");
    }
}

#[test]
fn it_agrees_with_a_count_of_every_pattern() {
    let mut random = fastrand::Rng::with_seed(17);
    for round in 0..60 {
        let pairs = 6 + round % 7;
        let differences: Vec<i32> = (0..pairs).map(|_| random.i32(-6..=8)).collect();
        let found = estimate(&differences).expect("enough");
        let p = |less| p_of(&differences, less);
        assert!(is_near(found.p, p(0.0)), "{differences:?}: {found:?}");
        assert!(p(found.from) > 0.05 && p(found.to) > 0.05, "{differences:?}: {found:?}");
        assert!(p(found.from - 1e-6) <= 0.05 && p(found.to + 1e-6) <= 0.05, "{differences:?}: {found:?}");
        assert!(found.from <= found.mean && found.mean <= found.to, "{differences:?}: {found:?}");
    }
}

/// The test and the interval never contradict each other, and the two options are treated alike.
#[test]
fn test_and_interval_say_the_same() {
    let mut random = fastrand::Rng::with_seed(71);
    for _ in 0..300 {
        let pairs = random.usize(6..=14);
        let differences: Vec<i32> = (0..pairs).map(|_| random.i32(-3..=5)).collect();
        let found = estimate(&differences).expect("enough");
        let excludes = found.from > 0.0 || found.to < 0.0;
        assert_eq!(excludes, found.p <= 0.05, "{differences:?}: {found:?}");
        let swapped: Vec<i32> = differences.iter().map(|value| -value).collect();
        let other = estimate(&swapped).expect("enough");
        let is_mirrored = [(other.p, found.p), (-other.to, found.from), (-other.from, found.to)];
        assert!(is_mirrored.iter().all(|(one, other)| is_near(*one, *other)), "{found:?} {other:?}");
    }
}

#[test]
fn with_five_pairs_it_could_never_decide() {
    assert_eq!(estimate(&[10; 5]), None);
    assert!(p_of(&[10; 5], 0.0) > 0.05);
    assert!(p_of(&[10; 3], 0.0) > 0.24, "2 of 8");
    assert!(estimate(&[10; 6]).is_some_and(|found| found.p < 0.05));
    assert_eq!(estimate(&[]), None);
    assert_eq!(estimate(&[1; 61]), None);
    let most = estimate(&[20, -20].repeat(12)).expect("24 pairs");
    assert!(is_near(most.p, 1.0) && is_near(most.mean, 0.0), "{most:?}");
}
