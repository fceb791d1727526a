//! `therapy explain [RULE | SOURCE]`.

use std::fmt::Write as _;

use anyhow::anyhow;
use serde_json::{Value, json};

use super::{Exit, Failure, print, print_json, recommended};
use crate::domain::insight::Class;
use crate::domain::recommendation::{BESIDE, RECOMMENDATIONS, Recommendation};
use crate::domain::rules::{RULES, Rule, RuleId, Severity};
use crate::domain::source::{self, OURS, SOURCES, Source};
use crate::text::insight;
use crate::text::printable::{nearest, printable};
use crate::text::recommendation::{self as words, RowText, what};
use crate::text::rules::{self, RuleText};
use crate::text::sites::seen_by;

/// The name of the table of recommendations.
const NEXT: &str = "next";

/// Shows why a rule exists and where its number comes from, what a source says and who cites it, or what `next`
/// recommends when.
pub(super) fn run(name: Option<&str>, json: bool) -> Result<Exit, Failure> {
    let (document, text) = match name {
        None => all(),
        Some(NEXT) => of_next(),
        Some(name) => {
            let found = RuleId::from_name(name).map(|id| of_rule(id.rule()));
            found.or_else(|| source::find(name).map(of_source)).ok_or_else(|| unknown(name))?
        }
    };
    if json { print_json(&document) } else { print(text) }
}

fn unknown(name: &str) -> Failure {
    let names = RULES.iter().map(|rule| rule.id.as_str()).chain(SOURCES.iter().map(|source| source.key)).chain([NEXT]);
    let near = nearest(name, names).map(|near| format!(" \"{near}\"")).unwrap_or_default();
    let error = anyhow!("there is no rule or source \"{}\"", printable(name));
    Failure::new(Exit::Usage, error, format!("try: therapy explain{near}"))
}

/// Everything, for programs and for people.
fn all() -> (Value, String) {
    let mut text = String::from("Rules:\n");
    for rule in RULES {
        let _ = writeln!(text, "  {:<15} {:<9} {}", rule.id, effect(rule).0, rules::of(rule.id).summary);
    }
    text.push_str("\nSources:\n");
    for source in SOURCES {
        let _ = writeln!(text, "  {:<18} {}", source.key, source.title);
    }
    text.push_str("\nWhat is recommended when, and who says so: therapy explain next\n");
    let rules: Vec<_> = RULES.iter().map(|rule| of_rule(rule).0).collect();
    let sources: Vec<_> = SOURCES.iter().map(|source| of_source(source).0).collect();
    (json!({ "rules": rules, "sources": sources }), text)
}

/// What a rule does to a session: in one word, and in full.
fn effect(rule: &Rule) -> (&'static str, String) {
    match rule.severity {
        Severity::Refuse => ("refuses", "refuses, always".to_owned()),
        Severity::Overridable => ("override", format!("refuses, unless you add --override {}", rule.id)),
        Severity::Warn => ("warns", "warns".to_owned()),
        Severity::Note => ("notes", "notes".to_owned()),
    }
}

/// The table of recommendations.
fn of_next() -> (Value, String) {
    let mut text = String::from("What `therapy next` recommends: the first that applies and may run.\n");
    for (number, row) in RECOMMENDATIONS.iter().enumerate() {
        let RowText { when, says } = words::of(row.id);
        let _ = writeln!(text, "\n{}. {}: {}", number + 1, row.id, what(row.advised));
        let _ = writeln!(text, "  when     {when}\n  says so  {}: {says}", row.sources.join(", "));
        if !row.against.is_empty() {
            let _ = writeln!(text, "  against  {}", row.against.join(", "));
        }
        if let Some(fits) = row.fits {
            let _ = writeln!(text, "  yours    files with fits = \"{fits}\"");
        }
    }
    text.push_str("\nNamed besides, without a clock:\n");
    for (what, sources, against) in BESIDE {
        let _ = writeln!(text, "  {}", words::beside(what, sources, against));
    }
    let rows = RECOMMENDATIONS.iter().map(|row| {
        let RowText { when, says } = words::of(row.id);
        json!({
            "situation": row.id.to_string(), "what": what(row.advised), "when": when, "says": says,
            "sources": row.sources, "against": row.against, "fits": row.fits,
        })
    });
    (json!({ "recommendations": rows.collect::<Vec<_>>(), "also": recommended::also() }), text)
}

fn of_rule(rule: &Rule) -> (Value, String) {
    let (id, (_, what)) = (rule.id, effect(rule));
    let RuleText { summary, because, way_out } = rules::of(id);
    let mut text = format!("{id}: {summary}\n  what    {what}\n  why     {because}\n  do      {way_out}\n");
    let recovery = rules::depends_on_recovery(id).then_some(rules::RECOVERY);
    if let Some(recovery) = recovery {
        let _ = writeln!(text, "  load    {recovery}");
    }
    let sites = seen_by(id);
    if let Some(sites) = sites {
        let _ = writeln!(text, "  where   {sites}");
    }
    for key in rule.sources {
        let _ = match source::find(key) {
            Some(source) => writeln!(text, "  source  {}: {}; {}", source.key, source.title, source.gives),
            None => writeln!(text, "  source  ours: no publication gives this number"),
        };
    }
    for Source { key, title, gives, .. } in also(&[because, recovery.unwrap_or_default()].concat(), rule) {
        let _ = writeln!(text, "  also    {key}: {title}; {gives}");
    }
    let document = json!({
        "rule": id, "severity": rule.severity, "summary": summary, "because": because, "way_out": way_out,
        "recovery": recovery, "sites": sites, "sources": rule.sources, "ours": rule.sources.contains(&OURS),
    });
    (document, text)
}

/// The sources that a text about a rule names, besides those of its number.
fn also(text: &str, rule: &Rule) -> impl Iterator<Item = &'static Source> {
    // "Healthwise 2024" does not name "Healthwise".
    let is_longer = |key: &str, other: &str| other != key && other.starts_with(key) && text.contains(other);
    let is_named = move |key: &str| text.contains(key) && !SOURCES.iter().any(|other| is_longer(key, other.key));
    SOURCES.iter().filter(move |source| !rule.sources.contains(&source.key) && is_named(source.key))
}

fn of_source(source: &Source) -> (Value, String) {
    let Source { key, title, read, gives, .. } = source;
    let mut text = format!("{key}: {title}\n  read    {read}\n  gives   {gives}\n");
    let citing = RULES.iter().filter(|rule| rule.sources.contains(key)).map(|rule| rule.id.as_str());
    let names = |row: &Recommendation| {
        row.sources.contains(key) || row.against.contains(key) || words::of(row.id).when.contains(key)
    };
    let is_next = RECOMMENDATIONS.iter().any(names)
        || BESIDE.iter().any(|(_, by, against)| by.contains(key) || against.contains(key));
    let is_stats = Class::ALL.into_iter().any(|class| insight::sentence(class).contains(key));
    let citing = citing.chain(is_next.then_some(NEXT)).chain(is_stats.then_some("stats"));
    let citing = citing.collect::<Vec<_>>().join(", ");
    if !citing.is_empty() {
        let _ = writeln!(text, "  cited by {citing}");
    }
    (json!({ "source": key, "title": title, "read": read, "gives": gives }), text)
}
