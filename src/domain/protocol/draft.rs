//! A protocol as its author wrote it, before any review. It must not know rules.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::domain::exposure::Exposure;
use crate::domain::protocol::{Choice, DraftStep, Fits, Part, Range};
use crate::domain::site::Site;
use crate::domain::step::{Step, StepKind};

/// A protocol as its author wrote it, before any review.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The name, as `run` takes it.
    pub name: String,
    /// One line for `list`.
    pub summary: String,
    /// A caution that is printed before the start.
    pub caution: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// How to reach the author.
    pub contact: Option<String>,
    /// How many sessions a day a plan aims at.
    pub per_day: Option<u32>,
    /// For how many days a plan is made.
    pub days: Option<u32>,
    /// Where its packs lie, when the file says so.
    pub site: Option<Site>,
    /// What it is for, when the file says so.
    pub fits: Vec<Fits>,
    /// The number of rounds; `None` when the file has no rounds.
    pub rounds: Option<Range<u32>>,
    /// The length of the rest before every dose that begins or changes; zero for none.
    pub changeover: Option<Duration>,
    /// What one round consists of.
    pub parts: Vec<Part>,
    /// No choice makes a cold longer than a heat, as in the built-in `contrast` (S1 has both alike).
    pub cold_at_most_heat: bool,
    /// Sources of the protocol as a whole.
    pub sources: Vec<String>,
}

/// A draft is never expanded to more steps than this. `session-limit` refuses far fewer.
const EXPANDED_MOST: usize = 1000;

/// How long a changeover may last (ours): time to change packs, and no therapy of its own.
pub const CHANGEOVER: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(10 * 60);

/// Whether a pack is put on that was not on just before. After a step without a pack there was time for it.
fn needs_hands(before: Option<StepKind>, kind: StepKind) -> bool {
    kind.has_pack() && before.is_none_or(|before| before.has_pack() && before != kind)
}

impl Draft {
    /// A draft of these steps, each of a fixed length, without rounds or sources.
    pub fn of(name: &str, steps: &[Exposure]) -> Draft {
        let steps = steps.iter().map(|&(kind, length)| Part::Step(DraftStep::new(kind, length)));
        Draft { name: name.to_owned(), parts: steps.collect(), ..Draft::default() }
    }

    /// The steps as they stand in the file, each once. [`Step::origin`] counts in this order.
    pub fn steps(&self) -> impl Iterator<Item = &DraftStep> {
        self.parts.iter().flat_map(Part::steps)
    }

    /// The step of a protocol that has only one.
    pub fn only_step(&self) -> Option<&DraftStep> {
        let [part] = &self.parts[..] else { return None };
        let [step] = part.steps() else { return None };
        (part.times() == 1).then_some(step)
    }

    /// The number of steps of one round.
    pub(super) fn steps_of_round(&self) -> usize {
        let times = |part: &Part| usize::try_from(part.times()).unwrap_or(usize::MAX);
        self.parts.iter().map(|part| part.steps().len().saturating_mul(times(part))).fold(0, usize::saturating_add)
    }

    /// The length of a changeover, if there is one.
    pub fn changeover(&self, choice: Choice) -> Option<Duration> {
        choice.changeover.or(self.changeover).filter(|length| !length.is_zero())
    }

