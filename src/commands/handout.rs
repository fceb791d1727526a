//! `therapy show PROTOCOL --handout`: a page for a patient. It is about the protocol alone: it has nothing from the
//! journal or the settings of the person who prints it.

use std::time::Duration;

use anyhow::anyhow;
use clap::ValueEnum as _;
use console::Term;

use super::chosen::{Chosen, find};
use super::folders::Folders;
use super::times::injured;
use super::{Exit, Failure, print_exactly};
use crate::cli::{Form, Which};
use crate::domain::protocol::TooOften;
use crate::domain::rules::{ACUTE, Context, Injury, Severity};
use crate::edge::clock;
use crate::output::handout::{Handout, Source};
use crate::text::rules;

/// The width of a page that no terminal shows.
const WIDTH: usize = 80;

/// Prints the page. A protocol that a rule refuses has none.
pub(super) fn run(folders: &Folders, name: &str, which: &Which, form: Form) -> Result<Exit, Failure> {
    let entry = find(folders, "show", name)?;
    let ages = match which.injured.as_deref() {
        Some(typed) => vec![age_of(typed)?],
        None if entry.parsed.by_injury.is_some() => vec![Injury::Ago(Duration::ZERO), Injury::Ago(ACUTE)],
        None => vec![Injury::Ago(Duration::MAX)],
    };
    let mut drafts = Vec::new();
    for injury in ages {
        let context = Context { injury, ..Context::default() };
        let mut chosen = Chosen::of_file(entry.clone(), which, &context);
        // The injury gets older after the page is printed, so the page says when heat is possible.
        chosen.context.injury = Injury::Ago(Duration::MAX);
        // A way out is a page too.
        let form = form.to_possible_value().map(|form| format!(" {}", form.get_name())).unwrap_or_default();
        chosen.more = format!(" --handout{form}");
        chosen.review(&[]).map_err(Failure::by_show)?;
        // No rule stops a session on paper, so a plan with too many of them is refused here. A warning refuses nothing.
        let is_refused = |found: &TooOften| found.rule.rule().severity != Severity::Warn;
        if let Some(found) = chosen.draft.too_often(chosen.choice).into_iter().find(is_refused) {
            let error = anyhow!("{} ({})", rules::too_often(&found), found.rule);
            let hint = format!("{}, then: therapy check {}", rules::less_often(&found), entry.word());
            return Err(Failure::new(Exit::Refused, error, hint));
        }
        drafts.push(chosen);
    }
    let choice = drafts.first().map(|chosen| chosen.choice).unwrap_or_default();
    let drafts: Vec<_> = drafts.into_iter().map(|chosen| chosen.draft).collect();
    let source =
        Source { file: &entry.parsed.draft, is_own: entry.path.is_some(), drafts: &drafts, choice, site: which.site };
    let page = Handout::new(source);
    let width = || Term::stdout().size_checked().map_or(WIDTH, |(_, width)| usize::from(width).min(WIDTH));
    print_exactly(match form {
        Form::Text => page.text(width()),
        Form::Md => page.markdown(),
        Form::Html => page.html(),
    })
}

/// The age of an injury at this time.
fn age_of(typed: &str) -> Result<Injury, Failure> {
    let now = clock::wall();
    let age = now.duration_since(injured(typed, now)?);
    Ok(Duration::try_from(age).map_or(Injury::Ago(Duration::ZERO), Injury::Ago))
}
