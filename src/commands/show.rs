//! `therapy show PROTOCOL`.

use std::fmt::Write as _;
use std::time::Duration;

use console::Term;
use serde_json::{Value, json};

use super::chosen::{Chosen, find};
use super::folders::Folders;
use super::memory::{Memory, Purpose, was_cut_off};
use super::times::{local_after, stamp};
use super::{Exit, Failure, print, print_json, sites};
use crate::cli::Which;
use crate::domain::exposure::{Load, limit};
use crate::domain::protocol::{Choice, DraftStep, Part};
use crate::domain::rules::{Context, Finding, Injury, RULES, RuleId, SESSION, refuses, review};
use crate::domain::site::Site;
use crate::domain::step::{Modality, Step, StepKind};
use crate::text::advice::{EVIDENCE, first};
use crate::text::colours::{colour, paint};
use crate::text::durations::{count, in_words, part_of, seconds, with_range};
use crate::text::rules;
use crate::text::sites::words;
use crate::text::timeline::{columns, texture};

/// The width of a timeline elsewhere than on a terminal.
const WIDTH: u16 = 80;

/// Draws one protocol to scale, with the source of every number and the limits that apply.
pub(super) fn run(folders: &Folders, name: &str, which: &Which, json: bool) -> Result<Exit, Failure> {
    let mut memory = Memory::read(folders, which.injured.as_deref(), Purpose::Show)?;
    let entry = find(folders, "show", name)?;
    // Nothing starts here: where it is not clear which injury is meant, or the settings cannot be read, each of them counts.
    let site = sites::known(folders, which.site, entry.parsed.draft.site, &memory.injuries).ok().flatten();
    memory.at(site.unwrap_or(Site::OTHER));
    let chosen = Chosen::new(folders, entry, which, &memory.context);
    let (name, draft, file) = (chosen.entry.name(), &chosen.draft, &chosen.entry.parsed.draft);
    let steps = draft.expand(chosen.choice);
    let plan = review(&steps, &Context { injury: Injury::Ago(Duration::MAX), ..Context::default() });
    let findings = chosen.objections(&plan, &[]);
    let now = refused_now(&chosen, &memory, &plan);
    if json {
        return print_json(&document(&chosen, &findings, now.as_deref()));
    }
    let summary = Some(&file.summary).filter(|summary| !summary.is_empty());
    let mut text = summary.map_or_else(|| format!("{name}\n"), |summary| format!("{name}: {summary}\n"));
    let by_injury = chosen.entry.parsed.by_injury.as_ref();
    let of_switch = match &file.sources[..] {
        [] => String::new(),
        sources => format!(" ({})", sources.join(", ")),
    };
    let unsettled = by_injury.filter(|_| steps.is_empty());
    if by_injury.is_some() && unsettled.is_none() {
        let _ = writeln!(text, "for this injury: {}{of_switch}", draft.name);
    }
    if let Some(by) = unsettled {
        let _ = writeln!(text, "\n{} until 3 days after the injury, then {}{of_switch}", by.under_72h, by.from_72h);
        let _ = writeln!(
            text,
            "It needs the injury time.\n  try: therapy show {} --injured \"30h ago\"",
            chosen.entry.word()
        );
    } else if steps.is_empty() {
        text.push('\n');
    } else {
        let _ = writeln!(text, "{}, {}\n", count(steps.len(), "step"), in_words(total(&steps)));
        text.push_str(&timeline(
            &steps,
            usize::from(Term::stdout().size_checked().map_or(WIDTH, |(_, columns)| columns)),
        ));
        text.push_str(&numbers(&chosen));
        text.push_str(&bounds(&steps));
    }
    for line in &findings {
        let _ = writeln!(text, "  {line}");
    }
    if let Some(caution) = &draft.caution {
        let _ = writeln!(text, "\n{caution}");
    }
    let _ = writeln!(text, "\n{EVIDENCE}");
    // Without steps, the text above already asks for the injury time.
    if let Some(now) = now.filter(|_| unsettled.is_none()) {
        let _ = writeln!(text, "\nRefused now: {now}");
    }
    print(text)
}

