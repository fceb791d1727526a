//! `therapy completions SHELL`, and the answers to the scripts that it prints: what TAB may complete here and now.
//!
//! The scripts call the program, so names of the person's own protocols are completed too. An argument is recognized by
//! the name of its value, so a new command needs nothing here. Nothing is said or written: the person is typing.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use clap::builder::Str;
use clap::{Arg, Command, CommandFactory as _, ValueEnum as _, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _, complete};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use clap_complete_nushell::Nushell;
use jiff::civil::Date;

use super::folders::Folders;
use super::{Exit, Failure, print_exactly, times};
use crate::cli::{Cli, Shell};
use crate::domain::rules::{RULES, Severity};
use crate::domain::site::Site;
use crate::domain::source::SOURCES;
use crate::edge::catalog::{self, REST};
use crate::text::durations::count;
use crate::text::printable::printable;
use crate::text::rules;

/// The variable by which a script asks, with the name of its shell.
const VARIABLE: &str = "THERAPY_COMPLETE";

const PROGRAM: &str = "therapy";

/// Prints the script for a shell.
pub(super) fn run(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    match engine(shell) {
        Some(engine) => engine.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)?,
        // It has no way to ask the program.
        None => clap_complete::generate(Nushell, &mut Cli::command(), PROGRAM, &mut script),
    }
    if shell != Shell::Zsh {
        return print_exactly(script);
    }
    // As a file in a folder of completions, the script itself is the function that zsh calls at the first TAB.
    let (function, script) = ("_clap_dynamic_completer_therapy", String::from_utf8_lossy(&script).into_owned());
    let registers = format!("compdef {function} {PROGRAM}");
    let either =
        format!("if [ \"$funcstack[1]\" = _{PROGRAM} ]; then\n    {function} \"$@\"\nelse\n    {registers}\nfi");
    // Without a process for a subtraction.
    print_exactly(script.replace("$(expr $CURRENT - 1)", "$((CURRENT - 1))").replace(&registers, &either))
}

fn engine(shell: Shell) -> Option<&'static dyn EnvCompleter> {
    Some(match shell {
        Shell::Bash => &Bash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
        Shell::Nushell => return None,
    })
}

/// Answers a shell in which TAB was pressed; `None` when none asks.
pub fn answer() -> Option<Exit> {
    let shell = env::var(VARIABLE).ok().filter(|name| !name.is_empty())?;
    let answered = Shell::from_str(&shell, false).is_ok_and(|shell| complete_line(shell).is_ok());
    Some(if answered { Exit::Completed } else { Exit::Failed })
}

/// Answers with what fits the line that is typed.
fn complete_line(shell: Shell) -> io::Result<()> {
    let asked = Arc::new(Asked::read(shell));
    let mut command = Cli::command();
    command.build();
    let mut command = with_completers(command, &asked);
    let (words, folder, mut text) = (asked.words.clone(), env::current_dir().ok(), Vec::new());
    match engine(shell) {
        // Its script inserts the words as they come.
        _ if shell == Shell::Bash => {
            let found = complete(&mut command, words, asked.index, folder.as_deref())?;
            let found = found.iter().map(|candidate| asked.as_word(&candidate.get_value().to_string_lossy()));
            let separator = env::var("_CLAP_IFS").unwrap_or_else(|_| "\n".to_owned());
            text.extend(found.collect::<Vec<_>>().join(&separator).into_bytes());
        }
        Some(engine) => engine.write_complete(&mut command, words, folder.as_deref(), &mut text)?,
        None => {}
    }
    io::stdout().lock().write_all(&text)
}

/// Gives each argument its completer, in every command. Before the first letter of a word, options are offered only
/// where nothing else is.
fn with_completers(command: Command, asked: &Arc<Asked>) -> Command {
    let is_empty = asked.typed().is_empty();
    let command = command.mut_args(|arg| {
        let arg = if is_empty && !arg.is_positional() { arg.hide(true) } else { arg };
        let Some(what) = What::of(&arg) else { return arg };
        let asked = Arc::clone(asked);
        arg.add(ArgValueCompleter::new(move |typed: &OsStr| asked.candidates(what, typed)))
    });
    command.mut_subcommands(|command| with_completers(command, asked))
}

