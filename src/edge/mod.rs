//! One effect a file. Siblings do not know each other; `commands` brings them together.

pub mod simulate;
