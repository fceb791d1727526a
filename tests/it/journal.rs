//! The journal: what is read back is what was recorded, whatever the clocks do and whatever happens
//! to the file; and what it says to the rules.
//!
//! No clock is read here: every time is written down.

#![expect(clippy::expect_used, reason = "what fails in a helper is a test that fails")]

use std::path::Path;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tempfile::TempDir;

use therapy::domain::course::{STALE, dose, earliest, exposures};
use therapy::domain::exposure::{Exposure, Load};
use therapy::domain::protocol::{Choice, Draft, Protocol};
use therapy::domain::rules::{Context, Finding, Injury, Severity, review};
use therapy::domain::session::{Event, EventKind, Input, Moment, Outcome, Session, SessionOptions};
use therapy::domain::step::StepKind::{Cold, Heat, Rest};
use therapy::domain::step::{Modality, Step};
use therapy::edge::catalog;
use therapy::edge::journal::{Journal, JournalError, NewSession, Record, Stamp};

use crate::laws::{Deed, START, Wakes, all_terms, config, kinds, lengths, play, protocols, scripts};
use crate::support::{Home, stderr, stdout};

const SECOND: Duration = Duration::from_secs(1);
/// Tuesday, 2026-03-03, noon.
const NOON_MS: i64 = 1_772_539_200_000;
const HOUR_MS: i64 = 60 * 60 * 1000;

fn min(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn hours(hours: u64) -> Duration {
    min(hours * 60)
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).expect("a short time")
}

/// A machine whose clocks are set by hand.
#[derive(Clone)]
struct Clocks {
    boot: &'static str,
    /// What the wall shows at the origin of the boot clock.
    origin_ms: i64,
}

/// One boot: the wall shows noon at the moment at which generated sessions start.
const FIRST: Clocks = Clocks { boot: "first", origin_ms: NOON_MS - 86_399_750 };

impl Clocks {
    fn at(&self, clock: Moment) -> Stamp {
        Stamp { wall_ms: self.origin_ms + millis(clock.since_origin()), boot: self.boot.to_owned(), clock }
    }
}

/// A journal in a folder of its own.
struct Place {
    folder: TempDir,
    journal: Journal,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let journal = Journal::open(folder.path()).expect("a new journal");
        Place { folder, journal }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn begin(&self, protocol: &Protocol, terms: SessionOptions, started_ms: i64) -> i64 {
        let new = NewSession { protocol, terms, overrides: &[], pain: None, started_ms };
        self.journal.begin(&new).expect("a session begins")
    }

    fn write(&self, id: i64, events: &[Event], clocks: &Clocks) {
        for event in events {
            self.journal.write(id, event, &clocks.at(event.at)).expect("an event is written");
        }
    }

    /// A whole session: what was said when, after its start.
    fn session(&self, protocol: &Protocol, start: Moment, said: &[(Duration, Input)], clocks: &Clocks) -> i64 {
        let id = self.begin(protocol, TERMS, clocks.at(start).wall_ms);
        self.write(id, &lived(protocol, start, said), clocks);
        id
    }

    fn past(&self, now: &Stamp) -> Context {
        let (past, record_ahead) = self.journal.past(now, None).expect("the past is read");
        Context { past, record_ahead, ..Context::default() }
    }
}

const TERMS: SessionOptions = SessionOptions { confirm: false, grace: Duration::from_secs(3) };

/// The events of a session that is woken whenever it asks, and in which this is said.
fn lived(protocol: &Protocol, start: Moment, said: &[(Duration, Input)]) -> Vec<Event> {
    let (mut session, mut log) = Session::start(protocol, TERMS, start);
    let mut wake = |session: &mut Session, until: Option<Moment>| {
        while let Some(wake) = session.wake_at().filter(|wake| until.is_none_or(|until| *wake <= until)) {
            let events = session.advance(wake);
            log.extend(events);
        }
        log.len()
    };
    let mut inputs = Vec::new();
    for &(after, input) in said {
        let len = wake(&mut session, Some(start + after));
        inputs.push((len, session.handle(start + after, input)));
    }
    if said.is_empty() {
        wake(&mut session, None);
    }
    for (place, events) in inputs.into_iter().rev() {
        log.splice(place..place, events);
    }
    log
}

fn protocol(steps: &[Exposure]) -> Protocol {
    Draft::of("test", steps).review(Choice::default(), &Context::default(), &[]).expect("it passes")
}

// What is read back.

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn a_session_that_is_read_back_stands_where_it_stood(
        protocol in protocols(), terms in all_terms(), script in scripts(),
    ) {
        let place = Place::new();
        let id = place.begin(&protocol, terms, NOON_MS);
        play(&protocol, terms, &script, Wakes::Asked, |session, events| {
            place.write(id, events, &FIRST);
            let now = FIRST.at(session.now());
            let record = place.journal.record(id, &now).expect("it is read");
            let mut back = record.session().expect("it has a start");
            assert!(back.advance(session.now()).is_empty(), "nothing happens again: {session:?}");
            assert_eq!(format!("{back:?}"), format!("{session:?}"));
            let worn = exposures(&record.protocol, &record.events, session.now());
            let given = Modality::ALL.map(|modality| dose(&worn, modality));
            assert_eq!(given, Modality::ALL.map(|modality| session.dose(modality)), "{session:?}");
        });
    }
}

// What the rules make of it.

/// Sessions one after the other, each with the time before it.
type Sessions = Vec<(Duration, Protocol, SessionOptions, Vec<(Duration, Deed)>)>;

fn histories() -> impl Strategy<Value = Sessions> {
    let gaps = prop_oneof![4 => lengths(0..=60 * 60), 1 => lengths(0..=20 * 60 * 60)];
    vec((gaps, protocols(), all_terms(), scripts()), 0..5)
}

