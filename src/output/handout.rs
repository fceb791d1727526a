//! A page for a patient: a protocol in large steps, with what to prepare, what to feel, and when to stop. One content, and
//! a writer each for a terminal, Markdown and a browser. Pure: it must not know the person, the journal or the clock.

mod fit;
mod html;
mod markdown;
mod text;

use std::time::Duration;

use crate::domain::exposure::Load;
use crate::domain::protocol::{Choice, Draft};
use crate::domain::rules::{COLD_SPACING, Context, Injury, RuleId, review};
use crate::domain::site::Site;
use crate::domain::step::{Step, StepKind};
use crate::text::advice::{DISCLAIMER, EVIDENCE};
use crate::text::durations::in_words;
use crate::text::handout as words;
use crate::text::printable::capital;
use crate::text::signs::TITLES;
use crate::text::timeline::{self, texture};

/// From more steps on, the page says once what holds for many of them.
const LONG: usize = 10;

/// One page.
#[derive(Clone, Debug)]
pub struct Handout {
    /// The name and the length.
    title: String,
    /// What it is, in a line of the author.
    summary: String,
    /// Who wrote it and how to reach them, or places for that.
    from: Vec<String>,
    /// Where, when and how often.
    about: Vec<String>,
    /// The course of a session; two when it depends on the age of the injury.
    courses: Vec<Course>,
    /// What to have at hand.
    prepare: Vec<String>,
    /// Each kind of step that there is, and what it is like.
    feel: Vec<(StepKind, String)>,
    always: Vec<String>,
    /// The urgent signs, the others, and the contraindications.
    signs: [(&'static str, Vec<String>); 3],
    /// In small letters.
    small: Vec<String>,
}

/// The steps of a session.
#[derive(Clone, Debug)]
struct Course {
    heading: Option<&'static str>,
    /// What the timeline shows: every step, changeovers too.
    parts: Vec<(StepKind, Duration)>,
    rows: Vec<Row>,
}

/// A step that the patient does.
#[derive(Clone, Debug)]
struct Row {
    kind: StepKind,
    /// `Heat 20 min`.
    what: String,
    /// What is special about it: the note of the author, at the first of the steps that have it, and heat after cold.
    how: Vec<String>,
}

/// What a page is about: a protocol as its author wrote it, with the choice of the person who prints it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The protocol that was named.
    pub file: &'a Draft,
    /// Whether the person wrote it, or somebody who sent it: then `S1` is not the key of a source, but a place in the spine.
    pub is_own: bool,
    /// What runs: the same, or what runs until 3 days after the injury and what runs from then on.
    pub drafts: &'a [Draft],
    /// The choice.
    pub choice: Choice,
    /// Where the packs lie, when that was chosen.
    pub site: Option<Site>,
}

impl Handout {
    /// The page of a protocol that no rule refuses.
    pub fn new(source: Source<'_>) -> Handout {
        let Source { file, is_own, drafts, choice, site } = source;
        let expanded: Vec<_> = drafts.iter().map(|draft| draft.expand(choice)).collect();
        let headings: &[Option<&str>] =
            if drafts.len() == 2 { &[Some(words::UNTIL_3_DAYS), Some(words::FROM_3_DAYS)] } else { &[None] };
        // In a long list the same words at every other step hide the rest.
        let is_long = expanded.iter().any(|steps| steps.iter().filter(|step| !step.changeover).count() > LONG);
        let courses: Vec<_> =
            expanded.iter().zip(headings).map(|(steps, heading)| Course::new(steps, *heading, is_long)).collect();
        let is_there = |kind: &StepKind| expanded.iter().flatten().any(|step| step.kind == *kind && !step.changeover);
        let kinds: Vec<_> = StepKind::ALL.into_iter().filter(is_there).collect();
        let length = match &courses[..] {
            [only] => format!(", {}", in_words(only.length())),
            _ => String::new(),
        };
        let wait = expanded.iter().filter_map(|steps| wait_after(steps)).max();
        let changeover = drafts.first().and_then(|draft| draft.changeover(choice)).map(words::changeover);
        let mut cautions: Vec<&str> = Vec::new();
        for line in drafts.iter().filter_map(|draft| draft.caution.as_deref()).flat_map(str::lines) {
            // Both courses have the caution of the file.
            cautions.extend((!cautions.contains(&line)).then_some(line));
        }
        let about = [words::place(site.or(file.site))]
            .into_iter()
            .chain(words::when(&kinds, (file.per_day, file.days), wait))
            .chain(changeover);
        let is_of_author =
            |line: &&str| is_own && file.caution.as_deref().is_some_and(|own| own.lines().any(|own| own == *line));
        let caution = |line: &str| if is_of_author(&line) { line.to_owned() } else { words::without_keys(line) };
        let keys = drafts.iter().flat_map(|draft| draft.steps().flat_map(|step| &step.sources).chain(&draft.sources));
        let small = words::sources(file.sources.iter().chain(keys)).into_iter();
        let small = small.chain([EVIDENCE, DISCLAIMER, words::MADE_BY].map(str::to_owned));
        let last = expanded.iter().filter_map(|steps| steps.last()).map(|step| step.kind).find(|kind| kind.has_pack());
        let feel = |kind: StepKind| {
            let mut steps = expanded.iter().flatten().filter(|step| step.kind == kind);
            let how = words::feel(kind, is_long && kinds.contains(&StepKind::Cold), steps.any(|step| step.halfway));
            let is_after_pack = !kind.has_pack() && kinds.iter().any(|kind| kind.has_pack());
            if is_after_pack { format!("{} {how}", words::PACK_OFF) } else { how }
        };
        let [urgent, others, ask] = words::signs(&kinds);
        let signs = [(TITLES[0], urgent), (TITLES[1], others), (TITLES[2], ask)];
        Handout {
            title: capital(&file.name) + &length,
            summary: file.summary.clone(),
            from: words::from(file.author.as_deref(), file.contact.as_deref()),
            about: about.chain(cautions.into_iter().map(caution)).collect(),
            courses,
            prepare: words::prepare(&kinds),
            feel: kinds.iter().map(|kind| (*kind, feel(*kind))).collect(),
            always: words::always(&kinds, last),
            signs,
            small: small.collect(),
        }
    }

