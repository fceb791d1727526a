//! `therapy help [COMMAND]` and `therapy man [COMMAND]`.

use std::io::{self, IsTerminal as _};

use anyhow::anyhow;
use clap::{Command, CommandFactory as _, Parser as _};

use super::{Exit, Failure, print_exactly};
use crate::cli::Cli;
use crate::text::printable::{nearest, printable};

/// Prints the help of the program, or of one of its commands.
pub(super) fn help(words: &[String]) -> Result<Exit, Failure> {
    find(words, "help").and_then(|_| print_exactly(text_of(words)))
}

/// Shows the page of the program, or of one of its commands: as text on a terminal, elsewhere as roff.
pub(super) fn run(words: &[String]) -> Result<Exit, Failure> {
    let command = find(words, "man")?;
    if io::stdout().is_terminal() {
        let way = path(&command, "man");
        return print_exactly(format!("{}\nAs a man page: {way} | man -l -\n", text_of(words)));
    }
    let mut roff = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut roff)?;
    // It names pages such as `therapy-run(1)`, which are not installed.
    let pages = command.get_subcommands().map(|sub| {
        let name = sub.get_display_name().unwrap_or_else(|| sub.get_name());
        (format!("{name}(1)").replace('-', "\\-"), path(sub, "man"))
    });
    let roff = String::from_utf8_lossy(&roff).into_owned();
    print_exactly(pages.fold(roff, |roff, (name, command)| roff.replace(&name, &command)))
}

/// The program, or the command with this name. `by` is the command that asks.
fn find(words: &[String], by: &str) -> Result<Command, Failure> {
    let mut program = Cli::command();
    program.build();
    words.iter().try_fold(program, |command, word| {
        command.find_subcommand(word).cloned().ok_or_else(|| {
            let near = nearest(word, command.get_subcommands().map(Command::get_name));
            let try_this =
                near.map_or_else(|| "therapy --help".to_owned(), |near| format!("{} {near}", path(&command, by)));
            let error = anyhow!("there is no command \"{}\"", printable(word));
            Failure::new(Exit::Usage, error, format!("try: {try_this}"))
        })
    })
}

/// The command line that shows a command by `help` or `man`: `therapy man run`.
fn path(command: &Command, by: &str) -> String {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    name.replacen("therapy", &format!("therapy {by}"), 1)
}

/// What `--help` after these words prints.
fn text_of(words: &[String]) -> String {
    let line = ["therapy"].into_iter().chain(words.iter().map(String::as_str)).chain(["--help"]);
    let help = Cli::try_parse_from(line).err().map(|help| help.render()).unwrap_or_default();
    if console::colors_enabled() { help.ansi().to_string() } else { help.to_string() }
}
