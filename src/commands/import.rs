//! `therapy import FILE.ndjson`: brings what another journal exported into this one, all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use anyhow::anyhow;

use super::folders::Folders;
use super::screening::{concerns, told};
use super::times::{from_millis, in_full, stamp};
use super::{Exit, Failure, ask_yes_no, can_ask, meanwhile, print, say};
use crate::cli::ImportArgs;
use crate::domain::site::Site;
use crate::edge::files;
use crate::edge::journal::{Exchange, Exchanged, Fate, Journal, Stamp};
use crate::output::exchange;
use crate::text::durations::count;
use crate::text::exchange::{NOTHING, ORPHAN, TABLE, continued, counted, differs, known};
use crate::text::printable::printable;
use crate::text::sites::words;

/// The longest line in bytes (ours).
const LONGEST: u64 = 8 << 20;
/// How many problems are shown.
const SHOWN: usize = 20;
/// How every database of `SQLite` begins.
const DATABASE: &[u8] = b"SQLite format 3\0";

/// How the table for a spreadsheet begins.
const HEADING: &[u8] = b"type,id,";

/// The lines of a file, each with its number, and what is wrong with the others.
#[derive(Default)]
struct Lines {
    rows: Vec<Exchanged>,
    numbers: Vec<usize>,
    problems: Vec<(usize, String)>,
}

/// Imports a file.
pub(super) fn run(folders: &Folders, args: &ImportArgs) -> Result<Exit, Failure> {
    let now = stamp();
    let mut lines = read(&args.file, &now)?;
    refuse(&lines.problems)?;
    let keep = !args.dry_run;
    let journal = match folders.journal()? {
        Some(journal) => journal,
        None if keep => Journal::open(&folders.data)?,
        None => Journal::in_memory()?,
    };
    let asks = keep && can_ask();
    let mut fates = journal.import(&lines.rows, stamp, keep && !asks)?;
    let orphans = fates.iter().zip(&lines.numbers).filter(|(fate, _)| **fate == Fate::Orphan);
    lines.problems.extend(orphans.map(|(_, number)| (*number, ORPHAN.to_owned())));
    refuse(&lines.problems)?;
    if asks && fates.iter().any(|fate| matches!(fate, Fate::Added | Fate::Continued)) {
        say(&summary(&lines, &fates, "Would import"));
        if ask_yes_no("Import this? It cannot be taken back. [y/n]")? != Some(true) {
            return Err(Failure::new(Exit::Stopped, anyhow!("nothing was imported"), "answer y to import it"));
        }
        fates = journal.import(&lines.rows, stamp, true)?;
    }
    print(summary(&lines, &fates, if keep { "Imported" } else { "Would import" }) + "\n")?;
    if keep {
        remind(folders, &journal)?;
    }
    Ok(Exit::Completed)
}

/// Reads every line.
fn read(file: &Path, now: &Stamp) -> Result<Lines, Failure> {
    if file == Path::new("-") {
        return read_from(io::stdin().lock(), "standard input", now);
    }
    let name = printable(&file.to_string_lossy()).into_owned();
    let opened = files::open(file).map_err(|error| {
        Failure::new(Exit::Failed, anyhow!("could not read {name}: {error}"), "give a file that therapy export wrote")
    })?;
    read_from(BufReader::new(opened), &name, now)
}

