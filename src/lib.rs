//! A timer for hot and cold therapy that counts what the skin has had.
//!
//! A protocol is a reviewed list of steps; a plan lays it on a line; a session is told the time and
//! what the person did and answers with events; the runner stands between the session and the world.
//! The modules below stand in a total order: each may use only what stands above it.
//! ARCHITECTURE.md tells the whole.

#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod domain;

pub mod runner;

pub mod format;

pub mod report;

pub mod ribbon;

pub mod when;

pub mod words;

pub mod edge;

pub mod cli;

pub mod commands;
