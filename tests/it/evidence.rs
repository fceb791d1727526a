//! Which source gives which number, and what the safety texts must say. The tables here were written from the
//! literature, not from the program.

use therapy::domain::insight::Class;
use therapy::domain::recommendation::RECOMMENDATIONS;
use therapy::domain::rules::Severity::{self, Note, Overridable, Refuse, Warn};
use therapy::domain::rules::{RULES, RuleId};
use therapy::domain::source::{self, SOURCES};
use therapy::text::advice::{DISCLAIMER, EVIDENCE};
use therapy::text::insight;
use therapy::text::recommendation;
use therapy::text::rules::{self, RECOVERY};
use therapy::text::signs::{URGENT, before, contraindications, warning_signs};

use crate::support::{Home, joined};

/// Each source, and what its entry must say: the figures, and how much of it was read.
#[rustfmt::skip]
const LITERATURE: [(&str, &[&str]); 32] = [
    ("AAOS", &["at most 20 min", "4 to 8 times a day", "second hand"]),
    ("Bleakley 2006", &["40:700", "ankle", "n = 89", "in week 1", "no other difference", "schedule at second hand"]),
    ("Dubois 2019", &["PEACE & LOVE", "lack of good evidence"]),
    ("FDA 1997", &["second-degree burn", "on low", "under 20 min", "lying on it", "15 to 20 min"]),
    ("FDA/CPSC 1995", &["low setting with long use", "reduced feeling, sleep and alcohol"]),
    ("FPN cold", &["15 to 20 min", "hourly", "not longer than 30 min", "near nerves not longer than 20"]),
    ("FPN heat", &["15 to 20 min", "under 72 h"]),
    ("French 2006", &["CD004750", "small short-term benefit", "too little evidence"]),
    ("Garra 2010", &["n = 60", "30 min", "no difference", "everybody also took ibuprofen", "threshold of 15 mm"]),
    ("Greenhalgh 2021", &["contrast", "significant lack of research"]),
    ("Haase 2022", &["160:213", "n = 1232", "1 point from 1 to 4, 2 from 5 to 7, 3 to 4 from 8 to 10", "1.77"]),
    ("Healthwise", &["10 min hourly on day 1", "every 2 to 3 h", "never over 15 to 20 min"]),
    ("Healthwise 2024", &["July 2024", "start with heat", "15 to 20 min", "no 72 h schedule"]),
    ("MacAuley 2001", &["22:379", "wet towel", "muscle stays cold", "up to 30 min after"]),
    ("Malone 1992", &["case series", "compression"]),
    ("Mayo", &["at most 20 min", "every 2 to 4 h", "3 times a day", "never sleep", "few hours between"]),
    ("Menezes Costa 2012", &["184:E613", "from 52 to 23 of 100 within six weeks"]),
    ("Moeller 1997", &["case report", "one icing of 20 min", "ceiling, not a promise"]),
    ("Myrer 1997", &["5 min hot, 5 min cold, twice", "subcutaneous", "8 to 14 °C", "muscle hardly"]),
    ("Nadler 2002", &["n = 371", "Nadler 2003", "40 °C for 8 h a day"]),
    ("Ostelo 2008", &["2 points of 10, or 30 %"]),
    ("PMC155399", &["1 cm deep", "25 to 37 %", "after 30 min", "thick fat"]),
    ("PMC6849860", &["thigh", "10 min at 10 °C", "up to 30 min"]),
    ("PMC8156555", &["knee", "3 min", "up to 10 min"]),
    ("Qaseem 2017", &["five-year", "whatever the treatment", "moderate-quality evidence, strong recommendation"]),
    ("S0", &["swelling", "relax", "bed rest for the first 72 h", "raised legs", "no medical credential"]),
    ("S1", &["20 min heat, then 20 min cold, the cycle three times", "intense spasms", "thigh or lower leg"]),
    ("S2", &["compression early", "doctor if pain persists"]),
    ("S3", &["10 to 20 min", "never above 20", "first three days", "moist", "light activity", "red flags: bladder"]),
    ("S4", &["elastic band or bandage", "usual care fails", "cites no study"]),
    ("ThermaCare", &["within 48 h", "after 7 days"]),
    ("Whitney 1992", &["50:281", "n = 242", "with treatment or without"]),
];

#[test]
fn every_source_says_what_it_gives_and_how_it_was_read() {
    assert_eq!(SOURCES.iter().map(|source| source.key).collect::<Vec<_>>(), LITERATURE.map(|(key, _)| key));
    for (key, parts) in LITERATURE {
        let source = source::find(key).expect("it is listed");
        let text = [source.title, source.read, source.gives].join("; ");
        for part in parts {
            assert!(text.contains(part), "{key} lacks \"{part}\": {text}");
        }
    }
}

