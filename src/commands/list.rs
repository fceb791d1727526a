//! `therapy list`.

use console::Term;
use serde_json::{Value, json};

use super::folders::Folders;
use super::show::total;
use super::{Exit, Failure, print, print_json, say};
use crate::domain::protocol::{Choice, Part, Range};
use crate::domain::step::{Step, StepKind};
use crate::edge::catalog::{self, Entry, Own};
use crate::format::{Level, Problem};
use crate::text::advice::HEAT_LATER;
use crate::text::durations::{in_words, seconds, with_range};
use crate::text::fits::fits;
use crate::text::printable::{columns, cut, padded};
use crate::text::sites::words;

/// A protocol for people.
struct Row {
    name: String,
    steps: String,
    total: String,
    fits: String,
}

/// Lists the built-in protocols and the person's own.
pub(super) fn run(folders: &Folders, json: bool) -> Result<Exit, Failure> {
    let own = catalog::own(&folders.protocols()).unwrap_or_else(|error| {
        say(&format!("warning: {error}"));
        Vec::new()
    });
    for sentence in catalog::hidden(&own, None) {
        say(&format!("warning: {sentence}"));
    }
    let built_in = catalog::built_ins();
    if json {
        let own = own.iter().map(|own| own.content.as_ref().map_or_else(|_| unreadable(own), document));
        return print_json(&built_in.iter().map(document).chain(own).collect::<Vec<_>>());
    }
    let rows: Vec<Row> = built_in.iter().map(row).collect();
    let layout = Layout::of(&rows, Term::stdout().size_checked().map_or(0, |(_, width)| usize::from(width)));
    let mut text: String = rows.iter().map(|row| layout.line(row)).collect();
    if !own.is_empty() {
        text.push_str("Yours\n");
    }
    text.extend(own.iter().map(|own| match &own.content {
        Ok(entry) if own.may_run() => layout.line(&row(entry)),
        _ => layout.name(&own.name) + &format!("cannot run: therapy check {}\n", own.word()),
    }));
    print(text)
}

/// A protocol for programs.
fn document(entry: &Entry) -> Value {
    let draft = &entry.parsed.draft;
    let expanded = draft.expand(Choice::default());
    // Steps that depend on the age of the injury, or cannot be read, have no total.
    let total = (!expanded.is_empty()).then(|| total(&expanded));
    let may_run = entry.parsed.review().iter().all(|problem| problem.level < Level::Refused);
    json!({
        "name": draft.name, "summary": draft.summary, "steps": steps(entry, false), "total_s": total.map(seconds),
        "from_hours_after_injury": if gives_heat(&expanded) { 72 } else { 0 }, "own": entry.path.is_some(),
        "may_run": may_run, "path": entry.path.as_ref().map(|_| entry.place()), "fits": draft.fits,
    })
}

/// A file that cannot be read, for programs.
fn unreadable(own: &Own) -> Value {
    json!({
        "name": own.name, "summary": "", "steps": "", "total_s": null, "from_hours_after_injury": 0, "own": true,
        "may_run": false, "path": own.place(), "fits": [],
    })
}

fn row(entry: &Entry) -> Row {
    let draft = &entry.parsed.draft;
    let expanded = draft.expand(Choice::default());
    let fits = match entry.parsed.by_injury {
        Some(_) => "needs the injury time".to_owned(),
        None if !draft.fits.is_empty() => fits(&draft.fits),
        None if gives_heat(&expanded) => "from 3 days after injury".to_owned(),
        None => "from the first hour".to_owned(),
    };
    let total = if expanded.is_empty() { "-".to_owned() } else { in_words(total(&expanded)) };
    Row { name: draft.name.clone(), steps: steps(entry, true), total, fits }
}

fn gives_heat(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.kind == StepKind::Heat)
}

