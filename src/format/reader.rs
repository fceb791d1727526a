//! Reads values of parsed TOML, and collects every problem with its place. It must not know what the keys mean.

use std::ops::{Range as Span, RangeInclusive};
use std::time::Duration;

use humantime::DurationError;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::Problem;
use crate::domain::protocol::Range;
use crate::text::hours::{self, Hours};
use crate::text::printable::{is_control, nearest, revealed};

const DURATION_HINT: &str = "write a whole duration with its unit, such as \"10min\" or \"1m 30s\"";

/// A value with its place.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// Reads values and collects problems instead of stopping at the first.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// Parses a text. Syntax errors become problems with this hint.
    pub(super) fn parse(text: &'a str, hint: &str) -> (Reader<'a>, Spanned<DeTable<'a>>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let problems = errors.iter().map(|error| Problem::error(error.span().unwrap_or(0..0), error.message(), hint));
        (Reader { text, problems: problems.collect() }, table)
    }

    pub(super) fn error(&mut self, place: Span<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::error(place, message, hint));
    }

    /// Adds a problem. A value with a problem is no value.
    fn refuse<T>(&mut self, place: Span<usize>, message: impl Into<String>, hint: impl Into<String>) -> Option<T> {
        self.error(place, message, hint);
        None
    }

    /// Adds a problem about a name that is not one of the `known`.
    pub(super) fn unknown(&mut self, place: Span<usize>, message: String, name: &str, known: &[&str]) {
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}", known.join(", ")),
        };
        self.error(place, message, hint);
    }

    pub(super) fn unknown_keys(&mut self, table: &DeTable<'_>, known: &[&str], what: &str) {
        for (key, _) in table.iter().filter(|(key, _)| !known.contains(&&**key.get_ref())) {
            let message = format!("unknown key `{}` of {what}", revealed(key.get_ref()));
            self.unknown(key.span(), message, key.get_ref(), known);
        }
    }

    /// The value as `get` gives it. Otherwise it is a problem that the value is not what is `wanted`.
    pub(super) fn typed<'v, 'd, T>(
        &mut self,
        value: &'v Value<'d>,
        wanted: &str,
        get: impl FnOnce(&'v DeValue<'d>) -> Option<T>,
    ) -> Option<T> {
        let message = || format!("expected {wanted}, found {}", value.get_ref().type_str());
        get(value.get_ref()).or_else(|| self.refuse(value.span(), message(), format!("write {wanted} here")))
    }

    /// A line of text that may be shown on a terminal and in a notification.
    pub(super) fn text(&mut self, table: &DeTable<'_>, key: &str, most: usize) -> Option<String> {
        let value = table.get(key)?;
        let text = self.typed(value, "a string in quotes", DeValue::as_str)?;
        if text.contains(is_control) || text.trim().is_empty() || text.chars().count() > most {
            let message = format!("`{key}` must be one line of 1 to {most} characters without control characters");
            return self.refuse(value.span(), message, "write it as one short line");
        }
        Some(text.to_owned())
    }

    pub(super) fn texts(&mut self, table: &DeTable<'_>, key: &str) -> Vec<String> {
        let list = table.get(key);
        let what = match key {
            "on_event" => "a list of strings such as [\"notify-send\", \"therapy\"]",
            _ => "a list of strings such as [\"S3\"]",
        };
        let items = list.and_then(|list| self.typed(list, what, DeValue::as_array));
        let texts = items.into_iter().flatten().filter_map(|item| {
            let text = self.typed(item, "a string in quotes", DeValue::as_str)?;
            if text.contains(is_control) {
                let message = format!("`{key}` must be without control characters");
                return self.refuse(item.span(), message, "write each as one short line");
            }
            Some(text.to_owned())
        });
        texts.collect()
    }

    pub(super) fn hours(&mut self, table: &DeTable<'_>, key: &str) -> Option<Hours> {
        let value = table.get(key)?;
        let text = self.typed(value, "waking hours such as \"07:30-22:30\"", DeValue::as_str)?;
        hours::read(text).map_err(|error| self.error(value.span(), error.message, error.examples)).ok()
    }

    pub(super) fn flag(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        self.typed(table.get(key)?, "true or false", DeValue::as_bool)
    }

    /// A whole number from 1.
    pub(super) fn count(&mut self, value: &Value<'_>) -> Option<u32> {
        self.whole(value, 1..=u32::MAX)
    }

    /// A whole number in this range.
    pub(super) fn whole(&mut self, value: &Value<'_>, range: RangeInclusive<u32>) -> Option<u32> {
        let number = self.typed(value, "a whole number", DeValue::as_integer)?;
        let read = u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| range.contains(number));
        read.or_else(|| {
            if *range.end() == u32::MAX && is_large(number) {
                return self.refuse(value.span(), "this number is too large", "write a smaller whole number");
            }
            let (wanted, comma) = match (range.start(), range.end()) {
                (least, &u32::MAX) => (format!("{least} or more"), ","),
                (least, most) => (format!("from {least} to {most}"), ""),
            };
            let hint = format!("write a whole number{comma} {wanted}");
            self.refuse(value.span(), format!("this must be {wanted}"), hint)
        })
    }

    pub(super) fn duration(&mut self, value: &Value<'_>) -> Option<Duration> {
        let text = self.typed(value, "a duration such as \"10min\"", DeValue::as_str)?;
        let is_last = |at: usize| !text[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic());
        let months = text.match_indices('M').find(|(at, _)| is_last(*at));
        let (inner, message) = match (months, humantime::parse_duration(text)) {
            (Some((at, _)), _) => (at..at + 1, "`M` means months".to_owned()),
            (None, Ok(_)) if text.trim() == "0" => {
                return self.refuse(value.span(), "a duration without a unit", DURATION_HINT);
            }
            (None, Ok(duration)) => return Some(duration),
            (None, Err(error)) => what_and_where(&error, text),
        };
        let place = self.inside(value.span(), text, inner);
        self.refuse(place, format!("bad duration: {message}"), DURATION_HINT)
    }

    /// The place of `inner` of a quoted string, or the whole string when escapes hide it.
    pub(super) fn inside(&self, span: Span<usize>, text: &str, inner: Span<usize>) -> Span<usize> {
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
        value: &Value<'_>,
        mut read: impl FnMut(&mut Self, &Value<'_>) -> Option<T>,
    ) -> Option<Range<T>> {
        let Some(table) = value.get_ref().as_table() else {
            return read(self, value).map(Range::fixed);
        };
        self.unknown_keys(table, &["default", "max", "min"], "a range");
        if !table.contains_key("default") {
            self.error(value.span(), "a range without `default`", "add default = …");
        }
        let [default, min, max] = ["default", "min", "max"].map(|key| table.get(key).map(|value| read(self, value)));
        let default = default??;
        let (min, max) = (min.unwrap_or(Some(default))?, max.unwrap_or(Some(default))?);
        if min > default || default > max {
            return self.refuse(
                value.span(),
                "a range must have min <= default <= max",
                "order them: min, default, max",
            );
        }
        Some(Range { default, min, max, stated: true })
    }
}

/// Whether a number is larger than any that is kept.
fn is_large(number: &DeInteger<'_>) -> bool {
    !number.as_str().starts_with('-') && u32::from_str_radix(number.as_str(), number.radix()).is_err()
}

/// The place of a mistake in a duration, and the mistake. The caret shows the place, so the words do not repeat it.
fn what_and_where(error: &DurationError, text: &str) -> (Span<usize>, String) {
    let letter = |at: usize| at..at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    match error {
        DurationError::InvalidCharacter(at) => (letter(*at), "unexpected character".to_owned()),
        DurationError::NumberExpected(at) => (letter(*at), "expected a number".to_owned()),
        DurationError::UnknownUnit { start, end, .. } if start < end => (*start..*end, error.to_string()),
        _ => (0..text.len(), error.to_string()),
    }
}
