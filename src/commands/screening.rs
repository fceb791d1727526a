//! The question about warning signs: once for a person, once for each injury, and whenever a person wants it.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::times::stamp;
use super::{Exit, Failure, ask, ask_yes_no, can_ask, say};
use crate::domain::rules::Concern;
use crate::edge::journal::{Journal, Screening};
use crate::text::printable::capital;
use crate::text::signs::{self, NOT_KNOWN, paragraphs, refused};

/// Whom an answer is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum About {
    /// The person: there is no injury.
    #[default]
    Person,
    /// The injury with this number.
    Injury(i64),
    /// An injury for one session, by its time in milliseconds since 1970.
    Time(i64),
}

impl About {
    /// Whether an earlier answer is about the same.
    fn includes(self, earlier: &Screening) -> bool {
        match self {
            About::Person => true,
            About::Injury(id) => earlier.injury == Some(id),
            About::Time(happened_ms) => earlier.noted_ms >= happened_ms,
        }
    }

    /// Whether the signs were answered about it, or at least shown where nobody `asks`.
    pub(super) fn is_known(self, earlier: &[Screening], asks: bool) -> bool {
        let mut here = earlier.iter().filter(|earlier| earlier.origin.is_none());
        here.any(|earlier| self.includes(earlier) && (earlier.signs.is_some() || !asks))
    }
}

/// Before a session, asks on a terminal whether a sign applies, and shows the signs elsewhere, once for each person
/// and injury. Returns the answer if it asked. Without a journal nothing is kept, so it asks every time.
pub(super) fn screen(
    about: About,
    earlier: &[Screening],
    journal: Option<&Journal>,
) -> Result<Option<Vec<Concern>>, Failure> {
    let asks = can_ask();
    let injury = if let About::Injury(id) = about { vec![id] } else { Vec::new() };
    if about.is_known(earlier, asks) {
        return Ok(None);
    }
    let heading = match about {
        // A sign that was affirmed refuses every session, and nobody can be asked again here.
        _ if journal.is_none() && !asks => NOT_KNOWN,
        About::Person => "Before you start",
        _ => "Before you start with this injury",
    };
    say(&format!("{heading}\n{}", paragraphs(false).join("\n")));
    if !asks {
        // Where nothing can be stored, they are shown again.
        let _ = journal.map(|journal| journal.screened(None, &injury, &stamp()));
        return Ok(None);
    }
    let keys = answered()?;
    if let Some(Err(error)) = journal.map(|journal| journal.screened(Some(&keys), &injury, &stamp())) {
        say(&format!("warning: {error}; the answer is not stored"));
    }
    Ok(Some(signs::concerns(keys)))
}

/// Asks whether a sign applies, and returns the keys of those that do. Only a clear answer counts, and a yes is
/// confirmed. A yes that was a slip can be taken back.
pub(super) fn answered() -> Result<Vec<&'static str>, Failure> {
    let unanswered = || Failure::new(Exit::Stopped, anyhow!("the question was not answered"), "answer y or n");
    let is_yes = |question: &str| ask_yes_no(question)?.ok_or_else(unanswered);
    loop {
        if !is_yes("Does any of these apply to you? [y/n]")? {
            return Ok(Vec::new());
        }
        let read = |answer: &str| match &*answer.to_lowercase() {
            "n" | "no" | "none" => Some(Vec::new()),
            answer => signs::read(answer).or_else(|| {
                say(&signs::unclear(answer));
                None
            }),
        };
        let question = "Which ones? Type their numbers, such as 2,5, or n for none of them:";
        let keys = ask(question, read)?.ok_or_else(unanswered)?;
        // The yes was a slip: a no to the first question confirms it.
        if keys.is_empty() {
            continue;
        }
        let what = refused(&signs::concerns(keys.iter().copied()));
        if is_yes(&format!("Then {what} starts until you take it back. Is that right? [y/n]"))? {
            return Ok(keys);
        }
    }
}

/// What the last answer refuses. It holds for the person, not only for one injury. The last answers in other journals,
/// if they are later, add to it and take nothing back.
pub(super) fn concerns(screenings: &[Screening]) -> Vec<Concern> {
    let mut last: BTreeMap<Option<&str>, (i64, &[String])> = BTreeMap::new();
    for Screening { signs, noted_ms, origin, .. } in screenings {
        let Some(signs) = signs else { continue };
        let entry = last.entry(origin.as_deref()).or_insert((*noted_ms, signs));
        // Those of this journal are in order, whatever its clock said.
        if origin.is_none() || *noted_ms >= entry.0 {
            *entry = (*noted_ms, signs);
        }
    }
    let here = last.get(&None).map_or(i64::MIN, |(noted_ms, _)| *noted_ms);
    let counts = |(origin, (noted_ms, _)): &(Option<&str>, (i64, &[String]))| origin.is_none() || *noted_ms > here;
    let signs = last.into_iter().filter(counts).flat_map(|(_, (_, signs))| signs);
    signs::concerns(signs.map(String::as_str))
}

/// What a person is told whose answer refuses something.
pub(super) fn told(concerns: &[Concern]) -> String {
    let what = capital(refused(concerns));
    format!("{what} starts until you take back what you said about warning signs: therapy safety --answer none")
}
