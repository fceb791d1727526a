//! `therapy report FILE.html`: one page to take to a clinician.

use std::path::Path;

use anyhow::anyhow;
use jiff::Timestamp;

use super::folders::Folders;
use super::times::{here, since, stamp};
use super::{Exit, Failure, print, print_exactly, unwritten};
use crate::cli::report::ReportArgs;
use crate::edge::files::{self, Readers};
use crate::edge::opener;
use crate::output::clinical::Clinical;
use crate::output::past::Past;
use crate::output::report::{self, MARK, Page};
use crate::text::durations::count;
use crate::text::printable::printable;

/// Writes the page, and opens it if that is asked for.
pub(super) fn run(folders: &Folders, args: &ReportArgs) -> Result<Exit, Failure> {
    let is_output = args.file == Path::new("-");
    if is_output && args.open {
        let error = anyhow!("standard output cannot be opened in a browser");
        return Err(Failure::new(Exit::Usage, error, "name a file: therapy report report.html --open"));
    }
    let since = args.since.as_deref().map(|text| self::since(text, "all of it: leave --since out")).transpose()?;
    let since_ms = since.map_or(i64::MIN, Timestamp::as_millisecond);
    let journal = folders.journal()?;
    let (now, is_running) = (stamp(), folders.is_running()?);
    let (past, clinical) = match &journal {
        None => Default::default(),
        Some(journal) => {
            let past = Past::read(journal, since_ms, args.site, (&now, is_running))?;
            let clinical = Clinical::read(journal, &past, since_ms, args.site, &now)?;
            (past, clinical)
        }
    };
    let page = report::write(&Page {
        past: &past,
        clinical: &clinical,
        name: args.name.as_deref().map(str::trim).filter(|name| !name.is_empty()),
        site: args.site,
        since,
        here: &here(),
        version: env!("CARGO_PKG_VERSION"),
    });
    if is_output {
        return print_exactly(page);
    }
    files::put(&args.file, page.as_bytes(), Readers::Owner, |beginning| beginning.starts_with(MARK.as_bytes()))
        .map_err(|error| unwritten(&args.file, &error, ("report", "report.html")))?;
    let name = printable(&args.file.to_string_lossy()).into_owned();
    if args.open {
        // As an absolute path it is never taken for an option.
        let path = std::path::absolute(&args.file).unwrap_or_else(|_| args.file.clone());
        opener::open(&path).map_err(|why| {
            let error = anyhow!("could not open {name}: {why}");
            Failure::new(Exit::Failed, error, "the page is written; open it in a browser yourself")
        })?;
    }
    print(format!("Wrote {name}, with {}.\n", count(past.sessions.len(), "session")))
}
