//! The texts of rules and of findings. It must not know who shows them.

use std::mem;
use std::time::Duration;

use crate::domain::protocol::TooOften;
use crate::domain::rules::{
    ACUTE, COLD_SPACING, Detail, Finding, NUMB, RuleId, SESSION, SESSION_DOSE, SESSION_STEPS, Severity,
};
use crate::text::advice::HEAT_LATER;
use crate::text::durations::{count, in_words, roughly, rounded_up};
use crate::text::printable::capital;
use crate::text::signs;

/// The texts of one rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleText {
    /// What the rule asks for, with its number.
    pub summary: &'static str,
    /// Why it exists, and which sources disagree.
    pub because: &'static str,
    /// What to do when it is broken.
    pub way_out: &'static str,
}

/// What the limits of a load rest on: how fast it falls, and that this was measured to be slower.
pub const RECOVERY: &str = "How fast a load falls is a policy of ours, from \"20 min, as often as hourly\" (FPN cold), and \
     not a validated model of skin. Measured rewarming is slower: skin takes about 1.1 to 1.7 times as long, muscle about \
     3 times (PMC6849860, PMC8156555, PMC155399; small samples, limbs). So cold is recommended every 2 h at most.";

/// Whether a rule depends on how fast a load falls.
pub fn depends_on_recovery(rule: RuleId) -> bool {
    matches!(rule, RuleId::ColdLimit | RuleId::HeatLimit | RuleId::Rewarm)
}

/// The texts of a rule: what it asks for, why, and what to do.
#[rustfmt::skip]
pub fn of(rule: RuleId) -> RuleText {
    let (summary, because, way_out) = match rule {
        RuleId::ClockBehind => ("the last record ends no more than 2 min in the future",
            "a clock that was set back hides how long ago the last dose was",
            "set the clock, or name the rule with --override clock-behind"),
        RuleId::ColdDaily => ("at most 160 min of cold in any 24 h",
            "AAOS gives at most 8 applications of 20 min a day",
            "wait, or name the rule with --override cold-daily"),
        RuleId::ColdLimit => ("the cold load of a session is at most 20 min",
            "S3 never goes above 20 min (numbness, tighter muscles). FPN cold stops at 30 min, and at 20 near nerves. \
             One icing of 20 min injured a nerve (Moeller 1997): the limit is a ceiling, not a promise",
            "shorten it, or put heat or rest before it"),
        RuleId::ColdShort => ("a cold step in a plan without heat lasts at least 10 min",
            "the source gives 10 to 20 min at a time; a shorter dose is allowed",
            "use at least 10 min"),
        RuleId::ColdSpacing => ("cold sessions start at least 2 h apart",
            "one study iced ankles every 2 h (Bleakley 2006), and Mayo gives every 2 to 4 h",
            "wait until 2 h have passed since the last cold began"),
        RuleId::EarlyHeat => ("no heat that is planned to start less than 72 h after the injury",
            "S3 and FPN heat give heat only after the first 3 days. Without trauma, Qaseem 2017 and French 2006 accept it \
             earlier, and newer advice does not wait 72 h (Healthwise 2024)",
            "use cold until 72 h have passed, or name the rule with --override early-heat"),
        RuleId::HeatDaily => ("at most 120 min of heat in any 24 h",
            "no source gives a number; this is twice the most of one session",
            "wait, or shorten the heat"),
        RuleId::HeatLimit => ("the heat load of a session is at most 30 min",
            "Garra 2010 studied 30 min; the hard limit is ours, for packs and pads that nothing controls. Wraps that \
             control themselves were studied for 8 h at 40 °C (Nadler 2002). A pad burns even on a low setting \
             (FDA/CPSC 1995), once in under 20 min (FDA 1997)",
            "shorten it, or put cold or rest before it"),
        RuleId::HeatLong => ("a heat step lasts at most 20 min",
            "S1 and Mayo give 20 min; Garra 2010 studied 30",
            "use at most 20 min"),
        RuleId::InjuryFuture => ("the time of injury is in the past",
            "an injury in the future has no age",
            "set it to a time in the past: therapy injury set yesterday"),
        RuleId::InjuryUnknown => ("`acute` needs the injury time, and heat should have it",
            "ice or heat depends on whether 72 h have passed (S3)",
            "set the time of the injury: therapy injury set yesterday"),
        RuleId::LongPain => ("sessions on more than 7 days of one injury",
            "the label of a heat wrap says to stop after 7 days if there is no improvement",
            "read the warning signs: therapy safety"),
        RuleId::NoDose => ("a plan gives heat or cold",
            "without heat or cold this is only a timer",
            "add a step with do = \"heat\" or do = \"cold\""),
        RuleId::NumbHeat => ("no heat less than 30 min after cold, unless normal feeling is back",
            "S1 alternates heat and cold; skin stays cooler for up to 30 min after cold (PMC6849860), and reduced \
             feeling adds to the risk of a burn (FDA/CPSC 1995)",
            "wait until normal feeling is back, or put a rest between"),
        RuleId::OneSession => ("one session at a time",
            "two sessions at once would each count half of the dose",
            "stop the running session first: therapy stop"),
        RuleId::Rewarm => ("with earlier sessions, the load is at most 20 min of cold and 30 min of heat",
            "skin does not recover at once; the law and the numbers are those of cold-limit and heat-limit",
            "wait, or name the rule with --override rewarm"),
        RuleId::SessionLimit => ("a session lasts at most 150 min, with at most 60 min of cold, 60 min of heat and 64 steps",
            "S1's three cycles of 20 min heat and 20 min cold last 120 min; 30 min more and 64 steps are ours",
            "use fewer rounds or shorter steps"),
        RuleId::StepLength => ("a step lasts at least 1 s and at most 150 min",
            "a shorter step cannot be done, and a longer one does not fit a session",
            "use a length from 1 s to 2 h 30 min"),
        RuleId::StretchEarly => ("no stretching less than 72 h after the injury or less than 30 min after cold",
            "S3 advises stretching after recovery, S2 at once; muscles work less well for up to 30 min after cold (MacAuley 2001)",
            "stretch later, or put at least 30 min of rest before it"),
        RuleId::WarningSign => ("no session while you say that a warning sign applies, and none of heat, of cold or of \
             both while a contraindication of it applies",
            "such a sign can mean something that needs treatment (S3, S1); this timer cannot tell",
            "see a professional; if it was a mistake: therapy safety --answer none"),
    };
    RuleText { summary, because, way_out }
}

