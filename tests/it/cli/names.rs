//! Names of protocols: which file `run` means, and what is said when that is not clear.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::programs;
use crate::support::{Home, stderr, stdout};

const COLD: &str = "[[step]]\ndo = \"cold\"\nfor = \"12min\"\n";

/// A protocol file with this name in it.
fn named(name: &str) -> String {
    format!("name = \"{name}\"\n{COLD}")
}

/// A home with these files among its protocols, and their paths.
fn home_with(files: &[(&str, &str)]) -> (Home, Vec<String>) {
    let home = Home::new();
    let paths = files.iter().map(|(file, text)| home.file(&format!("config/protocols/{file}"), text));
    let paths = paths.collect();
    (home, paths)
}

/// The commands that an output advises.
fn advised(text: &str) -> Vec<String> {
    let commands = text.lines().filter_map(|line| line.split_once("therapy ").map(|(_, command)| command));
    commands.map(|command| command.split("   ").next().unwrap_or_default().trim_end_matches('.').to_owned()).collect()
}

/// Runs each command that an output advises, as pasted into a shell. A session is rehearsed.
#[track_caller]
fn assert_advice_works(home: &Home, text: &str) {
    let commands = advised(text);
    assert!(!commands.is_empty(), "{text}");
    // Other systems have no such shell.
    if cfg!(windows) {
        return;
    }
    for command in commands {
        let rehearsed = if command.starts_with("run ") { format!("{command} --dry-run") } else { command };
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().envs(home.environment()).current_dir(home.path());
        shell.args(["-c", &format!("exec \"$0\" {rehearsed}"), env!("CARGO_BIN_EXE_therapy")]);
        let output = programs::output(&mut shell);
        assert_eq!(output.status.code(), Some(0), "{rehearsed}: {}\nadvised by: {text}", stderr(&output));
    }
}

/// macOS writes an accent as a letter of its own, and most keyboards type both as one.
#[test]
fn a_name_is_found_in_either_form_of_its_letters() {
    for (one, two) in
        [("caf\u{e9}", "cafe\u{301}"), ("R\u{fc}cken", "Ru\u{308}cken"), ("\u{d55c}", "\u{1112}\u{1161}\u{11ab}")]
    {
        assert_ne!(one, two);
        for (file, text) in [(one, COLD.to_owned()), (two, COLD.to_owned()), ("desk", named(one)), ("desk", named(two))]
        {
            let (home, _) = home_with(&[(&format!("{file}.toml"), &text)]);
            for typed in [one, two] {
                assert!(home.ask(&["run", typed, "--dry-run"]).contains("Cold on for 12 min"), "{file} {typed}");
                assert!(home.ask(&["show", typed]).starts_with(&format!("{one}\n")), "{}", home.ask(&["show", typed]));
                assert!(home.ask(&["check", typed]).ends_with(": may run\n"), "{}", home.ask(&["check", typed]));
            }
            let near = home.run(&["run", &format!("{two}x")]);
            assert!(stderr(&near).ends_with(&format!("try: therapy run {one}\n")), "{}", stderr(&near));
        }
        // A file that cannot be read as a protocol has the name of the file.
        let (home, paths) = home_with(&[(&format!("{two}.toml"), "do = 1\n")]);
        for typed in [one, two] {
            let errors = stderr(&home.run(&["run", typed]));
            assert!(errors.contains(&format!("{} cannot be read as a protocol", paths[0])), "{errors}");
        }
        // Both are one name.
        let (home, paths) = home_with(&[(&format!("{one}.toml"), COLD), (&format!("{two}.toml"), COLD)]);
        for typed in [one, two] {
            let errors = stderr(&home.run(&["run", typed]));
            assert!(errors.starts_with(&format!("error: 2 files have the name \"{one}\": ")), "{errors}");
            assert!(paths.iter().all(|path| errors.contains(path)), "{errors}");
        }
    }
}

