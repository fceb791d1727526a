//! What a trial of two options says and asks. It never says that an option works. It must not know times of day: it is
//! told them.

use std::fmt::Write as _;
use std::time::Duration;

use super::durations::{count, in_words};
use super::printable::{aligned, capital, printable};
use super::sites::words;
use super::typed::{Unreadable, whole};
use super::wording::Words;
use crate::domain::insight::IMPORTANT;
use crate::domain::site::Site;
use crate::domain::trial::{Answer, Arm, BLOCKS, Block, DUE, Estimate, LATEST, SPREAD, Trial, finds};

/// Asked before a session.
pub const BEFORE: &str = "How bad is the pain now, before the session, 0 to 10?";
/// Asked two hours after one.
pub const LATER: &str = "How bad is the pain now, two hours after the session, 0 to 10?";
/// Asked when that is known.
pub const GO_ON: &str = "Start the next session now? [y/n]";
/// Said when it was answered in another shell, or came too late.
pub const TOO_LATE: &str = "Not noted: the trial no longer asks for this score. See: therapy trial status";
/// How to run a session.
pub const NEXT: &str = "therapy trial next";

/// How far the axis of the picture reaches to either side, in points.
const REACH: i32 = 10;
/// Columns of the axis.
const WIDTH: usize = 21;

/// Reads a number of pairs.
///
/// # Errors
/// Any text that is no number from 6 to 24.
pub fn blocks(text: &str) -> Result<u32, Unreadable> {
    const TRY: &str = "try: --blocks 12";
    let number = whole(text, "pairs", TRY)?;
    if BLOCKS.contains(&number) {
        return Ok(number);
    }
    let (least, most) = (BLOCKS.start(), BLOCKS.end());
    let why = if number < *least { ": fewer can decide nothing" } else { "" };
    let message = format!("a trial needs {least} to {most} pairs{why}");
    Err(Unreadable::new(text, message, TRY))
}

/// Reads what an order is drawn from.
///
/// # Errors
/// Any text that is no number.
pub fn seed(text: &str) -> Result<u32, Unreadable> {
    let wrong =
        |_| Unreadable::new(text, format!("\"{text}\" is not a seed: a whole number below 2^32"), "try: --seed 2026");
    text.trim().parse().map_err(wrong)
}

/// `ice against heat, lower back`.
pub fn title(options: &[String; 2], site: Site) -> String {
    let [a, b] = options.each_ref().map(|option| printable(option));
    format!("{a} against {b}, {}", words(site))
}

/// Points with at most one decimal: `3 points`, `2.7 points`.
fn points(tenths: u32) -> String {
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} points"),
        (whole, part) => format!("{whole}.{part} points"),
    }
}

/// What is said when a trial starts: what it costs, and what it can find.
pub fn started(options: &[String; 2], site: Site, pairs: u32, seed: u32) -> String {
    let due = in_words(DUE);
    format!(
        "Trial started: {}. The order is drawn from seed {seed}.\n\
         That means {}, {} sessions, each with a pain score before it and {due} after its end.\n\
         A pair that lacks such a score {} after the end is lost, and a further one takes its place.\n\
         A trial of this size finds a difference of {} of 10 in at least 80 of 100 cases, if the change of pain after the \
         same option has a spread (standard deviation) of {SPREAD} points. It finds less where the pain is low: a score \
         of 2 cannot fall by 3.\n\
         There is one answer, when {pairs} pairs are complete. Until then you see points. \"Cannot tell\" is a normal \
         answer.\n  {NEXT}   runs the first session\n",
        title(options, site),
        count(pairs, "pair"),
        2 * pairs,
        in_words(LATEST),
        points(finds(pairs)),
    )
}

/// The head of a trial: `Trial: ice (A) against heat (B), lower back. 4 of 12 pairs complete.`
pub fn head(options: &[String; 2], site: Site, trial: &Trial) -> String {
    let [a, b] = options.each_ref().map(|option| printable(option));
    let (complete, planned) = (trial.differences().len(), trial.planned);
    format!("Trial: {a} (A) against {b} (B), {}. {complete} of {planned} pairs complete.", words(site))
}

/// The picture: a row for each pair, with how far the pain fell after either option. Empty without a pair.
pub fn picture(blocks: &[Block]) -> String {
    if blocks.is_empty() {
        return String::new();
    }
    let mut text = "Points that the pain fell, from before a session to two hours after it\n".to_owned();
    let axis = format!("{:<10}0{:>10}", "-10", "10");
    let mut rows = vec![vec!["pair".to_owned(), axis, "A".to_owned(), "B".to_owned()]];
    rows.extend(blocks.iter().map(|block| {
        let unknown = if block.is_lost { "lost" } else { "-" };
        let [a, b] = block.falls.map(|fall| fall.map_or_else(|| unknown.to_owned(), |fall| fall.to_string()));
        vec![(block.number + 1).to_string(), row(block.falls), a, b]
    }));
    let _ = write!(text, "{}", aligned(&rows));
    text
}

