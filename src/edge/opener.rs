//! Opens a file with the program that the desktop has for it. This module must not know what is in the file.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::clock;

/// How long to wait for a failure. A browser that the opener starts may run for hours, and is left alone.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often to check.
const LOOK: Duration = Duration::from_millis(20);

/// The program that opens files.
#[cfg(target_os = "macos")]
const OPENER: &str = "open";
#[cfg(windows)]
const OPENER: &str = "cmd";
#[cfg(not(any(target_os = "macos", windows)))]
const OPENER: &str = "xdg-open";

/// Opens a file.
///
/// # Errors
/// Why it was not opened, as far as the opener says so at once.
pub fn open(path: &Path) -> Result<(), String> {
    let mut command = Command::new(OPENER);
    #[cfg(windows)]
    {
        // `start` takes the first quoted word as a title. No file name has a quote there.
        std::os::windows::process::CommandExt::raw_arg(&mut command, format!("/C start \"\" \"{}\"", path.display()));
    }
    #[cfg(not(windows))]
    command.arg(path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C in this terminal is not for the browser.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("{OPENER} is not installed"),
        _ => format!("{OPENER} cannot be started: {error}"),
    })?;
    let began = clock::unhurried();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{OPENER} failed ({status})")),
            Ok(None) if clock::unhurried().since(began) < PATIENCE => clock::wait(LOOK),
            Ok(None) | Err(_) => return Ok(()),
        }
    }
}
