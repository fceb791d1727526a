//! One effect a file; `commands` combines them. The order is total: a module uses only those above it.

pub mod child;
pub mod files;

pub mod catalog;
pub mod clock;
pub mod inbox;
pub mod journal;

pub mod terminal;

pub mod keys;

pub mod bell;
pub mod lines;
pub mod notification;
pub mod recorder;
pub mod screen;
