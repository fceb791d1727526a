//! `therapy` alone: what is on, what may run now, and the commands that matter, in a few lines.

use anyhow::Context as _;

use super::folders::Folders;
use super::times::{time_of_day, wall_at};
use super::{Exit, Failure, injury, next, print_text, status};
use crate::text::printable::aligned;
use crate::text::view as say;

const COMMANDS: &str = "  therapy run            start what is recommended
  therapy run contrast   heat and cold in turn
  therapy next           what is possible when, and why
  therapy list           all protocols
  therapy safety         when to stop and get help
  therapy --help         all commands
";

/// Shows it.
pub(super) fn run(folders: &Folders) -> Result<Exit, Failure> {
    let now = match status::running(folders)? {
        Some((name, view)) => {
            let lines = say::lines(&name, &view, time_of_day(wall_at));
            lines.lines().next().context("a session has a line")?.to_owned()
        }
        None => status::cut_off(folders).unwrap_or_else(|| "no session".to_owned()),
    };
    let [advice, skin] = next::in_short(folders)?;
    let rows = [("Now", now), ("Injury", injury::in_short(folders)?), ("Skin", skin), ("Next", advice)];
    let rows = rows.map(|(name, text)| vec![format!("  {name}"), text]);
    print_text(&format!("Hot and cold therapy timer that tracks the dose on your skin\n{}\n{COMMANDS}", aligned(&rows)))
}
