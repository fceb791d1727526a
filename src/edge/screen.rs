//! The screen of a running session: one indicatif bar whose template is the layout, and whose keys are
//! functions of the session's view. It is drawn once a second and after each event, by the runner's clock.
//! It must not know how bytes reach the terminal, nor how a sentence is worded.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use console::{measure_text_width, truncate_str};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::domain::exposure::Exposure;
use crate::domain::moment::Moment;
use crate::domain::session::{Event, EventKind, Session};
use crate::domain::view::{State, View};
use crate::edge::terminal::{Stream, Terminal, colour, lock, paint};
use crate::runner::{Observer, Trouble};
use crate::text::advice;
use crate::text::durations::part_of;
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
    /// The size that the template was made for; `None` after an event.
    laid: Option<(u16, u16)>,
}

/// What the keys of the template read.
#[derive(Default)]
struct Scene {
    view: Option<View>,
    plan: Vec<Exposure>,
    /// When the step and the session end.
    ends: [String; 2],
    title: String,
    advice: String,
    note: Option<String>,
    change_until: Option<Moment>,
    message: Option<(String, Moment)>,
    /// Somebody can press keys.
    keys: bool,
    colours: bool,
    /// Columns of text, columns before it, rows for what to do, and whether the title has a row.
    width: usize,
    margin: usize,
    todo_rows: usize,
    has_title: bool,
}

type Key = fn(&Scene, &View) -> String;

const KEYS: [(&str, Key); 6] = [
    ("title", |scene, view| scene.row(&[vec![scene.title.clone()], say::position(view)].concat().join(" · "), "")),
    ("clock", Scene::clock),
    ("todo", Scene::todo),
    ("session", Scene::session),
    ("skin", |scene, view| scene.row(&say::skin(view, scene.width), "")),
    ("keys", |scene, view| {
        let keys = say::keys(view, scene.width, scene.keys);
        scene.row(scene.message.as_ref().map_or(keys, |(message, _)| message), "")
    }),
];

impl Scene {
    /// A row of text; one in reverse goes over the full width. No character is wider than its bytes.
    fn row(&self, text: &str, sgr: &str) -> String {
        let text = if text.len() <= self.width { text.into() } else { truncate_str(text, self.width, "…") };
        let row = format!("{:1$}{text}", "", if text.is_empty() { 0 } else { self.margin });
        let blanks = if sgr == "7" { 2 * self.margin + self.width - measure_text_width(&row) } else { 0 };
        paint(sgr, &format!("{row}{:blanks$}", ""))
    }

    /// The colour of the step's bar: none while the pack is off.
    fn colour(&self, view: &View) -> &'static str {
        colour(view.kind, self.colours && view.state != State::Paused)
    }

    fn clock(&self, view: &View) -> String {
        let place = if self.has_title { None } else { say::position(view).pop() };
        let (heading, rest) = say::clock(view, &self.ends[0], place, self.width);
        let (sgr, heading) =
            if view.is_overrun() { ("7", heading) } else { ("", paint("1", &paint(self.colour(view), &heading))) };
        self.row(&(heading + &rest), sgr)
    }

    fn todo(&self, view: &View) -> String {
        let mut texts = say::todo(view);
        let urgent = view.state == State::Held || texts.is_empty() && self.change_until.is_some();
        if texts.is_empty() {
            texts = [self.advice.clone()].into_iter().chain(self.note.clone()).collect();
        }
        let mut rows = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            let sgr = if urgent && at == 0 { "7" } else { "1" };
            rows.extend(textwrap::wrap(text, self.width).into_iter().map(|row| (row, sgr)));
        }
        let cut = rows.len() > self.todo_rows;
        rows.resize(self.todo_rows, ("".into(), ""));
        if let Some((row, _)) = rows.last_mut().filter(|_| cut) {
            row.to_mut().push('…');
        }
        rows.iter().map(|(row, sgr)| self.row(row, sgr)).collect::<Vec<_>>().join("\n")
    }

    /// The whole session to scale; below it how much is over, at the place of now, and when it ends.
    fn session(&self, view: &View) -> String {
        let runs = columns(&self.plan, self.width);
        let runs = runs.chunk_by(|a, b| a == b).map(|run| {
            let drawn: String = run.iter().map(|kind| texture(*kind)).collect();
            paint(colour(run[0], self.colours), &drawn)
        });
        let at = column(view.elapsed, view.total, self.width).min(self.width - 1);
        let gone = part_of(view.elapsed, view.total);
        let fits = at + 2 + gone.len() <= self.width;
        let now = if fits { format!("{:at$}▲ {gone}", "") } else { format!("{:>at$}▲", gone + " ") };
        let blanks = self.width.saturating_sub(now.chars().count() + self.ends[1].len());
        let end = if blanks > 0 { self.ends[1].as_str() } else { "" };
        let below = self.row(&format!("{now}{:blanks$}{end}", ""), "");
        format!("{:2$}{}\n{below}", "", runs.collect::<String>(), self.margin)
    }
}

