//! `therapy next`: what is possible now, what is recommended and why, and when the rest becomes available.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use super::folders::Folders;
use super::memory::{Memory, was_cut_off};
use super::times::{later, local_after, stamp};
use super::{Exit, Failure, print_json, print_text};
use crate::domain::course::{earliest, findings, recommend};
use crate::domain::exposure::limit;
use crate::domain::protocol::Choice;
use crate::domain::rules::{Context, Finding, Injury, RuleId};
use crate::domain::step::{Modality, StepKind};
use crate::edge::catalog::{self, Entry};
use crate::edge::clock;
use crate::text::advice::because;
use crate::text::colours::{colour, paint};
use crate::text::durations::{part_of, roughly, seconds};
use crate::text::printable::{aligned, capital};
use crate::text::rules;
use crate::text::timeline::{TO_COME, texture};

/// When a protocol may run.
struct Candidate {
    name: String,
    /// What refuses it now.
    refused: Option<Finding>,
    /// The wait until no rule refuses it; `None` when waiting does not help.
    wait: Option<Duration>,
    /// The warning about the spacing of cold.
    spacing: Option<Finding>,
}

impl Candidate {
    fn new(entry: &Entry, context: &Context) -> Candidate {
        let draft = &entry.parsed.draft;
        let findings = findings(draft, context);
        Candidate {
            name: draft.name.clone(),
            refused: findings.iter().find(|finding| finding.blocks(&[])).cloned(),
            wait: earliest(draft, Choice::default(), context),
            spacing: findings.into_iter().find(|finding| finding.rule == RuleId::ColdSpacing),
        }
    }
}

/// The candidates. A session that was cut off must be closed first, so it refuses all of them.
fn candidates(memory: &Memory) -> Vec<Candidate> {
    let context = Context { running: memory.context.running || memory.open.is_some(), ..memory.context.clone() };
    let mut entries = catalog::built_ins();
    entries.retain(|entry| entry.parsed.by_injury.is_none());
    entries.iter().map(|entry| Candidate::new(entry, &context)).collect()
}

/// What is recommended and when it may run, and what is on the skin, in a line each.
pub(super) fn in_short(memory: &Memory) -> [String; 2] {
    [headline(memory, &candidates(memory)), skin(&memory.context)]
}

/// What is recommended, and when.
fn headline(memory: &Memory, candidates: &[Candidate]) -> String {
    let context = &memory.context;
    if let Some(open) = memory.open.as_ref().filter(|_| !context.running) {
        return format!("Nothing now: {}. First therapy resume, or therapy stop.", was_cut_off(open, &stamp()));
    }
    if context.running {
        return "Nothing now: a session is running.".to_owned();
    }
    let (best, why) = (recommend(context.injury), because(context.injury));
    let chosen = candidates.iter().find(|candidate| candidate.name == best);
    match chosen.map(|chosen| (chosen.refused.as_ref(), chosen.wait)) {
        Some((Some(refused), Some(wait))) => format!("Use {best} {}. {why}.", available(wait, refused.rule)),
        Some((Some(_), None)) if matches!(context.injury, Injury::InFuture(_)) => {
            format!("Nothing now. {why}.")
        }
        Some((Some(refused), None)) => {
            let is_all = candidates.iter().all(|other| other.refused.is_some() && other.wait.is_none());
            let what = if is_all { "Nothing".to_owned() } else { format!("Not {best}") };
            let way_out = capital(rules::of(refused.rule).way_out);
            format!("{what} now: {}. {way_out}.", rules::detail(&refused.detail))
        }
        Some((None, _)) | None => format!("Use {best} now. {why}."),
    }
}

/// What is on the skin.
fn skin(context: &Context) -> String {
    let load = context.load();
    Modality::ALL.map(|modality| on_the_skin(modality, load.of(modality))).join(", ")
}

/// Shows what is possible now, and when the rest becomes available.
pub(super) fn run(folders: &Folders, json: bool) -> Result<Exit, Failure> {
    let memory = Memory::read(folders, None, false)?;
    let (context, candidates) = (&memory.context, candidates(&memory));
    if json {
        let (best, why, load) = (recommend(context.injury), because(context.injury), context.load());
        let candidates = candidates.iter().map(|Candidate { name, refused, wait, spacing }| {
            json!({
                "protocol": name, "may_run": refused.is_none(), "rule": refused.as_ref().map(|refused| refused.rule),
                "warning": spacing.as_ref().map(|finding| rules::detail(&finding.detail)),
                "from": wait.map(|wait| later(clock::wall(), wait)), "wait_s": wait.map(seconds),
            })
        });
        let [cold, heat] = Modality::ALL.map(|modality| seconds(load.of(modality)));
        return print_json(&json!({
            "best": best, "because": why, "protocols": candidates.collect::<Vec<_>>(),
            "cold_load_s": cold, "heat_load_s": heat,
        }));
    }
    let mut text = headline(&memory, &candidates) + "\n";
    // Protocols that are possible at the same time share a row.
    let mut rows: Vec<Vec<String>> = Vec::new();
    for Candidate { name, refused, wait, spacing } in &candidates {
        let better = spacing.as_ref().and_then(|finding| finding.passes_after);
        let when = match (refused.as_ref().map(|refused| refused.rule), wait, better) {
            (None, _, Some(wait)) => {
                format!("possible now; better from {} (2 h between cold sessions)", local_after(wait))
            }
            (None, _, None) => "possible now".to_owned(),
            (Some(rule), Some(wait), _) => available(*wait, rule),
            (Some(rule), None, _) => format!("not now ({rule})"),
        };
        match rows.iter_mut().find(|row| row[1] == when) {
            Some(row) => row[0] = format!("{}, {name}", row[0]),
            None => rows.push(vec![format!("  {name}"), when]),
        }
    }
    text.push_str(&aligned(&rows));
    let _ = writeln!(text, "On the skin: {}", skin(context));
    print_text(&text)
}

/// `from 19:32, in 18 min (rewarm)`.
fn available(wait: Duration, rule: RuleId) -> String {
    format!("from {}, in {} ({rule})", local_after(wait), roughly(wait))
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
