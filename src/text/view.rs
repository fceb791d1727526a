//! The words for one view of a running session: what is on and how long, until when, and what to do.
//! Pure: the caller knows the time of day. It must not know colours or terminals.

use std::borrow::Cow;
use std::time::Duration;

use crate::domain::exposure::limit;
use crate::domain::moment::Moment;
use crate::domain::step::{Modality, StepKind};
use crate::domain::view::{Next, State, View};
use crate::text::advice::{self, change, paused};
use crate::text::digits::Emblem;
use crate::text::durations::{count_up, countdown, in_words, part_of, roughly, rounded_up};
use crate::text::printable::capital;
use crate::text::wording::{leapt, ready, sentences};

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

/// The title of a window, by the minute: `Cold 12 min left · contrast`. `name` is the session's.
pub fn title(view: &View, name: &str) -> String {
    let (what, minutes) = (capital(called(view)), rounded_up(view.left).as_secs().div_ceil(60));
    let left = in_words(Duration::from_secs(60 * minutes));
    let words = match view.state {
        State::Running => match view.dose_after_changeover() {
            Some(next) => format!("Get ready: {} in {left}", next.kind),
            None => format!("{what} {left} left"),
        },
        State::Paused if view.left.is_zero() => "Paused".to_owned(),
        State::Paused => format!("Paused, {} {left} left", called(view)),
        State::Held if view.is_overrun() => "TAKE IT OFF".to_owned(),
        State::Held if view.left.is_zero() => format!("{what} is over"),
        State::Held => format!("{what} {left} left, waiting"),
    };
    format!("{words} · {name}")
}

/// What the digits stand for.
pub fn word(view: &View) -> String {
    match view.state {
        State::Paused => heading(view),
        State::Held if view.left.is_zero() && !view.is_overrun() => format!("{} IS OVER", upper(called(view))),
        State::Running if view.dose_after_changeover().is_some() => "GET READY".to_owned(),
        State::Running | State::Held => upper(called(view)),
    }
}

/// The time on the clock of the step: what is left, or how long ago it ended.
pub fn face(view: &View) -> String {
    if is_past(view) { count_up(view.over) } else { countdown(view.left) }
}

/// What is on the skin, and whether it is not on yet.
pub fn emblem(view: &View) -> (Emblem, bool) {
    let next = view.dose_after_changeover().filter(|_| view.state == State::Running);
    let emblem = match (view.state, next.map_or(view.kind, |next| next.kind)) {
        (State::Paused, _) => Emblem::Bars,
        _ if is_past(view) => Emblem::Plus,
        (_, StepKind::Heat) => Emblem::Flame,
        (_, StepKind::Cold) => Emblem::Flake,
        (_, StepKind::Rest) => Emblem::Ring,
        (_, StepKind::Stretch) => Emblem::Slash,
    };
    (emblem, next.is_some())
}

/// Whether the step is over and waits for the person.
fn is_past(view: &View) -> bool {
    view.state == State::Held && view.left.is_zero()
}

/// What is beside the digits: the word, a blank row, and until when the step lasts and what comes then.
pub fn column(view: &View, end: &str, width: usize) -> Vec<String> {
    let details = beside(view, end, ", ");
    let rows = details.iter().flat_map(|detail| textwrap::wrap(detail, width)).map(Cow::into_owned);
    [word(view), String::new()].into_iter().chain(rows).collect()
}

/// The same in one row above the digits, in the longest form that fits the width. `placed`: with the number of the step.
pub fn row(view: &View, end: &str, placed: bool, width: usize) -> String {
    let step = |form: &str| form.replace("{step}", &view.step.to_string()).replace("{of}", &view.of.to_string());
    let word = word(view);
    let [long, short] = [" ", ""].map(|joint| format!("{word}  {}", beside(view, end, joint).join(", ")));
    let shortest = match (view.state, view.dose_after_changeover()) {
        (State::Running, Some(next)) => format!("{} at {end}", upper(next.kind.as_str())),
        (State::Running, None) => format!("{word} to {end}"),
        _ => word,
    };
    let forms = [(&long, "step {step} of {of}"), (&short, "{step} of {of}"), (&short, ""), (&shortest, "{step}/{of}")];
    let mut rows = forms.into_iter().map(|(text, place)| {
        let place = if placed && view.of > 1 { step(place) } else { String::new() };
        let blanks = width.saturating_sub(text.chars().count() + place.len());
        (blanks >= 2 || blanks > 0 && place.is_empty(), format!("{text}{:blanks$}{place}", ""))
    });
    let row = rows.find_map(|(fits, row)| fits.then_some(row));
    row.as_deref().unwrap_or(&shortest).trim_end().to_owned()
}

