//! A virtual world: a script instead of a clock. `--dry-run` and the tests go through it with the
//! same engine as a real session.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::session::{Input, Moment};
use crate::runner::World;

/// What a script lets happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The person says something.
    Says(Input),
    /// The machine sleeps or stalls for so long.
    Stalls(Duration),
}

/// A world in which nothing takes time but waiting.
#[derive(Debug)]
pub struct Simulation {
    now: Moment,
    script: VecDeque<(Moment, Happening)>,
    waits: u32,
}

/// More waits than any session of sensible length has frames. A session that is still going then
/// makes no progress, and stopping is better than spinning.
const WAITS_MOST: u32 = 1_000_000;

impl Simulation {
    /// A world that starts at `start` and in which each thing happens so long after it, in order.
    #[must_use]
    pub fn new(start: Moment, script: &[(Duration, Happening)]) -> Simulation {
        Simulation { now: start, script: script.iter().map(|&(after, what)| (start + after, what)).collect(), waits: 0 }
    }
}

impl World for Simulation {
    fn now(&self) -> Moment {
        self.now
    }

    fn wait(&mut self, deadline: Moment) -> Option<Input> {
        self.waits += 1;
        assert!(self.waits < WAITS_MOST, "a simulated session makes no progress");
        match self.script.front() {
            Some(&(at, what)) if at <= deadline => {
                self.script.pop_front();
                self.now = self.now.max(at);
                match what {
                    Happening::Says(input) => Some(input),
                    Happening::Stalls(length) => {
                        self.now = self.now + length;
                        None
                    }
                }
            }
            _ => {
                self.now = self.now.max(deadline);
                None
            }
        }
    }
}
