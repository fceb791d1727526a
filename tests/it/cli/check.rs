//! `check` of standard input, folders and names, and of bytes that are no text.

use std::io::Write as _;
use std::path::MAIN_SEPARATOR_STR;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::programs::finish;
use crate::support::{Home, stderr, stdout};

const COLD: &str = "[[step]]\ndo = \"cold\"\nfor = \"12min\"\n";
const TOO_COLD: &str = "[[step]]\ndo = \"cold\"\nfor = \"25min\"\n";

/// Runs the program with these bytes on its standard input.
fn with_input(home: &Home, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = home.command(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // The program may close its end before all is written.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    finish(child)
}

/// The level, the line, the column and the message of each problem of a document.
fn problems(document: &Value) -> Vec<(&str, u64, u64, &str)> {
    let problems = document["problems"].as_array().expect("a list").iter();
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    problems
        .map(|problem| {
            let [level, message] = ["level", "message"].map(|key| problem[key].as_str().expect("a text"));
            (level, number(&problem["line"]), number(&problem["column"]), message)
        })
        .collect()
}

#[test]
fn standard_input_is_checked_like_a_file() {
    let home = Home::new();
    for (text, code, end) in [
        (COLD, 0, "standard input: may run\n"),
        (TOO_COLD, 3, "standard input: cannot run: 1 problem\n"),
        ("[[step]]\ndo = \"cold\"\n", 2, "standard input: cannot run: 1 problem\n"),
        ("", 2, "standard input: cannot run: 1 problem\n"),
    ] {
        let output = with_input(&home, &["check", "-"], text.as_bytes());
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(stdout(&output).ends_with(end), "{}", stdout(&output));
    }
    let output = with_input(&home, &["check", "-", "--json"], TOO_COLD.as_bytes());
    assert_eq!(output.status.code(), Some(3));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&document[0]["file"], &document[0]["may_run"]), (&"-".into(), &false.into()));
    assert_eq!(problems(&document[0])[0].1, 3);
    home.file("-", &format!("name = \"dash\"\n{TOO_COLD}"));
    assert_eq!(home.run(&["check", "./-"]).status.code(), Some(3), "a file of this name");
}

#[test]
fn endless_input_is_refused_at_once() {
    let home = Home::new();
    for (length, code) in [((1 << 16) - COLD.len(), 0), ((1 << 16) - COLD.len() + 1, 2), (1 << 20, 2)] {
        let long = COLD.to_owned() + &"#".repeat(length);
        let output = with_input(&home, &["check", "-"], long.as_bytes());
        assert_eq!(output.status.code(), Some(code), "{length}");
        let is_refused =
            stdout(&output).starts_with("error: could not read standard input: it is larger than 64 KiB\n");
        assert_eq!(is_refused, code == 2, "{}", stdout(&output));
    }
}

#[test]
fn every_protocol_file_of_a_folder_is_checked() {
    let home = Home::new();
    let checked = |arguments: &[&str]| {
        let output = home.run(arguments);
        (output.status.code().expect("an end"), stdout(&output))
    };
    let native = |text: &str| text.replace('/', MAIN_SEPARATOR_STR);
    std::fs::create_dir(home.path().join("mine")).expect("a folder");
    for word in ["mine", "./mine", "mine/"] {
        assert_eq!(checked(&["check", word]), (0, format!("{word}: no protocol files (.toml) in this folder\n")));
    }
    let none = home.run(&["check", "mine", "--json"]);
    assert_eq!((stdout(&none).as_str(), none.status.code()), ("[]\n", Some(0)));
    assert_eq!(stderr(&none), "mine: no protocol files (.toml) in this folder\n");

    home.file("mine/b.TOML", COLD);
    home.file("mine/a.toml", COLD);
    home.file("mine/notes.txt", "no protocol");
    home.file("mine/deeper/c.toml", TOO_COLD);
    assert_eq!(checked(&["check", "mine"]), (0, native("mine/a.toml: may run\nmine/b.TOML: may run\n")));
    home.file("mine/c.toml", TOO_COLD);
    let (code, text) = checked(&["check", "mine"]);
    assert!(code == 3 && text.ends_with(&native("mine/c.toml: cannot run: 1 problem\n")), "{text}");
    home.file("mine/d.toml", "step");
    let (code, text) = checked(&["check", "mine", "--json"]);
    let documents: Value = serde_json::from_str(&text).expect("JSON");
    let may_run =
        documents.as_array().expect("a list").iter().map(|file| (file["file"].as_str(), file["may_run"].as_bool()));
    let expected = [("a.toml", true), ("b.TOML", true), ("c.toml", false), ("d.toml", false)];
    let expected = expected.map(|(file, may_run)| (native(&format!("mine/{file}")), may_run));
    assert!(may_run.eq(expected.iter().map(|(file, may_run)| (Some(file.as_str()), Some(*may_run)))), "{text}");
    assert_eq!(code, 2);
}

