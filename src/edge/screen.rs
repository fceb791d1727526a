//! The bars of a running session on a terminal. The only one that knows indicatif.
//!
//! What changes with an event or with the terminal's size is laid out then, the bar by indicatif as it
//! stands when the step is over; a frame only writes how far everything is. It is drawn every second for
//! hours, by a program that has just slept: what a frame touches is what it costs.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{io, iter};

use console::{Style, measure_text_width, truncate_str};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::domain::advice;
use crate::domain::plan::Segment;
use crate::domain::session::{Event, EventKind, Moment, Session};
use crate::domain::step::StepKind;
use crate::edge::canvas::Canvas;
use crate::edge::output::{Change, Output};
use crate::ribbon::{self, count_up, filled, sign, write_count_up, write_countdown};
use crate::runner::{Observer, Trouble};
use crate::words::{self, position, span};

/// Tells the time of day of a moment of the session, as `18:42`.
pub type WallClock = Box<dyn Fn(Moment) -> String>;

/// Rows and columns of the terminal.
pub type Size = Box<dyn Fn() -> (u16, u16)>;

/// Tells what may have happened to the terminal since it was asked last.
pub type Changes = Box<dyn Fn() -> Change>;

/// The bars.
pub struct Screen {
    canvas: Canvas,
    wall: WallClock,
    size: Size,
    changes: Changes,
    keys: bool,
    mark: &'static str,
    advice: String,
    /// `None` once an event has changed it.
    laid: Option<Laid>,
    /// A bar of a step that is over, so wide.
    bar: (u16, String),
    /// The row that is being written.
    row: String,
    /// Shown instead of the keys until then.
    notice: Option<(String, Moment)>,
    trouble: bool,
}

/// What changes with an event or with the size of the terminal, and not with every frame.
struct Laid {
    /// For a terminal so wide, until then.
    width: usize,
    until: Moment,
    /// What stands before and behind the time that is left.
    title: [String; 2],
    bold: Ink,
    /// The bar when the step is over, and when it begins; so is what is filled of it, and the rest.
    bars: [(Ink, String); 2],
    whole: Option<Whole>,
    /// Where it says what comes next.
    next_row: usize,
}

/// The whole session to scale, where it has several steps.
struct Whole {
    at_row: usize,
    ribbon: String,
    /// Where in the text of the ribbon the sign of each column stands.
    columns: Vec<usize>,
    /// Behind it the time that has gone, so wide, and of how much.
    gone_width: usize,
    total: String,
}

/// What stands before and behind a text to colour it: nothing where there are no colours.
struct Ink([String; 2]);

impl From<Style> for Ink {
    fn from(style: Style) -> Ink {
        let painted = style.for_stderr().apply_to('|').to_string();
        Ink(painted.split_once('|').map(|(on, off)| [on, off].map(str::to_owned)).unwrap_or_default())
    }
}

impl Ink {
    fn paint(&self, row: &mut String, write: impl FnOnce(&mut String)) {
        row.push_str(&self.0[0]);
        write(row);
        row.push_str(&self.0[1]);
    }
}

impl Laid {
    /// What is on, and how long it has left.
    fn write_title(&self, row: &mut String, session: &Session) {
        let ([name, position], [on, off]) = (&self.title, &self.bold.0);
        row.clear();
        row.push_str(on);
        row.push_str(name);
        write_time_left(row, session);
        row.push_str(position);
        cut_behind(row, on.len(), self.width);
        row.push_str(off);
    }

    /// How far the step is.
    fn write_bar(&self, row: &mut String, session: &Session) {
        let segment = session.segment();
        let gone = filled(session.elapsed().saturating_sub(segment.start), segment.length, self.width);
        let [(on, full), (off, blank)] = &self.bars;
        row.clear();
        on.paint(row, |row| row.push_str(full.get(..gone).unwrap_or(full)));
        off.paint(row, |row| row.push_str(blank.get(gone..).unwrap_or_default()));
    }
}

