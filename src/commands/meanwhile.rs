//! What became known since a session was admitted, and refuses more of it. It must not know which way in asks.

use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;

use super::folders::Folders;
use super::memory::said;
use super::screening::concerns;
use super::times::stamp;
use super::{Exit, Failure, say};
use crate::domain::course::{Start, meant, over_with, start};
use crate::domain::protocol::Choice;
use crate::domain::rules::{Context, Injury, RuleId, review};
use crate::domain::session::{Input, Session};
use crate::domain::step::Modality;
use crate::edge::catalog;
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
    // As the session would be now, and after the input. Its own process reports the events that this finds.
    let mut before = session.clone();
    let _ = before.advance(now.clock);
    let mut after = before.clone();
    let _ = input.map(|input| after.handle(now.clock, input));
    let is_over = after.outcome().is_some() || !after.is_paused() && !after.segment().step.kind.has_pack();
    if matches!(input, Some(Input::Confirm | Input::Skip)) && is_over {
        // It takes the pack off.
        return Ok(None);
    }
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
    let unknown = journal.learned_since(session.began(), now)?;
    let over = |session: &Session| over_with(&unknown, session).filter(|(rule, _)| !is_overridden(*rule));
    Ok(over(&after).map(|(rule, detail)| {
        let why = told::with_it(rule, &detail);
        let only_longer = matches!(input, Some(Input::Extend(_))) && over(&before).is_none();
        let way_out = if only_longer { "a shorter extension may fit, such as: therapy extend 1" } else { TAKE_OFF };
        Objection { why, way_out, only_longer }
    }))
}

/// Warns when something refuses the running session as it is planned.
pub(super) fn warn(folders: &Folders, journal: &Journal) -> Result<(), Failure> {
    if folders.is_running()?
        && let Some(open) = journal.open_session(&stamp())?
        && let Some(session) = open.session()
        && let Some(refused) = objection(journal, &session, None, &open.overrides, &stamp())?
    {
        say(&format!("A session is running: {}.", refused.answer()));
    }
    Ok(())
}

/// When ice may be used after a session. `None` when it may be used now, when no waiting helps, and after a session
/// without cold. What was told in another shell counts.
pub(super) fn cold_again(
    session: &Session,
    changeover: Option<Duration>,
    data: &Path,
    possible: fn(&Start) -> String,
) -> Option<String> {
    if session.dose(Modality::Cold).is_zero() {
        return None;
    }
    let choice = Choice { changeover, ..Choice::default() };
    let (now, site, mut doses) = (session.now(), session.site(), session.doses().clone());
    let journal = Journal::exists(data).then(|| Journal::open(data).ok()).flatten();
    let learned = journal.as_ref().and_then(|journal| journal.learned_since(session.began(), &stamp()).ok());
    doses.extend(learned.unwrap_or_default());
    let signs = journal.as_ref().and_then(|journal| journal.screenings().ok()).unwrap_or_default();
    let context = Context { now, site, doses, concerns: concerns(&signs), ..Context::default() };
    let ice = start(&catalog::built_in("ice")?.parsed.draft, choice, &context, &[]);
    ice.possible?;
    let is_now = ice.refused.is_none() && ice.better().is_none();
    (!is_now).then(|| format!("Cold again: possible {}.", possible(&ice)))
}
