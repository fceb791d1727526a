//! A session without bars: one plain line an event, or one JSON object an event. Nothing animated,
//! so that it can be read from a pipe, a log or a screen reader.

use std::io::Write;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;

use crate::domain::rules::RuleId;
use crate::domain::session::{Event, EventKind, Moment, Session};
use crate::runner::{Observer, Trouble};
use crate::text::durations::count_up;
use crate::words;

/// Plain lines for people.
pub struct Plain<'a> {
    output: Box<dyn Write + 'a>,
    wall: Box<dyn Fn(Moment) -> String>,
    /// The stream is a terminal: it can ring, and somebody may answer a question.
    terminal: bool,
    mark: &'static str,
}

impl<'a> Plain<'a> {
    /// Lines on the stream behind `output`; `mark` stands before what is said.
    #[must_use]
    pub fn new(
        output: Box<dyn Write + 'a>,
        wall: Box<dyn Fn(Moment) -> String>,
        terminal: bool,
        mark: &'static str,
    ) -> Plain<'a> {
        Plain { output, wall, terminal, mark }
    }
}

impl Plain<'_> {
    fn line(&self, event: &Event, session: &Session) -> String {
        let words = words::of(event, session, self.terminal);
        let note = match event.kind {
            EventKind::StepBegan { .. } => session.plan().segments()[event.step].step.note.clone(),
            _ => None,
        };
        let bell = if self.terminal && words.urgent { "\x07" } else { "" };
        let said =
            [Some(words.headline), Some(words.advice), note].into_iter().flatten().filter(|text| !text.is_empty());
        let said = said.reduce(|said, more| said.trim_end_matches('.').to_owned() + ". " + &more).unwrap_or_default();
        format!("{bell}{}  {:>7}  {}{said}\n", (self.wall)(event.at), count_up(event.elapsed), self.mark)
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
    #[must_use]
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

/// Seconds to the millisecond.
#[must_use]
pub fn seconds(length: std::time::Duration) -> f64 {
    // Exact up to 2^53 ms, which is longer than any session by far.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a session fit 53 bits")]
    let millis = length.as_millis() as f64;
    millis / 1000.0
}
