//! Every rule on every way in. A guard that binds one command and not its neighbour is a hole.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use therapy::domain::exposure::Exposure;
use therapy::domain::protocol::{Choice, Draft};
use therapy::domain::rules::{Context, RULES, RuleId};
use therapy::domain::session::{Moment, Session, SessionOptions};
use therapy::domain::site::Site;
use therapy::domain::step::StepKind::{self, Cold, Heat, Rest};
use therapy::edge::clock;
use therapy::edge::journal::{Journal, NewSession, Stamp};

use crate::running::until;
use crate::support::{Home, stderr, stdout};
use crate::terminal::Terminal;

/// What is true of the person or the machine.
#[derive(Clone, Copy)]
enum Fact {
    /// A session gave this for so many minutes, and began so many minutes ago.
    Past(StepKind, u64, u64),
    /// The same, told by the person.
    Told(StepKind, u64, u64),
    /// The person tells so many minutes, until now, when another session runs already.
    Meanwhile(StepKind, u64),
    /// A session in another journal, which is imported: how many minutes it gave, and how many minutes ago it began.
    Imported(StepKind, u64, u64),
    /// The same, imported when another session runs already.
    ImportedMeanwhile(StepKind, u64, u64),
    /// The injury was this many hours ago; a negative number is in the future.
    Injured(i64),
    /// A warning sign applies.
    Sign,
    /// The last record is two hours in the future.
    ClockBehind,
    /// A session runs.
    Running,
}

use Fact::{ClockBehind, Imported, ImportedMeanwhile, Injured, Meanwhile, Past, Running, Sign, Told};

struct Row {
    rule: RuleId,
    /// The protocol that a person asks for: a built-in one, or steps of an own file.
    asked: &'static str,
    /// The protocol that runs, or was cut off, when a person wants more of it.
    on: &'static [(&'static str, &'static str)],
    facts: &'static [Fact],
    /// What each of [`WAYS`] does.
    cells: &'static str,
}

/// R: refused, exit 3, and the rule is named. r: shown, and the rule says that a run is refused. W: a warning or a note.
/// c: allowed only as far as the rule leaves room. p: closed with the pack on until the planned end of its step. A dot:
/// the rule has no part in it (`show` is about a protocol; warnings about a person belong to `run` and `next`). A dash:
/// there is no such case. Lengths is a dry run whose lengths are all chosen by options. Space ends a pause, and plus asks
/// for a minute more; buttons make the same inputs as keys.
const WAYS: [&str; 12] =
    ["run", "dry-run", "speed", "lengths", "next", "show", "check", "resume", "stop", "extend", "space", "plus"];

const TEN: &[(&str, &str)] = &[("rest", "10min")];

