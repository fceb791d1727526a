//! The options of `therapy history` and `therapy stats`.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{ArgAction, Args};

use crate::domain::site::Site;
use crate::output::sums::By;
use crate::text::sites;
use crate::text::typed::{Unreadable, whole};

// Options of `history`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy history
  therapy history -n 100 --site knee
  therapy history --since 30d --csv")]
pub struct HistoryArgs {
    /// Only since then, such as 30d or 2026-11-20; a day counts from its start
    #[arg(long, value_name = "WHEN", num_args = 1.., action = ArgAction::Set)]
    pub since: Option<Vec<String>>,

    /// Only the last N [default: 20; all with --since, --json and --csv]
    #[arg(short = 'n', value_name = "N", value_parser = last, allow_negative_numbers = true)]
    pub last: Option<usize>,

    /// Only sessions of this protocol
    #[arg(long, value_name = "NAME")]
    pub protocol: Option<String>,

    /// Only sessions at this site; knee includes both
    #[arg(long, value_name = "SITE", value_parser = sites::read)]
    pub site: Option<Site>,

    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,

    /// Print comma-separated values
    #[arg(long)]
    pub csv: bool,
}

// Options of `stats`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy stats
  therapy stats --by protocol --since 90d --site left-knee")]
pub struct StatsArgs {
    /// Since when, such as 90d or 2026-11-20; a day counts from its start [default: the start of the week four weeks ago]
    #[arg(long, value_name = "WHEN", num_args = 1.., action = ArgAction::Set)]
    pub since: Option<Vec<String>>,

    /// What a row is about
    #[arg(long, value_name = "WHAT", default_value = "week", value_parser = PossibleValuesParser::new(By::NAMES).map(|name| by(&name)))]
    pub by: By,

    /// Only what was at this site; knee includes both
    #[arg(long, value_name = "SITE", value_parser = sites::read)]
    pub site: Option<Site>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

fn by(name: &str) -> By {
    name.parse().unwrap_or_default()
}

fn last(text: &str) -> Result<usize, Unreadable> {
    const TRY: &str = "try: therapy history -n 50";
    match whole(text, "rows", TRY)? {
        0 => Err(Unreadable::new(text, "a list has at least one row", TRY)),
        number => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
    }
}
