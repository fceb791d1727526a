//! Laws of plans. The planner jumps from obstacle to obstacle; here every point of the grid is tried.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use therapy::domain::dose::Dose;
use therapy::domain::rules::{ACUTE, Context, DAY, FALSE_START, Finding, Injury, RuleId, Severity, review};
use therapy::domain::schedule::{Awake, Because, Coming, Offer, PER_DAY, Wish, schedule};
use therapy::domain::session::Moment;
use therapy::domain::step::{Modality, Step, StepKind};

use super::{config, kinds};

const MINUTE: Duration = Duration::from_secs(60);
const GRID: Duration = Duration::from_secs(300);
const DAYS: usize = 3;
/// Midnight before the plan.
const MIDNIGHT: Moment = Moment::new(Duration::from_secs(10 * 24 * 60 * 60));

/// The first point of the grid at or after a moment.
fn grid(at: Moment) -> Moment {
    let passed = at.since_origin().as_nanos();
    let points = u64::try_from(passed.div_ceil(GRID.as_nanos())).expect("not that late");
    Moment::new(Duration::from_secs(points * GRID.as_secs()))
}

/// A person with a past, and what they wish.
#[derive(Clone, Debug)]
struct Case {
    context: Context,
    awake: Vec<Awake>,
    per_day: Option<usize>,
    every: Duration,
    /// A protocol; without one, cold until 72 h after the injury and heat from then on.
    asked: Option<Vec<Step>>,
}

fn minutes(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(|minutes| MINUTE * u32::try_from(minutes).expect("few"))
}

fn cases() -> impl Strategy<Value = Case> {
    let past = vec((minutes(0..400), vec((kinds(), minutes(1..21)), 1..4)), 0..8);
    let injury = prop_oneof![
        2 => Just(None),
        5 => (0_u64..100 * 3600).prop_map(|seconds| Some(Duration::from_secs(seconds))),
    ];
    // A window may go past midnight.
    let awake = (minutes(0..12 * 60), minutes(30..18 * 60));
    let asked = prop_oneof![
        2 => Just(None),
        3 => vec((kinds(), minutes(1..21)), 1..5).prop_map(|steps| {
            Some(steps.into_iter().map(|(kind, length)| Step::new(kind, length)).collect())
        }),
    ];
    let every = select(vec![0, 30, 60, 120, 180]).prop_map(|minutes| MINUTE * minutes);
    let now = 0_u64..24 * 3600;
    (past, injury, awake, asked, (every, prop_oneof![Just(None), (0_usize..8).prop_map(Some)], now)).prop_map(
        |(past, injury, (gets_up, hours), asked, (every, per_day, now))| {
            let now = MIDNIGHT + Duration::from_secs(now);
            let mut context = Context { now, ..Context::default() };
            let mut end = now;
            for (ago, steps) in past {
                let to = end - ago;
                let from = to - steps.iter().map(|(_, length)| *length).sum::<Duration>();
                give(&mut context, from, steps.into_iter());
                end = from;
            }
            context.injury = injury.map_or(Injury::Unknown, Injury::Ago);
            let day = |day: usize| MIDNIGHT + DAY * u32::try_from(day).expect("few") + gets_up;
            let awake = (0..DAYS).map(|number| Awake { from: day(number), to: day(number) + hours }).collect();
            Case { context, awake, per_day, every, asked }
        },
    )
}

fn give(context: &mut Context, session: Moment, steps: impl Iterator<Item = (StepKind, Duration)>) {
    let mut from = session;
    for (kind, length) in steps {
        let to = from + length;
        let (site, relieves) = (context.site, true);
        context.doses.extend(kind.modality().map(|modality| Dose { modality, from, to, session, site, relieves }));
        from = to;
    }
}

impl Case {
    fn offer(&self, at: Moment) -> Offer {
        let one = |protocol: &str, steps: Vec<Step>, until| Offer { protocol: protocol.to_owned(), steps, until };
        if let Some(steps) = &self.asked {
            return one("asked", steps.clone(), None);
        }
        let switch = match self.context.injury {
            Injury::Ago(age) => Some(self.context.now + ACUTE.saturating_sub(age)),
            _ => None,
        };
        if switch.is_some_and(|switch| at >= switch) {
            one("heat", vec![Step::new(StepKind::Heat, 20 * MINUTE)], None)
        } else {
            one("ice", vec![Step::new(StepKind::Cold, 15 * MINUTE)], switch)
        }
    }

