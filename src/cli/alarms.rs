//! The options of a session that is shown, and that reaches the person.

use clap::{Args, ValueEnum};

// How a session shows itself, and how it reaches the person.
#[derive(Args, Debug, Default)]
pub struct Alarms {
    /// How to show the progress [default: auto]
    #[arg(long, value_enum)]
    pub progress: Option<Progress>,

    #[command(flatten)]
    pub reach: Reach,
}

// How a session reaches the person, besides the screen.
#[derive(Args, Debug, Default)]
pub struct Reach {
    /// No desktop notifications
    #[arg(long)]
    pub no_notify: bool,

    /// Play sounds; auto: when the desktop plays none [default: auto]
    #[arg(long, value_enum, value_name = "WHEN")]
    pub sound: Option<Sound>,

    /// Say aloud what to do
    #[arg(long)]
    pub speak: bool,

    /// Call this program for each event, which it gets as JSON on its standard input
    #[arg(long, value_name = "CMD")]
    pub on_event: Option<String>,
}

/// How a session shows its progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// Bars on a terminal, plain lines elsewhere
    Auto,
    /// Bars
    Bar,
    /// One line per event
    Plain,
    /// One JSON object per event, on standard output
    Json,
    /// Only alarms and warnings
    Quiet,
}

/// When a session plays sounds of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sound {
    /// When the desktop plays none
    Auto,
    /// Always
    On,
    /// Never
    Off,
}
