//! What the window of a terminal shows beside its text: a title, the progress of the session, and a notification of
//! its own. Only sequences that the terminal is known to understand; another one could print them. This module must
//! not know how they reach the terminal.

use anstyle_progress::{TermProgress, TermProgressStatus, supports_term_progress};

use crate::domain::view::{State, View};
use crate::text::printable::printable;
use crate::text::view::title;

/// A variable of the environment.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How a terminal takes a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notifies {
    /// OSC 9: a text.
    Nine,
    /// OSC 777: a title and a text.
    Urxvt,
    /// OSC 99: a title and a text, in two parts.
    Kitty,
}

impl Notifies {
    /// `None` for a terminal that is not known to take any. Over ssh only `TERM` and `LC_TERMINAL` are there.
    fn of(variable: Variable<'_>) -> Option<Notifies> {
        let [term, program, remote] =
            ["TERM", "TERM_PROGRAM", "LC_TERMINAL"].map(|name| variable(name).unwrap_or_default());
        match (term.as_str(), program.as_str(), remote.as_str()) {
            ("xterm-kitty", ..) => Some(Notifies::Kitty),
            // A multiplexer does not hand them on.
            _ if ["tmux", "screen"].iter().any(|name| term.starts_with(name)) => None,
            ("xterm-ghostty" | "wezterm", ..) | (_, "ghostty" | "WezTerm", _) => Some(Notifies::Urxvt),
            _ if term.starts_with("foot") || term.starts_with("rxvt-unicode") => Some(Notifies::Urxvt),
            (_, "iTerm.app", _) | (.., "iTerm2") => Some(Notifies::Nine),
            _ => None,
        }
    }

    fn sequence(self, title: &str, text: &str) -> String {
        // A semicolon ends a field, and a control character the sequence.
        let [title, text] = [title, text].map(|part| printable(part).replace(';', ","));
        match self {
            Notifies::Nine => format!("\x1b]9;{title}: {text}\x1b\\"),
            Notifies::Urxvt => format!("\x1b]777;notify;{title};{text}\x1b\\"),
            Notifies::Kitty => format!("\x1b]99;i=therapy:d=0;{title}\x1b\\\x1b]99;i=therapy:p=body;{text}\x1b\\"),
        }
    }
}

/// The window of the terminal behind standard error.
#[derive(Debug)]
pub(super) struct Window {
    name: String,
    has_title: bool,
    has_progress: bool,
    notifies: Option<Notifies>,
    /// The title and the progress that it shows now; `None` while they are those of others.
    shown: Option<(String, String)>,
}

impl Window {
    /// A window for the session called `name`.
    pub(super) fn new(name: &str) -> Window {
        let variable = |name: &str| std::env::var(name).ok();
        let term = variable("TERM").unwrap_or_default();
        let has_title = !["", "dumb", "linux"].contains(&term.as_str());
        let (has_progress, notifies) = (supports_term_progress(true), Notifies::of(&variable));
        Window { name: printable(name).into_owned(), has_title, has_progress, notifies, shown: None }
    }

    /// What changes its title, by the minute, and its progress.
    pub(super) fn show(&mut self, view: &View) -> String {
        let status = match view.state {
            State::Running => TermProgressStatus::Normal,
            State::Paused => TermProgressStatus::Paused,
            State::Held => TermProgressStatus::Error,
        };
        let done = view.elapsed.as_secs() * 100 / view.total.as_secs().max(1);
        let percent = u8::try_from(done.min(100)).unwrap_or(100);
        let title = if self.has_title { format!("\x1b]2;{}\x1b\\", title(view, &self.name)) } else { String::new() };
        let progress = TermProgress::none().status(status).percent(percent);
        let progress = if self.has_progress { progress.to_string() } else { String::new() };
        // The terminal keeps the title of before.
        let before = if self.shown.is_none() && self.has_title { "\x1b[22;2t" } else { "" };
        let (old_title, old_progress) = self.shown.take().unwrap_or_default();
        let new = |old: &str, now: &str| if old == now { String::new() } else { now.to_owned() };
        let changes = [before, &new(&old_title, &title), &new(&old_progress, &progress)].concat();
        self.shown = Some((title, progress));
        changes
    }

    /// A notification of the terminal, empty where it knows none.
    pub(super) fn notify(&self, headline: &str, advice: &str) -> String {
        self.notifies.map_or_else(String::new, |kind| kind.sequence(&format!("{}: {headline}", self.name), advice))
    }

    /// What takes all of it back.
    pub(super) fn give_back(&mut self) -> String {
        let Some((_, progress)) = self.shown.take() else { return String::new() };
        let progress = if progress.is_empty() { progress } else { TermProgress::remove().to_string() };
        // An empty title first, for a terminal that keeps none.
        progress + if self.has_title { "\x1b]2;\x1b\\\x1b[23;2t" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_only_what_it_is_known_to_understand() {
        for (environment, kind) in [
            (&[("TERM", "xterm-kitty")][..], Some(Notifies::Kitty)),
            (&[("TERM", "foot")], Some(Notifies::Urxvt)),
            (&[("TERM", "foot-extra")], Some(Notifies::Urxvt)),
            (&[("TERM", "rxvt-unicode-256color")], Some(Notifies::Urxvt)),
            (&[("TERM", "xterm-ghostty")], Some(Notifies::Urxvt)),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], Some(Notifies::Urxvt)),
            (&[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")], Some(Notifies::Nine)),
            (&[("TERM", "tmux-256color"), ("LC_TERMINAL", "iTerm2")], None),
            (&[("TERM", "screen"), ("TERM_PROGRAM", "WezTerm")], None),
            (&[("TERM", "xterm-256color")], None),
            (&[("TERM", "linux")], None),
            (&[], None),
        ] {
            let variable =
                |name: &str| environment.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
            assert_eq!(Notifies::of(&variable), kind, "{environment:?}");
        }
    }

    #[test]
    fn a_name_cannot_end_a_sequence() {
        for kind in [Notifies::Nine, Notifies::Urxvt, Notifies::Kitty] {
            let sequence = kind.sequence("a;b\x07\x1b\\c", "d;e\u{9c}f");
            let rest = sequence.replace("\x1b]", "").replace("\x1b\\", "");
            assert!(!rest.contains(char::is_control), "{sequence:?}");
            assert!(rest.contains("a,b") && rest.contains("d,e"), "{sequence:?}");
        }
    }
}
