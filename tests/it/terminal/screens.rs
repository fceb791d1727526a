//! The whole window in every state and size, compared with the files in `screens`, one for each size. In them R marks
//! a row in reverse. `TRYCMD=overwrite` writes them.

use std::path::Path;

use therapy::domain::moment::Moment;
use therapy::domain::rules::STEP_MIN;
use therapy::domain::session::{Input, Session, SessionOptions};
use therapy::domain::view::View;
use therapy::edge::catalog::built_in;
use therapy::runner::Observer as _;
use therapy::text::view::time_left;

use super::*;

/// A session at 19:14 in a window, without the program.
struct Window {
    session: Session,
    screen: Screen,
    kept: Kept,
    terminal: vt100::Parser,
}

fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

impl Window {
    fn new((columns, rows): (u16, u16), protocol: &Protocol, confirm: bool) -> Window {
        console::set_colors_enabled_stderr(true);
        let (kept, look) = (Kept::default(), Box::new(move || ((rows, columns), false)));
        let wall = Box::new(|at: Moment| {
            let minutes = 19 * 60 + 14 + at.since_origin().as_secs() / 60;
            format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
        });
        let title = format!("{} · lower back", protocol.name());
        let mut screen = Screen::new(Box::new(kept.clone()), look, wall, true, title);
        let mut terminal = vt100::Parser::new(size(rows), size(columns), 0);
        terminal.process("what is said\r\nbefore the\r\nstart\r\n\r\n".as_bytes());
        let options = SessionOptions { confirm, ..SessionOptions::default() };
        let (session, events) = Session::start(protocol, options, Moment::default());
        screen.observe(&events, &session).expect("a screen");
        let mut window = Window { session, screen, kept, terminal };
        window.draw();
        window
    }

    /// Time passes until this long after the start, with a frame at the end.
    fn until(&mut self, length: Duration) -> &mut Window {
        let end = Moment::default() + length;
        while self.session.now() < end && self.session.outcome().is_none() {
            let next = self.session.wake_at().map_or(end, |wake| wake.min(end));
            let events = self.session.advance(next);
            if !events.is_empty() {
                self.screen.observe(&events, &self.session).expect("a screen");
            }
        }
        self.draw();
        self
    }

    fn says(&mut self, input: Input) -> &mut Window {
        let events = self.session.handle(self.session.now(), input);
        self.screen.observe(&events, &self.session).expect("a screen");
        self.draw();
        self
    }

    fn draw(&mut self) -> Vec<u8> {
        self.screen.frame(&self.session).expect("a frame");
        let bytes = self.kept.take();
        self.terminal.process(&bytes);
        bytes
    }

    /// The rows, each after its mark.
    fn rows(&self) -> Vec<String> {
        let screen = self.terminal.screen();
        let (_, columns) = screen.size();
        let mark = |at: u16| (0..columns.get()).any(|column| screen.cell(at, column).is_some_and(vt100::Cell::inverse));
        let rows = screen.rows(0, columns.get()).zip(0..);
        rows.map(|(row, at)| format!("{}{row}", if mark(at) { 'R' } else { ' ' }).trim_end().to_owned()).collect()
    }
}

fn contrast() -> Protocol {
    built_in("contrast")
        .expect("it exists")
        .parsed
        .draft
        .review(Choice::default(), &Context::default(), &[])
        .expect("it may run")
}

/// Contrast where every change is confirmed at once, until this many minutes after the start.
fn confirmed(size: (u16, u16), until: u64) -> Window {
    let mut window = Window::new(size, &contrast(), true);
    for change in (20..=until).step_by(20) {
        window.until(minutes(change));
        if change < until {
            window.says(Input::Confirm);
        }
    }
    window
}

