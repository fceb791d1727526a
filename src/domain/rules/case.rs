//! What the rules ask of a plan: sums, loads and spacings, and a finding where a number is passed.

use std::time::Duration;

use humantime::format_duration;

use super::{
    ACUTE, COLD_SPACING, Context, DAY, Finding, Injury, Past, SESSION, SESSION_DOSE, SESSION_STEPS, STRETCH_AFTER_COLD,
    Severity,
};
use crate::domain::exposure::{Exposure, Load, limit};
use crate::domain::step::{Modality, Step, StepKind};

/// A plan under review: its steps, where each starts, the load of fresh skin after each.
pub(super) struct Case<'a> {
    pub(super) steps: &'a [Step],
    pub(super) context: &'a Context,
    starts: Vec<Duration>,
    loads: Vec<Load>,
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
        Case { steps, context, starts, loads }
    }

    /// One finding for each step for which `check` gives one.
    pub(super) fn each(
        &self,
        check: impl Fn(&Step, usize) -> Option<(Severity, String, Option<Duration>)>,
    ) -> Vec<Finding> {
        let steps = self.steps.iter().enumerate();
        steps
            .filter_map(|(index, step)| {
                let (severity, message, passes_after) = check(step, index)?;
                Some(Finding { step: Some(index), passes_after, ..Finding::whole(severity, message) })
            })
            .collect()
    }

    fn exposures(&self) -> Vec<Exposure> {
        self.steps.iter().map(|step| (step.kind, step.length)).collect()
    }

    fn total(&self, counts: impl Fn(StepKind) -> bool) -> Duration {
        let lengths = self.steps.iter().filter(|step| counts(step.kind)).map(|step| step.length);
        lengths.fold(Duration::ZERO, Duration::saturating_add)
    }

    fn has(&self, modality: Modality) -> bool {
        self.steps.iter().any(|step| step.kind.modality() == Some(modality))
    }

    pub(super) fn over_limit(&self, modality: Modality) -> Vec<Finding> {
        self.each(|step, index| {
            let over = step.kind.modality() == Some(modality) && self.loads[index].passes_limit(modality);
            over.then(|| {
                let load = format_duration(self.loads[index].of(modality));
                let limit = format_duration(limit(modality));
                (Severity::Refuse, format!("the {modality} load would reach {load}; the limit is {limit}"), None)
            })
        })
    }

    /// The most of one modality in any 24 h that end in this plan, had it waited `wait`.
    fn most_in_a_day(&self, modality: Modality, wait: Duration) -> Duration {
        let kind = StepKind::from(modality);
        // On one line that begins a day before the earliest past: (start, end) of each dose.
        let origin = self.context.past.iter().map(|past| past.began).max().unwrap_or_default();
        let mut doses = Vec::new();
        for past in &self.context.past {
            let mut at = origin.saturating_sub(past.began);
            for &(on, length) in &past.exposures {
                if on == kind {
                    doses.push((at, at.saturating_add(length)));
                }
                at = at.saturating_add(length);
            }
        }
        let earlier = doses.len();
        let begin = origin.saturating_add(wait);
        for (step, start) in self.steps.iter().zip(&self.starts) {
            if step.kind == kind {
                let start = begin.saturating_add(*start);
                doses.push((start, start.saturating_add(step.length)));
            }
        }
        // The sum over a sliding day peaks where a dose ends.
        let ends = doses[earlier..].iter().map(|&(_, end)| end);
        ends.map(|end| {
            let from = end.saturating_sub(DAY);
            doses
                .iter()
                .map(|&(start, stop)| stop.min(end).saturating_sub(start.max(from)))
                .fold(Duration::ZERO, Duration::saturating_add)
        })
        .max()
        .unwrap_or_default()
    }

    pub(super) fn daily(&self, modality: Modality, most: Duration, severity: Severity) -> Vec<Finding> {
        if self.context.past_unknown && severity == Severity::Override && self.has(modality) {
            return vec![Finding::whole(severity, UNKNOWN.to_owned())];
        }
        let sum = self.most_in_a_day(modality, Duration::ZERO);
        if sum <= most {
            return Vec::new();
        }
        let message =
            format!("{} of {modality} within 24h; the most is {}", format_duration(sum), format_duration(most));
        vec![Finding {
            passes_after: first_wait(|wait| self.most_in_a_day(modality, wait) <= most),
            ..Finding::whole(severity, message)
        }]
    }
}

/// The shortest wait, up to two days, that satisfies `passes`, which must not turn false again.
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

pub(super) fn found(broken: bool, severity: Severity, message: impl FnOnce() -> String) -> Vec<Finding> {
    if broken { vec![Finding::whole(severity, message())] } else { Vec::new() }
}

pub(super) fn whole_seconds(length: Duration) -> Duration {
    Duration::from_secs(length.as_secs().max(1))
}

pub(super) fn cold_spacing(case: &Case<'_>) -> Vec<Finding> {
    let Some(first) = case.steps.iter().position(|step| step.kind == StepKind::Cold) else {
        return Vec::new();
    };
    let cold = |past: &&Past| past.exposures.iter().any(|(kind, _)| *kind == StepKind::Cold);
    let Some(last) = case.context.past.iter().rev().find(cold) else {
        return Vec::new();
    };
    let before = last.exposures.iter().take_while(|(kind, _)| *kind != StepKind::Cold);
    let since = last.began.saturating_sub(before.map(|(_, length)| *length).sum());
    let spacing = since.saturating_add(case.starts[first]);
    if spacing >= COLD_SPACING {
        return Vec::new();
    }
    let message =
        format!("cold again {} after the last cold began; 2h apart is usual", format_duration(whole_seconds(spacing)));
    vec![Finding {
        step: Some(first),
        passes_after: Some(COLD_SPACING.saturating_sub(spacing)),
        ..Finding::whole(Severity::Warn, message)
    }]
}

