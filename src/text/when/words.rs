//! Sorts the words of a time into what each says: day, month, year, time of day.

use jiff::civil::Date;

use super::Mistake;
use crate::text::durations::count;
use crate::text::printable::capital;

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
#[rustfmt::skip]
const MONTHS: [&str; 12] = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
];
/// Words for a day, and how many days ago it was.
const DAYS: [(&str, i64); 3] = [("today", 0), ("yesterday", 1), ("ereyesterday", 2)];

const HOUR: i64 = 3600;
/// Words for a time of day: the first and the last second from midnight. A night ends on the next day.
const PARTS: [(&str, (i64, i64)); 7] = [
    ("morning", (0, 12 * HOUR - 1)),
    ("noon", (12 * HOUR, 12 * HOUR)),
    ("midday", (12 * HOUR, 12 * HOUR)),
    ("afternoon", (12 * HOUR, 18 * HOUR - 1)),
    ("evening", (18 * HOUR, 24 * HOUR - 1)),
    ("night", (18 * HOUR, 30 * HOUR - 1)),
    ("midnight", MIDNIGHT),
];
/// The midnight before a day, and the one after it.
pub(super) const MIDNIGHT: (i64, i64) = (0, 24 * HOUR);
/// Other words that are read.
const MORE: [&str; 11] = ["tomorrow", "now", "ago", "last", "this", "next", "in", "am", "pm", "h", "M"];
/// Ends of `1st` and the like.
const ORDINALS: [&str; 4] = ["st", "nd", "rd", "th"];

/// The words that are read, besides those of lengths.
pub(super) fn vocabulary() -> impl Iterator<Item = &'static str> {
    let days = DAYS.iter().map(|(word, _)| *word).filter(|word| *word != "ereyesterday");
    let parts = PARTS.iter().map(|(word, _)| *word);
    days.chain(parts).chain(WEEKDAYS).chain(MONTHS).chain(MORE).chain(ORDINALS)
}

/// Whether this is a weekday or a month, or at least its first three letters, or a word that [`plain`] writes.
///
/// [`plain`]: super::super::typed::plain
pub(super) fn is_name(word: &str) -> bool {
    number_of(word, &WEEKDAYS).or(number_of(word, &MONTHS)).is_some() || word == "ereyesterday"
}

/// The place of a name, from 1.
fn number_of(word: &str, names: &[&str]) -> Option<i8> {
    let place = names.iter().position(|name| word.len() >= 3 && name.starts_with(word))?;
    i8::try_from(place + 1).ok()
}

/// The text without its weekday.
pub(super) fn without_weekday(plain: &str) -> String {
    let others = plain.split(' ').filter(|word| number_of(word.trim_end_matches('.'), &WEEKDAYS).is_none());
    others.collect::<Vec<_>>().join(" ")
}

/// What the words say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) days_ago: Option<i64>,
    /// From 1, Monday.
    pub(super) weekday: Option<i8>,
    pub(super) month: Option<i8>,
    pub(super) day: Option<i8>,
    pub(super) year: Option<i16>,
    /// The first and the last second from midnight.
    pub(super) time: Option<(i64, i64)>,
}

/// What a numeric word can mean.
enum Meaning {
    Date { year: Option<i16>, month: i8, day: i8 },
    Time(i64),
}

impl Found {
    /// Reads a text in plain spelling.
    pub(super) fn read(plain: &str) -> Result<Found, Mistake> {
        let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
        // The text with another word in place of one.
        let with = |place: usize, word: &str| [&words[..place], &[word], &words[place + 1..]].concat().join(" ");
        let mut found = Found::default();
        let mut numbers = Vec::new();
        for (place, word) in words.iter().enumerate() {
            if word.bytes().all(|byte| byte.is_ascii_digit()) {
                numbers.push((place, *word));
                continue;
            }
            found.add(word).map_err(|mistake| Mistake {
                readings: mistake.readings.iter().map(|instead| with(place, instead)).collect(),
                ..mistake
            })?;
        }
        for (place, number) in numbers {
            found.add_number(number).map_err(|instead| {
                let message = format!("{number} can be {}", instead.join(" or "));
                let readings = instead.iter().map(|word| with(place, word));
                if instead.is_empty() { Mistake::default() } else { Mistake::new(message, readings) }
            })?;
        }
        if found == Found::default() || found.day.is_some() != found.month.is_some() {
            return Err(Mistake::default());
        }
        Ok(found)
    }

