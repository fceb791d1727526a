//! The rules as one table, and `review`, which asks every rule and returns every finding.
//!
//! A rule is data with a reason, sources and one check. Limits are inclusive and durations exact.
//! What a rule needs beyond the steps (the injury, earlier sessions) comes in a [`Context`]; no rule
//! asks a clock or a disk for it.

use std::time::Duration;

use humantime::format_duration;
use serde::Serialize;

use crate::domain::exposure::{Exposure, Load};
use crate::domain::step::{Modality, Step, StepKind};

mod case;

use case::{
    Case, cold_spacing, early_heat, found, injury_unknown, rewarm, session_limit, stretch_early, whole_seconds,
};

/// What a broken rule does to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Said, changes nothing.
    Note,
    /// Said before the start.
    Warn,
    /// Refused unless the person names the rule.
    Override,
    /// Refused, always.
    Refuse,
}

/// One rule of the table.
#[derive(Debug)]
pub struct Rule {
    /// Its name, as `--override` and `explain` take it.
    pub id: &'static str,
    /// The gravest thing that it can do.
    pub severity: Severity,
    /// What it asks for, with the number.
    pub summary: &'static str,
    /// Why it exists, and who disagrees.
    pub because: &'static str,
    /// What to do about it.
    pub way_out: &'static str,
    /// Keys of [`crate::domain::source::SOURCES`], or `ours`.
    pub sources: &'static [&'static str],
    check: fn(&Case<'_>) -> Vec<Finding>,
}

/// What one rule says about one plan.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// What it does here: at most the rule's severity.
    pub severity: Severity,
    /// The expanded step that it points at, from 0; `None` for the whole plan.
    pub step: Option<usize>,
    /// What is wrong, with the numbers.
    pub message: String,
    /// After how long a wait the same plan would pass, where waiting helps.
    pub passes_after: Option<Duration>,
}

/// When the injury happened, seen from the start of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Injury {
    /// Nobody said.
    #[default]
    Unknown,
    /// So long before the start.
    Ago(Duration),
    /// So long after the start: a mistake.
    Ahead(Duration),
}

/// An earlier session: how long before the coming start it began, and what was on, in order.
#[derive(Clone, Debug)]
pub struct Past {
    /// From its start to the coming start.
    pub began: Duration,
    /// What was on, without gaps; a pause is a rest.
    pub exposures: Vec<Exposure>,
}

/// What rules know beyond the steps. The default is a person without a past.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The injury clock.
    pub injury: Injury,
    /// The protocol cannot be chosen without the time of injury.
    pub injury_required: bool,
    /// Sessions of the last days, oldest first.
    pub past: Vec<Past>,
    /// Another session runs now.
    pub running: bool,
    /// How far in the future the last record ends.
    pub record_ahead: Duration,
    /// Days with a session since this injury.
    pub days: u32,
    /// There may be earlier sessions, and nobody can tell.
    pub past_unknown: bool,
}

impl Context {
    /// The same person, so much later, having done nothing.
    #[must_use]
    pub fn later(&self, wait: Duration) -> Context {
        let mut later = self.clone();
        for past in &mut later.past {
            past.began = past.began.saturating_add(wait);
        }
        later.record_ahead = self.record_ahead.saturating_sub(wait);
        later.injury = match self.injury {
            Injury::Ago(age) => Injury::Ago(age.saturating_add(wait)),
            Injury::Ahead(by) if by <= wait => Injury::Ago(wait.saturating_sub(by)),
            Injury::Ahead(by) => Injury::Ahead(by.saturating_sub(wait)),
            Injury::Unknown => Injury::Unknown,
        };
        later
    }

    /// The load that earlier sessions leave on the skin at the coming start.
    #[must_use]
    pub fn carried(&self) -> Load {
        let mut load = Load::NONE;
        for (index, past) in self.past.iter().enumerate() {
            let length: Duration = past.exposures.iter().map(|(_, length)| *length).sum();
            for &(kind, length) in &past.exposures {
                load = load.after(kind, length);
            }
            let next = self.past.get(index + 1).map_or(Duration::ZERO, |next| next.began);
            let gap = past.began.saturating_sub(length).saturating_sub(next);
            load = load.after(StepKind::Rest, gap);
        }
        load
    }
}

