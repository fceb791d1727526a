//! A wait for the time at which a session may start: whether it has come, and when to read the clock and the record again.
//! It must not know how it is shown, nor how the record is read.

use std::time::Duration;

use crate::domain::course::Start;
use crate::domain::moment::Moment;
use crate::domain::rules::RuleId;
use crate::domain::schedule::Awake;
use crate::domain::session::REMIND;

/// The longest time between two readings of the record. Setting the time of day does not change it.
pub const REVIEW: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
/// A person is called again this often, every [`REMIND`], for ten minutes (ours).
pub const AGAIN: u32 = 20;

/// The last minutes are counted in seconds.
pub const SECONDS: Duration = Duration::from_secs(10 * 60);
/// Before them, the clock is read this often, because a wait stops while the machine sleeps.
const COARSE: Duration = Duration::from_secs(10);

/// What is known of a session that waits.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// When it may start, as seen from `at`.
    pub start: &'a Start,
    /// Now, or the planned end of the session that runs.
    pub at: Moment,
    /// Another session runs.
    pub is_running: bool,
    /// The waking hours from now on, in order.
    pub awake: &'a [Awake],
}

/// Whether the time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It has.
    Now,
    /// It will, as far as is known.
    Later {
        /// When.
        at: Moment,
        /// Why not earlier.
        why: Why,
    },
    /// No waiting helps.
    Never,
}

/// Why a session waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A rule refuses it, or recommends to wait.
    Rule(RuleId),
    /// Another session runs.
    Running,
    /// The waking hours have not begun.
    Asleep,
}

impl Known<'_> {
    /// Whether the time has come: no rule refuses it, the recommended distance is kept, and it is a waking hour.
    pub fn turn(&self) -> Turn {
        let Some(possible) = self.start.possible else { return Turn::Never };
        let better = self.start.better();
        let mut at = self.at + better.unwrap_or(possible);
        let mut why = match (&self.start.refused, better) {
            (_, Some(_)) => Some(Why::Rule(RuleId::ColdSpacing)),
            (Some(refused), None) => Some(Why::Rule(refused.rule)),
            (None, None) => self.is_running.then_some(Why::Running),
        };
        let day = self.awake.iter().find(|day| at < day.to);
        if let Some(day) = day.filter(|day| at < day.from) {
            (at, why) = (day.from, Some(Why::Asleep));
        }
        why.map_or(Turn::Now, |why| Turn::Later { at, why })
    }
}

impl Turn {
    /// Whether the record must be read again, last read at `read`. Only what was just read lets a session start.
    pub fn is_outdated(self, read: Moment, now: Moment) -> bool {
        let Turn::Later { at, .. } = self else { return now.since(read) >= REVIEW };
        // A session that runs longer than planned may end at any moment, and its lock ends after its last record.
        let often = if at <= now { SECOND } else { REVIEW };
        read < at && at <= now || now.since(read) >= often
    }

    /// How long to wait until the clock is read again.
    pub fn pause(self, now: Moment) -> Duration {
        let Turn::Later { at, .. } = self else { return SECOND };
        let left = at.since(now);
        // A countdown changes at whole seconds.
        let fraction = Duration::from_nanos(u64::from(left.subsec_nanos()));
        match left {
            _ if left > SECONDS + COARSE => COARSE,
            _ if fraction.is_zero() => SECOND,
            _ => fraction,
        }
    }
}

/// The calls of a person whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls {
    /// When the first was.
    since: Moment,
    /// How many there were.
    count: u32,
}

impl Calls {
    /// Before the first call, which is due now.
    pub fn new(now: Moment) -> Calls {
        Calls { since: now, count: 0 }
    }

