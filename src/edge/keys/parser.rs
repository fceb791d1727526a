//! Finds the keys in the bytes of a terminal. vte parses escape sequences; this module handles what terminals
//! send beyond its grammar. There is no timeout, so the result does not depend on how the bytes are split into
//! reads. It must not know who reads them.

use std::mem;

use vte::{Params, Perform};

use super::meaning_of;
use crate::edge::inbox::Message;

const ESC: u8 = 0x1b;
/// These two cancel a sequence, for every terminal.
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;

/// A sequence of more bytes is given up, so that one without an end does not take every later key. vte keeps as much
/// of a string, and no answer that a terminal gives by itself comes near it.
const LONGEST: usize = 1024;

/// A letter that no key has. It ends a sequence, and is allowed in a string.
const LETTER: u8 = b'x';

/// Finds the keys in a stream of bytes. A byte of an escape sequence, of a letter beyond ASCII, or of a
/// bracketed paste is not a key.
#[derive(Default)]
pub struct Parser {
    grammar: vte::Parser,
    is_escaped: bool,
    /// The bytes since the last escape.
    length: usize,
    found: Found,
}

impl Parser {
    /// Passes the keys in these bytes to `press`. A sequence may continue in the next call.
    pub fn feed(&mut self, bytes: &[u8], mut press: impl FnMut(Message)) {
        for byte in bytes {
            self.take(*byte);
            if let Some(key) = self.found.key.take() {
                press(key);
            }
        }
    }

    fn take(&mut self, byte: u8) {
        let is_escaped = mem::replace(&mut self.is_escaped, byte == ESC);
        self.length = self.length.saturating_add(1);
        if self.length > LONGEST {
            self.give_up();
        }
        match byte {
            ESC => {
                // An escape begins anew, wherever it is.
                self.length = 0;
                self.found.rest = Rest::None;
                self.advance(ESC);
            }
            _ if is_escaped => self.take_escaped(byte),
            // Only a key sends the first two. They end whatever Alt-] or Alt-[ began, or no key would be one again.
            b'\r' | b'\n' | CAN | SUB => {
                self.give_up();
                self.found.press(byte);
            }
            _ if self.found.rest != Rest::None => self.found.rest = self.found.rest.after(byte),
            // No key is outside ASCII. Replaced by a letter, it cannot be taken for a control character.
            0x80.. => self.advance(LETTER),
            _ => self.advance(byte),
        }
    }

    /// Ends whatever was begun. Between sequences it changes nothing.
    fn give_up(&mut self) {
        self.grammar = vte::Parser::default();
        self.found.rest = Rest::None;
    }

    /// Takes the byte after an escape. In the output that vte is made for, more bytes begin a sequence. Here
    /// they are keys with Alt, which are complete.
    fn take_escaped(&mut self, byte: u8) {
        let begins = matches!(byte, b'[' | b']' | b'P' | b'X' | b'^' | b'_');
        self.advance(if begins { byte } else { LETTER });
        if byte == b'O' {
            self.found.rest = Rest::Letter;
        }
    }

    fn advance(&mut self, byte: u8) {
        self.grammar.advance(&mut self.found, &[byte]);
    }
}

/// What the last byte completed, and what it began.
#[derive(Default)]
struct Found {
    key: Option<Message>,
    is_pasting: bool,
    rest: Rest,
}

impl Found {
    fn press(&mut self, byte: u8) {
        self.key = meaning_of(byte).filter(|_| !self.is_pasting);
    }
}

impl Perform for Found {
    fn print(&mut self, letter: char) {
        self.press(u8::try_from(letter).unwrap_or(LETTER));
    }

    fn execute(&mut self, control: u8) {
        self.press(control);
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _: bool, last: char) {
        // vte reports a missing number as zero.
        let mut numbers = params.iter().flatten();
        match (intermediates, numbers.next(), numbers.next(), last) {
            ([], Some(200), None, '~') => self.is_pasting = true,
            ([], Some(201), None, '~') => self.is_pasting = false,
            // The old report of a mouse: a button, a column and a row.
            ([], Some(0), None, 'M') => self.rest = Rest::Bytes(3),
            // A function key of the Linux console.
            ([], Some(0), None, '[') => self.rest = Rest::Letter,
            _ => {}
        }
    }
}

