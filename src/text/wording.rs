//! Every event of a session in words: one headline, one piece of advice. The screen, plain lines,
//! notifications and the answers to other shells all use them. Pure: it must not know colours or the time of
//! day.

use std::fmt;
use std::time::Duration;

use crate::domain::exposure::{Load, limit};
use crate::domain::rules::RuleId;
use crate::domain::session::{Event, EventKind, Outcome, Session};
use crate::domain::step::{Modality, PerModality, Step, StepKind, planned};
use crate::runner::Loss;
use crate::text::advice;
use crate::text::durations::{count, countdown, in_words, part_of, roughly};
use crate::text::printable::capital;

/// What is said about one event; [`sentences`] makes a line of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// What happened; never empty.
    pub headline: String,
    /// What to do now; may be empty.
    pub advice: String,
    /// It must not be missed: something must come off the skin now, or a person waits for it.
    pub urgent: bool,
}

/// Puts an event into words. `asked`: a person sees this on a terminal and can press keys.
pub fn of(event: &Event, session: &Session, asked: bool) -> Words {
    let plan = session.plan();
    let segment = &plan.segments()[event.step];
    let kind = segment.step.kind;
    let next = plan.next(event.step).filter(|_| !session.is_refused()).map(|next| next.step.kind);
    let cue = plan.cue_of_next(event.step);
    let called = advice::called(kind, segment.step.changeover);
    let (name, has_pack) = (capital(called), kind.has_pack());
    let left = || format!("{} left", in_words(segment.end().saturating_sub(event.elapsed)));
    let change = |next: Option<StepKind>| advice::change(kind, next, asked).join(" ");
    let only = |headline: String| (headline, String::new(), false);
    let (headline, advice, urgent) = match event.kind {
        EventKind::Started => only(format!("{}, {}", count(plan.segments().len(), "step"), in_words(plan.length()))),
        EventKind::StepBegan { length } => {
            let (how, more) = advice::begin(kind, session.is_numb(event.at), asked);
            let off = off_now(event.step, session);
            let on = if has_pack { " on" } else { "" };
            let place = match plan.segments().len() {
                1 => String::new(),
                steps => format!(", step {} of {steps}", event.step + 1),
            };
            let (what, more) = match plan.dose_after_changeover(event.step).map(|next| next.step.kind) {
                Some(next) => (format!("Get ready: {next} in {}{place}", countdown(length)), ready(next, cue)),
                None => (format!("{name}{on} for {}{place}{how}", in_words(length)), more),
            };
            (format!("{off}{what}"), with_next(more, event.step, session), !off.is_empty())
        }
        EventKind::Halfway => (left(), advice::halfway(kind).to_owned(), false),
        EventKind::StepSoon => (left(), cue.unwrap_or_else(|| advice::soon(next)).to_owned(), false),
        EventKind::Paused => {
            let headline = if has_pack { "Paused: pack off" } else { "Paused" };
            (headline.to_owned(), advice::paused(kind, asked).to_owned(), false)
        }
        EventKind::Resumed => only(format!("{name} continues")),
        EventKind::Skipped { by_rule: None } => (format!("{name} ended early"), String::new(), has_pack),
        EventKind::Skipped { by_rule: Some(rule) } => only(format!("Skipping {kind}: dose limit reached ({rule})")),
        EventKind::Extended { by, by_rule } => {
            only(extended(by, by_rule, segment.longest.filter(|longest| segment.length >= *longest)))
        }
        EventKind::Overran { over } if over.as_secs() == 0 => (format!("{name} is over"), change(next), has_pack),
        EventKind::Overran { over } if has_pack => {
            (format!("TAKE IT OFF. {name} is {} too long", roughly(over)), change(None), true)
        }
        EventKind::Overran { over } => (format!("{name} ended {} ago", roughly(over)), change(next), false),
        EventKind::Confirmed if event.elapsed < segment.end() => only(format!("{name} continues")),
        EventKind::Confirmed => only("Change made".to_owned()),
        EventKind::Leapt { by } => (leapt(by), advice::leapt(kind, asked), true),
        EventKind::Finished { outcome, given } => {
            let is_on = leaves_pack_on(session);
            let off = if is_on { "Take the pack off. " } else { "" };
            (format!("{off}{}", finished(outcome, given, session)), after(session), is_on)
        }
    };
    Words { headline, advice, urgent }
}

/// The time of day jumped by this much while a pack is on.
pub fn leapt(by: Duration) -> String {
    format!("The time of day jumped ahead by {}. Look at the skin", roughly(by))
}

