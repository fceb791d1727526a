//! What the world does to a session in a storm: time, sleep, death, a person, other shells, a disk and
//! a bus that fail. All of it comes from one seed.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use therapy::domain::session::{Event, Input, Moment, Session};
use therapy::edge::journal::{Journal, Stamp};
use therapy::runner::{FRAME, World};

/// Where a boot's clock starts: later than zero, so that moments of earlier boots can be named.
const BOOT: Duration = Duration::from_secs(1_000_000_000);
/// The time of day at the beginning of a life.
const WALL_MS: i64 = 1_800_000_000_000;
/// After how long another shell withdraws what nobody answered.
const PATIENCE: Duration = Duration::from_millis(2500);
/// More waits than any session here has frames.
const WAITS_MOST: u32 = 200_000;

/// Everything that the world and those who watch it share.
pub struct Fate {
    pub rng: RefCell<Rng>,
    /// True time since the beginning of the life.
    pub now: Cell<Duration>,
    /// Which boot, and when it was.
    pub boot: Cell<(u32, Duration)>,
    /// How far the time of day is off.
    pub skew_ms: Cell<i64>,
    /// Whether the time of day was ever off.
    pub lied: Cell<bool>,
    /// The process was killed: nothing that it still does reaches anybody.
    pub dead: Cell<bool>,
    /// Killed after so many more looks into a watcher.
    pub fuse: Cell<Option<u32>>,
    /// It was killed while it waited, with nothing half said.
    pub asleep: Cell<bool>,
    /// Killed in its sleep at this time.
    pub dies_at: Cell<Option<Duration>>,
    pub disk_fails: Cell<bool>,
    pub bus_fails: Cell<bool>,
    /// What was last seen: nobody could answer a session that runs, and somebody must answer one that
    /// does not.
    pub waits_for_person: Cell<bool>,
    pub stalls: Cell<u32>,
    /// The first law that was broken.
    pub broken: RefCell<Option<String>>,
}

