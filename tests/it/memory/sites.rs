//! Sites on the command line: where a session is, which injury is meant, and what the record says.

use serde_json::{Value, json};

use crate::running::until;
use crate::support::{Home, stderr, stdout};
use crate::terminal::Terminal;

/// What `therapy injury --json` says, site by site: hours ago, or `none`.
fn injuries(home: &Home) -> Vec<(Value, String)> {
    let all = home.json(&["injury", "--json"])["injuries"].clone();
    let said = |entry: &Value| match entry["age_s"].as_f64() {
        Some(seconds) => format!("{:.0} h", seconds / 3600.0),
        None => if entry["none"] == true { "none" } else { "?" }.to_owned(),
    };
    all.as_array().expect("a list").iter().map(|entry| (entry["site"].clone(), said(entry))).collect()
}

#[test]
fn each_injury_has_its_site_and_its_own_clock() {
    let home = Home::new();
    let is = |expected: &[(Value, &str)]| {
        let expected: Vec<_> = expected.iter().map(|(site, said)| (site.clone(), (*said).to_owned())).collect();
        assert_eq!(injuries(&home), expected);
    };
    home.ask(&["injury", "set", "30h ago"]);
    is(&[(json!("lower-back"), "30 h")]);
    // Without a site the only injury is meant; a site of its own has a clock of its own.
    home.ask(&["injury", "set", "31h ago"]);
    home.ask(&["injury", "20h ago", "--site", "left ankle"]);
    is(&[(json!("lower-back"), "31 h"), (json!("left-ankle"), "20 h")]);
    home.ask(&["injury", "set", "--site", "lower-back", "90h", "ago"]);
    is(&[(json!("left-ankle"), "20 h"), (json!("lower-back"), "90 h")]);
    let shown = home.ask(&["injury"]);
    assert!(shown.starts_with("Left ankle injured ") && shown.contains("\nLower back injured "), "{shown}");
    let of = home.ask(&["injury", "--site", "left-foot"]);
    assert!(of.starts_with("Left ankle injured ") && of.lines().count() == 1, "{of}");
    let latest = home.json(&["injury", "--json"]);
    assert_eq!(latest["site"], "left-ankle", "the fields of one injury are those of the latest: {latest}");

    assert_eq!(home.run(&["injury", "clear", "--site", "neck"]).status.code(), Some(1));
    home.ask(&["injury", "clear", "--site", "ankle"]);
    is(&[(json!("lower-back"), "90 h")]);
    // The site of the only injury is that of a session, and of the next time.
    home.ask(&["injury", "set", "1h ago", "--site", "left-hip"]);
    home.ask(&["injury", "clear", "--site", "lower-back"]);
    home.ask(&["injury", "set", "2h ago"]);
    is(&[(json!("left-hip"), "2 h")]);
    // One from before there were sites gets one when its time is set again.
    home.sql().execute("UPDATE injury SET site = NULL WHERE over_ms IS NULL", []).expect("a row");
    is(&[(Value::Null, "2 h")]);
    home.ask(&["injury", "set", "3h ago", "--site", "neck"]);
    is(&[(Value::Null, "2 h"), (json!("neck"), "3 h")]);
    home.ask(&["injury", "clear", "--site", "other"]);
    is(&[(json!("neck"), "3 h")]);
    home.ask(&["injury", "clear"]);
    is(&[]);
}

/// That there is no injury anywhere stays when the entry of one site goes.
#[test]
fn clear_forgets_the_entry_of_its_site_only() {
    let home = Home::new();
    let none = |site: Value| (site, "none".to_owned());
    assert_eq!(home.ask(&["injury", "clear"]), "No injury is set, so there is nothing to forget.\n");
    home.ask(&["injury", "none"]);
    home.ask(&["injury", "none", "--site", "left-ankle"]);
    home.ask(&["injury", "none", "--site", "calf"]);
    assert_eq!(home.ask(&["injury", "clear", "--site", "left-ankle"]), "Forgotten: no injury, as you said.\n");
    assert_eq!(injuries(&home), [none(Value::Null), none(json!("calf"))]);
    assert_eq!(
        home.ask(&["injury"]),
        "No injury, as you said: heat is possible (S1)\nCalf: no injury, as you said: heat is possible (S1)\n"
    );
    // Nothing is set for that site alone.
    let refused = home.run(&["injury", "clear", "--site", "left-ankle"]);
    assert_eq!(
        (refused.status.code(), stderr(&refused).as_str()),
        (Some(1), "error: no injury is set at the site left-ankle\n  therapy injury   lists them\n")
    );
    home.ask(&["injury", "set", "5h ago", "--site", "left-knee"]);
    assert_eq!(home.ask(&["injury", "clear", "--site", "knee"]), "Injury forgotten.\n");
    home.ask(&["injury", "none"]);
    assert_eq!(home.ask(&["injury", "clear"]), "Forgotten: no injury, as you said.\n");
    assert_eq!(injuries(&home), []);
}