/// Whether a session that is over, or this far, leaves a pack on.
pub fn leaves_pack_on(session: &Session) -> bool {
    let last = match session.outcome() {
        // A step that was skipped at the very end put nothing on.
        Some(Outcome::Completed | Outcome::EndedEarly) => session.plan().before(session.index() + 1),
        Some(Outcome::Stopped) | None => Some(session.segment()),
    };
    !session.ended_in_pause() && last.is_some_and(|last| last.step.kind.has_pack())
}

/// The pack is still on some time after the end, and nobody has answered.
pub fn again(session: &Session, since: Duration) -> Words {
    let name = capital(session.segment().step.kind.as_str());
    let headline = format!("TAKE IT OFF. {name} ended {} ago", roughly(since));
    Words { headline, advice: advice::too_long(session.segment().step.kind).to_owned(), urgent: true }
}

/// Whether an event is an alarm: a step ends and hands are needed, or a pack must come off.
pub fn rings(event: &Event, session: &Session) -> bool {
    match event.kind {
        EventKind::StepBegan { .. } => event.step > 0,
        EventKind::Overran { .. } => true,
        _ => of(event, session, false).urgent,
    }
}

/// Puts a loss into words.
pub fn lost(what: Loss, session: &Session) -> Words {
    let kind = session.segment().step.kind;
    let has_pack = kind.has_pack() && !session.is_paused();
    let off = if has_pack { "Take the pack off. " } else { "" };
    match what {
        Loss::Terminal => Words {
            headline: "The terminal was closed: the session goes on without it".to_owned(),
            advice: "From any terminal: therapy status, therapy pause, therapy stop.".to_owned(),
            urgent: false,
        },
        Loss::Alarms => Words {
            headline: "Suspended: no alarm comes until you type fg".to_owned(),
            advice: match (session.is_paused(), has_pack) {
                (true, _) => "",
                (false, true) => "The clock goes on, and the pack counts as on.",
                (false, false) => "The clock goes on.",
            }
            .to_owned(),
            urgent: false,
        },
        Loss::Time(length) => Words {
            headline: match length.as_secs() {
                0 => "The session continues".to_owned(),
                _ => format!("The session continues. No alarm came for {}", roughly(length)),
            },
            advice: if session.is_paused() { advice::paused(kind, false) } else { "" }.to_owned(),
            urgent: false,
        },
        Loss::Process => Words {
            headline: format!("{off}The session was cut off: the system ended the program"),
            advice: if has_pack { "Until you say when it came off, it counts as on." } else { "" }.to_owned(),
            urgent: has_pack,
        },
    }
}

/// The events to tell a person: one who skips in a pause does not go on with the step before.
pub fn told(events: &[Event]) -> impl Iterator<Item = &Event> {
    let skips =
        |next: Option<&Event>| next.is_some_and(|next| matches!(next.kind, EventKind::Skipped { by_rule: None }));
    let is_told = move |at: &usize| events[*at].kind != EventKind::Resumed || !skips(events.get(at + 1));
    (0..events.len()).filter(is_told).map(|at| &events[at])
}

/// What came of a request, in one line: what to do now, once.
pub fn answer(events: &[Event], session: &Session) -> String {
    let told: Vec<_> = told(events).collect();
    // A step that was skipped in a pause had its pack off.
    let was_off = told.len() < events.len();
    let said = told.iter().enumerate().filter_map(|(at, event)| {
        let headline = of(event, session, false).headline;
        let off = |event: &Event| match event.kind {
            EventKind::StepBegan { .. } => off_now(event.step, session),
            _ => String::new(),
        };
        let ends = matches!(event.kind, EventKind::Skipped { by_rule: None } | EventKind::Confirmed);
        let says_it = |next: &Event| matches!(next.kind, EventKind::Finished { .. }) || !off(next).is_empty();
        match told.get(at + 1) {
            Some(next) if ends && !was_off && says_it(next) => None,
            _ if was_off => Some(headline[off(event).len()..].to_owned()),
            _ => Some(headline),
        }
    });
    let said: Vec<_> = said.collect();
    if said.is_empty() { "Nothing to change.".to_owned() } else { sentences(said.iter().map(String::as_str)) }
}

/// One line of full sentences.
pub fn sentences<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts = texts.into_iter().filter(|text| !text.is_empty());
    let ended =
        texts.map(|text| if text.ends_with(['.', '?', '!', '…']) { text.to_owned() } else { format!("{text}.") });
    ended.collect::<Vec<_>>().join(" ")
}

