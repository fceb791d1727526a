//! `therapy check FILE|DIR|NAME|-...`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::folders::Folders;
use super::{Exit, Failure, print_exactly, print_json, say};
use crate::edge::catalog::{self, CatalogError, Entry, Own};
use crate::format::report;
use crate::format::{Level, Problem};
use crate::runner::without_codes;
use crate::text::durations::count;
use crate::text::printable::printable;

/// What one argument names: a title for it, and its content.
type Checked = (String, Result<Entry, CatalogError>);

/// Reviews every protocol and reports every problem.
pub(super) fn run(folders: &Folders, arguments: &[PathBuf], json: bool) -> Result<Exit, Failure> {
    let (mut text, mut documents, mut worst) = (String::new(), Vec::new(), Level::Note);
    let folder = folders.protocols();
    let own = catalog::own(&folder).unwrap_or_else(|error| {
        say(&format!("warning: {error}"));
        Vec::new()
    });
    for argument in arguments {
        let all = named_by(argument, &own, &folder);
        if all.is_empty() {
            let none = format!("{}: no protocol files (.toml) in this folder", title(argument));
            if json { say(&none) } else { text.push_str(&(none + "\n")) }
        }
        for (title, content) in all {
            let (level, problems, drawn) = reviewed(&title, content, &own, &folder);
            worst = worst.max(level);
            text.push_str(&drawn);
            let file = if title == INPUT { "-" } else { &title };
            documents.push(json!({ "file": file, "may_run": level < Level::Refused, "problems": problems }));
        }
    }
    let printed = if json { print_json(&documents) } else { print_exactly(text) };
    printed?;
    Ok(match worst {
        Level::Error => Exit::Usage,
        Level::Refused => Exit::Refused,
        Level::Warning | Level::Note => Exit::Completed,
    })
}

/// The title of standard input.
const INPUT: &str = "standard input";

/// Everything that an argument names. A folder without protocol files names nothing.
fn named_by(argument: &Path, own: &[Own], folder: &Path) -> Vec<Checked> {
    let checked = |own: &Own| (own.place(), own.content.clone());
    if argument == Path::new("-") {
        return vec![(INPUT.to_owned(), catalog::read_input())];
    }
    if let Some(name) = argument.to_str().filter(|name| !catalog::is_file(name)) {
        let built_in = catalog::built_in(name).map(|entry| (name.to_owned(), Ok(entry)));
        let own = own.iter().filter(|own| own.is_meant_by(name)).map(checked);
        let all: Vec<_> = built_in.into_iter().chain(own).collect();
        if !all.is_empty() {
            if argument.exists() {
                let here = catalog::here(argument);
                say(&format!("note: {} is a protocol; for the file: therapy check {here}", title(argument)));
            }
            return all;
        }
    }
    if argument.is_dir() {
        let files = catalog::read_folder(argument).map(|files| files.iter().map(checked).collect());
        return files.unwrap_or_else(|error| vec![(title(argument), Err(error))]);
    }
    let found = match argument.to_str().filter(|_| !argument.exists()) {
        Some(name) => catalog::find(name, folder).map(|(entry, _)| entry),
        None => catalog::read(argument),
    };
    vec![(title(argument), found)]
}

fn title(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

/// The worst level of a protocol, its problems for programs, and all of it for people.
fn reviewed(
    title: &str,
    content: Result<Entry, CatalogError>,
    own: &[Own],
    folder: &Path,
) -> (Level, Vec<Value>, String) {
    match content {
        Ok(mut entry) => {
            entry.parsed.problems.extend(catalog::name_problem(&entry, own, folder));
            let problems = entry.parsed.review();
            let level = problems.iter().map(|problem| problem.level).max().unwrap_or(Level::Note);
            let documents = problems.iter().map(|problem| document(problem, &entry.text)).collect();
            (level, documents, draw(&problems, title, &entry.text))
        }
        Err(error) => {
            let hint = error.hint.replace("therapy run ", "therapy check ");
            let message = without_codes(&error.to_string());
            let document = json!({ "level": "error", "message": message, "hint": hint });
            (Level::Error, vec![document], format!("error: {message}\n  {hint}\n"))
        }
    }
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
