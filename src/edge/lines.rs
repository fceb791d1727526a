//! A session as lines: plain text or JSON, one line an event. Nothing moves, so that pipes, logs and
//! screen readers can follow. This module must not know what the stream is.

use std::io::Write;
use std::ops::Not;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::plan::Cue;
use crate::domain::session::{Event, EventKind, Moment, Session};
use crate::domain::site::Site;
use crate::domain::step::{PerModality, StepKind};
use crate::domain::view::View;
use crate::runner::{Loss, Observer, Trouble};
use crate::text::durations::{roughly, seconds};
use crate::text::printable::{printable, wrapped};
use crate::text::view::{during, going_on, time_left};
use crate::text::wording::{self, sentences};

/// Plain lines for people.
pub struct Plain<'a> {
    output: Box<dyn Write + 'a>,
    wall: Box<dyn Fn(Moment) -> String>,
    /// The stream is a terminal, which can ring.
    rings: bool,
    /// Somebody can press keys.
    keys: bool,
    name: String,
    mark: &'static str,
    /// The step in which the last frame was, and the time that was left then.
    last: (usize, Duration),
    /// A line was written.
    has_begun: bool,
    /// The columns of the terminal, where it is known.
    columns: Option<Box<dyn Fn() -> usize>>,
}

/// The width of a line, which fits nearly every terminal.
const WIDTH: usize = 78;
/// The rest of a broken line is below the text, not below the time.
const INDENT: usize = 7;
const FAILED: &str = "could not write the session's lines";
const KEYS: &str = "Keys: space pause, s skip, plus a minute more, t time left, q stop.";
/// Where no step can be longer.
const FEWER_KEYS: &str = "Keys: space pause, s skip, t time left, q stop.";
/// When the time left is said, besides half of a dose and the last minute.
const FIVE_MINUTES: Duration = Duration::from_secs(5 * 60);

impl<'a> Plain<'a> {
    /// Lines about the session `name` on `output`: whether they ring, and whether they name the keys. `wall` gives the time
    /// of day, and `mark` begins the text of each line.
    pub fn new(
        output: Box<dyn Write + 'a>,
        wall: Box<dyn Fn(Moment) -> String>,
        (rings, keys): (bool, bool),
        name: &str,
        mark: &'static str,
    ) -> Plain<'a> {
        Plain {
            output,
            wall,
            rings,
            keys,
            name: name.to_owned(),
            mark,
            last: (0, Duration::ZERO),
            has_begun: false,
            columns: None,
        }
    }

    /// The same on a terminal that may have fewer columns than a line.
    #[must_use]
    pub fn with_columns(self, columns: Box<dyn Fn() -> usize>) -> Plain<'a> {
        Plain { columns: Some(columns), ..self }
    }

    fn width(&self) -> usize {
        self.columns.as_ref().map_or(WIDTH, |columns| columns().min(WIDTH))
    }

    fn line(&self, event: &Event, session: &Session) -> String {
        let words = wording::of(event, session, self.keys);
        let bell = if self.rings && wording::rings(event, session) { "\x07" } else { "" };
        let said = match event.kind {
            EventKind::Started => {
                let until = (self.wall)(event.at + session.plan().length());
                let headline = format!("{}: {}, until {until}", self.name, words.headline);
                sentences([headline.as_str(), self.keys(session)])
            }
            EventKind::StepBegan { .. } => {
                let note = session.plan().segments()[event.step].step.note.as_deref().unwrap_or_default();
                sentences([words.headline.as_str(), &words.advice, note])
            }
            _ => sentences([words.headline.as_str(), &words.advice]),
        };
        let line = format!("{}  {}{said}", (self.wall)(event.at), self.mark);
        bell.to_owned() + &wrapped(&line, self.width(), INDENT)
    }
}

impl Plain<'_> {
    /// What the keys do, where somebody can press them.
    fn keys(&self, session: &Session) -> &'static str {
        let may_extend = session.plan().segments().len() > 1 || View::of(session).can_extend;
        match (self.keys, may_extend) {
            (false, _) => "",
            (true, true) => KEYS,
            (true, false) => FEWER_KEYS,
        }
    }

    /// Writes a line that is not about an event.
    fn tell(&mut self, text: &str, session: &Session) -> Result<(), Trouble> {
        let line = format!("{}  {}{}", (self.wall)(session.now()), self.mark, sentences([text]));
        Ok(self.output.write_all(wrapped(&line, self.width(), INDENT).as_bytes()).context(FAILED)?)
    }
}

