//! Keys, signals, and the terminal mode that keys need. No other module changes terminal modes. This
//! module must not know a session: inputs go to the [inbox](crate::edge::inbox).

use crate::domain::session::Input;
use crate::edge::inbox::MINUTE_MORE;

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod parser;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use elsewhere::{Keys, outlive_file_limits};
#[cfg(unix)]
pub use parser::Parser;
#[cfg(unix)]
pub use unix::{Keys, outlive_file_limits};

/// The input of a key.
pub fn input_of(key: u8) -> Option<Input> {
    match key {
        // Ctrl-D.
        0x04 => Some(Input::Leave),
        b' ' => Some(Input::Toggle),
        b's' | b'S' => Some(Input::Skip),
        b'+' | b'=' => Some(MINUTE_MORE),
        b'\r' | b'\n' => Some(Input::Confirm),
        b'q' | b'Q' => Some(Input::Stop),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_contract() {
        assert_eq!(input_of(b' '), Some(Input::Toggle));
        assert_eq!(input_of(b's'), Some(Input::Skip));
        assert_eq!(input_of(b'+'), Some(Input::Extend(std::time::Duration::from_secs(60))));
        assert_eq!(input_of(b'\n'), Some(Input::Confirm));
        assert_eq!(input_of(b'q'), Some(Input::Stop));
        assert_eq!(input_of(b'x'), None);
    }
}
