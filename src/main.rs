//! The program: parse, dispatch, print one error with its hint, choose the exit code.

use std::process::ExitCode;

use clap::Parser;
use therapy::cli::Cli;
use therapy::commands;
use therapy::format::printable;

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
    Cli::try_parse().unwrap_or_else(|_| Cli::parse_from(std::env::args_os().map(visible)))
}
