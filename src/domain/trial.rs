//! A trial of two options by one person: sessions in pairs, the order in each pair drawn at random, and one look at the
//! result. Pure: it must not know clocks, the journal, or what an option is.
//!
//! The outcome of a session is the fall of the pain from before it to two hours after its end. Two hours, because a pack
//! that is still on the skin, or has just come off, numbs or soothes by itself. A fall and not the later score alone,
//! because the pain of different days differs more than the pain of one day.
//!
//! Back pain falls by itself, and people act when it is at its worst, so a fall alone says nothing about an option. What is
//! compared are the two falls of a pair. When the options make no difference, the draw alone decides which fall belongs
//! to which of them, so the difference has either sign with the same chance. The test and the interval count over all
//! such signs, and assume nothing about the course of the pain.

mod signs;

use std::ops::RangeInclusive;
use std::time::Duration;

pub use signs::{Estimate, estimate};

use crate::domain::insight::IMPORTANT;

/// How many complete pairs a trial may plan. With five, the smallest two-sided p is 2/32: it could never decide.
pub const BLOCKS: RangeInclusive<u32> = 6..=24;
/// How many it plans by default (ours).
pub const USUAL: u32 = 12;

/// How long after the end of a session the later score is due.
pub const DUE: Duration = Duration::from_secs(2 * 60 * 60);
/// How long after it the score is missing for good (ours).
pub const LATEST: Duration = Duration::from_secs(4 * 60 * 60);

/// The smallest true difference, in tenths of a point, that this many pairs find in at least 80 of 100 trials, when the
/// falls after one option spread by [`SPREAD`]. A test simulates each row.
const POWER: [(u32, u32); 7] = [(6, 58), (8, 38), (10, 32), (12, 30), (16, 27), (20, 26), (24, 25)];
/// The standard deviation of the falls after the same option, in points, for which the differences above hold.
pub const SPREAD: u32 = 2;

/// One of the two options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arm {
    /// The first that was named.
    A,
    /// The second.
    B,
}

impl Arm {
    /// Both.
    pub const ALL: [Arm; 2] = [Arm::A, Arm::B];

    /// 0 or 1.
    pub fn index(self) -> usize {
        usize::from(self == Arm::B)
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Arm {
        Arm::ALL[1 - self.index()]
    }
}

/// The order in a pair, counted from 0: the same for the same seed.
pub fn order(seed: u64, block: u32) -> [Arm; 2] {
    // SplitMix64: every bit depends on the whole seed and on the number.
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(u64::from(block) + 1));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    let first = if bits >> 63 == 0 { Arm::A } else { Arm::B };
    [first, first.other()]
}

/// The smallest difference, in tenths of a point, that a trial of this many pairs finds in at least 80 of 100.
pub fn finds(blocks: u32) -> u32 {
    let row = POWER.iter().rev().find(|(pairs, _)| *pairs <= blocks);
    row.map_or(POWER[0].1, |(_, tenths)| *tenths)
}

/// The score two hours after a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// It was given.
    Score(u8),
    /// It is due after this time, which is zero when it is due now.
    Awaited(Duration),
    /// It was not given in time.
    Missing,
}

impl Later {
    /// Without a score yet, this long after the end of the session.
    pub fn after(end: Duration) -> Later {
        if end >= LATEST { Later::Missing } else { Later::Awaited(DUE.saturating_sub(end)) }
    }
}

/// A session of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Its place in the order, from 0. The places 0 and 1 are the first pair.
    pub place: u32,
    /// The pain before it.
    pub before: Option<u8>,
    /// The pain two hours after it.
    pub later: Later,
}

impl Drawn {
    /// How far the pain fell, in points; less than 0 when it rose.
    pub fn fall(self) -> Option<i32> {
        match (self.before, self.later) {
            (Some(before), Later::Score(later)) => Some(i32::from(before) - i32::from(later)),
            _ => None,
        }
    }

    /// Whether its fall will never be known.
    pub fn is_lost(self) -> bool {
        self.before.is_none() || self.later == Later::Missing
    }
}

