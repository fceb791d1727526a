//! The file format of protocols: TOML text in, a draft and every problem out, each with its place.
//!
//! Pure: it never opens a file, so that a fuzzer and the built-ins go through the same door.
//! All problems are told in one go; what could still be read is reviewed as far as it is certain.

use std::ops::Range as Span;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::protocol::{Choice, Draft, DraftStep, Part};
use crate::domain::rules::{Context, Finding, Injury, RuleId, Severity, review};
use crate::domain::step::StepKind;
use crate::text::printable::{nearest, printable};
use crate::text::rules;

mod reader;
mod settings;

use reader::Reader;
pub use settings::{PROGRESS, Settings, read as settings};

/// How grave a problem of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Said.
    Note,
    /// Said before the start.
    Warning,
    /// A rule refuses it.
    Refused,
    /// It cannot be read as a protocol.
    Error,
}

/// Something to say about a place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How grave.
    pub level: Level,
    /// Byte range in the text.
    pub span: Span<usize>,
    /// What is wrong.
    pub message: String,
    /// The rule that says so.
    pub rule: Option<RuleId>,
    /// The way out.
    pub hint: String,
}

/// Which protocol stands in for one that depends on the age of the injury.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByInjury {
    /// Before 72 h.
    pub under_72h: String,
    /// From exactly 72 h on.
    pub from_72h: String,
}

/// What a text says.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The protocol, complete when `problems` has no [`Level::Error`].
    pub draft: Draft,
    /// Set instead of steps.
    pub by_injury: Option<ByInjury>,
    /// What was found, in order of place.
    pub problems: Vec<Problem>,
    /// For each step of the file: it, if it could be read, and the place of its length.
    steps: Vec<(Option<DraftStep>, Span<usize>)>,
    rounds_place: Option<Span<usize>>,
}

const KEYS: &[&str] = &["by_injury", "caution", "name", "rounds", "sources", "step", "summary"];
const STEP_KEYS: &[&str] = &["do", "for", "last_round", "note", "sources"];
const BY_INJURY_KEYS: &[&str] = &["from_72h", "under_72h"];
/// A name must fit a table and a notification.
const NAME_MOST: usize = 40;
/// A note must fit two lines.
const TEXT_MOST: usize = 200;
/// More are not fixed at once, and each costs a pass over the text.
const TOLD_MOST: usize = 100;

/// Reads a protocol. `fallback` is its name when the text gives none: the file's name.
pub fn parse(text: &str, fallback: &str) -> Parsed {
    let (mut reader, table) = Reader::parse(text, "the README shows an example of the format");
    let is_broken = !reader.problems.is_empty();
    let whole = table.span();
    let table = table.get_ref();
    reader.unknown_keys(table, KEYS, "a protocol");
    let name = reader.text(table, "name", NAME_MOST).unwrap_or_else(|| fallback.to_owned());
    let summary = reader.text(table, "summary", TEXT_MOST).unwrap_or_default();
    let caution = reader.text(table, "caution", TEXT_MOST);
    let sources = reader.texts(table, "sources");
    let rounds = reader.rounds(table);
    let by_injury = reader.by_injury(table);
    let steps = reader.steps(table);
    if steps.is_empty() && by_injury.is_none() && !is_broken && !table.contains_key("step") {
        let end = text.trim_end().len();
        reader.error(end.min(whole.end)..end, "no steps".to_owned(), "add a [[step]] with do and for".to_owned());
    }
    let left_out = |step: &Option<DraftStep>| step.as_ref().is_some_and(|step| !step.last_round);
    if let Some((_, place)) = steps.last().filter(|_| steps.iter().all(|(step, _)| left_out(step))) {
        let hint = "remove last_round = false from at least one step".to_owned();
        reader.error(place.clone(), "every step is left out of the last round".to_owned(), hint);
    }
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
    Parsed {
        draft: Draft {
            name,
            summary,
            caution,
            rounds,
            parts: steps.iter().filter_map(|(step, _)| step.clone().map(Part::Step)).collect(),
            sources,
        },
        by_injury,
        problems,
        steps,
        rounds_place: table.get("rounds").map(Spanned::span),
    }
}

