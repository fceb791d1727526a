//! TAB in real shells, on a terminal.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use therapy::domain::session::Moment;
use therapy::edge::clock;

use crate::programs::{are_installed, held_up, output};
use crate::support::{Home, stderr, stdout};
use crate::terminal::Terminal;

/// How long one TAB may take. The program of a test is not optimized: it gets twice the time that people get.
const TAB: Duration = Duration::from_millis(40);

/// A shell, and how it reads the completions.
#[derive(Clone, Copy)]
struct Shell {
    command: &'static [&'static str],
    set_up: &'static str,
    /// How it writes a word with a blank.
    blank: &'static str,
    /// Whether it shows the summaries.
    explains: bool,
}

const SHELLS: [Shell; 3] = [
    Shell {
        command: &["bash", "--norc", "--noprofile", "-i"],
        set_up: "source <(therapy completions bash)",
        blank: "my\\ back",
        explains: false,
    },
    Shell {
        command: &["zsh", "-f", "-i"],
        set_up: "autoload -U compinit; compinit -u; source <(therapy completions zsh)",
        blank: "my\\ back",
        explains: true,
    },
    Shell {
        command: &["fish", "--no-config", "-i"],
        set_up: "function fish_prompt; echo '> '; end; therapy completions fish | source",
        blank: "my\\ back",
        explains: true,
    },
];

/// The packages of the tests with real shells.
pub fn packages() -> impl Iterator<Item = &'static str> {
    NEEDED.iter().map(|(_, package)| *package)
}

const NEEDED: &[(&[&str], &str)] = &[(&["zsh", "--version"], "zsh"), (&["fish", "--version"], "fish")];

fn are_there() -> bool {
    are_installed(NEEDED, "completions in zsh and fish")
}

