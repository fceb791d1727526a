//! Keys of a console that is no Unix terminal. Not tested: a thread reads one byte a press, and the
//! console's own Ctrl-C ends the program.

use std::io;
use std::thread;

use console::{Key, Term};

use super::input_of;
use crate::edge::inbox::Sender;

/// There are no such limits here.
pub fn outlive_file_limits() {}

/// Keys of the console, where there is one.
#[derive(Debug)]
pub struct Keys(());

impl Keys {
    /// Takes over the keys when `terminal` says that there is a console.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn take(terminal: bool, inbox: Sender) -> io::Result<Keys> {
        if terminal {
            thread::Builder::new().name("keys".to_owned()).spawn(move || {
                let console = Term::stdout();
                while let Ok(key) = console.read_key() {
                    let byte = match key {
                        Key::Char(key) => u8::try_from(key).unwrap_or(0),
                        Key::Enter => b'\n',
                        _ => 0,
                    };
                    if input_of(byte).is_some_and(|input| inbox.send(Some(input)).is_err()) {
                        return;
                    }
                }
            })?;
        }
        Ok(Keys(()))
    }

    /// No shell takes the keys away here.
    #[expect(clippy::unused_self, reason = "elsewhere it is used")]
    pub fn retake(&self) {}

    /// No shell stops a program here.
    #[expect(clippy::unused_self, reason = "elsewhere it is used")]
    pub fn was_continued(&self) -> impl Fn() -> bool + use<> {
        || false
    }
}