    fn plan(&self, context: &Context) -> Vec<Coming> {
        let wish = Wish { awake: &self.awake, per_day: self.per_day, every: self.every, spread: false };
        schedule(context, &wish, &|at| self.offer(at), &grid).sessions
    }

    /// Every point of the grid, one after the other.
    fn by_force(&self) -> Vec<(Moment, String)> {
        let mut context = self.context.clone();
        let mut found = Vec::new();
        for awake in &self.awake {
            let mut at = grid(context.now.max(awake.from));
            while at < awake.to {
                let offer = self.offer(at);
                if !self.may(&context, awake, at, &offer) {
                    at = at + GRID;
                    continue;
                }
                give(&mut context, at, offer.steps.iter().map(|step| (step.kind, step.length)));
                found.push((at, offer.protocol));
                at = grid(at + offer.steps.iter().map(|step| step.length).sum());
            }
        }
        found
    }

    fn may(&self, context: &Context, awake: &Awake, at: Moment, offer: &Offer) -> bool {
        let length: Duration = offer.steps.iter().map(|step| step.length).sum();
        // Sessions of these waking hours, by what they gave of each modality.
        let mut sessions: Vec<Moment> = context.doses.iter().map(|dose| dose.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        let given = |session: Moment, modality: Modality| -> Duration {
            let own = context.doses.iter().filter(|dose| (dose.session, dose.modality) == (session, modality));
            own.map(|dose| dose.to.since(dose.from)).sum()
        };
        let is_today = |session: &&Moment| **session >= awake.from && **session < awake.to;
        let counts = |modality: Modality| {
            sessions.iter().filter(is_today).filter(|session| given(**session, modality) >= FALSE_START).count()
        };
        let all = sessions.iter().filter(is_today).filter(|session| {
            Modality::ALL.map(|modality| given(**session, modality)).iter().sum::<Duration>() >= FALSE_START
        });
        let has = |modality: Modality| offer.steps.iter().any(|step| step.kind.modality() == Some(modality));
        let is_full = match self.per_day {
            Some(most) => all.count() >= most,
            None => Modality::ALL.into_iter().any(|modality| has(modality) && counts(modality) >= PER_DAY[modality]),
        };
        let began = |session: Moment, modality: Modality| {
            let mut own = context.doses.iter().filter(|dose| (dose.session, dose.modality) == (session, modality));
            own.next().filter(|_| given(session, modality) >= FALSE_START).map(|dose| dose.from)
        };
        let mut last: Vec<Moment> = Vec::new();
        for session in &sessions {
            last.extend(Modality::ALL.into_iter().filter_map(|modality| began(*session, modality)));
        }
        let is_spaced = last.into_iter().max().is_none_or(|last| at.since(last) >= self.every);
        let refuses = |finding: &Finding| {
            let passes = finding.passes_after.is_some_and(|wait| !wait.is_zero());
            finding.blocks(&[]) || (finding.severity == Severity::Warn && passes && finding.rule != RuleId::ColdSpacing)
        };
        at + length <= awake.to
            && !is_full
            && is_spaced
            && !review(&offer.steps, &context.later(at.since(context.now))).iter().any(refuses)
    }
}

fn agrees(case: &Case) -> Result<(), TestCaseError> {
    let planned: Vec<_> =
        case.plan(&case.context).into_iter().map(|session| (session.from, session.protocol)).collect();
    prop_assert_eq!(planned, case.by_force());
    Ok(())
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn an_earliest_plan_is_what_trying_every_time_finds(case in cases()) {
        agrees(&case)?;
    }

    /// What was done as planned changes nothing.
    #[test]
    fn a_plan_after_its_first_session_is_its_rest(case in cases()) {
        let plan = case.plan(&case.context);
        if let Some(first) = plan.first() {
            let mut context = case.context.later(first.to.since(case.context.now));
            give(&mut context, first.from, first.steps.iter().map(|step| (step.kind, step.length)));
            let rest: Vec<_> = case.plan(&context).into_iter().map(|session| (session.from, session.protocol)).collect();
            let expected: Vec<_> = plan[1..].iter().map(|session| (session.from, session.protocol.clone())).collect();
            prop_assert_eq!(rest, expected);
        }
    }

    /// Spread or not: no session overlaps another, is outside of the waking hours, or is refused at its time.
    #[test]
    fn every_planned_session_may_run(case in cases(), spread in any::<bool>()) {
        let wish = Wish { awake: &case.awake, per_day: case.per_day, every: case.every, spread };
        let plan = schedule(&case.context, &wish, &|at| case.offer(at), &grid);
        let mut context = case.context.clone();
        let mut end = context.now;
        for session in &plan.sessions {
            prop_assert!(session.from >= end && grid(session.from) == session.from);
            let awake = case.awake.iter().find(|awake| awake.from <= session.from && session.to <= awake.to);
            let offer = case.offer(session.from);
            prop_assert!(case.may(&context, awake.expect("waking hours"), session.from, &offer), "{:?}", session);
            give(&mut context, session.from, session.steps.iter().map(|step| (step.kind, step.length)));
            end = session.to;
        }
        // What is left out says why, and one more would be refused or too late.
        for left in &plan.left_out {
            prop_assert!(left.number > 0 && left.day < DAYS);
            prop_assert!(!matches!(left.because, Because::Now), "{:?}", left);
        }
    }
}

#[test]
#[ignore = "takes minutes: cargo test --release --test it ten_thousand -- --ignored"]
fn ten_thousand_plans_agree_with_trying_every_time() {
    TestRunner::new(config(10_000)).run(&cases(), |case| agrees(&case)).expect("they agree");
}

const HOUR: Duration = Duration::from_secs(3600);

/// A healthy back at seven in the morning, awake from 8 to 22:30.
fn day(per_day: Option<usize>, spread: bool, kind: StepKind, length: u32) -> therapy::domain::schedule::Schedule {
    let context = Context { now: MIDNIGHT + 7 * HOUR, ..Context::default() };
    let awake = [Awake { from: MIDNIGHT + 8 * HOUR, to: MIDNIGHT + 22 * HOUR + 30 * MINUTE }];
    let wish = Wish { awake: &awake, per_day, every: 2 * HOUR, spread };
    let offer = Offer { protocol: "it".to_owned(), steps: vec![Step::new(kind, length * MINUTE)], until: None };
    schedule(&context, &wish, &|_| offer.clone(), &grid)
}

fn hours(plan: &therapy::domain::schedule::Schedule) -> Vec<f64> {
    plan.sessions.iter().map(|session| session.from.since(MIDNIGHT).as_secs_f64() / 3600.0).collect()
}

#[test]
fn four_of_cold_and_three_of_heat_unless_more_are_asked_for() {
    let ice = day(None, false, StepKind::Cold, 15);
    assert_eq!(hours(&ice), [8.0, 10.0, 12.0, 14.0]);
    assert_eq!(ice.left_out, []);
    assert!(matches!((&ice.sessions[0].because, &ice.sessions[1].because), (Because::Awake, Because::Every(_))));
    assert_eq!(hours(&day(None, false, StepKind::Heat, 20)), [8.0, 10.0, 12.0]);
    assert_eq!(hours(&day(Some(6), false, StepKind::Heat, 20)).len(), 6);
}

#[test]
fn what_does_not_fit_is_left_out_with_its_reason() {
    let ice = day(Some(9), false, StepKind::Cold, 20);
    assert_eq!(hours(&ice), [8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0]);
    let [left] = &ice.left_out[..] else { panic!("{:?}", ice.left_out) };
    assert_eq!((left.day, left.number), (0, 9));
    assert!(matches!(left.because, Because::Rule(Finding { rule: RuleId::ColdDaily, .. })), "{left:?}");
    let too_long = day(None, false, StepKind::Cold, 25);
    assert!(too_long.sessions.is_empty());
    assert!(matches!(&too_long.left_out[..], [left] if left.at.is_none()), "{too_long:?}");
}

#[test]
fn a_spread_plan_fills_the_waking_hours() {
    // From 8:00 to 22:10, the last time at which 20 min fit.
    let heat = day(None, true, StepKind::Heat, 20);
    assert_eq!(hours(&heat), [8.0, 15.0 + 1.0 / 12.0, 22.0 + 1.0 / 6.0]);
    assert_eq!(hours(&day(Some(1), true, StepKind::Heat, 20)), [8.0]);
    // More than fit: as many as fit, at the least distance.
    assert_eq!(hours(&day(Some(30), true, StepKind::Heat, 20)).len(), 6, "heat-daily");
}
