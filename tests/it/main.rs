//! The integration tests: one binary, so that it links once.

#![expect(clippy::expect_used, reason = "what fails in a helper is a test that fails")]
#![expect(unreachable_pub, reason = "one binary: nothing in it can be reached")]

mod builder;

mod programs;

mod support;

mod running;

mod sessions;
mod storm;

mod rules;

mod laws;

mod journal;

mod cli;

mod terminal;

mod hostile_terminal;

mod memory;

mod bus;

mod answering_bus;

mod desktop;

mod buttons;

mod hostile_time;

mod lateness;

mod examples;

mod docs;

mod structure;

mod fuzz;
