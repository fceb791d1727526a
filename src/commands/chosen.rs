//! A protocol as the command line names it: found, readable, with the person's choice.

use std::time::Duration;

use anyhow::anyhow;

use super::folders::Folders;
use super::settings;
use super::times::possible;
use super::{Exit, Failure, draw, say};
use crate::cli::Which;
use crate::domain::course::start;
use crate::domain::exposure::limit;
use crate::domain::nearest::lengths;
use crate::domain::protocol::{Choice, ChoiceError, Draft, DraftStep, Protocol};
use crate::domain::rules::{Context, DAY, Detail, Finding, RuleId, SESSION, Severity, refuses};
use crate::domain::site::Site;
use crate::domain::step::{Modality, StepKind};
use crate::edge::catalog::{self, Entry};
use crate::format::Level;
use crate::format::report;
use crate::text::typed::quoted;
use crate::text::{choices, nearest, rules};

/// A protocol before its review.
pub(super) struct Chosen {
    /// The protocol that was named.
    pub(super) entry: Entry,
    /// What runs for this injury, with the changeover of `config.toml` where the file has none. Empty when it depends on
    /// a time of injury that is not set.
    pub(super) draft: Draft,
    /// What the person chose instead of the defaults.
    pub(super) choice: Choice,
    /// What the rules need.
    pub(super) context: Context,
    /// The time of the injury for this session, as it was typed.
    injured: Option<String>,
    /// The site, as it was named.
    site: Option<Site>,
    /// The other options of `run` that were typed, for a way out: a rehearsal stays one.
    pub(super) more: String,
}

/// Finds the protocol that was named in a command, and reports the problems of its file. A way out is that command again.
pub(super) fn find(folders: &Folders, command: &str, name: &str) -> Result<Entry, Failure> {
    let found = catalog::find(name, &folders.protocols());
    let (entry, warnings) = found.map_err(|error| with_another_name(error.into(), command, name))?;
    for warning in warnings {
        say(&format!("warning: {warning}"));
    }
    if entry.parsed.is_readable() {
        return Ok(entry);
    }
    let mut problems = entry.parsed.review();
    problems.retain(|problem| problem.level >= Level::Refused);
    let place = entry.place();
    draw(&report::render(&problems, &place, &entry.text, console::colors_enabled_stderr()));
    let error = anyhow!("{place} cannot be read as a protocol");
    Err(Failure::new(Exit::Usage, error, format!("fix the lines above, then: therapy check {}", entry.word())))
}

/// With the command and all else that was typed, where a way out names another protocol.
fn with_another_name(failure: Failure, command: &str, name: &str) -> Failure {
    let typed: Vec<_> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let after = |from: usize, word: &str| typed.iter().skip(from).position(|typed| typed == word).map(|at| from + at);
    let place = after(0, command).and_then(|at| after(at + 1, name));
    let line = |line: &str| match (line.split_once("therapy run "), place) {
        (Some((before, other)), Some(place)) => {
            let word = |(at, word): (usize, &String)| if at == place { other.to_owned() } else { quoted(word) };
            let words: Vec<_> = typed.iter().enumerate().map(word).collect();
            format!("{before}therapy {}", words.join(" "))
        }
        _ => line.to_owned(),
    };
    let hint = failure.hint.map(|hint| hint.lines().map(line).collect::<Vec<_>>().join("\n"));
    Failure { hint, ..failure }
}

impl Chosen {
    /// What the person chose of a protocol, at the site of the context.
    pub(super) fn new(folders: &Folders, entry: Entry, which: &Which, context: &Context) -> Chosen {
        let mut chosen = Chosen::of_file(entry, which, context);
        chosen.draft.changeover = chosen.draft.changeover.or_else(|| settings::changeover(folders));
        chosen
    }

    /// The same without the settings of the person.
    pub(super) fn of_file(entry: Entry, which: &Which, context: &Context) -> Chosen {
        let context = Context { injury_required: entry.parsed.by_injury.is_some(), ..context.clone() };
        let draft = entry.draft_for(context.injury).unwrap_or_else(|| entry.parsed.draft.clone());
        let Which { minutes: length, heat, cold, rest, rounds, changeover, .. } = *which;
        let choice = Choice { length, heat, cold, rest, rounds, changeover };
        let (injured, site) = (which.injured.clone(), which.site);
        Chosen { entry, draft, choice, context, injured, site, more: String::new() }
    }

