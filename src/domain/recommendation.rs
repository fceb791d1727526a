//! What the sources recommend in which situation, as one table. A row has a condition over facts about the person, a
//! choice, and who speaks for it and against it. The first row that applies is recommended, unless a rule refuses its
//! choice. This module must not know files, clocks or sentences, nor when a session may start.

use std::time::Duration;

use strum::{Display, IntoStaticStr};

use crate::domain::insight::Pair;
use crate::domain::protocol::Fits;
use crate::domain::rules::{ACUTE, Concern, Context, DAY, FALSE_START, Injury, LONG_PAIN_DAYS};
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality};

/// Pain from here on counts as an intense spasm (ours).
pub const INTENSE: u8 = 7;
/// How long a pain score says how bad the pain is (ours).
pub const SCORE_LASTS: Duration = Duration::from_secs(4 * 60 * 60);

/// A session of the past.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    /// How long ago it started.
    pub ago: Duration,
    /// Where it was; `None` when that is not known, and then it may be anywhere.
    pub site: Option<Site>,
    /// The doses that were given.
    pub given: PerModality<Duration>,
    /// The pain before and after, 0 to 10.
    pub pain: [Option<u8>; 2],
}

/// A pain score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// How long ago it was noted.
    pub ago: Duration,
    /// From 0 to 10.
    pub score: u8,
    /// Where it hurts; `None` when that is not known.
    pub site: Option<Site>,
}

/// Heat or cold that was tried, with the pain before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How long ago it started.
    pub ago: Duration,
    /// The pain before, 0 to 10.
    pub before: u8,
    /// The pain after.
    pub after: u8,
}

impl Tried {
    /// Whether the pain fell by the change that matters, or was gone.
    pub fn is_less(self) -> bool {
        Pair { before: self.before, after: self.after }.is_less()
    }
}

/// What the conditions ask about a person, at one site.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// When the injury happened that touches the site.
    pub injury: Injury,
    /// Days with a session since the injury.
    pub days: u32,
    /// What the person said that speaks against heat or cold.
    pub concerns: Vec<Concern>,
    /// The last heat without cold, and the last cold without heat, of the last 24 h with both pain scores.
    pub tried: PerModality<Option<Tried>>,
    /// The last pain score, unless it is older than [`SCORE_LASTS`].
    pub pain: Option<Score>,
    /// The person says that it is an intense spasm.
    pub spasm: bool,
}

impl Facts {
    /// The facts at the site of the context, from all sessions and scores of the last days.
    pub fn of(context: &Context, past: &[Past], scores: &[Score], spasm: bool) -> Facts {
        let is_here = |site: Option<Site>| site.is_none_or(|site| site.touches(context.site));
        let tried = |modality: Modality| {
            let gave = |past: &&Past| {
                past.given[modality] >= FALSE_START && past.given[modality.other()] < FALSE_START && past.ago <= DAY
            };
            let all = past.iter().filter(|past| is_here(past.site)).filter(gave).filter_map(|past| {
                let [before, after] = past.pain;
                Some(Tried { ago: past.ago, before: before?, after: after? })
            });
            all.min_by_key(|tried| tried.ago)
        };
        let recent = scores.iter().filter(|score| is_here(score.site) && score.ago <= SCORE_LASTS);
        Facts {
            injury: context.injury,
            days: context.days,
            concerns: context.concerns.clone(),
            tried: PerModality::from_fn(tried),
            // Of several at one time the last counts.
            pain: recent.rev().min_by_key(|score| score.ago).copied(),
            spasm,
        }
    }
}

/// The name of a row, in `explain` and JSON.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum RowId {
    /// The person affirmed a warning sign.
    WarningSign,
    /// Sessions on many days of one injury.
    LongPain,
    /// The first 72 h.
    FreshInjury,
    /// No injury time is set.
    InjuryUnknown,
    /// The pain had not fallen after heat.
    HeatTried,
    /// An intense spasm.
    Spasm,
    /// From 72 h on.
    OlderInjury,
    /// The person said that there is no injury.
    NoInjury,
    /// The last score is 0.
    PainGone,
    /// Cold twice, in place of once.
    ColdTwice,
    /// Heat, as soon as 72 h have passed.
    HeatLater,
    /// Cold, in place of heat.
    ColdInstead,
}

/// What a row chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advised {
    /// No session: a professional.
    Professional,
    /// Stretches, for which there is no built-in protocol.
    Stretches,
    /// A built-in protocol.
    Protocol(&'static str),
}

/// The fact that makes a row apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A warning sign.
    Sign,
    /// The days with a session.
    Days(u32),
    /// What is known of the injury.
    Injury(Injury),
    /// Heat, after which the pain had not fallen.
    Tried(Tried),
    /// The person says that it is a spasm.
    Said,
    /// The last pain score.
    Pain(Score),
}

/// A row of the table.
#[derive(Debug)]
pub struct Recommendation {
    /// Its name.
    pub id: RowId,
    /// What is recommended.
    pub advised: Advised,
    /// The person's own protocols for this are offered after it.
    pub fits: Option<Fits>,
    /// Who says so: keys of [`crate::domain::source::SOURCES`].
    pub sources: &'static [&'static str],
    /// Who disagrees.
    pub against: &'static [&'static str],
    applies: fn(&Facts) -> Option<Reason>,
}

/// A row of the table.
const fn row(
    id: RowId,
    advised: Advised,
    fits: Option<Fits>,
    sources: &'static [&'static str],
    against: &'static [&'static str],
    applies: fn(&Facts) -> Option<Reason>,
) -> Recommendation {
    Recommendation { id, advised, fits, sources, against, applies }
}

