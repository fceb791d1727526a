//! `therapy show PROTOCOL`.

use std::fmt::Write as _;
use std::time::Duration;

use console::Term;
use serde_json::json;

use super::chosen::Chosen;
use super::folders::Folders;
use super::memory::Memory;
use super::{Exit, Failure, print_json, print_text};
use crate::cli::Which;
use crate::domain::exposure::{Exposure, Load, limit};
use crate::domain::protocol::Draft;
use crate::domain::rules::{RULES, RuleId, SESSION, review};
use crate::domain::step::{Modality, Step, StepKind};
use crate::edge::terminal::{colour, paint};
use crate::text::advice::EVIDENCE;
use crate::text::durations::{count, in_words, part_of, seconds, with_range};
use crate::text::rules;
use crate::timeline::{columns, texture};

/// Draws one protocol to scale, with the source of every number and the limits that apply.
pub(super) fn run(folders: &Folders, name: &str, which: &Which, json: bool) -> Result<Exit, Failure> {
    let memory = Memory::glance(folders, which.injured.as_deref())?;
    let instead = |hint: String| hint.replace("therapy run ", "therapy show ");
    let chosen = Chosen::find(folders, name, which, &memory)
        .map_err(|failure| Failure { hint: failure.hint.map(instead), ..failure })?;
    let (entry, draft) = (&chosen.entry, &chosen.draft);
    let steps = draft.expand(chosen.choice);
    let file_steps: Vec<_> = draft.steps().collect();
    let exposures: Vec<Exposure> = steps.iter().map(|step| (step.kind, step.length)).collect();
    let findings = review(&steps, &chosen.context);
    let lines = chosen.objections(&findings, &[]);
    if json {
        let steps = steps.iter().map(|step| {
            let range = file_steps[step.origin].length;
            json!({
                "kind": step.kind, "round": step.round, "length_s": seconds(step.length),
                "min_s": seconds(range.min), "max_s": seconds(range.max),
                "note": step.note, "sources": file_steps[step.origin].sources,
            })
        });
        // Without steps there is nothing to add up: `acute` before anyone said when the injury happened.
        let known = |length| (!exposures.is_empty()).then(|| seconds(length));
        let [cold, heat] = Modality::ALL.map(|modality| known(peak(&exposures, modality)));
        return print_json(&json!({
            "name": entry.name(), "summary": draft.summary, "caution": draft.caution, "runs_as": draft.name,
            "total_s": known(total(&exposures)), "steps": steps.collect::<Vec<_>>(), "sources": draft.sources,
            "peak_cold_s": cold, "peak_heat_s": heat, "findings": lines,
        }));
    }
    let mut text = format!("{}: {}\n", entry.name(), entry.parsed.draft.summary);
    if entry.name() != draft.name {
        let _ = writeln!(text, "for this injury: {}", draft.name);
    }
    let unsettled = entry.parsed.by_injury.as_ref().filter(|_| steps.is_empty());
    if let Some(by) = unsettled {
        let _ = writeln!(text, "\n{} until 3 days after the injury, then {}", by.under_72h, by.from_72h);
        let _ = writeln!(text, "It needs the injury time.\n  try: therapy show {} --injured \"30h ago\"", entry.name());
    } else if steps.is_empty() {
        text.push('\n');
    }
    if !steps.is_empty() {
        let _ = writeln!(text, "{}, {}\n", count(steps.len(), "step"), in_words(total(&exposures)));
        text.push_str(&timeline(&exposures, usize::from(Term::stdout().size().1)));
        text.push_str(&numbers(draft));
        text.push_str(&bounds(&steps, &exposures));
    }
    // The text above says what it needs.
    let said = |line: &String| unsettled.is_some() && line.ends_with("(injury-unknown)");
    for line in lines.into_iter().filter(|line| !said(line)) {
        let _ = writeln!(text, "  {line}");
    }
    if let Some(caution) = &draft.caution {
        let _ = writeln!(text, "\n{caution}");
    }
    let _ = writeln!(text, "\n{EVIDENCE}");
    print_text(&text)
}

fn total(steps: &[Exposure]) -> Duration {
    steps.iter().map(|(_, length)| *length).fold(Duration::ZERO, Duration::saturating_add)
}

fn peak(steps: &[Exposure], modality: Modality) -> Duration {
    let mut load = Load::NONE;
    let loads = steps.iter().map(|&(kind, length)| {
        load = load.after(kind, length);
        load.of(modality)
    });
    loads.max().unwrap_or_default()
}

/// A lane for each kind of step, so that hot and cold stand apart, over a scale.
fn timeline(steps: &[Exposure], width: usize) -> String {
    const LABEL: usize = 9;
    let width = width.clamp(20, 100) - LABEL;
    let columns = columns(steps, width);
    let mut text = String::new();
    for kind in StepKind::ALL {
        if !steps.iter().any(|(on, _)| *on == kind) {
            continue;
        }
        let lane: String = columns.iter().map(|on| if *on == kind { texture(kind) } else { ' ' }).collect();
        let lane = lane.trim_end();
        let _ = writeln!(text, "{:<LABEL$}{}", kind.as_str(), paint(colour(kind, console::colors_enabled()), lane));
    }
    let (start, end) = ("0", in_words(total(steps)));
    let _ = writeln!(text, "{:LABEL$}{start}{end:>rest$}\n", "", rest = width - start.len());
    text
}

/// Every number with who gives it.
fn numbers(draft: &Draft) -> String {
    let by = |sources: &[String]| if sources.is_empty() { "the file's author".to_owned() } else { sources.join(", ") };
    let mut text = String::new();
    for (index, step) in draft.steps().enumerate() {
        let length = with_range(step.length.default, step.length.min, step.length.max);
        let last = if step.last_round { "" } else { ", not in the last round" };
        let number = format!("{} {length}{last}", step.kind);
        let _ = writeln!(text, "  {}. {number:<28} from {}", index + 1, by(&step.sources));
        if let Some(note) = &step.note {
            let _ = writeln!(text, "     {note}");
        }
    }
    if let Some(rounds) = draft.rounds {
        let open = if rounds.is_open() { format!(" ({} to {})", rounds.min, rounds.max) } else { String::new() };
        let number = format!("rounds: {}{open}", rounds.default);
        let _ = writeln!(text, "     {number:<28} from {}", by(&draft.sources));
    }
    text.push('\n');
    text
}

/// What the plan reaches of each limit, and the rules that depend on more than the plan.
fn bounds(steps: &[Step], exposures: &[Exposure]) -> String {
    let mut text = String::from("Limits that apply (therapy explain RULE):\n");
    let on = |modality| exposures.iter().any(|(kind, _)| kind.modality() == Some(modality));
    for modality in Modality::ALL.into_iter().filter(|modality| on(*modality)) {
        let load = part_of(peak(exposures, modality), limit(modality));
        let rule = format!("{modality}-limit");
        let _ = writeln!(text, "  {rule:<14} {load} of {modality}");
    }
    let _ = writeln!(text, "  {:<14} {}", "session-limit", part_of(total(exposures), SESSION));
    let said = [RuleId::ColdLimit, RuleId::HeatLimit, RuleId::SessionLimit];
    for rule in RULES.iter().filter(|rule| rule.concerns(steps) && !said.contains(&rule.id)) {
        let _ = writeln!(text, "  {:<14} {}", rule.id, rules::of(rule.id).summary);
    }
    text
}