/// What to do now that a step begins, for a screen that shows its length: `Heat off now. Cold on, …`.
pub fn begin(event: &Event, session: &Session, asked: bool) -> String {
    let kind = session.plan().segments()[event.step].step.kind;
    let is_numb = session.is_numb(event.at);
    let off = off_now(event.step, session);
    if let Some(next) = session.plan().dose_after_changeover(event.step) {
        let before = session.plan().before(event.step).map(|before| before.step.kind);
        let off = before.filter(|before| before.has_pack()).map(|before| format!("Take the {before} off. "));
        return off.unwrap_or_default() + &sentences([ready(next.step.kind, next.step.cue.as_deref())]);
    }
    match kind {
        StepKind::Heat if is_numb && asked => off + advice::begin(kind, is_numb, asked).1,
        _ => off + &with_next(&advice::during(kind, is_numb), event.step, session),
    }
}

/// The advice as a step begins, and what the file says before the next step where this one is too short to say it later.
fn with_next(advice: &str, step: usize, session: &Session) -> String {
    match session.plan().early_cue(step) {
        Some(cue) => sentences([advice, &format!("Next: {cue}")]),
        None => advice.to_owned(),
    }
}

/// What to do in a changeover before this kind of step, which may have a cue of its own.
pub fn ready(next: StepKind, cue: Option<&str>) -> &str {
    cue.unwrap_or_else(|| advice::ready(next))
}

/// The pack that comes off as a step begins: `Heat off now. `. Empty when none was on, or the same one stays on.
fn off_now(index: usize, session: &Session) -> String {
    let plan = session.plan();
    let before = plan.before(index).map(|before| before.step.kind);
    let off = before.filter(|before| before.has_pack() && *before != plan.segments()[index].step.kind);
    off.map(|off| format!("{} off now. ", capital(off.as_str()))).unwrap_or_default()
}

/// How the answer to a refused extension begins.
pub const NOT_LONGER: &str = "Cannot be longer";

/// `longest`: the protocol's own maximum, when the step has reached it.
fn extended(by: Duration, by_rule: Option<RuleId>, longest: Option<Duration>) -> String {
    match (by_rule, longest.map(in_words)) {
        (Some(rule), _) if by.is_zero() => format!("{NOT_LONGER} ({rule})"),
        (Some(rule), _) => format!("{} longer, the most that is allowed ({rule})", in_words(by)),
        (None, Some(most)) if by.is_zero() => format!("{NOT_LONGER}: this protocol allows at most {most}"),
        (None, Some(most)) => format!("{} longer, the most that this protocol allows: {most}", in_words(by)),
        (None, None) if by.is_zero() => format!("{NOT_LONGER}: the step is over"),
        (None, None) => format!("{} longer", in_words(by)),
    }
}

/// Why the pack must not go on, or stay on, in a session that runs.
pub fn not_on(why: impl fmt::Display) -> String {
    format!("take the pack off, and end the session: {why}")
}

/// What to do after a session.
pub fn after(session: &Session) -> String {
    too_much(session.load()).unwrap_or_else(|| "Keep gently moving.".to_owned())
}

/// How much of a modality is over its limit, and what to do then.
pub fn too_much(load: Load) -> Option<String> {
    let over = Modality::ALL.into_iter().find(|modality| load.exceeds_limit(*modality))?;
    let more = roughly(load.of(over).saturating_sub(limit(over)));
    Some(format!("That is {more} of {over} over the limit. {}", advice::too_long(over.into())))
}

/// Each dose that was given or planned, against its plan: `cold 5 of 15 min`.
fn doses(given: PerModality<Duration>, planned: PerModality<Duration>) -> String {
    let doses = [Modality::Heat, Modality::Cold].into_iter().filter(|modality| is_dose(given, planned, *modality));
    let doses = doses.map(|modality| format!("{modality} {}", part_of(given[modality], planned[modality])));
    doses.collect::<Vec<_>>().join(", ")
}

fn is_dose(given: PerModality<Duration>, planned: PerModality<Duration>, modality: Modality) -> bool {
    given[modality] + planned[modality] > Duration::ZERO
}

/// How the session called `name`, which was cut off, is closed. `off` is when the pack came off, as the person said;
/// `assumed` is until when it counts as on otherwise.
pub fn closed(
    name: &str,
    given: PerModality<Duration>,
    steps: &[Step],
    off: Option<&str>,
    assumed: Option<&str>,
) -> String {
    let doses = doses(given, planned(steps));
    let why = match (off, assumed) {
        (Some(off), _) => format!("The pack came off at {off}"),
        (None, Some(until)) => format!("It is not known when the pack came off, so it counts as on until {until}"),
        (None, None) => String::new(),
    };
    let closed = if doses.is_empty() { format!("Closed {name}") } else { format!("Closed {name}: {doses}") };
    sentences([closed.as_str(), &why])
}

