//! The key `fits` of protocol files.

use serde_json::{Value, json};

use crate::support::{Home, stderr, stdout};

#[test]
fn a_wrong_word_of_fits_has_its_place_and_a_suggestion() {
    let home = Home::new();
    let file =
        |fits: &str| home.file("own.toml", &format!("fits = {fits}\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n"));
    for (fits, place, message, hint) in [
        ("\"acut\"", (1, 8), "`fits` does not know \"acut\"", "did you mean `acute`?"),
        ("[\"later\", \"spasms\"]", (1, 18), "`fits` does not know \"spasms\"", "did you mean `spasm`?"),
        ("\"zzz\"", (1, 8), "`fits` does not know \"zzz\"", "write one of acute, later, spasm, recovery"),
        (
            "3",
            (1, 8),
            "expected one of \"acute\", \"later\", \"spasm\", \"recovery\", or a list of them, found integer",
            "",
        ),
    ] {
        let path = file(fits);
        let checked = home.run(&["check", &path, "--json"]);
        assert_eq!(checked.status.code(), Some(2), "{fits}");
        let document: Value = serde_json::from_slice(&checked.stdout).expect("JSON");
        let text = document.to_string();
        let shown = stdout(&home.run(&["check", &path])) + &stderr(&home.run(&["check", &path]));
        assert!(text.contains(&message.replace('"', "\\\"")) && shown.contains(hint), "{fits}: {text}\n{shown}");
        assert!(shown.contains(&format!(":{}:{}", place.0, place.1)), "{shown}");
    }
    for fits in ["\"acute\"", "[\"acute\", \"recovery\"]", "[]", "[\"spasm\", \"spasm\"]"] {
        assert_eq!(home.run(&["check", &file(fits)]).status.code(), Some(0), "{fits}");
    }
}

#[test]
fn list_and_show_say_what_a_protocol_is_for() {
    let home = Home::new();
    home.file(
        "config/protocols/mine.toml",
        "fits = [\"spasm\", \"later\"]\n[[step]]\ndo = \"heat\"\nfor = \"10min\"\n",
    );
    assert!(home.ask(&["list"]).ends_with("  spasm, later\n"), "{}", home.ask(&["list"]));
    let listed = home.json(&["list", "--json"]);
    let row =
        |name: &str| listed.as_array().expect("a list").iter().find(|row| row["name"] == name).expect("a row").clone();
    assert_eq!((&row("mine")["fits"], &row("ice")["fits"]), (&json!(["spasm", "later"]), &json!([])));
    assert!(home.ask(&["show", "mine"]).contains("     fits: spasm, later           from the file's author\n"));
    assert_eq!(home.json(&["show", "mine", "--json"])["fits"], json!(["spasm", "later"]));
}
