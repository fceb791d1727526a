//! Hot and cold therapy sessions that track the dose on the skin.
//!
//! A protocol is a reviewed list of steps. A plan puts the steps in a row. A session receives the time
//! and the person's inputs and returns events. The runner is a loop between a session and a world.
//!
//! ```
//! use std::time::Duration;
//!
//! use therapy::domain::protocol::{Choice, Draft};
//! use therapy::domain::rules::Context;
//! use therapy::domain::session::{Moment, SessionOptions};
//! use therapy::domain::step::{Modality, StepKind};
//! use therapy::runner;
//! use therapy::simulate::Simulation;
//!
//! let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
//! let draft = Draft::of("contrast", &[(StepKind::Heat, minutes(20)), (StepKind::Cold, minutes(20))]);
//! let protocol = draft.review(Choice::default(), &Context::default(), &[]).expect("no rule refuses it");
//!
//! let mut world = Simulation::new(Moment::default(), &[]);
//! let report = runner::run(&protocol, SessionOptions::default(), &mut world, &mut []);
//! assert_eq!(report.session.dose(Modality::Cold), minutes(20));
//!
//! // 25 min of cold are more than skin may have.
//! let too_long = Draft::of("ice", &[(StepKind::Cold, minutes(25))]);
//! assert!(too_long.review(Choice::default(), &Context::default(), &[]).is_err());
//! ```
//!
//! The feature `cli`, on by default, adds the program: the journal, the screen, notifications and the
//! commands. Without it the crate has few dependencies.
//!
//! The modules below are in a total order: each may use only the modules above it.

#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod domain;

pub mod runner;

pub mod simulate;

pub mod text;

pub mod format;

#[cfg(feature = "cli")]
pub mod edge;

#[cfg(feature = "cli")]
pub mod output;

#[cfg(feature = "cli")]
pub mod cli;

#[cfg(feature = "cli")]
pub mod commands;