    /// Whether the next call is due. After a sleep of the machine, one call makes up for those that were missed.
    pub fn is_due(&mut self, now: Moment) -> bool {
        let is_due = self.count <= AGAIN && now >= self.since + REMIND * self.count;
        if is_due {
            let missed = now.since(self.since).as_secs() / REMIND.as_secs();
            self.count = u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1);
        }
        is_due
    }

    /// Whether no call follows.
    pub fn are_over(self) -> bool {
        self.count > AGAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::course::start;
    use crate::domain::dose::Dose;
    use crate::domain::protocol::{Choice, Draft};
    use crate::domain::rules::{Concern, Context, Injury};
    use crate::domain::site::Site;
    use crate::domain::step::{Modality, StepKind};

    const ZERO: Moment = Moment::new(Duration::from_secs(1_000_000));

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    fn at(minute: u64) -> Moment {
        ZERO + minutes(minute)
    }

    /// Cold in the first 20 minutes.
    fn context(now: Moment) -> Context {
        let (modality, site) = (Modality::Cold, Site::default());
        let dose = Dose { modality, from: ZERO, to: at(20), session: ZERO, site, relieves: true };
        Context { now, doses: [dose].into_iter().collect(), ..Context::default() }
    }

    /// Asked at a minute about this many minutes of something.
    fn turn(kind: StepKind, length: u64, context: &Context, awake: &[Awake]) -> Turn {
        let draft = Draft::of("test", &[(kind, minutes(length))]);
        let start = start(&draft, Choice::default(), context, &[]);
        Known { start: &start, at: context.now, is_running: false, awake }.turn()
    }

    fn day(from: u64, to: u64) -> Awake {
        Awake { from: at(from), to: at(to) }
    }

    #[test]
    fn the_recommended_time_counts_and_not_only_the_possible_one() {
        let later = |minute, why| Turn::Later { at: at(minute), why: Why::Rule(why) };
        for (now, length, expected) in [
            (20, 15, later(120, RuleId::ColdSpacing)),
            (60, 15, later(120, RuleId::ColdSpacing)),
            (119, 15, later(120, RuleId::ColdSpacing)),
            (120, 15, Turn::Now),
            (20, 25, Turn::Never),
        ] {
            assert_eq!(turn(StepKind::Cold, length, &context(at(now)), &[]), expected, "{now} {length}");
        }
        // Heat keeps no distance, and waits for the injury.
        assert_eq!(turn(StepKind::Heat, 20, &context(at(25)), &[]), Turn::Now);
        let fresh = Context { injury: Injury::Ago(minutes(72 * 60 - 30)), ..context(at(25)) };
        assert_eq!(turn(StepKind::Heat, 20, &fresh, &[]), later(55, RuleId::EarlyHeat));
        let warned = Context { concerns: vec![Concern::Everything], ..context(at(120)) };
        assert_eq!(turn(StepKind::Cold, 15, &warned, &[]), Turn::Never);
    }

    #[test]
    fn outside_the_waking_hours_it_waits_until_they_begin() {
        let asleep = |minute| Turn::Later { at: at(minute), why: Why::Asleep };
        let spacing = Turn::Later { at: at(120), why: Why::Rule(RuleId::ColdSpacing) };
        for (now, days, expected) in [
            (20, &[day(0, 200)][..], spacing),
            (20, &[day(0, 120), day(500, 900)], asleep(500)),
            (20, &[day(0, 121), day(500, 900)], spacing),
            (130, &[day(0, 120), day(500, 900)], asleep(500)),
            (499, &[day(500, 900)], asleep(500)),
            (500, &[day(500, 900)], Turn::Now),
            (130, &[], Turn::Now),
            (130, &[day(0, 130)], Turn::Now),
        ] {
            assert_eq!(turn(StepKind::Cold, 15, &context(at(now)), days), expected, "{now} {days:?}");
        }
    }

    #[test]
    fn while_another_session_runs_it_is_not_time() {
        let free =
            start(&Draft::of("heat", &[(StepKind::Heat, minutes(20))]), Choice::default(), &context(at(60)), &[]);
        let running = |end: u64, awake| Known { start: &free, at: at(end), is_running: true, awake }.turn();
        let later = |minute, why| Turn::Later { at: at(minute), why };
        assert_eq!(running(90, &[]), later(90, Why::Running));
        assert_eq!(running(60, &[]), later(60, Why::Running), "though its planned end is over");
        assert_eq!(running(90, &[day(95, 200)]), later(95, Why::Asleep));
    }

    #[test]
    fn the_record_is_read_when_the_time_has_come_and_once_a_minute() {
        let later = Turn::Later { at: at(10), why: Why::Running };
        let second = Duration::from_secs(1);
        assert!(!later.is_outdated(at(9), at(10) - second) && later.is_outdated(at(9) + second, at(10)));
        assert!(!later.is_outdated(at(10), at(10) + second / 2), "just read: what runs is late");
        assert!(later.is_outdated(at(10), at(10) + second), "it may end at any moment");
        assert!(later.is_outdated(at(10), at(11)) && later.is_outdated(at(2), at(3)));
        assert!(!Turn::Now.is_outdated(at(10), at(11) - second) && Turn::Now.is_outdated(at(10), at(11)));
    }

    #[test]
    fn the_clock_is_read_at_whole_seconds_near_the_end_and_seldom_before() {
        let pause = |left: Duration| Turn::Later { at: ZERO + left, why: Why::Running }.pause(ZERO);
        let (second, part) = (Duration::from_secs(1), Duration::from_millis(300));
        assert_eq!([pause(minutes(80)), pause(minutes(11))], [COARSE; 2]);
        assert_eq!(pause(SECONDS + COARSE + part), COARSE, "the seconds are shown from their beginning");
        assert_eq!([pause(SECONDS), pause(second), pause(Duration::ZERO)], [second; 3]);
        assert_eq!([pause(second + part), pause(part)], [part; 2]);
        assert_eq!(Turn::Now.pause(ZERO), second);
    }

    /// Each reading of the clock and of the record costs something: an hour must not wake the machine every second.
    #[test]
    fn an_hour_needs_few_readings() {
        let turn = Turn::Later { at: at(60), why: Why::Running };
        let (mut now, mut read, mut clocks, mut records) = (ZERO, ZERO, 0, 0);
        while now < at(60) {
            now = now + turn.pause(now);
            clocks += 1;
            if turn.is_outdated(read, now) {
                (read, records) = (now, records + 1);
            }
        }
        assert_eq!((now, clocks, records), (at(60), 299 + 610, 60));
    }

    #[test]
    fn a_person_is_called_every_half_minute_for_ten_minutes() {
        let mut calls = Calls::new(ZERO);
        let due = (0..=700).filter(|second| calls.is_due(ZERO + Duration::from_secs(*second)));
        assert_eq!(due.collect::<Vec<_>>(), (0..=20).map(|count| 30 * count).collect::<Vec<_>>());
        assert!(calls.are_over());
        // After a sleep one call is enough, and a long one ends them.
        let mut slept = Calls::new(ZERO);
        assert!(slept.is_due(ZERO) && slept.is_due(at(2)) && !slept.is_due(at(2)) && !slept.are_over());
        assert!(slept.is_due(at(60)) && slept.are_over() && !slept.is_due(at(61)));
    }
}