/// `heat 20 min, cold 20 min, 3 rounds`. In a table the minutes have their unit once: `heat 20, cold 20 min, 3 rounds`.
fn steps(entry: &Entry, in_table: bool) -> String {
    if let Some(by) = &entry.parsed.by_injury {
        return format!("{}; from 3 days on, {}", by.under_72h, by.from_72h);
    }
    let draft = &entry.parsed.draft;
    let is_only = draft.only_step().is_some();
    let all: Vec<_> = draft.steps().collect();
    let minutes = |seconds: u64| seconds < 60 * 60 && seconds.is_multiple_of(60);
    let once = in_table && all.iter().all(|step| minutes(step.length.default.as_secs()));
    let mut at = 0;
    let parts = draft.parts.iter().map(|part| {
        let steps = part.steps().iter().map(|step| {
            at += 1;
            let Range { default, min, max, .. } = step.length;
            let length = match () {
                () if is_only => with_range(default, min, max),
                () if once && at < all.len() => (default.as_secs() / 60).to_string(),
                () => in_words(default),
            };
            format!("{} {length}", step.kind)
        });
        let steps = steps.collect::<Vec<_>>().join(", ");
        if let Part::Group { times, .. } = part { format!("{times} × ({steps})") } else { steps }
    });
    let parts: Vec<_> = parts.collect();
    let rounds = draft.rounds.map(|rounds| format!("{} rounds", rounds.default));
    let changeover = draft.changeover(Choice::default()).map(|length| format!("changeovers {}", in_words(length)));
    parts.into_iter().chain(rounds).chain(changeover).collect::<Vec<_>>().join(", ")
}

/// What a protocol does and who wrote it, for somebody who has not seen it before: a line each.
pub(super) fn in_short(entry: &Entry, problems: &[Problem]) -> String {
    let draft = &entry.parsed.draft;
    let expanded = draft.expand(Choice::default());
    let total = (!expanded.is_empty()).then(|| format!("; {} in all", in_words(total(&expanded))));
    let summary = Some(&draft.summary).filter(|summary| !summary.is_empty());
    let heat = gives_heat(&expanded).then(|| HEAT_LATER.to_owned());
    let site = draft.site.map(|site| format!("for the {}", words(site)));
    let remarks = problems.iter().map(|problem| match problem.level {
        Level::Note => format!("note: {}", problem.message),
        _ => format!("warning: {}", problem.message),
    });
    let mut lines = vec![steps(entry, false) + &total.unwrap_or_default()];
    let who: Vec<_> = draft.author.iter().chain(&draft.contact).map(String::as_str).collect();
    lines.extend((!who.is_empty()).then(|| format!("by {}", who.join(", "))));
    lines.extend(
        site.into_iter().chain(heat).chain(draft.caution.iter().flat_map(|text| text.lines()).map(str::to_owned)),
    );
    lines.extend(remarks);
    let title = summary.map_or_else(|| draft.name.clone(), |summary| format!("{}: {summary}", draft.name));
    format!("{title}\n  {}\n", lines.join("\n  "))
}

/// The columns. They are made for the built-in protocols, so that no file of the person moves them.
struct Layout {
    name: usize,
    /// The steps and the total, with what is between them.
    plan: usize,
    total: usize,
}

impl Layout {
    const GAP: usize = 2;
    const USUAL: usize = 80;

    fn of(rows: &[Row], width: usize) -> Layout {
        let widest = |cell: fn(&Row) -> &str| rows.iter().map(|row| columns(cell(row))).max().unwrap_or(0);
        let [name, total] = [widest(|row| &row.name), widest(|row| &row.total)];
        let plan = widest(|row| &row.steps) + Layout::GAP + total;
        Layout { name, plan: plan + width.saturating_sub(Layout::USUAL), total }
    }

    /// The first column. A name that is too long for it has a line of its own.
    fn name(&self, name: &str) -> String {
        let width = self.name + Layout::GAP;
        if columns(name) > self.name {
            return format!("{}\n{:width$}", cut(name, Layout::USUAL), "");
        }
        padded(name, width)
    }

    /// A line. Steps are cut to the room that the total leaves.
    fn line(&self, Row { name, steps, total, fits }: &Row) -> String {
        let total = padded(total, self.total);
        let room = self.plan.saturating_sub(Layout::GAP + columns(&total));
        let gap = " ".repeat(Layout::GAP);
        [self.name(name), padded(&cut(steps, room), room), gap.clone(), total, gap, fits.clone() + "\n"].concat()
    }
}
