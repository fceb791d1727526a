//! The file format of protocols: TOML text in, a draft and every problem out, each with its place.
//!
//! Pure: it never opens a file, so that a fuzzer and the built-ins go through the same door.
//! All problems are told in one go; what could still be read is reviewed as far as it is certain.

use std::borrow::Cow;
use std::ops::Range as Span;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::protocol::{Choice, Draft, DraftStep, Range};
use crate::domain::rules::{self, Context, Finding, Injury, Severity, review};
use crate::domain::step::StepKind;

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
    pub rule: Option<&'static str>,
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
const RANGE_KEYS: &[&str] = &["default", "max", "min"];
const BY_INJURY_KEYS: &[&str] = &["from_72h", "under_72h"];
const DURATION_HINT: &str = "write a whole duration with its unit, such as \"10min\" or \"1m 30s\"";
/// A name must fit a table and a notification.
const NAME_MOST: usize = 40;
/// A note must fit two lines.
const TEXT_MOST: usize = 200;
/// Nobody mends more places at once, and to show each the whole text is gone through.
const TOLD_MOST: usize = 100;

/// Reads a protocol. `fallback` is its name when the text gives none: the file's name.
#[must_use]
pub fn parse(text: &str, fallback: &str) -> Parsed {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, problems: Vec::new() };
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        reader.error(span, error.message().to_owned(), "see the examples of the format in the README".to_owned());
    }
    let broken = !errors.is_empty();
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
    if steps.is_empty() && by_injury.is_none() && !broken && !table.contains_key("step") {
        let end = text.trim_end().len();
        reader.error(end.min(whole.end)..end, "no steps".to_owned(), "add a [[step]] with do and for".to_owned());
    }
    let left_out = |step: &Option<DraftStep>| step.as_ref().is_some_and(|step| !step.last_round);
    if let Some((_, place)) = steps.last().filter(|_| steps.iter().all(|(step, _)| left_out(step))) {
        let hint = "one step at least stays without last_round = false".to_owned();
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
            steps: steps.iter().filter_map(|(step, _)| step.clone()).collect(),
            sources,
        },
        by_injury,
        problems,
        steps,
        rounds_place: table.get("rounds").map(Spanned::span),
    }
}

/// Defaults of `run`, from `config.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// As `--confirm`.
    pub confirm: bool,
    /// As `--no-notify`.
    pub no_notify: bool,
    /// As `--progress`.
    pub progress: Option<String>,
}

/// Values of `--progress`.
pub const PROGRESS: [&str; 5] = ["auto", "bar", "plain", "json", "quiet"];

/// Reads the defaults of `run`.
#[must_use]
pub fn settings(text: &str) -> (Settings, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, problems: Vec::new() };
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        reader.error(span, error.message().to_owned(), "see the README on config.toml".to_owned());
    }
    let table = table.get_ref();
    reader.unknown_keys(table, &["confirm", "no_notify", "progress"], "config.toml");
    let progress = reader.text(table, "progress", NAME_MOST);
    if let (Some(name), Some(value)) = (&progress, table.get("progress"))
        && !PROGRESS.contains(&name.as_str())
    {
        let hint = format!("write one of {}", PROGRESS.join(", "));
        reader.error(value.span(), "no such kind of progress".to_owned(), hint);
    }
    let settings = Settings {
        confirm: reader.flag(table, "confirm").unwrap_or(false),
        no_notify: reader.flag(table, "no_notify").unwrap_or(false),
        progress,
    };
    (settings, told_in_order(reader.problems))
}

