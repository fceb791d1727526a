//! The draw, the pairs, what comes next, and the class of an answer.

use std::time::Duration;

use therapy::domain::trial::{Answer, Arm, Drawn, Later, Next, Trial, order};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A trial in which the pain falls by so much in each pair, after A and after B; `None`: the later score is missing.
fn trial(planned: u32, pairs: &[[Option<u8>; 2]]) -> Trial {
    let mut trial = Trial { seed: 2026, planned, is_stopped: false, sessions: Vec::new() };
    for (number, falls) in (0..).zip(pairs) {
        for (at, arm) in (0..).zip(order(2026, number)) {
            let later = falls[arm.index()].map_or(Later::Missing, |fall| Later::Score(10 - fall));
            trial.sessions.push(Drawn { place: 2 * number + at, before: Some(10), later });
            if later == Later::Missing {
                break;
            }
        }
    }
    trial
}

fn whole(planned: u32, pairs: &[[u8; 2]]) -> Trial {
    trial(planned, &pairs.iter().map(|pair| pair.map(Some)).collect::<Vec<_>>())
}

#[test]
fn each_pair_has_both_options_and_the_seed_repeats_the_order() {
    let orders = |seed| (0..1000).map(|number| order(seed, number)).collect::<Vec<_>>();
    let all = orders(7);
    assert!(all.iter().all(|pair| pair[0] != pair[1] && pair[0].other() == pair[1]));
    assert_eq!(all, orders(7));
    assert_ne!(all[..20], orders(8)[..20]);
    let first = all.iter().filter(|pair| pair[0] == Arm::A).count();
    assert!((440..=560).contains(&first), "{first}");
    // Nor does the order follow a pattern: pairs like the one before them are half of all.
    let same = all.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!((440..=560).contains(&same), "{same}");
    // The recorded seeds of old trials keep their meaning.
    let drawn: String = all[..16].iter().map(|pair| if pair[0] == Arm::A { 'A' } else { 'B' }).collect();
    assert_eq!(drawn, "AABBAAAAAAABBBBB");
}

#[test]
fn the_later_score_is_due_after_two_hours_and_missing_after_four() {
    let after = |seconds| Later::after(Duration::from_secs(seconds));
    assert_eq!(after(0), Later::Awaited(2 * HOUR));
    assert_eq!(after(7199), Later::Awaited(Duration::from_secs(1)));
    assert_eq!([7200, 14_399].map(after), [Later::Awaited(Duration::ZERO); 2]);
    assert_eq!([14_400, u64::MAX].map(after), [Later::Missing; 2]);
}

#[test]
fn the_next_dose_comes_after_the_score_of_the_last() {
    let mut trial = whole(6, &[]);
    assert_eq!(trial.next(), Next::Session(0, trial.arm(0)));
    let session = Drawn { place: 0, before: Some(6), later: Later::Awaited(HOUR) };
    trial.sessions.push(session);
    assert_eq!(trial.next(), Next::Score(session, HOUR));
    trial.sessions[0].later = Later::Score(4);
    assert_eq!(trial.next(), Next::Session(1, trial.arm(1)));
    assert_ne!(trial.arm(0), trial.arm(1));
    trial.is_stopped = true;
    assert_eq!((trial.next(), trial.answer()), (Next::Over, Answer::Stopped));
}

#[test]
fn a_pair_that_lacks_a_score_is_lost_and_another_takes_its_place() {
    // The first session of a pair lost its score: the second is not run.
    let mut trial = Trial { seed: 1, planned: 6, is_stopped: false, sessions: Vec::new() };
    trial.sessions.push(Drawn { place: 0, before: Some(6), later: Later::Missing });
    assert_eq!(trial.next(), Next::Session(2, trial.arm(2)));
    // The second lost it.
    trial.sessions.push(Drawn { place: 2, before: Some(6), later: Later::Score(5) });
    trial.sessions.push(Drawn { place: 3, before: Some(6), later: Later::Missing });
    assert_eq!(trial.next(), Next::Session(4, trial.arm(4)));
    // Without a score before it, a session says nothing either.
    trial.sessions.push(Drawn { place: 4, before: None, later: Later::Awaited(HOUR) });
    assert_eq!(trial.next(), Next::Session(6, trial.arm(6)));
    let blocks = trial.blocks();
    assert_eq!(
        blocks.iter().map(|block| (block.number, block.is_lost)).collect::<Vec<_>>(),
        [(0, true), (1, true), (2, true)]
    );
    assert!(trial.differences().is_empty() && !trial.is_complete());

    let mut pairs = vec![[Some(3), Some(1)]; 6];
    pairs.insert(2, [Some(3), None]);
    let done = self::trial(6, &pairs);
    assert_eq!((done.blocks().len(), done.differences()), (7, vec![2; 6]));
    assert_eq!(done.next(), Next::Over);
}

#[test]
fn before_the_planned_number_of_pairs_there_are_only_points() {
    for complete in 0..12 {
        let trial = whole(12, &vec![[9, 0]; complete]);
        assert_eq!(trial.answer(), Answer::Points, "{complete}");
        assert!(matches!(trial.next(), Next::Session(..)));
    }
    assert!(matches!(whole(12, &[[9, 0]; 12]).answer(), Answer::Further(Arm::A, _)));
}

#[test]
fn the_class_follows_the_interval_and_what_matters() {
    let class = |pairs: &[[u8; 2]]| whole(6, pairs).answer();
    assert!(matches!(class(&[[5, 2]; 6]), Answer::Further(Arm::A, _)));
    assert!(matches!(class(&[[2, 5]; 6]), Answer::Further(Arm::B, _)));
    assert!(matches!(class(&[[4, 2]; 6]), Answer::Further(Arm::A, _)), "2 points matter");
    assert!(matches!(class(&[[3, 2]; 6]), Answer::Alike(_)), "more than the draw explains, but too little to matter");
    assert!(matches!(class(&[[2, 2]; 6]), Answer::Alike(_)));
    let mixed = [[5, 2], [2, 4], [6, 3], [3, 3], [5, 1], [2, 3]];
    assert!(matches!(class(&mixed), Answer::CannotTell(_)));
    // The interval excludes 0, but the mean is under 2.
    let small = [[3, 2], [3, 2], [4, 2], [3, 2], [4, 2], [5, 2]];
    let answer = class(&small);
    assert!(matches!(answer, Answer::CannotTell(found) if found.from > 0.0 && found.mean < 2.0), "{answer:?}");
}
