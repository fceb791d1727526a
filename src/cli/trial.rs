//! The options of `therapy trial`, and the place of a session in a trial.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::Alarms;
use crate::domain::site::Site;
use crate::text::sites;
use crate::text::trial::{blocks, seed};
use crate::text::typed::pain;

// What to do with a trial.
#[derive(Debug, Subcommand)]
pub enum TrialCommand {
    /// Start a trial of two options
    Start(StartArgs),
    /// Show how far the trial has come, or what it says at its end
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run the next session of the trial, or ask for the score that is due
    ///
    /// The session starts by the same rules as with `run`. After it, the command waits for two hours, rings, and asks for
    /// the pain again; q leaves, and the next `trial next` asks.
    Next(NextArgs),
    /// End the trial early; then it decides nothing
    Stop,
}

// Options of `trial start`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy trial start ice rest
  therapy trial start heat contrast-short --site left-knee --blocks 16")]
pub struct StartArgs {
    /// A name from `therapy list`, or `rest` for a rest without a pack
    pub a: String,

    /// The other option
    pub b: String,

    /// Where the packs lie [default: that of the only injury or config.toml, else lower-back]
    #[arg(long, value_name = "SITE", value_parser = sites::read)]
    pub site: Option<Site>,

    /// How many complete pairs of sessions decide, 6 to 24 [default: 12]
    #[arg(long, value_name = "N", value_parser = blocks, allow_negative_numbers = true)]
    pub blocks: Option<u32>,

    /// Draw the order from this number, to repeat an order [default: a random one]
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: Option<u32>,
}

// Options of `trial next`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy trial next                on a terminal it asks for every score
  therapy trial next --pain 6       elsewhere: the next session
  therapy trial next --later 4      elsewhere: two hours after it")]
pub struct NextArgs {
    /// Pain before the session, 0 to 10
    #[arg(long, value_name = "0-10", value_parser = pain, allow_negative_numbers = true)]
    pub pain: Option<u8>,

    /// Pain two hours after the last session, 0 to 10
    #[arg(long, value_name = "0-10", value_parser = pain, allow_negative_numbers = true)]
    pub later: Option<u8>,

    /// Wait for Enter before the first step, so that you can put the pack on
    #[arg(long)]
    pub ready: bool,

    #[command(flatten)]
    pub alarms: Alarms,
}

/// The place of a session in a trial.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The number of the trial.
    pub trial: i64,
    /// The place in its order, from 0.
    pub place: u32,
    /// It is a rest of this length, and no protocol.
    pub rest: Option<Duration>,
}
