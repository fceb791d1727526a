//! The fields of export lines, in their order. `docs/export.md` describes them. This module must not know files.
//!
//! Lengths are seconds and times RFC 3339. A number has the precision that the journal has, so that a line that is read
//! and written again is the same.

use serde::{Deserialize, Serialize};

use super::values::{At, Changes, LoadSeconds, Name, Place, Seconds, Text};
use crate::domain::rules::RuleId;
use crate::domain::session::{EventKind, Outcome};
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality, Step, StepKind};
use crate::edge::journal::{
    AnswerRow, DoseRow, EventRow, InjuryRow, NoteRow, PlannedRow, ScoreRow, SessionEnd, SessionRow,
};
use crate::text::exchange::{HALF_AN_END, unreadable};

fn names(all: Vec<String>) -> Vec<Name> {
    all.into_iter().map(Name).collect()
}

fn texts(all: Vec<Name>) -> Vec<String> {
    all.into_iter().map(|name| name.0).collect()
}

fn millis(at: Option<At>) -> Option<i64> {
    at.map(|at| at.0)
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionLine {
    protocol: Text,
    site: Option<Place>,
    started_at: At,
    ended_at: Option<At>,
    outcome: Option<Name>,
    assumed: bool,
    planned_cold_s: Seconds,
    planned_heat_s: Seconds,
    cold_s: Option<Seconds>,
    heat_s: Option<Seconds>,
    overrides: Vec<Name>,
    confirm: bool,
    grace_s: Seconds,
    carried_cold_s: LoadSeconds,
    carried_heat_s: LoadSeconds,
    steps: Vec<StepLine>,
    events: Vec<EventLine>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StepLine {
    kind: StepKind,
    length_s: Seconds,
    longest_s: Option<Seconds>,
    note: Option<Text>,
    cue: Option<Text>,
    halfway: bool,
    changeover: bool,
    round: u32,
    number: usize,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EventLine {
    event: Name,
    at: At,
    clock_s: Seconds,
    elapsed_s: Seconds,
    step: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    length_s: Option<Seconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<Name>,
}

impl From<EventRow> for EventLine {
    fn from(EventRow { wall_ms, since_first, elapsed, step, kind }: EventRow) -> EventLine {
        let (length, rule, outcome) = match kind {
            EventKind::StepBegan { length } | EventKind::Overran { over: length } | EventKind::Leapt { by: length } => {
                (Some(length), None, None)
            }
            EventKind::Skipped { by_rule } => (None, by_rule, None),
            EventKind::Extended { by, by_rule } => (Some(by), by_rule, None),
            EventKind::Finished { outcome, .. } => (None, None, Some(outcome)),
            _ => (None, None, None),
        };
        EventLine {
            event: Name(kind.name().to_owned()),
            at: At(wall_ms),
            clock_s: Seconds(since_first),
            elapsed_s: Seconds(elapsed),
            step: step.saturating_add(1),
            length_s: length.map(Seconds),
            rule: rule.map(|rule| Name(rule.as_str().to_owned())),
            outcome: outcome.map(|outcome| Name(outcome.name().to_owned())),
        }
    }
}

impl EventLine {
    fn read(self) -> Result<EventRow, String> {
        let length = || self.length_s.map(|length| length.0).ok_or_else(|| unreadable("null", "a length of an event"));
        let by_rule = match &self.rule {
            Some(name) => Some(RuleId::from_name(&name.0).ok_or_else(|| unreadable(&name.0, "a rule"))?),
            None => None,
        };
        let known: EventKind = self.event.0.parse().map_err(|_| unreadable(&self.event.0, "an event"))?;
        let kind = match known {
            EventKind::StepBegan { .. } => EventKind::StepBegan { length: length()? },
            EventKind::Skipped { .. } => EventKind::Skipped { by_rule },
            EventKind::Extended { .. } => EventKind::Extended { by: length()?, by_rule },
            EventKind::Overran { .. } => EventKind::Overran { over: length()? },
            EventKind::Leapt { .. } => EventKind::Leapt { by: length()? },
            EventKind::Finished { .. } => {
                let name = self.outcome.as_ref().map_or("null", |name| &name.0);
                let outcome: Outcome = name.parse().map_err(|_| unreadable(name, "an outcome of an event"))?;
                EventKind::Finished { outcome, given: PerModality::default() }
            }
            plain => plain,
        };
        let step = self.step.checked_sub(1).ok_or_else(|| unreadable("0", "the number of a step"))?;
        Ok(EventRow { wall_ms: self.at.0, since_first: self.clock_s.0, elapsed: self.elapsed_s.0, step, kind })
    }
}

impl From<SessionRow> for SessionLine {
    fn from(row: SessionRow) -> SessionLine {
        let end = row.end;
        let steps = row.steps.into_iter().map(|(step, longest)| {
            let Step { kind, length, note, cue, halfway, changeover, round, origin } = step;
            let (note, cue, longest_s) = (note.map(Text), cue.map(Text), longest.map(Seconds));
            StepLine {
                kind,
                length_s: Seconds(length),
                longest_s,
                note,
                cue,
                halfway,
                changeover,
                round,
                number: origin,
            }
        });
        SessionLine {
            protocol: Text(row.protocol),
            site: row.site.map(Place),
            started_at: At(row.started_ms),
            ended_at: end.as_ref().map(|end| At(end.at_ms)),
            assumed: end.as_ref().is_some_and(|end| end.assumed),
            planned_cold_s: Seconds(row.planned.cold),
            planned_heat_s: Seconds(row.planned.heat),
            cold_s: end.as_ref().map(|end| Seconds(end.given.cold)),
            heat_s: end.as_ref().map(|end| Seconds(end.given.heat)),
            outcome: end.map(|end| Name(end.outcome)),
            overrides: names(row.overrides),
            confirm: row.confirm,
            grace_s: Seconds(row.grace),
            carried_cold_s: LoadSeconds(row.carried.cold),
            carried_heat_s: LoadSeconds(row.carried.heat),
            steps: steps.collect(),
            events: row.events.into_iter().map(Into::into).collect(),
        }
    }
}

impl SessionLine {
    pub(super) fn read(self) -> Result<SessionRow, String> {
        let end = match (self.outcome, self.ended_at, self.cold_s, self.heat_s) {
            (None, None, None, None) => None,
            (Some(Name(outcome)), Some(At(at_ms)), Some(Seconds(cold)), Some(Seconds(heat))) => {
                if outcome != "cut_off" && outcome.parse::<Outcome>().is_err() {
                    return Err(unreadable(&outcome, "an outcome"));
                }
                Some(SessionEnd { outcome, assumed: self.assumed, at_ms, given: PerModality { cold, heat } })
            }
            _ => return Err(HALF_AN_END.to_owned()),
        };
        let step = |line: StepLine| {
            let StepLine { kind, length_s: Seconds(length), longest_s, note, cue, halfway, changeover, round, number } =
                line;
            let changeover = changeover && !kind.has_pack();
            let [note, cue] = [note, cue].map(|text| text.map(|text| text.0));
            let step = Step { kind, length, note, cue, halfway, changeover, round, origin: number };
            (step, longest_s.map(|longest| longest.0))
        };
        Ok(SessionRow {
            protocol: self.protocol.0,
            site: self.site.map(|site| site.0),
            steps: self.steps.into_iter().map(step).collect(),
            carried: PerModality { cold: self.carried_cold_s.0, heat: self.carried_heat_s.0 },
            confirm: self.confirm,
            grace: self.grace_s.0,
            overrides: texts(self.overrides),
            started_ms: self.started_at.0,
            planned: PerModality { cold: self.planned_cold_s.0, heat: self.planned_heat_s.0 },
            end,
            events: self.events.into_iter().map(EventLine::read).collect::<Result<_, _>>()?,
        })
    }
}

/// The struct of a line, and the ways from and to its row.
macro_rules! line {
    ($line:ident, $row:ident { $($field:ident: $kind:ty = $from:ident, $to:expr, $back:expr;)* }) => {
        #[derive(Deserialize, Serialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $line {
            $($field: $kind,)*
        }

        impl From<$row> for $line {
            fn from(row: $row) -> $line {
                $line { $($field: $to(row.$from),)* }
            }
        }

        impl From<$line> for $row {
            fn from(line: $line) -> $row {
                $row { $($from: $back(line.$field),)* }
            }
        }
    };
}

line!(DoseLine, DoseRow {
    kind: Modality = modality, |kind| kind, |kind| kind;
    site: Place = site, Place, |place: Place| place.0;
    length_s: Seconds = length, Seconds, |length: Seconds| length.0;
    ended_at: At = ended_ms, At, |at: At| at.0;
    noted_at: At = noted_ms, At, |at: At| at.0;
    undone_at: Option<At> = undone_ms, |at: Option<i64>| at.map(At), millis;
});

line!(ScoreLine, ScoreRow {
    session: Option<Name> = session, |id: Option<String>| id.map(Name), |id: Option<Name>| id.map(|id| id.0);
    role: Option<Name> = role, |role: Option<String>| role.map(Name), |role: Option<Name>| role.map(|role| role.0);
    score: u8 = score, |score| score, |score| score;
    site: Option<Place> = site, |site: Option<Site>| site.map(Place), |place: Option<Place>| place.map(|place| place.0);
    at: At = at_ms, At, |at: At| at.0;
    noted_at: At = noted_ms, At, |at: At| at.0;
    undone_at: Option<At> = undone_ms, |at: Option<i64>| at.map(At), millis;
});

line!(NoteLine, NoteRow {
    session: Option<Name> = session, |id: Option<String>| id.map(Name), |id: Option<Name>| id.map(|id| id.0);
    text: Text = text, Text, |text: Text| text.0;
    site: Option<Place> = site, |site: Option<Site>| site.map(Place), |place: Option<Place>| place.map(|place| place.0);
    at: At = at_ms, At, |at: At| at.0;
    noted_at: At = noted_ms, At, |at: At| at.0;
    undone_at: Option<At> = undone_ms, |at: Option<i64>| at.map(At), millis;
});

line!(InjuryLine, InjuryRow {
    happened_at: Option<At> = happened_ms, |at: Option<i64>| at.map(At), millis;
    site: Option<Place> = site, |site: Option<Site>| site.map(Place), |place: Option<Place>| place.map(|place| place.0);
    noted_at: At = noted_ms, At, |at: At| at.0;
    over_at: Option<At> = over_ms, |at: Option<i64>| at.map(At), millis;
});

line!(AnswerLine, AnswerRow {
    injury: Option<Name> = injury, |id: Option<String>| id.map(Name), |id: Option<Name>| id.map(|id| id.0);
    signs: Option<Vec<Name>> = signs, |signs: Option<Vec<String>>| signs.map(names), |signs: Option<Vec<Name>>| signs.map(texts);
    noted_at: At = noted_ms, At, |at: At| at.0;
});

line!(PlannedLine, PlannedRow {
    protocol: Text = protocol, Text, |text: Text| text.0;
    site: Place = site, Place, |place: Place| place.0;
    starts_at: At = from_ms, At, |at: At| at.0;
    ends_at: At = to_ms, At, |at: At| at.0;
    sequence: Changes = sequence, Changes, |changes: Changes| changes.0;
    made_at: At = made_ms, At, |at: At| at.0;
    dropped_at: Option<At> = dropped_ms, |at: Option<i64>| at.map(At), millis;
});
