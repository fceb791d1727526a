//! The options of `therapy next`, and those of `run` that wait as it does.

use clap::{Arg, Args};

use super::Reach;
use crate::domain::site::Site;
use crate::text::hours::{self, Hours};
use crate::text::sites;

// Options of `next`.
#[derive(Args, Debug)]
#[command(mut_args = of_wait)]
pub struct NextArgs {
    /// Where the packs would lie, such as left-knee
    #[arg(long, value_name = "SITE", value_parser = sites::read)]
    pub site: Option<Site>,

    /// Say that it is an intense spasm
    #[arg(long)]
    pub spasm: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// Wait until what is recommended may start and your waking hours have begun, then ring until you answer
    ///
    /// For cold it waits until 2 h after the last cold session began, though an earlier time may be possible. It rings
    /// for at most 10 min, every 30 s; off a terminal it rings once. Nothing is started.
    #[arg(long, conflicts_with = "json")]
    pub wait: bool,

    /// Your waking hours [default: as config.toml says, else 08:00-22:30]
    #[arg(long, value_name = "HOURS", value_parser = hours::read, allow_hyphen_values = true)]
    pub awake: Option<Hours>,

    #[command(flatten)]
    pub reach: Reach,
}

// How `run` waits.
#[derive(Args, Debug, Default)]
pub struct Waits {
    /// Wait until it may start and your waking hours have begun, ring, then wait for Enter
    ///
    /// For cold it waits until 2 h after the last cold session began, as recommended, though an earlier time may be
    /// possible. Everything is reviewed again when the time comes and at Enter.
    #[arg(long, conflicts_with_all = ["dry_run", "speed"])]
    pub when_allowed: bool,

    /// Your waking hours, for --when-allowed [default: as config.toml says, else 08:00-22:30]
    #[arg(long, value_name = "HOURS", value_parser = hours::read, allow_hyphen_values = true, requires = "when_allowed")]
    pub awake: Option<Hours>,
}

/// The options that only a wait has.
fn of_wait(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "awake" | "no_notify" | "sound" | "speak" | "on_event" => arg.requires("wait").help_heading("With --wait"),
        _ => arg,
    }
}