#[test]
fn a_name_is_checked_wherever_its_protocol_is() {
    let home = Home::new();
    let own = home.file("config/protocols/file.toml", &format!("name = \"my back\"\n{TOO_COLD}"));
    assert_eq!(home.ask(&["check", "ice"]), "ice: may run\n");
    assert_eq!(home.ask(&["check", "acute", "ice"]), "acute: may run\nice: may run\n");
    let output = home.run(&["check", "my back"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).ends_with(&format!("{own}: cannot run: 1 problem\n")), "{}", stdout(&output));
    let unknown = home.run(&["check", "contrats", "--json"]);
    assert_eq!(unknown.status.code(), Some(2));
    let document: Value = serde_json::from_slice(&unknown.stdout).expect("JSON");
    assert_eq!(problems(&document[0]), [("error", 0, 0, "there is no protocol \"contrats\"")]);
    assert_eq!(document[0]["problems"][0]["hint"], "try: therapy check contrast");
    // A file without an end is a file, unless a protocol has the name.
    home.file("plain", TOO_COLD);
    assert_eq!(home.run(&["check", "plain"]).status.code(), Some(3));
    home.file("ice", TOO_COLD);
    let named = home.run(&["check", "ice"]);
    assert_eq!((stdout(&named).as_str(), named.status.code()), ("ice: may run\n", Some(0)));
    assert_eq!(
        stderr(&named),
        format!("note: ice is a protocol; for the file: therapy check .{MAIN_SEPARATOR_STR}ice\n")
    );
    assert_eq!(home.run(&["check", "./ice"]).status.code(), Some(3));
}

/// The place of the first bad byte, and all that is wrong elsewhere.
#[test]
fn bytes_that_are_no_text_have_a_line_and_a_caret() {
    let home = Home::new();
    let utf16 = |text: &str| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>()
    };
    let checked = |bytes: &[u8]| {
        let path = home.file("text.toml", "");
        std::fs::write(&path, bytes).expect("a file");
        let output = home.run(&["check", "text.toml", "--json"]);
        assert_eq!(output.status.code(), Some(2));
        let drawn = stdout(&home.run(&["check", "text.toml"]));
        let documents: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let found =
            problems(&documents[0]).into_iter().map(|(_, line, column, message)| (line, column, message.to_owned()));
        (found.collect::<Vec<_>>(), drawn)
    };
    let latin = [b"summary = \"w\xe4rme, k\xfchl\"\n".as_slice(), COLD.as_bytes()].concat();
    let (found, drawn) = checked(&latin);
    assert_eq!(found, [(1, 13, "2 places are not UTF-8 text; the first is byte E4".to_owned())]);
    assert!(drawn.contains("1 | summary = \"w\u{fffd}rme, k\u{fffd}hl\"\n  |             ^\n"), "{drawn}");
    assert!(drawn.contains("help: save the file as UTF-8 text"), "{drawn}");

    let (found, _) = checked(&[COLD.as_bytes(), b"# \xff\ncolour = 1\n"].concat());
    let messages: Vec<_> = found.iter().map(|(line, column, message)| (*line, *column, message.as_str())).collect();
    assert_eq!(messages, [(4, 3, "byte FF is not UTF-8 text"), (5, 1, "unknown key `colour` of a step")]);

    let (found, drawn) = checked(&utf16(COLD));
    assert_eq!(found, [(1, 1, "the file is UTF-16 text, not UTF-8".to_owned())], "{drawn}");
    for output in [home.run(&["run", "text.toml"]), home.run(&["show", "text.toml"])] {
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).starts_with("error: the file is UTF-16 text, not UTF-8\n --> text.toml:1:1\n"));
    }
}

