//! Keys of a terminal and signals, on one thread each.
//!
//! Only `ECHO` and `ICANON` are cleared, so that other writers and Ctrl-C work as always. The mode is
//! restored on every way out: `Drop` (also in a panic), SIGINT, SIGTERM, SIGQUIT and SIGTSTP.
//!
//! Only SIGINT comes from the person. SIGHUP takes the terminal away, SIGTERM and SIGQUIT the process. SIGTSTP (Ctrl-Z)
//! waits until the session has said that no alarm comes; without a shell that could continue it, it is ignored, as the
//! system does by default.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::stdio::stdin;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::Parser;
use crate::domain::session::Input;
use crate::edge::inbox::{Message, Sender};
use crate::edge::{child, clock, jobs, terminal};
use crate::runner::Loss;

/// How long to ignore a key that another job must read.
const BACKGROUND: Duration = Duration::from_secs(1);

/// Makes a write beyond the file size limit fail. Otherwise SIGXFSZ would end the process.
pub fn outlive_file_limits() {
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// The keys of the terminal, if there is one, and the signals.
#[derive(Debug)]
pub struct Keys {
    mode: Arc<Mode>,
    stops: Arc<Stops>,
}

/// What happened to the process.
#[derive(Debug, Default)]
struct Stops {
    /// It is to be stopped.
    wanted: AtomicBool,
    /// It stopped itself, so the next SIGCONT is expected.
    own: AtomicBool,
    /// It was continued.
    continued: AtomicBool,
}

impl Keys {
    /// Takes over the signals, and the keys when `terminal` says that standard input is a terminal. Their
    /// inputs go to the inbox.
    ///
    /// # Errors
    /// When the system provides no signal handler or thread.
    pub fn take(terminal: bool, inbox: Sender) -> io::Result<Keys> {
        let stops = Arc::<Stops>::default();
        let mode = Arc::new(Mode(Mutex::new(State { before: None, wanted: terminal })));
        let signals = Signals::new([SIGINT, SIGTERM, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH, SIGHUP])?;
        let spawn = |name: &str| thread::Builder::new().name(name.to_owned());
        let keys = Keys { mode: Arc::clone(&mode), stops: Arc::clone(&stops) };
        let (to, of) = (inbox.clone(), Arc::clone(&mode));
        spawn("signals").spawn(move || obey(signals, &of, &stops, &to))?;
        if terminal {
            spawn("keys").spawn(move || read(&mode, &inbox))?;
        }
        keys.mode.enter();
        Ok(keys)
    }

    /// Takes the keys again if they were given back: a shell can bring a job to the foreground without a
    /// signal. Call it before each wait.
    pub fn retake(&self) {
        if self.mode.lock().before.is_none() {
            self.mode.enter();
        }
    }

    /// A function that leaves all further keys to the shell. The mode stays until the drop.
    pub fn end(&self) -> impl Fn() + use<> {
        let mode = Arc::clone(&self.mode);
        move || mode.lock().wanted = false
    }

    /// Whether the person wants to suspend the process since the last call.
    pub fn wants_to_suspend(&self) -> bool {
        self.stops.wanted.swap(false, Relaxed)
    }

    /// Restores the mode and stops the process until it is continued.
    pub fn suspend(&self) {
        self.stops.own.store(true, Relaxed);
        self.stops.continued.store(true, Relaxed);
        self.mode.stop_process();
    }

    /// Whether this process was stopped and continued since the last call. The shell has then written on
    /// the terminal too.
    pub fn was_continued(&self) -> impl Fn() -> bool + use<> {
        let stops = Arc::clone(&self.stops);
        move || stops.continued.swap(false, Relaxed)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.mode.leave();
    }
}

/// The thread of the signals.
fn obey(mut signals: Signals, mode: &Mode, stops: &Stops, inbox: &Sender) {
    let mut stopping = false;
    for signal in signals.forever() {
        let message = match signal {
            SIGTSTP if !jobs::has_shell() => Message::WakeUp,
            SIGTSTP if inbox.is_open() => {
                stops.wanted.store(true, Relaxed);
                Message::WakeUp
            }
            SIGTSTP => {
                mode.stop_process();
                Message::WakeUp
            }
            SIGCONT => {
                // After a SIGSTOP the shell has written on the terminal too.
                if !stops.own.swap(false, Relaxed) {
                    stops.continued.store(true, Relaxed);
                }
                mode.enter();
                Message::WakeUp
            }
            SIGINT if stopping => exit_at_once(mode, 130),
            // After the session there is at most a question left.
            SIGINT | SIGHUP | SIGTERM | SIGQUIT if !inbox.is_open() => {
                exit_at_once(mode, if signal == SIGINT { 130 } else { 143 })
            }
            SIGINT => {
                stopping = true;
                Message::Said(Input::Stop)
            }
            SIGHUP => Message::Lost(Loss::Terminal),
            SIGTERM | SIGQUIT => Message::Lost(Loss::Process),
            _ => Message::WakeUp,
        };
        inbox.send(message);
    }
}

/// The thread of the keys. It ends when the terminal is gone or the session is over.
fn read(mode: &Mode, inbox: &Sender) {
    let mut parser = Parser::default();
    loop {
        let ready = poll(&mut [PollFd::from_borrowed_fd(stdin(), PollFlags::IN)], None);
        // After the end, keys are for the shell.
        if !mode.lock().wanted {
            return;
        }
        match jobs::has(stdin()) {
            Some(true) => {}
            // Reading in the background would stop the process.
            Some(false) => {
                clock::wait(BACKGROUND);
                continue;
            }
            None => return,
        }
        // As much as a terminal holds: a paste must be read before the Ctrl-C behind it is seen.
        let mut bytes = [0; 4096];
        match ready.and_then(|_| rustix::io::read(stdin(), &mut bytes)) {
            Ok(0) => return,
            Ok(count) => parser.feed(&bytes[..count], |key| inbox.press(key)),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return,
        }
    }
}

/// Obeys a second Ctrl-C while the first is still at work, and any signal after the session.
#[expect(clippy::disallowed_methods, reason = "the terminal is restored first")]
fn exit_at_once(mode: &Mode, code: i32) -> ! {
    mode.leave();
    terminal::give_back();
    child::stop_all();
    std::process::exit(code)
}

/// The mode of the terminal.
#[derive(Debug)]
struct Mode(Mutex<State>);

#[derive(Debug)]
struct State {
    /// The mode before it was changed; `None` while it is not changed.
    before: Option<Termios>,
    /// There is a terminal, and the session is not over.
    wanted: bool,
}

impl State {
    fn restore(&mut self) {
        if let Some(mode) = self.before.take() {
            let _ = tcsetattr(stdin(), OptionalActions::Now, &mode);
        }
    }
}

impl Mode {
    /// Changes the mode, or changes it again: a shell may have reset it. Does nothing in the background.
    fn enter(&self) {
        let mut state = self.lock();
        if !state.wanted || jobs::has(stdin()) != Some(true) {
            return;
        }
        let Some(mode) = state.before.clone().or_else(|| tcgetattr(stdin()).ok()) else {
            return;
        };
        let mut keys = mode.clone();
        keys.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
        if tcsetattr(stdin(), OptionalActions::Now, &keys).is_ok() {
            state.before = Some(mode);
        }
    }

    /// Restores the mode and stops the process until it is continued. The lock keeps the session from
    /// taking the keys again in between.
    fn stop_process(&self) {
        let mut state = self.lock();
        state.restore();
        let _ = emulate_default_handler(SIGTSTP);
    }

    /// Restores the mode for good.
    fn leave(&self) {
        let mut state = self.lock();
        state.restore();
        state.wanted = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
