//! `therapy injury [[set] WHEN | clear]`.

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::json;

use super::folders::Folders;
use super::screening::{concerns, told};
use super::times::{in_full, later, local, stamp, when};
use super::{Exit, Failure, print, print_json, say};
use crate::cli::InjuryCommand;
use crate::domain::rules::ACUTE;
use crate::edge::clock;
use crate::edge::journal::{InjuryEntry, Journal};
use crate::text::durations::{roughly, seconds};
use crate::text::when::TRY;

/// Words of somebody who has no injury, or no longer. None of them is in a time.
const FORGET: [&str; 10] = ["none", "no", "non", "never", "clear", "off", "remove", "delete", "reset", "forget"];

/// Shows, sets or clears the time of the injury. Without `set`, words are a time too.
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
            Journal::open(&folders.data)?.set_injury(None, &stamp())?;
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
    Journal::open(&folders.data)?.set_injury(Some(at.as_millisecond()), &stamp())?;
    show(folders, json)
}

fn show(folders: &Folders, json: bool) -> Result<Exit, Failure> {
    let journal = folders.journal()?;
    let entry = journal.as_ref().map_or(Ok(None), Journal::injury)?;
    let screenings = journal.as_ref().map_or(Ok(Vec::new()), Journal::screenings)?;
    let concerns = concerns(&screenings);
    let happened = entry.and_then(|entry| Timestamp::from_millisecond(entry.happened_ms).ok());
    // Below zero for an injury in the future.
    let age = happened.map(|at| clock::wall().duration_since(at));
    let age = age.map(|age| seconds(age.unsigned_abs()) * f64::from(age.signum()));
    if json {
        return print_json(&json!({ "happened_at": happened, "age_s": age, "warning_sign": !concerns.is_empty() }));
    }
    if !concerns.is_empty() {
        say(&told(&concerns));
    }
    let Some(happened) = happened else {
        return print("No injury time is set.\n  try: therapy injury set yesterday\n");
    };
    print(format!("Injured {}\n", what_fits(happened)))
}

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

/// The injury in a line.
pub(super) fn in_short(entry: Option<InjuryEntry>) -> String {
    let happened = entry.and_then(|entry| Timestamp::from_millisecond(entry.happened_ms).ok());
    happened.map_or_else(|| "none is set: therapy injury set yesterday".to_owned(), what_fits)
}
