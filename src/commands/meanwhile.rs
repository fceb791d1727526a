//! What became known since a session was admitted, and refuses more of it. It must not know which way in asks.

use std::time::Duration;

use anyhow::anyhow;

use super::memory::said;
use super::screening::concerns;
use super::{Exit, Failure};
use crate::domain::course::{meant, over_with};
use crate::domain::dose::Doses;
use crate::domain::rules::{Context, Injury, RuleId, review};
use crate::domain::session::{Input, Session};
use crate::edge::journal::{Journal, JournalError, Stamp};
use crate::text::wording::{NOT_LONGER, not_on};
use crate::text::{rules, told};

/// Why a pack must not go on, or stay on, or not for longer.
pub(super) struct Objection {
    why: String,
    way_out: &'static str,
    /// The session may go on, only not for longer.
    pub(super) only_longer: bool,
}

impl Objection {
    /// What the session answers to a key, a button or another shell.
    pub(super) fn answer(&self) -> String {
        if self.only_longer { format!("{NOT_LONGER}: {}", self.why) } else { not_on(&self.why) }
    }
}

impl From<Objection> for Failure {
    fn from(objection: Objection) -> Failure {
        Failure::new(Exit::Refused, anyhow!(objection.why), objection.way_out)
    }
}

const TAKE_OFF: &str = "take the pack off, and end it: therapy stop";

/// What refuses this input: an answer about warning signs, an injury that touches the site, or a dose that was told,
/// unless the rule was overridden. Without an input, what refuses the session as it is planned.
pub(super) fn objection(
    journal: &Journal,
    session: &Session,
    input: Option<Input>,
    overrides: &str,
    now: &Stamp,
) -> Result<Option<Objection>, JournalError> {
    let is_overridden = |rule: RuleId| overrides.split(' ').any(|id| id == rule.as_str());
    let said = said(&journal.injuries()?, now);
    let injury = meant(session.site(), &said).map_or(Injury::Unknown, |index| said[index].injury);
    let context = Context { concerns: concerns(&journal.screenings()?), injury, ..Context::default() };
    let binds = |rule| matches!(rule, RuleId::WarningSign | RuleId::EarlyHeat) && !is_overridden(rule);
    if let Some(finding) = review(&session.remaining(), &context).into_iter().find(|finding| binds(finding.rule)) {
        let why = format!("{} ({})", rules::detail(&finding.detail), finding.rule);
        let is_sign = finding.rule == RuleId::WarningSign;
        let way_out = if is_sign { rules::of(finding.rule).way_out } else { TAKE_OFF };
        return Ok(Some(Objection { why, way_out, only_longer: false }));
    }
    let unknown = journal.told(now)?.into_iter().filter(|told| told.noted > session.began()).map(|told| told.dose);
    let unknown: Doses = unknown.collect();
    // Its own process reports the events that this finds.
    let mut session = session.clone();
    let _ = session.advance(now.clock);
    let over = |longer| over_with(&unknown, &session, longer).filter(|(rule, _)| !is_overridden(*rule));
    let why = |(rule, detail)| told::with_it(rule, &detail);
    if let Some(why) = over(Duration::ZERO).map(why) {
        return Ok(Some(Objection { why, way_out: TAKE_OFF, only_longer: false }));
    }
    let Some(Input::Extend(by)) = input else { return Ok(None) };
    let way_out = "a shorter extension may fit, such as: therapy extend 1";
    Ok(over(by).map(|over| Objection { why: why(over), way_out, only_longer: true }))
}
