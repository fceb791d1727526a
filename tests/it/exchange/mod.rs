//! Data that leaves a journal and comes into another: nothing is lost, doubled, or relieved by it.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails in a helper is a test that fails")]

mod files;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::types::Value as Cell;
use tempfile::TempDir;
use therapy::domain::protocol::Protocol;
use therapy::domain::session::{Event, Moment, SessionOptions};
use therapy::domain::site::Site;
use therapy::domain::step::{Modality, StepKind};
use therapy::edge::journal::{Entry, Exchanged, Fate, Journal, NewSession, NewTold, NewTrial, Planned, Stamp};
use therapy::output::exchange::{line, read};

use crate::builder::{Options, review, session};
use crate::laws::{Deed, START, Wakes, all_options, config, play, protocols, scripts};

/// Tuesday, 2026-03-03, noon, when the clock shows [`START`].
const NOON_MS: i64 = 1_772_539_200_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).expect("short")
}

/// The clocks of the machine of the first journal.
fn here(at: Moment) -> Stamp {
    let since = millis(at.since_origin()) - millis(START.since_origin());
    Stamp { wall_ms: NOON_MS + since, boot: "here".to_owned(), clock: at }
}

/// Those of another machine at the same time of day, long after its boot.
fn there(at: Moment) -> Stamp {
    Stamp { boot: "there".to_owned(), clock: at + 1000 * DAY, ..here(at) }
}

/// A journal in a folder of its own.
struct Place {
    _folder: TempDir,
    journal: Journal,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let journal = Journal::open(folder.path()).expect("a new journal");
        Place { _folder: folder, journal }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.journal
            .export(|row| {
                lines.push(line(row));
                true
            })
            .expect("it is read");
        lines
    }

    /// Imports lines, which must be sound.
    #[track_caller]
    fn import(&self, lines: &[String], now: &Stamp) -> Vec<Fate> {
        self.journal.import(&rows(lines, now), || now.clone(), true).expect("it is written")
    }

    /// Every cell of every table.
    fn dump(&self) -> Vec<Vec<Cell>> {
        let connection = self.journal.as_ref();
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
        let mut tables = connection.prepare(tables).expect("a query");
        let names = tables.query_map([], |row| row.get::<_, String>(0)).expect("names");
        let mut all = Vec::new();
        for name in names {
            let mut rows = connection.prepare(&format!("SELECT * FROM {}", name.expect("a name"))).expect("a query");
            let columns = rows.column_count();
            let rows = rows.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).expect("rows");
            all.extend(rows.map(|row| row.expect("a row")));
        }
        all
    }

    fn begin(&self, protocol: &Protocol, options: SessionOptions, pain: Option<u8>, at: Moment) -> i64 {
        let new = NewSession { protocol, options, overrides: &[], pain, started_ms: here(at).wall_ms };
        self.journal.begin(&new).expect("a session begins")
    }

    fn write(&self, id: i64, events: &[Event]) {
        let events: Vec<_> = events.iter().map(|event| (here(event.at), *event)).collect();
        self.journal.commit(id, &events, &[]).expect("events are written");
    }

    /// A session of steps such as `heat 20m, cold 20m`, without inputs, this long after noon.
    fn session(&self, steps: &str, after: Duration) -> i64 {
        let steps = crate::builder::steps(steps);
        let protocol = review(&steps, &therapy::domain::rules::Context::default()).expect("it passes");
        let (_, events) = play(&protocol, Options::default(), &[], Wakes::Asked, |_, _| {});
        let id = self.begin(&protocol, Options::default(), None, START + after);
        self.write(id, &moved(&events, after));
        id
    }
}

