//! The output of the screen in virtual time: rows, notices and the bell.

use therapy::domain::moment::Moment;
use therapy::domain::session::{Event, Input, Session, SessionOptions};
use therapy::runner::{self, Observer, Trouble};
use therapy::simulate::{Happening, Simulation};

use super::*;
use crate::support::joined;

/// A pause stops the session time, but not the time of a notice.
#[test]
fn a_notice_disappears_after_five_seconds_even_in_a_pause() {
    struct Look {
        kept: Kept,
        screen: vt100::Parser,
        looks: usize,
    }

    impl Observer for Look {
        fn observe(&mut self, _: &[Event], _: &Session) -> Result<(), Trouble> {
            Ok(())
        }

        fn frame(&mut self, session: &Session) -> Result<(), Trouble> {
            self.screen.process(&self.kept.take());
            if session.is_paused() {
                let (shown, at) = (self.screen.screen().contents(), session.now().since_origin());
                assert_eq!(shown.contains("1 min longer"), at < Duration::from_secs(15), "{at:?}: {shown}");
                assert_eq!(shown.contains("space go on"), at >= Duration::from_secs(15), "{at:?}: {shown}");
                self.looks += 1;
            }
            Ok(())
        }
    }

    let kept = Kept::default();
    let mut screen = screen(&kept, 24, 80);
    let mut look = Look { kept, screen: vt100::Parser::new(size(24), size(80), 0), looks: 0 };
    let says = |after, input| (Duration::from_secs(after), Happening::Says(input));
    let minute = Duration::from_secs(60);
    let script = [says(10, Input::Extend(minute)), says(12, Input::Pause), says(30, Input::Stop)];
    let mut world = Simulation::new(Moment::default(), &script);
    runner::run(&ice(), SessionOptions::default(), &mut world, &mut [&mut screen, &mut look]);
    assert!(look.looks > 10, "{}", look.looks);
}

