//! `therapy status`: the running session, from any shell.

use anyhow::anyhow;
use serde_json::json;

use super::folders::Folders;
use super::live::{time_of_day, wall_at};
use super::memory::stamp;
use super::{Exit, Failure, print, print_json};
use crate::cli::StatusArgs;
use crate::domain::session::Session;
use crate::domain::view::{State, View};
use crate::edge::journal::{Journal, Record};
use crate::text::advice::CUT_OFF;
use crate::text::durations::{countdown, in_words, roughly, seconds};
use crate::text::printable::printable;
use crate::text::view as say;

/// What `--format` may name.
const FIELDS: [&str; 11] =
    ["elapsed", "kind", "left", "next", "of", "percent", "protocol", "round", "rounds", "state", "step"];

/// Says where the running session is; exit 1 when none runs.
pub(super) fn run(folders: &Folders, args: &StatusArgs) -> Result<Exit, Failure> {
    let running = running(folders)?;
    let Some((record, session)) = running else {
        if args.json {
            print_json(&json!({ "state": "none" }))?;
        } else if args.waybar {
            print("{\"text\":\"\",\"tooltip\":\"no session\",\"class\":\"none\",\"percentage\":0}\n")?;
        } else if args.format.is_none() {
            return Err(nothing(folders));
        }
        return Ok(Exit::Failed);
    };
    let (name, view) = (record.protocol.name(), View::of(&session));
    let lines = say::lines(name, &view, time_of_day(wall_at));
    if args.json {
        print_json(&document(name, &view))
    } else if args.waybar {
        let text = format!("{} {}", view.kind, countdown(view.left));
        let bar = json!({ "text": text, "tooltip": lines, "class": class(&view), "percentage": view.percent });
        print(format!("{bar}\n"))
    } else if let Some(format) = &args.format {
        print(fill(format, name, &view)? + "\n")
    } else {
        print(lines + "\n")
    }
}

/// The session of the process that holds the lock, brought to now.
fn running(folders: &Folders) -> Result<Option<(Record, Session)>, Failure> {
    if !Journal::is_running(&folders.data) {
        return Ok(None);
    }
    let now = stamp();
    let Some(record) = Journal::open(&folders.data)?.open_session(&now)? else {
        return Ok(None);
    };
    let session = record.session().map(|mut session| {
        // What it would say itself in this moment; its process says it.
        let _ = session.advance(now.clock);
        session
    });
    Ok(session.map(|session| (record, session)))
}

/// Nothing runs; a session that was cut off is worth a word.
fn nothing(folders: &Folders) -> Failure {
    let open = Journal::exists(&folders.data)
        .then(|| Journal::open(&folders.data).ok()?.open_session(&stamp()).ok()?)
        .flatten();
    let hint = match open.filter(|open| !open.events.is_empty()) {
        Some(open) => {
            let ago = roughly(open.age(&stamp()));
            format!("{} was cut off {ago} ago\n  {CUT_OFF}", open.protocol.name())
        }
        None => "try: therapy run".to_owned(),
    };
    Failure { error: anyhow!("no session is running"), hint: Some(hint), exit: Exit::Failed }
}

/// The class of a status bar: the kind of step while it runs, otherwise the state.
fn class(view: &View) -> &'static str {
    match view.state {
        State::Running => view.kind.as_str(),
        waiting => waiting.as_str(),
    }
}

fn coming(view: &View) -> String {
    let at = time_of_day(wall_at)(view.ends_at);
    match view.next {
        Some(next) => format!("next {} for {} at {at}", next.kind, in_words(next.length)),
        None => format!("ends at {at}"),
    }
}

fn document(name: &str, view: &View) -> serde_json::Value {
    let ends_at = wall_at(view.ends_at);
    let next = view.next.map(|next| json!({ "kind": next.kind, "length_s": seconds(next.length), "at": ends_at }));
    json!({
        "state": view.state.as_str(), "protocol": name, "kind": view.kind, "step": view.step, "of": view.of,
        "round": view.round, "rounds": view.rounds, "length_s": seconds(view.length), "left_s": seconds(view.left),
        "elapsed_s": seconds(view.elapsed), "total_s": seconds(view.total), "ends_at": ends_at, "next": next,
        "cold_s": seconds(view.doses.cold.given), "heat_s": seconds(view.doses.heat.given),
    })
}

/// `{kind} {left}`: every field of [`FIELDS`] in braces.
fn fill(format: &str, name: &str, view: &View) -> Result<String, Failure> {
    let mut text = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (field, after) = after.split_once('}').ok_or_else(|| unknown_field(after))?;
        let value = match field {
            "protocol" => name.to_owned(),
            "state" => view.state.as_str().to_owned(),
            "kind" => view.kind.to_string(),
            "left" => countdown(view.left),
            "elapsed" => countdown(view.elapsed),
            "step" => view.step.to_string(),
            "of" => view.of.to_string(),
            "round" => view.round.to_string(),
            "rounds" => view.rounds.to_string(),
            "percent" => view.percent.to_string(),
            "next" => coming(view),
            _ => return Err(unknown_field(field)),
        };
        text.push_str(&value);
        rest = after;
    }
    Ok(text + rest)
}

fn unknown_field(field: &str) -> Failure {
    let error = anyhow!("there is no field {{{}}} for --format", printable(field));
    Failure { error, hint: Some(format!("the fields are {{{}}}", FIELDS.join("}, {"))), exit: Exit::Usage }
}
