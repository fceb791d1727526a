//! `check` of bytes that are no text.

use serde_json::Value;

use crate::support::{Home, stderr, stdout};

const COLD: &str = "[[step]]\ndo = \"cold\"\nfor = \"12min\"\n";

/// The level, the line, the column and the message of each problem of a document.
fn problems(document: &Value) -> Vec<(&str, u64, u64, &str)> {
    let problems = document["problems"].as_array().expect("a list").iter();
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    problems
        .map(|problem| {
            let [level, message] = ["level", "message"].map(|key| problem[key].as_str().expect("a text"));
            (level, number(&problem["line"]), number(&problem["column"]), message)
        })
        .collect()
}

/// The place of the first bad byte, and all that is wrong elsewhere.
#[test]
fn bytes_that_are_no_text_have_a_line_and_a_caret() {
    let home = Home::new();
    let utf16 = |text: &str| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>()
    };
    let checked = |bytes: &[u8]| {
        let path = home.file("text.toml", "");
        std::fs::write(&path, bytes).expect("a file");
        let output = home.run(&["check", "text.toml", "--json"]);
        assert_eq!(output.status.code(), Some(2));
        let drawn = stdout(&home.run(&["check", "text.toml"]));
        let documents: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let found =
            problems(&documents[0]).into_iter().map(|(_, line, column, message)| (line, column, message.to_owned()));
        (found.collect::<Vec<_>>(), drawn)
    };
    let latin = [b"summary = \"w\xe4rme, k\xfchl\"\n".as_slice(), COLD.as_bytes()].concat();
    let (found, drawn) = checked(&latin);
    assert_eq!(found, [(1, 13, "2 places are not UTF-8 text; the first is byte E4".to_owned())]);
    assert!(drawn.contains("1 | summary = \"w\u{fffd}rme, k\u{fffd}hl\"\n  |             ^\n"), "{drawn}");
    assert!(drawn.contains("help: save the file as UTF-8 text"), "{drawn}");

    let (found, _) = checked(&[COLD.as_bytes(), b"# \xff\ncolour = 1\n"].concat());
    let messages: Vec<_> = found.iter().map(|(line, column, message)| (*line, *column, message.as_str())).collect();
    assert_eq!(messages, [(4, 3, "byte FF is not UTF-8 text"), (5, 1, "unknown key `colour` of a step")]);

    let (found, drawn) = checked(&utf16(COLD));
    assert_eq!(found, [(1, 1, "the file is UTF-16 text, not UTF-8".to_owned())], "{drawn}");
    for output in [home.run(&["run", "text.toml"]), home.run(&["show", "text.toml"])] {
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).starts_with("error: the file is UTF-16 text, not UTF-8\n --> text.toml:1:1\n"));
    }
}

/// Settings are read like protocols.
#[test]
fn curly_quotes_are_one_problem_of_any_file() {
    let home = Home::new();
    home.file("config/config.toml", "progress = “plain”\nconfirm = true\n");
    let output = home.run(&["run", "ice", "--dry-run"]);
    let errors = stderr(&output);
    assert_eq!((output.status.code(), errors.matches("error: ").count()), (Some(2), 2), "{errors}");
    assert!(errors.starts_with("error: “ is a curly quote; use the straight \"\n"), "{errors}");
    assert!(errors.contains("1 | progress = “plain”\n  |            ^^^^^^^\n"), "{errors}");
}
