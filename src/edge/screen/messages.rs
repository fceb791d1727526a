//! Messages that replace the keys for a moment. It must not know what they are about.

use std::time::Duration;

use crate::domain::moment::Moment;

/// How long a message replaces the keys.
const LENGTH: Duration = Duration::from_secs(5);

/// The message that is shown, and all that are said again after the end.
#[derive(Default)]
pub(super) struct Messages {
    shown: Option<Shown>,
    /// With the time of day, once it is known.
    said: Vec<(Option<String>, String)>,
}

struct Shown {
    text: String,
    /// Not known before it is drawn.
    until: Option<Moment>,
    /// It is true only until something happens.
    passes: bool,
}

impl Messages {
    /// Shows a message, which is said again after the end: once, however often it comes.
    pub(super) fn show(&mut self, text: String) {
        if !self.said.iter().any(|(_, said)| *said == text) {
            self.said.push((None, text.clone()));
        }
        self.shown = Some(Shown { text, until: None, passes: false });
    }

    /// Shows a message that is true only until something happens.
    pub(super) fn answer(&mut self, text: String) {
        self.shown = Some(Shown { text, until: None, passes: true });
    }

    /// Something happened.
    pub(super) fn pass(&mut self) {
        self.shown.take_if(|shown| shown.passes);
    }

    /// Notes that a frame is drawn. Returns whether a message was shown for long enough.
    pub(super) fn are_over(&mut self, now: Moment, time_of_day: impl Fn(Moment) -> String) -> bool {
        for (at, _) in &mut self.said {
            at.get_or_insert_with(|| time_of_day(now));
        }
        self.shown.take_if(|shown| *shown.until.get_or_insert(now + LENGTH) <= now).is_some()
    }

    /// The message that is shown.
    pub(super) fn shown(&self) -> Option<&str> {
        self.shown.as_ref().map(|shown| shown.text.as_str())
    }

    /// All messages, each with its time of day; `now` for those that were never shown.
    pub(super) fn all(&mut self, now: &str) -> Vec<String> {
        let said = self.said.drain(..);
        said.map(|(at, text)| format!("{}  {text}", at.unwrap_or_else(|| now.to_owned()))).collect()
    }
}
