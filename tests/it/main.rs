//! The integration tests, in one binary that links once.

#![expect(clippy::expect_used, reason = "a failure in a helper fails the test")]
#![expect(unreachable_pub, reason = "nothing outside this binary can use it")]
#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "helpers of tests that need a Unix terminal, shell or signal, or a service of Linux")
)]

mod builder;

mod programs;

mod support;

mod running;

mod sessions;
mod storm;

mod cues;
mod groups;
mod schema;

mod recommendations;
mod rules;

mod changeovers;

mod laws;

mod journal;

mod child;
mod cli;
mod heard;
mod real_sound;
mod selftest;

mod terminal;

mod completions;

mod waiting;
mod written;

mod hostile_terminal;

mod memory;
mod past;

mod bus;

mod alarms;

mod answering_bus;

mod desktop;

mod buttons;
mod notices;

mod calendar;
mod trials;

mod exchange;

#[cfg(unix)]
mod report;

mod hostile_time;

mod lateness;

mod examples;

mod docs;
mod evidence;

mod structure;
mod systems;

mod fuzz;