    /// Reviews it. When it is refused, prints everything against it; the hint is the first way out.
    pub(super) fn review(&self, overrides: &[RuleId]) -> Result<Protocol, Failure> {
        let is_offered = self.draft.choice_errors(self.choice).is_empty();
        let mut findings = match self.draft.review(self.choice, &self.context, overrides) {
            Ok(protocol) if is_offered => return Ok(protocol),
            Ok(protocol) => protocol.findings().to_vec(),
            Err(findings) => findings,
        };
        // No rounds are no steps: the choice says it better.
        findings.retain(|finding| is_offered || finding.detail != Detail::SessionSteps(0));
        self.objections(&findings, overrides).iter().for_each(|line| say(line));
        let name = self.entry.name();
        let mut blockings = findings.iter().filter(|finding| finding.blocks(overrides));
        let blocking = blockings.next();
        let accepted = blocking.and_then(|finding| self.accepted(finding.rule, overrides));
        let accepted = accepted.or_else(|| self.near(overrides).filter(|_| blocking.is_none() || !is_offered));
        // Another length is no way out when another rule refuses it too.
        let is_length = |finding: &&Finding| Modality::ALL.map(RuleId::limit_of).contains(&finding.rule);
        let blocking = blocking.into_iter().chain(blockings).find(|finding| !is_length(finding)).or(blocking);
        let hint = match (blocking, accepted) {
            (_, Some(choice)) => format!("try: {}{}", self.command("run", choice, overrides), self.more),
            (Some(Finding { detail: Detail::Unreadable, .. }), None) => {
                let unreadable = findings.iter().filter(|finding| finding.detail == Detail::Unreadable);
                let rules = unreadable.map(|finding| finding.rule.as_str()).collect::<Vec<_>>().join(" --override ");
                format!("repair the journal, or run without it: --override {rules}")
            }
            (Some(finding), None) => self.way_out(finding, &findings, overrides),
            (None, None) => format!("{}   shows the options", self.command("show", Choice::default(), &[])),
        };
        let exit = if refuses(&findings, overrides) { Exit::Refused } else { Exit::Usage };
        Err(Failure::new(exit, anyhow!("{name} is refused"), hint))
    }

    /// The way out of a finding. One about an injury is at the site that is meant; a time that was typed for this session is
    /// typed again, because it comes before the one that is set.
    fn alone(&self, finding: &Finding) -> String {
        let way_out = rules::of(finding.rule).way_out;
        let site = self.site.or(Some(self.context.site).filter(|site| *site != Site::default()));
        let site = site.map(|site| format!(" --site {site}")).unwrap_or_default();
        match finding.detail {
            Detail::InjuryInFuture(_) if self.injured.is_some() => {
                "give a time in the past, such as --injured \"30h ago\"".to_owned()
            }
            Detail::InjuryInFuture(_) | Detail::InjuryNeeded => format!("{way_out}{site}"),
            Detail::NoInjury => format!("{way_out}{site}\n  or name ice or heat: they need no injury"),
            _ => way_out.to_owned(),
        }
    }

    /// What to do about a finding when no choice near this one passes.
    fn way_out(&self, finding: &Finding, findings: &[Finding], overrides: &[RuleId]) -> String {
        let start = start(&self.draft, self.choice, &self.context, overrides);
        // What can be overridden is named together, because one alone leaves the others.
        let can_be = finding.severity == Severity::Overridable;
        let is_like_it =
            |other: &&Finding| other.rule == finding.rule || can_be && other.severity == Severity::Overridable;
        let together = findings.iter().filter(|other| other.blocks(overrides)).filter(is_like_it);
        let mut together: Vec<_> = together.map(|other| other.rule).collect();
        together.sort();
        together.dedup();
        let longest = start.refused.as_ref().map(|refused| refused.rule).filter(|rule| together.contains(rule));
        let from = start.possible.map(|_| format!("; possible {}", possible(&start))).unwrap_or_default();
        let steps = self.draft.expand(self.choice);
        let passes = nearest::instead(finding, (&self.draft, self.choice), &steps, &lengths(&steps));
        let passes = passes.map(|passes| format!("; {passes}")).unwrap_or_default();
        let wait = start.possible.filter(|wait| *wait <= DAY);
        let wait = wait.map(|_| format!("\n  or wait: {} --when-allowed", self.command("run", self.choice, overrides)));
        let what = if together.len() > 1 { rules::ways_out(&together) } else { self.alone(finding) };
        let wait = wait.unwrap_or_default();
        format!("{what}{passes}{from}{wait}\n  therapy explain {}", longest.unwrap_or(finding.rule))
    }

