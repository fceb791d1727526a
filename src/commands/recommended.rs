//! What is recommended to this person, as far as it may run: `next`, `run` and `plan` all ask here. It must not know how
//! it is shown.

use std::time::Duration;

use anyhow::anyhow;
use serde_json::{Value, json};

use super::folders::Folders;
use super::memory::Memory;
use super::{Exit, Failure, settings};
use crate::domain::course::{Start, start};
use crate::domain::protocol::{Choice, Draft, Fits};
use crate::domain::recommendation::{Advised, BESIDE, Facts, Reason, Recommendation, recommended};
use crate::domain::rules::{Context, RuleId};
use crate::domain::step::StepKind;
use crate::edge::catalog::{self, Entry};
use crate::text::fits;
use crate::text::recommendation::{self as words, because};

/// A row of the table that applies, and what may run for it.
pub(super) struct Offered {
    pub(super) row: &'static Recommendation,
    /// What about the person makes it apply.
    pub(super) reason: Reason,
    /// The built-in protocol, unless the row has none, or a rule refuses it for good.
    pub(super) built_in: Option<(Entry, Start)>,
    /// The person's own protocols for this.
    pub(super) own: Vec<(Entry, Start)>,
}

impl Offered {
    /// The protocols, the built-in one first.
    pub(super) fn protocols(&self) -> impl Iterator<Item = &(Entry, Start)> {
        self.built_in.iter().chain(&self.own)
    }

    /// The person's own protocol that takes the place of a built-in one, which a rule refuses for good.
    pub(super) fn instead(&self) -> Option<&Entry> {
        let is_missing = self.built_in.is_none() && matches!(self.row.advised, Advised::Protocol(_));
        self.own.first().filter(|_| is_missing).map(|(entry, _)| entry)
    }
}

/// All that is recommended, in order. A choice that a rule refuses for good is left out. One that only has to wait stays.
pub(super) fn offered(folders: &Folders, context: &Context, facts: &Facts, overrides: &[RuleId]) -> Vec<Offered> {
    // A running session refuses everything, and says nothing about what fits.
    let context = &Context { running: false, ..context.clone() };
    let choice = Choice { changeover: settings::changeover(folders), ..Choice::default() };
    let may_start = |entry: Entry| {
        let draft = entry.draft_for(context.injury)?;
        let choice = if draft.changeover.is_some() { Choice::default() } else { choice };
        let start = start(&draft, choice, context, overrides);
        start.possible.is_some().then_some((entry, start))
    };
    let mut own = own(folders, context);
    let offered = recommended(facts).into_iter().map(|(row, reason)| {
        let built_in = built_in(row);
        // Where cold is recommended, the injury is or may be fresh: no heat of the person's own takes its place.
        let is_cold = built_in.as_ref().is_some_and(|entry| !has_heat(&entry.parsed.draft));
        let is_allowed = |draft: &Draft| !is_cold || !has_heat(draft);
        let fits = |entry: &mut Entry| {
            let draft = &entry.parsed.draft;
            row.fits.is_some_and(|fits: Fits| draft.fits.contains(&fits)) && is_allowed(draft)
        };
        let own = own.extract_if(.., fits).filter_map(may_start).collect();
        Offered { row, reason, built_in: built_in.and_then(may_start), own }
    });
    offered
        .filter(|offered| offered.protocols().next().is_some() || !matches!(offered.row.advised, Advised::Protocol(_)))
        .collect()
}

/// The built-in protocol of a row.
fn built_in(row: &Recommendation) -> Option<Entry> {
    match row.advised {
        Advised::Protocol(name) => catalog::built_in(name),
        Advised::Professional | Advised::Stretches => None,
    }
}

fn has_heat(draft: &Draft) -> bool {
    draft.expand(Choice::default()).iter().any(|step| step.kind == StepKind::Heat)
}

