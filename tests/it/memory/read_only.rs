//! A data folder that cannot be written, and a lock that cannot be taken.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::{Command, Output};

use crate::programs;
use crate::support::{Home, assert_refused, stderr, stdout};
use crate::terminal::Terminal;

/// Nobody.
const OTHER: u32 = 65534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// For root, no folder is read-only: then the program runs as another user, to whom the home belongs.
fn command(home: &Home, arguments: &[&str]) -> Option<Command> {
    let program = home.command(arguments);
    if !is_root() {
        return Some(program);
    }
    let copy = home.path().join("therapy");
    if !copy.exists() {
        // By another process: while another test starts a program, this one's open files are open there too, and no
        // file that is open for writing can be run.
        let copied = programs::output(Command::new("cp").arg(program.get_program()).arg(&copy));
        assert!(copied.status.success(), "a copy that everybody can run");
        for path in [home.path(), &copy] {
            std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("permissions");
        }
        chown(home.path(), Some(OTHER), Some(OTHER)).expect("an owner");
    }
    let mut other = Command::new("setpriv");
    other.args([&format!("--reuid={OTHER}"), &format!("--regid={OTHER}"), "--clear-groups"]).arg(copy).args(arguments);
    other.env_clear().envs(home.environment()).current_dir(home.path());
    let has_setpriv = Path::new("/usr/bin/setpriv").exists();
    if !has_setpriv {
        programs::left_out("sessions in a folder that cannot be written", "as another user than root");
    }
    has_setpriv.then_some(other)
}

fn run(home: &Home, arguments: &[&str]) -> Option<Output> {
    command(home, arguments).map(|mut command| programs::output(&mut command))
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("permissions");
}

/// A folder with these permissions, and a journal with those, if any.
fn folder(folder_mode: u32, journal_mode: Option<u32>, keeps_log: bool) -> Option<Home> {
    let mut home = Home::empty();
    home.rate = 20_000.0;
    // It also gives the home its owner.
    run(&home, &["list"])?;
    if let Some(mode) = journal_mode {
        assert_eq!(run(&home, &["pain", "3"])?.status.code(), Some(0));
        for file in std::fs::read_dir(home.data()).expect("a folder") {
            let path = file.expect("a file").path();
            match path.extension() {
                Some(end) if !keeps_log && end != "db" => std::fs::remove_file(path).expect("a file"),
                _ => set_mode(&path, mode),
            }
        }
    } else {
        std::fs::create_dir(home.data()).expect("a folder");
        if is_root() {
            chown(home.data(), Some(OTHER), Some(OTHER)).expect("an owner");
        }
    }
    set_mode(&home.data(), folder_mode);
    Some(home)
}

const BOTH: [&str; 6] = ["run", "ice", "--override", "rewarm", "--override", "cold-daily"];

#[test]
fn a_session_runs_without_a_record_in_every_folder_that_cannot_be_written() {
    for (folder_mode, journal_mode, keeps_log) in [
        (0o555, None, false),
        (0o555, Some(0o444), false),
        (0o555, Some(0o444), true),
        (0o555, Some(0o644), false),
        (0o755, Some(0o444), true),
        (0o755, Some(0o444), false),
    ] {
        let case = format!("folder {folder_mode:o}, journal {journal_mode:?}, log {keeps_log}");
        let Some(home) = folder(folder_mode, journal_mode, keeps_log) else { return };
        let plain = ["--no-notify", "--progress", "plain"];
        let refused = run(&home, &[&["run", "ice"], &plain[..]].concat()).expect("it runs");
        let errors = stderr(&refused);
        assert!(matches!(refused.status.code(), Some(1 | 3)), "{case}: {errors}");
        let is_named = errors.contains("journal.db: ") || errors.contains("session.lock: ");
        assert!(is_named && !errors.contains("os error"), "{case}: {errors}");
        let runs = run(&home, &[&BOTH[..], &plain].concat()).expect("it runs");
        let errors = stderr(&runs);
        assert_eq!(runs.status.code(), Some(0), "{case}: {errors}");
        assert_eq!(errors.matches("this session is not recorded").count(), 1, "{case}: {errors}");
        assert!(errors.contains("Done: 15 min of cold."), "{case}: {errors}");
        assert!(!errors.contains("therapy pain N"), "{case}: there is nowhere to note it: {errors}");
        if journal_mode.is_some() {
            set_mode(&home.data(), 0o755);
            assert_eq!(home.number("SELECT count(*) FROM session"), 0, "{case}");
        }
    }
}

