//! The journal reads back the recorded session, after any change of the clocks.

use std::time::Duration;

use proptest::prelude::*;
use therapy::domain::course::{STALE, doses};
use therapy::domain::rules::RuleId;
use therapy::domain::session::{Event, EventKind, Input, Moment, Outcome, Session};
use therapy::domain::step::StepKind::{Cold, Heat, Rest};
use therapy::domain::step::{Modality, PerModality};
use therapy::edge::journal::Stamp;

use super::{
    Clocks, FIRST, HOUR_MS, NOON_MS, OPTIONS, Place, SECOND_BOOT, ago, events_of, finding, hours, ice_20, min, protocol,
};
use crate::laws::{START, Wakes, all_options, config, play, protocols, scripts};

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn a_session_is_read_back_as_it_was_recorded(
        protocol in protocols(), options in all_options(), script in scripts(),
    ) {
        let place = Place::new();
        let id = place.begin(&protocol, options, NOON_MS);
        play(&protocol, options, &script, Wakes::Asked, |session, events| {
            place.write(id, events, &FIRST);
            let now = FIRST.at(session.now());
            let record = place.journal.record(id, &now).expect("it is read");
            let mut back = record.session().expect("it has a start");
            assert!(back.advance(session.now()).is_empty(), "nothing happens again: {session:?}");
            // Doses are compared below, because those of earlier sessions are not in this journal.
            let state = |session: &Session| format!("{session:?}").split(" doses: ").next().map(str::to_owned);
            assert_eq!(state(&back), state(session));
            let doses = doses(&record.protocol, &record.events, session.now());
            let given = Modality::ALL.map(|modality| doses.total(modality));
            assert_eq!(given, Modality::ALL.map(|modality| session.dose(modality)), "{session:?}");
        });
    }
}

#[test]
fn within_a_boot_the_wall_clock_changes_nothing() {
    for set_by in [-40 * 24 * HOUR_MS, -HOUR_MS, 0, HOUR_MS, 3 * 24 * HOUR_MS, 4000 * 24 * HOUR_MS] {
        let place = Place::new();
        let id = place.begin(&ice_20(), OPTIONS, NOON_MS);
        let log = events_of(&ice_20(), START, &[]);
        // The wall clock is set during the session, and again after it.
        let set = Clocks { origin_ms: FIRST.origin_ms + set_by, ..FIRST };
        place.write(id, &log[..2], &FIRST);
        place.write(id, &log[2..], &set);
        for wall in [&FIRST, &set] {
            let now = wall.at(START + min(50));
            let record = place.journal.record(id, &now).expect("a record");
            assert_eq!(record.events, log, "set by {set_by} ms");
            assert_eq!(record.age(&now), min(30));
            let context = place.context(&now);
            assert_eq!(ago(&context), [(Modality::Cold, min(50), min(30))]);
            assert_eq!(context.load().of(Modality::Cold), min(5));
            let ahead = u64::try_from(set.at(START + min(20)).wall_ms - now.wall_ms).unwrap_or(0);
            assert_eq!(context.record_ahead, Duration::from_millis(ahead));
        }
    }
}

#[test]
fn across_boots_the_wall_clock_dates_a_session() {
    let place = Place::new();
    let id = place.session(&ice_20(), START, &[], &FIRST);
    let now = SECOND_BOOT.after(min(50));
    let record = place.journal.record(id, &now).expect("a record");
    assert_eq!(record.age(&now), min(30));
    let context = place.context(&now);
    assert_eq!(ago(&context), [(Modality::Cold, min(50), min(30))]);
    assert_eq!(context.load().of(Modality::Cold), min(5));
    // Without names of boots, only the wall clock counts, although the names are equal.
    let nameless = Clocks { boot: "", ..FIRST };
    let id = place.session(&ice_20(), START, &[], &nameless);
    let later = Stamp { wall_ms: NOON_MS + 2 * HOUR_MS, ..nameless.at(START + min(25)) };
    assert_eq!(place.journal.record(id, &later).expect("a record").age(&later), min(100));
}

