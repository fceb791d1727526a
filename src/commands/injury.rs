//! `therapy injury [[set] WHEN | none | clear]`: each injury has its site and its own clock.

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::folders::Folders;
use super::screening::{concerns, told};
use super::sites::{injured, place};
use super::times::{from_millis, in_full, later, local, stamp, when};
use super::{Exit, Failure, meanwhile, print, print_json, say, sites};
use crate::cli::InjuryCommand;
use crate::domain::rules::{ACUTE, Concern};
use crate::domain::site::Site;
use crate::domain::step::Modality;
use crate::edge::clock;
use crate::edge::journal::{InjuryEntry, Journal};
use crate::text::durations::{roughly, seconds};
use crate::text::printable::capital;
use crate::text::signs::{refused, refuses};
use crate::text::sites::words;
use crate::text::times::next_minute;
use crate::text::when::TRY;

/// Words of somebody who has no injury, or no longer. None of them is in a time.
const FORGET: [&str; 10] = ["none", "no", "non", "never", "clear", "off", "remove", "delete", "reset", "forget"];

/// Shows, sets or clears injuries. Without `set`, words are a time too.
pub(super) fn run(
    folders: &Folders,
    command: Option<&InjuryCommand>,
    words: &[String],
    site: Option<Site>,
    json: bool,
) -> Result<Exit, Failure> {
    let with = |last: &str| [&words.join(" "), last].join(" ");
    match command {
        None if words.is_empty() => show(folders, site, json),
        None => set(folders, &words.join(" "), site, json),
        Some(InjuryCommand::Set { when }) => set(folders, &[words, when].concat().join(" "), site, json),
        Some(InjuryCommand::Clear) if words.is_empty() => clear(folders, site),
        Some(InjuryCommand::Clear) => set(folders, &with("clear"), site, json),
        Some(InjuryCommand::None) if words.is_empty() => none(folders, site, json),
        Some(InjuryCommand::None) => set(folders, &with("none"), site, json),
    }
}

/// Forgets the entry of a site, or the only injury.
fn clear(folders: &Folders, named: Option<Site>) -> Result<Exit, Failure> {
    let journal = Journal::open(&folders.data)?;
    let entries = journal.injuries()?;
    let named = match named {
        None if injured(&entries).count() > 1 => Some(which(&entries)?),
        named => named,
    };
    let is_meant = |entry: &InjuryEntry| {
        named.is_none_or(|named| match entry.happened_ms {
            Some(_) => named.includes(place(entry)),
            // The entry for the whole body stays.
            None => entry.site.is_some_and(|site| named.includes(site)),
        })
    };
    if let Some(site) = named.filter(|_| !entries.iter().any(is_meant)) {
        let error = anyhow!("no injury is set at the site {site}");
        return Err(Failure::new(Exit::Failed, error, "therapy injury   lists them"));
    }
    journal.clear_injuries(is_meant, &stamp())?;
    print(match () {
        () if entries.is_empty() => "No injury is set, so there is nothing to forget.\n",
        () if injured(&entries).any(is_meant) => "Injury forgotten.\n",
        () => "Forgotten: no injury, as you said.\n",
    })
}

/// Asks which of several injuries is meant.
fn which(entries: &[InjuryEntry]) -> Result<Site, Failure> {
    sites::choose(&injured(entries).map(place).collect::<Vec<_>>())
}

/// Notes that there is no injury at a site, or nowhere. With several injuries it asks which one is meant: one
/// command would forget them all, and cannot be undone.
fn none(folders: &Folders, named: Option<Site>, json: bool) -> Result<Exit, Failure> {
    let journal = Journal::open(&folders.data)?;
    let entries = journal.injuries()?;
    let named = match named {
        None if injured(&entries).count() > 1 => Some(which(&entries).map_err(|failure| {
            let all = "for the whole body: say it for each of them, then therapy injury none";
            let hint = failure.hint.as_ref().map(|hint| format!("{hint}\n  {all}"));
            Failure { hint, ..failure }
        })?),
        named => named,
    };
    let is_over = |entry: &InjuryEntry| match (named, entry.site) {
        (None, _) => true,
        (Some(named), Some(site)) => named.includes(site),
        // It may be anywhere, and that there is none anywhere includes this site.
        (Some(_), None) => false,
    };
    if !json {
        let forgotten = injured(&entries).filter(|entry| is_over(entry));
        forgotten.for_each(|entry| {
            let place = entry
                .site
                .map_or("an injury without a site".to_owned(), |site| format!("the injury of the {}", words(site)));
            say(&format!("note: {place} is forgotten"));
        });
    }
    journal.set_injury(None, named, is_over, &stamp())?;
    show(folders, named, json)
}

fn set(folders: &Folders, text: &str, named: Option<Site>, json: bool) -> Result<Exit, Failure> {
    let forgets = |word: &&str| FORGET.contains(&word.to_lowercase().as_str());
    if let Some(word) = text.split_whitespace().find(forgets) {
        let error = anyhow!("cannot read \"{word}\" as a time");
        return Err(Failure::new(
            Exit::Usage,
            error,
            "when there is none: therapy injury none\n  to forget the injury: therapy injury clear",
        ));
    }
    let now = clock::wall();
    let at = when(text, now, |_| true)?;
    if at > now {
        return Err(Failure::new(Exit::Usage, anyhow!("that is in the future: {}", in_full(at)), TRY));
    }
    let journal = Journal::open(&folders.data)?;
    let entries = journal.injuries()?;
    let site = sites::decide(folders, named, None, &entries)?;
    // Without a name, the only injury is meant, also when it has no site yet. What was said about no injury here is void.
    let only = injured(&entries).next().filter(|_| named.is_none() && injured(&entries).count() == 1);
    let is_over = |entry: &InjuryEntry| match entry.happened_ms {
        Some(_) => only.is_some_and(|only| only.id == entry.id) || place(entry) == site,
        None => entry.site.is_none_or(|other| other.touches(site)),
    };
    journal.set_injury(Some(at.as_millisecond()), Some(site), is_over, &stamp())?;
    meanwhile::warn(folders, &journal)?;
    show(folders, None, json)
}