/// What to do about rules that refuse together: one that is overridden leaves the others.
pub fn ways_out(rules: &[RuleId]) -> String {
    match rules {
        [] => String::new(),
        [rule] => of(*rule).way_out.to_owned(),
        rules => {
            let what = if rules.contains(&RuleId::ClockBehind) { "set the clock" } else { "wait" };
            let names: Vec<_> = rules.iter().map(|rule| format!("--override {rule}")).collect();
            format!("{what}, or name the rules with {}", names.join(" "))
        }
    }
}

const UNREADABLE: &str =
    "the journal cannot be read, so earlier doses, an injury and your answer about warning signs are unknown";

/// What is broken, with its numbers.
pub fn detail(detail: &Detail) -> String {
    const MINUTE: Duration = Duration::from_secs(60);
    // Rounded up, so that what is above its limit never looks like the limit.
    let above = |length: Duration| in_words(rounded_up(length));
    let over = |what: String, limit: Duration| format!("{what}; the limit is {}", in_words(limit));
    // Rounded, but never to the limit itself.
    let before = |length: Duration, limit: Duration, unit| roughly(length.min(limit.saturating_sub(unit)));
    match *detail {
        Detail::ClockBehind(ahead) => format!("the last record ends {} in the future", roughly(ahead)),
        Detail::Daily(modality, sum, most) => over(format!("{} of {modality} within 24 h", above(sum)), most),
        Detail::Unreadable => UNREADABLE.to_owned(),
        Detail::Load(modality, load, limit) => over(format!("the {modality} load would reach {}", above(load)), limit),
        Detail::LoadWithEarlier(modality, load, limit) => {
            format!("with earlier sessions, {}", self::detail(&Detail::Load(modality, load, limit)))
        }
        Detail::ColdShort(length) => format!("{} of cold is short; 10 to 20 min is usual", in_words(length)),
        Detail::ColdSpacing(since) => {
            format!("cold again {} after the last cold began; 2 h apart is usual", before(since, COLD_SPACING, MINUTE))
        }
        Detail::EarlyHeat(age) => {
            format!("heat {} after the injury, before 72 h have passed", before(age, ACUTE, 60 * MINUTE))
        }
        Detail::HeatLong(length) => format!("{} of heat is long; most sources stop at 20 min", above(length)),
        Detail::InjuryInFuture(by) => format!("the injury is {} in the future", roughly(by)),
        Detail::InjuryNeeded => "ice or heat depends on the time of the injury, and none is set".to_owned(),
        Detail::NoInjury => "ice or heat depends on the time of an injury, and you said that there is none".to_owned(),
        Detail::InjuryUnknown => format!("{HEAT_LATER}; no injury time is set"),
        Detail::LongPain(days) => {
            format!("sessions on {days} days of this injury: if there is no improvement, ask a professional")
        }
        Detail::NoDose => "the plan has neither heat nor cold".to_owned(),
        Detail::NumbHeat(Duration::ZERO) => "heat after cold only when normal feeling is back".to_owned(),
        Detail::NumbHeat(since) => {
            format!("heat {} after cold: only when normal feeling is back", before(since, NUMB, MINUTE))
        }
        Detail::Running => "a session is running".to_owned(),
        Detail::SessionLength(length) => over(format!("all steps together last {}", above(length)), SESSION),
        Detail::SessionDose(modality, dose) => {
            over(format!("{} of {modality} in one session", above(dose)), SESSION_DOSE)
        }
        Detail::SessionSteps(0) => "there are no steps".to_owned(),
        Detail::SessionSteps(steps) => format!("{steps} steps; the limit is {SESSION_STEPS}"),
        Detail::StepLength(length) => {
            let length = if length > SESSION { above(length) } else { in_words(length) };
            format!("a step of {length}; it must last 1 s to 2 h 30 min")
        }
        Detail::StretchAcute => "stretching less than 72 h after the injury".to_owned(),
        Detail::WarningSign(concern) => match signs::before(concern) {
            "" => "you said that a warning sign applies".to_owned(),
            what => format!("you said that something applies that needs a clinician's answer before {what}"),
        },
        Detail::StretchAfterCold(since) => {
            format!("stretching {} after cold; 30 min is better", before(since, NUMB, MINUTE))
        }
    }
}

