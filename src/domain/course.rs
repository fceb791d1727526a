//! From one session to the next: the doses of a record, what may run now, and when the next session may
//! start. It must not know how a record is kept.

use std::time::Duration;

use crate::domain::dose::{Dose, Doses};
use crate::domain::exposure::limit;
use crate::domain::moment::Moment;
use crate::domain::protocol::{Choice, Draft, Protocol};
use crate::domain::rules::{COLD_DAILY, Context, DAY, Detail, Finding, Injury, RuleId, review};
use crate::domain::session::{Event, EventKind, Session, SessionOptions};
use crate::domain::site::Site;
use crate::domain::step::{Modality, Step};

/// How long after its last event a session that was cut off can be resumed (ours): longer than a
/// session may last. Later it is closed with the doses recorded so far.
pub const STALE: Duration = Duration::from_secs(3 * 60 * 60);

/// The error of moments from another boot. They are placed by the time of day, in milliseconds.
const BLUR: Duration = Duration::from_millis(10);

/// Replays the events of a record. The result is the session as it was after its last event; advancing
/// it to now is the same as a long stall. With it come the events that happened together with the last
/// one and are not in the record, because the process was killed between the two.
///
/// `None` when the record does not begin with the start of a session.
pub fn replay(protocol: &Protocol, options: SessionOptions, events: &[Event]) -> Option<(Session, Vec<Event>)> {
    let (first, rest) = events.split_first()?;
    if first.kind != EventKind::Started {
        return None;
    }
    let begun = rest.iter().filter_map(|event| match event.kind {
        EventKind::StepBegan { length } => Some((event.step, length)),
        EventKind::Skipped { by_rule: Some(_) } => Some((event.step, Duration::ZERO)),
        _ => None,
    });
    let (mut session, mut unseen) = Session::start_again(protocol, options, first.at, Some(begun.collect()));
    unseen.remove(0);
    for event in rest {
        if unseen.is_empty() {
            unseen = if let Some(input) = event.kind.input() {
                session.handle(event.at, input)
            } else {
                // A recorded event did happen, even when it is placed a little too early.
                let due = session.wake_at().filter(|due| due.since(event.at) <= BLUR);
                let at = due.map_or(event.at, |due| due.max(event.at));
                match event.kind {
                    // Otherwise only a refused dose makes a step hold at its very end.
                    EventKind::Overran { over } if over.is_zero() => session.hold(at),
                    _ => session.advance(at),
                }
            };
        }
        if !unseen.is_empty() {
            unseen.remove(0);
        }
    }
    session.end_replay();
    Some((session, unseen))
}

/// The doses of a record, until `until` when it has no end. A pause gives none.
pub fn doses(protocol: &Protocol, events: &[Event], until: Moment) -> Doses {
    let mut doses = Doses::default();
    let (session, site) = (events.first().map(|first| first.at).unwrap_or_default(), protocol.site());
    let mut on = None;
    for (index, event) in events.iter().enumerate() {
        on = match event.kind {
            EventKind::StepBegan { .. } | EventKind::Resumed => {
                protocol.steps().get(event.step).and_then(|step| step.kind.modality())
            }
            EventKind::Paused => None,
            EventKind::Finished { .. } => break,
            _ => on,
        };
        let to = events.get(index + 1).map_or(until, |next| next.at);
        doses.extend(on.map(|modality| Dose { modality, from: event.at, to, session, site, relieves: true }));
    }
    doses
}

/// When a plan may start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The finding with the longest wait, which sets the time.
    pub refused: Option<Finding>,
    /// The wait until no rule refuses it; zero when none does, `None` when waiting does not help.
    pub possible: Option<Duration>,
    /// The warning that it comes soon after the last cold.
    pub spacing: Option<Finding>,
}

impl Start {
    /// The wait until it also keeps the usual distance from the last cold, when that is longer.
    pub fn better(&self) -> Option<Duration> {
        let possible = self.possible?;
        self.spacing.as_ref()?.passes_after.filter(|wait| *wait > possible)
    }
}