/// One word must not forget several injuries, since nothing takes that back.
#[test]
fn none_asks_which_of_several_injuries_is_meant() {
    let home = Home::new();
    home.ask(&["injury", "set", "1h ago", "--site", "neck"]);
    home.ask(&["injury", "set", "2h ago", "--site", "calf"]);
    let both = [(json!("neck"), "1 h".to_owned()), (json!("calf"), "2 h".to_owned())];
    let refused = home.run(&["injury", "none"]);
    let why = "error: there are several injuries, so say which site is meant\n  try: therapy injury none --site neck\n  \
               or:  therapy injury none --site calf\n  \
               for the whole body: say it for each of them, then therapy injury none\n";
    assert_eq!((refused.status.code(), stderr(&refused).as_str()), (Some(2), why));
    assert_eq!(home.run(&["injury", "none", "--json"]).status.code(), Some(2));
    assert_eq!(injuries(&home), both);
    let mut asked = Terminal::start(home.command(&["injury", "none"]), 24, 100);
    asked.see("Where: neck, calf, or another site?");
    asked.press("calf\n");
    assert_eq!(asked.end().code(), Some(0), "{}", asked.text());
    assert_eq!(injuries(&home), [both[0].clone(), (json!("calf"), "none".to_owned())]);
    // The only one that is left needs no site, and the whole body can still be said.
    let said = home.run(&["injury", "none"]);
    assert_eq!(said.status.code(), Some(0));
    assert_eq!(stderr(&said), "note: the injury of the neck is forgotten\n");
    assert_eq!(injuries(&home), [(Value::Null, "none".to_owned())]);
}

/// `acute` chooses by the age of an injury. Without one it has nothing to choose by, and says so.
#[test]
fn acute_without_an_injury_says_why_and_the_way_out() {
    let home = Home::new();
    let refused = |arguments: &[&str]| {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", stderr(&output));
        stderr(&output)
    };
    let unset = "ice or heat depends on the time of the injury, and none is set (injury-unknown)";
    let none = "ice or heat depends on the time of an injury, and you said that there is none (injury-unknown)";
    let hint = "\n  set the time of the injury: therapy injury set yesterday";
    for command in [&["plan", "acute"][..], &["run", "acute", "--dry-run"]] {
        let said = refused(command);
        assert!(said.contains(unset) && said.contains(&format!("{hint}\n  therapy explain")), "{said}");
        assert!(!said.contains("--injured"), "{said}");
    }
    home.ask(&["injury", "none"]);
    for command in [&["plan", "acute"][..], &["run", "acute", "--dry-run"]] {
        let said = refused(command);
        assert!(said.contains(none), "{said}");
        assert!(said.contains(&format!("{hint}\n  or name ice or heat: they need no injury\n")), "{said}");
    }
    let said = refused(&["plan", "acute", "--site", "left-knee"]);
    assert!(said.contains(&format!("{hint} --site left-knee\n")), "{said}");
    home.ask(&["injury", "set", "yesterday", "--site", "left-knee"]);
    assert_eq!(home.run(&["plan", "acute", "--site", "left-knee"]).status.code(), Some(0));
}

/// What an injury would allow is not said where a sign refuses it.
#[test]
fn a_sign_and_an_injury_do_not_contradict_each_other() {
    let no = |what: &str| format!("no session{what}, because of what you said about warning signs");
    for (answer, old, fresh, none) in [
        ("13", no(" with heat"), "cold until ", no(" with heat")),
        ("12", "heat is possible (S3)".to_owned(), "heat from ", "heat is possible (S1)".to_owned()),
        ("7", no(""), "", no("")),
        ("11", no(" with heat or cold"), "", no(" with heat or cold")),
        ("14", "heat is possible (S3)".to_owned(), "cold until ", "heat is possible (S1)".to_owned()),
    ] {
        let home = Home::new();
        home.ask(&["safety", "--answer", answer]);
        let says = |words: &str| {
            for command in [&["injury"][..], &[]] {
                let said = home.ask(command);
                assert!(said.contains(&format!(": {words}")), "{answer} {command:?}: {said}");
            }
            home.ask(&["injury"])
        };
        home.ask(&["injury", "set", "5 days ago"]);
        assert!(says(&old).ends_with(&format!(" ago: {old}\n")));
        home.ask(&["injury", "set", "5h ago"]);
        let said = says(if fresh.is_empty() { &old } else { fresh });
        assert_eq!(said.contains("then heat (S3)"), answer == "14", "{said}");
        home.ask(&["injury", "none"]);
        assert_eq!(says(&none), format!("No injury, as you said: {none}\n"));
    }
}

