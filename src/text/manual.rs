//! What only the manual says: exit codes, files and variables. The rest of a page comes from the help texts. It must not
//! know roff.

/// The day of the last change to the pages.
pub const DATE: &str = "2026-11-26";

/// The name of the manual.
pub const TITLE: &str = "therapy manual";

/// Rows of a table: a name, and what it means.
pub type Rows = &'static [(&'static str, &'static str)];

/// The exit codes.
pub const EXIT_CODES: Rows = &[
    ("0", "completed"),
    ("1", "could not"),
    ("2", "usage: the command line or a file cannot be understood"),
    ("3", "refused by a rule"),
    ("130", "stopped by the person"),
    ("143", "ended by the system: the session is cut off and can be resumed"),
];

/// The files, where no variable says otherwise.
pub const FILES: Rows = &[
    ("~/.config/therapy/protocols/*.toml", "your own protocols; each has a name, and is in therapy list"),
    ("~/.config/therapy/config.toml", "the defaults of run, plan and of waiting"),
    ("~/.local/share/therapy/journal.db", "the journal, an SQLite database that only you can read"),
    ("~/.cache/therapy", "the chimes, as files for the player"),
    ("profiles/NAME", "below the first two folders: settings and journal of another person"),
];

/// The variables of the environment.
pub const ENVIRONMENT: Rows = &[
    ("THERAPY_CONFIG_DIR", "the folder of the settings and of your own protocols, an absolute path"),
    ("THERAPY_DATA_DIR", "the folder of the journal, an absolute path"),
    ("THERAPY_PROFILE", "whose journal and settings are used, as with --profile"),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME", "the folders in which therapy has its own"),
    ("NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM", "whether --color auto uses colours; TERM=dumb asks for plain lines"),
    ("LC_ALL, LC_CTYPE, LANG", "the encoding; the screen is drawn in ASCII where it is not UTF-8"),
    ("TZ", "the time zone"),
];

/// What the examples of the main page do not say.
pub const NOT_ADVICE: &str =
    "It is a timer, not medical advice. It cannot see skin or find a cause: read therapy safety once.";
