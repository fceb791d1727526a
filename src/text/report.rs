//! The words of the page for a clinician. It must not know HTML, nor where the numbers come from.

use std::time::Duration;

use jiff::civil::{Date, DateTime};

use super::durations::{count, roughly};
use super::rules;
use super::sites::words;
use crate::domain::rules::RuleId;
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality};

/// The heading of the page.
pub const TITLE: &str = "Heat and cold";

/// The headings of its parts, in order.
pub const ATTENTION: &str = "To look at";
/// What was to be done.
pub const AGREED: &str = "What was agreed";
/// The scores.
pub const PAIN: &str = "Pain over time, 0 to 10";
/// The doses.
pub const DOSE: &str = "Dose a day, in minutes";
/// How the sessions ended.
pub const KEPT: &str = "Kept";
/// What a clinician must see.
pub const SEEN: &str = "What a clinician should see";
/// What pain scores can tell.
pub const MEANING: &str = "What these numbers may say";
/// Before the median of the changes.
pub const MEDIAN: &str = "Median change from before a session to after it: ";
/// What no page can tell.
pub const MEANING_NOTE: &str =
    "Whether heat or cold helped cannot be read from this page: pain changes without them too.";
/// Every session.
pub const SESSIONS: &str = "All sessions";
/// What is known, and who says so.
pub const EVIDENCE: &str = "Evidence and sources";

/// Where nothing asks for attention.
pub const NOTHING_TO_SEE: &str =
    "Nothing: no rule overridden, no pack on for too long, no note about the skin, no warning sign.";
/// Where there is no plan.
pub const NO_PLAN: &str = "No plan was kept for this time.";
/// Where there are no scores.
pub const NO_SCORES: &str = "No pain was noted in this time.";
/// Where there are no doses.
pub const NO_DOSES: &str = "No heat or cold was recorded in this time.";
/// Where there are no sessions.
pub const NO_SESSIONS: &str = "No session was recorded in this time.";
/// Where there is no injury.
pub const NO_INJURY: &str = "no injury time is set";

/// In short: what asks for attention.
pub const APPLIES: &str = "a warning sign applies now";
/// The same, with how often.
pub const AFFIRMED: &str = "warning signs affirmed";
/// The same, with how often.
pub const OVERRIDDEN: &str = "a rule overridden";
/// The headings of what a clinician should see.
pub const SIGNS: &str = "Warning signs affirmed";
/// The same, while they refuse sessions.
pub const SIGNS_HOLD: &str = "Warning signs affirmed; the last answer still holds";
/// Rules.
pub const RULES: &str = "Rules overridden by the person";
/// Overruns.
pub const OVERRUNS: &str = "Packs that were on for too long";
/// Notes with a word about the skin.
pub const SKIN_NOTES: &str = "Notes about the skin";
/// All other notes.
pub const OTHER_NOTES: &str = "Other notes";
/// A dose that the timer did not give.
pub const LOGGED: &str = "logged by hand";
/// The tables behind the charts.
pub const PAIN_TABLE: &str = "The scores of each day as a table";
/// The same.
pub const DOSE_TABLE: &str = "The dose of each day as a table";
/// On a page about one site.
pub const ONE_PLACE: &str = "This page has the doses of one place only.";

/// The places that have no chart of their own.
pub fn only_in_table(places: &[String]) -> String {
    format!("Only in the table: {}.", places.join(", "))
}

/// How to read the scores.
pub const PAIN_LEGEND: [(&str, &str); 4] = [
    ("ring", "before a session"),
    ("disc", "after it"),
    ("square", "at another time"),
    ("box", "2 h after a session of a trial, in no pair"),
];
/// The scores of trials in a table.
pub const LATER: &str = "2 h after";
/// What the chart of scores does and does not do.
pub const PAIN_NOTE: &str =
    "Each score is one mark, and nothing is averaged. Where there is no mark, no pain was noted.";
/// What its lines are.
pub const JOINED: &str = "A thin line joins the two scores of one session.";
/// Where many marks lie.
pub const ASIDE: &str = "Because there are many, rings lie a little above their score, and squares a little below.";
/// How to read the doses.
pub const DOSE_LEGEND: [(&str, &str); 3] =
    [("heat", "heat, upward"), ("cold", "cold, downward"), ("plan", "what the sessions of the day were to give")];
/// What is counted in a day.
pub const DOSE_NOTE: &str = "A dose belongs to the day on which it began. Doses logged by hand count as given, and have \
     no plan. The limits are for any 24 h and all sites together (heat-daily, cold-daily).";
/// How a session ended with all its doses.
pub const COMPLETE: &str = "to the end";
/// How the sessions of a plan are counted.
pub const KEPT_NOTE: &str = "A planned session counts as begun when one was begun at its site on its day.";