impl Parsed {
    /// Whether the text can be read as a protocol.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.problems.iter().all(|problem| problem.level < Level::Error)
    }

    /// All problems: those of reading, and what the rules find in the defaults and in the largest
    /// choice that the file offers, for an old injury and fresh skin.
    #[must_use]
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
        told_in_order(problems)
    }

    /// What the rules refuse whatever stands in the places that could not be read: each run of
    /// readable steps between them, on fresh skin.
    fn certain_refusals(&self, context: &Context) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut first = 0;
        for run in self.steps.split(|(step, _)| step.is_none()) {
            let steps: Vec<_> = run.iter().filter_map(|(step, _)| step.clone()).collect();
            let draft = Draft { steps, ..Draft::of("", &[]) };
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
            let told = |problem: &Problem| problem.span == place && problem.rule == Some(finding.rule);
            if !problems.iter().any(told) {
                problems.push(Problem::from_finding(&finding, place));
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
fn told_in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    if problems.len() > TOLD_MOST {
        problems.sort_by_key(|problem| (std::cmp::Reverse(problem.level), problem.span.start, problem.span.end));
        let rest = problems.split_off(TOLD_MOST);
        problems.extend(rest.first().map(|first| Problem {
            level: Level::Note,
            span: first.span.clone(),
            message: format!("from here on, {} more", rest.len()),
            rule: None,
            hint: "mend these first".to_owned(),
        }));
    }
    problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
    problems
}

impl Problem {
    fn from_finding(finding: &Finding, span: Span<usize>) -> Problem {
        Problem {
            level: match finding.severity {
                Severity::Refuse | Severity::Override => Level::Refused,
                Severity::Warn => Level::Warning,
                Severity::Note => Level::Note,
            },
            span,
            message: finding.message.clone(),
            rule: Some(finding.rule),
            hint: rules::find(finding.rule).map_or("", |rule| rule.way_out).to_owned(),
        }
    }
}

/// Walks the parsed text and collects problems instead of stopping at the first.
struct Reader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

type Table<'a> = DeTable<'a>;

impl Reader<'_> {
    fn error(&mut self, span: Span<usize>, message: String, hint: String) {
        self.problems.push(Problem { level: Level::Error, span, message, rule: None, hint });
    }

    fn unknown_keys(&mut self, table: &Table<'_>, known: &[&str], what: &str) {
        for (key, _) in table {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let hint = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the keys of {what} are {}", known.join(", ")),
                };
                self.error(key.span(), format!("unknown key `{}` of {what}", printable(name)), hint);
            }
        }
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let found = value.get_ref().type_str();
        self.error(value.span(), format!("expected {wanted}, found {found}"), format!("write {wanted} here"));
    }

    /// A line of text that may be shown on a terminal and in a notification.
    fn text(&mut self, table: &Table<'_>, key: &str, most: usize) -> Option<String> {
        let value = table.get(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, "a string in quotes");
            return None;
        };
        let control = text.chars().any(is_control);
        if control || text.trim().is_empty() || text.chars().count() > most {
            let message = format!("`{key}` must be one line of 1 to {most} characters without control characters");
            self.error(value.span(), message, "write it as one short line".to_owned());
            return None;
        }
        Some(text.to_owned())
    }

    fn texts(&mut self, table: &Table<'_>, key: &str) -> Vec<String> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(value, "a list of strings such as [\"S3\"]");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) if text.chars().any(is_control) => {
                    let message = format!("`{key}` must be without control characters");
                    self.error(item.span(), message, "write each as one short line".to_owned());
                }
                Some(text) => texts.push(text.to_owned()),
                None => self.wrong_type(item, "a string in quotes"),
            }
        }
        texts
    }

    fn flag(&mut self, table: &Table<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(value, "true or false");
        }
        flag
    }

    fn rounds(&mut self, table: &Table<'_>) -> Option<Range<u32>> {
        self.range(table.get("rounds")?, Reader::round)
    }

    fn round(&mut self, value: &Spanned<DeValue<'_>>) -> Option<u32> {
        let Some(number) = value.get_ref().as_integer() else {
            self.wrong_type(value, "a whole number of rounds");
            return None;
        };
        let rounds = u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|rounds| *rounds > 0);
        if rounds.is_none() {
            let message = "rounds are counted from 1".to_owned();
            self.error(value.span(), message, "write a whole number, 1 or more".to_owned());
        }
        rounds
    }

    fn duration(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Duration> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, "a duration such as \"10min\"");
            return None;
        };
        let months = text
            .bytes()
            .zip(text.bytes().skip(1).chain([b' ']))
            .position(|(byte, next)| byte == b'M' && !next.is_ascii_alphabetic());
        let parsed = match months {
            Some(at) => Err((at..at + 1, "`M` means months".to_owned())),
            None => humantime::parse_duration(text).map_err(|error| (error_place(&error, text), error_words(&error))),
        };
        match parsed {
            Ok(duration) if text.trim() != "0" => Some(duration),
            Ok(_) => {
                self.error(value.span(), "a duration without a unit".to_owned(), DURATION_HINT.to_owned());
                None
            }
            Err((inner, message)) => {
                let span = self.inside(value.span(), text, inner);
                self.error(span, format!("bad duration: {message}"), DURATION_HINT.to_owned());
                None
            }
        }
    }

    /// The place of `inner` of a quoted string, or the whole string when escapes hide it.
    fn inside(&self, span: Span<usize>, text: &str, inner: Span<usize>) -> Span<usize> {
        let plain = self.text.get(span.start + 1..span.end.saturating_sub(1)) == Some(text);
        if plain && inner.end <= text.len() && inner.start < inner.end {
            span.start + 1 + inner.start..span.start + 1 + inner.end
        } else {
            span
        }
    }

    /// One value, or `{ default, min, max }` with `min <= default <= max`.
    fn range<T: Copy + PartialOrd>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        mut read: impl FnMut(&mut Self, &Spanned<DeValue<'_>>) -> Option<T>,
    ) -> Option<Range<T>> {
        let Some(table) = value.get_ref().as_table() else {
            return read(self, value).map(Range::fixed);
        };
        self.unknown_keys(table, RANGE_KEYS, "a range");
        let missing = !table.contains_key("default");
        if missing {
            self.error(value.span(), "a range without `default`".to_owned(), "add default = …".to_owned());
        }
        let [default, min, max] = ["default", "min", "max"].map(|key| table.get(key).map(|value| read(self, value)));
        let default = default??;
        let (min, max) = (min.unwrap_or(Some(default))?, max.unwrap_or(Some(default))?);
        if min > default || default > max {
            let message = "a range must have min <= default <= max".to_owned();
            self.error(value.span(), message, "put the three in order".to_owned());
            return None;
        }
        Some(Range { default, min, max })
    }

    fn by_injury(&mut self, table: &Table<'_>) -> Option<ByInjury> {
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
            self.error(value.span(), "by_injury stands instead of steps".to_owned(), hint);
        }
        switch
    }

    fn steps(&mut self, table: &Table<'_>) -> Vec<(Option<DraftStep>, Span<usize>)> {
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
            self.error(value.span(), format!("no kind of step is called \"{}\"", printable(name)), hint);
        }
        kind
    }
}