/// The answer counts for this session, and cannot be kept.
#[test]
fn the_question_about_signs_is_asked_where_its_answer_cannot_be_stored() {
    for (keys, code, says) in [
        ("n\n", 0, "Done: 15 min of cold."),
        ("y\n3\ny\n", 3, "Refused: you said that a warning sign applies (warning-sign)"),
        ("y\n3\nn\nn\n", 0, "Done: 15 min of cold."),
    ] {
        let Some(home) = folder(0o755, Some(0o600), true) else { return };
        let set = run(&home, &["injury", "set", "1h ago"]).expect("it runs");
        assert_eq!(set.status.code(), Some(0), "{}", stderr(&set));
        for file in std::fs::read_dir(home.data()).expect("a folder") {
            set_mode(&file.expect("a file").path(), 0o444);
        }
        set_mode(&home.data(), 0o555);
        let plain = ["--no-notify", "--progress", "plain"];
        let mut asked = Terminal::start(command(&home, &[&BOTH[..], &plain].concat()).expect("it runs"), 60, 200);
        asked.see("Does any of these apply to you? [y/n]");
        asked.press(keys);
        assert_eq!(asked.end().code(), Some(code), "{}", asked.text());
        let text = asked.text();
        assert!(text.to_lowercase().contains(&says.to_lowercase()), "{keys:?}: {text}");
        assert_eq!(text.contains("this session is not recorded"), code == 0, "{keys:?}: {text}");
        set_mode(&home.data(), 0o755);
        assert_eq!(home.number("SELECT count(*) FROM screening"), 0, "{keys:?}");
    }
}

/// What a command ends with: its code, and what it says from the refusal on.
fn answer(output: &Output) -> (Option<i32>, String) {
    let errors = stderr(output);
    let refusal = errors.lines().skip_while(|line| !line.starts_with("Refused: ") && !line.starts_with("error: "));
    let code = output.status.code();
    (code, if code == Some(0) { String::new() } else { refusal.collect::<Vec<_>>().join("\n") })
}

/// Dry runs and rehearsals find what a run would find, and leave nothing.
#[test]
fn a_rehearsal_answers_as_a_run_would_where_nothing_can_be_written() {
    const WAYS: [&[&str]; 3] = [&["--dry-run"], &["--speed", "2"], &[]];
    let places: [(Make<'_>, &str, i32); 6] = [
        (&|_| {}, "/proc/none/data", 3),
        (&|data| std::fs::write(data, "").expect("a file"), "", 3),
        (&|data| symlink("nowhere", data).expect("a link"), "", 3),
        (&|data| std::fs::create_dir_all(data.join("session.lock")).expect("a folder"), "", 1),
        (&|data| std::fs::create_dir_all(data.join("journal.db")).expect("a folder"), "", 3),
        (&|_| {}, "", 0),
    ];
    for (make, elsewhere, code) in places {
        let mut home = Home::empty();
        home.rate = 20_000.0;
        make(&home.data());
        for overrides in [&[][..], &BOTH[2..]] {
            let answers = WAYS.map(|way| {
                let there = home.data().exists();
                let mut command = home.without_terminal(&[&["run", "ice", "--no-notify"], overrides, way].concat());
                if !elsewhere.is_empty() {
                    command.env("THERAPY_DATA_DIR", elsewhere);
                }
                let answer = answer(&programs::output(&mut command));
                assert!(way.is_empty() || home.data().exists() == there, "{way:?} left something");
                answer
            });
            let ways_out = answers.each_ref().map(|(_, said)| said.replace(" --dry-run", "").replace(" --speed 2", ""));
            assert_eq!(answers[2].0, Some(if overrides.is_empty() { code } else { 0 }), "{answers:#?}");
            assert!(answers.iter().all(|(code, _)| *code == answers[2].0), "{answers:#?}");
            assert!(ways_out.iter().all(|said| *said == ways_out[2]), "{answers:#?}");
        }
    }
    for (folder_mode, journal_mode) in [(0o555, None), (0o555, Some(0o444)), (0o555, Some(0o644)), (0o755, Some(0o444))]
    {
        let Some(home) = folder(folder_mode, journal_mode, true) else { return };
        for overrides in [&[][..], &BOTH[2..]] {
            let answers = WAYS.map(|way| {
                let arguments = [&["run", "ice", "--no-notify"], overrides, way].concat();
                answer(&run(&home, &arguments).expect("it runs"))
            });
            let case = format!("folder {folder_mode:o}, journal {journal_mode:?}: {answers:#?}");
            assert!(answers.iter().all(|answer| *answer == answers[2]), "{case}");
            assert_eq!(answers[2].0 == Some(0), !overrides.is_empty(), "{case}");
        }
        set_mode(&home.data(), 0o755);
    }
}

/// Both rules are named at once: with one of them, the next try would be refused by the other.
#[test]
fn a_journal_that_cannot_be_read_is_named_with_both_overrides() {
    let home = Home::new();
    home.file("data/journal.db", "damaged");
    for (arguments, code) in [
        (&["run", "ice"][..], 3),
        (&["run", "ice", "--override", "rewarm"], 3),
        (&["run", "contrast"], 3),
        (&["run", "heat"], 3),
    ] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        let rules = match arguments[1] {
            "ice" => "cold-daily --override rewarm",
            "heat" => "early-heat --override rewarm",
            _ => "cold-daily --override early-heat --override rewarm",
        };
        let hint = format!("  repair the journal, or run without it: --override {rules}\n");
        assert!(stderr(&output).ends_with(&hint), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stderr(&output).matches("Refused: ").count(), 1, "said once: {}", stderr(&output));
    }
    assert_refused(&home.run(&["run", "ice"]), "rewarm");
    assert_refused(&home.run(&["run", "ice"]), "cold-daily");
}

