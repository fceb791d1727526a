//! Results for people and other programs: what happened, and files that leave. Modules here compute and write text; they
//! must not print, and must not know the command line.

pub mod calendar;
pub mod handout;
pub mod past;

pub mod days;
pub mod documents;
pub mod listing;
pub mod sums;

pub mod clinical;

pub mod chart;

pub mod figures;

pub mod report;

pub mod values;

pub mod wire;

pub mod exchange;

pub mod spreadsheet;
