//! The coming sessions: the earliest times, or times spread over the waking hours, at which every rule leaves room. It
//! must not know calendars or time zones, nor how a plan is shown.
//!
//! A plan never promises more than `run`: each session is reviewed at its time, after all that comes before it.

use std::time::Duration;

use crate::domain::dose::Dose;
use crate::domain::moment::Moment;
use crate::domain::rules::{COLD_SPACING, Context, FALSE_START, Finding, RuleId, Severity, review};
use crate::domain::step::{Modality, PerModality, Step};

/// The sessions of a day when the person says nothing: 4 with cold (AAOS) and 3 with heat (Mayo).
pub const PER_DAY: PerModality<usize> = PerModality { cold: 4, heat: 3 };

/// The time from one start to the next when the person says nothing: that of cold (Bleakley 2006, Mayo). For heat it is
/// ours.
pub const EVERY: Duration = COLD_SPACING;

/// A stretch of waking hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awake {
    /// When the person gets up.
    pub from: Moment,
    /// When the person goes to bed: every session is over by then.
    pub to: Moment,
}

/// What a person wishes.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The waking hours of each day, in order.
    pub awake: &'a [Awake],
    /// The most sessions of a day; without it, [`PER_DAY`].
    pub per_day: Option<usize>,
    /// The least time from one start to the next.
    pub every: Duration,
    /// Spread over the waking hours, and not as early as possible.
    pub spread: bool,
}

/// What may be done at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The name of the protocol.
    pub protocol: String,
    /// Its steps, expanded.
    pub steps: Vec<Step>,
    /// From here on something else fits better.
    pub until: Option<Moment>,
}

impl Offer {
    fn length(&self) -> Duration {
        self.steps.iter().map(|step| step.length).sum()
    }

    fn has(&self, modality: Modality) -> bool {
        self.steps.iter().any(|step| step.kind.modality() == Some(modality))
    }
}

/// Why a session is not earlier, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// Nothing is in the way: now.
    Now,
    /// The waking hours begin, or end.
    Awake,
    /// This long after the last one began.
    Every(Duration),
    /// The sessions are spread over the waking hours.
    Spread,
    /// Something else fits better from here on.
    Switch,
    /// A rule.
    Rule(Finding),
}

/// A session to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    /// When it starts.
    pub from: Moment,
    /// When it ends.
    pub to: Moment,
    /// The name of its protocol.
    pub protocol: String,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Why it is not earlier.
    pub because: Because,
}

/// A session that does not fit into its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The day, from 0.
    pub day: usize,
    /// Which session of the day, from 1, counting those that were given already.
    pub number: usize,
    /// When it could have started at the earliest; `None` when waiting does not help.
    pub at: Option<Moment>,
    /// What kept it from an earlier time.
    pub because: Because,
}

/// The coming sessions, and what does not fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The sessions, in order.
    pub sessions: Vec<Coming>,
    /// At most one for a day: the first that does not fit.
    pub left_out: Vec<LeftOut>,
}

/// Plans the coming sessions from `context.now` on. `offers` says what fits at a time, and `grid` is the first time at
/// or after another at which a session may be planned.
pub fn schedule(
    context: &Context,
    wish: &Wish<'_>,
    offers: &dyn Fn(Moment) -> Offer,
    grid: &dyn Fn(Moment) -> Moment,
) -> Schedule {
    let mut planner = Planner { context: context.clone(), wish: *wish, offers, grid };
    let mut schedule = Schedule::default();
    for (day, awake) in wish.awake.iter().enumerate() {
        planner.plan(day, *awake, &mut schedule);
    }
    schedule
}

struct Planner<'a> {
    /// The doses of the past, and of the sessions that are planned already.
    context: Context,
    wish: Wish<'a>,
    offers: &'a dyn Fn(Moment) -> Offer,
    grid: &'a dyn Fn(Moment) -> Moment,
}

