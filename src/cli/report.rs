//! The options of `therapy report`.

use std::path::PathBuf;

use clap::Args;

use crate::domain::site::Site;
use crate::text::sites;

// Options of `report`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy report back.html --since 30d --name \"Anna B.\"
  therapy report knee.html --site left-knee --open

The page needs no network and no script, and prints on two pages. A page that
report wrote before is replaced; any other file is left alone.")]
pub struct ReportArgs {
    /// The new page, such as report.html; - for standard output
    #[arg(value_name = "FILE.html")]
    pub file: PathBuf,

    /// Only what happened since then, such as 30d or 2026-11-20 [default: since the first record]
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,

    /// Only what happened at this site; knee includes both
    #[arg(long, value_name = "SITE", value_parser = sites::read)]
    pub site: Option<Site>,

    /// Whom it is about; without it, the page has no name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Open the page in the browser
    #[arg(long)]
    pub open: bool,
}