/// The switch from ice to heat (S3, FPN heat).
pub const ACUTE: Duration = hours(72);
/// All steps of a session: S1's 120 min and 30 of ours.
pub const SESSION: Duration = minutes(150);
/// All cold, and all heat, of a session (S1).
pub const SESSION_DOSE: Duration = minutes(60);
/// Expanded steps of a session (ours).
pub const SESSION_STEPS: usize = 64;
/// Shortest step (ours).
pub const STEP_MIN: Duration = Duration::from_secs(1);
const COLD_DAILY: Duration = minutes(8 * 20);
const HEAT_DAILY: Duration = minutes(120);
const COLD_SPACING: Duration = hours(2);
const COLD_SHORT: Duration = minutes(10);
const HEAT_LONG: Duration = minutes(20);
const STRETCH_AFTER_COLD: Duration = minutes(30);
const CLOCK_BEHIND: Duration = minutes(2);
const LONG_PAIN_DAYS: u32 = 7;
const DAY: Duration = hours(24);

const fn minutes(number: u64) -> Duration {
    Duration::from_secs(number * 60)
}

const fn hours(number: u64) -> Duration {
    minutes(number * 60)
}

/// Every rule, sorted by name.
pub const RULES: &[Rule] = &[
    Rule {
        id: "clock-behind",
        severity: Severity::Override,
        summary: "the last record ends no more than 2 min in the future",
        because: "a clock that was set back hides how long ago the last dose was",
        way_out: "set the clock, or name the rule with --override clock-behind",
        sources: &["ours"],
        check: |case| {
            let ahead = case.context.record_ahead;
            let behind = found(ahead > CLOCK_BEHIND, Severity::Override, || {
                format!("the last record ends {} in the future: set the clock", format_duration(whole_seconds(ahead)))
            });
            let passes_after = ahead.checked_sub(CLOCK_BEHIND);
            behind.into_iter().map(|finding| Finding { passes_after, ..finding }).collect()
        },
    },
    Rule {
        id: "cold-daily",
        severity: Severity::Override,
        summary: "at most 160 min of cold in any 24 h",
        because: "8 applications of 20 min a day are the most that a source gives",
        way_out: "wait, or name the rule with --override cold-daily",
        sources: &["AAOS"],
        check: |case| case.daily(Modality::Cold, COLD_DAILY, Severity::Override),
    },
    Rule {
        id: "cold-limit",
        severity: Severity::Refuse,
        summary: "the cold load of a session may reach 20 min, never pass it",
        because: "longer icing numbs and can injure skin and nerves; even 20 min once did (Moeller 1997). \
                  How fast the load falls again is a model of ours laid through published points",
        way_out: "shorten it, or put heat or rest before it",
        sources: &["S3", "FPN cold"],
        check: |case| case.over_limit(Modality::Cold),
    },
    Rule {
        id: "cold-short",
        severity: Severity::Warn,
        summary: "a cold step in a plan without heat lasts at least 10 min",
        because: "the source gives 10 to 20 min at a time; a shorter dose is allowed",
        way_out: "10min is the usual least",
        sources: &["S3"],
        check: |case| {
            let heat = case.steps.iter().any(|step| step.kind == StepKind::Heat);
            case.each(|step, _| {
                let short = !heat && step.kind == StepKind::Cold && step.length < COLD_SHORT;
                short.then(|| {
                    (
                        Severity::Warn,
                        format!("{} of cold is short; 10m to 20m is usual", format_duration(step.length)),
                        None,
                    )
                })
            })
        },
    },
    Rule {
        id: "cold-spacing",
        severity: Severity::Warn,
        summary: "cold sessions start at least 2 h apart",
        because: "the studied and advised spacing is every 2 h (Bleakley 2006) to every 2 to 4 h (Mayo)",
        way_out: "wait until 2h have passed since the last cold began",
        sources: &["Bleakley 2006", "Mayo"],
        check: cold_spacing,
    },
    Rule {
        id: "early-heat",
        severity: Severity::Override,
        summary: "no heat planned to start less than 72 h after the injury",
        because: "heat only after the first three days (S3, FPN heat); against it, without trauma: Qaseem 2017, French 2006",
        way_out: "use cold until 72h have passed, or name the rule with --override early-heat",
        sources: &["S3", "FPN heat", "Qaseem 2017", "French 2006"],
        check: early_heat,
    },
    Rule {
        id: "heat-daily",
        severity: Severity::Warn,
        summary: "at most 120 min of heat in any 24 h",
        because: "no source gives a number; this is twice the most of one session",
        way_out: "wait, or shorten the heat",
        sources: &["ours"],
        check: |case| case.daily(Modality::Heat, HEAT_DAILY, Severity::Warn),
    },
    Rule {
        id: "heat-limit",
        severity: Severity::Refuse,
        summary: "the heat load of a session may reach 30 min, never pass it",
        because: "30 min is the longest application studied (Garra 2010); long use burns even on a low setting \
                  (FDA/CPSC 1995). As a hard limit it is ours",
        way_out: "shorten it, or put cold or rest before it",
        sources: &["Garra 2010", "FDA/CPSC 1995", "ours"],
        check: |case| case.over_limit(Modality::Heat),
    },
    Rule {
        id: "heat-long",
        severity: Severity::Warn,
        summary: "a heat step lasts at most 20 min",
        because: "S1 and Mayo give 20 min; Garra 2010 studied 30",
        way_out: "20min is the usual most",
        sources: &["S1", "Mayo"],
        check: |case| {
            case.each(|step, _| {
                let long = step.kind == StepKind::Heat && step.length > HEAT_LONG;
                long.then(|| {
                    (
                        Severity::Warn,
                        format!("{} of heat is long; most sources stop at 20m", format_duration(step.length)),
                        None,
                    )
                })
            })
        },
    },
    Rule {
        id: "injury-future",
        severity: Severity::Refuse,
        summary: "the time of injury is not after now",
        because: "no age of an injury can be told from it",
        way_out: "give a time that has passed, such as --injured \"30h ago\"",
        sources: &["ours"],
        check: |case| match case.context.injury {
            Injury::Ahead(by) => vec![Finding::whole(
                Severity::Refuse,
                format!("the injury is said to happen {} from now", format_duration(whole_seconds(by))),
            )],
            Injury::Unknown | Injury::Ago(_) => Vec::new(),
        },
    },
    Rule {
        id: "injury-unknown",
        severity: Severity::Refuse,
        summary: "`acute` needs the time of the injury; heat is better with it",
        because: "ice or heat depends on whether 72 h have passed (S3)",
        way_out: "say when it happened, such as --injured \"30h ago\"",
        sources: &["S3"],
        check: injury_unknown,
    },
    Rule {
        id: "long-pain",
        severity: Severity::Note,
        summary: "sessions on more than 7 days of one injury",
        because: "a heat wrap's label says to stop after 7 days if no better",
        way_out: "see `therapy safety`",
        sources: &["ThermaCare"],
        check: |case| {
            found(case.context.days > LONG_PAIN_DAYS, Severity::Note, || {
                format!("sessions on {} days of this injury: if it is no better, ask a professional", case.context.days)
            })
        },
    },
    Rule {
        id: "no-dose",
        severity: Severity::Note,
        summary: "a plan gives heat or cold",
        because: "a plan of rests and stretches is a plain timer",
        way_out: "add a step with do = \"heat\" or do = \"cold\"",
        sources: &["ours"],
        check: |case| {
            found(
                !case.steps.is_empty() && case.steps.iter().all(|step| step.kind.modality().is_none()),
                Severity::Note,
                || "neither heat nor cold in it".to_owned(),
            )
        },
    },
    Rule {
        id: "numb-heat",
        severity: Severity::Warn,
        summary: "heat straight after cold asks whether feeling has come back",
        because: "S1 puts heat straight after cold; numb skin does not feel a burn (FDA/CPSC 1995)",
        way_out: "wait until normal feeling is back, or put a rest between",
        sources: &["S1", "FDA/CPSC 1995"],
        check: |case| {
            case.each(|step, index| {
                let after_cold = index > 0 && case.steps[index - 1].kind == StepKind::Cold;
                (step.kind == StepKind::Heat && after_cold).then(|| {
                    (Severity::Warn, "heat straight after cold: only when normal feeling is back".to_owned(), None)
                })
            })
        },
    },
    Rule {
        id: "one-session",
        severity: Severity::Refuse,
        summary: "one session at a time",
        because: "two sessions at once would each count half of the dose",
        way_out: "stop the running session first",
        sources: &["ours"],
        check: |case| found(case.context.running, Severity::Refuse, || "a session is running already".to_owned()),
    },
    Rule {
        id: "rewarm",
        severity: Severity::Override,
        summary: "the load that earlier sessions left, plus this one: at most 20 min cold, 30 min heat",
        because: "skin does not forget between sessions; the same law and numbers as cold-limit and heat-limit",
        way_out: "wait, or name the rule with --override rewarm",
        sources: &["S3", "FPN cold", "Garra 2010"],
        check: rewarm,
    },
    Rule {
        id: "session-limit",
        severity: Severity::Refuse,
        summary: "a session lasts at most 150 min, with at most 60 min of cold, 60 of heat and 64 steps",
        because: "S1's three cycles of 20 and 20 min are the longest session of any source; 30 min more and 64 steps are ours",
        way_out: "take fewer rounds or shorter steps",
        sources: &["S1", "ours"],
        check: session_limit,
    },
    Rule {
        id: "step-length",
        severity: Severity::Refuse,
        summary: "a step lasts at least 1 s and at most 150 min",
        because: "nothing shorter can be done, nothing longer fits a session",
        way_out: "write a length from 1s to 2h 30m",
        sources: &["ours"],
        check: |case| {
            case.each(|step, _| {
                (step.length < STEP_MIN || step.length > SESSION).then(|| {
                    let message = format!("a step of {}; it must last 1s to 2h 30m", format_duration(step.length));
                    (Severity::Refuse, message, None)
                })
            })
        },
    },
    Rule {
        id: "stretch-early",
        severity: Severity::Warn,
        summary: "no stretching inside 72 h of the injury, nor less than 30 min after cold",
        because: "stretches after recovery (S3; S2 stretches at once); motor function is reduced for up to 30 min after cold (MacAuley 2001)",
        way_out: "stretch later, or put at least 30min of rest before it",
        sources: &["S3", "MacAuley 2001"],
        check: stretch_early,
    },
];

/// The rule with this name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// Asks every rule about a plan and returns all that they find, gravest first, then by step.
#[must_use]
pub fn review(steps: &[Step], context: &Context) -> Vec<Finding> {
    let case = Case::new(steps, context);
    let mut findings: Vec<Finding> = RULES
        .iter()
        .flat_map(|rule| {
            let mut found = (rule.check)(&case);
            for finding in &mut found {
                finding.rule = rule.id;
            }
            found
        })
        .collect();
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.step));
    findings
}

/// Whether these findings keep a plan from running, given the rules that the person overrides.
#[must_use]
pub fn refuses(findings: &[Finding], overrides: &[&'static str]) -> bool {
    findings.iter().any(|finding| match finding.severity {
        Severity::Refuse => true,
        Severity::Override => !overrides.contains(&finding.rule),
        Severity::Warn | Severity::Note => false,
    })
}

impl Finding {
    /// A finding about the whole plan; `review` fills in the rule.
    fn whole(severity: Severity, message: String) -> Finding {
        Finding { rule: "", severity, step: None, message, passes_after: None }
    }
}

#[cfg(test)]
mod tests;
