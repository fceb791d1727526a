//! A protocol as the command line names it: found, readable, with the person's choice.

use anyhow::anyhow;

use super::folders::Folders;
use super::memory::Memory;
use super::next::clock_time;
use super::{Exit, Failure, draw, say};
use crate::cli::Which;
use crate::domain::exposure::limit;
use crate::domain::protocol::{Choice, ChoiceError, Draft, Protocol};
use crate::domain::rules::{Context, Finding, RuleId, refuses};
use crate::domain::step::Modality;
use crate::edge::catalog::{self, Entry};
use crate::format::Level;
use crate::report;
use crate::text::rules;

/// A protocol before its review.
pub(super) struct Chosen {
    /// The protocol that was named.
    pub(super) entry: Entry,
    /// What runs for this injury. Empty when that depends on a time of injury that is not set.
    pub(super) draft: Draft,
    /// What the person chose instead of the defaults.
    pub(super) choice: Choice,
    /// What the rules need.
    pub(super) context: Context,
}

impl Chosen {
    /// Finds the protocol and reports the problems of its file.
    pub(super) fn find(folders: &Folders, name: &str, which: &Which, memory: &Memory) -> Result<Chosen, Failure> {
        let entry = catalog::find(name, &folders.protocols())?;
        if !entry.parsed.is_readable() {
            let problems = entry.parsed.review();
            let worst: Vec<_> = problems.into_iter().filter(|problem| problem.level >= Level::Refused).collect();
            draw(&report::render(&worst, &entry.place(), &entry.text, console::colors_enabled_stderr()));
            let error = anyhow!("{} cannot be read as a protocol", entry.place());
            let hint = format!("fix the lines above, then: therapy check {}", entry.place());
            return Err(Failure::new(Exit::Usage, error, hint));
        }
        let context = Context { injury_required: entry.parsed.by_injury.is_some(), ..memory.context.clone() };
        let draft = entry.draft_for(context.injury).unwrap_or_else(|| entry.parsed.draft.clone());
        Ok(Chosen { entry, draft, choice: Choice { length: which.minutes, rounds: which.rounds }, context })
    }

    /// Reviews it. Without a protocol, everything against it is printed.
    pub(super) fn review(&self, overrides: &[RuleId], memory: &Memory) -> Result<Protocol, Failure> {
        let choices = self.draft.choice_errors(self.choice);
        match self.draft.review(self.choice, &self.context, overrides) {
            Ok(protocol) if choices.is_empty() => Ok(protocol),
            Ok(protocol) => Err(self.refused(protocol.findings(), overrides, memory)),
            Err(findings) => Err(self.refused(&findings, overrides, memory)),
        }
    }

    /// Everything against it, a line each: findings, and choices that the protocol does not offer, unless
    /// a rule says the same.
    pub(super) fn objections(&self, findings: &[Finding], overrides: &[RuleId]) -> Vec<String> {
        let same = |max, finding: &Finding| {
            let is_limit = |modality: &Modality| finding.rule == RuleId::limit_of(*modality) && max == limit(*modality);
            Modality::ALL.iter().any(is_limit)
        };
        let by_rule = |choice: &ChoiceError| match choice {
            ChoiceError::TooLong { max, .. } => findings.iter().any(|finding| same(*max, finding)),
            _ => false,
        };
        let choices = self.draft.choice_errors(self.choice).into_iter().filter(|choice| !by_rule(choice));
        let choices = choices.map(|choice| format!("Refused: {}", rules::choice(&choice, &self.draft.name)));
        rules::lines(findings, overrides).into_iter().chain(choices).collect()
    }

    /// Prints everything against it; the failure has the first way out.
    fn refused(&self, findings: &[Finding], overrides: &[RuleId], memory: &Memory) -> Failure {
        self.objections(findings, overrides).iter().for_each(|line| say(line));
        if let Some(trouble) = &memory.trouble {
            say(&format!("warning: {trouble}"));
        }
        let name = self.entry.name();
        let hint = match findings.iter().find(|finding| finding.blocks(overrides)) {
            Some(finding) => {
                let from = finding.passes_after.map(|wait| format!("; possible from {}", clock_time(wait)));
                let way_out = rules::of(finding.rule).way_out;
                format!("{way_out}{} (therapy explain {})", from.unwrap_or_default(), finding.rule)
            }
            None => format!("therapy show {name}   shows the options"),
        };
        let exit = if refuses(findings, overrides) { Exit::Refused } else { Exit::Usage };
        Failure::new(exit, anyhow!("{name} is refused"), hint)
    }
}
