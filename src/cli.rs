//! The command line. Every help text is a doc comment here; completions and man pages come from the same
//! definitions.

#![expect(missing_docs, reason = "clap shows the documentation of a flattened field or struct as help text")]

mod alarms;
mod exchange;
pub mod files;
mod next;
pub mod past;
pub mod plan;
pub mod report;
mod shell;
pub mod told;
pub mod trial;
mod values;
mod which;

use std::path::PathBuf;

pub use alarms::{Alarms, Progress, Reach, Sound};
use clap::builder::styling::{Style, Styles};
use clap::{ArgAction, Args, ColorChoice, Parser, Subcommand};
pub use exchange::{ExportArgs, Format, ImportArgs};
pub use files::Form;
use files::{AddArgs, NewArgs};
pub use next::{NextArgs, Waits};
use past::{HistoryArgs, StatsArgs};
use plan::PlanArgs;
use report::ReportArgs;
pub use shell::Shell;
use told::{LogArgs, NoteArgs, PainArgs};
use trial::{Place, TrialCommand};
use values::{overridable, speed};
pub use which::Which;

use crate::domain::rules::RuleId;
use crate::domain::site::Site;
use crate::text::sites;
use crate::text::typed::pain;

/// Bold and no colour: green and yellow cannot be read on a light terminal.
const STYLES: Styles = {
    let bold = Style::new().bold();
    Styles::styled().error(bold).valid(bold).invalid(bold)
};

/// Hot and cold therapy timer that tracks the dose on your skin
///
/// Guides you through heat and cold minute by minute, with bars on the screen and desktop
/// notifications, and limits the dose. A timer, not medical advice.
#[derive(Debug, Parser)]
#[command(
    name = "therapy",
    // Not the name of the file, which may have an end.
    bin_name = "therapy",
    version,
    styles = STYLES,
    disable_help_subcommand = true,
    max_term_width = 80,
    after_help = "Examples:
  therapy list                      all protocols
  therapy run contrast              alternating heat and cold, 20 min each
  therapy run ice --minutes 12      one shorter dose of cold
  therapy run heat --injured \"4 days ago\"
  therapy show contrast             its timeline, numbers and sources
  therapy safety                    when to stop and get help

Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 130 stopped, 143 cut off"
)]
pub struct Cli {
    /// What to do; without it, an overview.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Use the journal and settings of another person
    #[arg(long, value_name = "NAME", global = true)]
    pub profile: Option<String>,

    /// Use colours; auto: on a terminal that shows them
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto, global = true)]
    pub color: ColorChoice,
}

