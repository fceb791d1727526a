//! The program: parse, dispatch, print one error with its hint, choose the exit code.

use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};
use therapy::cli::Cli;
use therapy::commands;
use therapy::edge::catalog;
use therapy::text::printable::printable;

fn main() -> ExitCode {
    commands::set_up();
    let exit = commands::dispatch(arguments()).unwrap_or_else(|failure| {
        commands::report_failure(&failure);
        failure.exit
    });
    ExitCode::from(exit as u8)
}

/// The command line. An error shows what was typed, with control characters made visible. For the name of a
/// protocol alone, it suggests the command that runs the protocol.
fn arguments() -> Cli {
    let visible = |argument: std::ffi::OsString| printable(&argument.to_string_lossy()).into_owned();
    let parsed = Cli::try_parse().or_else(|_| Cli::try_parse_from(std::env::args_os().map(visible)));
    parsed.unwrap_or_else(|mut error| {
        if let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand)
            && catalog::built_in(name).is_some()
        {
            let command = ContextValue::Strings(vec![format!("run {name}")]);
            error.insert(ContextKind::SuggestedSubcommand, command);
        }
        error.exit()
    })
}