/// Shows the injuries; of a site, those that touch it.
fn show(folders: &Folders, site: Option<Site>, json: bool) -> Result<Exit, Failure> {
    let journal = folders.journal()?;
    let mut entries = journal.as_ref().map_or(Ok(Vec::new()), Journal::injuries)?;
    entries.retain(|entry| site.zip(entry.site).is_none_or(|(asked, own)| own.touches(asked)));
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
        return print(
            "No injury time is set.\n  try: therapy injury set yesterday\n  or:  therapy injury none   for training, or a habit\n",
        );
    }
    print(entries.iter().map(|entry| line(entry, &entries, &concerns) + "\n").collect::<String>())
}

fn document(entry: &InjuryEntry) -> Value {
    let happened = entry.happened_ms.map(from_millis);
    // Below zero for an injury in the future.
    let age = happened.map(|at| clock::wall().duration_since(at));
    let age = age.map(|age| seconds(age.unsigned_abs()) * f64::from(age.signum()));
    json!({ "site": entry.site, "happened_at": happened, "age_s": age, "none": happened.is_none() })
}

/// An entry in a line. The site is left out where it is the usual one, and the only one.
fn line(entry: &InjuryEntry, all: &[InjuryEntry], concerns: &[Concern]) -> String {
    let is_usual = all.len() == 1 && entry.site.is_none_or(|site| site == Site::default());
    match entry.happened_ms.map(from_millis) {
        Some(happened) if is_usual => format!("Injured {}", what_fits(happened, concerns)),
        _ => named_in_full(entry, all, concerns),
    }
}

/// An entry with its site.
fn named_in_full(entry: &InjuryEntry, all: &[InjuryEntry], concerns: &[Concern]) -> String {
    match (entry.happened_ms.map(from_millis), entry.site.map(words)) {
        (Some(happened), Some(place)) => format!("{} injured {}", capital(&place), what_fits(happened, concerns)),
        (Some(happened), None) => format!("Injured, and it counts everywhere, {}", what_fits(happened, concerns)),
        (None, Some(place)) => {
            let touching =
                injured(all).find(|other| other.site.zip(entry.site).is_none_or(|(one, own)| one.touches(own)));
            let said = touching.map_or_else(
                || no_injury(concerns),
                |other| {
                    let which =
                        other.site.map_or("the injury".to_owned(), |site| format!("the injury of the {}", words(site)));
                    format!("no injury, as you said, but {which} counts here too")
                },
            );
            format!("{}: {said}", capital(&place))
        }
        (None, None) => capital(&no_injury(concerns)),
    }
}

/// What the person said with `injury none`.
fn no_injury(concerns: &[Concern]) -> String {
    format!("no injury, as you said: {}", heat("S1", concerns))
}

/// That heat is possible, by a source, unless a sign that applies refuses it.
fn heat(source: &str, concerns: &[Concern]) -> String {
    if !refuses(concerns, Modality::Heat) {
        return format!("heat is possible ({source})");
    }
    format!("{}, because of what you said about warning signs", refused(concerns))
}

/// When the injury was, and what fits it: `Tuesday 24 November, 18:00, 1 day 7 h ago: cold until …`.
fn what_fits(happened: Timestamp, concerns: &[Concern]) -> String {
    let now = clock::wall();
    let age = now.duration_since(happened).unsigned_abs();
    // The clock was set back.
    if happened > now {
        return format!("{}, {} in the future: therapy injury set yesterday", in_full(happened), roughly(age));
    }
    let end = || local(next_minute(later(happened, ACUTE)));
    let what = match [Modality::Cold, Modality::Heat].map(|modality| refuses(concerns, modality)) {
        [false, false] if age < ACUTE => format!("cold until {}, then heat (S3)", end()),
        [false, true] if age < ACUTE => format!("cold until {} (S3)", end()),
        [true, false] if age < ACUTE => format!("heat from {} (S3)", end()),
        _ => heat("S3", concerns),
    };
    format!("{}, {} ago: {what}", in_full(happened), roughly(age))
}

/// The injuries in a line: one in full, several by their number.
pub(super) fn in_short(entries: &[InjuryEntry], concerns: &[Concern]) -> String {
    let is_usual = |entry: &InjuryEntry| entry.site.is_none_or(|site| site == Site::default());
    match entries {
        [] => "none is set: therapy injury set yesterday".to_owned(),
        all if injured(all).count() == 0 => no_injury(concerns),
        [entry] => match entry.happened_ms.map(from_millis) {
            Some(happened) if is_usual(entry) => what_fits(happened, concerns),
            _ => line(entry, entries, concerns),
        },
        all => {
            let places: Vec<_> = injured(all).map(|entry| words(place(entry))).collect();
            format!("{} (therapy injury)", places.join(", "))
        }
    }
}
