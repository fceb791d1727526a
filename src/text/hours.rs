//! Waking hours as people type them: `07:30-22:30`, `8-22`, `20:00-4:00`. It must not know dates.

use std::fmt;

use super::typed::Unreadable;

const EXAMPLES: &str = "try: 07:30-22:30, or 20:00-04:00 for nights";

/// Waking hours, by the local clock, in minutes since midnight: 0 to 1439.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// When the person gets up.
    pub from: u16,
    /// When the person goes to bed; on the next day when it is not later than `from`.
    pub to: u16,
}

impl Hours {
    /// The waking hours when the person says nothing (ours).
    pub const USUAL: Hours = Hours { from: 8 * 60, to: 22 * 60 + 30 };

    /// Whether they end on the next day.
    pub fn pass_midnight(self) -> bool {
        self.to <= self.from
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Midnight is the end of a day.
        let to = if self.to == 0 { 24 * 60 } else { self.to };
        let [from, to] = [self.from, to].map(|minutes| format!("{:02}:{:02}", minutes / 60, minutes % 60));
        write!(formatter, "{from} to {to}")
    }
}

/// Reads waking hours.
///
/// # Errors
/// Any other text.
pub fn read(text: &str) -> Result<Hours, Unreadable> {
    let parts = text.split_once(['-', '–']);
    let hours = parts.and_then(|(from, to)| Some(Hours { from: time(from)?, to: time(to)? }));
    let wrong = || Unreadable::new(text, format!("\"{text}\" is not a range of waking hours"), EXAMPLES);
    hours.ok_or_else(wrong)
}

/// `7`, `07:30` or `24:00`, which is midnight.
fn time(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once([':', '.']).unwrap_or((text.trim(), "0"));
    let is_number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hour) || !is_number(minute) {
        return None;
    }
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    let is_time = (hour < 24 && minute < 60) || (hour, minute) == (24, 0);
    is_time.then_some((60 * hour + minute) % (24 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_people_write_them() {
        for (text, from, to) in [
            ("07:30-22:30", (7, 30), (22, 30)),
            ("8-22", (8, 0), (22, 0)),
            ("8 - 22.30", (8, 0), (22, 30)),
            ("20:00–4:00", (20, 0), (4, 0)),
            ("6:00-24:00", (6, 0), (0, 0)),
        ] {
            let [from, to] = [from, to].map(|(hour, minute)| 60 * hour + minute);
            assert_eq!(read(text), Ok(Hours { from, to }), "{text}");
        }
        for text in ["", "8", "8-", "-22", "25:00-3", "8:60-9", "8-22-24", "8am-10pm", "+8-9", "008:00-9", "24:01-3"] {
            let error = read(text).expect_err(text);
            assert!(error.message.contains(text) && error.way_out(&[]).contains("07:30-22:30"), "{text}");
        }
    }

    #[test]
    fn a_night_passes_midnight() {
        let is_night = |text| read(text).expect(text).pass_midnight();
        assert!(is_night("20:00-04:00") && is_night("06:00-24:00") && is_night("8-8"));
        assert!(!is_night("08:00-22:30") && !Hours::USUAL.pass_midnight());
    }
}
