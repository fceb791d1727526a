//! `therapy report`: the page for a clinician. Every number on it is computed again by a Python script.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use therapy::edge::clock;

use crate::programs;
use crate::support::{Home, stderr, stdout};

const PYTHON: &str = "/usr/bin/python3";

/// A script beside the tests.
fn script(name: &str) -> String {
    format!("{}/tests/page/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs a script, which must succeed.
#[track_caller]
fn python(name: &str, arguments: &[&str]) -> String {
    let output = programs::output(Command::new(PYTHON).arg(script(name)).args(arguments));
    assert!(output.status.success(), "{name} {arguments:?}: {}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

fn has_python() -> bool {
    programs::are_installed(&[(&[PYTHON, "--version"], "python3-dbusmock")], "computing the page again")
}

/// A home with invented rows, and the milliseconds now.
pub fn invented(options: &[&str]) -> (Home, i64) {
    let home = Home::new();
    let now = clock::wall().as_millisecond();
    let data = home.data();
    let first = [data.to_str().expect("a plain path"), "--now", &now.to_string()].map(str::to_owned);
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    python("journal.py", &[&first, options].concat());
    (home, now)
}

/// The page with these options.
#[track_caller]
fn page(home: &Home, options: &[&str]) -> String {
    let said = home.ask(&[&["report", "page.html"], options].concat());
    assert!(said.starts_with("Wrote page.html, with "), "{said}");
    std::fs::read_to_string(home.path().join("page.html")).expect("a page")
}

/// The path of a file with the lines of an export.
fn exported(home: &Home) -> String {
    home.file("export.ndjson", &home.ask(&["export", "--format", "ndjson", "-"]))
}

/// Writes the page, and has all its numbers computed again from an export.
#[track_caller]
fn agrees(home: &Home, options: &[&str], scripted: &[&str]) -> String {
    let page = page(home, options);
    let file = home.path().join("page.html");
    let export = exported(home);
    let plain = [file.to_str().expect("a plain path"), &export];
    let said = python("recompute.py", &[&plain, scripted].concat());
    assert!(said.ends_with(" numbers and rows, 0 differ\n"), "{said}");
    page
}

#[test]
fn every_number_is_computed_again() {
    if !has_python() {
        return;
    }
    for options in [
        &[][..],
        &["--sites", "6", "--sessions", "90", "--notes", "40"],
        &["--sessions", "1", "--alone", "0", "--told", "0", "--planned", "0", "--notes", "0"],
        &["--sessions", "0", "--alone", "0", "--told", "0", "--planned", "0", "--notes", "0"],
        &["--sessions", "0", "--alone", "1", "--told", "0", "--planned", "0", "--notes", "0"],
        &["--days", "3650", "--sessions", "400"],
        &["--days", "200", "--gap", "120"],
        &["--ending", "cut_off"],
        &["--ending", "stopped", "--sessions", "5"],
        &["--seed", "7", "--days", "2", "--sessions", "9"],
    ] {
        let (home, now) = invented(options);
        agrees(&home, &[], &[]);
        let since = now - 12 * 24 * 3_600_000;
        let typed = jiff::Timestamp::from_millisecond(since).expect("a time").to_string();
        agrees(&home, &["--since", &typed, "--site", "knee"], &["--since", &since.to_string(), "--site", "knee"]);
    }
}

/// The script would see a number that is wrong.
#[test]
fn a_wrong_number_is_found() {
    if !has_python() {
        return;
    }
    let (home, _) = invented(&[]);
    let page = agrees(&home, &[], &[]);
    for (right, wrong) in [
        ("60 sessions in all", "61 sessions in all"),
        ("<td>to the end", "<td>stopped"),
        ("z\"", "zz\""),
        (" 2 h after sessions of a trial, from ", " 2 h after sessions of a trial, all "),
    ] {
        assert!(page.contains(right), "{right}");
        let file = home.file("wrong.html", &page.replacen(right, wrong, if right == "z\"" { 5 } else { 1 }));
        let mut command = Command::new(PYTHON);
        command.args([script("recompute.py"), file, exported(&home)]);
        assert_eq!(programs::output(&mut command).status.code(), Some(1), "{right}");
    }
}

/// Names, notes and protocols that are markup stay text, and texts from right to left end where they end.
#[test]
fn foreign_texts_are_inert() {
    if !has_python() {
        return;
    }
    let (home, _) = invented(&["--hostile", "--sessions", "12", "--notes", "6", "--sites", "2"]);
    let name = "</title></bdi><script>alert(1)</script>\u{202e}\u{5d0}\u{fffe}\u{1b}[2J".repeat(100);
    let page = agrees(&home, &["--name", &name], &[]);
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"), "no markup of others");
    assert_eq!(page.matches("</title>").count(), 1 + page.matches("-title\"").count() / 2);
    assert!(!page.contains(['\u{202e}', '\u{2066}', '\u{fffe}', '\u{1b}']), "nothing invisible");
    assert!(page.contains(
        "<bdi>&lt;/title&gt;&lt;/bdi&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}\u{5d0}\u{fffd}\\u{1b}[2J"
    ));
    // Readable: the whole note is there, 10,000 letters long.
    assert!(page.contains("slept badly&lt;/script&gt;") || page.contains("walked an hour&lt;/script&gt;"), "{name}");
}

/// What is on the page without a browser: nothing that loads or runs, and its parts in their order.
#[test]
fn the_page_has_its_parts_in_order_and_loads_nothing() {
    let home = Home::at_rate(2_000.0);
    home.session(&["ice", "--pain", "6"]);
    home.ask(&["pain", "3"]);
    home.ask(&["note", "skin was white for a minute"]);
    home.ask(&["injury", "set", "30h ago"]);
    let page = page(&home, &["--name", "Anna B."]);
    let parts = [
        "Heat and cold</h1>",
        "Anna B.",
        "lower back: injured ",
        "To look at</h2>",
        "What was agreed</h2>",
        "Pain over time",
        "Dose a day",
        "Kept</h2>",
        "What a clinician should see</h2>",
        "What these numbers may say</h2>",
        "All sessions</h2>",
        "Evidence and sources</h2>",
        "Measured by a timer",
        "not medical advice",
        "therapy 0.1.0",
    ];
    let mut at = page.find("<body>").expect("a body");
    for part in parts {
        at += page[at..].find(part).unwrap_or_else(|| panic!("{part} is missing, or too early: {page}"));
    }
    assert!(page.contains("default-src 'none'") && !page.contains("http://") && !page.contains("https://"));
    assert!(!page.contains("url(h") && !page.contains("@import") && !page.contains("src="));
    assert_eq!(page.matches("<svg role=\"img\"").count(), 2);
    assert!(page.contains("1 note about the skin") && page.contains("15 of 15"), "{page}");
    assert!(page.contains("1 pair: too few to tell. It takes 6 pairs"), "{page}");
    // Without a name there is none.
    assert!(!self::page(&home, &[]).contains("Anna"));
}

#[test]
fn an_overridden_rule_is_seen() {
    let home = Home::at_rate(2_000.0);
    home.ask(&["injury", "set", "30h ago"]);
    home.session(&["heat", "--override", "early-heat"]);
    assert!(page(&home, &[]).contains("early-heat: 1 session, last "));
    // Of what came before, nothing is shown.
    home.sql().execute("UPDATE session SET started_ms = started_ms - 86400000", []).expect("a row");
    let later = page(&home, &["--since", "1h ago"]);
    assert!(!later.contains("early-heat: ") && later.contains("No session was recorded in this time."), "{later}");
}

/// What `log` says about a dose over the limit is on the page, with a warning sign or without.
#[test]
fn a_logged_dose_over_the_limit_is_seen() {
    let home = Home::new();
    let logged = |arguments: &[&str], over: &str| {
        let said = home.ask(&[&["log"], arguments].concat());
        assert_eq!(said.contains("over the limit"), !over.is_empty(), "{said}");
        assert!(said.contains(over), "{said}");
    };
    logged(&["cold", "20", "--ended", "30h ago", "--site", "neck"], "");
    assert!(page(&home, &[]).contains("no pack on for too long"), "at the limit");
    logged(&["cold", "90", "--ended", "19h ago"], "That is 1 h 10 min of cold over the limit");
    let first = page(&home, &[]);
    assert!(first.contains("<li>1 logged dose over the limit, by 1 h 10 min"), "{first}");
    assert!(first.contains(" cold: logged by hand, 1 h 10 min over the limit"), "{first}");
    assert!(!first.contains("Nothing: "), "{first}");
    // Two that are over it only together, beside each other.
    logged(&["heat", "20", "--ended", "90min ago", "--site", "left-knee"], "");
    logged(&["heat", "20", "--ended", "70min ago", "--site", "left-thigh"], "That is 10 min of heat over the limit");
    home.ask(&["safety", "--answer", "7"]);
    let page = if has_python() { agrees(&home, &[], &[]) } else { page(&home, &[]) };
    assert!(page.contains("a warning sign applies now"), "{page}");
    assert!(page.contains("<li>2 logged doses over the limit, the most by 1 h 10 min"), "{page}");
    assert!(page.contains("<bdi>heat · left thigh</bdi>: logged by hand, 10 min over the limit"), "{page}");
    let neck = self::page(&home, &["--site", "neck"]);
    assert!(!neck.contains("logged by hand, "), "{neck}");
    // What was taken back is not on it.
    home.ask(&["undo"]);
    assert!(self::page(&home, &[]).contains("<li>1 logged dose over the limit, by 1 h 10 min"));
}

/// The dose before it may be that of a session.
#[test]
fn a_logged_dose_over_the_limit_after_a_session_is_seen() {
    let home = Home::at_rate(2_000.0);
    home.session(&["ice"]);
    let said = home.ask(&["log", "cold", "15"]);
    assert!(said.contains(" of cold over the limit"), "{said}");
    let page = page(&home, &[]);
    assert!(page.contains("<li>1 logged dose over the limit, by "), "{page}");
}

#[test]
fn a_page_replaces_a_page_and_no_other_file() {
    let home = Home::new();
    let first = page(&home, &[]);
    assert!(first.starts_with(therapy::output::report::MARK), "{first}");
    home.ask(&["log", "cold", "15"]);
    assert!(page(&home, &[]).contains("logged by hand"));
    let mode = std::fs::metadata(home.path().join("page.html")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only the person can read it");
    let other = format!("<!-- mine -->{first}");
    home.file("other.html", &other);
    home.file("empty.html", "");
    std::fs::create_dir(home.path().join("folder")).expect("a folder");
    symlink("/nowhere/at/all", home.path().join("link.html")).expect("a link");
    for (file, why) in [
        ("other.html", "error: there is already a file other.html\n  give the name of a new file\n"),
        ("empty.html", "error: there is already a file empty.html\n  give the name of a new file\n"),
        ("link.html", "error: there is already a file link.html\n  give the name of a new file\n"),
        ("folder", "error: folder is a folder\n  try: therapy report folder/report.html\n"),
        (
            "none/page.html",
            "error: could not write none/page.html: No such file or directory\n  give the name of a new file, in a folder that you can write to\n",
        ),
    ] {
        let output = home.run(&["report", file]);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), why), "{file}");
    }
    assert_eq!(std::fs::read_to_string(home.path().join("other.html")).expect("a file"), other);
    let names = std::fs::read_dir(home.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let names =
        names.filter_map(|name| name.into_string().ok()).filter(|name| name.contains("html") || name.contains(".new"));
    let names: Vec<_> = names.collect();
    assert_eq!(names.len(), 4, "no drafts are left: {names:?}");
}

#[test]
fn without_a_journal_the_page_says_that_nothing_was_recorded() {
    let home = Home::empty();
    let page = page(&home, &[]);
    for text in
        ["No session was recorded", "No pain was noted", "No heat or cold was recorded", "no injury time is set"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!home.journal().exists(), "it makes none");
    // Standard output gets the page and nothing else.
    let output = stdout(&home.run(&["report", "-"]));
    assert!(output.starts_with("<!DOCTYPE html>") && output.ends_with("</html>"), "{output}");
    let refused = home.run(&["report", "-", "--open"]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
}

#[test]
fn each_profile_has_its_own_page() {
    let home = Home::new();
    home.ask(&["profiles", "--add", "anna"]);
    home.ask(&["--profile", "anna", "log", "cold", "15"]);
    assert!(!page(&home, &[]).contains("logged by hand"));
    let hers = page(&home, &["--profile", "anna"]);
    assert!(hers.contains("logged by hand") && !hers.contains("anna"), "no name that was not given: {hers}");
}

/// The opener of the desktop gets the absolute path; what it says is passed on, and the page stays.
#[cfg(target_os = "linux")]
#[test]
fn open_calls_the_opener_and_says_when_it_fails() {
    let home = Home::new();
    let opener = |script: &str| {
        let file = home.file("bin/xdg-open", &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    };
    let run = || {
        let mut command = home.command(&["report", "page.html", "--open"]);
        let path = home.path().join("bin");
        programs::output(command.env("PATH", path.to_str().expect("a plain path")))
    };
    let missing = run();
    let why = "error: could not open page.html: xdg-open is not installed\n  the page is written; open it in a browser yourself\n";
    assert_eq!((missing.status.code(), stderr(&missing).as_str()), (Some(1), why));
    opener("exit 3");
    assert!(stderr(&run()).starts_with("error: could not open page.html: xdg-open failed (exit status: 3)"));
    let seen = home.path().join("opened").display().to_string();
    opener(&format!("echo \"$1\" > {seen}"));
    assert_eq!(run().status.code(), Some(0));
    let expected = format!("{}\n", home.path().join("page.html").display());
    assert_eq!(std::fs::read_to_string(&seen).expect("what was opened"), expected);
    // A browser that stays open keeps nobody waiting for long.
    opener("exec /bin/sleep 20");
    let start = clock::now();
    assert_eq!(run().status.code(), Some(0));
    assert!(clock::now().since(start) < std::time::Duration::from_secs(15));
}
