//! One file per subcommand: each connects the edge, the domain and the text, and does nothing else. The
//! files that several subcommands share come first.

mod failure;
mod folders;
mod printing;
mod times;

mod screening;

mod memory;

mod meanwhile;

mod chosen;
mod handout;
mod settings;
mod sites;

mod recommended;

mod admission;
mod rungs;

mod live;

mod wait;

mod add;
mod check;
mod completions;
mod control;
mod explain;
mod export;
mod history;
mod import;
mod injury;
mod selftest;
mod show;

mod list;
mod log;
mod man;
mod new;
mod next;
mod note;
mod page;
mod pain;
mod plan;
mod profiles;
mod report;
mod run;
mod safety;
mod schema;
mod stats;
mod status;
mod undo;
mod watch;

mod trial;

mod overview;

pub use self::completions::answer as answer_shell;
use self::failure::unwritten;
pub use self::failure::{Exit, Failure};
use self::folders::Folders;
use self::printing::{ask, ask_yes_no, can_ask, draw, is_dumb, last_words, print, print_exactly, print_json, say};
pub use self::printing::{report_failure, report_usage};
use crate::cli::{Cli, Command};
use crate::domain::session::Input;
use crate::text::lengths::minutes;

/// Prepares the process: colours, and limits on the size of files.
pub fn set_up() {
    crate::edge::keys::outlive_file_limits();
    printing::set_colours();
}

/// Runs the command line.
///
/// # Errors
/// Everything that keeps the command from its work, for [`report_failure`].
pub fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    let typed = cli.profile.clone();
    // A person who is not there yet can be added.
    let is_about_all = matches!(cli.command, Some(Command::Profiles { .. }));
    let folders = &if is_about_all { Folders::of_all()? } else { Folders::of(cli.profile)? };
    // The hints of a command are for the same person.
    if let Some(name) = typed.filter(|_| !is_about_all) {
        printing::add_to_commands(&name);
    }
    let Some(command) = cli.command else { return overview::run(folders) };
    match command {
        Command::List { json } => list::run(folders, json),
        Command::Show { protocol, which, handout: Some(form), .. } => handout::run(folders, &protocol, &which, form),
        Command::Show { protocol, which, json, .. } => show::run(folders, &protocol, &which, json),
        Command::Run(mut args) => {
            if !args.length.is_empty() {
                args.which.minutes = Some(minutes(&args.length.join(" "))?);
            }
            run::run(folders, &args)
        }
        Command::Next(args) if args.wait => next::wait(folders, args),
        Command::Next(args) => next::run(folders, args.site, args.spasm, args.json),
        Command::Plan(args) => plan::run(folders, &args),
        Command::Injury { command, when, site, json } => injury::run(folders, command.as_ref(), &when, site, json),
        Command::Status { form, watch: true, site } => watch::run(folders, &form, site),
        Command::Status { form, site, .. } => status::run(folders, &form, site),
        Command::Pause => control::run(folders, Input::Pause),
        Command::Resume { alarms } => control::resume(folders, &alarms),
        Command::Skip => control::run(folders, Input::Skip),
        Command::Stop { off } => control::stop(folders, joined(off).as_deref()),
        Command::Extend { length } => control::run(folders, Input::Extend(minutes(&length.join(" "))?)),
        Command::Trial(command) => trial::run(folders, command),
        Command::History(args) => history::run(folders, args),
        Command::Stats(args) => stats::run(folders, args),
        Command::Report(args) => report::run(folders, &args),
        Command::Export(args) => export::run(folders, &args),
        Command::Import(args) => import::run(folders, &args),
        Command::Pain(args) => pain::run(folders, &args),
        Command::Log(args) => log::run(folders, &args),
        Command::Note(args) => note::run(folders, &args),
        Command::Undo => undo::run(folders),
        Command::Check { files, json } => check::run(folders, &files, json),
        Command::New(args) => new::run(folders, &args),
        Command::Add(args) => add::run(folders, &args),
        Command::Schema => schema::run(),
        Command::Explain { name, json } => explain::run(name.as_deref(), json),
        Command::Selftest { reach, json } => selftest::run(folders, reach, json),
        Command::Profiles { add, json } => profiles::run(folders, add.as_deref(), json),
        Command::Safety { ask, answer, json } => safety::run(folders, ask, answer.as_deref(), json),
        Command::Completions { shell } => completions::run(shell),
        Command::Man { command, to } => man::run(&command, to.as_deref()),
        Command::Help { command } => man::help(&command),
        Command::Version => print(format!("therapy {}\n", env!("CARGO_PKG_VERSION"))),
    }
}

/// Words that were typed without quotes.
fn joined(words: Option<Vec<String>>) -> Option<String> {
    words.map(|words| words.join(" "))
}