/// A home with own protocols, one of them with a blank in its name.
fn home() -> Home {
    let home = Home::new();
    let text = |summary: &str| format!("summary = \"{summary}\"\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    home.file("config/protocols/my back.toml", &text("After a long: day"));
    home.file("config/protocols/desk.toml", &text("At noon"));
    home.file("shoulder.toml", &text("A file"));
    home.file("shoulder.txt", "");
    home
}

/// The shell at its prompt, with completions.
fn started(shell: &Shell, home: &Home) -> Terminal {
    let program = Path::new(env!("CARGO_BIN_EXE_therapy")).parent().expect("a folder");
    let mut command = Command::new(shell.command[0]);
    command.args(&shell.command[1..]).env_clear().envs(home.environment()).current_dir(home.path());
    command.env("PATH", format!("{}:/usr/bin:/bin", program.display())).env("PS1", "> ").env("LC_ALL", "C.UTF-8");
    // Wide: a line that breaks would be two.
    let mut terminal = Terminal::start(command, 40, 200);
    terminal.press(&format!("{}; echo rea''dy\r", shell.set_up));
    terminal.see("ready");
    // Keys before the prompt would not be for its editor.
    terminal.until("the prompt", |terminal| last_line(terminal) == ">");
    terminal
}

impl Shell {
    /// What the line is after a TAB, on a fresh line.
    fn completes(&self, terminal: &mut Terminal, typed: &str, line: &str) -> Moment {
        terminal.press(&format!("\x15{typed}"));
        terminal.until(typed, |terminal| last_line(terminal).ends_with(typed.trim_end()));
        let start = clock::now();
        terminal.press("\t");
        terminal.until(&format!("{}: {typed} becomes {line}", self.command[0]), |terminal| {
            last_line(terminal).ends_with(line)
        });
        start
    }
}

/// The line of the cursor, without blanks at its end.
fn last_line(terminal: &Terminal) -> String {
    let (row, _) = terminal.cursor();
    terminal.contents().lines().nth(row.into()).unwrap_or_default().trim_end().to_owned()
}

#[test]
fn tab_completes_what_is_there_in_real_shells() {
    if !are_there() {
        return;
    }
    for shell in SHELLS {
        let home = home();
        let mut terminal = started(&shell, &home);
        let blank = format!("therapy show {}", shell.blank);
        for (typed, line) in [
            ("therapy sh", "therapy show"),
            ("therapy run inter", "therapy run intermittent"),
            ("therapy run desk", "therapy run desk"),
            ("therapy check shoul", "therapy check shoulder.toml"),
            ("therapy show my", &blank),
            ("therapy run ice --over", "therapy run ice --override"),
            ("therapy run ice --override early", "therapy run ice --override early-heat"),
            ("therapy next --site left-kn", "therapy next --site left-knee"),
            ("therapy next --site=left-kn", "therapy next --site=left-knee"),
            ("therapy explain cold-li", "therapy explain cold-limit"),
            ("therapy explain FPN\\ c", "therapy explain FPN\\ cold"),
            ("therapy man inj", "therapy man injury"),
            ("therapy completions nu", "therapy completions nushell"),
        ] {
            shell.completes(&mut terminal, typed, line);
        }
        // What it offers, and never what it must not.
        terminal.press("\x15therapy run i\t\t");
        terminal.see("intermittent");
        if shell.explains {
            terminal.see("cold twice, with a rest between");
        }
        assert!(!terminal.contents().contains("shoulder.txt"), "{}", terminal.contents());
    }
}

/// The best of several: what else a machine does only delays.
#[test]
fn names_are_there_soon_after_tab() {
    if !are_there() {
        return;
    }
    for shell in SHELLS {
        let home = home();
        let mut terminal = started(&shell, &home);
        let waits: Vec<Duration> = (0..9)
            .map(|_| {
                let start = shell.completes(&mut terminal, "therapy run inter", "therapy run intermittent");
                clock::now().since(start).saturating_sub(held_up(start))
            })
            .collect();
        assert!(waits.iter().min() < Some(&TAB), "{}: {waits:?}", shell.command[0]);
    }
}

/// Packages put the scripts where shells look for them at the first TAB.
#[test]
fn the_scripts_work_as_files_in_the_folders_of_the_shells() {
    if !are_there() {
        return;
    }
    for (shell, file, set_up) in [
        (1, "functions/_therapy", "fpath=($HOME/functions $fpath); autoload -U compinit; compinit -u"),
        (
            2,
            ".config/fish/completions/therapy.fish",
            "function fish_prompt; echo '> '; end; set -p fish_complete_path ~/.config/fish/completions",
        ),
    ] {
        let home = home();
        let script = home.ask(&["completions", SHELLS[shell].command[0]]);
        home.file(file, &script);
        let shell = Shell { set_up, ..SHELLS[shell] };
        let mut terminal = started(&shell, &home);
        shell.completes(&mut terminal, "therapy run desk", "therapy run desk");
        shell.completes(&mut terminal, "therapy run inter", "therapy run intermittent");
    }
}

/// What a script gets for a line: the program is asked as the script for fish asks it.
fn answer(home: &Home, shell: &str, words: &[&str]) -> (String, Option<i32>) {
    let mut command = home.command(&[&["--", "therapy"], words].concat());
    let output = output(command.env("THERAPY_COMPLETE", shell));
    assert_eq!(stderr(&output), "");
    (stdout(&output), output.status.code())
}

fn values(home: &Home, words: &[&str]) -> Vec<String> {
    let (text, code) = answer(home, "fish", words);
    assert_eq!(code, Some(0), "{words:?}");
    text.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn each_argument_completes_what_it_takes() {
    let home = home();
    home.session(&["ice", "--dry-run"]);
    for (words, expected) in [
        (&["run", "my b"][..], &["my back"][..]),
        (&["run", "my\\ b"], &["my back"]),
        (&["plan", "contrast-"], &["contrast-short"]),
        (&["run", "ice", "--override", "c"], &["clock-behind", "cold-daily"]),
        (&["explain", "FPN"], &["FPN cold", "FPN heat"]),
        (&["explain", "nex"], &["next"]),
        (&["help", "injury", ""], &["set", "none", "clear"]),
        (&["man", "sel"], &["selftest"]),
        (&["show", "ice", "--site", "left-k"], &["left-knee"]),
        (&["check", "sh"], &["shoulder.toml"]),
        (&["add", "sh"], &["shoulder.toml"]),
        (&["trial", "start", "my b"], &["my back"]),
        (&["trial", "start", "ice", "re"], &["rest"]),
        (&["trial", "start", "sh"], &[]),
        (&["history", "--protocol", "contrast-"], &["contrast-short"]),
        (&["stats", "--by", "s"], &["site"]),
        (&["export", "--format", "n"], &["ndjson"]),
        (&["history", "--since", ""], &[]),
        (&["run", "nothing-like-it"], &[]),
    ] {
        assert_eq!(values(&home, words), expected, "{words:?}");
    }
    let files = values(&home, &["add", ""]);
    assert!(files.contains(&"shoulder.toml".to_owned()) && !files.contains(&".".to_owned()), "{files:?}");
    // Options only where they are wanted: a name comes first.
    let first = values(&home, &["run", ""]);
    assert!(first.contains(&"ice".to_owned()) && !first.iter().any(|word| word.starts_with('-')), "{first:?}");
    assert!(values(&home, &["run", "-"]).contains(&"--dry-run".to_owned()));
    assert!(values(&home, &["pause", ""]).contains(&"--profile".to_owned()));
    for words in [&["--color", ""][..], &["run", "ice", "--color", ""], &["injury", "set", "--color", ""]] {
        assert_eq!(values(&home, words), ["auto", "always", "never"], "{words:?}");
    }
}

#[test]
fn days_with_sessions_and_profiles_complete_for_their_person() {
    let home = Home::at_rate(2000.0);
    home.own(1, &[("cold", "1min")]);
    home.session(&["own.toml"]);
    home.ask(&["profiles", "--add", "anna"]);
    let (text, _) = answer(&home, "fish", &["history", "--since", ""]);
    let (day, words) = text.trim_end().split_once('\t').expect("a day and its sessions");
    assert!(day.len() == 10 && words == "1 session: own", "{text}");
    assert_eq!(values(&home, &["--profile", ""]), ["anna"]);
    assert_eq!(values(&home, &["history", "--profile", "anna", "--since", ""]), [""; 0]);
    // A person who is not there is a slip: the line is still completed.
    assert_eq!(values(&home, &["run", "inter", "--profile", "ana"]), [""; 0]);
    assert_eq!(values(&home, &["--profile", "ana", "run", "inter"]), ["intermittent"]);
}

#[test]
fn a_damaged_home_and_an_unknown_shell_disturb_no_line() {
    let home = home();
    home.file("config/protocols/odd.toml", "steps = 12");
    home.file("config/protocols/\u{1b}[31m.toml", "[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    home.file("data/journal.db", "no database");
    assert!(values(&home, &["run", ""]).iter().all(|name| !name.contains('\u{1b}')));
    assert_eq!(values(&home, &["run", "od"]), ["odd"]);
    assert_eq!(values(&home, &["history", "--since", ""]), [""; 0]);
    assert_eq!(answer(&home, "tcsh", &["run", ""]), (String::new(), Some(1)));
    assert_eq!(answer(&home, "nushell", &["run", ""]), (String::new(), Some(0)));
    // An empty variable asks nothing.
    let output = output(home.command(&["version"]).env("THERAPY_COMPLETE", ""));
    assert!(stdout(&output).starts_with("therapy "), "{}", stderr(&output));
}

#[test]
fn there_is_a_script_for_every_shell() {
    let home = Home::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = home.ask(&["completions", shell]);
        assert!(script.contains("THERAPY_COMPLETE") && script.contains("therapy"), "{shell}: {script}");
        assert!(!script.contains("$(expr"), "{shell}: {script}");
        // It stays right when the program moves.
        assert!(!script.contains(env!("CARGO_BIN_EXE_therapy")), "{shell}: {script}");
    }
    let script = home.ask(&["completions", "nushell"]);
    assert!(script.contains("extern \"therapy run\"") && script.contains("--dry-run"), "{script}");
    assert_eq!(home.run(&["completions", "tcsh"]).status.code(), Some(2));
}
