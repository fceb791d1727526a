//! One view of a running session: what is on, how long, and what comes next. The screen, `status` and status
//! bars all read it. It holds numbers only: it must not know words, colours or the time of day.

use std::time::Duration;

use strum::IntoStaticStr;

use crate::domain::moment::Moment;
use crate::domain::rules::STEP_MIN;
use crate::domain::session::{REMIND, Session};
use crate::domain::step::{PerModality, StepKind};

/// Whether the clock of the step runs.
#[derive(Clone, Copy, Debug, IntoStaticStr, PartialEq, Eq)]
#[strum(serialize_all = "lowercase")]
pub enum State {
    /// The step runs.
    Running,
    /// The pack is off, and the clock of the step does not run.
    Paused,
    /// The step is over, and the session waits for the person.
    Held,
}

impl State {
    /// Its name in JSON: `running`, `paused` or `held`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The step that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// What is done.
    pub kind: StepKind,
    /// Planned length.
    pub length: Duration,
    /// Whether it is a changeover.
    pub changeover: bool,
}

/// The dose of one modality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnSkin {
    /// What this session has given so far.
    pub given: Duration,
    /// What the whole session gives, as planned now.
    pub planned: Duration,
    /// The load now, with what earlier sessions left.
    pub load: Duration,
}

/// A session at one moment. All times are those of the session's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The moment.
    pub now: Moment,
    /// The kind of the current step.
    pub kind: StepKind,
    /// Whether it is a changeover.
    pub changeover: bool,
    /// Whether its clock runs.
    pub state: State,
    /// The current step, from 1.
    pub step: usize,
    /// How many steps the session has.
    pub of: usize,
    /// The current round, from 1.
    pub round: u32,
    /// How many rounds the session has.
    pub rounds: u32,
    /// The length of the step, with the time that the person added.
    pub length: Duration,
    /// Time until its end; zero past the end.
    pub left: Duration,
    /// Time past its end; zero before the end.
    pub over: Duration,
    /// How long this pause has lasted; zero without a pause.
    pub paused_for: Duration,
    /// How far the time of day leapt ahead, while the step holds because of that; zero otherwise.
    pub leapt: Duration,
    /// Elapsed time of the session, without pauses.
    pub elapsed: Duration,
    /// The length of the whole session, as planned now.
    pub total: Duration,
    /// The elapsed share of `total`, in whole per cent.
    pub percent: u64,
    /// When the step ends, if the session goes on without a pause.
    pub ends_at: Moment,
    /// When the session ends, if it goes on without a pause.
    pub all_ends_at: Moment,
    /// The next step that is neither skipped nor refused, if there is one.
    pub next: Option<Next>,
    /// The dose of each modality.
    pub doses: PerModality<OnSkin>,
    /// Whether a pack is on the skin.
    pub pack_on: bool,
    /// Whether the step may still be made longer.
    pub can_extend: bool,
}

impl View {
    /// The session as it is at [`Session::now`].
    pub fn of(session: &Session) -> View {
        let (segment, plan) = (session.segment(), session.plan());
        let kind = segment.step.kind;
        let (elapsed, total) = (session.elapsed(), plan.length());
        let state = match () {
            () if session.is_held() => State::Held,
            () if session.is_paused() => State::Paused,
            () => State::Running,
        };
        let rest = total.saturating_sub(segment.end());
        let planned = |modality| {
            let steps = plan.segments().iter().filter(|segment| segment.step.kind.modality() == Some(modality));
            steps.map(|segment| segment.length).sum()
        };
        View {
            now: session.now(),
            kind,
            changeover: segment.step.changeover,
            state,
            step: session.index() + 1,
            of: plan.segments().len(),
            round: segment.step.round,
            rounds: plan.rounds(),
            length: segment.length,
            left: segment.end().saturating_sub(elapsed),
            over: elapsed.saturating_sub(segment.end()),
            paused_for: session.paused_for(),
            leapt: session.leapt(),
            elapsed,
            total,
            percent: u64::try_from(elapsed.as_nanos() * 100 / total.as_nanos().max(1)).unwrap_or(u64::MAX).min(100),
            ends_at: session.end(),
            all_ends_at: session.end().max(session.now()) + rest,
            next: plan.next(session.index()).filter(|_| !session.is_refused()).map(|next| Next {
                kind: next.step.kind,
                length: next.length,
                changeover: next.step.changeover,
            }),
            doses: PerModality::from_fn(|modality| OnSkin {
                given: session.dose(modality),
                planned: planned(modality),
                load: session.load().of(modality),
            }),
            pack_on: state != State::Paused && session.outcome().is_none() && kind.has_pack(),
            can_extend: session.room_to_extend() >= STEP_MIN,
        }
    }

    /// The dose that comes next, in a changeover; `None` in other steps.
    pub fn dose_after_changeover(&self) -> Option<Next> {
        self.next.filter(|next| self.changeover && next.kind.has_pack())
    }

    /// Whether a pack is on past the end of its step, and the person did not answer the first alarm.
    pub fn is_overrun(&self) -> bool {
        self.state == State::Held && self.pack_on && self.over >= REMIND
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::protocol::{Choice, Draft};
    use crate::domain::rules::Context;
    use crate::domain::session::{Input, SessionOptions};

    #[test]
    fn a_view_follows_a_session_through_pause_and_hold() {
        let minutes = |number: u64| Duration::from_secs(number * 60);
        let at = |number| Moment::default() + minutes(number);
        let draft = Draft::of("test", &[(StepKind::Heat, minutes(10)), (StepKind::Cold, minutes(20))]);
        let protocol = draft.review(Choice::default(), &Context::default(), &[]).expect("within every rule");
        let options = SessionOptions { confirm: true, ..SessionOptions::default() };
        let (mut session, _) = Session::start(&protocol, options, at(0));

        let _ = session.handle(at(1), Input::Leap(minutes(7)));
        assert_eq!((View::of(&session).state, View::of(&session).leapt), (State::Held, minutes(7)));
        let _ = session.handle(at(1), Input::Confirm);
        assert_eq!((View::of(&session).state, View::of(&session).leapt), (State::Running, Duration::ZERO));
        let _ = session.handle(at(3), Input::Pause);
        let _ = session.advance(at(5));
        let view = View::of(&session);
        assert_eq!((view.state, view.pack_on), (State::Paused, false));
        assert_eq!((view.left, view.paused_for, view.percent), (minutes(7), minutes(2), 10));
        assert_eq!((view.ends_at, view.all_ends_at), (at(12), at(32)));
        assert_eq!(view.next, Some(Next { kind: StepKind::Cold, length: minutes(20), changeover: false }));
        assert_eq!((view.doses.heat.given, view.doses.heat.load), (minutes(3), minutes(2)));
        assert_eq!((view.doses.heat.planned, view.doses.cold.planned), (minutes(10), minutes(20)));

        let _ = session.handle(at(5), Input::Resume);
        let _ = session.advance(at(12));
        let view = View::of(&session);
        assert_eq!((view.state, view.is_overrun()), (State::Held, false));
        let _ = session.advance(at(13));
        let view = View::of(&session);
        assert_eq!((view.over, view.is_overrun(), view.pack_on), (minutes(1), true, true));

        let _ = session.handle(at(13), Input::Confirm);
        let view = View::of(&session);
        assert_eq!((view.kind, view.step, view.next, view.can_extend), (StepKind::Cold, 2, None, false));
    }
}
