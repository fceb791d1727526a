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

/// The command line. A mistake is told with what was typed in it, control characters made visible.
fn arguments() -> Cli {
    let visible = |argument: std::ffi::OsString| printable(&argument.to_string_lossy()).into_owned();
    Cli::try_parse().unwrap_or_else(|_| {
        let again = Cli::try_parse_from(std::env::args_os().map(visible));
        again.unwrap_or_else(|mistake| with_the_way_to_run(mistake).exit())
    })
}

/// Who types the name of a protocol alone is told the command that runs it.
fn with_the_way_to_run(mut mistake: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(name)) = mistake.get(ContextKind::InvalidSubcommand)
        && catalog::built_in(name).is_some()
    {
        let command = ContextValue::Strings(vec![format!("run {name}")]);
        mistake.insert(ContextKind::SuggestedSubcommand, command);
    }
    mistake
}
