//! `therapy next`: what is possible now, what is recommended and why, and when the rest becomes available.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::anyhow;
use serde_json::{Value, json};

use super::admission::Wanted;
use super::folders::Folders;
use super::memory::{Memory, Purpose, was_cut_off};
use super::times::{later, possible, stamp};
use super::wait::{End, Wait, called, command};
use super::{Exit, Failure, last_words, print, print_json, settings, sites};
use crate::cli::{Alarms, NextArgs, Which};
use crate::domain::course::{Start, recommend, start};
use crate::domain::exposure::limit;
use crate::domain::protocol::{Choice, Protocol};
use crate::domain::rules::{Context, Detail, Injury};
use crate::domain::site::Site;
use crate::domain::step::{Modality, StepKind};
use crate::edge::catalog::{self, Entry};
use crate::edge::clock;
use crate::text::advice::{because, first};
use crate::text::colours::{colour, paint};
use crate::text::durations::{part_of, seconds};
use crate::text::printable::{aligned, capital};
use crate::text::rules;
use crate::text::sites::words;
use crate::text::timeline::{TO_COME, texture};
use crate::text::waiting;

/// What the journal would say, when it cannot be read.
pub(super) const UNKNOWN: &str = "not known";

/// A protocol, and when it may start.
type Candidate = (String, Start);

/// The candidates, with the changeover that a run would have. A session that was cut off must be closed first, so it
/// refuses all of them.
fn candidates(folders: &Folders, memory: &Memory) -> Vec<Candidate> {
    let running = memory.context.running || memory.open.is_some();
    starts(folders, &Context { running, ..memory.context.clone() })
}

fn starts(folders: &Folders, context: &Context) -> Vec<Candidate> {
    let choice = Choice { changeover: settings::changeover(folders), ..Choice::default() };
    let mut entries = catalog::built_ins();
    entries.retain(|entry| entry.parsed.by_injury.is_none());
    let candidate = |entry: &Entry| {
        let draft = &entry.parsed.draft;
        (draft.name.clone(), start(draft, choice, context, &[]))
    };
    entries.iter().map(candidate).collect()
}

/// What is recommended and when it may run, and what is on the skin, in a line each.
pub(super) fn in_short(folders: &Folders, memory: &Memory) -> [String; 2] {
    [headline(memory, &candidates(folders, memory)), skin(&memory.context)]
}

/// What is recommended, and when.
fn headline(memory: &Memory, candidates: &[Candidate]) -> String {
    let context = &memory.context;
    if let Some(open) = memory.open.as_ref().filter(|_| !context.running) {
        return format!("Nothing now: {}. {}", was_cut_off(open, &stamp()), first(open.is_clock_behind()));
    }
    if context.running {
        return "Nothing now: a session is running.".to_owned();
    }
    if context.unreadable {
        // No waiting helps.
        return format!("Nothing now: {}.", rules::detail(&Detail::Unreadable));
    }
    let (best, why) = (recommend(context.injury), because(context.injury, memory.which_injury()));
    let Some((_, chosen)) = candidates.iter().find(|(name, _)| name == best) else { return String::new() };
    match &chosen.refused {
        Some(_) if chosen.possible.is_none() && matches!(context.injury, Injury::InFuture(_)) => {
            format!("Nothing now. {why}.")
        }
        Some(refused) if chosen.possible.is_none() => {
            let is_all = candidates.iter().all(|(_, other)| other.possible.is_none());
            let what = if is_all { "Nothing".to_owned() } else { format!("Not {best}") };
            let way_out = capital(rules::of(refused.rule).way_out);
            format!("{what} now: {}. {way_out}.", rules::detail(&refused.detail))
        }
        _ => format!("Use {best} {}. {why}.", possible(chosen)),
    }
}

/// What is on the skin.
fn skin(context: &Context) -> String {
    if context.unreadable {
        return UNKNOWN.to_owned();
    }
    let load = context.load();
    Modality::ALL.map(|modality| on_the_skin(modality, load.of(modality))).join(", ")
}

