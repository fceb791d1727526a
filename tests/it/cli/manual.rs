//! The man pages, as `mandoc` reads them.

use std::path::Path;
use std::process::Command;

use therapy::text::manual::{DATE, ENVIRONMENT, EXIT_CODES};

use crate::programs::{are_installed, output};
use crate::support::{Home, stderr, stdout};

/// What the test with a reader of man pages needs.
const NEEDED: &[(&[&str], &str)] = &[(&["mandoc", "/dev/null"], "mandoc")];

/// The package that the test with a reader needs.
pub fn packages() -> impl Iterator<Item = &'static str> {
    NEEDED.iter().map(|(_, package)| *package)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("the file")
}

#[test]
fn the_main_page_has_all_sections_in_the_usual_order() {
    let page = Home::new().ask(&["man"]);
    let version = env!("CARGO_PKG_VERSION");
    let title = format!(".TH THERAPY 1 {DATE} \"therapy {version}\" \"therapy manual\"");
    assert!(page.contains(&title), "{page}");
    let sections: Vec<_> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
    let expected = [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "SUBCOMMANDS",
        "\"EXIT STATUS\"",
        "ENVIRONMENT",
        "FILES",
        "EXAMPLES",
        "NOTES",
    ];
    assert_eq!(sections, expected, "{page}");
}

/// Every reference is the name of a page that is written, and `man` prints each of them.
#[test]
fn every_page_is_written_linked_and_printed() {
    let home = Home::new();
    let said = home.ask(&["man", "--to", "pages/man1"]);
    let files = std::fs::read_dir(home.path().join("pages/man1")).expect("a folder");
    let pages: Vec<_> = files.map(|file| file.expect("a file").file_name().into_string().expect("plain")).collect();
    assert!(pages.len() > 25 && said.starts_with(&format!("{} pages in ", pages.len())), "{said}{pages:?}");
    let mut linked = std::collections::BTreeSet::from(["therapy.1".to_owned()]);
    for page in &pages {
        let text = std::fs::read_to_string(home.path().join("pages/man1").join(page)).expect("a page");
        let name = page.trim_end_matches(".1");
        assert!(text.contains(&format!(".TH {} 1 ", name.to_uppercase())), "{page}: {text}");
        let words: Vec<_> = name.split('-').skip(1).collect();
        assert_eq!(home.ask(&[&["man"], &words[..]].concat()), text, "{page}");
        let plain = text.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "");
        for (before, _) in plain.match_indices("(1)").map(|(at, _)| plain.split_at(at)) {
            let name = before.rsplit([' ', '\n']).next().expect("a name");
            assert!(pages.contains(&format!("{name}.1")), "{page} names {name}");
            linked.insert(format!("{name}.1"));
        }
    }
    assert_eq!(linked.len(), pages.len(), "{pages:?}");
    let output = home.run(&["man", "runn"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("try: therapy man run"), "{}", stderr(&output));
    home.file("taken", "");
    let output = home.run(&["man", "--to", "taken"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""), "{}", stderr(&output));
    assert!(stderr(&output).replace('\\', "/").contains("could not write taken/"), "{}", stderr(&output));
}

#[test]
fn mandoc_finds_nothing_wrong_with_any_page() {
    if !are_installed(NEEDED, "the man pages in mandoc") {
        return;
    }
    let home = Home::new();
    home.ask(&["man", "--to", "man1"]);
    for file in std::fs::read_dir(home.path().join("man1")).expect("a folder") {
        let path = file.expect("a file").path();
        let lint = output(Command::new("mandoc").args(["-T", "lint"]).arg(&path));
        assert_eq!((lint.status.code(), stdout(&lint).as_str()), (Some(0), ""), "{}", path.display());
    }
}

#[test]
fn the_tables_of_the_manual_are_those_of_the_readme_and_the_program() {
    let readme = read("README.md");
    for (code, meaning) in EXIT_CODES {
        assert!(readme.contains(&format!("| {code} | {meaning} |")), "{code}");
    }
    let manual: Vec<_> = ENVIRONMENT.iter().flat_map(|(names, _)| names.split(", ")).collect();
    for name in &manual {
        let is_in_readme = readme.contains(&format!("`{name}")) || readme.contains(&format!("${name}"));
        assert!(is_in_readme, "{name}");
    }
    for name in ["THERAPY_CONFIG_DIR", "THERAPY_DATA_DIR", "THERAPY_PROFILE", "NO_COLOR", "TZ"] {
        assert!(manual.contains(&name), "{name}");
    }
    // A released page is of the day of its release.
    let changelog = read("CHANGELOG.md");
    let heading = changelog.lines().find_map(|line| line.strip_prefix("## ")).expect("a version");
    assert!(heading.ends_with("(unreleased)") || heading.ends_with(&format!("({DATE})")), "{heading}");
}
