//! The checks of the rules: each returns what a plan breaks, with its numbers.

use std::time::Duration;

use super::{
    ACUTE, Breach, CLOCK_BEHIND, COLD_SHORT, COLD_SPACING, Concern, Context, DAY, Detail, FALSE_START, HEAT_LONG,
    Injury, LONG_PAIN_DAYS, NUMB, SESSION, SESSION_DOSE, SESSION_STEPS, STEP_MIN, Severity,
};
use crate::domain::dose::{Dose, Doses};
use crate::domain::exposure::{Exposure, Load, limit};
use crate::domain::moment::Moment;
use crate::domain::step::{Modality, Step, StepKind};

/// A plan under review.
pub(super) struct Case<'a> {
    steps: &'a [Step],
    pub(super) context: &'a Context,
    /// When each step starts, from the start of the session.
    starts: Vec<Duration>,
    /// The load after each step on recovered skin.
    loads: Vec<Load>,
    /// Earlier doses and those of the plan.
    doses: Doses,
}

impl<'a> Case<'a> {
    pub(super) fn new(steps: &'a [Step], context: &'a Context) -> Case<'a> {
        let (mut starts, mut loads) = (Vec::new(), Vec::new());
        let (mut at, mut load) = (Duration::ZERO, Load::NONE);
        for step in steps {
            starts.push(at);
            at = at.saturating_add(step.length);
            load = load.after(step.kind, step.length);
            loads.push(load);
        }
        let mut case = Case { steps, context, starts, loads, doses: Doses::default() };
        case.doses = case.doses_after(Duration::ZERO);
        case
    }

    /// Earlier doses and those of the plan, when it starts after a wait.
    fn doses_after(&self, wait: Duration) -> Doses {
        let (session, site) = (self.context.now + wait, self.context.site);
        let mut doses = self.context.doses.clone();
        doses.extend(self.steps.iter().zip(&self.starts).filter_map(|(step, start)| {
            let from = session + *start;
            let to = from + step.length;
            step.kind.modality().map(|modality| Dose { modality, from, to, session, site, relieves: true })
        }));
        doses
    }

    fn start(&self, index: usize) -> Moment {
        self.context.now + self.starts[index]
    }

    /// The steps with this kind and their indices.
    fn of_kind(&self, kind: StepKind) -> impl Iterator<Item = (usize, &Step)> {
        self.steps.iter().enumerate().filter(move |(_, step)| step.kind == kind)
    }

    fn has(&self, modality: Modality) -> bool {
        self.of_kind(modality.into()).next().is_some()
    }

    fn exposures(&self) -> Vec<Exposure> {
        self.steps.iter().map(|step| (step.kind, step.length)).collect()
    }
}

impl Breach {
    fn new(detail: Detail) -> Breach {
        Breach { detail, step: None, less: None, passes_after: None }
    }

    fn at(step: usize, detail: Detail) -> Breach {
        Breach { step: Some(step), ..Breach::new(detail) }
    }

    fn passes_after(self, wait: Option<Duration>) -> Breach {
        Breach { passes_after: wait, ..self }
    }
}

/// A breach of the whole plan, when it is one.
pub(super) fn whole(broken: bool, detail: Detail) -> Vec<Breach> {
    if broken { vec![Breach::new(detail)] } else { Vec::new() }
}

pub(super) fn clock_behind(case: &Case<'_>) -> Vec<Breach> {
    let ahead = case.context.record_ahead;
    let wait = ahead.checked_sub(CLOCK_BEHIND).filter(|wait| !wait.is_zero());
    wait.map(|wait| Breach::new(Detail::ClockBehind(ahead)).passes_after(Some(wait))).into_iter().collect()
}

pub(super) fn over_limit(case: &Case<'_>, modality: Modality) -> Vec<Breach> {
    let over = case.of_kind(modality.into()).filter(|(index, _)| case.loads[*index].exceeds_limit(modality));
    let detail = |index: usize| Detail::Load(modality, case.loads[index].of(modality), limit(modality));
    over.map(|(index, _)| Breach::at(index, detail(index))).collect()
}

