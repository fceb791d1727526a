//! Which site a command is about. All commands decide it here, so that no way in reaches the back when an ankle is meant.

use anyhow::anyhow;

use super::folders::Folders;
use super::{Exit, Failure, ask, can_ask, report_failure, settings};
use crate::domain::site::Site;
use crate::edge::journal::InjuryEntry;
use crate::text::sites;
use crate::text::typed::quoted;

/// The site, as far as it is known without a question: the one that was named, that of the file, that of the only
/// injury, that of `config.toml`, the usual one. `None`: there are several injuries.
///
/// # Errors
/// When it is that of `config.toml`, and the file cannot be read: a dose at the wrong site is counted wrongly.
pub(super) fn known(
    folders: &Folders,
    named: Option<Site>,
    of_file: Option<Site>,
    injuries: &[InjuryEntry],
) -> Result<Option<Site>, Failure> {
    if let Some(site) = named.or(of_file) {
        return Ok(Some(site));
    }
    let injured: Vec<_> = injured(injuries).collect();
    match &injured[..] {
        [] | [InjuryEntry { site: None, .. }] => usual(folders).map(Some),
        [only] => Ok(only.site),
        _ => Ok(None),
    }
}

/// The site. Where it is not known, asks on a terminal.
///
/// # Errors
/// Where nobody can be asked: the hint has the flag. When `config.toml` is needed and cannot be read.
pub(super) fn decide(
    folders: &Folders,
    named: Option<Site>,
    of_file: Option<Site>,
    injuries: &[InjuryEntry],
) -> Result<Site, Failure> {
    if let Some(site) = known(folders, named, of_file, injuries)? {
        return Ok(site);
    }
    let mut places: Vec<Site> = injured(injuries).map(place).collect();
    let usual = usual(folders)?;
    if !places.contains(&usual) {
        places.push(usual);
    }
    choose(&places)
}

/// Asks which of several sites is meant.
///
/// # Errors
/// Where nobody can be asked: the hint has the flag.
pub(super) fn choose(places: &[Site]) -> Result<Site, Failure> {
    if !can_ask() {
        let typed: Vec<_> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        let typed = typed.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let ways: Vec<_> = places.iter().map(|site| format!("therapy {typed} --site {site}")).collect();
        let error = anyhow!("there are several injuries, so say which site is meant");
        return Err(Failure::new(Exit::Usage, error, format!("try: {}", ways.join("\n  or:  "))));
    }
    let names = places.iter().map(|site| site.as_str()).collect::<Vec<_>>().join(", ");
    let read = |answer: &str| sites::read(answer).map_err(|error| report_failure(&error.into())).ok();
    let unanswered = || Failure::new(Exit::Stopped, anyhow!("the question was not answered"), "name it: --site SITE");
    ask(&format!("Where: {names}, or another site?"), read)?.ok_or_else(unanswered)
}

/// Where an injury is. One from before there were sites may be anywhere.
pub(super) fn place(entry: &InjuryEntry) -> Site {
    entry.site.unwrap_or(Site::OTHER)
}

/// The entries that have a time: the others say that there is no injury.
pub(super) fn injured(injuries: &[InjuryEntry]) -> impl Iterator<Item = &InjuryEntry> {
    injuries.iter().filter(|entry| entry.happened_ms.is_some())
}

/// The site where nothing else says it.
fn usual(folders: &Folders) -> Result<Site, Failure> {
    Ok(settings::read(folders)?.site.unwrap_or_default())
}