/// How it was measured.
pub const MEASURED: &str = "Measured by a timer: a dose lasts from the start of a step until the person takes the pack off, \
     on a clock that counts while the computer sleeps. Without an answer the pack counts as on. In a session that was cut \
     off, it counts as on until the time that the person gave, or else until the planned end of its step; then the dose is \
     assumed. Logged doses, notes and pain scores are as the person told them. Nothing measured the skin.";

/// A session or dose of another journal.
pub const IMPORTED: &str = "imported";
/// Where there is one.
pub const FROM_ELSEWHERE: &str =
    "What is imported was recorded in another journal, and is shown as that journal wrote it.";

/// The period of the page: `23 October to 25 November 2026`.
pub fn period(first: Date, last: Date) -> String {
    let form = match () {
        () if first == last => return day(last),
        () if first.year() != last.year() => "%-d %B %Y",
        () if first.month() != last.month() => "%-d %B",
        () => "%-d",
    };
    format!("{} to {}", first.strftime(form), day(last))
}

/// `25 November 2026`.
pub fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// `25 November 2026, 18:57`.
pub fn moment(at: DateTime) -> String {
    at.strftime("%-d %B %Y, %H:%M").to_string()
}

/// A time in a list: `2026-11-25 18:57`.
pub fn stamp(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A place, or that it is not known.
pub fn place(site: Option<Site>) -> String {
    site.map_or_else(|| "place not known".to_owned(), words)
}

/// An injury with its clock: `lower back, injured 23 November 2026, 14:00, 2 days 5 h before this page`.
pub fn injury(site: Option<Site>, happened: Option<DateTime>, age: Duration, is_future: bool) -> String {
    let place = site.map_or_else(|| "whole body".to_owned(), words);
    match happened {
        None => format!("{place}: no injury"),
        Some(at) if is_future => format!("{place}: injury set to {}, which is in the future", moment(at)),
        Some(at) => format!("{place}: injured {}, {} before this page", moment(at), roughly(age)),
    }
}

/// When and by what the page was made.
pub fn made(at: DateTime, version: &str) -> String {
    format!(
        "Made on {} by therapy {version}. It has no name, place or date that was not recorded or given.",
        moment(at)
    )
}

/// The doses that a session of a protocol was to give: `heat 20 min, cold 15 min`.
pub fn doses(planned: PerModality<Duration>) -> String {
    let given = [Modality::Heat, Modality::Cold].into_iter().filter(|modality| !planned[*modality].is_zero());
    let given: Vec<_> = given.map(|modality| format!("{modality} {}", roughly(planned[modality]))).collect();
    if given.is_empty() { "no dose".to_owned() } else { given.join(", ") }
}

/// The plan that is kept.
pub fn plan(until_now: usize, to_come: usize, last: Option<Date>) -> String {
    let until = last.map(|last| format!(", until {}", day(last))).unwrap_or_default();
    format!("Plan: {} in this time, {to_come} still to come{until}.", count(until_now, "session"))
}

/// A limit in the chart of doses.
pub fn limit(modality: Modality, minutes: i64) -> String {
    format!("limit: {minutes} min of {modality}")
}

/// What the chart of scores shows, for those who do not see it.
pub fn pain_in_words(place: &str, sets: [(usize, Option<(u8, u8)>); 4]) -> String {
    let [before, after, between, later] = sets;
    let set = |name: &str, (number, range): (usize, Option<(u8, u8)>)| match range {
        None => format!("none {name}"),
        Some((low, high)) if low == high => format!("{number} {name}, all {low}"),
        Some((low, high)) => format!("{number} {name}, from {low} to {high}"),
    };
    let later = if later.0 > 0 { format!("; {}", set("2 h after sessions of a trial", later)) } else { String::new() };
    format!(
        "Scores, {place}: {}; {}; {}{later}.",
        set("before sessions", before),
        set("after them", after),
        set("at other times", between)
    )
}

/// What the chart of doses shows, for those who do not see it.
pub fn dose_in_words(days: usize, most: PerModality<i64>) -> String {
    format!(
        "{} with a dose. The most of one day: {} min of heat, {} min of cold.",
        count(days, "day"),
        most.heat,
        most.cold
    )
}

/// The overruns in short: `1 overrun of 11 min`.
pub fn overruns(lengths: &[Duration]) -> Option<String> {
    let longest = lengths.iter().max()?;
    Some(match lengths.len() {
        1 => format!("1 overrun of {}", roughly(*longest)),
        number => format!("{number} overruns, the longest {}", roughly(*longest)),
    })
}

/// One overrun: `cold 11 min too long`.
pub fn overrun(modality: Modality, over: Duration, is_open: bool) -> String {
    let least = if is_open { "at least " } else { "" };
    format!("{modality} {least}{} too long", roughly(over))
}

/// Logged doses over the limit in short: `1 logged dose over the limit, by 11 min`.
pub fn over_limits(lengths: &[Duration]) -> Option<String> {
    let (longest, doses) = (lengths.iter().max()?, count(lengths.len(), "logged dose"));
    let by = if lengths.len() == 1 { "by" } else { "the most by" };
    Some(format!("{doses} over the limit, {by} {}", roughly(*longest)))
}

/// One of them: `logged by hand, 11 min over the limit`.
pub fn over_limit(over: Duration) -> String {
    format!("{LOGGED}, {} over the limit", roughly(over))
}

/// What an overridden rule asks for, if this version knows it.
pub fn rule(name: &str) -> Option<&'static str> {
    RuleId::from_name(name).map(|rule| rules::of(rule).summary)
}

