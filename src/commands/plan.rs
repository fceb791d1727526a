//! `therapy plan`: the coming sessions, inside waking hours. It must not know how a plan is worked out.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::chosen::{Chosen, find};
use super::folders::Folders;
use super::memory::{Memory, Purpose, was_cut_off};
use super::times::{from_millis, known_zone, later, local, stamp, wall_at};
use super::{Exit, Failure, print, print_exactly, print_json, printing, recommended, settings, sites, unwritten};
use crate::cli::Which;
use crate::cli::plan::PlanArgs;
use crate::domain::course::start;
use crate::domain::dose::Dose;
use crate::domain::moment::Moment;
use crate::domain::protocol::{Choice, Draft};
use crate::domain::recommendation::Facts;
use crate::domain::rules::{ACUTE, Context, Detail, Injury};
use crate::domain::schedule::{Awake, Because, Coming, LeftOut, Offer, Schedule, Wish, schedule};
use crate::domain::site::Site;
use crate::edge::catalog::Entry;
use crate::edge::files::{self, Readers};
use crate::edge::journal::{Journal, Kept, Planned, Record};
use crate::format;
use crate::output::calendar;
use crate::text::durations::seconds;
use crate::text::hours::Hours;
use crate::text::plan::{self, Day};
use crate::text::printable::{aligned, capital};
use crate::text::rules;
use crate::text::sites::words;
use crate::text::times::next_minute;

/// Sessions begin at whole multiples of this: people do not read other times from a clock (ours).
const GRID: Duration = Duration::from_secs(5 * 60);

/// A waking day, and its date.
type Waking = (Date, Awake);

/// Both clocks at one moment, and the zone.
pub(super) struct Now {
    pub(super) wall: Timestamp,
    pub(super) moment: Moment,
    pub(super) zone: TimeZone,
}

/// Plans the coming sessions.
pub(super) fn run(folders: &Folders, args: &PlanArgs) -> Result<Exit, Failure> {
    let mut memory = Memory::read(folders, None, Purpose::Show)?;
    if memory.context.unreadable {
        let error = anyhow!("{}, so it is not known what to plan from", rules::detail(&Detail::Unreadable));
        return Err(Failure::new(Exit::Failed, error, "therapy selftest   says what is wrong with it"));
    }
    if let Some(open) = memory.open.as_ref().filter(|_| !memory.context.running) {
        let hint = "first: therapy resume, or therapy stop";
        return Err(Failure::new(Exit::Refused, anyhow!(was_cut_off(open, &stamp())), hint));
    }
    let named = args.protocol.as_deref().map(|name| find(folders, "plan", name)).transpose()?;
    let of_file = named.as_ref().and_then(|entry| entry.parsed.draft.site);
    memory.at(sites::decide(folders, args.site, of_file, &memory.injuries)?);
    let now = Now { wall: wall_at(memory.context.now), moment: memory.context.now, zone: known_zone()? };
    let context = after_this_one(&memory);
    let offers = Offers::find(folders, named.as_ref(), (&memory, args.spasm), &context)?;
    let settings = settings::read(folders)?;
    let [awake_hours, weekend] = hours(args.awake, args.weekend, &settings);
    let (days, per_day) = args.aims(named.as_ref().map(|entry| &entry.parsed.draft));
    let days = now.waking(awake_hours, weekend, days);
    let awake: Vec<Awake> = days.iter().map(|(_, awake)| *awake).collect();
    let wish = Wish { awake: &awake, per_day, every: args.every, spread: args.spread };
    let schedule = schedule(&context, &wish, &|at| offers.at(at), &|at| now.grid(at));
    if args.keep || args.ics.is_some() {
        let calendar = now.keep(folders, &schedule, context.site)?;
        match args.ics.as_deref() {
            Some(file) if file == Path::new("-") => return print_exactly(calendar),
            Some(file) => files::put(file, calendar.as_bytes(), Readers::Owner, calendar::is_ours)
                .map_err(|error| unwritten(file, &error, ("plan --ics", "plan.ics")).or("the plan is kept"))?,
            None => {}
        }
    }
    if args.json {
        let left_out = schedule.left_out.iter().map(|left| now.left_out(left, &days));
        return print_json(&json!({
            "sessions": schedule.sessions.iter().map(|session| now.document(session, context.site)).collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
        }));
    }
    let place = format!("{}, awake {}.", capital(&words(context.site)), hours_in_words(awake_hours, weekend));
    print(now.text(&schedule, &days, offers.switch, &place))
}

