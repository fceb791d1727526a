//! The signs that need a professional, not a timer, in one count. A person affirms them by number, and the journal
//! keeps their keys. It must not know who asks.

use crate::domain::rules::Concern::{self, Contrast, Everything, Only, Packs};
use crate::domain::source::OURS;
use crate::domain::step::Modality::{self, Cold, Heat};

/// A warning sign, or a group of contraindications.
#[derive(Debug)]
pub struct Sign {
    /// Its name in the journal, which never changes.
    pub key: &'static str,
    /// What it refuses.
    pub concern: Concern,
    /// What a person reads.
    pub text: &'static str,
    /// Who names it: a key of [`SOURCES`](crate::domain::source::SOURCES), or `ours`.
    pub source: &'static str,
}

const fn sign(key: &'static str, concern: Concern, text: &'static str, source: &'static str) -> Sign {
    Sign { key, concern, text, source }
}

/// All signs; the first [`URGENT`] need help now. Numbers count from 1, in this order.
#[rustfmt::skip]
pub const SIGNS: [Sign; 14] = [
    sign("bladder-bowel",    Everything, "trouble with bladder or bowel", "S3"),
    sign("saddle-numbness",  Everything, "numbness in groin or buttocks", OURS),
    sign("weak-legs",        Everything, "weak or numb legs, unsteady walking", "S3"),
    sign("trauma",           Everything, "pain after a fall, a blow or a crash", OURS),
    sign("leg-pain",         Everything, "pain or spasm running into thigh or lower leg", "S1"),
    sign("limb-numbness",    Everything, "numb or painful arms or legs", "S3"),
    sign("fever",            Everything, "fever", "S3"),
    sign("weight-loss",      Everything, "weight loss without a reason", "S3"),
    sign("night-pain",       Everything, "pain that is worse at night or lying down", "S3"),
    sign("chest-belly-pain", Everything, "back pain together with chest or belly pain", OURS),
    sign("skin-feeling",     Packs,      "numb skin, poor circulation, nerve damage, diabetes that affects feeling, \
                                          open or infected skin, small children, alcohol, sedatives", OURS),
    sign("cold-sensitive",   Only(Cold), "Raynaud's, cold hives, past frostbite", OURS),
    sign("heat-sensitive",   Only(Heat), "fresh bruise or swelling, blood clot, cancer, belly in pregnancy, \
                                          menthol or capsaicin rub", OURS),
    sign("heart",            Contrast,   "heart or blood-pressure trouble", OURS),
];

/// Above the signs, when the journal cannot be read and nobody can be asked.
pub const NOT_KNOWN: &str =
    "If one of these applies, do not start. The journal cannot be read, so an earlier answer is not known.";

/// Above the urgent signs, the others, and the contraindications.
pub const TITLES: [&str; 3] =
    ["Get help now if you have", "See a professional first if you have", "Ask a clinician first if this applies"];

/// How many of [`SIGNS`], from the first, need help now.
pub const URGENT: usize = 4;

/// The warning signs: they are about the person, whatever is on the skin.
pub fn warning_signs() -> &'static [Sign] {
    &SIGNS[..WARNINGS]
}

/// The contraindications, in groups.
pub fn contraindications() -> &'static [Sign] {
    &SIGNS[WARNINGS..]
}

const WARNINGS: usize = 10;

/// What a person must not use, by the keys of the signs. A key that this version does not know refuses everything.
pub fn concerns<'a>(keys: impl IntoIterator<Item = &'a str>) -> Vec<Concern> {
    let of = |key: &str| SIGNS.iter().find(|sign| sign.key == key).map_or(Everything, |sign| sign.concern);
    keys.into_iter().map(of).collect()
}

/// What a sign is about: `heat or cold`, `cold`; empty for a warning sign.
pub fn before(concern: Concern) -> &'static str {
    match concern {
        Everything => "",
        Packs => "heat or cold",
        Only(Cold) => "cold",
        Only(Heat) => "heat",
        Contrast => "contrast",
    }
}

/// Reads an answer: `none`, or the numbers of the signs that apply, with commas or blanks between.
pub fn read(answer: &str) -> Option<Vec<&'static str>> {
    let answer = answer.trim();
    if answer.eq_ignore_ascii_case("none") {
        return Some(Vec::new());
    }
    let numbers = answer.split([',', ' ', ';']).filter(|number| !number.is_empty());
    let sign = |number: &str| SIGNS.get(number.parse::<usize>().ok()?.checked_sub(1)?).map(|sign| sign.key);
    let keys: Option<Vec<_>> = numbers.map(sign).collect();
    keys.filter(|keys| !keys.is_empty())
}

