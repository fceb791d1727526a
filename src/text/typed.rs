//! What a person types, before it has a meaning: one spelling for many ways to write, the error for a text without
//! a meaning or with two, and whole numbers. It must not know lengths, times or commands.

use thiserror::Error;

use super::printable::{nearest, printable};

/// A text that has no meaning, or more than one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct Unreadable {
    /// What was typed.
    pub typed: String,
    /// What is wrong with it.
    pub message: String,
    /// What may be meant. Each can be typed instead.
    pub readings: Vec<String>,
    /// Forms that are read, for a text without readings.
    pub examples: &'static str,
}

impl Unreadable {
    /// A text and what is wrong with it. Control characters are made visible.
    pub fn new(typed: &str, message: impl AsRef<str>, examples: &'static str) -> Unreadable {
        let message = printable(message.as_ref()).into_owned();
        Unreadable { typed: typed.to_owned(), message, readings: Vec::new(), examples }
    }

    /// With what may be meant.
    #[must_use]
    pub fn or(self, readings: impl IntoIterator<Item = String>) -> Unreadable {
        Unreadable { readings: readings.into_iter().collect(), ..self }
    }

    /// With the readings that are accepted where it was typed.
    #[must_use]
    pub fn only(mut self, is_accepted: impl Fn(&str) -> bool) -> Unreadable {
        self.readings.retain(|reading| is_accepted(reading));
        self
    }

    /// What to do: the command line again, once with each reading. Without readings: the examples.
    pub fn way_out(&self, arguments: &[String]) -> String {
        let commands = self.readings.iter().map(|reading| {
            let command = instead(arguments, &self.typed, reading);
            let words = command.unwrap_or_else(|| vec![reading.clone()]);
            words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
        });
        let commands: Vec<_> = commands.collect();
        if commands.is_empty() { self.examples.to_owned() } else { format!("try: {}", commands.join("\n  or:  ")) }
    }
}

/// The arguments with a reading in place of what was typed, which may be several words, or the end of `--name=typed`.
fn instead(arguments: &[String], typed: &str, reading: &str) -> Option<Vec<String>> {
    let places = (0..arguments.len()).flat_map(|first| (first + 1..=arguments.len()).map(move |end| first..end));
    let is_typed = |words: &[String]| words.join(" ") == typed;
    let value = |word: &str| Some(format!("{}={reading}", word.strip_suffix(typed)?.strip_suffix('=')?));
    places.into_iter().find_map(|place| {
        let words = &arguments[place.clone()];
        let word =
            if is_typed(words) { reading.to_owned() } else { value(words.first().filter(|_| words.len() == 1)?)? };
        let program = "therapy".to_owned();
        Some([&[program], &arguments[..place.start], &[word], &arguments[place.end..]].concat())
    })
}

/// A word for the shell of the system. Control characters are made visible.
pub fn quoted(word: &str) -> String {
    let word = printable(word);
    if cfg!(windows) { for_windows(&word) } else { for_unix(&word) }
}