#[rustfmt::skip]
const TABLE: [Row; 20] = [
    //    rule                          asked for              what is on              facts                 r d s l n s c r s e _ +
    row(RuleId::ClockBehind,   "ice",                  &[("cold", "10min")],  &[ClockBehind],       "R R R R R r . R p . . ."),
    row(RuleId::ColdDaily,     "ice",                  &[("cold", "5min")],   &DAY_OF_COLD,         "R R R R R r . . . c . ."),
    row(RuleId::ColdLimit,     "cold 21min",           &[("cold", "20min")],  &[],                  "R R R R . r R . . R . R"),
    row(RuleId::ColdShort,     "cold 9min",            TEN,                   &[],                  "W W W W . W W . . . . ."),
    row(RuleId::ColdSpacing,   "ice",                  TEN,                   &[Past(Cold, 5, 90)], "W W W W W . . . . . . ."),
    row(RuleId::EarlyHeat,     "heat",                 &[("heat", "10min")],  &[Injured(20)],       "R R R R R r . R . R R R"),
    row(RuleId::HeatDaily,     "heat",                 TEN,                   &DAY_OF_HEAT,         "W W W W . . . . . . . ."),
    row(RuleId::HeatLimit,     "heat 31min",           &[("heat", "30min")],  &[],                  "R R R R . r R . . R . R"),
    row(RuleId::HeatLong,      "heat 21min",           TEN,                   &[],                  "W W W W . W W . . . . ."),
    row(RuleId::InjuryFuture,  "ice",                  TEN,                   &[Injured(-5)],       "R R R R R r . . . . . ."),
    row(RuleId::InjuryUnknown, "acute",                TEN,                   &[],                  "R R R R . . . . . . . ."),
    row(RuleId::LongPain,      "ice",                  TEN,                   &DAYS,                "W W W W . . . . . . . ."),
    row(RuleId::NoDose,        "rest 5min",            TEN,                   &[],                  "W W W W . W W . . . . ."),
    row(RuleId::NumbHeat,      "heat",                 TEN,                   &[Past(Cold, 5, 10)], "W W W W . . . . . . . ."),
    row(RuleId::OneSession,    "ice",                  TEN,                   &[Running],           "R R R R R r . - - - - -"),
    row(RuleId::Rewarm,        "ice",                  &[("cold", "5min")],   &[Past(Cold, 20, 45)], "R R R R R r . . . c . ."),
    row(RuleId::SessionLimit,  "rest 80min, rest 71min", &[("rest", "150min")], &[],                "R R R R . r R . . R . R"),
    row(RuleId::StepLength,    "rest 500ms",           TEN,                   &[],                  "R R R R . r R . . . . ."),
    row(RuleId::StretchEarly,  "stretch 5min",         TEN,                   &[Injured(20)],       "W W W W . . . . . . . ."),
    row(RuleId::WarningSign,   "ice",                  TEN,                   &[Sign],              "R R R R R r . R . R R R"),
];

/// The rules about earlier doses, when a person told these, and when a session runs while it is told.
#[rustfmt::skip]
const TOLD: [Row; 8] = [
    row(RuleId::ColdDaily,     "ice",                  &[("cold", "5min")],   &TOLD_DAY,            "R R R R R r . . . c . ."),
    row(RuleId::ColdSpacing,   "ice",                  TEN,                   &[Told(Cold, 5, 90)], "W W W W W . . . . . . ."),
    row(RuleId::HeatDaily,     "heat",                 TEN,                   &TOLD_HEAT,           "W W W W . . . . . . . ."),
    row(RuleId::LongPain,      "ice",                  TEN,                   &TOLD_DAYS,           "W W W W . . . . . . . ."),
    row(RuleId::NumbHeat,      "heat",                 TEN,                   &[Told(Cold, 5, 10)], "W W W W . . . . . . . ."),
    row(RuleId::Rewarm,        "ice",                  &[("cold", "5min")],   &[Told(Cold, 20, 45)], "R R R R R r . . . c . ."),
    row(RuleId::Rewarm,        "ice",                  &[("cold", "5min")],   &[Meanwhile(Cold, 20)], "R R R R R r . R . R R R"),
    row(RuleId::Rewarm,        "heat",                 &[("heat", "10min")],  &[Meanwhile(Heat, 25)], "R R R R R r . R . R R R"),
];

/// The same, when sessions of another journal gave them.
#[rustfmt::skip]
const IMPORTED: [Row; 8] = [
    row(RuleId::ColdDaily,     "ice",                  &[("cold", "5min")],   &IMPORTED_DAY,        "R R R R R r . . . c . ."),
    row(RuleId::ColdSpacing,   "ice",                  TEN,                   &[Imported(Cold, 5, 90)], "W W W W W . . . . . . ."),
    row(RuleId::HeatDaily,     "heat",                 TEN,                   &IMPORTED_HEAT,       "W W W W . . . . . . . ."),
    row(RuleId::LongPain,      "ice",                  TEN,                   &IMPORTED_DAYS,       "W W W W . . . . . . . ."),
    row(RuleId::NumbHeat,      "heat",                 TEN,                   &[Imported(Cold, 5, 10)], "W W W W . . . . . . . ."),
    row(RuleId::Rewarm,        "ice",                  &[("cold", "5min")],   &[Imported(Cold, 20, 45)], "R R R R R r . . . c . ."),
    row(RuleId::Rewarm,        "ice",                  &[("cold", "5min")],   &[ImportedMeanwhile(Cold, 20, 20)], "R R R R R r . R . R R R"),
    row(RuleId::Rewarm,        "heat",                 &[("heat", "10min")],  &[ImportedMeanwhile(Heat, 25, 25)], "R R R R R r . R . R R R"),
];

