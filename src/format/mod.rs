//! The file format of protocols: TOML text in, a draft and every problem out, each with its place.
//!
//! Pure: it never opens a file, so that the built-in protocols, files and a fuzzer are all read in the same way. All
//! problems are reported at once. Where a text has errors, the readable steps are still reviewed.

use std::ops::Range as Span;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::nearest;
use crate::domain::protocol::{Choice, Draft, Part};
use crate::domain::rules::{Context, Injury, RuleId, Severity, review};
use crate::text::printable::revealed;
use crate::text::{choices, durations::count, lengths, nearest as passing, rules};

mod reader;

mod names;
mod quotes;
mod settings;
mod steps;
mod utf8;
mod words;

#[cfg(feature = "cli")]
pub mod report;

pub use names::bad_name;
use reader::{Reader, Value};
pub use settings::{PROGRESS, Settings, read as settings};
use steps::{ADD_STEP, ReadPart};
pub use utf8::decoded;

/// How severe a problem of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A remark.
    Note,
    /// A warning: the protocol can run.
    Warning,
    /// A rule refuses the protocol.
    Refused,
    /// The text cannot be read as a protocol.
    Error,
}

/// A problem at a place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How severe it is.
    pub level: Level,
    /// Byte range in the text.
    pub span: Span<usize>,
    /// What is wrong.
    pub message: String,
    /// The rule that is broken.
    pub rule: Option<RuleId>,
    /// What to do about it.
    pub hint: String,
}

impl Problem {
    fn error(span: Span<usize>, message: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { level: Level::Error, span, message: message.into(), rule: None, hint: hint.into() }
    }
}

/// Two built-in protocols, chosen by the age of the injury.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByInjury {
    /// Less than 72 h after the injury.
    pub under_72h: String,
    /// From exactly 72 h on.
    pub from_72h: String,
    /// The places of both names.
    places: [Span<usize>; 2],
}

/// A text as it was read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The protocol, complete when `problems` has no [`Level::Error`].
    pub draft: Draft,
    /// Set instead of steps.
    pub by_injury: Option<ByInjury>,
    /// What was found.
    pub problems: Vec<Problem>,
    /// The place of the name. Empty when the name is that of the file.
    pub name_place: Span<usize>,
    parts: Vec<ReadPart>,
    /// The place for a finding about the whole: the rounds, how often the last group is repeated, or the last step.
    whole: Span<usize>,
    /// The place of the changeover, if the text has one.
    changeover: Option<Span<usize>>,
    /// The place of how often a day it is meant to run. Empty without one.
    per_day: Span<usize>,
}

/// A name must fit a table and a notification.
const NAME_MOST: usize = 40;
/// A note must fit two lines.
const TEXT_MOST: usize = 200;
/// What is said before a step, an author and a contact must fit the line of a page or a screen.
const LINE_MOST: usize = 100;
/// As for `--days` of `plan`.
const DAYS_MOST: u32 = 31;
/// Nobody fixes more problems at once, and each costs a pass over the text.
const PROBLEMS_MOST: usize = 100;
const KEYS: &[&str] = &[
    "author",
    "by_injury",
    "caution",
    "changeover",
    "contact",
    "days",
    "fits",
    "name",
    "per_day",
    "rounds",
    "site",
    "sources",
    "step",
    "summary",
];

/// Reads a protocol file. Its problems include bytes that are not UTF-8. Returns the text that the places are in, too.
pub fn read(bytes: &[u8], file: &str) -> (Parsed, String) {
    let (text, bad) = decoded(bytes);
    let mut parsed = parse(&text, file);
    if let Some(bad) = bad {
        // The replaced bytes may be the cause of all else on their line, and of everything in UTF-16 or no text at all.
        let is_text = !bytes.contains(&0);
        parsed.problems.retain(|problem| is_text && !utf8::is_on_a_bad_line(problem.span.start, &text));
        parsed.problems.insert(0, bad);
    }
    (parsed, text)
}