impl Observer for Plain<'_> {
    /// For a session that is resumed without an event, the first line says where it is. Later, a line says that five
    /// minutes are left, unless half of the dose is at that moment.
    fn frame(&mut self, session: &Session) -> Result<(), Trouble> {
        if !std::mem::replace(&mut self.has_begun, true) {
            let (view, is_numb) = (View::of(session), session.is_numb(session.now()));
            let todo = during(&view, session.plan().cue_of_next(session.index()), is_numb);
            let place = going_on(&self.name, &view, &(self.wall)(view.ends_at), todo, self.keys);
            self.tell(&sentences([place.as_str(), self.keys(session)]), session)?;
        }
        let left = session.segment().end().saturating_sub(session.elapsed());
        let (step, before) = std::mem::replace(&mut self.last, (session.index(), left));
        let passed = step == session.index() && before > FIVE_MINUTES && left <= FIVE_MINUTES;
        let half = session.plan().cue(step, Cue::Halfway).map(|half| session.segment().end().saturating_sub(half));
        if !passed || half == Some(FIVE_MINUTES) || left.is_zero() {
            return Ok(());
        }
        self.tell(&format!("{} left", roughly(left)), session)
    }

    fn tell_time(&mut self, session: &Session) -> Result<(), Trouble> {
        let view = View::of(session);
        self.tell(&time_left(&view, &(self.wall)(view.ends_at), None), session)
    }

    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        self.has_begun = true;
        let lines: String = wording::told(events).map(|event| self.line(event, session)).collect();
        Ok(self.output.write_all(lines.as_bytes()).context(FAILED)?)
    }

    fn lost(&mut self, what: Loss, session: &Session) -> Result<(), Trouble> {
        // The program itself prints this before it ends.
        if what == Loss::Process {
            return Ok(());
        }
        let words = wording::lost(what, session);
        let line = format!("{}  {}", (self.wall)(session.now()), sentences([&*words.headline, &words.advice]));
        self.output.write_all(wrapped(&line, self.width(), INDENT).as_bytes()).context(FAILED)?;
        // The process may be stopped next.
        Ok(self.output.flush()?)
    }

    fn trouble(&mut self, what: &str) {
        let line = format!("warning: {}\n", printable(what));
        // In a file it stays one line, for a search.
        let line = if self.rings { wrapped(&line, self.width(), 2) } else { line };
        let _ = self.output.write_all(line.as_bytes());
    }
}

/// JSON lines for programs.
pub struct Json<'a> {
    output: Box<dyn Write + 'a>,
    wall: Box<dyn Fn(Moment) -> Timestamp>,
}

impl<'a> Json<'a> {
    /// Lines on `output`. `wall` gives the time of day.
    pub fn new(output: Box<dyn Write + 'a>, wall: Box<dyn Fn(Moment) -> Timestamp>) -> Json<'a> {
        Json { output, wall }
    }
}

impl Observer for Json<'_> {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        let mut lines = Vec::new();
        for event in events {
            lines.extend(json(event, session, (self.wall)(event.at))?);
        }
        Ok(self.output.write_all(&lines).context(FAILED)?)
    }
}

/// The line of one event, for other observers.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn json(event: &Event, session: &Session, at: Timestamp) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(&Line::new(event, session, at))?;
    line.push(b'\n');
    Ok(line)
}

/// One event as JSON. New fields may be added, and none is renamed.
#[derive(Serialize)]
struct Line {
    event: &'static str,
    at: Timestamp,
    elapsed_s: f64,
    step: usize,
    of: usize,
    kind: StepKind,
    length_s: f64,
    #[serde(skip_serializing_if = "Not::not")]
    changeover: bool,
    site: Site,
    /// The fields of this kind of event.
    #[serde(flatten)]
    more: Value,
}

impl Line {
    fn new(event: &Event, session: &Session, at: Timestamp) -> Line {
        let segments = session.plan().segments();
        let segment = &segments[event.step];
        let (mut length, mut more) = (segment.length, json!({}));
        match event.kind {
            EventKind::StepBegan { length: planned } => length = planned,
            EventKind::Skipped { by_rule: Some(rule) } => more = json!({ "rule": rule }),
            EventKind::Extended { by, by_rule: Some(rule) } => more = json!({ "by_s": seconds(by), "rule": rule }),
            EventKind::Extended { by, by_rule: None } | EventKind::Leapt { by } => {
                more = json!({ "by_s": seconds(by) });
            }
            EventKind::Overran { over } => more = json!({ "over_s": seconds(over) }),
            EventKind::Finished { outcome, given: PerModality { cold, heat } } => {
                more = json!({ "outcome": outcome.name(), "cold_s": seconds(cold), "heat_s": seconds(heat) });
            }
            _ => {}
        }
        Line {
            event: event.kind.name(),
            at,
            elapsed_s: seconds(event.elapsed),
            step: event.step + 1,
            of: segments.len(),
            kind: segment.step.kind,
            length_s: seconds(length),
            changeover: segment.step.changeover,
            site: session.site(),
            more,
        }
    }
}