/// Off a terminal nobody can be asked again, so the signs are listed, each time.
#[test]
fn a_sign_in_a_journal_that_cannot_be_read_is_said_to_be_unknown() {
    const UNKNOWN: &str = "so earlier doses, an injury and your answer about warning signs are unknown";
    let home = Home::at_rate(20_000.0);
    home.ask(&["safety", "--answer", "3"]);
    assert_refused(&home.run(&BOTH), "warning-sign");
    for file in std::fs::read_dir(home.data()).expect("a folder") {
        std::fs::write(file.expect("a file").path(), "damaged").expect("a file");
    }
    let heat = ["run", "heat", "--override", "rewarm", "--override", "early-heat"];
    for (arguments, rules) in
        [(&BOTH[..], "cold-daily, rewarm"), (&BOTH, "cold-daily, rewarm"), (&heat, "early-heat, rewarm")]
    {
        let output = home.run(&[arguments, &["--override", "cold-daily", "--no-notify"]].concat());
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{errors}");
        let listed = "\nIf one of these applies, do not start. The journal cannot be read, so an earlier answer is not \
                      known.\nGet help now if you have:\n   1  trouble with bladder or bowel\n";
        assert!(errors.contains(listed) && errors.contains("\n  14  contrast: "), "{errors}");
        let overridden = format!("\nOverridden: the journal cannot be read, {UNKNOWN} ({rules})\n");
        assert!(errors.contains(&overridden), "{errors}");
        let rehearsed = home.run(&[arguments, &["--override", "cold-daily", "--dry-run"]].concat());
        assert!(stderr(&rehearsed).contains(&overridden), "{}", stderr(&rehearsed));
    }
    // On a terminal it is asked again.
    let mut asked =
        Terminal::start(home.command(&[&BOTH[..], &["--no-notify", "--progress", "plain"]].concat()), 60, 200);
    asked.see("Does any of these apply to you? [y/n]");
    assert!(asked.text().contains("Before you start"), "{}", asked.text());
    asked.press("y\n3\ny\n");
    assert_eq!(asked.end().code(), Some(3));
}

/// Puts something at a path.
type Make<'a> = &'a dyn Fn(&Path);