/// Reads a protocol. `file` is the name of its file without the end: its name when the text has none.
pub fn parse(text: &str, file: &str) -> Parsed {
    let (straight, curly) = quotes::straight(text);
    let (mut reader, table) = Reader::parse(&straight, "the README shows an example of the format");
    let is_broken = !reader.problems.is_empty();
    let table = table.get_ref();
    reader.unknown_keys(table, KEYS, "a protocol");
    let (name, name_place) = reader.name(table, file);
    let summary = reader.text(table, "summary", TEXT_MOST).unwrap_or_default();
    let caution = reader.text(table, "caution", TEXT_MOST);
    let [author, contact] = ["author", "contact"].map(|key| reader.text(table, key, LINE_MOST));
    let [per_day, days] = [("per_day", u32::MAX), ("days", DAYS_MOST)]
        .map(|(key, most)| table.get(key).and_then(|value| reader.whole(value, 1..=most)));
    let sources = reader.texts(table, "sources");
    let (site, fits) = (reader.site(table), reader.fits(table));
    let rounds = table.get("rounds").and_then(|value| reader.range(value, Reader::count));
    let changeover = reader.changeover(table);
    let by_injury = table.get("by_injury").and_then(|value| reader.by_injury(value, table));
    let read = reader.parts(table);
    if read.is_empty() && by_injury.is_none() && !is_broken && !table.contains_key("step") {
        let end = text.trim_end().len();
        reader.error(end..end, "no steps", ADD_STEP);
    }
    reader.last_round(&read, table.contains_key("rounds"));
    let repeated = read.iter().rev().find_map(|part| part.times.as_ref()).map(|(_, place)| place.clone());
    let last = || read.last().and_then(|part| part.steps.last()).map(|(_, place)| place.clone());
    let whole = table.get("rounds").map(Spanned::span).or(repeated).or_else(last).unwrap_or(0..0);
    let parts = read.iter().filter_map(ReadPart::readable).collect();
    let problems = curly.into_iter().chain(reader.problems).collect();
    let draft = Draft {
        name,
        summary,
        caution,
        author,
        contact,
        per_day,
        days,
        site,
        fits,
        rounds,
        changeover,
        parts,
        sources,
        // No key of files: it holds for a built-in protocol.
        cold_at_most_heat: false,
    };
    let changeover = table.get("changeover").map(Spanned::span);
    let per_day = table.get("per_day").map_or(0..0, Spanned::span);
    let mut parsed = Parsed { draft, by_injury, problems, name_place, parts: read, whole, changeover, per_day };
    parsed.move_places(|place| on_letters(place, text));
    parsed.problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
    parsed
}

/// The place with the whole of the letters that it has a part of: a straight quote is a part of the curly one that it
/// replaces.
fn on_letters(place: &Span<usize>, text: &str) -> Span<usize> {
    let start = (0..=place.start).rev().find(|at| text.is_char_boundary(*at));
    let end = (place.end..text.len()).find(|at| text.is_char_boundary(*at));
    start.unwrap_or(0)..end.unwrap_or(text.len())
}

impl Parsed {
    fn move_places(&mut self, to: impl Fn(&Span<usize>) -> Span<usize>) {
        let names = self.by_injury.iter_mut().flat_map(|by_injury| &mut by_injury.places);
        let steps = self.parts.iter_mut().flat_map(|part| &mut part.steps).map(|(_, place)| place);
        let problems = self.problems.iter_mut().map(|problem| &mut problem.span);
        let alone = [&mut self.whole, &mut self.name_place, &mut self.per_day];
        alone
            .into_iter()
            .chain(&mut self.changeover)
            .chain(names)
            .chain(steps)
            .chain(problems)
            .for_each(|place| *place = to(place));
    }

    /// The place of the length of a step, or that of the whole.
    fn place_of(&self, step: usize) -> &Span<usize> {
        self.parts.iter().flat_map(|part| &part.steps).nth(step).map_or(&self.whole, |(_, place)| place)
    }

    /// Whether the text can be read as a protocol.
    pub fn is_readable(&self) -> bool {
        self.problems.iter().all(|problem| problem.level < Level::Error)
    }

    /// Adds a problem for each name in `by_injury` that is not `known` as a protocol with steps.
    pub fn check_references(&mut self, known: impl Fn(&str) -> bool) {
        let Some(ByInjury { under_72h, from_72h, places }) = &self.by_injury else { return };
        for (name, place) in [under_72h, from_72h].into_iter().zip(places).filter(|(name, _)| !known(name)) {
            let message = format!("there is no built-in protocol \"{}\" with steps", revealed(name));
            self.problems.push(Problem::error(place.clone(), message, "try: therapy list"));
        }
    }

