//! `therapy pain N`, and the question after a session.

use std::io;

use jiff::Timestamp;

use super::folders::Folders;
use super::memory::was_cut_off;
use super::times::{from_millis, in_full, past, stamp};
use super::{Exit, Failure, ask, can_ask, last_words, print, say, sites};
use crate::cli::told::PainArgs;
use crate::domain::site::Site;
use crate::edge::journal::{Journal, Record, Stamp};
use crate::text::printable::capital;
use crate::text::sites::{self as places, words};
use crate::text::told;
use crate::text::typed::pain;

/// Notes the pain at a moment, for the session that it belongs to.
pub(super) fn run(folders: &Folders, args: &PainArgs) -> Result<Exit, Failure> {
    let (score, named) = (pain(&args.score.join(" "))?, args.site);
    let now = stamp();
    let wall = from_millis(now.wall_ms);
    let at = args.at.as_deref().map(|words| past(words, wall)).transpose()?;
    let at_ms = at.map(Timestamp::as_millisecond);
    let journal = Journal::open(&folders.data)?;
    let session = journal.just_ended(named, at_ms, &now)?;
    // A score that stands alone must say where.
    let site = if session.is_some() { named } else { Some(sites::decide(folders, named, None, &journal.injuries()?)?) };
    let is_its = journal.note_pain(score, site, at_ms, &now)?;
    let moment = at.map(|at| format!(" ({})", in_full(at))).unwrap_or_default();
    let what = match session.filter(|_| is_its) {
        Some((session, site)) if at.is_some() => {
            format!("for {}", places::named(&journal.name_of(session)?, site))
        }
        Some(_) => "for the last session".to_owned(),
        None => {
            let place = named.map(|site| format!("for the {}, ", words(site))).unwrap_or_default();
            format!("{place}on its own: {}", why_alone(folders, &journal, (named, at), &now))
        }
    };
    print(format!("{} noted{moment} {what}.\n", capital(&told::score(score))))
}

/// Why a score belongs to no session.
fn why_alone(
    folders: &Folders,
    journal: &Journal,
    (named, at): (Option<Site>, Option<Timestamp>),
    now: &Stamp,
) -> String {
    let there = if named.is_some() { " there" } else { "" };
    if at.is_some() {
        return format!("no session{there} ended in the 2 h before");
    }
    // The score is stored. What cannot be read now is no failure of this command.
    let is_running = folders.is_running().unwrap_or(false);
    let open = journal.open_session(now).ok().flatten();
    let open = open.filter(|open| is_running || !open.events.is_empty() && !open.is_stale(now));
    let why = |open: Record| match open.protocol.name() {
        name if is_running => format!("{name} is running. After its end, note the pain again"),
        _ => format!("{}. End it first (therapy stop), then note the pain again", was_cut_off(&open, now)),
    };
    open.map_or_else(|| format!("no session{there} ended in the last 2 h"), why)
}

/// Prints the last words of a session and asks for the pain after it, when the pain before is known and
/// a person can answer. Otherwise one more line says how to note it. `margin` is in front of both.
pub(super) fn after(folders: &Folders, mut words: Vec<String>, is_known_before: bool, margin: &str) {
    const QUESTION: &str = "How bad is the pain now, 0 to 10?";
    let asks = is_known_before && can_ask();
    words.extend((!asks).then(|| format!("{margin}{QUESTION} Note it: therapy pain N")));
    last_words(&words);
    if asks
        && let Ok(Some(score)) = asked(&format!("{margin}{QUESTION}"))
        && let Err(error) =
            Journal::open(&folders.data).and_then(|journal| journal.note_pain(score, None, None, &stamp()))
    {
        say(&format!("warning: {error}: {}", error.hint()));
    }
}

/// Asks for a score. `None` when the person gives none.
pub(super) fn asked(question: &str) -> io::Result<Option<u8>> {
    let read = |answer: &str| match answer {
        "" => Some(None),
        score => pain(score).map_err(|error| say(&error.to_string())).ok().map(Some),
    };
    Ok(ask(&format!("{question} (Enter skips)"), read)?.flatten())
}
