//! What the targets look for. It stands with the tests, which run the seeds.

#[path = "../../tests/it/builder.rs"]
pub mod builder;
#[path = "../../tests/it/fuzz.rs"]
mod fuzz;

pub use fuzz::{journal, protocol, settings, when};
