//! The screen of a running session: one indicatif bar whose template is the layout, and whose keys are
//! functions of the session's view. It is drawn once a second and after each event, by the runner's clock.
//! It must not know how bytes reach the terminal, nor how a sentence is worded.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use textwrap::core::display_width;

use crate::domain::moment::Moment;
use crate::domain::session::{Event, EventKind, Session};
use crate::domain::view::{State, View};
use crate::edge::terminal::{Stream, Terminal, lock};
use crate::runner::{Loss, Observer, Trouble};
use crate::text::colours::{colour, paint};
use crate::text::durations::part_of;
use crate::text::printable::cut;
use crate::text::timeline::{TO_COME, column, columns, texture};
use crate::text::view as say;
use crate::text::wording::{self, sentences};

/// The time of day of a moment, as `18:42`.
pub type WallClock = Box<dyn Fn(Moment) -> String>;

/// Rows and columns of the terminal, and whether another program may have written on it since the last call.
pub type Look = Box<dyn Fn() -> ((u16, u16), bool)>;

/// How long a message replaces the keys.
const MESSAGE: Duration = Duration::from_secs(5);
/// How long a change of packs is shown in reverse.
const CHANGE: Duration = Duration::from_secs(60);

/// The rows of a session on a terminal.
pub struct Screen {
    bar: ProgressBar,
    terminal: Terminal,
    scene: Arc<Mutex<Scene>>,
    look: Look,
    wall: WallClock,
    title: String,
    keys: bool,
    colours: bool,
    advice: String,
    change_until: Option<Moment>,
    message: Option<(String, Moment)>,
    /// The size that the template was made for, and whether it offers a minute more; `None` when it is out of date.
    laid: Option<((u16, u16), bool)>,
}

/// What the keys of the template read.
#[derive(Default)]
struct Scene {
    view: Option<View>,
    /// When the session ends.
    end: String,
    page: Page,
    /// The SGR number of the step's bar: none while the pack is off.
    colour: &'static str,
}

type Key = fn(&Scene, &View) -> String;

/// The rows that change while a step runs. All others are a text of the template.
const KEYS: [(&str, Key); 3] = [
    ("clock", Scene::clock),
    ("now", Scene::now),
    ("skin", |scene, view| scene.page.row(&say::skin(view, scene.page.width), "")),
];

/// Columns of text, and columns before and after it.
#[derive(Clone, Copy, Default)]
struct Page {
    width: usize,
    margin: usize,
}

impl Page {
    /// A row of text; one in reverse goes over the full width.
    fn row(self, text: &str, sgr: &str) -> String {
        let text = cut(text, self.width);
        let row = format!("{:1$}{text}", "", if text.is_empty() { 0 } else { self.margin });
        let blanks = if sgr == "7" { 2 * self.margin + self.width - display_width(&row) } else { 0 };
        paint(sgr, &format!("{row}{:blanks$}", ""))
    }
}

impl Scene {
    fn clock(&self, view: &View) -> String {
        paint("1", &paint(self.colour, &cut(&say::heading(view), self.page.width)))
    }

    /// How much of the session is over, at the place of now on its scale, and when it ends.
    fn now(&self, view: &View) -> String {
        let width = self.page.width;
        let at = column(view.elapsed, view.total, width).min(width - 1);
        let gone = part_of(view.elapsed, view.total);
        let fits = at + 2 + gone.len() <= width;
        let now = if fits { format!("{:at$}▲ {gone}", "") } else { format!("{:>at$}▲", gone + " ") };
        let blanks = width.saturating_sub(now.chars().count() + self.end.len());
        let end = if blanks > 0 { self.end.as_str() } else { "" };
        self.page.row(&format!("{now}{:blanks$}{end}", ""), "")
    }
}

impl Screen {
    /// A screen on `stream`. `keys` means that somebody can press them; `title` begins the first row.
    pub fn new(stream: Stream, look: Look, wall: WallClock, keys: bool, title: String) -> Screen {
        let terminal = Terminal::new(stream);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let bar = ProgressBar::with_draw_target(Some(1), target);
        let colours = console::colors_enabled_stderr();
        let (scene, advice, change_until, message, laid) = Default::default();
        Screen { bar, terminal, scene, look, wall, title, keys, colours, advice, change_until, message, laid }
    }