    /// The lines below the title.
    fn head(&self) -> impl Iterator<Item = &String> {
        Some(&self.summary).filter(|line| !line.is_empty()).into_iter().chain(&self.from).chain(&self.about)
    }

    /// What each kind of step is like, and what always holds.
    fn feelings(&self) -> Vec<String> {
        let feel = self.feel.iter().map(|(kind, how)| format!("{}: {how}", capital(kind.as_str())));
        feel.chain(self.always.iter().cloned()).collect()
    }

    /// The page for a terminal or a plain text file, this wide.
    pub fn text(&self, width: usize) -> String {
        text::write(self, width)
    }

    /// The page in Markdown (`CommonMark`).
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }

    /// The page for a browser and its printer, in one file without anything from elsewhere.
    pub fn html(&self) -> String {
        html::write(self)
    }
}

/// How long to wait after these steps until all of them pass again, in whole minutes. `None` when the skin has recovered
/// at once, or in the time that the page leaves between the starts of two sessions with cold.
fn wait_after(steps: &[Step]) -> Option<Duration> {
    const MINUTE: Duration = Duration::from_secs(60);
    let exposures: Vec<_> = steps.iter().map(|step| (step.kind, step.length)).collect();
    let load = exposures.iter().fold(Load::NONE, |load, &(kind, length)| load.after(kind, length));
    let wait = load.wait_before(&exposures)?;
    let length: Duration = exposures.iter().map(|(_, length)| *length).sum();
    let has_cold = exposures.iter().any(|(kind, _)| *kind == StepKind::Cold);
    let is_covered = wait.is_zero() || has_cold && length + wait <= COLD_SPACING;
    let minutes = wait.as_nanos().div_ceil(MINUTE.as_nanos());
    (!is_covered).then(|| MINUTE * u32::try_from(minutes).unwrap_or(u32::MAX))
}

impl Course {
    fn new(steps: &[Step], heading: Option<&'static str>, is_long: bool) -> Course {
        let context = Context { injury: Injury::Ago(Duration::MAX), ..Context::default() };
        let findings = review(steps, &context);
        let is_after_cold =
            |at: usize| findings.iter().any(|found| (found.rule, found.step) == (RuleId::NumbHeat, Some(at)));
        let mut noted = Vec::new();
        let rows = steps.iter().enumerate().filter(|(_, step)| !step.changeover).map(|(at, step)| {
            let is_first = !noted.contains(&step.origin);
            noted.push(step.origin);
            let own = step.cue.as_deref().map(words::before).into_iter().chain(step.note.clone());
            let after_cold = (!is_long && is_after_cold(at)).then(|| words::AFTER_COLD.to_owned());
            let what = format!("{} {}", capital(step.kind.as_str()), in_words(step.length));
            Row { kind: step.kind, what, how: after_cold.into_iter().chain(own.filter(|_| is_first)).collect() }
        });
        let rows = rows.collect();
        Course { heading, parts: steps.iter().map(|step| (step.kind, step.length)).collect(), rows }
    }

    /// The timeline in this many columns.
    fn bar(&self, width: usize) -> String {
        timeline::columns(&self.parts, width).into_iter().map(texture).collect()
    }

    /// What each texture of the timeline means.
    fn key(&self) -> String {
        self.kinds().map(|kind| format!("{} {kind}", texture(kind))).collect::<Vec<_>>().join("   ")
    }

    /// The kinds of steps that the timeline shows.
    fn kinds(&self) -> impl Iterator<Item = StepKind> {
        StepKind::ALL.into_iter().filter(|kind| self.parts.iter().any(|(other, _)| other == kind))
    }

    fn length(&self) -> Duration {
        self.parts.iter().map(|(_, length)| *length).sum()
    }
}
