//! The words of a page for a patient. No rule is named, and no source by its key. What the screen says too is taken from
//! where it says it. It must not know how the page is laid out.

use std::time::Duration;

use crate::domain::rules::Concern;
use crate::domain::site::Site;
use crate::domain::source;
use crate::domain::step::{Modality, StepKind};
use crate::text::advice;
use crate::text::durations::{count, in_words};
use crate::text::printable::capital;
use crate::text::signs::{self, Sign, URGENT};
use crate::text::sites;

/// The place for a time of day or a score, to be filled in by hand.
pub const DONE_AT: &str = "done at __:__";
/// The two scores.
pub const PAIN: &str = "Pain, 0 to 10: before ____ after ____";
/// Who wrote it and how to reach them, or places for that.
pub fn from(author: Option<&str>, contact: Option<&str>) -> Vec<String> {
    let line = |what: &str, who: Option<&str>| format!("{what}: {}", who.unwrap_or(BLANK));
    vec![line("From", author), line("Questions to", contact)]
}

/// Where the packs lie.
pub fn place(site: Option<Site>) -> String {
    format!("Where: {}", site.map_or_else(|| BLANK.to_owned(), sites::words))
}

/// To be filled in by hand.
const BLANK: &str = "________________";
/// Before the time of the patient is known.
pub const UNTIL_3_DAYS: &str = "Until 3 days after the injury";
/// From then on.
pub const FROM_3_DAYS: &str = "From 3 days after the injury on";
/// Under the page.
pub const MADE_BY: &str =
    concat!("Made with therapy ", env!("CARGO_PKG_VERSION"), ". No clinician has reviewed its texts.");

/// Titles of the parts of the page.
pub const PREPARE: &str = "What to prepare";
/// The steps.
pub const STEPS: &str = "Step by step";
/// What each kind of step is like.
pub const FEEL: &str = "What to feel, and when to stop";

/// What to have at hand before the first step.
pub fn prepare(kinds: &[StepKind]) -> Vec<String> {
    let packs = kinds.iter().filter(|kind| kind.has_pack()).map(|kind| advice::ready(*kind).to_owned());
    let clock = "Have a clock in sight.".to_owned();
    packs.chain([clock]).collect()
}

/// Before a step without a pack, where other steps have one: the pack may still be on.
pub const PACK_OFF: &str = "Pack off.";

/// What a kind of step is like, and when to stop it. `has_cold`: it may come after cold. `at_half_time`: its doses have a
/// skin check there.
pub fn feel(kind: StepKind, has_cold: bool, at_half_time: bool) -> String {
    let (how, more) = advice::begin(kind, false, false);
    let how = how.trim_start_matches(", ");
    let how = if how.is_empty() { String::new() } else { capital(how) + ". " };
    let check = advice::halfway(kind);
    let check = match check {
        "" => String::new(),
        check if at_half_time => format!(" At half time: {}", lower(check)),
        check => format!(" {check}"),
    };
    let after_cold =
        if has_cold && kind == StepKind::Heat { format!(" After cold: {}", lower(AFTER_COLD)) } else { String::new() };
    format!("{how}{more}{check}{after_cold}")
}

/// What is special about heat after cold.
pub const AFTER_COLD: &str = "Only when normal feeling is back.";

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// What holds for every pack, and after the last one.
pub fn always(kinds: &[StepKind], last: Option<StepKind>) -> Vec<String> {
    if !kinds.iter().any(|kind| kind.has_pack()) {
        return Vec::new();
    }
    let end = last.filter(|kind| kind.has_pack()).map(|_| "After the last step take the pack off at once.".to_owned());
    [advice::ALWAYS.to_owned()].into_iter().chain(end).chain(["Keep gently moving afterwards.".to_owned()]).collect()
}

