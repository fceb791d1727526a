//! The options of `therapy new` and `therapy add`, and the forms of a page for a patient: files of protocols.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

// Options of `new`.
#[derive(Args, Debug)]
#[command(after_help = "From a new file to a session:
  therapy new knee-contrast
  $EDITOR ~/.config/therapy/protocols/knee-contrast.toml
  therapy check knee-contrast
  therapy run knee-contrast --dry-run")]
pub struct NewArgs {
    /// The name, as `therapy run` takes it, such as knee-contrast
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Open it with $VISUAL or $EDITOR
    #[arg(long)]
    pub edit: bool,
}

// Options of `add`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy add Downloads/knee-contrast.toml
  therapy add Downloads/knee-contrast.toml --name my-knee
  cat knee-contrast.toml | therapy add -

Exits 2 when it cannot be read or its name is taken, 3 when a rule refuses it.")]
pub struct AddArgs {
    /// A protocol file, or - for standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,

    /// Add it under this name [default: the name in the file, else that of the file]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

// The form of a page for a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Text,
    Md,
    Html,
}