/// A row of the picture; `×` where both are the same.
fn row(falls: [Option<i32>; 2]) -> String {
    let mut row = ['─'; WIDTH];
    row[WIDTH / 2] = '·';
    for (fall, mark) in falls.into_iter().zip(['A', 'B']) {
        let Some(fall) = fall else { continue };
        let column = usize::try_from(fall.clamp(-REACH, REACH) + REACH).unwrap_or_default();
        row[column] = if row[column] == 'A' { '×' } else { mark };
    }
    row.into_iter().collect()
}

/// What is missing: how many pairs are lost, and after which option a score is missing. `None` when nothing is.
pub fn missing(options: &[String; 2], trial: &Trial) -> Option<String> {
    let lost: Vec<Block> = trial.blocks().into_iter().filter(|block| block.is_lost).collect();
    if lost.is_empty() {
        return None;
    }
    let after = Arm::ALL.map(|arm| {
        let scores = trial.sessions.iter().filter(|session| session.is_lost() && trial.arm(session.place) == arm);
        format!("{} after {}", scores.count(), printable(&options[arm.index()]))
    });
    let many = if lost.len() * 4 > trial.differences().len() {
        " That is more than a quarter: if a score is missing because of how the pain was, the answer misleads."
    } else {
        ""
    };
    Some(format!("Missing: {} lost, scores missing: {}.{many}", count(lost.len(), "pair"), after.join(", ")))
}

/// What a trial says, in a sentence or two.
pub fn answer(answer: &Answer, options: &[String; 2], planned: u32) -> String {
    let name = |arm: Arm| printable(&options[arm.index()]);
    let class = match answer {
        Answer::Points => {
            return format!("No answer before {planned} pairs are complete: an earlier look would mislead.");
        }
        Answer::Stopped => return STOPPED.to_owned(),
        Answer::CannotTell(_) => {
            "Cannot tell. The interval includes differences that matter and differences that do not. That is a normal \
             answer."
                .to_owned()
        }
        Answer::Alike(_) => {
            "No difference that matters: the whole interval is smaller than the change that people notice.".to_owned()
        }
        Answer::Further(arm, _) => format!(
            "The pain fell further with {} than with {}, by enough to matter, and by more than the draw explains. That is \
             about you and these weeks, and it does not say why.",
            name(*arm),
            name(arm.other())
        ),
    };
    let Some(estimate) = answer.estimate() else { return class };
    format!("{class}\n{}", numbers(estimate, options))
}

/// Said of a trial that was ended early.
pub const STOPPED: &str = "A trial that is ended early decides nothing: its points stay points.";

/// The numbers behind an answer.
fn numbers(Estimate { pairs, mean, from, to, p }: Estimate, options: &[String; 2]) -> String {
    let [a, b] = options.each_ref().map(|option| printable(option));
    format!(
        "Fall with {a} less fall with {b}: {mean:+.1} points on average over {pairs} pairs, 95 % interval {from:+.1} to \
         {to:+.1}, two-sided p {p:.3} (randomisation test). A difference of {IMPORTANT} points matters (Ostelo 2008)."
    )
}

/// The score of a session is due, at this time.
pub fn due(at: &str, number: u32) -> String {
    format!("The pain {} after session {number} is due {at}.", in_words(DUE))
}

/// How a person is called for it. `command` answers it from a shell.
pub fn call(command: &str) -> Words {
    let headline = format!("Pain now, {} after the session?", in_words(DUE));
    Words { headline, advice: format!("Answer it: {command}"), urgent: true }
}

/// The session that comes: `Session 5 of the trial: heat.`
pub fn session(place: u32, option: &str) -> String {
    format!("Session {} of the trial: {}.", place + 1, printable(option))
}

/// An option has other steps than in an earlier session.
pub fn changed(option: &str, place: u32) -> String {
    format!("{} has other steps than in session {} of the trial", printable(option), place + 1)
}

/// What an option can be.
pub const NAMES: &str = "name two of therapy list, or rest: therapy trial start ice rest";
/// What to do when its file is gone.
pub const RESTORE_FILE: &str = "put its file back, or end the trial: therapy trial stop";
/// What to do about other steps.
pub const RESTORE: &str = "give it the steps that it had, or end the trial: therapy trial stop";

/// A score was kept.
pub fn noted(score: u8) -> String {
    format!("{} noted for the trial.", capital(&super::told::score(score)))
}

/// How long until a score is due. `keys`: a person can leave.
pub fn waiting(at: &str, left: &str, keys: bool) -> String {
    let leave = if keys { format!(" q leaves; then {NEXT} asks for it.") } else { String::new() };
    format!("Pain score of the trial {at}, in {left}.{leave}")
}