/// What an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Commands,
    Days,
    Explained,
    Files,
    Overridable,
    Paths,
    Profiles,
    Protocols,
    Sites,
    Tried,
}

impl What {
    fn of(arg: &Arg) -> Option<What> {
        let value = arg.get_value_names().and_then(<[_]>::first).map(Str::as_str);
        Some(match (arg.get_id().as_str(), value?) {
            (_, "PROTOCOL" | "FILE|DIR|NAME|-") => What::Protocols,
            (_, "FILE|-") => What::Files,
            (_, "A" | "B") | ("protocol", "NAME") => What::Tried,
            (_, "RULE") => What::Overridable,
            (_, "RULE | SOURCE | next") => What::Explained,
            (_, "SITE") => What::Sites,
            ("profile", _) => What::Profiles,
            ("since", _) => What::Days,
            (_, "COMMAND") => What::Commands,
            _ if arg.get_value_hint() == ValueHint::AnyPath => What::Paths,
            _ => return None,
        })
    }
}

/// The line that is typed.
struct Asked {
    shell: Shell,
    words: Vec<OsString>,
    /// Which of the words is completed.
    index: usize,
}

impl Asked {
    /// The words after the first `--`, and the variables of the script.
    fn read(shell: Shell) -> Asked {
        let words: Vec<_> = env::args_os().skip_while(|word| word != "--").skip(1).collect();
        let index = env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse().ok());
        Asked { shell, index: index.unwrap_or(words.len().saturating_sub(1)), words }.with_whole_options()
    }

    /// Bash takes `--site=left` for three words.
    fn with_whole_options(mut self) -> Asked {
        let sign = self.index.wrapping_sub(1);
        let option = self.words.get(sign.wrapping_sub(1));
        let is_option = option.is_some_and(|word| word.to_string_lossy().starts_with("--"));
        if self.shell == Shell::Bash && is_option && self.words.get(sign).is_some_and(|word| word == "=") {
            self.words.remove(sign);
            self.index = sign;
        }
        self
    }

    /// What was typed of the word.
    fn typed(&self) -> String {
        self.words.get(self.index).map(|word| word.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The text without the quotes of the shell.
    fn unquoted(&self, typed: &str) -> String {
        let mut letters = typed.strip_prefix(['"', '\'']).unwrap_or(typed).chars();
        let mut plain = String::new();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if self.shell != Shell::PowerShell => plain.extend(letters.next()),
                letter => plain.push(letter),
            }
        }
        plain
    }

    /// A value as Bash inserts it: with its own quotes where a quote was typed.
    fn as_word(&self, value: &str) -> String {
        if self.typed().starts_with(['"', '\'']) {
            return value.to_owned();
        }
        let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:=,@%+~".contains(letter);
        value.chars().flat_map(|letter| (!is_plain(letter)).then_some('\\').into_iter().chain([letter])).collect()
    }

    fn candidates(&self, what: What, typed: &OsStr) -> Vec<CompletionCandidate> {
        let typed = self.unquoted(&typed.to_string_lossy());
        let named: Vec<(String, String)> = match what {
            What::Commands => self.commands(),
            What::Days => self.days(),
            What::Explained => {
                let sources = SOURCES.iter().map(|source| (source.key.to_owned(), source.title.to_owned()));
                let next = ("next".to_owned(), "What is recommended when, and who says so".to_owned());
                rules_with(|_| true).chain(sources).chain([next]).collect()
            }
            What::Overridable => rules_with(|severity| severity == Severity::Overridable).collect(),
            What::Files | What::Paths => Vec::new(),
            What::Profiles => {
                let names = Folders::find().profiles().unwrap_or_default();
                names.into_iter().map(|name| (name, String::new())).collect()
            }
            What::Protocols => self.protocols(),
            What::Sites => Site::all().map(|site| (site.to_string(), String::new())).collect(),
            What::Tried => self.tried(),
        };
        let fits = named.into_iter().filter(|(name, _)| name.starts_with(&typed) && printable(name) == *name);
        let paths = match what {
            What::Paths => PathCompleter::any().complete(OsStr::new(&typed)),
            What::Protocols => protocol_files(&typed),
            What::Files => toml_files(&typed),
            _ => Vec::new(),
        };
        fits.map(|(name, help)| candidate(name, &help)).chain(paths).collect()
    }

    /// The folders of the person for whom the line is.
    fn folders(&self) -> Folders {
        let words: Vec<_> = self.words.iter().map(|word| word.to_string_lossy()).collect();
        let option = words.iter().position(|word| *word == "--profile").and_then(|at| words.get(at + 1));
        let joined = words.iter().find_map(|word| word.strip_prefix("--profile="));
        let profile = option.map(AsRef::as_ref).or(joined).map(str::to_owned);
        Folders::of(profile).unwrap_or_else(|_| Folders::find())
    }

    /// The protocols by name, the built-in ones first, with their summaries.
    fn protocols(&self) -> Vec<(String, String)> {
        let built_in = catalog::built_ins().into_iter().map(|entry| entry.parsed.draft);
        let mut all: Vec<_> = built_in.map(|draft| (draft.name, draft.summary)).collect();
        for own in catalog::own(&self.folders().protocols()).unwrap_or_default() {
            let summary = match &own.content {
                Ok(entry) if own.may_run() => entry.parsed.draft.summary.clone(),
                _ => format!("cannot run: therapy check {}", own.word()),
            };
            if !all.iter().any(|(name, _)| *name == own.name) {
                all.push((own.name, summary));
            }
        }
        all
    }

    /// What a trial can compare, and the history can have: protocols, and no pack at all.
    fn tried(&self) -> Vec<(String, String)> {
        let rest = (REST.to_owned(), "a rest without a pack".to_owned());
        self.protocols().into_iter().chain([rest]).collect()
    }

    /// The days of the last month that had sessions, the latest first.
    fn days(&self) -> Vec<(String, String)> {
        const MONTH_MS: i64 = 31 * 24 * 60 * 60 * 1000;
        let journal = self.folders().journal().ok().flatten();
        let since = times::stamp().wall_ms - MONTH_MS;
        let sessions = journal.and_then(|journal| journal.history(since).ok()).unwrap_or_default();
        let mut days: BTreeMap<Date, Vec<String>> = BTreeMap::new();
        for session in sessions {
            days.entry(times::date(session.started_ms)).or_default().push(session.protocol);
        }
        let days = days.into_iter().rev();
        days.map(|(day, names)| (day.to_string(), format!("{}: {}", count(names.len(), "session"), names.join(", "))))
            .collect()
    }

    /// The commands that `help` and `man` may be asked about, after the words before.
    fn commands(&self) -> Vec<(String, String)> {
        let mut program = Cli::command();
        program.build();
        let before = self.words.get(..self.index).unwrap_or_default();
        let mut before = before.iter().skip_while(|word| *word != "help" && *word != "man").skip(1);
        let found = before.try_fold(&program, |command, word| command.find_subcommand(word));
        let commands = found.into_iter().flat_map(Command::get_subcommands).filter(|command| !command.is_hide_set());
        let about = |command: &Command| command.get_about().map(ToString::to_string).unwrap_or_default();
        commands.map(|command| (command.get_name().to_owned(), about(command))).collect()
    }
}

fn candidate(name: String, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(name).help((!help.is_empty()).then(|| printable(help).into_owned().into()))
}

fn rules_with(is_wanted: impl Fn(Severity) -> bool) -> impl Iterator<Item = (String, String)> {
    let wanted = RULES.iter().filter(move |rule| is_wanted(rule.severity));
    wanted.map(|rule| (rule.id.to_string(), rules::of(rule.id).summary.to_owned()))
}

/// Protocol files, and the folders on the way to them once a letter was typed.
fn protocol_files(typed: &str) -> Vec<CompletionCandidate> {
    let mut found = toml_files(typed);
    if typed.is_empty() {
        found.retain(|candidate| is_toml(Path::new(candidate.get_value())));
    }
    found
}

/// Protocol files, and the folders on the way to them.
fn toml_files(typed: &str) -> Vec<CompletionCandidate> {
    let mut found = PathCompleter::any().filter(is_toml).complete(OsStr::new(typed));
    found.retain(|candidate| candidate.get_value() != ".");
    found
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}