/// A state by its name, in a window of this size.
fn state(name: &str, size: (u16, u16)) -> Window {
    let seconds = Duration::from_secs;
    let mut window = Window::new(size, &contrast(), false);
    match name {
        "heat" => window.until(seconds(6 * 60 + 37)),
        "soon" => window.until(seconds(19 * 60 + 30)),
        "change" => window.until(seconds(20 * 60 + 10)),
        "cold" => window.until(seconds(32 * 60 + 15)),
        "paused" => window.until(seconds(32 * 60 + 15)).says(Input::Pause).until(seconds(34 * 60 + 25)),
        "leap" => window.until(minutes(10)).says(Input::Leap(minutes(5))).until(seconds(605)),
        "done" => window.until(minutes(121)),
        "stopped" => window.until(seconds(20 * 60 + 8 * 60)).says(Input::Stop),
        "ended early" => window.until(minutes(28)).says(Input::Skip).until(minutes(121)),
        "hold" => {
            window = confirmed(size, 40);
            window.until(seconds(40 * 60 + 12))
        }
        "overrun" => {
            window = confirmed(size, 80);
            window.until(seconds(91 * 60 + 48))
        }
        "overrun of an hour" => {
            window = confirmed(size, 80);
            window.until(seconds(3600 + 91 * 60 + 48))
        }
        "get ready" => {
            let draft = &built_in("contrast").expect("it exists").parsed.draft;
            let choice = Choice { changeover: Some(seconds(40)), ..Choice::default() };
            window = Window::new(size, &draft.review(choice, &Context::default(), &[]).expect("it may run"), false);
            window.until(seconds(20 * 60 + 57))
        }
        "rest" => {
            let steps = "name = \"mine\"\nrounds = 2\n[[step]]\ndo = \"rest\"\nfor = \"1h 10min\"\nnote = \"{lie} down\"\n\
                [[step]]\ndo = \"cold\"\nfor = \"2min\"\n";
            window = Window::new(size, &protocol(steps), false);
            window.until(seconds(5))
        }
        "stretch" => {
            window = Window::new(
                size,
                &protocol("[[step]]\ndo = \"stretch\"\nfor = \"5min\"\n[[step]]\ndo = \"cold\"\nfor = \"5min\"\n"),
                false,
            );
            window.until(seconds(65))
        }
        "message" => {
            window = Window::new(size, &ice(), false);
            window.until(seconds(5)).says(Input::Extend(STEP_MIN)).until(seconds(8))
        }
        _ => unreachable!("{name}"),
    };
    window
}

const RUNNING: [&str; 4] = ["heat", "paused", "hold", "overrun"];

/// Every size, and the states that are compared in it.
const SIZES: [((u16, u16), &[&str]); 18] = [
    (
        (80, 24),
        &[
            "heat",
            "soon",
            "change",
            "cold",
            "paused",
            "leap",
            "hold",
            "overrun",
            "overrun of an hour",
            "get ready",
            "rest",
            "stretch",
            "message",
            "done",
            "stopped",
            "ended early",
        ],
    ),
    ((80, 22), &["heat", "overrun"]),
    ((80, 16), &RUNNING),
    ((80, 9), &RUNNING),
    ((104, 24), &RUNNING),
    ((134, 29), &["heat", "overrun", "rest"]),
    ((189, 36), &["heat", "overrun"]),
    ((200, 50), &["heat", "overrun", "rest"]),
    ((60, 20), &["heat", "overrun"]),
    ((40, 24), &["heat", "overrun", "rest"]),
    ((40, 12), &["heat", "get ready", "change", "paused", "hold", "overrun", "overrun of an hour", "done"]),
    ((20, 8), &["heat", "get ready", "change", "paused", "hold", "overrun", "overrun of an hour", "leap", "done"]),
    ((20, 7), &RUNNING),
    ((30, 6), &RUNNING),
    ((80, 3), &["heat", "paused", "hold", "overrun", "leap"]),
    ((80, 2), &RUNNING),
    ((80, 1), &RUNNING),
    ((9, 12), &RUNNING),
];