/// A trial, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// What the order is drawn from.
    pub seed: u64,
    /// How many complete pairs were planned when it started.
    pub planned: u32,
    /// The person stopped it.
    pub is_stopped: bool,
    /// Its sessions, in the order of their places.
    pub sessions: Vec<Drawn>,
}

/// A pair of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number, from 0.
    pub number: u32,
    /// The falls after A and after B.
    pub falls: [Option<i32>; 2],
    /// A fall of it will never be known, so another pair takes its place.
    pub is_lost: bool,
}

impl Block {
    /// How much further the pain fell after A than after B.
    pub fn difference(self) -> Option<i32> {
        let [a, b] = self.falls;
        a.zip(b).map(|(a, b)| a - b)
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The later score of this session, after this time.
    Score(Drawn, Duration),
    /// A session with this option, at this place.
    Session(u32, Arm),
    /// Nothing: as many pairs as planned are complete, or it was stopped.
    Over,
}

/// What a trial says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// Nothing yet: there is one look, at the planned number of pairs.
    Points,
    /// Nothing: it was stopped before.
    Stopped,
    /// The interval reaches from no difference that matters to one that does.
    CannotTell(Estimate),
    /// The whole interval is too near to zero to matter.
    Alike(Estimate),
    /// The pain fell further after this option, by enough to matter, and by more than the draw explains.
    Further(Arm, Estimate),
}

impl Answer {
    /// The numbers behind it; `None` where it says nothing yet.
    pub fn estimate(&self) -> Option<Estimate> {
        match self {
            Answer::CannotTell(estimate) | Answer::Alike(estimate) | Answer::Further(_, estimate) => Some(*estimate),
            Answer::Points | Answer::Stopped => None,
        }
    }
}

impl Trial {
    /// The pairs that have begun, in order.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        for session in &self.sessions {
            let number = session.place / 2;
            if blocks.last().is_none_or(|last| last.number != number) {
                blocks.push(Block { number, falls: [None; 2], is_lost: false });
            }
            let arm = self.arm(session.place);
            if let Some(block) = blocks.last_mut() {
                block.falls[arm.index()] = session.fall();
                block.is_lost |= session.is_lost();
            }
        }
        blocks
    }

    /// The option at a place.
    pub fn arm(&self, place: u32) -> Arm {
        order(self.seed, place / 2)[usize::from(place % 2 == 1)]
    }

    /// The differences of the complete pairs.
    pub fn differences(&self) -> Vec<i32> {
        self.blocks().into_iter().filter_map(Block::difference).collect()
    }

    /// Whether as many pairs as planned are complete.
    pub fn is_complete(&self) -> bool {
        self.differences().len() >= self.planned as usize
    }

    /// What comes next. A pair that lacks a score is lost, and a further one takes its place.
    pub fn next(&self) -> Next {
        if self.is_stopped || self.is_complete() {
            return Next::Over;
        }
        let Some(last) = self.sessions.last().copied() else { return Next::Session(0, self.arm(0)) };
        if let (Some(_), Later::Awaited(left)) = (last.before, last.later) {
            return Next::Score(last, left);
        }
        let is_lost = self.blocks().last().is_some_and(|block| block.is_lost);
        let place = if is_lost { last.place / 2 * 2 + 2 } else { last.place + 1 };
        Next::Session(place, self.arm(place))
    }

    /// What it says.
    pub fn answer(&self) -> Answer {
        if self.is_stopped {
            return Answer::Stopped;
        }
        let estimate = Some(self.differences()).filter(|_| self.is_complete()).and_then(|all| estimate(&all));
        estimate.map_or(Answer::Points, judged)
    }
}

/// The class of an estimate.
fn judged(estimate: Estimate) -> Answer {
    let Estimate { mean, from, to, .. } = estimate;
    let matters = f64::from(IMPORTANT);
    match mean {
        _ if -matters < from && to < matters => Answer::Alike(estimate),
        _ if from > 0.0 && mean >= matters => Answer::Further(Arm::A, estimate),
        _ if to < 0.0 && mean <= -matters => Answer::Further(Arm::B, estimate),
        _ => Answer::CannotTell(estimate),
    }
}
