//! A plan drawn to scale in columns of a terminal. Pure: numbers in, kinds of step per column out.

use std::time::Duration;

use crate::domain::exposure::Exposure;
use crate::domain::step::StepKind;

/// The kind of step that fills each of `width` columns: the one that is on in its middle.
#[must_use]
pub fn columns(steps: &[Exposure], width: usize) -> Vec<StepKind> {
    let total: u128 = steps.iter().map(|(_, length)| length.as_nanos()).sum();
    let columns = (0..width as u128).map(|column| {
        let middle = total * (2 * column + 1) / (2 * width.max(1) as u128);
        let mut end = 0;
        let at = steps.iter().find(|(_, length)| {
            end += length.as_nanos();
            middle < end
        });
        at.or(steps.last()).map(|(kind, _)| *kind)
    });
    columns.flatten().collect()
}

/// How many of `width` columns are full when so much of `total` has gone; all of them at the end of what
/// has a length, and after it.
#[must_use]
pub fn filled(gone: Duration, total: Duration, width: usize) -> usize {
    // Half a million years fit; in numbers so small it is counted by the processor.
    let micros = |length: Duration| u64::try_from(length.as_micros()).unwrap_or(u64::MAX);
    let share = micros(gone).saturating_mul(width as u64) / micros(total).max(1);
    usize::try_from(share).unwrap_or(width).min(width)
}

/// The column in which a point of time falls.
#[must_use]
pub fn column(at: Duration, total: Duration, width: usize) -> usize {
    filled(at, total, width).min(width.saturating_sub(1))
}

/// The sign of a kind of step: hot and cold are told apart without colour.
#[must_use]
pub fn sign(kind: StepKind) -> char {
    match kind {
        StepKind::Heat => '#',
        StepKind::Cold => '~',
        StepKind::Rest => '.',
        StepKind::Stretch => '/',
    }
}

/// A length for a clock face: `7:05`, `1:02:03`. Part of a second counts as a whole one, so that a
/// countdown shows `0:01` until the end.
#[must_use]
pub fn countdown(left: Duration) -> String {
    let mut face = String::new();
    write_countdown(&mut face, left);
    face
}

/// A length for a clock face, part of a second not counted.
#[must_use]
pub fn count_up(gone: Duration) -> String {
    let mut face = String::new();
    write_count_up(&mut face, gone);
    face
}

/// [`countdown`] behind a text.
pub fn write_countdown(text: &mut String, left: Duration) {
    write_clock(text, left.as_secs() + u64::from(left.subsec_nanos() > 0));
}

/// [`count_up`] behind a text.
pub fn write_count_up(text: &mut String, gone: Duration) {
    write_clock(text, gone.as_secs());
}

/// By hand and not by `write!`: it is done twice a second for hours.
fn write_clock(text: &mut String, seconds: u64) {
    let digit = |number: u64| char::from(b'0' + u8::try_from(number % 10).unwrap_or(0));
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        text.push_str(&hours.to_string());
        text.push(':');
    }
    if hours > 0 || minutes >= 10 {
        text.push(digit(minutes / 10));
    }
    for sign in [digit(minutes), ':', digit(seconds / 10), digit(seconds)] {
        text.push(sign);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_drawn_to_scale() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let steps = [(StepKind::Heat, minutes(10)), (StepKind::Rest, minutes(5)), (StepKind::Cold, minutes(15))];
        let drawn: String = columns(&steps, 12).into_iter().map(sign).collect();
        assert_eq!(drawn, "####..~~~~~~");
        assert!(columns(&steps, 0).is_empty());
        assert!(columns(&[], 12).is_empty());
    }

    #[test]
    fn a_countdown_reaches_zero_only_at_the_end() {
        assert_eq!(countdown(Duration::from_millis(1)), "0:01");
        assert_eq!(countdown(Duration::ZERO), "0:00");
        assert_eq!(countdown(Duration::from_secs(3723)), "1:02:03");
        assert_eq!(count_up(Duration::from_millis(59_999)), "0:59");
        assert_eq!(column(Duration::from_secs(30), Duration::from_secs(60), 10), 5);
        assert_eq!(column(Duration::from_secs(60), Duration::from_secs(60), 10), 9);
    }
}
