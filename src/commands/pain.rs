//! `therapy pain N`, and the question after a session.

use super::folders::Folders;
use super::memory::was_cut_off;
use super::times::stamp;
use super::{Exit, Failure, ask, can_ask, last_words, print, say, sites};
use crate::domain::site::Site;
use crate::edge::journal::{Journal, Record};
use crate::text::sites::words;
use crate::text::typed::{WORST, pain};

/// Notes the pain now for the last session.
pub(super) fn run(folders: &Folders, score: u8, named: Option<Site>) -> Result<Exit, Failure> {
    let (journal, now) = (Journal::open(&folders.data)?, stamp());
    let is_its = journal.just_ended(named, &now)?.is_some();
    // A score that stands alone must say where.
    let site = if is_its { named } else { Some(sites::decide(folders, named, None, &journal.injuries()?)?) };
    let what = if journal.note_pain(score, site, &now)? {
        "for the last session".to_owned()
    } else {
        // The score is stored. What cannot be read now is no failure of this command.
        let is_running = folders.is_running().unwrap_or(false);
        let open = journal.open_session(&now).ok().flatten();
        let open = open.filter(|open| is_running || !open.events.is_empty() && !open.is_stale(&now));
        let why = |open: Record| match open.protocol.name() {
            name if is_running => format!("{name} is running. After its end, note the pain again"),
            _ => format!("{}. End it first (therapy stop), then note the pain again", was_cut_off(&open, &now)),
        };
        let there = if named.is_some() { " there" } else { "" };
        let why = open.map_or_else(|| format!("no session{there} ended in the last 2 h"), why);
        let place = named.map(|site| format!("for the {}, ", words(site))).unwrap_or_default();
        format!("{place}on its own: {why}")
    };
    print(format!("Pain {score} of {WORST} noted {what}.\n"))
}

/// Prints the last words of a session and asks for the pain after it, when the pain before is known and
/// a person can answer. Otherwise one more line says how to note it. `margin` is in front of both.
pub(super) fn after(folders: &Folders, mut words: Vec<String>, is_known_before: bool, margin: &str) {
    const QUESTION: &str = "How bad is the pain now, 0 to 10?";
    let asks = is_known_before && can_ask();
    words.extend((!asks).then(|| format!("{margin}{QUESTION} Note it: therapy pain N")));
    last_words(&words);
    let read = |answer: &str| match answer {
        "" => Some(None),
        score => pain(score).map_err(|error| say(&error.to_string())).ok().map(Some),
    };
    if asks
        && let Ok(Some(Some(score))) = ask(&format!("{margin}{QUESTION} (Enter skips)"), read)
        && let Err(error) = Journal::open(&folders.data).and_then(|journal| journal.note_pain(score, None, &stamp()))
    {
        say(&format!("warning: {error}: {}", error.hint()));
    }
}
