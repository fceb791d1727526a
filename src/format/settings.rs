//! The file `config.toml`: defaults of `run`. Pure: text in, settings and every problem out.

use std::time::Duration;

use super::reader::Reader;
use super::{NAME_MOST, Problem, in_order, on_letters, quotes};
use crate::domain::site::Site;
use crate::text::hours::Hours;

/// Defaults of `run`, from `config.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// As `--awake` of `plan`.
    pub awake: Option<Hours>,
    /// As `--weekend` of `plan`.
    pub weekend: Option<Hours>,
    /// As `--confirm`.
    pub confirm: bool,
    /// As `--changeover`, for protocols that say nothing about it.
    pub changeover: Option<Duration>,
    /// As `--site`, where no file and no injury says it.
    pub site: Option<Site>,
    /// As `--no-notify`.
    pub no_notify: bool,
    /// As `--progress`.
    pub progress: Option<String>,
    /// As `--sound`.
    pub sound: Option<String>,
    /// The volume of the sounds, in per cent.
    pub volume: Option<u32>,
    /// As `--speak`.
    pub speak: bool,
    /// As `--on-event`, in words.
    pub on_event: Vec<String>,
}

/// Values of `--progress`.
pub const PROGRESS: [&str; 5] = ["auto", "bar", "plain", "json", "quiet"];

/// Values of `--sound`.
const SOUND: [&str; 3] = ["auto", "on", "off"];
const KEYS: [&str; 11] = [
    "awake",
    "changeover",
    "confirm",
    "no_notify",
    "on_event",
    "progress",
    "site",
    "sound",
    "speak",
    "volume",
    "weekend",
];
const LOUDEST: u32 = 100;

/// Reads the defaults of `run`.
pub fn read(text: &str) -> (Settings, Vec<Problem>) {
    let (straight, curly) = quotes::straight(text);
    let (mut reader, table) = Reader::parse(&straight, "the README shows the keys of config.toml");
    let table = table.get_ref();
    reader.unknown_keys(table, &KEYS, "config.toml");
    let [progress, sound] = [("progress", &PROGRESS[..]), ("sound", &SOUND)].map(|(key, known)| {
        let name = reader.text(table, key, NAME_MOST);
        if let (Some(name), Some(value)) = (&name, table.get(key))
            && !known.contains(&name.as_str())
        {
            reader.unknown(value.span(), format!("unknown kind of {key}"), name, known);
        }
        name
    });
    let volume = table.get("volume").and_then(|value| reader.whole(value, 0..=LOUDEST));
    let [awake, weekend] = ["awake", "weekend"].map(|key| reader.hours(table, key));
    let settings = Settings {
        awake,
        weekend,
        changeover: reader.changeover(table),
        site: reader.site(table),
        confirm: reader.flag(table, "confirm").unwrap_or(false),
        no_notify: reader.flag(table, "no_notify").unwrap_or(false),
        progress,
        sound,
        volume,
        speak: reader.flag(table, "speak").unwrap_or(false),
        on_event: reader.texts(table, "on_event"),
    };
    let problems = curly.into_iter().chain(reader.problems);
    let on_letters = |problem: Problem| Problem { span: on_letters(&problem.span, text), ..problem };
    (settings, in_order(problems.map(on_letters).collect()))
}
