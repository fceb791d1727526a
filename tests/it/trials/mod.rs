//! Trials of two options: the draw, the test and its interval, and what they find and do not find in simulated people.

pub mod numbers;
mod people;
mod states;
