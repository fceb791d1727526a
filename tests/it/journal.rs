//! The journal: what is read back is what was recorded, whatever the clocks do and whatever happens
//! to the file; and what it says to the rules.
//!
//! No clock is read here: every time is written down.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails in a helper is a test that fails")]

use std::path::Path;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tempfile::TempDir;

use therapy::domain::course::{STALE, dose, earliest, exposures};
use therapy::domain::exposure::Exposure;
use therapy::domain::protocol::{Choice, Draft, DraftStep, Protocol, Range};
use therapy::domain::rules::{Context, Finding, Injury, Severity, review};
use therapy::domain::session::{Event, Input, Moment, Outcome, Session, Terms};
use therapy::domain::step::Modality;
use therapy::domain::step::StepKind::{Cold, Heat, Rest};
use therapy::edge::catalog;
use therapy::edge::journal::{Journal, NewSession, Stamp};

use crate::laws::{Deed, START, Wakes, all_terms, config, kinds, lengths, play, protocols, scripts};

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

    fn begin(&self, protocol: &Protocol, terms: Terms, started_ms: i64) -> i64 {
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

const TERMS: Terms = Terms { confirm: false, grace: Duration::from_secs(3) };

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

fn draft(steps: &[Exposure]) -> Draft {
    let steps = steps.iter().map(|&(kind, length)| DraftStep {
        kind,
        length: Range::fixed(length),
        note: None,
        last_round: true,
        sources: Vec::new(),
    });
    Draft {
        name: "test".to_owned(),
        summary: String::new(),
        caution: None,
        rounds: None,
        steps: steps.collect(),
        sources: Vec::new(),
    }
}

fn protocol(steps: &[Exposure]) -> Protocol {
    draft(steps).review(Choice::default(), &Context::default(), &[]).expect("it passes")
}

// What is read back.

proptest! {
    #![proptest_config(config(48))]

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
type Sessions = Vec<(Duration, Protocol, Terms, Vec<(Duration, Deed)>)>;

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
        vec((kinds(), lengths(1..=20 * 60)), 1..6).prop_map(|steps| (draft(&steps), Choice::default())),
    ]
}

fn injuries() -> impl Strategy<Value = Injury> {
    let ages = || lengths(0..=100 * 60 * 60);
    prop_oneof![
        2 => Just(Injury::Unknown),
        3 => ages().prop_map(Injury::Ago),
        1 => ages().prop_map(Injury::Ahead),
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
    #![proptest_config(config(48))]

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
            prop_assert!(findings.iter().all(|finding| finding.severity < Severity::Override), "{:?}", findings);
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
    review(&draft(steps).expand(Choice::default()), context).into_iter().find(|finding| finding.rule == rule)
}

#[test]
fn rewarm_counts_what_was_given_and_not_what_was_planned() {
    let ice_20 = protocol(&[(Cold, min(20))]);
    let place = Place::new();
    place.session(&ice_20, START, &[], &FIRST);
    let context = place.past(&FIRST.at(START + min(40)));
    let refused = says("rewarm", &[(Cold, min(15))], &context).expect("20 min after");
    assert_eq!((refused.severity, refused.passes_after), (Severity::Override, Some(min(10))));
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
    assert_eq!((refused.severity, refused.passes_after), (Severity::Override, Some(hours(8))));
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
    assert_eq!((refused.severity, refused.passes_after), (Severity::Override, Some(Duration::from_millis(1))));
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