/// Settings are read like protocols.
#[test]
fn curly_quotes_are_one_problem_of_any_file() {
    let home = Home::new();
    home.file("config/config.toml", "progress = “plain”\nconfirm = true\n");
    let output = home.run(&["run", "ice", "--dry-run"]);
    let errors = stderr(&output);
    assert_eq!((output.status.code(), errors.matches("error: ").count()), (Some(2), 2), "{errors}");
    assert!(errors.starts_with("error: “ is a curly quote; use the straight \"\n"), "{errors}");
    assert!(errors.contains("1 | progress = “plain”\n  |            ^^^^^^^\n"), "{errors}");
}

/// The hints of all refusals of a file.
fn hints(home: &Home, text: &str) -> Vec<String> {
    home.file("own.toml", text);
    let checked = home.json_of(&["check", "own.toml", "--json"], 3);
    let refused = checked[0]["problems"].as_array().expect("a list").iter().filter(|found| found["level"] == "refused");
    refused.map(|found| found["hint"].as_str().expect("a hint").to_owned()).collect()
}

#[test]
fn a_refusal_names_the_nearest_that_passes() {
    const SHORTER: &str = "shorten it, or put heat or rest before it; ";
    const COOLER: &str = "shorten it, or put cold or rest before it; ";
    const FEWER: &str = "use fewer rounds or shorter steps; ";
    let home = Home::new();
    let steps = |steps: &[(&str, &str)]| crate::support::steps(1, steps);
    #[rustfmt::skip]
    let table = [
        (steps(&[("cold", "20min"), ("rest", "20min"), ("cold", "20min")]),
            vec![format!("{SHORTER}the longest second cold that passes is 10 min; after a rest of 40 min, 20 min pass")]),
        (steps(&[("cold", "25min")]), vec![format!("{SHORTER}the longest cold that passes is 20 min")]),
        (steps(&[("heat", "30min 1s")]), vec![format!("{COOLER}the longest heat that passes is 30 min")]),
        (steps(&[("cold", "20min"), ("cold", "1min")]),
            vec![format!("{SHORTER}no cold passes here; after a rest of 2 min, 1 min pass")]),
        // A rest of 20 min and half a second.
        (steps(&[("cold", "20min"), ("rest", "1s"), ("cold", "10min 250ms")]),
            vec![format!("{SHORTER}no cold passes here; after a rest of 20 min 1 s, 10 min pass")]),
        // Both at once: the second when the first is as long as it may be.
        (steps(&[("cold", "25min"), ("rest", "20min"), ("cold", "15min")]), vec![
            format!("{SHORTER}the longest first cold that passes is 20 min"),
            format!("{SHORTER}the longest second cold that passes is 10 min; after a rest of 30 min, 15 min pass"),
        ]),
        // A rest of 110 min would make the session too long.
        (steps(&[("heat", "30min"), ("rest", "10min"), ("heat", "29min"), ("stretch", "60min")]),
            vec![format!("{COOLER}the longest second heat that passes is 5 min")]),
        (crate::support::steps(3, &[("cold", "15min"), ("rest", "15min")]),
            vec![format!("{SHORTER}the longest cold that passes is 11 min 40 s; 1 round passes")]),
        // 4 min, and 3 more each time: 31 min after ten. Of 16 times, the session would be too long too.
        ("[[step]]\ntimes = 12\nsteps = [{ do = \"cold\", for = \"1min\" }, { do = \"heat\", for = \"4min\" }]\n".to_owned(),
            vec![format!("{COOLER}the longest heat that passes is 3 min 25 s; it passes with times = 9")]),
        ("[[step]]\ntimes = 16\nsteps = [{ do = \"cold\", for = \"1min\" }, { do = \"heat\", for = \"4min\" }]\n".to_owned(), vec![
            format!("{FEWER}it passes with times = 9"),
            format!("{COOLER}the longest heat that passes is 2 min 48 s; it passes with times = 9"),
        ]),
        // No number of repetitions helps.
        ("[[step]]\ntimes = 2\nsteps = [{ do = \"cold\", for = \"25min\" }, { do = \"rest\", for = \"30min\" }]\n".to_owned(),
            vec![format!("{SHORTER}the longest cold that passes is 17 min 30 s")]),
        ("[[step]]\ndo = \"cold\"\nfor = { default = \"21min\", max = \"22min\" }\n".to_owned(),
            vec![format!("{SHORTER}the longest cold that passes is 20 min")]),
        (crate::support::steps(2, &[("cold", "20min"), ("rest", "30min"), ("heat", "20min"), ("rest", "30min")]),
            vec![format!("{FEWER}1 round passes")]),
        ("[[step]]\ntimes = 20\nsteps = [{ do = \"cold\", for = \"4min\" }, { do = \"heat\", for = \"4min\" }]\n".to_owned(),
            vec![format!("{FEWER}it passes with times = 15"); 3]),
    ];
    for (text, expected) in table {
        assert_eq!(hints(&home, &text), expected, "{text}");
    }
}

