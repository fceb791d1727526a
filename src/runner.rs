//! The seam between a session and the world: one loop, and the two traits that it knows.
//! It must not know what the world is made of or who observes.

use std::error::Error;
use std::time::Duration;

use crate::domain::moment::Moment;
use crate::domain::protocol::Protocol;
use crate::domain::session::{Event, Input, Outcome, Session, SessionOptions};

/// The source of time and of the person's inputs.
pub trait World {
    /// The time now.
    fn now(&self) -> Moment;

    /// Waits until `deadline` or until an input arrives. It may return earlier without an input, or much
    /// later when the machine slept.
    fn wait(&mut self, deadline: Moment) -> Option<Input>;

    /// The loss since the last call, if there was one.
    fn lost(&mut self) -> Option<Loss> {
        None
    }

    /// Whether the person asked for the remaining time since the last call. This changes nothing, so it is not an input.
    fn asked_time(&mut self) -> bool {
        false
    }

    /// Why an input that puts a pack on, or keeps it on for longer, is refused. `Resume` means a pack that
    /// would go on without an input.
    fn objects(&mut self, _input: Input, _session: &Session) -> Option<String> {
        None
    }

    /// The events that the last input caused, possibly none. Every observer has received them.
    fn answered(&mut self, _events: &[Event], _session: &Session) {}
}

/// Something that the system takes away from a session. The person did not say that the pack is off, so it counts as on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The terminal. The session goes on without it.
    Terminal,
    /// Every alarm, until the shell continues the process: Ctrl-Z. The world stops it in the next wait.
    Alarms,
    /// The alarms of this time, in which the process was stopped. It has been continued.
    Time(Duration),
    /// The process. The session is cut off, and can be resumed.
    Process,
}

/// Why an observer failed.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// Something that receives every event of a session. Its first failure is reported to all observers;
/// the session goes on.
pub trait Observer {
    /// The events that one reading of the clock found, in order and at least one. `session` is the
    /// state after them.
    ///
    /// # Errors
    /// Whatever keeps this observer from doing its work.
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble>;

    /// A moment to redraw, at least once a [`FRAME`].
    ///
    /// # Errors
    /// As `observe`.
    fn frame(&mut self, _session: &Session) -> Result<(), Trouble> {
        Ok(())
    }

    /// The person asks how much time is left. The next frame follows at once.
    ///
    /// # Errors
    /// As `observe`.
    fn tell_time(&mut self, _session: &Session) -> Result<(), Trouble> {
        Ok(())
    }

    /// The system took something away.
    ///
    /// # Errors
    /// As `observe`.
    fn lost(&mut self, _what: Loss, _session: &Session) -> Result<(), Trouble> {
        Ok(())
    }

    /// The session is over with a pack on, and the alarm has gone unanswered this many times.
    fn again(&mut self, _times: u32, _session: &Session) {}

    /// An observer failed, perhaps this one, or the person wanted something that is refused now.
    fn trouble(&mut self, _what: &str) {}
}

/// The longest wait. Sleeps stop while the machine sleeps, so the clock is read this often.
pub const FRAME: Duration = Duration::from_secs(1);

/// How a session ended.
#[derive(Debug)]
pub struct Report {
    /// The session after its end: doses, load, the steps as they really were.
    pub session: Session,
    /// Whether it ended by itself or was stopped; `None` when it was cut off because the process must end.
    pub outcome: Option<Outcome>,
    /// Whether an input ended it.
    pub by_person: bool,
}

/// Runs a protocol from its start to its end.
pub fn run(
    protocol: &Protocol,
    options: SessionOptions,
    world: &mut dyn World,
    observers: &mut [&mut dyn Observer],
) -> Report {
    let (session, events) = Session::start(protocol, options, world.now());
    resume(session, events, world, observers)
}