/// How the session ended, and what it gave of what it was meant to give.
fn finished(outcome: Outcome, given: PerModality<Duration>, session: &Session) -> String {
    let planned = planned(session.plan().segments().iter().map(|segment| &segment.step));
    let second = Duration::from_secs(1);
    let is_short = Modality::ALL.into_iter().any(|modality| given[modality] + second <= planned[modality]);
    let how = match outcome {
        Outcome::EndedEarly => "Ended early",
        Outcome::Completed if is_short => "Ended early",
        Outcome::Completed => "Done",
        Outcome::Stopped => "Stopped",
    };
    let in_full = || {
        let doses = [Modality::Heat, Modality::Cold].into_iter().filter(|modality| is_dose(given, planned, *modality));
        let doses = doses.map(|modality| match (given[modality], planned[modality]) {
            (given, planned) if given < planned + second => format!("{} of {modality}", in_words(planned)),
            (given, _) => format!("{} of {modality}", roughly(given)),
        });
        doses.collect::<Vec<_>>().join(", ")
    };
    let doses = if how == "Done" { in_full() } else { doses(given, planned) };
    format!("{how}: {}", if doses.is_empty() { in_words(session.elapsed()) } else { doses })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::moment::Moment;
    use crate::domain::protocol::{Choice, Draft};
    use crate::domain::rules::Context;
    use crate::domain::session::{Input, SessionOptions};

    #[test]
    fn a_dose_over_its_limit_ends_with_what_to_look_for() {
        let steps = [(StepKind::Cold, Duration::from_secs(20 * 60))];
        let protocol =
            Draft::of("ice", &steps).review(Choice::default(), &Context::default(), &[]).expect("it may run");
        let options = SessionOptions { confirm: true, ..SessionOptions::default() };
        let advice = |minutes: u64| {
            let (mut session, _) = Session::start(&protocol, options, Moment::default());
            let _ = session.advance(Moment::default() + Duration::from_secs(minutes * 60).min(steps[0].1));
            let events = session.handle(Moment::default() + Duration::from_secs(minutes * 60), Input::Confirm);
            of(events.last().expect("an end"), &session, false).advice
        };
        assert_eq!(advice(20), "Keep gently moving.");
        let said = "That is 15 min of cold over the limit. Look at the skin. White, blistered or still numb: get help.";
        assert_eq!(advice(35), said);
    }

    #[test]
    fn what_is_stopped_in_a_pause_needs_no_hands() {
        let steps = [(StepKind::Cold, Duration::from_secs(600))];
        let protocol =
            Draft::of("ice", &steps).review(Choice::default(), &Context::default(), &[]).expect("it may run");
        let stopped = |inputs: &[Input]| {
            let (mut session, _) = Session::start(&protocol, SessionOptions::default(), Moment::default());
            let events: Vec<_> = inputs.iter().flat_map(|input| session.handle(Moment::default(), *input)).collect();
            let words = of(events.last().expect("an end"), &session, false);
            (words.urgent, words.headline.starts_with("Take the pack off. "))
        };
        assert_eq!(stopped(&[Input::Stop]), (true, true));
        assert_eq!(stopped(&[Input::Pause, Input::Stop]), (false, false));
        assert_eq!(stopped(&[Input::Pause, Input::Resume, Input::Stop]), (true, true));
    }

    #[test]
    fn a_change_says_which_pack_comes_off_and_how_the_next_goes_on() {
        let minutes = |number: u64| Duration::from_secs(number * 60);
        let steps = [StepKind::Heat, StepKind::Cold, StepKind::Heat].map(|kind| (kind, minutes(10)));
        let draft = Draft::of("test", &steps);
        let protocol = draft.review(Choice::default(), &Context::default(), &[]).expect("within every rule");
        let (mut session, _) = Session::start(&protocol, SessionOptions::default(), Moment::default());
        let mut at = |number| {
            let events = session.advance(Moment::default() + minutes(number));
            let began = events.into_iter().find(|event| matches!(event.kind, EventKind::StepBegan { .. }));
            let began = began.expect("a step begins");
            [true, false].map(|asked| begin(&began, &session, asked))
        };
        assert_eq!(at(10)[0], "Heat off now. Cold on, a thin damp cloth between. Gel packs run colder than ice.");
        let [asked, told] = at(20);
        assert_eq!(asked, "Cold off now. Has normal feeling come back? If not: space, and wait.");
        assert_eq!(told, "Cold off now. Heat on, only when normal feeling is back. Warm, not hot.");
    }
}
