//! How a session is started and shown: flags first, then `config.toml`, then what the terminal can do.

use std::io::{self, IsTerminal as _};

use anyhow::anyhow;
use clap::ValueEnum as _;

use super::folders::Folders;
use super::{Exit, Failure, draw, is_dumb};
use crate::cli::Progress;
use crate::edge::files;
use crate::format;
use crate::format::report;
use crate::text::printable::printable;

/// The settings of one session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// How progress is shown; never `auto`.
    pub(super) progress: Progress,
    /// Whether there are desktop notifications.
    pub(super) notify: bool,
    /// Whether `config.toml` asks for a confirmation at every change.
    pub(super) confirm: bool,
}

impl Settings {
    /// Whether a person reads what the session prints.
    pub(super) fn is_for_people(self) -> bool {
        !matches!(self.progress, Progress::Json | Progress::Quiet)
    }
}

/// Combines the flags with `config.toml`, if there is one.
pub(super) fn settings(folders: &Folders, progress: Option<Progress>, no_notify: bool) -> Result<Settings, Failure> {
    let defaults = read(folders)?;
    let configured = || defaults.progress.as_deref().and_then(|name| Progress::from_str(name, false).ok());
    let bars = io::stderr().is_terminal() && !is_dumb();
    let progress = match progress.or_else(configured).unwrap_or(Progress::Auto) {
        Progress::Auto | Progress::Bar if bars => Progress::Bar,
        Progress::Auto | Progress::Bar => Progress::Plain,
        other => other,
    };
    Ok(Settings { progress, notify: !(no_notify || defaults.no_notify), confirm: defaults.confirm })
}

fn read(folders: &Folders) -> Result<format::Settings, Failure> {
    let Some(config) = &folders.config else { return Ok(format::Settings::default()) };
    let path = config.join("config.toml");
    let place = printable(&path.to_string_lossy()).into_owned();
    let bytes = match files::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(format::Settings::default()),
        Err(error) => return Err(Failure { exit: Exit::Usage, ..anyhow!("could not read {place}: {error}").into() }),
    };
    let (text, bad) = format::decoded(&bytes);
    let (settings, mut problems) = format::settings(&text);
    problems.splice(0..0, bad);
    if problems.is_empty() {
        return Ok(settings);
    }
    draw(&report::render(&problems, &place, &text, console::colors_enabled_stderr()));
    Err(Failure::new(Exit::Usage, anyhow!("{place} cannot be read"), "fix the lines above, or move the file away"))
}
