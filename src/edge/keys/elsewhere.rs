//! Keys of a console that is not a Unix terminal, read by a thread. The console's own Ctrl-C ends the
//! program. Not tested.

use std::io;
use std::thread;

use console::{Key, Term};

use super::meaning_of;
use crate::edge::inbox::Sender;

/// Does nothing: this system has no such limit.
pub fn outlive_file_limits() {}

/// The keys of the console, if there is one.
#[derive(Debug)]
pub struct Keys(());

impl Keys {
    /// Takes over the keys when `terminal` says that there is a console.
    ///
    /// # Errors
    /// When the system provides no thread.
    pub fn take(terminal: bool, inbox: Sender) -> io::Result<Keys> {
        if terminal {
            thread::Builder::new().name("keys".to_owned()).spawn(move || {
                let console = Term::stdout();
                while inbox.is_open()
                    && let Ok(key) = console.read_key()
                {
                    let byte = match key {
                        Key::Char(key) => u8::try_from(key).unwrap_or(0),
                        Key::Enter => b'\n',
                        _ => 0,
                    };
                    if let Some(meaning) = meaning_of(byte) {
                        inbox.press(meaning);
                    }
                }
            })?;
        }
        Ok(Keys(()))
    }

    /// Does nothing: no shell takes the keys away on this system.
    #[expect(clippy::unused_self, reason = "other systems use it")]
    pub fn retake(&self) {}

    /// Does nothing: no shell waits for keys on this system.
    #[expect(clippy::unused_self, reason = "other systems use it")]
    pub fn end(&self) -> impl Fn() + use<> {
        || {}
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
