//! The table of recommendations: each row with the facts that make it apply, and with facts that do not. The table here
//! was written from the issue and the literature, not from the program.

use std::time::Duration;

use therapy::domain::protocol::Fits;
use therapy::domain::recommendation::{
    Advised, BESIDE, Facts, Past, RECOMMENDATIONS, Reason, RowId, SCORE_LASTS, Score, Tried, recommended,
};
use therapy::domain::rules::{ACUTE, Concern, Context, DAY, Injury};
use therapy::domain::site::Site;
use therapy::domain::source;
use therapy::domain::step::{Modality, PerModality};

use crate::support::Home;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const NANO: Duration = Duration::from_nanos(1);

fn facts(injury: Injury) -> Facts {
    Facts { injury, ..Facts::default() }
}

fn fresh() -> Facts {
    facts(Injury::Ago(ACUTE.saturating_sub(NANO)))
}

fn older() -> Facts {
    facts(Injury::Ago(ACUTE))
}

fn absent() -> Facts {
    facts(Injury::Absent)
}

/// Heat this many hours ago, with the pain before and after it.
fn heat(facts: Facts, hours: u32, before: u8, after: u8) -> Facts {
    let heat = Some(Tried { ago: HOUR * hours, before, after });
    Facts { tried: PerModality { heat, ..facts.tried }, ..facts }
}

fn cold(facts: Facts, hours: u32, before: u8, after: u8) -> Facts {
    let cold = Some(Tried { ago: HOUR * hours, before, after });
    Facts { tried: PerModality { cold, ..facts.tried }, ..facts }
}

fn pain(facts: Facts, score: u8) -> Facts {
    Facts { pain: Some(Score { ago: HOUR, score, site: None }), ..facts }
}

fn spasm(facts: Facts) -> Facts {
    Facts { spasm: true, ..facts }
}

fn days(days: u32) -> Facts {
    Facts { days, ..older() }
}

fn concern(concern: Concern) -> Facts {
    Facts { concerns: vec![concern], ..absent() }
}

fn ids(facts: &Facts) -> Vec<RowId> {
    recommended(facts).iter().map(|(row, _)| row.id).collect()
}

/// The first protocol.
fn first(facts: &Facts) -> Option<&'static str> {
    recommended(facts).into_iter().find_map(|(row, _)| match row.advised {
        Advised::Protocol(name) => Some(name),
        Advised::Professional | Advised::Stretches => None,
    })
}

#[test]
fn each_row_applies_to_its_facts_and_to_no_others() {
    let unknown = || facts(Injury::Unknown);
    #[rustfmt::skip]
    let table: [(RowId, Vec<Facts>, Vec<Facts>); 12] = [
        (RowId::WarningSign, vec![concern(Concern::Everything)],
            vec![absent(), concern(Concern::Packs), concern(Concern::Only(Modality::Cold))]),
        (RowId::LongPain, vec![days(8)], vec![days(7), days(0)]),
        (RowId::FreshInjury, vec![fresh(), facts(Injury::Ago(Duration::ZERO))], vec![older(), absent(), unknown()]),
        (RowId::InjuryUnknown, vec![unknown(), facts(Injury::InFuture(HOUR))], vec![absent(), fresh(), older()]),
        (RowId::HeatTried, vec![heat(absent(), 2, 6, 6), heat(older(), 2, 6, 5), heat(absent(), 2, 3, 7),
                cold(heat(absent(), 2, 6, 6), 1, 6, 3), cold(heat(absent(), 2, 6, 6), 3, 6, 6)],
            vec![heat(absent(), 2, 6, 3), heat(absent(), 2, 6, 4), heat(absent(), 2, 1, 0), absent(),
                cold(heat(absent(), 2, 6, 6), 1, 6, 5)]),
        (RowId::Spasm, vec![spasm(absent()), pain(older(), 7), pain(unknown(), 10), spasm(fresh())],
            vec![absent(), pain(absent(), 6), pain(older(), 0)]),
        (RowId::OlderInjury, vec![older(), facts(Injury::Ago(HOUR * 1000))], vec![fresh(), absent(), unknown()]),
        (RowId::NoInjury, vec![absent()], vec![unknown(), older(), fresh()]),
        (RowId::PainGone, vec![pain(absent(), 0), pain(older(), 0), pain(unknown(), 0)],
            vec![pain(absent(), 1), absent(), pain(fresh(), 0)]),
        (RowId::ColdTwice, vec![fresh(), unknown()], vec![older(), absent()]),
        (RowId::HeatLater, vec![fresh()], vec![unknown(), older(), absent()]),
        (RowId::ColdInstead, vec![older(), absent()], vec![fresh(), unknown(), heat(absent(), 2, 6, 6)]),
    ];
    assert_eq!(
        table.each_ref().map(|(id, ..)| *id).to_vec(),
        RECOMMENDATIONS.iter().map(|row| row.id).collect::<Vec<_>>()
    );
    for (id, applies, does_not) in table {
        assert!(does_not.len() >= 2, "{id}");
        for facts in applies {
            assert!(ids(&facts).contains(&id), "{id}: {facts:?}");
        }
        for facts in does_not {
            assert!(!ids(&facts).contains(&id), "{id}: {facts:?}");
        }
    }
}

