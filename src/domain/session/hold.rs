//! Steps past their end, or after a leap of the time of day, that wait for the person. It must not know who answers.

use std::time::Duration;

use super::{Event, EventKind, Moment, Phase, REMIND, Session};
use crate::domain::plan::Cue;

impl Session {
    /// Time has passed, and the dose that comes next is refused: the running step holds at its end. A step that holds
    /// already, and a session in which every change waits for the person, only go on holding.
    #[must_use]
    pub fn hold(&mut self, now: Moment) -> Vec<Event> {
        let runs = matches!(self.phase, Phase::Running);
        let confirm = std::mem::replace(&mut self.options.confirm, true);
        let events = self.advance(now);
        self.options.confirm = confirm;
        if let Phase::Held { refused, .. } = &mut self.phase {
            *refused |= runs && !confirm;
        }
        events
    }

    /// The end of the step is noticed too late: the machine slept or stalled.
    pub(super) fn overrun(&mut self, events: &mut Vec<Event>) {
        let over = self.now.since(self.end());
        self.phase = Phase::Held { remind: self.now + REMIND, leapt: Duration::ZERO, refused: false };
        self.halfway = true;
        // The gap changed the load, so a step that was left out may fit again.
        self.replan();
        events.push(self.event(self.now, EventKind::Overran { over }));
        // After the last step nothing can pass without an alarm.
        if self.plan.next(self.index).is_none() && !self.options.confirm {
            self.leave(self.now, events);
        }
    }

    /// The alarm has no answer yet. Reminders that were missed during a sleep are given once.
    pub(super) fn remind(&mut self, events: &mut Vec<Event>) {
        let Phase::Held { remind, leapt, refused } = self.phase else {
            return;
        };
        let slept = self.now.since(remind).as_nanos() / REMIND.as_nanos();
        let at = remind + REMIND * u32::try_from(slept).unwrap_or(u32::MAX);
        let over = at.since(self.end());
        self.phase = Phase::Held { remind: at + REMIND, leapt, refused };
        let is_over = at >= self.end();
        events.push(self.event(at, if is_over { EventKind::Overran { over } } else { EventKind::Leapt { by: leapt } }));
    }

    /// A held step runs again. What it missed is past.
    pub(super) fn go_on(&mut self) {
        self.phase = Phase::Running;
        let elapsed = self.elapsed();
        let is_past = |cue| self.plan.cue(self.index, cue).is_some_and(|at| at <= elapsed);
        (self.halfway, self.soon) = (self.halfway || is_past(Cue::Halfway), self.soon || is_past(Cue::Soon));
    }
}