#[test]
fn a_lock_that_cannot_be_taken_is_named_with_a_way_out() {
    let fifo = |path: &Path| {
        let made = std::process::Command::new("mkfifo").arg(path).status().expect("a standard program");
        assert!(made.success(), "{}", path.display());
    };
    let make: [(Make<'_>, &str, &str); 3] = [
        (&|path| std::fs::create_dir(path).expect("a folder"), "it is a folder", "move it away: "),
        (
            &|path| symlink("nowhere/at/all", path).expect("a link"),
            "it is a link to a file that does not exist",
            "remove it: ",
        ),
        (&fifo, "it is not a regular file", "move it away: "),
    ];
    for (make, why, way_out) in make {
        let home = Home::at_rate(20_000.0);
        assert_eq!(home.run(&["pain", "3"]).status.code(), Some(0), "there is a journal");
        let lock = home.data().join("session.lock");
        make(&lock);
        let output = home.run(&["run", "ice", "--no-notify"]);
        let path = lock.display();
        let expected = format!("error: could not lock the session: {path}: {why}\n  {way_out}{path}\n");
        assert_eq!((output.status.code(), stderr(&output)), (Some(1), expected));
        let unrecorded = home.run(&[&BOTH[..], &["--no-notify"]].concat());
        assert_eq!(unrecorded.status.code(), Some(0), "{}", stderr(&unrecorded));
        let warning = format!(
            "warning: could not lock the session: {path}: {why}, so it is not known whether another session runs\n\
             warning: this session is not recorded\n"
        );
        assert!(stderr(&unrecorded).contains(&warning), "{}", stderr(&unrecorded));
    }
}

#[test]
fn the_lock_of_another_user_is_named_with_a_way_out() {
    let Some(home) = folder(0o755, Some(0o600), true) else { return };
    let lock = home.data().join("session.lock");
    std::fs::write(&lock, "").expect("a file");
    // As root, the file is root's. Without root, nobody may write it.
    set_mode(&lock, if is_root() { 0o600 } else { 0o000 });
    let output = run(&home, &["run", "ice", "--no-notify"]).expect("it runs");
    let path = lock.display();
    let way_out = "make it yours, or remove it if no session runs: sudo rm";
    let expected =
        format!("error: could not lock the session: {path}: it belongs to another user\n  {way_out} {path}\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).ends_with(&expected), "{}", stderr(&output));
    std::fs::remove_file(&lock).expect("the way out");
    let output = run(&home, &["run", "ice", "--no-notify", "--progress", "quiet"]).expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn an_export_that_finds_a_folder_or_a_file_says_which() {
    let home = Home::new();
    assert_eq!(home.run(&["pain", "3"]).status.code(), Some(0), "there is a journal");
    let told = |file: &str| {
        let output = home.run(&["export", file]);
        assert_eq!(output.status.code(), Some(1), "{file}: {}", stdout(&output));
        stderr(&output)
    };
    std::fs::create_dir(home.path().join("copies")).expect("a folder");
    let folder = "error: copies is a folder\n  try: therapy export copies/therapy.db\n";
    assert_eq!(told("copies"), folder);
    assert_eq!(told("copies/"), folder.replace("copies is", "copies/ is"));
    std::fs::create_dir(home.path().join("old copies")).expect("a folder");
    assert!(told("old copies").ends_with("  try: therapy export \"old copies/therapy.db\"\n"));
    home.ask(&["export", "copies/therapy.db"]);
    let file = "error: there is already a file copies/therapy.db\n  give the name of a new file\n";
    assert_eq!(told("copies/therapy.db"), file);
    symlink("nowhere", home.path().join("link.db")).expect("a link");
    assert!(told("link.db").starts_with("error: there is already a file link.db\n"));
    assert!(told("none/therapy.db").starts_with("error: could not write none/therapy.db: No such file or directory"));
    assert!(
        std::fs::metadata(home.path().join("copies/therapy.db")).is_ok_and(|copy| copy.len() > 1000),
        "it is whole"
    );
}

#[test]
fn a_new_protocol_in_a_folder_that_cannot_be_written_names_it() {
    let home = Home::empty();
    if run(&home, &["list"]).is_none() {
        return;
    }
    let folder = home.path().join("config/protocols");
    std::fs::create_dir_all(&folder).expect("a folder");
    let sent = home.file("sent.toml", "[[step]]\ndo = \"cold\"\nfor = \"12min\"\n");
    if is_root() {
        chown(&folder, Some(OTHER), Some(OTHER)).expect("an owner");
    }
    set_mode(&folder, 0o555);
    for arguments in [&["new", "knee"][..], &["add", &sent]] {
        let output = run(&home, arguments).expect("as before");
        let errors = stderr(&output);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{errors}");
        assert!(errors.contains("could not write ") && errors.contains("config/protocols/"), "{errors}");
        assert!(errors.contains("make the folder writable, or name another one in THERAPY_CONFIG_DIR"), "{errors}");
    }
    set_mode(&folder, 0o755);
    assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 0, "nothing half is left");
    // Where the folder should be is a file.
    std::fs::remove_dir(&folder).expect("empty");
    std::fs::write(&folder, "").expect("a file");
    let output = run(&home, &["new", "knee"]).expect("as before");
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    // Without a home there is no folder at all.
    let mut nowhere = command(&home, &["new", "knee"]).expect("as before");
    let output = programs::output(nowhere.env_remove("THERAPY_CONFIG_DIR").env("HOME", "").env("XDG_CONFIG_HOME", ""));
    assert!(!home.path().join("protocols").exists() && output.status.code() != Some(0), "{}", stderr(&output));
}
