//! `therapy injury [set WHEN | clear]`.

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::json;

use super::folders::Folders;
use super::memory::stamp;
use super::{Exit, Failure, print, print_json, when};
use crate::cli::InjuryCommand;
use crate::domain::rules::ACUTE;
use crate::edge::clock;
use crate::edge::journal::Journal;
use crate::text::durations::{roughly, seconds};
use crate::text::times::{TRY, day_and_time};

/// Shows, sets or clears the injury clock.
pub(super) fn run(folders: &Folders, command: Option<&InjuryCommand>, json: bool) -> Result<Exit, Failure> {
    match command {
        None => show(folders, json),
        Some(InjuryCommand::Set { when: text }) => {
            let now = clock::wall();
            let at = when(text, now)?;
            if at > now {
                let error = anyhow!("that is in the future: {}", day_and_time(at, now, &clock::zone()));
                return Err(Failure { error, hint: Some(TRY.to_owned()), exit: Exit::Refused });
            }
            Journal::open(&folders.data)?.set_injury(Some(at.as_millisecond()), &stamp())?;
            show(folders, json)
        }
        Some(InjuryCommand::Clear) => {
            Journal::open(&folders.data)?.set_injury(None, &stamp())?;
            print("Injury forgotten.\n")
        }
    }
}

fn show(folders: &Folders, json: bool) -> Result<Exit, Failure> {
    let entry = if Journal::exists(&folders.data) { Journal::open(&folders.data)?.injury()? } else { None };
    let happened = entry.and_then(|entry| Timestamp::from_millisecond(entry.happened_ms).ok());
    let age = happened.map(|at| clock::wall().duration_since(at).unsigned_abs());
    if json {
        let happened = happened.map(|at| at.to_string());
        return print_json(&json!({ "happened_at": happened, "age_s": age.map(seconds) }));
    }
    let (Some(happened), Some(age)) = (happened, age) else {
        return print("No injury time is set.\n  try: therapy injury set yesterday\n");
    };
    let said = |at| day_and_time(at, clock::wall(), &clock::zone());
    let what = if age < ACUTE {
        let from = happened.checked_add(jiff::SignedDuration::try_from(ACUTE).unwrap_or_default());
        format!("cold until {}, then heat (S3)", said(from.unwrap_or(Timestamp::MAX)))
    } else {
        "heat is possible (S3)".to_owned()
    };
    print(format!("Injured {}, {} ago: {what}\n", said(happened), roughly(age)))
}
