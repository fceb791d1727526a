//! The bars of a running session on a terminal. The only one that knows indicatif.
//!
//! indicatif draws the bar, once a frame; the canvas below it puts that row between the others and
//! sends only the rows that changed, in one write. It skips a frame while the one before it is still
//! unwritten: the next one makes up for it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, iter};

use console::{Style, measure_text_width, truncate_str};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::domain::session::{Event, EventKind, Moment, Session};
use crate::domain::step::StepKind;
use crate::edge::output::Output;
use crate::ribbon::{self, count_up, countdown, sign};
use crate::runner::Observer;
use crate::words::{self, position, span};

/// Tells the time of day of a moment of the session, as `18:42`.
pub type WallClock = Box<dyn Fn(Moment) -> String>;

/// Rows and columns of the terminal.
pub type Size = fn() -> (u16, u16);

/// The bars.
pub struct Screen {
    bar: ProgressBar,
    canvas: Canvas,
    wall: WallClock,
    size: Size,
    keys: bool,
    mark: &'static str,
    advice: String,
    laid: Laid,
    /// Shown instead of the keys until then.
    notice: Option<(String, Moment)>,
    trouble: bool,
}

/// What changes with an event or with the size of the terminal, and not with every frame.
#[derive(Default)]
struct Laid {
    /// For a terminal so wide, until then.
    width: usize,
    until: Moment,
    /// The advice and the step's note.
    advice: Vec<String>,
    /// The whole session to scale.
    ribbon: Vec<StepKind>,
    /// What comes next, and the keys.
    foot: [String; 2],
}

/// How long it holds at most: the clock on the wall may have been set.
const HOLDS: Duration = Duration::from_secs(60);

/// How long a notice is shown.
const NOTICE: Duration = Duration::from_secs(5);

impl Screen {
    /// Bars on the stream behind `output`. `keys` says that somebody can press them; `mark` stands
    /// before every title.
    #[must_use]
    pub fn new(output: Output, size: Size, wall: WallClock, keys: bool, mark: &'static str) -> Screen {
        let canvas = Canvas::new(output, size());
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::term_like(Box::new(canvas.clone())));
        let (advice, laid) = (String::new(), Laid::default());
        Screen { bar, canvas, wall, size, keys, mark, advice, laid, notice: None, trouble: false }
    }

    /// The bar of one step, in its sign.
    fn begin(&self, session: &Session) -> anyhow::Result<()> {
        let style = ProgressStyle::with_template("{wide_bar}")?;
        self.bar.set_style(style.progress_chars(&format!("{} ", sign(session.segment().step.kind))));
        Ok(())
    }

    fn draw(&mut self, session: &Session) {
        let size = (self.size)();
        let width = usize::from(size.1);
        if self.laid.width != width || self.laid.until <= session.now() {
            self.laid = self.lay(session, width);
        }
        let bar = self.bar(session, size);
        let title = Style::new().bold().apply_to(format!("{}{}", self.mark, title(session))).to_string();
        let mut rows = vec![cut(title, width), bar.clone(), bar];
        rows.extend(self.laid.advice.iter().cloned());
        rows.extend((session.plan().segments().len() > 1).then(|| self.whole_session(session, width)));
        rows.extend(self.laid.foot.iter().cloned());
        // What is off the terminal cannot be taken back.
        rows.truncate(usize::from(size.0));
        self.canvas.show(rows);
    }

    fn lay(&self, session: &Session, width: usize) -> Laid {
        let note = session.segment().step.note.iter().map(String::as_str);
        let advice = iter::once(self.advice.as_str()).chain(note).flat_map(|text| wrapped(text, width)).collect();
        let foot = [self.next(session), self.key_help(session)].map(|row| cut(row, width));
        let notice = self.notice.as_ref().map(|(_, until)| until.since(session.now()));
        let holds = match notice.filter(|left| !left.is_zero()) {
            // The end moves on.
            _ if session.is_paused() => Duration::ZERO,
            Some(left) => left.min(HOLDS),
            None => HOLDS,
        };
        Laid { width, until: session.now() + holds, advice, ribbon: Vec::new(), foot }
    }

    /// How far the step is. indicatif gives its length, and the colours are put on here: it would
    /// measure them at every frame.
    fn bar(&self, session: &Session, size: (u16, u16)) -> String {
        let segment = session.segment();
        let gone = session.elapsed().saturating_sub(segment.start);
        let (length, position) = (millis(segment.length), millis(gone));
        lock(&self.canvas.0).start(size);
        self.bar.update(|state| {
            state.set_len(length);
            state.set_pos(position.min(length));
        });
        let row = std::mem::take(&mut lock(&self.canvas.0).bar);
        let (filled, left) = row.split_at(row.trim_end().len());
        let [on, off] = background(segment.step.kind);
        format!("{}{}", on.apply_to(filled), off.apply_to(left))
    }

    /// The whole session to scale, a mark where it is, and its time.
    fn whole_session(&mut self, session: &Session, width: usize) -> String {
        let (elapsed, total) = (session.elapsed(), session.plan().length());
        let time = format!(" {} of {}", count_up(elapsed), count_up(total));
        let Some(width) = width.checked_sub(time.len()) else {
            return cut(time, width);
        };
        if self.laid.ribbon.len() != width {
            self.laid.ribbon = ribbon::columns(&session.plan().exposures(0), width);
        }
        let mark = ribbon::column(elapsed, total, width);
        let mut row = String::new();
        let mut start = 0;
        for run in self.laid.ribbon.chunk_by(|a, b| a == b) {
            let sign_at = |(at, kind): (usize, &StepKind)| if at == mark { '|' } else { sign(*kind) };
            let signs: String = (start..).zip(run).map(sign_at).collect();
            let _ = write!(row, "{}", colour(run[0]).apply_to(signs));
            start += run.len();
        }
        row + &time
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
        Style::new().dim().apply_to(help).to_string()
    }
}

