//! Keys, signals and the calls of other shells, and the terminal mode that keys need. The only one that
//! touches terminal modes.
//!
//! Only `ECHO` and `ICANON` are cleared, so that other writers and Ctrl-C work as ever. The mode is
//! given back on every way out: `Drop` (also in a panic), SIGINT, SIGTERM, SIGHUP and SIGTSTP.
//! Keys, signals and notification buttons all arrive as the bytes of [`input_of`]. A thread waits for all
//! of them; it must not know a session.

use std::time::Duration;

use crate::domain::session::Input;

/// What one press of `+` asks for.
const MORE: Duration = Duration::from_secs(60);

/// What a key means.
#[must_use]
pub fn input_of(key: u8) -> Option<Input> {
    match key {
        b' ' => Some(Input::Toggle),
        b's' | b'S' => Some(Input::Skip),
        b'+' | b'=' => Some(Input::Extend(MORE)),
        b'\r' | b'\n' => Some(Input::Confirm),
        b'q' | b'Q' => Some(Input::Stop),
        _ => None,
    }
}

/// The key that a button of a notification, or another shell, presses from afar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// Pause, and go on.
    Pause,
    /// A minute more.
    More,
    /// Done: the change is made.
    Done,
}

impl Button {
    fn key(self) -> u8 {
        match self {
            Button::Pause => b' ',
            Button::More => b'+',
            Button::Done => b'\n',
        }
    }
}

#[cfg(unix)]
pub use unix::{Keys, Remote, outlive_file_limits};

#[cfg(not(unix))]
pub use elsewhere::{Keys, Remote, outlive_file_limits};

#[cfg(unix)]
mod unix {
    use std::collections::VecDeque;
    use std::io::{self, Read as _};
    use std::os::fd::{AsFd as _, OwnedFd};
    use std::os::unix::net::UnixStream;
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
    use std::thread::{self, Thread};
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::getpgrp;
    use rustix::stdio::stdin;
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    use signal_hook::iterator::backend::SignalDelivery;
    use signal_hook::iterator::exfiltrator::SignalOnly;
    use signal_hook::low_level::emulate_default_handler;

    use super::{Button, input_of};
    use crate::domain::session::Input;

    /// Not a key: another shell has called.
    const CALL: u8 = 0;
    /// In the background a key that nobody reads ends every wait for one: it is looked for this often.
    const BACKGROUND: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

    /// Presses keys from another thread.
    #[derive(Debug)]
    pub struct Remote(Arc<Inbox>);

    impl Remote {
        /// Presses one.
        pub fn press(&self, button: Button) {
            self.0.put(&[button.key()]);
        }
    }

    /// A file that reaches the limit of its size is an error to be told, not the end of a session.
    pub fn outlive_file_limits() {
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    }

    /// Keys of the terminal, where there is one, and signals, everywhere. They are waited for by the
    /// thread that took them.
    #[derive(Debug)]
    pub struct Keys {
        mode: Arc<Mode>,
        inbox: Arc<Inbox>,
        terminal: bool,
        called: bool,
        /// Tells of calls; none where the system has no such thing.
        calls: Option<Arc<OwnedFd>>,
        /// Calls are told.
        hears_calls: bool,
        returned: Arc<AtomicBool>,
    }

    /// Bytes from the listener and from remotes.
    #[derive(Debug)]
    struct Inbox {
        bytes: Mutex<VecDeque<u8>>,
        /// Who waits for them.
        reader: Thread,
    }

    impl Inbox {
        /// None at all only ends a wait.
        fn put(&self, bytes: &[u8]) {
            self.lock().extend(bytes);
            self.reader.unpark();
        }

