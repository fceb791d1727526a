//! Doses that were told: where they lie on the clocks, and what they count for.

use std::time::Duration;

use therapy::domain::rules::Context;
use therapy::domain::session::Moment;
use therapy::domain::site::Site;
use therapy::domain::step::Modality::{self, Cold, Heat};
use therapy::edge::journal::{JournalError, NewTold, Stamp, Told, Undone};

use super::{Clocks, FIRST, HOUR_MS, Place, SECOND_BOOT, ago, hours, ice_20, millis, min};
use crate::laws::START;

/// Told at this stamp: so long a dose on the lower back, which came off this long before.
fn tell(place: &Place, modality: Modality, length: Duration, before: Duration, now: &Stamp) {
    let told = NewTold { modality, length, site: Site::LOWER_BACK, ended_ms: now.wall_ms - millis(before) };
    place.journal.tell(&told, now).expect("it is never refused");
}

fn cold(context: &Context) -> Duration {
    context.load().of(Cold)
}

/// Within a boot the clock dates it, whatever happens to the time of day.
#[test]
fn a_told_dose_of_this_boot_is_placed_by_its_clock() {
    let place = Place::new();
    tell(&place, Cold, min(15), min(10), &FIRST.at(START));
    for shift in [0, -30, 30, -900 * 24, 900 * 24] {
        let clocks = Clocks { origin_ms: FIRST.origin_ms + shift * HOUR_MS, ..FIRST };
        let context = place.context(&clocks.at(START + min(6)));
        assert_eq!(ago(&context), [(Cold, min(31), min(16))], "{shift} h");
        assert_eq!(cold(&context), min(7));
        let ahead = u64::try_from(-shift * 60).map_or(Duration::ZERO, |ahead| min(ahead.saturating_sub(6)));
        assert_eq!(context.record_ahead, ahead, "{shift} h");
    }
    // It may be long ago.
    let now = SECOND_BOOT.after(Duration::ZERO);
    tell(&place, Heat, hours(20), hours(30), &now);
    assert_eq!(ago(&place.context(&now))[0], (Heat, hours(50), hours(30)));
}

/// Across boots the time of day does. One that lies in the future ends now.
#[test]
fn a_told_dose_of_another_boot_is_placed_by_the_time_of_day() {
    let place = Place::new();
    tell(&place, Cold, min(15), min(10), &FIRST.after(Duration::ZERO));
    let context = place.context(&SECOND_BOOT.after(min(6)));
    assert_eq!((ago(&context), context.record_ahead), (vec![(Cold, min(31), min(16))], Duration::ZERO));
    let behind = Clocks { origin_ms: SECOND_BOOT.origin_ms - HOUR_MS, ..SECOND_BOOT };
    let context = place.context(&behind.at(SECOND_BOOT.noon()));
    assert_eq!((ago(&context), context.record_ahead), (vec![(Cold, min(15), Duration::ZERO)], hours(1)));
}

/// A week is far enough back for the longest doses, and the last ones are found at any time.
#[test]
fn old_told_doses_concern_no_rule() {
    let place = Place::new();
    for number in 0..10 {
        tell(&place, Cold, min(10), hours(24 * 9 - number), &SECOND_BOOT.after(Duration::ZERO));
    }
    let later = SECOND_BOOT.after(hours(24 * 8));
    assert_eq!(place.context(&later).doses.iter().count(), 8);
    let told = place.journal.told_since(i64::MIN, &later).expect("read");
    assert_eq!(told.len(), 10, "the history has them all");
    assert!(told.is_sorted_by_key(Told::started_ms));
    let since = told[4].started_ms();
    assert_eq!(place.journal.told_since(since, &later).expect("read").len(), 6);
}

