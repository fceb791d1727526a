//! Who said which number. Every rule and every built-in protocol cites keys of this table.
//! The product says "this source says", never "this works".

/// A published text that a number comes from.
#[derive(Debug)]
pub struct Source {
    /// Short name, as rules and protocols cite it.
    pub key: &'static str,
    /// Reference.
    pub title: &'static str,
    /// What was read of it.
    pub read: &'static str,
    /// What it gives the product.
    pub gives: &'static str,
}

const ARTICLE: &str = "in full; its author names no medical credential and cites no study";
const ABSTRACT: &str = "its abstract or opening page, not the whole text";

/// The key of numbers that no source gives.
pub const OURS: &str = "ours";

const fn source(key: &'static str, title: &'static str, read: &'static str, gives: &'static str) -> Source {
    Source { key, title, read, gives }
}

/// Every source, sorted by key.
#[rustfmt::skip]
pub const SOURCES: &[Source] = &[
    source("AAOS", "American Academy of Orthopaedic Surgeons, quoted on an insurer's page", "at second hand",
        "cold for at most 20 min, 4 to 8 times a day"),
    source("Bleakley 2006", "Br J Sports Med 40:700, ice for ankle sprains, n = 89", "its abstract or opening page; the schedule at second hand",
        "less ankle pain on activity in week 1, no other difference; schedule: 10 min on, 10 off, 10 on every 2 h against 20 min every 2 h"),
    source("Dubois 2019", "PEACE & LOVE, Br J Sports Med", ABSTRACT,
        "questions ice for lack of good evidence"),
    source("FDA 1997", "reports about heating pads", ABSTRACT,
        "a second-degree burn from a pad on low in under 20 min, with the patient lying on it; not longer than 15 to 20 min"),
    source("FDA/CPSC 1995", "advisory on heating pads", ABSTRACT,
        "burns even on a low setting with long use; warns of reduced feeling, sleep and alcohol"),
    source("FPN cold", "Family Practice Notebook, Local Cold Therapy", ABSTRACT,
        "15 to 20 min, as often as hourly to every 2 to 4 h; an application not longer than 30 min, near nerves not longer than 20"),
    source("FPN heat", "Family Practice Notebook, Local Heat Therapy", ABSTRACT,
        "15 to 20 min; not in an acute injury under 72 h"),
    source("French 2006", "Cochrane CD004750, superficial heat or cold for low back pain", ABSTRACT,
        "heat wrap: small short-term benefit; cold: too little evidence"),
    source("Garra 2010", "Acad Emerg Med, heat or cold packs for back and neck strain, n = 60", ABSTRACT,
        "30 min of heat or of cold: no difference; everybody also took ibuprofen, and both changes stayed under the threshold of 15 mm that the authors set"),
    source("Greenhalgh 2021", "contrast therapy, review", ABSTRACT,
        "a significant lack of research for soft-tissue injury"),
    source("Haase 2022", "Z Orthop Unfall 160:213, changes of pain in specific back pain, n = 1232", ABSTRACT,
        "2 points are important; by the score before, 1 point from 1 to 4, 2 from 5 to 7, 3 to 4 from 8 to 10; under 1.77 points a change may be an error of the scale"),
    source("Healthwise", "hw47901, heat or ice for low back pain", ABSTRACT,
        "ice 10 min hourly on day 1, then every 2 to 3 h, never over 15 to 20 min; heat 15 to 20 min; a few hours between heat and ice"),
    source("Healthwise 2024", "newer edition of July 2024", ABSTRACT,
        "many people start with heat; ice 15 to 20 min; no 72 h schedule any more"),
    source("MacAuley 2001", "Int J Sports Med 22:379, review of ice therapy", ABSTRACT,
        "repeated 10 min applications through a wet towel let the skin return to normal while deeper muscle stays cold; motor function reduced for up to 30 min after"),
    source("Malone 1992", "case series of cold nerve injury", ABSTRACT,
        "added compression is among the factors"),
    source("Mayo", "Mayo Clinic Press, excerpt", ABSTRACT,
        "ice wrapped, at most 20 min, every 2 to 4 h; heat up to 20 min, 3 times a day; never sleep with a pad; a few hours between heat and ice"),
    source("Menezes Costa 2012", "CMAJ 184:E613, natural course of low back pain", ABSTRACT,
        "acute pain falls from 52 to 23 of 100 within six weeks"),
    source("Moeller 1997", "case report", ABSTRACT,
        "nerve palsy after one icing of 20 min: 20 min is a ceiling, not a promise"),
    source("Myrer 1997", "contrast with packs, 5 min hot, 5 min cold, twice", ABSTRACT,
        "the subcutaneous temperature swings by 8 to 14 °C, that of muscle hardly at all"),
    source("Nadler 2002", "heat wraps for low back pain, n = 371 and others; with Nadler 2003", ABSTRACT,
        "40 °C for 8 h a day, the best-studied heat; the wrap controls itself"),
    source("Ostelo 2008", "consensus on important change in low back pain", ABSTRACT,
        "2 points of 10, or 30 %, on a pain scale"),
    source("PMC155399", "muscle 1 cm deep, 20 min of ice", ABSTRACT,
        "25 to 37 % of the cooling is regained after 30 min; under thick fat the muscle still cools"),
    source("PMC6849860", "skin of the human thigh, 10 min at 10 °C", ABSTRACT,
        "below its baseline for up to 30 min"),
    source("PMC8156555", "skin of the human knee, 3 min of ice", ABSTRACT,
        "below its baseline for up to 10 min"),
    source("Qaseem 2017", "American College of Physicians, guideline on low back pain; past its own five-year limit", ABSTRACT,
        "most acute low back pain improves over time whatever the treatment; superficial heat: moderate-quality evidence, strong recommendation"),
    source("S0", "\"Back Spasms\", web article", ARTICLE,
        "ice pack against swelling, hot pack to relax, cold as the next try when heat did not help; bed rest for the first 72 h; lying with raised legs"),
    source("S1", "\"Practical Back Spasms Treatment\", web article", ARTICLE,
        "cold as soon as the injury happens, heat once the first swelling is treated and for recurring pain; contrast for intense spasms: 20 min heat, then 20 min cold, the cycle three times; a spasm running into thigh or lower leg needs a professional"),
    source("S2", "\"Understanding and Treating Back Spasms\", web article", ARTICLE,
        "ice for inflammation, and heat; rest, stretching and compression early; a doctor if pain persists"),
    source("S3", "\"Back pain muscle spasms\", web article without a title of its own", ARTICLE,
        "ice wrapped in cloth, 10 to 20 min at a time, several times a day, never above 20 (numbness, tighter muscles); heat only after the first three days, moist rather than dry; light activity rather than bed rest; stretches after recovery; red flags: bladder or bowel change, unsteady walking, numbness or pain in arms and legs, pain when lying, fever, weight loss"),
    source("S4", "\"Back spasms\", web article without a title of its own", ARTICLE,
        "ice, rest, compression by an elastic band or bandage; referral when usual care fails"),
    source("ThermaCare", "product warnings of a heat wrap", ABSTRACT,
        "not on bruise or swelling within 48 h; stop after 7 days if no better"),
    source("Whitney 1992", "Pain 50:281, regression to the mean in chronic pain, n = 242", ABSTRACT,
        "the higher the pain at first, the more it falls, with treatment or without"),
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
