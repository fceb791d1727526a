//! One effect a file; `commands` combines them. The order is total: a module uses only those above it.

pub mod os;

pub mod child;
pub mod editor;
pub mod files;
#[cfg(unix)]
pub mod jobs;

pub mod catalog;
pub mod clock;

pub mod opener;
pub mod reader;

pub mod apart;
pub mod inbox;
pub mod journal;

pub mod window;

pub mod terminal;

pub mod countdown;

pub mod keys;

pub mod bell;
pub mod lines;
pub mod notice;

pub mod hook;
pub mod recorder;
pub mod screen;
pub mod sound;

pub mod notification;
