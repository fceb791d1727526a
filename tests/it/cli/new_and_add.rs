//! `therapy new` and `therapy add`: files in the folder of the person's own protocols.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::programs;
use crate::support::{Home, stderr, stdout};

const COLD: &str = "[[step]]\ndo = \"cold\"\nfor = \"12min\"\n";

/// The files of the folder and their texts, in order.
fn protocols(home: &Home) -> Vec<(String, String)> {
    let Ok(files) = std::fs::read_dir(home.path().join("config/protocols")) else { return Vec::new() };
    let mut files: Vec<_> = files
        .map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("its text"))
        })
        .collect();
    files.sort();
    files
}

/// Runs the program with this on its standard input.
fn with_input(home: &Home, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = home.command(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    programs::finish(child)
}

/// An editor that changes three lengths.
fn editor(home: &Home) -> String {
    let editor = home.file(
        "bin/my editor",
        "#!/bin/sh\nsed -i -e 's/default = \"10min\", min = \"5min\", max = \"15min\"/default = \"12min\", min = \"5min\", max = \"15min\"/' \
         -e 's/default = \"10min\", min = \"5min\", max = \"10min\"/default = \"8min\", min = \"5min\", max = \"10min\"/' \
         -e 's/default = 1/default = 2/' \"$@\"\n",
    );
    let done = Command::new("chmod").args(["+x", &editor]).status().expect("chmod");
    assert!(done.success());
    editor
}

/// The four commands of the help, as they are pasted, from nothing to a session.
#[cfg(unix)]
#[test]
fn the_four_commands_of_the_help_lead_from_a_new_file_to_a_session() {
    let home = Home::empty();
    let help = home.ask(&["new", "--help"]);
    let (_, commands) = help.split_once("From a new file to a session:\n").expect("the commands");
    let commands: Vec<_> = commands.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(commands.len(), 4, "{help}");
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_therapy"))
        .parent()
        .expect("a folder")
        .to_str()
        .expect("plain")
        .to_owned();
    let mut last = String::new();
    for command in commands {
        let mut shell = Command::new("/bin/sh");
        shell
            .env_clear()
            .envs(home.environment())
            .env_remove("THERAPY_CONFIG_DIR")
            .env("PATH", format!("{bin}:/usr/bin:/bin"));
        shell.env("EDITOR", "sed-lengths").current_dir(home.path()).args(["-c", command]);
        let folder = home.path().join("bin");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::copy(editor(&home), folder.join("sed-lengths")).expect("a copy");
        shell.env("PATH", format!("{}:{bin}:/usr/bin:/bin", folder.display()));
        let output = programs::output(&mut shell);
        assert_eq!(output.status.code(), Some(0), "{command}: {}", stderr(&output));
        last = stdout(&output);
    }
    for step in ["Heat on for 12 min, step 1 of 5", "Cold on for 8 min, step 2 of 5", "Rest for 2 min, step 3 of 5"] {
        assert!(last.contains(step), "{step}: {last}");
    }
}

#[test]
fn a_new_file_is_listed_checked_and_run_by_its_name() {
    for name in ["knee-contrast", "my \"best\" knee", "übung 2", "it's", "a:b?", "NAME"] {
        let home = Home::empty();
        let said = home.ask(&["new", name]);
        let [(file, text)] = &protocols(&home)[..] else { panic!("one file") };
        assert!(said.starts_with("Written: ") && said.contains(file.as_str()), "{said}");
        assert!(text.starts_with("# ") && !file.contains([':', '?', '"']), "{file}");
        assert!(home.ask(&["check", name]).ends_with(": may run\n"), "{name}");
        assert!(home.ask(&["list"]).contains(name), "{name}");
        assert!(home.ask(&["run", name, "--heat", "12", "--dry-run"]).contains("Heat on for 12 min"), "{name}");
        // Again, and with a free name.
        let again = home.run(&["new", name]);
        assert_eq!(again.status.code(), Some(2), "{name}");
        assert!(stderr(&again).contains(&format!("the name \"{name}\" is taken: ")), "{}", stderr(&again));
        assert!(stderr(&again).contains(file.as_str()), "{}", stderr(&again));
        assert_eq!(&protocols(&home)[0].1, text, "nothing is overwritten");
        home.ask(&["new", &format!("{name}-2")]);
        assert_eq!(protocols(&home).len(), 2);
    }
}

#[test]
fn a_name_that_is_taken_or_cannot_be_typed_makes_no_file() {
    let home = Home::empty();
    for (name, message, hint) in [
        ("ice", "the name \"ice\" is taken: a built-in protocol has it", "try: therapy new ice-2"),
        ("a/b", "the name has a slash, so it looks like the path of a file", "try: therapy new a-b"),
        ("knee.toml", "the name ends in .toml, so it looks like a file", "try: therapy new knee"),
        (" knee", "the name begins or ends with a blank, so it looks like another name", "try: therapy new knee"),
        ("kn\u{200b}ee", "the name has an invisible letter (U+200B)", "try: therapy new knee"),
        ("", "the name must have 1 to 40 characters", "try: therapy new desk-back"),
        ("..\\up", "the name has a slash", "therapy new ..-up"),
        (".", "the name has only dots, so it looks like a folder", "therapy new desk-back"),
        ("..", "the name has only dots", "therapy new desk-back"),
    ] {
        let output = home.run(&["new", name]);
        let errors = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{name}: {errors}");
        assert!(errors.contains(message) && errors.contains(hint), "{name}: {errors}");
    }
    assert_eq!(protocols(&home), []);
    // The name of a file, and a file that another name has.
    home.file("config/protocols/knee.toml", &format!("name = \"other\"\n{COLD}"));
    let output = home.run(&["new", "knee"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("there is a file ") && stderr(&output).contains("knee.toml already"));
    let output = home.run(&["new", "other"]);
    assert!(stderr(&output).contains("the name \"other\" is taken: ") && stderr(&output).contains("knee.toml has it"));
    assert_eq!(protocols(&home).len(), 1);
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_not_written_through() {
    let home = Home::empty();
    std::fs::create_dir_all(home.path().join("config/protocols")).expect("a folder");
    std::os::unix::fs::symlink(home.path().join("elsewhere"), home.path().join("config/protocols/knee.toml"))
        .expect("a link");
    let output = home.run(&["new", "knee"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(!home.path().join("elsewhere").exists());
}

#[cfg(unix)]
#[test]
fn the_editor_is_opened_only_on_request() {
    let home = Home::empty();
    let editor = editor(&home);
    let new = |name: &str, option: Option<&str>, variables: &[(&str, &str)]| {
        let mut command = home.without_terminal(&["new", name]);
        command.args(option).envs(variables.iter().copied());
        programs::output(&mut command)
    };
    let text = |name: &str| {
        protocols(&home).into_iter().find(|(file, _)| file == &format!("{name}.toml")).map(|(_, text)| text)
    };
    let quoted = format!("'{editor}'");
    assert_eq!(new("plain", None, &[("EDITOR", &quoted)]).status.code(), Some(0));
    assert!(text("plain").expect("a file").contains("default = \"10min\", min = \"5min\", max = \"15min\""));
    assert_eq!(new("edited", Some("--edit"), &[("EDITOR", &quoted)]).status.code(), Some(0));
    assert!(text("edited").expect("a file").contains("default = \"12min\""));
    // VISUAL comes first, and has arguments.
    let first = [("VISUAL", "/bin/sh -c 'echo \"# seen\" >> \"$0\"'"), ("EDITOR", "/bin/false")];
    assert_eq!(new("visual", Some("--edit"), &first).status.code(), Some(0));
    assert!(text("visual").expect("a file").ends_with("# seen\n"));
    // The file is there, whatever the editor does.
    for bad in ["/bin/false", "no-such-editor"] {
        let output = new(&bad.replace('/', "_"), Some("--edit"), &[("EDITOR", bad)]);
        assert_eq!(output.status.code(), Some(0), "{bad}");
        assert!(
            stderr(&output).starts_with("warning: the editor ") && stderr(&output).contains(bad),
            "{}",
            stderr(&output)
        );
        assert!(text(&bad.replace('/', "_")).is_some());
    }
    for none in [&[][..], &[("VISUAL", " ")], &[("EDITOR", "\"open")]] {
        let output = new("none", Some("--edit"), none);
        assert_eq!(output.status.code(), Some(2), "{none:?}");
        assert!(stderr(&output).contains("try: therapy new none\n") && text("none").is_none(), "{}", stderr(&output));
    }
}

/// A file that somebody sent.
const SENT: &str = "name = \"knee\"\nauthor = \"Ada\"\ncontact = \"555 0100\"\nsummary = \"Cold for the knee\"\nsite = \"left-knee\"\ncaution = \"Not before a match.\"\n\
                    [[step]]\ndo = \"heat\"\nfor = \"5min\"\n[[step]]\ndo = \"cold\"\nfor = \"9min\"\n";

#[test]
fn a_file_that_somebody_sent_is_shown_in_short_and_added() {
    let home = Home::empty();
    let file = home.file("Downloads/from somebody.toml", SENT);
    let said = home.ask(&["add", &file]).replace('\\', "/");
    let expected = "knee: Cold for the knee\n  heat 5 min, cold 9 min; 14 min in all\n  by Ada, 555 0100\n  for the left knee\n  heat is for 3 days after \
                    an injury and later\n  Not before a match.\nAdded: ";
    assert!(said.starts_with(expected), "{said}");
    assert!(
        said.ends_with("/config/protocols/knee.toml\n  therapy show knee\n  therapy run knee --dry-run\n"),
        "{said}"
    );
    assert_eq!(protocols(&home), [("knee.toml".to_owned(), SENT.to_owned())], "its bytes");
    assert!(home.ask(&["run", "knee", "--dry-run"]).contains("knee · left knee: 2 steps"));
    // The same file again changes nothing.
    assert!(home.ask(&["add", &file]).starts_with("It is there already: "));
    // Where its file cannot have the name, the text has it.
    #[cfg(unix)]
    {
        let (home, file) = (Home::empty(), home.file("Downloads/a:b?.toml", COLD));
        home.ask(&["add", &file]);
        assert_eq!(protocols(&home), [("a-b-.toml".to_owned(), format!("name = \"a:b?\"\n{COLD}"))]);
        assert!(home.ask(&["run", "a:b?", "--dry-run"]).contains("Cold on for 12 min"));
    }
    // From a pipe, and without a name of its own.
    let piped = with_input(&home, &["add", "-"], SENT.replace("\"knee\"", "\"pipe\"").as_bytes());
    assert_eq!(piped.status.code(), Some(0), "{}", stderr(&piped));
    let unnamed = home.file("Downloads/of-the-file.toml", COLD);
    home.ask(&["add", &unnamed]);
    let nameless = with_input(&home, &["add", "-"], COLD.as_bytes());
    assert_eq!(nameless.status.code(), Some(2));
    assert!(
        stderr(&nameless).contains("the protocol has no name\n  try: therapy add - --name "),
        "{}",
        stderr(&nameless)
    );
    assert_eq!(with_input(&home, &["add", "-", "--name", "called"], COLD.as_bytes()).status.code(), Some(0));
    let names: Vec<_> = protocols(&home).into_iter().map(|(file, _)| file).collect();
    assert_eq!(names, ["called.toml", "knee.toml", "of-the-file.toml", "pipe.toml"]);
    assert!(home.ask(&["check", "called"]).ends_with("may run\n"));
}

#[test]
fn a_taken_name_names_both_and_the_way_out_works() {
    let home = Home::empty();
    let own = home.file("config/protocols/first.toml", &format!("name = \"knee\"\n{COLD}"));
    let sent = home.file("sent.toml", SENT);
    let iced = home.file("iced.toml", &SENT.replace("\"knee\"", "'ice'"));
    for (file, holder, free) in [(&sent, own.as_str(), "knee-2"), (&iced, "a built-in protocol", "ice-2")] {
        let output = home.run(&["add", file]);
        let errors = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{errors}");
        assert!(
            errors
                .contains(&format!("{file} has the name \"{}\", and {holder} has it already", &free[..free.len() - 2])),
            "{errors}"
        );
        let hint = format!("try: therapy add {file} --name {free}");
        assert!(errors.contains(&hint), "{errors}");
        let said = home.ask(&["add", file, "--name", free]).replace('\\', "/");
        assert!(said.contains(&format!("/config/protocols/{free}.toml\n  therapy show {free}\n")), "{said}");
        assert!(home.ask(&["run", free, "--dry-run"]).contains("Cold on for 9 min"));
    }
    assert_eq!(protocols(&home)[0].1, format!("name = \"knee\"\n{COLD}"), "nothing is overwritten");
    // Letters in one piece and in two are one name.
    home.file("config/protocols/cafe.toml", &format!("name = \"caf\u{e9}\"\n{COLD}"));
    let two = home.file("two.toml", &format!("name = \"cafe\u{301}\"\nsummary = \"x\"\n{COLD}"));
    assert!(stderr(&home.run(&["add", &two])).contains("caf\u{e9}-2"), "{}", stderr(&home.run(&["add", &two])));
    let bad = home.run(&["add", &sent, "--name", "a/b"]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(stderr(&bad).contains(&format!("try: therapy add {sent} --name a-b")), "{}", stderr(&bad));
}

#[test]
fn what_cannot_be_read_or_is_refused_is_not_added() {
    let home = Home::empty();
    let long = home.file("long.toml", &SENT.replace("9min", "26min"));
    for (text, code, message, line) in [
        (SENT.replace("9min", "26min"), 3, "is refused, and was not added", "refused[cold-limit]"),
        (SENT.replace("\"9min\"", "9"), 2, "cannot be read as a protocol", "sent.toml:12:7"),
        ("\u{1f600} no protocol".to_owned(), 2, "cannot be read as a protocol", "error"),
        (String::new(), 2, "cannot be read as a protocol", "no steps"),
    ] {
        let file = home.file("sent.toml", &text);
        let output = home.run(&["add", &file]);
        let errors = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(code), ""), "{errors}");
        assert!(errors.contains(message) && errors.contains(line), "{errors}");
    }
    for (file, message) in [
        ("no.toml", "there is no file no.toml\n  give the path of a protocol file, or - for standard input"),
        (".", "it is a folder"),
    ] {
        let output = home.run(&["add", file]);
        assert_eq!(output.status.code(), Some(2), "{file}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    let over = home.run(&["add", &long, "--name", "other"]);
    assert_eq!(over.status.code(), Some(3), "another name changes no rule");
    assert_eq!(protocols(&home), []);
}

/// What is shown of a file that somebody sent must not move the cursor or hide anything.
#[test]
fn a_sent_file_cannot_write_to_the_terminal() {
    let home = Home::empty();
    for text in ["\\u001b[2J", "\\u202e", "\\u0007"] {
        let file = home.file(
            "sent.toml",
            &format!(
                "name = \"n\"\nsummary = \"a{text}b\"\n[[step]]\ndo = \"cold\"\nfor = \"12min\"\nnote = \"c{text}d\"\n"
            ),
        );
        let output = home.run(&["add", &file, "--name", "other"]);
        let said = stdout(&output) + &stderr(&output);
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{said:?}");
    }
}
