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
    let format = args.format.as_deref().map(Format::read).transpose()?;
    let is_meant = |at: Option<Site>| site.is_none_or(|asked| at.is_none_or(|at| asked.includes(at)));
    let found = running(folders)?.filter(|(record, _)| is_meant(record.site));
    let Some((record, view)) = found else {
        if args.json {
            print_json(&json!({ "state": "none" }))?;
        } else if args.waybar {
            print_exactly("{\"text\":\"\",\"tooltip\":\"no session\",\"class\":\"none\",\"percentage\":0}\n")?;
        } else if format.is_none() {
            return Err(nothing(folders, site));
        }
        return Ok(Exit::Failed);
    };
    let (name, site) = (record.protocol.name(), record.site);
    let lines = || say::lines(&titled(name, site).replace(" · ", ", "), &view, time_of_day(wall_at));
    if args.json {
        print_json(&document(name, site, &view))
    } else if args.waybar {
        // The kind of step while it runs, otherwise the state.
        let (class, text) = match view.state {
            _ if view.is_overrun() => ("overrun", say::heading(&view)),
            State::Running => (view.kind.as_str(), format!("{} {}", say::called(&view), left(&view))),
            state => (state.as_str(), format!("{} {}", say::called(&view), left(&view))),
        };
        // Waybar reads the tooltip as markup.
        let tooltip = markup(&lines());
        print_exactly(format!(
            "{}\n",
            json!({ "text": text, "tooltip": tooltip, "class": class, "percentage": view.percent })
        ))
    } else if let Some(format) = format {
        print_exactly(format.fill(name, site, &view) + "\n")
    } else {
        print(lines() + "\n")
    }
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
struct Format<'a> {
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