/// How long a rest of a trial is: as long as the other option.
pub fn rest(length: Duration) -> String {
    format!("A rest lasts {}, as long as the other option.", in_words(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trial::{Drawn, Later, order};

    fn options() -> [String; 2] {
        ["ice", "heat"].map(str::to_owned)
    }

    /// A trial in which a pain of 9 fell by these points in each pair.
    fn trial(planned: u32, pairs: &[[u8; 2]]) -> Trial {
        let sessions = (0..).zip(pairs).flat_map(|(number, falls)| {
            let drawn = move |(at, arm): (u32, Arm)| Drawn {
                place: 2 * number + at,
                before: Some(9),
                later: Later::Score(9 - falls[arm.index()]),
            };
            (0..).zip(order(7, number)).map(drawn)
        });
        Trial { seed: 7, planned, is_stopped: false, sessions: sessions.collect() }
    }

    #[test]
    fn the_picture_has_a_row_a_pair_and_fits_40_columns() {
        let falls = |a, b| [a, b];
        let block = |number, falls: [Option<i32>; 2]| Block { number, falls, is_lost: falls[1].is_none() };
        let blocks = [
            block(0, falls(Some(4), Some(-2))),
            block(1, falls(Some(1), Some(1))),
            block(2, falls(Some(0), None)),
            block(10, falls(Some(-10), Some(10))),
        ];
        let drawn = picture(&blocks);
        let rows: Vec<&str> = drawn.lines().skip(1).collect();
        #[rustfmt::skip]
        assert_eq!(rows, [
            "pair  -10       0        10  A    B",
            "1     ────────B─·───A──────  4    -2",
            "2     ──────────·×─────────  1    1",
            "3     ──────────A──────────  0    lost",
            "11    A─────────·─────────B  -10  10",
        ]);
        assert!(rows.iter().all(|row| row.chars().count() <= 40), "{drawn}");
        assert_eq!(picture(&[]), "");
    }

    #[test]
    fn every_answer_has_a_sentence_and_none_says_that_it_works() {
        let said = |trial: &Trial| answer(&trial.answer(), &options(), trial.planned);
        let further = said(&trial(6, &[[6, 2]; 6]));
        assert!(further.starts_with("The pain fell further with ice than with heat, by enough to matter"), "{further}");
        let numbers = "Fall with ice less fall with heat: +4.0 points on average over 6 pairs, 95 % interval +4.0 to +4.0, \
                       two-sided p 0.031 (randomisation test). A difference of 2 points matters (Ostelo 2008).";
        assert!(further.ends_with(numbers), "{further}");
        assert!(said(&trial(6, &[[2, 6]; 6])).contains("further with heat than with ice"));
        let alike = said(&trial(6, &[[3, 3]; 6]));
        assert!(alike.starts_with("No difference that matters"), "{alike}");
        let mixed = said(&trial(6, &[[6, 2], [1, 4], [6, 3], [3, 3], [5, 1], [2, 3]]));
        assert!(mixed.starts_with("Cannot tell.") && mixed.contains("a normal answer"), "{mixed}");
        let early = said(&trial(12, &[[6, 2]; 11]));
        assert_eq!(early, "No answer before 12 pairs are complete: an earlier look would mislead.");
        assert_eq!(said(&Trial { is_stopped: true, ..trial(6, &[[6, 2]; 6]) }), STOPPED);
        for text in [further, alike, mixed, early] {
            assert!(!["work", "help", "better", "effective"].iter().any(|word| text.contains(word)), "{text}");
        }
    }

    #[test]
    fn a_number_of_pairs_is_from_6_to_24() {
        for (text, expected) in [("6", Some(6)), (" 24 ", Some(24)), ("5", None), ("25", None), ("x", None), ("", None)]
        {
            assert_eq!(blocks(text).ok(), expected, "{text}");
        }
        assert_eq!([seed("0").ok(), seed("4294967295").ok(), seed("4294967296").ok()], [Some(0), Some(u32::MAX), None]);
        assert_eq!([30, 27, 8].map(points), ["3 points", "2.7 points", "0.8 points"]);
    }

    #[test]
    fn nothing_that_was_typed_reaches_the_terminal_as_a_code() {
        let options = ["my \u{1b}[2Jice".to_owned(), "rest".to_owned()];
        let trial = trial(6, &[[6, 2]; 6]);
        let texts = [
            title(&options, Site::default()),
            head(&options, Site::default(), &trial),
            answer(&trial.answer(), &options, 6),
            session(0, &options[0]),
        ];
        assert!(texts.iter().all(|text| !text.contains('\u{1b}')), "{texts:?}");
    }
}