/// When this plan may start. Every answer to that question comes from here.
pub fn start(draft: &Draft, choice: Choice, context: &Context, overrides: &[RuleId]) -> Start {
    let findings = review(&draft.expand(choice), context);
    let blocking: Vec<_> = findings.iter().filter(|finding| finding.blocks(overrides)).collect();
    // A rule that passes keeps passing, and no rule depends on another: the longest wait decides.
    let waits = blocking.iter().map(|finding| finding.passes_after);
    let possible = { waits }.try_fold(Duration::ZERO, |wait, after| Some(wait.max(after?)));
    // Of several with the same wait, the most severe.
    let longest = |finding: &&&Finding| std::cmp::Reverse(finding.passes_after.unwrap_or(Duration::MAX));
    let refused = blocking.iter().min_by_key(longest).map(|finding| (*finding).clone());
    Start { refused, possible, spacing: findings.into_iter().find(|finding| finding.rule == RuleId::ColdSpacing) }
}

/// What refuses the rest of a session when doses count that it does not know, because they were told since it started.
/// What the session breaks without them is not asked here.
pub fn over_with(unknown: &Doses, session: &Session) -> Option<(RuleId, Detail)> {
    let (now, site, known) = (session.now(), session.site(), session.doses_until_now());
    let mut all = known.clone();
    all.extend(unknown.iter().copied());
    let steps = session.remaining();
    let (without, with) = (known.load(site, now), all.load(site, now));
    let is_raised = |modality: &Modality| with.of(*modality) > without.of(*modality);
    let mut load = session.load().raised(without, with);
    let after = |step: &Step| {
        load = load.after(step.kind, step.length);
        let modality = step.kind.modality().filter(is_raised).filter(|_| !step.length.is_zero())?;
        load.exceeds_limit(modality).then(|| Detail::Load(modality, load.of(modality), limit(modality)))
    };
    if let Some(detail) = steps.iter().find_map(after) {
        return Some((RuleId::Rewarm, detail));
    }
    let cold = Modality::Cold;
    let lengths = steps.iter().filter(|step| step.kind.modality() == Some(cold)).map(|step| step.length);
    let to_come = lengths.fold(Duration::ZERO, Duration::saturating_add);
    let sum = all.sum(cold, now - DAY, now).saturating_add(to_come);
    let is_over = !unknown.sum(cold, now - DAY, now).is_zero() && !to_come.is_zero() && sum > COLD_DAILY;
    is_over.then_some((RuleId::ColdDaily, Detail::Daily(cold, sum, COLD_DAILY)))
}

/// What a person said about injuries at a site; without a site, of the whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The place. `None` is every place.
    pub site: Option<Site>,
    /// When it was, or that there is none.
    pub injury: Injury,
}

