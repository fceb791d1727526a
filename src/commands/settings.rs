//! How a session is started and shown: flags first, then `config.toml`, then what the terminal can do.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use clap::ValueEnum as _;

use super::folders::Folders;
use super::{Exit, Failure, draw, is_dumb};
use crate::cli::{Alarms, Progress, Sound};
use crate::domain::site::Site;
use crate::edge::files;
use crate::format;
use crate::format::report;
use crate::text::printable::printable;
use crate::text::sites::titled;
use crate::text::typed::quoted;

/// The settings of one session.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// How progress is shown; never `auto`.
    pub(super) progress: Progress,
    /// Whether there are desktop notifications.
    pub(super) notify: bool,
    /// The `config.toml` that asks for a confirmation at every change.
    pub(super) confirm: Option<String>,
    /// The changeover that `config.toml` asks for.
    pub(super) changeover: Option<Duration>,
    /// Whether it plays sounds of its own, and how loud, from 0 to 1.
    pub(super) sound: Sound,
    pub(super) volume: f64,
    /// Whether it speaks.
    pub(super) speak: bool,
    /// The program that is called for each event, and its arguments.
    pub(super) on_event: Option<Vec<String>>,
    /// Whose session it is, when there are several people.
    pub(super) profile: Option<String>,
    /// Where the journal is.
    pub(super) data: PathBuf,
    /// Where the sounds are kept.
    pub(super) cache: PathBuf,
}

impl Settings {
    /// A name as a person sees it: with its site, and with whose it is.
    pub(super) fn titled(&self, name: &str, site: Option<Site>) -> String {
        let title = titled(name, site);
        self.profile.as_ref().map_or_else(|| title.clone(), |whose| format!("{whose}, {title}"))
    }

    /// Whether a person reads what the session prints.
    pub(super) fn is_for_people(&self) -> bool {
        !matches!(self.progress, Progress::Json | Progress::Quiet)
    }
}

/// Combines the flags with `config.toml`, if there is one.
pub(super) fn settings(folders: &Folders, flags: &Alarms) -> Result<Settings, Failure> {
    const VOLUME: u32 = 70;
    let defaults = read(folders)?;
    let configured = || defaults.progress.as_deref().and_then(|name| Progress::from_str(name, false).ok());
    let bars = io::stderr().is_terminal() && !is_dumb();
    let progress = match flags.progress.or_else(configured).unwrap_or(Progress::Auto) {
        Progress::Auto | Progress::Bar if bars => Progress::Bar,
        Progress::Auto | Progress::Bar => Progress::Plain,
        other => other,
    };
    let sound = || defaults.sound.as_deref().and_then(|name| Sound::from_str(name, false).ok());
    let on_event = match &flags.reach.on_event {
        Some(command) => words(command)?,
        None => defaults.on_event,
    };
    Ok(Settings {
        progress,
        notify: !(flags.reach.no_notify || defaults.no_notify),
        confirm: folders.settings().filter(|_| defaults.confirm).map(|path| quoted(&path.to_string_lossy())),
        changeover: defaults.changeover,
        sound: flags.reach.sound.or_else(sound).unwrap_or(Sound::Auto),
        volume: f64::from(defaults.volume.unwrap_or(VOLUME)) / 100.0,
        speak: flags.reach.speak || defaults.speak,
        on_event: (!on_event.is_empty()).then_some(on_event),
        profile: folders.profile.clone(),
        data: folders.data.clone(),
        cache: folders.cache.clone(),
    })
}

/// The words of a command, with quotes as in a shell. It is never given to one.
fn words(command: &str) -> Result<Vec<String>, Failure> {
    let unclear = || {
        let error = anyhow!("a quote of --on-event has no end: {}", printable(command));
        Failure::new(Exit::Usage, error, "try: --on-event \"notify-phone 'my phone'\"")
    };
    // On Windows a backslash is part of a path.
    let command = if cfg!(windows) { command.replace('\\', "\\\\") } else { command.to_owned() };
    shlex::split(&command).ok_or_else(unclear)
}

/// The changeover that `config.toml` asks for, as far as the file can be read: `run` reports what is wrong with it.
pub(super) fn changeover(folders: &Folders) -> Option<Duration> {
    let bytes = files::read(&folders.settings()?).ok()?;
    format::settings(&format::decoded(&bytes).0).0.changeover
}

/// The file, as far as it has no problem.
pub(super) fn read(folders: &Folders) -> Result<format::Settings, Failure> {
    let Some(path) = folders.settings() else { return Ok(format::Settings::default()) };
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