/// A message that is longer than a row takes blank rows, so that the frame keeps its height. Where there are none, it
/// ends with an ellipsis. After the end it is said again.
#[test]
fn a_long_message_takes_blank_rows() {
    const WHY: &str = "not on: with what you logged or imported, the cold load would reach 31 min; the limit is 20 min";
    let (first, second) =
        ("not on: with what you logged or imported, the cold load would reach", "31 min; the limit is");
    for (rows, columns, shown) in [
        (24, 80, vec![format!("  warning: {first}"), format!("  {second} 20 min")]),
        (12, 80, vec![format!("  warning: {first}"), format!("  {second} 20 min")]),
        (9, 80, vec![format!("  warning: {}…", &first[..first.len() - 1])]),
    ] {
        let kept = Kept::default();
        let mut screen = screen(&kept, rows, columns);
        let mut terminal = vt100::Parser::new(size(rows), size(columns), 0);
        let (mut session, events) = Session::start(&ice(), SessionOptions::default(), Moment::default());
        let mut drawn = |screen: &mut dyn Observer, events: &[Event], session: &Session| {
            screen.observe(events, session).expect("no trouble");
            screen.frame(session).expect("no trouble");
            terminal.process(&kept.take());
            terminal.screen().contents().lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let before = drawn(&mut screen, &events, &session);
        screen.trouble(WHY);
        let during = drawn(&mut screen, &[], &session);
        assert_eq!(during.len(), before.len(), "{during:#?}");
        assert_eq!(during[during.len() - shown.len()..], shown, "{during:#?}");
        let events = session.handle(Moment::default() + Duration::from_secs(2), Input::Stop);
        let after = drawn(&mut screen, &events, &session);
        let said = format!("19:34 warning: {WHY}");
        assert!(joined(&after.join("\n")).contains(&said), "{after:#?}");
        assert!(after.iter().all(|row| row.is_empty() || row.starts_with(' ')), "{after:#?}");
    }
}

/// This happens when the last step ended before a session was resumed.
#[test]
fn a_session_that_ends_before_its_first_frame_shows_its_result() {
    let kept = Kept::default();
    let mut screen = screen(&kept, 24, 80);
    let (mut session, _) = Session::start(&ice(), SessionOptions::default(), Moment::default());
    let events = session.advance(Moment::default() + Duration::from_secs(3600));
    let mut world = Simulation::new(Moment::default(), &[]);
    runner::resume(session, events, &mut world, &mut [&mut screen]);
    let mut terminal = vt100::Parser::new(size(24), size(80), 0);
    terminal.process(&kept.take());
    let rows: Vec<String> = terminal.screen().rows(0, 80).take_while(|row| !row.is_empty()).collect();
    assert_eq!(
        rows,
        digits::text("TAKE IT OFF", digits::Size::Five, 1)
            .iter()
            .map(|row| format!("  {row}").trim_end().to_owned())
            .collect::<Vec<_>>()
    );
    let rows: Vec<String> = terminal.screen().rows(0, 80).skip(6).take_while(|row| !row.is_empty()).collect();
    assert!(
        rows[0].starts_with("  Take the pack off. Done: ") && rows.last().is_some_and(|row| row.ends_with("▒▒")),
        "{rows:#?}"
    );
    assert!(rows.len() <= 4, "{rows:#?}");
}

/// A resumed step causes no event, but the screen must show its advice.
#[test]
fn a_session_resumed_during_a_step_shows_the_advice() {
    let kept = Kept::default();
    let (session, _) = Session::start(&ice(), SessionOptions::default(), Moment::default());
    screen(&kept, 24, 80).frame(&session).expect("a frame");
    let shown = String::from_utf8(kept.take()).expect("text");
    assert!(shown.contains("Cold on, a thin damp cloth between."), "{shown}");
}

/// Records the session time of each bell.
#[test]
fn the_bell_rings_only_at_cues() {
    struct Bells {
        kept: Kept,
        rang: Vec<u64>,
    }

    impl Observer for Bells {
        fn observe(&mut self, _: &[Event], _: &Session) -> Result<(), Trouble> {
            Ok(())
        }

        fn frame(&mut self, session: &Session) -> Result<(), Trouble> {
            let bells = self.kept.take().into_iter().filter(|byte| *byte == 7).count();
            self.rang.extend(std::iter::repeat_n(session.elapsed().as_secs(), bells));
            Ok(())
        }
    }

    let kept = Kept::default();
    let mut screen = screen(&kept, 24, 80);
    let mut bells = Bells { kept, rang: Vec::new() };
    let text = "[[step]]\ndo = \"heat\"\nfor = \"10min\"\n[[step]]\ndo = \"cold\"\nfor = \"10min\"\n";
    let mut world = Simulation::new(Moment::default(), &[]);
    runner::run(&protocol(text), SessionOptions::default(), &mut world, &mut [&mut screen, &mut bells]);
    assert_eq!(bells.rang, [0, 300, 540, 600, 900, 1140, 1200]);
}

/// Compares a screen that sends only changed rows with a full redraw on an empty terminal.
#[test]
fn sending_only_changed_rows_gives_the_same_frame_as_a_full_redraw() {
    struct Compare {
        size: (u16, u16),
        changed: Kept,
        terminal: vt100::Parser,
        anew: Kept,
        frames: usize,
    }

    impl Observer for Compare {
        fn observe(&mut self, _: &[Event], _: &Session) -> Result<(), Trouble> {
            Ok(())
        }

        fn frame(&mut self, session: &Session) -> Result<(), Trouble> {
            let (rows, columns) = self.size;
            self.terminal.process(&self.changed.take());
            let mut empty = vt100::Parser::new(size(rows), size(columns), 0);
            empty.process(&self.anew.take());
            // The cursor is in the last row of the frame.
            let frame = |terminal: &vt100::Parser, count: usize| {
                let last = usize::from(terminal.screen().cursor_position().0);
                let shown: Vec<String> = terminal.screen().rows(0, columns).take(last + 1).collect();
                shown[shown.len().saturating_sub(count)..].to_vec()
            };
            let anew = frame(&empty, usize::MAX);
            if session.outcome().is_none() {
                assert_eq!(frame(&self.terminal, anew.len()), anew, "after {:?}", session.now());
                self.frames += 1;
            }
            Ok(())
        }
    }

    let text = "rounds = 2\n[[step]]\ndo = \"heat\"\nfor = \"70s\"\nnote = \"moist pad, low\"\n\
        [[step]]\ndo = \"cold\"\nfor = \"45s\"\n[[step]]\ndo = \"rest\"\nfor = \"9m 55s\"\n";
    let protocol = protocol(text);
    for (seed, (rows, columns)) in (0..12_u64).zip([(24, 80), (8, 33), (4, 20), (30, 9)].into_iter().cycle()) {
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut after = Duration::ZERO;
        let happenings = std::iter::repeat_with(|| {
            after += Duration::from_millis(chance.u64(1..90_000));
            let happening = match chance.u8(0..10) {
                0..4 => Happening::Says(Input::Toggle),
                4..7 => Happening::Says(Input::Extend(Duration::from_secs(60))),
                7 => Happening::Says(Input::Skip),
                8 => Happening::Says(Input::Confirm),
                _ => Happening::Stalls(Duration::from_secs(chance.u64(1..200))),
            };
            (after, happening)
        });
        let mut script: Vec<_> = happenings.take(25).collect();
        script.push((after + Duration::from_secs(100), Happening::Says(Input::Stop)));
        let (changed, anew) = (Kept::default(), Kept::default());
        let mut first = screen(&changed, rows, columns);
        let look = Box::new(move || ((rows, columns), true));
        let wall = Box::new(|_| "19:34".to_owned());
        let mut second = Screen::new(Box::new(anew.clone()), look, wall, true, "test".to_owned());
        let terminal = vt100::Parser::new(size(rows), size(columns), 0);
        let mut compare = Compare { size: (rows, columns), changed, terminal, anew, frames: 0 };
        let options = SessionOptions { confirm: seed % 3 == 0, ..SessionOptions::default() };
        let mut world = Simulation::new(Moment::default(), &script);
        runner::run(&protocol, options, &mut world, &mut [&mut first, &mut second, &mut compare]);
        assert!(compare.frames > 100, "{}", compare.frames);
    }
}
