//! One effect a file. Siblings do not know each other, except that whoever writes writes through
//! `output`; `commands` brings them together.

pub mod catalog;
pub mod clock;
pub mod journal;
pub mod keys;
pub mod simulate;

pub mod output;

mod canvas;

pub mod bell;
pub mod lines;
pub mod recorder;
pub mod screen;
