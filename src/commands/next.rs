//! `therapy next`: what is possible now, what is recommended and why, and when the rest becomes available.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::folders::Folders;
use super::memory::Memory;
use super::{Exit, Failure, print_json, print_text, say};
use crate::domain::course::{earliest, findings, recommend};
use crate::domain::exposure::limit;
use crate::domain::protocol::Choice;
use crate::domain::rules::RuleId;
use crate::domain::step::{Modality, StepKind};
use crate::edge::terminal::{colour, paint};
use crate::edge::{catalog, clock};
use crate::text::advice::because;
use crate::text::durations::{part_of, roughly, seconds};
use crate::text::printable::aligned;
use crate::text::rules;
use crate::text::times::{day_and_time, next_minute};
use crate::timeline::{TO_COME, texture};

/// What stands against a protocol now, and from when it would pass.
struct Candidate {
    name: String,
    wait: Option<Duration>,
    /// The rule that refuses now.
    rule: Option<RuleId>,
    /// The warning about the spacing of cold, and the wait until it is gone.
    warning: Option<(String, Option<Duration>)>,
}

/// Shows what is possible now, and when the rest becomes available.
pub(super) fn run(folders: &Folders, json: bool) -> Result<Exit, Failure> {
    let memory = Memory::glance(folders, None)?;
    if let Some(trouble) = &memory.trouble {
        say(&format!("warning: {trouble}"));
    }
    let context = &memory.context;
    let entries = catalog::built_ins();
    let candidates: Vec<Candidate> = entries
        .iter()
        .filter(|entry| entry.parsed.by_injury.is_none())
        .map(|entry| {
            let draft = &entry.parsed.draft;
            let findings = findings(draft, context);
            let refusing = findings.iter().find(|finding| finding.blocks(&[]));
            let warning = findings.iter().find(|finding| finding.rule == RuleId::ColdSpacing);
            Candidate {
                name: entry.name().to_owned(),
                wait: earliest(draft, Choice::default(), context),
                rule: refusing.map(|finding| finding.rule),
                warning: warning.map(|finding| (rules::detail(&finding.detail), finding.passes_after)),
            }
        })
        .collect();
    let (best, why) = (recommend(context.injury), because(context.injury));
    let load = context.load();
    if json {
        let candidates = candidates.iter().map(|candidate| {
            json!({
                "protocol": candidate.name, "may_run": candidate.rule.is_none(), "rule": candidate.rule,
                "warning": candidate.warning.as_ref().map(|(message, _)| message), "from": candidate.wait.and_then(from), "wait_s": candidate.wait.map(seconds),
            })
        });
        let loads = Modality::ALL.map(|modality| seconds(load.of(modality)));
        return print_json(&json!({
            "best": best, "because": why, "protocols": candidates.collect::<Vec<_>>(),
            "cold_load_s": loads[0], "heat_load_s": loads[1],
        }));
    }
    let chosen = candidates.iter().find(|candidate| candidate.name == best);
    let mut text = match chosen.map(|chosen| (chosen.rule, chosen.wait)) {
        Some((None, _)) => format!("Use {best} now. {why}.\n"),
        Some((Some(rule), Some(wait))) => {
            format!("Use {best} {}. {why}.\n", later(wait, rule))
        }
        _ if context.running => "Nothing now: a session is running.\n".to_owned(),
        _ => "Nothing now: the journal cannot be read.\n".to_owned(),
    };
    // What is possible at the same time shares a row.
    let mut rows: Vec<Vec<String>> = Vec::new();
    for candidate in &candidates {
        let when = match (candidate.rule, candidate.wait, &candidate.warning) {
            (None, _, Some((_, Some(wait)))) => {
                format!("possible now; better from {} (2 h between cold sessions)", clock_time(*wait))
            }
            (None, _, _) => "possible now".to_owned(),
            (Some(rule), Some(wait), _) => later(wait, rule),
            (Some(rule), None, _) => format!("not now ({rule})"),
        };
        match rows.iter_mut().find(|row| row[1] == when) {
            Some(row) => row[0] = format!("{}, {}", row[0], candidate.name),
            None => rows.push(vec![format!("  {}", candidate.name), when]),
        }
    }
    text.push_str(&aligned(&rows));
    let [cold, heat] = Modality::ALL.map(|modality| on_the_skin(modality, load.of(modality)));
    let _ = writeln!(text, "On the skin: {cold}, {heat}");
    print_text(&text)
}

/// `from 19:32, in 18 min (rewarm)`.
fn later(wait: Duration, rule: RuleId) -> String {
    format!("from {}, in {} ({rule})", clock_time(wait), roughly(wait))
}

/// The local time after a wait, never too early.
pub(super) fn clock_time(wait: Duration) -> String {
    let now = clock::wall();
    let at = now.saturating_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX));
    day_and_time(next_minute(at.unwrap_or(Timestamp::MAX)), now, &clock::zone())
}

fn from(wait: Duration) -> Option<Timestamp> {
    clock::wall().checked_add(SignedDuration::try_from(wait).ok()?).ok()
}

/// The load of a modality against its limit, as a bar when there is any.
fn on_the_skin(modality: Modality, load: Duration) -> String {
    const WIDTH: usize = 20;
    let limit = limit(modality);
    let words = part_of(load, limit);
    if load.is_zero() {
        return format!("{modality} {words}");
    }
    let kind = StepKind::from(modality);
    let full = (load.as_nanos() * WIDTH as u128).div_ceil(limit.as_nanos());
    let full = usize::try_from(full).unwrap_or(WIDTH).min(WIDTH);
    let bar: String = std::iter::repeat_n(texture(kind), full).collect();
    let bar = paint(colour(kind, console::colors_enabled()), &bar);
    let rest: String = std::iter::repeat_n(TO_COME, WIDTH - full).collect();
    format!("{modality} {bar}{rest} {words}")
}