const fn row(
    rule: RuleId,
    asked: &'static str,
    on: &'static [(&'static str, &'static str)],
    facts: &'static [Fact],
    cells: &'static str,
) -> Row {
    Row { rule, asked, on, facts, cells }
}

/// 150 min of cold, and of heat, long enough ago that nothing is left on the skin.
const DAY_OF_COLD: [Fact; 8] = {
    let mut all = [Past(Cold, 19, 0); 8];
    let mut at = 0;
    while at < all.len() {
        all[at] = Past(Cold, 19, 23 * 60 - 120 * at as u64);
        at += 1;
    }
    all
};
const DAY_OF_HEAT: [Fact; 4] = [Past(Heat, 29, 1200), Past(Heat, 29, 900), Past(Heat, 29, 600), Past(Heat, 29, 300)];
/// The same, told.
const TOLD_DAY: [Fact; 8] = {
    let mut all = [Told(Cold, 19, 0); 8];
    let mut at = 0;
    while at < all.len() {
        all[at] = Told(Cold, 19, 23 * 60 - 120 * at as u64);
        at += 1;
    }
    all
};
const TOLD_HEAT: [Fact; 4] = [Told(Heat, 29, 1200), Told(Heat, 29, 900), Told(Heat, 29, 600), Told(Heat, 29, 300)];
const TOLD_DAYS: [Fact; 9] = {
    let mut all = [Injured(240); 9];
    let mut at = 1;
    while at < all.len() {
        all[at] = Told(Cold, 1, 24 * 60 * at as u64);
        at += 1;
    }
    all
};
/// The same, imported.
const IMPORTED_DAY: [Fact; 8] = {
    let mut all = [Imported(Cold, 19, 0); 8];
    let mut at = 0;
    while at < all.len() {
        all[at] = Imported(Cold, 19, 23 * 60 - 120 * at as u64);
        at += 1;
    }
    all
};
const IMPORTED_HEAT: [Fact; 4] =
    [Imported(Heat, 29, 1200), Imported(Heat, 29, 900), Imported(Heat, 29, 600), Imported(Heat, 29, 300)];
const IMPORTED_DAYS: [Fact; 9] = {
    let mut all = [Injured(240); 9];
    let mut at = 1;
    while at < all.len() {
        all[at] = Imported(Rest, 1, 24 * 60 * at as u64);
        at += 1;
    }
    all
};
/// A session on each of eight days.
const DAYS: [Fact; 9] = {
    let mut all = [Injured(240); 9];
    let mut at = 1;
    while at < all.len() {
        all[at] = Past(Rest, 1, 24 * 60 * at as u64);
        at += 1;
    }
    all
};

impl Home {
    /// A session of another boot, which the time of day dates.
    pub(super) fn had(&self, site: Site, steps: &[Exposure], ended_ago: i64) {
        let journal = Journal::open(&self.data()).expect("a journal");
        let context = Context { site, ..Context::default() };
        let protocol = Draft::of("past", steps).review(Choice::default(), &context, &[]).expect("it passes");
        let length: Duration = steps.iter().map(|(_, length)| *length).sum();
        let start = Moment::default();
        let millis = |length: Duration| i64::try_from(length.as_millis()).expect("short");
        let began_ms = clock::wall().as_millisecond() - ended_ago - millis(length);
        let stamp =
            |at: Moment| Stamp { wall_ms: began_ms + millis(at.since(start)), boot: "past".to_owned(), clock: at };
        let options = SessionOptions::default();
        let new = NewSession { protocol: &protocol, options, overrides: &[], pain: None, started_ms: began_ms };
        let id = journal.begin(&new).expect("a session");
        let (mut session, mut events) = Session::start(&protocol, options, start);
        while let Some(wake) = session.wake_at() {
            events.extend(session.advance(wake));
        }
        let events: Vec<_> = events.into_iter().map(|event| (stamp(event.at), event)).collect();
        journal.commit(id, &events, &[]).expect("its events");
    }

