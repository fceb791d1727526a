//! The rules as one table, and `review`, which applies every rule and returns every finding.
//!
//! A rule has an id, a severity, sources and one check. Limits are inclusive and durations exact.
//! What a rule needs besides the steps (the injury, earlier doses) comes in a [`Context`]. This module
//! must not read a clock or a disk, and it contains no sentences: findings are data.

use std::time::Duration;

use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr};

pub use crate::domain::dose::DAY;
use crate::domain::dose::Doses;
use crate::domain::exposure::Load;
use crate::domain::moment::Moment;
use crate::domain::site::Site;
use crate::domain::step::{Modality, Step, StepKind};

mod checks;

use checks::Case;

/// The id of a rule. Its name in flags, files, JSON and the journal never changes.
#[derive(Clone, Copy, Debug, Display, EnumString, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, Serialize)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum RuleId {
    /// The last record ends in the future.
    ClockBehind,
    /// Cold in any 24 h.
    ColdDaily,
    /// Cold load inside the session.
    ColdLimit,
    /// A short cold step.
    ColdShort,
    /// Cold sessions, start to start.
    ColdSpacing,
    /// Heat soon after an injury.
    EarlyHeat,
    /// Heat in any 24 h.
    HeatDaily,
    /// Heat load inside the session.
    HeatLimit,
    /// A long heat step.
    HeatLong,
    /// An injury after now.
    InjuryFuture,
    /// No time of injury.
    InjuryUnknown,
    /// Sessions on many days of one injury.
    LongPain,
    /// Neither heat nor cold.
    NoDose,
    /// Heat soon after cold.
    NumbHeat,
    /// A second session at the same time.
    OneSession,
    /// Load that includes earlier sessions.
    Rewarm,
    /// Length, doses and steps of the session.
    SessionLimit,
    /// Length of a step.
    StepLength,
    /// Stretching soon after an injury or cold.
    StretchEarly,
    /// A warning sign that the person affirmed.
    WarningSign,
}

impl RuleId {
    /// The name, such as `cold-limit`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The id with this name.
    pub fn from_name(name: &str) -> Option<RuleId> {
        name.parse().ok()
    }

    /// The rule that limits the load of a modality inside a session.
    pub fn limit_of(modality: Modality) -> RuleId {
        match modality {
            Modality::Cold => RuleId::ColdLimit,
            Modality::Heat => RuleId::HeatLimit,
        }
    }

    /// The rule with this id.
    pub fn rule(self) -> &'static Rule {
        // A test holds that the table has every id, in this order.
        &RULES[self as usize]
    }
}

/// What a broken rule does to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Printed before the start.
    Note,
    /// Printed before the start as a warning.
    Warn,
    /// Refused unless the person names the rule.
    #[serde(rename = "override")]
    Overridable,
    /// Always refused.
    Refuse,
}

/// One rule of the table.
#[derive(Debug)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// The worst that it can do.
    pub severity: Severity,
    /// Who gives its number, or speaks against it: keys of [`crate::domain::source::SOURCES`], or `ours`.
    pub sources: &'static [&'static str],
    /// The kinds of steps that it limits; none for rules about circumstances, such as a running session.
    kinds: &'static [StepKind],
    check: fn(&Case<'_>) -> Vec<Breach>,
}

impl Rule {
    /// Whether the rule limits a protocol of these steps.
    pub fn concerns(&self, steps: &[Step]) -> bool {
        steps.iter().any(|step| self.kinds.contains(&step.kind))
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Breach {
    detail: Detail,
    step: Option<usize>,
    /// The severity, when it is less than the rule's.
    less: Option<Severity>,
    passes_after: Option<Duration>,
}

/// What is broken, with its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The last record ends this far in the future.
    ClockBehind(Duration),
    /// The doses of any 24 h: modality, their sum, the limit.
    Daily(Modality, Duration, Duration),
    /// The record cannot be read.
    Unreadable,
    /// The load inside the session: modality, the load it reaches, the limit.
    Load(Modality, Duration, Duration),
    /// The same load with what earlier sessions left.
    LoadWithEarlier(Modality, Duration, Duration),
    /// The length of a cold step.
    ColdShort(Duration),
    /// The time since the last cold session began.
    ColdSpacing(Duration),
    /// The age of the injury when the heat starts.
    EarlyHeat(Duration),
    /// The length of a heat step.
    HeatLong(Duration),
    /// How far the injury lies in the future.
    InjuryInFuture(Duration),
    /// The protocol cannot be chosen without the time of injury.
    InjuryNeeded,
    /// The same, but the person said that there is no injury.
    NoInjury,
    /// Heat without a time of injury.
    InjuryUnknown,
    /// Days with a session since the injury.
    LongPain(u32),
    /// Neither heat nor cold.
    NoDose,
    /// The time from the end of cold to the heat.
    NumbHeat(Duration),
    /// Another session is running.
    Running,
    /// All steps together: their length.
    SessionLength(Duration),
    /// All doses of one modality: modality, their sum.
    SessionDose(Modality, Duration),
    /// The number of steps.
    SessionSteps(usize),
    /// The length of a step.
    StepLength(Duration),
    /// Stretching while the injury is fresh.
    StretchAcute,
    /// The time from the end of cold to the stretching.
    StretchAfterCold(Duration),
    /// The person said that a warning sign or a contraindication applies.
    WarningSign(Concern),
}

/// What one rule finds in one plan. Its wording is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// What it does here: at most the rule's severity.
    pub severity: Severity,
    /// The expanded step that breaks it, from 0; `None` for the whole plan.
    pub step: Option<usize>,
    /// What is broken.
    pub detail: Detail,
    /// The wait after which the same plan passes this rule. `None` when waiting does not help.
    pub passes_after: Option<Duration>,
}