    /// All problems: those of reading, and what the rules find in the defaults, for an old injury and without earlier
    /// doses. What they find only in the largest choice that the file offers is a warning.
    pub fn review(&self) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        if self.is_readable() {
            let findings = self.findings(&self.draft, 0, Choice::default());
            problems.extend(self.at_the_edges(&findings));
            problems.extend(findings);
            problems.extend(self.too_often());
        } else {
            problems.extend(self.certain_refusals());
        }
        in_order(problems)
    }

    /// Warnings about choices that the file offers and a rule refuses: its default may run. Two options are named together
    /// only where neither is refused alone.
    fn at_the_edges(&self, known: &[Problem]) -> Vec<Problem> {
        let with = |choice: Choice| {
            let mut new: Vec<Problem> = Vec::new();
            for found in self.findings(&self.draft, 0, choice) {
                let is_known = known.iter().chain(&new).any(|known| known.rule == found.rule);
                if found.level == Level::Refused && !is_known {
                    let message = format!("with {}, {}", choices::options(choice), found.message);
                    new.push(Problem { level: Level::Warning, message, ..found });
                }
            }
            new
        };
        let of_kinds = self.draft.largest_of_kinds().into_iter();
        let of_kinds = of_kinds.map(|(kind, length)| Choice::default().with(kind, length));
        let largest = self.draft.largest_choice();
        let alone = [Choice { rounds: None, ..largest }, Choice { length: None, ..largest }];
        let problems: Vec<_> = alone.into_iter().chain(of_kinds).flat_map(with).collect();
        if problems.is_empty() { with(largest) } else { problems }
    }

    /// Warnings about a day with as many sessions as the author wants.
    fn too_often(&self) -> impl Iterator<Item = Problem> {
        self.draft.too_often(Choice::default()).into_iter().map(|found| Problem {
            level: Level::Warning,
            span: self.per_day.clone(),
            message: rules::too_often(&found),
            rule: Some(found.rule),
            hint: rules::less_often(&found),
        })
    }

    /// What the rules refuse in each run of readable steps, without the steps that could not be read.
    fn certain_refusals(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (first, parts) in self.runs() {
            let draft = Draft { parts, changeover: self.draft.changeover, ..Draft::default() };
            let found = self.findings(&draft, first, Choice::default());
            problems.extend(found.into_iter().filter(|problem| problem.level == Level::Refused));
        }
        problems
    }

    /// The runs of readable parts, each with the number of its first step.
    fn runs(&self) -> Vec<(usize, Vec<Part>)> {
        let (mut runs, mut at) = (vec![(0, Vec::new())], 0);
        for (steps, piece) in self.parts.iter().flat_map(ReadPart::pieces) {
            at += steps;
            match (piece, runs.last_mut()) {
                (Some(piece), Some((_, run))) => run.push(piece),
                _ => runs.push((at, Vec::new())),
            }
        }
        runs
    }

    /// The findings about `draft`, whose first step is the file's step `first`, as problems. A step that is broken in
    /// every round is reported once.
    fn findings(&self, draft: &Draft, first: usize, choice: Choice) -> Vec<Problem> {
        let steps = draft.expand(choice);
        if steps.is_empty() {
            return Vec::new();
        }
        let context = Context { injury: Injury::Ago(Duration::MAX), ..Context::default() };
        let without = review(&draft.expand(Choice { changeover: Some(Duration::ZERO), ..choice }), &context);
        let (mut problems, nearest) = (Vec::<Problem>::new(), nearest::lengths(&steps));
        for finding in review(&steps, &context) {
            let is_by_changeover = !without.iter().any(|other| other.rule == finding.rule);
            let (place, way_out) = match (finding.step, &self.changeover) {
                (Some(index), _) => (self.place_of(first + steps[index].origin), rules::of(finding.rule).way_out),
                (None, Some(place)) if is_by_changeover => (place, "use a shorter changeover, or fewer rounds"),
                (None, _) => (&self.whole, rules::of(finding.rule).way_out),
            };
            let passes = passing::instead(&finding, (draft, choice), &steps, &nearest);
            let problem = Problem {
                level: match finding.severity {
                    Severity::Refuse | Severity::Overridable => Level::Refused,
                    Severity::Warn => Level::Warning,
                    Severity::Note => Level::Note,
                },
                span: place.clone(),
                message: rules::detail(&finding.detail),
                rule: Some(finding.rule),
                hint: passes.map_or_else(|| way_out.to_owned(), |passes| format!("{way_out}; {passes}")),
            };
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
}

/// Problems in order of place. Of more than [`PROBLEMS_MOST`] the most severe stay, and a note counts the rest.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    if problems.len() > PROBLEMS_MOST {
        problems.sort_by_key(|problem| (std::cmp::Reverse(problem.level), problem.span.start, problem.span.end));
        let rest = problems.split_off(PROBLEMS_MOST);
        problems.extend(rest.first().map(|first| Problem {
            level: Level::Note,
            span: first.span.clone(),
            message: format!("{} not shown", count(rest.len(), "more problem")),
            rule: None,
            hint: "fix these first".to_owned(),
        }));
    }
    problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
    problems
}

/// The parts that only protocols have.
impl Reader<'_> {
    fn by_injury(&mut self, value: &Value<'_>, protocol: &DeTable<'_>) -> Option<ByInjury> {
        if let Some(rounds) = protocol.get("rounds") {
            self.error(
                rounds.span(),
                "`by_injury` has no rounds of its own",
                "remove rounds: those of the chosen protocol count",
            );
        }
        let table = self.typed(value, "a table", DeValue::as_table)?;
        self.unknown_keys(table, &["from_72h", "under_72h"], "by_injury");
        let [under, from] = ["under_72h", "from_72h"].map(|key| self.text(table, key, NAME_MOST));
        let places = ["under_72h", "from_72h"].map(|key| table.get(key).map_or(0..0, Spanned::span));
        let by_injury = under.zip(from).map(|(under_72h, from_72h)| ByInjury { under_72h, from_72h, places });
        if by_injury.is_none() || protocol.contains_key("step") {
            let hint = "give under_72h and from_72h, each the name of a built-in protocol, and no steps";
            self.error(value.span(), "`by_injury` replaces the steps", hint);
        }
        by_injury
    }

    /// The length of a changeover, of a protocol or in `config.toml`; zero is none.
    fn changeover(&mut self, table: &DeTable<'_>) -> Option<Duration> {
        let value = table.get("changeover")?;
        let length = self.duration(value)?;
        let Some(wrong) = lengths::bad_changeover(length) else { return Some(length) };
        self.error(value.span(), wrong, "write a length from \"1s\" to \"10min\", or \"0s\" for none");
        None
    }
}