impl Screen {
    /// A screen on `stream`. `keys` means that somebody can press them; `title` begins the first row.
    pub fn new(stream: Stream, look: Look, wall: WallClock, keys: bool, title: String) -> Screen {
        let terminal = Terminal::new(stream);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let bar = ProgressBar::with_draw_target(Some(1), target);
        let scene = Scene { title, keys, colours: console::colors_enabled_stderr(), ..Scene::default() };
        Screen { bar, terminal, scene: Arc::new(Mutex::new(scene)), look, wall, laid: None }
    }

    fn draw(&mut self, session: &Session) -> anyhow::Result<()> {
        let view = View::of(session);
        let size = lock(&self.terminal.0).look((self.look)());
        let is_new = self.laid != Some(size);
        if is_new {
            self.bar.set_style(self.lay(size, &view, session)?);
            self.laid = Some(size);
        }
        let mut scene = lock(&self.scene);
        if scene.advice.is_empty() || scene.change_until.is_some_and(|until| view.now >= until) {
            scene.advice = advice::during(view.kind, session.is_numb(view.now));
            scene.change_until = None;
        }
        let _ = scene.message.take_if(|(_, until)| view.now >= *until);
        scene.note.clone_from(&session.segment().step.note);
        let ends = [view.ends_at, view.all_ends_at];
        if is_new || scene.view.is_none_or(|shown| [shown.ends_at, shown.all_ends_at] != ends) {
            scene.ends = ends.map(&self.wall);
        }
        (scene.view, scene.plan) = (Some(view), session.plan().exposures(0));
        drop(scene);
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
        let note_rows = notes.map(|note| measure_text_width(note).div_ceil(width).min(2)).max().unwrap_or(0);
        let mut room = 0..rows;
        let mut take = |wanted: usize| room.by_ref().take(wanted).count();
        // No advice needs more than 84 columns, and what to do has at most two sentences.
        let (clock, bar, advice, keys) = (take(1), take(1), take(84_usize.div_ceil(width).max(2)), take(1));
        let (note, title) = (take(note_rows), take(1));
        let session = if view.of > 1 { take(2) / 2 } else { 0 };
        let skin = !say::skin(view, width).is_empty() && take(1) > 0;
        let mut scene = lock(&self.scene);
        (scene.width, scene.margin, scene.todo_rows, scene.has_title) = (width, margin, advice + note, title > 0);
        let bar_row = format!("{:margin$}{}", "", paint(scene.colour(view), &format!("{{bar:{width}}}")));
        let last = if skin { "{skin}\n{keys}" } else { "{keys}" };
        let names = ["{title}", "{clock}", "{todo}", &bar_row, "{session}", last];
        let mut parts: Vec<_> = [title, clock, advice, bar, session, keys].into_iter().zip(names).collect();
        if columns < 60 || rows < 4 {
            parts.swap(2, 3);
        }
        let shown: Vec<_> = parts.into_iter().filter_map(|(rows, name)| (rows > 0).then_some(name)).collect();
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

    /// Notes what an event changes.
    fn hear(&mut self, event: &Event, session: &Session) {
        let (mut scene, mut terminal) = (lock(&self.scene), lock(&self.terminal.0));
        let words = wording::of(event, session, scene.keys);
        terminal.rings |= words.urgent;
        match event.kind {
            EventKind::StepBegan { .. } | EventKind::Halfway | EventKind::StepSoon => {
                terminal.rings = true;
                scene.advice = match event.kind {
                    EventKind::StepBegan { .. } => wording::begin(event, session, scene.keys),
                    _ => words.advice,
                };
                scene.change_until = words.urgent.then(|| event.at + CHANGE);
            }
            EventKind::Resumed => scene.advice.clear(),
            EventKind::Skipped { by_rule: Some(_) } => terminal.above.push(sentences([&*words.headline])),
            EventKind::Extended { .. } => scene.message = Some((words.headline, event.at + MESSAGE)),
            EventKind::Finished { .. } => {
                terminal.above.push(sentences([words.headline.as_str(), &words.advice]));
                terminal.look((self.look)());
                drop((scene, terminal));
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

    fn trouble(&mut self, what: &str) {
        lock(&self.terminal.0).above.push(format!("warning: {what}"));
    }
}
