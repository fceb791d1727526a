//! The options of `therapy plan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::domain::protocol::Draft;
use crate::domain::site::Site;
use crate::text::hours::{self, Hours};
use crate::text::lengths::minutes;
use crate::text::sites;
use crate::text::typed::{Unreadable, whole};

// Options of `plan`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(after_help = "Examples:
  therapy plan
  therapy plan heat --days 7 --spread --ics heat.ics
  therapy plan ice --per-day 6 --every 90min --awake 7:00-23:00")]
pub struct PlanArgs {
    /// A name from `therapy list`, or a .toml file [default: what `therapy next` recommends at each time]
    pub protocol: Option<String>,

    /// How many days, with today, 1 to 31 [default: that of the named file, or 3]
    #[arg(long, value_name = "N", value_parser = days, allow_negative_numbers = true)]
    pub days: Option<u32>,

    /// Your waking hours; no session begins or ends outside them [default: 08:00-22:30]
    #[arg(long, value_name = "HOURS", value_parser = hours::read, allow_hyphen_values = true)]
    pub awake: Option<Hours>,

    /// The waking hours on Saturday and Sunday [default: as on other days]
    #[arg(long, value_name = "HOURS", value_parser = hours::read, allow_hyphen_values = true)]
    pub weekend: Option<Hours>,

    /// The most sessions of a day [default: that of the named file, or 4 with cold, 3 with heat]
    #[arg(long, value_name = "N", value_parser = per_day, allow_negative_numbers = true)]
    pub per_day: Option<u32>,

    /// The least time from one start to the next, such as 90min; the dose law may ask for more
    #[arg(long, value_name = "DURATION", default_value = "2h", value_parser = minutes, allow_negative_numbers = true)]
    pub every: Duration,

    /// Spread the sessions over the waking hours, instead of as early as possible
    #[arg(long)]
    pub spread: bool,

    /// Where the packs lie, such as left-knee [default: that of the only injury, or lower-back]
    #[arg(long, value_name = "SITE", value_parser = sites::read)]
    pub site: Option<Site>,

    /// Say that it is an intense spasm, when no protocol is named
    #[arg(long, conflicts_with = "protocol")]
    pub spasm: bool,

    /// Keep the plan; a later plan for the same site takes its place
    #[arg(long)]
    pub keep: bool,

    /// Keep the plan, and write it as a calendar file; - for standard output
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub ics: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The days of a plan when nothing else is asked for.
const DAYS: u32 = 3;

impl PlanArgs {
    /// For how many days it is, and the most sessions of a day: what was typed, then what the named protocol aims at.
    pub(crate) fn aims(&self, named: Option<&Draft>) -> (u32, Option<usize>) {
        let days = self.days.or(named.and_then(|named| named.days)).unwrap_or(DAYS);
        let per_day = self.per_day.or(named.and_then(|named| named.per_day));
        (days, per_day.map(|most| usize::try_from(most).unwrap_or(usize::MAX)))
    }
}

fn days(text: &str) -> Result<u32, Unreadable> {
    const TRY: &str = "try: --days 7, at most 31";
    let days = whole(text, "days", TRY)?;
    if (1..=31).contains(&days) {
        return Ok(days);
    }
    Err(Unreadable::new(text, format!("{days} days; a plan is for 1 to 31 days"), TRY))
}

fn per_day(text: &str) -> Result<u32, Unreadable> {
    const TRY: &str = "try: --per-day 3";
    match whole(text, "sessions", TRY)? {
        0 => Err(Unreadable::new(text, "a plan has at least one session a day", TRY)),
        number => Ok(number),
    }
}
