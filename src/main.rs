//! The program: parse, dispatch, print one error with its hint, choose the exit code.

use std::process::ExitCode;

use clap::Parser;
use therapy::cli::Cli;
use therapy::commands;

fn main() -> ExitCode {
    commands::set_colours();
    let exit = commands::dispatch(Cli::parse()).unwrap_or_else(|failure| {
        commands::report_failure(&failure);
        failure.exit
    });
    ExitCode::from(exit as u8)
}