        fn lock(&self) -> MutexGuard<'_, VecDeque<u8>> {
            self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl Keys {
        /// Takes over signals, and the terminal's keys when `terminal` says that it is one.
        ///
        /// # Errors
        /// When the system gives no signal handler, socket or thread.
        pub fn take(terminal: bool) -> io::Result<Keys> {
            let inbox = Arc::new(Inbox { bytes: Mutex::default(), reader: thread::current() });
            let mode = Arc::new(Mode::default());
            let returned = Arc::new(AtomicBool::default());
            let calls = calls().map(Arc::new);
            let (read, write) = UnixStream::pair()?;
            let signals = [SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH, SIGHUP];
            let signals = &signals[..signals.len() - usize::from(outlives_the_terminal())];
            let listener = Listener {
                signals: SignalDelivery::with_pipe(read, write, SignalOnly, signals)?,
                calls: calls.clone(),
                inbox: Arc::clone(&inbox),
                mode: Arc::clone(&mode),
                returned: Arc::clone(&returned),
                terminal,
                reads: if terminal { Reads::Yes } else { Reads::No },
                stopping: false,
                stopped: false,
            };
            thread::Builder::new().name("keys".to_owned()).spawn(|| listener.listen())?;
            if terminal {
                mode.enter();
            }
            Ok(Keys { mode, inbox, terminal, called: false, calls, hears_calls: false, returned })
        }

        /// A way to press keys from another thread.
        #[must_use]
        pub fn remote(&self) -> Remote {
            Remote(Arc::clone(&self.inbox))
        }

        /// Whether the process was stopped and continued since the last call: a shell may have written
        /// on the terminal.
        pub fn returned(&self) -> impl Fn() -> bool + use<> {
            let returned = Arc::clone(&self.returned);
            move || returned.swap(false, Relaxed)
        }

        /// Listens to other shells, which call by setting the times of this file.
        #[cfg(target_os = "linux")]
        pub fn listen_to(&mut self, file: &Path) {
            use rustix::fs::inotify::{WatchFlags, add_watch};
            let watch =
                self.calls.as_ref().map(|calls| add_watch(calls, file, WatchFlags::ATTRIB | WatchFlags::MODIFY));
            self.hears_calls = matches!(watch, Some(Ok(_)));
        }

        /// Nothing tells of calls here.
        #[cfg(not(target_os = "linux"))]
        pub fn listen_to(&mut self, _: &Path) {}

        /// Whether another shell may have called since the last time that this was asked.
        pub fn take_call(&mut self) -> bool {
            std::mem::take(&mut self.called) || !self.hears_calls
        }

        /// Waits for so long, or until something is said or somebody calls.
        pub fn wait(&mut self, length: Duration) -> Option<Input> {
            let said = self.take_said();
            if said.is_some() || self.called {
                return said;
            }
            if self.terminal && !self.mode.is_changed() {
                // The shell may bring a job to the foreground without a signal.
                self.mode.enter();
            }
            thread::park_timeout(length);
            self.take_said()
        }

        fn take_said(&mut self) -> Option<Input> {
            let mut bytes = self.inbox.lock();
            while let Some(byte) = bytes.pop_front() {
                self.called |= byte == CALL;
                if let Some(input) = input_of(byte) {
                    return Some(input);
                }
            }
            None
        }
    }

    #[cfg(target_os = "linux")]
    fn calls() -> Option<OwnedFd> {
        use rustix::fs::inotify::{CreateFlags, init};
        init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()
    }

    #[cfg(not(target_os = "linux"))]
    fn calls() -> Option<OwnedFd> {
        None
    }

    /// The thread that waits for signals, calls and keys, so that who waits for all of them at once has
    /// one thing to wait for: it does so every second, for hours.
    struct Listener {
        signals: SignalDelivery<UnixStream, SignalOnly>,
        calls: Option<Arc<OwnedFd>>,
        inbox: Arc<Inbox>,
        mode: Arc<Mode>,
        returned: Arc<AtomicBool>,
        terminal: bool,
        reads: Reads,
        stopping: bool,
        stopped: bool,
    }

    /// Whether keys are waited for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Reads {
        Yes,
        /// One was pressed that is not for this process: not now.
        Background,
        /// There is no terminal any more, or nobody who wants its keys.
        No,
    }

    impl Listener {
        fn listen(mut self) {
            loop {
                let [by_signal, by_call, by_key] = self.wait();
                if by_signal {
                    for signal in self.signals.pending().collect::<Vec<_>>() {
                        self.obey(signal);
                    }
                }
                if by_call && let Some(calls) = &self.calls {
                    let mut told = [0; 1024];
                    while rustix::io::read(calls, &mut told).is_ok_and(|count| count == told.len()) {}
                    self.inbox.put(&[CALL]);
                }
                if by_key {
                    self.read();
                }
            }
        }

        fn wait(&mut self) -> [bool; 3] {
            let terminal = stdin();
            let signals = self.signals.get_read().as_fd();
            let calls = self.calls.as_ref().map_or(signals, |calls| calls.as_fd());
            let mut watched = [signals, calls, terminal].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
            let count = if self.reads == Reads::Yes { 3 } else { 2 };
            let background = self.reads == Reads::Background;
            let ready = poll(&mut watched[..count], background.then_some(&BACKGROUND));
            if background {
                self.reads = Reads::Yes;
            }
            let mut ended = watched.map(|fd| ready.is_ok() && !fd.revents().is_empty());
            ended[1] &= self.calls.is_some();
            ended
        }

        fn obey(&mut self, signal: i32) {
            match signal {
                SIGTSTP => {
                    self.mode.leave(Stage::Stopped);
                    self.stopped = true;
                    let _ = emulate_default_handler(SIGTSTP);
                }
                SIGWINCH => self.inbox.put(&[]),
                SIGCONT => {
                    if self.terminal {
                        self.mode.return_to();
                    }
                    // Whoever stopped it by the terminal has written there: a shell.
                    self.returned.fetch_or(std::mem::take(&mut self.stopped), Relaxed);
                    // A wait goes on with what was left of it; the clock has gone on meanwhile and is asked
                    // at once.
                    self.inbox.put(&[]);
                }
                _ if self.stopping => exit_at_once(&self.mode),
                _ => {
                    self.stopping = true;
                    self.inbox.put(b"q");
                }
            }
        }

