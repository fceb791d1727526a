//! `therapy help [COMMAND]` and `therapy man [COMMAND]`.

use std::fs;
use std::io::{self, ErrorKind, IsTerminal as _};
use std::path::Path;

use anyhow::anyhow;
use clap::{Command, CommandFactory as _, Parser as _};

use super::page::{is_page, name, page};
use super::{Exit, Failure, print, print_exactly};
use crate::cli::Cli;
use crate::edge::files::{self, Readers};
use crate::text::durations::count;
use crate::text::printable::{nearest, printable};

/// Prints the help of the program, or of one of its commands.
pub(super) fn help(words: &[String]) -> Result<Exit, Failure> {
    find(words, "help").and_then(|_| print_exactly(text_of(words)))
}

/// Shows the page of the program, or of one of its commands: as text on a terminal, elsewhere as roff. With a folder, it
/// writes every page there.
pub(super) fn run(words: &[String], to: Option<&Path>) -> Result<Exit, Failure> {
    let program = built();
    if let Some(folder) = to {
        let pages = write(&program, &program, folder)?;
        return print(format!("{} in {}\n", count(pages, "page"), printable(&folder.to_string_lossy())));
    }
    let command = find(words, "man")?;
    if io::stdout().is_terminal() {
        let way = path(&command, "man");
        return print_exactly(format!("{}\nAs a man page: {way} | man -l -\n", text_of(words)));
    }
    print_exactly(page(&program, &command)?)
}

/// Writes the pages of a command and of those below it. Returns how many. Only pages of this program are replaced.
fn write(program: &Command, command: &Command, folder: &Path) -> Result<usize, Failure> {
    let path = folder.join(format!("{}.1", name(command)));
    let put = || files::put(&path, page(program, command)?.as_bytes(), Readers::Everybody, is_page);
    fs::create_dir_all(folder).and_then(|()| put()).map_err(|error| {
        let shown = printable(&path.to_string_lossy()).into_owned();
        match error.kind() {
            ErrorKind::AlreadyExists if folder.is_dir() => {
                let error = anyhow!("{shown} is there already, and is no page of therapy");
                let hint = "move it away, or name another folder: therapy man --to man1";
                Failure::new(Exit::Failed, error, hint)
            }
            _ => anyhow!("could not write {shown}: {error}").into(),
        }
    })?;
    let below = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    below.map(|sub| write(program, sub, folder)).sum::<Result<usize, _>>().map(|below| below + 1)
}

fn built() -> Command {
    let mut program = Cli::command();
    program.build();
    program
}

/// The program, or the command with this name. `by` is the command that asks.
fn find(words: &[String], by: &str) -> Result<Command, Failure> {
    words.iter().try_fold(built(), |command, word| {
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