/// `therapy` says why nothing fits, as `next` does.
#[test]
fn the_overview_says_what_next_says() {
    for (answer, first) in [("12", "Not ice now: "), ("7", "Nothing now: "), ("12 13", "Nothing now: ")] {
        let home = Home::new();
        home.ask(&["safety", "--answer", answer]);
        let next = home.ask(&["next"]);
        let next = next.lines().next().expect("a line");
        assert!(next.starts_with(first), "{answer}: {next}");
        let overview = home.ask(&[]);
        assert!(overview.contains(&format!("\n  Next    {next}\n")), "{answer}: {overview}");
        // It holds at every site.
        home.ask(&["injury", "set", "5h ago", "--site", "neck"]);
        home.ask(&["injury", "set", "5h ago", "--site", "calf"]);
        let several = home.ask(&[]);
        assert_eq!(several.contains("therapy next --site calf\n"), answer == "12", "{answer}: {several}");
    }
}

/// Unknown is not "no fresh injury": cold is recommended until the person says that there is none.
#[test]
fn heat_is_recommended_without_an_injury_only_when_the_person_said_so() {
    let home = Home::new();
    let best = |site: &str| home.json(&["next", "--json", "--site", site])["best"].as_str().expect("a name").to_owned();
    assert_eq!([best("lower-back"), best("left-knee")], ["ice", "ice"]);
    let none = home.ask(&["injury", "none", "--site", "knee"]);
    assert_eq!(none, "Knee: no injury, as you said: heat is possible (S1)\n");
    assert_eq!([best("lower-back"), best("left-knee"), best("left-calf")], ["ice", "heat", "ice"]);
    let heat = home.run(&["run", "heat", "--site", "knee", "--dry-run"]);
    assert!(!stderr(&heat).contains("injury-unknown"), "{}", stderr(&heat));
    assert!(
        home.ask(&["next", "--site", "knee"])
            .starts_with("Use heat now. You said that there is no injury.\n  S1: heat for ")
    );
    assert_eq!(home.json(&["next", "--json", "--site", "knee"])["injury_site"], Value::Null);
    let unknown = home.ask(&["next", "--site", "neck"]);
    let way_out = "No injury time is set for the neck: therapy injury set yesterday --site neck.";
    assert!(unknown.starts_with(&format!("Use ice now. {way_out}\n")), "{unknown}");
    // Ice or heat by the age of an injury needs an injury.
    assert_eq!(home.run(&["run", "acute", "--site", "knee", "--dry-run"]).status.code(), Some(3));

    assert_eq!(home.ask(&["injury", "none"]), "No injury, as you said: heat is possible (S1)\n");
    assert_eq!([best("lower-back"), best("left-calf"), best("other")], ["heat", "heat", "heat"]);
    assert!(home.ask(&[]).contains("no injury, as you said: heat is possible (S1)"));
    // An injury makes it void, where it was said about the whole body too.
    home.ask(&["injury", "set", "20h ago", "--site", "left-knee"]);
    assert_eq!(injuries(&home), [(json!("left-knee"), "20 h".to_owned())]);
    assert_eq!([best("left-knee"), best("lower-back")], ["ice", "ice"]);
    // A place beside it has no other age, whatever is said about the place.
    let beside = home.ask(&["injury", "none", "--site", "left-calf"]);
    let line = "Left calf: no injury, as you said, but the injury of the left knee counts here too\n";
    assert!(beside.ends_with(line), "{beside}");
    home.ask(&["injury", "clear", "--site", "left-calf"]);
    // To say that there is none forgets the others, and says so.
    let none = home.run(&["injury", "none"]);
    assert_eq!(stderr(&none), "note: the injury of the left knee is forgotten\n");
    home.ask(&["injury", "clear"]);
    assert_eq!((injuries(&home), best("lower-back")), (vec![], "ice".to_owned()));
}

