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
    terminal.see("COLD 10:00 left · until ");
    terminal.see("Heat off now. Cold on");
    terminal.see(", last step");
    terminal.see("step 2 of 2");
    terminal.press("s");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(terminal.contents().contains("Ended early: "), "{}", terminal.contents());
}

#[test]
fn plus_extends_by_a_minute_within_the_limits() {
    let home = home(&[("cold", "19m 30s")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml"]);
    terminal.see("COLD 19:30 left");
    terminal.see("+ 1 min more");
    terminal.press("+");
    terminal.see("30 s longer, the most that is allowed (cold-limit)");
    terminal.see("COLD 20:00 left");
    terminal.press("+");
    terminal.see("Cannot be longer (cold-limit)");
    terminal.press("q");
    terminal.end();
}

#[test]
fn with_confirm_a_step_is_held_until_enter() {
    let home = home(&[("heat", "20s"), ("cold", "10min")]);
    let mut terminal = Terminal::therapy(&home, &["own.toml", "--confirm", "--speed", "20"]);
    terminal.see("HEAT IS OVER 0:");
    terminal.see("Take the heat off, put the cold on, then press Enter.");
    terminal.see("Enter done · space pack off · q stop");
    // The dose grows until the person answers.
    terminal.see("TAKE IT OFF: heat is 0:3");
    terminal.see("Take the pack off, then press Enter. Heat is ");
    terminal.press("\r");
    terminal.see("COLD 9:");
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

#[test]
fn other_keys_and_arrows_do_nothing() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.press("x");
    terminal.press("\u{1b}[A");
    terminal.press("\u{1b}OP");
    // An arrow is one escape sequence. Its letter must not act as a key.
    terminal.see("HEAT 9:59 left");
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
