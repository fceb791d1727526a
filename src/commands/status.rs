//! `therapy status`: the running session, from any shell.

use anyhow::anyhow;
use serde_json::{Value, json};

use super::control::none;
use super::folders::Folders;
use super::memory::{was_cut_off, ways_on};
use super::times::{stamp, time_of_day, wall_at};
use super::{Exit, Failure, print, print_exactly, print_json};
use crate::cli::StatusArgs;
use crate::domain::moment::Moment;
use crate::domain::site::Site;
use crate::domain::view::{Next, State, View};
use crate::edge::journal::{Journal, Record};
use crate::text::durations::{count_up, countdown, in_words, seconds};
use crate::text::printable::markup;
use crate::text::sites::titled;
use crate::text::view as say;

/// The fields of `--format`.
const FIELDS: [&str; 12] =
    ["elapsed", "kind", "left", "next", "of", "percent", "protocol", "round", "rounds", "site", "state", "step"];

/// Shows the running session; exit 1 when there is none.
pub(super) fn run(folders: &Folders, args: &StatusArgs, site: Option<Site>) -> Result<Exit, Failure> {
    let form = Form::of(args)?;
    let found = running(folders)?.filter(|(record, _)| is_meant(record, site));
    let Some((record, view)) = found else {
        return match form {
            Form::Text => Err(nothing(folders, site)),
            Form::Json => print_json(&no_session()).map(|_| Exit::Failed),
            Form::Format(_) => Ok(Exit::Failed),
            Form::Waybar => print_exactly(form.line(None) + "\n").map(|_| Exit::Failed),
        };
    };
    match form {
        Form::Text => print(lines(&record, &view) + "\n"),
        Form::Json => print_json(&document(record.protocol.name(), record.site, &view)),
        Form::Format(_) | Form::Waybar => print_exactly(form.line(Some((&record, &view))) + "\n"),
    }
}

/// Whether a session is at this site, or may be.
pub(super) fn is_meant(record: &Record, site: Option<Site>) -> bool {
    site.is_none_or(|asked| record.site.is_none_or(|at| asked.includes(at)))
}

fn lines(record: &Record, view: &View) -> String {
    let title = titled(record.protocol.name(), record.site).replace(" · ", ", ");
    say::lines(&title, view, time_of_day(wall_at))
}

fn no_session() -> Value {
    json!({ "state": "none" })
}

/// How a session is shown.
pub(super) enum Form<'a> {
    Text,
    Json,
    Waybar,
    Format(Format<'a>),
}

impl Form<'_> {
    /// What the options ask for.
    pub(super) fn of(args: &StatusArgs) -> Result<Form<'_>, Failure> {
        Ok(match &args.format {
            Some(text) => Form::Format(Format::read(text)?),
            None if args.json => Form::Json,
            None if args.waybar => Form::Waybar,
            None => Form::Text,
        })
    }

    /// One line about the running session, or about none.
    pub(super) fn line(&self, found: Option<(&Record, &View)>) -> String {
        let name = |record: &Record| record.protocol.name().to_owned();
        match (self, found) {
            (Form::Json, None) => no_session().to_string(),
            (Form::Json, Some((record, view))) => document(&name(record), record.site, view).to_string(),
            (Form::Waybar, found) => waybar(found).to_string(),
            (Form::Format(_), None) => String::new(),
            (Form::Text, None) => "no session".to_owned(),
            (Form::Format(format), Some((record, view))) => format.fill(&name(record), record.site, view),
            (Form::Text, Some((_, view))) => say::now(view, time_of_day(wall_at)),
        }
    }
}

/// A session as a module of waybar, which reads text and tooltip as markup.
fn waybar(found: Option<(&Record, &View)>) -> Value {
    let Some((record, view)) = found else {
        return json!({ "text": "", "tooltip": "no session", "alt": "none", "class": "none", "percentage": 0 });
    };
    // The kind of step while it runs, otherwise the state.
    let state = match view.state {
        _ if view.is_overrun() => "overrun",
        State::Running => view.kind.as_str(),
        state => state.as_str(),
    };
    let text = if view.is_overrun() { say::heading(view) } else { format!("{} {}", say::called(view), left(view)) };
    let tooltip = markup(&lines(record, view));
    json!({ "text": markup(&text), "tooltip": tooltip, "alt": state, "class": state, "percentage": view.percent })
}

