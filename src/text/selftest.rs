//! What `therapy selftest` says of each way to reach a person, and how to fix one that is mute. It must not know how they
//! are tried.

use std::time::Duration;

/// Said once by a session that may need sounds of its own.
pub const NEVER_TRIED: &str = "note: sound was never tried here: therapy selftest";

/// The title of the notification.
pub const TITLE: &str = "therapy: test";
/// Its body, and the text that a hook gets.
pub const BODY: &str = "This is a test of the alarm. There is nothing to do.";
/// What a voice says.
pub const SPOKEN: &str = "This is a test of the alarm.";

/// Why there is no notification.
pub const NO_NOTIFY: &str = "turned off by --no-notify or config.toml";
/// Why there is no sound.
pub const NO_SOUND: &str = "turned off by --sound or config.toml";
/// Why no program is called.
pub const NO_HOOK: &str = "no program is set: --on-event CMD";
/// Why no sound is played over ssh.
pub const SOUND_ELSEWHERE: &str = "not over ssh, where the speakers are elsewhere. To play it: --sound on";
/// Why nothing is said over ssh.
pub const SPEECH_ELSEWHERE: &str = "not over ssh, where the speakers are elsewhere. To speak: --speak";
/// Why no sound is played beside a notification.
pub const SOUND_BY_DESKTOP: &str =
    "the desktop plays a sound with each notification instead. To play one here too: --sound on";
/// Nothing is installed that could play. The packages of Debian with `pw-play`, `paplay` and `aplay`.
pub const NO_PLAYER: &str = "no player. On Debian: apt install pipewire-bin, with PulseAudio pulseaudio-utils, without a sound server alsa-utils";
/// Nothing is installed that could speak.
pub const NO_VOICE: &str = "no voice. On Debian: apt install espeak-ng";
/// Added to a voice that works and is not used.
pub const SPEECH_IS_OFF: &str = "sessions use it only with --speak";

/// Where a session has no screen.
pub const NO_TERMINAL: &str = "not a terminal: a session prints one line per event";
/// A program for events that works.
pub const HOOK_WORKS: &str = "called with the event selftest";
/// The time zone is not known.
pub const NO_ZONE: &str = "not known, so times are in UTC. Set TZ, such as TZ=Europe/Berlin";

/// The question after a sound or a sentence.
pub fn question(program: &str) -> String {
    format!("{program} played the test. Did you hear it? [y/n]")
}

/// The question after the bell.
pub const BELL_QUESTION: &str = "The terminal rang its bell. Did you hear it? [y/n]";

/// The bell of a terminal, and what the person said about it.
pub fn bell(heard: Option<bool>) -> &'static str {
    match heard {
        Some(true) => "you heard its bell",
        Some(false) => "you did not hear its bell. Turn it on in the settings of the terminal",
        None => "it is not known whether you hear its bell",
    }
}

/// A terminal of this many rows and columns. `beside`: what a window may show beside its text, and whether this one is
/// known to do so.
pub fn screen((rows, columns): (u16, u16), colours: bool, is_dumb: bool, beside: &[(&str, bool)]) -> String {
    let size = format!("{columns} × {rows}, {}", if colours { "16 colours" } else { "no colours" });
    if is_dumb {
        return format!("{size}; plain lines, because TERM is dumb or not set");
    }
    let named = |wanted| beside.iter().filter(|(_, is)| *is == wanted).map(|(name, _)| *name).collect::<Vec<_>>();
    let known = [vec![size.as_str()], named(true)].concat().join(", ");
    let unknown = named(false);
    if unknown.is_empty() { known } else { format!("{known}; not known to show a {}", unknown.join(" or ")) }
}

/// Why there is no notification in some builds.
pub const NOT_BUILT: &str = "this build has none: it was made without the feature notify";

/// A notification service that works.
pub fn notification(name: Option<&str>, plays_sounds: bool) -> String {
    let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
    format!("delivered and closed{name}; it plays {}", if plays_sounds { "sounds" } else { "no sound" })
}

/// A notification service that does not work.
pub fn no_notification(why: &str) -> String {
    format!("{why}. Start a notification service, such as dunst (on Debian: apt install dunst)")
}

/// A player or a voice that ended in time, and what the person said about it.
pub fn played(program: &str, took: Duration, heard: Option<bool>) -> String {
    let heard = match heard {
        Some(true) => "you heard it",
        Some(false) => "you did not hear it. Turn the volume up, or choose another output",
        None => "on a terminal, selftest asks whether you hear it",
    };
    format!("{program}, {:.1} s; {heard}", took.as_secs_f64())
}

/// The clock of a session.
pub fn clock(name: &str, counts: Option<bool>) -> String {
    let counts = match counts {
        Some(true) => "it counts while the machine sleeps",
        Some(false) => "it stops while the machine sleeps: keep the machine awake",
        None => "it may stop while the machine sleeps: keep the machine awake",
    };
    format!("{name}; {counts}")
}

/// A journal that works.
pub fn journal(took: Duration, is_running: bool) -> String {
    let lock = if is_running { "; a session is running" } else { "" };
    format!("written, on the disk and locked in {:.0} ms{lock}", took.as_secs_f64() * 1000.0)
}

/// The last line: by what an alarm reaches the person.
pub fn reached_by(rungs: &[&str], has_screen: bool) -> String {
    match rungs {
        [] if has_screen => "Only the screen can reach you: keep it in sight, or fix a line above.".to_owned(),
        [] => "No alarm can reach you: fix a line above.".to_owned(),
        [only] => format!("An alarm can reach you by {only}."),
        [first @ .., last] => format!("An alarm can reach you by {} and {last}.", first.join(", ")),
    }
}
