//! `therapy` alone: what is on, what may run now, and the commands that matter, in a few lines.

use super::folders::Folders;
use super::memory::{Memory, Purpose, was_cut_off};
use super::times::{stamp, time_of_day, wall_at};
use super::{Exit, Failure, injury, next, print, sites, status};
use crate::domain::site::Site;
use crate::text::printable::aligned;
use crate::text::view as say;

const COMMANDS: &str = "  therapy run            start what is recommended
  therapy run contrast   alternating heat and cold
  therapy next           what is possible when, and why
  therapy list           all protocols
  therapy safety         when to stop and get help
  therapy help           all commands
";

/// Shows it.
pub(super) fn run(folders: &Folders) -> Result<Exit, Failure> {
    let (mut memory, now) = (Memory::read(folders, None, Purpose::Show)?, stamp());
    let site = sites::known(folders, None, None, &memory.injuries);
    memory.at(site.as_ref().ok().copied().flatten().unwrap_or(Site::OTHER));
    let open = memory.open.as_ref().map(|open| match status::view_now(open, now.clock) {
        Some(view) if memory.context.running => say::now(&view, time_of_day(wall_at)),
        _ => was_cut_off(open, &now),
    });
    let [mut advice, mut skin] = next::in_short(folders, &memory);
    if let Some(entry) = sites::injured(&memory.injuries).last().filter(|_| matches!(site, Ok(None))) {
        advice = format!("there are several injuries: therapy next --site {}", sites::place(entry));
    }
    let unknown = || next::UNKNOWN.to_owned();
    // A dose at the wrong site would be counted wrongly, so nothing is said about any site.
    if site.is_err() {
        (advice, skin) = (unknown(), unknown());
    }
    let (open, injury) = if memory.context.unreadable {
        (unknown(), unknown())
    } else {
        (open.unwrap_or_else(|| "no session".to_owned()), injury::in_short(&memory.injuries, &memory.context.concerns))
    };
    let rows = [("Now", open), ("Injury", injury), ("Skin", skin), ("Next", advice)];
    let rows = rows.map(|(name, text)| vec![format!("  {name}"), text]);
    print(format!("Hot and cold therapy timer that tracks the dose on your skin\n{}\n{COMMANDS}", aligned(&rows)))?;
    // What runs now is shown whatever is wrong with the settings.
    site.map(|_| memory.exit())
}