fn error_place(error: &humantime::DurationError, text: &str) -> Span<usize> {
    use humantime::DurationError::{InvalidCharacter, NumberExpected, UnknownUnit};
    match error {
        InvalidCharacter(at) | NumberExpected(at) => {
            let rest = text.get(*at..).unwrap_or_default();
            *at..at + rest.chars().next().map_or(0, char::len_utf8)
        }
        UnknownUnit { start, end, .. } if start < end => *start..*end,
        _ => 0..text.len(),
    }
}

/// What is wrong; where it is, the caret shows.
fn error_words(error: &humantime::DurationError) -> String {
    use humantime::DurationError::{InvalidCharacter, NumberExpected};
    match error {
        InvalidCharacter(_) => "a character that is part of no duration".to_owned(),
        NumberExpected(_) => "expected a number".to_owned(),
        _ => error.to_string(),
    }
}

/// The name most like `wanted`, when one is alike enough to be meant.
pub fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const ALIKE: f64 = 0.75;
    let alike = |name: &str| strsim::jaro_winkler(&wanted.to_lowercase(), &name.to_lowercase());
    let near = names.map(|name| (alike(name), name)).filter(|(alike, _)| *alike >= ALIKE);
    near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// Whether a letter is one that a terminal obeys or hides: also what changes the direction of writing, so
/// that a file cannot show another number than it has, and what has no width. The joiners of emoji stay.
#[must_use]
pub fn is_control(letter: char) -> bool {
    let hides = matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}');
    letter.is_control() || hides || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` as it may be shown on a terminal: control characters made visible.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_control) {
        Cow::Owned(
            text.chars().flat_map(|c| if is_control(c) { c.escape_default().collect() } else { vec![c] }).collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}