#[test]
fn every_state_looks_as_designed_in_every_size() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/terminal/screens");
    let overwrites = std::env::var("TRYCMD").is_ok_and(|value| value == "overwrite");
    let mut wrong = Vec::new();
    for ((columns, rows), states) in SIZES {
        let mut drawn = String::new();
        for name in states {
            let window = state(name, (columns, rows));
            drawn.extend(["== ", name, "\n", &window.rows().join("\n"), "\n"]);
        }
        let file = folder.join(format!("{columns}x{rows}.txt"));
        if overwrites {
            std::fs::write(&file, &drawn).expect("a file");
        }
        if std::fs::read_to_string(&file).unwrap_or_default() != drawn {
            wrong.push(format!("{}:\n{drawn}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "not as in the file (TRYCMD=overwrite writes it):\n{}", wrong.join("\n"));
}

/// Where something is in a window, by a text in its row.
fn row_of(window: &Window, text: &str) -> Option<usize> {
    window.rows().iter().position(|row| row.contains(text))
}

/// From a step to a pause, a hold and an overrun, each thing keeps its row, and the colon its column.
#[test]
fn nothing_moves_between_states() {
    for (size, colon, wide) in
        [((80, 24), 35, 2), ((80, 16), 35, 2), ((104, 24), 49, 3), ((60, 20), 34, 2), ((40, 24), 19, 2)]
    {
        let states = ["heat", "soon", "change", "cold", "paused", "leap", "hold", "overrun"];
        let places = states.map(|name| {
            let window = state(name, size);
            let key = if name == "overrun" || name == "hold" { "Enter done" } else { "q stop" };
            let rows = window.rows();
            // In the second row of the digits. Before the colon is the mark of the row, too.
            let is_colon = |row: &String| {
                let mut cells = row.chars().skip(colon).map(|cell| cell != ' ').chain(std::iter::repeat(false));
                !cells.next().unwrap_or(true)
                    && cells.by_ref().take(wide).all(|cell| cell)
                    && cells.next() == Some(false)
            };
            let digits = rows.iter().position(is_colon);
            assert!(digits.is_some(), "{name} {size:?}: {rows:#?}");
            let digits = if size.0 < 80 && name == "overrun" { None } else { digits };
            [row_of(&window, "contrast"), digits, row_of(&window, "kin: "), row_of(&window, key)]
        });
        for (name, place) in states.iter().zip(&places) {
            // In a narrow window the letters of an overrun are above the digits.
            let expected = places[0].map(Some);
            let same = place.iter().zip(expected).all(|(place, first)| place.is_none() || Some(*place) == first);
            assert!(same, "{name} {size:?}: {place:?}, not {:?}", places[0]);
        }
        assert!(places[0].iter().all(Option::is_some), "{size:?}: {places:?}");
    }
}

/// From one second to the next only the digits change, the bar and the numbers below it.
#[test]
fn nothing_moves_from_one_second_to_the_next_and_only_changed_rows_are_sent() {
    let mut window = Window::new((80, 24), &contrast(), false);
    window.until(minutes(2));
    let cells = |window: &Window| -> Vec<Vec<vt100::Cell>> {
        let screen = window.terminal.screen();
        (0..24).map(|row| (0..80).map(|column| screen.cell(row, column).expect("a cell").clone()).collect()).collect()
    };
    let mut before = cells(&window);
    let mut bytes = 0;
    for second in 121..=19 * 60 {
        let events = window.session.advance(Moment::default() + Duration::from_secs(second));
        window.screen.observe(&events, &window.session).expect("a screen");
        let sent = window.draw();
        bytes += sent.len();
        let after = cells(&window);
        let changed: Vec<usize> = (0..24).filter(|row| before[*row] != after[*row]).collect();
        assert_eq!(String::from_utf8_lossy(&sent).matches("\u{1b}[K").count(), changed.len(), "{second}: {changed:?}");
        for row in changed {
            let columns = (0..80).filter(|column| before[row][*column] != after[row][*column]);
            let is_digit = |column: &usize| (15..33).contains(column) || (39..57).contains(column);
            let may_change = match row {
                6..=10 => columns.clone().all(|column| is_digit(&column)),
                // What to do changes at the skin check.
                12 | 13 => second == 600 || second == 19 * 60,
                15 | 18 | 20 => true,
                _ => false,
            };
            assert!(may_change, "{second}, row {row}: {:?}", columns.collect::<Vec<_>>());
        }
        before = after;
    }
    let each = bytes / (19 * 60 - 120);
    assert!(each < 1000, "{each} bytes a second");
}

#[test]
fn a_colour_means_a_pack_and_reverse_means_urgency() {
    let heat = vt100::Color::Idx(9);
    let cold = vt100::Color::Idx(12);
    let none = vt100::Color::Default;
    #[rustfmt::skip]
    let cases = [
        // the state, the colour of its digits and its word, and the rows in reverse
        ("heat",    heat, 0),
        ("cold",    cold, 0),
        ("change",  cold, 1),
        ("paused",  none, 0),
        ("leap",    heat, 1),
        ("hold",    cold, 1),
        ("overrun", none, 16),
        ("rest",    none, 0),
        ("done",    none, 0),
    ];
    for (name, colour, reversed) in cases {
        let window = state(name, (80, 24));
        let rows = window.rows();
        assert_eq!(rows.iter().filter(|row| row.starts_with('R')).count(), reversed, "{name}");
        let screen = window.terminal.screen();
        let colours = |rows: std::ops::Range<u16>, columns: std::ops::Range<u16>| {
            let cells = rows.flat_map(|row| columns.clone().map(move |column| (row, column)));
            let drawn = cells.filter_map(|(row, column)| screen.cell(row, column));
            let drawn = drawn.filter(|cell| !cell.contents().trim().is_empty() && !cell.contents().contains('─'));
            let mut colours: Vec<_> = drawn.map(vt100::Cell::fgcolor).collect();
            colours.dedup();
            colours
        };
        // Emblem and digits, then the word, then the words below it.
        if name != "done" {
            assert_eq!(colours(6..11, 0..58), [colour], "{name}");
            assert_eq!(colours(6..7, 60..80), [colour], "{name}");
            assert_eq!(colours(7..11, 60..80), [none], "{name}");
        }
    }
}

/// How far, and the way out, for every length and both packs.
#[test]
fn a_leap_of_the_time_of_day_is_told_uncut() {
    let lengths = [121, 299, 3600, 23 * 3600 + 59 * 60, 47 * 3600, 11 * 86_400].map(Duration::from_secs);
    for (length, after) in lengths.into_iter().flat_map(|length| [(length, 10), (length, 30)]) {
        for size in [(80, 24), (80, 22), (104, 24), (40, 24)] {
            let mut window = Window::new(size, &contrast(), false);
            window.until(minutes(after)).says(Input::Leap(length));
            let shown = crate::support::joined(&window.rows().join(" ").replace("R ", " "));
            let how_far = format!("jumped ahead by {}. Look at the skin.", therapy::text::durations::roughly(length));
            assert!(shown.contains(&how_far), "{size:?}: {shown}");
            let pack = if after == 10 { "heat" } else { "cold" };
            let way_out = format!("If the {pack} was on all that time, take it off. If only the clock was set: Enter.");
            assert!(size.0 == 40 || shown.contains(&way_out), "{size:?}: {shown}");
            assert!(shown.contains("Enter go on · "), "{size:?}: {shown}");
        }
    }
}

#[test]
fn the_time_left_is_told_in_every_state() {
    #[rustfmt::skip]
    let cases = [
        ("heat",      "13:23 left, until 19:34 (now 19:20)",                      "13 min left, until 19:34"),
        ("paused",    "7:45 of cold left, paused for 2:10 (now 19:48)",           "8 min of cold left, paused for 2 min"),
        ("leap",      "9:55 left, until 19:34 (now 19:24)",                       "10 min left, until 19:34"),
        ("hold",      "Cold ended 0:12 ago, at 19:54 (now 19:54)",                "Cold ended 12 s ago, at 19:54"),
        ("overrun",   "Cold ended 11:48 ago, at 20:34 (now 20:45)",               "Cold ended 12 min ago, at 20:34"),
        ("get ready", "0:23 left, until 19:35 (now 19:34)",                       "23 s left, until 19:35"),
    ];
    for (name, exactly, roughly) in cases {
        let mut window = state(name, (80, 24));
        window.screen.tell_time(&window.session).expect("a screen");
        window.draw();
        assert_eq!(window.rows().iter().rfind(|row| !row.is_empty()).map(|row| row.trim()), Some(exactly), "{name}");
        let view = View::of(&window.session);
        let end = exactly.split(&[' ', '(']).filter(|word| word.contains(':')).nth_back(1).expect("an end");
        let end = if name == "paused" { "" } else { end };
        assert_eq!(time_left(&view, end, None), roughly, "{name}");
    }
}