impl Finding {
    /// Whether this finding keeps a plan from running, given the rules that the person overrides.
    pub fn blocks(&self, overrides: &[RuleId]) -> bool {
        match self.severity {
            Severity::Refuse => true,
            Severity::Overridable => !overrides.contains(&self.rule),
            Severity::Warn | Severity::Note => false,
        }
    }
}

/// When the injury happened, seen from the start of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Injury {
    /// No time of injury is set.
    #[default]
    Unknown,
    /// The person said that there is none: this is for training, or a habit.
    Absent,
    /// This long before the start.
    Ago(Duration),
    /// This long after the start: a mistake.
    InFuture(Duration),
}

/// What a warning sign or a contraindication refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// Every session: a warning sign is about the person.
    Everything,
    /// Heat and cold.
    Packs,
    /// One of them.
    Only(Modality),
    /// Heat and cold in one session.
    Contrast,
}

/// What rules know besides the steps. The default is a person without earlier doses.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// When the session would start.
    pub now: Moment,
    /// Where the packs would lie.
    pub site: Site,
    /// When the injury happened that touches this site: the latest one.
    pub injury: Injury,
    /// The protocol cannot be chosen without the time of injury.
    pub injury_required: bool,
    /// The doses of the last days.
    pub doses: Doses,
    /// The record cannot be read: earlier doses and an injury may exist.
    pub unreadable: bool,
    /// Another session is running.
    pub running: bool,
    /// How far in the future the last record ends.
    pub record_ahead: Duration,
    /// Days with a session that touches the injury, since it happened.
    pub days: u32,
    /// What the person said that speaks against heat or cold, and did not take back.
    pub concerns: Vec<Concern>,
}

impl Context {
    /// The load that earlier sessions leave on the skin of the site at the start.
    pub fn load(&self) -> Load {
        self.doses.load(self.site, self.now)
    }

    /// The same after a wait in which nothing happens.
    #[must_use]
    pub fn later(&self, wait: Duration) -> Context {
        let injury = match self.injury {
            Injury::Ago(age) => Injury::Ago(age.saturating_add(wait)),
            Injury::InFuture(by) if by > wait => Injury::InFuture(by.saturating_sub(wait)),
            Injury::InFuture(by) => Injury::Ago(wait.saturating_sub(by)),
            Injury::Unknown | Injury::Absent => self.injury,
        };
        let record_ahead = self.record_ahead.saturating_sub(wait);
        Context { now: self.now + wait, injury, record_ahead, ..self.clone() }
    }
}

/// The switch from ice to heat (S3, FPN heat).
pub const ACUTE: Duration = hours(72);
/// The most time of a session: S1's 120 min and 30 min of ours.
pub const SESSION: Duration = minutes(150);
/// The most cold, and the most heat, of a session (S1).
pub const SESSION_DOSE: Duration = minutes(60);
/// The most expanded steps of a session (ours).
pub const SESSION_STEPS: usize = 64;
/// The shortest step (ours).
pub const STEP_MIN: Duration = Duration::from_secs(1);
/// The usual time between the starts of two cold sessions (Bleakley 2006, Mayo).
pub const COLD_SPACING: Duration = hours(2);
/// A session that gave less cold than this was a false start, and does not count for the spacing (ours).
pub const FALSE_START: Duration = minutes(2);
/// How long skin and muscle may stay numb or weak after cold (`PMC6849860`, `MacAuley 2001`).
pub const NUMB: Duration = minutes(30);
/// The most cold in any 24 h (AAOS).
pub const COLD_DAILY: Duration = minutes(8 * 20);
/// The most heat in any 24 h (ours).
pub const HEAT_DAILY: Duration = minutes(120);
/// The shortest usual cold step (S3).
pub const COLD_SHORT: Duration = minutes(10);
/// The longest usual heat step (S1, Mayo).
pub const HEAT_LONG: Duration = minutes(20);
/// How far in the future the last record may end, and how far the time of day may leap (ours): clocks differ a little.
pub const CLOCK_BEHIND: Duration = minutes(2);
/// The number of days with sessions after which a person should ask a professional (`ThermaCare`).
pub const LONG_PAIN_DAYS: u32 = 7;

