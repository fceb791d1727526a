//! The words for one view of a running session: what is on and how long, until when, and what to do.
//! Pure: the caller knows the time of day. It must not know colours or terminals.

use crate::domain::moment::Moment;
use crate::domain::step::StepKind;
use crate::domain::view::{Dose, State, View};
use crate::text::advice::FEELING_BACK;
use crate::text::durations::{count_up, countdown, in_words, part_of};

/// What is on and how long: `HEAT 13:23 left`, `PAUSED 2:10`, `COLD IS OVER 0:12`.
pub fn heading(view: &View) -> String {
    match view.state {
        State::Running => format!("{} {} left", upper(view.kind), countdown(view.left)),
        State::Paused => format!("PAUSED {}", count_up(view.paused_for)),
        State::Held if view.is_overrun() => {
            format!("TAKE IT OFF: {} is {} too long", view.kind, count_up(view.over))
        }
        State::Held => format!("{} IS OVER {}", upper(view.kind), count_up(view.over)),
    }
}

/// The heading, and behind it as much of the details as fits the width: `HEAT 13:23 left · until 19:34`.
pub fn clock(view: &View, end: &str, place: Option<String>, width: usize) -> (String, String) {
    let heading = heading(view);
    let room = width.saturating_sub(heading.len());
    let rest = details(view, end, ", ").into_iter().chain(place).fold(String::new(), |rest, detail| {
        let longer = format!("{rest}{}{detail}", if rest.is_empty() { " · " } else { ", " });
        if longer.chars().count() <= room { longer } else { rest }
    });
    (heading, rest)
}

/// Until when the step lasts, and what comes then; `joint` joins the next step and its length.
fn details(view: &View, end: &str, joint: &str) -> Vec<String> {
    let next = match view.next {
        Some(next) => Some(format!("then {}{joint}{}", upper(next.kind), in_words(next.length))),
        None => (view.of > 1).then(|| "last step".to_owned()),
    };
    let kind = upper(view.kind);
    match view.state {
        State::Running => [format!("until {end}")].into_iter().chain(next).collect(),
        State::Paused if view.left.is_zero() => vec![format!("{kind} is over"), "pack off".to_owned()],
        State::Paused => vec![format!("{kind}{joint}{} left", countdown(view.left)), "pack off".to_owned()],
        State::Held if view.is_overrun() => vec![format!("ended {end}")],
        State::Held => [part_of(view.length, view.length)].into_iter().chain(next).collect(),
    }
}

/// Which round and which step this is, where there is more than one.
pub fn position(view: &View) -> Vec<String> {
    let round = (view.rounds > 1).then(|| format!("round {} of {}", view.round, view.rounds));
    let step = (view.of > 1).then(|| format!("step {} of {}", view.step, view.of));
    round.into_iter().chain(step).collect()
}

/// What to do while the clock of the step stands still, the most urgent first; nothing while it runs.
pub fn todo(view: &View) -> Vec<String> {
    let next = view.next.map(|next| next.kind);
    match view.state {
        State::Running => Vec::new(),
        State::Paused if view.kind.modality().is_none() => vec!["Press space to go on.".to_owned()],
        State::Paused => vec!["Pack off. Press space when it is back on.".to_owned()],
        State::Held if view.is_overrun() => {
            let kind = capitalized(view.kind.as_str());
            let look = match view.kind {
                StepKind::Heat => "Look at the skin. Blistered or still stinging: get help.",
                _ => "Look at the skin. White, blistered or still numb: get help.",
            };
            let off = format!("Take the pack off, then press Enter. {kind} is {} too long.", count_up(view.over));
            vec![off, look.to_owned()]
        }
        State::Held => {
            let off = view.pack_on.then(|| format!("take the {} off, ", view.kind));
            let on = next.filter(|next| next.modality().is_some()).map(|next| format!("put the {next} on, "));
            let changes = [off, on].into_iter().flatten().collect::<String>();
            let enter = if changes.is_empty() { "press Enter to go on." } else { "then press Enter." };
            let after_cold = view.kind == StepKind::Cold && next == Some(StepKind::Heat);
            let question = after_cold.then(|| FEELING_BACK.to_owned());
            [capitalized(&(changes + enter))].into_iter().chain(question).collect()
        }
    }
}

/// How much of the session is over: `6 min of 2 h`.
pub fn progress(view: &View) -> String {
    part_of(view.elapsed, view.total)
}

/// What is on the skin: `On the skin: heat 7 of 30 min, cold 0 of 20 min`, or shorter where the width asks
/// for it. Empty without packs.
pub fn skin(view: &View, width: usize) -> String {
    let doses = [view.doses.heat, view.doses.cold];
    let shown = doses.iter().filter(|dose| !dose.planned.is_zero() || !dose.load.is_zero());
    let doses: Vec<_> = shown.map(dose).collect();
    let line = format!("On the skin: {}", doses.join(", "));
    match () {
        () if doses.is_empty() => String::new(),
        () if line.len() > width => line.replace("On the skin", "Skin").replace(" min,", ","),
        () => line,
    }
}

fn dose(dose: &Dose) -> String {
    match (dose.load.as_secs() / 60, dose.limit.as_secs() / 60) {
        (load, limit) if load > limit => format!("{} {load} min, limit {limit} min", dose.modality),
        _ => format!("{} {}", dose.modality, part_of(dose.load, dose.limit)),
    }
}

/// What each key does now, in the longest form that fits the width. `keys` means that somebody can press them.
pub fn keys(view: &View, width: usize, keys: bool) -> &'static str {
    let forms: &[&str] = match view.state {
        _ if !keys => &["Ctrl-C stops"],
        State::Running if view.can_extend => {
            &["space pause · s skip · + 1 min more · q stop", "space pause · s skip · q stop", "space pause · q stop"]
        }
        State::Running => &["space pause · s skip · q stop", "space pause · q stop"],
        State::Paused => &["space go on · s skip · q stop", "space go on · q stop"],
        State::Held => &["Enter done · space pack off · q stop", "Enter done · q stop"],
    };
    forms.iter().find(|form| form.chars().count() <= width).or(forms.last()).unwrap_or(&"")
}

/// The session called `name` in two lines, for `status`.
pub fn lines(name: &str, view: &View, wall: impl Fn(Moment) -> String) -> String {
    let now = [vec![heading(view)], details(view, &wall(view.ends_at), " ")].concat().join(", ");
    let place = [vec![name.to_owned()], position(view)].concat().join(", ");
    format!("{now}\n{place}, until {}", wall(view.all_ends_at))
}

fn upper(kind: StepKind) -> String {
    kind.as_str().to_uppercase()
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
