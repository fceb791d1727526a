//! `therapy next`: what is possible now, what is recommended and why, and when the rest becomes available.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::anyhow;
use serde_json::{Value, json};

use super::admission::{Says, Wanted};
use super::folders::Folders;
use super::memory::{Memory, Purpose, was_cut_off};
use super::recommended::{Offered, also, best, documents, offered, reason};
use super::times::{later, possible, stamp};
use super::wait::{End, Wait, called, command};
use super::{Exit, Failure, last_words, print, print_json, settings, sites};
use crate::cli::{Alarms, NextArgs, Which};
use crate::domain::course::{Start, start};
use crate::domain::exposure::limit;
use crate::domain::protocol::{Choice, Protocol};
use crate::domain::recommendation::{Advised, BESIDE};
use crate::domain::rules::{Context, Detail, Finding, Injury};
use crate::domain::site::Site;
use crate::domain::step::{Modality, StepKind};
use crate::edge::catalog::{self, Entry};
use crate::edge::clock;
use crate::text::advice::first;
use crate::text::colours::{colour, paint};
use crate::text::durations::{part_of, seconds};
use crate::text::fits::own;
use crate::text::printable::{aligned, capital};
use crate::text::recommendation::{beside, of, of_injury, sources, what, why};
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

/// What is recommended and when it may run, and what is on the skin, in a line each. `instead` replaces
/// the recommendation.
pub(super) fn in_short(folders: &Folders, memory: &Memory, instead: Option<String>) -> [String; 2] {
    let candidates = candidates(folders, memory);
    let headline = nothing(memory, &candidates).or(instead).or_else(|| {
        let offered = offered(folders, &memory.context, &memory.facts(false), &[]);
        let first = offered.first().map(|first| format!("{} {}.", to_do(first), reason(memory, first)));
        first.or_else(|| not_now(&candidates))
    });
    [headline.unwrap_or_default(), skin(&memory.context)]
}

/// Why nothing may run now, and the way out. `None` when something is recommended.
fn nothing(memory: &Memory, candidates: &[Candidate]) -> Option<String> {
    let context = &memory.context;
    if let Some(open) = memory.open.as_ref().filter(|_| !context.running) {
        return Some(format!("Nothing now: {}. {}", was_cut_off(open, &stamp()), first(open.is_clock_behind())));
    }
    if context.running {
        return Some("Nothing now: a session is running.".to_owned());
    }
    if context.unreadable {
        // No waiting helps.
        return Some(format!("Nothing now: {}.", rules::detail(&Detail::Unreadable)));
    }
    if matches!(context.injury, Injury::InFuture(_)) {
        return Some(format!("Nothing now. {}.", of_injury(context.injury, memory.which_injury())));
    }
    let refused = candidates.iter().find(|(_, start)| start.possible.is_none());
    let refused = refused.and_then(|(_, start)| start.refused.as_ref())?;
    let is_all = candidates.iter().all(|(_, other)| other.possible.is_none());
    is_all.then(|| format!("Nothing now: {}. {}.", rules::detail(&refused.detail), way_out(refused)))
}

/// Something is possible, but nothing that fits: what is refused for good, and the way out.
fn not_now(candidates: &[Candidate]) -> Option<String> {
    candidates.iter().find_map(|(name, start)| {
        let refused = start.refused.as_ref().filter(|_| start.possible.is_none())?;
        Some(format!("Not {name} now: {}. {}.", rules::detail(&refused.detail), way_out(refused)))
    })
}

fn way_out(refused: &Finding) -> String {
    capital(rules::of(refused.rule).way_out)
}

