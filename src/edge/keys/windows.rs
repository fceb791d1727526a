//! Keys and events of a Windows console.
//!
//! Keys are taken as events, one at a time, so that the mode of the console stays as it is and other readers work as
//! always. The release of a key is not a key.
//!
//! Only Ctrl-C comes from the person. After Ctrl-Break the process ends as after SIGQUIT. When the window is closed, the
//! person logs off or the machine is shut down, the system ends the process a few seconds later, so these cannot be
//! survived as SIGHUP can. Where a library of the desktop is loaded, Windows ends a program at the last two without an
//! event: the session is cut off then as by a kill.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use super::meaning_of;
use crate::domain::session::Input;
use crate::edge::inbox::{Message, Sender};
use crate::edge::{child, clock, os, terminal};
use crate::runner::Loss;

/// The numbers of the events of a console.
const CTRL_C: u32 = 0;
const CTRL_BREAK: u32 = 1;

/// Does nothing: this system has no such limit.
pub fn outlive_file_limits() {}

/// The keys of the console, if there is one, and its events.
#[derive(Debug)]
pub struct Keys {
    /// The session is not over.
    wanted: Arc<AtomicBool>,
}

impl Keys {
    /// Takes over the events of the console, and the keys when `terminal` says that standard input is one. Their inputs
    /// go to the inbox.
    ///
    /// # Errors
    /// When the system provides no handler or thread.
    pub fn take(terminal: bool, inbox: Sender) -> io::Result<Keys> {
        let wanted = Arc::new(AtomicBool::new(true));
        let (stopping, to) = (AtomicBool::new(false), inbox.clone());
        os::on_console_event(move |event| obey(event, &stopping, &to))?;
        if terminal {
            let is_wanted = Arc::clone(&wanted);
            let press = move |unit: u16| {
                if let Some(meaning) = u8::try_from(unit).ok().and_then(meaning_of) {
                    inbox.press(meaning);
                }
            };
            let read = move || os::keys(|| is_wanted.load(SeqCst), press);
            thread::Builder::new().name("keys".to_owned()).spawn(read)?;
        }
        Ok(Keys { wanted })
    }

    /// Does nothing: no shell takes the keys away on this system.
    #[expect(clippy::unused_self, reason = "other systems use it")]
    pub fn retake(&self) {}

    /// A function that leaves all further keys to others.
    pub fn end(&self) -> impl Fn() + use<> {
        let wanted = Arc::clone(&self.wanted);
        move || wanted.store(false, SeqCst)
    }

    /// Always false: no shell suspends a program on this system.
    #[expect(clippy::unused_self, reason = "other systems use it")]
    pub fn wants_to_suspend(&self) -> bool {
        false
    }

    /// Does nothing.
    #[expect(clippy::unused_self, reason = "other systems use it")]
    pub fn suspend(&self) {}

    /// Always false: no shell stops a program on this system.
    #[expect(clippy::unused_self, reason = "other systems use it")]
    pub fn was_continued(&self) -> impl Fn() -> bool + use<> {
        || false
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.wanted.store(false, SeqCst);
    }
}

/// What an event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// The session is told.
    Tell(Message),
    /// The process ends at once, with this code.
    Exit(i32),
}

/// The order of an event: `stopping` after an earlier Ctrl-C, `is_open` while a session runs.
fn order(event: u32, stopping: bool, is_open: bool) -> Order {
    match event {
        CTRL_C if stopping || !is_open => Order::Exit(130),
        CTRL_C => Order::Tell(Message::Said(Input::Stop)),
        _ if !is_open => Order::Exit(143),
        _ => Order::Tell(Message::Lost(Loss::Process)),
    }
}

/// Obeys an event, on a thread of the system.
#[expect(clippy::disallowed_methods, reason = "the terminal is given back first")]
fn obey(event: u32, stopping: &AtomicBool, inbox: &Sender) {
    let was_stopping = stopping.fetch_or(event == CTRL_C, SeqCst);
    match order(event, was_stopping, inbox.is_open()) {
        Order::Tell(message) => inbox.send(message),
        Order::Exit(code) => {
            terminal::give_back();
            child::stop_all();
            std::process::exit(code)
        }
    }
    // The system ends the process when this returns. Until then the session reports that it is cut off, and the process exits.
    while !matches!(event, CTRL_C | CTRL_BREAK) {
        clock::wait(Duration::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ctrl_c_is_the_word_of_a_person() {
        let stop = Order::Tell(Message::Said(Input::Stop));
        let cut_off = Order::Tell(Message::Lost(Loss::Process));
        assert_eq!(order(CTRL_C, false, true), stop);
        // Ctrl-Break, the window, logging off, shutting down.
        for event in [1, 2, 5, 6] {
            assert_eq!(order(event, false, true), cut_off, "{event}");
            assert_eq!(order(event, true, true), cut_off, "{event}");
            assert_eq!(order(event, false, false), Order::Exit(143), "{event}");
        }
        assert_eq!(order(CTRL_C, true, true), Order::Exit(130));
        assert_eq!(order(CTRL_C, false, false), Order::Exit(130));
    }
}
