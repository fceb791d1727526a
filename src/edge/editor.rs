//! The person's editor, in the foreground, with the terminal. It is never given to a shell. This module must not know what
//! is edited.

use std::env;
use std::path::Path;
use std::process::Command;

/// The editor that the environment names, as words: `VISUAL`, else `EDITOR`. `None` when neither is set, or when it has
/// a quote without an end.
pub fn find() -> Option<Vec<String>> {
    let set = |name| env::var(name).ok().filter(|command| !command.trim().is_empty());
    let command = set("VISUAL").or_else(|| set("EDITOR"))?;
    shlex::split(&command).filter(|words| !words.is_empty())
}

/// Opens a file, and waits until the person has left the editor.
///
/// # Errors
/// When it cannot be started, or fails: why.
pub fn open(editor: &[String], file: &Path) -> Result<(), String> {
    let (program, arguments) = editor.split_first().ok_or("no editor is named")?;
    let status = Command::new(program).args(arguments).arg(file).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the editor failed ({program}: {status})")),
        Err(error) => Err(format!("the editor {program} cannot be started: {error}")),
    }
}
