//! The rules of heat and cold, told the time. Nothing here reads a clock, sleeps, prints, opens a
//! file or knows a terminal; a test can name any moment and any history.
//!
//! The order is total: each module may use only those above it.

pub mod step;

pub mod source;

pub mod advice;

pub mod exposure;

pub mod rules;

pub mod protocol;

pub mod plan;

pub mod session;

pub mod course;
