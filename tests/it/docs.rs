//! Checks README, ARCHITECTURE.md and CHANGELOG.md against the program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use therapy::domain::rules::{RuleId, Severity};
use therapy::format;

use crate::programs::DEADLINE;
use crate::support::{Home, stderr, stdout};

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("the file")
}

/// The fenced code blocks of one language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

/// Runs the commands in the README and compares the output.
#[test]
fn the_output_in_the_readme_is_real() {
    let home = Home::new();
    let cases = trycmd::TestCases::new();
    cases.timeout(DEADLINE);
    cases.default_bin_path(env!("CARGO_BIN_EXE_therapy"));
    for (name, value) in home.environment() {
        cases.env(name, value);
    }
    cases.case("README.md");
}

/// trycmd would want the exit code between the command and its output, where no reader expects it.
#[test]
fn the_refusal_in_the_readme_is_real() {
    let readme = read("README.md");
    let [shown] = blocks(&readme, "text")[..] else { panic!("one refusal in the README") };
    let (command, expected) = shown.split_once('\n').expect("a command and its output");
    let words: Vec<_> = command.strip_prefix("$ therapy ").expect("a command").split(' ').collect();
    let output = Home::new().run(&words);
    assert_eq!((output.status.code(), stderr(&output).as_str(), stdout(&output).as_str()), (Some(3), expected, ""));
    assert!(readme.contains("| 3 | refused by a rule |"));
}

#[test]
fn the_protocol_in_the_readme_is_accepted() {
    let readme = read("README.md");
    let [protocol] = blocks(&readme, "toml")[..] else { panic!("one protocol in the README") };
    let parsed = format::parse(protocol, "readme");
    let refused: Vec<_> =
        parsed.review().into_iter().filter(|problem| problem.level >= format::Level::Refused).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(parsed.draft.name, "desk-back");
}

#[test]
fn the_two_commands_in_the_readme_name_an_existing_protocol() {
    let readme = read("README.md");
    let commands = blocks(&readme, "sh")[0];
    assert!(commands.contains("cargo run --release -- run contrast"));
    assert!(commands.contains("cargo test"));
    assert!(read(".ci/run").contains("cargo test"));
    assert!(therapy::edge::catalog::built_in("contrast").is_some());
}

/// The README names the packages that tests need, and `.ci/run` installs them.
#[cfg(target_os = "linux")]
#[test]
fn the_readme_names_the_packages_for_tests_and_ci_installs_them() {
    let (readme, landing) = (read("README.md"), read(".ci/run"));
    let packages = crate::desktop::packages().chain(crate::calendar::packages()).chain(crate::schema::packages());
    let packages = packages.chain(crate::completions::packages()).chain(crate::cli::manual::packages());
    for package in packages.chain([crate::trials::numbers::SCIPY.1]) {
        assert!(readme.contains(&format!("`{package}`")), "{package}");
        assert!(landing.contains(&format!(" {package}")) || landing.contains(&format!("({package}")), "{package}");
    }
}

/// Tests that need a variable still run for every change.
#[cfg(target_os = "linux")]
#[test]
fn ci_sets_every_variable_that_enables_tests_and_the_readme_names_it() {
    let (readme, landing) = (read("README.md"), read(".ci/run"));
    let tests = landing.lines().find(|line| line.contains("cargo test")).expect("the tests");
    for variable in [crate::programs::REQUIRED, crate::lateness::BUSY] {
        let set = format!("{variable}=1");
        assert!(tests.contains(&set) && readme.contains(&format!("`{set}`")), "{set}");
    }
}

