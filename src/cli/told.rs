//! The options of `therapy log`, `note` and `pain`: what the timer did not see.

use clap::{ArgAction, Args};

use crate::domain::site::Site;
use crate::domain::step::Modality;
use crate::text::{sites, told};

// Options of `log`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy log cold 15min
  therapy log heat 20 --ended \"1h ago\" --site left-knee
  therapy log cold \"half an hour\" --ended 18:40

No rule refuses it, and it counts for every rule. It takes nothing off the load
of the other modality. Was it wrong? therapy undo")]
pub struct LogArgs {
    /// What was on the skin: cold or heat
    #[arg(value_name = "cold|heat", value_parser = told::kind)]
    pub kind: Modality,

    /// How long it was on, at most a day: 15 or 15min, "1h 30min"
    #[arg(value_name = "DURATION", required = true, allow_negative_numbers = true)]
    pub length: Vec<String>,

    /// When it came off, such as "1h ago" or 18:40 [default: now]
    #[arg(long, value_name = "WHEN", num_args = 1.., action = ArgAction::Set)]
    pub ended: Option<Vec<String>>,

    /// Where the pack lay, such as left-knee [default: that of the only injury or config.toml, else lower-back]
    #[arg(long, value_name = "SITE", value_parser = sites::read)]
    pub site: Option<Site>,
}

// Options of `note`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy note \"skin was white for a minute\"
  therapy note \"slept badly\" --at \"this morning\"")]
pub struct NoteArgs {
    /// What to note, at most 500 letters
    #[arg(value_name = "TEXT", required = true)]
    pub text: Vec<String>,

    /// The moment that it is about, such as "2h ago" or 18:40 [default: now]
    #[arg(long, value_name = "WHEN", num_args = 1.., action = ArgAction::Set)]
    pub at: Option<Vec<String>>,

    /// Where, such as left-knee [default: the site of the session]
    #[arg(long, value_name = "SITE", value_parser = sites::read)]
    pub site: Option<Site>,
}

// Options of `pain`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  therapy pain 4
  therapy pain 6 --at \"2h ago\" --site left-knee

Within two hours after the end of a session it is the pain after that session.
Otherwise it stands alone.")]
pub struct PainArgs {
    /// From 0, no pain, to 10, the worst
    #[arg(value_name = "N", required = true, allow_negative_numbers = true)]
    pub score: Vec<String>,

    /// The moment that it is about, such as "2h ago" or 18:40 [default: now]
    #[arg(long, value_name = "WHEN", num_args = 1.., action = ArgAction::Set)]
    pub at: Option<Vec<String>>,

    /// Where it hurts, such as left-knee [default: the site of the last session]
    #[arg(long, value_name = "SITE", value_parser = sites::read)]
    pub site: Option<Site>,
}