#[test]
fn the_first_choice_is_that_of_the_situation() {
    let unknown = facts(Injury::Unknown);
    for (facts, expected) in [
        (unknown.clone(), "ice"),
        (spasm(unknown.clone()), "ice"),
        (pain(unknown, 0), "ice"),
        (facts(Injury::InFuture(HOUR)), "ice"),
        (fresh(), "ice"),
        (spasm(fresh()), "ice"),
        (older(), "heat"),
        (absent(), "heat"),
        (heat(absent(), 2, 6, 6), "ice"),
        (heat(older(), 2, 6, 3), "heat"),
        // Cold after heat that changed nothing comes before contrast.
        (spasm(heat(older(), 2, 8, 8)), "ice"),
        (spasm(older()), "contrast"),
        (pain(absent(), 7), "contrast"),
        (pain(absent(), 6), "heat"),
        // Neither heat nor cold changed it: what the injury says counts again.
        (cold(heat(absent(), 3, 6, 6), 2, 6, 6), "heat"),
    ] {
        assert_eq!(first(&facts), Some(expected), "{facts:?}");
    }
}

/// No protocol is recommended twice, and each choice names the fact that made it apply.
#[test]
fn choices_differ_and_name_their_facts() {
    let tried = heat(spasm(absent()), 2, 6, 6);
    let all = recommended(&tried);
    let advised: Vec<_> = all.iter().map(|(row, _)| row.advised).collect();
    assert_eq!(advised, ["ice", "contrast", "heat"].map(Advised::Protocol));
    assert_eq!(all[0].1, Reason::Tried(Tried { ago: 2 * HOUR, before: 6, after: 6 }));
    assert_eq!((all[1].1, all[2].1), (Reason::Said, Reason::Injury(Injury::Absent)));
    let both = Facts { concerns: vec![Concern::Everything], ..days(9) };
    assert_eq!(ids(&both)[..2], [RowId::WarningSign, RowId::LongPain]);
}

#[test]
fn every_source_of_the_table_is_known_and_every_row_has_one() {
    let besides = BESIDE.iter().map(|(what, sources, against)| (what.to_string(), *sources, *against));
    let rows = RECOMMENDATIONS.iter().map(|row| (row.id.to_string(), row.sources, row.against));
    for (name, sources, against) in rows.chain(besides) {
        assert!(!sources.is_empty(), "{name}");
        for key in sources.iter().chain(against) {
            assert!(source::SOURCES.iter().any(|source| source.key == *key), "{name}: {key}");
        }
        assert!(!sources.iter().any(|key| against.contains(key)), "{name}");
    }
}

/// Who says what, as the issue and the literature have it.
#[test]
fn the_sources_are_those_who_say_so() {
    #[rustfmt::skip]
    let table: [(RowId, &[&str], &[&str]); 7] = [
        (RowId::FreshInjury, &["S1", "S3"],                 &["Dubois 2019"]),
        (RowId::HeatTried,   &["S0"],                       &["French 2006"]),
        (RowId::Spasm,       &["S1"],                       &["Mayo", "Greenhalgh 2021"]),
        (RowId::OlderInjury, &["S3"],                       &[]),
        (RowId::NoInjury,    &["S1"],                       &[]),
        (RowId::PainGone,    &["S3"],                       &["S2"]),
        (RowId::HeatLater,   &["S3"],                       &["Qaseem 2017", "Healthwise 2024"]),
    ];
    for (id, sources, against) in table {
        let row = RECOMMENDATIONS.iter().find(|row| row.id == id).expect("a row");
        assert!(sources.iter().all(|key| row.sources.contains(key)), "{id}: {:?}", row.sources);
        assert!(against.iter().all(|key| row.against.contains(key)), "{id}: {:?}", row.against);
    }
    for fits in Fits::ALL {
        assert!(RECOMMENDATIONS.iter().any(|row| row.fits == Some(fits)), "{fits}");
    }
}