/// As `check`, and so does `show` of a page.
#[test]
fn run_names_the_nearest_of_several_steps() {
    let home = Home::empty();
    let two =
        home.file("two.toml", &crate::support::steps(1, &[("cold", "20min"), ("rest", "20min"), ("cold", "20min")]));
    let repeated = home.file(
        "repeated.toml",
        "[[step]]\ntimes = 12\nsteps = [{ do = \"cold\", for = \"1min\" }, { do = \"heat\", for = \"4min\" }]\n",
    );
    for (arguments, hint) in [
        (
            &["run", &two, "--dry-run"][..],
            "; the longest second cold that passes is 10 min; after a rest of 40 min, 20 min pass\n",
        ),
        (&["run", &repeated, "--dry-run"], "; the longest heat that passes is 3 min 25 s; it passes with times = 9\n"),
        (&["show", &repeated, "--handout"], "; it passes with times = 9\n"),
        (&["run", "contrast", "--rounds", "4", "--dry-run"], "use fewer rounds or shorter steps; 3 rounds pass\n"),
    ] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(stderr(&output).contains(hint), "{arguments:?}: {}", stderr(&output));
    }
}

/// The default decides whether a file runs, in every command. A choice that would be refused draws a warning.
#[test]
fn a_choice_that_a_rule_refuses_does_not_keep_the_default_from_running() {
    let home = Home::new();
    let rounds = "rounds = { default = 2, min = 2, max = 3 }\n[[step]]\ndo = \"cold\"\nfor = \"11min\"\n\
                  [[step]]\ndo = \"rest\"\nfor = \"40min\"\n";
    let minutes = "[[step]]\ndo = \"cold\"\nfor = { default = \"15min\", min = \"10min\", max = \"25min\" }\n";
    let short = minutes.replace("15min", "8min").replace("25min", "15min").replace("10min", "5min");
    let both = format!("rounds = {{ default = 1, min = 1, max = 2 }}\n{short}");
    for (text, options, why) in [
        (rounds, "--rounds 3", "all steps together last 2 h 33 min; the limit is 2 h 30 min"),
        (minutes, "--minutes 25", "the cold load would reach 25 min; the limit is 20 min"),
        (&both, "--minutes 15 --rounds 2", "the cold load would reach 30 min; the limit is 20 min"),
    ] {
        let file = home.file("sent.toml", text);
        let checked = home.ask(&["check", &file]);
        let warning = format!("]: with {options}, {why}\n");
        assert!(checked.contains(&warning) && checked.contains("sent.toml: may run, "), "{checked}");
        let document = &home.json(&["check", "--json", &file])[0];
        assert_eq!(document["may_run"], true, "{document}");
        let problems = document["problems"].as_array().expect("a list");
        assert!(problems.iter().all(|problem| problem["level"] == "warning"), "{document}");
        for command in [&["run", &file, "--dry-run"][..], &["plan", &file], &["show", &file, "--handout"]] {
            home.ask(command);
        }
        let chosen = options.split(' ');
        let chosen = home.run(&["run", &file, "--dry-run"].into_iter().chain(chosen).collect::<Vec<_>>());
        assert_eq!(chosen.status.code(), Some(3), "{options}");
        assert!(home.ask(&["add", &file, "--name", "added"]).contains("Added: "));
        assert!(!home.ask(&["list"]).contains("cannot run"));
        let listed = home.json(&["list", "--json"]);
        assert!(listed.as_array().expect("a list").iter().all(|row| row["may_run"] == true), "{listed}");
        std::fs::remove_file(home.path().join("config/protocols/added.toml")).expect("it was added");
    }
    // A default that is refused stays refused, whatever else may be chosen.
    let file = home.file("sent.toml", &minutes.replace("15min", "22min"));
    assert_eq!(home.run(&["check", &file]).status.code(), Some(3));
}