    /// A dose that the person tells. The clock of a fast home would let it fade at once, so the time of day dates it.
    fn told(&self, kind: StepKind, minutes: u64, ended: &str) {
        self.ask(&["log", kind.as_str(), &minutes.to_string(), "--ended", ended]);
        if self.rate > 1.0 {
            self.sql().execute("UPDATE told SET boot = 'past'", []).expect("rows");
        }
    }

    fn make_true(&self, fact: Fact) {
        const MINUTE: u64 = 60;
        match fact {
            Past(kind, minutes, ago) => {
                let ended_ago = i64::try_from((ago - minutes) * MINUTE * 1000).expect("short");
                self.had(Site::default(), &[(kind, Duration::from_secs(minutes * MINUTE))], ended_ago);
            }
            Told(kind, minutes, ago) => {
                self.told(kind, minutes, &format!("{}min ago", ago - minutes));
            }
            Meanwhile(kind, minutes) => self.told(kind, minutes, "now"),
            Imported(kind, minutes, ago) | ImportedMeanwhile(kind, minutes, ago) => {
                let ended_ago = i64::try_from((ago - minutes) * MINUTE * 1000).expect("short");
                let other = Home::empty();
                other.had(Site::default(), &[(kind, Duration::from_secs(minutes * MINUTE))], ended_ago);
                self.file("other.ndjson", &other.ask(&["export", "--format", "ndjson", "-"]));
                self.ask(&["import", "other.ndjson"]);
                if self.rate > 1.0 {
                    self.sql().execute("UPDATE event SET boot = 'past' WHERE boot <> 'imported'", []).expect("rows");
                }
            }
            Injured(hours @ 0..) => drop(self.ask(&["injury", "set", &format!("{hours}h ago")])),
            Injured(hours) => {
                self.ask(&["injury", "set", "1h ago"]);
                let sql = "UPDATE injury SET happened_ms = happened_ms + ?";
                self.sql().execute(sql, [(1 - hours) * 3_600_000]).expect("a row");
            }
            Sign => drop(self.ask(&["safety", "--answer", "3"])),
            // What is in the journal was written on a machine whose clock was two hours ahead, before it was restarted.
            ClockBehind if self.number("SELECT count(*) FROM event") > 0 => {
                let sql = "UPDATE event SET boot = 'past', wall_ms = wall_ms + 7200000";
                self.sql().execute(sql, []).expect("rows");
            }
            ClockBehind => self.had(Site::default(), &[(Rest, Duration::from_secs(MINUTE))], -7_200_000),
            Running => {}
        }
    }
}

/// Whether the text names a finding of the rule, and the word before it.
fn named(text: &str, rule: RuleId) -> char {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = format!("({rule})");
    let Some((before, _)) = text.split_once(&end) else { return '.' };
    let words = [("Refused: ", 'r'), ("Refused now: ", 'r'), ("Warning: ", 'W'), ("Note: ", 'W')];
    let last = words.iter().filter_map(|(word, cell)| Some((before.rfind(word)?, *cell))).max();
    last.map_or('?', |(_, cell)| cell)
}

impl Row {
    /// The kinds and lengths of an own file; a built-in protocol has none here.
    fn steps(&self) -> impl Iterator<Item = (&str, &str)> {
        self.asked.split(", ").filter_map(|step| step.split_once(' '))
    }

    /// The file, with its own lengths or with this one for every step whose length can be chosen.
    fn text(&self, length: Option<&str>) -> String {
        let mut text = String::new();
        for (kind, own) in self.steps() {
            let length = length.filter(|_| kind != "stretch").unwrap_or(own);
            let _ = write!(text, "[[step]]\ndo = \"{kind}\"\nfor = \"{length}\"\n");
        }
        text
    }

