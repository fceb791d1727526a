//! The file `config.toml`: defaults of `run`. Pure: text in, settings and every problem out.

use super::reader::Reader;
use super::{NAME_MOST, Problem, in_order, on_letters, quotes};

/// Defaults of `run`, from `config.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// As `--confirm`.
    pub confirm: bool,
    /// As `--no-notify`.
    pub no_notify: bool,
    /// As `--progress`.
    pub progress: Option<String>,
}

/// Values of `--progress`.
pub const PROGRESS: [&str; 5] = ["auto", "bar", "plain", "json", "quiet"];

/// Reads the defaults of `run`.
pub fn read(text: &str) -> (Settings, Vec<Problem>) {
    let (straight, curly) = quotes::straight(text);
    let (mut reader, table) = Reader::parse(&straight, "the README shows the keys of config.toml");
    let table = table.get_ref();
    reader.unknown_keys(table, &["confirm", "no_notify", "progress"], "config.toml");
    let progress = reader.text(table, "progress", NAME_MOST);
    if let (Some(name), Some(value)) = (&progress, table.get("progress"))
        && !PROGRESS.contains(&name.as_str())
    {
        reader.unknown(value.span(), "unknown kind of progress".to_owned(), name, &PROGRESS);
    }
    let settings = Settings {
        confirm: reader.flag(table, "confirm").unwrap_or(false),
        no_notify: reader.flag(table, "no_notify").unwrap_or(false),
        progress,
    };
    let problems = curly.into_iter().chain(reader.problems);
    let on_letters = |problem: Problem| Problem { span: on_letters(&problem.span, text), ..problem };
    (settings, in_order(problems.map(on_letters).collect()))
}