fn for_unix(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+".contains(c);
    match word.contains(['"', '$', '`', '\\', '!']) {
        false if !word.is_empty() && word.chars().all(is_plain) => word.to_owned(),
        false => format!("\"{word}\""),
        true => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// For `PowerShell`, and for `cmd` as far as both agree: to that one, single quotes are letters.
fn for_windows(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./\\:+".contains(c);
    match word.contains(['"', '$', '`']) {
        false if !word.is_empty() && word.chars().all(is_plain) => word.to_owned(),
        false => format!("\"{word}\""),
        true => format!("'{}'", word.replace('\'', "''")),
    }
}

/// Words that change nothing.
const FILLERS: [&str; 12] =
    ["the", "at", "on", "of", "about", "around", "roughly", "approx", "approximately", "circa", "ca", "since"];

/// Ways to write, and the one that is read. The order matters: longer ones come first.
#[rustfmt::skip]
const PHRASES: [(&str, &str); 28] = [
    ("a.m.", "am"), ("p.m.", "pm"), ("a.m", "am"), ("p.m", "pm"),
    ("day before yesterday", "yesterday yesterday"), ("yesterday yesterday", "ereyesterday"),
    ("last night", "yesterday night"), ("tonight", "today night"), ("this night", "today night"),
    ("last evening", "yesterday evening"), ("last afternoon", "yesterday afternoon"),
    ("this morning", "today morning"), ("this afternoon", "today afternoon"), ("this evening", "today evening"),
    ("in morning", "morning"), ("in afternoon", "afternoon"), ("in evening", "evening"), ("in night", "night"),
    ("just now", "now"), ("right now", "now"),
    ("an hour and a half", "1.5 hours"), ("one and a half", "1.5"), ("two and a half", "2.5"),
    ("half an", "0.5"), ("half a", "0.5"), ("quarter an", "0.25"), ("a couple", "2"), ("back", "ago"),
];

/// The text in one spelling: small letters, single blanks, without fillers, with a point in decimal numbers. What
/// has two meanings stays: an `M` that is a whole unit, and the comma of `1,000`.
pub fn plain(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let near = |at: usize, is: fn(&char) -> bool| letters.get(at).is_some_and(is);
    let digit = |at: usize| near(at, char::is_ascii_digit);
    let letter = |at: usize| near(at, |letter| letter.is_alphabetic());
    let is_in_digits = |at: usize| digit(at.wrapping_sub(1)) && digit(at + 1);
    let is_thousands = |at: usize| {
        let is_zero = near(at.wrapping_sub(1), |digit| *digit == '0') && !digit(at.wrapping_sub(2));
        is_in_digits(at) && !is_zero && (1..=3).all(|place| digit(at + place)) && !digit(at + 4)
    };
    let folded = letters.iter().enumerate().map(|(at, &c)| match c {
        'M' if !letter(at.wrapping_sub(1)) && !letter(at + 1) => 'M',
        // Before three digits it can also be for thousands.
        ',' if is_thousands(at) => ',',
        ',' if is_in_digits(at) => '.',
        // The end of a number without its start.
        ',' if digit(at + 1) && !letter(at.wrapping_sub(1)) => ',',
        ',' => ' ',
        // Between the date and the time of RFC 3339.
        'T' | 't' if is_in_digits(at) => ' ',
        c => c.to_ascii_lowercase(),
    });
    let folded: String = folded.collect();
    let words = folded.split_whitespace().map(|word| word.trim_start_matches('~'));
    let words: Vec<_> = words.filter(|word| !word.is_empty() && !FILLERS.contains(word)).collect();
    let framed = PHRASES.iter().fold(format!(" {} ", words.join(" ")), |text, (written, read)| {
        text.replace(&format!(" {written} "), &format!(" {read} "))
    });
    // These belong to the number before them.
    let glued = [(" am ", "am "), (" pm ", "pm "), (" and a half ", ".5 ")];
    glued.iter().fold(framed, |text, (apart, together)| text.replace(apart, together)).trim().to_owned()
}

/// The first run of letters that is none of the words, and the text with the most similar word in its place.
pub fn misspelled<'a>(
    plain: &'a str,
    words: &[&str],
    is_known: impl Fn(&str) -> bool,
) -> Option<(&'a str, Vec<String>)> {
    let mut end = 0;
    let pieces = plain.split_inclusive(|c: char| !c.is_alphabetic()).map(|piece| {
        end += piece.len();
        (end - piece.len(), piece.trim_end_matches(|c: char| !c.is_alphabetic()))
    });
    let (at, run) = { pieces }.find(|(_, run)| !run.is_empty() && !is_known(run))?;
    let near = nearest(run, words.iter().copied());
    let mended = near.map(|near| format!("{}{near}{}", &plain[..at], &plain[at + run.len()..]));
    Some((run, mended.into_iter().collect()))
}

/// Reads a whole number of something, such as `rounds`.
///
/// # Errors
/// Any other text, and a number too large for a `u32`. A fraction has its two neighbours as readings.
pub fn whole(text: &str, what: &str, examples: &'static str) -> Result<u32, Unreadable> {
    let wrong = || Unreadable::new(text, format!("\"{text}\" is not a whole number of {what}"), examples);
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.trim();
    match number.split_once(['.', ',']) {
        None if is_digits(number) => number.parse().map_err(|_| wrong()),
        Some((whole, part)) if is_digits(whole) && is_digits(part) => {
            let below: Option<u32> = whole.parse().ok();
            match below {
                Some(below) if part.bytes().all(|digit| digit == b'0') => Ok(below),
                below => {
                    let neighbours = below.into_iter().flat_map(|n| [Some(n), n.checked_add(1)]).flatten();
                    Err(wrong().or(neighbours.map(|n| n.to_string())))
                }
            }
        }
        _ => Err(wrong()),
    }
}

/// The worst pain.
pub const WORST: u8 = 10;

/// Reads a pain score from 0 to 10: `4`, `4/10` or `4 of 10`.
///
/// # Errors
/// Any other text.
pub fn pain(text: &str) -> Result<u8, Unreadable> {
    const EXAMPLES: &str = "give a whole number from 0, no pain, to 10, the worst";
    let (score, of) = text.split_once('/').or_else(|| text.split_once(" of ")).unwrap_or((text, "10"));
    let score = score.trim().trim_end_matches(" out");
    if of.trim() != "10" {
        let message = format!("\"{text}\" is on another scale; pain is a whole number from 0 to 10");
        return Err(Unreadable::new(text, message, EXAMPLES));
    }
    let wrong = |readings: Vec<String>| {
        let readings = readings.into_iter().filter(|number| number.parse().is_ok_and(|number: u8| number <= WORST));
        let message = format!("\"{text}\" is not a pain score; pain is a whole number from 0 to 10");
        Unreadable::new(text, message, EXAMPLES).or(readings)
    };
    let score = whole(score, "", EXAMPLES).map_err(|error| wrong(error.readings))?;
    u8::try_from(score).ok().filter(|score| *score <= WORST).ok_or_else(|| wrong(Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_for_a_shell_stays_one_word() {
        for (word, unix, windows) in [
            ("ice", "ice", "ice"),
            ("", "\"\"", "\"\""),
            ("my desk.toml", "\"my desk.toml\"", "\"my desk.toml\""),
            (r"C:\Users\me\a.toml", r"'C:\Users\me\a.toml'", r"C:\Users\me\a.toml"),
            (r"C:\My Files\it's.toml", r"'C:\My Files\it'\''s.toml'", "\"C:\\My Files\\it's.toml\""),
            ("a,b@c", "a,b@c", "\"a,b@c\""),
            ("$x's", r"'$x'\''s'", "'$x''s'"),
        ] {
            assert_eq!((&*for_unix(word), &*for_windows(word)), (unix, windows), "{word}");
            assert_eq!(quoted(word), if cfg!(windows) { windows } else { unix });
        }
    }

    #[test]
    fn many_ways_to_write_have_one_spelling() {
        #[rustfmt::skip]
        let table = [
            ("  30H   AGO ",           "30h ago"),
            ("90M ago",                "90M ago"),
            ("6 PM",                   "6pm"),
            ("about 1,5 hours ago",    "1.5 hours ago"),
            ("Tuesday 24 November, 18:00", "tuesday 24 november 18:00"),
            ("this morning",           "today morning"),
            ("the day before yesterday at 6 p.m.", "ereyesterday 6pm"),
            ("yesterday in the evening", "yesterday evening"),
            ("half an hour ago",       "0.5 hour ago"),
            ("1,500 or 0,500 or 1,5000", "1,500 or 0.500 or 1.5000"),
            (",5 or 24 Nov,18:00",     ",5 or 24 nov 18:00"),
            ("2026-11-24T18:00",       "2026-11-24 18:00"),
            ("MAY",                    "may"),
        ];
        for (typed, spelling) in table {
            assert_eq!(plain(typed), spelling);
        }
    }

    #[test]
    fn the_way_out_is_the_command_line_with_each_reading() {
        let error = Unreadable::new("90M  ago", "", "examples").or(["90min ago", "2 days"].map(str::to_owned));
        let way_out =
            |arguments: &[&str]| error.way_out(&arguments.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            way_out(&["run", "it's.toml", "--injured", "90M  ago", "--speed", "2"]),
            "try: therapy run \"it's.toml\" --injured \"90min ago\" --speed 2\n  or:  therapy run \"it's.toml\" --injured \"2 days\" --speed 2"
        );
        assert_eq!(
            way_out(&["$x", "--injured=90M  ago"]),
            "try: therapy '$x' \"--injured=90min ago\"\n  or:  therapy '$x' \"--injured=2 days\""
        );
        // It was typed as an answer to a question.
        assert_eq!(way_out(&["stop"]), "try: \"90min ago\"\n  or:  \"2 days\"");
        let words = Unreadable { typed: "90M ago".to_owned(), ..error.clone() };
        let arguments = ["injury", "90M", "ago"].map(str::to_owned);
        assert_eq!(words.way_out(&arguments), "try: therapy injury \"90min ago\"\n  or:  therapy injury \"2 days\"");
        assert_eq!(error.or([]).way_out(&arguments), "examples");
    }

    #[test]
    fn a_pain_score_is_whole() {
        for text in ["4", " 4 ", "4/10", "4 / 10", "4 of 10", "4 out of 10", "4.0", "4,0"] {
            assert_eq!(pain(text), Ok(4), "{text}");
        }
        let refused = |text: &str| pain(text).map_err(|error| error.readings.join(" ")).expect_err("no score");
        assert_eq!(refused("4.5"), "4 5");
        assert_eq!(refused("4,5/10"), "4 5");
        assert_eq!(refused("10.5"), "10");
        for text in ["", "-1", "11", "four", "2/5", "4/", "999999999999", "4.999999999999x", "٣"] {
            assert_eq!(refused(text), "", "{text}");
        }
    }

    #[test]
    fn a_whole_number_is_whole() {
        assert_eq!([whole("2", "rounds", ""), whole("2.0", "rounds", "")], [Ok(2), Ok(2)]);
        let error = whole("2.5", "rounds", "").expect_err("a fraction");
        assert_eq!(
            (error.to_string(), error.readings),
            ("\"2.5\" is not a whole number of rounds".to_owned(), vec!["2".to_owned(), "3".to_owned()])
        );
        for text in ["", "two", "-1", "4294967296", "1e3"] {
            assert!(whole(text, "rounds", "").is_err(), "{text}");
        }
    }
}
