//! `therapy schema`.

use super::{Exit, Failure, print_exactly};

/// The JSON Schema of protocol files, the same file as in the repository.
const SCHEMA: &str = include_str!("../../docs/protocol.schema.json");

/// Prints it.
pub(super) fn run() -> Result<Exit, Failure> {
    print_exactly(SCHEMA)
}
