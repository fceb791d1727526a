//! What a command says and asks. Results go to standard output, messages and questions to standard error.
//! On a terminal, lines break at words.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use anyhow::Context as _;
use clap::ColorChoice;
use console::Term;

use super::{Exit, Failure};
use crate::cli::Cli;
use crate::edge::terminal;
use crate::runner::without_codes;
use crate::text::printable::{printable, wrapped};
use crate::text::timeline::ascii;
use crate::text::typed::quoted;

/// The commands of a text, and what every one of them is to have.
static COMMANDS: OnceLock<(Vec<String>, String)> = OnceLock::new();

/// From now on, every command in a text for people is for this person.
pub(super) fn add_to_commands(profile: &str) {
    let program = <Cli as clap::CommandFactory>::command();
    let names = program.get_subcommands().map(|command| command.get_name().to_owned());
    let _ = COMMANDS.set((names.collect(), format!("--profile {}", quoted(profile))));
}

/// The text, with the profile in each of its commands.
pub(super) fn for_this_person(text: String) -> String {
    const PROGRAM: &str = "therapy ";
    let Some((names, option)) = COMMANDS.get() else { return text };
    let mut parts = text.split(PROGRAM);
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let word = part.split(|character: char| !character.is_alphanumeric() && character != '-').next();
        let is_command = word.is_some_and(|word| names.iter().any(|name| name == word));
        // What was typed may be repeated in it.
        let lacks_it = !part.lines().next().is_some_and(|line| line.contains("--profile"));
        let (option, blank) = if is_command && lacks_it { (option.as_str(), " ") } else { ("", "") };
        all.extend([PROGRAM, option, blank, part]);
    }
    all
}

/// Prints a result as it is, for programs or with its own layout. A reader that closed the pipe is no failure.
pub(super) fn print_exactly(text: impl AsRef<[u8]>) -> Result<Exit, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_ref()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Completed),
    }
}

/// Prints a result for people.
pub(super) fn print(text: impl Into<String>) -> Result<Exit, Failure> {
    print_drawn(fitted(for_this_person(text.into()), &Term::stdout()))
}

/// Prints a result for people that has its own layout, in the characters that the locale allows.
pub(super) fn print_drawn(text: String) -> Result<Exit, Failure> {
    print_exactly(if terminal::shows_unicode() { text } else { ascii(&text, '~') })
}

/// Prints one JSON document.
pub(super) fn print_json(document: &impl serde::Serialize) -> Result<Exit, Failure> {
    print_exactly(serde_json::to_string_pretty(document).context("could not write JSON")? + "\n")
}

/// Prints a message, with control characters made visible. A missing reader is no failure.
pub(super) fn say(text: &str) {
    tell(visible(text));
}

/// The rows that were said since the command started, or since its last question.
static SAID: AtomicUsize = AtomicUsize::new(0);