impl Planner<'_> {
    /// Plans a day.
    fn plan(&mut self, day: usize, awake: Awake, schedule: &mut Schedule) {
        let (mut from, mut because) = match self.context.now.max(awake.from) {
            now if now > awake.from => (now, Because::Now),
            from => (from, Because::Awake),
        };
        let targets = if self.wish.spread { self.spread(Awake { from, to: awake.to }, awake) } else { Vec::new() };
        for count in 0.. {
            if let Some(target) = targets.get(count).filter(|target| **target > from) {
                (from, because) = (*target, Because::Spread);
            }
            match self.earliest(from, because, awake) {
                Ok(session) => {
                    (from, because) = (session.to, Because::Now);
                    self.give(&session);
                    schedule.sessions.push(session);
                }
                Err(Some((at, because))) => {
                    let number = self.started(awake, None) + 1;
                    schedule.left_out.push(LeftOut { day, number, at, because });
                    return;
                }
                Err(None) => return,
            }
        }
    }

    /// The first session from `at` on. Otherwise what does not fit; `None` when the day has all its sessions.
    fn earliest(
        &self,
        at: Moment,
        mut because: Because,
        awake: Awake,
    ) -> Result<Coming, Option<(Option<Moment>, Because)>> {
        let mut at = (self.grid)(at);
        loop {
            let offer = (self.offers)(at);
            let switch = offer.until.map(self.grid).filter(|until| *until > at && *until < awake.to);
            if self.is_full(&offer, awake) {
                (at, because) = (switch.ok_or(None)?, Because::Switch);
                continue;
            }
            let Some((wait, why)) = self.obstacle(at, &offer) else {
                let to = at + offer.length();
                if to > awake.to {
                    let because = if because == Because::Now { Because::Awake } else { because };
                    return Err(Some((Some(at), because)));
                }
                return Ok(Coming { from: at, to, protocol: offer.protocol, steps: offer.steps, because });
            };
            let next = wait.map(|wait| (self.grid)(at + wait));
            match (next, switch) {
                (next, Some(switch)) if next.is_none_or(|next| next >= switch) => {
                    (at, because) = (switch, Because::Switch);
                }
                (Some(next), _) => (at, because) = (next, why),
                (None, _) => return Err(Some((None, why))),
            }
        }
    }

    /// What keeps a session from starting at a time, and how long; no length when waiting does not help. A warning that
    /// passes counts too: a plan has the time to wait for it.
    fn obstacle(&self, at: Moment, offer: &Offer) -> Option<(Option<Duration>, Because)> {
        let findings = review(&offer.steps, &self.context.later(at.since(self.context.now)));
        let counts = |finding: &Finding| {
            let passes = finding.passes_after.is_some_and(|wait| !wait.is_zero());
            let warns = finding.severity == Severity::Warn && finding.rule != RuleId::ColdSpacing;
            finding.blocks(&[]) || (warns && passes)
        };
        let by_rule = findings.into_iter().filter(counts).map(|finding| (finding.passes_after, Because::Rule(finding)));
        let last = |modality| self.context.doses.last_began(modality, self.context.site, FALSE_START);
        let last = Modality::ALL.map(last);
        let spacing = last.into_iter().flatten().max().map(|last| at.since(last));
        let wait = spacing.and_then(|spacing| self.wish.every.checked_sub(spacing)).filter(|wait| !wait.is_zero());
        let by_wish = wait.map(|wait| (Some(wait), Because::Every(self.wish.every)));
        // What never passes is the longest wait.
        by_rule.chain(by_wish).max_by_key(|(wait, _)| wait.unwrap_or(Duration::MAX))
    }

    /// Whether the day has all sessions of this kind.
    fn is_full(&self, offer: &Offer, awake: Awake) -> bool {
        match self.wish.per_day {
            Some(most) => self.started(awake, None) >= most,
            None => Modality::ALL
                .into_iter()
                .any(|modality| offer.has(modality) && self.started(awake, Some(modality)) >= PER_DAY[modality]),
        }
    }

    /// The number of sessions that began in these waking hours, with this modality or with any. A false start is none.
    fn started(&self, awake: Awake, modality: Option<Modality>) -> usize {
        let doses = self.context.doses.iter().filter(|dose| dose.session >= awake.from && dose.session < awake.to);
        let mut starts: Vec<_> = doses
            .filter(|dose| modality.is_none_or(|modality| dose.modality == modality))
            .map(|dose| (dose.session, dose.to.since(dose.from)))
            .collect();
        starts.sort_unstable();
        let sessions = starts.chunk_by(|one, other| one.0 == other.0);
        sessions.filter(|doses| doses.iter().map(|(_, length)| *length).sum::<Duration>() >= FALSE_START).count()
    }

    /// Times at the same distance from each other, for the sessions that the day still may have.
    fn spread(&self, rest: Awake, day: Awake) -> Vec<Moment> {
        let offer = (self.offers)(rest.from);
        let most = self.wish.per_day.unwrap_or_else(|| {
            let of = Modality::ALL.into_iter().filter(|modality| offer.has(*modality));
            of.map(|modality| PER_DAY[modality]).min().unwrap_or(1)
        });
        let room = rest.to.since(rest.from).saturating_sub(offer.length());
        let fit = room
            .as_nanos()
            .checked_div(self.wish.every.as_nanos())
            .map_or(usize::MAX, |gaps| usize::try_from(gaps).unwrap_or(usize::MAX).saturating_add(1));
        let count = most.saturating_sub(self.started(day, None)).min(fit);
        let gaps = u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX).max(1);
        (0..u32::try_from(count).unwrap_or(u32::MAX)).map(|number| rest.from + room / gaps * number).collect()
    }

    /// Takes the session for given.
    fn give(&mut self, session: &Coming) {
        let mut at = session.from;
        for step in &session.steps {
            let to = at + step.length;
            let site = self.context.site;
            let dose = |modality| Dose { modality, from: at, to, session: session.from, site, relieves: true };
            self.context.doses.extend(step.kind.modality().map(dose));
            at = to;
        }
    }
}