#[test]
fn two_files_of_one_name_are_refused_by_that_name_and_both_told() {
    let copy = named("desk");
    for files in [
        [("desk.toml", COLD), ("desk (conflicted copy).toml", copy.as_str())],
        [("desk.TOML", COLD), ("desk.toml", COLD)],
        [("a.toml", copy.as_str()), ("b.sync-conflict-2026.toml", copy.as_str())],
    ] {
        // Where case makes no difference, these are one file.
        if files[0].0 == "desk.TOML" && !cfg!(target_os = "linux") {
            continue;
        }
        let (home, paths) = home_with(&files);
        for command in ["run", "show"] {
            let output = home.run(&[command, "desk"]);
            let errors = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{errors}");
            assert!(errors.starts_with("error: 2 files have the name \"desk\": "), "{errors}");
            assert!(paths.iter().all(|path| errors.contains(path)), "{paths:?}: {errors}");
            assert_eq!(advised(&errors).len(), 2);
            assert_advice_works(&home, &errors);
        }
        let list = home.run(&["list"]);
        assert_eq!(stdout(&list).matches("\ndesk            cold 12 min ").count(), 2, "{}", stdout(&list));
        let warning = stderr(&list);
        assert_eq!(warning.lines().count(), 1, "{warning}");
        assert!(warning.starts_with("warning: 2 files have the name \"desk\": "), "{warning}");
        assert!(paths.iter().all(|path| warning.contains(path)), "{warning}");
        let by_name = home.run(&["check", "desk"]);
        assert_eq!(by_name.status.code(), Some(0), "each can be run by its path");
        assert_eq!(stdout(&by_name).matches(": may run, 1 remark\n").count(), 2, "{}", stdout(&by_name));
        for path in &paths {
            let checked = home.run(&["check", path]);
            assert_eq!(checked.status.code(), Some(0));
            assert!(paths.iter().all(|path| stdout(&checked).contains(path)), "{}", stdout(&checked));
        }
    }
}

/// A file of the same name elsewhere is another matter.
#[test]
fn only_files_among_the_protocols_share_a_name() {
    let (home, paths) = home_with(&[("desk.toml", COLD)]);
    let elsewhere = home.file("desk.toml", COLD);
    for path in [&paths[0], &elsewhere] {
        assert_eq!(home.ask(&["check", path]), format!("{path}: may run\n"));
    }
    assert_eq!(home.ask(&["check", "desk"]), format!("{}: may run\n", paths[0]));
    assert_eq!(stderr(&home.run(&["run", "desk", "--dry-run"])).matches("warning").count(), 0);
}

#[test]
fn a_file_with_the_name_of_a_built_in_protocol_is_told_of_everywhere() {
    for (name, file, text) in [("ice", "ice.toml", COLD.to_owned()), ("heat", "mine.toml", named("heat"))] {
        let (home, paths) = home_with(&[(file, &text)]);
        for arguments in [&["run", name, "--dry-run"][..], &["show", name], &["list"]] {
            let output = home.run(arguments);
            let warning = stderr(&output);
            assert_eq!(output.status.code(), Some(0), "{warning}");
            assert!(
                warning.contains(&format!("warning: {} has the name of a built-in protocol", paths[0])),
                "{warning}"
            );
            assert!(warning.contains(&format!("by its path: therapy run {}", paths[0])), "{warning}");
        }
        let checked = home.ask(&["check", &paths[0]]);
        assert!(checked.starts_with(&format!("warning: {} has the name of a built-in", paths[0])), "{checked}");
        let both = home.ask(&["check", name]);
        assert!(both.starts_with(&format!("{name}: may run\n")), "{both}");
        assert!(both.ends_with(&format!("{}: may run, 1 remark\n", paths[0])), "{both}");
        // Another name says nothing.
        assert!(!stderr(&home.run(&["run", "contrast", "--dry-run"])).contains("built-in"));
    }
}

/// The problem of a name, where it is, and what the file is listed as.
#[test]
fn a_name_that_cannot_be_typed_or_looks_like_another_is_a_problem_of_its_file() {
    for (name, column, what) in [
        ("back/desk", 13, "slash"),
        ("back\\\\desk", 9, "slash"),
        ("desk.toml", 13, ".toml"),
        ("desk.Toml", 13, ".toml"),
        ("ice ", 12, "blank"),
        (" ice", 9, "blank"),
        ("ic\u{ad}e", 11, "U+00AD"),
        ("ic\u{200b}e", 11, "U+200B"),
        ("ic\u{200d}e", 11, "U+200D"),
        ("ice\u{2060}", 12, "U+2060"),
        ("\u{feff}ice", 9, "U+FEFF"),
        ("ice\u{fe0f}", 12, "U+FE0F"),
        ("ice\u{a0}pack", 12, "U+00A0"),
        ("-5", 9, "dash"),
    ] {
        let (home, paths) = home_with(&[("odd.toml", &named(name))]);
        let output = home.run(&["check", "--json", &paths[0]]);
        assert_eq!(output.status.code(), Some(2), "{name:?}");
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let [problem] = &document[0]["problems"].as_array().expect("a list")[..] else { panic!("{document}") };
        // A backslash is written as two letters, so the whole string has the caret.
        let column = if name.contains('\\') { 8 } else { column };
        assert_eq!((&problem["line"], &problem["column"]), (&1.into(), &column.into()), "{name:?}: {problem}");
        assert!(problem["message"].as_str().is_some_and(|message| message.contains(what)), "{problem}");
        let drawn = stdout(&home.run(&["check", &paths[0]]));
        assert!(drawn.contains("1 | name = ") && !drawn.contains(['\u{ad}', '\u{200b}', '\u{fe0f}']), "{drawn}");
        let list = home.ask(&["list"]);
        assert!(list.contains(&format!("\nodd             cannot run: therapy check {}\n", paths[0])), "{list}");
        for word in ["odd", paths[0].as_str()] {
            assert_eq!(home.run(&["run", word]).status.code(), Some(2), "{word}");
        }
    }
}

