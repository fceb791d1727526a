//! `therapy status`: the running session, from any shell.

use std::time::Duration;

use anyhow::anyhow;
use serde_json::json;

use super::live::{time_of_day, wall_at};
use super::memory::stamp;
use super::{Exit, Failure, data_folder, print, print_json};
use crate::cli::StatusArgs;
use crate::domain::session::Session;
use crate::domain::step::Modality;
use crate::edge::journal::{Journal, Record};
use crate::edge::lines::seconds;
use crate::ribbon::countdown;
use crate::words::{position, span};

/// What `--format` may name.
const FIELDS: [&str; 11] =
    ["elapsed", "kind", "left", "next", "of", "percent", "protocol", "round", "rounds", "state", "step"];

/// Says where the running session is; exit 1 when none runs.
pub(super) fn run(args: &StatusArgs) -> Result<Exit, Failure> {
    let running = running()?;
    let Some((record, session)) = running else {
        if args.json {
            print_json(&json!({ "state": "none" }))?;
        } else if args.waybar {
            print("{\"text\":\"\",\"tooltip\":\"no session\",\"class\":\"none\",\"percentage\":0}\n")?;
        } else if args.format.is_none() {
            return Err(nothing());
        }
        return Ok(Exit::Failed);
    };
    let name = record.protocol.name();
    if args.json {
        print_json(&document(name, &session))
    } else if args.waybar {
        let text = format!("{} {}", session.segment().step.kind, countdown(left(&session)));
        let bar = json!({
            "text": text, "tooltip": line(name, &session), "class": class(&session), "percentage": percent(&session),
        });
        print(format!("{bar}\n"))
    } else if let Some(format) = &args.format {
        print(fill(format, name, &session)? + "\n")
    } else {
        print(line(name, &session) + "\n")
    }
}

/// The session of the process that holds the lock, brought to now.
fn running() -> Result<Option<(Record, Session)>, Failure> {
    let folder = data_folder();
    if !Journal::is_running(&folder) {
        return Ok(None);
    }
    let now = stamp();
    let Some(record) = Journal::open(&folder)?.open_session(&now)? else {
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
fn nothing() -> Failure {
    let folder = data_folder();
    let open = Journal::exists(&folder).then(|| Journal::open(&folder).ok()?.open_session(&stamp()).ok()?).flatten();
    let hint = match open.filter(|open| !open.events.is_empty()) {
        Some(open) => {
            let ago = span(Duration::from_secs(open.age(&stamp()).as_secs()));
            format!(
                "{} was cut off {ago} ago: `therapy resume` goes on with it, `therapy stop` closes it",
                open.protocol.name()
            )
        }
        None => "`therapy run` starts one".to_owned(),
    };
    Failure { error: anyhow!("no session is running"), hint: Some(hint), exit: Exit::Failed }
}

fn left(session: &Session) -> Duration {
    session.segment().end().saturating_sub(session.elapsed())
}

fn class(session: &Session) -> &'static str {
    match () {
        () if session.is_held() => "held",
        () if session.is_paused() => "paused",
        () => session.segment().step.kind.as_str(),
    }
}

fn state(session: &Session) -> &'static str {
    match () {
        () if session.is_held() => "held",
        () if session.is_paused() => "paused",
        () => "running",
    }
}

fn percent(session: &Session) -> u128 {
    session.elapsed().as_nanos() * 100 / session.plan().length().as_nanos().max(1)
}

fn line(name: &str, session: &Session) -> String {
    let segment = session.segment();
    let what = match state(session) {
        "held" => format!("past its end by {}", countdown(session.elapsed().saturating_sub(segment.end()))),
        "paused" => format!("paused, {} left", countdown(left(session))),
        _ => format!("{} left", countdown(left(session))),
    };
    let kind = segment.step.kind.as_str().to_uppercase();
    format!("{name}: {kind} {what}{}; {}", position(session.index(), session), coming(session))
}

fn coming(session: &Session) -> String {
    let at = time_of_day(wall_at)(session.end());
    match session.plan().next(session.index()) {
        Some(next) => format!("next {} for {} at {at}", next.step.kind, span(next.length)),
        None => format!("ends at {at}"),
    }
}

fn document(name: &str, session: &Session) -> serde_json::Value {
    let (segment, plan) = (session.segment(), session.plan());
    let next = plan.next(session.index());
    let next = next
        .map(|next| json!({ "kind": next.step.kind, "length_s": seconds(next.length), "at": wall_at(session.end()) }));
    json!({
        "state": state(session), "protocol": name,
        "kind": segment.step.kind, "step": session.index() + 1, "of": plan.segments().len(),
        "round": segment.step.round, "rounds": plan.rounds(),
        "length_s": seconds(segment.length), "left_s": seconds(left(session)),
        "elapsed_s": seconds(session.elapsed()), "total_s": seconds(plan.length()),
        "ends_at": wall_at(session.end()), "next": next,
        "cold_s": seconds(session.dose(Modality::Cold)), "heat_s": seconds(session.dose(Modality::Heat)),
    })
}

/// `{kind} {left}`: every field of [`FIELDS`] in braces.
fn fill(format: &str, name: &str, session: &Session) -> Result<String, Failure> {
    let (segment, plan) = (session.segment(), session.plan());
    let mut text = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (field, after) = after.split_once('}').ok_or_else(|| unknown_field(after))?;
        let value = match field {
            "protocol" => name.to_owned(),
            "state" => state(session).to_owned(),
            "kind" => segment.step.kind.to_string(),
            "left" => countdown(left(session)),
            "elapsed" => countdown(session.elapsed()),
            "step" => (session.index() + 1).to_string(),
            "of" => plan.segments().len().to_string(),
            "round" => segment.step.round.to_string(),
            "rounds" => plan.rounds().to_string(),
            "percent" => percent(session).to_string(),
            "next" => coming(session),
            _ => return Err(unknown_field(field)),
        };
        text.push_str(&value);
        rest = after;
    }
    Ok(text + rest)
}

fn unknown_field(field: &str) -> Failure {
    let error = anyhow!("`{{{}` is no field of --format", crate::text::printable::printable(field));
    Failure { error, hint: Some(format!("fields in braces: {}", FIELDS.join(", "))), exit: Exit::Usage }
}