/// Findings as lines, such as `Refused: step 3: … (cold-limit)`. What a rule finds at several steps makes one line,
/// with the numbers of the worst. What several rules find makes one line too.
pub fn lines(findings: &[Finding], overrides: &[RuleId]) -> Vec<String> {
    grouped(findings, overrides).iter().map(|group| line(group, overrides)).collect()
}

/// The same as sentences without steps, the most important first: what was overridden, warnings, notes.
pub fn briefly(findings: &[Finding], overrides: &[RuleId]) -> Vec<String> {
    let mut groups = grouped(findings, overrides);
    groups.sort_by_key(|group| match group[0].severity {
        Severity::Refuse | Severity::Overridable => 0,
        Severity::Warn => 1,
        Severity::Note => 2,
    });
    let briefly = |group: &Vec<&Finding>| {
        let what = format!("{} ({}).", capital(&detail(&worst(group).detail)), names(group));
        let is_note = matches!(group[0].severity, Severity::Warn | Severity::Note);
        if is_note { what } else { format!("{}: {what}", word(group, overrides)) }
    };
    groups.iter().map(briefly).collect()
}

fn grouped<'a>(findings: &'a [Finding], overrides: &[RuleId]) -> Vec<Vec<&'a Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        match groups.iter_mut().find(|group| belong_together(group[0], finding, overrides)) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// Whether two findings make one line: the same rule at other steps, or the same words by another rule.
fn belong_together(a: &Finding, b: &Finding, overrides: &[RuleId]) -> bool {
    let kind = |finding: &Finding| match finding.detail {
        Detail::LoadWithEarlier(modality, ..) => (mem::discriminant(&finding.detail), Some(modality)),
        _ => (mem::discriminant(&finding.detail), None),
    };
    let same = (a.severity, kind(a), a.blocks(overrides)) == (b.severity, kind(b), b.blocks(overrides));
    same && (a.detail == b.detail || a.rule == b.rule && a.step.is_some() && b.step.is_some())
}