    fn add(&mut self, word: &str) -> Result<(), Mistake> {
        if let Some((_, days)) = DAYS.iter().find(|(name, _)| *name == word) {
            return set(&mut self.days_ago, *days);
        }
        if let Some((_, part)) = PARTS.iter().find(|(name, _)| *name == word) {
            return set(&mut self.time, *part);
        }
        let name = word.trim_end_matches('.');
        if let Some(weekday) = number_of(name, &WEEKDAYS) {
            return set(&mut self.weekday, weekday);
        }
        if let Some(month) = number_of(name, &MONTHS) {
            return set(&mut self.month, month);
        }
        if matches!(name, "last" | "this") {
            return Ok(());
        }
        let digits = name.len() - name.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match (name[..digits].parse(), &name[digits..]) {
            (Ok(day), end) if ORDINALS.contains(&end) || end.is_empty() => return set(&mut self.day, day),
            (Ok(day), end) if number_of(end, &MONTHS).is_some() => {
                set(&mut self.day, day)?;
                return set_to(&mut self.month, number_of(end, &MONTHS));
            }
            _ => {}
        }
        if word.contains(':') || digits > 0 && ["am", "pm", "h"].iter().any(|end| word.ends_with(end)) {
            return set(&mut self.time, clock(word).map(|second| (second, second))?);
        }
        self.add_numeric(word)
    }

    /// Adds a number that stands alone: a day beside a month, or a year. Otherwise returns what may be meant.
    fn add_number(&mut self, number: &str) -> Result<(), Vec<String>> {
        let value: i16 = number.parse().map_err(|_| Vec::new())?;
        let hour = (value <= 24 && self.time.is_none()).then(|| format!("{value}:00"));
        let is_alone = *self == Found::default();
        match (number.len(), self.month, self.day, self.year) {
            (1 | 2, Some(_), None, _) => self.day = i8::try_from(value).ok(),
            (4, _, _, None) if self.day.is_some() || self.month.is_some() => self.year = Some(value),
            (2, Some(_), Some(_), None) if hour.is_none() => self.year = Some(2000 + value),
            (2, Some(_), Some(_), None) => return Err(hour.into_iter().chain([format!("20{number}")]).collect()),
            (4, ..) if self.time.is_none() => return Err(vec![format!("{}:{}", &number[..2], &number[2..])]),
            _ => {
                let lengths = [format!("{value}h ago"), format!("{} ago", count(value, "day"))];
                let lengths = lengths.into_iter().filter(|_| is_alone && value > 0);
                return Err(hour.into_iter().chain(lengths).collect());
            }
        }
        Ok(())
    }

    /// Adds `24.11.2026`, `24/11`, `2026-11-24` or `18.30`.
    fn add_numeric(&mut self, word: &str) -> Result<(), Mistake> {
        let (mut meanings, message) = meanings(word).ok_or_else(Mistake::default)?;
        if meanings.len() != 1 {
            let readings: Vec<_> = meanings.iter().map(Meaning::words).collect();
            let message =
                if readings.is_empty() { message } else { format!("{word} can be {}", readings.join(" or ")) };
            return Err(Mistake::new(message, readings));
        }
        match meanings.remove(0) {
            Meaning::Time(second) => set(&mut self.time, (second, second)),
            Meaning::Date { year, month, day } => {
                set(&mut self.day, day)?;
                set(&mut self.month, month)?;
                year.map_or(Ok(()), |year| set(&mut self.year, year))
            }
        }
    }
}

impl Meaning {
    fn words(&self) -> String {
        match self {
            Meaning::Time(second) => format!("{}:{:02}", second / HOUR, second / 60 % 60),
            Meaning::Date { year, month, day } => {
                let month = capital(&MONTHS[usize::from(month.unsigned_abs()) - 1][..3]);
                let year = year.map(|year| format!(" {year}")).unwrap_or_default();
                format!("{day} {month}{year}")
            }
        }
    }
}

fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), Mistake> {
    set_to(slot, Some(value))
}

/// Each thing is said once.
fn set_to<T>(slot: &mut Option<T>, value: Option<T>) -> Result<(), Mistake> {
    if slot.is_some() {
        Err(Mistake::default())
    } else {
        *slot = value;
        Ok(())
    }
}

/// Seconds from midnight: `18:00`, `18:00:30`, `6pm`, `6:30pm`, `18h`.
fn clock(word: &str) -> Result<i64, Mistake> {
    let (digits, half) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(0)),
        (_, Some(digits)) => (digits, Some(12)),
        _ => (word.strip_suffix('h').unwrap_or(word), None),
    };
    let no_time = |readings: Vec<String>| Mistake::new(format!("\"{word}\" is not a time of day"), readings);
    let numbers = digits.split([':', '.']).map(|digits| {
        let is_digits = matches!(digits.len(), 1 | 2) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_digits.then(|| digits.parse().ok()).flatten()
    });
    let numbers: Option<Vec<i64>> = numbers.collect();
    let (hour, minute, second) = match numbers.as_deref() {
        Some([hour]) => (*hour, 0, 0),
        Some([hour, minute]) => (*hour, *minute, 0),
        Some([hour, minute, second]) => (*hour, *minute, *second),
        _ => return Err(no_time(Vec::new())),
    };
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) if hour <= 24 => return Err(no_time(vec![format!("{hour}:{minute:02}")])),
        _ => hour,
    };
    let at = hour * HOUR + minute * 60 + second;
    let is_minute = digits.split([':', '.']).skip(1).all(|digits| digits.len() == 2);
    if minute < 60 && second < 60 && at <= 24 * HOUR && is_minute { Ok(at) } else { Err(no_time(Vec::new())) }
}

/// The possible meanings of a word of digits with separators, and the error when there are none.
fn meanings(word: &str) -> Option<(Vec<Meaning>, String)> {
    let number = word.strip_suffix('.').unwrap_or(word);
    let separator = number.chars().find(|c| matches!(c, '.' | '/' | '-'))?;
    let parts: Vec<&str> = number.split(separator).collect();
    if parts.iter().any(|part| part.is_empty() || part.len() > 4 || part.bytes().any(|byte| !byte.is_ascii_digit())) {
        return None;
    }
    let numbers: Vec<i16> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    // A point is a point everywhere between a day and its month; a stroke or a dash is between a month and its day
    // in some countries.
    let both = separator != '.';
    let (year, days) = match (&numbers[..], parts[0].len()) {
        (&[year, month, day], 4) => (Some(year), vec![(day, month)]),
        (&[first, second, year], 1 | 2) => {
            let year = if parts[2].len() == 4 { year } else { 2000 + year };
            (Some(year), vec![(first, second), (second, first)])
        }
        (&[first, second], 1 | 2) => (None, vec![(first, second), (second, first)]),
        _ => return None,
    };
    let of_days = days.iter().enumerate().filter(|(place, (day, month))| *place == 0 || both && day != month);
    let dates = of_days.filter_map(|(_, (day, month))| {
        let (day, month) = (i8::try_from(*day).ok()?, i8::try_from(*month).ok()?);
        // A leap year allows every day.
        Date::new(year.unwrap_or(2024), month, day).ok().map(|_| Meaning::Date { year, month, day })
    });
    let is_time = separator == '.' && parts.len() == 2 && parts[1].len() == 2 && number == word;
    let time = clock(word).ok().filter(|_| is_time).map(Meaning::Time);
    let month = days[0].1;
    let month = i8::try_from(month).ok().filter(|month| (1..=12).contains(month));
    let message = match month.and_then(|month| Date::new(year.unwrap_or(2024), month, 1).ok()) {
        Some(first) => format!("{word} is not a date: {} has {} days", first.strftime("%B %Y"), first.days_in_month()),
        None => format!("{word} is not a date: there is no such month"),
    };
    Some((dates.chain(time).collect(), message))
}
