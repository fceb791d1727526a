//! One effect a file. `commands` brings them together.
//!
//! The order is total: each module uses only those declared above it.

pub mod catalog;
pub mod clock;
pub mod inbox;
pub mod journal;

pub mod terminal;

pub mod keys;

pub mod bell;
pub mod lines;
pub mod recorder;
pub mod screen;
