//! A session as lines: plain text or JSON, one line an event. Nothing moves, so that pipes, logs and
//! screen readers can follow.

use std::io::Write;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;

use crate::domain::rules::RuleId;
use crate::domain::session::{Event, EventKind, Moment, Session};
use crate::runner::{Observer, Trouble};
use crate::text::durations::seconds;
use crate::text::printable::wrapped;
use crate::text::wording::{self, sentences};

/// Plain lines for people.
pub struct Plain<'a> {
    output: Box<dyn Write + 'a>,
    wall: Box<dyn Fn(Moment) -> String>,
    /// The stream is a terminal: it can ring, and a person may press keys.
    terminal: bool,
    name: String,
    mark: &'static str,
}

/// The widest line, so that it fits every terminal.
const WIDTH: usize = 78;
/// The rest of a broken line stands below the text, not below the time.
const INDENT: usize = 7;
const KEYS: &str = "Keys: space pause, s skip, plus a minute more, q stop.";

impl<'a> Plain<'a> {
    /// Lines about the session `name` on `output`. `wall` gives the time of day; each line begins with
    /// `mark`.
    pub fn new(
        output: Box<dyn Write + 'a>,
        wall: Box<dyn Fn(Moment) -> String>,
        terminal: bool,
        name: &str,
        mark: &'static str,
    ) -> Plain<'a> {
        Plain { output, wall, terminal, name: name.to_owned(), mark }
    }
}

impl Plain<'_> {
    fn line(&self, event: &Event, session: &Session) -> String {
        let words = wording::of(event, session, self.terminal);
        let bell = if self.terminal && words.urgent { "\x07" } else { "" };
        let said = match event.kind {
            EventKind::Started => {
                let until = (self.wall)(event.at + session.plan().length());
                let headline = format!("{}: {}, until {until}", self.name, words.headline);
                sentences([headline.as_str(), if self.terminal { KEYS } else { "" }])
            }
            EventKind::StepBegan { .. } => {
                let note = session.plan().segments()[event.step].step.note.as_deref().unwrap_or_default();
                sentences([words.headline.as_str(), &words.advice, note])
            }
            _ => sentences([words.headline.as_str(), &words.advice]),
        };
        let line = format!("{}  {}{said}", (self.wall)(event.at), self.mark);
        bell.to_owned() + &wrapped(&line, WIDTH, INDENT)
    }
}

impl Observer for Plain<'_> {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        let lines: String = events.iter().map(|event| self.line(event, session)).collect();
        Ok(self.output.write_all(lines.as_bytes()).context("could not write the session's lines")?)
    }

    fn trouble(&mut self, what: &str) {
        let _ = self.output.write_all(format!("warning: {what}\n").as_bytes());
    }
}

/// JSON lines for programs: the fields of the contract.
pub struct Json<'a> {
    output: Box<dyn Write + 'a>,
    wall: Box<dyn Fn(Moment) -> Timestamp>,
}

impl<'a> Json<'a> {
    /// Lines on the stream behind `output`.
    pub fn new(output: Box<dyn Write + 'a>, wall: Box<dyn Fn(Moment) -> Timestamp>) -> Json<'a> {
        Json { output, wall }
    }
}

impl Observer for Json<'_> {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        let mut lines = Vec::new();
        for event in events {
            serde_json::to_writer(&mut lines, &Line::new(event, session, (self.wall)(event.at)))?;
            lines.push(b'\n');
        }
        Ok(self.output.write_all(&lines).context("could not write the session's lines")?)
    }
}

/// One event as JSON. Fields are added, never renamed.
#[derive(Debug, Serialize)]
struct Line {
    event: &'static str,
    at: Timestamp,
    elapsed_s: f64,
    step: usize,
    of: usize,
    kind: &'static str,
    length_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<RuleId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cold_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heat_s: Option<f64>,
}

impl Line {
    fn new(event: &Event, session: &Session, at: Timestamp) -> Line {
        let segment = &session.plan().segments()[event.step];
        let mut line = Line {
            event: event.kind.name(),
            at,
            elapsed_s: seconds(event.elapsed),
            step: event.step + 1,
            of: session.plan().segments().len(),
            kind: segment.step.kind.as_str(),
            length_s: seconds(segment.length),
            by_s: None,
            over_s: None,
            rule: None,
            outcome: None,
            cold_s: None,
            heat_s: None,
        };
        match event.kind {
            EventKind::StepBegan { length } => line.length_s = seconds(length),
            EventKind::Skipped { by_rule } => line.rule = by_rule,
            EventKind::Extended { by, by_rule } => (line.by_s, line.rule) = (Some(seconds(by)), by_rule),
            EventKind::Overran { over } => line.over_s = Some(seconds(over)),
            EventKind::Finished { outcome, given } => {
                line.outcome = Some(outcome.name());
                (line.cold_s, line.heat_s) = (Some(seconds(given.cold)), Some(seconds(given.heat)));
            }
            _ => {}
        }
        line
    }
}