#[test]
fn the_readme_shows_which_rules_can_be_overridden() {
    let readme = read("README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut seen = 0;
    for row in rows.filter(|row| row.matches('|').count() == 4) {
        let (id, rest) = row.split_once('`').expect("a name in backticks");
        let rule = RuleId::from_name(id).map_or_else(|| panic!("no rule {id}"), RuleId::rule);
        assert_eq!(rest.trim_end().ends_with("| yes |"), rule.severity == Severity::Overridable, "{id}");
        seen += 1;
    }
    assert!(seen >= 5, "{seen} rules");
}

/// What to write for status bars is accepted, and has an icon for every state.
#[test]
fn the_snippets_for_status_bars_work() {
    let (bars, home) = (read("docs/status-bars.md"), Home::new());
    let formats: BTreeSet<&str> = bars
        .split("--format ")
        .skip(1)
        .filter_map(|rest| rest.split(['"', '\'']).nth(1).filter(|_| rest.starts_with(['"', '\''])))
        .collect();
    assert!(formats.len() >= 2, "{formats:?}");
    for format in formats {
        let output = home.run(&["status", "--format", format]);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""), "{format}");
    }
    let fields = bars.split("`{").skip(1).filter_map(|rest| rest.split_once("}`")).map(|(field, _)| field);
    for field in fields {
        assert_eq!(home.run(&["status", "--format", &format!("{{{field}}}")]).status.code(), Some(1), "{field}");
    }
    let waybar = blocks(&bars, "json")[0];
    let waybar: serde_json::Value = serde_json::from_str(&format!("{{{waybar}}}")).expect("JSON");
    let icons = waybar["custom/therapy"]["format-icons"].as_object().expect("icons");
    let states = ["cold", "heat", "held", "none", "overrun", "paused", "rest", "stretch"];
    assert!(icons.keys().eq(states), "{icons:?}");
}

#[test]
fn the_changelog_names_the_version() {
    let changelog = read("CHANGELOG.md");
    assert!(changelog.contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
}

/// Names of the source files in a folder. With `deep`, files of subfolders; otherwise, names of subfolders.
fn names(folder: &Path, deep: bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_str().expect("plain").to_owned();
        if !path.is_dir() {
            let is_source = path.extension().is_some_and(|extension| extension == "rs");
            names.extend((is_source && !["mod.rs", "lib.rs", "tests.rs"].contains(&&*name)).then_some(name));
        } else if deep {
            names.extend(self::names(&path, true));
        } else {
            names.insert(name + "/");
        }
    }
    names
}

#[test]
fn every_file_that_architecture_md_names_exists() {
    let architecture = read("ARCHITECTURE.md");
    let quoted = architecture.split('`').skip(1).step_by(2);
    // A file has a folder and an extension. NAME is a placeholder.
    let is_path = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let is_file = |text: &str| text.contains('/') && text.contains('.') && !text.contains("NAME");
    let paths: Vec<&str> = quoted.filter(|text| is_path(text) && is_file(text)).collect();
    assert!(paths.len() > 10, "{paths:?}");
    for path in paths {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists(), "{path}");
    }
}

/// The map lists every file and folder of `src`, and no others. A folder is either listed as a whole or
/// with all its files.
#[test]
fn the_source_map_is_complete() {
    let architecture = read("ARCHITECTURE.md");
    let map = blocks(&architecture, "")[0];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut listed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut folder = "";
    for line in map.lines().skip_while(|line| *line != "src/").skip(1).take_while(|line| line.starts_with(' ')) {
        let name = line.split_whitespace().next().expect("a name");
        if line.starts_with("    ") {
            listed.entry(folder).or_default().insert(name.to_owned());
        } else {
            listed.entry("").or_default().insert(name.to_owned());
            folder = name;
        }
    }
    assert!(listed[""].len() > 5, "{listed:?}");
    for (folder, files) in listed {
        let mut there = names(&src.join(folder), !folder.is_empty());
        // These are not code.
        there.remove("protocols/");
        there.remove("sounds/");
        assert_eq!(files, there, "src/{folder}");
    }
}

/// `docs/picture` makes them.
#[test]
fn every_picture_of_the_readme_is_there_small_and_of_a_real_session() {
    let readme = read("README.md");
    let linked = readme.split("](docs/").skip(1).filter_map(|rest| rest.split_once(')')).map(|(name, _)| name);
    let pictures: BTreeSet<&str> = linked.filter(|name| !name.contains(".md")).collect();
    assert_eq!(pictures, BTreeSet::from(["overrun.svg", "paused.svg", "session.svg", "wide.svg"]));
    for name in pictures {
        let picture = read(&format!("docs/{name}"));
        assert!(picture.starts_with("<svg ") && picture.len() < 50_000, "{name}: {} bytes", picture.len());
        assert!(!picture.contains("REHEARSAL") && picture.contains(">stop<"), "{name}");
    }
}
