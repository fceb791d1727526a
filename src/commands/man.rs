//! `therapy man [COMMAND]` and `therapy completions SHELL`.

use anyhow::anyhow;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Exit, Failure, print};
use crate::cli::Cli;
use crate::text::printable::{nearest, printable};

/// Prints the page of the program, or the page of one of its commands.
pub(super) fn run(name: Option<&str>) -> Result<Exit, Failure> {
    let mut program = Cli::command();
    program.build();
    let command = match name {
        None => &program,
        Some(name) => program.find_subcommand(name).ok_or_else(|| {
            let near = nearest(name, program.get_subcommands().map(clap::Command::get_name));
            let hint = near.map_or("try: therapy --help".to_owned(), |near| format!("try: therapy man {near}"));
            Failure::new(Exit::Usage, anyhow!("there is no command \"{}\"", printable(name)), hint)
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    print(&page)
}

/// Prints the completions of a shell.
pub(super) fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "therapy", &mut script);
    print(&script)
}
