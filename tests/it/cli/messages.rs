//! What messages say, and that nothing in them is raw.
#![cfg(unix)]

use std::path::Path;

use crate::programs;
use crate::support::{Home, joined, stderr, stdout, steps};
use crate::terminal::Terminal;

/// The commands of the way out, after `try:` and `or:`.
fn suggested(errors: &str) -> Vec<String> {
    let lines = errors.lines().filter_map(|line| line.trim_start().split_once(':'));
    let commands = lines.filter(|(word, _)| ["try", "or"].contains(word)).map(|(_, command)| command.trim().to_owned());
    commands.filter(|command| command.starts_with("therapy ")).collect()
}

/// Runs a command line in a shell, as if it were pasted.
fn pasted(home: &Home, line: &str) -> (Option<i32>, String) {
    let mut shell = std::process::Command::new("/bin/sh");
    let folder = Path::new(env!("CARGO_BIN_EXE_therapy")).parent().expect("its folder").display();
    shell.env_clear().envs(home.environment()).env("PATH", format!("{folder}:/usr/bin:/bin"));
    let output = programs::output(shell.current_dir(home.path()).args(["-c", line]));
    (output.status.code(), stderr(&output))
}

/// Exit 2 means that it was not understood. What a rule refuses is understood.
#[test]
fn every_suggestion_is_accepted_by_the_same_command() {
    let home = Home::new();
    assert_eq!(home.run(&["pain", "1"]).status.code(), Some(0), "there is a journal");
    let mut seen = 0;
    for (typed, most) in [
        (&["run", "ice", "20:00", "--dry-run"][..], 1),
        (&["run", "ice", "12:30", "--dry-run"], 1),
        (&["run", "ice", "1:30", "--dry-run"], 2),
        (&["run", "ice", "20min:00", "--dry-run"], 0),
        (&["run", "ice", "15M", "--dry-run"], 1),
        (&["run", "ice", "1,000", "--dry-run"], 1),
        (&["run", "ice", "--minutes", "2 hurs", "--dry-run"], 1),
        (&["run", "ice", "--minutes", "900M", "--dry-run"], 0),
        (&["run", "ice", "--minutes=1h30", "--dry-run"], 1),
        (&["extend", "20:00"], 1),
        (&["extend", "1h", "30"], 1),
        (&["run", "contrast", "--rounds", "0.5", "--dry-run"], 1),
        (&["run", "contrast", "--rounds", "2,5", "--dry-run"], 2),
        (&["pain", "4.5"], 2),
        (&["pain", "10.5"], 1),
        (&["run", "ice", "--pain", "0,5", "--dry-run"], 2),
        (&["injury", "30"], 2),
        (&["injury", "0"], 1),
        (&["injury", "11/12/2090"], 0),
        (&["injury", "set", "mondy", "18:00"], 1),
        (&["injury", "18", "30"], 1),
        (&["show", "ice", "--injured", "5h30"], 2),
        (&["history", "--since", "6M"], 2),
        (&["history", "--since", "0"], 1),
        (&["history", "--since", "5"], 3),
    ] {
        let output = home.run(typed);
        let commands = suggested(&stderr(&output));
        assert_eq!(output.status.code(), Some(2), "{typed:?}: {}", stderr(&output));
        assert!(commands.len() <= most, "{typed:?}: {commands:?}");
        for command in commands {
            let (code, errors) = pasted(&home, &command);
            assert_ne!(code, Some(2), "{typed:?}: {command}: {errors}");
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen} suggestions");
}

#[test]
fn a_format_is_checked_before_it_is_filled_and_quoted_as_it_was_typed() {
    let home = Home::new();
    let fields = "  the fields are {elapsed}, {kind}, {left}, ";
    for (format, error) in [
        ("{nope}", "error: there is no field \"nope\" for --format\n"),
        ("{no{pe}", "error: there is no field \"no{pe\" for --format\n"),
        ("{{kind}}", "error: there is no field \"{kind\" for --format\n"),
        ("{kind} {left", "error: a closing brace is missing after \"left\" in --format\n"),
        ("{\u{1b}[2J}", "error: there is no field \"\\u{1b}[2J\" for --format\n"),
    ] {
        let output = home.run(&["status", "--format", format]);
        assert_eq!(output.status.code(), Some(2), "{format}");
        assert!(stderr(&output).starts_with(&format!("{error}{fields}")), "{format}: {}", stderr(&output));
    }
    let none = home.run(&["status", "--format", "{kind} {left}"]);
    assert_eq!((none.status.code(), stdout(&none), stderr(&none)), (Some(1), String::new(), String::new()));
    let mut running = home.start(&["run", "ice"]);
    running.see("step_began");
    let filled = home.ask(&["status", "--format", "<{kind}> {step}/{of} } {protocol}"]);
    assert_eq!(filled, "<cold> 1/1 } ice\n");
    running.signal(rustix::process::Signal::INT);
    running.end();
}

#[test]
fn safety_fits_a_small_terminal_with_the_prompt_below_it() {
    let home = Home::new();
    let mut terminal = Terminal::start(home.command(&["safety"]), 24, 80);
    assert_eq!(terminal.end().code(), Some(0));
    let shown = terminal.contents();
    for part in
        ["A timer, not medical advice", "Get help now if you have:", "bladder or bowel", "14  contrast", "Always: "]
    {
        assert!(shown.contains(part), "{part} is off the screen:\n{shown}");
    }
    assert!(shown.lines().count() <= 23, "no row is left for the prompt:\n{shown}");
    // Where it scrolls, the most urgent signs are still in one piece.
    let mut narrow = Terminal::start(home.command(&["safety"]), 60, 40);
    assert_eq!(narrow.end().code(), Some(0));
    assert!(narrow.contents().contains("   1  trouble with bladder or bowel (S3)\n"), "{}", narrow.contents());
}

/// Only a command to copy may be longer than the terminal is wide.
#[test]
fn messages_break_at_words_on_a_terminal() {
    let home = Home::at_rate(100.0);
    home.file("own.toml", "[[step]]\ndo = \"cold\"\nfor = \"10s\"\n");
    for (arguments, width, whole) in [
        // Before the injury, which brings a question.
        (&["run", "own.toml", "--progress", "plain"][..], 80, "warning: no desktop notifications (failed"),
        (&["injury", "set", "yesterday"], 80, "Injured "),
        (&["injury"], 80, ", then heat (S3)"),
        (&["injury"], 40, ", then heat (S3)"),
        (&["export", "copy.db"], 80, "On another machine, save it as journal.db in the data folder"),
        (&["safety", "--answer", "12"], 80, "Noted. "),
        (&["safety", "--answer", "12"], 50, "Noted. "),
        (&["run", "--override", "x"], 80, "error: invalid value 'x' for '--override <RULE>': "),
        (&["run", "--override", "x"], 30, "error: invalid value 'x' for"),
    ] {
        let mut terminal = Terminal::start(home.command(arguments), 60, width);
        terminal.end();
        let text = terminal.text();
        let text = console::strip_ansi_codes(&text).replace(['\r', '\x07'], "");
        let is_command = |line: &str| line.trim().starts_with("try: therapy ");
        let is_long = |line: &&str| console::measure_text_width(line) > usize::from(width) && !is_command(line);
        assert_eq!(text.lines().find(is_long), None, "{arguments:?} on {width} columns: {text}");
        assert!(joined(&text).contains(whole.trim()), "{arguments:?}: {text}");
        // Elsewhere it is one line.
        let _ = std::fs::remove_file(home.path().join("copy.db"));
        let output = home.run(arguments);
        let plain = stdout(&output) + &stderr(&output);
        assert!(plain.lines().any(|line| line.contains(whole)), "{arguments:?}: {plain}");
    }
}

#[test]
fn signs_are_numbered_with_commas_or_blanks() {
    let home = Home::new();
    for answer in ["2,5", "2 5", "2, 5", " 14 ", "1 2,3"] {
        assert!(home.ask(&["safety", "--answer", answer]).starts_with("Noted. No session "), "{answer}");
        assert_eq!(home.ask(&["safety", "--answer", "none"]), "Noted: no sign applies.\n");
    }
    for bad in ["2 15", "0", "none 2", "2.5"] {
        let output = home.run(&["safety", "--answer", bad]);
        let error = format!("error: \"{bad}\" is neither none nor numbers from 1 to 14\n");
        assert_eq!(output.status.code(), Some(2), "{bad}");
        assert!(stderr(&output).starts_with(&error), "{}", stderr(&output));
    }
}

/// A folder may have any name.
#[test]
fn a_path_in_an_error_has_no_control_characters() {
    let home = Home::new();
    let folder = home.path().join("evil\u{1b}[2J\u{9b}31m\rdata");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("journal.db"), "damaged").expect("a file");
    for arguments in [
        &["history"][..],
        &["next"],
        &["run", "ice"],
        &["injury"],
        &["pain", "3"],
        &["report", "x.html"],
        &["export", "x.db"],
        &["run", "ice", "--override", "rewarm", "--override", "cold-daily", "--speed", "100000"],
    ] {
        let mut command = home.command(arguments);
        let output = programs::output(command.env("THERAPY_DATA_DIR", &folder));
        let errors = stderr(&output);
        assert!(errors.contains("evil\\u{1b}[2J\\u{9b}31m\\rdata"), "{arguments:?}: {errors:?}");
        assert!(!errors.contains(|c: char| c.is_control() && c != '\n'), "{arguments:?}: {errors:?}");
    }
}

