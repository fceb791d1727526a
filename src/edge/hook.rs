//! A program of the person's own that is called for each event, for example to push it to a phone. It is never given to
//! a shell, and no protocol file can name one. This module must not know what it does.

use std::io;
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::domain::session::{Event, Moment, Session};
use crate::domain::site::Site;
use crate::domain::step::{Modality, StepKind};
use crate::edge::apart::Apart;
use crate::edge::{child, clock, lines};
use crate::runner::{Loss, Observer, Trouble};
use crate::text::durations::seconds;
use crate::text::wording::{self, Words};

/// The event of a session that was cut off.
const CUT_OFF: &str = "cut_off";
/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Calls the program, one event after the other.
pub struct Hook {
    calls: Apart<Call>,
    wall: Box<dyn Fn(Moment) -> Timestamp>,
    name: String,
    is_rehearsal: bool,
}

/// One call: its environment and its input.
struct Call {
    environment: Vec<(&'static str, String)>,
    input: Vec<u8>,
}

impl Call {
    /// Calls the first of these words as a program, with the others as its arguments.
    fn by(self, words: &[String]) -> Result<(), String> {
        let (program, arguments) = words.split_first().ok_or("no program for events is named")?;
        let mut command = Command::new(program);
        command.args(arguments).envs(self.environment);
        let done = child::run(&mut command, &self.input, DEADLINE, |_| {});
        done.map_err(|error| format!("the program for events, {program}: {error}"))
    }
}

/// Calls the program once, with an event of its own that is marked as a rehearsal: it must switch nothing.
///
/// # Errors
/// When it is missing, fails or does not end.
pub fn try_out(words: &[String], text: &str) -> Result<(), String> {
    let environment = [
        ("THERAPY_EVENT", "selftest"),
        ("THERAPY_PROTOCOL", "selftest"),
        ("THERAPY_URGENT", "1"),
        ("THERAPY_TEXT", text),
        ("THERAPY_REHEARSAL", "1"),
    ];
    let environment = environment.map(|(name, value)| (name, value.to_owned())).to_vec();
    Call { environment, input: b"{\"event\":\"selftest\"}\n".to_vec() }.by(words)
}

impl Hook {
    /// Calls this program with its arguments, for a session called `name`.
    ///
    /// # Errors
    /// When the system provides no thread.
    pub fn new(
        words: Vec<String>,
        name: &str,
        is_rehearsal: bool,
        wall: Box<dyn Fn(Moment) -> Timestamp>,
    ) -> io::Result<Hook> {
        let call = move |call: Call| call.by(&words);
        let calls = Apart::start("the program for events", DEADLINE, call)?;
        Ok(Hook { calls, wall, name: name.to_owned(), is_rehearsal })
    }

    /// Waits until every call is over, at most for this long.
    ///
    /// # Errors
    /// The first failure, once.
    pub fn finish(&mut self, most: Duration) -> Result<(), String> {
        self.calls.finish(most)
    }

    /// Calls the program for a session that was found cut off and is resumed.
    pub fn found_cut_off(&mut self, session: &Session) {
        self.calls.send(Call::cut_off(&self.name, self.is_rehearsal, session));
    }

    /// Calls the program when a person's wait is over: for a session, with its name, its site and its first step, or
    /// without a step for a pain score of a trial.
    pub fn call_for(&mut self, (name, site, first): (&str, Site, Option<StepKind>), words: &Words) {
        let at = (self.wall)(clock::now());
        let event = if first.is_some() { "allowed" } else { "score_due" };
        let line = json!({ "event": event, "at": at, "protocol": name, "site": site, "kind": first });
        let environment = vec![
            ("THERAPY_EVENT", event.to_owned()),
            ("THERAPY_PROTOCOL", name.to_owned()),
            ("THERAPY_SITE", site.to_string()),
            ("THERAPY_KIND", first.map_or("", StepKind::as_str).to_owned()),
            ("THERAPY_URGENT", u8::from(words.urgent).to_string()),
            ("THERAPY_TEXT", wording::sentences([&*words.headline, &words.advice])),
            ("THERAPY_REHEARSAL", "0".to_owned()),
        ];
        self.calls.send(Call { environment, input: format!("{line}\n").into_bytes() });
    }
}

/// Calls the program for a session that was found cut off and is not resumed.
///
/// # Errors
/// When it is missing, fails or does not end.
pub fn found_cut_off(words: &[String], name: &str, session: &Session) -> Result<(), String> {
    Call::cut_off(name, false, session).by(words)
}

impl Call {
    /// The session was cut off.
    fn cut_off(name: &str, is_rehearsal: bool, session: &Session) -> Call {
        let event = (CUT_OFF, b"{\"event\":\"cut_off\"}\n".to_vec());
        Call::about(event, &wording::lost(Loss::Process, session), (name, is_rehearsal), session)
    }

    fn about(
        (event, input): (&str, Vec<u8>),
        words: &Words,
        (name, is_rehearsal): (&str, bool),
        session: &Session,
    ) -> Call {
        let segment = session.segment();
        let left = segment.end().saturating_sub(session.elapsed());
        // Of several events at one moment, the first ones already come with what is on after the last one. A pack that
        // waits for an answer is to come off.
        let goes_on = event != CUT_OFF && session.outcome().is_none() && !session.is_paused() && !session.is_held();
        let pack = segment.step.kind.modality().filter(|_| goes_on);
        let environment = vec![
            ("THERAPY_EVENT", event.to_owned()),
            ("THERAPY_PROTOCOL", name.to_owned()),
            ("THERAPY_SITE", session.site().to_string()),
            ("THERAPY_KIND", segment.step.kind.as_str().to_owned()),
            ("THERAPY_PACK", pack.map_or("", Modality::as_str).to_owned()),
            ("THERAPY_STEP", (session.index() + 1).to_string()),
            ("THERAPY_OF", session.plan().segments().len().to_string()),
            ("THERAPY_LEFT", seconds(left).to_string()),
            ("THERAPY_URGENT", u8::from(words.urgent).to_string()),
            ("THERAPY_TEXT", wording::sentences([&*words.headline, &words.advice])),
            ("THERAPY_REHEARSAL", u8::from(is_rehearsal).to_string()),
        ];
        Call { environment, input }
    }
}

impl Observer for Hook {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        for event in events {
            let line = lines::json(event, session, (self.wall)(event.at))?;
            let (what, words) = ((event.kind.name(), line), wording::of(event, session, false));
            self.calls.send(Call::about(what, &words, (&self.name, self.is_rehearsal), session));
        }
        Ok(self.calls.collect()?)
    }

    fn frame(&mut self, _: &Session) -> Result<(), Trouble> {
        Ok(self.calls.collect()?)
    }

    fn lost(&mut self, what: Loss, session: &Session) -> Result<(), Trouble> {
        if what == Loss::Process {
            self.calls.send(Call::cut_off(&self.name, self.is_rehearsal, session));
        }
        Ok(())
    }
}