impl Whole {
    /// For a terminal so wide; it takes this row.
    fn new(session: &Session, at_row: usize, width: usize) -> Whole {
        let (plan, length) = (session.plan(), count_up(session.plan().length()));
        // Past its end the time that has gone may be the longer of the two.
        let last = session.elapsed() + if session.is_held() { HOLDS } else { Duration::ZERO };
        let gone_width = 1 + length.len().max(count_up(last).len());
        let total = format!(" of {length}");
        let kinds = ribbon::columns(&plan.exposures(0), width.saturating_sub(gone_width + total.len()));
        let (mut ribbon, mut columns) = (String::new(), Vec::with_capacity(kinds.len()));
        for run in kinds.chunk_by(|a, b| a == b) {
            Ink::from(colour(run[0])).paint(&mut ribbon, |ribbon| {
                for kind in run {
                    columns.push(ribbon.len());
                    ribbon.push(sign(*kind));
                }
            });
        }
        Whole { at_row, gone_width: if columns.is_empty() { 0 } else { gone_width }, ribbon, columns, total }
    }

    /// With a mark where it is, and its time.
    fn write(&self, row: &mut String, session: &Session, width: usize) {
        let mark = ribbon::column(session.elapsed(), session.plan().length(), self.columns.len());
        row.clear();
        if let Some(at) = self.columns.get(mark) {
            row.push_str(&self.ribbon[..*at]);
            row.push('|');
            row.push_str(&self.ribbon[at + 1..]);
        }
        let start = row.len();
        write_count_up(row, session.elapsed());
        for _ in row.len() - start..self.gone_width {
            row.insert(start, ' ');
        }
        row.push_str(&self.total);
        cut_behind(row, start, width - self.columns.len());
    }
}

/// How long it holds at most: the clock on the wall may have been set.
const HOLDS: Duration = Duration::from_secs(60);

/// How long a notice is shown.
const NOTICE: Duration = Duration::from_secs(5);

impl Screen {
    /// Bars on the stream behind `output`. `keys` says that somebody can press them; `mark` stands
    /// before every title.
    #[must_use]
    pub fn new(
        output: Output,
        size: Size,
        changes: Changes,
        wall: WallClock,
        keys: bool,
        mark: &'static str,
    ) -> Screen {
        let canvas = Canvas::new(output);
        let (advice, bar, row) = (String::new(), (0, String::new()), String::new());
        Screen { canvas, wall, size, changes, keys, mark, advice, laid: None, bar, row, notice: None, trouble: false }
    }

    /// Takes note of what happened to the terminal.
    fn catch_up(&mut self) {
        let change = (self.changes)();
        if change != Change::Nothing {
            self.laid = None;
        }
        if change == Change::Rows {
            self.canvas.forget();
        }
    }

    fn draw(&mut self, session: &Session) -> anyhow::Result<()> {
        if !self.canvas.is_free() {
            return Ok(());
        }
        self.catch_up();
        if self.laid.as_ref().is_none_or(|laid| session.now() >= laid.until) {
            self.laid = Some(self.lay(session)?);
        }
        // In a pause the end moves on.
        let next = session.is_paused().then(|| self.next(session));
        let (Some(laid), canvas, row) = (&self.laid, &mut self.canvas, &mut self.row) else {
            return Ok(());
        };
        laid.write_title(row, session);
        canvas.set(0, row);
        laid.write_bar(row, session);
        canvas.set(1, row);
        canvas.set(2, row);
        if let Some(whole) = &laid.whole {
            whole.write(row, session, laid.width);
            canvas.set(whole.at_row, row);
        }
        if let Some(next) = next {
            canvas.set(laid.next_row, &cut(next, laid.width));
        }
        canvas.show();
        Ok(())
    }

