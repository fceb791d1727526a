//! How often a day an author wants a protocol to run, against the limits of a day. It must not know words.

use std::time::Duration;

use crate::domain::protocol::{Choice, Draft};
use crate::domain::rules::{COLD_DAILY, Detail, HEAT_DAILY, RuleId};
use crate::domain::step::Modality;

/// A dose of a day that is above a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooOften {
    /// The rule.
    pub rule: RuleId,
    /// How often a day the author wants it.
    pub per_day: u32,
    /// How often a day it may run; 0 when one session is too much.
    pub most: u32,
    /// The dose and the limit.
    pub detail: Detail,
}

impl Draft {
    /// The doses of a day that are above a limit when the protocol runs as often as its author wants. A plan never has
    /// them, because it obeys the rules; a page for a patient would.
    pub fn too_often(&self, choice: Choice) -> Vec<TooOften> {
        let Some(per_day) = self.per_day else { return Vec::new() };
        let steps = self.expand(choice);
        let of = |modality: Modality| {
            let steps = steps.iter().filter(|step| step.kind.modality() == Some(modality));
            steps.fold(Duration::ZERO, |sum, step| sum.saturating_add(step.length))
        };
        let limits = [(Modality::Cold, COLD_DAILY, RuleId::ColdDaily), (Modality::Heat, HEAT_DAILY, RuleId::HeatDaily)];
        let found = limits.into_iter().filter_map(|(modality, limit, rule)| {
            let once = of(modality);
            let sum = once.saturating_mul(per_day);
            let most = u32::try_from(limit.as_nanos().checked_div(once.as_nanos())?).unwrap_or(u32::MAX);
            (sum > limit).then_some(TooOften { rule, per_day, most, detail: Detail::Daily(modality, sum, limit) })
        });
        found.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::step::StepKind::{self, Cold, Heat, Rest};

    #[test]
    fn a_day_has_at_most_what_the_rules_of_a_day_allow() {
        let minutes = |minutes| Duration::from_secs(60 * minutes);
        let found = |steps: &[(StepKind, u64)], per_day| {
            let steps: Vec<_> = steps.iter().map(|&(kind, length)| (kind, minutes(length))).collect();
            let draft = Draft { per_day, ..Draft::of("test", &steps) };
            draft.too_often(Choice::default()).into_iter().map(|found| (found.rule, found.most)).collect::<Vec<_>>()
        };
        assert_eq!(found(&[(Cold, 20)], None), []);
        assert_eq!(found(&[(Cold, 20)], Some(8)), []);
        assert_eq!(found(&[(Cold, 20)], Some(9)), [(RuleId::ColdDaily, 8)]);
        assert_eq!(found(&[(Heat, 20), (Rest, 5), (Heat, 20)], Some(3)), []);
        assert_eq!(found(&[(Heat, 20), (Rest, 5), (Heat, 20)], Some(4)), [(RuleId::HeatDaily, 3)]);
        assert_eq!(found(&[(Cold, 170)], Some(1)), [(RuleId::ColdDaily, 0)]);
        assert_eq!(
            found(&[(Cold, 10), (Heat, 10)], Some(u32::MAX)),
            [(RuleId::ColdDaily, 16), (RuleId::HeatDaily, 12)]
        );
        assert_eq!(found(&[(Rest, 10)], Some(u32::MAX)), []);
    }
}
