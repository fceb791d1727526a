//! What is said about the alarms of a session: which are left when notifications fail, and that none is left. It must
//! not know how an alarm is given.

/// What tells a person of a change, besides notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// A terminal rings.
    Bell,
    /// A terminal or another program shows the events, and nothing rings.
    Lines,
    /// Nothing.
    Nothing,
}

impl Left {
    /// What is left after the terminal was closed.
    #[must_use]
    pub fn without_terminal(self) -> Left {
        if self == Left::Bell { Left::Nothing } else { self }
    }

    /// How the session goes on without notifications.
    pub fn going_on(self) -> &'static str {
        match self {
            Left::Bell => "the session goes on here, with the terminal's bell",
            Left::Lines => "the session goes on, and only its lines tell you when to change",
            Left::Nothing => "the session goes on without an alarm: watch the time yourself",
        }
    }
}

/// Said on a terminal while the alarm goes on after the end.
pub const PRESS_A_KEY: &str = "The alarm goes on until you press Enter.";

/// Why a session has no alarm. `why` there are no notifications; `None` when they are turned off.
pub fn none(why: Option<&str>) -> String {
    let notifications = why.map_or("notifications are off".to_owned(), str::to_owned);
    format!("no alarm can reach you: {notifications}, and no terminal rings or shows the session")
}

/// What to do about a session without an alarm.
pub const WATCH: &str = "watch the time yourself, or run it on a terminal";

/// What to do when a session without an alarm would wait for an answer. `options` made it wait, as they are to be.
pub fn answer(options: &[String]) -> String {
    let without = if options.is_empty() { String::new() } else { format!(", or {}", options.join(" and ")) };
    format!("run it on a terminal or with notifications{without}")
}