/// What is wrong with an answer that [`read`] does not understand.
pub fn unclear(answer: &str) -> String {
    let most = SIGNS.len();
    let words = || answer.split([',', ' ', ';']).filter(|word| !word.is_empty());
    let is_number = |word: &&str| word.chars().all(|letter| letter.is_ascii_digit());
    let wrong = match words().find(|word| !is_number(word)).or_else(|| words().find(|word| read(word).is_none())) {
        None => String::new(),
        Some(word) if is_number(&word) => format!("There is no sign {word}. "),
        Some(word) => format!("Cannot read \"{word}\" as the number of a sign. "),
    };
    format!("{wrong}Type numbers from 1 to {most}, such as 2,5, or n for none of them.")
}

/// The signs in three paragraphs, the most urgent first, all in one count.
pub fn paragraphs(with_sources: bool) -> [String; 3] {
    let row = |(at, sign): (usize, &Sign)| {
        let group = before(sign.concern);
        let group = if group.is_empty() { String::new() } else { format!("{group}: ") };
        let source = if with_sources && sign.source != OURS { format!(" ({})", sign.source) } else { String::new() };
        format!("\n  {:>2}  {group}{}{source}", at + 1, sign.text)
    };
    let rows: Vec<String> = SIGNS.iter().enumerate().map(row).collect();
    [
        format!("{}:{}", TITLES[0], rows[..URGENT].concat()),
        format!("{}:{}", TITLES[1], rows[URGENT..WARNINGS].concat()),
        format!("{}:{}", TITLES[2], rows[WARNINGS..].concat()),
    ]
}

/// Whether these signs refuse a modality, in any session.
pub fn refuses(concerns: &[Concern], modality: Modality) -> bool {
    concerns.iter().any(|concern| match concern {
        Everything | Packs => true,
        Only(only) => *only == modality,
        Contrast => false,
    })
}

/// What does not start while these signs apply: `no session`, `no session with cold`.
pub fn refused(concerns: &[Concern]) -> &'static str {
    let [cold, heat] = [Cold, Heat].map(|modality| concerns.contains(&Only(modality)));
    match () {
        () if concerns.contains(&Everything) => "no session",
        () if concerns.contains(&Packs) || cold && heat => "no session with heat or cold",
        () if cold => "no session with cold",
        () if heat => "no session with heat",
        () => "no session with both heat and cold",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_none_or_numbers() {
        assert_eq!(read(" NONE "), Some(vec![]));
        assert_eq!(read("2,12"), Some(vec!["saddle-numbness", "cold-sensitive"]));
        assert_eq!(read("2 12"), read("2, 12"));
        for bad in ["", ",", "0", "15", "1,x", "yes", "none 2"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_unclear_answer_is_told_what_is_wrong() {
        let hint = "Type numbers from 1 to 14, such as 2,5, or n for none of them.";
        for (answer, wrong) in [
            ("", ""),
            (" , ", ""),
            ("99", "There is no sign 99. "),
            ("4, 20", "There is no sign 20. "),
            ("0", "There is no sign 0. "),
            ("q", "Cannot read \"q\" as the number of a sign. "),
            ("99 x", "Cannot read \"x\" as the number of a sign. "),
            ("none 2", "Cannot read \"none\" as the number of a sign. "),
        ] {
            assert_eq!(unclear(answer), format!("{wrong}{hint}"), "{answer}");
        }
    }

    #[test]
    fn signs_refuse_the_modalities_that_they_are_about() {
        for (key, [cold, heat]) in [
            ("fever", [true, true]),
            ("skin-feeling", [true, true]),
            ("cold-sensitive", [true, false]),
            ("heat-sensitive", [false, true]),
            ("heart", [false, false]),
        ] {
            let concerns = concerns([key]);
            assert_eq!([Cold, Heat].map(|modality| refuses(&concerns, modality)), [cold, heat], "{key}");
        }
        assert!(!refuses(&[], Heat));
    }

    #[test]
    fn every_cited_source_exists() {
        for Sign { key, source, .. } in &SIGNS {
            assert!(*source == OURS || crate::domain::source::find(source).is_some(), "{key}: {source}");
        }
    }

    #[test]
    fn the_parts_of_the_table_are_where_the_constants_say() {
        assert!(warning_signs().iter().all(|sign| sign.concern == Everything));
        assert!(contraindications().iter().all(|sign| sign.concern != Everything));
        assert_eq!(concerns(["heart", "cold-sensitive"]), [Contrast, Only(Cold)]);
        assert_eq!(concerns(["of-a-later-version"]), [Everything]);
    }
}