/// Runs a session that has started already to its end. The observers receive `events` first.
pub fn resume(
    mut session: Session,
    mut events: Vec<Event>,
    world: &mut dyn World,
    observers: &mut [&mut dyn Observer],
) -> Report {
    let mut failed = vec![false; observers.len()];
    let (mut input, mut lost) = (None, None);
    let mut refusal: Option<String> = None;
    loop {
        if !events.is_empty() {
            tell(observers, &mut failed, |observer| observer.observe(&events, &session));
        }
        if let Some(why) = refusal.take() {
            for observer in observers.iter_mut() {
                observer.trouble(&why);
            }
        }
        if input.is_some() {
            world.answered(&events, &session);
        }
        if world.asked_time() {
            tell(observers, &mut failed, |observer| observer.tell_time(&session));
        }
        tell(observers, &mut failed, |observer| observer.frame(&session));
        if let Some(outcome) = session.outcome() {
            return Report { session, outcome: Some(outcome), by_person: input.is_some() };
        }
        if let Some(loss) = lost {
            tell(observers, &mut failed, |observer| observer.lost(loss, &session));
            if loss == Loss::Process {
                return Report { session, outcome: None, by_person: false };
            }
        }
        let frame = next_frame(&session);
        let deadline = session.wake_at().map_or(frame, |wake| wake.min(frame));
        input = world.wait(deadline);
        let now = world.now();
        let goes_on = input.filter(|input| session.goes_on_with(*input));
        let ends = matches!(input, Some(Input::Stop | Input::Leave));
        let begins = Some(Input::Resume).filter(|_| !ends && session.begins_dose_by(now));
        refusal = goes_on.or(begins).and_then(|input| world.objects(input, &session));
        events = match (input, &refusal) {
            // Time alone begins no dose that is refused. A pack that is on counts until the person says that it is off.
            (_, Some(_)) if begins.is_some() && session.segment().step.kind.has_pack() => session.hold(now),
            // In a rest it is off, and stays off.
            (_, Some(_)) if begins.is_some() => session.handle(session.end() - Duration::from_nanos(1), Input::Pause),
            (Some(input), None) => session.handle(now, input),
            _ => session.advance(now),
        };
        lost = world.lost();
    }
}

/// The next whole second of the session, when the time on the screen changes. In a pause, a second from
/// now.
fn next_frame(session: &Session) -> Moment {
    let nanos = if session.is_paused() { 0 } else { session.elapsed().subsec_nanos() };
    let into_second = Duration::from_nanos(u64::from(nanos));
    session.now() + FRAME.saturating_sub(into_second)
}

fn tell(
    observers: &mut [&mut dyn Observer],
    failed: &mut [bool],
    mut what: impl FnMut(&mut dyn Observer) -> Result<(), Trouble>,
) {
    for index in 0..observers.len() {
        let Err(error) = what(observers[index]) else {
            continue;
        };
        if std::mem::replace(&mut failed[index], true) {
            continue;
        }
        let trouble = describe(error.as_ref());
        for observer in observers.iter_mut() {
            observer.trouble(&trouble);
        }
    }
}

/// An error and its causes in one line.
fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    without_codes(&text)
}

/// A message without the number that the standard library adds to the words of the system: ` (os error 2)`.
pub fn without_codes(text: &str) -> String {
    const START: &str = " (os error ";
    let mut parts = text.split(START);
    let mut words = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((code, rest)) if code.parse::<i32>().is_ok() => words += rest,
            _ => words.extend([START, part]),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_system_are_left_out() {
        for (text, words) in [
            ("a.toml: No such file or directory (os error 2)", "a.toml: No such file or directory"),
            (
                "no (I/O error: refused (os error 111)); the session (os error -1)",
                "no (I/O error: refused); the session",
            ),
            ("(os error 2)", "(os error 2)"),
            ("a (os error x) b (os error 5", "a (os error x) b (os error 5"),
            ("", ""),
        ] {
            assert_eq!(without_codes(text), words);
        }
    }
}
