//! Keys of a terminal and signals, on a thread that waits for both.
//!
//! Only `ECHO` and `ICANON` are cleared, so that other writers and Ctrl-C work as always. The mode is
//! given back on every way out: `Drop` (also in a panic), SIGINT, SIGTERM, SIGHUP and SIGTSTP.

use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::getpgrp;
use rustix::stdio::stdin;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;
use signal_hook::low_level::emulate_default_handler;

use super::input_of;
use crate::domain::session::Input;
use crate::edge::inbox::Sender;

/// In the background, a key that this process must not read would end every wait at once. The listener
/// looks again after this long.
const BACKGROUND: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Makes a file that reaches the size limit an error to report, not the end of the process.
pub fn outlive_file_limits() {
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

/// The keys of the terminal, where there is one, and signals, everywhere.
#[derive(Debug)]
pub struct Keys {
    mode: Arc<Mode>,
    terminal: bool,
    continued: Arc<AtomicBool>,
}

impl Keys {
    /// Takes over signals, and the keys of the terminal when `terminal` says that standard input is
    /// one. What they mean goes to the inbox.
    ///
    /// # Errors
    /// When the system gives no signal handler, socket or thread.
    pub fn take(terminal: bool, inbox: Sender) -> io::Result<Keys> {
        let (mode, continued) = (Arc::new(Mode::default()), Arc::<AtomicBool>::default());
        let (read, write) = UnixStream::pair()?;
        let signals = [SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH, SIGHUP];
        let signals = &signals[..signals.len() - usize::from(outlives_the_terminal())];
        let listener = Listener {
            signals: SignalDelivery::with_pipe(read, write, SignalOnly, signals)?,
            inbox,
            mode: Arc::clone(&mode),
            continued: Arc::clone(&continued),
            terminal,
            reads: if terminal { Reads::Yes } else { Reads::No },
            stopping: false,
            stopped: false,
        };
        thread::Builder::new().name("keys".to_owned()).spawn(|| listener.listen())?;
        if terminal {
            mode.enter();
        }
        Ok(Keys { mode, terminal, continued })
    }

    /// Takes the keys again if they were given back: a shell may bring a job to the foreground without
    /// a signal. To be called before each wait.
    pub fn retake(&self) {
        if self.terminal && !self.mode.is_changed() {
            self.mode.enter();
        }
    }

    /// Whether a shell stopped and continued this process since the last call: it has written on the
    /// terminal too.
    pub fn was_continued(&self) -> impl Fn() -> bool + use<> {
        let continued = Arc::clone(&self.continued);
        move || continued.swap(false, Relaxed)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.mode.leave(Stage::Over);
    }
}

/// The thread that waits for signals and keys.
struct Listener {
    signals: SignalDelivery<UnixStream, SignalOnly>,
    inbox: Sender,
    mode: Arc<Mode>,
    continued: Arc<AtomicBool>,
    terminal: bool,
    reads: Reads,
    stopping: bool,
    stopped: bool,
}

/// Whether the listener waits for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    Yes,
    /// Not now: a key was pressed that is for another job.
    Background,
    /// Never again: the terminal is gone, or the session is over.
    No,
}

impl Listener {
    fn listen(mut self) {
        loop {
            let [by_signal, by_key] = self.wait();
            if by_signal {
                for signal in self.signals.pending().collect::<Vec<_>>() {
                    self.obey(signal);
                }
            }
            if by_key {
                self.read();
            }
        }
    }

    fn wait(&mut self) -> [bool; 2] {
        let (signals, terminal) = (self.signals.get_read().as_fd(), stdin());
        let mut watched = [signals, terminal].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        let count = if self.reads == Reads::Yes { 2 } else { 1 };
        let background = self.reads == Reads::Background;
        let ready = poll(&mut watched[..count], background.then_some(&BACKGROUND));
        if background {
            self.reads = Reads::Yes;
        }
        watched.map(|fd| ready.is_ok() && !fd.revents().is_empty())
    }

    fn obey(&mut self, signal: i32) {
        match signal {
            SIGTSTP => {
                self.mode.leave(Stage::Stopped);
                self.stopped = true;
                let _ = emulate_default_handler(SIGTSTP);
            }
            SIGWINCH => self.say(None),
            SIGCONT => {
                if self.terminal {
                    self.mode.return_to();
                }
                self.continued.fetch_or(std::mem::take(&mut self.stopped), Relaxed);
                // The clock has gone on meanwhile, and a wait only goes on with what was left of it.
                self.say(None);
            }
            _ if self.stopping => exit_at_once(&self.mode),
            _ => {
                self.stopping = true;
                self.say(Some(Input::Stop));
            }
        }
    }

    fn read(&mut self) {
        // What is typed after the end is for the shell. To read a key in the background would stop the
        // process.
        self.reads = match () {
            () if self.mode.is_over() => Reads::No,
            () if is_foreground() => Reads::Yes,
            () => Reads::Background,
        };
        if self.reads != Reads::Yes {
            return;
        }
        let mut bytes = [0; 64];
        match rustix::io::read(stdin(), &mut bytes) {
            // An arrow or a function key is an escape and several bytes.
            Ok(count) if count > 0 && bytes[0] != 0x1b => {
                let pressed = bytes[..count].iter().filter_map(|byte| input_of(*byte));
                pressed.for_each(|input| self.say(Some(input)));
            }
            Ok(count) if count > 0 => {}
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Ok(_) | Err(_) => self.reads = Reads::No, // the terminal is gone
        }
    }

    fn say(&self, said: Option<Input>) {
        let _ = self.inbox.send(said);
    }
}

/// Obeys a second Ctrl-C: the person wants out while the first is still at work.
#[expect(clippy::disallowed_methods, reason = "the terminal is given back first")]
fn exit_at_once(mode: &Mode) -> ! {
    mode.leave(Stage::Over);
    std::process::exit(130)
}

fn is_foreground() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|group| group == getpgrp())
}

/// The mode of the terminal.
#[derive(Debug, Default)]
struct Mode(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The mode before it was changed, while it is changed.
    before: Option<Termios>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Session,
    /// The process is about to be stopped, and may be continued.
    Stopped,
    /// The session needs no more keys.
    Over,
}

impl Mode {
    /// Changes it, unless another job is in the foreground.
    fn enter(&self) {
        let mut state = self.lock();
        if state.stage != Stage::Session || !is_foreground() {
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

    /// Changes it again after the process was continued, whatever the shell did meanwhile.
    fn return_to(&self) {
        let mut state = self.lock();
        if state.stage == Stage::Stopped {
            state.stage = Stage::Session;
        }
        drop(state);
        self.enter();
    }

    fn is_changed(&self) -> bool {
        self.lock().before.is_some()
    }

    fn is_over(&self) -> bool {
        self.lock().stage == Stage::Over
    }

    fn leave(&self, to: Stage) {
        let mut state = self.lock();
        if state.stage != Stage::Over {
            state.stage = to;
        }
        if let Some(mode) = state.before.take() {
            let _ = tcsetattr(stdin(), OptionalActions::Now, &mode);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this process must survive a closed terminal: whoever started it ignores SIGHUP, as nohup does.
fn outlives_the_terminal() -> bool {
    // In one read: the system does not tell the length of such a file.
    let mut status = vec![0; 4096];
    let count = std::fs::File::open("/proc/self/status").and_then(|mut file| file.read(&mut status));
    status.truncate(count.unwrap_or(0));
    let status = String::from_utf8_lossy(&status);
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}
