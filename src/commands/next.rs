//! `therapy next`: what may run now, what is best now and why, and when the next may.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::memory::Memory;
use super::run::date_and_time;
use super::{Exit, Failure, print_json, print_text, say};
use crate::domain::course::{earliest, findings, recommend};
use crate::domain::exposure::limit;
use crate::domain::protocol::Choice;
use crate::domain::rules::RuleId;
use crate::domain::step::{Modality, StepKind};
use crate::edge::lines::seconds;
use crate::edge::terminal::{colour, paint};
use crate::edge::{catalog, clock};
use crate::text;
use crate::timeline::{TO_COME, texture};
use crate::words::span;

/// What stands against a protocol now, and from when it would pass.
struct Candidate {
    name: String,
    wait: Option<Duration>,
    /// The rule that refuses now.
    rule: Option<RuleId>,
    /// What is only warned of.
    warning: Option<String>,
}

/// Answers in one look.
pub(super) fn run(json: bool) -> Result<Exit, Failure> {
    let memory = Memory::glance(None)?;
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
                warning: warning.map(|finding| text::rules::detail(&finding.detail)),
            }
        })
        .collect();
    let (best, why) = (recommend(context.injury), text::rules::because(context.injury));
    let load = context.load();
    if json {
        let candidates = candidates.iter().map(|candidate| {
            json!({
                "protocol": candidate.name, "may_run": candidate.rule.is_none(), "rule": candidate.rule,
                "warning": candidate.warning, "from": candidate.wait.and_then(from), "wait_s": candidate.wait.map(seconds),
            })
        });
        let loads = Modality::ALL.map(|modality| seconds(load.of(modality)));
        return print_json(&json!({
            "best": best, "because": why, "protocols": candidates.collect::<Vec<_>>(),
            "cold_load_s": loads[0], "heat_load_s": loads[1],
        }));
    }
    let mut page = String::new();
    let chosen = candidates.iter().find(|candidate| candidate.name == best);
    let _ = match chosen.map(|chosen| (chosen.rule, chosen.wait)) {
        Some((None, _)) => writeln!(page, "best now: {best}. {why}"),
        Some((Some(rule), Some(wait))) => {
            writeln!(page, "best next: {best} from {} ({rule}). {why}", date_and_time(wait))
        }
        _ => writeln!(page, "nothing now: a session is running, or the journal cannot be read."),
    };
    for candidate in &candidates {
        let when = match (candidate.rule, candidate.wait, &candidate.warning) {
            (None, _, None) => "may run now".to_owned(),
            (None, _, Some(warning)) => format!("may run now, but {warning}"),
            (Some(rule), Some(wait), _) => format!("from {} ({rule})", date_and_time(wait)),
            (Some(rule), None, _) => format!("not now ({rule})"),
        };
        let _ = writeln!(page, "  {:<15} {when}", candidate.name);
    }
    for modality in Modality::ALL {
        let _ = writeln!(page, "{}", bar(modality, load.of(modality)));
    }
    print_text(&page)
}

fn from(wait: Duration) -> Option<Timestamp> {
    clock::wall().checked_add(SignedDuration::try_from(wait).ok()?).ok()
}

/// The load of a modality against its limit.
fn bar(modality: Modality, load: Duration) -> String {
    const WIDTH: u128 = 20;
    let limit = limit(modality);
    let full = usize::try_from((load.as_nanos() * WIDTH).div_ceil(limit.as_nanos()).min(WIDTH)).unwrap_or(0);
    let kind = StepKind::from(modality);
    let filled: String = std::iter::repeat_n(texture(kind), full).collect();
    let filled = paint(colour(kind, console::colors_enabled()), &filled);
    let empty: String = std::iter::repeat_n(TO_COME, usize::try_from(WIDTH).unwrap_or(0) - full).collect();
    format!("skin, {modality}  {filled}{empty} {} of {}", span(load), span(limit))
}
