//! The program's own sounds, and a voice. A chime is a small file that a player of the system plays; a voice is a
//! program that speaks. Neither is a library, so that a build needs no system package. A chime never waits for the
//! voice: the sentence is cut off. This module must not know what an event means.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::session::{Event, Session};
use crate::edge::apart::Apart;
use crate::edge::child::{self, ChildError};
use crate::edge::clock;
use crate::edge::files::{self, Readers};
use crate::runner::{Loss, Observer, Trouble};
use crate::text::heard::{self, Chime};

/// The longest chime lasts 2.4 s.
const CHIME: Duration = Duration::from_secs(5);
/// No sentence takes longer.
const SENTENCE: Duration = Duration::from_secs(12);

/// A player: its name, and its arguments for a file at a volume from 0 to 1.
type Player = (&'static str, fn(&str, f64) -> Vec<String>);

/// The players, in the order in which they are tried.
const PLAYERS: [Player; 7] = [
    ("pw-play", |file, volume| vec!["--volume".to_owned(), format!("{volume:.2}"), file.to_owned()]),
    ("paplay", |file, volume| vec![format!("--volume={:.0}", volume * 65536.0), file.to_owned()]),
    ("canberra-gtk-play", |file, volume| {
        vec!["-V".to_owned(), format!("{:.1}", 20.0 * volume.log10()), "-f".to_owned(), file.to_owned()]
    }),
    ("aplay", |file, _| vec!["-q".to_owned(), file.to_owned()]),
    ("play", |file, volume| vec!["-q".to_owned(), "-v".to_owned(), format!("{volume:.2}"), file.to_owned()]),
    ("afplay", |file, volume| vec!["-v".to_owned(), format!("{volume:.2}"), file.to_owned()]),
    ("powershell", |file, _| {
        vec![
            "-NoProfile".to_owned(),
            "-Command".to_owned(),
            format!("(New-Object Media.SoundPlayer {}).PlaySync()", literal(file)),
        ]
    }),
];

/// A voice: its name, and its arguments for a text.
type Voice = (&'static str, fn(&str) -> Vec<String>);

/// The voices, in the order in which they are tried.
const VOICES: [Voice; 4] = [
    ("spd-say", |text| vec!["--wait".to_owned(), text.to_owned()]),
    ("espeak-ng", |text| vec!["-v".to_owned(), "en-us".to_owned(), "-s".to_owned(), "140".to_owned(), text.to_owned()]),
    ("say", |text| vec![text.to_owned()]),
    ("powershell", |text| {
        let speak =
            "Add-Type -AssemblyName System.Speech; (New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak";
        vec!["-NoProfile".to_owned(), "-Command".to_owned(), format!("{speak}({})", literal(text))]
    }),
];

/// A text in `PowerShell`, where typographic quotes are quotes too.
fn literal(text: &str) -> String {
    let quoted: String = text
        .chars()
        .flat_map(|letter| {
            let twice = matches!(letter, '\'' | '\u{2018}'..='\u{201b}');
            std::iter::repeat_n(letter, if twice { 2 } else { 1 })
        })
        .collect();
    format!("'{quoted}'")
}

/// What is known of the notification service: whether it plays a sound of its own.
#[derive(Clone, Debug, Default)]
pub struct Desk(Arc<AtomicBool>);

impl Desk {
    /// Notes whether the service says that it plays sounds.
    pub fn plays(&self, sounds: bool) {
        self.0.store(sounds, SeqCst);
    }

    fn is_heard(&self) -> bool {
        self.0.load(SeqCst)
    }
}

/// The sounds of now: how many chimes are to be played, and the process group of the voice.
#[derive(Debug, Default)]
pub struct Air {
    chimes: Mutex<usize>,
    none: Condvar,
    voice: AtomicU32,
    /// Whether the last chime or sentence was played.
    heard: AtomicBool,
}

impl Air {
    fn chimes(&self) -> MutexGuard<'_, usize> {
        self.chimes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends_a_chime(&self) {
        *self.chimes() -= 1;
        self.none.notify_all();
    }

    /// Whether somebody can hear the session: the last chime or sentence was played.
    pub fn is_heard(&self) -> bool {
        self.heard.load(SeqCst)
    }

    /// Ends what the voice says.
    fn silence(&self) {
        child::stop(self.voice.swap(0, SeqCst));
    }

    /// Waits for the chimes, for at most as long as one may take.
    fn wait(&self) {
        let waited = self.none.wait_timeout_while(self.chimes(), CHIME, |chimes| *chimes > 0);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// When the program plays its own sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// When the notification service plays none.
    Auto,
    /// Always. A missing player is reported.
    On,
}

/// Plays a chime for each event that has one.
pub struct Sounds {
    orders: Apart<Chime>,
    air: Arc<Air>,
    desk: Desk,
    mode: Mode,
}

impl Sounds {
    /// Plays the chimes at this volume, from 0 to 1. Their files are kept in `folder`.
    ///
    /// # Errors
    /// When the system provides no thread.
    pub fn new(mode: Mode, volume: f64, folder: PathBuf, desk: Desk, air: Arc<Air>) -> io::Result<Sounds> {
        let (mut first, quiet) = (0, Arc::clone(&air));
        let play = move |chime: Chime| {
            quiet.silence();
            let played = file(&folder, chime).map_err(|error| format!("the chimes cannot be written: {error}"));
            let played = played.and_then(|file| played_by(&mut first, &file, louder(volume, chime)));
            quiet.heard.store(matches!(played, Ok(Some(_))), SeqCst);
            quiet.ends_a_chime();
            match played {
                // Nobody asked for a sound.
                Ok(None) if mode == Mode::On => Err("no player is installed (pw-play, paplay, aplay)".to_owned()),
                played => played.map(drop),
            }
        };
        Ok(Sounds { orders: Apart::start("the player", CHIME, play)?, air, desk, mode })
    }

    /// Plays a chime, where the desktop plays none.
    pub fn ring(&mut self, chime: Chime) {
        if self.mode == Mode::On || !self.desk.is_heard() {
            *self.air.chimes() += 1;
            self.orders.send(chime);
        }
    }
}

impl Observer for Sounds {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        // The person who pressed a key knows already.
        let asked = events.iter().any(|event| event.kind.input().is_some());
        let chime = events.iter().rev().find_map(|event| heard::chime(event, session));
        if let Some(chime) = chime.filter(|_| !asked) {
            self.ring(chime);
        }
        Ok(self.orders.collect()?)
    }

    fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
        Ok(self.orders.collect()?)
    }

    fn lost(&mut self, what: Loss, session: &Session) -> Result<(), Trouble> {
        if what == Loss::Process && session.segment().step.kind.has_pack() && !session.is_paused() {
            self.ring(Chime::Off(0));
        }
        Ok(())
    }

    fn again(&mut self, times: u32, _: &Session) {
        self.ring(Chime::Off(times));
    }
}

impl Sounds {
    /// Waits until what was ordered is played, at most for this long.
    ///
    /// # Errors
    /// The first failure, once.
    pub fn finish(&mut self, most: Duration) -> Result<(), String> {
        self.orders.finish(most)
    }
}

/// The volume of a chime: louder by a tenth each time that it went unanswered.
fn louder(volume: f64, chime: Chime) -> f64 {
    let times = if let Chime::Off(times) = chime { times } else { 0 };
    (volume + 0.1 * f64::from(times)).min(1.0)
}

/// The file of a chime. It is written once, whole or not at all.
fn file(folder: &Path, chime: Chime) -> io::Result<PathBuf> {
    let (name, bytes): (_, &[u8]) = match chime {
        Chime::Soft => ("soft.wav", include_bytes!("../sounds/soft.wav")),
        Chime::Change => ("change.wav", include_bytes!("../sounds/change.wav")),
        Chime::Off(_) => ("off.wav", include_bytes!("../sounds/off.wav")),
    };
    let path = folder.join(name);
    if fs::metadata(&path).is_ok_and(|about| about.len() == bytes.len() as u64) {
        return Ok(path);
    }
    fs::create_dir_all(folder)?;
    files::replace(&path, bytes, Readers::Everybody)?;
    Ok(path)
}

/// The player or voice that worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worked {
    /// Its name.
    pub program: &'static str,
    /// From its start to its end.
    pub took: Duration,
    /// Why one that was tried before it did not work.
    pub failed: Option<String>,
}

