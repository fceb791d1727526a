//! Rows at the bottom of a terminal, and lines above them for good. It knows what the terminal shows and
//! sends only what differs, in one write. It must not know what the rows say.

use std::fmt::Write as _;
use std::io;
use std::mem::take;

use console::measure_text_width;

use crate::edge::output::Output;

/// What the terminal shows. The cursor stands at the start of the last row.
#[derive(Debug)]
pub(super) struct Canvas {
    output: Output,
    /// What is shown once all is sent: each row on one row of a terminal so wide.
    rows: Vec<String>,
    width: u16,
    /// All rows are to be drawn, over so many rows of the terminal.
    over: Option<usize>,
    /// What is not sent yet, of single rows, and the row on which the cursor stands behind it.
    bytes: String,
    at: usize,
    /// Lines to leave above the rows.
    above: Vec<String>,
    /// The next frame rings the terminal's bell.
    rings: bool,
    failure: Option<io::Error>,
}

impl Canvas {
    pub(super) fn new(output: Output) -> Canvas {
        let (rows, bytes, above) = (Vec::new(), String::new(), Vec::new());
        Canvas { output, rows, width: 0, over: None, bytes, at: 0, above, rings: false, failure: None }
    }

    /// Whether what is drawn now would be seen now. While it is not, frames are left out: the next one
    /// makes up for them.
    pub(super) fn is_free(&mut self) -> bool {
        self.output.is_free()
    }

    /// All rows, for a terminal so wide. Those that are empty are set before they are shown.
    pub(super) fn lay(&mut self, rows: Vec<String>, width: u16) {
        if rows.len() == self.rows.len() && width == self.width {
            let there = rows.iter().enumerate().filter(|(_, row)| !row.is_empty());
            there.for_each(|(at, row)| self.set(at, row));
        } else {
            self.over = Some(if width == self.width { self.rows.len() } else { self.height(width) });
            (self.rows, self.width) = (rows, width);
        }
    }

    /// One row; nothing where there is none such.
    pub(super) fn set(&mut self, row: usize, text: &str) {
        let Some(shown) = self.rows.get_mut(row).filter(|shown| *shown != text) else {
            return;
        };
        text.clone_into(shown);
        if self.bytes.is_empty() {
            self.at = self.rows.len() - 1;
        }
        write_move(&mut self.bytes, self.at, row);
        // Behind a row that fills the terminal, some would erase its last letter.
        self.bytes.push_str("\r\x1b[K");
        self.bytes.push_str(text);
        self.at = row;
    }

    /// Somebody else has written: where the rows stood is not known any more, and they are drawn anew from
    /// where the cursor is.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
    }

    /// Leaves a line above the rows, with the next frame.
    pub(super) fn print(&mut self, line: String) {
        self.above.push(line);
    }

    /// Rings with the next frame.
    pub(super) fn ring(&mut self) {
        self.rings = true;
    }

    /// Why nothing can be shown any more, once.
    pub(super) fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Shows the frame.
    pub(super) fn show(&mut self) {
        if let Err(error) = self.paint() {
            self.failure = Some(error);
        }
    }

    /// Takes the rows away; what is left above is for a terminal so wide.
    pub(super) fn end(&mut self, width: u16) -> io::Result<()> {
        self.lay(Vec::new(), width);
        self.paint()
    }

    /// Sends what differs from what is shown, in one write.
    fn paint(&mut self) -> io::Result<()> {
        if self.over.is_some() || !self.above.is_empty() {
            self.write_all_rows();
        } else if !self.bytes.is_empty() {
            write_move(&mut self.bytes, self.at, self.rows.len() - 1);
            self.bytes.push('\r');
        }
        if take(&mut self.rings) {
            self.bytes.push('\x07');
        }
        if self.bytes.is_empty() {
            return Ok(());
        }
        let sent = self.output.send(self.bytes.as_bytes());
        self.bytes.clear();
        sent
    }

    fn write_all_rows(&mut self) {
        let height = self.over.take().unwrap_or(self.rows.len());
        let bytes = &mut self.bytes;
        bytes.clear();
        write_move(bytes, height.saturating_sub(1), 0);
        bytes.push_str("\r\x1b[J");
        for line in self.above.drain(..) {
            for row in textwrap::wrap(&line, usize::from(self.width.max(1))) {
                let _ = write!(bytes, "{row}\r\n");
            }
        }
        let _ = write!(bytes, "{}\r", self.rows.join("\r\n"));
    }

    /// So many rows of a terminal so wide do they take: after a resize they may have been wrapped.
    fn height(&self, width: u16) -> usize {
        let wrapped = |row: &String| measure_text_width(row).div_ceil(usize::from(width.max(1))).max(1);
        self.rows.iter().map(wrapped).sum()
    }
}

/// From one row to another, row by row: they are few.
fn write_move(bytes: &mut String, from: usize, to: usize) {
    let step = if to < from { "\x1b[A" } else { "\x1b[B" };
    for _ in 0..from.abs_diff(to) {
        bytes.push_str(step);
    }
}