    /// A harmless file, and the options that make it what was asked for.
    fn by_lengths(&self) -> (String, Vec<String>) {
        let mut lengths: BTreeMap<&str, &str> = BTreeMap::new();
        match self.asked {
            "ice" => drop(lengths.insert("cold", "15")),
            "heat" => drop(lengths.insert("heat", "20")),
            // The first of a kind is the longest.
            _ => self.steps().filter(|(kind, _)| *kind != "stretch").for_each(|(kind, length)| {
                lengths.entry(kind).or_insert(length);
            }),
        }
        let options = lengths.into_iter().flat_map(|(kind, length)| [format!("--{kind}"), length.to_owned()]);
        (self.text(Some("1min")), options.collect())
    }

    /// What one way in does.
    fn cell(&self, way: &str) -> char {
        let is_running = self.facts.iter().any(|fact| matches!(fact, Running));
        let runs_through = matches!(way, "run" | "speed") && !is_running;
        let home = Home::at_rate(if runs_through { 50_000.0 } else { 1.0 });
        let (text, lengths) = if way == "lengths" { self.by_lengths() } else { (self.text(None), Vec::new()) };
        let asked = if text.is_empty() { self.asked.to_owned() } else { home.file("asked.toml", &text) };
        home.own(1, self.on);
        let is_key = matches!(way, "space" | "plus");
        let needs_other = is_key || matches!(way, "resume" | "stop" | "extend");
        if needs_other && is_running {
            return '-';
        }
        let (past, since): (Vec<&Fact>, Vec<&Fact>) =
            self.facts.iter().partition(|fact| matches!(fact, Past(..) | Told(..) | Imported(..)));
        for fact in past {
            home.make_true(*fact);
        }
        if is_key {
            return self.key(&home, way, &since);
        }
        let mut other = (needs_other || is_running).then(|| home.start(&["run", "own.toml"]));
        if let Some(other) = other.as_mut() {
            other.see("step_began");
            if matches!(way, "resume" | "stop") {
                other.kill();
            }
        }
        for fact in since {
            home.make_true(*fact);
        }
        let run = ["run", &asked, "--no-notify", "--progress", "plain"];
        let output = match way {
            "run" => home.run(&run),
            "dry-run" => home.run(&[&run[..], &["--dry-run"]].concat()),
            "speed" => home.run(&[&run[..], &["--speed", "100000"]].concat()),
            "lengths" => {
                let lengths: Vec<_> = lengths.iter().map(String::as_str).collect();
                home.run(&[&run[..], &["--dry-run"], &lengths].concat())
            }
            "show" => home.run(&["show", &asked]),
            "stop" => home.run(&["stop"]),
            "extend" => home.run(&["extend", "90"]),
            "next" => {
                let next = home.json(&["next", "--json"]);
                let of = |field: &str, value: &str| {
                    let all = next["protocols"].as_array().expect("protocols");
                    all.iter().any(|protocol| protocol[field].as_str().is_some_and(|text| text.contains(value)))
                };
                let spaced = self.rule == RuleId::ColdSpacing && of("warning", "2 h apart");
                return if of("rule", self.rule.as_str()) {
                    'R'
                } else if spaced {
                    'W'
                } else {
                    '.'
                };
            }
            "check" => {
                let file = if text.is_empty() { home.file("as-built-in.toml", BUILT_IN) } else { asked };
                let checked = home.run(&["check", &file, "--json"]);
                let is_named = stdout(&checked).contains(&format!("\"rule\": \"{}\"", self.rule));
                return match checked.status.code() {
                    Some(3) if is_named => 'R',
                    Some(0) if is_named => 'W',
                    _ => '.',
                };
            }
            _ => return self.resumes(&home),
        };
        let (said, code) = (stdout(&output) + &stderr(&output), output.status.code());
        // In a session, what earlier ones left is part of one load.
        let is_earlier = !self.facts.iter().any(|fact| matches!(fact, Meanwhile(..) | ImportedMeanwhile(..)));
        let is_one_load = (way, self.rule, is_earlier) == ("extend", RuleId::Rewarm, true);
        let rule = if is_one_load { RuleId::ColdLimit } else { self.rule };
        match (way, code, named(&said, rule)) {
            ("extend", Some(0), '?') => 'c',
            (_, Some(3), 'r' | '?') => 'R',
            ("show", Some(0), cell) => cell,
            (_, Some(0), 'W') => 'W',
            ("stop", Some(0), _) if said.contains("the planned end of its step") => 'p',
            (_, Some(0), '.') => '.',
            _ => {
                eprintln!("{} {way}: {code:?} {said}", self.rule);
                '?'
            }
        }
    }

