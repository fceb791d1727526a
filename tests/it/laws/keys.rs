//! Laws of the keys of a terminal.

use proptest::sample::Index;
use therapy::edge::inbox::Message;
use therapy::edge::keys::Parser;

use super::*;

/// What a terminal sends: keys, the beginnings and ends of sequences, and any bytes.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let plain: Vec<&[u8]> = vec![b" ", b"s", b"t", b"+", b"q", b"\r", b"\n", b"x", b"7", b";", "é".as_bytes()];
    let begun: Vec<&[u8]> = vec![
        b"\x1b",
        b"\x1b[",
        b"\x1bO",
        b"\x1b[M",
        b"\x1b[<",
        b"\x1b[[",
        b"\x1b]",
        b"\x1bP",
        b"\x1bX",
        b"\x1b^",
        b"\x1b_",
        b"\x1b[200~",
    ];
    let ended: Vec<&[u8]> = vec![b"\x1b[A", b"\x1bOQ", b"\x1b\\", b"\x07", b"\x18", b"\x1a", b"\x1b[201~"];
    let piece = prop_oneof![
        4 => select(plain).prop_map(<[u8]>::to_vec),
        3 => select(begun).prop_map(<[u8]>::to_vec),
        2 => select(ended).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..4),
        // Longer than any sequence.
        1 => (select(b" q1;x".to_vec()), 900..1100_usize).prop_map(|(byte, count)| vec![byte; count]),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn keys<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> Vec<Message> {
    let (mut parser, mut keys) = (Parser::default(), Vec::new());
    for read in reads {
        parser.feed(read, |key| keys.push(key));
    }
    keys
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn the_split_of_bytes_into_reads_changes_no_key(bytes in pieces(), cuts in vec(any::<Index>(), 0..6)) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let reads = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]);
        prop_assert_eq!(keys(reads), keys([&bytes[..]]));
        prop_assert_eq!(keys(bytes.chunks(1)), keys([&bytes[..]]));
    }

    /// The text of a string sequence, which has no control characters, is never a key.
    #[test]
    fn a_string_has_no_key(before in pieces(), kind in select(b"]PX^_".to_vec()), text in vec(0x20..=0xff_u8, 0..1000)) {
        let string = [&[0x1b, kind], &text[..], b"\x1b\\"].concat();
        let after = keys([&before[..], b"\x1b\\", b"q"]);
        prop_assert_eq!(keys([&before[..], b"\x1b\\", &string, b"q"]), after);
    }

    #[test]
    fn a_paste_of_anything_but_its_end_has_no_key(before in pieces(), mut pasted in pieces()) {
        // No `ESC [ 201 ~` in any form.
        pasted.retain(|byte| *byte != b'1');
        let paste = [b"\x1b[200~", &pasted[..], b"\x1b[201~"].concat();
        let after = keys([&before[..], b"\x1b[201~", b"q"]);
        prop_assert_eq!(keys([&before[..], b"\x1b[201~", &paste, b"q"]), after);
    }
}
