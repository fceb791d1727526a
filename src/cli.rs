//! The command line. Every help text is a doc comment here; completions and the man page are made
//! from the same definitions.

#![expect(
    missing_docs,
    reason = "clap would take the documentation of a field or a struct that is flattened for help text"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::domain::rules::{RULES, RuleId, Severity};
use crate::text::durations::minutes;

/// A timer for hot and cold therapy that counts what the skin has had
///
/// Leads you through heat and cold minute by minute: bars on the screen, desktop notifications, and
/// never more ice than skin should have. A timer, not medical advice.
#[derive(Debug, Parser)]
#[command(
    name = "therapy",
    version,
    disable_help_subcommand = true,
    max_term_width = 80,
    arg_required_else_help = true,
    after_help = "Examples:
  therapy list                      what there is
  therapy run contrast              heat and cold in turn, 20 min each
  therapy run ice --minutes 12      one shorter dose of cold
  therapy run heat --injured \"4 days ago\"
  therapy show contrast             its timeline, numbers and sources
  therapy safety                    when not to do any of this

Exit codes: 0 completed, 1 could not, 2 usage, 3 refused, 130 stopped by you."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands. Only the one that is asked for is defined in full.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Show the protocols: the built-in ones and your own
    List {
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Draw one protocol to scale, with the source of every number
    Show {
        /// A name from `therapy list`, or a .toml file
        protocol: String,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Run a session
    #[command(after_help = "Keys while it runs on a terminal:
  space  pause (the pack is off), and go on
  s      skip to the next step
  +      a minute more, as far as the rules allow
  Enter  done: the change is made
  q      stop; so does Ctrl-C

Examples:
  therapy run contrast
  therapy run ice --minutes 15
  therapy run acute --injured \"30h ago\"
  therapy run my-protocol.toml --dry-run")]
    Run(RunArgs),
    /// Say what may run now, what is best and why, and when the next may
    Next {
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Show the injury clock, set or clear it
    Injury {
        #[command(subcommand)]
        command: Option<InjuryCommand>,
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Show the running session, from any shell; exit 1 when none runs
    Status(StatusArgs),
    /// Pause the running session: the pack is off
    Pause,
    /// Go on: with the running session, or with one that was cut off
    Resume {
        /// How to show a session that was cut off
        #[arg(long, value_enum)]
        progress: Option<Progress>,
        /// No desktop notifications
        #[arg(long)]
        no_notify: bool,
    },
    /// Skip to the next step of the running session
    Skip,
    /// Stop the running session, or close one that was cut off
    Stop,
    /// Give the running step more time, as far as the rules allow
    Extend {
        /// How much, such as 2min
        #[arg(value_name = "DURATION", value_parser = humantime::parse_duration)]
        length: Duration,
    },
    /// Show past sessions: doses planned and given, and the pain
    History(HistoryArgs),
    /// Note the pain now, tied to the last session
    Pain {
        /// 0 to 10
        #[arg(value_name = "N", value_parser = clap::value_parser!(u8).range(0..=10))]
        score: u8,
    },
    /// Review protocol files and tell all their problems
    ///
    /// Exits 0 when every file may run, 2 when a file cannot be read as a protocol, 3 when a rule
    /// refuses one.
    Check {
        /// Protocol files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Say why a rule exists, or what a source says
    Explain {
        /// A rule or a source; without one, all are listed
        #[arg(value_name = "RULE | SOURCE")]
        name: Option<String>,
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Say when to stop, when to ask first, and what this is not
    Safety {
        #[command(flatten)]
        json: JsonFlag,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page, or that of one command
    Man {
        /// Of this command
        command: Option<String>,
    },
}

// Results as JSON.
#[derive(Args, Clone, Copy, Debug)]
pub struct JsonFlag {
    /// Print one JSON document instead
    #[arg(long)]
    pub json: bool,
}

// What a person chooses about a protocol.
#[derive(Args, Debug)]
pub struct Which {
    /// Length of the one dose of a one-step protocol, in minutes such as 15 or 12.5
    #[arg(long, value_name = "N", value_parser = minutes, allow_negative_numbers = true)]
    pub minutes: Option<Duration>,

    /// Rounds of a protocol that has rounds
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub rounds: Option<u32>,

    /// When the injury happened: "30h ago", "2 days ago", "2026-11-20 18:30" or RFC 3339
    #[arg(long, value_name = "WHEN")]
    pub injured: Option<String>,
}

// Options of `run`.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// A name from `therapy list`, or a .toml file; what `next` recommends when left out
    pub protocol: Option<String>,

    #[command(flatten)]
    pub which: Which,

    /// Pain before the session, 0 to 10; the pain after it is asked at the end
    #[arg(long, value_name = "0-10", value_parser = clap::value_parser!(u8).range(0..=10))]
    pub pain: Option<u8>,

    /// Every change waits for you; until then the alarm repeats and the dose goes on counting
    #[arg(long)]
    pub confirm: bool,

    /// Go on although this rule refuses; may be repeated
    #[arg(long = "override", value_name = "RULE", value_parser = overridable)]
    pub overrides: Vec<RuleId>,

    /// How to show progress [default: bars on a terminal, plain lines elsewhere]
    #[arg(long, value_enum)]
    pub progress: Option<Progress>,

    /// No desktop notifications
    #[arg(long)]
    pub no_notify: bool,

    /// Go through the whole session at once, in virtual time; nothing is recorded
    #[arg(long, conflicts_with_all = ["speed", "confirm"])]
    pub dry_run: bool,

    /// Rehearse in real time at N times the speed; nothing is recorded
    #[arg(long, value_name = "N", value_parser = speed, allow_negative_numbers = true)]
    pub speed: Option<f64>,
}

impl RunArgs {
    /// Whether nothing is recorded: a dry run, or a rehearsal at another speed.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        self.dry_run || self.speed.is_some()
    }
}

// What to do with the injury clock.
#[derive(Debug, Subcommand)]
pub enum InjuryCommand {
    /// Note when it happened
    Set {
        /// "30h ago", "2 days ago", "2026-11-20 18:30" or RFC 3339
        #[arg(value_name = "WHEN")]
        when: String,
    },
    /// Forget it; earlier settings are kept in the journal
    Clear,
}

// Options of `status`.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub struct StatusArgs {
    /// Print one JSON document instead
    #[arg(long)]
    pub json: bool,

    /// Print the JSON of a waybar module instead
    #[arg(long)]
    pub waybar: bool,

    /// Print this text, with fields such as {kind} {left} {step} {of} filled in
    #[arg(long, value_name = "TEXT")]
    pub format: Option<String>,
}

// Options of `history`.
#[derive(Args, Debug)]
pub struct HistoryArgs {
    /// Only sessions since then: 30d, or a point in time
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,

    /// Print one JSON document instead
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,

    /// Print comma-separated values instead
    #[arg(long)]
    pub csv: bool,
}

/// How a session shows its progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// Bars on a terminal, plain lines elsewhere
    Auto,
    /// Bars
    Bar,
    /// One line an event
    Plain,
    /// One JSON object an event, on standard output
    Json,
    /// Nothing but notifications and warnings
    Quiet,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.1..=100_000.0).contains(&speed) => Ok(speed),
        _ => Err("write a number from 0.1 to 100000".to_owned()),
    }
}

fn overridable(text: &str) -> Result<RuleId, String> {
    let names = RULES.iter().filter(|rule| rule.severity == Severity::Overridable).map(|rule| rule.id.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    match RuleId::from_name(text) {
        Some(id) if id.rule().severity == Severity::Overridable => Ok(id),
        Some(id) => Err(format!("{id} cannot be overridden; only {names} can")),
        None => Err(format!("there is no such rule; these can be overridden: {names}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
