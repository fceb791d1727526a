//! The words of the table of recommendations: when a row applies, what its sources say, and what about this person made
//! it apply. It says who says something, and promises nothing. It must not know clocks: it is told how a time is written.

use std::time::Duration;

use crate::domain::recommendation::{Advised, Beside, Reason, Recommendation, RowId, Score, Tried};
use crate::domain::rules::{ACUTE, Injury};
use crate::domain::site::Site;
use crate::text::advice::INJURY_IN_FUTURE;
use crate::text::durations::count;
use crate::text::sites;

/// How a row is worded.
#[derive(Clone, Copy, Debug)]
pub struct RowText {
    /// When it applies, with its numbers.
    pub when: &'static str,
    /// What its sources say.
    pub says: &'static str,
}

/// The words of a row.
#[rustfmt::skip]
pub fn of(row: RowId) -> RowText {
    let (when, says) = match row {
        RowId::WarningSign => ("you said that a warning sign applies",
            "this needs a professional"),
        RowId::LongPain => ("sessions on more than 7 days of one injury (ThermaCare)",
            "if it is no better, stop (ThermaCare) and ask a professional (S2, S4)"),
        RowId::FreshInjury => ("the injury is less than 3 days old",
            "cold as soon as possible"),
        RowId::InjuryUnknown => ("no injury time is set, so the injury may be fresh (ours)",
            "cold as soon as possible after an injury"),
        RowId::HeatTried => ("heat in the last 24 h (ours), and the pain after it was neither gone nor lower by 2 of 10 \
             (Ostelo 2008), nor was that tried with cold since",
            "cold as the next thing to try when heat did not help"),
        RowId::Spasm => ("you say that it is an intense spasm, or the last pain score within 4 h is 7 or more (ours)",
            "heat and cold in turn are something to try in an intense spasm"),
        RowId::OlderInjury => ("the injury is at least 3 days old",
            "heat after the first 3 days"),
        RowId::NoInjury => ("you said that there is no injury",
            "heat for recurring or prolonged pain"),
        RowId::PainGone => ("the last pain score within 4 h (ours) is 0, and the injury is not less than 3 days old",
            "stretches after recovery"),
        RowId::ColdTwice => ("the injury is less than 3 days old, or not known",
            "10 min of cold more than once, with rests; the study was of ankles"),
        RowId::HeatLater => ("the injury is less than 3 days old",
            "heat once 3 days have passed"),
        RowId::ColdInstead => ("the injury is at least 3 days old, or there is none",
            "no difference between heat and cold in one study"),
    };
    RowText { when, says }
}

/// What a row chooses: the name of a protocol, or words.
pub fn what(advised: Advised) -> &'static str {
    match advised {
        Advised::Professional => "a professional, and no session",
        Advised::Stretches => "gentle stretches",
        Advised::Protocol(name) => name,
    }
}

/// What about this person makes a row apply. `at`: where the injury is, when that must be said. `time`: writes the time
/// of day that long ago.
pub fn why(reason: &Reason, at: Option<Site>, time: impl Fn(Duration) -> String) -> String {
    match *reason {
        Reason::Sign => "You said that a warning sign applies".to_owned(),
        Reason::Days(days) => format!("There were sessions on {} of this injury", count(days, "day")),
        Reason::Injury(injury) => of_injury(injury, at),
        Reason::Tried(Tried { ago, before, after }) => {
            format!("Heat {}: pain {before}, after it {after}", at_time(&time(ago)))
        }
        Reason::Said => "You say that it is an intense spasm".to_owned(),
        Reason::Pain(Score { ago, score, .. }) => format!("The pain {} was {score} of 10", at_time(&time(ago))),
    }
}

/// `at 14:10`, `on Tuesday 23:10`.
fn at_time(time: &str) -> String {
    let word = if time.starts_with(|first: char| first.is_ascii_digit()) { "at" } else { "on" };
    format!("{word} {time}")
}

