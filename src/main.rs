//! The program: parse, dispatch, print one error with its hint, choose the exit code.

use std::error::Error;
use std::io::ErrorKind;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};
use therapy::cli::Cli;
use therapy::commands::{self, Failure};
use therapy::edge::catalog;
use therapy::text::printable::printable;
use therapy::text::typed::Unreadable;

fn main() -> ExitCode {
    if let Some(exit) = commands::answer_shell() {
        return ExitCode::from(exit as u8);
    }
    commands::set_up();
    let exit = arguments().and_then(commands::dispatch).unwrap_or_else(|failure| {
        commands::report_failure(&failure);
        failure.exit
    });
    ExitCode::from(exit as u8)
}

/// The command line. An error shows what was typed, with control characters made visible.
fn arguments() -> Result<Cli, Failure> {
    let visible = |argument: std::ffi::OsString| printable(&argument.to_string_lossy()).into_owned();
    Cli::try_parse().or_else(|error| match error.source().and_then(<dyn Error>::downcast_ref) {
        // It has its own words, and its own way out.
        Some(unreadable) => Err(Failure::from(Unreadable::clone(unreadable))),
        None => Ok(Cli::try_parse_from(std::env::args_os().map(visible)).unwrap_or_else(exit)),
    })
}

/// Other words for commands.
const SYNONYMS: [(&str, &str); 15] = [
    ("start", "run"),
    ("begin", "run"),
    ("go", "run"),
    ("end", "stop"),
    ("quit", "stop"),
    ("finish", "stop"),
    ("cancel", "stop"),
    ("continue", "resume"),
    ("more", "extend"),
    ("protocols", "list"),
    ("tell", "log"),
    ("record", "log"),
    ("comment", "note"),
    ("remark", "note"),
    ("revert", "undo"),
];

/// The command that a word means: another word for it, or the name of a protocol alone.
fn meant(word: &str) -> Option<String> {
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == word).map(|(_, command)| (*command).to_owned());
    synonym.or_else(|| catalog::built_in(word).map(|_| format!("run {word}")))
}

/// Prints the error, or the help, and ends. It suggests the command that an unknown one means.
#[expect(clippy::disallowed_methods, reason = "no session runs yet")]
fn exit(mut error: clap::Error) -> Cli {
    if let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand)
        && let Some(command) = meant(name)
    {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![command]));
    }
    // Help that cannot be written is a failure like any other result.
    let code = match commands::report_usage(&error) {
        Err(unwritten) if unwritten.kind() != ErrorKind::BrokenPipe => {
            let failure = Failure::from(unwritten);
            commands::report_failure(&failure);
            failure.exit as i32
        }
        _ => error.exit_code(),
    };
    std::process::exit(code)
}