#[test]
fn the_name_of_a_file_counts_when_there_is_no_other() {
    let long = "x".repeat(41);
    for (stem, what) in [("ice ", "blank"), ("ic\u{ad}e", "U+00AD"), ("desk.toml", ".toml"), (&long, "40 characters")] {
        let file = format!("{stem}.toml");
        let (home, paths) = home_with(&[(&file, COLD)]);
        let output = home.run(&["check", &paths[0]]);
        let problem = stdout(&output);
        assert_eq!(output.status.code(), Some(2), "{problem}");
        assert!(problem.starts_with("error: the name of the file ") && problem.contains(what), "{problem}");
        assert!(problem.contains("help: rename the file, or add name = \""), "{problem}");
        let (home, paths) = home_with(&[(&file, &named("fine"))]);
        assert_eq!(home.run(&["check", &paths[0]]).status.code(), Some(0), "another name is given");
        assert_eq!(home.run(&["run", "fine", "--dry-run"]).status.code(), Some(0));
    }
}

#[test]
fn capital_letters_at_the_end_of_a_file_change_nothing() {
    for end in ["toml", "TOML", "Toml"] {
        let file = format!("desk.{end}");
        let (home, paths) = home_with(&[(&file, COLD)]);
        assert!(home.ask(&["list"]).contains("\ndesk            cold 12 min "), "{end}");
        assert!(home.ask(&["check", "config/protocols"]).ends_with(&format!("{file}: may run\n")), "{end}");
        for word in ["desk", &paths[0]] {
            assert_eq!(home.run(&["run", word, "--dry-run"]).status.code(), Some(0), "{word}");
        }
        home.file(&format!("here.{end}"), COLD);
        assert_eq!(
            home.run(&["run", &format!("here.{end}"), "--dry-run"]).status.code(),
            Some(0),
            "a file without a slash"
        );
    }
}

/// A file that is there is never "no protocol".
#[test]
fn a_broken_file_is_listed_and_run_says_what_is_wrong_with_it() {
    let large = vec![b'#'; (1 << 16) + 1];
    let broken: [(&str, &[u8], &str); 5] = [
        ("syntax", b"[[step]\n", "syntax.toml:1:"),
        ("half", b"name = \"half a nam\n[[step]]\ndo = \"cold\"\n", "half.toml:1:"),
        ("latin", b"# k\xfchl\n[[step]]\ndo = \"cold\"\nfor = \"12min\"\n", "latin.toml:1:4"),
        ("other", b"name = \"my-desk\"\n[[step]]\ndo = \"cold\"\n", "other.toml:2:1"),
        ("large", &large, "large.toml: it is larger than 64 KiB"),
    ];
    for (name, bytes, place) in broken {
        let home = Home::new();
        let path = home.file(&format!("config/protocols/{name}.toml"), "");
        std::fs::write(&path, bytes).expect("a file");
        let listed = if name == "other" { "my-desk" } else { name };
        let list = home.ask(&["list"]);
        assert!(list.contains(&format!("\n{listed:<16}cannot run: therapy check {path}\n")), "{list}");
        let documents = home.json(&["list", "--json"]);
        let row = documents.as_array().expect("a list").iter().find(|row| row["name"] == listed).expect("a row");
        assert_eq!((&row["may_run"], &row["path"]), (&false.into(), &path.as_str().into()));
        for command in ["run", "show", "check"] {
            for word in [name, listed] {
                let output = home.run(&[command, word]);
                let told = stdout(&output) + &stderr(&output);
                assert_eq!(output.status.code(), Some(2), "{command} {word}: {told}");
                assert!(told.contains(place) && !told.contains("there is no"), "{command} {word}: {told}");
            }
        }
    }
    let home = Home::new();
    std::fs::create_dir_all(home.path().join("config/protocols/folder.toml")).expect("a folder");
    assert!(!home.ask(&["list"]).contains("folder"), "a folder is no protocol");
    assert_eq!(home.json(&["list", "--json"]).as_array().map(Vec::len), Some(6));
    let folder = home.path().join("config/protocols");
    let folder = folder.to_str().expect("a plain path");
    let none = |folder: &str| format!("{folder}: no protocol files (.toml) in this folder\n");
    for folder in [folder, &format!("{folder}/folder.toml")] {
        assert_eq!(home.ask(&["check", folder]), none(folder));
    }
    for (name, told) in
        [("folder", "there is no protocol \"folder\"\n"), ("config/protocols/folder.toml", "it is a folder\n")]
    {
        let output = home.run(&["run", name]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(told), "{name}: {}", stderr(&output));
    }
    home.file("config/protocols/folder.toml/inside.toml", COLD);
    assert_eq!(home.ask(&["check", folder]), none(folder), "folders inside are not checked");
}

