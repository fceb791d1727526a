//! Contents and colours of the frame.

use therapy::domain::step::StepKind;
use therapy::text::advice;

use super::*;

#[test]
fn the_screen_shows_title_clock_advice_note_step_session_skin_and_keys() {
    let (_home, mut terminal) = long_session(&[]);
    let frame = terminal.frame("long");
    assert_eq!(frame.len(), 14, "{frame:#?}");
    assert_eq!(frame[0], "long · step 1 of 2");
    assert!(frame[1].ends_with("   HEAT") && frame[4].ends_with("   then COLD, 10 min"), "{frame:#?}");
    assert!(frame[3].contains("   until "), "{frame:#?}");
    assert_eq!(frame[6..9].join(" "), format!("{} moist pad, low", advice::during(StepKind::Heat, false)));
    assert_eq!(frame[9], "─".repeat(76));
    assert_eq!(frame[10], "█".repeat(38) + &"▒".repeat(38));
    assert!(frame[11].starts_with("▲ 0 of 20 min  ") && frame[11].chars().count() == 76, "{frame:#?}");
    assert_eq!(frame[12], "On the skin: heat 0 of 30 min, cold 0 of 20 min");
    assert_eq!(frame[13], "space pause · s skip · + 1 min more · t time · q stop");
    terminal.see_clock("HEAT", "9:59");
    terminal.press("q");
    terminal.end();
}

/// What was on the terminal before is out of the window. The frame is below what the program says, in the upper half.
#[test]
fn the_session_begins_at_the_top_of_the_window() {
    let home = Home::new();
    home.file("own.toml", LONG);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "for i in 1 2 3 4 5 6 7 8 9; do echo earlier; done; exec \"$@\"", "shell"]);
    let run = command(&home, &["own.toml", "--injured", "5 days ago"]);
    shell.arg(run.get_program()).args(run.get_args()).env_clear().envs(home.environment()).current_dir(home.path());
    let mut terminal = Terminal::start(shell, 24, 80);
    terminal.see("q stop");
    let rows: Vec<String> = terminal.screen.screen().rows(0, 80).collect();
    assert!(!terminal.contents().contains("earlier"), "{rows:#?}");
    assert_eq!(terminal.text().matches("earlier").count(), 9);
    let first = rows.iter().position(|row| row == "  long · step 1 of 2").expect("a title");
    // The time of the injury is said too.
    assert!(rows[0].starts_with("note: injured ") && rows[1].starts_with("A timer, not medical advice: "), "{rows:#?}");
    assert_eq!((first, rows[first - 1].as_str()), (5, ""), "{rows:#?}");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

/// What `therapy show` says too may be left out; a caution of the person's own file may not.
#[test]
fn what_is_said_above_the_screen_is_short() {
    let steps = "rounds = 2\n[[step]]\ndo = \"heat\"\nfor = \"20min\"\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n";
    for (name, columns, rows, has, has_not) in [
        ("contrast", 80, 4, &["(numb-heat).\n1 more: therapy show contrast\n"][..], &["S1 puts"][..]),
        ("contrast", 134, 3, &["(numb-heat).", "S1 puts 20 min", "between the two."], &[" more: "]),
        ("plain.toml", 80, 3, &["Heat after cold only when normal feeling is back (numb-heat)."], &[" more: "]),
        ("my own.toml", 80, 4, &["Only after a warm bath, and never alone.", "(numb-heat)."], &[" more: "]),
        ("ice", 80, 3, &["fall asleep."], &[" more: "]),
    ] {
        // Of its own: what a slow session leaves on the skin must not refuse the next.
        let home = Home::new();
        home.ask(&["injury", "set", "5 days ago"]);
        home.ask(&["safety", "--answer", "none"]);
        home.file("my own.toml", &format!("caution = \"Only after a warm bath, and never alone.\"\n{steps}"));
        home.file("plain.toml", steps);
        let mut terminal = Terminal::start(command(&home, &[name]), 40, columns);
        terminal.see("q stop");
        let contents = terminal.contents();
        let (said, _) = contents.split_once("\n\n").expect("a blank row");
        assert_eq!(said.lines().count(), rows, "{name}: {said}");
        assert!(said.starts_with("A timer, not medical advice: "), "{name}: {said}");
        let said = said.to_owned() + "\n";
        let is_said = |text: &&str| said.contains(text) || crate::support::joined(&said).contains(text);
        assert!(has.iter().all(&is_said), "{name}: {said}");
        assert!(!has_not.iter().any(is_said), "{name}: {said}");
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130));
    }
}