/// When, and how often: what the rules ask for, and what the author wants. `wait`: how long to wait after a session, where
/// the time between the starts of two is not enough.
pub fn when(kinds: &[StepKind], (per_day, days): (Option<u32>, Option<u32>), wait: Option<Duration>) -> Vec<String> {
    let times = |most: u32| match most {
        1 => "Once".to_owned(),
        2 => "Twice".to_owned(),
        _ => count(most, "time"),
    };
    let often = match (per_day, days) {
        (None, None) => None,
        (Some(most), None) => Some(format!("{} a day.", times(most))),
        (None, Some(days)) => Some(format!("For {}.", count(days, "day"))),
        (Some(most), Some(days)) => Some(format!("{} a day, for {}.", times(most), count(days, "day"))),
    };
    // "Heat is for 3 days…" could be read as an order.
    let heat = kinds.contains(&StepKind::Heat).then(|| "No heat in the first 3 days after an injury.".to_owned());
    let cold = kinds
        .contains(&StepKind::Cold)
        .then(|| "Leave 2 h from the start of one session with cold to the start of the next.".to_owned());
    let wait = wait.map(|wait| format!("After a session wait at least {} before the next one.", in_words(wait)));
    often.into_iter().chain(heat).chain(cold).chain(wait).collect()
}

/// What to say before a step.
pub fn before(cue: &str) -> String {
    format!("Before it: {cue}")
}

/// The time between two packs.
pub fn changeover(length: Duration) -> String {
    format!("Before each pack that you put on, you have {} to change packs.", in_words(length))
}

/// The signs that are for everybody, and those of what this page does.
pub fn signs(kinds: &[StepKind]) -> [Vec<String>; 3] {
    let has = |modality: Modality| kinds.contains(&StepKind::from(modality));
    let concerns = |sign: &&Sign| match sign.concern {
        Concern::Everything => true,
        Concern::Packs => Modality::ALL.into_iter().any(has),
        Concern::Only(modality) => has(modality),
        Concern::Contrast => Modality::ALL.into_iter().all(has),
    };
    let text = |sign: &Sign| match signs::before(sign.concern) {
        "" => sign.text.to_owned(),
        what => format!("{what}: {}", sign.text),
    };
    let (urgent, others) = signs::warning_signs().split_at(URGENT);
    let ask = signs::contraindications().iter().filter(concerns);
    [urgent.iter().map(text).collect(), others.iter().map(text).collect(), ask.map(text).collect()]
}

/// The text with each key of a source in it replaced by its title.
pub fn without_keys(text: &str) -> String {
    let word = |word: &str| {
        let key = word.trim_matches([',', ';', '.', ':', '(', ')']);
        let is_key = key.len() == 2 && key.starts_with('S');
        match source::find(key).filter(|_| is_key) {
            // The quoted title, without what kind of text it is.
            Some(source) => {
                let title = source.title.split('"').nth(1).unwrap_or(source.title);
                word.replacen(key, &format!("\"{title}\""), 1)
            }
            None => word.to_owned(),
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Where the numbers are from.
pub fn sources<'a>(keys: impl Iterator<Item = &'a String>) -> Option<String> {
    let mut titles: Vec<String> = Vec::new();
    for key in keys.filter(|key| *key != source::OURS) {
        let title = source::find(key).map_or_else(|| key.clone(), |source| source.title.to_owned());
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    (!titles.is_empty()).then(|| format!("The lengths are from: {}.", titles.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_articles_become_titles() {
        assert_eq!(
            without_keys("S1 puts 20 min; FPN cold, S99, MS1 and (S0)."),
            "\"Practical Back Spasms Treatment\" puts 20 min; FPN cold, S99, MS1 and (\"Back Spasms\")."
        );
    }

    #[test]
    fn only_the_signs_of_what_is_done_are_named() {
        let asked = |kinds: &[StepKind]| signs(kinds)[2].len();
        assert_eq!([asked(&[StepKind::Rest]), asked(&[StepKind::Cold])], [0, 2]);
        assert_eq!([asked(&[StepKind::Heat]), asked(&[StepKind::Heat, StepKind::Cold])], [2, 4]);
        assert_eq!((signs(&[])[0].len(), signs(&[])[1].len()), (4, 6));
    }

    #[test]
    fn every_kind_says_how_it_feels() {
        assert_eq!(
            feel(StepKind::Cold, true, true),
            "A thin damp cloth between. Gel packs run colder than ice. At half time: look at the skin. Stop if it is white, \
             blotchy, blistered or numb."
        );
        assert!(feel(StepKind::Cold, true, false).contains("ice. Look at the skin. Stop if it is white"));
        assert!(feel(StepKind::Heat, true, true).ends_with(" After cold: only when normal feeling is back."));
        assert!(feel(StepKind::Heat, false, true).starts_with("Warm, not hot; moist is better."));
        assert_eq!(feel(StepKind::Rest, true, true), "Lie with raised legs, or in the position that hurts least.");
    }
}
