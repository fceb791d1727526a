//! The window of a terminal beside its text: which sequences the terminal is known to understand, its title, and the
//! progress of a session. Another terminal could print them. This module must not know how they reach the terminal.

use anstyle_progress::{TermProgress, TermProgressStatus, supports_term_progress};

use crate::domain::view::{State, View};
use crate::text::printable::printable;
use crate::text::view::title;

/// Terminals that have a title, by the first part of `TERM`.
const TITLED: [&str; 16] = [
    "xterm",
    "tmux",
    "screen",
    "rxvt",
    "foot",
    "alacritty",
    "wezterm",
    "ghostty",
    "konsole",
    "gnome",
    "vte",
    "putty",
    "mintty",
    "contour",
    "rio",
    "st",
];

/// What a terminal is known to understand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// A title.
    pub title: bool,
    /// A progress, on its tab or in the task bar.
    pub progress: bool,
    /// A notification.
    pub notifies: Option<Notifies>,
}

/// How a terminal takes a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifies {
    /// OSC 9: a text.
    Nine,
    /// OSC 777: a title and a text.
    Urxvt,
    /// OSC 99: a title and a text, in two parts.
    Kitty,
}

impl Known {
    /// What is known of the terminal of this process.
    pub fn by_environment() -> Known {
        let known = Known::by(&|name| std::env::var(name).ok());
        Known { progress: known.progress && supports_term_progress(true), ..known }
    }

    /// `progress` says only that nothing speaks against it. Over ssh only `TERM` and `LC_TERMINAL` are there.
    fn by(variable: &dyn Fn(&str) -> Option<String>) -> Known {
        let [term, program, remote] =
            ["TERM", "TERM_PROGRAM", "LC_TERMINAL"].map(|name| variable(name).unwrap_or_default());
        let family = term.split('-').next().unwrap_or_default();
        if !TITLED.contains(&family) {
            return Known::default();
        }
        // A multiplexer does not hand notifications on, and of them only tmux is known to show a progress.
        let is_inside = ["tmux", "screen"].contains(&family);
        let notifies = match (term.as_str(), program.as_str(), remote.as_str()) {
            _ if is_inside => None,
            ("xterm-kitty", ..) => Some(Notifies::Kitty),
            ("xterm-ghostty", ..) | (_, "ghostty" | "WezTerm", _) => Some(Notifies::Urxvt),
            _ if ["foot", "wezterm", "ghostty"].contains(&family) || term.starts_with("rxvt-unicode") => {
                Some(Notifies::Urxvt)
            }
            (_, "iTerm.app", _) | (.., "iTerm2") => Some(Notifies::Nine),
            _ => None,
        };
        Known { title: true, progress: !is_inside || program == "tmux", notifies }
    }
}

impl Notifies {
    /// What shows a notification.
    pub(super) fn sequence(self, title: &str, text: &str) -> String {
        // A semicolon ends a field, and a control character the sequence.
        let plain = |part: &str| printable(&part.replace('\n', " ")).replace(';', ",");
        let [title, text] = [title, text].map(plain);
        match self {
            Notifies::Nine => format!("\x1b]9;{title}. {text}\x1b\\"),
            Notifies::Urxvt => format!("\x1b]777;notify;{title};{text}\x1b\\"),
            Notifies::Kitty => format!("\x1b]99;i=therapy:d=0;{title}\x1b\\\x1b]99;i=therapy:p=body;{text}\x1b\\"),
        }
    }
}

/// The window of a session.
#[derive(Debug, Default)]
pub struct Window {
    name: String,
    known: Known,
    /// The title and the progress that it should show, as sequences.
    wanted: [String; 2],
    /// Those that it shows; `None` when that is not known.
    shown: Option<[String; 2]>,
    /// It shows what it did not show before the session.
    is_changed: bool,
}

impl Window {
    /// A window for the session called `name`.
    pub fn new(name: &str, known: Known) -> Window {
        Window { name: printable(name).into_owned(), known, ..Window::default() }
    }