/// The record and the view of the session whose process holds the lock.
fn running(folders: &Folders) -> Result<Option<(Record, View)>, Failure> {
    let now = stamp();
    let record = if folders.is_running()? { Journal::open(&folders.data)?.open_session(&now)? } else { None };
    Ok(record.and_then(|record| view_now(&record, now.clock).map(|view| (record, view))))
}

/// The view of a running session, from its record.
pub(super) fn view_now(record: &Record, now: Moment) -> Option<View> {
    let mut session = record.session()?;
    // Its own process reports the events that this finds.
    let _ = session.advance(now);
    Some(View::of(&session))
}

/// No session runs, or none at this site. The hint mentions one that was cut off and can be resumed.
fn nothing(folders: &Folders, site: Option<Site>) -> Failure {
    if let Some(site) = site {
        let error = anyhow!("no session is running at the site {site}");
        return Failure::new(Exit::Failed, error, "any site: therapy status");
    }
    let now = stamp();
    let open = folders.journal().ok().flatten().and_then(|journal| journal.open_session(&now).ok()?);
    match open.filter(|open| !open.is_stale(&now)) {
        Some(open) => Failure { hint: Some(format!("{}\n  {}", was_cut_off(&open, &now), ways_on(&open))), ..none() },
        None => none(),
    }
}

fn document(name: &str, site: Option<Site>, view: &View) -> Value {
    let ends_at = wall_at(view.ends_at);
    let next = view.next.map(|Next { kind, length, changeover }| {
        json!({ "kind": kind, "length_s": seconds(length), "changeover": changeover, "at": ends_at })
    });
    json!({
        "state": view.state.as_str(), "protocol": name, "site": site, "kind": view.kind, "changeover": view.changeover,
        "step": view.step, "of": view.of,
        "round": view.round, "rounds": view.rounds, "length_s": seconds(view.length), "left_s": seconds(view.left),
        "overrun_s": seconds(view.over),
        "elapsed_s": seconds(view.elapsed), "total_s": seconds(view.total), "ends_at": ends_at, "next": next,
        "cold_s": seconds(view.doses.cold.given), "heat_s": seconds(view.doses.heat.given),
    })
}

/// The text of `--format`: pieces, each with one of [`FIELDS`] after it, and the rest.
pub(super) struct Format<'a> {
    pieces: Vec<(&'a str, &'a str)>,
    rest: &'a str,
}

impl<'a> Format<'a> {
    /// Reads a text with fields in braces, such as `{kind} {left}`.
    fn read(text: &'a str) -> Result<Format<'a>, Failure> {
        let wrong = |error| {
            let fields = FIELDS.map(|field| format!("{{{field}}}")).join(", ");
            Err(Failure::new(Exit::Usage, error, format!("the fields are {fields}")))
        };
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((field, after)) = after.split_once('}') else {
                return wrong(anyhow!("a closing brace is missing after \"{after}\" in --format"));
            };
            if !FIELDS.contains(&field) {
                return wrong(anyhow!("there is no field \"{field}\" for --format"));
            }
            pieces.push((before, field));
            rest = after;
        }
        Ok(Format { pieces, rest })
    }

    /// The text with the values of its fields.
    fn fill(&self, name: &str, site: Option<Site>, view: &View) -> String {
        let document = document(name, site, view);
        let at = || time_of_day(wall_at)(view.ends_at);
        let is_over = !view.over.is_zero();
        let value = |field| match (field, view.next) {
            ("left", _) => left(view),
            ("elapsed", _) => countdown(view.elapsed),
            ("percent", _) => view.percent.to_string(),
            ("next", Some(next)) if is_over => format!("next {} for {}", next.kind, in_words(next.length)),
            ("next", None) if is_over => format!("ended at {}", at()),
            ("next", Some(next)) => format!("next {} for {} at {}", next.kind, in_words(next.length), at()),
            ("next", None) => format!("ends at {}", at()),
            _ => document[field].as_str().map_or_else(|| document[field].to_string(), str::to_owned),
        };
        let pieces = self.pieces.iter().map(|(before, field)| format!("{before}{}", value(field)));
        pieces.collect::<String>() + self.rest
    }
}

/// The time left; past the end of the step, how long that was ago: `-0:42`.
fn left(view: &View) -> String {
    if view.over.is_zero() { countdown(view.left) } else { format!("-{}", count_up(view.over)) }
}