pub(super) fn rewarm(case: &Case<'_>) -> Vec<Breach> {
    if case.context.unreadable && Modality::ALL.into_iter().any(|modality| case.has(modality)) {
        return vec![Breach::new(Detail::Unreadable)];
    }
    let initial = case.context.load();
    if initial == Load::NONE {
        return Vec::new();
    }
    let mut load = initial;
    let after_step = case.steps.iter().map(|step| {
        load = load.after(step.kind, step.length);
        load
    });
    let loads: Vec<Load> = after_step.collect();
    let first = |modality: Modality| {
        // What recovered skin exceeds too belongs to cold-limit or heat-limit.
        let over = |index: &usize| loads[*index].exceeds_limit(modality) && !case.loads[*index].exceeds_limit(modality);
        let index = case.of_kind(modality.into()).map(|(index, _)| index).find(over)?;
        let detail = Detail::LoadWithEarlier(modality, loads[index].of(modality), limit(modality));
        Some(Breach::at(index, detail).passes_after(initial.wait_before(&case.exposures())))
    };
    Modality::ALL.into_iter().filter_map(first).collect()
}

pub(super) fn daily(case: &Case<'_>, modality: Modality, most: Duration) -> Vec<Breach> {
    if case.context.unreadable && modality == Modality::Cold && case.has(modality) {
        return vec![Breach::new(Detail::Unreadable)];
    }
    let highest = |wait: Duration| {
        let doses = case.doses_after(wait);
        let of_step = |(index, step): (usize, &Step)| {
            let from = case.start(index) + wait;
            doses.highest_in_a_day(modality, from, from + step.length)
        };
        case.of_kind(modality.into()).map(of_step).max().unwrap_or_default()
    };
    let sum = highest(Duration::ZERO);
    if sum <= most {
        return Vec::new();
    }
    let wait = first_wait(|wait| highest(wait) <= most);
    vec![Breach::new(Detail::Daily(modality, sum, most)).passes_after(wait)]
}

