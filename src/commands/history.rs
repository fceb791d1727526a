//! `therapy history`: the last two weeks as a picture, and sessions with what was told as a list.

use jiff::{SignedDuration, Timestamp};

use super::folders::Folders;
use super::times::{self, here, in_full, stamp};
use super::{Exit, Failure, joined, print, print_exactly, print_json, printing};
use crate::cli::past::HistoryArgs;
use crate::output::past::Past;
use crate::output::{days, documents, listing};
use crate::text::past::{earlier, none};
use crate::text::printable::wrapped;

/// How many rows a list has when nothing else is asked for (ours).
const ROWS: usize = 20;

/// Shows what happened.
pub(super) fn run(folders: &Folders, args: HistoryArgs) -> Result<Exit, Failure> {
    let since = joined(args.since).map(|since| times::since(&since, "the last 100: therapy history -n 100"));
    let since = since.transpose()?;
    let is_whole = since.is_some() || args.json || args.csv;
    let most = args.last.or((!is_whole).then_some(ROWS));
    let journal = folders.journal()?;
    let (now, is_running) = (stamp(), folders.is_running()?);
    let read = |since_ms| -> Result<Past, Failure> {
        let Some(journal) = &journal else { return Ok(Past::default()) };
        let past = Past::read(journal, since_ms, args.site, (&now, is_running))?;
        Ok(match &args.protocol {
            Some(name) => past.of_protocol(name),
            None => past,
        })
    };
    let past = match (since, most) {
        (Some(since), _) => read(since.as_millisecond())?,
        (None, None) => read(i64::MIN)?,
        (None, Some(most)) => last(most, now.wall_ms, read)?,
    };
    if args.json || args.csv {
        let mut documents = documents::documents(&past);
        documents.drain(..documents.len().saturating_sub(most.unwrap_or(usize::MAX)));
        return if args.json { print_json(&documents) } else { print_exactly(documents::csv(&documents)) };
    }
    if past.is_empty() {
        return print(none(args.protocol.as_deref(), args.site, since.map(in_full).as_deref()));
    }
    let (here, width) = (here(), printing::width());
    let picture = days::picture(&days::days(&past, &here), width, console::colors_enabled());
    let mut rows = listing::rows(&past, &here);
    let is_cut = most.is_some_and(|most| rows.len() > most);
    rows.truncate(most.unwrap_or(usize::MAX));
    let below = [if is_cut { earlier(rows.len()) } else { String::new() }, listing::as_planned(&past, &here)];
    let below = below.iter().filter(|line| !line.is_empty()).map(|line| format!("\n{line}\n"));
    let list = printing::for_this_person(listing::table(&rows, width) + &below.collect::<String>());
    let gap = if picture.is_empty() { "" } else { "\n" };
    printing::print_drawn(picture + gap + &wrapped(&list, width, 4))
}

/// What happened in the last two weeks, or in as long as it takes for more than this many rows.
fn last(most: usize, now_ms: i64, read: impl Fn(i64) -> Result<Past, Failure>) -> Result<Past, Failure> {
    let fortnight = SignedDuration::from_hours(24 * days::DAYS);
    let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
    for fortnights in [1, 4, 16, 64] {
        let since = now.saturating_sub(fortnight * fortnights).unwrap_or(Timestamp::MIN);
        let past = read(since.as_millisecond())?;
        // What was taken back is not in every form.
        let undone = past.told.iter().filter(|told| told.is_undone).count();
        if past.len() - undone > most {
            return Ok(past);
        }
    }
    read(i64::MIN)
}
