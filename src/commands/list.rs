//! `therapy list`.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Exit, Failure, print_json, print_text, protocols_folder, say};
use crate::domain::protocol::{Choice, Draft};
use crate::domain::step::StepKind;
use crate::edge::catalog::{self, Entry};
use crate::words::span;

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
pub(super) fn run(json: bool) -> Result<Exit, Failure> {
    let (own, errors) = catalog::own(&protocols_folder());
    for error in errors {
        say(&format!("warning: {error}"));
    }
    let built_in = catalog::built_ins();
    for entry in &own {
        if built_in.iter().any(|known| known.name() == entry.name()) {
            say(&format!(
                "warning: {} is called like a built-in protocol: `run` takes the built-in one",
                entry.place()
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
            .map_or_else(|| in_short(draft), |by| format!("{} before 72h, then {}", by.under_72h, by.from_72h)),
        total_s: (!steps.is_empty()).then(|| crate::edge::lines::seconds(total)),
        from_hours_after_injury: if heat { 72 } else { 0 },
        own: entry.path.is_some(),
        may_run,
        total: if steps.is_empty() { "-".to_owned() } else { span(total) },
        fits: match (may_run, by_injury, heat) {
            (false, _, _) => "cannot run: see `therapy check`".to_owned(),
            (_, Some(_), _) => "any time; needs --injured".to_owned(),
            (_, None, true) => "from 72h after the injury".to_owned(),
            (_, None, false) => "from the first hour".to_owned(),
        },
    }
}

/// `heat 20m, cold 20m, 3 times`.
fn in_short(draft: &Draft) -> String {
    let steps = draft.steps().map(|step| {
        let range = &step.length;
        let choice = if range.is_open() && draft.only_step().is_some() {
            format!(" ({} to {})", span(range.min), span(range.max))
        } else {
            String::new()
        };
        format!("{} {}{choice}", step.kind, span(range.default))
    });
    let mut short = steps.collect::<Vec<_>>().join(", ");
    if let Some(rounds) = draft.rounds {
        let _ = write!(short, ", {} times", rounds.default);
    }
    short
}

fn table(rows: &[Row]) -> String {
    let width =
        |cell: fn(&Row) -> &str| rows.iter().map(|row| console::measure_text_width(cell(row))).max().unwrap_or(0);
    let (name, steps, total) = (width(|row| &row.name), width(|row| &row.steps), width(|row| &row.total));
    let mut table = String::new();
    for row in rows {
        let pad = |text: &str, width| console::pad_str(text, width, console::Alignment::Left, None).into_owned();
        let cells = [pad(&row.name, name), pad(&row.steps, steps), pad(&row.total, total), row.fits.clone()];
        let _ = writeln!(table, "{}", cells.join("  ").trim_end());
    }
    table
}
