//! `therapy profiles`: the people on this machine who have a journal of their own.

use serde_json::json;

use super::folders::Folders;
use super::{Exit, Failure, print, print_json};

/// Lists them, or makes one.
pub(super) fn run(folders: &Folders, add: Option<&str>, json: bool) -> Result<Exit, Failure> {
    if let Some(name) = add {
        folders.add_profile(name)?;
        return print(format!("Made. Use it with --profile {name}, or set THERAPY_PROFILE={name}\n"));
    }
    let names = folders.profiles()?;
    if json {
        let of = |name: &String| json!({ "name": name, "data": folders.data_of(name) });
        return print_json(&names.iter().map(of).collect::<Vec<_>>());
    }
    if names.is_empty() {
        return print("No profiles. For another person on this machine: therapy profiles --add NAME\n");
    }
    print(names.join("\n") + "\n")
}