/// What happened, and how often: `a rule overridden 3 times`.
pub fn times(what: &str, number: usize) -> String {
    if number == 1 { what.to_owned() } else { format!("{what} {number} times") }
}

/// A length in a column of minutes: without its unit, if that is minutes.
pub fn minutes_of(length: &str) -> &str {
    let number = length.strip_suffix(" min").filter(|number| !number.contains(" min") && !number.contains(" h"));
    number.unwrap_or(length)
}

/// That more is in the file than on paper.
pub fn on_paper(shown: usize, all: usize) -> String {
    format!("On paper: the latest {shown} of {all}. The file has all of them.")
}

/// Words that people use about their skin, and whether other letters can follow.
const SKIN: [(&str, bool); 22] = [
    ("skin", true),
    ("white", true),
    ("pale", false),
    ("red", false),
    ("reddish", false),
    ("redness", false),
    ("blue", false),
    ("purple", false),
    ("grey", false),
    ("blotch", true),
    ("blister", true),
    ("numb", true),
    ("burn", true),
    ("sting", true),
    ("stung", false),
    ("tingl", true),
    ("rash", false),
    ("swell", true),
    ("swoll", true),
    ("itch", true),
    ("wound", true),
    ("frostb", true),
];

/// Whether a note has a word about the skin. In doubt it has: a note too many costs a look.
pub fn mentions_skin(note: &str) -> bool {
    let note = note.to_lowercase();
    let is_skin =
        |word: &str| SKIN.iter().any(|(stem, goes_on)| if *goes_on { word.starts_with(stem) } else { word == *stem });
    note.split(|letter: char| !letter.is_alphanumeric()).any(is_skin)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_period_names_each_part_of_a_date_once() {
        let last = date(2026, 11, 25);
        for (first, words) in [
            (last, "25 November 2026"),
            (date(2026, 11, 3), "3 to 25 November 2026"),
            (date(2026, 10, 23), "23 October to 25 November 2026"),
            (date(2025, 12, 1), "1 December 2025 to 25 November 2026"),
        ] {
            assert_eq!(period(first, last), words);
        }
    }

    #[test]
    fn notes_about_the_skin_are_found_by_their_words() {
        for note in ["Skin was white for a minute", "a blister!", "very RED", "tingling", "stung a bit", "still numb."]
        {
            assert!(mentions_skin(note), "{note}");
        }
        for note in ["slept badly", "reduced the rounds", "tired", "", "a better day"] {
            assert!(!mentions_skin(note), "{note}");
        }
    }

    #[test]
    fn overruns_are_told_in_short() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        assert_eq!(overruns(&[]), None);
        assert_eq!(overruns(&[minutes(11)]).as_deref(), Some("1 overrun of 11 min"));
        assert_eq!(overruns(&[minutes(2), minutes(11)]).as_deref(), Some("2 overruns, the longest 11 min"));
        assert_eq!(overrun(Modality::Cold, minutes(11), true), "cold at least 11 min too long");
        assert_eq!(over_limits(&[]), None);
        assert_eq!(over_limits(&[minutes(70)]).as_deref(), Some("1 logged dose over the limit, by 1 h 10 min"));
        assert_eq!(
            over_limits(&[minutes(2), minutes(11)]).as_deref(),
            Some("2 logged doses over the limit, the most by 11 min")
        );
        assert_eq!(over_limit(minutes(70)), "logged by hand, 1 h 10 min over the limit");
    }

    #[test]
    fn what_a_column_of_minutes_shows() {
        for (length, shown) in [
            ("5 of 10 min", "5 of 10"),
            ("23 min", "23"),
            ("1 h 20 min", "1 h 20 min"),
            ("45 s", "45 s"),
            ("12 min of 12 min 30 s", "12 min of 12 min 30 s"),
        ] {
            assert_eq!(minutes_of(length), shown);
        }
        assert_eq!((times("a", 1), times("a", 2)), ("a".to_owned(), "a 2 times".to_owned()));
        assert_eq!((rule("of-tomorrow"), rule("early-heat").is_some()), (None, true));
    }
}
