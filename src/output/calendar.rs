//! A plan as an iCalendar file (RFC 5545) for the calendars of phones and desktops. Pure: it is told every time and id,
//! so the same plan gives the same bytes. It must not know where the file goes.
//!
//! Times are instants in UTC: a name of a time zone would need its rules in the file. The id of an event stays the same
//! from one plan to the next, and its sequence grows, so that a calendar moves the event and does not double it.

use jiff::Timestamp;

use crate::text::printable::is_control;

/// The octets of a line, without its end.
const LINE: usize = 75;

/// A session in a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id, the same in every later plan.
    pub uid: String,
    /// How often it was changed.
    pub sequence: u32,
    /// When it starts.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// The title.
    pub summary: String,
    /// What to do, in lines.
    pub description: String,
    /// A later plan no longer has it.
    pub cancelled: bool,
}

/// What every file begins with.
const HEAD: [(&str, &str); 4] =
    [("BEGIN", "VCALENDAR"), ("VERSION", "2.0"), ("PRODID", "-//therapy//therapy//EN"), ("CALSCALE", "GREGORIAN")];

/// Whether a file with this beginning is one of these, which a newer one may replace.
pub fn is_ours(beginning: &[u8]) -> bool {
    beginning.starts_with(head().as_bytes())
}

fn head() -> String {
    let mut head = String::new();
    for (name, value) in &HEAD {
        line(&mut head, name, value);
    }
    head
}

/// The file of a plan that was made at some time. Each session has an alarm at its start.
///
/// Not the crate icalendar, which folds and escapes as well: for an alarm it needs the types of chrono, it puts the time
/// now and random ids where none is given, and it brings eight crates for these lines.
pub fn write(entries: &[Entry], made: Timestamp) -> String {
    let mut file = head();
    for entry in entries {
        // `TRANSPARENT`: a session does not block the time for invitations.
        let properties = [
            ("BEGIN", "VEVENT".to_owned()),
            ("UID", escaped(&entry.uid)),
            ("DTSTAMP", utc(made)),
            ("SEQUENCE", entry.sequence.to_string()),
            ("DTSTART", utc(entry.from)),
            ("DTEND", utc(entry.to)),
            ("SUMMARY", escaped(&entry.summary)),
            ("DESCRIPTION", escaped(&entry.description)),
            ("STATUS", if entry.cancelled { "CANCELLED" } else { "CONFIRMED" }.to_owned()),
            ("TRANSP", "TRANSPARENT".to_owned()),
        ];
        for (name, value) in &properties {
            line(&mut file, name, value);
        }
        if !entry.cancelled {
            let summary = escaped(&entry.summary);
            let alarm = [
                ("BEGIN", "VALARM"),
                ("ACTION", "DISPLAY"),
                ("DESCRIPTION", &*summary),
                ("TRIGGER", "PT0S"),
                ("END", "VALARM"),
            ];
            for (name, value) in &alarm {
                line(&mut file, name, value);
            }
        }
        line(&mut file, "END", "VEVENT");
    }
    line(&mut file, "END", "VCALENDAR");
    file
}

/// `20261125T183000Z`.
fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text as a value. Control characters have no place in one.
fn escaped(text: &str) -> String {
    let mut value = String::new();
    for character in text.chars().filter(|character| *character == '\n' || !is_control(*character)) {
        match character {
            '\\' | ';' | ',' => value.extend(['\\', character]),
            '\n' => value.push_str("\\n"),
            other => value.push(other),
        }
    }
    value
}

/// Adds a line, folded between characters: each further line begins with a blank.
fn line(file: &mut String, name: &str, value: &str) {
    let mut used = 0;
    for character in name.chars().chain([':']).chain(value.chars()) {
        if used + character.len_utf8() > LINE {
            file.push_str("\r\n ");
            used = 1;
        }
        file.push(character);
        used += character.len_utf8();
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(value: &str) -> String {
        let mut file = String::new();
        line(&mut file, "X", value);
        file
    }

    #[test]
    fn lines_are_folded_at_75_octets_between_characters() {
        assert_eq!(folded(&"a".repeat(73)), format!("X:{}\r\n", "a".repeat(73)));
        assert_eq!(folded(&"a".repeat(74)), format!("X:{}\r\n a\r\n", "a".repeat(73)));
        for letter in ["a", "ä", "€", "🧊"] {
            let file = folded(&letter.repeat(200));
            assert!(file.split("\r\n").all(|line| line.len() <= LINE), "{file}");
            assert_eq!(file.replace("\r\n ", ""), format!("X:{}\r\n", letter.repeat(200)));
        }
    }

    #[test]
    fn texts_are_escaped() {
        assert_eq!(escaped("a, b; c\\d\r\ne\u{7}\u{2028}\tf"), "a\\, b\\; c\\\\d\\nef");
    }
}