#[test]
fn after_a_reboot_with_the_wall_clock_set_back_the_last_dose_counts_in_full() {
    let place = Place::new();
    let id = place.session(&ice_20(), START, &[], &FIRST);
    for minutes in [0, 10, 19] {
        let now = SECOND_BOOT.after(min(minutes));
        let record = place.journal.record(id, &now).expect("a record");
        assert_eq!(record.age(&now), Duration::ZERO);
        let context = place.context(&now);
        assert_eq!(ago(&context), [(Modality::Cold, min(20), Duration::ZERO)]);
        assert_eq!(context.record_ahead, min(20 - minutes));
        assert_eq!(context.load().of(Modality::Cold), min(20));
    }
}

#[test]
fn the_wall_clock_measures_a_reboot_during_a_session() {
    let cold = |began, ended| (Modality::Cold, min(began), min(ended));
    let cases = [
        // The pack was off before the reboot, and on again after it.
        (
            vec![(min(5), Input::Pause), (min(35), Input::Resume), (min(45), Input::Stop)],
            vec![cold(60, 55), cold(25, 15)],
        ),
        // Without an input, the pack was on during the reboot.
        (vec![(min(18), Input::Stop)], vec![cold(60, 42)]),
    ];
    // On most systems a boot has no name, and two of them look the same.
    let nameless = [FIRST, SECOND_BOOT].map(|clocks| Clocks { boot: "", ..clocks });
    let all =
        [[FIRST, SECOND_BOOT], nameless].into_iter().flat_map(|boots| cases.clone().map(|case| (boots.clone(), case)));
    for ([first, second], (inputs, given)) in all {
        let log = events_of(&ice_20(), START, &inputs);
        let place = Place::new();
        let id = place.begin(&ice_20(), OPTIONS, NOON_MS);
        let again = log.iter().position(|event| event.at >= START + min(12)).expect("it goes on after the reboot");
        place.write(id, &log[..again], &first);
        let now = second.after(min(12));
        let until_then = place.journal.record(id, &now).expect("a record");
        assert_eq!(until_then.age(&now), (START + min(12)).since(log[again - 1].at));
        let moved = |event: &Event| Event { at: second.noon() + event.at.since(START), ..*event };
        let rebooted: Vec<Event> = log.iter().map(moved).collect();
        place.write(id, &rebooted[again..], &second);
        let now = second.after(min(60));
        assert_eq!(place.journal.record(id, &now).expect("a record").events, rebooted);
        let context = place.context(&now);
        assert_eq!(ago(&context), given);
    }
}

#[test]
fn a_sleep_during_cold_counts_as_cold_unless_paused() {
    let place = Place::new();
    let id = place.begin(&ice_20(), OPTIONS, NOON_MS);
    let (mut session, mut log) = Session::start(&ice_20(), OPTIONS, START);
    place.write(id, &log, &FIRST);
    let now = FIRST.at(START + hours(8));
    let context = place.context(&now);
    assert_eq!(ago(&context), [(Modality::Cold, hours(8), Duration::ZERO)]);
    assert_eq!(context.load().of(Modality::Cold), hours(8));
    let refused = finding(RuleId::Rewarm, &[(Cold, min(20))], &context).expect("far above the limit");
    assert_eq!(refused.passes_after, Some(hours(16)));
    // The events that are written on wake-up give the same dose.
    let mut back = place.journal.open_session(&now).expect("read").expect("open").session().expect("a session");
    let end = back.advance(now.clock);
    assert_eq!(end, session.advance(now.clock));
    assert_eq!(back.outcome(), Some(Outcome::Completed));
    place.write(id, &end, &FIRST);
    assert_eq!(ago(&place.context(&now)), [(Modality::Cold, hours(8), Duration::ZERO)]);
    assert_eq!(
        place.journal.history(i64::MIN).expect("a history")[0].actual,
        PerModality { cold: hours(8), heat: Duration::ZERO }
    );

    let place = Place::new();
    let id = place.begin(&ice_20(), OPTIONS, NOON_MS);
    (session, log) = Session::start(&ice_20(), OPTIONS, START);
    log.extend(session.handle(START + min(5), Input::Pause));
    place.write(id, &log, &FIRST);
    let context = place.context(&now);
    assert_eq!(ago(&context), [(Modality::Cold, hours(8), hours(8).saturating_sub(min(5)))]);
    assert!(finding(RuleId::Rewarm, &[(Cold, min(20))], &context).is_none());
}

