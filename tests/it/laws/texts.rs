//! Laws of the parser of protocol files: no text causes a panic.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use therapy::format::{self, report};

use super::config;

/// Valid files, which the tests edit.
const FILES: [&str; 4] = [
    include_str!("../../../src/protocols/acute.toml"),
    include_str!("../../../src/protocols/contrast.toml"),
    include_str!("../../../src/protocols/intermittent.toml"),
    r#"
        name = "übung"
        rounds = 2
        [[step]]
        do = "stretch"
        for = "1m 30s"
        note = "wärme — kühl"
        last_round = false
        [[step]]
        do = "heat"
        for = { default = "10min", min = "5min", max = "15min" }
    "#,
];

/// Pieces of text that are significant to the parser.
const PIECES: [&str; 38] = [
    "[[step]]\n",
    "[step]\n",
    "step = []\n",
    "do = ",
    "for = ",
    "rounds = ",
    "name = ",
    "by_injury = ",
    "\"heat\"\n",
    "\"cold\"\n",
    "\"10min\"\n",
    "\"1M\"\n",
    "\"0\"\n",
    "\"9999999999999999999y\"",
    "\"10m ä\"",
    "\"ä5min\"",
    "\"\\u00e4 5min\"",
    "{ default = ",
    ", min = ",
    ", max = ",
    " }\n",
    "0",
    "-1",
    "4294967295",
    "true",
    "nan",
    "'''",
    "\"\"\"",
    "\n",
    "\r\n",
    "\u{7}",
    "\u{feff}",
    "\u{ad}",
    "“",
    "”",
    "’",
    "😀",
    "#",
];

fn pieces() -> impl Strategy<Value = String> {
    let one = prop_oneof![6 => select(&PIECES[..]).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    vec(one, 0..24).prop_map(|pieces| pieces.concat())
}

/// A valid file with a few random edits.
fn edited() -> impl Strategy<Value = String> {
    let edits = vec((any::<Index>(), 0..12_usize, prop_oneof![Just(String::new()), pieces()]), 1..4);
    (select(&FILES[..]), edits).prop_map(|(file, edits)| {
        let mut text: Vec<char> = file.chars().collect();
        for (at, length, piece) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            text.splice(at..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

/// The text is parsed, and every problem points into it and can be rendered.
fn assert_parses(text: &str) {
    let parsed = format::parse(text, "test");
    let problems = parsed.review();
    for problem in parsed.problems.iter().chain(&problems) {
        assert!(text.get(problem.span.clone()).is_some(), "{problem:?} does not point into {text:?}");
        assert!(!problem.message.is_empty() && !problem.hint.is_empty(), "{problem:?} of {text:?}");
    }
    let has_content = !parsed.draft.parts.is_empty() || parsed.by_injury.is_some();
    assert!(has_content || !parsed.is_readable(), "nothing to run, and no problem reported: {text:?}");
    let drawn = report::render(&problems, "test.toml", text, false);
    assert_eq!(drawn.is_empty(), problems.is_empty(), "{text:?}");
}

proptest! {
    #![proptest_config(config(1200))]

    #[test]
    fn any_text_is_read_without_a_panic(text in prop_oneof![any::<String>(), pieces()]) {
        assert_parses(&text);
    }

    #[test]
    fn an_edited_file_is_read_without_a_panic(text in edited()) {
        assert_parses(&text);
    }
}