fn read_from(mut source: impl BufRead, name: &str, now: &Stamp) -> Result<Lines, Failure> {
    let (mut lines, mut line) = (Lines::default(), Vec::new());
    for number in 1.. {
        line.clear();
        let read = source.by_ref().take(LONGEST + 1).read_until(b'\n', &mut line);
        let read = read.map_err(|error| anyhow!("could not read {name}: {error}"))?;
        if read == 0 {
            break;
        }
        if number == 1 && line.starts_with("\u{feff}".as_bytes()) {
            line.drain(.."\u{feff}".len());
        }
        let what = match &*line {
            _ if number > 1 => None,
            line if line.starts_with(DATABASE) => Some("is a whole journal, and not its lines"),
            line if line.starts_with(HEADING) => Some(TABLE),
            _ => None,
        };
        if let Some(what) = what {
            let error = anyhow!("{name} {what}");
            let hint = "export it as lines: therapy export --format ndjson FILE.ndjson";
            return Err(Failure::new(Exit::Usage, error, hint));
        }
        let is_too_long = line.len() as u64 > LONGEST;
        let problem = match std::str::from_utf8(&line) {
            _ if is_too_long => "it is longer than 8 MiB".to_owned(),
            Err(_) => "it is not UTF-8 text".to_owned(),
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => match exchange::read(text.trim(), now.wall_ms) {
                Err(problem) => problem,
                Ok(row) => {
                    lines.rows.push(row);
                    lines.numbers.push(number);
                    continue;
                }
            },
        };
        lines.problems.push((number, problem));
        if is_too_long {
            // The rest of it is no line.
            break;
        }
    }
    Ok(lines)
}

/// Says what is wrong with each line.
fn refuse(problems: &[(usize, String)]) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    for (number, problem) in problems.iter().take(SHOWN) {
        say(&format!("line {number}: {problem}"));
    }
    let more = problems.len().saturating_sub(SHOWN);
    if more > 0 {
        say(&format!("{} not shown", count(more, "more problem")));
    }
    Err(Failure::new(Exit::Usage, anyhow!("{}", count(problems.len(), "problem")), NOTHING))
}

/// What is new, by the journal that it comes from, and what is not.
fn summary(lines: &Lines, fates: &[Fate], verb: &str) -> String {
    let mut by_origin: BTreeMap<&str, Vec<&Exchange>> = BTreeMap::new();
    for (line, _) in lines.rows.iter().zip(fates).filter(|(_, fate)| **fate == Fate::Added) {
        by_origin.entry(&line.origin).or_default().push(&line.row);
    }
    let part = |(origin, rows): (&str, Vec<&Exchange>)| {
        let mut numbers = [0; 7];
        for row in &rows {
            numbers[row.kind()] += 1;
        }
        // When something was done or felt; what is planned is not.
        let times = || rows.iter().filter(|row| row.kind() < 4).map(|row| row.at_ms());
        let at = |millis| in_full(from_millis(millis));
        let times = times().min().zip(times().max());
        let times = times.map(|(from, to)| format!("; {} to {}", at(from), at(to))).unwrap_or_default();
        let sites: BTreeSet<Site> = rows.iter().filter_map(|row| row.site()).collect();
        let sites = sites.into_iter().map(words).collect::<Vec<_>>().join(", ");
        let sites = if sites.is_empty() { sites } else { format!("; {sites}") };
        format!("{verb} from the journal {origin}: {}{times}{sites}.", counted(numbers))
    };
    let mut all: Vec<_> = by_origin.into_iter().map(part).collect();
    let more = fates.iter().filter(|fate| **fate == Fate::Continued).count();
    if more > 0 {
        all.push(continued(more));
    }
    if all.is_empty() {
        all.push("Nothing new to import.".to_owned());
    }
    let is_known = fates.iter().filter(|fate| **fate == Fate::Known).count();
    if is_known > 0 {
        all.push(known(is_known));
    }
    let different = fates.iter().zip(&lines.numbers).filter(|(fate, _)| **fate == Fate::Differs);
    let different: Vec<_> = different.map(|(_, number)| *number).collect();
    if !different.is_empty() {
        all.push(differs(&different));
    }
    all.join("\n")
}

/// What a person, and a session that runs, must know about it at once.
fn remind(folders: &Folders, journal: &Journal) -> Result<(), Failure> {
    let concerns = concerns(&journal.screenings()?);
    if !concerns.is_empty() {
        say(&told(&concerns));
    }
    meanwhile::warn(folders, journal)
}
