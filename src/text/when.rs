//! Reads every point in time that a person types. All of them lie in the past, so a text that fits several days
//! means the latest one. Pure: it is told the time and the zone.

mod words;

mod days;

use std::time::Duration;

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use self::words::{Found, is_name};
use super::lengths;
use super::typed::{Unreadable, misspelled, plain};

/// Forms that [`read`] reads.
pub const TRY: &str = "try: yesterday, \"30h ago\", \"24 Nov 18:00\" or 2026-11-20";

/// Times longer ago are typing mistakes.
const CENTURY: i64 = 100 * YEAR;
/// 365.25 days, in hours.
const YEAR: i64 = 8766;

/// The clock that is farthest from UTC, in seconds: 14 h ahead.
const FARTHEST: i32 = 14 * 60 * 60;

/// A day in seconds.
const DAY: u64 = 86_400;

/// The first and the last moment that a text means. A day alone is a range, and so is an hour that occurs twice
/// when summer time ends; otherwise both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// The first moment.
    pub first: Timestamp,
    /// The last moment, which may be after now.
    pub last: Timestamp,
}

impl When {
    const fn point(at: Timestamp) -> When {
        When { first: at, last: at }
    }

    /// The latest moment that is not after `now`: for an injury and a dose, because it keeps heat away longer. All
    /// of it may be after `now`; then the first.
    pub fn latest(self, now: Timestamp) -> Timestamp {
        if self.first > now { self.first } else { self.last.min(now) }
    }

    /// Whether it is more than a point.
    pub fn is_range(self) -> bool {
        self.first != self.last
    }
}

/// The day of a moment that a text of whole days, such as `3d`, counted back to: its hour comes from the moment at which it
/// was typed. `None` for other texts.
pub fn counted_day(text: &str, when: When, now: Timestamp, zone: &TimeZone) -> Option<Date> {
    let [then, today] = [when.first, now].map(|at| at.to_zoned(zone.clone()));
    let length = now.duration_since(when.first);
    let is_whole = then.time() == today.time() || length.as_nanos() % (i128::from(DAY) * 1_000_000_000) == 0;
    // Who counts hours means them.
    let names_hours = plain(text).split(|c: char| !c.is_alphabetic()).any(|unit| unit.starts_with('h'));
    (!when.is_range() && then.date() < today.date() && is_whole && !names_hours).then(|| then.date())
}

/// What is wrong with a text in plain spelling, and what may be meant. Without a message it is just no time.
#[derive(Debug, Default)]
struct Mistake {
    message: Option<String>,
    readings: Vec<String>,
    /// Whether the message holds only with a reading that is a time.
    is_doubtful: bool,
}

impl Mistake {
    fn new(message: impl Into<String>, readings: impl IntoIterator<Item = String>) -> Mistake {
        Mistake { message: Some(message.into()), readings: readings.into_iter().collect(), is_doubtful: false }
    }
}

impl From<Unreadable> for Mistake {
    /// A text that is not a length may still be a time.
    fn from(error: Unreadable) -> Mistake {
        Mistake { is_doubtful: true, ..Mistake::new(error.message, error.readings) }
    }
}

/// Reads when something was: `30h ago`, `2 days`, `last night`, `Monday 6pm`, `24 Nov 18:00`, `24.11.2026` or RFC
/// 3339. Times without a zone are in `zone`. A length alone was so long ago.
///
/// # Errors
/// A text of another form, a time that does not exist, one more than a century ago, and a text with two meanings.
pub fn read(text: &str, now: Timestamp, zone: &TimeZone) -> Result<When, Unreadable> {
    meaning(text, now, zone).map_err(|Mistake { message, mut readings, is_doubtful }| {
        readings.retain(|reading| meaning(reading, now, zone).is_ok_and(|when| when.first <= now));
        let message = message.filter(|_| !is_doubtful || !readings.is_empty());
        let message = message.unwrap_or_else(|| format!("cannot read \"{text}\" as a time"));
        Unreadable::new(text, message, TRY).or(readings)
    })
}

/// As [`read`], with readings that may be no times.
fn meaning(text: &str, now: Timestamp, zone: &TimeZone) -> Result<When, Mistake> {
    if let Some((text, offset)) = with_offset(text.trim()) {
        return meaning(text, now, &TimeZone::fixed(offset));
    }
    let when = text.trim().parse().map(When::point).or_else(|_| of_plain(&plain(text), now, zone))?;
    possible_offset(text.trim())?;
    not_too_old(when, text, now, zone)
}

/// An hour that occurs twice, as it is echoed: `02:15 (+02:00)`.
fn with_offset(text: &str) -> Option<(&str, Offset)> {
    let (time, offset) = text.strip_suffix(')')?.rsplit_once(" (")?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.strip_prefix(['+', '-'])?.split_once(':')?;
    let [hours, minutes] = [hours, minutes].map(|part| part.parse::<u16>().ok().filter(|_| part.len() == 2));
    let offset =
        Offset::from_seconds(sign * 60 * i32::from(60 * hours? + minutes.filter(|minutes| *minutes < 60)?)).ok()?;
    (offset.seconds().abs() <= FARTHEST).then_some((time, offset))
}

/// Refuses a distance from UTC that no clock has.
fn possible_offset(text: &str) -> Result<(), Mistake> {
    let offset = Pieces::parse(text).ok().and_then(|pieces| pieces.to_numeric_offset());
    match offset.filter(|offset| offset.seconds().abs() > FARTHEST) {
        Some(offset) => Err(Mistake::new(format!("{offset} is too far from UTC: at most 14 h"), [])),
        None => Ok(()),
    }
}