/// The waking hours of the days of the week, and of weekends: what was typed, then the settings, then what is usual. An
/// option for all days holds at weekends too.
pub(super) fn hours(awake: Option<Hours>, weekend: Option<Hours>, settings: &format::Settings) -> [Hours; 2] {
    let usual = awake.or(settings.awake).unwrap_or(Hours::USUAL);
    [usual, weekend.or(awake).or(settings.weekend).unwrap_or(usual)]
}

/// What the rules need after the session that runs now, if it goes on as planned.
pub(super) fn after_this_one(memory: &Memory) -> Context {
    let mut context = memory.context.clone();
    let running = memory.open.as_ref().filter(|_| context.running).and_then(Record::session);
    context.running = false;
    let Some(mut session) = running else { return context };
    // Its own process reports the events that this finds.
    let _ = session.advance(context.now);
    let mut from = context.now;
    for step in session.remaining() {
        let to = from + step.length;
        let (site, relieves) = (session.site(), true);
        let dose = |modality| Dose { modality, from, to, session: session.began(), site, relieves };
        context.doses.extend(step.kind.modality().map(dose));
        from = to;
    }
    context.later(from.since(context.now))
}

/// What is offered before 72 h after the injury, and from then on.
struct Offers {
    before: Offer,
    after: Offer,
    switch: Option<Moment>,
}

impl Offers {
    /// The protocol that was named, or what is recommended. Of what is known of the person, only the age of the injury
    /// changes until then.
    fn find(
        folders: &Folders,
        named: Option<&Entry>,
        (memory, spasm): (&Memory, bool),
        context: &Context,
    ) -> Result<Offers, Failure> {
        let acute = match context.injury {
            Injury::Ago(age) => ACUTE.checked_sub(age).filter(|left| !left.is_zero()),
            Injury::Unknown | Injury::Absent | Injury::InFuture(_) => None,
        };
        let later = acute.map(|wait| context.later(wait));
        let offer = |context: &Context| -> Result<(Offer, bool), Failure> {
            let which = Which::default();
            let facts = Facts { injury: context.injury, ..memory.facts(spasm) };
            let best = || recommended::chosen(folders, memory, (context, &facts), &[], "plan").map(|(entry, _)| entry);
            let entry = named.map_or_else(best, |entry| Ok(entry.clone()))?;
            let chosen = Chosen::new(folders, entry, &which, context);
            let steps = chosen.draft.expand(chosen.choice);
            let has_none = steps.iter().all(|step| step.kind.modality().is_none());
            if named.is_some() && !steps.is_empty() && has_none {
                let error = anyhow!("{} has neither heat nor cold, so there is nothing to plan", chosen.draft.name);
                return Err(Failure::new(Exit::Usage, error, "try: therapy plan"));
            }
            // What no waiting helps is said as `run` says it.
            if start(&chosen.draft, chosen.choice, &chosen.context, &[]).possible.is_none() {
                chosen.review(&[])?;
            }
            let depends = chosen.entry.parsed.by_injury.is_some();
            Ok((of(&chosen.draft, chosen.choice), depends))
        };
        let (before, depends) = offer(context)?;
        let after = match later.filter(|_| depends || named.is_none()) {
            Some(later) => offer(&later)?.0,
            None => before.clone(),
        };
        // Heat that waits for the same time is no change.
        let switch = acute.filter(|_| before != after).map(|wait| context.now + wait);
        Ok(Offers { before: Offer { until: switch, ..before }, after, switch })
    }

