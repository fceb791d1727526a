//! Plain lines instead of the screen, and the output of commands on a terminal.

use therapy::edge::terminal::Output;

use super::*;

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    for term in ["dumb", ""] {
        let home = home(&[("heat", "20s"), ("cold", "20s")]);
        let mut command = command(&home, &["own.toml", "--speed", "100"]);
        command.env("TERM", term);
        let mut terminal = Terminal::start(command, 24, 80);
        assert_eq!(terminal.end().code(), Some(0));
        terminal.assert_restored();
        // The terminal turns each LF into CR LF.
        let text = terminal.text().replace("\r\n", "\n");
        assert!(!text.contains(['\u{1b}', '\r']), "TERM={term}: {text:?}");
        assert!(text.contains("Heat on for 20 s, step 1 of 2"), "TERM={term}: {text}");
        assert!(text.contains("Done: 20 s of heat, 20 s of cold."), "TERM={term}: {text}");
        assert!(text.contains('\u{7}'), "a change rings the bell: {text:?}");
    }
}

#[test]
fn a_pipe_gets_plain_lines_and_leaves_the_keys_of_the_terminal() {
    let home = home(&[("heat", "20s"), ("cold", "20s")]);
    let run = ["run", "--no-notify", "own.toml", "--speed", "100"];
    let output = home.run(&run);
    let text = crate::support::stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(!text.contains(['\u{1b}', '\r', '\u{7}']), "{text:?}");
    assert!(text.contains("Cold on for 20 s, step 2 of 2"), "{text}");

    // Without a terminal, `--progress bar` gives lines too.
    let text = crate::support::stderr(&home.run(&[&run[..], &["--progress", "bar"]].concat()));
    assert!(text.contains("Cold on for 20 s") && !text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn plain_lines_on_a_terminal_obey_the_keys_too() {
    let home = Home::new();
    home.file("own.toml", LONG);
    // config.toml asks for plain lines. The default here would be bars.
    home.file("config/config.toml", "progress = \"plain\"\n");
    let mut terminal = Terminal::therapy(&home, &["own.toml"]);
    terminal.see("Heat on for 10 min");
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press(" ");
    terminal.see("Paused: pack off.");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

/// A key that never works is not named.
#[test]
fn plain_lines_name_a_minute_more_where_it_can_work() {
    let first = |steps: &[(&str, &str)]| {
        let home = home(steps);
        let mut terminal = Terminal::therapy(&home, &["own.toml", "--progress", "plain"]);
        terminal.see("q stop.");
        terminal.until("keys taken", Terminal::is_taken);
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130));
        crate::support::joined(&terminal.text())
    };
    let more = "space pause, s skip, plus a minute more, t time left, q stop.";
    assert!(first(&[("cold", "19min")]).contains(more));
    assert!(first(&[("cold", "20min"), ("heat", "10min")]).contains(more), "the second can be longer");
    for (kind, most) in [("cold", "20min"), ("heat", "30min")] {
        let text = first(&[(kind, most)]);
        assert!(text.contains("Keys: space pause, s skip, t time left, q stop."), "{text}");
    }
}

#[test]
fn plain_lines_tell_the_time_left_when_asked() {
    let home = Home::new();
    home.file("own.toml", LONG);
    let mut terminal = Terminal::therapy(&home, &["own.toml", "--progress", "plain"]);
    terminal.see("q stop.");
    terminal.until("keys taken", Terminal::is_taken);
    terminal.press("t");
    terminal.see("10 min left, until ");
    terminal.press(" T");
    terminal.see("10 min of heat left, paused for 0 s.");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    let text = terminal.text();
    assert_eq!(text.matches("Keys: ").count(), 1, "{text}");
    assert_eq!(home.written().len(), 4, "started, step_began, paused, finished");
}

/// Half of a dose of 10 min is told already.
#[test]
fn plain_lines_tell_that_five_minutes_are_left_once() {
    let home = home(&[("heat", "20min"), ("rest", "6min"), ("cold", "10min"), ("rest", "5min")]);
    let lines = home.ask(&["run", "own.toml", "--dry-run", "--progress", "plain"]);
    let told: Vec<&str> = lines.lines().filter_map(|line| Some(line.split_once("  ")?.1)).collect();
    let told: Vec<&&str> = told.iter().filter(|line| line.contains(" left.") || line.contains(" on ")).collect();
    let expected = [
        "Heat on for 20 min, step 1 of 4. Warm, not hot; moist is better. Pad on",
        "10 min left. Look at the skin. Stop if it is very red, blotchy or",
        "5 min left.",
        "1 min left. Get ready to take the pack off.",
        "5 min left.",
        "1 min left. Have the ice ready, wrapped.",
        "Cold on for 10 min, step 3 of 4, a thin damp cloth between. Gel packs",
        "5 min left. Look at the skin. Stop if it is white, blotchy, blistered",
        "1 min left. Get ready to take the pack off.",
    ];
    assert_eq!(told.into_iter().copied().collect::<Vec<_>>(), expected, "{lines}");
}

/// Problems have colours on a terminal. Control characters of the file must not reach it.
#[test]
fn a_file_cannot_write_escapes_to_a_terminal() {
    let home = Home::new();
    home.file("own.toml", "[[step]]\n# \u{1b}[2J\u{9b}2J\u{7}\ndo = \"\u{1b}[2J\u{9b}2J\"\nfor = \"\\u001b[2J\"\n");
    let mut terminal = Terminal::therapy(&home, &["own.toml"]);
    assert_eq!(terminal.end().code(), Some(2));
    let text = terminal.text();
    assert!(renditions(&text).contains(&1), "drawn with bold letters: {text:?}");
    assert!(!text.contains("\u{1b}[2J") && !text.contains(['\u{9b}', '\u{7}']), "{text:?}");
    assert!(terminal.contents().contains("cannot be read as a protocol"), "{}", terminal.contents());
}

/// The output of commands is wrapped at words too.
#[test]
fn at_40_columns_results_are_broken_at_words() {
    let home = Home::new();
    for arguments in [&["safety"][..], &["show", "contrast"], &["explain"], &["explain", "cold-limit"], &["list"]] {
        let mut terminal = Terminal::start(home.command(arguments), 120, 40);
        assert_eq!(terminal.end().code(), Some(0));
        assert_eq!(terminal.wrapped_rows(), [0; 0], "{arguments:?}: {}", terminal.contents());
    }
}

#[test]
fn at_40_columns_plain_lines_are_broken_at_words() {
    let home = home(&[("heat", "20s"), ("cold", "20s")]);
    let mut terminal = Terminal::start(command(&home, &["own.toml", "--speed", "20", "--progress", "plain"]), 60, 40);
    assert_eq!(terminal.end().code(), Some(0));
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{}", terminal.contents());
    assert!(
        terminal.contents().lines().filter(|row| row.starts_with("       ")).count() > 5,
        "{}",
        terminal.contents()
    );
}

/// Lines that stay on the screen are wrapped between words.
#[test]
fn at_20_columns_last_words_are_broken_at_words() {
    let home = home(&[("heat", "20min"), ("cold", "20min")]);
    let mut terminal = Terminal::start(command(&home, &["own.toml", "--speed", "10000"]), 60, 20);
    assert_eq!(terminal.end().code(), Some(0));
    let last = terminal.frame("Take the pack off.");
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{last:#?}");
    assert!(last.len() > 3, "{last:#?}");
}

#[test]
fn an_output_writes_everything_and_reports_a_failure_exactly_once() {
    let (reader, writer) = io::pipe().expect("a pipe");
    let mut output = Output::new(writer).expect("a thread");
    for _ in 0..100 {
        output.write_all(b"line\n").expect("a stream that takes all");
    }
    drop(output);
    assert_eq!(io::read_to_string(&reader).expect("all of it").len(), 500);

    let (_, writer) = io::pipe().expect("a pipe");
    let mut output = Output::new(writer).expect("a thread");
    assert!(std::iter::repeat_with(|| output.write_all(b"x")).any(|written| written.is_err()));
    assert!((0..100).all(|_| output.write_all(b"x").is_ok()));
}
