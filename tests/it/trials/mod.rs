//! Trials of two options: the draw, the test and its interval, what they find and what they do not find in simulated
//! people, and the commands.

pub mod numbers;
mod people;
#[cfg(unix)]
mod program;
mod states;