    fn at(&self, at: Moment) -> Offer {
        if self.switch.is_some_and(|switch| at >= switch) { &self.after } else { &self.before }.clone()
    }
}

fn of(draft: &Draft, choice: Choice) -> Offer {
    Offer { protocol: draft.name.clone(), steps: draft.expand(choice), until: None }
}

impl Now {
    fn moment(&self, at: Timestamp) -> Moment {
        let distance = at.duration_since(self.wall);
        let length = distance.unsigned_abs();
        if distance.is_negative() { self.moment - length } else { self.moment + length }
    }

    fn wall(&self, at: Moment) -> Timestamp {
        let ago = SignedDuration::try_from(self.moment.since(at)).unwrap_or_default();
        later(self.wall.saturating_sub(ago).unwrap_or(self.wall), at.since(self.moment))
    }

    /// The first time of the grid at or after a moment.
    fn grid(&self, at: Moment) -> Moment {
        let (wall, grid) = (self.wall(at).as_nanosecond(), i128::try_from(GRID.as_nanos()).unwrap_or(1));
        let wait = (grid - wall.rem_euclid(grid)) % grid;
        at + u64::try_from(wait).map_or(Duration::ZERO, Duration::from_nanos)
    }

    /// The waking hours of the days from today on; before them those of yesterday, if the person is still up.
    pub(super) fn waking(&self, hours: Hours, weekend: Hours, days: u32) -> Vec<Waking> {
        let today = self.wall.to_zoned(self.zone.clone()).date();
        let dates = (-1..i64::from(days)).filter_map(|day| today.checked_add(day.days()).ok());
        let waking = dates.filter_map(|date| {
            let is_weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            let hours = if is_weekend { weekend } else { hours };
            let bedtime = if hours.pass_midnight() { date.tomorrow().ok()? } else { date };
            let at = |date: Date, minutes: u16| {
                let time = Time::midnight().saturating_add(i64::from(minutes).minutes());
                Some(self.moment(date.to_datetime(time).to_zoned(self.zone.clone()).ok()?.timestamp()))
            };
            Some((date, Awake { from: at(date, hours.from)?, to: at(bedtime, hours.to)? }))
        });
        waking.filter(|(_, awake)| awake.to > self.moment).collect()
    }

    /// Keeps the plan, and returns what is kept from now on as a calendar. What a later plan did without is cancelled
    /// in it.
    fn keep(&self, folders: &Folders, schedule: &Schedule, site: Site) -> Result<String, Failure> {
        let ms = |at: Moment| self.wall(at).as_millisecond();
        let planned = |session: &Coming| Planned {
            protocol: session.protocol.clone(),
            site,
            from_ms: ms(session.from),
            to_ms: ms(session.to),
        };
        let plan: Vec<_> = schedule.sessions.iter().map(planned).collect();
        // A session that could start this moment is still to come.
        let before_ms = self.wall.as_millisecond().saturating_sub(1);
        let journal = Journal::open(&folders.data)?;
        journal.keep(site, &plan, before_ms)?;
        let entry = |Kept { uid, sequence, planned, is_dropped }: Kept| {
            let [from, to] = [planned.from_ms, planned.to_ms].map(from_millis);
            let length = Duration::try_from(to.duration_since(from)).unwrap_or_default();
            let whose = folders.profile.as_ref().map(|name| format!("{name}, ")).unwrap_or_default();
            let summary = whose + &plan::kept(&planned.protocol, length, planned.site);
            let description = plan::how_to_start(&planned.protocol, planned.site, folders.profile.as_deref());
            let (uid, cancelled) = (format!("{uid}@therapy"), is_dropped);
            calendar::Entry { uid, sequence, from, to, summary, description, cancelled }
        };
        let entries: Vec<_> = journal.kept(before_ms)?.into_iter().map(entry).collect();
        Ok(calendar::write(&entries, self.wall))
    }

