//! The checks of the fuzz targets. They are shared with the integration tests, which run the seeds.

#[path = "../../tests/it/builder.rs"]
pub mod builder;
#[path = "../../tests/it/fuzz.rs"]
mod fuzz;

pub use fuzz::{journal, keys, protocol, settings, when};
