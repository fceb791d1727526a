//! What scores before and after sessions can tell, in words: one sentence for each class, and its numbers. It must not know
//! how a class is found, and says of nothing that it works.

use crate::domain::insight::{Class, Insight};
use crate::text::durations::count;
use crate::text::typed::WORST;

/// The sentence of a class.
pub fn sentence(class: Class) -> &'static str {
    match class {
        Class::TooFew => "It takes 6 pairs of scores, before and after, to tell anything (ours).",
        Class::MostlyMissing => "Most sessions lack a score before or after, and those may have gone otherwise.",
        Class::NoDifference => {
            "Under 2 points the scale cannot tell (Ostelo 2008); from a pain of 8 on, under 3 (Haase 2022)."
        }
        Class::LowerAfterWorst => {
            "Lower after, but only where it was worse than usual before, and that falls anyway (Whitney 1992)."
        }
        Class::LowerAfter => {
            "Lower after, which may have happened anyway: acute low back pain falls from 52 to 23 of 100 within six weeks \
             (Menezes Costa 2012)."
        }
        Class::HigherAfter => "Higher after. If the pain persists, ask a professional (S2).",
    }
}

/// The numbers: `-1 of 10, 8 pairs`, or `2 pairs: too few to tell`. Empty without a pair.
pub fn numbers(insight: &Insight) -> String {
    let pairs = count(insight.pairs, "pair");
    match (insight.change, insight.class) {
        (None, _) => String::new(),
        (Some(_), Class::TooFew) => format!("{pairs}: too few to tell"),
        (Some(change), _) => format!("{} of {WORST}, {pairs}", signed(change)),
    }
}

/// A change in points: `-1.5`, `+2`, `0`.
fn signed(change: f64) -> String {
    if change > 0.0 { format!("+{change}") } else { format!("{change}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::insight::Pair;

    #[test]
    fn numbers_are_shown_when_there_are_enough() {
        let shown = |before, after, pairs| numbers(&Insight::of(&vec![Pair { before, after }; pairs], 0));
        let table = [
            (7, 6, 0, ""),
            (7, 6, 1, "1 pair: too few to tell"),
            (7, 6, 5, "5 pairs: too few to tell"),
            (7, 6, 8, "-1 of 10, 8 pairs"),
            (4, 6, 6, "+2 of 10, 6 pairs"),
            (4, 4, 6, "0 of 10, 6 pairs"),
        ];
        for (before, after, pairs, words) in table {
            assert_eq!(shown(before, after, pairs), words);
        }
        let halves = [[7, 6]; 4].into_iter().chain([[7, 5]; 4]).map(|[before, after]| Pair { before, after });
        assert_eq!(numbers(&Insight::of(&halves.collect::<Vec<_>>(), 0)), "-1.5 of 10, 8 pairs");
    }

    /// No class may claim an effect.
    #[test]
    fn no_sentence_says_that_something_works() {
        for class in Class::ALL {
            let text = sentence(class).to_lowercase();
            let claims = ["work", "help", "effect", "better", "improve", "because", "thanks", "caused"];
            assert!(!claims.iter().any(|claim| text.contains(claim)), "{text}");
        }
    }
}