    fn document(&self, session: &Coming, site: Site) -> Value {
        let steps = session.steps.iter().map(|step| json!({ "kind": step.kind, "length_s": seconds(step.length) }));
        json!({
            "at": self.wall(session.from), "ends_at": self.wall(session.to), "protocol": session.protocol,
            "site": site, "steps": steps.collect::<Vec<_>>(), "because": plan::because(session),
        })
    }

    fn left_out(&self, left: &LeftOut, days: &[Waking]) -> Value {
        let rule = match &left.because {
            Because::Rule(finding) => Some(finding.rule),
            _ => None,
        };
        json!({
            "date": days[left.day].0.to_string(), "number": left.number, "at": left.at.map(|at| self.wall(at)),
            "because": plan::left_out(&left.because), "rule": rule,
        })
    }

    fn text(&self, schedule: &Schedule, days: &[Waking], switch: Option<Moment>, place: &str) -> String {
        let switch = switch.map(|at| local(next_minute(self.wall(at))));
        let mut text = format!("{} {place}\n", plan::headline(&schedule.sessions, switch.as_deref()));
        if io::stdout().is_terminal() {
            let days: Vec<_> = days.iter().map(|day| self.day(day, schedule)).collect();
            text.push_str(&plan::picture(&days, printing::width(), console::colors_enabled()));
        }
        let mut rows = Vec::new();
        let mut last = None;
        for session in &schedule.sessions {
            let at = self.wall(session.from).to_zoned(self.zone.clone());
            let date = last.replace(at.date()).filter(|last| *last == at.date());
            let day = if date.is_some() { String::new() } else { name(at.date()) };
            let time = at.strftime("%H:%M").to_string();
            rows.push(vec![day, time, plan::what(session), plan::because(session)]);
        }
        text.push_str(&aligned(&rows));
        for left in &schedule.left_out {
            let day = days[left.day].0.strftime("%A");
            let at = left.at.map(|at| format!("; possible {}", local(self.wall(at)))).unwrap_or_default();
            let why = plan::left_out(&left.because);
            let _ = writeln!(text, "Does not fit: {} on {day}{at} ({why})", plan::ordinal(left.number));
        }
        text
    }

    fn day<'a>(&self, (date, awake): &Waking, schedule: &'a Schedule) -> Day<'a> {
        // By the local clock, so that an hour is as wide on a day on which the clocks change.
        let since = |at: Moment| {
            let local = self.wall(at).to_zoned(self.zone.clone()).datetime();
            Duration::try_from(local.duration_since(date.to_datetime(Time::midnight()))).unwrap_or_default()
        };
        let of_day = schedule.sessions.iter().filter(|session| session.from >= awake.from && session.to <= awake.to);
        let sessions = of_day.map(|session| (since(session.from), session)).collect();
        let now = (awake.from..awake.to).contains(&self.moment).then(|| since(self.moment));
        Day { name: name(*date), awake: (since(awake.from), since(awake.to)), sessions, now }
    }
}

/// `08:00 to 22:30`, and at weekends too where they differ.
fn hours_in_words(hours: Hours, weekend: Hours) -> String {
    let differs = if hours == weekend { String::new() } else { format!(", at weekends {weekend}") };
    format!("{hours}{differs}")
}