/// Reads lines, which must be sound.
#[track_caller]
fn rows(lines: &[String], now: &Stamp) -> Vec<Exchanged> {
    lines.iter().map(|line| read(line, now.wall_ms).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn moved(events: &[Event], by: Duration) -> Vec<Event> {
    events.iter().map(|event| Event { at: event.at + by, ..*event }).collect()
}

/// Something that a person tells.
#[derive(Clone, Debug)]
enum Told {
    Dose(bool, u64, u64),
    Note(String, u64),
    Pain(u8, Option<u64>),
    Undo,
    Injury(Option<u64>, bool),
    Answer(Option<bool>),
    Plan(u64, u64),
}

fn told() -> impl Strategy<Value = Told> {
    let evil = prop_oneof![
        Just("=cmd()|\"x\"\n</script>\u{1b}[2J".to_owned()),
        Just("\u{202e}txet".to_owned()),
        Just("ü, 湿, 👍🏽".to_owned()),
        "[ -~]{1,80}",
        any::<char>().prop_map(|letter| format!("a{letter}")),
    ];
    prop_oneof![
        (any::<bool>(), 1..=90_000_u64, 0..=3000_u64).prop_map(|(cold, length, ago)| Told::Dose(cold, length, ago)),
        (evil, 0..=5000_u64).prop_map(|(text, ago)| Told::Note(text, ago)),
        (0..=10_u8, proptest::option::of(0..=5000_u64)).prop_map(|(score, ago)| Told::Pain(score, ago)),
        Just(Told::Undo),
        (proptest::option::of(0..=9000_u64), any::<bool>()).prop_map(|(ago, neck)| Told::Injury(ago, neck)),
        proptest::option::of(any::<bool>()).prop_map(Told::Answer),
        (0..=3000_u64, 0..4_u64).prop_map(|(from, number)| Told::Plan(from, number)),
    ]
}

fn tell(place: &Place, told: &Told, now: &Stamp) {
    let journal = &place.journal;
    let ago = |minutes: u64| now.wall_ms - 60_000 * i64::try_from(minutes).expect("short");
    let knee = Site::from_name("left-knee").expect("a site");
    match told {
        Told::Dose(cold, length, minutes) => {
            let modality = if *cold { Modality::Cold } else { Modality::Heat };
            // Also lengths that are no whole seconds.
            let length = Duration::from_millis((*length).min(86_400) * 999);
            journal.tell(&NewTold { modality, length, site: knee, ended_ms: ago(*minutes) }, now).expect("written");
        }
        Told::Note(text, minutes) => drop(journal.note(text, None, Some(ago(*minutes)), now).expect("written")),
        Told::Pain(score, minutes) => drop(journal.note_pain(*score, None, minutes.map(ago), now).expect("written")),
        Told::Undo => drop(journal.undo(now).expect("written")),
        Told::Injury(minutes, neck) => {
            let site = if *neck { Site::from_name("neck") } else { Some(knee) };
            journal.set_injury(minutes.map(ago), site, |old| old.site == site, now).expect("written");
        }
        Told::Answer(answer) => {
            let keys = answer.map(|signs| if signs { vec!["fever", "weight"] } else { Vec::new() });
            let injuries: Vec<_> = journal.injuries().expect("read").iter().map(|entry| entry.id).collect();
            journal.screened(keys.as_deref(), &injuries, now).expect("written");
        }
        Told::Plan(from, number) => {
            let planned = |number: u64| {
                let from_ms = now.wall_ms + 60_000 * i64::try_from(from + 120 * number).expect("short");
                Planned { protocol: "ice".to_owned(), site: knee, from_ms, to_ms: from_ms + 900_000 }
            };
            journal.keep(knee, &(0..*number).map(planned).collect::<Vec<_>>(), now.wall_ms).expect("written");
        }
    }
}

/// What a person sees of a session; its number belongs to a journal.
fn seen(entry: &Entry) -> String {
    format!("{:?}", Entry { id: 0, is_imported: false, ..entry.clone() })
}

type Scripted = (Protocol, Options, Vec<(Duration, Deed)>, u8);

fn random_journal(sessions: &[Scripted], all: &[(Told, u64)]) -> (Place, Moment) {
    let place = Place::new();
    let mut at = START;
    let mut told = all.iter();
    let spread = all.len() / (sessions.len() + 1) + 1;
    let mut tell_some = |at: &mut Moment| {
        for (what, minutes) in told.by_ref().take(spread) {
            *at = *at + Duration::from_millis(60_000 * minutes + 1);
            tell(&place, what, &here(*at));
        }
    };
    tell_some(&mut at);
    for (number, (protocol, options, script, part)) in sessions.iter().enumerate() {
        let (_, events) = play(protocol, *options, script, Wakes::Asked, |_, _| {});
        let events = moved(&events, at.since(START));
        let id = place.begin(protocol, *options, Some(part % 11).filter(|_| part % 3 > 0), at);
        let kept = if *part < 50 { events.len() } else { events.len() * usize::from(*part) / 100 };
        place.write(id, &events[..kept]);
        at = events[..kept].last().map_or(at, |last| last.at).max(at) + Duration::from_secs(1);
        // The last one may have no end.
        let record = place.journal.record(id, &here(at)).expect("a record");
        if record.outcome.is_none() && number + 1 < sessions.len() {
            place.journal.close_cut_off(&record, record.assumed_off(), part % 2 == 0).expect("written");
        }
        at = at + Duration::from_secs(60 * 60);
        tell_some(&mut at);
    }
    (place, at + Duration::from_secs(1))
}

fn scripted() -> impl Strategy<Value = Vec<Scripted>> {
    vec((protocols(), all_options(), scripts(), 0..100_u8), 0..4)
}

proptest! {
    #![proptest_config(config(if cfg!(debug_assertions) { 24 } else { 400 }))]

    /// Byte for byte, whenever it is imported, and a second import changes no byte of the journal.
    #[test]
    fn an_import_is_exported_as_it_came(sessions in scripted(), all in vec((told(), 0..=600_u64), 0..20), later in 0..=4320_u64) {
        let (place, at) = random_journal(&sessions, &all);
        let (lines, other) = (place.lines(), Place::new());
        let now = there(at + Duration::from_secs(60 * later));
        let fates = other.import(&lines, &now);
        prop_assert!(fates.iter().all(|fate| *fate == Fate::Added), "{:?}", fates);
        prop_assert_eq!(&other.lines(), &lines);
        let before = other.dump();
        let fates = other.import(&lines, &there(at + Duration::from_secs(60 * later + 60)));
        prop_assert!(fates.iter().all(|fate| *fate == Fate::Known));
        prop_assert_eq!(other.dump(), before);
        // Nor does an import into the journal that it comes from.
        let before = place.dump();
        let fates = place.import(&lines, &now);
        prop_assert!(fates.iter().all(|fate| *fate == Fate::Known));
        prop_assert_eq!(place.dump(), before);
        prop_assert_eq!(other.journal.undo(&now).expect("written"), None, "only what was told here is taken back");
    }

    /// At each site and at any time, and the history is the same.
    #[test]
    fn what_was_imported_loads_the_skin_at_least_as_much(
        sessions in scripted(), all in vec((told(), 0..=200_u64), 0..8), later in 0..=600_u64,
    ) {
        let (place, at) = random_journal(&sessions, &all);
        let other = Place::new();
        other.import(&place.lines(), &there(at));
        let at = at + Duration::from_secs(60 * later);
        let doses = |journal: &Journal, now: &Stamp| journal.doses(now, None).expect("read");
        let ((own, _), (imported, _)) = (doses(&place.journal, &here(at)), doses(&other.journal, &there(at)));
        prop_assert!(imported.iter().all(|dose| !dose.relieves));
        // Times of another machine are exact to milliseconds.
        let blur = Duration::from_millis(10 * (1 + imported.iter().count() as u64));
        let now = [here(at).clock, there(at).clock];
        for site in Site::all() {
            for modality in Modality::ALL {
                let [own, imported] = [(&own, now[0]), (&imported, now[1])].map(|(doses, at)| doses.load(site, at).of(modality));
                // A session that can be resumed here counts until now; there it counts until the planned end of its step.
                let is_open = place.journal.open_session(&here(at)).expect("read").is_some();
                prop_assert!(is_open || imported + blur >= own, "{} {}: {:?} of {:?}", site, modality, imported, own);
            }
        }
        let history = |journal: &Journal| journal.history(i64::MIN).expect("read");
        let ended = |entry: &&Entry| entry.outcome.is_some();
        let own: Vec<_> = history(&place.journal).iter().filter(ended).map(seen).collect();
        let imported: Vec<_> = history(&other.journal).iter().map(seen).collect();
        prop_assert!(own.iter().all(|entry| imported.contains(entry)), "{:?} {:?}", own, imported);
        prop_assert_eq!(other.journal.open_session(&there(at)).expect("read").map(|open| open.id), None);
        prop_assert_eq!(place.journal.scores(i64::MIN).expect("read"), other.journal.scores(i64::MIN).expect("read"));
    }

    /// Whatever is in a line, it is a problem or a row.
    #[test]
    fn no_line_stops_the_reader(text in "\\PC{0,200}", cut in any::<proptest::sample::Index>(), byte in any::<char>()) {
        let _ = read(&text, NOON_MS);
        let place = Place::new();
        place.session("heat 5m, cold 5m", Duration::ZERO);
        let [line] = &place.lines()[..] else { panic!("one line") };
        let at = cut.index(line.len());
        let at = (0..=at).rev().find(|at| line.is_char_boundary(*at)).unwrap_or_default();
        let changed = format!("{}{byte}{}", &line[..at], line[at..].chars().skip(1).collect::<String>());
        if let Ok(row) = read(&changed, there(START + DAY).wall_ms) {
            let other = Place::new();
            other.journal.import(std::slice::from_ref(&row), || there(START + DAY), true).expect("it can be held");
            let again = other.lines();
            prop_assert_eq!(rows(&again, &there(START + DAY)), vec![row]);
        }
    }
}

/// Heat after cold takes cold away when this timer gave it, and never when another one did.
#[test]
fn an_imported_dose_relieves_nothing() {
    let place = Place::new();
    place.session("cold 20m, heat 20m", Duration::ZERO);
    let now = START + Duration::from_secs(40 * 60);
    let cold = |journal: &Journal, now: &Stamp| {
        let (doses, _) = journal.doses(now, None).expect("read");
        doses.load(Site::LOWER_BACK, now.clock).of(Modality::Cold)
    };
    assert_eq!(cold(&place.journal, &here(now)), Duration::ZERO);
    let other = Place::new();
    other.import(&place.lines(), &there(now));
    assert_eq!(cold(&other.journal, &there(now)), Duration::from_secs(10 * 60), "as after rest");
    let record = other.journal.record(1, &there(now)).expect("a record");
    assert_eq!(record.doses(&there(now)).total(Modality::Heat), Duration::from_secs(20 * 60));
}

/// By the clock of the boot in which it came, and after a reboot by the time of day.
#[test]
fn setting_the_time_of_day_does_not_hide_an_imported_dose() {
    let place = Place::new();
    place.session("cold 20m", Duration::ZERO);
    place.session("rest 1m", DAY);
    tell(&place, &Told::Dose(true, 600, 5), &here(START + Duration::from_secs(20 * 60)));
    let (at, other) = (START + Duration::from_secs(20 * 60), Place::new());
    other.import(&[&place.lines()[..1], &place.lines()[2..]].concat(), &there(at));
    // Many sessions of this journal, and many imported ones, come later.
    for number in 0..10 {
        other.session("rest 1m", Duration::from_secs(60 * (100 + number)));
    }
    let count = |now: &Stamp| other.journal.doses(now, None).expect("read").0.iter().count();
    for ahead in [-100, 0, 100] {
        let now = Stamp { wall_ms: there(at).wall_ms + ahead * millis(DAY), ..there(at) };
        assert_eq!(count(&now), 2, "{ahead} days");
    }
    let rebooted = |wall_ms| Stamp { wall_ms, boot: "later".to_owned(), clock: START + 9000 * DAY };
    assert_eq!(count(&rebooted(there(at).wall_ms)), 2);
    assert_eq!(count(&rebooted(there(at).wall_ms + 10 * millis(DAY))), 0);
}

/// The first one stays, whatever comes later under its id, and a line of this journal changes nothing in it.
#[test]
fn a_line_that_was_edited_changes_nothing() {
    let place = Place::new();
    place.session("cold 10m", Duration::ZERO);
    let at = START + Duration::from_secs(11 * 60);
    tell(&place, &Told::Dose(false, 600, 1), &here(at));
    tell(&place, &Told::Pain(7, None), &here(at));
    tell(&place, &Told::Note("white".to_owned(), 0), &here(at));
    tell(&place, &Told::Injury(Some(600), true), &here(at));
    tell(&place, &Told::Answer(Some(true)), &here(at));
    tell(&place, &Told::Plan(100, 1), &here(at));
    let (lines, other) = (place.lines(), Place::new());
    other.import(&lines, &there(at));
    let edits = [
        ("\"site\":\"lower-back\",\"started_at\"", "\"site\":\"neck\",\"started_at\""),
        ("\"length_s\":599.4,\"ended_at\"", "\"length_s\":1.0,\"ended_at\""),
        ("\"score\":7", "\"score\":0"),
        ("\"text\":\"white\"", "\"text\":\"fine\""),
        ("\"over_at\":null", "\"over_at\":\"2026-03-03T12:00:00Z\""),
        ("[\"fever\",\"weight\"]", "[]"),
        ("\"sequence\":0", "\"sequence\":5"),
    ];
    assert_eq!(lines.len(), edits.len());
    let edit = |(line, (from, to)): (&String, (&str, &str))| {
        assert!(line.contains(from), "{line}");
        line.replace(from, to)
    };
    let edited: Vec<_> = lines.iter().zip(edits).map(edit).collect();
    for (journal, now) in [(&other, there(at)), (&place, here(at))] {
        let before = journal.dump();
        assert_eq!(journal.import(&edited, &now), [Fate::Differs; 7]);
        assert!(journal.dump() == before);
    }
    // Both in one file: the first counts.
    let third = Place::new();
    let fates = third.import(&[lines.clone(), edited].concat(), &there(at));
    assert_eq!((&fates[..7], &fates[7..]), (&[Fate::Added; 7][..], &[Fate::Differs; 7][..]));
    assert_eq!(third.lines(), lines);
}

#[test]
fn a_score_of_an_unknown_session_brings_nothing_at_all() {
    let place = Place::new();
    let id = place.session("cold 10m", Duration::ZERO);
    let at = START + Duration::from_secs(11 * 60);
    tell(&place, &Told::Pain(7, None), &here(at));
    tell(&place, &Told::Note("white".to_owned(), 0), &here(at));
    tell(&place, &Told::Dose(false, 600, 1), &here(at));
    assert_eq!(id, 1);
    let (lines, other) = (place.lines(), Place::new());
    let before = other.dump();
    let fates = other.import(&lines[1..], &there(at));
    assert_eq!(fates, [Fate::Added, Fate::Orphan, Fate::Orphan]);
    assert!(other.dump() == before);
    // The order of the lines makes no difference, and a look at them writes nothing.
    let backwards: Vec<_> = lines.iter().rev().cloned().collect();
    let fates = other.journal.import(&rows(&backwards, &there(at)), || there(at), false).expect("read");
    assert!(fates == [Fate::Added; 4] && other.dump() == before);
    assert_eq!(other.import(&backwards, &there(at)), [Fate::Added; 4]);
    assert_eq!(other.lines(), lines);
}

/// A session that has no end is cut off elsewhere, and leaves again as it came.
#[test]
fn a_session_without_an_end_is_cut_off_where_it_comes() {
    let (running, events) = session("cold 10m, heat 10m").play("3m pause; 4m resume");
    assert!(running.outcome().is_none());
    let place = Place::new();
    let protocol = review(&crate::builder::steps("cold 10m, heat 10m"), &therapy::domain::rules::Context::default());
    let id = place.begin(&protocol.expect("it passes"), Options::default(), None, START);
    place.write(id, &events);
    let (lines, other) = (place.lines(), Place::new());
    assert!(lines[0].contains("\"ended_at\":null,\"outcome\":null,\"assumed\":false"), "{}", lines[0]);
    let now = there(START + Duration::from_secs(5 * 60));
    other.import(&lines, &now);
    let entry = &other.journal.history(i64::MIN).expect("read")[0];
    assert_eq!((entry.outcome.as_deref(), entry.assumed), (Some("cut_off"), true));
    assert_eq!((entry.actual.cold, entry.actual.heat), (Duration::from_secs(600), Duration::ZERO));
    assert_eq!(entry.ended_ms, Some(NOON_MS + 11 * 60_000), "the planned end of its step");
    assert!(other.journal.open_session(&now).expect("read").is_none());
    assert_eq!(other.lines(), lines);
    let kinds: Vec<_> =
        other.journal.record(1, &now).expect("a record").protocol.steps().iter().map(|step| step.kind).collect();
    assert_eq!(kinds, [StepKind::Cold, StepKind::Heat]);
}

/// What is imported here belongs to no session of this journal, and scores here to no session of another one.
#[test]
fn a_score_belongs_to_a_session_of_this_journal() {
    let (place, other) = (Place::new(), Place::new());
    place.session("cold 10m", Duration::ZERO);
    let at = START + Duration::from_secs(15 * 60);
    other.session("heat 10m", Duration::from_secs(60));
    other.import(&place.lines(), &there(at));
    assert!(other.journal.note_pain(4, None, None, &here(at)).expect("written"));
    let pain: Vec<_> = other.journal.history(i64::MIN).expect("read").iter().map(|entry| entry.pain[1]).collect();
    assert_eq!(pain, [None, Some(4)]);
}

/// The score about the last moment counts, in whatever order they come. One that a copy of the journal got does not.
#[test]
fn the_last_of_several_scores_counts_in_a_trial_too() {
    let (place, copy) = (Place::new(), Place::new());
    let at = |hours: u64| START + Duration::from_secs(hours * 60 * 60);
    let new = NewTrial { options: ["a", "b"], rest: Duration::ZERO, site: Site::LOWER_BACK, blocks: 6, seed: Some(1) };
    place.journal.start_trial(&new, &here(START)).expect("written");
    let protocol = review(&crate::builder::steps("cold 10m"), &therapy::domain::rules::Context::default());
    let protocol = &protocol.expect("it passes");
    let session =
        NewSession { protocol, options: Options::default(), overrides: &[], pain: Some(6), started_ms: NOON_MS };
    let id = place.journal.begin_drawn(&session, (1, 0)).expect("written");
    copy.import(&place.lines(), &there(at(1)));
    place.journal.note_later(id, 2, Site::LOWER_BACK, &here(at(3))).expect("written");
    let scores = |earlier, later| {
        let history = place.journal.history(i64::MIN).expect("read");
        let drawn = place.journal.drawn(1).expect("read");
        assert_eq!(history[0].pain[0].zip(history[0].later.map(|(_, score)| score)), Some((earlier, later)));
        assert_eq!(drawn[0].before.zip(drawn[0].later), Some((earlier, later)));
    };
    scores(6, 2);
    for (hours, score, counts) in [(2, 5, 2), (4, 1, 1)] {
        place.journal.note_later(id, score, Site::LOWER_BACK, &here(at(hours))).expect("written");
        scores(6, counts);
    }
    copy.journal.note_later(1, 9, Site::LOWER_BACK, &there(at(5))).expect("written");
    place.import(&copy.lines(), &here(at(6)));
    scores(6, 1);
}

/// What was measured after the first export replaces what was assumed here: more, less, and still without an end.
#[test]
fn a_session_that_ran_when_it_came_gets_its_end() {
    let protocol = review(&crate::builder::steps("cold 10m, heat 10m"), &therapy::domain::rules::Context::default());
    let protocol = protocol.expect("it passes");
    let confirmed = Options { confirm: true, ..Options::default() };
    let (_, events) = crate::builder::Build::of(protocol.clone()).options(confirmed).play("3m pause; 4m resume");
    let minutes = |number: u64| Duration::from_secs(60 * number);
    for (script, cold, heat, outcome) in [
        ("3m pause; 4m resume; 5m stop", 4, 0, "stopped"),
        // The first step was held for 45 min.
        ("3m pause; 4m resume; 56m confirm; 57m stop", 55, 1, "stopped"),
        // It still has no end: the step that runs counts until its planned end.
        ("3m pause; 4m resume; 13m confirm", 12, 10, "cut_off"),
    ] {
        let place = Place::new();
        let id = place.begin(&protocol, confirmed, None, START);
        place.write(id, &events);
        let (first, other) = (place.lines(), Place::new());
        let before = there(START + minutes(5));
        assert_eq!(other.import(&first, &before), [Fate::Added]);
        let given = |journal: &Journal| {
            let entry = journal.history(i64::MIN).expect("read")[0].clone();
            (entry.actual.cold, entry.actual.heat, entry.outcome.unwrap_or_default(), entry.assumed)
        };
        assert_eq!(given(&other.journal), (minutes(10), Duration::ZERO, "cut_off".to_owned(), true), "as planned");

        let (session, all) = crate::builder::Build::of(protocol.clone()).options(confirmed).play(script);
        assert_eq!(all[..events.len()], events[..]);
        place.write(id, &all[events.len()..]);
        let second = place.lines();
        let now = there(START + minutes(60));
        // A look writes nothing.
        let dump = other.dump();
        assert_eq!(other.journal.import(&rows(&second, &now), || now.clone(), false).expect("read"), [Fate::Continued]);
        assert!(other.dump() == dump);
        assert_eq!(other.import(&second, &now), [Fate::Continued], "{script}");
        let is_open = session.outcome().is_none();
        assert_eq!(given(&other.journal), (minutes(cold), minutes(heat), outcome.to_owned(), is_open), "{script}");
        assert_eq!(other.lines(), second);
        // All of it counts, and where it was placed when it came first.
        let doses = |place: &Place, now: &Stamp| place.journal.doses(now, None).expect("read").0;
        assert_eq!(doses(&other, &now).totals().cold, minutes(cold));
        let late = there(START + minutes(100));
        let set = Stamp { wall_ms: late.wall_ms + millis(3 * DAY), ..late.clone() };
        assert_eq!(doses(&other, &set), doses(&other, &late));
        // The earlier form says nothing new any more, nor does the same once more.
        let dump = other.dump();
        assert_eq!(other.import(&[first.clone(), second.clone()].concat(), &now), [Fate::Known, Fate::Known]);
        assert!(other.dump() == dump);
        // Both in one file, in a journal that has neither.
        let third = Place::new();
        assert_eq!(third.import(&[first, second.clone()].concat(), &now), [Fate::Added, Fate::Continued]);
        assert_eq!(third.lines(), second);
    }
}

#[test]
fn only_what_follows_from_the_same_journal_continues_a_session() {
    let at = START + Duration::from_secs(30 * 60);
    let protocol = review(&crate::builder::steps("cold 10m"), &therapy::domain::rules::Context::default());
    let protocol = protocol.expect("it passes");
    let place = Place::new();
    let id = place.begin(&protocol, Options::default(), None, START);
    let (_, events) = crate::builder::session("cold 10m").play("6m pause; 7m resume; 8m stop");
    place.write(id, &events[..3]);
    let (first, own) = (place.lines(), place.journal.uid().expect("read"));
    place.write(id, &events[3..]);
    let second = place.lines();
    let edited = |from: &str, to: &str| {
        assert!(second[0].contains(from), "{} in {}", from, second[0]);
        second.iter().map(|line| line.replace(from, to)).collect::<Vec<_>>()
    };
    let other = Place::new();
    other.import(&first, &there(at));
    let dump = other.dump();
    let elsewhere = edited(&own, "elsewhere");
    let elsewhere_on_the_body = edited("\"site\":\"lower-back\"", "\"site\":\"neck\"");
    let changed = edited("\"clock_s\":300.0", "\"clock_s\":200.0");
    for lines in [&elsewhere, &elsewhere_on_the_body, &changed] {
        assert_eq!(other.import(lines, &there(at)), [Fate::Differs], "{lines:?}");
        assert!(other.dump() == dump);
    }
    // A session that is open here was planned with what was known: this one waits.
    let running = other.begin(&protocol, Options::default(), None, at);
    assert_eq!(other.import(&second, &there(at)), [Fate::Differs]);
    other.write(running, &moved(&events, at.since(START)));
    assert_eq!(other.import(&second, &there(at)), [Fate::Continued]);
    // The own session of a journal is not continued by a file.
    let own_place = Place::new();
    let id = own_place.begin(&protocol, Options::default(), None, START);
    own_place.write(id, &events[..3]);
    let own = own_place.lines();
    own_place.write(id, &events[3..]);
    assert_eq!(own_place.import(&own, &here(at)), [Fate::Known]);
}

/// A session that was cut off gives what its events say until its end, and nothing else is imported.
#[test]
fn a_session_that_was_cut_off_shows_what_counts() {
    let protocol = review(&crate::builder::steps("cold 15m, heat 10m"), &therapy::domain::rules::Context::default());
    let protocol = protocol.expect("it passes");
    let (_, events) = session("cold 15m, heat 10m").play("3m pause; 4m resume; 9m pause; 10m resume");
    let minutes = |number: u64| Duration::from_secs(60 * number);
    let now = there(START + minutes(120));
    // 10 min until the last event; by what was told, until the planned end, and in a pause.
    for (written, off, told, cold) in [
        (events.len(), Some(12), true, 10),
        (events.len(), None, false, 15),
        (events.len() - 1, None, false, 8),
        (0, None, false, 0),
    ] {
        let place = Place::new();
        let id = place.begin(&protocol, Options::default(), None, START);
        place.write(id, &events[..written]);
        let record = place.journal.record(id, &here(START + minutes(60))).expect("a record");
        let off = off.map_or(record.assumed_off(), |minute| START + minutes(minute));
        place.journal.close_cut_off(&record, off, told).expect("written");
        let (lines, other) = (place.lines(), Place::new());
        assert_eq!(other.import(&lines, &now), [Fate::Added]);
        assert_eq!(other.lines(), lines);
        let shown = other.journal.history(i64::MIN).expect("read")[0].actual.cold;
        assert_eq!(
            (shown, other.journal.doses(&now, None).expect("read").0.totals().cold),
            (minutes(cold), minutes(cold))
        );
        // Any other dose is not that of its events.
        for wrong in [0, 5, 15, 16_000].into_iter().filter(|wrong| *wrong != cold) {
            let edited =
                lines[0].replace(&format!("\"cold_s\":{:.1}", cold * 60), &format!("\"cold_s\":{}", wrong * 60));
            let edited = edited.replace(&format!("\"cold_s\":{}.0", cold * 60), &format!("\"cold_s\":{}", wrong * 60));
            assert_ne!(edited, lines[0]);
            assert_eq!(
                read(&edited, now.wall_ms),
                Err("cold_s is not what the events give".to_owned()),
                "{cold} {wrong}"
            );
        }
        let heat = lines[0].replace("\"heat_s\":0.0,\"overrides\"", "\"heat_s\":60,\"overrides\"");
        assert_ne!(heat, lines[0]);
        assert_eq!(read(&heat, now.wall_ms), Err("heat_s is not what the events give".to_owned()));
    }
}

/// What happened is placed by one time, wherever the time of day was set between.
#[test]
fn an_imported_session_is_where_its_start_says() {
    let place = Place::new();
    place.session("cold 10m", Duration::ZERO);
    let [line] = &place.lines()[..] else { panic!("one line") };
    let at = there(START + Duration::from_secs(30 * 60));
    let (head, events) = line.split_once("\"events\":").expect("events");
    let apart = "started_at and the time of the first event are more than an hour apart".to_owned();
    // All in another year, or the start.
    assert_eq!(
        read(&format!("{head}\"events\":{}", events.replace("\"at\":\"2026", "\"at\":\"2024")), at.wall_ms),
        Err(apart.clone())
    );
    assert_eq!(
        read(&line.replace("\"started_at\":\"2026-03-03T12:", "\"started_at\":\"2026-03-03T10:"), at.wall_ms),
        Err(apart)
    );
    // The clock was set back after the start, as it may be: the dose counts where it was.
    let (first, later) = events.split_once("},{").expect("two events");
    let set = format!("{head}\"events\":{first}}},{{{}", later.replace("\"at\":\"2026", "\"at\":\"2024"));
    let other = Place::new();
    assert_eq!(other.import(std::slice::from_ref(&set), &at), [Fate::Added]);
    assert_eq!(other.lines(), [set]);
    let doses = |place: &Place, now: &Stamp| place.journal.doses(now, None).expect("read").0;
    let usual = Place::new();
    usual.import(std::slice::from_ref(line), &at);
    assert_eq!(doses(&other, &at), doses(&usual, &at));
    assert_eq!(doses(&other, &at).totals().cold, Duration::from_secs(600));
}
