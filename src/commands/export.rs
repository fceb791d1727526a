//! `therapy export FILE`: the journal itself, to keep or to carry to another machine, or its rows for other programs.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use anyhow::anyhow;

use super::folders::Folders;
use super::printing::print_drawn;
use super::{Exit, Failure, print, unwritten};
use crate::cli::{ExportArgs, Format};
use crate::edge::files;
use crate::edge::journal::Journal;
use crate::output::{exchange, spreadsheet};
use crate::text::durations::count;
use crate::text::printable::printable;
use crate::text::typed::quoted;

/// Standard output, in place of a file.
const STANDARD: &str = "-";

/// Writes the journal into a new file.
pub(super) fn run(folders: &Folders, args: &ExportArgs) -> Result<Exit, Failure> {
    let (file, is_standard) = (&*args.file, args.file == Path::new(STANDARD));
    let format = args.format.unwrap_or_else(|| as_named(file));
    if is_standard && format == Format::Db {
        let error = anyhow!("a copy of the journal is a file, and cannot go to standard output");
        return Err(Failure::new(Exit::Usage, error, "try: therapy export --format ndjson -"));
    }
    let none = || Failure::new(Exit::Failed, anyhow!("there is no journal yet"), "try: therapy run");
    let journal = folders.journal()?.ok_or_else(none)?;
    if is_standard {
        return match write(&journal, format, io::stdout().lock())? {
            // A reader that closed the pipe is no failure.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(Exit::Completed),
        };
    }
    let name = printable(&file.to_string_lossy()).into_owned();
    let failed = |error: &io::Error| unwritten(file, error, ("export", "therapy.db"));
    if format == Format::Db {
        journal.copy_to(file).map_err(|error| failed(&error))?;
        let place = folders.data.display().to_string();
        return print(format!(
            "Copied to {name}. On another machine, save it as journal.db in the data folder, here {}.\n",
            printable(&place)
        ));
    }
    let new = files::create(file).map_err(|error| failed(&error))?;
    let written = write(&journal, format, &new);
    if !matches!(written, Ok(Ok(_))) {
        let _ = std::fs::remove_file(file);
    }
    let lines = written?.map_err(|error| failed(&error))?;
    let lines = count(lines, "line");
    match format {
        Format::Csv => print(format!("Wrote {lines} to {name}.\n")),
        // Without the profile of this command, which is that of the journal that was exported.
        _ => print_drawn(format!("Wrote {lines} to {name}. For another journal: therapy import {}\n", quoted(&name))),
    }
}

/// The form that the name of a file asks for.
fn as_named(file: &Path) -> Format {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    match &*ending {
        "ndjson" | "jsonl" | "json" => Format::Ndjson,
        "csv" => Format::Csv,
        _ => Format::Db,
    }
}

/// Writes every row. Returns the number of lines.
fn write(journal: &Journal, format: Format, to: impl Write) -> Result<io::Result<usize>, Failure> {
    let (mut to, mut lines, mut written) = (BufWriter::new(to), 0, Ok(()));
    if format == Format::Csv {
        written = writeln!(to, "{}", spreadsheet::heading());
    }
    if written.is_ok() {
        journal.export(|row| {
            let line = if format == Format::Csv { spreadsheet::row(row) } else { exchange::line(row) };
            written = writeln!(to, "{line}");
            lines += 1;
            written.is_ok()
        })?;
    }
    Ok(written.and_then(|()| to.flush()).map(|()| lines))
}
