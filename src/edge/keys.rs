//! Keys and signals, and the terminal mode that keys need. The only one that touches terminal modes.
//!
//! Only `ECHO` and `ICANON` are cleared, so that other writers and Ctrl-C work as ever. The mode is
//! given back on every way out: `Drop` (also in a panic), SIGINT, SIGTERM, SIGHUP and SIGTSTP.
//! Keys, signals and notification buttons all arrive as the bytes of [`input_of`].

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
pub use unix::{Keys, Remote, nudge, outlive_file_limits};

#[cfg(not(unix))]
pub use elsewhere::{Keys, Remote, nudge, outlive_file_limits};

#[cfg(unix)]
mod unix {
    use std::collections::VecDeque;
    use std::io::{self, Read, Write};
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
    use std::thread;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, Signal, getpgrp, getsid, kill_process};
    use rustix::stdio::{stderr, stdin};
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcgetsid, tcsetattr};
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGUSR1, SIGWINCH};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use super::{Button, input_of};
    use crate::domain::session::Input;
    use crate::edge::output::Change;

    /// Presses keys from another thread.
    #[derive(Debug)]
    pub struct Remote(UnixStream);

    impl Remote {
        /// Presses one.
        pub fn press(&self, button: Button) {
            let _ = (&self.0).write_all(&[button.key()]);
        }
    }

    /// Wakes the process that runs a session, so that it looks at what other shells ask of it. The
    /// process that holds the lock listens to this signal before it takes the lock.
    pub fn nudge(process: u32) {
        let process = i32::try_from(process).ok().and_then(Pid::from_raw);
        if let Some(process) = process {
            let _ = kill_process(process, Signal::USR1);
        }
    }

    /// A file that reaches the limit of its size is an error to be told, not the end of a session.
    pub fn outlive_file_limits() {
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    }

    /// Keys of the terminal, where there is one, and signals, everywhere.
    #[derive(Debug)]
    pub struct Keys {
        mode: Arc<Mode>,
        /// Bytes from the signal thread and from remotes.
        inbox: UnixStream,
        remote: UnixStream,
        reads_terminal: bool,
        /// A key was pressed that is not for this process.
        background: bool,
        nudged: bool,
        said: VecDeque<Input>,
        display: Arc<Display>,
    }

    /// What happened to the terminal behind standard error.
    #[derive(Debug, Default)]
    struct Display {
        resized: AtomicBool,
        /// A shell has written since.
        returned: AtomicBool,
        /// A resize is told: the terminal belongs to the session of this process, which is in its foreground.
        told: AtomicBool,
    }

    impl Keys {
        /// Takes over signals, and the terminal's keys when `terminal` says that it is one.
        ///
        /// # Errors
        /// When the system gives no signal handler, socket or thread.
        pub fn take(terminal: bool) -> io::Result<Keys> {
            let (mut outbox, inbox) = UnixStream::pair()?;
            inbox.set_nonblocking(true)?;
            let remote = outbox.try_clone()?;
            let mode = Arc::new(Mode::default());
            let mut signals = Signals::new([SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGUSR1, SIGWINCH])?;
            if !outlives_the_terminal() {
                signals.add_signal(SIGHUP)?;
            }
            let watched = Arc::clone(&mode);
            let display = Arc::new(Display::default());
            let shown_on = Arc::clone(&display);
            thread::Builder::new().name("signals".to_owned()).spawn(move || {
                let (mut stopping, mut stopped) = (false, false);
                for signal in signals.forever() {
                    match signal {
                        SIGTSTP => {
                            watched.leave(Stage::Stopped);
                            stopped = true;
                            let _ = emulate_default_handler(SIGTSTP);
                        }
                        SIGWINCH => {
                            shown_on.resized.store(true, Relaxed);
                            let _ = outbox.write_all(b"\x01");
                        }
                        SIGCONT => {
                            if terminal {
                                watched.return_to();
                            }
                            // Whoever stopped it by the terminal has written there: a shell.
                            shown_on.returned.fetch_or(std::mem::take(&mut stopped), Relaxed);
                            shown_on.told.store(false, Relaxed);
                            // A wait goes on with what was left of it; the clock has gone on meanwhile. No
                            // key and no call: the clock is asked at once.
                            let _ = outbox.write_all(b"\x01");
                        }
                        // No key: it only ends a wait.
                        SIGUSR1 => drop(outbox.write_all(b"\0")),
                        _ if stopping => exit_at_once(&watched),
                        _ => {
                            stopping = true;
                            let _ = outbox.write_all(b"q");
                        }
                    }
                }
            })?;
            if terminal {
                mode.enter();
            }
            let said = VecDeque::new();
            Ok(Keys { mode, inbox, remote, reads_terminal: terminal, background: false, nudged: false, said, display })
        }

        /// A way to press keys from another thread.
        ///
        /// # Errors
        /// When the system gives no further descriptor.
        pub fn remote(&self) -> io::Result<Remote> {
            self.remote.try_clone().map(Remote)
        }

        /// What may have happened to the terminal behind standard error, each time that this is asked.
        pub fn changes(&self) -> impl Fn() -> Change + use<> {
            let display = Arc::clone(&self.display);
            move || display.change()
        }

        /// Whether another shell has called since the last time that this was asked.
        pub fn take_nudge(&mut self) -> bool {
            std::mem::take(&mut self.nudged)
        }

        /// Waits for so long, or until something is said or a nudge comes.
        pub fn wait(&mut self, length: Duration) -> Option<Input> {
            if let Some(input) = self.said.pop_front() {
                return Some(input);
            }
            if self.reads_terminal && !self.mode.is_changed() {
                // The shell may bring a job to the foreground without a signal.
                self.mode.enter();
            }
            let timeout = Timespec::try_from(length).ok();
            let terminal = stdin();
            let mut watched = [PollFd::new(&self.inbox, PollFlags::IN), PollFd::new(&terminal, PollFlags::IN)];
            let listens = self.reads_terminal && !std::mem::take(&mut self.background);
            poll(&mut watched[..if listens { 2 } else { 1 }], timeout.as_ref()).ok()?;
            let [by_signal, by_key] = watched.map(|fd| !fd.revents().is_empty());
            // A key read in the background would stop the process, and while it is unread it ends every
            // wait for one: the next wait is for signals alone.
            self.background = by_key && !is_foreground();
            let by_key = by_key && !self.background;
            let mut bytes = [0; 64];
            if by_signal && let Ok(count) = self.inbox.read(&mut bytes) {
                self.nudged |= bytes[..count].contains(&0);
                self.said.extend(bytes[..count].iter().filter_map(|byte| input_of(*byte)));
            }
            if by_key {
                match rustix::io::read(terminal, &mut bytes) {
                    // An arrow or a function key is several bytes behind an escape.
                    Ok(count) if count > 0 && bytes[0] != 0x1b => {
                        self.said.extend(bytes[..count].iter().filter_map(|byte| input_of(*byte)));
                    }
                    Ok(count) if count > 0 => {}
                    Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                    Ok(_) | Err(_) => self.reads_terminal = false, // the terminal is gone
                }
            }
            self.said.pop_front()
        }
    }

    impl Display {
        fn change(&self) -> Change {
            // Until it is told again, it may have changed at any time.
            if !self.told.swap(true, Relaxed) {
                self.told.fetch_and(is_told_of_resizes(), Relaxed);
                self.resized.store(true, Relaxed);
            }
            let resized = self.resized.swap(false, Relaxed);
            match () {
                () if self.returned.swap(false, Relaxed) => Change::Rows,
                () if resized => Change::Size,
                () => Change::Nothing,
            }
        }
    }

    fn is_told_of_resizes() -> bool {
        let own = tcgetsid(stderr()).is_ok_and(|session| getsid(None) == Ok(session));
        own && tcgetpgrp(stderr()).is_ok_and(|group| group == getpgrp())
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
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
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
    use crate::edge::output::Change;

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

    /// Here what other shells ask is seen at the next frame.
    pub fn nudge(_: u32) {}

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
        ///
        /// # Errors
        /// None here.
        pub fn remote(&self) -> io::Result<Remote> {
            Ok(Remote(self.remote.clone()))
        }

        /// What may have happened to the terminal: nothing tells.
        #[expect(clippy::unused_self, reason = "elsewhere it is told")]
        pub fn changes(&self) -> impl Fn() -> Change + use<> {
            || Change::Size
        }

        /// Nobody can call here: every frame looks.
        pub fn take_nudge(&mut self) -> bool {
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