/// The protocol for programs: the numbers of [`run`].
fn document(chosen: &Chosen, findings: &[String], refused_now: Option<&str>) -> Value {
    let (draft, file) = (&chosen.draft, &chosen.entry.parsed.draft);
    let steps = draft.expand(chosen.choice);
    let drafted: Vec<_> = draft.steps().collect();
    let documents = steps.iter().map(|step| {
        let own = step.changeover.then(|| DraftStep::new(step.kind, step.length));
        let DraftStep { length, sources, .. } = own.as_ref().unwrap_or(drafted[step.origin]);
        json!({
            "kind": step.kind, "round": step.round, "length_s": seconds(step.length), "of_step": step.origin + 1,
            "min_s": seconds(length.min), "max_s": seconds(length.max), "note": step.note, "cue": step.cue,
            "halfway": step.kind.has_pack() && step.halfway, "sources": sources, "changeover": step.changeover,
        })
    });
    let mut first = 0;
    let groups = draft.parts.iter().filter_map(|part| {
        let of_steps: Vec<_> = (first + 1..=first + part.steps().len()).collect();
        first += of_steps.len();
        matches!(part, Part::Group { .. }).then(|| json!({ "times": part.times(), "of_steps": of_steps }))
    });
    // Without steps there is nothing to add up: `acute` without a time of injury.
    let known = |length| (!steps.is_empty()).then(|| seconds(length));
    let [cold, heat] = Modality::ALL.map(|modality| known(peak(&steps, modality)));
    let of_choice = draft.sources.iter().filter(|source| !file.sources.contains(source));
    json!({
        "name": chosen.entry.name(), "summary": file.summary, "caution": draft.caution, "author": file.author,
        "contact": file.contact, "runs_as": draft.name, "site": draft.site, "fits": file.fits, "per_day": file.per_day,
        "days": file.days, "total_s": known(total(&steps)), "steps": documents.collect::<Vec<_>>(),
        "groups": groups.collect::<Vec<_>>(), "sources": file.sources.iter().chain(of_choice).collect::<Vec<_>>(),
        "peak_cold_s": cold, "peak_heat_s": heat, "findings": findings, "refused_now": refused_now,
    })
}

/// Why this session could not start now, although nothing in the plan itself is against it: earlier sessions, the
/// injury, another session.
fn refused_now(chosen: &Chosen, memory: &Memory, plan: &[Finding]) -> Option<String> {
    if let Some(open) = memory.open.as_ref().filter(|_| !memory.context.running) {
        return Some(format!("{}. {}", was_cut_off(open, &stamp()), first(open.is_clock_behind())));
    }
    let mut findings = review(&chosen.draft.expand(chosen.choice), &chosen.context);
    findings.retain(|finding| finding.blocks(&[]) && !plan.contains(finding));
    let lines = rules::lines(&findings, &[]);
    let why = lines.iter().map(|line| line.trim_start_matches("Refused: ")).collect::<Vec<_>>().join("; ");
    let wait = findings
        .iter()
        .map(|finding| finding.passes_after)
        .try_fold(Duration::ZERO, |wait, after| Some(wait.max(after?)));
    let from = wait.filter(|_| !refuses(plan, &[])).map(|wait| format!("; possible from {}", local_after(wait)));
    (!why.is_empty()).then(|| why + &from.unwrap_or_default())
}

/// The length of all steps together.
pub(super) fn total(steps: &[Step]) -> Duration {
    steps.iter().map(|step| step.length).fold(Duration::ZERO, Duration::saturating_add)
}

/// The highest load of a modality on skin that has recovered completely.
fn peak(steps: &[Step], modality: Modality) -> Duration {
    let loads = steps.iter().scan(Load::NONE, |load, step| {
        *load = load.after(step.kind, step.length);
        Some(load.of(modality))
    });
    loads.max().unwrap_or_default()
}

/// A lane for each kind of step, over a scale.
fn timeline(steps: &[Step], width: usize) -> String {
    const LABEL: usize = 9;
    let width = width.clamp(20, 100) - LABEL;
    let exposures: Vec<_> = steps.iter().map(|step| (step.kind, step.length)).collect();
    let columns = columns(&exposures, width);
    let mut text = String::new();
    for kind in StepKind::ALL.into_iter().filter(|kind| steps.iter().any(|step| step.kind == *kind)) {
        let lane: String = columns.iter().map(|on| if *on == kind { texture(kind) } else { ' ' }).collect();
        let lane = lane.trim_end();
        let _ = writeln!(text, "{:<LABEL$}{}", kind.as_str(), paint(colour(kind, console::colors_enabled()), lane));
    }
    let _ = writeln!(text, "{:LABEL$}0{:>rest$}\n", "", in_words(total(steps)), rest = width - 1);
    text
}