/// Of several steps, each kind is named with the length that a rule refuses.
#[test]
fn a_range_that_offers_what_a_rule_refuses_draws_a_warning() {
    let home = Home::empty();
    let file = |cold: &str, rest: &str| {
        let step = |kind: &str, length: &str| format!("{{ do = \"{kind}\", for = {length} }}");
        home.file(
            "own.toml",
            &format!("[[step]]\ntimes = 3\nsteps = [\n{},\n{},\n]\n", step("cold", cold), step("rest", rest)),
        )
    };
    let range = "{ default = \"5min\", max = \"10min\" }";
    let checked = home.ask(&["check", &file(range, "\"1min\"")]);
    for part in [
        "warning[cold-limit]: with --cold 10, the cold load would reach 29 min; the limit is 20 min\n",
        "own.toml:4:22\n",
        "the longest cold that passes is 7 min",
        "may run, 2 remarks\n",
    ] {
        assert!(checked.contains(part), "{part} in {checked}");
    }
    assert_eq!(home.run(&["run", "own.toml", "--cold", "10", "--dry-run"]).status.code(), Some(3));
    // Less rest is what a rest may be too short for.
    let checked = home.ask(&["check", &file("\"10min\"", "{ default = \"10min\", min = \"2min\" }")]);
    assert!(checked.contains("with --rest 2, the cold load would reach 28 min"), "{checked}");
    for (cold, rest) in
        [(range, "\"10min\""), ("\"5min\"", "\"1min\""), ("\"10min\"", "{ default = \"10min\", max = \"20min\" }")]
    {
        let checked = home.ask(&["check", &file(cold, rest)]);
        assert!(!checked.contains("with --"), "{checked}");
    }
    let built_in = home.ask(&["check", "contrast", "contrast-short", "intermittent"]);
    assert!(!built_in.contains("with --"), "{built_in}");
}

/// The rules hold for a plan anyway; a page on paper is another matter.
#[test]
fn more_sessions_a_day_than_the_rules_of_a_day_allow_draw_a_warning() {
    let home = Home::empty();
    let file = |line: &str, kind: &str, length: &str| {
        let text = format!("summary = \"ö\"\n{line}\n[[step]]\ndo = \"{kind}\"\nfor = \"{length}\"\n");
        home.file("often.toml", &text)
    };
    let checked = |file: &str| home.ask(&["check", file]);
    let often = checked(&file("per_day = 9", "cold", "20min"));
    for part in [
        "warning[cold-daily]: 9 sessions a day: 3 h of cold within 24 h; the limit is 2 h 40 min\n",
        "often.toml:2:11\n",
        "\n2 | per_day = 9\n  |           ^\n",
        "help: write per_day = 8\n",
    ] {
        assert!(often.contains(part), "{part} in {often}");
    }
    assert!(
        checked(&file("per_day = 7", "heat", "20min")).contains("[heat-daily]: 7 sessions a day: 2 h 20 min of heat")
    );
    for (per_day, kind) in [("per_day = 8", "cold"), ("per_day = 6", "heat"), ("", "cold"), ("per_day = 99", "rest")] {
        assert!(!checked(&file(per_day, kind, "20min")).contains("daily"), "{per_day} {kind}");
    }
    let page = |file: &str, options: &[&str]| home.run(&[&["show", file, "--handout"], options].concat());
    let refused = page(&file("per_day = 9", "cold", "20min"), &[]);
    assert_eq!((refused.status.code(), stdout(&refused).as_str()), (Some(3), ""));
    let message = "error: 9 sessions a day: 3 h of cold within 24 h; the limit is 2 h 40 min (cold-daily)\n  write per_day = 8, then: \
                   therapy check ";
    assert!(stderr(&refused).contains(message), "{}", stderr(&refused));
    // As long as the person chose, and with as many rounds.
    assert_eq!(page(&file("per_day = 9", "cold", "10min"), &[]).status.code(), Some(0));
    assert_eq!(page(&file("per_day = 9", "cold", "10min"), &["--cold", "18"]).status.code(), Some(3));
    let by_injury = home.file("by.toml", "per_day = 20\n[by_injury]\nunder_72h = \"ice\"\nfrom_72h = \"heat\"\n");
    assert_eq!(page(&by_injury, &[]).status.code(), Some(3));
    assert_eq!(page(&by_injury, &["--injured", "5 days ago"]).status.code(), Some(0));
}