const fn minutes(number: u64) -> Duration {
    Duration::from_secs(number * 60)
}

const fn hours(number: u64) -> Duration {
    minutes(number * 60)
}

/// A row of the table.
const fn rule(
    id: RuleId,
    severity: Severity,
    kinds: &'static [StepKind],
    sources: &'static [&'static str],
    check: fn(&Case<'_>) -> Vec<Breach>,
) -> Rule {
    Rule { id, severity, sources, kinds, check }
}

/// Every rule, in the order of their names.
#[rustfmt::skip]
pub static RULES: &[Rule] = {
    use StepKind::{Cold, Heat, Stretch};
    use RuleId as Id;
    use Severity::{Note, Overridable, Refuse, Warn};
    &[
        rule(Id::ClockBehind, Overridable, &[], &["ours"], checks::clock_behind),
        rule(Id::ColdDaily, Overridable, &[Cold], &["AAOS"], |case| checks::daily(case, Modality::Cold, COLD_DAILY)),
        rule(Id::ColdLimit, Refuse, &[Cold], &["S3", "FPN cold"], |case| checks::over_limit(case, Modality::Cold)),
        rule(Id::ColdShort, Warn, &[Cold], &["S3"], checks::cold_short),
        rule(Id::ColdSpacing, Warn, &[Cold], &["Bleakley 2006", "Mayo"], checks::cold_spacing),
        rule(Id::EarlyHeat, Overridable, &[Heat], &["S3", "FPN heat", "Qaseem 2017"], checks::early_heat),
        rule(Id::HeatDaily, Warn, &[Heat], &["ours"], |case| checks::daily(case, Modality::Heat, HEAT_DAILY)),
        rule(Id::HeatLimit, Refuse, &[Heat], &["Garra 2010", "ours"], |case| checks::over_limit(case, Modality::Heat)),
        rule(Id::HeatLong, Warn, &[Heat], &["S1", "Mayo"], checks::heat_long),
        rule(Id::InjuryFuture, Refuse, &[], &["ours"], checks::injury_in_future),
        rule(Id::InjuryUnknown, Refuse, &[], &["S3"], checks::injury_unknown),
        rule(Id::LongPain, Note, &[], &["ThermaCare"], checks::long_pain),
        rule(Id::NoDose, Note, &[], &["ours"], checks::no_dose),
        rule(Id::NumbHeat, Warn, &[Heat], &["S1", "FDA/CPSC 1995", "PMC6849860"], checks::numb_heat),
        rule(Id::OneSession, Refuse, &[], &["ours"], |case| checks::whole(case.context.running, Detail::Running)),
        rule(Id::Rewarm, Overridable, &[Cold, Heat], &["S3", "FPN cold", "Garra 2010", "ours"], checks::rewarm),
        rule(Id::SessionLimit, Refuse, &StepKind::ALL, &["S1", "ours"], checks::session_limit),
        rule(Id::StepLength, Refuse, &StepKind::ALL, &["ours"], checks::step_length),
        rule(Id::StretchEarly, Warn, &[Stretch], &["S3", "MacAuley 2001"], checks::stretch_early),
        rule(Id::WarningSign, Refuse, &[], &["S3", "S1", "ours"], checks::warning_sign),
    ]
};

/// Applies every rule to a plan and returns all findings, the most severe first, then by step.
pub fn review(steps: &[Step], context: &Context) -> Vec<Finding> {
    let case = Case::new(steps, context);
    let mut findings: Vec<Finding> = RULES
        .iter()
        .flat_map(|rule| {
            (rule.check)(&case).into_iter().map(|Breach { detail, step, less, passes_after }| Finding {
                rule: rule.id,
                severity: less.unwrap_or(rule.severity),
                step,
                detail,
                passes_after,
            })
        })
        .collect();
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.step));
    findings
}

/// Whether these findings keep a plan from running, given the rules that the person overrides.
pub fn refuses(findings: &[Finding], overrides: &[RuleId]) -> bool {
    findings.iter().any(|finding| finding.blocks(overrides))
}
