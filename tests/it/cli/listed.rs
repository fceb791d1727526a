//! The columns of `list`.
#![cfg(unix)]

use textwrap::core::display_width;

use crate::support::Home;
use crate::terminal::Terminal;

const COLD: &str = "[[step]]\ndo = \"cold\"\nfor = \"12min\"\n";

/// The rows of `list` on a terminal of this width.
fn rows(home: &Home, width: u16) -> Vec<String> {
    let mut terminal = Terminal::start(home.command(&["list"]), 60, width);
    assert_eq!(terminal.end().code(), Some(0));
    terminal.text().lines().map(|line| line.trim_end_matches('\r').to_owned()).collect()
}

/// Whatever a person's files are, the built-in protocols have the same rows, and no row is too wide for 80 columns.
#[test]
fn no_file_of_a_person_moves_the_columns_of_the_list() {
    let home = Home::new();
    let bare = rows(&home, 80);
    assert_eq!(bare.len(), 6, "{bare:?}");
    let steps = |kind: &str, length: &str, times: usize| {
        format!("[[step]]\ndo = \"{kind}\"\nfor = \"{length}\"\n").repeat(times)
    };
    home.file("config/protocols/forty.toml", &(steps("rest", "1min 30s", 39) + COLD));
    home.file("config/protocols/seconds.toml", &steps("cold", "12min 59s", 1));
    home.file("config/protocols/long-total.toml", &(steps("rest", "1h 10min 10s", 2) + &steps("heat", "30s", 1)));
    let wide = "冷".repeat(40);
    for name in ["a name of just forty letters, all needed!", "as-long-as-one", "fifteen-letters", &wide] {
        assert!(name.chars().count() <= 41);
        home.file(&format!("config/protocols/{name}.toml"), COLD);
    }
    home.file("config/protocols/huge.toml", &format!("name = \"{}\"\n{COLD}", "x".repeat(300)));
    let listed = rows(&home, 80);
    assert_eq!((&listed[..6], listed[6].as_str()), (&bare[..], "Yours"));
    assert!(listed.iter().all(|row| display_width(row) <= 80), "{listed:#?}");
    let fits = |row: &&String| row.ends_with("from the first hour") || row.ends_with("from 3 days after injury");
    for row in listed.iter().filter(fits) {
        assert_eq!(row.find("from ").map(|at| display_width(&row[..at])), Some(56), "{row}");
    }
    let has = |row: &str| assert!(listed.iter().any(|known| known == row), "{row}: {listed:#?}");
    has("as-long-as-one  cold 12 min                     12 min  from the first hour");
    has("fifteen-letters");
    has("                cold 12 min                     12 min  from the first hour");
    has("forty           rest 1 min 30 s, res…  1 h 10 min 30 s  from the first hour");
    has("seconds         cold 12 min 59 s           12 min 59 s  from the first hour");
    // A pipe has the rows of 80 columns, and a wide terminal more of the steps.
    let piped = home.ask(&["list"]);
    assert!(piped.starts_with(&(bare.join("\n") + "\nYours\n")), "{piped}");
    assert!(piped.contains("rest 1 min 30 s, res…"), "{piped}");
    assert!(rows(&home, 120).iter().any(|row| row.contains("rest 1 min 30 s, rest 1 min 30 s, rest 1 min 30 s")));
    let forty = home.json(&["list", "--json"]);
    let forty = forty.as_array().expect("a list").iter().find(|row| row["name"] == "forty").expect("a row");
    assert_eq!(
        forty["steps"].as_str().map(|steps| steps.matches("rest 1 min 30 s").count()),
        Some(39),
        "programs get all"
    );
}