/// What is recommended, and when it may run: `Use ice now.`
fn to_do(offered: &Offered) -> String {
    match (offered.row.advised, offered.protocols().next()) {
        (Advised::Professional, _) => "Nothing now.".to_owned(),
        (Advised::Stretches, _) => "Stretch gently.".to_owned(),
        (_, Some((entry, start))) => format!("Use {} {}.", entry.name(), possible(start)),
        (_, None) => String::new(),
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

/// Shows what is possible now, and when the rest becomes available. `spasm`: the person says that it is one.
pub(super) fn run(folders: &Folders, site: Option<Site>, spasm: bool, json: bool) -> Result<Exit, Failure> {
    let mut memory = Memory::read(folders, None, Purpose::Show)?;
    memory.at(sites::decide(folders, site, None, &memory.injuries)?);
    let candidates = candidates(folders, &memory);
    let offered = offered(folders, &memory.context, &memory.facts(spasm), &[]);
    if json {
        print_json(&document(&memory, &candidates, &offered))?;
        return Ok(memory.exit());
    }
    let nothing = nothing(&memory, &candidates);
    let mut text = nothing.clone().map_or_else(|| advice(&memory, &candidates, &offered), |line| line + "\n");
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
    let context = &memory.context;
    let place = if context.site == Site::default() { String::new() } else { format!(", {}", words(context.site)) };
    let _ = writeln!(text, "On the skin{place}: {}", skin(context));
    // While a sign applies, nothing is named but a professional.
    if nothing.is_none() {
        let named = BESIDE.map(|(what, sources, against)| beside(what, sources, against));
        let _ = writeln!(text, "Also named, without a clock: {}.", named.join("; "));
    }
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
    let NextArgs { site, spasm, awake, reach, .. } = args;
    let which = Which { site, ..Which::default() };
    let settings = settings::settings(folders, &Alarms { progress: None, reach })?;
    let wanted = Wanted::find(folders, None, &which, (Purpose::Show, Says { spasm, ..Says::default() }))?;
    if wanted.memory.context.unreadable {
        let error = anyhow!("{}, so it is not known what to wait for", rules::detail(&Detail::Unreadable));
        return Err(Failure::new(Exit::Failed, error, "therapy selftest   says what is wrong with it"));
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

/// The first choice with its time and its reason, and in a line each the second and the third.
fn advice(memory: &Memory, candidates: &[Candidate], offered: &[Offered]) -> String {
    const CHOICES: usize = 3;
    let mut text = String::new();
    let mut known: Vec<String> = Vec::new();
    for choice in offered.iter().take(CHOICES) {
        let why = why(&choice.reason, memory.which_injury(), |ago| memory.time_of(ago));
        let says = match choice.instead() {
            Some(entry) => format!("{}.", own(&entry.parsed.draft.fits)),
            None => sources(of(choice.row.id).says, choice.row.sources, choice.row.against),
        };
        let _ = match () {
            () if known.is_empty() => writeln!(text, "{} {why}.\n  {says}", to_do(choice)),
            () if known.contains(&why) => writeln!(text, "Or {}. {says}", or(choice)),
            () => writeln!(text, "Or {}. {why}. {says}", or(choice)),
        };
        known.push(why);
        if choice.instead().is_none() && !choice.own.is_empty() {
            let own = choice.own.iter().map(|(entry, start)| format!("{}, possible {}", entry.name(), possible(start)));
            let _ = writeln!(text, "  Yours for this: {}.", own.collect::<Vec<_>>().join("; "));
        }
    }
    if text.is_empty() {
        text = not_now(candidates).map(|line| line + "\n").unwrap_or_default();
    }
    text
}

/// Another choice: `heat, possible now`.
fn or(offered: &Offered) -> String {
    match (offered.row.advised, offered.protocols().next()) {
        (Advised::Protocol(_), Some((entry, start))) => format!("{}, possible {}", entry.name(), possible(start)),
        (advised, _) => what(advised).to_owned(),
    }
}

/// All of it for programs.
fn document(memory: &Memory, candidates: &[Candidate], offered: &[Offered]) -> Value {
    let (context, load, wall) = (&memory.context, memory.context.load(), clock::wall());
    let at = |wait: Duration| json!(later(wall, wait));
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
    let why =
        offered.first().map_or_else(|| of_injury(context.injury, memory.which_injury()), |first| reason(memory, first));
    json!({
        "site": context.site, "injury_site": memory.injury.filter(|entry| entry.happened_ms.is_some()).and_then(|entry| entry.site),
        "best": best(offered).map(|(_, entry)| entry.name()), "because": known(json!(why)),
        "choices": offered.iter().flat_map(|offered| documents(memory, offered, at)).collect::<Vec<_>>(),
        "also": also(), "protocols": candidates.collect::<Vec<_>>(), "cold_load_s": cold, "heat_load_s": heat,
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
