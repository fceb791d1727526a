//! A page of the manual, in roff: the help texts of a command, and what only the manual says.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::text::manual::{DATE, ENVIRONMENT, EXIT_CODES, FILES, NOT_ADVICE, Rows, TITLE};
use crate::text::printable::wrapped;

/// The most letters of a line of the source.
const WIDTH: usize = 80;

/// The name of the page of a command, such as `therapy-injury-set`.
pub(super) fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The page of a command of the built program.
pub(super) fn page(program: &Command, command: &Command) -> io::Result<String> {
    let is_main = command.get_name() == program.get_name();
    let version = program.get_version().unwrap_or_default();
    let man = Man::new(command.clone()).title(name(command).to_uppercase()).date(DATE);
    let man = man.source(format!("{} {version}", program.get_name())).manual(TITLE);
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let mut rest = Roff::new();
    let (examples, others): (Vec<_>, Vec<_>) =
        extras(command).into_iter().partition(|(heading, _)| heading == "EXAMPLES");
    for extra in &others {
        add_lines(&mut rest, extra);
    }
    add_table(&mut rest, "EXIT STATUS", EXIT_CODES);
    if is_main {
        add_table(&mut rest, "ENVIRONMENT", ENVIRONMENT);
        add_table(&mut rest, "FILES", FILES);
    }
    for extra in &examples {
        add_lines(&mut rest, extra);
    }
    if is_main {
        rest.control("SH", ["NOTES"]).text([roman(NOT_ADVICE)]);
    }
    add_references(&mut rest, program, command);
    rest.to_writer(&mut text)?;
    Ok(tidy(&String::from_utf8_lossy(&text)))
}

/// Whether a file with this beginning is a page of this program, of any version.
pub(super) fn is_page(beginning: &[u8]) -> bool {
    let beginning = String::from_utf8_lossy(beginning);
    let title = beginning.lines().find(|line| line.starts_with(".TH "));
    title.is_some_and(|title| title.starts_with(".TH THERAPY") && title.ends_with(&format!("\"{TITLE}\"")))
}

/// What stands below the options in the help: each part with its heading.
fn extras(command: &Command) -> Vec<(String, Vec<String>)> {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let parts = text.split("\n\n").filter(|part| !part.is_empty() && !part.starts_with("Exit codes"));
    let read = |part: &str| match part.split_once(":\n") {
        Some((heading, lines)) => {
            let word = heading.split(' ').next().unwrap_or(heading).to_uppercase();
            let word = if word == "EXAMPLE" { "EXAMPLES".to_owned() } else { word };
            (word, lines.lines().map(|line| line.trim_end().to_owned()).collect())
        }
        None => ("NOTES".to_owned(), vec![part.replace('\n', " ")]),
    };
    parts.map(read).collect()
}

fn add_lines(roff: &mut Roff, (heading, lines): &(String, Vec<String>)) {
    roff.control("SH", [heading.as_str()]);
    let is_table = lines.len() > 1 || lines.iter().any(|line| line.starts_with(' '));
    if is_table {
        roff.control("nf", []);
    }
    for line in lines {
        roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    if is_table {
        roff.control("fi", []);
    }
}

fn add_table(roff: &mut Roff, heading: &str, rows: Rows) {
    roff.control("SH", [heading]);
    for (name, meaning) in rows {
        roff.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
    }
}

/// The pages above and below this one. The main page names its commands under that heading.
fn add_references(roff: &mut Roff, program: &Command, command: &Command) {
    let is_main = command.get_name() == program.get_name();
    let parent = name(command).rsplit_once('-').map(|(parent, _)| parent.to_owned());
    let below = command.get_subcommands().filter(|sub| !sub.is_hide_set()).map(|sub| name(sub).to_owned());
    let mut names: Vec<String> = parent.into_iter().chain(below.filter(|_| !is_main)).collect();
    if !names.is_empty() && !names.iter().any(|name| name == program.get_name()) {
        names.insert(0, program.get_name().to_owned());
    }
    if names.is_empty() {
        return;
    }
    roff.control("SH", ["SEE ALSO"]);
    let last = names.len() - 1;
    for (at, name) in names.iter().enumerate() {
        roff.text([bold(name.as_str()), roman(if at < last { "(1)," } else { "(1)" })]);
    }
}

/// The source as manuals are written: short lines, and no empty ones between requests.
fn tidy(roff: &str) -> String {
    let (mut tidied, mut is_literal) = (String::new(), false);
    let mut lines = roff.lines().map(str::trim_end).filter(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        is_literal = if line.starts_with(".nf") { true } else { is_literal && !line.starts_with(".fi") };
        if line == ".br" && lines.peek() == Some(&".br") {
            continue;
        }
        let is_request = line.starts_with(['.', '\'']);
        let wrapped = if is_request || is_literal { line.to_owned() } else { wrapped(line, WIDTH, 0) };
        for (at, line) in wrapped.lines().enumerate() {
            // Words that were inside of a line are no requests.
            tidied.push_str(if at > 0 && line.starts_with(['.', '\'']) { "\\&" } else { "" });
            tidied.push_str(line.trim_end());
            tidied.push('\n');
        }
    }
    tidied
}