/// After the question about warning signs, it is not in the window of the session.
#[test]
fn an_answer_begins_a_fresh_window() {
    let home = Home::empty();
    let mut terminal = Terminal::start(command(&home, &["ice"]), 30, 80);
    terminal.see("Does any of these apply to you? [y/n]");
    terminal.press("n\n");
    terminal.see("q stop");
    let contents = terminal.contents();
    assert!(!contents.contains("Does any of these apply") && contents.contains("A timer, not medical"), "{contents}");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn the_step_bar_has_the_texture_and_colour_of_its_pack() {
    let (_home, mut terminal) = long_session(&["--speed", "1000"]);
    let bar = |terminal: &Terminal, heading: &str, texture: &str| {
        let screen = terminal.screen.screen();
        let rows: Vec<String> = screen.rows(0, 80).collect();
        let heading = rows.iter().position(|row| row.ends_with(heading))?;
        let row = rows.iter().skip(heading).position(|row| row.trim_start().starts_with(&texture.repeat(8)))? + heading;
        Some(screen.cell(u16::try_from(row).ok()?, 2)?.fgcolor())
    };
    terminal.until("a bar of heat", |terminal| bar(terminal, "HEAT", "█") == Some(vt100::Color::Idx(9)));
    terminal.until("a bar of cold", |terminal| bar(terminal, "COLD", "▒") == Some(vt100::Color::Idx(12)));
    assert!(terminal.contents().contains("REHEARSAL × 1000 · long"), "{}", terminal.contents());
    assert_eq!(terminal.end().code(), Some(0));
}

#[test]
fn at_40_columns_every_row_fits() {
    let home = Home::new();
    home.file("own.toml", LONG);
    let mut terminal = Terminal::start(command(&home, &["own.toml"]), 24, 40);
    terminal.see("q stop");
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{}", terminal.contents());
    let frame = terminal.frame("long");
    assert_eq!(frame.len(), 16, "{frame:#?}");
    assert!(frame[1].starts_with("HEAT  until ") && frame[1].ends_with(", then COLD 10 min"), "{frame:#?}");
    // Safety advice is never truncated. It has three rows.
    assert_eq!(frame[8..11].join(" "), advice::during(StepKind::Heat, false));
    assert_eq!(frame[11], "moist pad, low");
    assert_eq!(frame[14], "Skin: heat 0 of 30, cold 0 of 20 min");
    assert_eq!(frame[15], "space pause · s skip · q stop");
    terminal.press("s");
    terminal.see_clock("COLD  until ", "10:00");
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{}", terminal.contents());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

/// Errors and remarks are bold. Green, yellow and cyan cannot be read on a light terminal.
#[test]
fn nothing_but_a_pack_has_a_colour() {
    let home = Home::new();
    let file = "[[step]]\ndo = \"cold\"\nfor = \"19min\"\n[[step]]\ndo = \"heat\"\nfor = \"20min\"\n";
    home.file("remark.toml", file);
    home.file("wrong.toml", "[[step]]\ndo = \"cod\"\nfor = \"40min\"\nx = 1\n");
    let is_colour = |number: &u16| (30..50).contains(number) || (90..108).contains(number);
    for arguments in [
        &["runn", "ice"][..],
        &["ice"],
        &["run", "ice", "--foo"],
        &["run", "ice", "--progress", "loud"],
        &["run", "icee"],
        &["check", "remark.toml", "wrong.toml"],
        &["run", "wrong.toml"],
        &["run", "--help"],
    ] {
        let mut terminal = Terminal::start(home.command(arguments), 40, 80);
        terminal.end();
        let renditions = renditions(&terminal.text());
        assert!(renditions.contains(&1), "{arguments:?}: what matters is bold: {:?}", terminal.text());
        assert!(!renditions.iter().any(is_colour), "{arguments:?}: {:?}", terminal.text());
    }
}

/// Wide characters, and words that are longer than a row.
#[test]
fn at_40_columns_wide_characters_fit_and_long_notes_are_truncated() {
    let home = Home::new();
    let note = format!("{} {} {}", "湿ったパッド🔥".repeat(8), "x".repeat(60), "low ".repeat(10));
    let step = format!("[[step]]\ndo = \"heat\"\nfor = \"10min\"\nnote = \"{note}\"\n");
    home.file("own.toml", &format!("name = \"温冷交代浴の長い名前です、とても長い名前\"\n{step}"));
    let mut terminal = Terminal::start(command(&home, &["own.toml"]), 24, 40);
    terminal.see("q stop");
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{}", terminal.contents());
    let note = terminal.frame("湿ったパッド🔥");
    assert!(note[1].ends_with('…'), "{note:#?}");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

/// The rows are a template of indicatif, and it must not obey a file.
#[test]
fn braces_in_a_note_or_a_name_are_text() {
    let home = Home::new();
    let note = "{bar} {{clock}} }{ {x:9.red/blue} {now";
    let step = format!("[[step]]\ndo = \"heat\"\nfor = \"10min\"\nnote = \"{note}\"\n");
    home.file("own.toml", &format!("name = \"{{skin}}\"\n{step}"));
    let mut terminal = Terminal::therapy(&home, &["own.toml"]);
    terminal.see("q stop");
    let frame = terminal.frame("{skin}");
    assert!(frame.iter().any(|row| row == note), "{frame:#?}");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn no_color_turns_colours_off() {
    let home = Home::new();
    home.file("own.toml", LONG);
    let mut coloured = Terminal::therapy(&home, &["own.toml"]);
    coloured.see("q stop");
    let is_colour = |number: &u16| (30..50).contains(number) || (90..108).contains(number);
    assert!(renditions(&coloured.text()).iter().any(is_colour), "without NO_COLOR there are colours");
    coloured.press("q");
    assert_eq!(coloured.end().code(), Some(130));

    let mut off = command(&home, &["own.toml"]);
    off.env("CLICOLOR", "0");
    let mut off = Terminal::start(off, 24, 80);
    off.see("q stop");
    assert!(!renditions(&off.text()).iter().any(is_colour), "{:?}", off.text());
    off.press("q");
    assert_eq!(off.end().code(), Some(130));

    let mut never = Terminal::therapy(&home, &["own.toml", "--color", "never"]);
    never.see("q stop");
    assert!(!renditions(&never.text()).iter().any(is_colour), "{:?}", never.text());
    never.press("q");
    assert_eq!(never.end().code(), Some(130));

    let mut always = command(&home, &["own.toml", "--color", "always"]);
    always.env("NO_COLOR", "1");
    let mut always = Terminal::start(always, 24, 80);
    always.see("q stop");
    assert!(renditions(&always.text()).iter().any(is_colour), "{:?}", always.text());
    always.press("q");
    assert_eq!(always.end().code(), Some(130));

    let mut command = command(&home, &["own.toml"]);
    command.env("NO_COLOR", "1");
    let mut plain = Terminal::start(command, 24, 80);
    plain.see("q stop");
    plain.press("s");
    plain.see("COLD");
    plain.press("q");
    assert_eq!(plain.end().code(), Some(130));
    let colours: Vec<u16> = renditions(&plain.text()).into_iter().filter(is_colour).collect();
    assert_eq!(colours, [0; 0], "{:?}", plain.text());
    let heat_and_cold = plain.text().contains('█') && plain.text().contains('▒');
    assert!(heat_and_cold, "hot and cold differ in texture");
    assert!(renditions(&plain.text()).contains(&7), "a change is in reverse: {:?}", plain.text());
}

/// The locale says it. Without one, nearly every terminal shows Unicode.
#[test]
fn a_terminal_without_unicode_gets_ascii() {
    let home = Home::new();
    home.file("own.toml", LONG);
    for (locale, is_ascii) in
        [(Some("C"), true), (Some("de_DE.ISO-8859-1"), true), (Some("C.utf8"), false), (None, false)]
    {
        let mut run = command(&home, &["own.toml"]);
        run.env_remove("LANG").envs(locale.map(|locale| ("LC_ALL", locale)));
        let mut terminal = Terminal::start(run, 24, 80);
        terminal.see("q stop");
        let frame = terminal.frame("long");
        assert_eq!(frame.iter().all(|row| row.is_ascii()), is_ascii, "{locale:?}: {frame:#?}");
        assert_eq!(frame.iter().any(|row| row.starts_with("##########      ##")), is_ascii, "{locale:?}: {frame:#?}");
        if is_ascii {
            assert_eq!(frame[0], "long - step 1 of 2");
            assert_eq!(terminal.around().title, "Heat 10 min left - long");
            assert_eq!(frame[10], "#".repeat(38) + &":".repeat(38));
            terminal.press(" ");
            terminal.see("PAUSED 0:0");
            terminal.until("pale digits", |terminal| terminal.contents().contains("::::::::   PAUSED"));
        }
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(130));
    }
}

#[test]
fn a_changeover_says_what_to_get_ready() {
    let home = home(&[("heat", "10min"), ("cold", "10min")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml", "--changeover", "10min"]);
    terminal.see_clock("GET READY", "10:00");
    terminal.see("HEAT, 10 min");
    terminal.see("Have the warm pack ready.");
    terminal.see("step 1 of 4");
    terminal.press("s");
    terminal.see_clock("until ", "10:00");
    terminal.see("then CHANGEOVER,");
    terminal.press("s");
    terminal.see("COLD, 10 min");
    terminal.see("Take the heat off. Have the ice ready, wrapped in a thin damp cloth.");
    terminal.press(" ");
    terminal.see("CHANGEOVER,");
    terminal.see("Press space to go on.");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    assert!(!terminal.contents().contains("Take the pack off"), "{}", terminal.contents());
}
