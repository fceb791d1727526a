//! The ways to reach a person, from the bell to a program of their own: started before a session, told of every event,
//! and heard on after the end until somebody answers. It must not know how a session is recorded or shown.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use super::settings::Settings;
use super::times::Label;
use super::{Exit, Failure, say};
use crate::cli::{Progress, Sound};
use crate::domain::session::{REMIND, Session};
use crate::domain::site::Site;
use crate::domain::step::StepKind;
use crate::edge::bell::Bell;
use crate::edge::hook::{self, Hook};
use crate::edge::inbox::{Inbox, Message, Sender};
use crate::edge::journal::Record;
use crate::edge::notice::Notice;
use crate::edge::notification::Notifications;
use crate::edge::sound::{Air, Desk, Mode, Sounds, Speech};
use crate::edge::terminal::{self, Aside};
use crate::edge::window::Known;
use crate::edge::{child, clock};
use crate::runner::{Loss, Observer};
use crate::text::alarm::{self, Left};
use crate::text::heard::Chime;
use crate::text::wording::{self, Words};

/// How often an alarm sounds again after the end: for ten minutes, or three times in all where nobody can answer
/// (ours).
const AGAIN: u32 = 20;
const AGAIN_UNANSWERED: u32 = 2;

/// How long the end waits for the last chime and sentence, and then for the last call of the program for events.
const LAST_CHIME: Duration = Duration::from_secs(5);
const LAST_CALL: Duration = Duration::from_secs(5);

/// All ways that are there.
pub(super) struct Rungs {
    notifications: Option<Notifications>,
    bell: Option<Bell>,
    sounds: Option<Sounds>,
    speech: Option<Speech>,
    hook: Option<Hook>,
    air: Arc<Air>,
    /// What failed at the end.
    failures: Vec<String>,
}

impl Rungs {
    /// Starts them for a session called `name`, and `title` for people; `speed` marks a rehearsal. `aside`: where a screen
    /// is shown. `waits`: every change waits for the person, so that one must be able to answer; the options are the way
    /// out.
    pub(super) fn start(
        (name, title, aside): (&str, &str, Option<Aside>),
        settings: &Settings,
        (speed, waits): (Option<f64>, Option<&[String]>),
        label: Label,
        inbox: &Sender,
    ) -> Result<Rungs, Failure> {
        const NO_THREAD: &str = "could not start a thread";
        // A session of a trial is over, and the wait for its score begins.
        child::start_again();
        let (is_rehearsal, air, desk) = (speed.is_some(), Arc::new(Air::default()), Desk::default());
        let (bell, left) = bell(settings.progress);
        let notice = || Some(Notice::new(Known::by_environment().notifies?, aside?, is_remote()));
        let notify = || Notifications::new((title, is_rehearsal), (left, notice()), desk.clone(), inbox.clone());
        let mut notifications = settings.notify.then(notify).transpose().context(NO_THREAD)?;
        let mode = mode(settings);
        let sounds = |mode| Sounds::new(mode, settings.volume, settings.cache.clone(), desk.clone(), Arc::clone(&air));
        let sounds = mode.map(sounds).transpose().context(NO_THREAD)?;
        let speech = settings.speak.then(|| Speech::new(Arc::clone(&air))).transpose().context(NO_THREAD)?;
        let hook = settings.on_event.clone();
        let hook = hook.map(|words| Hook::new(words, name, is_rehearsal, label)).transpose().context(NO_THREAD)?;
        if left == Left::Nothing && !settings.reaches() {
            reach(notifications.as_mut(), waits)?;
        }
        Ok(Rungs { notifications, bell, sounds, speech, hook, air, failures: Vec::new() })
    }