/// Runs the first program that works, from number `first` on, which then is that one. `None` when none is installed.
/// When none works, the next call tries all again, because a sound server may have been restarting; but not after a
/// program that does not end, because each would hold up the next chime.
fn by_the_first<T>(
    first: &mut usize,
    programs: &[(&'static str, T)],
    run: impl Fn(&'static str, &T) -> Result<(), ChildError>,
) -> Result<Option<Worked>, String> {
    if *first == programs.len() {
        return Ok(None);
    }
    let (mut failed, mut next) = (None, 0);
    for (at, (program, arguments)) in programs.iter().enumerate().skip(*first) {
        let since = clock::unhurried();
        match run(program, arguments) {
            Ok(()) => {
                *first = at;
                let took = clock::unhurried().since(since);
                return Ok(Some(Worked { program, took, failed }));
            }
            Err(ChildError::Missing) => {}
            Err(error) => {
                if matches!(error, ChildError::TooLong(_)) {
                    next = programs.len();
                }
                failed = Some(format!("{program}: {error}"));
            }
        }
    }
    *first = next;
    failed.map_or(Ok(None), Err)
}

/// Plays a file with the first player that works.
fn played_by(first: &mut usize, file: &Path, volume: f64) -> Result<Option<Worked>, String> {
    let file = file.to_string_lossy();
    let play = |player, arguments: &fn(&str, f64) -> Vec<String>| {
        child::run(Command::new(player).args(arguments(&file, volume)), b"", CHIME, |_| {})
    };
    by_the_first(first, &PLAYERS, play).map_err(|why| format!("no sound: {why}"))
}

/// Speaks a sentence for each event that has one.
pub struct Speech {
    sentences: Apart<String>,
}

impl Speech {
    /// Speaks when no chime is in the air.
    ///
    /// # Errors
    /// When the system provides no thread.
    pub fn new(air: Arc<Air>) -> io::Result<Speech> {
        let mut first = 0;
        let speak = move |text: String| {
            air.wait();
            let spoken = spoken_by(&mut first, &text, &air);
            air.heard.fetch_or(matches!(spoken, Ok(Some(_))), SeqCst);
            match spoken {
                Ok(None) => Err("no speech program is installed (spd-say, espeak-ng)".to_owned()),
                spoken => spoken.map(drop),
            }
        };
        Ok(Speech { sentences: Apart::start("the voice", SENTENCE + CHIME, speak)? })
    }
}

impl Speech {
    /// Says a sentence.
    pub fn say(&mut self, sentence: String) {
        self.sentences.send(sentence);
    }

    /// Waits until everything is said, at most for this long.
    ///
    /// # Errors
    /// The first failure, once.
    pub fn finish(&mut self, most: Duration) -> Result<(), String> {
        self.sentences.finish(most)
    }
}

impl Observer for Speech {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        let texts: Vec<_> = events.iter().filter_map(|event| heard::sentences(event, session)).collect();
        if !texts.is_empty() {
            self.sentences.send(texts.join(" "));
        }
        Ok(self.sentences.collect()?)
    }

    fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
        Ok(self.sentences.collect()?)
    }

    fn again(&mut self, _: u32, session: &Session) {
        self.sentences.send(heard::again(session));
    }
}

/// Speaks with the first voice that works.
fn spoken_by(first: &mut usize, text: &str, air: &Air) -> Result<Option<Worked>, String> {
    let speak = |voice, arguments: &fn(&str) -> Vec<String>| {
        let started = |group| air.voice.store(group, SeqCst);
        let spoken = child::run(Command::new(voice).args(arguments(text)), b"", SENTENCE, started);
        air.voice.store(0, SeqCst);
        // A chime ended it.
        if matches!(spoken, Err(ChildError::Ended)) { Ok(()) } else { spoken }
    };
    by_the_first(first, &VOICES, speak).map_err(|why| format!("no voice: {why}"))
}

/// Plays the alarm once, with the first player that works; `None` when none is installed.
///
/// # Errors
/// What failed.
pub fn try_players(volume: f64, folder: &Path) -> Result<Option<Worked>, String> {
    let file = file(folder, Chime::Off(0)).map_err(|error| format!("the chimes cannot be written: {error}"))?;
    played_by(&mut 0, &file, volume)
}

/// Says this once, with the first voice that works; `None` when none is installed.
///
/// # Errors
/// What failed.
pub fn try_voices(text: &str) -> Result<Option<Worked>, String> {
    spoken_by(&mut 0, text, &Air::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_a_literal_of_powershell() {
        assert_eq!(literal("Ice off now."), "'Ice off now.'");
        assert_eq!(literal("it's \u{2018}a\u{2019}"), "'it''s \u{2018}\u{2018}a\u{2019}\u{2019}'");
        assert_eq!(literal(r"C:\Users\O'Neil $x `n"), r"'C:\Users\O''Neil $x `n'");
    }
}