    fn draw(&mut self, session: &Session) -> anyhow::Result<()> {
        let view = View::of(session);
        let size = lock(&self.terminal.0).look((self.look)());
        let is_over = |until: Moment| view.now >= until;
        if self.advice.is_empty() || self.change_until.is_some_and(is_over) {
            self.advice = say::during(&view, session.is_numb(view.now));
            (self.change_until, self.laid) = (None, None);
        }
        if self.message.take_if(|(_, until)| is_over(*until)).is_some() {
            self.laid = None;
        }
        let is_new = self.laid != Some((size, view.can_extend)) || view.state != State::Running;
        lock(&self.scene).view = Some(view);
        if is_new {
            self.bar.set_style(self.lay(size, &view, session)?);
            self.laid = Some((size, view.can_extend));
        }
        let millis = |length: Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        self.bar.update(|bar| {
            bar.set_len(millis(view.length));
            bar.set_pos(millis(view.length.saturating_sub(view.left)));
        });
        Ok(())
    }

    /// The template for a size. Too few rows drop blanks first, then dose, session, title and keys.
    fn lay(&self, (rows, columns): (u16, u16), view: &View, session: &Session) -> anyhow::Result<ProgressStyle> {
        let margin = usize::from(columns.min(80) / 40);
        let width = usize::from(columns.max(1)) - 2 * margin;
        let notes = session.plan().segments().iter().filter_map(|segment| segment.step.note.as_deref());
        let note_rows = notes.map(|note| display_width(note).div_ceil(width).min(2)).max().unwrap_or(0);
        let mut room = 0..rows;
        let mut take = |wanted: usize| room.by_ref().take(wanted).count();
        // No advice needs more than 84 columns, and what to do has at most two sentences.
        let (clock, bar, advice, keys) = (take(1), take(1), take(84_usize.div_ceil(width).max(2)), take(1));
        let (note, title) = (take(note_rows), take(1));
        let scale = if view.of > 1 { take(2) / 2 } else { 0 };
        let skin = !say::skin(view, width).is_empty() && take(1) > 0;
        let page = Page { width, margin };
        let colour = colour(view.kind, self.colours && view.state != State::Paused);
        let [end, all_end] = [view.ends_at, view.all_ends_at].map(&self.wall);
        let place = if title > 0 { None } else { say::position(view).pop() };
        let (heading, rest) = say::clock(view, &end, place, width);
        // In a template, a doubled brace is a brace.
        let literal = |text: &str| text.replace('{', "{{").replace('}', "}}");
        let row = |text: &str| literal(&page.row(text, ""));
        // While the step runs, only the first part of the row changes.
        let now = format!("{:margin$}{{clock}}{}", "", literal(&rest));
        let last = self.message.as_ref().map_or(say::keys(view, width, self.keys), |(message, _)| message);
        // The cursor is in front of it, in the margin.
        let indent = usize::from(margin == 0 && display_width(last) < width);
        let last = row(&format!("{:indent$}{last}", ""));
        let mut parts = [
            (title, row(&[vec![self.title.clone()], say::position(view)].concat().join(" · "))),
            (clock, if view.is_overrun() { literal(&page.row(&(heading + &rest), "7")) } else { now }),
            (advice, literal(&self.todo(view, session, page, advice + note))),
            (bar, format!("{:margin$}{}", "", paint(colour, &format!("{{bar:{width}}}")))),
            (scale, self.scale(session, page) + "\n{now}"),
            (keys, if skin { format!("{{skin}}\n{last}") } else { last }),
        ];
        if columns < 60 || rows < 4 {
            parts.swap(2, 3);
        }
        let mut scene = lock(&self.scene);
        (scene.end, scene.page, scene.colour) = (all_end, page, colour);
        drop(scene);
        let shown: Vec<_> = parts.into_iter().filter_map(|(rows, part)| (rows > 0).then_some(part)).collect();
        let gaps = shown.len().saturating_sub(1);
        let template = shown.join(if take(gaps) == gaps { "\n\n" } else { "\n" });
        let style = ProgressStyle::with_template(&template)?;
        let style = style.progress_chars(&String::from_iter([texture(view.kind), TO_COME]));
        Ok(KEYS.into_iter().fold(style, |style, (name, key)| {
            let scene = Arc::clone(&self.scene);
            style.with_key(name, move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                let scene = lock(&scene);
                let _ = scene.view.as_ref().map(|view| out.write_str(&key(&scene, view)));
            })
        }))
    }

    /// What to do now, in this many rows.
    fn todo(&self, view: &View, session: &Session, page: Page, height: usize) -> String {
        let mut texts = say::todo(view);
        let urgent = view.state == State::Held || texts.is_empty() && self.change_until.is_some();
        if texts.is_empty() {
            texts = [self.advice.clone()].into_iter().chain(session.segment().step.note.clone()).collect();
        }
        let mut rows = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            let sgr = if urgent && at == 0 { "7" } else { "1" };
            rows.extend(textwrap::wrap(text, page.width).into_iter().map(|row| (row, sgr)));
        }
        let is_cut = rows.len() > height;
        rows.resize(height, ("".into(), ""));
        if let Some((row, _)) = rows.last_mut().filter(|_| is_cut) {
            row.to_mut().push('…');
        }
        rows.iter().map(|(row, sgr)| page.row(row, sgr)).collect::<Vec<_>>().join("\n")
    }

    /// The whole session to scale.
    fn scale(&self, session: &Session, page: Page) -> String {
        let columns = columns(&session.plan().exposures(0), page.width);
        let runs = columns.chunk_by(|a, b| a == b).map(|run| {
            let drawn: String = run.iter().map(|kind| texture(*kind)).collect();
            paint(colour(run[0], self.colours), &drawn)
        });
        format!("{:1$}{2}", "", page.margin, runs.collect::<String>())
    }

    /// Notes what an event changes.
    fn hear(&mut self, event: &Event, session: &Session) {
        let mut terminal = lock(&self.terminal.0);
        let words = wording::of(event, session, self.keys);
        terminal.rings |= wording::rings(event, session);
        match event.kind {
            EventKind::StepBegan { .. } | EventKind::Halfway | EventKind::StepSoon => {
                terminal.rings = true;
                self.advice = match event.kind {
                    EventKind::StepBegan { .. } => wording::begin(event, session, self.keys),
                    _ => words.advice,
                };
                self.change_until = words.urgent.then(|| event.at + CHANGE);
            }
            EventKind::Resumed => self.advice.clear(),
            EventKind::Skipped { by_rule: Some(_) } => terminal.above.push(sentences([&*words.headline])),
            EventKind::Extended { .. } => self.message = Some((words.headline, event.at + MESSAGE)),
            EventKind::Finished { .. } => {
                terminal.above.push(sentences([words.headline.as_str(), &words.advice]));
                terminal.look((self.look)());
                drop(terminal);
                self.bar.finish_and_clear();
            }
            _ => {}
        }
    }
}

impl Observer for Screen {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        self.laid = None;
        for event in events {
            self.hear(event, session);
        }
        Ok(())
    }

    fn frame(&mut self, session: &Session) -> Result<(), Trouble> {
        if session.outcome().is_none() && lock(&self.terminal.0).is_free() {
            self.draw(session)?;
        }
        let failure = lock(&self.terminal.0).failure.take();
        failure.map_or(Ok(()), |error| Err(format!("could not write to the terminal: {error}").into()))
    }

    fn lost(&mut self, what: Loss, session: &Session) -> Result<(), Trouble> {
        let words = wording::lost(what, session);
        let say = || lock(&self.terminal.0).above.push(sentences([words.headline.as_str(), &words.advice]));
        match what {
            Loss::Terminal => {}
            Loss::Process => self.bar.finish_and_clear(),
            Loss::Alarms => {
                say();
                lock(&self.terminal.0).leave();
            }
            Loss::Time(_) => {
                say();
                self.frame(session)?;
            }
        }
        Ok(())
    }

    fn trouble(&mut self, what: &str) {
        lock(&self.terminal.0).above.push(format!("warning: {what}"));
    }
}