    /// What it should show: a title, by the minute, and the progress.
    pub(super) fn set(&mut self, view: &View) {
        let status = match view.state {
            State::Running => TermProgressStatus::Normal,
            State::Held if view.is_overrun() => TermProgressStatus::Error,
            State::Paused | State::Held => TermProgressStatus::Paused,
        };
        let percent = u8::try_from(view.percent.min(100)).unwrap_or(100);
        let title = self.known.title.then(|| format!("\x1b]2;{}\x1b\\", title(view, &self.name)));
        let progress = self.known.progress.then(|| TermProgress::none().status(status).percent(percent).to_string());
        self.wanted = [title, progress].map(Option::unwrap_or_default);
    }

    /// Others may have changed it.
    pub(super) fn forget(&mut self) {
        self.shown = None;
    }

    /// The bytes that make it show what it should. The terminal keeps the earlier title.
    pub(super) fn changes(&mut self) -> String {
        if self.wanted.iter().all(String::is_empty) || self.shown.as_ref() == Some(&self.wanted) {
            return String::new();
        }
        let is_first = !std::mem::replace(&mut self.is_changed, true) && self.known.title;
        let before = if is_first { "\x1b[22;2t" } else { "" };
        let old = self.shown.replace(self.wanted.clone()).unwrap_or_default();
        let new = self.wanted.iter().zip(&old).filter(|(new, old)| new != old).map(|(new, _)| new.as_str());
        [before].into_iter().chain(new).collect()
    }

    /// The bytes that take all of it back.
    pub(super) fn back(&self) -> String {
        if !self.is_changed {
            return String::new();
        }
        let progress = if self.known.progress { TermProgress::remove().to_string() } else { String::new() };
        // An empty title first, for a terminal that keeps none.
        progress + if self.known.title { "\x1b]2;\x1b\\\x1b[23;2t" } else { "" }
    }

    /// Takes it back.
    pub(super) fn give_back(&mut self) -> String {
        let back = self.back();
        (self.shown, self.is_changed) = (None, false);
        back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_only_what_it_is_known_to_understand() {
        use Notifies::{Kitty, Nine, Urxvt};
        let known = |title, progress, notifies| Known { title, progress, notifies };
        let all = |kind| known(true, true, Some(kind));
        let only_title = known(true, false, None);
        for (environment, expected) in [
            (&[("TERM", "xterm-kitty")][..], all(Kitty)),
            (&[("TERM", "foot")], all(Urxvt)),
            (&[("TERM", "foot-extra")], all(Urxvt)),
            (&[("TERM", "rxvt-unicode-256color")], all(Urxvt)),
            (&[("TERM", "xterm-ghostty")], all(Urxvt)),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], all(Urxvt)),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], all(Nine)),
            (&[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")], all(Nine)),
            (&[("TERM", "tmux-256color"), ("LC_TERMINAL", "iTerm2")], only_title),
            (&[("TERM", "tmux-256color"), ("TERM_PROGRAM", "tmux")], known(true, true, None)),
            (&[("TERM", "screen"), ("TERM_PROGRAM", "WezTerm")], only_title),
            (&[("TERM", "xterm-256color")], known(true, true, None)),
            (&[("TERM", "st-256color")], known(true, true, None)),
            (&[("TERM", "stv52")], Known::default()),
            (&[("TERM", "vt100")], Known::default()),
            (&[("TERM", "dumb")], Known::default()),
            (&[("TERM", "linux"), ("LC_TERMINAL", "iTerm2")], Known::default()),
            (&[("TERM_PROGRAM", "WezTerm")], Known::default()),
            (&[], Known::default()),
        ] {
            let variable = |name: &str| environment.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
            assert_eq!(Known::by(&variable), expected, "{environment:?}");
        }
    }

    #[test]
    fn no_text_can_end_a_sequence() {
        for kind in [Notifies::Nine, Notifies::Urxvt, Notifies::Kitty] {
            let sequence = kind.sequence("a;b\x07\x1b\\c", "d;e\u{9c}f\ng");
            let rest = sequence.replace("\x1b]", "").replace("\x1b\\", "");
            assert!(!rest.contains(char::is_control), "{sequence:?}");
            assert!(rest.contains("a,b") && rest.contains("d,e") && rest.contains("f g"), "{sequence:?}");
        }
    }
}