/// The site is that of the flag, the file, the only injury, `config.toml`, and then the lower back.
#[test]
fn the_first_that_says_a_site_decides() {
    let home = Home::new();
    let steps = "[[step]]\ndo = \"cold\"\nfor = \"10min\"\n";
    let placed = home.file("placed.toml", &format!("site = \"neck\"\n{steps}"));
    let plain = home.file("plain.toml", steps);
    let site = |file: &str, more: &[&str]| {
        let lines = home.ask(&[&["run", file, "--dry-run", "--progress", "json"], more].concat());
        let line: Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
        line["site"].as_str().expect("a site").to_owned()
    };
    let hand = ["--site", "right-hand"];
    assert_eq!([site(&plain, &[]), site(&placed, &[]), site(&placed, &hand)], ["lower-back", "neck", "right-hand"]);
    home.file("config/config.toml", "site = \"left-hip\"\n");
    assert_eq!([site(&plain, &[]), site(&placed, &[]), site("ice", &hand)], ["left-hip", "neck", "right-hand"]);
    assert_eq!(home.json(&["next", "--json"])["site"], "left-hip");
    home.ask(&["injury", "set", "2h ago", "--site", "left-foot"]);
    assert_eq!([site(&plain, &[]), site(&placed, &[]), site("ice", &hand)], ["left-foot", "neck", "right-hand"]);
    let shown = home.ask(&["show", &placed]);
    assert!(shown.contains("     site: neck                   from the file's author\n"), "{shown}");
    // A session of one's own choice keeps its site in the way out.
    let refused = home.run(&["run", "ice", "--minutes", "25", "--site", "neck"]);
    assert!(stderr(&refused).contains("try: therapy run ice --minutes 20 --site neck"), "{}", stderr(&refused));
}

