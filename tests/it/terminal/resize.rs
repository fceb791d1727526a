//! Terminals that change size or have none.

use super::*;

#[test]
fn a_resize_draws_a_frame_that_fits() {
    let (_home, mut terminal) = long_session(&[]);
    terminal.resize(24, 40);
    let whole = |columns: u16| {
        move |terminal: &mut Terminal| {
            let rows: Vec<String> = terminal.screen.screen().rows(0, columns).collect();
            let is_bar = |row: &&String| row.contains('─');
            let margins = if columns < 80 { 2 } else { 4 };
            rows.iter().find(is_bar).is_some_and(|row| row.trim().chars().count() == usize::from(columns - margins))
        }
    };
    terminal.until("a frame of 40 columns", whole(40));
    terminal.see("q stop");
    let frame = terminal.frame("long");
    assert_eq!(frame.len(), 16, "{frame:#?}");
    assert!(frame.iter().all(|row| row.chars().count() <= 40), "{frame:#?}");
    assert_eq!(terminal.wrapped_rows(), [0; 0], "{frame:#?}");
    assert_eq!(terminal.contents().matches("HEAT").count(), 1, "the old frame is gone: {frame:#?}");

    terminal.resize(24, 500);
    terminal.until("a frame of 500 columns", whole(500));
    terminal.until("all of it", |terminal| terminal.frame("long").len() == 14);
    assert_eq!(terminal.contents().matches("HEAT").count(), 1, "the old frame is gone: {}", terminal.contents());

    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
    terminal.assert_restored();
}

/// A resize must not remove lines above the frame, or leave old rows of the frame.
#[test]
fn resizes_keep_the_lines_above_the_frame_and_duplicate_no_row() {
    let (_home, mut terminal) = long_session(&[]);
    let mut wider = true;
    for columns in [100, 120, 60, 80, 41] {
        terminal.resize(24, columns);
        let known = terminal.bytes.len();
        terminal.until("a frame", |terminal| terminal.text()[known..].contains("q stop"));
        let contents = terminal.contents();
        wider &= columns >= 100;
        assert!(!wider || contents.contains("Do not lie on the pack"), "{columns}: {contents}");
        assert_eq!(contents.matches("HEAT").count(), 1, "{columns}: {contents}");
        assert_eq!(contents.matches("q stop").count(), 1, "{columns}: {contents}");
    }
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(130));
}

#[test]
fn a_terminal_without_a_size_is_taken_for_80_columns() {
    let home = Home::new();
    home.file("own.toml", LONG);
    // A serial line has the size 0 by 0.
    let (pty, pts) = open().expect("a pseudo-terminal");
    let inner = File::open("/dev/null").expect("a file");
    let before = tcgetattr(&pts).expect("modes");
    let child = OnTerminal::from(command(&home, &["own.toml"])).spawn(pts).expect("the program starts");
    let screen = vt100::Parser::new_with_callbacks(size(24), size(80), 0, Around::default());
    let mut terminal = Terminal { pty, inner, before, child, screen, bytes: Vec::new() };
    terminal.see("q stop");
    assert_eq!(terminal.frame("long").len(), 14, "{}", terminal.contents());
    terminal.signal(Signal::INT);
    terminal.until("the last words", |terminal| terminal.contents().contains("Stopped: "));
}
