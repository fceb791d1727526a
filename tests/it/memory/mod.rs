//! The journal between processes: killed sessions, control from another shell, journal faults, the injury
//! clock, and the effect of earlier sessions. Each test uses real processes and a separate journal.
#![cfg(unix)]

use therapy::domain::session::Moment;
use therapy::edge::clock;

use crate::running::Running;
use crate::support::Home;

mod control;
mod cut_off;
mod guards;
mod kills;
mod next;
mod person;
mod plan;
mod profiles;
mod read_only;
mod sites;
mod told;
mod trouble;

/// Pseudo-random numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }
}

impl Home {
    /// A session of long steps that has begun.
    fn long_session(&self) -> Running {
        self.own(1, &[("heat", "10min"), ("cold", "10min")]);
        let running = self.start(&["run", "own.toml"]);
        running.see("step_began");
        running
    }

    /// Like [`ask`](Home::ask), with the moment of the call.
    fn timed(&self, arguments: &[&str]) -> (String, Moment) {
        let asked = clock::now();
        (self.ask(arguments), asked)
    }
}