/// Which of these the rules mean at a site: a time that must be a mistake, else the latest injury that touches it, else
/// that there is none. `None`: nothing is known about this site. An injury elsewhere says nothing about it.
pub fn meant(site: Site, said: &[Said]) -> Option<usize> {
    let key = |said: &Said| {
        let touches = said.site.is_none_or(|own| own.touches(site));
        match said.injury {
            Injury::InFuture(_) if touches => Some((0, Duration::ZERO)),
            Injury::Ago(age) if touches => Some((1, age)),
            Injury::Absent if said.site.is_none_or(|own| own.includes(site)) => Some((2, Duration::ZERO)),
            _ => None,
        }
    };
    let known = said.iter().enumerate().filter_map(|(index, said)| Some((key(said)?, index)));
    known.min().map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::Input;
    use crate::domain::step::StepKind;

    const START: Moment = Moment::new(Duration::from_secs(1000));

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    fn protocol() -> Protocol {
        let steps = [(StepKind::Heat, minutes(10)), (StepKind::Cold, minutes(10))];
        Draft::of("test", &steps).review(Choice::default(), &Context::default(), &[]).expect("within every rule")
    }

    /// Heat, a pause of 3 min in it, then cold that is stopped after 4 min.
    fn record() -> (Session, Vec<Event>) {
        let (mut session, mut events) = Session::start(&protocol(), SessionOptions::default(), START);
        let said = [(4, Some(Input::Pause)), (7, Some(Input::Resume)), (8, None), (13, None), (17, Some(Input::Stop))];
        for (at, input) in said {
            let at = START + minutes(at);
            events.extend(match input {
                Some(input) => session.handle(at, input),
                None => session.advance(at),
            });
        }
        (session, events)
    }

    #[test]
    fn a_pause_gives_no_dose_and_an_open_step_goes_on() {
        let (_, events) = record();
        let of = |modality, from, to| {
            let [from, to] = [from, to].map(|minute| START + minutes(minute));
            Dose { modality, from, to, session: START, site: Site::LOWER_BACK, relieves: true }
        };
        let (heat, cold) = (Modality::Heat, Modality::Cold);
        let found = doses(&protocol(), &events, START + minutes(60));
        let expected: Doses = [of(heat, 0, 4), of(heat, 7, 13), of(cold, 13, 17)].into_iter().collect();
        assert_eq!(found, expected);
        let open = doses(&protocol(), &events[..events.len() - 1], START + minutes(20));
        assert_eq!(open.total(cold), minutes(7));
    }

    #[test]
    fn a_record_that_is_cut_anywhere_leads_to_the_session_that_it_was() {
        let (_, events) = record();
        for length in 1..=events.len() {
            let (mut session, unseen) =
                replay(&protocol(), SessionOptions::default(), &events[..length]).expect("it has a start");
            let mut again = [&events[..length], &unseen].concat();
            for (index, event) in events.iter().enumerate() {
                if index == again.len() {
                    again.extend(match event.kind.input() {
                        Some(input) => session.handle(event.at, input),
                        None => session.advance(event.at),
                    });
                }
            }
            assert_eq!(again, events, "cut after {length}");
        }
        assert!(replay(&protocol(), SessionOptions::default(), &[]).is_none());
        assert!(replay(&protocol(), SessionOptions::default(), &events[1..]).is_none());
    }

    /// An event of another boot may be placed a few milliseconds before it was due; not more.
    #[test]
    fn a_recorded_end_of_a_step_did_happen_though_it_is_placed_early() {
        let (_, events) = record();
        let began = events.iter().position(|event| event.step == 1).expect("cold began");
        for (early, step) in [(0, 1), (10, 1), (11, 0)] {
            let mut moved = events[..=began].to_vec();
            let at = moved[began].at.since_origin().saturating_sub(Duration::from_millis(early));
            moved[began].at = Moment::new(at);
            let (session, _) = replay(&protocol(), SessionOptions::default(), &moved).expect("it has a start");
            assert_eq!(session.index(), step, "{early} ms");
        }
    }

    #[test]
    fn the_longest_wait_decides_and_some_waits_do_not_help() {
        let ice = |length| Draft::of("ice", &[(StepKind::Cold, length)]);
        let (to, site) = (START + minutes(20), Site::LOWER_BACK);
        let had = Dose { modality: Modality::Cold, from: START, to, session: START, site, relieves: true };
        let context = Context { now: had.to, doses: [had].into_iter().collect(), ..Context::default() };
        let start = |length, context: &Context| start(&ice(minutes(length)), Choice::default(), context, &[]);
        assert_eq!(start(10, &context).possible, Some(minutes(20)));
        assert_eq!(start(10, &Context::default()).possible, Some(Duration::ZERO));
        assert_eq!(start(25, &Context::default()).possible, None);
        let found = start(25, &Context::default()).refused;
        assert!(found.iter().any(|finding| finding.rule == RuleId::ColdLimit));
    }

    #[test]
    fn the_rule_that_refuses_the_longest_is_the_one_that_is_named() {
        let hours = |hours: u64| minutes(60 * hours);
        let now = START + hours(48);
        // A session of 19 min of cold every two hours, the last one `gap` ago, of which 10 min are still on the skin.
        let given = |gap: u64| {
            let dose = |from| Dose {
                modality: Modality::Cold,
                from,
                to: from + minutes(19),
                session: from,
                site: Site::LOWER_BACK,
                relieves: true,
            };
            (0..9).map(|count| dose(START + hours(48 - gap - 2 * count))).collect()
        };
        let found = |kinds: &[(StepKind, u64)], injured: u64, gap: u64, overrides: &[RuleId]| {
            let steps: Vec<_> = kinds.iter().map(|(kind, length)| (*kind, minutes(*length))).collect();
            let doses = given(gap);
            let context = Context { now, doses, injury: Injury::Ago(hours(injured)), ..Context::default() };
            let start = start(&Draft::of("test", &steps), Choice::default(), &context, overrides);
            (start.refused.map(|finding| finding.rule), start.possible)
        };
        let contrast = [(StepKind::Heat, 20), (StepKind::Cold, 20)];
        let (early, daily) = (RuleId::EarlyHeat, RuleId::ColdDaily);
        assert_eq!(found(&contrast, 30, 1, &[]), (Some(early), Some(hours(42))));
        let (rule, wait) = found(&contrast, 71, 1, &[]);
        assert!(rule == Some(daily) && wait > Some(hours(1)), "{rule:?} {wait:?}");
        assert_eq!(found(&contrast, 30, 1, &[early]), (rule, wait));
        assert_eq!(found(&contrast, 30, 1, &[daily]), (Some(early), Some(hours(42))));
        // What never passes is the longest wait.
        let (long, never) = ([(StepKind::Heat, 20), (StepKind::Cold, 45)], (Some(RuleId::ColdLimit), None));
        assert_eq!(found(&long, 30, 1, &[]), never);
    }

    /// Ice of 12 min on the lower back, 5 min of it given.
    #[test]
    fn a_dose_that_a_session_does_not_know_leaves_less_room() {
        let began = START + minutes(24 * 60);
        let at = |minute: u64| began + minutes(minute);
        let ice = |before: &[Dose]| {
            let doses = before.iter().copied().collect();
            let context = Context { now: began, doses, ..Context::default() };
            let draft = Draft::of("ice", &[(StepKind::Cold, minutes(12))]);
            let protocol = draft.review(Choice::default(), &context, &[]).expect("it passes");
            let (mut session, _) = Session::start(&protocol, SessionOptions::default(), began);
            let _ = session.advance(at(5));
            session
        };
        let dose = |modality, from: Moment, to, name| {
            let site = Site::from_name(name).expect("a site");
            Dose { modality, from, to, session: from, site, relieves: false }
        };
        let after = |mut session: Session, longer: u64| {
            let _ = session.handle(at(5), Input::Extend(minutes(longer)));
            session
        };
        let over = |told: Dose, longer| over_with(&[told].into_iter().collect(), &after(ice(&[]), longer));
        let (cold, rewarm) = (Modality::Cold, RuleId::Rewarm);
        let load = |total| Some((rewarm, Detail::Load(cold, minutes(total), minutes(20))));
        // It overlaps the session, so nothing of it has faded.
        let told = |length: u64, name| dose(cold, began - minutes(length), began, name);
        assert_eq!((over(told(8, "lower-back"), 0), over(told(9, "lower-back"), 0)), (None, load(21)));
        assert_eq!((over(told(6, "left-hip"), 2), over(told(6, "left-hip"), 3)), (None, load(21)));
        assert_eq!(
            (over(told(60, "left-knee"), 8), over(dose(Modality::Heat, began, at(5), "lower-back"), 60)),
            (None, None)
        );
        // What it knows already is not counted twice, and what it breaks alone is not asked here.
        let known = told(8, "lower-back");
        assert_eq!(over_with(&Doses::default(), &after(ice(&[known]), 60)), None);
        // 150 min of the day were at another place.
        let hand = dose(cold, began - minutes(600), began - minutes(450), "left-hand");
        let daily = Some((RuleId::ColdDaily, Detail::Daily(cold, minutes(162), minutes(160))));
        assert_eq!(over(hand, 0), daily);
        assert_eq!(over(Dose { from: hand.from + minutes(2), ..hand }, 0), None);
    }

    #[test]
    fn a_session_can_be_resumed_for_longer_than_it_may_last() {
        assert_eq!(STALE, minutes(180));
        assert!(STALE > crate::domain::rules::SESSION);
    }

    #[test]
    fn the_latest_injury_that_touches_is_meant() {
        let site = |name| Site::from_name(name).expect("a site");
        let said = |name: &str, injury| Said { site: Site::from_name(name), injury };
        let ago = |hours: u64| Injury::Ago(minutes(60 * hours));
        let all = [said("left-ankle", ago(20)), said("left-foot", ago(100)), said("lower-back", Injury::Absent)];
        let of = |name, all: &[Said]| meant(site(name), all);
        assert_eq!(of("left-ankle", &all), Some(0));
        assert_eq!(of("left-foot", &all), Some(0), "the later one, though the other has the same name");
        assert_eq!(of("left-calf", &all), Some(0));
        assert_eq!((of("right-ankle", &all), of("left-knee", &all)), (None, None));
        assert_eq!((of("lower-back", &all), of("upper-back", &all)), (Some(2), None), "only where it was said");
        assert_eq!(of("other", &all), Some(0));
        // Without a site it is about every place; a time that must be a mistake comes first, and then an injury.
        let whole = [
            said("", Injury::Absent),
            said("left-knee", ago(90)),
            said("", ago(200)),
            said("hip", Injury::InFuture(minutes(1))),
        ];
        assert_eq!(of("neck", &whole[..1]), Some(0));
        assert_eq!((of("left-knee", &whole[..3]), of("neck", &whole[..3])), (Some(1), Some(2)));
        assert_eq!((of("left-thigh", &whole), of("left-knee", &whole)), (Some(3), Some(1)));
        assert_eq!(of("neck", &[]), None);
    }
}