/// Writes them one after the other and tells when the last one ended.
fn fill(place: &Place, sessions: &Sessions) -> Moment {
    let mut end = START;
    for (gap, protocol, terms, script) in sessions {
        let start = end + *gap;
        let (_, mut log) = play(protocol, *terms, script, Wakes::Asked, |_, _| ());
        for event in &mut log {
            event.at = start + event.at.since(START);
        }
        let id = place.begin(protocol, *terms, FIRST.at(start).wall_ms);
        place.write(id, &log, &FIRST);
        end = log.last().map_or(start, |last| last.at);
    }
    end
}

/// Built-in plans as they are and with a choice, and plans that somebody wrote.
fn plans() -> impl Strategy<Value = (Draft, Choice)> {
    let built_ins: Vec<Draft> = catalog::built_ins().iter().map(|entry| entry.parsed.draft.clone()).collect();
    let built_ins: Vec<Draft> = built_ins.into_iter().filter(|draft| !draft.steps.is_empty()).collect();
    let choices = (proptest::option::of(lengths(1..=30 * 60)), proptest::option::of(1..4_u32));
    let choices = choices.prop_map(|(length, rounds)| Choice { length, rounds });
    prop_oneof![
        (select(built_ins), prop_oneof![Just(Choice::default()), choices]),
        vec((kinds(), lengths(1..=20 * 60)), 1..6).prop_map(|steps| (Draft::of("test", &steps), Choice::default())),
    ]
}

fn injuries() -> impl Strategy<Value = Injury> {
    let ages = || lengths(0..=100 * 60 * 60);
    prop_oneof![
        2 => Just(Injury::Unknown),
        3 => ages().prop_map(Injury::Ago),
        1 => ages().prop_map(Injury::InFuture),
    ]
}

