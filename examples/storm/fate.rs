//! The simulated world of a run: clocks, suspends, kills, the person, other shells, and faults of the
//! disk and the bus. Everything is derived from one seed.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use therapy::domain::session::{Event, EventKind, Input, Moment, Session};
use therapy::edge::journal::{Journal, Stamp};
use therapy::edge::notification::{Buttons, pressed};
use therapy::runner::{FRAME, Loss, World};

/// Start of the boot clock. Above zero, so that moments of earlier boots can be represented.
const BOOT: Duration = Duration::from_secs(1_000_000_000);
/// Wall time at the start of a run, in milliseconds since 1970.
const WALL_MS: i64 = 1_800_000_000_000;
/// Time after which another shell withdraws an unanswered request.
const TIMEOUT: Duration = Duration::from_millis(2500);
/// Upper bound of the waits in a session. More waits mean a livelock.
const MAX_WAITS: u32 = 200_000;

/// State shared by the world and its observers.
pub struct Fate {
    pub rng: RefCell<Rng>,
    /// True time since the start of the run.
    pub now: Cell<Duration>,
    /// Number of the boot, and its true time.
    pub boot: Cell<(u32, Duration)>,
    /// Error of the wall clock.
    pub skew_ms: Cell<i64>,
    /// Whether the wall clock was ever wrong.
    pub wall_changed: Cell<bool>,
    /// The process was killed. Nothing that it still does has an effect.
    pub dead: Cell<bool>,
    /// Kill the process after this many more calls of observers.
    pub fuse: Cell<Option<u32>>,
    /// The process was killed in a wait, between events.
    pub asleep: Cell<bool>,
    /// Kill the process in a wait at this time.
    pub dies_at: Cell<Option<Duration>>,
    pub disk_fails: Cell<bool>,
    pub bus_fails: Cell<bool>,
    /// Whether the session is paused or held, and needs an answer to continue.
    pub waits_for_person: Cell<bool>,
    /// A warning sign applies: no pack goes on because a person wants it.
    pub has_sign: Cell<bool>,
    pub stalls: Cell<u32>,
    /// The first violation of an invariant.
    pub violation: RefCell<Option<String>>,
}

impl Fate {
    pub fn new(seed: u64) -> Fate {
        Fate {
            rng: RefCell::new(Rng::with_seed(seed)),
            now: Cell::default(),
            boot: Cell::default(),
            skew_ms: Cell::default(),
            wall_changed: Cell::default(),
            dead: Cell::default(),
            fuse: Cell::default(),
            asleep: Cell::default(),
            dies_at: Cell::default(),
            disk_fails: Cell::default(),
            bus_fails: Cell::default(),
            waits_for_person: Cell::default(),
            has_sign: Cell::default(),
            stalls: Cell::default(),
            violation: RefCell::default(),
        }
    }

    pub fn moment(&self) -> Moment {
        Moment::new(BOOT + self.now.get().saturating_sub(self.boot.get().1))
    }

    /// The true time of a moment of this boot.
    pub fn truth(&self, at: Moment) -> Duration {
        (self.boot.get().1 + at.since_origin()).saturating_sub(BOOT)
    }

    /// All clocks, at a moment of this boot.
    pub fn stamp(&self, at: Moment) -> Stamp {
        let truth_ms = i64::try_from(self.truth(at).as_millis()).unwrap_or(i64::MAX);
        Stamp { wall_ms: WALL_MS + truth_ms + self.skew_ms.get(), boot: self.boot.get().0.to_string(), clock: at }
    }

    /// Whether events of an earlier boot are dated by a wall clock that was wrong.
    pub fn has_wrong_dates(&self) -> bool {
        self.boot.get().0 > 0 && self.wall_changed.get()
    }

    /// Starts a new process.
    pub fn revive(&self) {
        self.dead.set(false);
        self.fuse.set(None);
        self.dies_at.set(None);
    }

    /// Reboots the machine.
    pub fn reboot(&self) {
        self.boot.set((self.boot.get().0 + 1, self.now.get()));
    }

    pub fn pass(&self, length: Duration) {
        self.now.set(self.now.get() + length);
    }

    /// True with a probability of one in `times`.
    pub fn one_in(&self, times: u32) -> bool {
        self.rng.borrow_mut().u32(0..times) == 0
    }

    /// Time until the next incident. Short, because the machine is awake.
    fn gap(&self) -> Duration {
        let mut rng = self.rng.borrow_mut();
        match rng.u8(0..16) {
            0..=1 => Duration::ZERO,
            2..=8 => Duration::from_millis(rng.u64(1..10_000)),
            9..=14 => Duration::from_millis(rng.u64(1..60_000)),
            _ => Duration::from_secs(rng.u64(1..1500)),
        }
    }

    /// A realistic length: seconds, minutes, sometimes hours.
    pub fn length(&self) -> Duration {
        let mut rng = self.rng.borrow_mut();
        match rng.u8(0..20) {
            0 => Duration::ZERO,
            1..=8 => Duration::from_millis(rng.u64(1..10_000)),
            9..=15 => Duration::from_millis(rng.u64(1..180_000)),
            16..=18 => Duration::from_secs(rng.u64(1..1500)),
            _ => Duration::from_secs(rng.u64(1..3 * 3600)),
        }
    }

