//! A table with two plans for each rule: one breaks only this rule, the other is just within it. Both go
//! through the library, and through `therapy check` if a file can express them.

#![expect(clippy::unchecked_time_subtraction, reason = "the numbers of a test are known")]

use std::time::Duration;

use serde_json::Value;
use therapy::domain::dose::Dose;
use therapy::domain::exposure::{Exposure, limit};
use therapy::domain::moment::Moment;
use therapy::domain::protocol::{Choice, Draft, DraftStep, Part, Protocol, Range};
use therapy::domain::rules::{
    ACUTE, Concern, Context, Detail, Finding, Injury, RULES, RuleId, SESSION, Severity, refuses, review,
};
use therapy::domain::site::Site;
use therapy::domain::source::{self, OURS};
use therapy::domain::step::StepKind::{Cold, Heat, Rest, Stretch};
use therapy::domain::step::{Modality, Step};
use therapy::text::rules;

use crate::support::{Home, stdout};

const SECOND: Duration = Duration::from_secs(1);

const fn minutes(number: u64) -> Duration {
    Duration::from_secs(number * 60)
}

const fn hours(number: u64) -> Duration {
    minutes(number * 60)
}

type Case = (Vec<Exposure>, Context);

fn steps(list: &[Exposure]) -> Vec<Step> {
    list.iter().map(|&(kind, length)| Step::new(kind, length)).collect()
}

/// Start of the reviewed session.
const NOW: Moment = Moment::new(hours(1000));

/// An old injury, so that heat causes no note.
fn old() -> Context {
    Context { now: NOW, injury: Injury::Ago(hours(1000)), ..Context::default() }
}

fn ids(list: &[Exposure], context: &Context) -> Vec<RuleId> {
    let mut ids: Vec<_> = review(&steps(list), context).iter().map(|finding| finding.rule).collect();
    ids.dedup();
    ids
}

/// The doses of a session that began this long before the reviewed one.
fn past(began: Duration, exposures: &[Exposure]) -> Vec<Dose> {
    let session = NOW - began;
    let mut from = session;
    let doses = exposures.iter().filter_map(|&(kind, length)| {
        let dose = kind.modality().map(|modality| Dose {
            modality,
            from,
            to: from + length,
            session,
            site: Site::LOWER_BACK,
            relieves: true,
        });
        from = from + length;
        dose
    });
    doses.collect()
}

/// The same doses at another site.
fn at_site(name: &str, doses: Vec<Dose>) -> Vec<Dose> {
    doses.into_iter().map(|dose| Dose { site: site(name), ..dose }).collect()
}

fn site(name: &str) -> Site {
    Site::from_name(name).expect("a site")
}

fn after(sessions: Vec<Vec<Dose>>) -> Context {
    Context { doses: sessions.into_iter().flatten().collect(), ..old() }
}

/// Eight sessions of 20 min of cold, 2 h apart. The last one began 2 h before the reviewed session.
fn eight_cold(first: Duration) -> Vec<Vec<Dose>> {
    let began = |index| first - index * hours(2);
    (0..8).map(|index| past(began(index), &[(Cold, minutes(20))])).collect()
}

#[test]
fn the_table_has_every_id_in_order_and_known_sources() {
    for (index, rule) in RULES.iter().enumerate() {
        assert_eq!(rule.id as usize, index, "{}", rule.id);
        assert!(std::ptr::eq(rule.id.rule(), rule));
        assert!(!rule.sources.is_empty(), "{}", rule.id);
        for key in rule.sources {
            assert!(*key == OURS || source::find(key).is_some(), "{}: {key}", rule.id);
        }
    }
    assert_eq!(RULES.last().map(|rule| rule.id), Some(RuleId::WarningSign), "no id without a row");
    assert!(RULES.is_sorted_by(|a, b| a.id.as_str() < b.id.as_str()), "sorted and unique");
}

