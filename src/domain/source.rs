//! Who said which number. Every rule and every built-in protocol cites keys of this table.
//! The product says "this source says", never "this works".

/// A published text that a number comes from.
#[derive(Debug)]
pub struct Source {
    /// Short name, as rules and protocols cite it.
    pub key: &'static str,
    /// Reference.
    pub title: &'static str,
    /// What was read of it, and its weight.
    pub read: &'static str,
    /// What it gives the product.
    pub gives: &'static str,
}

const ARTICLE: &str = "web article; its author names no medical credential and cites no study";
const ABSTRACT: &str = "abstract or opening page read, not the full paper";

/// The key of numbers that no source gives.
pub const OURS: &str = "ours";

const fn source(key: &'static str, title: &'static str, read: &'static str, gives: &'static str) -> Source {
    Source { key, title, read, gives }
}

/// Every source, sorted by key.
#[rustfmt::skip]
pub const SOURCES: &[Source] = &[
    source("AAOS", "American Academy of Orthopaedic Surgeons, quoted on an insurer's page", "second hand",
        "cold for at most 20 min, 4 to 8 times a day"),
    source("Bleakley 2006", "Br J Sports Med 40:700, cryotherapy for acute ankle sprains, n = 89", ABSTRACT,
        "10 min on, 10 off, 10 on every 2 h against 20 min every 2 h: less pain on activity in week 1, no other difference"),
    source("Dubois 2019", "PEACE & LOVE, Br J Sports Med", ABSTRACT,
        "questions ice for soft-tissue injuries for lack of good evidence"),
    source("FDA 1997", "reports of burns from electric heating pads", ABSTRACT,
        "a second-degree burn from a pad on low, under 20 min, with the person lying on it; not longer than 15 to 20 min"),
    source("FDA/CPSC 1995", "advisory on electric heating pads", ABSTRACT,
        "burns even on a low setting with long use; reduced feeling, sleep and alcohol add to the risk"),
    source("FPN cold", "Family Practice Notebook, Local Cold Therapy", ABSTRACT,
        "15 to 20 min, as often as hourly to every 2 to 4 h; not longer than 30 min, and near nerves not longer than 20"),
    source("FPN heat", "Family Practice Notebook, Local Heat Therapy", ABSTRACT,
        "15 to 20 min; not in an acute injury under 72 h"),
    source("French 2006", "Cochrane CD004750, superficial heat or cold for low back pain", ABSTRACT,
        "heat wrap: small short-term benefit; cold: too little evidence to judge"),
    source("Garra 2010", "Acad Emerg Med, heat or cold packs for neck and back strain, n = 60", ABSTRACT,
        "30 min of heat or of cold: no difference between them; everybody also took ibuprofen, and both changes stayed under the threshold that the authors set"),
    source("Greenhalgh 2021", "contrast therapy, review", ABSTRACT,
        "a significant lack of research for soft-tissue injury"),
    source("Healthwise", "hw47901, heat or ice for low back pain", ABSTRACT,
        "ice 10 min hourly on day 1, then every 2 to 3 h, never over 15 to 20 min; heat 15 to 20 min; hours between heat and ice"),
    source("Healthwise 2024", "heat or ice for low back pain, edition of July 2024", ABSTRACT,
        "many people start with heat; ice 15 to 20 min; no 72 h schedule any more"),
    source("MacAuley 2001", "Int J Sports Med 22:379, ice therapy: how good is the evidence?", ABSTRACT,
        "repeated 10 min applications through a wet towel let the skin return to normal while deeper muscle stays cold; motor function reduced for up to 30 min after"),
    source("Malone 1992", "case series of nerve injury after cold", ABSTRACT,
        "added compression is among the factors"),
    source("Mayo", "Mayo Clinic Press, excerpt", ABSTRACT,
        "ice wrapped, at most 20 min, every 2 to 4 h; heat up to 20 min, 3 times a day; never sleep with a pad; a few hours between heat and ice"),
    source("Moeller 1997", "case report", ABSTRACT,
        "nerve palsy after one 20 min icing: 20 min is a ceiling, not a safe dose"),
    source("Myrer 1997", "contrast packs, 5 min hot, 5 min cold, twice", ABSTRACT,
        "temperature under the skin swings by 8 to 14 °C, in the muscle hardly at all"),
    source("Nadler 2002", "heat wrap for low back pain, n = 371; with Nadler 2003", ABSTRACT,
        "40 °C for 8 h a day, by a wrap that controls itself: the best-studied heat"),
    source("PMC155399", "muscle 1 cm deep under ice for 20 min", ABSTRACT,
        "25 to 37 % of the cooling is regained after 30 min; under thick fat it still cools"),
    source("PMC6849860", "skin of the thigh at 10 °C for 10 min", ABSTRACT,
        "below its baseline for up to 30 min"),
    source("PMC8156555", "skin of the knee under ice for 3 min", ABSTRACT,
        "below its baseline for up to 10 min"),
    source("Qaseem 2017", "American College of Physicians guideline on low back pain", "abstract or opening page read; the guideline expired after five years",
        "most acute low back pain improves over time whatever the treatment; superficial heat: moderate-quality evidence, strong recommendation"),
    source("S0", "\"Back Spasms\"", ARTICLE,
        "ice against swelling, heat to relax, cold when heat did not help; bed rest for the first 72 h; lying with raised legs"),
    source("S1", "\"Practical Back Spasms Treatment\"", ARTICLE,
        "cold at once, heat after the first swelling and for recurring pain; contrast: 20 min heat, 20 min cold, the cycle three times; a spasm running into the leg needs a professional"),
    source("S2", "\"Understanding and Treating Back Spasms\"", ARTICLE,
        "ice, heat; rest, stretching and compression early; a doctor if pain persists"),
    source("S3", "\"Back pain muscle spasms\"", ARTICLE,
        "ice wrapped in cloth, 10 to 20 min at a time, several times a day, never above 20; heat only after the first three days, moist rather than dry; stretches after recovery; red flags"),
    source("S4", "\"Back spasms\"", ARTICLE,
        "ice, rest, compression; referral when usual care fails"),
    source("ThermaCare", "product warnings of a heat wrap", ABSTRACT,
        "not on a bruise or swelling within 48 h; stop after 7 days without improvement"),
];

/// The source with this key, ignoring case and taking `-` for a space.
pub fn find(key: &str) -> Option<&'static Source> {
    let wanted = key.replace('-', " ");
    SOURCES.iter().find(|source| source.key.eq_ignore_ascii_case(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_unique() {
        assert!(SOURCES.is_sorted_by(|a, b| a.key < b.key));
    }

    #[test]
    fn a_source_is_found_as_people_type_it() {
        assert_eq!(find("fpn-COLD").map(|source| source.key), Some("FPN cold"));
        assert!(find("nobody").is_none());
    }
}
