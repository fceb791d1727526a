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

#[cfg(unix)]
pub use unix::Keys;

#[cfg(not(unix))]
pub use elsewhere::Keys;

#[cfg(unix)]
mod unix {
    use std::collections::VecDeque;
    use std::io::{self, Read, Write};
    use std::os::unix::net::UnixStream;
    use std::sync::{Arc, Mutex, PoisonError};
    use std::thread;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::getpgrp;
    use rustix::stdio::stdin;
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use super::input_of;
    use crate::domain::session::Input;

    /// Keys of the terminal, where there is one, and signals, everywhere.
    #[derive(Debug)]
    pub struct Keys {
        mode: Arc<Mode>,
        /// Bytes from the signal thread.
        inbox: UnixStream,
        reads_terminal: bool,
        said: VecDeque<Input>,
    }

    impl Keys {
        /// Takes over signals, and the terminal's keys when `terminal` says that it is one.
        ///
        /// # Errors
        /// When the system gives no signal handler, socket or thread.
        pub fn take(terminal: bool) -> io::Result<Keys> {
            let (mut outbox, inbox) = UnixStream::pair()?;
            inbox.set_nonblocking(true)?;
            let mode = Arc::new(Mode::default());
            let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT])?;
            let watched = Arc::clone(&mode);
            thread::Builder::new().name("signals".to_owned()).spawn(move || {
                let mut stopping = false;
                for signal in signals.forever() {
                    match signal {
                        SIGTSTP => {
                            watched.leave();
                            let _ = emulate_default_handler(SIGTSTP);
                        }
                        SIGCONT if terminal => watched.enter(),
                        SIGCONT => {}
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
            Ok(Keys { mode, inbox, reads_terminal: terminal, said: VecDeque::new() })
        }

        /// Waits for so long, or until something is said.
        pub fn wait(&mut self, length: Duration) -> Option<Input> {
            if let Some(input) = self.said.pop_front() {
                return Some(input);
            }
            let timeout = Timespec::try_from(length).ok();
            let terminal = stdin();
            // A key read in the background would stop the process.
            let listens = self.reads_terminal && is_foreground();
            let mut watched = vec![PollFd::new(&self.inbox, PollFlags::IN)];
            if listens {
                watched.push(PollFd::new(&terminal, PollFlags::IN));
            }
            poll(&mut watched, timeout.as_ref()).ok()?;
            let [by_signal, by_key] = [0, 1].map(|index| watched.get(index).is_some_and(|fd| !fd.revents().is_empty()));
            let mut bytes = [0; 64];
            if by_signal && let Ok(count) = self.inbox.read(&mut bytes) {
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

    impl Drop for Keys {
        fn drop(&mut self) {
            self.mode.leave();
        }
    }

    /// A second Ctrl-C: somebody wants out while the first is still at work.
    #[expect(clippy::disallowed_methods, reason = "the terminal is given back first")]
    fn exit_at_once(mode: &Mode) -> ! {
        mode.leave();
        std::process::exit(130)
    }

    fn is_foreground() -> bool {
        tcgetpgrp(stdin()).is_ok_and(|group| group == getpgrp())
    }

    /// The terminal's mode before it was changed, while it is changed.
    #[derive(Debug, Default)]
    struct Mode {
        before: Mutex<Option<Termios>>,
    }

    impl Mode {
        fn enter(&self) {
            let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
            if before.is_none()
                && is_foreground()
                && let Ok(mode) = tcgetattr(stdin())
            {
                let mut keys = mode.clone();
                keys.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
                if tcsetattr(stdin(), OptionalActions::Now, &keys).is_ok() {
                    *before = Some(mode);
                }
            }
        }

        fn leave(&self) {
            let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(mode) = before.take() {
                let _ = tcsetattr(stdin(), OptionalActions::Now, &mode);
            }
        }
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

    use super::input_of;
    use crate::domain::session::Input;

    /// Keys of the console, where there is one.
    #[derive(Debug)]
    pub struct Keys {
        pressed: Receiver<u8>,
        // Kept so that waiting on a silent channel still waits.
        _open: mpsc::Sender<u8>,
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
            Ok(Keys { pressed, _open: sender })
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