/// What is allowed from a time on is accepted then, and refused a second before.
fn earliest_is_exact(draft: &Draft, choice: Choice, context: &Context) -> Option<Duration> {
    let accepts = |wait| draft.review(choice, &context.later(wait), &[]).is_ok();
    let earliest = earliest(draft, choice, context);
    if let Some(wait) = earliest {
        assert!(accepts(wait), "refused after {wait:?}: {draft:?}, {context:?}");
        if let Some(less) = wait.checked_sub(SECOND) {
            assert!(!accepts(less), "accepted a second before {wait:?}: {draft:?}, {context:?}");
        }
    } else {
        assert!(!accepts(Duration::ZERO), "nothing stands against it: {draft:?}, {context:?}");
    }
    earliest
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn what_the_journal_allows_from_a_time_on_is_accepted_then_and_not_before(
        sessions in histories(), since in lengths(0..=30 * 60), behind in select(vec![0, 0, 0, 1, 120_000, 300_000]),
        plans in vec(plans(), 4), injury in injuries(),
    ) {
        let place = Place::new();
        let clock = fill(&place, &sessions) + since;
        let now = Stamp { wall_ms: FIRST.at(clock).wall_ms - behind, ..FIRST.at(clock) };
        let context = Context { injury, ..place.past(&now) };
        prop_assert_eq!(context.past.len(), sessions.len());
        for (draft, choice) in &plans {
            let Some(wait) = earliest_is_exact(draft, *choice, &context) else { continue };
            // And not only on paper: the journal says so too when that time has come.
            let then = Stamp { wall_ms: now.wall_ms + millis(wait) + 1, clock: clock + wait, ..now.clone() };
            let later = Context { injury: context.later(wait).injury, ..place.past(&then) };
            let findings = review(&draft.expand(*choice), &later);
            prop_assert!(findings.iter().all(|finding| finding.severity < Severity::Overridable), "{:?}", findings);
        }
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn what_is_allowed_from_a_time_on_is_accepted_then_and_not_before(
        past in vec((lengths(0..=3 * 60 * 60), vec((kinds(), lengths(0..=40 * 60)), 0..6)), 0..12),
        record_ahead in prop_oneof![3 => Just(Duration::ZERO), 1 => lengths(0..=10 * 60)],
        injury in injuries(), (draft, choice) in plans(),
    ) {
        let mut context = Context { injury, record_ahead, ..Context::default() };
        for (gap, exposures) in past {
            let began = gap + exposures.iter().map(|(_, length)| *length).sum::<Duration>();
            for earlier in &mut context.past {
                earlier.began += began;
            }
            context.past.push(therapy::domain::rules::Past { began, exposures });
        }
        earliest_is_exact(&draft, choice, &context);
    }
}

fn says(rule: &str, steps: &[Exposure], context: &Context) -> Option<Finding> {
    review(&Draft::of("test", steps).expand(Choice::default()), context)
        .into_iter()
        .find(|finding| finding.rule == rule)
}

#[test]
fn rewarm_counts_what_was_given_and_not_what_was_planned() {
    let ice_20 = protocol(&[(Cold, min(20))]);
    let place = Place::new();
    place.session(&ice_20, START, &[], &FIRST);
    let context = place.past(&FIRST.at(START + min(40)));
    let refused = says("rewarm", &[(Cold, min(15))], &context).expect("20 min after");
    assert_eq!((refused.severity, refused.passes_after), (Severity::Overridable, Some(min(10))));
    assert!(says("rewarm", &[(Cold, min(15))], &place.past(&FIRST.at(START + min(50)))).is_none());
    assert!(says("rewarm", &[(Heat, min(20))], &context).is_none(), "heat is another load");

    let place = Place::new();
    place.session(&ice_20, START, &[(min(12), Input::Stop)], &FIRST);
    let context = place.past(&FIRST.at(START + min(13)));
    assert!(says("rewarm", &[(Cold, min(8))], &context).is_none(), "{context:?}");
    assert!(says("rewarm", &[(Cold, min(9))], &context).is_some(), "{context:?}");
}

#[test]
fn a_pause_is_not_counted_and_an_extension_is() {
    let ice = protocol(&[(Cold, min(10))]);
    let place = Place::new();
    let said = [(min(5), Input::Pause), (min(15), Input::Resume), (min(16), Input::Extend(min(5)))];
    let id = place.session(&ice, START, &[&said[..], &[(min(25), Input::Stop)]].concat(), &FIRST);
    let now = FIRST.at(START + min(60));
    let context = place.past(&now);
    assert_eq!(context.past[0].exposures, [(Cold, min(5)), (Rest, min(10)), (Cold, min(10))]);
    assert_eq!(context.past[0].began, min(60));
    assert_eq!(place.journal.history(i64::MIN).expect("a history")[0].actual, [min(15), Duration::ZERO]);
    assert_eq!(place.journal.record(id, &now).expect("a record").outcome.as_deref(), Some("completed"));
}

#[test]
fn a_day_takes_eight_doses_of_cold_and_the_ninth_waits() {
    let ice = protocol(&[(Cold, min(20))]);
    let place = Place::new();
    for number in 0..8 {
        let now = FIRST.at(START + hours(2 * number));
        assert!(says("cold-daily", &[(Cold, min(20))], &place.past(&now)).is_none(), "dose {number}");
        place.session(&ice, now.clock, &[], &FIRST);
    }
    let now = START + hours(16);
    let refused = says("cold-daily", &[(Cold, min(20))], &place.past(&FIRST.at(now))).expect("the ninth");
    assert_eq!((refused.severity, refused.passes_after), (Severity::Overridable, Some(hours(8))));
    assert!(says("cold-daily", &[(Cold, SECOND)], &place.past(&FIRST.at(now))).is_some());
    assert!(says("cold-daily", &[(Cold, min(20))], &place.past(&FIRST.at(now + hours(8)))).is_none());
}

#[test]
fn a_day_takes_two_hours_of_heat_without_a_warning() {
    let heat = protocol(&[(Heat, min(30))]);
    let place = Place::new();
    for number in 0..4 {
        let now = FIRST.at(START + hours(3 * number));
        assert!(says("heat-daily", &[(Heat, min(30))], &place.past(&now)).is_none(), "dose {number}");
        place.session(&heat, now.clock, &[], &FIRST);
    }
    let now = START + hours(12);
    let warned = says("heat-daily", &[(Heat, min(1))], &place.past(&FIRST.at(now))).expect("more than 120 min");
    assert_eq!(warned.severity, Severity::Warn);
    assert!(says("heat-daily", &[(Heat, min(1))], &place.past(&FIRST.at(START + hours(24)))).is_none());
}

#[test]
fn cold_sessions_are_spaced_from_start_to_start() {
    let place = Place::new();
    // The cold of it begins 10 min after its start.
    place.session(&protocol(&[(Heat, min(10)), (Cold, min(5))]), START, &[], &FIRST);
    let early = FIRST.at(START + min(129));
    let warned = says("cold-spacing", &[(Cold, min(10))], &place.past(&early)).expect("119 min");
    assert_eq!((warned.severity, warned.passes_after), (Severity::Warn, Some(min(1))));
    assert!(says("cold-spacing", &[(Rest, min(1)), (Cold, min(10))], &place.past(&early)).is_none());
    assert!(says("cold-spacing", &[(Cold, min(10))], &place.past(&FIRST.at(START + min(130)))).is_none());
}

#[test]
fn an_eighth_day_of_one_injury_is_told() {
    let place = Place::new();
    let ice = protocol(&[(Cold, min(10))]);
    let context = |days| Context { days, ..Context::default() };
    // Twice a day; the day before the injury does not count.
    place.session(&ice, START, &[], &FIRST);
    let injured = NOON_MS + 24 * HOUR_MS;
    for day in 1..=8 {
        for hour in [1, 5] {
            place.session(&ice, START + hours(24 * day + hour), &[], &FIRST);
        }
        let days = place.journal.days_with_sessions(injured, 32).expect("days");
        assert_eq!(u64::from(days), day);
        let told = says("long-pain", &[(Cold, min(10))], &context(days));
        assert_eq!(told.map(|finding| finding.severity), (day > 7).then_some(Severity::Note), "day {day}");
    }
    assert_eq!(place.journal.days_with_sessions(injured, 3).expect("days"), 3, "counts no further");
}

#[test]
fn a_record_that_ends_in_the_future_is_told_from_two_minutes_on() {
    let place = Place::new();
    place.session(&protocol(&[(Cold, min(10))]), START, &[], &FIRST);
    let end = FIRST.at(START + min(10));
    let behind = |ms| place.past(&Stamp { wall_ms: end.wall_ms - ms, ..end.clone() });
    assert!(says("clock-behind", &[(Rest, min(1))], &behind(120_000)).is_none());
    let refused = says("clock-behind", &[(Rest, min(1))], &behind(120_001)).expect("set back");
    assert_eq!((refused.severity, refused.passes_after), (Severity::Overridable, Some(Duration::from_millis(1))));
    assert!(says("clock-behind", &[(Rest, min(1))], &behind(-HOUR_MS)).is_none());
}

// Clocks.

/// After a reboot: another boot clock, and a wall that is right.
const SECOND_BOOT: Clocks = Clocks { boot: "second", origin_ms: NOON_MS - 10_000 * HOUR_MS };

impl Clocks {
    /// All clocks when so much time has passed since noon.
    fn after(&self, length: Duration) -> Stamp {
        self.at(self.noon() + length)
    }

    fn noon(&self) -> Moment {
        let since = u64::try_from(NOON_MS - self.origin_ms).expect("noon comes after the boot");
        Moment::new(Duration::from_millis(since))
    }
}

fn ice_20() -> Protocol {
    protocol(&[(Cold, min(20))])
}

#[test]
fn within_a_boot_the_wall_may_show_what_it_likes() {
    for set_by in [-40 * 24 * HOUR_MS, -HOUR_MS, 0, HOUR_MS, 3 * 24 * HOUR_MS, 4000 * 24 * HOUR_MS] {
        let place = Place::new();
        let id = place.begin(&ice_20(), TERMS, NOON_MS);
        let log = lived(&ice_20(), START, &[]);
        // It is set in the middle of the session, and once more after it.
        let set = Clocks { origin_ms: FIRST.origin_ms + set_by, ..FIRST };
        place.write(id, &log[..2], &FIRST);
        place.write(id, &log[2..], &set);
        for wall in [&FIRST, &set] {
            let now = wall.at(START + min(50));
            let record = place.journal.record(id, &now).expect("a record");
            assert_eq!(record.events, log, "set by {set_by} ms");
            assert_eq!(record.age(&now), min(30));
            let context = place.past(&now);
            assert_eq!(context.past[0].exposures, [(Cold, min(20))]);
            assert_eq!(context.past[0].began, min(50));
            assert_eq!(context.carried().of(Modality::Cold), min(5));
            let ahead = u64::try_from(set.at(START + min(20)).wall_ms - now.wall_ms).unwrap_or(0);
            assert_eq!(context.record_ahead, Duration::from_millis(ahead));
        }
    }
}

#[test]
fn across_boots_the_wall_tells_how_long_ago_it_was() {
    let place = Place::new();
    let id = place.session(&ice_20(), START, &[], &FIRST);
    let now = SECOND_BOOT.after(min(50));
    let record = place.journal.record(id, &now).expect("a record");
    assert_eq!(record.age(&now), min(30));
    let context = place.past(&now);
    assert_eq!((context.past[0].began, &context.past[0].exposures[..]), (min(50), &[(Cold, min(20))][..]));
    assert_eq!(context.carried().of(Modality::Cold), min(5));
    // A system that names no boot has only the wall, however alike the names are.
    let nameless = Clocks { boot: "", ..FIRST };
    let id = place.session(&ice_20(), START, &[], &nameless);
    let later = Stamp { wall_ms: NOON_MS + 2 * HOUR_MS, ..nameless.at(START + min(25)) };
    assert_eq!(place.journal.record(id, &later).expect("a record").age(&later), min(100));
}

#[test]
fn a_wall_set_back_across_boots_makes_the_last_dose_as_fresh_as_can_be() {
    let place = Place::new();
    let id = place.session(&ice_20(), START, &[], &FIRST);
    for minutes in [0, 10, 19] {
        let now = SECOND_BOOT.after(min(minutes));
        let record = place.journal.record(id, &now).expect("a record");
        assert_eq!(record.age(&now), Duration::ZERO);
        let context = place.past(&now);
        assert_eq!((context.past[0].began, &context.past[0].exposures[..]), (min(20), &[(Cold, min(20))][..]));
        assert_eq!(context.record_ahead, min(20 - minutes));
        assert_eq!(context.carried().of(Modality::Cold), min(20));
    }
}

#[test]
fn a_reboot_in_the_middle_of_a_session_is_a_gap_by_the_wall() {
    for (said, cold, rest) in [
        // The pack was off at a word, and on again after the reboot.
        (vec![(min(5), Input::Pause), (min(35), Input::Resume), (min(45), Input::Stop)], 15, 30),
        // Nobody said anything: it was on.
        (vec![(min(18), Input::Stop)], 18, 0),
    ] {
        let log = lived(&ice_20(), START, &said);
        let place = Place::new();
        let id = place.begin(&ice_20(), TERMS, NOON_MS);
        let again = log.iter().position(|event| event.at >= START + min(12)).expect("it goes on after the reboot");
        place.write(id, &log[..again], &FIRST);
        let now = SECOND_BOOT.after(min(12));
        let until_then = place.journal.record(id, &now).expect("a record");
        assert_eq!(until_then.age(&now), (START + min(12)).since(log[again - 1].at));
        let moved = |event: &Event| Event { at: SECOND_BOOT.noon() + event.at.since(START), ..*event };
        let rebooted: Vec<Event> = log.iter().map(moved).collect();
        place.write(id, &rebooted[again..], &SECOND_BOOT);
        let now = SECOND_BOOT.after(min(60));
        assert_eq!(place.journal.record(id, &now).expect("a record").events, rebooted);
        let context = place.past(&now);
        assert_eq!(dose(&context.past[0].exposures, Modality::Cold), min(cold));
        let rests = context.past[0].exposures.iter().filter(|(kind, _)| *kind == Rest);
        assert_eq!(rests.map(|(_, length)| *length).sum::<Duration>(), min(rest));
        assert_eq!(context.past[0].began, min(60));
    }
}

#[test]
fn eight_hours_asleep_in_the_middle_of_cold_were_cold_unless_it_was_paused() {
    let place = Place::new();
    let id = place.begin(&ice_20(), TERMS, NOON_MS);
    let (mut session, mut log) = Session::start(&ice_20(), TERMS, START);
    place.write(id, &log, &FIRST);
    let now = FIRST.at(START + hours(8));
    let context = place.past(&now);
    assert_eq!(context.past[0].exposures, [(Cold, hours(8))]);
    assert_eq!(context.carried().of(Modality::Cold), hours(8));
    let refused = says("rewarm", &[(Cold, min(20))], &context).expect("far above the limit");
    assert_eq!(refused.passes_after, Some(hours(16)));
    // What is written when it wakes says the same.
    let mut back = place.journal.open_session(&now).expect("read").expect("open").session().expect("a session");
    let end = back.advance(now.clock);
    assert_eq!(end, session.advance(now.clock));
    assert_eq!(back.outcome(), Some(Outcome::Completed));
    place.write(id, &end, &FIRST);
    assert_eq!(place.past(&now).past[0].exposures, [(Cold, hours(8))]);
    assert_eq!(place.journal.history(i64::MIN).expect("a history")[0].actual, [hours(8), Duration::ZERO]);

    let place = Place::new();
    let id = place.begin(&ice_20(), TERMS, NOON_MS);
    (session, log) = Session::start(&ice_20(), TERMS, START);
    log.extend(session.handle(START + min(5), Input::Pause));
    place.write(id, &log, &FIRST);
    let context = place.past(&now);
    assert_eq!(context.past[0].exposures, [(Cold, min(5)), (Rest, hours(8).saturating_sub(min(5)))]);
    assert!(says("rewarm", &[(Cold, min(20))], &context).is_none());
}

#[test]
fn what_was_cut_off_long_ago_is_closed_with_what_is_known() {
    // (what was said, the dose that is known, what the rules count with)
    let cases = [(vec![], min(10), min(20)), (vec![(min(11), Input::Pause)], min(11), min(11))];
    for (said, known, counted) in cases {
        let mut log = lived(&ice_20(), START, &said);
        // Nothing was written after 12 min.
        log.retain(|event| event.at < START + min(12));
        let last = log.last().expect("something was written").at;
        let place = Place::new();
        let id = place.begin(&ice_20(), TERMS, NOON_MS);
        place.write(id, &log, &FIRST);
        for now in [FIRST.at(last + STALE), SECOND_BOOT.after(last.since(START) + STALE)] {
            assert_eq!(place.journal.record(id, &now).expect("a record").age(&now), STALE, "still taken up");
        }
        let now = SECOND_BOOT.after(hours(4));
        let open = place.journal.open_session(&now).expect("read").expect("it is open");
        assert!(open.age(&now) > STALE);
        place.journal.close_cut_off(&open).expect("it is closed");
        assert!(place.journal.open_session(&now).expect("read").is_none());
        let [entry] = &place.journal.history(i64::MIN).expect("a history")[..] else { panic!("one session") };
        assert_eq!((entry.outcome.as_deref(), entry.actual), (Some("cut_off"), [known, Duration::ZERO]));
        assert_eq!(entry.ended_ms, Some(FIRST.at(last).wall_ms));
        let context = place.past(&now);
        assert_eq!(dose(&context.past[0].exposures, Modality::Cold), counted);
        assert_eq!(context.past[0].began, hours(4));
    }
}

#[test]
fn an_event_of_no_session_is_refused() {
    let place = Place::new();
    let event = Event { at: START, elapsed: Duration::ZERO, step: 0, kind: EventKind::Started };
    let refused = place.journal.write(1, &event, &FIRST.at(START)).expect_err("there is no session");
    assert!(refused.to_string().contains("FOREIGN KEY"), "{refused}");
}

#[test]
fn a_session_whose_clock_never_started_counts_for_nothing() {
    let place = Place::new();
    let id = place.begin(&ice_20(), TERMS, NOON_MS);
    let now = FIRST.after(min(1));
    let open = place.journal.open_session(&now).expect("read").expect("it is open");
    assert!(open.session().is_none());
    assert!(place.past(&now).past.is_empty());
    place.journal.close_cut_off(&open).expect("it is closed");
    assert!(place.past(&now).past.is_empty());
    assert_eq!(place.journal.history(i64::MIN).expect("a history")[0].actual, [Duration::ZERO; 2]);
    let id_of_next = place.begin(&ice_20(), TERMS, NOON_MS);
    assert_ne!(id, id_of_next);
    place.journal.forget(id_of_next).expect("it is taken back");
    assert_eq!(place.journal.history(i64::MIN).expect("a history").len(), 1);
}

// Damage.

/// How many sessions the journals below hold that are to be damaged.
const MANY: usize = 12;
/// How many of them are in the file itself; the others are in its log.
const SETTLED: usize = 8;

/// A journal that was in use: the file and the log that is not yet part of it.
struct Used {
    file: Vec<u8>,
    log: Vec<u8>,
}

fn sqlite(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("journal.db")).expect("a database")
}

