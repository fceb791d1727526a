//! The screen of a running session: one indicatif bar whose template is the layout, and whose keys are
//! functions of the session's view. It is drawn once a second and after each event, by the runner's clock.
//! It must not know how bytes reach the terminal, nor how a sentence is worded.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use textwrap::core::display_width;

use crate::domain::moment::Moment;
use crate::domain::session::{Event, EventKind, Outcome, Session};
use crate::domain::step::StepKind;
use crate::domain::view::{State, View};
use crate::edge::terminal::{Aside, Stream, Terminal, lock};
use crate::edge::window::Window;
use crate::runner::{Loss, Observer, Trouble};
use crate::text::colours::paint;
use crate::text::timeline::{TO_COME, texture};
use crate::text::view as say;
use crate::text::wording::{self, Words, sentences};

mod layout;
mod messages;
mod scene;

use layout::{Layout, Needs, Page, letters, letters_for};
use messages::Messages;
use scene::{KEYS, Scene, literal};

/// The time of day of a moment, as `18:42`.
pub type WallClock = Box<dyn Fn(Moment) -> String>;

/// Rows and columns of the terminal, and whether another program may have written on it since the last call.
pub type Look = Box<dyn Fn() -> ((u16, u16), bool)>;

/// A sentence after the end of a session.
pub type LastWords = Box<dyn Fn(&Session) -> Option<String>>;

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
    last_words: Option<LastWords>,
    advice: String,
    change_until: Option<Moment>,
    messages: Messages,
    /// What the template was made for; `None` when it is out of date.
    laid: Option<Basis>,
}

/// The size of the window, whether the step can be longer, and how many characters its clock has.
type Basis = ((u16, u16), bool, usize);

impl Screen {
    /// A screen on `stream`. `keys` means that somebody can press them; `title` begins the first row.
    pub fn new(stream: Stream, look: Look, wall: WallClock, keys: bool, title: String) -> Screen {
        let terminal = Terminal::new(stream);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let bar = ProgressBar::with_draw_target(Some(1), target);
        let scene = Scene { colours: console::colors_enabled_stderr(), keys, ..Scene::default() };
        let scene = Arc::new(Mutex::new(scene));
        let (last_words, advice, change_until, messages, laid) = Default::default();
        Screen { bar, terminal, scene, look, wall, title, last_words, advice, change_until, messages, laid }
    }

    /// The same, with a sentence after the end.
    #[must_use]
    pub fn with_last_words(self, last_words: LastWords) -> Screen {
        Screen { last_words: Some(last_words), ..self }
    }

    /// The same, with a title and a progress, and with what others send aside.
    #[must_use]
    pub fn with_window(self, window: Window, aside: Aside) -> Screen {
        let mut frames = lock(&self.terminal.0);
        (frames.window, frames.aside) = (window, aside);
        drop(frames);
        self
    }

    /// The same for a terminal that shows no other characters than ASCII.
    #[must_use]
    pub fn in_ascii(self) -> Screen {
        lock(&self.terminal.0).unicode = false;
        self
    }

    fn draw(&mut self, session: &Session) -> anyhow::Result<()> {
        let view = View::of(session);
        let size = lock(&self.terminal.0).look((self.look)());
        let is_over = |until: Moment| view.now >= until;
        if self.advice.is_empty() || self.change_until.is_some_and(is_over) {
            let cue = session.plan().cue_of_next(session.index());
            self.advice = say::during(&view, cue, session.is_numb(view.now));
            (self.change_until, self.laid) = (None, None);
        }
        if self.messages.are_over(view.now, &self.wall) {
            self.laid = None;
        }
        let laid = (size, view.can_extend, say::face(&view).len().max(5));
        let is_new = self.laid != Some(laid) || view.state != State::Running;
        lock(&self.scene).view = Some(view);
        lock(&self.terminal.0).window.set(&view);
        if is_new {
            self.bar.set_style(self.lay(size, &view, session)?);
            self.laid = Some(laid);
        }
        let millis = |length: Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        self.bar.update(|bar| {
            bar.set_len(millis(view.length));
            bar.set_pos(millis(view.length.saturating_sub(view.left)));
        });
        Ok(())
    }

