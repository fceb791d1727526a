//! `--color`, before and after the subcommand: it holds for results, errors and help, whatever the environment says.

use crate::programs;
use crate::support::{Home, stderr, stdout};

const PROTOCOL: &str = "[[step]]\ndo = \"cold\"\nfor = \"15min\"\n";
/// Too long, which draws an annotated file.
const REFUSED: &str = "[[step]]\ndo = \"cold\"\nfor = \"25min\"\n";

/// Standard output and standard error, with variables.
fn outputs(home: &Home, arguments: &[&str], environment: &[(&str, &str)]) -> [String; 2] {
    let output = programs::output(home.command(arguments).envs(environment.iter().copied()));
    [stdout(&output), stderr(&output)]
}

/// Words with `--color choice` at every place where it can be.
fn placed(words: &[&str], choice: &str) -> Vec<Vec<String>> {
    let joined = format!("--color={choice}");
    let [before, after] = [[vec!["--color", choice], words.to_vec()], [words.to_vec(), vec![joined.as_str()]]]
        .map(|parts| parts.concat().into_iter().map(str::to_owned).collect());
    vec![before, after]
}

#[test]
fn color_holds_for_results_errors_and_help() {
    let home = Home::new();
    home.file("own.toml", PROTOCOL);
    home.file("refused.toml", REFUSED);
    // The stream that has colours: 0 is standard output.
    for (words, stream) in [
        (&["show", "own.toml"][..], 0),
        (&["check", "refused.toml"], 0),
        (&["run", "--help"], 0),
        (&["-h"], 0),
        (&["help", "injury", "set"], 0),
        (&["run", "nothing-like-it"], 1),
        (&["run", "refused.toml", "--dry-run"], 1),
        (&["run", "--nothing"], 1),
        (&["status", "--watch=1"], 1),
        (&["extend", "1,500"], 1),
    ] {
        for line in placed(words, "always") {
            let line: Vec<_> = line.iter().map(String::as_str).collect();
            for environment in [&[][..], &[("NO_COLOR", "1")], &[("CLICOLOR", "0"), ("TERM", "dumb")]] {
                let text = &outputs(&home, &line, environment)[stream];
                assert!(text.contains("\u{1b}["), "{line:?} {environment:?}: {text}");
            }
        }
        for line in placed(words, "never") {
            let line: Vec<_> = line.iter().map(String::as_str).collect();
            for environment in [&[][..], &[("CLICOLOR_FORCE", "1")]] {
                let text = outputs(&home, &line, environment).concat();
                assert!(!text.contains('\u{1b}') && text.len() > 20, "{line:?} {environment:?}: {text}");
            }
        }
        for line in placed(words, "auto") {
            let line: Vec<_> = line.iter().map(String::as_str).collect();
            assert!(!outputs(&home, &line, &[]).concat().contains('\u{1b}'), "{line:?}: no colours for a pipe");
            let forced = outputs(&home, &line, &[("CLICOLOR_FORCE", "1")]);
            assert!(forced[stream].contains("\u{1b}["), "{line:?}: {}", forced[stream]);
        }
    }
}

#[test]
fn a_word_that_only_looks_like_color_is_no_choice() {
    let home = Home::new();
    for words in [
        // A note, after the end of options.
        &["note", "--", "--color", "always"][..],
        &["show", "ice", "--colors", "always"],
        &["show", "ice", "--colorÄ=always"],
        &["show", "ice", "--color"],
        &["show", "ice", "--color", "blue"],
    ] {
        let text = outputs(&home, words, &[]).concat();
        assert!(!text.contains('\u{1b}') && !text.is_empty(), "{words:?}: {text}");
    }
    let [_, error] = outputs(&home, &["show", "ice", "--color", "blue"], &[]);
    assert!(error.contains("'blue'") && error.contains("auto, always, never"), "{error}");
}