impl Parsed {
    /// Whether the text can be read as a protocol.
    pub fn is_readable(&self) -> bool {
        self.problems.iter().all(|problem| problem.level < Level::Error)
    }

    /// All problems: those of reading, and what the rules find in the defaults and in the largest
    /// choice that the file offers, for an old injury and fresh skin.
    pub fn review(&self) -> Vec<Problem> {
        let context = Context { injury: Injury::Ago(Duration::MAX), ..Context::default() };
        let mut problems = self.problems.clone();
        if self.is_readable() {
            let largest = self.draft.largest_choice();
            let mut findings = self.findings(&self.draft, 0, Choice::default(), &context);
            if largest != Choice::default() {
                let more = self.findings(&self.draft, 0, largest, &context);
                let new = more.into_iter().filter(|more| more.level == Level::Refused);
                let told =
                    |more: &Problem| findings.iter().any(|have| (&have.span, have.rule) == (&more.span, more.rule));
                let new: Vec<_> = new.filter(|more| !told(more)).collect();
                findings.extend(new.into_iter().map(|problem| Problem {
                    message: format!("at the largest choice that the file offers, {}", problem.message),
                    ..problem
                }));
            }
            problems.extend(findings);
        } else {
            problems.extend(self.certain_refusals(&context));
        }
        in_order(problems)
    }

    /// What the rules refuse whatever stands in the places that could not be read: each run of
    /// readable steps between them, on fresh skin.
    fn certain_refusals(&self, context: &Context) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut first = 0;
        for run in self.steps.split(|(step, _)| step.is_none()) {
            let parts = run.iter().filter_map(|(step, _)| step.clone().map(Part::Step)).collect();
            let draft = Draft { parts, ..Draft::default() };
            let found = self.findings(&draft, first, Choice::default(), context);
            problems.extend(found.into_iter().filter(|problem| problem.level == Level::Refused));
            first += run.len() + 1;
        }
        problems
    }

    /// The findings about `draft`, whose first step is the file's step `first`, as problems. A step
    /// that is broken in every round is told once.
    fn findings(&self, draft: &Draft, first: usize, choice: Choice, context: &Context) -> Vec<Problem> {
        let steps = draft.expand(choice);
        if steps.is_empty() {
            return Vec::new();
        }
        let mut problems: Vec<Problem> = Vec::new();
        for finding in review(&steps, context) {
            let place = match finding.step {
                Some(index) => self.steps[first + steps[index].origin].1.clone(),
                None => self.whole_place(),
            };
            let problem = Problem::from_finding(&finding, place);
            let is_known = |known: &Problem| {
                let same_place = (&known.span, known.rule) == (&problem.span, problem.rule);
                same_place && (finding.step.is_some() || known.message == problem.message)
            };
            if !problems.iter().any(is_known) {
                problems.push(problem);
            }
        }
        problems
    }

    /// Where to point for a finding about the whole: the rounds, or the last step.
    fn whole_place(&self) -> Span<usize> {
        let last = self.steps.last().map(|(_, place)| place.clone());
        self.rounds_place.clone().or(last).unwrap_or(0..0)
    }
}

/// Problems in order of place. Of more than [`TOLD_MOST`] the gravest are told, and a note counts the rest.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    if problems.len() > TOLD_MOST {
        problems.sort_by_key(|problem| (std::cmp::Reverse(problem.level), problem.span.start, problem.span.end));
        let rest = problems.split_off(TOLD_MOST);
        problems.extend(rest.first().map(|first| Problem {
            level: Level::Note,
            span: first.span.clone(),
            message: format!("{} more problems not shown", rest.len()),
            rule: None,
            hint: "fix these first".to_owned(),
        }));
    }
    problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
    problems
}