/// The heading and as many details as fit the width: the whole screen in one row. `asked`: with the key that answers.
pub fn line(view: &View, end: &str, asked: bool, width: usize) -> (String, String) {
    let place = || position(view).pop();
    let parts: Vec<String> = match view.state {
        State::Running => {
            let details = details(view, end, " ");
            let details = details.into_iter().zip([" ", ", "]).map(|(detail, joint)| format!("{joint}{detail}"));
            details.chain(place().map(|place| format!("   {place}"))).collect()
        }
        State::Paused => {
            let details = details(view, end, " ").into_iter().rev();
            details.zip([": ", "   "]).map(|(detail, joint)| format!("{joint}{detail}")).collect()
        }
        State::Held if asked && !view.left.is_zero() => vec!["   Enter go on".to_owned()],
        State::Held if asked => vec!["   Enter done".to_owned()],
        State::Held => {
            let details = details(view, end, " ").into_iter().zip(["   ", ", "]);
            details.map(|(detail, joint)| format!("{joint}{detail}")).collect()
        }
    };
    let short = match view.state {
        State::Held if view.is_overrun() => "TAKE IT OFF".to_owned(),
        State::Running => format!("{} {}", upper(called(view)), face(view)),
        State::Paused | State::Held => face(view),
    };
    let fits = |heading: &String| heading.chars().count() <= width;
    let heading = [heading(view), short].into_iter().find(fits).unwrap_or_else(|| face(view));
    let room = width.saturating_sub(heading.chars().count());
    let rest = parts.into_iter().fold(String::new(), |rest, part| {
        if rest.chars().count() + part.chars().count() <= room { rest + &part } else { rest }
    });
    (heading, rest)
}

/// What is said beside the digits. In a changeover they stand for the time until the next dose.
fn beside(view: &View, end: &str, joint: &str) -> Vec<String> {
    let next = view.dose_after_changeover().filter(|_| view.state == State::Running);
    next.map_or_else(
        || details(view, end, joint),
        |Next { kind, length, .. }| {
            let length = if joint.is_empty() { String::new() } else { format!("{joint}{}", in_words(length)) };
            vec![format!("at {end}"), format!("{}{length}", upper(kind.as_str()))]
        },
    )
}

/// Until when the step lasts, and what comes then. `joint` is put between a step and its length; without one, the
/// length is left out.
fn details(view: &View, end: &str, joint: &str) -> Vec<String> {
    // The heading of a changeover says what comes then.
    if let (State::Running, Some(next)) = (view.state, view.dose_after_changeover()) {
        return vec![format!("at {end}"), format!("for {}", in_words(next.length))];
    }
    let next = match view.next {
        Some(Next { kind, changeover, .. }) if joint.is_empty() => {
            Some(format!("then {}", upper(advice::called(kind, changeover))))
        }
        Some(Next { kind, length, changeover }) => {
            Some(format!("then {}{joint}{}", upper(advice::called(kind, changeover)), in_words(length)))
        }
        None => (view.of > 1).then(|| "last step".to_owned()),
    };
    let kind = upper(called(view));
    match view.state {
        State::Running => [format!("until {end}")].into_iter().chain(next).collect(),
        State::Held if !view.left.is_zero() => vec![format!("until {end}")],
        State::Paused => {
            let joint = if joint.is_empty() { " " } else { joint };
            let left = format!("{kind}{joint}{} left", countdown(view.left));
            vec![if view.left.is_zero() { format!("{kind} is over") } else { left }, "pack off".to_owned()]
        }
        State::Held if view.is_overrun() => vec![format!("ended {end}")],
        State::Held => [part_of(view.length, view.length)].into_iter().chain(next).collect(),
    }
}

/// How much time is left and until when, for a person who asks: to the second when `now` is given.
pub fn time_left(view: &View, end: &str, now: Option<&str>) -> String {
    let exactly = now.is_some();
    let whole = |length: Duration| Duration::from_secs(length.as_secs());
    let length = |length: Duration| if exactly { count_up(length) } else { roughly(whole(length)) };
    let left = if exactly { countdown(view.left) } else { roughly(rounded_up(view.left)) };
    let words = match view.state {
        State::Paused if view.left.is_zero() => format!("paused for {}", length(view.paused_for)),
        State::Paused => format!("{left} of {} left, paused for {}", called(view), length(view.paused_for)),
        _ if is_past(view) => format!("{} ended {} ago, at {end}", called(view), length(view.over)),
        State::Running | State::Held => format!("{left} left, until {end}"),
    };
    capital(&words) + &now.map(|now| format!(" (now {now})")).unwrap_or_default()
}

