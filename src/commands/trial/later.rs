//! The wait for the pain two hours after a session of a trial: a countdown, then every way to reach the person until they
//! answer. No lock is held, so other shells may do what they like meanwhile. It must not know how a trial is judged.

use std::time::Duration;

use console::Term;

use super::{Known, status};
use crate::cli::{Alarms, Progress};
use crate::commands::folders::Folders;
use crate::commands::live::{heard, listen};
use crate::commands::printing::for_this_person;
use crate::commands::rungs::Rungs;
use crate::commands::settings::{Settings, settings};
use crate::commands::times::wall_at;
use crate::commands::{Exit, Failure, can_ask, last_words, pain, say};
use crate::domain::moment::Moment;
use crate::domain::session::Input;
use crate::domain::trial::{DUE, LATEST};
use crate::domain::waiting::{Calls, SECONDS, Turn, Why};
use crate::edge::clock;
use crate::edge::countdown::Countdown;
use crate::edge::inbox::{Inbox, Message};
use crate::edge::journal::DrawnEntry;
use crate::edge::keys::Keys;
use crate::edge::terminal::Aside;
use crate::runner::Loss;
use crate::text::alarm::PRESS_A_KEY;
use crate::text::durations::{countdown, roughly};
use crate::text::{trial, waiting};

/// How the wait ends.
enum End {
    /// The person answered the call.
    Answered,
    /// Nobody answered, or nobody could: the next `trial` command asks.
    Unanswered,
    /// They left, or the system ended it.
    Left(Exit),
}

/// Waits until the score is due, calls the person, and asks for it.
pub(super) fn wait(
    folders: &Folders,
    alarms: &Alarms,
    known: &Known,
    (session, left): (DrawnEntry, Duration),
) -> Result<Exit, Failure> {
    let settings = settings(folders, alarms)?;
    let (name, site) = (&known.entry.options[known.trial.arm(session.place).index()], known.entry.site);
    let (keys, inbox) = listen()?;
    let has_screen = settings.progress == Progress::Bar;
    let title = settings.titled("therapy", Some(site));
    let aside = has_screen.then(Aside::default);
    let mut rungs = Rungs::start((name, &title, aside), &settings, (None, None), Box::new(wall_at), &inbox.sender())?;
    let mut wait = Wait { keys, inbox, at: clock::now() + left, due: status::due(left), shows: shows(&settings)? };
    let mut call = |again: bool| {
        let words = trial::call(&for_this_person(format!("{} --later N", trial::NEXT)));
        rungs.call((name, site, None), &words, (true, again));
        if !again {
            last_words(&[format!("{} {}", words.headline, if can_ask() { PRESS_A_KEY } else { &words.advice })]);
        }
    };
    // Another shell may have answered meanwhile, or stopped the trial.
    let is_awaited = || still_awaited(folders, session).map_or(true, |known| known.is_some());
    let end = wait.until_answered(&mut call, &is_awaited);
    wait.leave();
    if let End::Answered = end {
        rungs.answered(&waiting::answered());
    }
    // The keys go back to the shell before the question.
    let wait_for = std::mem::take(&mut wait.due);
    drop(wait);
    let warnings = rungs.finish().into_iter().map(|why| format!("warning: {why}"));
    last_words(&warnings.collect::<Vec<_>>());
    match end {
        End::Left(Exit::Stopped) => {
            say(&trial::due(&wait_for, session.place + 1));
            Ok(Exit::Stopped)
        }
        End::Left(exit) => Ok(exit),
        End::Unanswered => Ok(Exit::Completed),
        End::Answered => {
            let Some(score) = pain::asked(trial::LATER)? else { return Ok(Exit::Stopped) };
            match still_awaited(folders, session)? {
                Some(known) if known.keep(session, score)? => status::run(folders, false),
                Some(_) => Ok(Exit::Completed),
                None => {
                    say(trial::TOO_LATE);
                    Ok(Exit::Failed)
                }
            }
        }
    }
}

/// The trial, if it still asks for the score of this session.
fn still_awaited(folders: &Folders, session: DrawnEntry) -> Result<Option<Known>, Failure> {
    let is_it = |known: &Known| known.awaited().is_some_and(|(awaited, _)| awaited.session == session.session);
    Ok(Known::in_folder(folders)?.filter(is_it))
}

/// The rows on a terminal that count down; `None` elsewhere.
fn shows(settings: &Settings) -> Result<Option<Countdown>, Failure> {
    let is_shown = settings.progress == Progress::Bar && can_ask();
    Ok(is_shown.then(Countdown::new).transpose()?)
}

struct Wait {
    keys: Keys,
    inbox: Inbox,
    at: Moment,
    /// The same as a time of day.
    due: String,
    shows: Option<Countdown>,
}

impl Wait {
    fn until_answered(&mut self, call: &mut impl FnMut(bool), is_awaited: &impl Fn() -> bool) -> End {
        let turn = Turn::Later { at: self.at, why: Why::Running };
        let was_continued = self.keys.was_continued();
        if self.shows.is_none() {
            say(&self.text(self.at.since(clock::now())));
        }
        while clock::now() < self.at {
            let now = clock::now();
            if let Some(rows) = &self.shows {
                rows.show(&self.text(self.at.since(now)), Term::stderr().size(), was_continued());
            }
            if let Some(end) = self.hear(turn.pause(now), false) {
                return end;
            }
        }
        self.leave();
        let mut calls = Calls::new(clock::now());
        let (mut is_first, until) = (true, self.at + LATEST.saturating_sub(DUE));
        while clock::now() < until {
            // After ten minutes it is quiet, and any key still answers.
            if calls.is_due(clock::now()) {
                if !is_awaited() {
                    return End::Unanswered;
                }
                call(!is_first);
                is_first = false;
            }
            // Nobody could answer there: one call is enough.
            if !can_ask() {
                return End::Unanswered;
            }
            if let Some(end) = self.hear(Turn::Now.pause(clock::now()), true) {
                return end;
            }
        }
        End::Unanswered
    }

    fn text(&self, left: Duration) -> String {
        let left = if left > SECONDS { roughly(left) } else { countdown(left) };
        for_this_person(trial::waiting(&self.due, &left, can_ask()))
    }

    /// Waits for a message, at most this long. `is_due`: any key answers the call.
    fn hear(&mut self, most: Duration, is_due: bool) -> Option<End> {
        let rows = &self.shows;
        match heard(&self.keys, &self.inbox, most, || rows.iter().for_each(Countdown::leave)) {
            Message::Said(Input::Stop | Input::Leave) => return Some(End::Left(Exit::Stopped)),
            Message::Said(_) | Message::AskedTime if is_due => return Some(End::Answered),
            Message::Lost(Loss::Process) => return Some(End::Left(Exit::Terminated)),
            Message::Lost(Loss::Terminal) => self.shows = None,
            _ => {}
        }
        None
    }

    /// Removes the countdown.
    fn leave(&self) {
        if let Some(rows) = &self.shows {
            rows.leave();
        }
    }
}