    /// The steps of all rounds in a row, with the person's choice and with changeovers. A choice that the protocol does
    /// not offer changes nothing here; `Draft::choice_errors` reports it.
    pub fn expand(&self, choice: Choice) -> Vec<Step> {
        let rounds = self.rounds.map_or(1, |rounds| choice.rounds.unwrap_or(rounds.default));
        let length = choice.length.filter(|_| self.only_step().is_some());
        // The steps of one round, each with its origin.
        let mut origin = 0;
        let round = self.parts.iter().filter(|part| !part.steps().is_empty()).flat_map(|part| {
            let first = origin;
            origin += part.steps().len();
            let once = part.steps().iter().enumerate();
            (0..part.times()).flat_map(move |_| once.clone().map(move |(index, step)| (first + index, step)))
        });
        let round: Vec<_> = round.take(EXPANDED_MOST).collect();
        let all = (1..=rounds).flat_map(|number| {
            let steps = round.iter().filter(move |(_, step)| step.last_round || number < rounds);
            steps.map(move |&(origin, step)| {
                let chosen = choice.of_kind(step.kind).or(length);
                Step {
                    kind: step.kind,
                    length: chosen.unwrap_or(step.length.default),
                    note: step.note.clone(),
                    cue: step.cue.clone(),
                    // The author left the skin check out of a dose of that length, not of a longer one.
                    halfway: step.halfway || chosen.is_some_and(|chosen| chosen > step.length.max),
                    changeover: false,
                    round: number,
                    origin,
                }
            })
        });
        let changeover = self.changeover(choice);
        let mut before = None;
        let all = all.flat_map(|step| {
            let is_change = needs_hands(before.replace(step.kind), step.kind);
            let rest = changeover.filter(|_| is_change).map(|length| {
                let Step { round, origin, .. } = step;
                Step { changeover: true, round, origin, ..Step::new(StepKind::Rest, length) }
            });
            rest.into_iter().chain([step])
        });
        all.take(EXPANDED_MOST).collect()
    }

    /// The stated maximum of each of these expanded steps. A changeover has none.
    pub(super) fn longest(&self, steps: &[Step]) -> Vec<Option<Duration>> {
        let drafted: Vec<_> = self.steps().map(|step| step.length).collect();
        let stated = |step: &Step| drafted.get(step.origin).filter(|length| length.stated && !step.changeover);
        steps.iter().map(|step| stated(step).map(|length| length.max)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(number: u64) -> Duration {
        Duration::from_secs(number * 60)
    }

    fn draft(kinds: &[(StepKind, u64, bool)], rounds: Option<Range<u32>>) -> Draft {
        let parts = kinds.iter().map(|&(kind, length, last_round)| {
            Part::Step(DraftStep { last_round, ..DraftStep::new(kind, minutes(length)) })
        });
        Draft { name: "test".to_owned(), rounds, parts: parts.collect(), ..Draft::default() }
    }

    fn expanded(draft: &Draft, choice: Choice) -> Vec<(StepKind, u32)> {
        draft.expand(choice).iter().map(|step| (step.kind, step.round)).collect()
    }

    #[test]
    fn a_step_may_be_left_out_of_the_last_round() {
        use StepKind::{Cold, Heat, Rest};
        let draft = draft(&[(Heat, 10, true), (Cold, 10, true), (Rest, 2, false)], Some(Range::fixed(2)));
        let all = [(Heat, 1), (Cold, 1), (Rest, 1), (Heat, 2), (Cold, 2)];
        assert_eq!(expanded(&draft, Choice::default()), all);
        let one = Choice { rounds: Some(1), ..Choice::default() };
        assert_eq!(expanded(&draft, one), [(Heat, 1), (Cold, 1)]);
    }

    #[test]
    fn a_group_is_repeated_in_every_round_and_keeps_the_places_of_its_steps() {
        use StepKind::{Cold, Heat, Rest};
        let steps = [(Cold, 1), (Heat, 4)].map(|(kind, length)| DraftStep::new(kind, minutes(length)));
        let group = Part::Group { times: 2, steps: steps.to_vec() };
        let [first, last] = [Heat, Rest].map(|kind| Part::Step(DraftStep::new(kind, minutes(10))));
        let draft = Draft { parts: vec![first, group, last], rounds: Some(Range::fixed(2)), ..Draft::default() };
        let round = [(Heat, 0), (Cold, 1), (Heat, 2), (Cold, 1), (Heat, 2), (Rest, 3)];
        let steps = draft.expand(Choice::default());
        let places: Vec<_> = steps.iter().map(|step| (step.kind, step.origin)).collect();
        assert_eq!(places, round.repeat(2));
        assert_eq!(draft.steps().count(), 4);
    }

    #[test]
    fn a_choice_that_the_protocol_does_not_offer_changes_nothing() {
        let two = draft(&[(StepKind::Heat, 10, true), (StepKind::Cold, 10, true)], None);
        let both = Choice { length: Some(minutes(25)), rounds: Some(2), ..Choice::default() };
        let lengths: Vec<_> = two.expand(both).iter().map(|step| step.length).collect();
        assert_eq!(lengths, [minutes(10), minutes(10)]);
    }
}
