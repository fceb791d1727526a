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

/// Every source, sorted by key.
pub const SOURCES: &[Source] = &[
    Source {
        key: "AAOS",
        title: "American Academy of Orthopaedic Surgeons, quoted on an insurer's page",
        read: "second hand",
        gives: "cold for at most 20 min, 4 to 8 times a day",
    },
    Source {
        key: "Bleakley 2006",
        title: "Br J Sports Med 40:700, cryotherapy for acute ankle sprains, n = 89",
        read: ABSTRACT,
        gives: "10 min on, 10 off, 10 on every 2 h against 20 min every 2 h: less pain on activity in week 1, nothing else differed",
    },
    Source {
        key: "Dubois 2019",
        title: "PEACE & LOVE, Br J Sports Med",
        read: ABSTRACT,
        gives: "questions ice for soft-tissue injuries for lack of good evidence",
    },
    Source {
        key: "FDA/CPSC 1995",
        title: "advisory on electric heating pads",
        read: ABSTRACT,
        gives: "burns even on a low setting with long use; reduced feeling, sleep and alcohol add to the risk",
    },
    Source {
        key: "FPN cold",
        title: "Family Practice Notebook, Local Cold Therapy",
        read: ABSTRACT,
        gives: "15 to 20 min, as often as hourly to every 2 to 4 h, not longer than 20 min",
    },
    Source {
        key: "FPN heat",
        title: "Family Practice Notebook, Local Heat Therapy",
        read: ABSTRACT,
        gives: "15 to 20 min; not in an acute injury under 72 h",
    },
    Source {
        key: "French 2006",
        title: "Cochrane CD004750, superficial heat or cold for low back pain",
        read: ABSTRACT,
        gives: "heat wrap: small short-term benefit; cold: too little evidence to judge",
    },
    Source {
        key: "Garra 2010",
        title: "Acad Emerg Med, heat or cold packs for neck and back strain, n = 60",
        read: ABSTRACT,
        gives: "30 min of heat or of cold: no difference between them",
    },
    Source {
        key: "Healthwise",
        title: "hw47901, heat or ice for low back pain",
        read: ABSTRACT,
        gives: "ice 10 min hourly on day 1, then every 2 to 3 h, never over 15 to 20 min; heat 15 to 20 min; hours between heat and ice",
    },
    Source {
        key: "MacAuley 2001",
        title: "Int J Sports Med 22:379, ice therapy: how good is the evidence?",
        read: ABSTRACT,
        gives: "repeated 10 min applications through a wet towel; motor function reduced for up to 30 min after",
    },
    Source {
        key: "Malone 1992",
        title: "case series of nerve injury after cold",
        read: ABSTRACT,
        gives: "added compression is among the factors",
    },
    Source {
        key: "Mayo",
        title: "Mayo Clinic Press, excerpt",
        read: ABSTRACT,
        gives: "ice wrapped, at most 20 min, every 2 to 4 h; heat up to 20 min, 3 times a day; never sleep with a pad; a few hours between heat and ice",
    },
    Source {
        key: "Moeller 1997",
        title: "case report",
        read: ABSTRACT,
        gives: "nerve palsy after one 20 min icing: 20 min is a ceiling, not a promise",
    },
    Source {
        key: "Myrer 1997",
        title: "contrast packs, 5 min hot, 5 min cold, twice",
        read: ABSTRACT,
        gives: "skin swings by 8 to 14 degrees Celsius, muscle hardly at all",
    },
    Source {
        key: "Qaseem 2017",
        title: "American College of Physicians guideline on low back pain",
        read: "abstract or opening page read; past its own limit of five years",
        gives: "superficial heat for acute low back pain",
    },
    Source {
        key: "S0",
        title: "\"Back Spasms\"",
        read: ARTICLE,
        gives: "ice against swelling, heat to relax, cold when heat did not help; bed rest for the first 72 h; lying with raised legs",
    },
    Source {
        key: "S1",
        title: "\"Practical Back Spasms Treatment\"",
        read: ARTICLE,
        gives: "cold at once, heat after the first swelling and for recurring pain; contrast: 20 min heat, 20 min cold, the cycle three times; a spasm running into the leg needs a professional",
    },
    Source {
        key: "S2",
        title: "\"Understanding and Treating Back Spasms\"",
        read: ARTICLE,
        gives: "ice, heat; rest, stretching and compression early; a doctor if pain persists",
    },
    Source {
        key: "S3",
        title: "\"Back pain muscle spasms\"",
        read: ARTICLE,
        gives: "ice wrapped in cloth, 10 to 20 min at a time, several times a day, never above 20; heat only after the first three days, moist rather than dry; stretches after recovery; red flags",
    },
    Source {
        key: "S4",
        title: "\"Back spasms\"",
        read: ARTICLE,
        gives: "ice, rest, compression; referral when usual care fails",
    },
    Source {
        key: "ThermaCare",
        title: "product warnings of a heat wrap",
        read: ABSTRACT,
        gives: "not on a bruise or swelling within 48 h; stop after 7 days if no better",
    },
];

/// The source with this key, ignoring case and taking `-` for a space.
#[must_use]
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
