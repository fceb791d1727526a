//! `therapy check FILE...`.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Exit, Failure, print, print_json};
use crate::edge::catalog;
use crate::format::report;
use crate::format::{Level, Problem};
use crate::text::durations::count;
use crate::text::printable::printable;

/// Reviews every file and reports every problem.
pub(super) fn run(files: &[PathBuf], json: bool) -> Result<Exit, Failure> {
    let (mut text, mut documents, mut worst) = (String::new(), Vec::new(), Level::Note);
    for file in files {
        let name = printable(&file.to_string_lossy()).into_owned();
        let (level, problems, drawn) = match catalog::read(file) {
            Ok(entry) => {
                let problems = entry.parsed.review();
                let level = problems.iter().map(|problem| problem.level).max().unwrap_or(Level::Note);
                let documents = problems.iter().map(|problem| document(problem, &entry.text)).collect();
                (level, documents, draw(&problems, &name, &entry.text))
            }
            Err(error) => {
                let hint = "give the path of a protocol file";
                let document = json!({ "level": "error", "message": error.to_string(), "hint": hint });
                (Level::Error, vec![document], format!("error: {error}\n"))
            }
        };
        worst = worst.max(level);
        text.push_str(&drawn);
        documents.push(json!({ "file": name, "may_run": level < Level::Refused, "problems": problems }));
    }
    let printed = if json { print_json(&documents) } else { print(text) };
    printed?;
    Ok(match worst {
        Level::Error => Exit::Usage,
        Level::Refused => Exit::Refused,
        Level::Warning | Level::Note => Exit::Completed,
    })
}

fn draw(problems: &[Problem], name: &str, text: &str) -> String {
    let (bad, remarks): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| problem.level >= Level::Refused);
    let remarks = if remarks.is_empty() { String::new() } else { format!(", {}", count(remarks.len(), "remark")) };
    let result =
        if bad.is_empty() { "may run".to_owned() } else { format!("cannot run: {}", count(bad.len(), "problem")) };
    let drawn = match problems {
        [] => String::new(),
        problems => report::render(problems, name, text, console::colors_enabled()) + "\n\n",
    };
    format!("{drawn}{name}: {result}{remarks}\n")
}

fn document(problem: &Problem, text: &str) -> Value {
    let before = text.get(..problem.span.start).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let level = match problem.level {
        Level::Error => "error",
        Level::Refused => "refused",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let mut document = json!({
        "level": level, "line": before.matches('\n').count() + 1, "column": line.chars().count() + 1,
        "message": problem.message, "hint": problem.hint,
    });
    if let Some(rule) = problem.rule {
        document["rule"] = json!(rule);
    }
    document
}