fn worst<'a>(group: &[&'a Finding]) -> &'a Finding {
    group.iter().min_by_key(|finding| std::cmp::Reverse(excess(&finding.detail))).unwrap_or(&group[0])
}

fn word(group: &[&Finding], overrides: &[RuleId]) -> &'static str {
    match group[0].severity {
        Severity::Overridable if !group[0].blocks(overrides) => "Overridden",
        Severity::Refuse | Severity::Overridable => "Refused",
        Severity::Warn => "Warning",
        Severity::Note => "Note",
    }
}

fn names(group: &[&Finding]) -> String {
    let mut rules: Vec<_> = group.iter().map(|finding| finding.rule.as_str()).collect();
    rules.dedup();
    rules.join(", ")
}

fn line(group: &[&Finding], overrides: &[RuleId]) -> String {
    let worst = worst(group);
    let others = |is_one: &dyn Fn(&Finding) -> bool| {
        let steps = group.iter().filter(|finding| is_one(finding)).filter_map(|finding| finding.step);
        steps.collect::<Vec<_>>()
    };
    // The numbers may be those of one step only.
    let steps = match worst.step {
        Some(step) if group.iter().any(|finding| finding.detail != worst.detail) => {
            format!("step {} (also {}): ", step + 1, numbered(&others(&|finding| finding.step != Some(step))))
        }
        _ => steps_named(&others(&|_| true)),
    };
    format!("{}: {steps}{} ({})", word(group, overrides), detail(&worst.detail), names(group))
}

/// How bad a detail is, in nanoseconds, compared with others of its kind.
fn excess(detail: &Detail) -> i128 {
    let nanos = |length: Duration| i128::try_from(length.as_nanos()).unwrap_or(i128::MAX);
    match *detail {
        Detail::Load(_, long, _) | Detail::LoadWithEarlier(_, long, _) | Detail::HeatLong(long) => nanos(long),
        Detail::ColdShort(short)
        | Detail::EarlyHeat(short)
        | Detail::NumbHeat(short)
        | Detail::StretchAfterCold(short) => -nanos(short),
        _ => 0,
    }
}

/// `step 3: `, or `steps 3, 5: `.
fn steps_named(steps: &[usize]) -> String {
    match steps.len() {
        0 => String::new(),
        1 => format!("step {}: ", numbered(steps)),
        _ => format!("steps {}: ", numbered(steps)),
    }
}

/// `3, 5`. At most five steps are named.
fn numbered(steps: &[usize]) -> String {
    const NAMED: usize = 5;
    let named: Vec<_> = steps.iter().take(NAMED).map(|step| (step + 1).to_string()).collect();
    let more = if steps.len() > NAMED { format!(" and {} more", steps.len() - NAMED) } else { String::new() };
    named.join(", ") + &more
}

/// What a number of sessions a day breaks.
pub fn too_often(found: &TooOften) -> String {
    format!("{} a day: {}", count(found.per_day, "session"), detail(&found.detail))
}

