//! One file a subcommand: wiring, and nothing but.

mod check;
mod control;
mod explain;
mod history;
mod injury;
mod list;
mod live;
mod memory;
mod next;
mod pain;
mod run;
mod safety;
mod show;
mod status;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use etcetera::BaseStrategy;
use jiff::Timestamp;

use self::memory::Memory;
use crate::cli::{Cli, Command, Which};
use crate::domain::exposure::limit;
use crate::domain::protocol::{Choice, ChoiceError, Draft};
use crate::domain::rules::{Context, Finding, Injury, RuleId};
use crate::domain::session::Input;
use crate::domain::step::Modality;
use crate::edge::catalog::{self, CatalogError, Entry};
use crate::edge::clock;
use crate::edge::terminal::{self, Output};
use crate::format::Level;
use crate::report;
use crate::text::printable::{nearest, printable};
use crate::text::{self, times};

/// What the program tells the shell. The numbers are part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Completed = 0,
    /// Could not be done.
    Failed = 1,
    /// The command line or a file cannot be understood.
    Usage = 2,
    /// A rule refuses.
    Refused = 3,
    /// The person stopped it.
    Stopped = 130,
}

/// An error with its way out and its exit code. `main` prints it.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong.
    pub error: anyhow::Error,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code.
    pub exit: Exit,
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure { error, hint: None, exit: Exit::Failed }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::from(anyhow::Error::new(error).context("could not write"))
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Failure {
        let hint = match &error {
            CatalogError::Unknown { hint, .. } => hint.clone(),
            CatalogError::Unreadable { .. } => {
                "a protocol is a .toml file; `therapy list` shows the built-in ones".to_owned()
            }
        };
        Failure { error: error.into(), hint: Some(hint), exit: Exit::Usage }
    }
}

/// Does what the command line says.
///
/// # Errors
/// What `main` prints.
pub fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        Command::List { json } => list::run(json.json),
        Command::Show { protocol, which, json } => show::run(&protocol, &which, json.json),
        Command::Run(args) => run::run(&args),
        Command::Next { json } => next::run(json.json),
        Command::Injury { command, json } => injury::run(command.as_ref(), json.json),
        Command::Status(args) => status::run(&args),
        Command::Pause => control::run(Input::Pause),
        Command::Resume { progress, no_notify } => control::resume(progress, no_notify),
        Command::Skip => control::run(Input::Skip),
        Command::Stop => control::run(Input::Stop),
        Command::Extend { length } => control::run(Input::Extend(length)),
        Command::History(args) => history::run(&args),
        Command::Pain { score } => pain::run(score),
        Command::Check { files, json } => check::run(&files, json.json),
        Command::Explain { name, json } => explain::run(name.as_deref(), json.json),
        Command::Safety { json } => safety::run(json.json),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(), "therapy", &mut script);
            print(&script)
        }
        Command::Man { command: of } => man(of.as_deref()),
    }
}

fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// The page of the program, or that of one of its commands.
fn man(name: Option<&str>) -> Result<Exit, Failure> {
    let mut all = command();
    all.build();
    let of = name.map_or(Some(&all), |name| all.get_subcommands().find(|command| command.get_name() == name));
    let Some(of) = of else {
        let wanted = name.unwrap_or_default();
        let near = nearest(wanted, all.get_subcommands().map(clap::Command::get_name));
        let hint = near.map_or("`therapy help` lists all".to_owned(), |near| format!("did you mean `{near}`?"));
        let error = anyhow!("no command is called `{}`", printable(wanted));
        return Err(Failure { error, hint: Some(hint), exit: Exit::Usage });
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(of.clone()).render(&mut page)?;
    print(&page)
}

/// Prints a result. A reader that has seen enough is no failure.
fn print(text: impl AsRef<[u8]>) -> Result<Exit, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_ref()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Completed),
    }
}

/// Prints lines for people. On a terminal a line that does not fit is broken at a word.
fn print_text(text: &str) -> Result<Exit, Failure> {
    let width = usize::from(console::Term::stdout().size().1);
    if !is_terminal(&io::stdout()) || width == 0 {
        return print(text);
    }
    let lines = text.lines().map(|line| {
        let indent = " ".repeat((line.len() - line.trim_start().len() + 2).min(width / 2));
        textwrap::fill(line, textwrap::Options::new(width).subsequent_indent(&indent)) + "\n"
    });
    print(lines.collect::<String>())
}

fn print_json(document: &impl serde::Serialize) -> Result<Exit, Failure> {
    let mut text = serde_json::to_string_pretty(document).context("could not write JSON")?;
    text.push('\n');
    print(text)
}

/// Messages go to standard error; that nobody reads them is no failure.
fn say(line: &str) {
    let _ = io::stderr().lock().write_all(message(line).as_bytes());
}

/// Messages after the end of a session: a terminal that nobody reads does not hold it up.
fn last_words(lines: &[String]) {
    if !lines.is_empty() {
        let _ = Output::new(io::stderr()).write_all(message(&lines.join("\n")).as_bytes());
    }
}