#[test]
fn a_session_cut_off_long_ago_is_closed_with_the_dose_until_the_planned_end_of_its_step() {
    let cases = [(vec![], min(20)), (vec![(min(11), Input::Pause)], min(11))];
    for (inputs, counted) in cases {
        let mut log = events_of(&ice_20(), START, &inputs);
        // Nothing was written after 12 min.
        log.retain(|event| event.at < START + min(12));
        let last = log.last().expect("something was written").at;
        let place = Place::new();
        let id = place.begin(&ice_20(), OPTIONS, NOON_MS);
        place.write(id, &log, &FIRST);
        for now in [FIRST.at(last + STALE), SECOND_BOOT.after(last.since(START) + STALE)] {
            assert_eq!(place.journal.record(id, &now).expect("a record").age(&now), STALE, "it can still be resumed");
        }
        let now = SECOND_BOOT.after(hours(4));
        let open = place.journal.open_session(&now).expect("read").expect("it is open");
        assert!(open.age(&now) > STALE);
        place.journal.close_cut_off(&open, open.assumed_off(), false).expect("it is closed");
        assert!(place.journal.open_session(&now).expect("read").is_none());
        let [entry] = &place.journal.history(i64::MIN).expect("a history")[..] else { panic!("one session") };
        assert_eq!(
            (entry.outcome.as_deref(), entry.actual),
            (Some("cut_off"), PerModality { cold: counted, heat: Duration::ZERO })
        );
        assert_eq!((entry.ended_ms, entry.assumed), (Some(FIRST.at(START + counted).wall_ms), true));
        let context = place.context(&now);
        assert_eq!(ago(&context), [(Modality::Cold, hours(4), hours(4).saturating_sub(counted))]);
    }
}

#[test]
fn an_event_without_a_session_is_refused() {
    let place = Place::new();
    let event = Event { at: START, elapsed: Duration::ZERO, step: 0, kind: EventKind::Started };
    let refused = place.journal.commit(1, &[(FIRST.at(START), event)], &[]).expect_err("there is no session");
    assert!(refused.to_string().contains("FOREIGN KEY"), "{refused}");
}

#[test]
fn a_session_whose_clock_never_started_has_no_dose() {
    let place = Place::new();
    let id = place.begin(&ice_20(), OPTIONS, NOON_MS);
    let now = FIRST.after(min(1));
    let open = place.journal.open_session(&now).expect("read").expect("it is open");
    assert!(open.session().is_none());
    assert_eq!(ago(&place.context(&now)), []);
    place.journal.close_cut_off(&open, open.assumed_off(), false).expect("it is closed");
    assert_eq!(ago(&place.context(&now)), []);
    assert_eq!(place.journal.history(i64::MIN).expect("a history")[0].actual, PerModality::default());
    assert_ne!(place.begin(&ice_20(), OPTIONS, NOON_MS), id);
}

#[test]
fn a_record_includes_heat() {
    let place = Place::new();
    let clocks = Clocks { origin_ms: 1_800_000_000_000, boot: "a" };
    let protocol = protocol(&[(Heat, min(5)), (Cold, min(3))]);
    let id = place.session(&protocol, Moment::default(), &[], &clocks);
    let record = place.journal.record(id, &clocks.at(Moment::new(min(9)))).expect("a record");
    let last = record.events.last().map(|last| last.kind);
    let outcome = Outcome::Completed;
    assert_eq!(last, Some(EventKind::Finished { outcome, given: PerModality { cold: min(3), heat: min(5) } }));
}

/// The wall clock is exact to a millisecond. The distances between events must not depend on the time of
/// the read, or a resumed session would continue at another place.
#[test]
fn a_record_of_two_boots_reads_the_same_at_any_time() {
    let place = Place::new();
    let protocol = protocol(&[(Rest, min(2)), (Cold, min(5)), (Heat, min(5))]);
    let before = Clocks { origin_ms: 1_800_000_000_000, boot: "a" };
    let id = place.begin(&protocol, OPTIONS, before.at(Moment::default()).wall_ms);
    let (mut session, events) = Session::start(&protocol, OPTIONS, Moment::default());
    place.write(id, &events, &before);
    // The machine reboots after 30.0004 s, and the session is resumed at once.
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
        let resumed = record.session().expect("a session");
        assert_eq!(resumed.index(), 1, "{micros}");
    }
}
