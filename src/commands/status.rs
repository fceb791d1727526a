//! `therapy status`: the running session, from any shell.

use anyhow::anyhow;
use serde_json::{Value, json};

use super::control::none;
use super::folders::Folders;
use super::memory::was_cut_off;
use super::times::{stamp, time_of_day, wall_at};
use super::{Exit, Failure, print, print_json};
use crate::cli::StatusArgs;
use crate::domain::moment::Moment;
use crate::domain::view::{State, View};
use crate::edge::journal::{Journal, Record};
use crate::text::advice::CUT_OFF;
use crate::text::durations::{count_up, countdown, in_words, seconds};
use crate::text::printable::{markup, printable};
use crate::text::view as say;

/// The fields of `--format`.
const FIELDS: [&str; 11] =
    ["elapsed", "kind", "left", "next", "of", "percent", "protocol", "round", "rounds", "state", "step"];

/// Shows the running session; exit 1 when there is none.
pub(super) fn run(folders: &Folders, args: &StatusArgs) -> Result<Exit, Failure> {
    let Some((name, view)) = running(folders)? else {
        if args.json {
            print_json(&json!({ "state": "none" }))?;
        } else if args.waybar {
            print("{\"text\":\"\",\"tooltip\":\"no session\",\"class\":\"none\",\"percentage\":0}\n")?;
        } else if args.format.is_none() {
            return Err(nothing(folders));
        }
        return Ok(Exit::Failed);
    };
    let lines = say::lines(&name, &view, time_of_day(wall_at));
    if args.json {
        print_json(&document(&name, &view))
    } else if args.waybar {
        // The kind of step while it runs, otherwise the state.
        let (class, text) = match view.state {
            _ if view.is_overrun() => ("overrun", say::heading(&view)),
            State::Running => (view.kind.as_str(), format!("{} {}", view.kind, left(&view))),
            state => (state.as_str(), format!("{} {}", view.kind, left(&view))),
        };
        // Waybar reads the tooltip as markup.
        let tooltip = markup(&lines);
        print(format!("{}\n", json!({ "text": text, "tooltip": tooltip, "class": class, "percentage": view.percent })))
    } else if let Some(format) = &args.format {
        print(fill(format, &name, &view)? + "\n")
    } else {
        print(lines + "\n")
    }
}

/// The name and the view of the session whose process holds the lock.
fn running(folders: &Folders) -> Result<Option<(String, View)>, Failure> {
    let now = stamp();
    let record = if folders.is_running()? { Journal::open(&folders.data)?.open_session(&now)? } else { None };
    Ok(record.and_then(|record| Some((record.protocol.name().to_owned(), view_now(&record, now.clock)?))))
}

/// The view of a running session, from its record.
pub(super) fn view_now(record: &Record, now: Moment) -> Option<View> {
    let mut session = record.session()?;
    // Its own process reports the events that this finds.
    let _ = session.advance(now);
    Some(View::of(&session))
}

/// No session runs. The hint mentions one that was cut off and can be resumed.
fn nothing(folders: &Folders) -> Failure {
    let now = stamp();
    let open = folders.journal().ok().flatten().and_then(|journal| journal.open_session(&now).ok()?);
    match open.filter(|open| !open.is_stale(&now)) {
        Some(open) => Failure { hint: Some(format!("{}\n  {CUT_OFF}", was_cut_off(&open, &now))), ..none() },
        None => none(),
    }
}

fn document(name: &str, view: &View) -> Value {
    let ends_at = wall_at(view.ends_at);
    let next = view.next.map(|next| json!({ "kind": next.kind, "length_s": seconds(next.length), "at": ends_at }));
    json!({
        "state": view.state.as_str(), "protocol": name, "kind": view.kind, "step": view.step, "of": view.of,
        "round": view.round, "rounds": view.rounds, "length_s": seconds(view.length), "left_s": seconds(view.left),
        "overrun_s": seconds(view.over),
        "elapsed_s": seconds(view.elapsed), "total_s": seconds(view.total), "ends_at": ends_at, "next": next,
        "cold_s": seconds(view.doses.cold.given), "heat_s": seconds(view.doses.heat.given),
    })
}

/// Replaces each of [`FIELDS`] in braces, as in `{kind} {left}`.
fn fill(format: &str, name: &str, view: &View) -> Result<String, Failure> {
    let document = document(name, view);
    let at = time_of_day(wall_at)(view.ends_at);
    let (mut text, mut rest) = (String::new(), format);
    while let Some((before, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}').ok_or_else(|| unknown_field(after))?;
        let value = match (field, view.next) {
            ("left", _) => left(view),
            ("elapsed", _) => countdown(view.elapsed),
            ("percent", _) => view.percent.to_string(),
            ("next", Some(next)) if !view.over.is_zero() => format!("next {} for {}", next.kind, in_words(next.length)),
            ("next", None) if !view.over.is_zero() => format!("ended at {at}"),
            ("next", Some(next)) => format!("next {} for {} at {at}", next.kind, in_words(next.length)),
            ("next", None) => format!("ends at {at}"),
            _ if FIELDS.contains(&field) => {
                document[field].as_str().map_or_else(|| document[field].to_string(), str::to_owned)
            }
            _ => return Err(unknown_field(field)),
        };
        text.extend([before, &value]);
        rest = after;
    }
    Ok(text + rest)
}

/// The time left; past the end of the step, how long that was ago: `-0:42`.
fn left(view: &View) -> String {
    if view.over.is_zero() { countdown(view.left) } else { format!("-{}", count_up(view.over)) }
}

fn unknown_field(field: &str) -> Failure {
    let error = anyhow!("there is no field {{{}}} for --format", printable(field));
    Failure::new(Exit::Usage, error, format!("the fields are {{{}}}", FIELDS.join("}, {")))
}