    /// Lays everything out and gives the canvas the rows that stay.
    fn lay(&mut self, session: &Session) -> anyhow::Result<Laid> {
        let (height, columns) = (self.size)();
        let width = usize::from(columns);
        let Segment { step, .. } = session.segment();
        // Title, and twice the bar.
        let mut rows = vec![String::new(); 3];
        // A session that was taken up says nothing about the step that goes on.
        let advice = if self.advice.is_empty() { advice::begin(step.kind, false) } else { &self.advice };
        let advice = iter::once(advice).chain(step.note.as_deref());
        rows.extend(advice.flat_map(|text| wrapped(text, width)));
        let several = session.plan().segments().len() > 1;
        let whole = several.then(|| Whole::new(session, rows.len(), width));
        rows.extend(whole.as_ref().map(|_| String::new()));
        let next_row = rows.len();
        rows.extend([self.next(session), self.key_help(session)].map(|row| cut(row, width)));
        // What is off the terminal cannot be taken back.
        rows.truncate(usize::from(height));
        self.canvas.lay(rows, columns);
        if self.bar.0 != columns {
            self.bar = (columns, whole_bar(columns)?);
        }
        let [on, off] = background(step.kind).map(Ink::from);
        let full = self.bar.1.replace(FILLED, sign(step.kind).encode_utf8(&mut [0; 4]));
        let name = format!("{}{}  ", self.mark, step.kind.as_str().to_uppercase());
        Ok(Laid {
            width,
            until: session.now() + self.holds(session),
            title: [name, position(session.index(), session)],
            bold: Ink::from(Style::new().bold()),
            bars: [(on, full), (off, " ".repeat(width))],
            whole,
            next_row,
        })
    }

    /// How long what is laid out now stands.
    fn holds(&self, session: &Session) -> Duration {
        let notice = self.notice.as_ref().map(|(_, until)| until.since(session.now()));
        notice.filter(|left| !left.is_zero()).map_or(HOLDS, |left| left.min(HOLDS))
    }

    fn next(&self, session: &Session) -> String {
        let at = (self.wall)(session.end());
        let next = session.plan().next(session.index());
        match next {
            Some(next) if session.is_held() => format!("then {} for {}", next.step.kind, span(next.length)),
            Some(next) => format!("next {} for {} at {at}", next.step.kind, span(next.length)),
            None if session.is_held() => "then the end".to_owned(),
            None => format!("ends at {at}"),
        }
    }

    fn key_help(&self, session: &Session) -> String {
        if let Some((notice, until)) = &self.notice
            && session.now() < *until
        {
            return notice.clone();
        }
        let help = match () {
            () if !self.keys => "Ctrl-C stops",
            () if session.is_held() => "Enter done · space pack off · q stop",
            () if session.is_paused() => "space go on · s skip · q stop",
            () => "space pause · s skip · + 1 min · q stop",
        };
        Style::new().for_stderr().dim().apply_to(help).to_string()
    }

    /// Takes note of what happened.
    fn hear(&mut self, event: &Event, session: &Session) -> anyhow::Result<()> {
        let words = words::of(event, session, self.keys);
        if words.urgent || matches!(event.kind, EventKind::StepBegan { .. } | EventKind::StepSoon | EventKind::Halfway)
        {
            self.canvas.ring();
        }
        match event.kind {
            EventKind::Started => return Ok(()),
            EventKind::Finished { .. } => {
                let last = [words.headline, words.advice].into_iter().filter(|line| !line.is_empty());
                last.for_each(|line| self.canvas.print(line));
                self.catch_up();
                self.canvas.end((self.size)().1)?;
            }
            EventKind::StepBegan { .. } | EventKind::Halfway | EventKind::StepSoon | EventKind::Paused => {
                self.advice = words.advice;
            }
            EventKind::Overran { .. } if words.advice.is_empty() => {}
            EventKind::Overran { .. } => self.advice = format!("{} Then: Enter.", words.advice),
            EventKind::Resumed => self.advice.clear(),
            EventKind::Skipped { by_rule: Some(_) } => self.canvas.print(words.headline),
            EventKind::Extended { .. } => self.notice = Some((words.headline, session.now() + NOTICE)),
            EventKind::Skipped { .. } | EventKind::Confirmed => {}
        }
        Ok(())
    }
}