/// Each rule, what it does, the number in its summary, and who gives the number.
#[rustfmt::skip]
const NUMBERS: [(RuleId, Severity, &[&str], &[&str]); 20] = [
    (RuleId::ClockBehind,   Overridable, &["2 min"],                              &["ours"]),
    (RuleId::ColdDaily,     Overridable, &["160 min", "24 h"],                    &["AAOS"]),
    (RuleId::ColdLimit,     Refuse,      &["at most 20 min"],                     &["S3", "FPN cold"]),
    (RuleId::ColdShort,     Warn,        &["at least 10 min", "without heat"],    &["S3"]),
    (RuleId::ColdSpacing,   Warn,        &["at least 2 h"],                       &["Bleakley 2006", "Mayo"]),
    (RuleId::EarlyHeat,     Overridable, &["less than 72 h"],                     &["S3", "FPN heat", "Qaseem 2017"]),
    (RuleId::HeatDaily,     Warn,        &["120 min", "24 h"],                    &["ours"]),
    (RuleId::HeatLimit,     Refuse,      &["at most 30 min"],                     &["Garra 2010", "ours"]),
    (RuleId::HeatLong,      Warn,        &["at most 20 min"],                     &["S1", "Mayo"]),
    (RuleId::InjuryFuture,  Refuse,      &["in the past"],                        &["ours"]),
    (RuleId::InjuryUnknown, Refuse,      &["`acute`"],                            &["S3"]),
    (RuleId::LongPain,      Note,        &["more than 7 days"],                   &["ThermaCare"]),
    (RuleId::NoDose,        Note,        &["heat or cold"],                       &["ours"]),
    (RuleId::NumbHeat,      Warn,        &["less than 30 min", "normal feeling"], &["S1", "FDA/CPSC 1995", "PMC6849860"]),
    (RuleId::OneSession,    Refuse,      &["one session"],                        &["ours"]),
    (RuleId::Rewarm,        Overridable, &["20 min of cold", "30 min of heat"],   &["S3", "FPN cold", "Garra 2010", "ours"]),
    (RuleId::SessionLimit,  Refuse,      &["150 min", "60 min of cold", "60 min of heat", "64 steps"], &["S1", "ours"]),
    (RuleId::StepLength,    Refuse,      &["at least 1 s", "at most 150 min"],    &["ours"]),
    (RuleId::StretchEarly,  Warn,        &["72 h", "30 min after cold"],          &["S3", "MacAuley 2001"]),
    (RuleId::WarningSign,   Refuse,      &["warning sign"],                       &["S3", "S1", "ours"]),
];

#[test]
fn every_rule_has_its_number_severity_and_sources() {
    assert_eq!(RULES.len(), NUMBERS.len());
    for (id, severity, numbers, sources) in NUMBERS {
        let (rule, summary) = (id.rule(), rules::of(id).summary);
        assert_eq!((rule.severity, rule.sources), (severity, sources), "{id}");
        assert!(numbers.iter().all(|number| summary.contains(number)), "{id}: {summary}");
    }
}

/// A name with a year, the number of a paper, or an article.
fn names(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '/').filter(|w| !w.is_empty()).collect();
    let is_year = |word: &str| word.len() == 4 && word.parse::<u16>().is_ok_and(|year| year > 1900);
    let cited = words.iter().enumerate().filter_map(|(at, word)| match *word {
        word if is_year(word) && at > 1 && words[at - 2] == "Menezes" => Some(format!("Menezes Costa {word}")),
        word if is_year(word) => Some(format!("{} {word}", words[at.checked_sub(1)?])),
        word if word.starts_with("PMC") => Some(word.to_owned()),
        word if word.len() == 2 && word.starts_with('S') && word.ends_with(|c: char| c.is_ascii_digit()) => {
            Some(word.to_owned())
        }
        "FPN" => Some(format!("FPN {}", words.get(at + 1)?)),
        "Mayo" | "AAOS" => Some((*word).to_owned()),
        _ => None,
    });
    cited.collect()
}

