//! The keys of a session.

use therapy::domain::step::StepKind;
use therapy::text::advice;

use super::*;

#[test]
fn space_pauses_and_resumes() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.press(" ");
    terminal.see("PAUSED 0:0");
    terminal.see("pack off");
    terminal.see("Pack off. Press space when it is back on.");
    terminal.see("space go on · s skip · q stop");
    terminal.press(" ");
    terminal.see("space pause · s skip");
    assert!(!terminal.contents().contains("PAUSED"), "{}", terminal.contents());
    terminal.press("q");
    terminal.end();
}

#[test]
fn s_skips_to_the_next_step() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.press("s");
    terminal.see_clock("COLD", "10:00");
    terminal.see("Heat off now. Cold on");
    terminal.see("   last step");
    terminal.see("step 2 of 2");
    terminal.press("s");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(terminal.contents().contains("Ended early: "), "{}", terminal.contents());
}

#[test]
fn plus_extends_by_a_minute_within_the_limits() {
    let home = home(&[("cold", "19m 30s")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml"]);
    terminal.see_clock("COLD", "19:30");
    terminal.see("+ 1 min more");
    terminal.press("+");
    terminal.see("30 s longer, the most that is allowed (cold-limit)");
    terminal.see_clock("COLD", "20:00");
    terminal.press("+");
    terminal.see("Cannot be longer (cold-limit)");
    terminal.press("q");
    terminal.end();
}

#[test]
fn with_confirm_a_step_is_held_until_enter() {
    let home = home(&[("heat", "20s"), ("cold", "10min")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml", "--confirm", "--speed", "20"]);
    terminal.see("HEAT IS OVER");
    terminal.see("20 of 20 s");
    terminal.see("Take the heat off, put the cold on, then press Enter.");
    terminal.see("Enter done · space pack off · q stop");
    // The dose grows until the person answers.
    terminal.see("Take the pack off, then press Enter. Heat is 0:3");
    terminal.press("\r");
    terminal.see("until ");
    terminal.see("last step");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn a_wide_terminal_shows_both_sentences_about_a_step_that_is_too_long() {
    let home = home(&[("heat", "20s"), ("cold", "10min")]);
    let run = command(&home, &["own.toml", "--confirm", "--speed", "20"]);
    let mut terminal = Terminal::start(run, 24, 120);
    terminal.see("Take the pack off, then press Enter. Heat is ");
    terminal.see(advice::too_long(StepKind::Heat));
    terminal.press("q");
    terminal.end();
}

/// It changes nothing and is not recorded. What happens next makes the answer out of date.
#[test]
fn t_tells_the_time_left_for_a_moment() {
    let (home, mut terminal) = long_session(&[]);
    terminal.press("t");
    terminal.see(" left, until ");
    assert!(!terminal.contents().contains("q stop"), "in the place of the keys: {}", terminal.contents());
    let answer = terminal.frame("On the skin: ").pop().expect("a row");
    let (left, now) = answer.split_once(" left, until ").expect("just seen");
    assert!(["10:00", "9:59", "9:58"].contains(&left), "{answer}");
    assert!(now.len() == "04:10 (now 04:00)".len() && now.contains(" (now ") && now.ends_with(')'), "{answer}");
    terminal.press(" ");
    terminal.see("space go on");
    terminal.press("T");
    terminal.see(" of heat left, paused for 0:0");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    let names: Vec<String> = home.written().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["started", "step_began", "paused", "finished"]);
    assert!(!terminal.contents().contains("left, paused"), "it is not said again: {}", terminal.contents());
}

/// A message is in the place of the keys, and said again with its time after the end.
#[test]
fn a_message_is_said_again_after_the_end() {
    let home = home(&[("cold", "19m 30s")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml"]);
    terminal.see("+ 1 min more");
    let rows = |terminal: &Terminal| terminal.frame("own").len();
    let before = rows(&terminal);
    terminal.press("+");
    terminal.see("30 s longer, the most that is allowed (cold-limit)");
    assert_eq!(rows(&terminal), before, "{}", terminal.contents());
    terminal.press("++");
    terminal.see("Cannot be longer (cold-limit)");
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    let last = terminal.frame("Take the pack off.");
    let times = last.iter().filter(|row| row.as_bytes().get(2) == Some(&b':'));
    let said: Vec<&str> = times.map(|row| &row[7..]).collect();
    assert_eq!(
        said,
        ["30 s longer, the most that is allowed (cold-limit).", "Cannot be longer (cold-limit)."],
        "{last:#?}"
    );
}

#[test]
fn other_keys_and_arrows_do_nothing() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.press("x");
    terminal.press("\u{1b}[A");
    terminal.press("\u{1b}OP");
    // An arrow is one escape sequence. Its letter must not act as a key.
    terminal.see_clock("HEAT", "9:59");
    assert_eq!(terminal.child.try_wait().expect("a child"), None);
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

/// Writes these in turn, each for a read of its own.
fn press_apart(terminal: &mut Terminal, writes: &[&str]) {
    for write in writes {
        terminal.press(write);
        clock::wait(Duration::from_millis(100));
    }
}

/// The keys so far did nothing: the session still runs its first step, and Space pauses it.
fn assert_nothing_pressed(terminal: &mut Terminal) {
    terminal.press(" ");
    terminal.see("PAUSED 0:0");
    assert!(terminal.contents().contains("step 1 of 2"), "{}", terminal.contents());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn a_function_key_in_two_reads_does_nothing() {
    let (_home, mut terminal) = long_session(&[]);
    press_apart(&mut terminal, &["\u{1b}", "OQ", "\u{1b}O", "q", "\u{1b}[1;", "2S"]);
    assert_nothing_pressed(&mut terminal);
}

#[test]
fn a_key_with_alt_does_nothing() {
    let (_home, mut terminal) = long_session(&[]);
    press_apart(&mut terminal, &["x\u{1b}s", "\u{1b}", "s", "\u{1b}q"]);
    assert_nothing_pressed(&mut terminal);
}

#[test]
fn a_report_of_the_mouse_after_a_key_does_nothing() {
    let (_home, mut terminal) = long_session(&[]);
    press_apart(&mut terminal, &["x\u{1b}[M qs", "x\u{1b}[M s", "q"]);
    assert_nothing_pressed(&mut terminal);
}

#[test]
fn a_key_right_after_an_arrow_is_a_key() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.press("\u{1b}[Aq");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn a_bracketed_paste_does_nothing() {
    let (_home, mut terminal) = long_session(&[]);
    press_apart(&mut terminal, &["\u{1b}[200~qqqq\u{1b}[201~", "x\u{1b}[200~s", "q\u{1b}[201~"]);
    assert_nothing_pressed(&mut terminal);
}

#[test]
fn control_c_does_not_wait_behind_a_paste() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.press(&" ".repeat(100_000));
    terminal.press("\u{3}");
    let pressed = clock::now();
    assert_eq!(terminal.end().code(), Some(130));
    let waited = clock::now().since(pressed);
    assert!(waited < Duration::from_secs(2), "{waited:?}");
}