fn used() -> &'static Used {
    static USED: OnceLock<Used> = OnceLock::new();
    USED.get_or_init(|| {
        let place = Place::new();
        let contrast = protocol(&[(Heat, min(10)), (Cold, min(10)), (Rest, min(1))]);
        let mut start = START;
        for number in 0..MANY {
            if number == SETTLED {
                let settle = "PRAGMA wal_checkpoint(TRUNCATE)";
                sqlite(place.path()).query_row(settle, [], |_| Ok(())).expect("the log is taken in");
            }
            // The last one is still running.
            let said = if number == MANY - 1 { &[(min(5), Input::Pause)][..] } else { &[] };
            place.session(&contrast, start, said, &FIRST);
            place.journal.set_injury(Some(NOON_MS - HOUR_MS), &FIRST.at(start)).expect("an injury");
            start = start + hours(2);
        }
        let read = |name: &str| std::fs::read(place.path().join(name)).expect("a file");
        Used { file: read("journal.db"), log: read("journal.db-wal") }
    })
}

impl Used {
    /// The whole of it in one file.
    fn settled(&self) -> Vec<u8> {
        let folder = lay(&self.file, Some(&self.log));
        drop(sqlite(folder.path()).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        std::fs::read(folder.path().join("journal.db")).expect("a file")
    }
}

fn lay(file: &[u8], log: Option<&[u8]>) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("journal.db"), file).expect("a file");
    if let Some(log) = log {
        std::fs::write(folder.path().join("journal.db-wal"), log).expect("a file");
    }
    folder
}