/// A line for standard error; on a terminal one that does not fit is broken at a word.
fn message(line: &str) -> String {
    match terminal::size() {
        Some((_, width)) => textwrap::fill(line, usize::from(width)) + "\n",
        _ => format!("{line}\n"),
    }
}

/// Something that is laid out already goes to standard error as it is.
fn draw(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints an error and the way out.
pub fn report_failure(failure: &Failure) {
    let style = console::Style::new().for_stderr().bold();
    say(&format!("{} {:#}", style.clone().red().apply_to("error:"), failure.error));
    if let Some(hint) = &failure.hint {
        say(&format!("{} {hint}", style.cyan().apply_to("hint:")));
    }
}

/// The folder of `config.toml` and of `protocols`.
fn config_folder() -> PathBuf {
    match std::env::var_os("THERAPY_CONFIG_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => etcetera::choose_base_strategy().map(|base| base.config_dir().join("therapy")).unwrap_or_default(),
    }
}

/// The folder of the journal.
fn data_folder() -> PathBuf {
    match std::env::var_os("THERAPY_DATA_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => etcetera::choose_base_strategy().map(|base| base.data_dir().join("therapy")).unwrap_or_default(),
    }
}

fn protocols_folder() -> PathBuf {
    config_folder().join("protocols")
}

/// Finds the protocol, tells the problems of its file, and puts it against what is known.
fn choose(name: &str, which: &Which, memory: &Memory) -> Result<(Entry, Draft, Choice, Context), Failure> {
    let entry = catalog::find(name, &protocols_folder())?;
    let injury = memory.context.injury;
    let context = Context { injury_required: entry.parsed.by_injury.is_some(), ..memory.context.clone() };
    if !entry.parsed.is_readable() {
        let problems = entry.parsed.review();
        let worst: Vec<_> = problems.into_iter().filter(|problem| problem.level >= Level::Refused).collect();
        draw(&report::render(&worst, &entry.place(), &entry.text, console::colors_enabled_stderr()));
        let error = anyhow!("{} cannot be read as a protocol", entry.place());
        let hint = "mend the places above; `therapy check` reviews a file without running it".to_owned();
        return Err(Failure { error, hint: Some(hint), exit: Exit::Usage });
    }
    let choice = Choice { length: which.minutes, rounds: which.rounds };
    // Without the age of the injury `acute` has no steps; the review says which rule wants it.
    let draft = entry.draft_for(injury).unwrap_or_else(|| entry.parsed.draft.clone());
    Ok((entry, draft, choice, context))
}

fn injury(injured: Option<&str>) -> Result<Injury, Failure> {
    let Some(text) = injured else {
        return Ok(Injury::Unknown);
    };
    // One reading: with two, 72 h ago would be a little less than 72 h.
    let now = clock::wall();
    let age = now.duration_since(when(text, now)?);
    Ok(if age.is_negative() { Injury::InFuture(age.unsigned_abs()) } else { Injury::Ago(age.unsigned_abs()) })
}

/// A point in time as people write it.
fn when(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    times::parse(text, now, &clock::zone()).map_err(|error| Failure {
        error: error.into(),
        hint: Some("write \"30h ago\", \"2 days ago\", \"2026-11-20 18:30\" or RFC 3339".to_owned()),
        exit: Exit::Usage,
    })
}

/// What stands against a choice, a line each: the findings of the rules, and choices that the protocol
/// does not offer, unless a rule says the same.
fn objections(findings: &[Finding], choices: &[ChoiceError], overrides: &[RuleId], name: &str) -> Vec<String> {
    let by_rule = |choice: &ChoiceError| match choice {
        ChoiceError::TooLong { max, .. } => findings.iter().any(|finding| {
            let over = |modality| finding.rule == RuleId::limit_of(modality) && *max == limit(modality);
            Modality::ALL.into_iter().any(over)
        }),
        _ => false,
    };
    let choices = choices.iter().filter(|choice| !by_rule(choice));
    let choices = choices.map(|choice| format!("Refused: {}", text::rules::choice(choice, name)));
    text::rules::lines(findings, overrides).into_iter().chain(choices).collect()
}

fn is_terminal(stream: &impl IsTerminal) -> bool {
    stream.is_terminal()
}

/// Whether the terminal understands more than lines.
fn is_dumb() -> bool {
    std::env::var("TERM").is_ok_and(|term| term == "dumb" || term.is_empty())
        || cfg!(unix) && std::env::var_os("TERM").is_none()
}

/// What must hold before anything else.
pub fn set_up() {
    crate::edge::keys::outlive_file_limits();
    set_colours();
}

/// Colours are for terminals that know them, unless the environment says otherwise.
fn set_colours() {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0" && !value.is_empty());
    let wanted = |terminal: bool| !is_set("NO_COLOR") && (forced || terminal && !is_dumb());
    console::set_colors_enabled(wanted(is_terminal(&io::stdout())));
    console::set_colors_enabled_stderr(wanted(is_terminal(&io::stderr())));
}
