//! `therapy explain [RULE | SOURCE]`.

use std::fmt::Write as _;

use anyhow::anyhow;
use serde_json::{Value, json};

use super::{Exit, Failure, print_json, print_text};
use crate::domain::rules::{RULES, Rule, RuleId, Severity};
use crate::domain::source::{self, OURS, SOURCES, Source};
use crate::text::printable::{nearest, printable};
use crate::text::rules;

/// Shows why a rule exists and where its number comes from, or what a source says and which rules cite it.
pub(super) fn run(name: Option<&str>, json: bool) -> Result<Exit, Failure> {
    let Some(name) = name else {
        return if json {
            let sources = SOURCES.iter().map(source_json).collect::<Vec<_>>();
            print_json(&json!({ "rules": RULES.iter().map(rule_json).collect::<Vec<_>>(), "sources": sources }))
        } else {
            print_text(&all())
        };
    };
    if let Some(rule) = RuleId::from_name(name).map(RuleId::rule) {
        return if json { print_json(&rule_json(rule)) } else { print_text(&rule_text(rule)) };
    }
    if let Some(source) = source::find(name) {
        return if json { print_json(&source_json(source)) } else { print_text(&source_text(source)) };
    }
    let names = RULES.iter().map(|rule| rule.id.as_str()).chain(SOURCES.iter().map(|source| source.key));
    let hint = match nearest(name, names) {
        Some(near) => format!("try: therapy explain \"{near}\""),
        None => "try: therapy explain".to_owned(),
    };
    let error = anyhow!("there is no rule or source \"{}\"", printable(name));
    Err(Failure { error, hint: Some(hint), exit: Exit::Usage })
}

fn all() -> String {
    let mut text = String::from("Rules:\n");
    for rule in RULES {
        let _ = writeln!(text, "  {:<15} {:<9} {}", rule.id, word(rule.severity), rules::of(rule.id).summary);
    }
    text.push_str("\nSources:\n");
    for source in SOURCES {
        let _ = writeln!(text, "  {:<15} {}", source.key, source.title);
    }
    text
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Refuse => "refuses",
        Severity::Overridable => "override",
        Severity::Warn => "warns",
        Severity::Note => "notes",
    }
}

fn rule_text(rule: &Rule) -> String {
    let what = match rule.severity {
        Severity::Refuse => "refuses, always".to_owned(),
        Severity::Overridable => format!("refuses, unless you add --override {}", rule.id),
        Severity::Warn => "warns".to_owned(),
        Severity::Note => "notes".to_owned(),
    };
    let mut text = format!("{}: {}\n", rule.id, rules::of(rule.id).summary);
    let words = rules::of(rule.id);
    let _ = writeln!(text, "  what    {what}");
    let _ = writeln!(text, "  why     {}", words.because);
    let _ = writeln!(text, "  do      {}", words.way_out);
    for key in rule.sources {
        let _ = match source::find(key) {
            Some(source) => writeln!(text, "  {:<7} {}: {}; {}", "source", source.key, source.title, source.gives),
            None => writeln!(text, "  source  ours: no publication gives this number"),
        };
    }
    text
}

fn source_text(source: &Source) -> String {
    let cited: Vec<_> =
        RULES.iter().filter(|rule| rule.sources.contains(&source.key)).map(|rule| rule.id.as_str()).collect();
    let mut text = format!("{}: {}\n  read    {}\n  gives   {}\n", source.key, source.title, source.read, source.gives);
    if !cited.is_empty() {
        let _ = writeln!(text, "  cited by {}", cited.join(", "));
    }
    text
}

fn rule_json(rule: &Rule) -> Value {
    let words = rules::of(rule.id);
    json!({
        "rule": rule.id, "severity": rule.severity, "summary": words.summary, "because": words.because,
        "way_out": words.way_out, "sources": rule.sources, "ours": rule.sources.contains(&OURS),
    })
}

fn source_json(source: &Source) -> Value {
    json!({ "source": source.key, "title": source.title, "read": source.read, "gives": source.gives })
}