impl Fate {
    pub fn new(seed: u64) -> Fate {
        Fate {
            rng: RefCell::new(Rng::with_seed(seed)),
            now: Cell::default(),
            boot: Cell::default(),
            skew_ms: Cell::default(),
            lied: Cell::default(),
            dead: Cell::default(),
            fuse: Cell::default(),
            asleep: Cell::default(),
            dies_at: Cell::default(),
            disk_fails: Cell::default(),
            bus_fails: Cell::default(),
            waits_for_person: Cell::default(),
            stalls: Cell::default(),
            broken: RefCell::default(),
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

    /// What an earlier boot left is placed by a time of day that was wrong.
    pub fn misplaces(&self) -> bool {
        self.boot.get().0 > 0 && self.lied.get()
    }

    /// A new process.
    pub fn revive(&self) {
        self.dead.set(false);
        self.fuse.set(None);
        self.dies_at.set(None);
    }

    /// The machine starts anew.
    pub fn reboot(&self) {
        self.boot.set((self.boot.get().0 + 1, self.now.get()));
    }

    pub fn pass(&self, length: Duration) {
        self.now.set(self.now.get() + length);
    }

    /// One in so many.
    pub fn one_in(&self, times: u32) -> bool {
        self.rng.borrow_mut().u32(0..times) == 0
    }

    /// How long until something happens: the machine is awake, so it is not long.
    fn gap(&self) -> Duration {
        let mut rng = self.rng.borrow_mut();
        match rng.u8(0..16) {
            0..=1 => Duration::ZERO,
            2..=8 => Duration::from_millis(rng.u64(1..10_000)),
            9..=14 => Duration::from_millis(rng.u64(1..60_000)),
            _ => Duration::from_secs(rng.u64(1..1500)),
        }
    }

    /// A length as life has them: seconds, minutes, and now and then hours.
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

    /// Says that a law is broken; the first one is told.
    pub fn break_law(&self, law: impl FnOnce() -> String) {
        let mut broken = self.broken.borrow_mut();
        if broken.is_none() {
            *broken = Some(format!("{:?}: {}", self.now.get(), law()));
        }
        self.dead.set(true);
    }

    /// A watcher is about to do something: the process may be killed before it does.
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
    /// Requests that are found and not obeyed yet, the number of the last of them, and the one that is
    /// being obeyed.
    found: VecDeque<(i64, Input)>,
    last: i64,
    obeyed: Option<i64>,
    answers: &'a Answers,
    /// When something happens next, and how much may still happen.
    next: Duration,
    left: u32,
    waits: u32,
    /// Requests of other shells that are not answered yet.
    asked: Vec<Asked>,
}

/// Answers to requests, on their way to the record.
pub type Answers = RefCell<Vec<(i64, String)>>;

/// A request of another shell.
struct Asked {
    id: i64,
    at: Duration,
    /// The turn in which it was made, while the disk takes answers.
    turn: Option<u32>,
}

impl<'a> Storm<'a> {
    pub fn new(fate: &'a Fate, journal: &'a Journal, session: i64, answers: &'a Answers) -> Storm<'a> {
        let left = fate.rng.borrow_mut().u32(0..10);
        let next = fate.now.get() + fate.gap();
        let (found, last, obeyed) = (VecDeque::new(), 0, None);
        Storm { fate, journal, session, found, last, obeyed, answers, next, left, waits: 0, asked: Vec::new() }
    }

    /// How often the session waited.
    pub fn turns(&self) -> u32 {
        self.waits
    }

    /// The process ended, or was killed: whoever still waits for an answer withdraws.
    pub fn withdraw(&mut self) {
        for Asked { id, .. } in self.asked.drain(..) {
            let _ = self.journal.withdraw(id);
        }
    }

    /// Something happens now. What the person says ends the wait.
    fn happen(&mut self) -> Option<Input> {
        let fate = self.fate;
        self.left = self.left.saturating_sub(1);
        self.next = fate.now.get() + fate.gap();
        let what = fate.rng.borrow_mut().u8(0..32);
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
                fate.lied.set(true);
            }
            12..=13 => fate.dies_at.set(Some(fate.now.get() + fate.length())),
            14 => {
                let looks = fate.rng.borrow_mut().u32(0..12);
                fate.fuse.set(Some(looks));
            }
            15..=20 => {
                if let Ok(id) = self.journal.ask(self.session, fate.input()) {
                    self.asked.push(Asked { id, at: fate.now.get(), turn: Some(self.waits) });
                }
            }
            _ => return Some(fate.input()),
        }
        if matches!(what, 6..=8) {
            let _ = set_read_only(self.journal, fate.disk_fails.get());
        }
        None
    }

    /// The next request, as the recorder finds it.
    fn find_request(&mut self) -> Option<Input> {
        for (id, input) in self.journal.requests(self.session, self.last).unwrap_or_default() {
            self.last = id;
            self.found.extend(input.map(|input| (id, input)));
        }
        let (id, input) = self.found.pop_front()?;
        if !matches!(self.journal.answer(id), Ok(None)) {
            self.fate.break_law(|| "a request that was withdrawn is obeyed".to_owned());
        }
        self.obeyed = Some(id);
        Some(input)
    }

    /// Other shells lose their patience. Each has its answer a few turns later, however many ask, unless
    /// the disk takes none.
    fn lose_patience(&mut self) {
        let (fate, journal, waits) = (self.fate, self.journal, self.waits);
        let turns = 4 + 2 * u32::try_from(self.asked.len()).unwrap_or(u32::MAX);
        self.asked.retain_mut(|asked| match journal.answer(asked.id) {
            Ok(None) if fate.disk_fails.get() => {
                asked.turn = None;
                true
            }
            Ok(None) if fate.now.get() > asked.at + PATIENCE => {
                if asked.turn.is_some_and(|turn| waits > turn + turns) {
                    fate.break_law(|| "a request has no answer".to_owned());
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
        if self.waits > WAITS_MOST {
            fate.break_law(|| format!("no progress, and it waits for {deadline:?} at {:?}", fate.moment()));
        }
        if fate.dead.get() {
            return Some(Input::Stop);
        }
        if deadline > fate.moment() + FRAME {
            fate.break_law(|| "a wait longer than a frame".to_owned());
        }
        if !self.asked.is_empty() {
            self.lose_patience();
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
        // Nobody leaves a session waiting for ever.
        let happens = self.left > 0 || fate.waits_for_person.get();
        if happens && self.next <= deadline {
            fate.now.set(self.next.max(fate.now.get()));
            if self.left == 0 {
                self.next = fate.now.get() + fate.gap();
                return Some(if fate.one_in(3) { Input::Stop } else { Input::Confirm });
            }
            return self.happen();
        }
        // A machine has something else to do now and then.
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
    fn answered(&mut self, events: &[Event], _: &Session) {
        if let Some(id) = self.obeyed.take() {
            self.answers.borrow_mut().push((id, format!("{} events", events.len())));
        }
    }
}

/// Whether the disk takes nothing more.
pub fn set_read_only(journal: &Journal, only: bool) -> rusqlite::Result<()> {
    journal.as_ref().pragma_update(None, "query_only", only)
}
