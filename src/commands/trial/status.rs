//! `therapy trial status`: the points, and at the end the answer. It must not know how either is found.

use std::time::Duration;

use serde_json::{Value, json};

use super::Known;
use crate::commands::folders::Folders;
use crate::commands::times::{from_millis, later, local};
use crate::commands::{Exit, Failure, can_ask, pain, print, print_json};
use crate::domain::trial::{Answer, Arm, Later, Next};
use crate::edge::clock;
use crate::edge::journal::DrawnEntry;
use crate::text::durations::seconds;
use crate::text::times::next_minute;
use crate::text::trial;

/// When a score is due after this time: `at 15:10`, or `now`.
pub(super) fn due(left: Duration) -> String {
    if left.is_zero() { "now".to_owned() } else { format!("at {}", local(next_minute(later(clock::wall(), left)))) }
}

/// Shows the last trial. On a terminal it first asks for a score that is due.
pub(super) fn run(folders: &Folders, json: bool) -> Result<Exit, Failure> {
    let mut known = Known::in_folder(folders)?;
    let due =
        known.as_ref().and_then(Known::awaited).filter(|(session, left)| session.ended_ms.is_some() && left.is_zero());
    if let Some((session, _)) = due.filter(|_| !json && can_ask())
        && let Some(score) = pain::asked(trial::LATER)?
    {
        known.iter().try_for_each(|known| known.keep(session, score).map(drop))?;
        known = Known::in_folder(folders)?;
    }
    match (known, json) {
        (known, true) => print_json(&known.as_ref().map_or(Value::Null, document)),
        (None, false) => print("No trial yet. Start one: therapy trial start ice rest\n"),
        (Some(known), false) => print(text(&known)),
    }
}

fn text(Known { entry, drawn, trial, .. }: &Known) -> String {
    let options = &entry.options;
    let answer = trial.answer();
    let mut lines = vec![trial::head(options, entry.site, trial)];
    let picture = trial::picture(&trial.blocks());
    lines.extend((!picture.is_empty()).then(|| picture.trim_end().to_owned()));
    lines.extend(trial::missing(options, trial));
    lines.push(trial::answer(&answer, options, trial.planned));
    let is_open = drawn.last().is_some_and(|last| last.ended_ms.is_none());
    match trial.next() {
        _ if is_open => lines.push("Its last session has not ended: therapy status".to_owned()),
        Next::Score(session, left) => {
            lines.push(trial::due(&due(left), session.place + 1));
            lines.extend(left.is_zero().then(|| trial::NEXT.to_owned()));
        }
        Next::Session(..) => lines.push(format!("{}   runs the next session", trial::NEXT)),
        Next::Over => {}
    }
    lines.join("\n") + "\n"
}

fn document(Known { entry, drawn, trial, .. }: &Known) -> Value {
    let time = |at_ms: i64| from_millis(at_ms);
    let name = |arm: Arm| &entry.options[arm.index()];
    let sessions = drawn.iter().zip(&trial.sessions).map(|(row, session): (&DrawnEntry, _)| {
        json!({
            "session": row.place + 1, "pair": row.place / 2 + 1, "option": name(trial.arm(row.place)),
            "started_at": time(row.started_ms), "ended_at": row.ended_ms.map(time),
            "before": row.before, "later": row.later, "fall": session.fall(),
            "is_missing": session.later == Later::Missing,
        })
    });
    let answer = trial.answer();
    let class = match answer {
        Answer::Points => "points",
        Answer::Stopped => "stopped",
        Answer::CannotTell(_) => "cannot_tell",
        Answer::Alike(_) => "alike",
        Answer::Further(Arm::A, _) => "further_after_a",
        Answer::Further(Arm::B, _) => "further_after_b",
    };
    let estimate = answer.estimate().map(|estimate| {
        json!({
            "pairs": estimate.pairs, "mean": estimate.mean, "from": estimate.from, "to": estimate.to, "p": estimate.p,
        })
    });
    let due_in = match trial.next() {
        Next::Score(_, left) => Some(seconds(left)),
        _ => None,
    };
    json!({
        "a": name(Arm::A), "b": name(Arm::B), "site": entry.site, "seed": entry.seed,
        "started_at": time(entry.started_ms), "ended_at": entry.ended_ms.map(time), "is_stopped": entry.is_stopped,
        "pairs_planned": trial.planned, "pairs_complete": trial.differences().len(),
        "pairs_lost": trial.blocks().iter().filter(|block| block.is_lost).count(),
        "sessions": sessions.collect::<Vec<_>>(), "score_due_in_s": due_in, "answer": class, "difference": estimate,
    })
}
