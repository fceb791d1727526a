//! The options of `therapy export` and `therapy import`: data that goes out and comes in.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The journal itself, to use it on another machine
    Db,
    /// One JSON object a line, which `therapy import` reads
    Ndjson,
    /// One table, for a spreadsheet
    Csv,
}

// Options of `export`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy export therapy.db
  therapy export therapy.ndjson     for other programs, and for therapy import
  therapy export therapy.csv        for a spreadsheet
  therapy export --format ndjson -  to standard output")]
pub struct ExportArgs {
    /// The new file, or - for standard output
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The format [default: by the extension of the file, else db]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
}

// Options of `import`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy import therapy.ndjson --dry-run
  therapy import therapy.ndjson

What is imported counts for every rule, and cannot be taken back. What is in
this journal already stays as it is.")]
pub struct ImportArgs {
    /// A file that `therapy export` wrote as ndjson, or - for standard input
    #[arg(value_name = "FILE.ndjson")]
    pub file: PathBuf,

    /// Show what would be imported; nothing is written
    #[arg(long)]
    pub dry_run: bool,
}
