//! Doses, notes and scores that a person logs: how they are read, and how they are worded. This module must not know the
//! time of day.

use std::time::Duration;

use super::typed::{Unreadable, WORST};
use crate::domain::exposure::Load;
use crate::domain::rules::{DAY, Detail, RuleId};
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality};
use crate::text::durations::{count, in_words, rounded_up};
use crate::text::lengths::minutes;
use crate::text::printable::nearest;
use crate::text::rules;
use crate::text::sites::words;
use crate::text::wording;

/// Forms of a told dose.
const TRY: &str = "try: therapy log cold 15min";
/// The most letters of a note (ours).
const MOST: usize = 500;

/// Reads what was on the skin: `cold` or `heat`.
///
/// # Errors
/// Any other word. What gives no dose is not logged.
pub fn kind(text: &str) -> Result<Modality, Unreadable> {
    let word = text.trim().to_lowercase();
    match &*word {
        "cold" | "ice" => Ok(Modality::Cold),
        "heat" | "hot" | "warm" => Ok(Modality::Heat),
        "rest" | "stretch" => {
            let way_out = "log cold or heat; write down anything else: therapy note \"stretched for 5 min\"";
            Err(Unreadable::new(text, format!("{word} gives no dose, so it is not logged"), way_out))
        }
        _ => {
            let near = nearest(&word, Modality::ALL.into_iter().map(Modality::as_str)).map(str::to_owned);
            Err(Unreadable::new(text, format!("\"{text}\" is neither cold nor heat"), TRY).or(near))
        }
    }
}

/// Reads how long it was on. A number alone is minutes.
///
/// # Errors
/// A text that is no length, no time at all, and more than a day.
pub fn length(text: &str) -> Result<Duration, Unreadable> {
    let length = minutes(text).map_err(|error| Unreadable { examples: TRY, ..error })?;
    let wrong = |what: String| Err(Unreadable::new(text, what, TRY));
    match length {
        length if length < Duration::from_secs(1) => wrong(format!("\"{text}\" is shorter than 1 s")),
        length if length > DAY => wrong(format!("{} is longer than a day", in_words(rounded_up(length)))),
        length => Ok(length),
    }
}

/// Reads a note.
///
/// # Errors
/// An empty one, and one that is too long.
pub fn note(text: &str) -> Result<String, Unreadable> {
    const TRY: &str = "try: therapy note \"skin was white for a minute\"";
    let note = text.trim();
    match note.chars().count() {
        0 => Err(Unreadable::new(text, "an empty note", TRY)),
        letters if letters > MOST => {
            let message = format!("the note has {}; at most {MOST} are kept", count(letters, "letter"));
            Err(Unreadable::new(text, message, "shorten it, or write several notes"))
        }
        _ => Ok(note.to_owned()),
    }
}

/// A told dose: `15 min of cold, left knee`.
pub fn dose(modality: Modality, length: Duration, site: Site) -> String {
    format!("{} of {modality}, {}", in_words(length), words(site))
}

/// A pain score: `pain 4 of 10`.
pub fn score(score: u8) -> String {
    format!("pain {score} of {WORST}")
}

/// What a session breaks with a dose that was told or imported since it started.
pub fn with_it(rule: RuleId, detail: &Detail) -> String {
    format!("with what you logged or imported, {} ({rule})", rules::detail(detail))
}

/// How much of this modality was over its limit, and what to do then.
pub fn too_much(modality: Modality, load: Load) -> Option<String> {
    let load = load.half_nanos();
    let own = |other| if other == modality { load[other] } else { 0 };
    wording::too_much(Load::from_half_nanos(PerModality::from_fn(own)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cold_and_heat_are_logged() {
        for (text, modality) in [("cold", Modality::Cold), ("Ice", Modality::Cold), (" HEAT ", Modality::Heat)] {
            assert_eq!(kind(text), Ok(modality), "{text}");
        }
        let refused = |text| {
            let error = kind(text).expect_err(text);
            (error.to_string(), error.way_out(&["log", text, "15"].map(str::to_owned)))
        };
        assert_eq!(
            refused("rest"),
            (
                "rest gives no dose, so it is not logged".to_owned(),
                "log cold or heat; write down anything else: therapy note \"stretched for 5 min\"".to_owned()
            )
        );
        assert_eq!(refused("stretch").0, "stretch gives no dose, so it is not logged");
        assert_eq!(
            refused("clod"),
            ("\"clod\" is neither cold nor heat".to_owned(), "try: therapy log cold 15".to_owned())
        );
        assert_eq!(refused("15min").1, TRY);
        assert_eq!(refused("\u{1b}[2J").0, "\"\\u{1b}[2J\" is neither cold nor heat");
    }

    #[test]
    fn a_dose_lasts_from_a_second_to_a_day() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        for (text, expected) in
            [("15", 15), ("15min", 15), ("40 min", 40), ("1h 30m", 90), ("half an hour", 30), ("24h", 1440)]
        {
            assert_eq!(length(text), Ok(minutes(expected)), "{text}");
        }
        for (text, why) in [
            ("0", "\"0\" is shorter than 1 s"),
            ("999ms", "\"999ms\" is shorter than 1 s"),
            ("25h", "1 day 1 h is longer than a day"),
            ("1440.001", "1 day 1 s is longer than a day"),
            ("-5", "cannot read \"-5\" as a length of time"),
            ("soon", "cannot read \"soon\" as a length of time"),
        ] {
            let error = length(text).expect_err(text);
            assert_eq!((error.to_string().as_str(), error.way_out(&[])), (why, TRY.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_note_has_some_letters_and_not_too_many() {
        assert_eq!(note("  white, for a minute \n").as_deref(), Ok("white, for a minute"));
        assert_eq!(note(&"ä".repeat(MOST)).map(|note| note.chars().count()), Ok(MOST));
        let why = |text: &str| note(text).expect_err("no note").to_string();
        assert_eq!(why(" "), "an empty note");
        assert_eq!(why(&"ä".repeat(501)), "the note has 501 letters; at most 500 are kept");
    }

    #[test]
    fn too_much_is_said_of_what_was_told() {
        let nanos = |minutes: i64| minutes * 120_000_000_000;
        let load = Load::from_half_nanos(PerModality { cold: nanos(40), heat: nanos(30) });
        let said = too_much(Modality::Cold, load).expect("over the limit");
        assert!(said.starts_with("That is 20 min of cold over the limit. Look at the skin."), "{said}");
        assert_eq!(too_much(Modality::Heat, load), None, "at the limit");
    }
}