/// What to do about it.
pub fn less_often(found: &TooOften) -> String {
    match found.most {
        0 => "use shorter steps".to_owned(),
        most => format!("write per_day = {most}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exposure::{Exposure, limit};
    use crate::domain::rules::{Context, Injury, review};
    use crate::domain::step::Modality;
    use crate::domain::step::Step;
    use crate::domain::step::StepKind::{Cold, Heat, Rest};

    #[test]
    fn many_steps_are_counted_and_not_all_named() {
        assert_eq!(steps_named(&[]), "");
        assert_eq!(steps_named(&[2]), "step 3: ");
        assert_eq!(steps_named(&[2, 4]), "steps 3, 5: ");
        assert_eq!(steps_named(&[0, 1, 2, 3, 4, 5, 6]), "steps 1, 2, 3, 4, 5 and 2 more: ");
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn found(steps: &[Exposure], context: &Context, overrides: &[RuleId]) -> Vec<String> {
        let steps: Vec<_> = steps.iter().map(|&(kind, length)| Step::new(kind, length)).collect();
        lines(&review(&steps, context), overrides)
    }

    #[test]
    fn a_rule_makes_one_line_with_the_numbers_of_its_worst_step() {
        let contrast = [(Heat, 20 * MINUTE), (Cold, 20 * MINUTE)].repeat(3);
        let young = Context { injury: Injury::Ago(60 * MINUTE), ..Context::default() };
        let early = "step 1 (also 3, 5): heat 1 h after the injury, before 72 h have passed (early-heat)";
        assert_eq!(found(&contrast, &young, &[])[0], format!("Refused: {early}"));
        assert_eq!(found(&contrast, &young, &[RuleId::EarlyHeat])[0], format!("Overridden: {early}"));
        let old = Context { injury: Injury::Ago(5000 * MINUTE), ..Context::default() };
        let more = [(Cold, 25 * MINUTE), (Rest, MINUTE), (Cold, 12 * MINUTE), (Rest, MINUTE), (Cold, MINUTE)];
        assert_eq!(
            found(&more, &old, &[]),
            [
                "Refused: step 5 (also 1, 3): the cold load would reach 37 min; the limit is 20 min (cold-limit)",
                "Warning: step 5: 1 min of cold is short; 10 to 20 min is usual (cold-short)",
            ]
        );
        // The same words at several steps need no number of their own.
        assert_eq!(
            found(&contrast, &old, &[]),
            ["Warning: steps 3, 5: heat after cold only when normal feeling is back (numb-heat)"]
        );
    }

    #[test]
    fn the_same_words_by_two_rules_are_one_line_unless_one_is_overridden() {
        let unknown = Context { unreadable: true, ..Context::default() };
        let ice = [(Cold, 15 * MINUTE)];
        let words = UNREADABLE;
        assert_eq!(found(&ice, &unknown, &[]), [format!("Refused: {words} (cold-daily, rewarm)")]);
        assert_eq!(
            found(&ice, &unknown, &[RuleId::Rewarm]),
            [format!("Refused: {words} (cold-daily)"), format!("Overridden: {words} (rewarm)")]
        );
        let both = found(&ice, &unknown, &[RuleId::Rewarm, RuleId::ColdDaily]);
        assert_eq!(both, [format!("Overridden: {words} (cold-daily, rewarm)")]);
    }

    #[test]
    fn heat_and_cold_keep_their_own_lines() {
        let finding = |step, modality| Finding {
            rule: RuleId::Rewarm,
            severity: Severity::Overridable,
            step: Some(step),
            detail: Detail::LoadWithEarlier(modality, 35 * MINUTE, limit(modality)),
            passes_after: None,
        };
        let lines = lines(&[finding(0, Modality::Cold), finding(2, Modality::Heat)], &[]);
        let loads: Vec<_> = lines.iter().map(|line| line.contains("the cold load")).collect();
        assert_eq!(loads, [true, false], "{lines:?}");
    }

    #[test]
    fn what_is_above_its_limit_never_looks_like_the_limit() {
        let bit = Duration::from_nanos(1);
        for (broken, number) in [
            (Detail::Load(Modality::Cold, 20 * MINUTE + bit, 20 * MINUTE), "20 min 1 s"),
            (Detail::Daily(Modality::Cold, 160 * MINUTE + bit, 160 * MINUTE), "2 h 40 min 1 s"),
            (Detail::SessionLength(150 * MINUTE + bit), "2 h 30 min 1 s"),
            (Detail::SessionDose(Modality::Heat, 60 * MINUTE + bit), "1 h 1 s"),
            (Detail::StepLength(150 * MINUTE + bit), "2 h 30 min 1 s"),
            (Detail::StepLength(bit), "less than 1 s"),
            (Detail::HeatLong(20 * MINUTE + bit), "20 min 1 s"),
            (Detail::ColdShort(Duration::from_millis(599_999)), "9 min 59 s"),
        ] {
            assert!(detail(&broken).contains(number), "{}", detail(&broken));
        }
    }
}
