//! A virtual world: a script instead of a clock. `--dry-run` and the tests run sessions in it with the
//! same engine as real ones.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::moment::Moment;
use crate::domain::session::Input;
use crate::runner::World;

/// What happens in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// An input arrives.
    Says(Input),
    /// The machine sleeps or stalls this long.
    Stalls(Duration),
}

/// A world in which only waiting takes time.
#[derive(Debug)]
pub struct Simulation {
    now: Moment,
    script: VecDeque<(Moment, Happening)>,
    waits: u32,
}

/// More waits than any session has frames. A session that needs more makes no progress.
const WAITS_MOST: u32 = 1_000_000;

impl Simulation {
    /// A world that starts at `start`. Each thing happens this long after the start, in order.
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
