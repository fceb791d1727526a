//! Calendar files, read back by four programs that others wrote: the Python libraries icalendar and vobject, khal and
//! calcurse. Of all of them only calcurse ignores ids, so that a second import doubles.
#![cfg(target_os = "linux")]

use std::process::Command;

use jiff::Timestamp;
use therapy::output::calendar::{Entry, write};

use crate::programs;
use crate::support::Home;

/// A command that succeeds when a reader is there, and its Debian package.
const READERS: [(&[&str], &str); 4] = [
    (&["/usr/bin/python3", "-c", "import icalendar"], "python3-icalendar"),
    (&["/usr/bin/python3", "-c", "import vobject"], "python3-vobject"),
    (&["/usr/bin/khal", "--version"], "khal"),
    (&["/usr/bin/calcurse", "--version"], "calcurse"),
];

/// The Debian packages that these tests need.
pub fn packages() -> impl Iterator<Item = &'static str> {
    READERS.into_iter().map(|(_, package)| package)
}

/// A session as a reader sees it: start and end in seconds since 1970, title, text.
type Seen = (i64, i64, String, String);

/// Runs a reader in an empty home in UTC, and returns what it prints. A warning is a failure.
#[track_caller]
fn run(home: &Home, command: &[&str]) -> String {
    let mut program = Command::new(command[0]);
    program.args(&command[1..]).env_clear().envs(home.environment()).env("LC_ALL", "C.UTF-8").current_dir(home.path());
    let output = programs::output(&mut program);
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
    assert!(output.status.success() && err.is_empty(), "{command:?}: {out}{err}");
    out
}

const PYTHON: &str = "
import json, sys
with open(sys.argv[2], 'rb') as file: text = file.read()
def seen(event, text):
    return [round(event['start'].timestamp()), round(event['end'].timestamp()), str(text[0]), str(text[1])]
if sys.argv[1] == 'icalendar':
    import icalendar
    events = icalendar.Calendar.from_ical(text).walk('VEVENT')
    assert all(len(event.errors) == 0 and len(event.subcomponents) == 1 for event in events)
    all = [seen({'start': e['DTSTART'].dt, 'end': e['DTEND'].dt}, (e['SUMMARY'], e['DESCRIPTION'])) for e in events]
else:
    import vobject
    [calendar] = vobject.readComponents(text.decode())
    calendar.validate(raiseException=True)
    events = calendar.vevent_list
    all = [seen({'start': e.dtstart.value, 'end': e.dtend.value}, (e.summary.value, e.description.value)) for e in events]
print(json.dumps(all))
";

fn by_python(home: &Home, library: &str, file: &str) -> Vec<Seen> {
    serde_json::from_str(&run(home, &["/usr/bin/python3", "-c", PYTHON, library, file])).expect("JSON")
}

fn by_khal(home: &Home, file: &str) -> Vec<Seen> {
    const FORMAT: &str = "%Y-%m-%d %H:%M";
    let folder = home.path().join("khal");
    let config = format!(
        "[calendars]\n[[one]]\npath = {0}/one\n[locale]\nlocal_timezone = UTC\ndefault_timezone = UTC\n\
         timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = {FORMAT}\n\
         longdatetimeformat = {FORMAT}\n[sqlite]\npath = {0}/khal.db\n",
        folder.display()
    );
    std::fs::create_dir_all(folder.join("one")).expect("a folder");
    let config = home.file("khal.conf", &config);
    let khal = |arguments: &[&str]| run(home, &[&["/usr/bin/khal", "-c", &config], arguments].concat());
    khal(&["import", "--batch", file]);
    // A blank in the text would be cut off at the end of a line.
    let list =
        ["list", "--day-format", "", "--format", "\x1e{start-long}\x1f{end-long}\x1f{title}\x1f{description}\x1d"];
    let listed = khal(&[&list[..], &["2026-10-01", "365d"]].concat());
    let events = listed.split('\x1e').skip(1).map(|event| {
        let event = event.split('\x1d').next().expect("an end");
        let parts: Vec<&str> = event.split('\x1f').collect();
        let at = |text: &str| jiff::civil::DateTime::strptime(FORMAT, text).expect("a time");
        let at = |text: &str| at(text).to_zoned(jiff::tz::TimeZone::UTC).expect("a time").timestamp().as_second();
        (at(parts[0]), at(parts[1]), parts[2].to_owned(), parts[3].to_owned())
    });
    events.collect()
}

