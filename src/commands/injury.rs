//! `therapy injury [[set] WHEN | none | clear]`: each injury has its site and its own clock.

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::folders::Folders;
use super::screening::{concerns, told};
use super::times::{from_millis, in_full, later, local, stamp, when};
use super::{Exit, Failure, print, print_json, say};
use crate::cli::InjuryCommand;
use crate::domain::rules::ACUTE;
use crate::domain::site::Site;
use crate::edge::clock;
use crate::edge::journal::{InjuryEntry, Journal};
use crate::text::durations::{roughly, seconds};
use crate::text::printable::capital;
use crate::text::sites;
use crate::text::when::TRY;

/// Words of somebody who has no injury, or no longer. None of them is in a time.
const FORGET: [&str; 10] = ["none", "no", "non", "never", "clear", "off", "remove", "delete", "reset", "forget"];

/// Shows, sets or clears injuries. Without `set`, words are a time too.
pub(super) fn run(
    folders: &Folders,
    command: Option<&InjuryCommand>,
    words: &[String],
    json: bool,
) -> Result<Exit, Failure> {
    match command {
        None if words.is_empty() => show(folders, json),
        None => set(folders, &words.join(" "), json),
        Some(InjuryCommand::Set { when }) => set(folders, &[words, when].concat().join(" "), json),
        Some(InjuryCommand::Clear) if words.is_empty() => {
            let journal = Journal::open(&folders.data)?;
            let all: Vec<_> = journal.injuries()?.iter().map(|entry| entry.id).collect();
            journal.clear_injuries(&all, &stamp())?;
            print("Injury forgotten.\n")
        }
        Some(InjuryCommand::Clear) => set(folders, &format!("{} clear", words.join(" ")), json),
    }
}

fn set(folders: &Folders, text: &str, json: bool) -> Result<Exit, Failure> {
    let forgets = |word: &&str| FORGET.contains(&word.to_lowercase().as_str());
    if let Some(word) = text.split_whitespace().find(forgets) {
        let error = anyhow!("cannot read \"{word}\" as a time");
        return Err(Failure::new(Exit::Usage, error, "to forget the injury: therapy injury clear"));
    }
    let now = clock::wall();
    let at = when(text, now, |_| true)?;
    if at > now {
        return Err(Failure::new(Exit::Usage, anyhow!("that is in the future: {}", in_full(at)), TRY));
    }
    let journal = Journal::open(&folders.data)?;
    let all: Vec<_> = journal.injuries()?.iter().map(|entry| entry.id).collect();
    journal.set_injury(Some(at.as_millisecond()), Some(Site::default()), &all, &stamp())?;
    show(folders, json)
}

fn show(folders: &Folders, json: bool) -> Result<Exit, Failure> {
    let journal = folders.journal()?;
    let entries = journal.as_ref().map_or(Ok(Vec::new()), Journal::injuries)?;
    let screenings = journal.as_ref().map_or(Ok(Vec::new()), Journal::screenings)?;
    let concerns = concerns(&screenings);
    if json {
        let documents: Vec<_> = entries.iter().map(document).collect();
        // The latest one.
        let latest = entries.iter().max_by_key(|entry| entry.happened_ms).map(document).unwrap_or_default();
        return print_json(&json!({
            "happened_at": latest["happened_at"], "age_s": latest["age_s"], "site": latest["site"],
            "injuries": documents, "warning_sign": !concerns.is_empty(),
        }));
    }
    if !concerns.is_empty() {
        say(&told(&concerns));
    }
    if entries.is_empty() {
        return print("No injury time is set.\n  try: therapy injury set yesterday\n");
    }
    print(entries.iter().map(|entry| named(entry, &entries) + "\n").collect::<String>())
}

fn document(entry: &InjuryEntry) -> Value {
    let happened = entry.happened_ms.map(from_millis);
    // Below zero for an injury in the future.
    let age = happened.map(|at| clock::wall().duration_since(at));
    let age = age.map(|age| seconds(age.unsigned_abs()) * f64::from(age.signum()));
    json!({ "site": entry.site, "happened_at": happened, "age_s": age, "none": happened.is_none() })
}

/// An entry in a line. The site is left out where it is the usual one, and the only one.
fn named(entry: &InjuryEntry, all: &[InjuryEntry]) -> String {
    let is_usual = all.len() == 1 && entry.site.is_none_or(|site| site == Site::default());
    let place = match entry.site {
        _ if is_usual => None,
        Some(site) => Some(sites::words(site)),
        None => entry.happened_ms.map(|_| "any place".to_owned()),
    };
    match (place, entry.happened_ms.map(from_millis)) {
        (None, Some(happened)) => format!("Injured {}", what_fits(happened)),
        (Some(place), Some(happened)) => format!("{} injured {}", capital(&place), what_fits(happened)),
        (None, None) => capital(NO_INJURY),
        (Some(place), None) => format!("{}: {NO_INJURY}", capital(&place)),
    }
}

/// What the person said with `injury none`.
const NO_INJURY: &str = "no injury, as you said: heat is possible (S1)";

/// When the injury was, and what fits it: `Tuesday 24 November, 18:00, 1 day 7 h ago: cold until …`.
fn what_fits(happened: Timestamp) -> String {
    let now = clock::wall();
    let age = now.duration_since(happened).unsigned_abs();
    // The clock was set back.
    if happened > now {
        return format!("{}, {} in the future: therapy injury set yesterday", in_full(happened), roughly(age));
    }
    let what = if age < ACUTE {
        format!("cold until {}, then heat (S3)", local(later(happened, ACUTE)))
    } else {
        "heat is possible (S3)".to_owned()
    };
    format!("{}, {} ago: {what}", in_full(happened), roughly(age))
}

/// The injuries in a line: one in full, several by their number.
pub(super) fn in_short(entries: &[InjuryEntry]) -> String {
    let is_usual = |entry: &InjuryEntry| entry.site.is_none_or(|site| site == Site::default());
    match entries {
        [] => "none is set: therapy injury set yesterday".to_owned(),
        [entry] => match entry.happened_ms.map(from_millis) {
            Some(happened) if is_usual(entry) => what_fits(happened),
            _ => named(entry, entries),
        },
        all => {
            let places: Vec<_> =
                all.iter().map(|entry| entry.site.map_or("any place".to_owned(), sites::words)).collect();
            format!("{} (therapy injury)", places.join(", "))
        }
    }
}
