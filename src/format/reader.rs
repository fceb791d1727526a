//! Reads values of parsed TOML, and collects every problem with its place. It must not know what the
//! keys mean.

use std::ops::Range as Span;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Level, Problem};
use crate::domain::protocol::Range;
use crate::text::printable::{is_control, nearest, printable};

const RANGE_KEYS: &[&str] = &["default", "max", "min"];
const DURATION_HINT: &str = "write a whole duration with its unit, such as \"10min\" or \"1m 30s\"";

/// Reads values and collects problems instead of stopping at the first.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// Parses a text. Syntax errors become problems with this hint.
    pub(super) fn parse(text: &'a str, hint: &str) -> (Reader<'a>, Spanned<DeTable<'a>>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader { text, problems: Vec::new() };
        for error in &errors {
            reader.error(error.span().unwrap_or(0..0), error.message().to_owned(), hint.to_owned());
        }
        (reader, table)
    }

    pub(super) fn error(&mut self, span: Span<usize>, message: String, hint: String) {
        self.problems.push(Problem { level: Level::Error, span, message, rule: None, hint });
    }

    pub(super) fn unknown_keys(&mut self, table: &DeTable<'_>, known: &[&str], what: &str) {
        for (key, _) in table {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let hint = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the keys of {what} are {}", known.join(", ")),
                };
                self.error(key.span(), format!("unknown key `{}` of {what}", printable(name)), hint);
            }
        }
    }

    pub(super) fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let found = value.get_ref().type_str();
        self.error(value.span(), format!("expected {wanted}, found {found}"), format!("write {wanted} here"));
    }

    /// A line of text that may be shown on a terminal and in a notification.
    pub(super) fn text(&mut self, table: &DeTable<'_>, key: &str, most: usize) -> Option<String> {
        let value = table.get(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, "a string in quotes");
            return None;
        };
        let control = text.chars().any(is_control);
        if control || text.trim().is_empty() || text.chars().count() > most {
            let message = format!("`{key}` must be one line of 1 to {most} characters without control characters");
            self.error(value.span(), message, "write it as one short line".to_owned());
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn texts(&mut self, table: &DeTable<'_>, key: &str) -> Vec<String> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(value, "a list of strings such as [\"S3\"]");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) if text.chars().any(is_control) => {
                    let message = format!("`{key}` must be without control characters");
                    self.error(item.span(), message, "write each as one short line".to_owned());
                }
                Some(text) => texts.push(text.to_owned()),
                None => self.wrong_type(item, "a string in quotes"),
            }
        }
        texts
    }

    pub(super) fn flag(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(value, "true or false");
        }
        flag
    }

    pub(super) fn rounds(&mut self, table: &DeTable<'_>) -> Option<Range<u32>> {
        self.range(table.get("rounds")?, Reader::round)
    }

    fn round(&mut self, value: &Spanned<DeValue<'_>>) -> Option<u32> {
        let Some(number) = value.get_ref().as_integer() else {
            self.wrong_type(value, "a whole number of rounds");
            return None;
        };
        let rounds = u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|rounds| *rounds > 0);
        if rounds.is_none() {
            let message = "rounds are counted from 1".to_owned();
            self.error(value.span(), message, "write a whole number, 1 or more".to_owned());
        }
        rounds
    }

    pub(super) fn duration(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Duration> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, "a duration such as \"10min\"");
            return None;
        };
        let months = text
            .bytes()
            .zip(text.bytes().skip(1).chain([b' ']))
            .position(|(byte, next)| byte == b'M' && !next.is_ascii_alphabetic());
        let parsed = match months {
            Some(at) => Err((at..at + 1, "`M` means months".to_owned())),
            None => humantime::parse_duration(text).map_err(|error| (error_place(&error, text), error_words(&error))),
        };
        match parsed {
            Ok(duration) if text.trim() != "0" => Some(duration),
            Ok(_) => {
                self.error(value.span(), "a duration without a unit".to_owned(), DURATION_HINT.to_owned());
                None
            }
            Err((inner, message)) => {
                let span = self.inside(value.span(), text, inner);
                self.error(span, format!("bad duration: {message}"), DURATION_HINT.to_owned());
                None
            }
        }
    }

    /// The place of `inner` of a quoted string, or the whole string when escapes hide it.
    fn inside(&self, span: Span<usize>, text: &str, inner: Span<usize>) -> Span<usize> {
        let plain = self.text.get(span.start + 1..span.end.saturating_sub(1)) == Some(text);
        if plain && inner.end <= text.len() && inner.start < inner.end {
            span.start + 1 + inner.start..span.start + 1 + inner.end
        } else {
            span
        }
    }

    /// One value, or `{ default, min, max }` with `min <= default <= max`.
    pub(super) fn range<T: Copy + PartialOrd>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        mut read: impl FnMut(&mut Self, &Spanned<DeValue<'_>>) -> Option<T>,
    ) -> Option<Range<T>> {
        let Some(table) = value.get_ref().as_table() else {
            return read(self, value).map(Range::fixed);
        };
        self.unknown_keys(table, RANGE_KEYS, "a range");
        let missing = !table.contains_key("default");
        if missing {
            self.error(value.span(), "a range without `default`".to_owned(), "add default = …".to_owned());
        }
        let [default, min, max] = ["default", "min", "max"].map(|key| table.get(key).map(|value| read(self, value)));
        let default = default??;
        let (min, max) = (min.unwrap_or(Some(default))?, max.unwrap_or(Some(default))?);
        if min > default || default > max {
            let message = "a range must have min <= default <= max".to_owned();
            self.error(value.span(), message, "order them: min, default, max".to_owned());
            return None;
        }
        Some(Range { default, min, max })
    }
}

fn error_place(error: &humantime::DurationError, text: &str) -> Span<usize> {
    use humantime::DurationError::{InvalidCharacter, NumberExpected, UnknownUnit};
    match error {
        InvalidCharacter(at) | NumberExpected(at) => {
            let rest = text.get(*at..).unwrap_or_default();
            *at..at + rest.chars().next().map_or(0, char::len_utf8)
        }
        UnknownUnit { start, end, .. } if start < end => *start..*end,
        _ => 0..text.len(),
    }
}

/// What is wrong; where it is, the caret shows.
fn error_words(error: &humantime::DurationError) -> String {
    use humantime::DurationError::{InvalidCharacter, NumberExpected};
    match error {
        InvalidCharacter(_) => "unexpected character".to_owned(),
        NumberExpected(_) => "expected a number".to_owned(),
        _ => error.to_string(),
    }
}