    /// What a key does in a session in its terminal, when something became known since its start.
    fn key(&self, home: &Home, way: &str, since: &[&Fact]) -> char {
        let mut terminal = Terminal::start(home.command(&["run", "own.toml", "--no-notify"]), 24, 150);
        terminal.until("keys taken", Terminal::is_taken);
        let recorded = |what: &str| is_recorded(home, what);
        until("its record", || recorded("step_began"));
        if way == "space" {
            terminal.press(" ");
            terminal.until("a pause", |_| recorded("paused"));
        }
        for fact in since {
            home.make_true(**fact);
        }
        let (key, event) = if way == "space" { (" ", "resumed") } else { ("+", "extended") };
        terminal.press(key);
        let is_refused = |terminal: &mut Terminal| {
            let contents = terminal.contents();
            let refusal = contents.split_once("take the pack off, and end the session: ");
            refusal.is_some_and(|(_, why)| why.lines().next().is_some_and(|why| why.contains(self.rule.as_str())))
        };
        terminal.until("an answer", |terminal| is_refused(terminal) || recorded(event));
        if is_refused(&mut terminal) {
            assert!(!recorded(event), "{}", self.rule);
            return 'R';
        }
        let rule = if self.rule == RuleId::Rewarm { RuleId::ColdLimit } else { self.rule };
        let limited = format!("SELECT count(*) FROM event WHERE kind = 'extended' AND rule = '{rule}' AND length_ns");
        match [" = 0", " > 0"].map(|length| home.number(&format!("{limited}{length}"))) {
            [0, 0] => '.',
            [0, _] => 'c',
            _ => 'R',
        }
    }

    /// A session that goes on runs until it is killed.
    fn resumes(&self, home: &Home) -> char {
        let mut resumed = home.start(&["resume"]);
        let mut ended = None;
        until("an answer", || {
            ended = resumed.child.try_wait().expect("a child");
            // It has the lock before it may be refused: only an answer shows that it runs.
            ended.is_some() || home.run(&["pause"]).status.success()
        });
        let Some(status) = ended else { return '.' };
        resumed.end();
        assert_eq!((status.code(), named(&resumed.errors(), self.rule)), (Some(3), '?'), "{}", resumed.errors());
        'R'
    }
}

/// Whether the last session of this journal has such an event: those before it, and imported ones, have some of their own.
fn is_recorded(home: &Home, what: &str) -> bool {
    let last = "SELECT max(id) FROM session WHERE origin IS NULL";
    home.number(&format!("SELECT count(*) FROM event WHERE kind = '{what}' AND session = ({last})")) > 0
}

/// A file with the steps of the built-in ice: what a file alone can break.
const BUILT_IN: &str = "[[step]]\ndo = \"cold\"\nfor = \"15min\"\n";

#[test]
fn every_rule_binds_every_way_in() {
    assert!(TABLE.iter().map(|row| row.rule).eq(RULES.iter().map(|rule| rule.id)), "every rule has a row");
    check(&TABLE);
}

/// A told dose counts as one that was measured. A session that runs learns of it at each of its ways on.
#[test]
fn every_rule_about_doses_binds_every_way_in_after_a_told_one() {
    check(&TOLD);
}

/// So does one that another journal measured.
#[test]
fn every_rule_about_doses_binds_every_way_in_after_an_import() {
    check(&IMPORTED);
}