/// The person's own protocols that say what they are for, and that `run` finds by their name.
fn own(folders: &Folders, context: &Context) -> Vec<Entry> {
    // A folder that cannot be read is reported by `list`.
    let all = catalog::own(&folders.protocols()).unwrap_or_default();
    let is_alone =
        |name: &str| catalog::built_in(name).is_none() && all.iter().filter(|own| own.name == name).count() == 1;
    let is_here =
        |draft: &Draft| draft.site.is_none_or(|site| site.includes(context.site) || context.site.includes(site));
    let usable = all.iter().filter(|own| is_alone(&own.name) && own.may_run());
    let entries = usable.filter_map(|own| own.content.as_ref().ok());
    entries.filter(|entry| !entry.parsed.draft.fits.is_empty() && is_here(&entry.parsed.draft)).cloned().collect()
}

/// The first protocol that is recommended, with its row. `None` when a professional comes first, and when nothing may
/// run.
pub(super) fn best(offered: &[Offered]) -> Option<(&Offered, &Entry)> {
    let before = offered.iter().take_while(|offered| offered.row.advised != Advised::Professional);
    before.into_iter().find_map(|offered| Some((offered, &offered.protocols().next()?.0)))
}

/// Why a row is recommended, in a sentence.
pub(super) fn reason(memory: &Memory, offered: &Offered) -> String {
    let time = |ago| memory.time_of(ago);
    match offered.instead() {
        // The sources of the row do not speak for it.
        Some(entry) => fits::own(&entry.parsed.draft.fits),
        None => because(offered.row, &offered.reason, memory.which_injury(), time),
    }
}

/// The protocol to run or to plan when none was named, and why. Where a rule refuses every choice, it is the first of
/// them, without a reason: its review says what is in the way. `command`: the one that was typed.
///
/// # Errors
/// When a professional is recommended and not a session.
pub(super) fn chosen(
    folders: &Folders,
    memory: &Memory,
    (context, facts): (&Context, &Facts),
    overrides: &[RuleId],
    command: &str,
) -> Result<(Entry, Option<String>), Failure> {
    let offered = offered(folders, context, facts, overrides);
    if let Some((best, entry)) = best(&offered) {
        return Ok((entry.clone(), Some(reason(memory, best))));
    }
    let mut protocols = offered.iter().flat_map(Offered::protocols);
    if let Some((first, (entry, _))) = offered.first().zip(protocols.next()) {
        let error = anyhow!("no session is recommended. {}", reason(memory, first));
        let hint = format!("see: therapy safety\n  or name a protocol: therapy {command} {}", entry.word());
        return Err(Failure::new(Exit::Refused, error, hint));
    }
    let first = recommended(facts).into_iter().find_map(|(row, _)| built_in(row));
    let none = || Failure::new(Exit::Failed, anyhow!("no protocol fits"), "try: therapy next");
    first.map(|entry| (entry, None)).ok_or_else(none)
}

/// What is named besides heat and cold, for programs.
pub(super) fn also() -> Value {
    json!(BESIDE.map(|(what, by, against)| json!({ "what": what.to_string(), "sources": by, "against": against })))
}

/// A row for programs: one choice for each protocol, and one for a row without any.
pub(super) fn documents(memory: &Memory, offered: &Offered, at: impl Fn(Duration) -> Value) -> Vec<Value> {
    let Offered { row, built_in, own, .. } = offered;
    let why = reason(memory, offered);
    let document = |entry: Option<&(Entry, Start)>| {
        let start = entry.map(|(_, start)| start);
        let possible = start.and_then(|start| start.possible);
        let better = start.and_then(Start::better).or(possible);
        json!({
            "protocol": entry.map(|(entry, _)| entry.name()), "what": words::what(row.advised), "because": why,
            "sources": row.sources, "against": row.against, "situation": row.id.to_string(), "own": false,
            "from": possible.map(&at), "recommended_from": better.map(&at),
        })
    };
    let has_no_protocol = !matches!(row.advised, Advised::Protocol(_));
    let first = (built_in.is_some() || has_no_protocol).then(|| document(built_in.as_ref()));
    let own = own.iter().map(|entry| {
        let mut own = document(Some(entry));
        let Draft { fits, sources, .. } = &entry.0.parsed.draft;
        // The sources of the row do not speak for it.
        own["because"] = json!(fits::own(fits));
        (own["sources"], own["against"], own["own"]) = (json!(sources), json!([]), json!(true));
        own["what"] = json!(entry.0.name());
        own
    });
    first.into_iter().chain(own).collect()
}