/// Every way out is a command that can be pasted, whatever is in the names and paths. The quotes are those of a Unix
/// shell.
#[cfg(unix)]
#[test]
fn what_an_error_advises_works() {
    let (home, paths) = home_with(&[
        ("my back.toml", COLD),
        ("desk.toml", COLD),
        ("file-name.toml", &named("other-name")),
        ("it's $5 (copy).toml", COLD),
    ]);
    home.file("plain", COLD);
    home.file("evening.toml", COLD);
    home.file("-dash.toml", &named("dash"));
    home.file("folder/inside.toml", COLD);
    home.file("by.toml", "[by_injury]\nunder_72h = \"ice\"\nfrom_72h = \"contrast\"\n");
    let advice = |arguments: &[&str], code: i32, expected: &str| {
        let output = home.run(arguments);
        let errors = stderr(&output);
        let told = if errors.is_empty() { stdout(&output) } else { errors };
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(advised(&told).iter().any(|command| command == expected), "{arguments:?}: {told}");
        assert_advice_works(&home, &told);
    };
    advice(&["run", "dsek"], 2, "run desk");
    advice(&["show", "my bakc"], 2, "show \"my back\"");
    advice(&["check", "my bakc"], 2, "check \"my back\"");
    advice(&["run", "file-name"], 2, "run other-name");
    advice(&["run", "it's $5 (cop)"], 2, "run 'it'\\''s $5 (copy)'");
    advice(&["run", "zzz"], 2, "list");
    advice(&["run", "ice "], 2, "run ice");
    advice(&["run", "ic\u{ad}e"], 2, "run ice");
    advice(&["run", "plain"], 2, "run ./plain");
    advice(&["run", "evening"], 2, "run ./evening.toml");
    advice(&["run", "folder"], 2, "check folder");
    advice(&["run", "./folder"], 2, "check ./folder");
    advice(&["run", "none.toml"], 2, "list");
    advice(&["run", "desk.toml"], 2, "run desk");
    advice(&["show", "ice.toml"], 2, "show ice");
    advice(&["check", "ice.toml"], 2, "check ice");
    advice(&["check", "none.toml"], 2, "list");
    advice(&["check", "none/none.toml"], 2, "list");
    advice(&["check", "nonsense"], 2, "list");
    advice(&["run", "evening.toml", "--rounds", "2"], 2, "show evening.toml");
    advice(&["run", "--rounds", "2", "--", "-dash.toml"], 2, "show ./-dash.toml");
    advice(
        &["run", &paths[3], "--minutes", "25"],
        3,
        &format!("run '{}' --minutes 20", paths[3].replace('\'', "'\\''")),
    );
    advice(
        &["run", "by.toml", "--minutes", "25", "--injured", "30h ago"],
        3,
        "run by.toml --minutes 20 --injured \"30h ago\"",
    );
    advice(
        &["run", "heat", "--minutes", "31", "--injured", "30h ago", "--override", "early-heat"],
        3,
        "run heat --minutes 30 --injured \"30h ago\" --override early-heat",
    );
    advice(&["show", "by.toml"], 0, "show by.toml --injured \"30h ago\"");
    let seen = stderr(&home.run(&["run", "ic\u{ad}e"]));
    assert!(seen.contains("there is no protocol \"ic\\u{ad}e\""), "{seen}");
}

/// A folder of protocols that is something else is told, and keeps no built-in protocol from running.
#[test]
fn a_folder_of_protocols_that_cannot_be_read_is_told() {
    let home = Home::new();
    let file: PathBuf = Path::new(&home.file("config/protocols", "")).to_owned();
    let why = format!("could not read {}: ", file.display());
    for arguments in [&["list"][..], &["run", "ice", "--dry-run"], &["check", "ice"]] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(stderr(&output).contains(&format!("warning: {why}")), "{arguments:?}: {}", stderr(&output));
    }
    let output = home.run(&["run", "desk"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with(&format!("error: {why}")), "{}", stderr(&output));
}