    /// They receive the events in this order. Each only hands over. The chime before the voice, which waits for it.
    pub(super) fn observers(&mut self) -> impl Iterator<Item = &mut dyn Observer> {
        let notifications = self.notifications.as_mut().map(|it| it as &mut dyn Observer);
        let bell = self.bell.as_mut().map(|it| it as &mut dyn Observer);
        let sounds = self.sounds.as_mut().map(|it| it as &mut dyn Observer);
        let speech = self.speech.as_mut().map(|it| it as &mut dyn Observer);
        let hook = self.hook.as_mut().map(|it| it as &mut dyn Observer);
        [notifications, sounds, speech, bell, hook].into_iter().flatten()
    }

    /// The session goes on that was found cut off.
    pub(super) fn found_cut_off(&mut self, session: &Session) {
        self.hook.iter_mut().for_each(|hook| hook.found_cut_off(session));
    }

    /// Whether somebody can hear an alarm, and whether somebody can answer it.
    fn reach_and_answer(&mut self, keys: bool) -> (bool, bool) {
        // Whether the last chime was played is known when it is over.
        self.failures.extend(self.sounds.as_mut().and_then(|sounds| sounds.finish(LAST_CHIME).err()));
        let has_buttons = self.notifications.as_mut().is_some_and(Notifications::works);
        (has_buttons || self.air.is_heard(), has_buttons || keys)
    }

    /// Whether an alarm may go on after the end, as far as is known before.
    pub(super) fn may_go_on(&self) -> bool {
        self.notifications.is_some() || self.sounds.is_some() || self.speech.is_some()
    }

    /// Gives what is in the air a little time, and ends the rest. Returns what failed and was not said.
    pub(super) fn finish(mut self) -> Vec<String> {
        let until = clock::unhurried() + LAST_CHIME;
        let left = || until.since(clock::unhurried());
        self.failures.extend(self.sounds.as_mut().and_then(|sounds| sounds.finish(left()).err()));
        self.failures.extend(self.speech.as_mut().and_then(|speech| speech.finish(left()).err()));
        let until = until + LAST_CALL;
        self.failures.extend(self.hook.as_mut().and_then(|hook| hook.finish(until.since(clock::unhurried())).err()));
        child::stop_all();
        self.failures
    }

    /// Calls a person whose session may start now: which, where, and its first step; without that step, a score of a trial
    /// is due. `button`: a button answers the call.
    /// `again`: it is not the first call, and the program for events was called then. Returns what is wrong with the
    /// notifications.
    pub(super) fn call(
        &mut self,
        session: (&str, Site, Option<StepKind>),
        words: &Words,
        (button, again): (bool, bool),
    ) -> Option<String> {
        if let Some(notifications) = &mut self.notifications {
            notifications.tell(words, button);
        }
        if let Some(sounds) = &mut self.sounds {
            sounds.ring(Chime::Change);
        }
        if let Some(speech) = &mut self.speech {
            speech.say(wording::sentences([words.headline.as_str()]));
        }
        match &self.bell {
            Some(bell) => drop(bell.ring()),
            None if io::stderr().is_terminal() => {
                let _ = terminal::stream().and_then(|mut stream| stream.write(b"\x07"));
            }
            None => {}
        }
        if let Some(hook) = self.hook.as_mut().filter(|_| !again) {
            hook.call_for(session, words);
        }
        self.notifications.as_mut().and_then(Notifications::missing)
    }

    /// The person has answered, or needs no answer: the box on the desktop need not stay.
    pub(super) fn answered(&mut self, words: &Words) {
        if let Some(notifications) = &mut self.notifications {
            notifications.tell(words, false);
        }
    }

    /// The session is over, and a pack is still on: the alarm goes on until somebody answers. `keys`: there is a
    /// terminal with a person. Ends at once where nobody can hear it.
    pub(super) fn go_on(&mut self, session: &Session, inbox: &Inbox, mut keys: bool) {
        let (is_heard, mut can_answer) = self.reach_and_answer(keys);
        if !is_heard {
            return;
        }
        if keys {
            say(alarm::PRESS_A_KEY);
        }
        let (mut times, mut due) = (0, clock::unhurried() + clock::wait_for(REMIND));
        while times < if can_answer { AGAIN } else { AGAIN_UNANSWERED } {
            match inbox.wait(due.since(clock::unhurried())) {
                Message::Said(_) | Message::AskedTime | Message::Lost(Loss::Process) => {
                    self.answered(&Words {
                        headline: "Pack off".to_owned(),
                        advice: wording::after(session),
                        urgent: false,
                    });
                    return;
                }
                Message::Lost(Loss::Terminal) => {
                    keys = false;
                    (_, can_answer) = self.reach_and_answer(keys);
                }
                Message::Lost(_) | Message::WakeUp => {}
            }
            if clock::unhurried() >= due {
                times += 1;
                due = due + clock::wait_for(REMIND);
                self.observers().for_each(|observer| observer.again(times, session));
            }
        }
    }
}