pub(super) fn early_heat(case: &Case<'_>) -> Vec<Finding> {
    let Injury::Ago(age) = case.context.injury else {
        return Vec::new();
    };
    case.each(|step, index| {
        let at = age.saturating_add(case.starts[index]);
        (step.kind == StepKind::Heat && at < ACUTE).then(|| {
            let message = format!("heat {} after the injury; not before 72h", format_duration(whole_seconds(at)));
            (Severity::Override, message, Some(ACUTE.saturating_sub(at)))
        })
    })
}

pub(super) fn injury_unknown(case: &Case<'_>) -> Vec<Finding> {
    if case.context.injury != Injury::Unknown {
        return Vec::new();
    }
    let heat = case.steps.iter().any(|step| step.kind == StepKind::Heat);
    if case.context.injury_required {
        let message = "when the injury happened decides between ice and heat; nobody said".to_owned();
        vec![Finding::whole(Severity::Refuse, message)]
    } else {
        found(heat, Severity::Note, || {
            "heat is for 72h after an injury and later; nobody said when it happened".to_owned()
        })
    }
}

/// Why `rewarm` and `cold-daily` refuse when the record of earlier sessions cannot be read.
const UNKNOWN: &str = "earlier sessions cannot be read, so what the skin has had is unknown";

pub(super) fn rewarm(case: &Case<'_>) -> Vec<Finding> {
    if case.context.past_unknown && Modality::ALL.into_iter().any(|modality| case.has(modality)) {
        return vec![Finding::whole(Severity::Override, UNKNOWN.to_owned())];
    }
    let carried = case.context.carried();
    if carried == Load::NONE {
        return Vec::new();
    }
    let mut load = carried;
    let peaks = case.steps.iter().map(|step| {
        load = load.after(step.kind, step.length);
        load
    });
    let peaks: Vec<Load> = peaks.collect();
    let mut findings = Vec::new();
    for modality in Modality::ALL {
        let on = |index: &usize| case.steps[*index].kind.modality() == Some(modality);
        // What fresh skin would pass too is cold-limit's or heat-limit's to say.
        let over = |index: &usize| peaks[*index].passes_limit(modality) && !case.loads[*index].passes_limit(modality);
        if let Some(index) = (0..peaks.len()).find(|index| on(index) && over(index)) {
            let message = format!(
                "with what earlier sessions left, the {modality} load would reach {}; the limit is {}",
                format_duration(whole_seconds(peaks[index].of(modality))),
                format_duration(limit(modality)),
            );
            findings.push(Finding {
                step: Some(index),
                passes_after: carried.wait_before(&case.exposures()),
                ..Finding::whole(Severity::Override, message)
            });
        }
    }
    findings
}

pub(super) fn session_limit(case: &Case<'_>) -> Vec<Finding> {
    let totals = [
        ("all steps together last", case.total(|_| true), SESSION),
        ("all cold", case.total(|kind| kind == StepKind::Cold), SESSION_DOSE),
        ("all heat", case.total(|kind| kind == StepKind::Heat), SESSION_DOSE),
    ];
    let long = totals.into_iter().filter(|(_, total, most)| total > most);
    let long = long.map(|(what, total, most)| {
        format!("{what} {} instead of at most {}", format_duration(total), format_duration(most))
    });
    let many = (case.steps.len() > SESSION_STEPS)
        .then(|| format!("{} steps instead of at most {SESSION_STEPS}", case.steps.len()));
    let all: Vec<_> = long.chain(many).collect();
    // One finding: it is one session, and shorter is the way out of all of them.
    found(!all.is_empty(), Severity::Refuse, || all.join(", "))
}

pub(super) fn stretch_early(case: &Case<'_>) -> Vec<Finding> {
    // How long before the start the last cold of earlier sessions ended.
    let mut last_cold: Option<Duration> = None;
    for past in &case.context.past {
        let mut at = past.began;
        for &(kind, length) in &past.exposures {
            at = at.saturating_sub(length);
            if kind == StepKind::Cold {
                last_cold = Some(at);
            }
        }
    }
    case.each(|step, index| {
        if step.kind != StepKind::Stretch {
            return None;
        }
        let start = case.starts[index];
        if let Injury::Ago(age) = case.context.injury
            && age.saturating_add(start) < ACUTE
        {
            return Some((Severity::Warn, "stretching inside 72h of the injury".to_owned(), None));
        }
        let in_plan = (0..index).rev().find(|&earlier| case.steps[earlier].kind == StepKind::Cold);
        let since = in_plan
            .map(|cold| start.saturating_sub(case.starts[cold]).saturating_sub(case.steps[cold].length))
            .or_else(|| last_cold.map(|ago| ago.saturating_add(start)));
        since.filter(|since| *since < STRETCH_AFTER_COLD).map(|since| {
            let message = format!(
                "stretching {} after cold; 30m is better",
                format_duration(Duration::from_secs(since.as_secs()))
            );
            (Severity::Warn, message, None)
        })
    })
}