/// The subcommands. Clap builds only the requested one in full.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// List the built-in protocols and your own
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Draw one protocol to scale, with the source of every number
    Show {
        /// A name from `therapy list`, or a .toml file
        protocol: String,
        #[command(flatten)]
        which: Which,
        /// Print a page for a patient instead, on one sheet of A4: `--handout html > page.html`
        #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "text", conflicts_with = "json")]
        handout: Option<Form>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run a session
    #[command(after_help = "Keys while it runs on a terminal:
  space  pause when you take the pack off, resume when it is back on
  s      skip to the next step
  +      one minute more, within the limits
  Enter  done: you have changed the pack
  t      tell the time left
  q      stop, as does Ctrl-C

Examples:
  therapy run contrast
  therapy run ice --minutes 15 --ready
  therapy run contrast --heat 15 --cold 10
  therapy run contrast --changeover 30s
  therapy run acute --injured \"30h ago\"
  therapy run ice --when-allowed
  therapy run my-protocol.toml --dry-run")]
    Run(RunArgs),
    /// Show what you can do now, what is recommended, and when the rest becomes available
    Next(NextArgs),
    /// Plan the coming sessions inside your waking hours
    Plan(PlanArgs),
    /// Show, set or clear injuries: where, and when
    Injury {
        #[command(subcommand)]
        command: Option<InjuryCommand>,
        /// When it was, as with `set`; a day alone counts to its end
        #[arg(value_name = "WHEN")]
        when: Vec<String>,
        /// Where it is, such as left-ankle; each site has its own clock
        #[arg(long, value_name = "SITE", value_parser = sites::read, global = true)]
        site: Option<Site>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the running session; exits 1 when there is none
    Status {
        #[command(flatten)]
        form: StatusArgs,
        /// Print a line whenever it changes, until nobody reads it
        #[arg(long)]
        watch: bool,
        /// Only a session at this site
        #[arg(long, value_name = "SITE", value_parser = sites::read)]
        site: Option<Site>,
    },
    /// Pause the running session when you take the pack off
    Pause,
    /// Resume the running session, or one that was cut off
    Resume {
        #[command(flatten)]
        alarms: Alarms,
    },
    /// Skip to the next step of the running session
    Skip,
    /// Stop the running session, or close one that was cut off
    Stop {
        /// When the pack came off, for a session that was cut off: 18:40, "5min ago"
        #[arg(long, value_name = "WHEN", num_args = 1.., action = ArgAction::Set)]
        off: Option<Vec<String>>,
    },
    /// Give the running step more time, within the limits
    Extend {
        /// How much longer: 2 or 2min, 90s
        #[arg(value_name = "DURATION", required = true, allow_negative_numbers = true)]
        length: Vec<String>,
    },
    /// Show the last two weeks, and past sessions with dose and pain
    History(HistoryArgs),
    /// Add up sessions, doses and the change of pain
    ///
    /// Doses that you logged count. With fewer than 6 pairs of scores, before and after, nothing is said about the pain.
    Stats(StatsArgs),
    /// Write a page for a clinician: pain, doses, and what to look at
    Report(ReportArgs),
    /// Compare two options on yourself, in an order drawn at random
    #[command(subcommand)]
    Trial(TrialCommand),
    /// Copy the whole journal into a new file, also for other programs
    Export(ExportArgs),
    /// Import what another journal exported, without duplicates
    Import(ImportArgs),
    /// Note the pain, now or at another time
    Pain(PainArgs),
    /// Log a dose of cold or heat that was given without the timer
    Log(LogArgs),
    /// Note something about the last session, or about another time
    Note(NoteArgs),
    /// Take back the last log, note or pain
    ///
    /// What the timer measured is never taken back. A dose that was logged goes on counting for 24 h.
    Undo,
    /// Check protocol files and report every problem
    ///
    /// Exits 0 when every protocol may run, 2 when one cannot be read, 3 when a rule refuses one.
    Check {
        /// A protocol file, a folder of them, a name from `therapy list`, or - for standard input
        #[arg(required = true, value_name = "FILE|DIR|NAME|-")]
        files: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a new protocol file, with comments, for you to change
    New(NewArgs),
    /// Add a protocol file that somebody sent you to your own protocols
    ///
    /// It is checked and shown in short first. Nothing that is there is overwritten.
    Add(AddArgs),
    /// Print the JSON Schema of protocol files, for editors
    #[command(after_help = "Example:
  therapy schema > protocol.schema.json
  and as the first line of a protocol file beside it:
  #:schema ./protocol.schema.json")]
    Schema,
    /// Explain a rule, a source, or what `next` recommends
    Explain {
        /// A rule, a source, or next [default: list all]
        #[arg(value_name = "RULE | SOURCE | next")]
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Try which alarms can reach you, and what a session needs
    ///
    /// Exits 0 when an alarm can reach you by more than the screen, 1 otherwise.
    Selftest {
        #[command(flatten)]
        reach: Reach,
        /// Print JSON, and ask nothing
        #[arg(long)]
        json: bool,
    },
    /// List the people on this machine who have a journal of their own
    Profiles {
        /// Make one, for --profile NAME
        #[arg(long, value_name = "NAME", conflicts_with = "json")]
        add: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show when to stop and get help, and whom to ask first
    Safety {
        /// Ask whether a sign applies to you
        #[arg(long, conflicts_with_all = ["json", "answer"])]
        ask: bool,
        /// Answer beforehand: none, or the numbers of the signs that apply, such as 2,5
        #[arg(long, value_name = "N,…", conflicts_with = "json")]
        answer: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print completions for a shell
    ///
    /// They ask the program, so that your own protocols are completed too, except in nushell.
    #[command(after_help = "Examples:
  source <(therapy completions bash)      in ~/.bashrc
  source <(therapy completions zsh)       in ~/.zshrc, after compinit
  therapy completions fish | source       in ~/.config/fish/config.fish")]
    Completions {
        /// The name of the shell
        shell: Shell,
    },
    /// Show the man page of the program or of one command
    ///
    /// A terminal gets it as text, and a file or a pipe as roff.
    #[command(after_help = "Examples:\n  therapy man run | man -l -\n  therapy man --to ~/.local/share/man/man1")]
    Man {
        /// The command, such as `run` or `injury set`
        command: Vec<String>,
        /// Write the pages of all commands into this folder
        #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
        to: Option<PathBuf>,
    },
    /// Print the help of the program or of one command
    Help {
        /// The command, such as `run` or `injury set`
        command: Vec<String>,
    },
    /// Print the version
    #[command(hide = true)]
    Version,
}

// Options of `run`.
#[derive(Args, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct RunArgs {
    /// A name from `therapy list`, or a .toml file [default: the one that `therapy next` recommends]
    pub protocol: Option<String>,

    /// Length of a one-step protocol in minutes, as with `--minutes`
    #[arg(value_name = "MINUTES", conflicts_with_all = ["minutes", "heat", "cold", "rest"], allow_negative_numbers = true)]
    pub length: Vec<String>,

    #[command(flatten)]
    pub which: Which,

    /// Pain before the session, 0 to 10; you are asked again after it
    #[arg(long, value_name = "0-10", value_parser = pain, allow_negative_numbers = true)]
    pub pain: Option<u8>,

    /// Say that it is an intense spasm, when no protocol is named
    #[arg(long, conflicts_with = "protocol")]
    pub spasm: bool,

    /// Wait for Enter before the first step, so that you can put the pack on
    #[arg(long)]
    pub ready: bool,

    #[command(flatten)]
    pub waits: Waits,

    /// Wait for you at every change; until you answer, the alarm repeats and the dose grows
    #[arg(long)]
    pub confirm: bool,

    /// Run although this rule refuses; may be repeated
    #[arg(long = "override", value_name = "RULE", value_parser = overridable)]
    pub overrides: Vec<RuleId>,

    #[command(flatten)]
    pub alarms: Alarms,

    /// Show the whole session at once, in virtual time; nothing is recorded
    #[arg(long, conflicts_with_all = ["speed", "confirm", "ready"])]
    pub dry_run: bool,

    /// Rehearse at N times the speed; nothing is recorded
    #[arg(long, value_name = "N", value_parser = speed, allow_negative_numbers = true)]
    pub speed: Option<f64>,

    // Not an option: `trial next` sets it.
    #[arg(skip)]
    pub drawn: Option<Place>,
}

// What to do with the time of the injury.
#[derive(Debug, Subcommand)]
pub enum InjuryCommand {
    /// Set the time of the injury
    Set {
        /// Such as 30h ago, last night, Monday 18:00, 24 Nov 6pm or 2026-11-20
        ///
        /// The time must be in the past. If the text leaves a range, such as a day, the latest time in it counts,
        /// because that keeps heat away longer.
        #[arg(value_name = "WHEN", required = true)]
        when: Vec<String>,
    },
    /// Say that there is no injury: this is for training, or a habit
    None,
    /// Forget the injury
    Clear,
}

// Options of `status`.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub struct StatusArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// Print JSON for a waybar module
    #[arg(long)]
    pub waybar: bool,

    /// Print this text with its fields filled in, such as "{kind} {left}"
    #[arg(long, value_name = "TEXT")]
    pub format: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