impl Problem {
    fn from_finding(finding: &Finding, span: Span<usize>) -> Problem {
        Problem {
            level: match finding.severity {
                Severity::Refuse | Severity::Overridable => Level::Refused,
                Severity::Warn => Level::Warning,
                Severity::Note => Level::Note,
            },
            span,
            message: rules::detail(&finding.detail),
            rule: Some(finding.rule),
            hint: rules::of(finding.rule).way_out.to_owned(),
        }
    }
}

/// The parts that only protocols have.
impl Reader<'_> {
    fn by_injury(&mut self, table: &DeTable<'_>) -> Option<ByInjury> {
        let value = table.get("by_injury")?;
        let Some(inner) = value.get_ref().as_table() else {
            self.wrong_type(value, "a table");
            return None;
        };
        self.unknown_keys(inner, BY_INJURY_KEYS, "by_injury");
        let names = BY_INJURY_KEYS.iter().map(|key| self.text(inner, key, NAME_MOST)).collect::<Vec<_>>();
        let both = <[Option<String>; 2]>::try_from(names).ok();
        let switch = both.and_then(|[from, under]| Some(ByInjury { under_72h: under?, from_72h: from? }));
        if switch.is_none() || table.contains_key("step") {
            let hint = "give under_72h and from_72h, each the name of a built-in protocol, and no steps".to_owned();
            self.error(value.span(), "`by_injury` replaces the steps".to_owned(), hint);
        }
        switch
    }

    fn steps(&mut self, table: &DeTable<'_>) -> Vec<(Option<DraftStep>, Span<usize>)> {
        let Some(value) = table.get("step") else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.error(
                value.span(),
                "`step` must be a list".to_owned(),
                "write [[step]], with two brackets".to_owned(),
            );
            return vec![(None, value.span())];
        };
        if array.is_empty() {
            self.error(value.span(), "no steps".to_owned(), "add a [[step]] with do and for".to_owned());
        }
        array.iter().map(|item| self.step(item)).collect()
    }

    fn step(&mut self, item: &Spanned<DeValue<'_>>) -> (Option<DraftStep>, Span<usize>) {
        let Some(table) = item.get_ref().as_table() else {
            self.wrong_type(item, "a table with do and for");
            return (None, item.span());
        };
        self.unknown_keys(table, STEP_KEYS, "a step");
        let kind = table.get("do").map(|value| self.kind(value));
        let length = table.get("for").map(|value| self.range(value, Reader::duration));
        let place = table.get("for").map_or(item.span(), Spanned::span);
        for (key, given) in [("do", kind.is_some()), ("for", length.is_some())] {
            if !given {
                let hint = format!("add {key} = {}", if key == "do" { "\"heat\"" } else { "\"10min\"" });
                self.error(item.span(), format!("a step without `{key}`"), hint);
            }
        }
        let note = self.text(table, "note", TEXT_MOST);
        let last_round = self.flag(table, "last_round").unwrap_or(true);
        let sources = self.texts(table, "sources");
        let step = kind.flatten().zip(length.flatten());
        (step.map(|(kind, length)| DraftStep { kind, length, note, last_round, sources }), place)
    }

    fn kind(&mut self, value: &Spanned<DeValue<'_>>) -> Option<StepKind> {
        let Some(name) = value.get_ref().as_str() else {
            self.wrong_type(value, "one of \"heat\", \"cold\", \"rest\", \"stretch\"");
            return None;
        };
        let kind = StepKind::from_name(name);
        if kind.is_none() {
            let names = StepKind::ALL.map(StepKind::as_str);
            let hint = match nearest(name, names.into_iter()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("a step does {}", names.join(", ")),
            };
            self.error(value.span(), format!("unknown kind of step \"{}\"", printable(name)), hint);
        }
        kind
    }
}
