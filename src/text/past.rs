//! What happened in words: how sessions ended, the pain, and the sentences of `history` and `stats`. It must not know
//! where that is recorded, nor the time of day.

use std::time::Duration;

use super::durations::{count, in_words, part_of};
use super::sites::words;
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality};
use crate::domain::trial::DUE;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// With all that was planned.
    Complete,
    /// A dose was cut short by the person.
    EndedEarly,
    /// The person stopped it.
    Stopped,
    /// The process ended before it.
    CutOff,
    /// It runs, or nothing is known of its end.
    Open,
}

impl Ending {
    /// Every one of them.
    pub const ALL: [Ending; 5] = [Ending::Complete, Ending::EndedEarly, Ending::Stopped, Ending::CutOff, Ending::Open];

    /// In a list; empty where nothing needs to be said.
    pub fn in_words(self) -> &'static str {
        match self {
            Ending::Complete => "",
            Ending::EndedEarly => "ended early",
            Ending::Stopped => "stopped",
            Ending::CutOff => "cut off",
            Ending::Open => "not ended",
        }
    }
}

/// How a session ended, and whether its dose is only assumed.
pub fn ending(ending: Ending, assumed: bool) -> String {
    let assumed = if assumed && matches!(ending, Ending::CutOff | Ending::Open) { ", dose assumed" } else { "" };
    format!("{}{assumed}", ending.in_words())
}

/// The same of what may come from another journal: `ended early, imported`.
pub fn with_origin(ending: &str, is_imported: bool) -> String {
    let origin = is_imported.then_some("imported");
    [ending].into_iter().filter(|ending| !ending.is_empty()).chain(origin).collect::<Vec<_>>().join(", ")
}

/// The doses that were given of those planned: `cold 9 of 15 min`.
pub fn doses(given: PerModality<Duration>, planned: PerModality<Duration>) -> String {
    let dose = |modality| {
        let (given, planned) = (given[modality], planned[modality]);
        (!given.is_zero() || !planned.is_zero()).then(|| format!("{modality} {}", part_of(given, planned)))
    };
    Modality::ALL.into_iter().filter_map(dose).collect::<Vec<_>>().join(", ")
}

/// The pain before and after: `pain 5 to 4`.
pub fn pain(scores: [Option<u8>; 2]) -> String {
    match scores {
        [None, None] => String::new(),
        [Some(score), None] | [None, Some(score)] => format!("pain {score}"),
        [Some(before), Some(after)] => format!("pain {before} to {after}"),
    }
}

/// The same of a session of a trial, with the pain two hours later: `pain 6 to 4, 2 h later 3`.
pub fn pain_and_later(scores: [Option<u8>; 2], later: Option<u8>) -> String {
    let later = later.map(|later| format!("{} later {later}", in_words(DUE)));
    match (pain(scores), later) {
        (pain, None) => pain,
        (pain, Some(later)) if pain.is_empty() => format!("pain {later}"),
        (pain, Some(later)) => format!("{pain}, {later}"),
    }
}

/// The site of something that has no other name; empty for the usual one.
pub fn place(site: Option<Site>) -> String {
    site.filter(|site| *site != Site::LOWER_BACK).map(words).unwrap_or_default()
}

/// What the picture of the last days shows. `block`: the length of a block of heat or cold, if there is any.
pub fn heading(has_pain: bool, block: Option<Duration>) -> String {
    let block = block.map(|block| format!("one block is {}", in_words(block)));
    match (has_pain, block) {
        (true, Some(block)) => format!("Pain, first and last; {block}"),
        (true, None) => "Pain, first and last".to_owned(),
        (false, Some(block)) => super::printable::capital(&block),
        (false, None) => String::new(),
    }
}

/// How many sessions of kept plans were begun, one entry a day.
pub fn begun(days: &[(String, usize, usize)]) -> String {
    let days: Vec<_> = days.iter().map(|(day, begun, planned)| format!("{day} {begun} of {planned}")).collect();
    if days.is_empty() { String::new() } else { format!("Begun of those planned: {}.", days.join(", ")) }
}