#[test]
fn each_rule_lists_the_protocols_that_it_limits() {
    let concerning = |kind| {
        let rules = RULES.iter().filter(|rule| rule.concerns(&steps(&[(kind, SECOND)])));
        rules.map(|rule| rule.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(concerning(Rest), ["session-limit", "step-length"]);
    assert_eq!(concerning(Stretch), ["session-limit", "step-length", "stretch-early"]);
    let heat =
        ["early-heat", "heat-daily", "heat-limit", "heat-long", "numb-heat", "rewarm", "session-limit", "step-length"];
    assert_eq!(concerning(Heat), heat);
    let cold = ["cold-daily", "cold-limit", "cold-short", "cold-spacing", "rewarm", "session-limit", "step-length"];
    assert_eq!(concerning(Cold), cold);
}

/// Each rule, with a plan that breaks only this rule and a plan just within it.
fn table() -> Vec<(RuleId, Case, Case)> {
    let unknown = Context::default();
    let young = |age| Context { injury: Injury::Ago(age), ..Context::default() };
    let heat_daily = |began| {
        let two = [(Heat, minutes(20)), (Rest, minutes(20)), (Heat, minutes(20))];
        after(vec![past(began, &two), past(began - hours(3), &two), past(began - hours(6), &[(Heat, minutes(20))])])
    };
    let m = minutes;
    vec![
        (
            RuleId::ClockBehind,
            (vec![(Cold, m(15))], Context { record_ahead: m(2) + SECOND, ..old() }),
            (vec![(Cold, m(15))], Context { record_ahead: m(2), ..old() }),
        ),
        (
            RuleId::ColdDaily,
            (vec![(Cold, m(20))], after(eight_cold(hours(24) - SECOND))),
            (vec![(Cold, m(20))], after(eight_cold(hours(24)))),
        ),
        (RuleId::ColdLimit, (vec![(Cold, m(20) + SECOND)], old()), (vec![(Cold, m(20))], old())),
        (RuleId::ColdShort, (vec![(Cold, m(10) - SECOND)], old()), (vec![(Cold, m(10))], old())),
        (
            RuleId::ColdSpacing,
            (vec![(Cold, m(15))], after(vec![past(hours(2) - SECOND, &[(Cold, m(15))])])),
            (vec![(Cold, m(15))], after(vec![past(hours(2), &[(Cold, m(15))])])),
        ),
        (RuleId::EarlyHeat, (vec![(Heat, m(20))], young(hours(72) - SECOND)), (vec![(Heat, m(20))], young(hours(72)))),
        (
            RuleId::HeatDaily,
            (vec![(Heat, m(20)), (Rest, m(20)), (Heat, m(1))], heat_daily(hours(12))),
            (vec![(Heat, m(20))], heat_daily(hours(12))),
        ),
        (
            RuleId::HeatLimit,
            (vec![(Heat, m(20)), (Rest, SECOND), (Heat, m(10) + SECOND)], old()),
            (vec![(Heat, m(20)), (Rest, SECOND), (Heat, m(10))], old()),
        ),
        (RuleId::HeatLong, (vec![(Heat, m(20) + SECOND)], old()), (vec![(Heat, m(20))], old())),
        (
            RuleId::InjuryFuture,
            (vec![(Heat, m(20))], Context { injury: Injury::InFuture(SECOND), ..Context::default() }),
            (vec![(Cold, m(20))], young(Duration::ZERO)),
        ),
        (RuleId::InjuryUnknown, (vec![(Heat, m(20))], unknown.clone()), (vec![(Cold, m(20))], unknown.clone())),
        (
            RuleId::LongPain,
            (vec![(Cold, m(15))], Context { days: 8, ..old() }),
            (vec![(Cold, m(15))], Context { days: 7, ..old() }),
        ),
        (RuleId::NoDose, (vec![(Rest, m(5))], old()), (vec![(Rest, m(5)), (Heat, SECOND)], old())),
        (
            RuleId::NumbHeat,
            (vec![(Cold, m(10)), (Rest, m(30) - SECOND), (Heat, m(10))], old()),
            (vec![(Cold, m(10)), (Rest, m(30)), (Heat, m(10))], old()),
        ),
        (RuleId::OneSession, (vec![(Cold, m(15))], Context { running: true, ..old() }), (vec![(Cold, m(15))], old())),
        (
            RuleId::Rewarm,
            (
                vec![(Heat, m(20)), (Rest, SECOND), (Heat, m(10))],
                after(vec![past(hours(1) - 2 * SECOND, &[(Heat, m(20))])]),
            ),
            (
                vec![(Heat, m(20)), (Rest, SECOND), (Heat, m(10))],
                after(vec![past(hours(1) - SECOND, &[(Heat, m(20))])]),
            ),
        ),
        (
            RuleId::SessionLimit,
            (vec![(Heat, m(20)), (Rest, m(130) + SECOND)], old()),
            (vec![(Heat, m(20)), (Rest, m(130))], old()),
        ),
        (
            RuleId::StepLength,
            (vec![(Heat, m(20)), (Rest, Duration::from_millis(999))], old()),
            (vec![(Heat, m(20)), (Rest, SECOND)], old()),
        ),
        (
            RuleId::StretchEarly,
            (vec![(Cold, m(20)), (Rest, m(30) - SECOND), (Stretch, m(5))], old()),
            (vec![(Cold, m(20)), (Rest, m(30)), (Stretch, m(5))], old()),
        ),
        (
            RuleId::WarningSign,
            (vec![(Cold, m(15))], Context { concerns: vec![Concern::Everything], ..old() }),
            (vec![(Cold, m(15))], old()),
        ),
    ]
}

#[test]
fn each_plan_breaks_only_its_rule_and_passes_just_within_it() {
    let table = table();
    assert_eq!(table.len(), RULES.len());
    for (rule, (breaks, breaks_in), (holds, holds_in)) in &table {
        assert_eq!(ids(breaks, breaks_in), [*rule], "{rule} is broken alone");
        assert!(ids(holds, holds_in).is_empty(), "{rule} inside: {:?}", ids(holds, holds_in));
    }
}

/// A file has no injury, earlier session or clock. Rows that need them are skipped.
#[test]
fn check_reports_the_same_rules_for_a_file() {
    let home = Home::new();
    let check = |steps: &[Exposure]| {
        let steps = steps
            .iter()
            .map(|(kind, length)| format!("[[step]]\ndo = \"{kind}\"\nfor = \"{}ms\"\n", length.as_millis()));
        let file = home.file("edge.toml", &steps.collect::<String>());
        let output = home.run(&["check", "--json", &file]);
        let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let problems = found[0]["problems"].as_array().expect("a list").clone();
        let rules = problems.iter().map(|problem| problem["rule"].as_str().expect("a rule").to_owned());
        (rules.collect::<Vec<_>>(), output.status.code())
    };
    let plain = |context: &Context| format!("{context:?}") == format!("{:?}", old());
    let rows = table().into_iter().filter(|(_, breaks, holds)| plain(&breaks.1) && plain(&holds.1));
    let mut checked = 0;
    for (rule, (breaks, _), (holds, _)) in rows {
        let exit = if rule.rule().severity >= Severity::Overridable { 3 } else { 0 };
        assert_eq!(check(&breaks), (vec![rule.to_string()], Some(exit)), "{rule}: broken");
        assert_eq!(check(&holds), (Vec::new(), Some(0)), "{rule}: a second inside");
        checked += 1;
    }
    assert!(checked >= 9, "{checked} rules");
}

#[test]
fn explain_lists_every_rule_and_source_and_explains_each() {
    let home = Home::new();
    let all = stdout(&home.run(&["explain"]));
    for rule in RULES {
        let line = format!("  {:<15} ", rule.id);
        assert!(
            all.lines().any(|shown| shown.starts_with(&line) && shown.ends_with(rules::of(rule.id).summary)),
            "{all}"
        );
        let one = stdout(&home.run(&["explain", rule.id.as_str()]));
        let words = rules::of(rule.id);
        assert!([words.summary, words.because, words.way_out].iter().all(|text| one.contains(text)), "{one}");
    }
    assert!(source::SOURCES.iter().all(|source| all.contains(source.title)), "{all}");
}

#[test]
fn rewarm_reports_the_exact_wait() {
    // 20 min of heat ended 20 min ago, so 10 min are left. Nothing may be left for a dose of 30 min, which
    // takes 40 min after the heat.
    let trips = after(vec![past(minutes(40), &[(Heat, minutes(20))])]);
    let plan = steps(&[(Heat, minutes(20)), (Rest, SECOND), (Heat, minutes(10))]);
    let findings = review(&plan, &trips);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule, RuleId::Rewarm);
    let wait = findings[0].passes_after.expect("waiting helps");
    let later = |wait: Duration| after(vec![past(minutes(40) + wait, &[(Heat, minutes(20))])]);
    assert!(review(&plan, &later(wait)).is_empty());
    assert!(!review(&plan, &later(wait - Duration::from_nanos(1))).is_empty());
    // An example from the sources: ice for 15 min is allowed 30 min after ice for 20 min.
    let ice = after(vec![past(minutes(40), &[(Cold, minutes(20))])]);
    let finding = review(&steps(&[(Cold, minutes(15))]), &ice).remove(0);
    assert_eq!((finding.rule, finding.passes_after), (RuleId::Rewarm, Some(minutes(10))));
    // A second example: ice is stopped after 12 min, and 1 min later ice for 8 min.
    let early = after(vec![past(minutes(13), &[(Cold, minutes(12))])]);
    assert!(!refuses(&review(&steps(&[(Cold, minutes(8))]), &early), &[]));
}

#[test]
fn cold_daily_reports_the_exact_wait() {
    let began = hours(18);
    let plan = steps(&[(Cold, minutes(20))]);
    let finding = review(&plan, &after(eight_cold(began))).remove(0);
    assert_eq!(finding.rule, RuleId::ColdDaily);
    let wait = finding.passes_after.expect("waiting helps");
    // The first of the eight doses must be outside the window that ends with the new dose.
    assert_eq!(wait, hours(6));
    assert!(review(&plan, &after(eight_cold(began + wait))).is_empty());
}

#[test]
fn every_session_limit_that_is_exceeded_is_a_finding() {
    let found = |plan: &[Exposure]| {
        let found = review(&steps(plan), &old()).into_iter().filter(|finding| finding.rule == RuleId::SessionLimit);
        found.map(|finding| finding.detail).collect::<Vec<_>>()
    };
    let many = vec![(Rest, minutes(5)); 65];
    assert_eq!(found(&many), [Detail::SessionLength(minutes(325)), Detail::SessionSteps(65)]);
    assert!(ids(&[vec![(Heat, SECOND)], vec![(Rest, SECOND); 63]].concat(), &old()).is_empty());
    // Four rounds of contrast exceed the limits of time, cold and heat.
    let four = [(Heat, minutes(20)), (Cold, minutes(20))].repeat(4);
    let doses = Modality::ALL.map(|modality| Detail::SessionDose(modality, minutes(80)));
    assert_eq!(found(&four), [&[Detail::SessionLength(minutes(160))][..], &doses].concat());
}

#[test]
fn a_protocol_that_depends_on_the_injury_is_refused_without_one() {
    let context = Context { injury_required: true, ..Context::default() };
    let findings = review(&steps(&[(Cold, minutes(15))]), &context);
    assert_eq!((findings[0].rule, findings[0].severity), (RuleId::InjuryUnknown, Severity::Refuse));
}

#[test]
fn only_overridable_rules_that_are_given_are_overridden() {
    let findings =
        review(&steps(&[(Heat, minutes(20))]), &Context { injury: Injury::Ago(hours(1)), ..Context::default() });
    assert!(refuses(&findings, &[]));
    assert!(refuses(&findings, &[RuleId::Rewarm]));
    assert!(!refuses(&findings, &[RuleId::EarlyHeat]));
    let findings = review(&steps(&[(Cold, minutes(21))]), &old());
    assert!(refuses(&findings, &[RuleId::ColdLimit]));
}

#[test]
fn stretching_is_too_early_one_day_after_an_injury_and_soon_after_earlier_cold() {
    let young = Context { injury: Injury::Ago(hours(72) - SECOND), ..Context::default() };
    assert!(ids(&[(Stretch, minutes(5))], &young).contains(&RuleId::StretchEarly));
    let iced = after(vec![past(minutes(45), &[(Cold, minutes(20))])]);
    assert!(ids(&[(Stretch, minutes(5))], &iced).contains(&RuleId::StretchEarly));
    assert!(!ids(&[(Rest, minutes(5)), (Stretch, minutes(5))], &iced).contains(&RuleId::StretchEarly));
}

#[test]
fn huge_lengths_are_refused_without_an_overflow() {
    let forever = [(Cold, Duration::MAX), (Heat, Duration::MAX), (Rest, Duration::MAX)];
    assert!(refuses(&review(&steps(&forever), &old()), &[]));
}

#[test]
fn a_rule_is_found_by_its_name() {
    assert_eq!(RuleId::from_name("cold-limit"), Some(RuleId::ColdLimit));
    assert_eq!(RuleId::from_name("no-such-rule"), None);
}

#[test]
fn a_finding_has_its_step_and_the_wait() {
    let one = |list: &[Exposure], context: &Context, rule| {
        let found = review(&steps(list), context).into_iter().find(|finding| finding.rule == rule);
        found.expect("the rule is tripped")
    };
    let long = one(&[(Rest, minutes(1)), (Cold, minutes(25))], &old(), RuleId::ColdLimit);
    assert_eq!((long.step, long.passes_after), (Some(1), None));
    let young = Context { injury: Injury::Ago(hours(70)), ..Context::default() };
    let early = one(&[(Rest, minutes(1)), (Heat, minutes(5))], &young, RuleId::EarlyHeat);
    assert_eq!((early.step, early.passes_after), (Some(1), Some(hours(2) - minutes(1))));
    let since = after(vec![past(minutes(20), &[(Cold, minutes(20))])]);
    let again = one(&[(Rest, minutes(1)), (Cold, minutes(10))], &since, RuleId::Rewarm);
    assert_eq!(again.step, Some(1));
    let load = minutes(29) + 30 * SECOND;
    assert_eq!(again.detail, Detail::LoadWithEarlier(Modality::Cold, load, limit(Modality::Cold)));
    let ahead = Context { record_ahead: hours(2), ..old() };
    let behind = one(&[(Rest, minutes(1))], &ahead, RuleId::ClockBehind);
    assert_eq!(behind.passes_after, Some(hours(2) - minutes(2)));
    assert_eq!(behind.detail, Detail::ClockBehind(hours(2)));
}

#[test]
fn an_unreadable_journal_breaks_only_the_rules_that_need_it() {
    let unknown = Context { unreadable: true, ..old() };
    assert_eq!(ids(&[(Rest, minutes(5))], &unknown), [RuleId::NoDose]);
    assert_eq!(ids(&[(Heat, minutes(5))], &unknown), [RuleId::Rewarm]);
    assert_eq!(ids(&[(Cold, minutes(15))], &unknown), [RuleId::ColdDaily, RuleId::Rewarm]);
    let no_injury = Context { injury: Injury::Unknown, ..unknown };
    let [early, ..] = &ids(&[(Heat, minutes(5))], &no_injury)[..] else { panic!("the injury may be fresh") };
    assert_eq!(*early, RuleId::EarlyHeat);
    assert_eq!(ids(&[(Cold, minutes(15))], &no_injury), [RuleId::ColdDaily, RuleId::Rewarm]);
}

/// A warning sign is about the person, a contraindication about what is put on.
#[test]
fn a_contraindication_refuses_only_its_modality() {
    let plans = [vec![(Cold, minutes(15))], vec![(Heat, minutes(15))], vec![(Heat, minutes(15)), (Cold, minutes(15))]];
    let rest = vec![(Rest, minutes(5))];
    let cases = [
        (Concern::Everything, [true, true, true], true),
        (Concern::Packs, [true, true, true], false),
        (Concern::Only(Modality::Cold), [true, false, true], false),
        (Concern::Only(Modality::Heat), [false, true, true], false),
        (Concern::Contrast, [false, false, true], false),
    ];
    for (concern, refused, refuses_rest) in cases {
        let context = Context { concerns: vec![concern], ..old() };
        let is_refused = |plan: &[Exposure]| ids(plan, &context).contains(&RuleId::WarningSign);
        assert_eq!(plans.each_ref().map(|plan| is_refused(plan)), refused, "{concern:?}");
        assert_eq!(is_refused(&rest), refuses_rest, "{concern:?}");
    }
}

#[test]
fn limits_of_a_step_and_of_a_stretch_are_inclusive() {
    assert!(!ids(&[(Rest, SESSION)], &old()).contains(&RuleId::StepLength));
    assert!(ids(&[(Rest, SESSION + SECOND)], &old()).contains(&RuleId::StepLength));
    let stretch = |rest| ids(&[(Cold, minutes(10)), (Rest, rest), (Stretch, minutes(5))], &old());
    assert!(!stretch(minutes(30)).contains(&RuleId::StretchEarly));
    assert!(stretch(minutes(30) - SECOND).contains(&RuleId::StretchEarly));
    let at = |age| ids(&[(Rest, minutes(1)), (Stretch, minutes(5))], &Context { injury: Injury::Ago(age), ..old() });
    assert!(!at(ACUTE - minutes(1)).contains(&RuleId::StretchEarly));
    assert!(at(ACUTE - minutes(1) - SECOND).contains(&RuleId::StretchEarly));
}

#[test]
fn an_empty_draft_is_refused_with_a_reason() {
    let refused = |draft: &Draft, choice, context: &Context| {
        let findings = draft.review(choice, context, &[RuleId::Rewarm]).expect_err("it has no steps");
        let blocking = findings.iter().filter(|finding| finding.blocks(&[RuleId::Rewarm]));
        blocking.map(|finding| (finding.rule, finding.detail.clone())).collect::<Vec<_>>()
    };
    let none = [(RuleId::SessionLimit, Detail::SessionSteps(0))];
    assert_eq!(refused(&Draft::default(), Choice::default(), &old()), none);
    assert_eq!(rules::detail(&Detail::SessionSteps(0)), "there are no steps");
    // No rounds, and steps that the only round leaves out.
    let one = Draft::of("one", &[(Cold, minutes(15))]);
    let rounds = Some(Range { default: 1, min: 1, max: 3, stated: true });
    let no_rounds = Choice { rounds: Some(0), ..Choice::default() };
    assert_eq!(refused(&Draft { rounds, ..one.clone() }, no_rounds, &old()), none);
    let step = DraftStep { last_round: false, ..DraftStep::new(Cold, minutes(15)) };
    assert_eq!(refused(&Draft { parts: vec![Part::Step(step)], ..one.clone() }, Choice::default(), &old()), none);
    // Another reason says more.
    let needed = Context { injury_required: true, ..Context::default() };
    let injury = [(RuleId::InjuryUnknown, Detail::InjuryNeeded)];
    assert_eq!(refused(&Draft::default(), Choice::default(), &needed), injury);
    assert!(one.review(Choice::default(), &old(), &[]).is_ok());
}

/// Changeovers are steps like others: they count for every limit, and the dose law knows that no pack is on.
#[test]
fn changeovers_count_for_every_limit() {
    let reviewed = |draft: &Draft, changeover, context: &Context| {
        let choice = Choice { changeover: Some(changeover), ..Choice::default() };
        let blocking = |findings: Vec<Finding>| -> Vec<_> {
            let findings = findings.into_iter().filter(|finding| finding.blocks(&[]));
            findings.map(|finding| (finding.rule, finding.step, finding.detail)).collect()
        };
        draft.review(choice, context, &[]).map_err(blocking)
    };
    let bit = Duration::from_nanos(1);
    let rounds = |draft: &Draft, rounds| Draft { rounds: Some(Range::fixed(rounds)), ..draft.clone() };

    // 64 steps: 16 rounds of a changeover, heat, a changeover, cold.
    let pair = Draft::of("pair", &[(Heat, minutes(1)), (Cold, minutes(1))]);
    let session = reviewed(&rounds(&pair, 16), 30 * SECOND, &old()).expect("64 steps");
    assert_eq!((session.steps().len(), session.rounds()), (64, 16));
    let with_rest = |last_round| {
        let mut draft = rounds(&pair, 16);
        draft.parts.push(Part::Step(DraftStep { last_round, ..DraftStep::new(Rest, SECOND) }));
        reviewed(&draft, 30 * SECOND, &old()).map(|session| session.steps().len())
    };
    // Where the author has a rest there is no changeover, so only a rest at the end is one step more.
    assert_eq!(with_rest(false), Ok(64));
    assert_eq!(with_rest(true), Err(vec![(RuleId::SessionLimit, None, Detail::SessionSteps(65))]));
    let steps = reviewed(&rounds(&pair, 17), 30 * SECOND, &old()).expect_err("68 steps");
    assert_eq!(steps, [(RuleId::SessionLimit, None, Detail::SessionSteps(68))]);
    assert!(reviewed(&rounds(&pair, 17), Duration::ZERO, &old()).is_ok());

    // 150 min: contrast with six of 5 min.
    let contrast = rounds(&Draft::of("contrast", &[(Heat, minutes(20)), (Cold, minutes(20))]), 3);
    let length = |session: &Protocol| session.steps().iter().map(|step| step.length).sum::<Duration>();
    assert_eq!(reviewed(&contrast, minutes(5), &old()).map(|session| length(&session)), Ok(SESSION));
    let long = reviewed(&contrast, minutes(5) + bit, &old()).expect_err("6 ns more");
    assert_eq!(long, [(RuleId::SessionLimit, None, Detail::SessionLength(SESSION + 6 * bit))]);

    // 72 h: heat begins after its changeover.
    let heat = Draft::of("heat", &[(Heat, minutes(20))]);
    let young = |age| Context { injury: Injury::Ago(age), ..old() };
    assert!(reviewed(&heat, 30 * SECOND, &young(ACUTE - 30 * SECOND)).is_ok());
    let early = reviewed(&heat, 30 * SECOND, &young(ACUTE - 30 * SECOND - bit)).expect_err("too early");
    assert_eq!(early, [(RuleId::EarlyHeat, Some(1), Detail::EarlyHeat(ACUTE - bit))]);

    // The load falls by half a minute in a minute.
    let ice = Draft::of("ice", &[(Cold, minutes(15))]);
    let since = after(vec![past(minutes(28), &[(Cold, minutes(20))])]);
    assert!(reviewed(&ice, Duration::ZERO, &since).is_err());
    assert!(reviewed(&ice, minutes(10), &since).is_err());
    let since = after(vec![past(minutes(40), &[(Cold, minutes(20))])]);
    assert!(reviewed(&ice, minutes(10) - 2 * bit, &since).is_err());
    assert!(reviewed(&ice, minutes(10), &since).is_ok());
    // But never more than the limit of a session.
    let long = Draft::of("long", &[(Cold, minutes(20) + bit)]);
    let cold = reviewed(&long, minutes(10), &old()).expect_err("over the limit");
    assert_eq!(cold[0].0, RuleId::ColdLimit);
}

/// Cold at the left knee counts at what touches it, under any name, and nowhere else. Heat there helps under the same
/// name only.
#[test]
fn rules_about_skin_look_at_touching_sites() {
    let cold = || at_site("left-knee", past(minutes(30), &[(Cold, minutes(20))]));
    let found = |name, list: &[Exposure], sessions| ids(list, &Context { site: site(name), ..after(sessions) });
    let ice = [(Cold, minutes(20))];
    let near = [RuleId::Rewarm, RuleId::ColdSpacing];
    for name in ["left-knee", "knee", "left-thigh", "left-calf", "thigh", "other"] {
        assert_eq!(found(name, &ice, vec![cold()]), near, "{name}");
        assert_eq!(found(name, &[(Heat, minutes(20))], vec![cold()]), [RuleId::NumbHeat], "{name}");
        let stretch = [(Stretch, minutes(5))];
        assert!(found(name, &stretch, vec![cold()]).contains(&RuleId::StretchEarly), "{name}");
    }
    for name in ["right-knee", "neck", "left-ankle", "lower-back"] {
        assert_eq!(found(name, &ice, vec![cold()]), [], "{name}");
        assert_eq!(found(name, &[(Heat, minutes(20))], vec![cold()]), [], "{name}");
    }
    // A dose from before there were sites is everywhere.
    let anywhere = || vec![at_site("other", past(minutes(30), &ice))];
    assert!(["neck", "left-foot", "other"].iter().all(|name| found(name, &ice, anywhere()) == near));
    let heat = |name| at_site(name, past(minutes(120), &[(Cold, minutes(20)), (Heat, minutes(20))]));
    let after_heat = |name, asked| found(asked, &[(Cold, minutes(5))], vec![heat(name)]);
    assert_eq!(after_heat("left-knee", "left-knee"), [RuleId::ColdShort]);
    let soon = |name| at_site(name, past(minutes(40), &[(Cold, minutes(20)), (Heat, minutes(20))]));
    let twenty = |name, asked| found(asked, &ice, vec![soon(name)]).contains(&RuleId::Rewarm);
    assert!(!twenty("left-knee", "left-knee"), "20 min of heat clear the way under the same name");
    assert!(twenty("left-knee", "knee") && twenty("knee", "left-knee") && twenty("other", "other"));
}

/// A person has one day, whatever the places are called.
#[test]
fn sums_of_a_day_are_about_the_person() {
    let names = ["neck", "left-hand", "right-hand", "left-hip", "right-hip", "left-knee", "right-knee", "left-foot"];
    let cold = eight_cold(hours(18)).into_iter().zip(names).map(|(doses, name)| at_site(name, doses)).collect();
    let context = Context { site: site("right-foot"), ..after(cold) };
    assert_eq!(ids(&[(Cold, minutes(10))], &context), [RuleId::ColdDaily]);
    let heat = (0..4).map(|number| at_site(names[2 * number], past(hours(20 - number as u64), &[(Heat, minutes(29))])));
    let context = Context { site: site("right-foot"), ..after(heat.collect()) };
    assert_eq!(ids(&[(Heat, minutes(20))], &context), [RuleId::HeatDaily]);
}
