//! Files that a command writes: whatever else is there stays, and so does what a link leads to.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use therapy::edge::files::{Readers, put, replace};

use crate::support::{Home, stderr};

fn mode(file: &Path) -> u32 {
    fs::metadata(file).expect("a file").permissions().mode() & 0o777
}

/// The names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().expect("plain")).collect();
    names.sort();
    names
}

#[test]
fn a_calendar_is_replaced_and_any_other_file_stays() {
    let home = Home::new();
    let plan = |file: &str| home.run(&["plan", "ice", "--ics", file]);
    assert_eq!(plan("plan.ics").status.code(), Some(0));
    let calendar = home.path().join("plan.ics");
    assert_eq!(mode(&calendar), 0o600, "only the person can read it");
    // A later plan takes its place, even where everybody could read it.
    fs::set_permissions(&calendar, fs::Permissions::from_mode(0o644)).expect("a file");
    home.ask(&["plan", "heat", "--ics", "plan.ics"]);
    assert!(fs::read_to_string(&calendar).expect("a file").contains("therapy run heat"));
    assert_eq!(mode(&calendar), 0o600);

    let other = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//someone//else//EN\r\nEND:VCALENDAR\r\n";
    home.file("other.ics", other);
    home.file("short.ics", "BEGIN:VCALENDAR\r\n");
    home.file("empty.ics", "");
    home.file("notes.txt", "mine");
    symlink("notes.txt", home.path().join("link.ics")).expect("a link");
    symlink("nowhere", home.path().join("dangling.ics")).expect("a link");
    let journal = fs::read(home.journal()).expect("a journal");
    for file in ["other.ics", "short.ics", "empty.ics", "link.ics", "dangling.ics", "data/journal.db"] {
        let output = plan(file);
        let expected =
            format!("error: there is already a file {file}\n  give the name of a new file\n  the plan is kept\n");
        assert_eq!((output.status.code(), stderr(&output)), (Some(1), expected));
    }
    let read = |name: &str| fs::read_to_string(home.path().join(name)).expect("a file");
    assert_eq!((read("other.ics"), read("empty.ics"), read("notes.txt")), (other.into(), String::new(), "mine".into()));
    // The plan itself is kept there, but it is still a journal.
    assert_eq!(fs::read(home.journal()).expect("a journal")[..16], journal[..16]);
    assert!(home.number("SELECT count(*) FROM planned") > 0);
    let output = plan("data");
    assert!(stderr(&output).contains("try: therapy plan --ics data/plan.ics"), "{}", stderr(&output));
}

/// Names that a draft could have had are those of other files.
#[test]
fn a_file_beside_it_stays() {
    let home = Home::new();
    home.file("plan.ics.new", "mine");
    home.file("notes.txt", "mine too");
    symlink("notes.txt", home.path().join("later.ics.new")).expect("a link");
    for file in ["plan.ics", "later.ics"] {
        home.ask(&["plan", "ice", "--ics", file]);
    }
    for (file, text) in [("plan.ics.new", "mine"), ("later.ics.new", "mine too"), ("notes.txt", "mine too")] {
        assert_eq!(fs::read_to_string(home.path().join(file)).expect("a file"), text, "{file}");
    }

    // The draft finds a name of its own, and leaves nothing.
    let folder = home.path().join("drafts");
    fs::create_dir(&folder).expect("a folder");
    let taken = |number: u32| format!("therapy.{}.{number}.new", std::process::id());
    symlink("../notes.txt", folder.join(taken(0))).expect("a link");
    fs::write(folder.join(taken(1)), "mine as well").expect("a file");
    put(&folder.join("page"), b"one", Readers::Owner, |_| false).expect("a new file");
    replace(&folder.join("page"), b"two", Readers::Owner).expect("a file");
    let refused = put(&folder.join("page"), b"three", Readers::Owner, |beginning| beginning == b"one");
    assert_eq!(refused.expect_err("another file").kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(folder.join("page")).expect("a file"), "two");
    assert_eq!(fs::read_to_string(folder.join(taken(1))).expect("a file"), "mine as well");
    assert_eq!(fs::read_to_string(home.path().join("notes.txt")).expect("a file"), "mine too");
    assert_eq!(names(&folder), ["page".to_owned(), taken(0), taken(1)]);
}

#[test]
fn pages_of_the_manual_are_replaced_and_any_other_file_stays() {
    let home = Home::new();
    home.ask(&["man", "--to", "man1"]);
    let folder = home.path().join("man1");
    let page = folder.join("therapy.1");
    let text = fs::read_to_string(&page).expect("a page");
    assert_eq!(mode(&page) & 0o044, mode(Path::new(&home.file("plain", ""))) & 0o044, "whom the umask allows");
    // One of another version.
    fs::write(&page, text.replace("therapy 0.1.0", "therapy 0.0.9")).expect("a file");
    home.ask(&["man", "--to", "man1"]);
    assert_eq!(fs::read_to_string(&page).expect("a page"), text);
    let all = names(&folder);
    assert!(all.iter().all(|name| name.ends_with(".1")), "{all:?}");

    home.file("notes.txt", "mine");
    let other = text.replace("\"therapy manual\"", "\"manual of somebody\"");
    for (name, content) in [("other", Some(other.as_str())), ("empty", Some("")), ("link", None)] {
        let file = home.path().join(name).join("therapy.1");
        if let Some(content) = content {
            home.file(&format!("{name}/therapy.1"), content);
        } else {
            fs::create_dir(home.path().join(name)).expect("a folder");
            symlink("../notes.txt", &file).expect("a link");
        }
        let output = home.run(&["man", "--to", name]);
        let expected = format!(
            "error: {name}/therapy.1 is there already, and is no page of therapy\n  \
             move it away, or name another folder: therapy man --to man1\n"
        );
        assert_eq!((output.status.code(), stderr(&output)), (Some(1), expected));
        assert_eq!(fs::read_to_string(&file).expect("a file"), content.unwrap_or("mine"));
    }
}
