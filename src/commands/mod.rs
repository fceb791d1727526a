//! One file a subcommand: wiring, nothing else. The files that several subcommands share come first.

mod failure;
mod folders;
mod printing;

mod screening;

mod memory;

mod admission;
mod chosen;
mod settings;

mod live;

mod check;
mod control;
mod explain;
mod history;
mod injury;
mod list;
mod man;
mod next;
mod pain;
mod run;
mod safety;
mod show;
mod status;

use jiff::Timestamp;

pub use self::failure::{Exit, Failure};
use self::folders::Folders;
pub use self::printing::report_failure;
use self::printing::{draw, is_dumb, is_terminal, last_words, print, print_json, print_text, say, terminal_size};
use crate::cli::{Cli, Command};
use crate::domain::session::Input;
use crate::edge::clock;
use crate::text::times::{self, WhenError};

/// What must hold before anything else.
pub fn set_up() {
    crate::edge::keys::outlive_file_limits();
    printing::set_colours();
}

/// Runs the command line.
///
/// # Errors
/// What `main` prints.
pub fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    let folders = &Folders::find();
    match cli.command {
        Command::List { json } => list::run(folders, json.json),
        Command::Show { protocol, which, json } => show::run(folders, &protocol, &which, json.json),
        Command::Run(args) => run::run(folders, &args),
        Command::Next { json } => next::run(folders, json.json),
        Command::Injury { command, json } => injury::run(folders, command.as_ref(), json.json),
        Command::Status(args) => status::run(folders, &args),
        Command::Pause => control::run(folders, Input::Pause),
        Command::Resume { progress, no_notify } => control::resume(folders, progress, no_notify),
        Command::Skip => control::run(folders, Input::Skip),
        Command::Stop => control::run(folders, Input::Stop),
        Command::Extend { length } => control::run(folders, Input::Extend(length)),
        Command::History(args) => history::run(folders, &args),
        Command::Pain { score } => pain::run(folders, score),
        Command::Check { files, json } => check::run(&files, json.json),
        Command::Explain { name, json } => explain::run(name.as_deref(), json.json),
        Command::Safety { json } => safety::run(json.json),
        Command::Completions { shell } => man::completions(shell),
        Command::Man { command } => man::run(command.as_deref()),
    }
}

/// A point in time as people write it.
fn when(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    times::parse(text, now, &clock::zone()).map_err(unreadable)
}

fn unreadable(error: WhenError) -> Failure {
    Failure::new(Exit::Usage, error.into(), times::TRY)
}