/// A dose adds beside a session that ran at the same time, and takes nothing off.
#[test]
fn a_told_dose_counts_beside_a_session() {
    let place = Place::new();
    place.session(&ice_20(), START, &[], &FIRST);
    let now = FIRST.at(START + min(20));
    tell(&place, Cold, min(5), min(5), &now);
    tell(&place, Heat, min(10), Duration::ZERO, &now);
    let context = place.context(&now);
    assert_eq!((cold(&context), context.load().of(Heat)), (min(25), min(10)));
    assert_eq!(context.doses.sum(Cold, START, now.clock), min(25));
}

/// The session that is replayed knows what was told before it began, and nothing of what came later.
#[test]
fn a_session_knows_what_was_told_before_it_began() {
    let place = Place::new();
    tell(&place, Heat, min(3), Duration::ZERO, &FIRST.at(START - min(30)));
    let id = place.begin(&ice_20(), super::OPTIONS, FIRST.at(START).wall_ms);
    let all = super::events_of(&ice_20(), START, &[]);
    place.write(id, &all[..2], &FIRST);
    tell(&place, Cold, min(5), min(40), &FIRST.at(START + min(1)));
    for clocks in [FIRST, SECOND_BOOT] {
        let at = if clocks.boot == FIRST.boot { START + min(2) } else { SECOND_BOOT.noon() + min(2) };
        let now = clocks.at(at);
        let open = place.journal.open_session(&now).expect("read").expect("it runs");
        let session = open.session().expect("it has a start");
        let known: Vec<_> = session.doses().iter().map(|dose| (dose.modality, dose.relieves)).collect();
        assert_eq!(known, [(Heat, false)], "{}", clocks.boot);
        let told = place.journal.told(&now).expect("read");
        let unknown: Vec<_> =
            told.iter().filter(|told| told.noted > session.began()).map(|told| told.dose.modality).collect();
        assert_eq!(unknown, [Cold], "{}", clocks.boot);
    }
}

/// By the clock of the boot: setting the time of day ahead does not shorten the day.
#[test]
fn what_was_taken_back_counts_for_a_day_of_the_clock() {
    let place = Place::new();
    let now = FIRST.at(START);
    tell(&place, Cold, min(15), Duration::ZERO, &now);
    tell(&place, Cold, min(10), hours(1), &now);
    let undo = || match place.journal.undo(&now).expect("written") {
        Some(Undone::Dose(told)) => Some((told.what.length, told.is_undone, told.counts(&now))),
        other => panic!("{other:?}"),
    };
    assert_eq!([undo(), undo()], [Some((min(10), true, true)), Some((min(15), true, true))], "the last one first");
    assert_eq!(place.journal.undo(&now).expect("written"), None);
    let count = |at: Moment, clocks: &Clocks| place.context(&clocks.at(at)).doses.iter().count();
    let ahead = Clocks { origin_ms: FIRST.origin_ms + 48 * HOUR_MS, ..FIRST };
    let (last, after) = (START + hours(24) - Duration::from_millis(1), START + hours(24));
    assert_eq!([count(last, &FIRST), count(last, &ahead), count(after, &FIRST), count(after, &ahead)], [2, 2, 0, 0]);
    let second = |length| place.context(&SECOND_BOOT.after(length)).doses.iter().count();
    assert_eq!([second(min(24 * 60 - 1)), second(hours(24))], [2, 0]);
}

#[test]
fn a_damaged_row_is_an_error_or_counts_everywhere() {
    let place = Place::new();
    let now = FIRST.at(START);
    tell(&place, Cold, min(15), Duration::ZERO, &now);
    place.journal.as_ref().execute("UPDATE told SET site = 'left-eyebrow'", []).expect("a row");
    let load = |name| {
        let site = Site::from_name(name).expect("a site");
        cold(&Context { site, ..place.context(&now) })
    };
    assert_eq!([load("lower-back"), load("left-foot")], [min(15); 2]);
    place.journal.as_ref().execute("UPDATE told SET kind = 'wet'", []).expect("a row");
    let error = place.journal.doses(&now, None).expect_err("unknown");
    assert!(matches!(&error, JournalError::Damaged { why, .. } if why.contains("unknown kind")), "{error}");
}
