//! `therapy check FILE...`.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use super::{Exit, Failure, print, print_json};
use crate::domain::rules::RuleId;
use crate::edge::catalog::{self, Entry};
use crate::format::{Level, Problem};
use crate::report;
use crate::text::durations::count;
use crate::text::printable::printable;

#[derive(Serialize)]
struct Checked {
    file: String,
    may_run: bool,
    problems: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<RuleId>,
    /// Neither line nor column when the file could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    message: String,
    hint: String,
}

/// Reviews every file and reports every problem.
pub(super) fn run(files: &[PathBuf], json: bool) -> Result<Exit, Failure> {
    let mut exit = Exit::Completed;
    let (mut text, mut all) = (String::new(), Vec::new());
    for file in files {
        let name = printable(&file.to_string_lossy()).into_owned();
        let (problems, drawn) = match catalog::read(file) {
            Ok(entry) => {
                let problems = entry.parsed.review();
                let drawn = draw(&entry, &problems, &name);
                (problems.iter().map(|problem| found(problem, &entry.text)).collect(), drawn)
            }
            Err(error) => {
                let hint = "give the path of a protocol file".to_owned();
                let problem =
                    Found { level: "error", rule: None, line: None, column: None, message: error.to_string(), hint };
                (vec![problem], format!("error: {error}\n"))
            }
        };
        let has = |level| problems.iter().any(|problem: &Found| problem.level == level);
        exit = match exit {
            _ if has("error") => Exit::Usage,
            Exit::Completed if has("refused") => Exit::Refused,
            before => before,
        };
        text.push_str(&drawn);
        all.push(Checked { file: name, may_run: !has("error") && !has("refused"), problems });
    }
    if json {
        print_json(&all)?
    } else {
        print(text)?
    };
    Ok(exit)
}

fn draw(entry: &Entry, problems: &[Problem], name: &str) -> String {
    let mut text = String::new();
    if !problems.is_empty() {
        let _ = writeln!(text, "{}\n", report::render(problems, name, &entry.text, console::colors_enabled()));
    }
    let of = |levels: &[Level]| problems.iter().filter(|problem| levels.contains(&problem.level)).count();
    let (bad, said) = (of(&[Level::Error, Level::Refused]), of(&[Level::Warning, Level::Note]));
    let said = if said > 0 { format!(", {}", count(said, "remark")) } else { String::new() };
    let _ = match bad {
        0 => writeln!(text, "{name}: may run{said}"),
        _ => writeln!(text, "{name}: cannot run: {}{said}", count(bad, "problem")),
    };
    text
}

fn found(problem: &Problem, text: &str) -> Found {
    let before = text.get(..problem.span.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Found {
        level: match problem.level {
            Level::Error => "error",
            Level::Refused => "refused",
            Level::Warning => "warning",
            Level::Note => "note",
        },
        rule: problem.rule,
        line: Some(before.matches('\n').count() + 1),
        column: Some(before[line_start..].chars().count() + 1),
        message: problem.message.clone(),
        hint: problem.hint.clone(),
    }
}