fn by_calcurse(home: &Home, file: &str) -> Vec<Seen> {
    // A note is printed with a tab in front of its lines and an empty line after it.
    const FORMAT: &str = "\x1e%(start:epoch)\x1f%(end:epoch)\x1f%m\x1f%N\x1d";
    let folder = home.path().join("calcurse");
    std::fs::create_dir_all(&folder).expect("a folder");
    let folder = folder.to_str().expect("a plain path");
    let calcurse = |arguments: &[&str]| run(home, &[&["/usr/bin/calcurse", "-D", folder], arguments].concat());
    let report = calcurse(&["-i", file]);
    assert!(report.contains(" 0 skipped") || report.contains("/ 0 skipped"), "{report}");
    let listed = calcurse(&["-Q", "--from", "10/01/2026", "--days", "365", "--format-apt", FORMAT]);
    let events = listed.split('\x1e').skip(1).map(|event| {
        let event = event.split('\x1d').next().expect("an end");
        let parts: Vec<&str> = event.split('\x1f').collect();
        let at = |text: &str| text.parse().expect("seconds");
        let note = parts[3].lines().map(|line| line.trim_start_matches('\t')).collect::<Vec<_>>().join("\n");
        (at(parts[0]), at(parts[1]), parts[2].to_owned(), note.trim_end().to_owned())
    });
    events.collect()
}

fn entry(number: u32, from: &str, description: &str) -> Entry {
    let from: Timestamp = from.parse().expect("a time");
    Entry {
        uid: format!("{number:032x}@therapy"),
        sequence: 0,
        from,
        to: Timestamp::from_second(from.as_second() + 20 * 60).expect("a time"),
        summary: format!("ice 20 min; Rücken, Nummer {number}"),
        description: description.to_owned(),
        cancelled: false,
    }
}

fn seen(entries: &[Entry]) -> Vec<Seen> {
    let seen = entries
        .iter()
        .map(|entry| (entry.from.as_second(), entry.to.as_second(), entry.summary.clone(), entry.description.clone()));
    seen.collect()
}

#[test]
fn four_readers_see_the_same_instants_and_texts() {
    if !programs::are_installed(&READERS, "reading calendars back") {
        return;
    }
    let long = "Kühl, nicht kalt; 10 °C, ein Tuch dazwischen. ".repeat(7);
    assert!(long.chars().count() > 300);
    // Before, in and after the hour that summer time skips or repeats, in Berlin and in New York.
    let times = [
        "2026-10-24T23:30:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:30:00Z",
        "2026-11-01T05:30:00Z",
        "2026-11-01T06:30:00Z",
        "2027-03-14T06:30:00Z",
        "2027-03-14T07:30:00Z",
        "2027-03-28T00:30:00Z",
        "2027-03-28T01:30:00Z",
    ];
    let texts = ["a, b; c\\d", "first line\nsecond, line", long.trim_end(), "\"quoted\": 100 %, <b> & ü"];
    let entries: Vec<_> =
        (0..).zip(times).map(|(number, at)| entry(number, at, texts[number as usize % texts.len()])).collect();
    let home = Home::new();
    let made: Timestamp = "2026-10-01T12:00:00Z".parse().expect("a time");
    let text = write(&entries, made);
    assert!(text.lines().all(|line| line.len() <= 75) && text.matches('\n').count() == text.matches("\r\n").count());
    let file = home.file("plan.ics", &text);
    assert_eq!(by_python(&home, "icalendar", &file), seen(&entries));
    assert_eq!(by_python(&home, "vobject", &file), seen(&entries));
    assert_eq!(by_calcurse(&home, &file), seen(&entries));
    assert_eq!(by_khal(&home, &file), seen(&entries));
    // A later plan moves the events, and nothing is there twice.
    let moved = entries.into_iter().map(|entry| {
        let [from, to] = [entry.from, entry.to].map(|at| Timestamp::from_second(at.as_second() + 300).expect("a time"));
        Entry { from, to, sequence: 1, ..entry }
    });
    let moved: Vec<_> = moved.collect();
    let file = home.file("later.ics", &write(&moved, made));
    assert_eq!(by_khal(&home, &file), seen(&moved));
}