/// The round and the step, where there is more than one.
pub fn position(view: &View) -> Vec<String> {
    let round = (view.rounds > 1).then(|| format!("round {} of {}", view.round, view.rounds));
    let step = (view.of > 1).then(|| format!("step {} of {}", view.step, view.of));
    round.into_iter().chain(step).collect()
}

/// What to do while the session waits for the person, the most urgent first; nothing while the step runs. `brief`: for
/// a window that has no room for a sentence of some length. `asked`: a person can press keys.
pub fn todo(view: &View, brief: bool, asked: bool) -> Vec<String> {
    match view.state {
        State::Running => Vec::new(),
        State::Paused if view.kind.has_pack() && !brief => vec![format!("Pack off. {}", paused(view.kind, asked))],
        State::Paused => vec![paused(view.kind, asked).to_owned()],
        State::Held if view.is_overrun() && brief => {
            vec![format!("{} is too long.", capital(view.kind.as_str())), "Press Enter.".to_owned()]
        }
        State::Held if view.is_overrun() => {
            let off = change(view.kind, None, asked).join(" ");
            vec![format!("{off} {}.", capital(&too_long(view))), advice::too_long(view.kind).to_owned()]
        }
        State::Held if !view.left.is_zero() && brief => {
            vec![format!("The clock jumped by {}.", roughly(view.leapt)), "Look at the skin.".to_owned()]
        }
        State::Held if !view.left.is_zero() => vec![leapt(view.leapt) + ".", advice::leapt(view.kind, asked)],
        State::Held if brief && view.kind.has_pack() && view.next.is_some_and(|next| next.kind.has_pack()) => {
            vec!["Change the pack, then press Enter.".to_owned()]
        }
        State::Held => change(view.kind, view.next.map(|next| next.kind), asked),
    }
}

/// Where the session called `name` stands when it goes on: the step, the time left, and what to do. `end` is when the
/// step ends. `during` is what to do while it runs. `asked`: a person can press keys.
pub fn going_on(name: &str, view: &View, end: &str, during: String, asked: bool) -> String {
    let place = [vec![format!("Going on with {name}")], position(view)].concat().join(", ");
    let mut texts = vec![place, time_left(view, end, None)];
    texts.extend(match view.state {
        State::Running => vec![during],
        State::Paused | State::Held => todo(view, false, asked),
    });
    sentences(texts.iter().map(String::as_str))
}

/// What to do while the step runs, where its length is shown elsewhere. `cue` is that of the next step, if it has one.
pub fn during(view: &View, cue: Option<&str>, is_numb: bool) -> String {
    view.dose_after_changeover()
        .map_or_else(|| advice::during(view.kind, is_numb), |next| sentences([ready(next.kind, cue)]))
}

/// What is on the skin: `On the skin: heat 7 of 30 min, cold 0 of 20 min`, shorter where it does not fit the
/// width. Empty without packs. In an overrun only what is too long.
pub fn skin(view: &View, width: usize) -> String {
    let is_shown = |modality: &Modality| !view.is_overrun() || view.kind.modality() == Some(*modality);
    let doses = [Modality::Heat, Modality::Cold].into_iter().filter(is_shown).filter_map(|modality| {
        let (load, limit) = (view.doses[modality].load, limit(modality));
        let [minutes, most] = [load, limit].map(|length| (length.as_secs() + 30) / 60);
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
        State::Running if view.can_extend => &[
            "space pause · s skip · + 1 min more · t time · q stop",
            "space pause · s skip · q stop",
            "space pause · q stop",
        ],
        State::Running => {
            &["space pause · s skip · t time · q stop", "space pause · s skip · q stop", "space pause · q stop"]
        }
        State::Paused => &["space go on · s skip · q stop", "space go on · q stop"],
        State::Held if !view.left.is_zero() => &["Enter go on · space pack off · q stop", "Enter go on · q stop"],
        State::Held => &["Enter done · space pack off · q stop", "space off · q stop"],
    };
    // The key that only tells something is the first to go.
    let fits = |form: &&&str| form.chars().count() + if form.contains("t time") { 2 } else { 0 } <= width;
    forms.iter().find(fits).or(forms.last()).unwrap_or(&"")
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