#[test]
fn a_site_that_does_not_exist_is_reported_with_the_nearest() {
    let home = Home::new();
    for (arguments, hint) in [
        (&["run", "ice", "--site", "left-kne"][..], "try: therapy run ice --site left-knee\n"),
        (&["next", "--site=back"], "try: therapy next --site=upper-back\n  or:  therapy next --site=lower-back\n"),
        (&["injury", "set", "2h ago", "--site", "anckle"], "try: therapy injury set \"2h ago\" --site ankle\n"),
        (&["history", "--site", "xyz"], "and foot, each also with left- or right-\n"),
        (&["status", "--site", "xyz"], "and foot, each also with left- or right-\n"),
        (&["pain", "3", "--site", ""], "and foot, each also with left- or right-\n"),
    ] {
        let output = home.run(arguments);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(crate::support::joined(&errors).ends_with(&crate::support::joined(hint)), "{errors}");
    }
    let file = home.file("wrong.toml", "site = \"left-kne\"\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n");
    let checked = home.run(&["check", &file]);
    assert_eq!(checked.status.code(), Some(2));
    for what in ["there is no site \"left-kne\"", "wrong.toml:1:8", "did you mean `left-knee`?"] {
        assert!(stdout(&checked).contains(what), "{}", stdout(&checked));
    }
    home.file("config/config.toml", "site = 5\n");
    let refused = home.run(&["run", "ice", "--dry-run"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("expected the name of a site in quotes, found integer"), "{}", stderr(&refused));
}

#[test]
fn the_record_has_the_site_of_a_session_and_of_the_pain() {
    let home = Home::at_rate(50_000.0);
    home.session(&["ice", "--site", "left-knee", "--pain", "6"]);
    home.session(&["ice", "--minutes", "1", "--site", "neck"]);
    let sites: Vec<_> = home.history().iter().map(|row| row["site"].clone()).collect();
    assert_eq!(sites, ["left-knee", "neck"]);
    let of = |site: &str| home.json(&["history", "--json", "--site", site]).as_array().expect("a list").len();
    assert_eq!([of("left-knee"), of("knee"), of("right-knee"), of("left-thigh"), of("neck")], [1, 1, 0, 0, 1]);
    let table = home.ask(&["history"]);
    assert!(table.contains("  ice · left knee  cold 15 of 15 min") && table.contains("  ice · neck  "), "{table}");
    let csv = home.ask(&["history", "--csv"]);
    assert!(
        csv.lines().next().is_some_and(|line| line.ends_with(",assumed,site,told,notes,kind,pain,pain_later,imported")),
        "{csv}"
    );
    assert_eq!(home.ask(&["history", "--site", "left-hip"]), "No sessions at the site left-hip yet.\n");

    // A score belongs to the last session, unless it is about another place.
    assert_eq!(home.ask(&["pain", "4"]), "Pain 4 of 10 noted for the last session.\n");
    let alone = home.ask(&["pain", "5", "--site", "left-knee"]);
    assert_eq!(alone, "Pain 5 of 10 noted for the left knee, on its own: no session there ended in the last 2 h.\n");
    let rows = "SELECT group_concat(coalesce(role, '-') || ' ' || score || ' ' || site, ', ') = \
                'before 6 left-knee, after 4 neck, - 5 left-knee' FROM (SELECT * FROM pain ORDER BY id)";
    assert_eq!(home.number(rows), 1);
    // One that stands alone is at the usual site.
    home.sql().execute("UPDATE session SET ended_ms = ended_ms - 20000000", []).expect("rows");
    assert!(home.ask(&["pain", "2"]).contains("on its own"));
    assert_eq!(home.number("SELECT count(*) FROM pain WHERE score = 2 AND site = 'lower-back'"), 1);
}

/// A kill and a resume keep the site. `status` has it, and looks for it.
#[test]
fn a_running_session_keeps_its_site() {
    let home = Home::new();
    let mut running = home.start(&["run", "ice", "--site", "left-knee"]);
    assert_eq!(running.see("step_began").1["site"], "left-knee");
    let status = home.json(&["status", "--json"]);
    assert_eq!((&status["site"], &status["protocol"]), (&"left-knee".into(), &"ice".into()));
    assert!(home.ask(&["status"]).contains("\nice, left knee, "), "{}", home.ask(&["status"]));
    assert_eq!(home.ask(&["status", "--format", "{protocol} {site}"]), "ice left-knee\n");
    let of = |site: &str| home.run(&["status", "--site", site]).status.code();
    assert_eq!([of("left-knee"), of("knee"), of("right-knee"), of("neck")], [Some(0), Some(0), Some(1), Some(1)]);
    running.kill();
    let mut resumed = home.start(&["resume"]);
    until("a session that goes on", || home.run(&["status"]).status.success());
    assert_eq!(home.json(&["status", "--json"])["site"], "left-knee");
    resumed.kill();
    // An injury that touches it ends heat only; one elsewhere has no part in it.
    home.ask(&["stop"]);
    assert_eq!(home.history()[0]["site"], "left-knee");
    home.own(1, &[("heat", "10min")]);
    let mut heat = home.start(&["run", "own.toml", "--site", "right-hand"]);
    heat.see("step_began");
    home.ask(&["injury", "set", "2h ago", "--site", "left-ankle"]);
    home.ask(&["extend", "1"]);
    home.ask(&["injury", "set", "2h ago", "--site", "right-wrist"]);
    let refused = home.run(&["extend", "1"]);
    assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
    heat.kill();
    assert_eq!(home.run(&["resume"]).status.code(), Some(3));
}

/// On a terminal the question names the places, and a mistyped one is asked again.
#[test]
fn several_injuries_are_asked_about_on_a_terminal() {
    let home = Home::new();
    home.ask(&["injury", "set", "20h ago", "--site", "left-ankle"]);
    home.ask(&["injury", "set", "100h ago", "--site", "right-hand"]);
    let question = "Where: left-ankle, right-hand, lower-back, or another site?";
    let mut asked = Terminal::start(home.command(&["next"]), 40, 100);
    asked.see(question);
    asked.press("rihgt-hand\n");
    asked.see("there is no site \"rihgt-hand\"");
    asked.press("right hand\n");
    assert_eq!(asked.end().code(), Some(0), "{}", asked.text());
    assert!(
        asked.text().contains("Use heat now. The injury of the right hand is at least 3 days old"),
        "{}",
        asked.text()
    );
    let mut run = Terminal::start(home.command(&["run", "heat", "--dry-run"]), 40, 100);
    run.see(question);
    run.press("left-foot\n");
    assert_eq!(run.end().code(), Some(3), "{}", run.text());
    assert!(run.text().contains("(early-heat)"), "{}", run.text());
}

/// The first row has the site, unless it is the usual one.
#[test]
fn the_screen_names_the_site() {
    let home = Home::new();
    home.own(1, &[("cold", "10min"), ("rest", "1min")]);
    let run = |site: &str| ["run", "own.toml", "--no-notify", "--speed", "1", "--site", site].map(str::to_owned);
    for (site, title) in
        [("left-knee", "own · left knee · "), ("lower-back", "own · "), ("other", "own · other place · ")]
    {
        let arguments = run(site);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut shown = Terminal::start(home.command(&arguments), 24, 80);
        shown.see(&format!("REHEARSAL × 1 · {title}step 1 of 2"));
        shown.press("q");
        assert_eq!(shown.end().code(), Some(130), "{}", shown.text());
    }
}