#[track_caller]
fn check(table: &[Row]) {
    let wrong = |row: &Row| {
        let cells: Vec<String> = WAYS.iter().map(|way| row.cell(way).to_string()).collect();
        let cells = cells.join(" ");
        let differs = || format!("{:<15} expected {}, is {cells}\n", row.rule, row.cells);
        if cells == row.cells { String::new() } else { differs() }
    };
    // Most of the time a row waits for a process.
    let wrong: String = thread::scope(|scope| {
        let parts: Vec<_> =
            table.chunks(5).map(|rows| scope.spawn(move || rows.iter().map(wrong).collect::<String>())).collect();
        parts.into_iter().map(|part| part.join().expect("a part of the table")).collect()
    });
    assert!(wrong.is_empty(), "the ways are {WAYS:?}\n{wrong}");
}

/// What a person does at one site, and what that does at another.
impl Home {
    /// 20 min of cold at this site that ended ten minutes ago.
    fn had_cold(&self, site: &str) {
        const MINUTE: Duration = Duration::from_secs(60);
        self.had(Site::from_name(site).expect("a site"), &[(Cold, 20 * MINUTE)], 600_000);
    }

    /// Whether this rule refuses a protocol at a site, on each way in that can start or show it.
    fn refuses(&self, rule: RuleId, protocol: &str, site: &str) -> [bool; 4] {
        let run = ["run", protocol, "--site", site, "--no-notify", "--progress", "quiet"];
        let refused = |arguments: &[&str]| {
            let output = self.run(arguments);
            output.status.code() == Some(3) && matches!(named(&stderr(&output), rule), 'r' | '?')
        };
        let next = self.json(&["next", "--json", "--site", site]);
        let all = next["protocols"].as_array().expect("protocols");
        let is_refused = all.iter().any(|row| row["protocol"] == protocol && row["rule"] == rule.as_str());
        let shown = self.ask(&["show", protocol, "--site", site]).contains(&format!("({rule})"));
        [
            refused(&[&run[..], &["--dry-run"]].concat()),
            refused(&[&run[..], &["--speed", "100000"]].concat()),
            is_refused,
            shown,
        ]
    }
}

/// Cold at the left knee binds every name that touches it, on every way in, and no other.
#[test]
fn a_dose_binds_every_name_that_touches_it() {
    let home = Home::new();
    home.had_cold("left-knee");
    for (site, expected) in [
        ("left-knee", true),
        ("knee", true),
        ("left-thigh", true),
        ("calf", true),
        ("other", true),
        ("right-knee", false),
        ("neck", false),
        ("lower-back", false),
    ] {
        assert_eq!(home.refuses(RuleId::Rewarm, "ice", site), [expected; 4], "{site}");
        let heat = home.run(&["run", "heat", "--site", site, "--dry-run"]);
        assert_eq!(
            (heat.status.code(), named(&stderr(&heat), RuleId::NumbHeat)),
            (Some(0), if expected { 'W' } else { '.' })
        );
    }
    // Without a site it is for the lower back, which had nothing.
    assert_eq!(home.run(&["run", "ice", "--dry-run"]).status.code(), Some(0));
}

/// A session that was recorded before there were sites binds everywhere.
#[test]
fn a_dose_without_a_site_binds_everywhere() {
    let home = Home::new();
    home.had_cold("left-knee");
    home.sql().execute("UPDATE session SET site = NULL", []).expect("a row");
    for site in ["left-knee", "right-hand", "neck", "lower-back", "other"] {
        assert_eq!(home.refuses(RuleId::Rewarm, "ice", site), [true; 4], "{site}");
    }
    assert_eq!(home.history()[0]["site"], serde_json::Value::Null);
}