impl Observer for Screen {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        self.laid = None;
        Ok(events.iter().try_for_each(|event| self.hear(event, session))?)
    }

    fn frame(&mut self, session: &Session) -> Result<(), Trouble> {
        if session.outcome().is_none() {
            self.draw(session)?;
        }
        let failed = self.canvas.failure();
        match failed {
            Some(error) if !std::mem::replace(&mut self.trouble, true) => {
                Err(anyhow::Error::new(error).context("could not write to the terminal").into())
            }
            _ => Ok(()),
        }
    }

    fn trouble(&mut self, what: &str) {
        self.canvas.print(format!("warning: {what}"));
    }
}

/// No letter is wider than it has bytes, and most rows are short: no need to measure them.
fn cut(row: String, width: usize) -> String {
    if row.len() <= width { row } else { truncate_str(&row, width, "…").into_owned() }
}

/// What stands behind there may be so wide.
fn cut_behind(row: &mut String, start: usize, width: usize) {
    if row.len() - start > width {
        let text = row.split_off(start);
        row.push_str(&cut(text, width));
    }
}

/// Advice and notes are the last to be cut short: they take up to three rows.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    const ROWS: usize = 3;
    if text.len() <= width || measure_text_width(text) <= width {
        return vec![text.to_owned()];
    }
    let mut rows: Vec<_> = textwrap::wrap(text, width).into_iter().map(Cow::into_owned).collect();
    if rows.len() > ROWS {
        let rest = rows.split_off(ROWS - 1).join(" ");
        rows.push(cut(rest, width));
    }
    rows
}

/// How much of the step is left, or what it waits for.
fn write_time_left(row: &mut String, session: &Session) {
    let end = session.segment().end();
    match end.checked_sub(session.elapsed()) {
        _ if session.is_held() => {
            write_count_up(row, session.elapsed().saturating_sub(end));
            row.push_str(" past its end");
        }
        Some(left) => {
            row.push_str(if session.is_paused() { "paused, " } else { "" });
            write_countdown(row, left);
            row.push_str(" left");
        }
        None => row.push_str("paused at its end"),
    }
}

/// The colour of a kind of step as text.
#[must_use]
pub fn colour(kind: StepKind) -> Style {
    match kind {
        StepKind::Cold => Style::new().blue().bright(),
        StepKind::Heat => Style::new().red().bright(),
        StepKind::Rest => Style::new().green(),
        StepKind::Stretch => Style::new().yellow(),
    }
}

/// The styles of the bar's filled part, and of the rest.
fn background(kind: StepKind) -> [Style; 2] {
    let filled = match kind {
        StepKind::Cold => Style::new().white().on_blue(),
        StepKind::Heat => Style::new().white().on_red(),
        StepKind::Rest => Style::new().black().on_green(),
        StepKind::Stretch => Style::new().black().on_yellow(),
    };
    [filled, Style::new().on_black().on_bright()]
}

/// What a bar is filled with, before it is that of a kind of step.
const FILLED: char = '#';

/// A bar of a step that is over, so wide.
fn whole_bar(width: u16) -> anyhow::Result<String> {
    let row = Row { text: Arc::default(), width };
    let target = ProgressDrawTarget::term_like(Box::new(row.clone()));
    let style = ProgressStyle::with_template("{wide_bar}")?.progress_chars(&format!("{FILLED} "));
    ProgressBar::with_draw_target(Some(1), target).with_style(style).finish();
    let text = std::mem::take(&mut *row.text.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(text)
}

/// A terminal for indicatif, of one row.
#[derive(Clone, Debug)]
struct Row {
    text: Arc<Mutex<String>>,
    width: u16,
}

impl TermLike for Row {
    fn width(&self) -> u16 {
        self.width
    }

    // Nothing stood there before, so there is nothing to move to and to clear.
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
