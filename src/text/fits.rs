//! What an author says that a protocol is for, in words.

use crate::domain::protocol::Fits;

/// What an author says that a protocol is for, in a few letters.
pub fn fits(fits: &[Fits]) -> String {
    match fits {
        [Fits::Acute] => "for a fresh injury".to_owned(),
        [Fits::Later] => "for later, or no injury".to_owned(),
        [Fits::Spasm] => "for an intense spasm".to_owned(),
        [Fits::Recovery] => "once the pain is gone".to_owned(),
        all if all.len() == Fits::ALL.len() => "for all situations".to_owned(),
        all => all.iter().map(|fits| fits.as_str()).collect::<Vec<_>>().join(", "),
    }
}

/// Why a protocol of the person's own is offered.
pub fn own(fits: &[Fits]) -> String {
    let words = fits.iter().map(|fits| format!("\"{fits}\"")).collect::<Vec<_>>().join(", ");
    format!("Its file says that it fits {words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the table of `list` has room for.
    const ROOM: usize = 24;

    #[test]
    fn what_a_protocol_is_for_fits_the_list() {
        use Fits::{Acute, Later, Recovery, Spasm};
        for all in [&[Acute][..], &[Later], &[Spasm], &[Recovery], &Fits::ALL, &[Later, Spasm, Recovery]] {
            assert!(fits(all).len() <= ROOM, "{}", fits(all));
        }
        assert_eq!(fits(&[Acute, Spasm]), "acute, spasm");
    }
}
