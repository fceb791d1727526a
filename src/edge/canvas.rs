//! Rows at the bottom of a terminal, and lines above them for good. It knows what the terminal shows and
//! sends only what differs, in one write. It must not know what the rows say.

use std::fmt::Write as _;
use std::mem::take;
use std::{io, iter};

use console::measure_text_width;

use crate::edge::output::Output;

/// What the terminal shows, and what it is to show. The cursor stands at the start of the last row.
#[derive(Debug)]
pub(super) struct Canvas {
    output: Output,
    /// The frame that is to be shown, each row on one row of a terminal so wide.
    coming: Vec<String>,
    width: u16,
    /// The frame that is shown, and the width for which it was drawn.
    shown: Vec<String>,
    shown_width: u16,
    /// Lines to leave above the rows.
    above: Vec<String>,
    /// The next frame rings the terminal's bell.
    rings: bool,
    failure: Option<io::Error>,
}

impl Canvas {
    pub(super) fn new(output: Output) -> Canvas {
        let (coming, shown, above) = (Vec::new(), Vec::new(), Vec::new());
        Canvas { output, coming, width: 0, shown, shown_width: 0, above, rings: false, failure: None }
    }

    /// All rows, for a terminal so wide.
    pub(super) fn lay(&mut self, rows: Vec<String>, width: u16) {
        (self.coming, self.width) = (rows, width);
    }

    /// One row; nothing where there is none such.
    pub(super) fn set(&mut self, row: usize, text: &str) {
        if let Some(row) = self.coming.get_mut(row) {
            row.clear();
            row.push_str(text);
        }
    }

    /// Somebody else has written: where the rows stood is not known any more, and they are drawn anew from
    /// where the cursor is.
    pub(super) fn forget(&mut self) {
        self.shown.clear();
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

    /// Shows the frame. While the one before it is still unwritten it is left out: the next one makes up
    /// for it.
    pub(super) fn show(&mut self) {
        if self.output.is_free()
            && let Err(error) = self.paint()
        {
            self.failure = Some(error);
        }
    }

    /// Takes the rows away; what is left above is for a terminal so wide.
    pub(super) fn end(&mut self, width: u16) -> io::Result<()> {
        self.lay(Vec::new(), width);
        self.paint()
    }

    /// Sends what differs between what is shown and what is coming.
    fn paint(&mut self) -> io::Result<()> {
        let same_rows = self.coming.len() == self.shown.len() && self.width == self.shown_width;
        let mut bytes = if same_rows && self.above.is_empty() { self.changed_rows() } else { self.all_rows() };
        if take(&mut self.rings) {
            bytes.push('\x07');
        }
        if bytes.is_empty() { Ok(()) } else { self.output.send(bytes.into_bytes()) }
    }

    fn changed_rows(&mut self) -> String {
        let mut bytes = String::with_capacity(1024);
        let last = self.shown.len().saturating_sub(1);
        let mut at = last;
        for (row, (shown, coming)) in self.shown.iter_mut().zip(&self.coming).enumerate() {
            if shown == coming {
                continue;
            }
            write_move(&mut bytes, at, row);
            // Behind a row that fills the terminal, some would erase its last letter.
            bytes.push_str("\r\x1b[K");
            bytes.push_str(coming);
            shown.clone_from(coming);
            at = row;
        }
        if !bytes.is_empty() {
            write_move(&mut bytes, at, last);
            bytes.push('\r');
        }
        bytes
    }

    /// After a resize the old rows may have been wrapped into more.
    fn all_rows(&mut self) -> String {
        let width = usize::from(self.width.max(1));
        let wrapped = |row: &String| measure_text_width(row).div_ceil(width).max(1);
        let height: usize = self.shown.iter().map(wrapped).sum();
        let mut bytes = String::new();
        write_move(&mut bytes, height.saturating_sub(1), 0);
        bytes.push_str("\r\x1b[J");
        for line in self.above.drain(..) {
            for row in textwrap::wrap(&line, width) {
                let _ = write!(bytes, "{row}\r\n");
            }
        }
        let _ = write!(bytes, "{}\r", self.coming.join("\r\n"));
        self.shown.clone_from(&self.coming);
        self.shown_width = self.width;
        bytes
    }
}

/// From one row to another, row by row: they are few.
fn write_move(bytes: &mut String, from: usize, to: usize) {
    let steps = if to < from { iter::repeat_n("\x1b[A", from - to) } else { iter::repeat_n("\x1b[B", to - from) };
    bytes.extend(steps);
}