/// An injury binds the sites that it touches. An injury elsewhere is no reason against heat, and none for it.
#[test]
fn an_injury_binds_the_sites_that_it_touches() {
    let home = Home::new();
    home.ask(&["injury", "set", "20h ago", "--site", "left-ankle"]);
    for (site, expected) in
        [("left-ankle", true), ("ankle", true), ("left-foot", true), ("left-calf", true), ("other", true)]
            .into_iter()
            .chain(["right-ankle", "left-knee", "lower-back"].map(|site| (site, false)))
    {
        assert_eq!(home.refuses(RuleId::EarlyHeat, "heat", site), [expected; 4], "{site}");
        let next = home.json(&["next", "--json", "--site", site]);
        assert_eq!(next["best"], "ice", "{site}: not known is not an old injury");
        assert_eq!(next["injury_site"], if expected { "left-ankle".into() } else { serde_json::Value::Null }, "{site}");
    }
    // The only injury is meant when nothing is said.
    let heat = home.run(&["run", "heat", "--dry-run"]);
    assert_eq!((heat.status.code(), named(&stderr(&heat), RuleId::EarlyHeat)), (Some(3), 'r'));
    let acute = home.run(&["run", "acute", "--dry-run"]);
    assert!(
        stderr(&acute).contains("acute: ice now. The injury of the left ankle is less than 3 days old"),
        "{}",
        stderr(&acute)
    );
    assert!(stdout(&acute).contains("ice · left ankle: 1 step"), "{}", stdout(&acute));
    // One from before there were sites binds everywhere.
    home.sql().execute("UPDATE injury SET site = NULL", []).expect("a row");
    for site in ["neck", "left-knee", "other"] {
        assert_eq!(home.refuses(RuleId::EarlyHeat, "heat", site), [true; 4], "{site}");
    }
}

/// With several injuries nothing is assumed: not the back for the ankle, nor the other way round.
#[test]
fn several_injuries_need_a_site_off_a_terminal() {
    let home = Home::new();
    home.ask(&["injury", "set", "20h ago", "--site", "left-ankle"]);
    home.ask(&["injury", "set", "5 days ago", "--site", "lower-back"]);
    home.file("config/config.toml", "site = \"lower-back\"\n");
    let heat = "[[step]]\ndo = \"heat\"\nfor = \"10min\"\n";
    let (plain, placed) =
        (home.file("plain.toml", heat), home.file("placed.toml", &format!("site = \"left-foot\"\n{heat}")));
    for arguments in [
        &["run", "heat"][..],
        &["run"],
        &["run", "heat", "--dry-run"],
        &["run", "acute", "--injured", "5 days ago"],
        &["run", &plain],
        &["next"],
        &["next", "--json"],
        &["pain", "3"],
        &["injury", "set", "2h ago"],
        &["injury", "clear"],
    ] {
        let output = home.run(arguments);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains("there are several injuries, so say which site is meant\n"), "{errors}");
        assert!(
            errors.contains(" --site left-ankle\n  or:  therapy ") && errors.ends_with(" --site lower-back\n"),
            "{errors}"
        );
    }
    assert_eq!(home.number("SELECT count(*) FROM injury WHERE over_ms IS NULL"), 2, "nothing was changed");
    // Each injury has its own clock, and a file may say where.
    assert_eq!(home.refuses(RuleId::EarlyHeat, "heat", "left-ankle"), [true; 4]);
    assert_eq!(home.refuses(RuleId::EarlyHeat, "heat", "lower-back"), [false; 4]);
    assert_eq!(home.json(&["next", "--json", "--site", "lower-back"])["best"], "heat");
    let foot = home.run(&["run", &placed, "--dry-run"]);
    assert_eq!((foot.status.code(), named(&stderr(&foot), RuleId::EarlyHeat)), (Some(3), 'r'));
    let back = home.run(&["run", &placed, "--site", "lower-back", "--dry-run"]);
    assert_eq!(back.status.code(), Some(0), "the option wins: {}", stderr(&back));
    // Nothing starts here: each of them counts.
    assert!(home.ask(&["show", "heat"]).contains("(early-heat)"));
    let overview = home.ask(&[]);
    assert!(
        overview.contains(
            "\n  Next    There are several injuries:\n          therapy next --site left-ankle\n          therapy next --site lower-back\n\n"
        ),
        "{overview}"
    );
    assert!(overview.contains("\n  therapy run --site SITE    start"), "{overview}");
    assert!(!overview.contains("therapy run  ") && !overview.contains("contrast"), "{overview}");
    home.ask(&["injury", "clear", "--site", "left-ankle"]);
    assert_eq!(home.run(&["run", "heat", "--dry-run"]).status.code(), Some(0));
}