/// `1month 30days 10h`, `723ms 666us`: the form of files is not how people say lengths.
#[test]
fn no_length_for_people_is_in_the_form_of_files() {
    let is_raw = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let units = ["ns", "us", "ms", "s", "m", "h", "day", "days", "month", "months", "year", "years"];
        digits > 0 && units.contains(&&word[digits..])
    };
    assert!(["1month", "(723ms", "30days", "10h,"].iter().all(|word| is_raw(word)) && !is_raw("10") && !is_raw("S3"));
    let home = Home::at_rate(777.0);
    home.own(1, &[("heat", "61s"), ("cold", "59s")]);
    home.file("rest.toml", &crate::support::steps(1, &[("rest", "61s")]));
    let mut texts = Vec::new();
    let mut note = |arguments: &[&str]| {
        let output = home.run(arguments);
        texts.extend([(format!("{arguments:?}"), stdout(&output)), (format!("{arguments:?}"), stderr(&output))]);
    };
    note(&["run", "own.toml", "--no-notify"]);
    note(&["run", "rest.toml", "--no-notify"]);
    note(&["run", "own.toml", "--no-notify"]);
    let mut running = home.start(&["run", "rest.toml"]);
    running.see("step_began");
    note(&["pause"]);
    note(&["status"]);
    note(&["extend", "1"]);
    note(&["next"]);
    note(&["stop"]);
    running.end();
    let mut running = home.start(&["run", "own.toml", "--override", "rewarm"]);
    running.see("step_began");
    running.kill();
    for arguments in
        [&["next"][..], &["status"], &[], &["run", "ice"], &["stop"], &["history"], &["next"], &["run", "ice"]]
    {
        note(arguments);
    }
    for age in ["45 days ago", "3 months ago", "1.23456789 hours ago"] {
        note(&["injury", "set", age]);
        note(&["next"]);
        note(&[]);
    }
    assert!(texts.iter().filter(|(_, text)| text.chars().any(|c| c.is_ascii_digit())).count() > 15, "{texts:?}");
    for (command, text) in texts {
        let raw: Vec<_> = text.split_whitespace().filter(|word| is_raw(word)).collect();
        assert!(raw.is_empty(), "{command}: {raw:?} in {text}");
    }
}