#[test]
fn every_source_that_a_text_names_is_listed_and_explained() {
    let home = Home::new();
    let mut seen = 0;
    for rule in RULES {
        let texts = rules::of(rule.id);
        let explained = joined(&home.ask(&["explain", rule.id.as_str()]));
        for name in names(&[texts.summary, texts.because, texts.way_out].join(" ")) {
            assert!(source::find(&name).is_some(), "{}: {name}", rule.id);
            let rows = [format!("source {name}: "), format!("also {name}: ")];
            assert!(rows.iter().any(|row| explained.contains(row)), "{}: {name}: {explained}", rule.id);
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} names");
    for row in RECOMMENDATIONS {
        let texts = recommendation::of(row.id);
        let all = names(&[texts.when, texts.says].join(" "));
        assert!(all.iter().all(|name| source::find(name).is_some()), "{}: {all:?}", row.id);
    }
    for text in [RECOVERY].into_iter().chain(Class::ALL.map(insight::sentence)) {
        assert!(names(text).iter().all(|name| source::find(name).is_some()), "{text}");
    }
    assert!(!joined(&home.ask(&["explain", "early-heat"])).contains("also Healthwise: "), "another edition is named");
}

/// The rate of recovery is a policy that is faster than what was measured, and 30 min is not the most that was studied.
#[test]
fn explain_says_what_the_limits_of_a_load_rest_on() {
    let home = Home::new();
    let explained = |rule: &str| joined(&home.ask(&["explain", rule]));
    for rule in ["cold-limit", "rewarm", "heat-limit"] {
        let text = explained(rule);
        for part in ["policy of ours", "not a validated model", "1.1 to 1.7 times", "3 times", "small samples, limbs"] {
            assert!(text.contains(part), "{rule} lacks \"{part}\": {text}");
        }
        for key in ["PMC6849860", "PMC8156555", "PMC155399"] {
            assert!(text.contains(&format!("also {key}: ")), "{rule} lacks {key}: {text}");
        }
    }
    assert!(!explained("cold-daily").contains("policy of ours"));
    let nerves = explained("cold-limit");
    assert!(nerves.contains("FPN cold stops at 30 min, and at 20 near nerves"), "{nerves}");
    let heat = explained("heat-limit");
    assert!(heat.contains("ours, for packs and pads that nothing controls") && heat.contains("8 h at 40 °C"), "{heat}");
    let early = explained("early-heat");
    for part in ["Without trauma", "does not wait 72 h (Healthwise 2024)", "also Healthwise 2024: "] {
        assert!(early.contains(part), "{part}: {early}");
    }
}

#[test]
fn the_signs_are_complete_and_the_urgent_ones_come_first() {
    #[rustfmt::skip]
    let signs: [(&[&str], &str); 10] = [
        (&["bladder", "bowel"],                  "S3"),
        (&["groin", "buttocks"],                 "ours"),
        (&["weak or numb legs", "unsteady"],     "S3"),
        (&["fall", "blow", "crash"],             "ours"),
        (&["thigh", "lower leg"],                "S1"),
        (&["numb or painful arms or legs"],      "S3"),
        (&["fever"],                             "S3"),
        (&["weight loss"],                       "S3"),
        (&["night", "lying"],                    "S3"),
        (&["chest", "belly"],                    "ours"),
    ];
    assert_eq!((warning_signs().len(), URGENT), (signs.len(), 4));
    for (sign, (words, cited)) in warning_signs().iter().zip(signs) {
        assert!(words.iter().all(|word| sign.text.contains(word)), "{words:?}: {sign:?}");
        assert_eq!(sign.source, cited, "{sign:?}");
    }
    let ask: [(&str, &[&str]); 4] = [
        (
            "heat or cold",
            &["numb skin", "circulation", "nerve", "diabetes", "infected skin", "children", "alcohol", "sedatives"],
        ),
        ("cold", &["Raynaud", "hives", "frostbite"]),
        ("heat", &["bruise or swelling", "clot", "cancer", "belly in pregnancy", "menthol or capsaicin"]),
        ("contrast", &["heart or blood-pressure"]),
    ];
    assert_eq!(contraindications().len(), ask.len());
    for (group, (kind, words)) in contraindications().iter().zip(ask) {
        let with: Vec<_> = group.text.split(", ").collect();
        assert_eq!((before(group.concern), with.len()), (kind, words.len()));
        assert!(with.iter().zip(words).all(|(with, word)| with.contains(word)), "{with:?}");
    }
    for part in ["not medical advice", "cannot see skin or find a cause", "ask a professional"] {
        assert!(DISCLAIMER.contains(part), "{part}");
    }
    assert!(EVIDENCE.contains("comfort") && EVIDENCE.contains("little for ice and for contrast"));
}

/// A study's condition may be named; a drug as advice may not.
#[test]
fn no_text_advises_a_drug() {
    let home = Home::new();
    let drugs = ["ibuprofen", "paracetamol", "acetaminophen", "aspirin", "naproxen", "diclofenac", "opioid"];
    let mut texts = vec![home.ask(&["safety"]), home.ask(&["explain", "next"])];
    texts.extend(RULES.iter().map(|rule| format!("{:?}", rules::of(rule.id))));
    texts.extend(SOURCES.iter().filter(|source| source.key != "Garra 2010").map(|source| format!("{source:?}")));
    for text in texts {
        assert!(!drugs.iter().any(|drug| text.to_lowercase().contains(drug)), "{text}");
    }
}