    /// Records a violation and ends the process. Only the first one is kept.
    pub fn violate(&self, message: impl FnOnce() -> String) {
        let mut violation = self.violation.borrow_mut();
        if violation.is_none() {
            *violation = Some(format!("{:?}: {}", self.now.get(), message()));
        }
        self.dead.set(true);
    }

    /// Whether the process is dead. Each call burns the fuse, so it may die here, before the observer acts.
    pub fn is_dead(&self) -> bool {
        if let Some(left) = self.fuse.get() {
            self.fuse.set(left.checked_sub(1));
            if left == 0 {
                self.dead.set(true);
            }
        }
        self.dead.get()
    }

    fn input(&self) -> Input {
        let mut rng = self.rng.borrow_mut();
        match rng.u8(0..24) {
            0..=3 => Input::Toggle,
            4..=5 => Input::Pause,
            6..=7 => Input::Resume,
            8..=10 => Input::Skip,
            11..=14 => Input::Extend(Duration::from_secs(60)),
            15 => Input::Extend(Duration::from_secs(rng.u64(0..100_000))),
            16..=22 => Input::Confirm,
            _ => Input::Stop,
        }
    }
}

/// The world of one process.
pub struct Storm<'a> {
    fate: &'a Fate,
    journal: &'a Journal,
    session: i64,
    /// Requests that were read and not handled yet, the id of the last one, and the id of the one that is
    /// being handled.
    found: VecDeque<(i64, Input)>,
    last: i64,
    current: Option<i64>,
    answers: &'a Answers,
    /// Time of the next incident, and the number of incidents left.
    next: Duration,
    left: u32,
    waits: u32,
    /// Unanswered requests of other shells.
    asked: Vec<PendingRequest>,
    lost: Option<Loss>,
}

/// Answers to requests that are not committed yet.
pub type Answers = RefCell<Vec<(i64, String)>>;

/// A request of another shell.
struct PendingRequest {
    id: i64,
    at: Duration,
    /// The wait in which it was made. `None` once the disk has failed.
    turn: Option<u32>,
}

impl<'a> Storm<'a> {
    pub fn new(fate: &'a Fate, journal: &'a Journal, session: i64, answers: &'a Answers) -> Storm<'a> {
        let left = fate.rng.borrow_mut().u32(0..10);
        let next = fate.now.get() + fate.gap();
        let (found, last, current) = (VecDeque::new(), 0, None);
        Storm {
            fate,
            journal,
            session,
            found,
            last,
            current,
            answers,
            next,
            left,
            waits: 0,
            asked: Vec::new(),
            lost: None,
        }
    }

    /// The number of waits.
    pub fn turns(&self) -> u32 {
        self.waits
    }

    /// Withdraws all unanswered requests, after the process has ended or was killed.
    pub fn withdraw(&mut self) {
        for PendingRequest { id, .. } in self.asked.drain(..) {
            let _ = self.journal.withdraw(id);
        }
    }

    /// Causes an incident. An input of the person ends the wait.
    fn happen(&mut self) -> Option<Input> {
        let fate = self.fate;
        self.left = self.left.saturating_sub(1);
        self.next = fate.now.get() + fate.gap();
        let what = fate.rng.borrow_mut().u8(0..40);
        match what {
            0..=5 => {
                fate.stalls.set(fate.stalls.get() + 1);
                fate.pass(fate.length());
            }
            6 => fate.disk_fails.set(true),
            7..=8 => fate.disk_fails.set(false),
            9 => fate.bus_fails.set(true),
            10 => fate.bus_fails.set(false),
            11 => {
                fate.skew_ms.set(fate.rng.borrow_mut().i64(-4_000_000..4_000_000));
                fate.wall_changed.set(true);
            }
            12..=13 => fate.dies_at.set(Some(fate.now.get() + fate.length())),
            14 => {
                let calls = fate.rng.borrow_mut().u32(0..12);
                fate.fuse.set(Some(calls));
            }
            15..=20 => {
                if let Ok(id) = self.journal.ask(self.session, fate.input()) {
                    self.asked.push(PendingRequest { id, at: fate.now.get(), turn: Some(self.waits) });
                }
            }
            // Nothing is lost but the terminal, or the process ends while everything works.
            32 => self.lost = Some(Loss::Terminal),
            33 => self.lost = Some(Loss::Process),
            35..=36 => return self.press(),
            37 => fate.has_sign.set(true),
            38..=39 => fate.has_sign.set(false),
            34 => return Some(Input::Leap(Duration::from_secs(fate.rng.borrow_mut().u64(120..100_000)))),
            _ => return Some(fate.input()),
        }
        if matches!(what, 6..=8) {
            let _ = set_read_only(self.journal, fate.disk_fails.get());
        }
        None
    }

    /// A press of a button: of the notification that is shown, or a forged one, which asks for nothing.
    fn press(&mut self) -> Option<Input> {
        let mut rng = self.fate.rng.borrow_mut();
        let shown = [Buttons::All, Buttons::Done, Buttons::None][rng.usize(0..3)];
        let (owner, id) = (":1.7", 3);
        let sender = [":1.7", ":1.70", ":1.9", "org.freedesktop.Notifications", ""][rng.usize(0..5)];
        let about = rng.u32(2..5);
        let key = ["0", "1", "2", "3", "default", ""][rng.usize(0..6)];
        let known: &[&str] = match shown {
            Buttons::All => &["0", "1", "2"],
            Buttons::Done => &["2"],
            Buttons::None => &[],
        };
        let is_forged = sender != owner || about != id || !known.contains(&key);
        drop(rng);
        let input = pressed((owner, id, shown), (sender, about, key));
        if input.is_some() == is_forged {
            self.fate.violate(|| format!("a press of {key:?} by {sender:?} about {about} gives {input:?}"));
        }
        input
    }

    /// Returns the next request, in the same way as the real recorder.
    fn find_request(&mut self) -> Option<Input> {
        for (id, input) in self.journal.requests(self.session, self.last).unwrap_or_default() {
            self.last = id;
            self.found.extend(input.map(|input| (id, input)));
        }
        let (id, input) = self.found.pop_front()?;
        if !matches!(self.journal.answer(id), Ok(None)) {
            self.fate.violate(|| "a withdrawn request was handled".to_owned());
        }
        self.current = Some(id);
        Some(input)
    }

    /// Withdraws requests after their timeout. Every shell must have its answer within a few waits, unless
    /// the disk fails.
    fn withdraw_old(&mut self) {
        let (fate, journal, waits) = (self.fate, self.journal, self.waits);
        let turns = 4 + 2 * u32::try_from(self.asked.len()).unwrap_or(u32::MAX);
        self.asked.retain_mut(|asked| match journal.answer(asked.id) {
            Ok(None) if fate.disk_fails.get() => {
                asked.turn = None;
                true
            }
            Ok(None) if fate.now.get() > asked.at + TIMEOUT => {
                if asked.turn.is_some_and(|turn| waits > turn + turns) {
                    fate.violate(|| "a request was not answered".to_owned());
                }
                let _ = journal.withdraw(asked.id);
                false
            }
            Ok(None) => true,
            _ => false,
        });
    }
}

impl World for Storm<'_> {
    fn now(&self) -> Moment {
        self.fate.moment()
    }