/// An error that says what is wrong and what to do, and nothing that a terminal would obey.
fn is_clear(error: &JournalError) {
    let text = format!("{error}; {}", error.hint());
    assert!(text.contains("journal.db"), "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(!error.hint().is_empty());
}

/// All that commands read. Each answers or says clearly why not; what is read can be gone on with.
/// Returns the numbers of all sessions and of all events, where they can be read.
fn probe(folder: &Path) -> Option<(usize, usize)> {
    fn told<T>(read: Result<T, JournalError>) -> Option<T> {
        read.inspect_err(is_clear).ok()
    }
    let now = FIRST.after(hours(72));
    let journal = told(Journal::open(folder))?;
    let record = |record: Record| {
        if let Some(mut session) = record.session() {
            let _ = session.advance(now.clock);
            let _ = session.handle(now.clock, Input::Stop);
        }
        let _ = dose(&exposures(&record.protocol, &record.events, now.clock), Modality::Cold);
        record.events.len()
    };
    told(journal.open_session(&now)).flatten().map(record);
    told(journal.past(&now, None));
    told(journal.injury());
    told(journal.days_with_sessions(i64::MIN, 32));
    told(journal.next_request(1, 0));
    let history = told(journal.history(i64::MIN))?;
    let mut events = 0;
    for entry in &history {
        events += told(journal.record(entry.id, &now)).map(record)?;
    }
    Some((history.len(), events))
}

#[test]
fn a_journal_that_was_cut_short_says_so() {
    let whole = used().settled();
    let all = probe(lay(&whole, None).path()).expect("nothing is wrong with it");
    assert_eq!(all.0, MANY);
    let page = usize::from(u16::from_be_bytes([whole[16], whole[17]]));
    let boundaries = (0..whole.len()).step_by(page);
    let odd = (0..24).map(|number| number * 7919 % whole.len());
    for length in boundaries.chain(odd) {
        let folder = lay(&whole[..length], None);
        let read = probe(folder.path());
        assert!(read.is_none_or(|read| read == all), "cut at {length}: {read:?} of {all:?} and nothing said");
        if length < page {
            assert!(Journal::open(folder.path()).is_err(), "cut at {length}: without a head it is no journal");
        }
    }
}

#[test]
fn a_log_that_was_cut_short_loses_the_last_events_and_no_others() {
    let Used { file, log } = used();
    let page = usize::from(u16::from_be_bytes([file[16], file[17]]));
    let frames = (32..=log.len()).step_by(page + 24);
    let odd = (0..24).map(|number| number * 104_729 % log.len());
    let mut cuts: Vec<usize> = frames.chain(odd).chain([log.len()]).collect();
    cuts.sort_unstable();
    let mut before = (SETTLED, 0);
    for length in cuts {
        let folder = lay(file, Some(&log[..length]));
        let read = probe(folder.path()).expect("what was written before can be read");
        assert!(read >= before, "cut at {length}: {read:?}, and less of it gave {before:?}");
        before = read;
    }
    assert_eq!(before.0, MANY);
    assert_eq!(Some(before), probe(lay(&used().settled(), None).path()));
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn no_damage_to_the_file_is_worse_than_an_error(
        flips in vec((any::<Index>(), 1..=u8::MAX), 1..12), in_the_log in any::<bool>(),
    ) {
        let Used { file, log } = used();
        let (mut file, mut log) = (file.clone(), log.clone());
        let hit = if in_the_log { &mut log } else { &mut file };
        for (place, bits) in flips {
            let place = place.index(hit.len());
            hit[place] ^= bits;
        }
        let read = probe(lay(&file, Some(&log)).path());
        // The log has a checksum: it can only end early.
        prop_assert!(!in_the_log || read.is_some_and(|(sessions, _)| sessions >= SETTLED), "{:?}", read);
    }
}

#[test]
fn no_value_in_a_row_is_worse_than_an_error() {
    let whole = used().settled();
    let columns = {
        let folder = lay(&whole, None);
        let sql = "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table'";
        let database = sqlite(folder.path());
        let mut statement = database.prepare(sql).expect("a query");
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        rows.and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>).expect("columns")
    };
    let values = [
        "NULL",
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "1e300",
        "'\u{1b}[2J'",
        "x'ff00fe'",
        "'[]'",
        r#"'[{"kind":"cold","length_ns":9223372036854775807,"note":null,"round":4294967295,"origin":18446744073709551615}]'"#,
        "'started'",
        "'overran'",
        "'finished'",
    ];
    let mut tried = 0;
    for (table, column) in columns {
        for value in values {
            let folder = lay(&whole, None);
            let sql =
                format!("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; UPDATE {table} SET {column} = {value}");
            // A number must stay its row's own.
            let one = if column == "id" { " WHERE id = 3" } else { "" };
            if sqlite(folder.path()).execute_batch(&(sql + one)).is_ok() {
                tried += 1;
                probe(folder.path());
                let shown = Journal::open(folder.path()).and_then(|journal| journal.history(i64::MIN));
                for entry in shown.unwrap_or_default() {
                    let text = format!("{}{:?}{}", entry.protocol, entry.outcome, entry.overrides);
                    assert!(!text.contains(char::is_control), "{text:?}");
                }
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

#[test]
fn what_is_no_journal_is_never_taken_for_an_empty_one() {
    let empty_database = {
        let folder = tempfile::tempdir().expect("a temporary folder");
        sqlite(folder.path()).execute_batch("CREATE TABLE other (id); DROP TABLE other").expect("a database");
        std::fs::read(folder.path().join("journal.db")).expect("a file")
    };
    for file in [empty_database, Vec::new(), vec![0; 4096], b"SQLite format 3\0".to_vec(), b"notes\n".repeat(999)] {
        let folder = lay(&file, None);
        let error = Journal::open(folder.path()).expect_err("not a journal");
        assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
        is_clear(&error);
        let left = std::fs::read(folder.path().join("journal.db")).expect("it is left there");
        assert_eq!(left.len(), file.len());
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("journal.db")).expect("a folder");
    let error = Journal::open(folder.path()).expect_err("not even a file");
    is_clear(&error);
}

#[test]
fn a_newer_journal_is_left_to_the_newer_program() {
    let place = Place::new();
    sqlite(place.path()).pragma_update(None, "user_version", 2).expect("a version");
    let error = Journal::open(place.path()).expect_err("newer");
    assert!(matches!(error, JournalError::Newer { found: 2, .. }), "{error}");
    is_clear(&error);
}

#[test]
fn text_comes_out_of_the_journal_printable() {
    let evil = "a\u{1b}]0;b\u{7}\u{9b}31m<b>c</b>\n\rd";
    let place = Place::new();
    let step = Step { kind: Cold, length: min(10), note: Some(evil.to_owned()), round: 1, origin: 0 };
    let protocol = Protocol::recorded(evil.to_owned(), vec![step], Load::NONE).expect("a step");
    let id = place.session(&protocol, START, &[], &FIRST);
    let request = place.journal.ask(id, Input::Pause).expect("asked");
    place.journal.reply(request, evil).expect("answered");
    sqlite(place.path())
        .execute("UPDATE session SET outcome = ?1, overrides = ?1", [evil])
        .expect("whoever can write the file can write anything into it");
    let record = place.journal.record(id, &FIRST.after(min(10))).expect("a record");
    let [entry] = &place.journal.history(i64::MIN).expect("a history")[..] else { panic!("one session") };
    let texts = [
        record.protocol.name(),
        record.protocol.steps()[0].note.as_deref().expect("a note"),
        record.outcome.as_deref().expect("an outcome"),
        &entry.protocol,
        entry.outcome.as_deref().expect("an outcome"),
        &entry.overrides,
        &place.journal.answer(request).expect("read").expect("an answer"),
    ];
    for text in texts {
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(text.starts_with('a') && text.contains("<b>c</b>"), "{text:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_journal_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join("share").join("therapy");
    let journal = Journal::open(&folder).expect("a new journal");
    journal.set_injury(Some(NOON_MS), &FIRST.after(SECOND)).expect("a row");
    let _lock = Journal::lock(&folder).expect("a lock").expect("nobody holds it");
    let mode = |path: &Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> =
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    assert_eq!(files.len(), 4, "the journal, its log, the index of that and the lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn two_shells_that_make_the_journal_at_once_make_one() {
    for _ in 0..6 {
        let home = Home::new();
        let mut shells: Vec<_> = ["30h ago", "40h ago", "50h ago"]
            .iter()
            .map(|when| home.command(&["injury", "set", when]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn())
            .collect();
        for shell in shells.drain(..) {
            let output = shell.and_then(std::process::Child::wait_with_output).expect("it runs");
            assert!(output.status.success(), "{}", stderr(&output));
        }
        let data = home.path().join("data");
        let rows: i64 =
            sqlite(&data).query_row("SELECT count(*) FROM injury", [], |row| row.get(0)).expect("a whole journal");
        assert_eq!(rows, 3);
        let names: Vec<_> =
            std::fs::read_dir(&data).expect("a folder").map(|entry| entry.expect("a file").file_name()).collect();
        assert!(names.iter().all(|name| *name == *"journal.db"), "nothing is left over: {names:?}");
    }
}

// History.

/// A home with a journal in it.
fn home() -> (Home, Journal) {
    let home = Home::new();
    let journal = Journal::open(&home.path().join("data")).expect("a new journal");
    (home, journal)
}

/// A session that went as planned, so many hours after noon, with the pain before and after.
fn noted(journal: &Journal, name: &str, steps: &[Exposure], hour: i64, pain: [Option<u8>; 2]) -> i64 {
    let plan = Draft::of(name, steps);
    let protocol = plan.review(Choice::default(), &Context::default(), &[]).expect("it passes");
    let started_ms = NOON_MS + hour * HOUR_MS;
    let overrides: &[&str] = if hour == 0 { &["cold-daily", "rewarm"] } else { &[] };
    let new = NewSession { protocol: &protocol, terms: TERMS, overrides, pain: pain[0], started_ms };
    let id = journal.begin(&new).expect("a session begins");
    let clocks = Clocks { origin_ms: FIRST.origin_ms + hour * HOUR_MS, ..FIRST };
    for event in lived(&protocol, START, &[]) {
        journal.write(id, &event, &clocks.at(event.at)).expect("an event is written");
    }
    if let Some(after) = pain[1] {
        assert_eq!(journal.note_pain(after, &clocks.at(START + min(40))).expect("noted"), Some(id));
    }
    id
}

fn shown(home: &Home, arguments: &[&str]) -> String {
    let output = home.run(&[&["history"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn history_is_in_the_order_of_time_and_from_then_on() {
    let (home, journal) = home();
    let late = noted(&journal, "late", &[(Heat, min(20))], 26, [None, Some(2)]);
    let early = noted(&journal, "early", &[(Cold, min(15))], 0, [Some(7), Some(4)]);
    let middle = noted(&journal, "middle", &[(Heat, min(10)), (Cold, min(10))], 24, [Some(3), None]);
    let ids =
        |since_ms| -> Vec<i64> { journal.history(since_ms).expect("a history").iter().map(|entry| entry.id).collect() };
    assert_eq!(ids(i64::MIN), [early, middle, late]);
    assert_eq!(ids(NOON_MS), [early, middle, late]);
    assert_eq!(ids(NOON_MS + 1), [middle, late]);
    assert_eq!(ids(i64::MAX), [0; 0]);
    let pains: Vec<_> = journal.history(i64::MIN).expect("a history").iter().map(|entry| entry.pain).collect();
    assert_eq!(pains, [[Some(7), Some(4)], [Some(3), None], [None, Some(2)]]);

    let all = shown(&home, &[]);
    let rows: Vec<&str> = all.lines().skip(1).collect();
    assert!(rows[0].starts_with("2026-03-03 12:00  early"), "{all}");
    assert!(rows[0].ends_with("7 to 4") && rows[1].ends_with("3 to ?") && rows[2].ends_with("? to 2"), "{all}");
    assert!(rows[0].contains("15m of 15m") && rows[0].contains("completed"), "{all}");
    let since = shown(&home, &["--since", "2026-03-04 13:00"]);
    assert_eq!(since.lines().skip(1).collect::<Vec<_>>(), [rows[2]]);
    assert_eq!(shown(&home, &["--since", "2026-03-06"]), "no sessions yet\n");
}

#[test]
fn a_time_zone_changes_how_a_time_is_shown_and_nothing_else() {
    let (home, journal) = home();
    // New York went to daylight saving time on 2026-03-08.
    for hour in [0, 7 * 24] {
        noted(&journal, "ice", &[(Cold, min(15))], hour, [None, None]);
    }
    let there =
        |arguments: &[&str]| stdout(&home.command(arguments).env("TZ", "America/New_York").output().expect("it runs"));
    let shown_there = there(&["history"]);
    assert!(shown_there.contains("2026-03-03 07:00") && shown_there.contains("2026-03-10 08:00"), "{shown_there}");
    assert_eq!(there(&["history", "--json"]), shown(&home, &["--json"]));
    assert_eq!(there(&["history", "--csv"]), shown(&home, &["--csv"]));
}

#[test]
fn a_session_whose_clock_never_started_is_closed_without_a_word() {
    let (home, journal) = home();
    let protocol = ice_20();
    let new = NewSession { protocol: &protocol, terms: TERMS, overrides: &[], pain: None, started_ms: NOON_MS };
    journal.begin(&new).expect("a session begins");
    let output = home.run(&["next"]);
    assert_eq!((stderr(&output).as_str(), output.status.code()), ("", Some(0)));
    let [entry] = &journal.history(i64::MIN).expect("a history")[..] else { panic!("one session") };
    assert_eq!((entry.outcome.as_deref(), entry.actual), (Some("cut_off"), [Duration::ZERO; 2]));
}

#[test]
fn csv_keeps_its_columns_whatever_a_protocol_is_called() {
    let (home, journal) = home();
    noted(&journal, "say \"ice\", twice", &[(Cold, min(15))], 0, [Some(7), None]);
    noted(&journal, "plain", &[(Heat, min(5))], 1, [None, None]);
    assert_eq!(
        shown(&home, &["--csv"]),
        "id,protocol,started_at,ended_at,outcome,planned_cold_s,planned_heat_s,cold_s,heat_s,pain_before,pain_after,overrides\n\
         1,\"say \"\"ice\"\", twice\",2026-03-03T12:00:00Z,2026-03-03T12:15:00Z,completed,900,0,900,0,7,,\"cold-daily rewarm\"\n\
         2,\"plain\",2026-03-03T13:00:00Z,2026-03-03T13:05:00Z,completed,0,300,0,300,,,\"\"\n"
    );
    let json: serde_json::Value = serde_json::from_str(&shown(&home, &["--json"])).expect("a document");
    assert_eq!(json[0]["overrides"], serde_json::json!(["cold-daily", "rewarm"]));
    assert_eq!(json[1]["overrides"], serde_json::json!([]));
}

#[test]
fn what_the_pain_did_is_told_from_three_sessions_on() {
    let (home, journal) = home();
    let ice = |hour, pain| noted(&journal, "ice", &[(Cold, min(15))], hour, pain);
    ice(0, [Some(7), Some(4)]);
    ice(3, [Some(6), Some(4)]);
    // These tell nothing: of one of them the pain is missing, the other one gave heat.
    ice(6, [Some(6), None]);
    noted(&journal, "heat", &[(Heat, min(15))], 9, [Some(9), Some(1)]);
    assert!(!shown(&home, &[]).contains("pain changed"));
    ice(12, [Some(5), Some(5)]);
    let told = shown(&home, &[]);
    let sentences: Vec<&str> = told.lines().filter(|line| line.contains("pain changed")).collect();
    assert_eq!(sentences, ["cold alone: pain changed by -1.7 on average over 3 sessions."]);
}

#[test]
fn a_record_has_the_heat_of_its_session_too() {
    let place = Place::new();
    let clocks = Clocks { origin_ms: 1_800_000_000_000, boot: "a" };
    let protocol = protocol(&[(Heat, min(5)), (Cold, min(3))]);
    let id = place.session(&protocol, Moment::default(), &[], &clocks);
    let record = place.journal.record(id, &clocks.at(Moment::new(min(9)))).expect("a record");
    let last = record.events.last().map(|last| last.kind);
    let outcome = Outcome::Completed;
    assert_eq!(last, Some(EventKind::Finished { outcome, cold: min(3), heat: min(5) }));
}

/// A time of day is a millisecond wide. Whenever a record of two boots is read, its events lie equally
/// far apart, or a session that goes on from it would stand elsewhere.
#[test]
fn a_record_of_two_boots_reads_the_same_at_any_time() {
    let place = Place::new();
    let protocol = protocol(&[(Rest, min(2)), (Cold, min(5)), (Heat, min(5))]);
    let before = Clocks { origin_ms: 1_800_000_000_000, boot: "a" };
    let id = place.begin(&protocol, TERMS, before.at(Moment::default()).wall_ms);
    let (mut session, events) = Session::start(&protocol, TERMS, Moment::default());
    place.write(id, &events, &before);
    // The machine starts anew after 30 s and a part of a millisecond; the session is taken up at once.
    let booted = min(1).saturating_sub(Duration::from_micros(30_000_400));
    let moved = |event: &Event| Event { at: Moment::new(event.at.since_origin() + booted), ..*event };
    let after = Clocks { origin_ms: before.origin_ms + 30_000 - 60_000, boot: "b" };
    let later: Vec<Event> = session.advance(Moment::new(min(1))).into_iter().collect();
    let later: Vec<Event> = later.into_iter().chain(session.advance(Moment::new(min(2)))).collect();
    place.write(id, &later.iter().map(moved).collect::<Vec<_>>(), &after);
    for micros in [0, 1, 400, 600, 999] {
        let now = after.at(Moment::new(min(3) + Duration::from_micros(micros)));
        let record = place.journal.record(id, &now).expect("a record");
        let first = record.events[0].at;
        let apart = record.events.iter().map(|event| event.at.since(first));
        let elapsed = record.events.iter().map(|event| event.elapsed);
        assert!(apart.eq(elapsed), "{micros}: {:?}", record.events);
        let taken_up = record.session().expect("a session");
        assert_eq!(taken_up.index(), 1, "{micros}");
    }
}