fn of_plain(plain: &str, now: Timestamp, zone: &TimeZone) -> Result<When, Mistake> {
    let vocabulary: Vec<_> = words::vocabulary().chain(lengths::vocabulary()).collect();
    let is_known = |run: &str| vocabulary.contains(&run) || is_name(run);
    if let Some((run, readings)) = misspelled(plain, &vocabulary, is_known) {
        // A wrong guess would be a wrong time.
        let readings = readings.into_iter().filter(|reading| is_slip(plain, reading));
        return Err(Mistake::new(format!("cannot read \"{run}\" as a time"), readings));
    }
    let is_read = |c: char| c.is_alphanumeric() || " .,:/-".contains(c);
    if let Some(letter) = plain.chars().find(|c| !is_read(*c)) {
        return Err(Mistake::new(format!("cannot read \"{letter}\" in a time"), [plain.replace(letter, ":")]));
    }
    if plain == "now" {
        return Ok(When::point(now));
    }
    if ["tomorrow", "next ", "in "].iter().any(|future| plain.starts_with(future)) {
        return Err(Mistake::new(format!("\"{plain}\" is in the future"), []));
    }
    if let Some((hour, minute)) = plain.split_once('h')
        && [hour, minute].iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    {
        let readings = [format!("{hour}:{minute}"), format!("{hour}h {minute}min ago")];
        return Err(Mistake::new(format!("{plain} is a time or a length"), readings));
    }
    if let Some((length, rest)) = plain.split_once("ago") {
        return ago(length.trim(), rest.trim(), now, zone);
    }
    let length = lengths::of_plain(plain, plain).map_err(Mistake::from);
    match (length, Found::read(plain)) {
        (Ok(length), _) => calendar(plain, now, zone).map_or_else(|| before(length, now), Ok),
        (_, Ok(found)) => found.on_a_day(plain, now, zone),
        // A number without a unit may be all that is wrong.
        (Err(mistake), Err(Mistake { message: None, .. })) | (_, Err(mistake)) => Err(mistake),
    }
}

/// `2 days ago`, or `2 days ago 18:00`, which is on a day.
fn ago(plain_length: &str, rest: &str, now: Timestamp, zone: &TimeZone) -> Result<When, Mistake> {
    let and_rest = |reading: String| format!("{reading} ago {rest}").trim_end().to_owned();
    let length = lengths::of_plain(plain_length, plain_length).map_err(|error| {
        let mistake = Mistake::from(error);
        Mistake { readings: mistake.readings.into_iter().map(and_rest).collect(), ..mistake }
    })?;
    if rest.is_empty() {
        return calendar(plain_length, now, zone).map_or_else(|| before(length, now), Ok);
    }
    let days = i64::try_from(length.as_secs() / DAY).ok().filter(|_| length.as_secs().is_multiple_of(DAY));
    let days_ago = Some(days.ok_or_else(Mistake::default)?);
    Found { days_ago, ..Found::read(rest)? }.on_a_day(rest, now, zone)
}

/// Whether a text is another one with a slip of the fingers: the same first letter, and one wrong, missing, doubled or
/// swapped letter, or two in a long text.
fn is_slip(typed: &str, meant: &str) -> bool {
    let words = typed.split(' ').zip(meant.split(' '));
    let mut changed = words.filter(|(typed, meant)| typed != meant);
    changed.all(|(typed, meant)| {
        let slips = if meant.len() < 8 { 1 } else { 2 };
        typed.len() > 2 && typed.chars().next() == meant.chars().next() && strsim::osa_distance(typed, meant) <= slips
    })
}

/// This many months and years ago by the calendar: the same day of the month at the same time of day. `None` for a length
/// without whole months, and for a century or more.
fn calendar(length: &str, now: Timestamp, zone: &TimeZone) -> Option<When> {
    let (months, rest) = lengths::months_and_rest(length).filter(|(months, _)| (1..1200).contains(months))?;
    let then = now.to_zoned(zone.clone()).checked_sub(months.months()).ok()?;
    before(rest, then.timestamp()).ok()
}

fn before(length: Duration, now: Timestamp) -> Result<When, Mistake> {
    let length = SignedDuration::try_from(length).ok();
    let at = length.and_then(|length| now.checked_sub(length).ok());
    at.map(When::point).ok_or_else(|| Mistake::new("that is too long ago", []))
}

/// Refuses a time more than a century ago. The same date in this century, or the last, may be meant.
fn not_too_old(when: When, text: &str, now: Timestamp, zone: &TimeZone) -> Result<When, Mistake> {
    let age = now.duration_since(when.last).as_hours();
    if age < CENTURY {
        return Ok(when);
    }
    let [then, today] = [when.last, now].map(|at| at.to_zoned(zone.clone()).datetime());
    let century = today.year() - today.year().rem_euclid(100);
    let meant = [century, century - 100].into_iter().filter_map(|century| {
        let meant = then.with().year(century + then.year().rem_euclid(100)).build().ok()?;
        let is_past = meant <= today;
        is_past.then(|| meant.strftime(if when.is_range() { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" }).to_string())
    });
    let is_typed = text.contains(&format!("{:04}", then.year()));
    Err(Mistake::new(format!("\"{text}\" is {} years ago", age / YEAR), meant.take(usize::from(is_typed))))
}