/// Every row, in the order in which they are recommended.
#[rustfmt::skip]
pub static RECOMMENDATIONS: &[Recommendation] = {
    use Advised::{Professional, Protocol, Stretches};
    use Fits::{Acute, Later, Recovery, Spasm};
    use RowId as Id;
    const EARLY: &[&str] = &["Dubois 2019", "French 2006"];
    const CONTRAST: &[&str] = &["Mayo", "Healthwise", "Greenhalgh 2021"];
    const NOT_LATE: &[&str] = &["Qaseem 2017", "French 2006", "Healthwise 2024"];
    &[
        row(Id::WarningSign, Professional, None, &["S1", "S3"], &[], sign),
        row(Id::LongPain, Professional, None, &["ThermaCare", "S2", "S4"], &[], many_days),
        row(Id::FreshInjury, Protocol("ice"), Some(Acute), &["S1", "S3"], EARLY, fresh),
        row(Id::InjuryUnknown, Protocol("ice"), Some(Acute), &["S1", "S3"], EARLY, unknown),
        row(Id::HeatTried, Protocol("ice"), None, &["S0"], EARLY, heat_tried),
        row(Id::Spasm, Protocol("contrast"), Some(Spasm), &["S1"], CONTRAST, spasm),
        row(Id::OlderInjury, Protocol("heat"), Some(Later), &["S3", "FPN heat"], &["Garra 2010"], older),
        row(Id::NoInjury, Protocol("heat"), Some(Later), &["S1"], &["Garra 2010"], absent),
        row(Id::PainGone, Stretches, Some(Recovery), &["S3"], &["S2"], pain_gone),
        row(Id::ColdTwice, Protocol("intermittent"), None, &["Bleakley 2006", "MacAuley 2001"], EARLY,
            |facts| fresh(facts).or_else(|| unknown(facts))),
        row(Id::HeatLater, Protocol("heat"), None, &["S3", "FPN heat"], NOT_LATE, fresh),
        row(Id::ColdInstead, Protocol("ice"), None, &["Garra 2010"], EARLY,
            |facts| older(facts).or_else(|| absent(facts))),
    ]
};

fn sign(facts: &Facts) -> Option<Reason> {
    facts.concerns.contains(&Concern::Everything).then_some(Reason::Sign)
}

fn many_days(facts: &Facts) -> Option<Reason> {
    (facts.days > LONG_PAIN_DAYS).then_some(Reason::Days(facts.days))
}

fn of_injury(facts: &Facts, is: impl Fn(Injury) -> bool) -> Option<Reason> {
    is(facts.injury).then_some(Reason::Injury(facts.injury))
}

fn fresh(facts: &Facts) -> Option<Reason> {
    of_injury(facts, |injury| matches!(injury, Injury::Ago(age) if age < ACUTE))
}

fn older(facts: &Facts) -> Option<Reason> {
    of_injury(facts, |injury| matches!(injury, Injury::Ago(age) if age >= ACUTE))
}

/// Unknown is not "no injury". A time in the future is a mistake, so it is not known either.
fn unknown(facts: &Facts) -> Option<Reason> {
    of_injury(facts, |injury| matches!(injury, Injury::Unknown | Injury::InFuture(_)))
}

fn absent(facts: &Facts) -> Option<Reason> {
    of_injury(facts, |injury| injury == Injury::Absent)
}

/// Heat after which the pain had not fallen, unless the same is true of a cold since then: it is no longer the next
/// thing to try.
fn heat_tried(facts: &Facts) -> Option<Reason> {
    let heat = facts.tried.heat.filter(|heat| !heat.is_less())?;
    let cold = facts.tried.cold.filter(|cold| cold.ago < heat.ago && !cold.is_less());
    cold.is_none().then_some(Reason::Tried(heat))
}

fn spasm(facts: &Facts) -> Option<Reason> {
    let pain = facts.pain.filter(|pain| pain.score >= INTENSE).map(Reason::Pain);
    if facts.spasm { Some(Reason::Said) } else { pain }
}

fn pain_gone(facts: &Facts) -> Option<Reason> {
    let pain = facts.pain.filter(|pain| pain.score == 0)?;
    fresh(facts).is_none().then_some(Reason::Pain(pain))
}

/// The rows that apply, in order, each with the fact that makes it apply. Of several rows with the same choice the first
/// counts, but a professional is named for every reason.
pub fn recommended(facts: &Facts) -> Vec<(&'static Recommendation, Reason)> {
    let mut all: Vec<(&'static Recommendation, Reason)> = Vec::new();
    for row in RECOMMENDATIONS {
        let is_named =
            all.iter().any(|(other, _)| other.advised == row.advised && row.advised != Advised::Professional);
        all.extend((row.applies)(facts).filter(|_| !is_named).map(|reason| (row, reason)));
    }
    all
}

/// What sources name besides heat and cold. It has no dose, and so no clock.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Beside {
    /// An elastic band or bandage.
    Compression,
    /// In place of bed rest.
    LightActivity,
    /// Lying with raised legs.
    RaisedLegs,
}

/// Each of them: who names it, and who disagrees.
pub const BESIDE: [(Beside, &[&str], &[&str]); 3] = [
    (Beside::Compression, &["S2", "S4"], &["Malone 1992"]),
    (Beside::LightActivity, &["S3"], &["S0", "S4"]),
    (Beside::RaisedLegs, &["S0"], &[]),
];
