//! A hermetic place to run the program in: empty home, no bus, fixed zone, fixed width.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A home directory of its own.
pub struct Home(pub TempDir);

impl Home {
    /// An empty one.
    pub fn new() -> Home {
        Home(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file below the home directory and returns its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a plain path").to_owned()
    }

    /// The environment of the program.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let below = |name: &str| self.path().join(name).to_str().expect("a plain path").to_owned();
        vec![
            ("HOME", below("")),
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("THERAPY_CONFIG_DIR", below("config")),
            ("THERAPY_DATA_DIR", below("data")),
            // Nobody answers there: a test never rings on the desktop of the person who runs it.
            ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", below("no-bus"))),
        ]
    }

    /// The program with these arguments, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_therapy"));
        command.env_clear().envs(self.environment()).current_dir(self.path()).args(arguments);
        command.stdin(std::process::Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }
}

/// Standard output as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}
