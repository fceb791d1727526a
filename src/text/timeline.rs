//! A plan drawn to scale in columns of a terminal. Pure: lengths in, the content of each column out. It must not
//! know colours or terminals.

use std::time::Duration;

use crate::domain::step::StepKind;

/// The texture of the time to come, and of the time that was not used.
pub const TO_COME: char = '─';

/// The texture of a kind of step, so that heat and cold differ without colour too.
pub fn texture(kind: StepKind) -> char {
    match kind {
        StepKind::Heat => '█',
        StepKind::Cold => '▒',
        StepKind::Rest => '░',
        StepKind::Stretch => '/',
    }
}

/// A drawing for a terminal that shows only ASCII. Every character keeps its column. `medium` is in place of `▒`.
pub fn ascii(drawing: &str, medium: char) -> String {
    let plain = |character| match character {
        '█' | '▀' | '▄' => '#',
        '▒' => medium,
        '░' | '…' => '.',
        '─' | '·' => '-',
        '▲' => '^',
        '×' => 'x',
        '°' => ' ',
        other => other,
    };
    drawing.chars().map(plain).collect()
}

/// What is in each of `width` columns; empty when the parts have no length.
pub fn columns<T: Clone>(parts: &[(T, Duration)], width: usize) -> Vec<T> {
    // Steps of a file that is refused may be of any length.
    let total = parts.iter().fold(Duration::ZERO, |total, (_, length)| total.saturating_add(*length));
    let (mut end, mut columns) = (Duration::ZERO, Vec::new());
    for (what, length) in parts {
        end = end.saturating_add(*length);
        columns.resize(nearest(end, total, width), what.clone());
    }
    columns
}

/// The end of a column that is nearest to a point in time.
fn nearest(at: Duration, total: Duration, width: usize) -> usize {
    let (at, total) = (at.as_nanos(), total.as_nanos());
    let share = at.saturating_mul(2 * width as u128).saturating_add(total) / total.saturating_mul(2).max(1);
    usize::try_from(share).unwrap_or(width).min(width)
}

/// The column of a point in time, from 0; `width` at the end and later.
pub fn column(at: Duration, total: Duration, width: usize) -> usize {
    let share = at.as_nanos().saturating_mul(width as u128) / total.as_nanos().max(1);
    usize::try_from(share).unwrap_or(width).min(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_drawn_to_scale() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let steps = [(StepKind::Heat, minutes(10)), (StepKind::Rest, minutes(5)), (StepKind::Cold, minutes(15))];
        let drawn: String = columns(&steps, 12).into_iter().map(texture).collect();
        assert_eq!(drawn, "████░░▒▒▒▒▒▒");
        let drawn: String = columns(&steps, 11).into_iter().map(texture).collect();
        assert_eq!(drawn, "████░░▒▒▒▒▒", "ends at 3.7 and 5.5");
        assert!(columns(&steps, 0).is_empty() && columns::<StepKind>(&[], 12).is_empty());
        assert_eq!(ascii("████░░▒▒▒▒▒ ── a·b…", '~'), "####..~~~~~ -- a-b.");
        assert_eq!([0, 30, 60, 90].map(|at| column(minutes(at), minutes(60), 10)), [0, 5, 10, 10]);
    }
}
