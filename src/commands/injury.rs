//! `therapy injury [set WHEN | clear]`.

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::json;

use super::memory::stamp;
use super::{Exit, Failure, data_folder, print, print_json, when};
use crate::cli::InjuryCommand;
use crate::domain::rules::{ACUTE, RuleId};
use crate::edge::clock;
use crate::edge::journal::Journal;
use crate::text::rules;
use crate::words::span;

/// Shows, sets or clears the injury clock.
pub(super) fn run(command: Option<&InjuryCommand>, json: bool) -> Result<Exit, Failure> {
    match command {
        None => show(json),
        Some(InjuryCommand::Set { when: text }) => {
            let now = clock::wall();
            let at = when(text, now)?;
            if at > now {
                let way_out = Some(rules::of(RuleId::InjuryFuture).summary.to_owned());
                let error = anyhow!("that is after now");
                return Err(Failure { error, hint: way_out, exit: Exit::Refused });
            }
            Journal::open(&data_folder())?.set_injury(Some(at.as_millisecond()), &stamp())?;
            show(json)
        }
        Some(InjuryCommand::Clear) => {
            Journal::open(&data_folder())?.set_injury(None, &stamp())?;
            print("the injury clock is cleared\n")
        }
    }
}

fn show(json: bool) -> Result<Exit, Failure> {
    let folder = data_folder();
    let entry = if Journal::exists(&folder) { Journal::open(&folder)?.injury()? } else { None };
    let happened = entry.and_then(|entry| Timestamp::from_millisecond(entry.happened_ms).ok());
    let age = happened.map(|at| clock::wall().duration_since(at).unsigned_abs());
    if json {
        let happened = happened.map(|at| at.to_string());
        return print_json(&json!({ "happened_at": happened, "age_s": age.map(crate::edge::lines::seconds) }));
    }
    let (Some(happened), Some(age)) = (happened, age) else {
        return print("no injury is noted; `therapy injury set \"30h ago\"` notes one\n");
    };
    let at = happened.to_zoned(clock::zone()).strftime("%Y-%m-%d %H:%M").to_string();
    let what = if age < ACUTE {
        let from = happened.checked_add(jiff::SignedDuration::try_from(ACUTE).unwrap_or_default());
        let from = from.unwrap_or(Timestamp::MAX).to_zoned(clock::zone()).strftime("%Y-%m-%d %H:%M").to_string();
        format!("cold until {from}, heat from then on (S3)")
    } else {
        "heat may be used (S3)".to_owned()
    };
    let minutes = std::time::Duration::from_secs(age.as_secs() / 60 * 60);
    print(format!("injured {at}, {} ago: {what}\n", span(minutes)))
}
