//! `therapy list`.

use serde_json::{Value, json};

use super::folders::Folders;
use super::show::total;
use super::{Exit, Failure, print_json, print_text, say};
use crate::domain::protocol::{Choice, Draft, Range};
use crate::domain::step::StepKind;
use crate::edge::catalog::{self, Entry};
use crate::format::Level;
use crate::text::durations::{in_words, seconds, with_range};
use crate::text::printable::aligned;

/// Lists the built-in protocols and the person's own.
pub(super) fn run(folders: &Folders, json: bool) -> Result<Exit, Failure> {
    let (own, errors) = catalog::own(&folders.protocols());
    for error in errors {
        say(&format!("warning: {error}"));
    }
    let built_in = catalog::built_ins();
    for entry in own.iter().filter(|entry| built_in.iter().any(|known| known.name() == entry.name())) {
        let (place, name) = (entry.place(), entry.name());
        say(&format!(
            "warning: {place} has the name of a built-in protocol, and therapy run {name} runs that one: rename yours"
        ));
    }
    let (documents, mut rows): (Vec<_>, Vec<_>) = built_in.iter().chain(&own).map(row).unzip();
    if json {
        return print_json(&documents);
    }
    if !own.is_empty() {
        rows.insert(built_in.len(), vec!["Yours".to_owned()]);
    }
    print_text(&aligned(&rows))
}

/// A protocol for programs, and for people.
fn row(entry: &Entry) -> (Value, Vec<String>) {
    let draft = &entry.parsed.draft;
    let by_injury = entry.parsed.by_injury.as_ref();
    let expanded = draft.expand(Choice::default());
    // Steps that depend on the age of the injury, or cannot be read, have no total.
    let total = (!expanded.is_empty()).then(|| total(&expanded));
    let heat = expanded.iter().any(|step| step.kind == StepKind::Heat);
    let may_run = entry.parsed.review().iter().all(|problem| problem.level < Level::Refused);
    let steps =
        by_injury.map_or_else(|| in_short(draft), |by| format!("{}; from 3 days on, {}", by.under_72h, by.from_72h));
    let document = json!({
        "name": draft.name, "summary": draft.summary, "steps": steps, "total_s": total.map(seconds),
        "from_hours_after_injury": if heat { 72 } else { 0 }, "own": entry.path.is_some(), "may_run": may_run,
    });
    let fits = match (may_run, by_injury, heat) {
        (false, _, _) => format!("cannot run: therapy check {}", entry.place()),
        (_, Some(_), _) => "needs the injury time".to_owned(),
        (_, None, true) => "from 3 days after injury".to_owned(),
        (_, None, false) => "from the first hour".to_owned(),
    };
    (document, vec![draft.name.clone(), steps, total.map_or("-".to_owned(), in_words), fits])
}

/// `heat 20 min, cold 20 min, 3 rounds`.
fn in_short(draft: &Draft) -> String {
    let is_only = draft.only_step().is_some();
    let steps = draft.steps().map(|step| {
        let Range { default, min, max, .. } = step.length;
        format!("{} {}", step.kind, if is_only { with_range(default, min, max) } else { in_words(default) })
    });
    let rounds = draft.rounds.map(|rounds| format!("{} rounds", rounds.default));
    steps.chain(rounds).collect::<Vec<_>>().join(", ")
}