/// Every number with its source.
fn numbers(chosen: &Chosen) -> String {
    let draft = &chosen.draft;
    let by = |sources: &[String]| match (sources, &draft.sources[..]) {
        ([], []) => "the file's author".to_owned(),
        ([], sources) | (sources, _) => sources.join(", "),
    };
    let mut text = String::new();
    let mut index = 0;
    for part in &draft.parts {
        let (indent, width) = if let Part::Group { times, .. } = part {
            let _ = writeln!(text, "  {}:", count(*times, "time"));
            ("  ", 26)
        } else {
            ("", 28)
        };
        for step in part.steps() {
            index += 1;
            let length = with_range(step.length.default, step.length.min, step.length.max);
            let last = if step.last_round { "" } else { ", not in the last round" };
            let check = if step.halfway { "" } else { ", no skin check" };
            let number = format!("{} {length}{last}{check}", step.kind);
            let _ = writeln!(text, "  {indent}{index}. {number:<width$} from {}", by(&step.sources));
            let cue = step.cue.as_ref().map(|cue| format!("before it: \"{cue}\""));
            for line in step.note.iter().chain(&cue) {
                let _ = writeln!(text, "     {indent}{line}");
            }
        }
    }
    if let Some(rounds) = draft.rounds {
        let open = if rounds.is_open() { format!(" ({} to {})", rounds.min, rounds.max) } else { String::new() };
        let number = format!("rounds: {}{open}", rounds.default);
        let _ = writeln!(text, "     {number:<28} from {}", by(&draft.sources));
    }
    let file = &chosen.entry.parsed.draft;
    let fits = file.fits.iter().map(|fits| fits.as_str()).collect::<Vec<_>>().join(", ");
    let of_author = [
        draft.site.map(|site| format!("site: {}", words(site))),
        Some(format!("fits: {fits}")).filter(|_| !fits.is_empty()),
        file.per_day.map(|most| format!("planned: {} a day", count(most, "session"))),
        file.days.map(|days| format!("planned: for {}", count(days, "day"))),
    ];
    for number in of_author.into_iter().flatten() {
        let _ = writeln!(text, "     {number:<28} from the file's author");
    }
    for (kind, length) in Choice::KINDS.into_iter().filter_map(|kind| Some((kind, chosen.choice.of_kind(kind)?))) {
        let number = format!("{kind}: {}", in_words(length));
        let _ = writeln!(text, "     {number:<28} from you");
    }
    if let Some(length) = draft.changeover(chosen.choice) {
        let is_of_file = chosen.choice.changeover.is_none() && chosen.entry.parsed.draft.changeover.is_some();
        let number = format!("changeovers: {}", in_words(length));
        let _ = writeln!(text, "     {number:<28} from {}", if is_of_file { "the file's author" } else { "you" });
    }
    for (what, who) in [("by", &file.author), ("contact", &file.contact)] {
        let _ = who.iter().try_for_each(|who| writeln!(text, "     {what}: {who}"));
    }
    text.push('\n');
    text
}

/// How far the plan goes towards each limit, and the rules that depend on more than the plan.
fn bounds(steps: &[Step]) -> String {
    let mut text = String::from("Limits that apply (therapy explain RULE):\n");
    let gives = |modality: &Modality| steps.iter().any(|step| step.kind.modality() == Some(*modality));
    for modality in Modality::ALL.into_iter().filter(gives) {
        let load = part_of(peak(steps, modality), limit(modality));
        let _ = writeln!(text, "  {:<14} {load} of {modality}", RuleId::limit_of(modality));
    }
    let _ = writeln!(text, "  {:<14} {}", RuleId::SessionLimit, part_of(total(steps), SESSION));
    let said = [RuleId::ColdLimit, RuleId::HeatLimit, RuleId::SessionLimit];
    for rule in RULES.iter().filter(|rule| rule.concerns(steps) && !said.contains(&rule.id)) {
        let _ = writeln!(text, "  {:<14} {}", rule.id, rules::of(rule.id).summary);
    }
    text
}