/// How to see more than the last rows of a list.
pub fn earlier(shown: usize) -> String {
    format!("Earlier ones: therapy history -n {}, or --since 30d", shown.saturating_mul(5))
}

/// An empty list. `since` is a time in words.
pub fn none(protocol: Option<&str>, site: Option<Site>, since: Option<&str>) -> String {
    let protocol = protocol.map(|name| format!(" of the protocol {name}")).unwrap_or_default();
    let place = site.map(|site| format!(" at the site {site}")).unwrap_or_default();
    match since {
        Some(since) => format!("No sessions{protocol}{place} since {since}.\n"),
        None => format!("No sessions{protocol}{place} yet.\n"),
    }
}

/// How many sessions there were and how they ended, and how many doses were logged: `31 sessions, 3 ended early`.
pub fn sessions(number: usize, endings: &[(Ending, usize)], told: usize) -> String {
    let endings = endings.iter().filter(|(ending, number)| *number > 0 && *ending != Ending::Complete);
    let endings = endings.map(|(ending, number)| format!("{number} {}", ending.in_words()));
    let told = (told > 0).then(|| format!("{} logged", count(told, "dose")));
    [count(number, "session")].into_iter().chain(endings).chain(told).collect::<Vec<_>>().join(", ")
}

/// What sums of heat and cold contain that the timer did not measure.
pub fn with_told(told: usize) -> String {
    match told {
        0 => String::new(),
        1 => "Heat and cold include the dose that you logged.".to_owned(),
        told => format!("Heat and cold include the {told} doses that you logged."),
    }
}

/// That the scores two hours after the sessions of a trial are not in the sums.
pub fn later_apart(sessions: usize) -> String {
    if sessions == 0 {
        return String::new();
    }
    let (sessions, due) = (count(sessions, "session"), in_words(DUE));
    format!("Not in the change: the pain {due} after {sessions} (therapy trial status)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_told_in_a_few_words() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let of = |cold, heat| PerModality { cold: minutes(cold), heat: minutes(heat) };
        assert_eq!(doses(of(9, 0), of(15, 0)), "cold 9 of 15 min");
        assert_eq!(doses(of(0, 20), of(20, 20)), "cold 0 of 20 min, heat 20 of 20 min");
        assert_eq!(doses(of(0, 0), of(0, 0)), "");
        assert_eq!(ending(Ending::CutOff, true), "cut off, dose assumed");
        assert_eq!(ending(Ending::CutOff, false), "cut off");
        assert_eq!(ending(Ending::EndedEarly, true), "ended early");
        assert_eq!(ending(Ending::Complete, false), "");
        assert_eq!([with_origin("stopped", true), with_origin("", true)], ["stopped, imported", "imported"]);
        assert_eq!([with_origin("stopped", false), with_origin("", false)], ["stopped", ""]);
        assert_eq!([[None, None], [Some(0), None], [Some(7), Some(10)]].map(pain), ["", "pain 0", "pain 7 to 10"]);
        let later =
            [([None, None], None), ([Some(6), None], Some(3)), ([Some(6), Some(4)], Some(0)), ([None, None], Some(2))];
        let words = ["", "pain 6, 2 h later 3", "pain 6 to 4, 2 h later 0", "pain 2 h later 2"];
        assert_eq!(later.map(|(scores, later)| pain_and_later(scores, later)), words);
    }

    #[test]
    fn sessions_are_counted_with_their_endings() {
        let endings = Ending::ALL.map(|ending| (ending, usize::from(ending == Ending::CutOff) * 2));
        assert_eq!(sessions(2, &endings, 0), "2 sessions, 2 cut off");
        assert_eq!(sessions(1, &Ending::ALL.map(|ending| (ending, 0)), 1), "1 session, 1 dose logged");
        assert_eq!(sessions(31, &[(Ending::Complete, 28), (Ending::EndedEarly, 3)], 0), "31 sessions, 3 ended early");
    }
}