#[test]
fn a_number_that_is_too_large_is_not_called_too_small() {
    let home = Home::new();
    let step = "[[step]]\ndo = \"cold\"\nfor = \"15min\"\n";
    for (line, message) in [
        ("per_day = 99999999999", "this number is too large"),
        ("rounds = 4294967296", "this number is too large"),
        ("rounds = { default = 1, max = 0xfffffffff }", "this number is too large"),
        ("per_day = -99999999999", "this must be 1 or more"),
        ("rounds = -1", "this must be 1 or more"),
        ("days = 99999999999", "this must be from 1 to 31"),
    ] {
        let file = home.file("own.toml", &format!("{line}\n{step}"));
        let output = home.run(&["check", &file]);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(stdout(&output).contains(message), "{line}: {}", stdout(&output));
    }
}

/// What is advised does pass, also in groups and with changeovers.
#[test]
fn the_nearest_passes_and_a_second_more_does_not() {
    let home = Home::new();
    let file = |length: &str| {
        let text = format!(
            "changeover = \"30s\"\nrounds = 2\n[[step]]\ntimes = 2\nsteps = [{{ do = \"heat\", for = \"5min\" }}, \
             {{ do = \"cold\", for = \"{length}\" }}]\n[[step]]\ndo = \"rest\"\nfor = \"10min\"\n"
        );
        home.file("own.toml", &text);
        text
    };
    let hint = hints(&home, &file("15min")).pop().expect("a refusal");
    let longest = hint.split_once("the longest cold that passes is ").expect("a length").1;
    let longest = longest.split(';').next().expect("a length").to_owned();
    file(&longest);
    assert_eq!(home.run(&["check", "own.toml"]).status.code(), Some(0), "{longest}");
    let length = humantime::parse_duration(&longest).expect("a length") + std::time::Duration::from_secs(1);
    file(&humantime::format_duration(length).to_string());
    assert_eq!(home.run(&["check", "own.toml"]).status.code(), Some(3), "{longest} and a second");
}

/// A terminal may begin a line at these, so that a file could show a line of its own.
#[test]
fn a_letter_that_begins_a_line_is_a_problem_in_every_text() {
    let home = Home::new();
    for letter in ['\u{2028}', '\u{2029}', '\u{85}'] {
        for key in ["summary", "author", "contact", "caution", "cue", "note"] {
            let text = format!("{key} = \"one{letter}HEAT OFF\"\n");
            let (file, step) = if matches!(key, "cue" | "note") { ("", &*text) } else { (&*text, "") };
            home.file("own.toml", &format!("{file}[[step]]\ndo = \"cold\"\nfor = \"10min\"\n{step}"));
            for arguments in [
                &["check", "own.toml"][..],
                &["show", "own.toml"],
                &["run", "own.toml"],
                &["show", "own.toml", "--handout"],
            ] {
                let output = home.run(arguments);
                let all = stdout(&output) + &stderr(&output);
                assert_ne!(output.status.code(), Some(0), "{key} {arguments:?}: {all}");
                assert!(all.contains("without control characters") && !all.contains(letter), "{key}: {all}");
            }
        }
    }
}
