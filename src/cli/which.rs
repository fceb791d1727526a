//! What a person chooses about a protocol, the same for every command that takes one. It must not know what a protocol
//! offers.

use std::time::Duration;

use clap::Args;

use super::values::rounds;
use crate::domain::site::Site;
use crate::text::lengths::{changeover, minutes};
use crate::text::sites;

// What a person chooses about a protocol.
#[derive(Args, Debug, Default)]
pub struct Which {
    /// Length of the step of a one-step protocol in minutes, such as 15, 12.5 or 15min
    #[arg(long, value_name = "N", value_parser = minutes, allow_negative_numbers = true, conflicts_with_all = ["heat", "cold", "rest"])]
    pub minutes: Option<Duration>,

    /// Length of every step of heat in minutes, within the range of the protocol
    #[arg(long, value_name = "N", value_parser = minutes, allow_negative_numbers = true)]
    pub heat: Option<Duration>,

    /// Length of every step of cold, in the same way
    #[arg(long, value_name = "N", value_parser = minutes, allow_negative_numbers = true)]
    pub cold: Option<Duration>,

    /// Length of every rest, in the same way
    #[arg(long, value_name = "N", value_parser = minutes, allow_negative_numbers = true)]
    pub rest: Option<Duration>,

    /// Number of rounds, for a protocol with rounds
    #[arg(long, value_name = "N", value_parser = rounds, allow_negative_numbers = true)]
    pub rounds: Option<u32>,

    /// Time to change packs: a rest before every dose that begins or changes, such as 30s; 0 for none
    #[arg(long, value_name = "DURATION", value_parser = changeover, allow_negative_numbers = true)]
    pub changeover: Option<Duration>,

    /// Time of the injury, such as "30h ago", "yesterday 18:00" or 2026-11-20
    #[arg(long, value_name = "WHEN")]
    pub injured: Option<String>,

    /// Where the packs lie, such as left-knee [default: as the file, the only injury or config.toml says, else lower-back]
    #[arg(long, value_name = "SITE", value_parser = sites::read)]
    pub site: Option<Site>,
}
