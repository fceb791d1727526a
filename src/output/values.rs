//! The values in export lines: lengths in seconds, times in RFC 3339, names and texts, each as it is written and read. This
//! module must not know the fields.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

use crate::domain::site::Site;
use crate::edge::journal::MOST_CHANGES;
use crate::text::exchange::{MOST, too_long, unreadable};
use crate::text::printable::printable;

/// The longest length (ours): eleven days, which a number in JSON holds to the nanosecond.
const LONGEST_S: f64 = 1e6;

/// A time of day in milliseconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct At(pub(super) i64);

/// The text of a time of day, in UTC.
pub fn time(millis: i64) -> Timestamp {
    let end = if millis < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(millis).unwrap_or(end)
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&time(self.0))
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<At, D::Error> {
        let text = String::deserialize(from)?;
        let at: Timestamp =
            text.parse().map_err(|_| D::Error::custom(unreadable(&text, "a time such as 2026-11-24T18:00:00Z")))?;
        Ok(At(at.as_millisecond()))
    }
}

/// A length in seconds.
#[derive(Clone, Copy)]
pub(super) struct Seconds(pub(super) Duration);

#[expect(clippy::cast_precision_loss, reason = "exact up to 104 days")]
fn to_seconds(nanos: i128, in_a_second: f64) -> f64 {
    nanos as f64 / in_a_second
}

/// Whole parts of a second; `None` when it is no length.
#[expect(clippy::cast_possible_truncation, reason = "checked before")]
fn from_seconds(seconds: f64, in_a_second: f64) -> Option<i64> {
    (0.0..=LONGEST_S).contains(&seconds).then(|| (seconds * in_a_second).round() as i64)
}

const NANOS: f64 = 1e9;
const HALF_NANOS: f64 = 2e9;

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(to_seconds(i128::try_from(self.0.as_nanos()).unwrap_or(i128::MAX), NANOS))
    }
}

fn read_seconds<'de, D: Deserializer<'de>>(from: D, in_a_second: f64) -> Result<i64, D::Error> {
    let seconds = f64::deserialize(from)?;
    let error = || D::Error::custom(unreadable(&seconds.to_string(), "a length in seconds, from 0 to 1000000"));
    from_seconds(seconds, in_a_second).ok_or_else(error)
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Seconds, D::Error> {
        read_seconds(from, NANOS).map(|nanos| Seconds(Duration::from_nanos(nanos.unsigned_abs())))
    }
}

/// A load in seconds, kept in half nanoseconds.
#[derive(Clone, Copy)]
pub(super) struct LoadSeconds(pub(super) i64);

impl Serialize for LoadSeconds {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(to_seconds(self.0.into(), HALF_NANOS))
    }
}

impl<'de> Deserialize<'de> for LoadSeconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<LoadSeconds, D::Error> {
        read_seconds(from, HALF_NANOS).map(LoadSeconds)
    }
}

/// The number of changes.
#[derive(Clone, Copy)]
pub(super) struct Changes(pub(super) u32);

impl Serialize for Changes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(self.0)
    }
}

impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Changes, D::Error> {
        let number = Number::deserialize(from)?;
        let changes = number.as_u64().and_then(|number| u32::try_from(number).ok());
        let changes = changes.filter(|changes| *changes <= MOST_CHANGES);
        let what = || unreadable(&number.to_string(), &format!("a sequence, a whole number from 0 to {MOST_CHANGES}"));
        changes.map(Changes).ok_or_else(|| D::Error::custom(what()))
    }
}

/// A place by its name.
#[derive(Clone, Copy)]
pub(super) struct Place(pub(super) Site);

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Place, D::Error> {
        let name = String::deserialize(from)?;
        Site::from_name(&name).map(Place).ok_or_else(|| D::Error::custom(unreadable(&name, "a site")))
    }
}

/// A text that a person wrote.
pub(super) struct Text(pub(super) String);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Text, D::Error> {
        let text = String::deserialize(from)?;
        let text = printable(&text);
        if text.chars().count() > MOST {
            Err(D::Error::custom(too_long("a text")))
        } else {
            Ok(Text(text.into_owned()))
        }
    }
}

/// A name that this program makes: an id, a rule, a sign.
pub(super) struct Name(pub(super) String);

/// Whether a text can be such a name.
pub fn is_name(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (1..=64).contains(&text.len()) && text.chars().all(is_plain)
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Name, D::Error> {
        let text = String::deserialize(from)?;
        let what = "a name of 1 to 64 letters, digits, - and _";
        if is_name(&text) { Ok(Name(text)) } else { Err(D::Error::custom(unreadable(&text, what))) }
    }
}
