//! `therapy stats`: sums by week, site or protocol, and what the pain scores can tell.

use jiff::ToSpan as _;
use serde_json::json;

use super::folders::Folders;
use super::times::{self, here, in_full, stamp};
use super::{Exit, Failure, joined, print, print_json, printing};
use crate::cli::past::StatsArgs;
use crate::output::past::Past;
use crate::output::sums::All;
use crate::text::past::none;
use crate::text::printable::wrapped;
use crate::text::sites::words;

/// How many days are added up at least when nothing else is asked for (ours).
const DAYS: i64 = 28;

/// Shows the sums.
pub(super) fn run(folders: &Folders, args: StatsArgs) -> Result<Exit, Failure> {
    let here = here();
    let since = if let Some(since) = joined(args.since) {
        times::since(&since, "the last four weeks: therapy stats")?
    } else {
        let day = here.today().checked_sub(DAYS.days()).unwrap_or_default();
        // From a Monday: a part of a week would look like a week in which less was done.
        let to_monday = i64::from(day.weekday().to_monday_zero_offset());
        let day = day.checked_sub(to_monday.days()).unwrap_or(day);
        day.to_zoned(here.zone.clone()).map_or(here.now, |day| day.timestamp())
    };
    let (now, is_running) = (stamp(), folders.is_running()?);
    let read = |journal| Past::read(journal, since.as_millisecond(), args.site, (&now, is_running));
    let past = folders.journal()?.as_ref().map(read).transpose()?.unwrap_or_default();
    let sums = All::of(&past, args.by, &here);
    if args.json {
        let mut document = sums.document();
        document["since"] = json!(since);
        return print_json(&document);
    }
    if sums.is_empty() {
        return print(none(None, args.site, Some(&in_full(since))));
    }
    let place = args.site.map(|site| format!(", {}", words(site))).unwrap_or_default();
    let day = here.day(here.date(since.as_millisecond()), "%-d %B");
    let width = printing::width();
    let text = printing::for_this_person(sums.text(&format!("Since {day}{place}"), &here, width));
    printing::print_drawn(wrapped(&text, width, 4))
}