fn tell(text: String) {
    // With its own line end, so that a blank last line stays.
    let text = fitted(for_this_person(text) + "\n", &Term::stderr());
    SAID.fetch_add(text.lines().count(), Relaxed);
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Begins a window for a session: what was on the terminal before moves up and out of it, and only what this command
/// has said stays.
pub(super) fn fresh_window() {
    let rows = usize::from(Term::stderr().size().0).saturating_sub(1 + SAID.load(Relaxed));
    if rows > 0 {
        let _ = io::stderr().lock().write_all(format!("{}\x1b[{rows}A", "\n".repeat(rows)).as_bytes());
    }
}

/// A blank at which a line does not break.
const UNBROKEN: char = '\u{a0}';

/// The sentence, to be said with others in one piece.
pub(super) fn unbroken(sentence: &str) -> String {
    sentence.replace(' ', &UNBROKEN.to_string())
}

/// Prints sentences as one paragraph.
pub(super) fn say_together(sentences: &[String]) {
    let width = usize::from(Term::stderr().size().1);
    say(&textwrap::fill(&sentences.join(" "), width).replace(UNBROKEN, " "));
}

/// How many rows these sentences need as a paragraph.
pub(super) fn rows_together(sentences: &[String]) -> usize {
    textwrap::wrap(&sentences.join(" "), usize::from(Term::stderr().size().1)).len()
}

/// The text without codes of the system, and with the control characters of its lines made visible: a path or a file may
/// have put them there.
fn visible(text: &str) -> String {
    without_codes(text).split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// Prints messages after the end of a session. A terminal that takes nothing does not delay the end.
pub(super) fn last_words(lines: &[String]) {
    if !lines.is_empty() {
        let text = fitted(for_this_person(visible(&lines.join("\n"))) + "\n", &Term::stderr());
        let _ = terminal::stream().and_then(|mut stream| stream.write(text.as_bytes()));
    }
}

/// Breaks lines for the width of a terminal, but for a command to copy. A text for another stream does not change.
pub(super) fn fitted(text: String, terminal: &Term) -> String {
    let Some((_, width)) = terminal.size_checked() else { return text };
    let is_command = |line: &str| line.trim_start().starts_with("try: therapy ");
    let lines = text.split_inclusive('\n');
    lines.map(|line| if is_command(line) { line.to_owned() } else { wrapped(line, width.into(), 2) }).collect()
}

/// The columns for a result: those of the terminal, or as many as most terminals have.
pub(super) fn width() -> usize {
    Term::stdout().size_checked().map_or(80, |(_, width)| usize::from(width))
}

/// Prints a drawing to standard error as it is.
pub(super) fn draw(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether a person can read a question and answer it.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks until `read` understands the answer; `None` at the end of input. `read` says what is wrong with one.
pub(super) fn ask<T>(question: &str, read: impl Fn(&str) -> Option<T>) -> io::Result<Option<T>> {
    loop {
        let asked = fitted(format!("{question}\n"), &Term::stderr());
        let _ = write!(io::stderr(), "{} ", asked.trim_end_matches('\n'));
        let mut answer = Vec::new();
        if io::stdin().lock().read_until(b'\n', &mut answer)? == 0 {
            return Ok(None);
        }
        if let Some(answer) = read(String::from_utf8_lossy(&answer).trim()) {
            // It was read, and need not stay in the window.
            SAID.store(0, Relaxed);
            return Ok(Some(answer));
        }
    }
}

/// Asks until the answer is yes or no; `None` at the end of input.
pub(super) fn ask_yes_no(question: &str) -> io::Result<Option<bool>> {
    ask(question, |answer| match &*answer.to_lowercase() {
        "yes" | "y" => Some(true),
        "no" | "n" => Some(false),
        _ => {
            say("Type y for yes or n for no.");
            None
        }
    })
}

/// Prints an error and its way out.
pub fn report_failure(failure: &Failure) {
    let style = console::Style::new().for_stderr().bold();
    tell(format!("{} {}", style.apply_to("error:"), visible(&format!("{:#}", failure.error))));
    if let Some(hint) = &failure.hint {
        say(&format!("  {hint}"));
    }
}

/// Prints what is wrong with a command line.
///
/// # Errors
/// When it is help or the version, which go to standard output and cannot be written.
pub fn report_usage(error: &clap::Error) -> io::Result<()> {
    let is_error = error.use_stderr();
    let colours = if is_error { console::colors_enabled_stderr() } else { console::colors_enabled() };
    let text = error.render();
    let text = if colours { text.ansi().to_string() } else { text.to_string() };
    if is_error {
        io::stderr().lock().write_all(fitted(text, &Term::stderr()).as_bytes())
    } else {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
    }
}

/// Whether the terminal understands plain lines only.
pub(super) fn is_dumb() -> bool {
    // To ask makes a console take them, whatever its name.
    let takes_sequences = terminal::takes_sequences();
    std::env::var("TERM").map_or(!takes_sequences, |term| term == "dumb" || term.is_empty())
}

/// The value of `--color`. It is read before the command line is: help and errors of the command line obey it too.
fn colour_choice(words: impl IntoIterator<Item = String>) -> ColorChoice {
    let mut words = words.into_iter().skip(1).take_while(|word| word != "--");
    while let Some(word) = words.next() {
        let value = if word == "--color" { words.next() } else { word.strip_prefix("--color=").map(str::to_owned) };
        if let Some(choice) = value.and_then(|value| value.parse().ok()) {
            return choice;
        }
    }
    ColorChoice::Auto
}

/// Colours are for terminals that know them, unless `--color` or the environment says otherwise.
pub(super) fn set_colours() {
    let choice = colour_choice(std::env::args_os().map(|word| word.to_string_lossy().into_owned()));
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0" && !value.is_empty());
    let is_off = std::env::var_os("CLICOLOR").is_some_and(|value| value == "0");
    let wanted = |terminal: bool| match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => !is_set("NO_COLOR") && (forced || terminal && !is_off && !is_dumb()),
    };
    console::set_colors_enabled(wanted(io::stdout().is_terminal()));
    console::set_colors_enabled_stderr(wanted(io::stderr().is_terminal()));
}
