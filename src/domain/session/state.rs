//! What can be read from a session. Nothing here changes it.

use std::time::Duration;

use super::{Input, Outcome, Phase, Session};
use crate::domain::dose::{Dose, Doses};
use crate::domain::exposure::Load;
use crate::domain::moment::Moment;
use crate::domain::plan::{Plan, Segment};
use crate::domain::rules::NUMB;
use crate::domain::site::Site;
use crate::domain::step::{Modality, PerModality, Step};

impl Session {
    /// The next moment at which time alone changes something. It is never in the past of an advanced
    /// session. `None` while paused and when over.
    pub fn wake_at(&self) -> Option<Moment> {
        match self.phase {
            Phase::Running => Some(self.origin + self.due().1),
            Phase::Held { remind, .. } => Some(remind),
            Phase::Paused { .. } | Phase::Over { .. } => None,
        }
    }

    /// How it ended, when it is over.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.phase {
            Phase::Over { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// Where the packs lie.
    pub fn site(&self) -> Site {
        self.site
    }

    /// Whether the person has taken the pack off.
    pub fn is_paused(&self) -> bool {
        matches!(self.phase, Phase::Paused { .. })
    }

    /// Whether the session was stopped in a pause, with the pack off.
    pub fn ended_in_pause(&self) -> bool {
        matches!(self.phase, Phase::Over { in_pause: true, .. })
    }

    /// Whether the step is past its end and the session waits for the person.
    pub fn is_held(&self) -> bool {
        matches!(self.phase, Phase::Held { .. })
    }

    /// Whether this input may put a pack on now, or keep it on for longer.
    pub fn goes_on_with(&self, input: Input) -> bool {
        match input {
            Input::Extend(_) => true,
            Input::Skip => !self.is_refused(),
            Input::Resume | Input::Confirm => self.is_paused() || self.is_held() && !self.is_refused(),
            Input::Toggle => self.is_paused(),
            Input::Pause | Input::Stop | Input::Leave | Input::Leap(_) => false,
        }
    }

    /// Whether the step holds at its end because the next dose is refused.
    pub fn is_refused(&self) -> bool {
        matches!(self.phase, Phase::Held { refused: true, .. })
    }

    /// Whether time alone ends the step by then, and begins one with a pack.
    pub fn begins_dose_by(&self, now: Moment) -> bool {
        let begins = self.plan.next(self.index).is_some_and(|next| next.step.kind.has_pack());
        let runs_out = matches!(self.phase, Phase::Running) && self.end() <= now;
        // Otherwise the step holds anyway.
        let is_direct = !self.options.confirm && now.since(self.end()) <= self.options.grace;
        runs_out && begins && (is_direct || !self.segment().step.kind.has_pack())
    }

    /// The steps from now on: what is left of this one, and those that follow.
    pub fn remaining(&self) -> Vec<Step> {
        let mut steps: Vec<_> = self.plan.segments()[self.index..].iter().map(|segment| segment.step.clone()).collect();
        steps[0].length = self.segment().end().saturating_sub(self.elapsed());
        steps
    }

    /// The plan: real lengths for the steps that are over, planned lengths for the others.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The current step, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The current step and its place.
    pub fn segment(&self) -> &Segment {
        &self.plan.segments()[self.index]
    }

    /// When the session started.
    pub fn began(&self) -> Moment {
        self.began
    }

    /// The latest moment that the session was given.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Elapsed time without pauses.
    pub fn elapsed(&self) -> Duration {
        self.elapsed_at(self.now)
    }

    /// When the current step ends, unless the person pauses.
    pub fn end(&self) -> Moment {
        self.origin + self.segment().end() + self.paused_for()
    }

    /// The load of the skin now.
    pub fn load(&self) -> Load {
        self.load.after(self.on(), self.now.since(self.settled))
    }

    /// The dose of a modality that this session has given so far.
    pub fn dose(&self, modality: Modality) -> Duration {
        let open = self.on().modality() == Some(modality);
        let since = if open { self.now.since(self.settled) } else { Duration::ZERO };
        self.given()[modality] + since
    }

    /// The doses of earlier sessions, and those of this one up to the last change: all when it is over.
    pub fn doses(&self) -> &Doses {
        &self.doses
    }

    /// The same, up to now.
    pub fn doses_until_now(&self) -> Doses {
        let mut doses = self.doses.clone();
        let (from, to, session, site) = (self.settled, self.now, self.began, self.site);
        doses.extend(self.on().modality().map(|modality| Dose { modality, from, to, session, site, relieves: true }));
        doses
    }

    /// The same, and the pack of this step for the time that is `left` of it.
    pub(super) fn doses_with(&self, left: Duration) -> Doses {
        let mut doses = self.doses_until_now();
        let (from, to, session, site) = (self.now, self.now + left, self.began, self.site);
        let modality = self.segment().step.kind.modality();
        doses.extend(modality.map(|modality| Dose { modality, from, to, session, site, relieves: true }));
        doses
    }

    /// Whether the skin may still be numb at a moment, from cold of this session or an earlier one.
    pub fn is_numb(&self, at: Moment) -> bool {
        self.doses.since(Modality::Cold, self.site, at).is_some_and(|since| since < NUMB)
    }

    /// The doses of this session up to `settled`.
    pub(super) fn given(&self) -> PerModality<Duration> {
        let own =
            |modality| self.doses.iter().filter(move |dose| (dose.session, dose.modality) == (self.began, modality));
        PerModality::from_fn(|modality| own(modality).map(|dose| dose.to.since(dose.from)).sum())
    }

    /// How long this pause has lasted; zero while the session is not paused.
    pub fn paused_for(&self) -> Duration {
        match self.phase {
            Phase::Paused { since, .. } => self.now.since(since),
            _ => Duration::ZERO,
        }
    }

    /// How far the time of day leapt ahead, while the step holds because of that; zero otherwise.
    pub fn leapt(&self) -> Duration {
        match self.phase {
            Phase::Held { leapt, .. } => leapt,
            _ => Duration::ZERO,
        }
    }

    /// How much longer the rules let the current step be.
    pub fn room_to_extend(&self) -> Duration {
        match self.phase {
            Phase::Paused { at_end: true, .. } | Phase::Over { .. } => Duration::ZERO,
            _ => self.room(self.segment().end().saturating_sub(self.elapsed())).0,
        }
    }
}
