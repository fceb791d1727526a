//! The bell of the controlling terminal, for a session that is shown elsewhere or not at all. It must not know what is
//! shown.

use std::fs::File;
use std::io::{self, Write as _};

use crate::domain::session::{Event, Session};
#[cfg(unix)]
use crate::edge::terminal;
use crate::runner::{Loss, Observer, Trouble};
use crate::text::wording;

/// Rings the terminal from which the program was started.
#[derive(Debug)]
pub struct Bell {
    /// `None` after it was closed.
    terminal: Option<File>,
}

impl Bell {
    /// The bell of the controlling terminal; `None` when there is none.
    pub fn find() -> Option<Bell> {
        #[cfg(unix)]
        return Some(Bell { terminal: Some(terminal::open("/dev/tty").ok()?) });
        #[cfg(not(unix))]
        None
    }

    /// Rings, unless that would stop this process.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn ring(&self) -> io::Result<()> {
        let Some(mut terminal) = self.terminal.as_ref().filter(|terminal| may_write(terminal)) else { return Ok(()) };
        match terminal.write(b"\x07") {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }
}

/// Whether a write cannot stop the process, as it does in the background after `stty tostop`.
#[cfg(unix)]
fn may_write(terminal: &File) -> bool {
    use rustix::termios::{LocalModes, tcgetattr};
    let stops = tcgetattr(terminal).is_ok_and(|mode| mode.local_modes.contains(LocalModes::TOSTOP));
    !stops || crate::edge::jobs::has(terminal) == Some(true)
}

#[cfg(not(unix))]
fn may_write(_: &File) -> bool {
    true
}

impl Observer for Bell {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        if events.iter().any(|event| wording::rings(event, session)) {
            self.ring().map_err(|error| format!("the terminal no longer rings: {error}"))?;
        }
        Ok(())
    }

    fn lost(&mut self, what: Loss, _: &Session) -> Result<(), Trouble> {
        if what == Loss::Terminal {
            self.terminal = None;
        }
        Ok(())
    }
}