    /// A choice near this one that `rule` allows, and that nothing else refuses: fewer minutes of the one step, or no changeovers.
    fn accepted(&self, rule: RuleId, overrides: &[RuleId]) -> Option<Choice> {
        if rule == RuleId::SessionLimit {
            let without = Choice { changeover: Some(Duration::ZERO), ..self.choice };
            return Some(without)
                .filter(|without| self.is_accepted(*without, overrides))
                .or_else(|| self.near(overrides));
        }
        if Modality::ALL.map(RuleId::limit_of).contains(&rule)
            && let Some(choice) = self.near(overrides)
        {
            return Some(choice);
        }
        let DraftStep { kind, length, .. } = self.draft.only_step()?;
        kind.modality().filter(|modality| RuleId::limit_of(*modality) == rule)?;
        let wait = self.draft.changeover(self.choice).unwrap_or_default();
        let room = self.context.load().after(StepKind::Rest, wait).room(*kind, &[]);
        let minutes = if length.stated { room.min(length.max) } else { room }.as_secs() / 60;
        let choice = Choice { length: Some(Duration::from_secs(60 * minutes)), rounds: None, ..self.choice };
        (minutes > 0 && self.is_accepted(choice, overrides)).then_some(choice)
    }

    /// The choice with each length of a kind moved into the ranges of its steps; where that is refused, with fewer minutes
    /// of one kind, as many as are accepted, or with more of one kind, as few as are accepted.
    fn near(&self, overrides: &[RuleId]) -> Option<Choice> {
        let mut near = self.choice;
        if let [ChoiceError::NotOneStep(_), ..] = self.draft.choice_errors(near)[..] {
            // The one length may be meant for every pack.
            let asked = near.length.take();
            for kind in self.draft.steps().map(|step| step.kind).filter(|kind| kind.has_pack()) {
                near = near.with(kind, near.of_kind(kind).or(asked).unwrap_or_default());
            }
        }
        for kind in Choice::KINDS {
            let Some(asked) = near.of_kind(kind) else { continue };
            let lengths = || self.draft.steps().filter(|step| step.kind == kind && step.length.stated);
            let min = lengths().map(|step| step.length.min).max().unwrap_or_default();
            let max = lengths().map(|step| step.length.max).min().unwrap_or(Duration::MAX);
            near = near.with(kind, asked.max(min).min(max));
        }
        if let Some(ChoiceError::ColdAboveHeat { heat, .. }) = self.draft.choice_errors(near).first() {
            near = near.with(StepKind::Cold, *heat);
        }
        if self.is_accepted(near, overrides) {
            return Some(near);
        }
        let typed = Choice::KINDS.into_iter().filter_map(|kind| Some((kind, near.of_kind(kind)?.min(SESSION))));
        let accepted = |kind, minutes: &mut dyn Iterator<Item = u64>| {
            let mut choices = minutes.map(|minutes| near.with(kind, Duration::from_secs(60 * minutes)));
            choices.find(|choice| self.is_accepted(*choice, overrides))
        };
        let typed: Vec<_> = typed.map(|(kind, length)| (kind, length.as_secs() / 60)).collect();
        let fewer = typed.iter().find_map(|(kind, most)| accepted(*kind, &mut (1..=*most).rev()));
        // Too little cold leaves too much heat, and the other way round.
        let most = SESSION.as_secs() / 60;
        fewer.or_else(|| typed.iter().find_map(|(kind, least)| accepted(*kind, &mut (least + 1..=most))))
    }

    fn is_accepted(&self, choice: Choice, overrides: &[RuleId]) -> bool {
        self.draft.choice_errors(choice).is_empty() && self.draft.review(choice, &self.context, overrides).is_ok()
    }

    /// The command with a choice, and with all else that was typed.
    fn command(&self, name: &str, choice: Choice, overrides: &[RuleId]) -> String {
        let choice = Some(choices::options(choice)).filter(|options| !options.is_empty());
        let injured = self.injured.as_deref().map(|typed| format!("--injured {}", quoted(typed)));
        let site = self.site.map(|site| format!("--site {site}"));
        let options = [choice, injured, site].into_iter().flatten().map(|option| format!(" {option}"));
        let overrides = overrides.iter().map(|rule| format!(" --override {rule}"));
        format!("therapy {name} {}", self.entry.word()) + &options.chain(overrides).collect::<String>()
    }

    /// Everything against it, one line each: findings, and choices that the protocol does not offer, unless
    /// a finding has the same limit.
    pub(super) fn objections(&self, findings: &[Finding], overrides: &[RuleId]) -> Vec<String> {
        let has = |rule| findings.iter().any(|finding| finding.rule == rule);
        let by_rule = |choice: &ChoiceError| match choice {
            ChoiceError::TooLong { max, .. } => {
                Modality::ALL.into_iter().any(|modality| *max == limit(modality) && has(RuleId::limit_of(modality)))
            }
            _ => false,
        };
        let choices = self.draft.choice_errors(self.choice).into_iter().filter(|choice| !by_rule(choice));
        let choices = choices.map(|choice| format!("Refused: {}", choices::choice(&choice, &self.draft.name)));
        rules::lines(findings, overrides).into_iter().chain(choices).collect()
    }
}
