//! The steps of a protocol, alone or in groups. It must not know what comes before and after them in a session.

use std::ops::Range as Span;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::reader::{Reader, Value};
use super::{LINE_MOST, Level, Problem, TEXT_MOST};
use crate::domain::protocol::{DraftStep, Part};

/// A step as far as it could be read, and the place of its length.
pub(super) type ReadStep = (Option<DraftStep>, Span<usize>);

/// A step or a group, as far as it could be read.
#[derive(Clone, Debug)]
pub(super) struct ReadPart {
    /// How often a group is repeated, and the place of that. `None` for a step that is in no group.
    pub(super) times: Option<(Option<u32>, Span<usize>)>,
    /// The one step, or those of the group.
    pub(super) steps: Vec<ReadStep>,
}

impl ReadPart {
    fn step(step: ReadStep) -> ReadPart {
        ReadPart { times: None, steps: vec![step] }
    }

    /// The part, or the readable steps of a group that could not be read as a whole, each with the number of its steps.
    /// `None` is a gap: what is before and after it may not follow each other.
    pub(super) fn pieces(&self) -> Vec<(usize, Option<Part>)> {
        let is_read = self.times.as_ref().is_none_or(|(times, _)| times.is_some());
        if is_read && self.steps.iter().all(|(step, _)| step.is_some()) {
            return vec![(self.steps.len(), self.readable())];
        }
        let steps = self.steps.iter().map(|(step, _)| (1, step.clone().map(Part::Step)));
        [(0, None)].into_iter().chain(steps).chain([(0, None)]).collect()
    }

    /// What of it could be read.
    pub(super) fn readable(&self) -> Option<Part> {
        let mut steps = self.steps.iter().filter_map(|(step, _)| step.clone());
        let Some((times, _)) = self.times else { return steps.next().map(Part::Step) };
        let steps: Vec<_> = steps.collect();
        (!steps.is_empty()).then_some(Part::Group { times: times.unwrap_or(1), steps })
    }
}

/// A dose without a skin check draws a warning from this length on: the shortest that S3 gives.
const UNCHECKED_MOST: Duration = Duration::from_secs(10 * 60);

const STEP: [&str; 7] = ["cue", "do", "for", "halfway", "last_round", "note", "sources"];
const GROUP: [&str; 2] = ["steps", "times"];

pub(super) const ADD_STEP: &str = "add a [[step]] with do and for";
const ADD_STEPS: &str = "add steps = [ { do = \"cold\", for = \"1min\" } ]";

impl Reader<'_> {
    pub(super) fn parts(&mut self, table: &DeTable<'_>) -> Vec<ReadPart> {
        let Some(value) = table.get("step") else { return Vec::new() };
        let place = value.span();
        let Some(array) = value.get_ref().as_array() else {
            self.error(place.clone(), "`step` must be a list", "write [[step]], with two brackets");
            return vec![ReadPart::step((None, place))];
        };
        if array.is_empty() {
            self.error(place, "no steps", ADD_STEP);
        }
        array.iter().map(|item| self.part(item)).collect()
    }

    fn part(&mut self, item: &Value<'_>) -> ReadPart {
        match item.get_ref().as_table() {
            Some(table) if is_group(table) => self.group(item, table),
            _ => ReadPart::step(self.step(item)),
        }
    }

    fn group(&mut self, item: &Value<'_>, table: &DeTable<'_>) -> ReadPart {
        self.unknown_keys(table, &GROUP, "a group");
        let (times, steps) = (table.get("times"), table.get("steps"));
        if times.is_none() {
            self.error(item.span(), "a group without `times`", "add times = 2");
        }
        if steps.is_none() {
            self.error(item.span(), "a group without `steps`", ADD_STEPS);
        }
        let place = times.unwrap_or(item).span();
        let times = times.and_then(|value| self.count(value));
        let list = steps.and_then(|value| self.typed(value, "a list of steps", DeValue::as_array));
        if let Some((value, _)) = steps.zip(list).filter(|(_, list)| list.is_empty()) {
            self.error(value.span(), "a group without steps", ADD_STEPS);
        }
        let steps = list.into_iter().flatten().map(|item| self.step_of_group(item)).collect();
        ReadPart { times: Some((times, place)), steps }
    }

    fn step_of_group(&mut self, item: &Value<'_>) -> ReadStep {
        if item.get_ref().as_table().is_some_and(is_group) {
            self.error(item.span(), "a group inside a group", "write the steps of the inner group one by one");
            return (None, item.span());
        }
        self.step(item)
    }

    fn step(&mut self, item: &Value<'_>) -> ReadStep {
        let Some(table) = self.typed(item, "a table with do and for", DeValue::as_table) else {
            return (None, item.span());
        };
        self.unknown_keys(table, &STEP, "a step");
        let (kind, length) = (table.get("do"), table.get("for"));
        if kind.is_none() {
            self.error(item.span(), "a step without `do`", "add do = \"heat\"");
        }
        if length.is_none() {
            self.error(item.span(), "a step without `for`", "add for = \"10min\"");
        }
        let place = length.unwrap_or(item).span();
        let kind = kind.and_then(|value| self.kind(value));
        let length = length.and_then(|value| self.range(value, Reader::duration));
        let note = self.text(table, "note", TEXT_MOST);
        let cue = self.text(table, "cue", LINE_MOST);
        let last_round = self.flag(table, "last_round").unwrap_or(true);
        let halfway = self.flag(table, "halfway").unwrap_or(true);
        let sources = self.texts(table, "sources");
        let step =
            kind.zip(length).map(|(kind, length)| DraftStep { kind, length, note, cue, halfway, last_round, sources });
        self.skin_check(step.as_ref(), table);
        (step, place)
    }

    /// A warning about a long dose without a skin check.
    fn skin_check(&mut self, step: Option<&DraftStep>, table: &DeTable<'_>) {
        let is_long = |step: &&DraftStep| step.kind.has_pack() && step.length.max >= UNCHECKED_MOST;
        let Some((value, _)) = table.get("halfway").zip(step.filter(|step| !step.halfway).filter(is_long)) else {
            return;
        };
        self.warn(value.span(), "a dose of 10 min or more without a skin check", "remove halfway = false");
    }

    /// Problems with steps that are left out of the last round.
    pub(super) fn last_round(&mut self, parts: &[ReadPart], has_rounds: bool) {
        let steps = || parts.iter().flat_map(|part| &part.steps);
        let left_out = |(step, _): &&ReadStep| step.as_ref().is_some_and(|step| !step.last_round);
        if let Some((_, place)) = steps().last().filter(|_| steps().all(|step| left_out(&step))) {
            let hint = "remove last_round = false from at least one step";
            return self.error(place.clone(), "every step is left out of the last round", hint);
        }
        for (_, place) in steps().filter(|step| left_out(step) && !has_rounds) {
            self.warn(
                place.clone(),
                "this step never runs: it is left out of the last round, and there is only one",
                "add rounds, or remove last_round = false",
            );
        }
    }

    fn warn(&mut self, place: Span<usize>, message: &str, hint: &str) {
        self.problems.push(Problem { level: Level::Warning, ..Problem::error(place, message, hint) });
    }
}

/// Whether a table of a list of steps is meant as a group.
fn is_group(table: &DeTable<'_>) -> bool {
    GROUP.iter().any(|key| table.contains_key(*key))
}