    /// The template for a size.
    fn lay(&self, size: (u16, u16), view: &View, session: &Session) -> anyhow::Result<ProgressStyle> {
        let mut scene = lock(&self.scene);
        scene.layout = layout_for(size, lock(&self.terminal.0).unicode, view, session);
        [scene.end, scene.all_end] = [view.ends_at, view.all_ends_at].map(&self.wall);
        let template = self.template(&scene, view, session, size.0);
        drop(scene);
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

    fn template(&self, scene: &Scene, view: &View, session: &Session, rows: u16) -> String {
        let Layout { page, wide, digits, .. } = scene.layout;
        let row = |text: &str| literal(&page.row(text, ""));
        let some = |rows: usize, row: &str| vec![row.to_owned(); rows];
        let title = [vec![self.title.clone()], say::position(view)].concat().join(" · ");
        // A long message takes blank rows of the frame too, which keeps its height. An overrun has other rows.
        let gaps = if view.is_overrun() { 0 } else { scene.layout.gaps };
        let keys = match self.messages.shown() {
            _ if scene.layout.keys == 0 => Vec::new(),
            Some(message) => folded(message, page, 1 + gaps),
            None => vec![row(say::keys(view, page.width, scene.keys))],
        };
        let gaps = (1 + gaps).saturating_sub(keys.len().max(1));
        let last = [some(scene.layout.dose, "{skin}"), keys].concat();
        if view.is_overrun() && digits.is_some() {
            return [scene.overrun(view, &title, rows), last].concat().join("\n");
        }
        let title = some(scene.layout.title, &row(&title));
        let picture = some(digits.iter().len(), "{digits}");
        let bar = paint(scene.colour(view), &format!("{{bar:{}}}", page.width));
        let bar = some(scene.layout.bar, &format!("{:1$}{bar}", "", page.margin));
        let todo = [self.todo(scene, view), notes(scene, session)].concat();
        let scale = match scene.layout.scale {
            0 => Vec::new(),
            rows => [some(rows, &scene.scale(&planned(session))), some(1, "{now}")].concat(),
        };
        let groups = if wide {
            vec![title, picture, todo, bar, scale, last]
        } else {
            vec![[title, some(1, "{line}"), picture].concat(), [bar, todo].concat(), scale, last]
        };
        let groups = groups.into_iter().filter(|group| !group.is_empty()).map(|group| group.join("\n"));
        let joined = groups.zip((0..gaps).map(|_| "\n\n").chain(std::iter::repeat("\n")));
        let joined: String = joined.map(|(group, joint)| group + joint).collect();
        joined.trim_end_matches('\n').to_owned()
    }

    /// What to do now.
    fn todo(&self, scene: &Scene, view: &View) -> Vec<String> {
        let texts = say::todo(view, scene.layout.page.width < 30, true);
        if texts.is_empty() {
            scene.todo(std::slice::from_ref(&self.advice), self.change_until.is_some())
        } else {
            scene.todo(&texts, view.state == State::Held)
        }
    }

    /// Notes what an event changes.
    fn hear(&mut self, event: &Event, session: &Session) {
        let words = wording::of(event, session, lock(&self.scene).keys);
        lock(&self.terminal.0).rings |= wording::rings(event, session);
        match event.kind {
            EventKind::StepBegan { .. } | EventKind::Halfway | EventKind::StepSoon => {
                lock(&self.terminal.0).rings = true;
                let in_changeover = session.plan().dose_after_changeover(event.step).is_some();
                self.change_until = (words.urgent && !in_changeover).then(|| event.at + CHANGE);
                self.advice = match event.kind {
                    EventKind::StepBegan { .. } => wording::begin(event, session, lock(&self.scene).keys),
                    EventKind::StepSoon => sentences([&*words.headline, &words.advice]),
                    _ => words.advice,
                };
            }
            EventKind::Resumed => self.advice.clear(),
            EventKind::Skipped { by_rule: Some(_) } | EventKind::Extended { .. } => self.messages.show(words.headline),
            EventKind::Finished { outcome, .. } => self.finish(outcome, words, session),
            _ => {}
        }
    }

    /// Replaces the frame by what stays.
    fn finish(&mut self, outcome: Outcome, mut words: Words, session: &Session) {
        let size = lock(&self.terminal.0).look((self.look)());
        let mut scene = lock(&self.scene);
        scene.layout = layout_for(size, lock(&self.terminal.0).unicode, &View::of(session), session);
        let page = scene.layout.page;
        let mut rows = Vec::new();
        if let Some(size) = letters_for(page.width).filter(|_| words.urgent) {
            rows.extend(letters(Some(size)).iter().map(|letters| page.row(letters.trim_end(), "1")));
            rows.push(String::new());
        }
        if outcome == Outcome::Completed {
            let [from, to] = [session.began(), session.now()].map(&self.wall);
            words.headline = format!("{}, from {from} to {to}", words.headline);
        }
        let next = self.last_words.as_ref().and_then(|words| words(session)).unwrap_or_default();
        let broken =
            |text: &str| textwrap::wrap(text, page.width).iter().map(|row| page.row(row, "")).collect::<Vec<_>>();
        rows.extend(broken(&sentences([&*words.headline])));
        rows.extend(broken(&sentences([&*words.advice, &next])));
        rows.push(scene.scale(&done(outcome, session)));
        for said in self.messages.all(&(self.wall)(session.now())) {
            rows.extend(broken(&sentences([said.as_str()])));
        }
        drop(scene);
        lock(&self.terminal.0).above.extend(rows);
        self.bar.finish_and_clear();
    }
}

fn layout_for(size: (u16, u16), unicode: bool, view: &View, session: &Session) -> Layout {
    let notes = session.plan().segments().iter().filter_map(|segment| segment.step.note.as_deref());
    let face = say::face(view);
    let (note, dose) = (notes.map(display_width).max().unwrap_or(0), !say::skin(view, usize::MAX).is_empty());
    Layout::of(size, &Needs { face: &face, unicode, note, scale: view.of > 1, dose })
}

/// The note of the step.
fn notes(scene: &Scene, session: &Session) -> Vec<String> {
    let Layout { page, note, .. } = scene.layout;
    let mut rows = folded(session.segment().step.note.as_deref().unwrap_or_default(), page, note);
    rows.resize(note, String::new());
    rows
}

/// A text in at most this many rows of the template. What does not fit is cut, with an ellipsis.
fn folded(text: &str, page: Page, most: usize) -> Vec<String> {
    let mut rows = textwrap::wrap(text, page.width);
    if rows.len() > most && most > 0 {
        rows[most - 1].to_mut().push('…');
    }
    rows.truncate(most);
    rows.iter().map(|row| literal(&page.row(row, ""))).collect()
}

/// The whole session.
fn planned(session: &Session) -> Vec<(Option<StepKind>, Duration)> {
    session.plan().exposures(0).into_iter().map(|(kind, length)| (Some(kind), length)).collect()
}

/// The parts of a session that is over: those that were done, and those that were not.
fn done(outcome: Outcome, session: &Session) -> Vec<(Option<StepKind>, Duration)> {
    let parts = session.plan().segments().iter().enumerate().flat_map(|(at, segment)| {
        let is_done = outcome != Outcome::Stopped || at <= session.index();
        let done = if is_done { segment.length } else { Duration::ZERO };
        [(Some(segment.step.kind), done), (None, segment.step.length.saturating_sub(done))]
    });
    parts.collect()
}

impl Observer for Screen {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        self.laid = None;
        self.messages.pass();
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

    fn tell_time(&mut self, session: &Session) -> Result<(), Trouble> {
        let view = View::of(session);
        let [end, now] = [view.ends_at, view.now].map(&self.wall);
        self.messages.answer(say::time_left(&view, &end, Some(&now)));
        self.laid = None;
        Ok(())
    }

    fn lost(&mut self, what: Loss, session: &Session) -> Result<(), Trouble> {
        let words = wording::lost(what, session);
        let say = || lock(&self.terminal.0).above.push(sentences([words.headline.as_str(), &words.advice]));
        match what {
            Loss::Terminal => {}
            Loss::Process => {
                let said = self.messages.all(&(self.wall)(session.now()));
                lock(&self.terminal.0).above.extend(said);
                self.bar.finish_and_clear();
            }
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
        self.messages.show(format!("warning: {what}"));
        self.laid = None;
    }
}
