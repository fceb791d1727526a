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

/// With several injuries, a session and `next` need the site.
const COMMANDS_AT: &str = "  therapy run --site SITE    start what is recommended there
  therapy next --site SITE   what is possible there when, and why
  therapy injury             all injuries
  therapy list               all protocols
  therapy safety             when to stop and get help
  therapy help               all commands
";

/// How many injuries have a line of their own, so that all of it fits a terminal.
const LINES: usize = 8;

/// Shows it.
pub(super) fn run(folders: &Folders) -> Result<Exit, Failure> {
    let (mut memory, now) = (Memory::read(folders, None, Purpose::Show)?, stamp());
    let site = sites::known(folders, None, None, &memory.injuries);
    let is_unclear = matches!(site, Ok(None));
    memory.at(site.as_ref().ok().copied().flatten().unwrap_or(Site::OTHER));
    let open = memory.open.as_ref().map(|open| match status::view_now(open, now.clock) {
        Some(view) if memory.context.running => say::now(&view, time_of_day(wall_at)),
        _ => was_cut_off(open, &now),
    });
    let places = sites::injured(&memory.injuries).map(|entry| format!("therapy next --site {}", sites::place(entry)));
    let places = places.take(LINES).collect::<Vec<_>>();
    let ask = is_unclear.then(|| "There are several injuries:".to_owned());
    let [mut advice, mut skin] = next::in_short(folders, &memory, ask.clone());
    let places = if ask.as_ref() == Some(&advice) { places } else { Vec::new() };
    let unknown = || next::UNKNOWN.to_owned();
    // A dose at the wrong site would be counted wrongly, so nothing is shown for any site.
    if site.is_err() {
        (advice, skin) = (unknown(), unknown());
    }
    let (open, injury) = if memory.context.unreadable {
        (unknown(), unknown())
    } else {
        let injury = injury::in_short(&memory.injuries, &memory.context.concerns);
        (open.unwrap_or_else(|| "no session".to_owned()), injury)
    };
    let rows = [("Now", open), ("Injury", injury), ("Skin", skin), ("Next", advice)];
    let mut rows = rows.map(|(name, text)| vec![format!("  {name}"), text]).to_vec();
    rows.extend(places.into_iter().map(|place| vec![String::new(), place]));
    let commands = if is_unclear { COMMANDS_AT } else { COMMANDS };
    print(format!("Hot and cold therapy timer that tracks the dose on your skin\n{}\n{commands}", aligned(&rows)))?;
    // What runs now is shown whatever is wrong with the settings.
    site.map(|_| memory.exit())
}
