//! The defaults of `run` in `config.toml`, and how progress is shown.

use std::io;

use anyhow::anyhow;
use clap::ValueEnum as _;

use super::folders::Folders;
use super::{Exit, Failure, draw, is_dumb, is_terminal};
use crate::cli::Progress;
use crate::format::{self, Settings};
use crate::report;
use crate::text::printable::printable;

/// Reads `config.toml`, if there is one.
pub(super) fn settings(folders: &Folders) -> Result<Settings, Failure> {
    let path = folders.config.join("config.toml");
    let place = printable(&path.to_string_lossy()).into_owned();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(error) => {
            return Err(Failure { exit: Exit::Usage, ..anyhow!("could not read {place}: {error}").into() });
        }
    };
    let (settings, problems) = format::settings(&text);
    if problems.is_empty() {
        return Ok(settings);
    }
    draw(&report::render(&problems, &place, &text, console::colors_enabled_stderr()));
    Err(Failure::new(Exit::Usage, anyhow!("{place} cannot be read"), "fix the lines above, or move the file away"))
}

/// How progress is shown: as the person asks, else as `config.toml` says, else as the terminal can. The
/// result is never `auto`.
pub(super) fn progress(asked: Option<Progress>, settings: &Settings, dry_run: bool) -> Progress {
    let configured = || settings.progress.as_deref().and_then(|name| Progress::from_str(name, false).ok());
    let wanted = asked.or_else(configured).unwrap_or(Progress::Auto);
    let bars = is_terminal(&io::stderr()) && !is_dumb() && !dry_run;
    match wanted {
        Progress::Auto | Progress::Bar if bars => Progress::Bar,
        Progress::Auto | Progress::Bar => Progress::Plain,
        other => other,
    }
}
