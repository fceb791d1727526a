//! `therapy selftest`: tries every way to reach a person, and what a session rests on. It must not know how they work.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Context as _;
use console::Term;
use serde::Serialize;

use super::folders::Folders;
use super::rungs::{is_remote, mode};
use super::settings::{Settings, settings};
use super::times::{in_full, known_zone, stamp};
use super::{Exit, Failure, ask_yes_no, can_ask, is_dumb, print, print_json, say};
use crate::cli::{Alarms, Reach, Sound};
use crate::edge::inbox::Inbox;
use crate::edge::journal::Journal;
use crate::edge::keys::Keys;
use crate::edge::sound::{self, Mode, Worked};
use crate::edge::window::Known;
use crate::edge::{clock, hook, notification};
use crate::text::printable::{aligned, printable};
use crate::text::selftest as text;

/// One way to reach a person.
#[derive(Serialize)]
struct Rung {
    #[serde(rename = "rung")]
    name: &'static str,
    /// `None` when it was not tried.
    works: Option<bool>,
    why: String,
    /// Whether a session uses it.
    on: bool,
}

/// One thing that a session rests on.
#[derive(Serialize)]
struct Check {
    #[serde(rename = "check")]
    name: &'static str,
    /// `None` when it is not known.
    works: Option<bool>,
    why: String,
}

#[derive(Serialize)]
struct Report {
    rungs: Vec<Rung>,
    checks: Vec<Check>,
    /// The rungs besides the screen by which an alarm reaches the person.
    reached_by: Vec<&'static str>,
}

/// Tries everything that a session with these options would use.
pub(super) fn run(folders: &Folders, reach: Reach, json: bool) -> Result<Exit, Failure> {
    let settings = settings(folders, &Alarms { progress: None, reach })?;
    // Without an inbox, any signal ends what was started, and then the process.
    let _keys = Keys::take(false, Inbox::default().sender()).context("could not listen to signals")?;
    let (journal, recorded) = journal(folders);
    let person = Person { journal, asks: can_ask() && !json };
    let screen = screen(&person)?;
    let (notification, plays_sounds) = notification(&settings);
    let rungs = vec![
        screen,
        notification,
        played(&settings, plays_sounds, &person)?,
        spoken(&settings, &person)?,
        called(&settings),
    ];
    let checks = vec![clock_check(), recorded, zone_check()];
    let reaches = |rung: &&Rung| rung.name != "screen" && rung.on && rung.works == Some(true);
    let reached_by: Vec<_> = rungs.iter().filter(reaches).map(|rung| rung.name).collect();
    let exit = if reached_by.is_empty() { Exit::Failed } else { Exit::Completed };
    let report = Report { rungs, checks, reached_by };
    if json { print_json(&report) } else { print(in_words(&report)) }.map(|_| exit)
}

/// Said before a session that may play sounds, once.
pub(super) fn never_tried(settings: &Settings, journal: &Journal) -> Option<String> {
    let may_play = mode(settings).is_some() && io::stderr().is_terminal();
    let is_new = may_play && !journal.knows_of("sound").unwrap_or(true);
    (is_new && journal.note_tried("sound", None, None, &stamp()).is_ok()).then(|| text::NEVER_TRIED.to_owned())
}

/// The person at the terminal, if there is one, and what they said before.
struct Person {
    journal: Option<Journal>,
    asks: bool,
}

impl Person {
    /// Whether they heard a player, a voice or a bell: their answer now, or the last one about the same program.
    fn heard(&self, rung: &str, program: &str, question: &str) -> Result<Option<bool>, Failure> {
        let answer = if self.asks { ask_yes_no(question)? } else { None };
        let Some(journal) = &self.journal else { return Ok(answer) };
        let noted = journal.note_tried(rung, Some(program), answer, &stamp());
        noted.and_then(|()| journal.was_heard(rung, program)).or_else(|error| {
            say(&format!("warning: {error}; the answer is not stored"));
            Ok(answer)
        })
    }

    /// A rung whose program was tried. `missing`: there is none.
    fn judge(
        &self,
        rung: &'static str,
        worked: Result<Option<Worked>, String>,
        missing: &str,
    ) -> Result<(bool, String), Failure> {
        Ok(match worked {
            Ok(Some(Worked { program, took, failed })) => {
                let heard = self.heard(rung, program, &text::question(program))?;
                let before = failed.map(|why| format!("; before it, {why}")).unwrap_or_default();
                (heard != Some(false), text::played(program, took, heard) + &before)
            }
            Ok(None) => (false, missing.to_owned()),
            Err(why) => (false, why),
        })
    }
}

fn untried(name: &'static str, why: &str) -> Rung {
    Rung { name, works: None, why: why.to_owned(), on: false }
}

/// The terminal rings once.
fn screen(person: &Person) -> Result<Rung, Failure> {
    let name = "screen";
    let Some(size) = Term::stderr().size_checked() else {
        return Ok(Rung { name, works: Some(false), why: text::NO_TERMINAL.to_owned(), on: true });
    };
    let _ = io::stderr().write_all(b"\x07");
    let heard = person.heard("bell", &std::env::var("TERM").unwrap_or_default(), text::BELL_QUESTION)?;
    let known = Known::by_environment();
    let beside = [("title", known.title), ("progress", known.progress), ("notification", known.notifies.is_some())];
    let shown = text::screen(size, console::colors_enabled_stderr(), is_dumb(), &beside);
    Ok(Rung { name, works: Some(true), why: format!("{shown}; {}", text::bell(heard)), on: true })
}