/// Only what was given at the place, in the last day, by itself, and with both scores was tried.
#[test]
fn what_was_tried_is_the_last_of_the_day_at_the_site() {
    let given = |cold: u32, heat: u32| PerModality { cold: MINUTE * cold, heat: MINUTE * heat };
    let past = |hours: u32, given, pain| Past { ago: HOUR * hours, site: Some(Site::LOWER_BACK), given, pain };
    let both = |before, after| [Some(before), Some(after)];
    let heat = |all: &[Past]| Facts::of(&Context::default(), all, &[], false).tried.heat.map(|tried| tried.after);
    let one = past(3, given(0, 20), both(6, 6));
    assert_eq!(heat(&[one]), Some(6));
    assert_eq!(heat(&[past(9, given(0, 20), both(6, 1)), one, past(5, given(0, 20), both(6, 2))]), Some(6));
    assert_eq!(heat(&[one, past(2, given(0, 20), [Some(6), None])]), Some(6), "one without a score says nothing");
    assert_eq!(heat(&[Past { ago: DAY, ..one }]), Some(6));
    for none in [
        Past { ago: DAY + NANO, ..one },
        Past { site: Site::from_name("left-knee"), ..one },
        past(3, given(20, 20), both(6, 6)),
        past(3, given(20, 0), both(6, 6)),
        past(3, given(0, 1), both(6, 6)),
        past(3, given(0, 20), [None, Some(6)]),
    ] {
        assert_eq!(heat(&[none]), None, "{none:?}");
    }
    assert_eq!(heat(&[Past { site: None, ..one }]), Some(6), "a record from before there were sites");
    let cold = Facts::of(&Context::default(), &[past(1, given(15, 0), both(5, 3))], &[], false).tried.cold;
    assert_eq!(cold, Some(Tried { ago: HOUR, before: 5, after: 3 }));
}

#[test]
fn the_pain_is_the_last_score_of_some_hours_at_the_site() {
    let score = |hours: u32, score, name: &str| Score { ago: HOUR * hours, score, site: Site::from_name(name) };
    let pain = |all: &[Score]| Facts::of(&Context::default(), &[], all, false).pain.map(|score| score.score);
    assert_eq!(pain(&[score(3, 8, "lower-back"), score(1, 4, "hip"), score(0, 9, "left-ankle")]), Some(4));
    assert_eq!(pain(&[score(1, 8, ""), score(1, 3, "")]), Some(3), "the later of two at one time");
    assert_eq!(pain(&[Score { ago: SCORE_LASTS, ..score(0, 8, "") }]), Some(8));
    assert_eq!(pain(&[Score { ago: SCORE_LASTS + NANO, ..score(0, 8, "") }]), None);
    assert_eq!(pain(&[]), None);
}

/// `therapy explain next` has every row with its sources.
#[test]
fn explain_shows_the_table_with_its_sources() {
    let home = Home::empty();
    let (text, json) = (home.ask(&["explain", "next"]), home.json(&["explain", "next", "--json"]));
    let rows = json["recommendations"].as_array().expect("rows");
    assert_eq!(rows.len(), RECOMMENDATIONS.len());
    for (row, document) in RECOMMENDATIONS.iter().zip(rows) {
        assert_eq!(document["situation"], row.id.to_string());
        assert_eq!(document["sources"], serde_json::json!(row.sources));
        assert!(text.contains(&format!(". {}: ", row.id)) && text.contains(&row.sources.join(", ")), "{text}");
    }
    assert!(text.contains("an elastic band, not over a cold pack (S2, S4; against it: Malone 1992)"), "{text}");
    // A source names the table among those that cite it, and a mistyped name finds it.
    assert!(home.ask(&["explain", "Ostelo 2008"]).ends_with("cited by next, stats\n"));
    assert!(!home.ask(&["explain", "FDA 1997"]).contains("next"));
    let wrong = home.run(&["explain", "nexxt"]);
    assert!(crate::support::stderr(&wrong).ends_with("try: therapy explain \"next\"\n"));
    assert!(home.ask(&["explain"]).contains("therapy explain next"));
}
