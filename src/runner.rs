//! The seam between a session and the world: a loop, and the two traits it knows.
//! It must not know what the world is made of, nor who observes.

use std::time::Duration;

use crate::domain::session::{Event, Input, Moment, Outcome, Session};

/// Where time comes from and what the person says. It can do two things: tell the time, and wait.
pub trait World {
    /// The time now.
    fn now(&self) -> Moment;

    /// Waits until `deadline` or until the person says something. May come back earlier with
    /// nothing, or much later when the machine slept.
    fn wait(&mut self, deadline: Moment) -> Option<Input>;
}

/// Somebody who hears every event. A failure is told once to the others; it ends nothing.
pub trait Observer {
    /// Something happened: the events that were found at one look at the clock, in order and at least
    /// one. `session` is as it stands after them.
    ///
    /// # Errors
    /// Whatever keeps this observer from doing its work.
    fn observe(&mut self, events: &[Event], session: &Session) -> anyhow::Result<()>;

    /// A moment to redraw, at least once a [`FRAME`].
    ///
    /// # Errors
    /// As `observe`.
    fn frame(&mut self, _session: &Session) -> anyhow::Result<()> {
        Ok(())
    }

    /// Another observer failed.
    fn trouble(&mut self, _what: &str) {}
}

/// The longest wait. Sleeps stop while the machine does, so the clock is asked this often.
pub const FRAME: Duration = Duration::from_secs(1);

/// Goes through a session that was just started and returns how it ended.
pub fn run(
    session: &mut Session,
    mut events: Vec<Event>,
    world: &mut dyn World,
    observers: &mut [&mut dyn Observer],
) -> Outcome {
    let mut failed = vec![false; observers.len()];
    loop {
        if !events.is_empty() {
            tell(observers, &mut failed, |observer| observer.observe(&events, session));
        }
        tell(observers, &mut failed, |observer| observer.frame(session));
        if let Some(outcome) = session.outcome() {
            return outcome;
        }
        let frame = next_frame(session);
        let deadline = session.wake_at().map_or(frame, |wake| wake.min(frame));
        let input = world.wait(deadline);
        let now = world.now();
        events = match input {
            Some(input) => session.handle(now, input),
            None => session.advance(now),
        };
    }
}

/// When what is shown changes next: at the next whole second of the session, whose time stands still
/// in a pause.
fn next_frame(session: &Session) -> Moment {
    let nanos = if session.is_paused() { 0 } else { session.elapsed().subsec_nanos() };
    let into_second = Duration::from_nanos(u64::from(nanos));
    session.now() + FRAME.saturating_sub(into_second)
}

fn tell(
    observers: &mut [&mut dyn Observer],
    failed: &mut [bool],
    mut what: impl FnMut(&mut dyn Observer) -> anyhow::Result<()>,
) {
    for index in 0..observers.len() {
        let Err(error) = what(observers[index]) else {
            continue;
        };
        if std::mem::replace(&mut failed[index], true) {
            continue;
        }
        let trouble = format!("{error:#}");
        for observer in observers.iter_mut() {
            observer.trouble(&trouble);
        }
    }
}