/// The notification, and whether its service plays sounds.
fn notification(settings: &Settings) -> (Rung, bool) {
    if !settings.notify {
        return (untried("notification", text::NO_NOTIFY), false);
    }
    let tried = notification::try_out(text::TITLE, text::BODY);
    let works = Some(tried.is_ok());
    let plays_sounds = tried.as_ref().is_ok_and(|service| service.plays_sounds);
    let why = match tried {
        Ok(service) => text::notification(service.name.as_deref(), service.plays_sounds),
        Err(_) if !cfg!(feature = "notify") => text::NOT_BUILT.to_owned(),
        Err(why) => text::no_notification(&printable(&why)),
    };
    (Rung { name: "notification", works, why, on: true }, plays_sounds)
}

/// `by_desktop`: the notification service plays a sound.
fn played(settings: &Settings, by_desktop: bool, person: &Person) -> Result<Rung, Failure> {
    let why_not = match mode(settings) {
        None if settings.sound == Sound::Off => Some(text::NO_SOUND),
        None => Some(text::SOUND_ELSEWHERE),
        Some(Mode::Auto) if by_desktop => Some(text::SOUND_BY_DESKTOP),
        Some(_) => None,
    };
    if let Some(why) = why_not {
        return Ok(untried("sound", why));
    }
    let tried = sound::try_players(settings.volume, &settings.cache);
    let (works, why) = person.judge("sound", tried, text::NO_PLAYER)?;
    Ok(Rung { name: "sound", works: Some(works), why, on: true })
}

fn spoken(settings: &Settings, person: &Person) -> Result<Rung, Failure> {
    if !settings.speak && is_remote() {
        return Ok(untried("speech", text::SPEECH_ELSEWHERE));
    }
    let (works, why) = person.judge("speech", sound::try_voices(text::SPOKEN), text::NO_VOICE)?;
    let why = if works && !settings.speak { format!("{why}; {}", text::SPEECH_IS_OFF) } else { why };
    Ok(Rung { name: "speech", works: Some(works), why, on: settings.speak })
}

fn called(settings: &Settings) -> Rung {
    let Some(command) = &settings.on_event else { return untried("hook", text::NO_HOOK) };
    let called = hook::try_out(command, text::BODY);
    let works = Some(called.is_ok());
    Rung { name: "hook", works, why: called.err().unwrap_or_else(|| text::HOOK_WORKS.to_owned()), on: true }
}

fn clock_check() -> Check {
    let (name, counts) = clock::NAME;
    Check { name: "clock", works: counts, why: text::clock(name, counts) }
}

/// The journal, if it can be used. It is written, synced and locked.
fn journal(folders: &Folders) -> (Option<Journal>, Check) {
    let since = clock::unhurried();
    let tried = Journal::open(&folders.data).map_err(Failure::from).and_then(|journal| {
        journal.try_commit()?;
        journal.sync().context("the journal cannot be put on the disk")?;
        // A session that runs has the lock.
        let is_running = folders.is_running()?;
        let lock = Journal::lock(&folders.data);
        lock.map_err(|error| folders.lock_failure(&error))?;
        Ok((journal, is_running))
    });
    match tried {
        Ok((journal, is_running)) => {
            let why = text::journal(clock::unhurried().since(since), is_running);
            (Some(journal), Check { name: "journal", works: Some(true), why })
        }
        Err(Failure { error, hint, .. }) => {
            let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            (None, Check { name: "journal", works: Some(false), why: format!("{error:#}{hint}") })
        }
    }
}

fn zone_check() -> Check {
    let zone = known_zone().ok().filter(|zone| !zone.is_unknown());
    let works = Some(zone.is_some());
    let why = if zone.is_some() { in_full(clock::wall()) } else { text::NO_ZONE.to_owned() };
    Check { name: "time_zone", works, why }
}

/// The report for people: first the rungs, then the checks, those without trouble in one line.
fn in_words(report: &Report) -> String {
    let row =
        |label: &str, name: &str, why: &str| vec![label.to_owned(), name.replace('_', " "), printable(why).into()];
    let mut rows: Vec<Vec<String>> = Vec::new();
    for rung in &report.rungs {
        let label = match rung.works {
            Some(true) => "ok",
            Some(false) => "mute",
            None => "off",
        };
        rows.push(row(label, rung.name, &rung.why));
    }
    let (good, bad): (Vec<_>, Vec<_>) = report.checks.iter().partition(|check| check.works == Some(true));
    rows.extend(bad.iter().map(|check| row("bad", check.name, &check.why)));
    let good: Vec<_> = good.iter().map(|check| check.name.replace('_', " ")).collect();
    rows.extend((!good.is_empty()).then(|| vec!["ok".to_owned(), good.join(", ")]));
    let has_screen = report.rungs.iter().any(|rung| rung.name == "screen" && rung.works == Some(true));
    format!("{}{}\n", aligned(&rows), text::reached_by(&report.reached_by, has_screen))
}