/// Tells the program for events of a session that was found cut off, and is closed now.
pub(super) fn found_cut_off(settings: &Settings, record: &Record) {
    let Some((on_event, session)) = settings.on_event.as_ref().zip(record.session()) else { return };
    if let Err(why) = hook::found_cut_off(on_event, record.protocol.name(), &session) {
        say(&format!("warning: {why}"));
    }
}

/// Whether this is a shell over ssh: the speakers are elsewhere.
pub(super) fn is_remote() -> bool {
    ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| std::env::var_os(name).is_some())
}

/// When a session plays sounds of its own; `None` for never.
pub(super) fn mode(settings: &Settings) -> Option<Mode> {
    match settings.sound {
        Sound::Off => None,
        Sound::Auto if is_remote() => None,
        Sound::Auto => Some(Mode::Auto),
        Sound::On => Some(Mode::On),
    }
}

impl Settings {
    /// Whether a sound, a voice or a program tells of every change.
    fn reaches(&self) -> bool {
        self.speak || self.on_event.is_some() || mode(self) == Some(Mode::On)
    }
}

/// The bell of a session whose screen or lines do not ring, and what is left without notifications.
fn bell(progress: Progress) -> (Option<Bell>, Left) {
    let (rings, is_read) = match progress {
        Progress::Bar => (true, true),
        Progress::Json => (false, terminal::is_read(&io::stdout())),
        Progress::Quiet => (false, false),
        Progress::Plain | Progress::Auto => (io::stderr().is_terminal(), terminal::is_read(&io::stderr())),
    };
    let bell = if rings { None } else { Bell::find() };
    let left = match (rings || bell.is_some(), is_read) {
        (true, _) => Left::Bell,
        (false, true) => Left::Lines,
        (false, false) => Left::Nothing,
    };
    (bell, left)
}

/// For a dry run: refuses what [`Rungs::start`] refuses, and starts nothing that lasts.
pub(super) fn rehearse(name: &str, settings: &Settings, waits: Option<&[String]>) -> Result<(), Failure> {
    let (_, left) = bell(settings.progress);
    if waits.is_none() || left != Left::Nothing || settings.reaches() {
        return Ok(());
    }
    let notify = || Notifications::new((name, true), (left, None), Desk::default(), Inbox::default().sender());
    let mut notifications = settings.notify.then(notify).transpose().context("could not start a thread")?;
    reach(notifications.as_mut(), waits)
}

/// Warns that no alarm can reach the person, when notifications cannot either. Refuses a session that would wait
/// for an answer: it would wait for ever, in silence.
fn reach(notifications: Option<&mut Notifications>, waits: Option<&[String]>) -> Result<(), Failure> {
    let why = match notifications.map(Notifications::missing) {
        Some(None) => return Ok(()),
        missing => alarm::none(missing.flatten().as_deref()),
    };
    if let Some(options) = waits {
        let error = anyhow!("every change would wait for you, but {why}");
        return Err(Failure::new(Exit::Usage, error, alarm::answer(options)));
    }
    say(&format!("warning: {why}; {}", alarm::WATCH));
    Ok(())
}

/// Whether the alarm goes on after this end: a pack is on, and it was time that ended the session, not the person.
pub(super) fn goes_on(session: &Session, by_person: bool) -> bool {
    !by_person && wording::leaves_pack_on(session)
}
