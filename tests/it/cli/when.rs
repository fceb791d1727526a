//! Times, lengths and numbers as people write them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use therapy::edge::clock;
use therapy::text::times::in_full;
use therapy::text::when;

use crate::support::{Home, stderr, stdout};

/// `tests/cases/when.txt` says how it is written.
#[test]
fn times_are_read_as_in_the_case_file() {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone");
    let now: Timestamp = "2026-11-25T16:00:00Z".parse().expect("a time");
    let local = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string();
    let cases = include_str!("../../cases/when.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (mut understood, mut refused, mut wrong) = (0, 0, Vec::new());
    for case in cases {
        let typed = case.split(" | ").next().and_then(|start| start.split(" ! ").next()).expect("what is typed");
        // The only control character that somebody types.
        let read = when::read(&typed.replace("\\u{1b}", "\u{1b}"), now, &zone);
        let told = match &read {
            Ok(at) if at.is_range() => format!("{typed} | {} | {}", local(at.latest(now)), local(at.first)),
            Ok(at) => format!("{typed} | {}", local(at.latest(now))),
            Err(error) => {
                [format!("{typed} ! {error}")].into_iter().chain(error.readings.clone()).collect::<Vec<_>>().join(" | ")
            }
        };
        wrong.extend((told != case).then(|| format!("{case}\n{told}\n")));
        understood += usize::from(read.is_ok());
        refused += usize::from(read.is_err());
    }
    assert!(wrong.is_empty(), "expected, and told:\n{}", wrong.join("\n"));
    assert!(understood >= 60 && refused >= 40, "{understood} understood, {refused} refused");
}

/// Exit code, standard output and standard error.
fn run(home: &Home, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = home.run(arguments);
    (output.status.code(), stdout(&output), stderr(&output))
}

#[test]
fn an_injury_needs_no_quotes_and_no_set() {
    let home = Home::new();
    let ways: [&[&str]; 5] = [&["set", "30h", "ago"], &["30h", "ago"], &["30h ago"], &["set", "30H AGO"], &["30h"]];
    for (at, way) in ways.into_iter().enumerate() {
        let forgotten =
            if at == 0 { "No injury is set, so there is nothing to forget.\n" } else { "Injury forgotten.\n" };
        assert_eq!(run(&home, &["injury", "clear"]), (Some(0), forgotten.to_owned(), String::new()));
        let before = clock::wall();
        let (code, told, _) = run(&home, &[&["injury"], way].concat());
        let echoes = [before, clock::wall()].map(|now| {
            let at = now - Duration::from_secs(30 * 60 * 60);
            format!("Injured {}, 1 day 6 h ago: cold until ", in_full(at, now, &TimeZone::UTC))
        });
        assert!(code == Some(0) && echoes.iter().any(|echo| told.starts_with(echo)), "{way:?}: {told}\n{echoes:?}");
        let age = home.json(&["injury", "--json"])["age_s"].as_f64().expect("an age");
        assert!((108_000.0..108_060.0).contains(&age), "{age}");
    }
    let (code, _, why) = run(&home, &["injury", "30h", "clear"]);
    assert_eq!((code, why.lines().next()), (Some(2), Some("error: cannot read \"clear\" as a time")));
}

#[test]
fn of_a_range_the_latest_time_counts_and_the_program_says_so() {
    let home = Home::new();
    let end = |now: Timestamp| {
        let today = now.to_zoned(TimeZone::UTC).start_of_day().expect("a day").timestamp();
        let last = today - Duration::from_secs(1);
        in_full(last, now, &TimeZone::UTC)
    };
    let before = end(clock::wall());
    let (code, told, note) = run(&home, &["injury", "yesterday"]);
    let ends = [before, end(clock::wall())];
    assert_eq!(code, Some(0));
    let says = |end: &String| {
        let expected = format!("note: \"yesterday\" is not exact, so its latest time counts: {end}\n");
        note == expected && told.starts_with(&format!("Injured {end}, "))
    };
    assert!(ends.iter().any(says), "{note}{told}");
    let (code, _, note) = run(&home, &["show", "heat", "--injured", "today"]);
    assert_eq!(code, Some(0));
    assert!(note.starts_with("note: \"today\" is not exact, so its latest time counts: "), "{note}");
    let (code, _, note) = run(&home, &["injury", "today", "23:59:59"]);
    assert_eq!(
        (code, note.lines().next().map(|line| line.starts_with("error: that is in the future: "))),
        (Some(2), Some(true))
    );
}

/// `3d` is 72 h, to the second. A day alone keeps heat away longer, so the note names it.
#[test]
fn a_length_of_whole_days_is_exact_and_the_program_says_so() {
    let home = Home::new();
    let day = |days: i64| {
        let then = clock::wall() - jiff::SignedDuration::from_hours(24 * days);
        then.to_zoned(TimeZone::UTC).date().to_string()
    };
    for (text, days) in [("3d", 3), ("3 days ago", 3), ("1 day", 1), ("2 days", 2)] {
        // It may be midnight in between.
        let before = day(days);
        let (code, told, note) = run(&home, &["injury", text]);
        let possible = [before, day(days)];
        let injured = told.strip_prefix("Injured ").expect("what was set");
        let time = &injured[..injured.find(", ").expect("a day") + ", 00:00".len()];
        let is_said = |day: &String| {
            note == format!("note: \"{text}\" counts back exactly, to {time}; if you only know the day, write {day}\n")
        };
        assert!(code == Some(0) && possible.iter().any(is_said), "{note}{told}");
        let age = home.json(&["injury", "--json"])["age_s"].as_f64().expect("a number");
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let exactly = days as f64 * 86_400.0;
        assert!((exactly..exactly + 60.0).contains(&age), "{text}: {age}");
        // The way out.
        let (code, _, note) = run(&home, &["injury", &possible[1]]);
        assert!(code == Some(0) && note.contains(" is not exact, so its latest time counts: "), "{note}");
    }
    // For one session the note says it once.
    let (_, _, note) = run(&home, &["run", "ice", "--dry-run", "--injured", "3d"]);
    assert_eq!(note.matches("note: ").count(), 1, "{note}");
    // Where hours are meant, and where they make no difference to heat.
    for text in ["72h", "30h ago", "72 hours ago", "90min ago", "2 days ago 18:00", "4 days ago", "1 week", "3 months"]
    {
        let (code, _, note) = run(&home, &["injury", text]);
        assert_eq!((code, note.as_str()), (Some(0), ""), "{text}");
    }
}

/// A clock in another zone would give the injury another age.
#[test]
fn a_time_is_not_read_in_an_unknown_time_zone() {
    let home = Home::new();
    for arguments in [
        &["injury", "yesterday"][..],
        &["history", "--since", "monday"],
        &["show", "ice", "--injured", "1h"],
        &["run", "acute", "--injured", "30h ago", "--dry-run"],
    ] {
        let output = crate::programs::output(home.command(arguments).env("TZ", "Europe/Berlinn"));
        let expected = "error: there is no time zone \"Europe/Berlinn\" (TZ)\n  set TZ to a name such as Europe/Berlin, or unset it\n";
        assert_eq!((output.status.code(), stderr(&output)), (Some(2), expected.to_owned()), "{arguments:?}");
    }
}

#[test]
fn times_in_an_unknown_time_zone_are_shown_with_one_warning() {
    let mut home = Home::at_rate(5000.0);
    home.session(&["ice"]);
    home.session(&["ice", "--override", "rewarm"]);
    assert_eq!(home.run(&["injury", "set", "30h ago"]).status.code(), Some(0));
    home.rate = 1.0;
    let warning = "warning: there is no time zone \"Mars/\\u{1b}\" (TZ): times are in UTC\n";
    let shown = |arguments: &[&str]| {
        let output = crate::programs::output(home.command(arguments).env("TZ", "Mars/\u{1b}"));
        assert!(output.status.code() != Some(2), "{arguments:?}: {}", stderr(&output));
        stderr(&output).matches(warning).count()
    };
    for arguments in [
        &["history"][..],
        &["injury"],
        &["next"],
        &[],
        &["run", "ice"],
        &["run", "contrast", "--dry-run"],
        &["run", "ice", "--override", "rewarm", "--speed", "100000", "--no-notify"],
    ] {
        assert_eq!(shown(arguments), 1, "{arguments:?}");
    }
    // These have no local times.
    for arguments in [
        &["history", "--json"][..],
        &["history", "--csv"],
        &["injury", "--json"],
        &["status", "--json"],
        &["safety"],
        &["list"],
        &["run", "contrast", "--override", "early-heat", "--override", "rewarm", "--dry-run", "--progress", "json"],
    ] {
        assert_eq!(shown(arguments), 0, "{arguments:?}");
    }
    // An empty TZ is UTC.
    let empty = crate::programs::output(home.command(&["history"]).env("TZ", ""));
    assert_eq!((empty.status.code(), stderr(&empty)), (Some(0), String::new()));
}

#[test]
fn an_injury_for_one_session_is_echoed_as_it_was_understood() {
    let home = Home::new();
    let note = |arguments: &[&str]| {
        let (code, _, note) = run(&home, arguments);
        (code, note.lines().filter(|line| line.starts_with("note: ")).map(str::to_owned).collect::<Vec<_>>())
    };
    let exact = |hours: u64, ago: &str| {
        let ages = [0, 1].map(|minute| clock::wall() - Duration::from_secs(hours * 3600 + minute * 60));
        ages.map(|at| format!("note: injured {}, {ago} ago", in_full(at, clock::wall(), &TimeZone::UTC)))
    };
    for (typed, hours, ago) in [("30h ago", 30, "1 day 6 h"), ("100 hours", 100, "4 days 4 h"), ("2h", 2, "2 h")] {
        let expected = exact(hours, ago);
        for command in [&["run", "ice", "--dry-run"][..], &["run", "acute", "--dry-run"], &["show", "heat"]] {
            let (code, notes) = note(&[command, &["--injured", typed]].concat());
            let [told] = &notes[..] else { panic!("one note: {notes:?}") };
            assert!(code == Some(0) && expected.contains(told), "{command:?}: {told}, {expected:?}");
        }
    }
    // A range is echoed once, and a time to come is refused.
    let (_, notes) = note(&["run", "ice", "--dry-run", "--injured", "yesterday"]);
    assert!(notes.len() == 1 && notes[0].contains("its latest time counts: "), "{notes:?}");
    assert_eq!(note(&["run", "ice", "--dry-run", "--injured", "2999-01-01 10:00"]), (Some(3), Vec::new()));
}

#[test]
fn a_list_since_no_time_says_how_to_get_all() {
    let home = Home::new();
    let all = "  the last 100: therapy history -n 100\n";
    for (since, error) in [
        ("tomorrow", "error: \"tomorrow\" is in the future\n"),
        ("2999-01-01", "error: that is in the future: Tuesday 1 January 2999, 00:00\n"),
        ("ever", "error: cannot read \"ever\" as a time\n"),
        ("the beginning", "error: cannot read \"beginning\" as a time\n"),
    ] {
        let (code, _, why) = run(&home, &["history", "--since", since]);
        assert_eq!(code, Some(2), "{since}");
        assert!(why.starts_with(error) && why.ends_with(all), "{since}: {why}");
    }
    // Midnight is a time.
    let (code, _, why) = run(&home, &["history", "--since", "0"]);
    let expected = format!("error: 0 can be 0:00\n  try: therapy history --since 0:00\n{all}");
    assert_eq!((code, why), (Some(2), expected));
    assert_eq!(run(&home, &["history", "--since", "0:00"]).0, Some(0));
}

#[test]
fn m_is_refused_with_both_readings_as_commands() {
    let home = Home::empty();
    #[rustfmt::skip]
    let table: [(&[&str], &str, &str); 4] = [
        (&["run", "heat", "--injured", "90M ago"],    "therapy run heat --injured \"90min ago\"", "therapy run heat --injured \"90months ago\""),
        (&["run", "heat", "--injured=90M ago"],       "therapy run heat \"--injured=90min ago\"", "therapy run heat \"--injured=90months ago\""),
        (&["history", "--since", "6M"],               "therapy history --since 6min", "therapy history --since 6months"),
        (&["injury", "90M", "ago"],                   "therapy injury \"90min ago\"", "therapy injury \"90months ago\""),
    ];
    for (typed, minutes, months) in table {
        let (code, told, why) = run(&home, typed);
        assert_eq!((code, told.as_str()), (Some(2), ""), "{typed:?}");
        let way_out = why.split_once('\n').expect("two lines").1;
        assert_eq!(way_out, format!("  try: {minutes}\n  or:  {months}\n"), "{typed:?}: {why}");
    }
    // No step lasts months.
    for (typed, minutes) in [
        (&["extend", "2M"][..], "therapy extend 2min"),
        (&["extend", "2", "M"], "therapy extend 2min"),
        (&["run", "ice", "15M", "--dry-run"], "therapy run ice 15min --dry-run"),
        (&["run", "ice", "--minutes", "15M"], "therapy run ice --minutes 15min"),
    ] {
        let (code, told, why) = run(&home, typed);
        assert_eq!((code, told.as_str()), (Some(2), ""), "{typed:?}");
        assert!(why.contains("is minutes or months\n") && why.ends_with(&format!("\n  try: {minutes}\n")), "{why}");
    }
    assert!(!home.journal().exists(), "nothing is written");
}

#[test]
fn minutes_are_read_with_a_unit_or_without() {
    let home = Home::new();
    let ways: [(&[&str], f64); 8] = [
        (&["15"], 900.0),
        (&["12,5"], 750.0),
        (&["15", "min"], 900.0),
        (&["--minutes", "15"], 900.0),
        (&["--minutes", "15m"], 900.0),
        (&["--minutes", "15min"], 900.0),
        (&["--minutes", "12,5"], 750.0),
        (&["--minutes", "quarter of an hour"], 900.0),
    ];
    for (way, length) in ways {
        let lines = home.ask(&[&["run", "ice", "--dry-run", "--progress", "json"], way].concat());
        let started: serde_json::Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
        assert_eq!(started["length_s"].as_f64(), Some(length), "{way:?}: {started}");
    }
    assert_eq!(run(&home, &["run", "ice", "15", "--minutes", "15"]).0, Some(2));
}

/// It is stopped by a signal.
#[cfg(unix)]
#[test]
fn a_running_session_is_extended_by_minutes() {
    let home = Home::new();
    home.own(1, &[("rest", "10min")]);
    let mut running = home.start(&["run", "own.toml"]);
    running.see("step_began");
    for (words, told) in
        [(&["2"][..], "2 min"), (&["1,5"], "1 min 30 s"), (&["1", "min"], "1 min"), (&["90s"], "1 min 30 s")]
    {
        let answer = home.ask(&[&["extend"], words].concat());
        assert!(answer.starts_with(&format!("{told} longer")), "{words:?}: {answer}");
    }
    running.signal(rustix::process::Signal::INT);
    running.end();
}

#[test]
fn pain_is_a_whole_number() {
    let home = Home::new();
    for words in [&["4"][..], &["4/10"], &["4", "of", "10"]] {
        assert!(home.ask(&[&["pain"], words].concat()).starts_with("Pain 4 of 10 noted"), "{words:?}");
    }
    let message = "is not a pain score; pain is a whole number from 0 to 10";
    let expected = format!("error: \"4.5\" {message}\n  try: therapy pain 4\n  or:  therapy pain 5\n");
    assert_eq!(run(&home, &["pain", "4.5"]), (Some(2), String::new(), expected));
    let expected =
        format!("error: \"4,5\" {message}\n  try: therapy run ice --pain 4\n  or:  therapy run ice --pain 5\n");
    assert_eq!(run(&home, &["run", "ice", "--pain", "4,5"]), (Some(2), String::new(), expected));
}

/// Each error says what is wanted.
#[test]
fn no_error_is_about_digits() {
    let home = Home::new();
    for number in ["", "x", "-1", "2.5", "1e3", "11", "99999999999999999999", "٣", "1/2", "\u{1b}[31m"] {
        for command in [
            &["run", "ice", "--minutes"][..],
            &["run", "ice"],
            &["run", "contrast", "--rounds"],
            &["run", "ice", "--pain"],
            &["run", "ice", "--speed"],
            &["show", "contrast", "--rounds"],
            &["pain"],
            &["extend"],
        ] {
            let (_, _, why) =
                run(&home, &[command, &[number], &["--dry-run"][..usize::from(command[0] == "run")]].concat());
            assert!(!why.contains("digit") && !why.contains('\u{1b}'), "{command:?} {number:?}: {why}");
        }
    }
}
