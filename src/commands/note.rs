//! `therapy note TEXT`: something about a session, or about a moment.

use jiff::Timestamp;

use super::folders::Folders;
use super::times::{from_millis, in_full, past, stamp};
use super::{Exit, Failure, print};
use crate::cli::told::NoteArgs;
use crate::edge::journal::Journal;
use crate::text::sites::{named, words};
use crate::text::told;

/// Stores the note, and says what it is about.
pub(super) fn run(folders: &Folders, args: &NoteArgs) -> Result<Exit, Failure> {
    let text = told::note(&args.text.join(" "))?;
    let now = stamp();
    let wall = from_millis(now.wall_ms);
    let at = args.at.as_deref().map(|words| past(words, wall)).transpose()?;
    let at_ms = at.map(Timestamp::as_millisecond);
    let about = Journal::open(&folders.data)?.note(&text, args.site, at_ms, &now)?;
    let what = match about {
        Some((name, site)) => format!("for {}", named(&name, site)),
        None => args.site.map_or("on its own".to_owned(), |site| format!("for the {}, on its own", words(site))),
    };
    print(format!("Noted {what}: {}.\n", in_full(at.unwrap_or(wall))))
}
