//! Everything that a person types or reads: durations, times, printable text, and every sentence.
//! Pure: it is told the time and the zone, and it must not know screens, files or commands.
//!
//! The order is total: each module may use only those above it.

pub mod printable;

pub mod colours;

pub mod digits;

pub mod typed;

pub mod sites;

pub mod fits;

pub mod template;

pub mod durations;

pub mod lengths;

pub mod choices;

pub mod timeline;

pub mod hours;

#[cfg(feature = "cli")]
pub mod times;

#[cfg(feature = "cli")]
pub mod when;

pub mod signs;

pub mod advice;

pub mod handout;

pub mod recommendation;

pub mod insight;

pub mod past;

pub mod alarm;

#[cfg(feature = "cli")]
pub mod selftest;

pub mod rules;

pub mod nearest;

pub mod wording;

pub mod told;

#[cfg(feature = "cli")]
pub mod exchange;

pub mod plan;

pub mod waiting;

pub mod trial;

#[cfg(feature = "cli")]
pub mod report;

#[cfg(feature = "cli")]
pub mod heard;

pub mod view;

#[cfg(feature = "cli")]
pub mod manual;
