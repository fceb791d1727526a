//! The words for one view of a running session: what is on and how long, until when, and what to do.
//! Pure: the caller knows the time of day. It must not know colours or terminals.

use crate::domain::exposure::limit;
use crate::domain::moment::Moment;
use crate::domain::step::Modality;
use crate::domain::view::{Next, State, View};
use crate::text::advice::{self, change, paused};
use crate::text::durations::{count_up, countdown, in_words, part_of};
use crate::text::printable::capital;

/// What is on and how long: `HEAT 13:23 left`, `GET READY: COLD in 0:23`, `PAUSED 2:10`, `COLD IS OVER 0:12`.
pub fn heading(view: &View) -> String {
    let name = upper(called(view));
    match view.state {
        State::Running => match view.dose_after_changeover() {
            Some(next) => format!("GET READY: {} in {}", upper(next.kind.as_str()), countdown(view.left)),
            None => format!("{name} {} left", countdown(view.left)),
        },
        State::Paused => format!("PAUSED {}", count_up(view.paused_for)),
        State::Held if view.is_overrun() => format!("TAKE IT OFF: {}", too_long(view)),
        State::Held if !view.left.is_zero() => format!("{name} {} left, waiting", countdown(view.left)),
        State::Held => format!("{name} IS OVER {}", count_up(view.over)),
    }
}

/// The heading, and after it as many details as fit the width: `HEAT 13:23 left · until 19:34`.
pub fn clock(view: &View, end: &str, place: Option<String>, width: usize) -> (String, String) {
    let heading = heading(view);
    let room = width.saturating_sub(heading.len());
    let rest = details(view, end, ", ").into_iter().chain(place).fold(String::new(), |rest, detail| {
        let longer = format!("{rest}{}{detail}", if rest.is_empty() { " · " } else { ", " });
        if longer.chars().count() <= room { longer } else { rest }
    });
    (heading, rest)
}

/// Until when the step lasts, and what comes then. `joint` is put between a step and its length.
fn details(view: &View, end: &str, joint: &str) -> Vec<String> {
    // The heading of a changeover says what comes then.
    if let (State::Running, Some(next)) = (view.state, view.dose_after_changeover()) {
        return vec![format!("at {end}"), format!("for {}", in_words(next.length))];
    }
    let next = match view.next {
        Some(Next { kind, length, changeover }) => {
            Some(format!("then {}{joint}{}", upper(advice::called(kind, changeover)), in_words(length)))
        }
        None => (view.of > 1).then(|| "last step".to_owned()),
    };
    let kind = upper(called(view));
    match view.state {
        State::Running => [format!("until {end}")].into_iter().chain(next).collect(),
        State::Held if !view.left.is_zero() => vec![format!("until {end}")],
        State::Paused if view.left.is_zero() => vec![format!("{kind} is over"), "pack off".to_owned()],
        State::Paused => vec![format!("{kind}{joint}{} left", countdown(view.left)), "pack off".to_owned()],
        State::Held if view.is_overrun() => vec![format!("ended {end}")],
        State::Held => [part_of(view.length, view.length)].into_iter().chain(next).collect(),
    }
}

/// The round and the step, where there is more than one.
pub fn position(view: &View) -> Vec<String> {
    let round = (view.rounds > 1).then(|| format!("round {} of {}", view.round, view.rounds));
    let step = (view.of > 1).then(|| format!("step {} of {}", view.step, view.of));
    round.into_iter().chain(step).collect()
}

/// What to do while the session waits for the person, the most urgent first; nothing while the step runs.
pub fn todo(view: &View) -> Vec<String> {
    match view.state {
        State::Running => Vec::new(),
        State::Paused if view.kind.has_pack() => vec![format!("Pack off. {}", paused(view.kind, true))],
        State::Paused => vec![paused(view.kind, true).to_owned()],
        State::Held if view.is_overrun() => {
            let off = change(view.kind, None, true).join(" ");
            vec![format!("{off} {}.", capital(&too_long(view))), advice::too_long(view.kind).to_owned()]
        }
        State::Held if !view.left.is_zero() => {
            vec!["The time of day jumped ahead. Look at the skin.".to_owned(), advice::leapt(view.kind, true)]
        }
        State::Held => change(view.kind, view.next.map(|next| next.kind), true),
    }
}

/// What to do while the step runs, where its length is shown elsewhere.
pub fn during(view: &View, is_numb: bool) -> String {
    view.dose_after_changeover()
        .map_or_else(|| advice::during(view.kind, is_numb), |next| advice::ready(next.kind).to_owned())
}

/// What is on the skin: `On the skin: heat 7 of 30 min, cold 0 of 20 min`, shorter where it does not fit the
/// width. Empty without packs.
pub fn skin(view: &View, width: usize) -> String {
    let doses = [Modality::Heat, Modality::Cold].into_iter().filter_map(|modality| {
        let (load, limit) = (view.doses[modality].load, limit(modality));
        let [minutes, most] = [load, limit].map(|length| length.as_secs() / 60);
        match () {
            () if load.is_zero() && view.doses[modality].planned.is_zero() => None,
            () if minutes > most => Some(format!("{modality} {minutes} min, limit {most} min")),
            () => Some(format!("{modality} {}", part_of(load, limit))),
        }
    });
    let doses = doses.collect::<Vec<_>>().join(", ");
    let line = format!("On the skin: {doses}");
    match () {
        () if doses.is_empty() => doses,
        () if line.len() > width => line.replace("On the skin", "Skin").replace(" min,", ","),
        () => line,
    }
}

/// What each key does now, in the longest form that fits the width. `keys`: a person can press them.
pub fn keys(view: &View, width: usize, keys: bool) -> &'static str {
    let forms: &[&str] = match view.state {
        _ if !keys => &["Ctrl-C stops"],
        State::Running if view.can_extend => {
            &["space pause · s skip · + 1 min more · q stop", "space pause · s skip · q stop", "space pause · q stop"]
        }
        State::Running => &["space pause · s skip · q stop", "space pause · q stop"],
        State::Paused => &["space go on · s skip · q stop", "space go on · q stop"],
        State::Held if !view.left.is_zero() => &["Enter go on · space pack off · q stop", "Enter go on · q stop"],
        State::Held => &["Enter done · space pack off · q stop", "Enter done · q stop"],
    };
    forms.iter().find(|form| form.chars().count() <= width).or(forms.last()).unwrap_or(&"")
}

/// The session called `name` in two lines, for `status`.
pub fn lines(name: &str, view: &View, wall: impl Fn(Moment) -> String) -> String {
    let now = now(view, &wall);
    let place = [vec![name.to_owned()], position(view)].concat().join(", ");
    format!("{now}\n{place}, until {}", wall(view.all_ends_at))
}

/// What is on, until when, and what comes then.
pub fn now(view: &View, wall: impl Fn(Moment) -> String) -> String {
    [vec![heading(view)], details(view, &wall(view.ends_at), " ")].concat().join(", ")
}

fn too_long(view: &View) -> String {
    format!("{} is {} too long", view.kind, count_up(view.over))
}

/// What the current step is called.
pub fn called(view: &View) -> &'static str {
    advice::called(view.kind, view.changeover)
}

fn upper(name: &str) -> String {
    name.to_uppercase()
}