/// Bytes that still belong to a sequence although vte has finished it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Rest {
    #[default]
    None,
    Bytes(u8),
    /// A letter, after the numbers of Shift and the like: `ESC O 2 Q`.
    Letter,
}

impl Rest {
    fn after(self, byte: u8) -> Rest {
        match self {
            Rest::Bytes(count @ 2..) => Rest::Bytes(count - 1),
            Rest::Letter if byte.is_ascii_digit() || byte == b';' => Rest::Letter,
            _ => Rest::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::Input::{self, Confirm, Skip, Stop, Toggle};

    /// The keys in these reads.
    fn keys(reads: &[&[u8]]) -> Vec<Input> {
        let (mut parser, mut keys) = (Parser::default(), Vec::new());
        for read in reads {
            parser.feed(read, |key| match key {
                Message::Said(input) => keys.push(input),
                other => panic!("{other:?}"),
            });
        }
        keys
    }

    /// Checks that the bytes have no key, in one read and in a read for each byte, and that the next two
    /// keys are keys again.
    fn assert_no_keys(bytes: &[u8]) {
        let all = [bytes, b" q"].concat();
        let single: Vec<_> = all.chunks(1).collect();
        for reads in [vec![bytes, b" q"], vec![&all], single] {
            assert_eq!(keys(&reads), [Toggle, Stop], "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn plain_keys_are_keys() {
        assert_eq!(keys(&[b" sxq\n", b"\r\tS"]), [Toggle, Skip, Stop, Confirm, Confirm, Skip]);
    }

    #[test]
    fn arrows_and_function_keys_are_no_keys() {
        let plain: [&[u8]; 5] = [b"\x1b[A", b"\x1b[15~", b"\x1b[1;5D", b"\x1b[1;2Q", b"\x1b[24;2~"];
        plain.into_iter().for_each(assert_no_keys);
        // F2, with Shift, of a keypad, and of the Linux console.
        let others: [&[u8]; 5] = [b"\x1bOQ", b"\x1bO2Q", b"\x1bO1;5S", b"\x1bOq", b"\x1b[[B"];
        others.into_iter().for_each(assert_no_keys);
    }

    #[test]
    fn keys_with_alt_are_no_keys() {
        for key in (0..=0xff).filter(|key| !b"\x1b[]OPX^_".contains(key)) {
            assert_no_keys(&[ESC, key]);
        }
        assert_no_keys("\u{1b}é".as_bytes());
        // Escape and then Alt-s, or Alt with an arrow.
        assert_no_keys(b"\x1b\x1bs");
        assert_no_keys(b"\x1b\x1b[A");
    }

    #[test]
    fn escape_makes_the_next_key_one_with_alt() {
        assert_eq!(keys(&[b"\x1b", b"q", b"q"]), [Stop]);
        assert_eq!(keys(&[b"\x1b\x1b", b"\x1bq", b" "]), [Toggle]);
    }

    #[test]
    fn reports_of_a_mouse_are_no_keys() {
        let reports: [&[u8]; 5] =
            [b"\x1b[M qs", b"\x1b[M#+\xf1", b"\x1b[M\x20\xe1\x9b", b"\x1b[<0;113;115M", b"\x1b[35;61;43M"];
        for report in reports {
            assert_no_keys(report);
            assert_no_keys(&[report, report].concat());
        }
        assert_eq!(keys(&[b"s\x1b[M qq ", b"\x1b[<0;1;1m\n"]), [Skip, Toggle, Confirm]);
    }

    #[test]
    fn answers_of_a_terminal_are_no_keys() {
        let answers: [&[u8]; 6] = [
            b"\x1b[?1;2c",
            b"\x1b[?2004;1$y",
            b"\x1b[I\x1b[O",
            b"\x1b]11;rgb:ffff/ s=q\x1b\\",
            b"\x1b]l q\x07",
            b"\x1bP1$r0 q\x1b\\",
        ];
        answers.into_iter().for_each(assert_no_keys);
        // The other three kinds of strings.
        assert_no_keys(b"\x1b_Gi=31;q s\x1b\\");
        assert_no_keys(b"\x1b^a private message + q t\x1b\\");
        assert_no_keys(b"\x1bXany string = Q S\x07q\x1b\\");
        assert_no_keys("\u{1b}]l qé\u{9c}s\u{1b}\\".as_bytes());
    }

    #[test]
    fn letters_beyond_ascii_are_no_keys() {
        // In UTF-8, and with bytes of control characters; then not in UTF-8, right before a key.
        assert_no_keys("ñěśßҝ日🧊\u{9b}\u{90}".as_bytes());
        for byte in 0x80..=0xff {
            assert_no_keys(&[byte]);
        }
    }

    #[test]
    fn a_bracketed_paste_has_no_keys() {
        assert_no_keys(b"\x1b[200~qqqq\r\n s+\x1b[201~");
        assert_no_keys(b"\x1b[200~\x1b[201~\x1b[200~q\x1b[201~");
        // A paste of the beginnings of sequences.
        for begun in ["\u{1b}", "\u{1b}[", "\u{1b}[M", "\u{1b}O", "\u{1b}]", "\u{1b}P", "\u{1b}[200", "\u{1b}[200~"] {
            assert_no_keys(format!("\u{1b}[200~q{begun}\u{1b}[201~").as_bytes());
            assert_no_keys(format!("\u{1b}[200~q{begun}q\n\u{1b}[201~").as_bytes());
        }
        // Not the ends of one.
        assert_eq!(keys(&[b"\x1b[200~\x1b[201;1~q\x1b[?201~q\x1b[2~q\x1b[201u"]), []);
    }

    #[test]
    fn an_unfinished_sequence_ends_at_enter_or_escape() {
        for begun in [
            "\u{1b}[",
            "\u{1b}[1;",
            "\u{1b}[M",
            "\u{1b}[M ",
            "\u{1b}[[",
            "\u{1b}O",
            "\u{1b}]q",
            "\u{1b}P1q",
            "\u{1b}_q",
            "\u{1b}^q",
            "\u{1b}Xq",
        ] {
            assert_eq!(keys(&[begun.as_bytes(), b"\rq"]), [Confirm, Stop], "{begun:?}");
            assert_eq!(keys(&[begun.as_bytes(), b"\x1bq q"]), [Toggle, Stop], "{begun:?}");
            for cancel in [CAN, SUB] {
                assert_eq!(keys(&[begun.as_bytes(), &[cancel], b" q"]), [Toggle, Stop], "{begun:?}");
            }
        }
    }

    #[test]
    fn a_sequence_without_an_end_is_given_up() {
        for begun in ["[", "[<", "O", "]", "]11;", "P", "P1$", "X", "^", "_", "_G"] {
            // The longest that is still one, of bytes that end none of them.
            let whole = format!("\u{1b}{begun:1<LONGEST$}");
            assert_eq!(whole.len(), 1 + LONGEST);
            assert_eq!(keys(&[whole.as_bytes(), b"\x1b[A"]), [], "{begun}");
            assert_eq!(keys(&[whole.as_bytes(), b" q"]), [Toggle, Stop], "{begun}");
            assert_eq!(keys(&whole.as_bytes().chunks(7).chain([&b" q"[..]]).collect::<Vec<_>>()), [Toggle, Stop]);
        }
        // Only keys that a person pressed, and then another one.
        let pressed = b"q".repeat(LONGEST - 1);
        assert_eq!(keys(&[b"\x1b_", &pressed, b"q"]), [Stop]);
        // A whole string as long as that has no key, and a paste is none: it has an end of its own.
        assert_eq!(keys(&[b"\x1b_", &pressed, b"\x1b\\ "]), [Toggle]);
        assert_eq!(keys(&[b"\x1b[200~", &pressed, &pressed, b"\x1b[201~ "]), [Toggle]);
    }
}