/// Shows what is possible now, and when the rest becomes available.
pub(super) fn run(folders: &Folders, site: Option<Site>, json: bool) -> Result<Exit, Failure> {
    let mut memory = Memory::read(folders, None, Purpose::Show)?;
    memory.at(sites::decide(folders, site, None, &memory.injuries)?);
    let (context, candidates) = (&memory.context, candidates(folders, &memory));
    if json {
        let (best, why, load) =
            (recommend(context.injury), because(context.injury, memory.which_injury()), context.load());
        let at = |wait: Duration| later(clock::wall(), wait);
        let candidates = candidates.iter().map(|(name, start)| {
            let Start { refused, possible, spacing } = start;
            json!({
                "protocol": name, "may_run": refused.is_none(), "rule": refused.as_ref().map(|refused| refused.rule),
                "warning": spacing.as_ref().map(|finding| rules::detail(&finding.detail)),
                "from": possible.map(at), "wait_s": possible.map(seconds),
                "recommended_from": start.better().or(*possible).map(at),
            })
        });
        let known = |value| if context.unreadable { Value::Null } else { value };
        let [cold, heat] = Modality::ALL.map(|modality| known(json!(seconds(load.of(modality)))));
        print_json(&json!({
            "site": context.site, "injury_site": memory.injury.filter(|entry| entry.happened_ms.is_some()).and_then(|entry| entry.site),
            "best": best, "because": known(json!(why)), "protocols": candidates.collect::<Vec<_>>(),
            "cold_load_s": cold, "heat_load_s": heat,
        }))?;
        return Ok(memory.exit());
    }
    let mut text = headline(&memory, &candidates) + "\n";
    // Protocols that are possible at the same time share a row.
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (name, start) in &candidates {
        let when = when(start);
        match rows.iter_mut().find(|row| row[1] == when) {
            Some(row) => row[0] = format!("{}, {name}", row[0]),
            None => rows.push(vec![format!("  {name}"), when]),
        }
    }
    text.push_str(&aligned(&rows));
    let place = if context.site == Site::default() { String::new() } else { format!(", {}", words(context.site)) };
    let _ = writeln!(text, "On the skin{place}: {}", skin(context));
    print(text)?;
    Ok(memory.exit())
}

/// When it may start: `possible now`, or `not now` where no waiting helps.
fn when(start: &Start) -> String {
    match (&start.refused, start.possible) {
        (Some(refused), None) => format!("not now ({})", refused.rule),
        _ => format!("possible {}", possible(start)),
    }
}

/// When a modality may be used again, for the skin of a site. A session that runs, or that was cut off, is left out.
pub(super) fn again(folders: &Folders, memory: &Memory, modality: Modality) -> String {
    let name = if modality == Modality::Cold { "ice" } else { "heat" };
    let context = Context { running: false, ..memory.context.clone() };
    let starts = starts(folders, &context);
    let found = starts.iter().find(|(other, _)| other == name).map(|(_, start)| when(start));
    format!("{} again: {}.", capital(modality.as_str()), found.unwrap_or_default())
}

/// Waits for what is recommended, and calls the person.
pub(super) fn wait(folders: &Folders, args: NextArgs) -> Result<Exit, Failure> {
    let NextArgs { site, awake, reach, .. } = args;
    let which = Which { minutes: None, rounds: None, changeover: None, injured: None, site };
    let settings = settings::settings(folders, &Alarms { progress: None, reach })?;
    let wanted = Wanted::find(folders, None, &which, Purpose::Show)?;
    if wanted.memory.context.unreadable {
        let error = anyhow!("{}, so it is not known what to wait for", rules::detail(&Detail::Unreadable));
        return Err(Failure::new(Exit::Failed, error, "repair it: therapy selftest"));
    }
    let mut wait = Wait::new(folders, (&which, &[], awake), &settings, wanted, false)?;
    let mut result = |wanted: &Wanted, _: &Protocol| {
        let words = waiting::allowed(&wanted.chosen.draft.name, called(wanted).2);
        print(format!("{words}: {}\n", command(wanted, &which))).map(drop)
    };
    let end = wait.go(&mut result);
    let warnings = wait.rungs.finish().into_iter().map(|why| format!("warning: {why}"));
    last_words(&warnings.collect::<Vec<_>>());
    Ok(match end? {
        End::Answered => Exit::Completed,
        End::Left(exit) => exit,
    })
}

/// The load of a modality against its limit, as a bar when there is any.
fn on_the_skin(modality: Modality, load: Duration) -> String {
    const WIDTH: usize = 20;
    let (kind, limit) = (StepKind::from(modality), limit(modality));
    let words = part_of(load, limit);
    if load.is_zero() {
        return format!("{modality} {words}");
    }
    let full = (load.as_nanos() * WIDTH as u128).div_ceil(limit.as_nanos());
    let full = usize::try_from(full).unwrap_or(WIDTH).min(WIDTH);
    let [bar, rest] = [(texture(kind), full), (TO_COME, WIDTH - full)].map(|(c, width)| c.to_string().repeat(width));
    format!("{modality} {}{rest} {words}", paint(colour(kind, console::colors_enabled()), &bar))
}