impl Observer for Screen {
    fn observe(&mut self, event: &Event, session: &Session) -> anyhow::Result<()> {
        self.laid = Laid::default();
        let words = words::of(event, session, self.keys);
        if words.urgent || matches!(event.kind, EventKind::StepBegan { .. } | EventKind::StepSoon | EventKind::Halfway)
        {
            self.canvas.ring();
        }
        match event.kind {
            EventKind::Started => return Ok(()),
            EventKind::StepBegan { .. } => {
                self.begin(session)?;
                self.advice = words.advice;
            }
            EventKind::Finished { .. } => {
                self.bar.finish_and_clear();
                let last = [words.headline, words.advice].into_iter().filter(|line| !line.is_empty());
                last.for_each(|line| self.canvas.print(&line));
                self.canvas.end()?;
            }
            EventKind::Halfway | EventKind::StepSoon | EventKind::Paused => self.advice = words.advice,
            EventKind::Overran { .. } if words.advice.is_empty() => {}
            EventKind::Overran { .. } => self.advice = format!("{} Then: Enter.", words.advice),
            EventKind::Resumed => {
                let kind = session.segment().step.kind;
                crate::domain::advice::begin(kind, false).clone_into(&mut self.advice);
            }
            EventKind::Skipped { by_rule: Some(_) } => self.canvas.print(&words.headline),
            EventKind::Extended { .. } => self.notice = Some((words.headline, session.now() + NOTICE)),
            EventKind::Skipped { .. } | EventKind::Confirmed => {}
        }
        Ok(())
    }

    fn frame(&mut self, session: &Session) -> anyhow::Result<()> {
        if session.outcome().is_none() {
            self.draw(session);
        }
        let failed = self.canvas.failure();
        match failed {
            Some(error) if !std::mem::replace(&mut self.trouble, true) => {
                Err(anyhow::Error::new(error).context("could not write to the terminal"))
            }
            _ => Ok(()),
        }
    }

    fn trouble(&mut self, what: &str) {
        self.canvas.print(&format!("warning: {what}"));
    }
}

