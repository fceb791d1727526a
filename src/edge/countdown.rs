//! A few rows that are redrawn in one place on a terminal, without ever waiting for it. It must not know what they say.

use std::io;

use indicatif::TermLike as _;

use crate::edge::terminal::{self, Terminal, is_in_front, lock};

/// The rows.
#[derive(Debug)]
pub struct Countdown(Terminal);

impl Countdown {
    /// On the terminal behind standard error.
    ///
    /// # Errors
    /// When the system provides no thread.
    pub fn new() -> io::Result<Countdown> {
        let terminal = Terminal::new(terminal::stream()?);
        lock(&terminal.0).unicode = terminal::shows_unicode();
        Ok(Countdown(terminal))
    }

    /// Shows this text on a terminal of this size, unless another program has it. After others wrote on it, the text begins
    /// at the cursor.
    pub fn show(&self, text: &str, size: (u16, u16), others_wrote: bool) {
        let (rows, columns) = lock(&self.0.0).look((size, others_wrote));
        if !is_in_front() || !lock(&self.0.0).is_free() {
            return;
        }
        for row in textwrap::wrap(text, usize::from(columns.max(1))).iter().take(usize::from(rows.max(1))) {
            // A row, and the padding that indicatif would add.
            let _ = self.0.write_line(row).and_then(|()| self.0.write_line(""));
        }
        let _ = self.0.flush();
    }

    /// Removes the text, and gives the cursor back.
    pub fn leave(&self) {
        lock(&self.0.0).leave();
    }
}
