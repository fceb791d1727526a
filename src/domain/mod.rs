//! The rules of heat and cold. Time is an argument: nothing here reads a clock, sleeps, prints, opens
//! a file or knows a terminal, so a test can choose any moment and any history.
//!
//! The order is total: each module may use only the modules above it.

pub mod step;

pub mod site;

pub mod moment;

pub mod source;

pub mod exposure;

pub mod dose;

pub mod rules;

pub mod protocol;

pub mod nearest;

pub mod plan;

pub mod session;

pub mod view;

pub mod insight;

pub mod course;
pub mod recommendation;
pub mod schedule;

pub mod waiting;

pub mod trial;
