//! Keys, signals, and the terminal mode that keys need. No other module changes terminal modes. This
//! module must not know a session: inputs go to the [inbox](crate::edge::inbox).

use crate::domain::session::Input;
use crate::edge::inbox::{MINUTE_MORE, Message};

#[cfg(unix)]
mod parser;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use parser::Parser;
#[cfg(unix)]
pub use unix::{Keys, outlive_file_limits};
#[cfg(windows)]
pub use windows::{Keys, outlive_file_limits};

/// What a key means.
pub fn meaning_of(key: u8) -> Option<Message> {
    let input = match key {
        // Ctrl-D.
        0x04 => Input::Leave,
        b' ' => Input::Toggle,
        b's' | b'S' => Input::Skip,
        b'+' | b'=' => MINUTE_MORE,
        b'\r' | b'\n' => Input::Confirm,
        b'q' | b'Q' => Input::Stop,
        b't' | b'T' => return Some(Message::AskedTime),
        _ => return None,
    };
    Some(Message::Said(input))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_contract() {
        let said = |input| Some(Message::Said(input));
        assert_eq!(meaning_of(b' '), said(Input::Toggle));
        assert_eq!(meaning_of(b's'), said(Input::Skip));
        assert_eq!(meaning_of(b'+'), said(Input::Extend(std::time::Duration::from_secs(60))));
        assert_eq!(meaning_of(b'\n'), said(Input::Confirm));
        assert_eq!(meaning_of(b'q'), said(Input::Stop));
        assert_eq!([b't', b'T'].map(meaning_of), [Some(Message::AskedTime); 2]);
        assert_eq!(meaning_of(b'x'), None);
    }
}
