//! What is wrong with a line of a file that is imported, and what an import brought. It must not know the format.

use crate::text::durations::count;
use crate::text::printable::{cut, printable};

/// The most letters of any text in a line (ours): more than a note of the longest length needs when each letter of it is
/// written as an escape.
pub const MOST: usize = 5_000;

/// What to do about lines that cannot be imported.
pub const NOTHING: &str = "nothing was imported; fix these lines, or export the file again";

/// A value, short and safe to show.
fn shown(value: &str) -> String {
    cut(&printable(value), 60).into_owned()
}

/// A line that is not JSON at all.
pub fn no_json(why: &str) -> String {
    format!("it is not a JSON object: {why}")
}

/// A line of JSON that is something else.
pub const NO_OBJECT: &str = "it is not a JSON object";
/// A file that begins as the table for a spreadsheet.
pub const TABLE: &str = "is a table for a spreadsheet, which cannot be imported";

/// A line that is not of this version.
pub fn newer(version: &str) -> String {
    format!("this therapy cannot read version {} of the lines, only version 1", shown(version))
}

/// A line of an unknown type.
pub fn unknown_type(name: &str, known: &[&str]) -> String {
    format!("there is no type \"{}\"; the types are {}", shown(name), known.join(", "))
}

/// A field that a line must have.
pub fn missing(field: &str) -> String {
    format!("{field} is missing")
}

/// A value that is not what its field takes.
pub fn unreadable(value: &str, what: &str) -> String {
    format!("\"{}\" is not {what}", shown(value))
}

/// A text that is too long.
pub fn too_long(field: &str) -> String {
    format!("{field} has more than {MOST} letters")
}

/// A time to come.
pub fn in_future(field: &str, at: &str) -> String {
    format!("{field} is in the future: {at}")
}

/// Doses that its events do not give.
pub fn not_its_events(field: &str) -> String {
    format!("{field} is not what the events give")
}

/// A session with a part of an end.
pub const HALF_AN_END: &str = "outcome, ended_at, cold_s and heat_s are null together, or none of them is";
/// A score with a session and without a role, or the other way round.
pub const HALF_A_ROLE: &str = "a score has both a session and a role, or neither";
/// A note without letters.
pub const NO_NOTE: &str = "the text of the note is empty";
/// A session without steps.
pub const NO_STEPS: &str = "a session has at least one step";
/// An event of a step that there is not.
pub const NO_SUCH_STEP: &str = "an event names a step that the session does not have";
/// Events that are not in order.
pub const NO_ORDER: &str = "the clock_s of the events does not begin at 0, or goes back";
/// Events without one start.
pub const NO_START: &str = "the events do not begin with the only one that is \"started\"";
/// Events of another time than that of their session.
pub const TWO_STARTS: &str = "started_at and the time of the first event are more than an hour apart";
/// A plan that ends before it starts.
pub const BACKWARDS: &str = "ends_at is before starts_at";
/// Lists that no journal has.
pub const TOO_MANY: &str = "a list is too long: at most 1000 steps, 50000 events, and 64 signs or overrides";

/// A line that names another one that does not exist.
pub const ORPHAN: &str = "it names a session or an injury that is neither in the file nor in the journal";

/// `12 sessions, 3 doses`, of the types that there are.
pub fn counted(numbers: [usize; 7]) -> String {
    let nouns = [
        ("session", "sessions"),
        ("dose without the timer", "doses without the timer"),
        ("pain score", "pain scores"),
        ("note", "notes"),
        ("entry about an injury", "entries about injuries"),
        ("answer about warning signs", "answers about warning signs"),
        ("planned session", "planned sessions"),
    ];
    let parts = numbers.into_iter().zip(nouns).filter(|(number, _)| *number > 0);
    let parts: Vec<_> =
        parts.map(|(number, (one, all))| format!("{number} {}", if number == 1 { one } else { all })).collect();
    parts.join(", ")
}

/// What was here before.
pub fn known(number: usize) -> String {
    format!("{} already here.", count(number, "line"))
}

/// What came without an end before.
pub fn continued(number: usize) -> String {
    format!("{} that came without an end before: now with what followed.", count(number, "session"))
}

/// What is different here.
pub fn differs(lines: &[usize]) -> String {
    const SHOWN: usize = 10;
    let first: Vec<_> = lines.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = lines.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    format!("Different here, and left as it is here: {noun} {}{more}.", first.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_none_of_is_left_out() {
        assert_eq!(counted([1, 0, 2, 0, 1, 0, 0]), "1 session, 2 pain scores, 1 entry about an injury");
        assert_eq!(counted([0; 7]), "");
    }

    #[test]
    fn a_value_that_is_shown_is_short_and_safe() {
        assert_eq!(unreadable("a\u{1b}[2J", "a site"), "\"a\\u{1b}[2J\" is not a site");
        assert!(unknown_type(&"x".repeat(1000), &["session"]).len() < 120);
    }

    #[test]
    fn many_different_lines_are_counted() {
        assert_eq!(differs(&[3]), "Different here, and left as it is here: line 3.");
        let all: Vec<_> = (1..=12).collect();
        assert!(differs(&all).ends_with("lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more."));
    }
}