        fn read(&mut self) {
            // What is typed after the end is for the shell. A key read in the background would stop the
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
                // An arrow or a function key is several bytes behind an escape. No key is a call.
                Ok(count) if count > 0 && bytes[0] != 0x1b => {
                    bytes[..count].iter_mut().filter(|byte| **byte == CALL).for_each(|byte| *byte = 0x1b);
                    self.inbox.put(&bytes[..count]);
                }
                Ok(count) if count > 0 => {}
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Ok(_) | Err(_) => self.reads = Reads::No, // the terminal is gone
            }
        }
    }

    impl Drop for Keys {
        fn drop(&mut self) {
            self.mode.leave(Stage::Over);
        }
    }

    /// A second Ctrl-C: somebody wants out while the first is still at work.
    #[expect(clippy::disallowed_methods, reason = "the terminal is given back first")]
    fn exit_at_once(mode: &Mode) -> ! {
        mode.leave(Stage::Over);
        std::process::exit(130)
    }

    fn is_foreground() -> bool {
        tcgetpgrp(stdin()).is_ok_and(|group| group == getpgrp())
    }

    /// The terminal's mode.
    #[derive(Debug, Default)]
    struct Mode(Mutex<State>);

    #[derive(Debug, Default)]
    struct State {
        /// As it was before it was changed, while it is changed.
        before: Option<Termios>,
        stage: Stage,
    }

    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    enum Stage {
        #[default]
        Session,
        /// The process is about to be stopped, and may go on.
        Stopped,
        /// Nobody listens to keys any more.
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

        /// The process was stopped and goes on. Whatever the shell did meanwhile, it is changed again.
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

    /// Whether a closed terminal must not end this process: whoever started it said so, as nohup does.
    fn outlives_the_terminal() -> bool {
        // In one read: of such a file the system does not tell the length.
        let mut status = vec![0; 4096];
        let count = std::fs::File::open("/proc/self/status").and_then(|mut file| file.read(&mut status));
        status.truncate(count.unwrap_or(0));
        let status = String::from_utf8_lossy(&status);
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        ignored.is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
    }
}

/// Not tested: a thread reads keys, one byte a press; the console's own Ctrl-C ends the program.
#[cfg(not(unix))]
mod elsewhere {
    use std::io;
    use std::sync::mpsc::{self, Receiver};
    use std::thread;
    use std::time::Duration;

    use console::{Key, Term};

    use super::{Button, input_of};
    use crate::domain::session::Input;

    /// Presses keys from another thread.
    #[derive(Debug)]
    pub struct Remote(mpsc::Sender<u8>);

    impl Remote {
        /// Presses one.
        pub fn press(&self, button: Button) {
            let _ = self.0.send(button.key());
        }
    }

    /// No such limits here.
    pub fn outlive_file_limits() {}

    /// Keys of the console, where there is one.
    #[derive(Debug)]
    pub struct Keys {
        pressed: Receiver<u8>,
        remote: mpsc::Sender<u8>,
    }

    impl Keys {
        /// Takes over the keys when `terminal` says that there is a console.
        ///
        /// # Errors
        /// When the system gives no thread.
        pub fn take(terminal: bool) -> io::Result<Keys> {
            let (sender, pressed) = mpsc::channel();
            let keys = sender.clone();
            if terminal {
                thread::Builder::new().name("keys".to_owned()).spawn(move || {
                    let console = Term::stdout();
                    while let Ok(key) = console.read_key() {
                        let byte = match key {
                            Key::Char(key) => u8::try_from(key).unwrap_or(0),
                            Key::Enter => b'\n',
                            _ => 0,
                        };
                        if keys.send(byte).is_err() {
                            return;
                        }
                    }
                })?;
            }
            Ok(Keys { pressed, remote: sender })
        }

        /// A way to press keys from another thread.
        #[must_use]
        pub fn remote(&self) -> Remote {
            Remote(self.remote.clone())
        }

        /// The process is never stopped by the terminal here.
        #[expect(clippy::unused_self, reason = "it can be stopped elsewhere")]
        pub fn returned(&self) -> impl Fn() -> bool + use<> {
            || false
        }

        /// Nothing tells of calls here.
        pub fn listen_to(&mut self, _: &std::path::Path) {}

        /// Somebody may have called: every frame looks.
        pub fn take_call(&mut self) -> bool {
            true
        }

        /// Waits for so long, or until something is said.
        pub fn wait(&mut self, length: Duration) -> Option<Input> {
            self.pressed.recv_timeout(length).ok().and_then(input_of)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_contract() {
        assert_eq!(input_of(b' '), Some(Input::Toggle));
        assert_eq!(input_of(b's'), Some(Input::Skip));
        assert_eq!(input_of(b'+'), Some(Input::Extend(MORE)));
        assert_eq!(input_of(b'\n'), Some(Input::Confirm));
        assert_eq!(input_of(b'q'), Some(Input::Stop));
        assert_eq!(input_of(b'x'), None);
    }
}
