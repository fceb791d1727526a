//! `therapy log cold|heat DURATION`: a dose that was given without the timer. It is a fact, so nothing refuses it.

use std::time::Duration;

use super::folders::Folders;
use super::meanwhile::objection;
use super::memory::{Memory, Purpose, was_cut_off};
use super::times::{from_millis, in_full, past, stamp};
use super::{Exit, Failure, next, print, sites};
use crate::cli::told::LogArgs;
use crate::edge::journal::{Journal, NewTold};
use crate::text::advice::first;
use crate::text::printable::capital;
use crate::text::told;

/// Stores the dose, says what was understood, and what it forbids now.
pub(super) fn run(folders: &Folders, args: &LogArgs) -> Result<Exit, Failure> {
    let length = told::length(&args.length.join(" "))?;
    let now = stamp();
    let wall = from_millis(now.wall_ms);
    let ended = args.ended.as_deref().map_or(Ok(wall), |words| past(words, wall))?;
    let journal = Journal::open(&folders.data)?;
    let site = sites::decide(folders, args.site, None, &journal.injuries()?)?;
    let (modality, ended_ms) = (args.kind, ended.as_millisecond());
    // Its time is read when no session can begin, so that it says whether the session knows the dose.
    journal.together(|| journal.tell(&NewTold { modality, length, site, ended_ms }, &stamp()))?;
    let mut lines = vec![format!("Logged: {}, until {}.", told::dose(modality, length, site), in_full(ended))];

    let mut memory = Memory::read(folders, None, Purpose::Show)?;
    memory.at(site);
    let ago = Duration::try_from(wall.duration_since(ended)).unwrap_or_default();
    lines.extend(told::too_much(modality, memory.context.doses.load(site, now.clock - ago)));
    let running = memory.open.as_ref().filter(|_| memory.context.running);
    if let Some((open, session)) = running.and_then(|open| Some((open, open.session()?)))
        && let Some(refused) = objection(&journal, &session, None, &open.overrides, &stamp())?
    {
        lines.push(capital(&refused.answer()) + ".");
    }
    // Until it is closed, its dose grows and no session starts.
    lines.push(match memory.open.as_ref().filter(|_| !memory.context.running) {
        Some(open) => format!("{}. {}", capital(&was_cut_off(open, &stamp())), first(open.is_clock_behind())),
        None => next::again(folders, &memory, modality),
    });
    print(lines.join("\n") + "\n")
}
