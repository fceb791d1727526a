//! Simulated people: how often a trial prefers an option that makes no difference, how often it finds one that does, and
//! what a look at before and after would have said of the same people.

use therapy::domain::trial::{Answer, Arm, Drawn, Later, Next, SPREAD, Trial, USUAL, estimate, finds};

const PEOPLE: usize = 10_000;
/// Whole points from 0 to 10, as people give them.
const WORST: f64 = 10.0;

/// A value from the standard normal distribution.
fn normal(random: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 10")]
fn score(pain: f64) -> u8 {
    pain.round().clamp(0.0, WORST) as u8
}

/// A person whose pain falls from 5.2 to 2.3 within six weeks (Menezes Costa 2012), more or less, by itself. It differs from
/// person to person and from hour to hour, and a session is held when it is at its worst: so it is lower later anyway.
struct Person {
    random: fastrand::Rng,
    level: f64,
}

impl Person {
    fn new(seed: u64) -> Person {
        let mut random = fastrand::Rng::with_seed(seed);
        let level = 1.5 * normal(&mut random);
        Person { random, level }
    }

    /// The scores before a session on a day and two hours after it. `less`: how much less the pain is for the option.
    fn session(&mut self, day: f64, less: f64) -> (u8, u8) {
        /// The spread of the pain from hour to hour, and how much of it is left two hours later.
        const HOURS: f64 = 1.3;
        const LEFT: f64 = 0.4;
        let course = |day: f64| 5.2 * (-(5.2_f64 / 2.3).ln() / 42.0 * day).exp();
        let moment = [(); 3].map(|()| HOURS * normal(&mut self.random)).into_iter().fold(f64::MIN, f64::max);
        let noise = HOURS * (1.0 - LEFT * LEFT).sqrt() * normal(&mut self.random);
        let later = course(day + 0.1) + self.level + LEFT * moment + noise - less;
        (score(course(day) + self.level + moment), score(later))
    }
}

/// What a person's trial came to.
struct Done {
    answer: Answer,
    /// The falls after A.
    falls: Vec<i32>,
    /// The first and the last score before a session.
    ends: (u8, u8),
}

/// A whole trial, `days` long, with a look after every score: only the last may say more than the points.
fn trial(seed: u64, days: f64, less: f64) -> Done {
    let mut person = Person::new(seed);
    let mut trial = Trial { seed, planned: USUAL, is_stopped: false, sessions: Vec::new() };
    let (mut falls, mut befores) = (Vec::new(), Vec::new());
    while let Next::Session(place, arm) = trial.next() {
        assert_eq!(trial.answer(), Answer::Points, "a look before the end");
        let day = days * f64::from(place) / f64::from(2 * USUAL);
        let (before, later) = person.session(day, if arm == Arm::A { less } else { 0.0 });
        let session = Drawn { place, before: Some(before), later: Later::Score(later) };
        falls.extend(session.fall().filter(|_| arm == Arm::A));
        befores.push(before);
        trial.sessions.push(session);
    }
    assert_eq!(trial.sessions.len(), 24);
    Done { answer: trial.answer(), falls, ends: (befores[0], befores[23]) }
}

/// How many people satisfy each of these conditions.
fn count<const N: usize>(people: usize, days: f64, less: f64, is: impl Fn(&Done) -> [bool; N]) -> [usize; N] {
    let mut counts = [0; N];
    for seed in 0..people as u64 {
        let found = is(&trial(seed, days, less));
        counts.iter_mut().zip(found).for_each(|(count, is)| *count += usize::from(is));
    }
    counts
}

fn prefers(done: &Done) -> bool {
    matches!(done.answer, Answer::Further(..))
}

/// The draw alone decides the sign of each difference, so at most 5 % are called one, whatever the course of the pain.
#[test]
fn without_an_effect_few_get_a_preference_and_before_and_after_misleads() {
    for (days, people) in [(12.0, PEOPLE / 5), (42.0, PEOPLE)] {
        let [preferred, rejected, fell, much_less, cannot] = count(people, days, 0.0, |done| {
            let numbers = done.answer.estimate().expect("an answer");
            let (first, last) = done.ends;
            [
                prefers(done),
                numbers.p <= 0.05,
                estimate(&done.falls).is_some_and(|falls| falls.from > 0.0),
                first >= last + 2,
                matches!(done.answer, Answer::CannotTell(_)),
            ]
        });
        let share = |count: usize| 100 * count / people;
        println!(
            "{people} people, {days} days: {preferred} preferences, {rejected} with p up to 0.05, {cannot} cannot tell; \
             {fell} would call the falls after A an effect, {much_less} the fall by 2 points since the first session"
        );
        assert!(20 * preferred <= people, "{preferred}");
        assert!(20 * rejected <= people, "{rejected}");
        assert!(share(cannot) >= 20, "{cannot}: a normal answer");
        // The same people, without a comparison.
        assert!(share(fell) >= 15 && share(much_less) >= if days > 40.0 { 75 } else { 30 }, "{fell} {much_less}");
    }
}

/// Where the scale has room. At a pain of 2 it cannot fall by 3.
#[test]
fn a_difference_of_three_points_is_found_on_the_natural_course_too() {
    for days in [12.0, 42.0] {
        let [found, other] = count(PEOPLE / 5, days, 3.0, |done| {
            [matches!(done.answer, Answer::Further(Arm::A, _)), matches!(done.answer, Answer::Further(Arm::B, _))]
        });
        println!("{days} days, 3 points: found in {found}, the other option in {other}");
        assert!(10 * found >= 8 * PEOPLE / 5, "{found}");
        assert_eq!(other, 0);
    }
}

/// The share of trials that find a difference, when the falls after an option spread by [`SPREAD`].
fn found(pairs: u32, tenths: u32, trials: u64) -> f64 {
    let mut random = fastrand::Rng::with_seed(u64::from(pairs));
    let (spread, difference) = (f64::from(SPREAD), f64::from(tenths) / 10.0);
    let mut found = 0;
    for seed in 0..trials {
        let mut trial = Trial { seed, planned: pairs, is_stopped: false, sessions: Vec::new() };
        while let Next::Session(place, arm) = trial.next() {
            // From 30 there is room for any fall.
            let fall = spread * normal(&mut random) + if arm == Arm::A { difference } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far from 0 and 255")]
            let later = (30.0 - fall).round() as u8;
            trial.sessions.push(Drawn { place, before: Some(30), later: Later::Score(later) });
        }
        found += u32::from(matches!(trial.answer(), Answer::Further(Arm::A, _)));
    }
    f64::from(found) / f64::from(u32::try_from(trials).expect("few"))
}

/// What `trial start` promises.
#[test]
fn the_difference_that_is_promised_is_found_in_80_of_100() {
    assert_eq!(finds(USUAL), 30, "12 pairs: 3 points");
    for pairs in [6, 8, 10, 12, 16, 20, 24] {
        let power = found(pairs, finds(pairs), 2000);
        println!("{pairs} pairs find {} tenths in {power:.3}", finds(pairs));
        assert!(power >= 0.8, "{pairs}: {power}");
        let less = found(pairs, finds(pairs) - 5, 500);
        assert!(less < 0.8, "{pairs}: {less}");
    }
    assert_eq!([7, 11, 13, 23, 24].map(finds), [58, 32, 30, 26, 25]);
}