/// The shortest wait, up to two days, for which `passes` holds. It must hold for every longer one too.
fn first_wait(passes: impl Fn(Duration) -> bool) -> Option<Duration> {
    let (mut low, mut high) = (0, u64::try_from((2 * DAY).as_nanos()).unwrap_or(u64::MAX));
    if !passes(Duration::from_nanos(high)) {
        return None;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if passes(Duration::from_nanos(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(Duration::from_nanos(low))
}

pub(super) fn cold_short(case: &Case<'_>) -> Vec<Breach> {
    let short = case.of_kind(StepKind::Cold).filter(|(_, step)| step.length < COLD_SHORT && !case.has(Modality::Heat));
    short.map(|(index, step)| Breach::at(index, Detail::ColdShort(step.length))).collect()
}

pub(super) fn heat_long(case: &Case<'_>) -> Vec<Breach> {
    let long = case.of_kind(StepKind::Heat).filter(|(_, step)| step.length > HEAT_LONG);
    long.map(|(index, step)| Breach::at(index, Detail::HeatLong(step.length))).collect()
}

pub(super) fn cold_spacing(case: &Case<'_>) -> Vec<Breach> {
    let first = case.of_kind(StepKind::Cold).next();
    let Some(((index, _), last)) =
        first.zip(case.context.doses.last_began(Modality::Cold, case.context.site, FALSE_START))
    else {
        return Vec::new();
    };
    let spacing = case.start(index).since(last);
    let wait = COLD_SPACING.checked_sub(spacing).filter(|wait| !wait.is_zero());
    let breach = |wait| Breach::at(index, Detail::ColdSpacing(spacing)).passes_after(Some(wait));
    wait.map(breach).into_iter().collect()
}

pub(super) fn early_heat(case: &Case<'_>) -> Vec<Breach> {
    let age = match case.context.injury {
        Injury::Ago(age) => age,
        Injury::Unknown if case.context.unreadable => return whole(case.has(Modality::Heat), Detail::Unreadable),
        Injury::Unknown | Injury::Absent | Injury::InFuture(_) => return Vec::new(),
    };
    let early = case.of_kind(StepKind::Heat).filter_map(|(index, _)| {
        let at = age.saturating_add(case.starts[index]);
        let wait = ACUTE.checked_sub(at).filter(|wait| !wait.is_zero())?;
        Some(Breach::at(index, Detail::EarlyHeat(at)).passes_after(Some(wait)))
    });
    early.collect()
}

pub(super) fn injury_in_future(case: &Case<'_>) -> Vec<Breach> {
    match case.context.injury {
        Injury::InFuture(by) => vec![Breach::new(Detail::InjuryInFuture(by))],
        Injury::Unknown | Injury::Absent | Injury::Ago(_) => Vec::new(),
    }
}

pub(super) fn injury_unknown(case: &Case<'_>) -> Vec<Breach> {
    match case.context.injury {
        Injury::Unknown if case.context.injury_required => vec![Breach::new(Detail::InjuryNeeded)],
        Injury::Absent if case.context.injury_required => vec![Breach::new(Detail::NoInjury)],
        Injury::Unknown if case.has(Modality::Heat) => {
            vec![Breach { less: Some(Severity::Note), ..Breach::new(Detail::InjuryUnknown) }]
        }
        _ => Vec::new(),
    }
}

pub(super) fn long_pain(case: &Case<'_>) -> Vec<Breach> {
    let days = case.context.days;
    whole(days > LONG_PAIN_DAYS, Detail::LongPain(days))
}

pub(super) fn no_dose(case: &Case<'_>) -> Vec<Breach> {
    let none = !case.steps.is_empty() && case.steps.iter().all(|step| step.kind.modality().is_none());
    whole(none, Detail::NoDose)
}

/// How long after cold a step starts, when skin and muscle may not have recovered.
fn soon_after_cold(case: &Case<'_>, index: usize) -> Option<Duration> {
    case.doses.since(Modality::Cold, case.context.site, case.start(index)).filter(|since| *since < NUMB)
}

pub(super) fn numb_heat(case: &Case<'_>) -> Vec<Breach> {
    let heat = case.of_kind(StepKind::Heat);
    heat.filter_map(|(index, _)| Some(Breach::at(index, Detail::NumbHeat(soon_after_cold(case, index)?)))).collect()
}

pub(super) fn stretch_early(case: &Case<'_>) -> Vec<Breach> {
    let early = case.of_kind(StepKind::Stretch).filter_map(|(index, _)| {
        let acute = |age: Duration| age.saturating_add(case.starts[index]) < ACUTE;
        let detail = match case.context.injury {
            Injury::Ago(age) if acute(age) => Detail::StretchAcute,
            _ => Detail::StretchAfterCold(soon_after_cold(case, index)?),
        };
        Some(Breach::at(index, detail))
    });
    early.collect()
}

pub(super) fn warning_sign(case: &Case<'_>) -> Vec<Breach> {
    let [cold, heat] = Modality::ALL.map(|modality| case.has(modality));
    let refuses = |concern: &Concern| match concern {
        Concern::Everything => true,
        Concern::Packs => cold || heat,
        Concern::Only(modality) => case.has(*modality),
        Concern::Contrast => cold && heat,
    };
    let first = case.context.concerns.iter().copied().find(refuses);
    first.map(|concern| Breach::new(Detail::WarningSign(concern))).into_iter().collect()
}

pub(super) fn session_limit(case: &Case<'_>) -> Vec<Breach> {
    let sum = |counts: &dyn Fn(StepKind) -> bool| {
        let lengths = case.steps.iter().filter(|step| counts(step.kind)).map(|step| step.length);
        lengths.fold(Duration::ZERO, Duration::saturating_add)
    };
    let length = sum(&|_| true);
    let mut broken = whole(length > SESSION, Detail::SessionLength(length));
    for modality in Modality::ALL {
        let dose = sum(&|kind| kind.modality() == Some(modality));
        broken.extend(whole(dose > SESSION_DOSE, Detail::SessionDose(modality, dose)));
    }
    broken.extend(whole(case.steps.len() > SESSION_STEPS, Detail::SessionSteps(case.steps.len())));
    broken
}

pub(super) fn step_length(case: &Case<'_>) -> Vec<Breach> {
    let wrong = case.steps.iter().enumerate().filter(|(_, step)| !(STEP_MIN..=SESSION).contains(&step.length));
    wrong.map(|(index, step)| Breach::at(index, Detail::StepLength(step.length))).collect()
}
