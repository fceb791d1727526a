//! More time for a step, as far as the rules and the protocol leave room. It must not know who asks.

use std::time::Duration;

use super::{Event, EventKind, Phase, Session};
use crate::domain::dose::Dose;
use crate::domain::exposure::Exposure;
use crate::domain::rules::{RuleId, SESSION, SESSION_DOSE, STEP_MIN};
use crate::domain::step::Modality;

impl Session {
    /// Gives the running, held or paused step more time, as far as the rules and the protocol leave room.
    pub(super) fn extend(&mut self, by: Duration, events: &mut Vec<Event>) {
        if matches!(self.phase, Phase::Paused { at_end: true, .. }) {
            let nothing = EventKind::Extended { by: Duration::ZERO, by_rule: None };
            return events.push(self.event(self.now, nothing));
        }
        // After its end, an extension of a step counts from now.
        let so_far = self.elapsed().saturating_sub(self.segment().start);
        let length = so_far.max(self.segment().length);
        let (room, rule) = self.room(length.saturating_sub(so_far));
        // The file of the protocol may allow less than the rules do.
        let stated = self.segment().longest.map(|longest| longest.saturating_sub(length));
        let (room, rule) = match stated.filter(|stated| *stated < room) {
            Some(stated) => (stated, None),
            None => (room, Some(rule)),
        };
        // An extension shorter than the shortest step is of no use.
        let granted = Some(by.min(room)).filter(|granted| *granted >= STEP_MIN).unwrap_or_default();
        let by_rule = rule.filter(|_| granted < by);
        if granted > Duration::ZERO {
            self.plan.set_length(self.index, length + granted);
            if self.is_held() {
                self.go_on();
            }
            self.replan();
        }
        events.push(self.event(self.now, EventKind::Extended { by: granted, by_rule }));
    }

    /// How much longer than `left` the step may go on, and the rule that sets this limit.
    pub(super) fn room(&self, left: Duration) -> (Duration, RuleId) {
        let kind = self.segment().step.kind;
        let following = self.plan.exposures(self.index + 1);
        let total = self.elapsed() + left + following.iter().map(|(_, length)| *length).sum::<Duration>();
        let mut rooms = vec![(SESSION.saturating_sub(total), RuleId::SessionLimit)];
        if let Some(modality) = kind.modality() {
            let planned = following.iter().filter(|(kind, _)| kind.modality() == Some(modality));
            let dose = self.dose(modality) + left + planned.map(|(_, length)| *length).sum::<Duration>();
            rooms.push((SESSION_DOSE.saturating_sub(dose), RuleId::SessionLimit));
            let rule = RuleId::limit_of(modality);
            rooms.push((self.load().after(kind, left).room(kind, &following), rule));
            if let Some(most) = self.most_of_a_day.filter(|_| modality == Modality::Cold && self.begun.is_none()) {
                rooms.push((self.room_of_the_day(left, &following, most), RuleId::ColdDaily));
            }
        }
        rooms.into_iter().min_by_key(|(room, _)| *room).unwrap_or((Duration::ZERO, RuleId::SessionLimit))
    }

    /// How much longer than `left` this cold may go on, so that no day has too much cold, the steps `following` it
    /// included.
    fn room_of_the_day(&self, left: Duration, following: &[Exposure], most: Duration) -> Duration {
        let cold = Modality::Cold;
        let (mut doses, mut from) = (self.doses_with(left), self.now + left);
        let mut room = doses.room_in_a_day(cold, from, SESSION, most);
        for &(kind, length) in following {
            let to = from + length;
            if kind.modality() == Some(cold) && !length.is_zero() {
                let (modality, session, site) = (cold, self.began, self.site);
                doses.push(Dose { modality, from, to, session, site, relieves: true });
                // Each extra minute here moves those steps, and can add a minute to each of their days.
                room = room.min(most.saturating_sub(doses.highest_in_a_day(cold, from, to)));
            }
            from = to;
        }
        room
    }
}