/// `Wed 25 Nov`.
fn name(date: Date) -> String {
    date.strftime("%a %-d %b").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hours;

    fn now(text: &str, zone: &str) -> Now {
        let zone = TimeZone::get(zone).expect("a zone");
        Now { wall: text.parse().expect("a time"), moment: Moment::new(Duration::from_secs(1_000_000_000)), zone }
    }

    fn waking(now: &Now, hours: &str, days: u32) -> Vec<(String, String, String)> {
        let hours = hours::read(hours).expect("hours");
        let text = |at: Moment| now.wall(at).to_string();
        let days = now.waking(hours, hours, days).into_iter();
        days.map(|(date, awake)| (date.to_string(), text(awake.from), text(awake.to))).collect()
    }

    #[test]
    fn waking_hours_follow_the_local_clock() {
        let day = |date: &str, from: &str, to: &str| [date, from, to].map(str::to_owned).into();
        // The clocks go forward on 29 March 2026 and back on 25 October.
        let spring = now("2026-03-28T12:00:00Z", "Europe/Berlin");
        let expected: [(String, String, String); 2] = [
            day("2026-03-28", "2026-03-28T06:30:00Z", "2026-03-28T21:30:00Z"),
            day("2026-03-29", "2026-03-29T05:30:00Z", "2026-03-29T20:30:00Z"),
        ];
        assert_eq!(waking(&spring, "07:30-22:30", 2), expected);
        let autumn = now("2026-10-24T12:00:00Z", "Europe/Berlin");
        let expected: [(String, String, String); 1] =
            [day("2026-10-24", "2026-10-24T18:00:00Z", "2026-10-25T03:00:00Z")];
        assert_eq!(waking(&autumn, "20:00-04:00", 1), expected, "a night with an hour more");
        // At one in the morning the person of yesterday is still up, and at five no more.
        let up = now("2026-06-10T01:00:00Z", "UTC");
        assert_eq!(waking(&up, "20:00-04:00", 1).len(), 2);
        assert_eq!(waking(&now("2026-06-10T05:00:00Z", "UTC"), "20:00-04:00", 1).len(), 1);
        assert_eq!(waking(&now("2026-06-10T23:00:00Z", "UTC"), "8-22", 2).len(), 1, "today is over");
    }

    #[test]
    fn weekends_have_their_own_hours() {
        let now = now("2026-11-27T00:00:00Z", "UTC");
        let [hours, weekend] = ["8-22", "10-23"].map(|text| hours::read(text).expect("hours"));
        let starts = now.waking(hours, weekend, 4).into_iter().map(|(_, awake)| now.wall(awake.from).to_string());
        let expected = ["27T08", "28T10", "29T10", "30T08"].map(|start| format!("2026-11-{start}:00:00Z"));
        assert_eq!(starts.collect::<Vec<_>>(), expected);
    }

    /// `zdump` reads the same zones with code of its own: noon before a change of the clocks, and noon after it.
    #[cfg(unix)]
    #[test]
    fn both_changes_of_two_zones_agree_with_zdump() {
        for name in ["Europe/Berlin", "America/New_York"] {
            let output = std::process::Command::new("zdump").args(["-v", "-c", "2026,2028", name]).output();
            let output = output.expect("zdump, which Windows does not have");
            let dump = String::from_utf8_lossy(&output.stdout).into_owned();
            let mut changes = 0;
            // `Europe/Berlin  Sun Mar 29 01:00:00 2026 UT = Sun Mar 29 03:00:00 2026 CEST isdst=1 gmtoff=7200`
            for words in dump.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()) {
                let [_, _, month, day, time, year, "UT", .., offset] = words[..] else { continue };
                let date = Date::strptime("%b %d %Y", format!("{month} {day} {year}")).expect("a date");
                let offset: i64 = offset.strip_prefix("gmtoff=").and_then(|text| text.parse().ok()).expect("an offset");
                // The last second before the change tells the offset of the day before.
                let date = if time.ends_with(":59") { date.yesterday().expect("a date") } else { date };
                let noon = date.to_datetime(Time::constant(12, 0, 0, 0));
                let expected = noon.to_zoned(TimeZone::UTC).expect("a time").timestamp().as_second() - offset;
                let now = now(&format!("{date}T00:00:00Z"), name);
                let hours = hours::read("12-18").expect("hours");
                let starts = now.waking(hours, hours, 2).into_iter().map(|(_, awake)| now.wall(awake.from).as_second());
                assert!(starts.into_iter().any(|start| start == expected), "{words:?}");
                changes += 1;
            }
            assert_eq!(changes, 8, "{name}: {dump}");
        }
    }
}
