//! `therapy list`.

use std::fmt::Write as _;

use serde::Serialize;

use super::folders::Folders;
use super::{Exit, Failure, print_json, print_text, say};
use crate::domain::protocol::{Choice, Draft};
use crate::domain::step::StepKind;
use crate::edge::catalog::{self, Entry};
use crate::text::durations::{in_words, seconds, with_range};
use crate::text::printable::aligned;

#[derive(Serialize)]
struct Row {
    name: String,
    summary: String,
    steps: String,
    /// None when the steps are not known: they depend on the age of the injury, or cannot be read.
    total_s: Option<f64>,
    from_hours_after_injury: u32,
    own: bool,
    may_run: bool,
    #[serde(skip)]
    total: String,
    #[serde(skip)]
    fits: String,
}

/// Lists the built-in protocols and the person's own.
pub(super) fn run(folders: &Folders, json: bool) -> Result<Exit, Failure> {
    let (own, errors) = catalog::own(&folders.protocols());
    for error in errors {
        say(&format!("warning: {error}"));
    }
    let built_in = catalog::built_ins();
    for entry in &own {
        if built_in.iter().any(|known| known.name() == entry.name()) {
            say(&format!(
                "warning: {} has the name of a built-in protocol, and therapy run {} runs that one: rename yours",
                entry.place(),
                entry.name()
            ));
        }
    }
    let rows: Vec<Row> = built_in.iter().chain(&own).map(row).collect();
    if json { print_json(&rows) } else { print_text(&table(&rows)) }
}

fn row(entry: &Entry) -> Row {
    let draft = &entry.parsed.draft;
    let by_injury = entry.parsed.by_injury.as_ref();
    let steps = draft.expand(Choice::default());
    let total =
        steps.iter().map(|step| step.length).fold(std::time::Duration::ZERO, std::time::Duration::saturating_add);
    let heat = steps.iter().any(|step| step.kind == StepKind::Heat);
    let may_run = entry.parsed.review().iter().all(|problem| problem.level < crate::format::Level::Refused);
    Row {
        name: draft.name.clone(),
        summary: draft.summary.clone(),
        steps: by_injury
            .map_or_else(|| in_short(draft), |by| format!("{}; from 3 days on, {}", by.under_72h, by.from_72h)),
        total_s: (!steps.is_empty()).then(|| seconds(total)),
        from_hours_after_injury: if heat { 72 } else { 0 },
        own: entry.path.is_some(),
        may_run,
        total: if steps.is_empty() { "-".to_owned() } else { in_words(total) },
        fits: match (may_run, by_injury, heat) {
            (false, _, _) => format!("cannot run: therapy check {}", entry.place()),
            (_, Some(_), _) => "needs the injury time".to_owned(),
            (_, None, true) => "from 3 days after injury".to_owned(),
            (_, None, false) => "from the first hour".to_owned(),
        },
    }
}

/// `heat 20 min, cold 20 min, 3 rounds`.
fn in_short(draft: &Draft) -> String {
    let steps = draft.steps().map(|step| {
        let range = &step.length;
        let one = draft.only_step().is_some();
        let length = if one { with_range(range.default, range.min, range.max) } else { in_words(range.default) };
        format!("{} {length}", step.kind)
    });
    let mut short = steps.collect::<Vec<_>>().join(", ");
    if let Some(rounds) = draft.rounds {
        let _ = write!(short, ", {} rounds", rounds.default);
    }
    short
}

fn table(rows: &[Row]) -> String {
    let cells = |row: &Row| vec![row.name.clone(), row.steps.clone(), row.total.clone(), row.fits.clone()];
    let (own, built_in): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.own);
    let heading = (!own.is_empty()).then(|| vec!["Yours".to_owned()]);
    let table = built_in.into_iter().map(cells).chain(heading).chain(own.into_iter().map(cells));
    aligned(&table.collect::<Vec<_>>())
}
