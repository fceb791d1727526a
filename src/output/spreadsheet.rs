//! Rows of the journal as one table of comma-separated values, for a spreadsheet: a row for each session, dose, score and
//! so on, told apart by their type, in the order of time. Steps and events do not fit into a table; JSON lines have
//! them. This module must not know where the table goes.

use super::documents::quoted as text;
use super::exchange::{VERSION, millis};
use super::values::time;
use crate::edge::journal::{Exchange, Exchanged, SessionRow};
use crate::text::durations::seconds;

/// The columns.
#[rustfmt::skip]
pub const COLUMNS: [&str; 23] = [
    "type", "id", "version", "origin", "at", "ended_at", "site", "protocol", "outcome", "assumed",
    "planned_cold_s", "planned_heat_s", "cold_s", "heat_s", "session", "role", "score", "text", "overrides", "signs",
    "noted_at", "undone_at", "over_at",
];

/// The heading, without its end.
pub fn heading() -> String {
    COLUMNS.join(",")
}

/// A row of the table, without its end.
pub fn row(exchanged: &Exchanged) -> String {
    let Exchanged { id, origin, row } = exchanged;
    let mut cells: [String; COLUMNS.len()] = std::array::from_fn(|_| String::new());
    let mut set = |column: &str, value: String| {
        if let Some(at) = COLUMNS.iter().position(|name| *name == column) {
            cells[at] = value;
        }
    };
    set("type", Exchange::TYPES[row.kind()].to_owned());
    set("id", text(id));
    set("version", VERSION.to_string());
    set("origin", text(origin));
    set("at", time(row.at_ms()).to_string());
    let at = |millis: Option<i64>| millis.map(|millis| time(millis).to_string()).unwrap_or_default();
    let named = |name: &Option<String>| name.as_deref().map(text).unwrap_or_default();
    match row {
        Exchange::Session(row) => session(row, &mut set),
        Exchange::Dose(row) => {
            set("at", at(Some(row.ended_ms.saturating_sub(millis(row.length)))));
            set("ended_at", at(Some(row.ended_ms)));
            set("site", row.site.to_string());
            set(&format!("{}_s", row.modality), seconds(row.length).to_string());
            set("noted_at", at(Some(row.noted_ms)));
            set("undone_at", at(row.undone_ms));
        }
        Exchange::Score(row) => {
            set("site", row.site.map(|site| site.to_string()).unwrap_or_default());
            set("session", named(&row.session));
            set("role", named(&row.role));
            set("score", row.score.to_string());
            set("noted_at", at(Some(row.noted_ms)));
            set("undone_at", at(row.undone_ms));
        }
        Exchange::Note(row) => {
            set("site", row.site.map(|site| site.to_string()).unwrap_or_default());
            set("session", named(&row.session));
            set("text", text(&row.text));
            set("noted_at", at(Some(row.noted_ms)));
            set("undone_at", at(row.undone_ms));
        }
        Exchange::Injury(row) => {
            set("at", at(row.happened_ms));
            set("site", row.site.map(|site| site.to_string()).unwrap_or_default());
            set("noted_at", at(Some(row.noted_ms)));
            set("over_at", at(row.over_ms));
        }
        Exchange::Answer(row) => {
            set("signs", row.signs.as_ref().map(|signs| text(&signs.join(" "))).unwrap_or_default());
            set("noted_at", at(Some(row.noted_ms)));
        }
        Exchange::Planned(row) => {
            set("ended_at", at(Some(row.to_ms)));
            set("site", row.site.to_string());
            set("protocol", text(&row.protocol));
            set("noted_at", at(Some(row.made_ms)));
            set("over_at", at(row.dropped_ms));
        }
    }
    cells.join(",")
}

fn session(row: &SessionRow, set: &mut impl FnMut(&str, String)) {
    set("site", row.site.map(|site| site.to_string()).unwrap_or_default());
    set("protocol", text(&row.protocol));
    set("planned_cold_s", seconds(row.planned.cold).to_string());
    set("planned_heat_s", seconds(row.planned.heat).to_string());
    set("overrides", text(&row.overrides.join(" ")));
    if let Some(end) = &row.end {
        set("ended_at", time(end.at_ms).to_string());
        set("outcome", text(&end.outcome));
        set("assumed", end.assumed.to_string());
        set("cold_s", seconds(end.given.cold).to_string());
        set("heat_s", seconds(end.given.heat).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::journal::NoteRow;

    #[test]
    fn a_formula_is_defused_and_quotes_are_doubled() {
        let cell = |note: &str| {
            let note =
                NoteRow { session: None, text: note.to_owned(), site: None, at_ms: 0, noted_ms: 0, undone_ms: None };
            let row = row(&Exchanged { id: "n1".to_owned(), origin: "o".to_owned(), row: Exchange::Note(note) });
            row.split_once(",,,,,,,,,,,,,").expect("a text").1.split_once(",,,").expect("the rest").0.to_owned()
        };
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", " =HYPERLINK(\"x\")"] {
            assert!(cell(formula).starts_with("\"'"), "{}", cell(formula));
        }
        assert_eq!(cell("it was \"white\", again"), "\"it was \"\"white\"\", again\"");
        assert_eq!(heading().split(',').count(), 23);
    }
}