/// The messages of a session that is shown elsewhere, and questions, as all others.
#[test]
fn warnings_beside_json_and_questions_break_at_words() {
    for progress in ["json", "quiet"] {
        let home = Home::at_rate(400.0);
        home.own(1, &[("cold", "1min"), ("rest", "1min")]);
        let run = home.command(&["run", "own.toml", "--progress", progress]);
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", "exec \"$@\" >lines </dev/null", "shell"]).arg(run.get_program()).args(run.get_args());
        shell.env_clear().envs(home.environment()).current_dir(home.path());
        let mut terminal = Terminal::start(shell, 40, 40);
        assert_eq!(terminal.end().code(), Some(0), "{}", terminal.contents());
        assert!(
            joined(&terminal.contents()).contains("warning: no desktop notifications ("),
            "{}",
            terminal.contents()
        );
        assert_eq!(terminal.wrapped_rows(), [0; 0], "{progress}: {}", terminal.contents());
    }
    let home = Home::new();
    home.file("own.toml", &steps(1, &[("cold", "10min")]));
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    running.kill();
    let mut terminal = Terminal::start(home.command(&["stop"]), 24, 40);
    terminal.see("When did the pack come off? 18:40, 5min\n");
    terminal.see("  ago, or Enter if unknown: ");
    terminal.press("\r");
    assert_eq!(terminal.end().code(), Some(0), "{}", terminal.text());
}