/// No letter is wider than it has bytes, and most rows are short: no need to measure them.
fn cut(row: String, width: usize) -> String {
    if row.len() <= width { row } else { truncate_str(&row, width, "…").into_owned() }
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

fn title(session: &Session) -> String {
    let segment = session.segment();
    let end = segment.end();
    let name = segment.step.kind.as_str().to_uppercase();
    let state = match end.checked_sub(session.elapsed()) {
        _ if session.is_held() => format!("{} past its end", count_up(session.elapsed().saturating_sub(end))),
        Some(left) if session.is_paused() => format!("paused, {} left", countdown(left)),
        Some(left) => format!("{} left", countdown(left)),
        None => "paused at its end".to_owned(),
    };
    format!("{name}  {state}{}", position(session.index(), session))
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

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What stands between indicatif and the terminal.
#[derive(Clone, Debug)]
struct Canvas(Arc<Mutex<Rows>>);

#[derive(Debug)]
struct Rows {
    output: Output,
    /// Rows and columns, asked once a frame.
    size: (u16, u16),
    /// The bar, as indicatif writes it.
    bar: String,
    /// The frame that is to be shown.
    coming: Vec<String>,
    /// Lines to leave above the bars for good.
    above: Vec<String>,
    /// What the terminal shows, and the width for which it was drawn. The cursor stands at the start
    /// of the last row.
    shown: Vec<String>,
    width: u16,
    /// The next frame rings the terminal's bell.
    rings: bool,
    failure: Option<io::Error>,
}

impl Canvas {
    fn new(output: Output, size: (u16, u16)) -> Canvas {
        Canvas(Arc::new(Mutex::new(Rows {
            output,
            size,
            bar: String::new(),
            coming: Vec::new(),
            above: Vec::new(),
            shown: Vec::new(),
            width: 0,
            rings: false,
            failure: None,
        })))
    }

    fn print(&self, line: &str) {
        lock(&self.0).above.push(line.to_owned());
    }

    fn show(&self, rows: Vec<String>) {
        let mut canvas = lock(&self.0);
        canvas.coming = rows;
        if let Err(error) = canvas.paint(false) {
            canvas.failure = Some(error);
        }
    }

    /// The last frame is taken away.
    fn end(&self) -> io::Result<()> {
        let mut canvas = lock(&self.0);
        canvas.coming.clear();
        canvas.paint(true)
    }

    fn ring(&self) {
        lock(&self.0).rings = true;
    }

    fn failure(&self) -> Option<io::Error> {
        lock(&self.0).failure.take()
    }
}

impl Rows {
    /// A new frame, on a terminal of this size.
    fn start(&mut self, size: (u16, u16)) {
        self.size = size;
        self.bar.clear();
    }

    /// Sends what differs between what is shown and what is coming.
    fn paint(&mut self, last: bool) -> io::Result<()> {
        if !last && !self.output.is_free() {
            return Ok(());
        }
        let width = self.size.1;
        let same_rows = self.coming.len() == self.shown.len();
        let mut bytes = if same_rows && width == self.width && self.above.is_empty() {
            self.changed_rows()
        } else {
            self.all_rows(width)
        };
        self.shown = std::mem::take(&mut self.coming);
        self.width = width;
        if std::mem::take(&mut self.rings) {
            bytes.push('\x07');
        }
        if bytes.is_empty() { Ok(()) } else { self.output.send(bytes.into_bytes()) }
    }

    fn changed_rows(&self) -> String {
        let mut bytes = String::with_capacity(1024);
        let last = self.shown.len().saturating_sub(1);
        let mut at = last;
        for (row, text) in self.coming.iter().enumerate().filter(|(row, text)| self.shown[*row] != **text) {
            match row.cmp(&at) {
                std::cmp::Ordering::Less => write_move(&mut bytes, at - row, 'A'),
                std::cmp::Ordering::Greater => write_move(&mut bytes, row - at, 'B'),
                std::cmp::Ordering::Equal => {}
            }
            // Behind a row that fills the terminal, some would erase its last letter.
            bytes.push_str("\r\x1b[K");
            bytes.push_str(text);
            at = row;
        }
        if !bytes.is_empty() {
            if at < last {
                write_move(&mut bytes, last - at, 'B');
            }
            bytes.push('\r');
        }
        bytes
    }

    /// After a resize the old rows may have been wrapped into more.
    fn all_rows(&mut self, width: u16) -> String {
        let wrapped = |row: &String| measure_text_width(row).div_ceil(usize::from(width.max(1))).max(1);
        let height: usize = self.shown.iter().map(wrapped).sum();
        let mut bytes = String::new();
        if height > 1 {
            write_move(&mut bytes, height - 1, 'A');
        }
        bytes.push_str("\r\x1b[J");
        for line in self.above.drain(..) {
            for row in textwrap::wrap(&line, usize::from(width.max(1))) {
                let _ = write!(bytes, "{row}\r\n");
            }
        }
        let _ = write!(bytes, "{}\r", self.coming.join("\r\n"));
        bytes
    }
}

fn write_move(bytes: &mut String, by: usize, direction: char) {
    let _ = write!(bytes, "\x1b[{by}{direction}");
}

impl TermLike for Canvas {
    fn width(&self) -> u16 {
        lock(&self.0).size.1
    }

    fn height(&self) -> u16 {
        lock(&self.0).size.0
    }

    // indicatif moves and clears to get rid of the frame before; the canvas knows what is shown.
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
        lock(&self.0).bar.push_str(text);
        Ok(())
    }

    /// The bar is whole; it is shown with the rest of the frame.
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