    fn wait(&mut self, deadline: Moment) -> Option<Input> {
        let fate = self.fate;
        self.waits += 1;
        if self.waits > MAX_WAITS {
            fate.violate(|| format!("no progress: waiting for {deadline:?} at {:?}", fate.moment()));
        }
        if fate.dead.get() {
            return Some(Input::Stop);
        }
        if deadline > fate.moment() + FRAME {
            fate.violate(|| "a wait is longer than a frame".to_owned());
        }
        if !self.asked.is_empty() {
            self.withdraw_old();
            if let Some(input) = self.find_request() {
                return Some(input);
            }
        }
        let deadline = fate.truth(deadline).max(fate.now.get());
        if let Some(death) = fate.dies_at.get().filter(|death| *death <= deadline) {
            fate.now.set(death.max(fate.now.get()));
            fate.asleep.set(true);
            fate.dead.set(true);
            return Some(Input::Stop);
        }
        // A session that needs an answer always gets one in the end.
        let happens = self.left > 0 || fate.waits_for_person.get();
        if happens && self.next <= deadline {
            fate.now.set(self.next.max(fate.now.get()));
            if self.left == 0 {
                self.next = fate.now.get() + fate.gap();
                return Some(if fate.one_in(3) { Input::Stop } else { Input::Confirm });
            }
            return self.happen();
        }
        // A busy machine wakes late sometimes.
        let late = match fate.rng.borrow_mut().u16(..) {
            0..64 => 2_900,
            64..1024 => 20,
            1024..50_000 => 1_900,
            _ => 0,
        };
        let late = if late == 0 { 0 } else { fate.rng.borrow_mut().u64(0..late) };
        fate.now.set(deadline + Duration::from_millis(late));
        None
    }

    fn lost(&mut self) -> Option<Loss> {
        self.lost.take()
    }

    fn objects(&mut self, _: Input, _: &Session) -> Option<String> {
        self.fate.has_sign.get().then(|| "a warning sign applies".to_owned())
    }

    fn answered(&mut self, events: &[Event], _: &Session) {
        let goes_on = |event: &Event| match event.kind {
            EventKind::Resumed | EventKind::Confirmed | EventKind::Skipped { by_rule: None } => true,
            EventKind::Extended { by, .. } => by > Duration::ZERO,
            _ => false,
        };
        if self.fate.has_sign.get() && events.iter().any(goes_on) {
            self.fate.violate(|| format!("a pack goes on although a sign applies: {events:?}"));
        }
        if let Some(id) = self.current.take() {
            self.answers.borrow_mut().push((id, format!("{} events", events.len())));
        }
    }
}

/// Makes all writes to the journal fail, or work again.
pub fn set_read_only(journal: &Journal, only: bool) -> rusqlite::Result<()> {
    journal.as_ref().pragma_update(None, "query_only", only)
}