/// What is known of the injury. It ends in a command when something must be set.
pub fn of_injury(injury: Injury, at: Option<Site>) -> String {
    let named = |word: &str| at.map(|site| format!(" {word} the {}", sites::words(site))).unwrap_or_default();
    let (which, flag) = (named("of"), at.map(|site| format!(" --site {site}")).unwrap_or_default());
    match injury {
        Injury::Ago(age) if age >= ACUTE => format!("The injury{which} is at least 3 days old"),
        Injury::Ago(_) => format!("The injury{which} is less than 3 days old"),
        Injury::Unknown => format!("No injury time is set{}: therapy injury set yesterday{flag}", named("for")),
        Injury::Absent => "You said that there is no injury".to_owned(),
        Injury::InFuture(_) => format!("{INJURY_IN_FUTURE}{flag}"),
    }
}

/// The same in one sentence, with what the sources say and who they are. A command stays at the end, and alone.
pub fn because(row: &Recommendation, reason: &Reason, at: Option<Site>, time: impl Fn(Duration) -> String) -> String {
    let why = why(reason, at, time);
    if matches!(reason, Reason::Injury(Injury::Unknown | Injury::InFuture(_))) {
        return why;
    }
    let mark = if why.contains(": ") { ';' } else { ':' };
    format!("{why}{mark} {} ({})", of(row.id).says, row.sources.join(", "))
}

/// Who says what, and who disagrees: `S1: heat for recurring or prolonged pain. Against it: Garra 2010.`
pub fn sources(says: &str, sources: &[&str], against: &[&str]) -> String {
    let against = if against.is_empty() { String::new() } else { format!(" Against it: {}.", against.join(", ")) };
    format!("{}: {says}.{against}", sources.join(", "))
}

/// What is named besides heat and cold, by whom, and who disagrees: `light activity (S3; against it: S0, S4)`.
pub fn beside(what: Beside, sources: &[&str], against: &[&str]) -> String {
    let what = match what {
        Beside::Compression => "an elastic band, not over a cold pack",
        Beside::LightActivity => "light activity",
        Beside::RaisedLegs => "lying with raised legs",
    };
    let against = if against.is_empty() { String::new() } else { format!("; against it: {}", against.join(", ")) };
    format!("{what} ({}{against})", sources.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::recommendation::RECOMMENDATIONS;

    #[test]
    fn a_reason_names_the_facts_and_a_command_stays_alone() {
        let time = |_: Duration| "14:10".to_owned();
        let row = |id| RECOMMENDATIONS.iter().find(|row| row.id == id).expect("a row");
        let tried = Reason::Tried(Tried { ago: Duration::ZERO, before: 6, after: 6 });
        let text = because(row(RowId::HeatTried), &tried, None, time);
        assert!(text.starts_with("Heat at 14:10: pain 6, after it 6; cold as the next thing to try"), "{text}");
        assert!(text.ends_with(" (S0)"), "{text}");
        let yesterday = why(&tried, None, |_| "Tuesday 23:10".to_owned());
        assert_eq!(yesterday, "Heat on Tuesday 23:10: pain 6, after it 6");
        let unknown = because(row(RowId::InjuryUnknown), &Reason::Injury(Injury::Unknown), None, time);
        assert_eq!(unknown, "No injury time is set: therapy injury set yesterday");
        let absent = because(row(RowId::NoInjury), &Reason::Injury(Injury::Absent), None, time);
        assert_eq!(absent, "You said that there is no injury: heat for recurring or prolonged pain (S1)");
        assert_eq!(sources("cold", &["S1", "S3"], &[]), "S1, S3: cold.");
        assert_eq!(sources("cold", &["S1"], &["Mayo"]), "S1: cold. Against it: Mayo.");
    }

    /// A health tool: no promise, and no drug.
    #[test]
    fn no_row_promises_anything() {
        for row in RECOMMENDATIONS {
            let RowText { when, says } = of(row.id);
            for word in
                ["cure", "heal", "works", "will ", "best", "relie", "ibuprofen", "swelling", "inflammation", "!"]
            {
                assert!(!says.contains(word) && !when.contains(word), "{}: {word}", row.id);
            }
        }
    }
}
